//! Encoders: frames in, packets out.

mod parameters;

pub use self::parameters::EncodedParameters;

use super::{
    c_string, compat, dictionary::Dictionary, error::AvError, frame::Frame, graph::GraphOutput, hardware,
    hardware::HardwareDevices, packet::Packet,
};
use crate::plan::has_flag;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
use std::ptr;

/// What opening an encoder needs to know.
#[derive(Clone, Debug, Default)]
pub struct EncoderSettings {
    /// The encoder's name.
    pub name: String,
    /// Options in order; those that the encoder does not take are given back.
    pub options: Vec<(String, String)>,
    /// `-q`: a quality, in FFmpeg's lambda units.
    pub global_quality: Option<i32>,
    /// `AV_CODEC_FLAG_BITEXACT`.
    pub bitexact: bool,
    /// The muxer wants headers in the stream parameters.
    pub global_header: bool,
    /// Bits per raw sample of the source, 0 when unknown; given on when no filter changes samples.
    pub source_bits_per_raw_sample: i32,
    /// `-aspect`: the display aspect ratio.
    pub display_aspect_ratio: Option<Rational>,
    /// `-tag`.
    pub codec_tag: u32,
    /// `-bits_per_raw_sample`.
    pub bits_per_raw_sample: Option<i32>,
    /// What the first pass found.
    pub pass_log: Option<String>,
    /// Quantiser matrices, intra, inter and intra of chroma: 64 numbers each.
    pub matrices: [Option<Vec<u16>>; 3],
    /// Stretches of frames with a quality of their own: first, last, quality (negative: percent of the usual one).
    pub rate_overrides: Vec<(i32, i32, i32)>,
    /// `-top`: the field order, whatever the frames say.
    pub top_field_first: Option<bool>,
    /// `-psnr`: the encoder is to tell how far its pictures are from what it got.
    pub psnr: bool,
    /// Frames of sound have one length, the last one padded.
    pub one_frame_length: bool,
    /// Samples of the first frame, for an encoder that makes all frames as long; else 0.
    pub first_samples: i32,
    /// The devices that an encoder of hardware may need.
    pub devices: HardwareDevices,
}

impl EncoderSettings {
    /// Where the options ask for pictures of two fields: whether the top one comes first, as far as they say.
    fn asked_fields(&self) -> Option<Option<bool>> {
        let of_fields = ["ildct", "ilme"].iter().any(|flag| has_flag(&self.options, "flags", flag));
        (self.top_field_first.is_some() || of_fields).then_some(self.top_field_first)
    }
}

/// What an encoder gave.
#[derive(Debug)]
pub enum EncodeStep {
    /// A packet, with times in the encoder's time base.
    Packet(Packet),
    /// It wants another frame.
    NeedsInput,
    /// It has been drained.
    Finished,
}

/// An open encoder of pictures or sound.
pub struct Encoder {
    context: *mut ffi::AVCodecContext,
    scratch: Packet,
    /// The pixel aspect ratio that the container is told.
    aspect: Rational,
}

// SAFETY: the context is used by one owner at a time; its worker threads are libavcodec's business.
unsafe impl Send for Encoder {}

