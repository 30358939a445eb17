//! Links: the only channels of the engine. Bounded by count and by bytes; a port can be closed from its far end.

mod budget;
mod seat;

pub use self::budget::Capacity;
pub use self::seat::{Handler, Seat, lock};

use self::budget::{Budget, Load};
use super::leak::{Leak, Leaky, Mark};
use super::meter::StageMeter;
use super::stop::Latch;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded, select};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What flows through a link.
pub trait Flowing: Send + Sized + 'static {
    /// Bytes that it keeps in memory.
    fn bytes(&self) -> usize;
    /// A second one that shares the data, for a link with several ends.
    fn share(&self) -> Result<Self, crate::av::AvError>;
    /// Where it stands, if it may be left out by a link that leaks.
    fn mark(&self) -> Option<Mark> {
        None
    }
    /// Says all that `earlier` says, which came right before it by the same port.
    fn supersedes(&self, _earlier: &Self) -> bool {
        false
    }
}

/// What arrives at a stage: from which of its ports, and what.
#[derive(Debug)]
pub struct Tagged<T> {
    /// The port.
    pub port: usize,
    /// An item, or `None`: nothing more comes on this port.
    pub item: Option<T>,
}

/// What crosses a channel at once.
type Parcel<T> = Vec<Tagged<T>>;

/// The sending end of one port of a link.
pub struct LinkSender<T> {
    sender: Sender<Parcel<T>>,
    /// Items that wait to cross together; shared by ports that are held together.
    pending: Arc<Mutex<Parcel<T>>>,
    budget: Arc<Budget>,
    space: Receiver<()>,
    space_again: Sender<()>,
    /// Disconnected when the inlet is gone.
    gone: Receiver<Infallible>,
    closed: Arc<AtomicBool>,
    port: usize,
    /// What waits in a link that leaks; only wake-ups cross the channel then.
    leaky: Option<Arc<Leaky<T>>>,
    /// Who takes the items in this thread; nothing crosses the channel then.
    seat: Option<Seat<T>>,
    /// Its far end takes what comes, but nothing is made for its sake.
    listens: bool,
}

impl<T> fmt::Debug for LinkSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSender").field("port", &self.port).field("closed", &self.closed).finish_non_exhaustive()
    }
}

/// The receiving end of a link.
pub struct Inlet<T> {
    receiver: Receiver<Parcel<T>>,
    arrived: VecDeque<Tagged<T>>,
    budget: Arc<Budget>,
    space: Sender<()>,
    ports: Vec<Arc<AtomicBool>>,
    _gone: Sender<Infallible>,
    leaky: Option<Arc<Leaky<T>>>,
    seat: Option<Seat<T>>,
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
    let budget = Arc::new(Budget::new(capacity));
    let closed: Vec<_> = (0..ports).map(|_| Arc::new(AtomicBool::new(false))).collect();
    let senders = closed
        .iter()
        .enumerate()
        .map(|(port, closed)| LinkSender {
            sender: sender.clone(),
            pending: Arc::default(),
            budget: Arc::clone(&budget),
            space: space_receiver.clone(),
            space_again: space_sender.clone(),
            gone: gone_receiver.clone(),
            closed: Arc::clone(closed),
            port,
            leaky: None,
            seat: None,
            listens: false,
        })
        .collect();
    let inlet = Inlet {
        receiver,
        arrived: VecDeque::new(),
        budget,
        space: space_sender,
        ports: closed,
        _gone: gone_sender,
        leaky: None,
        seat: None,
    };
    (senders, inlet)
}

/// Makes a link within one thread: to send an item is to have it handled, by whom the inlet was given to.
pub fn link_within<T: Flowing>(ports: usize) -> (Vec<LinkSender<T>>, Inlet<T>) {
    let (mut senders, mut inlet) = link(Capacity { items: 1, bytes: usize::MAX }, ports);
    let seat = Seat::default();
    for sender in &mut senders {
        sender.seat = Some(seat.clone());
    }
    inlet.seat = Some(seat);
    (senders, inlet)
}

/// Makes a link whose senders never wait: what is too much is left out, see [`Leaky`].
pub fn leaky_link<T: Flowing>(leak: Leak, ports: usize) -> (Vec<LinkSender<T>>, Inlet<T>) {
    let (mut senders, mut inlet) = link(Capacity { items: 1, bytes: usize::MAX }, ports);
    let leaky = Arc::new(Leaky::new(leak));
    for sender in &mut senders {
        sender.leaky = Some(Arc::clone(&leaky));
    }
    inlet.leaky = Some(leaky);
    (senders, inlet)
}

impl<T: Flowing> LinkSender<T> {
    /// True while the far end takes items of this port.
    pub fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// The same for a far end that only listens: it takes what comes, but nothing is made for its sake.
    #[must_use]
    pub fn that_listens(self) -> Self {
        Self { listens: true, ..self }
    }

    /// True while the sender is to go on for the sake of the far end.
    pub fn keeps_at_work(&self) -> bool {
        !self.listens && self.is_open()
    }

    /// How many items the link holds.
    pub fn room(&self) -> usize {
        self.budget.most_items()
    }

    /// Holds items together with those of another port of the same link, in the order in which they are held. `false`
    /// when the other belongs to another link.
    pub fn hold_with(&mut self, other: &Self) -> bool {
        let same = Arc::ptr_eq(&self.budget, &other.budget);
        if same {
            self.pending = Arc::clone(&other.pending);
        }
        same
    }

    /// Who takes the items in this thread, if that is so.
    pub fn guest(&self) -> Option<Arc<Mutex<dyn Handler<T>>>> {
        self.seat.as_ref()?.guest()
    }

