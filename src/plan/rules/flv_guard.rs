//! FLV and RTMP carry H.264 with AAC (or MP3): anything else plays nowhere.

use crate::catalog::CodecFacts;
use crate::diagnostic::Diagnostic;
use crate::facts::{MediaKind, StreamFacts};
use crate::plan::mapping::masked;
use crate::plan::{Choice, Context, OutputDraft};

const CODE: &str = "flv-guard";

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    if draft.muxer.name != "flv" || !context.spec.global.flv_guard {
        return;
    }
    let spec = &context.spec.outputs[index];
    let url = masked(&spec.url);
    let names_pixel_format = !spec.pixel_format.is_empty();
    for stream in &mut draft.streams {
        let wanted: &[&str] = match stream.kind {
            MediaKind::Video => &["h264"],
            MediaKind::Audio => &["aac", "mp3"],
            _ => continue,
        };
        let source = &context.facts[stream.source.0].streams[stream.source.1];
        let at = format!("#{}:{}", stream.source.0, stream.source.1);
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
        match &stream.choice {
            Choice::Copy if wanted.contains(&source.codec.as_str()) => {
                if stream.kind == MediaKind::Video
                    && let Some(form) = unplayable_form(source)
                {
                    diagnostics.push(
                        Diagnostic::warning(
                            CODE,
                            format!("{url}: stream {at} is H.264 in {form}, which FLV and RTMP players cannot show; it is copied all the same."),
                        )
                        .remedy("Replace -c:v copy by -c:v libx264: it is then converted to 8-bit 4:2:0."),
                    );
                }
            }
            Choice::Copy => {
                diagnostics.push(
                    Diagnostic::warning(
                        CODE,
                        format!(
                            "{url}: stream {at} is {}, which FLV players cannot take: it is encoded to {} with {} instead of copied.",
                            source.codec, encoder.codec_name, encoder.name
                        ),
                    )
                    .remedy("-flv_guard off copies it as it is."),
                );
                stream.choice = Choice::Encoder { facts: encoder, named: false };
            }
            Choice::Encoder { facts, named: true } if !wanted.contains(&facts.codec_name.as_str()) => {
                diagnostics.push(refused(&url, facts, &encoder, stream.kind));
            }
            Choice::Encoder { named: true, .. } => {}
            Choice::Encoder { named: false, .. } | Choice::NoEncoder { .. } => {
                stream.choice = Choice::Encoder { facts: encoder.clone(), named: false };
                diagnostics.push(Diagnostic::note(
                    CODE,
                    format!("{url}: stream {at} is encoded to {} with {}.", encoder.codec_name, encoder.name),
                ));
            }
        }
        if stream.kind == MediaKind::Video && matches!(stream.choice, Choice::Encoder { .. }) && !names_pixel_format {
            if let Some(form) = unplayable_form(source) {
                diagnostics.push(Diagnostic::note(
                    CODE,
                    format!("{url}: stream {at} is in {form}; it is converted to 8-bit 4:2:0 (yuv420p)."),
                ));
            }
            stream.pixel_format = Some("yuv420p".to_owned());
        }
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
