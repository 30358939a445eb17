//! What a filtergraph is made of, as the rest of the program says it, and why it cannot be made.

use super::margins::Margins;
use crate::av::sys::{error::AvError, frame::FrameShape, hardware::HardwareDevice};
use crate::facts::MediaKind;
use crate::unit::Rational;

/// What a graph's input is fed with.
#[derive(Clone, Debug)]
pub struct GraphInput {
    /// Pictures or sound.
    pub kind: MediaKind,
    /// Format, size, rate, layout of the frames.
    pub shape: FrameShape,
    /// Time base of the frames.
    pub time_base: Rational,
    /// Frame rate of the pictures, or unknown.
    pub frame_rate: Rational,
    /// Cut this off the picture before all else.
    pub crop: Option<Margins>,
    /// Turn the picture upright by this matrix.
    pub rotate_by: Option<[i32; 9]>,
    /// Cut what lies before this, in microseconds.
    pub trim_start_us: Option<i64>,
    /// Cut after this length, in microseconds.
    pub trim_duration_us: Option<i64>,
    /// Filters that come before all others: names and parameters.
    pub first_filters: Vec<(String, String)>,
    /// Name of the source filter, for messages.
    pub name: String,
}

/// What a graph's output must be.
#[derive(Clone, Debug, Default)]
pub struct OutputConstraint {
    /// Name of the sink filter, for messages.
    pub name: String,
    /// Scale to this size.
    pub size: Option<(i32, i32)>,
    /// Pictures may change their size: `size` is not set by the first one.
    pub any_size: bool,
    /// Options of the scaler that `size` asks for.
    pub scaler_options: Vec<(String, String)>,
    /// Pixel or sample formats by name; empty for any.
    pub formats: Vec<String>,
    /// The encoder that takes the pictures and its options: they may bound the colours as well.
    pub encoder: (String, Vec<(String, String)>),
    /// The colours that were settled on before, as [`FrameShape::colours`].
    pub colours: Option<[i32; 3]>,
    /// Take the format as it comes: no conversion is inserted anywhere in the graph (`-pix_fmt +`).
    pub keep_format: bool,
    /// Sample rates; empty for any.
    pub sample_rates_hz: Vec<i32>,
    /// Channel layouts by name; empty for any.
    pub channel_layouts: Vec<String>,
    /// Cut what lies before this, in microseconds.
    pub trim_start_us: Option<i64>,
    /// Cut after this length, in microseconds.
    pub trim_duration_us: Option<i64>,
    /// Samples a frame must have, 0 for any.
    pub frame_samples: i32,
    /// The encoder is told the samples of the first frame before it says how many each must have.
    pub first_frame_counts: bool,
    /// Parameters of a `pan` before the sound's conversion.
    pub pan: Option<String>,
    /// Parameters of an `apad` behind it.
    pub pad: Option<String>,
}

/// Settings of a whole graph.
#[derive(Clone, Debug, Default)]
pub struct GraphSettings {
    /// The description, e.g. `scale=iw/2:ih/2`.
    pub description: String,
    /// Threads, as typed.
    pub threads: Option<String>,
    /// Frames that may wait between filters at the most, where there is such a limit.
    pub most_frames: Option<u32>,
    /// The threads were meant for the encoder, which tells what is wrong with them.
    pub encoder_threads: bool,
    /// Options for scalers that are inserted, e.g. `flags=bicubic`.
    pub scaler_options: Vec<(String, String)>,
    /// Options for resamplers that are inserted.
    pub resampler_options: Vec<(String, String)>,
    /// Insert conversions where formats do not fit.
    pub auto_conversion: bool,
    /// The hardware device of filters that want one.
    pub hardware: Option<HardwareDevice>,
    /// Out of how many devices it is the last, where none was chosen; else 0.
    pub unchosen_devices: usize,
    /// Frames that may be under way behind the graph, for pools of a fixed size.
    pub under_way: i32,
}

/// Why a filtergraph cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A call of the library failed.
    #[error("{0}")]
    Library(#[from] AvError),
    /// It has other open pads than there are streams for it.
    #[error("it has {inputs} input(s) and {outputs} output(s)")]
    Ends {
        /// Its open inputs.
        inputs: usize,
        /// Its open outputs.
        outputs: usize,
    },
    /// A filter of one kind is to be fed with another.
    #[error("a filter of {} cannot take {}", .wanted.name(), .given.name())]
    Kind {
        /// What the filter takes.
        wanted: MediaKind,
        /// What there is.
        given: MediaKind,
    },
}

impl GraphError {
    /// The library's reason, or what the libraries call arguments that do not fit.
    pub fn cause(self) -> AvError {
        match self {
            Self::Library(cause) => cause,
            Self::Ends { .. } | Self::Kind { .. } => AvError::INVALID,
        }
    }
}
