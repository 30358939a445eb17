//! Gives a filtergraph the frames that it asks for, in the order in which it asks.

use super::FilterStage;
use super::making::describe;
use crate::av::AvError;
use crate::engine::fault::StageError;
use crate::engine::flow::FrameItem;
use crate::engine::kernel::Outlet;
use crate::engine::stages::feed::{Input, Next};

impl FilterStage {
    /// Gives the graph one frame, or the end, of the input that it asks for most; `false` when it has to wait.
    pub(super) fn feed(&mut self, out: &mut Outlet<FrameItem>) -> Result<bool, StageError> {
        let Some(graph) = &self.graph else { return Ok(false) };
        let asked: Vec<u32> = (0..self.inputs.len()).map(|port| graph.unmet_requests(port)).collect();
        let any = asked.iter().any(|times| *times > 0);
        let mut best = None;
        for (port, input) in self.inputs.iter_mut().enumerate() {
            if asked[port] > 0 && !input.has_next() {
                input.repeat().map_err(StageError::library("draw a subtitle"))?;
            }
            // A graph that asks for nothing takes whatever there is.
            if input.has_next() && (asked[port] > 0 || !any) && best.is_none_or(|best: usize| asked[port] > asked[best])
            {
                best = Some(port);
            }
        }
        if self.in_turn
            && let Some(first) = first_asked(&self.inputs, &asked)
            && !self.inputs[first].has_next()
        {
            best = None;
        }
        for (input, times) in self.inputs.iter_mut().zip(&asked) {
            if *times > 0 || best.is_some() {
                input.goes_on(*times > 0);
            }
        }
        match best {
            Some(port) => self.feed_port(port, out),
            None => {
                // What the graph has by now comes out before it waits.
                (0..self.kinds.len()).try_for_each(|port| self.reap_port(port, out))?;
                Ok(false)
            }
        }
    }

    /// Gives the graph one frame, or the end, of an input.
    pub(super) fn feed_port(&mut self, port: usize, out: &mut Outlet<FrameItem>) -> Result<bool, StageError> {
        if self.leave_out_changed(port) {
            return Ok(true);
        }
        if let Some(shape) = self.inputs[port].changes() {
            self.rebuild(port, shape, out)?;
        }
        let Some(graph) = &mut self.graph else { return Ok(false) };
        self.has_asked = false;
        let fed = match self.inputs[port].next() {
            Some(Next::Frame(frame)) => graph.push(port, frame),
            Some(Next::End(pts)) => graph.close_input(port, pts),
            None => Ok(()),
        };
        match fed {
            Ok(()) | Err(AvError::EOF) => Ok(true),
            Err(error) => Err(self.fault(error)),
        }
    }

    /// Leaves out a frame that would make the graph be built anew, where that is not wanted.
    fn leave_out_changed(&mut self, port: usize) -> bool {
        let input = &mut self.inputs[port];
        let Some(shape) = input.drop_changed() else { return false };
        if input.dropped == 1 {
            log::warn!(
                "{}: the input changed to {}; such frames are left out, since -drop_changed is set.",
                self.name,
                describe(&shape)
            );
        }
        true
    }
}

/// The input that the graph asks for most, of those that go on; the first of several.
fn first_asked(inputs: &[Input], asked: &[u32]) -> Option<usize> {
    let goes_on = |port: &usize| asked[*port] > 0 && (inputs[*port].has_next() || !inputs[*port].ended);
    (0..inputs.len()).filter(goes_on).min_by_key(|port| std::cmp::Reverse(asked[*port]))
}
