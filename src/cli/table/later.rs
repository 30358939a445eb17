//! Options of ffmpeg's command that are known by name but not carried out yet, and those that only print.

use super::{Effect, Row};

const NOT_YET: &str = "not carried out yet";

const fn value(names: &'static [&'static str]) -> Row {
    Row::per_stream(names, "value", NOT_YET, Effect::Unsupported)
}

const fn ignored(names: &'static [&'static str]) -> Row {
    Row::flag(names, "prints more in ffmpeg; does nothing here", Effect::Ignored)
}

pub(super) const ROWS: &[Row] = &[
    value(&["init_hw_device", "filter_hw_device", "vaapi_device", "qsv_device"]),
    value(&["hwaccel_device", "hwaccel_output_format"]),
    ignored(&["benchmark_all"]),
    ignored(&["psnr"]),
    ignored(&["qphist"]),
];
