//! Key and value pairs as FFmpeg's functions take and give them.

use super::{c_string, text_of};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// An owned `AVDictionary`.
#[derive(Debug)]
pub struct Dictionary(*mut ffi::AVDictionary);

// SAFETY: the dictionary is owned by one value and has no thread-bound state.
unsafe impl Send for Dictionary {}

impl Default for Dictionary {
    fn default() -> Self {
        Self(ptr::null_mut())
    }
}

impl Dictionary {
    /// An empty dictionary.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key; a value of relative flags (`+x`) is appended to what stands there, as ffmpeg's command does.
    pub fn set(&mut self, key: &str, value: &str) {
        self.set_with(key, Some(value), 0);
    }

    /// Sets a key unless it is there.
    pub fn set_default(&mut self, key: &str, value: &str) {
        self.set_with(key, Some(value), ffi::AV_DICT_DONT_OVERWRITE);
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) {
        self.set_with(key, None, 0);
    }

    fn set_with(&mut self, key: &str, value: Option<&str>, flags: impl TryInto<i32>) {
        let key = c_string(key);
        let value = value.map(c_string);
        let value = value.as_ref().map_or(ptr::null(), |v| v.as_ptr());
        // SAFETY: both strings outlive the call, which copies them; the pointer is this value's own.
        unsafe { ffi::av_dict_set(&mut self.0, key.as_ptr(), value, flags.try_into().unwrap_or(0)) };
    }

    /// The value of a key, case ignored.
    pub fn get(&self, key: &str) -> Option<String> {
        let key = c_string(key);
        // SAFETY: the dictionary may be null; the entry is read before anything changes it.
        unsafe {
            let entry = ffi::av_dict_get(self.0, key.as_ptr(), ptr::null(), 0);
            entry.as_ref().map(|e| text_of(e.value))
        }
    }

    /// All pairs in order.
    pub fn pairs(&self) -> Vec<(String, String)> {
        // SAFETY: the dictionary is owned and not changed during the walk.
        unsafe { pairs_of(self.0) }
    }

    /// The pointer, for functions that read it or replace it.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut *mut ffi::AVDictionary {
        &mut self.0
    }

    /// Gives the dictionary to an owner in C.
    pub(crate) fn into_raw(mut self) -> *mut ffi::AVDictionary {
        std::mem::replace(&mut self.0, ptr::null_mut())
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Dictionary {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut dictionary = Self::new();
        for (key, value) in pairs {
            dictionary.set(key.as_ref(), value.as_ref());
        }
        dictionary
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        // SAFETY: owned; null is allowed.
        unsafe { ffi::av_dict_free(&mut self.0) };
    }
}

/// All pairs of a dictionary that belongs to somebody else.
///
/// # Safety
/// `dictionary` is null or valid, and is not changed during the call.
pub(crate) unsafe fn pairs_of(dictionary: *const ffi::AVDictionary) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut entry: *mut ffi::AVDictionaryEntry = ptr::null_mut();
    loop {
        // SAFETY: the caller's promise; `entry` is null or the previous entry of the same dictionary.
        unsafe {
            entry = ffi::av_dict_get(dictionary, c"".as_ptr(), entry, ffi::AV_DICT_IGNORE_SUFFIX as i32);
            let Some(found) = entry.as_ref() else { return pairs };
            pairs.push((text_of(found.key), text_of(found.value)));
        }
    }
}
