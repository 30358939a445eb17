//! Keeping up with a live source: what an encoder that is too slow leaves out, and when it takes that back.
//!
//! Times are in microseconds: of the wall, and of the media. How late a frame is counts from the frame that came earliest,
//! so that a constant delay before the encoder is none. What the encoder keeps to itself counts: a frame is late until its
//! packet is out. Lateness that grows while the encoder waits for frames is not its doing: leaving out its work would not help.

mod blame;
mod ladder;
mod steps;
mod workload;

use self::blame::Blame;
use self::ladder::Ladder;
pub use self::ladder::{Measure, Remedy};
use self::steps::{HOLD_US, Observed};
use self::workload::Workload;

/// A step up or down the ladder, or several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The measure left.
    pub from: Measure,
    /// The measure taken.
    pub to: Measure,
    /// It takes a measure back.
    pub relief: bool,
}

/// What the last while showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// How late the frame that was waited for longest was: before the encoder, or in it, whoever's doing that is.
    pub late_us: i64,
    /// How fast every frame would be encoded, in percent of real time; unknown while no packet has come.
    pub speed_percent: Option<i64>,
    /// How fast frames came, in percent of real time.
    pub pace_percent: i64,
    /// Share of the time that the encoder worked, in percent.
    pub busy_percent: i64,
    /// It cannot hold real time.
    pub too_slow: bool,
    /// What would hold real time.
    pub remedy: Remedy,
    /// A step that is due now.
    pub change: Option<Change>,
}

/// A window of observation.
const WINDOW_US: i64 = 500_000;
/// Later than this, or a fifth of what is allowed, is too late; half of that is in time.
const LATE_US: i64 = 400_000;
/// The same, where no packet has come that would tell how slow the encoder is.
const UNJUDGED_LATE_US: i64 = 500_000;
/// An encoder that worked for so much of a window, in thousandths, and would need more than there is, is too slow although
/// it is hardly late yet, if that goes on for so many windows.
const AT_THE_LIMIT: (i64, i64, u32) = (950, 1030, 4);
/// Nothing came for so long: whoever is late now, it is not the encoder's doing.
const STARVED_US: i64 = 500_000;
/// A jump of the media's clock is no interval between frames.
const JUMP_US: i64 = 1_000_000;
/// Media times of damaged streams beyond this (36 000 years) are taken for it, so that sums of them hold.
const FARTHEST_US: i64 = i64::MAX / 8;
/// From frame to frame, until it is known better.
const USUAL_INTERVAL_US: i64 = 40_000;

/// The measures of one encoder.
#[derive(Clone, Debug)]
pub struct KeepUp {
    ladder: Ladder,
    rung: usize,
    /// What each faster preset takes, in percent.
    costs: Vec<i64>,
    max_delay_us: i64,
    /// The smallest difference of wall and media.
    origin_us: Option<i64>,
    last_media_us: Option<i64>,
    last_offer_us: Option<i64>,
    /// From frame to frame, as they come.
    interval_us: i64,
    late_us: i64,
    /// What of the lateness in all is not the encoder's doing.
    blame: Blame,
    /// The process had all processors to itself, by the last review, and used them.
    crowded: bool,
    /// Frames are left out until the delay is small again.
    catching_up: bool,
    /// Share of frames that is kept, in thousandths, and what has gathered of it.
    keep: i64,
    credit: i64,
    work: Workload,
    window: Window,
    /// The load that it usually is.
    usual_load: Option<i64>,
    /// The worst lateness of the last window.
    reviewed_late_us: i64,
    /// The measure in force was taken before a packet told how slow the encoder is, and none has come since.
    guessed: bool,
    /// Windows in a row at the limit.
    at_the_limit: u32,
    changed_at_us: i64,
    relieved_at_us: i64,
    hold_us: i64,
}

/// What is counted between two reviews.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    from_us: Option<i64>,
    /// What the process had had of the processors then.
    used_us: i64,
    offered: i64,
    media_us: i64,
    worst_late_us: i64,
}

impl KeepUp {
    /// An encoder with faster presets that take so many percent of the time of the one in use, the nearest first, and frames
    /// that are never to be later than `max_delay_us`.
    pub fn new(max_delay_us: i64, costs: Vec<i64>) -> Self {
        Self {
            ladder: Ladder::new(costs.clone()),
            rung: 0,
            costs,
            max_delay_us,
            origin_us: None,
            last_media_us: None,
            last_offer_us: None,
            interval_us: USUAL_INTERVAL_US,
            late_us: 0,
            blame: Blame::default(),
            crowded: false,
            catching_up: false,
            keep: 1000,
            credit: 0,
            work: Workload::default(),
            window: Window::default(),
            usual_load: None,
            reviewed_late_us: 0,
            guessed: false,
            at_the_limit: 0,
            changed_at_us: i64::MIN / 2,
            relieved_at_us: i64::MIN / 2,
            hold_us: HOLD_US.0,
        }
    }

