//! What seldom options ask of an encoder: two passes, channels of sound, padding, matrices.

use super::{Context, EncodePlan, OutputDraft, PassPlan, StreamSource, place::OutputPlace};
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::OutputSpec;

/// Options for pictures. `number` counts the streams of all outputs.
pub(super) fn pictures(
    context: &Context,
    spec: &OutputSpec,
    place: &OutputPlace,
    number: usize,
    plan: &mut EncodePlan,
) {
    let seldom = &spec.seldom;
    plan.drop_threshold_tenths = context.spec.global.seldom.drop_threshold_tenths;
    plan.matrices =
        [&seldom.intra_matrix, &seldom.inter_matrix, &seldom.chroma_intra_matrix].map(|m| place.value(m).cloned());
    plan.rate_override = place.value(&seldom.rate_override).cloned();
    plan.top_field_first = place.value(&seldom.top_field_first).filter(|top| **top >= 0).map(|top| *top > 0);
    plan.bits_per_raw_sample = place.value(&seldom.bits_per_raw_sample).copied().filter(|bits| *bits > 0);
    if place.value(&seldom.force_frame_rate).is_some_and(|force| *force) {
        plan.supported_frame_rates.clear();
    }
    let Some(pass) = place.value(&seldom.pass) else { return };
    let prefix = place.value(&seldom.pass_log).map_or("ffmpeg2pass", String::as_str);
    let log = format!("{prefix}-{number}.log");
    let by_encoder = plan.encoder == "libx264";
    let flags: String =
        [(1, "+pass1"), (2, "+pass2")].iter().filter(|(bit, _)| pass & bit != 0).map(|(_, flag)| *flag).collect();
    match plan.options.iter_mut().find(|(key, _)| key == "flags") {
        Some((_, value)) => value.push_str(&flags),
        None if flags.is_empty() => {}
        None => plan.options.push(("flags".to_owned(), flags)),
    }
    if by_encoder && !plan.options.iter().any(|(key, _)| key == "stats") {
        plan.options.push(("stats".to_owned(), log.clone()));
    }
    plan.pass = Some(PassPlan { log, writes: pass & 1 != 0, reads: pass & 2 != 0, by_encoder });
}

/// Options for sound of the output's stream `index`.
pub(super) fn sound(
    context: &Context,
    (output, index): (usize, usize),
    draft: &OutputDraft,
    place: &OutputPlace,
    plan: &mut EncodePlan,
) -> Result<(), Box<Diagnostic>> {
    let spec = &context.spec.outputs[output];
    plan.bits_per_raw_sample = place.value(&spec.seldom.bits_per_raw_sample).copied().filter(|bits| *bits > 0);
    let pictures = draft.streams.iter().any(|s| s.kind == MediaKind::Video);
    plan.pad = place.value(&spec.seldom.audio_pad).filter(|_| spec.shortest && pictures).cloned();
    let mut channels = Vec::new();
    for map in &spec.seldom.channel_maps {
        if map.to.is_some_and(|to| to != (output, index)) {
            continue;
        }
        let Some((file, stream, channel)) = map.from else {
            channels.push(None);
            continue;
        };
        let fail = |message: String| {
            let remedy = "To ignore this, add a trailing '?' to the map_channel.";
            Err(Box::new(Diagnostic::error("map-channel", message).remedy(remedy).at(&map.origin)))
        };
        let Some(found) = context.facts.get(file).and_then(|f| f.streams.get(stream)) else {
            return fail(format!("mapchan: invalid input file stream index #{file}.{stream}"));
        };
        if found.kind != MediaKind::Audio {
            return fail(format!("mapchan: stream #{file}.{stream} is not an audio stream."));
        }
        if usize::try_from(found.channels).is_ok_and(|count| channel >= count) && !map.optional {
            return fail(format!("mapchan: invalid audio channel #{file}.{stream}.{channel}"));
        }
        match draft.streams[index].source {
            StreamSource::Input(i, s) if (i, s) != (file, stream) => {}
            _ => channels.push(Some(channel)),
        }
    }
    if !channels.is_empty() {
        let count = i32::try_from(channels.len()).unwrap_or(i32::MAX);
        let mut pan = context.catalog.default_channel_layout(count);
        for (to, from) in channels.iter().enumerate() {
            if let Some(from) = from {
                pan += &format!("|c{to}=c{from}");
            }
        }
        plan.pan = Some(pan);
    }
    Ok(())
}
