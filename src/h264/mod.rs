//! What H.264 itself tells, without a decoder: its sequence header, where a picture ends that arrives in parts, and its place on
//! the screen.

mod forecast;
mod order;
mod pictures;
mod sequence;

pub use order::DisplayOrder;
pub use pictures::{Picture, PictureAssembler};
pub use sequence::SequenceHeader;

/// Kinds of NAL units, as ITU-T H.264 numbers them (table 7-1).
mod kind {
    pub const SLICE: u8 = 1;
    pub const PARTITION_A: u8 = 2;
    pub const PARTITION_B: u8 = 3;
    pub const PARTITION_C: u8 = 4;
    pub const IDR: u8 = 5;
    pub const SEI: u8 = 6;
    pub const SPS: u8 = 7;
    pub const PPS: u8 = 8;
    pub const DELIMITER: u8 = 9;
    pub const END_OF_SEQUENCE: u8 = 10;
    pub const FILLER: u8 = 12;
}

/// What begins a NAL unit in a byte stream (ITU-T H.264, annex B), as FFmpeg's demuxers write it.
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// The NAL units of `data`, which begins with a start code; their headers included.
fn units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data.strip_prefix(&START_CODE).unwrap_or_default();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let next = rest.windows(START_CODE.len()).position(|bytes| bytes == START_CODE);
        let (unit, left) = next.map_or((rest, &[][..]), |at| (&rest[..at], &rest[at + START_CODE.len()..]));
        rest = left;
        Some(unit)
    })
}

/// The kind of a NAL unit.
fn kind_of(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |header| header & 31)
}
