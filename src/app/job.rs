//! One job, from its spec to the program's exit status.

mod reports;

use self::reports::Reports;
use super::files::ReadBeside;
use super::signals::Outside;
use super::{Exit, files, keyboard, limits};
use crate::av::{AvError, LinkedCatalog, ProcessTimes, listing};
use crate::diagnostic::Diagnostic;
use crate::engine::commands::Commands;
use crate::engine::{self, Journal, OpenInputs, Outcome, PrepareError, Prepared, Running, StageError};
use crate::facts::{GraphFacts, GraphPlace, InputFacts};
use crate::octets::readable;
use crate::plan::{Plan, try_files};
use crate::report::metrics::Figures;
use crate::report::progress::ProgressSink;
use crate::report::ticker::{ProgressSettings, Ticker};
use crate::report::{
    CalledAs, aside, benchmark, data, ending, expected, explain, graphs, level, mapping, say, summary, terminal,
};
use crate::spec::{ExplainFormat, GlobalSpec, JobSpec, Overwrite};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

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

/// A job on its way from its spec to its outcome.
struct Job<'a> {
    global: GlobalSpec,
    called: CalledAs,
    catalog: &'a LinkedCatalog,
    outside: &'a Outside,
    /// The keyboard is listened to.
    keys: bool,
    /// What is read besides the inputs.
    beside: Vec<ReadBeside>,
    journal: Journal,
}

fn carry_out(
    (spec, called): (JobSpec, CalledAs),
    catalog: &LinkedCatalog,
    outside: &Outside,
    planned: &mut Planned,
) -> Result<Ran, Stopped> {
    let keys = spec.global.stdin && !spec.inputs.iter().any(|input| reads_stdin(&input.url));
    outside.watch(keys)?;
    files::check_reports(&spec, catalog, called).map_err(Stopped::Refused)?;
    let beside = files::read_beside(&spec, catalog);
    let global = spec.global.clone();
    let job = Job { global, called, catalog, outside, keys, beside, journal: Journal::default() };
    let mut reports = Reports::open(&job.global, &job.journal, called)?;
    let (inputs, plan) = job.plan(spec)?;
    if let Some(format) = job.global.explain {
        job.check_files(&inputs, &plan, Overwrite::Always, None)?;
        files::check_folders(&plan).map_err(Stopped::Refused)?;
        explain_plan(format, &plan, &inputs, catalog);
        return Err(Stopped::Done);
    }
    job.before_outputs(&inputs, &plan)?;
    let progress = job.progress(&inputs, &plan, reports.progress.take());
    *planned = job.global.seldom.graphs.is_wanted().then(|| (plan.clone(), inputs.facts.clone()));
    let prepared = inputs.open_outputs(plan, &outside.stop)?;
    job.run(prepared, progress, reports)
}

