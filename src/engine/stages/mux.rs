//! Writes one output: waits until every stream is known, writes the header, packets in order, the trailer.

mod live;

use self::live::Live;
use super::copy::{Copy, CopyStep};
use super::frame_stats::FrameStats;
use super::sdp::SessionDescription;
use crate::av::{BitstreamFilter, Dictionary, Muxer, Packet, packet_samples, silent_packet};
use crate::engine::fault::StageError;
use crate::engine::flow::{MediaPacket, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::link::await_reply;
use crate::engine::meter::{OutputMeter, StreamMeter};
use crate::engine::session::PendingOutput;
use crate::engine::stop::Latch;
use crate::facts::MediaKind;
use crate::timing::{DtsGuard, DtsRepair, Shortest};
use crate::unit::{Rational, rescale};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

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
    /// `-frames` was given for it.
    pub limited: bool,
    /// Times are left to the muxer (`-fps_mode drop`).
    pub drop_times: bool,
    /// Length of each packet of a stream with a constant frame rate, as a frame rate.
    pub constant_rate: Option<Rational>,
    /// Constant rate, told by the encoder.
    pub constant: bool,
    /// VP9 copied: equal DTS are its own business.
    pub lenient_dts: bool,
    /// Packets that may wait for the header once they exceed `queue_bytes`.
    pub queue_packets: usize,
    /// See `queue_packets`.
    pub queue_bytes: usize,
    /// No packets come: an attachment.
    pub silent: bool,
    /// `-stats_mux_pre`.
    pub stats: Option<FrameStats>,
}

