//! Transcodes one subtitle stream.

use crate::av::{Packet, SubtitleFault, SubtitleTranscoder};
use crate::engine::fault::StageError;
use crate::engine::flow::{MediaPacket, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::stages::undecodable::Undecodable;
use crate::timing::{Due, Heartbeats};
use crate::unit::{Rational, rescale};

/// The clock of a stream of pictures whose keyframes split subtitles.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    /// Time base of its packets, until its encoder tells another.
    pub time_base: Rational,
    /// Added to its times, in microseconds, they are the job's.
    pub offset_us: i64,
}

/// What the stage must know of its streams.
pub struct SubtitleSettings {
    /// The output's `-ss`, in microseconds.
    pub start_us: Option<i64>,
    /// The output's `-t`, in microseconds.
    pub duration_us: Option<i64>,
    /// Time base of the subtitles.
    pub time_base: Rational,
    /// By port, from 1 on, the pictures whose keyframes split subtitles.
    pub pulses: Vec<Pulse>,
}

/// Decoder and encoder of one subtitle stream.
pub struct SubtitleStage {
    transcoder: SubtitleTranscoder,
    undecodable: Undecodable,
    settings: SubtitleSettings,
    waiting: Heartbeats<MediaPacket>,
}

impl SubtitleStage {
    /// Takes over a transcoder.
    pub fn new(transcoder: SubtitleTranscoder, settings: SubtitleSettings, undecodable: Undecodable) -> Self {
        let waiting = Heartbeats::new(settings.pulses.len());
        Self { transcoder, undecodable, settings, waiting }
    }

    fn give(&self, packets: Vec<Packet>, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        for packet in packets {
            if self.settings.duration_us.is_some_and(|d| packet.pts().is_some_and(|p| p >= d)) {
                return Ok(Flow::Done);
            }
            let dts_us = self.job_time_us(&packet);
            out.send(0, PacketItem::Packet(MediaPacket { packet, dts_us }))?;
        }
        Ok(Flow::Continue)
    }

    /// The encoder's clock ticks in microseconds, and begins with the output.
    fn job_time_us(&self, packet: &Packet) -> i64 {
        let since_start_us = packet.dts().or(packet.pts()).unwrap_or(0);
        since_start_us.saturating_add(self.settings.start_us.unwrap_or(0))
    }

    fn transcode(&mut self, mut media: MediaPacket) -> Result<Vec<Packet>, StageError> {
        match self.transcoder.transcode(&mut media.packet, self.settings.start_us) {
            Ok(packets) => {
                if !packets.is_empty() {
                    self.undecodable.decoded(0);
                }
                Ok(packets)
            }
            Err(fault) => self.failed(fault, media.dts_us).map(|()| Vec::new()),
        }
    }

    fn failed(&self, fault: SubtitleFault, time_us: i64) -> Result<(), StageError> {
        match fault {
            SubtitleFault::Encoding(cause) => Err(StageError::Failed(format!("Subtitle encoding failed: {cause}"))),
            SubtitleFault::Decoding(cause) => self.undecodable.met(cause, time_us),
        }
    }

    /// A packet of pictures passed.
    fn picture(&mut self, lane: usize, media: &MediaPacket) {
        let Some(Pulse { time_base, offset_us }) = self.settings.pulses.get(lane).copied() else { return };
        let at = |ticks: i64| rescale(ticks, time_base, Rational::MICROS).saturating_add(offset_us);
        let key = media.packet.pts().filter(|_| media.packet.is_key()).map(at);
        self.waiting.picture(lane, media.packet.dts().map(at), key);
    }

    /// Does what is due.
    fn go_on(&mut self, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        while let Some(due) = self.waiting.pop() {
            let packets = match due {
                Due::Item(media) => self.transcode(media)?,
                Due::Beat(at_us) => match self.transcoder.split(at_us, self.settings.start_us) {
                    Ok(packets) => packets,
                    Err(cause) => {
                        return self.failed(SubtitleFault::Encoding(cause), at_us).map(|()| Flow::Continue);
                    }
                },
            };
            if self.give(packets, out)? == Flow::Done {
                return Ok(Flow::Done);
            }
        }
        Ok(Flow::Continue)
    }
}

impl Stage for SubtitleStage {
    type In = PacketItem;
    type Out = PacketItem;

    fn start(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        // Subtitles may begin late: the muxer's header does not wait for them.
        let parameters =
            self.transcoder.parameters().map_err(StageError::library("read the subtitle encoder's parameters"))?;
        out.send(0, PacketItem::Ready(Box::new(parameters)))
    }

    fn step(&mut self, port: usize, item: PacketItem, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        match (port.checked_sub(1), item) {
            (None, PacketItem::Packet(media)) => {
                let at = media.packet.pts().map(|pts| rescale(pts, self.settings.time_base, Rational::MICROS));
                self.waiting.push(at, media);
            }
            (Some(lane), PacketItem::Packet(media)) => self.picture(lane, &media),
            (Some(lane), PacketItem::Ready(encoded)) => {
                if let Some(pulse) = self.settings.pulses.get_mut(lane) {
                    pulse.time_base = encoded.time_base;
                }
            }
            _ => return Ok(Flow::Continue),
        }
        self.go_on(out)
    }

    fn port_ended(&mut self, port: usize, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        if let Some(lane) = port.checked_sub(1) {
            self.waiting.end(lane);
        }
        self.go_on(out)
    }

    fn finish(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        (0..self.settings.pulses.len()).for_each(|lane| self.waiting.end(lane));
        if self.go_on(out)? == Flow::Done {
            return Ok(());
        }
        let last =
            self.transcoder.finish(self.settings.start_us).map_err(StageError::library("encode the last subtitle"))?;
        self.give(last, out).map(drop)
    }
}
