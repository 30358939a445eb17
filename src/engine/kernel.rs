//! The stage kernel: what a stage is, and the one loop that runs every stage.

use super::fault::StageError;
use super::link::{Flowing, Inlet, LinkSender, SendError, Tagged};
use super::meter::StageMeter;
use super::stop::StopSignal;
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

    /// Nothing more comes at all: flush.
    fn finish(&mut self, out: &mut Outlet<Self::Out>) -> Result<(), StageError>;

    /// The run failed or was aborted: nothing is to be flushed.
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
        self.ports.get(port).is_some_and(|links| links.iter().any(LinkSender::is_open))
    }

    /// True while anybody takes items of any port.
    pub fn any_open(&self) -> bool {
        self.ports.iter().flatten().any(LinkSender::is_open)
    }

    /// Sends an item to everybody behind a port. An error when nobody is left behind any port, or on abort.
    pub fn send(&mut self, port: usize, item: T) -> Result<(), StageError> {
        self.send_or_end(port, Some(item))
    }

    /// Tells everybody behind a port that nothing follows.
    pub fn end(&mut self, port: usize) -> Result<(), StageError> {
        self.send_or_end(port, None)
    }

    fn send_or_end(&mut self, port: usize, item: Option<T>) -> Result<(), StageError> {
        self.deliver(port, item)
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

/// Runs a stage until its input ends, it is done, or the run is aborted.
pub fn drive<S: Stage>(
    mut stage: S,
    mut inlet: Inlet<S::In>,
    mut out: Outlet<S::Out>,
    meter: &StageMeter,
) -> (S, Result<(), StageError>) {
    let result = stage.start(&mut out).and_then(|()| run_stage(&mut stage, &mut inlet, &mut out, meter));
    drop(inlet);
    let result = match result {
        Ok(()) => stage.finish(&mut out),
        Err(error) => Err(error),
    };
    match &result {
        Ok(()) | Err(StageError::NoConsumer) => out.end_all(),
        Err(_) => stage.abandon(),
    }
    (stage, result)
}

fn run_stage<S: Stage>(
    stage: &mut S,
    inlet: &mut Inlet<S::In>,
    out: &mut Outlet<S::Out>,
    meter: &StageMeter,
) -> Result<(), StageError> {
    let abort = out.stop.abort.clone();
    let mut open = inlet.ports();
    let mut ended = vec![false; open];
    while open > 0 {
        let received = inlet.receive(&abort, meter).map_err(|_| StageError::Aborted)?;
        let Some(Tagged { port, item }) = received else { break };
        let flow = match item {
            Some(item) => {
                let began = Instant::now();
                let flow = stage.step(port, item, out)?;
                meter.worked_since(began);
                flow
            }
            None if ended[port] => Flow::Continue,
            None => {
                ended[port] = true;
                open -= 1;
                stage.port_ended(port, out)?
            }
        };
        for port in stage.closed_ports() {
            inlet.close_port(port);
            if !ended[port] {
                ended[port] = true;
                open -= 1;
            }
        }
        if flow == Flow::Done {
            break;
        }
    }
    Ok(())
}

/// Runs a source until it is done, nobody listens, or the run is drained or aborted.
pub fn drive_source<S: Source>(
    mut source: S,
    mut out: Outlet<S::Out>,
    meter: &StageMeter,
) -> (S, Result<(), StageError>) {
    let stop = out.stop.clone();
    let mut result = Ok(());
    while !stop.drain.is_tripped() {
        let began = Instant::now();
        match source.step(&mut out) {
            Ok(Flow::Continue) => meter.worked_since(began),
            Ok(Flow::Done) => break,
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    if stop.abort.is_tripped() {
        return (source, Err(StageError::Aborted));
    }
    let result = match result {
        Ok(()) => source.finish(&mut out),
        Err(error) => Err(error),
    };
    if matches!(result, Ok(()) | Err(StageError::NoConsumer)) {
        out.end_all();
    }
    (source, result)
}

#[cfg(test)]
mod tests;
