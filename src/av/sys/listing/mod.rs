//! What the linked FFmpeg holds, as plain lists: for `-encoders`, `-formats` and their like.

pub mod codecs;
pub mod components;
pub mod devices;
pub mod filters;
pub mod formats;
pub mod names;
pub mod options;

use super::{compat, option_values, text_of};
use crate::catalog::Named;
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

/// All names of a kind; an entry of formats with several names counts as these.
pub(crate) fn names(of: Named) -> Vec<String> {
    // SAFETY: names are static strings.
    let entries: Vec<String> = unsafe {
        match of {
            Named::Filter => filters::filters().into_iter().map(|filter| filter.name).collect(),
            Named::BitstreamFilter => names::bitstream_filters(),
            Named::Muxer => formats::muxers().into_iter().map(|format| text_of(format.name)).collect(),
            Named::Demuxer => formats::demuxers().into_iter().map(|format| text_of(format.name)).collect(),
            Named::Decoder => {
                let decoders = coders().into_iter().filter(|codec| ffi::av_codec_is_decoder(*codec) != 0);
                decoders.map(|codec| text_of(codec.name)).collect()
            }
            Named::PixelFormat => names::pixel_formats().into_iter().map(|format| format.name).collect(),
            Named::SampleFormat => {
                let names = (0..64).map(|number| text_of(ffi::av_get_sample_fmt_name(compat::sample_format(number))));
                names.take_while(|name| !name.is_empty()).collect()
            }
            Named::ChannelLayout => names::layouts().standard.into_iter().map(|(name, _)| name).collect(),
            Named::Disposition => names::dispositions(),
            Named::Discard => option_values::discard_names(),
        }
    };
    entries.iter().flat_map(|entry| entry.split(',')).map(str::to_owned).collect()
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
