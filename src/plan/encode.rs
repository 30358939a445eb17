//! What becomes of an output's stream: copied, attached, or encoded with which options, filters, formats and rates.

use super::{
    Choice, Context, CopyPlan, EncodePlan, OutputDraft, StreamDraft, StreamSource, Treatment, codec_options, fps_mode,
    heartbeats, passes, place::OutputPlace, refusal_advice::subtitles_of, typed_names,
};
use crate::catalog::{CodecFacts, MuxerFacts};
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::{Assigned, OutputSpec};
use crate::unit::LAMBDA_PER_QUALITY;

/// What becomes of a stream: it is copied, encoded or attached; or why that cannot be.
pub(super) fn treatment(
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
            frame_rate: if stream.kind == MediaKind::Video { place.value(&spec.frame_rate).copied() } else { None },
            display_aspect_ratio: place.value(&spec.aspect).copied(),
            initial_non_keyframes: place.value(&spec.copy_initial_non_keyframes).copied().unwrap_or(false),
            drop_before_start: place.value(&spec.copy_prior_start).is_some_and(|keep| !keep),
            time_base_choice: context.spec.global.seldom.copy_time_base,
            rotation: None,
            header: stream.header.clone(),
        })),
        Choice::Attach { file } => Ok(Treatment::Attach { file: file.clone() }),
        Choice::NoEncoder { codec } => Err(Box::new(
            Diagnostic::error(
                "no-default-encoder",
                format!(
                    "Automatic encoder selection failed for output stream #{index}:{number} ({}): the default encoder for \
                     format {} (codec {codec}) is not there.",
                    stream.kind.name(),
                    draft.muxer.name
                ),
            )
            .ffmpeg_says(format!(
                "Automatic encoder selection failed for output stream #{index}:{number}. Default encoder for format {} (codec \
                 {codec}) is probably disabled. Please choose an encoder manually.",
                draft.muxer.name
            ))
            .remedy(match subtitles_of(&draft.muxer.name).filter(|_| stream.kind == MediaKind::Subtitle) {
                Some(encoder) => format!("-c:s {encoder} encodes subtitles of text for it; -sn leaves them out."),
                None => "Please choose an encoder manually with -c, or leave the stream out with -map.".to_owned(),
            })
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
                global_quality: place.value(&spec.quality).map(|q| (q * LAMBDA_PER_QUALITY) as i32),
                bitexact: spec.bitexact,
                auto_conversion: context.spec.global.auto_conversion_filters,
                time_base: place.value(&spec.encoder_time_base).copied(),
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
            let filters = place.assigned(&spec.filters);
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
    plan.any_size = !place.value(&spec.autoscale).copied().unwrap_or(true);
    plan.size = plan.size.filter(|_| !plan.any_size);
    plan.display_aspect_ratio = place.value(&spec.aspect).copied();
    plan.frame_rate = place.value(&spec.frame_rate).copied();
    plan.max_frame_rate = place.value(&spec.max_frame_rate).copied();
    plan.force_key_frames = place.value(&spec.force_key_frames).cloned();
    plan.supported_frame_rates = catalog.encoder_frame_rates(&facts.name);
    plan.fps_mode = fps_mode::choose(context, spec, muxer, stream, place, plan)?;
    plan.rate_may_vary = fps_mode::is_custom(context, spec, place);
    let full_range = || ["yuvj420p", "yuvj422p", "yuvj444p"].map(str::to_owned).to_vec();
    let strict = plan.options.iter().find(|(k, _)| k == "strict").map(|(_, v)| v.as_str());
    let mjpeg = facts.name == "mjpeg" && !matches!(strict, Some("-1" | "-2" | "unofficial" | "experimental"));
    let takes = if mjpeg { full_range() } else { catalog.encoder_formats(&facts.name) };
    match place.assigned(&spec.pixel_format) {
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
    let Some(size) = place.assigned(&spec.size) else { return Ok(None) };
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
    plan.formats = match place.assigned(&spec.sample_format) {
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
    plan.sample_rates_hz = match place.value(&spec.sample_rate_hz).filter(|rate| **rate > 0) {
        Some(rate) => vec![*rate],
        None => catalog.encoder_sample_rates_hz(&facts.name),
    };
    let supported = catalog.encoder_channel_layouts(&facts.name);
    let typed = place.assigned(&spec.channel_layout);
    plan.channel_layouts = match (typed, place.value(&spec.channels).filter(|channels| **channels > 0)) {
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
