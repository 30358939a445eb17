//! What a configured graph consists of, as plain data.

use super::FilterGraph;
use crate::av::sys::formats::format_name;
use crate::av::sys::{compat, hardware::HardwareFrames, input::kind_of, text_of};
use crate::facts::{DeviceFacts, FilterFacts, GraphFacts, LinkFacts, MediaKind};
use ffmpeg_sys_next as ffi;
use std::slice;

impl FilterGraph {
    /// Its filters and what passes between them.
    pub fn facts(&self) -> GraphFacts {
        // SAFETY: the graph is configured: its filters, their pads and links live as long as it does and are not at work,
        // since whoever could push frames has lent `self`.
        unsafe {
            let filters = listed((*self.graph).filters, (*self.graph).nb_filters);
            let place = |wanted: *mut ffi::AVFilterContext| filters.iter().position(|filter| *filter == wanted);
            let places = |ends: &[*mut ffi::AVFilterContext]| ends.iter().filter_map(|end| place(*end)).collect();
            GraphFacts {
                filters: filters.iter().map(|filter| filter_facts(&**filter, &place)).collect(),
                sources: places(&self.sources),
                sinks: places(&self.sinks),
            }
        }
    }
}

/// The items of one of FFmpeg's lists.
///
/// # Safety
/// `items` points to `count` of them, or `count` is 0; they outlive the result.
unsafe fn listed<'a, T>(items: *mut *mut T, count: u32) -> &'a [*mut T] {
    if items.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(items, count as usize) }
}

/// # Safety
/// The filter belongs to a configured graph, whose filters `place` knows.
unsafe fn filter_facts(
    filter: &ffi::AVFilterContext,
    place: &dyn Fn(*mut ffi::AVFilterContext) -> Option<usize>,
) -> FilterFacts {
    // SAFETY: the caller's promise; every pad of a configured graph has its link, and texts of filters are null or end.
    unsafe {
        let ends = |links: *mut *mut ffi::AVFilterLink, count: u32, incoming: bool| {
            let links = listed(links, count).iter().filter_map(|link| link.as_ref());
            links.map(|link| link_facts(link, incoming, place)).collect()
        };
        let device = filter.hw_device_ctx.as_ref().map(|device| {
            let context = device.data.cast::<ffi::AVHWDeviceContext>();
            DeviceFacts {
                kind: text_of(ffi::av_hwdevice_get_type_name((*context).type_)),
                extra_frames: filter.extra_hw_frames,
            }
        });
        FilterFacts {
            name: text_of(filter.name),
            filter: text_of((*filter.filter).name),
            description: text_of((*filter.filter).description),
            device,
            inputs: ends(filter.inputs, filter.nb_inputs, true),
            outputs: ends(filter.outputs, filter.nb_outputs, false),
        }
    }
}

/// # Safety
/// The link belongs to a configured graph, whose filters `place` knows.
unsafe fn link_facts(
    link: &ffi::AVFilterLink,
    incoming: bool,
    place: &dyn Fn(*mut ffi::AVFilterContext) -> Option<usize>,
) -> LinkFacts {
    let kind = kind_of(link.type_);
    let pictures = kind == MediaKind::Video;
    let (own, far, peer) =
        if incoming { (link.dstpad, link.srcpad, link.src) } else { (link.srcpad, link.dstpad, link.dst) };
    // SAFETY: the caller's promise; each pad is one of its filter's.
    unsafe {
        let (color_range, color_space) = if pictures { compat::link_colours(link) } else { (None, None) };
        let pool = compat::link_pool(link);
        LinkFacts {
            pad: text_of(ffi::avfilter_pad_get_name(own, 0)),
            peer: place(peer).unwrap_or_default(),
            peer_pad: text_of(ffi::avfilter_pad_get_name(far, 0)),
            kind,
            format: format_name(kind, link.format as i32).unwrap_or_default(),
            width: if pictures { link.w } else { 0 },
            height: if pictures { link.h } else { 0 },
            sample_aspect_ratio: link.sample_aspect_ratio.into(),
            color_range,
            color_space,
            channel_layout: if pictures { String::new() } else { compat::layout_name(&link.ch_layout) },
            channels: if pictures { 0 } else { link.ch_layout.nb_channels },
            sample_rate_hz: if pictures { 0 } else { link.sample_rate },
            time_base: link.time_base.into(),
            pool: pool.as_ref().map(HardwareFrames::facts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av::{FrameShape, GraphInput, GraphSettings, OutputConstraint};
    use crate::unit::Rational;

    #[test]
    fn filters_links_and_sizes_are_told() {
        let settings =
            GraphSettings { description: "scale=16:8".to_owned(), auto_conversion: true, ..GraphSettings::default() };
        let shape =
            FrameShape { width: 32, height: 32, sample_aspect_ratio: Rational::new(1, 1), ..FrameShape::unknown() };
        let input = GraphInput {
            kind: MediaKind::Video,
            shape: FrameShape { format: 0, ..shape },
            time_base: Rational::new(1, 25),
            frame_rate: Rational::new(25, 1),
            crop: None,
            rotate_by: None,
            trim_start_us: None,
            trim_duration_us: None,
            first_filters: Vec::new(),
            name: "in".to_owned(),
        };
        let output = OutputConstraint { name: "out".to_owned(), ..OutputConstraint::default() };
        let graph = FilterGraph::configure(&settings, &[input], &[output]).map(|graph| graph.facts());
        let facts = graph.unwrap_or_default();
        let names: Vec<&str> = facts.filters.iter().map(|filter| filter.filter.as_str()).collect();
        assert_eq!(
            (names, &facts.sources[..], &facts.sinks[..]),
            (vec!["scale", "buffer", "buffersink"], &[1][..], &[2][..])
        );
        let scale = &facts.filters[0];
        assert_eq!((scale.inputs[0].peer, scale.outputs[0].peer), (1, 2));
        assert_eq!((scale.inputs[0].width, scale.inputs[0].format.as_str()), (32, "yuv420p"));
        assert_eq!((scale.outputs[0].width, scale.outputs[0].height), (16, 8));
        assert_eq!(scale.outputs[0].time_base, Rational::new(1, 25));
    }
}
