//! `-benchmark`: time and memory that the process used.

use super::{level, say};

/// What a process used up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Seconds in user mode.
    pub user_s: f64,
    /// Seconds in the kernel.
    pub system_s: f64,
    /// Most memory ever held, in kibibytes.
    pub peak_kib: u64,
}

impl Usage {
    /// Asks the kernel; zeros where it does not tell.
    pub fn now() -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        Self::parse(&read("stat"), &read("status"), ticks)
    }

    fn parse(stat: &str, status: &str, ticks_per_second: f64) -> Self {
        // The name in brackets may hold anything; the fields behind it are counted from the third.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let seconds =
            |n: usize| fields.get(n - 3).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0) / ticks_per_second;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        Self {
            user_s: seconds(14),
            system_s: seconds(15),
            peak_kib: peak.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or(0),
        }
    }
}

/// ffmpeg's two lines.
pub fn show(before: Usage, elapsed_ns: i64) {
    let now = Usage::now();
    say(
        level::INFO,
        &format!(
            "bench: utime={:.3}s stime={:.3}s rtime={:.3}s",
            now.user_s - before.user_s,
            now.system_s - before.system_s,
            elapsed_ns as f64 / 1e9
        ),
    );
    say(level::INFO, &format!("bench: maxrss={}kB", now.peak_kib));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_tables_are_read() {
        let stat = "12 (a) b) R 1 1 1 0 -1 4194560 90 0 0 0 250 50 0 0 20 0 1 0 12 13";
        let usage = Usage::parse(stat, "Name:\tx\nVmHWM:\t   4321 kB\n", 100.0);
        assert_eq!(usage, Usage { user_s: 2.5, system_s: 0.5, peak_kib: 4321 });
        assert_eq!(Usage::parse("", "", 100.0), Usage::default());
    }
}
