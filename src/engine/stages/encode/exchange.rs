//! What goes into an encoder and what comes out of it, and who is told of both.

use super::EncodeStage;
use crate::av::{EncodeStep, Encoder, Frame, Packet};
use crate::engine::fault::StageError;
use crate::engine::flow::{MediaPacket, PacketItem};
use crate::engine::kernel::Outlet;
use crate::engine::stages::video_stats::Scale;
use crate::engine::told_times;
use crate::facts::MediaKind;
use crate::unit::{Rational, rescale};
use std::sync::atomic::Ordering::Relaxed;

/// More frames than any encoder keeps to itself (x264's look-ahead ends at 250).
const MOST_INSIDE: usize = 512;

impl EncodeStage {
    /// Gives the encoder a frame, or drains it.
    pub(super) fn encode(&mut self, frame: Option<&Frame>, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        let Some(mut encoder) = self.encoder.take() else { return Ok(()) };
        let result = self.exchange(&mut encoder, frame, out);
        self.encoder = Some(encoder);
        result
    }

    /// Gives a frame and takes what packets there are then, or drains the encoder.
    fn exchange(
        &mut self,
        encoder: &mut Encoder,
        frame: Option<&Frame>,
        out: &mut Outlet<PacketItem>,
    ) -> Result<(), StageError> {
        self.before_encoder(encoder, frame)?;
        let (scale, action) = (Scale::of(encoder), action(frame));
        self.oversight.begin();
        loop {
            let taken = encoder
                .send(frame)
                .map_err(|cause| StageError::about(self.name(), "Error submitting a frame to the encoder")(cause))?;
            loop {
                let step = encoder.receive();
                self.oversight.end(action);
                let step = step.map_err(|cause| StageError::about(self.name(), "encoding failed")(cause))?;
                if let (Some(log), false) = (&mut self.log, matches!(step, EncodeStep::NeedsInput)) {
                    log.add(&encoder.pass_stats())?;
                }
                let EncodeStep::Packet(packet) = step else { break };
                self.encoded(packet, &scale, out)?;
            }
            if taken {
                return Ok(());
            }
        }
    }

    /// Tells those who want to know of a frame, before the encoder gets it.
    pub(super) fn before_encoder(&mut self, encoder: &mut Encoder, frame: Option<&Frame>) -> Result<(), StageError> {
        if let Some(flags) = self.oversight.new_debug_flags() {
            encoder.set_debug(flags);
        }
        let Some(frame) = frame else { return Ok(()) };
        let base = encoder.time_base();
        if self.oversight.tells_times {
            told_times::to_encoder(self.settings.kind, frame, base);
        }
        if let Some(stats) = &mut self.settings.stats_before {
            stats.frame(frame, base)?;
        }
        if let (true, Some(pts), Some(origin)) = (self.settings.tells_origins, frame.pts(), frame.origin()) {
            self.origins.push_back((pts, origin));
            if self.origins.len() > MOST_INSIDE {
                self.origins.pop_front();
            }
        }
        Ok(())
    }

    /// Hands on a packet of the encoder, and tells those who want to know of it.
    pub(super) fn encoded(
        &mut self,
        mut packet: Packet,
        scale: &Scale,
        out: &mut Outlet<PacketItem>,
    ) -> Result<(), StageError> {
        let base = scale.time_base;
        if self.oversight.tells_times {
            told_times::from_encoder(self.settings.kind, &packet, base);
        }
        let origin = packet.pts().and_then(|pts| self.origins.iter().find(|(at, _)| *at == pts));
        if let Some((_, origin)) = origin {
            packet.set_origin(*origin).map_err(StageError::library("mark a packet"))?;
        }
        if let Some(stats) = &mut self.settings.stats_behind {
            stats.encoded(&packet, base)?;
        }
        let told = packet.picture_stats();
        if let (Some(stats), MediaKind::Video) = (&self.settings.video_stats, self.settings.kind) {
            stats.add(self.settings.index, (&packet, told.as_ref()), scale, &mut self.counted)?;
        }
        if let Some(stats) = &told {
            self.meter.quality.store(i64::from(stats.quality), Relaxed);
        }
        self.meter.errors.add(told.as_ref());
        let packet = match &mut self.keeper {
            Some(keeper) => {
                keeper.left(&packet, base);
                keeper.dress(packet).map_err(StageError::library("give a packet its header"))?
            }
            None => packet,
        };
        let ticks = packet.dts().or(packet.pts()).unwrap_or(0);
        let dts_us = rescale(ticks, base, Rational::MICROS).saturating_add(self.settings.start_us);
        let sent = out.send(0, PacketItem::Packet(MediaPacket { packet, dts_us }));
        if let Some(keeper) = &mut self.keeper {
            keeper.taken();
        }
        sent
    }

    /// A slow encoder would take minutes for what is inside it, and a peer is to be left at once.
    pub(super) fn hurries(&self, out: &Outlet<PacketItem>) -> bool {
        self.settings.live && out.stop().drain.is_tripped()
    }
}

/// What an encoder does, for `-benchmark_all`.
pub(super) fn action(frame: Option<&Frame>) -> &'static str {
    if frame.is_some() { "encode" } else { "flush" }
}