struct State {
    settings: MuxStream,
    ready: bool,
    ended: bool,
    queue: VecDeque<MediaPacket>,
    queued_bytes: usize,
    /// The time base in which an encoder's packets arrive.
    encoder_base: Rational,
    time_base: Rational,
    /// The encoder's, for packets that do not tell their length.
    frame_rate: Option<Rational>,
    guard: DtsGuard,
    written: i64,
    /// Copied sound: the last packet, and what fills holes, with its samples.
    last_sound: Option<Packet>,
    filler: Option<(Packet, i32)>,
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
    /// `-fs`, in bytes.
    pub size_limit_bytes: Option<i64>,
    /// `-shortest`.
    pub shortest: bool,
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
    /// Where the output's session description goes.
    pub sdp: Option<SessionDescription>,
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
        // A stream that ends by -frames ends the others too, as in ffmpeg.
        let limits: Vec<bool> = streams
            .iter()
            .map(|s| s.limited || (settings.shortest && !s.silent && s.kind != MediaKind::Subtitle))
            .collect();
        let shortest = (limits.len() > 1 && limits.contains(&true)).then(|| Shortest::new(limits));
        // Nobody feeds an attachment.
        let closing = (0..streams.len()).filter(|index| streams[*index].silent).collect();
        let streams: Vec<State> = streams
            .into_iter()
            .enumerate()
            .map(|(i, s)| State {
                ready: s.copy.is_some() || s.silent,
                ended: s.silent,
                queue: VecDeque::new(),
                queued_bytes: 0,
                encoder_base: s.source_time_base,
                time_base: s.source_time_base,
                frame_rate: None,
                guard: DtsGuard::new(settings.dts_may_repeat),
                written: 0,
                last_sound: None,
                filler: None,
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

    /// Starts the file when all streams are known.
    fn start_if_ready(&mut self) -> Result<(), StageError> {
        if let Some(early) = self.early.take() {
            return Err(early);
        }
        if self.header_written || self.broken || !self.streams.iter().all(|s| s.ready) {
            return Ok(());
        }
        if self.live.is_some() {
            if !self.open_session()? {
                return Ok(());
            }
        } else {
            self.write_header()?;
        }
        self.header_written = true;
        for (i, state) in self.streams.iter().enumerate() {
            state.meter.extradata_bytes.store(self.muxer.extradata_bytes(i) as u64, Relaxed);
            if let Some(end) = self.muxer.stream_end(i) {
                state.meter.end_us.fetch_max(rescale(end, self.muxer.time_base(i), Rational::MICROS), Relaxed);
            }
        }
        self.muxer.dump(self.settings.index);
        if let Some(sdp) = self.settings.sdp.take() {
            sdp.add(
                self.settings.index,
                self.muxer.session_description().map_err(self.about("Error writing the SDP"))?,
            )?;
        }
        for (key, value) in self.settings.options.pairs() {
            log::warn!(
                "{}: the option {key} ({value}) is not known to this format; it has no effect",
                self.settings.url
            );
        }
        self.follow_muxer_clock();
        while let Some(i) = self.next_waiting() {
            if let Some(media) = self.streams[i].queue.pop_front() {
                self.passed(i, media)?;
            }
        }
        for i in 0..self.streams.len() {
            if self.streams[i].ended {
                self.stream_ended(i)?;
            }
        }
        Ok(())
    }

    /// Without a bitstream filter copied packets go straight to the muxer's clock, which may be finer.
    fn follow_muxer_clock(&mut self) {
        for (i, state) in self.streams.iter_mut().enumerate() {
            if state.settings.copy.is_some() && state.settings.bitstream_filter.is_none() {
                state.time_base = self.muxer.time_base(i);
            }
        }
    }

    fn write_header(&mut self) -> Result<(), StageError> {
        for (i, state) in self.streams.iter_mut().enumerate() {
            if let Some(filter) = &mut state.settings.bitstream_filter {
                let base = filter
                    .start(&mut self.muxer, i, state.time_base)
                    .map_err(StageError::about(self.settings.url.clone(), "Error initializing the bitstream filter"))?;
                state.time_base = base;
                self.muxer.set_time_base(i, base);
            }
        }
        if let Err(error) = self.muxer.write_header(&mut self.settings.options) {
            self.broken = true;
            let index = self.settings.index;
            let words =
                format!("Could not write header for output file #{index} (incorrect codec parameters ?): {error}");
            let last = self.streams.len().saturating_sub(1);
            let ffmpeg = format!("{words}\nError initializing output stream {index}:{last} -- ");
            return Err(StageError::Told { text: format!("{}: {words}", self.settings.url), ffmpeg });
        }
        Ok(())
    }

    /// The stream whose waiting packet is the earliest.
    fn next_waiting(&self) -> Option<usize> {
        let waiting = self.streams.iter().enumerate().filter_map(|(i, s)| {
            let packet = &s.queue.front()?.packet;
            Some((i, packet.dts().or(packet.pts()), s.arrival_base()))
        });
        waiting
            .min_by(|a, b| match (a.1, b.1) {
                (Some(x), Some(y)) => crate::unit::compare(x, a.2, y, b.2).then(a.0.cmp(&b.0)),
                (None, Some(_)) => std::cmp::Ordering::Less,
                (Some(_), None) => std::cmp::Ordering::Greater,
                (None, None) => a.0.cmp(&b.0),
            })
            .map(|(i, _, _)| i)
    }

    /// Takes a packet in; before the header it waits.
    fn arrived(&mut self, index: usize, media: MediaPacket) -> Result<(), StageError> {
        if self.header_written {
            return self.passed(index, media);
        }
        let state = &mut self.streams[index];
        state.queued_bytes += media.packet.size();
        state.queue.push_back(media);
        if state.queue.len() > state.settings.queue_packets && state.queued_bytes > state.settings.queue_bytes {
            let silent: Vec<String> =
                self.streams.iter().enumerate().filter(|(_, s)| !s.ready).map(|(i, _)| i.to_string()).collect();
            return Err(StageError::Failed(format!(
                "{}: Too many packets buffered for output stream {}:{index}: stream {} has not begun yet, and the header \
                 waits for it. Raise -max_muxing_queue_size, or leave that stream out with -map.",
                self.settings.url,
                self.settings.index,
                silent.join(", ")
            )));
        }
        Ok(())
    }

    /// Fills a hole at a loop's seam with packets of silence, or by repeating the last packet.
    fn fill(&mut self, index: usize, from: i64, to: i64) -> Result<(), StageError> {
        let state = &mut self.streams[index];
        let rate = Rational::new(1, state.settings.sample_rate_hz);
        if !rate.is_valid() || state.settings.kind != MediaKind::Audio {
            return Ok(());
        }
        if state.filler.is_none() {
            let repeated = || {
                let last = state.last_sound.as_ref()?;
                let samples = packet_samples(&self.muxer, index, last.size());
                Some((last.share().ok()?, samples))
            };
            state.filler = silent_packet(&self.muxer, index).or_else(repeated).filter(|(_, samples)| *samples > 0);
        }
        let Some((filler, samples)) = &state.filler else { return Ok(()) };
        let base = state.settings.source_time_base;
        let length = rescale(i64::from(*samples), rate, base).max(1);
        let mut packets = Vec::new();
        for n in 0.. {
            let at = from + rescale(n * i64::from(*samples), rate, base);
            if at + length / 2 > to {
                break;
            }
            let mut packet = filler.share().map_err(StageError::library("share a packet"))?;
            packet.set_times(Some(at), Some(at));
            packet.set_duration(length);
            packets.push(MediaPacket { packet, dts_us: rescale(at, base, Rational::MICROS) });
        }
        packets.into_iter().try_for_each(|media| self.arrived(index, media))
    }

    /// Where a copied stream begins and ends, and how many packets are wanted.
    fn passed(&mut self, index: usize, mut media: MediaPacket) -> Result<(), StageError> {
        let state = &mut self.streams[index];
        if state.settings.kind == MediaKind::Audio && state.settings.copy.is_some() {
            state.last_sound = media.packet.share().ok();
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
    fn filtered(&mut self, index: usize, mut packet: Option<Packet>) -> Result<(), StageError> {
        let Some(filter) = &mut self.streams[index].settings.bitstream_filter else {
            return packet.map_or(Ok(()), |p| self.timed(index, p));
        };
        let url = self.settings.url.clone();
        filter
            .send(packet.as_mut())
            .map_err(StageError::about(url.clone(), "Error applying bitstream filters to a packet"))?;
        let mut results = Vec::new();
        while let Some(result) =
            filter.receive().map_err(StageError::about(url.clone(), "Error applying bitstream filters to a packet"))?
        {
            results.push(result);
        }
        results.into_iter().try_for_each(|p| self.timed(index, p))
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
        if !self.settings.no_timestamps && !state.settings.lenient_dts && state.settings.kind != MediaKind::Data {
            let (mut pts, mut dts) = (packet.pts(), packet.dts());
            let before = (pts, dts);
            if let Some(repair) = state.guard.check(&mut pts, &mut dts) {
                self.report_repair(index, repair, before, dts)?;
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
                let end = shown.map(|t| rescale(t + length, base, Rational::MICROS));
                if let Some(shortest) = &mut self.shortest {
                    shortest.push(index, at, end, packet);
                }
                self.write_settled()
            }
        }
    }

    fn write_settled(&mut self) -> Result<(), StageError> {
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
        before: (Option<i64>, Option<i64>),
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
                "Non-monotonous DTS in output stream {at}; current: {}; changing to {}. This may result in incorrect \
                 timestamps in the output file.",
                number(before.1),
                number(now)
            ),
        };
        if self.settings.exit_on_error {
            return Err(StageError::Failed(format!("{}: {sentence} -xerror is set: aborting.", self.settings.url)));
        }
        match repair {
            DtsRepair::NotRising(by) if by <= 2 && self.streams[index].settings.kind != MediaKind::Video => {
                log::debug!("{sentence}");
            }
            _ => log::warn!("{sentence}"),
        }
        Ok(())
    }

    fn write(&mut self, index: usize, mut packet: Packet) -> Result<(), StageError> {
        if self.is_away() {
            self.left_out();
            return Ok(());
        }
        let base = self.muxer.time_base(index);
        let meter = &self.streams[index].meter;
        meter.packets.fetch_add(1, Relaxed);
        meter.bytes.fetch_add(packet.size() as u64, Relaxed);
        let own_end = packet.pts().or(packet.dts()).map(|time| time + packet.duration());
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
            self.send(packet, base);
            if self.packets % 16 == 1 {
                self.note_session_size(self.muxer.written_bytes());
            }
            return Ok(());
        }
        let (settings, source) = (&self.settings, &self.streams[index].settings.source);
        self.muxer.interrupt().begin(None);
        self.muxer.write(&mut packet).map_err(|cause| {
            let operation = format!("Error writing a packet of {source} (av_interleaved_write_frame())");
            StageError::about(settings.url.clone(), operation)(cause).called_by_ffmpeg("av_interleaved_write_frame()")
        })?;
        // What the muxer counts where it does; else the packet's own end.
        if let (Some(_), Some(end)) = (own_end, self.muxer.stream_end(index).or(own_end)) {
            self.streams[index].meter.end_us.fetch_max(rescale(end, base, Rational::MICROS), Relaxed);
        }
        if self.packets % 16 == 1 || self.settings.size_limit_bytes.is_some() {
            self.note_size();
        }
        Ok(())
    }

    fn note_size(&self) {
        if let Some(bytes) = self.muxer.written_bytes() {
            self.meter.file_bytes.store(bytes, Relaxed);
        }
    }

    fn over_size(&self) -> bool {
        self.settings.size_limit_bytes.is_some_and(|limit| self.meter.file_bytes.load(Relaxed) >= limit)
    }

    fn stream_ended(&mut self, index: usize) -> Result<(), StageError> {
        self.streams[index].ended = true;
        if self.header_written && self.streams[index].queue.is_empty() {
            self.filtered(index, None)?;
            if let Some(shortest) = &mut self.shortest {
                shortest.end(index);
                self.write_settled()?;
            }
        }
        Ok(())
    }

    /// True when a file was begun (so that a failure must not leave a half).
    pub fn has_begun(&self) -> bool {
        self.header_written
    }

    /// True when nothing was written although streams were there.
    pub fn is_empty(&self) -> bool {
        self.packets == 0 && !self.streams.iter().all(|s| s.settings.silent)
    }

    /// Ends the file after a failure elsewhere: what is there becomes playable if that can be.
    pub fn salvage(&mut self) -> bool {
        if !self.header_written || self.packets == 0 {
            let _ = self.muxer.close_io();
            return false;
        }
        let flushed = self.muxer.flush_interleaving().is_ok();
        self.muxer.finish().is_ok() && flushed
    }
}

impl Stage for MuxStage {
    type In = PacketItem;
    type Out = PacketItem;

    fn step(&mut self, port: usize, item: PacketItem, _out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
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
                self.start_if_ready()?;
                if !self.streams[port].ended {
                    self.admit(port, media)?;
                }
            }
            PacketItem::Hole(from, to) => self.fill(port, from, to)?,
            PacketItem::Seam | PacketItem::Away(_) | PacketItem::Renew(_) | PacketItem::Heartbeat(_) => {}
        }
        self.mend()?;
        Ok(if self.over_size() { Flow::Done } else { Flow::Continue })
    }

    fn port_ended(&mut self, port: usize, _out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        if !self.streams[port].ended {
            self.stream_ended(port)?;
        }
        self.mend()?;
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
            self.take_leave();
            return Ok(());
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
