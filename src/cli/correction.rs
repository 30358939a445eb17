//! Keeps what was found wrong, and the words of the command line as they ought to have been typed.

use crate::diagnostic::{Diagnostic, Edit, Severity, edited, to_type};

/// One argument as it stands after the corrections made so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Index of the argument it came from.
    pub arg: usize,
    /// Its text.
    pub text: String,
    /// How often it was corrected.
    pub fixes: u8,
}

/// Diagnostics, and the edits that would answer them.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<(Diagnostic, bool)>,
    edits: Vec<Edit>,
    /// Something is wrong and nobody can know what was meant: no command is shown.
    hopeless: bool,
}

impl Findings {
    /// Adds a diagnostic that the corrected command says nothing about.
    pub fn tell(&mut self, diagnostic: Diagnostic) {
        self.found.push((diagnostic, false));
    }

    /// Adds a diagnostic with the edits that answer it; none when the words were already corrected in place.
    pub fn mend(&mut self, diagnostic: Diagnostic, edits: impl IntoIterator<Item = Edit>) {
        self.found.push((diagnostic, true));
        self.edits.extend(edits);
    }

    /// Adds edits to what was told before.
    pub fn edit(&mut self, edits: impl IntoIterator<Item = Edit>) {
        self.edits.extend(edits);
    }

    /// Adds a diagnostic for which no correction can be known, so that a command would be a false one.
    pub fn give_up(&mut self, diagnostic: Diagnostic) {
        self.tell(diagnostic);
        self.hopeless = true;
    }

    /// True when something was told of the word at this place.
    pub fn is_told(&self, arg: usize) -> bool {
        self.found.iter().any(|(d, _)| d.origin.as_ref().is_some_and(|origin| origin.arg == arg))
    }

    /// True when one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|(d, _)| d.severity == Severity::Error)
    }

    /// The words with everything mended; `None` where nothing was, or where it is not known how.
    pub fn corrected(&self, words: &[Word]) -> Option<Vec<String>> {
        let mended = self.found.iter().any(|(_, mended)| *mended) && !self.hopeless;
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        mended.then(|| edited(&texts, &self.edits))
    }

    /// The diagnostics in the order of the command line. The last one of the gravest kind that can be mended shows the
    /// corrected command.
    pub fn finish(mut self, command: Option<&[String]>) -> Vec<Diagnostic> {
        self.found.sort_by_key(|(d, _)| d.origin.as_ref().map_or(usize::MAX, |o| o.arg));
        let gravest = self.found.iter().filter(|(_, mended)| *mended).map(|(d, _)| d.severity).max();
        let last = self.found.iter_mut().rev().find(|(d, mended)| *mended && Some(d.severity) == gravest);
        if let (Some((diagnostic, _)), Some(command)) = (last, command) {
            diagnostic.show_command(&to_type(command));
        }
        self.found.into_iter().map(|(diagnostic, _)| diagnostic).collect()
    }
}
