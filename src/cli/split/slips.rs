//! What people forget and misspell: finds it while the words are split, says so, and goes on with what was probably meant.

use super::{MOST_FIXES, Splitter};
use crate::catalog::OptionScopes;
use crate::cli::command::{DECODER, FIRST_STREAM, Kind, Typed, is_file};
use crate::cli::correction::Word;
use crate::cli::table::{self, Arity, Row, Scope};
use crate::cli::{foreign, messages, suggest, trial};
use crate::diagnostic::Origin;
use crate::spec::StreamSpecifier;

impl Splitter<'_> {
    /// `-c:v=libx264`: what stands behind the colon is a specifier only up to the `=`.
    pub(super) fn holds_value(&self, row: &Row, suffix: Option<&str>) -> bool {
        let Some((specifier, _)) = suffix.and_then(|suffix| suffix.split_once('=')) else { return false };
        self.is_typed
            && row.suffix == table::Suffix::Stream
            && StreamSpecifier::parse(suffix.unwrap_or_default()).is_err()
            && StreamSpecifier::parse(specifier).is_ok()
    }

    /// `-b:v2M`: what stands behind the colon is a specifier only up to the number.
    pub(super) fn is_glued(&self, body: &str) -> bool {
        let Some((option, value)) = suggest::glued_number(body, self.catalog).filter(|_| self.is_typed) else {
            return false;
        };
        let (Some((name, whole)), Some((_, specifier))) = (body.split_once(':'), option.split_once(':')) else {
            return false;
        };
        // Only where a number is wanted: names may end with one.
        let wants_number = |row: &'static Row| {
            trial::takes(row, value, self.catalog).is_ok() && trial::takes(row, "-", self.catalog).is_err()
        };
        StreamSpecifier::parse(whole).is_err()
            && StreamSpecifier::parse(specifier).is_ok()
            && table::find(name).is_none_or(|row| row.suffix == table::Suffix::Stream && wants_number(row))
    }

    /// True when the next word is an option and, taken for a value of one of the libraries' options, would leave its own
    /// value behind as an output that cannot be.
    pub(super) fn is_forgotten_by_library(&self, name: &str, next: &str) -> bool {
        self.is_typed && !self.catalog.option_takes_flags(name) && self.would_leave_value(next)
    }

    /// The next word is an option, and if it were a value, its own would be an output that cannot be.
    fn would_leave_value(&self, next: &str) -> bool {
        let Some(next_name) = self.option_name(next) else { return false };
        let takes_value = table::find(next_name).is_none_or(|row| matches!(row.arity, Arity::Value(_)));
        let is_output = |word: &Word| {
            let text = word.text.as_str();
            text.starts_with('-') || text.contains(['/', ':']) || self.catalog.guess_muxer(text).is_some()
        };
        next_name == "i" || takes_value && self.words.get(self.at + 2).is_some_and(|after| !is_output(after))
    }

    /// The name of the option that a word is.
    fn option_name<'t>(&self, word: &'t str) -> Option<&'t str> {
        let body = word.strip_prefix('-')?;
        let name = body.split(':').next().unwrap_or(body);
        suggest::is_known(name, self.catalog).then_some(name)
    }

    /// True when the next word is an option and no value that this one takes; one that takes any text goes by what would become of
    /// the words behind.
    pub(super) fn is_forgotten(&self, row: &'static Row, next: &str) -> bool {
        self.option_name(next).is_some()
            && (trial::takes(row, next, self.catalog).is_err() || self.would_leave_value(next))
    }

    /// The next word is another option: says so, and puts a value before it, or goes on without the option that may have any.
    pub(super) fn value_forgotten(&mut self, row: &'static Row, next: &str, origin: &Origin) {
        match trial::takes(row, next, self.catalog) {
            Err(bad) => {
                self.findings.mend(messages::value_forgotten(origin, next, &bad.expected), []);
                self.words.insert(self.at + 1, Word { arg: origin.arg, text: bad.example, fixes: MOST_FIXES });
            }
            Ok(()) => {
                self.findings.mend(messages::text_forgotten(origin, next), []);
                self.put(self.at, Vec::new());
            }
        }
    }

    /// The last word wants a value: says so, and goes on with a stand-in for the corrected command.
    pub(super) fn value_missing(&mut self, body: &str, row: Option<&'static Row>, origin: &Origin) {
        let metavar = match row.map(|row| row.arity) {
            Some(Arity::Value(metavar)) => metavar,
            _ if body == "i" => "input",
            _ if body == DECODER => "output:stream",
            _ => "value",
        };
        let diagnostic = messages::value_missing(body, metavar, row.is_none() && !is_file(body), origin);
        let example = match body {
            "i" => Some("input.mp4".to_owned()),
            DECODER => Some(FIRST_STREAM.to_owned()),
            _ => row.and_then(|row| trial::example(row, self.catalog)),
        };
        let text = example.clone().unwrap_or_else(|| metavar.to_uppercase());
        match example {
            Some(_) => self.findings.mend(diagnostic, []),
            None => self.findings.give_up(diagnostic),
        }
        self.words.push(Word { arg: origin.arg, text: text.clone(), fixes: MOST_FIXES });
        let (name, suffix) = body.split_once(':').map_or((body, None), |(name, suffix)| (name, Some(suffix)));
        let kind = match row {
            _ if body == "i" => return self.input(origin.clone()),
            _ if body == DECODER => return self.decoder(origin),
            Some(row) if row.scope() == Scope::Global => None,
            Some(row) => Some(Kind::Native(row)),
            None => Some(Kind::Library { name: name.to_owned(), scopes: OptionScopes::default() }),
        };
        self.pending.extend(kind.map(|kind| Typed {
            at: self.at,
            value_at: Some(self.at + 1),
            origin: origin.clone(),
            name: name.to_owned(),
            suffix: suffix.map(str::to_owned),
            value: text,
            on: true,
            kind,
        }));
        self.at += 2;
    }

    /// No table knows the option: says so, and goes on with what was probably meant.
    pub(super) fn unknown(&mut self, body: &str, origin: &Origin) {
        let (name, suffix) = body.split_once(':').map_or((body, None), |(name, suffix)| (name, Some(suffix)));
        if let Some((left, value)) = body.split_once('=')
            && suggest::is_known(left.split(':').next().unwrap_or(left).trim_start_matches('-'), self.catalog)
        {
            let option = format!("-{}", left.trim_start_matches('-'));
            self.findings.mend(messages::unknown_with_equals(body, &option, value, origin), []);
            return self.put(self.at, vec![option, value.to_owned()]);
        }
        if let Some((option, value)) = suggest::glued_number(body, self.catalog) {
            self.findings.mend(messages::unknown_with_equals(body, &format!("-{option}"), value, origin), []);
            return self.put(self.at, vec![format!("-{option}"), value.to_owned()]);
        }
        let negated = name.strip_prefix("no").filter(|rest| table::find(rest).is_some());
        // `--loop` has a dash too many, and is no filter.
        let is_doubled = name.strip_prefix('-').is_some_and(|bare| suggest::is_known(bare, self.catalog));
        if negated.is_none() && !is_doubled && self.foreign(body, origin) {
            return;
        }
        if let Some(nearest) = suggest::nearest(name, self.catalog).filter(|_| negated.is_none()) {
            let option = suffix.map_or(format!("-{nearest}"), |suffix| format!("-{nearest}:{suffix}"));
            self.findings.mend(messages::unknown(body, Some(&option), origin), []);
            return self.put(self.at, vec![option]);
        }
        let diagnostic = match negated {
            Some(option) => messages::no_negation(body, option, origin),
            None => messages::unknown(body, None, origin),
        };
        self.findings.mend(diagnostic, []);
        // What follows is taken for its value unless it looks like something else.
        let has_value = self.possible_value().is_some() && self.at + 2 < self.words.len();
        self.words.drain(self.at..self.at + if has_value { 2 } else { 1 });
    }

    /// The word is no option of ffmpeg's, but it is known what stands for it there: says so, and puts that in its place.
    fn foreign(&mut self, body: &str, origin: &Origin) -> bool {
        let last = self.at + 2 >= self.words.len();
        let Some(meant) = foreign::meant(body, (self.possible_value(), last), self.catalog) else { return false };
        self.findings.mend(messages::unknown(body, None, origin).remedy(meant.why), []);
        if meant.takes_value {
            self.words.remove(self.at + 1);
        }
        let words = if self.joins_filters(&meant.words) { Vec::new() } else { meant.words };
        self.put(self.at, words);
        true
    }

    /// A filter of its own, where the output has filters of that kind already, becomes one of theirs: the last option would count
    /// alone.
    fn joins_filters(&mut self, words: &[String]) -> bool {
        let [option, filter] = words else { return false };
        let is_theirs = |typed: &&mut Typed| matches!(option.as_str(), "-vf" | "-af") && option[1..] == typed.name;
        let Some(before) = self.pending.iter_mut().rfind(is_theirs) else { return false };
        let Some(value) = before.value_at.and_then(|at| self.words.get_mut(at)) else { return false };
        before.value = format!("{},{filter}", before.value);
        value.text.clone_from(&before.value);
        true
    }

    /// The next word, unless it looks like an option.
    fn possible_value(&self) -> Option<&str> {
        self.words.get(self.at + 1).map(|next| next.text.as_str()).filter(|next| !next.starts_with('-'))
    }
}
