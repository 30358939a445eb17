//! weir's own options for live inputs and outputs.

use super::{Effect, Row, Use};
use crate::cli::value::{BadValue, duration_us};
use crate::spec::InputGap;

/// The same field of the live options of an input and an output.
macro_rules! both {
    ($field:ident, $parse:ident) => {
        Effect::Both(
            |spec, used| {
                spec.live.$field = Some($parse(used)?);
                Ok(())
            },
            |spec, used| {
                spec.live.$field = Some($parse(used)?);
                Ok(())
            },
        )
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::value(
        &["connect_deadline"],
        "time",
        "longest time to connect to a peer: 10 (weir)",
        both!(connect_us, deadline),
    ),
    Row::value(
        &["probe_deadline"],
        "time",
        "longest time to find out what a live input holds: 15 (weir)",
        Effect::Input(|spec, used| {
            spec.live.probe_us = Some(deadline(used)?);
            Ok(())
        }),
    ),
    Row::value(
        &["read_deadline"],
        "time",
        "a live input without media for so long is lost: 10 (weir)",
        Effect::Input(|spec, used| {
            spec.live.stall_us = Some(deadline(used)?);
            Ok(())
        }),
    ),
    Row::value(
        &["write_deadline"],
        "time",
        "a live output that takes nothing for so long is lost: 10 (weir)",
        Effect::Output(|spec, used| {
            spec.live.stall_us = Some(deadline(used)?);
            Ok(())
        }),
    ),
    Row::value(
        &["retry_for"],
        "time",
        "how long a lost peer is tried again: 300; 0 is not at all (weir)",
        both!(retry_us, span),
    ),
    Row::value(
        &["wait_for_peer"],
        "time",
        "how long a peer that is not there yet is waited for at the start: 0 (weir)",
        both!(wait_us, span),
    ),
    Row::value(
        &["on_input_gap"],
        "hold|freeze",
        "while a live input is away: send nothing, or the last picture and silence (weir)",
        Effect::Input(|spec, used| {
            spec.on_gap = match used.value {
                "hold" => InputGap::Hold,
                "freeze" => InputGap::Freeze,
                _ => return Err(BadValue::new("hold or freeze", "freeze")),
            };
            Ok(())
        }),
    ),
    Row::flag(
        &["keep_up"],
        "when encoding is slower than real time: leave frames out, take a faster preset, a smaller picture (weir)",
        Effect::Output(|spec, used| {
            spec.keep_up = used.on;
            Ok(())
        }),
    ),
    Row::value(
        &["max_lag"],
        "time",
        "with -keep_up, no frame is encoded later than this: 2 (weir)",
        Effect::Output(|spec, used| {
            spec.max_lag_us = Some(deadline(used)?);
            Ok(())
        }),
    ),
    Row::flag(
        &["allow_same_path"],
        "let a relay write to the path that it reads from (weir)",
        Effect::Global(|global, used| {
            global.allow_same_path = used.on;
            Ok(())
        }),
    ),
    Row::value(
        &["events"],
        "file|fd:N|-",
        "write what happens to live sessions, a line of JSON each (weir)",
        Effect::Global(|global, used| {
            global.events = Some(used.text());
            Ok(())
        }),
    ),
    Row::value(
        &["metrics"],
        "address:port",
        "serve counts in the text format of Prometheus (weir)",
        Effect::Global(|global, used| {
            let bad = || BadValue::new("an address and a port such as 127.0.0.1:9100", "127.0.0.1:9100");
            let port = used.value.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            port.ok_or_else(bad)?;
            global.metrics = Some(used.text());
            Ok(())
        }),
    ),
];

/// A time above zero.
fn deadline(used: &Use<'_>) -> Result<i64, BadValue> {
    let us = duration_us(used.value).ok().filter(|us| *us > 0);
    us.ok_or_else(|| BadValue::new("a time above zero such as 10 or 500ms", "10"))
}

/// A time of zero or more.
fn span(used: &Use<'_>) -> Result<i64, BadValue> {
    let us = duration_us(used.value).ok().filter(|us| *us >= 0);
    us.ok_or_else(|| BadValue::new("a time of zero or more such as 60 or 0", "60"))
}
