//! What is done with an input and its streams.

use crate::plan::{HardwareDecode, SessionPlan};
use crate::spec::{Cropping, InputGap, ReadRate};
use crate::unit::Rational;

/// What is done with an input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputPlan {
    /// URL, passwords masked.
    pub url: String,
    /// Demuxer.
    pub format: String,
    /// Added to its timestamps, in microseconds.
    pub offset_us: i64,
    /// `-ss`, in microseconds.
    pub start_us: Option<i64>,
    /// That lies behind the end that the header tells.
    pub starts_behind_end: bool,
    /// `-t`, in microseconds.
    pub duration_us: Option<i64>,
    /// Decoded streams begin exactly at `start_us`.
    pub accurate_seek: bool,
    /// Passes after the first; -1 is for ever.
    pub stream_loop: i32,
    /// Pacing.
    pub read_rate: Option<ReadRate>,
    /// Its session, where the far end is a peer.
    pub session: Option<SessionPlan>,
    /// It waits for a peer to come, whose leave is its end.
    pub listens: bool,
    /// What outputs get while it is away.
    pub on_gap: InputGap,
    /// Its streams by index.
    pub streams: Vec<InputStreamPlan>,
}

impl InputPlan {
    /// Its media comes at the speed of time: from a peer, or paced.
    pub fn is_timed(&self) -> bool {
        self.session.is_some() || self.read_rate.is_some()
    }
}

/// What is done with an input stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputStreamPlan {
    /// Some output wants it.
    pub used: bool,
    /// How it is decoded, if it is.
    pub decode: Option<DecodePlan>,
    /// `-r` before `-i`.
    pub forced_frame_rate: Option<Rational>,
    /// Turn pictures upright.
    pub autorotate: bool,
    /// Who may cut off the margins of its pictures.
    pub cropping: Cropping,
    /// Leave out frames of another format than the first, before filters.
    pub drop_changed: bool,
    /// Rebuild the filtergraph when the format changes.
    pub reinit_filter: bool,
    /// `-itsscale`.
    pub timestamp_scale: Option<Rational>,
    /// `-discard`, FFmpeg's number.
    pub discard: Option<i32>,
    /// `-fix_sub_duration`.
    pub fix_subtitle_duration: bool,
    /// `-canvas_size`, in pixels.
    pub canvas_size: Option<(i32, i32)>,
    /// `-top` before `-i`.
    pub top_field_first: Option<bool>,
    /// Filters that options put before all others: names and parameters.
    pub first_filters: Vec<(String, String)>,
    /// `-tag` before `-i`.
    pub codec_tag: Option<u32>,
}

/// How a stream is decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecodePlan {
    /// The decoder's name.
    pub decoder: String,
    /// Its options.
    pub options: Vec<(String, String)>,
    /// `-bitexact`.
    pub bitexact: bool,
    /// The hardware that is to do it.
    pub hardware: HardwareDecode,
    /// Its threads, where a file is read as fast as it can be and the user does not say.
    pub threads: DecoderThreads,
}

/// How many threads a decoder has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecoderThreads {
    /// As many as libavcodec chooses.
    #[default]
    Usual,
    /// Some more: pictures that wait for one another within the decoder then leave no core idle. Each costs the delay and
    /// the memory of a picture.
    Spare,
    /// One: what comes behind it takes so much longer that threads of its own would only take processor time and memory from that.
    One,
}
