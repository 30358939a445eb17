//! Links: bounds, order, wake-ups.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::engine::kernel::Outlet;
use crate::engine::stop::StopSignal;
use crate::engine::threads::spawn;
use std::time::Duration;

/// An item of so many bytes.
#[derive(Debug, PartialEq, Eq)]
struct Bytes(usize);

impl Flowing for Bytes {
    fn bytes(&self) -> usize {
        self.0
    }

    fn share(&self) -> Result<Self, crate::av::AvError> {
        Ok(Self(self.0))
    }
}

/// Gives up the processor often enough for a thread that can go on to do so.
fn let_others_run() {
    for _ in 0..3000 {
        std::thread::yield_now();
    }
}

/// What `body` gives; the run is aborted when it hangs.
fn watched<T>(stop: &StopSignal, body: impl FnOnce() -> T) -> T {
    let (done, finished) = reply::<()>();
    let guard = stop.clone();
    let dog = spawn("dog", move || {
        if finished.recv_timeout(Duration::from_secs(3)).is_err() {
            guard.abort();
        }
    })
    .unwrap();
    let got = body();
    let _ = done.send(());
    dog.join().unwrap();
    got
}

#[test]
fn an_item_above_the_limit_crosses_once_a_small_one_has_left() {
    let stop = StopSignal::new();
    let (mut senders, mut inlet) = link::<Bytes>(Capacity { items: 8, bytes: 100 }, 1);
    let mut sender = senders.remove(0);
    let meter = StageMeter::default();
    sender.send(Some(Bytes(10)), &stop.abort, &meter).unwrap();
    let (done, finished) = reply();
    let abort = stop.abort.clone();
    let thread = spawn("large", move || {
        sender.send(Some(Bytes(150)), &abort, &StageMeter::default()).unwrap();
        done.send(()).unwrap();
    })
    .unwrap();
    assert!(finished.recv_timeout(Duration::from_millis(100)).is_err());
    assert_eq!(inlet.receive(&stop.abort, &meter).unwrap().unwrap().item, Some(Bytes(10)));
    let crossed = finished.recv_timeout(Duration::from_secs(5));
    stop.abort();
    crossed.unwrap();
    thread.join().unwrap();
}

#[test]
fn a_batch_keeps_the_order_of_its_ports_and_lets_none_lag() {
    let stop = StopSignal::new();
    let meter = Arc::new(StageMeter::default());
    let (senders, mut mux) = link::<Bytes>(Capacity { items: 12, bytes: 1000 }, 2);
    let (other, mut decode) = link::<Bytes>(Capacity { items: 12, bytes: 1000 }, 1);
    let mut outlet = Outlet::new(stop.clone(), Arc::clone(&meter));
    for (port, sender) in senders.into_iter().chain(other).enumerate() {
        outlet.connect(port, sender);
    }
    outlet.set_batch(4);
    for port in [0, 1, 0, 2] {
        outlet.send(port, Bytes(1)).unwrap();
    }
    // On a slow machine some have crossed before.
    outlet.flush().unwrap();
    let port = |inlet: &mut Inlet<Bytes>| inlet.receive(&stop.abort, &meter).unwrap().unwrap().port;
    assert_eq!([port(&mut mux), port(&mut mux), port(&mut mux)], [0, 1, 0]);
    assert_eq!(port(&mut decode), 0);
}

#[test]
fn items_of_a_batch_are_counted_one_by_one() {
    let stop = StopSignal::new();
    let meter = Arc::new(StageMeter::default());
    let (senders, mut inlet) = link::<Bytes>(Capacity { items: 12, bytes: 1000 }, 1);
    let mut outlet = Outlet::new(stop.clone(), Arc::clone(&meter));
    senders.into_iter().for_each(|sender| outlet.connect(0, sender));
    outlet.set_batch(4);
    let (sent, count) = mailbox(100);
    let thread = spawn("sender", move || {
        for number in 0..40 {
            outlet.send(0, Bytes(number)).unwrap();
            sent.send(()).unwrap();
        }
        outlet.flush().unwrap();
    })
    .unwrap();
    for number in 0..40 {
        let_others_run();
        // Twelve of them in the link, four that are held or wait for room.
        assert!(count.len() <= number + 12 + 4, "{} sent, {number} taken", count.len());
        assert_eq!(inlet.receive(&stop.abort, &meter).unwrap().unwrap().item, Some(Bytes(number)));
    }
    thread.join().unwrap();
}

#[test]
fn a_link_is_bounded_by_bytes_and_lets_one_larger_item_pass_alone() {
    let stop = StopSignal::new();
    let (mut senders, mut inlet) = link::<Bytes>(Capacity { items: 100, bytes: 1000 }, 1);
    let mut sender = senders.remove(0);
    let (abort, meter) = (stop.abort.clone(), StageMeter::default());
    sender.send(Some(Bytes(5000)), &abort, &meter).unwrap();
    let waiting = spawn("sender", {
        let abort = abort.clone();
        move || {
            for number in 1..=20 {
                sender.send(Some(Bytes(400 + number)), &abort, &StageMeter::default()).unwrap();
                // Two of them are all that fits.
                assert!(sender.budget.items() <= 2, "{} in the link", sender.budget.items());
            }
        }
    })
    .unwrap();
    for expected in [5000].into_iter().chain(401..=420) {
        let tagged = inlet.receive(&abort, &meter).unwrap().unwrap();
        assert_eq!(tagged.item, Some(Bytes(expected)));
    }
    waiting.join().unwrap();
}

#[test]
fn an_item_that_fits_only_alone_gets_in_when_the_link_is_empty() {
    for round in 0..20 {
        let stop = StopSignal::new();
        let (mut senders, mut inlet) = link::<Bytes>(Capacity { items: 100, bytes: 10 }, 2);
        let mut large = senders.pop().unwrap();
        let mut small = senders.pop().unwrap();
        let (abort, meter) = (stop.abort.clone(), StageMeter::default());
        small.send(Some(Bytes(4)), &abort, &meter).unwrap();
        small.send(Some(Bytes(2)), &abort, &meter).unwrap();
        let other = abort.clone();
        let (told, tell) = reply::<()>();
        let thread = spawn("large", move || {
            let _ = told.send(());
            large.send(Some(Bytes(10)), &other, &StageMeter::default())
        })
        .unwrap();
        tell.recv().unwrap();
        let_others_run();
        inlet.receive(&abort, &meter).unwrap();
        let_others_run();
        inlet.receive(&abort, &meter).unwrap();
        let got = watched(&stop, || inlet.receive(&abort, &meter));
        assert!(got.is_ok(), "hung in round {round}");
        assert_eq!(thread.join().unwrap(), Ok(()));
    }
}

#[test]
fn a_consumer_that_leaves_wakes_everybody_who_waits_for_bytes() {
    for round in 0..20 {
        let stop = StopSignal::new();
        let (mut senders, inlet) = link::<Bytes>(Capacity { items: 100, bytes: 10 }, 3);
        let (abort, meter) = (stop.abort.clone(), StageMeter::default());
        senders[0].send(Some(Bytes(10)), &abort, &meter).unwrap();
        let threads: Vec<_> = senders
            .drain(1..)
            .map(|mut s| {
                let other = abort.clone();
                spawn("large", move || s.send(Some(Bytes(10)), &other, &StageMeter::default())).unwrap()
            })
            .collect();
        let_others_run();
        drop(inlet);
        let got: Vec<_> = watched(&stop, || threads.into_iter().map(|t| t.join().unwrap()).collect());
        assert_eq!(got, [Err(SendError::Closed); 2], "round {round}");
    }
}
