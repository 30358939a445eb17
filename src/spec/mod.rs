//! JobSpec: what the user asked for, typed, with nothing opened and nothing decided yet.

mod seldom;
mod specifier;
mod stats;

pub use seldom::{ChannelMap, HardwareAction, HardwareRequest, SeldomGlobal, SeldomInput, SeldomOutput};
pub use specifier::{SpecifierError, StreamSpecifier};
pub use stats::{DEFAULT_STATS_LINE, StatsField, StatsPart, StatsPlace, StatsSpec, StatsSpecs, stats_line};

use crate::diagnostic::Origin;
use crate::unit::Rational;

/// How long a muxer may hold what it writes, in microseconds, unless it is told (`-muxdelay`).
pub const DEFAULT_MAX_DELAY_US: i64 = 700_000;

/// What `-discard` has for all packets of a stream.
pub const DISCARD_ALL: i32 = 48;

/// A whole job: inputs, outputs, and what concerns both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobSpec {
    /// Options of the whole run.
    pub global: GlobalSpec,
    /// Inputs in the order given.
    pub inputs: Vec<InputSpec>,
    /// Outputs in the order given.
    pub outputs: Vec<OutputSpec>,
}

/// A value for some of the streams of an input or output.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned<T> {
    /// Which streams.
    pub specifier: StreamSpecifier,
    /// The value.
    pub value: T,
    /// Where it stands in the command line.
    pub origin: Origin,
}

/// Values by stream; where several match, the last one in the command line counts.
#[derive(Clone, Debug, PartialEq)]
pub struct PerStream<T>(pub Vec<Assigned<T>>);

impl<T> Default for PerStream<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> PerStream<T> {
    /// Adds a value.
    pub fn push(&mut self, specifier: StreamSpecifier, value: T, origin: Origin) {
        self.0.push(Assigned { specifier, value, origin });
    }

    /// The last value whose specifier `matches`.
    pub fn last_matching(&self, matches: impl Fn(&StreamSpecifier) -> bool) -> Option<&Assigned<T>> {
        self.0.iter().rev().find(|a| matches(&a.specifier))
    }

    /// True when nothing was assigned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An option that FFmpeg's own tables know: kept as text, applied when the component is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct AvOption {
    /// Its name without specifier.
    pub name: String,
    /// The streams it is for; everything when none was written.
    pub specifier: StreamSpecifier,
    /// The value as text; flags may be relative, as in `+genpts`.
    pub value: String,
    /// In which tables the name stands.
    pub scopes: crate::catalog::OptionScopes,
    /// Where it stands in the command line.
    pub origin: Origin,
}

/// Whether an existing output may be overwritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// Ask on the terminal, refuse without one.
    #[default]
    Ask,
    /// `-y`.
    Always,
    /// `-n`.
    Never,
}

/// How the plan is to be printed instead of carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Options of the whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalSpec {
    /// The whole command line without the program's name, for corrected commands in messages.
    pub arguments: Vec<String>,
    /// `-y`, `-n`.
    pub overwrite: Overwrite,
    /// `-hide_banner`.
    pub hide_banner: bool,
    /// `-loglevel`/`-v`, as typed; parsed by the log module.
    pub log_level: Option<String>,
    /// `-stats`/`-nostats`; `None`: when the log level is at least info.
    pub stats: Option<bool>,
    /// `-stats_period`, microseconds.
    pub stats_period_us: i64,
    /// `-progress URL`.
    pub progress: Option<String>,
    /// `-stdin`/`-nostdin`.
    pub stdin: bool,
    /// `-report`.
    pub report: bool,
    /// `-benchmark`.
    pub benchmark: bool,
    /// `-xerror`: stop at the first error.
    pub exit_on_error: bool,
    /// `-copyts`.
    pub copy_timestamps: bool,
    /// `-start_at_zero`.
    pub start_at_zero: bool,
    /// `-filter_threads`, passed to every simple filtergraph.
    pub filter_threads: Option<String>,
    /// `-filter_complex_threads`.
    pub filter_complex_threads: Option<String>,
    /// `-filter_complex`, `-lavfi` and `-filter_complex_script`, in order.
    pub complex_graphs: Vec<ComplexGraph>,
    /// `-vsync` (deprecated spelling of `-fps_mode`, for all outputs).
    pub vsync: Option<FpsMode>,
    /// `-dts_delta_threshold`, microseconds.
    pub dts_delta_threshold_us: i64,
    /// `-dts_error_threshold`, seconds.
    pub dts_error_threshold_s: i64,
    /// `-auto_conversion_filters`/`-noauto_conversion_filters`.
    pub auto_conversion_filters: bool,
    /// `-flv_guard on|off`.
    pub flv_guard: bool,
    /// `-strict_exit on|off`: status 69 on damaged input; `None`: on, unless called as `ffmpeg`.
    pub strict_exit: Option<bool>,
    /// `-allow_same_path`: a relay may write to the path that it reads from.
    pub allow_same_path: bool,
    /// `-events FILE|fd:N|-`.
    pub events: Option<String>,
    /// `-metrics ADDRESS:PORT`.
    pub metrics: Option<String>,
    /// `-weir_extras on|off`: lines that ffmpeg does not have.
    pub extras: bool,
    /// `--explain`.
    pub explain: Option<ExplainFormat>,
    /// What is typed seldom.
    pub seldom: SeldomGlobal,
}

