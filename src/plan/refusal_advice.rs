//! What to do where a muxer refuses its header or a packet: of the streams that it takes no codec of, and of one picture that is to
//! hold many, libavformat's own error tells little.

use super::{Context, OutputDraft, OutputStreamPlan, Treatment};
use crate::diagnostic::{enumerated, mask_url, sentence};
use crate::facts::MediaKind;

/// Muxers that open others, whose errors may be of anything.
const WRAPPERS: [&str; 8] = ["segment", "stream_segment", "ssegment", "hls", "dash", "tee", "fifo", "smoothstreaming"];

/// MP4 and its like.
const OF_MOV: [&str; 7] = ["mp4", "mov", "ipod", "3gp", "3g2", "psp", "f4v"];

/// Names the streams that the muxer is known not to take, and what else there is. Many muxers do not tell, and some take more than
/// they tell: so nothing is refused for it.
pub(super) fn advice(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    streams: &[OutputStreamPlan],
) -> Option<String> {
    let refused = streams_that(context, draft, streams, Some(false));
    if refused.is_empty() {
        return incomplete_attachment(index, draft, streams)
            .or_else(|| one_picture(context, index, draft))
            .or_else(|| one_way(context, index, draft));
    }
    let (named, ways) = named_with_ways(context, index, draft, (streams.len(), &refused));
    Some(format!("{} does not take {named}. {ways}", draft.muxer.name))
}

/// The same for a muxer that does not tell what it takes, and that opens no other muxer.
pub(super) fn guess(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    streams: &[OutputStreamPlan],
) -> Option<String> {
    let refused = streams_that(context, draft, streams, None);
    if refused.is_empty() || WRAPPERS.contains(&draft.muxer.name.as_str()) {
        return None;
    }
    let (named, ways) = named_with_ways(context, index, draft, (streams.len(), &refused));
    Some(format!("It may be {named} that {} does not take. {ways}", draft.muxer.name))
}

/// A stream's number in the output, its kind and codec.
type Refused = (usize, MediaKind, u32);

/// The streams of which a muxer tells this, see [`muxer_takes`](crate::catalog::Catalog::muxer_takes).
fn streams_that(
    context: &Context,
    draft: &OutputDraft,
    streams: &[OutputStreamPlan],
    takes: Option<bool>,
) -> Vec<Refused> {
    let codec = |stream: &OutputStreamPlan| match &stream.treatment {
        Treatment::Copy(_) => {
            stream.source.input().map(|(input, source)| context.facts[input].streams[source].codec_id)
        }
        treatment => Some(context.catalog.encoder(treatment.encoder()?)?.codec_id),
    };
    // It takes attachments of all kinds, and tells of none.
    let untold = |kind: MediaKind| kind == MediaKind::Attachment && draft.muxer.name == "matroska";
    let told = streams.iter().enumerate().filter(|(_, stream)| !untold(stream.kind));
    let codecs = told.filter_map(|(i, stream)| Some((i, stream.kind, codec(stream)?)));
    codecs.filter(|(_, _, codec)| context.catalog.muxer_takes(&draft.muxer.name, *codec) == takes).collect()
}

/// Names streams, of `all`, and tells what else there is.
fn named_with_ways(
    context: &Context,
    index: usize,
    draft: &OutputDraft,
    (all, refused): (usize, &[Refused]),
) -> (String, String) {
    let (catalog, muxer) = (context.catalog, &draft.muxer);
    let named: Vec<String> = refused
        .iter()
        .map(|(i, kind, codec)| format!("{} (stream {index}:{i}, {})", catalog.codec_name(*codec), kind.name()))
        .collect();
    let mut kinds: Vec<MediaKind> = refused.iter().map(|(_, kind, _)| *kind).collect();
    kinds.dedup();
    let it = if refused.len() == 1 { "it" } else { "them" };
    let encoder = |kind: &MediaKind| {
        let is_text = |codec: u32| catalog.decoder_for(codec).is_some_and(|decoder| decoder.text_subtitles);
        let are_texts =
            refused.iter().filter(|(_, kind, _)| *kind == MediaKind::Subtitle).all(|(.., codec)| is_text(*codec));
        if *kind == MediaKind::Subtitle
            && are_texts
            && let Some(encoder) = subtitles_of(&muxer.name)
        {
            return Some(format!("-c:s {encoder}"));
        }
        let own = catalog.guess_codec(muxer, &context.spec.outputs[index].url, *kind);
        let fits = own != 0 && !refused.iter().any(|(_, _, refused)| *refused == own);
        let encoder = fits.then(|| catalog.encoder_for(own)).flatten()?;
        Some(format!("-c:{} {}", kind.letter(), encoder.name))
    };
    let mut ways = Vec::new();
    if let Some(encoders) = kinds.iter().map(encoder).collect::<Option<Vec<String>>>() {
        ways.push(format!("encode {it} ({})", encoders.join(" ")));
    }
    let without: Vec<String> = kinds
        .iter()
        .map(|kind| match kind {
            MediaKind::Attachment => {
                let sources = refused.iter().filter_map(|(i, ..)| draft.streams[*i].source.input());
                format!("-map -{}:t", sources.map(|(input, _)| input).next_back().unwrap_or(0))
            }
            kind => format!("-{}n", kind.letter()),
        })
        .collect();
    if refused.len() < all {
        ways.push(format!("leave {it} out ({})", without.join(" ")));
    }
    if muxer.name != "matroska" {
        ways.push("write another container, such as .mkv".to_owned());
    }
    (named.join(" and "), sentence(&enumerated(&ways, "or")))
}

