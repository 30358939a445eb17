//! Links: the only channels of the engine. Bounded by count and by bytes; a port can be closed from its far end.

use super::stop::Latch;
use crossbeam_channel::{Receiver, Sender, bounded, select};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What flows through a link.
pub trait Flowing: Send + Sized + 'static {
    /// Bytes that it keeps in memory.
    fn bytes(&self) -> usize;
    /// A second one that shares the data, for a link with several ends.
    fn share(&self) -> Result<Self, crate::av::AvError>;
}

/// How much a link holds.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Items at the most.
    pub items: usize,
    /// Bytes at the most; a single item may exceed it.
    pub bytes: usize,
}

/// What arrives at a stage: from which of its ports, and what.
#[derive(Debug)]
pub struct Tagged<T> {
    /// The port.
    pub port: usize,
    /// An item, or `None`: nothing more comes on this port.
    pub item: Option<T>,
}

#[derive(Debug)]
struct Budget {
    bytes: AtomicUsize,
    limit: usize,
}

/// The sending end of one port of a link.
#[derive(Debug)]
pub struct LinkSender<T> {
    sender: Sender<Tagged<T>>,
    budget: Arc<Budget>,
    space: Receiver<()>,
    space_again: Sender<()>,
    closed: Arc<AtomicBool>,
    port: usize,
}

/// The receiving end of a link.
#[derive(Debug)]
pub struct Inlet<T> {
    receiver: Receiver<Tagged<T>>,
    budget: Arc<Budget>,
    space: Sender<()>,
    ports: Vec<Arc<AtomicBool>>,
}

/// Why an item was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The far end wants no more.
    Closed,
    /// The run was aborted.
    Aborted,
}

/// Makes a link with `ports` sending ends.
pub fn link<T: Flowing>(capacity: Capacity, ports: usize) -> (Vec<LinkSender<T>>, Inlet<T>) {
    let (sender, receiver) = bounded(capacity.items.max(1));
    let (space_sender, space_receiver) = bounded(1);
    let budget = Arc::new(Budget { bytes: AtomicUsize::new(0), limit: capacity.bytes });
    let closed: Vec<_> = (0..ports).map(|_| Arc::new(AtomicBool::new(false))).collect();
    let senders = closed
        .iter()
        .enumerate()
        .map(|(port, closed)| LinkSender {
            sender: sender.clone(),
            budget: Arc::clone(&budget),
            space: space_receiver.clone(),
            space_again: space_sender.clone(),
            closed: Arc::clone(closed),
            port,
        })
        .collect();
    (senders, Inlet { receiver, budget, space: space_sender, ports: closed })
}

impl<T: Flowing> LinkSender<T> {
    /// True while the far end takes items of this port.
    pub fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// Sends an item, or (`None`) that nothing follows. Waits for room; wakes at once on abort.
    pub fn send(&self, item: Option<T>, abort: &Latch) -> Result<(), SendError> {
        if !self.is_open() {
            return Err(SendError::Closed);
        }
        let bytes = item.as_ref().map_or(0, Flowing::bytes);
        // Bytes first: an item is let in when it fits, or when nothing else is there.
        loop {
            let held = self.budget.bytes.load(Ordering::Acquire);
            if held == 0 || held + bytes <= self.budget.limit || bytes == 0 {
                break;
            }
            select! {
                recv(self.space) -> _ => {}
                recv(abort.receiver()) -> _ => return Err(SendError::Aborted),
            }
            if !self.is_open() {
                return Err(SendError::Closed);
            }
        }
        let held = self.budget.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        if held < self.budget.limit {
            // Another sender may be waiting for the same token.
            let _ = self.space_again.try_send(());
        }
        let tagged = Tagged { port: self.port, item };
        select! {
            send(self.sender, tagged) -> sent => sent.map_err(|_| SendError::Closed),
            recv(abort.receiver()) -> _ => Err(SendError::Aborted),
        }
    }

    /// Items waiting in the link.
    pub fn depth(&self) -> usize {
        self.sender.len()
    }
}

impl<T> Drop for Inlet<T> {
    fn drop(&mut self) {
        for closed in &self.ports {
            closed.store(true, Ordering::Release);
        }
        let _ = self.space.try_send(());
    }
}

impl<T: Flowing> Inlet<T> {
    /// The next item; `None` when all senders are gone; an error on abort.
    pub fn receive(&self, abort: &Latch) -> Result<Option<Tagged<T>>, SendError> {
        let tagged = select! {
            recv(self.receiver) -> received => received.ok(),
            recv(abort.receiver()) -> _ => return Err(SendError::Aborted),
        };
        if let Some(bytes) = tagged.as_ref().and_then(|t| t.item.as_ref()).map(Flowing::bytes) {
            self.budget.bytes.fetch_sub(bytes, Ordering::AcqRel);
            let _ = self.space.try_send(());
        }
        Ok(tagged)
    }

    /// Takes no more from a port; its sender finds it closed.
    pub fn close_port(&self, port: usize) {
        if let Some(closed) = self.ports.get(port) {
            closed.store(true, Ordering::Release);
        }
    }

    /// Number of ports.
    pub fn ports(&self) -> usize {
        self.ports.len()
    }
}

/// The two ends of an answer that comes once.
pub fn reply<T>() -> (Sender<T>, Receiver<T>) {
    bounded(1)
}

/// The two ends of a wake-up that is not counted: several before a wait are one.
pub fn wake_up() -> (Sender<()>, Receiver<()>) {
    bounded(1)
}

/// Waits for an answer; `None` when it will not come or the run was aborted.
pub fn await_reply<T>(answer: &Receiver<T>, abort: &Latch) -> Option<T> {
    select! {
        recv(answer) -> received => received.ok(),
        recv(abort.receiver()) -> _ => None,
    }
}
