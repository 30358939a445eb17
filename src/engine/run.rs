//! Wires the stages, starts their threads, and gathers how the run ended.

use super::balance::{Balance, Place};
use super::clock::Clock;
use super::fault::{StageError, first_cause};
use super::flow::{FrameItem, PacketItem};
use super::kernel::{Outlet, Source, Stage, drive, drive_source};
use super::link::{Capacity, Inlet, LinkSender, gate, link};
use super::meter::{Meter, StageMeter};
use super::prepare::{PrepareError, Prepared, PreparedOutput};
use super::stages::copy::{Copy, CopySettings};
use super::stages::decode::{DecodeSettings, DecodeStage};
use super::stages::demux::{DemuxSettings, DemuxStage};
use super::stages::encode::{EncodeSettings, EncodeStage};
use super::stages::filter::{FilterStage, InputSettings};
use super::stages::mux::{MuxSettings, MuxStage, MuxStream};
use super::stages::subtitle::SubtitleStage;
use super::stop::{Latch, StopSignal};
use super::threads::spawn;
use crate::av::{BlockedThread, Decoder, DecoderSettings, GraphSettings, OutputConstraint, SubtitleTranscoder};
use crate::diagnostic::mask_url;
use crate::facts::MediaKind;
use crate::plan::{EncodePlan, OutputPlan, OutputStreamPlan, Plan, Treatment};
use crate::spec::{FpsMode, GlobalSpec};
use crate::timing::{Pacer, StreamTiming, Timeline, TimelineSettings};
use crate::unit::{MICROS_PER_SECOND, Rational};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, select};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

const PACKETS: Capacity = Capacity { items: 64, bytes: 8 << 20 };
/// How often a source that sits in a read is woken while the run drains.
const WAKE_EVERY: Duration = Duration::from_millis(50);
/// Packets of a file that cross a link together: fewer wake-ups.
const BATCH: usize = 32;
const FRAMES: Capacity = Capacity { items: 4, bytes: 48 << 20 };

/// The capacity of a packet link, with `-thread_queue_size` where it was given.
fn packet_room(items: Option<usize>) -> Capacity {
    Capacity { items: items.unwrap_or(PACKETS.items), ..PACKETS }
}

/// How an output ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputEnd {
    /// Whole.
    Complete,
    /// The run failed; what was written up to then is playable.
    Salvaged,
    /// The run failed; what was written was of no use and has been removed.
    Removed,
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// The first cause of a failure.
    pub failure: Option<StageError>,
    /// It was stopped from outside.
    pub stopped: bool,
    /// By output.
    pub outputs: Vec<OutputEnd>,
    /// Sentences about inputs that were cut off or damaged.
    pub damage: Vec<String>,
    /// Nanoseconds from start to end.
    pub elapsed_ns: i64,
    /// All counts.
    pub meter: Arc<Meter>,
}

/// What a thread gives back.
struct Ended {
    result: Result<(), StageError>,
    output: Option<EndedOutput>,
}

/// How an output's thread ended.
struct EndedOutput {
    index: usize,
    end: OutputEnd,
    /// No packet was written.
    empty: bool,
    /// The file, where it is one.
    path: Option<PathBuf>,
}

/// Wakes sources from blocking reads once the run is drained; ends when they have all ended.
fn wake_sources(sources: &[BlockedThread], all_ended: &Receiver<Infallible>, drain: &Latch) {
    select! {
        recv(all_ended) -> _ => return,
        recv(drain.receiver()) -> _ => {}
    }
    // One signal may come just before the read that it should end.
    while matches!(all_ended.recv_timeout(WAKE_EVERY), Err(RecvTimeoutError::Timeout)) {
        sources.iter().for_each(|source| source.wake());
    }
}

/// A run under way.
pub struct Running {
    threads: Vec<(String, JoinHandle<Ended>)>,
    /// Ends when all sources have; joined before them.
    waker: Option<JoinHandle<()>>,
    stop: StopSignal,
    /// All counts, for the report.
    pub meter: Arc<Meter>,
    /// The plan that is carried out.
    pub plan: Arc<Plan>,
    clock: Clock,
    input_urls: Vec<String>,
}

