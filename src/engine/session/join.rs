//! Where a session joins a stream under way: at a keyframe, with the sound that belongs to it.

use std::collections::VecDeque;

/// Sound that comes before its picture is kept for so long, in microseconds.
const KEPT_US: i64 = 3_000_000;
/// Items that are kept at the most.
const KEPT_ITEMS: usize = 1000;
/// Holds the streams of one session back until it can begin. Times are microseconds of the job.
#[derive(Debug)]
pub struct Join<T> {
    /// By stream: it carries pictures.
    pictures: Vec<bool>,
    /// By stream: it has begun.
    begun: Vec<bool>,
    begins_us: Option<i64>,
    kept: VecDeque<(usize, i64, T)>,
    /// Items left out so far.
    pub left_out: u64,
}

impl<T> Join<T> {
    /// For streams that carry pictures or do not.
    pub fn new(pictures: Vec<bool>) -> Self {
        let begun = vec![false; pictures.len()];
        Self { pictures, begun, begins_us: None, kept: VecDeque::new(), left_out: 0 }
    }

    /// Nothing is held back: all streams pass from the beginning.
    pub fn open(count: usize) -> Self {
        Self { begun: vec![true; count], begins_us: Some(i64::MIN), ..Self::new(vec![false; count]) }
    }

    /// True once every stream has begun.
    pub fn is_open(&self) -> bool {
        self.begun.iter().all(|begun| *begun)
    }

    /// True while the first keyframe is waited for.
    pub fn awaits_key(&self) -> bool {
        self.begins_us.is_none() && self.pictures.contains(&true)
    }

    /// Takes an item in; gives what may pass now, in order.
    pub fn pass(&mut self, stream: usize, (time_us, key): (i64, bool), item: T) -> Vec<(usize, T)> {
        if self.begun.get(stream).copied().unwrap_or(true) {
            return vec![(stream, item)];
        }
        match self.begins_us {
            // Without pictures anything is a beginning.
            None if !self.pictures.contains(&true) => self.begin(stream, time_us, item),
            None if self.pictures[stream] && key => self.begin(stream, time_us, item),
            None if self.pictures[stream] => self.leave_out(),
            None => self.keep(stream, time_us, item),
            Some(_) if self.pictures[stream] && !key => self.leave_out(),
            // FLV takes nothing that lies before its first packet.
            Some(begins) if !self.pictures[stream] && time_us < begins => self.leave_out(),
            Some(_) => {
                self.begun[stream] = true;
                vec![(stream, item)]
            }
        }
    }

    fn begin(&mut self, stream: usize, time_us: i64, item: T) -> Vec<(usize, T)> {
        self.begins_us = Some(time_us);
        self.begun[stream] = true;
        let mut passing = vec![(stream, item)];
        for (stream, at, item) in std::mem::take(&mut self.kept) {
            if at < time_us {
                self.left_out += 1;
            } else {
                self.begun[stream] = true;
                passing.push((stream, item));
            }
        }
        passing
    }

    fn keep(&mut self, stream: usize, time_us: i64, item: T) -> Vec<(usize, T)> {
        self.kept.push_back((stream, time_us, item));
        while self.kept.len() > KEPT_ITEMS || self.kept.front().is_some_and(|(_, at, _)| *at < time_us - KEPT_US) {
            self.kept.pop_front();
            self.left_out += 1;
        }
        Vec::new()
    }

    fn leave_out(&mut self) -> Vec<(usize, T)> {
        self.left_out += 1;
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: usize = 0;
    const SOUND: usize = 1;

    fn run(join: &mut Join<i64>, items: &[(usize, i64, bool)]) -> Vec<(usize, i64)> {
        let pass = |(stream, ms, key): &(usize, i64, bool)| join.pass(*stream, (ms * 1000, *key), *ms);
        items.iter().flat_map(pass).collect()
    }

    #[test]
    fn it_begins_at_a_keyframe_with_the_sound_that_belongs_to_it() {
        let mut join = Join::new(vec![true, false]);
        let passed = run(
            &mut join,
            &[
                (VIDEO, 0, false),
                (SOUND, 60, true),
                (SOUND, 110, true),
                (VIDEO, 40, false),
                (SOUND, 130, true),
                (VIDEO, 120, true),
                (SOUND, 150, true),
                (VIDEO, 160, false),
            ],
        );
        assert_eq!(passed, [(VIDEO, 120), (SOUND, 130), (SOUND, 150), (VIDEO, 160)]);
        assert!(join.is_open());
        assert_eq!(join.left_out, 4);
    }

    #[test]
    fn sound_alone_begins_at_once_and_a_second_picture_at_its_own_keyframe() {
        assert_eq!(run(&mut Join::new(vec![false]), &[(0, 5, false)]), [(0, 5)]);
        let mut join = Join::new(vec![true, true]);
        let passed = run(&mut join, &[(0, 0, true), (1, 0, false), (0, 40, false), (1, 40, true), (1, 80, false)]);
        assert_eq!(passed, [(0, 0), (0, 40), (1, 40), (1, 80)]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut join = Join::new(vec![true, false]);
        for ms in 0..100_000 {
            assert!(join.pass(SOUND, (ms * 1000, true), ms).is_empty());
        }
        assert!(join.kept.len() <= KEPT_ITEMS && join.awaits_key());
    }

    #[test]
    fn an_open_one_holds_nothing_back() {
        let mut join = Join::open(2);
        assert_eq!(run(&mut join, &[(VIDEO, 0, false), (SOUND, 0, false)]), [(VIDEO, 0), (SOUND, 0)]);
        assert!(join.is_open() && !join.awaits_key());
    }
}
