//! `-shortest`: holds back what runs ahead until it is known whether a shorter stream ends before it.

use std::collections::VecDeque;

#[derive(Debug)]
struct Lane<T> {
    counts: bool,
    waiting: VecDeque<(Option<i64>, T)>,
    head_us: i64,
    end_us: i64,
    ended: bool,
}

/// Items of several streams; what lies after the end of the first one that ends is dropped.
#[derive(Debug)]
pub struct Shortest<T> {
    lanes: Vec<Lane<T>>,
    limit_us: Option<i64>,
    most_us: i64,
}

impl<T> Shortest<T> {
    /// `counts`: for each stream, whether its end ends the others. `most_us`: media that is held back at the most, in
    /// microseconds; what was let go before a shorter stream ended stays.
    pub fn new(counts: Vec<bool>, most_us: i64) -> Self {
        let lane = |counts| Lane { counts, waiting: VecDeque::new(), head_us: i64::MIN, end_us: 0, ended: false };
        Self { lanes: counts.into_iter().map(lane).collect(), limit_us: None, most_us }
    }

    /// Adds an item with its time and end, in microseconds.
    pub fn push(&mut self, stream: usize, at_us: Option<i64>, end_us: Option<i64>, item: T) {
        let lane = &mut self.lanes[stream];
        if let Some(at) = at_us {
            lane.head_us = lane.head_us.max(at);
            lane.end_us = lane.end_us.max(end_us.unwrap_or(at));
        }
        lane.waiting.push_back((at_us, item));
    }

    /// A stream has ended.
    pub fn end(&mut self, stream: usize) {
        let lane = &mut self.lanes[stream];
        if lane.ended {
            return;
        }
        lane.ended = true;
        if lane.counts {
            let end = lane.end_us;
            self.limit_us = Some(self.limit_us.map_or(end, |limit| limit.min(end)));
        }
    }

    /// The next item that is settled; those after the end vanish.
    pub fn pop(&mut self) -> Option<(usize, T)> {
        let limit = self.limit_us.unwrap_or(i64::MAX);
        for lane in &mut self.lanes {
            while lane.waiting.front().is_some_and(|(at, _)| at.is_some_and(|at| at >= limit)) {
                lane.waiting.pop_front();
            }
        }
        let slowest = self.lanes.iter().filter(|l| l.counts && !l.ended).map(|l| l.head_us).min();
        let furthest = self.lanes.iter().map(|l| l.head_us).max().unwrap_or(i64::MIN);
        let index = (0..self.lanes.len())
            .filter(|i| !self.lanes[*i].waiting.is_empty())
            .min_by_key(|i| self.lanes[*i].waiting.front().and_then(|(at, _)| *at).unwrap_or(i64::MIN))?;
        let at = self.lanes[index].waiting.front()?.0.unwrap_or(i64::MIN);
        let settled = slowest.is_none_or(|s| at <= s) || furthest.saturating_sub(at) > self.most_us;
        if !settled {
            return None;
        }
        self.lanes[index].waiting.pop_front().map(|(_, item)| (index, item))
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

    proptest! {
        #[test]
        fn nothing_after_the_first_end_passes_and_everything_before_does(
            lengths in prop::collection::vec(1usize..40, 2..5), order in prop::collection::vec(0usize..5, 400),
        ) {
            let mut sync = Shortest::new(vec![true; lengths.len()], 10_000_000);
            let mut sent = vec![0usize; lengths.len()];
            let mut passed = vec![0usize; lengths.len()];
            let mut over = vec![false; lengths.len()];
            for turn in order.into_iter().chain((0..lengths.len()).cycle().take(400)) {
                let stream = turn % lengths.len();
                if sent[stream] < lengths[stream] {
                    let at = sent[stream] as i64 * 1000;
                    sync.push(stream, Some(at), Some(at + 1000), stream);
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
        for (most_us, passed) in [(10_000, 0), (3_000, 7), (0, 10)] {
            let mut sync = Shortest::new(vec![true, true], most_us);
            (0..11).for_each(|n| sync.push(0, Some(n * 1000), None, ()));
            assert_eq!(std::iter::from_fn(|| sync.pop()).count(), passed, "{most_us}");
            // The other one was empty: what was held back goes, what was let go is gone.
            sync.end(1);
            assert_eq!(sync.pop(), None);
        }
    }
}
