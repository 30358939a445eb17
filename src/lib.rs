//! weir: a transcoding engine on FFmpeg's libraries that takes ffmpeg's own command line.
//!
//! See ARCHITECTURE.md for the map: floors, what flows between them, where to add things.

pub mod app;
pub mod av;
pub mod catalog;
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod facts;
pub mod h264;
pub mod octets;
pub mod plan;
pub mod report;
pub mod retry;
pub mod spec;
pub mod timing;
pub mod unit;
