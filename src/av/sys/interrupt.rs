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

/// A thread that may sit in a system call that only a signal ends: `read()` of a pipe, say. FFmpeg asks its interrupt
/// callback between such calls, not during one.
#[derive(Clone, Copy, Debug)]
pub struct BlockedThread(libc::pthread_t);

impl BlockedThread {
    /// The thread behind a handle. It must not be joined while this is used.
    pub fn of<T>(handle: &std::thread::JoinHandle<T>) -> Self {
        use std::os::unix::thread::JoinHandleExt;
        Self(handle.as_pthread_t() as libc::pthread_t)
    }

    /// Makes the system call that the thread sits in return, so that the interrupt callback is asked. `SIGURG` is used:
    /// nobody else sends it, and left alone it does nothing.
    pub fn wake(self) {
        static HANDLER: std::sync::Once = std::sync::Once::new();
        extern "C" fn nothing(_signal: c_int) {}
        HANDLER.call_once(|| {
            // SAFETY: the handler does nothing; without SA_RESTART system calls return EINTR.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = nothing as extern "C" fn(c_int) as usize;
                libc::sigaction(libc::SIGURG, &action, std::ptr::null_mut());
            }
        });
        // SAFETY: the thread has not been joined, by the promise of `of`; one that has ended is only not found.
        unsafe { libc::pthread_kill(self.0, libc::SIGURG) };
    }
}
