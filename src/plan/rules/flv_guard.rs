//! FLV and RTMP carry H.264 with AAC (or MP3): anything else plays nowhere.

use super::live_output;
use crate::catalog::CodecFacts;
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::{MediaKind, StreamFacts};
use crate::plan::{Choice, Context, OutputDraft, StreamDraft, StreamSource};

const CODE: &str = "flv-guard";

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    if draft.muxer.name != "flv" || !context.spec.global.flv_guard {
        return;
    }
    let url = mask_url(&context.spec.outputs[index].url);
    for stream in &mut draft.streams {
        let wanted: &[&str] = match stream.kind {
            MediaKind::Video => &["h264"],
            MediaKind::Audio => &["aac", "mp3"],
            _ => continue,
        };
        let Some(encoder) = context.catalog.codec_id(wanted[0]).and_then(|id| context.catalog.encoder_for(id)) else {
            diagnostics.push(
                Diagnostic::error(
                    CODE,
                    format!("{url}: FLV needs {}, and this FFmpeg has no encoder for it.", wanted[0]),
                )
                .remedy("Install an FFmpeg with libx264, or pass -flv_guard off."),
            );
            continue;
        };
        let guard = Guard { context, index, url: &url, wanted, encoder };
        diagnostics.extend(guard.choice(stream));
        diagnostics.extend(guard.pixel_format(stream));
    }
}

/// What FLV wants of a stream.
struct Guard<'a> {
    context: &'a Context<'a>,
    /// The output.
    index: usize,
    /// Its URL, passwords masked.
    url: &'a str,
    /// Codecs that players take.
    wanted: &'a [&'a str],
    /// Who makes the first of them.
    encoder: CodecFacts,
}

impl Guard<'_> {
    /// Puts an encoder in the place of a copy, or of the muxer's own choice, that no player takes.
    fn choice(&self, stream: &mut StreamDraft) -> Option<Diagnostic> {
        let Self { url, encoder, .. } = self;
        let (source, at) = (self.source(stream), name_of(stream));
        let forced = || Choice::Encoder { facts: encoder.clone(), named: false };
        match &stream.choice {
            Choice::Copy if source.is_some_and(|s| self.wanted.contains(&s.codec.as_str())) => {
                let form = source.filter(|_| stream.kind == MediaKind::Video).and_then(unplayable_form)?;
                let message = format!(
                    "{url}: stream {at} is H.264 in {form}, which FLV and RTMP players cannot show; it is copied all the same."
                );
                let remedy = "Replace -c:v copy by -c:v libx264: it is then converted to 8-bit 4:2:0.";
                Some(Diagnostic::warning(CODE, message).remedy(remedy))
            }
            Choice::Copy => {
                let message = format!(
                    "{url}: stream {at} is {}, which FLV players cannot take: it is encoded to {} with {} instead of copied.",
                    source.map_or("", |s| s.codec.as_str()),
                    encoder.codec_name,
                    encoder.name
                );
                stream.choice = forced();
                if stream.kind == MediaKind::Video && live_output::is_peer(&self.context.spec.outputs[self.index]) {
                    live_output::live_pictures(self.context, self.index, stream);
                }
                Some(Diagnostic::warning(CODE, message).remedy("-flv_guard off copies it as it is."))
            }
            Choice::Encoder { facts, named: true } if !self.wanted.contains(&facts.codec_name.as_str()) => {
                Some(refused(url, facts, encoder, stream.kind))
            }
            Choice::Encoder { named: true, .. } | Choice::Attach { .. } => None,
            Choice::Encoder { named: false, .. } | Choice::NoEncoder { .. } => {
                stream.choice = forced();
                let message = format!("{url}: stream {at} is encoded to {} with {}.", encoder.codec_name, encoder.name);
                Some(Diagnostic::note(CODE, message))
            }
        }
    }

    /// Pictures that are encoded become 8-bit 4:2:0, unless the user names a pixel format.
    fn pixel_format(&self, stream: &mut StreamDraft) -> Option<Diagnostic> {
        let is_encoded = stream.kind == MediaKind::Video && matches!(stream.choice, Choice::Encoder { .. });
        if !is_encoded || !self.context.spec.outputs[self.index].pixel_format.is_empty() {
            return None;
        }
        stream.pixel_format = Some("yuv420p".to_owned());
        let (form, at) = (self.source(stream).and_then(unplayable_form)?, name_of(stream));
        let message = format!("{}: stream {at} is in {form}; it is converted to 8-bit 4:2:0 (yuv420p).", self.url);
        Some(Diagnostic::note(CODE, message))
    }

    fn source(&self, stream: &StreamDraft) -> Option<&StreamFacts> {
        stream.source.input().map(|(input, source)| &self.context.facts[input].streams[source])
    }
}

fn name_of(stream: &StreamDraft) -> String {
    match stream.source {
        StreamSource::Input(input, source) => format!("#{input}:{source}"),
        StreamSource::Graph(..) | StreamSource::File => "of the filtergraph".to_owned(),
    }
}

fn refused(url: &str, named: &CodecFacts, instead: &CodecFacts, kind: MediaKind) -> Diagnostic {
    let letter = if kind == MediaKind::Video { "v" } else { "a" };
    Diagnostic::error(
        CODE,
        format!("{url}: {} makes {}, which FLV and RTMP players cannot play.", named.name, named.codec_name),
    )
    .remedy(format!("Use -c:{letter} {}, or -flv_guard off to write it all the same.", instead.name))
}

