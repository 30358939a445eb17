//! What the user wants to see of a decoder or an encoder while it runs: what each call costs (`-benchmark_all`), what it
//! tells its developers (the keys `d` and `D`), and which times pass (`-debug_ts`).

use super::clock::Clock;
use super::commands::Commands;
use crate::av::ProcessTimes;

/// The eye on one decoder or encoder.
#[derive(Debug, Default)]
pub struct Oversight {
    commands: Commands,
    debug_seen: u64,
    /// `-debug_ts`.
    pub(super) tells_times: bool,
    stopwatch: Option<Stopwatch>,
}

#[derive(Debug)]
struct Stopwatch {
    clock: Clock,
    /// What is watched, such as `video 0:1`.
    subject: String,
    before: (ProcessTimes, i64),
}

impl Oversight {
    /// Listens to `commands`; `benchmark` is what is watched, such as `video 0:1`, when calls are to be timed;
    /// `tells_times`: lines about timestamps are wanted.
    pub fn new(commands: Commands, benchmark: Option<String>, tells_times: bool) -> Self {
        let stopwatch =
            benchmark.map(|subject| Stopwatch { clock: Clock::start(), subject, before: (ProcessTimes::default(), 0) });
        Self { commands, debug_seen: 0, tells_times, stopwatch }
    }

    /// The flags that the user has set since this was asked last.
    pub(super) fn new_debug_flags(&mut self) -> Option<i32> {
        self.commands.debug_since(&mut self.debug_seen)
    }

    /// A call begins.
    pub(super) fn begin(&mut self) {
        if let Some(watch) = &mut self.stopwatch {
            watch.before = watch.now();
        }
    }

    /// A call has ended: tells what it cost. The next one begins.
    ///
    /// As in ffmpeg, processor time is the whole process's, so that of stages beside this one is in it.
    pub(super) fn end(&mut self, action: &str) {
        let Some(watch) = &mut self.stopwatch else { return };
        let (times, real_us) = watch.now();
        let (before, real_before_us) = watch.before;
        log::info!(
            "bench: {:8} user {:8} sys {:8} real {action}_{} ",
            times.user_us.saturating_sub(before.user_us),
            times.system_us.saturating_sub(before.system_us),
            real_us - real_before_us,
            watch.subject
        );
        watch.before = watch.now();
    }
}

impl Stopwatch {
    fn now(&self) -> (ProcessTimes, i64) {
        (ProcessTimes::now(), self.clock.now_us())
    }
}
