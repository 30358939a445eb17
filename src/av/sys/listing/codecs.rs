//! Codecs, decoders and encoders.

use super::{coders, letter};
use crate::av::sys::text_of;
use ffmpeg_sys_next as ffi;

/// A codec: what may decode and encode it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecEntry {
    /// Its name, e.g. `h264`.
    pub name: String,
    /// Its long name, or nothing.
    pub long_name: String,
    /// V, A, S, D, T or ?.
    pub kind: char,
    /// Every frame stands alone.
    pub intra_only: bool,
    /// Compression may lose something.
    pub lossy: bool,
    /// Compression may lose nothing.
    pub lossless: bool,
    /// Names of its decoders.
    pub decoders: Vec<String>,
    /// Names of its encoders.
    pub encoders: Vec<String>,
}

/// A decoder or an encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoderEntry {
    /// Its name, e.g. `libx264`.
    pub name: String,
    /// Its long name, or nothing.
    pub long_name: String,
    /// The name of its codec.
    pub codec: String,
    /// V, A, S, D, T or ?.
    pub kind: char,
    /// Several frames at once.
    pub frame_threads: bool,
    /// Several slices at once.
    pub slice_threads: bool,
    /// Needs `-strict experimental`.
    pub experimental: bool,
    /// `draw_horiz_band`.
    pub horizontal_bands: bool,
    /// Direct rendering.
    pub direct_rendering: bool,
}

/// All codecs by kind, then by name.
fn descriptors() -> Vec<&'static ffi::AVCodecDescriptor> {
    let mut all = Vec::new();
    let mut descriptor = std::ptr::null();
    // SAFETY: walks a static table that ends with null.
    while let Some(next) = unsafe {
        descriptor = ffi::avcodec_descriptor_next(descriptor);
        descriptor.as_ref()
    } {
        all.push(next);
    }
    // SAFETY: names of static descriptors are static strings.
    all.sort_by_key(|d| (d.type_ as i32, unsafe { text_of(d.name) }));
    all
}

fn of(descriptor: &ffi::AVCodecDescriptor, encoding: bool) -> impl Iterator<Item = &'static ffi::AVCodec> {
    let id = descriptor.id;
    coders().into_iter().filter(move |c| c.id == id && is_encoder(c) == encoding)
}

pub(super) fn is_encoder(codec: &ffi::AVCodec) -> bool {
    // SAFETY: the codec is valid.
    unsafe { ffi::av_codec_is_encoder(codec) != 0 }
}

/// `-codecs`.
pub fn codecs() -> Vec<CodecEntry> {
    let has = |d: &ffi::AVCodecDescriptor, flag: u32| d.props as u32 & flag != 0;
    let names = |d, encoding| {
        // SAFETY: names of static codecs are static strings.
        of(d, encoding).map(|c| unsafe { text_of(c.name) }).collect()
    };
    descriptors()
        .into_iter()
        .map(|d| {
            // SAFETY: texts of static descriptors are null or static strings.
            let (name, long_name) = unsafe { (text_of(d.name), text_of(d.long_name)) };
            CodecEntry {
                name,
                long_name,
                kind: letter(d.type_),
                intra_only: has(d, ffi::AV_CODEC_PROP_INTRA_ONLY as u32),
                lossy: has(d, ffi::AV_CODEC_PROP_LOSSY as u32),
                lossless: has(d, ffi::AV_CODEC_PROP_LOSSLESS as u32),
                decoders: names(d, false),
                encoders: names(d, true),
            }
        })
        .filter(|entry| !entry.name.contains("_deprecated"))
        .collect()
}

/// `-decoders`, or `-encoders`.
pub fn decoders_or_encoders(encoding: bool) -> Vec<CoderEntry> {
    let mut entries = Vec::new();
    for descriptor in descriptors() {
        for coder in of(descriptor, encoding) {
            let has = |flag: u32| coder.capabilities as u32 & flag != 0;
            // SAFETY: texts of static codecs and descriptors are null or static strings.
            let [name, long_name, codec] =
                [coder.name, coder.long_name, descriptor.name].map(|text| unsafe { text_of(text) });
            entries.push(CoderEntry {
                name,
                long_name,
                codec,
                kind: letter(descriptor.type_),
                frame_threads: has(ffi::AV_CODEC_CAP_FRAME_THREADS as u32),
                slice_threads: has(ffi::AV_CODEC_CAP_SLICE_THREADS as u32),
                experimental: has(ffi::AV_CODEC_CAP_EXPERIMENTAL as u32),
                horizontal_bands: has(ffi::AV_CODEC_CAP_DRAW_HORIZ_BAND as u32),
                direct_rendering: has(ffi::AV_CODEC_CAP_DR1 as u32),
            });
        }
    }
    entries
}
