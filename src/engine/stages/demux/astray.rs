//! Packets that lie far ahead of their stream wait for the next one, which tells whether their time is a damaged one.

use super::{DemuxStage, raw_times};
use crate::av::Packet;
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::kernel::{Flow, Outlet};
use std::sync::atomic::Ordering;

impl DemuxStage {
    /// Deals out a packet as it was read, and before it the one of its stream that waited for it.
    pub(super) fn take(&mut self, packet: Packet, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let stream = packet.stream();
        let is_astray = self.timeline.may_be_astray(stream, raw_times(&packet));
        if let Some(mut waited) = self.astray.remove(&stream) {
            if !is_astray {
                self.put_in_place(&mut waited, &packet);
            }
            if self.deal(waited, out)? == Flow::Done {
                return Ok(Flow::Done);
            }
        } else if is_astray && self.settings.used.get(stream).copied().unwrap_or(false) {
            self.astray.insert(stream, packet);
            return Ok(Flow::Continue);
        }
        self.deal(packet, out)
    }

    /// Gives a packet a time just before the next one of its stream.
    fn put_in_place(&mut self, packet: &mut Packet, next: &Packet) {
        let (old, next) = (raw_times(packet), raw_times(next));
        let Some(dts) = next.dts.or(next.pts).map(|dts| dts.saturating_sub(old.duration.max(1))) else { return };
        let shown_later = old.pts.zip(old.dts).map_or(0, |(pts, dts)| pts.saturating_sub(dts).max(0));
        packet.set_times(old.pts.map(|_| dts.saturating_add(shown_later)), old.dts.map(|_| dts));
        self.meter.astray.fetch_add(1, Ordering::Relaxed);
    }

    /// Deals out what still waits: nothing follows it.
    pub(super) fn take_the_rest(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        while let Some((_, packet)) = self.astray.pop_first() {
            self.deal(packet, out)?;
        }
        Ok(())
    }
}
