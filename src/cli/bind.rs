//! Binds a split command to a typed job: applies every option to the run, the input or the output it belongs to.

use super::correction::{Edit, Findings};
use super::filters::colon_ratios;
use super::split::{Command, FIRST_STREAM, Group, GroupKind, Kind, Typed};
use super::table::{self, Effect, Row, Scope, Suffix, Use};
use super::value::BadValue;
use super::{messages, place};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Origin};
use crate::spec::{
    AvOption, DecoderSpec, GlobalSpec, InputSpec, JobSpec, MapSource, MetadataPlace, OutputSpec, SpecifierError,
    StreamSpecifier,
};

/// Binds the command; everything wrong goes to `findings`. `word_count` is where the command line ends.
pub fn bind(command: &Command, catalog: &dyn Catalog, findings: &mut Findings, word_count: usize) -> JobSpec {
    let mut binder = Binder { command, catalog, findings };
    let mut job = JobSpec::default();
    for typed in &command.globals {
        binder.global(&mut job.global, typed);
    }
    binder.check_overwrite();
    for group in &command.groups {
        match group.kind {
            GroupKind::Input => job.inputs.push(binder.input(group)),
            GroupKind::Output => job.outputs.push(binder.output(group)),
            GroupKind::Decoder => job.decoders.push(binder.decoder(group)),
        }
    }
    binder.check_files(&job, word_count);
    binder.check_input_numbers(&job);
    job
}

struct Binder<'a> {
    command: &'a Command,
    catalog: &'a dyn Catalog,
    findings: &'a mut Findings,
}

/// `-` is standard input or output.
fn url(text: &str) -> String {
    if text == "-" { "pipe:".to_owned() } else { text.to_owned() }
}

impl<'a> Binder<'a> {
    fn global(&mut self, spec: &mut GlobalSpec, typed: &Typed) {
        let Kind::Native(row) = &typed.kind else { return };
        if typed.name == "vsync" {
            let message = "-vsync is the older spelling of -fps_mode, which stands before the output it is for.";
            let number = typed.value.parse::<i32>().is_ok();
            let more = "\nPassing a number to -vsync is deprecated, use a string argument as described in the manual.";
            let words = format!("-vsync is deprecated. Use -fps_mode{}", if number { more } else { "" });
            self.findings.tell(Diagnostic::note("older-spelling", message).ffmpeg_says(words).at(&typed.origin));
        }
        if let Effect::Global(apply) = row.effect {
            self.apply(typed, row, |used| apply(spec, used));
        }
    }

    fn input(&mut self, group: &Group) -> InputSpec {
        let mut spec = InputSpec::new(url(&group.url), group.origin.clone());
        for typed in &group.options {
            match &typed.kind {
                Kind::Library { name, scopes } => spec.options.extend(self.library(typed, name, *scopes)),
                Kind::Native(row) => match target(row).effect {
                    Effect::Input(apply) | Effect::Both(apply, _) => {
                        self.apply(typed, row, |used| apply(&mut spec, used));
                    }
                    _ => self.misplaced(typed, row, group),
                },
            }
        }
        if spec.read_rate.is_some_and(|rate| !rate.rate.is_valid()) {
            spec.read_rate = None;
            let message =
                "-readrate_initial_burst or -readrate_catchup is ignored: this input has neither -re nor -readrate.";
            self.findings.tell(Diagnostic::warning("unused-option", message).at(&group.origin));
        }
        if let Some((rate, catch_up)) = spec.read_rate.and_then(|r| Some((r.rate, r.catch_up?)))
            && rate.as_f64() > catch_up.as_f64()
        {
            self.findings.tell(messages::slow_catch_up(rate, catch_up, &group.origin));
        }
        spec
    }

    fn output(&mut self, group: &Group) -> OutputSpec {
        let mut spec = OutputSpec::new(url(&group.url), group.origin.clone());
        for typed in &group.options {
            match &typed.kind {
                Kind::Library { name, scopes } => spec.options.extend(self.library(typed, name, *scopes)),
                Kind::Native(row) => match target(row).effect {
                    Effect::Output(apply) | Effect::Both(_, apply) => {
                        self.apply(typed, row, |used| apply(&mut spec, used));
                        self.check_filter(typed, row);
                    }
                    _ => self.misplaced(typed, row, group),
                },
            }
        }
        self.check_repeated_filters(&spec);
        spec
    }

