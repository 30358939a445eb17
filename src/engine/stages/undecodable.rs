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
    /// Input and stream.
    pub index: (usize, usize),
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

    /// A packet of this time (microseconds of the job) cannot be decoded, for this cause.
    pub fn met(&self, cause: AvError, time_us: i64) -> Result<(), StageError> {
        let operation = format!("Error while decoding stream #{}:{}", self.index.0, self.index.1);
        if cause == AvError::NO_MEMORY || self.exit_on_error {
            return Err(StageError::library(operation)(cause));
        }
        self.meter.decode_errors.fetch_add(1, Relaxed);
        self.meter.damaged_at(time_us - LATE_US);
        log::error!("{operation}: {cause}");
        Ok(())
    }
}
