//! Work that may block for long, such as connecting, beside a thread that must not.

use crate::engine::link::reply;
use crate::engine::stop::Latch;
use crate::engine::threads::spawn;
use crossbeam_channel::select;

/// Does `work` in a thread of its own and waits for it; `None` when the latch trips first, or no thread can be had. Work
/// that nobody waits for any more ends by its interrupts, or with the program: a name that does not resolve must not hold
/// anybody up.
pub fn beside<T: Send + 'static>(name: &str, latch: &Latch, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, answer) = reply();
    let thread = spawn(name, move || {
        // Who waited may be gone.
        let _ = sender.send(work());
    });
    thread.ok()?;
    select! {
        recv(answer) -> done => done.ok(),
        recv(latch.receiver()) -> _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_the_answer_and_leaves_when_the_run_ends() {
        let latch = Latch::default();
        assert_eq!(beside("work", &latch, || 7), Some(7));
        latch.trip();
        let (_never, wait) = reply::<()>();
        assert_eq!(beside("work", &latch, move || wait.recv().is_ok()), None);
    }
}
