//! An INI file: `[graphs.graph.0]` and lines of `key=value`, where a backslash stands before what INI means something by.

use super::tree::{Section, escape};

/// The whole tree.
pub fn write(root: &Section) -> String {
    let mut text = String::from("# graphs of the run\n");
    inside(&mut text, "", root);
    text
}

fn inside(text: &mut String, path: &str, of: &Section) {
    for (step, section) in of.inside() {
        line!(text, "\n[{path}{step}]");
        for (key, value) in &section.fields {
            line!(text, "{key}={}", escaped(&value.shown()));
        }
        inside(text, &format!("{path}{step}."), section);
    }
}

fn escaped(value: &str) -> String {
    escape(value, |c| {
        Some(match c {
            '\u{8}' => "\\b".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            '\\' | '#' | '=' | ':' => format!("\\{c}"),
            c if u32::from(c) < 32 => format!("\\x{:04x}", u32::from(c)),
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graphs::tree::testing::tree;

    #[test]
    fn each_section_has_its_path() {
        let text = write(&tree("scale=1:2\u{1}\n"));
        assert!(text.contains("\n[graphs.graph.0]\ngraph_index=-1\ndescription=scale\\=1\\:2\\x0001\\n\n"), "{text}");
        assert!(
            text.contains("\n[graphs.graph.0.filters.filter.1.filter_inputs.filter_input.0]\ninput_index=0\n"),
            "{text}"
        );
    }
}
