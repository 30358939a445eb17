//! The session description (SDP) of rtp outputs: told when all of them have their header.

use crate::engine::fault::StageError;
use crate::octets::{file_path, to_bytes};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The target of records that are data, and go to stdout as they are.
pub const DATA: &str = "stdout";

/// The descriptions of all rtp outputs of a run.
#[derive(Clone, Debug)]
pub struct SessionDescription {
    /// By output.
    parts: Arc<Mutex<BTreeMap<usize, String>>>,
    outputs: usize,
    file: Option<String>,
}

impl SessionDescription {
    /// A session of so many outputs, to be written to the file, or else to stdout.
    pub fn new(outputs: usize, file: Option<String>) -> Self {
        Self { parts: Arc::default(), outputs, file }
    }

    /// Adds the description of an output, by its number; the last one tells the whole, in the outputs' order.
    pub(super) fn add(&self, output: usize, description: String) -> Result<(), StageError> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.insert(output, description);
        if parts.len() < self.outputs {
            return Ok(());
        }
        let parts: Vec<String> = parts.values().cloned().collect();
        let whole = together(&parts);
        match &self.file {
            Some(file) => std::fs::write(file_path(file), &*to_bytes(&whole))
                .map_err(|error| StageError::Failed(format!("Failed to open sdp file '{file}': {error}"))),
            None => {
                log::error!(target: DATA, "SDP:\n{whole}\n");
                Ok(())
            }
        }
    }
}

/// One description of several: the first one's head, and each one's media with its own address.
fn together(parts: &[String]) -> String {
    let [first, rest @ ..] = parts else { return String::new() };
    if rest.is_empty() {
        return first.clone();
    }
    let mut whole = String::new();
    for (number, part) in parts.iter().enumerate() {
        let head = part.find("m=").unwrap_or(part.len());
        let address = part[..head].lines().find(|line| line.starts_with("c="));
        if number == 0 {
            for line in part[..head].lines().filter(|line| !line.starts_with("c=")) {
                whole += &format!("{line}\r\n");
            }
        }
        for line in part[head..].lines() {
            whole += &format!("{line}\r\n");
            if let (Some(address), true) = (address, line.starts_with("m=")) {
                whole += &format!("{address}\r\n");
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn of_several_outputs_each_medium_has_its_address() {
        let part = |kind: &str| format!("v=0\r\nc=IN IP4 127.0.0.1\r\nm={kind} 5000\r\na=x\r\n");
        assert_eq!(together(&[part("video")]), part("video"));
        assert_eq!(
            together(&[part("video"), part("audio")]),
            "v=0\r\nm=video 5000\r\nc=IN IP4 127.0.0.1\r\na=x\r\nm=audio 5000\r\nc=IN IP4 127.0.0.1\r\na=x\r\n"
        );
    }
}