impl Job<'_> {
    /// Opens the inputs and plans what becomes of them.
    fn plan(&self, spec: JobSpec) -> Result<(OpenInputs, Plan), Stopped> {
        let mut inputs = engine::open_inputs(spec, self.catalog, &self.outside.stop, &self.journal)?;
        if self.called == CalledAs::Weir {
            files::check_names(&inputs.spec).map_err(Stopped::Refused)?;
        }
        let plan = inputs.plan(self.catalog)?;
        Ok((inputs, plan))
    }

    /// See [`files::check`].
    fn check_files(
        &self,
        inputs: &OpenInputs,
        plan: &Plan,
        overwrite: Overwrite,
        asks: Option<&Outside>,
    ) -> Result<(), Stopped> {
        let read = (inputs.spec.inputs.as_slice(), self.beside.as_slice());
        files::check(plan, read, overwrite, (asks, self.called)).map_err(Stopped::Refused)
    }

    /// What comes before outputs are opened: attachments are written, and what would do harm is refused.
    fn before_outputs(&self, inputs: &OpenInputs, plan: &Plan) -> Result<(), Stopped> {
        dump_attachments(inputs, &self.beside, self.called)?;
        ending::diagnostics(&plan.diagnostics, self.called);
        self.check_files(inputs, plan, self.global.overwrite, self.keys.then_some(self.outside))?;
        try_files(&inputs.spec.global.complex_graphs, self.catalog)
            .map_err(|diagnostic| PrepareError::Refused(vec![diagnostic]).into())
    }

    /// How the job's progress is shown.
    fn progress(&self, inputs: &OpenInputs, plan: &Plan, sink: Option<ProgressSink>) -> ProgressSettings {
        let global = &self.global;
        let extras = self.called == CalledAs::Weir && global.extras;
        ProgressSettings {
            stats: global.stats,
            period: Duration::from_micros(u64::try_from(global.stats_period_us).unwrap_or(500_000)),
            sink,
            extras: extras && terminal::is_terminal(),
            own_keys: extras,
            span: expected::span(plan, &inputs.facts, global.copy_timestamps),
            copy_timestamps: global.copy_timestamps,
            commands: Commands::default(),
        }
    }

    /// Runs it to its end.
    fn run(&self, prepared: Prepared, progress: ProgressSettings, reports: Reports) -> Result<Ran, Stopped> {
        self.outside.running.trip();
        let mut refused = false;
        let running = prepared.start(&self.outside.stop, |plan, error| {
            // ffmpeg gives up there, with the mapping as its last words.
            refused = self.called == CalledAs::Ffmpeg && error.is_some();
            if let Some(error) = error.filter(|_| refused) {
                ending::stage_error(error, self.called);
            }
            mapping::show(plan, self.catalog);
            if self.keys && !refused {
                say(level::INFO, "Press [q] to stop, [?] for help");
            }
        })?;
        let ticker = match self.attend(&running, progress, reports.metrics.as_deref()) {
            Ok(ticker) => ticker,
            Err(error) => {
                self.outside.stop.abort();
                running.join();
                return Err(error.into());
            }
        };
        let plan = Arc::clone(&running.plan);
        let mut outcome = running.join();
        self.outside.ended.trip();
        if self.called == CalledAs::Weir {
            // Our closing lines are the last; ffmpeg's stand before what filters and encoders say when they go.
            outcome.clear();
        }
        keyboard::restore();
        self.tell_end(&plan, &outcome, refused);
        let patience = if self.outside.is_asked_to_end() { aside::HURRIED } else { aside::UNHURRIED };
        if self.called == CalledAs::Ffmpeg && never_began(&outcome) {
            ticker.stop(patience);
        } else {
            ticker.finish(outcome.failure.is_none() && !outcome.stopped, patience);
        }
        self.journal.listen(|_| {});
        if let Some(events) = reports.events {
            events.finish(patience);
        }
        Ok(Ran { plan, outcome, told: refused })
    }

    /// Takes keys for a job that runs, and tells how far it is.
    fn attend(
        &self,
        running: &Running,
        progress: ProgressSettings,
        metrics: Option<&Figures>,
    ) -> std::io::Result<Ticker> {
        if self.keys {
            keyboard::watch(self.outside, running.commands.clone())?;
        }
        if let Some(figures) = metrics {
            figures.begin(Arc::clone(&running.plan), Arc::clone(&running.meter));
        }
        let progress = ProgressSettings { commands: running.commands.clone(), ..progress };
        Ticker::start(progress, Arc::clone(&running.plan), Arc::clone(&running.meter))
    }

    /// What went wrong; `told`: its failure has been told of.
    fn tell_end(&self, plan: &Plan, outcome: &Outcome, told: bool) {
        if outcome.failure.is_some() && self.outside.signal().is_none() && !told {
            ending::failure(plan, outcome, self.called);
        }
        ending::damage(outcome);
        if self.called == CalledAs::Weir && self.global.extras {
            for line in summary::repairs(&outcome.meter) {
                say(level::INFO, &line);
            }
            if let Some(line) = summary::limited_by(plan, outcome).filter(|_| terminal::is_terminal()) {
                say(level::INFO, &line);
            }
        }
    }
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

fn reads_stdin(url: &str) -> bool {
    let names = ["-", "/dev/stdin"];
    names.contains(&url)
        || ["pipe:", "fd:"].iter().any(|protocol| url.starts_with(protocol))
        || [":pipe:", ":pipe:0", ":fd:"].iter().any(|end| url.ends_with(end))
}
