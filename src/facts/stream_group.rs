//! Stream groups: streams that belong together, with what their type has to say, as names and values of FFmpeg's options.

/// Names of options with their values.
pub type OptionPairs = Vec<(String, String)>;

/// A stream group, of an input or for an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamGroup {
    /// Its id in the container.
    pub id: i64,
    /// FFmpeg's number of its type (`AVStreamGroupParamsType`).
    pub kind: i32,
    /// Indexes of its streams.
    pub streams: Vec<usize>,
    /// Its own options and those of its type; of an input, where they are not the default.
    pub options: OptionPairs,
    /// What its type consists of.
    pub content: GroupContent,
}

/// What a type of stream groups consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupContent {
    /// Nothing but options.
    #[default]
    Plain,
    /// An IAMF audio element.
    AudioElement {
        /// How channels are made from those of the layer before.
        demixing: OptionPairs,
        /// How loud they become by that.
        recon_gain: OptionPairs,
        /// Its layers, each with more channels than the one before.
        layers: Vec<OptionPairs>,
    },
    /// An IAMF mix presentation.
    Mix(Vec<Submix>),
}

impl GroupContent {
    /// What the streams of the group must be encoded for: frames of one length.
    pub const fn is_iamf(&self) -> bool {
        matches!(self, Self::AudioElement { .. } | Self::Mix(_))
    }
}

/// A part of a mix presentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submix {
    /// Its own options.
    pub options: OptionPairs,
    /// The audio elements that it mixes.
    pub elements: Vec<(ElementRef, OptionPairs)>,
    /// What its loudness was measured for.
    pub layouts: Vec<OptionPairs>,
}

/// How an audio element is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementRef {
    /// By its id, as containers do.
    Id(i64),
    /// By the number of its group, as command lines do.
    Group(usize),
}
