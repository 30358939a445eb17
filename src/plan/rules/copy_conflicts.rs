//! Options that make no sense on a stream that is copied.

use crate::diagnostic::{Diagnostic, Origin, mask_url};
use crate::facts::MediaKind;
use crate::plan::place::OutputPlace;
use crate::plan::{Choice, Context, OutputDraft};
use crate::spec::Assigned;

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let url = mask_url(&spec.url);
    let mut told: Vec<Origin> = Vec::new();
    for (i, stream) in draft.streams.iter().enumerate() {
        if !matches!(stream.choice, Choice::Copy) {
            continue;
        }
        let place = OutputPlace::of(draft.streams[..=i].iter().map(|s| s.kind));
        let letter = match stream.kind {
            MediaKind::Video => "v",
            MediaKind::Audio => "a",
            _ => continue,
        };
        if let Some(filter) = spec.filters.last_matching(|s| place.matches(s)) {
            let encoder = if letter == "v" { "libx264" } else { "aac" };
            diagnostics.push(
                Diagnostic::error(
                    "filter-on-copy",
                    format!(
                        "Filtergraph '{}' was defined for {} output stream {index}:{i} but codec copy was selected.\n\
                         Filtering and streamcopy cannot be used together.",
                        filter.value,
                        stream.kind.name()
                    ),
                )
                .ffmpeg_says(format!(
                    "Filtergraph '{}' was defined for {} output stream {index}:{i} but codec copy was selected.\n\
                     Filtering and streamcopy cannot be used together.",
                    filter.value,
                    stream.kind.name()
                ))
                .remedy(both_ways(context, filter, &spec.origin, [&format!("-c:{letter}"), encoder]))
                .at(&filter.origin),
            );
        }
        let mut ignored = |found: Option<&Origin>, what: &str| {
            let Some(origin) = found.filter(|o| !told.contains(o)) else { return };
            told.push(origin.clone());
            diagnostics.push(
                Diagnostic::warning(
                    "option-on-copy",
                    format!("{} has no effect on {url}: stream {index}:{i} is copied, {what}.", origin.token),
                )
                .ffmpeg_says("")
                .remedy(format!("Leave {} out, or encode with -c:{letter} and an encoder's name.", origin.token))
                .at(origin),
            );
        };
        if letter == "v" {
            let rate = spec.frame_rate.last_matching(|s| place.matches(s)).map(|a| &a.origin);
            ignored(rate, "and its pictures keep their times");
            let size = spec.size.last_matching(|s| place.matches(s)).map(|a| &a.origin);
            ignored(size, "and its pictures keep their size");
            let format = spec.pixel_format.last_matching(|s| place.matches(s)).map(|a| &a.origin);
            ignored(format, "and its pictures keep their format");
        } else {
            let rate = spec.sample_rate_hz.last_matching(|s| place.matches(s)).map(|a| &a.origin);
            ignored(rate, "and its samples keep their rate");
            let channels = spec.channels.last_matching(|s| place.matches(s)).map(|a| &a.origin);
            ignored(channels, "and it keeps its channels");
        }
        let quality = spec.quality.last_matching(|s| place.matches(s)).map(|a| &a.origin);
        ignored(quality, "not encoded");
    }
}

/// The command twice: once with an encoder, once without the filter.
fn both_ways(context: &Context, filter: &Assigned<String>, output: &Origin, encoder: [&str; 2]) -> String {
    let typed = &context.spec.global.arguments;
    if output.arg >= typed.len() || filter.origin.arg + 1 >= typed.len() {
        return format!("Either encode ({}) or leave {} out.", encoder.join(" "), filter.origin.token);
    }
    // Of two options the last counts: the encoder goes right before the output.
    let mut encoded = typed.clone();
    encoded.splice(output.arg..output.arg, encoder.map(str::to_owned));
    let mut copied = typed.clone();
    copied.drain(filter.origin.arg..=filter.origin.arg + 1);
    let line = |words: Vec<String>| words.iter().map(|w| shell_word(&mask_url(w))).collect::<Vec<_>>().join(" ");
    format!("Either filter and encode: weir {}\nor copy without the filter: weir {}", line(encoded), line(copied))
}

fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "=:,./_-+".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::shell_word;
    use crate::diagnostic::Severity;
    use crate::plan::testing::{audio, codes, encoders, input, planned, video};

    #[test]
    fn a_filter_on_a_copied_stream_is_refused_with_both_corrections() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for (line, filtered, copied) in [
            (
                "-i in -vf scale=320:240 -c copy out.mp4",
                "weir -i in -vf scale=320:240 -c copy -c:v libx264 out.mp4",
                "weir -i in -c copy out.mp4",
            ),
            (
                "-i in -c:a copy -af volume=2 out.mp4",
                "weir -i in -c:a copy -af volume=2 -c:a aac out.mp4",
                "weir -i in -c:a copy out.mp4",
            ),
        ] {
            let told = planned(line, &facts).unwrap_err();
            assert_eq!(codes(&told), [(Severity::Error, "filter-on-copy")], "{line}");
            let remedy = told[0].remedy.as_ref().unwrap();
            assert!(remedy.contains(filtered) && remedy.ends_with(copied), "{remedy}");
        }
    }

    #[test]
    fn a_filter_beside_a_copied_stream_is_fine() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let plan = planned("-i in -vf scale=320:240 -c:a copy out.mp4", &facts).unwrap();
        assert_eq!(encoders(&plan), ["libx264", "copy"]);
        assert_eq!(plan.diagnostics, []);
    }

    #[test]
    fn options_of_encoded_streams_are_told_about_on_copied_ones_and_not_on_others() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for option in ["-r 20", "-s 160x90", "-pix_fmt yuv420p", "-ar 44100", "-ac 1", "-q:v 3"] {
            let copied = planned(&format!("-i in -c copy {option} out.mp4"), &facts).unwrap();
            assert_eq!(codes(&copied.diagnostics), [(Severity::Warning, "option-on-copy")], "{option}");
            let token = option.split(' ').next().unwrap();
            assert_eq!(copied.diagnostics[0].origin.as_ref().unwrap().token, token);
            let encoded = planned(&format!("-i in {option} out.mp4"), &facts).unwrap();
            assert_eq!(encoded.diagnostics, [], "{option}");
        }
    }

    #[test]
    fn one_option_on_several_copied_streams_is_told_about_once() {
        let facts = [input(vec![video("h264"), video("h264")])];
        let plan = planned("-i in -map 0 -c copy -r 20 out.mp4", &facts).unwrap();
        assert_eq!(plan.diagnostics.len(), 1);
    }

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        assert_eq!(shell_word("scale=iw/2:ih/2"), "scale=iw/2:ih/2");
        assert_eq!(shell_word("drawtext=text=a b"), "'drawtext=text=a b'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
    }
}
