//! Waiting for deadlines: in the past, two milliseconds away, or so far that only a latch ends the wait.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::engine::threads::spawn;
use crate::timing::Pacer;
use crate::unit::Rational;

const FAR_NS: i64 = 1 << 60;

#[test]
fn a_time_that_has_passed_is_not_waited_for() {
    let (clock, latch) = (Clock::start(), Latch::default());
    assert!(clock.wait_until(0, &latch));
    assert!(clock.wait_until(-5, &latch));
    assert!(clock.wait_until(clock.now_ns(), &latch));
}

#[test]
fn a_tripped_latch_ends_every_wait() {
    let (clock, latch) = (Clock::start(), Latch::default());
    latch.trip();
    assert!(!clock.wait_until(0, &latch));
    assert!(!clock.wait_until(FAR_NS, &latch));
}

#[test]
fn a_latch_that_trips_wakes_who_waits() {
    let (clock, latch) = (Clock::start(), Latch::default());
    let other = latch.clone();
    let waiting = spawn("waits", move || clock.wait_until(FAR_NS, &other)).unwrap();
    latch.trip();
    assert!(!waiting.join().unwrap());
}

#[test]
fn a_wait_does_not_end_before_its_time() {
    let (clock, latch) = (Clock::start(), Latch::default());
    let due = clock.now_ns() + 2_000_000;
    assert!(clock.wait_until(due, &latch));
    assert!(clock.now_ns() >= due);
}

#[test]
fn what_a_pacer_gives_at_once_is_not_waited_for() {
    let (clock, latch) = (Clock::start(), Latch::default());
    let mut pacer = Pacer::new(Rational::new(1, 1), 500_000);
    for media_us in (0..=500_000).step_by(40_000) {
        assert_eq!(pacer.due_ns(media_us), 0);
        assert!(clock.wait_until(pacer.due_ns(media_us), &latch));
    }
    assert_eq!(pacer.due_ns(540_000), 40_000_000);
}

#[test]
fn after_a_stall_a_pacer_s_schedule_is_caught_up() {
    let mut pacer = Pacer::new(Rational::new(1, 1), 0);
    assert_eq!(pacer.due_ns(1_000_000), 0);
    // However late the calls come, what is due does not move.
    assert_eq!([1_040_000, 1_080_000, 1_120_000].map(|us| pacer.due_ns(us)), [40_000_000, 80_000_000, 120_000_000]);
    // Nor does a step back of the media make anything due before the start.
    assert_eq!(pacer.due_ns(0), 0);
}
