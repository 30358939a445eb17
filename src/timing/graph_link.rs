//! The clock between a filtergraph and the one behind it.

use crate::unit::{Rational, rescale};

/// From the ticks of a filtergraph's output to those that the filtergraph behind it gets. The latter stay what they are when
/// the first graph is built anew and counts otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphLink {
    from: Rational,
    to: Rational,
    /// Length of a frame that says nothing of it, in ticks of `to`; 0 when it is not known.
    usual_length: i64,
}

impl GraphLink {
    /// A link for frames of that time base and of that many a second, or samples in their place. `exact`: times stay what they
    /// are; else they are rounded to whole frames, where their rate is known, and to whole samples.
    pub fn new(time_base: Rational, rate: Rational, exact: bool) -> Self {
        let frame = rate.inverse();
        let to = if exact || !rate.is_valid() { time_base } else { frame };
        let usual_length = if rate.is_valid() { rescale(1, frame, to) } else { 0 };
        Self { from: time_base, to, usual_length }
    }

    /// The time base of what comes out.
    pub const fn time_base(self) -> Rational {
        self.to
    }

    /// What follows comes in that time base.
    pub const fn comes_in(&mut self, time_base: Rational) {
        self.from = time_base;
    }

    /// A time or a length, in ticks of what comes out.
    pub fn ticks(self, ticks: i64) -> i64 {
        if self.from == self.to { ticks } else { rescale(ticks, self.from, self.to) }
    }

    /// How long a picture without a length is, in ticks of what comes out; 0 when that is not known.
    pub const fn usual_length(self) -> i64 {
        self.usual_length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FINE: Rational = Rational::new(1, 90_000);

    proptest! {
        #[test]
        fn times_are_off_by_half_a_frame_at_most_and_exact_ones_by_nothing(
            ticks in -1_000_000i64..1_000_000, num in 1i32..60_000, den in 1i32..1002,
        ) {
            let rate = Rational::new(num, den);
            prop_assert_eq!(GraphLink::new(FINE, rate, true).ticks(ticks), ticks);
            let link = GraphLink::new(FINE, rate, false);
            let there = i128::from(link.ticks(ticks)) * i128::from(den) * 90_000;
            let here = i128::from(ticks) * i128::from(num);
            prop_assert!((there - here).abs() * 2 <= i128::from(den) * 90_000);
            prop_assert_eq!(link.usual_length(), 1);
        }

        #[test]
        fn a_graph_that_counts_otherwise_goes_on_in_the_same_clock(ticks in -1_000_000i64..1_000_000) {
            let mut link = GraphLink::new(Rational::new(1, 1000), Rational::UNKNOWN, false);
            let before = link.ticks(ticks);
            link.comes_in(FINE);
            prop_assert_eq!(link.time_base(), Rational::new(1, 1000));
            prop_assert_eq!(link.ticks(ticks * 90), before);
        }
    }
}
