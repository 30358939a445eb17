//! Subtitles: one decoder and one encoder back to back, since FFmpeg gives them an interface of their own.

use super::{
    c_string, compat, dictionary::Dictionary, encoder::EncodedParameters, error::AvError, input::StreamParameters,
    packet::Packet,
};
use crate::plan::DecodePlan;
use crate::unit::{Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::ops::Range;
use std::ptr;

/// What went wrong with a subtitle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubtitleFault {
    /// It could not be decoded.
    Decoding(AvError),
    /// It could not be encoded.
    Encoding(AvError),
}

/// What is asked of subtitles that are encoded.
#[derive(Clone, Copy, Debug, Default)]
pub struct SubtitleShape {
    /// The container wants the encoder's header.
    pub global_header: bool,
    /// `-bitexact` of the output.
    pub bitexact: bool,
    /// The size of what is decoded, where it is given.
    pub canvas: Option<(i32, i32)>,
    /// The size of what is encoded, where it is given.
    pub size: Option<(i32, i32)>,
}

/// Opens a decoder of subtitles for a picture of that size, where it is given. Who calls it owns what it gives.
pub(super) fn open_decoder(
    stream: &StreamParameters,
    decode: &DecodePlan,
    canvas: Option<(i32, i32)>,
) -> Result<*mut ffi::AVCodecContext, AvError> {
    // SAFETY: the context is allocated here, and freed here unless it is given away.
    unsafe {
        let codec = ffi::avcodec_find_decoder_by_name(c_string(&decode.decoder).as_ptr());
        if codec.is_null() {
            return Err(AvError(ffi::AVERROR_DECODER_NOT_FOUND));
        }
        let mut context = ffi::avcodec_alloc_context3(codec);
        let Some(c) = context.as_mut() else {
            return Err(AvError::NO_MEMORY);
        };
        let open = AvError::check(ffi::avcodec_parameters_to_context(c, stream.as_ptr())).and_then(|_| {
            c.pkt_timebase = stream.time_base.into();
            (c.width, c.height) = canvas.unwrap_or((c.width, c.height));
            if decode.bitexact {
                c.flags |= ffi::AV_CODEC_FLAG_BITEXACT as i32;
            }
            let mut options: Dictionary = decode.options.iter().map(|(k, v)| (k, v)).collect();
            AvError::check(ffi::avcodec_open2(c, codec, options.as_mut_ptr()))
        });
        if open.is_err() {
            ffi::avcodec_free_context(&mut context);
        }
        open.map(|_| context)
    }
}

/// Decodes subtitles of one codec and encodes them in another.
pub struct SubtitleTranscoder {
    decoder: *mut ffi::AVCodecContext,
    encoder: *mut ffi::AVCodecContext,
    buffer: Vec<u8>,
    /// `-fix_sub_duration`: a subtitle waits here until the next one tells when it ends.
    waiting: Option<Waiting>,
    ends_with_next: bool,
}

struct Waiting(ffi::AVSubtitle);

impl Drop for Waiting {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::avsubtitle_free(&mut self.0) };
    }
}

// SAFETY: used by one owner at a time.
unsafe impl Send for SubtitleTranscoder {}

const MILLIS: Rational = Rational::new(1, 1000);

/// How long a subtitle is shown whose end is not known.
const FOR_EVER: u32 = u32::MAX;

