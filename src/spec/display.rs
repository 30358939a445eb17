//! What is said of a stream of pictures in place of what its file says: how it is to be shown, and what of it.

use super::PerStream;

/// The colour volume of the display on which pictures were mastered (SMPTE ST 2086).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasteringDisplay {
    /// CIE 1931 x and y of red, green and blue, in units of 0.00002.
    pub primaries: [[u16; 2]; 3],
    /// The same of its white point.
    pub white_point: [u16; 2],
    /// Its brightest light, in units of 0.0001 candela per square metre; fits an `i32`.
    pub max_luminance: u32,
    /// Its darkest, not above the brightest.
    pub min_luminance: u32,
}

/// How bright the pictures become (CTA-861.3), in candela per square metre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentLight {
    /// The brightest pixel of all (MaxCLL).
    pub max_content: u16,
    /// The brightest average of a picture (MaxFALL).
    pub max_average: u16,
}

/// Who may cut off the margins of pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cropping {
    /// Nobody.
    None,
    /// Codec and container.
    #[default]
    All,
    /// What the codec's header says.
    Codec,
    /// What the container says.
    Container,
}

impl Cropping {
    /// What the codec's header says is cut off.
    pub const fn by_codec(self) -> bool {
        matches!(self, Self::All | Self::Codec)
    }

    /// What the container says is cut off.
    pub const fn by_container(self) -> bool {
        matches!(self, Self::All | Self::Container)
    }
}

/// What an input is told about its pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DisplaySpec {
    /// `-display_rotation`: degrees counter-clockwise.
    pub rotation: PerStream<f64>,
    /// `-display_hflip`.
    pub hflip: PerStream<bool>,
    /// `-display_vflip`.
    pub vflip: PerStream<bool>,
    /// `-mastering_display`.
    pub mastering: PerStream<MasteringDisplay>,
    /// `-content_light`.
    pub content_light: PerStream<ContentLight>,
    /// `-apply_cropping`.
    pub cropping: PerStream<Cropping>,
}
