//! Values of the libraries' options: each is tried on what will be given it, and refused before anything is opened.

use super::correction::Findings;
use super::place::OutputPlace;
use super::{Choice, Context, OutputDraft, Plan, codec_options, filter_places};
use crate::catalog::{Catalog, Expected, OptionOwner, ValueKind};
use crate::diagnostic::{Diagnostic, Severity, mask_option, mask_text, meant, nearest, nearest_flags};
use crate::facts::MediaKind;
use crate::spec::{AvOption, JobSpec, OutputSpec};

/// An option whose owner refuses its value.
struct Fault<'a> {
    option: &'a AvOption,
    /// Whose option it is.
    owner: String,
    expected: Expected,
    /// What was probably meant.
    meant: Option<String>,
    severity: Severity,
}

/// Checks what is typed for encoders, copied streams, formats, scaler and resampler of all outputs.
pub(super) fn of_outputs(context: &Context, drafts: &[OutputDraft], findings: &mut Findings) {
    let mut faults = Vec::new();
    for (spec, draft) in context.spec.outputs.iter().zip(drafts) {
        for (i, stream) in draft.streams.iter().enumerate() {
            let place = OutputPlace::in_draft(draft, i);
            let (owner, codec) = match &stream.choice {
                Choice::Encoder { facts, .. } => (OptionOwner::Encoder(&facts.name), Some(facts.name.as_str())),
                Choice::Copy => (OptionOwner::CopiedStream, None),
                Choice::Attach { .. } | Choice::NoEncoder { .. } => continue,
            };
            let fitting = spec.options.iter().filter(|o| o.scopes.codec && place.matches(&o.specifier));
            let named = fitting.filter_map(|option| {
                Some((context.catalog.option_applies(codec, true, stream.kind, &option.name)?, option))
            });
            collect(context.catalog, owner, named, &mut faults);
        }
        let of =
            |fits: fn(&AvOption) -> bool| spec.options.iter().filter(move |o| fits(o)).map(|o| (o.name.clone(), o));
        let owner = OptionOwner::Output { muxer: &draft.muxer.name, url: &spec.url };
        collect(context.catalog, owner, of(|o| o.scopes.format), &mut faults);
        of_conversions(context, spec, draft, &mut faults);
    }
    tell(context.spec, &faults, findings);
}

/// Checks what is typed for scaler and resampler.
fn of_conversions<'a>(context: &Context, spec: &'a OutputSpec, draft: &OutputDraft, faults: &mut Vec<Fault<'a>>) {
    let encodes = |kind| draft.streams.iter().any(|s| s.kind == kind && matches!(s.choice, Choice::Encoder { .. }));
    let alone = spec.options.iter().filter(|o| !o.scopes.codec && !o.scopes.format);
    let of = |fits: fn(&AvOption) -> bool| alone.clone().filter(move |o| fits(o)).map(|o| (o.name.clone(), o));
    let first = faults.len();
    if encodes(MediaKind::Video) {
        collect(context.catalog, OptionOwner::Scaler, of(|o| o.scopes.scaler), faults);
    }
    if encodes(MediaKind::Audio) {
        collect(context.catalog, OptionOwner::Resampler, of(|o| o.scopes.resampler), faults);
    }
    // Whether anything is scaled or resampled is known only where it is asked for.
    let scales = !spec.size.0.is_empty() || spec.filters.0.iter().any(|f| scales_by_options(&f.value));
    for fault in faults[first..].iter_mut().filter(|fault| !(fault.option.scopes.scaler && scales)) {
        fault.severity = Severity::Warning;
    }
}

/// True for a filtergraph with a scaler that has no flags of its own.
fn scales_by_options(graph: &str) -> bool {
    !graph.contains("flags") && filter_places::of(graph).iter().any(|name| name == "scale")
}

/// Checks what is typed for the decoders of streams that are decoded.
pub(super) fn of_decoders(context: &Context, plan: &Plan, diagnostics: &mut Vec<Diagnostic>) {
    // What a program wrote for ffmpeg is refused in the libraries' own words, where ffmpeg refuses it.
    if context.spec.global.is_literal {
        return;
    }
    let mut faults = Vec::new();
    for (index, input) in plan.inputs.iter().enumerate() {
        let (spec, facts) = (&context.spec.inputs[index], &context.facts[index]);
        for (stream, planned) in facts.streams.iter().zip(&input.streams) {
            let Some(decode) = &planned.decode else { continue };
            let decoder = decode.decoder.as_str();
            let fitting = spec.options.iter().filter(|o| o.scopes.codec && o.specifier.matches(facts, stream));
            let named = fitting.filter_map(|option| {
                Some((context.catalog.option_applies(Some(decoder), false, stream.kind, &option.name)?, option))
            });
            collect(context.catalog, OptionOwner::Decoder(decoder), named, &mut faults);
        }
    }
    let mut findings = Findings::default();
    tell(context.spec, &faults, &mut findings);
    diagnostics.extend(findings.finish(context.spec));
}

