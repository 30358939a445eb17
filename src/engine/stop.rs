//! Stopping: two latches that every wait in the engine watches.

use crate::av::Interrupt;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Something that happens once, and that any number of waits can select on.
///
/// It is a channel whose only sender is dropped on trip, so that each receiver wakes at once.
#[derive(Clone, Debug)]
pub struct Latch {
    sender: Arc<Mutex<Option<Sender<Infallible>>>>,
    receiver: Receiver<Infallible>,
    /// The same fact, for those who only look.
    tripped: Arc<AtomicBool>,
}

impl Default for Latch {
    fn default() -> Self {
        let (sender, receiver) = bounded(0);
        Self { sender: Arc::new(Mutex::new(Some(sender))), receiver, tripped: Arc::default() }
    }
}

impl Latch {
    /// Trips it; more than once does nothing.
    pub fn trip(&self) {
        self.tripped.store(true, Ordering::Release);
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// True once tripped.
    pub fn is_tripped(&self) -> bool {
        self.tripped.load(Ordering::Acquire)
    }

    /// For `select!`: becomes ready (disconnected) on trip.
    pub fn receiver(&self) -> &Receiver<Infallible> {
        &self.receiver
    }
}

/// How a run is told to end.
#[derive(Clone, Debug, Default)]
pub struct StopSignal {
    /// Sources stop; what is under way is flushed; trailers are written.
    pub drain: Latch,
    /// Everything ends now.
    pub abort: Latch,
    /// Ends blocking input at once; tripped with either latch.
    pub input_interrupt: Interrupt,
    /// Ends blocking output at once; tripped with `abort`. With `drain` those who write to a peer are told to hurry.
    pub output_interrupt: Interrupt,
}

impl StopSignal {
    /// A fresh signal.
    pub fn new() -> Self {
        Self::default()
    }

    /// First wish to stop.
    pub fn drain(&self) {
        self.output_interrupt.hurry();
        self.drain.trip();
        self.input_interrupt.trip();
    }

    /// Second wish to stop, or a failed stage.
    pub fn abort(&self) {
        self.abort.trip();
        self.drain.trip();
        self.input_interrupt.trip();
        self.output_interrupt.trip();
    }
}
