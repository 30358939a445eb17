//! Plan: from what the user asked and what the inputs hold to what will be done, stream by stream.
//!
//! After planning, no stage decides anything about streams, codecs or formats.

mod codec_options;
mod encode;
mod graphs;
mod input;
mod keep_up;
mod mapping;
mod metadata;
mod passes;
mod rules;
mod session;
mod sharing;
mod target;
mod threads;

pub use input::{OpenInput, Seek, guess_layout_max, open_input, seek};
pub use keep_up::KeepUpPlan;
pub use metadata::MetadataEdit;
pub use session::SessionPlan;
pub use target::expand_target;

use crate::catalog::{Catalog, CodecFacts, MuxerFacts};
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::{InputFacts, MediaKind};
use crate::spec::{FpsMode, InputGap, JobSpec, ReadRate, StatsPart};
use crate::unit::Rational;

/// All that will be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Inputs in the order of the command line.
    pub inputs: Vec<InputPlan>,
    /// Complex filtergraphs in the order of the command line.
    pub graphs: Vec<GraphPlan>,
    /// Outputs in the order of the command line.
    pub outputs: Vec<OutputPlan>,
    /// What the rules have to say.
    pub diagnostics: Vec<Diagnostic>,
}

/// What is done with an input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputPlan {
    /// URL, passwords masked.
    pub url: String,
    /// Demuxer.
    pub format: String,
    /// Added to its timestamps, in microseconds.
    pub offset_us: i64,
    /// `-ss`, in microseconds.
    pub start_us: Option<i64>,
    /// `-t`, in microseconds.
    pub duration_us: Option<i64>,
    /// Decoded streams begin exactly at `start_us`.
    pub accurate_seek: bool,
    /// Passes after the first; -1 is for ever.
    pub stream_loop: i32,
    /// Pacing.
    pub read_rate: Option<ReadRate>,
    /// Its session, where the far end is a peer.
    pub session: Option<SessionPlan>,
    /// What outputs get while it is away.
    pub on_gap: InputGap,
    /// Its streams by index.
    pub streams: Vec<InputStreamPlan>,
}

impl Plan {
    /// Some of its media comes or goes at the speed of time.
    pub fn is_timed(&self) -> bool {
        self.inputs.iter().any(InputPlan::is_timed) || self.outputs.iter().any(|output| output.session.is_some())
    }
}

impl InputPlan {
    /// Its media comes at the speed of time: from a peer, or paced.
    pub fn is_timed(&self) -> bool {
        self.session.is_some() || self.read_rate.is_some()
    }
}

/// What is done with an input stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputStreamPlan {
    /// Some output wants it.
    pub used: bool,
    /// How it is decoded, if it is.
    pub decode: Option<DecodePlan>,
    /// `-r` before `-i`.
    pub forced_frame_rate: Option<Rational>,
    /// Turn pictures upright.
    pub autorotate: bool,
    /// Rebuild the filtergraph when the format changes.
    pub reinit_filter: bool,
    /// `-itsscale`.
    pub timestamp_scale: Option<Rational>,
    /// `-discard`, FFmpeg's number.
    pub discard: Option<i32>,
    /// `-fix_sub_duration`.
    pub fix_subtitle_duration: bool,
    /// `-canvas_size`, in pixels.
    pub canvas_size: Option<(i32, i32)>,
    /// `-top` before `-i`.
    pub top_field_first: Option<bool>,
    /// Filters that options put before all others: names and parameters.
    pub first_filters: Vec<(String, String)>,
    /// `-tag` before `-i`.
    pub codec_tag: Option<u32>,
}

/// How a stream is decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecodePlan {
    /// The decoder's name.
    pub decoder: String,
    /// Its options.
    pub options: Vec<(String, String)>,
    /// `-bitexact`.
    pub bitexact: bool,
}

/// A complex filtergraph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphPlan {
    /// The graph as typed.
    pub description: String,
    /// `-filter_complex_threads`.
    pub threads: Option<String>,
    /// Conversions may be inserted.
    pub auto_conversion: bool,
    /// What feeds it, in the order of its open input pads.
    pub inputs: Vec<GraphInputPlan>,
    /// What it feeds, in the order of its open output pads.
    pub outputs: Vec<GraphOutputPlan>,
}

impl GraphPlan {
    /// The input stream, when there is exactly one.
    pub fn only_source(&self) -> Option<(usize, usize)> {
        match &self.inputs[..] {
            [only] => Some(only.source),
            _ => None,
        }
    }
}

