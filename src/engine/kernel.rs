//! The stage kernel: what a stage is, and the one loop that runs every stage.

use super::fault::{StageError, first_cause};
use super::link::{Flowing, Inlet, LinkSender, SendError, Tagged};
use super::meter::StageMeter;
use super::stop::{Latch, StopSignal};
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::time::Instant;

/// Whether a stage goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It wants more.
    Continue,
    /// It has all it needs: its inlet closes, it finishes.
    Done,
}

/// One box of the graph: takes items, gives items, knows nothing of threads and channels.
pub trait Stage: Send {
    /// What it takes.
    type In: Flowing;
    /// What it gives.
    type Out: Flowing;

    /// Before the first item.
    fn start(&mut self, _out: &mut Outlet<Self::Out>) -> Result<(), StageError> {
        Ok(())
    }

    /// Handles an item that arrived on a port.
    fn step(&mut self, port: usize, item: Self::In, out: &mut Outlet<Self::Out>) -> Result<Flow, StageError>;

    /// Nothing more comes on a port.
    fn port_ended(&mut self, _port: usize, _out: &mut Outlet<Self::Out>) -> Result<Flow, StageError> {
        Ok(Flow::Continue)
    }

    /// It has more to do even when nothing comes.
    fn is_busy(&self) -> bool {
        false
    }

    /// It is busy, but to go on only when something comes, or when this wakes it.
    fn awaits(&mut self) -> Option<Receiver<()>> {
        None
    }

    /// Nothing has come, and it is busy.
    fn go_on(&mut self, _out: &mut Outlet<Self::Out>) -> Result<Flow, StageError> {
        Ok(Flow::Continue)
    }

    /// Nothing more comes at all: flush.
    fn finish(&mut self, out: &mut Outlet<Self::Out>) -> Result<(), StageError>;

    /// Nothing is to be flushed: the run failed or was aborted, or nobody takes what the stage gives. It may be kept after its
    /// end, so whoever waits for it is to be freed here as in [`Stage::finish`].
    fn abandon(&mut self) {}

    /// Ports that the stage wants no more of, since the last call.
    fn closed_ports(&mut self) -> Vec<usize> {
        Vec::new()
    }
}

/// A stage without inlet.
pub trait Source: Send {
    /// What it gives.
    type Out: Flowing;

    /// Gives the next item or items.
    fn step(&mut self, out: &mut Outlet<Self::Out>) -> Result<Flow, StageError>;

    /// The source ends: by itself, or because the run is drained.
    fn finish(&mut self, out: &mut Outlet<Self::Out>) -> Result<(), StageError>;
}

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
}

/// What is held crosses when it has this many bytes.
const BATCH_BYTES: usize = 512 << 10;

impl<T: Flowing> Outlet<T> {
    /// An outlet without ports.
    pub fn new(stop: StopSignal, meter: Arc<StageMeter>) -> Self {
        Self { ports: Vec::new(), stop, meter, batch: 1, held: 0, held_bytes: 0 }
    }

    /// Adds a link behind a port.
    pub fn connect(&mut self, port: usize, sender: LinkSender<T>) {
        while self.ports.len() <= port {
            self.ports.push(Vec::new());
        }
        self.ports[port].push(sender);
    }

    /// Lets items cross in batches of up to so many, counted over all links: for sources that nobody waits on in real
    /// time. Items that go to the same link keep their order, whatever their ports, and none lags behind the others.
    pub fn set_batch(&mut self, items: usize) {
        self.batch = items.max(1);
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
        self.ports.iter().flatten().any(LinkSender::keeps_at_work)
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
        self.held += 1;
        self.held_bytes += item.as_ref().filter(|_| together).map_or(0, Flowing::bytes);
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
        if together && (last_item || self.held >= self.batch || self.held_bytes >= BATCH_BYTES) {
            self.flush()?;
        }
        if self.ports.is_empty() || self.any_open() { Ok(()) } else { Err(StageError::NoConsumer) }
    }

    /// Sends what is held, over every link.
    fn flush(&mut self) -> Result<(), StageError> {
        (self.held, self.held_bytes) = (0, 0);
        for link in self.ports.iter_mut().flatten() {
            match link.flush(&self.stop.abort, &self.meter) {
                // Who is gone is found out by the next item.
                Ok(()) | Err(SendError::Closed) => {}
                Err(SendError::Aborted) => return Err(StageError::Aborted),
            }
        }
        Ok(())
    }

    fn end_all(&mut self) {
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

/// A stage at work: its inlet, its outlet, and which of its ports have ended.
struct Worker<'a, S: Stage> {
    stage: S,
    inlet: Inlet<S::In>,
    out: Outlet<S::Out>,
    meter: &'a StageMeter,
    open: usize,
    ended: Vec<bool>,
}

impl<'a, S: Stage> Worker<'a, S> {
    fn new(stage: S, inlet: Inlet<S::In>, out: Outlet<S::Out>, meter: &'a StageMeter) -> Self {
        let open = inlet.ports();
        Self { stage, inlet, out, meter, open, ended: vec![false; open] }
    }

    /// Handles what arrived; done when all ports have ended, or when the stage says so.
    fn handle(&mut self, Tagged { port, item }: Tagged<S::In>) -> Result<Flow, StageError> {
        let flow = match item {
            Some(item) => {
                let began = Instant::now();
                let flow = self.stage.step(port, item, &mut self.out)?;
                self.meter.worked_since(began);
                flow
            }
            None if self.ended[port] => Flow::Continue,
            None => {
                self.ended[port] = true;
                self.open -= 1;
                self.stage.port_ended(port, &mut self.out)?
            }
        };
        for port in self.stage.closed_ports() {
            self.inlet.close_port(port);
            if !self.ended[port] {
                self.ended[port] = true;
                self.open -= 1;
            }
        }
        Ok(if self.open == 0 { Flow::Done } else { flow })
    }

