//! When a session with a peer is taken up again: deadlines, back-off, and when it is given up. Times come from outside.

use crate::unit::MICROS_PER_SECOND;

/// The first wait before the next attempt, in microseconds; it doubles from attempt to attempt.
const FIRST_WAIT_US: i64 = MICROS_PER_SECOND / 10;
/// The longest wait while an outage is young, so that a peer that comes back is met within a second.
const YOUNG_WAIT_US: i64 = MICROS_PER_SECOND / 2;
/// How long an outage is young.
const YOUNG_US: i64 = 60 * MICROS_PER_SECOND;
/// The longest wait of an older outage.
const OLD_WAIT_US: i64 = 5 * MICROS_PER_SECOND;
/// A session in which media flowed for less is a short one; after a longer one everything starts afresh.
const STABLE_US: i64 = 10 * MICROS_PER_SECOND;
/// So many short sessions in a row are no accident.
const SHORT_ONES: u32 = 3;
/// The first and the longest wait of who is thrown out again and again.
const THROWN_OUT_WAIT_US: (i64, i64) = (5 * MICROS_PER_SECOND, 60 * MICROS_PER_SECOND);
/// A live session without media for this long is called stalled.
const STALLED_US: i64 = 2 * MICROS_PER_SECOND;

/// How patient a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long a peer that was there is tried again, in microseconds; 0: not at all.
    pub retry_us: i64,
    /// How long a peer that is not there yet at the start is waited for, in microseconds.
    pub wait_us: i64,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being set up; no media has flowed yet.
    Connecting,
    /// Media flows.
    Live,
    /// It is up, but nothing has flowed for a while.
    Stalled,
    /// It is lost, and the next attempt is waited for.
    Backoff,
    /// It is given up, or over.
    Over,
}

impl State {
    /// All of them, in the order of a session's life.
    pub const ALL: [Self; 5] = [Self::Connecting, Self::Live, Self::Stalled, Self::Backoff, Self::Over];

    /// The word for it in events and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Backoff => "backoff",
            Self::Over => "over",
        }
    }
}

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The peer could not be reached, or did not do what setting up needs.
    Unreachable,
    /// The peer does not accept the log-in.
    LoginRefused,
    /// The connection broke, or the peer ended it.
    Broken,
    /// A deadline passed without media.
    Silent,
}

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again.
    Retry {
        /// When, in microseconds of the caller's clock.
        at_us: i64,
        /// It was thrown out again and again soon after it was in.
        thrown_out: bool,
    },
    /// Do not.
    GiveUp(Reason),
}

/// Why a session is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The peer was not there at the start (for as long as it was to be waited for).
    NeverThere,
    /// The peer refused the log-in.
    LoginRefused,
    /// It was lost, and nothing is tried again.
    NotRetried,
    /// It was lost, and the time to try again is over.
    TimeIsUp,
}

/// One session over all its connections.
#[derive(Clone, Debug)]
pub struct Session {
    policy: Policy,
    state: State,
    random: u64,
    was_live: bool,
    /// When the outage began, or the start.
    away_since_us: i64,
    /// How long it was away before: several short sessions in a row interrupt one outage, and do not count to it.
    away_before_us: i64,
    /// When the connection was lost last, or the start.
    lost_us: i64,
    live_since_us: Option<i64>,
    media_us: i64,
    attempts: u32,
    short_ones: u32,
    reconnects: u64,
}

impl Session {
    /// A session that begins to connect now. `seed` makes its waits differ from those of others.
    pub fn new(policy: Policy, now_us: i64, seed: u64) -> Self {
        Self {
            policy,
            state: State::Connecting,
            random: seed | 1,
            was_live: false,
            away_since_us: now_us,
            away_before_us: 0,
            lost_us: now_us,
            live_since_us: None,
            media_us: now_us,
            attempts: 0,
            short_ones: 0,
            reconnects: 0,
        }
    }

    /// Where it stands.
    pub fn state(&self, now_us: i64) -> State {
        match self.state {
            State::Live if now_us - self.media_us > STALLED_US => State::Stalled,
            state => state,
        }
    }

    /// True once media has flowed in any connection.
    pub fn was_live(&self) -> bool {
        self.was_live
    }

