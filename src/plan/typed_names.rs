//! Dispositions and bitstream filters that are not there: refused before anything is opened.

use super::correction::{self, Findings};
use super::place::OutputPlace;
use super::{Context, OutputDraft};
use crate::catalog::Named;
use crate::diagnostic::{Diagnostic, Origin, mask_text, mask_url, nearest, nearest_flags};
use crate::spec::{Assigned, Dispositions, PerStream};

/// Checks what is typed for the streams of all outputs.
pub(super) fn of_outputs(context: &Context, drafts: &[OutputDraft], findings: &mut Findings) {
    for (spec, draft) in context.spec.outputs.iter().zip(drafts) {
        let place = OutputPlace::all(draft, &[]);
        let used = |values: &PerStream<String>| {
            let mut found: Vec<(String, Origin)> = Vec::new();
            for stream in 0..draft.streams.len() {
                if let Some(typed) = values.last_matching(|s| place.names(s, stream))
                    && !found.iter().any(|(_, origin)| *origin == typed.origin)
                {
                    found.push((typed.value.clone(), typed.origin.clone()));
                }
            }
            found
        };
        let url = mask_url(&spec.url);
        for (value, origin) in used(&spec.disposition) {
            disposition(context, &url, &value, &origin, findings);
        }
        for (value, origin) in used(&spec.bitstream_filters) {
            bitstream_filter(context, &value, &origin, findings);
        }
    }
}

/// A channel layout that FFmpeg does not know.
pub(super) fn unknown_layout(context: &Context, layout: &Assigned<String>) -> Diagnostic {
    let words = format!("Unknown channel layout: {}", layout.value);
    let names = context.catalog.names(Named::ChannelLayout);
    let (spec, otherwise) = (context.spec, "-layouts lists them.");
    Diagnostic::error("bad-layout", format!("{words}."))
        .ffmpeg_says(words)
        .remedy(correction::remedy_for_name(spec, &layout.origin, &layout.value, &names, otherwise))
        .at(&layout.origin)
}

fn disposition(context: &Context, url: &str, value: &str, origin: &Origin, findings: &mut Findings) {
    let known = context.catalog.names(Named::Disposition);
    let is_known = |word: &&str| {
        word.is_empty() || Dispositions::named_by(word).is_some() || known.iter().any(|name| name == word)
    };
    let Some(unknown) = value.split(['+', '-']).find(|word| !is_known(word)) else { return };
    let message = format!("{url}: '{}' is no disposition.", mask_text(unknown));
    let diagnostic = Diagnostic::error("disposition", message).at(origin);
    match nearest_flags(value, &known) {
        Some(meant) => {
            let diagnostic = diagnostic.remedy(format!("Did you mean {}?", mask_text(&meant)));
            findings.mend(context.spec, diagnostic, value, Some(&meant));
        }
        None => findings.tell(diagnostic.remedy(format!("There are {}.", known.join(", ")))),
    }
}

fn bitstream_filter(context: &Context, value: &str, origin: &Origin, findings: &mut Findings) {
    let known = context.catalog.names(Named::BitstreamFilter);
    let name_of = |filter: &str| filter.split('=').next().unwrap_or_default().to_owned();
    let is_plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // What is quoted or escaped is left to libavcodec.
    if value.contains(['\'', '\\']) {
        return;
    }
    let mut names = value.split(',').map(name_of);
    let Some(unknown) = names.find(|name| is_plain(name) && !known.contains(name)) else { return };
    let message = format!("No such bitstream filter: '{unknown}' in {} '{}'.", origin.token, mask_text(value));
    let diagnostic = Diagnostic::error("bitstream-filter", message).at(origin);
    let Some(name) = nearest(&unknown, &known) else {
        return findings.tell(diagnostic.remedy("-bsfs lists those of this FFmpeg."));
    };
    let with = |filter: &str| match name_of(filter) == unknown {
        true => format!("{name}{}", &filter[unknown.len()..]),
        false => filter.to_owned(),
    };
    let meant = value.split(',').map(with).collect::<Vec<_>>().join(",");
    let diagnostic = diagnostic.remedy(format!("Did you mean {}?", mask_text(&meant)));
    findings.mend(context.spec, diagnostic, value, Some(&meant));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, planned_job, spec, video};

    #[test]
    fn names_that_are_not_there_are_refused_with_the_nearest_and_the_corrected_command() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for (line, message, remedy) in [
            (
                "-i in -disposition:v defualt+forced o.mkv",
                "o.mkv: 'defualt' is no disposition.",
                "Did you mean default+forced? Type: weir -i in -disposition:v default+forced o.mkv",
            ),
            (
                "-i in -disposition:v xyzzy o.mkv",
                "o.mkv: 'xyzzy' is no disposition.",
                "There are default, forced, dub.",
            ),
            (
                "-i in -c copy -bsf:v null,h264_mp4toannexbb=x=1 o.mkv",
                "No such bitstream filter: 'h264_mp4toannexbb' in -bsf:v 'null,h264_mp4toannexbb=x=1'.",
                "Did you mean null,h264_mp4toannexb=x=1? Type: weir -i in -c copy -bsf:v null,h264_mp4toannexb=x=1 o.mkv",
            ),
        ] {
            let told = planned(line, &facts).unwrap_err();
            assert_eq!((told[0].message.as_str(), told[0].remedy.as_deref()), (message, Some(remedy)), "{line}");
            let mut job = spec(line);
            job.global.is_literal = true;
            assert!(planned_job(&job, &facts).is_ok(), "{line}");
        }
    }

    #[test]
    fn names_that_are_there_and_those_for_no_stream_are_taken() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for options in [
            "-disposition default+forced",
            "-disposition -default+dub",
            "-disposition 0",
            "-disposition 5",
            "-disposition:s nosuch",
            "-c copy -bsf:v null",
            "-bsf:s nosuch",
            "-bsf:v ",
        ] {
            assert!(planned(&format!("-i in {options} o.mkv"), &facts).is_ok(), "{options}");
        }
    }
}