/// Matroska wants to know the name and the type of an attachment.
fn incomplete_attachment(index: usize, draft: &OutputDraft, streams: &[OutputStreamPlan]) -> Option<String> {
    let lacks = |stream: &OutputStreamPlan, key: &str| !stream.metadata.iter().any(|edit| edit.key == key);
    let lacking = |stream: &OutputStreamPlan| {
        let attached = matches!(stream.treatment, Treatment::Attach { .. });
        let nameless = (stream.kind == MediaKind::Attachment && lacks(stream, "filename")).then_some("filename=FILE");
        nameless.or((attached && lacks(stream, "mimetype")).then_some("mimetype=text/plain"))
    };
    let mut found = streams.iter().enumerate().filter_map(|(i, stream)| Some((i, lacking(stream)?)));
    let (attachment, wanted) = found.next().filter(|_| draft.muxer.name == "matroska")?;
    let place = streams[..attachment].iter().filter(|stream| stream.kind == MediaKind::Attachment).count();
    let what = if wanted.starts_with("filename") { "without a name" } else { "of unknown type" };
    Some(format!("Stream {index}:{attachment} is an attachment {what}. Tell it, as in -metadata:s:t:{place} {wanted}."))
}

/// The encoder of the only text that players expect in a container that names no subtitles of its own.
pub(super) fn subtitles_of(muxer: &str) -> Option<&'static str> {
    match muxer {
        _ if OF_MOV.contains(&muxer) => Some("mov_text"),
        "webm" => Some("webvtt"),
        _ => None,
    }
}

/// MP4 and its like go back to the beginning for their index, which no pipe lets them.
fn one_way(context: &Context, index: usize, draft: &OutputDraft) -> Option<String> {
    let spec = &context.spec.outputs[index];
    let is_pipe = spec.url == "-" || spec.url.starts_with("pipe:");
    let makes_pieces = |flags: &str| ["frag_", "empty_moov", "dash", "cmaf"].iter().any(|flag| flags.contains(flag));
    let in_pieces = spec
        .options
        .iter()
        .any(|option| option.name.contains("frag_") || (option.name == "movflags" && makes_pieces(&option.value)));
    (is_pipe && !in_pieces && OF_MOV.contains(&draft.muxer.name.as_str())).then(|| {
        "Its index is written last and read first, for which a pipe does not let it go back: -movflags \
         frag_keyframe+empty_moov writes it in pieces, and -f mpegts or -f matroska goes through a pipe as it is."
            .to_owned()
    })
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
        let facts = [input(vec![video("h264"), audio("ac3")])];
        let plan = planned("-i a -vn -c copy out.wav", &facts).unwrap();
        assert_eq!(plan.outputs[0].refusal_advice, None);
        assert_eq!(
            plan.outputs[0].refusal_guess.clone().unwrap(),
            "It may be ac3 (stream 0:0, audio) that wav does not take. Encode it (-c:a pcm_s16le) or write another container, \
             such as .mkv."
        );
        assert_eq!(advice("-i a -c:v copy -c:a aac out.flv"), None);
        assert!(advice("-i a -c copy -f mp4 -").unwrap().contains("-movflags frag_keyframe+empty_moov"));
        assert_eq!(advice("-i a -c copy -movflags +frag_keyframe -f mp4 pipe:1"), None);
    }
}
