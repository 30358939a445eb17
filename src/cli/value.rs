//! Reads ffmpeg's value syntaxes: numbers with suffixes, durations, ratios, switches; rates and sizes it asks the catalog for.
//!
//! Durations are read in integers, so that `0.1` means one tenth; ratios come out as libavutil's.

use crate::catalog::Catalog;
use crate::spec::FpsMode;
use crate::unit::{MICROS_PER_SECOND, Rational};

/// What was expected where a value could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// What the option takes, as the end of "...expects".
    pub expected: String,
    /// A value that would do, for the corrected command.
    pub example: String,
    /// ffmpeg's sentence, where it is not of the usual form.
    pub words: Option<String>,
    /// The names that would do, where there are any; the nearest one was meant.
    pub names: Vec<String>,
}

impl BadValue {
    /// `expected` in words, and one `example`.
    pub fn new(expected: impl Into<String>, example: impl Into<String>) -> Self {
        Self { expected: expected.into(), example: example.into(), words: None, names: Vec::new() }
    }

    /// The same, with another example.
    #[must_use]
    pub fn such_as(self, example: &str) -> Self {
        Self { example: example.to_owned(), ..self }
    }

    /// The same, with the names that would do.
    #[must_use]
    pub fn among<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// The same, with ffmpeg's sentence.
    #[must_use]
    pub fn in_words(self, words: &str) -> Self {
        Self { words: Some(words.to_owned()), ..self }
    }
}

/// A number as `av_strtod` reads it: decimal or `0x` hexadecimal, then an SI prefix (`k`, `M`, `Ki`, `Mi` ...),
/// then `B` for "times eight", or `dB`.
pub fn number(text: &str) -> Result<f64, BadValue> {
    let bad = || BadValue::new("a number such as 25, 1.5, 800k or 2M", "1");
    let (mut value, rest) = leading_number(text.trim_ascii_start()).ok_or_else(bad)?;
    let mut rest = rest;
    if let Some(after) = rest.strip_prefix("dB") {
        value = 10f64.powf(value / 20.0);
        rest = after;
    } else if let Some((binary, decimal)) = rest.chars().next().and_then(prefix_factors) {
        rest = &rest[1..];
        match rest.strip_prefix('i') {
            Some(after) => {
                value *= 2f64.powf(binary);
                rest = after;
            }
            None if decimal < 0 => value /= 10f64.powi(-decimal),
            None => value *= 10f64.powi(decimal),
        }
    }
    if let Some(after) = rest.strip_prefix('B') {
        value *= 8.0;
        rest = after;
    }
    if rest.is_empty() && value.is_finite() { Ok(value) } else { Err(bad()) }
}

/// A [`number`] that is whole.
pub fn integer(text: &str) -> Result<i64, BadValue> {
    if let Ok(exact) = text.parse() {
        return Ok(exact);
    }
    let bad = || BadValue::new("a whole number such as 25, 800k or 2M", "1");
    let value = number(text).map_err(|_| bad())?;
    // 2^63 itself does not fit, and the next double below it does.
    if value.fract() == 0.0 && value >= -(2f64.powi(63)) && value < 2f64.powi(63) {
        Ok(value as i64)
    } else {
        Err(bad())
    }
}

/// An [`integer`] from `low` to `high`.
pub fn integer_within(text: &str, low: i64, high: i64) -> Result<i64, BadValue> {
    let bad = || {
        let example = 1.clamp(low, high).to_string();
        match high >= i64::from(i32::MAX) {
            true => BadValue::new(format!("a whole number from {low} up"), example),
            false => BadValue::new(format!("a whole number from {low} to {high}"), example),
        }
    };
    match integer(text) {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(bad()),
    }
}

