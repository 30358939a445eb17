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
    /// The sequence parameter set that came with it.
    pub sequence: Option<Vec<u8>>,
}

/// The NAL unit that the next part may go on with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Unit {
    /// None: it is over, or its beginning was lost.
    #[default]
    Closed,
    /// One of the picture.
    Open,
    /// One that shows nothing.
    Padding,
}

/// Takes parts, gives pictures: each as soon as it is known, or very likely, to be whole.
#[derive(Debug, Default)]
pub struct PictureAssembler {
    data: Vec<u8>,
    pts: Option<i64>,
    sequence: Option<Vec<u8>>,
    seen: Seen,
    unit: Unit,
    /// The picture at hand was given on already; what still comes of it is lost.
    given: bool,
    forecast: Forecast,
}

impl PictureAssembler {
    /// Takes the next part: one or more NAL units behind start codes, or the continuation of the last one. Gives the pictures
    /// that are over now, at most two.
    pub fn push(&mut self, part: &[u8], pts: Option<i64>) -> Vec<Picture> {
        let mut over = Vec::new();
        if part.starts_with(&START_CODE) {
            if self.is_new_picture(part, pts) {
                over.extend(self.finish());
                self.pts = pts;
            } else if self.seen.slices == 0 {
                // Some senders give parameter sets the time of the picture before them.
                self.pts = pts;
            }
            self.begin_unit(part);
        } else {
            self.go_on(part, pts);
        }
        if !self.given && self.unit != Unit::Closed {
            // A sender report may have set the clock right since the picture began: the later time holds.
            self.pts = pts;
        }
        let whole = self.forecast.is_proved() && self.forecast.says_whole(self.seen);
        if !self.given && (whole || self.data.len() > MOST_BYTES) {
            over.extend(self.give());
        }
        over
    }

    /// The picture at hand, at the end of the stream.
    pub fn finish(&mut self) -> Option<Picture> {
        self.forecast.picture_over(self.seen);
        let picture = if self.given { None } else { self.give() };
        self.seen = Seen::default();
        self.unit = Unit::Closed;
        self.given = false;
        picture
    }

    /// What begins with a start code begins a picture where no slice of the one at hand can come before it.
    ///
    /// Another time alone tells little: a sender report may set the clock right between two parts of a picture. It counts
    /// where the picture has all its slices already, so that the first slice of the next one was lost.
    fn is_new_picture(&self, part: &[u8], pts: Option<i64>) -> bool {
        if self.seen.slices == 0 {
            return self.given || self.data.is_empty();
        }
        let first = units(part).next().unwrap_or_default();
        match kind_of(first) {
            kind::SLICE | kind::PARTITION_A | kind::IDR if is_first_slice(first) => true,
            kind::SLICE | kind::PARTITION_A | kind::IDR => pts != self.pts && self.forecast.has_all_slices(self.seen),
            kind::SEI | kind::SPS | kind::PPS | kind::DELIMITER => true,
            kind::PARTITION_B..=kind::PARTITION_C | kind::END_OF_SEQUENCE..=kind::FILLER => false,
            _ => pts != self.pts,
        }
    }

    fn begin_unit(&mut self, part: &[u8]) {
        if is_padding(part) {
            self.unit = Unit::Padding;
            self.keep(part);
            return;
        }
        if self.forecast.says_whole(self.seen) {
            self.forecast.was_wrong();
        }
        self.keep(part);
        let (mut count, mut may_go_on) = (0, false);
        for unit in units(part) {
            count += 1;
            match kind_of(unit) {
                kind::SLICE | kind::PARTITION_A => self.seen.slices += 1,
                kind::IDR => {
                    self.seen.slices += 1;
                    self.seen.key = true;
                }
                kind::SEI => self.seen.key |= is_recovery_point(unit),
                kind::SPS if !self.given => self.sequence = Some(unit.to_vec()),
                _ => {}
            }
            may_go_on = !matches!(kind_of(unit), kind::SPS | kind::PPS | kind::DELIMITER);
        }
        // Several NAL units in one part are whole.
        self.seen.unit_over = count > 1 || self.forecast.ends_unit(part.len() - START_CODE.len(), true);
        self.unit = if count == 1 && may_go_on { Unit::Open } else { Unit::Closed };
    }

    fn go_on(&mut self, part: &[u8], pts: Option<i64>) {
        match self.unit {
            Unit::Closed => {}
            Unit::Padding => self.keep(part),
            // It goes on with a NAL unit whose beginning was lost.
            Unit::Open if self.seen.unit_over && pts != self.pts => self.unit = Unit::Closed,
            Unit::Open => {
                if self.forecast.says_whole(self.seen) {
                    self.forecast.was_wrong();
                }
                self.keep(part);
                self.seen.unit_over = self.forecast.ends_unit(part.len(), false);
            }
        }
    }

    fn keep(&mut self, part: &[u8]) {
        if !self.given {
            self.data.extend_from_slice(part);
        }
    }

