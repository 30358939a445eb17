//! Frames: decoded pictures and sound.

use super::{c_string, channel_layout::ChannelLayout, compat, error::AvError, hardware::HardwareFrames, known, raw};
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::fmt;

/// An owned, reference-counted `AVFrame`.
pub struct Frame(*mut ffi::AVFrame);

// SAFETY: the frame is owned by one value; its buffers are reference-counted atomically.
unsafe impl Send for Frame {}

/// What a filtergraph must be rebuilt for when it changes.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameShape {
    /// Pixel or sample format, FFmpeg's number.
    pub format: i32,
    /// Picture width; 0 for sound.
    pub width: i32,
    /// Picture height; 0 for sound.
    pub height: i32,
    /// Samples per second; 0 for pictures.
    pub sample_rate_hz: i32,
    /// Channel layout of sound.
    pub channel_layout: ChannelLayout,
    /// Pixel aspect ratio.
    pub sample_aspect_ratio: Rational,
    /// What FFmpeg's filtergraphs must know of the colours, as FFmpeg's numbers; zeros where they need not.
    pub colours: [i32; 3],
    /// The display matrix that came with the frame.
    pub display_matrix: Option<[i32; 9]>,
    /// The pool that the pictures lie in, when that is a device's.
    pub hardware: Option<HardwareFrames>,
}

impl FrameShape {
    /// That of frames of which nothing is known before the first.
    pub fn unknown() -> Self {
        Self {
            format: -1,
            width: 0,
            height: 0,
            sample_rate_hz: 0,
            channel_layout: ChannelLayout::None,
            sample_aspect_ratio: Rational::UNKNOWN,
            colours: [0; 3],
            display_matrix: None,
            hardware: None,
        }
    }

    /// True when a graph built for `self` cannot take `other`. The pixel aspect alone does not matter, as in ffmpeg.
    pub fn differs_from(&self, other: &FrameShape) -> bool {
        self.format != other.format
            || self.width != other.width
            || self.height != other.height
            || self.sample_rate_hz != other.sample_rate_hz
            || self.channel_layout != other.channel_layout
            || self.colours != other.colours
            || self.display_matrix != other.display_matrix
            || self.lies_elsewhere_than(other)
    }

    /// True when the pictures lie in other memory, be it another device's or another pool: whatever else a graph may
    /// overlook, that it cannot.
    pub fn lies_elsewhere_than(&self, other: &FrameShape) -> bool {
        self.hardware != other.hardware
    }
}

/// The decoded frame that a frame or packet comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameOrigin {
    /// How many its decoder gave before.
    pub number: u64,
    /// Its time, in ticks; the least number when it has none.
    pub pts: i64,
    /// Length of a tick.
    pub time_base: Rational,
}

impl FrameOrigin {
    /// Puts it into an `opaque_ref`, and releases what was there.
    ///
    /// # Safety
    /// `field` is that of a frame or packet, which owns what it points to.
    pub(crate) unsafe fn put(self, field: &mut *mut ffi::AVBufferRef) -> Result<(), AvError> {
        // SAFETY: the buffer has room for the value, which has no destructor; unaligned writes are allowed for. The field's
        // owner owns the new buffer from here on, by the caller's promise.
        unsafe {
            let buffer = ffi::av_buffer_alloc(size_of::<Self>() as _);
            if buffer.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            (*buffer).data.cast::<Self>().write_unaligned(self);
            ffi::av_buffer_unref(field);
            *field = buffer;
            Ok(())
        }
    }

    /// What [`FrameOrigin::put`] put there.
    ///
    /// # Safety
    /// `buffer` is null, or a buffer that this program or a library has put into an `opaque_ref`.
    pub(crate) unsafe fn of(buffer: *const ffi::AVBufferRef) -> Option<Self> {
        // SAFETY: a buffer of the right size is ours, since decoders are told to leave the field alone.
        unsafe {
            let buffer = buffer.as_ref().filter(|buffer| buffer.size as usize == size_of::<Self>())?;
            Some(buffer.data.cast::<Self>().read_unaligned())
        }
    }
}

impl Frame {
    /// An empty frame.
    pub fn new() -> Result<Self, AvError> {
        // SAFETY: no arguments; null is checked.
        let frame = unsafe { ffi::av_frame_alloc() };
        if frame.is_null() { Err(AvError::NO_MEMORY) } else { Ok(Self(frame)) }
    }

    /// Remembers the decoded frame that it and what is made of it come from.
    pub fn set_origin(&mut self, origin: FrameOrigin) -> Result<(), AvError> {
        // SAFETY: the frame is valid and owns its field.
        unsafe { origin.put(&mut (*self.0).opaque_ref) }
    }

