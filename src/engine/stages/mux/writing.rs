//! Hands packets to libavformat, and counts what went.

use super::MuxStage;
use crate::av::{AvError, Packet};
use crate::engine::fault::StageError;
use crate::timing::Interleaving;
use crate::unit::{Rational, rescale};
use std::sync::atomic::Ordering::Relaxed;

impl MuxStage {
    /// Writes a packet, or keeps it until it is its turn.
    pub(super) fn write(&mut self, index: usize, packet: Packet) -> Result<(), StageError> {
        let Some(interleaving) = &mut self.interleaving else { return self.put(index, packet) };
        let Some(time) = packet.dts().or(packet.pts()) else { return self.put(index, packet) };
        let at_us = rescale(time, self.muxer.time_base(index), Rational::MICROS);
        interleaving.push(index, at_us, packet.footprint(), packet);
        self.write_in_turn()
    }

    /// Writes what is not too far ahead, up to the size that is wanted.
    pub(super) fn write_in_turn(&mut self) -> Result<(), StageError> {
        while !self.is_over_size()
            && let Some((index, packet)) = self.interleaving.as_mut().and_then(Interleaving::pop)
        {
            self.put(index, packet)?;
        }
        Ok(())
    }

    fn put(&mut self, index: usize, mut packet: Packet) -> Result<(), StageError> {
        if self.is_away() {
            self.left_out();
            return Ok(());
        }
        let base = self.muxer.time_base(index);
        let meter = &self.streams[index].meter;
        meter.packets.fetch_add(1, Relaxed);
        meter.bytes.fetch_add(packet.size() as u64, Relaxed);
        if let Some(time) = packet.pts().or(packet.dts()) {
            let begins_us = rescale(time, base, Rational::MICROS);
            let _ = meter.first_us.compare_exchange(i64::MIN, begins_us, Relaxed, Relaxed);
        }
        let own_end = packet.pts().or(packet.dts()).map(|time| time.saturating_add(packet.duration()));
        self.packets += 1;
        if self.settings.debug_timestamps {
            log::info!(
                "muxer <- type:{} {} size:{}",
                self.streams[index].settings.kind.name(),
                packet.times_text(base),
                packet.size()
            );
        }
        if self.live.is_some() {
            if let Some(end) = own_end {
                self.streams[index].meter.end_us.fetch_max(rescale(end, base, Rational::MICROS), Relaxed);
            }
            self.send(index, packet, base);
            if self.packets % 16 == 1 {
                self.note_session_size(self.muxer.written_bytes());
            }
            return Ok(());
        }
        let (settings, source) = (&self.settings, &self.streams[index].settings.source);
        self.muxer.interrupt().begin(None);
        self.muxer.write(&mut packet).map_err(|cause| {
            const CALL: &str = "av_interleaved_write_frame()";
            let operation = format!("Error writing a packet of {source} ({CALL})");
            match settings.refusal_advice.as_ref().filter(|_| cause == AvError::INVALID) {
                Some(advice) => StageError::Told {
                    text: format!("{}: {operation}: {cause}. {advice}", settings.url),
                    ffmpeg: format!("{CALL}: {cause}"),
                },
                None => StageError::about(settings.url.clone(), operation)(cause).called_by_ffmpeg(CALL),
            }
        })?;
        // What the muxer counts where it does, which an empty packet at the end may set back; else the packet's own end.
        let meter = &self.streams[index].meter;
        match (own_end, self.muxer.stream_end(index)) {
            (Some(_), Some(end)) => meter.end_us.store(rescale(end, base, Rational::MICROS), Relaxed),
            (Some(end), None) => {
                meter.end_us.fetch_max(rescale(end, base, Rational::MICROS), Relaxed);
            }
            (None, _) => {}
        }
        if self.packets % 16 == 1 {
            self.note_size();
        }
        Ok(())
    }

    fn note_size(&self) {
        if let Some(bytes) = self.muxer.written_bytes() {
            self.meter.file_bytes.store(bytes, Relaxed);
        }
    }

    /// True when `-fs` has been reached, by what the muxer has written, though it may not be in the file yet.
    pub(super) fn is_over_size(&self) -> bool {
        self.settings.size_limit_bytes.is_some_and(|limit| match &self.live {
            Some(_) => self.meter.file_bytes.load(Relaxed) >= limit,
            None => self.header_written && self.muxer.position().is_some_and(|at| at >= limit),
        })
    }
}
