//! Words that are neither options nor values, and would be outputs although no format is known by their names.

use super::command::{Command, Group, GroupKind, Typed};
use super::correction::Findings;
use super::{foreign, messages, suggest};
use crate::catalog::Catalog;
use crate::diagnostic::Edit;

/// Options whose values are texts, in which a blank is at home.
const TEXTS: [&str; 3] = ["metadata", "program", "stream_group"];

/// Those whose values are filtergraphs, in which no word is one that is known by itself.
const GRAPHS: [&str; 5] = ["vf", "af", "filter", "filter_complex", "lavfi"];

/// Tells such a word, with what is typed in its place; `true` where it was one.
pub fn check(command: &Command, group: &Group, catalog: &dyn Catalog, findings: &mut Findings) -> bool {
    if command.is_literal || !is_stray(group, catalog) {
        return false;
    }
    let word = group.url.as_str();
    let is_last = last_output(command) == Some(group.url_at);
    if !is_last {
        let run = words_around(command, group, catalog);
        let before = run.iter().find(|other| other.url_at + 1 == group.url_at);
        if let Some((reason, edits)) = text_of(command, &run, catalog) {
            // Told of once.
            if before.is_none() {
                findings.mend(messages::stray(word, &reason, &group.origin), edits);
            }
            return true;
        }
        // `vcodec libx264`: the value of what lacks its dash.
        if before.is_some_and(|other| suggest::is_known(&other.url, catalog)) {
            return true;
        }
    }
    let Some((reason, words)) = meant(word, (group.url_at == 0, is_last), catalog) else { return false };
    findings.mend(messages::stray(word, &reason, &group.origin), [Edit::Replace(group.url_at, words)]);
    true
}

/// True of an output whose name says nothing of a format, and which has none.
fn is_stray(group: &Group, catalog: &dyn Catalog) -> bool {
    let (word, has_format) = (group.url.as_str(), group.options.iter().any(|typed| typed.name == "f"));
    !has_format && !word.is_empty() && !word.contains("://") && catalog.guess_muxer(word).is_none()
}

/// True of a word that names no file, so far as its signs tell.
fn is_plain(word: &str) -> bool {
    word != "-" && !word.contains(['.', '/', '\\', ':'])
}

/// Where the last output stands, which is one whatever its name.
fn last_output(command: &Command) -> Option<usize> {
    command.groups.iter().filter(|other| other.kind == GroupKind::Output).map(|other| other.url_at).max()
}

/// The output whose name stands there.
fn output_at(command: &Command, at: usize) -> Option<&Group> {
    command.groups.iter().find(|other| other.kind == GroupKind::Output && other.url_at == at)
}

/// Such words behind each other, with nothing between them, of which `group` is one; without the last output.
fn words_around<'a>(command: &'a Command, group: &'a Group, catalog: &dyn Catalog) -> Vec<&'a Group> {
    let last_at = last_output(command);
    let stray_at = |at: usize| output_at(command, at).filter(|other| Some(at) != last_at && is_stray(other, catalog));
    let first = (0..group.url_at).rev().take_while(|at| stray_at(*at).is_some()).last().unwrap_or(group.url_at);
    (first..).map_while(stray_at).collect()
}

/// What words behind each other are when they are a part of what stands before them, or of the output behind them, and how they
/// are typed then.
fn text_of(command: &Command, run: &[&Group], catalog: &dyn Catalog) -> Option<(String, Vec<Edit>)> {
    let first = run.first()?;
    let words = run.iter().map(|group| group.url.as_str());
    let gone = |run: &[&Group]| run.iter().map(|group| Edit::Replace(group.url_at, Vec::new())).collect::<Vec<_>>();
    // What is known by itself is more likely meant as that.
    let is_word = |group: &&Group| meant(&group.url, (false, false), catalog).is_some_and(|(_, w)| w.is_empty());
    let stands_before = |typed: &&Typed| typed.value_at.is_some_and(|at| at + 1 == first.url_at);
    if let Some(option) = first.options.iter().chain(&command.globals).find(stands_before) {
        let (token, value_at) = (&option.origin.token, option.value_at?);
        // `-filter complex GRAPH`
        if (option.name.as_str(), option.value.as_str()) == ("filter", "complex") {
            let reason = "it is taken for the value of -filter_complex, which is one word".to_owned();
            let one_word = vec![Edit::Replace(option.at, vec!["-filter_complex".to_owned()])];
            return Some((reason, [one_word, vec![Edit::Replace(value_at, Vec::new())]].concat()));
        }
        let (is_text, is_graph) = (TEXTS.contains(&option.name.as_str()), GRAPHS.contains(&option.name.as_str()));
        let are_of_graph = || run.iter().all(|group| group.url.contains(['[', '=', ';', ',']) || is_word(group));
        if (is_text && !run.iter().any(|group| group.url == "copy")) || (is_graph && are_of_graph()) {
            let words = words.collect::<Vec<_>>().join(" ");
            // `-metadata title "My film"`
            let joint = if is_text && !option.value.contains('=') { '=' } else { ' ' };
            let text = format!("{}{joint}{words}", option.value);
            let reason = format!("it is taken for a part of what {token} says, where text with blanks is quoted");
            return Some((reason, [vec![Edit::Replace(value_at, vec![text])], gone(run)].concat()));
        }
        if is_text || is_graph {
            return None;
        }
        let (value, glued) = glued_option(&option.value, catalog)?;
        let reason = format!("{glued} is an option, and lacks a blank before it");
        return Some((reason, vec![Edit::Replace(value_at, vec![value.to_owned(), glued.to_owned()])]));
    }
    let output = output_at(command, first.url_at + run.len()).filter(|output| output.options.is_empty())?;
    let behind_input = command.groups.iter().any(|g| g.kind == GroupKind::Input && g.url_at + 1 == first.url_at);
    (behind_input && run.iter().all(is_word)).then(|| {
        let name = words.chain([output.url.as_str()]).collect::<Vec<_>>().join(" ");
        let reason =
            "it is taken for the beginning of the output's name, which is quoted where it has blanks".to_owned();
        (reason, [gone(run), vec![Edit::Replace(output.url_at, vec![name])]].concat())
    })
}

/// The option at the end of a value that lacks the blank before it: `libx264-preset`.
fn glued_option<'a>(value: &'a str, catalog: &dyn Catalog) -> Option<(&'a str, &'a str)> {
    let dashes = value.char_indices().skip(1).filter(|(_, sign)| *sign == '-').map(|(at, _)| at);
    let is_option = |at: &usize| {
        let name = value[at + 1..].split(':').next().unwrap_or_default();
        suggest::is_known(name, catalog)
    };
    dashes.into_iter().find(is_option).map(|at| value.split_at(at))
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
    if is_last || !is_plain(word) {
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
