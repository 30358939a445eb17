//! Metadata that the user wants written, or taken from an input.

use super::StreamSpecifier;
use crate::diagnostic::Origin;

/// One `-metadata key=value`; an empty value removes the key.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataSpec {
    /// Where it goes.
    pub place: MetadataPlace,
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// Where it stands in the command line.
    pub origin: Origin,
}

/// One `-map_metadata[:out] input[:in]`.
#[derive(Clone, Debug, PartialEq)]
pub struct MapMetadataSpec {
    /// Where it goes.
    pub to: MetadataPlace,
    /// The `g` of the file was typed, and is not only what counts when nothing is.
    pub names_file: bool,
    /// The input's number; `None` (typed as -1) only switches the automatic copy off.
    pub input: Option<usize>,
    /// Where it comes from.
    pub from: MetadataPlace,
    /// Where it stands in the command line.
    pub origin: Origin,
}

/// What `-metadata`, `-map_metadata` and their like write to or read from.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataPlace {
    /// The file (`g`).
    Global,
    /// Streams (`s[:spec]`).
    Streams(StreamSpecifier),
    /// A chapter (`c:index`).
    Chapter(usize),
    /// A program (`p:index`).
    Program(usize),
}
