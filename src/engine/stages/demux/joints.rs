//! Files that were joined end to end: where the next one begins, MPEG-TS counts its packets anew, and libavformat calls the last
//! packet of each stream corrupt although nothing is missing.

/// A packet of a stream: how often the input's clock had jumped then, and its own time in the file.
type Seen = (u64, Option<i64>);

/// A packet that was called corrupt may have so many more behind it before the joint: its parser runs one behind.
const BEHIND: u32 = 2;

/// Packets that were called corrupt, for a joint perhaps.
#[derive(Clone, Copy, Debug)]
struct Suspects {
    /// What was before them.
    before: Seen,
    /// How many they are.
    count: u64,
    /// How many packets have come since the first.
    since: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    last: Option<Seen>,
    suspects: Option<Suspects>,
}

/// Which packets were called corrupt shortly before the one at hand.
#[derive(Debug, Default)]
pub(super) struct Joints(Vec<Stream>);

impl Joints {
    /// A packet passed: how many of those before it in its stream were called corrupt for a joint alone, since the clock steps back
    /// beside them. Where something is lost it steps ahead.
    pub(super) fn passed(&mut self, index: usize, now: Seen, is_corrupt: bool) -> u64 {
        self.0.resize(self.0.len().max(index + 1), Stream::default());
        let stream = &mut self.0[index];
        let before = stream.last.replace(now);
        let suspects = stream.suspects.take();
        if let Some(found) = suspects
            && now.0 > found.before.0
            && found.before.1.zip(now.1).is_some_and(|(before, now)| now < before)
        {
            return found.count;
        }
        let still =
            suspects.filter(|found| found.since < BEHIND).map(|found| Suspects { since: found.since + 1, ..found });
        stream.suspects = match (still, before) {
            (Some(found), _) => Some(Suspects { count: found.count + u64::from(is_corrupt), ..found }),
            (None, Some(before)) if is_corrupt => Some(Suspects { before, count: 1, since: 1 }),
            _ => None,
        };
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the packets (stream, jumps so far, time, called corrupt) are taken back.
    fn taken_back(packets: &[(usize, u64, i64, bool)]) -> u64 {
        let mut joints = Joints::default();
        packets
            .iter()
            .map(|(stream, jumps, time, corrupt)| joints.passed(*stream, (*jumps, Some(*time)), *corrupt))
            .sum()
    }

    #[test]
    fn the_last_packets_before_a_joint_are_taken_back() {
        assert_eq!(taken_back(&[(0, 0, 80, false), (0, 0, 90, true), (0, 1, 10, false)]), 1);
        assert_eq!(taken_back(&[(0, 0, 80, false), (0, 0, 90, true), (0, 0, 95, true), (0, 1, 10, false)]), 2);
        // The other stream's last packet comes when the clock has jumped already.
        let late = [
            (1, 0, 80, false),
            (0, 0, 80, false),
            (0, 0, 90, true),
            (0, 1, 10, false),
            (1, 1, 90, true),
            (1, 1, 9, false),
        ];
        assert_eq!(taken_back(&late), 2);
    }

    #[test]
    fn what_is_lost_is_not() {
        // A jump ahead, a joint that comes later, one that was before, and the end.
        assert_eq!(taken_back(&[(0, 0, 80, false), (0, 0, 90, true), (0, 1, 990, false)]), 0);
        let later = [
            (0, 0, 80, false),
            (0, 0, 90, true),
            (0, 0, 100, false),
            (0, 0, 110, false),
            (0, 0, 120, false),
            (0, 1, 10, false),
        ];
        assert_eq!(taken_back(&later), 0);
        assert_eq!(taken_back(&[(0, 0, 80, false), (0, 1, 10, false), (0, 1, 20, true), (0, 1, 30, false)]), 0);
        assert_eq!(taken_back(&[(0, 0, 80, false), (0, 0, 90, true)]), 0);
    }
}
