//! Hardware devices: opened by ffmpeg's descriptions, and lent to filters; in the modules below, to decoders and encoders.

mod configs;
mod decoding;
mod encoding;
mod frames;

pub use self::decoding::DecoderHardware;
pub(crate) use self::decoding::FormatChoice;
pub(crate) use self::encoding::equip;
pub use self::frames::HardwareFrames;

use super::{c_string, dictionary::Dictionary, error::AvError, text_of};
use ffmpeg_sys_next as ffi;
use std::ffi::CString;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A reference to an open device, or to a pool of its pictures; the last one closes it.
#[derive(Debug)]
struct Reference(*mut ffi::AVBufferRef);

impl Reference {
    /// Another one for a field of FFmpeg's; null when memory is short.
    fn share(&self) -> *mut ffi::AVBufferRef {
        // SAFETY: the reference is valid while `self` lives.
        unsafe { ffi::av_buffer_ref(self.0) }
    }
}

// SAFETY: the buffer is reference-counted atomically; the contexts of devices and pools are made for several threads.
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
        self.reference.share()
    }

    /// The device that filters are to get, while there is one.
    pub(crate) fn lent() -> Option<Self> {
        let lent = LENT.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, kind, reference) = lent.as_ref()?;
        Some(Self { name: name.clone(), kind: *kind, reference: reference.upgrade()? })
    }

    /// The name that the user gave it, or that it got.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type: `vaapi`, `cuda` ...
    pub fn kind(&self) -> String {
        kind_name(self.kind)
    }
}

/// The device that filters are to get, for those who only look at a filtergraph's description: filters that upload pictures
/// cannot even be made without one. Who has opened it keeps it.
static LENT: Mutex<Option<(String, ffi::AVHWDeviceType, Weak<Reference>)>> = Mutex::new(None);

/// Why a device cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardwareError {
    /// ffmpeg's sentence.
    pub sentence: String,
    /// FFmpeg's reason.
    pub cause: AvError,
    /// It could not be opened; else what was said of it is wrong.
    pub opening: bool,
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
            opening: false,
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
        self.lend();
        Ok(())
    }

    /// Chooses the device that filters get; without it that is the last one opened.
    pub fn choose_for_filters(&mut self, name: &str) -> Result<(), HardwareError> {
        let found = self.by_name(name).cloned();
        self.for_filters = Some(found.ok_or_else(|| HardwareError {
            sentence: format!("Invalid filter device {name}."),
            cause: AvError::INVALID,
            opening: false,
        })?);
        self.lend();
        Ok(())
    }

    /// Lets those have the filters' device who look at descriptions.
    fn lend(&self) {
        let lent = self
            .for_filters()
            .map(|HardwareDevice { name, kind, reference }| (name.clone(), *kind, Arc::downgrade(reference)));
        *LENT.lock().unwrap_or_else(PoisonError::into_inner) = lent;
    }

    /// The device that filters get.
    pub fn for_filters(&self) -> Option<&HardwareDevice> {
        self.for_filters.as_ref().or(self.all.last())
    }

    /// How many there are, where none of several was chosen for filters; else 0.
    pub fn unchosen(&self) -> usize {
        if self.for_filters.is_none() && self.all.len() > 1 { self.all.len() } else { 0 }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Opens a device of a kind, by what its library calls it or else the default one, under a name of its own.
    fn open_kind(&mut self, kind: ffi::AVHWDeviceType, device: Option<&str>) -> Result<HardwareDevice, HardwareError> {
        let reference = Arc::new(Reference(create(kind, device, "")?));
        let opened = HardwareDevice { name: self.free_name(kind), kind, reference };
        self.all.push(opened.clone());
        Ok(opened)
    }

    /// The device of a kind, if there is one and no other.
    fn only_one_of(&self, kind: ffi::AVHWDeviceType) -> Option<&HardwareDevice> {
        let mut found = self.all.iter().filter(|device| device.kind == kind);
        found.next().filter(|_| found.next().is_none())
    }

    fn by_name(&self, name: &str) -> Option<&HardwareDevice> {
        self.all.iter().find(|device| device.name == name)
    }

    /// The first of `vaapi0`, `vaapi1` ... that is free.
    fn free_name(&self, kind: ffi::AVHWDeviceType) -> String {
        let kind = kind_name(kind);
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

fn kind_name(kind: ffi::AVHWDeviceType) -> String {
    // SAFETY: null or a static string.
    unsafe { text_of(ffi::av_hwdevice_get_type_name(kind)) }
}

fn kind_of(name: &str) -> Option<ffi::AVHWDeviceType> {
    // SAFETY: the string lives during the call.
    let kind = unsafe { ffi::av_hwdevice_find_type_by_name(c_string(name).as_ptr()) };
    (kind != ffi::AVHWDeviceType::AV_HWDEVICE_TYPE_NONE).then_some(kind)
}

fn made(result: i32, device: *mut ffi::AVBufferRef) -> Result<*mut ffi::AVBufferRef, HardwareError> {
    match AvError::check(result) {
        Ok(_) => Ok(device),
        Err(cause) => {
            Err(HardwareError { sentence: format!("Device creation failed: {result}."), cause, opening: true })
        }
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
    }
}
