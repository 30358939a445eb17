//! FFmpeg's own options: which component each is for, and which nobody took.

use super::place::{OutputPlace, lacking};
use super::{Context, OutputPlan, OutputStreamPlan, Plan, Treatment};
use crate::catalog::CodecFacts;
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::spec::{AvOption, StreamSpecifier};
use std::collections::BTreeSet;

/// Adds options in order: the last value counts, but flags written as `+x` or `-x` add up, as in ffmpeg.
pub(super) fn merge<'a>(into: &mut Vec<(String, String)>, options: impl Iterator<Item = &'a AvOption>) {
    for option in options {
        set(into, &option.name, &option.value);
    }
}

/// Sets one option; see [`merge`].
pub(super) fn set(into: &mut Vec<(String, String)>, name: &str, value: &str) {
    let relative = is_relative(value);
    match into.iter_mut().find(|(n, _)| n == name) {
        Some((_, old)) if relative => old.push_str(value),
        Some((_, old)) => value.clone_into(old),
        None => into.push((name.to_owned(), value.to_owned())),
    }
}

/// True where an option of flags switches this one on, and nothing in it switches it off again.
pub fn has_flag(options: &[(String, String)], option: &str, flag: &str) -> bool {
    let off = format!("-{flag}");
    options.iter().any(|(name, flags)| name == option && flags.contains(flag) && !flags.contains(&off))
}