/// Where the consumers of an input stream are gathered while the graph is wired.
#[derive(Default)]
struct StreamEnds {
    packets: Vec<LinkSender<PacketItem>>,
    frames: Vec<LinkSender<FrameItem>>,
}

struct Builder<'a> {
    stop: &'a StopSignal,
    meter: Arc<Meter>,
    clock: Clock,
    threads: Vec<(String, JoinHandle<Ended>)>,
    sources: Vec<BlockedThread>,
    sources_run: Sender<Infallible>,
}

impl Prepared {
    /// Starts the threads.
    pub fn start(self, stop: &StopSignal) -> Result<Running, PrepareError> {
        let Prepared { plan, inputs, outputs } = self;
        let plan = Arc::new(plan);
        let streams: Vec<usize> = plan.outputs.iter().map(|o| o.streams.len()).collect();
        let meter = Arc::new(Meter::new(plan.inputs.len(), &streams));
        let clock = Clock::start();
        let (sources_run, all_ended) = gate();
        let mut builder =
            Builder { stop, meter: Arc::clone(&meter), clock, threads: Vec::new(), sources: Vec::new(), sources_run };
        let mut ends: BTreeMap<(usize, usize), StreamEnds> = BTreeMap::new();
        let started = (|| {
            for (index, output) in outputs.into_iter().enumerate() {
                builder.output(&plan, index, output, &inputs, &mut ends)?;
            }
            builder.inputs(&plan, inputs, ends)
        })();
        let input_urls = plan.inputs.iter().map(|i| i.url.clone()).collect();
        let Builder { threads, sources, sources_run, .. } = builder;
        drop(sources_run);
        let drain = stop.drain.clone();
        let waker = spawn("waker", move || wake_sources(&sources, &all_ended, &drain)).ok();
        let running = Running { threads, waker, stop: stop.clone(), meter, plan, clock, input_urls };
        match started {
            Ok(()) => Ok(running),
            Err(error) => {
                stop.abort();
                running.join();
                Err(error)
            }
        }
    }
}

