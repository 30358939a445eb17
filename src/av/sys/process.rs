//! What FFmpeg's libraries may use of the machine, how its threads take turns, and the time of day.

use super::{c_string, error::AvError};
use ffmpeg_sys_next as ffi;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

/// Limits the processor features that the libraries use (`-cpuflags`).
pub fn limit_cpu_features(text: &str) -> Result<(), AvError> {
    // SAFETY: the string lives during the call; the flags start from those found.
    unsafe {
        let mut flags = ffi::av_get_cpu_flags() as u32;
        AvError::check(ffi::av_parse_cpu_caps(&mut flags, c_string(text).as_ptr()))?;
        ffi::av_force_cpu_flags(flags as i32);
    }
    Ok(())
}

/// Ends the process at once, without what libraries do at its end: threads of theirs may still run, and those of libsrt then use
/// what is gone. What waits in C's streams is written (the protocol `md5:` prints by them); Rust's own output must have been
/// flushed.
pub fn end(status: u8) -> ! {
    // SAFETY: null means all streams, each of which is locked meanwhile. Who has closed a pipe has been told of otherwise.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    // SAFETY: ends the process.
    unsafe { libc::_exit(i32::from(status)) }
}

/// Whether the program was started without standard output. Rust opens `/dev/null` in the place of what is missing, before `main`
/// and so that nothing written there can fail: it is looked at before that.
static STDOUT_IS_MISSING: AtomicBool = AtomicBool::new(false);

#[used]
#[unsafe(link_section = ".init_array")]
static LOOK_AT_STDOUT: extern "C" fn() = {
    extern "C" fn look() {
        // SAFETY: asks for flags of a descriptor, open or not.
        let is_missing = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) } < 0;
        STDOUT_IS_MISSING.store(is_missing, Ordering::Relaxed);
    }
    look
};

/// True when the program was started without standard output (`>&-`), so that what is written to it is lost.
pub fn stdout_is_missing() -> bool {
    STDOUT_IS_MISSING.load(Ordering::Relaxed)
}

/// Sets how many processors the libraries count with (`-cpucount`).
pub fn set_cpu_count(count: i32) {
    // SAFETY: sets a number.
    unsafe { ffi::av_cpu_force_count(count) };
}

/// Sets the largest single allocation of the libraries, in bytes (`-max_alloc`).
pub fn set_max_alloc(bytes: usize) {
    // SAFETY: sets a number.
    unsafe { ffi::av_max_alloc(bytes as _) };
}

/// While it lives, threads that this one starts, and those that they start, take long turns on a processor: one that
/// wakes does not interrupt another's work (`SCHED_BATCH`). Nothing where the process has a policy of its own already. It
/// stays with its thread.
#[derive(Debug)]
pub struct LongTurns(PhantomData<*const ()>);

impl LongTurns {
    /// From now on; `None` where the system does not let it.
    pub fn begin() -> Option<Self> {
        // SAFETY: asks for the policy of the calling thread.
        let policy = unsafe { libc::sched_getscheduler(0) };
        (policy == libc::SCHED_OTHER && set_policy(libc::SCHED_BATCH)).then(|| Self(PhantomData))
    }
}

impl Drop for LongTurns {
    fn drop(&mut self) {
        set_policy(libc::SCHED_OTHER);
    }
}

/// Sets the policy of the calling thread.
fn set_policy(policy: libc::c_int) -> bool {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the structure lives during the call, which is about the calling thread only.
    unsafe { libc::sched_setscheduler(0, policy, &parameters) == 0 }
}

/// Processor time and memory that the process has used up to now (`getrusage`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessTimes {
    /// Microseconds in user mode.
    pub user_us: u64,
    /// Microseconds in the kernel.
    pub system_us: u64,
    /// Most memory ever held, in kibibytes.
    pub peak_kib: u64,
}

impl ProcessTimes {
    /// Asks the kernel; zeros where it does not tell.
    pub fn now() -> Self {
        // SAFETY: the structure is plain numbers, filled by the call.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &mut usage);
            usage
        };
        let microseconds = |time: libc::timeval| {
            u64::try_from(i64::from(time.tv_sec) * 1_000_000 + i64::from(time.tv_usec)).unwrap_or(0)
        };
        Self {
            user_us: microseconds(usage.ru_utime),
            system_us: microseconds(usage.ru_stime),
            peak_kib: u64::try_from(usage.ru_maxrss).unwrap_or(0),
        }
    }
}

/// A moment of the calendar as the clocks on the wall show it; `TZ` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Year, month (1 is January), day of the month.
    pub date: (i32, i32, i32),
    /// Hour, minute, second.
    pub time: (i32, i32, i32),
}

impl LocalTime {
    /// Now.
    pub fn now() -> Self {
        // SAFETY: asks for a number.
        Self::at(unsafe { libc::time(std::ptr::null_mut()) })
    }

    /// The moment so many seconds after the beginning of 1970, universal time.
    pub fn at(unix_s: i64) -> Self {
        // SAFETY: both structures are plain numbers, filled by the calls; `localtime_r` may leave `TZ` unread unless
        // `tzset` comes first, and nothing in this program changes the environment.
        let tm = unsafe {
            tzset();
            let mut tm: libc::tm = std::mem::zeroed();
            libc::localtime_r(&unix_s, &mut tm);
            tm
        };
        Self { date: (tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday), time: (tm.tm_hour, tm.tm_min, tm.tm_sec) }
    }
}

unsafe extern "C" {
    // POSIX; the crate `libc` declares it for some systems only.
    fn tzset();
}

/// The local time of day as `HHMMSS`.
pub fn time_of_day() -> String {
    let (hour, minute, second) = LocalTime::now().time;
    format!("{hour:02}{minute:02}{second:02}")
}
