//! The input's timeline: from a demuxer's timestamps to the job's, across wraps, jumps and loop seams.
//!
//! All streams of an input share one offset, an *epoch*. A stream whose time jumps either joins the newest epoch, if
//! it fits there, or opens a new one; so sound and pictures stay in step however often the input jumps.

mod pre_roll;
mod stream;
mod times;

pub use self::pre_roll::PreRoll;
pub use self::times::{PacketTimes, Stamped, StreamTiming, TimelineSettings};

use self::stream::StreamState;
use crate::facts::MediaKind;
use crate::unit::{MICROS_PER_SECOND, Rational, rescale};

/// A step back by more than this is a jump, not jitter (ffmpeg's figure).
const BACKWARD_TOLERANCE_US: i64 = MICROS_PER_SECOND / 10;
/// A stream whose time jumps joins the newest epoch when that brings it this near to where it should go on.
const ALIGN_WITHIN_US: i64 = MICROS_PER_SECOND;

/// A stream that is this far beyond the place where another one jumped, without a jump of its own, has passed it.
const JOINS_BEYOND_US: i64 = 3 * MICROS_PER_SECOND / 10;

/// A clock that is set back by more than this has started over.
const REBASED_WITHIN_US: i64 = 10 * MICROS_PER_SECOND;

/// A packet that lies this far ahead may be the only one with such a time; in real time, where waiting for the next one costs
/// more, only one that lies further ahead.
const ASTRAY_US: i64 = MICROS_PER_SECOND;
const ASTRAY_IN_REAL_TIME_US: i64 = 60 * MICROS_PER_SECOND;

/// A stream that is further ahead than this may have come back from another clock; less is a hole of its own.
const RETURNS_FROM_US: i64 = MICROS_PER_SECOND / 2;

/// Sound that begins a pass further away from where the one before it ended is left where it is.
const ANCHOR_WITHIN_US: i64 = MICROS_PER_SECOND;

/// So many epochs are remembered, for a clock that returns.
const REMEMBERED: usize = 8;

/// The timeline of one input.
#[derive(Clone, Debug)]
pub struct Timeline {
    settings: TimelineSettings,
    streams: Vec<StreamState>,
    newest_offset_us: i64,
    /// Where the stream that opened it had come to, by the input's own clock, in microseconds.
    left_at_us: Option<i64>,
    /// The offsets of the epochs before it, the latest first.
    earlier_us: Vec<i64>,
    last_us: Option<i64>,
    loop_shift: (i64, Rational),
    /// Without pictures: the stream that is to go on where the last pass ended, and where that is, in its ticks.
    anchor: Option<(usize, i64)>,
    jumps: u64,
    /// Where the next packet is to lie, in microseconds of the job.
    resume_us: Option<i64>,
}

impl Timeline {
    /// A timeline for the streams of an input, in their order.
    pub fn new(settings: TimelineSettings, streams: Vec<StreamTiming>) -> Self {
        let offset_us = settings.offset_us;
        let streams = streams.into_iter().map(|timing| StreamState::new(timing, offset_us)).collect();
        Self {
            settings,
            streams,
            newest_offset_us: offset_us,
            left_at_us: None,
            earlier_us: Vec::new(),
            last_us: None,
            loop_shift: (0, Rational::MICROS),
            anchor: None,
            jumps: 0,
            resume_us: None,
        }
    }

    /// The input has a new clock: the next packet lies at `resume_us` of the job, the others beside it as they do in
    /// the input, which begins at `start_time_us` now.
    pub fn splice(&mut self, resume_us: i64, start_time_us: Option<i64>) {
        self.resume_us = Some(resume_us);
        self.settings.start_time_us = start_time_us;
        for stream in &mut self.streams {
            stream.next_dts_us = None;
            stream.wrap_settled = false;
            stream.trims = true;
            stream.cut_by_decoder = stream.timing.is_only_decoded();
        }
    }

    /// The end of what was sent, over all streams, in microseconds of the job.
    pub fn end_us(&self) -> Option<i64> {
        let ends = self.streams.iter().filter_map(|s| Some(rescale(s.sent_end?, s.timing.time_base, Rational::MICROS)));
        ends.max()
    }

    /// How often the timeline was re-anchored.
    pub fn jumps(&self) -> u64 {
        self.jumps
    }

