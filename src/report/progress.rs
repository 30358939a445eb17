//! Where `-progress` writes to.

use crate::diagnostic::{mask_url, reason};
use crate::octets::{file_path, to_path};
use std::fs::File;
use std::io::{self, Write};
use std::net::TcpStream;

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
pub struct ProgressSink(Option<Box<dyn Write + Send>>);

impl ProgressSink {
    /// Opens a file, `-`, `pipe:N`, `tcp://host:port` or `unix:path`.
    pub fn open(url: &str) -> Result<Self, ProgressError> {
        let refused = |error| ProgressError { url: mask_url(url), cause: reason(&error) };
        target(url).map(|target| Self(Some(target))).map_err(refused)
    }

    /// Writes a block; a reader that has gone is told of once.
    pub fn write(&mut self, block: &str) {
        let Some(target) = &mut self.0 else { return };
        if let Err(error) = target.write_all(block.as_bytes()).and_then(|()| target.flush()) {
            self.0 = None;
            log::warn!("The progress report cannot be written any more: {}", reason(&error));
        }
    }
}

/// What a URL of `-progress` stands for.
pub(super) fn target(url: &str) -> io::Result<Box<dyn Write + Send>> {
    if let Some(number) = url.strip_prefix("pipe:").or((url == "-").then_some("")) {
        return Ok(match number {
            "" | "1" => Box::new(io::stdout()),
            "2" => Box::new(io::stderr()),
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
        ProgressSink::open(path.to_str().unwrap()).unwrap().write("frame=1\n");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "frame=1\n");
    }
}
