//! Packets that cannot be decoded: counted and told of, or the end of the job (`-xerror`).

use crate::av::AvError;
use crate::engine::fault::StageError;
use crate::engine::meter::InputMeter;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// So much later, at the most, a decoder with threads and reordering tells of damage, in microseconds.
pub const LATE_US: i64 = 500_000;

/// What becomes of a packet that cannot be decoded, and where what was decoded is counted.
pub struct Undecodable {
    /// Input and stream; output and stream of a loopback decoder.
    pub index: (usize, usize),
    /// What filtergraphs call the loopback decoder, where it is one: `dec:0`.
    loopback: Option<String>,
    /// It ends the job.
    pub exit_on_error: bool,
    /// Where it is counted.
    pub meter: Arc<InputMeter>,
    /// The input is read from a place within it, where its packets may begin in the middle of a frame, and nothing has been
    /// decoded or failed yet.
    begins_within: Cell<bool>,
}

/// Containers that are cut into frames by what is in them: behind a seek the first one may lack its beginning.
const CUT_BY_CONTENT: [&str; 2] = ["mpeg", "mpegts"];

impl Undecodable {
    /// For that stream of an input.
    pub fn new(index: (usize, usize), exit_on_error: bool, meter: Arc<InputMeter>) -> Self {
        Self { index, loopback: None, exit_on_error, meter, begins_within: Cell::new(false) }
    }

    /// It is a loopback decoder, which filtergraphs call so.
    #[must_use]
    pub fn of_loopback(self, label: String) -> Self {
        Self { loopback: Some(label), ..self }
    }

    /// The input has been sought in this format: what its first frame lacks is no damage.
    #[must_use]
    pub fn behind_a_seek(self, format: &str) -> Self {
        Self { begins_within: Cell::new(CUT_BY_CONTENT.contains(&format)), ..self }
    }

    /// A frame or a subtitle was decoded, with so many samples of sound.
    pub fn decoded(&self, samples: u64) {
        self.begins_within.set(false);
        self.meter.decoded(self.index.1, samples);
    }

    /// What messages call the stream.
    pub fn stream_name(&self) -> String {
        let (file, stream) = self.index;
        match &self.loopback {
            None => format!("stream #{file}:{stream}"),
            Some(label) => format!("output stream #{file}:{stream} again ({label})"),
        }
    }

    /// A packet of this time (microseconds of the job) cannot be decoded, for this cause.
    pub fn met(&self, cause: AvError, time_us: i64) -> Result<(), StageError> {
        let operation = format!("Error while decoding {}", self.stream_name());
        if cause == AvError::NO_MEMORY || self.exit_on_error {
            return Err(StageError::library(operation)(cause));
        }
        if !self.begins_within.replace(false) {
            self.meter.decode_errors.fetch_add(1, Relaxed);
            self.meter.damaged_at(time_us - LATE_US);
        }
        log::error!("{operation}: {cause}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_output_that_is_decoded_again_is_not_taken_for_an_input() {
        let stream = || Undecodable::new((0, 1), true, Arc::default());
        let told = |undecodable: Undecodable| undecodable.met(AvError::INVALID_DATA, 0).unwrap_err().to_string();
        let of_input = told(stream());
        assert!(of_input.starts_with("Error while decoding stream #0:1: "), "{of_input}");
        let again = told(stream().of_loopback("dec:2".to_owned()));
        assert!(again.starts_with("Error while decoding output stream #0:1 again (dec:2): "), "{again}");
    }
}
