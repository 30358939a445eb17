//! Colours of pictures in filtergraphs: FFmpeg 7.0 made them known there, 9.0 added what alpha means.

#[cfg(ffmpeg_7_1)]
use super::supported::counted;
#[cfg(ffmpeg_7_1)]
use crate::av::sys::{c_string, text_of};
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
#[cfg(ffmpeg_7_1)]
use std::ffi::c_void;

/// What a filtergraph must know of a picture's colours from FFmpeg 7.0 on: matrix, range, and (9.0) what alpha means.
pub(crate) fn frame_colours(frame: &ffi::AVFrame) -> [c_int; 3] {
    #[cfg(ffmpeg_9_0)]
    let alpha = frame.alpha_mode as c_int;
    #[cfg(not(ffmpeg_9_0))]
    let alpha = 0;
    // Sound has none, and what its frames say of them means nothing.
    known_colours(frame.width > 0, [frame.colorspace as c_int, frame.color_range as c_int, alpha])
}

/// The same of a stream.
pub(crate) fn stream_colours(stream: &ffi::AVCodecParameters) -> [c_int; 3] {
    #[cfg(ffmpeg_9_0)]
    let alpha = stream.alpha_mode as c_int;
    #[cfg(not(ffmpeg_9_0))]
    let alpha = 0;
    known_colours(stream.width > 0, [stream.color_space as c_int, stream.color_range as c_int, alpha])
}

fn known_colours(picture: bool, colours: [c_int; 3]) -> [c_int; 3] {
    if cfg!(ffmpeg_7_0) && picture { colours } else { [0; 3] }
}

/// The options of the `buffer` filter for [`frame_colours`].
pub(crate) fn colour_arguments([space, range, alpha]: [c_int; 3]) -> String {
    if cfg!(ffmpeg_9_0) {
        format!(":colorspace={space}:range={range}:alpha_mode={alpha}")
    } else if cfg!(ffmpeg_7_0) {
        format!(":colorspace={space}:range={range}")
    } else {
        String::new()
    }
}

/// What an output of a filtergraph may have as matrix, range and (9.0) kind of alpha, as options of the `format` filter:
/// what was settled before; or what the user's encoder options name; or else what the encoder takes.
#[cfg(not(ffmpeg_7_1))]
pub(crate) fn colour_constraints(_: &str, _: &[(String, String)], _: Option<[c_int; 3]>) -> Vec<String> {
    Vec::new()
}

/// What an output of a filtergraph may have as matrix, range and (9.0) kind of alpha, as options of the `format` filter:
/// what was settled before; or what the user's encoder options name; or else what the encoder takes.
#[cfg(ffmpeg_7_1)]
pub(crate) fn colour_constraints(
    encoder: &str,
    options: &[(String, String)],
    settled: Option<[c_int; 3]>,
) -> Vec<String> {
    use ffi::AVCodecConfig::*;
    // The matrix that is not known is number 2; range and alpha begin with it.
    const UNKNOWN: [c_int; 3] = [ffi::AVColorSpace::AVCOL_SPC_UNSPECIFIED as c_int, 0, 0];
    #[cfg(ffmpeg_9_0)]
    const KINDS: [(&str, ffi::AVCodecConfig); 3] = [
        ("color_spaces", AV_CODEC_CONFIG_COLOR_SPACE),
        ("color_ranges", AV_CODEC_CONFIG_COLOR_RANGE),
        ("alpha_modes", AV_CODEC_CONFIG_ALPHA_MODE),
    ];
    #[cfg(not(ffmpeg_9_0))]
    const KINDS: [(&str, ffi::AVCodecConfig); 2] =
        [("color_spaces", AV_CODEC_CONFIG_COLOR_SPACE), ("color_ranges", AV_CODEC_CONFIG_COLOR_RANGE)];

    let mut constraints = Vec::new();
    // SAFETY: the scratch context is freed below; lists have as many numbers as they say, each of an `int`'s size.
    unsafe {
        let codec = ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr());
        let mut scratch = if codec.is_null() { std::ptr::null_mut() } else { ffi::avcodec_alloc_context3(codec) };
        let mut typed = UNKNOWN;
        if let Some(context) = scratch.as_mut() {
            for (key, value) in options {
                if matches!(key.as_str(), "colorspace" | "color_range" | "alpha_mode" | "strict") {
                    let (key, value) = (c_string(key), c_string(value));
                    ffi::av_opt_set((context as *mut ffi::AVCodecContext).cast(), key.as_ptr(), value.as_ptr(), 0);
                }
            }
            typed[0] = context.colorspace as c_int;
            typed[1] = context.color_range as c_int;
            #[cfg(ffmpeg_9_0)]
            {
                typed[2] = context.alpha_mode as c_int;
            }
        }
        let wanted = settled.unwrap_or(typed);
        for (i, (option, kind)) in KINDS.iter().enumerate() {
            let numbers = if wanted[i] != UNKNOWN[i] {
                vec![wanted[i]]
            } else if settled.is_some() || scratch.is_null() {
                Vec::new()
            } else {
                let mut values: *const c_void = std::ptr::null();
                let mut count: c_int = 0;
                ffi::avcodec_get_supported_config(scratch, codec, *kind, 0, &mut values, &mut count);
                counted::<c_int>(values.cast(), usize::try_from(count).unwrap_or(0))
            };
            if !numbers.is_empty() {
                let numbers: Vec<String> = numbers.iter().map(|n| colour_name(i, *n)).collect();
                constraints.push(format!("{option}={}", numbers.join("|")));
            }
        }
        ffi::avcodec_free_context(&mut scratch);
    }
    constraints
}

/// The name of a matrix (0), range (1) or kind of alpha (2).
#[cfg(ffmpeg_7_1)]
fn colour_name(what: usize, number: c_int) -> String {
    // SAFETY: enums of C's `int` whose numbers came from FFmpeg; the names are static or null.
    unsafe {
        match what {
            0 => text_of(ffi::av_color_space_name(std::mem::transmute::<c_int, ffi::AVColorSpace>(number))),
            1 => text_of(ffi::av_color_range_name(std::mem::transmute::<c_int, ffi::AVColorRange>(number))),
            #[cfg(ffmpeg_9_0)]
            _ => text_of(ffi::av_alpha_mode_name(std::mem::transmute::<c_int, ffi::AVAlphaMode>(number))),
            #[cfg(not(ffmpeg_9_0))]
            _ => String::new(),
        }
    }
}

/// [`frame_colours`] of what a configured graph gives.
///
/// # Safety
/// `sink` is a configured sink of pictures.
pub(crate) unsafe fn sink_colours(sink: *const ffi::AVFilterContext) -> [c_int; 3] {
    // SAFETY: the caller's promise.
    #[cfg(ffmpeg_7_0)]
    let (space, range) = unsafe {
        (ffi::av_buffersink_get_colorspace(sink) as c_int, ffi::av_buffersink_get_color_range(sink) as c_int)
    };
    #[cfg(not(ffmpeg_7_0))]
    let (space, range) = {
        let _ = sink;
        (0, 0)
    };
    // SAFETY: the caller's promise.
    #[cfg(ffmpeg_9_0)]
    let alpha = unsafe { ffi::av_buffersink_get_alpha_mode(sink) } as c_int;
    #[cfg(not(ffmpeg_9_0))]
    let alpha = 0;
    [space, range, alpha]
}
