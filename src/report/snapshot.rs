//! The numbers of a run at one moment.

use super::expected::Span;
use crate::engine::Meter;
use crate::engine::meter::StreamMeter;
use crate::engine::session::SessionMeter;
use crate::facts::MediaKind;
use crate::plan::{OutputStreamPlan, Plan, Treatment};
use crate::retry::State;
use crate::unit::LAMBDA_PER_QUALITY;
use std::sync::atomic::Ordering::Relaxed;

/// A video stream of an output.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoNow {
    /// The output.
    pub output: usize,
    /// The stream.
    pub stream: usize,
    /// Frames encoded, or packets copied.
    pub frames: u64,
    /// Quality of the last frame; -1 for a copy.
    pub quality: f64,
    /// Signal-to-noise ratios, where the encoder was asked for them.
    pub ratios: Ratios,
}

/// Peak signal-to-noise ratios in dB: Y, U, V, all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ratios {
    /// Of the last picture.
    pub latest: Option<[f64; 4]>,
    /// Of all pictures.
    pub overall: Option<[f64; 4]>,
}

/// The numbers that status line and `-progress` show.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Microseconds since the start.
    pub elapsed_us: i64,
    /// Video streams of all outputs, in order.
    pub videos: Vec<VideoNow>,
    /// Bytes of the first output so far.
    pub size_bytes: Option<i64>,
    /// End of what was written, in microseconds.
    pub out_us: Option<i64>,
    /// Where what was written begins, in microseconds.
    pub first_us: Option<i64>,
    /// How often each quantiser came when it was looked, where that is to be shown.
    pub quantisers: Option<QuantiserCounts>,
    /// Frames repeated by frame-rate control.
    pub duplicated: u64,
    /// Frames dropped by frame-rate control.
    pub dropped: u64,
    /// From when to when the output's media will be.
    pub span: Option<Span>,
    /// The run has ended, and all of it was done.
    pub complete: bool,
    /// Its sessions with peers, if it has any.
    pub live: Option<LiveNow>,
}

/// How often each quantiser came (`-qphist`), counted at each report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantiserCounts([u32; 52]);

impl Default for QuantiserCounts {
    fn default() -> Self {
        Self([0; 52])
    }
}

impl QuantiserCounts {
    /// Counts the quality of the first video stream.
    pub fn count(&mut self, quality: f64) {
        let at = quality.round_ties_even();
        let slot = (at >= 0.0).then(|| self.0.get_mut(at as usize)).flatten();
        if let Some(slot) = slot {
            *slot = slot.saturating_add(1);
        }
    }

    /// The first 32 counts as powers of two, a hexadecimal digit each.
    pub fn digits(&self) -> String {
        self.0[..32].iter().map(|count| format!("{:X}", count.saturating_add(1).ilog2())).collect()
    }
}

/// All sessions of a run together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveNow {
    /// The state of the one that is worst off.
    pub state: State,
    /// How often media flowed again after a loss.
    pub reconnects: u64,
    /// Packets left out for peers.
    pub dropped_packets: u64,
    /// How far the media that is sent lies behind the clock, in microseconds; with no peer to send to, the media read.
    pub lag_us: i64,
    /// Bytes of media that the first output has sent.
    pub sent_bytes: u64,
}

impl LiveNow {
    fn take(plan: &Plan, meter: &Meter) -> Option<Self> {
        let inputs = plan.inputs.iter().zip(&meter.inputs).filter(|(p, _)| p.session.is_some());
        let outputs = plan.outputs.iter().zip(&meter.outputs).filter(|(p, _)| p.session.is_some());
        let outputs: Vec<&SessionMeter> = outputs.map(|(_, m)| &*m.session).collect();
        let inputs: Vec<&SessionMeter> = inputs.map(|(_, m)| &*m.session).collect();
        let lagging = if outputs.is_empty() { &inputs } else { &outputs };
        let lag_us = lagging.iter().map(|s| s.lag_us.load(Relaxed)).max().unwrap_or(0);
        let all: Vec<&SessionMeter> = inputs.into_iter().chain(outputs).collect();
        // From bad to good.
        let order = [State::Backoff, State::Connecting, State::Stalled, State::Live, State::Over];
        let worst = order.into_iter().find(|state| all.iter().any(|session| session.state() == *state))?;
        Some(Self {
            state: worst,
            reconnects: all.iter().map(|s| s.reconnects.load(Relaxed)).sum(),
            dropped_packets: all.iter().map(|s| s.dropped_packets.load(Relaxed)).sum(),
            lag_us,
            sent_bytes: meter.outputs.first()?.streams.iter().map(|s| s.bytes.load(Relaxed)).sum(),
        })
    }
}

