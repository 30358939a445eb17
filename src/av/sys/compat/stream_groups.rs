//! Stream groups: since FFmpeg 7.0, and of more types with each version.

use crate::catalog::FrameLength;
use ffmpeg_sys_next as ffi;

/// Types of stream groups that ffmpeg's command names, with their numbers.
pub(crate) const STREAM_GROUP_KINDS: &[(&str, i32)] = &[
    #[cfg(ffmpeg_7_0)]
    ("iamf_audio_element", 1),
    #[cfg(ffmpeg_7_0)]
    ("iamf_mix_presentation", 2),
    #[cfg(ffmpeg_8_0)]
    ("lcevc", 4),
    #[cfg(ffmpeg_9_0)]
    ("tref", 5),
];

/// True for a muxer that wants all frames of a stream of sound to have one length; muxers say so since FFmpeg 9.
pub(crate) fn wants_frames_of_one_size(muxer: &ffi::AVOutputFormat) -> bool {
    #[cfg(ffmpeg_9_0)]
    return muxer.flags & ffi::AVFMT_FIXED_FRAMESIZE as i32 != 0;
    #[cfg(not(ffmpeg_9_0))]
    {
        let _ = muxer;
        false
    }
}

/// Since FFmpeg 9 encoders can be asked for frames of one length. Those that know none of their own, and FLAC and its like, take
/// the first frame's; these whether they are asked or not, by ffmpeg's command.
pub(crate) fn frame_length(encoder: Option<&ffi::AVCodec>, must_be_one: bool) -> FrameLength {
    use ffi::AVCodecID::{AV_CODEC_ID_ADPCM_G722, AV_CODEC_ID_DFPWM, AV_CODEC_ID_FLAC, AV_CODEC_ID_WAVPACK};
    let Some(codec) = encoder.filter(|_| cfg!(ffmpeg_9_0)) else { return FrameLength::Free };
    let any = codec.capabilities as u32 & ffi::AV_CODEC_CAP_VARIABLE_FRAME_SIZE as u32 != 0;
    let adapts =
        matches!(codec.id, AV_CODEC_ID_FLAC | AV_CODEC_ID_WAVPACK | AV_CODEC_ID_ADPCM_G722 | AV_CODEC_ID_DFPWM);
    match (must_be_one, adapts) {
        (true, adapts) if adapts || any => FrameLength::OneAsFirst,
        (true, _) => FrameLength::One,
        (false, true) => FrameLength::AsFirst,
        (false, false) => FrameLength::Free,
    }
}

/// True for an encoder whose frames must have one length although it could take any.
pub(crate) fn is_asked_for_one_frame_length(encoder: &ffi::AVCodecContext) -> bool {
    #[cfg(ffmpeg_9_0)]
    return encoder.flags2 & ffi::AV_CODEC_FLAG2_FIXED_FRAME_SIZE as i32 != 0;
    #[cfg(not(ffmpeg_9_0))]
    {
        let _ = encoder;
        false
    }
}
