//! Stream groups of an output: `-stream_group`, typed or copied from an input.
//!
//! The text is cut at commas, then (in a submix) at bars, and what is left is `key=value` with colons between; quotes and
//! backslashes count within such a list alone. See "-stream_group" in ffmpeg's manual.

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::facts::{ElementRef, GroupContent, OptionPairs, StreamGroup, Submix};
use crate::spec::OutputSpec;
use crate::unit::number::integer;

/// FFmpeg's numbers of the types that consist of more than options.
const AUDIO_ELEMENT: i32 = 1;
const MIX_PRESENTATION: i32 = 2;

/// The groups of an output that has so many streams.
pub(super) fn plan(context: &Context, spec: &OutputSpec, streams: usize) -> Result<Vec<StreamGroup>, Diagnostic> {
    let mut groups = Vec::new();
    for typed in &spec.seldom.stream_groups {
        let refuse = |code, message: String| Diagnostic::error(code, message).at(&typed.origin);
        if context.catalog.stream_group_kinds().is_empty() {
            let message =
                "-stream_group needs FFmpeg 7.0 or newer: the libraries that are linked know no stream groups.";
            return Err(refuse("stream-groups-unknown", message.to_owned()));
        }
        match group(context, &typed.value, streams, &groups) {
            Ok(group) => groups.extend(group),
            Err(words) => {
                let message = format!("-stream_group {}: {words}", typed.value.trim());
                return Err(refuse("stream-group", message).ffmpeg_says(words));
            }
        }
    }
    Ok(groups)
}

/// One value of `-stream_group`; nothing where it is empty.
fn group(context: &Context, text: &str, streams: usize, before: &[StreamGroup]) -> Result<Option<StreamGroup>, String> {
    let text = text.trim_start_matches(',');
    let (first, rest) = text.split_once(',').map_or((text, None), |(first, rest)| (first, Some(rest)));
    if first.is_empty() {
        return Ok(None);
    }
    let typed = pairs(first).ok_or_else(|| format!("Error parsing group specification {first}"))?;
    let mut options = merged(&typed);
    let copied = match (value(&typed, "map"), rest) {
        (Some(_), Some(_)) => return Err("Unexpected extra parameters when mapping a stream group".to_owned()),
        (Some(map), None) => Some(source(context, map)?),
        (None, _) => None,
    };
    let kind = match copied {
        Some(source) => source.kind,
        None => kind(context, first, &options)?,
    };
    let members = members(&typed, streams, before)?;
    let content = match (copied, kind) {
        (Some(source), _) => copied_content(source, before)?,
        (None, AUDIO_ELEMENT) => audio_element(rest.unwrap_or_default())?,
        (None, MIX_PRESENTATION) => GroupContent::Mix(submixes(rest.unwrap_or_default(), before)?),
        _ => GroupContent::Plain,
    };
    for (key, value) in copied.iter().flat_map(|source| &source.options) {
        set(&mut options, key, value);
    }
    options.retain(|(key, _)| !["map", "type", "st", "stg"].iter().any(|own| key.eq_ignore_ascii_case(own)));
    let id = value(&options, "id").and_then(number).unwrap_or(0);
    Ok(Some(StreamGroup { id, kind, streams: members, options, content }))
}

/// FFmpeg's number of the type that is named.
fn kind(context: &Context, text: &str, options: &OptionPairs) -> Result<i32, String> {
    let name = value(options, "type").ok_or_else(|| format!("No type specified for Stream Group in \"{text}\""))?;
    let known = context.catalog.stream_group_kinds().into_iter().find(|(known, _)| *known == name);
    let by_number = || number(name).and_then(|kind| i32::try_from(kind).ok()).filter(|kind| *kind > 0);
    known.map(|(_, kind)| kind).or_else(by_number).ok_or_else(|| format!("Invalid group type \"{name}\""))
}

