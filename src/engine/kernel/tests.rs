//! The kernel with toy stages: order, bounds, fan-out, early ends, abort and drain.
#![allow(clippy::unwrap_used, clippy::panic)]

mod toys;

use self::toys::{
    Busy, Count, Dies, Item, Keep, Pass, Slow, count, forked, linked, numbers, outlet, ready, sink, source, worker,
};
use super::*;
use crate::engine::fault::StageError;
use crate::engine::link::{Capacity, link, link_within, reply};
use crate::engine::meter::StageMeter;
use crate::engine::stop::StopSignal;
use crate::engine::threads::spawn;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

#[test]
fn items_arrive_in_order_through_stages_and_flushes() {
    for batch in [1, 2, 7, 1000] {
        let stop = StopSignal::new();
        let (mut from, middle) = linked(&stop, 3 * 7, 1);
        let (mut to, end) = linked(&stop, 3 * 2, 1);
        from.set_batch(batch);
        to.set_batch(batch);
        let producer = source(count(100), from);
        let pass = worker(Pass { last: Some(100), ..Pass::default() }, middle, to);
        let (keep, result) = sink(&stop, Keep::default(), end);
        assert_eq!((producer.join().unwrap(), pass.join().unwrap().1, result), (Ok(()), Ok(()), Ok(())));
        assert_eq!(numbers(&keep.got), (0..=100).collect::<Vec<_>>(), "batches of {batch}");
        assert!(keep.finished && !keep.abandoned);
    }
}

/// Drives `source` and `keep` in one thread, over a link for two ports.
fn join(stop: &StopSignal, source: Count, keep: Keep) -> (Keep, Result<(), StageError>) {
    let (senders, inlet) = link_within(2);
    let mut from = outlet(stop, senders.into_iter().map(|sender| vec![sender]).collect());
    from.set_batch(1000);
    let reads = StageMeter::default();
    let front = || drive_source(source, from, &reads).1;
    let (keep, result) = ready(keep, inlet, outlet(stop, Vec::new())).drive_behind(front);
    (keep.unwrap(), result)
}

#[test]
fn a_source_and_a_sink_in_one_thread_lose_nothing_and_end_port_by_port() {
    let (keep, result) = join(&StopSignal::new(), Count { ports: 2, ..count(100) }, Keep::default());
    assert_eq!(result, Ok(()));
    assert_eq!(keep.got, (0..100).map(|n| (n % 2, n)).collect::<Vec<_>>());
    assert_eq!(keep.ended, [0, 1]);
    assert!(keep.finished && !keep.abandoned);
}

#[test]
fn a_source_in_the_thread_of_its_sink_may_give_any_number_in_one_step_and_at_the_end() {
    let source = Count { in_a_step: 5000, flushed: 5000, ..count(10_000) };
    let (keep, result) = join(&StopSignal::new(), source, Keep::default());
    assert_eq!(result, Ok(()));
    assert_eq!(numbers(&keep.got), (0..15_000).collect::<Vec<_>>());
}

#[test]
fn a_sink_that_has_enough_ends_the_source_in_its_thread() {
    let source = count(1_000_000);
    let sent = Arc::clone(&source.sent);
    let (keep, result) = join(&StopSignal::new(), source, Keep { most: Some(7), ..Keep::default() });
    assert_eq!(result, Ok(()));
    assert_eq!(numbers(&keep.got), (0..7).collect::<Vec<_>>());
    assert!(keep.finished);
    assert!(sent.load(SeqCst) <= 7);
}

#[test]
fn a_source_and_a_sink_in_one_thread_flush_on_drain_and_abandon_on_abort() {
    let stop = StopSignal::new();
    stop.drain();
    let (keep, result) = join(&stop, count(10), Keep::default());
    assert_eq!((result, keep.finished, keep.abandoned), (Ok(()), true, false));
    stop.abort();
    let (keep, result) = join(&stop, count(10), Keep::default());
    assert_eq!((result, keep.finished, keep.abandoned), (Err(StageError::Aborted), false, true));
}

