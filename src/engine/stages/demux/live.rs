//! The demuxer of a peer: it may be lost and come back while the stage goes on, on one timeline.

mod again;

use super::{DemuxStage, raw_times};
use crate::av::{AvError, Demuxer, Packet};
use crate::engine::balance::Place;
use crate::engine::clock::{Clock, microseconds};
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::journal::EventKind;
use crate::engine::kernel::{Flow, Outlet};
use crate::engine::session::{Failure, GOODBYE, Join, PeerSession, seconds};
use crate::facts::{InputFacts, MediaKind};
use crate::plan::DemuxerSettings;
use crate::timing::Settle;
use crate::unit::{MICROS_PER_SECOND, Rational, rescale};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

/// An input whose length is known has ended by itself when no more than this is missing, in microseconds.
const END_WITHIN_US: i64 = MICROS_PER_SECOND;
/// Between two connections the job's time goes on by this at the least, in microseconds.
const LEAST_GAP_US: i64 = 20_000;

/// What stands for an input that is away ends this much before the job's time, in microseconds: the input may come back.
const STAND_IN_BEHIND_US: i64 = 50_000;

/// By stream of a connection: the stream of the first one that it goes on as, and its time base.
type Matched = Vec<Option<(usize, Rational)>>;

/// The session of an input.
pub struct LiveInput {
    peer: PeerSession,
    /// How the connection is made again.
    settings: DemuxerSettings,
    /// The last picture and silence stand for it while it is away.
    freezes: bool,
    /// By stream of the first connection: it is copied somewhere.
    copied: Vec<bool>,
    join: Join<Packet>,
    /// Of the connection at hand.
    streams: Matched,
    /// By stream of the first connection: its first packets, until their times are known.
    settle: Vec<Settle<Packet>>,
    /// By stream of the first connection: its last known time in the input, in microseconds.
    raw_us: Vec<i64>,
    /// By stream of the first connection, where it is of sound: where its last packet ends, in ticks.
    ends: Vec<Option<i64>>,
    /// By stream of the first connection: its codec now, and that codec's header.
    codecs: Vec<(String, Vec<u8>)>,
    /// By stream of the first connection: its new codec header, to be announced.
    extradata: Vec<Option<Vec<u8>>>,
    /// The job's time minus the clock, at its least.
    lead_us: Option<i64>,
    /// The same at its most, of the connection at hand.
    best_lead_us: Option<i64>,
    /// When the deadline of a read began is not to be set anew: no packet has come since.
    waits: bool,
    lost_at_us: Option<i64>,
    /// That it came back without pictures has been told in this outage.
    told_missing: bool,
}

impl LiveInput {
    /// The session of a demuxer that is open. `copied`: streams that some output takes as they are.
    pub fn new(
        mut peer: PeerSession,
        (settings, freezes): (DemuxerSettings, bool),
        (demuxer, facts): (&Demuxer, &InputFacts),
        used: &[bool],
        copied: Vec<bool>,
    ) -> Self {
        peer.connected();
        // Whoever needed the rate knows it.
        let settings = DemuxerSettings { measure_rates: false, ..settings };
        let streams = facts.streams.iter().map(|s| used[s.index].then_some((s.index, s.time_base))).collect();
        Self {
            peer,
            settings,
            freezes,
            copied,
            join: Join::new(pictures(facts, used)),
            streams,
            settle: facts.streams.iter().map(|_| Settle::default()).collect(),
            raw_us: vec![0; facts.streams.len()],
            ends: vec![None; facts.streams.len()],
            codecs: facts.streams.iter().map(|s| (s.codec.clone(), demuxer.extradata(s.index).to_owned())).collect(),
            extradata: vec![None; facts.streams.len()],
            lead_us: None,
            best_lead_us: None,
            waits: false,
            lost_at_us: None,
            told_missing: false,
        }
    }

