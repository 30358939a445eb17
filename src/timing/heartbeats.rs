//! `-fix_sub_duration_heartbeat`: puts subtitles and the keyframes of pictures beside them into one order.
//!
//! Subtitles come early, and pictures that are encoded late. A subtitle waits until all keyframes before it are known, so that
//! the order is that of their times however fast each of them comes.

use std::collections::VecDeque;

/// What is next in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<T> {
    /// An item.
    Item(T),
    /// A keyframe, at this time in microseconds.
    Beat(i64),
}

/// Items on one side, streams of pictures on the other; times are of one clock, in microseconds.
#[derive(Debug)]
pub struct Heartbeats<T> {
    /// By stream of pictures, the time before which no more keyframe comes; `None` before its first packet.
    lanes: Vec<Option<i64>>,
    items: VecDeque<(i64, T)>,
    beats: VecDeque<i64>,
}

impl<T> Heartbeats<T> {
    /// Beside so many streams of pictures; with none, items are due at once.
    pub fn new(lanes: usize) -> Self {
        Self { lanes: vec![None; lanes], items: VecDeque::new(), beats: VecDeque::new() }
    }

    /// An item; where it has no time it belongs to the last one.
    pub fn push(&mut self, at_us: Option<i64>, item: T) {
        let at_us = at_us.or(self.items.back().map(|(at, _)| *at)).unwrap_or(i64::MIN);
        self.items.push_back((at_us, item));
    }

    /// A packet of pictures: `dts_us` when it is decoded, `key_us` when it is shown if it is a keyframe.
    pub fn picture(&mut self, lane: usize, dts_us: Option<i64>, key_us: Option<i64>) {
        let reached = dts_us.into_iter().chain(key_us).max();
        if let (Some(reached), Some(lane)) = (reached, self.lanes.get_mut(lane)) {
            *lane = Some(lane.map_or(reached, |before| before.max(reached)));
        }
        if let Some(key) = key_us {
            let place = self.beats.partition_point(|at| *at <= key);
            self.beats.insert(place, key);
        }
    }

    /// A stream of pictures has ended.
    pub fn end(&mut self, lane: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            *lane = Some(i64::MAX);
        }
    }

    /// What is next, once nothing can come before it any more. Of a keyframe and an item at one time the item is first.
    pub fn pop(&mut self) -> Option<Due<T>> {
        let settled = |at: i64| self.lanes.iter().all(|lane| lane.is_some_and(|reached| reached >= at));
        match (self.items.front(), self.beats.front()) {
            (Some((at, _)), beat) if beat.is_none_or(|beat| at <= beat) => {
                if !settled(*at) {
                    return None;
                }
                self.items.pop_front().map(|(_, item)| Due::Item(item))
            }
            _ => self.beats.pop_front().map(Due::Beat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<T>(heartbeats: &mut Heartbeats<T>) -> Vec<Due<T>> {
        std::iter::from_fn(|| heartbeats.pop()).collect()
    }

    #[test]
    fn without_pictures_items_pass_at_once() {
        let mut heartbeats = Heartbeats::new(0);
        heartbeats.push(Some(5), 'a');
        heartbeats.push(None, 'b');
        assert_eq!(all(&mut heartbeats), [Due::Item('a'), Due::Item('b')]);
    }

    #[test]
    fn an_item_waits_for_the_pictures_before_it_and_for_no_more() {
        let mut heartbeats = Heartbeats::new(1);
        heartbeats.push(Some(1500), 'a');
        heartbeats.picture(0, Some(0), Some(0));
        assert_eq!(all(&mut heartbeats), [Due::Beat(0)]);
        heartbeats.picture(0, Some(1000), Some(1040));
        assert_eq!(all(&mut heartbeats), [Due::Beat(1040)]);
        heartbeats.picture(0, Some(1480), None);
        assert_eq!(all(&mut heartbeats), []);
        heartbeats.picture(0, Some(1500), None);
        assert_eq!(all(&mut heartbeats), [Due::Item('a')]);
        heartbeats.push(Some(9000), 'b');
        assert_eq!(all(&mut heartbeats), []);
        heartbeats.end(0);
        assert_eq!(all(&mut heartbeats), [Due::Item('b')]);
    }

    proptest! {
        #[test]
        fn however_they_come_the_order_is_that_of_their_times(
            items in prop::collection::vec(0i64..60, 0..12),
            lanes in prop::collection::vec(prop::collection::vec((0i64..60, any::<bool>()), 1..12), 1..4),
            turns in prop::collection::vec(0usize..5, 0..80),
        ) {
            let mut items = items;
            items.sort_unstable();
            let mut lanes = lanes;
            lanes.iter_mut().for_each(|lane| lane.sort_unstable());
            let mut heartbeats = Heartbeats::new(lanes.len());
            let mut out = Vec::new();
            let mut next = vec![0usize; lanes.len() + 1];
            // All items come before any picture is late for them: the property that sources give.
            for (n, at) in items.iter().enumerate() {
                heartbeats.push(Some(*at), n);
            }
            for lane in turns.into_iter().chain((0..lanes.len()).cycle().take(60)).map(|turn| turn % lanes.len()) {
                match lanes[lane].get(next[lane]) {
                    Some((at, key)) => heartbeats.picture(lane, Some(*at), key.then_some(*at)),
                    None => heartbeats.end(lane),
                }
                next[lane] += 1;
                out.extend(all(&mut heartbeats));
            }
            let keys: usize = lanes.iter().flatten().filter(|(_, key)| *key).count();
            prop_assert_eq!(out.len(), items.len() + keys);
            // Each item has exactly the keyframes of its past before it.
            for (place, due) in out.iter().enumerate() {
                let Due::Item(n) = due else { continue };
                let before = out[..place].iter().filter(|due| matches!(due, Due::Beat(at) if *at < items[*n])).count();
                let past = lanes.iter().flatten().filter(|(at, key)| *key && *at < items[*n]).count();
                prop_assert_eq!(before, past);
            }
        }
    }
}