impl Builder<'_> {
    fn outlet<T: super::link::Flowing>(&self, meter: &Arc<StageMeter>, links: Vec<LinkSender<T>>) -> Outlet<T> {
        let mut outlet = Outlet::new(self.stop.clone(), Arc::clone(meter));
        for sender in links {
            outlet.connect(0, sender);
        }
        outlet
    }

    fn thread(&mut self, name: String, body: impl FnOnce() -> Ended + Send + 'static) -> Result<(), PrepareError> {
        let guard = AbortOnPanic(self.stop.clone());
        let stop = self.stop.clone();
        let handle = spawn(&name, move || {
            let _guard = guard;
            let ended = body();
            if ended.result.as_ref().is_err_and(StageError::is_failure) {
                stop.abort();
            }
            ended
        })
        .map_err(|error| PrepareError::Failed(format!("A thread could not be started: {error}")))?;
        self.threads.push((name, handle));
        Ok(())
    }

    fn stage<S: Stage + 'static>(
        &mut self,
        name: String,
        stage: S,
        inlet: Inlet<S::In>,
        links: Vec<LinkSender<S::Out>>,
    ) -> Result<(), PrepareError> {
        let meter = self.meter.stage(&name);
        let outlet = self.outlet(&meter, links);
        self.thread(name, move || Ended { result: drive(stage, inlet, outlet, &meter).1, output: None })
    }

    fn source<S: Source + 'static>(
        &mut self,
        name: String,
        source: S,
        links: Vec<Vec<LinkSender<S::Out>>>,
        batch: usize,
    ) -> Result<(), PrepareError> {
        let meter = self.meter.stage(&name);
        let mut outlet = Outlet::new(self.stop.clone(), Arc::clone(&meter));
        for (port, links) in links.into_iter().enumerate() {
            for sender in links {
                outlet.connect(port, sender);
            }
        }
        outlet.set_batch(batch);
        let runs = self.sources_run.clone();
        self.thread(name, move || {
            let result = drive_source(source, outlet, &meter).1;
            drop(runs);
            Ended { result, output: None }
        })?;
        self.sources.extend(self.threads.last().map(|(_, handle)| BlockedThread::of(handle)));
        Ok(())
    }

    fn output(
        &mut self,
        plan: &Plan,
        index: usize,
        prepared: PreparedOutput,
        inputs: &super::OpenInputs,
        ends: &mut BTreeMap<(usize, usize), StreamEnds>,
    ) -> Result<(), PrepareError> {
        let output = &plan.outputs[index];
        let PreparedOutput { muxer, options, bitstream_filters, keyframes } = prepared;
        let waiting = inputs.spec.outputs[index].thread_queue_size;
        let (senders, inlet) = link::<PacketItem>(packet_room(waiting), output.streams.len());
        let mut mux_streams = Vec::new();
        let parts = output.streams.iter().zip(senders).zip(bitstream_filters).zip(keyframes).enumerate();
        for (i, (((stream, sender), filter), keyframes)) in parts {
            let facts = &inputs.facts[stream.source.0].streams[stream.source.1];
            let mut mux_stream = MuxStream {
                kind: stream.kind,
                copy: None,
                source: format!(
                    "{} (stream {}:{})",
                    inputs.facts[stream.source.0].url, stream.source.0, stream.source.1
                ),
                source_time_base: facts.time_base,
                sample_rate_hz: facts.sample_rate_hz,
                bitstream_filter: filter,
                max_packets: stream.max_frames,
                limited: stream.max_frames.is_some(),
                drop_times: false,
                constant_rate: None,
                constant: false,
                lenient_dts: false,
                queue_packets: stream.queue_packets,
                queue_bytes: stream.queue_bytes,
                silent: false,
            };
            let ends = ends.entry(stream.source).or_default();
            match &stream.treatment {
                Treatment::Copy(copy) => {
                    mux_stream.lenient_dts = facts.codec == "vp9";
                    mux_stream.silent = stream.kind == MediaKind::Attachment;
                    mux_stream.copy = Some(Copy::new(copy_settings(plan, inputs, output, stream, copy)));
                    ends.packets.push(sender);
                }
                Treatment::Encode(encode) => {
                    if stream.kind == MediaKind::Video {
                        mux_stream.max_packets = None;
                        mux_stream.constant = !crate::av::frames_have_lengths()
                            && matches!(encode.fps_mode, FpsMode::Cfr | FpsMode::VsCfr);
                        mux_stream.drop_times = encode.fps_mode == FpsMode::Drop;
                    }
                    let frames = self.encode_chain(plan, (index, i), encode, keyframes, inputs, sender)?;
                    ends.frames.push(frames);
                }
                Treatment::Subtitle { encoder, options } => {
                    let link = self.subtitle(plan, (index, i), (encoder, options), inputs, sender)?;
                    ends.packets.push(link);
                }
            }
            mux_streams.push(mux_stream);
        }
        let global = &inputs.spec.global;
        let settings = MuxSettings {
            index,
            url: mask_url(&output.url),
            options,
            size_limit_bytes: output.size_limit_bytes,
            shortest: output.shortest,
            dts_may_repeat: output.muxer.dts_may_repeat,
            no_timestamps: output.muxer.no_timestamps,
            exit_on_error: global.exit_on_error,
        };
        let name = format!("mux {index}");
        let meter = self.meter.stage(&name);
        let outlet = self.outlet(&meter, Vec::new());
        let mut stage = MuxStage::new(muxer, settings, mux_streams, Arc::clone(&self.meter.outputs[index]));
        let path = local_file(&output.url, output.muxer.no_file);
        let needs_trailer = needs_trailer(output);
        self.thread(name, move || {
            let (driven, result) = drive(stage, inlet, outlet, &meter);
            stage = driven;
            let empty = stage.is_empty();
            let end = match &result {
                Ok(()) | Err(StageError::NoConsumer) => OutputEnd::Complete,
                Err(_) => {
                    let playable = stage.salvage() || (stage.has_begun() && !empty && !needs_trailer);
                    drop(stage);
                    match &path {
                        Some(path) if !playable => {
                            let _ = std::fs::remove_file(path);
                            OutputEnd::Removed
                        }
                        _ => OutputEnd::Salvaged,
                    }
                }
            };
            Ended { result, output: Some(EndedOutput { index, end, empty, path }) }
        })
    }

    /// Filter and encode stages of one stream; gives the link that the decoder feeds.
    fn encode_chain(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        encode: &EncodePlan,
        keyframes: super::keyframes::ForcedKeyframes,
        inputs: &super::OpenInputs,
        sender: LinkSender<PacketItem>,
    ) -> Result<LinkSender<FrameItem>, PrepareError> {
        let output_plan = &plan.outputs[output];
        let stream = &output_plan.streams[index];
        let (input, source) = stream.source;
        let facts = &inputs.facts[input].streams[source];
        let input_plan = &plan.inputs[input];
        let stream_plan = &input_plan.streams[source];
        let global = &inputs.spec.global;

        let (mut encoder_links, encoder_inlet) = link::<FrameItem>(FRAMES, 1);
        let settings = EncodeSettings {
            index: (output, index),
            kind: stream.kind,
            plan: encode.clone(),
            global_header: output_plan.muxer.global_header,
            codec_tag: stream.codec_tag,
            start_us: output_plan.start_us.unwrap_or(0),
            duration_us: output_plan.duration_us,
            max_frames: stream.max_frames.filter(|_| stream.kind == MediaKind::Video),
            source_time_base: facts.time_base,
            source_start_known: facts.start_time.is_some(),
            keyframes,
            most_repeats: global.dts_error_threshold_s.saturating_mul(30),
        };
        let meter = Arc::clone(&self.meter.outputs[output].streams[index]);
        self.stage(format!("encode {output}:{index}"), EncodeStage::new(settings, meter), encoder_inlet, vec![sender])?;

        let mut parameters = inputs.demuxers[input]
            .parameters(input, source)
            .map_err(|cause| PrepareError::Failed(format!("{}: {cause}", inputs.facts[input].url)))?;
        parameters.guess_layout(stream_plan.guess_layout_max);
        let forced = stream_plan.forced_frame_rate;
        let (trim_start_us, trim_duration_us) = input_trim(plan, input, global, &inputs.facts[input]);
        let filter_input = InputSettings {
            kind: stream.kind,
            time_base: forced.map_or(facts.time_base, Rational::inverse),
            frame_rate: forced.unwrap_or(parameters.frame_rate),
            expected: parameters.shape(),
            display_matrix: parameters.display_matrix(),
            autorotate: stream_plan.autorotate,
            reinit: stream_plan.reinit_filter,
            trim_start_us,
            trim_duration_us,
            name: format!("in_{input}_{source}"),
        };
        let constraint = OutputConstraint {
            name: format!("out_{output}_{index}"),
            size: encode.size,
            formats: encode.formats.clone(),
            encoder: (encode.encoder.clone(), encode.options.clone()),
            colours: None,
            keep_format: encode.keep_format,
            sample_rates_hz: encode.sample_rates_hz.clone(),
            channel_layouts: encode.channel_layouts.clone(),
            trim_start_us: output_plan.start_us,
            trim_duration_us: output_plan.duration_us,
            frame_samples: 0,
        };
        let graph = GraphSettings {
            description: encode.graph.clone(),
            threads: encode.filter_threads.clone(),
            scaler_options: encode.scaler_options.clone(),
            resampler_options: encode.resampler_options.clone(),
            auto_conversion: encode.auto_conversion,
        };
        let name = format!("{} stream of {}", stream.kind.name(), mask_url(&output_plan.url));
        let stage = FilterStage::new(name, graph, vec![filter_input], vec![(stream.kind, constraint)]);
        let (mut links, inlet) = link::<FrameItem>(FRAMES, 1);
        self.stage(format!("filter {output}:{index}"), stage, inlet, std::mem::take(&mut encoder_links))?;
        links.pop().ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))
    }

    fn subtitle(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        (encoder, options): (&str, &[(String, String)]),
        inputs: &super::OpenInputs,
        sender: LinkSender<PacketItem>,
    ) -> Result<LinkSender<PacketItem>, PrepareError> {
        let output_plan = &plan.outputs[output];
        let (input, source) = output_plan.streams[index].source;
        let decode = plan.inputs[input].streams[source].decode.clone().unwrap_or_default();
        let fail = |what: &str, cause: crate::av::AvError| {
            PrepareError::Failed(format!("Error while opening {what} for output stream #{output}:{index}: {cause}"))
        };
        let parameters = inputs.demuxers[input].parameters(input, source).map_err(|e| fail("the input", e))?;
        let (transcoder, leftover) = SubtitleTranscoder::open(
            &parameters,
            (&decode.decoder, &decode.options),
            (encoder, options),
            output_plan.muxer.global_header,
        )
        .map_err(|e| fail(&format!("subtitle encoder {encoder}"), e))?;
        for (key, _) in leftover.pairs() {
            log::warn!("output stream #{output}:{index}: {encoder} did not take the option '{key}'");
        }
        let times = (output_plan.start_us.unwrap_or(0), output_plan.duration_us);
        let stage = SubtitleStage::new(transcoder, (input, source), times, Arc::clone(&self.meter.inputs[input]));
        let (mut links, inlet) = link::<PacketItem>(PACKETS, 1);
        self.stage(format!("subtitle {output}:{index}"), stage, inlet, vec![sender])?;
        links.pop().ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))
    }

    fn inputs(
        &mut self,
        plan: &Plan,
        inputs: super::OpenInputs,
        mut ends: BTreeMap<(usize, usize), StreamEnds>,
    ) -> Result<(), PrepareError> {
        let balance = Balance::default();
        let groups = balance_groups(plan);
        let places: Vec<Place> = groups.iter().map(|group| balance.join(*group)).collect();
        let super::OpenInputs { spec, facts, demuxers, .. } = inputs;
        let parts = demuxers.into_iter().zip(facts).zip(places).enumerate();
        for (index, ((demuxer, facts), place)) in parts {
            let input = &plan.inputs[index];
            if !input.streams.iter().any(|s| s.used) {
                continue;
            }
            let mut links: Vec<Vec<LinkSender<PacketItem>>> = Vec::new();
            for (stream, stream_plan) in input.streams.iter().enumerate() {
                let StreamEnds { mut packets, frames } = ends.remove(&(index, stream)).unwrap_or_default();
                if let (Some(decode), false) = (&stream_plan.decode, frames.is_empty()) {
                    let fail = |cause: crate::av::AvError| {
                        PrepareError::Failed(format!(
                            "Error while opening decoder {} for input stream #{index}:{stream} of {}: {cause}",
                            decode.decoder, facts.url
                        ))
                    };
                    let mut parameters = demuxer.parameters(index, stream).map_err(fail)?;
                    if let Some(layout) = parameters.guess_layout(stream_plan.guess_layout_max) {
                        log::warn!("Guessed Channel Layout for Input Stream #{index}.{stream} : {layout}");
                    }
                    let settings = DecoderSettings {
                        name: decode.decoder.clone(),
                        options: decode.options.clone(),
                        bitexact: decode.bitexact,
                    };
                    let (decoder, _) = Decoder::open(&parameters, &settings).map_err(fail)?;
                    let settings = DecodeSettings {
                        index: (index, stream),
                        kind: facts.streams[stream].kind,
                        time_base: facts.streams[stream].time_base,
                        forced_frame_rate: stream_plan.forced_frame_rate,
                        frame_rate: parameters.frame_rate,
                        sample_aspect_ratio: parameters.sample_aspect_ratio,
                        exit_on_error: spec.global.exit_on_error,
                    };
                    let stage = DecodeStage::new(decoder, settings, Arc::clone(&self.meter.inputs[index]));
                    let waiting = spec.inputs[index].thread_queue_size;
                    let (senders, inlet) = link::<PacketItem>(packet_room(waiting), 1);
                    self.stage(format!("decode {index}:{stream}"), stage, inlet, frames)?;
                    packets.extend(senders);
                }
                links.push(packets);
            }
            let timeline = Timeline::new(
                timeline_settings(start_offset_us(input, &facts), &facts, &spec.global),
                facts.streams.iter().map(|s| stream_timing(&demuxer, s, &input.streams[s.index])).collect(),
            );
            let settings = DemuxSettings {
                used: input.streams.iter().map(|s| s.used).collect(),
                loops: input.stream_loop,
                pacer: input.read_rate.map(|r| Pacer::new(r.rate, r.initial_burst_us)),
                restart_us: facts.start_time_us.unwrap_or(0),
                exit_on_error: spec.global.exit_on_error,
                facts,
            };
            // What is read as fast as it can be may cross in batches; what is paced or arrives live may not.
            let at_leisure = input.read_rate.is_none() && Path::new(&spec.inputs[index].url).is_file();
            let batch = if at_leisure { BATCH } else { 1 };
            let meter = Arc::clone(&self.meter.inputs[index]);
            let source = DemuxStage::new(demuxer, settings, timeline, (self.clock, place), meter);
            self.source(format!("demux {index}"), source, links, batch)?;
        }
        Ok(())
    }
}

