//! Waiting for a moment, unless a latch trips first.

use super::stop::Latch;
use std::time::{Duration, Instant};

/// So many microseconds; none where they are negative.
pub fn microseconds(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

/// Nanoseconds since it was made, and waits until such a time.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// Starts at zero.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub fn now_ns(&self) -> i64 {
        i64::try_from(self.0.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }

    /// Microseconds since the start.
    pub fn now_us(&self) -> i64 {
        self.now_ns() / 1000
    }

    /// Waits until `due_ns`; `false` when the latch tripped first.
    pub fn wait_until(&self, due_ns: i64, latch: &Latch) -> bool {
        let deadline = self.0 + Duration::from_nanos(u64::try_from(due_ns).unwrap_or(0));
        if Instant::now() >= deadline {
            return !latch.is_tripped();
        }
        matches!(latch.receiver().recv_deadline(deadline), Err(crossbeam_channel::RecvTimeoutError::Timeout))
    }
}

#[cfg(test)]
mod tests;
