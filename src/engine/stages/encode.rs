//! Encodes one stream: places pictures on frames, numbers samples, hands out packets; the encoder is opened when it is known
//! what comes.

mod aside;
mod exchange;
mod keep_up;
mod opening;
mod rate;
mod refusal;

pub use self::keep_up::Keeper;

use self::aside::Aside;
use super::frame_stats::FrameStats;
use super::passes::PassLog;
use super::video_stats::{Counted, VideoStats};
use crate::av::{
    Encoder, Frame, FrameOrigin, HardwareDevices, frames_have_lengths, late_sound_is_cut,
    source_keyframes_outlast_drops,
};
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, PacketItem, Shape};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::keyframes::{Candidate, ForcedKeyframes};
use crate::engine::leak::KeyframeWish;
use crate::engine::meter::EncodeMeter;
use crate::engine::oversight::Oversight;
use crate::engine::told_times;
use crate::facts::MediaKind;
use crate::plan::EncodePlan;
use crate::timing::{Arrival, FrameRate};
use crate::unit::{Rational, Rounding, compare, rescale, rescale_rounded};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Everything the stage needs.
pub struct EncodeSettings {
    /// Output and stream, for messages.
    pub index: (usize, usize),
    /// Pictures or sound.
    pub kind: MediaKind,
    /// The plan.
    pub plan: EncodePlan,
    /// The muxer wants headers in the stream parameters.
    pub global_header: bool,
    /// `-tag`.
    pub codec_tag: u32,
    /// `-ss` of the output, in microseconds.
    pub start_us: i64,
    /// `-t` of the output, in microseconds.
    pub duration_us: Option<i64>,
    /// `-frames`.
    pub max_frames: Option<i64>,
    /// Pictures come from one input stream, so that they may be taken for 25 a second when nobody tells.
    pub has_source: bool,
    /// Time base of the source stream, for lengths that frames bring along.
    pub source_time_base: Rational,
    /// The source stream's start is known, which lets `-r` shorten lengths (as in ffmpeg).
    pub source_start_known: bool,
    /// Keyframes that the user wants.
    pub keyframes: ForcedKeyframes,
    /// `-vstats`.
    pub video_stats: Option<VideoStats>,
    /// `-stats_enc_pre`.
    pub stats_before: Option<FrameStats>,
    /// `-stats_enc_post`.
    pub stats_behind: Option<FrameStats>,
    /// Packets remember the decoded frame that they come from.
    pub tells_origins: bool,
    /// Dup and drop limit: more repeated frames than this at once are a jump, not a gap.
    pub most_repeats: i64,
    /// Somebody downstream may wish for a keyframe.
    pub wish: KeyframeWish,
    /// The devices that an encoder of hardware may need.
    pub devices: HardwareDevices,
    /// All that it gives goes to peers: once the run is to end, what is still inside is of no use to them.
    pub live: bool,
}

/// The encoder of one stream.
pub struct EncodeStage {
    settings: EncodeSettings,
    meter: Arc<EncodeMeter>,
    shape: Option<Shape>,
    encoder: Option<Encoder>,
    frame_rate: Rational,
    time_base: Rational,
    control: Option<FrameRate>,
    previous: Option<Frame>,
    dropped_key: bool,
    last_dropped: bool,
    /// The previous picture is a keyframe of which none was made.
    previous_key: bool,
    next_sample: i64,
    repeat_warning: u64,
    done: bool,
    log: Option<PassLog>,
    counted: Counted,
    keeper: Option<Keeper>,
    /// Where the encoder of a keeper works.
    aside: Option<Aside>,
    /// A keyframe was due on a frame that was left out.
    key_due: bool,
    oversight: Oversight,
    /// Times of frames that are with the encoder, and where these come from.
    origins: VecDeque<(i64, FrameOrigin)>,
}

impl EncodeStage {
    /// Prepares a stage; the encoder is opened when the filtergraph has told what comes.
    pub fn new(settings: EncodeSettings, meter: Arc<EncodeMeter>) -> Self {
        Self {
            settings,
            meter,
            shape: None,
            encoder: None,
            frame_rate: Rational::UNKNOWN,
            time_base: Rational::UNKNOWN,
            control: None,
            previous: None,
            dropped_key: false,
            last_dropped: false,
            previous_key: false,
            next_sample: 0,
            repeat_warning: 1000,
            done: false,
            log: None,
            counted: Counted::default(),
            keeper: None,
            aside: None,
            key_due: false,
            oversight: Oversight::default(),
            origins: VecDeque::new(),
        }
    }

    /// Lets the user watch the encoder.
    #[must_use]
    pub fn overseen(self, oversight: Oversight) -> Self {
        Self { oversight, ..self }
    }

    fn name(&self) -> String {
        output_name(self.settings.index, &self.settings.plan.encoder)
    }