    /// The decoded frame that it comes from, where that was remembered.
    pub fn origin(&self) -> Option<FrameOrigin> {
        // SAFETY: the frame is valid; nothing else puts buffers into the field.
        unsafe { FrameOrigin::of((*self.0).opaque_ref) }
    }

    /// A second reference to the same data, with times of its own.
    pub fn share(&self) -> Result<Self, AvError> {
        // SAFETY: the frame is valid.
        let frame = unsafe { ffi::av_frame_clone(self.0) };
        if frame.is_null() { Err(AvError::NO_MEMORY) } else { Ok(Self(frame)) }
    }

    /// Moves the content into a frame of its own, and leaves this one empty for use again.
    pub fn take(&mut self) -> Result<Self, AvError> {
        let taken = Self::new()?;
        // SAFETY: both frames are valid and distinct.
        unsafe { ffi::av_frame_move_ref(taken.0, self.0) };
        Ok(taken)
    }

    /// A frame of silence in the same format, rate and layout, `samples` long.
    pub fn silence_like(&self, samples: i32) -> Result<Self, AvError> {
        let silent = Self::new()?;
        // SAFETY: both frames are valid; the buffer is allocated before it is filled.
        unsafe {
            (*silent.0).format = (*self.0).format;
            (*silent.0).sample_rate = (*self.0).sample_rate;
            (*silent.0).nb_samples = samples;
            AvError::check(ffi::av_channel_layout_copy(&mut (*silent.0).ch_layout, &(*self.0).ch_layout))?;
            AvError::check(ffi::av_frame_get_buffer(silent.0, 0))?;
            AvError::check(ffi::av_samples_set_silence(
                (*silent.0).extended_data,
                0,
                samples,
                (*silent.0).ch_layout.nb_channels,
                compat::sample_format((*silent.0).format),
            ))?;
        }
        Ok(silent)
    }

    /// What is left of a frame of sound without its first `samples`; it begins that much later on a clock of samples.
    pub fn without_first(&self, samples: i32) -> Result<Self, AvError> {
        let samples = samples.clamp(0, self.samples());
        let rest = self.silence_like(self.samples() - samples)?;
        // SAFETY: both frames are valid and of one format and layout; `samples` and what is left lie within this one.
        unsafe {
            AvError::check(ffi::av_frame_copy_props(rest.0, self.0))?;
            AvError::check(ffi::av_samples_copy(
                (*rest.0).extended_data,
                (*self.0).extended_data,
                0,
                samples,
                (*rest.0).nb_samples,
                (*rest.0).ch_layout.nb_channels,
                compat::sample_format((*rest.0).format),
            ))?;
        }
        Ok(rest)
    }

    /// Cuts so many samples off the end of a frame of sound.
    pub fn cut_off(&mut self, samples: i32) {
        let frame = self.get_mut();
        frame.nb_samples -= samples.clamp(0, frame.nb_samples);
    }

    fn get(&self) -> &ffi::AVFrame {
        // SAFETY: never null after construction.
        unsafe { &*self.0 }
    }

    fn get_mut(&mut self) -> &mut ffi::AVFrame {
        // SAFETY: never null after construction, borrowed mutably with `self`.
        unsafe { &mut *self.0 }
    }

    /// Presentation time, in the time base of who made it.
    pub fn pts(&self) -> Option<i64> {
        known(self.get().pts)
    }

    /// Sets the presentation time.
    pub fn set_pts(&mut self, pts: Option<i64>) {
        self.get_mut().pts = raw(pts);
    }

    /// The decoder's best guess of the presentation time.
    pub fn best_effort_timestamp(&self) -> Option<i64> {
        known(self.get().best_effort_timestamp)
    }

    /// Length in ticks of the packet's time base, 0 when unknown.
    pub fn duration(&self) -> i64 {
        compat::frame_duration(self.get())
    }

    /// Sets the length.
    pub fn set_duration(&mut self, ticks: i64) {
        compat::set_frame_duration(self.get_mut(), ticks);
    }

    /// Samples per channel; 0 for pictures.
    pub fn samples(&self) -> i32 {
        self.get().nb_samples
    }

    /// Samples per second; 0 for pictures.
    pub fn sample_rate_hz(&self) -> i32 {
        self.get().sample_rate
    }

    /// Pixel or sample format, FFmpeg's number.
    pub(crate) fn format(&self) -> i32 {
        self.get().format
    }

