//! Decodes one stream of pictures or sound, and gives its frames their times.

mod seam;
mod standing_in;

use crate::av::{DecodeStep, Decoder, DecoderHardware, Frame, FrameOrigin, frames_have_lengths};
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, MediaPacket, NewCodec, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::oversight::Oversight;
use crate::engine::stages::undecodable::{LATE_US, Undecodable};
use crate::engine::told_times;
use crate::facts::MediaKind;
use crate::timing::RescaleDelta;
use crate::unit::{Rational, Rounding, rescale, rescale_rounded};
use std::sync::atomic::Ordering;

/// What the stage must know of its stream.
pub struct DecodeSettings {
    /// The input, for messages; without passwords.
    pub url: String,
    /// Pictures or sound.
    pub kind: MediaKind,
    /// The stream's time base.
    pub time_base: Rational,
    /// `-r` before `-i`: frames are counted, their own times ignored.
    pub forced_frame_rate: Option<Rational>,
    /// The stream's frame rate, for frames without length.
    pub frame_rate: Rational,
    /// The container's pixel aspect ratio, which overrides the stream's.
    pub sample_aspect_ratio: Rational,
    /// `-top`: which field comes first, whatever the decoder says.
    pub top_field_first: Option<bool>,
    /// Sound follows on what came before it, whatever the decoder says, for its container has no timestamps.
    pub counts_sound: bool,
    /// Frames remember which they are, for lines about what is made of them.
    pub tells_origins: bool,
    /// The input is read again from its beginning.
    pub has_seams: bool,
    /// The last picture is kept, to stand for the input while that is away.
    pub keeps_last: bool,
    /// The hardware that is to help, for a decoder that the input comes back with.
    pub hardware: DecoderHardware,
    /// Such a decoder's pictures keep their margins.
    pub keeps_margins: bool,
}

/// The decoder of one stream.
pub struct DecodeStage {
    decoder: Decoder,
    settings: DecodeSettings,
    undecodable: Undecodable,
    bits: i32,
    counted: i64,
    /// Where the next frame should begin if it does not tell, in microseconds.
    next_us: Option<i64>,
    last_dts_us: i64,
    /// Sound: from the stream's clock to samples.
    samples: RescaleDelta,
    previous_pts: Option<i64>,
    /// Where the last frame of sound ended, in samples, and its samples per second.
    expected: Option<(i64, i32)>,
    /// A pattern for silence like the last frame of sound; and where that ended, in samples.
    last_sound: Option<(Frame, i64)>,
    /// The last frame of sound, of which the end may have to be cut off at a seam.
    held: Option<Frame>,
    /// The next frame of sound is to join the last one: a loop's seam lies between them.
    joins: bool,
    /// The last picture, where it is kept.
    last_picture: Option<Frame>,
    away: bool,
    oversight: Oversight,
    /// Frames that were marked.
    given: u64,
    /// It has been told whether hardware decodes.
    told_hardware: bool,
    /// Frames that came with a flag of damage.
    flagged: u64,
    /// Damaged frames that were counted.
    damaged: u64,
}

impl DecodeStage {
    /// Takes over an open decoder.
    pub fn new(decoder: Decoder, settings: DecodeSettings, undecodable: Undecodable) -> Self {
        Self {
            decoder,
            settings,
            undecodable,
            bits: 0,
            counted: 0,
            next_us: None,
            last_dts_us: 0,
            samples: RescaleDelta::default(),
            previous_pts: None,
            expected: None,
            last_sound: None,
            joins: false,
            held: None,
            last_picture: None,
            away: false,
            oversight: Oversight::default(),
            given: 0,
            told_hardware: false,
            flagged: 0,
            damaged: 0,
        }
    }

    /// Lets the user watch the decoder.
    #[must_use]
    pub fn overseen(self, oversight: Oversight) -> Self {
        Self { oversight, ..self }
    }

