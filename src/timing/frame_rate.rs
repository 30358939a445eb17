//! From picture times to frames of the output: which are repeated, which are dropped, and at which tick they stand.
//!
//! The decisions are those of ffmpeg's `-fps_mode`; the arithmetic is fixed-point instead of floating.

use crate::spec::FpsMode;
use crate::unit::{Rational, rescale};

/// Fractional bits of [`Fixed`].
const BITS: u32 = 32;

/// Ticks of the encoder's time base with 32 fractional bits.
type Fixed = i128;

const fn tenths(n: i128) -> Fixed {
    (n << BITS) / 10
}

/// To the nearest integer, halves to even.
fn rounded(value: Fixed) -> i64 {
    let floor = value >> BITS;
    let fraction = value - (floor << BITS);
    let half = 1i128 << (BITS - 1);
    let up = fraction > half || (fraction == half && floor & 1 == 1);
    (floor + i128::from(up)).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// How an output's frames are placed.
#[derive(Clone, Debug)]
pub struct FrameRateSettings {
    /// The mode; never `Auto`.
    pub mode: FpsMode,
    /// The encoder's time base.
    pub time_base: Rational,
    /// Where zero is, in microseconds of the filtergraph's time (`-ss` of an output).
    pub start_us: i64,
    /// Frames at the most (`-frames`).
    pub max_frames: i64,
    /// Frames closer than this (in ticks) to the one before are dropped; 0 is never (`-frame_drop_threshold`).
    pub drop_threshold_tenths: i64,
}

/// A picture as it leaves the filtergraph.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Its time, in ticks of `time_base`.
    pub pts: Option<i64>,
    /// The filtergraph's time base.
    pub time_base: Rational,
    /// The rate it should be shown for, as a frame rate; [`Rational::UNKNOWN`] when it is not known.
    pub frame_rate: Rational,
    /// The length that the input gave it, in whole ticks of the encoder's time base, where that is to count.
    pub source_ticks: Option<i64>,
    /// The length that the picture has by itself, in ticks of `time_base` (0 when unknown), where FFmpeg's frames bring
    /// one along; it counts in place of `frame_rate` and `source_ticks`.
    pub length: Option<i64>,
}

/// What becomes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Tick of the first frame to encode.
    pub first_tick: i64,
    /// How many frames to encode, on consecutive ticks.
    pub frames: i64,
    /// How many of them, at the beginning, show the previous picture.
    pub of_previous: i64,
    /// Frames added over one a picture.
    pub duplicated: i64,
    /// Pictures lost with this step.
    pub dropped: i64,
    /// How long the picture's frame is to be shown, in ticks; counts where frames bring their length to the encoder.
    pub length: i64,
}

/// The state of one output's frame-rate control.
#[derive(Clone, Debug)]
pub struct FrameRate {
    settings: FrameRateSettings,
    next: i64,
    number: i64,
    recent_previous: [i64; 3],
    last_dropped: bool,
}

impl FrameRate {
    /// Starts at tick 0.
    pub fn new(settings: FrameRateSettings) -> Self {
        Self { settings, next: 0, number: 0, recent_previous: [0; 3], last_dropped: false }
    }

    /// True when `-frames` is reached.
    pub fn is_full(&self) -> bool {
        self.number >= self.settings.max_frames
    }

    /// The tick of the next frame.
    pub fn next_tick(&self) -> i64 {
        self.next
    }

    /// The exact time of a picture in encoder ticks, nudged off the midpoints between ticks.
    fn exact(&self, pts: i64, base: Rational, always_nudged: bool) -> Fixed {
        let to = self.settings.time_base;
        let log2 = 31 - (to.den.max(1) as u32).leading_zeros();
        let extra = 29u32.saturating_sub(log2).min(16);
        // The finer base may leave 32 bits; a rational of the same value is built from the other side then.
        let fine = i32::try_from(i64::from(to.den) << extra).map(|den| Rational::new(to.num, den)).unwrap_or(to);
        let extra = if fine == to { 0 } else { extra };
        let ticks = rescale(pts, base, fine).saturating_sub(rescale(self.settings.start_us, Rational::MICROS, fine));
        let whole = ticks & ((1i64 << extra) - 1) == 0;
        let nudge = if whole && !always_nudged { 0 } else { i128::from(ticks.signum()) << (BITS - 17) };
        (i128::from(ticks) << (BITS - extra)) + nudge
    }

    fn shown_for(&self, arrival: &Arrival) -> Fixed {
        if let Some(ticks) = arrival.length {
            let (from, to) = (arrival.time_base, self.settings.time_base);
            let numerator = i128::from(ticks) * i128::from(from.num) * i128::from(to.den);
            let denominator = (i128::from(from.den) * i128::from(to.num)).max(1);
            return ((numerator << 8).saturating_mul(1 << (BITS - 8)) + denominator / 2) / denominator;
        }
        if let Some(ticks) = arrival.source_ticks.filter(|t| *t > 0) {
            return i128::from(ticks) << BITS;
        }
        if !arrival.frame_rate.is_valid() {
            return 0;
        }
        let base = self.settings.time_base;
        let numerator = i128::from(arrival.frame_rate.den) * i128::from(base.den);
        let denominator = i128::from(arrival.frame_rate.num) * i128::from(base.num);
        ((numerator << BITS) + denominator / 2) / denominator
    }

