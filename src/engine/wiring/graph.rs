//! The stages of filtergraphs.

use super::loopback;
use super::settings::{balance_groups, input_trim};
use super::{BEHIND_GRAPH, Builder, Ends, Staged, frame_room};
use crate::av::{Canvas, GraphSettings, OutputConstraint};
use crate::diagnostic::mask_url;
use crate::engine::balance::{Appetite, Balance, Hold, Lead, Taker};
use crate::engine::flow::FrameItem;
use crate::engine::link::{Inlet, LinkSender, link, link_within};
use crate::engine::meter::Meter;
use crate::engine::prepare::{OpenInputs, PrepareError};
use crate::engine::stages::drawing::Drawing;
use crate::engine::stages::feed::{AHEAD, InputSettings};
use crate::engine::stages::filter::FilterStage;
use crate::facts::{GraphPlace, InputFacts, MediaKind};
use crate::plan::{
    EncodePlan, GraphInputPlan, GraphOutputPlan, GraphPlan, OutputPlan, PadSource, PadTarget, Plan, StreamSource,
    Treatment,
};
use crate::unit::Rational;
use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;

/// The canvas of subtitles in a file without pictures.
const CANVAS: (i32, i32) = (720, 576);

impl Builder<'_> {
    /// The filtergraph of one output stream; gives the link that the decoder feeds.
    pub(super) fn simple_graph(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        encode: &EncodePlan,
        inputs: &OpenInputs,
        encoder: LinkSender<FrameItem>,
    ) -> Result<LinkSender<FrameItem>, PrepareError> {
        let output_plan = &plan.outputs[output];
        let stream = &output_plan.streams[index];
        let source = stream.source.input().unwrap_or_default();
        let input = graph_input(plan, source, inputs, format!("in_{}_{}", source.0, source.1))?;
        let graph = GraphSettings {
            description: encode.graph.clone(),
            threads: encode.filter_threads.clone(),
            most_frames: most_frames(inputs),
            encoder_threads: inputs.spec.global.filter_threads.is_none(),
            scaler_options: encode.scaler_options.clone(),
            resampler_options: encode.resampler_options.clone(),
            auto_conversion: encode.auto_conversion,
            hardware: inputs.hardware.for_filters().cloned(),
            unchosen_devices: inputs.hardware.unchosen(),
            under_way: BEHIND_GRAPH as i32,
        };
        let name = format!("{} stream of {}", stream.kind.name(), mask_url(&output_plan.url));
        let constraint = constraint(output_plan, (output, index), encode);
        let stage = FilterStage::new(name, graph, vec![input], vec![(stream.kind, constraint)])
            .commanded_by(self.commands.clone(), self.graphs)
            .told_to(self.tells_graphs(inputs), GraphPlace::Simple(output, index));
        let name = format!("filter {output}:{index}");
        let is_guest = stream.kind == MediaKind::Audio && !self.is_timed && takers_of(plan, source) == 1;
        let (mut links, inlet) =
            if is_guest { link_within(1) } else { link::<FrameItem>(frame_room(iter::once(stream.kind)), 1) };
        let staged = Staged { graph: Some(self.graphs), ..self.staged(&name, stage, inlet, vec![vec![encoder]]) };
        self.graphs += 1;
        if is_guest {
            self.guests.insert(source, staged);
        } else {
            self.run(name, staged)?;
        }
        links.pop().ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))
    }

    /// Where filtergraphs tell what they consist of, when that is asked for.
    fn tells_graphs(&self, inputs: &OpenInputs) -> Option<Arc<Meter>> {
        inputs.spec.global.seldom.graphs.is_wanted().then(|| Arc::clone(&self.meter))
    }

    /// The complex filtergraphs, between the encoders that they feed and the decoders that feed them.
    pub(super) fn complex_graphs(
        &mut self,
        plan: &Plan,
        inputs: &OpenInputs,
        balance: &Balance,
        ends: &mut Ends,
    ) -> Result<(), PrepareError> {
        balance.set_takers(plan.graphs.iter().map(takers).collect());
        // All links first, for a filtergraph may be fed by any other.
        let inlets: Vec<_> = plan.graphs.iter().map(|graph| link_of_graph(graph, ends)).collect();
        for at in inlets.into_iter().enumerate() {
            self.complex_graph(plan, at, inputs, balance, ends)?;
        }
        Ok(())
    }

    /// The stage of a complex filtergraph.
    fn complex_graph(
        &mut self,
        plan: &Plan,
        (number, inlet): (usize, Inlet<FrameItem>),
        inputs: &OpenInputs,
        balance: &Balance,
        ends: &mut Ends,
    ) -> Result<(), PrepareError> {
        let graph = &plan.graphs[number];
        let pads = graph.inputs.iter().map(|pad| pad_settings(plan, number, pad, inputs));
        let pads = pads.collect::<Result<Vec<_>, _>>()?;
        let mut outputs = Vec::new();
        let mut links = Vec::new();
        for (pad, output) in graph.outputs.iter().enumerate() {
            if let Some(wanted) = pad_constraint(plan, output) {
                outputs.push((output.kind, wanted));
                links.push(ends.graphs.remove(&(number, pad)).into_iter().collect());
            }
        }
        let linked = graph.outputs.iter().map(|output| matches!(output.to, Some(PadTarget::Graph(..)))).collect();
        let ahead = if takers(graph).iter().any(|taker| *taker != Taker::Encoder) { AHEAD } else { 0 };
        let settings = GraphSettings {
            description: graph.description.clone(),
            threads: graph.threads.clone(),
            most_frames: most_frames(inputs),
            auto_conversion: graph.auto_conversion,
            hardware: inputs.hardware.for_filters().cloned(),
            unchosen_devices: inputs.hardware.unchosen(),
            under_way: (BEHIND_GRAPH + ahead) as i32,
            ..GraphSettings::default()
        };
        let name = format!("filtergraph {number}");
        let stage = FilterStage::new(name.clone(), settings, pads, outputs)
            .fed_by(appetite(plan, number, balance))
            .in_turn(!plan.is_timed() && each_of_its_own_file(graph))
            .feeding(linked, hold(plan, number, balance))
            .beside(lead(plan, graph, balance))
            .commanded_by(self.commands.clone(), number)
            .told_to(self.tells_graphs(inputs), GraphPlace::Complex(number));
        let staged = Staged { graph: Some(number), ..self.staged(&name, stage, inlet, links) };
        self.run(name, staged)
    }
}

