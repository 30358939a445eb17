//! The kernel with toy stages: order, bounds, fan-out, early ends, abort, drain and the first cause.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::av::AvError;
use crate::engine::fault::first_cause;
use crate::engine::link::{Capacity, link, reply};
use crate::engine::threads::spawn;
use crossbeam_channel::{Receiver, Sender};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A number that takes bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    number: usize,
    bytes: usize,
}

impl Flowing for Item {
    fn bytes(&self) -> usize {
        self.bytes
    }
    fn share(&self) -> Result<Self, AvError> {
        Ok(self.clone())
    }
}

fn item(number: usize) -> Item {
    Item { number, bytes: 1 }
}

/// Gives numbers, dealt out over its ports in turn.
struct Count {
    next: usize,
    end: usize,
    ports: usize,
    sent: Arc<AtomicUsize>,
}

fn count(end: usize) -> Count {
    Count { next: 0, end, ports: 1, sent: Arc::default() }
}

impl Source for Count {
    type Out = Item;
    fn step(&mut self, out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        if self.next == self.end {
            return Ok(Flow::Done);
        }
        out.send(self.next % self.ports, item(self.next))?;
        self.next += 1;
        self.sent.fetch_add(1, SeqCst);
        Ok(Flow::Continue)
    }
    fn finish(&mut self, _out: &mut Outlet<Item>) -> Result<(), StageError> {
        Ok(())
    }
}

/// Keeps what arrives, by port; wants `most` items; says when it is flushed or abandoned.
#[derive(Default)]
struct Keep {
    got: Vec<(usize, usize)>,
    most: Option<usize>,
    ended: Vec<usize>,
    finished: bool,
    abandoned: bool,
    closing: Vec<usize>,
    close_after: Option<(usize, usize)>,
}

