//! Options that make no sense on a stream that is copied.

use crate::diagnostic::{Diagnostic, Edit, Origin, command_line, edited, mask_url};
use crate::facts::MediaKind;
use crate::plan::filter_files::without_files;
use crate::plan::place::OutputPlace;
use crate::plan::{Choice, Context, OutputDraft, codec};
use crate::spec::{Assigned, PerStream};

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let url = mask_url(&spec.url);
    let mut told: Vec<Origin> = Vec::new();
    for (i, stream) in draft.streams.iter().enumerate() {
        if !matches!(stream.choice, Choice::Copy) {
            continue;
        }
        let place = OutputPlace::in_draft(draft, i);
        if !matches!(stream.kind, MediaKind::Video | MediaKind::Audio) {
            continue;
        }
        let letter = stream.kind.letter();
        let mut ignored = |found: Option<&Origin>, what: &str| {
            let Some(origin) = found.filter(|o| !told.contains(o)) else { return };
            told.push(origin.clone());
            diagnostics.push(
                Diagnostic::warning(
                    "option-on-copy",
                    format!("{} has no effect on {url}: stream {index}:{i} is copied, {what}.", origin.token),
                )
                .ffmpeg_says("")
                .remedy(format!("Leave {} out, or encode with -c:{letter} and an encoder's name.", origin.token))
                .at(origin),
            );
        };
        if stream.kind == MediaKind::Video {
            ignored(last(&spec.frame_rate, &place), "and its pictures keep their times");
            ignored(last(&spec.max_frame_rate, &place), "and its pictures keep their times");
            ignored(last(&spec.fps_mode, &place), "and its pictures keep their times");
            ignored(last(&spec.size, &place), "and its pictures keep their size");
            ignored(last(&spec.pixel_format, &place), "and its pictures keep their format");
            ignored(last(&spec.force_key_frames, &place), "and its keyframes stay where they are");
        } else {
            ignored(last(&spec.sample_rate_hz, &place), "and its samples keep their rate");
            ignored(last(&spec.channels, &place), "and it keeps its channels");
            ignored(last(&spec.channel_layout, &place), "and it keeps its channels");
            ignored(last(&spec.sample_format, &place), "and its samples keep their format");
            for change in &context.spec.global.seldom.sound_changes {
                ignored(Some(change), "and its samples stay as they are");
            }
        }
        ignored(last(&spec.quality, &place), "not encoded");
    }
}

/// Where the value stands that counts for the last stream of a place.
fn last<'a, T>(values: &'a PerStream<T>, place: &OutputPlace) -> Option<&'a Origin> {
    place.assigned(values).map(|assigned| &assigned.origin)
}

/// A filter on a stream that is copied.
struct Conflict<'a> {
    output: usize,
    stream: usize,
    kind: MediaKind,
    filter: &'a Assigned<String>,
}

/// Refuses filters on copied streams: the last of them shows the command in which all are mended, in both ways.
pub(super) fn filters(context: &Context, drafts: &[OutputDraft], diagnostics: &mut Vec<Diagnostic>) {
    let mut conflicts = Vec::new();
    for (output, (spec, draft)) in context.spec.outputs.iter().zip(drafts).enumerate() {
        let place = OutputPlace::all(draft, &[]);
        for (stream, found) in draft.streams.iter().enumerate() {
            let filterable = matches!(found.kind, MediaKind::Video | MediaKind::Audio);
            if !filterable || !matches!(found.choice, Choice::Copy) {
                continue;
            }
            if let Some(filter) = spec.filters.last_matching(|s| place.names(s, stream)) {
                conflicts.push(Conflict { output, stream, kind: found.kind, filter });
            }
        }
    }
    let remedy = both_ways(context, drafts, &conflicts);
    for (at, conflict) in conflicts.iter().enumerate() {
        let words = format!(
            "Filtergraph '{}' was defined for {} output stream {}:{} but codec copy was selected.\n\
             Filtering and streamcopy cannot be used together.",
            conflict.filter.value,
            conflict.kind.name(),
            conflict.output,
            conflict.stream
        );
        let diagnostic =
            Diagnostic::error("filter-on-copy", words.clone()).ffmpeg_says(words).at(&conflict.filter.origin);
        let is_last = at + 1 == conflicts.len();
        diagnostics.push(if is_last { diagnostic.remedy(remedy.clone()) } else { diagnostic });
    }
}

