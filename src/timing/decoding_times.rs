//! Decoding times of pictures in containers that tell only when they are shown, where the clock steps back.
//!
//! libavformat takes the decoding time out of the last few times of display, sorted. Behind a step back the times from before it
//! stay in there, later than all that come, and every decoding time becomes the time of display: none rises any more where
//! pictures are reordered.

use super::{PacketTimes, ReorderWindow};

/// Watches the pictures of one stream.
#[derive(Clone, Debug)]
pub struct DecodingTimes {
    window: ReorderWindow,
    /// The last one that was told.
    told: Option<i64>,
    /// The demuxer's decoding times are lost.
    lost: bool,
}

impl DecodingTimes {
    /// For pictures of which `depth` may come before one and be shown after it; `far`: pictures further apart than this many ticks
    /// are in different clocks.
    pub fn new(depth: usize, far: i64) -> Self {
        Self { window: ReorderWindow::new(depth, far), told: None, lost: false }
    }

    /// Mends the decoding time of the next picture where it is lost.
    pub fn check(&mut self, times: &mut PacketTimes) {
        let Some(pts) = times.pts else { return };
        // Sorted as they are, they never step back but here.
        if times.dts == Some(pts) && times.dts < self.told && !self.lost {
            self.lost = true;
            self.window.restart(pts);
        }
        self.told = times.dts.or(self.told);
        let reckoned = self.window.dts(pts);
        if self.lost && reckoned.is_some() {
            self.lost = times.dts != reckoned || times.dts == Some(pts);
            times.dts = reckoned;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What libavformat makes of times of display: the smallest of the last few, the latest of all among them.
    fn as_libavformat(pts: &[i64], depth: usize) -> Vec<PacketTimes> {
        let mut buffer = vec![i64::MIN; depth + 1];
        pts.iter()
            .map(|pts| {
                buffer[0] = *pts;
                buffer.sort_unstable();
                let dts = Some(buffer[0]).filter(|dts| *dts != i64::MIN);
                PacketTimes { pts: Some(*pts), dts, duration: 40, ..PacketTimes::default() }
            })
            .collect()
    }

    /// Groups of a picture and those shown before it.
    fn groups(behind: &[usize]) -> Vec<i64> {
        let mut order = Vec::new();
        let mut next = 0;
        for behind in behind {
            let behind = *behind as i64;
            order.push(40 * (next + behind));
            order.extend((next..next + behind).map(|n| 40 * n));
            next += behind + 1;
        }
        order
    }

    #[test]
    fn times_without_a_step_back_are_left_alone() {
        let told = as_libavformat(&groups(&[0, 2, 2, 1, 0, 2]), 1);
        let mut checked = told.clone();
        let mut watch = DecodingTimes::new(1, 1000);
        checked.iter_mut().for_each(|times| watch.check(times));
        assert_eq!(checked, told);
    }

    proptest! {
        /// A film twice, one behind the other: decoding times rise within each, and none lies behind its display.
        #[test]
        fn behind_a_step_back_decoding_times_rise(
            first in prop::collection::vec(0usize..3, 40..60), second in prop::collection::vec(0usize..3, 1..60),
        ) {
            // A film begins with the picture that is shown first.
            let (first, second) = (groups(&first), groups(&[&[0], &second[..]].concat()));
            let both: Vec<i64> = first.iter().chain(&second).copied().collect();
            let mut times = as_libavformat(&both, 1);
            let mut watch = DecodingTimes::new(1, 1000);
            times.iter_mut().for_each(|times| watch.check(times));
            let behind = &times[first.len()..];
            prop_assert!(behind.windows(2).all(|pair| pair[0].dts < pair[1].dts), "{behind:?}");
            prop_assert!(behind.iter().all(|times| times.dts <= times.pts && times.dts.is_some()), "{behind:?}");
        }
    }
}
