//! What a timeline goes by, and the times of packets before and behind it.

use super::PreRoll;
use crate::facts::MediaKind;
use crate::unit::Rational;

/// What the timeline must know of a stream.
#[derive(Clone, Debug)]
pub struct StreamTiming {
    /// Its kind; only sound and pictures can open an epoch.
    pub kind: MediaKind,
    /// Its time base.
    pub time_base: Rational,
    /// Bits after which its timestamps wrap; 64 for never.
    pub wrap_bits: u32,
    /// The rate that the user set for it (`-r` before `-i`).
    pub forced_frame_rate: Option<Rational>,
    /// Its average frame rate, or unknown.
    pub avg_frame_rate: Rational,
    /// Frames of reordering delay.
    pub video_delay: i32,
    /// Samples per second, or 0.
    pub sample_rate_hz: i32,
    /// Samples per packet, or 0.
    pub frame_samples: i32,
    /// It is decoded, not only copied.
    pub decoded: bool,
    /// It is copied, not only decoded.
    pub copied: bool,
    /// Its first decoding time, where none is told, is reckoned from when the packet is shown.
    pub begins_when_shown: bool,
    /// Its times are multiplied by this (`-itsscale`), offset and all.
    pub scale: Option<Rational>,
    /// Where it begins in the input, in ticks, where the first pass begins later (`-ss`) than those behind it.
    pub starts_at: Option<i64>,
    /// It is one picture that stands for the whole input (a cover): it has no part in how long a pass is.
    pub stands: bool,
    /// Its container tells only when pictures are shown; when they are decoded is libavformat's guess.
    pub tells_only_display: bool,
}

impl StreamTiming {
    /// Nobody but its decoder gets its packets.
    pub fn is_only_decoded(&self) -> bool {
        self.decoded && !self.copied
    }
}

/// What the timeline must know of the input.
#[derive(Clone, Debug)]
pub struct TimelineSettings {
    /// Added to every timestamp, in microseconds.
    pub offset_us: i64,
    /// The container's start time, in microseconds.
    pub start_time_us: Option<i64>,
    /// Timestamps are passed through (`-copyts`): nothing is re-anchored.
    pub copy_timestamps: bool,
    /// The format's timestamps may jump forward legitimately.
    pub may_jump: bool,
    /// A forward jump of more than this is one (`-dts_delta_threshold`), in microseconds.
    pub delta_threshold_us: i64,
    /// The same for formats whose timestamps should not jump (`-dts_error_threshold`), in microseconds.
    pub error_threshold_us: i64,
    /// How what lies before the beginning of an edit is known.
    pub pre_roll: PreRoll,
    /// A stream's clock may be set right against the others' while it runs, as RTCP's sender reports do: sound gives way.
    pub rebases: bool,
}

/// A packet's times as the demuxer gave them, in ticks of its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketTimes {
    /// Presentation time.
    pub pts: Option<i64>,
    /// Decoding time.
    pub dts: Option<i64>,
    /// Length, or 0.
    pub duration: i64,
    /// Samples that its decoder cuts off its beginning and its end.
    pub trimmed: (u32, u32),
}

impl PacketTimes {
    /// What its decoder cuts off all of a packet that is only read for the sake of others.
    pub const ALL_TRIMMED: (u32, u32) = (u32::MAX, 0);

    /// It is only read for the sake of others.
    pub fn is_discarded(&self) -> bool {
        self.trimmed == Self::ALL_TRIMMED
    }
}

/// A packet's times in the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// Presentation time in ticks of the stream.
    pub pts: Option<i64>,
    /// Decoding time in ticks of the stream.
    pub dts: Option<i64>,
    /// Decoding time in microseconds, estimated where the packet had none.
    pub dts_us: i64,
    /// It lies before the beginning of an edit, and is decoded for the sake of others: what it brings is left out.
    pub pre_roll: bool,
    /// The whole packet overlaps what was already sent before a seam: leave it out.
    pub overlaps: bool,
    /// Media is missing between the end of the last pass and this packet, in ticks of the stream: from, to.
    pub hole: Option<(i64, i64)>,
}
