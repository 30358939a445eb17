//! Metadata of an output: what is copied, what is set, in ffmpeg's order.

use super::{
    Choice, Context, MetadataChange, MetadataEdit, OutputDraft, ProgramPlan,
    place::{OutputPlace, lacking},
    stream_groups,
};
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::{Metadata, StreamGroup};
use crate::spec::{MapMetadataSpec, MetadataPlace, MetadataSpec, OutputSpec};

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

/// Works out `-map_metadata`, `-map_chapters`, `-program` and `-metadata`. `encoded` tells for each stream whether it is encoded.
pub(super) fn plan(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    encoded: &[bool],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<OutputMetadata, Box<Diagnostic>> {
    let spec = &context.spec.outputs[index];
    let count = draft.streams.len();
    let groups = stream_groups::plan(context, spec, count)?;
    let mut made =
        OutputMetadata { streams: vec![Vec::new(); count], rotations: vec![None; count], ..OutputMetadata::default() };
    for map in &spec.map_metadata {
        made.map(context, draft, map)?;
    }
    let by_hand = ByHand::of(&spec.map_metadata);
    if !by_hand.global
        && let Some(first) = context.facts.first()
    {
        made.global.extend(defaults(&first.metadata));
        if spec.duration_us.is_some() || spec.stop_us.is_some() {
            made.global.push(MetadataEdit::remove("duration"));
        }
        made.global.extend(FILE_KEYS.iter().map(|k| MetadataEdit::remove(k)));
    }
    if !by_hand.streams {
        made.copy_streams(context, draft, encoded);
    }
    for (edits, stream) in made.streams.iter_mut().zip(&draft.streams) {
        if let Choice::Attach { file } = &stream.choice {
            edits.insert(0, MetadataEdit::default("filename", file.rsplit('/').next().unwrap_or(file)));
        }
    }
    for (number, program) in spec.seldom.programs.iter().enumerate() {
        let refused = |message| Diagnostic::error("program", message).at(&program.origin);
        made.programs.push(parse_program(&program.value, number).map_err(refused)?);
    }
    // By now the groups are there for specifiers to name; what is mapped is copied before.
    let whole = OutputPlace::all(draft, &groups).with_metadata(made.streams.iter().map(|edits| told_by(edits)));
    made.stream_groups = groups;
    made.chapters_from = chapters(context, spec)?.map(|input| (input, !by_hand.chapters));
    for typed in &spec.metadata {
        made.set(typed, &whole, &mask_url(&spec.url), diagnostics)?;
    }
    Ok(made)
}

/// What `-map_metadata` names, so that none of it is copied by itself.
#[derive(Clone, Copy, Debug, Default)]
struct ByHand {
    global: bool,
    streams: bool,
    chapters: bool,
}

impl ByHand {
    fn of(maps: &[MapMetadataSpec]) -> Self {
        let mut by_hand = Self::default();
        for map in maps {
            // "-map_metadata -1" switches all of it off.
            if map.input.is_none() && map.to == MetadataPlace::Global && !map.names_file {
                return Self { global: true, streams: true, chapters: true };
            }
            for place in std::iter::once(&map.to).chain(map.input.map(|_| &map.from)) {
                match place {
                    MetadataPlace::Global => by_hand.global = true,
                    MetadataPlace::Streams(_) => by_hand.streams = true,
                    MetadataPlace::Chapter(_) => by_hand.chapters = true,
                    MetadataPlace::Program(_) => {}
                }
            }
        }
        by_hand
    }
}

impl OutputMetadata {
    /// Carries out one `-map_metadata`.
    fn map(&mut self, context: &Context, draft: &OutputDraft, map: &MapMetadataSpec) -> Result<(), Box<Diagnostic>> {
        let Some(input) = map.input else { return Ok(()) };
        // Chapters and programs of the output do not exist yet, as in ffmpeg.
        let why = "the output has none when metadata is mapped";
        let source = match &map.to {
            MetadataPlace::Chapter(chapter) => Err(no_such("chapter", *chapter, why)),
            MetadataPlace::Program(program) => Err(no_such("program", *program, why)),
            MetadataPlace::Global | MetadataPlace::Streams(_) => source_metadata(context, input, &map.from),
        };
        let source = source.map_err(|(reason, words)| {
            let message = format!("{}: {reason}.", map.origin.token);
            Diagnostic::error("map-metadata", message).ffmpeg_says(words).at(&map.origin)
        })?;
        match &map.to {
            MetadataPlace::Streams(specifier) => {
                for (i, stream) in self.streams.iter_mut().enumerate() {
                    if OutputPlace::in_draft(draft, i).matches(specifier) {
                        stream.extend(defaults(source));
                    }
                }
            }
            _ => self.global.extend(defaults(source)),
        }
        Ok(())
    }

    /// What each stream of an input brings along.
    fn copy_streams(&mut self, context: &Context, draft: &OutputDraft, encoded: &[bool]) {
        for ((edits, stream), encoded) in self.streams.iter_mut().zip(&draft.streams).zip(encoded) {
            let Some((input, source)) = stream.source.input() else { continue };
            edits.extend(defaults(&context.facts[input].streams[source].metadata));
            if *encoded {
                edits.push(MetadataEdit::forget("encoder"));
            }
        }
    }

    /// Carries out one `-metadata`; `whole` is the output's streams, and `url` its name to be told.
    fn set(
        &mut self,
        typed: &MetadataSpec,
        whole: &OutputPlace,
        url: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(), Box<Diagnostic>> {
        let edit = MetadataEdit::typed(&typed.key, &typed.value);
        match &typed.place {
            MetadataPlace::Global => self.global.push(edit),
            MetadataPlace::Streams(specifier) => {
                let named: Vec<usize> = (0..self.streams.len()).filter(|i| whole.names(specifier, *i)).collect();
                if named.is_empty() {
                    let MetadataSpec { origin, key, value, .. } = typed;
                    let lacking = lacking(specifier, &[]);
                    let message = format!("{} {key}={value} has no effect on {url}: it has {lacking}.", origin.token);
                    diagnostics.push(Diagnostic::warning("unused-option", message).ffmpeg_says("").at(origin));
                }
                // A display matrix takes the place of this key.
                let angle = match typed.key.as_str() {
                    // Nothing is a number to `av_strtod`: 0.
                    "rotate" if typed.value.is_empty() => Some(0.0),
                    "rotate" => typed.value.parse::<f64>().ok(),
                    _ => None,
                };
                for i in named {
                    match angle {
                        Some(angle) => self.rotations[i] = Some(angle),
                        None => self.streams[i].push(edit.clone()),
                    }
                }
            }
            MetadataPlace::Chapter(chapter) => self.chapters.push((*chapter, edit)),
            MetadataPlace::Program(program) if *program < self.programs.len() => {
                self.program_edits.push((*program, edit));
            }
            MetadataPlace::Program(program) => {
                let message = format!("Invalid program index {program} in metadata specifier.");
                let refused = Diagnostic::error("metadata-program", message).remedy("-program makes programs.");
                return Err(Box::new(refused.at(&typed.origin)));
            }
        }
        Ok(())
    }
}

/// What is taken along where nothing else is said.
fn defaults(source: &Metadata) -> impl Iterator<Item = MetadataEdit> {
    source.iter().map(|(key, value)| MetadataEdit::default(key, value))
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

/// The input whose chapters are taken along, if any are.
fn chapters(context: &Context, spec: &OutputSpec) -> Result<Option<usize>, Box<Diagnostic>> {
    match spec.map_chapters {
        None => Ok(context.facts.iter().position(|f| f.chapters > 0)),
        Some(index) if index < 0 => Ok(None),
        Some(index) if context.facts.get(index as usize).is_some() => Ok(Some(index as usize)),
        Some(index) => {
            let message = format!("Invalid input file index {index} in chapter mapping.");
            Err(Box::new(Diagnostic::error("map-chapters", message)))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::MetadataEdit;
    use crate::facts::{InputFacts, StreamFacts};
    use crate::plan::testing::{audio, input, planned};

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
