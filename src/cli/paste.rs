//! Recognises what copying from a web page or a document does to a command: blanks that a shell does not see,
//! typographic dashes and quotes, empty arguments.

use crate::diagnostic::{Diagnostic, Origin, mask_option, shell_quoted};
use crate::octets::readable;

/// Dashes that are not the one of the keyboard.
const DASHES: [char; 7] = ['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2212}'];
/// Quotes that a shell takes for letters.
const QUOTES: [char; 8] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{ab}', '\u{bb}'];

/// A blank of any kind, seen or unseen; a shell separates words only at some of them.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A blank that one cannot have typed on purpose.
fn is_foreign_blank(c: char) -> bool {
    is_blank(c) && !c.is_ascii()
}

fn blank_name(c: char) -> String {
    match c {
        ' ' => "a blank".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        '\u{a0}' | '\u{202f}' => format!("a no-break space (U+{:04X})", u32::from(c)),
        _ => format!("an invisible character (U+{:04X})", u32::from(c)),
    }
}

/// What a shell leaves at the end of a word although nobody types it there: a blank of a page, a line's end of Windows.
fn is_foreign_end(c: char) -> bool {
    is_foreign_blank(c) || matches!(c, '\r' | '\n')
}

/// The name of what stands at the end of a word and does not belong there.
fn foreign_end(text: &str) -> Option<String> {
    text.chars().next_back().filter(|c| is_foreign_end(*c)).map(blank_name)
}

/// What is wrong with an argument, and the words to put in its place.
pub struct Pasted {
    /// The finding.
    pub diagnostic: Diagnostic,
    /// The words that were meant.
    pub meant: Vec<String>,
}

/// Looks at an argument that is to be an option or an output.
pub fn check_argument(text: &str, origin: &Origin) -> Option<Pasted> {
    let shown = readable(text).escape_debug().to_string();
    let found = |code, message: String, remedy: &str, meant: Vec<String>| {
        let diagnostic = Diagnostic::error(code, message).remedy(remedy).at(origin);
        Some(Pasted { diagnostic, meant })
    };
    let Some(first) = text.chars().next() else {
        let message = format!("argument {} is empty and would be the name of an output", origin.arg + 1);
        return found("empty-argument", message, "Leave it out.", Vec::new());
    };
    if is_blank(first) {
        let trimmed = text.trim_matches(is_blank);
        let what = format!("argument {} (\"{shown}\") begins with {}", origin.arg + 1, blank_name(first));
        let message = format!("{what}, so that it would be the name of an output");
        return if trimmed.is_empty() {
            found("blank-argument", message, "Leave it out.", Vec::new())
        } else if trimmed.starts_with('-') || trimmed.starts_with(DASHES) {
            found("blank-argument", message, "Type it anew, with ordinary blanks.", pieces(trimmed))
        } else {
            let remedy = "Type it without; if the name does begin so, put ./ before it.";
            found("blank-argument", message, remedy, vec![trimmed.to_owned()])
        };
    }
    if DASHES.contains(&first) {
        let message = format!("'{text}' begins with a typographic dash (U+{:04X}), not with '-'", u32::from(first));
        let meant = text.trim_start_matches(DASHES);
        return found("typographic-dash", message, "Type the dash of the keyboard.", vec![format!("-{meant}")]);
    }
    if QUOTES.contains(&first) {
        let message = format!("'{text}' begins with a typographic quote, which a shell takes for a letter");
        let meant = text.trim_matches(QUOTES).to_owned();
        let meant = if meant.is_empty() { Vec::new() } else { vec![meant] };
        return found("typographic-quote", message, "Type the quotes of the keyboard, ' or \".", meant);
    }
    if first == '-'
        && let Some(blank) = text.chars().find(|c| is_blank(*c))
    {
        let pieces = pieces(text);
        if let ([_], Some(end)) = (pieces.as_slice(), foreign_end(text)) {
            return found("blank-argument", format!("\"{shown}\" ends with {end}"), "Type it anew.", pieces);
        }
        let message = format!("\"{shown}\" holds {}, so that option and value are one argument", blank_name(blank));
        return found("blank-argument", message, "Type them as separate words.", pieces);
    }
    if let Some(end) = foreign_end(text) {
        let message = format!("argument {} (\"{shown}\") ends with {end}", origin.arg + 1);
        let meant = text.trim_end_matches(is_blank).to_owned();
        return found(
            "blank-argument",
            message,
            "Type it without; if the name does end so, put -- before it.",
            vec![meant],
        );
    }
    None
}

