//! `-map`, `-map_metadata` and `-map_chapters` name inputs by number.

use super::command::Command;
use super::correction::Findings;
use super::messages;
use crate::diagnostic::{Edit, Origin};
use crate::spec::{JobSpec, MapSource};

/// Tells of inputs that are not there, with the last one in their place.
pub fn check(command: &Command, job: &JobSpec, findings: &mut Findings) {
    let count = job.inputs.len();
    if count == 0 {
        return;
    }
    let options = || command.groups.iter().flat_map(|group| &group.options);
    let mut check = |number: usize, typed: &str, origin: &Origin| {
        if number >= count {
            let token = format!("{} {typed}", origin.token);
            let diagnostic = messages::no_such_input(token.trim_end(), number, count, origin);
            // Whoever counts from 1 means the last one by the number of inputs.
            let typed = options().find(|typed| typed.origin.arg == origin.arg);
            let meant = typed.and_then(|typed| with_input(&typed.value, number, count - 1));
            match typed.and_then(|typed| typed.value_at).zip(meant) {
                Some((at, meant)) => findings.mend(diagnostic, [Edit::Replace(at, vec![meant])]),
                None => findings.tell(diagnostic),
            }
        }
    };
    for output in &job.outputs {
        for map in &output.maps {
            if let MapSource::Input { input, specifier } = &map.source {
                check(*input, format!("{input}:{specifier}").trim_end_matches(':'), &map.origin);
            }
        }
        for map in &output.map_metadata {
            if let Some(input) = map.input {
                check(input, "", &map.origin);
            }
        }
        if let Some(input) = output.map_chapters.and_then(|input| usize::try_from(input).ok()) {
            check(input, "", &Origin::new(output.origin.arg, "-map_chapters"));
        }
    }
}

/// A map that takes from another input.
fn with_input(map: &str, number: usize, other: usize) -> Option<String> {
    let (sign, rest) = map.split_at(usize::from(map.starts_with('-')));
    let behind =
        rest.strip_prefix(&number.to_string()).filter(|behind| !behind.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(format!("{sign}{other}{behind}"))
}
