//! Commands as they are shown: quoted for a shell, with passwords masked, and changed word by word.

use super::mask_words;

/// A change to the words of a command that does not move the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Other words, or none, in place of the word at this position.
    Replace(usize, Vec<String>),
    /// Words before this position; the number of words is the end.
    Before(usize, Vec<String>),
}

/// The words after the edits.
pub fn edited<S: AsRef<str>>(words: &[S], edits: &[Edit]) -> Vec<String> {
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
            (None, Some(word)) => result.push(word.as_ref().to_owned()),
            (None, None) => {}
        }
    }
    result
}

/// A command of weir as it is typed into a shell, with passwords masked.
pub fn command_line<S: AsRef<str>>(words: &[S]) -> String {
    let mut line = String::from("weir");
    for word in mask_words(words) {
        line.push(' ');
        line.push_str(&shell_quoted(&word));
    }
    line
}

/// "Type: weir ...".
pub fn to_type<S: AsRef<str>>(words: &[S]) -> String {
    format!("Type: {}", command_line(words))
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
    fn secrets_behind_options_are_not_shown() {
        let words = ["-i", "a", "-preset", "fast", "-passphrase", "geheim", "srt://h"];
        assert_eq!(command_line(&words), "weir -i a -preset fast -passphrase '***' srt://h");
    }

    #[test]
    fn edits_do_not_move_one_another() {
        let new = |text: &str| vec![text.to_owned()];
        let edits = [
            Edit::Replace(2, Vec::new()),
            Edit::Before(0, new("x")),
            Edit::Before(3, new("z")),
            Edit::Replace(1, new("B")),
        ];
        assert_eq!(edited(&["a", "b", "c"], &edits), ["x", "a", "B", "z"]);
    }
}
