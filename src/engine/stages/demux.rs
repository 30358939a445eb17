//! Reads an input: packets, the seams between its passes, and its end.

mod asking;
mod astray;
mod dealing;
mod ending;
mod file_end;
mod joints;
mod live;

use self::asking::Asking;
use self::dealing::raw_times;
use self::joints::Joints;
pub use self::live::LiveInput;

use crate::av::{AvError, Demuxer, Packet};
use crate::engine::balance::Place;
use crate::engine::clock::Clock;
use crate::engine::commands::Commands;
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::kernel::{Flow, Outlet, Source};
use crate::engine::meter::InputMeter;
use crate::facts::{InputFacts, StreamFacts};
use crate::timing::{Pacer, Timeline};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Everything the stage needs.
pub struct DemuxSettings {
    /// What was found in the input.
    pub facts: InputFacts,
    /// Streams that somebody wants.
    pub used: Vec<bool>,
    /// Streams of subtitles that are drawn on pictures, and so want to know how far the input has come.
    pub heartbeats: Vec<usize>,
    /// Passes after the first; -1 is for ever.
    pub loops: i32,
    /// Pacing.
    pub pacer: Option<Pacer>,
    /// Where a pass begins after a seam, in microseconds of the container.
    pub restart_us: i64,
    /// Packets are left out on purpose (`-discard`), reading begins behind the end, or times are missing, so that a length says nothing.
    pub reads_a_part: bool,
    /// Whether packets are told of (`-dump`, the key `h`).
    pub commands: Commands,
    /// `-debug_ts`.
    pub debug_timestamps: bool,
    /// Packets have the times at which they came (`-use_wallclock_as_timestamps`).
    pub times_are_arrivals: bool,
    /// A peer came to it, whose leave is the end.
    pub listens: bool,
    /// Stop at the first damaged packet.
    pub exit_on_error: bool,
    /// `-copyts`.
    pub keep_times: bool,
}

/// The source of one input.
pub struct DemuxStage {
    demuxer: Demuxer,
    settings: DemuxSettings,
    timeline: Timeline,
    clock: Clock,
    place: Place,
    meter: Arc<InputMeter>,
    first_packet: Vec<bool>,
    reached_us: Vec<Option<i64>>,
    /// Packets that the demuxer called damaged.
    flagged_packets: u64,
    joints: Joints,
    /// Where the last packet ended in the file.
    last_byte: Option<i64>,
    /// The last packet took all that there was, and the demuxer looked for more of it.
    wanted_more: bool,
    packets_this_pass: u64,
    unknown_streams: usize,
    /// When the last packet is decoded, in microseconds of the job.
    last_dts_us: i64,
    asking: Asking,
    /// By stream, packets whose time may be a damaged one.
    astray: BTreeMap<usize, Vec<Packet>>,
    /// What makes it a session with a peer.
    live: Option<LiveInput>,
}

impl DemuxStage {
    /// Takes over an opened and sought demuxer.
    pub fn new(
        demuxer: Demuxer,
        settings: DemuxSettings,
        timeline: Timeline,
        (clock, place): (Clock, Place),
        meter: Arc<InputMeter>,
    ) -> Self {
        let count = settings.used.len();
        Self {
            demuxer,
            settings,
            timeline,
            clock,
            place,
            meter,
            first_packet: vec![true; count],
            reached_us: vec![None; count],
            flagged_packets: 0,
            joints: Joints::default(),
            last_byte: None,
            wanted_more: false,
            packets_this_pass: 0,
            unknown_streams: 0,
            last_dts_us: 0,
            asking: Asking::default(),
            astray: BTreeMap::new(),
            live: None,
        }
    }

    /// Makes it a session with a peer, which may be lost and come back.
    #[must_use]
    pub fn with_session(mut self, live: LiveInput) -> Self {
        self.live = Some(live);
        self
    }

