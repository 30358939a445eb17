//! Options before `-i` that only raw formats take.

use crate::diagnostic::{Diagnostic, Origin};
use crate::plan::Context;

pub(super) fn apply(context: &Context, diagnostics: &mut Vec<Diagnostic>) {
    for (spec, facts) in context.spec.inputs.iter().zip(context.facts) {
        let format = spec.format.as_ref().map_or(facts.format.as_str(), |f| f.value.as_str());
        let takes = |option: &str| context.catalog.demuxer_has_option(format, option);
        let rows: [(Option<&Origin>, &str); 5] = [
            (spec.sample_format.0.last().map(|a| &a.origin), "sample_fmt"),
            (spec.size.0.last().map(|a| &a.origin), "video_size"),
            (spec.pixel_format.0.last().map(|a| &a.origin), "pixel_format"),
            (spec.sample_rate_hz.0.last().map(|a| &a.origin), "sample_rate"),
            (spec.channels.0.last().map(|a| &a.origin), "ch_layout"),
        ];
        for (origin, option) in rows {
            let Some(origin) = origin else { continue };
            if takes(option) || (option == "ch_layout" && takes("channels")) {
                continue;
            }
            diagnostics.push(
                Diagnostic::warning(
                    "ignored-input-option",
                    format!(
                        "{} before -i is ignored: {} ({}) tells that itself.",
                        origin.token, facts.url, facts.format
                    ),
                )
                .remedy(format!("To change the output, put {} after -i.", origin.token))
                .at(origin),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::diagnostic::Severity;
    use crate::plan::testing::{audio, codes, input, planned, video};

    #[test]
    fn options_that_the_input_tells_itself_are_told_about() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for option in ["-s 64x48", "-pix_fmt yuv420p", "-ar 8000", "-ac 1"] {
            let plan = planned(&format!("{option} -i in out.mp4"), &facts).unwrap();
            assert_eq!(codes(&plan.diagnostics), [(Severity::Warning, "ignored-input-option")], "{option}");
        }
    }

    #[test]
    fn raw_formats_take_them() {
        let plan = planned("-f rawvideo -s 64x48 -pix_fmt yuv420p -i in out.mp4", &[input(vec![video("h264")])]);
        assert_eq!(plan.unwrap().diagnostics, []);
    }
}
