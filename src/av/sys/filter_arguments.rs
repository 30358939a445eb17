//! What is typed for a filter: taken apart by libavutil's own parsers, as libavfilter does it, and looked up in its options.

use super::options::{names_of, options_of, own_names};
use super::{c_string, text_of};
use ffmpeg_sys_next as ffi;
use std::ffi::{c_char, c_void};
use std::ptr;

/// A filter that belongs to a graph and is not initialised: it has its options, and has done nothing yet.
pub(super) struct Idle {
    graph: *mut ffi::AVFilterGraph,
    filter: *mut ffi::AVFilterContext,
}

impl Idle {
    /// The filter of that name; `None` where there is none.
    pub(super) fn new(name: &str) -> Option<Self> {
        // SAFETY: filters are static; the graph is owned here and frees its filters.
        unsafe {
            let found = ffi::avfilter_get_by_name(c_string(name).as_ptr());
            if found.is_null() {
                return None;
            }
            let graph = ffi::avfilter_graph_alloc();
            if graph.is_null() {
                return None;
            }
            // No threads for what never works.
            (*graph).nb_threads = 1;
            let filter = ffi::avfilter_graph_alloc_filter(graph, found, ptr::null());
            let this = Self { graph, filter };
            (!filter.is_null()).then_some(this)
        }
    }

    /// The filter, for its options; those of its own are behind its children.
    pub(super) fn object(&self) -> *mut c_void {
        self.filter.cast()
    }

    /// The object of its own options; null where it has none.
    fn own(&self) -> *mut c_void {
        // SAFETY: both are valid as long as the graph.
        unsafe { if (*(*self.filter).filter).priv_class.is_null() { ptr::null_mut() } else { (*self.filter).priv_ } }
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        // SAFETY: owned here; its filters go with it.
        unsafe { ffi::avfilter_graph_free(&mut self.graph) };
    }
}

/// See [`crate::catalog::Catalog::filter_arguments`].
pub(crate) fn split(filter: &str, arguments: &str) -> Option<Vec<(String, String)>> {
    let filter = Idle::new(filter)?;
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
        split(filter, arguments).unwrap().into_iter().map(|(name, value)| format!("{name}={value}")).collect()
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
            assert_eq!(split(filter, arguments), None, "{filter}={arguments}");
        }
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