    /// Where the stream's next packet is expected, in microseconds of the job.
    pub fn next_us(&self, stream: usize) -> Option<i64> {
        self.streams.get(stream).and_then(|s| s.next_dts_us)
    }

    /// What is added to the stream's times now, in microseconds.
    pub fn offset_us(&self, stream: usize) -> i64 {
        self.streams.get(stream).map_or(0, |s| s.offset_us)
    }

    /// True of a packet that lies so far ahead of its stream that it may be the only one with such a time, though it is no jump
    /// where times may jump. `in_real_time`: packets are read at the speed of time.
    pub fn may_be_astray(&self, stream: usize, packet: PacketTimes, in_real_time: bool) -> bool {
        let Some(state) = self.streams.get(stream) else { return false };
        let (true, Some(next), Some(dts)) = (state.told_dts, state.next_dts_us, packet.dts.or(packet.pts)) else {
            return false;
        };
        let timing = &state.timing;
        let lasts =
            matches!(timing.kind, MediaKind::Video | MediaKind::Audio) && !timing.stands && timing.scale.is_none();
        let base = state.timing.time_base;
        let shift = rescale(self.loop_shift.0, self.loop_shift.1, base);
        let at = rescale(dts.saturating_add(shift), base, Rational::MICROS).saturating_add(state.offset_us);
        let far_us = if in_real_time { ASTRAY_IN_REAL_TIME_US } else { ASTRAY_US };
        let lead = at.saturating_sub(next);
        let is_jump = self.settings.may_jump && lead > self.threshold_us();
        lasts && !self.settings.copy_timestamps && lead > far_us && !is_jump
    }

    /// The input starts over: everything that follows is shifted by the length of one pass, from the input's beginning, where the
    /// next one begins.
    ///
    /// That length is the pictures' (the first such stream's); without pictures the longest stream's, which then goes on right where it
    /// ended, wherever its first packet lies.
    pub fn seam(&mut self) {
        let length = |s: &StreamState| {
            let (first, end) = s.pass?;
            let start = s.timing.starts_at.map_or(first, |start| start.min(first));
            Some((end.saturating_sub(start), s.timing.time_base))
        };
        let video =
            self.streams.iter().find(|s| s.timing.kind == MediaKind::Video && s.pass.is_some_and(|p| p.1 > p.0));
        let longest = self
            .streams
            .iter()
            .enumerate()
            .filter_map(|(index, stream)| Some((index, length(stream)?)))
            .max_by(|(_, a), (_, b)| crate::unit::compare(a.0, a.1, b.0, b.1));
        let (so_far, old_base) = self.loop_shift;
        self.anchor = match (video, longest) {
            (None, Some((index, (_, base)))) => {
                self.streams[index].pass.map(|(_, end)| (index, end.saturating_add(rescale(so_far, old_base, base))))
            }
            _ => None,
        };
        if let Some((ticks, base)) = video.and_then(length).or(longest.map(|(_, length)| length)) {
            self.loop_shift = (rescale(so_far, old_base, base).saturating_add(ticks), base);
        }
        for stream in &mut self.streams {
            stream.pass = None;
            stream.next_dts_us = None;
            stream.piece_begins_us = None;
            stream.after_seam = true;
            stream.cut_by_decoder = stream.timing.is_only_decoded();
            stream.wrap_settled = false;
        }
    }

