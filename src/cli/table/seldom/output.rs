//! Options of outputs that few command lines have.

use super::ANY;
use crate::cli::table::{Effect, Row, Suffix, Use};
use crate::cli::value::{BadValue, integer_within, time_base};
use crate::spec::{Assigned, ChannelMap, MetadataPlace, MetadataSpec, OutputSpec};
use crate::unit::Rational;

macro_rules! output {
    ($field:ident, |$used:ident| $value:expr) => {
        Effect::Output(|spec, $used| {
            let value = $value;
            spec.seldom.$field.push($used.specifier.clone(), value, $used.origin.clone());
            Ok(())
        })
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::value(&["streamid"], "index:id", "a stream's id in the container", Effect::Output(stream_id)),
    Row::value(
        &["attach"],
        "file",
        "attach a file",
        Effect::Output(|spec, u| {
            spec.seldom.attachments.push(assigned(u));
            Ok(())
        }),
    ),
    Row::value(
        &["program"],
        "title=...:program_num=N:st=N...",
        "make a program of these streams",
        Effect::Output(|spec, u| {
            spec.seldom.programs.push(assigned(u));
            Ok(())
        }),
    ),
    Row::per_stream(
        &["stream_group"],
        "type=T:st=N...|map=I=G:st=N...",
        "make a group of these streams, or copy one of an input",
        Effect::Output(|spec, u| {
            spec.seldom.stream_groups.push(assigned(u));
            Ok(())
        }),
    ),
    Row::value(
        &["target"],
        "type",
        "all that a disc wants: vcd, svcd, dvd, dv or dv50, with pal-, ntsc- or film- before it",
        Effect::Output(|spec, u| {
            spec.seldom.target = Some(assigned(u));
            Ok(())
        }),
    ),
    Row::value(
        &["timecode"],
        "hh:mm:ss[:;.]ff",
        "timecode of the first picture",
        Effect::Output(|spec, u| {
            spec.metadata.push(MetadataSpec {
                place: MetadataPlace::Global,
                key: "timecode".to_owned(),
                value: u.text(),
                origin: u.origin.clone(),
            });
            spec.options.push(u.av_option("gop_timecode"));
            Ok(())
        }),
    ),
    Row::per_stream(
        &["pass"],
        "1|2|3",
        "pass of a two-pass encoding",
        output!(pass, |u| { integer_within(u.value, i32::MIN.into(), i32::MAX.into())? as i32 }),
    ),
    Row::per_stream(
        &["passlogfile"],
        "prefix",
        "file of the first pass, up to its number",
        output!(pass_log, |u| u.text()),
    ),
    Row::per_stream(&["pre"], "preset", "an encoder's preset file, by name", output!(presets, |u| u.text())),
    Row::value(
        &["vpre"],
        "preset",
        "a preset file for pictures, by name",
        Effect::Output(|s, u| preset_file(s, u, 'v')),
    ),
    Row::value(&["apre"], "preset", "a preset file for sound, by name", Effect::Output(|s, u| preset_file(s, u, 'a'))),
    Row::value(
        &["spre"],
        "preset",
        "a preset file for subtitles, by name",
        Effect::Output(|s, u| preset_file(s, u, 's')),
    ),
    Row::value(&["fpre"], "file", "a preset file, by its path", Effect::Output(|s, u| preset_file(s, u, 'f'))),
    Row::per_stream(
        &["rc_override"],
        "start,end,quality/...",
        "quality of stretches of frames",
        output!(rate_override, |u| u.text()),
    ),
    Row::per_stream(&["intra_matrix"], "64 numbers", "quantiser matrix", output!(intra_matrix, |u| matrix(u)?)),
    Row::per_stream(&["inter_matrix"], "64 numbers", "quantiser matrix", output!(inter_matrix, |u| matrix(u)?)),
    Row::per_stream(
        &["chroma_intra_matrix"],
        "64 numbers",
        "quantiser matrix",
        output!(chroma_intra_matrix, |u| matrix(u)?),
    ),
    Row::per_stream(
        &["bits_per_raw_sample"],
        "bits",
        "bits per raw sample that the encoder is told",
        output!(bits_per_raw_sample, |u| integer_within(u.value, 0, ANY)? as i32),
    ),
    Row::per_stream(
        &["apad"],
        "parameters",
        "with -shortest, pad sound with silence",
        output!(audio_pad, |u| u.text()),
    ),
    Row::per_stream(
        &["time_base"],
        "ratio",
        "time base that the muxer is asked for",
        output!(time_base, |u| {
            let base: Rational = time_base(u.value)?;
            Some(base).filter(|b| b.is_valid()).ok_or_else(|| BadValue::new("a ratio such as 1/90000", "1/90000"))?
        }),
    ),
    Row::flag(
        &["force_fps"],
        "keep the frame rate although the encoder does not list it",
        output!(force_frame_rate, |u| u.on),
    )
    .with_suffix(Suffix::Stream),
    Row::flag(
        &["fix_sub_duration_heartbeat"],
        "with -fix_sub_duration, give on what is shown of a subtitle at each keyframe of these pictures",
        output!(subtitle_heartbeat, |u| u.on),
    )
    .with_suffix(Suffix::Stream),
    Row::value(
        &["map_channel"],
        "file.stream.channel[:file.stream]",
        "take a channel (-1 for silence); the filter pan does it better",
        Effect::Output(channel_map),
    ),
    Row::value(
        &["timestamp"],
        "time",
        "when it was recorded (older spelling of -metadata creation_time)",
        Effect::Output(|spec, u| {
            spec.metadata.push(MetadataSpec {
                place: MetadataPlace::Global,
                key: "creation_time".to_owned(),
                value: u.catalog.date(u.value).ok_or_else(|| {
                    BadValue::new("now, or a date such as 2026-01-31 or 2026-01-31T12:00:00", "now")
                        .in_words(&format!("Invalid date specification for timestamp: {}", u.value))
                })?,
                origin: u.origin.clone(),
            });
            Ok(())
        }),
    ),
];

fn assigned(used: &Use<'_>) -> Assigned<String> {
    Assigned { specifier: used.specifier.clone(), value: used.text(), origin: used.origin.clone() }
}

fn preset_file(spec: &mut OutputSpec, used: &Use<'_>, kind: char) -> Result<(), BadValue> {
    spec.seldom.preset_files.push((kind, assigned(used)));
    Ok(())
}

fn stream_id(spec: &mut OutputSpec, used: &Use<'_>) -> Result<(), BadValue> {
    let bad = || {
        let words = format!("Invalid value '{}' for option 'streamid', required syntax is 'index:value'", used.value);
        BadValue::new("a stream's number and its id, such as 0:33", "0:33").in_words(&words)
    };
    let (index, id) = used.value.split_once(':').ok_or_else(bad)?;
    let index = usize::try_from(integer_within(index, 0, 1023)?).map_err(|_| bad())?;
    spec.seldom.stream_ids.push((index, integer_within(id, 0, ANY)? as i32));
    Ok(())
}

fn matrix(used: &Use<'_>) -> Result<String, BadValue> {
    let numbers = used.value.split(',').map(|n| n.trim().parse::<u16>());
    let count = numbers.clone().filter(Result::is_ok).count();
    if count == 64 && numbers.count() == 64 {
        Ok(used.text())
    } else {
        Err(BadValue::new("64 numbers with commas between them", "16,16,..."))
    }
}

fn channel_map(spec: &mut OutputSpec, used: &Use<'_>) -> Result<(), BadValue> {
    let bad =
        || BadValue::new("file.stream.channel or -1, then :file.stream if wanted, such as 0.1.0 or 0.1.0:0.0", "0.0.0");
    let numbers = |text: &str| -> Option<Vec<usize>> { text.split('.').map(|n| n.parse().ok()).collect() };
    let (text, optional) = match used.value.strip_suffix('?') {
        Some(text) => (text, true),
        None => (used.value, false),
    };
    let (from, to) = text.split_once(':').map_or((text, None), |(from, to)| (from, Some(to)));
    let (from, more) = from.strip_suffix('?').map_or((from, optional), |from| (from, true));
    let from = match from {
        "-1" => None,
        _ => match numbers(from).ok_or_else(bad)?[..] {
            [file, stream, channel] => Some((file, stream, channel)),
            _ => return Err(bad()),
        },
    };
    let to = match to.map(numbers) {
        None => None,
        Some(Some(to)) if to.len() == 2 => Some((to[0], to[1])),
        Some(_) => return Err(bad()),
    };
    spec.seldom.channel_maps.push(ChannelMap { from, to, optional: more, origin: used.origin.clone() });
    Ok(())
}
