//! What stages must know, drawn from the plan and the facts.

use crate::av::{copies_begin_by_their_own_clock, decoded_streams_begin_when_shown, used_streams_move_every_start};
use crate::engine::prepare::{OpenInputs, has_in_points, is_pipe};
use crate::engine::stages::copy::CopySettings;
use crate::engine::stages::mux::Rhythm;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::octets::{file_path, to_path};
use crate::plan::{OutputPlan, OutputStreamPlan, PadTarget, Plan, StreamSource, Treatment, filters_of};
use crate::spec::GlobalSpec;
use crate::timing::{PreRoll, StreamTiming, TimelineSettings};
use crate::unit::{MICROS_PER_SECOND, Rational};
use std::path::PathBuf;

pub(super) fn copy_settings(
    plan: &Plan,
    inputs: &OpenInputs,
    output: &OutputPlan,
    stream: &OutputStreamPlan,
    copy: &crate::plan::CopyPlan,
) -> CopySettings {
    let (input, source) = stream.source.input().unwrap_or_default();
    let facts = &inputs.facts[input].streams[source];
    let global = &inputs.spec.global;
    let input_plan = &plan.inputs[input];
    let shift = if global.copy_timestamps {
        input_plan.start_us.unwrap_or(0)
            + if global.start_at_zero { 0 } else { inputs.facts[input].start_time_us.unwrap_or(0) }
    } else {
        0
    };
    let start_us = output.start_us.unwrap_or(0);
    let input_start_us = input_plan.start_us.filter(|_| global.copy_timestamps);
    let offset_us = start_offset_us(input_plan, &inputs.facts[input], global);
    let begins_us = input_start_us.map_or(start_us, |start| start.saturating_add(offset_us).max(start_us));
    CopySettings {
        kind: stream.kind,
        time_base: facts.time_base,
        sample_rate_hz: facts.sample_rate_hz,
        frame_samples: inputs.demuxers[input].frame_samples(source),
        initial_non_keyframes: copy.initial_non_keyframes,
        drops_before_us: copy.drop_before_start.then_some(begins_us),
        start_us,
        starts_by_own_clock: copies_begin_by_their_own_clock(),
        duration_us: output.duration_us,
        input_end_us: input_plan.duration_us.map(|d| d.saturating_add(shift)),
        has_start: output.start_us.is_some(),
        has_seams: input_plan.stream_loop != 0,
    }
}

/// Start and length that an input's decoded streams are cut to.
pub(super) fn input_trim(
    plan: &Plan,
    input: usize,
    global: &GlobalSpec,
    facts: &InputFacts,
) -> (Option<i64>, Option<i64>) {
    let input = &plan.inputs[input];
    let origin = if global.copy_timestamps {
        input.start_us.unwrap_or(0) + if global.start_at_zero { 0 } else { facts.start_time_us.unwrap_or(0) }
    } else {
        0
    };
    let start = input.start_us.filter(|_| input.accurate_seek).map(|_| origin);
    (start, input.duration_us)
}

/// The input's offset; an MPEG-TS begins with the streams that are used, not with all.
pub(super) fn start_offset_us(input: &crate::plan::InputPlan, facts: &InputFacts, global: &GlobalSpec) -> i64 {
    let Some(start) = facts.start_time_us.filter(|_| facts.timestamps_may_jump) else { return input.offset_us };
    let used = facts.streams.iter().filter(|s| input.streams[s.index].used);
    let first = used.filter_map(|s| Some(crate::unit::rescale(s.start_time?, s.time_base, Rational::MICROS))).min();
    let Some(first) = first.filter(|first| *first != start) else { return input.offset_us };
    if !used_streams_move_every_start() {
        return if input.offset_us == -start { -first.max(start) } else { input.offset_us };
    }
    let moved = match (global.copy_timestamps, global.start_at_zero) {
        (true, true) => start.saturating_sub(first),
        (true, false) => 0,
        (false, _) => start.saturating_add(input.start_us.unwrap_or(0)).saturating_sub(first).min(0),
    };
    input.offset_us.saturating_add(moved)
}

pub(super) fn timeline_settings(
    offset_us: i64,
    facts: &InputFacts,
    global: &GlobalSpec,
    pre_roll: PreRoll,
) -> TimelineSettings {
    TimelineSettings {
        pre_roll,
        offset_us,
        start_time_us: facts.start_time_us,
        copy_timestamps: global.copy_timestamps,
        may_jump: facts.timestamps_may_jump,
        delta_threshold_us: global.dts_delta_threshold_us,
        rebases: facts.format == "rtsp",
        error_threshold_us: global.dts_error_threshold_s.saturating_mul(MICROS_PER_SECOND),
    }
}

