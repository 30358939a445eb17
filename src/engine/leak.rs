//! What a link to a peer holds: it never makes its senders wait, and leaves out whole groups of pictures instead.

use super::link::{Flowing, Tagged};
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Where a droppable item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its decoding time in microseconds of the job.
    pub time_us: i64,
    /// Decoding can start with it.
    pub key: bool,
}

/// A wish for a keyframe, from who writes to who encodes.
#[derive(Clone, Debug, Default)]
pub struct KeyframeWish(Arc<AtomicBool>);

impl KeyframeWish {
    /// Wishes for one.
    pub fn wish(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// True once for each wish.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

/// What was left out, counted, and whether more is to come.
#[derive(Debug, Default)]
pub struct LeakMeter {
    /// Ports behind which nothing more comes.
    pub ended: AtomicUsize,
    /// Packets.
    pub packets: AtomicU64,
    /// Groups of pictures, or parts of one.
    pub groups: AtomicU64,
}

/// How a link leaks.
#[derive(Clone, Debug)]
pub struct Leak {
    /// By port: it carries pictures.
    pub pictures: Vec<bool>,
    /// How long media may wait, in microseconds.
    pub patience_us: i64,
    /// Bytes that may wait.
    pub bytes: usize,
    /// Told when a keyframe is waited for.
    pub wish: KeyframeWish,
    /// What was left out.
    pub meter: Arc<LeakMeter>,
}

/// The items of a leaky link.
#[derive(Debug)]
pub struct Leaky<T>(Mutex<Queue<T>>);

#[derive(Debug)]
struct Waiting<T> {
    tagged: Tagged<T>,
    mark: Option<Mark>,
    /// When it came, in microseconds since the queue was made.
    since_us: i64,
}

#[derive(Debug)]
struct Queue<T> {
    leak: Leak,
    items: VecDeque<Waiting<T>>,
    bytes: usize,
    began: Instant,
    /// Pictures are left out until a keyframe comes.
    awaits_key: bool,
    /// Ports behind which nothing more comes.
    ended: BTreeSet<usize>,
}

impl<T: Flowing> Leaky<T> {
    /// An empty one.
    pub fn new(leak: Leak) -> Self {
        Self(Mutex::new(Queue {
            leak,
            items: VecDeque::new(),
            bytes: 0,
            began: Instant::now(),
            awaits_key: false,
            ended: BTreeSet::new(),
        }))
    }

    /// Puts an item behind the others, and leaves out what is too much.
    pub fn push(&self, tagged: Tagged<T>) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now_us = i64::try_from(queue.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        queue.push(tagged, now_us);
    }

    /// Takes the first item.
    pub fn pop(&self) -> Option<Tagged<T>> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { tagged, .. } = queue.items.pop_front()?;
        queue.bytes = queue.bytes.saturating_sub(tagged.item.as_ref().map_or(0, Flowing::bytes));
        Some(tagged)
    }

    /// Items that wait.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).items.len()
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Flowing> Queue<T> {
    fn push(&mut self, tagged: Tagged<T>, now_us: i64) {
        let mark = tagged.item.as_ref().and_then(Flowing::mark);
        // One may be told to end twice.
        if tagged.item.is_none() && self.ended.insert(tagged.port) {
            self.leak.meter.ended.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(mark) = mark.filter(|_| self.awaits_key && self.is_picture(tagged.port)) {
            if !mark.key {
                self.leak.meter.packets.fetch_add(1, Ordering::Relaxed);
                return;
            }
            self.awaits_key = false;
            self.leave_out(|picture, at, _| !picture && at.time_us < mark.time_us);
        }
        let before = self.items.iter_mut().rfind(|waiting| waiting.tagged.port == tagged.port);
        if let (Some(Waiting { tagged: before, mark: None, .. }), Some(item)) = (before, &tagged.item)
            && before.item.as_ref().is_some_and(|before| item.supersedes(before))
        {
            *before = tagged;
            return;
        }
        self.bytes += tagged.item.as_ref().map_or(0, Flowing::bytes);
        self.items.push_back(Waiting { tagged, mark, since_us: now_us });
        if self.is_too_much(now_us) {
            self.overflow(now_us);
        }
    }

    fn is_too_much(&self, now_us: i64) -> bool {
        now_us - self.waits_since_us().unwrap_or(now_us) > self.leak.patience_us || self.bytes > self.leak.bytes
    }

    fn is_picture(&self, port: usize) -> bool {
        self.leak.pictures.get(port).copied().unwrap_or(false)
    }

    /// Since when the oldest item waits: of pictures, or of whatever there is while none do. What comes in a burst, as after
    /// probing, has not waited for long.
    fn waits_since_us(&self) -> Option<i64> {
        let oldest = |pictures: bool| {
            let mut media = self.items.iter().filter(|waiting| waiting.mark.is_some());
            media.find(|waiting| self.is_picture(waiting.tagged.port) == pictures).map(|waiting| waiting.since_us)
        };
        oldest(true).or_else(|| oldest(false))
    }

    /// Goes on from the newest keyframe that waits; without one, from the next that comes.
    fn overflow(&mut self, now_us: i64) {
        self.leak.meter.groups.fetch_add(1, Ordering::Relaxed);
        let newest_us = self.items.iter().rev().find_map(|waiting| waiting.mark).map_or(0, |mark| mark.time_us);
        match self.pictures().skip(1).filter(|(_, mark)| mark.key).last() {
            Some((_, key)) => self.leave_out(|_, at, _| at.time_us < key.time_us),
            None => {
                let from_us = newest_us - self.leak.patience_us / 2;
                self.awaits_key = self.leak.pictures.contains(&true);
                self.leave_out(|picture, at, _| picture || at.time_us < from_us);
                if self.awaits_key {
                    self.leak.wish.wish();
                }
            }
        }
        if self.is_too_much(now_us) {
            // Times that have started over do not tell what is old; places do.
            let key = self.pictures().filter(|(_, mark)| mark.key).last();
            let from = key.map_or(self.items.len().saturating_sub(1), |(place, _)| place);
            self.leave_out(|_, _, place| place < from);
        }
    }

    /// The pictures that wait, each with its place.
    fn pictures(&self) -> impl Iterator<Item = (usize, Mark)> {
        let marked = self.items.iter().enumerate().filter(|(_, waiting)| self.is_picture(waiting.tagged.port));
        marked.filter_map(|(place, waiting)| Some((place, waiting.mark?)))
    }

    /// Leaves out media, by whether it is a picture, where it stands in time, and its place.
    fn leave_out(&mut self, which: impl Fn(bool, Mark, usize) -> bool) {
        let Self { leak, items, bytes, .. } = self;
        let mut places = 0..;
        items.retain(|Waiting { tagged, mark, .. }| {
            let picture = leak.pictures.get(tagged.port).copied().unwrap_or(false);
            let place = places.next().unwrap_or(usize::MAX);
            let out = mark.is_some_and(|mark| which(picture, mark, place));
            if out {
                *bytes = bytes.saturating_sub(tagged.item.as_ref().map_or(0, Flowing::bytes));
                leak.meter.packets.fetch_add(1, Ordering::Relaxed);
            }
            !out
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// A packet: time in milliseconds, whether it is a keyframe; `None` cannot be left out.
    #[derive(Clone, Debug, PartialEq)]
    struct Toy(Option<(i64, bool)>);

    impl Flowing for Toy {
        fn bytes(&self) -> usize {
            10
        }
        fn share(&self) -> Result<Self, crate::av::AvError> {
            Ok(self.clone())
        }
        fn mark(&self) -> Option<Mark> {
            self.0.map(|(ms, key)| Mark { time_us: ms * 1000, key })
        }
        fn supersedes(&self, earlier: &Self) -> bool {
            self.0.is_none() && earlier.0.is_none()
        }
    }

    const VIDEO: usize = 0;
    const AUDIO: usize = 1;

    fn leaky(patience_ms: i64) -> (Leaky<Toy>, Leak) {
        let leak = Leak {
            pictures: vec![true, false],
            patience_us: patience_ms * 1000,
            bytes: 1 << 20,
            wish: KeyframeWish::default(),
            meter: Arc::default(),
        };
        (Leaky::new(leak.clone()), leak)
    }

    /// Comes when it is due.
    fn push(link: &Leaky<Toy>, port: usize, ms: i64, key: bool) {
        push_at(link, ms, port, ms, key);
    }

    fn push_at(link: &Leaky<Toy>, now_ms: i64, port: usize, ms: i64, key: bool) {
        link.0.lock().unwrap().push(Tagged { port, item: Some(Toy(Some((ms, key)))) }, now_ms * 1000);
    }

    fn all(link: &Leaky<Toy>) -> Vec<(usize, i64)> {
        std::iter::from_fn(|| link.pop()).filter_map(|t| Some((t.port, t.item?.0?.0))).collect()
    }

    #[test]
    fn what_fits_passes_in_order() {
        let (link, leak) = leaky(1000);
        push(&link, VIDEO, 0, true);
        push(&link, AUDIO, 10, true);
        push(&link, VIDEO, 40, false);
        assert_eq!(all(&link), [(VIDEO, 0), (AUDIO, 10), (VIDEO, 40)]);
        assert_eq!(leak.meter.packets.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn too_much_goes_on_from_the_newest_keyframe() {
        let (link, leak) = leaky(1000);
        for ms in (0..=1040).step_by(40) {
            push(&link, VIDEO, ms, ms % 400 == 0);
            push(&link, AUDIO, ms, true);
        }
        let left = all(&link);
        assert_eq!(left[0], (VIDEO, 800));
        assert_eq!(left[1], (AUDIO, 800));
        assert_eq!(leak.meter.packets.load(Ordering::Relaxed), 40);
        assert_eq!(leak.meter.groups.load(Ordering::Relaxed), 1);
        assert!(!leak.wish.take());
    }

    #[test]
    fn a_burst_passes_whole_and_is_too_much_once_it_has_waited() {
        let (link, leak) = leaky(1000);
        for ms in (0..5000).step_by(40) {
            push_at(&link, ms / 100, VIDEO, ms, ms % 400 == 0);
        }
        assert_eq!(link.len(), 125);
        push_at(&link, 1100, VIDEO, 5000, false);
        assert_eq!(all(&link)[0], (VIDEO, 4800));
        assert_eq!(leak.meter.packets.load(Ordering::Relaxed), 120);
    }

    #[test]
    fn without_a_keyframe_it_waits_for_the_next_and_wishes_for_one() {
        let (link, leak) = leaky(1000);
        for ms in (0..=1200).step_by(40) {
            push(&link, VIDEO, ms, ms == 0);
            push(&link, AUDIO, ms, true);
        }
        assert!(leak.wish.take() && !leak.wish.take());
        push(&link, VIDEO, 1240, true);
        push(&link, VIDEO, 1280, false);
        push(&link, AUDIO, 1280, true);
        assert_eq!(all(&link), [(VIDEO, 1240), (VIDEO, 1280), (AUDIO, 1280)]);
    }

    #[test]
    fn what_tells_again_and_again_that_nothing_comes_does_not_pile_up() {
        let (link, _) = leaky(100);
        push(&link, VIDEO, 0, true);
        for _ in 0..1000 {
            for port in [VIDEO, AUDIO] {
                link.push(Tagged { port, item: Some(Toy(None)) });
            }
        }
        assert_eq!(link.len(), 3);
        push(&link, VIDEO, 40, false);
        link.push(Tagged { port: VIDEO, item: Some(Toy(None)) });
        assert_eq!(link.len(), 5);
    }

    #[test]
    fn its_bytes_are_bounded_also_where_times_start_over_and_the_newest_stays() {
        for pictures in [[true, false], [false, false]] {
            let link = Leaky::new(Leak { pictures: pictures.to_vec(), bytes: 4000, ..leaky(1000).1 });
            for ms in (0..5).flat_map(|_| (0..10_000).step_by(40)) {
                push_at(&link, 0, VIDEO, ms, ms % 400 == 0);
                push_at(&link, 0, AUDIO, ms, true);
                assert!(link.0.lock().unwrap().bytes <= 4000);
            }
            assert_eq!(all(&link).last(), Some(&(AUDIO, 9960)));
        }
    }

    #[test]
    fn what_is_no_media_is_never_left_out() {
        let (link, _) = leaky(100);
        link.0.lock().unwrap().push(Tagged { port: VIDEO, item: Some(Toy(None)) }, 0);
        for ms in 0..1000 {
            push(&link, VIDEO, ms, false);
        }
        link.push(Tagged { port: VIDEO, item: None });
        let left: Vec<_> = std::iter::from_fn(|| link.pop()).collect();
        assert_eq!(left.first().unwrap().item, Some(Toy(None)));
        assert_eq!(left.last().unwrap().item, None);
    }

    #[test]
    fn a_port_that_ends_twice_has_ended_once() {
        let (link, leak) = leaky(1000);
        for port in [VIDEO, VIDEO, AUDIO] {
            link.push(Tagged { port, item: None });
        }
        assert_eq!(leak.meter.ended.load(Ordering::Relaxed), 2);
    }

    proptest! {
        #[test]
        fn it_is_bounded_and_pictures_always_go_on_from_a_keyframe(
            steps in prop::collection::vec((1i64..80, 0u8..8, any::<bool>()), 1..600),
        ) {
            let (link, _) = leaky(1000);
            let mut now = 0;
            let (mut sent, mut whole) = (Vec::new(), Vec::new());
            for (index, (step, dice, take)) in steps.into_iter().enumerate() {
                now += step;
                let key = index == 0 || dice == 0;
                push(&link, VIDEO, now, key);
                push(&link, AUDIO, now, true);
                whole.push((now, key));
                prop_assert!(link.len() <= 2 * 1100);
                if take && dice > 5 {
                    sent.extend(all(&link));
                }
            }
            sent.extend(all(&link));
            // Each picture is followed by its successor in the source, or by a keyframe.
            let pictures: Vec<i64> = sent.iter().filter(|(port, _)| *port == VIDEO).map(|(_, ms)| *ms).collect();
            let mut at = 0;
            for ms in pictures {
                let found = (at..whole.len()).find(|i| whole[*i].0 == ms && (*i == at || whole[*i].1));
                prop_assert!(found.is_some(), "{ms}");
                at = found.unwrap() + 1;
            }
        }
    }
}
