//! Runs a filtergraph: gives it what it asks for, and sends on what comes out.

mod feeding;
mod making;
mod orders;

use self::orders::Orders;
use super::feed::{Input, InputSettings};
use crate::av::{AvError, FilterGraph, GraphOutput, GraphSettings, OutputConstraint, Pull};
use crate::engine::balance::{Appetite, Hold, Lead};
use crate::engine::commands::Commands;
use crate::engine::fault::StageError;
use crate::engine::flow::FrameItem;
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::meter::Meter;
use crate::facts::{GraphPlace, MediaKind};
use crate::unit::{Rational, rescale};
use crossbeam_channel::Receiver;
use std::sync::Arc;

/// What the graph does by itself, in requests to its outputs, before it looks whether something came.
const TURN: usize = 64;

/// A filtergraph with its inputs and outputs.
pub struct FilterStage {
    settings: GraphSettings,
    inputs: Vec<Input>,
    constraints: Vec<OutputConstraint>,
    kinds: Vec<MediaKind>,
    graph: Option<FilterGraph>,
    told: Vec<Option<GraphOutput>>,
    finished: Vec<bool>,
    /// Asks for inputs, and holds those that are not needed yet.
    appetite: Option<Appetite>,
    /// It waits for the input that it asks for most, whatever the others have.
    in_turn: bool,
    /// The graph was asked for what it needs since it was fed last, and went no further.
    has_asked: bool,
    /// By output: another filtergraph takes it.
    linked: Vec<bool>,
    /// By output: those that it feeds have been told that nothing more goes there.
    left: Vec<bool>,
    hold: Option<Hold>,
    lead: Option<Lead>,
    /// It went on for a whole turn without being fed: a source or a loop inside it needs nothing of what comes.
    runs_by_itself: bool,
    /// How far the output is that is furthest, in microseconds.
    position_us: i64,
    /// It does nothing until something comes.
    pauses: bool,
    /// It has more to do, whether or not something comes.
    is_busy: bool,
    /// The keyboard's.
    orders: Option<Orders>,
    /// Where it is told what the graph consists of once it is configured, and as which one.
    told_to: Option<(Arc<Meter>, GraphPlace)>,
    name: String,
}

impl FilterStage {
    /// Prepares a graph; it is configured when the first frame of every input is there.
    pub fn new(
        name: String,
        settings: GraphSettings,
        inputs: Vec<InputSettings>,
        outputs: Vec<(MediaKind, OutputConstraint)>,
    ) -> Self {
        let inputs = inputs.into_iter().map(Input::new).collect();
        let (kinds, constraints): (Vec<_>, Vec<_>) = outputs.into_iter().unzip();
        let count = kinds.len();
        Self {
            settings,
            inputs,
            constraints,
            kinds,
            graph: None,
            told: vec![None; count],
            finished: vec![false; count],
            appetite: None,
            in_turn: false,
            has_asked: false,
            linked: vec![false; count],
            left: vec![false; count],
            hold: None,
            lead: None,
            runs_by_itself: false,
            position_us: i64::MIN,
            pauses: false,
            is_busy: false,
            orders: None,
            told_to: None,
            name,
        }
    }

    /// Lets the graph hold inputs that it does not need yet.
    pub fn fed_by(mut self, appetite: Option<Appetite>) -> Self {
        self.appetite = appetite;
        self
    }

    /// Lets the graph get its inputs in the order in which it asks for them, however their threads run. Each must come by itself, for
    /// whatever comes meanwhile of the others is kept.
    pub fn in_turn(mut self, in_turn: bool) -> Self {
        self.in_turn = in_turn;
        self
    }

    /// Tells which outputs feed other filtergraphs, and how to wait for those.
    pub fn feeding(mut self, linked: Vec<bool>, hold: Option<Hold>) -> Self {
        (self.linked, self.hold) = (linked, hold);
        self
    }

    /// Lets the graph, where it goes on by itself, stay beside what its outputs hold besides.
    pub fn beside(mut self, lead: Option<Lead>) -> Self {
        self.lead = lead;
        self
    }

    /// Lets the graph take commands; `number` is the one that its answers show.
    pub fn commanded_by(mut self, commands: Commands, number: usize) -> Self {
        self.orders = Some(Orders::new(commands, number));
        self
    }

    /// Lets it be told what the graph consists of, whenever it is configured.
    pub fn told_to(mut self, meter: Option<Arc<Meter>>, place: GraphPlace) -> Self {
        self.told_to = meter.map(|meter| (meter, place));
        self
    }