/// How what lies before the beginning of an input's edits is known.
pub(super) fn pre_roll(plan: &Plan, input: usize, facts: &InputFacts) -> PreRoll {
    let shown = |stream: &StreamFacts| matches!(stream.kind, MediaKind::Video | MediaKind::Audio);
    let copied = copied_streams(plan, input).into_iter().zip(&facts.streams);
    if copied.into_iter().any(|(copied, stream)| copied && shown(stream)) {
        return PreRoll::Unknown;
    }
    if facts.format == "concat" && has_in_points(&facts.url) { PreRoll::Listed } else { PreRoll::Marked }
}

/// Containers without decoding times.
const TELL_ONLY_DISPLAY: [&str; 2] = ["matroska,webm", "nut"];

pub(super) fn stream_timing(
    demuxer: &crate::av::Demuxer,
    (format, facts): (&str, &crate::facts::StreamFacts),
    input: &crate::plan::InputPlan,
    copied: bool,
) -> StreamTiming {
    let plan = &input.streams[facts.index];
    StreamTiming {
        kind: facts.kind,
        time_base: facts.time_base,
        wrap_bits: demuxer.wrap_bits(facts.index),
        forced_frame_rate: plan.forced_frame_rate,
        avg_frame_rate: facts.avg_frame_rate,
        video_delay: facts.video_delay,
        sample_rate_hz: facts.sample_rate_hz,
        frame_samples: demuxer.frame_samples(facts.index),
        decoded: plan.decode.is_some(),
        copied,
        begins_when_shown: plan.decode.is_none() || decoded_streams_begin_when_shown(),
        scale: plan.timestamp_scale,
        starts_at: facts.start_time.filter(|_| input.start_us.is_some()),
        stands: facts.is_cover(),
        tells_only_display: TELL_ONLY_DISPLAY.contains(&format),
    }
}

/// Inputs that share an output, directly or through others, have the same number.
pub(super) fn balance_groups(plan: &Plan) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..plan.inputs.len()).collect();
    for output in &plan.outputs {
        let inputs = output.streams.iter().flat_map(|s| plan.origins(s.source));
        let members: Vec<usize> = inputs.map(|input| groups[input]).collect();
        if let Some(target) = members.iter().min().copied() {
            for group in &mut groups {
                if members.contains(group) {
                    *group = target;
                }
            }
        }
    }
    groups
}

/// A file that is read as fast as it can be: nobody waits for its packets in real time.
pub(super) fn is_read_at_leisure(plan: &Plan, inputs: &OpenInputs, input: usize) -> bool {
    plan.inputs[input].read_rate.is_none() && to_path(&inputs.spec.inputs[input].url).is_file()
}

/// Filters that go on when what feeds them has ended, unless they are told when to end.
const ENDLESS_FILTERS: [&str; 4] = ["apad", "aloop", "loop", "tpad"];

/// Nothing ends the stream, as far as can be told: it is made of nothing or of what is read again and again, or its filters go on.
pub(super) fn may_be_endless(plan: &Plan, output: &OutputPlan, stream: &OutputStreamPlan) -> bool {
    let description = match (&stream.treatment, stream.source) {
        (_, StreamSource::Graph(graph, _)) => plan.graphs[graph].description.as_str(),
        (Treatment::Encode(encode), StreamSource::Input(..)) => encode.graph.as_str(),
        _ => "",
    };
    let goes_on = filters_of(description).iter().any(|filter| ENDLESS_FILTERS.contains(&filter.as_str()));
    let is_endless = |input: usize| plan.inputs[input].stream_loop < 0 || plan.inputs[input].format == "lavfi";
    let bounded = output.duration_us.is_some() || output.size_limit_bytes.is_some() || stream.max_frames.is_some();
    !bounded
        && stream.source != StreamSource::File
        && (goes_on || plan.origins(stream.source).into_iter().all(is_endless))
}

/// None of an output's media comes at the speed of time, as far as can be told.
pub(super) fn is_fed_at_leisure(plan: &Plan, output: &OutputPlan, inputs: &OpenInputs) -> bool {
    let at_leisure = |input: usize| !plan.inputs[input].is_timed() && !is_pipe(&inputs.spec.inputs[input].url);
    all_media(plan, output, true, at_leisure)
}

/// All of an output's media comes at the speed of time: from peers, or from files that are paced.
pub(super) fn is_fed_in_real_time(plan: &Plan, output: &OutputPlan) -> bool {
    all_media(plan, output, false, |input| plan.inputs[input].is_timed())
}

