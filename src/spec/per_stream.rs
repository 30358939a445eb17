//! Values and FFmpeg's own options that are meant for some of the streams of an input or output.

use super::StreamSpecifier;
use crate::catalog::OptionScopes;
use crate::diagnostic::Origin;

/// A value for some of the streams of an input or output.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned<T> {
    /// Which streams.
    pub specifier: StreamSpecifier,
    /// The value.
    pub value: T,
    /// Where it stands in the command line.
    pub origin: Origin,
}

/// Values by stream; where several match, the last one in the command line counts.
#[derive(Clone, Debug, PartialEq)]
pub struct PerStream<T>(pub Vec<Assigned<T>>);

impl<T> Default for PerStream<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> PerStream<T> {
    /// Adds a value.
    pub fn push(&mut self, specifier: StreamSpecifier, value: T, origin: Origin) {
        self.0.push(Assigned { specifier, value, origin });
    }

    /// The last value whose specifier `matches`.
    pub fn last_matching(&self, matches: impl Fn(&StreamSpecifier) -> bool) -> Option<&Assigned<T>> {
        self.0.iter().rev().find(|a| matches(&a.specifier))
    }

    /// True when nothing was assigned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An option that FFmpeg's own tables know: kept as text, applied when the component is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct AvOption {
    /// Its name without specifier.
    pub name: String,
    /// The streams it is for; everything when none was written.
    pub specifier: StreamSpecifier,
    /// The value as text; flags may be relative, as in `+genpts`.
    pub value: String,
    /// In which tables the name stands.
    pub scopes: OptionScopes,
    /// Where it stands in the command line.
    pub origin: Origin,
}
