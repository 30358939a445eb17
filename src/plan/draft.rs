//! Drafts an output: its muxer, its streams, each copied or by which encoder; the rules may change it before it is final.

use super::graphs::{Graphs, taken_kinds};
use super::place::OutputPlace;
use super::{Context, StreamSource, codec, mapping, muxer};
use crate::catalog::{CodecFacts, MuxerFacts};
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;

/// An output on its way into the plan.
#[derive(Clone, Debug)]
pub(crate) struct OutputDraft {
    pub(crate) muxer: MuxerFacts,
    /// Its streams are those that `-map` names.
    pub(crate) is_mapped: bool,
    /// Streams of the outputs before this one.
    pub(crate) streams_before: usize,
    pub(crate) streams: Vec<StreamDraft>,
    /// Options for muxer and protocol that a rule sets when the user does not; flags (`+x`) add up.
    pub(crate) options: Vec<(String, String)>,
}

/// A stream on its way into the plan, as the rules see it.
#[derive(Clone, Debug)]
pub(crate) struct StreamDraft {
    pub(crate) kind: MediaKind,
    pub(crate) source: StreamSource,
    pub(crate) choice: Choice,
    /// A pixel format that a rule demands when the user names none.
    pub(crate) pixel_format: Option<String>,
    /// Encoder options that a rule sets when the user does not.
    pub(crate) options: Vec<(String, String)>,
    /// A rule chose how its pictures are encoded, for live readers.
    pub(crate) for_live_readers: bool,
    /// The codec's header that a rule makes for a copied stream without one.
    pub(crate) header: Option<Vec<u8>>,
    /// Bitstream filters that a rule sets when the user does not.
    pub(crate) bitstream_filters: Option<String>,
}

impl StreamDraft {
    fn new(kind: MediaKind, source: StreamSource, choice: Choice) -> Self {
        Self {
            kind,
            source,
            choice,
            pixel_format: None,
            options: Vec::new(),
            for_live_readers: false,
            header: None,
            bitstream_filters: None,
        }
    }
}

/// Copied, or by which encoder.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    Copy,
    /// A file.
    Attach {
        file: String,
    },
    Encoder {
        facts: CodecFacts,
        /// The user named it (or its codec).
        named: bool,
    },
    /// The muxer's default codec has no encoder here.
    NoEncoder {
        codec: String,
    },
}

/// Drafts an output, or says why it cannot be.
pub(super) fn draft(context: &Context, index: usize, graphs: &mut Graphs) -> Result<OutputDraft, Diagnostic> {
    let spec = &context.spec.outputs[index];
    let muxer = muxer::choose(context, spec)?;
    // What has no label goes to the first output, before all else.
    let mut sources = graphs.unlabelled();
    let rest = taken_kinds(spec, context, graphs, &sources);
    let (chosen, is_mapped) = mapping::sources(context, &rest, &muxer, graphs)?;
    sources.extend(chosen);
    let mut draft = OutputDraft { muxer, is_mapped, streams_before: 0, streams: Vec::new(), options: Vec::new() };
    for source in sources {
        let kind = graphs.kind(context, source);
        graphs.take(source, (index, draft.streams.len()));
        let place = OutputPlace::next(&draft, kind);
        let choice = codec::choose(context, spec, &draft.muxer, (source, kind), &place)?;
        draft.streams.push(StreamDraft::new(kind, source, choice));
    }
    draft.streams.extend(spec.seldom.attachments.iter().map(|file| {
        let choice = Choice::Attach { file: file.value.clone() };
        StreamDraft::new(MediaKind::Attachment, StreamSource::File, choice)
    }));
    // The one format without streams (`AVFMT_NOSTREAMS`).
    if draft.streams.is_empty() && draft.muxer.name != "ffmetadata" {
        return Err(Diagnostic::error(
            "no-streams",
            format!("Output file #{index} ({}) does not contain any stream.", mask_url(&spec.url)),
        )
        .ffmpeg_says(format!("Output file #{index} does not contain any stream"))
        .remedy(if draft.muxer.name == "tee" && spec.maps.is_empty() {
            "tee takes only what is named: type -map 0 (or more exactly) before it.".to_owned()
        } else {
            nothing_over(context)
        })
        .at(&spec.origin));
    }
    Ok(draft)
}

/// What the inputs hold, for an output that got nothing.
fn nothing_over(context: &Context) -> String {
    let held = context.facts.iter().map(|f| {
        if !f.streams.is_empty() && f.streams.iter().all(|s| !s.usable) {
            return format!("{} has nothing that could be read", f.url);
        }
        let kinds: Vec<&str> = f.streams.iter().map(|s| s.kind.name()).collect();
        let kinds = if kinds.is_empty() { "no stream that could be found".to_owned() } else { kinds.join(", ") };
        format!("{} has {kinds}", f.url)
    });
    format!("{}; none of it fits, or -vn, -an and -map left nothing over.", held.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, refusal, video};

    #[test]
    fn an_output_without_streams_is_refused_unless_it_is_of_metadata() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for line in ["-i a -vn -an out.mkv", "-i a -vn -an -f null -"] {
            let (code, text) = refusal(line, &facts);
            assert_eq!(code, "no-streams", "{line}");
            assert!(text.contains("in has video, audio"), "{line}: {text}");
        }
        assert!(planned("-i a -f ffmetadata out.txt", &facts).is_ok());
    }
}
