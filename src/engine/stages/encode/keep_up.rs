//! Keeps an encoder in step with a live source: measures, tells, and carries out what [`KeepUp`] decides.

mod words;

use super::EncodeStage;
use super::aside::{Aside, Sight};
use super::exchange::action;
use crate::av::{
    AvError, Encoder, FilterGraph, Frame, GraphError, GraphInput, GraphOutput, GraphSettings, OutputConstraint, Packet,
    ProcessTimes, Pull,
};
use crate::engine::clock::Clock;
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::journal::{Journal, Subject};
use crate::engine::kernel::Outlet;
use crate::engine::meter::EncodeMeter;
use crate::engine::stages::video_stats::Scale;
use crate::engine::threads::processors;
use crate::facts::MediaKind;
use crate::plan::KeepUpPlan;
use crate::timing::{Change, KeepUp, Measure, Remedy, Review};
use crate::unit::{Rational, rescale};
use std::sync::atomic::Ordering::Relaxed;

/// It is told again after so long, in microseconds.
const TELL_AGAIN_US: i64 = 60_000_000;
/// And after so long where too little was seen for a remedy.
const TELL_MORE_US: i64 = 5_000_000;
/// Of what may be late, one part in so many is left for what is behind the encoder: muxer, network, and a machine that is busy.
const BEHIND_PART: i64 = 8;
/// Who works for so much of the time is what limits.
const WORKS_PERCENT: i64 = 80;

/// What watches one encoder.
pub struct Keeper {
    control: KeepUp,
    plan: KeepUpPlan,
    clock: Clock,
    journal: Journal,
    subject: Subject,
    /// How many the process may use.
    processors: i64,
    scaler: Option<FilterGraph>,
    /// The header of an encoder that was opened in mid-stream; packets bring it along.
    header: Option<Vec<u8>>,
    announced: bool,
    /// When it was told last that the encoder is too slow, and with which remedy.
    told: Option<(i64, Remedy)>,
}

impl Keeper {
    /// A keeper that tells by the journal.
    pub fn new(plan: KeepUpPlan, (clock, journal): (Clock, Journal), subject: Subject) -> Self {
        let costs = plan.faster_presets.iter().map(|preset| preset.cost_percent).collect();
        let in_encoder_us = plan.max_lag_us - plan.max_lag_us / BEHIND_PART;
        let control = if plan.acts { KeepUp::new(in_encoder_us, costs) } else { KeepUp::watching(costs) };
        Self {
            control,
            plan,
            clock,
            journal,
            subject,
            processors: i64::try_from(processors()).unwrap_or(1),
            scaler: None,
            header: None,
            announced: false,
            told: None,
        }
    }

    /// Whether a frame is to be encoded.
    pub(super) fn offer(&mut self, media_us: i64, meter: &EncodeMeter) -> bool {
        let wanted = self.control.offer(self.clock.now_us(), media_us);
        meter.origin_us.store(self.control.origin_us().unwrap_or(i64::MIN), Relaxed);
        wanted
    }

    /// The packet of a frame is out.
    pub(super) fn left(&mut self, packet: &Packet, base: Rational) {
        if let Some(pts) = packet.pts() {
            let media_us = |ticks| rescale(ticks, base, Rational::MICROS);
            self.control.left(self.clock.now_us(), media_us(pts), packet.dts().map_or(i64::MIN, media_us));
        }
    }

    /// Somebody has taken that packet, which may have had to wait for that.
    pub(super) fn taken(&mut self) {
        self.control.held_up(self.clock.now_us());
    }

    /// Looks on what the last while showed. Gives the verdict when the encoder has to be opened anew.
    fn review(&mut self) -> Option<(Review, Change)> {
        let now_us = self.clock.now_us();
        let used = ProcessTimes::now();
        let used_us = i64::try_from(used.user_us + used.system_us).unwrap_or(i64::MAX) / self.processors;
        let review = self.control.review(now_us, used_us)?;
        if let Some(change) = review.change {
            if change.from.touches_encoder() || change.to.touches_encoder() {
                return Some((review, change));
            }
            self.tell(&review, self.sentence(&change), None);
            return None;
        }
        let is_due = self.told.is_none_or(|(at_us, remedy)| {
            let wait_us = if remedy == Remedy::Unknown { TELL_MORE_US } else { TELL_AGAIN_US };
            now_us - at_us >= wait_us
        });
        let helpless = !self.plan.acts || review.busy_percent < WORKS_PERCENT || self.control.is_at_its_end();
        if review.too_slow && helpless && is_due {
            self.told = Some((now_us, review.remedy));
            self.tell(&review, self.advice(&review), None);
        }
        None
    }

