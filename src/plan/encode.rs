//! Output streams in full: encoder with options, filters, formats, rates.

use super::{
    Choice, Context, CopyPlan, EncodePlan, OutputDraft, OutputPlan, OutputStreamPlan, StatsPlan, StatsPlans,
    StreamDraft, StreamSource, Treatment, codec_options, fps_mode, heartbeats, input, metadata, passes,
    place::OutputPlace, session, typed_names,
};
use crate::catalog::{CodecFacts, FrameLength, MuxerFacts};
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::spec::{
    Assigned, DEFAULT_MAX_DELAY_US, DEFAULT_STATS_LINE, OutputSpec, PerStream, StatsPlace, StatsSpec, stats_line,
};
use crate::unit::LAMBDA_PER_QUALITY;

/// Plans an output, or says why it cannot be.
pub(super) fn output(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<OutputPlan> {
    let spec = &context.spec.outputs[index];
    let duration_us =
        match input::recording_time(spec.start_us, spec.duration_us, spec.stop_us, &mask_url(&spec.url), diagnostics) {
            Ok(duration) => duration,
            Err(diagnostic) => {
                diagnostics.push(diagnostic.at(&spec.origin));
                return None;
            }
        };
    let encoded: Vec<bool> =
        draft.streams.iter().map(|s| !matches!(s.choice, Choice::Copy | Choice::Attach { .. })).collect();
    let metadata = metadata::plan(context, index, draft, &encoded, diagnostics)?;
    let dispositions = metadata::dispositions(context, spec, draft);
    let mut options = Vec::new();
    codec_options::merge(&mut options, spec.options.iter().filter(|o| o.scopes.format));
    codec_options::set_defaults(&mut options, &draft.options);
    if spec.mux_preload_us != 0 && context.catalog.muxer_has_option(&draft.muxer.name, "preload") {
        options.push(("preload".to_owned(), spec.mux_preload_us.to_string()));
    }
    let mut streams = Vec::new();
    for (i, stream) in draft.streams.iter().enumerate() {
        let place = OutputPlace::of(draft.streams[..=i].iter().map(|s| s.kind));
        let treatment = match treatment(context, (index, i), draft, &place) {
            Ok(treatment) => treatment,
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                return None;
            }
        };
        if stream.kind != MediaKind::Video
            && let Some(assigned) = spec.max_frames.0.iter().find(|a| a.specifier.is_all())
        {
            diagnostics.push(
                Diagnostic::note(
                    "frames-of-all",
                    format!("{} counts {} packets too.", assigned.origin.token, stream.kind.name()),
                )
                .ffmpeg_says("Applying unspecific -frames to non video streams, maybe you meant -vframes ?")
                .remedy("Use -frames:v to limit only the pictures."),
            );
        }
        if let Treatment::Encode(encode) = &treatment
            && let (Some(typed), Some(format)) = (&encode.replaced_format, encode.formats.first())
        {
            let encoder = &encode.encoder;
            let message = format!("{encoder} does not take the pixel format {typed}: it gets {format}.");
            let words =
                format!("Incompatible pixel format '{typed}' for codec '{encoder}', auto-selecting format '{format}'");
            diagnostics.push(Diagnostic::warning("replaced-format", message).ffmpeg_says(words));
        }
        if let Treatment::Encode(encode) = &treatment
            && encode.pass.as_ref().is_some_and(|pass| !pass.writes && !pass.reads)
        {
            let message = "-pass names neither the first pass (1) nor the second (2): it has no effect.";
            diagnostics.push(Diagnostic::warning("no-such-pass", message).ffmpeg_says(""));
        }
        diagnostics.extend(fps_mode::warning(context, spec, &place, &treatment));
        let grouped = metadata.stream_groups.iter().any(|g| g.content.is_iamf() && g.streams.contains(&i));
        let treatment = match treatment {
            Treatment::Encode(mut encode) if stream.kind == MediaKind::Audio => {
                let asked = encode.options.iter().any(|(k, v)| k == "flags2" && v.contains("fixed_frame_size"));
                encode.frame_length = frame_length(context, &encode, grouped || asked || draft.muxer.fixed_frame_size);
                Treatment::Encode(encode)
            }
            Treatment::Copy(copy) => Treatment::Copy(CopyPlan { rotation: metadata.rotations[i], ..copy }),
            other => other,
        };
        streams.push(OutputStreamPlan {
            kind: stream.kind,
            source: stream.source,
            treatment,
            metadata: metadata.streams[i].clone(),
            disposition: dispositions[i].clone(),
            codec_tag: value(&spec.tag, &place).map_or(0, |t| codec_options::four_cc(t)),
            bitstream_filters: value(&spec.bitstream_filters, &place)
                .or(stream.bitstream_filters.as_ref())
                .filter(|filters| !filters.is_empty())
                .cloned(),
            max_frames: value(&spec.max_frames, &place).copied(),
            queue_packets: value(&spec.max_muxing_queue_packets, &place).copied().unwrap_or(128),
            queue_bytes: value(&spec.muxing_queue_data_threshold_bytes, &place).copied().unwrap_or(50 << 20),
            encoded_by: None,
            id: spec.seldom.stream_ids.iter().rfind(|(index, _)| *index == i).map(|(_, id)| *id),
            time_base: value(&spec.seldom.time_base, &place).copied(),
            stats: stats(spec, stream, &place),
        });
    }
    // As in ffmpeg, no picture at all ends the output before it begins; no sound at all ends nothing.
    if streams.iter().any(|s| s.kind == MediaKind::Video && s.max_frames == Some(0)) {
        streams.iter_mut().for_each(|s| s.max_frames = Some(0));
    }
    diagnostics.extend(heartbeats::warning(spec, &streams));
    let session = session::plan(&spec.url, session::End::Output, &options, &spec.live);
    // RTP would gather sound for so long before it sends a packet.
    let gathers = matches!(draft.muxer.name.as_str(), "rtsp" | "rtp") && spec.mux_max_delay_us == DEFAULT_MAX_DELAY_US;
    let max_delay_us = if gathers { 0 } else { spec.mux_max_delay_us };
    Some(OutputPlan {
        url: spec.url.clone(),
        muxer: draft.muxer.clone(),
        options,
        streams,
        start_us: spec.start_us,
        duration_us,
        size_limit_bytes: spec.size_limit_bytes,
        shortest: spec.shortest,
        shortest_buffer_us: spec.shortest_buffer_us,
        bitexact: spec.bitexact,
        metadata: metadata.global,
        chapter_metadata: metadata.chapters,
        chapters_from: metadata.chapters_from,
        max_delay_us,
        session,
        programs: metadata.programs,
        stream_groups: metadata.stream_groups,
        program_metadata: metadata.program_edits,
    })
}

