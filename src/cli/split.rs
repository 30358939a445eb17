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
        if let Some(row) = name.strip_prefix("no").and_then(table::find).filter(|row| row.can_be_negated()) {
            let typed = typed(name, Kind::Native(row), String::new(), None, false);
            return self.take(typed, 1);
        }
        let library = self.library_option(name);
        if let (Some(_), Some(next)) = (&library, &next)
            && self.is_forgotten_by_library(name, next)
        {
            self.findings.mend(messages::text_forgotten(&origin, next), []);
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
        if library.is_some() {
            return self.value_missing(body, None, &origin);
        }
        self.unknown(body, &origin);
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

/// `--explain=json`.
fn row_with_equals(body: &str) -> Option<(&'static Row, &str)> {
    let (name, value) = body.split_once('=')?;
    table::find(name).filter(|row| row.arity == Arity::FlagOrEquals).map(|row| (row, value))
}