    fn obey(&mut self) {
        if let (Some(orders), Some(graph)) = (&mut self.orders, &mut self.graph) {
            orders.carry_out(graph);
        }
    }

    /// What went wrong while the graph worked.
    fn fault(&self, error: AvError) -> StageError {
        const OPERATION: &str = "Error while filtering";
        match self.settings.most_frames {
            Some(most) if error == AvError::NO_MEMORY => StageError::Told {
                text: format!(
                    "{}: {OPERATION}: more than {most} frames wait in the filtergraph, which is what \
                     -filter_buffered_frames allows. Allow more, or let its inputs be needed at the same pace.",
                    self.name
                ),
                ffmpeg: format!("{OPERATION}: {error}"),
            },
            _ => StageError::about(self.name.clone(), OPERATION)(error),
        }
    }

    /// Lets the graph work as long as there is something for it to do, and sends on what comes out. Sources inside it need
    /// nothing of what comes and have no end, so it stops now and then for that.
    fn work(&mut self, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        let mut unfed = 0;
        self.is_busy = false;
        loop {
            for port in 0..self.kinds.len() {
                self.reap_port(port, out)?;
            }
            if self.is_done(out) {
                return Ok(Flow::Done);
            }
            self.pauses = self.is_to_pause(out)?;
            if self.pauses {
                break;
            }
            if self.graph.is_none() {
                break;
            }
            let all_ended = self.inputs.iter().all(|input| input.ended);
            // Only sources of the graph's own are left, and these need not end by themselves.
            if out.stop().drain.is_tripped() && all_ended && !self.inputs.iter().any(Input::has_next) {
                return Ok(Flow::Done);
            }
            if let Some(lead) = self.lead.as_mut().filter(|_| all_ended) {
                out.flush()?;
                out.pausing(|| lead.wait(self.position_us, out.stop()));
            }
            let too_much = self.inputs.iter().position(Input::overflows);
            let is_last = out.stop().drain.is_tripped() && all_ended && unfed >= TURN;
            let unasked = too_much.or_else(|| self.inputs.iter().position(|input| is_last && input.has_next()));
            if let Some(port) = unasked {
                self.feed_port(port, out)?;
                continue;
            }
            self.runs_by_itself |= unfed >= TURN;
            if !all_ended && (unfed >= TURN || self.runs_by_itself && self.awaits().is_some()) {
                self.is_busy = true;
                break;
            }
            let Some(graph) = &mut self.graph else { break };
            // Asked again without having been fed, it would count that twice.
            let goes_on = !(self.in_turn && self.has_asked) && graph.work().map_err(|error| self.fault(error))?;
            self.has_asked = !goes_on;
            if goes_on {
                unfed += 1;
                self.inputs.iter_mut().for_each(|input| input.goes_on(false));
            } else if self.feed(out)? {
                (unfed, self.runs_by_itself) = (0, false);
            } else {
                break;
            }
        }
        self.ask();
        Ok(Flow::Continue)
    }

    /// The filtergraphs behind have enough. Waits for them where nobody can wait for what feeds this one meanwhile; else it is
    /// to take what comes, and to do nothing with it until the next comes.
    fn is_to_pause(&mut self, out: &mut Outlet<FrameItem>) -> Result<bool, StageError> {
        let Some(hold) = &self.hold else { return Ok(false) };
        for port in 0..self.kinds.len() {
            if !self.left[port] && (self.finished[port] || !out.is_open(port)) {
                self.left[port] = true;
                hold.close(port);
            }
        }
        if hold.is_wanted() {
            return Ok(false);
        }
        if hold.is_alone() || self.inputs.iter().all(|input| input.ended) {
            out.flush()?;
            out.pausing(|| hold.wait(out.stop()));
            return Ok(false);
        }
        Ok(true)
    }

    fn reap_port(&mut self, port: usize, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        while !self.finished[port] {
            let Some(graph) = &mut self.graph else { return Ok(()) };
            let pulled = graph.pull(port);
            if self.told[port].is_none() {
                match &pulled {
                    Ok(Pull::Frame(frame)) => self.tell_shape(port, frame.samples(), out)?,
                    Ok(Pull::Finished) => self.tell_shape(port, 0, out)?,
                    _ => {}
                }
            }
            match pulled {
                Ok(Pull::Frame(frame)) if out.is_open(port) => {
                    let base = self.told[port].as_ref().map_or(Rational::MICROS, |output| output.time_base);
                    let at_us = frame.pts().map(|pts| rescale(pts, base, Rational::MICROS));
                    self.position_us = self.position_us.max(at_us.unwrap_or(i64::MIN));
                    out.send(port, FrameItem::Frame(frame))?;
                }
                // Nobody takes it any more, but the graph's other outputs go on.
                Ok(Pull::Frame(_)) => {}
                Ok(Pull::NeedsInput) => return Ok(()),
                Ok(Pull::Finished) => {
                    self.finished[port] = true;
                    // Who takes it may have to know before the graph's other outputs go on.
                    return out.end(port);
                }
                Err(error) => return Err(self.fault(error)),
            }
        }
        Ok(())
    }

