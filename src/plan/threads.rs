//! How many threads decoders and filters get, where the user does not say.
//!
//! Stages run beside each other already. Threads inside a decoder pay only where it is the one that all wait for:
//! H.264 decoding by frame threads costs about 15 % more processor time than decoding by one (BENCHMARKS.md).

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
                decode.options.push(("threads".to_owned(), beside_encoder(cores).to_string()));
            }
        }
    }
    for stream in outputs.iter_mut().flat_map(|o| &mut o.streams).filter(|s| s.kind == MediaKind::Video) {
        let heavy = is_heavy(&stream.treatment);
        if let (Treatment::Encode(encode), true) = (&mut stream.treatment, heavy) {
            encode.filter_threads.get_or_insert_with(|| beside_encoder(cores).to_string());
        }
    }
}

fn is_heavy(treatment: &Treatment) -> bool {
    matches!(treatment, Treatment::Encode(encode) if !LIGHT.contains(&encode.encoder.as_str()))
}

/// A quarter of the processors, at least one: the encoder takes the rest.
fn beside_encoder(cores: usize) -> usize {
    (cores / 4).max(1)
}