/// How long the frames of an encoder are; the user may have a say in that.
fn frame_length(context: &Context, encode: &EncodePlan, must_be_one: bool) -> FrameLength {
    let typed = encode.options.iter().any(|(key, _)| key == "frame_size");
    match context.catalog.frame_length(&encode.encoder, must_be_one) {
        FrameLength::OneAsFirst if typed => FrameLength::One,
        FrameLength::AsFirst if typed => FrameLength::Free,
        length => length,
    }
}

/// What is written of each frame before and behind the encoder, and of each packet before the muxer; copies have no
/// encoder, subtitles have none of it.
fn stats(spec: &OutputSpec, stream: &StreamDraft, place: &OutputPlace) -> StatsPlans {
    let stats = &spec.seldom.stats;
    let encoded = matches!(stream.choice, Choice::Encoder { .. });
    let has_lines = matches!(stream.kind, MediaKind::Video | MediaKind::Audio);
    let default = || stats_line(DEFAULT_STATS_LINE, StatsPlace::BeforeMuxer).unwrap_or_default();
    let plan = |spec: &StatsSpec| {
        let file = value(&spec.file, place).filter(|_| has_lines)?.clone();
        Some(StatsPlan { file, line: value(&spec.line, place).cloned().unwrap_or_else(default) })
    };
    let of_encoder = |spec: &StatsSpec| plan(spec).filter(|_| encoded);
    StatsPlans {
        before_encoder: of_encoder(&stats.before_encoder),
        behind_encoder: of_encoder(&stats.behind_encoder),
        before_muxer: plan(&stats.before_muxer),
    }
}

