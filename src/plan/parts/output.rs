//! What is written to an output: its streams, where they come from, and what its header says.

use super::Treatment;
use crate::catalog::MuxerFacts;
use crate::facts::{MediaKind, StreamGroup};
use crate::plan::{MetadataEdit, SessionPlan};
use crate::spec::StatsPart;
use crate::unit::Rational;

/// What is written to an output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputPlan {
    /// URL as given; never to be printed before passwords are masked.
    pub url: String,
    /// The muxer.
    pub muxer: MuxerFacts,
    /// Options for muxer and protocol.
    pub options: Vec<(String, String)>,
    /// Streams in order.
    pub streams: Vec<OutputStreamPlan>,
    /// `-ss`, in microseconds.
    pub start_us: Option<i64>,
    /// `-t`, in microseconds.
    pub duration_us: Option<i64>,
    /// `-fs`, in bytes.
    pub size_limit_bytes: Option<i64>,
    /// End with the stream that ends first.
    pub shortest: bool,
    /// What is held back at the most to find out which one that is, in microseconds of media, where the user says so.
    pub shortest_buffer_us: Option<i64>,
    /// `-bitexact`.
    pub bitexact: bool,
    /// Metadata of the file.
    pub metadata: Vec<MetadataEdit>,
    /// Metadata of chapters: the chapter's number and the edit.
    pub chapter_metadata: Vec<(usize, MetadataEdit)>,
    /// The input that chapters come from, and whether their metadata comes along.
    pub chapters_from: Option<(usize, bool)>,
    /// `-muxdelay`, in microseconds.
    pub max_delay_us: i64,
    /// What to say where the muxer refuses the header or a packet.
    pub refusal_advice: Option<String>,
    /// What may help where the muxer calls its header invalid, and does not tell what it takes.
    pub refusal_guess: Option<String>,
    /// Its session, where the far end is a peer.
    pub session: Option<SessionPlan>,
    /// `-program`.
    pub programs: Vec<ProgramPlan>,
    /// `-stream_group`.
    pub stream_groups: Vec<StreamGroup>,
    /// Metadata of programs: the program's number in `programs` and the edit.
    pub program_metadata: Vec<(usize, MetadataEdit)>,
}

impl OutputPlan {
    /// Two packets of a stream may have one DTS: the format allows it, and it is neither FLV nor for a peer,
    /// whose readers may end there.
    pub fn dts_may_repeat(&self) -> bool {
        self.muxer.dts_may_repeat && self.session.is_none() && self.muxer.name != "flv"
    }
}

/// A program of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramPlan {
    /// Its number.
    pub id: i32,
    /// Its title.
    pub title: Option<String>,
    /// Its streams.
    pub streams: Vec<usize>,
}

/// One output stream.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputStreamPlan {
    /// Its kind.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: StreamSource,
    /// Copied or encoded, and how.
    pub treatment: Treatment,
    /// Its metadata.
    pub metadata: Vec<MetadataEdit>,
    /// Its dispositions, by FFmpeg's names.
    pub disposition: Vec<String>,
    /// `-tag`, or 0.
    pub codec_tag: u32,
    /// `-bsf`.
    pub bitstream_filters: Option<String>,
    /// `-frames`.
    pub max_frames: Option<i64>,
    /// Where so many end the output's other streams too.
    pub limits_output: bool,
    /// Packets that may wait for the header (`-max_muxing_queue_size`) once they exceed the bytes.
    pub queue_packets: usize,
    /// See `queue_packets`.
    pub queue_bytes: usize,
    /// The output and stream whose encoder serves this one as well.
    pub encoded_by: Option<(usize, usize)>,
    /// `-streamid`.
    pub id: Option<i32>,
    /// `-time_base`.
    pub time_base: Option<Rational>,
    /// What is written of its frames and packets.
    pub stats: StatsPlans,
}

#[cfg(test)]
impl OutputStreamPlan {
    /// A stream of which nothing else is asked.
    pub(crate) fn bare(kind: MediaKind, source: StreamSource, treatment: Treatment) -> Self {
        Self {
            kind,
            source,
            treatment,
            metadata: Vec::new(),
            disposition: Vec::new(),
            codec_tag: 0,
            bitstream_filters: None,
            max_frames: None,
            limits_output: false,
            queue_packets: 0,
            queue_bytes: 0,
            encoded_by: None,
            id: None,
            time_base: None,
            stats: StatsPlans::default(),
        }
    }
}

/// Where an output stream comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamSource {
    /// An input and its stream.
    Input(usize, usize),
    /// A file that is attached.
    File,
    /// A complex filtergraph and its output.
    Graph(usize, usize),
}

impl StreamSource {
    /// Input and stream, where it is one.
    pub const fn input(self) -> Option<(usize, usize)> {
        match self {
            Self::Input(input, stream) => Some((input, stream)),
            Self::Graph(..) | Self::File => None,
        }
    }
}

/// The three places where lines about a stream are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsPlans {
    /// `-stats_enc_pre`.
    pub before_encoder: Option<StatsPlan>,
    /// `-stats_enc_post`.
    pub behind_encoder: Option<StatsPlan>,
    /// `-stats_mux_pre`.
    pub before_muxer: Option<StatsPlan>,
}

impl StatsPlans {
    /// Something is written.
    pub fn is_any(&self) -> bool {
        [&self.before_encoder, &self.behind_encoder, &self.before_muxer].into_iter().any(Option::is_some)
    }
}

/// Lines about each frame or packet of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsPlan {
    /// Where they go.
    pub file: String,
    /// What each holds.
    pub line: Vec<StatsPart>,
}
