//! The measures against lateness in their order, and what each of them saves.

/// What is done against lateness; each measure includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Every frame is encoded.
    Nothing,
    /// Some frames are left out, evenly.
    DropEvenly,
    /// Every second frame is left out.
    HalfRate,
    /// The encoder is opened anew, this many presets faster.
    Faster(usize),
    /// The picture's sides are so many quarters of what they were.
    Smaller(i32),
}

impl Measure {
    /// It takes another encoder than the one that was asked for.
    pub fn touches_encoder(self) -> bool {
        matches!(self, Self::Faster(_) | Self::Smaller(_))
    }
}

/// All measures of an encoder. A load is the time that encoding every frame takes, in thousandths of the media's time.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    measures: Vec<Measure>,
    /// What each faster preset takes, in percent of the one that was asked for; the nearest first.
    costs: Vec<i64>,
}

/// An encoder holds real time with so much to do; the rest is for what varies.
const FULL: i64 = 850;
/// And goes back to more work only if it would have no more than this.
const ROOM: i64 = 750;
/// And only if no more of the processors than this would be in use.
pub(super) const ALL_IN_USE: i64 = 900;

impl Ladder {
    pub(super) fn new(costs: Vec<i64>) -> Self {
        let mut measures = vec![Measure::Nothing, Measure::DropEvenly, Measure::HalfRate];
        measures.extend((1..=costs.len()).map(Measure::Faster));
        measures.extend([Measure::Smaller(3), Measure::Smaller(2)]);
        Self { measures, costs }
    }

    /// Nothing is done.
    pub(super) fn none() -> Self {
        Self { measures: vec![Measure::Nothing], costs: Vec::new() }
    }

    pub(super) fn at(&self, rung: usize) -> Measure {
        self.measures[rung]
    }

    pub(super) fn is_top(&self, rung: usize) -> bool {
        rung + 1 >= self.measures.len()
    }

    /// What a frame takes under a measure, in percent of what it takes without.
    fn cost(&self, rung: usize) -> i64 {
        match self.at(rung) {
            Measure::Nothing | Measure::DropEvenly | Measure::HalfRate => 100,
            Measure::Faster(steps) => self.costs[steps - 1],
            Measure::Smaller(quarters) => {
                let fastest = self.costs.last().copied().unwrap_or(100);
                (fastest * i64::from(quarters) * i64::from(quarters) / 16).max(1)
            }
        }
    }

    /// How much there would be to do under `to`, if there is `load` under `from`: of the frames that `to` leaves.
    fn work(&self, load: i64, from: usize, to: usize) -> i64 {
        let of_frames = match self.at(to) {
            Measure::Nothing => 1000,
            Measure::DropEvenly => 600,
            _ => 500,
        };
        self.load_under(load, from, to).saturating_mul(of_frames) / 1000
    }

    fn load_under(&self, load: i64, from: usize, to: usize) -> i64 {
        load.saturating_mul(self.cost(to)) / self.cost(from)
    }

    /// The first measure after `rung` that suffices against a load, or the last one. A load that is only guessed makes no
    /// picture smaller while there are presets.
    pub(super) fn against(&self, load: i64, rung: usize, measured: bool) -> usize {
        let all = self.measures.len() - 1;
        let presets = self.measures.iter().rposition(|m| matches!(m, Measure::Faster(_))).unwrap_or(all);
        let last = if measured || rung >= presets { all } else { presets };
        (rung + 1..last).find(|to| self.work(load, rung, *to) <= FULL).unwrap_or(last)
    }

    /// The first measure from `rung` on that takes another encoder.
    pub(super) fn other_encoder(&self, rung: usize) -> usize {
        (rung..self.measures.len()).find(|at| self.at(*at).touches_encoder()).unwrap_or(rung)
    }

    /// True when the measure before `rung` would do as well: by the load, and by the share of the processors that is in use, in
    /// thousandths. An encoder whose threads work while it is not waited for has more to do than its load shows.
    pub(super) fn has_room(&self, load: i64, in_use: i64, rung: usize) -> bool {
        let Some(to) = rung.checked_sub(1) else { return false };
        let now = self.work(1000, rung, rung).max(1);
        self.work(load, rung, to) <= ROOM && in_use.saturating_mul(self.work(1000, rung, to)) / now <= ALL_IN_USE
    }
}

/// What would hold real time, every frame being encoded: an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// So many presets faster, at so many percent of real time.
    Preset(usize, i64),
    /// No preset would.
    NoPreset,
    /// Too little was seen to tell.
    Unknown,
}

/// The nearest of faster presets that holds real time with a margin. `costs`: in percent of the preset that has `load`.
pub(super) fn remedy(costs: &[i64], load: i64) -> Remedy {
    let speeds = costs.iter().map(|cost| 10_000_000 / load.saturating_mul(*cost).max(1));
    let holds = speeds.enumerate().find(|(_, speed)| *speed >= ENOUGH_PERCENT);
    holds.map_or(Remedy::NoPreset, |(at, speed)| Remedy::Preset(at + 1, speed))
}

/// What is recommended should hold although content and machine vary.
const ENOUGH_PERCENT: i64 = 120;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const COSTS: [i64; 4] = [60, 40, 20, 10];

    #[test]
    fn the_mildest_measure_that_suffices_is_taken() {
        let ladder = Ladder::new(COSTS.to_vec());
        let against = |load| ladder.at(ladder.against(load, 0, true));
        assert_eq!(against(1200), Measure::DropEvenly);
        assert_eq!(against(1600), Measure::HalfRate);
        assert_eq!(against(2500), Measure::Faster(1));
        assert_eq!(against(12_000), Measure::Faster(4));
        assert_eq!(against(20_000), Measure::Smaller(3));
        assert_eq!(against(i64::MAX), Measure::Smaller(2));
        assert_eq!(ladder.at(ladder.against(i64::MAX, 0, false)), Measure::Faster(4));
    }

    #[test]
    fn a_remedy_holds_real_time_with_a_margin_and_is_no_faster_than_need_be() {
        assert_eq!(remedy(&COSTS, 2000), Remedy::Preset(2, 125));
        assert_eq!(remedy(&COSTS, 5000), Remedy::Preset(4, 200));
        assert_eq!(remedy(&COSTS, 10_000), Remedy::NoPreset);
        assert_eq!(remedy(&[], 2000), Remedy::NoPreset);
    }

    #[test]
    fn where_the_processors_are_busy_there_is_no_room() {
        let ladder = Ladder::new(COSTS.to_vec());
        // The second preset takes two thirds of the first one's time.
        assert!(ladder.has_room(300, 500, 4));
        assert!(!ladder.has_room(300, 700, 4));
    }

    proptest! {
        #[test]
        fn what_was_taken_against_a_load_is_not_taken_back_for_the_same(load in 1i64..100_000) {
            let ladder = Ladder::new(COSTS.to_vec());
            let rung = ladder.against(load, 0, true);
            let under = ladder.load_under(load, 0, rung);
            prop_assert!(rung == 1 || !ladder.has_room(under, 0, rung), "{:?}", ladder.at(rung));
        }
    }
}
