//! Decoding times of pictures that come in decoding order and tell only when they are shown.

/// The most pictures that a decoder of H.264 holds back.
const MOST: usize = 16;
/// Steps back that are no further apart than this many pictures are reordering, not a clock that was set right.
const OFTEN: usize = 16;

/// Gives each picture the smallest time of display that is still to come, as a decoder with `depth` pictures of delay would
/// show them.
///
/// A stream may reorder more than it says. Then times step back behind decoding times that were given already, again and again,
/// and the window becomes deeper.
#[derive(Clone, Debug)]
pub struct ReorderWindow {
    depth: usize,
    /// Times further apart than this are on other sides of a jump, in ticks.
    jump: i64,
    /// In rising order.
    waiting: Vec<i64>,
    /// The last picture's time.
    previous: Option<i64>,
    /// The latest decoding time.
    latest: Option<i64>,
    /// Between the last two decoding times, in ticks; 0 when unknown.
    step: i64,
    /// So many pictures ago a time stepped back behind a decoding time.
    stepped_back: Option<usize>,
}

impl ReorderWindow {
    /// `depth`: so many pictures may come before one and be shown after it.
    pub fn new(depth: usize, jump: i64) -> Self {
        let waiting = Vec::with_capacity(MOST + 1);
        Self { depth, jump, waiting, previous: None, latest: None, step: 0, stepped_back: None }
    }

    /// The sender says that it reorders otherwise from now on.
    pub fn set_depth(&mut self, depth: usize) {
        while self.waiting.len() > depth {
            self.waiting.remove(0);
        }
        if let (Some(first), true) = (self.waiting.first().copied().or(self.previous), depth > self.depth) {
            self.fill(first, depth - self.depth);
        }
        self.depth = depth;
    }

    /// The decoding time of the picture that is shown at `pts`; `None` for the first `depth` pictures, and the first after a
    /// jump when nothing is known of the distance between pictures.
    pub fn dts(&mut self, pts: i64) -> Option<i64> {
        if self.previous.is_some_and(|time| time.saturating_sub(pts).saturating_abs() >= self.jump) {
            self.restart(pts);
        }
        self.learn(pts);
        self.previous = Some(pts);
        let place = self.waiting.partition_point(|time| *time <= pts);
        self.waiting.insert(place, pts);
        let dts = (self.waiting.len() > self.depth).then(|| self.waiting.remove(0))?;
        if let Some(step) = self.latest.map(|latest| dts.saturating_sub(latest)).filter(|step| *step > 0) {
            self.step = step;
        }
        self.latest = self.latest.max(Some(dts));
        Some(dts)
    }

    /// The clock is another one from the picture on that is shown at `pts`, which begins a group.
    pub fn restart(&mut self, pts: i64) {
        self.waiting.clear();
        (self.previous, self.latest, self.stepped_back) = (None, None, None);
        self.fill(pts, self.depth);
    }

    /// Puts `count` times before `first`, where their distance is known.
    fn fill(&mut self, first: i64, count: usize) {
        if self.step > 0 {
            let before = (1..).take(count).map(|n| first.saturating_sub(self.step.saturating_mul(n)));
            self.waiting.splice(0..0, before.collect::<Vec<_>>().into_iter().rev());
        }
    }

    fn learn(&mut self, pts: i64) {
        let ago = self.stepped_back.map(|ago| ago + 1);
        self.stepped_back = ago;
        if self.latest.is_none_or(|latest| pts >= latest) || self.previous.is_none_or(|previous| pts >= previous) {
            return;
        }
        self.stepped_back = Some(0);
        if ago.is_some_and(|ago| ago <= OFTEN) && self.depth < MOST {
            self.depth += 1;
            // What is given now is given once more.
            self.waiting.insert(0, self.waiting.first().map_or(pts, |first| pts.min(*first)));
            self.stepped_back = None;
        }
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
        let times = [80, 70_000, 70_080, 70_040, 70_120].map(|pts| window.dts(pts));
        assert_eq!(times, [Some(40), Some(69_960), Some(70_000), Some(70_040), Some(70_080)]);
    }

    /// Pictures behind the next but two: a P-picture, two B-pictures.
    fn with_two_between(groups: i64) -> impl Iterator<Item = i64> {
        (0..groups).flat_map(|n| [120 * n + 120, 120 * n + 40, 120 * n + 80])
    }

    #[test]
    fn a_stream_that_reorders_more_than_it_says_is_found_out() {
        let mut window = ReorderWindow::new(0, 2000);
        let times: Vec<_> = with_two_between(10).filter_map(|pts| Some((pts, window.dts(pts)?))).collect();
        assert_eq!(times.len(), 30);
        let settled = &times[9..];
        assert!(settled.windows(2).all(|pair| pair[0].1 < pair[1].1), "{times:?}");
        assert!(settled.iter().all(|(pts, dts)| dts <= pts), "{times:?}");
    }

    #[test]
    fn a_clock_that_is_set_back_now_and_then_is_no_reordering() {
        let mut window = ReorderWindow::new(0, 2000);
        for n in 0..500 {
            let pts = 40 * n - 100 * (n / 50);
            assert_eq!(window.dts(pts), Some(pts));
        }
    }

    #[test]
    fn a_sender_may_say_that_it_reorders_otherwise() {
        let mut window = ReorderWindow::new(0, 2000);
        assert!((0..10).all(|n| window.dts(40 * n) == Some(40 * n)));
        window.set_depth(1);
        let times: Vec<_> = with_two_between(5).filter_map(|pts| Some((pts + 360, window.dts(pts + 360)?))).collect();
        assert_eq!(times.len(), 15);
        assert!(times.windows(2).all(|pair| pair[0].1 < pair[1].1) && times.iter().all(|(pts, dts)| dts <= pts));
        window.set_depth(0);
        assert_eq!(window.dts(2000), Some(2000));
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
