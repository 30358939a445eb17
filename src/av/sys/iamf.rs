//! What `libavutil/iamf.h` declares, as far as stream groups need it: the bindings leave it out.
//!
//! The layouts are those that the header promises for this major version of libavutil; new fields come behind.

use ffmpeg_sys_next as ffi;
use std::ffi::{c_int, c_uint, c_void};

/// `AVIAMFParamDefinition`, as far as its blocks are found by it.
#[repr(C)]
pub(crate) struct ParamDefinition {
    class: *const ffi::AVClass,
    blocks_offset: usize,
    block_size: usize,
    block_count: c_uint,
}

impl ParamDefinition {
    /// Its blocks: objects with options.
    ///
    /// # Safety
    /// Null, or made by libavutil, which puts the blocks where the definition says.
    pub(crate) unsafe fn blocks(this: *mut Self) -> Vec<*mut c_void> {
        // SAFETY: the caller's promise.
        unsafe {
            let Some(definition) = this.as_ref() else { return Vec::new() };
            let start = this.cast::<u8>().add(definition.blocks_offset);
            (0..definition.block_count as usize).map(|at| start.add(at * definition.block_size).cast()).collect()
        }
    }
}

/// `AVIAMFAudioElement`.
#[repr(C)]
pub(crate) struct AudioElement {
    class: *const ffi::AVClass,
    pub(crate) layers: *mut *mut c_void,
    pub(crate) layer_count: c_uint,
    pub(crate) demixing: *mut ParamDefinition,
    pub(crate) recon_gain: *mut ParamDefinition,
}

/// `AVIAMFMixPresentation`.
#[repr(C)]
pub(crate) struct MixPresentation {
    class: *const ffi::AVClass,
    pub(crate) submixes: *mut *mut Submix,
    pub(crate) submix_count: c_uint,
}

/// `AVIAMFSubmix`.
#[repr(C)]
pub(crate) struct Submix {
    class: *const ffi::AVClass,
    pub(crate) elements: *mut *mut SubmixElement,
    pub(crate) element_count: c_uint,
    pub(crate) layouts: *mut *mut c_void,
    pub(crate) layout_count: c_uint,
    pub(crate) output_mix: *mut ParamDefinition,
}

/// `AVIAMFSubmixElement`.
#[repr(C)]
pub(crate) struct SubmixElement {
    class: *const ffi::AVClass,
    pub(crate) audio_element_id: c_uint,
    pub(crate) element_mix: *mut ParamDefinition,
}

/// `AV_IAMF_PARAMETER_DEFINITION_MIX_GAIN` and its like.
pub(crate) const MIX_GAIN: c_int = 0;
/// See [`MIX_GAIN`].
pub(crate) const DEMIXING: c_int = 1;
/// See [`MIX_GAIN`].
pub(crate) const RECON_GAIN: c_int = 2;

unsafe extern "C" {
    pub(crate) fn av_iamf_param_definition_alloc(
        kind: c_int,
        block_count: c_uint,
        size: *mut usize,
    ) -> *mut ParamDefinition;
    pub(crate) fn av_iamf_audio_element_add_layer(element: *mut AudioElement) -> *mut c_void;
    pub(crate) fn av_iamf_mix_presentation_add_submix(mix: *mut MixPresentation) -> *mut Submix;
    pub(crate) fn av_iamf_submix_add_element(submix: *mut Submix) -> *mut SubmixElement;
    pub(crate) fn av_iamf_submix_add_layout(submix: *mut Submix) -> *mut c_void;
}
