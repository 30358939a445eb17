//! Stream groups of an input, in plain data.

use super::Demuxer;
use crate::facts::StreamGroup;

#[cfg(not(ffmpeg_7_0))]
impl Demuxer {
    /// The stream groups.
    pub(super) fn stream_groups(&self) -> Vec<StreamGroup> {
        Vec::new()
    }
}

#[cfg(ffmpeg_7_0)]
mod found {
    use super::{Demuxer, StreamGroup};
    use ffmpeg_sys_next as ffi;

    impl Demuxer {
        /// The stream groups.
        pub(in crate::av::sys::input) fn stream_groups(&self) -> Vec<StreamGroup> {
            let context = self.get();
            // SAFETY: the context is open; it has as many groups as it says, and these as many streams.
            (0..context.nb_stream_groups as usize).map(|at| unsafe { group(*context.stream_groups.add(at)) }).collect()
        }
    }

    /// # Safety
    /// `group` belongs to an open input.
    unsafe fn group(group: *mut ffi::AVStreamGroup) -> StreamGroup {
        // SAFETY: the caller's promise.
        unsafe {
            let streams = (0..(*group).nb_streams as usize).map(|at| (**(*group).streams.add(at)).index as usize);
            #[cfg(ffmpeg_7_1)]
            let (options, content) = (super::described::options_of(group.cast()), super::described::content(&*group));
            #[cfg(not(ffmpeg_7_1))]
            let (options, content) = Default::default();
            // By number: the library may know types that the bindings' enum lacks.
            let kind = (&raw const (*group).type_).cast::<i32>().read();
            StreamGroup { id: (*group).id, kind, streams: streams.collect(), options, content }
        }
    }
}

/// What options say of a group; objects tell the options of what they consist of since FFmpeg 7.1.
#[cfg(ffmpeg_7_1)]
mod described {
    use crate::av::sys::{dictionary::Dictionary, iamf};
    use crate::facts::{ElementRef, GroupContent, OptionPairs, Submix};
    use ffmpeg_sys_next as ffi;
    use std::ffi::{c_char, c_int, c_void};
    use std::ptr;

    /// What a group consists of.
    ///
    /// # Safety
    /// The group belongs to an open input.
    pub(super) unsafe fn content(group: &ffi::AVStreamGroup) -> GroupContent {
        // SAFETY: the type says which of the parameters is there; libavformat made it with the layout of its header.
        unsafe {
            match (&raw const group.type_).cast::<i32>().read() {
                1 => element(group.params.iamf_audio_element.cast()),
                2 => mix(group.params.iamf_mix_presentation.cast()),
                _ => GroupContent::Plain,
            }
        }
    }

    /// # Safety
    /// `element` is null or valid.
    unsafe fn element(element: *const iamf::AudioElement) -> GroupContent {
        // SAFETY: the caller's promise; as many layers as it says.
        unsafe {
            let Some(element) = element.as_ref() else { return GroupContent::Plain };
            GroupContent::AudioElement {
                demixing: definition(element.demixing),
                recon_gain: definition(element.recon_gain),
                layers: all(element.layers, element.layer_count).map(|layer| options_of(layer)).collect(),
            }
        }
    }

    /// # Safety
    /// `mix` is null or valid.
    unsafe fn mix(mix: *const iamf::MixPresentation) -> GroupContent {
        // SAFETY: the caller's promise; as many parts of each kind as are told.
        unsafe {
            let Some(mix) = mix.as_ref() else { return GroupContent::Plain };
            let submix = |submix: *mut iamf::Submix| {
                let parts = &*submix;
                let mut options = options_of(submix.cast());
                options.extend(blocks(parts.output_mix));
                let element = |element: *mut iamf::SubmixElement| {
                    let mut options = options_of(element.cast());
                    options.extend(blocks((*element).element_mix));
                    (ElementRef::Id((*element).audio_element_id.into()), options)
                };
                let layouts = all(parts.layouts, parts.layout_count).map(|layout| options_of(layout)).collect();
                Submix { options, elements: all(parts.elements, parts.element_count).map(element).collect(), layouts }
            };
            GroupContent::Mix(all(mix.submixes, mix.submix_count).map(submix).collect())
        }
    }

    /// # Safety
    /// `list` has `count` entries.
    unsafe fn all<T>(list: *mut *mut T, count: u32) -> impl Iterator<Item = *mut T> {
        // SAFETY: the caller's promise.
        (0..count as usize).map(move |at| unsafe { *list.add(at) })
    }

    /// Options of a definition and its blocks.
    ///
    /// # Safety
    /// `definition` is null or valid.
    unsafe fn definition(definition: *mut iamf::ParamDefinition) -> OptionPairs {
        if definition.is_null() {
            return Vec::new();
        }
        // SAFETY: the caller's promise.
        unsafe {
            let mut options = options_of(definition.cast());
            options.extend(blocks(definition));
            options
        }
    }

    /// # Safety
    /// `definition` is null or valid.
    unsafe fn blocks(definition: *mut iamf::ParamDefinition) -> OptionPairs {
        // SAFETY: the caller's promise.
        unsafe { iamf::ParamDefinition::blocks(definition).into_iter().flat_map(|block| options_of(block)).collect() }
    }

    /// The options of an object and its children that do not have their default.
    ///
    /// # Safety
    /// `object` is valid and has options.
    pub(super) unsafe fn options_of(object: *mut c_void) -> OptionPairs {
        let flags = ffi::AV_OPT_SERIALIZE_SKIP_DEFAULTS | ffi::AV_OPT_SERIALIZE_SEARCH_CHILDREN;
        let mut text: *mut c_char = ptr::null_mut();
        let mut options = Dictionary::new();
        // SAFETY: the caller's promise; the text is made by the first call, read by the second and released.
        unsafe {
            let (equals, colon) = (b'=' as c_char, b':' as c_char);
            if ffi::av_opt_serialize(object, 0, flags as c_int, &mut text, equals, colon) >= 0 {
                ffi::av_dict_parse_string(options.as_mut_ptr(), text, c"=".as_ptr(), c":".as_ptr(), 0);
                ffi::av_free(text.cast());
            }
        }
        options.pairs()
    }
}
