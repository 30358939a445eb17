//! Where a stage's items go.

use crate::engine::fault::StageError;
use crate::engine::link::{Flowing, Handler, LinkSender, SendError, lock};
use crate::engine::meter::StageMeter;
use crate::engine::stop::StopSignal;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Where a stage's items go: a number of ports, each with any number of links behind it.
#[derive(Debug)]
pub struct Outlet<T> {
    ports: Vec<Vec<LinkSender<T>>>,
    stop: StopSignal,
    meter: Arc<StageMeter>,
    /// Items that may be held until they cross together, and what is held now.
    batch: usize,
    held: usize,
    held_bytes: usize,
    /// When something crossed last.
    crossed: Instant,
}

/// What is held crosses when it has this many bytes.
const BATCH_BYTES: usize = 512 << 10;

/// Nor is anything held by a stage that took this long since something crossed last: whoever takes its items has none left by then,
/// and waking a thread costs a hundredth of it.
const BATCH_TIME: Duration = Duration::from_millis(1);

impl<T: Flowing> Outlet<T> {
    /// An outlet without ports.
    pub fn new(stop: StopSignal, meter: Arc<StageMeter>) -> Self {
        Self { ports: Vec::new(), stop, meter, batch: 1, held: 0, held_bytes: 0, crossed: Instant::now() }
    }

    /// Adds a link behind a port.
    pub fn connect(&mut self, port: usize, sender: LinkSender<T>) {
        while self.ports.len() <= port {
            self.ports.push(Vec::new());
        }
        self.ports[port].push(sender);
    }

    /// Lets items cross in batches of up to so many, counted over all links, and of no more than a third of what any of them
    /// holds: for what nobody waits on in real time. Items that go to the same link keep their order, whatever their ports,
    /// and none lags behind the others. Nothing is held while the stage waits for something.
    pub fn set_batch(&mut self, items: usize) {
        let least_room = self.links().map(LinkSender::room).min();
        self.batch = items.min(least_room.unwrap_or(1) / 3).max(1);
        let mut links: Vec<&mut LinkSender<T>> = self.ports.iter_mut().flatten().collect();
        for index in 1..links.len() {
            let (before, rest) = links.split_at_mut(index);
            if let Some(link) = rest.first_mut() {
                before.iter().any(|other| link.hold_with(other));
            }
        }
    }

    /// True while anybody takes items of the port.
    pub fn is_open(&self, port: usize) -> bool {
        self.ports.get(port).is_some_and(|links| links.iter().any(LinkSender::keeps_at_work))
    }

    /// True while anybody takes items of any port.
    pub fn any_open(&self) -> bool {
        self.links().any(LinkSender::keeps_at_work)
    }

    fn links(&self) -> impl Iterator<Item = &LinkSender<T>> {
        self.ports.iter().flatten()
    }

    /// The stages behind the outlet that work in its thread.
    fn guests(&self) -> impl Iterator<Item = Arc<Mutex<dyn Handler<T>>>> {
        self.links().filter_map(LinkSender::guest)
    }

    /// A stage behind it has more to do in this thread.
    pub(super) fn is_busy(&self) -> bool {
        self.guests().any(|guest| lock(&guest).is_busy())
    }

    /// Nothing has come: lets the stages behind it go on that are busy in this thread.
    pub(super) fn go_on(&self) {
        self.guests().for_each(|guest| {
            let mut guest = lock(&guest);
            if guest.is_busy() {
                guest.go_on();
            }
        });
    }

    /// Something is held, here or behind the stages that work in this thread.
    pub(super) fn holds(&self) -> bool {
        self.held > 0 || self.guests().any(|guest| lock(&guest).holds())
    }

    /// Does what waits for the clock or for a peer: it counts as no work of the stage.
    pub fn pausing<R>(&self, wait: impl FnOnce() -> R) -> R {
        let began = Instant::now();
        let result = wait();
        self.paused_since(began);
        result
    }

    /// What went on since then was waiting, as in [`Outlet::pausing`].
    pub fn paused_since(&self, began: Instant) {
        self.meter.paused_since(began);
    }

    /// Sends an item to everybody behind a port. An error when nobody is left behind any port, or on abort.
    pub fn send(&mut self, port: usize, item: T) -> Result<(), StageError> {
        self.deliver(port, Some(item))
    }

    /// Tells everybody behind a port that nothing follows.
    pub fn end(&mut self, port: usize) -> Result<(), StageError> {
        self.deliver(port, None)
    }

    fn deliver(&mut self, port: usize, item: Option<T>) -> Result<(), StageError> {
        let together = self.batch > 1;
        let last_item = item.is_none();
        if together {
            self.held += 1;
            self.held_bytes += item.as_ref().map_or(0, Flowing::bytes);
        }
        if let Some(links) = self.ports.get_mut(port) {
            let mut item = item;
            let mut index = 0;
            while index < links.len() {
                let last = index + 1 == links.len();
                let one = match (&item, last) {
                    (None, _) => None,
                    (Some(_), true) => item.take(),
                    (Some(shared), false) => Some(shared.share().map_err(StageError::library("share data"))?),
                };
                let link = &mut links[index];
                let sent = if together { link.hold(one) } else { link.send(one, &self.stop.abort, &self.meter) };
                match sent {
                    Ok(()) => index += 1,
                    Err(SendError::Closed) => {
                        links.remove(index);
                    }
                    Err(SendError::Aborted) => return Err(StageError::Aborted),
                }
            }
        }
        if together && (last_item || self.is_due()) {
            self.flush()?;
        }
        if self.ports.is_empty() || self.any_open() { Ok(()) } else { Err(StageError::NoConsumer) }
    }

    fn is_due(&self) -> bool {
        self.held >= self.batch || self.held_bytes >= BATCH_BYTES || self.crossed.elapsed() >= BATCH_TIME
    }

    /// Sends what is held, over every link: to be called before a stage waits for somebody else.
    pub fn flush(&mut self) -> Result<(), StageError> {
        self.guests().for_each(|guest| lock(&guest).settle());
        if std::mem::take(&mut self.held) == 0 {
            return Ok(());
        }
        self.held_bytes = 0;
        for link in self.ports.iter_mut().flatten() {
            match link.flush(&self.stop.abort, &self.meter) {
                // Who is gone is found out by the next item.
                Ok(()) | Err(SendError::Closed) => {}
                Err(SendError::Aborted) => return Err(StageError::Aborted),
            }
        }
        self.crossed = Instant::now();
        Ok(())
    }

    pub(super) fn end_all(&mut self) {
        for port in 0..self.ports.len() {
            // Who is gone need not be told.
            let _ = self.end(port);
        }
    }

    /// The latches that end the run.
    pub fn stop(&self) -> &StopSignal {
        &self.stop
    }
}