/// One open input pad of a complex filtergraph.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphInputPlan {
    /// Input and stream.
    pub source: (usize, usize),
    /// The stream's kind; subtitles are drawn on pictures.
    pub kind: MediaKind,
    /// The filter, and its pad where it has several, as ffmpeg names them: `overlay:main`.
    pub name: String,
}

/// One open output pad of a complex filtergraph.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOutputPlan {
    /// Pictures or sound.
    pub kind: MediaKind,
    /// The filter, and its pad where it has several.
    pub name: String,
    /// The output and stream that it feeds.
    pub to: Option<(usize, usize)>,
}

/// Where an output stream comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamSource {
    /// An input and its stream.
    Input(usize, usize),
    /// A file that is attached.
    File,
    /// A complex filtergraph and its output.
    Graph(usize, usize),
}

impl StreamSource {
    /// Input and stream, where it is one.
    pub const fn input(self) -> Option<(usize, usize)> {
        match self {
            Self::Input(input, stream) => Some((input, stream)),
            Self::Graph(..) | Self::File => None,
        }
    }
}

/// What is written to an output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputPlan {
    /// URL as given; never to be printed before passwords are masked.
    pub url: String,
    /// The muxer.
    pub muxer: MuxerFacts,
    /// Options for muxer and protocol.
    pub options: Vec<(String, String)>,
    /// Streams in order.
    pub streams: Vec<OutputStreamPlan>,
    /// `-ss`, in microseconds.
    pub start_us: Option<i64>,
    /// `-t`, in microseconds.
    pub duration_us: Option<i64>,
    /// `-fs`, in bytes.
    pub size_limit_bytes: Option<i64>,
    /// End with the stream that ends first.
    pub shortest: bool,
    /// `-bitexact`.
    pub bitexact: bool,
    /// Metadata of the file.
    pub metadata: Vec<MetadataEdit>,
    /// Metadata of chapters: the chapter's number and the edit.
    pub chapter_metadata: Vec<(usize, MetadataEdit)>,
    /// The input that chapters come from, and whether their metadata comes along.
    pub chapters_from: Option<(usize, bool)>,
    /// `-muxdelay`, in microseconds.
    pub max_delay_us: i64,
    /// Its session, where the far end is a peer.
    pub session: Option<SessionPlan>,
    /// `-program`.
    pub programs: Vec<ProgramPlan>,
    /// Metadata of programs: the program's number in `programs` and the edit.
    pub program_metadata: Vec<(usize, MetadataEdit)>,
}

impl OutputPlan {
    /// Two packets of a stream may have one DTS: the format allows it, and it is neither FLV nor for a peer,
    /// whose readers may end there.
    pub fn dts_may_repeat(&self) -> bool {
        self.muxer.dts_may_repeat && self.session.is_none() && self.muxer.name != "flv"
    }
}

/// A program of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramPlan {
    /// Its number.
    pub id: i32,
    /// Its title.
    pub title: Option<String>,
    /// Its streams.
    pub streams: Vec<usize>,
}

/// One output stream.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputStreamPlan {
    /// Its kind.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: StreamSource,
    /// Copied or encoded, and how.
    pub treatment: Treatment,
    /// Its metadata.
    pub metadata: Vec<MetadataEdit>,
    /// Its dispositions, by FFmpeg's names.
    pub disposition: Vec<String>,
    /// `-tag`, or 0.
    pub codec_tag: u32,
    /// `-bsf`.
    pub bitstream_filters: Option<String>,
    /// `-frames`.
    pub max_frames: Option<i64>,
    /// Packets that may wait for the header (`-max_muxing_queue_size`) once they exceed the bytes.
    pub queue_packets: usize,
    /// See `queue_packets`.
    pub queue_bytes: usize,
    /// The output and stream whose encoder serves this one as well.
    pub encoded_by: Option<(usize, usize)>,
    /// `-streamid`.
    pub id: Option<i32>,
    /// `-time_base`.
    pub time_base: Option<Rational>,
    /// What is written of its frames and packets.
    pub stats: StatsPlans,
}

/// The three places where lines about a stream are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsPlans {
    /// `-stats_enc_pre`.
    pub before_encoder: Option<StatsPlan>,
    /// `-stats_enc_post`.
    pub behind_encoder: Option<StatsPlan>,
    /// `-stats_mux_pre`.
    pub before_muxer: Option<StatsPlan>,
}