/// The command twice: once with encoders, once without the filters.
fn both_ways(context: &Context, drafts: &[OutputDraft], conflicts: &[Conflict<'_>]) -> String {
    let typed = &context.spec.global.arguments;
    let (mut encoded, mut copied) = (Vec::new(), Vec::new());
    let mut encodes = false;
    for conflict in conflicts {
        let (spec, filter) = (&context.spec.outputs[conflict.output], conflict.filter);
        if spec.origin.arg >= typed.len() || filter.origin.arg + 1 >= typed.len() {
            return "Either name an encoder with -c, or leave the filter out.".to_owned();
        }
        let without = [0, 1].map(|word| Edit::Replace(filter.origin.arg + word, Vec::new()));
        copied.extend(without.clone());
        match (filter_kind(context, &filter.value), filter.specifier.text.as_str()) {
            // It is for streams of the other kind, which were not named.
            (Some(kind), "") if kind != conflict.kind => {
                encoded.push(Edit::Replace(filter.origin.arg, vec![format!("-filter:{}", kind.letter())]));
            }
            (Some(kind), _) if kind != conflict.kind => encoded.extend(without),
            (_, named) => {
                let streams = if named.is_empty() { conflict.kind.letter() } else { named };
                let Some(encoder) = codec::usual_encoder(context, spec, &drafts[conflict.output].muxer, conflict.kind)
                else {
                    encoded.extend(without);
                    continue;
                };
                // Of two options the last counts: the encoder goes right before the output.
                let edit = Edit::Before(spec.origin.arg, vec![format!("-c:{streams}"), encoder]);
                if !encoded.contains(&edit) {
                    encoded.push(edit);
                }
                encodes = true;
            }
        }
    }
    let refused = conflicts.iter().any(|conflict| {
        let draft = &drafts[conflict.output];
        let source = draft.streams[conflict.stream].source.input();
        source.is_some_and(|(input, stream)| {
            let codec = context.facts[input].streams[stream].codec_id;
            context.catalog.muxer_takes(&draft.muxer.name, codec) == Some(false)
        })
    });
    if refused && encodes {
        return format!("Filter and encode: {}", command_line(&edited(typed, &encoded)));
    }
    let copy = format!("copy without the filter: {}", command_line(&edited(typed, &copied)));
    match encodes {
        true => format!("Either filter and encode: {}\nor {copy}", command_line(&edited(typed, &encoded))),
        false => format!("Such a filter does not fit this stream; {copy}"),
    }
}

/// What a filtergraph takes, where that is one kind.
fn filter_kind(context: &Context, filter: &str) -> Option<MediaKind> {
    let pads = context.catalog.graph_pads(&without_files(context.catalog, filter)).ok()?;
    let kind = pads.inputs.first()?.kind;
    pads.inputs.iter().all(|pad| pad.kind == kind).then_some(kind)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::diagnostic::Severity;
    use crate::plan::testing::{audio, codes, encoders, input, planned, video};

    #[test]
    fn a_filter_on_a_copied_stream_is_refused_with_both_corrections() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for (line, filtered, copied) in [
            (
                "-i in -vf scale=320:240 -c copy out.mp4",
                "weir -i in -vf scale=320:240 -c copy -c:v libx264 out.mp4",
                "weir -i in -c copy out.mp4",
            ),
            (
                "-i in -c:a copy -af avolume=2 out.mp4",
                "weir -i in -c:a copy -af avolume=2 -c:a aac out.mp4",
                "weir -i in -c:a copy out.mp4",
            ),
            (
                "-i in -filter hflip -c copy out.mp4",
                "weir -i in -filter:v hflip -c copy -c:v libx264 out.mp4",
                "weir -i in -c copy out.mp4",
            ),
            (
                "-i in -vf hflip -af aecho -c copy out.flv",
                "weir -i in -vf hflip -af aecho -c copy -c:v libx264 -c:a aac out.flv",
                "weir -i in -c copy out.flv",
            ),
            (
                "-i in -vf hflip -c copy a.mp4 -vf vflip -c copy b.ts",
                "weir -i in -vf hflip -c copy -c:v libx264 a.mp4 -vf vflip -c copy -c:v mpeg4 b.ts",
                "weir -i in -c copy a.mp4 -c copy b.ts",
            ),
        ] {
            let told = planned(line, &facts).unwrap_err();
            assert!(codes(&told).iter().all(|code| *code == (Severity::Error, "filter-on-copy")), "{line}");
            assert_eq!(told.iter().filter(|d| d.remedy.is_some()).count(), 1, "{line}");
            let remedy = told.last().unwrap().remedy.as_ref().unwrap();
            assert!(planned(filtered.strip_prefix("weir ").unwrap(), &facts).is_ok(), "{filtered}");
            assert!(planned(copied.strip_prefix("weir ").unwrap(), &facts).is_ok(), "{copied}");
            assert!(remedy.contains(filtered) && remedy.ends_with(copied), "{remedy}");
        }
    }

    #[test]
    fn a_copy_that_the_format_does_not_take_is_no_correction() {
        let facts = [input(vec![audio("ac3")])];
        let told = planned("-i in -af anull -c copy -flv_guard off out.flv", &facts).unwrap_err();
        let encoded = "Filter and encode: weir -i in -af anull -c copy -flv_guard off -c:a aac out.flv";
        assert_eq!(told[0].remedy.as_deref(), Some(encoded));
    }

    #[test]
    fn a_filter_beside_a_copied_stream_is_fine() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let plan = planned("-i in -vf scale=320:240 -c:a copy out.mp4", &facts).unwrap();
        assert_eq!(encoders(&plan), ["libx264", "copy"]);
        assert_eq!(plan.diagnostics, []);
    }

    #[test]
    fn options_of_encoded_streams_are_told_about_on_copied_ones_and_not_on_others() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let options = [
            "-r 20",
            "-s 160x90",
            "-pix_fmt yuv420p",
            "-ar 44100",
            "-ac 1",
            "-q:v 3",
            "-sample_fmt fltp",
            "-vol 128",
            "-async 1",
        ];
        for option in options.into_iter().chain(["-fps_mode cfr", "-ch_layout mono", "-force_key_frames 1"]) {
            let copied = planned(&format!("-i in -c copy {option} out.mp4"), &facts).unwrap();
            assert_eq!(codes(&copied.diagnostics), [(Severity::Warning, "option-on-copy")], "{option}");
            let token = option.split(' ').next().unwrap();
            assert_eq!(copied.diagnostics[0].origin.as_ref().unwrap().token, token);
            let encoded = planned(&format!("-i in {option} out.mp4"), &facts).unwrap();
            assert_eq!(encoded.diagnostics, [], "{option}");
        }
    }

    #[test]
    fn one_option_on_several_copied_streams_is_told_about_once() {
        let facts = [input(vec![video("h264"), video("h264")])];
        let plan = planned("-i in -map 0 -c copy -r 20 out.mp4", &facts).unwrap();
        assert_eq!(plan.diagnostics.len(), 1);
    }
}
