//! JSON (RFC 8259): sections are objects, lists are arrays, keys stand in ffmpeg's order.

use super::tree::{Part, Section, Value};
use serde_json::Value as Json;

const INDENT: usize = 4;

/// The whole tree.
pub fn write(root: &Section) -> String {
    let mut text = String::new();
    object(&mut text, root, 0);
    text.push('\n');
    text
}

fn object(text: &mut String, section: &Section, depth: usize) {
    let mut members: Vec<String> = Vec::new();
    for (key, value) in &section.fields {
        let value = match value {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => Json::from(text.as_str()).to_string(),
        };
        members.push(format!("\"{key}\": {value}"));
    }
    for part in &section.parts {
        let mut inside = match part {
            Part::One(section) => format!("\"{}\": ", section.name),
            Part::List(name, _) => format!("\"{name}\": "),
        };
        match part {
            Part::One(section) => object(&mut inside, section, depth + 1),
            Part::List(_, sections) => {
                let items: Vec<String> = sections
                    .iter()
                    .map(|section| {
                        let mut item = String::new();
                        object(&mut item, section, depth + 2);
                        item
                    })
                    .collect();
                wrapped(&mut inside, ('[', ']'), &items, depth + 1);
            }
        }
        members.push(inside);
    }
    wrapped(text, ('{', '}'), &members, depth);
}

/// Items a line each between brackets.
fn wrapped(text: &mut String, (open, close): (char, char), items: &[String], depth: usize) {
    text.push(open);
    for (number, item) in items.iter().enumerate() {
        text.push_str(if number > 0 { ",\n" } else { "\n" });
        text.push_str(&" ".repeat((depth + 1) * INDENT));
        text.push_str(item);
    }
    if !items.is_empty() {
        text.push('\n');
        text.push_str(&" ".repeat(depth * INDENT));
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graphs::tree::testing::{any_text, tree};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_value_comes_back(value in any_text()) {
            let json: Json = serde_json::from_str(&write(&tree(&value))).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let graph = &json["graphs"][0];
            prop_assert_eq!(graph["description"].as_str(), Some(value.as_str()));
            prop_assert_eq!(graph["graph_index"].as_i64(), Some(-1));
            let pool = &graph["filters"][1]["filter_inputs"][0]["hw_frames_context"];
            prop_assert_eq!(pool["hw_device_type"].as_str(), Some(value.as_str()));
            prop_assert_eq!(json["inputfiles"].as_array().map(Vec::len), Some(0));
        }
    }
}