/// The group of an input that `map=INPUT=GROUP` names.
fn source<'a>(context: &'a Context, map: &str) -> Result<&'a StreamGroup, String> {
    let (input, group) = map.split_once('=').unwrap_or((map, "0"));
    let facts = number(input).and_then(|at| context.facts.get(usize::try_from(at).ok()?));
    let facts = facts.ok_or_else(|| format!("Invalid input file index: {input}."))?;
    let found = number(group).and_then(|at| facts.stream_groups.get(usize::try_from(at).ok()?));
    found.ok_or_else(|| format!("Invalid input stream group index: {group}."))
}

/// What a copied group consists of; the audio elements that it names by their ids must be there.
fn copied_content(source: &StreamGroup, before: &[StreamGroup]) -> Result<GroupContent, String> {
    let readable = !matches!(source.kind, AUDIO_ELEMENT | MIX_PRESENTATION) || source.content != GroupContent::Plain;
    if !readable {
        return Err("Copying a stream group of an input needs FFmpeg 7.1 or newer.".to_owned());
    }
    if let GroupContent::Mix(submixes) = &source.content {
        let mut elements = submixes.iter().flat_map(|submix| &submix.elements);
        let is_there =
            |id: i64| before.iter().find(|group| group.id == id).is_some_and(|group| group.kind == AUDIO_ELEMENT);
        if !elements.all(|(element, _)| matches!(element, ElementRef::Id(id) if is_there(*id))) {
            return Err("Invalid or missing stream group index in submix element".to_owned());
        }
    }
    Ok(source.content.clone())
}

/// The streams of a group: `st=STREAM` and those of the groups before it, `stg=GROUP`.
fn members(typed: &OptionPairs, streams: usize, before: &[StreamGroup]) -> Result<Vec<usize>, String> {
    let mut members = Vec::new();
    let index =
        |text: &str, count: usize| number(text).and_then(|at| usize::try_from(at).ok()).filter(|at| *at < count);
    for text in values(typed, "st") {
        members.push(index(text, streams).ok_or_else(|| format!("Invalid stream index {text}"))?);
    }
    for text in values(typed, "stg") {
        let group = index(text, before.len()).ok_or_else(|| format!("Invalid stream group index {text}"))?;
        members.extend(&before[group].streams);
    }
    match (0..members.len()).find(|at| members[..*at].contains(&members[*at])) {
        Some(twice) => Err(format!("Stream {} stands twice in a stream group.", members[twice])),
        None => Ok(members),
    }
}

/// `layer=...`, `demixing=...`, `recon_gain=...`, with commas between.
fn audio_element(text: &str) -> Result<GroupContent, String> {
    let (mut demixing, mut recon_gain, mut layers) = (Vec::new(), Vec::new(), Vec::new());
    for token in tokens(text, ',') {
        let part =
            |list: &str| merged_pairs(list).ok_or_else(|| format!("Error parsing audio element specification {list}"));
        if let Some(list) = token.strip_prefix("layer=") {
            layers.push(part(list)?);
        } else if let Some(list) = token.strip_prefix("demixing=") {
            part(list)?.iter().for_each(|(key, value)| set(&mut demixing, key, value));
        } else if let Some(list) = token.strip_prefix("recon_gain=") {
            part(list)?.iter().for_each(|(key, value)| set(&mut recon_gain, key, value));
        } else if let Some((key, _)) = part(token)?.first() {
            return Err(format!("Unknown layer key {key}."));
        }
    }
    if layers.is_empty() {
        return Err("No layer in audio element specification".to_owned());
    }
    Ok(GroupContent::AudioElement { demixing, recon_gain, layers })
}

/// `submix=...`, with commas between.
fn submixes(text: &str, before: &[StreamGroup]) -> Result<Vec<Submix>, String> {
    let read = |token: &str| {
        let text = token
            .strip_prefix("submix=")
            .ok_or_else(|| format!("No submix in mix presentation specification \"{token}\""))?;
        submix(text, before)
    };
    tokens(text, ',').map(read).collect()
}

