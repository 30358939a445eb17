//! The last check before the muxer: DTS rises, PTS is not before DTS. What it has to change, it tells.

/// What was changed in a packet's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtsRepair {
    /// DTS lay after PTS; both were set to the middle of PTS, DTS and the lowest DTS allowed.
    PtsBeforeDts,
    /// DTS did not rise; it was moved up by this many ticks.
    NotRising(i64),
}

/// Guards the times of one output stream, in ticks of the muxer's time base.
#[derive(Clone, Debug)]
pub struct DtsGuard {
    last: Option<i64>,
    step: i64,
}

impl DtsGuard {
    /// `may_repeat`: the format allows equal DTS.
    pub fn new(may_repeat: bool) -> Self {
        Self { last: None, step: i64::from(!may_repeat) }
    }

    /// The DTS of the last packet.
    pub fn last(&self) -> Option<i64> {
        self.last
    }

    /// Repairs the times of the next packet in place. Packets without DTS pass.
    pub fn check(&mut self, pts: &mut Option<i64>, dts: &mut Option<i64>) -> Option<DtsRepair> {
        let mut repair = None;
        if let (Some(p), Some(d)) = (*pts, *dts)
            && d > p
        {
            let least = self.last.map_or(d.min(p), |last| last.saturating_add(1));
            let middle = p.max(d.min(least)).min(d.max(least));
            (*pts, *dts) = (Some(middle), Some(middle));
            repair = Some(DtsRepair::PtsBeforeDts);
        }
        if let (Some(d), Some(last)) = (*dts, self.last) {
            let least = last.saturating_add(self.step);
            if d < least {
                *dts = Some(least);
                *pts = pts.map(|p| p.max(least));
                repair = Some(DtsRepair::NotRising(least - d));
            }
        }
        if dts.is_some() {
            self.last = *dts;
        }
        repair
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dts_rises_and_pts_is_never_before_it(times in prop::collection::vec((-1000i64..1000, -1000i64..1000), 1..200), repeat: bool) {
            let mut guard = DtsGuard::new(repeat);
            let mut last: Option<i64> = None;
            for (p, d) in times {
                let (mut pts, mut dts) = (Some(p), Some(d));
                guard.check(&mut pts, &mut dts);
                prop_assert!(pts >= dts);
                if let Some(last) = last {
                    prop_assert!(dts >= Some(last + i64::from(!repeat)));
                }
                last = dts;
            }
        }

        #[test]
        fn good_times_are_left_alone(steps in prop::collection::vec((1i64..1000, 0i64..1000), 1..200)) {
            let mut guard = DtsGuard::new(false);
            let mut d = 0;
            for (step, ahead) in steps {
                d += step;
                let (mut pts, mut dts) = (Some(d + ahead), Some(d));
                prop_assert_eq!(guard.check(&mut pts, &mut dts), None);
                prop_assert_eq!((pts, dts), (Some(d + ahead), Some(d)));
            }
        }
    }
}