/// Makes the link of a complex filtergraph, and leaves its sending ends to what feeds its pads; gives the receiving end.
fn link_of_graph(graph: &GraphPlan, ends: &mut Ends) -> Inlet<FrameItem> {
    let room = frame_room(graph.inputs.iter().map(|pad| pad.kind));
    let (senders, inlet) = link::<FrameItem>(room, graph.inputs.len());
    for (pad, sender) in graph.inputs.iter().zip(senders) {
        match pad.source {
            PadSource::Input(input, stream) => ends.inputs.entry((input, stream)).or_default().frames.push(sender),
            PadSource::Decoder(decoder) => ends.decoders.entry(decoder).or_default().push(sender),
            PadSource::Graph(graph, pad) => drop(ends.graphs.insert((graph, pad), sender)),
        }
    }
    inlet
}

/// What a complex filtergraph must know of what feeds one of its pads.
fn pad_settings(
    plan: &Plan,
    number: usize,
    pad: &GraphInputPlan,
    inputs: &OpenInputs,
) -> Result<InputSettings, PrepareError> {
    let from = format!("graph {number} input from");
    match pad.source {
        PadSource::Input(input, source) => {
            graph_input(plan, (input, source), inputs, format!("{from} stream {input}:{source}"))
        }
        PadSource::Decoder(decoder) => {
            Ok(loopback::graph_input(&plan.decoders[decoder], format!("{from} dec:{decoder}")))
        }
        PadSource::Graph(other, output) => {
            Ok(InputSettings::made(pad.kind, (other, output), format!("{from} filtergraph {other}")))
        }
    }
}

/// What who takes a complex filtergraph's output wants of it; `None` where nobody takes it.
fn pad_constraint(plan: &Plan, output: &GraphOutputPlan) -> Option<OutputConstraint> {
    match output.to? {
        PadTarget::Output(to, stream) => match &plan.outputs[to].streams[stream].treatment {
            Treatment::Encode(encode) => Some(constraint(&plan.outputs[to], (to, stream), encode)),
            _ => None,
        },
        PadTarget::Graph(graph, pad) => Some(OutputConstraint {
            name: format!("out_graph_{graph}_{pad}"),
            any_size: true,
            ..OutputConstraint::default()
        }),
    }
}

