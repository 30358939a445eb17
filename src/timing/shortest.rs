//! `-shortest`: holds back what runs ahead until it is known whether a shorter stream ends before it.

use std::collections::VecDeque;

#[derive(Debug)]
struct Lane<T> {
    counts: bool,
    endless: bool,
    /// Time, bytes, item.
    waiting: VecDeque<(Option<i64>, usize, T)>,
    head_us: i64,
    end_us: i64,
    ended: bool,
}

/// What is held back at the most: both must be exceeded before something is let go whose end is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Microseconds of media.
    pub us: i64,
    /// Bytes.
    pub bytes: usize,
}

/// What is known of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Its end ends the others.
    pub counts: bool,
    /// It may have no end of its own.
    pub endless: bool,
}

/// Items of several streams; what lies after the end of the first one that ends is dropped.
#[derive(Debug)]
pub struct Shortest<T> {
    lanes: Vec<Lane<T>>,
    limit_us: Option<i64>,
    patience: Patience,
    /// Bytes of what waits.
    bytes: usize,
}

impl<T> Shortest<T> {
    /// What is known of each stream. What was let go before a shorter stream ended stays.
    pub fn new(members: Vec<Member>, patience: Patience) -> Self {
        let lane = |Member { counts, endless }| {
            let waiting = VecDeque::new();
            Lane { counts, endless, waiting, head_us: i64::MIN, end_us: 0, ended: false }
        };
        Self { lanes: members.into_iter().map(lane).collect(), limit_us: None, patience, bytes: 0 }
    }

    /// Adds an item of so many bytes with its time and end, in microseconds.
    pub fn push(&mut self, stream: usize, (at_us, end_us): (Option<i64>, Option<i64>), bytes: usize, item: T) {
        let lane = &mut self.lanes[stream];
        if let Some(at) = at_us {
            lane.head_us = lane.head_us.max(at);
            lane.end_us = lane.end_us.max(end_us.unwrap_or(at));
        }
        lane.waiting.push_back((at_us, bytes, item));
        self.bytes += bytes;
    }

    /// A stream has ended. One that never began ends nothing, for there is nothing that it was shorter than; but where all that
    /// goes on may be endless, nothing else would end that.
    pub fn end(&mut self, stream: usize) {
        let lane = &mut self.lanes[stream];
        if lane.ended {
            return;
        }
        lane.ended = true;
        if lane.counts && lane.head_us > i64::MIN {
            let end = lane.end_us;
            self.limit_us = Some(self.limit_us.map_or(end, |limit| limit.min(end)));
        }
        let ended_empty = self.lanes.iter().any(|lane| lane.counts && lane.ended && lane.head_us == i64::MIN);
        if ended_empty && self.lanes.iter().all(|lane| lane.ended || lane.endless) {
            self.limit_us.get_or_insert(i64::MIN);
        }
    }

    /// The next item that is settled; those after the end vanish.
    pub fn pop(&mut self) -> Option<(usize, T)> {
        let limit = self.limit_us.unwrap_or(i64::MAX);
        for lane in &mut self.lanes {
            while lane.waiting.front().is_some_and(|(at, ..)| at.is_some_and(|at| at >= limit)) {
                self.bytes -= lane.waiting.pop_front().map_or(0, |(_, bytes, _)| bytes);
            }
        }
        let slowest = self.lanes.iter().filter(|l| l.counts && !l.ended).map(|l| l.head_us).min();
        let furthest = self.lanes.iter().map(|l| l.head_us).max().unwrap_or(i64::MIN);
        let index = (0..self.lanes.len())
            .filter(|i| !self.lanes[*i].waiting.is_empty())
            .min_by_key(|i| self.lanes[*i].waiting.front().and_then(|(at, ..)| *at).unwrap_or(i64::MIN))?;
        let at = self.lanes[index].waiting.front()?.0.unwrap_or(i64::MIN);
        let settled = slowest.is_none_or(|s| at <= s) || self.is_too_much(furthest.saturating_sub(at));
        if !settled {
            return None;
        }
        let (_, bytes, item) = self.lanes[index].waiting.pop_front()?;
        self.bytes -= bytes;
        Some((index, item))
    }

