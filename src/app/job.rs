//! One job, from its spec to the program's exit status.

mod course;
mod reports;

use self::course::carry_out;
use super::files::ReadBeside;
use super::signals::Outside;
use super::{Exit, files, keyboard, limits};
use crate::av::{AvError, LinkedCatalog, ProcessTimes, listing};
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Journal, OpenInputs, Outcome, PrepareError, StageError};
use crate::facts::{GraphFacts, GraphPlace, InputFacts};
use crate::octets::readable;
use crate::plan::Plan;
use crate::report::{CalledAs, benchmark, data, ending, explain, graphs, level, say, summary};
use crate::spec::{ExplainFormat, GlobalSpec, JobSpec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A job that ran.
struct Ran {
    plan: Arc<Plan>,
    outcome: Outcome,
    /// Its failure was told before it ran, and nothing is to be said of it any more.
    told: bool,
}

/// Why there is no outcome.
enum Stopped {
    /// It could not be prepared.
    Prepare(PrepareError),
    /// A sentence, or several lines of them.
    Refused(String),
    /// There was nothing more to do.
    Done,
}

impl Stopped {
    /// For programs.
    fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Prepare(PrepareError::Refused(all)) => all.clone(),
            Self::Prepare(other) => vec![Diagnostic::error("prepare", other.to_string())],
            Self::Refused(sentences) => vec![Diagnostic::error("refused", sentences.as_str())],
            Self::Done => Vec::new(),
        }
    }

    /// For people.
    fn tell(&self, called: CalledAs) {
        match self {
            Self::Prepare(error) => ending::prepare_error(error, called),
            Self::Refused(sentences) => say(level::ERROR, sentences),
            Self::Done => {}
        }
    }
}

impl From<PrepareError> for Stopped {
    fn from(error: PrepareError) -> Self {
        Self::Prepare(error)
    }
}

impl From<std::io::Error> for Stopped {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(format!("The operating system refused a thread or a signal: {error}"))
    }
}

/// Carries out a job and tells of it.
pub(super) fn run(mut spec: JobSpec, called: CalledAs, catalog: &LinkedCatalog) -> Exit {
    let before = ProcessTimes::now();
    let clock = engine::clock::Clock::start();
    // ffmpeg does not mind damaged inputs.
    spec.global.strict_exit.get_or_insert(called == CalledAs::Weir);
    let global = spec.global.clone();
    if let Err(sentence) = limits::apply(&global.seldom) {
        say(level::ERROR, &sentence);
        return Exit::Failed;
    }
    let outside = Outside::default();
    let mut planned = None;
    let ended = carry_out((spec, called), catalog, &outside, &mut planned);
    keyboard::restore();
    outside.ended.trip();
    let exit = match ended {
        Ok(Ran { plan, mut outcome, told }) => {
            let mut exit = conclude(&plan, &outcome, &global, called);
            // ffmpeg does not mind.
            if !tell_graphs(&global, planned, &outcome.meter.graphs(), catalog)
                && called == CalledAs::Weir
                && matches!(exit, Exit::Done)
            {
                exit = Exit::Failed;
            }
            outcome.clear();
            if outcome.failure.is_some() && outside.signal().is_none() && !told {
                conversion_failed(called);
            }
            exit
        }
        Err(Stopped::Done) => Exit::Done,
        Err(Stopped::Prepare(PrepareError::Open { cause: AvError::EXIT, .. })) if outside.signal().is_some() => {
            Exit::Failed
        }
        Err(stopped) => {
            if global.explain == Some(ExplainFormat::Json) {
                explain_refusal(&stopped.diagnostics());
            }
            stopped.tell(called);
            tell_graphs(&global, planned, &BTreeMap::new(), catalog);
            Exit::Failed
        }
    };
    if global.benchmark {
        benchmark::show(before, clock.now_ns());
    }
    match outside.signal() {
        Some(signal) => {
            say(level::INFO, &format!("Exiting normally, received signal {signal}."));
            Exit::Signal
        }
        None => exit,
    }
}

