//! `-fix_sub_duration_heartbeat`: which pictures' keyframes split the subtitles of an output.

use super::{Context, OutputDraft, OutputStreamPlan, Treatment, input, place::OutputPlace};
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::OutputSpec;

/// The streams of an output that split its subtitles from that input stream, if `-fix_sub_duration` holds these back.
pub(super) fn of_subtitles(
    context: &Context,
    spec: &OutputSpec,
    draft: &OutputDraft,
    (file, stream): (usize, usize),
) -> Vec<usize> {
    let (source, facts) = (&context.spec.inputs[file], &context.facts[file]);
    let fixed = &source.seldom.fix_subtitle_duration;
    if input::value(fixed, facts, &facts.streams[stream]).is_none_or(|on| !on) {
        return Vec::new();
    }
    let beats = |at: &usize| {
        let place = OutputPlace::in_draft(draft, *at);
        draft.streams[*at].kind == MediaKind::Video && place.value(&spec.seldom.subtitle_heartbeat) == Some(&true)
    };
    (0..draft.streams.len()).filter(beats).collect()
}

/// Tells of an option without effect.
pub(super) fn warning(spec: &OutputSpec, streams: &[OutputStreamPlan]) -> Option<Diagnostic> {
    let typed = spec.seldom.subtitle_heartbeat.0.iter().find(|typed| typed.value)?;
    let splits =
        |s: &OutputStreamPlan| matches!(&s.treatment, Treatment::Subtitle { heartbeats, .. } if !heartbeats.is_empty());
    if streams.iter().any(splits) {
        return None;
    }
    let message = format!(
        "{} has no effect: it takes pictures, and subtitles of the same output that are encoded and whose input has \
         -fix_sub_duration.",
        typed.origin.token
    );
    let remedy = "Put -fix_sub_duration before the -i that the subtitles come from, or leave it out.";
    Some(Diagnostic::warning("no-heartbeat", message).remedy(remedy).ffmpeg_says("").at(&typed.origin))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plan::testing::{codes, input, planned, stream, video};

    #[test]
    fn keyframes_split_subtitles_that_are_held_back_and_encoded_in_the_same_output() {
        let subtitles = || stream(MediaKind::Subtitle, "subrip");
        let facts = [input(vec![video("h264"), subtitles(), video("h264"), subtitles()])];
        let told = |line: &str| {
            let plan = planned(&format!("{line} out.mkv"), &facts).unwrap();
            let beats = |s: &OutputStreamPlan| match &s.treatment {
                Treatment::Subtitle { heartbeats, .. } => Some(heartbeats.clone()),
                _ => None,
            };
            let all: Vec<_> = plan.outputs[0].streams.iter().filter_map(beats).collect();
            (all, codes(&plan.diagnostics).iter().any(|(_, code)| *code == "no-heartbeat"))
        };
        let beat = "-fix_sub_duration_heartbeat";
        assert_eq!(told(&format!("-fix_sub_duration -i a -map 0 {beat}")), (vec![vec![0, 2]; 2], false));
        assert_eq!(told(&format!("-fix_sub_duration -i a -map 0 {beat}:v:1")), (vec![vec![2]; 2], false));
        assert_eq!(told(&format!("-fix_sub_duration:3 -i a -map 0 {beat}:0")), (vec![vec![], vec![0]], false));
        assert_eq!(told(&format!("-i a -map 0 {beat}")), (vec![vec![]; 2], true));
        assert_eq!(told(&format!("-fix_sub_duration -i a -map 0 {beat}:s")), (vec![vec![]; 2], true));
        assert_eq!(told(&format!("-fix_sub_duration -i a -map 0 -c:s copy {beat}")), (vec![], true));
        assert_eq!(told("-fix_sub_duration -i a -map 0"), (vec![vec![]; 2], false));
    }
}
