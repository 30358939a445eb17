//! The sequence header: what pictures will be, before the first has come.

use super::{DisplayOrder, START_CODE, kind, kind_of, units};
use crate::unit::Rational;
use h264_reader::nal::sps::{ChromaFormat, FrameMbsFlags, PicOrderCntType, SeqParameterSet};
use h264_reader::rbsp::{BitReader, decode_nal};

/// `profile_idc` of the Baseline profile, which has no pictures out of order.
const BASELINE: u8 = 66;
/// FFmpeg's mark on a profile that is constrained.
const CONSTRAINED: i32 = 1 << 9;
/// The most pictures that a decoder holds back.
const MOST_REORDERED: u32 = 16;
/// Rates above this are ticks of a clock, not pictures, in pictures per second.
const FASTEST: i64 = 300;

/// What a sequence parameter set says of pictures with 8 bits in 4:2:0, whole frames only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceHeader {
    /// Width in pixels, after cropping.
    pub width: u32,
    /// Height in pixels, after cropping.
    pub height: u32,
    /// FFmpeg's number of the profile.
    pub profile: i32,
    /// Ten times the level.
    pub level: u8,
    /// Pixel aspect ratio, where it is told.
    pub sample_aspect_ratio: Option<Rational>,
    /// Frames per second, where they are told.
    pub frame_rate: Option<Rational>,
    /// So many pictures may come before one in decoding order and after it on the screen.
    pub reorder: usize,
    /// How slices tell the order on the screen, where they do.
    pub order: Option<DisplayOrder>,
    /// The range of values, where it is told: all of 0 to 255.
    pub full_range: Option<bool>,
    /// Colour primaries, transfer and matrix, as ITU-T H.273 numbers them.
    pub colours: Option<[u8; 3]>,
    /// Where chroma samples lie (ITU-T H.264, `chroma_sample_loc_type`).
    pub chroma_location: u32,
}

impl SequenceHeader {
    /// Reads the parameter sets before a stream, in a byte stream's form.
    ///
    /// `None` where they are not all there, or where pictures are not of the kind above, or may be shown in another order and
    /// nothing tells by how much.
    pub fn read(parameter_sets: &[u8]) -> Option<Self> {
        if !parameter_sets.starts_with(&START_CODE) || !units(parameter_sets).any(|unit| kind_of(unit) == kind::PPS) {
            return None;
        }
        let mut sets = units(parameter_sets).filter(|unit| kind_of(unit) == kind::SPS);
        let (first, None) = (sets.next()?, sets.next()) else { return None };
        Self::of_set(first)
    }

    /// Reads one sequence parameter set, a NAL unit without its start code; `None` as above.
    pub fn of_set(unit: &[u8]) -> Option<Self> {
        let bytes = decode_nal(unit).ok()?;
        Self::of(&SeqParameterSet::from_bits(BitReader::new(bytes.as_ref())).ok()?)
    }

