//! What a filtergraph is once it is configured: its filters, and what passes between them.

use super::MediaKind;
use crate::unit::Rational;

/// A configured filtergraph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphFacts {
    /// Its filters, in the graph's order.
    pub filters: Vec<FilterFacts>,
    /// By input of the graph: the place in `filters` of what it is fed by.
    pub sources: Vec<usize>,
    /// By output of the graph: the place in `filters` of where it ends.
    pub sinks: Vec<usize>,
}

/// A filter of a graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilterFacts {
    /// Its name in the graph, e.g. `Parsed_scale_0`.
    pub name: String,
    /// The kind of filter, e.g. `scale`.
    pub filter: String,
    /// What such filters do, in FFmpeg's words.
    pub description: String,
    /// The device that it works on.
    pub device: Option<DeviceFacts>,
    /// What comes in, by pad.
    pub inputs: Vec<LinkFacts>,
    /// What goes out, by pad.
    pub outputs: Vec<LinkFacts>,
}

/// The hardware device of a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Its kind, e.g. `vaapi`.
    pub kind: String,
    /// Frames that the filter keeps free for others, or nothing.
    pub extra_frames: i32,
}

/// What passes between two filters, as one of them sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFacts {
    /// The filter's own pad.
    pub pad: String,
    /// The place of the other filter in the graph.
    pub peer: usize,
    /// The other filter's pad.
    pub peer_pad: String,
    /// Pictures or sound.
    pub kind: MediaKind,
    /// Pixel or sample format by name; empty when unknown.
    pub format: String,
    /// Width of the pictures, or 0.
    pub width: i32,
    /// Height of the pictures, or 0.
    pub height: i32,
    /// Aspect ratio of the pixels.
    pub sample_aspect_ratio: Rational,
    /// Range of the colours by name, where it is known; since FFmpeg 7.0.
    pub color_range: Option<String>,
    /// Matrix of the colours by name, where it is known; since FFmpeg 7.0.
    pub color_space: Option<String>,
    /// Channel layout by name; empty for pictures.
    pub channel_layout: String,
    /// Channels, or 0.
    pub channels: i32,
    /// Samples per second, or 0.
    pub sample_rate_hz: i32,
    /// Time base of the frames.
    pub time_base: Rational,
    /// The pool of a device that the pictures lie in.
    pub pool: Option<PoolFacts>,
}

/// A pool of pictures in a device's memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolFacts {
    /// The device's kind, e.g. `vaapi`.
    pub device_kind: String,
    /// The device's pixel format.
    pub format: String,
    /// The pixel format that pictures have once they are out of it.
    pub software_format: String,
    /// Width of the pictures.
    pub width: i32,
    /// Height of the pictures.
    pub height: i32,
    /// Pictures that there is room for from the start.
    pub initial_size: i32,
}

/// Which filtergraph of a job it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GraphPlace {
    /// The complex one of this number.
    Complex(usize),
    /// That of this output's stream.
    Simple(usize, usize),
}
