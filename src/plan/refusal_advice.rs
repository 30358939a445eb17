//! What to do where a muxer refuses its header or a packet: of the streams that it takes no codec of, and of one picture that is to
//! hold many, libavformat's own error tells little.

use super::{Context, OutputDraft, OutputStreamPlan, Treatment};
use crate::diagnostic::{enumerated, mask_url, sentence};
use crate::facts::MediaKind;

/// Names the streams that the muxer is known not to take, and what else there is. Many muxers do not tell, and some take more than
/// they tell: so nothing is refused for it.
pub(super) fn advice(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    streams: &[OutputStreamPlan],
) -> Option<String> {
    let (catalog, muxer) = (context.catalog, &draft.muxer);
    let codec = |stream: &OutputStreamPlan| match &stream.treatment {
        Treatment::Copy(_) => {
            stream.source.input().map(|(input, source)| context.facts[input].streams[source].codec_id)
        }
        treatment => Some(catalog.encoder(treatment.encoder()?)?.codec_id),
    };
    let told = |takes: Option<bool>| -> Vec<(usize, MediaKind, u32)> {
        let codecs = streams.iter().enumerate().filter_map(|(i, stream)| Some((i, stream.kind, codec(stream)?)));
        codecs.filter(|(_, _, codec)| catalog.muxer_takes(&muxer.name, *codec) == takes).collect()
    };
    let known = told(Some(false));
    if known.is_empty()
        && let Some(advice) = untyped_attachment(index, draft, streams).or_else(|| one_picture(context, index, draft))
    {
        return Some(advice);
    }
    let is_known = !known.is_empty();
    let refused = if is_known { known } else { told(None) };
    if refused.is_empty() {
        return None;
    }
    let named: Vec<String> = refused
        .iter()
        .map(|(i, kind, codec)| format!("{} (stream {index}:{i}, {})", catalog.codec_name(*codec), kind.name()))
        .collect();
    let mut kinds: Vec<MediaKind> = refused.iter().map(|(_, kind, _)| *kind).collect();
    kinds.dedup();
    let it = if refused.len() == 1 { "it" } else { "them" };
    let encoder = |kind: &MediaKind| {
        let own = catalog.guess_codec(muxer, &context.spec.outputs[index].url, *kind);
        let fits = own != 0 && !refused.iter().any(|(_, _, refused)| *refused == own);
        let encoder = fits.then(|| catalog.encoder_for(own)).flatten()?;
        Some(format!("-c:{} {}", kind.letter(), encoder.name))
    };
    let mut ways = Vec::new();
    if let Some(encoders) = kinds.iter().map(encoder).collect::<Option<Vec<String>>>() {
        ways.push(format!("encode {it} ({})", encoders.join(" ")));
    }
    let without: Vec<String> = kinds.iter().map(|kind| format!("-{}n", kind.letter())).collect();
    if refused.len() < streams.len() {
        ways.push(format!("leave {it} out ({})", without.join(" ")));
    }
    if muxer.name != "matroska" {
        ways.push("write another container, such as .mkv".to_owned());
    }
    let (named, ways) = (named.join(" and "), sentence(&enumerated(&ways, "or")));
    Some(match is_known {
        true => format!("{} does not take {named}. {ways}", muxer.name),
        false => format!("It may be {named} that {} does not take. {ways}", muxer.name),
    })
}

/// Matroska wants to know of what type an attachment is.
fn untyped_attachment(index: usize, draft: &OutputDraft, streams: &[OutputStreamPlan]) -> Option<String> {
    let is_untyped = |stream: &OutputStreamPlan| {
        matches!(stream.treatment, Treatment::Attach { .. })
            && !stream.metadata.iter().any(|edit| edit.key == "mimetype")
    };
    let attachment = streams.iter().position(is_untyped).filter(|_| draft.muxer.name == "matroska")?;
    let place = streams[..attachment].iter().filter(|stream| stream.kind == MediaKind::Attachment).count();
    Some(format!(
        "Stream {index}:{attachment} is an attachment of unknown type. Tell it, as in -metadata:s:t:{place} mimetype=text/plain."
    ))
}

/// A name without a number is one picture.
fn one_picture(context: &Context, index: usize, draft: &OutputDraft) -> Option<String> {
    let url = &context.spec.outputs[index].url;
    let is_one = draft.muxer.name == "image2" && !url.contains('%');
    let (name, extension) = url.rsplit_once('.').unwrap_or((url, ""));
    is_one.then(|| {
        format!(
            "-frames:v 1 takes the first picture alone; a number in the name, as in {}, makes a file of each.",
            mask_url(&format!("{name}-%03d.{extension}"))
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, video};

    #[test]
    fn streams_that_a_muxer_does_not_take_are_named_with_what_to_do() {
        let advice = |line: &str| {
            let facts = [input(vec![video("h264"), audio("ac3")])];
            planned(line, &facts).unwrap().outputs[0].refusal_advice.clone()
        };
        let told = advice("-i a -c copy -flv_guard off out.flv").unwrap();
        assert_eq!(
            told,
            "flv does not take ac3 (stream 0:1, audio). Encode it (-c:a libmp3lame), leave it out (-an) or write another \
             container, such as .mkv."
        );
        assert_eq!(advice("-i a -c copy out.mp4"), None);
        assert_eq!(
            advice("-i a -vn -c copy out.wav").unwrap(),
            "It may be ac3 (stream 0:0, audio) that wav does not take. Encode it (-c:a pcm_s16le) or write another container, \
             such as .mkv."
        );
        assert_eq!(advice("-i a -c:v copy -c:a aac out.flv"), None);
    }
}
