//! What the program tells its user: one sentence that names what, where and why, and a remedy.

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
    /// The sentence: what, where, why.
    pub message: String,
    /// What to do about it, if something can be done: a corrected command or option.
    pub remedy: Option<String>,
    /// The token of the command line that it is about.
    pub origin: Option<Origin>,
}

impl Diagnostic {
    /// A diagnostic of the given severity without remedy or place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), remedy: None, origin: None }
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

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
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
            write!(f, " {remedy}")?;
        }
        Ok(())
    }
}
