//! Times of sound from a coarse clock to a fine one, without the coarse clock's jitter.

use crate::unit::{Rational, Rounding, rescale, rescale_rounded};

/// Follows the samples instead of the coarse timestamps as long as these agree within a tick.
///
/// The contract of `av_rescale_delta`.
#[derive(Clone, Debug, Default)]
pub struct RescaleDelta {
    /// The expected next time in `1/sample_rate` units.
    next: Option<i64>,
}

impl RescaleDelta {
    /// Expects the first piece at zero, though any other time will do.
    pub const fn from_zero() -> Self {
        Self { next: Some(0) }
    }

    /// Forgets the expectation, after a gap.
    pub fn reset(&mut self) {
        self.next = None;
    }

    /// Converts `ticks` of `from` for a piece of `samples` samples to `to`; `fine` is `1/sample_rate`.
    pub fn convert(&mut self, ticks: i64, from: Rational, samples: i64, fine: Rational, to: Rational) -> i64 {
        let finer_source = i128::from(from.num) * i128::from(to.den) <= i128::from(to.num) * i128::from(from.den);
        let (Some(expected), false, true) = (self.next, finer_source, samples > 0) else {
            self.next = Some(rescale(ticks, from, fine).saturating_add(samples));
            return rescale(ticks, from, to);
        };
        let doubled = |rounding| {
            let twice = Rational::new(from.num, from.den);
            let half = if rounding == Rounding::Up { 1 } else { -1 };
            rescale_rounded(ticks.saturating_mul(2).saturating_add(half), twice, fine, rounding)
        };
        let low = doubled(Rounding::Down) >> 1;
        let high = doubled(Rounding::Up).saturating_add(1) >> 1;
        let (a, b) = (low, high);
        let jitter = b.saturating_sub(a);
        if expected < a.saturating_sub(jitter) || expected > b.saturating_add(jitter) {
            self.next = Some(rescale(ticks, from, fine).saturating_add(samples));
            return rescale(ticks, from, to);
        }
        let this = expected.clamp(a, b);
        self.next = Some(this.saturating_add(samples));
        rescale(this, fine, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_within_a_tick_of_the_zero_that_is_expected_begins_as_near_to_it_as_may_be() {
        let (millis, fine) = (Rational::new(1, 1000), Rational::new(1, 44_100));
        let first = |mut delta: RescaleDelta, ticks| delta.convert(ticks, millis, 1024, fine, fine);
        assert_eq!((first(RescaleDelta::from_zero(), 1), first(RescaleDelta::default(), 1)), (22, 44));
        assert_eq!((first(RescaleDelta::from_zero(), 100), first(RescaleDelta::default(), 100)), (4410, 4410));
    }

    #[test]
    fn milliseconds_of_aac_frames_become_exact_samples() {
        let mut delta = RescaleDelta::default();
        let (millis, fine) = (Rational::new(1, 1000), Rational::new(1, 44_100));
        for frame in 0..1000i64 {
            let jittered = rescale(frame * 1024, fine, millis);
            assert_eq!(delta.convert(jittered, millis, 1024, fine, fine), frame * 1024);
        }
    }

    #[test]
    fn a_gap_starts_anew() {
        let mut delta = RescaleDelta::default();
        let (millis, fine) = (Rational::new(1, 1000), Rational::new(1, 48_000));
        delta.convert(0, millis, 1024, fine, fine);
        assert_eq!(delta.convert(500, millis, 1024, fine, fine), 24_000);
    }
}
