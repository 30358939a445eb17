//! Wires the stages of a plan and starts their threads.

mod graph;
mod input;
mod loopback;
mod mux_end;
mod output;
mod settings;
mod subtitle;

use self::mux_end::MuxEnd;
use self::output::leaks;
use self::subtitle::SubtitleLinks;
use super::balance::Balance;
use super::clock::Clock;
use super::commands::Commands;
use super::fault::StageError;
use super::flow::{FrameItem, PacketItem};
use super::hardware::{self, DecodersHardware};
use super::kernel::{Outlet, Ready, Source, Stage, drive_source};
use super::leak::Leak;
use super::link::{Capacity, Inlet, LinkSender, gate};
use super::meter::{Meter, StageMeter};
use super::oversight::Oversight;
use super::prepare::{OpenInputs, PrepareError, Prepared, PreparedOutput, remove_if_empty};
use super::run::{AbortOnPanic, Ended, Kept, Running, wake_blocked};
use super::session::SessionContext;
use super::stages::filter::FilterStage;
use super::stages::frame_stats::StatsFiles;
use super::stages::sdp::SessionDescription;
use super::stages::undecodable::Undecodable;
use super::stages::video_stats::VideoStats;
use super::stop::{Latch, StopSignal};
use super::threads::spawn;
use crate::av::{BlockedThread, LongTurns};
use crate::diagnostic::reason;
use crate::facts::MediaKind;
use crate::plan::Plan;
use crate::spec::SeldomGlobal;
use crossbeam_channel::{Receiver, Sender};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::thread::JoinHandle;

const PACKETS: Capacity = Capacity { items: 96, bytes: 4 << 20 };
/// One picture of 1080 lines, four of half that size: what waits is memory, and more of it won no time.
const FRAMES: Capacity = Capacity { items: 4, bytes: 4 << 20 };
/// Frames of sound are small, and the work on one may be less than that of waking who takes it.
const SOUND: Capacity = Capacity { items: 96, bytes: 1 << 20 };

/// Items that cross a link together where nobody waits for a single one: fewer wake-ups.
const BATCH: usize = 32;

/// Frames that may be under way behind a filtergraph: in the link, in the encoder's hands, and the last one for repeating.
const BEHIND_GRAPH: usize = FRAMES.items + 2;

/// Bytes before a decoder of what is there whenever it is asked for: more would only be memory.
const AT_HAND: usize = 1 << 20;

/// The capacity of a link for frames of these kinds.
fn frame_room(mut kinds: impl Iterator<Item = MediaKind>) -> Capacity {
    if kinds.all(|kind| kind == MediaKind::Audio) { SOUND } else { FRAMES }
}

/// The capacity of a packet link, with `-thread_queue_size` where it was given.
fn packet_room(items: Option<usize>) -> Capacity {
    Capacity { items: items.unwrap_or(PACKETS.items), ..PACKETS }
}

/// Where the consumers of an input stream are gathered while the graph is wired.
#[derive(Default)]
struct StreamEnds {
    packets: Vec<LinkSender<PacketItem>>,
    frames: Vec<LinkSender<FrameItem>>,
}

/// All ends that wait for what feeds them.
#[derive(Default)]
struct Ends {
    /// By input and stream.
    inputs: BTreeMap<(usize, usize), StreamEnds>,
    /// By loopback decoder: the filtergraphs behind it.
    decoders: BTreeMap<usize, Vec<LinkSender<FrameItem>>>,
    /// By complex filtergraph and its output: the encoder behind it.
    graphs: BTreeMap<(usize, usize), LinkSender<FrameItem>>,
}

/// A stage that is ready to run, and which filtergraph it is, if it is one.
struct Staged<S: Stage> {
    ready: Ready<S>,
    graph: Option<usize>,
}

