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
    /// Input and stream.
    pub index: (usize, usize),
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
        Self { index, exit_on_error, meter, begins_within: Cell::new(false) }
    }

    /// The input has been sought in this format: what its first frame lacks is no damage.
    #[must_use]
    pub fn behind_a_seek(self, format: &str) -> Self {
        Self { begins_within: Cell::new(CUT_BY_CONTENT.contains(&format)), ..self }
    }

    /// A frame or a subtitle was decoded.
    pub fn decoded(&self) {
        self.begins_within.set(false);
        self.meter.frames.fetch_add(1, Relaxed);
    }

    /// A packet of this time (microseconds of the job) cannot be decoded, for this cause.
    pub fn met(&self, cause: AvError, time_us: i64) -> Result<(), StageError> {
        let operation = format!("Error while decoding stream #{}:{}", self.index.0, self.index.1);
        if cause == AvError::NO_MEMORY || self.exit_on_error {
            return Err(StageError::library(operation)(cause));
        }
        if self.begins_within.replace(false) {
            log::error!("{operation}: {cause}");
            return Ok(());
        }
        self.meter.decode_errors.fetch_add(1, Relaxed);
        self.meter.damaged_at(time_us - LATE_US);
        log::error!("{operation}: {cause}");
        Ok(())
    }
}
