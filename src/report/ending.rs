//! How a job failed or ended, in sentences.

use super::{CalledAs, level, say};
use crate::diagnostic::{Diagnostic, Severity, mask_url, sentence};
use crate::engine::{Outcome, OutputEnd, PrepareError, StageError, has_content};
use crate::octets::file_path;
use crate::plan::Plan;

/// Tells each diagnostic at its level, the same one once. ffmpeg does not speak of its decisions at level info.
pub fn diagnostics(all: &[Diagnostic], called: CalledAs) {
    for (index, diagnostic) in all.iter().enumerate() {
        if all[..index].contains(diagnostic) {
            continue;
        }
        let level = match diagnostic.severity {
            Severity::Note if called == CalledAs::Ffmpeg && diagnostic.ffmpeg.is_none() => level::VERBOSE,
            Severity::Note if called == CalledAs::Ffmpeg => level::WARNING,
            Severity::Note => level::INFO,
            Severity::Warning => level::WARNING,
            Severity::Error => level::ERROR,
        };
        match (called, &diagnostic.ffmpeg) {
            (CalledAs::Weir, _) if diagnostic.message.is_empty() => {}
            (CalledAs::Weir, _) => say(level, &diagnostic.to_string()),
            (CalledAs::Ffmpeg, Some(words)) if words.is_empty() => {}
            (CalledAs::Ffmpeg, Some(words)) => words.lines().for_each(|line| say(level, line)),
            (CalledAs::Ffmpeg, None) => say(level, &diagnostic.message),
        }
        if called == CalledAs::Ffmpeg && diagnostic.severity == Severity::Error {
            return; // The first error is ffmpeg's last word.
        }
    }
}

/// Tells why a job cannot start.
pub fn prepare_error(error: &PrepareError, called: CalledAs) {
    match error {
        PrepareError::Refused(all) => diagnostics(all, called),
        PrepareError::Open { hint, .. } => {
            say(level::ERROR, &error.to_string());
            if let Some(hint) = hint.as_ref().filter(|_| called == CalledAs::Weir) {
                say(level::ERROR, &sentence(hint));
            }
        }
        PrepareError::Failed(text) => say(level::ERROR, text),
    }
}

/// Tells a failure.
pub fn stage_error(error: &StageError, called: CalledAs) {
    match error {
        StageError::Told { ffmpeg, .. } if called == CalledAs::Ffmpeg => {
            ffmpeg.lines().for_each(|line| say(level::ERROR, line));
        }
        StageError::Library { ffmpeg: Some(words), cause, .. } if called == CalledAs::Ffmpeg => {
            say(level::ERROR, &format!("{words}: {cause}"));
        }
        failure => say(level::ERROR, &failure.to_string()),
    }
}

/// Tells the first cause of a failure and what became of each output.
pub fn failure(plan: &Plan, outcome: &Outcome, called: CalledAs) {
    if let Some(error) = &outcome.failure {
        stage_error(error, called);
    }
    if called == CalledAs::Ffmpeg {
        return;
    }
    for (output, end) in plan.outputs.iter().zip(&outcome.outputs) {
        let url = mask_url(&output.url);
        match end {
            OutputEnd::Complete => {}
            // Nothing is left behind of what went over a network or into a device, or of a playlist that was never written.
            OutputEnd::Salvaged if !has_content(&file_path(&output.url)) => {}
            // A playlist may name pieces that are not there, and a picture's file hold none.
            OutputEnd::Salvaged if output.muxer.no_file => {
                say(level::ERROR, &format!("{url}: what was written up to then has been kept."));
            }
            OutputEnd::Salvaged => {
                say(level::ERROR, &format!("{url}: what was written up to then has been kept and can be played."));
            }
            OutputEnd::Removed => {
                say(level::ERROR, &format!("{url}: what was written up to then was of no use and has been removed."));
            }
            OutputEnd::Unfinished => say(level::ERROR, &format!("{url}: was not finished.")),
            OutputEnd::Useless => {
                say(level::ERROR, &format!("{url}: what was written up to then is of no use. Remove it."));
            }
        }
    }
}

/// Tells what the inputs lacked.
pub fn damage(outcome: &Outcome) {
    for text in &outcome.damage {
        say(level::WARNING, &format!("Damaged input: {text}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_become_sentences() {
        assert_eq!(sentence("the file is empty."), "The file is empty.");
        assert_eq!(sentence("no room"), "No room.");
        assert_eq!(sentence(""), ".");
    }
}