impl<S: Stage + 'static> Staged<S> {
    /// Runs it in this thread; gives what becomes of it, and the stage to be kept.
    fn run(self) -> (Result<(), StageError>, Kept) {
        let (stage, result) = self.ready.drive();
        (result, Kept { graph: self.graph, _stage: Box::new(stage) })
    }
}

struct Builder<'a> {
    stop: &'a StopSignal,
    meter: Arc<Meter>,
    clock: Clock,
    threads: Vec<(String, JoinHandle<Ended>)>,
    /// Threads that may sit in a system call which only a signal ends.
    may_block: Vec<BlockedThread>,
    sources_run: Sender<Infallible>,
    /// `-vstats`.
    video_stats: Option<VideoStats>,
    /// `-stats_enc_pre` and its like.
    frame_stats: StatsFiles,
    /// The session description of rtp outputs.
    sdp: Option<SessionDescription>,
    /// The last output that speaks on stdout.
    last_speaker: Option<Latch>,
    /// Why an output whose header could be written at once did not take it.
    refused: Option<StageError>,
    /// What the keyboard asks.
    commands: Commands,
    /// Something comes at the speed of time, or goes to a peer.
    is_timed: bool,
    /// `-benchmark_all`.
    benchmarks: bool,
    /// `-debug_ts`.
    tells_times: bool,
    /// Filtergraphs so far, complex ones first.
    graphs: usize,
    /// A muxer that runs in the thread of its only source.
    joined: Option<MuxEnd>,
    /// Filtergraphs that run in the thread of the decoder before them, by the input and stream of that.
    guests: BTreeMap<(usize, usize), Staged<FilterStage>>,
    /// Sending ends of the muxers' links, by output and stream, until somebody feeds them.
    muxers: Vec<Vec<Option<LinkSender<PacketItem>>>>,
    /// The same of the loopback decoders' links.
    decoders: Vec<Vec<LinkSender<PacketItem>>>,
    /// The links of subtitles that are transcoded.
    subtitles: SubtitleLinks,
    sessions: SessionContext,
    /// By output, how the link to its peer leaks.
    leaks: Vec<Leak>,
}

/// The file of `-vstats`, named by the time of day unless it has a name.
fn video_stats(seldom: &SeldomGlobal) -> Result<Option<VideoStats>, PrepareError> {
    let Some(name) = &seldom.video_stats else { return Ok(None) };
    let name = if name.is_empty() { format!("vstats_{}.log", crate::av::time_of_day()) } else { name.clone() };
    let file = VideoStats::create(&name, seldom.video_stats_version);
    file.map(Some).map_err(|error| PrepareError::Failed(format!("{name}: {}", reason(&error))))
}

/// Outputs by rtp are described together, when all outputs go that way or a file is to be written.
fn session_description(plan: &Plan, seldom: &SeldomGlobal) -> Option<SessionDescription> {
    let by_rtp = plan.outputs.iter().filter(|output| output.muxer.name == "rtp").count();
    let wanted = seldom.sdp_file.is_some() || by_rtp == plan.outputs.len();
    (by_rtp > 0 && wanted).then(|| SessionDescription::new(by_rtp, seldom.sdp_file.clone()))
}

