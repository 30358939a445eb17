//! Pictures that lie in a device's memory, and their way out of it.

use super::Reference;
use crate::av::sys::{error::AvError, formats::format_name, frame::Frame, text_of};
use crate::facts::{MediaKind, PoolFacts};
use ffmpeg_sys_next as ffi;
use std::sync::Arc;

/// The pool of a device's memory that pictures lie in (`AVHWFramesContext`). Two are equal when they are the same one.
#[derive(Clone, Debug)]
pub struct HardwareFrames(Arc<Reference>);

impl PartialEq for HardwareFrames {
    fn eq(&self, other: &Self) -> bool {
        // SAFETY: both references are valid while their owners live.
        unsafe { (*self.0.0).data == (*other.0.0).data }
    }
}

impl HardwareFrames {
    /// The pool behind a field of FFmpeg's.
    ///
    /// # Safety
    /// `field` is null or a valid reference to a frames context.
    pub(crate) unsafe fn of(field: *mut ffi::AVBufferRef) -> Option<Self> {
        if field.is_null() {
            return None;
        }
        // SAFETY: a valid reference, by the caller's promise.
        let shared = unsafe { ffi::av_buffer_ref(field) };
        (!shared.is_null()).then(|| Self(Arc::new(Reference(shared))))
    }

    /// The reference itself, for calls that make one of their own.
    pub(crate) fn as_ptr(&self) -> *mut ffi::AVBufferRef {
        self.0.0
    }

    /// Another reference for a field of FFmpeg's; null when memory is short.
    pub(super) fn share(&self) -> *mut ffi::AVBufferRef {
        self.0.share()
    }

    /// What is told of it.
    pub(crate) fn facts(&self) -> PoolFacts {
        // SAFETY: the buffer holds a frames context, which holds its device; formats are read as the numbers that they are.
        unsafe {
            let context = (*self.0.0).data.cast::<ffi::AVHWFramesContext>();
            let device = (*context).device_ctx.as_ref();
            let software = (&raw const (*context).sw_format).cast::<i32>().read();
            let name = |format| format_name(MediaKind::Video, format).unwrap_or_default();
            PoolFacts {
                device_kind: device.map_or(String::new(), |d| text_of(ffi::av_hwdevice_get_type_name(d.type_))),
                format: name(self.format()),
                software_format: name(software),
                width: (*context).width,
                height: (*context).height,
                initial_size: (*context).initial_pool_size,
            }
        }
    }

    /// The hardware's own pixel format, as FFmpeg's number.
    pub(super) fn format(&self) -> i32 {
        // SAFETY: the buffer holds a frames context; the format is read as the number that it is.
        unsafe {
            let context = (*self.0.0).data.cast::<ffi::AVHWFramesContext>();
            (&raw const (*context).format).cast::<i32>().read()
        }
    }
}

impl Frame {
    /// The pool that the picture lies in, when that is a device's.
    pub(crate) fn hardware(&self) -> Option<HardwareFrames> {
        // SAFETY: the frame is valid, and its field is null or what the call needs.
        unsafe { HardwareFrames::of((*self.as_ptr()).hw_frames_ctx) }
    }

    /// A copy in the system's memory, in this format or, below 0, in the first that the device offers.
    pub(super) fn downloaded(&self, format: i32) -> Result<Frame, AvError> {
        let mut copy = Frame::new()?;
        // SAFETY: both frames are valid and distinct; the transfer gives the copy buffers of its own.
        unsafe {
            (*copy.as_mut_ptr()).format = format;
            AvError::check(ffi::av_hwframe_transfer_data(copy.as_mut_ptr(), self.as_ptr(), 0))?;
            AvError::check(ffi::av_frame_copy_props(copy.as_mut_ptr(), self.as_ptr()))?;
        }
        Ok(copy)
    }
}
