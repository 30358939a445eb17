//! Inputs: how they are sought, and which of their streams are decoded.

use super::{
    Context, DecodePlan, InputPlan, InputStreamPlan, Plan, Treatment, codec_options, display, hardware_decode,
    opening::{demuxer_options, session_of},
    session,
};
use crate::diagnostic::Diagnostic;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::spec::{DISCARD_ALL, GlobalSpec, InputSpec, PerStream};
use crate::unit::{MICROS_PER_SECOND, hundredths};

/// Where an input is to be sought, and what is added to its timestamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seek {
    /// The timestamp to seek to, in microseconds of the container; `None`: stay at the beginning.
    pub timestamp_us: Option<i64>,
    /// Added to every timestamp, in microseconds.
    pub offset_us: i64,
    /// `-ss`, after `-sseof` was worked out.
    pub start_us: Option<i64>,
    /// That lies behind the end that the header tells.
    pub starts_behind_end: bool,
    /// `-t`, after `-to` was worked out.
    pub duration_us: Option<i64>,
}

/// Works out `-ss`, `-sseof`, `-t`, `-to` and `-itsoffset`.
pub fn seek(
    spec: &InputSpec,
    facts: &InputFacts,
    seeks_to_pts: bool,
    global: &GlobalSpec,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Seek, Diagnostic> {
    let mut start_us = spec.start_us;
    let file_start = facts.start_time_us.unwrap_or(0);
    if spec.start_us.is_some() && spec.start_from_end_us.is_some() {
        let words = format!("Cannot use -ss and -sseof both, using -ss for {}", facts.url);
        diagnostics.push(Diagnostic::warning("seek-from-end", format!("{words}.")).ffmpeg_says(words));
    } else if let Some(before_end) = spec.start_from_end_us {
        match facts.duration_us {
            Some(duration) if duration + before_end >= 0 => start_us = Some(duration + before_end),
            Some(_) => {
                diagnostics.push(Diagnostic::warning(
                    "seek-from-end",
                    format!("{}: -sseof lies before the beginning of the input; it starts at 0.", facts.url),
                ));
                start_us = Some(0);
            }
            None => diagnostics.push(Diagnostic::warning(
                "seek-from-end",
                format!("{}: -sseof is ignored, since the length of the input is not known.", facts.url),
            )),
        }
    }
    // As in ffmpeg, -to behind -sseof is a length.
    let duration_us = recording_time(spec.start_us, spec.duration_us, spec.stop_us, &facts.url, diagnostics)?;
    let wanted = start_us.unwrap_or(0) + if spec.seek_timestamp { 0 } else { file_start };
    let starts_behind_end = match facts.duration_us.filter(|_| facts.length_is_promised) {
        Some(duration) if start_us.is_some() && wanted - file_start >= duration => {
            diagnostics.push(behind_end(&facts.url, wanted - file_start, duration));
            true
        }
        _ => false,
    };
    let timestamp_us = start_us.map(|_| {
        let reordered = facts.streams.iter().any(|s| s.video_delay > 0);
        if !seeks_to_pts && reordered { wanted - 3 * MICROS_PER_SECOND / 23 } else { wanted }
    });
    let zero_us = match (global.copy_timestamps, global.start_at_zero) {
        (true, true) => file_start,
        (true, false) => 0,
        // A timestamp from long before the input's first: a jump where timestamps may jump, and the input begins where it begins.
        (false, _) if facts.timestamps_may_jump && file_start - wanted > global.dts_delta_threshold_us => file_start,
        (false, _) => wanted,
    };
    let offset_us = spec.ts_offset_us - zero_us;
    Ok(Seek { timestamp_us, offset_us, start_us, starts_behind_end, duration_us })
}

/// An input that is to begin behind its end.
fn behind_end(url: &str, start_us: i64, duration_us: i64) -> Diagnostic {
    let (start, length) = (hundredths(start_us), hundredths(duration_us));
    let message =
        format!("{url}: -ss {start} lies behind its end, by its header at {length}: little or nothing is read.");
    Diagnostic::warning("start-behind-end", message)
        .remedy("-ss counts seconds (or hours:minutes:seconds) from the beginning, -sseof -5 counts back from the end.")
}

/// `-t`, or `-to` minus `-ss`.
pub(super) fn recording_time(
    start_us: Option<i64>,
    duration_us: Option<i64>,
    stop_us: Option<i64>,
    url: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<i64>, Diagnostic> {
    match (duration_us, stop_us) {
        (Some(duration), Some(_)) => {
            diagnostics.push(
                Diagnostic::warning("t-and-to", format!("{url}: -t and -to cannot be used together; using -t."))
                    .ffmpeg_says("-t and -to cannot be used together; using -t."),
            );
            Ok(Some(duration))
        }
        (None, Some(stop)) => {
            let start = start_us.unwrap_or(0);
            if stop <= start {
                Err(Diagnostic::error("t-and-to", format!("{url}: -to value smaller than -ss; aborting."))
                    .ffmpeg_says("-to value smaller than -ss; aborting.")
                    .remedy("Give -to a time after -ss, or use -t for a length."))
            } else {
                Ok(Some(stop - start))
            }
        }
        (duration, None) => Ok(duration),
    }
}

/// The last value for a stream of an input.
pub(super) fn value<'a, T>(values: &'a PerStream<T>, input: &InputFacts, stream: &StreamFacts) -> Option<&'a T> {
    values.last_matching(|s| s.matches(input, stream)).map(|a| &a.value)
}

