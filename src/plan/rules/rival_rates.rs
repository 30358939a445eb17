//! `-crf 23 -b:v 2M`: encoders go by one of the options that say how many bits they may take, and by no other.

use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::plan::correction::Findings;
use crate::plan::place::OutputPlace;
use crate::plan::{Choice, Context, OutputDraft};
use crate::spec::{AvOption, OutputSpec};

/// Such options by encoder, the one that it prefers first (as libavcodec's `libx264.c` and `libx265.c` have it).
const RIVALS: [(&str, &[&str]); 3] =
    [("libx264", &["crf", "qp", "b"]), ("libx264rgb", &["crf", "qp", "b"]), ("libx265", &["crf", "b"])];

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let mut findings = Findings::default();
    for Outdone { option, by, encoder } in outdone(spec, draft) {
        let message = format!(
            "{} {} has no effect on {}: {encoder} goes by {} {}.",
            option.origin.token,
            option.value,
            mask_url(&spec.url),
            by.origin.token,
            by.value
        );
        let diagnostic = Diagnostic::warning("rival-rates", message)
            .ffmpeg_says("")
            .remedy("Leave one of them out; -maxrate and -bufsize bound what -crf takes.")
            .at(&option.origin);
        findings.mend(context.spec, diagnostic, &option.value, None);
    }
    diagnostics.extend(findings.finish(context.spec));
}

/// An option that no encoder goes by.
pub(super) struct Outdone<'a> {
    pub(super) option: &'a AvOption,
    /// The one that it goes by.
    by: &'a AvOption,
    encoder: &'a str,
}

/// The options of an output that no encoder goes by.
pub(super) fn outdone<'a>(spec: &'a OutputSpec, draft: &'a OutputDraft) -> Vec<Outdone<'a>> {
    let place = OutputPlace::all(draft, &[]);
    let encoded = || {
        draft.streams.iter().enumerate().filter_map(|(stream, drafted)| match &drafted.choice {
            Choice::Encoder { facts, .. } if drafted.kind == MediaKind::Video => Some((stream, facts.name.as_str())),
            _ => None,
        })
    };
    let mut found = Vec::new();
    for (stream, encoder) in encoded() {
        let Some((_, names)) = RIVALS.iter().find(|(name, _)| *name == encoder) else { continue };
        // A second pass goes by the bit rate.
        if spec.seldom.pass.last_matching(|s| place.names(s, stream)).is_some() {
            continue;
        }
        let typed = |name: &&str| {
            let option = spec.options.iter().rfind(|o| o.name == **name && place.names(&o.specifier, stream))?;
            let says_nothing = (option.name == "b" && option.value == "0") || option.value.starts_with('-');
            (!says_nothing).then_some(option)
        };
        let mut typed = names.iter().filter_map(typed);
        let Some(by) = typed.next() else { continue };
        // What the encoder of other pictures takes as well has an effect.
        let is_for_this_alone =
            |o: &&AvOption| encoded().all(|(other, _)| other == stream || !place.names(&o.specifier, other));
        found.extend(typed.filter(is_for_this_alone).map(|option| Outdone { option, by, encoder }));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::plan::testing;

    fn told(options: &str) -> Vec<String> {
        testing::told("rival-rates", &format!("-i in {options} out.mkv"))
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
