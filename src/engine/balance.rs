//! Keeps inputs that feed the same output at about the same time, so that no muxer has to hold the lead of one; and
//! holds an input that only feeds filtergraphs while none of them asks for it.
//!
//! A filtergraph that only feeds others asks for nothing while they have enough, and does not go on by itself.
//!
//! Nothing waits in a circle: a filtergraph takes whatever arrives, and the input that it asks for never waits.

use super::link::{await_reply, wake_up};
use super::stop::StopSignal;
use crossbeam_channel::{Receiver, Sender};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How far an input may be ahead of the last one, in microseconds.
const LEAD_US: i64 = 1_000_000;

/// Whose clock an input goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It gives whatever is asked of it.
    Free,
    /// It is held to real time, as by `-re`.
    Paced,
    /// It comes when it comes, and may be away.
    Live,
}

#[derive(Debug)]
struct Member {
    group: usize,
    pace: Pace,
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
    /// By port of the graph, the members that are to be asked for it.
    members: Vec<Vec<usize>>,
    /// By port of the graph: it needs more.
    hungry: Vec<bool>,
}

/// Who takes what an output of a filtergraph gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker {
    /// An encoder.
    Encoder,
    /// Another filtergraph, by this port.
    Graph(usize, usize),
    /// Nobody any more.
    Nobody,
}

#[derive(Debug, Default)]
struct State {
    members: Vec<Member>,
    /// By filtergraph; none when it has ended.
    asking: BTreeMap<usize, Asking>,
    /// Filtergraphs that have ended.
    ended: BTreeSet<usize>,
    /// By filtergraph, who takes what its outputs give.
    takers: Vec<Vec<Taker>>,
    /// Filtergraphs that wait for others to take more.
    held: Vec<Sender<()>>,
}

impl State {
    /// Whether filtergraphs want the member: `None` when it feeds none.
    fn wanted(&self, member: usize) -> Option<bool> {
        let mut known = BTreeMap::new();
        let feeds = self.asking.iter().flat_map(|(graph, asking)| {
            let ports = asking.members.iter().zip(&asking.hungry);
            ports.filter(|(members, _)| members.contains(&member)).map(|(_, hungry)| (*graph, *hungry))
        });
        feeds.map(|(graph, hungry)| hungry && self.is_taken_by(graph, &mut known)).reduce(|a, b| a || b)
    }

    /// Somebody wants what the filtergraph gives; so far as it feeds others, they go by what these want. Who has ended wants
    /// nothing, but where nobody else is left it goes on, to find that out.
    fn is_taken(&self, graph: usize) -> bool {
        self.is_taken_by(graph, &mut BTreeMap::new())
    }

    /// The same; `known` is what has been found out of others, for many ways may lead to one.
    fn is_taken_by(&self, graph: usize, known: &mut BTreeMap<usize, bool>) -> bool {
        if let Some(taken) = known.get(&graph) {
            return *taken;
        }
        let mut wants = |taker: &Taker| match *taker {
            Taker::Encoder => true,
            Taker::Nobody => false,
            Taker::Graph(next, port) => match self.asking.get(&next) {
                Some(asking) => asking.hungry[port] && self.is_taken_by(next, known),
                None => !self.ended.contains(&next),
            },
        };
        let is_left = |taker: &Taker| match taker {
            Taker::Encoder => true,
            Taker::Nobody => false,
            Taker::Graph(next, _) => !self.ended.contains(next),
        };
        let takers = self.takers.get(graph);
        let taken = takers.is_none_or(|takers| takers.iter().any(&mut wants) || !takers.iter().any(is_left));
        known.insert(graph, taken);
        taken
    }

    /// True of a position that is not too far ahead of the last one of those that count; who has not told anything yet is taken to
    /// stand at `first_us`.
    fn is_level(&self, position_us: i64, first_us: i64, counts: impl Fn(usize, &Member) -> bool) -> bool {
        let others = self.members.iter().enumerate().filter(|(i, m)| m.active && counts(*i, m) && !self.is_held(*i));
        let last = others.map(|(_, m)| m.position_us.unwrap_or(first_us)).min();
        last.is_none_or(|last| position_us <= last.saturating_add(LEAD_US))
    }

    /// What wakes a filtergraph when something has changed.
    fn hold(&mut self) -> Receiver<()> {
        let (sender, receiver) = wake_up();
        self.held.push(sender);
        receiver
    }

