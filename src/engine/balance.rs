//! Keeps inputs that feed the same output at about the same time, so that no muxer has to hold the lead of one; and
//! holds an input that only feeds filtergraphs while none of them asks for it.
//!
//! Nothing waits in a circle: a filtergraph takes whatever arrives, and the input that it asks for never waits.

use super::link::{await_reply, wake_up};
use super::stop::StopSignal;
use crossbeam_channel::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How far an input may be ahead of the last one, in microseconds.
const LEAD_US: i64 = 1_000_000;

#[derive(Debug)]
struct Member {
    group: usize,
    /// Somebody besides filtergraphs with several inputs takes its packets.
    direct: bool,
    position_us: Option<i64>,
    first_us: Option<i64>,
    active: bool,
    waiting: Option<Sender<()>>,
}

/// What one filtergraph asks for.
#[derive(Debug)]
struct Asking {
    inputs: Vec<usize>,
    wanted: Vec<bool>,
}

#[derive(Debug, Default)]
struct State {
    members: Vec<Member>,
    /// By filtergraph; `None` when it has ended.
    asking: Vec<Option<Asking>>,
}

impl State {
    /// Whether filtergraphs want the member: `None` when it feeds none.
    fn wanted(&self, member: usize) -> Option<bool> {
        let feeds = self.asking.iter().flatten().filter_map(|asking| {
            let at = asking.inputs.iter().position(|input| *input == member)?;
            Some(asking.wanted[at])
        });
        feeds.reduce(|a, b| a || b)
    }

    /// The member waits for a filtergraph, and nobody else takes anything of it.
    fn is_held(&self, member: usize) -> bool {
        !self.members[member].direct && self.wanted(member) == Some(false)
    }
}

/// Positions of all inputs, and what filtergraphs ask for. Shared by demuxers and filtergraphs.
#[derive(Clone, Debug, Default)]
pub struct Balance(Arc<Mutex<State>>);

/// How a filtergraph asks for its inputs; its end (by drop) frees those that only wait for it.
#[derive(Debug)]
pub struct Appetite {
    balance: Balance,
    index: usize,
}

impl Appetite {
    /// Tells which of the inputs the filtergraph needs to go on, in the order in which they were named.
    pub fn ask(&self, wanted: &[bool]) {
        let mut state = self.balance.lock();
        if let Some(Some(asking)) = state.asking.get_mut(self.index)
            && asking.wanted != wanted
        {
            asking.wanted = wanted.to_vec();
            wake(&mut state.members, usize::MAX);
        }
    }
}

impl Drop for Appetite {
    fn drop(&mut self) {
        let mut state = self.balance.lock();
        state.asking[self.index] = None;
        wake(&mut state.members, usize::MAX);
    }
}

/// One input's place in the balance; leaving it (by drop) frees the others.
#[derive(Debug)]
pub struct Place {
    balance: Balance,
    index: usize,
}

impl Balance {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an input; those of one group are kept together. `direct`: it feeds more than filtergraphs with several inputs.
    pub fn join(&self, group: usize, direct: bool) -> Place {
        let members = &mut self.lock().members;
        members.push(Member { group, direct, position_us: None, first_us: None, active: true, waiting: None });
        Place { balance: self.clone(), index: members.len() - 1 }
    }

    /// Adds a filtergraph that these inputs feed; at first it wants them all.
    pub fn appetite(&self, inputs: Vec<usize>) -> Appetite {
        let mut state = self.lock();
        let wanted = vec![true; inputs.len()];
        state.asking.push(Some(Asking { inputs, wanted }));
        Appetite { balance: self.clone(), index: state.asking.len() - 1 }
    }
}

impl Place {
    /// Tells the position, and waits while it is too far ahead of the group's last, or while no filtergraph asks for an
    /// input that feeds nothing else. The last one never waits, nor does one that is asked for.
    pub fn advance(&self, position_us: i64, stop: &StopSignal) {
        loop {
            let answer: Receiver<()> = {
                let mut state = self.balance.lock();
                let me = &mut state.members[self.index];
                me.position_us = Some(me.position_us.unwrap_or(i64::MIN).max(position_us));
                // Who has not told anything yet is taken to stand where this input began.
                let first = *me.first_us.get_or_insert(position_us);
                let group = me.group;
                let others = state.members.iter().enumerate();
                let last = others
                    .filter(|(i, m)| *i != self.index && m.active && m.group == group && !state.is_held(*i))
                    .map(|(_, m)| m.position_us.unwrap_or(first))
                    .min();
                let level = last.is_none_or(|last| position_us <= last.saturating_add(LEAD_US));
                let goes_on = state.wanted(self.index) == Some(true) || (level && !state.is_held(self.index));
                wake(&mut state.members, self.index);
                if goes_on {
                    return;
                }
                let (sender, receiver) = wake_up();
                state.members[self.index].waiting = Some(sender);
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
        let mut state = self.balance.lock();
        state.members[self.index].active = false;
        wake(&mut state.members, self.index);
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
        let (ahead, behind) = (balance.join(0, true), balance.join(0, true));
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
    fn an_input_waits_until_a_filtergraph_asks_for_it_and_the_one_asked_for_runs_ahead() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let (first, second) = (balance.join(0, false), balance.join(0, false));
        let appetite = balance.appetite(vec![0, 1]);
        appetite.ask(&[true, false]);
        first.advance(100 * LEAD_US, &stop);
        let (done, finished) = crate::engine::link::reply();
        let other = stop.clone();
        let thread = spawn("held", move || {
            second.advance(0, &other);
            done.send(()).unwrap();
            second.advance(1, &other);
        })
        .unwrap();
        first.advance(200 * LEAD_US, &stop);
        assert!(finished.try_recv().is_err());
        appetite.ask(&[false, true]);
        finished.recv().unwrap();
        appetite.ask(&[true, false]);
        drop(appetite);
        thread.join().unwrap();
    }

    #[test]
    fn groups_do_not_wait_for_each_other() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let (a, _b) = (balance.join(0, true), balance.join(1, true));
        a.advance(100 * LEAD_US, &stop);
    }
}
