//! What happens to sessions while a run goes on, told to whoever listens; and which there are before it.

use super::session::SessionMeter;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A connection stands.
    Connected,
    /// It is gone.
    Lost,
    /// The next attempt is waited for.
    Retry,
    /// Media flows.
    Live,
    /// An input was away; the timeline has gone on.
    Gap,
    /// Packets were left out, because a peer took nothing or was away.
    Drop,
    /// Times were repaired.
    Repair,
    /// Encoding is slower than real time, or something was done about it.
    KeepUp,
}

impl EventKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Lost => "lost",
            Self::Retry => "retry",
            Self::Live => "live",
            Self::Gap => "gap",
            Self::Drop => "drop",
            Self::Repair => "repair",
            Self::KeepUp => "keep_up",
        }
    }
}

/// Which end of the job a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// An input, or else an output.
    pub is_input: bool,
    /// Its number.
    pub index: usize,
    /// Its URL, passwords masked.
    pub url: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// To whom.
    pub subject: Subject,
    /// The sentence for people.
    pub text: String,
    /// Figures for programs: name with unit, value.
    pub figures: Vec<(&'static str, i64)>,
}

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// A session that is begun before the run, and its counts.
pub type Begun = (Subject, Arc<SessionMeter>);

/// Where events are told; clones are the same.
#[derive(Clone, Default)]
pub struct Journal {
    listener: Arc<Mutex<Option<Listener>>>,
    begun: Arc<Mutex<Vec<Begun>>>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Journal")
    }
}

impl Journal {
    /// Lets `listener` have all events from now on; it is called by the thread to which they happen.
    pub fn listen(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(listener));
    }

    /// A session begins before the run does, while inputs are opened.
    pub fn begins(&self, subject: &Subject, meter: &Arc<SessionMeter>) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.push((subject.clone(), Arc::clone(meter)));
    }

    /// The sessions that have begun before the run.
    pub fn begun(&self) -> Vec<Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells an event.
    pub fn tell(&self, event: &Event) {
        // A listener that is held up, as by a terminal, holds up nobody else.
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener(event);
        }
    }
}
