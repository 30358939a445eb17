//! Arithmetic expressions by libavutil.

use super::{c_string, error::AvError};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// A parsed expression over named constants.
#[derive(Debug)]
pub struct Expression(*mut ffi::AVExpr);

// SAFETY: used by one owner at a time; no thread-bound state.
unsafe impl Send for Expression {}

impl Expression {
    /// Parses `text`; `names` are the constants that it may use.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, AvError> {
        let text = c_string(text);
        let owned: Vec<_> = names.iter().map(|n| c_string(n)).collect();
        let mut pointers: Vec<_> = owned.iter().map(|n| n.as_ptr()).collect();
        pointers.push(ptr::null());
        let mut expression = ptr::null_mut();
        // SAFETY: all strings outlive the call; the list of names ends with null.
        AvError::check(unsafe {
            ffi::av_expr_parse(
                &mut expression,
                text.as_ptr(),
                pointers.as_ptr(),
                ptr::null(),
                ptr::null_mut(),
                ptr::null(),
                ptr::null_mut(),
                0,
                ptr::null_mut(),
            )
        })?;
        Ok(Self(expression))
    }

    /// Its value; `constants` in the order of the names, as many.
    pub fn evaluate(&mut self, constants: &[f64]) -> f64 {
        // SAFETY: the expression is valid and knows no more constants than given.
        unsafe { ffi::av_expr_eval(self.0, constants.as_ptr(), ptr::null_mut()) }
    }
}

impl Drop for Expression {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::av_expr_free(self.0) };
    }
}
