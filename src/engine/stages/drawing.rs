//! Which pictures of subtitles a filtergraph gets, and when: one for each subtitle, an empty one when it goes away, and
//! the same one again while the input goes on and the graph asks.
//!
//! Follows the sub2video mechanism of ffmpeg's command.

use crate::av::{AvError, Canvas, Frame, Subtitle};
use crate::unit::{Rational, rescale};

/// One stream of subtitles on its way into a graph. Times are in ticks of the stream.
pub struct Drawing {
    canvas: Canvas,
    time_base: Rational,
    picture: Option<Frame>,
    last_pts: i64,
    end_pts: i64,
    fresh: bool,
}

impl Drawing {
    /// Nothing has been shown yet.
    pub fn new(canvas: Canvas, time_base: Rational) -> Self {
        Self { canvas, time_base, picture: None, last_pts: i64::MIN, end_pts: i64::MIN, fresh: true }
    }

    /// Its pictures.
    pub fn canvas(&self) -> Canvas {
        self.canvas
    }

    fn update(&mut self, subtitle: Option<&Subtitle>, pts: i64, end_pts: i64) -> Result<Frame, AvError> {
        self.picture = Some(self.canvas.draw(subtitle)?);
        self.end_pts = end_pts;
        self.fresh = false;
        self.again(pts)
    }

    /// The same picture with another time.
    fn again(&mut self, pts: i64) -> Result<Frame, AvError> {
        self.last_pts = pts;
        let mut frame = match &self.picture {
            Some(picture) => picture.share()?,
            None => self.canvas.draw(None)?,
        };
        frame.set_pts(Some(pts));
        Ok(frame)
    }

    /// A subtitle arrived.
    pub fn show(&mut self, subtitle: &Subtitle) -> Result<Frame, AvError> {
        let (begins, ends) = subtitle.times_us();
        let ticks = |us| rescale(us, Rational::MICROS, self.time_base);
        self.update(Some(subtitle), ticks(begins), ticks(ends))
    }

    /// The input has come to `at`; `asked`: the graph waits for a picture.
    pub fn heartbeat(&mut self, at: i64, asked: bool) -> Result<Vec<Frame>, AvError> {
        let before = at.saturating_sub(1);
        let mut frames = Vec::new();
        if before <= self.last_pts {
            return Ok(frames);
        }
        if before >= self.end_pts || self.fresh {
            let begins = if self.fresh { at } else { self.end_pts };
            frames.push(self.update(None, begins, i64::MAX)?);
        }
        if asked && before > self.last_pts {
            frames.push(self.again(before)?);
        }
        Ok(frames)
    }

    /// Nothing follows: what is shown goes away when its time is over.
    pub fn end(&mut self) -> Result<Option<Frame>, AvError> {
        if self.end_pts == i64::MAX {
            return Ok(None);
        }
        let begins = if self.fresh { 0 } else { self.end_pts };
        self.update(None, begins, i64::MAX).map(Some)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn times(frames: Vec<Frame>) -> Vec<i64> {
        frames.iter().filter_map(Frame::pts).collect()
    }

    #[test]
    fn the_first_heartbeat_gives_an_empty_picture_and_later_ones_repeat_it_when_asked() {
        let mut drawing = Drawing::new(Canvas { width: 8, height: 8 }, Rational::new(1, 1000));
        assert_eq!(times(drawing.heartbeat(10, true).unwrap()), [10]);
        assert_eq!(times(drawing.heartbeat(20, false).unwrap()), Vec::<i64>::new());
        assert_eq!(times(drawing.heartbeat(30, true).unwrap()), [29]);
        assert_eq!(times(drawing.heartbeat(30, true).unwrap()), Vec::<i64>::new());
        assert!(drawing.end().unwrap().is_none());
    }
}
