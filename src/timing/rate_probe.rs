//! The frame rate of a source, from what it says and from the times of its first pictures.

use crate::unit::{Rational, rescale};

/// So many pictures confirm a rate that is told.
const CONFIRM: usize = 4;
/// So many show one that is not.
const MEASURE: usize = 20;
/// What is told holds where the pictures lie this much nearer or further apart, in percent.
const TOLERANCE_PERCENT: i64 = 10;
/// Rates that sources have, in pictures in so many seconds.
const SECONDS: [(i32, i32); 2] = [(1, 1), (1001, 1000)];
/// What no source has is not measured, in pictures a second.
const LEAST: f64 = 0.05;
const MOST: f64 = 1000.0;
/// A measured rate so near to a usual one is that, as a part of it.
const NEAR_USUAL: f64 = 0.01;

/// Gathers the times of pictures until their rate is known.
#[derive(Clone, Debug)]
pub struct RateProbe {
    base: Rational,
    /// What the source's header says.
    told: Option<Rational>,
    times: Vec<i64>,
}

impl RateProbe {
    /// For pictures with times in `base`, of a source that tells a rate or does not.
    pub fn new(base: Rational, told: Option<Rational>) -> Self {
        Self { base, told, times: Vec::new() }
    }

    /// Takes the time at which a picture is shown, in whatever order; gives the rate once it is known.
    pub fn push(&mut self, pts: i64) -> Option<Rational> {
        self.times.push(pts);
        if let Some(told) = self.told
            && self.times.len() >= CONFIRM
            && self.agrees(told)
        {
            return Some(told);
        }
        if self.times.len() < MEASURE {
            return None;
        }
        let rate = self.rate();
        self.times.clear();
        rate.or(self.told)
    }

    /// Distances of pictures that are shown one after the other, the smallest first.
    fn distances(&self) -> Vec<i64> {
        let mut times = self.times.clone();
        times.sort_unstable();
        let mut distances: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|d| *d > 0).collect();
        distances.sort_unstable();
        distances
    }

    /// That of most pictures; a few are missing where they come out of order or were lost.
    fn usual_distance(&self) -> Option<i64> {
        let distances = self.distances();
        distances.get(distances.len() / 2).copied()
    }

    fn agrees(&self, told: Rational) -> bool {
        let expected = rescale(1, told.inverse(), self.base);
        let off_by = |distance: i64| (distance - expected).saturating_mul(100).abs();
        self.usual_distance().is_some_and(|distance| off_by(distance) <= expected.saturating_mul(TOLERANCE_PERCENT))
    }

    /// The mean of what lies about as far apart as most: clocks of cameras tremble.
    fn rate(&self) -> Option<Rational> {
        let usual = self.usual_distance()?;
        let alike: Vec<_> =
            self.distances().into_iter().filter(|d| (usual / 2 + 1..usual * 3 / 2).contains(d)).collect();
        let seconds = alike.iter().map(|ticks| *ticks as f64).sum::<f64>() * self.base.as_f64();
        Some(alike.len() as f64 / seconds).filter(|rate| (LEAST..=MOST).contains(rate)).map(usual_rate)
    }
}

/// The usual rate that is near; else one in thousandths.
fn usual_rate(per_second: f64) -> Rational {
    let near = |(num, den): &(i32, i32)| {
        let count = (per_second * f64::from(*num) / f64::from(*den)).round();
        let rate = count * f64::from(*den) / f64::from(*num);
        (count >= 1.0 && (rate - per_second).abs() <= rate * NEAR_USUAL)
            .then(|| ((rate - per_second).abs(), Rational::new(count as i32 * den, *num)))
    };
    let nearest = SECONDS.iter().filter_map(near).min_by(|(a, _), (b, _)| a.total_cmp(b));
    let in_thousandths = || Rational::reduced((per_second * 1000.0).round() as i64, 1000);
    nearest.map(|(_, rate)| rate).or_else(in_thousandths).unwrap_or(Rational::new(25, 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const CLOCK: Rational = Rational::new(1, 90_000);

    fn probe(told: Option<Rational>, times: impl IntoIterator<Item = i64>) -> Option<(usize, Rational)> {
        let mut probe = RateProbe::new(CLOCK, told);
        times.into_iter().enumerate().find_map(|(n, time)| Some((n + 1, probe.push(time)?)))
    }

    #[test]
    fn what_is_told_and_seen_is_known_after_few_pictures_out_of_order_too() {
        let told = Some(Rational::new(25, 1));
        assert_eq!(probe(told, (0..9).map(|n| n * 3600)), Some((4, Rational::new(25, 1))));
        let reordered = [0, 4, 2, 1, 3, 8, 6, 5, 7].map(|n| 7_000_000 + n * 3600);
        assert_eq!(probe(told, reordered), Some((4, Rational::new(25, 1))));
        assert_eq!(probe(told, [0; 3]), None);
    }

    #[test]
    fn a_header_that_is_wrong_is_not_believed() {
        for (told, step, is) in [(50, 6000, 15), (25, 3000, 30), (15, 3600, 25)] {
            let found = probe(Some(Rational::new(told, 1)), (0..30).map(|n| n * step));
            assert_eq!(found, Some((20, Rational::new(is, 1))), "{told} told");
        }
        assert_eq!(probe(None, (0..30).map(|n| n * 3003)), Some((20, Rational::new(30_000, 1001))));
        assert_eq!(probe(None, (0..30).map(|_| 5)), None, "a clock that stands");
    }

    proptest! {
        #[test]
        fn usual_rates_are_found_with_trembling_clocks_and_lost_pictures(
            rate in 5_i64..61,
            tremble in proptest::collection::vec(-90_i64..90, 20),
            lost in 0_usize..19,
        ) {
            let time = |n: i64| n * 90_000 / rate;
            let times = tremble.iter().enumerate().map(|(n, t)| {
                let after = i64::from(n > lost) * 2;
                time(n as i64 + after) + t
            });
            let (count, found) = probe(None, times).unwrap();
            prop_assert_eq!(count, 20);
            prop_assert!((found.as_f64() - rate as f64).abs() < 0.5 + 0.015 * rate as f64, "{:?} for {}", found, rate);
        }

        #[test]
        fn nothing_makes_it_fail(told in proptest::option::of((1_i32..1000, 1_i32..1000)), times in proptest::collection::vec(any::<i64>(), 0..30)) {
            let told = told.map(|(num, den)| Rational::new(num, den));
            let times = times.into_iter().map(|time| time >> 4);
            if let Some((_, rate)) = probe(told, times) {
                prop_assert!(rate.is_valid());
            }
        }
    }
}
