//! Live outputs without `-c`: what every reader plays. And how RTSP and FLV are sent to a peer.

use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::plan::session::{End, is_rtsp_url, plan};
use crate::plan::{Choice, Context, OutputDraft, StreamDraft, StreamSource};
use crate::spec::OutputSpec;
use crate::unit::Rational;

const CODE: &str = "live-output";

/// RTP packets with at most 1440 bytes of payload, which readers behind most tunnels and MediaMTX take as they are.
const PACKET_BYTES: &str = "1452";

/// Formats of live streams whose own choice is a codec that few readers play. Others hold one codec, or choose well.
const CHOOSE_OUTDATED: [&str; 6] = ["flv", "rtsp", "rtp", "rtp_mpegts", "sap", "mpegts"];

/// Seconds from keyframe to keyframe.
const KEYFRAME_SECONDS: i64 = 2;

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let is_peer = is_peer(spec);
    let is_pipe = spec.url.starts_with("pipe:") || spec.url.starts_with("fd:");
    let mut option = |name: &str, value: &str| draft.options.push((name.to_owned(), value.to_owned()));
    if draft.muxer.name == "flv" && (is_peer || is_pipe) {
        option("flvflags", "+no_duration_filesize");
    }
    if draft.muxer.name == "rtsp" && is_rtsp_url(&spec.url) {
        option("rtsp_transport", "tcp");
        option("pkt_size", PACKET_BYTES);
    }
    if !is_peer {
        return;
    }
    let mut chosen = Vec::new();
    for stream in &mut draft.streams {
        let (Choice::Encoder { named: false, .. } | Choice::NoEncoder { .. }) = stream.choice else { continue };
        let (codec, own) = match stream.kind {
            MediaKind::Video => ("h264", draft.muxer.video_codec),
            MediaKind::Audio => ("aac", draft.muxer.audio_codec),
            _ => continue,
        };
        if !CHOOSE_OUTDATED.contains(&draft.muxer.name.as_str()) && context.catalog.codec_id(codec) != Some(own) {
            continue;
        }
        let Some(encoder) = context.catalog.codec_id(codec).and_then(|id| context.catalog.encoder_for(id)) else {
            continue;
        };
        let from = match stream.source {
            StreamSource::Input(input, stream) => format!("#{input}:{stream}"),
            StreamSource::Graph(..) | StreamSource::File => stream.kind.name().to_owned(),
        };
        chosen.push(format!("{from} to {codec} with {}", encoder.name));
        if stream.kind == MediaKind::Video {
            live_pictures(context, index, stream);
        }
        stream.choice = Choice::Encoder { facts: encoder, named: true };
    }
    if !chosen.is_empty() {
        let pictures = if draft.streams.iter().any(|s| !s.options.is_empty()) {
            format!(" (a keyframe every {KEYFRAME_SECONDS} s, no B-frames, a short look-ahead, yuv420p)")
        } else {
            String::new()
        };
        diagnostics.push(
            Diagnostic::note(
                CODE,
                format!("{}: live, encoded for all readers: {}{pictures}.", mask_url(&spec.url), chosen.join(", ")),
            )
            .remedy("-c:v and -c:a choose otherwise."),
        );
    }
}

/// True for an output that goes to a peer.
pub(in crate::plan) fn is_peer(spec: &OutputSpec) -> bool {
    plan(&spec.url, End::Output, &[], &spec.live).is_some()
}

