//! What the user asked of one output.

use super::{
    Assigned, AvOption, KeyframesSpec, LiveSpec, MapMetadataSpec, MapSpec, MetadataSpec, PerStream, SeldomOutput,
};
use crate::diagnostic::Origin;
use crate::unit::Rational;

/// How long a muxer may hold what it writes, in microseconds, unless it is told (`-muxdelay`).
pub const DEFAULT_MAX_DELAY_US: i64 = 700_000;

/// One output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// The URL; `-` is already `pipe:`.
    pub url: String,
    /// Where the URL stands in the command line.
    pub origin: Origin,
    /// `-f`.
    pub format: Option<Assigned<String>>,
    /// `-ss`, microseconds.
    pub start_us: Option<i64>,
    /// `-t`, microseconds.
    pub duration_us: Option<i64>,
    /// `-to`, microseconds.
    pub stop_us: Option<i64>,
    /// `-fs`, bytes.
    pub size_limit_bytes: Option<i64>,
    /// `-map`.
    pub maps: Vec<MapSpec>,
    /// `-vn`.
    pub no_video: bool,
    /// `-an`.
    pub no_audio: bool,
    /// `-sn`.
    pub no_subtitle: bool,
    /// `-dn`.
    pub no_data: bool,
    /// `-c`: encoder by name, or `copy`.
    pub codec: PerStream<String>,
    /// `-frames`.
    pub max_frames: PerStream<i64>,
    /// `-r`.
    pub frame_rate: PerStream<Rational>,
    /// `-fpsmax`.
    pub max_frame_rate: PerStream<Rational>,
    /// `-fps_mode`.
    pub fps_mode: PerStream<FpsMode>,
    /// `-s`, as typed.
    pub size: PerStream<String>,
    /// `-aspect`.
    pub aspect: PerStream<Rational>,
    /// `-pix_fmt`, as typed.
    pub pixel_format: PerStream<String>,
    /// `-filter`, `-vf`, `-af`.
    pub filters: PerStream<String>,
    /// `-filter_script`: files that hold filtergraphs.
    pub filter_scripts: PerStream<String>,
    /// `-q`, `-qscale`.
    pub quality: PerStream<f64>,
    /// `-ar`.
    pub sample_rate_hz: PerStream<i32>,
    /// `-ac`.
    pub channels: PerStream<i32>,
    /// `-channel_layout`/`-ch_layout`, as typed.
    pub channel_layout: PerStream<String>,
    /// `-sample_fmt`.
    pub sample_format: PerStream<String>,
    /// `-bsf`.
    pub bitstream_filters: PerStream<String>,
    /// `-tag`, as typed: four characters or a number.
    pub tag: PerStream<String>,
    /// `-metadata`.
    pub metadata: Vec<MetadataSpec>,
    /// `-map_metadata`.
    pub map_metadata: Vec<MapMetadataSpec>,
    /// `-map_chapters`: an input's number, or -1 for none.
    pub map_chapters: Option<i32>,
    /// `-disposition`, as typed (`default`, `+forced`, `0`).
    pub disposition: PerStream<String>,
    /// `-force_key_frames`.
    pub force_key_frames: PerStream<KeyframesSpec>,
    /// `-enc_time_base`.
    pub encoder_time_base: PerStream<Rational>,
    /// `-copyinkf`.
    pub copy_initial_non_keyframes: PerStream<bool>,
    /// `-copypriorss`.
    pub copy_prior_start: PerStream<bool>,
    /// `-autoscale`/`-noautoscale`.
    pub autoscale: PerStream<bool>,
    /// `-shortest`.
    pub shortest: bool,
    /// `-shortest_buf_duration`, microseconds.
    pub shortest_buffer_us: Option<i64>,
    /// `-bitexact`.
    pub bitexact: bool,
    /// `-max_muxing_queue_size`, packets by stream.
    pub max_muxing_queue_packets: PerStream<usize>,
    /// `-muxing_queue_data_threshold`, bytes by stream.
    pub muxing_queue_data_threshold_bytes: PerStream<usize>,
    /// `-thread_queue_size`.
    pub thread_queue_size: Option<usize>,
    /// `-muxdelay`, microseconds.
    pub mux_max_delay_us: i64,
    /// `-muxpreload`, microseconds.
    pub mux_preload_us: Option<Assigned<i64>>,
    /// How patient its session is.
    pub live: LiveSpec,
    /// `-keep_up`.
    pub keep_up: bool,
    /// `-max_lag`, in microseconds.
    pub max_lag_us: Option<i64>,
    /// FFmpeg's own options, in order.
    pub options: Vec<AvOption>,
    /// What is typed seldom.
    pub seldom: SeldomOutput,
}

impl OutputSpec {
    /// An output without options.
    pub fn new(url: impl Into<String>, origin: Origin) -> Self {
        Self {
            url: url.into(),
            origin,
            format: None,
            start_us: None,
            duration_us: None,
            stop_us: None,
            size_limit_bytes: None,
            maps: Vec::new(),
            no_video: false,
            no_audio: false,
            no_subtitle: false,
            no_data: false,
            codec: PerStream::default(),
            max_frames: PerStream::default(),
            frame_rate: PerStream::default(),
            max_frame_rate: PerStream::default(),
            fps_mode: PerStream::default(),
            size: PerStream::default(),
            aspect: PerStream::default(),
            pixel_format: PerStream::default(),
            filters: PerStream::default(),
            filter_scripts: PerStream::default(),
            quality: PerStream::default(),
            sample_rate_hz: PerStream::default(),
            channels: PerStream::default(),
            channel_layout: PerStream::default(),
            sample_format: PerStream::default(),
            bitstream_filters: PerStream::default(),
            tag: PerStream::default(),
            metadata: Vec::new(),
            map_metadata: Vec::new(),
            map_chapters: None,
            disposition: PerStream::default(),
            force_key_frames: PerStream::default(),
            encoder_time_base: PerStream::default(),
            copy_initial_non_keyframes: PerStream::default(),
            copy_prior_start: PerStream::default(),
            autoscale: PerStream::default(),
            shortest: false,
            shortest_buffer_us: None,
            bitexact: false,
            max_muxing_queue_packets: PerStream::default(),
            muxing_queue_data_threshold_bytes: PerStream::default(),
            thread_queue_size: None,
            mux_max_delay_us: DEFAULT_MAX_DELAY_US,
            mux_preload_us: None,
            live: LiveSpec::default(),
            keep_up: false,
            max_lag_us: None,
            options: Vec::new(),
            seldom: SeldomOutput::default(),
        }
    }
}

/// How picture times become frames of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FpsMode {
    /// By what the muxer can take.
    #[default]
    Auto,
    /// Each picture with its own time.
    Passthrough,
    /// A constant rate: pictures are repeated and dropped.
    Cfr,
    /// As `Cfr`, but the first picture keeps its time.
    VsCfr,
    /// Own times, but never two on one tick.
    Vfr,
    /// As `Passthrough`, and the muxer makes new times.
    Drop,
    /// A word that names no mode.
    Unknown,
}
