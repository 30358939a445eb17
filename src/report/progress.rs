//! Where `-progress` writes to.

use super::aside::Aside;
use crate::diagnostic::{mask_url, reason};
use crate::octets::{file_path, to_path};
use std::fs::File;
use std::io::{self, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::Duration;

/// A target of `-progress` that cannot be opened.
#[derive(Clone, Debug, thiserror::Error)]
#[error("Failed to open progress URL \"{url}\": {cause}")]
pub struct ProgressError {
    /// The target, without passwords.
    pub url: String,
    /// The operating system's reason.
    pub cause: String,
}

/// An open target of `-progress`.
pub struct ProgressSink(Aside);

impl ProgressSink {
    /// Opens a file, `-`, `pipe:N`, `tcp://host:port` or `unix:path`.
    pub fn open(url: &str) -> Result<Self, ProgressError> {
        let refused = |error| ProgressError { url: mask_url(url), cause: reason(&error) };
        let lost = |error: &io::Error| log::warn!("The progress report cannot be written any more: {}", reason(error));
        target(url).and_then(|target| Aside::start("progress out", target, lost)).map(Self).map_err(refused)
    }

    /// Writes a block, which is left out when the reader is far behind; one that has gone is told of once.
    pub fn write(&self, block: String) {
        self.0.put(block);
    }

    /// Writes the last block behind all others, if there is one, and waits for the reader as [`Aside::finish`] does.
    pub fn finish(self, last: Option<String>, patience: Duration) {
        self.0.finish(last, patience);
    }
}

/// What a URL of `-progress` stands for.
pub(super) fn target(url: &str) -> io::Result<Box<dyn Write + Send>> {
    if let Some(number) = url.strip_prefix("pipe:").or((url == "-").then_some("")) {
        return Ok(match number {
            // Descriptors of their own: who waits for a reader must not hold what else writes there.
            "" | "1" => Box::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
            "2" => Box::new(File::from(io::stderr().as_fd().try_clone_to_owned()?)),
            _ if number.chars().all(|c| c.is_ascii_digit()) => {
                Box::new(File::options().write(true).open(format!("/dev/fd/{number}"))?)
            }
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "pipe: is followed by a descriptor's number")),
        });
    }
    if let Some(rest) = url.strip_prefix("tcp://") {
        let address = rest.split(['/', '?']).next().unwrap_or(rest);
        return Ok(Box::new(TcpStream::connect(address)?));
    }
    if let Some(path) = url.strip_prefix("unix:") {
        return Ok(Box::new(std::os::unix::net::UnixStream::connect(to_path(path.trim_start_matches("//")))?));
    }
    if url.contains("://") {
        let sentence = "progress goes to a file, -, pipe:N, tcp://host:port or unix:path";
        return Err(io::Error::new(io::ErrorKind::Unsupported, sentence));
    }
    Ok(Box::new(File::create(file_path(url))?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_cannot_be_opened_is_told_without_passwords() {
        let told = |url| ProgressSink::open(url).err().unwrap().to_string();
        assert!(told("http://u:p@h/x").starts_with("Failed to open progress URL \"http://u:***@h/x\": progress goes"));
        assert!(told("/no/such/file").ends_with("No such file or directory"));
        assert!(told("pipe:x").contains("descriptor"));
    }

    #[test]
    fn a_file_holds_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.txt");
        let sink = ProgressSink::open(path.to_str().unwrap()).unwrap();
        sink.write("frame=1\n".to_owned());
        sink.finish(Some("frame=2\n".to_owned()), Duration::from_secs(60));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "frame=1\nframe=2\n");
    }
}
