//! What is typed for a filter: taken apart by libavutil's own parsers, as libavfilter does it, and looked up in its options.

use super::idle_filter::IdleFilter;
use super::options::{names_of, options_of, own_names};
use super::{c_string, option_values, text_of};
use crate::catalog::{FilterArgument, OptionOwner, Verdict};
use ffmpeg_sys_next as ffi;
use std::ffi::{c_char, c_void};
use std::ptr;

/// See [`crate::catalog::Catalog::filter_arguments`].
pub(crate) fn tried(name: &str, arguments: &str) -> Option<Vec<FilterArgument>> {
    let filter = IdleFilter::new(name)?;
    let typed = split(&filter, arguments)?;
    let mut told = option_values::on_filter(&filter, typed);
    if matches!(name, "scale" | "scale2ref") {
        // Text to the filter, which FFmpeg 5.1 does not survive where the scaler does not know it.
        for flags in told.iter_mut().filter(|argument| argument.name == "flags" && !argument.value.is_empty()) {
            if let Some(expected) = option_values::refusal(OptionOwner::Scaler, "sws_flags", &flags.value) {
                flags.verdict = Verdict::Refused(expected);
            }
        }
    }
    Some(told)
}

/// Takes apart what is typed for a filter: options and values, in order.
fn split(filter: &IdleFilter, arguments: &str) -> Option<Vec<(String, String)>> {
    let own = filter.own();
    if own.is_null() {
        return None;
    }
    let arguments = c_string(arguments);
    let mut found = Vec::new();
    // SAFETY: what libavutil gives is freed here; the options' names are static; it reads within the strings.
    unsafe {
        let mut typed = arguments.as_ptr();
        let whole = ffi::av_get_token(&mut typed, c"[],;".as_ptr());
        let mut rest: *const c_char = whole;
        let mut unnamed = positional(own).into_iter();
        while !rest.is_null() && *rest != 0 {
            let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
            let flags = ffi::AV_OPT_FLAG_IMPLICIT_KEY as u32;
            let read = ffi::av_opt_get_key_value(&mut rest, c"=".as_ptr(), c":".as_ptr(), flags, &mut key, &mut value);
            let name = if key.is_null() { unnamed.next() } else { Some(text_of(key)) };
            if !key.is_null() {
                unnamed = Vec::new().into_iter();
            }
            let pair = name.filter(|_| read >= 0).map(|name| (name, text_of(value)));
            ffi::av_free(key.cast());
            ffi::av_free(value.cast());
            let Some(pair) = pair else {
                ffi::av_free(whole.cast());
                return None;
            };
            found.push(pair);
            if *rest != 0 {
                rest = rest.add(1);
            }
        }
        ffi::av_free(whole.cast());
    }
    Some(found)
}

/// Names of the options that values without names are for, in order: one for each field.
///
/// # Safety
/// The object begins with its class.
unsafe fn positional(own: *mut c_void) -> Vec<String> {
    let mut names = Vec::new();
    let mut field = None;
    // SAFETY: the caller's promise.
    for option in unsafe { options_of(own) } {
        if field != Some(option.offset) {
            field = Some(option.offset);
            // SAFETY: option tables are static.
            names.push(unsafe { text_of(option.name) });
        }
    }
    names
}

/// See [`crate::catalog::Catalog::filter_option_names`].
pub(crate) fn names(filter: &str) -> Vec<String> {
    // SAFETY: filters and classes are static.
    unsafe {
        let Some(found) = ffi::avfilter_get_by_name(c_string(filter).as_ptr()).as_ref() else { return Vec::new() };
        // Those of all filters; below their class is every filter's own.
        let mut names = own_names(ffi::avfilter_get_class());
        names.extend(names_of(found.priv_class));
        names
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(filter: &str, arguments: &str) -> Vec<String> {
        let told = tried(filter, arguments).unwrap();
        assert!(told.iter().all(|argument| argument.verdict == Verdict::Taken), "{told:?}");
        told.into_iter().map(|FilterArgument { name, value, .. }| format!("{name}={value}")).collect()
    }

    #[test]
    fn arguments_are_taken_apart_as_libavfilter_does() {
        for (filter, arguments, expected) in [
            ("scale", "640:-2", vec!["w=640", "h=-2"]),
            ("scale", "640:h=-2:flags=bicubic", vec!["w=640", "h=-2", "flags=bicubic"]),
            ("drawtext", r"text='a\:b':x=(w-tw)/2", vec!["text=a:b", "x=(w-tw)/2"]),
            ("fps", "30000/1001", vec!["fps=30000/1001"]),
            ("fps", "", Vec::new()),
        ] {
            assert_eq!(told(filter, arguments), expected, "{filter}={arguments}");
        }
        // One value too many, no options at all, no such filter.
        for (filter, arguments) in [("vflip", "1"), ("setsar", "1:2:3:4:5:6"), ("scael", "1")] {
            assert_eq!(tried(filter, arguments), None, "{filter}={arguments}");
        }
    }

    #[test]
    fn flags_of_the_scaler_are_the_scaler_s() {
        let verdict = |arguments: &str| tried("scale", arguments).unwrap().pop().unwrap().verdict;
        assert!(matches!(verdict("80:60:flags=foo"), Verdict::Refused(_)));
        for fine in ["80:60:flags=lanczos+accurate_rnd", "80:60:flags=", "80:60:flags=0x4"] {
            assert_eq!(verdict(fine), Verdict::Taken, "{fine}");
        }
    }

    #[test]
    fn each_argument_is_tried_whatever_came_of_those_before_it() {
        let told = tried("crop", "widht=2:keep_aspect=perhaps:w=20").unwrap();
        let verdicts: Vec<&Verdict> = told.iter().map(|argument| &argument.verdict).collect();
        assert!(matches!(verdicts[..], [Verdict::Unknown, Verdict::Refused(_), Verdict::Taken]), "{told:?}");
    }

    #[test]
    fn options_of_a_filter_are_its_own_those_of_all_and_those_of_what_it_uses() {
        let scale = names("scale");
        for name in ["w", "width", "flags", "threads", "sws_dither"] {
            assert!(scale.iter().any(|known| known == name), "{name}");
        }
        // Frame synchronisation.
        assert!(names("overlay").iter().any(|known| known == "eof_action"));
        assert!(names("hue").iter().any(|known| known == "enable"));
        assert!(names("nosuch").is_empty());
    }
}
