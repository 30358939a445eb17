//! Devices for decoders: which one, and how a decoder comes to use it.

use super::configs::{Config, configs};
use super::{HardwareDevice, HardwareDevices, HardwareError, kind_name, kind_of};
use crate::av::sys::{c_string, compat, decoder::BehindDecoder, error::AvError, formats, frame::Frame};
use crate::plan::{HardwareDecode, HardwareMethod};
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

/// The name that `-qsv_device` gives to its device: it is taken where there are several.
const QSV: &str = "__qsv_device";

/// No pixel format.
const NONE: i32 = -1;

/// What a decoder needs to know of hardware.
#[derive(Clone, Debug)]
pub struct DecoderHardware {
    /// The type of device that its pictures are to be made by; `None`: whatever the decoder does without being asked.
    kind: Option<ffi::AVHWDeviceType>,
    /// The device that it gets.
    device: Option<HardwareDevice>,
    /// The format that pictures are to have, FFmpeg's number; the hardware's own leaves them there.
    format: i32,
    /// Pictures that may be under way behind the decoder, for pools of a fixed size.
    under_way: usize,
    /// The decoder knows how to use some device.
    possible: bool,
    /// The user named the type of device, so that it is worth a word when that does not decode.
    named: bool,
}

impl Default for DecoderHardware {
    fn default() -> Self {
        Self { kind: None, device: None, format: NONE, under_way: 0, possible: false, named: false }
    }
}

impl DecoderHardware {
    /// Tells how many pictures may be under way behind the decoder.
    #[must_use]
    pub fn with_under_way(self, under_way: usize) -> Self {
        Self { under_way, ..self }
    }

    /// True when the decoder knows how to use some device.
    pub fn is_possible(&self) -> bool {
        self.possible
    }

    /// True when the user named the type of device.
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// The type of device that is to make the pictures, and the device's name.
    pub fn wanted(&self) -> Option<(String, &str)> {
        Some((kind_name(self.kind?), self.device.as_ref()?.name()))
    }
}

impl HardwareDevices {
    /// Finds the device for a decoder, and opens one if none is there yet; `refused` hears of those that were only tried.
    pub fn for_decoder(
        &mut self,
        decoder: &str,
        wanted: &HardwareDecode,
        mut refused: impl FnMut(&HardwareError),
    ) -> Result<DecoderHardware, HardwareError> {
        // SAFETY: the string lives during the call; codecs are static.
        let kinds: Vec<_> = unsafe {
            let codec = ffi::avcodec_find_decoder_by_name(c_string(decoder).as_ptr());
            if codec.is_null() {
                Vec::new()
            } else {
                configs(codec).map(|config| (config.kind, config.takes_device())).collect()
            }
        };
        let format = wanted.format.as_deref().and_then(formats::pixel_format_number).unwrap_or(NONE);
        let possible = !kinds.is_empty();
        let given = |kind, device| DecoderHardware { kind, device, format, possible, ..DecoderHardware::default() };
        let named = wanted.device.as_deref().and_then(|name| self.by_name(name)).cloned();
        let usable = |device: &HardwareDevice, kind: Option<ffi::AVHWDeviceType>| {
            if kind == Some(device.kind) {
                return Ok(());
            }
            let method = kind.map_or_else(|| "(null)".to_owned(), kind_name);
            let HardwareDevice { name, kind, .. } = device;
            let sentence = format!(
                "Invalid hwaccel device specified for decoder: device {name} of type {} is not usable with hwaccel {method}.",
                kind_name(*kind)
            );
            Err(HardwareError { sentence, cause: AvError::INVALID, opening: false })
        };
        match (&wanted.method, named) {
            (HardwareMethod::None, Some(device)) => usable(&device, None).map(|()| DecoderHardware::default()),
            (HardwareMethod::None, None) if wanted.device.is_some() => Ok(given(None, None)),
            (HardwareMethod::None, None) => {
                let fits = |(kind, takes): &(_, bool)| if *takes { self.only_one_of(*kind) } else { None };
                Ok(given(None, kinds.iter().find_map(fits).cloned()))
            }
            (HardwareMethod::Kind(name), named) => {
                let Some(kind) = kind_of(name) else { return Ok(given(None, None)) };
                let device = match (named, &wanted.device) {
                    (Some(device), _) => {
                        usable(&device, Some(kind))?;
                        device
                    }
                    (None, Some(address)) => self.open_kind(kind, Some(address))?,
                    (None, None) => {
                        let there = self.only_one_of(kind).or_else(|| self.by_name(QSV).filter(|d| d.kind == kind));
                        match there.cloned() {
                            Some(device) => device,
                            None => self.open_kind(kind, None)?,
                        }
                    }
                };
                Ok(DecoderHardware { named: true, ..given(Some(kind), Some(device)) })
            }
            (HardwareMethod::Auto, Some(device)) => Ok(given(Some(device.kind), Some(device))),
            (HardwareMethod::Auto, None) => {
                let open = kinds.iter().find_map(|(kind, _)| self.only_one_of(*kind)).cloned();
                let device = open.or_else(|| {
                    let mut tried = kinds.iter().map(|(kind, _)| self.open_kind(*kind, wanted.device.as_deref()));
                    tried.find_map(|opened| opened.inspect_err(&mut refused).ok())
                });
                Ok(given(device.as_ref().map(|device| device.kind), device))
            }
        }
    }
}

