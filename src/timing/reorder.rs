//! Decoding times of pictures that come in decoding order and tell only when they are shown.

/// Gives each picture the smallest time of display that is still to come, as a decoder with `depth` pictures of delay would
/// show them.
#[derive(Clone, Debug)]
pub struct ReorderWindow {
    depth: usize,
    /// Times further apart than this are on other sides of a jump, in ticks.
    jump: i64,
    /// In rising order.
    waiting: Vec<i64>,
}

impl ReorderWindow {
    /// `depth`: so many pictures may come before one and be shown after it.
    pub fn new(depth: usize, jump: i64) -> Self {
        Self { depth, jump, waiting: Vec::with_capacity(depth + 1) }
    }

    /// The decoding time of the picture that is shown at `pts`; `None` for the first `depth` pictures, and the first after a
    /// jump.
    pub fn dts(&mut self, pts: i64) -> Option<i64> {
        self.waiting.retain(|time| (time - pts).abs() < self.jump);
        let place = self.waiting.partition_point(|time| *time <= pts);
        self.waiting.insert(place, pts);
        (self.waiting.len() > self.depth).then(|| self.waiting.remove(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pictures_in_order_are_decoded_when_they_are_shown() {
        let mut window = ReorderWindow::new(0, 1000);
        assert_eq!([0, 40, 80].map(|pts| window.dts(pts)), [Some(0), Some(40), Some(80)]);
    }

    #[test]
    fn pictures_out_of_order_are_decoded_in_time_for_the_first_of_them() {
        let mut window = ReorderWindow::new(1, 1000);
        let order = [0, 120, 40, 80, 240, 160, 200];
        assert_eq!(
            order.map(|pts| window.dts(pts)),
            [None, Some(0), Some(40), Some(80), Some(120), Some(160), Some(200)]
        );
    }

    #[test]
    fn a_jump_begins_anew() {
        let mut window = ReorderWindow::new(1, 1000);
        let times = [90_000, 90_040, 0, 40].map(|pts| window.dts(pts));
        assert_eq!(times, [None, Some(90_000), None, Some(0)]);
    }

    proptest! {
        /// Whatever the order within the depth: decoding times rise, and none lies behind its picture's display.
        #[test]
        fn decoding_times_rise_and_come_before_display(depth in 0usize..4, groups in prop::collection::vec(0usize..5, 1..60)) {
            let mut order = Vec::new();
            let mut next = 0i64;
            // A group: one picture, shown after so many that follow it, no more than the depth allows.
            for behind in groups {
                let behind = if depth == 0 { 0 } else { behind as i64 };
                order.push(next + behind);
                order.extend(next..next + behind);
                next += behind + 1;
            }
            let mut window = ReorderWindow::new(depth, 1 << 20);
            let times: Vec<_> = order.iter().map(|pts| (*pts, window.dts(*pts))).collect();
            let known: Vec<_> = times.iter().filter_map(|(_, dts)| *dts).collect();
            prop_assert!(known.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(times.iter().all(|(pts, dts)| dts.is_none_or(|dts| dts <= *pts)));
        }
    }
}