    fn packet(&mut self, mut media: MediaPacket, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        if media.packet.size() == 0 {
            return Ok(());
        }
        self.last_dts_us = media.dts_us;
        self.next_us.get_or_insert(0);
        let (pts, dts) = (media.packet.pts(), media.packet.dts());
        if self.settings.kind == MediaKind::Video && dts.is_none() {
            let estimated = rescale(media.dts_us, Rational::MICROS, self.settings.time_base);
            media.packet.set_times(pts, Some(estimated));
        }
        if self.settings.kind == MediaKind::Audio && !frames_have_lengths() {
            let length = media.packet.duration();
            if let (Some(pts), Some(previous)) = (pts, self.previous_pts)
                && length > 0
                && pts.saturating_sub(previous) > length
            {
                self.samples.reset();
            }
            self.previous_pts = pts;
        }
        if let Some(flags) = self.oversight.new_debug_flags() {
            self.decoder.set_debug(flags);
        }
        self.oversight.begin();
        loop {
            match self.decoder.send(Some(&media.packet)) {
                Ok(true) => break,
                Ok(false) => {
                    if !self.receive(pts, out)? {
                        break;
                    }
                }
                Err(error) => return self.undecodable.met(error, self.last_dts_us),
            }
        }
        self.receive_all(pts, out)
    }

    /// Takes one frame; `false` when there is none.
    fn receive(&mut self, packet_pts: Option<i64>, out: &mut Outlet<FrameItem>) -> Result<bool, StageError> {
        let step = self.decoder.receive();
        self.oversight.end("decode");
        let received = match step {
            Ok(DecodeStep::Frame(frame)) => {
                self.frame(frame, packet_pts, out)?;
                Ok(true)
            }
            Ok(DecodeStep::NeedsInput | DecodeStep::Finished) => Ok(false),
            Err(error) => self.undecodable.met(error, self.last_dts_us).map(|()| true),
        };
        self.oversight.begin();
        received
    }

    fn receive_all(&mut self, packet_pts: Option<i64>, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        while self.receive(packet_pts, out)? {}
        Ok(())
    }

    fn drain(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.oversight.begin();
        match self.decoder.send(None) {
            Ok(_) => self.receive_all(None, out)?,
            Err(error) => self.undecodable.met(error, self.last_dts_us)?,
        }
        self.count_damage()
    }

    fn frame(&mut self, frame: Frame, packet_pts: Option<i64>, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.undecodable.decoded(u64::try_from(frame.samples()).unwrap_or(0));
        if frame.has_decode_errors() {
            self.flagged += 1;
            log::warn!("{}: corrupt decoded frame in stream {}", self.settings.url, self.undecodable.index.1);
        }
        self.count_damage()?;
        let bits = self.decoder.bits_per_raw_sample();
        if bits != self.bits {
            self.bits = bits;
            out.send(0, FrameItem::SourceBits(bits))?;
        }
        let mut frame = match self.settings.kind {
            MediaKind::Video => {
                let frame = self.place(frame)?;
                let frame = self.picture(frame);
                if self.settings.keeps_last {
                    self.last_picture = Some(frame.share().map_err(StageError::library("keep a picture"))?);
                }
                frame
            }
            _ => {
                let before = if std::mem::take(&mut self.joins) { self.last_sound.take() } else { None };
                let frame = self.sound(frame, packet_pts)?;
                match before {
                    Some(before) => match self.join(before, frame, out)? {
                        Some(frame) => frame,
                        None => return Ok(()),
                    },
                    None => frame,
                }
            }
        };
        if self.settings.tells_origins {
            self.mark(&mut frame)?;
        }
        if self.settings.has_seams && self.settings.kind == MediaKind::Audio {
            self.release(out)?;
            self.held = Some(frame);
            return Ok(());
        }
        out.send(0, FrameItem::Frame(frame))
    }