/// The decimal or hexadecimal number at the start of `text`, and what follows it.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let end = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        return Some((u64::from_str_radix(&hex[..end], 16).ok()? as f64, &hex[end..]));
    }
    let end = decimal_length(text);
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// How many bytes at the start of `text` are a decimal number; an `e` counts only with digits behind it.
fn decimal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits_from = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let mut end = sign + digits_from(sign);
    if bytes.get(end) == Some(&b'.') {
        end += 1 + digits_from(end + 1);
    }
    if end > sign && matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = bytes.get(exponent..).map_or(0, |_| digits_from(exponent));
        if digits > 0 {
            end = exponent + digits;
        }
    }
    end
}

/// The powers of 2 and of 10 that an SI prefix stands for.
fn prefix_factors(prefix: char) -> Option<(f64, i32)> {
    let power = match prefix {
        'y' => -24,
        'z' => -21,
        'a' => -18,
        'f' => -15,
        'p' => -12,
        'n' => -9,
        'u' => -6,
        'm' => -3,
        'c' => -2,
        'd' => -1,
        'h' => 2,
        'k' | 'K' => 3,
        'M' => 6,
        'G' => 9,
        'T' => 12,
        'P' => 15,
        'E' => 18,
        'Z' => 21,
        'Y' => 24,
        _ => return None,
    };
    Some((f64::from(power) * 10.0 / 3.0, power))
}

/// A duration in microseconds, as `av_parse_time` reads it: `[-][HH:]MM:SS[.m...]`, or `[-]S[.m...]` with `s`, `ms` or `us`.
///
/// Digits beyond the microsecond are cut off.
pub fn duration_us(text: &str) -> Result<i64, BadValue> {
    let bad = || BadValue::new("a time such as 12.5, 300ms, 02:30 or 01:02:03.5 (minutes and seconds below 60)", "10");
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    // A plus is read before bare seconds only.
    let body = body.trim_ascii_start();
    let unsigned = body.strip_prefix('+').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let body = unsigned.filter(|rest| !rest.contains(':')).unwrap_or(body);
    let end = body.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(body.len());
    let (clock, mut rest) = body.split_at(end);
    let whole = clock_seconds(clock, rest.starts_with('.')).ok_or_else(bad)?;
    let mut fraction_us = 0;
    if let Some(after) = rest.strip_prefix('.') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if clock.is_empty() && digits == 0 {
            return Err(bad());
        }
        let padded = format!("{:0<6}", &after[..digits.min(6)]);
        fraction_us = padded.parse::<i64>().map_err(|_| bad())?;
        rest = &after[digits..];
    }
    let (unit_us, fraction_us) = match rest {
        "" | "s" => (MICROS_PER_SECOND, fraction_us),
        "ms" => (1000, fraction_us / 1000),
        "us" => (1, 0),
        _ => return Err(bad()),
    };
    let total = whole.checked_mul(unit_us).and_then(|us| us.checked_add(fraction_us)).ok_or_else(bad)?;
    Ok(if negative { -total } else { total })
}

/// `HH:MM:SS`, `MM:SS` or `S` in seconds; nothing at all only when a fraction follows.
fn clock_seconds(clock: &str, fraction_follows: bool) -> Option<i64> {
    let below_60 = |part: &str| part.parse::<i64>().ok().filter(|n| part.len() <= 2 && *n < 60);
    let parts: Vec<&str> = clock.split(':').collect();
    match parts[..] {
        [""] => fraction_follows.then_some(0),
        [seconds] => seconds.parse().ok(),
        [minutes, seconds] => Some(below_60(minutes)? * 60 + below_60(seconds)?),
        [hours, minutes, seconds] => {
            let hours = hours.parse::<i64>().ok().filter(|_| hours.len() <= 4)?;
            Some(hours * 3600 + below_60(minutes)? * 60 + below_60(seconds)?)
        }
        _ => None,
    }
}

/// A ratio, `16:9`, `16/9` or `1.778`, brought to a close fraction whose parts are at most `max`: the one that
/// `av_parse_ratio` gives (an arithmetic expression beyond one division is not understood).
pub fn ratio(text: &str, max: i32) -> Option<Rational> {
    if let Some((num, den)) = text.split_once(':') {
        return closest(num.parse::<i32>().ok()?.into(), den.parse::<i32>().ok()?.into(), max);
    }
    let text = text.trim_ascii();
    let value = match text.split_once('/') {
        Some((above, below)) => number(above).ok()? / number(below).ok()?,
        None => number(text).ok()?,
    };
    closest_to(value, max)
}