    fn past_the_end(&self, tick: i64, base: Rational) -> bool {
        self.settings.duration_us.is_some_and(|limit| compare(tick, base, limit, Rational::MICROS) != Ordering::Less)
    }

    fn picture(&mut self, mut frame: Frame, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        if self.encoder.is_none() {
            let fields = self
                .settings
                .plan
                .options
                .iter()
                .any(|(k, v)| k == "flags" && (v.contains("ildct") || v.contains("ilme")));
            if let (Some(top), true) = (self.settings.plan.top_field_first, fields) {
                frame.set_top_field_first(top);
            }
            self.open(Some(&frame), out)?;
        }
        let (Some(shape), Some(encoder), Some(control)) = (&self.shape, &self.encoder, &mut self.control) else {
            return Ok(Flow::Continue);
        };
        let base = encoder.time_base();
        if self.oversight.tells_times {
            told_times::filtered(Some(&frame), shape.output.time_base, self.settings.start_us, base);
        }
        let mut rate = shape.output.frame_rate;
        if self.settings.source_start_known && self.frame_rate.is_valid() {
            let faster = !rate.is_valid()
                || i64::from(self.frame_rate.num) * i64::from(rate.den)
                    > i64::from(rate.num) * i64::from(self.frame_rate.den);
            // Without a rate of the graph the length stays unknown.
            if rate.is_valid() && faster {
                rate = self.frame_rate;
            }
        }
        let source_ticks = (!self.settings.plan.user_filters)
            .then(|| rescale_rounded(frame.duration(), self.settings.source_time_base, base, Rounding::HalfEven));
        let length = frames_have_lengths().then(|| match frame.duration() {
            0 if shape.output.frame_rate.is_valid() => {
                rescale(1, shape.output.frame_rate.inverse(), shape.output.time_base)
            }
            ticks => ticks,
        });
        let time_base = shape.output.time_base;
        let arrival = Arrival { pts: frame.pts(), time_base, frame_rate: rate, source_ticks, length };
        let placement = control.place(&arrival);
        if frames_have_lengths() {
            frame.set_duration(placement.length);
        }
        self.meter.dropped.fetch_add(placement.dropped.max(0) as u64, Relaxed);
        if self.are_too_many(placement.duplicated) {
            return Ok(Flow::Continue);
        }
        if placement.duplicated > 0 {
            let all =
                self.meter.duplicated.fetch_add(placement.duplicated as u64, Relaxed) + placement.duplicated as u64;
            if all > self.repeat_warning {
                log::warn!("More than {} frames duplicated", self.repeat_warning);
                self.repeat_warning *= 10;
            }
        }
        self.last_dropped = placement.frames == placement.of_previous;
        let is_dropped_key = self.last_dropped && frame.is_key();
        self.dropped_key = is_dropped_key || (source_keyframes_outlast_drops() && self.dropped_key);
        let mut flow = self.emit(placement.frames, placement.of_previous, Some(&mut frame), out)?;
        self.previous_key = frame.is_key() && self.last_dropped;
        self.previous = Some(frame);
        if self.control.as_ref().is_some_and(FrameRate::is_full) {
            flow = Flow::Done;
        }
        Ok(flow)
    }

    /// Encodes `frames` frames, the first of them from the previous picture.
    fn emit(
        &mut self,
        frames: i64,
        of_previous: i64,
        mut current: Option<&mut Frame>,
        out: &mut Outlet<PacketItem>,
    ) -> Result<Flow, StageError> {
        for i in 0..frames {
            let mut old = if i < of_previous { self.previous.take() } else { None };
            let is_old = old.is_some();
            let Some(frame) = old.as_mut().or(current.as_deref_mut()) else { return Ok(Flow::Continue) };
            let (Some(control), Some(encoder)) = (&self.control, &self.encoder) else { return Ok(Flow::Continue) };
            let (tick, base) = (control.next_tick(), encoder.time_base());
            if self.past_the_end(tick, base) {
                self.done = true;
                return Ok(Flow::Done);
            }
            let forced = &mut self.settings.keyframes;
            let new_scene = forced.want_scenes() && frame.has_metadata("lavfi.scd.time");
            let is_first_of_it = if is_old { self.previous_key } else { i == of_previous };
            let source_key = frame.is_key() && (is_first_of_it || !source_keyframes_outlast_drops());
            let picture = Candidate { first: i == 0, source_key, new_scene };
            let key = forced.forces(tick, base, picture, &mut self.dropped_key)
                | self.settings.wish.take()
                | std::mem::take(&mut self.key_due);
            let media_us = rescale(tick, base, Rational::MICROS);
            if self.keeper.as_mut().is_some_and(|keeper| !keeper.offer(media_us, &self.meter)) {
                self.key_due = key;
                if is_old {
                    self.previous = old;
                }
                self.advance();
                self.meter.dropped.fetch_add(1, Relaxed);
                self.meter.left_out.fetch_add(1, Relaxed);
                continue;
            }
            frame.set_pts(Some(tick));
            frame.prepare_for_encoder(key, encoder.global_quality());
            if let (Some(top), true) = (self.settings.plan.top_field_first, encoder.is_interlaced()) {
                frame.set_top_field_first(top);
            }
            // The encoder keeps a reference of its own.
            let handed = frame.share().map_err(StageError::library("share a frame"))?;
            if is_old {
                self.previous = old;
            }
            self.encode_in_step((handed, media_us), out)?;
            self.advance();
            self.meter.frames.fetch_add(1, Relaxed);
        }
        Ok(Flow::Continue)
    }

