//! Interleaving: holds back what runs far ahead of the slowest stream, so that streams lie side by side in the file although
//! an encoder is slow or looks ahead.
//!
//! libavformat interleaves too, but writes what waits for longer than `max_interleave_delta`, 10 s of media: an encoder that
//! looks 40 frames ahead is that late at four frames a second.

use std::collections::VecDeque;

/// Bytes that wait at the most: then a stream is taken for silent, and no longer waited for.
const MOST_BYTES: usize = 16 << 20;

#[derive(Debug)]
struct Lane<T> {
    /// The others wait for it.
    counts: bool,
    last_us: Option<i64>,
    waiting: VecDeque<(i64, usize, T)>,
}

/// Items of several streams, given on in step.
#[derive(Debug)]
pub struct Interleaving<T> {
    lanes: Vec<Lane<T>>,
    ahead_us: i64,
    bytes: usize,
    first_us: Option<i64>,
}

impl<T> Interleaving<T> {
    /// `counts`: for each stream, whether the others wait for it; what is further ahead than `ahead_us` waits.
    pub fn new(counts: impl IntoIterator<Item = bool>, ahead_us: i64) -> Self {
        let lane = |counts| Lane { counts, last_us: None, waiting: VecDeque::new() };
        Self { lanes: counts.into_iter().map(lane).collect(), ahead_us, bytes: 0, first_us: None }
    }

    /// Adds an item with its time in microseconds and its bytes.
    pub fn push(&mut self, stream: usize, at_us: i64, bytes: usize, item: T) {
        self.bytes += bytes;
        self.first_us = Some(self.first_us.map_or(at_us, |first| first.min(at_us)));
        self.lanes[stream].waiting.push_back((at_us, bytes, item));
    }

    /// A stream has ended: nobody waits for it.
    pub fn end(&mut self, stream: usize) {
        self.lanes[stream].counts = false;
    }

    /// The next item whose turn it is, with its stream.
    pub fn pop(&mut self) -> Option<(usize, T)> {
        let head = |(stream, lane): (usize, &Lane<T>)| Some((lane.waiting.front()?.0, stream));
        let (at_us, stream) = self.lanes.iter().enumerate().filter_map(head).min()?;
        if self.bytes <= MOST_BYTES
            && self.slowest_us().is_some_and(|slowest| at_us.saturating_sub(slowest) > self.ahead_us)
        {
            return None;
        }
        let lane = &mut self.lanes[stream];
        let (at_us, bytes, item) = lane.waiting.pop_front()?;
        lane.last_us = lane.last_us.max(Some(at_us));
        self.bytes -= bytes;
        Some((stream, item))
    }

    /// Where the stream is that the others wait for: one that has not begun is where all began.
    fn slowest_us(&self) -> Option<i64> {
        let awaited = self.lanes.iter().filter(|lane| lane.counts && lane.waiting.is_empty());
        awaited.filter_map(|lane| lane.last_us.or(self.first_us)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000;

    fn popped(lanes: &mut Interleaving<i64>) -> Vec<(usize, i64)> {
        std::iter::from_fn(|| lanes.pop()).collect()
    }

    #[test]
    fn what_is_far_ahead_of_a_stream_that_is_late_waits_for_it() {
        let mut lanes = Interleaving::new([true, true], 5 * SECOND);
        for second in 0..8 {
            lanes.push(1, second * SECOND, 100, second);
        }
        assert_eq!(popped(&mut lanes), (0..=5).map(|second| (1, second)).collect::<Vec<_>>());
        lanes.push(0, SECOND, 100, 1);
        assert_eq!(popped(&mut lanes), [(0, 1), (1, 6)]);
        lanes.end(0);
        assert_eq!(popped(&mut lanes), [(1, 7)]);
    }

    #[test]
    fn a_stream_that_stays_silent_costs_no_more_than_so_many_bytes() {
        let mut lanes = Interleaving::new([true, true], 5 * SECOND);
        let mut given = 0;
        for second in 0..1000 {
            lanes.push(1, second * SECOND, 1 << 20, second);
            given += popped(&mut lanes).len();
        }
        assert_eq!(given, 1000 - (MOST_BYTES >> 20));
    }

    #[test]
    fn nobody_waits_for_streams_that_do_not_count() {
        let mut lanes = Interleaving::new([false, true], 5 * SECOND);
        (0..100).for_each(|second| lanes.push(1, second * SECOND, 1, second));
        assert_eq!(popped(&mut lanes).len(), 100);
    }

    proptest! {
        #[test]
        fn all_come_out_once_each_stream_in_its_order(
            arrivals in prop::collection::vec((0usize..3, 0i64..20), 0..200), end_at in 0usize..200,
        ) {
            let mut lanes = Interleaving::new([true, true, false], 5 * SECOND);
            let mut at = [0i64; 3];
            let mut sent = vec![Vec::new(); 3];
            let mut got = vec![Vec::new(); 3];
            for (number, (stream, step)) in arrivals.into_iter().enumerate() {
                at[stream] += step * SECOND / 4;
                lanes.push(stream, at[stream], 10, number as i64);
                sent[stream].push(number as i64);
                if number == end_at {
                    lanes.end(0);
                }
                popped(&mut lanes).into_iter().for_each(|(stream, item)| got[stream].push(item));
            }
            (0..3).for_each(|stream| lanes.end(stream));
            popped(&mut lanes).into_iter().for_each(|(stream, item)| got[stream].push(item));
            prop_assert_eq!(got, sent);
        }
    }
}