/// The last value that concerns the stream.
pub(super) fn value<'a, T>(values: &'a PerStream<T>, place: &OutputPlace) -> Option<&'a T> {
    values.last_matching(|s| place.matches(s)).map(|a| &a.value)
}

fn treatment(
    context: &Context,
    (index, number): (usize, usize),
    draft: &OutputDraft,
    place: &OutputPlace,
) -> Result<Treatment, Box<Diagnostic>> {
    let stream = &draft.streams[number];
    let spec = &context.spec.outputs[index];
    let options = |codec: Option<&str>| {
        codec_options::for_stream(context, &spec.options, codec, true, stream.kind, |s| place.matches(s))
    };
    fps_mode::check_rates(spec, stream, place)?;
    match &stream.choice {
        Choice::Copy => Ok(Treatment::Copy(CopyPlan {
            codec_options: options(None),
            frame_rate: if stream.kind == MediaKind::Video { value(&spec.frame_rate, place).copied() } else { None },
            display_aspect_ratio: value(&spec.aspect, place).copied(),
            initial_non_keyframes: value(&spec.copy_initial_non_keyframes, place).copied().unwrap_or(false),
            drop_before_start: value(&spec.copy_prior_start, place).is_some_and(|keep| !keep),
            time_base_choice: context.spec.global.seldom.copy_time_base,
            rotation: None,
            header: stream.header.clone(),
        })),
        Choice::Attach { file } => Ok(Treatment::Attach { file: file.clone() }),
        Choice::NoEncoder { codec } => Err(Box::new(
            Diagnostic::error(
                "no-default-encoder",
                format!(
                    "Automatic encoder selection failed for output stream #{index} ({}): the default encoder for \
                     format {} (codec {codec}) is not there.",
                    stream.kind.name(),
                    draft.muxer.name
                ),
            )
            .remedy("Please choose an encoder manually with -c, or leave the stream out with -map.")
            .at(&spec.origin),
        )),
        Choice::Encoder { facts, .. } if stream.kind == MediaKind::Subtitle => {
            let at = stream.source.input().unwrap_or_default();
            let source = &context.facts[at.0].streams[at.1];
            let from = context.catalog.decoder_for(source.codec_id);
            let clash = from.as_ref().is_some_and(|from| {
                (from.text_subtitles && facts.bitmap_subtitles) || (from.bitmap_subtitles && facts.text_subtitles)
            });
            if clash {
                return Err(Box::new(
                    Diagnostic::error(
                        "subtitle-kinds",
                        format!(
                            "Subtitle encoding currently only possible from text to text or bitmap to bitmap: stream \
                             #{}:{} is {}, the encoder is {}.",
                            at.0, at.1, source.codec, facts.name
                        ),
                    )
                    .ffmpeg_says(format!(
                        "Error initializing output stream {index}:{number} -- Subtitle encoding currently only possible \
                         from text to text or bitmap to bitmap"
                    ))
                    .remedy("Copy it (-c:s copy) or leave it out (-sn)."),
                ));
            }
            let size = typed_size(context, spec, place)?;
            let heartbeats = heartbeats::of_subtitles(context, spec, draft, at);
            Ok(Treatment::Subtitle {
                encoder: facts.name.clone(),
                options: options(Some(&facts.name)),
                size,
                heartbeats,
            })
        }
        Choice::Encoder { facts, .. } => {
            let mut plan = EncodePlan {
                encoder: facts.name.clone(),
                codec: facts.codec_name.clone(),
                options: options(Some(&facts.name)),
                global_quality: value(&spec.quality, place).map(|q| (q * LAMBDA_PER_QUALITY) as i32),
                bitexact: spec.bitexact,
                auto_conversion: context.spec.global.auto_conversion_filters,
                time_base: value(&spec.encoder_time_base, place).copied(),
                ..EncodePlan::default()
            };
            codec_options::set_defaults(&mut plan.options, &stream.options);
            plan.for_live_readers = stream.for_live_readers;
            plan.filter_threads = context
                .spec
                .global
                .filter_threads
                .clone()
                .or_else(|| plan.options.iter().find(|(k, _)| k == "threads").map(|(_, v)| v.clone()));
            let video = stream.kind == MediaKind::Video;
            let default_graph = if video { "null" } else { "anull" };
            let filters = spec.filters.last_matching(|s| place.matches(s));
            if let (StreamSource::Graph(..), Some(filters)) = (stream.source, filters) {
                return Err(both_graphs(index, filters));
            }
            let filters = filters.map(|f| &f.value);
            // Beside a complex filtergraph ffmpeg takes no stream for unfiltered.
            plan.user_filters = filters.is_some() || !context.spec.global.complex_graphs.is_empty();
            plan.graph = filters.cloned().unwrap_or_else(|| default_graph.to_owned());
            if video {
                fps_mode::check(context, spec, place, (index, number))?;
                video_plan(context, spec, &draft.muxer, stream, place, facts, &mut plan)?;
                passes::pictures(context, spec, place, draft.streams_before + number, &mut plan);
            } else {
                audio_plan(context, spec, place, facts, &mut plan)?;
                passes::sound(context, (index, number), draft, place, &mut plan)?;
            }
            Ok(Treatment::Encode(Box::new(plan)))
        }
    }
}

