//! The plan as data: all that will be done, stream by stream.

mod graph;
mod input;
mod loopback;
mod output;
mod treatment;

pub use self::graph::{GraphInputPlan, GraphOutputPlan, GraphPlan, PadSource, PadTarget};
pub use self::input::{DecodePlan, InputPlan, InputStreamPlan};
pub use self::loopback::LoopbackPlan;
pub use self::output::{OutputPlan, OutputStreamPlan, ProgramPlan, StatsPlan, StatsPlans, StreamSource};
pub use self::treatment::{CopyPlan, EncodePlan, PassPlan, Treatment};

use crate::diagnostic::Diagnostic;

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
    /// The inputs that an output stream's media comes from, in order, each once.
    pub fn origins(&self, source: StreamSource) -> Vec<usize> {
        match source {
            StreamSource::Input(input, _) => vec![input],
            StreamSource::Graph(graph, _) => {
                let pads = self.graphs.get(graph).map_or(&[][..], |graph| &graph.inputs);
                let mut inputs: Vec<usize> = pads.iter().flat_map(|pad| self.pad_origins(pad.source)).collect();
                inputs.sort_unstable();
                inputs.dedup();
                inputs
            }
            StreamSource::File => Vec::new(),
        }
    }

    /// The same of what feeds a filtergraph: a loopback decoder gives what its encoder's source does. No filtergraph of a
    /// plan feeds itself, so this ends.
    pub fn pad_origins(&self, source: PadSource) -> Vec<usize> {
        match source {
            PadSource::Input(input, _) => vec![input],
            PadSource::Decoder(number) => {
                let (output, stream) = self.decoders[number].stream;
                self.origins(self.outputs[output].streams[stream].source)
            }
            PadSource::Graph(graph, pad) => self.origins(StreamSource::Graph(graph, pad)),
        }
    }

    /// Some of its media comes or goes at the speed of time.
    pub fn is_timed(&self) -> bool {
        self.inputs.iter().any(InputPlan::is_timed) || self.outputs.iter().any(|output| output.session.is_some())
    }
}