/// A plan and what was found in its inputs, kept where graphs are to be told of at the end.
type Planned = Option<(Plan, Vec<InputFacts>)>;

/// Tells of the graphs, when that is asked for and there is a plan; `false` when they could not be written.
fn tell_graphs(
    global: &GlobalSpec,
    planned: Planned,
    configured: &BTreeMap<GraphPlace, GraphFacts>,
    catalog: &LinkedCatalog,
) -> bool {
    let Some((plan, inputs)) = planned else { return true };
    let codecs: BTreeMap<String, String> =
        listing::codecs::codecs().into_iter().map(|c| (c.name, c.long_name)).collect();
    let known = graphs::Known {
        plan: &plan,
        inputs: &inputs,
        graphs: configured,
        catalog,
        long_name: &|name| codecs.get(name).cloned(),
    };
    graphs::show(&global.seldom.graphs, &known)
}

/// Opens the inputs, which tells what is in them, and no more.
pub(super) fn inspect(spec: JobSpec, called: CalledAs, catalog: &LinkedCatalog) -> Result<(), Exit> {
    let outside = Outside::default();
    if outside.watch(false).is_err() {
        return Ok(());
    }
    let beside = files::read_beside(&spec, catalog);
    let explains = spec.global.explain.is_some();
    let opened = engine::open_inputs(spec, catalog, &outside.stop, &Journal::default());
    outside.ended.trip();
    let dumped = opened.map_err(Stopped::from).and_then(|inputs| match explains {
        true => Ok(()),
        false => dump_attachments(&inputs, &beside, called),
    });
    dumped.map_err(|stopped| {
        if outside.signal().is_some() {
            return Exit::Signal;
        }
        stopped.tell(called);
        Exit::Failed
    })
}

/// Carries out `-dump_attachment`, unless that would destroy what the job reads.
fn dump_attachments(inputs: &OpenInputs, beside: &[ReadBeside], called: CalledAs) -> Result<(), Stopped> {
    let attachments = inputs.attachments()?;
    let names = attachments.iter().map(|attachment| attachment.name.as_str());
    files::check_attachments(names, inputs, (beside, called)).map_err(Stopped::Refused)?;
    attachments.iter().try_for_each(|attachment| attachment.write(inputs.spec.global.overwrite))?;
    Ok(())
}

/// Why there is no plan, for programs.
pub(super) fn explain_refusal(diagnostics: &[Diagnostic]) {
    data(&readable(&format!("{:#}\n", explain::refusal_json(diagnostics))));
}

fn explain_plan(format: ExplainFormat, plan: &Plan, inputs: &OpenInputs, catalog: &LinkedCatalog) {
    match format {
        ExplainFormat::Text => data(&explain::text(plan, &inputs.facts, catalog)),
        ExplainFormat::Json => data(&readable(&format!("{:#}\n", explain::json(plan, &inputs.facts, catalog)))),
    };
}

/// The closing lines and the status.
fn conclude(plan: &Plan, outcome: &Outcome, global: &GlobalSpec, called: CalledAs) -> Exit {
    if called == CalledAs::Weir || !never_began(outcome) {
        summary::sizes(plan, outcome, called);
    }
    let exceeded = limits::exceeded(outcome, &global.seldom, called).filter(|_| outcome.failure.is_none());
    if let Some((exit, sentence)) = exceeded {
        say(level::ERROR, &sentence);
        if exit == Exit::Failed {
            conversion_failed(called);
        }
        return exit;
    }
    if outcome.failure.is_some() {
        Exit::Failed
    } else if !outcome.damage.is_empty() && global.strict_exit == Some(true) {
        Exit::Damaged
    } else {
        Exit::Done
    }
}

/// The last word of a job that failed, which ffmpeg utters at level info.
fn conversion_failed(called: CalledAs) {
    let level = if called == CalledAs::Ffmpeg { level::INFO } else { level::ERROR };
    say(level, "Conversion failed!");
}

/// A filter, an encoder or a format refused the job: ffmpeg has no closing lines for that.
fn never_began(outcome: &Outcome) -> bool {
    matches!(outcome.failure, Some(StageError::Told { .. }))
}
