//! How the filters of a graph's description are made: newer ones want to see their device before they are initialised. And
//! what a link between filters tells.

use crate::av::sys::devices;
use crate::av::sys::hardware::{HardwareDevice, HardwareFrames};
#[cfg(ffmpeg_7_0)]
use crate::av::sys::text_of;
use ffmpeg_sys_next as ffi;
use std::ffi::{CStr, c_int};

/// Makes the filters of a description, gives them the device, and links them. Gives FFmpeg's result.
///
/// # Safety
/// `graph` is valid, and the lists of open pads are null.
pub(crate) unsafe fn parse_graph(
    graph: *mut ffi::AVFilterGraph,
    description: &CStr,
    device: Option<&HardwareDevice>,
    (inputs, outputs): (&mut *mut ffi::AVFilterInOut, &mut *mut ffi::AVFilterInOut),
) -> c_int {
    devices::load_for_graph(&description.to_string_lossy());
    // SAFETY: the caller's promise; the segment is freed on the one way out, its filters belong to the graph.
    #[cfg(ffmpeg_6_0)]
    unsafe {
        let mut segment = std::ptr::null_mut();
        let mut result = ffi::avfilter_graph_segment_parse(graph, description.as_ptr(), 0, &mut segment);
        if result >= 0 {
            result = ffi::avfilter_graph_segment_create_filters(segment, 0);
        }
        if result >= 0 {
            give_device(graph, device);
            result = ffi::avfilter_graph_segment_apply(segment, 0, inputs, outputs);
        }
        ffi::avfilter_graph_segment_free(&mut segment);
        result
    }
    // SAFETY: the caller's promise; the filters belong to the graph.
    #[cfg(not(ffmpeg_6_0))]
    unsafe {
        let result = ffi::avfilter_graph_parse2(graph, description.as_ptr(), inputs, outputs);
        if result >= 0 {
            give_device(graph, device);
        }
        result
    }
}

/// # Safety
/// `graph` is valid.
unsafe fn give_device(graph: *mut ffi::AVFilterGraph, device: Option<&HardwareDevice>) {
    let Some(device) = device else { return };
    // SAFETY: the filters belong to the graph, and own what their fields hold.
    unsafe {
        for at in 0..(*graph).nb_filters as usize {
            let filter = *(*graph).filters.add(at);
            ffi::av_buffer_unref(&mut (*filter).hw_device_ctx);
            (*filter).hw_device_ctx = device.share();
        }
    }
}

/// Range and matrix of a link's colours by name, where they are known.
///
/// # Safety
/// The link belongs to a configured graph.
pub(crate) unsafe fn link_colours(link: &ffi::AVFilterLink) -> (Option<String>, Option<String>) {
    #[cfg(ffmpeg_7_0)]
    {
        use ffi::{AVColorRange::AVCOL_RANGE_UNSPECIFIED, AVColorSpace::AVCOL_SPC_UNSPECIFIED};
        let (range, space) = (link.color_range, link.colorspace);
        // SAFETY: names of known numbers are static strings, those of others are null.
        unsafe {
            (
                (range != AVCOL_RANGE_UNSPECIFIED).then(|| text_of(ffi::av_color_range_name(range))),
                (space != AVCOL_SPC_UNSPECIFIED).then(|| text_of(ffi::av_color_space_name(space))),
            )
        }
    }
    #[cfg(not(ffmpeg_7_0))]
    {
        let _ = link;
        (None, None)
    }
}

/// The pool of a device's memory that a link's pictures lie in. FFmpeg 7.1 tells nobody.
///
/// # Safety
/// The link belongs to a configured graph.
pub(crate) unsafe fn link_pool(link: &ffi::AVFilterLink) -> Option<HardwareFrames> {
    // SAFETY: the caller's promise; the reference that the library gives is the caller's own.
    #[cfg(ffmpeg_8_0)]
    unsafe {
        let mut own = ffi::avfilter_link_get_hw_frames_ctx(std::ptr::from_ref(link).cast_mut());
        let pool = HardwareFrames::of(own);
        ffi::av_buffer_unref(&mut own);
        pool
    }
    #[cfg(all(ffmpeg_7_1, not(ffmpeg_8_0)))]
    {
        let _ = link;
        None
    }
    // SAFETY: the caller's promise.
    #[cfg(not(ffmpeg_7_1))]
    unsafe {
        HardwareFrames::of(link.hw_frames_ctx)
    }
}