fn copy_settings(
    plan: &Plan,
    inputs: &super::OpenInputs,
    output: &OutputPlan,
    stream: &OutputStreamPlan,
    copy: &crate::plan::CopyPlan,
) -> CopySettings {
    let (input, source) = stream.source;
    let facts = &inputs.facts[input].streams[source];
    let global = &inputs.spec.global;
    let input_plan = &plan.inputs[input];
    let shift = if global.copy_timestamps {
        input_plan.start_us.unwrap_or(0)
            + if global.start_at_zero { 0 } else { inputs.facts[input].start_time_us.unwrap_or(0) }
    } else {
        0
    };
    CopySettings {
        kind: stream.kind,
        time_base: facts.time_base,
        sample_rate_hz: facts.sample_rate_hz,
        frame_samples: inputs.demuxers[input].frame_samples(source),
        initial_non_keyframes: copy.initial_non_keyframes,
        drop_before_start: copy.drop_before_start,
        start_us: output.start_us.unwrap_or(0),
        duration_us: output.duration_us,
        input_end_us: input_plan.duration_us.map(|d| d.saturating_add(shift)),
        has_start: output.start_us.is_some(),
    }
}

/// Start and length that an input's decoded streams are cut to.
fn input_trim(
    plan: &Plan,
    input: usize,
    global: &GlobalSpec,
    facts: &crate::facts::InputFacts,
) -> (Option<i64>, Option<i64>) {
    let input = &plan.inputs[input];
    let origin = if global.copy_timestamps {
        input.start_us.unwrap_or(0) + if global.start_at_zero { 0 } else { facts.start_time_us.unwrap_or(0) }
    } else {
        0
    };
    let start = input.start_us.filter(|_| input.accurate_seek).map(|_| origin);
    (start, input.duration_us)
}

