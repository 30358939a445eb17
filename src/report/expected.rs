//! From when to when the output's media will be, as far as the inputs tell.

use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::plan::{InputPlan, InputStreamPlan, OutputPlan, OutputStreamPlan, Plan, StreamSource, Treatment};
use crate::unit::{Rational, rescale};

/// The container whose header tells when the media ends, wherever it begins.
const TELLS_THE_END: &str = "matroska,webm";

/// Two times of the output's media, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins: later than 0 behind `-itsoffset`.
    pub begins_us: i64,
    /// Where it ends.
    pub ends_us: i64,
}

/// From the earliest beginning to the latest end; `None` when some output has no end that is known. `from_zero`: times are told
/// from the first one on (`-copyts`).
pub fn span(plan: &Plan, facts: &[InputFacts], from_zero: bool) -> Option<Span> {
    let spans: Option<Vec<Span>> = plan.outputs.iter().map(|output| output_span(plan, output, facts)).collect();
    let spans = spans?;
    let begins_us = spans.iter().map(|span| span.begins_us).min()?;
    let ends_us = spans.iter().map(|span| span.ends_us).max()?;
    let first_us = if from_zero { begins_us } else { 0 };
    Some(Span { begins_us: begins_us - first_us, ends_us: ends_us - first_us })
        .filter(|span| span.ends_us > span.begins_us)
}

fn output_span(plan: &Plan, output: &OutputPlan, facts: &[InputFacts]) -> Option<Span> {
    let mut sources: Vec<(usize, Option<usize>)> = Vec::new();
    let mut is_made_up = false;
    for stream in &output.streams {
        match stream.source {
            StreamSource::Input(input, stream) => sources.push((input, Some(stream))),
            StreamSource::File => {}
            // What a filtergraph makes of its inputs is not known.
            StreamSource::Graph(..) => {
                let origins = plan.origins(stream.source);
                is_made_up |= origins.is_empty();
                sources.extend(origins.into_iter().map(|input| (input, None)));
            }
        }
    }
    let known =
        |(input, stream): &(usize, Option<usize>)| source_span(plan.inputs.get(*input)?, facts.get(*input)?, *stream);
    let spans: Vec<Option<Span>> = sources.iter().map(known).collect();
    let begins_us = spans.iter().flatten().map(|span| span.begins_us).min().unwrap_or(0);
    let ends = spans.iter().map(|span| span.map(|span| span.ends_us));
    let natural = if is_made_up {
        None
    } else if output.shortest {
        ends.flatten().min()
    } else {
        ends.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max())
    };
    // Whatever reaches its limit first ends the output.
    let limited = output.streams.iter().filter_map(|stream| frames_us(plan, stream, facts)).map(|us| begins_us + us);
    let start_us = output.start_us.unwrap_or(0);
    let natural = natural.map(|us| us.saturating_sub(start_us).max(0));
    let ends_us = natural.into_iter().chain(output.duration_us).chain(limited).min()?;
    Some(Span { begins_us: begins_us.saturating_sub(start_us).max(0).min(ends_us), ends_us })
}

/// How long the pictures last that `-frames` lets through.
fn frames_us(plan: &Plan, stream: &OutputStreamPlan, facts: &[InputFacts]) -> Option<i64> {
    let frames = stream.max_frames.filter(|_| stream.kind == MediaKind::Video)?;
    let (input, source) = stream.source.input()?;
    let asked = match &stream.treatment {
        Treatment::Encode(encode) => encode.frame_rate,
        _ => None,
    };
    let forced = || plan.inputs.get(input)?.streams.get(source)?.forced_frame_rate;
    let own = || facts.get(input)?.streams.get(source).map(|stream| stream.avg_frame_rate);
    let rate = asked.or_else(forced).or_else(own).filter(|rate| rate.is_valid())?;
    Some(rescale(frames, rate.inverse(), Rational::MICROS))
}

fn source_span(plan: &InputPlan, facts: &InputFacts, stream: Option<usize>) -> Option<Span> {
    let starts_us = facts.start_time_us.unwrap_or(0);
    let sought_us = plan.start_us.unwrap_or(0);
    let begins_us = plan.offset_us.saturating_add(sought_us).saturating_add(starts_us);
    let late_us = if facts.format == TELLS_THE_END { starts_us.max(0) } else { 0 };
    let loops = Some(plan.stream_loop).filter(|loops| *loops >= 0).map(i64::from);
    // The first pass begins where it was sought, those behind it at the beginning.
    let natural = facts.duration_us.zip(loops).map(|(us, loops)| {
        let us = us.saturating_sub(late_us);
        us.saturating_mul(loops).saturating_add(us.saturating_sub(sought_us).max(0))
    });
    let length_us = match (natural, plan.duration_us) {
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b)?,
    };
    let stretch = stream.and_then(|stream| stretch(plan.streams.get(stream)?, facts.streams.get(stream)?));
    let length_us = match stretch {
        Some((forced, own)) => rescale(length_us, forced.inverse(), own.inverse()),
        None => length_us,
    };
    Some(Span { begins_us, ends_us: begins_us.saturating_add(length_us) })
}

