//! Sources and sinks that devices tell of.

use crate::av::AvError;
use crate::av::sys::devices::{self, Libavdevice, Next};
use crate::av::sys::dictionary::Dictionary;
use crate::av::sys::text_of;
use ffmpeg_sys_next as ffi;

/// What a device has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// It is the default.
    pub default: bool,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// `audio`, `video`.
    pub media_types: Vec<String>,
}

/// Devices of one kind: the kind's name, and what was found or why not.
pub type Devices = (String, Result<Vec<DeviceEntry>, AvError>);

/// Sources of the input devices, sound first; `only` names one of them.
pub fn sources(only: Option<&str>, options: &[(String, String)]) -> Vec<Devices> {
    let Some(library) = devices::load() else { return Vec::new() };
    // SAFETY: static formats; the list is freed by `entries`.
    unsafe {
        let sound = walked(library.av_input_audio_device_next);
        // FFmpeg's own virtual device stands among both, and has something to tell in neither.
        let sound = sound.filter(|f| text_of(f.name) != "lavfi");
        let all = sound.chain(walked(library.av_input_video_device_next));
        let ask = |f: &ffi::AVInputFormat| {
            let mut list = std::ptr::null_mut();
            let mut options = dictionary(options);
            let count = (library.avdevice_list_input_sources)(f, std::ptr::null(), *options.as_mut_ptr(), &mut list);
            entries(library, count, list)
        };
        all.map(|f| (text_of(f.name), f)).filter(|(n, _)| is_wanted(n, only)).map(|(n, f)| (n, ask(f))).collect()
    }
}

/// Sinks of the output devices, sound first; `only` names one of them.
pub fn sinks(only: Option<&str>, options: &[(String, String)]) -> Vec<Devices> {
    let Some(library) = devices::load() else { return Vec::new() };
    // SAFETY: as for sources.
    unsafe {
        let sound = walked(library.av_output_audio_device_next);
        let all = sound.chain(walked(library.av_output_video_device_next));
        let ask = |f: &ffi::AVOutputFormat| {
            let mut list = std::ptr::null_mut();
            let mut options = dictionary(options);
            let count = (library.avdevice_list_output_sinks)(f, std::ptr::null(), *options.as_mut_ptr(), &mut list);
            entries(library, count, list)
        };
        all.map(|f| (text_of(f.name), f)).filter(|(n, _)| is_wanted(n, only)).map(|(n, f)| (n, ask(f))).collect()
    }
}

/// All entries of a list in which each one leads to the next.
///
/// # Safety
/// The list is static and ends with null.
unsafe fn walked<T: 'static>(next: Next<T>) -> impl Iterator<Item = &'static T> {
    let mut last = std::ptr::null();
    std::iter::from_fn(move || {
        // SAFETY: the caller's promise.
        unsafe {
            last = next(last);
            last.as_ref()
        }
    })
}

fn dictionary(options: &[(String, String)]) -> Dictionary {
    let mut dictionary = Dictionary::new();
    options.iter().for_each(|(key, value)| dictionary.set(key, value));
    dictionary
}

fn is_wanted(names: &str, only: Option<&str>) -> bool {
    only.is_none_or(|only| names.split(',').any(|name| name == only))
}

/// # Safety
/// `list` is null or a list that nobody else frees.
unsafe fn entries(
    library: &Libavdevice,
    count: i32,
    mut list: *mut ffi::AVDeviceInfoList,
) -> Result<Vec<DeviceEntry>, AvError> {
    // SAFETY: the caller's promise; counts are those of the arrays.
    unsafe {
        let mut found = Vec::new();
        if let Some(all) = list.as_ref().filter(|_| count > 0) {
            for i in 0..all.nb_devices {
                let device = &**all.devices.add(i as usize);
                let types = (0..device.nb_media_types).map(|j| *device.media_types.add(j as usize));
                found.push(DeviceEntry {
                    default: all.default_device == i,
                    name: text_of(device.device_name),
                    description: text_of(device.device_description),
                    media_types: types.map(|t| text_of(ffi::av_get_media_type_string(t))).collect(),
                });
            }
        }
        (library.avdevice_free_list_devices)(&mut list);
        AvError::check(count).map(|_| found)
    }
}
