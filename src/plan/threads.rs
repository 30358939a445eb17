//! How many threads decoders and filters get, where the user does not say.
//!
//! Stages run beside each other already, and threads inside a decoder cost processor time: of H.264 by frame threads
//! about 15 %. One thread alone, though, is what all the others wait for when the encoder is fast. On two processors two
//! decoding threads and one scaling thread were the fastest and the cheapest (BENCHMARKS.md).

use super::{InputPlan, OutputPlan, Treatment};
use crate::facts::{InputFacts, MediaKind};

/// Encoders that take next to no time: what feeds them is what takes it.
const LIGHT: [&str; 5] = ["rawvideo", "wrapped_avframe", "v210", "yuv4", "bitpacked"];

/// Gives thread counts to decoders and filtergraphs that have none.
pub(super) fn assign(inputs: &mut [InputPlan], outputs: &mut [OutputPlan], facts: &[InputFacts], cores: usize) {
    for (i, input) in inputs.iter_mut().enumerate() {
        for (s, stream) in input.streams.iter_mut().enumerate() {
            let h264 = facts[i].streams[s].codec == "h264";
            let encoded = outputs.iter().flat_map(|o| &o.streams).any(|o| o.source == (i, s) && is_heavy(&o.treatment));
            let Some(decode) = &mut stream.decode else { continue };
            if h264 && encoded && !decode.options.iter().any(|(k, _)| k == "threads") {
                decode.options.push(("threads".to_owned(), (cores / 2).max(2).to_string()));
            }
        }
    }
    for stream in outputs.iter_mut().flat_map(|o| &mut o.streams).filter(|s| s.kind == MediaKind::Video) {
        let heavy = is_heavy(&stream.treatment);
        if let (Treatment::Encode(encode), true) = (&mut stream.treatment, heavy) {
            encode.filter_threads.get_or_insert_with(|| (cores / 4).max(1).to_string());
        }
    }
}

fn is_heavy(treatment: &Treatment) -> bool {
    matches!(treatment, Treatment::Encode(encode) if !LIGHT.contains(&encode.encoder.as_str()))
}
