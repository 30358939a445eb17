//! Explains why an encoder refused what it was given, as far as that can be told.

use super::EncodeStage;
use crate::av::{AvError, colour_shifts, format_name};
use crate::engine::fault::StageError;
use crate::facts::MediaKind;
use crate::octets;

impl EncodeStage {
    /// What to do where an encoder that keeps its own log of a first pass has none.
    fn missing_log(&self) -> Option<String> {
        let told = |name: &str| self.settings.plan.options.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let log = told("stats").filter(|_| told("flags").is_some_and(|flags| flags.contains("pass2")))?;
        let is_missing = !octets::to_path(log).exists();
        is_missing.then(|| {
            format!("there is no log of a first pass, {log}: run the same command with -pass 1 before this one")
        })
    }

    /// An encoder cannot be opened: says so, with what it was given and what may help.
    pub(super) fn explain_refusal(&self, cause: AvError) -> StageError {
        let plan = &self.settings.plan;
        if cause == AvError::EXPERIMENTAL {
            return StageError::Failed(format!(
                "The encoder '{}' is experimental but experimental codecs are not enabled, add '-strict -2' if you want to use it.",
                plan.encoder
            ));
        }
        let shape = self.shape.as_ref().map(|s| &s.output.shape);
        let what = match shape {
            Some(s) if s.width > 0 => {
                format!("{}x{} {}", s.width, s.height, format_name(MediaKind::Video, s.format).unwrap_or_default())
            }
            Some(s) => format!(
                "{} Hz, {}, {}",
                s.sample_rate_hz,
                s.channel_layout,
                format_name(MediaKind::Audio, s.format).unwrap_or_default()
            ),
            None => String::new(),
        };
        let options: Vec<String> = plan.options.iter().map(|(k, v)| format!("-{k} {v}")).collect();
        let options = if options.is_empty() { String::new() } else { format!(", options {}", options.join(" ")) };
        let (output, stream) = self.settings.index;
        let pictures = shape.filter(|s| s.width > 0).and_then(|s| {
            let format = format_name(MediaKind::Video, s.format)?;
            even_size(&plan.encoder, &format, colour_shifts(s.format), (s.width, s.height)).or_else(|| {
                eight_bits(&plan.options, &format).filter(|_| matches!(plan.codec.as_str(), "h264" | "hevc"))
            })
        });
        let rateless = (self.settings.kind == MediaKind::Video && !self.frame_rate.is_valid()).then(|| {
            "its pictures come at no constant rate, and -r 25, or fps=25 as the last filter, gives them one".to_owned()
        });
        let known = pictures.or_else(|| no_hardware(&plan.encoder, &plan.codec, cause)).or_else(|| self.missing_log());
        let advice = known.or(rateless).unwrap_or_else(|| {
            "maybe incorrect parameters such as bit_rate, rate, width or height: the encoder's own message above names the \
             one it refuses"
                .to_owned()
        });
        let text = format!(
            "Error while opening encoder for {}: {cause}. It was given {what}{options}; {advice}.",
            self.name()
        );
        let ffmpeg = format!(
            "Error initializing output stream {output}:{stream} -- Error while opening encoder for output stream \
             #{output}:{stream} - maybe incorrect parameters such as bit_rate, rate, width or height"
        );
        StageError::Told { text, ffmpeg }
    }
}

/// Encoders that refuse pictures whose colours cannot be halved evenly; others round.
const EVEN_SIZES: [&str; 5] = ["libx26", "libopenh264", "libsvt", "h264_", "hevc_"];

/// What to do about pictures whose colours are halved (`shifts`: how often, across and down) while their size cannot be.
fn even_size(encoder: &str, format: &str, shifts: (u32, u32), (width, height): (i32, i32)) -> Option<String> {
    let is_uneven = |size: i32, shift: u32| shift > 0 && size % 2 != 0;
    let what = match (is_uneven(width, shifts.0), is_uneven(height, shifts.1)) {
        (false, false) => return None,
        (true, false) => "width",
        (false, true) => "height",
        (true, true) => "width and height",
    };
    EVEN_SIZES.iter().any(|start| encoder.starts_with(start)).then(|| {
        format!(
            "{format} wants an even {what}: -2 in the place of -1 (scale=-2:480) rounds to one, and \
             -vf 'scale=trunc(iw/2)*2:trunc(ih/2)*2' makes one of any"
        )
    })
}

