//! The log between the two passes of an encoding, and what else an encoder is told by numbers.

use crate::engine::fault::StageError;
use crate::octets;
use crate::plan::PassPlan;
use std::fs::File;
use std::io::Write;

/// The log that a first pass writes.
pub(super) struct PassLog {
    file: File,
    name: String,
}

impl PassLog {
    /// Begins the log.
    pub(super) fn create(pass: &PassPlan) -> Result<Self, StageError> {
        let name = pass.log.clone();
        File::create(octets::to_path(&name))
            .map(|file| Self { file, name: name.clone() })
            .map_err(|error| StageError::Failed(format!("Cannot write log file '{name}' for pass-1 encoding: {error}")))
    }

    /// Adds what the encoder had to say.
    pub(super) fn add(&mut self, stats: &str) -> Result<(), StageError> {
        self.file
            .write_all(&octets::to_bytes(stats))
            .map_err(|error| StageError::Failed(format!("Cannot write log file '{}': {error}", self.name)))
    }
}

/// What a first pass wrote.
pub(super) fn read(pass: &PassPlan) -> Result<String, StageError> {
    std::fs::read(octets::to_path(&pass.log)).map(|bytes| octets::to_text(&bytes)).map_err(|error| {
        StageError::Failed(format!("Error reading log file '{}' for pass-2 encoding: {error}", pass.log))
    })
}

/// A quantiser matrix; the command line has been checked.
pub(super) fn matrix(text: &str) -> Vec<u16> {
    text.split(',').filter_map(|n| n.trim().parse().ok()).collect()
}

/// `start,end,quality/start,end,quality`.
pub(super) fn rate_overrides(text: &str) -> Result<Vec<(i32, i32, i32)>, StageError> {
    text.split('/')
        .map(|part| {
            let numbers: Vec<i32> = part.split(',').filter_map(|n| n.trim().parse().ok()).collect();
            match numbers[..] {
                [start, end, quality] => Ok((start, end, quality)),
                _ => Err(StageError::Failed(format!("error parsing rc_override: {part}"))),
            }
        })
        .collect()
}
