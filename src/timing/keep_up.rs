//! Keeping up with a live source: what an encoder that is too slow leaves out, and when it takes that back.
//!
//! Times are in microseconds: of the wall, and of the media. How late a frame is counts from the frame that came earliest,
//! so that a constant delay is none.

/// What is done against lateness; each measure includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Every frame is encoded.
    Nothing,
    /// Some frames are left out, evenly.
    DropEvenly,
    /// Every second frame is left out.
    HalfRate,
    /// The encoder is opened anew, this many presets faster.
    Faster(usize),
    /// The picture's sides are so many quarters of what they were.
    Smaller(i32),
}

/// A step up or down the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The measure left.
    pub from: Measure,
    /// The measure taken.
    pub to: Measure,
    /// It takes a measure back.
    pub relief: bool,
}

/// What the last second showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// How late the last frame was.
    pub late_us: i64,
    /// How fast every frame would be encoded, in percent of real time.
    pub speed_percent: i64,
    /// Share of the second that the encoder worked, in percent.
    pub busy_percent: i64,
    /// It cannot hold real time.
    pub too_slow: bool,
    /// A step that is due now.
    pub change: Option<Change>,
}

/// A window of observation.
const WINDOW_US: i64 = 1_000_000;
/// Later than this is too late.
const LATE_US: i64 = 400_000;
/// Less late than this is in time.
const IN_TIME_US: i64 = 200_000;
/// A measure is taken back after so long in time; longer each time that it had to be taken again at once.
const HOLD_US: (i64, i64) = (8_000_000, 120_000_000);
/// Taken again within this time is at once.
const AT_ONCE_US: i64 = 15_000_000;
/// An encoder that worked for so much of a window, in thousandths, and would need more than there is, is too slow although
/// it is hardly late yet.
const AT_THE_LIMIT: (i64, i64) = (950, 1030);
/// Nothing came for so long: whoever is late now, it is not the encoder's doing.
const STARVED_US: i64 = 500_000;
/// What a faster preset saves at the least, in percent of the slower one's time.
const PRESET_PERCENT: i64 = 170;

/// The measures of one encoder.
#[derive(Clone, Debug)]
pub struct KeepUp {
    ladder: Vec<Measure>,
    rung: usize,
    max_delay_us: i64,
    /// The smallest difference of wall and media.
    origin_us: Option<i64>,
    last_media_us: Option<i64>,
    late_us: i64,
    /// The same at the last review.
    reviewed_late_us: i64,
    /// Frames are left out until the delay is small again.
    catching_up: bool,
    /// Share of frames that is kept, in thousandths, and what has gathered of it.
    keep: i64,
    credit: i64,
    window_from_us: Option<i64>,
    offered: i64,
    offered_media_us: i64,
    encoded: i64,
    spent_us: i64,
    /// Windows in a row at the limit.
    at_the_limit: u32,
    last_offer_us: Option<i64>,
    changed_at_us: i64,
    relieved_at_us: i64,
    hold_us: i64,
}

impl KeepUp {
    /// An encoder that has so many faster presets, and frames that are never to be later than `max_delay_us`.
    pub fn new(max_delay_us: i64, presets: usize) -> Self {
        let mut ladder = vec![Measure::Nothing, Measure::DropEvenly, Measure::HalfRate];
        ladder.extend((1..=presets).map(Measure::Faster));
        ladder.extend([Measure::Smaller(3), Measure::Smaller(2)]);
        Self {
            ladder,
            rung: 0,
            max_delay_us,
            origin_us: None,
            last_media_us: None,
            late_us: 0,
            reviewed_late_us: 0,
            catching_up: false,
            keep: 1000,
            credit: 0,
            window_from_us: None,
            offered: 0,
            offered_media_us: 0,
            encoded: 0,
            spent_us: 0,
            at_the_limit: 0,
            last_offer_us: None,
            changed_at_us: 0,
            relieved_at_us: i64::MIN / 2,
            hold_us: HOLD_US.0,
        }
    }

    /// Only looks on.
    pub fn watching() -> Self {
        Self { ladder: vec![Measure::Nothing], ..Self::new(i64::MAX, 0) }
    }

    /// The measure in force.
    pub fn measure(&self) -> Measure {
        self.ladder[self.rung]
    }

    /// How late the last frame was.
    pub fn late_us(&self) -> i64 {
        self.late_us
    }

    /// A frame is there: whether it is to be encoded.
    pub fn offer(&mut self, now_us: i64, media_us: i64) -> bool {
        let difference = now_us - media_us;
        if self.last_offer_us.is_some_and(|last| now_us - last > STARVED_US) {
            self.origin_us = None;
        }
        self.last_offer_us = Some(now_us);
        let origin = self.origin_us.map_or(difference, |origin| origin.min(difference));
        self.origin_us = Some(origin);
        self.late_us = difference - origin;
        self.window_from_us.get_or_insert(now_us);
        // A jump of the media's clock is no interval between frames.
        let step = self.last_media_us.map_or(0, |last| media_us - last).clamp(0, WINDOW_US);
        self.last_media_us = Some(media_us);
        self.offered += 1;
        self.offered_media_us += step;
        self.catching_up =
            self.late_us > self.max_delay_us || (self.catching_up && self.late_us > self.max_delay_us / 4);
        if self.catching_up {
            return false;
        }
        self.credit += if self.rung == 0 { 1000 } else { self.keep };
        if self.credit < 1000 {
            return false;
        }
        self.credit -= 1000;
        true
    }

