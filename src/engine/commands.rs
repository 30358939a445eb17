//! Commands to filters while a job runs, from the keyboard.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More than this are not kept.
const MOST: usize = 1024;

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterCommand {
    /// A filter's name, or `all`.
    pub target: String,
    /// When, in seconds of the filter's frames; `None` is at once.
    pub time_s: Option<f64>,
    /// What.
    pub command: String,
    /// With what.
    pub argument: String,
    /// Only the first filter of a graph that takes it.
    pub first_only: bool,
}

#[derive(Debug, Default)]
struct Inner {
    list: Mutex<Vec<FilterCommand>>,
    count: AtomicUsize,
    dump: AtomicU8,
    qp_histogram: AtomicBool,
    /// How often it was set, and to what.
    debug: AtomicU64,
}

/// What the keyboard asks of a run; shared by all stages that carry it out.
#[derive(Clone, Debug, Default)]
pub struct Commands(Arc<Inner>);

impl Commands {
    /// Sends a command to all filtergraphs; `false` when there have been too many.
    pub fn send(&self, command: FilterCommand) -> bool {
        let mut list = self.0.list.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() >= MOST {
            return false;
        }
        list.push(command);
        self.0.count.store(list.len(), Ordering::Release);
        true
    }

    /// The commands that came since `seen` were seen.
    pub(super) fn since(&self, seen: &mut usize) -> Vec<FilterCommand> {
        if self.0.count.load(Ordering::Acquire) == *seen {
            return Vec::new();
        }
        let list = self.0.list.lock().unwrap_or_else(PoisonError::into_inner);
        let new = list[*seen..].to_vec();
        *seen = list.len();
        new
    }

    /// Sets whether the status line shows how often each quantiser came.
    pub fn set_qp_histogram(&self, on: bool) {
        self.0.qp_histogram.store(on, Ordering::Relaxed);
    }

    /// Whether the status line shows how often each quantiser came.
    pub fn qp_histogram(&self) -> bool {
        self.0.qp_histogram.load(Ordering::Relaxed)
    }

    /// Sets what decoders and encoders tell their developers (`FF_DEBUG_*`).
    pub fn set_debug(&self, flags: i32) {
        let times = (self.0.debug.load(Ordering::Relaxed) >> 32) + 1;
        self.0.debug.store(times << 32 | u64::from(flags.cast_unsigned()), Ordering::Relaxed);
    }

    /// The flags of [`Commands::set_debug`].
    pub fn debug(&self) -> i32 {
        (self.0.debug.load(Ordering::Relaxed) as u32).cast_signed()
    }

    /// The flags, when they were set since `seen` was seen.
    pub(super) fn debug_since(&self, seen: &mut u64) -> Option<i32> {
        let now = self.0.debug.load(Ordering::Relaxed);
        (std::mem::replace(seen, now) != now).then(|| self.debug())
    }

    /// Sets how packets that are read are told of: 0 not at all, 1 by their times, 2 with their bytes.
    pub fn set_dump(&self, state: u8) {
        self.0.dump.store(state, Ordering::Relaxed);
    }

    /// How packets that are read are told of: whether their bytes are shown.
    pub fn dump(&self) -> Option<bool> {
        match self.0.dump.load(Ordering::Relaxed) {
            0 => None,
            state => Some(state > 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_once_each_time_they_are_set() {
        let commands = Commands::default();
        let mut seen = 0;
        assert_eq!(commands.debug_since(&mut seen), None);
        commands.set_debug(0);
        assert_eq!((commands.debug_since(&mut seen), commands.debug_since(&mut seen)), (Some(0), None));
        commands.set_debug(-1);
        assert_eq!((commands.debug_since(&mut seen), commands.debug()), (Some(-1), -1));
    }

    #[test]
    fn each_reader_sees_each_command_once() {
        let commands = Commands::default();
        let (mut one, mut other) = (0, 0);
        assert!(commands.since(&mut one).is_empty());
        let (target, command, argument) = ("all".to_owned(), "x".to_owned(), "1".to_owned());
        assert!(commands.send(FilterCommand { target, time_s: None, command, argument, first_only: true }));
        assert_eq!(commands.since(&mut one).len(), 1);
        assert!(commands.since(&mut one).is_empty());
        assert_eq!(commands.since(&mut other).len(), 1);
    }
}
