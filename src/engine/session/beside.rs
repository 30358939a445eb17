//! Work that may block for long, such as connecting, beside a thread that must not.

use crate::engine::link::reply;
use crate::engine::stop::Latch;
use crate::engine::threads::spawn;
use crossbeam_channel::select;
use std::time::Duration;

/// How often what is done meanwhile is done.
pub const TICK: Duration = Duration::from_millis(40);

/// Does `work` in a thread of its own and waits for it, calling `meanwhile` every [`TICK`]; `None` when the latch trips first, or no thread can be had. Work
/// that nobody waits for any more ends by its interrupts, or with the program: a name that does not resolve must not hold
/// anybody up.
pub fn beside<T: Send + 'static>(
    name: &str,
    latch: &Latch,
    mut meanwhile: impl FnMut(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, answer) = reply();
    let thread = spawn(name, move || {
        // Who waited may be gone.
        let _ = sender.send(work());
    });
    thread.ok()?;
    loop {
        select! {
            recv(answer) -> done => return done.ok(),
            recv(latch.receiver()) -> _ => return None,
            default(TICK) => meanwhile(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_the_answer_and_leaves_when_the_run_ends() {
        let latch = Latch::default();
        assert_eq!(beside("work", &latch, || (), || 7), Some(7));
        latch.trip();
        let (_never, wait) = reply::<()>();
        assert_eq!(beside("work", &latch, || (), move || wait.recv().is_ok()), None);
    }
}
