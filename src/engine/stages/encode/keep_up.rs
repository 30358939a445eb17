//! Keeps an encoder in step with a live source: measures, tells, and carries out what [`KeepUp`] decides.

use super::EncodeStage;
use crate::av::{
    AvError, Encoder, FilterGraph, Frame, GraphError, GraphInput, GraphOutput, GraphSettings, OutputConstraint, Packet,
    Pull,
};
use crate::engine::clock::Clock;
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::journal::{Event, EventKind, Journal, Subject};
use crate::engine::kernel::Outlet;
use crate::facts::MediaKind;
use crate::plan::KeepUpPlan;
use crate::timing::{Change, KeepUp, Measure, Review};

/// It is told again after so long, in microseconds.
const TELL_AGAIN_US: i64 = 60_000_000;

/// What watches one encoder.
pub struct Keeper {
    control: KeepUp,
    plan: KeepUpPlan,
    clock: Clock,
    journal: Journal,
    subject: Subject,
    scaler: Option<FilterGraph>,
    /// The header of an encoder that was opened in mid-stream; packets bring it along.
    header: Option<Vec<u8>>,
    announced: bool,
    told_at_us: Option<i64>,
}

impl Keeper {
    /// A keeper that tells by the journal.
    pub fn new(plan: KeepUpPlan, (clock, journal): (Clock, Journal), subject: Subject) -> Self {
        let control =
            if plan.acts { KeepUp::new(plan.max_lag_us, plan.faster_presets.len()) } else { KeepUp::watching() };
        Self { control, plan, clock, journal, subject, scaler: None, header: None, announced: false, told_at_us: None }
    }

    /// Microseconds of the run.
    pub(super) fn now_us(&self) -> i64 {
        self.clock.now_us()
    }

    /// Whether the frame is to be encoded.
    pub(super) fn offer(&mut self, media_us: i64) -> bool {
        let now_us = self.now_us();
        self.control.offer(now_us, media_us)
    }

    /// The frame has been with the encoder since `began_us`. Gives the change when the encoder has to be opened anew.
    pub(super) fn encoded(&mut self, began_us: i64) -> Option<Change> {
        let now_us = self.now_us();
        self.control.encoded(now_us - began_us);
        let review = self.control.review(now_us)?;
        if let Some(change) = review.change {
            self.tell(&review, self.sentence(&change));
            let touches = |m: Measure| matches!(m, Measure::Faster(_) | Measure::Smaller(_));
            return (touches(change.from) || touches(change.to)).then_some(change);
        }
        let told_lately = self.told_at_us.is_some_and(|at| now_us - at < TELL_AGAIN_US);
        if review.too_slow && !self.plan.acts && !told_lately {
            self.told_at_us = Some(now_us);
            self.tell(&review, self.advice(&review));
        }
        None
    }

    /// What limits, and what to do about it.
    fn advice(&self, review: &Review) -> String {
        let preset = self.plan.faster_presets.first();
        let lighter = preset.map_or_else(|| "a smaller picture (-s)".to_owned(), |name| format!("-preset {name}"));
        if review.busy_percent >= 80 {
            format!("limited by the encoder; try {lighter}, a lower -r, or -keep_up")
        } else {
            let busy = review.busy_percent;
            format!("the encoder works for {busy} % of the time: limited by decoding or filters; try a lower -r or -s")
        }
    }

    fn sentence(&self, change: &Change) -> String {
        let now = match change.to {
            Measure::Nothing => "every frame is encoded".to_owned(),
            Measure::DropEvenly => "some frames are left out, evenly".to_owned(),
            Measure::HalfRate => "every second frame is left out".to_owned(),
            Measure::Faster(n) => format!("the encoder goes on with -preset {}", self.preset(n).unwrap_or_default()),
            Measure::Smaller(quarters) => format!("the picture is scaled to {quarters}/4 of its width and height"),
        };
        if change.relief { format!("there is room again: {now}") } else { now }
    }

    fn preset(&self, steps: usize) -> Option<&'static str> {
        self.plan.faster_presets.get(steps.checked_sub(1)?).copied()
    }

    fn tell(&self, review: &Review, what: String) {
        let speed = format!("{}.{:02}x", review.speed_percent / 100, review.speed_percent % 100);
        let late = format!("{}.{} s", review.late_us / 1_000_000, review.late_us % 1_000_000 / 100_000);
        self.journal.tell(&Event {
            kind: EventKind::KeepUp,
            subject: self.subject.clone(),
            text: format!("{}: encoding at {speed} of real time, {late} late: {what}", self.subject.url),
            figures: vec![
                ("speed_percent", review.speed_percent),
                ("late_us", review.late_us),
                ("busy_percent", review.busy_percent),
            ],
        });
    }

    /// The preset to open the encoder with, where it is another one than the user's.
    pub(super) fn preset_in_force(&self) -> Option<&'static str> {
        match self.control.measure() {
            Measure::Nothing | Measure::DropEvenly | Measure::HalfRate => None,
            Measure::Faster(steps) => self.preset(steps),
            Measure::Smaller(_) => self.plan.faster_presets.last().copied(),
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

    /// Encodes a frame, unless the keeper leaves it out; and opens the encoder anew when the keeper wants another.
    pub(super) fn encode_in_step(&mut self, frame: Frame, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        let Some(keeper) = &mut self.keeper else { return self.encode(Some(&frame), out) };
        let began_us = keeper.now_us();
        let frame = keeper.scaled(frame).map_err(StageError::library("scale a picture"))?;
        self.encode(Some(&frame), out)?;
        let change = self.keeper.as_mut().and_then(|keeper| keeper.encoded(began_us));
        if change.is_some() { self.reopen(&frame, out) } else { Ok(()) }
    }

    /// Ends the encoder and opens one with the preset and size of the measure in force. `last`, the last frame, tells it of
    /// colours, fields and what else a first frame tells.
    fn reopen(&mut self, last: &Frame, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        self.encode(None, out)?;
        let fail = StageError::about(self.name(), "open the encoder anew");
        let (Some(encoder), Some(shape), Some(keeper)) = (self.encoder.take(), &self.shape, &mut self.keeper) else {
            return Ok(());
        };
        let base = encoder.time_base();
        drop(encoder);
        let output = keeper.scale(&shape.output).map_err(StageError::library("set up a scaler"))?;
        let preset = keeper.preset_in_force();
        let (source_bits, unfiltered) = (shape.source_bits, shape.unfiltered);
        let mut settings = self.encoder_settings(source_bits)?;
        if let Some(preset) = preset {
            settings.options.retain(|(key, _)| key != "preset");
            settings.options.push(("preset".to_owned(), preset.to_owned()));
        }
        let (encoder, _) =
            Encoder::open_video(&settings, &output, unfiltered, (base, self.frame_rate), Some(last)).map_err(fail)?;
        let parameters = encoder.parameters().map_err(StageError::library("read the encoder's parameters"))?;
        if let Some(keeper) = &mut self.keeper {
            keeper.reopened(parameters.extradata().to_vec());
        }
        self.encoder = Some(encoder);
        Ok(())
    }
}
