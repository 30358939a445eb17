//! The order in which pictures are shown, as their slices tell it.

use super::{kind, kind_of, units};
use h264_reader::nal::sps::{PicOrderCntType, SeqParameterSet};
use h264_reader::rbsp::{BitRead, BitReader, decode_nal};

/// The numbers before the order in a slice's header take no more bytes than this.
const HEADER_BYTES: usize = 24;

/// How a sequence writes the order down (ITU-T H.264, 7.3.3, with `pic_order_cnt_type` 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisplayOrder {
    frame_number_bits: u32,
    order_bits: u32,
}

impl DisplayOrder {
    /// Of pictures that are whole frames; `None` where slices do not tell it.
    pub(super) fn of(sps: &SeqParameterSet) -> Option<Self> {
        let PicOrderCntType::TypeZero { log2_max_pic_order_cnt_lsb_minus4 } = sps.pic_order_cnt else { return None };
        Some(Self {
            frame_number_bits: sps.log2_max_frame_num().into(),
            order_bits: u32::from(log2_max_pic_order_cnt_lsb_minus4) + 4,
        })
    }

    /// The place of a picture, in a byte stream's form: usually two for each picture, and starting over now and then.
    pub fn read(self, picture: &[u8]) -> Option<i64> {
        let slice = units(picture).find(|unit| matches!(kind_of(unit), kind::SLICE | kind::PARTITION_A | kind::IDR))?;
        let bytes = decode_nal(&slice[..slice.len().min(HEADER_BYTES)]).ok()?;
        let mut bits = BitReader::new(bytes.as_ref());
        for number in ["first_mb_in_slice", "slice_type", "pic_parameter_set_id"] {
            bits.read_ue(number).ok()?;
        }
        bits.skip(self.frame_number_bits, "frame_num").ok()?;
        if kind_of(slice) == kind::IDR {
            bits.read_ue("idr_pic_id").ok()?;
        }
        bits.read_var::<u32>(self.order_bits, "pic_order_cnt_lsb").ok().map(i64::from)
    }

    /// From one place to another, the shorter way round.
    pub fn distance(self, from: i64, to: i64) -> i64 {
        let whole = 1i64 << self.order_bits;
        (to - from + whole / 2).rem_euclid(whole) - whole / 2
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::h264::START_CODE;
    use proptest::prelude::*;

    /// A picture whose slice has these numbers before the order, which is `order`.
    fn picture(idr: bool, frame_number: u32, order: u32, how: DisplayOrder) -> Vec<u8> {
        let mut bits = String::from("1");
        // slice_type 7, the parameter set 0.
        bits += "0001000";
        bits += "1";
        bits += &format!("{frame_number:0width$b}", width = how.frame_number_bits as usize);
        bits += if idr { "010" } else { "" };
        bits += &format!("{order:0width$b}", width = how.order_bits as usize);
        bits += "10101010101010101010101010101010";
        let bytes = bits
            .as_bytes()
            .chunks_exact(8)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap());
        let mut unit = vec![if idr { 0x65 } else { 0x41 }];
        // What looks like a start code is escaped.
        let mut zeros = 0;
        for byte in bytes {
            if zeros >= 2 && byte <= 3 {
                unit.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            unit.push(byte);
        }
        [&START_CODE[..], &[9, 0xf0], &START_CODE[..], &unit].concat()
    }

    proptest! {
        #[test]
        fn the_order_of_a_slice_is_read(
            idr: bool, frame_number_bits in 4u32..=16, order_bits in 4u32..=16, frame_number: u32, order: u32,
        ) {
            let how = DisplayOrder { frame_number_bits, order_bits };
            let (frame_number, order) = (frame_number % (1 << frame_number_bits), order % (1 << order_bits));
            prop_assert_eq!(how.read(&picture(idr, frame_number, order, how)), Some(i64::from(order)));
        }

        #[test]
        fn garbage_has_no_order_or_some(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let how = DisplayOrder { frame_number_bits: 4, order_bits: 6 };
            let order = how.read(&[&START_CODE[..], &bytes].concat());
            prop_assert!(order.is_none_or(|order| (0..64).contains(&order)));
        }
    }

    #[test]
    fn places_go_round() {
        let how = DisplayOrder { frame_number_bits: 4, order_bits: 6 };
        assert_eq!([(0, 8), (60, 4), (4, 60), (8, 2)].map(|(from, to)| how.distance(from, to)), [8, 8, -8, -6]);
    }
}