    /// How long what the encoder still has is worth waiting for before a change: what waits meanwhile gets late.
    fn patient_until_us(&self, change: &Change) -> i64 {
        self.clock.now_us() + self.plan.max_lag_us / if change.relief { 4 } else { 8 }
    }

    /// Gives the encoder's options what the measure in force changes.
    pub(super) fn adjust(&self, options: &mut Vec<(String, String)>) {
        let presets = &self.plan.faster_presets;
        let preset = match self.control.measure() {
            Measure::Nothing | Measure::DropEvenly | Measure::HalfRate => None,
            Measure::Faster(steps) => steps.checked_sub(1).and_then(|at| presets.get(at)),
            Measure::Smaller(_) => presets.last(),
        };
        for (key, value) in preset.into_iter().flat_map(|preset| &preset.options) {
            options.retain(|(other, _)| other != key);
            options.push((key.clone(), value.clone()));
        }
    }

    /// Sets up the scaler that the measure in force asks for; gives what comes out of it.
    pub(super) fn scale(&mut self, from: &GraphOutput) -> Result<GraphOutput, AvError> {
        self.scaler = None;
        let Measure::Smaller(quarters) = self.control.measure() else { return Ok(from.clone()) };
        let settings = GraphSettings {
            // Encoders want even sides.
            description: format!("scale=trunc(iw*{quarters}/8)*2:trunc(ih*{quarters}/8)*2"),
            threads: Some("1".to_owned()),
            auto_conversion: true,
            ..GraphSettings::default()
        };
        let input = GraphInput {
            kind: MediaKind::Video,
            shape: from.shape.clone(),
            time_base: from.time_base,
            frame_rate: from.frame_rate,
            crop: None,
            rotate_by: None,
            first_filters: Vec::new(),
            trim_start_us: None,
            trim_duration_us: None,
            name: "keep_up_in".to_owned(),
        };
        let output = OutputConstraint { name: "keep_up_out".to_owned(), ..OutputConstraint::default() };
        let graph = FilterGraph::configure(&settings, &[input], &[output]).map_err(GraphError::cause)?;
        let shape = graph.output(0).ok_or(AvError::INVALID)?;
        self.scaler = Some(graph);
        Ok(shape)
    }

    /// The frame as the encoder in force takes it.
    pub(super) fn scaled(&mut self, frame: Frame) -> Result<Frame, AvError> {
        let Some(scaler) = &mut self.scaler else { return Ok(frame) };
        scaler.push(0, frame)?;
        match scaler.pull(0)? {
            Pull::Frame(frame) => Ok(frame),
            Pull::NeedsInput | Pull::Finished => Err(AvError::INVALID),
        }
    }

    /// The encoder has been opened anew, and its packets begin with this header.
    pub(super) fn reopened(&mut self, header: Vec<u8>) {
        self.header = Some(header).filter(|header| !header.is_empty());
        self.announced = false;
    }

    /// Gives a packet of an encoder that was opened in mid-stream its header: in band before keyframes, for readers of
    /// RTP and MPEG-TS, and once beside it, for muxers that keep headers apart.
    pub(super) fn dress(&mut self, packet: Packet) -> Result<Packet, AvError> {
        let Some(header) = self.header.as_deref().filter(|_| packet.is_key()) else { return Ok(packet) };
        // Start codes: the header is in the form of the stream, not in that of a file.
        let in_band = header.starts_with(&[0, 0, 1]) || header.starts_with(&[0, 0, 0, 1]);
        let mut packet = if in_band { packet.behind(header)? } else { packet };
        if !self.announced {
            packet.announce_extradata(header)?;
            self.announced = true;
        }
        Ok(packet)
    }
}

impl EncodeStage {
    /// Lets a keeper watch the encoder.
    pub fn kept_by(mut self, keeper: Option<Keeper>) -> Self {
        self.keeper = keeper;
        self
    }

    /// Encodes a frame of media time `media_us`, and opens the encoder anew when the keeper wants another.
    pub(super) fn encode_in_step(
        &mut self,
        (frame, media_us): (Frame, i64),
        out: &mut Outlet<PacketItem>,
    ) -> Result<(), StageError> {
        let Some(keeper) = &mut self.keeper else { return self.encode(Some(&frame), out) };
        let frame = keeper.scaled(frame).map_err(StageError::library("scale a picture"))?;
        keeper.control.entered(keeper.clock.now_us(), media_us);
        let mut verdict = None;
        let mut until_us = i64::MAX;
        let work = self.work(Some(&frame), out, |keeper| {
            if verdict.is_none() {
                verdict = keeper.review();
                until_us = verdict.map_or(i64::MAX, |(_, change)| keeper.patient_until_us(&change));
            }
            keeper.clock.now_us() > until_us
        })?;
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        keeper.control.rests(keeper.clock.now_us());
        let verdict = verdict.or_else(|| keeper.review());
        match verdict {
            Some(verdict) if !matches!(work, Work::Ends) => self.reopen(&frame, &verdict, out),
            _ => Ok(()),
        }
    }

