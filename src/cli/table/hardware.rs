//! Options of hardware devices and of decoding by them.

use super::{Effect, Row, Use};
use crate::cli::value::BadValue;
use crate::spec::{GlobalSpec, HardwareAction, HardwareRequest};

macro_rules! request {
    (|$used:ident| $what:expr) => {
        Effect::Global(|global, $used| request(global, $used, $what))
    };
}

macro_rules! input {
    ($field:ident) => {
        Effect::Input(|spec, used| {
            spec.seldom.$field.push(used.specifier.clone(), used.text(), used.origin.clone());
            Ok(())
        })
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::value(
        &["init_hw_device"],
        "type[=name][:device][,key=value...]",
        "open a hardware device; list shows the types",
        request!(|u| HardwareAction::Open(u.text())),
    ),
    Row::value(
        &["filter_hw_device"],
        "name",
        "the hardware device that filters use",
        request!(|u| HardwareAction::ForFilters(u.text())),
    ),
    Row::value(
        &["vaapi_device"],
        "device",
        "open a VAAPI device (DRM node or X11 display)",
        request!(|u| HardwareAction::Open(format!("vaapi:{}", u.value))),
    ),
    Row::value(
        &["qsv_device"],
        "device",
        "open a QSV device",
        request!(|u| HardwareAction::Open(format!("qsv=__qsv_device:hw_any,child_device={}", u.value))),
    ),
    Row::per_stream(
        &["hwaccel_device"],
        "device",
        "the hardware device that decodes, by name or address",
        input!(hwaccel_device),
    ),
    Row::per_stream(
        &["hwaccel_output_format"],
        "format",
        "the format of pictures that hardware decodes",
        input!(hwaccel_output_format),
    ),
];

fn request(global: &mut GlobalSpec, used: &Use<'_>, what: HardwareAction) -> Result<(), BadValue> {
    global.seldom.hardware.push(HardwareRequest { what, typed: used.text(), origin: used.origin.clone() });
    Ok(())
}
