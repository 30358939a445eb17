//! The graphs of a run in the order in which they are told, with the names that ffmpeg gives their parts.

use crate::catalog::Catalog;
use crate::diagnostic::mask_text;
use crate::facts::{GraphFacts, GraphPlace, InputFacts, MediaKind};
use crate::octets::readable;
use crate::plan::{PadSource, PadTarget, Plan, StreamSource, Treatment};
use std::collections::BTreeMap;

/// All that is known of a run's graphs, and of what is before and behind them.
pub struct Known<'a> {
    /// What was to be done.
    pub plan: &'a Plan,
    /// What was found in the inputs.
    pub inputs: &'a [InputFacts],
    /// The graphs that were configured, as they were last.
    pub graphs: &'a BTreeMap<GraphPlace, GraphFacts>,
    /// What the linked FFmpeg has.
    pub catalog: &'a dyn Catalog,
    /// A codec's long name by its short one.
    pub long_name: &'a dyn Fn(&str) -> Option<String>,
}

/// A graph to be told of.
pub struct ToldGraph<'a> {
    /// Its number among all that are told of, which is part of its filters' ids.
    pub number: usize,
    /// Its number among complex ones; -1 for others, as ffmpeg has it.
    pub index: i64,
    /// Its description, as typed.
    pub description: String,
    /// What feeds it.
    pub inputs: Vec<ToldInput>,
    /// What it feeds.
    pub outputs: Vec<ToldOutput>,
    /// What it consists of; `None` when it was never configured.
    pub facts: Option<&'a GraphFacts>,
    /// The names of its filters, as ffmpeg's command gives them.
    pub names: Vec<String>,
}

/// What feeds a graph.
pub struct ToldInput {
    /// Where it comes from.
    pub source: PadSource,
    /// Its label in the description.
    pub label: Option<String>,
    /// What the graph sees: subtitles are drawn on pictures.
    pub kind: MediaKind,
}

/// What a graph feeds.
pub struct ToldOutput {
    /// An output and its stream, or another graph.
    pub to: PadTarget,
    /// Its place among the graph's outputs.
    pub pad: usize,
    /// Pictures or sound.
    pub kind: MediaKind,
}

impl ToldInput {
    /// `0:1` for a stream, `dec:0` for a loopback decoder, `fg:0:1` for what another graph gives.
    pub fn name(&self) -> String {
        match self.source {
            PadSource::Input(input, stream) => format!("{input}:{stream}"),
            PadSource::Decoder(decoder) => format!("dec:{decoder}"),
            PadSource::Graph(graph, pad) => format!("fg:{graph}:{pad}"),
        }
    }
}

impl ToldOutput {
    /// `#0:1` for an output's stream, `fg:1:0` for what another graph takes.
    pub fn name(&self) -> String {
        match self.to {
            PadTarget::Output(output, stream) => format!("#{output}:{stream}"),
            PadTarget::Graph(graph, pad) => format!("fg:{graph}:{pad}"),
        }
    }
}

/// Text that anybody may read: passwords masked, bytes that are no UTF-8 replaced.
pub fn open_text(text: &str) -> String {
    readable(&mask_text(text)).into_owned()
}

/// Complex graphs in their order, then those of single streams by output.
pub fn graphs<'a>(known: &Known<'a>) -> Vec<ToldGraph<'a>> {
    let plan = known.plan;
    let mut all = Vec::new();
    for (index, graph) in plan.graphs.iter().enumerate() {
        let seen = |kind| if kind == MediaKind::Subtitle { MediaKind::Video } else { kind };
        let inputs = graph.inputs.iter();
        all.push((
            GraphPlace::Complex(index),
            graph.description.as_str(),
            inputs.map(|pad| (pad.source, pad.label.clone(), seen(pad.kind))).collect::<Vec<_>>(),
            graph.outputs.iter().enumerate().filter_map(|(at, pad)| Some((pad.to?, at, pad.kind))).collect::<Vec<_>>(),
        ));
    }
    for (output, output_plan) in plan.outputs.iter().enumerate() {
        for (index, stream) in output_plan.streams.iter().enumerate() {
            if let (Treatment::Encode(encode), StreamSource::Input(input, source), None) =
                (&stream.treatment, stream.source, stream.encoded_by)
            {
                let input = (PadSource::Input(input, source), None, stream.kind);
                let place = GraphPlace::Simple(output, index);
                all.push((
                    place,
                    encode.graph.as_str(),
                    vec![input],
                    vec![(PadTarget::Output(output, index), 0, stream.kind)],
                ));
            }
        }
    }
    let told = |(number, (place, description, inputs, outputs)): (usize, (_, &str, Vec<_>, Vec<_>))| {
        let index = match place {
            GraphPlace::Complex(index) => i64::try_from(index).unwrap_or(-1),
            GraphPlace::Simple(..) => -1,
        };
        let mut graph = ToldGraph {
            number,
            index,
            description: open_text(description),
            inputs: inputs.into_iter().map(|(source, label, kind)| ToldInput { source, label, kind }).collect(),
            outputs: outputs.into_iter().map(|(to, pad, kind)| ToldOutput { to, pad, kind }).collect(),
            facts: known.graphs.get(&place),
            names: Vec::new(),
        };
        graph.names = names(&graph);
        graph
    };
    all.into_iter().enumerate().map(told).collect()
}

/// What ffmpeg calls each filter of a configured graph: those of the description by their own names, those around it by
/// the streams that they belong to (`graph -1 input from stream 0:0`, `trim_out_#0:0`).
fn names(graph: &ToldGraph) -> Vec<String> {
    let Some(facts) = graph.facts else { return Vec::new() };
    let own = |ends: &[usize], end: usize| facts.filters.get(*ends.get(end)?).map(|filter| filter.name.clone());
    let name = |raw: &str| {
        for (number, input) in graph.inputs.iter().enumerate() {
            let (Some(source), stream) = (own(&facts.sources, number), input.name()) else { continue };
            let sound = input.kind == MediaKind::Audio;
            if raw == source {
                let from = if sound { "_in" } else { " input from stream" };
                let separator = if sound { '_' } else { ' ' };
                return format!("graph{separator}{}{from}{separator}{stream}", graph.index);
            }
            match raw.strip_suffix(&source).and_then(|before| before.strip_suffix('_')) {
                Some("trim") if sound => return format!("trim for input stream {stream}"),
                Some("trim") => return format!("trim_in_{stream}"),
                Some(filter) => return filter.to_owned(),
                None => {}
            }
        }
        for (number, output) in graph.outputs.iter().enumerate() {
            let Some(sink) = own(&facts.sinks, number) else { continue };
            let stream = output.name();
            if raw == sink {
                return format!("out_{stream}");
            }
            match raw.strip_suffix(&sink).and_then(|before| before.strip_suffix('_')) {
                Some("trim") if output.kind == MediaKind::Audio => return format!("trim for output {stream}"),
                Some(filter) => return format!("{filter}_out_{stream}"),
                None => {}
            }
        }
        open_text(raw)
    };
    facts.filters.iter().map(|filter| name(&filter.name)).collect()
}

/// An id of letters, digits and underscores, as ffmpeg makes it.
pub fn id(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' }).collect()
}
