//! The engine: prepares a job, runs its stages on threads joined by bounded links, and tells how it ended.

pub mod balance;
pub mod clock;
pub mod commands;
mod discard;
pub mod fault;
pub mod flow;
mod hardware;
pub mod journal;
pub mod kernel;
pub mod keyframes;
pub mod leak;
pub mod link;
pub mod meter;
pub mod oversight;
pub mod picture_errors;
mod prepare;
mod presets;
mod run;
pub mod session;
pub mod stages;
pub mod stop;
pub mod threads;
mod told_times;
mod wanted;
mod wiring;

/// Target of records that only the command called `ffmpeg` tells: words of its own that programs may look for.
pub const AS_FFMPEG: &str = "as ffmpeg";
/// Target of records that it does not tell.
pub const AS_WEIR: &str = "as weir";

pub use discard::has_content;
pub use fault::StageError;
pub use journal::Journal;
pub use meter::Meter;
pub use prepare::{
    OpenInputs, PrepareError, Prepared, concat_directives, concat_list, is_one_file, missing_folder, open_inputs,
};
pub use run::{Outcome, OutputEnd, Running};
pub use stop::StopSignal;
