//! Options of the whole run, and those that show something and end.

use super::{Arity, Effect, Row};
use crate::cli::Request;
use crate::cli::value::{BadValue, duration_us, integer_within, number, switch, vsync};
use crate::spec::{ComplexGraph, ExplainFormat, GlobalSpec, Overwrite};
use crate::unit::MICROS_PER_SECOND;

const fn show(names: &'static [&'static str], help: &'static str, request: fn(Option<&str>) -> Request) -> Row {
    Row::flag(names, help, Effect::Show(request)).with_arity(Arity::Topic)
}

macro_rules! listing {
    ($name:literal, $help:literal) => {
        show(&[$name], $help, |topic| Request::Listing { name: $name, topic: topic.map(str::to_owned) })
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::flag(
        &["y"],
        "overwrite existing outputs",
        Effect::Global(|g, u| {
            g.overwrite = if u.on { Overwrite::Always } else { Overwrite::Ask };
            Ok(())
        }),
    ),
    Row::flag(
        &["n"],
        "never overwrite an existing output",
        Effect::Global(|g, u| {
            g.overwrite = if u.on { Overwrite::Never } else { Overwrite::Ask };
            Ok(())
        }),
    ),
    Row::flag(
        &["hide_banner"],
        "leave out version and build at the start",
        Effect::Global(|g, u| {
            g.hide_banner = u.on;
            Ok(())
        }),
    ),
    Row::value(
        &["loglevel", "v"],
        "level",
        "how much is told: quiet, error, warning, info, verbose, debug ...",
        Effect::Global(|g, u| {
            if u.value.is_empty() && !u.is_literal {
                return Err(BadValue::new("a level such as error, warning, info or debug", "info"));
            }
            g.log_level = Some(u.text());
            Ok(())
        }),
    ),
    Row::flag(
        &["stats"],
        "show progress while running",
        Effect::Global(|g, u| {
            g.stats = Some(u.on);
            Ok(())
        }),
    ),
    Row::value(
        &["stats_period"],
        "time",
        "time between two progress reports",
        Effect::Global(|g, u| {
            g.stats_period_us = duration_us(u.value).ok().filter(|us| *us > 0).ok_or_else(|| {
                let words = format!(
                    "stats_period {0} must be positive.\nFailed to set value '{0}' for option 'stats_period': \
                         Invalid argument\nError parsing global options: Invalid argument",
                    u.value
                );
                BadValue::new("a time above zero such as 0.5 or 200ms", "0.5").in_words(&words)
            })?;
            Ok(())
        }),
    ),
    Row::value(
        &["progress"],
        "url",
        "write progress as keys and values for programs",
        Effect::Global(|g, u| {
            g.progress = Some(u.text());
            Ok(())
        }),
    ),
    Row::flag(
        &["stdin"],
        "take keys from the terminal",
        Effect::Global(|g, u| {
            g.stdin = u.on;
            Ok(())
        }),
    ),
    Row::flag(
        &["report"],
        "write a full log to a file",
        Effect::Global(|g, u| {
            g.report = u.on;
            Ok(())
        }),
    ),
    Row::flag(
        &["benchmark"],
        "tell time and memory used at the end",
        Effect::Global(|g, u| {
            g.benchmark = u.on;
            Ok(())
        }),
    ),
    Row::flag(
        &["xerror"],
        "stop at the first error",
        Effect::Global(|g, u| {
            g.exit_on_error = u.on;
            Ok(())
        }),
    ),
    Row::flag(
        &["copyts"],
        "keep the inputs' timestamps",
        Effect::Global(|g, u| {
            g.copy_timestamps = u.on;
            Ok(())
        }),
    ),
    Row::flag(
        &["start_at_zero"],
        "with -copyts, let the inputs begin at zero",
        Effect::Global(|g, u| {
            g.start_at_zero = u.on;
            Ok(())
        }),
    ),
    Row::value(
        &["filter_threads"],
        "count",
        "threads of each simple filtergraph",
        Effect::Global(|g, u| {
            g.filter_threads = Some(if u.is_literal { u.text() } else { threads(u.value)? });
            Ok(())
        }),
    ),
    Row::value(
        &["filter_complex_threads"],
        "count",
        "threads of each complex filtergraph",
        Effect::Global(|g, u| threads(u.value).map(|text| g.filter_complex_threads = Some(text))),
    ),
    Row::value(
        &["filter_complex", "lavfi"],
        "filtergraph",
        "a filtergraph with any number of inputs and outputs",
        Effect::Global(|g, u| complex_graph(g, u, false)),
    ),
    Row::value(
        &["filter_complex_script"],
        "file",
        "read a complex filtergraph from a file",
        Effect::Global(|g, u| complex_graph(g, u, true)),
    ),
    Row::value(
        &["vsync"],
        "mode",
        "older spelling of -fps_mode, for all outputs",
        Effect::Global(|g, u| {
            g.vsync = Some(vsync(u.value)?);
            Ok(())
        }),
    ),
    Row::value(
        &["dts_delta_threshold"],
        "seconds",
        "jump of timestamps that is taken for a discontinuity",
        Effect::Global(|g, u| {
            g.dts_delta_threshold_us = (number(u.value)? * MICROS_PER_SECOND as f64).round() as i64;
            Ok(())
        }),
    ),
    Row::value(
        &["dts_error_threshold"],
        "seconds",
        "jump of timestamps that is taken for an error",
        Effect::Global(|g, u| {
            g.dts_error_threshold_s = number(u.value)?.round() as i64;
            Ok(())
        }),
    ),
    Row::flag(
        &["auto_conversion_filters"],
        "insert format conversions into filtergraphs where needed",
        Effect::Global(|g, u| {
            g.auto_conversion_filters = u.on;
            Ok(())
        }),
    ),
    Row::value(
        &["flv_guard"],
        "on|off",
        "transcode what FLV players cannot take (weir)",
        Effect::Global(|g, u| {
            g.flv_guard = switch(u.value)?;
            Ok(())
        }),
    ),
    Row::value(
        &["strict_exit"],
        "on|off",
        "exit status 69 when an input was damaged (weir)",
        Effect::Global(|g, u| {
            g.strict_exit = Some(switch(u.value)?);
            Ok(())
        }),
    ),
    Row::value(
        &["weir_extras"],
        "on|off",
        "show what ffmpeg does not: time to go, repairs, what limited the run (weir)",
        Effect::Global(|g, u| {
            g.extras = switch(u.value)?;
            Ok(())
        }),
    ),
    Row::flag(&["-explain"], "print the plan and stop; --explain=json for programs (weir)", Effect::Global(explain))
        .with_arity(Arity::FlagOrEquals),
    show(&["h", "?", "help", "-help"], "show help on a topic", |topic| Request::Help {
        topic: topic.map(str::to_owned),
    }),
    show(&["version", "-version"], "show the version", |_| Request::Version),
    show(&["buildconf"], "show how FFmpeg's libraries were built", |_| Request::Buildconf),
    show(&["L", "license"], "show the licence", |_| Request::License),
    listing!("formats", "list formats"),
    listing!("muxers", "list muxers"),
    listing!("demuxers", "list demuxers"),
    listing!("devices", "list devices"),
    listing!("codecs", "list codecs"),
    listing!("decoders", "list decoders"),
    listing!("encoders", "list encoders"),
    listing!("bsfs", "list bitstream filters"),
    listing!("protocols", "list protocols"),
    listing!("filters", "list filters"),
    listing!("pix_fmts", "list pixel formats"),
    listing!("layouts", "list channel layouts"),
    listing!("sample_fmts", "list sample formats"),
    listing!("dispositions", "list dispositions"),
    listing!("colors", "list colour names"),
    listing!("sources", "list what input devices offer"),
    listing!("sinks", "list what output devices offer"),
    listing!("hwaccels", "list hardware acceleration methods"),
];

fn explain(global: &mut GlobalSpec, used: &super::Use<'_>) -> Result<(), BadValue> {
    global.explain = Some(match used.value {
        "" | "text" => ExplainFormat::Text,
        "json" => ExplainFormat::Json,
        _ => return Err(BadValue::new("json or text", "json")),
    });
    Ok(())
}

fn complex_graph(global: &mut GlobalSpec, used: &super::Use<'_>, is_script: bool) -> Result<(), BadValue> {
    if used.value.is_empty() && !used.is_literal {
        return Err(BadValue::new("a filtergraph such as [0:v][1:v]overlay", "[0:v][1:v]overlay"));
    }
    global.complex_graphs.push(ComplexGraph { text: used.text(), is_script, origin: used.origin.clone() });
    Ok(())
}

fn threads(text: &str) -> Result<String, BadValue> {
    if text == "auto" {
        return Ok(text.to_owned());
    }
    integer_within(text, 0, i32::MAX.into()).map(|count| count.to_string())
}
