//! Pacing: when a piece of media is due, on an absolute schedule in integer nanoseconds.

use crate::unit::{Rational, Rounding, scale};

/// Tells when media times are due, counted from the first one.
#[derive(Clone, Debug)]
pub struct Pacer {
    rate: Rational,
    burst_us: i64,
    origin_us: Option<i64>,
}

impl Pacer {
    /// `rate`: seconds of media per second; `burst_us`: media that is due at once at the start.
    pub fn new(rate: Rational, burst_us: i64) -> Self {
        Self { rate, burst_us, origin_us: None }
    }

    /// Nanoseconds after the start at which the media time is due; the first call sets the origin.
    ///
    /// The schedule is absolute: no error adds up, and after a stall the delay is caught up.
    pub fn due_ns(&mut self, media_us: i64) -> i64 {
        let origin = *self.origin_us.get_or_insert(media_us);
        let ahead = media_us.saturating_sub(origin).saturating_sub(self.burst_us).max(0);
        scale(ahead, 1000 * i128::from(self.rate.den), i128::from(self.rate.num.max(1)), Rounding::Nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_month_of_thirty_thousand_over_1001_does_not_drift() {
        let mut pacer = Pacer::new(Rational::new(1, 1), 0);
        let frames_in_a_month: i64 = 30 * 86_400 * 30_000 / 1001;
        let mut last = -1;
        for frame in (0..frames_in_a_month).step_by(9973) {
            let media_us = crate::unit::rescale(frame, Rational::new(1001, 30_000), Rational::MICROS);
            let due = pacer.due_ns(media_us);
            let exact = i128::from(frame) * 1001 * 1_000_000_000 / 30_000;
            assert!((i128::from(due) - exact).abs() <= 1000, "frame {frame}: {due} against {exact}");
            assert!(due > last);
            last = due;
        }
    }

    proptest! {
        #[test]
        fn twice_the_rate_halves_the_wait(us in 0i64..1 << 50) {
            let mut one = Pacer::new(Rational::new(1, 1), 0);
            let mut two = Pacer::new(Rational::new(2, 1), 0);
            one.due_ns(0);
            two.due_ns(0);
            prop_assert_eq!(one.due_ns(us), two.due_ns(us) * 2);
        }
    }
}
