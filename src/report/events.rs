//! What happens to sessions, for people: one line each, with the time.

use super::report_file::Stamp;
use super::{level, say};
use crate::engine::journal::{Event, EventKind};

/// Tells an event on a line of its own.
pub fn show(event: &Event) {
    let level = match event.kind {
        EventKind::Lost | EventKind::Retry | EventKind::Drop | EventKind::KeepUp => level::WARNING,
        EventKind::Connected => level::VERBOSE,
        _ => level::INFO,
    };
    say(level, &format!("[{}] {}", Stamp::now().clock(), event.text));
}
