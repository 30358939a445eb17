//! Writes one output: waits until every stream is known, writes the header, packets in order, the trailer.

mod header;
mod live;
mod passage;
mod queue;
mod seam;
mod showing;
mod writing;

use self::live::Live;
use self::queue::MuxingQueue;
use self::seam::SeamFiller;
pub use self::showing::Rhythm;
use self::showing::Showing;
use super::copy::Copy;
use super::frame_stats::FrameStats;
use super::sdp::SessionDescription;
use crate::av::{BitstreamFilter, Dictionary, Muxer, OwnFiles, Packet};
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::link::await_reply;
use crate::engine::meter::{OutputMeter, StreamMeter};
use crate::engine::session::PendingOutput;
use crate::engine::stop::Latch;
use crate::facts::MediaKind;
use crate::timing::{DtsGuard, Interleaving, Member, Patience, Shortest};
use crate::unit::Rational;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// What the stage must know of a stream.
pub struct MuxStream {
    /// Its kind.
    pub kind: MediaKind,
    /// A copied stream's passage; `None` when it is encoded.
    pub copy: Option<Copy>,
    /// Input and stream that it comes from, for messages.
    pub source: String,
    /// The input stream's time base (copied streams).
    pub source_time_base: Rational,
    /// The input stream's samples per second, or 0.
    pub sample_rate_hz: i32,
    /// `-bsf`.
    pub bitstream_filter: Option<BitstreamFilter>,
    /// `-frames`, where the encoder does not count them.
    pub max_packets: Option<i64>,
    /// Where it ends by `-frames`, the others end too.
    pub limits_output: bool,
    /// Times are left to the muxer (`-fps_mode drop`).
    pub drop_times: bool,
    /// Length of each packet of a stream with a constant frame rate, as a frame rate.
    pub constant_rate: Option<Rational>,
    /// Constant rate, told by the encoder.
    pub constant: bool,
    /// Packets that may wait for the header once they exceed `queue_bytes`.
    pub queue_packets: usize,
    /// See `queue_packets`.
    pub queue_bytes: usize,
    /// No packets come: an attachment.
    pub silent: bool,
    /// It is one picture that stands for the whole (a cover): its end ends nothing.
    pub stands: bool,
    /// Nothing that it comes from, and nothing that the output was told, ends it.
    pub endless: bool,
    /// How its pictures follow each other, where they are copied and the muxer wants to know when they are shown.
    pub rhythm: Option<Rhythm>,
    /// `-stats_mux_pre`.
    pub stats: Option<FrameStats>,
}

struct State {
    settings: MuxStream,
    ready: bool,
    ended: bool,
    /// It has ended, and the last of its packets is on its way to the file.
    all_passed: bool,
    queue: MuxingQueue,
    /// The time base in which an encoder's packets arrive.
    encoder_base: Rational,
    time_base: Rational,
    /// The encoder's, for packets that do not tell their length.
    frame_rate: Option<Rational>,
    guard: DtsGuard,
    written: i64,
    seam: SeamFiller,
    showing: Option<Showing>,
    meter: Arc<StreamMeter>,
}

impl State {
    /// The time base in which packets arrive.
    fn arrival_base(&self) -> Rational {
        if self.settings.copy.is_some() { self.settings.source_time_base } else { self.encoder_base }
    }
}

/// Settings of the whole output.
pub struct MuxSettings {
    /// Its number.
    pub index: usize,
    /// URL with passwords masked.
    pub url: String,
    /// Options for the muxer.
    pub options: Dictionary,
    /// Names of options that an encoder has taken.
    pub encoders_took: BTreeSet<String>,
    /// What to say where the muxer refuses the header or a packet.
    pub refusal_advice: Option<String>,
    /// What may help where a header is invalid and nothing is known.
    pub refusal_guess: Option<String>,
    /// `-fs`, in bytes.
    pub size_limit_bytes: Option<i64>,
    /// `-shortest`.
    pub shortest: bool,
    /// What it holds back at the most, in microseconds of media, where the user says so.
    pub shortest_buffer_us: Option<i64>,
    /// Equal DTS are allowed.
    pub dts_may_repeat: bool,
    /// No times are wanted.
    pub no_timestamps: bool,
    /// Stop at the first repair.
    pub exit_on_error: bool,
    /// An output before this one that goes to the same pipe: it ends first.
    pub after: Option<Latch>,
    /// `-debug_ts`.
    pub debug_timestamps: bool,
    /// Nobody waits for the packets in real time: streams are kept in step.
    pub at_leisure: bool,
    /// Where the output's session description goes.
    pub sdp: Option<SessionDescription>,
}

/// Streams of an output may be so far apart; libavformat does the rest.
const AHEAD_US: i64 = 5_000_000;