impl Default for GlobalSpec {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            overwrite: Overwrite::Ask,
            hide_banner: false,
            log_level: None,
            stats: None,
            stats_period_us: 500_000,
            progress: None,
            stdin: true,
            report: false,
            benchmark: false,
            exit_on_error: false,
            copy_timestamps: false,
            start_at_zero: false,
            filter_threads: None,
            filter_complex_threads: None,
            complex_graphs: Vec::new(),
            vsync: None,
            dts_delta_threshold_us: 10_000_000,
            dts_error_threshold_s: 3600 * 30,
            auto_conversion_filters: true,
            flv_guard: true,
            strict_exit: None,
            allow_same_path: false,
            events: None,
            metrics: None,
            extras: true,
            explain: None,
            seldom: SeldomGlobal::default(),
        }
    }
}

/// A complex filtergraph.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexGraph {
    /// Its description, or the file that holds it.
    pub text: String,
    /// `text` is the name of a file.
    pub is_script: bool,
    /// Where it stands in the command line.
    pub origin: Origin,
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
}

/// How fast an input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRate {
    /// Seconds of media per second of time.
    pub rate: Rational,
    /// Media read at once at the start, in microseconds.
    pub initial_burst_us: i64,
    /// The same as `rate` while a delay is caught up; `None`: as fast as it goes.
    pub catch_up: Option<Rational>,
}

/// What the user says of how patient a session with a peer is; `None`: the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveSpec {
    /// `-connect_deadline`, microseconds.
    pub connect_us: Option<i64>,
    /// `-probe_deadline`, microseconds.
    pub probe_us: Option<i64>,
    /// `-read_deadline` of an input, `-write_deadline` of an output, microseconds.
    pub stall_us: Option<i64>,
    /// `-retry_for`, microseconds; 0: a lost peer is not tried again.
    pub retry_us: Option<i64>,
    /// `-wait_for_peer`, microseconds.
    pub wait_us: Option<i64>,
}

/// What outputs get while an input is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputGap {
    /// Nothing.
    #[default]
    Hold,
    /// Where it is decoded: the last picture and silence.
    Freeze,
}

