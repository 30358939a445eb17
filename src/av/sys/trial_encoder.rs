//! Values that only an encoder itself knows, such as x264's presets: found by opening one that cannot run.

use super::{c_string, compat, log};
use crate::catalog::{Expected, ValueKind};
use ffmpeg_sys_next as ffi;
use std::fs::OpenOptions;
use std::ptr;

/// Encoders that look at these options before anything else, and list the names when they know one not.
const ENCODERS: [&str; 3] = ["libx264", "libx264rgb", "libx265"];

/// The options whose names they list.
const OPTIONS: [&str; 3] = ["preset", "tune", "profile"];

/// No encoder's name for anything.
const UNKNOWN: &str = "?";

/// An odd size: with 4:2:0 these encoders refuse it as soon as they are through with the options, before they reckon their
/// tables and start threads.
const ODD: i32 = 17;

/// What an encoder expects instead of a name that it does not know.
pub(super) fn refusal(encoder: &str, option: &str, value: &str) -> Option<Expected> {
    if !ENCODERS.contains(&encoder) || !OPTIONS.contains(&option) {
        return None;
    }
    // A name that is known needs no opening as far as that goes: x264 loses memory where it refuses what comes later.
    let known = listed(&told_by(encoder, option, UNKNOWN), option)?;
    if known.iter().any(|name| name == value) {
        return None;
    }
    // Numbers, several names, other letters: the encoder itself decides.
    listed(&told_by(encoder, option, value), option).map(|names| Expected {
        kind: ValueKind::Text,
        names,
        range: (0.0, 0.0),
    })
}

/// What the libraries say when an encoder is opened with this option.
fn told_by(encoder: &str, option: &str, value: &str) -> String {
    let mut told = String::new();
    silently(|| told = log::captured(|| open(encoder, option, value)));
    told
}

/// `Possible presets: ultrafast superfast ...`.
fn listed(told: &str, option: &str) -> Option<Vec<String>> {
    let refused = told.lines().any(|line| {
        let line = line.to_ascii_lowercase();
        (line.starts_with("error setting") || line.starts_with("invalid")) && line.contains(option)
    });
    let line = told.lines().find_map(|line| line.strip_prefix(&format!("Possible {option}s:")))?;
    let names: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    (refused && !names.is_empty()).then_some(names)
}

fn open(encoder: &str, option: &str, value: &str) {
    let (option, value) = (c_string(option), c_string(value));
    // SAFETY: the codec is static, the context is owned here, and the strings live during the calls.
    unsafe {
        let codec = ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr());
        let mut context = ffi::avcodec_alloc_context3(codec);
        if codec.is_null() || context.is_null() {
            ffi::avcodec_free_context(&mut context);
            return;
        }
        let formats = compat::supported(codec).pixel_formats;
        let usual = ffi::AVPixelFormat::AV_PIX_FMT_YUV420P;
        let c = &mut *context;
        (c.width, c.height, c.thread_count) = (ODD, ODD, 1);
        c.time_base = ffi::AVRational { num: 1, den: 25 };
        c.pix_fmt = formats.iter().copied().find(|f| *f == usual).or(formats.first().copied()).unwrap_or(usual);
        if ffi::av_opt_set(c.priv_data, option.as_ptr(), value.as_ptr(), 0) >= 0 {
            ffi::avcodec_open2(context, codec, ptr::null_mut());
        }
        ffi::avcodec_free_context(&mut context);
    }
}

/// Standard error leads nowhere while `body` runs: these encoders write there themselves until they are told where else.
fn silently(body: impl FnOnce()) {
    let nowhere = OpenOptions::new().write(true).open("/dev/null");
    let kept = rustix::io::dup(rustix::stdio::stderr());
    let (Ok(nowhere), Ok(kept)) = (nowhere, kept) else { return };
    if rustix::stdio::dup2_stderr(&nowhere).is_err() {
        return;
    }
    body();
    let _ = rustix::stdio::dup2_stderr(&kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_only_where_the_option_was_refused() {
        let both = "Error setting preset/tune fats/(null).\nPossible presets: fast slow\nPossible tunes: film grain\n";
        assert_eq!(listed(both, "preset").unwrap_or_default(), ["fast", "slow"]);
        assert_eq!(listed("Possible presets: fast slow\n", "preset"), None);
        assert_eq!(listed("width not divisible by 2 (17x17)\n", "preset"), None);
    }
}
