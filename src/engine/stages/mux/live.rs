//! The muxer of a peer: it may be lost and come back while the stage goes on.

use super::{MuxStage, State};
use crate::av::{AvError, Packet, Sockets};
use crate::diagnostic::mask_url;
use crate::engine::fault::StageError;
use crate::engine::flow::{MediaPacket, PacketItem};
use crate::engine::journal::EventKind;
use crate::engine::kernel::Outlet;
use crate::engine::session::{Attempt, Failure, Join, Opened, OutputSession, PendingOutput, seconds};
use crate::facts::MediaKind;
use crate::timing::DtsGuard;
use crate::unit::{MICROS_PER_SECOND, Rational, rescale};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A keyframe that was wished for and did not come is wished for again after so much media, in microseconds.
const WISH_EVERY_US: i64 = 2 * MICROS_PER_SECOND;

/// Sound does not go ahead of pictures any further, in microseconds.
const MOST_LEAD_US: i64 = MICROS_PER_SECOND;

/// How long the end of a stream and the goodbye may take.
const GOODBYE_LIMIT: Duration = Duration::from_secs(5);

/// The state of a session with a peer.
pub(super) struct Live {
    pending: Option<PendingOutput>,
    session: Option<OutputSession>,
    /// Of the connection at hand.
    sockets: Sockets,
    join: Join<MediaPacket>,
    /// Why the connection is gone.
    lost: Option<Failure>,
    /// The run ended while there was no connection.
    over: bool,
    wished_us: Option<i64>,
    /// The clock minus the media's time, at its least: the delay that is always there.
    delay_us: Option<i64>,
    told_groups: u64,
    told_packets: u64,
    told_repair_us: Option<i64>,
    /// Bytes that went over connections that are gone.
    sent_before: i64,
    /// How far before their time pictures are sent, at the most, in microseconds.
    lead_us: i64,
}

impl Live {
    pub(super) fn new(pending: PendingOutput, streams: usize) -> Self {
        Self {
            pending: Some(pending),
            session: None,
            sockets: Sockets::default(),
            join: Join::open(streams),
            lost: None,
            over: false,
            wished_us: None,
            delay_us: None,
            told_groups: 0,
            told_packets: 0,
            told_repair_us: None,
            sent_before: 0,
            lead_us: 0,
        }
    }
}

/// When a packet's media came, by the clock.
enum Came {
    /// At this time.
    At(i64),
    /// Nobody knows.
    Unknown,
    /// Nobody knows, and it is the pictures beside it that tell how late the output is.
    BesidePictures,
}