    fn decoder(&mut self, group: &Group) -> DecoderSpec {
        let stream = place::output_stream(&group.url).unwrap_or_else(|bad| {
            let diagnostic = messages::bad_value("dec", &group.url, &bad, &group.origin);
            self.findings.mend(diagnostic, [Edit::Replace(group.url_at, vec![FIRST_STREAM.to_owned()])]);
            (0, 0)
        });
        let mut spec = DecoderSpec::new(stream, group.origin.clone());
        for typed in &group.options {
            match &typed.kind {
                Kind::Library { name, scopes } => spec.options.extend(self.library(typed, name, *scopes)),
                Kind::Native(row) => match target(row).decoder {
                    Some(apply) => self.apply(typed, row, |used| apply(&mut spec, used)),
                    None => self.misplaced(typed, row, group),
                },
            }
        }
        spec
    }

    /// Of two filtergraphs for the same streams only the last one runs, which is seldom what was meant.
    fn check_repeated_filters(&mut self, spec: &OutputSpec) {
        let filters = &spec.filters.0;
        for (at, filter) in filters.iter().enumerate() {
            let later = filters[at + 1..].iter().find(|later| later.specifier == filter.specifier);
            if let Some(later) = later {
                self.findings.tell(messages::repeated_filter(filter, later));
            }
        }
    }

    fn library(&mut self, typed: &Typed, name: &str, scopes: crate::catalog::OptionScopes) -> Option<AvOption> {
        let specifier = match StreamSpecifier::parse(typed.suffix.as_deref().unwrap_or_default()) {
            Ok(specifier) => specifier,
            Err(error) => {
                self.bad_suffix(typed, &error);
                return None;
            }
        };
        Some(AvOption {
            name: name.to_owned(),
            specifier,
            value: typed.value.clone(),
            scopes,
            origin: typed.origin.clone(),
        })
    }

