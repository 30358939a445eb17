//! Turns ffmpeg's command line into a [`JobSpec`], or says what is wrong with it and what to type.
//!
//! `argv --split--> Command --bind--> JobSpec`. Nothing is opened and nothing is printed here.

mod bind;
mod command;
mod correction;
mod filters;
mod foreign;
mod from_file;
mod input_numbers;
mod keyframes;
mod messages;
mod paste;
mod place;
mod split;
mod stray;
mod suggest;
pub mod table;
mod trial;
pub mod value;
mod value_of_flag;

#[cfg(test)]
mod tests;

pub use command::{Command, Group, GroupKind, Kind, Reading, Typed};
pub use from_file::{ValueFile, value_files, with_values};

use self::correction::{Findings, Word};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Severity};
use crate::spec::JobSpec;
use table::Arity;

/// Something to show instead of running a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `-version`.
    Version,
    /// `-h`, `-help`, or no argument at all.
    Help {
        /// What to help with: `long`, `full`, `encoder=libx264` ...
        topic: Option<String>,
    },
    /// `-buildconf`.
    Buildconf,
    /// `-L`.
    License,
    /// `-init_hw_device list`.
    HardwareKinds,
    /// `-formats`, `-encoders` and their like.
    Listing {
        /// Its name without the dash.
        name: &'static str,
        /// What followed it.
        topic: Option<String>,
    },
}

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// A job.
    Job(Box<JobSpec>),
    /// Something to show.
    Show(Request),
}

/// Reads a command line, the program's name not counted.
///
/// With the result come warnings and notes. Errors come together with the warnings, in the order of the command line;
/// the last one that can be mended carries the corrected command with everything mended.
pub fn parse(
    args: &[String],
    catalog: &dyn Catalog,
    reading: Reading,
) -> Result<(Parsed, Vec<Diagnostic>), Vec<Diagnostic>> {
    if args.is_empty() {
        return Ok((Parsed::Show(Request::Help { topic: None }), Vec::new()));
    }
    let Read { parsed, findings, words } = read(args, catalog, reading);
    let command = findings.corrected(&words).and_then(|command| settled(command, catalog, reading));
    let failed = findings.has_errors();
    let told = findings.finish(command.as_deref());
    if failed { Err(told) } else { Ok((parsed, told)) }
}

/// A command line as far as it can be understood.
struct Read {
    parsed: Parsed,
    findings: Findings,
    words: Vec<Word>,
}

fn read(args: &[String], catalog: &dyn Catalog, reading: Reading) -> Read {
    let split::Split { mut command, words, mut findings } = split::split(args, catalog, reading);
    if let Some(request) = command.request.take()
        && !findings.has_errors()
    {
        return Read { parsed: Parsed::Show(request), findings, words };
    }
    let lists = |typed: &Typed| typed.name == "init_hw_device" && typed.value == "list";
    if command.globals.iter().any(lists) && !findings.has_errors() {
        return Read { parsed: Parsed::Show(Request::HardwareKinds), findings, words };
    }
    let mut job = bind::bind(&command, catalog, &mut findings, words.len());
    args.clone_into(&mut job.global.arguments);
    job.global.is_literal = reading == Reading::Literal;
    Read { parsed: Parsed::Job(Box::new(job)), findings, words }
}

/// More rounds of corrections than this are a sign of going in circles.
const MOST_ROUNDS: usize = 4;

/// A corrected command that is understood without errors, mended further where it takes that; none that is still wrong.
fn settled(mut command: Vec<String>, catalog: &dyn Catalog, reading: Reading) -> Option<Vec<String>> {
    for _ in 0..MOST_ROUNDS {
        let Read { findings, words, .. } = read(&command, catalog, reading);
        if !findings.has_errors() {
            return Some(command);
        }
        command = findings.corrected(&words)?;
    }
    None
}

/// Splits a command line without binding it: the options as text, each with its place.
pub fn split(args: &[String], catalog: &dyn Catalog) -> (Command, Vec<Diagnostic>) {
    let split::Split { command, findings, .. } = split::split(args, catalog, Reading::Typed);
    (command, findings.finish(None))
}

/// A command line whose errors are its outputs' alone, without these: what is left opens the inputs and writes nothing.
///
/// ffmpeg opens its inputs before it reads the options of outputs, and programs read what it tells of them.
pub fn without_outputs(
    args: &[String],
    diagnostics: &[Diagnostic],
    catalog: &dyn Catalog,
    reading: Reading,
) -> Option<Vec<String>> {
    let split::Split { command, findings, .. } = split::split(args, catalog, reading);
    if findings.has_errors() {
        return None;
    }
    let places = |typed: &Typed| [Some(typed.at), typed.value_at].into_iter().flatten().collect::<Vec<_>>();
    let outputs = command.groups.iter().filter(|group| group.kind != GroupKind::Input);
    let mut theirs: Vec<usize> =
        outputs.flat_map(|group| group.options.iter().flat_map(places).chain([group.anchor, group.url_at])).collect();
    theirs.extend(command.trailing.iter().flat_map(places));
    let is_theirs = |diagnostic: &Diagnostic| match (diagnostic.code, &diagnostic.origin) {
        ("conflicting-options" | "no-output", _) => true,
        ("no-input", _) | (_, None) => false,
        (_, Some(origin)) => theirs.contains(&origin.arg),
    };
    let mut errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    if !errors.all(is_theirs) {
        return None;
    }
    theirs.extend(command.globals.iter().filter(|typed| matches!(typed.name.as_str(), "y" | "n")).flat_map(places));
    let kept = args.iter().enumerate().filter(|(at, _)| !theirs.contains(at)).map(|(_, arg)| arg.clone());
    Some(kept.chain(["-f", "null", "-"].map(str::to_owned)).collect())
}

/// What must be known before anything is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarlyGlobals {
    /// `-hide_banner`.
    pub hide_banner: bool,
    /// `-loglevel`/`-v`, as typed.
    pub log_level: Option<String>,
    /// `-report`.
    pub report: bool,
    /// `--explain=json`.
    pub explains_as_json: bool,
}

/// Finds the options that govern what is told, even in a command line that is wrong elsewhere.
pub fn early_globals(args: &[String]) -> EarlyGlobals {
    let mut found = EarlyGlobals::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let Some(name) = arg.strip_prefix('-') else { continue };
        match name {
            "hide_banner" => found.hide_banner = true,
            "report" => found.report = true,
            "-explain=json" => found.explains_as_json = true,
            "loglevel" | "v" => found.log_level = args.next().cloned().or(found.log_level),
            _ => {
                let row = table::find(name.split(':').next().unwrap_or(name));
                if command::is_file(name) || row.is_some_and(|row| matches!(row.arity, Arity::Value(_))) {
                    args.next();
                }
            }
        }
    }
    found
}
