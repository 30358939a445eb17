//! Toy stages, and the links and threads to run them with.

use super::super::*;
use crate::av::AvError;
use crate::engine::fault::StageError;
use crate::engine::link::{Capacity, Inlet, LinkSender, link};
use crate::engine::meter::StageMeter;
use crate::engine::stop::StopSignal;
use crate::engine::threads::spawn;
use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;

/// A number that takes one byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item(pub(super) usize);

impl Flowing for Item {
    fn bytes(&self) -> usize {
        1
    }
    fn share(&self) -> Result<Self, AvError> {
        Ok(self.clone())
    }
}

/// Gives numbers, dealt out over its ports in turn: so many in a step, and some more when it is flushed.
pub(super) struct Count {
    pub(super) next: usize,
    pub(super) end: usize,
    pub(super) in_a_step: usize,
    pub(super) flushed: usize,
    pub(super) ports: usize,
    pub(super) sent: Arc<AtomicUsize>,
}

pub(super) fn count(end: usize) -> Count {
    Count { next: 0, end, in_a_step: 1, flushed: 0, ports: 1, sent: Arc::default() }
}

impl Count {
    fn send_up_to(&mut self, end: usize, out: &mut Outlet<Item>) -> Result<(), StageError> {
        while self.next < end {
            out.send(self.next % self.ports, Item(self.next))?;
            self.next += 1;
            self.sent.fetch_add(1, SeqCst);
        }
        Ok(())
    }
}

impl Source for Count {
    type Out = Item;
    fn step(&mut self, out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        if self.next == self.end {
            return Ok(Flow::Done);
        }
        self.send_up_to(self.end.min(self.next + self.in_a_step), out)?;
        Ok(Flow::Continue)
    }
    fn finish(&mut self, out: &mut Outlet<Item>) -> Result<(), StageError> {
        self.send_up_to(self.next + self.flushed, out)
    }
}

/// Keeps what arrives, by port; wants `most` items; says when it is flushed or abandoned.
#[derive(Default)]
pub(super) struct Keep {
    pub(super) got: Vec<(usize, usize)>,
    pub(super) most: Option<usize>,
    pub(super) ended: Vec<usize>,
    pub(super) finished: bool,
    pub(super) abandoned: bool,
    pub(super) closing: Vec<usize>,
    pub(super) close_after: Option<(usize, usize)>,
}

impl Stage for Keep {
    type In = Item;
    type Out = Item;
    fn step(&mut self, port: usize, item: Item, _out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        self.got.push((port, item.0));
        if self.close_after == Some((port, item.0)) {
            self.closing.push(port);
        }
        Ok(if Some(self.got.len()) == self.most { Flow::Done } else { Flow::Continue })
    }
    fn port_ended(&mut self, port: usize, _out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        self.ended.push(port);
        Ok(Flow::Continue)
    }
    fn finish(&mut self, _out: &mut Outlet<Item>) -> Result<(), StageError> {
        self.finished = true;
        Ok(())
    }
    fn abandon(&mut self) {
        self.abandoned = true;
    }
    fn closed_ports(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.closing)
    }
}

/// Passes everything on, and a last number when it is flushed; says when it is abandoned.
#[derive(Default)]
pub(super) struct Pass {
    pub(super) last: Option<usize>,
    pub(super) abandoned: bool,
}

impl Stage for Pass {
    type In = Item;
    type Out = Item;
    fn step(&mut self, _port: usize, item: Item, out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        out.send(0, item).map(|()| Flow::Continue)
    }
    fn finish(&mut self, out: &mut Outlet<Item>) -> Result<(), StageError> {
        self.last.map_or(Ok(()), |number| out.send(0, Item(number)))
    }
    fn abandon(&mut self) {
        self.abandoned = true;
    }
}

/// Has work of its own without end, until a number comes.
#[derive(Default)]
pub(super) struct Busy {
    pub(super) turns: usize,
    pub(super) enough: Option<Sender<()>>,
}