/// `-r` before `-i`: the rate at which frames are counted, and the one that they had.
fn stretch(plan: &InputStreamPlan, facts: &StreamFacts) -> Option<(Rational, Rational)> {
    let own = facts.avg_frame_rate;
    plan.forced_frame_rate.filter(|rate| rate.is_valid() && own.is_valid()).map(|rate| (rate, own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::MediaKind;
    use crate::plan::{CopyPlan, OutputStreamPlan, Treatment};

    fn plan(inputs: Vec<InputPlan>) -> Plan {
        let streams = (0..inputs.len())
            .map(|input| {
                let copied = Treatment::Copy(CopyPlan::default());
                OutputStreamPlan::bare(MediaKind::Video, StreamSource::Input(input, 0), copied)
            })
            .collect();
        Plan { inputs, outputs: vec![OutputPlan { streams, ..OutputPlan::default() }], ..Plan::default() }
    }

    fn facts(us: Option<i64>) -> InputFacts {
        InputFacts { duration_us: us, ..InputFacts::default() }
    }

    fn ends(plan: &Plan, facts: &[InputFacts]) -> Option<i64> {
        span(plan, facts, false).map(|span| span.ends_us)
    }

    /// What is made of one input with one stream of 25 pictures a second.
    fn one(format: &str, starts_us: i64, length_us: i64) -> (Plan, InputFacts) {
        let rate = Rational::new(25, 1);
        let stream = StreamFacts { avg_frame_rate: rate, ..StreamFacts::of_kind(0, MediaKind::Video) };
        let facts = InputFacts {
            format: format.to_owned(),
            start_time_us: Some(starts_us),
            streams: vec![stream],
            ..facts(Some(length_us))
        };
        let input =
            InputPlan { offset_us: -starts_us, streams: vec![InputStreamPlan::default()], ..InputPlan::default() };
        (plan(vec![input]), facts)
    }

    #[test]
    fn what_is_moved_begins_later_and_ends_later() {
        let (mut plan, facts) = one("mp4", 0, 10);
        plan.inputs[0].offset_us = 5;
        let facts = [facts];
        assert_eq!(span(&plan, &facts, false), Some(Span { begins_us: 5, ends_us: 15 }));
        assert_eq!(span(&plan, &facts, true), Some(Span { begins_us: 0, ends_us: 10 }));
    }

    #[test]
    fn headers_that_tell_the_end_are_not_taken_for_lengths() {
        for (format, expected) in [("matroska,webm", 10), ("flv", 15), ("mpegts", 15)] {
            let (plan, facts) = one(format, 5, 15);
            assert_eq!(span(&plan, &[facts], false), Some(Span { begins_us: 0, ends_us: expected }), "{format}");
        }
    }

    #[test]
    fn counted_and_limited_pictures_last_as_long_as_their_rate_says() {
        let (mut plan, facts) = one("mp4", 0, 10_000_000);
        let facts = [facts];
        plan.inputs[0].streams[0].forced_frame_rate = Some(Rational::new(50, 1));
        assert_eq!(ends(&plan, &facts), Some(5_000_000));
        plan.outputs[0].streams[0].max_frames = Some(10);
        assert_eq!(ends(&plan, &facts), Some(200_000));
        plan.inputs[0].streams[0].forced_frame_rate = None;
        assert_eq!(ends(&plan, &facts), Some(400_000));
        plan.outputs[0].streams[0].max_frames = Some(1000);
        assert_eq!(ends(&plan, &facts), Some(10_000_000));
    }

    #[test]
    fn the_longest_input_counts_and_the_shortest_when_asked_for() {
        let mut two = plan(vec![InputPlan::default(), InputPlan::default()]);
        let found = [facts(Some(5)), facts(Some(9))];
        assert_eq!(ends(&two, &found), Some(9));
        two.outputs[0].shortest = true;
        assert_eq!(ends(&two, &found), Some(5));
        two.outputs[0].duration_us = Some(3);
        assert_eq!(ends(&two, &found), Some(3));
    }

    #[test]
    fn loops_multiply_and_endless_ones_are_unknown() {
        let looped = |loops| {
            plan(vec![InputPlan { offset_us: -1, stream_loop: loops, start_us: Some(1), ..InputPlan::default() }])
        };
        assert_eq!(ends(&looped(2), &[facts(Some(5))]), Some(14));
        assert_eq!(ends(&looped(-1), &[facts(Some(5))]), None);
        assert_eq!(ends(&looped(0), &[facts(None)]), None);
    }
}
