//! The first packets of a stream that is joined: some formats give them no times until more is known.

use super::PacketTimes;
use std::collections::VecDeque;

/// So many packets are held back at the most.
const MOST: usize = 16;

/// Holds packets back until one has both times, and gives those before it theirs.
#[derive(Debug)]
pub struct Settle<T> {
    held: VecDeque<(PacketTimes, bool, T)>,
    settled: bool,
}

impl<T> Default for Settle<T> {
    fn default() -> Self {
        Self { held: VecDeque::new(), settled: false }
    }
}

impl<T> Settle<T> {
    /// Takes a packet; `key`: it is a keyframe. Gives those whose times are settled, in order.
    pub fn push(&mut self, times: PacketTimes, key: bool, packet: T) -> Vec<(PacketTimes, T)> {
        if self.settled {
            return vec![(times, packet)];
        }
        let complete = times.pts.is_some() && times.dts.is_some();
        self.held.push_back((times, key, packet));
        if !complete && self.held.len() < MOST {
            return Vec::new();
        }
        self.settled = true;
        let first_pts = self.held.iter().filter_map(|(t, ..)| t.pts).min();
        let next_dts = times.dts.or(first_pts);
        let count = self.held.len();
        let mut settled = Vec::with_capacity(count);
        for (index, (mut times, key, packet)) in self.held.drain(..).enumerate() {
            let before = i64::try_from(count - 1 - index).unwrap_or(0).saturating_mul(times.duration);
            times.dts = times.dts.or(next_dts.map(|dts| dts.saturating_sub(before)));
            // A keyframe is shown before all that follow it.
            let key_pts = first_pts.filter(|_| key && index == 0).map(|pts| pts.saturating_sub(times.duration));
            times.pts = times.pts.or(key_pts.max(times.dts));
            settled.push((times, packet));
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(pts: Option<i64>, dts: Option<i64>) -> PacketTimes {
        PacketTimes { pts, dts, duration: 40, ..PacketTimes::default() }
    }

    #[test]
    fn packets_before_the_first_complete_one_get_its_spacing() {
        let mut settle = Settle::default();
        assert!(settle.push(times(None, None), true, 'I').is_empty());
        assert!(settle.push(times(Some(2157), None), false, 'P').is_empty());
        assert!(settle.push(times(Some(2077), None), false, 'b').is_empty());
        let settled: Vec<_> = settle.push(times(Some(2117), Some(2077)), false, 'b').into_iter().collect();
        let found: Vec<_> = settled.iter().map(|(t, _)| (t.pts, t.dts)).collect();
        assert_eq!(
            found,
            [(Some(2037), Some(1957)), (Some(2157), Some(1997)), (Some(2077), Some(2037)), (Some(2117), Some(2077))]
        );
        assert_eq!(settle.push(times(Some(5), None), false, 'x').len(), 1);
    }

    #[test]
    fn complete_packets_pass_and_what_never_gets_times_is_not_held_for_ever() {
        assert_eq!(Settle::default().push(times(Some(1), Some(0)), true, ()), [(times(Some(1), Some(0)), ())]);
        let mut settle = Settle::default();
        let passed: usize = (0..100).map(|n| settle.push(times(Some(n * 40), None), false, ()).len()).sum();
        assert_eq!(passed, 100);
    }
}
