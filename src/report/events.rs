//! What happens to sessions: for people one line each with the time, for programs a line of JSON each.

use super::{CalledAs, level, progress, say};
use crate::av::LocalTime;
use crate::diagnostic::reason;
use crate::engine::journal::{Event, EventKind};
use crate::engine::link::{mailbox, reply};
use crate::engine::threads::spawn;
use crate::octets;
use crossbeam_channel::{Receiver, Sender};
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Events that may wait for a slow reader; more are left out.
const WAITING: usize = 256;
/// What a reader gets to take the last events.
const LAST_WORDS: Duration = Duration::from_millis(200);

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

/// Where `-events` writes to; a thread of its own writes, so that nobody waits for a slow reader.
pub struct EventSink {
    lines: Sender<String>,
    written: Receiver<()>,
}

impl EventSink {
    /// Opens `-`, `fd:N`, a file, or what else `-progress` takes. The error is a full sentence.
    pub fn open(target: &str) -> Result<Self, String> {
        let url = target.strip_prefix("fd:").map_or_else(|| target.to_owned(), |number| format!("pipe:{number}"));
        let mut out = progress::target(&url)
            .map_err(|error| format!("Failed to open \"{target}\" for -events: {}", reason(&error)))?;
        let (lines, arriving) = mailbox::<String>(WAITING);
        let (done, written) = reply();
        spawn("events", move || {
            for line in arriving {
                if out.write_all(octets::readable(&line).as_bytes()).and_then(|()| out.flush()).is_err() {
                    break;
                }
            }
            let _ = done.send(());
        })
        .map_err(|error| format!("No thread for -events: {error}"))?;
        Ok(Self { lines, written })
    }

    /// What takes events on their way to the sink.
    pub fn writer(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let lines = self.lines.clone();
        move |event| {
            let _ = lines.try_send(format!("{}\n", line(event, SystemTime::now())));
        }
    }

    /// Waits a little until all is written. All writers must be gone.
    pub fn finish(self) {
        drop(self.lines);
        let _ = self.written.recv_timeout(LAST_WORDS);
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
        sink.finish();
        assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 2);
        assert!(EventSink::open("/no/such/file").err().unwrap().ends_with("No such file or directory"));
    }
}
