//! Plan: from what the user asked and what the inputs hold to what will be done, stream by stream.
//!
//! After planning, no stage decides anything about streams, codecs or formats.

mod codec;
mod codec_options;
mod correction;
mod display;
mod dispositions;
mod draft;
mod encode;
mod filter_arguments;
mod filter_commas;
mod filter_files;
mod filter_names;
mod filter_places;
mod fps_mode;
mod frame_limit;
mod graph_inputs;
mod graphs;
mod hardware;
mod heartbeats;
mod input;
mod keep_up;
mod loopback;
mod mapping;
mod metadata;
mod metadata_edit;
mod muxer;
mod opening;
mod option_values;
mod output;
mod parts;
mod passes;
mod place;
mod presets;
mod refusal_advice;
mod rings;
mod rules;
mod session;
mod sharing;
mod stream_groups;
mod target;
mod threads;
mod typed_names;

pub use codec_options::has_flag;
pub use display::{DisplayOverride, Orientation, display_override};
pub use filter_files::{read_files, written_files};
pub use filter_places::of as filters_of;
pub use graphs::try_files;
pub use hardware::{HardwareDecode, HardwareMethod, hardware_decode};
pub use input::{Seek, guess_layout_max, seek};
pub use keep_up::{FasterPreset, KeepUpPlan};
pub use metadata_edit::{MetadataChange, MetadataEdit};
pub use opening::{DemuxerSettings, OpenInput, UDP_SILENCE_US, open_input};
pub use parts::{
    CopyPlan, DecodePlan, DecoderThreads, EncodePlan, GraphInputPlan, GraphOutputPlan, GraphPlan, InputPlan,
    InputStreamPlan, LoopbackPlan, OutputPlan, OutputStreamPlan, PadSource, PadTarget, PassPlan, Plan, ProgramPlan,
    StatsPlan, StatsPlans, StreamSource, Treatment,
};
pub use session::{SessionPlan, is_rtsp_url};
pub use target::expand_target;

use self::draft::{Choice, OutputDraft, StreamDraft};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::InputFacts;
use crate::spec::JobSpec;

/// What rules look at.
pub(crate) struct Context<'a> {
    pub(crate) spec: &'a JobSpec,
    pub(crate) facts: &'a [InputFacts],
    pub(crate) seeks: &'a [Seek],
    pub(crate) catalog: &'a dyn Catalog,
}

/// Refuses what is known to go wrong before anything is opened.
pub fn check_spec(spec: &JobSpec) -> Result<(), Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    rules::same_path::check(spec, &mut diagnostics);
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// Makes the plan for a machine with so many processors. An error carries every diagnostic, the errors among them.
pub fn plan(
    spec: &JobSpec,
    facts: &[InputFacts],
    seeks: &[Seek],
    catalog: &dyn Catalog,
    cores: usize,
) -> Result<Plan, Vec<Diagnostic>> {
    let context = Context { spec, facts, seeks, catalog };
    frame_limit::check(&context).map_err(|diagnostic| vec![diagnostic])?;
    let mut diagnostics = Vec::new();
    let mut drafts: Vec<OutputDraft> = Vec::new();
    filter_names::of_complex_graphs(&context)?;
    let mut graphs = graphs::Graphs::read(&context).map_err(|diagnostic| vec![diagnostic])?;
    for index in 0..spec.outputs.len() {
        let draft = draft::draft(&context, index, &mut graphs).map_err(|diagnostic| vec![diagnostic])?;
        let streams_before = drafts.iter().map(|d| d.streams.len()).sum();
        drafts.push(OutputDraft { streams_before, ..draft });
    }
    rules::apply(&context, &mut drafts, &mut diagnostics);
    diagnostics.extend(misspelt(&context, &drafts));
    if failed(&diagnostics) {
        return Err(diagnostics);
    }
    let graphs = match graphs.connect(&context) {
        Ok(graphs) => graphs,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return Err(diagnostics);
        }
    };
    let mut plan = Plan { inputs: input::plan(&context), graphs, ..Plan::default() };
    for (index, draft) in drafts.iter().enumerate() {
        match output::output(&context, index, draft, &mut diagnostics) {
            Ok(output) => plan.outputs.push(output),
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                return Err(diagnostics);
            }
        }
    }
    plan.decoders = match loopback::plan(&context, &plan.outputs, &plan.graphs, &mut diagnostics) {
        Ok(decoders) => decoders,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return Err(diagnostics);
        }
    };
    input::mark_used(&context, &mut plan, &mut diagnostics);
    option_values::of_decoders(&context, &plan, &mut diagnostics);
    threads::of_filtergraphs(&context, &mut plan.outputs, cores);
    keep_up::assign(&context, &mut plan, &mut diagnostics);
    sharing::assign(&mut plan.outputs);
    threads::of_decoders(&context, &mut plan, cores);
    codec_options::report_unused(&context, &plan, &mut diagnostics);
    if failed(&diagnostics) {
        return Err(diagnostics);
    }
    plan.diagnostics = diagnostics;
    Ok(plan)
}