/// `av_d2q`: the closest fraction of a double; its binary digits are taken as they are.
fn closest_to(value: f64, max: i32) -> Option<Rational> {
    if !value.is_finite() || value.abs() > f64::from(i32::MAX) {
        return None;
    }
    let exponent = ((value.to_bits() >> 52) & 0x7ff) as i64 - 1023;
    let den = 1i64 << (61 - exponent.max(0));
    let num = (value * den as f64 + 0.5).floor() as i64;
    let found = closest(num.into(), den.into(), max)?;
    if found.num == 0 && num != 0 { closest(num.into(), den.into(), i32::MAX) } else { Some(found) }
}

/// The fraction closest to `num/den` with both parts at most `max`, found as `av_reduce` does, by continued fractions.
fn closest(num: i128, den: i128, max: i32) -> Option<Rational> {
    if den == 0 {
        return None;
    }
    let max_part = i128::from(max);
    let negative = (num < 0) != (den < 0);
    let (mut num, mut den) = (num.checked_abs()?, den.checked_abs()?);
    let (mut previous, mut current) = ((0i128, 1i128), (1i128, 0i128));
    while den != 0 {
        let quotient = num / den;
        let next = (
            quotient.checked_mul(current.0)?.checked_add(previous.0)?,
            quotient.checked_mul(current.1)?.checked_add(previous.1)?,
        );
        if next.0 > max_part || next.1 > max_part {
            let mut steps = quotient;
            if current.0 != 0 {
                steps = (max_part - previous.0) / current.0;
            }
            if current.1 != 0 {
                steps = steps.min((max_part - previous.1) / current.1);
            }
            let closer = den.checked_mul(2 * steps * current.1 + previous.1)? > num.checked_mul(current.1)?;
            if closer {
                current = (steps * current.0 + previous.0, steps * current.1 + previous.1);
            }
            break;
        }
        (previous, current) = (current, next);
        (num, den) = (den, num % den);
    }
    let num = i32::try_from(current.0).ok()?;
    Some(Rational::new(if negative { -num } else { num }, i32::try_from(current.1).ok()?))
}

/// A frame rate as FFmpeg reads it: a name (`ntsc`, `pal`, `film` ...), a fraction or a number.
pub fn frame_rate(text: &str, catalog: &dyn Catalog) -> Result<Rational, BadValue> {
    let rate = catalog.frame_rate(text);
    rate.ok_or_else(|| BadValue::new("a frame rate such as 25, 29.97, 30000/1001 or ntsc", "25"))
}

/// A display aspect ratio.
pub fn aspect(text: &str) -> Result<Rational, BadValue> {
    ratio(text, 255)
        .filter(|r| r.is_valid())
        .ok_or_else(|| BadValue::new("an aspect ratio such as 16:9, 4:3 or 1.7777", "16:9"))
}

/// A time base for an encoder; `0` (from the rate), `-1` or `demux` (as the source), and `-2` or `filter` (as the filtergraph) are
/// values too.
pub fn time_base(text: &str) -> Result<Rational, BadValue> {
    match text {
        "demux" => return Ok(Rational::new(-1, 1)),
        "filter" => return Ok(Rational::new(-2, 1)),
        _ => {}
    }
    ratio(text, i32::MAX)
        .filter(|r| r.den > 0)
        .ok_or_else(|| BadValue::new("a time base such as 1/90000 or 1:24, 0, demux or filter", "1/90000"))
}

/// A switch: `1`/`0`, `on`/`off`, `true`/`false`, `yes`/`no`, `enable`/`disable`.
pub fn switch(text: &str) -> Result<bool, BadValue> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "on" | "true" | "yes" | "y" | "enable" | "enabled" => Ok(true),
        "0" | "off" | "false" | "no" | "n" | "disable" | "disabled" => Ok(false),
        _ => Err(BadValue::new("on or off", "on").among(["on", "off"])),
    }
}