/// What every reader plays, and can join soon.
pub(super) fn live_pictures(context: &Context, index: usize, stream: &mut StreamDraft) {
    let spec = &context.spec.outputs[index];
    let source = stream.source.input().map(|(input, stream)| context.facts[input].streams[stream].avg_frame_rate);
    let typed = spec.frame_rate.0.last().map(|a| a.value);
    let rate = typed.or(source).unwrap_or(Rational::UNKNOWN);
    let rate = if rate.is_valid() { rate } else { Rational::new(25, 1) };
    let frames = (i64::from(rate.num) * KEYFRAME_SECONDS + i64::from(rate.den) / 2) / i64::from(rate.den);
    for (name, value) in [("g", frames.max(1).to_string()), ("sc_threshold", "0".to_owned()), ("bf", "0".to_owned())] {
        stream.options.push((name.to_owned(), value));
    }
    stream.for_live_readers = true;
    if spec.pixel_format.is_empty() {
        stream.pixel_format = Some("yuv420p".to_owned());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::CODE;
    use crate::diagnostic::Severity;
    use crate::plan::testing::{audio, codes, encoders, input, planned, video};
    use crate::plan::{Plan, Treatment};

    fn options(plan: &Plan) -> Vec<(String, String)> {
        match &plan.outputs[0].streams[0].treatment {
            Treatment::Encode(encode) => encode.options.clone(),
            _ => Vec::new(),
        }
    }

    fn has(all: &[(String, String)], name: &str, value: &str) -> bool {
        all.iter().any(|(n, v)| n == name && v == value)
    }

    #[test]
    fn a_live_output_without_codecs_gets_what_every_reader_plays_and_says_so_once() {
        let facts = [input(vec![video("mpeg4"), audio("opus")])];
        for url in ["rtsp://h/a", "rtmp://h/a/b", "srt://h:1", "udp://h:1"] {
            let plan = planned(&format!("-i in {url}"), &facts).unwrap();
            assert_eq!(encoders(&plan), ["libx264", "aac"], "{url}");
            assert_eq!(codes(&plan.diagnostics), [(Severity::Note, CODE)], "{url}");
            let options = options(&plan);
            assert!(has(&options, "g", "50") && has(&options, "bf", "0"), "{url}: {options:?}");
        }
    }

    #[test]
    fn a_format_that_is_named_holds_what_it_always_holds() {
        let facts = [input(vec![video("mpeg4"), audio("opus")])];
        for (line, expected) in [
            ("-f wav tcp://h:1", &["pcm_s16le"][..]),
            ("-f avi tcp://h:1", &["mpeg4", "libmp3lame"]),
            ("-f mp4 tcp://h:1", &["libx264", "aac"]),
            ("-f mpegts http://h/a", &["libx264", "aac"]),
        ] {
            assert_eq!(encoders(&planned(&format!("-i in {line}"), &facts).unwrap()), expected, "{line}");
        }
    }

    #[test]
    fn what_is_encoded_instead_of_copied_is_what_every_reader_plays_too() {
        let facts = [input(vec![video("mpeg4"), audio("aac")])];
        let plan = planned("-i in -c copy rtmp://h/a/b", &facts).unwrap();
        assert_eq!(encoders(&plan), ["libx264", "copy"]);
        let options = options(&plan);
        assert!(has(&options, "g", "50") && has(&options, "bf", "0"), "{options:?}");
        let plan = planned("-i in -c copy out.flv", &facts).unwrap();
        assert_eq!(super::tests::options(&plan), []);
    }

    #[test]
    fn what_the_user_says_counts() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let plan = planned("-i in -r 10 -bf 2 -c:a copy -f rtsp rtsp://h/a", &facts).unwrap();
        assert_eq!(encoders(&plan), ["libx264", "copy"]);
        assert!(has(&options(&plan), "g", "20") && has(&options(&plan), "bf", "2"));
        let plan = planned("-i in -c:v libx264 -c:a copy -f rtsp rtsp://h/a", &facts).unwrap();
        assert_eq!((options(&plan), plan.diagnostics.len()), (Vec::new(), 0));
        let plan = planned("-i in -c copy -rtsp_transport udp -pkt_size 1000 -f rtsp rtsp://h/a", &facts).unwrap();
        assert!(has(&plan.outputs[0].options, "rtsp_transport", "udp"));
        assert!(has(&plan.outputs[0].options, "pkt_size", "1000"));
    }

    #[test]
    fn files_keep_their_defaults_and_flv_to_a_pipe_promises_no_length() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let plan = planned("-i in -c copy out.flv", &facts).unwrap();
        assert_eq!(plan.outputs[0].options, []);
        for url in ["rtmp://h/a/b", "pipe:1"] {
            let plan = planned(&format!("-i in -c copy -f flv {url}"), &facts).unwrap();
            assert!(has(&plan.outputs[0].options, "flvflags", "+no_duration_filesize"), "{url}");
        }
        let plan = planned("-i in -c copy -flvflags add_keyframe_index -f flv rtmp://h/a/b", &facts).unwrap();
        assert!(has(&plan.outputs[0].options, "flvflags", "add_keyframe_index+no_duration_filesize"));
    }
}
