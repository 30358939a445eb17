//! Hardware devices: opened by ffmpeg's descriptions, and lent to filters.

use super::{c_string, dictionary::Dictionary, error::AvError, text_of};
use ffmpeg_sys_next as ffi;
use std::ffi::CString;
use std::ptr;
use std::sync::Arc;

/// A reference to an open device; the last one closes it.
#[derive(Debug)]
struct Reference(*mut ffi::AVBufferRef);

// SAFETY: the buffer is reference-counted atomically; device contexts are made for use by several threads.
unsafe impl Send for Reference {}
// SAFETY: as above; the pointer itself is never changed.
unsafe impl Sync for Reference {}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::av_buffer_unref(&mut self.0) };
    }
}

/// An open device.
#[derive(Clone, Debug)]
pub struct HardwareDevice {
    name: String,
    kind: ffi::AVHWDeviceType,
    reference: Arc<Reference>,
}

impl PartialEq for HardwareDevice {
    fn eq(&self, other: &Self) -> bool {
        self.reference.0 == other.reference.0
    }
}

impl HardwareDevice {
    /// Another reference for a field of FFmpeg's; null when memory is short.
    pub(crate) fn share(&self) -> *mut ffi::AVBufferRef {
        // SAFETY: the reference is valid while `self` lives.
        unsafe { ffi::av_buffer_ref(self.reference.0) }
    }
}

/// Why a device cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardwareError {
    /// ffmpeg's sentence.
    pub sentence: String,
    /// FFmpeg's reason.
    pub cause: AvError,
}

/// The devices of a run, by the names that the user gave them.
#[derive(Clone, Debug, Default)]
pub struct HardwareDevices {
    all: Vec<HardwareDevice>,
    for_filters: Option<HardwareDevice>,
}

/// The kinds of devices that the libraries were built with, by name.
pub fn hardware_kinds() -> Vec<String> {
    super::listing::names::hardware_accelerators()
}

impl HardwareDevices {
    /// Opens the device that `text` describes: `type[=name][:device][,key=value...]` or `type[=name]@source`.
    pub fn open(&mut self, text: &str) -> Result<(), HardwareError> {
        let bad = |what: &str| HardwareError {
            sentence: format!("Invalid device specification \"{text}\": {what}"),
            cause: AvError::INVALID,
        };
        let (kind, rest) = text.split_at(text.find([':', '=', '@']).unwrap_or(text.len()));
        let kind = kind_of(kind).ok_or_else(|| bad("unknown device type"))?;
        let (name, rest) = match rest.strip_prefix('=') {
            Some(named) => {
                let (name, rest) = named.split_at(named.find([':', '@', ',']).unwrap_or(named.len()));
                if self.by_name(name).is_some() {
                    return Err(bad("named device already exists"));
                }
                (name.to_owned(), rest)
            }
            None => (self.free_name(kind), rest),
        };
        let mut rest_signs = rest.chars();
        let reference = match rest_signs.next() {
            None => create(kind, None, "")?,
            Some(':') => {
                let (device, options) = match rest_signs.as_str().split_once(',') {
                    Some((device, options)) => (device, options),
                    None => (rest_signs.as_str(), ""),
                };
                create(kind, Some(device).filter(|device| !device.is_empty()), options)?
            }
            Some('@') => {
                let source = self.by_name(rest_signs.as_str()).ok_or_else(|| bad("invalid source device name"))?;
                derive(kind, source)?
            }
            Some(',') => create(kind, None, rest_signs.as_str())?,
            Some(_) => return Err(bad("parse error")),
        };
        self.all.push(HardwareDevice { name, kind, reference: Arc::new(Reference(reference)) });
        Ok(())
    }

    /// Chooses the device that filters get; without it that is the last one opened.
    pub fn choose_for_filters(&mut self, name: &str) -> Result<(), HardwareError> {
        let found = self.by_name(name).cloned();
        self.for_filters = Some(found.ok_or_else(|| HardwareError {
            sentence: format!("Invalid filter device {name}."),
            cause: AvError::INVALID,
        })?);
        Ok(())
    }

    /// The device that filters get.
    pub fn for_filters(&self) -> Option<&HardwareDevice> {
        self.for_filters.as_ref().or(self.all.last())
    }

