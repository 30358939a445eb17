//! Packets that lie far ahead of their stream wait for those that follow, which tell whether their time is a damaged one.

use super::{DemuxStage, raw_times};
use crate::av::Packet;
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::kernel::{Flow, Outlet};
use crate::timing::{PacketTimes, place_before};
use std::sync::atomic::Ordering;

/// Packets of a stream that wait at the most: as many frames of sound as MPEG-TS gives one time.
const MOST_WAITING: usize = 16;

impl DemuxStage {
    /// Deals out a packet as it was read, and before it those of its stream that waited for it.
    pub(super) fn take(&mut self, packet: Packet, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let stream = packet.stream();
        let used = self.settings.used.get(stream).copied().unwrap_or(false);
        // When a packet came is never damaged, and the next may be long in coming.
        if !used || self.settings.times_are_arrivals {
            return self.deal(packet, out);
        }
        let in_real_time = self.settings.pacer.is_some();
        let is_astray = self.timeline.may_be_astray(stream, raw_times(&packet), in_real_time);
        let Some(mut waited) = self.astray.remove(&stream) else {
            if is_astray {
                self.astray.insert(stream, vec![packet]);
                return Ok(Flow::Continue);
            }
            return self.deal(packet, out);
        };
        if !is_astray {
            self.put_in_place(&mut waited, &packet);
        } else if !in_real_time
            && waited.len() < MOST_WAITING
            && waited.last().is_some_and(|last| follows(last, &packet))
        {
            waited.push(packet);
            self.astray.insert(stream, waited);
            return Ok(Flow::Continue);
        }
        for packet in waited.into_iter().chain([packet]) {
            if self.deal(packet, out)? == Flow::Done {
                return Ok(Flow::Done);
            }
        }
        Ok(Flow::Continue)
    }

    /// Gives packets times just before the next one of their stream.
    fn put_in_place(&mut self, packets: &mut [Packet], next: &Packet) {
        let next = raw_times(next);
        if next.dts.or(next.pts).is_none() {
            return;
        }
        let mut times: Vec<PacketTimes> = packets.iter().map(raw_times).collect();
        place_before(&mut times, next);
        for (packet, times) in packets.iter_mut().zip(times) {
            packet.set_times(times.pts, times.dts);
            self.meter.astray.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Deals out what still waits: nothing follows it.
    pub(super) fn take_the_rest(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        while let Some((_, packets)) = self.astray.pop_first() {
            packets.into_iter().try_for_each(|packet| self.deal(packet, out).map(drop))?;
        }
        Ok(())
    }
}

/// True of a packet that goes on where another one ended.
fn follows(before: &Packet, packet: &Packet) -> bool {
    let (before, after) = (raw_times(before), raw_times(packet));
    let distance = |from: Option<i64>, to: Option<i64>| Some(to?.saturating_sub(from?));
    distance(before.dts, after.dts).is_some_and(|ticks| ticks >= 0 && ticks <= 2 * before.duration.max(1))
}