/// What outputs are given that their components do not take; a program's command line for ffmpeg is left to these.
fn misspelt(context: &Context, drafts: &[OutputDraft]) -> Vec<Diagnostic> {
    if context.spec.global.is_literal {
        return Vec::new();
    }
    let mut findings = correction::Findings::default();
    option_values::of_outputs(context, drafts, &mut findings);
    filter_names::of_outputs(context, drafts, &mut findings);
    typed_names::of_outputs(context, drafts, &mut findings);
    findings.finish(context.spec)
}

fn failed(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

#[cfg(test)]
mod testing {
    //! Command lines planned for made-up inputs, with the catalog for tests.
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::catalog::testing::{FakeCatalog, codec_number};
    use crate::cli::{self, Parsed};
    use crate::facts::{MediaKind, StreamFacts};
    use crate::unit::Rational;

    /// A stream as a probe finds it; pictures are 8-bit 4:2:0.
    pub(super) fn stream(kind: MediaKind, codec: &str) -> StreamFacts {
        let video = kind == MediaKind::Video;
        StreamFacts {
            codec: codec.to_owned(),
            codec_id: codec_number(codec),
            time_base: Rational::new(1, 1000),
            avg_frame_rate: if video { Rational::new(25, 1) } else { Rational::UNKNOWN },
            real_frame_rate: if video { Rational::new(25, 1) } else { Rational::UNKNOWN },
            start_time: Some(0),
            width: if video { 320 } else { 0 },
            height: if video { 180 } else { 0 },
            format: if video { "yuv420p" } else { "fltp" }.to_owned(),
            sample_rate_hz: if kind == MediaKind::Audio { 48_000 } else { 0 },
            channels: if kind == MediaKind::Audio { 2 } else { 0 },
            has_extradata: true,
            ..StreamFacts::of_kind(0, kind)
        }
    }

    pub(super) fn video(codec: &str) -> StreamFacts {
        stream(MediaKind::Video, codec)
    }

    pub(super) fn audio(codec: &str) -> StreamFacts {
        stream(MediaKind::Audio, codec)
    }

    pub(super) fn input(streams: Vec<StreamFacts>) -> InputFacts {
        let streams = streams.into_iter().enumerate().map(|(index, s)| StreamFacts { index, ..s }).collect();
        InputFacts { url: "in".to_owned(), format: "mov,mp4".to_owned(), streams, ..InputFacts::default() }
    }

    pub(super) fn spec(line: &str) -> JobSpec {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        match cli::parse(&words, &FakeCatalog, cli::Reading::Typed) {
            Ok((Parsed::Job(spec), _)) => *spec,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// The plan of a command line for inputs that hold this, on a machine with eight processors.
    pub(super) fn planned(line: &str, facts: &[InputFacts]) -> Result<Plan, Vec<Diagnostic>> {
        planned_job(&spec(line), facts)
    }

    /// The same of a job.
    pub(super) fn planned_job(job: &JobSpec, facts: &[InputFacts]) -> Result<Plan, Vec<Diagnostic>> {
        plan(job, facts, &vec![Seek::default(); facts.len()], &FakeCatalog, 8)
    }

    /// What one check tells of a command line for H.264 with AAC.
    pub(super) fn told(code: &str, line: &str) -> Vec<String> {
        let plan = planned(line, &[input(vec![video("h264"), audio("aac")])]).unwrap();
        plan.diagnostics.iter().filter(|d| d.code == code).map(ToString::to_string).collect()
    }

    /// The code and the sentence of the last of the diagnostics with which a command line is refused.
    pub(super) fn refusal(line: &str, facts: &[InputFacts]) -> (&'static str, String) {
        let last = planned(line, facts).unwrap_err().pop().unwrap();
        (last.code, last.to_string())
    }

    /// Where each stream of each output comes from.
    pub(super) fn sources(plan: &Plan) -> Vec<Vec<StreamSource>> {
        plan.outputs.iter().map(|o| o.streams.iter().map(|s| s.source).collect()).collect()
    }

    /// For each stream of each output, its input stream and `copy` or the encoder's name.
    pub(super) fn treatments(plan: &Plan) -> Vec<Vec<((usize, usize), String)>> {
        let name = |s: &OutputStreamPlan| match &s.treatment {
            Treatment::Copy(_) => "copy".to_owned(),
            Treatment::Encode(encode) => encode.encoder.clone(),
            Treatment::Subtitle { encoder, .. } => encoder.clone(),
            Treatment::Attach { file } => file.clone(),
        };
        plan.outputs
            .iter()
            .map(|o| o.streams.iter().map(|s| (s.source.input().unwrap_or_default(), name(s))).collect())
            .collect()
    }

    /// Only the names, of the first output.
    pub(super) fn encoders(plan: &Plan) -> Vec<String> {
        treatments(plan).swap_remove(0).into_iter().map(|(_, name)| name).collect()
    }

    pub(super) fn codes(diagnostics: &[Diagnostic]) -> Vec<(Severity, &'static str)> {
        diagnostics.iter().map(|d| (d.severity, d.code)).collect()
    }
}