    /// The frame took the encoder so long.
    pub fn encoded(&mut self, spent_us: i64) {
        // The next frame waited meanwhile; that is no hunger.
        self.last_offer_us = self.last_offer_us.map(|at| at + spent_us);
        self.encoded += 1;
        self.spent_us += spent_us;
    }

    /// Looks back on the last second, if one has passed, and goes up or down the ladder when that is due.
    pub fn review(&mut self, now_us: i64) -> Option<Review> {
        let from_us = self.window_from_us.filter(|from| now_us - from >= WINDOW_US)?;
        let busy = self.spent_us * 1000 / (now_us - from_us);
        let load = self.load();
        self.window_from_us = Some(now_us);
        (self.offered, self.offered_media_us, self.encoded, self.spent_us) = (0, 0, 0, 0);
        let before_us = std::mem::replace(&mut self.reviewed_late_us, self.late_us);
        let load = load?;
        let limit = busy >= AT_THE_LIMIT.0 && load > AT_THE_LIMIT.1;
        self.at_the_limit = if limit { self.at_the_limit + 1 } else { 0 };
        let change = self.step(now_us, (busy, load), before_us);
        Some(Review {
            late_us: self.late_us,
            speed_percent: 100_000 / load.max(1),
            busy_percent: busy / 10,
            too_slow: self.late_us > LATE_US || self.at_the_limit >= 2,
            change,
        })
    }

    fn step(&mut self, now_us: i64, (busy, load): (i64, i64), before_us: i64) -> Option<Change> {
        let next = if self.must_climb(now_us, busy, before_us) {
            self.rung + 1
        } else if self.may_descend(now_us, load) {
            self.rung - 1
        } else {
            self.set_keep(load);
            return None;
        };
        let relief = next < self.rung;
        if relief {
            self.relieved_at_us = now_us;
        } else if now_us - self.relieved_at_us < AT_ONCE_US {
            self.hold_us = (self.hold_us * 2).min(HOLD_US.1);
        }
        let from = self.measure();
        self.rung = next;
        self.changed_at_us = now_us;
        self.set_keep(load);
        Some(Change { from, to: self.measure(), relief })
    }

    /// Time that encoding every frame would take, in thousandths of the media's time.
    fn load(&self) -> Option<i64> {
        let interval_us = self.offered_media_us / self.offered.max(1);
        (self.encoded > 0 && interval_us > 0).then(|| (self.spent_us / self.encoded) * 1000 / interval_us)
    }

    fn must_climb(&self, now_us: i64, busy: i64, before_us: i64) -> bool {
        // Where the encoder is not what one waits for, leaving out its work changes little.
        let too_late = self.late_us > LATE_US && busy > 500;
        // The measure in force may do, and only need its time.
        let catching_up = self.rung > 0 && self.late_us < before_us;
        too_late && !catching_up && self.rung + 1 < self.ladder.len() && now_us - self.changed_at_us >= WINDOW_US
    }

    fn may_descend(&self, now_us: i64, load: i64) -> bool {
        if self.rung == 0 || self.late_us > IN_TIME_US || now_us - self.changed_at_us < self.hold_us {
            return false;
        }
        // What the load would be one rung below, half the frames being left out from the half rate on.
        match self.measure() {
            Measure::Nothing => false,
            Measure::DropEvenly => load < 850,
            Measure::HalfRate => load < 1200,
            Measure::Faster(_) => load * PRESET_PERCENT / 100 / 2 < 800,
            Measure::Smaller(quarters) => {
                let (now, before) = (i64::from(quarters), i64::from(quarters) + 1);
                load * before * before / (now * now) / 2 < 800
            }
        }
    }