    /// The moment of the next picture.
    fn advance(&mut self) {
        if let Some(control) = &mut self.control {
            control.advance();
        }
    }

    fn sound(&mut self, mut frame: Frame, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let (Some(shape), Some(encoder)) = (&self.shape, &self.encoder) else { return Ok(Flow::Continue) };
        let base = encoder.time_base();
        if self.oversight.tells_times {
            told_times::filtered(Some(&frame), shape.output.time_base, self.settings.start_us, base);
        }
        let pts = frame.pts().map(|pts| {
            let start = rescale(self.settings.start_us, Rational::MICROS, base);
            rescale(pts, shape.output.time_base, base).saturating_sub(start)
        });
        let expected = self.next_sample;
        let pts = pts.unwrap_or(expected);
        if self.past_the_end(if late_sound_is_cut() { pts } else { expected }, base) {
            self.done = true;
            return Ok(Flow::Done);
        }
        frame.set_pts(Some(pts));
        if frames_have_lengths() {
            let fine = Rational::new(1, frame.sample_rate_hz().max(1));
            frame.set_duration(rescale(i64::from(frame.samples()), fine, base));
        }
        self.next_sample = pts.saturating_add(i64::from(frame.samples()));
        let quality = encoder.global_quality();
        frame.prepare_for_encoder(false, quality);
        self.meter.frames.fetch_add(1, Relaxed);
        self.meter.samples.fetch_add(u64::try_from(frame.samples()).unwrap_or(0), Relaxed);
        self.encode(Some(&frame), out)?;
        Ok(Flow::Continue)
    }

    /// A picture that would be repeated more often than `-dts_error_threshold` allows belongs to a jump of the clock: it is left
    /// out.
    fn are_too_many(&self, repeats: i64) -> bool {
        let too_many = repeats > 0 && repeats > self.settings.most_repeats;
        if too_many {
            log::error!("{}: {repeats} frame duplication too large, skipping", self.name());
            self.meter.dropped.fetch_add(1, Relaxed);
        }
        too_many
    }
}

fn output_name((output, stream): (usize, usize), encoder: &str) -> String {
    format!("output stream #{output}:{stream} ({encoder})")
}

impl Stage for EncodeStage {
    type In = FrameItem;
    type Out = PacketItem;

    fn step(&mut self, _port: usize, item: FrameItem, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        if self.hurries(out) {
            return Ok(Flow::Done);
        }
        match item {
            FrameItem::Shape(mut shape) => {
                let answer = shape.frame_samples.take();
                self.shape = Some(*shape);
                if self.settings.kind == MediaKind::Audio {
                    if self.encoder.is_none() {
                        self.open(None, out)?;
                    }
                    if let (Some(answer), Some(encoder)) = (answer, &self.encoder) {
                        // Who asked may be gone; that ends this stage by itself.
                        let _ = answer.send(encoder.frame_samples());
                    }
                }
                Ok(Flow::Continue)
            }
            FrameItem::Frame(frame) if self.settings.kind == MediaKind::Video => self.picture(frame, out),
            FrameItem::Frame(frame) => self.sound(frame, out),
            FrameItem::SourceBits(_)
            | FrameItem::Clock(..)
            | FrameItem::EndsAt(_)
            | FrameItem::Subtitle(_)
            | FrameItem::Heartbeat(_) => Ok(Flow::Continue),
        }
    }

    fn finish(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        if self.hurries(out) {
            self.encoder.take().into_iter().for_each(Encoder::leave);
            return Ok(());
        }
        if self.encoder.is_none() {
            self.open(None, out)?;
        }
        if let (Some(control), false) = (&mut self.control, self.done) {
            if let (true, Some(encoder)) = (self.oversight.tells_times, &self.encoder) {
                told_times::filtered(None, Rational::UNKNOWN, 0, encoder.time_base());
            }
            let placement = control.finish();
            self.meter.dropped.fetch_add(placement.dropped.max(0) as u64, Relaxed);
            if !self.are_too_many(placement.duplicated) {
                self.meter.duplicated.fetch_add(placement.duplicated.max(0) as u64, Relaxed);
                self.emit(placement.frames, placement.of_previous, None, out)?;
            }
        }
        self.flush(out)
    }
}
