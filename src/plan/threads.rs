//! How many threads a filtergraph gets, where the user does not say.
//!
//! Stages run beside each other already: slicing a picture for scaling as well costs processor time and wins none while
//! an encoder has the other processors (BENCHMARKS.md). Decoders and encoders keep FFmpeg's own choice.

use super::{OutputPlan, Treatment};
use crate::facts::MediaKind;

/// Encoders that take next to no time: what feeds them is what takes it.
const LIGHT: [&str; 5] = ["rawvideo", "wrapped_avframe", "v210", "yuv4", "bitpacked"];

/// Gives a thread count to filtergraphs of pictures that have none.
pub(super) fn assign(outputs: &mut [OutputPlan], cores: usize) {
    for stream in outputs.iter_mut().flat_map(|o| &mut o.streams).filter(|s| s.kind == MediaKind::Video) {
        if let Treatment::Encode(encode) = &mut stream.treatment
            && !LIGHT.contains(&encode.encoder.as_str())
        {
            encode.filter_threads.get_or_insert_with(|| (cores / 4).max(1).to_string());
        }
    }
}
