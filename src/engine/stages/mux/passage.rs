//! The way of a packet from a stream's queue to the file: cut, through the bitstream filter, given its final times, held
//! back where a shorter stream may end the output.

use super::MuxStage;
use crate::av::{AvError, Packet, packet_samples};
use crate::engine::fault::StageError;
use crate::engine::flow::MediaPacket;
use crate::engine::stages::copy::{Copy, CopyStep};
use crate::facts::MediaKind;
use crate::timing::{DtsRepair, Shortest};
use crate::unit::{Rational, rescale};
use std::sync::atomic::Ordering::Relaxed;

/// FFmpeg's levels of lines.
const WARNING: i32 = 24;
const DEBUG: i32 = 48;

impl MuxStage {
    /// Where a copied stream begins and ends, and how many packets are wanted.
    pub(super) fn passed(&mut self, index: usize, mut media: MediaPacket) -> Result<(), StageError> {
        let state = &mut self.streams[index];
        if state.settings.kind == MediaKind::Audio && state.settings.copy.as_ref().is_some_and(Copy::has_seams) {
            state.seam.note(&media.packet);
        }
        let samples = packet_samples(&self.muxer, index, media.packet.size());
        let step = match &mut state.settings.copy {
            Some(copy) => copy.pass(&mut media, samples, state.time_base),
            None => CopyStep::Write,
        };
        match step {
            CopyStep::Skip => return Ok(()),
            CopyStep::End => {
                self.closing.push(index);
                return self.stream_ended(index);
            }
            CopyStep::Write => {}
        }
        if state.settings.max_packets.is_some_and(|most| state.written >= most) {
            return Ok(());
        }
        state.written += 1;
        let full = state.settings.max_packets.is_some_and(|most| state.written >= most);
        self.filtered(index, Some(media.packet))?;
        if full {
            self.closing.push(index);
            self.stream_ended(index)?;
        }
        Ok(())
    }

    /// Through the bitstream filter, if there is one.
    pub(super) fn filtered(&mut self, index: usize, mut packet: Option<Packet>) -> Result<(), StageError> {
        let Some(filter) = &mut self.streams[index].settings.bitstream_filter else {
            return packet.map_or(Ok(()), |p| self.timed(index, p));
        };
        let mut results = Vec::new();
        let filtered = filter.send(packet.as_mut()).and_then(|()| {
            while let Some(result) = filter.receive()? {
                results.push(result);
            }
            Ok(())
        });
        results.into_iter().try_for_each(|p| self.timed(index, p))?;
        filtered.or_else(|cause| self.unreadable(index, cause))
    }

    /// A packet that its bitstream filter cannot read is told of and left out, unless `-xerror` says otherwise.
    fn unreadable(&self, index: usize, cause: AvError) -> Result<(), StageError> {
        let operation =
            format!("Error applying bitstream filters to an output packet for stream #{}:{index}", self.settings.index);
        if cause == AvError::NO_MEMORY || self.settings.exit_on_error {
            return Err(StageError::about(self.settings.url.clone(), operation)(cause));
        }
        self.streams[index].meter.unreadable.fetch_add(1, Relaxed);
        log::error!("{operation}: {cause}");
        Ok(())
    }

    /// Gives a packet its final times.
    fn timed(&mut self, index: usize, mut packet: Packet) -> Result<(), StageError> {
        let base = self.muxer.time_base(index);
        let state = &mut self.streams[index];
        if state.settings.drop_times {
            packet.set_times(None, None);
        }
        if let (true, Some(rate)) = (state.settings.constant, state.settings.constant_rate) {
            packet.set_duration(rescale(1, rate.inverse(), state.time_base));
        }
        packet.rescale(state.time_base, base);
        if !self.settings.no_timestamps && state.settings.kind != MediaKind::Data {
            let (mut pts, mut dts) = (packet.pts(), packet.dts());
            let before = (pts, dts);
            let previous = state.guard.last();
            if let Some(repair) = state.guard.check(&mut pts, &mut dts) {
                self.report_repair(index, repair, (before, previous), dts)?;
                packet.set_times(pts, dts);
            }
        }
        packet.set_stream(index);
        if let Some(stats) = &mut self.streams[index].settings.stats {
            stats.muxed(&packet, base)?;
        }
        match &mut self.shortest {
            None => self.write(index, packet),
            Some(_) => {
                let at = packet.dts().or(packet.pts()).map(|t| rescale(t, base, Rational::MICROS));
                let shown = packet.pts().or(packet.dts());
                let length = match (packet.duration(), self.streams[index].frame_rate) {
                    (0, Some(rate)) => rescale(1, rate.inverse(), base),
                    (known, _) => known,
                };
                let end = shown.map(|t| rescale(t.saturating_add(length), base, Rational::MICROS));
                if let Some(shortest) = &mut self.shortest {
                    shortest.push(index, (at, end), packet.footprint(), packet);
                }
                self.write_settled()
            }
        }
    }

    pub(super) fn write_settled(&mut self) -> Result<(), StageError> {
        loop {
            let Some((index, packet)) = self.shortest.as_mut().and_then(Shortest::pop) else { break };
            self.write(index, packet)?;
        }
        if let Some(shortest) = &self.shortest {
            self.closing.extend(shortest.complete());
        }
        Ok(())
    }

    fn report_repair(
        &mut self,
        index: usize,
        repair: DtsRepair,
        (before, previous): ((Option<i64>, Option<i64>), Option<i64>),
        now: Option<i64>,
    ) -> Result<(), StageError> {
        let repairs = self.streams[index].meter.repairs.fetch_add(1, Relaxed) + 1;
        self.tell_repair(index, repairs);
        let at = format!("{}:{index}", self.settings.index);
        let number = |t: Option<i64>| t.map_or_else(|| "NOPTS".to_owned(), |t| t.to_string());
        let sentence = match repair {
            DtsRepair::PtsBeforeDts => format!(
                "Invalid DTS: {} PTS: {} in output stream {at}, replacing by guess",
                number(before.1),
                number(before.0)
            ),
            DtsRepair::NotRising(_) => format!(
                "Non-monotonous DTS in output stream {at}; previous: {}, current: {}; changing to {}. This may result in \
                 incorrect timestamps in the output file.",
                number(previous),
                number(before.1),
                number(now)
            ),
        };
        if self.settings.exit_on_error {
            return Err(StageError::Failed(format!("{}: {sentence} -xerror is set: aborting.", self.settings.url)));
        }
        let slight = matches!(repair, DtsRepair::NotRising(by) if by <= 2);
        let quiet = slight && self.streams[index].settings.kind != MediaKind::Video;
        self.muxer.tell(if quiet { DEBUG } else { WARNING }, &sentence);
        Ok(())
    }
}
