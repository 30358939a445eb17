//! Work that may block for long, such as connecting, beside a thread that must not.

use crate::diagnostic::reason;
use crate::engine::link::reply;
use crate::engine::stop::Latch;
use crate::engine::threads::spawn;
use crossbeam_channel::{Receiver, select};
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

/// How often what is done meanwhile is done.
pub const TICK: Duration = Duration::from_millis(40);

/// Why work was not done although the run goes on.
#[derive(Debug, thiserror::Error)]
pub enum Undone {
    /// The system refused.
    #[error("no thread could be started for it: {}", reason(.0))]
    NoThread(#[from] io::Error),
    /// The thread was there, and gave no answer.
    #[error("the thread that did it died: this is a bug in weir")]
    Died,
}

/// Does `work` in a thread of its own and waits for it, calling `meanwhile` every [`TICK`]; `None` when the latch trips first. Work
/// that nobody waits for any more ends by its interrupts, or with the program: a name that does not resolve must not hold
/// anybody up.
pub fn beside<T: Send + 'static>(
    name: &str,
    latch: &Latch,
    meanwhile: impl FnMut(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, Undone> {
    let (sender, answer) = reply();
    let started = spawn(name, move || {
        // Who waited may be gone.
        let _ = sender.send(work());
    });
    await_answer(started, &answer, latch, meanwhile)
}

fn await_answer<T>(
    started: io::Result<JoinHandle<()>>,
    answer: &Receiver<T>,
    latch: &Latch,
    mut meanwhile: impl FnMut(),
) -> Result<Option<T>, Undone> {
    started?;
    loop {
        select! {
            recv(answer) -> done => return done.map(Some).map_err(|_| Undone::Died),
            recv(latch.receiver()) -> _ => return Ok(None),
            default(TICK) => meanwhile(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn it_gives_the_answer_and_leaves_when_the_run_ends() {
        let latch = Latch::default();
        assert_eq!(beside("work", &latch, || (), || 7).unwrap(), Some(7));
        latch.trip();
        let (_never, wait) = reply::<()>();
        assert_eq!(beside("work", &latch, || (), move || wait.recv().is_ok()).unwrap(), None);
    }

    #[test]
    fn work_that_is_not_done_is_no_end_of_the_run() {
        let latch = Latch::default();
        let (_never, answer) = reply::<()>();
        let refused = Err(io::Error::from_raw_os_error(libc::EAGAIN));
        let told = await_answer(refused, &answer, &latch, || ()).unwrap_err().to_string();
        assert!(told.contains("no thread") && told.contains("temporarily unavailable"), "{told}");
        let died = beside("work", &latch, || (), || -> () { panic!("on purpose") });
        assert!(matches!(died, Err(Undone::Died)), "{died:?}");
    }
}
