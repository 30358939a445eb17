//! Pacing: when a piece of media is due, on an absolute schedule in integer nanoseconds.

use crate::unit::{Rational, Rounding, scale};

/// Tells when media times are due, counted from the first one.
#[derive(Clone, Debug)]
pub struct Pacer {
    rate: Rational,
    burst_us: i64,
    origin_us: Option<i64>,
    /// Seconds of media per second while a delay is caught up; `None`: as fast as it goes.
    catch_up: Option<Rational>,
    /// Where catching up began: time of the media and of the clock.
    resumed: Option<(i64, i64)>,
}

/// A delay that is worth catching up at a rate of its own.
const LATE_NS: i64 = 300_000_000;

impl Pacer {
    /// `rate`: seconds of media per second; `burst_us`: media that is due at once at the start.
    pub fn new(rate: Rational, burst_us: i64) -> Self {
        Self { rate, burst_us, origin_us: None, catch_up: None, resumed: None }
    }

    /// After a stall no more than `rate` seconds of media per second are due until the delay is caught up.
    #[must_use]
    pub fn catching_up(self, rate: Option<Rational>) -> Self {
        Self { catch_up: rate, ..self }
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

impl Pacer {
    /// The same for a clock that shows `now_ns`: a delay is caught up at the rate that was set for it.
    pub fn due_at_ns(&mut self, media_us: i64, now_ns: i64) -> i64 {
        let due = self.due_ns(media_us);
        let Some(rate) = self.catch_up else { return due };
        if self.resumed.is_none() && now_ns.saturating_sub(due) > LATE_NS {
            self.resumed = Some((media_us, now_ns));
        }
        let Some((from_us, since_ns)) = self.resumed else { return due };
        let ahead = media_us.saturating_sub(from_us).max(0);
        let slow = since_ns + scale(ahead, 1000 * i128::from(rate.den), i128::from(rate.num.max(1)), Rounding::Nearest);
        if slow <= due {
            self.resumed = None;
        }
        slow.max(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_delay_is_caught_up_at_its_own_rate_and_then_forgotten() {
        let mut pacer = Pacer::new(Rational::new(1, 1), 0).catching_up(Some(Rational::new(2, 1)));
        pacer.due_at_ns(0, 0);
        assert_eq!(pacer.due_at_ns(1_000_000, 0), 1_000_000_000);
        // A second late: what follows comes at twice the speed, until it is in time again a second later.
        assert_eq!(pacer.due_at_ns(2_000_000, 3_000_000_000), 3_000_000_000);
        assert_eq!(pacer.due_at_ns(3_000_000, 3_000_000_000), 3_500_000_000);
        assert_eq!(pacer.due_at_ns(4_000_000, 3_500_000_000), 4_000_000_000);
        assert_eq!(pacer.due_at_ns(5_000_000, 4_000_000_000), 5_000_000_000);
        // A small delay is none.
        assert_eq!(pacer.due_at_ns(5_100_000, 5_300_000_000), 5_100_000_000);
        let mut free = Pacer::new(Rational::new(1, 1), 0);
        free.due_at_ns(0, 0);
        assert_eq!(free.due_at_ns(1_000_000, 9_000_000_000), 1_000_000_000);
    }

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
