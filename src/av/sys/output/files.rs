//! Files that a muxer opens and closes by itself, such as the segments of HLS: not all muxers ask whether they could be written.

use crate::av::sys::{error::AvError, options::is_switched_on, text_of};
use ffmpeg_sys_next as ffi;
use std::ffi::{CStr, c_char};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a context's files are opened by.
type Open = unsafe extern "C" fn(
    *mut ffi::AVFormatContext,
    *mut *mut ffi::AVIOContext,
    *const c_char,
    i32,
    *mut *mut ffi::AVDictionary,
) -> i32;

/// What is known of such files.
#[derive(Debug, Default)]
struct Watched {
    /// libavformat's own way to open one.
    open: OnceLock<Open>,
    /// The outputs of `tee` that may fail, by their URLs.
    may_fail: OnceLock<Vec<String>>,
    /// The first error; 0 for none.
    first_error: AtomicI32,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    /// Those that are open for writing, by the address of their I/O.
    open: Vec<(usize, String)>,
    /// Those that could not be written whole.
    incomplete: Vec<String>,
    /// Those that a server would not take when they were last offered to it, and why.
    refused: Vec<(String, i32)>,
}

/// The files of one muxer, also when that is gone.
#[derive(Clone, Debug, Default)]
pub struct OwnFiles(Arc<Watched>);

/// The option of muxers that are to go on whatever becomes of their files.
const IGNORES_ERRORS: &CStr = c"ignore_io_errors";

impl OwnFiles {
    /// Watches what a context opens and closes, and those that it makes for its segments.
    ///
    /// # Safety
    ///
    /// `self` lives as long as the context; nobody else uses the context's `opaque`.
    pub(super) unsafe fn watch(&self, context: &mut ffi::AVFormatContext) {
        if let Some(default) = context.io_open {
            let _ = self.0.open.set(default);
            context.io_open = Some(open);
        }
        // SAFETY: the URL of an allocated context is a string or null.
        let _ = self.0.may_fail.set(may_fail(&unsafe { text_of(context.url) }));
        context.opaque = Arc::as_ptr(&self.0).cast_mut().cast();
        context.io_close2 = Some(close);
    }

    /// What went wrong first where one was written.
    pub fn first_error(&self) -> Result<(), AvError> {
        AvError::check(self.0.first_error.load(Ordering::Relaxed)).map(drop)
    }

    /// The first of those that a server would not take when they were last offered to it, and why.
    pub fn refused(&self) -> Option<(String, AvError)> {
        let files = self.0.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.refused.first().map(|(name, error)| (name.clone(), AvError(*error)))
    }

    /// The names of those that could not be written whole, so far; each is told once.
    pub fn take_incomplete(&self) -> Vec<String> {
        std::mem::take(&mut self.0.files.lock().unwrap_or_else(PoisonError::into_inner).incomplete)
    }
}

/// The outputs in a URL of `tee` that the others do not mind: `[f=mp4:onfail=ignore]a.mp4|b.mkv`.
fn may_fail(url: &str) -> Vec<String> {
    let outputs = url.split('|').filter_map(|output| output.strip_prefix('[')?.split_once(']'));
    let ignored = outputs.filter(|(options, _)| options.split(':').any(|option| option == "onfail=ignore"));
    ignored.map(|(_, url)| url.to_owned()).collect()
}

/// Notes what went wrong with a file of that context, unless its output may fail.
///
/// # Safety
///
/// The context is valid.
unsafe fn note(context: *mut ffi::AVFormatContext, watched: &Watched, error: i32) {
    // SAFETY: as the caller says; the URL is a string or null.
    let url = || unsafe { text_of((*context).url) };
    if !watched.may_fail.get().is_some_and(|urls| !urls.is_empty() && urls.contains(&url())) {
        let _ = watched.first_error.compare_exchange(0, error, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// True of a muxer that opens files as it goes, and may not mind where the last one cannot be: others are told by whoever opens
/// theirs.
fn opens_its_files(context: &ffi::AVFormatContext) -> bool {
    // SAFETY: an output's format is null or a static of the library.
    unsafe { context.oformat.as_ref() }.is_some_and(|format| format.flags & ffi::AVFMT_NOFILE as i32 != 0)
}

/// True of a request to a server that takes a file away.
///
/// # Safety
///
/// The options are a pointer to a dictionary, or null.
unsafe fn is_deletion(options: *mut *mut ffi::AVDictionary) -> bool {
    // SAFETY: as the caller says; the key is a C string, and what is found lives as long as the dictionary.
    unsafe {
        let Some(options) = options.as_ref() else { return false };
        let method = ffi::av_dict_get(*options, c"method".as_ptr(), std::ptr::null(), 0);
        method.as_ref().is_some_and(|method| text_of(method.value) == "DELETE")
    }
}

/// Opens a file as libavformat does, and notes its name.
unsafe extern "C" fn open(
    context: *mut ffi::AVFormatContext,
    io: *mut *mut ffi::AVIOContext,
    url: *const c_char,
    flags: i32,
    options: *mut *mut ffi::AVDictionary,
) -> i32 {
    // SAFETY: the context is one that `watch` has seen, or one that a muxer gave the same fields; the rest is the caller's.
    unsafe {
        let watched = (*context).opaque.cast::<Watched>().as_ref();
        let Some((watched, default)) = watched.and_then(|watched| Some((watched, watched.open.get()?))) else {
            return ffi::AVERROR_BUG;
        };
        let deletes = is_deletion(options);
        let result = default(context, io, url, flags, options);
        if flags & ffi::AVIO_FLAG_WRITE as i32 == 0 {
            return result;
        }
        let name = text_of(url);
        let mut files = watched.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.refused.retain(|(refused, _)| *refused != name);
        if result >= 0 {
            files.open.push((*io as usize, name));
        } else if opens_its_files(&*context) && !is_switched_on(context.cast(), IGNORES_ERRORS) && !deletes {
            // What is sent to a server is tried again.
            match name.starts_with("http") {
                true => files.refused.push((name, result)),
                false => note(context, watched, result),
            }
        }
        result
    }
}

/// Writes what waits, notes whether that went well, and closes, as libavformat's own (`avio_close`).
unsafe extern "C" fn close(context: *mut ffi::AVFormatContext, io: *mut ffi::AVIOContext) -> i32 {
    if io.is_null() {
        return 0;
    }
    // SAFETY: the context is one that `watch` has seen, or one that a muxer gave the same fields; what it closes is open.
    unsafe {
        let writes = (*io).write_flag != 0;
        ffi::avio_flush(io);
        let error = (*io).error;
        let failed = error < 0 && error != ffi::AVERROR_EOF && !is_switched_on(context.cast(), IGNORES_ERRORS);
        if let Some(watched) = (*context).opaque.cast::<Watched>().as_ref() {
            let mut files = watched.files.lock().unwrap_or_else(PoisonError::into_inner);
            let place = files.open.iter().position(|(address, _)| *address == io as usize);
            let name = place.map(|place| files.open.swap_remove(place).1);
            if writes && failed {
                note(context, watched, error);
                files.incomplete.extend(name);
            }
        }
        ffi::avio_close(io)
    }
}

#[cfg(test)]
mod tests {
    use super::may_fail;

    #[test]
    fn outputs_of_tee_that_may_fail_are_known() {
        assert_eq!(may_fail("[onfail=ignore]a.mp4|[f=hls:onfail=ignore]b.m3u8|[onfail=abort]c|d"), ["a.mp4", "b.m3u8"]);
        assert!(may_fail("a.mp4").is_empty());
    }
}