impl MuxStage {
    /// True while there is no connection.
    pub(super) fn is_away(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.lost.is_some() || live.over)
    }

    /// True when the run ended while there was no connection.
    pub(super) fn is_over(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.over)
    }

    /// True while the connection at hand has not begun, since it begins at a keyframe.
    pub(super) fn awaits_key(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.join.awaits_key())
    }

    /// Counts a packet that no connection takes.
    pub(super) fn left_out(&mut self) {
        if let Some(session) = self.live.as_ref().and_then(|live| live.session.as_ref()) {
            session.parts.peer.meter().dropped_packets.fetch_add(1, Relaxed);
        }
    }

    /// Makes the first connection; `false` when the run ends first.
    pub(super) fn open_session(&mut self) -> Result<bool, StageError> {
        let url = self.settings.url.clone();
        let bases = self.streams.iter().map(super::State::arrival_base).collect();
        let Some(live) = &mut self.live else { return Ok(true) };
        if live.over {
            return Ok(false);
        }
        if let Some(pending) = live.pending.take() {
            let closed = self
                .muxer
                .another(&crate::av::Interrupt::new())
                .map_err(StageError::about(url, "prepare the connection"))?;
            let template = std::mem::replace(&mut self.muxer, closed);
            live.session = Some(OutputSession::new(pending, template, bases));
        }
        self.connect(None)
    }

    /// Connects until a connection stands; `false` when the run ends first.
    fn connect(&mut self, mut lost: Option<Failure>) -> Result<bool, StageError> {
        let mut ended_us = None;
        loop {
            let Some(live) = &mut self.live else { return Ok(true) };
            let Some(session) = &mut live.session else { return Ok(false) };
            let has_all = session.has_all();
            let peer = &mut session.parts.peer;
            let connect_us = peer.plan.connect_us;
            // What still waits is worth as long as a connection may take, and no more.
            let until_us = (has_all && peer.was_live())
                .then(|| *ended_us.get_or_insert_with(|| peer.clock().now_us()) + connect_us);
            if let Some(failure) = &lost {
                let at_us = peer.lost(failure)?;
                if !peer.wait_until(until_us.map_or(at_us, |until_us| at_us.min(until_us))) {
                    break;
                }
            }
            let now_us = session.parts.peer.clock().now_us();
            let limit_us = until_us.map_or(connect_us, |until_us| until_us - now_us);
            if limit_us <= 0 {
                return Err(self.end_is_missing());
            }
            // The media time that is due now, once any has flowed.
            let due_us = live.delay_us.map(|delay| now_us - delay);
            match session.open(due_us, limit_us)? {
                Attempt::Over => break,
                Attempt::Opened(opened) => {
                    self.install(opened);
                    return Ok(true);
                }
                Attempt::Failed(failed) => lost = Some(failed),
            }
        }
        if let Some(live) = &mut self.live {
            live.over = true;
            if let Some(session) = &mut live.session {
                session.parts.peer.over();
            }
        }
        Ok(false)
    }

    /// What is told when nothing more comes that could be sent to a peer that is lost.
    fn end_is_missing(&self) -> StageError {
        let url = mask_url(&self.settings.url);
        StageError::PeerLost(format!(
            "{url}: lost, and what it was sent has ended meanwhile: its end is missing there."
        ))
    }

    /// Goes on over a new connection.
    fn install(&mut self, opened: Opened) {
        self.muxer = opened.muxer;
        self.settings.options = opened.leftover;
        for (state, filter) in self.streams.iter_mut().zip(opened.filters) {
            state.guard = DtsGuard::new(self.settings.dts_may_repeat);
            state.time_base = filter.as_ref().map_or(state.arrival_base(), |(_, base)| *base);
            state.settings.bitstream_filter = filter.map(|(filter, _)| filter);
        }
        self.follow_muxer_clock();
        let pictures: Vec<bool> = self.streams.iter().map(|s| s.settings.kind == MediaKind::Video).collect();
        let Some(live) = &mut self.live else { return };
        self.muxer.lead_sound_by(live.lead_us);
        let Some(session) = &mut live.session else { return };
        live.sockets = opened.sockets;
        live.lost = None;
        live.wished_us = None;
        // What piled up while an input was probed may have been too much already.
        if session.parts.peer.was_live() || session.parts.leak.groups.load(Relaxed) > 0 {
            live.join = Join::new(pictures);
            for ended in (0..self.streams.len()).filter(|index| self.streams[*index].ended) {
                // Nothing is kept yet.
                let _ = live.join.end(ended);
            }
        }
        session.parts.peer.connected();
    }

    /// Takes a packet in, from a keyframe on in each connection after the first.
    pub(super) fn admit(&mut self, index: usize, media: MediaPacket) -> Result<(), StageError> {
        let Some(live) = &mut self.live else { return self.arrived(index, media) };
        if live.join.is_open() {
            return self.arrived(index, media);
        }
        let left_out = live.join.left_out;
        let at_us = media.dts_us;
        let key = media.packet.is_key();
        let picture = self.streams[index].settings.kind == MediaKind::Video;
        let passing = live.join.pass(index, (at_us, key), media);
        if let Some(session) = &live.session {
            session.parts.peer.meter().dropped_packets.fetch_add(live.join.left_out - left_out, Relaxed);
            if picture && live.join.awaits_key() && live.wished_us.is_none_or(|us| at_us - us > WISH_EVERY_US) {
                live.wished_us = Some(at_us);
                session.parts.wish.wish();
            }
        }
        passing.into_iter().try_for_each(|(index, media)| self.arrived(index, media))
    }

    /// A stream has ended, and the others do not wait for it.
    pub(super) fn no_longer_awaited(&mut self, index: usize) -> Result<(), StageError> {
        let passing = self.live.as_mut().map_or_else(Vec::new, |live| live.join.end(index));
        passing.into_iter().try_for_each(|(index, media)| self.arrived(index, media))
    }

    /// Sends a packet that has its final times; a failure is mended after the step.
    pub(super) fn send(&mut self, index: usize, mut packet: Packet, base: Rational) {
        let came_us = self.came_us(index, &packet, base);
        let picture = self.streams[index].settings.kind == MediaKind::Video;
        let Some(live) = &mut self.live else { return };
        let Some(session) = &mut live.session else { return };
        let at_us = packet.dts().or(packet.pts()).map(|t| rescale(t, base, Rational::MICROS));
        if let (true, Some(pts), Some(dts)) = (session.parts.sound_leads && picture, packet.pts(), packet.dts()) {
            let lead_us = rescale(pts.saturating_sub(dts), base, Rational::MICROS).min(MOST_LEAD_US);
            if lead_us > live.lead_us {
                live.lead_us = lead_us;
                self.muxer.lead_sound_by(lead_us);
            }
        }
        self.muxer.interrupt().begin(Some(session.write_limit()));
        let sent =
            if session.parts.at_once { self.muxer.write_at_once(&mut packet) } else { self.muxer.write(&mut packet) };
        let peer = &mut session.parts.peer;
        match sent {
            Ok(()) => {
                live.sockets.push();
                peer.media();
                if let Some(at_us) = at_us {
                    let now_us = peer.clock().now_us();
                    let delay_us = now_us.saturating_sub(at_us);
                    let least = live.delay_us.map_or(delay_us, |least| least.min(delay_us));
                    live.delay_us = Some(least);
                    let since_us = match came_us {
                        Came::At(us) => Some(us),
                        Came::Unknown => Some(at_us.saturating_add(least)),
                        Came::BesidePictures => None,
                    };
                    if let Some(since_us) = since_us {
                        peer.meter().lag_us.store(now_us.saturating_sub(since_us).max(0), Relaxed);
                    }
                }
            }
            // The packet is at fault, not the peer.
            Err(AvError::INVALID | AvError::INVALID_DATA) => {
                log::warn!("{}: a packet that its format does not take was left out", self.settings.url);
                peer.meter().dropped_packets.fetch_add(1, Relaxed);
            }
            Err(cause) => live.lost = Some(Failure::of(cause, self.muxer.interrupt())),
        }
    }

    /// When the media of a packet came to its encoder, so that what the encoder keeps to itself counts as lag.
    fn came_us(&self, index: usize, packet: &Packet, base: Rational) -> Came {
        let origin_us = |state: &State| Some(state.meter.encode.origin_us.load(Relaxed)).filter(|us| *us != i64::MIN);
        match (origin_us(&self.streams[index]), packet.pts()) {
            (Some(origin_us), Some(pts)) => Came::At(origin_us.saturating_add(rescale(pts, base, Rational::MICROS))),
            _ if self.streams.iter().any(|state| origin_us(state).is_some()) => Came::BesidePictures,
            _ => Came::Unknown,
        }
    }

    /// Makes a new connection when the one there was is gone; the time for that is no work of the stage.
    pub(super) fn mend(&mut self, out: &Outlet<PacketItem>) -> Result<(), StageError> {
        self.tell_leak();
        if self.is_away() { out.pausing(|| self.connect_again()) } else { Ok(()) }
    }

    fn connect_again(&mut self) -> Result<(), StageError> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let (Some(lost), false, Some(session)) = (live.lost.clone(), live.over, &live.session) else { return Ok(()) };
        live.sent_before += self.muxer.written_bytes().unwrap_or(0);
        self.muxer.abandon();
        if session.parts.peer.stop().drain.is_tripped() {
            live.over = true;
            return Ok(());
        }
        let closed = session.closed().map_err(StageError::about(self.settings.url.clone(), "prepare a connection"))?;
        self.muxer = closed;
        live.sockets = Sockets::default();
        self.connect(Some(lost)).map(drop)
    }

    /// Tells what the link before the muxer left out since the last time.
    fn tell_leak(&mut self) {
        let Some(live) = &mut self.live else { return };
        let Some(session) = &live.session else { return };
        let leak = &session.parts.leak;
        let groups = leak.groups.load(Relaxed);
        if groups == live.told_groups {
            return;
        }
        let packets = leak.packets.load(Relaxed);
        let peer = &session.parts.peer;
        peer.meter().dropped_groups.store(groups, Relaxed);
        peer.meter().dropped_packets.fetch_add(packets - live.told_packets, Relaxed);
        let text =
            format!("{}: cannot take all: {packets} packets left out so far, in whole groups", self.settings.url);
        peer.tell(EventKind::Drop, text, vec![("packets", i64::try_from(packets).unwrap_or(i64::MAX))]);
        (live.told_groups, live.told_packets) = (groups, packets);
    }

    /// Tells whoever listens to a peer's events that times of a stream were repaired, once a second at the most.
    pub(super) fn tell_repair(&mut self, stream: usize, repairs: u64) {
        let Some(live) = &mut self.live else { return };
        let Some(session) = &live.session else { return };
        let peer = &session.parts.peer;
        let now_us = peer.clock().now_us();
        if live.told_repair_us.is_some_and(|us| now_us - us < MICROS_PER_SECOND) {
            return;
        }
        live.told_repair_us = Some(now_us);
        let text = format!("{}: {repairs} times of stream {stream} repaired so far", self.settings.url);
        let figure = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        peer.tell(EventKind::Repair, text, vec![("stream", figure(stream as u64)), ("repairs", figure(repairs))]);
    }

    /// Sends what still waits here, and ends the stream with what the peer's protocol has for it.
    pub(super) fn take_leave(&mut self) -> Result<(), StageError> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let Some(session) = &mut live.session else { return Ok(()) };
        let write_limit = session.write_limit();
        self.muxer.interrupt().begin(Some(write_limit));
        let flushed = || self.muxer.flush().err().map(|cause| Failure::of(cause, self.muxer.interrupt()));
        let lost = live.lost.take().or_else(flushed);
        let peer = &mut session.parts.peer;
        if let Some(failure) = lost.filter(|_| !peer.stop().drain.is_tripped()) {
            peer.lost_at_its_end(&failure);
            self.muxer.abandon();
            return Err(self.end_is_missing());
        }
        // What is uploaded ends with its last piece, which may be large.
        let is_upload = self.settings.url.starts_with("http") && !peer.stop().drain.is_tripped();
        let limit = if is_upload { write_limit } else { GOODBYE_LIMIT };
        self.muxer.interrupt().begin(Some(limit));
        let (finished, bytes) = self.muxer.finish_with_size();
        if let Err(error) = finished {
            // All media is sent, unless the run was stopped; the peer may have hung up already.
            log::debug!("{}: at the end: {error}", self.settings.url);
        }
        let files = self.muxer.own_files();
        let cut = || Some((self.settings.url.clone(), files.first_error().err()?));
        if let Some((name, error)) = files.refused().or_else(cut) {
            peer.lost_at_its_end(&Failure::of(error, self.muxer.interrupt()));
            let (url, name) = (mask_url(&self.settings.url), mask_url(&name));
            let text = format!("{url}: {name} could not be sent: {error}. What the server has is incomplete.");
            return Err(StageError::PeerLost(text));
        }
        peer.over();
        if let Some(delay_us) = live.delay_us {
            log::trace!("{}: ended {} behind", self.settings.url, seconds(delay_us));
        }
        self.note_session_size(bytes);
        Ok(())
    }

    /// Counts the bytes of all connections together; those of the one in force are `bytes`, where its protocol tells.
    pub(super) fn note_session_size(&self, bytes: Option<i64>) {
        if let (Some(live), Some(bytes)) = (&self.live, bytes.filter(|bytes| *bytes >= 0)) {
            self.meter.file_bytes.store(live.sent_before + bytes, Relaxed);
        }
    }
}