/// True when all inputs that an output's media comes from are such; `generated`: what holds of graphs without inputs.
fn all_media(plan: &Plan, output: &OutputPlan, generated: bool, such: impl Fn(usize) -> bool) -> bool {
    output.streams.iter().all(|stream| match stream.source {
        StreamSource::Input(input, _) => such(input),
        StreamSource::Graph(..) => {
            let origins = plan.origins(stream.source);
            if origins.is_empty() { generated } else { origins.into_iter().all(&such) }
        }
        StreamSource::File => true,
    })
}

/// By stream of an input: some output takes it as it is.
pub(super) fn copied_streams(plan: &Plan, input: usize) -> Vec<bool> {
    let mut copied = vec![false; plan.inputs[input].streams.len()];
    for stream in plan.outputs.iter().flat_map(|o| &o.streams) {
        if let (StreamSource::Input(from, source), Treatment::Copy(_)) = (stream.source, &stream.treatment)
            && from == input
        {
            copied[source] = true;
        }
    }
    copied
}

/// Formats that only tell what they are given.
const TELL_AS_IT_IS: [&str; 9] =
    ["null", "crc", "md5", "hash", "streamhash", "framecrc", "framemd5", "framehash", "ffmetadata"];

/// How the pictures of a copied stream follow each other, where the muxer wants to know when they are shown.
pub(super) fn rhythm(muxer: &crate::catalog::MuxerFacts, facts: &StreamFacts) -> Option<Rhythm> {
    let moves = facts.kind == MediaKind::Video && !facts.is_cover();
    let wanted = !muxer.no_timestamps && !TELL_AS_IT_IS.contains(&muxer.name.as_str());
    // Where one of them counts fields, it is the higher one.
    let rates = [facts.real_frame_rate, facts.avg_frame_rate].into_iter().filter(|rate| rate.is_valid());
    let rate = rates.min_by(|a, b| a.as_f64().total_cmp(&b.as_f64())).unwrap_or(Rational::UNKNOWN);
    (moves && wanted).then_some(Rhythm { delay: facts.video_delay, frame_rate: rate })
}

/// One file copied to one file: reading and writing are so little work that a second thread costs more than it wins.
pub(super) fn may_be_joined(plan: &Plan, inputs: &OpenInputs) -> bool {
    let ([_], [output]) = (plan.inputs.as_slice(), plan.outputs.as_slice()) else { return false };
    !output.streams.is_empty()
        && output.streams.iter().all(|s| matches!(s.treatment, Treatment::Copy(_)))
        && local_file(&output.url, output.muxer.no_file).is_some()
        && is_read_at_leisure(plan, inputs, 0)
}

/// True where sound is to go ahead with the pictures. A server may tell its readers by when packets come how sound and pictures
/// belong together, as MediaMTX does; and pictures that others refer to come before their time. What arrives live is not held up
/// for that.
pub(super) fn sound_leads(plan: &Plan, output: &OutputPlan) -> bool {
    output.muxer.name == "rtsp"
        && plan.inputs.iter().all(|input| input.session.is_none())
        && !output.options.iter().any(|(name, _)| name == "audio_preload")
}

/// True when an input feeds more than filtergraphs that several inputs feed.
pub(super) fn direct_use(plan: &Plan, input: usize) -> bool {
    let streams = plan.outputs.iter().flat_map(|output| &output.streams);
    // What only another filtergraph takes is held where that one holds it.
    let written = |graph: usize| plan.graphs[graph].outputs.iter().any(|o| matches!(o.to, Some(PadTarget::Output(..))));
    let alone = |graph| written(graph) && plan.origins(StreamSource::Graph(graph, 0)) == [input];
    streams.filter_map(|s| s.source.input()).any(|(i, _)| i == input) || (0..plan.graphs.len()).any(alone)
}

/// The file behind a URL, where it is one.
pub(super) fn local_file(url: &str, no_file: bool) -> Option<PathBuf> {
    let path = file_path(url);
    (!no_file && path.is_file()).then_some(path)
}

/// Formats that no player reads without their trailer.
pub(super) fn needs_trailer(output: &OutputPlan) -> bool {
    let fragmented =
        output.options.iter().any(|(k, v)| k == "movflags" && (v.contains("frag") || v.contains("empty_moov")));
    matches!(output.muxer.name.as_str(), "mov" | "mp4" | "3gp" | "3g2" | "psp" | "ipod" | "f4v" | "ismv" | "mxf")
        && !fragmented
}