/// True for flags that are added to those before, or taken away.
pub(super) fn is_relative(value: &str) -> bool {
    value.starts_with('+') || (value.starts_with('-') && value[1..].starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Sets options that the user did not; flags written as `+x` are added to the user's unless those say otherwise.
pub(super) fn set_defaults(into: &mut Vec<(String, String)>, defaults: &[(String, String)]) {
    for (name, value) in defaults {
        match into.iter_mut().find(|(n, _)| n == name) {
            Some((_, typed)) => {
                let flag = value.trim_start_matches('+');
                if value.starts_with('+') && !typed.contains(flag) {
                    typed.push_str(value);
                }
            }
            None => into.push((name.clone(), value.clone())),
        }
    }
}

/// A four-character code or a number.
pub(super) fn four_cc(text: &str) -> u32 {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    number.unwrap_or_else(|| {
        let mut bytes = [0u8; 4];
        for (slot, byte) in bytes.iter_mut().zip(text.bytes()) {
            *slot = byte;
        }
        u32::from_le_bytes(bytes)
    })
}

/// The options for one stream's codec; `None` as encoder is a copied stream.
pub(super) fn for_stream(
    context: &Context,
    options: &[AvOption],
    codec: Option<&str>,
    encoding: bool,
    kind: MediaKind,
    matches: impl Fn(&StreamSpecifier) -> bool,
) -> Vec<(String, String)> {
    let mut chosen = Vec::new();
    for option in options.iter().filter(|o| o.scopes.codec && matches(&o.specifier)) {
        if let Some(name) = context.catalog.option_applies(codec, encoding, kind, &option.name) {
            set(&mut chosen, &name, &option.value);
        }
    }
    chosen
}

/// The options for a decoder.
pub(super) fn for_decoder(
    context: &Context,
    input: usize,
    stream: usize,
    decoder: &CodecFacts,
) -> Vec<(String, String)> {
    let (facts, spec) = (&context.facts[input], &context.spec.inputs[input]);
    for_stream(context, &spec.options, Some(&decoder.name), false, decoder.kind, |s| {
        s.matches(facts, &facts.streams[stream])
    })
}

/// Tells of codec options that no stream took: ignored in silence, they make people measure the wrong thing.
pub(super) fn report_unused(context: &Context, plan: &Plan, diagnostics: &mut Vec<Diagnostic>) {
    for (index, (spec, output)) in context.spec.outputs.iter().zip(&plan.outputs).enumerate() {
        let mut told = BTreeSet::new();
        report_unused_conversions(output, &spec.options, diagnostics);
        for option in spec.options.iter().filter(|o| o.scopes.codec && !o.scopes.format) {
            let takers: Vec<bool> = (0..output.streams.len())
                .filter_map(|i| {
                    let place = OutputPlace::in_plan(output, i);
                    let stream = &output.streams[i];
                    if !place.matches(&option.specifier) {
                        return None;
                    }
                    let Some(encoder) = stream.treatment.encoder() else { return Some(false) };
                    Some(context.catalog.option_applies(Some(encoder), true, stream.kind, &option.name).is_some())
                })
                .collect();
            if takers.contains(&true) || option.name == "gop_timecode" || !told.insert(option.origin.token.clone()) {
                continue;
            }
            let Some((encoding, help)) = context.catalog.codec_option(&option.name) else { continue };
            let help = if help.is_empty() { String::new() } else { format!(" ({help})") };
            if !encoding {
                diagnostics.push(
                    Diagnostic::error(
                        "not-an-encoding-option",
                        format!(
                            "Codec AVOption {}{help} specified for output file #{index} ({}) is not an encoding option.",
                            option.name,
                            mask_url(&spec.url)
                        ),
                    )
                    .remedy(format!("It is for decoding: put {} before -i.", option.origin.token))
                    .at(&option.origin),
                );
                continue;
            }
            let words = format!(
                "Codec AVOption {}{} specified for output file #{index} ({}) has not been used for any stream. The most \
                 likely reason is either wrong type (e.g. a video option with no video streams) or that it is a private \
                 option of some encoder which was not actually used for any stream.",
                option.name,
                if help.is_empty() { " ()" } else { &help },
                mask_url(&spec.url)
            );
            let words = copies_take(output, option, words);
            diagnostics.push(unused(context, plan, index, option, &help).ffmpeg_says(words));
        }
    }
}

/// Tells of options for scaling and resampling where nothing is encoded, so that nothing is scaled or resampled.
fn report_unused_conversions(output: &OutputPlan, options: &[AvOption], diagnostics: &mut Vec<Diagnostic>) {
    if output.streams.is_empty() || output.streams.iter().any(|s| s.treatment.encoder().is_some()) {
        return;
    }
    for option in
        options.iter().filter(|o| (o.scopes.scaler || o.scopes.resampler) && !o.scopes.codec && !o.scopes.format)
    {
        let token = &option.origin.token;
        let message = format!(
            "{token} {} has no effect on {}: its streams are copied, not encoded.",
            option.value,
            mask_url(&output.url)
        );
        diagnostics.push(
            Diagnostic::warning("option-on-copy", message)
                .remedy(format!("Leave {token} out, or encode."))
                .ffmpeg_says("")
                .at(&option.origin),
        );
    }
}

/// What ffmpeg says of an option that no encoder took: nothing, where a copied stream has it.
fn copies_take(output: &OutputPlan, option: &AvOption, words: String) -> String {
    let takes = |i: usize| {
        let place = OutputPlace::in_plan(output, i);
        matches!(output.streams[i].treatment, Treatment::Copy(_)) && place.matches(&option.specifier)
    };
    if (0..output.streams.len()).any(takes) { String::new() } else { words }
}

/// Why no encoder took an option, and what to do.
fn unused(context: &Context, plan: &Plan, index: usize, option: &AvOption, help: &str) -> Diagnostic {
    let output = &plan.outputs[index];
    let token = &option.origin.token;
    let url = mask_url(&context.spec.outputs[index].url);
    let place = |i: usize| OutputPlace::in_plan(output, i);
    let named = (0..output.streams.len()).filter(|i| place(*i).matches(&option.specifier));
    let named: Vec<&OutputStreamPlan> = named.map(|i| &output.streams[i]).collect();
    let kinds = context.catalog.encoding_kinds(&option.name);
    let fitting: Vec<&OutputStreamPlan> = named.iter().copied().filter(|s| kinds.contains(&s.kind)).collect();
    let mut encoders: Vec<&str> = Vec::new();
    for encoder in fitting.iter().filter_map(|s| s.treatment.encoder()) {
        if !encoders.contains(&encoder) {
            encoders.push(encoder);
        }
    }
    if encoders.is_empty() && !fitting.is_empty() {
        let (letter, encoder) = if fitting[0].kind == MediaKind::Audio { ("a", "aac") } else { ("v", "libx264") };
        let all = output.streams.iter().all(|s| matches!(s.treatment, Treatment::Copy(_)));
        let what = if all { "its streams are".to_owned() } else { format!("its {} is", fitting[0].kind.name()) };
        return Diagnostic::warning(
            "option-on-copy",
            format!("{token} {}{help} has no effect on {url}: {what} copied, not encoded.", option.value),
        )
        .remedy(format!("Leave {token} out, or replace -c copy by an encoder, e.g. -c:{letter} {encoder}."))
        .at(&option.origin);
    }
    let (why, remedy) = match (encoders.as_slice(), kinds.as_slice()) {
        ([], _) if named.is_empty() => (format!("it has {}", lacking(&option.specifier, &kinds)), "Leave it out."),
        ([], [kind]) => (format!("it has {}", lacking(&StreamSpecifier::all(), &[*kind])), "Leave it out."),
        ([], _) => ("it has no stream that is encoded with such options".to_owned(), "Leave it out."),
        ([encoder], _) => {
            (format!("{encoder} does not know it"), "Choose an encoder that has it with -c, or leave it out.")
        }
        _ => (
            format!("{} do not know it", encoders.join(" and ")),
            "Choose an encoder that has it with -c, or leave it out.",
        ),
    };
    Diagnostic::warning(
        "unused-option",
        format!(
            "{token} {}{help} has not been used for any stream of output file #{index} ({url}): {why}.",
            option.value
        ),
    )
    .remedy(remedy)
    .at(&option.origin)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{four_cc, set};
    use crate::diagnostic::Severity;
    use crate::plan::testing::{audio, codes, input, planned, video};
    use proptest::prelude::*;

    fn merged(values: &[&str]) -> String {
        let mut options = Vec::new();
        values.iter().for_each(|value| set(&mut options, "flags", value));
        assert_eq!(options.len(), 1);
        options.remove(0).1
    }

    #[test]
    fn relative_flags_add_up_and_absolute_values_replace() {
        assert_eq!(merged(&["+genpts", "+igndts"]), "+genpts+igndts");
        assert_eq!(merged(&["genpts", "-igndts"]), "genpts-igndts");
        assert_eq!(merged(&["+genpts", "nobuffer"]), "nobuffer");
        assert_eq!(merged(&["+genpts", "nobuffer", "+igndts"]), "nobuffer+igndts");
    }

    #[test]
    fn a_negative_number_is_no_flag() {
        assert_eq!(merged(&["5", "-2"]), "-2");
    }

    #[test]
    fn options_keep_the_order_in_which_they_first_came() {
        let mut options = Vec::new();
        for (name, value) in [("preset", "fast"), ("crf", "20"), ("preset", "slow")] {
            set(&mut options, name, value);
        }
        let expected = [("preset", "slow"), ("crf", "20")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(options, expected);
    }

    #[test]
    fn tags_are_characters_or_numbers() {
        assert_eq!(four_cc("hvc1"), u32::from_le_bytes(*b"hvc1"));
        assert_eq!(four_cc("0x31637668"), u32::from_le_bytes(*b"hvc1"));
        assert_eq!(four_cc("7"), 7);
        assert_eq!(four_cc("ab"), u32::from_le_bytes([b'a', b'b', 0, 0]));
        assert_eq!(four_cc("longer"), u32::from_le_bytes(*b"long"));
    }

    proptest! {
        #[test]
        fn the_last_absolute_value_counts_whatever_came_before(
            before in prop::collection::vec("[+-]?[a-z]{1,4}", 0..6), last in "[a-z]{1,4}",
        ) {
            let mut options = Vec::new();
            before.iter().chain([&last]).for_each(|value| set(&mut options, "flags", value));
            prop_assert_eq!(&options[0].1, &last);
        }
    }

    #[test]
    fn an_option_reaches_the_streams_that_its_specifier_names_and_whose_encoder_has_it() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let plan = planned("-i in -preset fast -b:a 64k out.mp4", &facts).unwrap();
        let given: Vec<Vec<(String, String)>> = plan.outputs[0]
            .streams
            .iter()
            .map(|s| match &s.treatment {
                crate::plan::Treatment::Encode(encode) => encode.options.clone(),
                _ => Vec::new(),
            })
            .collect();
        assert_eq!(given[0], [("preset".to_owned(), "fast".to_owned())]);
        assert_eq!(given[1], [("b".to_owned(), "64k".to_owned())]);
        assert_eq!(plan.diagnostics, []);
    }

    #[test]
    fn an_option_that_no_stream_takes_is_told_about_once_with_the_reason() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let copied = planned("-i in -c copy -preset fast out.mp4", &facts).unwrap();
        assert_eq!(codes(&copied.diagnostics), [(Severity::Warning, "option-on-copy")]);
        let elsewhere = planned("-i in -c:v mpeg4 -preset fast out.mp4", &facts).unwrap();
        assert_eq!(codes(&elsewhere.diagnostics), [(Severity::Warning, "unused-option")]);
        assert!(elsewhere.diagnostics[0].message.ends_with("mpeg4 does not know it."), "{}", elsewhere.diagnostics[0]);
        for (line, why) in [
            ("-i in -vn -preset fast out.mp4", "it has no video stream."),
            ("-i in -an -b:a 64k out.mp4", "it has no audio stream."),
            ("-i in -b:v:1 64k out.mp4", "it has no stream v:1."),
            ("-i in -c:v copy -preset fast out.mp4", "its video is copied, not encoded."),
            ("-i in -c:a copy -b:a 64k out.mp4", "its audio is copied, not encoded."),
        ] {
            let told = planned(line, &facts).unwrap().diagnostics;
            assert_eq!(told.len(), 1, "{line}: {told:?}");
            assert!(told[0].message.ends_with(why), "{line}: {}", told[0]);
        }
    }
}
