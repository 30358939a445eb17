//! Links: the only channels of the engine. Bounded by count and by bytes; a port can be closed from its far end.

use super::meter::StageMeter;
use super::stop::Latch;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded, select};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

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
    /// Senders that wait for room.
    waiting: AtomicUsize,
}

impl Budget {
    /// Counts the bytes in, if they fit or nothing else is there.
    fn take(&self, bytes: usize) -> bool {
        let fits = |held: usize| (held == 0 || held + bytes <= self.limit).then_some(held + bytes);
        self.bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fits).is_ok()
    }
}

/// A batch crosses when it holds this many bytes.
const BATCH_BYTES: usize = 256 << 10;

/// What crosses a channel at once.
type Parcel<T> = Vec<Tagged<T>>;

/// The sending end of one port of a link.
#[derive(Debug)]
pub struct LinkSender<T> {
    sender: Sender<Parcel<T>>,
    /// Items that wait to cross together, and their bytes.
    pending: Parcel<T>,
    pending_bytes: usize,
    batch: usize,
    budget: Arc<Budget>,
    space: Receiver<()>,
    space_again: Sender<()>,
    /// Disconnected when the inlet is gone.
    gone: Receiver<Infallible>,
    closed: Arc<AtomicBool>,
    port: usize,
}

/// The receiving end of a link.
#[derive(Debug)]
pub struct Inlet<T> {
    receiver: Receiver<Parcel<T>>,
    arrived: VecDeque<Tagged<T>>,
    budget: Arc<Budget>,
    space: Sender<()>,
    ports: Vec<Arc<AtomicBool>>,
    _gone: Sender<Infallible>,
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
    let (gone_sender, gone_receiver) = bounded(0);
    let budget = Arc::new(Budget { bytes: AtomicUsize::new(0), limit: capacity.bytes, waiting: AtomicUsize::new(0) });
    let closed: Vec<_> = (0..ports).map(|_| Arc::new(AtomicBool::new(false))).collect();
    let senders = closed
        .iter()
        .enumerate()
        .map(|(port, closed)| LinkSender {
            sender: sender.clone(),
            pending: Vec::new(),
            pending_bytes: 0,
            batch: 1,
            budget: Arc::clone(&budget),
            space: space_receiver.clone(),
            space_again: space_sender.clone(),
            gone: gone_receiver.clone(),
            closed: Arc::clone(closed),
            port,
        })
        .collect();
    (
        senders,
        Inlet { receiver, arrived: VecDeque::new(), budget, space: space_sender, ports: closed, _gone: gone_sender },
    )
}

impl<T: Flowing> LinkSender<T> {
    /// True while the far end takes items of this port.
    pub fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// Lets items cross in batches of up to so many: for sources that nobody waits on in real time.
    pub fn set_batch(&mut self, items: usize) {
        self.batch = items.max(1);
    }

    /// Sends an item, or (`None`) that nothing follows. Waits for room; wakes at once on abort.
    pub fn send(&mut self, item: Option<T>, abort: &Latch, meter: &StageMeter) -> Result<(), SendError> {
        if !self.is_open() {
            return Err(SendError::Closed);
        }
        let last = item.is_none();
        self.pending_bytes += item.as_ref().map_or(0, Flowing::bytes);
        self.pending.push(Tagged { port: self.port, item });
        if last || self.pending.len() >= self.batch || self.pending_bytes >= BATCH_BYTES {
            self.flush(abort, meter)
        } else {
            Ok(())
        }
    }

    /// Sends what waits to cross together.
    fn flush(&mut self, abort: &Latch, meter: &StageMeter) -> Result<(), SendError> {
        let bytes = std::mem::take(&mut self.pending_bytes);
        let parcel = std::mem::take(&mut self.pending);
        self.await_room(bytes, abort, meter)?;
        match self.sender.try_send(parcel) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(SendError::Closed),
            Err(TrySendError::Full(parcel)) => {
                let began = Instant::now();
                let result = select! {
                    send(self.sender, parcel) -> sent => sent.map_err(|_| SendError::Closed),
                    recv(abort.receiver()) -> _ => Err(SendError::Aborted),
                };
                meter.blocked_since(began);
                result
            }
        }
    }

    /// Takes room for `bytes`: at once when they fit or nothing else is there, else when the far end has taken enough.
    ///
    /// Whoever waits is counted first and looks again then, so that no wake-up is lost; whoever goes on wakes the next.
    fn await_room(&self, bytes: usize, abort: &Latch, meter: &StageMeter) -> Result<(), SendError> {
        if bytes == 0 || self.budget.take(bytes) {
            return Ok(());
        }
        let began = Instant::now();
        self.budget.waiting.fetch_add(1, Ordering::SeqCst);
        let result = loop {
            if !self.is_open() {
                break Err(SendError::Closed);
            }
            if self.budget.take(bytes) {
                break Ok(());
            }
            select! {
                recv(self.space) -> _ => {}
                recv(self.gone) -> _ => break Err(SendError::Closed),
                recv(abort.receiver()) -> _ => break Err(SendError::Aborted),
            }
        };
        if self.budget.waiting.fetch_sub(1, Ordering::SeqCst) > 1 {
            let _ = self.space_again.try_send(());
        }
        meter.blocked_since(began);
        result
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
    }
}

impl<T: Flowing> Inlet<T> {
    /// The next item; `None` when all senders are gone; an error on abort.
    pub fn receive(&mut self, abort: &Latch, meter: &StageMeter) -> Result<Option<Tagged<T>>, SendError> {
        if self.arrived.is_empty() {
            let parcel = match self.receiver.try_recv() {
                Ok(parcel) => Some(parcel),
                Err(TryRecvError::Disconnected) => None,
                Err(TryRecvError::Empty) => {
                    let began = Instant::now();
                    let received = select! {
                        recv(self.receiver) -> received => received.ok(),
                        recv(abort.receiver()) -> _ => return Err(SendError::Aborted),
                    };
                    meter.starved_since(began);
                    received
                }
            };
            if abort.is_tripped() {
                return Err(SendError::Aborted);
            }
            self.arrived.extend(parcel.into_iter().flatten());
        }
        let tagged = self.arrived.pop_front();
        if let Some(bytes) = tagged.as_ref().and_then(|t| t.item.as_ref()).map(Flowing::bytes).filter(|b| *b > 0) {
            self.budget.bytes.fetch_sub(bytes, Ordering::SeqCst);
            if self.budget.waiting.load(Ordering::SeqCst) > 0 {
                let _ = self.space.try_send(());
            }
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