impl Encoder {
    unsafe fn allocate(settings: &EncoderSettings) -> Result<(Self, *const ffi::AVCodec), AvError> {
        // SAFETY: the context is owned by the value that is returned.
        unsafe {
            let codec = ffi::avcodec_find_encoder_by_name(c_string(&settings.name).as_ptr());
            if codec.is_null() {
                return Err(AvError(ffi::AVERROR_ENCODER_NOT_FOUND));
            }
            let context = ffi::avcodec_alloc_context3(codec);
            if context.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            let encoder = Self { context, scratch: Packet::new()?, aspect: Rational::UNKNOWN };
            let c = &mut *context;
            if settings.bitexact {
                c.flags |= ffi::AV_CODEC_FLAG_BITEXACT as i32;
            }
            if settings.global_header {
                c.flags |= ffi::AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            }
            if settings.psnr {
                c.flags |= ffi::AV_CODEC_FLAG_PSNR as i32;
            }
            if let Some(quality) = settings.global_quality {
                c.flags |= ffi::AV_CODEC_FLAG_QSCALE as i32;
                c.global_quality = quality;
            }
            c.codec_tag = settings.codec_tag;
            if let Some(log) = &settings.pass_log {
                c.stats_in = ffi::av_strdup(c_string(log).as_ptr());
            }
            let [intra, inter, chroma] = &settings.matrices;
            let slots = [&raw mut c.intra_matrix, &raw mut c.inter_matrix, &raw mut c.chroma_intra_matrix];
            for (slot, matrix) in slots.into_iter().zip([intra, inter, chroma]) {
                if let Some(matrix) = matrix {
                    *slot = ffi::av_memdup(matrix.as_ptr().cast(), size_of_val(matrix.as_slice()) as _).cast();
                }
            }
            if !settings.rate_overrides.is_empty() {
                let overrides: Vec<ffi::RcOverride> = settings.rate_overrides.iter().map(rate_override).collect();
                c.rc_override =
                    ffi::av_memdup(overrides.as_ptr().cast(), size_of_val(overrides.as_slice()) as _).cast();
                c.rc_override_count = overrides.len() as i32;
            }
            compat::keep_frame_lengths(c);
            Ok((encoder, codec))
        }
    }

    unsafe fn finish_opening(
        &mut self,
        codec: *const ffi::AVCodec,
        settings: &EncoderSettings,
    ) -> Result<Dictionary, AvError> {
        let mut options: Dictionary = settings.options.iter().map(|(k, v)| (k, v)).collect();
        options.set_default("threads", "auto");
        if settings.one_frame_length {
            // As a flag beside those that were typed.
            let flags = options.get("flags2").map_or(String::new(), |typed| typed + "+");
            options.set("flags2", &(flags + "fixed_frame_size"));
        }
        if settings.first_samples > 0 {
            options.set_default("frame_size", &settings.first_samples.to_string());
        }
        // SAFETY: the context is valid and not open yet.
        unsafe {
            let asked = (*self.context).sample_aspect_ratio;
            AvError::check(ffi::avcodec_open2(self.context, codec, options.as_mut_ptr()))?;
            let settled = (*self.context).sample_aspect_ratio;
            self.aspect = if compat::containers_have_the_encoders_aspect() { settled } else { asked }.into();
            let rate = (*self.context).bit_rate;
            if rate > 0 && rate < 1000 && (*self.context).codec_id != ffi::AVCodecID::AV_CODEC_ID_CODEC2 {
                log::warn!("The bitrate parameter is set too low. It takes bits/s as argument, not kbits/s");
            }
        }
        Ok(options)
    }