    /// The number that a stream of the first connection has in the one at hand.
    pub(super) fn number_there(&self, stream: usize) -> usize {
        let goes_on_as = |there: &Option<(usize, Rational)>| there.is_some_and(|(first, _)| first == stream);
        self.streams.iter().position(goes_on_as).unwrap_or(stream)
    }

    /// Learns how far the job's time is, unless that came late.
    pub(super) fn note_position(&mut self, dts_us: i64) {
        if self.waits {
            return;
        }
        let lead = dts_us.saturating_sub(self.peer.clock().now_us());
        self.lead_us = Some(self.lead_us.map_or(lead, |least| least.min(lead)));
        let best = self.best_lead_us.map_or(lead, |best| best.max(lead));
        self.best_lead_us = Some(best);
        self.peer.meter().lag_us.store(best - lead, Relaxed);
    }
}

/// Which streams a session begins with: those with pictures, at a keyframe.
fn pictures(facts: &InputFacts, used: &[bool]) -> Vec<bool> {
    let moving = |s: &crate::facts::StreamFacts| {
        s.kind == MediaKind::Video && used.get(s.index).copied().unwrap_or(false) && !s.is_cover()
    };
    facts.streams.iter().map(moving).collect()
}

/// Tells what comes after that the input is away, where the job's time is the clock's plus `lead_us`.
fn stand_in((clock, lead_us): (Clock, Option<i64>), place: &Place, used: &[bool], out: &mut Outlet<PacketItem>) {
    let Some(lead_us) = lead_us else { return };
    let at_us = clock.now_us() + lead_us - STAND_IN_BEHIND_US;
    place.tell(at_us);
    for (stream, _) in used.iter().enumerate().filter(|(_, used)| **used) {
        // Who is gone is found out by the next packet.
        let _ = out.send(stream, PacketItem::Away(at_us));
    }
}

impl DemuxStage {
    /// Reads on; a peer that is lost is connected to again.
    pub(super) fn live_step(&mut self, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let Some(live) = &mut self.live else { return Ok(Flow::Done) };
        let stall = microseconds(live.peer.plan.stall_us);
        if !std::mem::replace(&mut live.waits, true) {
            self.demuxer.interrupt().begin(Some(stall));
        }
        let failure = match out.pausing(|| self.demuxer.read()) {
            Ok(packet) => {
                // What a parser still held comes when time is up: it is no sign of the peer.
                live.waits = self.demuxer.interrupt().has_expired();
                if !live.waits {
                    live.peer.media();
                }
                self.asking.answered();
                return self.live_packet(packet, out);
            }
            Err(AvError::AGAIN | AvError::TIMED_OUT) if !self.demuxer.interrupt().has_expired() => {
                return Ok(self.ask_again(out));
            }
            Err(_) if out.stop().drain.is_tripped() => {
                live.peer.over();
                return Ok(Flow::Done);
            }
            Err(cause) => Failure::of(cause, self.demuxer.interrupt()),
        };
        if failure.cause == AvError::EOF && self.has_reached_its_end() {
            return Ok(Flow::Done);
        }
        let began = Instant::now();
        let flow = self.reconnect(failure, out);
        out.paused_since(began);
        flow
    }

    /// Lets a peer that is still there hear that nothing more is wanted, when the demuxer closes.
    pub(super) fn take_leave(&mut self) {
        let Some(live) = &mut self.live else { return };
        live.peer.over();
        if live.lost_at_us.is_none() {
            self.demuxer.interrupt().take_leave(GOODBYE);
        }
    }

    /// True for an input of known length that was read up to there.
    fn has_reached_its_end(&self) -> bool {
        let facts = &self.settings.facts;
        let Some(duration) = facts.duration_us.filter(|us| *us > 0) else { return false };
        let reached = self.reached_us.iter().flatten().max().copied().unwrap_or(0);
        reached - facts.start_time_us.unwrap_or(0) >= duration - END_WITHIN_US
    }

