//! How an input ended: with all that its header promises, or cut off.

use super::file_end::{self, Lack};
use super::{DemuxStage, raw_times};
use crate::av::{AvError, Packet};
use crate::engine::stop::Latch;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::octets::file_path;
use crate::timing::PacketTimes;
use crate::unit::{Rational, hundredths, rescale};
use std::fs::File;

/// An input that ends before its header's promise by more than a twentieth of it, between these bounds, is called cut
/// off; in microseconds.
const SHORT_BY_US: (i64, i64) = (100_000, 500_000);

/// Times and lengths that are rounded to milliseconds may end so much before a promise that is kept, in microseconds.
const ROUNDED_US: i64 = 2_000;

impl DemuxStage {
    /// Compares how far the input went with what its header promised, and how it ended with how packets end.
    pub(super) fn check_ending(&mut self, stop: &Latch) {
        let url = &self.settings.facts.url;
        let left = |error: &AvError| self.settings.listens && error.is_lost_connection();
        if let Some(error) = self.demuxer.io_error().filter(|error| !left(error)) {
            self.meter.set_broken(format!("{url}: reading broke off: {error}"), self.least_position_us());
            return;
        }
        // Before anything else is read.
        let within_a_packet = self.ends_within_a_packet();
        let how = if let Some((promised, reached)) = self.shortfall_us(stop) {
            format!("ends after {} of the {} that its header promises", hundredths(reached), hundredths(promised))
        } else {
            let lack = if within_a_packet { Some(Lack::Rest { of: "packet" }) } else { self.file_lack() };
            match lack {
                Some(Lack::Bytes { promised, there }) => {
                    format!("has {there} of the {promised} bytes that its header promises")
                }
                Some(Lack::Rest { of }) => format!("ends in the middle of a {of}"),
                None => return,
            }
        };
        self.meter
            .set_broken(format!("{}: {how}: the file is cut off", self.settings.facts.url), self.least_position_us());
    }

    /// How far the stream is that is least far, in microseconds of the job.
    pub(super) fn least_position_us(&self) -> i64 {
        let used = (0..self.settings.used.len()).filter(|stream| self.settings.used[*stream]);
        used.filter_map(|stream| self.timeline.next_us(stream)).fold(self.last_dts_us, i64::min)
    }

    /// What the file itself says that it lacks, unless that is too little to say that it was cut off.
    fn file_lack(&self) -> Option<Lack> {
        if self.demuxer.ignores_length() {
            return None;
        }
        let path = file_path(&self.settings.facts.url);
        let mut file = path.is_file().then(|| File::open(path)).and_then(Result::ok)?;
        let lack = file_end::lack(&self.settings.facts.format, &mut file)?;
        let Lack::Bytes { promised, there } = lack else {
            return Some(lack);
        };
        let reached = self.reached_from_start_us().max(0);
        let whole = i128::from(reached) * i128::from(promised) / i128::from(there.max(1));
        let is_cut = reached == 0 || is_short(&(i64::try_from(whole).unwrap_or(i64::MAX), reached));
        is_cut.then_some(lack)
    }

    /// What the header promises and how far that went, in microseconds, where the input lacks some of it.
    fn shortfall_us(&mut self, stop: &Latch) -> Option<(i64, i64)> {
        let lengths = self.lengths_us();
        if !lengths.is_empty() || self.settings.reads_a_part || !self.settings.facts.length_is_promised {
            return lengths.into_iter().find(is_short);
        }
        // Only the whole has a length, and what was left out may be what lasts as long. Where it matters, that is looked at.
        let read = self.whole_us()?;
        if self.timeline.jumps() > 0 || !is_short(&read) || !self.reads_all(stop) {
            return None;
        }
        self.whole_us().filter(is_short)
    }

    /// Reads the input once more, for the times of streams that nobody wanted; `false` where that is not to be had.
    fn reads_all(&mut self, stop: &Latch) -> bool {
        // Elsewhere it may take as long as it took.
        if !file_path(&self.settings.facts.url).is_file() {
            return false;
        }
        for stream in 0..self.demuxer.stream_count() {
            self.demuxer.set_discarded(stream, false, None);
        }
        if self.demuxer.rewind(self.settings.restart_us).is_err() {
            return false;
        }
        while !stop.is_tripped() {
            match self.demuxer.read() {
                Ok(packet) if packet.stream() < self.reached_us.len() => {
                    self.note_reached(packet.stream(), raw_times(&packet));
                }
                Ok(_) => {}
                Err(error) => return error == AvError::EOF,
            }
        }
        false
    }

    /// True where the file ends before its last packet is whole.
    fn ends_within_a_packet(&self) -> bool {
        // A packet that its demuxer calls damaged is counted, or whole after all.
        let lost = self.demuxer.incomplete_packets() > self.flagged_packets;
        let rest = || match (self.demuxer.position(), self.last_byte) {
            (Some(position), Some(end)) => position > end,
            _ => false,
        };
        lost || match self.settings.facts.format.as_str() {
            // This demuxer keeps a part of a picture to itself; nothing else stands behind its pictures.
            "yuv4mpegpipe" => rest(),
            // And this one hands out a part of a packet as a whole one.
            "nut" => self.wanted_more,
            _ => false,
        }
    }

