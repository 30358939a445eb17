//! Splits argv by ffmpeg's grammar:
//! `[global] {[input options] -i url}... {[output options] url}... {[decoder options] -dec stream}...`.

use super::correction::{Findings, Word};
use super::paste;
use super::suggest;
use super::table::{self, Arity, Effect, Row, Scope};
use super::trial;
use super::{Request, messages};
use crate::catalog::{Catalog, OptionScopes};
use crate::diagnostic::{Origin, mask_text};
use crate::spec::StreamSpecifier;

/// The command line as text, each option anchored to its place.
#[derive(Debug, Default)]
pub struct Command {
    /// Options of the whole run, wherever they stood.
    pub globals: Vec<Typed>,
    /// Inputs and outputs with their options, in order.
    pub groups: Vec<Group>,
    /// Options behind the last input or output, which belong to nothing.
    pub trailing: Vec<Typed>,
    /// The first option that shows something and ends.
    pub request: Option<Request>,
    /// A program wrote it for ffmpeg: what FFmpeg itself reads is left to it.
    pub is_literal: bool,
}

/// What options stand before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// `-i`.
    Input,
    /// A URL alone.
    Output,
    /// `-dec`.
    Decoder,
}

/// An input, output or loopback decoder with the options written before it.
#[derive(Debug)]
pub struct Group {
    /// Which of these it is.
    pub kind: GroupKind,
    /// The URL as typed; of a decoder the stream.
    pub url: String,
    /// Position of its word.
    pub url_at: usize,
    /// Where it stands; a password in the token is masked.
    pub origin: Origin,
    /// Position of the word that options must stand before: `-i`, `-dec`, or the URL.
    pub anchor: usize,
    /// Its options.
    pub options: Vec<Typed>,
}

/// An option as typed.
#[derive(Debug)]
pub struct Typed {
    /// Position of its word.
    pub at: usize,
    /// Position of its value's word, where that is another one.
    pub value_at: Option<usize>,
    /// Where it stands.
    pub origin: Origin,
    /// Its name as typed, without dash and suffix.
    pub name: String,
    /// What stands behind the first colon of its name.
    pub suffix: Option<String>,
    /// Its value; empty for flags.
    pub value: String,
    /// False for `-noX`.
    pub on: bool,
    /// Whose option it is.
    pub kind: Kind,
}

/// Whose option it is.
#[derive(Debug)]
pub enum Kind {
    /// ffmpeg's own.
    Native(&'static Row),
    /// One of FFmpeg's libraries, under this name.
    Library {
        /// Its name there.
        name: String,
        /// The tables it stands in.
        scopes: OptionScopes,
    },
}

/// Who wrote a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A person: blanks, dashes and quotes that a document put there are found.
    Typed,
    /// A program that calls ffmpeg: every sign is meant.
    Literal,
}

/// The option that makes a loopback decoder.
const DECODER: &str = "dec";

/// What a loopback decoder decodes as a rule.
pub(super) const FIRST_STREAM: &str = "0:0";

/// True for the options that options stand before, as before a file.
pub(super) fn is_file(name: &str) -> bool {
    name == "i" || name == DECODER
}

/// More corrections of one argument than this are a sign of going in circles.
const MOST_FIXES: u8 = 3;

/// What was split, the words after corrections, and what was found wrong.
pub struct Split {
    /// The command.
    pub command: Command,
    /// The words, corrected where an error was found.
    pub words: Vec<Word>,
    /// What was found.
    pub findings: Findings,
}

/// Splits the arguments, without the program's name.
pub fn split(args: &[String], catalog: &dyn Catalog, reading: Reading) -> Split {
    let words =
        args.iter().enumerate().map(|(arg, text)| Word { arg, text: text.clone(), fixes: 0 }).collect::<Vec<_>>();
    let mut splitter = Splitter {
        catalog,
        is_typed: reading == Reading::Typed,
        words,
        at: 0,
        command: Command { is_literal: reading == Reading::Literal, ..Command::default() },
        pending: Vec::new(),
        findings: Findings::default(),
    };
    while splitter.at < splitter.words.len() {
        splitter.step();
    }
    splitter.command.trailing = splitter.pending;
    Split { command: splitter.command, words: splitter.words, findings: splitter.findings }
}

