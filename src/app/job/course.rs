//! The course of a job: its inputs are opened, it is planned, checked, run, and told of until its outcome is known.

use super::reports::Reports;
use super::{Planned, Ran, Stopped, dump_attachments, explain_plan, never_began};
use crate::app::files::{self, ReadBeside};
use crate::app::keyboard;
use crate::app::signals::Outside;
use crate::av::LinkedCatalog;
use crate::engine::commands::Commands;
use crate::engine::{self, Journal, OpenInputs, Outcome, PrepareError, Prepared, Running};
use crate::plan::{Plan, try_files};
use crate::report::metrics::Figures;
use crate::report::progress::ProgressSink;
use crate::report::ticker::{ProgressSettings, Ticker};
use crate::report::{CalledAs, aside, ending, expected, level, mapping, say, summary, terminal};
use crate::spec::{GlobalSpec, JobSpec, Overwrite};
use std::sync::Arc;
use std::time::Duration;

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

/// Opens, plans and runs a job, and tells of it on the way. `planned` is kept for what is told at the end.
pub(super) fn carry_out(
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

fn reads_stdin(url: &str) -> bool {
    let names = ["-", "/dev/stdin"];
    names.contains(&url)
        || ["pipe:", "fd:"].iter().any(|protocol| url.starts_with(protocol))
        || [":pipe:", ":pipe:0", ":fd:"].iter().any(|end| url.ends_with(end))
}
