//! `-b:a 192k` for FLAC, `-q:v 2` for PNG, `-bf 2` for VP9: what an encoder does not go by, and says nothing of.

use crate::catalog::CodecFacts;
use crate::diagnostic::{Diagnostic, mask_url};
use crate::plan::correction::Findings;
use crate::plan::place::OutputPlace;
use crate::plan::{Choice, Context, OutputDraft};
use crate::spec::StreamSpecifier;

/// Encoders that libavcodec hands no quality of `-q`, and that say nothing of it.
const WITHOUT_SCALE: [&str; 3] = ["libx265", "libvpx", "libvpx-vp9"];

/// Encoders that have pictures of their own in the place of B-frames.
const WITHOUT_B_FRAMES: [&str; 3] = ["libvpx", "libvpx-vp9", "libaom-av1"];

/// Only hands pictures on.
const NO_CODEC: &str = "wrapped_avframe";

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let place = OutputPlace::all(draft, &[]);
    let encoders = |specifier: &StreamSpecifier| -> Vec<(usize, &CodecFacts)> {
        let named = draft.streams.iter().enumerate().filter(|(stream, _)| place.names(specifier, *stream));
        named
            .filter_map(|(index, stream)| match &stream.choice {
                Choice::Encoder { facts, .. } => Some((index, facts)),
                _ => None,
            })
            .collect()
    };
    let options = |name: &'static str| spec.options.iter().filter(move |o| o.name == name);
    let is_baseline = |stream: usize| {
        options("profile").rfind(|o| place.names(&o.specifier, stream)).is_some_and(|o| o.value == "baseline")
    };
    let no_b_frames = |stream: usize, encoder: &CodecFacts| why_no_b_frames(encoder, is_baseline(stream));
    let (no_rate, no_scale): (Why, Why) = (&|_, encoder| why_no_rate(encoder), &|_, encoder| why_no_scale(encoder));
    let no_b_frames: Why = &no_b_frames;
    let rates = options("b").map(|o| (&o.specifier, &o.origin, no_rate));
    let scales = spec.quality.0.iter().map(|q| (&q.specifier, &q.origin, no_scale));
    let b_frames = options("bf").filter(|o| o.value.parse().is_ok_and(|count: u32| count > 0));
    let b_frames = b_frames.map(|o| (&o.specifier, &o.origin, no_b_frames));
    let mut findings = Findings::default();
    for (specifier, origin, why) in rates.chain(scales).chain(b_frames) {
        // Options that name no streams are for pictures, if encoders of sound have none of that name.
        let kinds = context.catalog.encoding_kinds(origin.token.trim_start_matches('-'));
        let counts = |(_, encoder): &(usize, &CodecFacts)| kinds.is_empty() || kinds.contains(&encoder.kind);
        let whys: Option<Vec<String>> =
            encoders(specifier).into_iter().filter(counts).map(|(stream, encoder)| why(stream, encoder)).collect();
        let Some(why) = whys.and_then(|whys| whys.into_iter().next()) else { continue };
        let value = context.spec.global.value_of(origin);
        let message = format!("{} {value} has no effect on {}: {why}.", origin.token, mask_url(&spec.url));
        let diagnostic = Diagnostic::warning("unheeded", message).ffmpeg_says("").at(origin);
        findings.mend(context.spec, diagnostic.remedy("Leave it out."), value, None);
    }
    diagnostics.extend(findings.finish(context.spec));
}

/// Tells why an encoder, of a stream of the output, does not go by something.
type Why<'a> = &'a dyn Fn(usize, &CodecFacts) -> Option<String>;

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

/// Why an encoder makes no B-frames, beside `-profile:v baseline` or not.
fn why_no_b_frames(encoder: &CodecFacts, is_baseline: bool) -> Option<String> {
    match encoder.name.as_str() {
        "libx264" if is_baseline => Some("H.264's baseline profile has no B-frames".to_owned()),
        name => WITHOUT_B_FRAMES.contains(&name).then(|| format!("{} has no B-frames", encoder.codec_name)),
    }
}

fn loses_nothing(encoder: &CodecFacts) -> bool {
    encoder.lossless && encoder.name != NO_CODEC
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
        assert!(why_no_b_frames(&encoder("libvpx-vp9", false), false).is_some());
        assert!(why_no_b_frames(&encoder("libx264", false), false).is_none());
    }

    #[test]
    fn what_has_no_effect_is_told_with_the_command_without_it() {
        let told = |options: &str| told("unheeded", &format!("-i in {options} out.mkv"));
        let found = told("-c:a pcm_s16le -b:a 192k");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("-b:a 192k has no effect on out.mkv: pcm_s16le loses nothing"), "{found:?}");
        assert!(found[0].ends_with("Type: weir -i in -c:a pcm_s16le out.mkv"), "{found:?}");
        let found = told("-c:v libx264 -profile:v baseline -bf 2");
        assert!(found[0].ends_with("Type: weir -i in -c:v libx264 -profile:v baseline out.mkv"), "{found:?}");
        for options in [
            "-c:v libx264 -profile:v baseline -bf 0",
            "-c:v libx264 -profile:v main -bf 2",
            "-c:v libx264 -profile:v baseline -profile:v main -bf 2",
            "-c:a aac -b:a 192k",
            "-c copy -b:a 192k",
            "-c:v libx264 -q:v 3",
            "-b:v 2M",
        ] {
            assert!(told(options).is_empty(), "{options}");
        }
    }
}
