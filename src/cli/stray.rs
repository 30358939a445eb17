//! Words that are neither options nor values, and would be outputs although no format is known by their names.

use super::command::{Command, Group, GroupKind};
use super::correction::Findings;
use super::{foreign, messages, suggest};
use crate::catalog::Catalog;
use crate::diagnostic::Edit;

/// Tells such a word, with what is typed in its place; `true` where it was one.
pub fn check(command: &Command, group: &Group, catalog: &dyn Catalog, findings: &mut Findings) -> bool {
    let word = group.url.as_str();
    let has_format = group.options.iter().any(|typed| typed.name == "f");
    if command.is_literal
        || has_format
        || word.is_empty()
        || word.contains("://")
        || catalog.guess_muxer(word).is_some()
    {
        return false;
    }
    let is_last = !command.groups.iter().any(|other| other.kind == GroupKind::Output && other.anchor > group.anchor);
    // `vcodec libx264`: the value of what lacks its dash.
    let behind =
        command.groups.iter().find(|other| other.kind == GroupKind::Output && other.url_at + 1 == group.url_at);
    if behind.is_some_and(|other| !is_last && suggest::is_known(&other.url, catalog)) {
        return true;
    }
    let Some((reason, words)) = meant(word, (group.url_at == 0, is_last), catalog) else { return false };
    findings.mend(messages::stray(word, &reason, &group.origin), [Edit::Replace(group.url_at, words)]);
    true
}

/// What a word is that stands first or last among the words of a command line, and what is typed in its place.
fn meant(word: &str, (is_first, is_last): (bool, bool), catalog: &dyn Catalog) -> Option<(String, Vec<String>)> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let program = word.rsplit('/').next().unwrap_or(word).trim_end_matches(".exe");
    if is_first && matches!(program, "ffmpeg" | "weir") {
        return Some(("the program's name stands twice".to_owned(), Vec::new()));
    }
    if matches!(word, "/dev/null" | "NUL") {
        return Some(("what is to be thrown away has the format null".to_owned(), words(&["-f", "null", "-"])));
    }
    if is_last || word == "-" || word.contains(['.', '/', '\\', ':']) {
        return None;
    }
    if word == "copy" {
        return Some(("copy is said to -c".to_owned(), words(&["-c", "copy"])));
    }
    if suggest::is_known(word, catalog) {
        return Some((format!("-{word} is an option, and begins with a dash"), vec![format!("-{word}")]));
    }
    Some(match foreign::codec_or_format(word, catalog) {
        Some(meant) => (meant.why.trim_end_matches('.').to_owned(), meant.words),
        None => ("it is neither an option nor the value of one, so it would be an output".to_owned(), Vec::new()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::FakeCatalog;

    #[test]
    fn a_word_is_known_by_what_it_is_and_where_it_stands() {
        for (word, place, expected) in [
            ("ffmpeg", (true, false), Some("")),
            ("/usr/bin/ffmpeg", (true, false), Some("")),
            ("ffmpeg", (false, true), None),
            ("/dev/null", (false, true), Some("-f null -")),
            ("preset", (false, false), Some("-preset")),
            ("preset", (false, true), None),
            ("i", (false, false), Some("-i")),
            ("libx264", (false, false), Some("-c:v libx264")),
            ("copy", (false, false), Some("-c copy")),
            ("flv", (false, false), Some("-f flv")),
            ("2", (false, false), Some("")),
            ("out.xyz", (false, false), None),
            ("pipe:1", (false, false), None),
            ("-", (false, false), None),
        ] {
            let found = meant(word, place, &FakeCatalog).map(|(_, words)| words.join(" "));
            assert_eq!(found.as_deref(), expected, "{word}");
        }
    }
}
