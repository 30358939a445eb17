//! Units: exact rationals, time bases, and the conversion of timestamps between them.
//!
//! No float takes part: a conversion is an exact fraction that is rounded once.

pub mod number;

use std::fmt;

/// FFmpeg's lambda units in one step of quality (`FF_QP2LAMBDA`).
pub const LAMBDA_PER_QUALITY: f64 = 118.0;

/// Ticks per second of the time base that FFmpeg calls `AV_TIME_BASE`: microseconds.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// A fraction of two 32-bit integers, laid out as FFmpeg's `AVRational`.
///
/// Also used for frame rates (frames per second) and aspect ratios. `0/0` and `0/1` mean "unknown" where
/// FFmpeg says so; [`Rational::is_valid`] is false for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rational {
    /// Numerator.
    pub num: i32,
    /// Denominator.
    pub den: i32,
}

impl Rational {
    /// Microseconds as a time base.
    pub const MICROS: Rational = Rational { num: 1, den: MICROS_PER_SECOND as i32 };
    /// "Unknown", as FFmpeg writes it.
    pub const UNKNOWN: Rational = Rational { num: 0, den: 1 };

    /// The fraction `num/den`, not reduced.
    pub const fn new(num: i32, den: i32) -> Self {
        Self { num, den }
    }

    /// True when both parts are positive, so that it can serve as a time base or a rate.
    pub const fn is_valid(self) -> bool {
        self.num > 0 && self.den > 0
    }

    /// `den/num`: turns a frame rate into a time base and back.
    pub const fn inverse(self) -> Self {
        Self { num: self.den, den: self.num }
    }

    /// The closest `f64`; for display only, never for time arithmetic.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// The nearest fraction whose parts are at most `most`, by continued fractions (`av_reduce`).
    pub fn limited(self, most: i32) -> Self {
        let (mut num, mut den) = (i64::from(self.num), i64::from(self.den));
        let divisor = gcd(num.unsigned_abs(), den.unsigned_abs()).max(1) as i64;
        (num, den) = (num / divisor, den / divisor);
        let most = i64::from(most);
        if num <= most && den <= most {
            return Self { num: num as i32, den: den as i32 };
        }
        let (mut before, mut now) = ((0i64, 1i64), (1i64, 0i64));
        while den != 0 {
            let whole = num / den;
            let next = (whole * now.0 + before.0, whole * now.1 + before.1);
            if next.0 > most || next.1 > most {
                // Part of the step may still come nearer.
                let room = |now: i64, before: i64| if now == 0 { i64::MAX } else { (most - before) / now };
                let part = room(now.0, before.0).min(room(now.1, before.1));
                let (a, b) = (i128::from(den), i128::from(num));
                if a * i128::from(2 * part * now.1 + before.1) > b * i128::from(now.1) {
                    now = (part * now.0 + before.0, part * now.1 + before.1);
                }
                break;
            }
            (before, now) = (now, next);
            (num, den) = (den, num % den);
        }
        Self { num: now.0 as i32, den: now.1 as i32 }
    }

    /// The fraction in lowest terms, with the sign on the numerator.
    pub fn reduced(num: i64, den: i64) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let divisor = gcd(num.unsigned_abs(), den.unsigned_abs()).max(1) as i128;
        let sign = if den < 0 { -1 } else { 1 };
        let num = i128::from(num) / divisor * sign;
        let den = i128::from(den) / divisor * sign;
        Some(Self { num: i32::try_from(num).ok()?, den: i32::try_from(den).ok()? })
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// How a conversion that does not come out even is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest tick, halves away from zero (`AV_ROUND_NEAR_INF`).
    Nearest,
    /// To the nearest tick, halves to the even one (`lrint`).
    HalfEven,
    /// Towards minus infinity (`AV_ROUND_DOWN`).
    Down,
    /// Towards plus infinity (`AV_ROUND_UP`).
    Up,
}

/// Converts `ticks` of the time base `from` to ticks of `to`, rounded to the nearest.
///
/// The same result as `av_rescale_q`. Saturates where the result leaves 64 bits; an invalid time base gives 0.
pub fn rescale(ticks: i64, from: Rational, to: Rational) -> i64 {
    rescale_rounded(ticks, from, to, Rounding::Nearest)
}

/// [`rescale`] with the rounding named.
pub fn rescale_rounded(ticks: i64, from: Rational, to: Rational, rounding: Rounding) -> i64 {
    let numerator = i128::from(from.num) * i128::from(to.den);
    let denominator = i128::from(from.den) * i128::from(to.num);
    if numerator <= 0 || denominator <= 0 {
        return 0;
    }
    scale(ticks, numerator, denominator, rounding)
}

/// `value * numerator / denominator`, rounded once; saturates at the ends of 64 bits.
pub fn scale(value: i64, numerator: i128, denominator: i128, rounding: Rounding) -> i64 {
    if let (Rounding::Nearest, Some(near)) = (rounding, scale_small(value, numerator, denominator)) {
        return near;
    }
    scale_wide(value, numerator, denominator, rounding)
}

