//! Subtitles that are drawn on pictures of their own, for filtergraphs (ffmpeg's sub2video).

use super::{
    error::AvError, frame::Frame, frame::FrameShape, input::StreamParameters, known, packet::Packet,
    subtitle::open_decoder,
};
use crate::plan::DecodePlan;
use crate::unit::{Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::ptr;
use std::sync::Arc;

const MILLIS: Rational = Rational::new(1, 1000);

struct Raw(ffi::AVSubtitle);

// SAFETY: owned data without thread-bound state, never changed after it was decoded.
unsafe impl Send for Raw {}
// SAFETY: as for `Send`: it is only read.
unsafe impl Sync for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::avsubtitle_free(&mut self.0) };
    }
}

/// A decoded subtitle; copies share its data.
#[derive(Clone)]
pub struct Subtitle(Arc<Raw>);

impl std::fmt::Debug for Subtitle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subtitle").field(&self.times_us()).finish()
    }
}

impl Subtitle {
    /// When it is shown and when it goes away, in microseconds.
    pub fn times_us(&self) -> (i64, i64) {
        let raw = &self.0.0;
        let pts = known(raw.pts).unwrap_or(0);
        let at = |ms: u32| pts + rescale(i64::from(ms), MILLIS, Rational::MICROS);
        (at(raw.start_display_time), at(raw.end_display_time))
    }

    fn rectangles(&self) -> impl Iterator<Item = &ffi::AVSubtitleRect> {
        let raw = &self.0.0;
        // SAFETY: as many entries as the subtitle says, alive as long as it.
        (0..raw.num_rects as usize).filter_map(move |i| unsafe { (*raw.rects.add(i)).as_ref() })
    }

    /// Bytes of its pictures.
    pub fn bytes(&self) -> usize {
        self.rectangles().map(|r| usize::try_from(r.linesize[0].saturating_mul(r.h)).unwrap_or(0)).sum::<usize>() + 256
    }
}

/// Decodes one stream of subtitles.
pub struct SubtitleDecoder(*mut ffi::AVCodecContext);

// SAFETY: used by one owner at a time.
unsafe impl Send for SubtitleDecoder {}

impl SubtitleDecoder {
    /// Opens it.
    pub fn open(stream: &StreamParameters, decode: &DecodePlan) -> Result<Self, AvError> {
        open_decoder(stream, decode, None).map(Self)
    }

    /// Decodes a packet.
    pub fn decode(&mut self, packet: &mut Packet) -> Result<Option<Subtitle>, AvError> {
        // SAFETY: the context is open; the subtitle is owned from here on, and freed when nobody has it any more.
        unsafe {
            let mut raw = Raw(std::mem::zeroed());
            let mut got = 0;
            AvError::check(ffi::avcodec_decode_subtitle2(self.0, &mut raw.0, &mut got, packet.as_mut_ptr()))?;
            Ok((got != 0).then(|| Subtitle(Arc::new(raw))))
        }
    }
}

impl Drop for SubtitleDecoder {
    fn drop(&mut self) {
        // SAFETY: owned; null is allowed.
        unsafe { ffi::avcodec_free_context(&mut self.0) };
    }
}

/// A transparent picture that subtitles are drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
}

impl Canvas {
    /// What its pictures look like.
    pub fn shape(self) -> FrameShape {
        FrameShape {
            format: ffi::AV_PIX_FMT_RGB32 as i32,
            width: self.width,
            height: self.height,
            ..FrameShape::unknown()
        }
    }

    /// A picture with the subtitle on it, or an empty one.
    pub fn draw(self, subtitle: Option<&Subtitle>) -> Result<Frame, AvError> {
        let mut frame = Frame::new()?;
        // SAFETY: the buffer is allocated before it is written; rectangles are checked against the picture's bounds.
        unsafe {
            let f = &mut *frame.as_mut_ptr();
            f.width = self.width;
            f.height = self.height;
            f.format = ffi::AV_PIX_FMT_RGB32 as i32;
            AvError::check(ffi::av_frame_get_buffer(f, 0))?;
            let line = f.linesize[0] as usize;
            ptr::write_bytes(f.data[0], 0, line * self.height as usize);
            for rect in subtitle.into_iter().flat_map(Subtitle::rectangles) {
                if rect.type_ != ffi::AVSubtitleType::SUBTITLE_BITMAP {
                    log::warn!("sub2video: non-bitmap subtitle");
                    continue;
                }
                if rect.x < 0 || rect.x + rect.w > self.width || rect.y < 0 || rect.y + rect.h > self.height {
                    log::warn!(
                        "sub2video: rectangle ({} {} {} {}) overflowing {} {}",
                        rect.x,
                        rect.y,
                        rect.w,
                        rect.h,
                        self.width,
                        self.height
                    );
                    continue;
                }
                let palette = rect.data[1].cast::<u32>();
                for y in 0..rect.h as usize {
                    let from = rect.data[0].add(y * rect.linesize[0] as usize);
                    let to = f.data[0].add((rect.y as usize + y) * line + rect.x as usize * 4).cast::<u32>();
                    for x in 0..rect.w as usize {
                        to.add(x).write_unaligned(palette.add(usize::from(*from.add(x))).read_unaligned());
                    }
                }
            }
        }
        Ok(frame)
    }
}
