//! Splits argv by ffmpeg's grammar:
//! `[global] {[input options] -i url}... {[output options] url}... {[decoder options] -dec stream}...`.

mod slips;

use super::command::{Command, DECODER, Group, GroupKind, Kind, Reading, Typed};
use super::correction::{Findings, Word};
use super::messages;
use super::paste;
use super::suggest;
use super::table::{self, Arity, Effect, Row, Scope};
use crate::catalog::{Catalog, OptionScopes};
use crate::diagnostic::{Origin, mask_text};

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
        if self.is_glued(body) {
            return self.unknown(body, &origin);
        }
        let (name, suffix) = body.split_once(':').map_or((body, None), |(name, suffix)| (name, Some(suffix)));
        let next = self.words.get(self.at + 1).map(|word| word.text.clone());
        let option = Spelled { body, name, suffix, origin, at: self.at };
        if let Some(row) = table::find(name).filter(|row| !self.holds_value(row, suffix)) {
            return self.native(row, &option, next);
        }
        if let Some((row, value)) = row_with_equals(body) {
            let typed = Typed { name: row.name().to_owned(), suffix: None, ..option.flag(Kind::Native(row), true) };
            return self.take(Typed { value: value.to_owned(), ..typed }, 1);
        }
        if let Some(row) = name.strip_prefix("no").and_then(table::find).filter(|row| row.can_be_negated()) {
            return self.take(option.flag(Kind::Native(row), false), 1);
        }
        match self.library_option(name) {
            Some(library) => self.library(library, &option, next),
            None => self.unknown(body, &option.origin),
        }
    }

    /// An option of ffmpeg's own, with what follows it.
    fn native(&mut self, row: &'static Row, option: &Spelled<'_>, next: Option<String>) {
        let kind = Kind::Native(row);
        match row.arity {
            Arity::Topic => {
                if let (Effect::Show(show), None) = (&row.effect, &self.command.request) {
                    self.command.request = Some(show(next.as_deref()));
                }
                self.at += 2;
            }
            Arity::Flag | Arity::FlagOrEquals => self.take(option.flag(kind, true), 1),
            Arity::FlagOrDigit => match next.filter(|next| next == "0" || next == "1") {
                Some(digit) => {
                    let on = digit == "1";
                    self.take(Typed { on, ..option.with_value(kind, digit) }, 2);
                }
                None => self.take(option.flag(kind, true), 1),
            },
            Arity::Value(_) => match next {
                Some(next) if self.is_typed && self.is_forgotten(row, &next) => {
                    self.value_forgotten(row, &next, &option.origin);
                }
                Some(value) => self.take(option.with_value(kind, value), 2),
                None => self.value_missing(option.body, Some(row), &option.origin),
            },
        }
    }

    /// An option of FFmpeg's libraries, with its value.
    fn library(&mut self, library: LibraryOption, option: &Spelled<'_>, next: Option<String>) {
        let Some(value) = next else { return self.value_missing(option.body, None, &option.origin) };
        if self.is_forgotten_by_library(option.name, &value) {
            self.findings.mend(messages::text_forgotten(&option.origin, &value), []);
            return self.put(self.at, Vec::new());
        }
        let (name, scopes, stream_kind) = library;
        let mut typed = option.with_value(Kind::Library { name, scopes }, value);
        if let Some(kind) = stream_kind {
            typed.suffix = Some(typed.suffix.map_or(kind.to_string(), |suffix| format!("{kind}:{suffix}")));
        }
        self.take(typed, 2);
    }

    fn library_option(&self, name: &str) -> Option<LibraryOption> {
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
        // Headers and cookies of HTTP are lines, with the ends of such.
        let free_text = matches!(typed.kind, Kind::Native(row) if matches!(row.name(), "metadata" | "progress"))
            || matches!(typed.name.as_str(), "headers" | "cookies");
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
}

/// An option of FFmpeg's libraries: its name there, whom it is for, and the kind of stream that an old prefix (`vprofile`)
/// stands for.
type LibraryOption = (String, OptionScopes, Option<char>);

/// An option's word, taken apart.
struct Spelled<'a> {
    /// The word without its dash.
    body: &'a str,
    name: &'a str,
    /// What follows the first colon.
    suffix: Option<&'a str>,
    origin: Origin,
    /// Its place among the words.
    at: usize,
}

impl Spelled<'_> {
    /// The option without a value.
    fn flag(&self, kind: Kind, on: bool) -> Typed {
        Typed {
            at: self.at,
            value_at: None,
            origin: self.origin.clone(),
            name: self.name.to_owned(),
            suffix: self.suffix.map(str::to_owned),
            value: String::new(),
            on,
            kind,
        }
    }

    /// The option with the next word as its value.
    fn with_value(&self, kind: Kind, value: String) -> Typed {
        Typed { value, value_at: Some(self.at + 1), ..self.flag(kind, true) }
    }
}

/// `--explain=json`.
fn row_with_equals(body: &str) -> Option<(&'static Row, &str)> {
    let (name, value) = body.split_once('=')?;
    table::find(name).filter(|row| row.arity == Arity::FlagOrEquals).map(|row| (row, value))
}
