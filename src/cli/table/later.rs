//! Options of ffmpeg's command that are known by name but not carried out yet, and those that only print.

use super::{Effect, Row};

const NOT_YET: &str = "not carried out yet";

const fn value(names: &'static [&'static str]) -> Row {
    Row::per_stream(names, "value", NOT_YET, Effect::Unsupported)
}

const fn flag(names: &'static [&'static str]) -> Row {
    Row::flag(names, NOT_YET, Effect::Unsupported)
}

const fn ignored(names: &'static [&'static str]) -> Row {
    Row::flag(names, "prints more in ffmpeg; does nothing here", Effect::Ignored)
}

const fn ignored_value(names: &'static [&'static str]) -> Row {
    Row::value(names, "value", "tunes ffmpeg's own process; does nothing here", Effect::Ignored)
}

pub(super) const ROWS: &[Row] = &[
    value(&["attach"]),
    value(&["dump_attachment"]),
    value(&["target"]),
    value(&["map_channel"]),
    value(&["program"]),
    value(&["streamid"]),
    value(&["pass"]),
    value(&["passlogfile"]),
    value(&["pre", "vpre", "apre", "spre", "fpre"]),
    value(&["rc_override"]),
    value(&["intra_matrix", "inter_matrix", "chroma_intra_matrix"]),
    value(&["top"]),
    value(&["timecode"]),
    value(&["bits_per_raw_sample"]),
    value(&["apad"]),
    value(&["time_base"]),
    value(&["sdp_file"]),
    value(&["isync"]),
    value(&["canvas_size"]),
    value(&["init_hw_device", "filter_hw_device", "vaapi_device", "qsv_device"]),
    value(&["hwaccel_device", "hwaccel_output_format"]),
    value(&["abort_on"]),
    value(&["max_error_rate"]),
    value(&["timelimit"]),
    value(&["copytb"]),
    value(&["async"]),
    value(&["adrift_threshold", "frame_drop_threshold"]),
    value(&["vol"]),
    value(&["itsscale"]),
    value(&["timestamp"]),
    value(&["discard"]),
    flag(&["recast_media"]),
    flag(&["force_fps"]),
    flag(&["fix_sub_duration"]),
    flag(&["ignore_unknown"]),
    flag(&["copy_unknown"]),
    ignored(&["benchmark_all"]),
    ignored(&["debug_ts"]),
    ignored(&["dump"]),
    ignored(&["hex"]),
    ignored(&["psnr"]),
    ignored(&["qphist"]),
    ignored(&["vstats"]),
    ignored_value(&["vstats_file"]),
    ignored_value(&["vstats_version"]),
    ignored_value(&["cpuflags"]),
    ignored_value(&["cpucount"]),
    ignored_value(&["max_alloc"]),
];
