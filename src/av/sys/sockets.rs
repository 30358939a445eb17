//! TCP connections that do not hold back the end of a picture.

use rustix::net::sockopt;
use std::collections::BTreeSet;
use std::fs;
use std::os::fd::{BorrowedFd, RawFd};

/// The sockets of a connection that libavformat made.
///
/// The kernel keeps the end of what is written back until the far end has acknowledged what came before (Nagle's algorithm),
/// which far ends do up to 40 ms late. libavformat's RTSP has no option against it and does not tell its socket. So what
/// was opened while the connection was made is taken for it; another thread's socket among them is done no harm.
#[derive(Debug, Default)]
pub struct Sockets(Vec<RawFd>);

/// The descriptors that are open now.
#[derive(Debug)]
pub struct Descriptors(BTreeSet<RawFd>);

impl Descriptors {
    /// Takes stock.
    pub fn now() -> Self {
        let listed = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
        let mut open: BTreeSet<_> = listed.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        // The list names the descriptor that it was read by.
        open.retain(|number| rustix::io::fcntl_getfd(borrowed(*number)).is_ok());
        Self(open)
    }
}

impl Sockets {
    /// The TCP sockets that were opened since and hold back (`TCP_NODELAY` is off).
    pub fn since(before: &Descriptors) -> Self {
        let Descriptors(now) = Descriptors::now();
        let holds_back = |number: &RawFd| matches!(sockopt::tcp_nodelay(borrowed(*number)), Ok(false));
        Self(now.difference(&before.0).copied().filter(holds_back).collect())
    }

    /// Sends what is held back. Full segments need no push: they go as they are filled.
    pub fn push(&self) {
        for number in &self.0 {
            // What is gone refuses; that is found out by the next write.
            let _ = sockopt::set_tcp_nodelay(borrowed(*number), true);
            let _ = sockopt::set_tcp_nodelay(borrowed(*number), false);
        }
    }
}

fn borrowed(number: RawFd) -> BorrowedFd<'static> {
    // SAFETY: used for one call that asks for its state or sets an option of TCP. A descriptor that is closed meanwhile is
    // refused, and what takes its number is changed in nothing but when it sends.
    unsafe { BorrowedFd::borrow_raw(number) }
}
