//! Pixel formats, sample formats and channel layouts between numbers and names.

use super::text_of;
use ffmpeg_sys_next as ffi;
use std::ffi::{c_char, c_int};

/// A sample format by its number.
pub(crate) fn sample_format(number: c_int) -> ffi::AVSampleFormat {
    if (-1..ffi::AVSampleFormat::AV_SAMPLE_FMT_NB as c_int).contains(&number) {
        // SAFETY: a C enum without gaps of the same size, and the number is within it.
        unsafe { std::mem::transmute::<c_int, ffi::AVSampleFormat>(number) }
    } else {
        ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE
    }
}

unsafe extern "C" {
    /// `av_pix_fmt_desc_get` by number: libraries that are newer than the headers have formats that the bindings' enum lacks.
    #[link_name = "av_pix_fmt_desc_get"]
    fn descriptor_of(pixel_format: c_int) -> *const ffi::AVPixFmtDescriptor;

    /// `av_get_pix_fmt`, for the same reason.
    #[link_name = "av_get_pix_fmt"]
    fn number_of(name: *const c_char) -> c_int;
}

/// What FFmpeg says of a pixel format by its number; `None` where it has none of that number.
pub(crate) fn pixel_format(number: c_int) -> Option<&'static ffi::AVPixFmtDescriptor> {
    // SAFETY: looks into a static table; a number that is none gives null.
    unsafe { descriptor_of(number).as_ref() }
}

/// The number of a pixel format by its name; `None` where there is none of that name.
pub(crate) fn pixel_format_number(name: &str) -> Option<c_int> {
    // SAFETY: looks into a static table; the string lives during the call.
    let number = unsafe { number_of(super::c_string(name).as_ptr()) };
    (number >= 0).then_some(number)
}

/// The name of a pixel or sample format.
pub fn format_name(kind: crate::facts::MediaKind, number: c_int) -> Option<String> {
    // SAFETY: table lookups that return static strings or null.
    let name = unsafe {
        if kind == crate::facts::MediaKind::Video {
            pixel_format(number).map_or(String::new(), |format| text_of(format.name))
        } else {
            text_of(ffi::av_get_sample_fmt_name(sample_format(number)))
        }
    };
    (!name.is_empty()).then_some(name)
}

/// How often the width and the height of a pixel format's pictures must be halved for its colours, each as a power of two.
pub fn colour_shifts(pixel_format_number: c_int) -> (u32, u32) {
    pixel_format(pixel_format_number)
        .map_or((0, 0), |format| (format.log2_chroma_w.into(), format.log2_chroma_h.into()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::MediaKind;

    #[test]
    fn numbers_that_are_no_format_have_no_name() {
        assert_eq!(format_name(MediaKind::Video, 0).as_deref(), Some("yuv420p"));
        assert_eq!(format_name(MediaKind::Audio, 1).as_deref(), Some("s16"));
        for number in [-1, i32::MIN, 100_000, i32::MAX] {
            assert_eq!([MediaKind::Video, MediaKind::Audio].map(|kind| format_name(kind, number)), [None, None]);
        }
    }

    #[test]
    fn colours_are_coarser_by_powers_of_two() {
        for (name, shifts) in [("yuv420p", (1, 1)), ("nv16", (1, 0)), ("yuv410p", (2, 2)), ("gray", (0, 0))] {
            assert_eq!(pixel_format_number(name).map(colour_shifts), Some(shifts), "{name}");
        }
        assert_eq!(colour_shifts(-1), (0, 0));
    }
}
