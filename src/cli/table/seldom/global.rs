//! Options of the whole run that few command lines have.

use super::ANY;
use crate::cli::table::{Effect, Row};
use crate::cli::value::{BadValue, integer_within, number};
use crate::spec::{GraphsFormat, SeldomGlobal};

macro_rules! global {
    (|$seldom:ident, $used:ident| $body:expr) => {
        Effect::Global(|global, $used| {
            let $seldom: &mut SeldomGlobal = &mut global.seldom;
            $body;
            Ok(())
        })
    };
}

pub(super) const ROWS: &[Row] = &[
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
        global!(|g, u| {
            g.audio_sync = integer_within(u.value, -ANY, ANY)? as i32;
            g.sound_changes.push(u.origin.clone());
        }),
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
        global!(|g, u| {
            g.volume = integer_within(u.value, 0, ANY)? as i32;
            g.sound_changes.push(u.origin.clone());
        }),
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
    Row::flag(
        &["vstats"],
        "write a line for each picture that is encoded, to a file named by the time",
        global!(|g, u| g.video_stats = Some(String::new()).filter(|_| u.on)),
    ),
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
];

fn graphs_format(name: &str) -> Result<GraphsFormat, BadValue> {
    GraphsFormat::named(name).ok_or_else(|| {
        let names = GraphsFormat::ALL.map(GraphsFormat::name).join(", ");
        BadValue::new(format!("one of {names}"), "json")
            .in_words(&format!("Unknown filter graph output format with name '{name}'"))
    })
}

fn abort_on(seldom: &mut SeldomGlobal, text: &str) -> Result<(), BadValue> {
    let mut rest = text;
    // As of all flags: a sign changes what is set, and the first name without one begins anew.
    if !rest.starts_with(['+', '-']) {
        (seldom.abort_on_empty_output, seldom.abort_on_empty_stream) = (false, false);
    }
    while !rest.is_empty() {
        let on = !rest.starts_with('-');
        rest = rest.trim_start_matches(['+', '-']);
        let (name, behind) = rest.split_at(rest.find(['+', '-']).unwrap_or(rest.len()));
        match name {
            "empty_output" => seldom.abort_on_empty_output = on,
            "empty_output_stream" => seldom.abort_on_empty_stream = on,
            "" => {}
            _ => {
                return Err(BadValue::new("empty_output or empty_output_stream", "empty_output")
                    .among(["empty_output", "empty_output_stream"]));
            }
        }
        rest = behind;
    }
    Ok(())
}
