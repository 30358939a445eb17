//! Tells how far a run is, at even intervals, from a thread of its own; and once more at its end.

use super::expected::Span;
use super::progress::ProgressSink;
use super::snapshot::{QuantiserCounts, Snapshot};
use super::{status, terminal};
use crate::engine::Meter;
use crate::engine::clock::Clock;
use crate::engine::commands::Commands;
use crate::engine::stop::Latch;
use crate::engine::threads::spawn;
use crate::plan::Plan;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::Duration;

/// Until the outputs' headers are written nothing is told; looked for this often.
const FIRST: Duration = Duration::from_millis(40);

/// What is told of a run, and where.
pub struct ProgressSettings {
    /// `-stats`, `-nostats`.
    pub stats: Option<bool>,
    /// `-stats_period`.
    pub period: Duration,
    /// `-progress`.
    pub sink: Option<ProgressSink>,
    /// Show percentage and time to go on the terminal.
    pub extras: bool,
    /// Keys of `-progress` that ffmpeg does not have.
    pub own_keys: bool,
    /// From when to when the output's media will be.
    pub span: Option<Span>,
    /// `-copyts`: times are told from the first one on.
    pub copy_timestamps: bool,
    /// What the keyboard asks: the quantisers' histogram.
    pub commands: Commands,
}

/// The thread and what ends it.
pub struct Ticker {
    ended: Latch,
    thread: JoinHandle<Teller>,
}

struct Teller {
    settings: ProgressSettings,
    plan: Arc<Plan>,
    meter: Arc<Meter>,
    clock: Clock,
    quantisers: QuantiserCounts,
}

impl Ticker {
    /// Starts to tell.
    pub fn start(settings: ProgressSettings, plan: Arc<Plan>, meter: Arc<Meter>) -> std::io::Result<Self> {
        let ended = Latch::default();
        let watched = ended.clone();
        let mut teller =
            Teller { settings, plan, meter, clock: Clock::start(), quantisers: QuantiserCounts::default() };
        let thread = spawn("progress", move || {
            while !teller.has_begun() {
                if watched.receiver().recv_timeout(FIRST) == Err(crossbeam_channel::RecvTimeoutError::Disconnected) {
                    return teller;
                }
            }
            let period_ns = i64::try_from(teller.settings.period.as_nanos()).unwrap_or(i64::MAX).max(1);
            let mut due_ns = teller.clock.now_ns();
            loop {
                if let (Some(block), Some(sink)) = (teller.tell(None), &teller.settings.sink) {
                    sink.write(block);
                }
                due_ns = due_ns.saturating_add(period_ns).max(teller.clock.now_ns());
                if !teller.clock.wait_until(due_ns, &watched) {
                    return teller;
                }
            }
        })?;
        Ok(Self { ended, thread })
    }

    /// Ends without a last word. `patience` is what a reader of `-progress` gets to take what was told.
    pub fn stop(self, patience: Duration) {
        self.ended.trip();
        if let Ok(teller) = self.thread.join()
            && let Some(sink) = teller.settings.sink
        {
            sink.finish(None, patience);
        }
    }

    /// Tells for the last time. `complete`: nothing stopped the run before its end; `patience`: as in [`Ticker::stop`].
    pub fn finish(self, complete: bool, patience: Duration) {
        self.ended.trip();
        if let Ok(mut teller) = self.thread.join() {
            let last = teller.tell(Some(complete));
            if let Some(sink) = teller.settings.sink {
                sink.finish(last, patience);
            }
        }
    }
}

impl Teller {
    fn has_begun(&self) -> bool {
        self.meter.outputs.iter().all(|output| {
            output.file_bytes.load(Relaxed) >= 0 || output.streams.iter().any(|s| s.packets.load(Relaxed) > 0)
        })
    }

    /// Tells people, and gives the block for programs. `end`: it is the last time, and whether all was done.
    fn tell(&mut self, end: Option<bool>) -> Option<String> {
        let last = end.is_some();
        let mut now = Snapshot::take(&self.plan, &self.meter, self.clock.now_us(), self.settings.span);
        if self.settings.copy_timestamps {
            now.out_us = now.out_us.map(|us| us - now.first_us.unwrap_or(0));
        }
        now.complete = end == Some(true);
        if let (true, Some(video)) = (self.settings.commands.qp_histogram(), now.videos.first()) {
            self.quantisers.count(video.quality);
            now.quantisers = Some(self.quantisers.clone());
        }
        if last || self.settings.stats != Some(false) {
            let extra = self.settings.extras.then(|| status::extra(&now)).flatten();
            let raw = self.settings.stats == Some(true);
            terminal::status(&status::line(&now, last), extra.as_deref(), last, raw);
        }
        self.settings.sink.as_ref().map(|_| status::block(&now, last, self.settings.own_keys))
    }
}
