//! `-b:a 192k` for FLAC, `-q:v 2` for PNG: how many bits they take, or how good they are, is not to be chosen.

use crate::catalog::CodecFacts;
use crate::diagnostic::{Diagnostic, Origin, mask_url};
use crate::plan::correction::Findings;
use crate::plan::place::OutputPlace;
use crate::plan::{Choice, Context, OutputDraft};
use crate::spec::StreamSpecifier;

/// Encoders that libavcodec hands no quality of `-q`, and that say nothing of it.
const WITHOUT_SCALE: [&str; 3] = ["libx265", "libvpx", "libvpx-vp9"];

/// Only hands pictures on.
const NO_CODEC: &str = "wrapped_avframe";

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let place = OutputPlace::all(draft, &[]);
    let encoders = |specifier: &StreamSpecifier| -> Vec<&CodecFacts> {
        let named = draft.streams.iter().enumerate().filter(|(stream, _)| place.names(specifier, *stream));
        named
            .filter_map(|(_, stream)| match &stream.choice {
                Choice::Encoder { facts, .. } => Some(facts),
                _ => None,
            })
            .collect()
    };
    let rates = spec.options.iter().filter(|o| o.name == "b").map(|o| (&o.specifier, &o.origin, why_no_rate as Why));
    let scales = spec.quality.0.iter().map(|q| (&q.specifier, &q.origin, why_no_scale as Why));
    let mut findings = Findings::default();
    for (specifier, origin, why) in rates.chain(scales) {
        let whys: Option<Vec<String>> = encoders(specifier).into_iter().map(why).collect();
        let Some(why) = whys.and_then(|whys| whys.into_iter().next()) else { continue };
        let value = typed_value(context, origin);
        let message = format!("{} {value} has no effect on {}: {why}.", origin.token, mask_url(&spec.url));
        let diagnostic = Diagnostic::warning("unheeded-rate", message).ffmpeg_says("").at(origin);
        findings.mend(context.spec, diagnostic.remedy("Leave it out."), &value, None);
    }
    diagnostics.extend(findings.finish(context.spec));
}

type Why = fn(&CodecFacts) -> Option<String>;

/// Why an encoder does not go by a bit rate.
fn why_no_rate(encoder: &CodecFacts) -> Option<String> {
    loses_nothing(encoder)
        .then(|| format!("{} loses nothing, so it takes as many bits as it needs", encoder.codec_name))
}

/// Why an encoder does not go by a quality.
fn why_no_scale(encoder: &CodecFacts) -> Option<String> {
    if WITHOUT_SCALE.contains(&encoder.name.as_str()) {
        return Some(format!("{} has no such scale, -crf says how good its pictures are", encoder.name));
    }
    loses_nothing(encoder).then(|| format!("{} loses nothing, whatever the quality", encoder.codec_name))
}

fn loses_nothing(encoder: &CodecFacts) -> bool {
    encoder.lossless && encoder.name != NO_CODEC
}

fn typed_value(context: &Context, origin: &Origin) -> String {
    context.spec.global.arguments.get(origin.arg + 1).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::MediaKind;
    use crate::plan::testing::told;

    fn encoder(name: &str, lossless: bool) -> CodecFacts {
        CodecFacts {
            name: name.to_owned(),
            codec_id: 1,
            codec_name: name.to_owned(),
            kind: MediaKind::Video,
            experimental: false,
            text_subtitles: false,
            bitmap_subtitles: false,
            lossless,
        }
    }

    #[test]
    fn who_loses_nothing_goes_by_neither() {
        for (name, lossless, rate, scale) in [
            ("png", true, true, true),
            ("mjpeg", false, false, false),
            ("libx265", false, false, true),
            ("wrapped_avframe", true, false, false),
        ] {
            let encoder = encoder(name, lossless);
            assert_eq!((why_no_rate(&encoder).is_some(), why_no_scale(&encoder).is_some()), (rate, scale), "{name}");
        }
    }

    #[test]
    fn what_has_no_effect_is_told_with_the_command_without_it() {
        let told = |options: &str| told("unheeded-rate", &format!("-i in {options} out.mkv"));
        let found = told("-c:a pcm_s16le -b:a 192k");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("-b:a 192k has no effect on out.mkv: pcm_s16le loses nothing"), "{found:?}");
        assert!(found[0].ends_with("Type: weir -i in -c:a pcm_s16le out.mkv"), "{found:?}");
        for options in ["-c:a aac -b:a 192k", "-c copy -b:a 192k", "-c:v libx264 -q:v 3", "-b:v 2M"] {
            assert!(told(options).is_empty(), "{options}");
        }
    }
}
