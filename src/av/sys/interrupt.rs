//! A way to end FFmpeg's blocking I/O: from another thread, or at a deadline.

use ffmpeg_sys_next as ffi;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Shared by everything that may block in I/O and by who wants to end it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    tripped: AtomicBool,
    /// When what is under way must be over; 0 for never. Nanoseconds of [`now_ns`].
    deadline_ns: AtomicI64,
    /// The deadline passed while I/O was waiting.
    expired: AtomicBool,
    /// When what is under way began.
    began_ns: AtomicI64,
    /// Since when all must hurry; 0 for not at all.
    hurry_ns: AtomicI64,
    /// What one operation (or, with `in_all`, everything) may take from then on.
    patience_ns: i64,
    in_all: bool,
    parent: Option<Interrupt>,
    /// The parent no longer counts: what is left is to take leave.
    leaving: AtomicBool,
}

/// Nanoseconds since the first call; never 0.
fn now_ns() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    i64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(i64::MAX).saturating_add(1)
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

impl Interrupt {
    /// A fresh one, not tripped.
    pub fn new() -> Self {
        Self::default()
    }

    /// One with deadlines of its own, which ends with this one too. Once this one is told to hurry, `patience` is what
    /// a single operation may still take; with `in_all`, what all of them together may.
    pub fn child(&self, patience: Duration, in_all: bool) -> Self {
        Self(Arc::new(State {
            patience_ns: nanoseconds(patience),
            in_all,
            parent: Some(self.clone()),
            ..State::default()
        }))
    }

    /// Ends all I/O that watches this, now and later.
    pub fn trip(&self) {
        self.0.tripped.store(true, Ordering::Release);
    }

    /// Tells all children to hurry from now on.
    pub fn hurry(&self) {
        let _ = self.0.hurry_ns.compare_exchange(0, now_ns(), Ordering::AcqRel, Ordering::Acquire);
    }

    /// Begins an operation that must be over within that time, and forgets how the one before ended.
    pub fn begin(&self, limit: Option<Duration>) {
        let now = now_ns();
        let deadline = limit.map_or(0, |limit| now.saturating_add(nanoseconds(limit)));
        self.0.expired.store(false, Ordering::Release);
        self.0.began_ns.store(now, Ordering::Release);
        self.0.deadline_ns.store(deadline, Ordering::Release);
    }

    /// Whatever ended I/O so far, a goodbye may take so long.
    pub fn take_leave(&self, limit: Duration) {
        self.begin(Some(limit));
        self.0.leaving.store(true, Ordering::Release);
        self.0.tripped.store(false, Ordering::Release);
    }

    /// True when the operation was ended because its own time was over.
    pub fn has_expired(&self) -> bool {
        self.0.expired.load(Ordering::Acquire)
    }

    /// True once I/O must end.
    pub fn is_tripped(&self) -> bool {
        self.0.must_end()
    }

    /// The callback for `AVFormatContext.interrupt_callback`; `self` must outlive the context.
    pub(crate) fn callback(&self) -> ffi::AVIOInterruptCB {
        ffi::AVIOInterruptCB { callback: Some(is_tripped), opaque: Arc::as_ptr(&self.0).cast_mut().cast() }
    }
}

impl State {
    fn must_end(&self) -> bool {
        if self.tripped.load(Ordering::Acquire) {
            return true;
        }
        let deadline = self.deadline_ns.load(Ordering::Acquire);
        if deadline != 0 && now_ns() >= deadline {
            self.expired.store(true, Ordering::Release);
            return true;
        }
        let Some(parent) = &self.parent else { return false };
        if self.leaving.load(Ordering::Acquire) {
            return false;
        }
        let hurry = parent.0.hurry_ns.load(Ordering::Acquire);
        if hurry != 0 {
            let began = if self.in_all { 0 } else { self.began_ns.load(Ordering::Acquire) };
            if now_ns() >= hurry.max(began).saturating_add(self.patience_ns) {
                return true;
            }
        }
        parent.0.must_end()
    }
}

unsafe extern "C" fn is_tripped(opaque: *mut c_void) -> c_int {
    // SAFETY: `opaque` is the state of an `Interrupt` that its context's owner keeps alive.
    let state = unsafe { &*opaque.cast::<State>() };
    c_int::from(state.must_end())
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Option<Duration> = Some(Duration::ZERO);
    const LATER: Option<Duration> = Some(Duration::from_secs(3600));

    #[test]
    fn a_deadline_ends_one_operation_and_not_the_next() {
        let child = Interrupt::new().child(Duration::ZERO, false);
        child.begin(NOW);
        assert!(child.is_tripped() && child.has_expired());
        child.begin(LATER);
        assert!(!child.is_tripped() && !child.has_expired());
        child.begin(None);
        assert!(!child.is_tripped());
    }

    #[test]
    fn a_parent_s_trip_ends_its_children_and_not_the_other_way() {
        let parent = Interrupt::new();
        let (one, other) = (parent.child(Duration::ZERO, false), parent.child(Duration::ZERO, false));
        one.trip();
        assert!(one.is_tripped() && !other.is_tripped() && !parent.is_tripped());
        parent.trip();
        assert!(other.is_tripped() && !other.has_expired());
    }

    #[test]
    fn a_goodbye_has_its_own_time_whatever_was_tripped() {
        let parent = Interrupt::new();
        let child = parent.child(Duration::ZERO, true);
        parent.trip();
        child.trip();
        child.take_leave(Duration::from_secs(3600));
        assert!(!child.is_tripped());
        child.take_leave(Duration::ZERO);
        assert!(child.is_tripped());
    }

    #[test]
    fn who_is_hurried_has_patience_for_an_operation_or_for_all() {
        let parent = Interrupt::new();
        let (one, all) = (parent.child(Duration::from_secs(3600), false), parent.child(Duration::ZERO, true));
        assert!(!all.is_tripped());
        parent.hurry();
        one.begin(None);
        all.begin(None);
        assert!(!one.is_tripped() && all.is_tripped() && !all.has_expired());
        assert!(!parent.is_tripped());
    }
}