/// How many filtergraphs take an input's stream.
fn takers_of(plan: &Plan, source: (usize, usize)) -> usize {
    let streams = plan.outputs.iter().flat_map(|output| &output.streams);
    let encoded = streams.filter(|stream| {
        matches!(stream.treatment, Treatment::Encode(_))
            && stream.encoded_by.is_none()
            && stream.source.input() == Some(source)
    });
    let pads = plan.graphs.iter().flat_map(|graph| &graph.inputs).filter(|pad| pad.source.input() == Some(source));
    encoded.count() + pads.count()
}

/// No two pads are fed by one file, and none by another filtergraph or a loopback decoder.
fn each_of_its_own_file(graph: &GraphPlan) -> bool {
    let files: Option<BTreeSet<usize>> = graph.inputs.iter().map(|pad| Some(pad.source.input()?.0)).collect();
    files.is_some_and(|files| files.len() == graph.inputs.len())
        && graph.inputs.iter().all(|pad| pad.kind != MediaKind::Subtitle)
}

/// Frames that may wait in a graph, where the user bounds them.
fn most_frames(inputs: &OpenInputs) -> Option<u32> {
    Some(inputs.spec.global.seldom.filter_buffered_frames).filter(|most| *most > 0)
}

/// A graph that several files feed asks for what it needs; of one file it gets everything as it comes. Of what an encoder
/// keeps to itself, a graph that takes its packets again as well as its source holds the source's frames meanwhile.
fn appetite(plan: &Plan, graph: usize, balance: &Balance) -> Option<Appetite> {
    let inputs = &plan.graphs[graph].inputs;
    let files_of = |graph| plan.origins(StreamSource::Graph(graph, 0));
    let asked = |pad: &GraphInputPlan| match pad.source {
        // One that several files feed asks for these itself.
        PadSource::Graph(other, _) if files_of(other).len() > 1 => Vec::new(),
        source => plan.pad_origins(source),
    };
    let linked = inputs.iter().any(|pad| matches!(pad.source, PadSource::Graph(..)));
    let asks = linked || files_of(graph).len() > 1;
    asks.then(|| balance.appetite(graph, inputs.iter().map(asked).collect()))
}

/// Who takes what a graph gives.
fn takers(graph: &GraphPlan) -> Vec<Taker> {
    let taker = |to: PadTarget| match to {
        PadTarget::Output(..) => Taker::Encoder,
        PadTarget::Graph(graph, pad) => Taker::Graph(graph, pad),
    };
    graph.outputs.iter().filter_map(|output| output.to.map(taker)).collect()
}

/// A graph that feeds others waits while they have enough and no encoder takes anything any more: sources and loops inside it
/// have no end.
fn hold(plan: &Plan, graph: usize, balance: &Balance) -> Option<Hold> {
    let feeds_graphs = takers(&plan.graphs[graph]).iter().any(|taker| *taker != Taker::Encoder);
    feeds_graphs.then(|| balance.hold(graph, stands_alone(plan, graph, graph)))
}

/// A graph that is written beside what comes from inputs stays beside that, where sources and loops inside it go on by themselves.
fn lead(plan: &Plan, graph: &GraphPlan, balance: &Balance) -> Option<Lead> {
    let groups = balance_groups(plan);
    let written = graph.outputs.iter().filter_map(|output| match output.to {
        Some(PadTarget::Output(output, _)) => Some(&plan.outputs[output]),
        _ => None,
    });
    let sources = written.flat_map(|output| output.streams.iter().flat_map(|stream| plan.origins(stream.source)));
    let beside: BTreeSet<usize> = sources.map(|input| groups[input]).collect();
    (!beside.is_empty()).then(|| balance.lead(beside))
}

/// Nobody but the last graph takes anything of what feeds this one, directly or through others.
fn stands_alone(plan: &Plan, graph: usize, last: usize) -> bool {
    let files = plan.origins(StreamSource::Graph(graph, 0));
    let of_these = |input: usize| files.contains(&input);
    let leads_here = |at: usize| at == last || only_feeds(plan, at, last);
    let written = plan.outputs.iter().flat_map(|output| &output.streams);
    let read = plan.graphs.iter().enumerate().filter(|(at, _)| !leads_here(*at)).flat_map(|(_, graph)| &graph.inputs);
    let before: BTreeSet<usize> = plan.graphs[graph]
        .inputs
        .iter()
        .filter_map(|pad| match pad.source {
            PadSource::Graph(other, _) => Some(other),
            PadSource::Input(..) | PadSource::Decoder(_) => None,
        })
        .collect();
    plan.decoders.is_empty()
        && before.into_iter().all(|other| only_feeds(plan, other, graph) && stands_alone(plan, other, graph))
        && !written.filter_map(|stream| stream.source.input()).any(|(input, _)| of_these(input))
        && !read.filter_map(|pad| pad.source.input()).any(|(input, _)| of_these(input))
}

