//! `-/option FILE`: the option's value is what the file holds.

use super::command::is_file;
use super::table::{self, Arity};

/// An option whose value stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueFile {
    /// Position of the option in the command line; the file's name follows it.
    pub at: usize,
    /// The option without dash and stroke, such as `filter:v`.
    pub option: String,
    /// It takes no value at all.
    pub is_flag: bool,
}

/// The options of a command line whose values stand in files, in order.
pub fn value_files(args: &[String]) -> Vec<ValueFile> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let name = arg.strip_prefix('-').unwrap_or_default();
        let bare = name.strip_prefix('/').unwrap_or(name);
        let row = table::find(bare.split(':').next().unwrap_or(bare));
        let has_value = is_file(name) || row.is_some_and(|row| matches!(row.arity, Arity::Value(_)));
        if let (true, Some(row), true) = (bare.len() < name.len(), row, at + 1 < args.len()) {
            let is_flag = !matches!(row.arity, Arity::Value(_));
            found.push(ValueFile { at, option: bare.to_owned(), is_flag });
        }
        at += 1 + usize::from(has_value);
    }
    found
}

/// The command line with `values`, by position of the option, in the place of the files' names.
pub fn with_values(mut args: Vec<String>, values: Vec<(ValueFile, String)>) -> Vec<String> {
    for (file, value) in values {
        if let Some([option, name]) = args.get_mut(file.at..file.at + 2) {
            *option = format!("-{}", file.option);
            *name = value;
        }
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_stroke_before_the_name_means_a_file() {
        let line = args("-i -/vf -/filter:v script -/y x -/nonsense y -vf -/af out");
        let found = value_files(&line);
        let names: Vec<(usize, &str, bool)> = found.iter().map(|f| (f.at, f.option.as_str(), f.is_flag)).collect();
        assert_eq!(names, [(2, "filter:v", false), (4, "y", true)]);
        let changed = with_values(line, vec![(found[0].clone(), "null,\nhflip".to_owned())]);
        assert_eq!(changed[2..4], ["-filter:v", "null,\nhflip"]);
    }

    #[test]
    fn an_option_at_the_end_has_no_file() {
        assert!(value_files(&args("-i a b -/vf")).is_empty());
    }
}
