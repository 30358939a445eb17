//! When pictures are shown that tell only in which order they are decoded: from the numbers that some codecs give them, or from
//! which of them others refer to.

/// What a coded picture tells of its place on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Pictures are shown in the order of these numbers, which start over with a group.
    Numbered(i64),
    /// Before the picture that was decoded before it: at once.
    Between,
    /// Behind those that refer to it: when the next such picture is decoded.
    Anchor,
}

/// Reckons the times of display of one stream's pictures, in ticks of its clock.
///
/// As libavformat does, and so as decoders show them, the first picture is shown `delay` pictures after it is decoded.
#[derive(Clone, Debug)]
pub struct Presentation {
    delay: i64,
    frame: i64,
    /// The decoding time before, and whether the distance between two has told how long a picture lasts.
    last: Option<i64>,
    measured: bool,
    /// From one picture's number to the next one's.
    step: i64,
    /// Pictures so far, and how many came before the group.
    count: i64,
    before: i64,
    /// The highest number of the group; `None` at the beginning.
    highest: Option<i64>,
    first: i64,
}

impl Presentation {
    /// `delay`: pictures that may be decoded before one and shown after it; `frame`: ticks that a picture lasts, until decoding times
    /// tell; `step`: from one number to the next one, as far as known.
    pub fn new(delay: i32, frame: i64, step: i64) -> Self {
        Self {
            delay: delay.into(),
            frame: frame.max(1),
            last: None,
            measured: false,
            step: step.max(1),
            count: 0,
            before: 0,
            highest: None,
            first: 0,
        }
    }

    /// Ticks that a picture lasts.
    pub fn frame(&self) -> i64 {
        self.frame
    }

    /// When a picture is shown that is decoded at `dts`; `None`: when the next anchor is decoded. `told`: what the container says,
    /// which those around it go by.
    pub fn pts(&mut self, dts: i64, place: Place, key: bool, told: Option<i64>) -> Option<i64> {
        let index = self.count;
        self.count += 1;
        self.measure(dts);
        match place {
            _ if self.delay == 0 => Some(dts),
            Place::Between => Some(dts),
            Place::Anchor => None,
            Place::Numbered(number) => {
                if self.highest.is_none_or(|highest| key && number < highest) {
                    (self.before, self.first, self.highest) = (index, number, Some(number));
                }
                self.highest = self.highest.max(Some(number));
                let distance = number.saturating_sub(self.first);
                if distance % self.step != 0 {
                    self.step = 1;
                }
                let later = self.before.saturating_add(distance / self.step).saturating_add(self.delay - index);
                if let Some(told) = told {
                    let pictures = told.saturating_sub(dts).saturating_add(self.frame / 2).div_euclid(self.frame);
                    self.before = self.before.saturating_add(pictures.saturating_sub(later));
                    return Some(told);
                }
                Some(dts.saturating_add(later.max(0).saturating_mul(self.frame)))
            }
        }
    }

    /// The least distance of two decoding times is how long a picture lasts: where pictures were left out, some are longer.
    fn measure(&mut self, dts: i64) {
        let distance = self.last.map(|last| dts.saturating_sub(last)).filter(|distance| *distance > 0);
        if let Some(distance) = distance.filter(|distance| !self.measured || *distance < self.frame) {
            (self.frame, self.measured) = (distance, true);
        }
        self.last = Some(dts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pictures_without_reordering_are_shown_when_they_are_decoded() {
        let mut times = Presentation::new(0, 40, 2);
        assert_eq!(times.pts(7, Place::Anchor, true, None), Some(7));
        assert_eq!(times.pts(47, Place::Numbered(2), false, None), Some(47));
    }

    #[test]
    fn an_anchor_waits_for_the_next_one_and_what_lies_between_does_not() {
        let mut times = Presentation::new(1, 1, 2);
        let places = [Place::Anchor, Place::Anchor, Place::Between, Place::Between, Place::Anchor];
        let shown: Vec<_> = (0..).zip(places).map(|(dts, place)| times.pts(dts, place, dts == 0, None)).collect();
        assert_eq!(shown, [None, None, Some(2), Some(3), None]);
    }

    #[test]
    fn those_that_are_told_put_the_others_in_their_place() {
        let mut times = Presentation::new(2, 40, 2);
        // Begun in the middle of a group, 100 ticks off.
        assert_eq!(times.pts(400, Place::Numbered(20), false, Some(520)), Some(520));
        assert_eq!(times.pts(440, Place::Numbered(16), false, None), Some(440));
        assert_eq!(times.pts(480, Place::Numbered(18), false, None), Some(480));
    }

    proptest! {
        /// Nothing that a damaged file says overflows, and nothing is shown before it is decoded.
        #[test]
        fn any_numbers_and_times_are_borne(pictures in prop::collection::vec(
            (any::<i64>(), any::<i64>(), any::<bool>(), any::<Option<i64>>()), 1..20,
        )) {
            let mut times = Presentation::new(3, 40, 2);
            for (dts, number, key, told) in pictures {
                let pts = times.pts(dts, Place::Numbered(number), key, told);
                prop_assert!(pts == told || pts >= Some(dts));
            }
        }

        /// Groups of pictures in any order within the delay: each is shown where its number says, `delay` pictures late.
        #[test]
        fn numbers_tell_the_order(groups in prop::collection::vec(prop::collection::vec(0i64..4, 1..12), 1..6), step in 1i64..3) {
            let mut times = Presentation::new(3, 40, 2);
            let mut dts = 0;
            let mut before = 0;
            for behind in groups {
                // The first picture, then pictures that are shown behind so many that follow them.
                let mut order = vec![0];
                let mut next = 1;
                for behind in behind {
                    order.push(next + behind);
                    order.extend(next..next + behind);
                    next += behind + 1;
                }
                let mut last_odd = step == 2;
                for place in order {
                    last_odd |= place * step % 2 == 1;
                    let pts = times.pts(dts, Place::Numbered(place * step), place == 0, None);
                    prop_assert!(pts >= Some(dts));
                    // Until an odd number has come, the step is not known.
                    if last_odd {
                        prop_assert_eq!(pts, Some((before + place + 3) * 40));
                    }
                    dts += 40;
                }
                before += next;
            }
        }
    }
}
