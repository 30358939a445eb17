//! FFmpeg's own log: lines arrive here with their class and go on to a Rust function.

use super::decoder::BehindDecoder;
use super::text_of;
use ffmpeg_sys_next as ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

/// A line of a library: level (FFmpeg's numbers), the `[name @ 0x...] ` prefix or nothing, and the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryLine {
    /// FFmpeg's level: 16 error, 24 warning, 32 info ...
    pub level: i32,
    /// The prefix as FFmpeg writes it, empty in the middle of a line.
    pub prefix: String,
    /// The text; it may lack a line's end, or hold several.
    pub text: String,
}

/// Takes each line; called from any thread, also from FFmpeg's own.
pub type Sink = fn(LibraryLine);

static SINK: OnceLock<Sink> = OnceLock::new();

/// The level up to which lines go to the sink.
static WANTED: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(32);

/// FFmpeg's level numbers by name, from quiet to trace.
pub const LEVELS: [(&str, i32); 9] = [
    ("quiet", -8),
    ("panic", 0),
    ("fatal", 8),
    ("error", 16),
    ("warning", 24),
    ("info", 32),
    ("verbose", 40),
    ("debug", 48),
    ("trace", 56),
];

/// Sends all library lines to `sink`, and tells the libraries which levels are wanted. The first sink stays.
pub fn install(sink: Sink, level: i32) {
    let _ = SINK.set(sink);
    // SAFETY: the callback has FFmpeg's signature but for the type of the list of arguments, which is an opaque
    // pointer on every platform that weir is built for.
    unsafe {
        set_level(level);
        let callback: unsafe extern "C" fn(*mut c_void, c_int, *const c_char, *mut c_void) = receive;
        ffi::av_log_set_callback(Some(std::mem::transmute::<
            unsafe extern "C" fn(*mut c_void, c_int, *const c_char, *mut c_void),
            LogCallback,
        >(callback)));
    }
}

type LogCallback = unsafe extern "C" fn(*mut c_void, c_int, *const c_char, *mut ffi::__va_list_tag);

