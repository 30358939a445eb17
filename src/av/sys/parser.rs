//! Parsers of pictures: what a coded picture tells of itself, without decoding it.

use super::{compat, error::AvError, output::Muxer, packet::Packet};
use crate::timing::Place;
use ffmpeg_sys_next as ffi;
use std::ptr;

/// libavcodec's parser for one stream.
pub struct PictureParser {
    parser: *mut ffi::AVCodecParserContext,
    context: *mut ffi::AVCodecContext,
    /// Pictures have numbers.
    numbered: bool,
}

// SAFETY: used by one owner at a time; no thread-bound state.
unsafe impl Send for PictureParser {}

impl PictureParser {
    /// The parser for the packets of a stream that is copied into a muxer; `None` where libavcodec has none.
    pub fn new(muxer: &Muxer, stream: usize) -> Result<Option<Self>, AvError> {
        // SAFETY: the muxer's stream has parameters; what is allocated is owned by the value, which frees it on every way out.
        unsafe {
            let parameters = muxer.parameters_ptr(stream);
            let parser = compat::parser_of((*parameters).codec_id);
            if parser.is_null() {
                return Ok(None);
            }
            let numbered =
                matches!((*parameters).codec_id, ffi::AVCodecID::AV_CODEC_ID_H264 | ffi::AVCodecID::AV_CODEC_ID_HEVC);
            let made = Self { parser, context: ffi::avcodec_alloc_context3(ptr::null()), numbered };
            if made.context.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            AvError::check(ffi::avcodec_parameters_to_context(made.context, parameters))?;
            (*made.parser).flags |= ffi::PARSER_FLAG_COMPLETE_FRAMES as i32;
            Ok(Some(made))
        }
    }

    /// From one picture's number to the next one's, as most encoders write them: H.264 counts fields.
    pub fn usual_step(&self) -> i64 {
        // SAFETY: never null.
        if unsafe { (*self.context).codec_id } == ffi::AVCodecID::AV_CODEC_ID_H264 { 2 } else { 1 }
    }

    /// The place of the picture that a packet holds.
    pub fn place(&mut self, packet: &Packet) -> Place {
        let none = ffi::AV_NOPTS_VALUE;
        let (mut out, mut size) = (ptr::null_mut(), 0);
        let data = packet.data();
        // SAFETY: both contexts are live; a packet's data is padded, as parsers want it.
        unsafe {
            let (bytes, length) = (data.as_ptr(), i32::try_from(data.len()).unwrap_or(i32::MAX));
            ffi::av_parser_parse2(self.parser, self.context, &mut out, &mut size, bytes, length, none, none, -1);
            if self.numbered {
                return Place::Numbered((*self.parser).output_picture_number.into());
            }
            let kind = (*self.parser).pict_type;
            if kind == ffi::AVPictureType::AV_PICTURE_TYPE_B as i32 { Place::Between } else { Place::Anchor }
        }
    }
}

impl Drop for PictureParser {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe {
            ffi::av_parser_close(self.parser);
            ffi::avcodec_free_context(&mut self.context);
        }
    }
}