impl Prepared {
    /// Starts the threads. `before` is called when the headers that can be written at once are written, or refused
    /// with this error, and nothing flows yet.
    pub fn start(
        self,
        stop: &StopSignal,
        before: impl FnOnce(&Plan, Option<&StageError>),
    ) -> Result<Running, PrepareError> {
        let Prepared { plan, mut inputs, outputs } = self;
        // Filters and encoders may take the devices of decoders, so these come first; what is wrong is told in its turn.
        let hardware = hardware::for_decoders(&plan, &mut inputs);
        let plan = Arc::new(plan);
        // Where nobody waits for a single picture, fewer changes between threads are less work.
        let _turns = if plan.is_timed() { None } else { LongTurns::begin() };
        let (mut builder, all_ended) = Builder::new(&plan, &inputs, stop);
        let strict = inputs.spec.global.strict_exit.unwrap_or(true);
        // They outlast what goes wrong: a muxer whose input is gone would end in good order before it is told to abort.
        let mut ends = Ends::default();
        let wired = builder.wire(&plan, (inputs, outputs), &mut ends, (hardware, before));
        let input_urls = plan.inputs.iter().map(|i| i.url.clone()).collect();
        let Builder { threads, may_block, sources_run, commands, meter, clock, .. } = builder;
        drop(sources_run);
        let drain = stop.drain.clone();
        let waker = spawn("waker", move || wake_blocked(&may_block, &all_ended, &drain)).ok();
        let running = Running { threads, waker, stop: stop.clone(), meter, plan, clock, commands, input_urls, strict };
        match wired {
            Ok(()) => Ok(running),
            Err(error) => {
                stop.abort();
                let plan = Arc::clone(&running.plan);
                running.join();
                plan.outputs.iter().for_each(remove_if_empty);
                Err(error)
            }
        }
    }
}

impl<'a> Builder<'a> {
    /// A builder with nothing wired, and what tells that all sources have ended.
    fn new(plan: &Plan, inputs: &OpenInputs, stop: &'a StopSignal) -> (Self, Receiver<Infallible>) {
        let streams: Vec<Vec<_>> =
            plan.outputs.iter().map(|o| o.streams.iter().map(|s| s.encoded_by).collect()).collect();
        let kinds: Vec<Vec<_>> = inputs.facts.iter().map(|i| i.streams.iter().map(|s| s.kind).collect()).collect();
        let clock = Clock::start();
        let seldom = &inputs.spec.global.seldom;
        let (sources_run, all_ended) = gate();
        let builder = Self {
            stop,
            meter: Arc::new(Meter::new(&kinds, &streams)),
            clock,
            threads: Vec::new(),
            may_block: Vec::new(),
            sessions: SessionContext { clock, stop: stop.clone(), journal: inputs.journal.clone() },
            sources_run,
            joined: None,
            guests: BTreeMap::new(),
            muxers: Vec::new(),
            decoders: Vec::new(),
            subtitles: SubtitleLinks::of(plan),
            leaks: leaks(plan),
            last_speaker: None,
            refused: None,
            commands: Commands::default(),
            is_timed: plan.is_timed(),
            benchmarks: seldom.benchmark_all,
            tells_times: seldom.debug_timestamps,
            graphs: plan.graphs.len(),
            frame_stats: StatsFiles::default(),
            video_stats: None,
            sdp: session_description(plan, seldom),
        };
        (builder, all_ended)
    }

    /// Wires all stages, the last ones first, and starts their threads. See [`Prepared::start`] for `before`.
    fn wire(
        &mut self,
        plan: &Plan,
        (inputs, outputs): (OpenInputs, Vec<PreparedOutput>),
        ends: &mut Ends,
        (hardware, before): (Result<DecodersHardware, PrepareError>, impl FnOnce(&Plan, Option<&StageError>)),
    ) -> Result<(), PrepareError> {
        self.video_stats = video_stats(&inputs.spec.global.seldom)?;
        let inlets = self.links_of_muxers(plan, &inputs);
        let looped = self.links_of_decoders(plan);
        for (index, output) in outputs.into_iter().zip(inlets).enumerate() {
            self.output(plan, index, output, &inputs, ends)?;
        }
        before(plan, self.refused.as_ref());
        let hardware = hardware?;
        let balance = Balance::default();
        self.complex_graphs(plan, &inputs, &balance, ends)?;
        self.loopback_decoders(plan, &inputs, looped, ends)?;
        self.inputs(plan, inputs, &balance, (std::mem::take(ends), hardware))
    }
}

