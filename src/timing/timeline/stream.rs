//! The state of one stream on its input's timeline: its clock, what it has sent, how its packets follow each other.

use super::{BACKWARD_TOLERANCE_US, PacketTimes, StreamTiming};
use crate::facts::MediaKind;
use crate::timing::DecodingTimes;
use crate::unit::{MICROS_PER_SECOND, Rational, rescale};

/// A hole at a seam that is longer than this is no matter of the seam: it is left as it is, in microseconds.
const LONGEST_HOLE_US: i64 = 60 * MICROS_PER_SECOND;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct StreamState {
    pub(super) timing: StreamTiming,
    pub(super) offset_us: i64,
    pub(super) started: bool,
    pub(super) dts_us: i64,
    pub(super) next_dts_us: Option<i64>,
    /// A packet has told its decoding time; until then the two above are guessed, and nothing can jump against them.
    pub(super) told_dts: bool,
    pub(super) wrap_settled: bool,
    /// First and last time seen or heard in this pass, before the loop's shift.
    pub(super) pass: Option<(i64, i64)>,
    /// How long the last packet was told to be, in ticks.
    packet_before: i64,
    /// End of what was sent, in ticks, with the loop's shift.
    pub(super) sent_end: Option<i64>,
    pub(super) after_seam: bool,
    /// What was added before it followed another stream to a new epoch without a jump of its own, in microseconds.
    pub(super) joined_from_us: Option<i64>,
    /// Where the piece of a list that its packets belong to begins, as long as they lie before that; in microseconds.
    pub(super) piece_begins_us: Option<i64>,
    /// Sound that overlaps what was sent is left out.
    pub(super) trims: bool,
    /// The seam is told to the decoder, and nobody else gets the packets.
    pub(super) cut_by_decoder: bool,
    pub(super) decoding: Option<DecodingTimes>,
}

impl StreamState {
    pub(super) fn new(timing: StreamTiming, offset_us: i64) -> Self {
        let far = rescale(BACKWARD_TOLERANCE_US * 5, Rational::MICROS, timing.time_base);
        let depth = usize::try_from(timing.video_delay).unwrap_or(0);
        let decoding = (timing.tells_only_display && depth > 0 && far > 0).then(|| DecodingTimes::new(depth, far));
        Self {
            decoding,
            timing,
            offset_us,
            started: false,
            dts_us: 0,
            next_dts_us: None,
            told_dts: false,
            wrap_settled: false,
            pass: None,
            packet_before: 0,
            sent_end: None,
            after_seam: false,
            joined_from_us: None,
            piece_begins_us: None,
            trims: false,
            cut_by_decoder: false,
        }
    }

    /// Timestamps from just before a wrap, in an input whose start time lies after it, become negative.
    pub(super) fn unwrap(&mut self, times: &mut PacketTimes, start_time_us: Option<i64>) {
        let wraps = (1..63).contains(&self.timing.wrap_bits);
        let (Some(start), false, true) = (start_time_us, self.wrap_settled, wraps) else { return };
        self.wrap_settled = true;
        let start = rescale(start, Rational::MICROS, self.timing.time_base);
        let (half, whole) = (1i64 << (self.timing.wrap_bits - 1), 1i64 << self.timing.wrap_bits);
        for time in [&mut times.dts, &mut times.pts] {
            if let Some(t) = time.as_mut().filter(|t| **t > start.saturating_add(half)) {
                *t = t.saturating_sub(whole);
                self.wrap_settled = false;
            }
        }
    }

    /// Length of a packet in ticks, guessed where it is not told.
    pub(super) fn packet_ticks(&self, duration: i64) -> i64 {
        if duration > 0 {
            return duration;
        }
        match self.timing.kind {
            MediaKind::Audio if self.timing.sample_rate_hz > 0 => rescale(
                i64::from(self.timing.frame_samples),
                Rational::new(1, self.timing.sample_rate_hz),
                self.timing.time_base,
            ),
            MediaKind::Video if self.timing.avg_frame_rate.is_valid() => {
                rescale(1, self.timing.avg_frame_rate.inverse(), self.timing.time_base)
            }
            _ => 0,
        }
    }