    /// Sends an item, or (`None`) that nothing follows. Waits for room; wakes at once on abort.
    pub fn send(&mut self, item: Option<T>, abort: &Latch, meter: &StageMeter) -> Result<(), SendError> {
        if let Some(seat) = &self.seat {
            let guest = seat.guest().filter(|_| self.is_open()).ok_or(SendError::Closed)?;
            let began = Instant::now();
            lock(&guest).take(Tagged { port: self.port, item });
            meter.blocked_since(began);
            return if abort.is_tripped() { Err(SendError::Aborted) } else { Ok(()) };
        }
        self.hold(item)?;
        self.flush(abort, meter)
    }

    /// Keeps an item until the next flush.
    pub fn hold(&mut self, item: Option<T>) -> Result<(), SendError> {
        if !self.is_open() {
            return Err(SendError::Closed);
        }
        lock(&self.pending).push(Tagged { port: self.port, item });
        Ok(())
    }

    /// Sends what is held, as one parcel.
    pub fn flush(&mut self, abort: &Latch, meter: &StageMeter) -> Result<(), SendError> {
        let parcel = std::mem::take(&mut *lock(&self.pending));
        if parcel.is_empty() {
            return Ok(());
        }
        if let Some(leaky) = &self.leaky {
            parcel.into_iter().for_each(|tagged| leaky.push(tagged));
            return match self.sender.try_send(Vec::new()) {
                // A wake-up that waits is enough.
                Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
                Err(TrySendError::Disconnected(_)) => Err(SendError::Closed),
            };
        }
        self.await_room(Load::of(parcel.iter().filter_map(|tagged| tagged.item.as_ref())), abort, meter)?;
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

    /// Takes room for a load: at once when it fits or nothing else is there, else when the far end has taken enough.
    ///
    /// Whoever waits is counted first and looks again then, so that no wake-up is lost; whoever goes on wakes the next.
    fn await_room(&self, load: Load, abort: &Latch, meter: &StageMeter) -> Result<(), SendError> {
        if load == Load::default() || self.budget.take(load) {
            return Ok(());
        }
        let began = Instant::now();
        self.budget.waiting.fetch_add(1, Ordering::SeqCst);
        let result = loop {
            if self.budget.take(load) {
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
}

impl<T> Drop for Inlet<T> {
    fn drop(&mut self) {
        for closed in &self.ports {
            closed.store(true, Ordering::Release);
        }
    }
}

impl<T: Flowing> Inlet<T> {
    /// Where who takes the items of a link within a thread has its place.
    pub fn seat(&self) -> Seat<T> {
        self.seat.clone().unwrap_or_default()
    }

    /// The next item; `None` when all senders are gone; an error on abort.
    pub fn receive(&mut self, abort: &Latch, meter: &StageMeter) -> Result<Option<Tagged<T>>, SendError> {
        while self.arrived.is_empty() {
            meter.waiting(self.leaky.as_ref().map_or_else(|| self.budget.items(), |leaky| leaky.len()));
            if let Some(tagged) = self.leaky.as_ref().and_then(|leaky| leaky.pop()) {
                return if abort.is_tripped() { Err(SendError::Aborted) } else { Ok(Some(tagged)) };
            }
            let parcel = match self.receiver.try_recv() {
                Ok(parcel) => Some(parcel),
                Err(TryRecvError::Disconnected) => None,
                Err(TryRecvError::Empty) => {
                    select! {
                        recv(self.receiver) -> received => received.ok(),
                        recv(abort.receiver()) -> _ => return Err(SendError::Aborted),
                    }
                }
            };
            if abort.is_tripped() {
                return Err(SendError::Aborted);
            }
            let is_over = parcel.is_none();
            self.arrived.extend(parcel.into_iter().flatten());
            if is_over || self.leaky.is_none() {
                break;
            }
        }
        if let Some(leaky) = &self.leaky {
            return Ok(leaky.pop());
        }
        Ok(self.take_arrived())
    }

    /// Waits until something has arrived, or for that wake-up.
    pub fn await_any(&mut self, wake: &Receiver<()>, abort: &Latch) {
        if !self.arrived.is_empty() {
            return;
        }
        select! {
            recv(self.receiver) -> received => self.arrived.extend(received.into_iter().flatten()),
            recv(wake) -> _ => {}
            recv(abort.receiver()) -> _ => {}
        }
    }

    /// Something is there to be taken.
    pub fn has_arrived(&self) -> bool {
        !self.arrived.is_empty()
            || !self.receiver.is_empty()
            || self.leaky.as_ref().is_some_and(|leaky| !leaky.is_empty())
    }

    /// The next item if one is there; never waits.
    pub fn arrived(&mut self) -> Option<Tagged<T>> {
        if self.arrived.is_empty() {
            self.arrived.extend(self.receiver.try_recv().into_iter().flatten());
        }
        self.take_arrived()
    }

    fn take_arrived(&mut self) -> Option<Tagged<T>> {
        let tagged = self.arrived.pop_front();
        if let Some(item) = tagged.as_ref().and_then(|t| t.item.as_ref()) {
            let has_room = self.budget.give_back(Load::of([item]));
            if has_room && self.budget.waiting.load(Ordering::SeqCst) > 0 {
                let _ = self.space.try_send(());
            }
        }
        tagged
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

/// Nothing crosses it: the receiver learns when the last clone of the sender is gone.
pub fn gate() -> (Sender<Infallible>, Receiver<Infallible>) {
    bounded(0)
}

/// A few items that wait for somebody slower: who finds it full waits, or leaves the item out.
pub fn mailbox<T>(items: usize) -> (Sender<T>, Receiver<T>) {
    bounded(items)
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

#[cfg(test)]
mod tests;
