//! Links within a thread: to send an item is to have it handled.

use super::Tagged;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who handles the items of such a link, in the sender's turn.
pub trait Handler<T>: Send {
    /// Handles an item, or the end of a port.
    fn take(&mut self, tagged: Tagged<T>);
    /// It has more to do even when nothing comes.
    fn is_busy(&self) -> bool;
    /// Nothing has come, and it is busy.
    fn go_on(&mut self);
    /// It holds items that have not crossed yet.
    fn holds(&self) -> bool;
    /// The thread is about to wait: what is held crosses.
    fn settle(&mut self);
}

/// Where the one who takes the items has its place, while it is there.
pub struct Seat<T>(Arc<Mutex<Option<Guest<T>>>>);

type Guest<T> = Arc<Mutex<dyn Handler<T>>>;

impl<T> Seat<T> {
    /// Lets the link's items go to that one.
    pub fn take_place(&self, guest: Guest<T>) {
        *lock(&self.0) = Some(guest);
    }

    /// Nobody takes the link's items any more.
    pub fn leave(&self) {
        *lock(&self.0) = None;
    }

    pub(super) fn guest(&self) -> Option<Guest<T>> {
        lock(&self.0).clone()
    }
}

impl<T> Default for Seat<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Seat<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The value, whatever became of who had it before.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
