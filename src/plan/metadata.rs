//! Metadata and dispositions of an output: what is copied, what is set, in ffmpeg's order.

use super::{
    Choice, Context, MetadataChange, MetadataEdit, OutputDraft, ProgramPlan,
    place::{OutputPlace, lacking},
    stream_groups,
};
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::{MediaKind, Metadata, StreamGroup};
use crate::spec::{Dispositions, MetadataPlace, OutputSpec};

/// Keys that describe the source file and not its content.
const FILE_KEYS: [&str; 4] = ["creation_time", "company_name", "product_name", "product_version"];

/// All metadata of an output.
#[derive(Debug, Default)]
pub(super) struct OutputMetadata {
    pub(super) global: Vec<MetadataEdit>,
    pub(super) streams: Vec<Vec<MetadataEdit>>,
    pub(super) chapters: Vec<(usize, MetadataEdit)>,
    pub(super) chapters_from: Option<(usize, bool)>,
    /// By stream, `-metadata:s:v rotate=DEGREES`.
    pub(super) rotations: Vec<Option<f64>>,
    pub(super) programs: Vec<ProgramPlan>,
    pub(super) stream_groups: Vec<StreamGroup>,
    pub(super) program_edits: Vec<(usize, MetadataEdit)>,
}

/// Works out `-map_metadata`, `-map_chapters` and `-metadata`. `encoded` tells for each stream whether it is encoded.
pub(super) fn plan(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    encoded: &[bool],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<OutputMetadata> {
    let spec = &context.spec.outputs[index];
    let count = draft.streams.len();
    let groups = match stream_groups::plan(context, spec, count) {
        Ok(groups) => groups,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return None;
        }
    };
    let mut result =
        OutputMetadata { streams: vec![Vec::new(); count], rotations: vec![None; count], ..OutputMetadata::default() };
    let (mut manual_global, mut manual_streams, mut manual_chapters) = (false, false, false);
    for map in &spec.map_metadata {
        let Some(input) = map.input else {
            // "-map_metadata -1" switches everything off that is copied by itself.
            match map.to {
                MetadataPlace::Global if map.names_file => manual_global = true,
                MetadataPlace::Global => (manual_global, manual_streams, manual_chapters) = (true, true, true),
                MetadataPlace::Streams(_) => manual_streams = true,
                MetadataPlace::Chapter(_) => manual_chapters = true,
                MetadataPlace::Program(_) => {}
            }
            continue;
        };
        for place in [&map.to, &map.from] {
            match place {
                MetadataPlace::Global => manual_global = true,
                MetadataPlace::Streams(_) => manual_streams = true,
                MetadataPlace::Chapter(_) => manual_chapters = true,
                MetadataPlace::Program(_) => {}
            }
        }
        // Chapters and programs of the output do not exist yet, as in ffmpeg.
        let source = match &map.to {
            MetadataPlace::Chapter(chapter) => {
                Err(no_such("chapter", *chapter, "the output has none when metadata is mapped"))
            }
            MetadataPlace::Program(program) => {
                Err(no_such("program", *program, "the output has none when metadata is mapped"))
            }
            MetadataPlace::Global | MetadataPlace::Streams(_) => source_metadata(context, input, &map.from),
        };
        let source = match source {
            Ok(source) => source,
            Err((reason, words)) => {
                let message = format!("{}: {reason}.", map.origin.token);
                diagnostics.push(Diagnostic::error("map-metadata", message).ffmpeg_says(words).at(&map.origin));
                return None;
            }
        };
        let edits: Vec<MetadataEdit> = source.iter().map(|(k, v)| MetadataEdit::default(k, v)).collect();
        match &map.to {
            MetadataPlace::Global => result.global.extend(edits),
            MetadataPlace::Streams(specifier) => {
                for (i, stream) in result.streams.iter_mut().enumerate() {
                    if OutputPlace::in_draft(draft, i).matches(specifier) {
                        stream.extend(edits.iter().cloned());
                    }
                }
            }
            MetadataPlace::Chapter(_) | MetadataPlace::Program(_) => {}
        }
    }
    if !manual_global && let Some(first) = context.facts.first() {
        result.global.extend(first.metadata.iter().map(|(k, v)| MetadataEdit::default(k, v)));
        if spec.duration_us.is_some() || spec.stop_us.is_some() {
            result.global.push(MetadataEdit::remove("duration"));
        }
        result.global.extend(FILE_KEYS.iter().map(|k| MetadataEdit::remove(k)));
    }
    if !manual_streams {
        for ((edits, stream), encoded) in result.streams.iter_mut().zip(&draft.streams).zip(encoded) {
            let Some((input, source)) = stream.source.input() else { continue };
            let source = &context.facts[input].streams[source];
            edits.extend(source.metadata.iter().map(|(k, v)| MetadataEdit::default(k, v)));
            if *encoded {
                edits.push(MetadataEdit::forget("encoder"));
            }
        }
    }
    for (edits, stream) in result.streams.iter_mut().zip(&draft.streams) {
        if let Choice::Attach { file } = &stream.choice {
            edits.insert(0, MetadataEdit::default("filename", file.rsplit('/').next().unwrap_or(file)));
        }
    }
    for (number, program) in spec.seldom.programs.iter().enumerate() {
        match parse_program(&program.value, number) {
            Ok(parsed) => result.programs.push(parsed),
            Err(message) => {
                diagnostics.push(Diagnostic::error("program", message).at(&program.origin));
                return None;
            }
        }
    }
    // By now the groups are there for specifiers to name; what is mapped is copied before.
    let whole = OutputPlace::all(draft, &groups).with_metadata(result.streams.iter().map(|edits| told_by(edits)));
    result.stream_groups = groups;
    result.chapters_from = chapters(context, spec, diagnostics)?.map(|input| (input, !manual_chapters));
    for entry in &spec.metadata {
        let edit = MetadataEdit::typed(&entry.key, &entry.value);
        match &entry.place {
            MetadataPlace::Global => result.global.push(edit),
            MetadataPlace::Streams(specifier) => {
                if !(0..count).any(|i| whole.names(specifier, i)) {
                    let message = format!(
                        "{} {}={} has no effect on {}: it has {}.",
                        entry.origin.token,
                        entry.key,
                        entry.value,
                        mask_url(&spec.url),
                        lacking(specifier, &[])
                    );
                    diagnostics.push(Diagnostic::warning("unused-option", message).ffmpeg_says("").at(&entry.origin));
                }
                // A display matrix takes the place of this key.
                let angle = (entry.key == "rotate").then(|| entry.value.parse::<f64>().ok()).flatten();
                for (i, stream) in result.streams.iter_mut().enumerate() {
                    if !whole.names(specifier, i) {
                        continue;
                    }
                    match angle {
                        Some(angle) => result.rotations[i] = Some(angle),
                        None => stream.push(edit.clone()),
                    }
                }
            }
            MetadataPlace::Chapter(chapter) => result.chapters.push((*chapter, edit)),
            MetadataPlace::Program(program) if *program < result.programs.len() => {
                result.program_edits.push((*program, edit));
            }
            MetadataPlace::Program(program) => {
                diagnostics.push(
                    Diagnostic::error(
                        "metadata-program",
                        format!("Invalid program index {program} in metadata specifier."),
                    )
                    .remedy("-program makes programs.")
                    .at(&entry.origin),
                );
                return None;
            }
        }
    }
    Some(result)
}

