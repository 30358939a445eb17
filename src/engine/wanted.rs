//! Whether anybody wanted what was found damaged in an input.
//!
//! Demuxers and decoders run ahead of outputs that end before their inputs do (`-t`, `-frames`), and how far differs from run to
//! run. What lies behind the end of every output is no damage to any.

use super::meter::{Meter, OutputMeter};
use crate::plan::{OutputPlan, OutputStreamPlan, Plan, StreamSource, Treatment};
use std::sync::atomic::Ordering::Relaxed;

/// An output that ends so much before `-t` says has ended there: a frame begins before the end, not behind it. In microseconds.
const LAST_FRAME_US: i64 = 100_000;

/// True where every output ended where it was told to, before the time at which an input was found damaged.
pub(super) fn nobody_wanted(plan: &Plan, meter: &Meter, input: usize) -> bool {
    let from_us = meter.inputs[input].damaged_from_us();
    plan.outputs
        .iter()
        .zip(&meter.outputs)
        .all(|(output, counts)| told_end_us(output, counts).is_some_and(|end| end <= from_us))
}

/// Where an output ended that was told to end there, by the clock of its inputs; in microseconds.
fn told_end_us(output: &OutputPlan, meter: &OutputMeter) -> Option<i64> {
    let end_us = meter.streams.iter().map(|stream| stream.end_us.load(Relaxed)).max().filter(|end| *end > i64::MIN)?;
    let by_time = output.duration_us.is_some_and(|duration| end_us >= duration - LAST_FRAME_US);
    let is_full = |(stream, counts): (&OutputStreamPlan, u64)| {
        stream.limits_output && stream.max_frames.is_some_and(|most| counts >= u64::try_from(most).unwrap_or(0))
    };
    let counts = meter.streams.iter().map(|stream| stream.packets.load(Relaxed));
    let by_count = output.streams.iter().zip(counts).any(is_full);
    let is_told = (by_time || by_count) && output.streams.iter().all(keeps_time);
    is_told.then(|| output.start_us.unwrap_or(0).saturating_add(end_us))
}

/// True of a stream whose times are those of its input.
fn keeps_time(stream: &OutputStreamPlan) -> bool {
    match (&stream.treatment, stream.source) {
        (Treatment::Encode(encode), StreamSource::Input(..)) => encode.keeps_time(),
        (Treatment::Encode(_), _) => false,
        _ => true,
    }
}
