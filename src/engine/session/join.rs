//! Where a session joins a stream under way: at a keyframe, with the sound that belongs to it.

use std::collections::VecDeque;

/// Sound that comes before its picture is kept for so long, in microseconds.
const KEPT_US: i64 = 3_000_000;
/// Items that are kept at the most.
const KEPT_ITEMS: usize = 1000;
/// A step of time that is longer than this is a clock that is set right, in microseconds.
const MOST_STEP_US: i64 = 1_000_000;

/// Holds the streams of one session back until it can begin: with pictures, unless none come. Times are microseconds of the
/// job.
#[derive(Debug)]
pub struct Join<T> {
    /// By stream: it carries pictures.
    pictures: Vec<bool>,
    /// By stream: it has begun.
    begun: Vec<bool>,
    begins_us: Option<i64>,
    kept: VecDeque<(usize, i64, T)>,
    /// By stream: what came of it since the last picture.
    quiet: Vec<Quiet>,
    /// Items left out so far.
    pub left_out: u64,
}

/// How much came of a stream while no picture came.
#[derive(Clone, Copy, Debug, Default)]
struct Quiet {
    last_us: Option<i64>,
    length_us: i64,
}

impl Quiet {
    fn note(&mut self, time_us: i64) {
        self.length_us += (time_us - self.last_us.unwrap_or(time_us)).clamp(0, MOST_STEP_US);
        self.last_us = Some(time_us);
    }
}

impl<T> Join<T> {
    /// For streams that carry pictures or do not.
    pub fn new(pictures: Vec<bool>) -> Self {
        let (begun, quiet) = (vec![false; pictures.len()], vec![Quiet::default(); pictures.len()]);
        Self { pictures, begun, begins_us: None, kept: VecDeque::new(), quiet, left_out: 0 }
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
            None if self.pictures[stream] => {
                self.quiet.fill(Quiet::default());
                self.leave_out()
            }
            None => {
                self.quiet[stream].note(time_us);
                // They have ended, or are a still.
                if self.quiet[stream].length_us > KEPT_US {
                    return self.begin(stream, time_us, item);
                }
                self.keep(stream, time_us, item)
            }
            Some(_) if self.pictures[stream] && !key => self.leave_out(),
            // FLV takes nothing that lies before its first packet.
            Some(begins) if !self.pictures[stream] && time_us < begins => self.leave_out(),
            Some(_) => {
                self.begun[stream] = true;
                vec![(stream, item)]
            }
        }
    }

    /// A stream has ended: it is not waited for. Gives what may pass now, in order.
    pub fn end(&mut self, stream: usize) -> Vec<(usize, T)> {
        let (Some(begun), Some(picture)) = (self.begun.get_mut(stream), self.pictures.get_mut(stream)) else {
            return Vec::new();
        };
        (*begun, *picture) = (true, false);
        if self.begins_us.is_some() || self.pictures.contains(&true) {
            return Vec::new();
        }
        let kept = std::mem::take(&mut self.kept);
        kept.into_iter().flat_map(|(stream, time_us, item)| self.pass(stream, (time_us, false), item)).collect()
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
            if ms % 2000 == 0 {
                assert!(join.pass(VIDEO, (ms * 1000, false), ms).is_empty());
            }
        }
        assert!(join.kept.len() <= KEPT_ITEMS && join.awaits_key());
    }

    #[test]
    fn sound_begins_alone_when_no_picture_comes_for_long_and_pictures_then_at_their_keyframe() {
        let mut join = Join::new(vec![true, false]);
        assert!(run(&mut join, &[(VIDEO, 0, false)]).is_empty());
        // A clock that is set right is no time that has gone by.
        let sound: Vec<_> =
            (0..40).map(|i| (SOUND, if i < 10 { i * 100 } else { 1_000_000 + i * 100 }, true)).collect();
        assert_eq!(run(&mut join, &sound[..22]), []);
        let passed = run(&mut join, &sound[22..]);
        assert_eq!(passed.first(), Some(&(SOUND, 1_002_200)));
        assert_eq!(passed.last(), Some(&(SOUND, 1_003_900)));
        assert!(!join.awaits_key() && !join.is_open());
        let pictures = [(VIDEO, 1_003_960, false), (VIDEO, 1_004_000, true), (VIDEO, 1_004_040, false)];
        assert_eq!(run(&mut join, &pictures), [(VIDEO, 1_004_000), (VIDEO, 1_004_040)]);
        assert!(join.is_open());
    }

    #[test]
    fn what_has_ended_is_not_waited_for() {
        let mut join = Join::new(vec![true, false, true]);
        assert_eq!(run(&mut join, &[(VIDEO, 0, false), (SOUND, 10, true), (SOUND, 30, true)]), []);
        assert_eq!(join.end(2), []);
        assert!(join.awaits_key());
        assert_eq!(join.end(VIDEO), [(SOUND, 10), (SOUND, 30)]);
        assert!(join.is_open() && join.end(SOUND).is_empty() && join.end(7).is_empty());
        // Nor is it where it ended before.
        let mut join = Join::new(vec![true, false]);
        assert_eq!(join.end(VIDEO), []);
        assert_eq!(run(&mut join, &[(SOUND, 10, true)]), [(SOUND, 10)]);
    }

    #[test]
    fn an_open_one_holds_nothing_back() {
        let mut join = Join::open(2);
        assert_eq!(run(&mut join, &[(VIDEO, 0, false), (SOUND, 0, false)]), [(VIDEO, 0), (SOUND, 0)]);
        assert!(join.is_open() && !join.awaits_key());
    }
}
