//! Keeps what was found wrong, and the words of the command line as they ought to have been typed.

use crate::diagnostic::{Diagnostic, Severity, mask_text};

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

/// A change to the words that does not move the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Other words, or none, in place of the word at this position.
    Replace(usize, Vec<String>),
    /// Words before this position; the number of words is the end.
    Before(usize, Vec<String>),
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

    /// Adds a diagnostic for which no correction can be known, so that a command would be a false one.
    pub fn give_up(&mut self, diagnostic: Diagnostic) {
        self.tell(diagnostic);
        self.hopeless = true;
    }

    /// True when one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|(d, _)| d.severity == Severity::Error)
    }

    /// The words with everything mended; `None` where nothing was, or where it is not known how.
    pub fn corrected(&self, words: &[Word]) -> Option<Vec<String>> {
        let mended = self.found.iter().any(|(_, mended)| *mended) && !self.hopeless;
        mended.then(|| corrected(words, &self.edits))
    }

    /// The diagnostics in the order of the command line. The last one of the gravest kind that can be mended shows the
    /// corrected command.
    pub fn finish(mut self, command: Option<&[String]>) -> Vec<Diagnostic> {
        self.found.sort_by_key(|(d, _)| d.origin.as_ref().map_or(usize::MAX, |o| o.arg));
        let gravest = self.found.iter().filter(|(_, mended)| *mended).map(|(d, _)| d.severity).max();
        let last = self.found.iter_mut().rev().find(|(d, mended)| *mended && Some(d.severity) == gravest);
        if let (Some((diagnostic, _)), Some(command)) = (last, command) {
            let command = format!("Type: {}", command_line(command));
            diagnostic.remedy = Some(match diagnostic.remedy.take() {
                Some(remedy) => format!("{remedy} {command}"),
                None => command,
            });
        }
        self.found.into_iter().map(|(diagnostic, _)| diagnostic).collect()
    }
}

/// The words after the edits.
fn corrected(words: &[Word], edits: &[Edit]) -> Vec<String> {
    let mut result = Vec::new();
    for at in 0..=words.len() {
        for edit in edits {
            match edit {
                Edit::Before(place, new) if *place == at => result.extend(new.iter().cloned()),
                _ => {}
            }
        }
        let replaced = edits.iter().rev().find_map(|edit| match edit {
            Edit::Replace(place, new) if *place == at => Some(new),
            _ => None,
        });
        match (replaced, words.get(at)) {
            (Some(new), _) => result.extend(new.iter().cloned()),
            (None, Some(word)) => result.push(word.text.clone()),
            (None, None) => {}
        }
    }
    result
}

/// A command of weir as it is typed into a shell, with passwords masked.
pub fn command_line<S: AsRef<str>>(words: &[S]) -> String {
    let mut line = String::from("weir");
    for word in words {
        line.push(' ');
        line.push_str(&shell_quoted(&mask_text(word.as_ref())));
    }
    line
}

/// An argument quoted for a POSIX shell where that is needed.
pub fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        assert_eq!(
            command_line(&["-i", "a b.mp4", "", "it's", "scale=1:2,setdar=4/3", "0:a?"]),
            r"weir -i 'a b.mp4' '' 'it'\''s' scale=1:2,setdar=4/3 '0:a?'"
        );
    }

    #[test]
    fn edits_do_not_move_one_another() {
        let words: Vec<Word> =
            ["a", "b", "c"].iter().enumerate().map(|(arg, t)| Word { arg, text: (*t).to_owned(), fixes: 0 }).collect();
        let new = |text: &str| vec![text.to_owned()];
        let edits = [
            Edit::Replace(2, Vec::new()),
            Edit::Before(0, new("x")),
            Edit::Before(3, new("z")),
            Edit::Replace(1, new("B")),
        ];
        assert_eq!(corrected(&words, &edits), ["x", "a", "B", "z"]);
    }
}
