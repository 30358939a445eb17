//! A line a value behind the path of its sections: `graphs.graph.0.filters.filter.1.filter_name="scale"`, quoted as shells
//! understand it.

use super::tree::{Section, Value, escape};

/// The whole tree.
pub fn write(root: &Section) -> String {
    let mut text = String::new();
    inside(&mut text, "", root);
    text
}

fn inside(text: &mut String, path: &str, of: &Section) {
    for (step, section) in of.inside() {
        let path = format!("{path}{step}.");
        for (key, value) in &section.fields {
            match value {
                Value::Number(number) => line!(text, "{path}{key}={number}"),
                Value::Text(value) => line!(text, "{path}{key}=\"{}\"", escaped(value)),
            }
        }
        inside(text, &path, section);
    }
}

fn escaped(value: &str) -> String {
    escape(value, |c| {
        Some(match c {
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\\' | '"' | '`' | '$' => format!("\\{c}"),
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graphs::tree::testing::tree;

    #[test]
    fn each_value_has_its_path() {
        let text = write(&tree("a\"$b\n"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "graphs.graph.0.graph_index=-1");
        assert_eq!(lines[1], "graphs.graph.0.description=\"a\\\"\\$b\\n\"");
        assert!(lines.contains(&"graphs.graph.0.filters.filter.1.nb_inputs=1"), "{text}");
        let pool = "graphs.graph.0.filters.filter.1.filter_inputs.filter_input.0.hw_frames_context.hw_device_type=";
        assert!(lines.iter().any(|line| line.starts_with(pool)), "{text}");
    }
}
