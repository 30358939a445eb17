//! Options that only an output takes.

use super::{Arity, Effect, Row, Suffix, Use};
use crate::cli::keyframes::{bad_keyframes, keyframes};
use crate::cli::place;
use crate::cli::value::{BadValue, aspect, fps_mode, frame_rate, integer_within, number, time_base};
use crate::spec::{Assigned, FpsMode, KeyframesSpec, MetadataSpec, OutputSpec, StreamSpecifier};
use crate::unit::MICROS_PER_SECOND;

macro_rules! set {
    (|$spec:ident, $used:ident| $body:expr) => {
        Effect::Output(|$spec, $used| {
            $body;
            Ok(())
        })
    };
}

macro_rules! assign {
    ($field:ident, |$used:ident| $value:expr) => {
        Effect::Output(|spec, $used| {
            let value = $value;
            spec.$field.push($used.specifier.clone(), value, $used.origin.clone());
            Ok(())
        })
    };
}

const FOREVER: i64 = i64::MAX;

pub(super) const ROWS: &[Row] = &[
    Row::value(
        &["map"],
        "[-]input[:specifier][?]",
        "take these streams",
        set!(|spec, u| spec.maps.push(place::map(u.value, u.origin)?)),
    ),
    Row::value(
        &["fs"],
        "bytes",
        "end when the file has this size",
        // ffmpeg takes a negative number for one that is never reached.
        set!(|spec, u| {
            let bytes = integer_within(u.value, i64::MIN, FOREVER);
            let bytes = bytes.map_err(|_| BadValue::new("a number of bytes such as 10M", "10M"))?;
            spec.size_limit_bytes = Some(bytes).filter(|bytes| *bytes >= 0);
        }),
    ),
    Row::per_stream(
        &["frames"],
        "count",
        "end after this many frames",
        // To ffmpeg a limit below zero is one that is reached at once.
        assign!(max_frames, |u| integer_within(u.value, if u.is_literal { i64::MIN } else { 0 }, FOREVER)?),
    ),
    Row::value(&["vframes"], "count", "same as -frames:v", Effect::Alias("frames", "v")),
    Row::value(&["aframes"], "count", "same as -frames:a", Effect::Alias("frames", "a")),
    Row::value(&["dframes"], "count", "same as -frames:d", Effect::Alias("frames", "d")),
    Row::per_stream(
        &["fpsmax"],
        "rate",
        "highest frame rate",
        assign!(max_frame_rate, |u| frame_rate(u.value, u.catalog)?),
    ),
    Row::per_stream(
        &["fps_mode"],
        "mode",
        "how picture times become frames: auto, passthrough, cfr, vfr, drop",
        assign!(fps_mode, |u| match fps_mode(u.value) {
            Err(_) if u.is_literal => FpsMode::Unknown,
            mode => mode?,
        }),
    ),
    Row::per_stream(&["aspect"], "ratio", "display aspect ratio", assign!(aspect, |u| aspect(u.value)?)),
    Row::per_stream(&["filter"], "filtergraph", "filter the stream", assign!(filters, |u| u.text())),
    Row::per_stream(
        &["filter_script"],
        "file",
        "read the stream's filtergraph from a file",
        assign!(filter_scripts, |u| u.text()),
    ),
    Row::value(&["vf"], "filtergraph", "same as -filter:v", Effect::Alias("filter", "v")),
    Row::value(&["af"], "filtergraph", "same as -filter:a", Effect::Alias("filter", "a")),
    Row::per_stream(&["q"], "number", "fixed quality, on the codec's scale", assign!(quality, |u| number(u.value)?)),
    Row::per_stream(
        &["qscale"],
        "number",
        "fixed quality, on the codec's scale (older spelling of -q)",
        assign!(quality, |u| number(u.value)?),
    )
    .with_bare("v"),
    Row::value(&["aq"], "number", "same as -q:a", Effect::Alias("q", "a")),
    Row::per_stream(&["b"], "bits/s", "bit rate", set!(|spec, u| av_number(spec, u, "b")?)).with_bare("v"),
    Row::value(&["ab"], "bits/s", "same as -b:a", Effect::Alias("b", "a")),
    Row::value(&["vb"], "bits/s", "same as -b:v", Effect::Alias("b", "v")),
    Row::per_stream(
        &["profile"],
        "profile",
        "encoder profile",
        set!(|spec, u| spec.options.push(u.av_option("profile"))),
    )
    .with_bare("v"),
    Row::per_stream(&["bsf"], "filters", "bitstream filters", assign!(bitstream_filters, |u| u.text())),
    Row::value(&["vbsf"], "filters", "same as -bsf:v", Effect::Alias("bsf", "v")),
    Row::value(&["absf"], "filters", "same as -bsf:a", Effect::Alias("bsf", "a")),
    Row::value(
        &["metadata"],
        "key=value",
        "set metadata; an empty value removes it",
        set!(|spec, u| {
            let bad = || BadValue::new("key=value, such as title=Holiday", "title=Holiday");
            let (key, value) = u.value.split_once('=').ok_or_else(bad)?;
            spec.metadata.push(MetadataSpec {
                place: u.place.clone(),
                key: key.to_owned(),
                value: value.to_owned(),
                origin: u.origin.clone(),
            });
        }),
    )
    .with_suffix(Suffix::Place),
    Row::value(
        &["map_metadata"],
        "input[:place]",
        "take metadata from there; -1 takes none",
        set!(|spec, u| spec.map_metadata.push(place::map_metadata(u.value, u.place.clone(), u.origin)?)),
    )
    .with_suffix(Suffix::Place),
    Row::value(
        &["map_chapters"],
        "input",
        "take chapters from that input; -1 takes none",
        set!(|spec, u| spec.map_chapters =
            Some(integer_within(u.value, -1, i32::MAX.into()).map_err(|bad| bad.such_as("0"))? as i32)),
    ),
    Row::per_stream(
        &["disposition"],
        "flags",
        "stream disposition such as default",
        assign!(disposition, |u| u.text()),
    ),
    Row::per_stream(
        &["force_key_frames"],
        "times",
        "times or expression at which key frames are made",
        assign!(force_key_frames, |u| match keyframes(u.value) {
            KeyframesSpec::Unknown(_) if !u.is_literal => return Err(bad_keyframes()),
            wanted => wanted,
        }),
    ),
    Row::per_stream(
        &["enc_time_base"],
        "ratio",
        "time base of the encoder",
        assign!(encoder_time_base, |u| time_base(u.value)?),
    ),
    Row::flag(
        &["copyinkf"],
        "copy what comes before the first key frame",
        assign!(copy_initial_non_keyframes, |u| u.on),
    )
    .with_suffix(Suffix::Stream),
    Row::per_stream(
        &["copypriorss"],
        "0|1",
        "copy what comes before the start time",
        Effect::Output(|spec, u| {
            match integer_within(u.value, -1, 1)? {
                -1 => {} // ffmpeg's own default
                on => spec.copy_prior_start.push(u.specifier.clone(), on == 1, u.origin.clone()),
            }
            Ok(())
        }),
    ),
    Row::flag(&["autoscale"], "scale back to the first size when pictures change theirs", assign!(autoscale, |u| u.on))
        .with_suffix(Suffix::Stream)
        .with_arity(Arity::FlagOrDigit),
    Row::flag(&["shortest"], "end with the shortest stream", set!(|spec, u| spec.shortest = u.on)),
    Row::value(
        &["shortest_buf_duration"],
        "seconds",
        "with -shortest, media that is held back at the most until it is known where to end",
        set!(|spec, u| {
            let bad = || BadValue::new("seconds of zero or more such as 2.5", "10");
            spec.shortest_buffer_us = Some(seconds_us(u.value).ok().filter(|us| *us >= 0).ok_or_else(bad)?);
        }),
    ),
    Row::per_stream(
        &["max_muxing_queue_size"],
        "packets",
        "packets that wait while streams start",
        assign!(max_muxing_queue_packets, |u| integer_within(u.value, 0, i32::MAX.into())
            .map_err(|bad| bad.such_as("1024"))? as usize),
    ),
    Row::per_stream(
        &["muxing_queue_data_threshold"],
        "bytes",
        "bytes from which -max_muxing_queue_size counts",
        assign!(muxing_queue_data_threshold_bytes, |u| integer_within(u.value, 0, i32::MAX.into())
            .map_err(|bad| bad.such_as("50M"))? as usize),
    ),
    Row::value(
        &["muxdelay"],
        "seconds",
        "longest delay between multiplexing and decoding",
        set!(|spec, u| { spec.mux_max_delay_us = seconds_us(u.value)? }),
    ),
    Row::value(
        &["muxpreload"],
        "seconds",
        "delay at the start",
        set!(|spec, u| {
            let (specifier, value) = (StreamSpecifier::all(), seconds_us(u.value)?);
            spec.mux_preload_us = Some(Assigned { specifier, value, origin: u.origin.clone() });
        }),
    ),
];

fn seconds_us(text: &str) -> Result<i64, BadValue> {
    Ok((number(text)? * MICROS_PER_SECOND as f64).round() as i64)
}

/// An option of FFmpeg's tables whose value must be a number, or an expression or a name that FFmpeg reads itself.
fn av_number(spec: &mut OutputSpec, used: &Use<'_>, name: &str) -> Result<(), BadValue> {
    let for_ffmpeg = used.value.contains(['*', '/', '+', '(', '^']) || matches!(used.value, "default" | "min" | "max");
    if number(used.value).is_err() && !for_ffmpeg && !used.is_literal {
        return Err(BadValue::new("bits per second such as 800k or 2M", "2M"));
    }
    spec.options.push(used.av_option(name));
    Ok(())
}