/// The keys and values that edits leave.
fn told_by(edits: &[MetadataEdit]) -> Metadata {
    let mut told = Metadata::new();
    for edit in edits {
        let there = told.iter().position(|(key, _)| *key == edit.key);
        match (there, &edit.change) {
            (Some(_), MetadataChange::Default(_)) | (None, MetadataChange::Remove | MetadataChange::Forget) => {}
            (Some(at), MetadataChange::Set(value)) => value.clone_into(&mut told[at].1),
            (Some(at), MetadataChange::Remove | MetadataChange::Forget) => drop(told.remove(at)),
            (None, MetadataChange::Set(value) | MetadataChange::Default(value)) => {
                told.push((edit.key.clone(), value.clone()));
            }
        }
    }
    told
}

/// `title=...:program_num=N:st=N:st=N`.
fn parse_program(text: &str, number: usize) -> Result<ProgramPlan, String> {
    let mut program = ProgramPlan { id: i32::try_from(number + 1).unwrap_or(0), ..ProgramPlan::default() };
    for part in text.split(':').filter(|part| !part.is_empty()) {
        let Some((key, value)) = part.split_once('=') else {
            return Err(format!("No '=' character in program string {part}."));
        };
        let wrong = || format!("{value} is no number in program string {text}.");
        match key {
            "title" => program.title = Some(value.to_owned()),
            "program_num" => program.id = value.parse().map_err(|_| wrong())?,
            "st" => program.streams.push(value.parse().map_err(|_| wrong())?),
            _ => return Err(format!("Unknown program key {key}. There are title, program_num and st.")),
        }
    }
    Ok(program)
}

