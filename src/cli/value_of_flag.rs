//! `-shortest 1`: the value of an option that takes none would be the name of an output.

use super::command::{Command, Group, Kind};
use super::correction::Findings;
use super::messages;
use super::table::Arity;
use crate::diagnostic::Edit;

/// True when what would be an output, without a format of its own, is such a value. The options before it are for what comes
/// behind it.
pub fn check(command: &Command, group: &Group, findings: &mut Findings) -> bool {
    let before = group.options.last().into_iter().chain(command.globals.last());
    let flag = before.filter(|typed| typed.at + 1 == group.url_at).find_map(|typed| match typed.kind {
        Kind::Native(row) if matches!(row.arity, Arity::Flag | Arity::FlagOrEquals) => Some((typed, row)),
        _ => None,
    });
    let Some((typed, row)) = flag else { return false };
    let word = group.url.to_ascii_lowercase();
    let switches_off = ["0", "false", "no", "off"].contains(&word.as_str());
    let switches_on = ["true", "yes", "on"].contains(&word.as_str()) || word.parse::<f64>().is_ok();
    let has_format = group.options.iter().any(|typed| typed.name == "f");
    if has_format || !(switches_off || switches_on) {
        return false;
    }
    let mut edits = vec![Edit::Replace(group.url_at, Vec::new())];
    if switches_off && typed.on {
        let opposite = row.can_be_negated().then(|| format!("-no{}", row.name()));
        edits.push(Edit::Replace(typed.at, opposite.into_iter().collect()));
    }
    findings.mend(messages::value_of_flag(&typed.origin, &group.url, &group.origin), edits);
    true
}