    /// True where a packet that the demuxer calls damaged lacks nothing: sound whose every whole number of samples is a packet,
    /// cut where the input ends. Whether more was promised is another question.
    pub(super) fn is_whole_after_all(&self, stream: usize, bytes: usize) -> bool {
        let unit = self.settings.facts.streams.get(stream).map_or(0, |s| s.sample_bytes);
        unit > 0 && bytes.is_multiple_of(unit) && self.demuxer.is_at_end()
    }

    /// All bytes have been read, and no stream lacks anything of what the header promised.
    pub(super) fn has_all_that_was_promised(&self) -> bool {
        let lengths = self.lengths_us();
        self.demuxer.is_at_end()
            && !lengths.is_empty()
            && lengths.into_iter().all(|(promised, reached)| promised - reached <= ROUNDED_US)
    }

    /// What the header promises, each with how far that was read, in microseconds; empty where nothing can be said.
    fn lengths_us(&self) -> Vec<(i64, i64)> {
        let facts = &self.settings.facts;
        let whole_is_promised = facts.length_is_promised;
        // libavformat cuts the length of a file of AVI to what has room in its bytes.
        if self.settings.reads_a_part || self.timeline.jumps() > 0 || !(whole_is_promised || facts.format == "avi") {
            return Vec::new();
        }
        let counts = |s: &&StreamFacts| {
            matches!(s.kind, MediaKind::Video | MediaKind::Audio)
                && !s.is_cover()
                && !s.has_disposition("timed_thumbnails")
        };
        let used = |s: &&StreamFacts| self.settings.used.get(s.index).copied().unwrap_or(false);
        let start_us = |s: &StreamFacts| rescale(s.start_time.unwrap_or(0), s.time_base, Rational::MICROS);
        let end_us = |s: &StreamFacts| self.reached_us.get(s.index).copied().flatten();
        let mut checks: Vec<(i64, i64)> = Vec::new();
        if facts.streams.iter().filter(counts).filter(used).all(|s| own_length_us(facts, s).is_some()) {
            // Each track has a length of its own.
            for s in facts.streams.iter().filter(counts).filter(used) {
                let Some(length) = own_length_us(facts, s) else { continue };
                let reached = end_us(s).map_or(0, |end| end.saturating_sub(start_us(s)));
                checks.push((length, reached));
            }
        } else if whole_is_promised
            && facts.streams.iter().all(|s| used(&s) || s.kind == MediaKind::Attachment || s.is_only_announced())
        {
            // Only the whole has a length, and all that counts for it was read.
            checks.extend(self.whole_us());
        }
        checks
    }

    /// The length of the whole by the header, and how far its clock went, in microseconds.
    fn whole_us(&self) -> Option<(i64, i64)> {
        Some((self.settings.facts.duration_us?, self.reached_from_start_us()))
    }

    /// How far the clock of the stream that goes furthest went, in microseconds; 0 before any packet.
    fn reached_from_start_us(&self) -> i64 {
        let origin = self.settings.facts.start_time_us.unwrap_or(0);
        self.reached_us.iter().flatten().max().map_or(0, |end| end.saturating_sub(origin))
    }

    /// True for the file of a picture that lacks its end, of which decoders make grey.
    pub(super) fn is_cut_picture(&self, stream: usize, packet: &Packet) -> bool {
        let facts = &self.settings.facts;
        let is_file_of_pictures = facts.format.starts_with("image2") || facts.format == "jpeg_pipe";
        is_file_of_pictures && facts.streams[stream].codec == "mjpeg" && file_end::is_cut_jpeg(packet.data())
    }

    pub(super) fn note_reached(&mut self, stream: usize, times: PacketTimes) {
        let base = self.settings.facts.streams[stream].time_base;
        if let Some(time) = times.pts.or(times.dts) {
            let end = rescale(time.saturating_add(times.duration), base, Rational::MICROS);
            let reached = &mut self.reached_us[stream];
            *reached = Some(reached.unwrap_or(i64::MIN).max(end));
        }
    }
}

/// True where a promise and how far that went, in microseconds, are too far apart for a length that was rounded.
fn is_short((promised, reached): &(i64, i64)) -> bool {
    promised - reached > (promised / 20).clamp(SHORT_BY_US.0, SHORT_BY_US.1)
}

/// What the header promises of one stream, in microseconds: MP4 by its track, Matroska by the tag of its writers, AVI by the
/// number of its ticks.
fn own_length_us(facts: &InputFacts, stream: &StreamFacts) -> Option<i64> {
    let whole = facts.duration_us.unwrap_or(i64::MAX);
    let length = if facts.format.starts_with("mov") {
        rescale(stream.duration?, stream.time_base, Rational::MICROS).min(whole)
    } else if facts.format.starts_with("matroska") {
        // It counts from zero, not from the stream's start.
        let start = rescale(stream.start_time.unwrap_or(0), stream.time_base, Rational::MICROS);
        (stream.tagged_duration_us()? - start.max(0)).min(whole)
    } else if facts.format == "avi" {
        rescale(stream.frames, stream.time_base, Rational::MICROS)
    } else {
        return None;
    };
    Some(length).filter(|length| *length > 0)
}
