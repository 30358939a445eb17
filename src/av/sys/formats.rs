//! Pixel formats, sample formats and channel layouts between numbers and names.

use super::text_of;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;

/// A sample format by its number.
pub(crate) fn sample_format(number: c_int) -> ffi::AVSampleFormat {
    if (-1..ffi::AVSampleFormat::AV_SAMPLE_FMT_NB as c_int).contains(&number) {
        // SAFETY: a C enum without gaps of the same size, and the number is within it.
        unsafe { std::mem::transmute::<c_int, ffi::AVSampleFormat>(number) }
    } else {
        ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE
    }
}

/// A pixel format by its number.
pub(crate) fn pixel_format(number: c_int) -> ffi::AVPixelFormat {
    // SAFETY: asks for a descriptor; a number that is none gives null. The descriptor's id is a valid value.
    unsafe {
        let wanted = std::mem::transmute::<c_int, ffi::AVPixelFormat>(number);
        if ffi::av_pix_fmt_desc_get(wanted).is_null() { ffi::AVPixelFormat::AV_PIX_FMT_NONE } else { wanted }
    }
}

/// The name of a pixel or sample format.
pub fn format_name(kind: crate::facts::MediaKind, number: c_int) -> Option<String> {
    // SAFETY: table lookups that return static strings or null.
    let name = unsafe {
        if kind == crate::facts::MediaKind::Video {
            text_of(ffi::av_get_pix_fmt_name(pixel_format(number)))
        } else {
            text_of(ffi::av_get_sample_fmt_name(sample_format(number)))
        }
    };
    (!name.is_empty()).then_some(name)
}

/// The name of a channel layout, e.g. `stereo`; empty when it has none.
pub(crate) fn layout_name(layout: &ffi::AVChannelLayout) -> String {
    let mut buffer = [0 as std::ffi::c_char; 256];
    // SAFETY: the buffer is writable for its whole length; the layout is valid.
    unsafe {
        if ffi::av_channel_layout_describe(layout, buffer.as_mut_ptr(), buffer.len()) < 0 {
            return String::new();
        }
        text_of(buffer.as_ptr())
    }
}