impl SubtitleTranscoder {
    /// Opens both. The second value holds the options of the encoder that it did not take.
    pub fn open(
        stream: &StreamParameters,
        decoder: &DecodePlan,
        (encoder, options): (&str, &[(String, String)]),
        shape: &SubtitleShape,
    ) -> Result<(Self, Dictionary), SubtitleFault> {
        let fault = SubtitleFault::Encoding;
        let mut this = Self {
            decoder: ptr::null_mut(),
            encoder: ptr::null_mut(),
            buffer: vec![0; 1024 * 1024],
            waiting: None,
            ends_with_next: false,
        };
        // SAFETY: contexts are freed by `Drop` on any way out; the header is copied with a NUL behind it.
        unsafe {
            this.decoder = open_decoder(stream, decoder, shape.canvas).map_err(SubtitleFault::Decoding)?;
            let codec = ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr());
            if codec.is_null() {
                return Err(fault(AvError(ffi::AVERROR_ENCODER_NOT_FOUND)));
            }
            this.encoder = ffi::avcodec_alloc_context3(codec);
            let e = this.encoder.as_mut().ok_or(fault(AvError::NO_MEMORY))?;
            e.time_base = Rational::MICROS.into();
            let size = shape.size.or(shape.canvas);
            e.width = size.map_or((*stream.as_ptr()).width, |(width, _)| width);
            e.height = size.map_or((*stream.as_ptr()).height, |(_, height)| height);
            if shape.global_header {
                e.flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            }
            if shape.bitexact {
                e.flags |= ffi::AV_CODEC_FLAG_BITEXACT as i32;
            }
            let header = (*this.decoder).subtitle_header;
            let size = (*this.decoder).subtitle_header_size;
            if !header.is_null() && size > 0 {
                let copy = ffi::av_mallocz(size as usize + 1).cast::<u8>();
                if copy.is_null() {
                    return Err(fault(AvError::NO_MEMORY));
                }
                ptr::copy_nonoverlapping(header, copy, size as usize);
                e.subtitle_header = copy;
                e.subtitle_header_size = size;
            }
            let mut options: Dictionary = options.iter().map(|(k, v)| (k, v)).collect();
            AvError::check(ffi::avcodec_open2(this.encoder, codec, options.as_mut_ptr())).map_err(fault)?;
            Ok((this, options))
        }
    }

    /// What the muxer must know.
    pub fn parameters(&self) -> Result<EncodedParameters, AvError> {
        // SAFETY: the encoder is open, and used by this owner alone.
        unsafe { EncodedParameters::of(self.encoder, Rational::MICROS, (Rational::UNKNOWN, Rational::UNKNOWN)) }
    }

    /// Transcodes a packet. The results carry times in microseconds, shifted back by the output's `-ss`, where there is one.
    pub fn transcode(&mut self, packet: &mut Packet, start_us: Option<i64>) -> Result<Vec<Packet>, SubtitleFault> {
        let mut results = Vec::new();
        // SAFETY: both contexts are open; the subtitle is freed on every way out of the inner function.
        unsafe {
            let mut subtitle: ffi::AVSubtitle = std::mem::zeroed();
            let mut got = 0;
            let taken = ffi::avcodec_decode_subtitle2(self.decoder, &mut subtitle, &mut got, packet.as_mut_ptr());
            AvError::check(taken).map_err(SubtitleFault::Decoding)?;
            if got == 0 {
                return Ok(results);
            }
            let mut next = Some(Waiting(subtitle));
            if self.ends_with_next {
                if let (Some(before), Some(next)) = (&mut self.waiting, &next)
                    && let (Some(from), Some(to)) = (super::known(before.0.pts), super::known(next.0.pts))
                {
                    let end = rescale(to.saturating_sub(from), Rational::MICROS, MILLIS);
                    if end < i64::from(before.0.end_display_time) {
                        log::trace!("Subtitle duration reduced from {} to {end}", before.0.end_display_time);
                        before.0.end_display_time = u32::try_from(end).unwrap_or(0);
                    }
                }
                std::mem::swap(&mut next, &mut self.waiting);
                next = next.filter(|subtitle| subtitle.0.end_display_time > 0);
            }
            if let Some(mut subtitle) = next {
                self.encode(&mut subtitle.0, start_us, &mut results).map_err(SubtitleFault::Encoding)?;
            }
        }
        Ok(results)
    }

    /// Each subtitle ends where the next one begins (`-fix_sub_duration`).
    pub fn end_with_next(&mut self) {
        self.ends_with_next = true;
    }

    /// Gives what is shown of the subtitle that waits before `at_us`; the rest of it waits on. Nothing is given of one that is not
    /// shown yet by then, and all of one that is over.
    pub fn split(&mut self, at_us: i64, start_us: Option<i64>) -> Result<Vec<Packet>, AvError> {
        let mut results = Vec::new();
        let Some(mut waiting) = self.waiting.take() else { return Ok(results) };
        let subtitle = &mut waiting.0;
        let shown_ms = super::known(subtitle.pts).map(|pts| rescale(at_us - pts, Rational::MICROS, MILLIS));
        let shown_ms = shown_ms.and_then(|ms| u32::try_from(ms).ok()).filter(|ms| *ms > subtitle.start_display_time);
        let (Some(shown_ms), true) = (shown_ms, subtitle.num_rects > 0) else {
            self.waiting = Some(waiting);
            return Ok(results);
        };
        let end_ms = subtitle.end_display_time;
        subtitle.end_display_time = end_ms.min(shown_ms);
        // SAFETY: the subtitle is valid.
        unsafe { self.encode(subtitle, start_us, &mut results) }?;
        if end_ms > shown_ms {
            subtitle.pts = at_us;
            subtitle.start_display_time = 0;
            subtitle.end_display_time = if end_ms == FOR_EVER { FOR_EVER } else { end_ms - shown_ms };
            self.waiting = Some(waiting);
        }
        Ok(results)
    }

    /// Encodes the subtitle that waits for one that does not come.
    pub fn finish(&mut self, start_us: Option<i64>) -> Result<Vec<Packet>, AvError> {
        let mut results = Vec::new();
        if let Some(mut last) = self.waiting.take() {
            // SAFETY: the subtitle is valid.
            unsafe { self.encode(&mut last.0, start_us, &mut results) }?;
        }
        Ok(results)
    }

    unsafe fn encode(
        &mut self,
        subtitle: &mut ffi::AVSubtitle,
        start_us: Option<i64>,
        results: &mut Vec<Packet>,
    ) -> Result<(), AvError> {
        // It only takes away what is shown, which most formats tell by its length.
        if subtitle.num_rects == 0 {
            return Ok(());
        }
        let Some(pts) = super::known(subtitle.pts) else {
            log::error!("Subtitle packets must have a pts");
            return Ok(());
        };
        // What began before the output's -ss is left out, as ffmpeg does: it would move the begin of the whole file.
        if start_us.is_some_and(|start| pts < start) {
            return Ok(());
        }
        // SAFETY: the encoder is open.
        let codec = unsafe { (*self.encoder).codec_id };
        let (all, count) = (subtitle.rects, subtitle.num_rects);
        let micros = |millis: u32| rescale(i64::from(millis), MILLIS, Rational::MICROS);
        let (delay, until) = (micros(subtitle.start_display_time), micros(subtitle.end_display_time));
        // What is shown with a delay is told to the encoder from when it is seen, and all its packets from the same moment.
        let begin = pts - start_us.unwrap_or(0) + delay;
        subtitle.end_display_time = subtitle.end_display_time.wrapping_sub(subtitle.start_display_time);
        subtitle.start_display_time = 0;
        let length = micros(subtitle.end_display_time);
        let early = compat::delayed_subtitles_begin_early();
        let apart = codec == ffi::AVCodecID::AV_CODEC_ID_DVB_SUBTITLE;
        let (time, duration) = if early { (begin - if apart { 0 } else { delay }, until) } else { (begin, length) };
        for shown in packets_of(codec, count) {
            subtitle.pts = begin;
            // SAFETY: the range lies within the list.
            subtitle.rects = unsafe { all.add(shown.start as usize) };
            subtitle.num_rects = shown.end - shown.start;
            // SAFETY: the buffer is as long as told; the subtitle is valid.
            let size = unsafe {
                ffi::avcodec_encode_subtitle(self.encoder, self.buffer.as_mut_ptr(), self.buffer.len() as i32, subtitle)
            };
            (subtitle.rects, subtitle.num_rects) = (all, count);
            let size = AvError::check(size)? as usize;
            let mut packet = Packet::from_bytes(&self.buffer[..size])?;
            let time = time + if shown.is_empty() { length } else { 0 };
            packet.set_times(Some(time), Some(time));
            packet.set_duration(duration);
            results.push(packet);
        }
        Ok(())
    }
}

/// Which of a subtitle's rectangles each of its packets shows. DVB has one packet that draws them and one, of nothing, that takes
/// them away.
fn packets_of(codec: ffi::AVCodecID, rectangles: u32) -> Vec<Range<u32>> {
    let apart = codec == ffi::AVCodecID::AV_CODEC_ID_ASS && compat::ass_takes_one_rectangle();
    let in_each = if apart { 1 } else { rectangles.max(1) };
    let mut packets: Vec<_> = (0..rectangles).step_by(in_each as usize).map(|n| n..n + in_each).collect();
    if codec == ffi::AVCodecID::AV_CODEC_ID_DVB_SUBTITLE {
        packets.push(0..0);
    }
    packets
}

impl Drop for SubtitleTranscoder {
    fn drop(&mut self) {
        // SAFETY: owned; null is allowed.
        unsafe {
            ffi::avcodec_free_context(&mut self.decoder);
            ffi::avcodec_free_context(&mut self.encoder);
        }
    }
}
