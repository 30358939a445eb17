//! The keyboard's commands to filters, as one graph carries them out.

use crate::av::{AvError, FilterGraph};
use crate::engine::commands::Commands;

/// The commands, and how many of them the graph has seen.
pub(super) struct Orders {
    commands: Commands,
    seen: usize,
    /// The graph's number among all, which its answers show.
    number: usize,
}

impl Orders {
    pub(super) fn new(commands: Commands, number: usize) -> Self {
        Self { commands, seen: 0, number }
    }

    /// Has the graph carry out what it has not seen yet.
    pub(super) fn carry_out(&mut self, graph: &mut FilterGraph) {
        let number = self.number;
        for c in self.commands.since(&mut self.seen) {
            let (result, answer) = graph.command((&c.target, &c.command, &c.argument), c.time_s, c.first_only);
            match c.time_s {
                None => log::error!("Command reply for stream {number}: ret:{result} res:\n{answer}"),
                Some(_) if result < 0 => log::error!("Queuing command failed with error {}", AvError(result)),
                Some(_) => {}
            }
        }
    }
}
