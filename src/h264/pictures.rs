//! Pictures put together from the parts in which RTP carries them.

use super::forecast::{Forecast, Seen};
use super::{START_CODE, kind, kind_of, units};
use h264_reader::nal::sei::{HeaderType, SeiReader};
use h264_reader::rbsp::decode_nal;

/// A picture of more bytes than this is given on as it is: its sender's times stand still.
const MOST_BYTES: usize = 64 << 20;

/// A coded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its NAL units in a byte stream's form, with the parameter sets and messages before it.
    pub data: Vec<u8>,
    /// When it is shown, in the clock of its parts.
    pub pts: Option<i64>,
    /// Decoding can begin with it.
    pub key: bool,
}

/// Takes parts, gives pictures: each as soon as it is known, or very likely, to be whole.
#[derive(Debug, Default)]
pub struct PictureAssembler {
    data: Vec<u8>,
    pts: Option<i64>,
    seen: Seen,
    /// The picture at hand was given on already; what still comes of it is lost.
    given: bool,
    forecast: Forecast,
}

impl PictureAssembler {
    /// Takes the next part: one or more NAL units behind start codes, or the continuation of the last one. Gives the pictures
    /// that are over now, at most two.
    pub fn push(&mut self, part: &[u8], pts: Option<i64>) -> Vec<Picture> {
        let mut over = Vec::new();
        let begins_unit = part.starts_with(&START_CODE);
        if begins_unit && self.is_new_picture(part, pts) {
            over.extend(self.finish());
            self.pts = pts;
        } else if self.data.is_empty() && !self.given {
            // The beginning was lost.
            return over;
        } else if begins_unit && is_padding(part) {
            return over;
        } else if self.forecast.says_whole(self.seen) {
            self.forecast.was_wrong();
        }
        if self.given {
            return over;
        }
        self.add(part, begins_unit);
        if self.forecast.is_proved() && self.forecast.says_whole(self.seen) || self.data.len() > MOST_BYTES {
            over.extend(self.give());
        }
        over
    }

    /// The picture at hand, at the end of the stream.
    pub fn finish(&mut self) -> Option<Picture> {
        self.forecast.picture_over(self.seen);
        let picture = self.give();
        self.seen = Seen::default();
        self.given = false;
        picture
    }

    /// What begins with a start code begins a picture where the time is another, or where no slice can come before it.
    fn is_new_picture(&self, part: &[u8], pts: Option<i64>) -> bool {
        if self.data.is_empty() && !self.given {
            return true;
        }
        let first = units(part).next().unwrap_or_default();
        let begins = match kind_of(first) {
            kind::SLICE | kind::PARTITION_A | kind::IDR => is_first_slice(first),
            kind::SEI | kind::SPS | kind::PPS | kind::DELIMITER => true,
            _ => false,
        };
        pts != self.pts || begins && self.seen.slices > 0
    }

    fn add(&mut self, part: &[u8], begins_unit: bool) {
        self.data.extend_from_slice(part);
        if !begins_unit {
            self.seen.unit_over = self.forecast.ends_unit(part.len(), false);
            return;
        }
        let mut count = 0;
        for unit in units(part) {
            count += 1;
            match kind_of(unit) {
                kind::SLICE | kind::PARTITION_A => self.seen.slices += 1,
                kind::IDR => {
                    self.seen.slices += 1;
                    self.seen.key = true;
                }
                kind::SEI => self.seen.key |= is_recovery_point(unit),
                _ => {}
            }
        }
        // Several NAL units in one part are whole.
        self.seen.unit_over = count > 1 || self.forecast.ends_unit(part.len() - START_CODE.len(), true);
    }

    fn give(&mut self) -> Option<Picture> {
        self.given = true;
        let data = std::mem::take(&mut self.data);
        (!data.is_empty()).then_some(Picture { data, pts: self.pts, key: self.seen.key })
    }
}

/// True for a slice that begins a picture: its first number, the first macroblock, is 0, which is a single set bit.
fn is_first_slice(unit: &[u8]) -> bool {
    unit.get(1).is_some_and(|byte| byte & 0x80 != 0)
}

/// True for what may follow the slices of a picture and shows nothing: filler, the end of a sequence.
fn is_padding(part: &[u8]) -> bool {
    units(part).all(|unit| matches!(kind_of(unit), kind::END_OF_SEQUENCE..=kind::FILLER))
}

