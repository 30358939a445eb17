//! Which hardware is to decode a stream.

use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::spec::{InputSpec, PerStream};

/// By what means a stream is decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HardwareMethod {
    /// In software, or by a decoder that finds its hardware itself.
    #[default]
    None,
    /// By the first device that can be had, else in software.
    Auto,
    /// By a device of this type (`vaapi`, `cuda` ...), where it knows the codec.
    Kind(String),
}

/// The hardware that a stream's options ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HardwareDecode {
    /// `-hwaccel`.
    pub method: HardwareMethod,
    /// `-hwaccel_device`: the name of an open device, or what opens one.
    pub device: Option<String>,
    /// `-hwaccel_output_format`, or what the method implies: the hardware's own format keeps pictures there.
    pub format: Option<String>,
}

/// What a method implies when `-hwaccel_output_format` is absent, for what command lines have long relied on.
fn implied_format(method: &str) -> Option<&'static str> {
    match method {
        "cuvid" => Some("cuda"),
        "qsv" => Some("qsv"),
        "mediacodec" => Some("mediacodec"),
        _ => None,
    }
}

/// Reads what is asked for a stream; for anything but pictures that is nothing.
pub fn hardware_decode(spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> HardwareDecode {
    if stream.kind != MediaKind::Video {
        return HardwareDecode::default();
    }
    let value = |values: &PerStream<String>| {
        values.last_matching(|specifier| specifier.matches(facts, stream)).map(|assigned| assigned.value.clone())
    };
    let method = value(&spec.hwaccel);
    let implied = method.as_deref().and_then(implied_format).map(str::to_owned);
    HardwareDecode {
        method: match method.as_deref() {
            None | Some("none") => HardwareMethod::None,
            Some("auto") => HardwareMethod::Auto,
            // Older names of the same devices.
            Some("nvdec" | "cuvid") => HardwareMethod::Kind("cuda".to_owned()),
            Some(kind) => HardwareMethod::Kind(kind.to_owned()),
        },
        device: value(&spec.seldom.hwaccel_device),
        format: value(&spec.seldom.hwaccel_output_format).or(implied),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plan::testing::{input, planned, stream, video};

    fn asked(options: &str) -> Vec<HardwareDecode> {
        let facts = [input(vec![video("h264"), video("hevc"), stream(MediaKind::Audio, "aac")])];
        let plan = planned(&format!("{options} -i a -map 0 b.mkv"), &facts).unwrap();
        plan.inputs[0].streams.iter().map(|s| s.decode.clone().unwrap().hardware).collect()
    }

    #[test]
    fn streams_may_be_decoded_by_different_means_and_sound_by_none() {
        let asked = asked("-hwaccel auto -hwaccel:v:1 vaapi -hwaccel_device:v:1 x -hwaccel_output_format:1 vaapi");
        assert_eq!(asked[0], HardwareDecode { method: HardwareMethod::Auto, ..HardwareDecode::default() });
        let second = HardwareDecode {
            method: HardwareMethod::Kind("vaapi".to_owned()),
            device: Some("x".to_owned()),
            format: Some("vaapi".to_owned()),
        };
        assert_eq!(asked[1], second);
        assert_eq!(asked[2], HardwareDecode::default());
    }

    #[test]
    fn older_names_mean_what_they_meant() {
        let first = |options: &str| asked(options).swap_remove(0);
        assert_eq!(first("-hwaccel nvdec").method, HardwareMethod::Kind("cuda".to_owned()));
        assert_eq!(first("-hwaccel nvdec").format, None);
        assert_eq!(first("-hwaccel cuvid").format.as_deref(), Some("cuda"));
        assert_eq!(first("-hwaccel qsv").format.as_deref(), Some("qsv"));
        assert_eq!(first("-hwaccel qsv -hwaccel_output_format nv12").format.as_deref(), Some("nv12"));
        assert_eq!(first("-hwaccel none").method, HardwareMethod::None);
    }
}
