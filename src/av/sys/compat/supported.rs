//! What codecs can do and encoders take: lists in the codec until FFmpeg 7.0, answers of a function from 7.1 on.

use crate::av::sys::formats::layout_name;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
#[cfg(ffmpeg_7_1)]
use std::ffi::c_void;

/// Capabilities of codecs with the short words that help has for them, in its order.
pub(crate) const CAPABILITIES: &[(u32, &str)] = &[
    (ffi::AV_CODEC_CAP_DRAW_HORIZ_BAND as u32, "horizband"),
    (ffi::AV_CODEC_CAP_DR1 as u32, "dr1"),
    (ffi::AV_CODEC_CAP_DELAY as u32, "delay"),
    (ffi::AV_CODEC_CAP_SMALL_LAST_FRAME as u32, "small"),
    #[cfg(not(ffmpeg_8_0))]
    (ffi::AV_CODEC_CAP_SUBFRAMES as u32, "subframes"),
    (ffi::AV_CODEC_CAP_EXPERIMENTAL as u32, "exp"),
    (ffi::AV_CODEC_CAP_CHANNEL_CONF as u32, "chconf"),
    (ffi::AV_CODEC_CAP_PARAM_CHANGE as u32, "paramchange"),
    (ffi::AV_CODEC_CAP_VARIABLE_FRAME_SIZE as u32, "variable"),
    (
        (ffi::AV_CODEC_CAP_FRAME_THREADS | ffi::AV_CODEC_CAP_SLICE_THREADS | ffi::AV_CODEC_CAP_OTHER_THREADS) as u32,
        "threads",
    ),
    (ffi::AV_CODEC_CAP_AVOID_PROBING as u32, "avoidprobe"),
    (ffi::AV_CODEC_CAP_HARDWARE as u32, "hardware"),
    (ffi::AV_CODEC_CAP_HYBRID as u32, "hybrid"),
    #[cfg(ffmpeg_8_0)]
    (ffi::AV_CODEC_CAP_ENCODER_REORDERED_OPAQUE as u32, "reorderedopaque"),
    #[cfg(ffmpeg_8_0)]
    (ffi::AV_CODEC_CAP_ENCODER_FLUSH as u32, "flush"),
    #[cfg(ffmpeg_8_0)]
    (ffi::AV_CODEC_CAP_ENCODER_RECON_FRAME as u32, "reconframe"),
];

/// Formats, rates and layouts that an encoder takes; an empty list means any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supported {
    pub(crate) pixel_formats: Vec<ffi::AVPixelFormat>,
    pub(crate) sample_formats: Vec<ffi::AVSampleFormat>,
    pub(crate) sample_rates_hz: Vec<c_int>,
    pub(crate) frame_rates: Vec<Rational>,
    /// Names and channel counts.
    pub(crate) layouts: Vec<(String, c_int)>,
}

/// What an encoder takes.
///
/// # Safety
/// `codec` is a valid codec.
#[cfg(not(ffmpeg_7_1))]
pub(crate) unsafe fn supported(codec: *const ffi::AVCodec) -> Supported {
    // SAFETY: the lists of a codec are static and end with the terminator that its documentation names.
    unsafe {
        let codec = &*codec;
        let mut found = Supported {
            pixel_formats: until(codec.pix_fmts, ffi::AVPixelFormat::AV_PIX_FMT_NONE),
            sample_formats: until(codec.sample_fmts, ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE),
            sample_rates_hz: until(codec.supported_samplerates, 0),
            ..Supported::default()
        };
        let mut rate = codec.supported_framerates;
        while !rate.is_null() && (*rate).den != 0 {
            found.frame_rates.push((*rate).into());
            rate = rate.add(1);
        }
        let mut layout = codec.ch_layouts;
        while !layout.is_null() && (*layout).nb_channels != 0 {
            found.layouts.push((layout_name(&*layout), (*layout).nb_channels));
            layout = layout.add(1);
        }
        found
    }
}

/// What an encoder takes.
///
/// # Safety
/// `codec` is a valid codec.
#[cfg(ffmpeg_7_1)]
pub(crate) unsafe fn supported(codec: *const ffi::AVCodec) -> Supported {
    use ffi::AVCodecConfig::*;
    // SAFETY: the codec is valid; each list has the element type that its kind documents.
    unsafe {
        let list = |kind| {
            let mut values: *const c_void = std::ptr::null();
            let mut count: c_int = 0;
            ffi::avcodec_get_supported_config(std::ptr::null(), codec, kind, 0, &mut values, &mut count);
            (values, if values.is_null() { 0 } else { usize::try_from(count).unwrap_or(0) })
        };
        let (values, count) = list(AV_CODEC_CONFIG_PIX_FORMAT);
        let pixel_formats = counted(values.cast(), count);
        let (values, count) = list(AV_CODEC_CONFIG_SAMPLE_FORMAT);
        let sample_formats = counted(values.cast(), count);
        let (values, count) = list(AV_CODEC_CONFIG_SAMPLE_RATE);
        let sample_rates_hz = counted(values.cast(), count);
        let (values, count) = list(AV_CODEC_CONFIG_FRAME_RATE);
        let frame_rates = counted::<ffi::AVRational>(values.cast(), count).into_iter().map(Rational::from).collect();
        let (values, count) = list(AV_CODEC_CONFIG_CHANNEL_LAYOUT);
        let mut layouts = Vec::new();
        for i in 0..count {
            let layout = &*values.cast::<ffi::AVChannelLayout>().add(i);
            layouts.push((layout_name(layout), layout.nb_channels));
        }
        Supported { pixel_formats, sample_formats, sample_rates_hz, frame_rates, layouts }
    }
}

/// A list of plain values that ends with a terminator.
///
/// # Safety
/// `list` is null or points to values the last of which is `end`.
#[cfg(not(ffmpeg_7_1))]
unsafe fn until<T: Copy + PartialEq>(mut list: *const T, end: T) -> Vec<T> {
    let mut values = Vec::new();
    if !list.is_null() {
        // SAFETY: the caller's promise.
        unsafe {
            while *list != end {
                values.push(*list);
                list = list.add(1);
            }
        }
    }
    values
}

/// A list of so many plain values.
///
/// # Safety
/// `list` is null or points to `count` values.
#[cfg(ffmpeg_7_1)]
pub(super) unsafe fn counted<T: Copy>(list: *const T, count: usize) -> Vec<T> {
    if list.is_null() || count == 0 {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(list, count) }.to_vec()
}
