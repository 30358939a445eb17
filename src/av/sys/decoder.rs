//! Decoders: packets in, frames out.

use super::{
    c_string, compat, dictionary::Dictionary, error::AvError, frame::Frame, hardware::DecoderHardware,
    hardware::FormatChoice, input::StreamParameters, packet::Packet, text_of,
};
use crate::plan::DecoderThreads;
use ffmpeg_sys_next as ffi;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// libavcodec's own limit to the threads that it chooses (`MAX_AUTO_THREADS`).
const MOST_THREADS: i32 = 16;

/// Threads that decode while others wait for the pictures that theirs refer to. More cost memory and won no time
/// (BENCHMARKS.md).
const SPARE_THREADS: i32 = 2;

/// What opening a decoder needs to know.
#[derive(Clone, Debug, Default)]
pub struct DecoderSettings {
    /// The decoder's name.
    pub name: String,
    /// Options in order; those that the decoder does not take are given back.
    pub options: Vec<(String, String)>,
    /// `AV_CODEC_FLAG_BITEXACT`.
    pub bitexact: bool,
    /// Its threads, unless an option names their number.
    pub threads: DecoderThreads,
    /// The hardware that is to help.
    pub hardware: DecoderHardware,
    /// Pictures keep the margins that the codec's header says are to be cut off.
    pub keeps_margins: bool,
}

/// What lies behind the `opaque` of a decoder's context, and of those that its threads have.
#[derive(Debug)]
pub(crate) struct BehindDecoder {
    /// How it chooses the format of its pictures.
    pub(crate) choice: FormatChoice,
    concealed: AtomicU64,
}

