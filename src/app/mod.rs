//! The door: chooses a mode, installs logger and signals, turns an outcome into an exit status.

mod files;
mod from_files;
mod job;
mod keyboard;
mod limits;
mod sequence;
mod show;
mod signals;
mod sources;
mod targets;
mod words;

use crate::av::LinkedCatalog;
use crate::cli::{self, EarlyGlobals, Parsed, Reading, Request};
use crate::diagnostic::{Diagnostic, Edit, Severity, edited, to_type};
use crate::octets;
use crate::report::{self, CalledAs, banner, ending, level, newcomer, report_file, terminal};
use crate::spec::JobSpec;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is done.
    Done = 0,
    /// The job failed, or could not be understood.
    Failed = 1,
    /// All is done, but an input was damaged (`EX_UNAVAILABLE`).
    Damaged = 69,
    /// A signal ended it.
    Signal = 255,
}

/// Runs the program; the first argument is the name that it was called by.
///
/// Does not come back.
pub fn main(mut args: impl Iterator<Item = OsString>) -> ! {
    let called = args.next().map_or(CalledAs::Weir, |name| called_as(&name));
    let args: Vec<String> = args.map(|arg| octets::of_os(&arg)).collect();
    report::log::install(called);
    crate::av::initialize();
    let exit = words::run(called, &args).unwrap_or_else(|| command(called, &args));
    terminal::finish();
    log::logger().flush();
    // Who has closed the pipe has been told of otherwise.
    let _ = std::io::stdout().flush();
    crate::av::end_process(exit as u8)
}

fn called_as(name: &OsString) -> CalledAs {
    match Path::new(name).file_name() {
        Some(name) if name == "ffmpeg" => CalledAs::Ffmpeg,
        _ => CalledAs::Weir,
    }
}

/// Carries out a command line in ffmpeg's grammar.
fn command(called: CalledAs, args: &[String]) -> Exit {
    if args.is_empty() && called == CalledAs::Weir {
        newcomer::show();
        return Exit::Done;
    }
    let read = from_files::read(args);
    let args = read.as_deref().unwrap_or(args);
    let early = cli::early_globals(args);
    if let Err(sentence) = set_up_telling(&early, called, args) {
        report::say(level::ERROR, &sentence);
        return Exit::Failed;
    }
    if let Err(sentence) = &read {
        if !early.hide_banner {
            banner::show(called);
        }
        report::say(level::ERROR, sentence);
        return Exit::Failed;
    }
    let catalog = LinkedCatalog;
    let reading = if called == CalledAs::Ffmpeg { Reading::Literal } else { Reading::Typed };
    let parsed = cli::parse(args, &catalog, reading);
    let quiet_by_nature = matches!(&parsed, Ok((Parsed::Show(r), _)) if show::has_no_banner(r, called));
    if !early.hide_banner && !quiet_by_nature {
        banner::show(called);
    }
    match parsed {
        Err(diagnostics)
            if called == CalledAs::Ffmpeg
                && diagnostics.iter().all(|d| d.code == "no-output")
                && cli::split(args, &catalog).0.groups.is_empty() =>
        {
            newcomer::usage(called);
            Exit::Failed
        }
        Err(diagnostics) => {
            if let Some(spec) = inputs_alone((args, called), &diagnostics, &catalog, reading)
                && let Err(exit) = job::inspect(spec, called, &catalog)
            {
                return exit;
            }
            if early.explains_as_json {
                job::explain_refusal(&diagnostics);
            }
            ending::diagnostics(&diagnostics, called);
            Exit::Failed
        }
        Ok((Parsed::Show(Request::Help { topic: None }), _)) if args.is_empty() => {
            newcomer::usage(called);
            Exit::Failed
        }
        Ok((Parsed::Show(request), diagnostics)) => {
            ending::diagnostics(&diagnostics, called);
            show::answer(&request, called)
        }
        Ok((Parsed::Job(spec), diagnostics)) => {
            ending::diagnostics(&diagnostics, called);
            job::run(*spec, called, &catalog)
        }
    }
}

/// What is told from now on, and whether into a report as well. The error is a sentence.
fn set_up_telling(early: &EarlyGlobals, called: CalledAs, args: &[String]) -> Result<(), String> {
    if let Some(text) = &early.log_level {
        let settings = terminal::settings().changed_by(text);
        let settings =
            settings.map_err(|words| if called == CalledAs::Weir { bad_level(args, text) } else { words })?;
        terminal::configure(settings);
    }
    report_file::open(early.report, called, args)
}

/// What is told of `-v eror`.
fn bad_level(args: &[String], text: &str) -> String {
    let option = |at: usize| matches!(args[at].as_str(), "-v" | "-loglevel") && args[at + 1] == text;
    let Some(at) = (0..args.len().saturating_sub(1)).rfind(|at| option(*at)) else { return String::new() };
    let (mut sentence, meant) = level::refusal(&args[at], text);
    if let Some(meant) = meant {
        let edit = Edit::Replace(at + 1, vec![meant.clone()]);
        let _ = write!(sentence, " Did you mean {meant}? {}", to_type(&edited(args, &[edit])));
    }
    sentence
}

/// The inputs of a command line whose only fault is that it has no output, as many programs ask what is in a file; for
/// ffmpeg also those of one whose outputs are wrong.
fn inputs_alone(
    (args, called): (&[String], CalledAs),
    diagnostics: &[Diagnostic],
    catalog: &LinkedCatalog,
    reading: Reading,
) -> Option<JobSpec> {
    let mut errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let lacks_output = errors.next()?.code == "no-output" && errors.next().is_none();
    if !lacks_output && called == CalledAs::Weir {
        return None;
    }
    match cli::parse(&cli::without_outputs(args, diagnostics, catalog, reading)?, catalog, reading) {
        Ok((Parsed::Job(spec), _)) => Some(*spec),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides() {
        for (name, called) in [
            ("weir", CalledAs::Weir),
            ("/usr/bin/ffmpeg", CalledAs::Ffmpeg),
            ("./ffmpeg", CalledAs::Ffmpeg),
            ("ffmpeg-weir", CalledAs::Weir),
            ("", CalledAs::Weir),
        ] {
            assert_eq!(called_as(&OsString::from(name)), called, "{name}");
        }
    }
}
