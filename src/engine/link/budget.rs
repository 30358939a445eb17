//! How much is in a link, and may be.

use super::Flowing;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How much a link holds.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Items at the most.
    pub items: usize,
    /// Bytes at the most; a single item may exceed it.
    pub bytes: usize,
}

/// What is in a link, or goes into it at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    items: u64,
    bytes: u64,
}

impl Load {
    /// Both numbers change together, in one word: 20 bits of items, 44 of bytes.
    const BYTE_BITS: u32 = 44;
    const MOST: Self = Self { items: (1 << 20) - 1, bytes: (1 << Self::BYTE_BITS) - 1 };

    pub(super) fn of<'a, T: Flowing>(items: impl IntoIterator<Item = &'a T>) -> Self {
        items.into_iter().fold(Self::default(), |sum, item| sum + Self { items: 1, bytes: item.bytes() as u64 })
    }

    fn word(self) -> u64 {
        self.items.min(Self::MOST.items) << Self::BYTE_BITS | self.bytes.min(Self::MOST.bytes)
    }

    fn of_word(word: u64) -> Self {
        Self { items: word >> Self::BYTE_BITS, bytes: word & Self::MOST.bytes }
    }
}

impl std::ops::Add for Load {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self { items: self.items + more.items, bytes: self.bytes + more.bytes }
    }
}

#[derive(Debug)]
pub(super) struct Budget {
    /// A [`Load`].
    held: AtomicU64,
    limit: Load,
    /// Senders that wait for room.
    pub(super) waiting: AtomicUsize,
}

impl Budget {
    pub(super) fn new(capacity: Capacity) -> Self {
        let limit = Load { items: capacity.items.max(1) as u64, bytes: capacity.bytes as u64 };
        let limit = Load { items: limit.items.min(Load::MOST.items), bytes: limit.bytes.min(Load::MOST.bytes) };
        Self { held: AtomicU64::new(0), limit, waiting: AtomicUsize::new(0) }
    }

    /// Counts the load in, if it fits or nothing else is there.
    pub(super) fn take(&self, load: Load) -> bool {
        let fits = |word: u64| {
            let sum = Load::of_word(word) + load;
            (word == 0 || (sum.items <= self.limit.items && sum.bytes <= self.limit.bytes)).then(|| sum.word())
        };
        self.held.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fits).is_ok()
    }

    /// Counts the load out. True when no more than half of the room is taken: whoever is woken before that fills it at once and waits
    /// again, or needs more than there is.
    pub(super) fn give_back(&self, load: Load) -> bool {
        let word = load.word();
        let left = Load::of_word(self.held.fetch_sub(word, Ordering::SeqCst) - word);
        left.items <= self.limit.items / 2 && left.bytes <= self.limit.bytes / 2
    }

    pub(super) fn most_items(&self) -> usize {
        self.limit.items as usize
    }

    pub(super) fn items(&self) -> usize {
        Load::of_word(self.held.load(Ordering::Relaxed)).items as usize
    }
}
