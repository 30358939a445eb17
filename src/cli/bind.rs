//! Binds a split command to a typed job: applies every option to the run, the input or the output it belongs to.

use super::command::{Command, FIRST_STREAM, Group, GroupKind, Kind, Typed};
use super::correction::Findings;
use super::filters::colon_ratios;
use super::table::{Effect, Row, Scope, Suffix, Use};
use super::trial;
use super::value::BadValue;
use super::{input_numbers, messages, place, stray, value_of_flag};
use crate::catalog::{Catalog, OptionScopes};
use crate::diagnostic::{Diagnostic, Edit, meant as likely, nearest};
use crate::spec::{
    AvOption, DecoderSpec, GlobalSpec, InputSpec, JobSpec, MetadataPlace, OutputSpec, SpecifierError, StreamSpecifier,
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
            GroupKind::Input => job.inputs.push(binder.input(job.inputs.len(), group)),
            GroupKind::Output => job.outputs.push(binder.output(group)),
            GroupKind::Decoder => job.decoders.push(binder.decoder(group)),
        }
    }
    binder.check_files(&job, word_count);
    input_numbers::check(command, &job, findings);
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

    fn input(&mut self, number: usize, group: &Group) -> InputSpec {
        let mut spec = InputSpec::new(url(&group.url), group.origin.clone());
        for typed in &group.options {
            match &typed.kind {
                Kind::Library { name, scopes } if self.is_for_encoding(name, *scopes) => {
                    self.not_for_decoding(typed, name, (number, group));
                }
                Kind::Library { name, scopes } => spec.options.extend(self.library(typed, name, *scopes)),
                Kind::Native(row) => match row.target().effect {
                    Effect::Input(apply) | Effect::Both(apply, _) => {
                        self.apply(typed, row, |used| apply(&mut spec, used));
                    }
                    _ => self.misplaced(typed, row, group),
                },
            }
        }
        self.check_decoders(&spec, group);
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
        if value_of_flag::check(self.command, group, self.findings)
            || stray::check(self.command, group, self.catalog, self.findings)
        {
            return spec;
        }
        for typed in &group.options {
            match &typed.kind {
                Kind::Library { name, scopes } => spec.options.extend(self.library(typed, name, *scopes)),
                Kind::Native(row) => match row.target().effect {
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
                Kind::Native(row) => match row.target().decoder {
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

    fn library(&mut self, typed: &Typed, name: &str, scopes: OptionScopes) -> Option<AvOption> {
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
        let read = match row.target().suffix {
            Suffix::None => Ok(()),
            Suffix::Stream => StreamSpecifier::parse(suffix).map(|read| specifier = read),
            Suffix::Place => place::place(suffix).map(|read| metadata_place = read),
        };
        if let Err(error) = read {
            let edit = Edit::Replace(typed.at, vec![format!("-{}", typed.name)]);
            let mut diagnostic = messages::bad_suffix(&typed.name, &error.to_string(), &typed.origin);
            if row.target().suffix == Suffix::Place {
                let place = suffix.chars().next().unwrap_or_default();
                diagnostic = diagnostic.ffmpeg_says(match suffix.strip_prefix("s:") {
                    Some(specifier) => format!("Invalid stream specifier: {specifier}."),
                    None => format!("Invalid metadata type {place}."),
                });
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
            let mut diagnostic = messages::bad_value(name, &typed.value, &bad, &typed.origin);
            let candidates = nearest(&typed.value, &bad.names).into_iter().chain(likely(&typed.value));
            let meant = candidates.into_iter().find(|value| trial::takes(row, value, self.catalog).is_ok());
            if let Some(meant) = &meant {
                diagnostic = diagnostic.remedy(format!("Did you mean {meant}?"));
            }
            let value = meant.unwrap_or(bad.example);
            let edit = match typed.value_at {
                Some(at) => Edit::Replace(at, vec![value]),
                None => Edit::Replace(typed.at, vec![format!("-{}={value}", typed.name)]),
            };
            self.findings.mend(diagnostic, [edit]);
        }
    }

    fn bad_suffix(&mut self, typed: &Typed, error: &SpecifierError) {
        let diagnostic = messages::bad_suffix(&typed.name, &error.to_string(), &typed.origin);
        self.findings.mend(diagnostic, [Edit::Replace(typed.at, vec![format!("-{}", typed.name)])]);
    }

    /// True for options of codecs that no decoder has; those of formats too may be for the demuxer.
    fn is_for_encoding(&self, name: &str, scopes: OptionScopes) -> bool {
        scopes.codec
            && !scopes.format
            && !self.catalog.option_is_for_decoding(name)
            && self.catalog.codec_option(name).is_some_and(|(encoding, _)| encoding)
    }

    /// An encoder's option before an input.
    fn not_for_decoding(&mut self, typed: &Typed, name: &str, (number, group): (usize, &Group)) {
        let help = self.catalog.codec_option(name).map_or(String::new(), |(_, help)| help);
        let diagnostic = messages::not_for_decoding((&typed.origin, name), &help, (number, &group.url));
        let edits = self.moved(typed, self.home(false, group.anchor));
        self.findings.mend(diagnostic, edits);
    }

    /// `-c` before an input names decoders: encoders and `copy` belong before an output.
    ///
    /// Only where nothing but that counts, for a name that no stream is decoded by is no fault.
    fn check_decoders(&mut self, spec: &InputSpec, group: &Group) {
        for (at, codec) in spec.codec.0.iter().enumerate() {
            let later = &spec.codec.0[at + 1..];
            let counts = match codec.specifier.text.as_str() {
                "" => later.is_empty(),
                kind @ ("v" | "a" | "s" | "d") => later.iter().all(|other| other.specifier.text != kind),
                _ => false,
            };
            let name = codec.value.as_str();
            let decodes = self.catalog.find_decoder(name).is_some();
            let encodes = name == "copy" || self.catalog.encoder(name).is_some();
            let typed = group.options.iter().find(|typed| typed.origin == codec.origin);
            if let (true, false, true, Some(typed)) = (counts, decodes, encodes, typed) {
                let diagnostic = messages::encoder_before_input(name, &group.url, &codec.origin);
                let edits = self.moved(typed, self.home(false, group.anchor));
                self.findings.mend(diagnostic, edits);
            }
        }
    }

    /// An option before the wrong kind of file: shows where it ought to stand.
    fn misplaced(&mut self, typed: &Typed, row: &'static Row, group: &Group) {
        let name = typed.origin.token.trim_start_matches('-');
        let diagnostic = messages::misplaced(row.target(), name, (group.kind, &group.url), &typed.origin);
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

    /// The edits that take an option with its value away and put it before `home`, unless it stands there already.
    fn moved(&self, typed: &Typed, home: Option<usize>) -> Vec<Edit> {
        let mut words = vec![typed.origin.token.clone()];
        let mut edits = vec![Edit::Replace(typed.at, Vec::new())];
        if let Some(at) = typed.value_at {
            words.push(typed.value.clone());
            edits.push(Edit::Replace(at, Vec::new()));
        }
        let file = self.command.groups.iter().find(|group| Some(group.anchor) == home);
        let stands_there =
            file.is_some_and(|file| file.options.iter().any(|other| other.origin.token == typed.origin.token));
        if let Some(home) = home.filter(|_| !stands_there) {
            edits.push(Edit::Before(home, words));
        }
        edits
    }

    fn check_filter(&mut self, typed: &Typed, row: &'static Row) {
        if row.target().name() != "filter" {
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
            if let Some(typed) = self.swallowed_output(word_count) {
                let example = match &typed.kind {
                    Kind::Native(row) if row.name() == "f" => {
                        self.catalog.guess_muxer(&typed.value).map(|muxer| muxer.name)
                    }
                    Kind::Native(row) => trial::example(row, self.catalog),
                    Kind::Library { .. } => None,
                };
                let diagnostic = messages::no_output().remedy(messages::taken_for_a_value(typed));
                return match (example, typed.value_at) {
                    (Some(example), Some(at)) => self.findings.mend(diagnostic, [Edit::Before(at, vec![example])]),
                    _ => self.findings.give_up(diagnostic),
                };
            }
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
            let wants_input = matches!(&typed.kind, Kind::Native(row) if row.scope() == Scope::Input);
            let edits = self.moved(typed, self.home(wants_input, typed.at));
            if self.findings.is_told(typed.origin.arg) {
                self.findings.edit(edits);
                continue;
            }
            let value = typed.value_at.map(|_| typed.value.as_str());
            let diagnostic = messages::trailing(&typed.origin.token, value, &typed.origin);
            self.findings.mend(diagnostic, edits);
        }
    }

    /// The option whose value is the last word of all, where that looks like an output and not like such a value.
    fn swallowed_output(&self, word_count: usize) -> Option<&'a Typed> {
        let typed =
            self.command.trailing.last().filter(|typed| typed.value_at.is_some_and(|at| at + 1 == word_count))?;
        let value = typed.value.as_str();
        let is_name = !value.starts_with('-') && (value.contains("://") || value.contains('.'));
        let is_output = is_name && self.catalog.guess_muxer(value).is_some();
        let is_value = match &typed.kind {
            Kind::Native(row) => match row.target().name() {
                "c" | "f" => false,
                _ => trial::takes(row, value, self.catalog).is_ok() && trial::example(row, self.catalog).is_some(),
            },
            Kind::Library { .. } => false,
        };
        (is_output && !is_value).then_some(typed)
    }
}