fn both_graphs(output: usize, filters: &Assigned<String>) -> Box<Diagnostic> {
    let message = format!(
        "Filtergraph '{}' was specified through the -vf/-af/-filter option for a stream of output #{output} which is fed \
         from a complex filtergraph.\n-vf/-af/-filter and -filter_complex cannot be used together for the same stream.",
        filters.value
    );
    Box::new(Diagnostic::error("two-graphs", message).remedy("Add it to the complex filtergraph.").at(&filters.origin))
}

fn video_plan(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    stream: &StreamDraft,
    place: &OutputPlace,
    facts: &CodecFacts,
    plan: &mut EncodePlan,
) -> Result<(), Box<Diagnostic>> {
    let catalog = context.catalog;
    codec_options::merge(
        &mut plan.scaler_options,
        spec.options.iter().filter(|o| o.scopes.scaler && o.name != "flags"),
    );
    plan.size = typed_size(context, spec, place)?;
    plan.psnr = context.spec.global.seldom.psnr;
    plan.any_size = !value(&spec.autoscale, place).copied().unwrap_or(true);
    plan.size = plan.size.filter(|_| !plan.any_size);
    plan.display_aspect_ratio = value(&spec.aspect, place).copied();
    plan.frame_rate = value(&spec.frame_rate, place).copied();
    plan.max_frame_rate = value(&spec.max_frame_rate, place).copied();
    plan.force_key_frames = value(&spec.force_key_frames, place).cloned();
    plan.supported_frame_rates = catalog.encoder_frame_rates(&facts.name);
    plan.fps_mode = fps_mode::choose(context, spec, muxer, stream, place, plan)?;
    let full_range = || ["yuvj420p", "yuvj422p", "yuvj444p"].map(str::to_owned).to_vec();
    let strict = plan.options.iter().find(|(k, _)| k == "strict").map(|(_, v)| v.as_str());
    let mjpeg = facts.name == "mjpeg" && !matches!(strict, Some("-1" | "-2" | "unofficial" | "experimental"));
    let takes = if mjpeg { full_range() } else { catalog.encoder_formats(&facts.name) };
    match spec.pixel_format.last_matching(|s| place.matches(s)) {
        Some(wanted) => {
            let (keep, name) = match wanted.value.strip_prefix('+') {
                Some(rest) => (true, rest),
                None => (false, wanted.value.as_str()),
            };
            plan.keep_format = keep;
            if !name.is_empty() {
                if !catalog.is_pixel_format(name) {
                    return Err(Box::new(
                        Diagnostic::error("bad-pix-fmt", format!("Unknown pixel format requested: {name}."))
                            .remedy("-pix_fmts lists them; players expect yuv420p.")
                            .at(&wanted.origin),
                    ));
                }
                let fitting = if keep { None } else { catalog.closest_pixel_format(&takes, name) };
                let format = fitting.unwrap_or_else(|| name.to_owned());
                plan.replaced_format = (format != name).then(|| name.to_owned());
                plan.formats = vec![format];
            }
        }
        None => {
            plan.formats = match &stream.pixel_format {
                Some(format) => vec![format.clone()],
                None => takes,
            };
            if mjpeg {
                plan.formats = full_range();
            }
        }
    }
    Ok(())
}

