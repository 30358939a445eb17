//! Packets of silence for streams that are copied: made by an encoder of the same codec.

use super::{compat, error::AvError, frame::Frame, output::Muxer, packet::Packet};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// Samples a packet of a codec without frames (PCM) gets.
const SAMPLES: i32 = 1024;
/// Frames that an encoder is fed until its packets hold nothing but silence.
const FRAMES: i32 = 8;

/// One packet of silence that fits a copied stream of sound, and how many samples it holds; `None` where this FFmpeg
/// cannot make one that the stream's header describes.
pub fn silent_packet(muxer: &Muxer, stream: usize) -> Option<(Packet, i32)> {
    // SAFETY: the parameters belong to a declared stream; the context is freed on every way out.
    unsafe {
        let parameters = &*muxer.parameters_ptr(stream);
        let codec = ffi::avcodec_find_encoder(parameters.codec_id);
        if codec.is_null() {
            return None;
        }
        let aac = parameters.codec_id == ffi::AVCodecID::AV_CODEC_ID_AAC;
        // A raw AAC frame fits only what an AudioSpecificConfig of the plain profile describes.
        let plain = parameters.extradata_size > 0 && matches!(parameters.profile, 1 | -99);
        if aac && !plain {
            return None;
        }
        let mut context = ffi::avcodec_alloc_context3(codec);
        if context.is_null() {
            return None;
        }
        let made = encode(context, codec, parameters).ok().flatten();
        ffi::avcodec_free_context(&mut context);
        made
    }
}

/// # Safety
/// The context is fresh and of this codec.
unsafe fn encode(
    context: *mut ffi::AVCodecContext,
    codec: *const ffi::AVCodec,
    parameters: &ffi::AVCodecParameters,
) -> Result<Option<(Packet, i32)>, AvError> {
    // SAFETY: the caller's promise; frames and packets are owned.
    unsafe {
        let c = &mut *context;
        c.sample_rate = parameters.sample_rate;
        c.time_base = ffi::AVRational { num: 1, den: parameters.sample_rate.max(1) };
        c.bit_rate = parameters.bit_rate;
        c.strict_std_compliance = -2;
        c.sample_fmt = compat::supported(codec)
            .sample_formats
            .first()
            .copied()
            .unwrap_or_else(|| compat::sample_format(parameters.format));
        AvError::check(ffi::av_channel_layout_copy(&mut c.ch_layout, &parameters.ch_layout))?;
        if parameters.extradata_size > 0 {
            c.flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
        }
        AvError::check(ffi::avcodec_open2(context, codec, ptr::null_mut()))?;
        let samples = if c.frame_size > 0 { c.frame_size } else { SAMPLES };
        let mut frame = Frame::new()?;
        let f = &mut *frame.as_mut_ptr();
        f.format = c.sample_fmt as i32;
        f.sample_rate = c.sample_rate;
        f.nb_samples = samples;
        AvError::check(ffi::av_channel_layout_copy(&mut f.ch_layout, &c.ch_layout))?;
        AvError::check(ffi::av_frame_get_buffer(f, 0))?;
        ffi::av_samples_set_silence(f.extended_data, 0, samples, f.ch_layout.nb_channels, c.sample_fmt);
        let mut packet = Packet::new()?;
        let mut last = None;
        for i in 0..FRAMES {
            f.pts = i64::from(i) * i64::from(samples);
            AvError::check(ffi::avcodec_send_frame(context, f))?;
            while ffi::avcodec_receive_packet(context, packet.as_mut_ptr()) >= 0 {
                last = Some((packet.take()?, samples));
            }
        }
        Ok(last)
    }
}