    /// Gives a packet its times in the job.
    pub fn stamp(&mut self, stream: usize, packet: PacketTimes) -> Stamped {
        let Some(state) = self.streams.get_mut(stream) else {
            return Stamped {
                pts: packet.pts,
                dts: packet.dts,
                dts_us: 0,
                pre_roll: false,
                overlaps: false,
                hole: None,
            };
        };
        let base = state.timing.time_base;
        let mut times = packet;
        state.unwrap(&mut times, self.settings.start_time_us);
        if let (Some(decoding), false) = (&mut state.decoding, self.settings.copy_timestamps) {
            decoding.check(&mut times);
        }
        state.note_pass(&times);
        if let (Some((anchor, end)), Some((begins, _))) = (self.anchor, state.pass)
            && anchor == stream
        {
            self.anchor = None;
            let so_far = rescale(self.loop_shift.0, self.loop_shift.1, base);
            let correction = end.saturating_sub(begins.saturating_add(so_far));
            if rescale(correction, base, Rational::MICROS).saturating_abs() < ANCHOR_WITHIN_US {
                self.loop_shift = (so_far.saturating_add(correction), base);
            }
        }
        let shift = rescale(self.loop_shift.0, self.loop_shift.1, base);
        let resume_us = if times.dts.or(times.pts).is_some() { self.resume_us.take() } else { None };
        let mut raw = PacketTimes {
            pts: times.pts.map(|t| t.saturating_add(shift)),
            dts: times.dts.map(|t| t.saturating_add(shift)),
            ..times
        };
        if let Some(scale) = state.timing.scale {
            // ffmpeg scales what it has shifted by the input's offset, which is taken off again here; and as C does, it cuts
            // off what is less than a tick.
            let offset = rescale(self.settings.offset_us, Rational::MICROS, base);
            let scaled = |t: i64| ((t.saturating_add(offset) as f64 * scale.as_f64()) as i64).saturating_sub(offset);
            raw = PacketTimes { pts: raw.pts.map(scaled), dts: raw.dts.map(scaled), ..raw };
        }
        if let (Some(resume_us), Some(at)) = (resume_us, raw.dts.or(raw.pts)) {
            let offset_us = resume_us.saturating_sub(rescale(at, base, Rational::MICROS));
            self.newest_offset_us = offset_us;
            self.last_us = None;
            self.streams.iter_mut().for_each(|s| s.offset_us = offset_us);
        }
        let pre_roll = !self.settings.copy_timestamps && self.choose_epoch(stream, &raw);
        let last_us = &mut self.last_us;
        let state = &mut self.streams[stream];
        let offset = rescale(state.offset_us, Rational::MICROS, base);
        let pts = raw.pts.map(|t| t.saturating_add(offset));
        let dts = raw.dts.map(|t| t.saturating_add(offset));
        state.predict(pts, dts, packet.duration);
        if let Some(dts) = dts {
            *last_us = Some(rescale(dts, base, Rational::MICROS));
        }
        let (overlaps, hole) = state.check_seam(&PacketTimes { pts, dts, ..packet });
        Stamped { pts, dts, dts_us: state.dts_us, pre_roll, overlaps, hole }
    }

    /// A step of more than this is a jump, in microseconds.
    fn threshold_us(&self) -> i64 {
        if self.settings.may_jump { self.settings.delta_threshold_us } else { self.settings.error_threshold_us }
    }

    /// Moves the stream to another epoch when its time has jumped. True of a packet that lies before the beginning of an edit.
    fn choose_epoch(&mut self, stream: usize, raw: &PacketTimes) -> bool {
        let state = &mut self.streams[stream];
        let (base, offset_us) = (state.timing.time_base, state.offset_us);
        let at = |ticks: i64| rescale(ticks, base, Rational::MICROS).saturating_add(offset_us);
        let pre_roll = self.settings.pre_roll;
        let is_begun = state.told_dts && state.next_dts_us.is_some();
        if is_begun && (pre_roll.is_before_in_point(state, raw, at) || pre_roll.keeps(raw)) {
            return true;
        }
        self.follow_jump(stream, raw);
        false
    }

