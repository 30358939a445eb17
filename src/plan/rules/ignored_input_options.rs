//! Options before `-i` that only raw formats take.

use crate::diagnostic::{Diagnostic, Origin};
use crate::plan::Context;

pub(super) fn apply(context: &Context, diagnostics: &mut Vec<Diagnostic>) {
    for (spec, facts) in context.spec.inputs.iter().zip(context.facts) {
        if let Some(wanted) = spec.hwaccel.0.iter().find(|a| !matches!(a.value.as_str(), "none" | "auto")) {
            diagnostics.push(
                Diagnostic::warning(
                    "hwaccel",
                    format!(
                        "{} {}: decoding by hardware is not there yet; {} is decoded in software.",
                        wanted.origin.token, wanted.value, facts.url
                    ),
                )
                .remedy("Leave it out, or write -hwaccel none.")
                .at(&wanted.origin),
            );
        }
        let format = spec.format.as_ref().map(|f| f.value.as_str());
        let takes = |option: &str| format.is_some_and(|f| context.catalog.demuxer_has_option(f, option));
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
