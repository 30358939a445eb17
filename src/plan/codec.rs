//! Whether a stream is copied, and by which encoder otherwise.

use super::place::OutputPlace;
use super::{Choice, Context, StreamSource, correction, rules::live_output};
use crate::catalog::{CodecFacts, MuxerFacts};
use crate::diagnostic::{Diagnostic, Edit, tolerance};
use crate::facts::MediaKind;
use crate::spec::{Assigned, MapSource, OutputSpec};

/// What becomes of a stream: the last `-c` that fits it, or else the codec that the muxer prefers.
pub(super) fn choose(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    (source, kind): (StreamSource, MediaKind),
    place: &OutputPlace,
) -> Result<Choice, Diagnostic> {
    let catalog = context.catalog;
    if let Some(assigned) = place.assigned(&spec.codec) {
        let name = assigned.value.as_str();
        if name == "copy" {
            return match source {
                StreamSource::Input(..) => Ok(Choice::Copy),
                StreamSource::Graph(..) | StreamSource::File => {
                    Err(copy_of_graph(context, spec, muxer, (assigned, kind)))
                }
            };
        }
        let facts = catalog.encoder(name).or_else(|| catalog.codec_id(name).and_then(|id| catalog.encoder_for(id)));
        return match facts {
            Some(facts) if facts.kind == kind => Ok(Choice::Encoder { facts, named: true }),
            Some(facts) => Err(Diagnostic::error(
                "codec-kind",
                format!(
                    "Invalid encoder type '{name}': it encodes {}, but {} is {}.",
                    facts.kind.name(),
                    match source {
                        StreamSource::Input(input, stream) => format!("stream #{input}:{stream}"),
                        StreamSource::Graph(..) | StreamSource::File => "the filtergraph's output".to_owned(),
                    },
                    kind.name()
                ),
            )
            .ffmpeg_says(format!("Invalid encoder type '{name}'"))
            .remedy(format!("Name the kind: -c:{} {name}.", facts.kind.letter()))
            .at(&assigned.origin)),
            None => Err(unknown_encoder(context, assigned, kind)),
        };
    }
    match kind {
        MediaKind::Video | MediaKind::Audio | MediaKind::Subtitle => {
            let codec = catalog.guess_codec(muxer, &spec.url, kind);
            Ok(match catalog.encoder_for(codec).filter(|_| codec != 0) {
                Some(facts) => Choice::Encoder { facts, named: false },
                None => Choice::NoEncoder { codec: catalog.codec_name(codec) },
            })
        }
        MediaKind::Data | MediaKind::Attachment | MediaKind::Unknown => Ok(Choice::Copy),
    }
}

/// `-c copy` of what filters give. The command shown goes without it where all streams of the output come from filters, and else
/// names an encoder, which counts more since it stands behind.
fn copy_of_graph(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    (assigned, kind): (&Assigned<String>, MediaKind),
) -> Diagnostic {
    let message = "Streamcopy requested for an output stream which is fed from a complex filtergraph. Filtering and \
                   streamcopy cannot be used together.";
    let all_filtered = !spec.maps.is_empty() && spec.maps.iter().all(|map| matches!(map.source, MapSource::Label(_)));
    let encoder = usual_encoder(context, spec, muxer, kind);
    let edits = match encoder {
        _ if all_filtered => correction::edits(context.spec, &assigned.origin, "copy", None),
        Some(encoder) if spec.origin.arg < context.spec.global.arguments.len() => {
            let words = vec![format!("-c:{}", kind.letter()), encoder];
            Some(vec![Edit::Before(spec.origin.arg, words)])
        }
        _ => None,
    };
    let remedy = "Filters give frames: these have to be encoded.".to_owned();
    let remedy = match edits {
        Some(edits) => format!("{remedy} {}", correction::command(context.spec, &edits)),
        None => format!("{remedy} Name an encoder, e.g. -c:v libx264."),
    };
    Diagnostic::error("filter-on-copy", message).remedy(remedy).at(&assigned.origin)
}

/// An encoder whose codec the output's format takes.
pub(super) fn usual_encoder(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    kind: MediaKind,
) -> Option<String> {
    let catalog = context.catalog;
    let usual = catalog.codec_id(if kind == MediaKind::Video { "h264" } else { "aac" });
    let own = Some(catalog.guess_codec(muxer, &spec.url, kind)).filter(|codec| *codec != 0);
    let for_players = muxer.name == "flv" || live_output::is_peer(spec);
    let codec = if for_players { usual } else { own.or(usual) };
    codec.and_then(|codec| catalog.encoder_for(codec)).map(|encoder| encoder.name)
}