/// `-guess_layout_max`: how many channels without a layout are guessed at.
pub fn guess_layout_max(spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> i32 {
    value(&spec.guess_layout_max, facts, stream).copied().unwrap_or(i32::MAX)
}

pub(super) fn plan(context: &Context) -> Vec<InputPlan> {
    context
        .spec
        .inputs
        .iter()
        .zip(context.facts)
        .zip(context.seeks)
        .map(|((spec, facts), seek)| {
            let options = demuxer_options(spec, context.catalog);
            InputPlan {
                offset_us: seek.offset_us,
                start_us: seek.start_us,
                starts_behind_end: seek.starts_behind_end,
                duration_us: seek.duration_us,
                url: facts.url.clone(),
                format: facts.format.clone(),
                stream_loop: spec.stream_loop,
                read_rate: spec.read_rate,
                session: session_of(spec, &options),
                listens: session::listens(&spec.url, &options),
                on_gap: spec.on_gap,
                accurate_seek: spec.accurate_seek,
                streams: facts.streams.iter().map(|s| stream_plan(context, spec, facts, s)).collect(),
            }
        })
        .collect()
}

/// The filters that `-async` and `-vol` stand for.
fn sound_filters(context: &Context) -> Vec<(String, String)> {
    let seldom = &context.spec.global.seldom;
    let mut filters = Vec::new();
    if seldom.audio_sync > 0 {
        let mut parameters = format!("async={}", seldom.audio_sync);
        if let Some(drift) = &seldom.audio_drift_threshold {
            parameters += &format!(":min_hard_comp={drift}");
        }
        filters.push(("aresample".to_owned(), parameters + ":first_pts=0"));
    }
    if seldom.volume != 256 {
        filters.push(("volume".to_owned(), format!("{:.6}", f64::from(seldom.volume) / 256.0)));
    }
    filters
}

fn stream_plan(context: &Context, spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> InputStreamPlan {
    InputStreamPlan {
        forced_frame_rate: (stream.kind == MediaKind::Video)
            .then(|| value(&spec.frame_rate, facts, stream).copied())
            .flatten(),
        autorotate: value(&spec.autorotate, facts, stream).copied().unwrap_or(true),
        cropping: display::cropping(spec, facts, stream),
        drop_changed: value(&spec.seldom.drop_changed, facts, stream).copied().unwrap_or(false),
        reinit_filter: value(&spec.reinit_filter, facts, stream).copied().unwrap_or(true),
        codec_tag: value(&spec.tag, facts, stream).map(|t| codec_options::four_cc(t)),
        timestamp_scale: value(&spec.seldom.timestamp_scale, facts, stream).copied(),
        discard: value(&spec.seldom.discard, facts, stream).copied(),
        fix_subtitle_duration: value(&spec.seldom.fix_subtitle_duration, facts, stream).copied().unwrap_or(false),
        canvas_size: value(&spec.seldom.canvas_size, facts, stream).and_then(|size| context.catalog.picture_size(size)),
        top_field_first: value(&spec.seldom.top_field_first, facts, stream)
            .filter(|top| **top >= 0)
            .map(|top| *top > 0),
        first_filters: if stream.kind == MediaKind::Audio { sound_filters(context) } else { Vec::new() },
        ..InputStreamPlan::default()
    }
}

/// True when an input's `-vn`, `-an`, `-sn` or `-dn` switches the stream off.
pub(super) fn disabled(spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> bool {
    if value(&spec.seldom.discard, facts, stream) == Some(&DISCARD_ALL) {
        return true;
    }
    match stream.kind {
        MediaKind::Video => spec.no_video,
        MediaKind::Audio => spec.no_audio,
        MediaKind::Subtitle => spec.no_subtitle,
        MediaKind::Data => spec.no_data,
        MediaKind::Attachment | MediaKind::Unknown => false,
    }
}

/// Marks the streams that outputs take, and plans their decoders.
pub(super) fn mark_used(context: &Context, plan: &mut Plan, diagnostics: &mut Vec<Diagnostic>) {
    let streams = plan.outputs.iter().flat_map(|output| &output.streams);
    let direct = streams.filter_map(|s| Some((s.source.input()?, !matches!(s.treatment, Treatment::Copy(_)), true)));
    let pads = plan.graphs.iter().flat_map(|graph| &graph.inputs);
    let filtered = pads.filter_map(|pad| Some((pad.source.input()?, true, false)));
    let wanted: Vec<_> = direct.chain(filtered).collect();
    for ((i, s), decoded, for_output) in wanted {
        let (spec, facts) = (&context.spec.inputs[i], &context.facts[i]);
        let source = &facts.streams[s];
        let entry = &mut plan.inputs[i].streams[s];
        entry.used = true;
        if !decoded || entry.decode.is_some() {
            continue;
        }
        let decoder = match value(&spec.codec, facts, source) {
            Some(name) => context.catalog.find_decoder(name),
            None => context.catalog.decoder_for(source.codec_id),
        };
        let Some(decoder) = decoder else {
            diagnostics.push(
                Diagnostic::error(
                    "no-decoder",
                    format!(
                        "Decoder (codec {}) not found for input stream #{i}:{s} of {}: the linked FFmpeg cannot \
                         decode it.",
                        source.codec, facts.url
                    ),
                )
                .remedy("Copy it (-c copy) or leave it out with -map."),
            );
            continue;
        };
        let mut options = codec_options::for_decoder(context, i, s, &decoder);
        if for_output && source.codec == "dvb_subtitle" && !options.iter().any(|(name, _)| name == "compute_edt") {
            // As in ffmpeg: the next subtitle tells how long one is shown, not the page's time-out.
            options.push(("compute_edt".to_owned(), "1".to_owned()));
        }
        entry.decode = Some(DecodePlan {
            options,
            decoder: decoder.name,
            bitexact: spec.bitexact,
            hardware: hardware_decode(spec, facts, source),
            ..DecodePlan::default()
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::diagnostic::Origin;
    use crate::facts::MediaKind;
    use crate::plan::testing::{input, planned, stream, video};

    #[test]
    fn dvb_subtitles_that_are_encoded_end_with_the_next_one_unless_the_user_says_otherwise() {
        let facts = [input(vec![video("h264"), stream(MediaKind::Subtitle, "dvb_subtitle")])];
        let options = |line: &str| {
            let plan = planned(line, &facts).unwrap();
            plan.inputs[0].streams[1].decode.as_ref().map(|decode| decode.options.clone())
        };
        let told = |value: &str| Some(vec![("compute_edt".to_owned(), value.to_owned())]);
        assert_eq!(options("-i a -map 0:s -c:s dvbsub a.mkv"), told("1"));
        assert_eq!(options("-compute_edt 0 -i a -map 0:s -c:s dvbsub a.mkv"), told("0"));
        assert_eq!(options("-i a -map 0:s -c:s copy a.mkv"), None);
        assert_eq!(options("-i a -filter_complex [0:v][0:s]overlay -c:v libx264 a.mkv"), Some(Vec::new()));
    }

    #[test]
    fn of_a_start_from_the_beginning_and_one_from_the_end_the_first_counts() {
        let facts = InputFacts { duration_us: Some(9_000_000), ..input(vec![video("h264")]) };
        let begins = |start_us| {
            let from_end = InputSpec { start_from_end_us: Some(-1_000_000), ..InputSpec::new("a", Origin::default()) };
            let mut told = Vec::new();
            let spec = InputSpec { start_us, ..from_end };
            let seek = seek(&spec, &facts, true, &GlobalSpec::default(), &mut told).unwrap();
            (seek.start_us, told.len())
        };
        assert_eq!(begins(Some(500_000)), (Some(500_000), 1));
        assert_eq!(begins(None), (Some(8_000_000), 0));
    }

    #[test]
    fn a_beginning_behind_the_end_is_told() {
        let promising =
            InputFacts { length_is_promised: true, duration_us: Some(9_000_000), ..input(vec![video("h264")]) };
        let shifted = InputFacts { start_time_us: Some(5_000_000), ..promising.clone() };
        let guessed = InputFacts { length_is_promised: false, ..promising.clone() };
        for (facts, start_us, seek_timestamp, expected) in [
            (&promising, 8_999_999, false, false),
            (&promising, 9_000_000, false, true),
            (&shifted, 9_000_000, true, false),
            (&shifted, 9_000_000, false, true),
            (&guessed, 99_000_000, false, false),
        ] {
            let spec = InputSpec { start_us: Some(start_us), seek_timestamp, ..InputSpec::new("a", Origin::default()) };
            let mut told = Vec::new();
            let seek = seek(&spec, facts, true, &GlobalSpec::default(), &mut told).unwrap();
            assert_eq!((seek.starts_behind_end, told.len()), (expected, usize::from(expected)), "{start_us}");
        }
    }

    #[test]
    fn a_timestamp_long_before_the_beginning_makes_no_hole_where_timestamps_may_jump() {
        let mut facts = input(vec![video("h264")]);
        facts.start_time_us = Some(101_000_000);
        let offset = |seek_timestamp: bool, start_us: i64, timestamps_may_jump: bool, global: GlobalSpec| {
            let spec = InputSpec {
                seek_timestamp,
                start_us: Some(start_us),
                ts_offset_us: 7,
                ..InputSpec::new("a", Origin::default())
            };
            let facts = InputFacts { timestamps_may_jump, ..facts.clone() };
            seek(&spec, &facts, true, &global, &mut Vec::new()).unwrap().offset_us
        };
        let usual = GlobalSpec::default;
        assert_eq!(offset(false, 5_000_000, true, usual()), 7 - 106_000_000);
        assert_eq!(offset(true, 5_000_000, true, usual()), 7 - 101_000_000);
        assert_eq!(offset(true, 5_000_000, false, usual()), 7 - 5_000_000);
        assert_eq!(offset(true, 92_000_000, true, usual()), 7 - 92_000_000);
        let patient = GlobalSpec { dts_delta_threshold_us: 100_000_000, ..usual() };
        assert_eq!(offset(true, 5_000_000, true, patient), 7 - 5_000_000);
        assert_eq!(offset(true, 5_000_000, true, GlobalSpec { copy_timestamps: true, ..usual() }), 7);
    }
}
