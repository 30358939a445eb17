//! Time as pure state machines: the input's timeline, the output's frame rate, the muxer's last guard, pacing.

mod astray;
mod decoding_times;
mod dts_guard;
mod first_clock;
mod frame_rate;
mod graph_link;
mod heartbeats;
mod interleaving;
mod keep_up;
mod pace;
mod presentation;
mod rate_probe;
mod reorder;
mod rescale_delta;
mod settle;
mod shortest;
mod timeline;

pub use astray::place_before;
pub use decoding_times::DecodingTimes;
pub use dts_guard::{DtsGuard, DtsRepair};
pub use first_clock::{FirstClock, Shown};
pub use frame_rate::{Arrival, FrameRate, FrameRateSettings, Placement};
pub use graph_link::GraphLink;
pub use heartbeats::{Due, Heartbeats};
pub use interleaving::Interleaving;
pub use keep_up::{Change, KeepUp, Measure, Remedy, Review};
pub use pace::Pacer;
pub use presentation::{Place, Presentation};
pub use rate_probe::RateProbe;
pub use reorder::ReorderWindow;
pub use rescale_delta::RescaleDelta;
pub use settle::Settle;
pub use shortest::{Member, Patience, Shortest};
pub use timeline::{PacketTimes, PreRoll, Stamped, StreamTiming, Timeline, TimelineSettings};