/// The input's offset; an MPEG-TS that begins at zero does so with the streams that are used, not with all.
fn start_offset_us(input: &crate::plan::InputPlan, facts: &crate::facts::InputFacts) -> i64 {
    let Some(start) = facts.start_time_us else { return input.offset_us };
    if !facts.timestamps_may_jump || input.offset_us != -start {
        return input.offset_us;
    }
    let used = facts.streams.iter().filter(|s| input.streams[s.index].used);
    let first = used.filter_map(|s| Some(crate::unit::rescale(s.start_time?, s.time_base, Rational::MICROS))).min();
    first.map_or(input.offset_us, |first| -first.max(start))
}

fn timeline_settings(offset_us: i64, facts: &crate::facts::InputFacts, global: &GlobalSpec) -> TimelineSettings {
    TimelineSettings {
        offset_us,
        start_time_us: facts.start_time_us,
        copy_timestamps: global.copy_timestamps,
        may_jump: facts.timestamps_may_jump,
        delta_threshold_us: global.dts_delta_threshold_us,
        error_threshold_us: global.dts_error_threshold_s.saturating_mul(MICROS_PER_SECOND),
    }
}

fn stream_timing(
    demuxer: &crate::av::Demuxer,
    facts: &crate::facts::StreamFacts,
    plan: &crate::plan::InputStreamPlan,
) -> StreamTiming {
    StreamTiming {
        kind: facts.kind,
        time_base: facts.time_base,
        wrap_bits: demuxer.wrap_bits(facts.index),
        forced_frame_rate: plan.forced_frame_rate,
        avg_frame_rate: facts.avg_frame_rate,
        video_delay: facts.video_delay,
        sample_rate_hz: facts.sample_rate_hz,
        frame_samples: demuxer.frame_samples(facts.index),
        decoded: plan.decode.is_some(),
    }
}