    /// Every output has ended, or nobody takes what it gives.
    fn is_done(&self, out: &Outlet<FrameItem>) -> bool {
        self.finished.iter().enumerate().all(|(port, finished)| *finished || !out.is_open(port))
    }

    /// Asks for the inputs that the graph needs, and holds those that have run ahead of what it asked for.
    fn ask(&self) {
        let Some(appetite) = &self.appetite else { return };
        let hungry = |(port, input): (usize, &Input)| {
            let asked = match &self.graph {
                Some(graph) => graph.unmet_requests(port) > 0 && !input.has_next(),
                None => !input.is_known(),
            };
            !input.ended && (asked || self.pauses || input.has_room())
        };
        let mut hungry: Vec<bool> = self.inputs.iter().enumerate().map(hungry).collect();
        if !hungry.contains(&true) {
            hungry.fill(true);
        }
        appetite.ask(&hungry);
    }

    /// Something arrived: builds the graph if it can be built now, and goes on.
    fn arrived(&mut self, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        if self.graph.is_none() && self.inputs.iter().all(Input::is_known) {
            if self.inputs.iter().any(Input::is_formless) {
                return Err(StageError::Failed(format!(
                    "{}: Cannot determine format of input stream after EOF: it gave no frame that could be decoded",
                    self.name
                )));
            }
            self.configure(out)?;
            // Filters that have something to give before anything came, as `adelay` has, see the first times first, as in ffmpeg.
            for port in 0..self.inputs.len() {
                if self.inputs[port].has_next() {
                    self.feed_port(port, out)?;
                }
            }
        }
        self.obey();
        self.work(out)
    }
}

impl Stage for FilterStage {
    type In = FrameItem;
    type Out = FrameItem;

    fn start(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        if self.inputs.is_empty() { self.configure(out) } else { Ok(()) }
    }

    fn step(&mut self, port: usize, item: FrameItem, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        match item {
            FrameItem::Frame(frame) => {
                self.inputs[port].arrived(frame);
                self.arrived(out)
            }
            FrameItem::SourceBits(bits) => {
                self.inputs[port].source_bits = bits;
                Ok(Flow::Continue)
            }
            FrameItem::Clock(base, rate) => {
                let settings = &mut self.inputs[port].settings;
                (settings.time_base, settings.frame_rate) = (base, rate);
                Ok(Flow::Continue)
            }
            FrameItem::EndsAt(pts) => {
                self.inputs[port].ends_at = Some(pts);
                Ok(Flow::Continue)
            }
            FrameItem::Subtitle(subtitle) => {
                self.inputs[port].subtitle(&subtitle).map_err(StageError::library("draw a subtitle"))?;
                self.arrived(out)
            }
            FrameItem::Heartbeat(at) => {
                self.inputs[port].heartbeat(at).map_err(StageError::library("draw a subtitle"))?;
                self.arrived(out)
            }
            FrameItem::Shape(shape) => {
                self.inputs[port].linked(&shape.output);
                Ok(Flow::Continue)
            }
        }
    }

    fn port_ended(&mut self, port: usize, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        self.inputs[port].end().map_err(StageError::library("draw a subtitle"))?;
        self.arrived(out)
    }

    fn is_busy(&self) -> bool {
        self.is_busy
    }

    fn awaits(&mut self) -> Option<Receiver<()>> {
        let piles_up = self.inputs.iter().any(Input::piles_up);
        self.lead.as_mut().filter(|_| !piles_up)?.look(self.position_us)
    }

    fn go_on(&mut self, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        self.obey();
        self.work(out)
    }

    fn finish(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        let result = self.work(out).map(drop);
        self.appetite = None;
        for input in self.inputs.iter().filter(|input| input.dropped > 0) {
            let (file, stream) = input.settings.index;
            log::info!(
                "{}: {} frames of stream #{file}:{stream} had changed and were left out.",
                self.name,
                input.dropped
            );
        }
        result
    }

    fn abandon(&mut self) {
        self.appetite = None;
    }
}
