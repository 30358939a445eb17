//! `-stats_enc_pre`, `-stats_enc_post` and `-stats_mux_pre`: a line in a file for each frame or packet.

use crate::av::{Frame, FrameOrigin, OutputFile, Packet};
use crate::engine::fault::StageError;
use crate::plan::StatsPlan;
use crate::spec::{StatsField, StatsPart};
use crate::unit::{Rational, number};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// The files of a run; streams that name the same one share it.
#[derive(Default)]
pub struct StatsFiles(BTreeMap<String, Arc<Mutex<OutputFile>>>);

impl StatsFiles {
    /// The lines of one output stream at one place. The error is a full sentence.
    pub fn open(&mut self, plan: &StatsPlan, place: (usize, usize)) -> Result<FrameStats, String> {
        let file = match self.0.get(&plan.file) {
            Some(file) => Arc::clone(file),
            None => {
                let file = OutputFile::create(&plan.file)
                    .map_err(|cause| format!("Error opening stats file '{}': {cause}", plan.file))?;
                let file = Arc::new(Mutex::new(file));
                self.0.insert(plan.file.clone(), Arc::clone(&file));
                file
            }
        };
        Ok(FrameStats { file, plan: plan.clone(), place, number: 0, samples: 0, bytes: 0 })
    }
}

/// The lines of one stream at one place.
pub struct FrameStats {
    file: Arc<Mutex<OutputFile>>,
    plan: StatsPlan,
    place: (usize, usize),
    number: u64,
    samples: u64,
    bytes: u64,
}

/// What a line is about.
struct Subject<'a> {
    frame: Option<&'a Frame>,
    packet: Option<&'a Packet>,
    origin: Option<FrameOrigin>,
    base: Rational,
}

impl FrameStats {
    /// A frame on its way to an encoder, whose samples per second or frames per second are `base`'s inverse.
    pub(super) fn frame(&mut self, frame: &Frame, base: Rational) -> Result<(), StageError> {
        self.tell(&Subject { frame: Some(frame), packet: None, origin: frame.origin(), base })?;
        self.samples += u64::try_from(frame.samples()).unwrap_or(0);
        Ok(())
    }

    /// A packet from an encoder.
    pub(super) fn encoded(&mut self, packet: &Packet, base: Rational) -> Result<(), StageError> {
        self.tell(&Subject { frame: None, packet: Some(packet), origin: packet.origin(), base })?;
        self.bytes += packet.size() as u64;
        Ok(())
    }

    /// A packet on its way to a muxer.
    pub(super) fn muxed(&mut self, packet: &Packet, base: Rational) -> Result<(), StageError> {
        self.bytes += packet.size() as u64;
        self.tell(&Subject { frame: None, packet: Some(packet), origin: packet.origin(), base })
    }

    fn tell(&mut self, subject: &Subject) -> Result<(), StageError> {
        let mut line = String::new();
        for part in &self.plan.line {
            match part {
                StatsPart::Text(text) => line.push_str(text),
                StatsPart::Field(field) => self.field(*field, subject, &mut line),
            }
        }
        line.push('\n');
        self.number += 1;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write(&crate::octets::to_bytes(&line))
            .map_err(StageError::about(self.plan.file.clone(), "Error writing statistics"))
    }

    fn field(&self, field: StatsField, subject: &Subject, line: &mut String) {
        let Subject { frame, packet, origin, base } = subject;
        let ratio = |base: Rational| format!("{}/{}", base.num, base.den);
        let pts = packet.map_or_else(|| frame.and_then(Frame::pts), Packet::pts);
        let dts = packet.and_then(Packet::dts);
        let seconds = |ticks: Option<i64>| general(ticks.unwrap_or(i64::MIN) as f64 * base.as_f64());
        let size = packet.map_or(0, |packet| packet.size());
        let _ = match field {
            StatsField::Output => write!(line, "{}", self.place.0),
            StatsField::Stream => write!(line, "{}", self.place.1),
            StatsField::Number => write!(line, "{}", self.number),
            StatsField::InputNumber => match origin {
                Some(origin) => write!(line, "{}", origin.number),
                None => write!(line, "-1"),
            },
            StatsField::TimeBase => write!(line, "{}", ratio(*base)),
            StatsField::InputTimeBase => {
                write!(line, "{}", ratio(origin.map_or(Rational::new(0, 1), |origin| origin.time_base)))
            }
            StatsField::Pts => write!(line, "{}", pts.unwrap_or(i64::MIN)),
            StatsField::InputPts => write!(line, "{}", origin.map_or(i64::MAX, |origin| origin.pts)),
            StatsField::Time => write!(line, "{}", seconds(pts)),
            StatsField::InputTime => {
                let time = origin.map_or(f64::INFINITY, |origin| origin.pts as f64 * origin.time_base.as_f64());
                write!(line, "{}", general(time))
            }
            StatsField::Dts => write!(line, "{}", dts.unwrap_or(i64::MIN)),
            StatsField::DecodingTime => write!(line, "{}", seconds(dts)),
            StatsField::SampleNumber => write!(line, "{}", self.samples),
            StatsField::Samples => write!(line, "{}", frame.map_or(0, Frame::samples)),
            StatsField::Size => write!(line, "{size}"),
            StatsField::BitRate => {
                let length = packet.map_or(0, |packet| packet.duration()).max(1) as f64 * base.as_f64();
                write!(line, "{}", general(8.0 * size as f64 / length))
            }
            StatsField::AverageBitRate => {
                let length = dts.unwrap_or(i64::MIN) as f64 * base.as_f64();
                let rate = if length > 0.0 { 8.0 * self.bytes as f64 / length } else { -1.0 };
                write!(line, "{}", general(rate))
            }
            StatsField::Key => write!(line, "{}", if packet.is_some_and(Packet::is_key) { 'K' } else { 'N' }),
        };
    }
}

/// A number as C's `%g` writes it.
fn general(value: f64) -> String {
    number::general(value, 6)
}