    /// Reads the suffix, runs `set`, and tells what went wrong.
    fn apply(&mut self, typed: &Typed, row: &'static Row, set: impl FnOnce(&Use<'_>) -> Result<(), BadValue>) {
        let mut suffix = typed.suffix.as_deref();
        if let (Some(text), true) = (suffix, row.suffix == Suffix::None) {
            self.findings.tell(messages::suffix_ignored(&typed.name, text, &typed.origin));
            suffix = None;
        }
        if let Effect::Alias(_, specifier) = row.effect {
            suffix = Some(specifier);
        }
        if let (None, Some(bare)) = (suffix, row.bare) {
            self.findings.tell(messages::ambiguous(&typed.name, bare, &typed.origin));
            suffix = Some(bare);
        }
        let suffix = suffix.unwrap_or_default();
        let (mut specifier, mut metadata_place) = (StreamSpecifier::all(), MetadataPlace::Global);
        let read = match target(row).suffix {
            Suffix::None => Ok(()),
            Suffix::Stream => StreamSpecifier::parse(suffix).map(|read| specifier = read),
            Suffix::Place => place::place(suffix).map(|read| metadata_place = read),
        };
        if let Err(error) = read {
            let edit = Edit::Replace(typed.at, vec![format!("-{}", typed.name)]);
            let mut diagnostic = messages::bad_suffix(&typed.name, &error.to_string(), &typed.origin);
            if target(row).suffix == Suffix::Place {
                let place = suffix.chars().next().unwrap_or_default();
                diagnostic = diagnostic.ffmpeg_says(format!("Invalid metadata type {place}."));
            }
            return self.findings.mend(diagnostic, [edit]);
        }
        let used = Use {
            value: &typed.value,
            on: typed.on,
            specifier,
            place: metadata_place,
            origin: &typed.origin,
            catalog: self.catalog,
            is_literal: self.command.is_literal,
        };
        if let Err(bad) = set(&used) {
            let name = typed.origin.token.trim_start_matches('-');
            let diagnostic = messages::bad_value(name, &typed.value, &bad, &typed.origin);
            let edit = match typed.value_at {
                Some(at) => Edit::Replace(at, vec![bad.example]),
                None => Edit::Replace(typed.at, vec![format!("-{}={}", typed.name, bad.example)]),
            };
            self.findings.mend(diagnostic, [edit]);
        }
    }

    fn bad_suffix(&mut self, typed: &Typed, error: &SpecifierError) {
        let diagnostic = messages::bad_suffix(&typed.name, &error.to_string(), &typed.origin);
        self.findings.mend(diagnostic, [Edit::Replace(typed.at, vec![format!("-{}", typed.name)])]);
    }

    /// An option before the wrong kind of file: shows where it ought to stand.
    fn misplaced(&mut self, typed: &Typed, row: &'static Row, group: &Group) {
        let name = typed.origin.token.trim_start_matches('-');
        let diagnostic = messages::misplaced(target(row), name, (group.kind, &group.url), &typed.origin);
        let wants_input = match group.kind {
            GroupKind::Input => false,
            GroupKind::Output => true,
            GroupKind::Decoder => row.scope() == Scope::Input,
        };
        let edits = self.moved(typed, self.home(wants_input, group.anchor));
        self.findings.mend(diagnostic, edits);
    }

    /// Where an option that stands at `from` belongs: before the next output, or before the last input so far; else
    /// before any of that kind.
    fn home(&self, wants_input: bool, from: usize) -> Option<usize> {
        let kind = if wants_input { GroupKind::Input } else { GroupKind::Output };
        let mut fitting = self.command.groups.iter().filter(|g| g.kind == kind).map(|g| g.anchor);
        if wants_input {
            let before = fitting.clone().rfind(|anchor| *anchor < from);
            before.or_else(|| fitting.next())
        } else {
            let after = fitting.clone().find(|anchor| *anchor > from);
            after.or_else(|| fitting.next_back())
        }
    }

    /// The edits that take an option with its value away and put it before `home`.
    fn moved(&self, typed: &Typed, home: Option<usize>) -> Vec<Edit> {
        let mut words = vec![typed.origin.token.clone()];
        let mut edits = vec![Edit::Replace(typed.at, Vec::new())];
        if let Some(at) = typed.value_at {
            words.push(typed.value.clone());
            edits.push(Edit::Replace(at, Vec::new()));
        }
        if let Some(home) = home {
            edits.push(Edit::Before(home, words));
        }
        edits
    }

    fn check_filter(&mut self, typed: &Typed, row: &'static Row) {
        if target(row).name() != "filter" {
            return;
        }
        let (found, mended) = colon_ratios(&typed.value);
        for ratio in found {
            let diagnostic = messages::colon_ratio(&ratio.typed, &ratio.meant, &typed.origin);
            let edit = typed.value_at.map(|at| Edit::Replace(at, vec![mended.clone()]));
            self.findings.mend(diagnostic, edit);
        }
    }

    fn check_overwrite(&mut self) {
        let last = |name: &str| self.command.globals.iter().rfind(|t| t.name == name && t.on);
        if let (Some(yes), Some(no)) = (last("y"), last("n")) {
            let later = if yes.at > no.at { yes } else { no };
            self.findings.mend(messages::both_overwrites(&later.origin), [Edit::Replace(later.at, Vec::new())]);
        }
    }

    /// Inputs and outputs must be there, and nothing may stand behind the last of them.
    fn check_files(&mut self, job: &JobSpec, word_count: usize) {
        if job.outputs.is_empty() {
            let mut words = vec!["output.mp4".to_owned()];
            if job.inputs.is_empty() {
                words.splice(0..0, ["-i".to_owned(), "input.mp4".to_owned()]);
            }
            self.findings.mend(messages::no_output(), [Edit::Before(word_count, words)]);
            return;
        }
        if job.inputs.is_empty()
            && job.global.complex_graphs.is_empty()
            && let Some(first) = self.command.groups.first()
        {
            let mut words = vec!["-i".to_owned()];
            if job.outputs.len() == 1 {
                words.push("input.mp4".to_owned());
            }
            self.findings.mend(messages::no_input(&first.origin), [Edit::Before(first.anchor, words)]);
        }
        for typed in &self.command.trailing {
            let value = typed.value_at.map(|_| typed.value.as_str());
            let diagnostic = messages::trailing(&typed.origin.token, value, &typed.origin);
            let wants_input = matches!(&typed.kind, Kind::Native(row) if row.scope() == Scope::Input);
            let edits = self.moved(typed, self.home(wants_input, typed.at));
            self.findings.mend(diagnostic, edits);
        }
    }

    /// `-map`, `-map_metadata` and `-map_chapters` name inputs by number.
    fn check_input_numbers(&mut self, job: &JobSpec) {
        let count = job.inputs.len();
        if count == 0 {
            return;
        }
        let mut check = |number: usize, typed: &str, origin: &Origin| {
            if number >= count {
                let token = format!("{} {typed}", origin.token);
                self.findings.tell(messages::no_such_input(token.trim_end(), number, count, origin));
            }
        };
        for output in &job.outputs {
            for map in &output.maps {
                if let MapSource::Input { input, specifier } = &map.source {
                    check(*input, format!("{input}:{specifier}").trim_end_matches(':'), &map.origin);
                }
            }
            for map in &output.map_metadata {
                if let Some(input) = map.input {
                    check(input, "", &map.origin);
                }
            }
            if let Some(input) = output.map_chapters.and_then(|input| usize::try_from(input).ok()) {
                check(input, "", &Origin::new(output.origin.arg, "-map_chapters"));
            }
        }
    }
}

/// The row itself, or the one it is another spelling of.
fn target(row: &'static Row) -> &'static Row {
    match row.effect {
        Effect::Alias(name, _) => table::find(name).unwrap_or(row),
        _ => row,
    }
}
