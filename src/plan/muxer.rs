//! Which muxer writes an output: by `-f`, by the name, or by the protocol.

use super::{Context, correction};
use crate::catalog::{MuxerFacts, Named};
use crate::diagnostic::{Diagnostic, mask_url, no_output_format, no_output_format_in_ffmpeg};
use crate::spec::OutputSpec;

/// The muxer of an output, or why there is none.
pub(super) fn choose(context: &Context, spec: &OutputSpec) -> Result<MuxerFacts, Diagnostic> {
    let catalog = context.catalog;
    if let Some(format) = &spec.format {
        return catalog.muxer(&format.value).ok_or_else(|| {
            Diagnostic::error(
                "unknown-format",
                format!(
                    "Requested output format '{}' is not a suitable output format for {}.",
                    format.value,
                    mask_url(&spec.url)
                ),
            )
            .ffmpeg_says(format!(
                "[NULL @ 0x0] Requested output format '{}' is not a suitable output format\n{}: Invalid argument",
                format.value,
                mask_url(&spec.url)
            ))
            .remedy(correction::remedy_for_name(
                context.spec,
                &format.origin,
                &format.value,
                &catalog.names(Named::Muxer),
                "-muxers lists those that this FFmpeg can write.",
            ))
            .at(&format.origin)
        });
    }
    let scheme = spec.url.split("://").next().filter(|s| s.len() < spec.url.len()).unwrap_or("");
    let by_scheme = match scheme.to_ascii_lowercase().as_str() {
        "rtmp" | "rtmps" | "rtmpt" | "rtmpe" | "rtmpte" | "rtmpts" => Some("flv"),
        "rtsp" | "rtsps" => Some("rtsp"),
        "srt" | "udp" => Some("mpegts"),
        _ => None,
    };
    if let Some(muxer) = catalog.guess_muxer(&spec.url).or_else(|| by_scheme.and_then(|name| catalog.muxer(name))) {
        return Ok(muxer);
    }
    let reason = if spec.url.trim().is_empty() {
        "an empty argument was taken for an output file".to_owned()
    } else {
        "the name has no extension that a format is known by".to_owned()
    };
    let name = mask_url(&spec.url);
    Err(Diagnostic::error("unknown-format", format!("{}: {reason}.", no_output_format(&name)))
        .ffmpeg_says(no_output_format_in_ffmpeg(&name))
        .remedy("Name the format with -f, e.g. -f mp4, or give the file an extension.")
        .at(&spec.origin))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{input, planned, refusal, video};

    #[test]
    fn the_url_tells_the_format_unless_f_does() {
        let facts = [input(vec![video("h264")])];
        for (line, muxer) in [
            ("-i a out.mkv", "matroska"),
            ("-i a -f flv out.mkv", "flv"),
            ("-i a rtmp://h/live/a", "flv"),
            ("-i a rtsp://h:8554/a", "rtsp"),
            ("-i a srt://h:9000", "mpegts"),
            ("-i a UDP://h:9000", "mpegts"),
        ] {
            assert_eq!(planned(line, &facts).unwrap().outputs[0].muxer.name, muxer, "{line}");
        }
        assert_eq!(refusal("-i a out", &facts).0, "unknown-format");
        assert_eq!(refusal("-i a -f nosuch out.mp4", &facts).0, "unknown-format");
    }

    #[test]
    fn the_nearest_format_is_shown_with_the_corrected_command() {
        let (_, text) = refusal("-i a -f movv out.mov", &[input(vec![video("h264")])]);
        let expected = "Requested output format 'movv' is not a suitable output format for out.mov. Did you mean mov? \
                        Type: weir -i a -f mov out.mov";
        assert_eq!(text, expected);
    }

    #[test]
    fn passwords_do_not_show_in_refusals() {
        let (_, text) = refusal("-i a http://user:secret@h/x", &[input(vec![video("h264")])]);
        assert!(!text.contains("secret") && text.contains("user:***@h"), "{text}");
    }
}
