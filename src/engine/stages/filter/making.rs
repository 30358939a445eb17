//! How a filtergraph is made, and made anew when what comes in changes, and how those behind it are told what comes.

use super::FilterStage;
use crate::av::{FilterGraph, FrameShape, GraphError, GraphInput, OutputConstraint, device_pictures_may_change_size};
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, Shape};
use crate::engine::kernel::Outlet;
use crate::engine::link::{await_reply, reply};
use crate::engine::stages::feed::Input;
use crate::facts::MediaKind;

impl FilterStage {
    pub(super) fn configure(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        let inputs: Vec<GraphInput> = self
            .inputs
            .iter()
            .map(|input| {
                let s = &input.settings;
                let shape = input.configured_shape();
                let matrix = shape.display_matrix.or(s.display_matrix);
                GraphInput {
                    kind: s.kind,
                    time_base: s.time_base,
                    frame_rate: s.frame_rate,
                    crop: s.crop,
                    rotate_by: matrix
                        .filter(|_| s.autorotate && s.kind == MediaKind::Video && shape.hardware.is_none()),
                    trim_start_us: s.trim_start_us,
                    trim_duration_us: s.trim_duration_us,
                    first_filters: s.first_filters.clone(),
                    name: s.name.clone(),
                    shape,
                }
            })
            .collect();
        if let (Some(device), count @ 1..) = (&self.settings.hardware, self.settings.unchosen_devices) {
            let (name, kind) = (device.name(), device.kind());
            log::warn!(
                "There are {count} hardware devices. device {name} of type {kind} is picked for filters by default. Set \
                 hardware device explicitly with the filter_hw_device option if device {name} is not usable for filters."
            );
        }
        let graph = self.build(&inputs).map_err(|cause| self.refused(cause))?;
        if let Some((meter, place)) = &self.told_to {
            meter.configured(*place, graph.facts());
        }
        self.graph = Some(graph);
        self.has_asked = false;
        for port in 0..self.kinds.len() {
            if self.told[port].is_some() || !self.constraints[port].first_frame_counts {
                self.tell_shape(port, 0, out)?;
            }
        }
        self.inputs.iter_mut().for_each(Input::rebuilt);
        Ok(())
    }

    fn build(&self, inputs: &[GraphInput]) -> Result<FilterGraph, GraphError> {
        let on_device = |port: usize| self.told[port].as_ref().is_some_and(|told| told.shape.hardware.is_some());
        if (0..self.told.len()).any(on_device) {
            // The filter that keeps the size when a graph is rebuilt seldom works in a device's memory; where the size is the
            // same it is not needed.
            let mut free = self.constraints.clone();
            (0..free.len()).filter(|port| on_device(*port)).for_each(|port| free[port].size = None);
            let graph = FilterGraph::configure(&self.settings, inputs, &free)?;
            let keeps_size = |(port, wanted): (usize, &OutputConstraint)| {
                let size = graph.output(port).map(|output| (output.shape.width, output.shape.height));
                wanted.size.is_none() || wanted.size == size
            };
            if device_pictures_may_change_size() || self.constraints.iter().enumerate().all(keeps_size) {
                return Ok(graph);
            }
        }
        FilterGraph::configure(&self.settings, inputs, &self.constraints)
    }

    /// The graph cannot be configured.
    fn refused(&self, error: GraphError) -> StageError {
        let description = &self.settings.description;
        let mut text = format!("{}: Error configuring the filters '{description}': {error}", self.name);
        let mut told = String::new();
        match error {
            GraphError::Library(_) => {}
            GraphError::Ends { inputs, outputs } => {
                let many = |count: usize| if count > 1 { ">1".to_owned() } else { count.to_string() };
                told = format!(
                    "Simple filtergraph '{description}' was expected to have exactly 1 input and 1 output. However, it had \
                     {} input(s) and {} output(s). Please adjust, or use a complex filtergraph (-filter_complex) \
                     instead.\n",
                    many(inputs),
                    many(outputs)
                );
                text += ", and a stream needs one of each. -filter_complex takes any number.";
            }
            GraphError::Kind { wanted: MediaKind::Audio, .. } => {
                "Cannot connect audio filter to non audio input\n".clone_into(&mut told);
            }
            GraphError::Kind { .. } => "Cannot connect video filter to audio input\n".clone_into(&mut told),
        }
        let cause = error.cause();
        let at = self.inputs.first().map(|input| format!("#{}:{}", input.settings.index.0, input.settings.index.1));
        let ffmpeg = match at {
            Some(at) => format!(
                "{told}Error reinitializing filters!\nFailed to inject frame into filter network: {cause}\nError while \
                 processing the decoded data for stream {at}"
            ),
            None => format!("{told}Error configuring complex filters.\n{cause}"),
        };
        StageError::Told { text, ffmpeg }
    }

    /// Tells the encoder what comes, and asks it how many samples a frame must have.
    pub(super) fn tell_shape(
        &mut self,
        port: usize,
        first_samples: i32,
        out: &mut Outlet<FrameItem>,
    ) -> Result<(), StageError> {
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
            constraint.size = Some((output.shape.width, output.shape.height)).filter(|_| !constraint.any_size);
            constraint.colours = Some(output.shape.colours);
        } else {
            constraint.sample_rates_hz = vec![output.shape.sample_rate_hz];
            constraint.channel_layouts = vec![output.shape.channel_layout.name()];
        }
        let sound = self.kinds[port] == MediaKind::Audio;
        let (sender, receiver) = reply();
        let asks = sound && first && !self.linked[port];
        let source_bits = self.inputs.first().map_or(0, |i| i.source_bits);
        let shape = Shape { output, unfiltered, source_bits, first_samples, frame_samples: asks.then_some(sender) };
        out.send(port, FrameItem::Shape(Box::new(shape)))?;
        if asks {
            out.flush()?;
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

    /// Builds the graph anew for frames of another shape.
    pub(super) fn rebuild(
        &mut self,
        port: usize,
        shape: FrameShape,
        out: &mut Outlet<FrameItem>,
    ) -> Result<(), StageError> {
        log::info!("{}: the input changed to {}, the filters are rebuilt", self.name, describe(&shape));
        self.graph = None;
        self.inputs[port].shape = Some(shape);
        self.configure(out)
    }
}

pub(super) fn describe(shape: &FrameShape) -> String {
    if shape.width > 0 {
        format!("{}x{}", shape.width, shape.height)
    } else {
        format!("{} Hz {}", shape.sample_rate_hz, shape.channel_layout)
    }
}