impl BehindDecoder {
    /// Counts a picture of which the decoder has made up a part.
    ///
    /// # Safety
    /// `context` is a codec's that logs.
    pub(crate) unsafe fn count_concealed(context: *const ffi::AVCodecContext) {
        // SAFETY: only decoders of pictures conceal; those that are opened here have this behind them, libavformat's own nothing.
        let behind = unsafe { (*context).opaque.cast::<Self>().as_ref() };
        if let Some(behind) = behind {
            behind.concealed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What a decoder gave.
#[derive(Debug)]
pub enum DecodeStep {
    /// A frame.
    Frame(Frame),
    /// It wants another packet.
    NeedsInput,
    /// It has been drained.
    Finished,
}

/// An open decoder of pictures or sound.
pub struct Decoder {
    context: *mut ffi::AVCodecContext,
    scratch: Frame,
    /// The context points to it, and is freed before it.
    behind: Arc<BehindDecoder>,
    /// The margins of pictures are cut off here and not by libavcodec.
    crops: bool,
}

// SAFETY: the context is used by one owner at a time; its worker threads are libavcodec's business.
unsafe impl Send for Decoder {}

impl Decoder {
    /// Opens a decoder. The second value holds the options that it did not take.
    pub fn open(stream: &StreamParameters, settings: &DecoderSettings) -> Result<(Self, Dictionary), AvError> {
        // SAFETY: the context is allocated here and owned by `decoder` from then on.
        unsafe {
            let codec = ffi::avcodec_find_decoder_by_name(c_string(&settings.name).as_ptr());
            if codec.is_null() {
                return Err(AvError(ffi::AVERROR_DECODER_NOT_FOUND));
            }
            let context = ffi::avcodec_alloc_context3(codec);
            if context.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            let choice = FormatChoice::new(settings.hardware.clone());
            let behind = Arc::new(BehindDecoder { choice, concealed: AtomicU64::new(0) });
            (*context).opaque = Arc::as_ptr(&behind).cast_mut().cast();
            let crops = compat::crops_exactly() && !settings.keeps_margins;
            let decoder = Self { context, scratch: Frame::new()?, behind, crops };
            AvError::check(ffi::avcodec_parameters_to_context(context, stream.as_ptr()))?;
            (*context).pkt_timebase = stream.time_base.into();
            (*context).framerate = stream.frame_rate.into();
            if crops || settings.keeps_margins {
                (*context).apply_cropping = 0;
            }
            if settings.bitexact {
                (*context).flags |= ffi::AV_CODEC_FLAG_BITEXACT as i32;
            }
            let mut options: Dictionary = settings.options.iter().map(|(k, v)| (k, v)).collect();
            decoder.behind.choice.install(&mut *context, &mut options)?;
            if stream.attached_picture {
                options.set("threads", "1");
            } else {
                let count = match settings.threads {
                    DecoderThreads::Usual => None,
                    DecoderThreads::Spare => with_spare_threads(codec),
                    DecoderThreads::One => Some(1),
                };
                options.set_default("threads", &count.map_or_else(|| "auto".to_owned(), |count| count.to_string()));
            }
            AvError::check(ffi::avcodec_open2(context, codec, options.as_mut_ptr()))?;
            Ok((decoder, options))
        }
    }

    /// Opens FFmpeg's own choice of a decoder for the stream, without options.
    pub fn open_default(
        stream: &StreamParameters,
        hardware: DecoderHardware,
        keeps_margins: bool,
    ) -> Result<Self, AvError> {
        // SAFETY: the parameters are never null; the name is a static string.
        let name = unsafe {
            let codec = ffi::avcodec_find_decoder((*stream.as_ptr()).codec_id);
            codec.as_ref().map(|codec| text_of(codec.name)).ok_or(AvError(ffi::AVERROR_DECODER_NOT_FOUND))?
        };
        let settings = DecoderSettings { name, hardware, keeps_margins, ..DecoderSettings::default() };
        Self::open(stream, &settings).map(|(decoder, _)| decoder)
    }

    /// True of a picture that the wanted hardware made.
    pub fn is_by_hardware(&self, picture: &Frame) -> bool {
        self.behind.choice.made(picture)
    }

    /// Brings a picture of the decoder's to where it is wanted: out of a device's memory, unless it is to stay there, and without
    /// the margins that are to be cut off.
    pub fn place(&self, picture: Frame) -> Result<Frame, AvError> {
        let mut placed = self.behind.choice.place(picture)?;
        if self.crops {
            placed.cut_margins()?;
        }
        Ok(placed)
    }

    /// Pictures of which it has made up a part so far. They have flags too, but with threads those may be set too late.
    pub fn concealed(&self) -> u64 {
        self.behind.concealed.load(Ordering::Relaxed)
    }

    fn get(&self) -> &ffi::AVCodecContext {
        // SAFETY: never null while the decoder lives.
        unsafe { &*self.context }
    }

    /// Gives a packet, or `None` to drain. `false`: take frames first, then give it again.
    pub fn send(&mut self, packet: Option<&Packet>) -> Result<bool, AvError> {
        let packet = packet.map_or(ptr::null(), Packet::as_ptr);
        // SAFETY: the context is open; a null packet starts draining.
        match AvError::check(unsafe { ffi::avcodec_send_packet(self.context, packet) }) {
            Ok(_) => Ok(true),
            Err(AvError::AGAIN) => Ok(false),
            Err(AvError::EOF) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Takes a frame.
    pub fn receive(&mut self) -> Result<DecodeStep, AvError> {
        // SAFETY: the context is open; the scratch frame is reset by the call.
        match AvError::check(unsafe { ffi::avcodec_receive_frame(self.context, self.scratch.as_mut_ptr()) }) {
            Ok(_) => Ok(DecodeStep::Frame(self.scratch.take()?)),
            Err(AvError::AGAIN) => Ok(DecodeStep::NeedsInput),
            Err(AvError::EOF) => Ok(DecodeStep::Finished),
            Err(error) => Err(error),
        }
    }

    /// Forgets everything, to go on elsewhere in the stream or after a drain.
    pub fn reset(&mut self) {
        // SAFETY: the context is open.
        unsafe { ffi::avcodec_flush_buffers(self.context) };
    }

    /// Sets what the decoder tells for its developers (`FF_DEBUG_*`).
    pub fn set_debug(&mut self, flags: i32) {
        // SAFETY: the context is open; the field is a number that may change while it is.
        unsafe { (*self.context).debug = flags };
    }

    /// Samples per second of what is decoded, or 0.
    pub fn sample_rate_hz(&self) -> i32 {
        self.get().sample_rate
    }

    /// Bits per raw sample that the decoder found, or 0.
    pub fn bits_per_raw_sample(&self) -> i32 {
        self.get().bits_per_raw_sample
    }

    /// The decoder's full name, for messages.
    pub fn name(&self) -> String {
        // SAFETY: an open decoder has a codec.
        unsafe { super::text_of((*self.get().codec).name) }
    }
}

/// [`SPARE_THREADS`] more than libavcodec's choice for a decoder of several pictures at a time (a core and one, and at most
/// [`MOST_THREADS`]), or `None` where more would not be used.
unsafe fn with_spare_threads(codec: *const ffi::AVCodec) -> Option<i32> {
    // SAFETY: the caller's codec is a static of the library.
    let (of_pictures, cores) =
        unsafe { ((*codec).capabilities & ffi::AV_CODEC_CAP_FRAME_THREADS as i32 != 0, ffi::av_cpu_count()) };
    (of_pictures && cores > 1).then(|| (cores + 1 + SPARE_THREADS).min(MOST_THREADS))
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: owned; also ends its threads.
        unsafe { ffi::avcodec_free_context(&mut self.context) };
    }
}
