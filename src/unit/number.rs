//! Numbers as C's `printf` writes them, where programs read them, and as its `strtol` reads them.

use super::Rational;

/// `%.{digits}g`: so many significant digits, no zeros at the end.
pub fn general(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs());
    }
    without_zeros(&format!("{value:.*}", (digits as i32 - 1 - exponent).max(0) as usize)).to_owned()
}

/// `NAME:TICKS NAME_time:SECONDS`, as ffmpeg writes a time for people who look for a fault.
pub fn ticks_and_seconds(name: &str, ticks: Option<i64>, base: Rational) -> String {
    match ticks {
        Some(ticks) => format!("{name}:{ticks} {name}_time:{}", general(base.as_f64() * ticks as f64, 6)),
        None => format!("{name}:NOPTS {name}_time:NOPTS"),
    }
}

/// `%.{decimals}f`.
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { general(value, 1) }
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Microseconds as `[-]HH:MM:SS.` and the given number of decimals, cut and not rounded.
pub fn clock(us: i64, decimals: u32) -> String {
    let sign = if us < 0 { "-" } else { "" };
    let us = us.unsigned_abs();
    let (seconds, rest) = (us / 1_000_000, us % 1_000_000);
    let fraction = rest / 10_u64.pow(6 - decimals.min(6));
    format!(
        "{sign}{:02}:{:02}:{:02}.{fraction:0width$}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        width = decimals as usize
    )
}

/// Microseconds for people: `8 s`, `2:05`, `1:02:05`.
pub fn short_time(us: i64) -> String {
    let seconds = us.max(0).saturating_add(500_000) / 1_000_000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m}:{s:02}"),
        (h, m, s) => format!("{h}:{m:02}:{s:02}"),
    }
}

/// A whole number as `strtol` reads it with base 0: decimal, hexadecimal behind `0x`, octal behind `0`, perhaps with a sign.
pub fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let octal = digits.strip_prefix('0').filter(|rest| !rest.is_empty());
    let (digits, radix) = match (hexadecimal, octal) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) => (digits, 8),
        (None, None) => (digits, 10),
    };
    // A second sign is none for C.
    let digits = Some(digits).filter(|digits| !digits.starts_with(['+', '-']))?;
    i64::from_str_radix(digits, radix).ok().map(|number| sign * number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_is_printf_s() {
        for (value, text) in [
            (1.0, "1"),
            (1.25, "1.25"),
            (12.34, "12.3"),
            (123.4, "123"),
            (1234.0, "1.23e+03"),
            (0.0123, "0.0123"),
            (0.00001234, "1.23e-05"),
            (999.9, "1e+03"),
            (0.0, "0"),
        ] {
            assert_eq!(general(value, 3), text);
        }
    }

    #[test]
    fn integers_are_strtol_s() {
        let read = [("10", 10), ("0x1F", 31), ("0X1f", 31), ("010", 8), ("0", 0), ("-0x10", -16), ("+7", 7)];
        read.iter().for_each(|(text, number)| assert_eq!(integer(text), Some(*number), "{text}"));
        for text in ["", "-", "0x", "08", "1a", " 1", "0x-5", "--5", "0-5", "99999999999999999999"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn clocks_are_cut() {
        assert_eq!(clock(4_929_999, 2), "00:00:04.92");
        assert_eq!(clock(4_929_999, 6), "00:00:04.929999");
        assert_eq!(clock(-3_661_000_000, 2), "-01:01:01.00");
        assert_eq!(short_time(65_000_000), "1:05");
    }
}
