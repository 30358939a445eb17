//! `-benchmark`: time and memory that the process used.

use super::{level, say};
use crate::av::ProcessTimes;

/// ffmpeg's two lines.
pub fn show(before: ProcessTimes, elapsed_ns: i64) {
    let now = ProcessTimes::now();
    let seconds = |us: u64| us as f64 / 1e6;
    say(
        level::INFO,
        &format!(
            "bench: utime={:.3}s stime={:.3}s rtime={:.3}s",
            seconds(now.user_us.saturating_sub(before.user_us)),
            seconds(now.system_us.saturating_sub(before.system_us)),
            elapsed_ns as f64 / 1e9
        ),
    );
    say(level::INFO, &format!("bench: maxrss={}kB", now.peak_kib));
}
