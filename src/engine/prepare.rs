//! From a JobSpec to everything that the stages need: open inputs, a plan, outputs with their streams declared.

mod concat_list;
mod files;
mod hint;
mod inputs;
mod outputs;

pub(super) use self::concat_list::has_in_points;
pub use self::concat_list::{concat_directives, concat_list};
pub use self::files::is_one_file;
pub use self::outputs::missing_folder;
pub(super) use self::outputs::{is_pipe, remove_if_empty};

use super::StopSignal;
use super::hardware;
use super::journal::Journal;
use super::keyframes::ForcedKeyframes;
use super::presets;
use super::threads;
use crate::av::{AvError, BitstreamFilter, Demuxer, Dictionary, HardwareDevices, Muxer};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::InputFacts;
use crate::plan::{self, DemuxerSettings, Plan, Seek};
use crate::spec::JobSpec;

/// Why a job cannot start.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PrepareError {
    /// The rules refuse; each diagnostic is a full sentence.
    #[error("the job cannot be planned")]
    Refused(Vec<Diagnostic>),
    /// An input or output cannot be opened.
    #[error("{url}: {cause}")]
    Open {
        /// URL with passwords masked.
        url: String,
        /// FFmpeg's reason.
        cause: AvError,
        /// What that means, where more can be said.
        hint: Option<String>,
    },
    /// Something else, as a full sentence.
    #[error("{0}")]
    Failed(String),
}

/// Inputs that are open, probed and sought.
pub struct OpenInputs {
    /// The job.
    pub spec: JobSpec,
    /// What was found in each.
    pub facts: Vec<InputFacts>,
    /// Where each was sought.
    pub seeks: Vec<Seek>,
    pub(super) demuxers: Vec<Demuxer>,
    /// How each was opened.
    pub(super) openings: Vec<DemuxerSettings>,
    /// What opening had to say.
    pub diagnostics: Vec<Diagnostic>,
    pub(super) journal: Journal,
    pub(super) hardware: HardwareDevices,
}

/// Opens all inputs of a job, and prints each as ffmpeg does.
pub fn open_inputs(
    spec: JobSpec,
    catalog: &dyn Catalog,
    stop: &StopSignal,
    journal: &Journal,
) -> Result<OpenInputs, PrepareError> {
    let mut spec = spec;
    plan::check_spec(&spec).map_err(PrepareError::Refused)?;
    files::read_scripts(&mut spec)?;
    presets::read(&mut spec, catalog)?;
    let mut opened = OpenInputs {
        facts: Vec::new(),
        seeks: Vec::new(),
        demuxers: Vec::new(),
        openings: Vec::new(),
        diagnostics: Vec::new(),
        journal: journal.clone(),
        hardware: hardware::open(&spec.global.seldom)?,
        spec,
    };
    for index in 0..opened.spec.inputs.len() {
        inputs::open_input(&mut opened, index, catalog, stop)?;
    }
    inputs::align_starts(&mut opened)?;
    for output in &mut opened.spec.outputs {
        plan::expand_target(output, &opened.facts, catalog, &mut opened.diagnostics);
    }
    if opened.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Err(PrepareError::Refused(std::mem::take(&mut opened.diagnostics)));
    }
    Ok(opened)
}

/// A job that is ready to run.
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    pub(super) inputs: OpenInputs,
    pub(super) outputs: Vec<PreparedOutput>,
}

/// An output with its streams declared and its file open.
pub(super) struct PreparedOutput {
    pub(super) muxer: Muxer,
    pub(super) options: Dictionary,
    pub(super) bitstream_filters: Vec<Option<BitstreamFilter>>,
    pub(super) keyframes: Vec<ForcedKeyframes>,
}

impl OpenInputs {
    /// Plans the job.
    pub fn plan(&mut self, catalog: &dyn Catalog) -> Result<Plan, PrepareError> {
        let mut plan = plan::plan(&self.spec, &self.facts, &self.seeks, catalog, threads::processors()).map_err(
            |diagnostics| {
                let mut all = std::mem::take(&mut self.diagnostics);
                all.extend(diagnostics);
                PrepareError::Refused(all)
            },
        )?;
        plan.diagnostics.splice(0..0, std::mem::take(&mut self.diagnostics));
        Ok(plan)
    }
}
