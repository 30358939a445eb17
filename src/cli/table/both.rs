//! Options that an input and an output both take.

use super::{Effect, Row, Use};
use crate::catalog::{Catalog, Named};
use crate::cli::value::{BadValue, duration_us, frame_rate, integer_within, size};
use crate::spec::Assigned;

/// The same field of an input and an output, set to the same expression.
macro_rules! both {
    (|$spec:ident, $used:ident| $body:expr) => {
        Effect::Both(
            |$spec, $used| {
                $body;
                Ok(())
            },
            |$spec, $used| {
                $body;
                Ok(())
            },
        )
    };
}

macro_rules! assign {
    ($field:ident, |$used:ident| $value:expr) => {
        both!(|spec, $used| {
            let value = $value;
            spec.$field.push($used.specifier.clone(), value, $used.origin.clone())
        })
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::value(
        &["f"],
        "format",
        "force the format",
        both!(|spec, u| spec.format = Some(Assigned {
            specifier: u.specifier.clone(),
            value: named(u, "a format's name such as mp4 or flv", "mp4")?,
            origin: u.origin.clone(),
        })),
    ),
    Row::per_stream(
        &["c", "codec"],
        "codec",
        "codec by name, or copy",
        assign!(codec, |u| named(u, "a codec's name such as libx264, or copy", "copy")?),
    )
    .also_for_decoder(|spec, u| {
        spec.codec = Some(Assigned {
            specifier: u.specifier.clone(),
            value: named(u, "a decoder's name such as h264", "h264")?,
            origin: u.origin.clone(),
        });
        Ok(())
    }),
    Row::value(&["vcodec"], "codec", "same as -c:v", Effect::Alias("c", "v")),
    Row::value(&["acodec"], "codec", "same as -c:a", Effect::Alias("c", "a")),
    Row::value(&["scodec"], "codec", "same as -c:s", Effect::Alias("c", "s")),
    Row::value(&["dcodec"], "codec", "same as -c:d", Effect::Alias("c", "d")),
    Row::value(&["ss"], "time", "begin at this time", both!(|spec, u| spec.start_us = Some(duration_us(u.value)?))),
    Row::value(
        &["t"],
        "time",
        "stop after this duration",
        both!(|spec, u| {
            let duration = duration_us(u.value)?;
            let bad = || BadValue::new("a duration from 0 up", u.value.trim_start_matches('-'));
            spec.duration_us = Some(Some(duration).filter(|us| *us >= 0).ok_or_else(bad)?);
        }),
    ),
    Row::value(&["to"], "time", "stop at this time", both!(|spec, u| spec.stop_us = Some(duration_us(u.value)?))),
    Row::flag(&["vn"], "no video", both!(|spec, u| spec.no_video = u.on)),
    Row::flag(&["an"], "no audio", both!(|spec, u| spec.no_audio = u.on)),
    Row::flag(&["sn"], "no subtitles", both!(|spec, u| spec.no_subtitle = u.on)),
    Row::flag(&["dn"], "no data streams", both!(|spec, u| spec.no_data = u.on)),
    Row::flag(&["bitexact"], "write nothing that differs from run to run", both!(|spec, u| spec.bitexact = u.on)),
    Row::value(
        &["thread_queue_size"],
        "packets",
        "packets that may wait between two stages",
        // Zero and -1 leave it to ffmpeg.
        both!(|spec, u| {
            let packets = integer_within(u.value, -1, i32::MAX.into())?;
            spec.thread_queue_size = usize::try_from(packets).ok().filter(|packets| *packets > 0);
        }),
    ),
    Row::per_stream(
        &["r"],
        "rate",
        "frame rate",
        Effect::Both(
            |spec, u| {
                let words = format!("Error parsing framerate {}.", u.value);
                let rate = frame_rate(u.value, u.catalog).map_err(|bad| bad.in_words(&words))?;
                spec.frame_rate.push(u.specifier.clone(), rate, u.origin.clone());
                Ok(())
            },
            |spec, u| {
                spec.frame_rate.push(u.specifier.clone(), frame_rate(u.value, u.catalog)?, u.origin.clone());
                Ok(())
            },
        ),
    ),
    Row::per_stream(&["s"], "size", "picture size", assign!(size, |u| size(u.value, u.catalog)?)),
    Row::per_stream(
        &["pix_fmt"],
        "format",
        "pixel format",
        assign!(pixel_format, |u| pixel_format(u.value, u.catalog)?),
    ),
    Row::per_stream(
        &["ar"],
        "hz",
        "samples per second",
        assign!(sample_rate_hz, |u| integer_within(u.value, 0, i32::MAX.into()).map_err(|bad| bad.such_as("48000"))?
            as i32),
    ),
    Row::per_stream(
        &["ac"],
        "count",
        "number of channels",
        assign!(channels, |u| integer_within(u.value, 0, i32::MAX.into()).map_err(|bad| bad.such_as("2"))? as i32),
    ),
    Row::per_stream(
        &["channel_layout", "ch_layout"],
        "layout",
        "channel layout",
        assign!(channel_layout, |u| named(u, "a channel layout such as stereo or 5.1", "stereo")?),
    ),
    Row::per_stream(
        &["sample_fmt"],
        "format",
        "sample format",
        assign!(sample_format, |u| sample_format(u.value, u.catalog)?),
    ),
    Row::per_stream(
        &["tag"],
        "fourcc",
        "codec tag: four characters or a number",
        assign!(tag, |u| match u.value {
            "" => return Err(BadValue::new("four characters such as hvc1, or a number", "hvc1")),
            tag => tag.to_owned(),
        }),
    ),
    Row::value(&["vtag"], "fourcc", "same as -tag:v", Effect::Alias("tag", "v")),
    Row::value(&["atag"], "fourcc", "same as -tag:a", Effect::Alias("tag", "a")),
    Row::value(&["stag"], "fourcc", "same as -tag:s", Effect::Alias("tag", "s")),
];

/// A name; an option that somebody typed where a name should stand is none.
fn named(used: &Use<'_>, expected: &str, example: &str) -> Result<String, BadValue> {
    let is_option = used.value.starts_with('-') && !used.is_literal;
    if used.value.is_empty() || is_option { Err(BadValue::new(expected, example)) } else { Ok(used.text()) }
}

/// `+` alone, or before a name, asks for exactly the source's or that format.
fn pixel_format(text: &str, catalog: &dyn Catalog) -> Result<String, BadValue> {
    let name = text.strip_prefix('+').unwrap_or(text);
    if catalog.is_pixel_format(name) || text == "+" {
        Ok(text.to_owned())
    } else {
        Err(BadValue::new("a pixel format such as yuv420p (-pix_fmts lists them)", "yuv420p")
            .among(catalog.names(Named::PixelFormat)))
    }
}

fn sample_format(text: &str, catalog: &dyn Catalog) -> Result<String, BadValue> {
    if catalog.is_sample_format(text) {
        Ok(text.to_owned())
    } else {
        Err(BadValue::new("a sample format such as s16 or fltp (-sample_fmts lists them)", "s16")
            .among(catalog.names(Named::SampleFormat)))
    }
}
