//! Muxers, demuxers, devices and protocols.

use super::registered;
use crate::av::sys::{devices, text_of};
use ffmpeg_sys_next as ffi;
use std::collections::BTreeMap;

/// A format, by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatEntry {
    /// Its long name, if it has one.
    pub long_name: Option<String>,
    /// It can be read.
    pub demuxes: bool,
    /// It can be written.
    pub muxes: bool,
    /// It is a device.
    pub device: bool,
}

/// All demuxers.
pub(super) fn demuxers() -> Vec<&'static ffi::AVInputFormat> {
    devices::load();
    // SAFETY: walks a static table.
    registered(|state| unsafe { ffi::av_demuxer_iterate(state) })
}

/// All muxers.
pub(super) fn muxers() -> Vec<&'static ffi::AVOutputFormat> {
    devices::load();
    // SAFETY: walks a static table.
    registered(|state| unsafe { ffi::av_muxer_iterate(state) })
}

/// FFmpeg's categories of devices, `AV_CLASS_CATEGORY_DEVICE_VIDEO_OUTPUT` to `..._DEVICE_INPUT`.
const DEVICES: std::ops::RangeInclusive<u32> = 40..=45;

/// # Safety
/// `class` is null or a static class.
pub(super) unsafe fn is_device(class: *const ffi::AVClass) -> bool {
    // SAFETY: the caller's promise.
    unsafe { class.as_ref() }.is_some_and(|class| DEVICES.contains(&(class.category as u32)))
}

/// Which formats are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `-formats`.
    All,
    /// `-muxers`.
    Muxers,
    /// `-demuxers`.
    Demuxers,
    /// `-devices`.
    Devices,
}

/// The formats by name; one that can be read and written under the same name is one.
pub fn formats(which: Which) -> BTreeMap<String, FormatEntry> {
    let mut entries: BTreeMap<String, FormatEntry> = BTreeMap::new();
    let mut note = |name: String, long_name: Option<String>, device: bool, muxes: bool| {
        if which == Which::Devices && !device {
            return;
        }
        let entry = entries.entry(name).or_insert_with(|| FormatEntry { long_name, ..FormatEntry::default() });
        entry.muxes |= muxes;
        entry.demuxes |= !muxes;
        entry.device |= device;
    };
    // SAFETY: texts of static formats are null or static strings, their classes are static.
    let long = |text: *const std::ffi::c_char| (!text.is_null()).then(|| unsafe { text_of(text) });
    if which != Which::Demuxers {
        for f in muxers() {
            // SAFETY: as above.
            let (name, device) = unsafe { (text_of(f.name), is_device(f.priv_class)) };
            note(name, long(f.long_name), device, true);
        }
    }
    if which != Which::Muxers {
        for f in demuxers() {
            // SAFETY: as above.
            let (name, device) = unsafe { (text_of(f.name), is_device(f.priv_class)) };
            note(name, long(f.long_name), device, false);
        }
    }
    entries
}

/// Protocols that can be read, or written.
pub fn protocols(output: bool) -> Vec<String> {
    let mut state = std::ptr::null_mut();
    let mut names = Vec::new();
    loop {
        // SAFETY: walks a static table of static strings that ends with null.
        let name = unsafe { ffi::avio_enum_protocols(&mut state, i32::from(output)) };
        if name.is_null() {
            return names;
        }
        // SAFETY: as above.
        names.push(unsafe { text_of(name) });
    }
}
