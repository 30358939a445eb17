//! XML 1.0: sections are elements with their values as attributes, and lists are elements around them. ffmpeg's root has
//! ffprobe's name, and a graph's own values are elements of `key` and `value`; so they are here.

use super::tree::{Part, Section, escape};

/// The section whose values are elements.
const SPELLED_OUT: (&str, &str) = ("graph", "graph_info");

/// The whole tree.
pub fn write(root: &Section) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ffprobe>\n");
    root.parts.iter().for_each(|inside| part(&mut text, inside, 1));
    text.push_str("</ffprobe>\n");
    text
}

fn part(text: &mut String, part: &Part, depth: usize) {
    match part {
        Part::One(inside) => section(text, inside, depth),
        Part::List(name, sections) => {
            let margin = " ".repeat(depth * 4);
            line!(text, "{margin}<{name}>");
            sections.iter().for_each(|inside| section(text, inside, depth + 1));
            line!(text, "{margin}</{name}>");
        }
    }
}

fn section(text: &mut String, section: &Section, depth: usize) {
    let (name, margin) = (section.name, " ".repeat(depth * 4));
    let mut attributes = String::new();
    let mut elements = String::new();
    for (key, value) in &section.fields {
        let value = escaped(&value.shown());
        if name == SPELLED_OUT.0 {
            line!(elements, "{margin}    <{} key=\"{key}\" value=\"{value}\"/>", SPELLED_OUT.1);
        } else {
            attributes += &format!(" {key}=\"{value}\"");
        }
    }
    if elements.is_empty() && section.parts.is_empty() {
        line!(text, "{margin}<{name}{attributes}/>");
        return;
    }
    line!(text, "{margin}<{name}{attributes}>");
    text.push_str(&elements);
    section.parts.iter().for_each(|inside| part(text, inside, depth + 1));
    line!(text, "{margin}</{name}>");
}

/// A value between double quotes. Characters that XML 1.0 cannot hold become U+FFFD.
fn escaped(value: &str) -> String {
    escape(value, |c| {
        Some(match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&apos;".to_owned(),
            '\t' | '\n' | '\r' => format!("&#{};", u32::from(c)),
            '\u{fffe}' | '\u{ffff}' => "\u{fffd}".to_owned(),
            c if u32::from(c) < 32 => "\u{fffd}".to_owned(),
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graphs::tree::testing::{any_text, tree};
    use proptest::prelude::*;

    #[test]
    fn lists_stand_around_their_sections() {
        let text = write(&tree("a<b"));
        assert!(text.contains("<graph_info key=\"description\" value=\"a&lt;b\"/>"), "{text}");
        assert!(text.contains("<filter filter_name=\"a&lt;b\" nb_inputs=\"1\">"), "{text}");
        assert!(text.contains("<hw_frames_context hw_device_type=\"a&lt;b\"/>"), "{text}");
    }

    /// Every attribute of a document; `None` when tags do not match or something is not well-formed.
    fn attributes(text: &str) -> Option<Vec<String>> {
        let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        let (mut open, mut found) = (Vec::new(), Vec::new());
        while let Some(tag) = rest.trim_ascii_start().strip_prefix('<') {
            let (tag, after) = tag.split_once('>')?;
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                (open.pop()? == name).then_some(())?;
                continue;
            }
            let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let (name, values) = tag.split_once(' ').unwrap_or((tag, ""));
            let mut values = values.split('"');
            while let (Some(_), Some(value)) = (values.next(), values.next()) {
                (!value.contains(['<', '\n', '\r', '\t'])).then_some(())?;
                let back =
                    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#9;", "\t"), ("&#10;", "\n")];
                let value = back.iter().fold(value.to_owned(), |value, (from, to)| value.replace(from, to));
                found.push(value.replace("&#13;", "\r").replace("&amp;", "&"));
            }
            if !closed {
                open.push(name);
            }
        }
        (open.is_empty() && rest.trim_ascii().is_empty()).then_some(found)
    }

    proptest! {
        #[test]
        fn any_value_that_xml_can_hold_comes_back(value in any_text()) {
            let held: String = value
                .chars()
                .map(|c| match c {
                    '\t' | '\n' | '\r' => c,
                    c if u32::from(c) < 32 || matches!(c, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
                    c => c,
                })
                .collect();
            let found = attributes(&write(&tree(&value)));
            let all = found.ok_or_else(|| TestCaseError::fail("not well-formed"))?;
            prop_assert_eq!(all.iter().filter(|found| **found == held).count() >= 5, true, "{:?}", all);
        }
    }
}
