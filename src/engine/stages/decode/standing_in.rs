//! What stands in for media that is not there: silence in holes, and the last picture while an input is away.

use super::DecodeStage;
use crate::av::Frame;
use crate::engine::fault::StageError;
use crate::engine::flow::FrameItem;
use crate::engine::kernel::Outlet;
use crate::facts::MediaKind;
use crate::unit::{Rational, rescale};

/// Silence that fills a hole comes in frames of this many samples.
const SILENCE_SAMPLES: i64 = 1024;

/// A longer hole is neither a loop's seam nor what a short outage leaves; in seconds.
const LONGEST_HOLE: i64 = 60;

/// True of a hole in sound like `pattern`, from `at` to `end` in samples, that silence is to fill.
pub(super) fn is_bridged(pattern: &Frame, at: i64, end: i64) -> bool {
    end.saturating_sub(at) <= LONGEST_HOLE * i64::from(pattern.sample_rate_hz().max(1))
}

impl DecodeStage {
    /// The last picture, or silence, for an input that is away: up to this time of the job.
    pub(super) fn stand_in(&mut self, at_us: i64, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        if !std::mem::replace(&mut self.away, true) {
            self.start_over(out)?;
        }
        if self.settings.kind == MediaKind::Audio {
            return self.silence(rescale(at_us, Rational::MICROS, self.settings.time_base), out);
        }
        let (rate, base) = (self.settings.forced_frame_rate.unwrap_or(self.settings.frame_rate), self.picture_base());
        let length_us = if rate.is_valid() { rescale(1, rate.inverse(), Rational::MICROS) } else { 40_000 };
        let (Some(last), Some(mut next_us)) = (&self.last_picture, self.next_us) else { return Ok(()) };
        // A picture a moment, however long it was silent before it was called away.
        while length_us > 0 && next_us.saturating_add(length_us) <= at_us {
            let mut again = last.share().map_err(StageError::library("repeat a picture"))?;
            if self.settings.forced_frame_rate.is_some() {
                again.set_pts(Some(self.counted));
                self.counted += 1;
                next_us = rescale(self.counted, base, Rational::MICROS);
            } else {
                again.set_pts(Some(rescale(next_us, Rational::MICROS, base)));
                next_us += length_us;
            }
            out.send(0, FrameItem::Frame(again))?;
        }
        self.next_us = Some(next_us);
        Ok(())
    }

    /// Fills the hole in the sound that a loop's seam leaves, up to a time of the stream's clock.
    pub(super) fn fill(&mut self, to: i64, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        let Some((pattern, at)) = &self.last_sound else { return Ok(()) };
        let end = rescale(to, self.settings.time_base, Rational::new(1, pattern.sample_rate_hz().max(1)));
        if is_bridged(pattern, *at, end) { self.silence(to, out) } else { Ok(()) }
    }

    /// Goes on with silence, up to a time of the stream's clock.
    fn silence(&mut self, to: i64, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.release(out)?;
        let Some((pattern, at)) = self.last_sound.take() else { return Ok(()) };
        let end = rescale(to, self.settings.time_base, Rational::new(1, pattern.sample_rate_hz().max(1)));
        let at = self.silent_until(&pattern, at, end, out)?;
        self.last_sound = Some((pattern, at));
        Ok(())
    }

    /// Silence like `pattern` from `at` to `end`, in samples; gives where it ended.
    pub(super) fn silent_until(
        &self,
        pattern: &Frame,
        mut at: i64,
        end: i64,
        out: &mut Outlet<FrameItem>,
    ) -> Result<i64, StageError> {
        while at < end {
            let samples = SILENCE_SAMPLES.min(end - at);
            let mut silent = pattern
                .silence_like(i32::try_from(samples).unwrap_or(0))
                .map_err(StageError::library("make silence"))?;
            silent.set_pts(Some(at));
            at += samples;
            out.send(0, FrameItem::Frame(silent))?;
        }
        Ok(at)
    }
}