/// A frame rate mode by name, or by the number that `-vsync` takes.
pub fn vsync(text: &str) -> Result<FpsMode, BadValue> {
    match text {
        "-1" => Ok(FpsMode::Auto),
        "0" => Ok(FpsMode::Passthrough),
        "1" => Ok(FpsMode::Cfr),
        "2" => Ok(FpsMode::Vfr),
        name => fps_mode(name),
    }
}

/// A frame rate mode by name.
pub fn fps_mode(text: &str) -> Result<FpsMode, BadValue> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Ok(FpsMode::Auto),
        "passthrough" => Ok(FpsMode::Passthrough),
        "cfr" => Ok(FpsMode::Cfr),
        "vfr" => Ok(FpsMode::Vfr),
        "vscfr" => Ok(FpsMode::VsCfr),
        "drop" => Ok(FpsMode::Drop),
        _ => Err(BadValue::new("one of auto, passthrough, cfr, vfr, drop", "cfr").among([
            "auto",
            "passthrough",
            "cfr",
            "vfr",
            "drop",
            "vscfr",
        ])),
    }
}

/// A picture size that FFmpeg can read, given back as typed: `640x360` or a name such as `hd720`.
pub fn size(text: &str, catalog: &dyn Catalog) -> Result<String, BadValue> {
    match catalog.picture_size(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(BadValue::new("a size such as 640x360 or hd720", "640x360")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_take_suffixes() {
        let cases = [
            ("1", 1.0),
            ("-1", -1.0),
            ("1.5", 1.5),
            ("1M", 1e6),
            ("800k", 8e5),
            ("800K", 8e5),
            ("1.5Mi", 1_572_864.0),
            ("2KiB", 16_384.0),
            ("2kB", 16_000.0),
            ("1B", 8.0),
            ("1e3", 1e3),
            ("1E", 1e18),
            ("1e3k", 1e6),
            ("0x10", 16.0),
            ("0x10k", 16e3),
            ("5m", 0.005),
            ("3d", 0.3),
            ("20dB", 10.0),
            (".5", 0.5),
            (" 128", 128.0),
            ("5.", 5.0),
            ("1G", 1e9),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text).unwrap(), expected, "{text}");
        }
        for text in ["", "k", "abc", "1x", "1kk", "1 ", "1Bk", "1MiBB", "-", ".", "e3", "inf", "nan", "1é", "éé"] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn integers_are_whole_and_within_bounds() {
        assert_eq!(integer("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(integer("1.5k"), Ok(1500));
        assert!(integer("1.5").is_err());
        assert!(integer("1e30").is_err());
        assert_eq!(integer_within("2", 0, 3), Ok(2));
        assert_eq!(integer_within("4", 0, 3).unwrap_err().example, "1");
    }

    #[test]
    fn durations_are_exact() {
        let cases = [
            ("0", 0),
            ("12.5", 12_500_000),
            ("0.1", 100_000),
            ("200ms", 200_000),
            ("1.5ms", 1500),
            ("5us", 5),
            ("5.9us", 5),
            ("3s", 3_000_000),
            ("90", 90_000_000),
            ("01:30", 90_000_000),
            ("1:2:3.5", 3_723_500_000),
            ("100:00:00", 360_000_000_000),
            ("-1:30", -90_000_000),
            ("-0.5", -500_000),
            ("0.1234567", 123_456),
            (".5", 500_000),
            ("5.", 5_000_000),
            ("+1", 1_000_000),
            ("+1.5", 1_500_000),
            ("+5ms", 5_000),
        ];
        for (text, expected) in cases {
            assert_eq!(duration_us(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "abc",
            "1:60",
            "61:00",
            "1:2:3:4",
            "1m",
            "+",
            "+.5",
            "+1:30",
            "++1",
            "1 s",
            "12345:00:00",
            "1:",
            ":1",
            "1:00h",
        ] {
            assert!(duration_us(text).is_err(), "{text}");
        }
        assert!(duration_us("9223372036854775807").is_err());
    }

    #[test]
    fn ratios_come_out_as_libavutil_gives_them() {
        let cases = [
            ("25", 25, 1),
            ("29.97", 2997, 100),
            ("30000/1001", 30000, 1001),
            ("30000:1001", 30000, 1001),
            ("60000/2002", 30000, 1001),
            ("23.976", 2997, 125),
            ("29.97002997", 30000, 1001),
            ("1k", 1000, 1),
            ("0.5", 1, 2),
            ("1e-1", 1, 10),
            ("15.567Ki", 812_971, 51),
            ("1/4000000", 1, 4_000_000),
        ];
        for (text, num, den) in cases {
            assert_eq!(ratio(text, 1_001_000), Some(Rational::new(num, den)), "{text}");
        }
        let is_rate = |text| ratio(text, 1_001_000).is_some_and(|r| r.is_valid());
        for text in ["", "0", "-25", "25/0", "25:0", "x", "1/2/3", "25fps", "/", ":", "1e99", "1e-99"] {
            assert!(!is_rate(text), "{text}");
        }
        assert_eq!(aspect("1.7777"), Ok(Rational::new(16, 9)));
        assert_eq!(aspect("1920:1080"), Ok(Rational::new(16, 9)));
        assert_eq!(time_base("-1"), Ok(Rational::new(-1, 1)));
        assert_eq!(time_base("0"), Ok(Rational::new(0, 1)));
        assert_eq!(time_base("1:90000"), Ok(Rational::new(1, 90000)));
    }

    #[test]
    fn modes_and_switches() {
        assert_eq!(fps_mode("CFR"), Ok(FpsMode::Cfr));
        assert_eq!(vsync("-1"), Ok(FpsMode::Auto));
        assert_eq!(vsync("drop"), Ok(FpsMode::Drop));
        assert!(fps_mode("1").is_err());
        assert!(fps_mode("3").is_err());
        assert_eq!(switch("off"), Ok(false));
        assert!(switch("maybe").is_err());
    }

    proptest! {
        #[test]
        fn a_duration_survives_being_written(us in -35_999_999_999_999i64..35_999_999_999_999) {
            let (sign, abs) = (if us < 0 { "-" } else { "" }, us.abs());
            let (s, frac) = (abs / 1_000_000, abs % 1_000_000);
            let (hours, minutes, seconds) = (s / 3600, s / 60 % 60, s % 60);
            prop_assert_eq!(duration_us(&format!("{sign}{hours}:{minutes:02}:{seconds:02}.{frac:06}")), Ok(us));
            prop_assert_eq!(duration_us(&format!("{sign}{s}.{frac:06}")), Ok(us));
            prop_assert_eq!(duration_us(&format!("{us}us")), Ok(us));
        }

        #[test]
        fn whole_numbers_with_suffix_are_exact(n in 0i64..1_000_000, power in 0usize..4) {
            let (suffix, factor) = [("", 1), ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000)][power];
            prop_assert_eq!(integer(&format!("{n}{suffix}")), Ok(n * factor));
            let binary = [("", 1), ("Ki", 1i64 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30)][power];
            prop_assert_eq!(integer(&format!("{n}{}", binary.0)), Ok(n * binary.1));
        }

        #[test]
        fn a_small_fraction_is_kept(num in 1i32..1000, den in 1i32..1000) {
            prop_assert_eq!(ratio(&format!("{num}/{den}"), 1_001_000), Rational::reduced(num.into(), den.into()));
        }

        #[test]
        fn no_text_breaks_a_reader(text in "\\PC*|[-+0-9.:/eEkMiBdx]{0,12}") {
            let _ = (number(&text), integer(&text), duration_us(&text), ratio(&text, 1_001_000));
        }
    }
}