impl Builder<'_> {
    /// The eye on a decoder or encoder of this kind, of an input's or output's stream.
    fn oversight(&self, kind: MediaKind, (file, stream): (usize, usize)) -> Oversight {
        let subject = self.benchmarks.then(|| format!("{} {file}.{stream}", kind.name()));
        Oversight::new(self.commands.clone(), subject, self.tells_times)
    }

    /// What becomes of packets of an input's stream that cannot be decoded.
    fn undecodable(&self, index: (usize, usize), exit_on_error: bool) -> Undecodable {
        Undecodable::new(index, exit_on_error, Arc::clone(&self.meter.inputs[index.0]))
    }

    /// An outlet with these links behind its ports.
    fn outlet<T: super::link::Flowing>(&self, meter: &Arc<StageMeter>, links: Vec<Vec<LinkSender<T>>>) -> Outlet<T> {
        let mut outlet = Outlet::new(self.stop.clone(), Arc::clone(meter));
        for (port, links) in links.into_iter().enumerate() {
            for sender in links {
                outlet.connect(port, sender);
            }
        }
        outlet
    }

    fn thread(&mut self, name: String, body: impl FnOnce() -> Ended + Send + 'static) -> Result<(), PrepareError> {
        let guard = AbortOnPanic(self.stop.clone());
        let stop = self.stop.clone();
        let handle = spawn(&name, move || {
            let _guard = guard;
            let ended = body();
            if ended.result.as_ref().is_err_and(StageError::ends_all) {
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
        links: Vec<Vec<LinkSender<S::Out>>>,
    ) -> Result<(), PrepareError> {
        let staged = self.staged(&name, stage, inlet, links);
        self.run(name, staged)
    }

    /// A stage in a thread of its own.
    fn run<S: Stage + 'static>(&mut self, name: String, staged: Staged<S>) -> Result<(), PrepareError> {
        self.thread(name, move || {
            let (result, kept) = staged.run();
            Ended { result, output: None, kept: vec![kept] }
        })
    }

    /// A stage with its ends.
    fn staged<S: Stage>(
        &self,
        name: &str,
        stage: S,
        inlet: Inlet<S::In>,
        links: Vec<Vec<LinkSender<S::Out>>>,
    ) -> Staged<S> {
        let meter = self.meter.stage(name);
        let mut outlet = self.outlet(&meter, links);
        outlet.set_batch(if self.is_timed { 1 } else { BATCH });
        Staged { ready: Ready { stage, inlet, out: outlet, meter }, graph: None }
    }

    /// A stage, and the only one behind it in the same thread.
    fn run_with_guest<S: Stage + 'static, G: Stage + 'static>(
        &mut self,
        name: String,
        host: Staged<S>,
        guest: Staged<G>,
    ) -> Result<(), PrepareError> {
        self.thread(name, move || {
            let mut kept = Vec::new();
            let (stage, result) = guest.ready.drive_behind(|| {
                let (result, host) = host.run();
                kept.push(host);
                result
            });
            kept.extend(stage.map(|stage| Kept { graph: guest.graph, _stage: Box::new(stage) }));
            Ended { result, output: None, kept }
        })
    }

    /// A source; with the only stage behind it in the same thread when they are to be joined.
    fn source<S: Source<Out = PacketItem> + 'static>(
        &mut self,
        name: String,
        source: S,
        links: Vec<Vec<LinkSender<S::Out>>>,
        batch: usize,
    ) -> Result<(), PrepareError> {
        let meter = self.meter.stage(&name);
        let mut outlet = self.outlet(&meter, links);
        outlet.set_batch(batch);
        let runs = self.sources_run.clone();
        let behind = self.joined.take();
        self.thread(name, move || {
            let ended = match behind {
                Some(mux) => mux.run(Some(|| drive_source(source, outlet, &meter).1)),
                None => Ended { result: drive_source(source, outlet, &meter).1, output: None, kept: Vec::new() },
            };
            drop(runs);
            ended
        })?;
        self.may_block.extend(self.threads.last().map(|(_, handle)| BlockedThread::of(handle)));
        Ok(())
    }
}