    /// Counts the damaged pictures that came since it was called last: those with flags, or, where flags were set too late, those
    /// that the decoder says it has made up a part of.
    fn count_damage(&mut self) -> Result<(), StageError> {
        let all = self.flagged.max(self.decoder.concealed());
        let new = all - std::mem::replace(&mut self.damaged, all);
        if new == 0 {
            return Ok(());
        }
        self.undecodable.meter.damaged_frames.fetch_add(new, Ordering::Relaxed);
        self.undecodable.meter.damaged_at(self.last_dts_us - LATE_US);
        if self.undecodable.exit_on_error {
            let stream = self.undecodable.stream_name();
            let sentence = format!("corrupt decoded frame in {stream}, and -xerror is set");
            return Err(StageError::Failed(sentence));
        }
        Ok(())
    }

    /// Lets a frame remember which one it is.
    fn mark(&mut self, frame: &mut Frame) -> Result<(), StageError> {
        let number = self.given;
        self.given += 1;
        let time_base = match self.settings.kind {
            MediaKind::Audio => Rational::new(1, frame.sample_rate_hz().max(1)),
            _ => self.picture_base(),
        };
        let origin = FrameOrigin { number, pts: frame.pts().unwrap_or(i64::MIN), time_base };
        frame.set_origin(origin).map_err(StageError::library("mark a frame"))
    }

    /// Brings a picture out of a device's memory, unless it is to stay there.
    fn place(&mut self, frame: Frame) -> Result<Frame, StageError> {
        let (input, stream) = self.undecodable.index;
        if let (Some((kind, device)), false) = (self.settings.hardware.wanted(), self.told_hardware) {
            self.told_hardware = true;
            let codec = self.decoder.name();
            if self.decoder.is_by_hardware(&frame) {
                log::debug!("input stream #{input}:{stream} ({codec}) is decoded by {kind}, device {device}");
            } else if self.settings.hardware.is_named() {
                log::info!(
                    "Input stream #{input}:{stream} ({codec}) is decoded in software: {kind} does not take it here."
                );
            }
        }
        self.decoder.place(frame).map_err(|cause| {
            StageError::Failed(format!(
                "A picture of input stream #{input}:{stream} could not be brought from the device that decoded it to \
                 the system's memory: {cause}"
            ))
        })
    }

    /// The clock of pictures: the stream's, or that of a rate that counts them.
    fn picture_base(&self) -> Rational {
        self.settings.forced_frame_rate.map_or(self.settings.time_base, Rational::inverse)
    }

    fn picture(&mut self, mut frame: Frame) -> Frame {
        let base = self.settings.time_base;
        let forced = self.settings.forced_frame_rate.is_some();
        let pts = if forced {
            self.counted += 1;
            if frames_have_lengths() {
                frame.set_duration(1);
            }
            Some(self.counted - 1)
        } else {
            frame.best_effort_timestamp().or_else(|| self.next_us.map(|us| rescale(us, Rational::MICROS, base)))
        };
        frame.set_pts(pts);
        if self.oversight.tells_times {
            told_times::decoded(self.undecodable.index.1, &frame, base);
        }
        if let Some(pts) = pts {
            let base = self.picture_base();
            let begins = rescale(pts, base, Rational::MICROS);
            let length = match frame.duration() {
                _ if forced => rescale(1, base, Rational::MICROS),
                ticks if ticks > 0 => rescale(ticks, base, Rational::MICROS),
                _ if self.settings.frame_rate.is_valid() => {
                    rescale(1, self.settings.frame_rate.inverse(), Rational::MICROS)
                }
                _ => 0,
            };
            self.next_us = Some(begins.saturating_add(length));
        }
        if let Some(top) = self.settings.top_field_first {
            frame.set_top_field_first(top);
        }
        if self.settings.sample_aspect_ratio.num != 0 {
            frame.set_sample_aspect_ratio(self.settings.sample_aspect_ratio);
        }
        frame
    }

