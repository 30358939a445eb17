//! What the program tells its user: one sentence that names what, where and why, and a remedy.

mod command;
mod mask;
mod spelling;
mod stream_id;
mod words;

pub use self::command::{Edit, command_line, edited, shell_quoted, to_type};
pub use self::mask::{mask_option, mask_text, mask_url, mask_words};
pub use self::spelling::{meant, nearest, nearest_flags, tolerance};
pub use self::stream_id::StreamId;
pub use self::words::{enumerated, no_output_format, no_output_format_in_ffmpeg, reason, sentence};

use std::fmt;

/// How grave a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A decision worth a line; the output is what was asked for.
    Note,
    /// The output differs from what was asked.
    Warning,
    /// The job cannot be done as asked.
    Error,
}

/// A place in the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Index of the token in argv, the program's name not counted.
    pub arg: usize,
    /// The token as typed, e.g. `-preset` or `-b:v`.
    pub token: String,
}

impl Origin {
    /// The token at `arg`.
    pub fn new(arg: usize, token: impl Into<String>) -> Self {
        Self { arg, token: token.into() }
    }
}

/// One thing to tell, with the way out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// The rule or check that speaks, in kebab-case, e.g. `flv-guard`; stable, for `--explain=json`.
    pub code: &'static str,
    /// The sentence: what, where, why; empty when only ffmpeg has something to say.
    pub message: String,
    /// What to do about it, if something can be done: a corrected command or option.
    pub remedy: Option<String>,
    /// The token of the command line that it is about.
    pub origin: Option<Origin>,
    /// What ffmpeg says instead, where programs wait for it; empty when ffmpeg says nothing.
    pub ffmpeg: Option<Box<str>>,
}

impl Diagnostic {
    /// A diagnostic of the given severity without remedy or place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), remedy: None, origin: None, ffmpeg: None }
    }

    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// A warning that ffmpeg utters and weir does not.
    pub fn for_ffmpeg(code: &'static str, words: impl Into<String>) -> Self {
        Self::warning(code, "").ffmpeg_says(words)
    }

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds what ffmpeg says instead; nothing when empty.
    #[must_use]
    pub fn ffmpeg_says(mut self, words: impl Into<String>) -> Self {
        self.ffmpeg = Some(words.into().into_boxed_str());
        self
    }

    /// Adds, behind what to do, the command that does it.
    pub fn show_command(&mut self, command: &str) {
        self.remedy = Some(match self.remedy.take() {
            Some(remedy) => format!("{remedy} {command}"),
            None => command.to_owned(),
        });
    }

    /// Adds the token that it is about.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(remedy) = &self.remedy {
            // A remedy is a sentence of its own.
            let stop = if self.message.is_empty() || self.message.ends_with(['.', '?', '!', ':']) { "" } else { "." };
            write!(f, "{stop} {remedy}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_stands_between_message_and_remedy() {
        for message in ["the file is empty", "the file is empty."] {
            let told = Diagnostic::error("empty", message).remedy("Leave it out.");
            assert_eq!(told.to_string(), "the file is empty. Leave it out.");
        }
        assert_eq!(Diagnostic::error("empty", "the file is empty").to_string(), "the file is empty");
        assert_eq!(Diagnostic::error("asked", "Is it?").remedy("No.").to_string(), "Is it? No.");
    }
}
