//! The stage kernel: what a stage is, where its items go, and the loops that run every stage.

mod drive;
mod outlet;

pub use self::drive::{Ready, drive_source};
pub use self::outlet::Outlet;

use super::fault::StageError;
use super::link::Flowing;
use crossbeam_channel::Receiver;

/// Whether a stage goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It wants more.
    Continue,
    /// It has all it needs: its inlet closes, it finishes.
    Done,
}

/// One box of the graph: takes items, gives items, knows nothing of threads and channels.
pub trait Stage: Send {
    /// What it takes.
    type In: Flowing;
    /// What it gives.
    type Out: Flowing;

    /// Before the first item.
    fn start(&mut self, _out: &mut Outlet<Self::Out>) -> Result<(), StageError> {
        Ok(())
    }

    /// Handles an item that arrived on a port.
    fn step(&mut self, port: usize, item: Self::In, out: &mut Outlet<Self::Out>) -> Result<Flow, StageError>;

    /// Nothing more comes on a port.
    fn port_ended(&mut self, _port: usize, _out: &mut Outlet<Self::Out>) -> Result<Flow, StageError> {
        Ok(Flow::Continue)
    }

    /// It has more to do even when nothing comes.
    fn is_busy(&self) -> bool {
        false
    }

    /// It is busy, but to go on only when something comes, or when this wakes it.
    fn awaits(&mut self) -> Option<Receiver<()>> {
        None
    }

    /// Nothing has come, and it is busy.
    fn go_on(&mut self, _out: &mut Outlet<Self::Out>) -> Result<Flow, StageError> {
        Ok(Flow::Continue)
    }

    /// Nothing more comes at all: flush.
    fn finish(&mut self, out: &mut Outlet<Self::Out>) -> Result<(), StageError>;

    /// Nothing is to be flushed: the run failed or was aborted, or nobody takes what the stage gives. It may be kept after its
    /// end, so whoever waits for it is to be freed here as in [`Stage::finish`].
    fn abandon(&mut self) {}

    /// Ports that the stage wants no more of, since the last call.
    fn closed_ports(&mut self) -> Vec<usize> {
        Vec::new()
    }
}

/// A stage without inlet.
pub trait Source: Send {
    /// What it gives.
    type Out: Flowing;

    /// Gives the next item or items.
    fn step(&mut self, out: &mut Outlet<Self::Out>) -> Result<Flow, StageError>;

    /// The source ends: by itself, or because the run is drained.
    fn finish(&mut self, out: &mut Outlet<Self::Out>) -> Result<(), StageError>;
}

#[cfg(test)]
mod tests;
