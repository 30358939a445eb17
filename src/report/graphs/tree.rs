//! What is told of graphs, as a tree of sections that every text format writes in its own way.

/// A section: values by key, and what lies inside.
///
/// In JSON `{"filter_name": "scale", "nb_inputs": 1, "filter_inputs": [...]}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// What it is: `filter`.
    pub name: &'static str,
    /// Its values, in the order in which they are written.
    pub fields: Vec<(&'static str, Value)>,
    /// What lies inside, in order.
    pub parts: Vec<Part>,
}

/// What lies inside a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Any number of sections of one name under a name of their own: `filters`.
    List(&'static str, Vec<Section>),
    /// One section.
    One(Section),
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text; formats that tell text from numbers write quotes around it.
    Text(String),
    /// A number.
    Number(i64),
}

impl Value {
    /// The value itself, without quotes.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Section {
    /// An empty section.
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Adds a text.
    pub fn text(&mut self, key: &'static str, value: impl Into<String>) {
        self.fields.push((key, Value::Text(value.into())));
    }

    /// Adds a number.
    pub fn number(&mut self, key: &'static str, value: impl Into<i64>) {
        self.fields.push((key, Value::Number(value.into())));
    }

    /// What lies inside, in order, each with the step that leads there: `filters.filter.1`, `hw_frames_context`.
    pub fn inside(&self) -> impl Iterator<Item = (String, &Self)> {
        self.parts.iter().flat_map(|part| match part {
            Part::List(name, sections) => {
                let numbered = sections.iter().enumerate();
                numbered.map(|(number, inside)| (format!("{name}.{}.{number}", inside.name), inside)).collect()
            }
            Part::One(inside) => vec![(inside.name.to_owned(), inside)],
        })
    }

    /// Adds a list of sections.
    pub fn list(&mut self, name: &'static str, sections: Vec<Self>) {
        self.parts.push(Part::List(name, sections));
    }
}

/// `text` with what `escaped` puts in the place of some of its characters.
pub fn escape(text: &str, escaped: impl Fn(char) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match escaped(c) {
            Some(other) => out.push_str(&other),
            None => out.push(c),
        }
    }
    out
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use proptest::prelude::*;

    /// A tree with `value` at every depth.
    pub fn tree(value: &str) -> Section {
        let mut filter = Section::new("filter");
        filter.text("filter_name", value);
        filter.number("nb_inputs", 1);
        let mut pool = Section::new("hw_frames_context");
        pool.text("hw_device_type", value);
        let mut input = Section::new("filter_input");
        input.number("input_index", 0);
        input.parts.push(Part::One(pool));
        filter.list("filter_inputs", vec![input]);
        filter.list("filter_outputs", Vec::new());
        let mut graph = Section::new("graph");
        graph.number("graph_index", -1);
        graph.text("description", value);
        graph.list("filters", vec![filter.clone(), filter]);
        let mut root = Section::new("root");
        root.list("graphs", vec![graph]);
        root.list("inputfiles", Vec::new());
        root
    }

    /// Any text, with what formats mean something by more often than by chance.
    pub fn any_text() -> impl Strategy<Value = String> {
        let special =
            prop::sample::select("\"'\\|,=:#;<>&`$\n\r\t\u{8}\u{c}\u{1}\u{fffe}[]{}é😀".chars().collect::<Vec<_>>());
        prop::collection::vec(prop_oneof![special, any::<char>()], 0..20).prop_map(|chars| chars.into_iter().collect())
    }
}