/// Inputs that share an output, directly or through others, have the same number.
fn balance_groups(plan: &Plan) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..plan.inputs.len()).collect();
    for output in &plan.outputs {
        let members: Vec<usize> = output.streams.iter().map(|s| groups[s.source.0]).collect();
        if let Some(target) = members.iter().min().copied() {
            for group in &mut groups {
                if members.contains(group) {
                    *group = target;
                }
            }
        }
    }
    groups
}

/// The file behind a URL, where it is one.
fn local_file(url: &str, no_file: bool) -> Option<PathBuf> {
    let path = Path::new(url.strip_prefix("file:").unwrap_or(url));
    (!no_file && path.is_file()).then(|| path.to_owned())
}

/// Formats that no player reads without their trailer.
fn needs_trailer(output: &OutputPlan) -> bool {
    let fragmented =
        output.options.iter().any(|(k, v)| k == "movflags" && (v.contains("frag") || v.contains("empty_moov")));
    matches!(output.muxer.name.as_str(), "mov" | "mp4" | "3gp" | "3g2" | "psp" | "ipod" | "f4v" | "ismv" | "mxf")
        && !fragmented
}

struct AbortOnPanic(StopSignal);

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abort();
        }
    }
}

impl Running {
    /// The latches that end it.
    pub fn stop(&self) -> &StopSignal {
        &self.stop
    }