    /// True for a key frame.
    pub fn is_key(&self) -> bool {
        compat::frame_is_key(self.get())
    }

    /// True when a filter or a decoder has left a value of that name with it.
    pub fn has_metadata(&self, key: &str) -> bool {
        // SAFETY: the dictionary is null or valid; the string lives during the call.
        !unsafe { ffi::av_dict_get(self.get().metadata, c_string(key).as_ptr(), std::ptr::null(), 0) }.is_null()
    }

    /// What kind of picture it is, as FFmpeg's number: 1 for I, 2 for P, 3 for B.
    pub fn picture_type(&self) -> i32 {
        self.get().pict_type as i32
    }

    /// The decoder met errors in it.
    pub fn has_decode_errors(&self) -> bool {
        self.get().decode_error_flags != 0 || self.get().flags & ffi::AV_FRAME_FLAG_CORRUPT != 0
    }

    /// Bytes of its buffers.
    pub fn bytes(&self) -> usize {
        let frame = self.get();
        let mut bytes = 0;
        for buffer in frame.buf {
            if !buffer.is_null() {
                // SAFETY: a buffer reference of a live frame.
                bytes += usize::try_from(unsafe { (*buffer).size }).unwrap_or(0);
            }
        }
        bytes
    }

    /// Overrides the pixel aspect ratio.
    pub fn set_sample_aspect_ratio(&mut self, ratio: Rational) {
        self.get_mut().sample_aspect_ratio = ratio.into();
    }

    /// Says which field of an interlaced picture comes first.
    pub fn set_top_field_first(&mut self, top: bool) {
        compat::set_frame_top_field_first(self.get_mut(), top);
    }

    /// Clears the picture type, or asks the encoder for a key frame, and hands it the quality that was asked for.
    pub fn prepare_for_encoder(&mut self, key: bool, quality: i32) {
        let frame = self.get_mut();
        frame.quality = quality;
        frame.pict_type =
            if key { ffi::AVPictureType::AV_PICTURE_TYPE_I } else { ffi::AVPictureType::AV_PICTURE_TYPE_NONE };
    }

    /// Format, size, rate, layout.
    pub fn shape(&self) -> FrameShape {
        let frame = self.get();
        // SAFETY: the frame is valid; the side data is read within its size.
        let display_matrix = unsafe {
            let side = ffi::av_frame_get_side_data(self.0, ffi::AVFrameSideDataType::AV_FRAME_DATA_DISPLAYMATRIX);
            side.as_ref().filter(|s| s.size as usize >= 36).map(|s| {
                let mut matrix = [0i32; 9];
                std::ptr::copy_nonoverlapping(s.data.cast::<i32>(), matrix.as_mut_ptr(), 9);
                matrix
            })
        };
        FrameShape {
            format: frame.format,
            width: frame.width,
            height: frame.height,
            sample_rate_hz: frame.sample_rate,
            channel_layout: if frame.sample_rate > 0 {
                ChannelLayout::of(&frame.ch_layout)
            } else {
                ChannelLayout::None
            },
            sample_aspect_ratio: frame.sample_aspect_ratio.into(),
            colours: compat::frame_colours(frame),
            display_matrix,
            hardware: self.hardware(),
        }
    }

    /// The same sample format, rate and channels.
    pub fn sounds_like(&self, other: &Self) -> bool {
        let (one, other) = (self.get(), other.get());
        one.format == other.format
            && one.sample_rate == other.sample_rate
            && ChannelLayout::of(&one.ch_layout) == ChannelLayout::of(&other.ch_layout)
    }

    /// Cuts off the margins that the codec named, to the pixel; of a picture in a device's memory those at the right and the bottom.
    pub fn cut_margins(&mut self) -> Result<(), AvError> {
        let flags = ffi::AV_FRAME_CROP_UNALIGNED as std::ffi::c_int;
        // SAFETY: the frame is valid; only its fields change.
        AvError::check(unsafe { ffi::av_frame_apply_cropping(self.0, flags) }).map(drop)
    }

    /// Removes the display matrix: the graph has turned the picture.
    pub fn drop_display_matrix(&mut self) {
        // SAFETY: the frame is valid.
        unsafe { ffi::av_frame_remove_side_data(self.0, ffi::AVFrameSideDataType::AV_FRAME_DATA_DISPLAYMATRIX) };
    }

    pub(crate) fn as_ptr(&self) -> *const ffi::AVFrame {
        self.0
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut ffi::AVFrame {
        self.0
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::av_frame_free(&mut self.0) };
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("pts", &self.pts()).field("shape", &self.shape()).finish()
    }
}