/// Profiles of H.264 and HEVC whose pictures have eight bits.
fn eight_bits(options: &[(String, String)], format: &str) -> Option<String> {
    let profile = options.iter().rfind(|(name, _)| name == "profile").map(|(_, value)| value.as_str())?;
    let is_deep = ["10le", "10be", "12le", "12be", "p010", "p012"].iter().any(|depth| format.contains(depth));
    (is_deep && matches!(profile, "baseline" | "main" | "high")).then(|| {
        format!("the profile {profile} has 8 bits and {format} more: -pix_fmt yuv420p has 8, or leave the profile out")
    })
}

/// Encoders of hardware, by how their names end.
const OF_HARDWARE: [&str; 8] = ["_nvenc", "_qsv", "_vaapi", "_amf", "_videotoolbox", "_v4l2m2m", "_vulkan", "_mf"];

/// An encoder that finds no device or driver, with one that needs none.
fn no_hardware(encoder: &str, codec: &str, cause: AvError) -> Option<String> {
    let is_absent = matches!(cause.errno(), Some(libc::EPERM | libc::ENODEV | libc::ENOENT));
    let software = match codec {
        "h264" => ", and -c:v libx264 needs none",
        "hevc" => ", and -c:v libx265 needs none",
        "av1" => ", and -c:v libsvtav1 needs none",
        _ => "",
    };
    (is_absent && OF_HARDWARE.iter().any(|end| encoder.ends_with(end)))
        .then(|| format!("{encoder} wants hardware, and a driver for it, that this machine does not have{software}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn uneven_sizes_are_told_where_they_are_the_reason() {
        let wants = |encoder, format, shifts, size| {
            even_size(encoder, format, shifts, size).map(|text| text.split(':').next().map(str::to_owned))
        };
        let told = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(wants("libx264", "yuv420p", (1, 1), (853, 480)), told("yuv420p wants an even width"));
        assert_eq!(wants("libx265", "yuv420p10le", (1, 1), (294, 323)), told("yuv420p10le wants an even height"));
        assert_eq!(wants("libx264", "nv12", (1, 1), (3, 5)), told("nv12 wants an even width and height"));
        assert_eq!(wants("libx264", "yuv422p", (1, 0), (294, 323)), None);
        assert_eq!(wants("libx264", "yuv444p", (0, 0), (853, 481)), None);
        assert_eq!(wants("libx264", "yuv420p", (1, 1), (640, 360)), None);
        assert_eq!(wants("mpeg4", "yuv420p", (1, 1), (853, 480)), None);
    }

    #[test]
    fn profiles_of_eight_bits_are_told_of_deeper_pictures() {
        let told = |profile: &str, format| eight_bits(&[("profile".to_owned(), profile.to_owned())], format).is_some();
        assert!(told("high", "yuv420p10le") && told("main", "p010le"));
        assert!(!told("high10", "yuv420p10le") && !told("high", "yuv420p"));
        assert_eq!(eight_bits(&[], "yuv420p10le"), None);
    }

    #[test]
    fn hardware_that_is_not_there_is_told_with_what_does_without() {
        let told = |encoder: &str, codec: &str, errno: i32| no_hardware(encoder, codec, AvError(-errno));
        assert!(told("h264_nvenc", "h264", libc::EPERM).unwrap().ends_with("-c:v libx264 needs none"));
        assert!(told("vp9_vaapi", "vp9", libc::ENODEV).unwrap().ends_with("does not have"));
        assert_eq!(told("h264_nvenc", "h264", libc::EINVAL), None);
        assert_eq!(told("libx264", "h264", libc::EPERM), None);
    }
}