/// Looks at the value of an option; metadata may hold what it likes and is not to be shown here.
pub fn check_value(text: &str, option: &Origin) -> Option<Pasted> {
    let first = text.chars().next()?;
    let (code, what) = if is_foreign_blank(first) {
        ("blank-argument", format!("begins with {}", blank_name(first)))
    } else if QUOTES.contains(&first) {
        ("typographic-quote", "begins with a typographic quote, which a shell takes for a letter".to_owned())
    } else if let Some(end) = foreign_end(text) {
        ("blank-argument", format!("ends with {end}"))
    } else {
        return None;
    };
    let shown = mask_option(&option.token, text);
    let message = format!("the value of {} (\"{}\") {what}", option.token, readable(&shown).escape_debug());
    let diagnostic = Diagnostic::error(code, message).remedy("Type it anew.").at(option);
    let meant = text.trim_matches(|c| is_blank(c) || QUOTES.contains(&c)).to_owned();
    Some(Pasted { diagnostic, meant: vec![meant] })
}

/// Option and value that a foreign blank glued together.
fn pieces(text: &str) -> Vec<String> {
    text.split(is_blank).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

/// What looks wrong about an input's name: it may be right, for files have all kinds of names.
pub fn check_input(url: &str, origin: &Origin) -> Option<Diagnostic> {
    let first = url.chars().next()?;
    let what = if is_blank(first) {
        format!("begins with {}", blank_name(first))
    } else if QUOTES.contains(&first) {
        "begins with a typographic quote".to_owned()
    } else {
        format!("ends with {}", foreign_end(url)?)
    };
    let meant = url.trim_matches(|c| is_blank(c) || QUOTES.contains(&c));
    let message = format!("the input's name (\"{}\") {what}", readable(url).escape_debug());
    Some(
        Diagnostic::warning("input-name", message)
            .remedy(format!("If that came from copying, type: -i {}", shell_quoted(meant)))
            .at(origin),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pasted_arguments_are_named_and_mended() {
        let cases: [(&str, &str, &[&str]); 14] = [
            ("", "empty-argument", &[]),
            (" ", "blank-argument", &[]),
            (" -c", "blank-argument", &["-c"]),
            ("\u{a0}-y", "blank-argument", &["-y"]),
            ("\u{a0}", "blank-argument", &[]),
            ("\u{200b}out.mp4", "blank-argument", &["out.mp4"]),
            ("-c:v\u{a0}libx264", "blank-argument", &["-c:v", "libx264"]),
            ("-c:v libx264", "blank-argument", &["-c:v", "libx264"]),
            ("–c:v", "typographic-dash", &["-c:v"]),
            ("—y", "typographic-dash", &["-y"]),
            ("“out.mp4”", "typographic-quote", &["out.mp4"]),
            ("out.mp4\r", "blank-argument", &["out.mp4"]),
            ("out.mp4\u{a0}", "blank-argument", &["out.mp4"]),
            ("-y\u{a0}", "blank-argument", &["-y"]),
        ];
        for (text, code, meant) in cases {
            let pasted = check_argument(text, &Origin::new(3, text)).unwrap();
            assert_eq!((pasted.diagnostic.code, pasted.meant), (code, meant.iter().map(|s| (*s).to_owned()).collect()));
        }
        for text in ["-", "-y", "out.mp4", "a b.mp4", "a–b.mp4", "é.mp4"] {
            assert!(check_argument(text, &Origin::new(0, text)).is_none(), "{text}");
        }
    }

    #[test]
    fn values_may_begin_with_a_blank_but_not_with_one_from_a_page() {
        let at = Origin::new(0, "-vf");
        assert!(check_value(" scale=1:2", &at).is_none() && check_value("", &at).is_none());
        assert_eq!(check_value("\u{a0}scale=1:2", &at).unwrap().meant, ["scale=1:2"]);
        assert_eq!(check_value("“scale=1:2”", &at).unwrap().meant, ["scale=1:2"]);
        assert_eq!(check_value("copy\u{a0}", &at).unwrap().meant, ["copy"]);
        assert_eq!(check_value("copy\r", &at).unwrap().meant, ["copy"]);
        assert!(check_input("a.mp4\r", &at).unwrap().message.ends_with("ends with a line break"));
        assert!(check_value("scale=1:2 ", &at).is_none());
        let secret = check_value("geheim\u{a0}", &Origin::new(0, "-passphrase")).unwrap();
        assert!(!secret.diagnostic.message.contains("geheim"));
    }
}