    fn follow_jump(&mut self, stream: usize, raw: &PacketTimes) {
        let state = &self.streams[stream];
        let base = state.timing.time_base;
        if !matches!(state.timing.kind, MediaKind::Video | MediaKind::Audio) {
            self.streams[stream].offset_us = self.newest_offset_us;
            return;
        }
        let Some(dts) = raw.dts else { return };
        let at = |offset_us: i64| rescale(dts, base, Rational::MICROS).saturating_add(offset_us);
        let threshold = self.threshold_us();
        let Some(next) = state.next_dts_us.filter(|_| state.told_dts) else {
            // The first time of this stream: it belongs near the others.
            self.streams[stream].offset_us = self.newest_offset_us;
            if let (Some(last), true) = (self.last_us, self.settings.may_jump) {
                let delta = at(self.newest_offset_us).saturating_sub(last);
                if delta.saturating_abs() > threshold {
                    self.open_epoch(stream, self.newest_offset_us.saturating_sub(delta));
                }
            }
            return;
        };
        if self.settings.rebases && next.saturating_sub(at(state.offset_us)) < REBASED_WITHIN_US {
            self.follow_rebase(stream, next, at(state.offset_us));
            return;
        }
        let jumped = |dts_us: i64| {
            dts_us.saturating_sub(next).saturating_abs() > threshold
                || dts_us.saturating_add(BACKWARD_TOLERANCE_US) < state.dts_us
        };
        if !jumped(at(state.offset_us)) {
            if at(state.offset_us).saturating_sub(next) > RETURNS_FROM_US {
                self.return_to_earlier(stream, next, dts);
            } else {
                self.join_newest(stream, at(0));
            }
            return;
        }
        let newest = self.newest_offset_us;
        if newest != state.offset_us {
            let there = at(newest);
            if there.saturating_sub(next).saturating_abs() <= ALIGN_WITHIN_US {
                let overlap = next - there;
                let video = state.timing.kind == MediaKind::Video;
                if video && overlap > 0 {
                    // The epoch was placed too early for the pictures: it moves on for all.
                    self.newest_offset_us = newest.saturating_add(overlap);
                    for other in self.streams.iter_mut().filter(|s| s.offset_us == newest) {
                        other.offset_us = self.newest_offset_us;
                    }
                }
                let state = &mut self.streams[stream];
                state.offset_us = self.newest_offset_us;
                // Sound that overlaps is trimmed instead.
                state.after_seam = !video;
                return;
            }
        }
        let offset = state.offset_us.saturating_add(next.saturating_sub(at(state.offset_us)));
        self.open_epoch(stream, offset);
    }

    /// A stream that did not jump where another did, and is beyond that by now, goes on beside it: of joined files one may have sound
    /// that is longer than its pictures, or shorter.
    fn join_newest(&mut self, stream: usize, raw_us: i64) {
        let state = &mut self.streams[stream];
        let step_us = self.newest_offset_us.saturating_sub(state.offset_us);
        let is_beyond = self.left_at_us.is_some_and(|left| raw_us > left.saturating_add(JOINS_BEYOND_US));
        if is_beyond && (1..=ALIGN_WITHIN_US).contains(&step_us) {
            state.joined_from_us = Some(state.offset_us);
            state.offset_us = self.newest_offset_us;
        } else if state.joined_from_us == Some(self.newest_offset_us) && state.timing.kind == MediaKind::Audio {
            // The other one has returned. What would be heard twice is left out.
            state.joined_from_us = None;
            state.offset_us = self.newest_offset_us;
            state.after_seam = true;
        }
    }

    /// Ahead of where it should go on, without having jumped: a clock that was another for a while may have returned.
    fn return_to_earlier(&mut self, stream: usize, next_us: i64, dts: i64) {
        let state = &mut self.streams[stream];
        let at_us = rescale(dts, state.timing.time_base, Rational::MICROS);
        let fits = |offset: &i64| {
            at_us.saturating_add(*offset).saturating_sub(next_us).saturating_abs() <= BACKWARD_TOLERANCE_US
        };
        if fits(&self.newest_offset_us) {
            // Another stream has returned before.
            state.offset_us = self.newest_offset_us;
        } else if let Some(earlier) = self.earlier_us.iter().copied().find(fits) {
            self.open_epoch(stream, earlier);
        }
    }

    /// A clock that was set back: sound that was sent already is left out; pictures go on, and the sound is set forward.
    fn follow_rebase(&mut self, stream: usize, next_us: i64, at_us: i64) {
        let state = &mut self.streams[stream];
        if at_us > state.dts_us {
            return;
        }
        if state.timing.kind == MediaKind::Audio {
            state.trims = true;
            return;
        }
        let offset_us = state.offset_us.saturating_add(next_us.saturating_sub(at_us));
        self.newest_offset_us = offset_us;
        self.jumps += 1;
        for other in &mut self.streams {
            other.offset_us = offset_us;
            other.trims = true;
        }
    }

    fn open_epoch(&mut self, stream: usize, offset_us: i64) {
        self.earlier_us.retain(|earlier| *earlier != self.newest_offset_us);
        self.earlier_us.insert(0, self.newest_offset_us);
        self.earlier_us.truncate(REMEMBERED);
        let state = &self.streams[stream];
        self.left_at_us = state.next_dts_us.map(|next| next.saturating_sub(state.offset_us));
        self.newest_offset_us = offset_us;
        self.streams[stream].offset_us = offset_us;
        self.jumps += 1;
    }
}

#[cfg(test)]
mod tests;
