//! Sessions: the connection to a peer may be lost and made again while decoders, encoders and the clock go on.

mod beside;
mod connect;
mod failure;
mod join;
mod output;

pub use beside::{TICK, Undone, beside};
pub use connect::{GOODBYE, connect};
pub use failure::Failure;
pub use join::Join;
pub use output::{Attempt, Opened, OutputSession, PendingOutput};

use super::clock::Clock;
use super::fault::StageError;
use super::journal::{Event, EventKind, Journal, Subject};
use super::stop::StopSignal;
use crate::plan::{SessionPlan, is_rtsp_url};
use crate::retry::{Loss, Policy, Reason, Session, State, Verdict};
use crate::unit::MICROS_PER_SECOND;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering::Relaxed};

/// Counts of one session, for the report.
#[derive(Debug, Default)]
pub struct SessionMeter {
    state: AtomicU8,
    /// How often media flowed again after a loss.
    pub reconnects: AtomicU64,
    /// Packets left out while the peer took nothing or was away.
    pub dropped_packets: AtomicU64,
    /// Groups of pictures left out, or parts of one.
    pub dropped_groups: AtomicU64,
    /// How far the media read or written last lies behind the clock, beyond what it did at its best; of pictures that are
    /// encoded, since they came to the encoder; in microseconds.
    pub lag_us: AtomicI64,
    /// When media last flowed, in microseconds of the run's clock.
    pub media_us: AtomicI64,
}

impl SessionMeter {
    /// Where the session stood when it was last heard of.
    pub fn state(&self) -> State {
        State::ALL.get(usize::from(self.state.load(Relaxed))).copied().unwrap_or(State::Over)
    }

    fn set_state(&self, state: State) {
        let index = State::ALL.iter().position(|s| *s == state).unwrap_or(0);
        self.state.store(u8::try_from(index).unwrap_or(0), Relaxed);
    }
}

/// What every session of a run shares.
#[derive(Clone)]
pub struct SessionContext {
    /// The run's clock.
    pub clock: Clock,
    /// The latches that end it.
    pub stop: StopSignal,
    /// Where events are told.
    pub journal: Journal,
}

/// The session with one peer, over all its connections.
pub struct PeerSession {
    session: Session,
    /// Its deadlines.
    pub plan: SessionPlan,
    context: SessionContext,
    subject: Subject,
    meter: Arc<SessionMeter>,
    last_cause: String,
}

impl PeerSession {
    /// A session that begins to connect.
    pub fn new(plan: SessionPlan, subject: Subject, context: SessionContext, meter: Arc<SessionMeter>) -> Self {
        let policy = Policy { retry_us: plan.retry_us, wait_us: plan.wait_us };
        let seed = seed(&subject);
        let session = Session::new(policy, context.clock.now_us(), seed);
        meter.set_state(State::Connecting);
        Self { session, plan, context, subject, meter, last_cause: String::new() }
    }

    /// The latches that end it.
    pub fn stop(&self) -> &StopSignal {
        &self.context.stop
    }

    /// The run's clock.
    pub fn clock(&self) -> &Clock {
        &self.context.clock
    }

    /// Its counts.
    pub fn meter(&self) -> &SessionMeter {
        &self.meter
    }

    /// True once media has flowed.
    pub fn was_live(&self) -> bool {
        self.session.was_live()
    }

