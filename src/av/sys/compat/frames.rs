//! Fields of frames that other versions of FFmpeg keep elsewhere, and what an encoder learns from frames.

use crate::av::sys::error::AvError;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;

/// Tells a decoder that its callbacks may come from any of its threads; later versions take that for granted.
pub(crate) fn callbacks_are_thread_safe(decoder: &mut ffi::AVCodecContext) {
    #[cfg(not(ffmpeg_6_0))]
    {
        decoder.thread_safe_callbacks = 1;
    }
    #[cfg(ffmpeg_6_0)]
    let _ = decoder;
}

/// Asks an encoder to give the lengths of its frames on to its packets.
pub(crate) fn keep_frame_lengths(encoder: &mut ffi::AVCodecContext) {
    #[cfg(ffmpeg_6_1)]
    {
        encoder.flags |= ffi::AV_CODEC_FLAG_FRAME_DURATION as c_int;
    }
    #[cfg(not(ffmpeg_6_1))]
    let _ = encoder;
}

/// The duration of a frame in ticks of its packet's time base.
pub(crate) fn frame_duration(frame: &ffi::AVFrame) -> i64 {
    #[cfg(ffmpeg_6_0)]
    return frame.duration;
    #[cfg(not(ffmpeg_6_0))]
    return frame.pkt_duration;
}

/// Sets the duration of a frame.
pub(crate) fn set_frame_duration(frame: &mut ffi::AVFrame, ticks: i64) {
    #[cfg(ffmpeg_6_0)]
    {
        frame.duration = ticks;
    }
    #[cfg(not(ffmpeg_6_0))]
    {
        frame.pkt_duration = ticks;
    }
}

/// True for a key frame.
pub(crate) fn frame_is_key(frame: &ffi::AVFrame) -> bool {
    #[cfg(ffmpeg_6_1)]
    return frame.flags & ffi::AV_FRAME_FLAG_KEY as c_int != 0;
    #[cfg(not(ffmpeg_6_1))]
    return frame.key_frame != 0;
}

/// `Some(top field first)` of an interlaced frame.
pub(crate) fn set_frame_top_field_first(frame: &mut ffi::AVFrame, top: bool) {
    #[cfg(ffmpeg_6_1)]
    if top {
        frame.flags |= ffi::AV_FRAME_FLAG_TOP_FIELD_FIRST as c_int;
    } else {
        frame.flags &= !(ffi::AV_FRAME_FLAG_TOP_FIELD_FIRST as c_int);
    }
    #[cfg(not(ffmpeg_6_1))]
    {
        frame.top_field_first = c_int::from(top);
    }
}

/// Of an interlaced picture, whether its top field comes first.
pub(crate) fn frame_interlacing(frame: &ffi::AVFrame) -> Option<bool> {
    #[cfg(ffmpeg_6_1)]
    return (frame.flags & ffi::AV_FRAME_FLAG_INTERLACED as c_int != 0)
        .then_some(frame.flags & ffi::AV_FRAME_FLAG_TOP_FIELD_FIRST as c_int != 0);
    #[cfg(not(ffmpeg_6_1))]
    return (frame.interlaced_frame != 0).then_some(frame.top_field_first != 0);
}

/// Tells an encoder of pictures what its first frame says about all that follow, beyond the colours.
///
/// # Safety
/// The frame is valid, the encoder is not open yet.
pub(crate) unsafe fn describe_to_encoder(
    encoder: &mut ffi::AVCodecContext,
    frame: &ffi::AVFrame,
) -> Result<(), AvError> {
    #[cfg(ffmpeg_9_0)]
    {
        encoder.alpha_mode = frame.alpha_mode;
    }
    #[cfg(ffmpeg_7_1)]
    for i in 0..usize::try_from(frame.nb_side_data).unwrap_or(0) {
        // SAFETY: the array has as many entries as the frame says; the clone belongs to the encoder.
        unsafe {
            let entry = *frame.side_data.add(i);
            let whole = ffi::av_frame_side_data_desc((*entry).type_)
                .as_ref()
                .is_some_and(|d| d.props & ffi::AVSideDataProps::AV_SIDE_DATA_PROP_GLOBAL as u32 != 0);
            if whole {
                AvError::check(ffi::av_frame_side_data_clone(
                    &mut encoder.decoded_side_data,
                    &mut encoder.nb_decoded_side_data,
                    entry,
                    ffi::AV_FRAME_SIDE_DATA_FLAG_UNIQUE as u32,
                ))?;
            }
        }
    }
    #[cfg(not(ffmpeg_7_1))]
    let _ = (encoder, frame);
    Ok(())
}
