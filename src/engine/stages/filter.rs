//! Runs a filtergraph, and rebuilds it when what comes in changes.

use crate::av::{FilterGraph, Frame, FrameShape, GraphInput, GraphOutput, GraphSettings, OutputConstraint, Pull};
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, Shape};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::link::{await_reply, reply};
use crate::facts::MediaKind;
use crate::unit::Rational;
use std::collections::VecDeque;

/// One input of the graph.
pub struct InputSettings {
    /// Pictures or sound.
    pub kind: MediaKind,
    /// Time base of its pictures.
    pub time_base: Rational,
    /// Frame rate of its pictures, or unknown.
    pub frame_rate: Rational,
    /// What its frames look like when none ever comes.
    pub expected: FrameShape,
    /// The stream's own display matrix, for frames without one.
    pub display_matrix: Option<[i32; 9]>,
    /// Turn pictures upright.
    pub autorotate: bool,
    /// Rebuild the graph when the format changes.
    pub reinit: bool,
    /// Cut before this, in microseconds.
    pub trim_start_us: Option<i64>,
    /// Cut after this length, in microseconds.
    pub trim_duration_us: Option<i64>,
    /// For messages.
    pub name: String,
}

struct Input {
    settings: InputSettings,
    shape: Option<FrameShape>,
    waiting: VecDeque<Frame>,
    ended: bool,
    ends_at: Option<i64>,
    source_bits: i32,
}

