//! When pictures are shown that are copied out of containers that do not tell it: AVI, elementary streams, parts of MPEG-PS.

use super::MuxStage;
use crate::av::PictureParser;
use crate::engine::fault::StageError;
use crate::engine::flow::MediaPacket;
use crate::timing::{Place, Presentation};
use crate::unit::{Rational, rescale};
use std::collections::VecDeque;

/// Pictures that wait for the next one that others refer to; more are no group.
const MOST_WAITING: usize = 16;

/// How the pictures of a stream follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Pictures that may be decoded before one and shown after it.
    pub delay: i32,
    /// Pictures a second.
    pub frame_rate: Rational,
}

/// Finds the times of display of one stream.
pub(super) struct Showing {
    parser: Option<PictureParser>,
    times: Presentation,
    /// Begins with a picture that is shown when the next of its kind is decoded.
    waiting: VecDeque<MediaPacket>,
}

impl Showing {
    /// Gives the packets whose time is known, in their order.
    fn push(&mut self, mut media: MediaPacket, base: Rational) -> Vec<MediaPacket> {
        let packet = &mut media.packet;
        let dts = packet.dts().unwrap_or_else(|| rescale(media.dts_us, Rational::MICROS, base));
        let place = self.parser.as_mut().map_or(Place::Between, |parser| parser.place(packet));
        let told = packet.pts();
        let pts = told.or(self.times.pts(dts, place, packet.is_key(), told));
        packet.set_times(pts, Some(dts));
        let mut ready = Vec::new();
        if place == Place::Anchor || self.waiting.len() >= MOST_WAITING {
            ready = self.release(dts);
        }
        if pts.is_none() || !self.waiting.is_empty() {
            self.waiting.push_back(media);
        } else {
            ready.push(media);
        }
        ready
    }

    /// Gives what waits, the first of it to be shown at `pts`.
    fn release(&mut self, pts: i64) -> Vec<MediaPacket> {
        let mut ready: Vec<MediaPacket> = self.waiting.drain(..).collect();
        if let Some(first) = ready.first_mut().filter(|media| media.packet.pts().is_none()) {
            let dts = first.packet.dts();
            first.packet.set_times(Some(pts).max(dts), dts);
        }
        ready
    }

    fn finish(&mut self) -> Vec<MediaPacket> {
        let last = self.waiting.back().and_then(|media| media.packet.dts()).unwrap_or(0);
        self.release(last.saturating_add(self.times.frame()))
    }
}

impl MuxStage {
    /// A copied packet on its way in. From the first picture on that does not tell when it is shown, that is found out.
    pub(super) fn shown(&mut self, index: usize, media: MediaPacket) -> Result<(), StageError> {
        let state = &mut self.streams[index];
        let Some(rhythm) = state.settings.rhythm else { return self.passed(index, media) };
        let base = state.settings.source_time_base;
        if state.showing.is_none() {
            if media.packet.pts().is_some() {
                return self.passed(index, media);
            }
            let parser = PictureParser::new(&self.muxer, index).map_err(StageError::library("parse pictures"))?;
            let step = parser.as_ref().map_or(1, PictureParser::usual_step);
            let told = media.packet.duration();
            let rate = rhythm.frame_rate;
            let frame = if rate.is_valid() { rescale(1, rate.inverse(), base) } else { told };
            let times = Presentation::new(rhythm.delay, frame, step);
            log::info!(
                "{}: the pictures of {} do not tell when they are shown; that is reckoned from their order",
                self.settings.url,
                state.settings.source
            );
            state.showing = Some(Showing { parser, times, waiting: VecDeque::new() });
        }
        let ready = state.showing.as_mut().map_or_else(Vec::new, |showing| showing.push(media, base));
        ready.into_iter().try_for_each(|media| self.passed(index, media))
    }

    /// The stream ends: nothing more is waited for.
    pub(super) fn shown_to_the_end(&mut self, index: usize) -> Result<(), StageError> {
        let rest = self.streams[index].showing.as_mut().map_or_else(Vec::new, Showing::finish);
        rest.into_iter().try_for_each(|media| self.passed(index, media))
    }
}
