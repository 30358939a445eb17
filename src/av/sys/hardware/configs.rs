//! What codecs say of the hardware that they work with.

use ffmpeg_sys_next as ffi;

/// One way in which a codec works with hardware (`AVCodecHWConfig`).
pub(super) struct Config {
    methods: u32,
    /// The type of device.
    pub(super) kind: ffi::AVHWDeviceType,
    /// The hardware's pixel format, FFmpeg's number; below 0 for any.
    pub(super) format: i32,
}

impl Config {
    /// The codec is given a device, and cares for the rest itself.
    pub(super) fn takes_device(&self) -> bool {
        self.methods & ffi::AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX as u32 != 0
    }

    /// The codec is given the pool that its pictures lie in.
    pub(super) fn takes_frames(&self) -> bool {
        self.methods & ffi::AV_CODEC_HW_CONFIG_METHOD_HW_FRAMES_CTX as u32 != 0
    }
}

/// The ways of a codec.
///
/// # Safety
/// `codec` is valid.
pub(super) unsafe fn configs(codec: *const ffi::AVCodec) -> impl Iterator<Item = Config> {
    // SAFETY: the caller's promise; the list is static, and formats are read as the numbers that they are.
    (0..).map_while(move |at| unsafe {
        let config = ffi::avcodec_get_hw_config(codec, at);
        (!config.is_null()).then(|| Config {
            methods: (*config).methods as u32,
            kind: (*config).device_type,
            format: (&raw const (*config).pix_fmt).cast::<i32>().read(),
        })
    })
}
