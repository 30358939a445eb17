//! FFmpeg's own tables of options, in FFmpeg's own words.

use crate::av::sys::{devices, log};
use ffmpeg_sys_next as ffi;

/// The options of a class and of its children that have one of the flags; each table ends with an empty line.
///
/// # Safety
/// `class` is null or a static class.
pub(super) unsafe fn tables(class: *const ffi::AVClass, flags: u32) -> String {
    let mut text = String::new();
    // SAFETY: the caller's promise; a pointer to a class pointer is an object without options of its own.
    unsafe {
        let Some(it) = class.as_ref() else { return text };
        if !it.option.is_null() {
            let mut object = class;
            text = log::captured(|| {
                ffi::av_opt_show2((&raw mut object).cast(), std::ptr::null_mut(), flags as i32, 0);
            });
            text.push('\n');
        }
        let mut state = std::ptr::null_mut();
        loop {
            let child = ffi::av_opt_child_class_iterate(class, &mut state);
            if child.is_null() {
                return text;
            }
            text.push_str(&tables(child, flags));
        }
    }
}

/// All tables of FFmpeg: codecs, formats, scaler, resampler, filters, bitstream filters.
pub fn all() -> String {
    devices::load();
    let coding = (ffi::AV_OPT_FLAG_DECODING_PARAM | ffi::AV_OPT_FLAG_ENCODING_PARAM) as u32;
    // SAFETY: static classes.
    unsafe {
        [
            tables(ffi::avcodec_get_class(), coding),
            tables(ffi::avformat_get_class(), coding),
            tables(ffi::sws_get_class(), coding),
            tables(ffi::swr_get_class(), ffi::AV_OPT_FLAG_AUDIO_PARAM as u32),
            tables(ffi::avfilter_get_class(), filtering()),
            tables(ffi::av_bsf_get_class(), ffi::AV_OPT_FLAG_BSF_PARAM as u32),
        ]
        .concat()
    }
}

/// What options of filters are marked with.
pub(super) fn filtering() -> u32 {
    (ffi::AV_OPT_FLAG_VIDEO_PARAM | ffi::AV_OPT_FLAG_AUDIO_PARAM | ffi::AV_OPT_FLAG_FILTERING_PARAM) as u32
}