    /// Waits for items and handles them until nothing more comes or is wanted.
    fn run(&mut self) -> Result<(), StageError> {
        let abort = self.out.stop.abort.clone();
        while self.open > 0 {
            if self.stage.is_busy() {
                if let Some(wake) = self.stage.awaits() {
                    self.inlet.await_any(&wake, &abort);
                }
                match self.go_on(&abort)? {
                    Flow::Continue => continue,
                    Flow::Done => break,
                }
            }
            let received = self.inlet.receive(&abort, self.meter).map_err(|_| StageError::Aborted)?;
            // Whoever ends in good order says so on every port; who just vanishes has failed, and tells the cause itself.
            let tagged = received.ok_or(StageError::Aborted)?;
            if self.handle(tagged)? == Flow::Done {
                break;
            }
        }
        Ok(())
    }

    /// Lets a busy stage go on, or handles what came meanwhile.
    fn go_on(&mut self, abort: &Latch) -> Result<Flow, StageError> {
        if abort.is_tripped() {
            return Err(StageError::Aborted);
        }
        match self.inlet.arrived() {
            Some(tagged) => self.handle(tagged),
            None => {
                let began = Instant::now();
                let flow = self.stage.go_on(&mut self.out)?;
                self.meter.worked_since(began);
                Ok(flow)
            }
        }
    }

    /// Handles what has arrived, without waiting.
    fn catch_up(&mut self) -> Result<Flow, StageError> {
        while let Some(tagged) = self.inlet.arrived() {
            if self.handle(tagged)? == Flow::Done {
                return Ok(Flow::Done);
            }
        }
        Ok(Flow::Continue)
    }

    /// Closes the inlet and flushes, or abandons.
    fn end(self, result: Result<(), StageError>) -> (S, Result<(), StageError>) {
        let Self { mut stage, inlet, mut out, .. } = self;
        drop(inlet);
        let result = result.and_then(|()| stage.finish(&mut out));
        if result.is_err() {
            stage.abandon();
        }
        if matches!(result, Ok(()) | Err(StageError::NoConsumer)) {
            out.end_all();
        }
        (stage, result)
    }
}

/// Runs a stage until its input ends, it is done, or the run is aborted.
pub fn drive<S: Stage>(
    stage: S,
    inlet: Inlet<S::In>,
    out: Outlet<S::Out>,
    meter: &StageMeter,
) -> (S, Result<(), StageError>) {
    let mut worker = Worker::new(stage, inlet, out, meter);
    let started = worker.stage.start(&mut worker.out);
    let result = started.and_then(|()| worker.run());
    worker.end(result)
}

/// Runs a source until it is done, nobody listens, or the run is drained or aborted.
pub fn drive_source<S: Source>(
    mut source: S,
    mut out: Outlet<S::Out>,
    meter: &StageMeter,
) -> (S, Result<(), StageError>) {
    let result = produce(&mut source, &mut out, meter, || Flow::Continue);
    (source, result)
}

/// Runs a source and the only stage behind it in one thread, where handing over would cost more than the work. The link
/// between them is one that never lets its sender wait ([`link_within`](super::link::link_within)).
pub fn drive_joined<A: Source, S: Stage<In = A::Out>>(
    (mut source, mut out, source_meter): (A, Outlet<A::Out>, &StageMeter),
    (stage, inlet, stage_out, meter): (S, Inlet<S::In>, Outlet<S::Out>, &StageMeter),
) -> (S, Result<(), StageError>) {
    let mut worker = Worker::new(stage, inlet, stage_out, meter);
    if let Err(error) = worker.stage.start(&mut worker.out) {
        return worker.end(Err(error));
    }
    let mut behind = Ok(Flow::Continue);
    let read = produce(&mut source, &mut out, source_meter, || {
        behind = worker.catch_up();
        if matches!(behind, Ok(Flow::Continue)) { Flow::Continue } else { Flow::Done }
    });
    drop(out);
    let written = match (behind, &read) {
        (Ok(Flow::Continue), Ok(()) | Err(StageError::NoConsumer)) => worker.run(),
        (Ok(Flow::Continue), Err(_)) => Err(StageError::Aborted),
        (Ok(Flow::Done), _) => Ok(()),
        (Err(error), _) => Err(error),
    };
    let (stage, written) = worker.end(written);
    (stage, first_cause(read.err().into_iter().chain(written.err())).map_or(Ok(()), Err))
}

/// The loop of a source; `after` follows each step, and may end it.
fn produce<S: Source>(
    source: &mut S,
    out: &mut Outlet<S::Out>,
    meter: &StageMeter,
    mut after: impl FnMut() -> Flow,
) -> Result<(), StageError> {
    let stop = out.stop.clone();
    let mut result = Ok(());
    while !stop.drain.is_tripped() {
        let began = Instant::now();
        match source.step(out) {
            Ok(Flow::Continue) => meter.worked_since(began),
            Ok(Flow::Done) => break,
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        if after() == Flow::Done {
            break;
        }
    }
    if stop.abort.is_tripped() {
        return Err(StageError::Aborted);
    }
    let result = result.and_then(|()| source.finish(out));
    // What came from a peer that is lost for good is finished in good order.
    if matches!(result, Ok(()) | Err(StageError::NoConsumer | StageError::PeerLost(_))) {
        out.end_all();
    }
    result
}

#[cfg(test)]
mod tests;
