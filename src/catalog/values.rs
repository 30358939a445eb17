//! Values of the libraries' options: who is given one, and what it expects instead of one that it refuses.

use crate::diagnostic::enumerated;

/// Who is given an option of FFmpeg's libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionOwner<'a> {
    /// The encoder of that name.
    Encoder(&'a str),
    /// The decoder of that name.
    Decoder(&'a str),
    /// A stream that is copied: what all codecs have.
    CopiedStream,
    /// What writes an output: its muxer and the protocol of its URL.
    Output {
        /// The muxer's name.
        muxer: &'a str,
        /// The URL.
        url: &'a str,
    },
    /// What reads an input: its demuxer and the protocol of its URL.
    Input {
        /// The demuxer's name; `None` where it is yet to be found.
        demuxer: Option<&'a str>,
        /// The URL.
        url: &'a str,
    },
    /// libswscale.
    Scaler,
    /// libswresample.
    Resampler,
    /// The filter of that name.
    Filter(&'a str),
}

/// What an option's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Names joined by `+` and `-`.
    Flags,
    /// A whole number, perhaps by name.
    Whole,
    /// A number, perhaps by name.
    Number,
    /// True or false.
    Switch,
    /// A time.
    Duration,
    /// `640x360`.
    Size,
    /// Frames per second.
    FrameRate,
    /// A fraction.
    Ratio,
    /// A colour.
    Colour,
    /// A pixel format.
    PixelFormat,
    /// A sample format.
    SampleFormat,
    /// A channel layout.
    ChannelLayout,
    /// `key=value:key=value`.
    Pairs,
    /// Bytes in hexadecimal.
    Bytes,
    /// Text, of which only some may be understood.
    Text,
}

/// What an option expects.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// What its values are.
    pub kind: ValueKind,
    /// The names that stand for values, in FFmpeg's order.
    pub names: Vec<String>,
    /// The lowest and the highest number.
    pub range: (f64, f64),
}

/// What came of giving somebody an option.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// There is no such option.
    Unknown,
    /// The value is taken.
    Taken,
    /// The value is refused.
    Refused(Expected),
}

/// More names than this are not listed.
const MOST_NAMES: usize = 16;

/// Numbers that lie further apart than this are told of beside the names for some of them.
const FEW: f64 = 64.0;

/// From here on a limit is none.
const NO_LIMIT: f64 = 9.0e18;

/// Beside names a limit is none from here on.
const INT_LIMIT: f64 = i32::MAX as f64;

impl Expected {
    /// The end of "...expects".
    pub fn words(&self) -> String {
        match (self.kind, self.names.is_empty()) {
            (ValueKind::Flags, false) => format!("flags out of {}, joined by +", self.listed("and")),
            (ValueKind::Whole | ValueKind::Number, false) if self.range.1 - self.range.0 > FEW => {
                format!("{}, or {}", self.one_of(), self.number(INT_LIMIT))
            }
            (_, false) => self.one_of(),
            (ValueKind::Whole | ValueKind::Number | ValueKind::Flags, true) => self.number(NO_LIMIT),
            (ValueKind::Switch, true) => "true or false".to_owned(),
            (ValueKind::Duration, true) => "a time such as 12.5, 300ms or 01:02:03".to_owned(),
            (ValueKind::Size, true) => "a size such as 640x360 or hd720".to_owned(),
            (ValueKind::FrameRate, true) => "a frame rate such as 25, 30000/1001 or ntsc".to_owned(),
            (ValueKind::Ratio, true) => "a ratio such as 16:9 or 1/25".to_owned(),
            (ValueKind::Colour, true) => "a colour such as red or 0xff8800 (-colors lists names)".to_owned(),
            (ValueKind::PixelFormat, true) => "a pixel format such as yuv420p (-pix_fmts lists them)".to_owned(),
            (ValueKind::SampleFormat, true) => "a sample format such as s16 (-sample_fmts lists them)".to_owned(),
            (ValueKind::ChannelLayout, true) => "a channel layout such as stereo (-layouts lists them)".to_owned(),
            (ValueKind::Pairs, true) => "pairs such as key=value:key=value".to_owned(),
            (ValueKind::Bytes, true) => "bytes in hexadecimal".to_owned(),
            (ValueKind::Text, true) => "another value".to_owned(),
        }
    }

    fn one_of(&self) -> String {
        match &self.names[..] {
            [only] => only.clone(),
            _ => format!("one of {}", self.listed("or")),
        }
    }

    fn listed(&self, joint: &str) -> String {
        let names = &self.names[..self.names.len().min(MOST_NAMES)];
        let rest = self.names.len() - names.len();
        if rest > 0 { format!("{} {joint} {rest} more", names.join(", ")) } else { enumerated(names, joint) }
    }

    /// A number within its range, of which limits as far off as this are not told.
    fn number(&self, no_limit: f64) -> String {
        let (low, high) = self.range;
        let what = if self.kind == ValueKind::Number { "a number" } else { "a whole number" };
        match (low > -no_limit, high < no_limit) {
            (true, true) => format!("{what} from {low} to {high}"),
            (true, false) => format!("{what} from {low} up"),
            (false, true) => format!("{what} up to {high}"),
            (false, false) => what.to_owned(),
        }
    }
}

/// Things that are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Filters of filtergraphs.
    Filter,
    /// Bitstream filters.
    BitstreamFilter,
    /// Formats that can be written.
    Muxer,
    /// Formats that can be read.
    Demuxer,
    /// Decoders.
    Decoder,
    /// Pixel formats.
    PixelFormat,
    /// Sample formats.
    SampleFormat,
    /// Channel layouts.
    ChannelLayout,
    /// What streams may be marked as.
    Disposition,
    /// What demuxers may leave out.
    Discard,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(kind: ValueKind, names: &[&str], range: (f64, f64)) -> String {
        Expected { kind, names: names.iter().map(|name| (*name).to_owned()).collect(), range }.words()
    }

    #[test]
    fn what_is_expected_is_told_in_words() {
        let int = (f64::from(i32::MIN), f64::from(i32::MAX));
        let cases = [
            (expected(ValueKind::Flags, &["faststart", "dash"], int), "flags out of faststart and dash, joined by +"),
            (expected(ValueKind::Text, &["film", "grain", "psnr"], (0.0, 0.0)), "one of film, grain or psnr"),
            (expected(ValueKind::Whole, &["auto", "off"], (-1.0, 1.0)), "one of auto or off"),
            (expected(ValueKind::Whole, &["auto"], (0.0, 2_147_483_647.0)), "auto, or a whole number from 0 up"),
            (expected(ValueKind::Whole, &[], (0.0, 63.0)), "a whole number from 0 to 63"),
            (expected(ValueKind::Number, &[], (-1.0, f64::from(f32::MAX))), "a number from -1 up"),
            (expected(ValueKind::Number, &[], (0.5, 2.0)), "a number from 0.5 to 2"),
            (expected(ValueKind::Whole, &[], (i64::MIN as f64, i64::MAX as f64)), "a whole number"),
            (expected(ValueKind::Whole, &[], (i64::MIN as f64, 0.0)), "a whole number up to 0"),
            (expected(ValueKind::Switch, &[], (0.0, 1.0)), "true or false"),
        ];
        for (told, words) in cases {
            assert_eq!(told, words);
        }
        let names: Vec<String> = (0..40).map(|n| format!("n{n}")).collect();
        let many = Expected { kind: ValueKind::Text, names, range: (0.0, 0.0) }.words();
        assert!(many.ends_with("n15 or 24 more"), "{many}");
    }
}