    /// Wakes all who wait, but for that member.
    fn wake(&mut self, except: usize) {
        let members = self.members.iter_mut().enumerate().filter(|(i, _)| *i != except);
        for waiting in members.filter_map(|(_, member)| member.waiting.take()).chain(self.held.drain(..)) {
            let _ = waiting.try_send(());
        }
    }

    /// The member waits for a filtergraph, and nobody else takes anything of it.
    fn is_held(&self, member: usize) -> bool {
        !self.members[member].direct && self.wanted(member) == Some(false)
    }
}

/// Positions of all inputs, and what filtergraphs ask for. Shared by demuxers and filtergraphs.
#[derive(Clone, Debug, Default)]
pub struct Balance(Arc<Mutex<State>>);

/// Waits as long as there is something to wait for, or until the run is drained.
fn wait_while(stop: &StopSignal, mut look: impl FnMut() -> Option<Receiver<()>>) {
    while let Some(answer) = look() {
        if await_reply(&answer, &stop.drain).is_none() {
            return;
        }
    }
}

/// How a filtergraph asks for its inputs; its end (by drop) frees those that only wait for it.
#[derive(Debug)]
pub struct Appetite {
    balance: Balance,
    graph: usize,
}

impl Appetite {
    /// Tells by port whether the filtergraph needs more of it.
    pub fn ask(&self, hungry: &[bool]) {
        let mut state = self.balance.lock();
        if let Some(asking) = state.asking.get_mut(&self.graph)
            && asking.hungry != hungry
        {
            asking.hungry = hungry.to_vec();
            state.wake(usize::MAX);
        }
    }
}

impl Drop for Appetite {
    fn drop(&mut self) {
        let mut state = self.balance.lock();
        state.asking.remove(&self.graph);
        state.ended.insert(self.graph);
        state.wake(usize::MAX);
    }
}

/// How a filtergraph that feeds others waits for them, when nobody else takes anything of it.
#[derive(Debug)]
pub struct Hold {
    balance: Balance,
    graph: usize,
    alone: bool,
}

impl Hold {
    /// Nobody but this filtergraph takes anything of what feeds it, so that it may wait at any time.
    pub const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Nothing more goes by that output.
    pub fn close(&self, output: usize) {
        let mut state = self.balance.lock();
        let taker = state.takers.get_mut(self.graph).and_then(|takers| takers.get_mut(output));
        if let Some(taker) = taker {
            *taker = Taker::Nobody;
            state.wake(usize::MAX);
        }
    }

    /// Somebody wants what this one gives.
    pub fn is_wanted(&self) -> bool {
        self.balance.lock().is_taken(self.graph)
    }

    /// Waits while nobody wants what this one gives.
    pub fn wait(&self, stop: &StopSignal) {
        wait_while(stop, || {
            let mut state = self.balance.lock();
            if state.is_taken(self.graph) { None } else { Some(state.hold()) }
        });
    }
}

/// How a filtergraph that goes on by itself, for it has sources or loops of its own, stays beside what its outputs hold besides.
#[derive(Debug)]
pub struct Lead {
    balance: Balance,
    /// Groups of inputs that feed the same outputs.
    groups: BTreeSet<usize>,
    first_us: Option<i64>,
}

impl Lead {
    /// Looks whether to go on from there. If not, gives what wakes when something has changed.
    pub fn look(&mut self, position_us: i64) -> Option<Receiver<()>> {
        if position_us == i64::MIN {
            return None;
        }
        // Who has not told anything yet is taken to stand where this one began.
        let first = *self.first_us.get_or_insert(position_us);
        let mut state = self.balance.lock();
        if state.is_level(position_us, first, |_, member| self.groups.contains(&member.group)) {
            return None;
        }
        Some(state.hold())
    }

