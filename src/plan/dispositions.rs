//! Dispositions of an output's streams (`default`, `forced`, `attached_pic` ...).

use super::{Context, OutputDraft, place::OutputPlace};
use crate::catalog::Named;
use crate::facts::MediaKind;
use crate::spec::{Dispositions, OutputSpec};

/// The dispositions of every stream: those of the source, or those that `-disposition` sets; and a default stream of each
/// kind that has several.
pub(super) fn plan(context: &Context, spec: &OutputSpec, draft: &OutputDraft) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = draft
        .streams
        .iter()
        .map(|s| s.source.input().map_or(Vec::new(), |(i, s)| context.facts[i].streams[s].disposition.clone()))
        .collect();
    let mut any_typed = false;
    for (i, flags) in all.iter_mut().enumerate() {
        let place = OutputPlace::in_draft(draft, i);
        if let Some(typed) = place.assigned(&spec.disposition) {
            let known = context.catalog.names(Named::Disposition);
            *flags = edited(&typed.value, flags, &known);
            any_typed = true;
        }
    }
    if any_typed {
        return all;
    }
    for kind in [MediaKind::Video, MediaKind::Audio, MediaKind::Subtitle, MediaKind::Data, MediaKind::Attachment] {
        let members: Vec<usize> = (0..all.len()).filter(|i| draft.streams[*i].kind == kind).collect();
        if members.len() < 2 || members.iter().any(|i| all[*i].iter().any(|d| d == "default")) {
            continue;
        }
        if let Some(first) = members.iter().find(|i| !all[**i].iter().any(|d| d == "attached_pic")) {
            all[*first].push("default".to_owned());
        }
    }
    all
}

/// What is typed makes of those that are there: `default+forced`, `+forced`, `-default`, `0`, `0x41`, `none`. Bits stand for those of
/// them that are `known`.
fn edited(typed: &str, current: &[String], known: &[String]) -> Vec<String> {
    let mut flags: Vec<String> = if typed.starts_with(['+', '-']) { current.to_vec() } else { Vec::new() };
    let mut rest = typed;
    while !rest.is_empty() {
        let (add, body) = match rest.as_bytes()[0] {
            b'+' => (true, &rest[1..]),
            b'-' => (false, &rest[1..]),
            _ => (true, rest),
        };
        let end = body.find(['+', '-']).unwrap_or(body.len());
        let name = &body[..end];
        let named = Dispositions::named_by(name);
        let named = named.map(|names| names.into_iter().filter(|n| known.iter().any(|known| known == n)).collect());
        for name in named.unwrap_or_else(|| vec![name]) {
            flags.retain(|f| f != name);
            if add && !name.is_empty() {
                flags.push(name.to_owned());
            }
        }
        rest = &body[end..];
    }
    flags
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::edited;
    use crate::catalog::testing::FakeCatalog;
    use crate::catalog::{Catalog, Named};
    use crate::facts::{InputFacts, StreamFacts};
    use crate::plan::testing::{audio, input, planned, video};

    fn parsed(typed: &str, current: &[&str]) -> Vec<String> {
        let current: Vec<String> = current.iter().map(|flag| (*flag).to_owned()).collect();
        edited(typed, &current, &FakeCatalog.names(Named::Disposition))
    }

    #[test]
    fn dispositions_are_set_added_and_taken_away() {
        assert_eq!(parsed("default", &["forced"]), ["default"]);
        assert_eq!(parsed("default+forced", &[]), ["default", "forced"]);
        assert_eq!(parsed("+forced", &["default"]), ["default", "forced"]);
        assert_eq!(parsed("-default", &["default", "forced"]), ["forced"]);
        assert_eq!(parsed("+default", &["default"]), ["default"]);
        assert_eq!(parsed("-default+forced", &["default"]), ["forced"]);
        assert!(parsed("0", &["default", "forced"]).is_empty());
        assert!(parsed("none", &["default", "forced"]).is_empty());
        assert_eq!(parsed("default+none", &[]), ["default"]);
        assert!(parsed("-all", &["default", "forced"]).is_empty());
        assert!(parsed("all", &[]).len() > 2);
        assert_eq!(parsed("1+0x40", &["dub"]), ["default", "forced"]);
        assert_eq!(parsed("-1", &["default", "forced"]), ["forced"]);
        assert!(parsed("", &["default"]).is_empty());
    }

    fn dispositions(line: &str, facts: &[InputFacts]) -> Vec<Vec<String>> {
        planned(line, facts).unwrap().outputs[0].streams.iter().map(|s| s.disposition.clone()).collect()
    }

    #[test]
    fn of_several_streams_of_a_kind_the_first_becomes_the_default_unless_one_is_it() {
        let facts = [input(vec![video("h264"), audio("aac"), audio("aac")])];
        let none: Vec<String> = Vec::new();
        let default = vec!["default".to_owned()];
        let line = "-i a -map 0 -c copy out.mkv";
        assert_eq!(dispositions(line, &facts), [none.clone(), default.clone(), none.clone()]);
        let chosen = StreamFacts { disposition: default.clone(), ..audio("aac") };
        let facts = [input(vec![video("h264"), audio("aac"), chosen])];
        assert_eq!(dispositions(line, &facts), [none.clone(), none.clone(), default.clone()]);
        let typed = "-i a -map 0 -c copy -disposition:a:0 default -disposition:a:1 0 out.mkv";
        assert_eq!(dispositions(typed, &facts), [none.clone(), default.clone(), none.clone()]);
        let of_nothing = "-i a -map 0:a -c copy -disposition:v default out.mkv";
        assert_eq!(dispositions(of_nothing, &[input(vec![audio("aac"), audio("aac")])]), [default, none]);
    }
}