/// Drives `host` in the thread of `guest`, between `source` and a [`Keep`] in threads of their own.
fn lodge<H, G>(stop: &StopSignal, source_of: Count, host: H, guest: G) -> (Keep, Option<G>, Result<(), StageError>)
where
    H: Stage<In = Item, Out = Item>,
    G: Stage<In = Item, Out = Item> + 'static,
{
    let (from, middle) = linked(stop, 30, 1);
    let (mut to, end) = linked(stop, 30, 1);
    to.set_batch(10);
    let producer = source(source_of, from);
    let keep = worker(Keep::default(), end, outlet(stop, Vec::new()));
    let (senders, within) = link_within(1);
    let handing = outlet(stop, vec![senders]);
    let front = || ready(host, middle, handing).drive().1;
    let (guest, result) = ready(guest, within, to).drive_behind(front);
    let _ = producer.join().unwrap();
    let (keep, _) = keep.join().unwrap();
    (keep, guest, result)
}

#[test]
fn a_stage_in_the_thread_of_the_one_before_it_gets_all_and_flushes_after_it() {
    let stop = StopSignal::new();
    let pass = |last| Pass { last: Some(last), ..Pass::default() };
    let (keep, guest, result) = lodge(&stop, count(1000), pass(1000), pass(1001));
    assert_eq!(result, Ok(()));
    assert_eq!(numbers(&keep.got), (0..=1001).collect::<Vec<_>>());
    assert!(keep.finished && !guest.unwrap().abandoned);
}

#[test]
fn what_a_stage_holds_in_the_thread_of_the_one_before_it_crosses_before_that_one_waits() {
    let stop = StopSignal::new();
    let (mut from, middle) = linked(&stop, 30, 1);
    let (mut to, mut end) = linked(&stop, 30, 1);
    to.set_batch(10);
    let (senders, within) = link_within(1);
    let handing = outlet(&stop, vec![senders]);
    let thread = spawn("host", move || {
        let front = || ready(Pass::default(), middle, handing).drive().1;
        ready(Pass::default(), within, to).drive_behind(front).1
    })
    .unwrap();
    // Fewer than cross together, and nothing more comes until they have arrived.
    for round in 0..20 {
        from.send(0, Item(round)).unwrap();
        let arrived = end.receive(&stop.abort, &StageMeter::default()).unwrap().unwrap();
        assert_eq!(arrived.item, Some(Item(round)));
    }
    // It may have gone by the time that this returns.
    let _ = from.end(0);
    assert_eq!(thread.join().unwrap(), Ok(()));
}

#[test]
fn a_stage_that_fails_in_the_thread_of_the_one_before_it_is_the_cause() {
    let stop = StopSignal::new();
    let (allow, allowed) = reply::<()>();
    let (began, _begun) = reply::<()>();
    drop(allow);
    let (keep, guest, result) = lodge(&stop, count(usize::MAX), Pass::default(), Slow { allowed, began, taken: 0 });
    assert_eq!(result, Err(StageError::Failed("not allowed".to_owned())));
    assert!(guest.is_some() && keep.got.is_empty() && keep.abandoned);
}

#[test]
fn a_busy_stage_goes_on_in_the_thread_of_the_one_before_it() {
    let stop = StopSignal::new();
    let (mut from, middle) = linked(&stop, 1, 1);
    let (senders, within) = link_within(1);
    let handing = outlet(&stop, vec![senders]);
    let out = outlet(&stop, Vec::new());
    let (enough, waited_for) = reply();
    let busy = Busy { enough: Some(enough), ..Busy::default() };
    let thread = spawn("host", move || {
        let front = || ready(Pass::default(), middle, handing).drive().1;
        ready(busy, within, out).drive_behind(front)
    })
    .unwrap();
    assert!(waited_for.recv().is_err());
    from.send(0, Item(0)).unwrap();
    // It may be gone by now.
    let _ = from.end(0);
    let (busy, result) = thread.join().unwrap();
    assert_eq!((busy.unwrap().turns >= 100, result), (true, Ok(())));
}

