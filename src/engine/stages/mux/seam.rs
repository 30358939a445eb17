//! Holes at the seams of a loop, in sound that is copied: filled with packets of silence, or by repeating the last one.

use super::MuxStage;
use crate::av::{Packet, packet_samples, silent_packet};
use crate::engine::fault::StageError;
use crate::engine::flow::MediaPacket;
use crate::facts::MediaKind;
use crate::unit::{Rational, rescale};

/// What fills the holes of one stream.
#[derive(Default)]
pub(super) struct SeamFiller {
    last: Option<Packet>,
    /// One packet, and its samples.
    filler: Option<(Packet, i32)>,
}

impl SeamFiller {
    /// Notes the last packet before a hole.
    pub(super) fn note(&mut self, packet: &Packet) {
        self.last = packet.share().ok();
    }
}

impl MuxStage {
    /// Fills a hole at a loop's seam with packets of silence, or by repeating the last packet.
    pub(super) fn fill(&mut self, index: usize, from: i64, to: i64) -> Result<(), StageError> {
        let state = &mut self.streams[index];
        let rate = Rational::new(1, state.settings.sample_rate_hz);
        if !rate.is_valid() || state.settings.kind != MediaKind::Audio {
            return Ok(());
        }
        if state.seam.filler.is_none() {
            let repeated = || {
                let last = state.seam.last.as_ref()?;
                let samples = packet_samples(&self.muxer, index, last.size());
                Some((last.share().ok()?, samples))
            };
            state.seam.filler = silent_packet(&self.muxer, index).or_else(repeated).filter(|(_, samples)| *samples > 0);
        }
        let Some((filler, samples)) = &state.seam.filler else { return Ok(()) };
        let base = state.settings.source_time_base;
        let samples = i64::from(*samples);
        let filler = filler.share().map_err(StageError::library("share a packet"))?;
        let length = rescale(samples, rate, base).max(1);
        for at in (0..).map(|n| from + rescale(n * samples, rate, base)).take_while(|at| at + length / 2 <= to) {
            let mut packet = filler.share().map_err(StageError::library("share a packet"))?;
            packet.set_times(Some(at), Some(at));
            packet.set_duration(length);
            self.arrived(index, MediaPacket { packet, dts_us: rescale(at, base, Rational::MICROS) })?;
        }
        Ok(())
    }
}
