//! What FFmpeg's libraries may use of the machine, and the time of day.

use super::{c_string, error::AvError};
use ffmpeg_sys_next as ffi;

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
