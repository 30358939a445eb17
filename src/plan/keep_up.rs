//! Which encoders are watched for keeping up with a live source, and what `-keep_up` lets them do about it.

use super::{Context, InputPlan, Plan, StreamSource, Treatment};
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;

/// How an encoder keeps up with a live source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeepUpPlan {
    /// `-keep_up`: it acts; else it only tells.
    pub acts: bool,
    /// `-max_lag`, in microseconds.
    pub max_lag_us: i64,
    /// The encoder's presets that are faster than the one in use, the nearest first.
    pub faster_presets: Vec<&'static str>,
}

/// Unless `-max_lag` says otherwise, in microseconds.
const MAX_LAG_US: i64 = 2_000_000;
/// The presets of x264 and x265, the fastest first.
const PRESETS: [&str; 10] =
    ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"];
/// The preset in use when none is named.
const DEFAULT_PRESET: &str = "medium";

/// Sets the plan of every encoder of pictures that are fed at the speed of time.
pub(super) fn assign(context: &Context<'_>, plan: &mut Plan, diagnostics: &mut Vec<Diagnostic>) {
    let timed: Vec<bool> = plan.inputs.iter().map(InputPlan::is_timed).collect();
    let graphs: Vec<bool> =
        plan.graphs.iter().map(|g| g.inputs.iter().any(|pad| timed.get(pad.source.0) == Some(&true))).collect();
    for (output, spec) in plan.outputs.iter_mut().zip(&context.spec.outputs) {
        let mut watched = false;
        for stream in output.streams.iter_mut().filter(|stream| stream.kind == MediaKind::Video) {
            let is_timed = match stream.source {
                StreamSource::Input(input, _) => timed[input],
                StreamSource::Graph(graph, _) => graphs[graph],
                StreamSource::File => false,
            };
            let Treatment::Encode(encode) = &mut stream.treatment else { continue };
            if is_timed {
                watched = true;
                let faster_presets = faster(&encode.encoder, &encode.options);
                let max_lag_us = spec.max_lag_us.unwrap_or(MAX_LAG_US);
                encode.keep_up = Some(KeepUpPlan { acts: spec.keep_up, max_lag_us, faster_presets });
            }
        }
        if spec.keep_up && !watched {
            diagnostics.push(
                Diagnostic::warning(
                    "keep-up",
                    format!(
                        "{}: -keep_up does nothing: no picture is encoded at the speed of time.",
                        mask_url(&spec.url)
                    ),
                )
                .remedy("It is for encoding what comes from a network, or from a file that is read with -re."),
            );
        }
    }
}

fn faster(encoder: &str, options: &[(String, String)]) -> Vec<&'static str> {
    if !matches!(encoder, "libx264" | "libx264rgb" | "libx265") {
        return Vec::new();
    }
    let named = options.iter().rfind(|(key, _)| key == "preset").map_or(DEFAULT_PRESET, |(_, value)| value.as_str());
    let at = PRESETS.iter().position(|preset| *preset == named).unwrap_or(0);
    PRESETS[..at].iter().rev().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faster_presets_begin_with_the_nearest() {
        let preset = |name: &str| vec![("preset".to_owned(), name.to_owned())];
        assert_eq!(faster("libx264", &preset("veryfast")), ["superfast", "ultrafast"]);
        assert_eq!(faster("libx265", &[])[0], "fast");
        assert_eq!(faster("libx264", &preset("ultrafast")), [""; 0]);
        assert_eq!(faster("mpeg4", &preset("veryfast")), [""; 0]);
    }
}
