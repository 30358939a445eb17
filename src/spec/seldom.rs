//! What few command lines have: options that are typed seldom, each as typed or nearly so.

use super::{Assigned, DisplaySpec, GraphsSpec, PerStream, StatsSpecs};
use crate::diagnostic::Origin;
use crate::unit::Rational;

/// Seldom options of the whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct SeldomGlobal {
    /// `-copytb`: 1 takes the demuxer's time base for copies, 0 the decoder's, -1 lets libavformat choose.
    pub copy_time_base: i32,
    /// `-frame_drop_threshold`, in tenths of a frame.
    pub drop_threshold_tenths: i64,
    /// `-async`: samples per second that sound may be stretched by; 1 only fills the start.
    pub audio_sync: i32,
    /// `-adrift_threshold`, as typed.
    pub audio_drift_threshold: Option<String>,
    /// `-vol`: 256 is unchanged.
    pub volume: i32,
    /// Where `-vol` and `-async` stand, which change all sound that is encoded.
    pub sound_changes: Vec<Origin>,
    /// `-ignore_unknown`: streams of unknown type that are mapped are left out.
    pub ignore_unknown: bool,
    /// `-copy_unknown`: streams of unknown type may be copied.
    pub copy_unknown: bool,
    /// `-recast_media`: a decoder of another kind may be named for a stream.
    pub recast_media: bool,
    /// `-abort_on empty_output`.
    pub abort_on_empty_output: bool,
    /// `-abort_on empty_output_stream`.
    pub abort_on_empty_stream: bool,
    /// `-max_error_rate`: more undecodable frames than this share of all is a failure.
    pub max_error_rate: f64,
    /// `-timelimit`, seconds of processor time.
    pub cpu_limit_s: Option<u64>,
    /// `-cpuflags`.
    pub cpu_flags: Option<String>,
    /// `-cpucount`.
    pub cpu_count: Option<i32>,
    /// `-max_alloc`, bytes.
    pub max_alloc_bytes: Option<usize>,
    /// `-sdp_file`.
    pub sdp_file: Option<String>,
    /// `-dump`: packets are told of at level debug.
    pub dump_packets: bool,
    /// `-hex`: with their bytes.
    pub dump_bytes: bool,
    /// `-debug_ts`.
    pub debug_timestamps: bool,
    /// `-benchmark_all`.
    pub benchmark_all: bool,
    /// `-filter_buffered_frames`: frames that may wait in a filtergraph; 0 is any number.
    pub filter_buffered_frames: u32,
    /// `-psnr`.
    pub psnr: bool,
    /// `-qphist`.
    pub qp_histogram: bool,
    /// `-init_hw_device`, `-filter_hw_device` and their like, in order.
    pub hardware: Vec<HardwareRequest>,
    /// `-vstats`, `-vstats_file`: the file that gets a line a picture.
    pub video_stats: Option<String>,
    /// `-vstats_version`.
    pub video_stats_version: i32,
    /// `-print_graphs` and its like.
    pub graphs: GraphsSpec,
}

impl Default for SeldomGlobal {
    fn default() -> Self {
        Self {
            copy_time_base: -1,
            drop_threshold_tenths: 0,
            audio_sync: 0,
            audio_drift_threshold: None,
            volume: 256,
            sound_changes: Vec::new(),
            ignore_unknown: false,
            copy_unknown: false,
            recast_media: false,
            abort_on_empty_output: false,
            abort_on_empty_stream: false,
            max_error_rate: 2.0 / 3.0,
            cpu_limit_s: None,
            cpu_flags: None,
            cpu_count: None,
            max_alloc_bytes: None,
            sdp_file: None,
            dump_packets: false,
            dump_bytes: false,
            debug_timestamps: false,
            benchmark_all: false,
            filter_buffered_frames: 0,
            psnr: false,
            qp_histogram: false,
            hardware: Vec::new(),
            video_stats: None,
            video_stats_version: 2,
            graphs: GraphsSpec::default(),
        }
    }
}

/// What is asked of hardware devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardwareRequest {
    /// What is to be done.
    pub what: HardwareAction,
    /// The value as typed, for messages.
    pub typed: String,
    /// Where it stands in the command line.
    pub origin: Origin,
}

