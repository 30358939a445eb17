//! Options that few command lines have.

use super::{Effect, Row, Suffix, Use};
use crate::cli::value::{BadValue, integer_within, number, ratio, time_base};
use crate::spec::{
    Assigned, ChannelMap, DISCARD_ALL, GraphsFormat, InputSpec, MetadataPlace, MetadataSpec, OutputSpec, SeldomGlobal,
};
use crate::unit::Rational;

macro_rules! global {
    (|$seldom:ident, $used:ident| $body:expr) => {
        Effect::Global(|global, $used| {
            let $seldom: &mut SeldomGlobal = &mut global.seldom;
            $body;
            Ok(())
        })
    };
}

macro_rules! input {
    ($field:ident, |$used:ident| $value:expr) => {
        Effect::Input(|spec, $used| {
            let value = $value;
            spec.seldom.$field.push($used.specifier.clone(), value, $used.origin.clone());
            Ok(())
        })
    };
}

macro_rules! output {
    ($field:ident, |$used:ident| $value:expr) => {
        Effect::Output(|spec, $used| {
            let value = $value;
            spec.seldom.$field.push($used.specifier.clone(), value, $used.origin.clone());
            Ok(())
        })
    };
}

const ANY: i64 = i32::MAX as i64;

pub(super) const ROWS: &[Row] = &[
    // The whole run.
    Row::value(
        &["copytb"],
        "mode",
        "time base of copies: 1 the demuxer's, 0 the decoder's, -1 as the format likes",
        global!(|g, u| g.copy_time_base = integer_within(u.value, -1, 1)? as i32),
    ),
    Row::value(
        &["frame_drop_threshold"],
        "frames",
        "how late a picture may be before it is dropped",
        global!(|g, u| g.drop_threshold_tenths = (number(u.value)? * 10.0).round() as i64),
    ),
    Row::value(
        &["async"],
        "samples/s",
        "stretch sound to its timestamps (older spelling of the filter aresample=async)",
        global!(|g, u| g.audio_sync = integer_within(u.value, -ANY, ANY)? as i32),
    ),
    Row::value(
        &["adrift_threshold"],
        "seconds",
        "drift from which -async compensates hard",
        global!(|g, u| {
            number(u.value)?;
            g.audio_drift_threshold = Some(u.text());
        }),
    ),
    Row::value(
        &["vol"],
        "volume",
        "volume, 256 is unchanged (older spelling of the filter volume)",
        global!(|g, u| g.volume = integer_within(u.value, 0, ANY)? as i32),
    ),
    Row::flag(&["ignore_unknown"], "leave out mapped streams of unknown type", global!(|g, u| g.ignore_unknown = u.on)),
    Row::flag(&["copy_unknown"], "copy streams of unknown type", global!(|g, u| g.copy_unknown = u.on)),
    Row::flag(&["recast_media"], "a decoder may make another kind of stream", global!(|g, u| g.recast_media = u.on)),
    Row::value(
        &["abort_on"],
        "flags",
        "fail on empty_output or empty_output_stream",
        Effect::Global(|global, u| abort_on(&mut global.seldom, u.value)),
    ),
    Row::value(
        &["max_error_rate"],
        "share",
        "share of frames that may be undecodable before the job counts as failed",
        global!(|g, u| {
            let share = number(u.value).ok().filter(|share| (0.0..=1.0).contains(share));
            g.max_error_rate = share.ok_or_else(|| BadValue::new("a share from 0 to 1", "0.5"))?;
        }),
    ),
    Row::value(
        &["timelimit"],
        "seconds",
        "end after this much processor time",
        global!(|g, u| g.cpu_limit_s = Some(integer_within(u.value, 0, ANY)?.unsigned_abs())),
    ),
    Row::value(
        &["cpuflags"],
        "flags",
        "processor features that FFmpeg may use",
        global!(|g, u| g.cpu_flags = Some(u.text())),
    ),
    Row::value(
        &["cpucount"],
        "count",
        "processors that FFmpeg counts with",
        global!(|g, u| g.cpu_count = Some(integer_within(u.value, -1, ANY)? as i32)),
    ),
    Row::value(
        &["max_alloc"],
        "bytes",
        "largest single allocation of FFmpeg's libraries",
        global!(|g, u| g.max_alloc_bytes = usize::try_from(integer_within(u.value, 0, i64::MAX)?).ok()),
    ),
    Row::value(
        &["sdp_file"],
        "file",
        "write the session description of rtp outputs to a file",
        global!(|g, u| g.sdp_file = Some(u.text())),
    ),
    Row::flag(&["dump"], "tell of each packet that is read, at level debug", global!(|g, u| g.dump_packets = u.on)),
    Row::flag(&["hex"], "with -dump, show the packets' bytes too", global!(|g, u| g.dump_bytes = u.on)),
    Row::flag(&["debug_ts"], "tell of each timestamp on its way", global!(|g, u| g.debug_timestamps = u.on)),
    Row::value(
        &["vstats_file"],
        "file",
        "write a line for each picture that is encoded",
        global!(|g, u| g.video_stats = Some(u.text())),
    ),
    Row::value(
        &["vstats_version"],
        "version",
        "form of those lines",
        global!(|g, u| g.video_stats_version = integer_within(u.value, 0, ANY)? as i32),
    ),
    Row::flag(
        &["benchmark_all"],
        "tell what each call of a decoder or encoder costs",
        global!(|g, u| g.benchmark_all = u.on),
    ),
    Row::value(
        &["filter_buffered_frames"],
        "frames",
        "fail when more frames wait in a filtergraph; 0 for any number",
        global!(|g, u| g.filter_buffered_frames = integer_within(u.value, 0, ANY)? as u32),
    ),
    Row::flag(
        &["psnr"],
        "tell how far the pictures are from what was encoded, where the encoder knows",
        global!(|g, u| g.psnr = u.on),
    ),
    Row::flag(
        &["qphist"],
        "show in the status line how often each quantiser came",
        global!(|g, u| g.qp_histogram = u.on),
    ),
    Row::flag(
        &["print_graphs"],
        "tell of all filtergraphs at the end, and of what is before and behind them",
        global!(|g, u| g.graphs.on_stderr = u.on),
    ),
    Row::value(
        &["print_graphs_file"],
        "file",
        "the same into a file; - is stdout",
        global!(|g, u| g.graphs.file = Some(u.text())),
    ),
    Row::value(
        &["print_graphs_format"],
        "format",
        "in this format: json unless given, default, compact, csv, flat, ini, xml, mermaid or mermaidhtml",
        global!(|g, u| g.graphs.format = graphs_format(u.value)?),
    ),
    // Inputs.
    Row::per_stream(
        &["itsscale"],
        "factor",
        "multiply the input's timestamps",
        input!(timestamp_scale, |u| {
            let factor = ratio(u.value, 1_000_000).filter(|r| r.den > 0);
            factor.ok_or_else(|| BadValue::new("a factor such as 0.5 or 2", "2"))?
        }),
    ),
    Row::value(
        &["isync"],
        "input",
        "align the start with that input's",
        Effect::Input(|spec: &mut InputSpec, u| {
            spec.seldom.sync_to = usize::try_from(integer_within(u.value, -1, ANY)?).ok();
            Ok(())
        }),
    ),
    Row::per_stream(
        &["discard"],
        "what",
        "let the demuxer leave out: none, default, noref, bidir, nointra, nokey or all",
        input!(discard, |u| discard(u.value)?),
    ),
    Row::per_stream(
        &["dump_attachment"],
        "file",
        "write an attachment to a file; empty for its own name",
        input!(dump_attachment, |u| u.text()),
    ),
    Row::flag(&["fix_sub_duration"], "a subtitle ends where the next begins", input!(fix_subtitle_duration, |u| u.on))
        .with_suffix(Suffix::Stream),
    Row::per_stream(
        &["drop_changed"],
        "0|1",
        "leave out frames of another format than the first, instead of rebuilding the filtergraph",
        input!(drop_changed, |u| integer_within(u.value, -ANY, ANY)? != 0),
    ),
    Row::per_stream(
        &["canvas_size"],
        "size",
        "size of the canvas of subtitles",
        input!(canvas_size, |u| crate::cli::value::size(u.value)?),
    ),
    Row::per_stream(
        &["top"],
        "-1|0|1",
        "top field first (1), bottom first (0), as told (-1)",
        Effect::Both(
            |spec, u| {
                let top = integer_within(u.value, -1, 1)? as i32;
                spec.seldom.top_field_first.push(u.specifier.clone(), top, u.origin.clone());
                Ok(())
            },
            |spec, u| {
                let top = integer_within(u.value, -1, 1)? as i32;
                spec.seldom.top_field_first.push(u.specifier.clone(), top, u.origin.clone());
                Ok(())
            },
        ),
    ),
    // Outputs.
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
    Row::flag(
        &["vstats"],
        "write a line for each picture that is encoded, to a file named by the time",
        global!(|g, u| g.video_stats = Some(String::new()).filter(|_| u.on)),
    ),
];