/// The same where the muxer has options: what is further apart than `max_interleave_delta` libavformat writes as it comes, in the
/// order of threads.
fn ahead_us(options: &Dictionary) -> i64 {
    let typed = options.get("max_interleave_delta").and_then(|text| text.parse::<i64>().ok());
    typed.filter(|us| *us > 0).map_or(AHEAD_US, |us| AHEAD_US.min(us / 2))
}

/// How long `-shortest` waits to find out where to end. A stream that is late only because its thread is, is waited for where
/// nobody waits for the packets.
fn shortest_patience(settings: &MuxSettings) -> Patience {
    match settings.shortest_buffer_us {
        Some(us) => Patience { us, bytes: 0 },
        None => Patience { us: 10_000_000, bytes: if settings.at_leisure { 16 << 20 } else { 0 } },
    }
}

/// The sink of one output.
pub struct MuxStage {
    muxer: Muxer,
    settings: MuxSettings,
    streams: Vec<State>,
    meter: Arc<OutputMeter>,
    header_written: bool,
    packets: u64,
    shortest: Option<Shortest<Packet>>,
    /// Keeps the streams in step, where one is encoded and nobody waits in real time.
    interleaving: Option<Interleaving<Packet>>,
    closing: Vec<usize>,
    broken: bool,
    /// What makes it a session with a peer.
    live: Option<Live>,
    /// What went wrong before the stage ran.
    early: Option<StageError>,
}

impl MuxStage {
    /// Takes over a muxer whose streams are declared and whose I/O is open.
    pub fn new(muxer: Muxer, settings: MuxSettings, streams: Vec<MuxStream>, meter: Arc<OutputMeter>) -> Self {
        let counts = |s: &MuxStream| {
            !s.stands && (s.limits_output || (settings.shortest && !s.silent && s.kind != MediaKind::Subtitle))
        };
        let members: Vec<Member> = streams.iter().map(|s| Member { counts: counts(s), endless: s.endless }).collect();
        let shortest = (members.len() > 1 && members.iter().any(|member| member.counts))
            .then(|| Shortest::new(members, shortest_patience(&settings)));
        let encodes = streams.iter().any(|s| s.copy.is_none() && !s.silent);
        let steady = |s: &MuxStream| !s.silent && matches!(s.kind, MediaKind::Video | MediaKind::Audio);
        let in_step = settings.at_leisure && encodes && streams.iter().filter(|s| steady(s)).count() > 1;
        // Where the file ends at a size, what is ahead would be cut off with what it belongs to still to come.
        let ahead_us = if settings.size_limit_bytes.is_some() { 0 } else { ahead_us(&settings.options) };
        let interleaving = in_step.then(|| Interleaving::new(streams.iter().map(steady), ahead_us));
        // Nobody feeds an attachment.
        let closing = (0..streams.len()).filter(|index| streams[*index].silent).collect();
        let streams: Vec<State> = streams
            .into_iter()
            .enumerate()
            .map(|(i, s)| State {
                ready: s.copy.is_some() || s.silent,
                ended: s.silent,
                all_passed: false,
                queue: MuxingQueue::new(s.queue_packets, s.queue_bytes),
                encoder_base: s.source_time_base,
                time_base: s.source_time_base,
                frame_rate: None,
                guard: DtsGuard::new(settings.dts_may_repeat),
                written: 0,
                seam: SeamFiller::default(),
                showing: None,
                meter: Arc::clone(&meter.streams[i]),
                settings: s,
            })
            .collect();
        Self {
            muxer,
            settings,
            streams,
            meter,
            header_written: false,
            packets: 0,
            shortest,
            interleaving,
            closing,
            broken: false,
            live: None,
            early: None,
        }
    }

    /// Makes it a session with a peer; the muxer's I/O is not open then.
    #[must_use]
    pub fn with_session(mut self, pending: PendingOutput) -> Self {
        self.live = Some(Live::new(pending, self.streams.len()));
        self
    }

    fn about(&self, operation: impl Into<String>) -> impl FnOnce(crate::av::AvError) -> StageError {
        StageError::about(self.settings.url.clone(), operation)
    }

    /// Writes the header at once when all streams are known already: nothing is encoded. A failure is given
    /// back, and told by the run once more.
    pub fn begin(&mut self) -> Option<StageError> {
        self.early = self.start_if_ready().err();
        self.early.clone()
    }

    /// Why the header was refused at once, unless that was told since.
    pub fn refused_early(&mut self) -> Option<StageError> {
        self.early.take()
    }

    fn stream_ended(&mut self, index: usize) -> Result<(), StageError> {
        if std::mem::replace(&mut self.streams[index].ended, true) {
            return Ok(());
        }
        self.no_longer_awaited(index)?;
        if self.header_written && self.streams[index].queue.is_empty() { self.all_passed(index) } else { Ok(()) }
    }

