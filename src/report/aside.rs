//! Texts for a program that may read slowly or not at all: a thread of its own writes them, so that nobody waits for it.

use crate::engine::link::{mailbox, wake_up};
use crate::engine::threads::spawn;
use crossbeam_channel::{Receiver, Sender};
use std::io::{self, Write};
use std::time::Duration;

/// Texts that may wait for a slow reader; more are left out.
const WAITING: usize = 256;

/// What a reader gets to take the next text when nothing more than the last ones is waited for.
pub const UNHURRIED: Duration = Duration::from_secs(2);

/// The same when somebody has asked for the end.
pub const HURRIED: Duration = Duration::from_millis(500);

/// Writes texts in their order from a thread of its own.
pub struct Aside {
    texts: Sender<String>,
    /// Wakes when a text is written; disconnected when no more are.
    taken: Receiver<()>,
}

impl Aside {
    /// Starts the thread. `lost` is called there when the reader has gone; nothing is written any more then.
    pub fn start(
        name: &str,
        mut out: Box<dyn Write + Send>,
        lost: impl FnOnce(&io::Error) + Send + 'static,
    ) -> io::Result<Self> {
        let (texts, arriving) = mailbox::<String>(WAITING);
        let (written, taken) = wake_up();
        spawn(name, move || {
            for text in arriving {
                if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                    return lost(&error);
                }
                let _ = written.try_send(());
            }
        })?;
        Ok(Self { texts, taken })
    }

    /// Where texts may be put: what finds no room is left out (`try_send`).
    pub fn mailbox(&self) -> Sender<String> {
        self.texts.clone()
    }

    /// Writes a text as soon as the reader has taken those before it; it is left out when too many wait.
    pub fn put(&self, text: String) {
        let _ = self.texts.try_send(text);
    }

    /// Waits until all is written, with `last` behind it, for as long as the reader takes something within `patience`. All other
    /// mailboxes must be gone.
    pub fn finish(self, last: Option<String>, patience: Duration) {
        let Self { texts, taken } = self;
        if let Some(last) = last
            && texts.send_timeout(last, patience).is_err()
        {
            return;
        }
        drop(texts);
        while taken.recv_timeout(patience).is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    fn block(number: usize) -> String {
        format!("{number:1023}\n")
    }

    #[test]
    fn a_reader_that_reads_gets_all_in_order_and_the_last() {
        let (near, mut far) = UnixStream::pair().unwrap();
        let aside = Aside::start("test", Box::new(near), |_| ()).unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            far.read_to_string(&mut text).unwrap();
            text
        });
        for number in 0..WAITING {
            aside.put(block(number));
        }
        aside.finish(Some("end\n".to_owned()), UNHURRIED);
        let expected: String = (0..WAITING).map(block).collect();
        assert!(reader.join().unwrap() == expected + "end\n");
    }

    #[test]
    fn a_reader_that_does_not_read_holds_nobody_up_and_gets_what_came_first_in_order() {
        let (near, mut far) = UnixStream::pair().unwrap();
        let aside = Aside::start("test", Box::new(near), |_| ()).unwrap();
        for number in 0..10 * WAITING {
            aside.put(block(number));
        }
        let began = Instant::now();
        aside.finish(Some("end\n".to_owned()), Duration::from_millis(50));
        assert!(began.elapsed() < UNHURRIED);
        let mut first = [0; 2048];
        far.read_exact(&mut first).unwrap();
        assert_eq!(String::from_utf8_lossy(&first), block(0) + &block(1));
    }

    #[test]
    fn a_reader_that_is_behind_and_goes_on_in_time_gets_the_end() {
        let (near, mut far) = UnixStream::pair().unwrap();
        let aside = Aside::start("test", Box::new(near), |_| ()).unwrap();
        for number in 0..10 * WAITING {
            aside.put(block(number));
        }
        let finished = std::thread::spawn(move || aside.finish(Some("end\n".to_owned()), Duration::from_secs(60)));
        let mut text = String::new();
        far.read_to_string(&mut text).unwrap();
        finished.join().unwrap();
        assert!(text.ends_with("\nend\n") && text.starts_with(&block(0)));
        assert!(text.lines().count() > WAITING);
    }

    #[test]
    fn a_reader_that_has_gone_is_told_of_once_and_not_waited_for() {
        let (near, far) = UnixStream::pair().unwrap();
        drop(far);
        let (told, hear) = mailbox(2);
        let lost = move |error: &io::Error| told.send(error.kind()).unwrap();
        let aside = Aside::start("test", Box::new(near), lost).unwrap();
        aside.put(block(0));
        assert_eq!(hear.recv().unwrap(), io::ErrorKind::BrokenPipe);
        aside.put(block(1));
        aside.finish(Some("end\n".to_owned()), Duration::from_secs(60));
        assert!(hear.recv().is_err());
    }
}
