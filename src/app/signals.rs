//! Signals: the first one ends the job in good order, the second one at once.

use super::{Exit, keyboard};
use crate::engine::StopSignal;
use crate::engine::stop::Latch;
use crate::engine::threads::spawn;
use crate::report::{level, say, terminal};
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM, SIGXCPU, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

/// What a second signal, or one before the job runs, leaves for things to end by themselves.
const PATIENCE: Duration = Duration::from_millis(700);

/// What telling of it may take.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What came from outside.
#[derive(Clone, Debug, Default)]
pub(super) struct Outside {
    /// The latches that the engine watches.
    pub(super) stop: StopSignal,
    /// Tripped when the job runs: from then on it ends by its latches.
    pub(super) running: Latch,
    /// Tripped when all is done but for the last words.
    pub(super) ended: Latch,
    signal: Arc<AtomicI32>,
    quit: Arc<AtomicBool>,
    asking: Arc<AtomicBool>,
}

impl Outside {
    /// The first signal that came.
    pub(super) fn signal(&self) -> Option<i32> {
        Some(self.signal.load(Ordering::Acquire)).filter(|signal| *signal != 0)
    }

    /// Somebody waits for the end: a signal came, or the key `q`.
    pub(super) fn is_asked_to_end(&self) -> bool {
        self.signal().is_some() || self.quit.load(Ordering::Acquire)
    }

    /// The key `q` came.
    pub(super) fn quit(&self) {
        if !self.quit.swap(true, Ordering::AcqRel) {
            // With the empty lines that ffmpeg puts around it.
            say(level::INFO, "\n[q] command received. Exiting.\n");
            self.stop.drain();
        }
    }

    /// While a question waits for its answer a signal ends the program.
    pub(super) fn set_asking(&self, asking: bool) {
        self.asking.store(asking, Ordering::Release);
    }

    /// Watches for signals from a thread of its own. With `keys`, SIGQUIT counts too, as in ffmpeg.
    pub(super) fn watch(&self, keys: bool) -> std::io::Result<()> {
        let mut wanted = vec![SIGINT, SIGTERM, SIGXCPU];
        if keys {
            wanted.push(SIGQUIT);
        }
        // A file that may not grow any more (`ulimit -f`) is an error of writing.
        signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        let mut signals = Signals::new(wanted)?;
        let outside = self.clone();
        spawn("signals", move || {
            for signal in signals.forever() {
                outside.receive(signal);
            }
        })?;
        Ok(())
    }

    fn receive(&self, signal: i32) {
        let is_first = self.signal.compare_exchange(0, signal, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if is_first {
            self.stop.drain();
        } else {
            self.stop.abort();
        }
        if self.asking.load(Ordering::Acquire) {
            self.leave();
        }
        let (has_begun, has_ended) = (self.running.is_tripped(), self.ended.is_tripped());
        if is_first && has_begun && !has_ended {
            return;
        }
        let begin = if is_first && !has_begun { self.running.clone() } else { Latch::default() };
        crossbeam_channel::select! {
            recv(begin.receiver()) -> _ => {}
            recv(self.ended.receiver()) -> _ => self.leave_after_last_words(),
            default(PATIENCE) => self.leave(),
        }
    }

    /// All is done but for what is told at the end, which who does not read it could hold up for ever.
    fn leave_after_last_words(&self) {
        let _ = Latch::default().receiver().recv_timeout(PATIENCE);
        self.leave();
    }

    /// Leaves at once, with nothing run on the way but what the terminal needs.
    fn leave(&self) {
        keyboard::restore();
        let told = Latch::default();
        let (told_there, signal) = (told.clone(), self.signal().unwrap_or(0));
        // A stderr that nobody reads must not hold it up.
        let speaker = spawn("last words", move || {
            terminal::finish();
            say(level::INFO, &format!("Exiting at once, received signal {signal}."));
            told_there.trip();
        });
        if speaker.is_ok() {
            let _ = told.receiver().recv_timeout(LAST_WORDS);
        }
        signal_hook::low_level::exit(Exit::Signal as i32);
    }
}