/// What is not there to be mapped: weir's reason and ffmpeg's words.
type Missing = (String, String);

fn no_such(what: &str, index: usize, why: &str) -> Missing {
    let words = format!("Invalid {what} index {index} while processing metadata maps");
    (format!("there is no {what} {index}, for {why}"), words + ".")
}

fn source_metadata<'a>(context: &'a Context, input: usize, from: &MetadataPlace) -> Result<&'a Metadata, Missing> {
    let absent = || {
        (
            format!("there is no input {input}"),
            format!("Invalid input file index {input} while processing metadata maps"),
        )
    };
    let facts = context.facts.get(input).ok_or_else(absent)?;
    match from {
        MetadataPlace::Global => Ok(&facts.metadata),
        MetadataPlace::Streams(specifier) => {
            let stream = facts.streams.iter().find(|s| specifier.matches(facts, s)).map(|s| &s.metadata);
            stream.ok_or_else(|| {
                let words = format!("Stream specifier {specifier} does not match  any streams.");
                (format!("input {input} has no stream {specifier}"), words)
            })
        }
        MetadataPlace::Chapter(index) => facts
            .chapter_metadata
            .get(*index)
            .ok_or_else(|| no_such("chapter", *index, &format!("input {input} has {}", facts.chapters))),
        MetadataPlace::Program(index) => facts
            .programs
            .get(*index)
            .map(|program| &program.metadata)
            .ok_or_else(|| no_such("program", *index, &format!("input {input} has {}", facts.programs.len()))),
    }
}

fn chapters(context: &Context, spec: &OutputSpec, diagnostics: &mut Vec<Diagnostic>) -> Option<Option<usize>> {
    match spec.map_chapters {
        None => Some(context.facts.iter().position(|f| f.chapters > 0)),
        Some(index) if index < 0 => Some(None),
        Some(index) => match context.facts.get(index as usize) {
            Some(_) => Some(Some(index as usize)),
            None => {
                diagnostics.push(Diagnostic::error(
                    "map-chapters",
                    format!("Invalid input file index {index} in chapter mapping."),
                ));
                None
            }
        },
    }
}