/// `-s` of a stream.
fn typed_size(
    context: &Context,
    spec: &OutputSpec,
    place: &OutputPlace,
) -> Result<Option<(i32, i32)>, Box<Diagnostic>> {
    let Some(size) = spec.size.last_matching(|s| place.matches(s)) else { return Ok(None) };
    let parsed = context.catalog.picture_size(&size.value).ok_or_else(|| {
        Diagnostic::error("bad-size", format!("Invalid frame size: {}.", size.value))
            .remedy("Write width x height, e.g. -s 640x360, or a name such as hd720.")
            .at(&size.origin)
    })?;
    Ok(Some(parsed))
}

fn audio_plan(
    context: &Context,
    spec: &OutputSpec,
    place: &OutputPlace,
    facts: &CodecFacts,
    plan: &mut EncodePlan,
) -> Result<(), Box<Diagnostic>> {
    let catalog = context.catalog;
    codec_options::merge(&mut plan.resampler_options, spec.options.iter().filter(|o| o.scopes.resampler));
    if catalog.exact_bits_per_sample(facts.codec_id) == 24 {
        plan.resampler_options.push(("output_sample_bits".to_owned(), "24".to_owned()));
    }
    plan.formats = match spec.sample_format.last_matching(|s| place.matches(s)) {
        Some(wanted) => {
            if !catalog.is_sample_format(&wanted.value) {
                return Err(Box::new(
                    Diagnostic::error("bad-sample-fmt", format!("Invalid sample format '{}'", wanted.value))
                        .remedy("-sample_fmts lists them.")
                        .at(&wanted.origin),
                ));
            }
            vec![wanted.value.clone()]
        }
        None => catalog.encoder_formats(&facts.name),
    };
    plan.sample_rates_hz = match value(&spec.sample_rate_hz, place).filter(|rate| **rate > 0) {
        Some(rate) => vec![*rate],
        None => catalog.encoder_sample_rates_hz(&facts.name),
    };
    let supported = catalog.encoder_channel_layouts(&facts.name);
    let typed = spec.channel_layout.last_matching(|s| place.matches(s));
    plan.channel_layouts = match (typed, value(&spec.channels, place).filter(|channels| **channels > 0)) {
        (Some(layout), _) => {
            let known = catalog.channel_layout(&layout.value);
            let (name, _) = known.ok_or_else(|| typed_names::unknown_layout(context, layout))?;
            vec![name]
        }
        (None, Some(channels)) => {
            let fitting = supported.iter().find(|(_, c)| c == channels).map(|(name, _)| name.clone());
            vec![fitting.unwrap_or_else(|| catalog.default_channel_layout(*channels))]
        }
        (None, None) => supported.into_iter().map(|(name, _)| name).collect(),
    };
    Ok(())
}