thread_local! {
    static HUSHED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Decoders that are looked into quietly.
static QUIET_DECODERS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// While this lives, lines of libraries on its thread are told at level verbose at the highest.
pub struct Hushed {
    before: bool,
    /// It belongs to its thread.
    _thread: std::marker::PhantomData<*const ()>,
}

/// Hushes the libraries on this thread for a while, such as that of an attempt that is made again when it fails.
pub fn hush() -> Hushed {
    Hushed { before: HUSHED.replace(true), _thread: std::marker::PhantomData }
}

impl Drop for Hushed {
    fn drop(&mut self) {
        HUSHED.set(self.before);
    }
}

/// While this lives, decoders complain at level verbose at the highest.
pub struct QuietDecoders(());

/// Quietens all decoders for a while, such as that of joining a stream in its middle.
pub fn quiet_decoders() -> QuietDecoders {
    QUIET_DECODERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    QuietDecoders(())
}

impl Drop for QuietDecoders {
    fn drop(&mut self) {
        QUIET_DECODERS.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// The level at which a line counts: lower where complaints are expected.
///
/// # Safety
/// `class` is null or points to an object that begins with a pointer to its class, as FFmpeg's log demands.
unsafe fn counted_level(class: *mut c_void, level: c_int) -> c_int {
    const VERBOSE: c_int = 40;
    if level >= VERBOSE {
        return level;
    }
    if HUSHED.get() {
        return VERBOSE;
    }
    if QUIET_DECODERS.load(std::sync::atomic::Ordering::Relaxed) == 0 || class.is_null() {
        return level;
    }
    // SAFETY: the caller's promise; that of codecs' contexts is theirs alone.
    let is_codec = unsafe { *class.cast::<*const ffi::AVClass>() == ffi::avcodec_get_class() };
    if is_codec { VERBOSE } else { level }
}

/// Changes the level up to which lines are wanted.
pub fn set_level(level: i32) {
    set_levels(level, level);
}

/// Changes the level that the libraries think is shown, which some of them ask to choose their words, and the one up to
/// which lines are wanted, by a report too.
pub fn set_levels(shown: i32, wanted: i32) {
    WANTED.store(wanted, std::sync::atomic::Ordering::Relaxed);
    // SAFETY: sets a number.
    unsafe { ffi::av_log_set_level(shown) };
}

/// The level in force.
pub fn level() -> i32 {
    // SAFETY: reads a number.
    unsafe { ffi::av_log_get_level() }
}

thread_local! {
    /// Whether what the libraries say next in this thread begins a new line. FFmpeg has one for all threads, and filters that
    /// write a line in several parts lose their prefixes when another thread speaks in between.
    static AT_LINE_START: std::cell::Cell<c_int> = const { std::cell::Cell::new(1) };
    /// What the libraries tell this thread while it captures.
    static CAPTURED: std::cell::RefCell<Option<String>> = const { std::cell::RefCell::new(None) };
}

/// What the libraries write while `body` runs in this thread, all levels, without prefixes.
pub(crate) fn captured(body: impl FnOnce()) -> String {
    let outer = CAPTURED.replace(Some(String::new()));
    body();
    CAPTURED.replace(outer).unwrap_or_default()
}

thread_local! {
    static INCOMPLETE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many packets the demuxers of this thread have called damaged at the end of their bytes, so far.
///
/// A packet that ends with the file has a flag, which the parser behind the demuxer loses; what libavformat says of it is all
/// that is left.
pub(crate) fn incomplete_packets() -> u64 {
    INCOMPLETE.get()
}

/// Counts what [`incomplete_packets`] tells.
///
/// # Safety
/// As for FFmpeg's log callbacks.
unsafe fn count_incomplete(class: *mut c_void, format: *const c_char) {
    if class.is_null() || format.is_null() {
        return;
    }
    // SAFETY: an object that logs begins with a pointer to its class; that of libavformat's contexts is theirs alone, and `pb` is
    // null or open. The format is a string.
    let at_end = unsafe {
        CStr::from_ptr(format).to_bytes().starts_with(b"Packet corrupt (stream")
            && *class.cast::<*const ffi::AVClass>() == ffi::avformat_get_class()
            && (*class.cast::<ffi::AVFormatContext>()).pb.as_ref().is_some_and(|io| io.eof_reached != 0)
    };
    INCOMPLETE.set(INCOMPLETE.get() + u64::from(at_end));
}

/// Tells a decoder of ours that it has made up a part of a picture; only its log says so in time.
///
/// # Safety
/// As for FFmpeg's log callbacks.
unsafe fn count_concealed(class: *mut c_void, format: *const c_char) {
    let expected = HUSHED.get() || QUIET_DECODERS.load(std::sync::atomic::Ordering::Relaxed) > 0;
    if class.is_null() || format.is_null() || expected {
        return;
    }
    // SAFETY: an object that logs begins with a pointer to its class; that of codecs' contexts is theirs alone. The format is a
    // string.
    unsafe {
        if CStr::from_ptr(format).to_bytes().starts_with(b"concealing ")
            && *class.cast::<*const ffi::AVClass>() == ffi::avcodec_get_class()
        {
            BehindDecoder::count_concealed(class.cast());
        }
    }
}

thread_local! {
    static REFUSAL: std::cell::RefCell<Option<String>> = const { std::cell::RefCell::new(None) };
}

/// The reason that a peer gave in this thread for refusing what it was asked for last, if it gave one; once.
///
/// RTMP servers give one in words. libavformat's error is the same for all of them: what it says is all that is left.
pub fn take_refusal() -> Option<String> {
    REFUSAL.take()
}

/// How libavformat begins the line with a peer's reason.
const REFUSES: &str = "Server error: ";

/// Keeps what [`take_refusal`] gives.
fn keep_refusal(text: &str) {
    REFUSAL.set(text.strip_prefix(REFUSES).map(|reason| reason.trim().to_owned()));
}

/// The text of a line, without its prefix; it takes the arguments, which cannot be read a second time.
///
/// # Safety
/// As for FFmpeg's log callbacks.
unsafe fn formatted(class: *mut c_void, level: c_int, format: *const c_char, arguments: *mut c_void) -> String {
    let mut buffer = [0 as c_char; 4096];
    let mut no_prefix = 0;
    // SAFETY: the buffer is as long as told; the rest is the caller's promise.
    unsafe {
        let size = buffer.len() as c_int;
        ffi::av_log_format_line2(class, level, format, arguments.cast(), buffer.as_mut_ptr(), size, &mut no_prefix);
        text_of(buffer.as_ptr())
    }
}

/// Takes a line of this thread if it captures.
///
/// # Safety
/// As for FFmpeg's log callbacks.
unsafe fn capture(class: *mut c_void, level: c_int, format: *const c_char, arguments: *mut c_void) -> bool {
    CAPTURED.with_borrow_mut(|captured| {
        let Some(text) = captured else { return false };
        // SAFETY: the caller's promise.
        text.push_str(&unsafe { formatted(class, level, format, arguments) });
        true
    })
}

unsafe extern "C" fn receive(class: *mut c_void, level: c_int, format: *const c_char, arguments: *mut c_void) {
    // SAFETY: the arguments are those of this call.
    if unsafe { capture(class, level & 0xff, format, arguments) } {
        return;
    }
    // SAFETY: FFmpeg's own object, or null.
    let level = unsafe {
        count_incomplete(class, format);
        count_concealed(class, format);
        counted_level(class, level & 0xff)
    };
    // SAFETY: a format is a string.
    let refuses = !format.is_null() && unsafe { CStr::from_ptr(format) }.to_bytes().starts_with(REFUSES.as_bytes());
    if level > WANTED.load(std::sync::atomic::Ordering::Relaxed) {
        if refuses {
            // SAFETY: the arguments are those of this call.
            keep_refusal(&unsafe { formatted(class, level, format, arguments) });
        }
        return;
    }
    let Some(sink) = SINK.get() else { return };
    let mut buffer = [0 as c_char; 4096];
    let (mut prefix_now, length);
    // SAFETY: the buffer is as long as told; format and arguments are FFmpeg's own for this call.
    let whole = unsafe {
        let mut state = AT_LINE_START.get();
        prefix_now = state;
        length = ffi::av_log_format_line2(
            class,
            level,
            format,
            arguments.cast(),
            buffer.as_mut_ptr(),
            buffer.len() as c_int,
            &mut state,
        );
        AT_LINE_START.set(state);
        text_of(buffer.as_ptr())
    };
    if length < 0 {
        return;
    }
    if class.is_null() {
        prefix_now = 0;
    }
    let (prefix, text) = match whole.strip_prefix('[').and_then(|_| split_prefix(&whole)) {
        Some((prefix, text)) if prefix_now != 0 => (prefix.to_owned(), text.to_owned()),
        _ => (String::new(), whole),
    };
    if refuses {
        keep_refusal(&text);
    }
    sink(LibraryLine { level, prefix, text });
}

/// Splits `[parent @ 0x1] [name @ 0x2] text` behind its brackets.
fn split_prefix(line: &str) -> Option<(&str, &str)> {
    let mut end = 0;
    while line[end..].starts_with('[') {
        let close = line[end..].find("] ")? + end;
        if !line[end..close].contains(" @ ") {
            break;
        }
        end = close + 2;
    }
    (end > 0).then(|| line.split_at(end))
}
