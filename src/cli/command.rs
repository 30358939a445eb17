//! The command line as text: inputs, outputs and loopback decoders, each with the options that stand before it.

use super::Request;
use super::table::Row;
use crate::catalog::OptionScopes;
use crate::diagnostic::Origin;

/// The command line as text, each option anchored to its place.
#[derive(Debug, Default)]
pub struct Command {
    /// Options of the whole run, wherever they stood.
    pub globals: Vec<Typed>,
    /// Inputs and outputs with their options, in order.
    pub groups: Vec<Group>,
    /// Options behind the last input or output, which belong to nothing.
    pub trailing: Vec<Typed>,
    /// The first option that shows something and ends.
    pub request: Option<Request>,
    /// A program wrote it for ffmpeg: what FFmpeg itself reads is left to it.
    pub is_literal: bool,
}

/// What options stand before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// `-i`.
    Input,
    /// A URL alone.
    Output,
    /// `-dec`.
    Decoder,
}

/// An input, output or loopback decoder with the options written before it.
#[derive(Debug)]
pub struct Group {
    /// Which of these it is.
    pub kind: GroupKind,
    /// The URL as typed; of a decoder the stream.
    pub url: String,
    /// Position of its word.
    pub url_at: usize,
    /// Where it stands; a password in the token is masked.
    pub origin: Origin,
    /// Position of the word that options must stand before: `-i`, `-dec`, or the URL.
    pub anchor: usize,
    /// Its options.
    pub options: Vec<Typed>,
}

/// An option as typed.
#[derive(Debug)]
pub struct Typed {
    /// Position of its word.
    pub at: usize,
    /// Position of its value's word, where that is another one.
    pub value_at: Option<usize>,
    /// Where it stands.
    pub origin: Origin,
    /// Its name as typed, without dash and suffix.
    pub name: String,
    /// What stands behind the first colon of its name.
    pub suffix: Option<String>,
    /// Its value; empty for flags.
    pub value: String,
    /// False for `-noX`.
    pub on: bool,
    /// Whose option it is.
    pub kind: Kind,
}

/// Whose option it is.
#[derive(Debug)]
pub enum Kind {
    /// ffmpeg's own.
    Native(&'static Row),
    /// One of FFmpeg's libraries, under this name.
    Library {
        /// Its name there.
        name: String,
        /// The tables it stands in.
        scopes: OptionScopes,
    },
}

/// Who wrote a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A person: blanks, dashes and quotes that a document put there are found.
    Typed,
    /// A program that calls ffmpeg: every sign is meant.
    Literal,
}

/// The option that makes a loopback decoder.
pub(super) const DECODER: &str = "dec";

/// What a loopback decoder decodes as a rule.
pub(super) const FIRST_STREAM: &str = "0:0";

/// True for the options that options stand before, as before a file.
pub(super) fn is_file(name: &str) -> bool {
    name == "i" || name == DECODER
}
