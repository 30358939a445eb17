//! Which streams the user wants in an output (`-map`).

use super::StreamSpecifier;
use crate::diagnostic::Origin;

/// Which input streams (or none) a `-map` names.
#[derive(Clone, Debug, PartialEq)]
pub struct MapSpec {
    /// A leading `-`: take these away again.
    pub negative: bool,
    /// The input's number, or a link label of a complex filtergraph.
    pub source: MapSource,
    /// A trailing `?`: no error when nothing matches.
    pub optional: bool,
    /// Where it stands in the command line.
    pub origin: Origin,
}

/// What a `-map` takes from.
#[derive(Clone, Debug, PartialEq)]
pub enum MapSource {
    /// Streams of an input.
    Input {
        /// The input's number.
        input: usize,
        /// Which of its streams.
        specifier: StreamSpecifier,
    },
    /// An output label of a complex filtergraph.
    Label(String),
}
