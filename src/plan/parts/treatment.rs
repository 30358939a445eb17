//! What happens to a stream between its source and its output: copied, or by which encoder and how.

use crate::catalog::FrameLength;
use crate::plan::{KeepUpPlan, filter_places};
use crate::spec::{FpsMode, KeyframesSpec};
use crate::unit::Rational;

/// Filters that show frames at other times than their source does, or others than those of the same time.
const TIME_FILTERS: [&str; 21] = [
    "aloop",
    "areverse",
    "aselect",
    "asetpts",
    "asetrate",
    "atempo",
    "atrim",
    "concat",
    "loop",
    "reverse",
    "rubberband",
    "select",
    "setpts",
    "thumbnail",
    "trim",
    "framestep",
    "minterpolate",
    "silenceremove",
    "segment",
    "asegment",
    "random",
];

/// What happens to a stream on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Treatment {
    /// Its packets are passed on.
    Copy(CopyPlan),
    /// It is decoded, filtered and encoded.
    Encode(Box<EncodePlan>),
    /// Subtitles are decoded and encoded.
    Subtitle {
        /// The encoder's name.
        encoder: String,
        /// Its options.
        options: Vec<(String, String)>,
        /// `-s`.
        size: Option<(i32, i32)>,
        /// Streams of pictures of the same output whose keyframes split subtitles that are still shown.
        heartbeats: Vec<usize>,
    },
    /// It is a file that is attached.
    Attach {
        /// The file's name.
        file: String,
    },
}

impl Treatment {
    /// The encoder's name, where there is one.
    pub fn encoder(&self) -> Option<&str> {
        match self {
            Self::Encode(encode) => Some(&encode.encoder),
            Self::Subtitle { encoder, .. } => Some(encoder),
            Self::Copy(_) | Self::Attach { .. } => None,
        }
    }
}

/// How a stream is copied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyPlan {
    /// Options that only change what the header says.
    pub codec_options: Vec<(String, String)>,
    /// `-r`.
    pub frame_rate: Option<Rational>,
    /// `-aspect`.
    pub display_aspect_ratio: Option<Rational>,
    /// Begin before the first keyframe.
    pub initial_non_keyframes: bool,
    /// Leave out packets before the start time.
    pub drop_before_start: bool,
    /// `-copytb`.
    pub time_base_choice: i32,
    /// Degrees by which players are to turn the picture, in place of what the source says.
    pub rotation: Option<f64>,
    /// The codec's header, where the source has none and the format needs one.
    pub header: Option<Vec<u8>>,
}

/// How a stream is encoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncodePlan {
    /// The encoder's name.
    pub encoder: String,
    /// The codec's name.
    pub codec: String,
    /// Its options.
    pub options: Vec<(String, String)>,
    /// The filtergraph; `null` or `anull` when none was given.
    pub graph: String,
    /// The user gave a filtergraph.
    pub user_filters: bool,
    /// `-filter_threads`, or the encoder's `-threads`.
    pub filter_threads: Option<String>,
    /// Options of scalers that are inserted.
    pub scaler_options: Vec<(String, String)>,
    /// Options of resamplers that are inserted.
    pub resampler_options: Vec<(String, String)>,
    /// Conversions may be inserted.
    pub auto_conversion: bool,
    /// `-s`.
    pub size: Option<(i32, i32)>,
    /// `-noautoscale`: pictures may change their size.
    pub any_size: bool,
    /// Pixel or sample formats that the encoder may be given.
    pub formats: Vec<String>,
    /// `-pix_fmt +`: no conversion.
    pub keep_format: bool,
    /// Sample rates that the encoder may be given.
    pub sample_rates_hz: Vec<i32>,
    /// Channel layouts that the encoder may be given.
    pub channel_layouts: Vec<String>,
    /// `-r`.
    pub frame_rate: Option<Rational>,
    /// `-fpsmax`.
    pub max_frame_rate: Option<Rational>,
    /// Frame rates that the encoder is limited to.
    pub supported_frame_rates: Vec<Rational>,
    /// How pictures become frames; never `Auto`.
    pub fps_mode: FpsMode,
    /// A constant rate is the format's custom alone: pictures that have no rate in common keep their times.
    pub rate_may_vary: bool,
    /// `-q`, in FFmpeg's lambda units.
    pub global_quality: Option<i32>,
    /// `-aspect`.
    pub display_aspect_ratio: Option<Rational>,
    /// `-enc_time_base`.
    pub time_base: Option<Rational>,
    /// `-force_key_frames`.
    pub force_key_frames: Option<KeyframesSpec>,
    /// How it keeps up with a live source; `None` when it need not.
    pub keep_up: Option<KeepUpPlan>,
    /// A rule chose it for live readers: it is to have its pictures soon.
    pub for_live_readers: bool,
    /// `-bitexact`.
    pub bitexact: bool,
    /// The `-pix_fmt` that the encoder does not take, where another format was found for it.
    pub replaced_format: Option<String>,
    /// `-pass`.
    pub pass: Option<PassPlan>,
    /// `-intra_matrix`, `-inter_matrix`, `-chroma_intra_matrix`.
    pub matrices: [Option<String>; 3],
    /// `-rc_override`.
    pub rate_override: Option<String>,
    /// `-top`.
    pub top_field_first: Option<bool>,
    /// `-psnr`.
    pub psnr: bool,
    /// `-bits_per_raw_sample`.
    pub bits_per_raw_sample: Option<i32>,
    /// `-map_channel`: parameters of the filter `pan`.
    pub pan: Option<String>,
    /// `-apad`: parameters of the filter `apad`.
    pub pad: Option<String>,
    /// `-frame_drop_threshold`, in tenths of a frame.
    pub drop_threshold_tenths: i64,
    /// How long its frames of sound are.
    pub frame_length: FrameLength,
}

impl EncodePlan {
    /// True where its filters leave frames at the times that they have in the input.
    pub fn keeps_time(&self) -> bool {
        !filter_places::of(&self.graph).iter().any(|filter| TIME_FILTERS.contains(&filter.as_str()))
    }
}

/// One pass of an encoding in two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassPlan {
    /// The file with what the first pass found.
    pub log: String,
    /// Write it.
    pub writes: bool,
    /// Read it.
    pub reads: bool,
    /// The encoder opens it by itself.
    pub by_encoder: bool,
}
