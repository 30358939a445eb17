//! The open pads of a filtergraph's description.

use super::{c_string, compat, error::AvError, hardware::HardwareDevice, input::kind_of, text_of};
use crate::catalog::{GraphPad, GraphPads};
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
use std::ptr;

/// One end of a chain under construction.
pub(super) struct End {
    pub(super) filter: *mut ffi::AVFilterContext,
    pub(super) pad: u32,
}

/// The open pads of a parsed description.
pub(super) struct OpenPads {
    inputs: *mut ffi::AVFilterInOut,
    outputs: *mut ffi::AVFilterInOut,
}

impl OpenPads {
    /// Makes the filters of a description; each gets the device before it looks for one.
    ///
    /// # Safety
    /// `graph` is a valid graph.
    pub(super) unsafe fn parse(
        graph: *mut ffi::AVFilterGraph,
        description: &str,
        device: Option<&HardwareDevice>,
    ) -> Result<Self, AvError> {
        let description = c_string(description);
        let mut pads = Self { inputs: ptr::null_mut(), outputs: ptr::null_mut() };
        // SAFETY: the caller's promise; the lists are freed by `Drop`.
        AvError::check(unsafe {
            compat::parse_graph(graph, &description, device, (&mut pads.inputs, &mut pads.outputs))
        })?;
        Ok(pads)
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        // SAFETY: lists made by the parser.
        unsafe { (list_ends(self.inputs).len(), list_ends(self.outputs).len()) }
    }

    pub(super) fn take(&mut self) -> (Vec<End>, Vec<End>) {
        // SAFETY: lists made by the parser.
        unsafe { (list_ends(self.inputs), list_ends(self.outputs)) }
    }
}

impl Drop for OpenPads {
    fn drop(&mut self) {
        // SAFETY: owned lists; null is allowed.
        unsafe {
            ffi::avfilter_inout_free(&mut self.inputs);
            ffi::avfilter_inout_free(&mut self.outputs);
        }
    }
}

/// # Safety
/// `list` is null or a list made by the parser.
unsafe fn list_ends(mut list: *mut ffi::AVFilterInOut) -> Vec<End> {
    let mut ends = Vec::new();
    // SAFETY: the caller's promise.
    unsafe {
        while let Some(entry) = list.as_ref() {
            ends.push(End { filter: entry.filter_ctx, pad: entry.pad_idx as u32 });
            list = entry.next;
        }
    }
    ends
}

/// What the open pads of a description are called and what they carry.
pub(super) fn describe(description: &str) -> Result<GraphPads, AvError> {
    // SAFETY: the graph is only parsed, and freed on the one way out; the lists live as long as `open`.
    unsafe {
        let mut graph = ffi::avfilter_graph_alloc();
        if graph.is_null() {
            return Err(AvError::NO_MEMORY);
        }
        (*graph).nb_threads = 1;
        let found = OpenPads::parse(graph, description, HardwareDevice::lent().as_ref())
            .map(|open| GraphPads { inputs: pads(open.inputs, true), outputs: pads(open.outputs, false) });
        ffi::avfilter_graph_free(&mut graph);
        found
    }
}

/// # Safety
/// `list` is null or a list made by the parser, and its graph lives.
unsafe fn pads(mut list: *mut ffi::AVFilterInOut, inputs: bool) -> Vec<GraphPad> {
    let mut found = Vec::new();
    // SAFETY: the caller's promise.
    unsafe {
        while let Some(entry) = list.as_ref() {
            let filter = &*entry.filter_ctx;
            let (pads, count) =
                if inputs { (filter.input_pads, filter.nb_inputs) } else { (filter.output_pads, filter.nb_outputs) };
            let mut name = text_of((*filter.filter).name);
            if count <= 1 {
                name = format!("{name}:{}", text_of(ffi::avfilter_pad_get_name(pads, entry.pad_idx as c_int)));
            }
            let kind = kind_of(ffi::avfilter_pad_get_type(pads, entry.pad_idx as c_int));
            let label = (!entry.name.is_null()).then(|| text_of(entry.name));
            let place = (usize::try_from(entry.pad_idx).unwrap_or(0), text_of(filter.name));
            found.push(GraphPad { label, kind, name, place });
            list = entry.next;
        }
    }
    found
}