/// Checks what is typed for an input's demuxer and protocol.
pub(super) fn of_input(job: &JobSpec, index: usize, catalog: &dyn Catalog) -> Vec<Diagnostic> {
    if job.global.is_literal {
        return Vec::new();
    }
    let spec = &job.inputs[index];
    let mut faults = Vec::new();
    let owner = OptionOwner::Input { demuxer: spec.format.as_ref().map(|f| f.value.as_str()), url: &spec.url };
    let options = spec.options.iter().filter(|o| o.scopes.format).map(|o| (o.name.clone(), o));
    collect(catalog, owner, options, &mut faults);
    let mut findings = Findings::default();
    tell(job, &faults, &mut findings);
    findings.finish(job)
}

/// Tries the value that each option has in the end, and keeps what is refused.
fn collect<'a>(
    catalog: &dyn Catalog,
    owner: OptionOwner<'_>,
    options: impl Iterator<Item = (String, &'a AvOption)>,
    faults: &mut Vec<Fault<'a>>,
) {
    let mut merged: Vec<(String, Vec<&AvOption>)> = Vec::new();
    for (name, option) in options {
        let at = merged.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            merged.push((name, Vec::new()));
            merged.len() - 1
        });
        let typed = &mut merged[at].1;
        if !codec_options::is_relative(&option.value) {
            typed.clear();
        }
        typed.push(option);
    }
    for (name, typed) in merged {
        let mut value = Vec::new();
        codec_options::merge(&mut value, typed.iter().copied());
        let refused = |value: &str| catalog.refusal(owner, &name, value);
        let Some(expected) = value.first().and_then(|(_, value)| refused(value)) else { continue };
        let culprit = typed.iter().copied().find(|option| refused(&option.value).is_some());
        let Some(option) = culprit.or(typed.last().copied()) else { continue };
        if faults.iter().any(|fault| fault.option.origin == option.origin) {
            continue;
        }
        let likely = candidates(&option.value, &expected).into_iter().find(|value| refused(value).is_none());
        let owner = owner_name(owner);
        faults.push(Fault { option, owner, expected, meant: likely, severity: Severity::Error });
    }
}

/// What may have been meant by a value, the likeliest first.
pub(super) fn candidates(value: &str, expected: &Expected) -> Vec<String> {
    let by_name = match expected.kind {
        ValueKind::Flags => nearest_flags(value, &expected.names),
        _ => nearest(value, &expected.names),
    };
    by_name.into_iter().chain(meant(value)).collect()
}

fn owner_name(owner: OptionOwner<'_>) -> String {
    match owner {
        OptionOwner::Encoder(name) => format!("the encoder {name}"),
        OptionOwner::Decoder(name) => format!("the decoder {name}"),
        OptionOwner::CopiedStream => "copied streams".to_owned(),
        OptionOwner::Output { muxer, .. } => format!("the format {muxer}"),
        OptionOwner::Input { .. } => "the input".to_owned(),
        OptionOwner::Scaler => "the scaler".to_owned(),
        OptionOwner::Resampler => "the resampler".to_owned(),
        OptionOwner::Filter(name) => format!("the filter {name}"),
    }
}

