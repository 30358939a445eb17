//! Options that only an input takes.

use super::{Arity, Effect, Row, Suffix};
use crate::cli::value::{BadValue, duration_us, integer_within, ratio};
use crate::spec::{InputSpec, ReadRate};
use crate::unit::Rational;

/// What is read at once at the start with `-re` and `-readrate`: nothing, as in ffmpeg before 6.1. A camera sends no burst, and
/// receivers that tell time by arrival squeeze what comes in one.
const INITIAL_BURST_US: i64 = 0;

macro_rules! set {
    (|$spec:ident, $used:ident| $body:expr) => {
        Effect::Input(|$spec, $used| {
            $body;
            Ok(())
        })
    };
}

macro_rules! assign {
    ($field:ident, |$used:ident| $value:expr) => {
        Effect::Input(|spec, $used| {
            let value = $value;
            spec.$field.push($used.specifier.clone(), value, $used.origin.clone());
            Ok(())
        })
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::value(
        &["sseof"],
        "time",
        "begin at this time before the end (negative)",
        set!(|spec, u| {
            let start = duration_us(u.value).ok().filter(|us| *us <= 0);
            let bad = || BadValue::new("a negative time, counted back from the end, such as -10 or -01:00", "-10");
            spec.start_from_end_us = Some(start.ok_or_else(bad)?);
        }),
    ),
    Row::value(
        &["itsoffset"],
        "time",
        "shift the input's timestamps",
        set!(|spec, u| spec.ts_offset_us = duration_us(u.value)?),
    ),
    Row::value(
        &["stream_loop"],
        "count",
        "repeat the input; -1 is for ever",
        set!(|spec, u| spec.stream_loop = integer_within(u.value, -1, i32::MAX.into())? as i32),
    ),
    Row::flag(
        &["re"],
        "read at the speed of the media, as a camera gives it",
        set!(|spec, u| {
            if u.on {
                // As in ffmpeg, a rate that was named counts more.
                if spec.read_rate.is_none_or(|r| !r.rate.is_valid()) {
                    set_rate(spec, Rational::new(1, 1));
                }
            } else {
                spec.read_rate = None;
            }
        }),
    ),
    Row::value(&["readrate"], "factor", "read at this many times the speed of the media", Effect::Input(read_rate)),
    Row::value(
        &["readrate_initial_burst"],
        "seconds",
        "with -re and -readrate, read this much at once first",
        set!(|spec, u| {
            let burst = duration_us(u.value).ok().filter(|us| *us >= 0);
            let initial_burst_us = burst.ok_or_else(|| BadValue::new("a time of zero or more such as 0.5", "0.5"))?;
            spec.read_rate = Some(ReadRate { initial_burst_us, ..known_rate(spec) });
        }),
    ),
    Row::value(
        &["readrate_catchup"],
        "factor",
        "with -re and -readrate, read at this many times the speed of the media while a delay is caught up",
        set!(|spec, u| {
            let rate = ratio(u.value, 1_000_000).filter(|r| r.num > 0 && r.den > 0);
            let rate = rate.ok_or_else(|| BadValue::new("a factor above zero such as 1.05 or 2", "2"))?;
            spec.read_rate = Some(ReadRate { catch_up: Some(rate), ..known_rate(spec) });
        }),
    ),
    Row::flag(&["accurate_seek"], "with -ss, decode up to the exact place", set!(|spec, u| spec.accurate_seek = u.on)),
    Row::value(
        &["seek_timestamp"],
        "0|1",
        "-ss is a timestamp, not a time since the start",
        set!(|spec, u| spec.seek_timestamp = integer_within(u.value, -1, 1)? > 0),
    ),
    Row::flag(&["autorotate"], "turn pictures as their metadata says", assign!(autorotate, |u| u.on))
        .with_suffix(Suffix::Stream)
        .with_arity(Arity::FlagOrDigit),
    Row::per_stream(
        &["reinit_filter"],
        "0|1",
        "rebuild the filtergraph when the input's format changes",
        assign!(reinit_filter, |u| integer_within(u.value, -1, 1)? != 0),
    ),
    Row::per_stream(
        &["hwaccel"],
        "method",
        "hardware decoding",
        assign!(hwaccel, |u| {
            let bad = || BadValue::new("a method such as none or auto (-hwaccels lists them)", "none");
            if u.value.is_empty() { Err(bad())? } else { u.text() }
        }),
    ),
    Row::per_stream(
        &["guess_layout_max"],
        "channels",
        "guess the channel layout up to this many channels",
        assign!(guess_layout_max, |u| integer_within(u.value, 0, i32::MAX.into())? as i32),
    ),
    Row::flag(
        &["find_stream_info"],
        "look into the streams before starting",
        set!(|spec, u| spec.find_stream_info = u.on),
    ),
];

/// What is known of the reading so far; the rate is unknown before it was named.
fn known_rate(spec: &InputSpec) -> ReadRate {
    let unnamed = ReadRate { rate: Rational::UNKNOWN, initial_burst_us: INITIAL_BURST_US, catch_up: None };
    spec.read_rate.unwrap_or(unnamed)
}

fn set_rate(spec: &mut InputSpec, rate: Rational) {
    spec.read_rate = Some(ReadRate { rate, ..known_rate(spec) });
}

fn read_rate(spec: &mut InputSpec, used: &super::Use<'_>) -> Result<(), BadValue> {
    let rate = ratio(used.value, 1_000_000).filter(|r| r.num >= 0 && r.den > 0);
    let rate =
        rate.ok_or_else(|| BadValue::new("a factor of zero or more such as 1, 1.5 or 2 (0 is no limit)", "1"))?;
    if rate.num == 0 {
        spec.read_rate = None;
    } else {
        set_rate(spec, rate);
    }
    Ok(())
}
