//! The plan as data: all that will be done, stream by stream.

mod graph;
mod input;
mod output;
mod treatment;

pub use self::graph::{GraphInputPlan, GraphOutputPlan, GraphPlan};
pub use self::input::{DecodePlan, InputPlan, InputStreamPlan};
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
    /// What the rules have to say.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// Some of its media comes or goes at the speed of time.
    pub fn is_timed(&self) -> bool {
        self.inputs.iter().any(InputPlan::is_timed) || self.outputs.iter().any(|output| output.session.is_some())
    }
}