    /// How often media flowed again after a loss.
    pub fn reconnects(&self) -> u64 {
        self.reconnects
    }

    /// Microseconds since it was lost (or since the start).
    pub fn away_us(&self, now_us: i64) -> i64 {
        now_us - self.lost_us
    }

    /// The same, with the outages before between which media flowed for moments only.
    pub fn away_in_all_us(&self, now_us: i64) -> i64 {
        (now_us - self.away_since_us).saturating_add(self.away_before_us)
    }

    /// The next attempt begins.
    pub fn connecting(&mut self) {
        self.state = State::Connecting;
    }

    /// Media flowed; true for the first time in this connection.
    pub fn media(&mut self, now_us: i64) -> bool {
        self.media_us = now_us;
        if self.live_since_us.is_some() {
            return false;
        }
        self.reconnects += u64::from(self.was_live);
        self.away_before_us = if self.was_live { self.away_in_all_us(now_us) } else { 0 };
        self.live_since_us = Some(now_us);
        self.was_live = true;
        self.state = State::Live;
        true
    }

    /// The connection is gone, or there never was one.
    pub fn lost(&mut self, loss: Loss, now_us: i64) -> Verdict {
        let lived_us = self.live_since_us.take().map(|since| now_us - since);
        if lived_us.is_some() {
            self.lost_us = now_us;
        }
        self.count(loss, lived_us, now_us);
        let verdict = self.judge(loss, now_us);
        self.state = if matches!(verdict, Verdict::Retry { .. }) { State::Backoff } else { State::Over };
        verdict
    }

    /// It ends because the run does.
    pub fn over(&mut self) {
        self.state = State::Over;
    }

    fn count(&mut self, loss: Loss, lived_us: Option<i64>, now_us: i64) {
        match lived_us {
            Some(lived) if lived >= STABLE_US => {
                (self.attempts, self.short_ones) = (0, 0);
                (self.away_since_us, self.away_before_us) = (now_us, 0);
            }
            Some(_) => {
                // Several short ones are one outage.
                if self.short_ones == 0 {
                    (self.attempts, self.away_before_us) = (0, 0);
                }
                self.away_since_us = now_us;
                self.short_ones += 1;
            }
            // Who is thrown out finds the peer there again at once; one that is not there has gone itself.
            None if loss == Loss::Unreachable => self.short_ones = 0,
            None => {}
        }
    }

    fn judge(&mut self, loss: Loss, now_us: i64) -> Verdict {
        if loss == Loss::LoginRefused && !self.was_live {
            return Verdict::GiveUp(Reason::LoginRefused);
        }
        let (limit_us, reason) = match (self.was_live, self.policy.retry_us) {
            (false, _) => (self.policy.wait_us, Reason::NeverThere),
            (true, 0) => (0, Reason::NotRetried),
            (true, limit) => (limit, Reason::TimeIsUp),
        };
        let end_us = self.away_since_us.saturating_add(limit_us.saturating_sub(self.away_before_us));
        if limit_us <= 0 || now_us >= end_us {
            return Verdict::GiveUp(reason);
        }
        let thrown_out = self.short_ones >= SHORT_ONES;
        let wait_us = self.wait_us(thrown_out, now_us);
        self.attempts = self.attempts.saturating_add(1);
        // The last attempt is made at the end of the time.
        Verdict::Retry { at_us: now_us.saturating_add(wait_us).min(end_us), thrown_out }
    }

    fn wait_us(&mut self, thrown_out: bool, now_us: i64) -> i64 {
        let (first, longest, doublings) = if thrown_out {
            (THROWN_OUT_WAIT_US.0, THROWN_OUT_WAIT_US.1, self.short_ones - SHORT_ONES)
        } else {
            let young = self.away_in_all_us(now_us) < YOUNG_US;
            (FIRST_WAIT_US, if young { YOUNG_WAIT_US } else { OLD_WAIT_US }, self.attempts)
        };
        let wait = first.saturating_mul(1 << doublings.min(16)).min(longest);
        // Between 80 % and 120 %, so that many sessions do not come back at once (xorshift).
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let percent = 80 + i64::try_from(self.random % 41).unwrap_or(20);
        wait * percent / 100
    }
}

#[cfg(test)]
mod tests;