impl StatsPlans {
    /// Something is written.
    pub fn is_any(&self) -> bool {
        [&self.before_encoder, &self.behind_encoder, &self.before_muxer].into_iter().any(Option::is_some)
    }
}

/// Lines about each frame or packet of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsPlan {
    /// Where they go.
    pub file: String,
    /// What each holds.
    pub line: Vec<StatsPart>,
}

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
    },
    /// It is a file that is attached.
    Attach {
        /// The file's name.
        file: String,
    },
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
    /// `-q`, in FFmpeg's lambda units.
    pub global_quality: Option<i32>,
    /// `-aspect`.
    pub display_aspect_ratio: Option<Rational>,
    /// `-enc_time_base`.
    pub time_base: Option<Rational>,
    /// `-force_key_frames`.
    pub force_key_frames: Option<String>,
    /// How it keeps up with a live source; `None` when it need not.
    pub keep_up: Option<KeepUpPlan>,
    /// `-bitexact`.
    pub bitexact: bool,
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

/// A stream on its way into the plan, as the rules see it.
#[derive(Clone, Debug)]
pub(crate) struct StreamDraft {
    pub(crate) kind: MediaKind,
    pub(crate) source: StreamSource,
    pub(crate) choice: Choice,
    /// A pixel format that a rule demands when the user names none.
    pub(crate) pixel_format: Option<String>,
    /// Encoder options that a rule sets when the user does not.
    pub(crate) options: Vec<(String, String)>,
}

/// Copied, or by which encoder.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    Copy,
    /// A file.
    Attach {
        file: String,
    },
    Encoder {
        facts: CodecFacts,
        /// The user named it (or its codec).
        named: bool,
    },
    /// The muxer's default codec has no encoder here.
    NoEncoder {
        codec: String,
    },
}

/// An output on its way into the plan.
#[derive(Clone, Debug)]
pub(crate) struct OutputDraft {
    pub(crate) muxer: MuxerFacts,
    /// Streams of the outputs before this one.
    pub(crate) streams_before: usize,
    pub(crate) streams: Vec<StreamDraft>,
    /// Options for muxer and protocol that a rule sets when the user does not; flags (`+x`) add up.
    pub(crate) options: Vec<(String, String)>,
}

/// What rules look at.
pub(crate) struct Context<'a> {
    pub(crate) spec: &'a JobSpec,
    pub(crate) facts: &'a [InputFacts],
    pub(crate) seeks: &'a [Seek],
    pub(crate) catalog: &'a dyn Catalog,
}

/// Refuses what is known to go wrong before anything is opened.
pub fn check_spec(spec: &JobSpec) -> Result<(), Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    rules::same_path::check(spec, &mut diagnostics);
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// Makes the plan for a machine with so many processors. An error carries every diagnostic, the errors among them.
pub fn plan(
    spec: &JobSpec,
    facts: &[InputFacts],
    seeks: &[Seek],
    catalog: &dyn Catalog,
    cores: usize,
) -> Result<Plan, Vec<Diagnostic>> {
    let context = Context { spec, facts, seeks, catalog };
    let mut diagnostics = Vec::new();
    let mut drafts = Vec::new();
    let mut graphs = graphs::Graphs::connect(&context).map_err(|diagnostic| vec![diagnostic])?;
    for index in 0..spec.outputs.len() {
        match mapping::draft(&context, index, &mut graphs, &mut diagnostics) {
            Some(draft) => {
                let before = drafts.iter().map(|d: &OutputDraft| d.streams.len()).sum();
                drafts.push(OutputDraft { streams_before: before, ..draft });
            }
            None => return Err(diagnostics),
        }
    }
    rules::apply(&context, &mut drafts, &mut diagnostics);
    if failed(&diagnostics) {
        return Err(diagnostics);
    }
    let graphs = match graphs.finish(&spec.global.complex_graphs) {
        Ok(graphs) => graphs,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return Err(diagnostics);
        }
    };
    let mut plan = Plan { inputs: input::plan(&context), graphs, ..Plan::default() };
    for (index, draft) in drafts.iter().enumerate() {
        let Some(output) = encode::output(&context, index, draft, &mut diagnostics) else { return Err(diagnostics) };
        plan.outputs.push(output);
    }
    input::mark_used(&context, &mut plan, &mut diagnostics);
    threads::assign(&mut plan.outputs, cores);
    keep_up::assign(&context, &mut plan, &mut diagnostics);
    sharing::assign(&mut plan.outputs);
    codec_options::report_unused(&context, &plan, &mut diagnostics);
    if failed(&diagnostics) {
        return Err(diagnostics);
    }
    plan.diagnostics = diagnostics;
    Ok(plan)
}

