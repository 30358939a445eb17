//! What happens to sessions: for people one line each with the time, for programs a line of JSON each.

use super::aside::Aside;
use super::{CalledAs, level, progress, say};
use crate::av::LocalTime;
use crate::diagnostic::reason;
use crate::engine::journal::{Event, EventKind};
use crate::octets;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells an event on a line of its own. A repair has its line in the log already.
pub fn show(event: &Event, called: CalledAs) {
    if event.kind == EventKind::Repair {
        return;
    }
    let level = match event.kind {
        EventKind::Lost | EventKind::Retry | EventKind::Drop | EventKind::KeepUp => level::WARNING,
        EventKind::Connected => level::VERBOSE,
        // ffmpeg does not speak of what goes well.
        _ if called == CalledAs::Ffmpeg => level::VERBOSE,
        _ => level::INFO,
    };
    let (hour, minute, second) = LocalTime::now().time;
    say(level, &format!("[{hour:02}:{minute:02}:{second:02}] {}", event.text));
}

/// Where `-events` writes to.
pub struct EventSink(Aside);

impl EventSink {
    /// Opens `-`, `fd:N`, a file, or what else `-progress` takes. The error is a full sentence.
    pub fn open(target: &str) -> Result<Self, String> {
        let url = target.strip_prefix("fd:").map_or_else(|| target.to_owned(), |number| format!("pipe:{number}"));
        let out = progress::target(&url)
            .map_err(|error| format!("Failed to open \"{target}\" for -events: {}", reason(&error)))?;
        Aside::start("events", out, |_| ()).map(Self).map_err(|error| format!("No thread for -events: {error}"))
    }

    /// What takes events on their way to the sink.
    pub fn writer(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let lines = self.0.mailbox();
        move |event| {
            let line = format!("{}\n", line(event, SystemTime::now()));
            let _ = lines.try_send(octets::readable(&line).into_owned());
        }
    }

    /// Waits for the reader as [`Aside::finish`] does. All writers must be gone.
    pub fn finish(self, patience: Duration) {
        self.0.finish(None, patience);
    }
}

/// An event as programs read it.
fn line(event: &Event, at: SystemTime) -> Value {
    let ms = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let mut line = json!({
        "unix_ms": ms,
        "event": event.kind.name(),
        "end": if event.subject.is_input { "input" } else { "output" },
        "index": event.subject.index,
        "url": event.subject.url,
        "text": event.text,
    });
    for (name, figure) in &event.figures {
        line[*name] = json!(figure);
    }
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::journal::Subject;

    fn event() -> Event {
        Event {
            kind: EventKind::Retry,
            subject: Subject { is_input: false, index: 1, url: "rtmp://h/a".to_owned() },
            text: "rtmp://h/a: trying again".to_owned(),
            figures: vec![("wait_us", 5)],
        }
    }

    #[test]
    fn an_event_is_one_line_of_json() {
        let line = line(&event(), UNIX_EPOCH + Duration::from_millis(1500));
        assert_eq!(
            line,
            json!({"unix_ms": 1500, "event": "retry", "end": "output", "index": 1, "url": "rtmp://h/a",
                   "text": "rtmp://h/a: trying again", "wait_us": 5})
        );
        assert!(!line.to_string().contains('\n'));
    }

    #[test]
    fn a_file_holds_the_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events");
        let sink = EventSink::open(path.to_str().unwrap()).unwrap();
        let write = sink.writer();
        write(&event());
        write(&event());
        drop(write);
        sink.finish(Duration::from_secs(60));
        assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 2);
        assert!(EventSink::open("/no/such/file").err().unwrap().ends_with("No such file or directory"));
    }
}
