//! What the user asked of one loopback decoder (`-dec`).

use super::{Assigned, AvOption};
use crate::diagnostic::Origin;

/// A decoder of what an output's encoder gives, for filtergraphs.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderSpec {
    /// The output and its stream.
    pub stream: (usize, usize),
    /// Where output and stream stand in the command line.
    pub origin: Origin,
    /// `-c`: the decoder by name; the last one counts, whatever its specifier.
    pub codec: Option<Assigned<String>>,
    /// FFmpeg's own options, in order.
    pub options: Vec<AvOption>,
}

impl DecoderSpec {
    /// A decoder without options.
    pub fn new(stream: (usize, usize), origin: Origin) -> Self {
        Self { stream, origin, codec: None, options: Vec::new() }
    }
}
