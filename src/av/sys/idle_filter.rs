//! A filter that does nothing, to be asked for its options.

use super::{c_string, log};
use ffmpeg_sys_next as ffi;
use std::ffi::c_void;
use std::ptr;

/// A filter that belongs to a graph and is not initialised: it has its options, and has done nothing yet.
pub(super) struct IdleFilter {
    graph: *mut ffi::AVFilterGraph,
    filter: *mut ffi::AVFilterContext,
}

impl IdleFilter {
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
    pub(super) fn own(&self) -> *mut c_void {
        // SAFETY: both are valid as long as the graph.
        unsafe { if (*(*self.filter).filter).priv_class.is_null() { ptr::null_mut() } else { (*self.filter).priv_ } }
    }
}

impl Drop for IdleFilter {
    fn drop(&mut self) {
        // Filters that measure tell at their end what they have seen, and this one has seen nothing.
        log::captured(|| {
            // SAFETY: owned here; its filters go with it.
            unsafe { ffi::avfilter_graph_free(&mut self.graph) }
        });
    }
}