    fn end_of_pass(&mut self, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        self.take_the_rest(out)?;
        if self.settings.loops == 0 {
            self.check_ending(&out.stop().drain);
            return Ok(Flow::Done);
        }
        if self.packets_this_pass == 0 {
            log::warn!("{}: not looped: a pass gave no packet", self.settings.facts.url);
            return Ok(Flow::Done);
        }
        if self.settings.loops > 0 {
            self.settings.loops -= 1;
        }
        if let Err(error) = self.demuxer.rewind(self.settings.restart_us) {
            log::warn!("{}: cannot be looped, it cannot be sought: {error}", self.settings.facts.url);
            return Ok(Flow::Done);
        }
        self.packets_this_pass = 0;
        let is_first_seam = self.meter.loops.fetch_add(1, Ordering::Relaxed) == 0;
        self.timeline.seam();
        self.tell_seam(out)?;
        let covers = (0..self.settings.used.len()).filter(|stream| is_first_seam && self.is_cover(*stream));
        covers.into_iter().try_for_each(|cover| out.end(cover))?;
        Ok(Flow::Continue)
    }

    /// One picture that stands for the whole input: it comes once, however often that is read.
    fn is_cover(&self, stream: usize) -> bool {
        self.settings.facts.streams.get(stream).is_some_and(StreamFacts::is_cover)
    }

    /// Tells who takes the streams that what follows does not go on from what came.
    fn tell_seam(&self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        for stream in 0..self.settings.used.len() {
            if self.settings.used[stream] && out.is_open(stream) {
                out.send(stream, PacketItem::Seam)?;
            }
        }
        Ok(())
    }

    /// Goes on after a call that gave nothing: at once, or after a pause where calls give nothing again and again.
    fn ask_again(&mut self, out: &mut Outlet<PacketItem>) -> Flow {
        let goes_on = match self.asking.refused(self.clock.now_ns()) {
            Some(due_ns) => out.pausing(|| self.clock.wait_until(due_ns, &out.stop().drain)),
            None => true,
        };
        if goes_on { Flow::Continue } else { Flow::Done }
    }

    /// Tells of a packet as the demuxer gave it (`-dump`, the key `h`).
    fn tell_of(&self, packet: &Packet) {
        if let Some(bytes) = self.settings.commands.dump() {
            packet.dump(&self.demuxer, bytes);
        }
    }
}

impl Source for DemuxStage {
    type Out = PacketItem;

    fn step(&mut self, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        if self.live.is_some() {
            return self.live_step(out);
        }
        match self.demuxer.read() {
            Ok(packet) => {
                self.asking.answered();
                self.tell_of(&packet);
                self.take(packet, out)
            }
            Err(AvError::AGAIN) => Ok(self.ask_again(out)),
            Err(AvError::EOF) => self.end_of_pass(out),
            Err(error) if self.settings.listens && error.is_lost_connection() => self.end_of_pass(out),
            // Some demuxers call it an error that no packet follows the last one: those of formats without a length, and
            // those that look for a mark behind it (SMJPEG).
            Err(error)
                if self.has_all_that_was_promised()
                    || (error.errno() == Some(libc::EIO)
                        && self.demuxer.is_at_end()
                        && !self.settings.facts.length_is_promised) =>
            {
                self.end_of_pass(out)
            }
            Err(_) if out.stop().drain.is_tripped() => Ok(Flow::Done),
            Err(error) => {
                let sentence = format!("{}: reading broke off: {error}", self.settings.facts.url);
                if self.settings.exit_on_error {
                    return Err(StageError::Failed(sentence));
                }
                log::error!("{}: {error}", self.settings.facts.url);
                self.meter.set_broken(sentence, self.least_position_us());
                Ok(Flow::Done)
            }
        }
    }

    fn finish(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        self.take_the_rest(out)?;
        if self.live.is_some() {
            self.take_leave();
        }
        Ok(())
    }
}