/// [`scale`] to the nearest where 64 bits hold all that is in between: that is most of the times of most packets, and a
/// tenth of the work.
fn scale_small(value: i64, numerator: i128, denominator: i128) -> Option<i64> {
    let denominator = i64::try_from(denominator).ok().filter(|d| *d > 0)?;
    let product = value.checked_mul(i64::try_from(numerator).ok()?)?;
    let half = denominator / 2;
    Some(if product >= 0 { product.checked_add(half)? } else { product.checked_sub(half)? } / denominator)
}

fn scale_wide(value: i64, numerator: i128, denominator: i128, rounding: Rounding) -> i64 {
    let product = i128::from(value).saturating_mul(numerator);
    let quotient = match rounding {
        Rounding::Down => product.div_euclid(denominator),
        Rounding::Up => -(-product).div_euclid(denominator),
        Rounding::HalfEven => {
            let floor = product.div_euclid(denominator);
            let twice = 2 * product.rem_euclid(denominator);
            floor + i128::from(twice > denominator || (twice == denominator && floor % 2 != 0))
        }
        Rounding::Nearest => {
            let half = denominator / 2;
            if product >= 0 { (product + half) / denominator } else { (product - half) / denominator }
        }
    };
    quotient.clamp(i128::from(i64::MIN + 1), i128::from(i64::MAX)) as i64
}

/// Compares two timestamps of different time bases exactly.
pub fn compare(a: i64, a_base: Rational, b: i64, b_base: Rational) -> std::cmp::Ordering {
    let left = i128::from(a) * i128::from(a_base.num) * i128::from(b_base.den);
    let right = i128::from(b) * i128::from(b_base.num) * i128::from(a_base.den);
    left.cmp(&right)
}

/// Microseconds as seconds with one decimal, cut off.
pub fn tenths(us: i64) -> String {
    format!("{}.{} s", us / MICROS_PER_SECOND, us % MICROS_PER_SECOND / (MICROS_PER_SECOND / 10))
}

/// Microseconds as seconds with two decimals, cut off.
pub fn hundredths(us: i64) -> String {
    format!("{}.{:02} s", us / MICROS_PER_SECOND, us % MICROS_PER_SECOND / (MICROS_PER_SECOND / 100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_away_from_zero() {
        let (from, to) = (Rational::new(1, 2), Rational::new(1, 1));
        assert_eq!(rescale(1, from, to), 1);
        assert_eq!(rescale(-1, from, to), -1);
        assert_eq!(rescale_rounded(-1, from, to, Rounding::Down), -1);
        assert_eq!(rescale_rounded(-1, from, to, Rounding::Up), 0);
    }

    #[test]
    fn a_fraction_is_limited_as_av_reduce_does_it() {
        for (num, den, most, expected) in [
            (90_000, 1, 65_535, (65_535, 1)),
            (100_000, 3337, 65_535, (64_549, 2154)),
            (30_000, 1001, 1001, (989, 33)),
            (25, 1, 65_535, (25, 1)),
        ] {
            let limited = Rational::new(num, den).limited(most);
            assert_eq!((limited.num, limited.den), expected, "{num}/{den}");
        }
    }

    proptest! {
        /// No other fraction with such parts is nearer.
        #[test]
        fn a_limited_fraction_is_the_nearest(num in 1i32..2000, den in 1i32..2000, most in 1i32..60) {
            let limited = Rational::new(num, den).limited(most);
            prop_assert!((0..=most).contains(&limited.num) && (1..=most).contains(&limited.den), "{limited:?}");
            let distance = |n: i32, d: i32| f64::from(num) / f64::from(den) - f64::from(n) / f64::from(d);
            for d in 1..=most {
                for n in 0..=most {
                    prop_assert!(distance(limited.num, limited.den).abs() <= distance(n, d).abs() + 1e-9);
                }
            }
        }

        #[test]
        fn to_a_finer_base_and_back_is_the_identity(ticks in -1i64 << 40..1i64 << 40, den in 1i32..100_000, times in 1i32..1000) {
            let coarse = Rational::new(1, den);
            let fine = Rational::new(1, den.saturating_mul(times));
            prop_assert_eq!(rescale(rescale(ticks, coarse, fine), fine, coarse), ticks);
        }

        #[test]
        fn an_error_is_half_a_tick_at_most(ticks in -1i64 << 40..1i64 << 40, a in 1i32..200_000, b in 1i32..200_000) {
            let (from, to) = (Rational::new(1, a), Rational::new(1, b));
            let back = i128::from(rescale(ticks, from, to)) * i128::from(a);
            let exact = i128::from(ticks) * i128::from(b);
            prop_assert!(((back - exact) * 2).abs() <= i128::from(a));
        }

        #[test]
        fn the_short_way_and_the_long_one_agree(
            value in any::<i64>(),
            shift in 0u32..63,
            numerator in 1i128..1 << 40,
            denominator in 1i128..1 << 40,
        ) {
            let value = value >> shift;
            if let Some(near) = scale_small(value, numerator, denominator) {
                prop_assert_eq!(near, scale_wide(value, numerator, denominator, Rounding::Nearest));
            }
        }

        #[test]
        fn order_is_kept(x in -1i64 << 40..1i64 << 40, y in -1i64 << 40..1i64 << 40, a in 1i32..200_000, b in 1i32..200_000) {
            let (from, to) = (Rational::new(1, a), Rational::new(1, b));
            prop_assert_eq!(rescale(x.min(y), from, to) <= rescale(x.max(y), from, to), true);
        }
    }
}
