#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use proptest::prelude::*;

const SECOND: i64 = MICROS_PER_SECOND;
const PATIENT: Policy = Policy { retry_us: 300 * SECOND, wait_us: 0 };

fn at(verdict: Verdict) -> i64 {
    match verdict {
        Verdict::Retry { at_us, .. } => at_us,
        Verdict::GiveUp(reason) => panic!("given up: {reason:?}"),
    }
}

/// A session that has been live for long.
fn live(policy: Policy) -> Session {
    let mut session = Session::new(policy, 0, 7);
    assert!(session.media(0));
    session.media(100 * SECOND);
    session
}

#[test]
fn a_peer_that_is_not_there_at_the_start_is_an_error_at_once() {
    let mut session = Session::new(PATIENT, 0, 1);
    assert_eq!(session.lost(Loss::Unreachable, 1), Verdict::GiveUp(Reason::NeverThere));
    assert_eq!(session.state(1), State::Over);
}

#[test]
fn unless_it_is_to_be_waited_for_and_then_for_so_long() {
    let mut session = Session::new(Policy { wait_us: 10 * SECOND, ..PATIENT }, 0, 1);
    let mut now = 0;
    let mut attempts = 0;
    while let Verdict::Retry { at_us, .. } = session.lost(Loss::Unreachable, now) {
        assert!(at_us > now && at_us <= 10 * SECOND);
        now = at_us;
        attempts += 1;
    }
    assert_eq!(now, 10 * SECOND);
    assert!((15..60).contains(&attempts), "{attempts}");
}

#[test]
fn a_refused_log_in_is_an_error_at_the_start_and_tried_again_later() {
    let waits = Policy { wait_us: 10 * SECOND, ..PATIENT };
    let mut session = Session::new(waits, 0, 1);
    assert_eq!(session.lost(Loss::LoginRefused, 1), Verdict::GiveUp(Reason::LoginRefused));
    assert!(at(live(PATIENT).lost(Loss::LoginRefused, 100 * SECOND)) > 0);
}

#[test]
fn who_is_not_to_try_again_does_not() {
    let never = Policy { retry_us: 0, wait_us: 0 };
    assert_eq!(live(never).lost(Loss::Broken, 100 * SECOND), Verdict::GiveUp(Reason::NotRetried));
}

#[test]
fn waits_grow_and_a_peer_that_comes_back_within_a_minute_is_met_within_a_second() {
    let mut session = live(PATIENT);
    let mut now = 100 * SECOND;
    let mut last = 0;
    while now < 160 * SECOND {
        let next = at(session.lost(Loss::Broken, now));
        assert!(next - now <= 6 * SECOND / 10);
        last = last.max(next - now);
        now = next;
        session.connecting();
    }
    assert!(last > 4 * SECOND / 10);
    for _ in 0..10 {
        now = at(session.lost(Loss::Unreachable, now));
    }
    assert!(at(session.lost(Loss::Unreachable, now)) - now > 2 * SECOND);
}

#[test]
fn waits_start_afresh_only_once_media_has_flowed() {
    let mut session = live(PATIENT);
    let mut now = 100 * SECOND;
    for _ in 0..4 {
        now = at(session.lost(Loss::Unreachable, now));
        // A connection without media changes nothing.
        session.connecting();
    }
    assert!(at(session.lost(Loss::Broken, now)) - now > 3 * SECOND / 10);
    assert!(session.media(now));
    assert_eq!(session.state(now), State::Live);
    assert_eq!(session.reconnects(), 1);
    let later = now + 20 * SECOND;
    session.media(later);
    assert!(at(session.lost(Loss::Broken, later)) - later <= 12 * SECOND / 100);
}

#[test]
fn thrown_out_again_and_again_it_says_so_and_steps_back() {
    let mut session = live(PATIENT);
    let mut now = 100 * SECOND;
    let mut told = Vec::new();
    for _ in 0..5 {
        match session.lost(Loss::Broken, now) {
            Verdict::Retry { at_us, thrown_out } => {
                told.push((thrown_out, (at_us - now) / SECOND));
                now = at_us;
            }
            Verdict::GiveUp(reason) => panic!("{reason:?}"),
        }
        session.media(now);
        now += SECOND;
    }
    let flags: Vec<bool> = told.iter().map(|(flag, _)| *flag).collect();
    assert_eq!(flags, [false, false, false, true, true], "{told:?}");
    assert!(told[3].1 >= 4 && told[4].1 >= 8, "{told:?}");
}

#[test]
fn who_finds_the_peer_gone_was_not_thrown_out() {
    let mut session = live(PATIENT);
    let mut now = 100 * SECOND;
    for _ in 0..10 {
        let Verdict::Retry { at_us, thrown_out: false } = session.lost(Loss::Broken, now) else { panic!("thrown out") };
        now = at(session.lost(Loss::Unreachable, at_us));
        assert!(now - at_us < SECOND);
        session.media(now);
        now += SECOND;
    }
}

#[test]
fn while_media_flows_nothing_of_the_time_to_try_again_runs_out() {
    for (retry_us, losses) in [(5 * SECOND, 5..30), (300 * SECOND, 8..40)] {
        let mut session = live(Policy { retry_us, wait_us: 0 });
        let (mut now, mut count) = (100 * SECOND, 0);
        loop {
            count += 1;
            let Verdict::Retry { at_us, .. } = session.lost(Loss::Broken, now) else { break };
            assert!(session.media(at_us));
            now = at_us + 9 * SECOND;
        }
        assert_eq!(session.away_in_all_us(now), retry_us);
        assert!(losses.contains(&count), "{count}");
    }
}

#[test]
fn a_live_session_without_media_is_stalled() {
    let mut session = live(PATIENT);
    assert_eq!(session.state(101 * SECOND), State::Live);
    assert_eq!(session.state(103 * SECOND), State::Stalled);
    session.media(103 * SECOND);
    assert_eq!(session.state(103 * SECOND), State::Live);
}

proptest! {
    #[test]
    fn however_it_goes_every_outage_ends_and_no_attempt_comes_too_early(
        seed in any::<u64>(),
        steps in prop::collection::vec((0i64..30 * SECOND, 0u8..4, any::<bool>()), 1..200),
    ) {
        let mut session = Session::new(Policy { retry_us: 300 * SECOND, wait_us: 20 * SECOND }, 0, seed);
        let mut now = 0;
        for (passed, loss, media) in steps {
            now += passed;
            if media {
                session.media(now);
                now += passed;
            }
            let loss = [Loss::Unreachable, Loss::LoginRefused, Loss::Broken, Loss::Silent][usize::from(loss)];
            match session.lost(loss, now) {
                Verdict::Retry { at_us, thrown_out } => {
                    prop_assert!(at_us > now && at_us - now <= 72 * SECOND);
                    prop_assert!(thrown_out || at_us - now <= 6 * SECOND);
                    prop_assert_eq!(session.state(now), State::Backoff);
                    now = at_us;
                    session.connecting();
                }
                Verdict::GiveUp(_) => {
                    prop_assert_eq!(session.state(now), State::Over);
                    break;
                }
            }
        }
        let mut last = None;
        for _ in 0..3000 {
            match session.lost(Loss::Unreachable, now) {
                Verdict::Retry { at_us, .. } => now = at_us,
                Verdict::GiveUp(_) => { last = Some(now); break; }
            }
        }
        prop_assert!(last.is_some());
    }
}