fn assigned(used: &Use<'_>) -> Assigned<String> {
    Assigned { specifier: used.specifier.clone(), value: used.text(), origin: used.origin.clone() }
}

fn preset_file(spec: &mut OutputSpec, used: &Use<'_>, kind: char) -> Result<(), BadValue> {
    spec.seldom.preset_files.push((kind, assigned(used)));
    Ok(())
}

fn graphs_format(name: &str) -> Result<GraphsFormat, BadValue> {
    GraphsFormat::named(name).ok_or_else(|| {
        let names = GraphsFormat::ALL.map(GraphsFormat::name).join(", ");
        BadValue::new(format!("one of {names}"), "json")
            .in_words(&format!("Unknown filter graph output format with name '{name}'"))
    })
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

fn abort_on(seldom: &mut SeldomGlobal, text: &str) -> Result<(), BadValue> {
    for part in text.split_inclusive(['+', '-']) {
        match part.trim_end_matches(['+', '-']) {
            "empty_output" => seldom.abort_on_empty_output = true,
            "empty_output_stream" => seldom.abort_on_empty_stream = true,
            "" => {}
            _ => {
                return Err(BadValue::new("empty_output or empty_output_stream", "empty_output")
                    .among(["empty_output", "empty_output_stream"]));
            }
        }
    }
    Ok(())
}

/// FFmpeg's number (`AVDiscard`) of what is left out.
fn discard(text: &str) -> Result<i32, BadValue> {
    Ok(match text {
        "none" => -16,
        "default" => 0,
        "noref" => 8,
        "bidir" => 16,
        "nointra" => 24,
        "nokey" => 32,
        "all" => DISCARD_ALL,
        _ => {
            return Err(BadValue::new("none, default, noref, bidir, nointra, nokey or all", "nokey")
                .among(["none", "default", "noref", "bidir", "nointra", "nokey", "all"]));
        }
    })
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
