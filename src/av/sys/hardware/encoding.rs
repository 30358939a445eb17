//! What encoders get of hardware: the pool that their pictures lie in, or a device.

use super::configs::configs;
use super::{HardwareDevices, HardwareFrames};
use crate::av::sys::{error::AvError, text_of};
use ffmpeg_sys_next as ffi;

/// Gives an encoder that is not open yet what its hardware needs, if it is one of hardware.
///
/// # Safety
/// `codec` is valid.
pub(crate) unsafe fn equip(
    context: &mut ffi::AVCodecContext,
    codec: *const ffi::AVCodec,
    frames: Option<&HardwareFrames>,
    devices: &HardwareDevices,
) -> Result<(), AvError> {
    // SAFETY: the format is read as the number that it is; the codec is valid by the caller's promise.
    let (given, configs) = unsafe { ((&raw const context.pix_fmt).cast::<i32>().read(), configs(codec)) };
    let frames = frames.filter(|frames| frames.format() == given);
    let mut device = None;
    for config in configs {
        if let Some(frames) = frames
            && config.takes_frames()
            && (config.format < 0 || config.format == given)
        {
            context.hw_frames_ctx = frames.share();
            return if context.hw_frames_ctx.is_null() { Err(AvError::NO_MEMORY) } else { Ok(()) };
        }
        if device.is_none() && config.takes_device() {
            device = devices.only_one_of(config.kind);
        }
    }
    let Some(device) = device else { return Ok(()) };
    // SAFETY: a codec's name is a static string.
    log::debug!("{}: uses the device {} ({})", unsafe { text_of((*codec).name) }, device.name(), device.kind());
    context.hw_device_ctx = device.share();
    if context.hw_device_ctx.is_null() { Err(AvError::NO_MEMORY) } else { Ok(()) }
}