    fn sound(&mut self, mut frame: Frame, packet_pts: Option<i64>) -> Result<Frame, StageError> {
        let rate = self.decoder.sample_rate_hz();
        if rate <= 0 {
            return Err(StageError::Failed(format!("{}: Sample rate {rate} invalid", self.undecodable.stream_name())));
        }
        let fine = Rational::new(1, rate);
        let samples = i64::from(frame.samples());
        let mut pts = frame.pts();
        if frames_have_lengths() {
            // What a decoder cuts off the beginning is no hole then.
            pts = pts.filter(|_| !self.settings.counts_sound);
            // A frame that begins after the end of the one before it, even when that is rounded up, follows a hole.
            let base = self.settings.time_base;
            let expected = self.expected.map(|(end, rate)| (end, Rational::new(1, rate)));
            match (pts, expected) {
                (Some(at), Some((end, fine))) if at > rescale_rounded(end, fine, base, Rounding::Up) => {
                    self.samples.reset();
                }
                _ => {}
            }
        } else {
            pts = pts.or(packet_pts);
        }
        let (ticks, base) = match pts {
            Some(pts) => (pts, self.settings.time_base),
            None => (self.next_us.unwrap_or(self.last_dts_us), Rational::MICROS),
        };
        let pts = self.samples.convert(ticks, base, samples, fine, fine);
        frame.set_pts(Some(pts));
        let end = pts.saturating_add(samples);
        self.expected = Some((end, rate));
        self.next_us = Some(rescale(end, fine, Rational::MICROS));
        let pattern = match self.last_sound.take() {
            Some((pattern, _)) if pattern.sounds_like(&frame) => pattern,
            _ => frame.silence_like(1).map_err(StageError::library("keep a pattern for silence"))?,
        };
        self.last_sound = Some((pattern, end));
        Ok(frame)
    }

    fn start_over(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.drain(out)?;
        self.decoder.reset();
        self.samples.reset();
        self.previous_pts = None;
        self.expected = None;
        Ok(())
    }

    /// Goes on with a decoder for what the input came back with.
    fn renew(&mut self, codec: &NewCodec, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        let Some(mut parameters) = codec.take() else { return Ok(()) };
        self.start_over(out)?;
        // Packets keep the clock of the first connection.
        parameters.time_base = self.settings.time_base;
        let (input, stream) = self.undecodable.index;
        let fail = format!("Error while opening a decoder for input stream #{input}:{stream}");
        self.decoder = Decoder::open_default(&parameters, self.settings.hardware.clone(), self.settings.keeps_margins)
            .map_err(StageError::library(fail))?;
        self.told_hardware = false;
        (self.flagged, self.damaged) = (0, 0);
        self.settings.frame_rate = parameters.frame_rate;
        self.settings.sample_aspect_ratio = parameters.sample_aspect_ratio;
        Ok(())
    }
}

impl Stage for DecodeStage {
    type In = PacketItem;
    type Out = FrameItem;

    fn step(&mut self, _port: usize, item: PacketItem, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        match item {
            PacketItem::Packet(media) => self.packet(media, out)?,
            PacketItem::Seam => {
                self.start_over(out)?;
                self.away = false;
                self.joins = true;
            }
            PacketItem::Away(at_us) => self.stand_in(at_us, out)?,
            PacketItem::Renew(codec) => self.renew(&codec, out)?,
            PacketItem::Hole(_, to) => self.fill(to, out)?,
            PacketItem::Ready(_) | PacketItem::Heartbeat(_) => {}
        }
        Ok(Flow::Continue)
    }

    fn finish(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.drain(out)?;
        self.release(out)?;
        if let Some(next) = self.next_us {
            let base = if self.settings.kind == MediaKind::Audio {
                Rational::new(1, self.decoder.sample_rate_hz().max(1))
            } else {
                self.picture_base()
            };
            out.send(0, FrameItem::EndsAt(rescale(next, Rational::MICROS, base)))?;
        }
        Ok(())
    }
}