#[test]
fn several_ports_end_one_by_one_and_the_stage_when_all_have() {
    let stop = StopSignal::new();
    let (from, inlet) = linked(&stop, 4, 2);
    let producer = source(Count { ports: 2, ..count(10) }, from);
    let (keep, _) = sink(&stop, Keep::default(), inlet);
    producer.join().unwrap().unwrap();
    assert_eq!(keep.got, (0..10).map(|n| (n % 2, n)).collect::<Vec<_>>());
    assert_eq!(keep.ended, [0, 1]);
}

#[test]
fn a_port_that_is_closed_from_its_far_end_stops_while_the_other_goes_on() {
    let stop = StopSignal::new();
    let (from, inlet) = linked(&stop, 1, 2);
    let producer = source(Count { ports: 2, ..count(1000) }, from);
    let (keep, _) = sink(&stop, Keep { close_after: Some((0, 10)), ..Keep::default() }, inlet);
    assert_eq!(producer.join().unwrap(), Ok(()));
    let of = |port| keep.got.iter().filter(|(p, _)| *p == port).count();
    assert_eq!(of(1), 500);
    // What was under way when the port was closed may still come.
    assert!(of(0) < 20, "{} items after the end", of(0));
    assert!(keep.finished);
}

#[test]
fn a_slow_sink_holds_back_the_source() {
    let stop = StopSignal::new();
    let (from, inlet) = linked(&stop, 3, 1);
    let (allow, allowed) = reply::<()>();
    let (began, begun) = reply::<()>();
    let numbers = count(200);
    let sent = Arc::clone(&numbers.sent);
    let producer = source(numbers, from);
    let slow = worker(Slow { allowed, began, taken: 0 }, inlet, outlet(&stop, Vec::new()));
    for taken in 1..=200 {
        begun.recv().unwrap();
        // Three wait in the link, one is in the sink's hands.
        assert!(sent.load(SeqCst) <= taken + 3, "{} sent, {taken} taken", sent.load(SeqCst));
        allow.send(()).unwrap();
    }
    assert_eq!(producer.join().unwrap(), Ok(()));
    assert_eq!(slow.join().unwrap().0.taken, 200);
}

#[test]
fn everybody_behind_a_port_gets_every_item() {
    let stop = StopSignal::new();
    let (from, [first, second]) = forked(&stop, [2, 5]);
    let producer = source(count(50), from);
    let other = worker(Keep::default(), second, outlet(&stop, Vec::new()));
    let (keep, _) = sink(&stop, Keep::default(), first);
    assert_eq!(producer.join().unwrap(), Ok(()));
    assert_eq!(numbers(&keep.got), (0..50).collect::<Vec<_>>());
    assert_eq!(other.join().unwrap().0.got, keep.got);
}

#[test]
fn a_consumer_that_leaves_does_not_disturb_the_other_on_the_same_port() {
    let stop = StopSignal::new();
    let (from, [first, second]) = forked(&stop, [1, 1]);
    let producer = source(count(50), from);
    drop(first);
    let (keep, _) = sink(&stop, Keep::default(), second);
    assert_eq!(producer.join().unwrap(), Ok(()));
    assert_eq!(keep.got.len(), 50);
}

#[test]
fn a_consumer_that_ends_early_ends_the_producer_without_a_failure() {
    let stop = StopSignal::new();
    let (from, middle) = linked(&stop, 1, 1);
    let (to, end) = linked(&stop, 1, 1);
    let producer = source(count(usize::MAX), from);
    let pass = worker(Pass::default(), middle, to);
    let (keep, result) = sink(&stop, Keep { most: Some(5), ..Keep::default() }, end);
    assert_eq!(result, Ok(()));
    assert!(keep.finished && keep.got.len() == 5);
    let (pass, passed) = pass.join().unwrap();
    for ended in [producer.join().unwrap(), passed] {
        assert_eq!(ended, Err(StageError::NoConsumer));
        assert!(!StageError::NoConsumer.is_failure());
    }
    // It may be kept, and then others must not wait for it.
    assert!(pass.abandoned);
    assert!(!stop.abort.is_tripped());
}