/// One input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// The URL; `-` is already `pipe:`.
    pub url: String,
    /// Where the URL stands in the command line.
    pub origin: Origin,
    /// `-f`.
    pub format: Option<Assigned<String>>,
    /// `-ss`, microseconds.
    pub start_us: Option<i64>,
    /// `-sseof`, microseconds, negative or zero.
    pub start_from_end_us: Option<i64>,
    /// `-t`, microseconds.
    pub duration_us: Option<i64>,
    /// `-to`, microseconds.
    pub stop_us: Option<i64>,
    /// `-itsoffset`, microseconds.
    pub ts_offset_us: i64,
    /// `-stream_loop`: repetitions after the first pass; -1 is for ever.
    pub stream_loop: i32,
    /// `-re`, `-readrate`, `-readrate_initial_burst`, `-readrate_catchup`.
    pub read_rate: Option<ReadRate>,
    /// `-accurate_seek`/`-noaccurate_seek`.
    pub accurate_seek: bool,
    /// `-seek_timestamp`.
    pub seek_timestamp: bool,
    /// `-autorotate`/`-noautorotate`.
    pub autorotate: PerStream<bool>,
    /// `-reinit_filter`: rebuild the filtergraph when the format changes.
    pub reinit_filter: PerStream<bool>,
    /// `-c`: decoder by name.
    pub codec: PerStream<String>,
    /// `-r`.
    pub frame_rate: PerStream<Rational>,
    /// `-s`, as typed (`320x240`, `hd720`).
    pub size: PerStream<String>,
    /// `-pix_fmt`.
    pub pixel_format: PerStream<String>,
    /// `-ar`.
    pub sample_rate_hz: PerStream<i32>,
    /// `-ac`.
    pub channels: PerStream<i32>,
    /// `-channel_layout`/`-ch_layout`.
    pub channel_layout: PerStream<String>,
    /// `-sample_fmt`.
    pub sample_format: PerStream<String>,
    /// `-tag`.
    pub tag: PerStream<String>,
    /// `-hwaccel`.
    pub hwaccel: PerStream<String>,
    /// `-guess_layout_max`.
    pub guess_layout_max: PerStream<i32>,
    /// `-vn`.
    pub no_video: bool,
    /// `-an`.
    pub no_audio: bool,
    /// `-sn`.
    pub no_subtitle: bool,
    /// `-dn`.
    pub no_data: bool,
    /// `-bitexact`.
    pub bitexact: bool,
    /// `-thread_queue_size`.
    pub thread_queue_size: Option<usize>,
    /// `-find_stream_info`/`-nofind_stream_info`.
    pub find_stream_info: bool,
    /// How patient its session is.
    pub live: LiveSpec,
    /// `-on_input_gap`.
    pub on_gap: InputGap,
    /// FFmpeg's own options, in order.
    pub options: Vec<AvOption>,
    /// What is typed seldom.
    pub seldom: SeldomInput,
}

impl InputSpec {
    /// An input without options.
    pub fn new(url: impl Into<String>, origin: Origin) -> Self {
        Self {
            url: url.into(),
            origin,
            format: None,
            start_us: None,
            start_from_end_us: None,
            duration_us: None,
            stop_us: None,
            ts_offset_us: 0,
            stream_loop: 0,
            read_rate: None,
            accurate_seek: true,
            seek_timestamp: false,
            autorotate: PerStream::default(),
            reinit_filter: PerStream::default(),
            codec: PerStream::default(),
            frame_rate: PerStream::default(),
            size: PerStream::default(),
            pixel_format: PerStream::default(),
            sample_rate_hz: PerStream::default(),
            channels: PerStream::default(),
            channel_layout: PerStream::default(),
            sample_format: PerStream::default(),
            tag: PerStream::default(),
            hwaccel: PerStream::default(),
            guess_layout_max: PerStream::default(),
            no_video: false,
            no_audio: false,
            no_subtitle: false,
            no_data: false,
            bitexact: false,
            thread_queue_size: None,
            find_stream_info: true,
            live: LiveSpec::default(),
            on_gap: InputGap::Hold,
            options: Vec::new(),
            seldom: SeldomInput::default(),
        }
    }
}

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
    /// The input's number; `None` (typed as -1) only switches the automatic copy off.
    pub input: Option<usize>,
    /// Where it comes from.
    pub from: MetadataPlace,
    /// Where it stands in the command line.
    pub origin: Origin,
}

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
    /// `-force_key_frames`, as typed.
    pub force_key_frames: PerStream<String>,
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
    pub mux_preload_us: i64,
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
            bitexact: false,
            max_muxing_queue_packets: PerStream::default(),
            muxing_queue_data_threshold_bytes: PerStream::default(),
            thread_queue_size: None,
            mux_max_delay_us: DEFAULT_MAX_DELAY_US,
            mux_preload_us: 500_000,
            live: LiveSpec::default(),
            keep_up: false,
            max_lag_us: None,
            options: Vec::new(),
            seldom: SeldomOutput::default(),
        }
    }
}