/// Tells of each fault.
fn tell(spec: &JobSpec, faults: &[Fault<'_>], findings: &mut Findings) {
    for fault in faults {
        let (token, value) = (&fault.option.origin.token, &fault.option.value);
        let (owner, expected, found) = (&fault.owner, fault.expected.words(), mask_option(token, value));
        let mut message = format!("option {token} of {owner} expects {expected}, but found: '{found}'");
        if fault.severity == Severity::Warning {
            message.push_str("; it fails where pictures or sound must be converted");
        }
        let remedy = match &fault.meant {
            Some(meant) => format!("Did you mean {}?", mask_text(meant)),
            None => format!("Without {token} the usual value counts."),
        };
        let diagnostic = Diagnostic::new(fault.severity, "bad-value", format!("{message}."));
        let diagnostic = diagnostic.remedy(remedy).at(&fault.option.origin);
        findings.mend(spec, diagnostic, value, fault.meant.as_deref());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::catalog::testing::FakeCatalog;
    use crate::diagnostic::Severity;
    use crate::plan::open_input;
    use crate::plan::testing::{audio, codes, input, planned, planned_job, spec, video};

    #[test]
    fn a_value_that_its_owner_refuses_is_told_with_what_is_expected_and_the_corrected_command() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let cases = [
            (
                "-i in -preset veryfats out.mp4",
                "option -preset of the encoder libx264 expects one of ultrafast, superfast, veryfast, faster, \
                 fast, medium, slow, slower, veryslow or placebo, but found: 'veryfats'.",
                "Did you mean veryfast? Type: weir -i in -preset veryfast out.mp4",
            ),
            (
                "-i in -movflags +faststat out.mp4",
                "option -movflags of the format mp4 expects flags out of faststart, frag_keyframe, empty_moov and delay_moov, \
                 joined by +, but found: '+faststat'.",
                "Did you mean +faststart? Type: weir -i in -movflags +faststart out.mp4",
            ),
            (
                "-i in -crf good out.mp4",
                "option -crf of the encoder libx264 expects a number from -1 to 51, but found: 'good'.",
                "Without -crf the usual value counts. Type: weir -i in out.mp4",
            ),
            (
                "-i in -crf:v 23,5 out.mp4",
                "option -crf:v of the encoder libx264 expects a number from -1 to 51, but found: '23,5'.",
                "Did you mean 23.5? Type: weir -i in -crf:v 23.5 out.mp4",
            ),
            (
                "-i in -s 64x64 -sws_flags bicubc out.mp4",
                "option -sws_flags of the scaler expects flags out of bicubic and lanczos, joined by +, but found: \
                 'bicubc'.",
                "Did you mean bicubic? Type: weir -i in -s 64x64 -sws_flags bicubic out.mp4",
            ),
            (
                "-compute_edt foo -i in out.mp4",
                "option -compute_edt of the decoder h264 expects one of very, normal or experimental, or a \
                 whole number from -100 to 100, but found: 'foo'.",
                "Without -compute_edt the usual value counts. Type: weir -i in out.mp4",
            ),
        ];
        for (line, message, remedy) in cases {
            let told = planned(line, &facts).unwrap_err();
            assert_eq!(codes(&told)[0], (Severity::Error, "bad-value"), "{line}");
            assert_eq!((told[0].message.as_str(), told[0].remedy.as_deref()), (message, Some(remedy)), "{line}");
            let corrected = remedy.split("weir ").nth(1).unwrap();
            assert!(planned(corrected, &facts).is_ok(), "{corrected}");
        }
    }

    #[test]
    fn the_last_of_several_shows_the_command_in_which_all_are_mended() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let told = planned("-i in -preset fats -movflags faststat out.mp4", &facts).unwrap_err();
        assert_eq!(told[0].remedy.as_deref(), Some("Did you mean fast?"));
        let all = "Did you mean faststart? Type: weir -i in -preset fast -movflags faststart out.mp4";
        assert_eq!(told[1].remedy.as_deref(), Some(all));
    }

    #[test]
    fn an_option_that_does_not_count_is_not_tried() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for line in [
            "-i in -preset nosuch -preset fast out.mp4",
            "-i in -c:v mpeg4 -preset nosuch out.mp4",
            "-i in -c copy -preset nosuch out.mp4",
            "-i in -an -c copy -sws_flags nosuch out.mp4",
            "-i in -movflags nosuch -movflags faststart out.mp4",
            "-i in -movflags faststart -movflags +frag_keyframe out.mp4",
        ] {
            assert!(planned(line, &facts).is_ok(), "{line}");
        }
        let told = planned("-i in -movflags faststart -movflags +frag_keyfram out.mp4", &facts).unwrap_err();
        assert!(told[0].message.ends_with("found: '+frag_keyfram'."), "{}", told[0]);
    }

    #[test]
    fn a_scaler_s_value_is_an_error_only_where_pictures_are_scaled_with_it() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for line in ["-i in -sws_flags nosuch out.mp4", "-i in -vf scale=2:2:flags=lanczos -sws_flags nosuch out.mp4"] {
            let told = planned(line, &facts).unwrap().diagnostics;
            assert_eq!(codes(&told), [(Severity::Warning, "bad-value")], "{line}");
        }
        assert!(planned("-i in -vf hflip,scale=2:2 -sws_flags nosuch out.mp4", &facts).is_err());
    }

    #[test]
    fn inputs_are_looked_at_before_they_are_opened() {
        for (line, remedy) in [
            ("-fflags genptss -i in o.mp4", "Did you mean genpts? Type: weir -fflags genpts -i in o.mp4"),
            (
                "-rtsp_transport tpc -i rtsp://h/a o.mp4",
                "Did you mean tcp? Type: weir -rtsp_transport tcp -i rtsp://h/a o.mp4",
            ),
        ] {
            let told = open_input(&spec(line), 0, &FakeCatalog).unwrap_err();
            assert_eq!(told.last().unwrap().remedy.as_deref(), Some(remedy), "{line}");
        }
    }

    #[test]
    fn what_a_program_wrote_for_ffmpeg_is_left_to_the_libraries() {
        let mut job = spec("-i in -preset veryfats out.mp4");
        job.global.is_literal = true;
        assert!(planned_job(&job, &[input(vec![video("h264")])]).is_ok());
    }
}
