//! Options of an output that name streams which it does not have: ffmpeg says nothing of them.

use super::repeated_options::{Values, values};
use crate::diagnostic::{Diagnostic, Severity, mask_url, shell_quoted};
use crate::facts::MediaKind;
use crate::plan::place::{OutputPlace, lacking};
use crate::plan::{Context, OutputDraft, StreamSource};
use crate::spec::OutputSpec;

/// The options of an output by the kinds of streams that they are for; no kinds are all kinds.
fn rows(spec: &OutputSpec) -> Vec<(&'static [MediaKind], Values<'_>)> {
    const PICTURES: &[MediaKind] = &[MediaKind::Video];
    const SOUND: &[MediaKind] = &[MediaKind::Audio];
    const FILTERED: &[MediaKind] = &[MediaKind::Video, MediaKind::Audio];
    vec![
        (&[], values(&spec.codec)),
        (&[], values(&spec.max_frames)),
        (&[], values(&spec.bitstream_filters)),
        (&[], values(&spec.tag)),
        (&[], values(&spec.disposition)),
        (FILTERED, values(&spec.filters)),
        (FILTERED, values(&spec.filter_scripts)),
        (FILTERED, values(&spec.quality)),
        (PICTURES, values(&spec.frame_rate)),
        (PICTURES, values(&spec.max_frame_rate)),
        (PICTURES, values(&spec.fps_mode)),
        (PICTURES, values(&spec.aspect)),
        (PICTURES, values(&spec.size)),
        (PICTURES, values(&spec.pixel_format)),
        (PICTURES, values(&spec.force_key_frames)),
        (SOUND, values(&spec.sample_rate_hz)),
        (SOUND, values(&spec.channels)),
        (SOUND, values(&spec.channel_layout)),
        (SOUND, values(&spec.sample_format)),
    ]
}

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let place = OutputPlace::all(draft, &[]);
    for (kinds, values) in rows(spec) {
        let fits = |stream: &usize| kinds.is_empty() || kinds.contains(&draft.streams[*stream].kind);
        for (specifier, origin) in values {
            if (0..draft.streams.len()).filter(fits).any(|stream| place.names(specifier, stream)) {
                continue;
            }
            // `-c:s copy` is often typed for whatever the input may have.
            let names_codec = specifier.index.is_none() && spec.codec.0.iter().any(|codec| codec.origin == *origin);
            let severity = if names_codec { Severity::Note } else { Severity::Warning };
            let value = shell_quoted(context.spec.global.value_of(origin));
            let is_of_others = specifier.kind.is_some_and(|kind| !kinds.is_empty() && !kinds.contains(&kind));
            let why = if is_of_others {
                let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                format!("{} is for {} streams", origin.token.split(':').next().unwrap_or_default(), names.join(" and "))
            } else {
                format!("it has {}", lacking(specifier, kinds))
            };
            let message = format!("{} {value} has no effect on {}: {why}.", origin.token, mask_url(&spec.url));
            let told = Diagnostic::new(severity, "unused-option", message).ffmpeg_says("").at(origin);
            let is_sample_rate = origin.token == "-r:a";
            diagnostics.push(if is_sample_rate { told.remedy("-ar sets the sample rate.") } else { told });
        }
    }
    if spec.shortest {
        diagnostics.extend(alone(spec, draft));
    }
}

/// What `-shortest` ends is what others outlast; the only stream of pictures or sound ends by itself, or never.
fn alone(spec: &OutputSpec, draft: &OutputDraft) -> Option<Diagnostic> {
    let mut counting = draft.streams.iter().filter(|s| matches!(s.kind, MediaKind::Video | MediaKind::Audio));
    let (only, None) = (counting.next()?, counting.next()) else { return None };
    let message =
        format!("-shortest has no effect on {}: it has one stream of pictures or sound.", mask_url(&spec.url));
    let diagnostic = Diagnostic::warning("unused-option", message).ffmpeg_says("");
    Some(match only.source {
        StreamSource::Graph(..) => diagnostic.remedy(
            "A filter that is to end with the shortest of its inputs has an option for that, such as overlay=shortest=1.",
        ),
        _ => diagnostic,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, video};

    fn told(line: &str) -> Vec<String> {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let diagnostics = planned(line, &facts).unwrap().diagnostics;
        diagnostics.iter().filter(|d| d.code == "unused-option").map(|d| d.message.clone()).collect()
    }

    #[test]
    fn an_option_for_a_stream_that_is_not_there_is_told_about() {
        let cases = [
            ("-filter:v:3 null", "-filter:v:3 null has no effect on out.mp4: it has no stream v:3."),
            ("-c:5 copy", "-c:5 copy has no effect on out.mp4: it has no stream 5."),
            ("-disposition:s:0 default", "-disposition:s:0 default has no effect on out.mp4: it has no stream s:0."),
            ("-bsf:v:2 x", "-bsf:v:2 x has no effect on out.mp4: it has no stream v:2."),
            ("-metadata:s:7 title=x", "-metadata:s:7 title=x has no effect on out.mp4: it has no stream 7."),
            ("-an -ar 44100", "-ar 44100 has no effect on out.mp4: it has no audio stream."),
            ("-an -af volume=2", "-af volume=2 has no effect on out.mp4: it has no audio stream."),
            ("-vn -s 64x64", "-s 64x64 has no effect on out.mp4: it has no video stream."),
            ("-r:a 44100", "-r:a 44100 has no effect on out.mp4: -r is for video streams."),
            ("-ar:v 44100", "-ar:v 44100 has no effect on out.mp4: -ar is for audio streams."),
            ("-c:s mov_text", "-c:s mov_text has no effect on out.mp4: it has no subtitle stream."),
        ];
        for (options, expected) in cases {
            assert_eq!(told(&format!("-i in {options} out.mp4")), [expected], "{options}");
        }
        let alone = "-shortest has no effect on out.mp4: it has one stream of pictures or sound.";
        assert_eq!(told("-i in -shortest -an out.mp4"), [alone]);
        assert_eq!(told("-i in -shortest -filter_complex [0:v]null[v] -map [v] out.mp4"), [alone]);
    }

    #[test]
    fn options_that_streams_take_are_not() {
        for options in
            ["-r 25 -ar 44100 -c:a aac -vf null -filter:a:0 anull", "-vn -c copy", "-metadata:s:a:0 t=x", "-shortest"]
        {
            assert!(told(&format!("-i in {options} out.mp4")).is_empty(), "{options}");
        }
    }
}