#[test]
fn drain_ends_the_source_and_flushes_the_rest() {
    let stop = StopSignal::new();
    let (from, middle) = linked(&stop, 2, 1);
    let (to, end) = linked(&stop, 2, 1);
    let numbers = count(usize::MAX);
    let sent = Arc::clone(&numbers.sent);
    let producer = source(numbers, from);
    let pass = worker(Pass { last: Some(usize::MAX), ..Pass::default() }, middle, to);
    stop.drain();
    let (keep, result) = sink(&stop, Keep::default(), end);
    assert_eq!((producer.join().unwrap(), pass.join().unwrap().1, result), (Ok(()), Ok(()), Ok(())));
    // All that was sent arrives, and what the flush gave.
    assert_eq!(keep.got.len(), sent.load(SeqCst) + 1);
    assert_eq!(keep.got.last(), Some(&(0, usize::MAX)));
    assert!(keep.finished && !keep.abandoned);
}

#[test]
fn abort_wakes_who_waits_for_items_and_who_waits_for_room() {
    let stop = StopSignal::new();
    let (_starving, starved) = link(Capacity { items: 1, bytes: 1 << 20 }, 1);
    let (from, _nobody_takes) = linked(&stop, 1, 1);
    let (bytes, _nobody_takes_these) = link(Capacity { items: 100, bytes: 1 }, 1);
    let full = source(count(usize::MAX), from);
    let heavy = source(count(usize::MAX), outlet(&stop, vec![bytes]));
    let keep = worker(Keep::default(), starved, outlet(&stop, Vec::new()));
    stop.abort();
    assert_eq!(full.join().unwrap(), Err(StageError::Aborted));
    assert_eq!(heavy.join().unwrap(), Err(StageError::Aborted));
    let (keep, result) = keep.join().unwrap();
    assert_eq!(result, Err(StageError::Aborted));
    assert!(keep.abandoned && !keep.finished);
}

#[test]
fn a_stage_that_fails_is_abandoned_and_its_producer_finds_nobody() {
    let stop = StopSignal::new();
    let (from, inlet) = linked(&stop, 1, 1);
    let producer = source(count(usize::MAX), from);
    let (allow, allowed) = reply::<()>();
    let (began, _begun) = reply::<()>();
    drop(allow);
    let (_, result) = sink(&stop, Slow { allowed, began, taken: 0 }, inlet);
    assert_eq!(result, Err(StageError::Failed("not allowed".to_owned())));
    assert_eq!(producer.join().unwrap(), Err(StageError::NoConsumer));
}

#[test]
fn a_stage_that_dies_ends_those_before_and_behind_it() {
    let stop = StopSignal::new();
    let (from, middle) = linked(&stop, 1, 1);
    let (to, end) = linked(&stop, 1, 1);
    let producer = source(count(usize::MAX), from);
    let dying = worker(Dies, middle, to);
    let (keep, behind) = sink(&stop, Keep::default(), end);
    assert_eq!(producer.join().unwrap(), Err(StageError::NoConsumer));
    assert!(dying.join().is_err());
    // What comes from the dead is no whole stream, and must not be flushed as if it were one.
    assert_eq!((behind, keep.finished, keep.abandoned), (Err(StageError::Aborted), false, true));
}

#[test]
fn a_busy_stage_works_while_nothing_comes_and_takes_what_comes_and_ends_on_abort() {
    let stop = StopSignal::new();
    let (mut from, inlet) = linked(&stop, 1, 1);
    let (enough, waited_for) = reply();
    let busy = worker(Busy { enough: Some(enough), ..Busy::default() }, inlet, outlet(&stop, Vec::new()));
    assert!(waited_for.recv().is_err());
    assert_eq!(count(1).step(&mut from), Ok(Flow::Continue));
    let (busy, result) = busy.join().unwrap();
    assert_eq!((busy.turns >= 100, result), (true, Ok(())));

    let (_from, inlet) = linked(&stop, 1, 1);
    let (enough, waited_for) = reply();
    let busy = worker(Busy { enough: Some(enough), ..Busy::default() }, inlet, outlet(&stop, Vec::new()));
    assert!(waited_for.recv().is_err());
    stop.abort();
    assert_eq!(busy.join().unwrap().1, Err(StageError::Aborted));
}
