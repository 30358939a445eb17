//! The plan as data: all that will be done, stream by stream.

mod graph;
mod input;
mod loopback;
mod output;
mod treatment;

pub use self::graph::{GraphInputPlan, GraphOutputPlan, GraphPlan, PadSource, PadTarget};
pub use self::input::{DecodePlan, DecoderThreads, InputPlan, InputStreamPlan};
pub use self::loopback::LoopbackPlan;
pub use self::output::{OutputPlan, OutputStreamPlan, ProgramPlan, StatsPlan, StatsPlans, StreamSource};
pub use self::treatment::{CopyPlan, EncodePlan, PassPlan, Treatment};

use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;

/// All that will be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Inputs in the order of the command line.
    pub inputs: Vec<InputPlan>,
    /// Complex filtergraphs in the order of the command line.
    pub graphs: Vec<GraphPlan>,
    /// Outputs in the order of the command line.
    pub outputs: Vec<OutputPlan>,
    /// Loopback decoders in the order of the command line.
    pub decoders: Vec<LoopbackPlan>,
    /// What the rules have to say.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// The output and stream whose encoder serves this one: its own, or one that it shares.
    pub fn encoder_of(&self, (output, stream): (usize, usize)) -> (usize, usize) {
        self.outputs[output].streams[stream].encoded_by.unwrap_or((output, stream))
    }

    /// The inputs that an output stream's media comes from, in order, each once.
    pub fn origins(&self, source: StreamSource) -> Vec<usize> {
        let (mut inputs, mut seen, mut left) = (BTreeSet::new(), BTreeSet::new(), vec![source]);
        while let Some(source) = left.pop() {
            match source {
                StreamSource::Input(input, _) => drop(inputs.insert(input)),
                StreamSource::Graph(graph, _) if seen.insert(graph) => {
                    let pads = self.graphs.get(graph).map_or(&[][..], |graph| &graph.inputs);
                    left.extend(pads.iter().map(|pad| self.behind_pad(pad.source)));
                }
                StreamSource::Graph(..) | StreamSource::File => {}
            }
        }
        inputs.into_iter().collect()
    }

    /// The same of what feeds a filtergraph.
    pub fn pad_origins(&self, source: PadSource) -> Vec<usize> {
        self.origins(self.behind_pad(source))
    }

    /// What feeds a filtergraph; a loopback decoder gives what its encoder's source does.
    fn behind_pad(&self, source: PadSource) -> StreamSource {
        match source {
            PadSource::Input(input, stream) => StreamSource::Input(input, stream),
            PadSource::Decoder(number) => {
                let (output, stream) = self.decoders[number].stream;
                self.outputs[output].streams[stream].source
            }
            PadSource::Graph(graph, pad) => StreamSource::Graph(graph, pad),
        }
    }

    /// Some of its media comes or goes at the speed of time.
    pub fn is_timed(&self) -> bool {
        self.inputs.iter().any(InputPlan::is_timed) || self.outputs.iter().any(|output| output.session.is_some())
    }
}