    /// True when every thread has ended.
    pub fn is_finished(&self) -> bool {
        self.threads.iter().all(|(_, t)| t.is_finished())
    }

    /// Microseconds since the start.
    pub fn elapsed_us(&self) -> i64 {
        self.clock.now_us()
    }

    /// Waits for the end.
    pub fn join(self) -> Outcome {
        if let Some(waker) = self.waker {
            // It knows the sources' threads, so it must be gone before they are joined.
            let _ = waker.join();
        }
        let mut errors = Vec::new();
        let mut outputs = vec![OutputEnd::Complete; self.plan.outputs.len()];
        let mut empty = Vec::new();
        for (name, thread) in self.threads {
            match thread.join() {
                Ok(ended) => {
                    errors.extend(ended.result.err());
                    if let Some(output) = ended.output {
                        outputs[output.index] = output.end;
                        if output.empty {
                            empty.push((output.index, output.path));
                        }
                    }
                }
                Err(_) => errors.push(StageError::Panicked(name)),
            }
        }
        let mut damage = Vec::new();
        for (url, meter) in self.input_urls.iter().zip(&self.meter.inputs) {
            damage.extend(meter.broken());
            let corrupt = meter.corrupt_packets.load(std::sync::atomic::Ordering::Relaxed);
            let undecoded = meter.decode_errors.load(std::sync::atomic::Ordering::Relaxed);
            if corrupt + undecoded > 0 {
                damage.push(format!(
                    "{url}: {corrupt} packets were damaged, {undecoded} packets or frames could not be decoded cleanly"
                ));
            }
        }
        let mut failure = first_cause(errors).filter(StageError::is_failure);
        for (index, path) in empty {
            let url = mask_url(&self.plan.outputs[index].url);
            if damage.is_empty() || failure.is_some() {
                log::warn!(
                    "{url}: Output file is empty, nothing was encoded (check -ss / -t / -frames parameters if used)"
                );
                continue;
            }
            // A header around nothing would pass for a finished file.
            if let Some(path) = path {
                let _ = std::fs::remove_file(path);
                outputs[index] = OutputEnd::Removed;
            }
            failure = Some(StageError::Failed(format!("{url}: nothing could be read for it: {}", damage.join("; "))));
        }
        Outcome {
            failure,
            stopped: self.stop.drain.is_tripped() && !self.stop.abort.is_tripped(),
            outputs,
            damage,
            elapsed_ns: self.clock.now_ns(),
            meter: self.meter,
        }
    }
}
