//! Opens the hardware devices that a job names or its decoders need.

use super::prepare::{OpenInputs, PrepareError};
use super::{AS_FFMPEG, AS_WEIR};
use crate::av::{DecoderHardware, HardwareDevices, HardwareError, LinkedCatalog, hardware_kinds};
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::facts::{InputFacts, MediaKind};
use crate::plan::{HardwareDecode, HardwareMethod, Plan, hardware_decode};
use crate::spec::{Assigned, HardwareAction, InputSpec, SeldomGlobal};
use std::collections::BTreeMap;

/// By input and stream, what decoders of pictures get.
pub(super) type DecodersHardware = BTreeMap<(usize, usize), DecoderHardware>;

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
pub(super) fn check(spec: &InputSpec, facts: &InputFacts) -> Result<(), PrepareError> {
    let kinds = hardware_kinds();
    for stream in facts.streams.iter().filter(|stream| stream.kind == MediaKind::Video) {
        let wanted = hardware_decode(spec, facts, stream);
        let names_format = |named: &Assigned<String>| named.specifier.matches(facts, stream);
        let is_typed = spec.seldom.hwaccel_output_format.0.iter().any(names_format);
        // MediaCodec's is taken in silence.
        let implied = wanted.format.clone().filter(|format| !is_typed && format != "mediacodec");
        if let Some(format) = wanted.format.filter(|format| !LinkedCatalog.is_pixel_format(format)) {
            log::error!("Unrecognised hwaccel output format: {format}");
        }
        let HardwareMethod::Kind(kind) = wanted.method else { continue };
        if let Some(format) = implied {
            log::warn!(
                target: AS_FFMPEG,
                "WARNING: defaulting hwaccel_output_format to {format} for compatibility with old commandlines. This \
                 behaviour is DEPRECATED and will be removed in the future. Please explicitly set \
                 \"-hwaccel_output_format {format}\"."
            );
        }
        let typed = spec.hwaccel.last_matching(|specifier| specifier.matches(facts, stream));
        let (Some(typed), false) = (typed, kinds.contains(&kind)) else { continue };
        let list = kinds.iter().map(|kind| format!("{kind} ")).collect::<String>();
        let words = format!("Unrecognized hwaccel: {}.\nSupported hwaccels: {list}", typed.value);
        let message = format!("Unrecognized hwaccel: {}. Supported are: {}", typed.value, kinds.join(", "));
        let remedy = "Leave it out, or write -hwaccel none.";
        let diagnostic = Diagnostic::error("hwaccel", message).remedy(remedy).ffmpeg_says(words);
        return Err(PrepareError::Refused(vec![diagnostic.at(&typed.origin)]));
    }
    Ok(())
}

/// Finds the devices of all decoders of pictures, and opens those that are not there yet.
pub(super) fn for_decoders(plan: &Plan, inputs: &mut OpenInputs) -> Result<DecodersHardware, PrepareError> {
    let OpenInputs { facts, hardware: devices, .. } = inputs;
    let mut found = BTreeMap::new();
    for (index, (input, facts)) in plan.inputs.iter().zip(facts).enumerate() {
        for (stream, stream_plan) in input.streams.iter().enumerate() {
            let Some(decode) = &stream_plan.decode else { continue };
            if facts.streams[stream].kind == MediaKind::Video {
                let place = (index, stream);
                found.insert(place, for_decoder(devices, (&decode.decoder, place), &decode.hardware)?);
            }
        }
    }
    Ok(found)
}

fn for_decoder(
    devices: &mut HardwareDevices,
    (decoder, (input, index)): (&str, (usize, usize)),
    wanted: &HardwareDecode,
) -> Result<DecoderHardware, PrepareError> {
    let stream = format!("input stream #{input}:{index} ({decoder})");
    let opened_before = devices.count();
    let tried = |error: &HardwareError| log::error!(target: AS_FFMPEG, "{}", error.sentence);
    let given = devices.for_decoder(decoder, wanted, tried).map_err(|HardwareError { sentence, cause, opening }| {
        let option = match &wanted.method {
            HardwareMethod::Kind(kind) => format!("-hwaccel {kind}"),
            HardwareMethod::Auto | HardwareMethod::None => "-hwaccel_device".to_owned(),
        };
        let (message, remedy) = if opening {
            (
                format!("{option}: no device can be opened to decode {stream}: {cause}."),
                "Without -hwaccel it is decoded in software; so it is with -hwaccel auto where no device is found.",
            )
        } else {
            let device = wanted.device.as_deref().unwrap_or_default();
            (
                format!("{option}: the device {device} is not of the type that is to decode {stream}."),
                "Let -hwaccel name the device's type, or leave -hwaccel_device out.",
            )
        };
        let mut words = format!("{sentence}\n");
        if let (HardwareMethod::Kind(kind), true) = (&wanted.method, opening) {
            words += &format!("No device available for decoder: device type {kind} needed for codec {decoder}.\n");
        }
        words += &format!("Device setup failed for decoder on input stream #{input}:{index} : {cause}");
        let diagnostic = Diagnostic::error("hardware-device", message).remedy(remedy);
        PrepareError::Refused(vec![diagnostic.ffmpeg_says(words)])
    })?;
    match (&wanted.method, given.wanted()) {
        (HardwareMethod::Auto, Some((kind, device))) => {
            log::info!(target: AS_WEIR, "-hwaccel auto: {stream} is to be decoded by {kind}, device {device}.");
            let with = match &wanted.device {
                _ if devices.count() == opened_before => format!("existing device {device}"),
                Some(address) => format!("new device created from {address}"),
                None => "new default device".to_owned(),
            };
            log::info!(target: AS_FFMPEG, "Using auto hwaccel type {kind} with {with}.");
        }
        (HardwareMethod::Auto, None) => {
            log::debug!(target: AS_WEIR, "-hwaccel auto: {stream} is decoded in software, no device was found");
            if given.is_possible() {
                log::info!(target: AS_FFMPEG, "Auto hwaccel disabled: no device found.");
            }
        }
        _ => {}
    }
    Ok(given)
}