/// The form of a picture that is not 8-bit 4:2:0.
fn unplayable_form(source: &StreamFacts) -> Option<String> {
    let plain = ["yuv420p", "yuvj420p", "nv12", "nv21", ""];
    (!plain.contains(&source.format.as_str())).then(|| source.format.clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::CODE;
    use crate::diagnostic::Severity;
    use crate::facts::StreamFacts;
    use crate::plan::Treatment;
    use crate::plan::testing::{audio, codes, encoders, input, planned, video};

    fn formats(plan: &crate::plan::Plan) -> Vec<String> {
        match &plan.outputs[0].streams[0].treatment {
            Treatment::Encode(encode) => encode.formats.clone(),
            _ => Vec::new(),
        }
    }

    fn ten_bit() -> StreamFacts {
        StreamFacts { format: "yuv422p10le".to_owned(), ..video("h264") }
    }

    #[test]
    fn without_codecs_flv_gets_h264_and_aac_and_says_so() {
        let plan = planned("-i in out.flv", &[input(vec![video("vp9"), audio("opus")])]).unwrap();
        assert_eq!(encoders(&plan), ["libx264", "aac"]);
        assert_eq!(codes(&plan.diagnostics), [(Severity::Note, CODE), (Severity::Note, CODE)]);
        assert_eq!(formats(&plan), ["yuv420p"]);
    }

    #[test]
    fn other_formats_keep_their_default_codecs() {
        let plan = planned("-i in out.avi", &[input(vec![video("h264"), audio("aac")])]).unwrap();
        assert_eq!(encoders(&plan), ["mpeg4", "libmp3lame"]);
        assert_eq!(plan.diagnostics, []);
    }

    #[test]
    fn a_copied_stream_that_flv_players_cannot_take_is_encoded_and_the_other_stays() {
        for codec in ["mpeg4", "hevc", "vp9"] {
            let plan = planned("-i in -c copy out.flv", &[input(vec![video(codec)])]).unwrap();
            assert_eq!(encoders(&plan), ["libx264"], "{codec}");
            assert_eq!(codes(&plan.diagnostics), [(Severity::Warning, CODE)], "{codec}");
            assert!(plan.diagnostics[0].message.contains(&format!("stream #0:0 is {codec}")), "{codec}");
        }
        for codec in ["opus", "ac3", "pcm_s16le"] {
            let plan = planned("-i in -c copy out.flv", &[input(vec![video("h264"), audio(codec)])]).unwrap();
            assert_eq!(encoders(&plan), ["copy", "aac"], "{codec}");
            assert_eq!(codes(&plan.diagnostics), [(Severity::Warning, CODE)], "{codec}");
        }
    }

    #[test]
    fn h264_and_mp3_pass_when_they_are_copied_or_asked_for() {
        let plan = planned("-i in -c copy out.flv", &[input(vec![video("h264")])]).unwrap();
        assert_eq!((encoders(&plan), plan.diagnostics.len()), (vec!["copy".to_owned()], 0));
        let facts = [input(vec![video("vp9"), audio("opus")])];
        let plan = planned("-i in -c:v h264_nvenc -c:a libmp3lame out.flv", &facts).unwrap();
        assert_eq!(encoders(&plan), ["h264_nvenc", "libmp3lame"]);
        assert_eq!(plan.diagnostics, []);
    }

    #[test]
    fn another_encoder_is_refused_with_the_one_to_use() {
        let told = planned("-i in -c:v libx265 out.flv", &[input(vec![video("h264")])]).unwrap_err();
        assert_eq!(codes(&told), [(Severity::Error, CODE)]);
        assert!(told[0].remedy.as_ref().unwrap().starts_with("Use -c:v libx264"), "{}", told[0]);
        let told = planned("-i in -c:a libopus out.flv", &[input(vec![audio("aac")])]).unwrap_err();
        assert!(told[0].remedy.as_ref().unwrap().starts_with("Use -c:a aac"), "{}", told[0]);
    }

    #[test]
    fn switched_off_it_changes_and_says_nothing() {
        let facts = [input(vec![video("mpeg4"), audio("ac3")])];
        for (line, expected) in [
            ("-flv_guard off -i in -c copy out.flv", ["copy", "copy"]),
            ("-flv_guard off -i in out.flv", ["flv", "libmp3lame"]),
            ("-flv_guard off -i in -c:v libx265 -c:a libopus out.flv", ["libx265", "libopus"]),
        ] {
            let plan = planned(line, &facts).unwrap();
            assert_eq!(encoders(&plan), expected, "{line}");
            assert_eq!(plan.diagnostics, [], "{line}");
        }
    }

    #[test]
    fn pictures_that_are_not_8_bit_420_are_converted_unless_the_user_names_a_format() {
        let plan = planned("-i in -c:v libx264 out.flv", &[input(vec![ten_bit()])]).unwrap();
        assert_eq!(formats(&plan), ["yuv420p"]);
        assert!(plan.diagnostics[0].message.contains("yuv422p10le"), "{}", plan.diagnostics[0]);
        let plan = planned("-i in -c:v libx264 -pix_fmt rgb24 out.flv", &[input(vec![ten_bit()])]).unwrap();
        assert_eq!(formats(&plan), ["rgb24"]);
        assert_eq!(plan.diagnostics, []);
    }

    #[test]
    fn copied_pictures_that_are_not_8_bit_420_are_told_about() {
        let plan = planned("-i in -c copy out.flv", &[input(vec![ten_bit()])]).unwrap();
        assert_eq!(encoders(&plan), ["copy"]);
        assert_eq!(codes(&plan.diagnostics), [(Severity::Warning, CODE)]);
    }
}