    fn give(&mut self) -> Option<Picture> {
        self.given = true;
        let data = std::mem::take(&mut self.data);
        let sequence = self.sequence.take();
        (!data.is_empty()).then_some(Picture { data, pts: self.pts, key: self.seen.key, sequence })
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

    /// Pushes parts with their times; gives the pictures.
    fn pushed(parts: &[(&[u8], i64)]) -> Vec<Picture> {
        let mut assembler = PictureAssembler::default();
        let mut given: Vec<_> = parts.iter().flat_map(|(part, pts)| assembler.push(part, Some(*pts))).collect();
        given.extend(assembler.finish());
        given
    }

    /// An assembler that gives pictures of `slices` slices with their last part; the next one's time is 100.
    fn trained(slices: &[usize]) -> PictureAssembler {
        let mut assembler = PictureAssembler::default();
        for n in 0..100 {
            picture(n % 20 == 0, slices, 1000).iter().for_each(|part| drop(assembler.push(part, Some(n))));
        }
        assert!(assembler.given);
        assembler
    }

    #[test]
    fn a_clock_that_is_set_right_within_a_picture_does_not_cut_it() {
        let slices = picture(true, &[1500, 1500], 1000);
        let next = picture(false, &[20], 1000);
        let parts = [(&slices[0][..], 0), (&slices[1], 0), (&slices[2], 7), (&slices[3], 7), (&next[0], 47)];
        let given = pushed(&parts);
        assert_eq!(given.len(), 2);
        assert_eq!((&given[0].data, given[0].pts), (&slices.concat(), Some(7)));
    }

    #[test]
    fn parameter_sets_with_the_time_of_the_picture_before_belong_to_the_one_behind_them() {
        let sps = [&START_CODE[..], &[0x67, 100, 0, 40]].concat();
        let (first, key) = (picture(false, &[20], 1000).concat(), picture(true, &[20], 1000).concat());
        let given = pushed(&[(&first, 0), (&sps, 0), (&key, 40)]);
        let found: Vec<_> = given.iter().map(|p| (p.pts, p.key, p.data.len(), p.sequence.is_some())).collect();
        assert_eq!(found, [(Some(0), false, 24, false), (Some(40), true, 32, true)]);
    }

    #[test]
    fn a_picture_whose_beginning_was_lost_costs_neither_the_one_before_nor_trust() {
        let mut assembler = trained(&[2500]);
        let lost = picture(false, &[2500], 1000);
        assert!(lost[1..].iter().all(|part| assembler.push(part, Some(100)).is_empty()));
        let next = picture(false, &[2500], 1000);
        let given: Vec<_> = next.iter().flat_map(|part| assembler.push(part, Some(101))).collect();
        assert_eq!(given.len(), 1, "it is given with its last part");
        assert_eq!((&given[0].data, given[0].pts), (&next.concat(), Some(101)));
    }

    #[test]
    fn a_first_slice_that_was_lost_does_not_join_two_pictures() {
        let mut assembler = trained(&[2500, 2500]);
        let lost = picture(false, &[2500, 2500], 1000);
        assert!(lost[3..].iter().all(|part| assembler.push(part, Some(100)).is_empty()));
        let next = picture(false, &[2500, 2500], 1000);
        let given: Vec<_> = next.iter().flat_map(|part| assembler.push(part, Some(101))).collect();
        let found: Vec<_> = given.iter().map(|p| (p.pts, p.data == next.concat())).collect();
        assert_eq!(found, [(Some(100), false), (Some(101), true)]);
    }

    #[test]
    fn what_goes_on_behind_parameter_sets_lost_its_beginning() {
        let sets = [&START_CODE[..], &[0x67, 100, 0, 40], &START_CODE, &[0x68, 1]].concat();
        let (lost, next) = (picture(true, &[2500], 1000), picture(false, &[20], 1000).concat());
        let given = pushed(&[(&sets, 0), (&lost[1], 0), (&lost[2], 0), (&next, 40)]);
        assert_eq!(given.len(), 1);
        assert_eq!(given[0].data, [sets, next].concat());
    }

    #[test]
    fn filler_is_kept_with_its_picture_and_waited_for_by_none() {
        let filler = parts(&unit(12, 2500, false), 1000);
        let slice = picture(false, &[20], 1000).concat();
        let mut all = vec![(&slice[..], 0)];
        all.extend(filler.iter().map(|part| (&part[..], 0)));
        all.push((&slice, 40));
        assert_eq!(pushed(&all)[0].data, [slice.clone(), filler.concat()].concat());

        let mut assembler = trained(&[2500]);
        for n in 100..200 {
            let parts = picture(n % 20 == 0, &[2500], 1000);
            let given: Vec<_> = parts.iter().chain(&filler).flat_map(|part| assembler.push(part, Some(n))).collect();
            assert_eq!(given.len(), 1, "a picture is given with its last part");
            assert_eq!(given[0].data, parts.concat());
        }
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
