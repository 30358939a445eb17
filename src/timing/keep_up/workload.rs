//! What an encoder has in hand, and how long it works on what comes out of it.

/// An encoder of which there are no more packets than this is not known well.
const FEW: i64 = 5;

/// Frames that went in, packets that came out, and the time between.
#[derive(Clone, Debug, Default)]
pub(super) struct Workload {
    /// Media times of frames that have not come back as packets.
    inside: Vec<i64>,
    /// The encoder works since then, as far as that is not counted yet.
    from_us: Option<i64>,
    /// Work since the last review.
    busy_us: i64,
    /// The work on the packet that is to come next.
    spent_us: i64,
    /// Packets since the last review, and the work on them.
    finished: i64,
    finished_spent_us: i64,
    /// Packets of the encoder in force.
    known: i64,
}

/// What was done between two reviews.
pub(super) struct Done {
    /// How long the encoder worked.
    pub busy_us: i64,
    /// The work on each packet; on the one that is waited for, while none has come.
    pub each_us: i64,
    /// Packets came.
    pub judged: bool,
}

impl Workload {
    /// Frames that the encoder keeps.
    pub(super) fn inside(&self) -> usize {
        self.inside.len()
    }

    /// The media time of the first of them.
    pub(super) fn oldest_us(&self) -> Option<i64> {
        self.inside.iter().min().copied()
    }

    /// The encoder is at work.
    pub(super) fn goes_on(&self) -> bool {
        self.from_us.is_some()
    }

    /// There have been enough packets to go by.
    pub(super) fn is_known(&self) -> bool {
        self.known >= FEW
    }

    /// A frame goes into the encoder, which works from now on.
    pub(super) fn entered(&mut self, now_us: i64, media_us: i64) {
        self.inside.push(media_us);
        self.from_us = Some(now_us);
    }

    /// The packet of a frame is out. No frame before `dts_us` will follow.
    pub(super) fn left(&mut self, media_us: i64, dts_us: i64) {
        self.inside.retain(|inside| *inside != media_us && *inside >= dts_us);
        self.finished += 1;
        self.known += 1;
        self.finished_spent_us += std::mem::take(&mut self.spent_us);
    }

    /// The encoder waits for its next frame.
    pub(super) fn rests(&mut self) {
        self.from_us = None;
    }

    /// The encoder is another one. Gives how many frames were inside, which are no longer waited for.
    pub(super) fn renewed(&mut self) -> usize {
        let busy_us = self.busy_us;
        std::mem::replace(self, Self { busy_us, ..Self::default() }).inside()
    }

    /// How long the encoder has had a frame since it was looked at last.
    pub(super) fn look(&mut self, now_us: i64) -> i64 {
        self.from_us.as_mut().map_or(0, |from_us| now_us - std::mem::replace(from_us, now_us))
    }

    /// So much of that was work.
    pub(super) fn worked(&mut self, worked_us: i64) {
        self.busy_us += worked_us;
        self.spent_us += worked_us;
    }

    /// What was done since this was asked last.
    pub(super) fn review(&mut self) -> Done {
        let (finished, spent_us) = (std::mem::take(&mut self.finished), std::mem::take(&mut self.finished_spent_us));
        Done {
            busy_us: std::mem::take(&mut self.busy_us),
            each_us: if finished > 0 { spent_us / finished } else { self.spent_us },
            judged: finished > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_work_is_counted_once_whenever_it_is_looked_at(steps in prop::collection::vec((1i64..50_000, any::<bool>()), 1..40)) {
            let (mut load, mut now_us, mut busy_us, mut spent_us) = (Workload::default(), 0, 0, 0);
            let frames = i64::try_from(steps.len()).unwrap_or_default();
            for (n, (work_us, reviewed)) in (0..frames).zip(&steps) {
                load.entered(now_us, n);
                now_us += work_us;
                let worked_us = load.look(now_us);
                load.worked(worked_us);
                load.left(n, n);
                load.rests();
                // What it waits is no work.
                now_us += work_us;
                prop_assert_eq!(load.look(now_us), 0);
                spent_us += work_us;
                if *reviewed || n + 1 == frames {
                    let done = load.review();
                    busy_us += done.busy_us;
                    prop_assert!(done.judged && done.each_us <= 50_000);
                }
            }
            prop_assert_eq!((busy_us, load.inside(), load.is_known()), (spent_us, 0, frames >= FEW));
        }
    }

    #[test]
    fn a_packet_takes_what_went_before_it_out_of_the_encoder() {
        let mut load = Workload::default();
        for media_us in [0, 30, 10, 20] {
            load.entered(0, media_us);
        }
        load.left(30, 10);
        assert_eq!((load.inside(), load.oldest_us()), (2, Some(10)));
        assert_eq!((load.renewed(), load.inside(), load.goes_on()), (2, 0, false));
    }
}