impl Snapshot {
    /// Reads the meters.
    pub fn take(plan: &Plan, meter: &Meter, elapsed_us: i64, span: Option<Span>) -> Self {
        let mut now = Self {
            elapsed_us,
            videos: Vec::new(),
            size_bytes: meter.outputs.first().map(|o| o.file_bytes.load(Relaxed)).filter(|bytes| *bytes >= 0),
            out_us: None,
            first_us: None,
            quantisers: None,
            duplicated: 0,
            dropped: 0,
            span,
            complete: false,
            live: LiveNow::take(plan, meter),
        };
        for (output, (output_plan, output_meter)) in plan.outputs.iter().zip(&meter.outputs).enumerate() {
            for (stream, (stream_plan, counts)) in output_plan.streams.iter().zip(&output_meter.streams).enumerate() {
                if stream_plan.kind == MediaKind::Video {
                    let (frames, quality) = picture(stream_plan, counts);
                    let errors = &counts.encode.errors;
                    let ratios = Ratios { latest: errors.latest(), overall: errors.overall(frames) };
                    now.videos.push(VideoNow { output, stream, frames, quality, ratios });
                }
                let end = counts.end_us.load(Relaxed);
                if end != i64::MIN {
                    now.out_us = now.out_us.max(Some(end));
                }
                let first = Some(counts.first_us.load(Relaxed)).filter(|us| *us != i64::MIN);
                now.first_us = now.first_us.into_iter().chain(first).min();
                now.duplicated += counts.encode.duplicated.load(Relaxed);
                now.dropped += counts.encode.dropped.load(Relaxed);
            }
        }
        now
    }

    /// Frames of the first video stream a second; 0 in the first second, as ffmpeg shows it.
    pub fn frames_per_second(&self) -> f64 {
        match self.videos.first() {
            Some(video) if self.elapsed_us > 1_000_000 => video.frames as f64 / (self.elapsed_us as f64 / 1e6),
            _ => 0.0,
        }
    }

    /// Bits of the file by time of its media.
    pub fn kilobits_per_second(&self) -> Option<f64> {
        let us = self.out_us.filter(|us| *us != 0)?;
        Some(self.size_bytes? as f64 * 8.0 / (us as f64 / 1000.0)).filter(|rate| *rate >= 0.0)
    }

    /// Media time by time.
    pub fn speed(&self) -> Option<f64> {
        (self.elapsed_us > 0).then_some(self.out_us? as f64 / self.elapsed_us as f64).filter(|speed| *speed >= 0.0)
    }

    /// How much of the whole is done.
    pub fn percent(&self) -> Option<f64> {
        let Span { begins_us, ends_us } = self.span?;
        let whole_us = ends_us.saturating_sub(begins_us).max(1);
        let percent = self.done_us(begins_us).unwrap_or(0) as f64 * 100.0 / whole_us as f64;
        Some(if self.complete { 100.0 } else { percent.min(99.9) })
    }

    /// How long it will still take, in microseconds.
    pub fn eta_us(&self) -> Option<i64> {
        if self.complete {
            return Some(0);
        }
        let Span { begins_us, ends_us } = self.span?;
        let done_us = self.done_us(begins_us).filter(|us| *us > 0)?;
        let left_us = ends_us.checked_sub(self.out_us?)?.max(0);
        (self.elapsed_us > 0).then(|| (left_us as f64 * self.elapsed_us as f64 / done_us as f64) as i64)
    }

    /// How much media has been written since its beginning.
    fn done_us(&self, begins_us: i64) -> Option<i64> {
        self.out_us.map(|us| us.saturating_sub(begins_us).max(0))
    }
}

fn picture(plan: &OutputStreamPlan, counts: &StreamMeter) -> (u64, f64) {
    let packets = counts.packets.load(Relaxed);
    match plan.treatment {
        Treatment::Copy(_) => (packets, -1.0),
        _ if packets == 0 => (counts.encode.frames.load(Relaxed), 0.0),
        _ => (counts.encode.frames.load(Relaxed), counts.encode.quality.load(Relaxed) as f64 / LAMBDA_PER_QUALITY),
    }
}
