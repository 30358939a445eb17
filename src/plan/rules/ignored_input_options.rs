//! Options before `-i` that only raw formats take.

use crate::diagnostic::{Diagnostic, Origin};
use crate::facts::{InputFacts, MediaKind};
use crate::plan::{Choice, Context, OutputDraft};

pub(super) fn apply(context: &Context, drafts: &[OutputDraft], diagnostics: &mut Vec<Diagnostic>) {
    for (number, (spec, facts)) in context.spec.inputs.iter().zip(context.facts).enumerate() {
        let format = spec.format.as_ref().map_or(facts.format.as_str(), |f| f.value.as_str());
        let takes = |option: &str| context.catalog.demuxer_has_option(format, option);
        if let Some(rate) = spec.frame_rate.0.last().filter(|_| !takes("framerate"))
            && let Some(why) = rate_unused(context, drafts, (number, facts))
        {
            diagnostics.push(
                Diagnostic::warning(
                    "ignored-input-option",
                    format!("{} before -i is ignored: {why}.", rate.origin.token),
                )
                .ffmpeg_says("")
                .remedy(format!("To change the output, put {} after -i, and encode.", rate.origin.token))
                .at(&rate.origin),
            );
        }
        let rows: [(Option<&Origin>, &str); 5] = [
            (spec.sample_format.0.last().map(|a| &a.origin), "sample_fmt"),
            (spec.size.0.last().map(|a| &a.origin), "video_size"),
            (spec.pixel_format.0.last().map(|a| &a.origin), "pixel_format"),
            (spec.sample_rate_hz.0.last().map(|a| &a.origin), "sample_rate"),
            (spec.channels.0.last().map(|a| &a.origin), "ch_layout"),
        ];
        for (origin, option) in rows {
            let Some(origin) = origin else { continue };
            if takes(option) || (option == "ch_layout" && takes("channels")) {
                continue;
            }
            diagnostics.push(
                Diagnostic::warning(
                    "ignored-input-option",
                    format!(
                        "{} before -i is ignored: {} ({}) tells that itself.",
                        origin.token, facts.url, facts.format
                    ),
                )
                .remedy(format!("To change the output, put {} after -i.", origin.token))
                .at(origin),
            );
        }
    }
}

/// Why a frame rate that is said of an input has no effect: its pictures would be decoded to get new times.
fn rate_unused(context: &Context, drafts: &[OutputDraft], (number, facts): (usize, &InputFacts)) -> Option<String> {
    let is_picture = |stream: usize| facts.streams[stream].kind == MediaKind::Video;
    if !(0..facts.streams.len()).any(is_picture) {
        return Some(format!("{} has no video stream", facts.url));
    }
    let mut copied = drafts.iter().flat_map(|draft| &draft.streams).filter_map(|stream| {
        let (input, source) = stream.source.input()?;
        (input == number && is_picture(source)).then_some(matches!(stream.choice, Choice::Copy))
    });
    let all_are = copied.next().is_some_and(|first| first && copied.all(|copied| copied));
    let filtered = !context.spec.global.complex_graphs.is_empty();
    (all_are && !filtered).then(|| format!("the pictures of {} are copied and keep their times", facts.url))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::diagnostic::Severity;
    use crate::plan::testing::{audio, codes, input, planned, video};

    #[test]
    fn options_that_the_input_tells_itself_are_told_about() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for option in ["-s 64x48", "-pix_fmt yuv420p", "-ar 8000", "-ac 1"] {
            let plan = planned(&format!("{option} -i in out.mp4"), &facts).unwrap();
            assert_eq!(codes(&plan.diagnostics), [(Severity::Warning, "ignored-input-option")], "{option}");
        }
    }

    #[test]
    fn a_rate_before_an_input_is_for_pictures_that_are_decoded() {
        let told = |line: &str, facts| codes(&planned(line, &[input(facts)]).unwrap().diagnostics);
        let ignored = [(Severity::Warning, "ignored-input-option")];
        assert_eq!(told("-r 10 -i in -c copy out.mp4", vec![video("h264")]), ignored);
        assert_eq!(told("-r 10 -i in out.wav", vec![audio("aac")]), ignored);
        assert_eq!(told("-r 10 -i in out.mp4", vec![video("h264")]), []);
        assert_eq!(told("-r 10 -i in -c copy a.mp4 b.mp4", vec![video("h264")]), []);
        assert_eq!(told("-f rawvideo -r 10 -i in -c copy out.mkv", vec![video("h264")]), []);
    }

    #[test]
    fn raw_formats_take_them() {
        let plan = planned("-f rawvideo -s 64x48 -pix_fmt yuv420p -i in out.mp4", &[input(vec![video("h264")])]);
        assert_eq!(plan.unwrap().diagnostics, []);
    }
}
