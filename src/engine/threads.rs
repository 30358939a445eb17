//! The one place where threads are made.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread with a name that debuggers and `top -H` show.
pub fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.chars().take(15).collect()).spawn(body)
}

/// Processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
