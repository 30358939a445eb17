//! The stages: demux, decode, filter, encode, mux, and subtitles on their own way.

pub mod copy;
pub mod decode;
pub mod demux;
pub mod drawing;
pub mod encode;
pub mod feed;
pub mod filter;
pub mod frame_stats;
pub mod loopback;
pub mod mux;
mod passes;
pub mod picture_subtitles;
pub mod sdp;
pub mod subtitle;
pub mod undecodable;
pub mod video_stats;
