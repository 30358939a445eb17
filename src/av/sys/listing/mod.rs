//! What the linked FFmpeg holds, as plain lists: for `-encoders`, `-formats` and their like.

pub mod codecs;
pub mod components;
pub mod devices;
pub mod filters;
pub mod formats;
pub mod names;
pub mod options;

use ffmpeg_sys_next as ffi;
use std::ffi::c_void;

/// The letter that listings have for a media type.
fn letter(kind: ffi::AVMediaType) -> char {
    match kind {
        ffi::AVMediaType::AVMEDIA_TYPE_VIDEO => 'V',
        ffi::AVMediaType::AVMEDIA_TYPE_AUDIO => 'A',
        ffi::AVMediaType::AVMEDIA_TYPE_DATA => 'D',
        ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE => 'S',
        ffi::AVMediaType::AVMEDIA_TYPE_ATTACHMENT => 'T',
        _ => '?',
    }
}

/// All entries of one of FFmpeg's registries, which are walked with a pointer of theirs.
fn registered<T: 'static>(next: impl Fn(*mut *mut c_void) -> *const T) -> Vec<&'static T> {
    let mut state = std::ptr::null_mut();
    // SAFETY: registries hold static entries and end with null.
    std::iter::from_fn(|| unsafe { next(&mut state).as_ref() }).collect()
}

/// All decoders and encoders, in FFmpeg's order.
fn coders() -> Vec<&'static ffi::AVCodec> {
    // SAFETY: walks a static table.
    registered(|state| unsafe { ffi::av_codec_iterate(state) })
}

/// Every line of FFmpeg's own that changed its look over the versions, as the linked one has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `-formats` tells which of them are devices.
    pub formats_tell_devices: bool,
    /// The lists of decoders and encoders in `-codecs` have a blank at their end.
    pub coders_end_with_blank: bool,
    /// `-filters` tells which of them take commands.
    pub filters_tell_commands: bool,
}

/// The look of the linked version's listings.
pub const LAYOUT: Layout = Layout {
    formats_tell_devices: cfg!(ffmpeg_7_0),
    coders_end_with_blank: !cfg!(ffmpeg_7_0),
    filters_tell_commands: !cfg!(ffmpeg_8_0),
};
