//! ffprobe's `default`: `[FILTER]`, lines of `key=value`, what lies inside, `[/FILTER]`. Values are written as they are.

use super::tree::Section;

/// What lies in the root.
pub fn write(root: &Section) -> String {
    let mut text = String::new();
    inside(&mut text, root);
    text
}

fn inside(text: &mut String, of: &Section) {
    for (_, section) in of.inside() {
        let name = section.name.to_uppercase();
        line!(text, "[{name}]");
        for (key, value) in &section.fields {
            line!(text, "{key}={}", value.shown());
        }
        inside(text, section);
        line!(text, "[/{name}]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graphs::tree::testing::tree;

    #[test]
    fn sections_stand_inside_each_other() {
        let filter = "[FILTER]\nfilter_name=x=1\nnb_inputs=1\n[FILTER_INPUT]\ninput_index=0\n[HW_FRAMES_CONTEXT]\n\
                      hw_device_type=x=1\n[/HW_FRAMES_CONTEXT]\n[/FILTER_INPUT]\n[/FILTER]\n";
        let expected = format!("[GRAPH]\ngraph_index=-1\ndescription=x=1\n{filter}{filter}[/GRAPH]\n");
        assert_eq!(write(&tree("x=1")), expected);
    }
}