    /// No packet comes any more of a stream that has ended: what is still held back of it goes its way, and those of the others need
    /// not wait for it.
    fn all_passed(&mut self, index: usize) -> Result<(), StageError> {
        self.shown_to_the_end(index)?;
        if std::mem::replace(&mut self.streams[index].all_passed, true) {
            return Ok(());
        }
        self.filtered(index, None)?;
        if let Some(shortest) = &mut self.shortest {
            shortest.end(index);
            self.write_settled()?;
        }
        if let Some(interleaving) = &mut self.interleaving {
            interleaving.end(index);
            self.write_in_turn()?;
        }
        Ok(())
    }

    /// The files that the muxer opens by itself.
    pub fn own_files(&self) -> OwnFiles {
        self.muxer.own_files()
    }

    /// True when a file was begun (so that a failure must not leave a half).
    pub fn has_begun(&self) -> bool {
        self.header_written
    }

    /// True when nothing was written although streams were there.
    pub fn is_empty(&self) -> bool {
        self.packets == 0 && !self.streams.iter().all(|s| s.settings.silent)
    }

    /// Ends the file after a failure, here or elsewhere: what is there becomes playable if that can be within so long. What went
    /// to a peer that is gone is the peer's.
    pub fn salvage(&mut self, limit: Duration) -> bool {
        if self.is_away() {
            return true;
        }
        // What ended the run has ended all that this one still had to write.
        self.muxer.interrupt().take_leave(limit);
        if !self.header_written || self.packets == 0 {
            let _ = self.muxer.close_io();
            return false;
        }
        if let Some(interleaving) = &mut self.interleaving {
            (0..self.streams.len()).for_each(|index| interleaving.end(index));
        }
        let flushed = self.write_in_turn().is_ok() & self.muxer.flush_interleaving().is_ok();
        let finished = self.muxer.finish_with_size();
        if let Some(bytes) = finished.1 {
            self.meter.file_bytes.store(bytes, Relaxed);
        }
        finished.0.is_ok() && flushed
    }
}

impl Stage for MuxStage {
    type In = PacketItem;
    type Out = PacketItem;

    fn step(&mut self, port: usize, item: PacketItem, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        match item {
            PacketItem::Ready(parameters) => {
                let url = self.settings.url.clone();
                self.muxer
                    .set_encoded(port, &parameters)
                    .map_err(StageError::about(url, "copy the encoder's parameters"))?;
                let state = &mut self.streams[port];
                state.ready = true;
                state.encoder_base = parameters.time_base;
                state.time_base = parameters.time_base;
                state.frame_rate = Some(parameters.frame_rate).filter(|rate| rate.is_valid());
                if state.settings.constant && state.settings.constant_rate.is_none() {
                    state.settings.constant_rate = Some(parameters.frame_rate).filter(|r| r.is_valid());
                }
                self.start_if_ready()?;
            }
            PacketItem::Packet(media) => {
                if self.start_if_ready()? {
                    self.left_out();
                } else if !self.streams[port].ended && !self.is_over_size() {
                    self.admit(port, media)?;
                }
            }
            PacketItem::Hole(from, to) if !self.streams[port].ended => self.fill(port, from, to)?,
            PacketItem::Hole(..)
            | PacketItem::Seam
            | PacketItem::Away(_)
            | PacketItem::Renew(_)
            | PacketItem::Heartbeat(_) => {}
        }
        self.mend(out)?;
        Ok(if self.is_over_size() { Flow::Done } else { Flow::Continue })
    }

    fn port_ended(&mut self, port: usize, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        if !self.streams[port].ended {
            self.stream_ended(port)?;
        }
        self.mend(out)?;
        Ok(Flow::Continue)
    }

    fn finish(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        self.start_if_ready()?;
        if self.is_over() {
            return Ok(());
        }
        if !self.header_written {
            return Err(StageError::Failed(format!(
                "{}: Nothing was written into the output: a stream never began.",
                self.settings.url
            )));
        }
        for index in 0..self.streams.len() {
            if !self.streams[index].ended {
                self.stream_ended(index)?;
            }
        }
        if self.live.is_some() {
            return self.take_leave();
        }
        if let Some(before) = self.settings.after.take() {
            // Tripped when that output has ended, well or not.
            let _ = await_reply(before.receiver(), &out.stop().abort);
        }
        let finished = self.muxer.finish_with_size();
        if let Some(bytes) = finished.1 {
            self.meter.file_bytes.store(bytes, Relaxed);
        }
        let name = || format!("Error writing trailer of {}", self.settings.url);
        finished.0.map_err(|cause| self.about("Error writing the trailer")(cause).called_by_ffmpeg(name()))
    }

    fn closed_ports(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.closing)
    }
}
