//! Facts: what was found in the inputs, as plain data that rules can be tested with.

mod filtergraph;
mod stream_group;

pub use filtergraph::{DeviceFacts, FilterFacts, GraphFacts, GraphPlace, LinkFacts, PoolFacts};
pub use stream_group::{ElementRef, GroupContent, OptionPairs, StreamGroup, Submix};

use crate::unit::Rational;

/// The kind of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MediaKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Subtitles.
    Subtitle,
    /// Opaque data.
    Data,
    /// A file inside the container (a font, say).
    Attachment,
    /// None of these.
    Unknown,
}

impl MediaKind {
    /// FFmpeg's word: `video`, `audio`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Subtitle => "subtitle",
            Self::Data => "data",
            Self::Attachment => "attachment",
            Self::Unknown => "unknown",
        }
    }

    /// Its letter in stream specifiers: `v`, `a`, ...; empty where it has none.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Video => "v",
            Self::Audio => "a",
            Self::Subtitle => "s",
            Self::Data => "d",
            Self::Attachment => "t",
            Self::Unknown => "",
        }
    }
}

/// Key and value pairs in the order of the file.
pub type Metadata = Vec<(String, String)>;

/// What is known of an input after it was opened and probed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputFacts {
    /// The URL as given, with passwords masked.
    pub url: String,
    /// The demuxer's name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    /// The earliest timestamp, in microseconds.
    pub start_time_us: Option<i64>,
    /// The length, in microseconds, where the container tells or it could be estimated.
    pub duration_us: Option<i64>,
    /// The container's header tells the length; else it is an estimate.
    pub length_is_promised: bool,
    /// The container's timestamps may jump (`AVFMT_TS_DISCONT`): MPEG-TS and its like.
    pub timestamps_may_jump: bool,
    /// The container has no timestamps (`AVFMT_NOTIMESTAMPS`): those that it gives are counted.
    pub counts_time: bool,
    /// Its streams, by index.
    pub streams: Vec<StreamFacts>,
    /// Its programs.
    pub programs: Vec<ProgramFacts>,
    /// Its stream groups.
    pub stream_groups: Vec<StreamGroup>,
    /// Number of chapters.
    pub chapters: usize,
    /// Metadata of the chapters, by number.
    pub chapter_metadata: Vec<Metadata>,
    /// Global metadata.
    pub metadata: Metadata,
}

/// A program of an MPEG-TS or its like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProgramFacts {
    /// The program's number.
    pub id: i32,
    /// Indexes of its streams.
    pub streams: Vec<usize>,
    /// Its metadata.
    pub metadata: Metadata,
}

/// What is known of one input stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamFacts {
    /// Its index in the input.
    pub index: usize,
    /// The container's id of it (`AVStream.id`).
    pub id: i32,
    /// Its kind.
    pub kind: MediaKind,
    /// The codec's name, e.g. `h264`.
    pub codec: String,
    /// The codec's number in this FFmpeg (`AVCodecID`), for the catalog.
    pub codec_id: u32,
    /// `profile` of the codec, FFmpeg's number; negative when unknown.
    pub profile: i32,
    /// Four-character code, 0 when none.
    pub codec_tag: u32,
    /// Its time base.
    pub time_base: Rational,
    /// Average frame rate; [`Rational::UNKNOWN`] when unknown.
    pub avg_frame_rate: Rational,
    /// Lowest frame rate that all timestamps fit (`r_frame_rate`).
    pub real_frame_rate: Rational,
    /// First timestamp in ticks of the time base.
    pub start_time: Option<i64>,
    /// Length in ticks of the time base.
    pub duration: Option<i64>,
    /// Frames that the container's header tells of; 0 when it does not.
    pub frames: i64,
    /// Frames of reordering delay of a video decoder (`video_delay`).
    pub video_delay: i32,
    /// Picture width, or 0.
    pub width: i32,
    /// Picture height, or 0.
    pub height: i32,
    /// Pixel or sample format by name, empty when unknown.
    pub format: String,
    /// Bits per sample of a video stream's component, or 0 when unknown.
    pub bit_depth: i32,
    /// Samples per second, or 0.
    pub sample_rate_hz: i32,
    /// Number of channels, or 0.
    pub channels: i32,
    /// Bytes of one sample of all channels where each stands by itself (PCM), or 0.
    pub sample_bytes: usize,
    /// Channel layout by name, e.g. `5.1`; empty when unknown.
    pub channel_layout: String,
    /// Bits per second, or 0.
    pub bit_rate_bps: i64,
    /// The extradata is there.
    pub has_extradata: bool,
    /// Dispositions that are set, by FFmpeg's names.
    pub disposition: Vec<String>,
    /// Its metadata.
    pub metadata: Metadata,
    /// Probing met packets of it; ffmpeg prefers such streams.
    pub saw_packets: bool,
    /// All is known that a decoder needs (`-map` with `u` skips the others).
    pub usable: bool,
}

impl StreamFacts {
    /// A stream of which nothing but its kind is known, and nothing is amiss.
    pub const fn of_kind(index: usize, kind: MediaKind) -> Self {
        Self {
            index,
            id: 0,
            kind,
            codec: String::new(),
            codec_id: 0,
            profile: 0,
            codec_tag: 0,
            time_base: Rational::UNKNOWN,
            avg_frame_rate: Rational::UNKNOWN,
            real_frame_rate: Rational::UNKNOWN,
            start_time: None,
            duration: None,
            frames: 0,
            video_delay: 0,
            width: 0,
            height: 0,
            format: String::new(),
            bit_depth: 0,
            sample_rate_hz: 0,
            channels: 0,
            sample_bytes: 0,
            channel_layout: String::new(),
            bit_rate_bps: 0,
            has_extradata: false,
            disposition: Vec::new(),
            metadata: Vec::new(),
            saw_packets: true,
            usable: true,
        }
    }

    /// Sound or pictures of which probing met no packet and nothing that a decoder needs: a few damaged bytes may have made
    /// it up.
    pub fn is_only_announced(&self) -> bool {
        matches!(self.kind, MediaKind::Video | MediaKind::Audio) && !self.saw_packets && !self.usable
    }

    /// One picture that stands for the whole input, such as a song's cover.
    pub fn is_cover(&self) -> bool {
        self.has_disposition("attached_pic")
    }

    /// True when the named disposition is set.
    pub fn has_disposition(&self, name: &str) -> bool {
        self.disposition.iter().any(|d| d == name)
    }

    /// The value of a metadata key, case ignored.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_str())
    }

    /// The tag DURATION that writers of Matroska leave (`00:01:02.500000000`), in microseconds.
    pub fn tagged_duration_us(&self) -> Option<i64> {
        clock_time_us(self.tag("DURATION")?)
    }
}

fn clock_time_us(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.')?;
    let mut seconds = 0_i64;
    for part in clock.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    seconds.checked_mul(1_000_000)?.checked_add(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tagged_duration_is_read_or_there_is_none() {
        assert_eq!(clock_time_us("00:01:02.500000000"), Some(62_500_000));
        assert_eq!(clock_time_us("27:00:00.04"), Some(97_200_040_000));
        assert_eq!(["12", "aa:00:01.0", "99999999999999999999:0.0"].map(clock_time_us), [None; 3]);
    }
}
