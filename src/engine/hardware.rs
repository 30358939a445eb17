//! Opens the hardware devices that a job names.

use super::prepare::PrepareError;
use crate::av::{HardwareDevices, HardwareError, hardware_kinds};
use crate::diagnostic::Diagnostic;
use crate::spec::{HardwareAction, InputSpec, SeldomGlobal};

/// Carries out what is asked of devices, in order.
pub(super) fn open(seldom: &SeldomGlobal) -> Result<HardwareDevices, PrepareError> {
    let mut devices = HardwareDevices::default();
    for request in &seldom.hardware {
        let done = match &request.what {
            HardwareAction::Open(description) => devices.open(description),
            HardwareAction::ForFilters(name) => devices.choose_for_filters(name),
        };
        done.map_err(|error| {
            let option = request.origin.token.trim_start_matches('-');
            let words = format!(
                "{}\nFailed to set value '{}' for option '{option}': {cause}\nError parsing global options: {cause}",
                error.sentence,
                request.typed,
                cause = error.cause
            );
            let message = format!("{} {}: {} {}.", request.origin.token, request.typed, error.sentence, error.cause);
            let diagnostic = Diagnostic::error("hardware-device", message)
                .remedy("-init_hw_device list shows the types of devices that this FFmpeg knows.");
            PrepareError::Refused(vec![diagnostic.ffmpeg_says(words).at(&request.origin)])
        })?;
    }
    Ok(devices)
}

/// Looks at `-hwaccel` and its like of an input, before that is shown.
pub(super) fn check(spec: &InputSpec) -> Result<(), PrepareError> {
    let kinds = hardware_kinds();
    let unknown = |method: &str| !matches!(method, "none" | "auto") && !kinds.iter().any(|kind| kind == method);
    let Some(wanted) = spec.hwaccel.0.iter().find(|wanted| unknown(&wanted.value)) else { return Ok(()) };
    let list = kinds.iter().map(|kind| format!("{kind} ")).collect::<String>();
    let words = format!("Unrecognized hwaccel: {}.\nSupported hwaccels: {list}", wanted.value);
    let message = format!("Unrecognized hwaccel: {}. Supported are: {}", wanted.value, kinds.join(", "));
    let remedy = "Leave it out, or write -hwaccel none.";
    let diagnostic = Diagnostic::error("hwaccel", message).remedy(remedy).ffmpeg_says(words);
    Err(PrepareError::Refused(vec![diagnostic.at(&wanted.origin)]))
}

/// Makes sure that the device is there which a decoder was promised. The decoder works in software all the same, and a
/// warning says so.
pub(super) fn ensure(
    devices: &mut HardwareDevices,
    (method, device): (&str, Option<&str>),
    (codec, input, stream): (&str, usize, usize),
) -> Result<(), PrepareError> {
    let ensured = devices.ensure_for_decoder(method, device);
    if ensured.is_ok() {
        log::warn!(
            "-hwaccel {method}: decoding by hardware is not there yet; input stream #{input}:{stream} ({codec}) is decoded \
             in software."
        );
    }
    ensured.map_err(|HardwareError { sentence, cause }| {
        PrepareError::Failed(format!(
            "{sentence}\nNo device available for decoder: device type {method} needed for codec {codec}.\n\
             Device setup failed for decoder on input stream #{input}:{stream} : {cause}"
        ))
    })
}
