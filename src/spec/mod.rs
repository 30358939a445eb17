//! JobSpec: what the user asked for, typed, with nothing opened and nothing decided yet.

mod decoder;
mod display;
mod disposition;
mod global;
mod graphs;
mod input;
mod keyframes;
mod live;
mod map;
mod metadata;
mod output;
mod per_stream;
mod seldom;
mod specifier;
mod stats;

pub use decoder::DecoderSpec;
pub use display::{ContentLight, Cropping, DisplaySpec, MasteringDisplay};
pub use disposition::Dispositions;
pub use global::{ComplexGraph, ExplainFormat, GlobalSpec, Overwrite};
pub use graphs::{GraphsFormat, GraphsSpec};
pub use input::{DISCARD_ALL, InputSpec, ReadRate};
pub use keyframes::{KeyframeTime, KeyframesSpec};
pub use live::{InputGap, LiveSpec};
pub use map::{MapSource, MapSpec};
pub use metadata::{MapMetadataSpec, MetadataPlace, MetadataSpec};
pub use output::{DEFAULT_MAX_DELAY_US, FpsMode, OutputSpec};
pub use per_stream::{Assigned, AvOption, PerStream};
pub use seldom::{ChannelMap, HardwareAction, HardwareRequest, SeldomGlobal, SeldomInput, SeldomOutput};
pub use specifier::{GroupChoice, SpecifierError, StreamSpecifier};
pub use stats::{DEFAULT_STATS_LINE, StatsField, StatsPart, StatsPlace, StatsSpec, StatsSpecs, stats_line};

/// A whole job: inputs, outputs, what decodes outputs again, and what concerns them all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobSpec {
    /// Options of the whole run.
    pub global: GlobalSpec,
    /// Inputs in the order given.
    pub inputs: Vec<InputSpec>,
    /// Outputs in the order given.
    pub outputs: Vec<OutputSpec>,
    /// Loopback decoders in the order given, by which filtergraphs number them.
    pub decoders: Vec<DecoderSpec>,
}