    fn of(sps: &SeqParameterSet) -> Option<Self> {
        let chroma = &sps.chroma_info;
        let plain = chroma.chroma_format == ChromaFormat::YUV420
            && (chroma.bit_depth_luma_minus8, chroma.bit_depth_chroma_minus8) == (0, 0)
            && sps.frame_mbs_flags == FrameMbsFlags::Frames;
        if !plain {
            return None;
        }
        let profile_idc = u8::from(sps.profile_idc);
        let vui = sps.vui_parameters.as_ref();
        let told = vui.and_then(|vui| vui.bitstream_restrictions.as_ref()).map(|told| told.max_num_reorder_frames);
        let in_order = profile_idc == BASELINE || sps.pic_order_cnt == PicOrderCntType::TypeTwo;
        let reorder = if in_order { 0 } else { told.filter(|told| *told <= MOST_REORDERED)? };
        let (width, height) = sps.pixel_dimensions().ok()?;
        let signal = vui.and_then(|vui| vui.video_signal_type.as_ref());
        let constrained = profile_idc == BASELINE && sps.constraint_flags.flag1();
        let ratio = |num: i64, den: i64| Rational::reduced(num, den).filter(|ratio| ratio.is_valid());
        let timing = vui.and_then(|vui| vui.timing_info.as_ref());
        // A tick is a field.
        let rate = timing.and_then(|t| ratio(t.time_scale.into(), 2 * i64::from(t.num_units_in_tick)));
        let plausible = |rate: &Rational| (1..=FASTEST).contains(&(i64::from(rate.num) / i64::from(rate.den)));
        let aspect = vui.and_then(|vui| vui.aspect_ratio_info.as_ref()).and_then(|aspect| aspect.get());
        Some(Self {
            width,
            height,
            profile: i32::from(profile_idc) | if constrained { CONSTRAINED } else { 0 },
            level: sps.level_idc,
            sample_aspect_ratio: aspect.and_then(|(num, den)| ratio(num.into(), den.into())),
            frame_rate: rate.filter(plausible),
            reorder: usize::try_from(reorder).ok()?,
            order: DisplayOrder::of(sps),
            full_range: signal.map(|signal| signal.video_full_range_flag),
            colours: signal
                .and_then(|signal| signal.colour_description.as_ref())
                .map(|c| [c.colour_primaries, c.transfer_characteristics, c.matrix_coefficients]),
            chroma_location: vui
                .and_then(|vui| vui.chroma_loc_info.as_ref())
                .map_or(0, |place| place.chroma_sample_loc_type_top_field),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const PPS: &str = "68ebe3cb22c0";
    /// 1920x1080 with B-pictures, BT.709, 25 frames a second.
    const HIGH: &str = "67640028acd940780227e5c05a808080a0000003002000000641e30632c0";
    /// 320x240, constrained Baseline.
    const BASELINE: &str = "6742c00dd90141fb011000000300100000030320f142a480";
    const TEN_BITS: &str = "676e000da6cd94141fb011000003000100000300320f142996";
    const FIELDS: &str = "67640015acd941410fcb808800000300080000030190f8a14cb0";

    fn stream(units: &[&str]) -> Vec<u8> {
        let byte = |at: usize, unit: &str| u8::from_str_radix(&unit[at..at + 2], 16).unwrap();
        let bytes = |unit: &str| (0..unit.len()).step_by(2).map(|at| byte(at, unit)).collect::<Vec<_>>();
        units.iter().flat_map(|unit| [START_CODE.to_vec(), bytes(unit)].concat()).collect()
    }

    #[test]
    fn what_a_parameter_set_says_is_read() {
        let header = SequenceHeader::read(&stream(&[HIGH, PPS])).unwrap();
        let expected = SequenceHeader {
            width: 1920,
            height: 1080,
            profile: 100,
            level: 40,
            sample_aspect_ratio: Some(Rational::new(1, 1)),
            frame_rate: Some(Rational::new(25, 1)),
            reorder: 2,
            order: header.order,
            full_range: Some(false),
            colours: Some([1, 1, 1]),
            chroma_location: 0,
        };
        assert_eq!(header, expected);
        let header = SequenceHeader::read(&stream(&[BASELINE, PPS])).unwrap();
        assert_eq!((header.width, header.height, header.profile, header.reorder), (320, 240, 66 | 512, 0));
    }

    #[test]
    fn what_would_need_a_decoder_is_left_to_it() {
        for units in [&[HIGH][..], &[PPS], &[TEN_BITS, PPS], &[FIELDS, PPS], &[HIGH, BASELINE, PPS], &["67", PPS], &[]]
        {
            assert_eq!(SequenceHeader::read(&stream(units)), None, "{units:?}");
        }
        assert_eq!(SequenceHeader::read(&[1, 100, 0, 40, 255]), None, "not a byte stream");
    }

    proptest! {
        /// Nothing that a description tells makes it fail, or hold back more pictures than a decoder does.
        #[test]
        fn anything_may_be_told(damage in prop::collection::vec((0usize..30, any::<u8>()), 1..6), random in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut told = stream(&[HIGH, PPS]);
            damage.iter().for_each(|(at, byte)| told[4 + at] = *byte);
            for sets in [told, [stream(&[PPS]), START_CODE.to_vec(), vec![0x67], random].concat()] {
                if let Some(header) = SequenceHeader::read(&sets) {
                    prop_assert!(header.reorder <= 16);
                    prop_assert!(header.frame_rate.is_none_or(|rate| rate.is_valid()));
                }
            }
        }
    }
}