/// Dispositions of every stream: those of the source, or those that `-disposition` sets; and a default stream of each
/// kind that has several.
pub(super) fn dispositions(context: &Context, spec: &OutputSpec, draft: &OutputDraft) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = draft
        .streams
        .iter()
        .map(|s| s.source.input().map_or(Vec::new(), |(i, s)| context.facts[i].streams[s].disposition.clone()))
        .collect();
    let mut any_typed = false;
    for (i, flags) in all.iter_mut().enumerate() {
        let place = OutputPlace::in_draft(draft, i);
        if let Some(typed) = place.assigned(&spec.disposition) {
            *flags = parse_disposition(&typed.value, flags);
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

/// `default+forced`, `+forced`, `-default`, `0`, `0x41`.
fn parse_disposition(typed: &str, current: &[String]) -> Vec<String> {
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
        for name in Dispositions::named_by(name).unwrap_or_else(|| vec![name]) {
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
    use super::{MetadataEdit, parse_disposition};
    use crate::facts::{InputFacts, StreamFacts};
    use crate::plan::testing::{audio, input, planned, video};

    fn parsed(typed: &str, current: &[&str]) -> Vec<String> {
        let current: Vec<String> = current.iter().map(|flag| (*flag).to_owned()).collect();
        parse_disposition(typed, &current)
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

    fn with_metadata() -> [InputFacts; 1] {
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let stream = StreamFacts { metadata: vec![tag("language", "eng")], ..audio("aac") };
        [InputFacts { metadata: vec![tag("title", "Holiday")], ..input(vec![stream]) }]
    }

    #[test]
    fn metadata_comes_along_but_for_what_describes_the_source_file() {
        let plan = planned("-i a -c copy out.mkv", &with_metadata()).unwrap();
        let output = &plan.outputs[0];
        assert_eq!(output.metadata[0], MetadataEdit::default("title", "Holiday"));
        assert!(output.metadata.contains(&MetadataEdit::remove("creation_time")));
        assert_eq!(output.streams[0].metadata, [MetadataEdit::default("language", "eng")]);
    }

    #[test]
    fn the_source_s_encoder_is_forgotten_where_the_stream_is_encoded() {
        let plan = planned("-i a out.mkv", &with_metadata()).unwrap();
        assert!(plan.outputs[0].streams[0].metadata.contains(&MetadataEdit::forget("encoder")));
    }

    #[test]
    fn map_metadata_of_none_switches_all_of_it_off() {
        let plan = planned("-i a -c copy -map_metadata -1 out.mkv", &with_metadata()).unwrap();
        assert_eq!((plan.outputs[0].metadata.len(), plan.outputs[0].streams[0].metadata.len()), (0, 0));
    }

    #[test]
    fn none_for_the_file_alone_leaves_the_streams() {
        let plan = planned("-i a -c copy -map_metadata:g -1 out.mkv", &with_metadata()).unwrap();
        assert_eq!((plan.outputs[0].metadata.len(), plan.outputs[0].streams[0].metadata.len()), (0, 1));
    }

    #[test]
    fn chapters_and_programs_are_mapped_from_and_not_to() {
        let chapter = |title: &str| vec![("title".to_owned(), title.to_owned())];
        let [facts] = with_metadata();
        let facts = [InputFacts { chapters: 2, chapter_metadata: vec![chapter("one"), chapter("two")], ..facts }];
        let plan = planned("-i a -c copy -map_metadata:g 0:c:1 out.mkv", &facts).unwrap();
        assert_eq!(plan.outputs[0].metadata, [MetadataEdit::default("title", "two")]);
        for (line, reason) in [
            ("-i a -c copy -map_metadata:g 0:c:5 out.mkv", "there is no chapter 5, for input 0 has 2"),
            ("-i a -c copy -map_metadata:g 0:p:0 out.mkv", "there is no program 0, for input 0 has 0"),
            ("-i a -c copy -map_metadata:g 0:s:v out.mkv", "input 0 has no stream v"),
            ("-i a -c copy -map_metadata:c:1 0:g out.mkv", "there is no chapter 1, for the output has none"),
        ] {
            let told = planned(line, &facts).unwrap_err().pop().unwrap();
            assert!(told.message.contains(reason), "{line}: {told}");
        }
    }

    #[test]
    fn streams_are_named_by_the_metadata_that_they_take_along() {
        let line = "-i a -c copy -metadata:s:m:language:eng title=G -metadata:s:u title=H out.mkv";
        let plan = planned(line, &with_metadata()).unwrap();
        let edits = &plan.outputs[0].streams[0].metadata;
        assert_eq!(edits, &[MetadataEdit::default("language", "eng"), MetadataEdit::set("title", "G")]);
    }

    #[test]
    fn typed_metadata_comes_last_and_an_empty_value_removes() {
        let line = "-i a -c copy -metadata title=Home -metadata:s:a:0 language= out.mkv";
        let plan = planned(line, &with_metadata()).unwrap();
        assert_eq!(plan.outputs[0].metadata.last(), Some(&MetadataEdit::set("title", "Home")));
        assert_eq!(plan.outputs[0].streams[0].metadata.last(), Some(&MetadataEdit::remove("language")));
    }
}