struct Splitter<'a> {
    catalog: &'a dyn Catalog,
    /// Somebody typed it, and may have pasted parts of it.
    is_typed: bool,
    words: Vec<Word>,
    at: usize,
    command: Command,
    pending: Vec<Typed>,
    findings: Findings,
}

impl Splitter<'_> {
    /// Takes one option, input or output; always moves on, or makes a word better.
    fn step(&mut self) {
        let text = self.words[self.at].text.clone();
        if text == "--" {
            if let Some(next) = self.words.get(self.at + 1).filter(|next| next.text != "--") {
                let (url, arg) = (next.text.clone(), next.arg);
                self.group(GroupKind::Output, (url, arg), (self.at, self.at + 1));
                self.at += 1;
            }
            self.at += 1;
            return;
        }
        let origin = self.origin(self.at);
        if self.is_typed
            && let Some(pasted) = paste::check_argument(&text, &origin)
        {
            self.findings.mend(pasted.diagnostic, []);
            self.put(self.at, pasted.meant);
            return;
        }
        match text.strip_prefix('-') {
            Some(body) if !body.is_empty() => self.option(body, origin),
            _ => {
                self.group(GroupKind::Output, (text, origin.arg), (self.at, self.at));
                self.at += 1;
            }
        }
    }

    /// The place of a word; the token is the one typed, with passwords masked.
    fn origin(&self, at: usize) -> Origin {
        let word = &self.words[at];
        Origin::new(word.arg, mask_text(&word.text))
    }

    /// Puts other words in the place of one. A word that was corrected too often goes away.
    fn put(&mut self, at: usize, meant: Vec<String>) {
        let Word { arg, fixes, .. } = self.words[at];
        let meant = if fixes >= MOST_FIXES { Vec::new() } else { meant };
        self.words.splice(at..=at, meant.into_iter().map(|text| Word { arg, text, fixes: fixes + 1 }));
    }

    fn group(&mut self, kind: GroupKind, (url, arg): (String, usize), (anchor, url_at): (usize, usize)) {
        let origin = Origin::new(arg, mask_text(&url));
        let options = std::mem::take(&mut self.pending);
        self.command.groups.push(Group { kind, url, url_at, origin, anchor, options });
    }

    fn option(&mut self, body: &str, origin: Origin) {
        if body == "i" {
            return self.input(origin);
        }
        if body == DECODER {
            return self.decoder(&origin);
        }
        let (name, suffix) = match body.split_once(':') {
            Some((name, suffix)) => (name, Some(suffix.to_owned())),
            None => (body, None),
        };
        let next = self.words.get(self.at + 1).map(|word| word.text.clone());
        let typed = |name: &str, kind, value: String, value_at, on| Typed {
            at: self.at,
            value_at,
            origin: origin.clone(),
            name: name.to_owned(),
            suffix: suffix.clone(),
            value,
            on,
            kind,
        };
        if self.is_glued(body) {
            return self.unknown(body, &origin);
        }
        if let Some(row) = table::find(name).filter(|row| !self.holds_value(row, suffix.as_deref())) {
            let kind = Kind::Native(row);
            match row.arity {
                Arity::Topic => {
                    if let (Effect::Show(show), None) = (&row.effect, &self.command.request) {
                        self.command.request = Some(show(next.as_deref()));
                    }
                    self.at += 2;
                }
                Arity::Flag | Arity::FlagOrEquals => {
                    let typed = typed(name, kind, String::new(), None, true);
                    self.take(typed, 1);
                }
                Arity::FlagOrDigit => {
                    let digit = next.filter(|next| next == "0" || next == "1");
                    let typed = typed(name, kind, String::new(), None, digit.as_deref() != Some("0"));
                    self.take(typed, 1 + usize::from(digit.is_some()));
                }
                Arity::Value(_) => match next {
                    Some(next) if self.is_typed && self.is_forgotten(row, &next) => {
                        self.value_forgotten(row, &next, &origin)
                    }
                    Some(value) => {
                        let typed = typed(name, kind, value, Some(self.at + 1), true);
                        self.take(typed, 2);
                    }
                    None => self.value_missing(body, Some(row), &origin),
                },
            }
            return;
        }
        if let Some((row, value)) = row_with_equals(body) {
            let typed = Typed { suffix: None, ..typed(row.name(), Kind::Native(row), value.to_owned(), None, true) };
            return self.take(typed, 1);
        }
        let library = self.library_option(name);
        if let (Some(_), Some(next)) = (&library, &next)
            && self.is_forgotten_by_library(name, next)
        {
            self.findings.mend(messages::library_value_forgotten(&origin, next), []);
            return self.put(self.at, Vec::new());
        }
        if let (Some((library_name, scopes, kind)), Some(value)) = (&library, &next) {
            let kind_option = Kind::Library { name: library_name.clone(), scopes: *scopes };
            let mut typed = typed(name, kind_option, value.clone(), Some(self.at + 1), true);
            if let Some(kind) = kind {
                typed.suffix = Some(typed.suffix.map_or(kind.to_string(), |suffix| format!("{kind}:{suffix}")));
            }
            return self.take(typed, 2);
        }
        if let Some(row) = name.strip_prefix("no").and_then(table::find).filter(|row| row.can_be_negated()) {
            let typed = typed(name, Kind::Native(row), String::new(), None, false);
            return self.take(typed, 1);
        }
        if library.is_some() {
            return self.value_missing(body, None, &origin);
        }
        self.unknown(body, &origin);
    }

    /// `-c:v=libx264`: what stands behind the colon is a specifier only up to the `=`.
    fn holds_value(&self, row: &Row, suffix: Option<&str>) -> bool {
        let Some((specifier, _)) = suffix.and_then(|suffix| suffix.split_once('=')) else { return false };
        self.is_typed
            && row.suffix == table::Suffix::Stream
            && StreamSpecifier::parse(suffix.unwrap_or_default()).is_err()
            && StreamSpecifier::parse(specifier).is_ok()
    }

    /// `-b:v2M`: what stands behind the colon is a specifier only up to the number.
    fn is_glued(&self, body: &str) -> bool {
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
    fn is_forgotten_by_library(&self, name: &str, next: &str) -> bool {
        let Some(body) = next.strip_prefix('-').filter(|_| self.is_typed) else { return false };
        let next_name = body.split(':').next().unwrap_or(body);
        if !suggest::is_known(next_name, self.catalog) || self.catalog.option_takes_flags(name) {
            return false;
        }
        let takes_value = table::find(next_name).is_none_or(|row| matches!(row.arity, Arity::Value(_)));
        let is_output = |word: &Word| {
            let text = word.text.as_str();
            text.starts_with('-') || text.contains(['/', ':']) || self.catalog.guess_muxer(text).is_some()
        };
        body == "i" || takes_value && self.words.get(self.at + 2).is_some_and(|after| !is_output(after))
    }

    /// True when the next word is an option and no value that this one takes.
    fn is_forgotten(&self, row: &'static Row, next: &str) -> bool {
        let name = next.strip_prefix('-').map(|body| body.split(':').next().unwrap_or(body));
        name.is_some_and(|name| suggest::is_known(name, self.catalog)) && trial::takes(row, next, self.catalog).is_err()
    }

    /// The next word is another option: says so, and puts a value before it.
    fn value_forgotten(&mut self, row: &'static Row, next: &str, origin: &Origin) {
        let Err(bad) = trial::takes(row, next, self.catalog) else { return };
        self.findings.mend(messages::value_forgotten(origin, next, &bad.expected), []);
        self.words.insert(self.at + 1, Word { arg: origin.arg, text: bad.example, fixes: MOST_FIXES });
    }

    /// An option of FFmpeg's libraries: its name there, and the kind of stream that an old prefix (`vprofile`) stands for.
    fn library_option(&self, name: &str) -> Option<(String, OptionScopes, Option<char>)> {
        let scopes = self.catalog.option_scopes(name);
        if name.is_empty() {
            return None;
        }
        if scopes.any() {
            return Some((name.to_owned(), scopes, None));
        }
        let kind = name.chars().next().filter(|c| matches!(c, 'v' | 'a' | 's'))?;
        let rest = &name[1..];
        let scopes = self.catalog.option_scopes(rest);
        let codec_only = OptionScopes { codec: true, ..OptionScopes::default() };
        (!rest.is_empty() && scopes.codec).then(|| (rest.to_owned(), codec_only, Some(kind)))
    }

    /// Files an option away after a look at its value; `words` is how many it took.
    fn take(&mut self, mut typed: Typed, words: usize) {
        let free_text = matches!(typed.kind, Kind::Native(row) if matches!(row.name(), "metadata" | "progress"));
        if let (Some(at), false) = (typed.value_at, free_text || !self.is_typed)
            && let Some(pasted) = paste::check_value(&typed.value, &typed.origin)
        {
            self.findings.mend(pasted.diagnostic, []);
            typed.value = pasted.meant.first().cloned().unwrap_or_default();
            self.words[at].text.clone_from(&typed.value);
        }
        match &typed.kind {
            Kind::Native(row) if row.scope() == Scope::Global => self.command.globals.push(typed),
            _ => self.pending.push(typed),
        }
        self.at += words;
    }

    fn input(&mut self, origin: Origin) {
        let Some(next) = self.words.get(self.at + 1) else {
            return self.value_missing("i", None, &origin);
        };
        let (url, arg) = (next.text.clone(), next.arg);
        if url.is_empty() {
            self.findings.mend(messages::empty_input(&origin), []);
            self.words[self.at + 1].text = "input.mp4".to_owned();
        } else if let Some(warning) = paste::check_input(&url, &origin).filter(|_| self.is_typed) {
            self.findings.tell(warning);
        } else if url.len() > 1
            && let Some(name) = url.strip_prefix('-').and_then(|name| name.split(':').next())
            && suggest::is_known(name, self.catalog)
        {
            self.findings.tell(messages::input_looks_like_option(&url, &origin));
        }
        self.group(GroupKind::Input, (url, arg), (self.at, self.at + 1));
        self.at += 2;
    }

    fn decoder(&mut self, origin: &Origin) {
        let Some(next) = self.words.get(self.at + 1) else {
            return self.value_missing(DECODER, None, origin);
        };
        let (stream, arg) = (next.text.clone(), next.arg);
        self.group(GroupKind::Decoder, (stream, arg), (self.at, self.at + 1));
        self.at += 2;
    }

    /// The last word wants a value: says so, and goes on with a stand-in for the corrected command.
    fn value_missing(&mut self, body: &str, row: Option<&'static Row>, origin: &Origin) {
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
    fn unknown(&mut self, body: &str, origin: &Origin) {
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
        let has_value = self.words.get(self.at + 1).is_some_and(|next| !next.text.starts_with('-'));
        let last = self.at + 2 >= self.words.len();
        self.words.drain(self.at..self.at + if has_value && !last { 2 } else { 1 });
    }
}

/// `--explain=json`.
fn row_with_equals(body: &str) -> Option<(&'static Row, &str)> {
    let (name, value) = body.split_once('=')?;
    table::find(name).filter(|row| row.arity == Arity::FlagOrEquals).map(|row| (row, value))
}