/// A filtergraph with its inputs and outputs.
pub struct FilterStage {
    settings: GraphSettings,
    inputs: Vec<Input>,
    constraints: Vec<OutputConstraint>,
    kinds: Vec<MediaKind>,
    graph: Option<FilterGraph>,
    told: Vec<Option<GraphOutput>>,
    finished: Vec<bool>,
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
        let inputs = inputs
            .into_iter()
            .map(|settings| Input {
                settings,
                shape: None,
                waiting: VecDeque::new(),
                ended: false,
                ends_at: None,
                source_bits: 0,
            })
            .collect();
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
            name,
        }
    }

    fn fault(&self, operation: &'static str) -> impl FnOnce(crate::av::AvError) -> StageError {
        StageError::about(self.name.clone(), operation)
    }

    fn configure(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        let inputs: Vec<GraphInput> = self
            .inputs
            .iter()
            .map(|input| {
                let s = &input.settings;
                let shape = input.shape.clone().unwrap_or_else(|| s.expected.clone());
                let matrix = shape.display_matrix.or(s.display_matrix);
                GraphInput {
                    kind: s.kind,
                    time_base: s.time_base,
                    frame_rate: s.frame_rate,
                    rotate_by: matrix.filter(|_| s.autorotate && s.kind == MediaKind::Video),
                    trim_start_us: s.trim_start_us,
                    trim_duration_us: s.trim_duration_us,
                    name: s.name.clone(),
                    shape,
                }
            })
            .collect();
        let graph = FilterGraph::configure(&self.settings, &inputs, &self.constraints).map_err(StageError::about(
            self.name.clone(),
            format!("Error configuring the filters '{}'", self.settings.description),
        ))?;
        self.graph = Some(graph);
        for port in 0..self.kinds.len() {
            self.tell_shape(port, out)?;
        }
        for index in 0..self.inputs.len() {
            while let Some(frame) = self.inputs[index].waiting.pop_front() {
                self.push(index, frame)?;
            }
            if self.inputs[index].ended {
                self.close(index)?;
            }
        }
        Ok(())
    }

    /// Tells the encoder what comes, and asks it how many samples a frame must have.
    fn tell_shape(&mut self, port: usize, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        let Some(graph) = &mut self.graph else { return Ok(()) };
        let Some(output) = graph.output(port) else { return Ok(()) };
        let first = self.told[port].is_none();
        let unfiltered = graph.only_passes();
        self.told[port] = Some(output.clone());
        // What the first configuration settled on stays, so that the encoder need not change.
        let format = crate::av::format_name(self.kinds[port], output.shape.format);
        let constraint = &mut self.constraints[port];
        constraint.formats = format.into_iter().collect();
        if self.kinds[port] == MediaKind::Video {
            constraint.size = Some((output.shape.width, output.shape.height));
            constraint.colours = Some(output.shape.colours);
        } else {
            constraint.sample_rates_hz = vec![output.shape.sample_rate_hz];
            constraint.channel_layouts = vec![output.shape.channel_layout.clone()];
        }
        let sound = self.kinds[port] == MediaKind::Audio;
        let (sender, receiver) = reply();
        let asks = sound && first;
        let source_bits = self.inputs.first().map_or(0, |i| i.source_bits);
        let shape = Shape { output, unfiltered, source_bits, frame_samples: asks.then_some(sender) };
        out.send(port, FrameItem::Shape(Box::new(shape)))?;
        if asks {
            let samples = await_reply(&receiver, &out.stop().abort);
            if let (Some(samples), Some(graph)) = (samples, &mut self.graph) {
                self.constraints[port].frame_samples = samples;
                if samples > 0 {
                    graph.set_frame_samples(port, samples);
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, index: usize, mut frame: Frame) -> Result<(), StageError> {
        let settings = &self.inputs[index].settings;
        if settings.kind == MediaKind::Video && settings.autorotate {
            frame.drop_display_matrix();
        }
        match &mut self.graph {
            Some(graph) => match graph.push(index, frame) {
                Ok(()) | Err(crate::av::AvError::EOF) => Ok(()),
                Err(error) => Err(self.fault("Error while filtering")(error)),
            },
            None => {
                self.inputs[index].waiting.push_back(frame);
                Ok(())
            }
        }
    }

    fn close(&mut self, index: usize) -> Result<(), StageError> {
        let pts = self.inputs[index].ends_at;
        match &mut self.graph {
            Some(graph) => match graph.close_input(index, pts) {
                Ok(()) | Err(crate::av::AvError::EOF) => Ok(()),
                Err(error) => Err(self.fault("Error while filtering")(error)),
            },
            None => Ok(()),
        }
    }

    /// Sends on all that is ready.
    fn reap(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        loop {
            for port in 0..self.kinds.len() {
                self.reap_port(port, out)?;
            }
            let Some(graph) = &mut self.graph else { return Ok(()) };
            match graph.work() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => return Err(self.fault("Error while filtering")(error)),
            }
        }
    }

    fn reap_port(&mut self, port: usize, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        while !self.finished[port] {
            let Some(graph) = &mut self.graph else { return Ok(()) };
            match graph.pull(port) {
                Ok(Pull::Frame(frame)) => out.send(port, FrameItem::Frame(frame))?,
                Ok(Pull::NeedsInput) => return Ok(()),
                Ok(Pull::Finished) => {
                    self.finished[port] = true;
                    return Ok(());
                }
                Err(error) => return Err(self.fault("Error while filtering")(error)),
            }
        }
        Ok(())
    }

    /// Empties the graph before it is rebuilt.
    fn flush_old(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.reap(out)
    }

    fn frame(&mut self, port: usize, frame: Frame, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        let shape = frame.shape();
        let input = &self.inputs[port];
        let changed = input.shape.as_ref().is_none_or(|old| old.differs_from(&shape));
        let rebuild = changed && (self.graph.is_none() || input.settings.reinit);
        if rebuild {
            if self.graph.is_some() {
                log::info!("{}: the input changed to {}, the filters are rebuilt", self.name, describe(&shape));
                self.flush_old(out)?;
                self.graph = None;
            }
            self.inputs[port].shape = Some(shape);
        }
        let ready = self.inputs.iter().all(|i| i.shape.is_some() || i.ended);
        if self.graph.is_none() && ready {
            self.configure(out)?;
        }
        self.push(port, frame)?;
        self.reap(out)?;
        Ok(if self.finished.iter().all(|f| *f) { Flow::Done } else { Flow::Continue })
    }
}

fn describe(shape: &FrameShape) -> String {
    if shape.width > 0 {
        format!("{}x{}", shape.width, shape.height)
    } else {
        format!("{} Hz {}", shape.sample_rate_hz, shape.channel_layout)
    }
}

impl Stage for FilterStage {
    type In = FrameItem;
    type Out = FrameItem;

    fn step(&mut self, port: usize, item: FrameItem, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        match item {
            FrameItem::Frame(frame) => self.frame(port, frame, out),
            FrameItem::SourceBits(bits) => {
                self.inputs[port].source_bits = bits;
                Ok(Flow::Continue)
            }
            FrameItem::EndsAt(pts) => {
                self.inputs[port].ends_at = Some(pts);
                Ok(Flow::Continue)
            }
            FrameItem::Shape(_) => Ok(Flow::Continue),
        }
    }

    fn port_ended(&mut self, port: usize, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        self.inputs[port].ended = true;
        if self.graph.is_some() {
            self.close(port)?;
            self.reap(out)?;
        } else if self.inputs.iter().all(|i| i.ended || i.shape.is_some()) {
            if self.inputs.iter().any(|i| i.shape.is_none() && i.settings.expected.format < 0) {
                return Err(StageError::Failed(format!(
                    "{}: Cannot determine format of input stream after EOF: it gave no frame that could be decoded",
                    self.name
                )));
            }
            self.configure(out)?;
            self.reap(out)?;
        }
        Ok(if self.finished.iter().all(|f| *f) { Flow::Done } else { Flow::Continue })
    }

    fn finish(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.reap(out)
    }
}