    /// Tells an event about it.
    pub fn tell(&self, kind: EventKind, text: String, figures: Vec<(&'static str, i64)>) {
        self.context.journal.tell(&Event { kind, subject: self.subject.clone(), text, figures });
    }

    fn note_state(&self) {
        self.meter.set_state(self.session.state(self.context.clock.now_us()));
    }

    /// A connection stands.
    pub fn connected(&mut self) {
        let text = format!("{}: connected", self.subject.url);
        self.tell(EventKind::Connected, text, Vec::new());
    }

    /// The next attempt begins.
    pub fn connecting(&mut self) {
        self.session.connecting();
        self.note_state();
    }

    /// Media flowed.
    pub fn media(&mut self) {
        let now = self.context.clock.now_us();
        self.meter.media_us.store(now, Relaxed);
        let (again, away_us) = (self.session.was_live(), self.session.away_us(now));
        if !self.session.media(now) {
            return;
        }
        self.meter.reconnects.store(self.session.reconnects(), Relaxed);
        self.note_state();
        let text = if again {
            format!("{}: live again after {}", self.subject.url, seconds(away_us))
        } else {
            format!("{}: live", self.subject.url)
        };
        let figures = if again { vec![("away_us", away_us)] } else { Vec::new() };
        self.tell(EventKind::Live, text, figures);
    }

    /// The connection is gone, or was never made. Gives when to try again, in microseconds of the run's clock, or why
    /// not.
    pub fn lost(&mut self, failure: &Failure) -> Result<i64, StageError> {
        let now = self.context.clock.now_us();
        let was_up = self.is_up();
        let why = self.why(failure);
        let loss = match (failure.silent, failure.refuses_log_in(), was_up) {
            (true, ..) => Loss::Silent,
            (_, true, _) => Loss::LoginRefused,
            (.., true) => Loss::Broken,
            (.., false) => Loss::Unreachable,
        };
        if was_up {
            self.tell(EventKind::Lost, format!("{}: lost: {why}", self.subject.url), Vec::new());
        }
        let verdict = self.session.lost(loss, now);
        self.note_state();
        match verdict {
            Verdict::GiveUp(reason) => {
                self.tell_given_up();
                Err(self.given_up(reason, &why, failure.is_taken()))
            }
            Verdict::Retry { at_us, thrown_out } => {
                self.tell_retry(&why, (was_up, thrown_out), at_us - now);
                Ok(at_us)
            }
        }
    }

    /// The connection is gone, and nothing more comes that another one could be made for.
    pub fn lost_at_its_end(&mut self, failure: &Failure) {
        let text = format!("{}: lost: {}", self.subject.url, self.why(failure));
        self.tell(EventKind::Lost, text, Vec::new());
        self.over();
    }

    fn tell_given_up(&self) {
        if self.session.was_live() {
            // The run may go on for others.
            self.tell(EventKind::Lost, format!("{}: given up", self.subject.url), Vec::new());
        }
    }

    fn is_up(&self) -> bool {
        matches!(self.session.state(self.context.clock.now_us()), State::Live | State::Stalled)
    }

    /// Why a connection is gone.
    fn why(&self, failure: &Failure) -> String {
        let deadline_us = if self.is_up() { self.plan.stall_us } else { self.plan.connect_us };
        if failure.silent { format!("nothing for {}", seconds(deadline_us)) } else { failure.words() }
    }

    fn tell_retry(&mut self, why: &str, (was_up, thrown_out): (bool, bool), wait_us: i64) {
        let url = &self.subject.url;
        let text = if thrown_out {
            format!(
                "{url}: thrown out again and again soon after it was in: is there another {} on this path? Next attempt in {}",
                if self.subject.is_input { "reader" } else { "publisher" },
                seconds(wait_us)
            )
        } else if !self.session.was_live() {
            format!("{url}: not there yet ({why}), waiting for it")
        } else {
            format!("{url}: trying again: {why}")
        };
        // The same reason again and again is told once.
        if was_up || thrown_out || self.last_cause != why {
            self.tell(EventKind::Retry, text, vec![("wait_us", wait_us)]);
        }
        why.clone_into(&mut self.last_cause);
    }

    fn given_up(&self, reason: Reason, why: &str, taken: bool) -> StageError {
        let url = &self.subject.url;
        let index = self.subject.index;
        let ffmpeg = if !self.subject.is_input && is_rtsp_url(url) {
            // There the connection is made for the header.
            format!(
                "Could not write header for output file #{index} (incorrect codec parameters ?): {why}\nError initializing \
                 output stream {index}:0 -- "
            )
        } else {
            format!("{url}: {why}")
        };
        let told = |text: String| StageError::Told { text, ffmpeg };
        match reason {
            Reason::NeverThere if self.plan.wait_us > 0 => {
                told(format!("{url}: {why}. It was waited for {} in vain.", seconds(self.plan.wait_us)))
            }
            Reason::NeverThere if taken => told(format!(
                "{url}: {why}. Choose another path, or let -wait_for_peer 30 wait until this one is free."
            )),
            Reason::NeverThere => {
                told(format!("{url}: {why}. -wait_for_peer 30 waits for a peer that is not there yet."))
            }
            Reason::LoginRefused => {
                told(format!("{url}: the log-in was refused ({why}). Check user name and password in the URL."))
            }
            Reason::NotRetried => StageError::PeerLost(format!("{url}: lost: {why}. -retry_for 300 would try again.")),
            Reason::TimeIsUp => StageError::PeerLost(format!(
                "{url}: lost for {}, given up: {why}. -retry_for tells how long a peer is tried again.",
                seconds(self.session.away_in_all_us(self.context.clock.now_us()))
            )),
        }
    }

    /// Waits until then; `false` when the run ends first.
    pub fn wait_until(&mut self, at_us: i64) -> bool {
        let goes_on = self.context.clock.wait_until(at_us.saturating_mul(1000), &self.context.stop.drain);
        if goes_on {
            self.connecting();
        }
        goes_on
    }

    /// The same, calling `meanwhile` every [`TICK`].
    pub fn wait_until_and(&mut self, at_us: i64, mut meanwhile: impl FnMut()) -> bool {
        let tick_us = i64::try_from(TICK.as_micros()).unwrap_or(i64::MAX);
        loop {
            let next_us = self.context.clock.now_us().saturating_add(tick_us);
            if next_us >= at_us {
                return self.wait_until(at_us);
            }
            if !self.context.clock.wait_until(next_us.saturating_mul(1000), &self.context.stop.drain) {
                return false;
            }
            meanwhile();
        }
    }

    /// It cannot be connected to, and not for want of a peer.
    pub fn cannot_connect(&mut self, why: &Undone) -> StageError {
        self.tell_given_up();
        self.over();
        StageError::PeerLost(format!("{}: cannot be connected to: {why}", self.subject.url))
    }

    /// The run ends.
    pub fn over(&mut self) {
        self.session.over();
        self.note_state();
    }
}

/// Waits of different sessions and programs differ.
fn seed(subject: &Subject) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one((&subject.url, subject.index))
}

/// `5.3 s`, `1:05 min`.
pub fn seconds(us: i64) -> String {
    let whole = us / MICROS_PER_SECOND;
    if whole >= 90 {
        return format!("{}:{:02} min", whole / 60, whole % 60);
    }
    match us % MICROS_PER_SECOND / (MICROS_PER_SECOND / 10) {
        0 => format!("{whole} s"),
        tenths => format!("{whole}.{tenths} s"),
    }
}