/// Options of a submix, `element=stg=GROUP...` and `layout=...`, with bars between.
fn submix(text: &str, before: &[StreamGroup]) -> Result<Submix, String> {
    let mut submix = Submix::default();
    for token in tokens(text, '|') {
        let part =
            |list: &str| merged_pairs(list).ok_or_else(|| format!("Error parsing submix specification \"{list}\""));
        if let Some(list) = token.strip_prefix("element=") {
            let mut options = part(list)?;
            let at = value(&options, "stg").and_then(number).and_then(|at| usize::try_from(at).ok());
            let fits = |at: &usize| before.get(*at).is_some_and(|group| group.kind == AUDIO_ELEMENT);
            let group = at.filter(fits).ok_or_else(|| {
                format!("Invalid or missing stream group index in submix element specification \"{list}\"")
            })?;
            options.retain(|(key, _)| !key.eq_ignore_ascii_case("stg"));
            submix.elements.push((ElementRef::Group(group), options));
        } else if let Some(list) = token.strip_prefix("layout=") {
            submix.layouts.push(part(list)?);
        } else {
            part(token)?.iter().for_each(|(key, value)| set(&mut submix.options, key, value));
        }
    }
    if submix.elements.is_empty() {
        return Err(format!("No audio elements in submix specification \"{text}\""));
    }
    Ok(submix)
}

/// What stands between the separators, without blanks before it and without what is empty.
fn tokens(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).map(|token| token.trim_start_matches(BLANKS)).filter(|token| !token.is_empty())
}

/// What C's readers skip.
const BLANKS: [char; 4] = [' ', '\n', '\t', '\r'];

/// `key=value` with colons between, in order; `None` where a key or a value is missing.
fn pairs(mut text: &str) -> Option<OptionPairs> {
    let mut found = Vec::new();
    while !text.is_empty() {
        let (key, rest) = word(text, '=');
        let (value, rest) = word(rest.strip_prefix('=')?, ':');
        if key.is_empty() || value.is_empty() {
            return None;
        }
        found.push((key, value));
        text = rest.strip_prefix(':').unwrap_or(rest);
    }
    Some(found)
}

/// Reads up to `end`, as `av_get_token` does: quoted parts and what follows a backslash stand for themselves, blanks at both
/// ends do not count. Gives the word and what is left.
fn word(text: &str, end: char) -> (String, &str) {
    let text = text.trim_start_matches(BLANKS);
    let mut word = String::new();
    // How much of the word stays whatever follows.
    let mut kept = 0;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                // A backslash at the very end stands for itself.
                word.push(chars.next().map_or('\\', |(_, c)| c));
                kept = word.len();
            }
            '\'' => {
                word.extend(chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '\''));
                kept = word.len();
            }
            c if c == end => {
                word.truncate(kept + word[kept..].trim_end_matches(BLANKS).len());
                return (word, &text[at..]);
            }
            c => word.push(c),
        }
    }
    word.truncate(kept + word[kept..].trim_end_matches(BLANKS).len());
    (word, "")
}

/// What `pairs` gives, each key once.
fn merged_pairs(text: &str) -> Option<OptionPairs> {
    pairs(text).map(|pairs| merged(&pairs))
}

/// Each key once, with the value that stands last.
fn merged(typed: &OptionPairs) -> OptionPairs {
    let mut once = Vec::new();
    typed.iter().for_each(|(key, value)| set(&mut once, key, value));
    once
}

fn set(options: &mut OptionPairs, key: &str, value: &str) {
    options.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
    options.push((key.to_owned(), value.to_owned()));
}

fn values<'a>(options: &'a OptionPairs, key: &str) -> impl Iterator<Item = &'a str> {
    options.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
}

fn value<'a>(options: &'a OptionPairs, key: &str) -> Option<&'a str> {
    options.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
}

