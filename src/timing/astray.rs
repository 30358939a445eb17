//! Times for packets whose own are damaged.

use super::PacketTimes;

/// Gives packets that wait, in order, the times just before `next`, which follows them in their stream: each lasts as long as it
/// says, or a tick. How much later one is shown than decoded stays, and so does what is unknown.
pub fn place_before(waiting: &mut [PacketTimes], next: PacketTimes) {
    let Some(mut at) = next.dts.or(next.pts) else { return };
    for times in waiting.iter_mut().rev() {
        at = at.saturating_sub(times.duration.max(1));
        let shown_later = times.pts.zip(times.dts).map_or(0, |(pts, dts)| pts.saturating_sub(dts).max(0));
        times.pts = times.pts.map(|_| at.saturating_add(shown_later));
        times.dts = times.dts.map(|_| at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn they_end_where_the_next_one_begins() {
        let at = |pts, dts, duration| PacketTimes { pts, dts, duration, trimmed: (0, 0) };
        let mut waiting = [at(Some(9040), Some(9000), 40), at(None, Some(9040), 0)];
        place_before(&mut waiting, at(Some(200), Some(120), 40));
        assert_eq!(waiting, [at(Some(119), Some(79), 40), at(None, Some(119), 0)]);
    }

    proptest! {
        #[test]
        fn decoding_times_rise_up_to_the_next_and_nothing_is_shown_before_it_is_decoded(
            waiting in prop::collection::vec((any::<i32>(), 0..500_i64, 0..5000_i64), 1..17),
            next in any::<i32>(),
        ) {
            let times = |(dts, later, duration): (i32, i64, i64)| {
                let dts = i64::from(dts);
                PacketTimes { pts: Some(dts + later), dts: Some(dts), duration, trimmed: (0, 0) }
            };
            let mut placed: Vec<_> = waiting.iter().copied().map(times).collect();
            place_before(&mut placed, times((next, 0, 1)));
            placed.push(times((next, 0, 1)));
            prop_assert!(placed.windows(2).all(|pair| pair[0].dts < pair[1].dts));
            prop_assert!(placed.iter().all(|times| times.pts >= times.dts));
        }
    }
}
