//! Outputs in full: what is written, from which streams, with which metadata and options of the muxer.

use super::{
    Choice, Context, CopyPlan, EncodePlan, OutputDraft, OutputPlan, OutputStreamPlan, StatsPlan, StatsPlans,
    StreamDraft, Treatment, codec_options, dispositions, encode, fps_mode, heartbeats, input,
    metadata::{self, OutputMetadata},
    place::OutputPlace,
    refusal_advice, session,
};
use crate::catalog::FrameLength;
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::spec::{DEFAULT_MAX_DELAY_US, DEFAULT_STATS_LINE, OutputSpec, StatsPlace, StatsSpec, stats_line};

/// `-muxpreload` where it is not given, in microseconds.
const MUX_PRELOAD_US: i64 = 500_000;

/// Plans an output, or says why it cannot be.
pub(super) fn output(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<OutputPlan, Box<Diagnostic>> {
    let spec = &context.spec.outputs[index];
    let url = mask_url(&spec.url);
    let duration_us = input::recording_time(spec.start_us, spec.duration_us, spec.stop_us, &url, diagnostics)
        .map_err(|refused| refused.at(&spec.origin))?;
    let encoded: Vec<bool> =
        draft.streams.iter().map(|s| !matches!(s.choice, Choice::Copy | Choice::Attach { .. })).collect();
    let metadata = metadata::plan(context, index, draft, &encoded, diagnostics)?;
    let options = muxer_options(context, spec, draft);
    let mut streams = Vec::new();
    for (i, disposition) in dispositions::plan(context, spec, draft).into_iter().enumerate() {
        let stream = stream(context, (index, i), draft, &metadata, diagnostics)?;
        streams.push(OutputStreamPlan { disposition, ..stream });
    }
    // As in ffmpeg, nothing at all of such a stream ends the output before it begins.
    if streams.iter().any(|s| s.limits_output && s.max_frames == Some(0)) {
        streams.iter_mut().for_each(|s| s.max_frames = Some(0));
    }
    diagnostics.extend(heartbeats::warning(spec, &streams));
    let session = session::plan(&spec.url, session::End::Output, &options, &spec.live);
    // RTP would gather sound for so long before it sends a packet.
    let gathers = matches!(draft.muxer.name.as_str(), "rtsp" | "rtp") && spec.mux_max_delay_us == DEFAULT_MAX_DELAY_US;
    let max_delay_us = if gathers { 0 } else { spec.mux_max_delay_us };
    Ok(OutputPlan {
        refusal_advice: refusal_advice::advice(context, index, draft, &streams),
        refusal_guess: refusal_advice::guess(context, index, draft, &streams),
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

/// Options for the muxer.
fn muxer_options(context: &Context, spec: &OutputSpec, draft: &OutputDraft) -> Vec<(String, String)> {
    let mut options = Vec::new();
    codec_options::merge(&mut options, spec.options.iter().filter(|o| o.scopes.format));
    codec_options::set_defaults(&mut options, &draft.options);
    let preload_us = spec.mux_preload_us.as_ref().map_or(MUX_PRELOAD_US, |typed| typed.value);
    if preload_us != 0 && context.catalog.muxer_has_option(&draft.muxer.name, "preload") {
        options.push(("preload".to_owned(), preload_us.to_string()));
    }
    options
}

/// Plans the stream `i` of an output, but for its disposition.
fn stream(
    context: &Context,
    (index, i): (usize, usize),
    draft: &OutputDraft,
    metadata: &OutputMetadata,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<OutputStreamPlan, Box<Diagnostic>> {
    let (spec, stream) = (&context.spec.outputs[index], &draft.streams[i]);
    let place = OutputPlace::in_draft(draft, i);
    let treatment = encode::treatment(context, (index, i), draft, &place)?;
    diagnostics.extend(warnings(context, spec, stream, &place, &treatment));
    let treatment = match treatment {
        Treatment::Encode(mut encode) if stream.kind == MediaKind::Audio => {
            let grouped = metadata.stream_groups.iter().any(|g| g.content.is_iamf() && g.streams.contains(&i));
            let asked = encode.options.iter().any(|(k, v)| k == "flags2" && v.contains("fixed_frame_size"));
            encode.frame_length = frame_length(context, &encode, grouped || asked || draft.muxer.fixed_frame_size);
            Treatment::Encode(encode)
        }
        Treatment::Copy(copy) => Treatment::Copy(CopyPlan { rotation: metadata.rotations[i], ..copy }),
        other => other,
    };
    let filters = place.value(&spec.bitstream_filters).or(stream.bitstream_filters.as_ref());
    let max_frames = place.value(&spec.max_frames).copied();
    let limits = match stream.kind {
        MediaKind::Video => true,
        MediaKind::Audio => context.catalog.sound_limits_outputs(),
        _ => false,
    };
    Ok(OutputStreamPlan {
        kind: stream.kind,
        source: stream.source,
        treatment,
        metadata: metadata.streams[i].clone(),
        disposition: Vec::new(),
        codec_tag: place.value(&spec.tag).map_or(0, |t| codec_options::four_cc(t)),
        bitstream_filters: filters.filter(|filters| !filters.is_empty()).cloned(),
        max_frames,
        limits_output: max_frames.is_some() && limits,
        queue_packets: place.value(&spec.max_muxing_queue_packets).copied().unwrap_or(128),
        queue_bytes: place.value(&spec.muxing_queue_data_threshold_bytes).copied().unwrap_or(50 << 20),
        encoded_by: None,
        id: spec.seldom.stream_ids.iter().rfind(|(index, _)| *index == i).map(|(_, id)| *id),
        time_base: place.value(&spec.seldom.time_base).copied(),
        stats: stats(spec, stream, &place),
    })
}

/// What is odd with a stream that can be planned all the same.
fn warnings(
    context: &Context,
    spec: &OutputSpec,
    stream: &StreamDraft,
    place: &OutputPlace,
    treatment: &Treatment,
) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    if stream.kind != MediaKind::Video
        && let Some(assigned) = spec.max_frames.0.iter().find(|a| a.specifier.is_all())
    {
        let message = format!("{} counts {} packets too.", assigned.origin.token, stream.kind.name());
        told.push(
            Diagnostic::note("frames-of-all", message)
                .ffmpeg_says("Applying unspecific -frames to non video streams, maybe you meant -vframes ?")
                .remedy("Use -frames:v to limit only the pictures."),
        );
    }
    if let Treatment::Encode(encode) = treatment {
        if let (Some(typed), Some(format)) = (&encode.replaced_format, encode.formats.first()) {
            let encoder = &encode.encoder;
            let message = format!("{encoder} does not take the pixel format {typed}: it gets {format}.");
            let words =
                format!("Incompatible pixel format '{typed}' for codec '{encoder}', auto-selecting format '{format}'");
            told.push(Diagnostic::warning("replaced-format", message).ffmpeg_says(words));
        }
        if encode.pass.as_ref().is_some_and(|pass| !pass.writes && !pass.reads) {
            let message = "-pass names neither the first pass (1) nor the second (2): it has no effect.";
            told.push(Diagnostic::warning("no-such-pass", message).ffmpeg_says(""));
        }
    }
    told.extend(fps_mode::warning(context, spec, place, treatment));
    told
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
        let file = place.value(&spec.file).filter(|_| has_lines)?.clone();
        Some(StatsPlan { file, line: place.value(&spec.line).cloned().unwrap_or_else(default) })
    };
    let of_encoder = |spec: &StatsSpec| plan(spec).filter(|_| encoded);
    StatsPlans {
        before_encoder: of_encoder(&stats.before_encoder),
        behind_encoder: of_encoder(&stats.behind_encoder),
        before_muxer: plan(&stats.before_muxer),
    }
}