    /// Only looks on.
    pub fn watching(costs: Vec<i64>) -> Self {
        Self { ladder: Ladder::none(), ..Self::new(i64::MAX, costs) }
    }

    /// There is no measure left to take.
    pub fn is_at_its_end(&self) -> bool {
        self.ladder.is_top(self.rung)
    }

    /// The measure in force.
    pub fn measure(&self) -> Measure {
        self.ladder.at(self.rung)
    }

    /// The wall's time at which media time zero came, at its earliest.
    pub fn origin_us(&self) -> Option<i64> {
        self.origin_us
    }

    /// A frame is there: whether it is to be encoded.
    pub fn offer(&mut self, now_us: i64, media_us: i64) -> bool {
        let media_us = within_reach(media_us);
        let difference = now_us - media_us;
        if self.last_offer_us.is_some_and(|last| now_us - last > STARVED_US) {
            self.origin_us = None;
        }
        self.last_offer_us = Some(now_us);
        let origin = self.origin_us.map_or(difference, |origin| origin.min(difference));
        self.origin_us = Some(origin);
        self.blame.came(now_us, difference - origin);
        self.late_us = difference - origin - self.blame.excused_us();
        let window = &mut self.window;
        window.from_us.get_or_insert(now_us);
        window.worst_late_us = window.worst_late_us.max(self.late_us);
        let step = self.last_media_us.map_or(0, |last| media_us - last).clamp(0, JUMP_US);
        self.last_media_us = Some(media_us);
        window.offered += 1;
        window.media_us += step;
        let bound = self.bound_us();
        self.catching_up = self.late_us > bound || (self.catching_up && self.late_us > bound / 4);
        // Who waits for processors that are all in use by this process has its own work to blame as well.
        let thins_out = self.crowded && self.late_us + self.blame.excused_us() > bound;
        let wanted = !self.catching_up && self.is_next(thins_out);
        if !wanted {
            self.blame.waits(now_us);
        }
        wanted
    }

    /// Whether a frame is one of those that are kept.
    fn is_next(&mut self, thins_out: bool) -> bool {
        let keep = if self.rung == 0 { 1000 } else { self.keep };
        self.credit += if thins_out { keep.min(500) } else { keep };
        let is_next = self.credit >= 1000;
        self.credit -= if is_next { 1000 } else { 0 };
        is_next
    }

    /// A frame that comes later than this is not worth encoding: it has to get through the encoder in time.
    fn bound_us(&self) -> i64 {
        if self.max_delay_us == i64::MAX {
            return i64::MAX;
        }
        let inside = self.last_media_us.zip(self.work.oldest_us());
        let held_us = inside.map_or(0, |(last, oldest)| (last - oldest).max(0));
        (self.max_delay_us * 3 / 4 - held_us).clamp(self.max_delay_us / 8, self.max_delay_us / 2)
    }

    /// A frame goes into the encoder, which works from now on.
    pub fn entered(&mut self, now_us: i64, media_us: i64) {
        self.work.entered(now_us, within_reach(media_us));
    }

    /// The packet of a frame is out. No frame before `dts_us` will follow.
    pub fn left(&mut self, now_us: i64, media_us: i64, dts_us: i64) {
        self.count_work(now_us);
        self.work.left(within_reach(media_us), within_reach(dts_us));
    }

    /// The encoder waits for its next frame.
    pub fn rests(&mut self, now_us: i64) {
        self.count_work(now_us);
        self.work.rests();
        self.blame.waits(now_us);
    }

    /// The encoder is another one; what was inside is no longer waited for. Gives how many frames that were.
    pub fn renewed(&mut self) -> usize {
        self.usual_load = None;
        self.work.renewed()
    }

    /// Whoever takes the packets let wait for himself since the last one: that is no work.
    pub fn held_up(&mut self, now_us: i64) {
        self.since_last_look(now_us);
    }

    fn count_work(&mut self, now_us: i64) {
        let worked_us = self.since_last_look(now_us);
        self.work.worked(worked_us);
    }

