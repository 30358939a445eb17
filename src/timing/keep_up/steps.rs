//! When a step up or down the ladder is due.

use super::ladder::Measure;
use super::{Change, KeepUp};

/// One that is known takes no more than so many times what it usually takes: more than that is the machine's doing, or will
/// show again.
const OUTLIER: i64 = 3;
/// A measure shows after so long whether it does.
const SETTLE_US: i64 = 1_000_000;
/// A measure is taken back after so long in time; longer each time that it had to be taken again at once.
pub(super) const HOLD_US: (i64, i64) = (8_000_000, 120_000_000);
/// Taken again within this time is at once.
const AT_ONCE_US: i64 = 15_000_000;

/// What a review has found.
pub(super) struct Observed {
    pub now_us: i64,
    pub busy: i64,
    pub load: i64,
    pub in_use: i64,
    /// By packets, and not by how long the first one is waited for.
    pub judged: bool,
    pub late_us: i64,
    pub before_us: i64,
    pub overdue: bool,
}

impl KeepUp {
    /// Takes the step that is due.
    pub(super) fn step(&mut self, now: &Observed) -> Option<Change> {
        let next = if self.must_climb(now) {
            // Nothing has come of the last measure either: there is no time for a third.
            let again = !now.judged && self.guessed;
            // The first packets cost less than those that follow: they are few, and were made beside each other.
            let load = match self.usual_load.filter(|_| self.work.is_known()) {
                _ if again => i64::MAX,
                Some(usual) => now.load.min(usual.saturating_mul(OUTLIER)),
                None => now.load.saturating_mul(2),
            };
            let next = self.ladder.against(load, self.rung, now.judged);
            self.guessed = !now.judged;
            if now.overdue { self.ladder.other_encoder(next) } else { next }
        } else if self.may_descend(now) {
            self.rung - 1
        } else {
            self.set_keep(now.load);
            return None;
        };
        let relief = next < self.rung;
        if relief {
            self.relieved_at_us = now.now_us;
        } else if now.now_us - self.relieved_at_us < AT_ONCE_US {
            self.hold_us = (self.hold_us * 2).min(HOLD_US.1);
        }
        let from = self.measure();
        self.rung = next;
        self.changed_at_us = now.now_us;
        self.set_keep(now.load);
        Some(Change { from, to: self.measure(), relief })
    }

    fn must_climb(&self, now: &Observed) -> bool {
        if self.ladder.is_top(self.rung) {
            return false;
        }
        // Where the encoder is not what one waits for, leaving out its work changes little.
        let too_late = now.late_us > self.late_limit_us() && now.busy > 500;
        // The measure in force may do, and only need its time.
        let catching_up = self.rung > 0 && now.late_us < now.before_us;
        now.overdue || (too_late && !catching_up && now.now_us - self.changed_at_us >= SETTLE_US)
    }

    fn may_descend(&self, now: &Observed) -> bool {
        let in_time = now.late_us <= self.late_limit_us() / 2 && now.now_us - self.changed_at_us >= self.hold_us;
        in_time && self.ladder.has_room(now.load, now.in_use, self.rung)
    }

    fn set_keep(&mut self, load: i64) {
        self.keep = match self.measure() {
            Measure::Nothing => 1000,
            Measure::DropEvenly => (900 * 1000 / load.max(1)).clamp(500, 950),
            _ => 500,
        };
    }
}