    /// Opens an encoder of pictures. `first` tells colours and interlacing.
    pub fn open_video(
        settings: &EncoderSettings,
        output: &GraphOutput,
        unfiltered: bool,
        (time_base, frame_rate): (Rational, Rational),
        first: Option<&Frame>,
    ) -> Result<(Self, Dictionary), AvError> {
        // SAFETY: the context is valid; the frame is valid.
        unsafe {
            let (mut encoder, codec) = Self::allocate(settings)?;
            let c = &mut *encoder.context;
            c.width = output.shape.width;
            c.height = output.shape.height;
            let format = compat::pixel_format(output.shape.format);
            // By number: the library may know formats that the bindings' enum lacks.
            (&raw mut c.pix_fmt).cast::<c_int>().write(format.map_or(-1, |_| output.shape.format));
            c.time_base = time_base.into();
            c.framerate = frame_rate.into();
            c.sample_aspect_ratio = match settings.display_aspect_ratio {
                Some(aspect) => ffi::av_mul_q(aspect.into(), ffi::AVRational { num: c.height, den: c.width }),
                None => output.shape.sample_aspect_ratio.into(),
            };
            if unfiltered && settings.source_bits_per_raw_sample > 0 {
                let depth = format.map_or(8, |d| d.comp[0].depth);
                c.bits_per_raw_sample = settings.source_bits_per_raw_sample.min(depth);
            }
            if let Some(frame) = first {
                let frame = &*frame.as_ptr();
                c.color_range = frame.color_range;
                c.color_primaries = frame.color_primaries;
                c.color_trc = frame.color_trc;
                c.colorspace = frame.colorspace;
                c.chroma_sample_location = frame.chroma_location;
                compat::describe_to_encoder(c, frame)?;
                let asked = compat::options_tell_fields().then(|| settings.asked_fields()).flatten();
                let interlacing = compat::frame_interlacing(frame);
                let top_first = asked.map(|top| top.or(interlacing).unwrap_or(false)).or(interlacing);
                c.field_order = match top_first {
                    None => ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE,
                    Some(top_first) => match ((*codec).id == ffi::AVCodecID::AV_CODEC_ID_MJPEG, top_first) {
                        (true, true) => ffi::AVFieldOrder::AV_FIELD_TT,
                        (true, false) => ffi::AVFieldOrder::AV_FIELD_BB,
                        (false, true) => ffi::AVFieldOrder::AV_FIELD_TB,
                        (false, false) => ffi::AVFieldOrder::AV_FIELD_BT,
                    },
                };
            }
            if let Some(top) = settings.top_field_first.filter(|_| !compat::options_tell_fields()) {
                c.field_order = if top { ffi::AVFieldOrder::AV_FIELD_TT } else { ffi::AVFieldOrder::AV_FIELD_BB };
            }
            if let Some(bits) = settings.bits_per_raw_sample {
                c.bits_per_raw_sample = bits;
            }
            hardware::equip(c, codec, output.shape.hardware.as_ref(), &settings.devices)?;
            let options = encoder.finish_opening(codec, settings)?;
            Ok((encoder, options))
        }
    }

    /// True when the encoder was asked for the errors of its pictures, by `-psnr` or its own `flags`.
    pub fn tells_errors(&self) -> bool {
        self.get().flags & ffi::AV_CODEC_FLAG_PSNR as i32 != 0
    }

    /// Pixels of a picture.
    pub fn pixels(&self) -> u64 {
        u64::try_from(i64::from(self.get().width) * i64::from(self.get().height)).unwrap_or(0)
    }

    /// Sets what the encoder tells for its developers (`FF_DEBUG_*`).
    pub fn set_debug(&mut self, flags: i32) {
        // SAFETY: the context is open; the field is a number that may change while it is.
        unsafe { (*self.context).debug = flags };
    }

    /// True when the encoder codes fields.
    pub fn is_interlaced(&self) -> bool {
        let fields = ffi::AV_CODEC_FLAG_INTERLACED_DCT | ffi::AV_CODEC_FLAG_INTERLACED_ME;
        self.get().flags & fields as i32 != 0
    }

    /// What the first pass has to say since it was last asked.
    pub fn pass_stats(&self) -> String {
        // SAFETY: null or a string of the open context.
        unsafe { super::text_of(self.get().stats_out) }
    }

    /// Opens an encoder of sound.
    pub fn open_audio(
        settings: &EncoderSettings,
        output: &GraphOutput,
        unfiltered: bool,
        time_base: Rational,
    ) -> Result<(Self, Dictionary), AvError> {
        // SAFETY: the context is valid; the layout's name is a valid string.
        unsafe {
            let (mut encoder, codec) = Self::allocate(settings)?;
            let c = &mut *encoder.context;
            c.sample_fmt = compat::sample_format(output.shape.format);
            c.sample_rate = output.shape.sample_rate_hz;
            c.time_base = time_base.into();
            let layout = output.shape.channel_layout.name();
            match layout.strip_suffix(" channels") {
                Some(_) => {
                    c.ch_layout.order = ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC;
                    c.ch_layout.nb_channels = output.channels;
                }
                None => {
                    let name = c_string(&layout);
                    AvError::check(ffi::av_channel_layout_from_string(&mut c.ch_layout, name.as_ptr()))?;
                }
            }
            if unfiltered && settings.source_bits_per_raw_sample > 0 {
                let bits = ffi::av_get_bytes_per_sample(c.sample_fmt) << 3;
                c.bits_per_raw_sample = settings.source_bits_per_raw_sample.min(bits);
            }
            if let Some(bits) = settings.bits_per_raw_sample {
                c.bits_per_raw_sample = bits;
            }
            let options = encoder.finish_opening(codec, settings)?;
            Ok((encoder, options))
        }
    }