    /// How long the encoder has had a frame since this was asked last.
    fn since_last_look(&mut self, now_us: i64) -> i64 {
        let passed_us = self.work.look(now_us);
        // The next frame waited meanwhile; that is no hunger.
        self.last_offer_us = self.last_offer_us.map(|at| at + passed_us);
        passed_us
    }

    /// Looks back, when a window has passed or a frame will be too late, and goes up or down the ladder when that is due. May
    /// be asked while the encoder works. `used_us`: the time that the process has had of all processors, shared among these.
    pub fn review(&mut self, now_us: i64, used_us: i64) -> Option<Review> {
        let from_us = self.window.from_us?;
        self.count_work(now_us);
        let overdue = self.is_overdue(now_us);
        let passed_us = now_us - from_us;
        if passed_us < WINDOW_US && !overdue {
            return None;
        }
        let window =
            std::mem::replace(&mut self.window, Window { from_us: Some(now_us), used_us, ..Window::default() });
        if window.offered > 0 && window.media_us > 0 {
            self.interval_us = (window.media_us / window.offered).max(1);
        }
        let waiting_us = if self.work.goes_on() { self.late_of_next(now_us) } else { 0 };
        let late_us = window.worst_late_us.max(waiting_us);
        let before_us = std::mem::replace(&mut self.reviewed_late_us, late_us);
        let done = self.work.review();
        let (judged, busy) = (done.judged, done.busy_us * 1000 / passed_us.max(1));
        let in_use = (used_us - window.used_us) * 1000 / passed_us.max(1);
        self.crowded = in_use >= ladder::ALL_IN_USE;
        if !judged && busy <= 500 {
            return None;
        }
        // Time that encoding every frame would take, in thousandths of the media's time; a guess, where no packet has come yet.
        let load = done.each_us * 1000 / self.interval_us;
        self.guessed &= !judged;
        let limit = busy >= AT_THE_LIMIT.0 && load > AT_THE_LIMIT.1;
        self.at_the_limit = if limit { self.at_the_limit + 1 } else { 0 };
        let now = Observed { now_us, busy, load, in_use, judged, late_us, before_us, overdue };
        let change = self.step(&now);
        if judged {
            self.usual_load = Some(self.usual_load.map_or(load, |usual| (usual + load) / 2));
        }
        let inside_us = self.work.oldest_us().map_or(0, |oldest| self.age_us(now_us, oldest));
        Some(Review {
            late_us: late_us.max(if busy > 500 { inside_us } else { 0 }) + self.blame.excused_us(),
            speed_percent: judged.then(|| 100_000 / load.max(1)),
            pace_percent: window.media_us * 100 / passed_us.max(1),
            busy_percent: busy / 10,
            too_slow: late_us + self.blame.excused_us() > if judged { self.late_limit_us() } else { UNJUDGED_LATE_US }
                || self.at_the_limit >= AT_THE_LIMIT.2,
            remedy: if judged { ladder::remedy(&self.costs, load) } else { Remedy::Unknown },
            change,
        })
    }

    /// How old a frame is, but for what came about before the encoder.
    fn age_us(&self, now_us: i64, media_us: i64) -> i64 {
        self.origin_us.map_or(0, |origin| now_us - origin - self.blame.excused_us() - media_us)
    }

    /// How late the next frame is, which waits while the encoder works.
    fn late_of_next(&self, now_us: i64) -> i64 {
        self.last_media_us.map_or(0, |last| self.age_us(now_us, last + self.interval_us))
    }

    fn late_limit_us(&self) -> i64 {
        LATE_US.min(self.max_delay_us / 5)
    }

    /// A frame will not be out in time, although the encoder does what it can: others wait for it. Where none do, the frame
    /// waits in it for its successors, as the encoder's settings want it, and a faster encoder would not change that.
    fn is_overdue(&self, now_us: i64) -> bool {
        let (Some(oldest), false) = (self.work.oldest_us(), self.ladder.is_top(self.rung)) else { return false };
        let reserve_us = self.max_delay_us / 6;
        let waited_for_us = self.late_of_next(now_us).max(self.window.worst_late_us).max(self.reviewed_late_us);
        waited_for_us > self.late_limit_us() / 2 && self.age_us(now_us, oldest) > self.max_delay_us - reserve_us
    }
}

/// A media time with which sums hold.
fn within_reach(media_us: i64) -> i64 {
    media_us.clamp(-FARTHEST_US, FARTHEST_US)
}

#[cfg(test)]
mod tests;