impl Stage for Keep {
    type In = Item;
    type Out = Item;
    fn step(&mut self, port: usize, item: Item, _out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        self.got.push((port, item.number));
        if self.close_after == Some((port, item.number)) {
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

/// Passes everything on, and a last number when it is flushed.
struct Pass {
    last: Option<usize>,
}

impl Stage for Pass {
    type In = Item;
    type Out = Item;
    fn step(&mut self, _port: usize, item: Item, out: &mut Outlet<Item>) -> Result<Flow, StageError> {
        out.send(0, item).map(|()| Flow::Continue)
    }
    fn finish(&mut self, out: &mut Outlet<Item>) -> Result<(), StageError> {
        self.last.map_or(Ok(()), |number| out.send(0, item(number)))
    }
}

/// Takes an item each time it is allowed to.
struct Slow {
    allowed: Receiver<()>,
    began: Sender<()>,
    taken: usize,
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

fn capacity(items: usize) -> Capacity {
    Capacity { items, bytes: 1 << 20 }
}

/// An outlet with these links behind its ports.
fn outlet(stop: &StopSignal, ports: Vec<Vec<LinkSender<Item>>>) -> Outlet<Item> {
    let mut outlet = Outlet::new(stop.clone(), Arc::default());
    for (port, links) in ports.into_iter().enumerate() {
        links.into_iter().for_each(|sender| outlet.connect(port, sender));
    }
    outlet
}

fn numbers(got: &[(usize, usize)]) -> Vec<usize> {
    got.iter().map(|(_, number)| *number).collect()
}

#[test]
fn items_arrive_in_order_through_stages_and_flushes() {
    for batch in [1, 2, 7, 1000] {
        let stop = StopSignal::new();
        let (first, middle) = link::<Item>(capacity(3), 1);
        let (second, end) = link::<Item>(capacity(2), 1);
        let mut from = outlet(&stop, vec![first]);
        from.set_batch(batch);
        let to = outlet(&stop, vec![second]);
        let source = spawn("source", move || drive_source(count(100), from, &StageMeter::default()).1).unwrap();
        let pass =
            spawn("pass", move || drive(Pass { last: Some(100) }, middle, to, &StageMeter::default()).1).unwrap();
        let (sink, result) = drive(Keep::default(), end, outlet(&stop, Vec::new()), &StageMeter::default());
        assert_eq!((source.join().unwrap(), pass.join().unwrap(), result), (Ok(()), Ok(()), Ok(())));
        assert_eq!(numbers(&sink.got), (0..=100).collect::<Vec<_>>(), "batches of {batch}");
        assert!(sink.finished && !sink.abandoned);
    }
}

/// Drives `source` and `keep` in one thread, in batches, over a link for two ports.
fn join(stop: &StopSignal, source: Count, keep: Keep, batch: usize) -> (Keep, Result<(), StageError>) {
    let (senders, inlet) = link::<Item>(capacity(4), 2);
    let mut from = outlet(stop, senders.into_iter().map(|sender| vec![sender]).collect());
    from.set_batch(batch);
    let (reads, writes) = (StageMeter::default(), StageMeter::default());
    drive_joined((source, from, &reads), (keep, inlet, outlet(stop, Vec::new()), &writes))
}

#[test]
fn a_source_and_a_sink_in_one_thread_lose_nothing_and_end_port_by_port() {
    for batch in [1, 3, 1000] {
        let (sink, result) = join(&StopSignal::new(), Count { ports: 2, ..count(100) }, Keep::default(), batch);
        assert_eq!(result, Ok(()));
        assert_eq!(sink.got, (0..100).map(|n| (n % 2, n)).collect::<Vec<_>>(), "batches of {batch}");
        assert_eq!(sink.ended, [0, 1]);
        assert!(sink.finished && !sink.abandoned);
    }
}

#[test]
fn a_sink_that_has_enough_ends_the_source_in_its_thread() {
    let source = count(1_000_000);
    let sent = Arc::clone(&source.sent);
    let (sink, result) = join(&StopSignal::new(), source, Keep { most: Some(7), ..Keep::default() }, 1);
    assert_eq!(result, Ok(()));
    assert_eq!(numbers(&sink.got), (0..7).collect::<Vec<_>>());
    assert!(sink.finished);
    assert_eq!(sent.load(SeqCst), 7);
}

#[test]
fn a_source_and_a_sink_in_one_thread_flush_on_drain_and_abandon_on_abort() {
    let stop = StopSignal::new();
    stop.drain();
    let (sink, result) = join(&stop, count(10), Keep::default(), 1);
    assert_eq!((result, sink.finished, sink.abandoned), (Ok(()), true, false));
    stop.abort();
    let (sink, result) = join(&stop, count(10), Keep::default(), 1);
    assert_eq!((result, sink.finished, sink.abandoned), (Err(StageError::Aborted), false, true));
}

#[test]
fn several_ports_end_one_by_one_and_the_stage_when_all_have() {
    let stop = StopSignal::new();
    let (senders, inlet) = link::<Item>(capacity(4), 2);
    let from = outlet(&stop, senders.into_iter().map(|sender| vec![sender]).collect());
    let source = Count { ports: 2, ..count(10) };
    let thread = spawn("source", move || drive_source(source, from, &StageMeter::default()).1).unwrap();
    let (sink, _) = drive(Keep::default(), inlet, outlet(&stop, Vec::new()), &StageMeter::default());
    thread.join().unwrap().unwrap();
    assert_eq!(sink.got, (0..10).map(|n| (n % 2, n)).collect::<Vec<_>>());
    assert_eq!(sink.ended, [0, 1]);
}

#[test]
fn a_port_that_is_closed_from_its_far_end_stops_while_the_other_goes_on() {
    let stop = StopSignal::new();
    let (senders, inlet) = link::<Item>(capacity(1), 2);
    let from = outlet(&stop, senders.into_iter().map(|sender| vec![sender]).collect());
    let source = Count { ports: 2, ..count(1000) };
    let thread = spawn("source", move || drive_source(source, from, &StageMeter::default()).1).unwrap();
    let keep = Keep { close_after: Some((0, 10)), ..Keep::default() };
    let (sink, _) = drive(keep, inlet, outlet(&stop, Vec::new()), &StageMeter::default());
    assert_eq!(thread.join().unwrap(), Ok(()));
    let of = |port| sink.got.iter().filter(|(p, _)| *p == port).count();
    assert_eq!(of(1), 500);
    // What was under way when the port was closed may still come.
    assert!(of(0) < 20, "{} items after the end", of(0));
    assert!(sink.finished);
}

#[test]
fn a_slow_sink_holds_back_the_source() {
    let stop = StopSignal::new();
    let (senders, inlet) = link::<Item>(capacity(3), 1);
    let from = outlet(&stop, vec![senders]);
    let (allow, allowed) = reply::<()>();
    let (began, begun) = reply::<()>();
    let source = count(200);
    let sent = Arc::clone(&source.sent);
    let producer = spawn("source", move || drive_source(source, from, &StageMeter::default()).1).unwrap();
    let to = outlet(&stop, Vec::new());
    let sink =
        spawn("sink", move || drive(Slow { allowed, began, taken: 0 }, inlet, to, &StageMeter::default()).0.taken)
            .unwrap();
    for taken in 1..=200 {
        begun.recv().unwrap();
        // Three wait in the link, one is in the sink's hands.
        assert!(sent.load(SeqCst) <= taken + 3, "{} sent, {taken} taken", sent.load(SeqCst));
        allow.send(()).unwrap();
    }
    assert_eq!(producer.join().unwrap(), Ok(()));
    assert_eq!(sink.join().unwrap(), 200);
}

#[test]
fn a_link_is_bounded_by_bytes_and_lets_one_larger_item_pass_alone() {
    let stop = StopSignal::new();
    let (mut senders, mut inlet) = link::<Item>(Capacity { items: 100, bytes: 10 }, 1);
    let mut sender = senders.remove(0);
    let (abort, meter) = (stop.abort.clone(), StageMeter::default());
    sender.send(Some(Item { number: 0, bytes: 50 }), &abort, &meter).unwrap();
    let waiting = spawn("sender", {
        let abort = abort.clone();
        move || {
            for number in 1..=20 {
                sender.send(Some(Item { number, bytes: 4 }), &abort, &StageMeter::default()).unwrap();
                // Two of four bytes are all that fits.
                assert!(sender.depth() <= 2, "{} in the link", sender.depth());
            }
        }
    })
    .unwrap();
    for number in 0..=20 {
        let tagged = inlet.receive(&abort, &meter).unwrap().unwrap();
        assert_eq!(tagged.item.unwrap().number, number);
    }
    waiting.join().unwrap();
}

#[test]
fn everybody_behind_a_port_gets_every_item() {
    let stop = StopSignal::new();
    let (a, inlet_a) = link::<Item>(capacity(2), 1);
    let (b, inlet_b) = link::<Item>(capacity(5), 1);
    let from = outlet(&stop, vec![a.into_iter().chain(b).collect()]);
    let producer = spawn("source", move || drive_source(count(50), from, &StageMeter::default()).1).unwrap();
    let to = outlet(&stop, Vec::new());
    let other = spawn("other", move || drive(Keep::default(), inlet_b, to, &StageMeter::default()).0.got).unwrap();
    let (sink, _) = drive(Keep::default(), inlet_a, outlet(&stop, Vec::new()), &StageMeter::default());
    assert_eq!(producer.join().unwrap(), Ok(()));
    assert_eq!(numbers(&sink.got), (0..50).collect::<Vec<_>>());
    assert_eq!(other.join().unwrap(), sink.got);
}

#[test]
fn a_consumer_that_leaves_does_not_disturb_the_other_on_the_same_port() {
    let stop = StopSignal::new();
    let (a, inlet_a) = link::<Item>(capacity(1), 1);
    let (b, inlet_b) = link::<Item>(capacity(1), 1);
    let from = outlet(&stop, vec![a.into_iter().chain(b).collect()]);
    let producer = spawn("source", move || drive_source(count(50), from, &StageMeter::default()).1).unwrap();
    drop(inlet_a);
    let (sink, _) = drive(Keep::default(), inlet_b, outlet(&stop, Vec::new()), &StageMeter::default());
    assert_eq!(producer.join().unwrap(), Ok(()));
    assert_eq!(sink.got.len(), 50);
}

#[test]
fn a_consumer_that_ends_early_ends_the_producer_without_a_failure() {
    let stop = StopSignal::new();
    let (senders, middle) = link::<Item>(capacity(1), 1);
    let (second, end) = link::<Item>(capacity(1), 1);
    let from = outlet(&stop, vec![senders]);
    let to = outlet(&stop, vec![second]);
    let source = count(usize::MAX);
    let producer = spawn("source", move || drive_source(source, from, &StageMeter::default()).1).unwrap();
    let pass = spawn("pass", move || drive(Pass { last: None }, middle, to, &StageMeter::default()).1).unwrap();
    let keep = Keep { most: Some(5), ..Keep::default() };
    let (sink, result) = drive(keep, end, outlet(&stop, Vec::new()), &StageMeter::default());
    assert_eq!(result, Ok(()));
    assert!(sink.finished && sink.got.len() == 5);
    for ended in [producer.join().unwrap(), pass.join().unwrap()] {
        assert_eq!(ended, Err(StageError::NoConsumer));
        assert!(!StageError::NoConsumer.is_failure());
    }
    assert!(!stop.abort.is_tripped());
}

#[test]
fn drain_ends_the_source_and_flushes_the_rest() {
    let stop = StopSignal::new();
    let (senders, middle) = link::<Item>(capacity(2), 1);
    let (second, end) = link::<Item>(capacity(2), 1);
    let from = outlet(&stop, vec![senders]);
    let to = outlet(&stop, vec![second]);
    let source = count(usize::MAX);
    let sent = Arc::clone(&source.sent);
    let producer = spawn("source", move || drive_source(source, from, &StageMeter::default()).1).unwrap();
    let last = Pass { last: Some(usize::MAX) };
    let pass = spawn("pass", move || drive(last, middle, to, &StageMeter::default()).1).unwrap();
    stop.drain();
    let (sink, result) = drive(Keep::default(), end, outlet(&stop, Vec::new()), &StageMeter::default());
    assert_eq!((producer.join().unwrap(), pass.join().unwrap(), result), (Ok(()), Ok(()), Ok(())));
    // All that was sent arrives, and what the flush gave.
    assert_eq!(sink.got.len(), sent.load(SeqCst) + 1);
    assert_eq!(sink.got.last(), Some(&(0, usize::MAX)));
    assert!(sink.finished && !sink.abandoned);
}

#[test]
fn abort_wakes_who_waits_for_items_and_who_waits_for_room() {
    let stop = StopSignal::new();
    let (_starving, starved) = link::<Item>(capacity(1), 1);
    let (senders, _nobody_takes) = link::<Item>(capacity(1), 1);
    let (bytes, _nobody_takes_these) = link::<Item>(Capacity { items: 100, bytes: 1 }, 1);
    let from = outlet(&stop, vec![senders]);
    let from_bytes = outlet(&stop, vec![bytes]);
    let to = outlet(&stop, Vec::new());
    let full = spawn("full", move || drive_source(count(usize::MAX), from, &StageMeter::default()).1).unwrap();
    let heavy = spawn("heavy", move || drive_source(count(usize::MAX), from_bytes, &StageMeter::default()).1).unwrap();
    let sink = spawn("sink", move || drive(Keep::default(), starved, to, &StageMeter::default())).unwrap();
    stop.abort();
    assert_eq!(full.join().unwrap(), Err(StageError::Aborted));
    assert_eq!(heavy.join().unwrap(), Err(StageError::Aborted));
    let (sink, result) = sink.join().unwrap();
    assert_eq!(result, Err(StageError::Aborted));
    assert!(sink.abandoned && !sink.finished);
}

#[test]
fn a_stage_that_fails_is_abandoned_and_its_producer_finds_nobody() {
    let stop = StopSignal::new();
    let (senders, inlet) = link::<Item>(capacity(1), 1);
    let from = outlet(&stop, vec![senders]);
    let producer = spawn("source", move || drive_source(count(usize::MAX), from, &StageMeter::default()).1).unwrap();
    let (allow, allowed) = reply::<()>();
    let (began, _begun) = reply::<()>();
    drop(allow);
    let slow = Slow { allowed, began, taken: 0 };
    let result = drive(slow, inlet, outlet(&stop, Vec::new()), &StageMeter::default()).1;
    assert_eq!(result, Err(StageError::Failed("not allowed".to_owned())));
    assert_eq!(producer.join().unwrap(), Err(StageError::NoConsumer));
}

/// Dies at its first item.
struct Dies;

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

#[test]
fn a_stage_that_dies_ends_those_before_and_behind_it() {
    let stop = StopSignal::new();
    let (senders, middle) = link::<Item>(capacity(1), 1);
    let (second, end) = link::<Item>(capacity(1), 1);
    let from = outlet(&stop, vec![senders]);
    let to = outlet(&stop, vec![second]);
    let producer = spawn("source", move || drive_source(count(usize::MAX), from, &StageMeter::default()).1).unwrap();
    let dying = spawn("dies", move || drive(Dies, middle, to, &StageMeter::default()).1).unwrap();
    let (sink, behind) = drive(Keep::default(), end, outlet(&stop, Vec::new()), &StageMeter::default());
    assert_eq!(producer.join().unwrap(), Err(StageError::NoConsumer));
    assert!(dying.join().is_err());
    // What comes from the dead is no whole stream, and must not be flushed as if it were one.
    assert_eq!((behind, sink.finished, sink.abandoned), (Err(StageError::Aborted), false, true));
}

#[test]
fn the_first_cause_is_told_and_not_what_follows_from_it() {
    let failed = |text: &str| StageError::Failed(text.to_owned());
    let died = || StageError::Panicked("mux 0".to_owned());
    let all = [StageError::NoConsumer, StageError::Aborted, died(), failed("one"), StageError::Aborted, failed("two")];
    assert_eq!(first_cause(all), Some(failed("one")));
    assert_eq!(first_cause([StageError::Aborted, StageError::NoConsumer, died()]), Some(died()));
    assert_eq!(first_cause([StageError::NoConsumer, StageError::Aborted]), Some(StageError::Aborted));
    assert_eq!(first_cause([]), None);
}

#[test]
fn an_item_that_fits_only_alone_gets_in_when_the_link_is_empty() {
    for round in 0..20 {
        let stop = StopSignal::new();
        let (mut senders, mut inlet) = link::<Item>(Capacity { items: 100, bytes: 10 }, 2);
        let mut large = senders.pop().unwrap();
        let mut small = senders.pop().unwrap();
        let (abort, meter) = (stop.abort.clone(), StageMeter::default());
        small.send(Some(Item { number: 0, bytes: 4 }), &abort, &meter).unwrap();
        small.send(Some(Item { number: 1, bytes: 2 }), &abort, &meter).unwrap();
        let other = abort.clone();
        let (told, tell) = reply::<()>();
        let thread = spawn("large", move || {
            let _ = told.send(());
            large.send(Some(Item { number: 2, bytes: 10 }), &other, &StageMeter::default())
        })
        .unwrap();
        tell.recv().unwrap();
        for _ in 0..2000 {
            std::thread::yield_now();
        }
        inlet.receive(&abort, &meter).unwrap();
        for _ in 0..2000 {
            std::thread::yield_now();
        }
        inlet.receive(&abort, &meter).unwrap();
        let (done, watch) = reply::<()>();
        let guard = stop.clone();
        let dog = spawn("dog", move || {
            if watch.recv_timeout(std::time::Duration::from_secs(3)).is_err() {
                guard.abort();
            }
        })
        .unwrap();
        let got = inlet.receive(&abort, &meter);
        let _ = done.send(());
        dog.join().unwrap();
        assert!(got.is_ok(), "hung in round {round}");
        assert_eq!(thread.join().unwrap(), Ok(()));
    }
}

#[test]
fn a_consumer_that_leaves_wakes_everybody_who_waits_for_bytes() {
    for round in 0..20 {
        let stop = StopSignal::new();
        let (mut senders, inlet) = link::<Item>(Capacity { items: 100, bytes: 10 }, 3);
        let (abort, meter) = (stop.abort.clone(), StageMeter::default());
        senders[0].send(Some(Item { number: 0, bytes: 10 }), &abort, &meter).unwrap();
        let threads: Vec<_> = senders
            .drain(1..)
            .map(|mut s| {
                let other = abort.clone();
                spawn("large", move || s.send(Some(Item { number: 2, bytes: 10 }), &other, &StageMeter::default()))
                    .unwrap()
            })
            .collect();
        for _ in 0..3000 {
            std::thread::yield_now();
        }
        drop(inlet);
        let (done, watch) = reply::<()>();
        let guard = stop.clone();
        let dog = spawn("dog", move || {
            if watch.recv_timeout(std::time::Duration::from_secs(3)).is_err() {
                guard.abort();
            }
        })
        .unwrap();
        let got: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        let _ = done.send(());
        dog.join().unwrap();
        assert_eq!(got, [Err(crate::engine::link::SendError::Closed); 2], "round {round}");
    }
}