    fn set_keep(&mut self, load: i64) {
        self.keep = match self.measure() {
            Measure::Nothing => 1000,
            Measure::DropEvenly => (900 * 1000 / load.max(1)).clamp(500, 950),
            _ => 500,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INTERVAL_US: i64 = 40_000;
    const MAX_DELAY_US: i64 = 2_000_000;

    /// What a frame costs the encoder under a measure, `full_us` being the cost without any.
    fn cost_us(measure: Measure, full_us: i64) -> i64 {
        match measure {
            Measure::Nothing | Measure::DropEvenly | Measure::HalfRate => full_us,
            Measure::Faster(n) => (0..n).fold(full_us, |cost, _| cost * 100 / 170),
            Measure::Smaller(q) => cost_us(Measure::Faster(2), full_us) * i64::from(q * q) / 16,
        }
    }

    /// A run of a live source at 25 frames a second: how late each frame is, and all changes.
    fn run(control: &mut KeepUp, seconds: i64, full_us: impl Fn(i64) -> i64) -> (Vec<i64>, Vec<Change>) {
        let (lates, reviews) = reviewed(control, seconds, full_us);
        (lates, reviews.iter().filter_map(|(_, review)| review.change).collect())
    }

    /// The same with all reviews and their times.
    fn reviewed(control: &mut KeepUp, seconds: i64, full_us: impl Fn(i64) -> i64) -> (Vec<i64>, Vec<(i64, Review)>) {
        let (mut now_us, mut lates, mut reviews) = (0, Vec::new(), Vec::new());
        for n in 0..seconds * 1_000_000 / INTERVAL_US {
            let media_us = n * INTERVAL_US;
            now_us = now_us.max(media_us);
            if control.offer(now_us, media_us) {
                let cost = cost_us(control.measure(), full_us(media_us));
                now_us += cost;
                control.encoded(cost);
            }
            reviews.extend(control.review(now_us).map(|review| (now_us, review)));
            lates.push(now_us - media_us);
        }
        (lates, reviews)
    }

    #[test]
    fn an_encoder_that_is_fast_enough_encodes_every_frame() {
        let mut control = KeepUp::new(MAX_DELAY_US, 3);
        let (lates, changes) = run(&mut control, 60, |_| 30_000);
        assert_eq!(changes, []);
        assert!(lates.iter().all(|late| *late <= 30_000));
    }

    #[test]
    fn one_that_is_a_little_too_slow_leaves_out_some_frames_and_no_more() {
        let mut control = KeepUp::new(MAX_DELAY_US, 3);
        let (lates, reviews) = reviewed(&mut control, 60, |_| 50_000);
        let (first, change) = reviews.iter().find_map(|(_, r)| Some((r, r.change?))).unwrap_or_else(|| unreachable!());
        let changes = reviews.iter().filter(|(_, r)| r.change.is_some()).count();
        assert_eq!((change.to, changes), (Measure::DropEvenly, 1));
        assert_eq!(first.speed_percent, 80);
        assert!(lates[1000..].iter().all(|late| *late < LATE_US), "{:?}", lates.last());
    }

    #[test]
    fn who_only_watches_tells_within_three_seconds_and_leaves_nothing_out() {
        for cost in [43_000, 50_000, 80_000, 400_000] {
            let mut control = KeepUp::watching();
            let (_, reviews) = reviewed(&mut control, 10, |_| cost);
            let told = reviews.iter().find(|(_, review)| review.too_slow).map(|(at, _)| *at);
            assert!(told.is_some_and(|at| at <= 3_000_000), "{cost}: {told:?}");
            assert!(reviews.iter().all(|(_, review)| review.change.is_none()));
        }
    }

    #[test]
    fn a_source_that_was_silent_does_not_make_the_encoder_late() {
        let mut control = KeepUp::new(MAX_DELAY_US, 2);
        for n in 0..200 {
            // The media's clock stood still while the source was away for five seconds.
            let (media_us, away_us) = (n * INTERVAL_US, if n < 100 { 0 } else { 5_000_000 });
            assert!(control.offer(media_us + away_us, media_us), "frame {n}");
            control.encoded(10_000);
            let review = control.review(media_us + away_us + 10_000);
            assert!(review.is_none_or(|review| !review.too_slow && review.change.is_none()));
        }
    }

    #[test]
    fn measures_come_in_order_and_go_in_reverse_when_there_is_room_again() {
        let mut control = KeepUp::new(MAX_DELAY_US, 2);
        let (_, changes) = run(&mut control, 300, |at| if at < 60_000_000 { 130_000 } else { 10_000 });
        let taken: Vec<Measure> = changes.iter().filter(|c| !c.relief).map(|c| c.to).collect();
        let back: Vec<Measure> = changes.iter().filter(|c| c.relief).map(|c| c.from).collect();
        assert_eq!(taken[..3], [Measure::DropEvenly, Measure::HalfRate, Measure::Faster(1)]);
        assert!(back.iter().rev().eq(taken.iter()), "{taken:?} {back:?}");
        assert_eq!(control.measure(), Measure::Nothing);
    }

    #[test]
    fn a_measure_that_is_needed_again_at_once_is_taken_back_ever_later() {
        let mut control = KeepUp::new(MAX_DELAY_US, 0);
        // Every half minute the machine has four seconds to spare in the middle of a hold.
        let (_, changes) = run(&mut control, 900, |at| if at % 30_000_000 < 12_000_000 { 20_000 } else { 60_000 });
        let reliefs = changes.iter().filter(|c| c.relief).count();
        assert!(reliefs < 30, "{reliefs} times back and forth in fifteen minutes");
    }

    proptest! {
        #[test]
        fn no_frame_is_ever_encoded_later_than_the_bound(full_us in 1_000i64..2_000_000, burst in 1i64..20) {
            let mut control = KeepUp::new(MAX_DELAY_US, 4);
            let cost = |at: i64| if (at / 1_000_000) % burst == 0 { full_us } else { full_us / 2 };
            let (lates, _) = run(&mut control, 60, cost);
            // The frame at hand may still take its time.
            prop_assert!(lates.iter().all(|late| *late <= MAX_DELAY_US + full_us), "{:?}", lates.iter().max());
        }
    }
}