/// How a decoder that is asked for a pixel format chooses.
#[derive(Debug)]
pub(crate) struct FormatChoice {
    hardware: DecoderHardware,
    /// The hardware's format that was chosen last, or none. It stays when the decoder goes on in software, for pictures may
    /// still be on their way out.
    chosen: AtomicI32,
}

impl FormatChoice {
    pub(crate) fn new(hardware: DecoderHardware) -> Self {
        Self { hardware, chosen: AtomicI32::new(NONE) }
    }

    /// Lets a decoder that is not open yet choose by this, and gives it its device; `options` are those it is opened with.
    ///
    /// # Safety
    /// `context` is valid, and has this choice behind its `opaque`.
    pub(crate) unsafe fn install(
        &self,
        context: &mut ffi::AVCodecContext,
        options: &mut crate::av::Dictionary,
    ) -> Result<(), AvError> {
        let callback: unsafe extern "C" fn(*mut ffi::AVCodecContext, *const c_int) -> c_int = choose_format;
        // SAFETY: the field is a nullable function pointer; formats are `int` to C, and numbers here for those that
        // the bindings do not know.
        unsafe { (&raw mut context.get_format).cast::<Option<_>>().write(Some(callback)) };
        compat::callbacks_are_thread_safe(context);
        let Some(device) = &self.hardware.device else { return Ok(()) };
        context.hw_device_ctx = device.share();
        if context.hw_device_ctx.is_null() {
            return Err(AvError::NO_MEMORY);
        }
        // What lies in queues behind the decoder comes on top of what the user wants.
        let asked = options.get("extra_hw_frames").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        options.set("extra_hw_frames", &(asked + self.hardware.under_way).to_string());
        Ok(())
    }

    /// A picture was made by the hardware that was chosen.
    pub(crate) fn made(&self, frame: &Frame) -> bool {
        let chosen = self.chosen.load(Ordering::Relaxed);
        chosen != NONE && frame.format() == chosen
    }

    /// Brings a picture to where it is wanted: out of the hardware, or nowhere.
    pub(crate) fn place(&self, frame: Frame) -> Result<Frame, AvError> {
        let wanted = self.hardware.format;
        if self.made(&frame) && frame.format() != wanted { frame.downloaded(wanted) } else { Ok(frame) }
    }

    /// # Safety
    /// `context` is valid, `offered` a list that [`NONE`] ends.
    unsafe fn choose(&self, context: *mut ffi::AVCodecContext, mut offered: *const c_int) -> c_int {
        // SAFETY: the caller's promise; descriptions of formats are static.
        unsafe {
            loop {
                let format = *offered;
                let is_hardware = compat::pixel_format(format)
                    .is_some_and(|description| description.flags & ffi::AV_PIX_FMT_FLAG_HWACCEL as u64 != 0);
                let fits = |config: Config| {
                    config.takes_device() && config.format == format && Some(config.kind) == self.hardware.kind
                };
                if !is_hardware {
                    return format;
                }
                if configs((*context).codec).any(fits) {
                    self.chosen.store(format, Ordering::Relaxed);
                    return format;
                }
                offered = offered.add(1);
            }
        }
    }
}

/// Chooses among the formats that a decoder offers: the wanted hardware's, else the first of software.
unsafe extern "C" fn choose_format(context: *mut ffi::AVCodecContext, offered: *const c_int) -> c_int {
    // SAFETY: called by libavcodec with its context, behind whose `opaque` lies what outlives it; the list ends with -1.
    unsafe {
        let behind = &*(*context).opaque.cast::<BehindDecoder>();
        behind.choice.choose(context, offered)
    }
}
