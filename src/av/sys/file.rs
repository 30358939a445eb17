//! Files that are written beside the outputs, by FFmpeg's protocols.

use super::{c_string, error::AvError};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// A file, pipe or connection that is open for writing.
pub struct OutputFile(*mut ffi::AVIOContext);

// SAFETY: the context is used by one owner at a time and has no thread-bound state.
unsafe impl Send for OutputFile {}

impl OutputFile {
    /// Opens a URL of any protocol that can be written to; a file is emptied.
    pub fn create(url: &str) -> Result<Self, AvError> {
        let mut context = ptr::null_mut();
        // SAFETY: the string lives during the call; the context is set on success.
        AvError::check(unsafe {
            ffi::avio_open2(
                &mut context,
                c_string(url).as_ptr(),
                ffi::AVIO_FLAG_WRITE as i32,
                ptr::null(),
                ptr::null_mut(),
            )
        })?;
        Ok(Self(context))
    }

    /// Writes all of it, now.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), AvError> {
        // SAFETY: the context is open; the bytes live during the call.
        unsafe {
            ffi::avio_write(self.0, bytes.as_ptr(), i32::try_from(bytes.len()).map_err(|_| AvError::INVALID)?);
            ffi::avio_flush(self.0);
            AvError::check((*self.0).error).map(drop)
        }
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // SAFETY: owned; what is buffered is written.
        unsafe { ffi::avio_closep(&mut self.0) };
    }
}