    /// Takes all that the encoder still has.
    pub(super) fn flush(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        self.work(None, out, |_| false).map(drop)
    }

    /// Lets the encoder work on a frame, or drains it. While it works, `leaves` is asked whether to go on without it.
    fn work(
        &mut self,
        frame: Option<&Frame>,
        out: &mut Outlet<PacketItem>,
        mut leaves: impl FnMut(&mut Keeper) -> bool,
    ) -> Result<Work, StageError> {
        // A log of passes is read from the encoder packet by packet.
        if self.keeper.is_none() || self.log.is_some() {
            return self.encode(frame, out).map(|()| Work::Done);
        }
        let Some(mut encoder) = self.encoder.take() else { return Ok(Work::Done) };
        self.before_encoder(&mut encoder, frame)?;
        let (scale, action) = (Scale::of(&encoder), action(frame));
        let handed = frame.map(Frame::share).transpose().map_err(StageError::library("share a frame"))?;
        let aside = self.aside.take().map_or_else(Aside::start, Ok);
        let aside = aside.map_err(|error| StageError::Failed(format!("{}: a thread: {error}", self.name())))?;
        self.oversight.begin();
        let at_work = aside.give(encoder, handed).ok_or_else(|| StageError::Panicked(self.name()))?;
        loop {
            match at_work.look(out.stop(), self.settings.live) {
                Sight::Packet(packet) => {
                    self.oversight.end(action);
                    self.encoded(packet, &scale, out)?;
                }
                Sight::Done(encoder, result) => {
                    self.oversight.end(action);
                    self.encoder = Some(encoder);
                    self.aside = Some(aside);
                    result.map_err(StageError::about(self.name(), "encoding failed"))?;
                    return Ok(Work::Done);
                }
                Sight::Working => {}
                Sight::Ends if out.stop().abort.is_tripped() => return Err(StageError::Aborted),
                Sight::Ends => return Ok(Work::Ends),
                Sight::Died => return Err(StageError::Panicked(self.name())),
            }
            if self.keeper.as_mut().is_some_and(&mut leaves) {
                return Ok(Work::Left);
            }
        }
    }

    /// Ends the encoder, unless it was left already, and opens one with the preset and size of the measure in force. `last`,
    /// the last frame, tells it of colours, fields and what else a first frame tells.
    fn reopen(
        &mut self,
        last: &Frame,
        (review, change): &(Review, Change),
        out: &mut Outlet<PacketItem>,
    ) -> Result<(), StageError> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let until_us = keeper.patient_until_us(change);
        if matches!(self.work(None, out, |keeper| keeper.clock.now_us() > until_us)?, Work::Ends) {
            return Ok(());
        }
        self.encoder = None;
        let fail = StageError::about(self.name(), "open the encoder anew");
        let (Some(shape), Some(keeper)) = (&self.shape, &mut self.keeper) else { return Ok(()) };
        let given_up = keeper.control.renewed() as u64;
        keeper.tell(review, keeper.sentence(change), Some(given_up));
        self.meter.dropped.fetch_add(given_up, Relaxed);
        self.meter.left_out.fetch_add(given_up, Relaxed);
        let output = keeper.scale(&shape.output).map_err(StageError::library("set up a scaler"))?;
        let (source_bits, unfiltered) = (shape.source_bits, shape.unfiltered);
        let mut settings = self.encoder_settings(source_bits)?;
        if let Some(keeper) = &self.keeper {
            keeper.adjust(&mut settings.options);
        }
        let (encoder, _) =
            Encoder::open_video(&settings, &output, unfiltered, (self.time_base, self.frame_rate), Some(last))
                .map_err(fail)?;
        let parameters = encoder.parameters().map_err(StageError::library("read the encoder's parameters"))?;
        if let Some(keeper) = &mut self.keeper {
            keeper.reopened(parameters.extradata().to_vec());
        }
        self.encoder = Some(encoder);
        Ok(())
    }
}

/// How an encoder's work went.
enum Work {
    /// It is done.
    Done,
    /// The encoder was left in the middle of it.
    Left,
    /// The run ends.
    Ends,
}
