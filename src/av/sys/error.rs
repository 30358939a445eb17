//! FFmpeg's error codes.

use super::text_of;
use ffmpeg_sys_next as ffi;
use std::fmt;

/// An error code of an FFmpeg library, with its text on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvError(pub i32);

impl AvError {
    /// End of file.
    pub const EOF: AvError = AvError(ffi::AVERROR_EOF);
    /// More input is needed, or output must be taken first.
    pub const AGAIN: AvError = AvError(ffi::AVERROR(libc::EAGAIN));
    /// Data that cannot be read.
    pub const INVALID_DATA: AvError = AvError(ffi::AVERROR_INVALIDDATA);
    /// No memory.
    pub const NO_MEMORY: AvError = AvError(ffi::AVERROR(libc::ENOMEM));
    /// A wait was interrupted.
    pub const EXIT: AvError = AvError(ffi::AVERROR_EXIT);
    /// Time was up.
    pub const TIMED_OUT: AvError = AvError(ffi::AVERROR(libc::ETIMEDOUT));
    /// The peer does not have the protocol that was asked for.
    pub const NO_SUCH_PROTOCOL: AvError = AvError(ffi::AVERROR(libc::EPROTONOSUPPORT));
    /// A bad argument.
    pub const INVALID: AvError = AvError(ffi::AVERROR(libc::EINVAL));
    /// The peer wants a log-in, or another one (401).
    pub const UNAUTHORIZED: AvError = AvError(ffi::AVERROR_HTTP_UNAUTHORIZED);
    /// The peer does not allow it (403).
    pub const FORBIDDEN: AvError = AvError(ffi::AVERROR_HTTP_FORBIDDEN);
    /// The component is experimental.
    pub const EXPERIMENTAL: AvError = AvError(ffi::AVERROR_EXPERIMENTAL);

    /// `Ok` of a code that is not negative.
    pub fn check(code: i32) -> Result<i32, AvError> {
        if code < 0 { Err(AvError(code)) } else { Ok(code) }
    }

    /// How a connection ends that the peer closes.
    pub fn is_lost_connection(self) -> bool {
        matches!(self.errno(), Some(libc::EIO | libc::ECONNRESET | libc::EPIPE))
    }

    /// The operating system's error number, where it is one.
    pub fn errno(self) -> Option<i32> {
        (self.0 < 0 && self.0 > -4096).then_some(-self.0)
    }
}

impl fmt::Display for AvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0 as std::ffi::c_char; 256];
        // SAFETY: the buffer is writable for its whole length and ends up NUL-terminated.
        let text = unsafe {
            ffi::av_strerror(self.0, buffer.as_mut_ptr(), buffer.len());
            text_of(buffer.as_ptr())
        };
        f.write_str(&text)
    }
}

impl std::error::Error for AvError {}