    fn live_packet(&mut self, mut packet: Packet, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        self.tell_of(&packet);
        let Some(live) = &mut self.live else { return Ok(Flow::Done) };
        if live.freezes && live.lost_at_us.is_some() {
            // It is there again, and its next keyframe is not.
            stand_in((self.clock, live.lead_us), &self.place, &self.settings.used, out);
        }
        let Some((stream, base)) = live.streams.get(packet.stream()).copied().flatten() else {
            return Ok(Flow::Continue);
        };
        let first_base = self.settings.facts.streams[stream].time_base;
        if base != first_base {
            packet.rescale(base, first_base);
        }
        let (index, facts) = (packet.stream(), &self.settings.facts.streams[stream]);
        packet.set_stream(stream);
        if facts.kind != MediaKind::Video {
            if facts.kind == MediaKind::Audio {
                // Probing that ends early leaves the first frames that share a packet of MPEG-TS without a time.
                let end = &mut live.ends[stream];
                if let (None, Some(at)) = (packet.pts().or(packet.dts()), *end) {
                    packet.set_times(Some(at), Some(at));
                }
                let length = match packet.duration() {
                    0 => {
                        let samples = i64::from(self.demuxer.packet_samples(index, packet.size()));
                        rescale(samples, Rational::new(1, facts.sample_rate_hz.max(1)), first_base)
                    }
                    told => told,
                };
                *end = packet.pts().or(packet.dts()).map(|at| at.saturating_add(length));
            }
            return self.joined(stream, packet, out);
        }
        let times = raw_times(&packet);
        for (times, mut packet) in live.settle[stream].push(times, packet.is_key(), packet) {
            packet.set_times(times.pts, times.dts);
            if self.joined(stream, packet, out)? == Flow::Done {
                return Ok(Flow::Done);
            }
        }
        Ok(Flow::Continue)
    }

    /// A packet with its times; it passes once its connection has begun.
    fn joined(&mut self, stream: usize, packet: Packet, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let first_base = self.settings.facts.streams[stream].time_base;
        let Some(live) = &mut self.live else { return Ok(Flow::Done) };
        if let Some(time) = packet.dts().or(packet.pts()) {
            live.raw_us[stream] = rescale(time, first_base, Rational::MICROS);
        }
        if live.join.is_open() {
            return self.deal(packet, out);
        }
        let was_waiting = live.join.awaits_key() || live.lost_at_us.is_some();
        let at_us = live.raw_us[stream];
        let passing = live.join.pass(stream, (at_us, packet.is_key()), packet);
        if passing.is_empty() {
            return Ok(Flow::Continue);
        }
        if was_waiting {
            if live.lost_at_us.is_some() {
                self.tell_seam(out)?;
            }
            self.begin_connection();
        }
        for (stream, mut packet) in passing {
            if let Some(extradata) = self.live.as_mut().and_then(|live| live.extradata[stream].take()) {
                packet.announce_extradata(&extradata).map_err(StageError::library("announce a header"))?;
            }
            if self.deal(packet, out)? == Flow::Done {
                return Ok(Flow::Done);
            }
        }
        Ok(Flow::Continue)
    }

    /// The first media of a connection passes: it gets its place on the job's timeline.
    fn begin_connection(&mut self) {
        let Some(live) = &mut self.live else { return };
        let now_us = live.peer.clock().now_us();
        live.best_lead_us = None;
        let Some(lost_at_us) = live.lost_at_us.take() else {
            if !self.settings.keep_times {
                self.timeline.splice(0, self.settings.facts.start_time_us);
            }
            return;
        };
        let end_us = self.timeline.end_us().unwrap_or(0);
        let resume_us = live.lead_us.map_or(0, |lead| now_us + lead).max(end_us + LEAST_GAP_US);
        let gap_us = resume_us - end_us;
        self.timeline.splice(resume_us, None);
        live.peer.tell(
            EventKind::Gap,
            format!("{}: {} of media missing", self.settings.facts.url, seconds(gap_us)),
            vec![("gap_us", gap_us), ("away_us", now_us - lost_at_us)],
        );
    }
}