/// A number as C reads it.
fn number(text: &str) -> Option<i64> {
    integer(text.trim_start_matches(BLANKS))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::facts::{InputFacts, StreamFacts};
    use crate::plan::testing::{audio, input, planned, planned_job, refusal, spec};
    use proptest::prelude::*;

    const ELEMENT: &str = "type=iamf_audio_element:id=0x2a:st=0:st=1:default_w=10,demixing=parameter_id=998,\
                           layer=ch_layout=stereo,recon_gain=parameter_id=1,layer=ch_layout=5.1(side)";
    const MIX: &str = "type=iamf_mix_presentation:id=2:stg=0:annotations=en-us=Mix_Presentation,\
                       submix=parameter_id=100|element=stg=0:parameter_id=100|layout=sound_system=stereo";

    fn owned(pairs: &[(&str, &str)]) -> OptionPairs {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn line(groups: &[&str]) -> String {
        let groups: Vec<String> = groups.iter().map(|group| format!("-stream_group {group} ")).collect();
        format!("-i a -map 0 -c copy {}out.mkv", groups.concat())
    }

    fn two() -> InputFacts {
        input(vec![audio("aac"), audio("aac")])
    }

    fn groups(typed: &[&str]) -> Vec<StreamGroup> {
        planned(&line(typed), &[two()]).unwrap().outputs.swap_remove(0).stream_groups
    }

    #[test]
    fn groups_are_read_as_they_are_typed() {
        let [element, mix] = &groups(&[ELEMENT, MIX])[..] else { unreachable!() };
        assert_eq!((element.id, element.kind, &element.streams[..]), (42, 1, &[0, 1][..]));
        assert_eq!(element.options, owned(&[("id", "0x2a"), ("default_w", "10")]));
        let layers = ["stereo", "5.1(side)"].map(|layout| owned(&[("ch_layout", layout)])).to_vec();
        let (demixing, recon_gain) = (owned(&[("parameter_id", "998")]), owned(&[("parameter_id", "1")]));
        assert_eq!(element.content, GroupContent::AudioElement { demixing, recon_gain, layers });
        assert_eq!((mix.id, mix.kind, &mix.streams[..]), (2, 2, &[0, 1][..]));
        let submix = Submix {
            options: owned(&[("parameter_id", "100")]),
            elements: vec![(ElementRef::Group(0), owned(&[("parameter_id", "100")]))],
            layouts: vec![owned(&[("sound_system", "stereo")])],
        };
        assert_eq!(mix.content, GroupContent::Mix(vec![submix]));
    }

    #[test]
    fn groups_of_an_input_are_copied_with_other_streams() {
        let made = groups(&[ELEMENT, MIX]);
        let by_id = |submix: &Submix| Submix { elements: vec![(ElementRef::Id(42), Vec::new())], ..submix.clone() };
        let GroupContent::Mix(submixes) = &made[1].content else { unreachable!() };
        let mix = StreamGroup { content: GroupContent::Mix(submixes.iter().map(by_id).collect()), ..made[1].clone() };
        let facts = [InputFacts { stream_groups: vec![made[0].clone(), mix.clone()], ..two() }];
        let plan = planned(&line(&["map=0=0:st=1:id=7", "map=0=1:stg=0"]), &facts).unwrap();
        let copied = &plan.outputs[0].stream_groups;
        assert_eq!((copied[0].id, &copied[0].streams[..], &copied[0].content), (42, &[1][..], &made[0].content));
        assert_eq!((&copied[1].streams[..], &copied[1].content), (&[1][..], &mix.content));
        assert!(refusal(&line(&["map=0=1"]), &facts).1.contains("missing stream group index in submix element"));
    }

    #[test]
    fn what_is_wrong_with_a_group_is_named() {
        let cases: [(&[&str], &str); 16] = [
            (&["st=0"], "No type specified"),
            (&["type=tile:st=0"], "Invalid group type \"tile\""),
            (&["type=iamf_audio_element:st"], "Error parsing group specification"),
            (&["type=iamf_audio_element:st=2,layer=a=b"], "Invalid stream index 2"),
            (&["type=iamf_audio_element:st=0:st=0,layer=a=b"], "Stream 0 stands twice"),
            (&["type=iamf_audio_element:stg=0,layer=a=b"], "Invalid stream group index 0"),
            (&["type=iamf_audio_element:st=0"], "No layer"),
            (&["type=iamf_audio_element:st=0,layer=a"], "Error parsing audio element specification a"),
            (&["type=iamf_audio_element:st=0,colour=red"], "Unknown layer key colour."),
            (&[ELEMENT, "type=iamf_mix_presentation:stg=0,layer=a=b"], "No submix"),
            (&[ELEMENT, "type=iamf_mix_presentation:stg=0,submix=a=b"], "No audio elements"),
            (&[ELEMENT, "type=iamf_mix_presentation:stg=0,submix=element=stg=1"], "stream group index in submix"),
            (&["type=iamf_mix_presentation,submix=element=a=b"], "stream group index in submix"),
            (&["map=1=0"], "Invalid input file index: 1."),
            (&["map=0=0"], "Invalid input stream group index: 0."),
            (&["map=0=0,layer=a=b"], "Unexpected extra parameters"),
        ];
        for (typed, wrong) in cases {
            let (code, told) = refusal(&line(typed), &[two()]);
            assert_eq!(code, "stream-group", "{typed:?}");
            assert!(told.contains(wrong), "{typed:?}: {told}");
        }
    }

    #[test]
    fn sound_of_a_group_has_frames_of_one_length() {
        use crate::catalog::FrameLength;
        let length = |line: &str| {
            let plan = planned(line, &[InputFacts { streams: vec![StreamFacts { ..audio("aac") }], ..two() }]).unwrap();
            match &plan.outputs[0].streams[0].treatment {
                crate::plan::Treatment::Encode(encode) => encode.frame_length,
                _ => FrameLength::Free,
            }
        };
        assert_eq!(length("-i a -c:a aac out.mkv"), FrameLength::Free);
        let grouped = "-stream_group type=iamf_audio_element:st=0,layer=ch_layout=stereo out.mkv";
        assert_eq!(length(&format!("-i a -c:a aac {grouped}")), FrameLength::One);
    }

    #[test]
    fn words_are_read_as_the_library_reads_them() {
        assert_eq!(pairs("a=b:c=d"), Some(owned(&[("a", "b"), ("c", "d")])));
        assert_eq!(pairs(" a = b c : d='e:f' \\ "), Some(owned(&[("a", "b c"), ("d", "e:f  ")])));
        assert_eq!(pairs("map=0=1"), Some(owned(&[("map", "0=1")])));
        assert_eq!(pairs(""), Some(Vec::new()));
        for text in ["a", "a=", "=b", "a=b:c", ":"] {
            assert_eq!(pairs(text), None, "{text}");
        }
        assert_eq!(merged(&pairs("a=1:b=2:A=3").unwrap()), owned(&[("b", "2"), ("A", "3")]));
        let numbers =
            [("12", Some(12)), ("0x1F", Some(31)), ("-010", Some(-8)), ("0", Some(0)), ("1x", None), ("--1", None)];
        numbers.iter().for_each(|(text, expected)| assert_eq!(number(text), *expected, "{text}"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_reader(text in "\\PC*|[a-z=:,|\\\\' 0-9]{0,24}") {
            let _ = (pairs(&text), audio_element(&text), submixes(&text, &[]), number(&text));
            // Not by the command line, which refuses some texts itself.
            let mut job = spec(&line(&["type=iamf_audio_element"]));
            job.outputs[0].seldom.stream_groups[0].value = text;
            let _ = planned_job(&job, &[two()]);
        }

        #[test]
        fn what_is_escaped_is_read_as_it_was(words in prop::collection::vec("[a-z=:,|' \\\\]{1,8}", 2..7)) {
            let escaped: Vec<String> =
                words.iter().map(|word| word.chars().flat_map(|c| ['\\', c]).collect()).collect();
            let written: Vec<String> = escaped.chunks_exact(2).map(|pair| pair.join("=")).collect();
            let expected: OptionPairs = words.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
            prop_assert_eq!(pairs(&written.join(":")), Some(expected));
        }
    }
}
