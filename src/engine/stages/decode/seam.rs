//! Where sound goes on behind a loop's seam: to the sample.

use super::DecodeStage;
use super::standing_in::is_bridged;
use crate::av::Frame;
use crate::engine::fault::StageError;
use crate::engine::flow::FrameItem;
use crate::engine::kernel::Outlet;
use crate::unit::{Rational, rescale};

impl DecodeStage {
    /// The first sound behind a seam, to go on where the sound before it ended: what is too early of it is cut off, a hole before it
    /// filled. None when all of it is too early.
    pub(super) fn join(
        &mut self,
        (pattern, ended): (Frame, i64),
        frame: Frame,
        out: &mut Outlet<FrameItem>,
    ) -> Result<Option<Frame>, StageError> {
        let Some(begins) = frame.pts() else { return Ok(Some(frame)) };
        let per_sample = |frame: &Frame| Rational::new(1, frame.sample_rate_hz().max(1));
        let at = rescale(ended, per_sample(&pattern), per_sample(&frame));
        if at <= begins {
            // A codec's priming samples have their place on the clock but are never heard.
            if is_bridged(&frame, at, begins) {
                self.release(out)?;
                self.silent_until(&frame, at, begins, out)?;
            }
            return Ok(Some(frame));
        }
        let mut early = i32::try_from(at - begins).unwrap_or(i32::MAX);
        // A codec's padding at the end first.
        if let Some(held) = self.held.as_mut().filter(|held| held.sounds_like(&frame)) {
            let cut = early.min(held.samples());
            held.cut_off(cut);
            early -= cut;
        }
        let at = begins.saturating_add(i64::from(early));
        if early >= frame.samples() {
            self.joins = true;
            self.last_sound = Some((frame.silence_like(1).map_err(StageError::library("keep a pattern"))?, at));
            return Ok(None);
        }
        let mut rest = frame.without_first(early).map_err(StageError::library("cut sound at a seam"))?;
        rest.set_pts(Some(at));
        Ok(Some(rest))
    }

    /// Sends the frame that was held.
    pub(super) fn release(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        match self.held.take().filter(|held| held.samples() > 0) {
            Some(held) => out.send(0, FrameItem::Frame(held)),
            None => Ok(()),
        }
    }
}
