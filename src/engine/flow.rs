//! What flows through the links.

use super::leak::Mark;
use super::link::Flowing;
use crate::av::{AvError, EncodedParameters, Frame, GraphOutput, Packet, StreamParameters, Subtitle};
use crate::unit::Rational;
use crossbeam_channel::Sender;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A packet with its place in the job's time.
#[derive(Debug)]
pub struct MediaPacket {
    /// The packet, its times in its stream's (or its encoder's) time base.
    pub packet: Packet,
    /// Its decoding time in microseconds of the job, estimated where the packet has none.
    pub dts_us: i64,
}

/// What a stream's new decoder must know, for the one who decodes it.
#[derive(Clone)]
pub struct NewCodec(Arc<Mutex<Option<StreamParameters>>>);

impl NewCodec {
    /// To be taken once.
    pub fn new(parameters: StreamParameters) -> Self {
        Self(Arc::new(Mutex::new(Some(parameters))))
    }

    /// The parameters, for the first who asks.
    pub fn take(&self) -> Option<StreamParameters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for NewCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewCodec")
    }
}

/// From demuxers to decoders and muxers, and from encoders to muxers and loopback decoders.
#[derive(Debug)]
pub enum PacketItem {
    /// A packet.
    Packet(MediaPacket),
    /// The input starts over: what the decoder holds belongs to the pass before.
    Seam,
    /// The input is away, and the job's time is this, in microseconds: the last picture and silence stand for it.
    Away(i64),
    /// The input came back with another codec.
    Renew(NewCodec),
    /// Sound is missing before the next packet, in ticks of the stream: from, to.
    Hole(i64, i64),
    /// The input has come as far as this, in ticks of the stream: for subtitles that are drawn on pictures.
    Heartbeat(i64),
    /// The encoder is open; the muxer may write its header.
    Ready(Box<EncodedParameters>),
}

impl Flowing for PacketItem {
    fn mark(&self) -> Option<Mark> {
        match self {
            Self::Packet(media) => Some(Mark { time_us: media.dts_us, key: media.packet.is_key() }),
            _ => None,
        }
    }

    fn supersedes(&self, earlier: &Self) -> bool {
        matches!((self, earlier), (Self::Away(_), Self::Away(_)) | (Self::Heartbeat(_), Self::Heartbeat(_)))
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Packet(p) => p.packet.footprint(),
            _ => 0,
        }
    }

    fn share(&self) -> Result<Self, AvError> {
        Ok(match self {
            Self::Packet(p) => Self::Packet(MediaPacket { packet: p.packet.share()?, dts_us: p.dts_us }),
            Self::Seam => Self::Seam,
            Self::Away(at) => Self::Away(*at),
            Self::Renew(codec) => Self::Renew(codec.clone()),
            Self::Hole(from, to) => Self::Hole(*from, *to),
            Self::Heartbeat(at) => Self::Heartbeat(*at),
            Self::Ready(parameters) => Self::Ready(Box::new(parameters.share()?)),
        })
    }
}

/// What a filtergraph's output looks like, sent before its first frame and whenever it changes.
#[derive(Debug)]
pub struct Shape {
    /// Format, size, rate, time base.
    pub output: GraphOutput,
    /// No filter changes samples or pixels.
    pub unfiltered: bool,
    /// Bits per raw sample that the decoder found, or 0.
    pub source_bits: i32,
    /// Samples of the first frame, where the encoder's plan asks for them; else 0.
    pub first_samples: i32,
    /// Where the encoder answers how many samples each frame must have (0: any).
    pub frame_samples: Option<Sender<i32>>,
}

/// From decoders to filtergraphs, and from filtergraphs to encoders.
#[derive(Debug)]
pub enum FrameItem {
    /// A frame.
    Frame(Frame),
    /// What the frames that follow look like.
    Shape(Box<Shape>),
    /// Bits per raw sample that the decoder found.
    SourceBits(i32),
    /// Time base and frame rate of the frames that follow, from a loopback decoder: its encoder alone knows them.
    Clock(Rational, Rational),
    /// A subtitle that is to be drawn.
    Subtitle(Subtitle),
    /// The input has come as far as this, in ticks of the stream of subtitles.
    Heartbeat(i64),
    /// Where the last frame ends, in ticks of the stream; the end of the stream follows.
    EndsAt(i64),
}

impl Flowing for FrameItem {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.bytes(),
            Self::Subtitle(subtitle) => subtitle.bytes(),
            _ => 0,
        }
    }

    fn share(&self) -> Result<Self, AvError> {
        Ok(match self {
            Self::Frame(frame) => Self::Frame(frame.share()?),
            Self::SourceBits(bits) => Self::SourceBits(*bits),
            Self::Clock(base, rate) => Self::Clock(*base, *rate),
            Self::EndsAt(pts) => Self::EndsAt(*pts),
            Self::Subtitle(subtitle) => Self::Subtitle(subtitle.clone()),
            Self::Heartbeat(at) => Self::Heartbeat(*at),
            // A filtergraph's output has one encoder.
            Self::Shape(_) => return Err(AvError::INVALID),
        })
    }
}
