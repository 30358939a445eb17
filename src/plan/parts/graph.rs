//! What a complex filtergraph is fed with, and what it feeds.

use crate::facts::MediaKind;

/// A complex filtergraph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphPlan {
    /// The graph as typed.
    pub description: String,
    /// `-filter_complex_threads`.
    pub threads: Option<String>,
    /// Conversions may be inserted.
    pub auto_conversion: bool,
    /// What feeds it, in the order of its open input pads.
    pub inputs: Vec<GraphInputPlan>,
    /// What it feeds, in the order of its open output pads.
    pub outputs: Vec<GraphOutputPlan>,
}

impl GraphPlan {
    /// The input stream, when there is exactly one.
    pub fn only_source(&self) -> Option<(usize, usize)> {
        match &self.inputs[..] {
            [only] => only.source.input(),
            _ => None,
        }
    }
}

/// What feeds an open input pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PadSource {
    /// An input and its stream.
    Input(usize, usize),
    /// A loopback decoder.
    Decoder(usize),
    /// Another filtergraph and its output pad.
    Graph(usize, usize),
}

impl PadSource {
    /// Input and stream, where it is one.
    pub const fn input(self) -> Option<(usize, usize)> {
        match self {
            Self::Input(input, stream) => Some((input, stream)),
            Self::Decoder(_) | Self::Graph(..) => None,
        }
    }
}

/// One open input pad of a complex filtergraph.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphInputPlan {
    /// What feeds it.
    pub source: PadSource,
    /// Its label in the description, e.g. `0:v`.
    pub label: Option<String>,
    /// The stream's kind; subtitles are drawn on pictures.
    pub kind: MediaKind,
    /// The filter, and its pad where it has several, as ffmpeg names them: `overlay:main`.
    pub name: String,
}

/// One open output pad of a complex filtergraph.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOutputPlan {
    /// Pictures or sound.
    pub kind: MediaKind,
    /// The filter, and its pad where it has several.
    pub name: String,
    /// What it feeds.
    pub to: Option<PadTarget>,
}

/// What an open output pad feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadTarget {
    /// An output and its stream.
    Output(usize, usize),
    /// Another filtergraph and its input pad.
    Graph(usize, usize),
}