    fn is_too_much(&self, us: i64) -> bool {
        us > self.patience.us && (self.patience.bytes == 0 || self.bytes > self.patience.bytes)
    }

    /// Streams that have reached the end: nothing more of them is wanted.
    pub fn complete(&self) -> Vec<usize> {
        let Some(limit) = self.limit_us else { return Vec::new() };
        (0..self.lanes.len()).filter(|i| !self.lanes[*i].ended && self.lanes[*i].head_us >= limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COUNTS: Member = Member { counts: true, endless: false };
    const ENDLESS: Member = Member { counts: true, endless: true };

    #[test]
    fn a_stream_that_never_began_ends_what_would_have_no_end() {
        for (others, ends) in [(vec![ENDLESS], true), (vec![ENDLESS, ENDLESS], true), (vec![ENDLESS, COUNTS], false)] {
            let count = others.len();
            let mut sync = Shortest::new([vec![COUNTS], others].concat(), Patience { us: 10_000_000, bytes: 0 });
            (1..=count).for_each(|stream| sync.push(stream, (Some(0), Some(1000)), 1, stream));
            sync.end(0);
            let passed = std::iter::from_fn(|| sync.pop()).count();
            assert_eq!((passed == 0, !sync.complete().is_empty()), (ends, ends), "{count} others");
        }
    }

    #[test]
    fn a_stream_that_never_began_ends_nothing() {
        let mut sync = Shortest::new(vec![COUNTS; 2], Patience { us: 10_000_000, bytes: 0 });
        sync.push(0, (Some(0), Some(1000)), 1, "first");
        sync.end(1);
        sync.push(0, (Some(1000), Some(2000)), 1, "second");
        sync.end(0);
        let passed: Vec<_> = std::iter::from_fn(|| sync.pop()).collect();
        assert_eq!(passed, [(0, "first"), (0, "second")]);
    }

    proptest! {
        #[test]
        fn nothing_after_the_first_end_passes_and_everything_before_does(
            lengths in prop::collection::vec(1usize..40, 2..5), order in prop::collection::vec(0usize..5, 400),
        ) {
            let mut sync = Shortest::new(vec![COUNTS; lengths.len()], Patience { us: 10_000_000, bytes: 0 });
            let mut sent = vec![0usize; lengths.len()];
            let mut passed = vec![0usize; lengths.len()];
            let mut over = vec![false; lengths.len()];
            for turn in order.into_iter().chain((0..lengths.len()).cycle().take(400)) {
                let stream = turn % lengths.len();
                if sent[stream] < lengths[stream] {
                    let at = sent[stream] as i64 * 1000;
                    sync.push(stream, (Some(at), Some(at + 1000)), 1, stream);
                    sent[stream] += 1;
                } else if !std::mem::replace(&mut over[stream], true) {
                    sync.end(stream);
                }
                while let Some((from, _)) = sync.pop() {
                    passed[from] += 1;
                }
            }
            let shortest = lengths.iter().min().copied().unwrap_or(0);
            prop_assert!(passed.iter().all(|p| *p == shortest), "{passed:?} of {lengths:?}");
        }
    }

    #[test]
    fn no_more_than_was_allowed_is_held_back() {
        for (us, bytes, passed) in [(10_000, 0, 0), (3_000, 0, 7), (0, 0, 10), (3_000, 500, 6), (3_000, 5000, 0)] {
            let mut sync = Shortest::new(vec![COUNTS; 2], Patience { us, bytes });
            (0..11).for_each(|n| sync.push(0, (Some(n * 1000), None), 100, ()));
            assert_eq!(std::iter::from_fn(|| sync.pop()).count(), passed, "{us} {bytes}");
            // The other one was empty, so it was no shorter: what was held back comes.
            sync.end(1);
            assert_eq!((std::iter::from_fn(|| sync.pop()).count(), sync.bytes), (11 - passed, 0));
        }
    }
}
