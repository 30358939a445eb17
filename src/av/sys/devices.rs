//! libavdevice, loaded when a device is asked for.
//!
//! Behind it stand forty libraries (X11, SDL, sound servers) that take a third of the time the program needs to start, and
//! few commands name a device (`-f lavfi` is one). Lists, lookups that find nothing otherwise and what opens formats of its
//! own call [`load`]; the rest is done without.

use super::c_string;
use ffmpeg_sys_next as ffi;
use libloading::Library;
use std::sync::OnceLock;

/// The functions of libavdevice that are called, under their names in C.
pub(crate) struct Libavdevice {
    pub(super) avdevice_version: unsafe extern "C" fn() -> u32,
    pub(super) av_input_audio_device_next: Next<ffi::AVInputFormat>,
    pub(super) av_input_video_device_next: Next<ffi::AVInputFormat>,
    pub(super) av_output_audio_device_next: Next<ffi::AVOutputFormat>,
    pub(super) av_output_video_device_next: Next<ffi::AVOutputFormat>,
    pub(super) avdevice_list_input_sources: Listing<ffi::AVInputFormat>,
    pub(super) avdevice_list_output_sinks: Listing<ffi::AVOutputFormat>,
    pub(super) avdevice_free_list_devices: unsafe extern "C" fn(*mut *mut ffi::AVDeviceInfoList),
}

/// Leads from a device to the next one.
pub(super) type Next<T> = unsafe extern "C" fn(*const T) -> *const T;

/// Lists what a device has: the format, a name, options, and where the list is put.
pub(super) type Listing<T> = unsafe extern "C" fn(
    *const T,
    *const std::ffi::c_char,
    *mut ffi::AVDictionary,
    *mut *mut ffi::AVDeviceInfoList,
) -> i32;

static LOADED: OnceLock<Option<Libavdevice>> = OnceLock::new();

/// libavdevice, its devices known to libavformat from now on; `None` where it cannot be loaded, which is told of once.
pub(super) fn load() -> Option<&'static Libavdevice> {
    let told = |error: libloading::Error| {
        log::warn!(
            "Devices (lavfi is one) are not known, as libavdevice cannot be loaded: {error}. Debian's package for it is \
             libavdevice{}.",
            ffi::LIBAVDEVICE_VERSION_MAJOR
        );
    };
    LOADED.get_or_init(|| opened().map_err(told).ok()).as_ref()
}

/// libavdevice, where something has loaded it.
pub(super) fn loaded() -> Option<&'static Libavdevice> {
    LOADED.get()?.as_ref()
}

/// The file of the version that the program was built against.
fn file_name() -> String {
    match cfg!(target_vendor = "apple") {
        true => format!("libavdevice.{}.dylib", ffi::LIBAVDEVICE_VERSION_MAJOR),
        false => format!("libavdevice.so.{}", ffi::LIBAVDEVICE_VERSION_MAJOR),
    }
}

fn opened() -> Result<Libavdevice, libloading::Error> {
    // SAFETY: the functions have the types of `libavdevice/avdevice.h` in every version with this major number. The library
    // is never unloaded, as formats it registers stay in libavformat's tables.
    unsafe {
        let library = std::mem::ManuallyDrop::new(Library::new(file_name())?);
        let devices = Libavdevice {
            avdevice_version: *library.get(b"avdevice_version\0")?,
            av_input_audio_device_next: *library.get(b"av_input_audio_device_next\0")?,
            av_input_video_device_next: *library.get(b"av_input_video_device_next\0")?,
            av_output_audio_device_next: *library.get(b"av_output_audio_device_next\0")?,
            av_output_video_device_next: *library.get(b"av_output_video_device_next\0")?,
            avdevice_list_input_sources: *library.get(b"avdevice_list_input_sources\0")?,
            avdevice_list_output_sinks: *library.get(b"avdevice_list_output_sinks\0")?,
            avdevice_free_list_devices: *library.get(b"avdevice_free_list_devices\0")?,
        };
        let register: libloading::Symbol<'_, unsafe extern "C" fn()> = library.get(b"avdevice_register_all\0")?;
        register();
        Ok(devices)
    }
}

/// What `find` finds, devices among it: these are loaded when it finds nothing without them.
fn with_devices<T>(find: impl Fn() -> *const T) -> *const T {
    let found = find();
    if found.is_null() && load().is_some() { find() } else { found }
}

/// The demuxer or input device of that name; null where there is none.
pub(super) fn find_demuxer(name: &str) -> *const ffi::AVInputFormat {
    let name = c_string(name);
    // SAFETY: the name outlives the call; the answer is static.
    with_devices(|| unsafe { ffi::av_find_input_format(name.as_ptr()) })
}

/// The muxer or output device of that name, or what a URL tells of; null where there is none.
pub(super) fn find_muxer(name: Option<&str>, url: Option<&str>) -> *const ffi::AVOutputFormat {
    let name_in_c = name.map(c_string);
    let url = url.map(c_string);
    let pointer = |text: &Option<std::ffi::CString>| text.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    // SAFETY: the strings outlive the call; the answer is static.
    let find = || unsafe { ffi::av_guess_format(pointer(&name_in_c), pointer(&url), std::ptr::null()) };
    match name {
        Some(name) => {
            if OPENS_OTHERS.contains(&name) {
                load();
            }
            with_devices(find)
        }
        // No device is known by its URL.
        None => find(),
    }
}

/// Muxers that open muxers they are given the names of.
const OPENS_OTHERS: [&str; 5] = ["tee", "fifo", "segment", "stream_segment", "ssegment"];

/// Loads devices for a filtergraph that reads files of its own, whose format may be one (`movie=testsrc:f=lavfi`).
pub(super) fn load_for_graph(description: &str) {
    if description.contains("movie") {
        load();
    }
}
