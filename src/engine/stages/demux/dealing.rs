//! What becomes of a packet that was read: it is counted, put on the job's timeline, and given to who takes its stream.

use super::DemuxStage;
use crate::av::{Packet, first_packets_have_stream_side_data};
use crate::engine::AS_FFMPEG;
use crate::engine::fault::StageError;
use crate::engine::flow::{MediaPacket, PacketItem};
use crate::engine::kernel::{Flow, Outlet};
use crate::engine::told_times;
use crate::timing::{PacketTimes, Stamped};
use crate::unit::rescale;
use std::sync::atomic::Ordering;

/// A packet's times as it was read.
pub(super) fn raw_times(packet: &Packet) -> PacketTimes {
    let trimmed = if packet.is_discarded() { PacketTimes::ALL_TRIMMED } else { packet.trimmed_samples() };
    PacketTimes { pts: packet.pts(), dts: packet.dts(), duration: packet.duration(), trimmed }
}

impl DemuxStage {
    /// Deals out a packet as it was read.
    pub(super) fn deal(&mut self, mut packet: Packet, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let stream = packet.stream();
        self.meter.read(stream, packet.size() as u64);
        if self.meter.loops.load(Ordering::Relaxed) > 0 && self.is_cover(stream) {
            return Ok(Flow::Continue);
        }
        self.packets_this_pass += 1;
        let Some(used) = self.settings.used.get(stream).copied() else {
            self.tell_unknown(stream);
            return Ok(Flow::Continue);
        };
        let times = raw_times(&packet);
        self.note_read(&packet, times);
        if !used {
            return Ok(Flow::Continue);
        }
        self.check_damage(&packet)?;
        self.complete_first(&mut packet)?;
        let stamped = self.stamp(&mut packet, times);
        if stamped.overlaps {
            self.meter.seam_drops.fetch_add(1, Ordering::Relaxed);
            return Ok(Flow::Continue);
        }
        if !self.wait_until_due(&stamped, out) {
            return Ok(Flow::Done);
        }
        let dts_us = stamped.dts_us;
        self.send(packet, &stamped, out)?;
        self.advance(dts_us, out);
        Ok(Flow::Continue)
    }

    /// A stream that was not there when the input was opened is told of once.
    fn tell_unknown(&mut self, stream: usize) {
        if stream >= self.unknown_streams {
            self.unknown_streams = stream + 1;
            log::warn!("{}: a new stream {stream} appeared after the start; it is left out", self.settings.facts.url);
        }
    }

    /// Keeps what is asked at the input's end: how far it went, and how.
    fn note_read(&mut self, packet: &Packet, times: PacketTimes) {
        self.note_reached(packet.stream(), times);
        self.last_byte = packet.position().map(|at| at + packet.size() as i64);
        self.wanted_more = self.demuxer.is_at_end();
        self.flagged_packets += u64::from(packet.is_corrupt());
    }

    /// Tells of a packet that is damaged, and counts it; with `-xerror` it is the last.
    fn check_damage(&mut self, packet: &Packet) -> Result<(), StageError> {
        let (stream, url) = (packet.stream(), &self.settings.facts.url);
        if packet.is_corrupt() && self.is_whole_after_all(stream, packet.size()) {
            log::warn!(target: AS_FFMPEG, "{url}: corrupt input packet in stream {stream}");
        } else if packet.is_corrupt() || self.is_cut_picture(stream, packet) {
            self.meter.corrupt_packets.fetch_add(1, Ordering::Relaxed);
            self.meter.damaged_at(self.timeline.next_us(stream).unwrap_or(0).min(self.last_dts_us));
            log::warn!("{url}: corrupt input packet in stream {stream}");
            if self.settings.exit_on_error {
                return Err(StageError::Failed(format!(
                    "{url}: corrupt input packet in stream {stream}, and -xerror is set"
                )));
            }
        }
        Ok(())
    }

    /// Gives the first packet of a stream the stream's side data, where FFmpeg leaves that to its caller.
    fn complete_first(&mut self, packet: &mut Packet) -> Result<(), StageError> {
        let stream = packet.stream();
        if !std::mem::take(&mut self.first_packet[stream]) || !first_packets_have_stream_side_data() {
            return Ok(());
        }
        // A session's demuxer may have other numbers than the first one.
        let number_there = self.live.as_ref().map_or(stream, |live| live.number_there(stream));
        let attached = self.demuxer.attach_stream_side_data(number_there, packet);
        attached.map_err(StageError::library("attach side data"))
    }

    /// Puts a packet on the job's timeline.
    fn stamp(&mut self, packet: &mut Packet, times: PacketTimes) -> Stamped {
        let stream = packet.stream();
        let facts = &self.settings.facts.streams[stream];
        let (named, base) = ((stream, facts.kind), facts.time_base);
        if self.settings.debug_timestamps {
            told_times::read(named, (packet, base), self.timeline.next_us(stream), self.timeline.offset_us(stream));
        }
        let stamped = self.timeline.stamp(stream, times);
        self.last_dts_us = stamped.dts_us;
        self.meter.jumps.store(self.timeline.jumps(), Ordering::Relaxed);
        if self.settings.facts.format == "mpegts" {
            let seen = (self.timeline.jumps(), times.dts.or(times.pts));
            let whole = self.joints.passed(stream, seen, packet.is_corrupt());
            self.meter.corrupt_packets.fetch_sub(whole, Ordering::Relaxed);
        }
        if stamped.overlaps {
            return stamped;
        }
        packet.set_times(stamped.pts, stamped.dts);
        if stamped.pre_roll {
            packet.discard();
        }
        if self.settings.debug_timestamps {
            told_times::stamped(named, (packet, base), self.timeline.offset_us(stream));
        }
        stamped
    }

    /// Waits until a paced packet is due; `false` when the job ends meanwhile.
    fn wait_until_due(&mut self, stamped: &Stamped, out: &mut Outlet<PacketItem>) -> bool {
        let Some(pacer) = &mut self.settings.pacer else { return true };
        let due = pacer.due_at_ns(stamped.dts_us, self.clock.now_ns());
        out.pausing(|| self.clock.wait_until(due, &out.stop().drain))
    }

    /// Gives a packet to who takes its stream, and its time to subtitles that are drawn.
    fn send(&self, packet: Packet, stamped: &Stamped, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        let stream = packet.stream();
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
        out.send(stream, PacketItem::Packet(MediaPacket { packet, dts_us: stamped.dts_us }))
    }

    /// Tells other inputs how far this one is, and waits where it is ahead of them.
    fn advance(&mut self, dts_us: i64, out: &mut Outlet<PacketItem>) {
        match &mut self.live {
            Some(live) => {
                live.note_position(dts_us);
                self.place.tell(dts_us);
            }
            None => out.pausing(|| self.place.advance(dts_us, out.stop())),
        }
    }
}