/// All that a graph gives goes to that other one, directly or through others.
fn only_feeds(plan: &Plan, graph: usize, last: usize) -> bool {
    let (mut seen, mut left) = (BTreeSet::from([graph, last]), vec![graph]);
    while let Some(at) = left.pop() {
        for taker in takers(&plan.graphs[at]) {
            match taker {
                Taker::Graph(next, _) if seen.insert(next) => left.push(next),
                Taker::Graph(..) => {}
                Taker::Encoder | Taker::Nobody => return false,
            }
        }
    }
    true
}

fn graph_input(
    plan: &Plan,
    (input, source): (usize, usize),
    inputs: &OpenInputs,
    name: String,
) -> Result<InputSettings, PrepareError> {
    let facts = &inputs.facts[input].streams[source];
    let stream_plan = &plan.inputs[input].streams[source];
    let parameters = inputs.demuxers[input]
        .parameters(source)
        .map_err(|cause| PrepareError::Failed(format!("{}: {cause}", inputs.facts[input].url)))?;
    let forced = stream_plan.forced_frame_rate;
    let (trim_start_us, trim_duration_us) = input_trim(plan, input, &inputs.spec.global, &inputs.facts[input]);
    let drawn = facts.kind == MediaKind::Subtitle;
    Ok(InputSettings {
        kind: if drawn { MediaKind::Video } else { facts.kind },
        time_base: forced.map_or(facts.time_base, Rational::inverse),
        frame_rate: forced.unwrap_or(parameters.frame_rate),
        expected: parameters.shape(),
        display_matrix: parameters.display_matrix(),
        crop: parameters.margins().filter(|_| stream_plan.cropping.by_container() && !drawn),
        autorotate: stream_plan.autorotate && !drawn,
        drop_changed: stream_plan.drop_changed,
        reinit: stream_plan.reinit_filter,
        trim_start_us,
        trim_duration_us,
        first_filters: stream_plan.first_filters.clone(),
        index: (input, source),
        name,
        drawing: drawn
            .then(|| Drawing::new(canvas(&inputs.facts[input], source, stream_plan.canvas_size), facts.time_base)),
    })
}

/// Subtitles are drawn at their own size, else at that of the largest pictures of their file.
fn canvas(facts: &InputFacts, stream: usize, asked: Option<(i32, i32)>) -> Canvas {
    if let Some((width, height)) = asked {
        return Canvas { width, height };
    }
    let own = &facts.streams[stream];
    if own.width > 0 && own.height > 0 {
        return Canvas { width: own.width, height: own.height };
    }
    let largest = |side: fn(&crate::facts::StreamFacts) -> i32| {
        facts.streams.iter().filter(|s| s.kind == MediaKind::Video).map(side).max().filter(|side| *side > 0)
    };
    let canvas = match (largest(|s| s.width), largest(|s| s.height)) {
        (Some(width), Some(height)) => Canvas { width, height },
        _ => Canvas { width: CANVAS.0, height: CANVAS.1 },
    };
    log::info!("sub2video: using {}x{} canvas", canvas.width, canvas.height);
    canvas
}

/// What an encoder wants of its graph.
fn constraint(output: &OutputPlan, (number, stream): (usize, usize), encode: &EncodePlan) -> OutputConstraint {
    OutputConstraint {
        name: format!("out_{number}_{stream}"),
        size: encode.size,
        any_size: encode.any_size,
        scaler_options: encode.scaler_options.clone(),
        formats: encode.formats.clone(),
        encoder: (encode.encoder.clone(), encode.options.clone()),
        colours: None,
        keep_format: encode.keep_format,
        sample_rates_hz: encode.sample_rates_hz.clone(),
        channel_layouts: encode.channel_layouts.clone(),
        trim_start_us: output.start_us,
        trim_duration_us: output.duration_us,
        frame_samples: 0,
        first_frame_counts: encode.frame_length.is_as_first(),
        pan: encode.pan.clone(),
        pad: encode.pad.clone(),
    }
}