    /// Waits while it is too far ahead of the last one.
    pub fn wait(&mut self, position_us: i64, stop: &StopSignal) {
        wait_while(stop, || self.look(position_us));
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
    pub fn join(&self, group: usize, direct: bool, pace: Pace) -> Place {
        let members = &mut self.lock().members;
        members.push(Member { group, pace, direct, position_us: None, first_us: None, active: true, waiting: None });
        Place { balance: self.clone(), index: members.len() - 1 }
    }

    /// Adds a filtergraph; by port, the inputs that are to be asked for it. At first it wants them all.
    pub fn appetite(&self, graph: usize, members: Vec<Vec<usize>>) -> Appetite {
        let hungry = vec![true; members.len()];
        self.lock().asking.insert(graph, Asking { members, hungry });
        Appetite { balance: self.clone(), graph }
    }

    /// Tells by filtergraph who takes what its outputs give.
    pub fn set_takers(&self, takers: Vec<Vec<Taker>>) {
        self.lock().takers = takers;
    }

    /// For a filtergraph whose outputs hold what inputs of these groups give.
    pub fn lead(&self, groups: BTreeSet<usize>) -> Lead {
        Lead { balance: self.clone(), groups, first_us: None }
    }

    /// For a filtergraph that feeds others; `alone`: nobody else takes anything of what feeds it.
    pub fn hold(&self, graph: usize, alone: bool) -> Hold {
        Hold { balance: self.clone(), graph, alone }
    }
}

impl Place {
    /// Tells the position of a live input, which waits for nobody.
    pub fn tell(&self, position_us: i64) {
        let mut state = self.balance.lock();
        let me = &mut state.members[self.index];
        if me.position_us.is_none_or(|before| before < position_us) {
            me.position_us = Some(position_us);
            state.wake(self.index);
        }
    }

    /// Tells the position, and waits while it is too far ahead of the group's last, or while no filtergraph asks for an
    /// input that feeds nothing else. The last one never waits, nor does one that is asked for.
    pub fn advance(&self, position_us: i64, stop: &StopSignal) {
        wait_while(stop, || self.look(position_us));
    }

    /// Tells the position, and looks whether to go on. If not, gives what wakes when something has changed.
    fn look(&self, position_us: i64) -> Option<Receiver<()>> {
        let mut state = self.balance.lock();
        let me = &mut state.members[self.index];
        let before_us = me.position_us;
        let now_us = before_us.unwrap_or(i64::MIN).max(position_us);
        me.position_us = Some(now_us);
        // Who has not told anything yet is taken to stand where this input began.
        let first = *me.first_us.get_or_insert(position_us);
        let (group, pace) = (me.group, me.pace);
        // What is held to real time goes on while a live input is away.
        let is_waited_for = |other: &Member| other.pace != Pace::Live || pace == Pace::Free;
        let level = state.is_level(position_us, first, |i, member| {
            i != self.index && member.group == group && is_waited_for(member)
        });
        let goes_on = state.wanted(self.index) == Some(true) || (level && !state.is_held(self.index));
        // Those who wait for a third one would wake each other for ever.
        if before_us != Some(now_us) {
            state.wake(self.index);
        }
        if goes_on {
            return None;
        }
        let (sender, receiver) = wake_up();
        state.members[self.index].waiting = Some(sender);
        Some(receiver)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.balance.lock();
        state.members[self.index].active = false;
        state.wake(self.index);
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
        let (ahead, behind) = (balance.join(0, true, Pace::Free), balance.join(0, true, Pace::Free));
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
    fn a_live_input_is_waited_for_by_what_has_no_pace_of_its_own() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let live = balance.join(0, true, Pace::Live);
        let (silence, music) = (balance.join(0, true, Pace::Free), balance.join(0, true, Pace::Paced));
        live.tell(0);
        assert!(music.look(10 * LEAD_US).is_none());
        assert!(silence.look(LEAD_US).is_none());
        let waits = silence.look(2 * LEAD_US).unwrap();
        live.tell(LEAD_US);
        assert_eq!(waits.try_recv(), Ok(()));
        silence.advance(2 * LEAD_US, &stop);
        let waits = silence.look(9 * LEAD_US).unwrap();
        drop(live);
        assert_eq!(waits.try_recv(), Ok(()));
    }

    #[test]
    fn a_filtergraph_with_sources_of_its_own_stays_beside_the_inputs_of_its_outputs() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let (beside, elsewhere) = (balance.join(0, true, Pace::Paced), balance.join(1, true, Pace::Free));
        let mut lead = balance.lead(BTreeSet::from([0]));
        assert!(lead.look(0).is_none() && lead.look(LEAD_US).is_none());
        let waits = lead.look(2 * LEAD_US).unwrap();
        beside.advance(LEAD_US, &stop);
        assert_eq!(waits.try_recv(), Ok(()));
        lead.wait(2 * LEAD_US, &stop);
        let waits = lead.look(9 * LEAD_US).unwrap();
        drop(elsewhere);
        assert!(lead.look(9 * LEAD_US).is_some());
        drop(beside);
        assert_eq!(waits.try_recv(), Ok(()));
        assert!(lead.look(9 * LEAD_US).is_none());
    }

