//! Stream groups of an output, which libavformat knows since FFmpeg 7.0.

use super::Muxer;
use crate::facts::StreamGroup;

/// Why a stream group cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupFault {
    /// The libraries do not know the type, or refuse one of its options.
    #[error("The libraries refuse to make the stream group")]
    Refused,
    /// An option that is not known, or has a value that it cannot have.
    #[error("Unknown {0} key {1}.")]
    Key(&'static str, String),
}

impl Muxer {
    /// Adds a stream group.
    pub fn add_stream_group(&mut self, group: &StreamGroup) -> Result<(), GroupFault> {
        self.make_stream_group(group)?;
        self.groups.push(group.clone());
        Ok(())
    }
}

#[cfg(not(ffmpeg_7_0))]
impl Muxer {
    fn make_stream_group(&mut self, _: &StreamGroup) -> Result<(), GroupFault> {
        Err(GroupFault::Refused)
    }
}

#[cfg(ffmpeg_7_0)]
mod made {
    use super::{GroupFault, Muxer, StreamGroup};
    use crate::av::sys::{dictionary::Dictionary, error::AvError, iamf};
    use crate::facts::{ElementRef, GroupContent, OptionPairs, Submix};
    use ffmpeg_sys_next as ffi;
    use std::ffi::{c_int, c_void};
    use std::ptr;

    impl Muxer {
        pub(super) fn make_stream_group(&mut self, group: &StreamGroup) -> Result<(), GroupFault> {
            let kind = kind_of(group.kind).ok_or(GroupFault::Refused)?;
            let mut options: Dictionary = group.options.iter().map(|(k, v)| (k, v)).collect();
            // SAFETY: the context is valid and no header is written; the group belongs to it. What the group consists of
            // is made by the functions that own it, and has the layout that its type says.
            unsafe {
                let made = ffi::avformat_stream_group_create(self.context, kind, options.as_mut_ptr());
                let made = made.as_mut().ok_or(GroupFault::Refused)?;
                for stream in &group.streams {
                    let added = ffi::avformat_stream_group_add_stream(made, self.stream(*stream));
                    AvError::check(added).map_err(|_| GroupFault::Refused)?;
                }
                match &group.content {
                    GroupContent::Plain => {}
                    GroupContent::AudioElement { demixing, recon_gain, layers } => {
                        let element = made.params.iamf_audio_element.cast();
                        fill_element(element, (demixing, recon_gain), layers)?;
                    }
                    GroupContent::Mix(submixes) => {
                        let mix = made.params.iamf_mix_presentation.cast();
                        for submix in submixes {
                            self.add_submix(mix, submix)?;
                        }
                    }
                }
            }
            left_over(&options, "group")
        }

        /// # Safety
        /// `mix` belongs to a group of this output.
        unsafe fn add_submix(&self, mix: *mut iamf::MixPresentation, submix: &Submix) -> Result<(), GroupFault> {
            // SAFETY: the caller's promise; what is added belongs to what it is added to.
            unsafe {
                let added = iamf::av_iamf_mix_presentation_add_submix(mix);
                let new = added.as_mut().ok_or(GroupFault::Refused)?;
                new.output_mix = definition(iamf::MIX_GAIN, 0)?;
                set(&[added.cast()], &submix.options, "submix")?;
                for (element, options) in &submix.elements {
                    let added = iamf::av_iamf_submix_add_element(new);
                    let new = added.as_mut().ok_or(GroupFault::Refused)?;
                    let id = match element {
                        ElementRef::Id(id) => Some(*id),
                        ElementRef::Group(index) => self.group_id(*index),
                    };
                    new.audio_element_id = id.ok_or(GroupFault::Refused)? as _;
                    new.element_mix = definition(iamf::MIX_GAIN, 0)?;
                    set(&[added.cast()], options, "submix")?;
                }
                for options in &submix.layouts {
                    let added = iamf::av_iamf_submix_add_layout(new);
                    set(&[added], options, "submix")?;
                }
            }
            Ok(())
        }

        fn group_id(&self, index: usize) -> Option<i64> {
            let context = self.get();
            // SAFETY: as many groups as the context says.
            (index < context.nb_stream_groups as usize).then(|| unsafe { (**context.stream_groups.add(index)).id })
        }
    }

    /// # Safety
    /// `element` belongs to a group that was just made.
    unsafe fn fill_element(
        element: *mut iamf::AudioElement,
        (demixing, recon_gain): (&OptionPairs, &OptionPairs),
        layers: &[OptionPairs],
    ) -> Result<(), GroupFault> {
        // SAFETY: the caller's promise; what is added belongs to the element.
        unsafe {
            let new = element.as_mut().ok_or(GroupFault::Refused)?;
            new.demixing = definition(iamf::DEMIXING, 1)?;
            new.recon_gain = definition(iamf::RECON_GAIN, 1)?;
            for (definition, options) in [(new.demixing, demixing), (new.recon_gain, recon_gain)] {
                let mut objects = vec![definition.cast()];
                objects.extend(iamf::ParamDefinition::blocks(definition));
                set(&objects, options, "layer")?;
            }
            for options in layers {
                set(&[iamf::av_iamf_audio_element_add_layer(element)], options, "layer")?;
            }
        }
        Ok(())
    }

    fn definition(kind: c_int, blocks: u32) -> Result<*mut iamf::ParamDefinition, GroupFault> {
        // SAFETY: plain numbers; the owner is whoever takes the pointer.
        let made = unsafe { iamf::av_iamf_param_definition_alloc(kind, blocks, ptr::null_mut()) };
        if made.is_null() { Err(GroupFault::Refused) } else { Ok(made) }
    }

    /// Sets options of an object and its children, and what is left of them of the objects after it.
    ///
    /// # Safety
    /// The objects are null or have options.
    unsafe fn set(objects: &[*mut c_void], options: &OptionPairs, what: &'static str) -> Result<(), GroupFault> {
        let mut options: Dictionary = options.iter().map(|(k, v)| (k, v)).collect();
        for object in objects {
            if object.is_null() {
                return Err(GroupFault::Refused);
            }
            // A value that does not fit stays with the others in the dictionary.
            // SAFETY: the caller's promise.
            unsafe { ffi::av_opt_set_dict2(*object, options.as_mut_ptr(), ffi::AV_OPT_SEARCH_CHILDREN as c_int) };
        }
        left_over(&options, what)
    }

    fn left_over(options: &Dictionary, what: &'static str) -> Result<(), GroupFault> {
        options.pairs().into_iter().next().map_or(Ok(()), |(key, _)| Err(GroupFault::Key(what, key)))
    }

    fn kind_of(number: i32) -> Option<ffi::AVStreamGroupParamsType> {
        use ffi::AVStreamGroupParamsType::*;
        Some(match number {
            1 => AV_STREAM_GROUP_PARAMS_IAMF_AUDIO_ELEMENT,
            2 => AV_STREAM_GROUP_PARAMS_IAMF_MIX_PRESENTATION,
            3 => AV_STREAM_GROUP_PARAMS_TILE_GRID,
            #[cfg(ffmpeg_7_1)]
            4 => AV_STREAM_GROUP_PARAMS_LCEVC,
            #[cfg(ffmpeg_9_0)]
            5 => AV_STREAM_GROUP_PARAMS_TREF,
            #[cfg(ffmpeg_9_0)]
            6 => AV_STREAM_GROUP_PARAMS_DOLBY_VISION,
            _ => return None,
        })
    }
}
