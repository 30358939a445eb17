//! What an SRT `streamid` says: MediaMTX's `publish:path:user:password`, or `#!::m=publish,r=path,u=user,s=password` as in SRT's
//! own convention ("SRT Access Control Guidelines").

use std::ops::Range;

/// The parts of a `streamid` that matter here.
pub struct StreamId {
    /// The path that it names.
    pub resource: Option<String>,
    /// Where its password is, in bytes of the text that was read.
    pub password: Option<Range<usize>>,
}

impl StreamId {
    /// Reads the value of a URL's `streamid=`, percent-encoded or not.
    pub fn read(value: &str) -> Self {
        let (id, places) = decoded(value);
        let (resource, password) = if id.starts_with("#!::") {
            (field(&id, "r="), field(&id, "s="))
        } else {
            let mut colons = id.match_indices(':').map(|(at, _)| at);
            let (first, second, third) = (colons.next(), colons.next(), colons.next());
            (first.map(|at| at + 1..second.unwrap_or(id.len())), third.map(|at| at + 1..id.len()))
        };
        Self {
            resource: resource.and_then(|at| id.get(at)).map(str::to_owned),
            password: password.and_then(|at| Some(*places.get(at.start)?..*places.get(at.end)?)),
        }
    }
}

/// Where the value behind a key is.
fn field(id: &str, key: &str) -> Option<Range<usize>> {
    let mut begins = id.match_indices([':', ',']).map(|(at, _)| at + 1);
    let from = begins.find(|at| id[*at..].starts_with(key))? + key.len();
    Some(from..id[from..].find(',').map_or(id.len(), |length| from + length))
}

/// A part of a URL without its percent-encoding, for reading only: what is no ASCII becomes `?`. With it, where each byte
/// begins, and where the part ends.
fn decoded(part: &str) -> (String, Vec<usize>) {
    let (mut text, mut places, mut at) = (String::new(), Vec::new(), 0);
    while let Some(byte) = part.as_bytes().get(at) {
        let encoded = part.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let encoded = encoded.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let byte = encoded.unwrap_or(*byte);
        text.push(if byte.is_ascii() { char::from(byte) } else { '?' });
        places.push(at);
        at += if encoded.is_some() { 3 } else { 1 };
    }
    places.push(at);
    (text, places)
}
