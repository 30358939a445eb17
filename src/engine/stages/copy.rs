//! The way of a copied packet into an output: where it begins, where it ends, its times in the muxer's clock.

use crate::engine::flow::MediaPacket;
use crate::facts::MediaKind;
use crate::timing::RescaleDelta;
use crate::unit::{Rational, rescale};

/// What must be known of a copied stream.
#[derive(Clone, Debug)]
pub struct CopySettings {
    /// Its kind.
    pub kind: MediaKind,
    /// Time base of its packets, which is kept up to the muxer.
    pub time_base: Rational,
    /// Samples per second, or 0.
    pub sample_rate_hz: i32,
    /// Samples per packet by the stream parameters, or 0.
    pub frame_samples: i32,
    /// Begin before the first keyframe.
    pub initial_non_keyframes: bool,
    /// What lies before this is left out until something is written (`-copypriorss 0`), in microseconds of the job.
    pub drops_before_us: Option<i64>,
    /// `-ss` of the output, in microseconds.
    pub start_us: i64,
    /// It is taken off in ticks of the packets' time base, not of the muxer's.
    pub starts_by_own_clock: bool,
    /// `-t` of the output, in microseconds.
    pub duration_us: Option<i64>,
    /// Where the input's `-t` ends on the job's clock, in microseconds.
    pub input_end_us: Option<i64>,
    /// The output has `-ss`.
    pub has_start: bool,
    /// The input is read again and again (`-stream_loop`).
    pub has_seams: bool,
}

/// What becomes of a packet.
#[derive(Debug, PartialEq, Eq)]
pub enum CopyStep {
    /// It is left out.
    Skip,
    /// It is written.
    Write,
    /// It and all that follows lie after the end.
    End,
}

/// The state of one copied stream.
#[derive(Clone, Debug)]
pub struct Copy {
    settings: CopySettings,
    started: bool,
    samples: RescaleDelta,
}

impl Copy {
    /// Nothing has passed yet.
    pub fn new(settings: CopySettings) -> Self {
        // The command of FFmpeg 7 and later does both.
        let samples = if settings.starts_by_own_clock { RescaleDelta::from_zero() } else { RescaleDelta::default() };
        Self { settings, started: false, samples }
    }

    /// True where a hole may have to be filled.
    pub fn has_seams(&self) -> bool {
        self.settings.has_seams
    }

    /// Decides about a packet and gives it its times in the time base `to`. `packet_samples`: samples that it holds, or 0.
    pub fn pass(&mut self, media: &mut MediaPacket, packet_samples: i32, to: Rational) -> CopyStep {
        let s = &self.settings;
        let packet = &mut media.packet;
        if s.has_start && media.dts_us < s.start_us {
            return CopyStep::Skip;
        }
        if !self.started {
            if !packet.is_key() && !s.initial_non_keyframes {
                return CopyStep::Skip;
            }
            let before = s.drops_before_us.is_some_and(|start_us| match packet.pts() {
                Some(pts) => pts < rescale(start_us, Rational::MICROS, s.time_base),
                None => media.dts_us < start_us,
            });
            if before {
                return CopyStep::Skip;
            }
        }
        let ends = s.duration_us.is_some_and(|d| media.dts_us >= d.saturating_add(s.start_us))
            || s.input_end_us.is_some_and(|end| media.dts_us >= end);
        if ends {
            return CopyStep::End;
        }
        let begins = |base: Rational| rescale(s.start_us, Rational::MICROS, base);
        let (own_start, start) = if s.starts_by_own_clock { (begins(s.time_base), 0) } else { (0, begins(to)) };
        let moved = |t: i64| rescale(t.saturating_sub(own_start), s.time_base, to).saturating_sub(start);
        let mut pts = packet.pts().map(moved);
        let dts = match packet.dts() {
            None if s.starts_by_own_clock => moved(rescale(media.dts_us, Rational::MICROS, s.time_base)),
            None => rescale(media.dts_us, Rational::MICROS, to).saturating_sub(start),
            Some(dts) if s.kind == MediaKind::Audio && s.sample_rate_hz > 0 => {
                let samples = if packet_samples > 0 { packet_samples } else { s.frame_samples };
                let (from, fine) = (dts.saturating_sub(own_start), Rational::new(1, s.sample_rate_hz));
                let exact = self.samples.convert(from, s.time_base, i64::from(samples), fine, to).saturating_sub(start);
                pts = Some(exact);
                exact
            }
            Some(dts) => moved(dts),
        };
        packet.set_duration(rescale(packet.duration(), s.time_base, to));
        packet.set_times(pts, Some(dts));
        self.started = true;
        CopyStep::Write
    }
}