    /// Makes sure that there is a device for decoders by the method `kind`: the one of that name, or of that kind, or
    /// else one that is opened now.
    pub fn ensure_for_decoder(&mut self, kind: &str, device: Option<&str>) -> Result<(), HardwareError> {
        let Some(wanted) = kind_of(kind) else { return Ok(()) };
        match device {
            Some(name) if self.by_name(name).is_some_and(|found| found.kind == wanted) => Ok(()),
            Some(name) if self.by_name(name).is_some() => Err(HardwareError {
                sentence: format!(
                    "Invalid hwaccel device specified for decoder: device {name} is not usable with hwaccel {kind}."
                ),
                cause: AvError::INVALID,
            }),
            None if self.all.iter().any(|found| found.kind == wanted) => Ok(()),
            _ => {
                let reference = create(wanted, device, "")?;
                let name = self.free_name(wanted);
                self.all.push(HardwareDevice { name, kind: wanted, reference: Arc::new(Reference(reference)) });
                Ok(())
            }
        }
    }

    fn by_name(&self, name: &str) -> Option<&HardwareDevice> {
        self.all.iter().find(|device| device.name == name)
    }

    /// The first of `vaapi0`, `vaapi1` ... that is free.
    fn free_name(&self, kind: ffi::AVHWDeviceType) -> String {
        // SAFETY: a static string.
        let kind = unsafe { text_of(ffi::av_hwdevice_get_type_name(kind)) };
        let mut number = 0;
        loop {
            let name = format!("{kind}{number}");
            if self.by_name(&name).is_none() {
                return name;
            }
            number += 1;
        }
    }
}

fn kind_of(name: &str) -> Option<ffi::AVHWDeviceType> {
    // SAFETY: the string lives during the call.
    let kind = unsafe { ffi::av_hwdevice_find_type_by_name(c_string(name).as_ptr()) };
    (kind != ffi::AVHWDeviceType::AV_HWDEVICE_TYPE_NONE).then_some(kind)
}

fn made(result: i32, device: *mut ffi::AVBufferRef) -> Result<*mut ffi::AVBufferRef, HardwareError> {
    match AvError::check(result) {
        Ok(_) => Ok(device),
        Err(cause) => Err(HardwareError { sentence: format!("Device creation failed: {result}."), cause }),
    }
}

fn create(
    kind: ffi::AVHWDeviceType,
    device: Option<&str>,
    options: &str,
) -> Result<*mut ffi::AVBufferRef, HardwareError> {
    let pairs = options.split(',').filter_map(|pair| pair.split_once('='));
    let mut options: Dictionary = pairs.collect();
    let device: Option<CString> = device.map(c_string);
    let mut made_device = ptr::null_mut();
    // SAFETY: strings and dictionary live during the call; the reference is set on success.
    let result = unsafe {
        ffi::av_hwdevice_ctx_create(
            &mut made_device,
            kind,
            device.as_ref().map_or(ptr::null(), |device| device.as_ptr()),
            *options.as_mut_ptr(),
            0,
        )
    };
    made(result, made_device)
}

fn derive(kind: ffi::AVHWDeviceType, source: &HardwareDevice) -> Result<*mut ffi::AVBufferRef, HardwareError> {
    let mut made_device = ptr::null_mut();
    // SAFETY: the source is valid; the reference is set on success.
    let result = unsafe { ffi::av_hwdevice_ctx_create_derived(&mut made_device, kind, source.reference.0, 0) };
    made(result, made_device)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn descriptions_that_are_wrong_are_told_in_ffmpeg_s_words() {
        let mut devices = HardwareDevices::default();
        let mut told = |text: &str| devices.open(text).unwrap_err().sentence;
        assert_eq!(told("nonsense"), "Invalid device specification \"nonsense\": unknown device type");
        let Some(kind) = hardware_kinds().into_iter().next() else { return };
        let derived = format!("{kind}=a@nobody");
        assert_eq!(told(&derived), format!("Invalid device specification \"{derived}\": invalid source device name"));
        assert_eq!(devices.choose_for_filters("x").unwrap_err().sentence, "Invalid filter device x.");
        assert!(devices.for_filters().is_none());
        assert_eq!(devices.ensure_for_decoder("no such method", None), Ok(()));
    }
}
