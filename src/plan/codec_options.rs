//! FFmpeg's own options: which component each is for, and which nobody took.

use super::{Context, Plan, Treatment, mapping::OutputPlace};
use crate::catalog::CodecFacts;
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::{AvOption, StreamSpecifier};
use std::collections::BTreeSet;

/// Adds options in order: the last value counts, but flags written as `+x` or `-x` add up, as in ffmpeg.
pub(super) fn merge<'a>(into: &mut Vec<(String, String)>, options: impl Iterator<Item = &'a AvOption>) {
    for option in options {
        set(into, &option.name, &option.value);
    }
}

fn set(into: &mut Vec<(String, String)>, name: &str, value: &str) {
    let relative =
        value.starts_with('+') || (value.starts_with('-') && value[1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    match into.iter_mut().find(|(n, _)| n == name) {
        Some((_, old)) if relative => old.push_str(value),
        Some((_, old)) => value.clone_into(old),
        None => into.push((name.to_owned(), value.to_owned())),
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
        for option in spec.options.iter().filter(|o| o.scopes.codec && !o.scopes.format) {
            let takers: Vec<bool> = (0..output.streams.len())
                .filter_map(|i| {
                    let place = OutputPlace::of(output.streams[..=i].iter().map(|s| s.kind));
                    let stream = &output.streams[i];
                    if !place.matches(&option.specifier) {
                        return None;
                    }
                    let encoder = match &stream.treatment {
                        Treatment::Copy(_) => return Some(false),
                        Treatment::Encode(encode) => &encode.encoder,
                        Treatment::Subtitle { encoder, .. } => encoder,
                    };
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
                            super::mapping::masked(&spec.url)
                        ),
                    )
                    .remedy(format!("It is for decoding: put {} before -i.", option.origin.token))
                    .at(&option.origin),
                );
                continue;
            }
            diagnostics.push(unused(context, plan, index, option, &help, !takers.is_empty()));
        }
    }
}

fn unused(
    context: &Context,
    plan: &Plan,
    index: usize,
    option: &AvOption,
    help: &str,
    names_streams: bool,
) -> Diagnostic {
    let output = &plan.outputs[index];
    let token = &option.origin.token;
    let url = super::mapping::masked(&context.spec.outputs[index].url);
    let copied = |s: &super::OutputStreamPlan| matches!(s.treatment, Treatment::Copy(_));
    let takes = |kind: MediaKind| context.catalog.option_applies(None, true, kind, &option.name).is_some();
    if names_streams && output.streams.iter().all(copied) {
        return Diagnostic::warning(
            "option-on-copy",
            format!("{token} {}{help} has no effect on {url}: its streams are copied, not encoded.", option.value),
        )
        .remedy(format!("Leave {token} out, or replace -c copy by an encoder, e.g. -c:v libx264."))
        .at(&option.origin);
    }
    let encoders: Vec<&str> = output
        .streams
        .iter()
        .filter(|s| takes(s.kind))
        .filter_map(|s| match &s.treatment {
            Treatment::Encode(e) => Some(e.encoder.as_str()),
            _ => None,
        })
        .collect();
    let why = if encoders.is_empty() {
        "no stream of it is encoded by an encoder that knows it".to_owned()
    } else {
        format!("{} does not know it", encoders.join(" and "))
    };
    Diagnostic::warning(
        "unused-option",
        format!(
            "{token} {}{help} has not been used for any stream of output file #{index} ({url}): {why}.",
            option.value
        ),
    )
    .remedy("Choose an encoder that has it with -c, or leave it out.")
    .at(&option.origin)
}
