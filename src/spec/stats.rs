//! What is written of each frame or packet on its way out (`-stats_enc_pre` and its like): the form of the lines.

use super::PerStream;

/// Where a frame or packet is when it is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsPlace {
    /// A frame, before the encoder.
    BeforeEncoder,
    /// A packet, behind the encoder.
    BehindEncoder,
    /// A packet, before the muxer.
    BeforeMuxer,
}

/// One directive of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsField {
    /// `fidx`: the output's number.
    Output,
    /// `sidx`: the stream's number in it.
    Stream,
    /// `n`: how many came before.
    Number,
    /// `ni`: the number of the decoded frame that it comes from.
    InputNumber,
    /// `tb`: the time base.
    TimeBase,
    /// `tbi`: the decoded frame's time base.
    InputTimeBase,
    /// `pts`, in ticks.
    Pts,
    /// `ptsi`: the decoded frame's, in its ticks.
    InputPts,
    /// `t`: `pts` in seconds.
    Time,
    /// `ti`: `ptsi` in seconds.
    InputTime,
    /// `dts`, in ticks.
    Dts,
    /// `dt`: `dts` in seconds.
    DecodingTime,
    /// `sn`: samples of sound that came before.
    SampleNumber,
    /// `samp`: samples in the frame.
    Samples,
    /// `size`, in bytes.
    Size,
    /// `br`: bits per second of this packet.
    BitRate,
    /// `abr`: bits per second of all so far.
    AverageBitRate,
    /// `key`: `K` or `N`.
    Key,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatsPart {
    /// Text as it is.
    Text(String),
    /// What stands for a directive.
    Field(StatsField),
}

/// Which packets may have a directive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Both,
    Packets,
    Frames,
}

const FIELDS: [(&str, StatsField, Of); 18] = [
    ("fidx", StatsField::Output, Of::Both),
    ("sidx", StatsField::Stream, Of::Both),
    ("n", StatsField::Number, Of::Both),
    ("ni", StatsField::InputNumber, Of::Both),
    ("tb", StatsField::TimeBase, Of::Both),
    ("tbi", StatsField::InputTimeBase, Of::Both),
    ("pts", StatsField::Pts, Of::Both),
    ("ptsi", StatsField::InputPts, Of::Both),
    ("t", StatsField::Time, Of::Both),
    ("ti", StatsField::InputTime, Of::Both),
    ("dts", StatsField::Dts, Of::Packets),
    ("dt", StatsField::DecodingTime, Of::Packets),
    ("sn", StatsField::SampleNumber, Of::Frames),
    ("samp", StatsField::Samples, Of::Frames),
    ("size", StatsField::Size, Of::Packets),
    ("br", StatsField::BitRate, Of::Packets),
    ("abr", StatsField::AverageBitRate, Of::Packets),
    ("key", StatsField::Key, Of::Packets),
];

/// The line unless the user gives its form.
pub const DEFAULT_STATS_LINE: &str = "{fidx} {sidx} {n} {t}";

/// Reads the form of a line: text, `{directive}`, and `\` before a sign that stands for itself. The error is ffmpeg's
/// sentence.
pub fn stats_line(text: &str, place: StatsPlace) -> Result<Vec<StatsPart>, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let behind = &rest[sign.len_utf8()..];
        match sign {
            '\\' => {
                let taken = behind.chars().next();
                plain.push(taken.unwrap_or('\\'));
                rest = &behind[taken.map_or(0, char::len_utf8)..];
            }
            '{' => {
                let (name, after) =
                    behind.split_once('}').ok_or_else(|| format!("Missing closing brace in: {rest}"))?;
                if !plain.is_empty() {
                    parts.push(StatsPart::Text(std::mem::take(&mut plain)));
                }
                parts.push(StatsPart::Field(field(name, place)?));
                rest = after;
            }
            _ => {
                plain.push(sign);
                rest = behind;
            }
        }
    }
    if !plain.is_empty() {
        parts.push(StatsPart::Text(plain));
    }
    Ok(parts)
}

fn field(name: &str, place: StatsPlace) -> Result<StatsField, String> {
    let (_, field, of) =
        FIELDS.iter().find(|(known, ..)| *known == name).ok_or_else(|| format!("Invalid format directive: {name}"))?;
    match (of, place) {
        (Of::Packets, StatsPlace::BeforeEncoder) => {
            Err(format!("Format directive '{name}' may only be used post-encoding"))
        }
        (Of::Frames, StatsPlace::BehindEncoder | StatsPlace::BeforeMuxer) => {
            Err(format!("Format directive '{name}' may only be used pre-encoding"))
        }
        _ => Ok(*field),
    }
}

/// The options of one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsSpec {
    /// The files, by stream.
    pub file: PerStream<String>,
    /// The lines' forms, by stream.
    pub line: PerStream<Vec<StatsPart>>,
}

/// All three places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsSpecs {
    /// `-stats_enc_pre`.
    pub before_encoder: StatsSpec,
    /// `-stats_enc_post`.
    pub behind_encoder: StatsSpec,
    /// `-stats_mux_pre`.
    pub before_muxer: StatsSpec,
}

impl StatsSpecs {
    /// All files that are written.
    pub fn files(&self) -> impl Iterator<Item = &String> {
        let places = [&self.before_encoder, &self.behind_encoder, &self.before_muxer];
        places.into_iter().flat_map(|place| place.file.0.iter().map(|file| &file.value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_is_text_and_directives() {
        let parts = stats_line(r"a\{n\} {n}\", StatsPlace::BeforeEncoder).unwrap();
        let text = |text: &str| StatsPart::Text(text.to_owned());
        assert_eq!(parts, [text("a{n} "), StatsPart::Field(StatsField::Number), text("\\")]);
        assert_eq!(stats_line("n}", StatsPlace::BeforeMuxer).unwrap(), [text("n}")]);
        assert!(stats_line("", StatsPlace::BeforeMuxer).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_directive_there_is_refused_in_ffmpeg_s_words() {
        let told = |text, place| stats_line(text, place).unwrap_err();
        assert_eq!(told("{foo}", StatsPlace::BeforeMuxer), "Invalid format directive: foo");
        assert_eq!(told("a{n", StatsPlace::BeforeMuxer), "Missing closing brace in: {n");
        assert!(told("{dts}", StatsPlace::BeforeEncoder).ends_with("'dts' may only be used post-encoding"));
        assert!(told("{samp}", StatsPlace::BehindEncoder).ends_with("'samp' may only be used pre-encoding"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_with_its_braces_escaped_is_itself(text in "[^\\\\{}]{0,20}") {
            let parts = stats_line(&text, StatsPlace::BeforeMuxer).unwrap();
            proptest::prop_assert_eq!(parts.len(), usize::from(!text.is_empty()));
        }
    }
}
