//! Reads an input, puts its packets on the job's timeline, and deals them out by stream.

mod asking;
mod live;

use self::asking::Asking;
pub use self::live::LiveInput;

use crate::av::{AvError, Demuxer, Packet};
use crate::engine::balance::Place;
use crate::engine::clock::Clock;
use crate::engine::commands::Commands;
use crate::engine::fault::StageError;
use crate::engine::flow::{MediaPacket, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Source};
use crate::engine::meter::InputMeter;
use crate::engine::told_times;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::timing::{Pacer, PacketTimes, Timeline};
use crate::unit::{MICROS_PER_SECOND, Rational, rescale};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An input that ends before its header's promise by more than a twentieth of it, between these bounds, is called cut
/// off; in microseconds.
const SHORT_BY_US: (i64, i64) = (100_000, 500_000);

/// Times and lengths that are rounded to milliseconds may end so much before a promise that is kept, in microseconds.
const ROUNDED_US: i64 = 2_000;

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
    /// Packets are left out on purpose, so that a length says nothing (`-discard`).
    pub thinned: bool,
    /// Whether packets are told of (`-dump`, the key `h`).
    pub commands: Commands,
    /// `-debug_ts`.
    pub debug_timestamps: bool,
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
    place: Option<Place>,
    meter: Arc<InputMeter>,
    first_packet: Vec<bool>,
    reached_us: Vec<Option<i64>>,
    packets_this_pass: u64,
    unknown_streams: usize,
    asking: Asking,
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
            place: Some(place),
            meter,
            first_packet: vec![true; count],
            reached_us: vec![None; count],
            packets_this_pass: 0,
            unknown_streams: 0,
            asking: Asking::default(),
            live: None,
        }
    }

    /// Makes it a session with a peer, which may be lost and come back.
    #[must_use]
    pub fn with_session(mut self, live: LiveInput) -> Self {
        self.live = Some(live);
        // It comes at its own pace, and nobody waits for it.
        self.place = None;
        self
    }

    fn end_of_pass(&mut self, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        if self.settings.loops == 0 {
            self.check_length();
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

    /// Compares how far the input went with what its header promised.
    fn check_length(&self) {
        if let Some(error) = self.demuxer.io_error() {
            self.meter.set_broken(format!("{}: reading broke off: {error}", self.settings.facts.url));
            return;
        }
        if let Some((promised, reached)) = self
            .lengths_us()
            .into_iter()
            .find(|(promised, reached)| promised - reached > (promised / 20).clamp(SHORT_BY_US.0, SHORT_BY_US.1))
        {
            self.meter.set_broken(format!(
                "{}: ends after {} of the {} that its header promises: the file is cut off",
                self.settings.facts.url,
                seconds(reached),
                seconds(promised)
            ));
        }
    }

    /// All bytes have been read, and no stream lacks anything of what the header promised.
    fn has_all_that_was_promised(&self) -> bool {
        let lengths = self.lengths_us();
        self.demuxer.is_at_end()
            && !lengths.is_empty()
            && lengths.into_iter().all(|(promised, reached)| promised - reached <= ROUNDED_US)
    }

    /// What the header promises, each with how far that was read, in microseconds; empty where nothing can be said.
    fn lengths_us(&self) -> Vec<(i64, i64)> {
        if self.settings.thinned || !self.demuxer.length_is_promised() {
            return Vec::new();
        }
        let facts = &self.settings.facts;
        let counts = |s: &&StreamFacts| {
            matches!(s.kind, MediaKind::Video | MediaKind::Audio)
                && !s.is_cover()
                && !s.has_disposition("timed_thumbnails")
        };
        let used = |s: &&StreamFacts| self.settings.used.get(s.index).copied().unwrap_or(false);
        let start_us = |s: &StreamFacts| rescale(s.start_time.unwrap_or(0), s.time_base, Rational::MICROS);
        let end_us = |s: &StreamFacts| self.reached_us.get(s.index).copied().flatten();
        let total = facts.duration_us.unwrap_or(i64::MAX);
        let mut checks: Vec<(i64, i64)> = Vec::new();
        if facts.streams.iter().filter(counts).filter(used).all(|s| own_length_us(facts, s).is_some()) {
            // Each track has a length of its own.
            for s in facts.streams.iter().filter(counts).filter(used) {
                let Some(length) = own_length_us(facts, s) else { continue };
                let reached = end_us(s).map_or(0, |end| end - start_us(s));
                checks.push((length.min(total), reached));
            }
        } else if self.timeline.jumps() == 0
            && facts.streams.iter().all(|s| used(&s) || s.kind == MediaKind::Attachment || s.is_only_announced())
        {
            // Only the whole has a length, all that counts for it was read, and its clock tells how far that was.
            let origin = facts.start_time_us.unwrap_or(0);
            let longest = facts.streams.iter().filter_map(end_us).max().map_or(0, |end| end - origin);
            if let Some(total) = facts.duration_us {
                checks.push((total, longest));
            }
        }
        checks
    }

    fn note_reached(&mut self, stream: usize, times: PacketTimes) {
        let base = self.settings.facts.streams[stream].time_base;
        if let Some(time) = times.pts.or(times.dts) {
            let end = rescale(time + times.duration, base, Rational::MICROS);
            let reached = &mut self.reached_us[stream];
            *reached = Some(reached.unwrap_or(i64::MIN).max(end));
        }
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

    /// The number that a stream of the input has in the demuxer at hand.
    fn number_there(&self, stream: usize) -> usize {
        self.live.as_ref().map_or(stream, |live| live.number_there(stream))
    }

    fn deal(&mut self, mut packet: Packet, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let stream = packet.stream();
        self.meter.packets.fetch_add(1, Ordering::Relaxed);
        self.meter.bytes.fetch_add(packet.size() as u64, Ordering::Relaxed);
        if self.meter.loops.load(Ordering::Relaxed) > 0 && self.is_cover(stream) {
            return Ok(Flow::Continue);
        }
        self.packets_this_pass += 1;
        let Some(used) = self.settings.used.get(stream).copied() else {
            if stream >= self.unknown_streams {
                self.unknown_streams = stream + 1;
                log::warn!(
                    "{}: a new stream {stream} appeared after the start; it is left out",
                    self.settings.facts.url
                );
            }
            return Ok(Flow::Continue);
        };
        let times = PacketTimes { pts: packet.pts(), dts: packet.dts(), duration: packet.duration() };
        self.note_reached(stream, times);
        if !used {
            return Ok(Flow::Continue);
        }
        if packet.is_corrupt() {
            self.meter.corrupt_packets.fetch_add(1, Ordering::Relaxed);
            log::warn!("{}: corrupt input packet in stream {stream}", self.settings.facts.url);
            if self.settings.exit_on_error {
                return Err(StageError::Failed(format!(
                    "{}: corrupt input packet in stream {stream}, and -xerror is set",
                    self.settings.facts.url
                )));
            }
        }
        if std::mem::take(&mut self.first_packet[stream]) {
            let attached = self.demuxer.attach_stream_side_data(self.number_there(stream), &mut packet);
            attached.map_err(StageError::library("attach side data"))?;
        }
        let named = (stream, self.settings.facts.streams[stream].kind);
        let base = self.settings.facts.streams[stream].time_base;
        if self.settings.debug_timestamps {
            told_times::read(named, (&packet, base), self.timeline.next_us(stream), self.timeline.offset_us(stream));
        }
        let stamped = self.timeline.stamp(stream, times);
        self.meter.jumps.store(self.timeline.jumps(), Ordering::Relaxed);
        if stamped.overlaps {
            self.meter.seam_drops.fetch_add(1, Ordering::Relaxed);
            return Ok(Flow::Continue);
        }
        packet.set_times(stamped.pts, stamped.dts);
        if self.settings.debug_timestamps {
            told_times::stamped(named, (&packet, base), self.timeline.offset_us(stream));
        }
        if let Some(pacer) = &mut self.settings.pacer {
            let due = pacer.due_at_ns(stamped.dts_us, self.clock.now_ns());
            if !out.pausing(|| self.clock.wait_until(due, &out.stop().drain)) {
                return Ok(Flow::Done);
            }
        }
        if let Some(pts) = stamped.pts {
            for drawn in &self.settings.heartbeats {
                let base = |stream: usize| self.settings.facts.streams[stream].time_base;
                let at = rescale(pts, base(stream), base(*drawn));
                out.send(*drawn, PacketItem::Heartbeat(at))?;
            }
        }
        if let Some((from, to)) = stamped.hole {
            out.send(stream, PacketItem::Hole(from, to))?;
        }
        out.send(stream, PacketItem::Packet(MediaPacket { packet, dts_us: stamped.dts_us }))?;
        if let Some(live) = &mut self.live {
            live.note_position(stamped.dts_us);
        }
        if let Some(place) = &self.place {
            out.pausing(|| place.advance(stamped.dts_us, out.stop()));
        }
        Ok(Flow::Continue)
    }
}

fn seconds(us: i64) -> String {
    format!("{}.{:02} s", us / MICROS_PER_SECOND, us % MICROS_PER_SECOND / 10_000)
}

/// What the header promises of one stream, in microseconds: MP4 by its track, Matroska by the tag of its writers.
fn own_length_us(facts: &InputFacts, stream: &StreamFacts) -> Option<i64> {
    let length = if facts.format.starts_with("mov") {
        rescale(stream.duration?, stream.time_base, Rational::MICROS)
    } else if facts.format.starts_with("matroska") {
        // It counts from zero, not from the stream's start.
        let start = rescale(stream.start_time.unwrap_or(0), stream.time_base, Rational::MICROS);
        stream.tagged_duration_us()? - start.max(0)
    } else {
        return None;
    };
    Some(length).filter(|length| *length > 0)
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
                self.deal(packet, out)
            }
            Err(AvError::AGAIN) => Ok(self.ask_again(out)),
            Err(AvError::EOF) => self.end_of_pass(out),
            // Some demuxers call it an error that no packet follows the last one: those of formats without a length, and
            // those that look for a mark behind it (SMJPEG).
            Err(error)
                if self.has_all_that_was_promised()
                    || (error.errno() == Some(libc::EIO)
                        && self.demuxer.is_at_end()
                        && !self.demuxer.length_is_promised()) =>
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
                self.meter.set_broken(sentence);
                Ok(Flow::Done)
            }
        }
    }

    fn finish(&mut self, _out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        if self.live.is_some() {
            self.take_leave();
        }
        Ok(())
    }
}
