//! A line a section, with its name first: `filter|filter_name=scale|nb_inputs=1` (compact), `filter,scale,1` (CSV).
//!
//! What lies inside a section follows it, so the order of the lines is that of the tree. ffmpeg's own lines break off in
//! the middle of sections and leave names out.

use super::tree::{Section, Value, escape};

/// Compact: with keys; in values a backslash stands before itself and the bar, and control characters are C's.
pub fn compact(root: &Section) -> String {
    let mut text = String::new();
    let field = |(key, value): &(&str, Value)| format!("|{key}={}", escaped(&value.shown()));
    inside(&mut text, root, &field);
    text
}

/// CSV (RFC 4180): values only, with quotes around those that need them.
pub fn csv(root: &Section) -> String {
    let mut text = String::new();
    let field = |(_, value): &(&str, Value)| format!(",{}", quoted(&value.shown()));
    inside(&mut text, root, &field);
    text
}

fn inside(text: &mut String, of: &Section, field: &dyn Fn(&(&'static str, Value)) -> String) {
    for (_, section) in of.inside() {
        line!(text, "{}{}", section.name, section.fields.iter().map(field).collect::<String>());
        inside(text, section, field);
    }
}

fn escaped(value: &str) -> String {
    escape(value, |c| {
        Some(match c {
            '\u{8}' => "\\b".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\\' | '|' => format!("\\{c}"),
            _ => return None,
        })
    })
}

fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graphs::tree::testing::{any_text, tree};
    use proptest::prelude::*;

    #[test]
    fn each_section_is_a_line() {
        let filter = "filter|filter_name=a\\|b|nb_inputs=1\nfilter_input|input_index=0\nhw_frames_context|hw_device_type=a\\|b\n";
        assert_eq!(compact(&tree("a|b")), format!("graph|graph_index=-1|description=a\\|b\n{filter}{filter}"));
        let filter = "filter,\"a,\"\"b\",1\nfilter_input,0\nhw_frames_context,\"a,\"\"b\"\n";
        assert_eq!(csv(&tree("a,\"b")), format!("graph,-1,\"a,\"\"b\"\n{filter}{filter}"));
    }

    fn unescaped(value: &str) -> String {
        let mut chars = value.chars();
        let mut out = String::new();
        while let Some(c) = chars.next() {
            out.extend(match c {
                '\\' => chars.next().map(|c| match c {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    c => c,
                }),
                c => Some(c),
            });
        }
        out
    }

    proptest! {
        #[test]
        fn values_come_back_and_stay_on_their_line(value in any_text()) {
            let line = escaped(&value);
            prop_assert!(!line.contains(['\n', '\r']));
            prop_assert_eq!(unescaped(&line), value.clone());
            let cell = quoted(&value);
            let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).filter(|_| cell != value);
            let back = inner.map_or(cell.clone(), |inner| inner.replace("\"\"", "\""));
            prop_assert_eq!(back, value);
        }
    }
}
