//! The header: written when every stream is known, followed by what waited for it.

use super::MuxStage;
use crate::av::AvError;
use crate::engine::fault::StageError;
use crate::unit::{Rational, rescale};
use std::sync::atomic::Ordering::Relaxed;

impl MuxStage {
    /// Starts the file when all streams are known. `true` when a peer let wait for itself so long meanwhile that the link
    /// before went on without what is at hand.
    pub(super) fn start_if_ready(&mut self) -> Result<bool, StageError> {
        if let Some(early) = self.early.take() {
            return Err(early);
        }
        if self.header_written || self.broken || !self.streams.iter().all(|s| s.ready) {
            return Ok(false);
        }
        if self.live.is_some() {
            if !self.open_session()? {
                return Ok(false);
            }
        } else {
            self.write_header()?;
        }
        self.header_written = true;
        for (i, state) in self.streams.iter().enumerate() {
            state.meter.extradata_bytes.store(self.muxer.extradata_bytes(i) as u64, Relaxed);
            if let Some(end) = self.muxer.stream_end(i) {
                state.meter.end_us.fetch_max(rescale(end, self.muxer.time_base(i), Rational::MICROS), Relaxed);
            }
        }
        self.muxer.dump(self.settings.index);
        if let Some(sdp) = self.settings.sdp.take() {
            sdp.add(
                self.settings.index,
                self.muxer.session_description().map_err(self.about("Error writing the SDP"))?,
            )?;
        }
        let unknown = self.settings.options.pairs().into_iter();
        for (key, value) in unknown.filter(|(key, _)| !self.settings.encoders_took.contains(key)) {
            log::warn!(
                "{}: the option {key} ({value}) is not known to this format; it has no effect",
                self.settings.url
            );
        }
        self.follow_muxer_clock();
        let stale = self.awaits_key();
        while let Some((i, media)) = self.next_waiting() {
            if stale {
                self.left_out();
            } else {
                self.admit(i, media)?;
            }
        }
        for i in 0..self.streams.len() {
            if self.streams[i].ended {
                self.all_passed(i)?;
            }
        }
        Ok(stale)
    }

    /// Without a bitstream filter copied packets go straight to the muxer's clock, which may be finer.
    pub(super) fn follow_muxer_clock(&mut self) {
        for (i, state) in self.streams.iter_mut().enumerate() {
            if state.settings.copy.is_some() && state.settings.bitstream_filter.is_none() {
                state.time_base = self.muxer.time_base(i);
            }
        }
    }

    fn write_header(&mut self) -> Result<(), StageError> {
        for (i, state) in self.streams.iter_mut().enumerate() {
            if let Some(filter) = &mut state.settings.bitstream_filter {
                let base = filter.start(&mut self.muxer, i, state.time_base).map_err(|cause| {
                    let words = format!("Error initializing bitstream filter: {}", filter.name());
                    StageError::Told {
                        text: format!("{}: {words}: {cause}", self.settings.url),
                        ffmpeg: format!("{words}\nError initializing output stream {}:{i} -- ", self.settings.index),
                    }
                })?;
                // What the muxer was asked for stays (`-r` on a copied stream), unless the filter counts in something else.
                if std::mem::replace(&mut state.time_base, base) != base {
                    self.muxer.set_time_base(i, base);
                }
            }
        }
        if let Err(error) = self.muxer.write_header(&mut self.settings.options) {
            self.broken = true;
            let index = self.settings.index;
            let words =
                format!("Could not write header for output file #{index} (incorrect codec parameters ?): {error}");
            let last = self.streams.len().saturating_sub(1);
            let ffmpeg = format!("{words}\nError initializing output stream {index}:{last} -- ");
            let (advice, guess) = (&self.settings.refusal_advice, &self.settings.refusal_guess);
            let advice = advice.as_ref().or(guess.as_ref().filter(|_| error == AvError::INVALID));
            let advice = advice.map_or_else(String::new, |advice| format!(". {advice}"));
            return Err(StageError::Told { text: format!("{}: {words}{advice}", self.settings.url), ffmpeg });
        }
        Ok(())
    }
}
