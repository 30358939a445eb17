//! What FFmpeg's libraries may use of the machine, how its threads take turns, and the time of day.

use super::{c_string, error::AvError};
use ffmpeg_sys_next as ffi;
use std::marker::PhantomData;

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

/// The local time of day as `HHMMSS`.
pub fn time_of_day() -> String {
    // SAFETY: both structures are plain numbers, filled by the calls.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        let now = libc::time(std::ptr::null_mut());
        libc::localtime_r(&now, &mut tm);
        format!("{:02}{:02}{:02}", tm.tm_hour, tm.tm_min, tm.tm_sec)
    }
}
