//! The first keyframe of a stream whose sender tells its clock just then.
//!
//! RTP's times count from anywhere in each stream. What they are beside those of other streams is told by sender reports, and a
//! server may send the first one with the first keyframe: that picture has its time by the old clock, and all that follow by the
//! new. It waits for the next one here, and is given its time by the new clock as well; so do those that came in a burst with it.

/// What is known of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// When it is shown, in ticks.
    pub pts: i64,
    /// Its place on the screen: since the last keyframe, or some other.
    pub order: i64,
    /// Decoding can begin with it.
    pub key: bool,
    /// The clock is that which the sender has told.
    pub told: bool,
}

/// A clock that is set by more than so many steps of the order jumps: that is for others to see to.
const MOST_STEPS: i64 = 200;

/// A report that is sent with a keyframe comes within this time, in microseconds.
const WAIT_US: i64 = 30_000;

/// Gives pictures on, the first keyframe once the clock is told or is not told soon.
#[derive(Clone, Debug)]
pub struct FirstClock<T> {
    /// So many ticks are so many steps of the order, where that is known.
    each: Option<(i64, i64)>,
    last: Option<Shown>,
    held: Vec<(T, Shown)>,
    held_since_us: i64,
    over: bool,
}

impl<T> FirstClock<T> {
    /// `each`: ticks for so many steps of the order, where the stream says it.
    pub fn new(each: Option<(i64, i64)>) -> Self {
        Self { each, last: None, held: Vec::new(), held_since_us: 0, over: false }
    }

    /// There is nothing to wait for any more.
    pub fn is_over(&self) -> bool {
        self.over && self.held.is_empty()
    }

    /// Takes a picture that came at `now_us`; gives those that go on now, with their times. `distance`: from one place in the order
    /// to another.
    pub fn push(&mut self, item: T, shown: Shown, now_us: i64, distance: impl Fn(i64, i64) -> i64) -> Vec<(T, i64)> {
        if !self.held.is_empty() {
            let soon = now_us - self.held_since_us < WAIT_US;
            if soon && !shown.told && !shown.key {
                self.held.push((item, shown));
                return Vec::new();
            }
            self.over = true;
            let each = self.each.filter(|_| shown.told && !shown.key);
            let in_clock = |(held, first): (T, Shown)| {
                let expected = each.map(|(ticks, steps)| {
                    let ahead = distance(first.order, shown.order).saturating_mul(ticks) / steps;
                    (shown.pts.saturating_sub(ahead), ticks / steps)
                });
                let near = |(expected, step): &(i64, i64)| {
                    expected.saturating_sub(first.pts).saturating_abs() < MOST_STEPS.saturating_mul((*step).max(1))
                };
                (held, expected.filter(near).map_or(first.pts, |(expected, _)| expected))
            };
            let held: Vec<_> = self.held.drain(..).map(in_clock).collect();
            return held.into_iter().chain([(item, shown.pts)]).collect();
        }
        self.over |= shown.told;
        if self.over {
            return vec![(item, shown.pts)];
        }
        if shown.key && self.each.is_some() {
            self.held.push((item, shown));
            self.held_since_us = now_us;
            return Vec::new();
        }
        if let Some(last) = self.last.filter(|_| !shown.key) {
            let (ticks, steps) = (shown.pts.saturating_sub(last.pts), distance(last.order, shown.order));
            if ticks.signum() * steps.signum() > 0 {
                self.each = Some((ticks.saturating_abs(), steps.saturating_abs()));
            }
        }
        self.last = Some(shown);
        vec![(item, shown.pts)]
    }

    /// Something else came at `now_us`; gives what waits too long.
    pub fn pass_time(&mut self, now_us: i64) -> Vec<(T, i64)> {
        if self.held.is_empty() || now_us - self.held_since_us < WAIT_US {
            return Vec::new();
        }
        self.over = true;
        self.finish()
    }

    /// What still waits, at the end.
    pub fn finish(&mut self) -> Vec<(T, i64)> {
        self.held.drain(..).map(|(item, shown)| (item, shown.pts)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: i64 = 3600;
    /// Four pictures of a group in decoding order, by their places on the screen.
    const GROUP: [i64; 5] = [0, 4, 2, 1, 3];

    fn plain(from: i64, to: i64) -> i64 {
        to - from
    }

    /// Pictures of groups of five, the sender telling its clock, which is `step` later, from picture `told_from` on. They come
    /// `apart_us` from each other.
    fn run(
        each: Option<(i64, i64)>,
        begin: usize,
        step: i64,
        (told_from, apart_us): (usize, i64),
    ) -> (Vec<(usize, i64)>, Vec<usize>) {
        let mut clock = FirstClock::new(each);
        let (mut given, mut waited) = (Vec::new(), Vec::new());
        for n in begin..20 {
            let (group, place) = (n as i64 / 5, GROUP[n % 5]);
            let told = n >= told_from;
            let pts = (group * 5 + place) * FRAME + if told { step } else { 0 };
            let out = clock.push(n, Shown { pts, order: place * 2, key: place == 0, told }, n as i64 * apart_us, plain);
            if out.is_empty() {
                waited.push(n);
            }
            given.extend(out);
        }
        given.extend(clock.finish());
        (given, waited)
    }

    proptest! {
        #[test]
        fn a_clock_that_is_told_at_the_first_keyframe_holds_for_it_too(
            begin in 0usize..5, step in -20_000i64..20_000, knows: bool, burst in 1usize..3,
        ) {
            let first = begin.div_ceil(5) * 5;
            // Two pictures before it tell as much as the stream itself.
            prop_assume!(knows || first >= begin + 2);
            let apart_us = if burst == 1 { 40_000 } else { 5_000 };
            let (given, waited) = run(knows.then_some((FRAME, 2)), begin, step, (first + burst, apart_us));
            prop_assert_eq!(waited, (first..first + burst).collect::<Vec<_>>());
            let due = |n: usize| (n as i64 / 5 * 5 + GROUP[n % 5]) * FRAME + if n < first { 0 } else { step };
            let expected: Vec<_> = (begin..20).map(|n| (n, due(n))).collect();
            prop_assert_eq!(given, expected);
        }

        #[test]
        fn otherwise_times_stay_as_they_are(begin in 0usize..5, told_from in 0usize..30) {
            let (given, waited) = run(Some((FRAME, 2)), begin, 0, (told_from, 40_000));
            prop_assert!(waited.len() <= 1);
            let due = |n: usize| (n as i64 / 5 * 5 + GROUP[n % 5]) * FRAME;
            let expected: Vec<_> = (begin..20).map(|n| (n, due(n))).collect();
            prop_assert_eq!(given, expected);
        }
    }

    #[test]
    fn who_has_told_his_clock_is_not_waited_for() {
        let (given, waited) = run(Some((FRAME, 2)), 0, 500, (0, 40_000));
        assert_eq!((given.len(), waited.len()), (20, 0));
    }

    #[test]
    fn a_slow_source_does_not_wait_for_its_next_picture() {
        let mut clock = FirstClock::new(Some((FRAME, 2)));
        let key = Shown { pts: 0, order: 0, key: true, told: false };
        assert_eq!(clock.push("key", key, 0, plain), []);
        assert_eq!(clock.pass_time(20_000), []);
        assert_eq!(clock.pass_time(41_000), [("key", 0)]);
        assert!(clock.is_over());
    }

    #[test]
    fn a_jump_is_not_taken_for_a_clock_that_was_set_right() {
        let step = 1000 * FRAME;
        let (given, _) = run(Some((FRAME, 2)), 0, step, (1, 40_000));
        assert_eq!(given[0], (0, 0));
    }
}
