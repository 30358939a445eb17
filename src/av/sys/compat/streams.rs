//! Where copied streams may begin, their clocks and the ends of output streams: libavformat says less with each version.

use crate::av::sys::error::AvError;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;

/// True for a stream each packet of which decoding can start with, though the demuxer may not say so: AAC of all kinds
/// but USAC. Since 7.1 libavformat counts AAC among the codecs that have keyframes, and over RTP no packet was called one:
/// a copy never began.
pub(crate) fn begins_anywhere(stream: &ffi::AVCodecParameters) -> bool {
    #[cfg(ffmpeg_7_1)]
    {
        use ffi::AVCodecID::{AV_CODEC_ID_AAC, AV_CODEC_ID_AAC_LATM};
        matches!(stream.codec_id, AV_CODEC_ID_AAC | AV_CODEC_ID_AAC_LATM) && stream.profile != ffi::AV_PROFILE_AAC_USAC
    }
    #[cfg(not(ffmpeg_7_1))]
    {
        let _ = stream;
        false
    }
}

/// Chooses the time base that a copied stream asks its muxer for, as ffmpeg's command does. `frame_rate` is `-r`.
///
/// Up to 7.0 libavformat has a say (`-copytb -1`): AVI and formats of one fixed rate get a clock made of the frame
/// rate. Since 7.1 the demuxer's clock is taken as it is, and muxers that want another choose it by themselves.
///
/// # Safety
/// `to` is a stream of a muxer of format `muxer`, `from` one of an open demuxer.
pub(crate) unsafe fn choose_copied_time_base(
    muxer: *const ffi::AVOutputFormat,
    to: *mut ffi::AVStream,
    from: *const ffi::AVStream,
    (frame_rate, choice): (Option<Rational>, i32),
) -> Result<(), AvError> {
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(not(ffmpeg_7_1))]
        AvError::check(ffi::avformat_transfer_internal_stream_timing_info(
            muxer,
            to,
            from,
            match choice {
                0 => ffi::AVTimebaseSource::AVFMT_TBCF_DECODER,
                1 => ffi::AVTimebaseSource::AVFMT_TBCF_DEMUXER,
                _ => ffi::AVTimebaseSource::AVFMT_TBCF_AUTO,
            },
        ))?;
        #[cfg(ffmpeg_7_1)]
        let _ = (muxer, choice);
        if (*to).time_base.num > 0 && (*to).time_base.den > 0 {
            return Ok(());
        }
        #[cfg(not(ffmpeg_7_1))]
        let base = Rational::from(ffi::av_stream_get_codec_timebase(to));
        #[cfg(ffmpeg_7_1)]
        let base = Rational::from((*from).time_base);
        let base = frame_rate
            .map(Rational::inverse)
            .or_else(|| Rational::reduced(i64::from(base.num), i64::from(base.den)))
            .unwrap_or(base);
        (*to).time_base = base.into();
    }
    Ok(())
}

/// Where an output stream ends by libavformat's own count, in ticks; newer versions do not tell.
///
/// # Safety
/// The stream is valid.
pub(crate) unsafe fn muxed_end(stream: *const ffi::AVStream) -> Option<i64> {
    #[cfg(not(ffmpeg_7_0))]
    // SAFETY: the caller's promise.
    return crate::av::sys::known(unsafe { ffi::av_stream_get_end_pts(stream) });
    #[cfg(ffmpeg_7_0)]
    {
        let _ = stream;
        None
    }
}

/// The parser of a codec, or null.
pub(crate) fn parser_of(codec: ffi::AVCodecID) -> *mut ffi::AVCodecParserContext {
    #[cfg(not(ffmpeg_9_0))]
    let codec = codec as i32;
    // SAFETY: looks up a static table, and allocates.
    unsafe { ffi::av_parser_init(codec) }
}