/// "Unknown encoder", with those that are there for that codec, or the nearest names.
fn unknown_encoder(context: &Context, assigned: &Assigned<String>, kind: MediaKind) -> Diagnostic {
    let (catalog, name) = (context.catalog, assigned.value.as_str());
    let encoders = catalog.encoders(kind);
    let lower = name.to_ascii_lowercase();
    let stem = |n: &str| n.trim_start_matches("lib").to_ascii_lowercase();
    let wanted_codec = match catalog.codec_id(&lower) {
        Some(id) => Some(catalog.codec_name(id)),
        None => well_known_codec(&lower).map(str::to_owned),
    };
    let same: Vec<&CodecFacts> =
        encoders.iter().filter(|e| wanted_codec.as_deref() == Some(e.codec_name.as_str())).collect();
    let names: Vec<String> = if same.is_empty() {
        let mut near: Vec<(usize, &str)> = encoders
            .iter()
            .map(|e| e.name.as_str())
            .chain(["copy"])
            .map(|known| (strsim::damerau_levenshtein(&stem(known), &stem(&lower)), known))
            .collect();
        near.sort();
        near.iter()
            .filter(|(d, _)| *d <= tolerance(stem(&lower).chars().count()))
            .take(3)
            .map(|(_, n)| (*n).to_owned())
            .collect()
    } else {
        same.iter().map(|e| e.name.clone()).collect()
    };
    let diagnostic = Diagnostic::error("unknown-encoder", format!("Unknown encoder '{name}'."))
        .ffmpeg_says(format!("Unknown encoder '{name}'"))
        .at(&assigned.origin);
    let command = names.first().and_then(|first| correction::edits(context.spec, &assigned.origin, name, Some(first)));
    let command = command.map_or(String::new(), |edits| format!(" {}", correction::command(context.spec, &edits)));
    if names.is_empty() {
        diagnostic.remedy("weir -encoders lists those of the linked FFmpeg.")
    } else if same.is_empty() {
        diagnostic.remedy(format!("Did you mean {}?{command}", names.join(", ")))
    } else {
        let codec = wanted_codec.unwrap_or_default();
        diagnostic.remedy(format!("For {codec} this FFmpeg has {}.{command}", names.join(", ")))
    }
}

/// Codecs behind encoder names that other builds of FFmpeg have.
fn well_known_codec(encoder: &str) -> Option<&'static str> {
    let rows: [(&[&str], &str); 7] = [
        (&["264", "avc"], "h264"),
        (&["265", "hevc"], "hevc"),
        (&["av1"], "av1"),
        (&["vp9"], "vp9"),
        (&["aac"], "aac"),
        (&["mp3"], "mp3"),
        (&["opus"], "opus"),
    ];
    rows.iter().find(|(parts, _)| parts.iter().any(|p| encoder.contains(p))).map(|(_, codec)| *codec)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, encoders, input, planned, refusal, video};

    #[test]
    fn the_last_codec_that_fits_a_stream_counts() {
        let facts = [input(vec![video("h264"), audio("aac"), audio("ac3")])];
        let plan = planned("-i a -map 0 -c copy -c:a libopus -c:a:1 ac3 out.mkv", &facts).unwrap();
        assert_eq!(encoders(&plan), ["copy", "libopus", "ac3"]);
        let plan = planned("-i a -map 0 -c:a libopus -c copy out.mkv", &facts).unwrap();
        assert_eq!(encoders(&plan), ["copy", "copy", "copy"]);
    }

    #[test]
    fn a_codec_s_name_stands_for_its_first_encoder() {
        let plan = planned("-i a -c:v h264 -c:a mp3 out.mkv", &[input(vec![video("vp9"), audio("aac")])]).unwrap();
        assert_eq!(encoders(&plan), ["libx264", "libmp3lame"]);
    }

    #[test]
    fn an_unknown_encoder_is_refused_with_those_for_that_codec_or_near_by() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let (code, text) = refusal("-i a -c:v libopenh264 out.mkv", &facts);
        assert_eq!(code, "unknown-encoder");
        assert!(text.contains("libx264, h264_nvenc. Type: weir -i a -c:v libx264 out.mkv"), "{text}");
        let (_, text) = refusal("-i a -c:v mpeg5 out.mkv", &facts);
        assert!(text.contains("Did you mean mpeg4? Type: weir -i a -c:v mpeg4 out.mkv"), "{text}");
        let (_, text) = refusal("-i a -vcodec cpoy out.mkv", &facts);
        assert!(text.contains("Did you mean copy? Type: weir -i a -vcodec copy out.mkv"), "{text}");
        assert_eq!(refusal("-i a -c libx264 out.mkv", &facts).0, "codec-kind");
    }
}
