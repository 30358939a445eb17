//! Files that a muxer opens and closes by itself, such as the segments of HLS: not all muxers ask whether they could be written.

use crate::av::sys::error::AvError;
use ffmpeg_sys_next as ffi;
use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// The first error of such files; 0 for none.
#[derive(Debug, Default)]
pub(super) struct OwnFiles(Arc<AtomicI32>);

/// The option of muxers that are to go on whatever becomes of their files.
const IGNORES_ERRORS: &CStr = c"ignore_io_errors";

impl OwnFiles {
    /// Watches what a context closes, and those that it makes for its segments.
    ///
    /// # Safety
    ///
    /// `self` lives as long as the context; nobody else uses the context's `opaque`.
    pub(super) unsafe fn watch(&self, context: &mut ffi::AVFormatContext) {
        context.opaque = Arc::as_ptr(&self.0).cast_mut().cast();
        context.io_close2 = Some(close);
    }

    /// What went wrong first.
    pub(super) fn first_error(&self) -> Result<(), AvError> {
        AvError::check(self.0.load(Ordering::Relaxed)).map(drop)
    }
}

/// Writes what waits, notes whether that went well, and closes, as libavformat's own (`avio_close`).
unsafe extern "C" fn close(context: *mut ffi::AVFormatContext, io: *mut ffi::AVIOContext) -> i32 {
    if io.is_null() {
        return 0;
    }
    // SAFETY: the context is one that `watch` has seen, or one that a muxer gave the same fields; what it closes is open.
    unsafe {
        let writes = (*io).write_flag != 0;
        ffi::avio_flush(io);
        let error = (*io).error;
        let first = (*context).opaque.cast::<AtomicI32>().as_ref();
        let failed = error < 0 && error != ffi::AVERROR_EOF && !ignores_errors(context);
        if let (true, true, Some(first)) = (writes, failed, first) {
            let _ = first.compare_exchange(0, error, Ordering::Relaxed, Ordering::Relaxed);
        }
        ffi::avio_close(io)
    }
}

unsafe fn ignores_errors(context: *mut ffi::AVFormatContext) -> bool {
    let mut value = 0;
    let search = ffi::AV_OPT_SEARCH_CHILDREN as i32;
    // SAFETY: the caller's context begins with its class; the name is a C string, the value is a live local.
    let found = unsafe { ffi::av_opt_get_int(context.cast(), IGNORES_ERRORS.as_ptr(), search, &raw mut value) };
    found >= 0 && value != 0
}