fn failed(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

#[cfg(test)]
mod testing {
    //! Command lines planned for made-up inputs, with the catalog for tests.
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::catalog::testing::{FakeCatalog, codec_number};
    use crate::cli::{self, Parsed};
    use crate::facts::StreamFacts;

    /// A stream as a probe finds it; pictures are 8-bit 4:2:0.
    pub(super) fn stream(kind: MediaKind, codec: &str) -> StreamFacts {
        let video = kind == MediaKind::Video;
        StreamFacts {
            index: 0,
            id: 0,
            kind,
            codec: codec.to_owned(),
            codec_id: codec_number(codec),
            profile: 0,
            codec_tag: 0,
            time_base: Rational::new(1, 1000),
            avg_frame_rate: if video { Rational::new(25, 1) } else { Rational::UNKNOWN },
            real_frame_rate: if video { Rational::new(25, 1) } else { Rational::UNKNOWN },
            start_time: Some(0),
            duration: None,
            video_delay: 0,
            width: if video { 320 } else { 0 },
            height: if video { 180 } else { 0 },
            format: if video { "yuv420p" } else { "fltp" }.to_owned(),
            bit_depth: 0,
            sample_rate_hz: if kind == MediaKind::Audio { 48_000 } else { 0 },
            channels: if kind == MediaKind::Audio { 2 } else { 0 },
            channel_layout: String::new(),
            bit_rate_bps: 0,
            has_extradata: true,
            disposition: Vec::new(),
            metadata: Vec::new(),
            saw_packets: true,
            usable: true,
        }
    }

    pub(super) fn video(codec: &str) -> StreamFacts {
        stream(MediaKind::Video, codec)
    }

    pub(super) fn audio(codec: &str) -> StreamFacts {
        stream(MediaKind::Audio, codec)
    }

    pub(super) fn input(streams: Vec<StreamFacts>) -> InputFacts {
        let streams = streams.into_iter().enumerate().map(|(index, s)| StreamFacts { index, ..s }).collect();
        InputFacts { url: "in".to_owned(), format: "mov,mp4".to_owned(), streams, ..InputFacts::default() }
    }

    pub(super) fn spec(line: &str) -> JobSpec {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        match cli::parse(&words, &FakeCatalog, cli::Reading::Typed) {
            Ok((Parsed::Job(spec), _)) => *spec,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// The plan of a command line for inputs that hold this, on a machine with eight processors.
    pub(super) fn planned(line: &str, facts: &[InputFacts]) -> Result<Plan, Vec<Diagnostic>> {
        let seek = Seek { timestamp_us: None, offset_us: 0, start_us: None, duration_us: None };
        plan(&spec(line), facts, &vec![seek; facts.len()], &FakeCatalog, 8)
    }

    /// Where each stream of each output comes from.
    pub(super) fn sources(plan: &Plan) -> Vec<Vec<StreamSource>> {
        plan.outputs.iter().map(|o| o.streams.iter().map(|s| s.source).collect()).collect()
    }

    /// For each stream of each output, its input stream and `copy` or the encoder's name.
    pub(super) fn treatments(plan: &Plan) -> Vec<Vec<((usize, usize), String)>> {
        let name = |s: &OutputStreamPlan| match &s.treatment {
            Treatment::Copy(_) => "copy".to_owned(),
            Treatment::Encode(encode) => encode.encoder.clone(),
            Treatment::Subtitle { encoder, .. } => encoder.clone(),
            Treatment::Attach { file } => file.clone(),
        };
        plan.outputs
            .iter()
            .map(|o| o.streams.iter().map(|s| (s.source.input().unwrap_or_default(), name(s))).collect())
            .collect()
    }

    /// Only the names, of the first output.
    pub(super) fn encoders(plan: &Plan) -> Vec<String> {
        treatments(plan).swap_remove(0).into_iter().map(|(_, name)| name).collect()
    }

    pub(super) fn codes(diagnostics: &[Diagnostic]) -> Vec<(Severity, &'static str)> {
        diagnostics.iter().map(|d| (d.severity, d.code)).collect()
    }
}
