//! What a decoder or a muxer wants to know of a stream, apart from the demuxer.

use super::Demuxer;
use crate::av::sys::{
    channel_layout::ChannelLayout, compat, copy_of_parameters, encoder::EncodedParameters, error::AvError,
    frame::FrameShape, graph::Margins,
};
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ptr;

/// A copy of a stream's codec parameters with what else a decoder or a muxer wants to know.
pub struct StreamParameters {
    parameters: *mut ffi::AVCodecParameters,
    /// The stream's time base.
    pub time_base: Rational,
    /// What `av_guess_frame_rate` says.
    pub frame_rate: Rational,
    /// The container's pixel aspect ratio.
    pub sample_aspect_ratio: Rational,
    /// The stream is a cover picture.
    pub attached_picture: bool,
    pub(crate) side_data: Vec<(ffi::AVPacketSideDataType, Vec<u8>)>,
}

// SAFETY: owned copy without thread-bound state.
unsafe impl Send for StreamParameters {}

impl StreamParameters {
    pub(crate) fn as_ptr(&self) -> *const ffi::AVCodecParameters {
        self.parameters
    }

    /// Those of an encoder's packets, for who decodes them.
    pub fn of_encoder(encoded: &EncodedParameters) -> Result<Self, AvError> {
        Ok(Self {
            // SAFETY: the parameters are valid; the copy is owned by the value returned.
            parameters: unsafe { copy_of_parameters(encoded.parameters) }?,
            time_base: encoded.time_base,
            frame_rate: encoded.frame_rate,
            sample_aspect_ratio: encoded.sample_aspect_ratio,
            attached_picture: false,
            side_data: encoded.side_data.clone(),
        })
    }

    /// What its frames will look like as far as the container tells; for streams that never give one.
    pub fn shape(&self) -> FrameShape {
        // SAFETY: never null.
        let par = unsafe { &*self.parameters };
        let sound = par.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_AUDIO;
        FrameShape {
            format: par.format,
            width: par.width,
            height: par.height,
            sample_rate_hz: par.sample_rate,
            channel_layout: if sound { ChannelLayout::of(&par.ch_layout) } else { ChannelLayout::None },
            sample_aspect_ratio: par.sample_aspect_ratio.into(),
            colours: compat::stream_colours(par),
            display_matrix: None,
            hardware: None,
        }
    }

    /// The display matrix of the stream, unless it is there but empty.
    pub fn display_matrix(&self) -> Option<[i32; 9]> {
        let (_, bytes) =
            self.side_data.iter().find(|(k, _)| *k == ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX)?;
        let mut matrix = [0; 9];
        for (value, chunk) in matrix.iter_mut().zip(bytes.chunks_exact(4)) {
            *value = i32::from_ne_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        Some(matrix)
    }
}

impl StreamParameters {
    /// What the container says is to be cut off the pictures.
    pub fn margins(&self) -> Option<Margins> {
        let (_, bytes) = self.side_data.iter().find(|(kind, _)| Some(*kind) == compat::CONTAINER_CROPPING)?;
        Margins::read(bytes)
    }
}

impl Drop for StreamParameters {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::avcodec_parameters_free(&mut self.parameters) };
    }
}

impl Demuxer {
    /// A copy of what a decoder needs.
    pub fn parameters(&self, index: usize) -> Result<StreamParameters, AvError> {
        let stream = self.stream(index);
        // SAFETY: a live stream; the copy is freed by its owner.
        unsafe {
            Ok(StreamParameters {
                parameters: copy_of_parameters((*stream).codecpar)?,
                time_base: (*stream).time_base.into(),
                frame_rate: ffi::av_guess_frame_rate(self.context, stream, ptr::null_mut()).into(),
                sample_aspect_ratio: (*stream).sample_aspect_ratio.into(),
                attached_picture: (*stream).disposition & ffi::AV_DISPOSITION_ATTACHED_PIC != 0,
                side_data: compat::stream_side_data(stream),
            })
        }
    }
}
