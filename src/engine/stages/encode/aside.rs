//! An encoder at work in a thread of its own, so that it can be looked at meanwhile, and left in the middle of its work.

use crate::av::{AvError, EncodeStep, Encoder, Frame, Packet};
use crate::engine::link::{mailbox, reply};
use crate::engine::stop::StopSignal;
use crate::engine::threads::spawn;
use crossbeam_channel::{Receiver, Sender, select};
use std::time::Duration;

/// How often an encoder at work is looked at.
const TICK: Duration = Duration::from_millis(50);
/// Packets that may wait for who takes them.
const PACKETS: usize = 16;

/// What an encoder gives while it works.
enum Given {
    Packet(Packet),
    /// It has done what it was asked to, or failed.
    Done(Encoder, Result<(), AvError>),
}

struct Job {
    encoder: Encoder,
    /// `None` drains it.
    frame: Option<Frame>,
    answers: Sender<Given>,
}

/// The thread that encoders work in.
pub(super) struct Aside {
    jobs: Sender<Job>,
}

/// What is seen of an encoder at work.
pub(super) enum Sight {
    /// A packet.
    Packet(Packet),
    /// It is back.
    Done(Encoder, Result<(), AvError>),
    /// It still works.
    Working,
    /// The run ends: it is not waited for.
    Ends,
    /// Its thread has died.
    Died,
}

/// An encoder at work. Who drops this leaves it: it closes by itself when it is through with the pictures at hand.
pub(super) struct AtWork(Receiver<Given>);

impl Aside {
    /// Starts the thread; it ends when this is dropped and its work is done.
    pub(super) fn start() -> std::io::Result<Self> {
        let (jobs, work) = reply::<Job>();
        spawn("encoder", move || {
            for Job { mut encoder, frame, answers } in work {
                let done = exchange(&mut encoder, frame.as_ref(), |packet| answers.send(Given::Packet(packet)).is_ok());
                drop(frame);
                // Who waited may have left; then the encoder closes here.
                let _ = answers.send(Given::Done(encoder, done));
            }
        })?;
        Ok(Self { jobs })
    }

    /// Gives an encoder a frame, or drains it; `None` when the thread has died.
    pub(super) fn give(&self, encoder: Encoder, frame: Option<Frame>) -> Option<AtWork> {
        let (answers, given) = mailbox(PACKETS);
        self.jobs.send(Job { encoder, frame, answers }).ok()?;
        Some(AtWork(given))
    }
}

impl AtWork {
    /// Waits for a while. `at_once`: the end of all sources ends it too.
    pub(super) fn look(&self, stop: &StopSignal, at_once: bool) -> Sight {
        let hurry = if at_once { &stop.drain } else { &stop.abort };
        select! {
            recv(self.0) -> given => match given {
                Ok(Given::Packet(packet)) => Sight::Packet(packet),
                Ok(Given::Done(encoder, result)) => Sight::Done(encoder, result),
                Err(_) => Sight::Died,
            },
            recv(stop.abort.receiver()) -> _ => Sight::Ends,
            recv(hurry.receiver()) -> _ => Sight::Ends,
            default(TICK) => Sight::Working,
        }
    }
}

/// Gives a frame and takes all packets that are there then, or all that are left. Ends early when nobody takes them.
fn exchange(encoder: &mut Encoder, frame: Option<&Frame>, mut take: impl FnMut(Packet) -> bool) -> Result<(), AvError> {
    loop {
        let taken = encoder.send(frame)?;
        while let EncodeStep::Packet(packet) = encoder.receive()? {
            if !take(packet) {
                return Ok(());
            }
        }
        if taken {
            return Ok(());
        }
    }
}
