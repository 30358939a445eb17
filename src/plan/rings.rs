//! Whether anything waits for itself.

/// The first ring among things of which each comes behind those of `before`: the members from the first of all that come
/// before themselves on, each behind the next, and the last behind the first; empty where there is none.
pub(super) fn ring(before: &[Vec<usize>]) -> Vec<usize> {
    (0..before.len()).find_map(|start| way_back(before, start)).unwrap_or_default()
}

/// The shortest way from something back to itself.
fn way_back(before: &[Vec<usize>], start: usize) -> Option<Vec<usize>> {
    let mut seen = vec![false; before.len()];
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        for &earlier in &before[*way.last()?] {
            if earlier == start {
                return Some(way);
            }
            if !std::mem::replace(&mut seen[earlier], true) {
                ways.push_back(way.iter().copied().chain([earlier]).collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_ring_is_found_wherever_it_is_closed_and_nowhere_else(
            count in 2usize..8, edges in prop::collection::vec((0usize..8, 0usize..8), 0..20), ends in (0usize..8, 0usize..8),
        ) {
            let mut before = vec![Vec::new(); count];
            for (a, b) in edges.iter().map(|(a, b)| (a % count, b % count)).filter(|(a, b)| a != b) {
                before[a.max(b)].push(a.min(b));
            }
            prop_assert_eq!(ring(&before), Vec::<usize>::new());
            let (first, last) = ((ends.0 % count).min(ends.1 % count), (ends.0 % count).max(ends.1 % count));
            before[first].push(last);
            if first < last {
                before[last].push(first);
            }
            // What is told is the first of all rings, and it is one.
            let found = ring(&before);
            prop_assert!(found.first().is_some_and(|at| *at <= first));
            for (at, member) in found.iter().enumerate() {
                prop_assert!(before[*member].contains(&found[(at + 1) % found.len()]));
            }
        }
    }
}