    /// Places a picture.
    pub fn place(&mut self, arrival: &Arrival) -> Placement {
        let mut duration = self.shown_for(arrival);
        let mut sync = arrival
            .pts
            .map_or(i128::from(self.next) << BITS, |pts| self.exact(pts, arrival.time_base, arrival.length.is_none()));
        let mut drift = sync - (i128::from(self.next) << BITS);
        let mut end = drift + duration;
        let mut frames = 1;
        let mut of_previous = 0;
        let mode = self.settings.mode;
        if drift < 0 && end > 0 && !matches!(mode, FpsMode::Passthrough | FpsMode::Drop) {
            sync = i128::from(self.next) << BITS;
            duration += drift;
            drift = 0;
        }
        match mode {
            FpsMode::VsCfr if self.number == 0 && drift >= 1 << (BITS - 1) => {
                end = duration;
                drift = 0;
                self.next = rounded(sync);
                (frames, of_previous) = self.constant(drift, end);
            }
            FpsMode::VsCfr | FpsMode::Cfr => (frames, of_previous) = self.constant(drift, end),
            FpsMode::Vfr => {
                if end <= tenths(-6) {
                    frames = 0;
                } else if end > tenths(6) {
                    self.next = rounded(sync);
                }
            }
            FpsMode::Auto | FpsMode::Passthrough | FpsMode::Drop | FpsMode::Unknown => self.next = rounded(sync),
        }
        let constant = matches!(mode, FpsMode::VsCfr | FpsMode::Cfr);
        Placement { length: if constant { 1 } else { rounded(duration) }, ..self.settle(frames, of_previous, true) }
    }

    fn constant(&self, drift: Fixed, end: Fixed) -> (i64, i64) {
        let threshold = self.settings.drop_threshold_tenths;
        if (threshold != 0 && end < tenths(i128::from(threshold)) && self.number > 0) || end < tenths(-11) {
            (0, 0)
        } else if end > tenths(11) {
            (rounded(end), if drift > tenths(11) { rounded(drift - tenths(6)) } else { 0 })
        } else {
            (1, 0)
        }
    }

    /// At the end: the last picture may have to be shown for longer.
    pub fn finish(&mut self) -> Placement {
        let [a, b, c] = self.recent_previous;
        let middle = a.max(b.min(c)).min(b.max(c));
        self.settle(middle, middle, false)
    }

    fn settle(&mut self, frames: i64, of_previous: i64, has_picture: bool) -> Placement {
        let frames = frames.min(self.settings.max_frames - self.number).max(0);
        let of_previous = of_previous.min(frames);
        self.recent_previous = [of_previous, self.recent_previous[0], self.recent_previous[1]];
        let mut dropped = 0;
        let mut duplicated = 0;
        if of_previous == 0 && self.last_dropped {
            dropped += 1;
        }
        let used = i64::from(of_previous > 0 && self.last_dropped) + i64::from(frames > of_previous);
        if frames > used {
            duplicated = frames - used;
        }
        self.last_dropped = frames == of_previous && has_picture;
        Placement { first_tick: self.next, frames, of_previous, duplicated, dropped, length: 0 }
    }

    /// One of the placed frames has been taken by the encoder.
    pub fn advance(&mut self) {
        self.next += 1;
        self.number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MILLIS: Rational = Rational::new(1, 1000);

    fn run(mode: FpsMode, rate: i32, times_ms: &[i64]) -> Vec<i64> {
        let mut control = FrameRate::new(FrameRateSettings {
            mode,
            time_base: Rational::new(1, rate),
            start_us: 0,
            max_frames: i64::MAX,
            drop_threshold_tenths: 0,
        });
        let mut shown = Vec::new();
        let mut previous = -1;
        for &pts in times_ms {
            let placed = control.place(&Arrival {
                pts: Some(pts),
                time_base: MILLIS,
                frame_rate: Rational::new(rate, 1),
                source_ticks: None,
                length: None,
            });
            for i in 0..placed.frames {
                shown.push(if i < placed.of_previous { previous } else { pts });
                control.advance();
            }
            previous = pts;
        }
        shown
    }

    #[test]
    fn half_the_rate_keeps_every_second_picture() {
        let times: Vec<i64> = (0..50).map(|i| i * 40).collect();
        let shown = run(FpsMode::Cfr, 25, &times);
        assert_eq!(shown, times);
        let fewer = run(FpsMode::Cfr, 10, &(0..100).map(|i| i * 50).collect::<Vec<_>>());
        // Up to three frames may run ahead before one is dropped, as in ffmpeg.
        assert!((50..=53).contains(&fewer.len()), "{}", fewer.len());
    }

    #[test]
    fn a_gap_is_filled_with_the_picture_before_it() {
        let shown = run(FpsMode::Cfr, 25, &[0, 40, 400, 440]);
        assert_eq!(shown, [0, 40, 40, 40, 40, 40, 40, 40, 40, 400, 400, 440][..shown.len()].to_vec());
    }

    proptest! {
        #[test]
        fn constant_rate_follows_the_clock(steps in prop::collection::vec(1i64..300, 1..200), rate in 1i32..120) {
            let mut time = 0;
            let times: Vec<i64> = steps.iter().map(|s| { time += s; time }).collect();
            let shown = run(FpsMode::Cfr, rate, &times);
            let last = *times.last().unwrap_or(&0);
            let expected = last * i64::from(rate) / 1000;
            prop_assert!((shown.len() as i64 - expected).abs() <= 5, "{} frames for {expected}", shown.len());
        }

        #[test]
        fn variable_rate_never_repeats(steps in prop::collection::vec(1i64..300, 1..200), rate in 1i32..120) {
            let mut time = 0;
            let times: Vec<i64> = steps.iter().map(|s| { time += s; time }).collect();
            let shown = run(FpsMode::Vfr, rate, &times);
            prop_assert!(shown.windows(2).all(|w| w[0] < w[1]));
        }
    }
}