    #[test]
    fn those_who_wait_for_a_third_one_do_not_wake_each_other() {
        let balance = Balance::default();
        let (one, other, behind) =
            (balance.join(0, true, Pace::Free), balance.join(0, true, Pace::Free), balance.join(0, true, Pace::Free));
        assert!(behind.look(0).is_none());
        let waits = one.look(10 * LEAD_US).unwrap();
        let other_waits = other.look(10 * LEAD_US).unwrap();
        // One that has come further is a reason to look again; one that has looked again is none.
        assert_eq!(waits.try_recv(), Ok(()));
        let waits = one.look(10 * LEAD_US).unwrap();
        assert!(other_waits.try_recv().is_err());
        assert!(behind.look(LEAD_US).is_none());
        assert_eq!((waits.try_recv(), other_waits.try_recv()), (Ok(()), Ok(())));
    }

    #[test]
    fn an_input_waits_until_a_filtergraph_asks_for_it_and_the_one_asked_for_runs_ahead() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let (first, second) = (balance.join(0, false, Pace::Free), balance.join(0, false, Pace::Free));
        let appetite = balance.appetite(0, vec![vec![0], vec![1]]);
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
    fn what_feeds_a_filtergraph_waits_while_the_one_behind_it_has_enough() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        // 0 makes something of nothing, for 1; that and an input feed 2, which is written.
        let to = Taker::Graph;
        balance.set_takers(vec![vec![to(1, 0)], vec![to(2, 0)], vec![Taker::Encoder]]);
        let (first, last) = (balance.appetite(1, vec![vec![]]), balance.appetite(2, vec![vec![], vec![0]]));
        let hold = balance.hold(0, true);
        hold.wait(&stop);
        last.ask(&[false, true]);
        let (done, finished) = crate::engine::link::reply();
        let other = stop.clone();
        let thread = spawn("held", move || {
            hold.wait(&other);
            done.send(()).unwrap();
        })
        .unwrap();
        assert!(finished.try_recv().is_err());
        first.ask(&[true]);
        assert!(finished.try_recv().is_err());
        last.ask(&[true, false]);
        finished.recv().unwrap();
        thread.join().unwrap();
        assert_eq!(balance.lock().wanted(0), Some(false));
    }

    #[test]
    fn who_has_ended_wants_nothing_of_a_filtergraph_that_feeds_others_besides() {
        let balance = Balance::default();
        balance.set_takers(vec![
            vec![Taker::Encoder, Taker::Graph(1, 0), Taker::Graph(2, 0)],
            vec![Taker::Encoder],
            vec![Taker::Encoder],
        ]);
        let (one, two) = (balance.appetite(1, vec![vec![]]), balance.appetite(2, vec![vec![]]));
        let hold = balance.hold(0, true);
        two.ask(&[false]);
        assert!(hold.is_wanted());
        drop(one);
        assert!(hold.is_wanted());
        hold.close(0);
        assert!(!hold.is_wanted());
        two.ask(&[true]);
        assert!(hold.is_wanted());
        two.ask(&[false]);
        drop(two);
        // Nobody is left: it goes on, and finds that out.
        assert!(hold.is_wanted());
    }

    #[test]
    fn many_ways_to_one_filtergraph_are_asked_once() {
        const LENGTH: usize = 40;
        let balance = Balance::default();
        let mut takers: Vec<_> = (1..LENGTH).map(|next| vec![Taker::Graph(next, 0), Taker::Graph(next, 1)]).collect();
        takers.push(vec![Taker::Nobody, Taker::Graph(LENGTH, 0)]);
        balance.set_takers(takers);
        let appetites: Vec<_> = (1..=LENGTH).map(|graph| balance.appetite(graph, vec![vec![], vec![]])).collect();
        appetites[LENGTH - 1].ask(&[false, false]);
        assert!(!balance.hold(0, true).is_wanted());
    }

    #[test]
    fn groups_do_not_wait_for_each_other() {
        let balance = Balance::default();
        let stop = StopSignal::new();
        let (a, _b) = (balance.join(0, true, Pace::Free), balance.join(1, true, Pace::Free));
        a.advance(100 * LEAD_US, &stop);
    }
}
