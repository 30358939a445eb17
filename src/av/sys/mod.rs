//! The one place where FFmpeg's C interface is called.

// C constants and fields have other integer types in other versions of FFmpeg.
#![allow(clippy::unnecessary_cast, clippy::useless_conversion)]

pub mod bitstream;
pub mod canvas;
pub mod catalog;
pub mod channel_layout;
#[cfg(not(ffmpeg_9_0))]
mod checksum;
pub mod compat;
pub mod decoder;
pub(crate) mod devices;
pub mod dictionary;
mod display;
pub mod encoder;
pub mod error;
pub mod expression;
pub mod file;
mod filter_arguments;
pub mod formats;
pub mod frame;
pub mod graph;
pub mod hardware;
#[cfg(ffmpeg_7_0)]
mod iamf;
mod idle_filter;
pub mod input;
pub mod interrupt;
pub mod library;
pub mod listing;
pub mod log;
mod option_values;
pub mod options;
pub mod output;
pub mod packet;
mod pads;
pub mod parser;
pub mod process;
mod reassembly;
pub mod silence;
pub mod sockets;
pub mod subtitle;
mod trial_encoder;

use crate::octets;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::{CStr, CString, c_char};

/// A C string of `text`; a NUL inside ends it.
pub(crate) fn c_string(text: &str) -> CString {
    let clean = text.split('\0').next().unwrap_or_default();
    CString::new(octets::to_bytes(clean)).unwrap_or_default()
}

/// The codec's header in a stream's parameters; empty when there is none.
pub(crate) fn extradata_of(parameters: &ffi::AVCodecParameters) -> &[u8] {
    match usize::try_from(parameters.extradata_size) {
        // SAFETY: the header has as many bytes as it says, and lives as long as the parameters.
        Ok(size) if size > 0 && !parameters.extradata.is_null() => unsafe {
            std::slice::from_raw_parts(parameters.extradata, size)
        },
        _ => &[],
    }
}

/// A copy of a stream's parameters, to be freed by whoever gets it.
///
/// # Safety
/// `parameters` points to valid ones.
pub(crate) unsafe fn copy_of_parameters(
    parameters: *const ffi::AVCodecParameters,
) -> Result<*mut ffi::AVCodecParameters, error::AvError> {
    // SAFETY: the caller's promise; what is allocated here is freed when it cannot be filled.
    unsafe {
        let mut copy = ffi::avcodec_parameters_alloc();
        if copy.is_null() {
            return Err(error::AvError::NO_MEMORY);
        }
        match error::AvError::check(ffi::avcodec_parameters_copy(copy, parameters)) {
            Ok(_) => Ok(copy),
            Err(cause) => {
                ffi::avcodec_parameters_free(&mut copy);
                Err(cause)
            }
        }
    }
}

/// The text of a C string that may be null.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that lives during the call.
pub(crate) unsafe fn text_of(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, NUL-terminated by the caller's promise.
    octets::to_text(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A timestamp without FFmpeg's `AV_NOPTS_VALUE`.
pub(crate) fn known(ticks: i64) -> Option<i64> {
    (ticks != ffi::AV_NOPTS_VALUE).then_some(ticks)
}

/// A timestamp as FFmpeg writes it.
pub(crate) fn raw(ticks: Option<i64>) -> i64 {
    ticks.unwrap_or(ffi::AV_NOPTS_VALUE)
}

impl From<ffi::AVRational> for Rational {
    fn from(q: ffi::AVRational) -> Self {
        Rational::new(q.num, q.den)
    }
}

impl From<Rational> for ffi::AVRational {
    fn from(q: Rational) -> Self {
        ffi::AVRational { num: q.num, den: q.den }
    }
}
