//! Packets that cannot be decoded: counted and told of, or the end of the job (`-xerror`).

use crate::av::AvError;
use crate::engine::fault::StageError;
use crate::engine::meter::InputMeter;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// So much later, at the most, a decoder with threads and reordering tells of damage, in microseconds.
pub const LATE_US: i64 = 500_000;

/// What becomes of a packet that cannot be decoded, and where what was decoded is counted.
pub struct Undecodable {
    /// Input and stream; output and stream of a loopback decoder.
    pub index: (usize, usize),
    /// What filtergraphs call the loopback decoder, where it is one: `dec:0`.
    pub loopback: Option<String>,
    /// It ends the job.
    pub exit_on_error: bool,
    /// Where it is counted.
    pub meter: Arc<InputMeter>,
}

impl Undecodable {
    /// A frame or a subtitle was decoded.
    pub fn decoded(&self) {
        self.meter.frames.fetch_add(1, Relaxed);
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
        self.meter.decode_errors.fetch_add(1, Relaxed);
        self.meter.damaged_at(time_us - LATE_US);
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
        let told = |loopback| {
            let undecodable = Undecodable { index: (0, 1), loopback, exit_on_error: true, meter: Arc::default() };
            undecodable.met(AvError::INVALID_DATA, 0).unwrap_err().to_string()
        };
        assert!(told(None).starts_with("Error while decoding stream #0:1: "), "{}", told(None));
        let again = told(Some("dec:2".to_owned()));
        assert!(again.starts_with("Error while decoding output stream #0:1 again (dec:2): "), "{again}");
    }
}