/// What is to be done with hardware devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HardwareAction {
    /// Open the device of this description.
    Open(String),
    /// Let filters use the device of this name.
    ForFilters(String),
}

/// Seldom options of an input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeldomInput {
    /// `-itsscale`.
    pub timestamp_scale: PerStream<Rational>,
    /// `-isync`: the input whose start this one is aligned to.
    pub sync_to: Option<usize>,
    /// `-discard`, FFmpeg's number of what the demuxer leaves out.
    pub discard: PerStream<i32>,
    /// `-dump_attachment`: the file that gets the attachment; empty for its own name.
    pub dump_attachment: PerStream<String>,
    /// `-fix_sub_duration`.
    pub fix_subtitle_duration: PerStream<bool>,
    /// `-canvas_size`, as typed.
    pub canvas_size: PerStream<String>,
    /// `-hwaccel_device`: a device by its name, or what opens one.
    pub hwaccel_device: PerStream<String>,
    /// `-hwaccel_output_format`, as typed.
    pub hwaccel_output_format: PerStream<String>,
    /// `-top`: 1 for top field first, 0 for bottom, -1 for what the decoder says.
    pub top_field_first: PerStream<i32>,
    /// `-drop_changed`: leave out frames of another format than the first.
    pub drop_changed: PerStream<bool>,
    /// `-display_rotation` and its like.
    pub display: DisplaySpec,
}

/// Seldom options of an output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeldomOutput {
    /// `-streamid index:value`.
    pub stream_ids: Vec<(usize, i32)>,
    /// `-attach`: files.
    pub attachments: Vec<Assigned<String>>,
    /// `-program`, as typed.
    pub programs: Vec<Assigned<String>>,
    /// `-stream_group`, as typed.
    pub stream_groups: Vec<Assigned<String>>,
    /// `-target`, as typed.
    pub target: Option<Assigned<String>>,
    /// `-pass`: 1, 2, or 3 for both.
    pub pass: PerStream<i32>,
    /// `-passlogfile`: the file's name up to the number.
    pub pass_log: PerStream<String>,
    /// `-pre`: an encoder's preset file, by name.
    pub presets: PerStream<String>,
    /// `-vpre`, `-apre`, `-spre` (by name) and `-fpre` (by path): the option's first letter and its value.
    pub preset_files: Vec<(char, Assigned<String>)>,
    /// `-rc_override`, as typed.
    pub rate_override: PerStream<String>,
    /// `-intra_matrix`, as typed.
    pub intra_matrix: PerStream<String>,
    /// `-inter_matrix`, as typed.
    pub inter_matrix: PerStream<String>,
    /// `-chroma_intra_matrix`, as typed.
    pub chroma_intra_matrix: PerStream<String>,
    /// `-top`: 1 for top field first, 0 for bottom, -1 for what the frames say.
    pub top_field_first: PerStream<i32>,
    /// `-bits_per_raw_sample`.
    pub bits_per_raw_sample: PerStream<i32>,
    /// `-apad`: parameters of the filter `apad`.
    pub audio_pad: PerStream<String>,
    /// `-time_base`: what the muxer is asked for.
    pub time_base: PerStream<Rational>,
    /// `-force_fps`: the rate is not moved to one that the encoder supports.
    pub force_frame_rate: PerStream<bool>,
    /// `-fix_sub_duration_heartbeat`: its keyframes split subtitles that are still shown.
    pub subtitle_heartbeat: PerStream<bool>,
    /// `-map_channel`.
    pub channel_maps: Vec<ChannelMap>,
    /// `-stats_enc_pre`, `-stats_enc_post`, `-stats_mux_pre` and the forms of their lines.
    pub stats: StatsSpecs,
}

/// One `-map_channel [file.stream.channel|-1][:file.stream]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMap {
    /// Input, stream and channel; `None` is silence.
    pub from: Option<(usize, usize, usize)>,
    /// Output and stream; `None` is every stream of sound.
    pub to: Option<(usize, usize)>,
    /// A trailing `?`: no error when the channel is not there.
    pub optional: bool,
    /// Where it stands in the command line.
    pub origin: Origin,
}
