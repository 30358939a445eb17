//! `-crf 23 -b:v 2M`: encoders go by one of the options that say how many bits they may take, and by no other.

use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::plan::correction::Findings;
use crate::plan::place::OutputPlace;
use crate::plan::{Choice, Context, OutputDraft};
use crate::spec::AvOption;

/// Such options by encoder, the one that it prefers first (as libavcodec's `libx264.c` and `libx265.c` have it).
const RIVALS: [(&str, [&str; 3]); 3] =
    [("libx264", ["crf", "qp", "b"]), ("libx264rgb", ["crf", "qp", "b"]), ("libx265", ["crf", "b", "qp"])];

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let place = OutputPlace::all(draft, &[]);
    // What another stream takes as well has an effect; and a second pass goes by the bit rate.
    let is_for_another = |option: &AvOption, stream: usize| {
        (0..draft.streams.len()).any(|other| {
            other != stream
                && place.names(&option.specifier, other)
                && !matches!(draft.streams[other].choice, Choice::Copy)
        })
    };
    let mut findings = Findings::default();
    for (stream, drafted) in draft.streams.iter().enumerate().filter(|(_, s)| s.kind == MediaKind::Video) {
        let Choice::Encoder { facts, .. } = &drafted.choice else { continue };
        let Some((_, names)) = RIVALS.iter().find(|(encoder, _)| *encoder == facts.name) else { continue };
        let typed = |name: &&str| {
            let option = spec.options.iter().rfind(|o| o.name == **name && place.names(&o.specifier, stream))?;
            let says_nothing = option.value == "0" && option.name == "b" || option.value.starts_with('-');
            (!says_nothing).then_some(option)
        };
        let has_passes = spec.seldom.pass.last_matching(|s| place.names(s, stream)).is_some();
        let mut typed = names.iter().filter_map(typed).filter(|_| !has_passes);
        let Some(decides) = typed.next() else { continue };
        for outdone in typed.filter(|option| !is_for_another(option, stream)) {
            let message = format!(
                "{} {} has no effect on {}: {} goes by {} {}.",
                outdone.origin.token,
                outdone.value,
                mask_url(&spec.url),
                facts.name,
                decides.origin.token,
                decides.value
            );
            let diagnostic = Diagnostic::warning("rival-rates", message)
                .ffmpeg_says("")
                .remedy("Leave one of them out; -maxrate and -bufsize bound what -crf takes.")
                .at(&outdone.origin);
            findings.mend(context.spec, diagnostic, &outdone.value, None);
        }
    }
    diagnostics.extend(findings.finish(context.spec));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, video};

    fn told(options: &str) -> Vec<String> {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let diagnostics = planned(&format!("-i in {options} out.mkv"), &facts).unwrap().diagnostics;
        diagnostics.iter().filter(|d| d.code == "rival-rates").map(ToString::to_string).collect()
    }

    #[test]
    fn what_an_encoder_does_not_go_by_is_told() {
        let found = told("-c:v libx264 -crf 23 -b:v 2M");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("-b:v 2M has no effect on out.mkv: libx264 goes by -crf 23. Leave"), "{found:?}");
        assert!(found[0].ends_with("Type: weir -i in -c:v libx264 -crf 23 out.mkv"), "{found:?}");
        assert_eq!(told("-c:v libx264 -b 2M -crf 20").len(), 1);
    }

    #[test]
    fn what_has_an_effect_is_not() {
        for options in [
            "-c:v libx264 -crf 23 -maxrate 2M -bufsize 4M",
            "-c:v libx264 -b:v 2M -b:a 128k",
            "-c:v libx264 -crf -1 -b:v 2M",
            "-map 0:v -map 0:v -c:v:0 libx264 -crf:v:0 23 -c:v:1 mpeg4 -b:v 2M",
            "-c:v libx264 -crf 23 -b:v 2M -pass 1",
            "-c:v mpeg4 -b:v 2M",
            "-c:v copy -crf 23 -b:v 2M",
        ] {
            assert!(told(options).is_empty(), "{options}: {:?}", told(options));
        }
    }
}
