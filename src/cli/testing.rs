//! A small catalog for tests.

use crate::catalog::{Catalog, CodecFacts, MuxerFacts, OptionScopes};
use crate::facts::MediaKind;

/// Knows a handful of options and formats.
pub struct FakeCatalog;

const CODEC: [&str; 12] =
    ["b", "g", "bf", "preset", "crf", "tune", "profile", "level", "maxrate", "bufsize", "x264-params", "threads"];
const FORMAT: [&str; 4] = ["movflags", "flvflags", "avoid_negative_ts", "fflags"];

impl Catalog for FakeCatalog {
    fn option_scopes(&self, name: &str) -> OptionScopes {
        OptionScopes {
            codec: CODEC.contains(&name) || name == "flags" || name == "strict",
            format: FORMAT.contains(&name) || name == "strict",
            scaler: name == "sws_flags",
            resampler: name == "resampler",
        }
    }
    fn option_names(&self) -> Vec<String> {
        CODEC.iter().chain(&FORMAT).map(|name| (*name).to_owned()).collect()
    }
    fn demuxer_exists(&self, _: &str) -> bool {
        true
    }
    fn muxer(&self, _: &str) -> Option<MuxerFacts> {
        None
    }
    fn guess_muxer(&self, _: &str) -> Option<MuxerFacts> {
        None
    }
    fn guess_codec(&self, _: &str, _: &str, _: MediaKind) -> u32 {
        0
    }
    fn muxer_takes(&self, _: &str, _: u32) -> Option<bool> {
        None
    }
    fn encoder(&self, _: &str) -> Option<CodecFacts> {
        None
    }
    fn encoder_for(&self, _: u32) -> Option<CodecFacts> {
        None
    }
    fn decoder(&self, _: &str) -> Option<CodecFacts> {
        None
    }
    fn decoder_for(&self, _: u32) -> Option<CodecFacts> {
        None
    }
    fn encoders(&self, _: MediaKind) -> Vec<CodecFacts> {
        Vec::new()
    }
    fn codec_id(&self, _: &str) -> Option<u32> {
        None
    }
    fn codec_name(&self, _: u32) -> String {
        String::new()
    }
    fn encoder_has_option(&self, _: &str, _: &str) -> bool {
        false
    }
    fn encoder_formats(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
    fn is_pixel_format(&self, name: &str) -> bool {
        matches!(name, "yuv420p" | "rgb24")
    }
    fn is_sample_format(&self, name: &str) -> bool {
        matches!(name, "s16" | "fltp")
    }
}
