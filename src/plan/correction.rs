//! Commands as they ought to have been typed, for refusals while planning.

use crate::diagnostic::{Diagnostic, Edit, Origin, edited, mask_text, nearest, to_type};
use crate::spec::JobSpec;

/// What is wrong with values that were typed, and the edits that mend it where these are known.
#[derive(Default)]
pub(super) struct Findings(Vec<(Diagnostic, Option<Vec<Edit>>)>);

impl Findings {
    /// Adds a diagnostic about an option with its value: the likeliest one in its place, or none at all.
    pub(super) fn mend(&mut self, spec: &JobSpec, diagnostic: Diagnostic, typed: &str, meant: Option<&str>) {
        let edits = diagnostic.origin.as_ref().and_then(|origin| edits(spec, origin, typed, meant));
        self.0.push((diagnostic, edits));
    }

    /// Adds a diagnostic for which no correction can be known.
    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        self.0.push((diagnostic, None));
    }

    /// The diagnostics; the last of the gravest shows the command in which all are mended, where all can be.
    pub(super) fn finish(self, spec: &JobSpec) -> Vec<Diagnostic> {
        let edits: Option<Vec<Vec<Edit>>> = self.0.iter().map(|(_, edits)| edits.clone()).collect();
        let mut told: Vec<Diagnostic> = self.0.into_iter().map(|(diagnostic, _)| diagnostic).collect();
        let gravest = told.iter().map(|diagnostic| diagnostic.severity).max();
        let last = told.iter_mut().rfind(|diagnostic| Some(diagnostic.severity) == gravest);
        if let (Some(last), Some(edits)) = (last, edits) {
            last.show_command(&command(spec, &edits.concat()));
        }
        told
    }
}

/// The edits that put another value, or nothing at all, in the place of an option with its value; `None` where these are
/// no words of their own in the command line.
pub(super) fn edits(spec: &JobSpec, origin: &Origin, typed: &str, meant: Option<&str>) -> Option<Vec<Edit>> {
    let words = spec.global.arguments.get(origin.arg..=origin.arg + 1)?;
    if mask_text(&words[0]) != origin.token || words[1] != typed {
        return None;
    }
    let replaced = |at: usize, words: Vec<String>| Edit::Replace(origin.arg + at, words);
    Some(match meant {
        Some(meant) => vec![replaced(1, vec![meant.to_owned()])],
        None => vec![replaced(0, Vec::new()), replaced(1, Vec::new())],
    })
}

/// "Type: weir ...", with everything mended.
pub(super) fn command(spec: &JobSpec, edits: &[Edit]) -> String {
    to_type(&edited(&spec.global.arguments, edits))
}

/// What to do about one value: the likeliest one, or else a sentence, with the command that has it; without a likely
/// value the command lacks the option.
pub(super) fn remedy(spec: &JobSpec, origin: &Origin, typed: &str, meant: Option<&str>, otherwise: &str) -> String {
    let sentence = meant.map_or_else(|| otherwise.to_owned(), |meant| format!("Did you mean {}?", mask_text(meant)));
    match edits(spec, origin, typed, meant) {
        Some(edits) => format!("{sentence} {}", command(spec, &edits)),
        None => sentence,
    }
}

/// [`remedy`] for a name: the nearest one of those that there are; where none is near, the sentence alone.
pub(super) fn remedy_for_name(
    spec: &JobSpec,
    origin: &Origin,
    typed: &str,
    names: &[String],
    otherwise: &str,
) -> String {
    match nearest(typed, names) {
        Some(meant) => remedy(spec, origin, typed, Some(&meant), otherwise),
        None => otherwise.to_owned(),
    }
}
