//! Keeps inputs that feed the same output at about the same time, so that no muxer has to hold the lead of one.

use super::link::{await_reply, wake_up};
use super::stop::StopSignal;
use crossbeam_channel::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

/// How far an input may be ahead of the last one, in microseconds.
const LEAD_US: i64 = 1_000_000;

#[derive(Debug)]
struct Member {
    group: usize,
    position_us: Option<i64>,
    first_us: Option<i64>,
    active: bool,
    waiting: Option<Sender<()>>,
}

/// Positions of all inputs. Shared by their demuxers.
#[derive(Clone, Debug, Default)]
pub struct Balance(Arc<Mutex<Vec<Member>>>);

/// One input's place in the balance; leaving it (by drop) frees the others.
#[derive(Debug)]
pub struct Place {
    balance: Balance,
    index: usize,
}

impl Balance {
    /// Adds an input; those of one group are kept together.
    pub fn join(&self, group: usize) -> Place {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        members.push(Member { group, position_us: None, first_us: None, active: true, waiting: None });
        Place { balance: self.clone(), index: members.len() - 1 }
    }
}

impl Place {
    /// Tells the position, and waits while it is too far ahead of the group's last. The last one never waits.
    pub fn advance(&self, position_us: i64, stop: &StopSignal) {
        loop {
            let answer: Receiver<()> = {
                let mut members = self.balance.0.lock().unwrap_or_else(PoisonError::into_inner);
                let me = &mut members[self.index];
                me.position_us = Some(me.position_us.unwrap_or(i64::MIN).max(position_us));
                // Who has not told anything yet is taken to stand where this input began.
                let first = *me.first_us.get_or_insert(position_us);
                let group = me.group;
                let last = members
                    .iter()
                    .enumerate()
                    .filter(|(i, m)| *i != self.index && m.active && m.group == group)
                    .map(|(_, m)| m.position_us.unwrap_or(first))
                    .min();
                wake(&mut members, self.index);
                if last.is_none_or(|last| position_us <= last.saturating_add(LEAD_US)) {
                    return;
                }
                let (sender, receiver) = wake_up();
                members[self.index].waiting = Some(sender);
                receiver
            };
            if await_reply(&answer, &stop.drain).is_none() {
                return;
            }
        }
    }
}

fn wake(members: &mut [Member], except: usize) {
    for (_, member) in members.iter_mut().enumerate().filter(|(i, _)| *i != except) {
        if let Some(waiting) = member.waiting.take() {
            let _ = waiting.try_send(());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut members = self.balance.0.lock().unwrap_or_else(PoisonError::into_inner);
        members[self.index].active = false;
        wake(&mut members, self.index);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::threads::spawn;

    #[test]
    fn the_leader_waits_for_the_last_and_goes_on_when_it_leaves() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let (ahead, behind) = (balance.join(0), balance.join(0));
        behind.advance(0, &stop);
        let (done, finished) = crate::engine::link::reply();
        let other = stop.clone();
        let thread = spawn("leader", move || {
            ahead.advance(10 * LEAD_US, &other);
            done.send(()).unwrap();
        })
        .unwrap();
        behind.advance(LEAD_US, &stop);
        assert!(finished.try_recv().is_err());
        drop(behind);
        finished.recv().unwrap();
        thread.join().unwrap();
    }

    #[test]
    fn groups_do_not_wait_for_each_other() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let (a, _b) = (balance.join(0), balance.join(1));
        a.advance(100 * LEAD_US, &stop);
    }
}
