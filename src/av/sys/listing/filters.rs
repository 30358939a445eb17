//! Filters.

use super::{letter, registered};
use crate::av::sys::text_of;
use crate::facts::MediaKind;
use ffmpeg_sys_next as ffi;

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterEntry {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its inputs: name, letter and media type.
    pub inputs: Vec<Pad>,
    /// Its outputs.
    pub outputs: Vec<Pad>,
    /// More inputs, by its options.
    pub dynamic_inputs: bool,
    /// More outputs, by its options.
    pub dynamic_outputs: bool,
    /// It has the option `enable`.
    pub timeline: bool,
    /// Slices of a frame at once.
    pub slice_threads: bool,
    /// It takes commands while it runs; known up to FFmpeg 7.
    pub commands: bool,
}

/// An input or output of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pad {
    /// Its name.
    pub name: String,
    /// V or A.
    pub letter: char,
    /// `video` or `audio`.
    pub media_type: String,
}

pub(super) fn entry(filter: &ffi::AVFilter) -> FilterEntry {
    let has = |flag: u32| filter.flags as u32 & flag != 0;
    let pads = |output: bool| {
        // SAFETY: the filter is valid; pads are asked for below their count.
        unsafe {
            let list = if output { filter.outputs } else { filter.inputs };
            (0..ffi::avfilter_filter_pad_count(filter, i32::from(output)))
                .map(|i| {
                    let kind = ffi::avfilter_pad_get_type(list, i as i32);
                    Pad {
                        name: text_of(ffi::avfilter_pad_get_name(list, i as i32)),
                        letter: letter(kind),
                        media_type: text_of(ffi::av_get_media_type_string(kind)),
                    }
                })
                .collect()
        }
    };
    // SAFETY: texts of static filters are null or static strings.
    let (name, description) = unsafe { (text_of(filter.name), text_of(filter.description)) };
    FilterEntry {
        name,
        description,
        inputs: pads(false),
        outputs: pads(true),
        dynamic_inputs: has(ffi::AVFILTER_FLAG_DYNAMIC_INPUTS as u32),
        dynamic_outputs: has(ffi::AVFILTER_FLAG_DYNAMIC_OUTPUTS as u32),
        timeline: has(ffi::AVFILTER_FLAG_SUPPORT_TIMELINE as u32),
        slice_threads: has(ffi::AVFILTER_FLAG_SLICE_THREADS as u32),
        commands: takes_commands(filter),
    }
}

/// `-filters`, in FFmpeg's order.
pub fn filters() -> Vec<FilterEntry> {
    // SAFETY: walks a static table.
    registered(|state| unsafe { ffi::av_filter_iterate(state) }).into_iter().map(entry).collect()
}

/// What a filter with one input and one output of a kind takes and gives.
pub(crate) fn simple_filter_kind(name: &str) -> Option<MediaKind> {
    let filter = filters().into_iter().find(|filter| filter.name == name)?;
    let ([input], [output]) = (filter.inputs.as_slice(), filter.outputs.as_slice()) else { return None };
    let kind = match input.letter {
        'V' => MediaKind::Video,
        'A' => MediaKind::Audio,
        _ => return None,
    };
    (input.letter == output.letter && !filter.dynamic_inputs && !filter.dynamic_outputs).then_some(kind)
}

#[cfg(not(ffmpeg_8_0))]
fn takes_commands(filter: &ffi::AVFilter) -> bool {
    filter.process_command.is_some()
}

/// FFmpeg 8 keeps it to itself.
#[cfg(ffmpeg_8_0)]
fn takes_commands(_: &ffi::AVFilter) -> bool {
    false
}