/// True for messages of which one says that decoding can begin here.
fn is_recovery_point(unit: &[u8]) -> bool {
    let Ok(bytes) = decode_nal(unit) else { return false };
    let mut scratch = Vec::new();
    let mut messages = SeiReader::from_rbsp_bytes(bytes.as_ref(), &mut scratch);
    while let Ok(Some(message)) = messages.next() {
        if message.payload_type == HeaderType::RecoveryPoint {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A NAL unit: its header, and bytes that hold no start code.
    fn unit(header: u8, bytes: usize, first: bool) -> Vec<u8> {
        let mut unit = vec![header, if first { 0x88 } else { 0x48 }];
        unit.resize(bytes.max(2), 0x55);
        unit
    }

    /// How a sender that carries `most` bytes of a NAL unit at a time cuts it.
    fn parts(unit: &[u8], most: usize) -> Vec<Vec<u8>> {
        if unit.len() <= most + 2 {
            return vec![[&START_CODE[..], unit].concat()];
        }
        let mut parts: Vec<Vec<u8>> = unit[1..].chunks(most).map(<[u8]>::to_vec).collect();
        parts[0] = [&START_CODE[..], &unit[..1], &parts[0]].concat();
        parts
    }

    /// The parts of a picture of `sizes` slices.
    fn picture(key: bool, sizes: &[usize], most: usize) -> Vec<Vec<u8>> {
        let slice =
            |(index, bytes): (usize, &usize)| parts(&unit(if key { 0x65 } else { 0x41 }, *bytes, index == 0), most);
        sizes.iter().enumerate().flat_map(slice).collect()
    }

    /// Pushes pictures; tells of each how many parts were there when it was given, and whether it was all of it.
    fn run(pictures: &[Vec<Vec<u8>>]) -> Vec<(usize, bool)> {
        let mut assembler = PictureAssembler::default();
        let mut given = Vec::new();
        for (index, parts) in pictures.iter().enumerate() {
            for (at, part) in parts.iter().enumerate() {
                for over in assembler.push(part, Some(index as i64)) {
                    let late = over.pts != Some(index as i64);
                    let whole = pictures[over.pts.unwrap_or(0) as usize].concat();
                    given.push((if late { usize::MAX } else { at + 1 }, over.data == whole));
                }
            }
        }
        given.extend(assembler.finish().map(|_| (usize::MAX, true)));
        given
    }

    fn steady(count: usize) -> Vec<Vec<Vec<u8>>> {
        (0..count).map(|n| picture(n % 20 == 0, &[if n % 20 == 0 { 9000 } else { 2500 + n }], 1000)).collect()
    }

    #[test]
    fn once_a_sender_is_known_a_picture_is_given_with_its_last_part() {
        let given = run(&steady(100));
        assert_eq!(given.len(), 100);
        assert!(given.iter().all(|(_, whole)| *whole));
        assert!(given[..20].iter().all(|(parts, _)| *parts == usize::MAX), "nothing is known yet");
        let early = given[50..].iter().filter(|(parts, _)| *parts != usize::MAX).count();
        assert_eq!(early, 50);
    }

    #[test]
    fn a_last_part_as_long_as_the_others_is_waited_for() {
        let mut pictures = steady(60);
        pictures[55] = picture(false, &[3001], 1000);
        let given = run(&pictures);
        assert_eq!(given[55], (usize::MAX, true));
        assert_ne!(given[56].0, usize::MAX);
    }

    #[test]
    fn who_cuts_otherwise_of_a_sudden_costs_one_picture_and_is_not_trusted_again() {
        let mut pictures = steady(60);
        pictures.extend((60..200).map(|n| picture(n % 20 == 0, &[2500, 2500], 1000)));
        let given = run(&pictures);
        assert_eq!(given.iter().filter(|(_, whole)| !whole).count(), 1);
        assert!(given[61..].iter().all(|(parts, whole)| *parts == usize::MAX && *whole));
    }

    #[test]
    fn pictures_of_several_slices_and_equal_cuts_are_never_given_too_soon() {
        let slices = (0..200).map(|n| picture(n % 20 == 0, &vec![1500; 1 + n % 3], 1000)).collect::<Vec<_>>();
        assert!(run(&slices).iter().all(|(_, whole)| *whole));
        let equal = (0..200).map(|n| picture(n % 20 == 0, &[3 * (800 + n % 7) + 1], 800 + n % 7)).collect::<Vec<_>>();
        assert!(run(&equal).iter().all(|(_, whole)| *whole));
    }

    #[test]
    fn keyframes_are_known_by_their_slices_or_by_a_recovery_point() {
        let mut assembler = PictureAssembler::default();
        let mut pushed = Vec::new();
        let recovery = [&START_CODE[..], &[0x06, 0x06, 0x01, 0xc4, 0x80]].concat();
        let other = [&START_CODE[..], &[0x06, 0x05, 0x02, 0x01, 0x02, 0x80]].concat();
        let frames = [vec![recovery], vec![other], vec![], vec![]];
        for (pts, before) in frames.into_iter().enumerate() {
            let slice = picture(pts == 2, &[10], 1000);
            for part in before.iter().chain(&slice) {
                pushed.extend(assembler.push(part, Some(pts as i64)));
            }
        }
        let keys: Vec<_> = pushed.iter().map(|picture| (picture.pts, picture.key)).collect();
        assert_eq!(keys, [(Some(0), true), (Some(1), false), (Some(2), true)]);
    }

    #[test]
    fn pictures_are_told_apart_where_all_times_are_equal() {
        let mut assembler = PictureAssembler::default();
        let slice = picture(false, &[10], 1000).concat();
        let given: Vec<_> = (0..5).flat_map(|_| assembler.push(&slice, Some(7))).collect();
        assert_eq!(given.len(), 4);
        assert!(given.iter().all(|picture| picture.data == slice));
    }

    proptest! {
        /// However pictures are cut, none of their bytes is lost or misplaced as long as nothing was forecast wrong; and a
        /// wrong forecast happens once at the most.
        #[test]
        fn bytes_arrive_in_order(
            sizes in prop::collection::vec(prop::collection::vec(2usize..4000, 1..4), 1..120),
            most in 300usize..1500,
        ) {
            let pictures: Vec<_> = sizes.iter().enumerate().map(|(n, s)| picture(n % 10 == 0, s, most)).collect();
            let given = run(&pictures);
            prop_assert_eq!(given.len(), pictures.len());
            prop_assert!(given.iter().filter(|(_, whole)| !whole).count() <= 1);
        }

        /// Nothing that arrives makes it fail.
        #[test]
        fn anything_may_arrive(parts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), any::<bool>(), 0i64..3), 0..60)) {
            let mut assembler = PictureAssembler::default();
            for (bytes, begins, pts) in parts {
                let part = if begins { [&START_CODE[..], &bytes].concat() } else { bytes };
                assembler.push(&part, Some(pts));
            }
        }
    }
}