    /// From where to where a packet at `time` is seen or heard. A copied packet of sound is as long as those before it, however
    /// little of the last one its container counts.
    fn extent(&self, time: i64, times: &PacketTimes) -> (i64, i64) {
        let told = self.packet_ticks(times.duration);
        let whole = self.packet_ticks(0);
        let copied = self.timing.kind == MediaKind::Audio && !self.timing.decoded;
        let steady = (self.packet_before - whole).abs() <= 1;
        let length = if copied && steady { told.max(whole) } else { told };
        let cut = |samples: u32| match self.timing.sample_rate_hz {
            rate @ 1.. if self.timing.decoded => {
                rescale(i64::from(samples), Rational::new(1, rate), self.timing.time_base)
            }
            _ => 0,
        };
        let (before, behind) = times.trimmed;
        // What is cut off the end may be left out of its told length already.
        let heard = length.min(length.max(whole).saturating_sub(cut(behind)).max(0));
        (time.saturating_add(cut(before).min(length)), time.saturating_add(heard))
    }

    pub(super) fn note_pass(&mut self, times: &PacketTimes) {
        // What is decoded for the sake of others is not seen, before an edit or behind it.
        let unseen = self.timing.stands || self.timing.decoded && times.is_discarded();
        let Some(time) = times.pts.or(times.dts).filter(|_| !unseen) else { return };
        let (begins, ends) = self.extent(time, times);
        let (first, last) = self.pass.unwrap_or((begins, ends));
        self.pass = Some((first.min(begins), last.max(ends)));
    }

    /// Follows the stream's own clock, so that a packet without DTS gets one.
    pub(super) fn predict(&mut self, pts: Option<i64>, dts: Option<i64>, duration: i64) {
        let base = self.timing.time_base;
        let us = |ticks: i64| rescale(ticks, base, Rational::MICROS);
        if !self.started {
            self.started = true;
            let rate = self.timing.avg_frame_rate;
            self.dts_us = if rate.is_valid() {
                -(i64::from(self.timing.video_delay) * MICROS_PER_SECOND * i64::from(rate.den) / i64::from(rate.num))
            } else {
                0
            };
            if let (Some(pts), true) = (pts, self.timing.begins_when_shown) {
                self.dts_us = self.dts_us.saturating_add(us(pts));
            }
        }
        if let Some(dts) = dts {
            self.dts_us = us(dts);
            self.told_dts = true;
        } else if let Some(next) = self.next_dts_us {
            self.dts_us = next;
        }
        let length_us = match (self.timing.kind, self.timing.forced_frame_rate) {
            (MediaKind::Video, Some(rate)) if rate.is_valid() => {
                let frame = rescale(self.dts_us, Rational::MICROS, rate.inverse()).saturating_add(1);
                rescale(frame, rate.inverse(), Rational::MICROS).saturating_sub(self.dts_us)
            }
            (MediaKind::Audio, _) if self.timing.sample_rate_hz > 0 && self.timing.frame_samples > 0 => {
                MICROS_PER_SECOND * i64::from(self.timing.frame_samples) / i64::from(self.timing.sample_rate_hz)
            }
            _ => us(self.packet_ticks(duration)),
        };
        self.next_dts_us = Some(self.dts_us.saturating_add(length_us));
    }

    /// After a seam, sound that overlaps what was sent is left out, and a hole before it is told.
    pub(super) fn check_seam(&mut self, times: &PacketTimes) -> (bool, Option<(i64, i64)>) {
        let Some(time) = times.pts.or(times.dts) else { return (false, None) };
        let ticks = self.packet_ticks(times.duration);
        let (time, ends) = self.extent(time, times);
        let mut hole = None;
        if let (true, Some(end), MediaKind::Audio) = (self.after_seam || self.trims, self.sent_end, self.timing.kind) {
            // A decoder cuts to the sample, and needs the packet before the first one that is heard.
            let is_sent = match self.cut_by_decoder {
                true => ends.saturating_add(ticks) > end,
                false => time.saturating_add(ticks / 2) >= end,
            };
            if !is_sent {
                return (true, None);
            }
            let length = time.saturating_sub(end);
            if self.after_seam
                && length > ticks
                && rescale(length, self.timing.time_base, Rational::MICROS) <= LONGEST_HOLE_US
            {
                hole = Some((end, time));
            }
        }
        (self.after_seam, self.trims, self.cut_by_decoder) = (false, false, false);
        self.sent_end = Some(self.sent_end.unwrap_or(i64::MIN).max(ends));
        self.packet_before = ticks;
        (false, hole)
    }
}
