//! Options that few command lines have.

mod global;
mod input;
mod output;

use super::Row;

const ANY: i64 = i32::MAX as i64;

/// Those of the whole run, of inputs and of outputs.
pub(super) const ROWS: [&[Row]; 3] = [global::ROWS, input::ROWS, output::ROWS];