impl Stage for Busy {
    type In = Item;
    type Out = Item;
    fn step(&mut self, _port: usize, _item: Item, _out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        Ok(Flow::Done)
    }
    fn is_busy(&self) -> bool {
        true
    }
    fn go_on(&mut self, _out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        self.turns += 1;
        if self.turns == 100 {
            self.enough = None;
        }
        Ok(Flow::Continue)
    }
    fn finish(&mut self, _out: &mut Outlet<Item>) -> Result<(), StageError> {
        Ok(())
    }
}

/// Takes an item each time it is allowed to.
pub(super) struct Slow {
    pub(super) allowed: Receiver<()>,
    pub(super) began: Sender<()>,
    pub(super) taken: usize,
}

impl Stage for Slow {
    type In = Item;
    type Out = Item;
    fn step(&mut self, _port: usize, _item: Item, _out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        self.taken += 1;
        let _ = self.began.try_send(());
        self.allowed.recv().map(|()| Flow::Continue).map_err(|_| StageError::Failed("not allowed".to_owned()))
    }
    fn finish(&mut self, _out: &mut Outlet<Item>) -> Result<(), StageError> {
        Ok(())
    }
}

/// Dies at its first item.
pub(super) struct Dies;

impl Stage for Dies {
    type In = Item;
    type Out = Item;
    fn step(&mut self, _port: usize, _item: Item, _out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }
    fn finish(&mut self, _out: &mut Outlet<Item>) -> Result<(), StageError> {
        Ok(())
    }
}

/// An outlet with these links behind its ports.
pub(super) fn outlet(stop: &StopSignal, ports: Vec<Vec<LinkSender<Item>>>) -> Outlet<Item> {
    let mut outlet = Outlet::new(stop.clone(), Arc::default());
    for (port, links) in ports.into_iter().enumerate() {
        links.into_iter().for_each(|sender| outlet.connect(port, sender));
    }
    outlet
}

/// An outlet with so many ports, and behind them one link for so many items.
pub(super) fn linked(stop: &StopSignal, items: usize, ports: usize) -> (Outlet<Item>, Inlet<Item>) {
    let (senders, inlet) = link(Capacity { items, bytes: 1 << 20 }, ports);
    (outlet(stop, senders.into_iter().map(|sender| vec![sender]).collect()), inlet)
}

/// An outlet with one port that has two links behind it, for so many items each.
pub(super) fn forked(stop: &StopSignal, [a, b]: [usize; 2]) -> (Outlet<Item>, [Inlet<Item>; 2]) {
    let one = |items| link::<Item>(Capacity { items, bytes: 1 << 20 }, 1);
    let ((a, inlet_a), (b, inlet_b)) = (one(a), one(b));
    (outlet(stop, vec![a.into_iter().chain(b).collect()]), [inlet_a, inlet_b])
}

/// Runs a source in a thread of its own.
pub(super) fn source(source: Count, out: Outlet<Item>) -> JoinHandle<Result<(), StageError>> {
    spawn("source", move || drive_source(source, out, &StageMeter::default()).1).unwrap()
}

pub(super) fn ready<S>(stage: S, inlet: Inlet<Item>, out: Outlet<Item>) -> Ready<S>
where
    S: Stage<In = Item, Out = Item>,
{
    Ready { stage, inlet, out, meter: Arc::default() }
}

/// Runs a stage in a thread of its own.
pub(super) fn worker<S>(stage: S, inlet: Inlet<Item>, out: Outlet<Item>) -> JoinHandle<(S, Result<(), StageError>)>
where
    S: Stage<In = Item, Out = Item> + 'static,
{
    spawn("worker", move || ready(stage, inlet, out).drive()).unwrap()
}

/// Runs a stage that gives nothing in this thread.
pub(super) fn sink<S>(stop: &StopSignal, stage: S, inlet: Inlet<Item>) -> (S, Result<(), StageError>)
where
    S: Stage<In = Item, Out = Item>,
{
    ready(stage, inlet, outlet(stop, Vec::new())).drive()
}

pub(super) fn numbers(got: &[(usize, usize)]) -> Vec<usize> {
    got.iter().map(|(_, number)| *number).collect()
}
