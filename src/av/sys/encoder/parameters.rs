//! What a muxer must know of an encoder: an owned copy of its stream parameters.

use crate::av::sys::{compat, copy_of_parameters, error::AvError, extradata_of};
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;

/// An encoder's stream parameters for the muxer.
pub struct EncodedParameters {
    pub(crate) parameters: *mut ffi::AVCodecParameters,
    pub(crate) side_data: Vec<(ffi::AVPacketSideDataType, Vec<u8>)>,
    /// The encoder's time base.
    pub time_base: Rational,
    /// The frame rate, or unknown.
    pub frame_rate: Rational,
    /// The pixel aspect ratio, or unknown.
    pub sample_aspect_ratio: Rational,
}

// SAFETY: owned copy without thread-bound state.
unsafe impl Send for EncodedParameters {}

impl Drop for EncodedParameters {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::avcodec_parameters_free(&mut self.parameters) };
    }
}

impl EncodedParameters {
    /// Those of an open encoder; `rates` are its frame rate and pixel aspect ratio, where it has them.
    ///
    /// # Safety
    /// The context is open, and nothing else touches it.
    pub(in crate::av::sys) unsafe fn of(
        encoder: *const ffi::AVCodecContext,
        time_base: Rational,
        (frame_rate, sample_aspect_ratio): (Rational, Rational),
    ) -> Result<Self, AvError> {
        // SAFETY: the caller's promise; the copy is owned by the value returned.
        unsafe {
            let parameters = ffi::avcodec_parameters_alloc();
            if parameters.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            let side_data = compat::coded_side_data(encoder);
            let encoded = Self { parameters, side_data, time_base, frame_rate, sample_aspect_ratio };
            AvError::check(ffi::avcodec_parameters_from_context(parameters, encoder))?;
            Ok(encoded)
        }
    }

    /// The codec's header; empty when there is none.
    pub fn extradata(&self) -> &[u8] {
        // SAFETY: the parameters are valid as long as their owner.
        extradata_of(unsafe { &*self.parameters })
    }

    /// A copy, for another muxer.
    pub fn share(&self) -> Result<Self, AvError> {
        Ok(Self {
            // SAFETY: the parameters are valid; the copy is owned by the value returned.
            parameters: unsafe { copy_of_parameters(self.parameters) }?,
            side_data: self.side_data.clone(),
            time_base: self.time_base,
            frame_rate: self.frame_rate,
            sample_aspect_ratio: self.sample_aspect_ratio,
        })
    }
}

impl std::fmt::Debug for EncodedParameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncodedParameters").field("time_base", &self.time_base).finish_non_exhaustive()
    }
}
