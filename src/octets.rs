//! Text that may hold bytes which are no UTF-8: Linux lets names, arguments and metadata be any bytes, and FFmpeg takes them.
//!
//! Inside, all text is a `String`. A byte that belongs to no UTF-8 stands in it as one private character; where text goes
//! out, to C, to the file system or to a stream, it becomes the byte again. Text that holds such private characters from the
//! start has each of their bytes written so, and comes out as it went in.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The private character of byte 0; that of byte `b` is `b` further. Unicode leaves the plane to everybody's own use.
const PRIVATE: u32 = 0x10_F800;

/// What each private character of a byte begins with in UTF-8.
const LEAD: u8 = 0xF4;

/// The text of any bytes.
pub fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        if chunk.valid().as_bytes().contains(&LEAD) {
            for c in chunk.valid().chars() {
                if byte_of(c).is_some() {
                    text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(char_of));
                } else {
                    text.push(c);
                }
            }
        } else {
            text.push_str(chunk.valid());
        }
        text.extend(chunk.invalid().iter().copied().map(char_of));
    }
    text
}

/// The text of an argument, of a name in a folder, or of a variable of the environment.
pub fn of_os(text: &OsStr) -> String {
    to_text(text.as_bytes())
}

/// The bytes that a text stands for.
pub fn to_bytes(text: &str) -> Cow<'_, [u8]> {
    if !text.as_bytes().contains(&LEAD) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// A text as a path in the file system.
pub fn to_path(text: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec(to_bytes(text).into_owned()))
}

/// The path that a URL names where it is one of a file, with or without FFmpeg's prefix `file:`.
pub fn file_path(url: &str) -> PathBuf {
    to_path(url.strip_prefix("file:").unwrap_or(url))
}

/// A text for readers that take UTF-8 alone, such as those of JSON: what is none becomes U+FFFD.
pub fn readable(text: &str) -> Cow<'_, str> {
    match to_bytes(text) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// The private character of a byte; those of ASCII have none, for they are always UTF-8.
fn char_of(byte: u8) -> char {
    char::from_u32(PRIVATE + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a private character stands for.
fn byte_of(c: char) -> Option<u8> {
    u32::from(c).checked_sub(PRIVATE).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| !byte.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes among which those of private characters are frequent.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let own = (0x80..=0xff_u8).prop_map(|byte| char_of(byte).to_string().into_bytes());
        let part = prop_oneof![
            any::<Vec<u8>>(),
            any::<String>().prop_map(String::into_bytes),
            own.clone(),
            own.prop_map(|bytes| bytes[..3].to_vec()),
        ];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn any_bytes_come_out_as_they_went_in(bytes in bytes()) {
            let text = to_text(&bytes);
            prop_assert_eq!(to_bytes(&text), bytes.as_slice());
            let path = to_path(&text);
            prop_assert_eq!(path.as_os_str().as_bytes(), bytes.as_slice());
        }

        #[test]
        fn utf8_comes_out_as_it_went_in_and_is_itself_unless_private(text in any::<String>(), private in 0x80..=0xff_u8) {
            if !text.chars().any(|c| byte_of(c).is_some()) {
                prop_assert_eq!(&to_text(text.as_bytes()), &text);
            }
            let mixed = format!("{text}{}{text}", char_of(private));
            let inner = to_text(mixed.as_bytes());
            prop_assert_eq!(to_bytes(&inner), mixed.as_bytes());
            prop_assert_eq!(readable(&inner), mixed);
        }

        #[test]
        fn texts_are_joined_and_cut_as_their_bytes_are(one in bytes(), other in bytes()) {
            let joined = to_text(&one) + &to_text(&other);
            prop_assert_eq!(to_bytes(&joined), [one.clone(), other].concat());
            let cut: Vec<String> = to_text(&one).split('/').map(str::to_owned).collect();
            let parts: Vec<Vec<u8>> = one.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
            prop_assert_eq!(cut.iter().map(|part| to_bytes(part).into_owned()).collect::<Vec<_>>(), parts);
        }
    }

    #[test]
    fn what_is_no_utf8_is_told_to_programs_as_such() {
        assert_eq!(readable(&to_text(b"caf\xe9.mp4")), "caf\u{fffd}.mp4");
        assert_eq!(readable("café.mp4"), "café.mp4");
        assert_eq!(file_path(&to_text(b"file:caf\xe9")).as_os_str().as_bytes(), b"caf\xe9");
    }
}
