//! An option that is given more than once for a stream: the last one counts, and ffmpeg says so.
//!
//! weir's own voice is silent: `-c copy -c:v libx264` is meant as it is written.

use crate::diagnostic::{Diagnostic, Origin};
use crate::facts::MediaKind;
use crate::plan::place::OutputPlace;
use crate::plan::{Context, OutputDraft};
use crate::spec::{InputSpec, OutputSpec, PerStream, StreamSpecifier};

/// An option in ffmpeg's words: its spellings, the one that is shown, and its values.
type Repeatable<'a> = (&'static str, &'static str, Values<'a>);

/// The values of one option, whatever their type.
pub(super) type Values<'a> = Vec<(&'a StreamSpecifier, &'a Origin)>;

pub(super) fn values<T>(values: &PerStream<T>) -> Values<'_> {
    values.0.iter().map(|value| (&value.specifier, &value.origin)).collect()
}

/// The options of an input that ffmpeg asks for a stream of this kind.
fn of_input(spec: &InputSpec, kind: MediaKind) -> Vec<Repeatable<'_>> {
    let mut all = vec![(CODEC, "c", values(&spec.codec)), ("-discard", "discard", values(&spec.seldom.discard))];
    match kind {
        MediaKind::Video => {
            all.extend([("-r", "r", values(&spec.frame_rate)), ("-hwaccel", "hwaccel", values(&spec.hwaccel))]);
        }
        MediaKind::Subtitle => all.push(("-canvas_size", "canvas_size", values(&spec.seldom.canvas_size))),
        _ => {}
    }
    all
}

const CODEC: &str = "-c, -codec, -acodec, -vcodec, -scodec or -dcodec";

/// The same of an output.
fn of_output(spec: &OutputSpec, kind: MediaKind) -> Vec<Repeatable<'_>> {
    let mut all = vec![
        (CODEC, "c", values(&spec.codec)),
        ("-frames, -aframes, -vframes or -dframes", "frames", values(&spec.max_frames)),
        ("-bsf, -absf or -vbsf", "bsf", values(&spec.bitstream_filters)),
        ("-tag, -atag, -vtag or -stag", "tag", values(&spec.tag)),
        ("-disposition", "disposition", values(&spec.disposition)),
        ("-enc_time_base", "enc_time_base", values(&spec.encoder_time_base)),
    ];
    match kind {
        MediaKind::Video => all.extend([
            ("-r", "r", values(&spec.frame_rate)),
            ("-fpsmax", "fpsmax", values(&spec.max_frame_rate)),
            ("-aspect", "aspect", values(&spec.aspect)),
            ("-s", "s", values(&spec.size)),
            ("-pix_fmt", "pix_fmt", values(&spec.pixel_format)),
            ("-force_key_frames", "force_key_frames", values(&spec.force_key_frames)),
        ]),
        MediaKind::Audio => all.extend([
            ("-ac", "ac", values(&spec.channels)),
            ("-ar", "ar", values(&spec.sample_rate_hz)),
            ("-sample_fmt", "sample_fmt", values(&spec.sample_format)),
        ]),
        _ => {}
    }
    if matches!(kind, MediaKind::Video | MediaKind::Audio) {
        all.push(("-filter, -af or -vf", "filter", values(&spec.filters)));
        all.push(("-filter_script", "filter_script", values(&spec.filter_scripts)));
    }
    all
}

/// Tells of the inputs' options.
pub(super) fn of_inputs(context: &Context, diagnostics: &mut Vec<Diagnostic>) {
    for (spec, facts) in context.spec.inputs.iter().zip(context.facts) {
        for stream in &facts.streams {
            for (names, name, values) in of_input(spec, stream.kind) {
                tell(context, (names, name), stream.index, &values, |s| s.matches(facts, stream), diagnostics);
            }
        }
    }
}

/// Tells of an output's options.
pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    for number in 0..draft.streams.len() {
        let place = OutputPlace::in_draft(draft, number);
        for (names, name, values) in of_output(&context.spec.outputs[index], draft.streams[number].kind) {
            tell(context, (names, name), number, &values, |s| place.matches(s), diagnostics);
        }
    }
}

fn tell(
    context: &Context,
    (names, name): (&str, &str),
    stream: usize,
    values: &Values<'_>,
    matches: impl Fn(&StreamSpecifier) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let matching: Vec<_> = values.iter().filter(|(specifier, _)| matches(specifier)).collect();
    let [_, .., (specifier, origin)] = matching.as_slice() else { return };
    let value = context.spec.global.value_of(origin);
    let specifier = specifier.to_string();
    let colon = if specifier.is_empty() { "" } else { ":" };
    let words = format!(
        "Multiple {names} options specified for stream {stream}, only the last option '-{name}{colon}{specifier} \
         {value}' will be used."
    );
    diagnostics.push(Diagnostic::for_ffmpeg("repeated-option", words).at(origin));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, video};

    fn told(line: &str) -> Vec<String> {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let plan = planned(line, &facts).unwrap();
        assert!(plan.diagnostics.iter().all(|d| d.code != "repeated-option" || d.message.is_empty()));
        plan.diagnostics
            .iter()
            .filter(|d| d.code == "repeated-option")
            .map(|d| d.ffmpeg.clone().unwrap().to_string())
            .collect()
    }

    #[test]
    fn ffmpeg_hears_of_each_stream_that_has_an_option_twice() {
        assert_eq!(
            told("-i in -c copy -c:v libx264 out.mp4"),
            [
                "Multiple -c, -codec, -acodec, -vcodec, -scodec or -dcodec options specified for stream 0, only the last \
                 option '-c:v libx264' will be used."
            ]
        );
        let filters = told("-i in -filter:v null -vf hflip out.mp4");
        assert!(filters[0].contains("-filter, -af or -vf options") && filters[0].contains("'-filter:v hflip'"));
        let decoders = told("-c:v h264 -c:v h264 -i in -c copy out.mp4");
        assert_eq!(decoders.len(), 1);
    }

    #[test]
    fn options_of_different_streams_are_no_repetition() {
        assert!(told("-i in -c:v libx264 -c:a aac -filter:v null -filter:a anull out.mp4").is_empty());
    }
}
