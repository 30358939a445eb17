//! A way to end FFmpeg's blocking I/O from another thread.

use ffmpeg_sys_next as ffi;
use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by everything that may block in I/O and by who wants to end it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// A fresh one, not tripped.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends all I/O that watches this, now and later.
    pub fn trip(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// True once tripped.
    pub fn is_tripped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The callback for `AVFormatContext.interrupt_callback`; `self` must outlive the context.
    pub(crate) fn callback(&self) -> ffi::AVIOInterruptCB {
        ffi::AVIOInterruptCB { callback: Some(is_tripped), opaque: Arc::as_ptr(&self.0).cast_mut().cast() }
    }
}

unsafe extern "C" fn is_tripped(opaque: *mut c_void) -> c_int {
    // SAFETY: `opaque` is the flag of an `Interrupt` that its context's owner keeps alive.
    let tripped = unsafe { (*opaque.cast::<AtomicBool>()).load(Ordering::Acquire) };
    c_int::from(tripped)
}
