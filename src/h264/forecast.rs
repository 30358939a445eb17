//! Whether the part of a picture that has come is its last one: told from the pictures before it.

/// So many forecasts in a row must have been right, a keyframe's among them, before one is acted upon.
const PROVED_BY: u32 = 25;

/// Learns from whole pictures how a sender cuts them, and says of a picture at hand that it is whole.
///
/// RTP marks the last part of a picture, but FFmpeg's demuxer keeps the mark to itself. What is left to see: pictures of one
/// sender have a number of slices, and of a slice cut into equal parts only the last one is shorter. A forecast is made of
/// every picture, and acted upon only once a row of them was right; a wrong one that was acted upon is the last.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    /// The largest part of a NAL unit behind its first, in bytes.
    largest: usize,
    /// The most slices of a picture.
    slices: usize,
    right: u32,
    right_of_key: bool,
    given_up: bool,
}

/// What is known of a picture while its parts come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub slices: usize,
    pub key: bool,
    /// The last part ends its NAL unit, as far as sizes tell.
    pub unit_over: bool,
}

impl Forecast {
    /// Whether the NAL unit ends with this part. `first`: it begins one, and has this many bytes without the start code.
    pub fn ends_unit(&mut self, bytes: usize, first: bool) -> bool {
        if first {
            // The first of several parts has one byte more than those behind it: the header of its NAL unit.
            return bytes <= self.largest;
        }
        let shorter = bytes < self.largest;
        self.largest = self.largest.max(bytes);
        shorter
    }

    /// True when the picture is expected to be whole.
    pub fn says_whole(&self, seen: Seen) -> bool {
        seen.unit_over && seen.slices > 0 && seen.slices == self.slices
    }

    /// True when a picture has as many slices as any before it.
    pub fn has_all_slices(&self, seen: Seen) -> bool {
        self.slices > 0 && seen.slices >= self.slices
    }

    /// True when a picture that is expected to be whole may be given on.
    pub fn is_proved(&self) -> bool {
        self.right >= PROVED_BY && self.right_of_key && !self.given_up
    }

    /// The picture is over.
    pub fn picture_over(&mut self, seen: Seen) {
        if self.says_whole(seen) {
            self.right += 1;
            self.right_of_key |= seen.key;
        }
        self.slices = self.slices.max(seen.slices);
    }

    /// A picture that was expected to be whole went on.
    pub fn was_wrong(&mut self) {
        self.given_up |= self.is_proved();
        self.right = 0;
        self.right_of_key = false;
    }
}
