//! Report: all that is told to people and programs while a job runs and when it has ended.
//!
//! stdout is data, stderr is talk; [`terminal`] is the one place that writes to stderr.

/// A line at the end of a string; writing to a string cannot fail.
macro_rules! line {
    ($text:expr, $($words:tt)*) => {{
        use std::fmt::Write;
        let _ = writeln!($text, $($words)*);
    }};
}

pub mod aside;
pub mod banner;
pub mod benchmark;
pub mod completion;
pub mod ending;
pub mod events;
pub mod expected;
pub mod explain;
pub mod graphs;
pub mod help;
pub mod level;
pub mod listing;
pub mod log;
pub mod mapping;
pub mod metrics;
pub mod newcomer;
pub mod progress;
pub mod report_file;
pub mod snapshot;
pub mod status;
pub mod summary;
pub mod terminal;
pub mod ticker;

pub use level::LogSettings;
pub use terminal::{data, say};

/// The name that the program was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalledAs {
    /// `weir`, or anything but the following.
    Weir,
    /// `ffmpeg`: nothing is told that ffmpeg would not tell.
    Ffmpeg,
}

impl CalledAs {
    /// The name itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weir => "weir",
            Self::Ffmpeg => "ffmpeg",
        }
    }
}
