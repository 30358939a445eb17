//! How picture times become frames: what `-fps_mode` and `-vsync` ask for, and what the format wants where they ask nothing.

use super::{Context, EncodePlan, StreamDraft, Treatment, place::OutputPlace};
use crate::catalog::MuxerFacts;
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::{FpsMode, OutputSpec};

/// A word that names no mode is refused where there is a stream for it.
pub(super) fn check(
    context: &Context,
    spec: &OutputSpec,
    place: &OutputPlace,
    (output, stream): (usize, usize),
) -> Result<(), Box<Diagnostic>> {
    let assigned = place.assigned(&spec.fps_mode);
    let Some(unknown) = assigned.filter(|a| a.value == FpsMode::Unknown) else { return Ok(()) };
    let typed = context.spec.global.value_of(&unknown.origin);
    let message = format!("Invalid value {typed} specified for fps_mode of #{output}:{stream}.");
    Err(Box::new(Diagnostic::error("bad-fps-mode", message).at(&unknown.origin)))
}

fn asked(context: &Context, spec: &OutputSpec, place: &OutputPlace) -> FpsMode {
    let assigned = place.assigned(&spec.fps_mode);
    assigned.map(|a| a.value).or(context.spec.global.vsync).unwrap_or_default()
}

/// True where nobody asks for a mode, so that the format's custom counts.
pub(super) fn is_custom(context: &Context, spec: &OutputSpec, place: &OutputPlace) -> bool {
    asked(context, spec, place) == FpsMode::Auto
}

fn asks_rate(plan: &EncodePlan) -> bool {
    plan.frame_rate.is_some() || plan.max_frame_rate.is_some()
}

/// Refuses two rates for one stream, copied or not.
pub(super) fn check_rates(spec: &OutputSpec, stream: &StreamDraft, place: &OutputPlace) -> Result<(), Box<Diagnostic>> {
    let both = place.value(&spec.frame_rate).and(place.value(&spec.max_frame_rate)).is_some();
    if stream.kind != MediaKind::Video || !both {
        return Ok(());
    }
    Err(Box::new(
        Diagnostic::error("r-and-fpsmax", "Only one of -fpsmax and -r can be set for a stream.").at(&spec.origin),
    ))
}

/// The mode of a stream whose rates are in the plan already.
pub(super) fn choose(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    stream: &StreamDraft,
    place: &OutputPlace,
    plan: &EncodePlan,
) -> Result<FpsMode, Box<Diagnostic>> {
    let asked = asked(context, spec, place);
    let rate_asked = asks_rate(plan);
    let varies = matches!(asked, FpsMode::Passthrough | FpsMode::Vfr | FpsMode::Drop);
    if rate_asked && varies && context.catalog.rate_means_constant() {
        return Err(Box::new(
            Diagnostic::error("r-and-fps-mode", "One of -r/-fpsmax was specified together a non-CFR -vsync/-fps_mode.")
                .remedy("This is contradictory: leave one of them out.")
                .at(&spec.origin),
        ));
    }
    let mut mode = asked;
    if mode == FpsMode::Auto {
        mode = if rate_asked && context.catalog.rate_means_constant() {
            FpsMode::Cfr
        } else if muxer.name == "avi" {
            FpsMode::Vfr
        } else if !muxer.variable_fps {
            FpsMode::Cfr
        } else if muxer.no_timestamps {
            FpsMode::Passthrough
        } else {
            FpsMode::Vfr
        };
        if mode == FpsMode::Cfr {
            let alone = |(input, _): (usize, usize)| {
                context.facts[input].streams.len() == 1 && context.spec.inputs[input].ts_offset_us == 0
            };
            if stream.source.input().is_some_and(alone) {
                mode = FpsMode::VsCfr;
            }
            if context.spec.global.copy_timestamps {
                mode = FpsMode::VsCfr;
            }
        }
    }
    Ok(mode)
}

/// What is to be said where every frame is passed on and a rate is asked for too.
pub(super) fn warning(
    context: &Context,
    spec: &OutputSpec,
    place: &OutputPlace,
    treatment: &Treatment,
) -> Option<Diagnostic> {
    let Treatment::Encode(encode) = treatment else { return None };
    if !asks_rate(encode) || asked(context, spec, place) != FpsMode::Passthrough {
        return None;
    }
    let message = "A frame rate is asked for, and every frame as it comes: the rate is then only the unit that times are \
                   rounded to, and frames that lie closer get one time.";
    let global = context.spec.global.vsync.is_some();
    let words = if global { "Using -vsync passthrough and -r/-fpsmax can produce invalid output files" } else { "" };
    Some(Diagnostic::warning("r-and-fps-mode", message).remedy("Leave one of them out.").ffmpeg_says(words))
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::{audio, input, planned, refusal, video};

    #[test]
    fn two_rates_for_one_stream_are_refused_whether_it_is_copied_or_not() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for codec in ["libx264", "copy"] {
            let (code, _) = refusal(&format!("-i a -c:v {codec} -r 20 -fpsmax 10 a.mkv"), &facts);
            assert_eq!(code, "r-and-fpsmax", "{codec}");
        }
        assert!(planned("-i a -vn -c copy -r 20 -fpsmax 10 a.mkv", &facts).is_ok(), "no stream is concerned");
    }
}