    fn get(&self) -> &ffi::AVCodecContext {
        // SAFETY: never null while the encoder lives.
        unsafe { &*self.context }
    }

    /// Leaves the encoder to the end of the process: to close it would wait for the pictures that it is at.
    pub fn leave(self) {
        std::mem::forget(self);
    }

    /// Gives a frame, or `None` to drain. `false`: take packets first, then give it again.
    pub fn send(&mut self, frame: Option<&Frame>) -> Result<bool, AvError> {
        let frame = frame.map_or(ptr::null(), Frame::as_ptr);
        // SAFETY: the context is open; a null frame starts draining.
        match AvError::check(unsafe { ffi::avcodec_send_frame(self.context, frame) }) {
            Ok(_) => Ok(true),
            Err(AvError::AGAIN) => Ok(false),
            Err(AvError::EOF) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Takes a packet.
    pub fn receive(&mut self) -> Result<EncodeStep, AvError> {
        // SAFETY: the context is open; the scratch packet is reset by the call.
        match AvError::check(unsafe { ffi::avcodec_receive_packet(self.context, self.scratch.as_mut_ptr()) }) {
            Ok(_) => Ok(EncodeStep::Packet(self.scratch.take()?)),
            Err(AvError::AGAIN) => Ok(EncodeStep::NeedsInput),
            Err(AvError::EOF) => Ok(EncodeStep::Finished),
            Err(error) => Err(error),
        }
    }

    /// The time base of frames and packets.
    pub fn time_base(&self) -> Rational {
        self.get().time_base.into()
    }

    /// Samples that each frame must have; 0 when any number will do.
    pub fn frame_samples(&self) -> i32 {
        // SAFETY: an open encoder has a codec.
        let capabilities = unsafe { (*self.get().codec).capabilities } as u32;
        let any = capabilities & ffi::AV_CODEC_CAP_VARIABLE_FRAME_SIZE as u32 != 0;
        if any && !compat::is_asked_for_one_frame_length(self.get()) { 0 } else { self.get().frame_size }
    }

    /// The quality to hand to each frame.
    pub fn global_quality(&self) -> i32 {
        self.get().global_quality
    }

    /// What the muxer must know.
    pub fn parameters(&self) -> Result<EncodedParameters, AvError> {
        let rates = (self.get().framerate.into(), self.aspect);
        // SAFETY: the context is open, and used by this owner alone.
        unsafe { EncodedParameters::of(self.context, self.time_base(), rates) }
    }
}

fn rate_override(&(start_frame, end_frame, quality): &(i32, i32, i32)) -> ffi::RcOverride {
    let (qscale, quality_factor) = if quality > 0 { (quality, 1.0) } else { (0, -quality as f32 / 100.0) };
    ffi::RcOverride { start_frame, end_frame, qscale, quality_factor }
}

/// What is written into a stream's `encoder` tag: library and encoder, without the version when `exact`.
pub fn encoder_mark(encoder: &str, exact: bool) -> String {
    if exact {
        return format!("Lavc {encoder}");
    }
    let (major, minor, micro) =
        (ffi::LIBAVCODEC_VERSION_MAJOR, ffi::LIBAVCODEC_VERSION_MINOR, ffi::LIBAVCODEC_VERSION_MICRO);
    format!("Lavc{major}.{minor}.{micro} {encoder}")
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: owned; also ends its threads. The log of a first pass is its owner's to free, and is not used any more.
        unsafe {
            let log = (*self.context).stats_in;
            ffi::avcodec_free_context(&mut self.context);
            ffi::av_free(log.cast());
        }
    }
}
