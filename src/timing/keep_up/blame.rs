//! Whose doing it is that frames get later: the encoder's, or that of what is before it.

/// It is looked at this often.
const EVERY_US: i64 = 250_000;

/// Excuses an encoder for what frames got later by while it waited for them, most of the time.
#[derive(Clone, Debug, Default)]
pub(super) struct Blame {
    excused_us: i64,
    /// Since when, with how late a frame, nothing was decided, and how long the encoder has waited since.
    open: Option<(i64, i64)>,
    waited_us: i64,
    /// The encoder waits since then.
    waits_from_us: Option<i64>,
}

impl Blame {
    /// What of the lateness came about before the encoder.
    pub(super) fn excused_us(&self) -> i64 {
        self.excused_us
    }

    /// The encoder waits for a frame from now on.
    pub(super) fn waits(&mut self, now_us: i64) {
        self.waits_from_us = Some(now_us);
    }

    /// A frame came, so late in all.
    pub(super) fn came(&mut self, now_us: i64, late_us: i64) {
        self.waited_us += self.waits_from_us.take().map_or(0, |from| now_us - from);
        let (from_us, late_then_us) = *self.open.get_or_insert((now_us, late_us));
        if now_us - from_us >= EVERY_US {
            if self.waited_us * 2 >= now_us - from_us {
                self.excused_us += (late_us - late_then_us).clamp(0, self.waited_us);
            }
            (self.open, self.waited_us) = (Some((now_us, late_us)), 0);
        }
        self.excused_us = self.excused_us.min(late_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is excused of frames that come every `apart_us`, 40 ms of media each, the encoder working for `work_us` of that.
    fn excused(apart_us: i64, work_us: i64) -> (i64, i64) {
        let (mut blame, mut late_us) = (Blame::default(), 0);
        for n in 0..100 {
            late_us = n * (apart_us - 40_000).max(0);
            blame.came(n * apart_us, late_us);
            blame.waits(n * apart_us + work_us);
        }
        (blame.excused_us(), late_us)
    }

    proptest! {
        #[test]
        fn an_idle_encoder_is_excused_and_a_busy_one_is_not(apart_us in 40_000i64..400_000, work in 0i64..100) {
            let work_us = apart_us * work / 100;
            let (excused, late_us) = excused(apart_us, work_us);
            prop_assert!((0..=late_us).contains(&excused));
            match work {
                // But for what is not decided yet.
                0..=45 if work_us <= 40_000 => prop_assert!(excused >= late_us - EVERY_US - 2 * apart_us, "{excused} of {late_us}"),
                55.. => prop_assert_eq!(excused, 0),
                _ => {}
            }
        }
    }

    #[test]
    fn who_catches_up_has_nothing_to_be_excused() {
        let mut blame = Blame::default();
        for n in 0..50 {
            blame.came(n * 60_000, n * 20_000);
            blame.waits(n * 60_000 + 1000);
        }
        assert!(blame.excused_us() > 500_000);
        blame.came(3_000_000, 0);
        assert_eq!(blame.excused_us(), 0);
    }
}
