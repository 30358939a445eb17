//! Muxers: open the output, write the header, packets and the trailer.

mod another;
mod files;
mod groups;
mod metadata;
mod streams;

pub use self::files::OwnFiles;
pub use self::groups::GroupFault;
pub use self::metadata::ChapterCopy;
pub use self::streams::{OutputStreamSettings, is_disposition};

use super::{c_string, compat, dictionary::Dictionary, error::AvError, interrupt::Interrupt, packet::Packet};
use crate::facts::StreamGroup;
use crate::unit::{MICROS_PER_SECOND, Rational};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// An output under construction or being written.
pub struct Muxer {
    context: *mut ffi::AVFormatContext,
    owns_io: bool,
    header_written: bool,
    /// Stream lengths of the inputs, in ticks of these time bases: a hint some muxers use.
    duration_hints: Vec<Option<(i64, Rational)>>,
    /// The stream groups that were added.
    groups: Vec<StreamGroup>,
    interrupt: Interrupt,
    /// The context points to it, and is freed before it.
    files: OwnFiles,
}

// SAFETY: the context is used by one owner at a time; libavformat keeps no thread-bound state in it.
unsafe impl Send for Muxer {}

impl Muxer {
    /// Prepares an output; nothing is opened yet.
    pub fn new(url: &str, format: Option<&str>, bitexact: bool, interrupt: &Interrupt) -> Result<Self, AvError> {
        let url = c_string(url);
        let format = format.map(c_string);
        let mut context = ptr::null_mut();
        // SAFETY: the strings outlive the call, which copies them.
        unsafe {
            AvError::check(ffi::avformat_alloc_output_context2(
                &mut context,
                ptr::null_mut(),
                format.as_ref().map_or(ptr::null(), |f| f.as_ptr()),
                url.as_ptr(),
            ))?;
            (*context).interrupt_callback = interrupt.callback();
            if bitexact {
                (*context).flags |= ffi::AVFMT_FLAG_BITEXACT as i32;
            }
        }
        let files = OwnFiles::default();
        // SAFETY: the context is valid, and is freed before `files`, which goes with it.
        unsafe { files.watch(&mut *context) };
        Ok(Self {
            context,
            owns_io: false,
            header_written: false,
            duration_hints: Vec::new(),
            groups: Vec::new(),
            interrupt: interrupt.clone(),
            files,
        })
    }

    /// What ends its blocking I/O.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Lets the moment, in microseconds of the Unix epoch, stand for time 0 of the streams (RTCP tells readers).
    pub fn set_start_realtime_us(&mut self, us: i64) {
        // SAFETY: the context is valid.
        unsafe { (*self.context).start_time_realtime = us };
    }

    /// Lets go of a peer without waiting for it: nothing more is sent.
    pub fn abandon(&mut self) {
        self.interrupt.trip();
        let _ = self.finish();
    }

    fn get(&self) -> &ffi::AVFormatContext {
        // SAFETY: never null while the muxer lives.
        unsafe { &*self.context }
    }

    fn stream(&self, index: usize) -> *mut ffi::AVStream {
        // SAFETY: indexes come from `add_stream`.
        unsafe { *self.get().streams.add(index) }
    }

    fn flags(&self) -> i32 {
        // SAFETY: a muxer always has a format.
        unsafe { (*self.get().oformat).flags }
    }

    /// `AVFormatContext.max_delay`, in microseconds.
    pub fn set_max_delay_us(&mut self, delay_us: i64) {
        // SAFETY: the context is valid.
        unsafe { (*self.context).max_delay = i32::try_from(delay_us).unwrap_or(i32::MAX) };
    }

    /// How long the output is to be at the most, in microseconds (`AVFormatContext.duration`), for headers that cannot be completed
    /// at the end.
    pub fn set_duration_us(&mut self, duration_us: i64) {
        // SAFETY: the context is valid.
        unsafe { (*self.context).duration = duration_us };
    }

    /// Opens the file or connection, unless the format does that by itself.
    pub fn open_io(&mut self, options: &mut Dictionary) -> Result<(), AvError> {
        if self.flags() & ffi::AVFMT_NOFILE as i32 != 0 {
            return Ok(());
        }
        // SAFETY: the context is valid and has no I/O yet.
        unsafe {
            let context = &mut *self.context;
            AvError::check(ffi::avio_open2(
                &mut context.pb,
                context.url,
                ffi::AVIO_FLAG_WRITE as i32,
                &context.interrupt_callback,
                options.as_mut_ptr(),
            ))?;
        }
        self.owns_io = true;
        Ok(())
    }

    /// True when the format opens its files by itself (or needs none).
    pub fn opens_own_io(&self) -> bool {
        self.flags() & ffi::AVFMT_NOFILE as i32 != 0
    }

    /// Writes the header; options that it took are removed.
    pub fn write_header(&mut self, options: &mut Dictionary) -> Result<(), AvError> {
        // SAFETY: all streams are filled.
        AvError::check(unsafe { ffi::avformat_write_header(self.context, options.as_mut_ptr()) })?;
        self.header_written = true;
        Ok(())
    }

    /// The time base that packets of a stream must have; final after the header.
    pub fn time_base(&self, index: usize) -> Rational {
        // SAFETY: indexes come from `add_stream`.
        unsafe { (*self.stream(index)).time_base }.into()
    }

    /// Writes a packet in the right order among those of all streams; its content is taken over.
    pub fn write(&mut self, packet: &mut Packet) -> Result<(), AvError> {
        self.must_have_begun()?;
        self.name_time_base(packet);
        // SAFETY: the header is written; the packet is reference-counted.
        AvError::check(unsafe { ffi::av_interleaved_write_frame(self.context, packet.as_mut_ptr()) })?;
        self.files.first_error()
    }

    /// Writes a packet as it is, without waiting for those of other streams.
    pub fn write_at_once(&mut self, packet: &mut Packet) -> Result<(), AvError> {
        self.must_have_begun()?;
        self.name_time_base(packet);
        // SAFETY: the header is written; the packet stays its owner's.
        AvError::check(unsafe { ffi::av_write_frame(self.context, packet.as_mut_ptr()) }).map(drop)
    }

    /// From now on sound is written this much before the pictures that it belongs to.
    pub fn lead_sound_by(&mut self, us: i64) {
        // SAFETY: the context is owned; libavformat looks at this for each packet that it sorts in.
        unsafe { (*self.context).audio_preload = i32::try_from(us).unwrap_or(i32::MAX) };
    }

    /// Writes what waits for other streams.
    pub fn flush_interleaving(&mut self) -> Result<(), AvError> {
        self.must_have_begun()?;
        // SAFETY: the header is written; a null packet flushes.
        AvError::check(unsafe { ffi::av_interleaved_write_frame(self.context, ptr::null_mut()) }).map(drop)
    }

    /// Writes what waits for other streams, and what waits in memory to be written; tells the first write error that was met.
    pub fn flush(&mut self) -> Result<(), AvError> {
        self.flush_interleaving()?;
        self.flush_io()?;
        self.files.first_error()
    }

    /// Writes what waits in memory, where the I/O is our own and open; tells the first error that it met.
    fn flush_io(&mut self) -> Result<(), AvError> {
        if !self.owns_io {
            return Ok(());
        }
        // SAFETY: the I/O is our own and open.
        let error = unsafe {
            let io = (*self.context).pb;
            ffi::avio_flush(io);
            (*io).error
        };
        if error < 0 && error != ffi::AVERROR_EOF { Err(AvError(error)) } else { Ok(()) }
    }

    /// Notes in a packet what its ticks are: newer muxers read it there (IAMF, for what is cut off a stream's ends).
    fn name_time_base(&self, packet: &mut Packet) {
        // SAFETY: the packet is valid; its stream's index is looked at before it is used.
        unsafe {
            let packet = &mut *packet.as_mut_ptr();
            if let Ok(index) = usize::try_from(packet.stream_index)
                && index < self.stream_count()
            {
                packet.time_base = (*self.stream(index)).time_base;
            }
        }
    }

    /// libavformat takes nothing before the header.
    fn must_have_begun(&self) -> Result<(), AvError> {
        if self.header_written { Ok(()) } else { Err(AvError::INVALID) }
    }

    /// Writes the trailer and closes the file; tells the first write error that was met.
    pub fn finish(&mut self) -> Result<(), AvError> {
        self.finish_with_size().0
    }

    /// [`Muxer::finish`], and the size of the finished file where it has one.
    pub fn finish_with_size(&mut self) -> (Result<(), AvError>, Option<i64>) {
        let mut result = Ok(());
        if self.header_written {
            self.header_written = false;
            // SAFETY: the header was written.
            result = AvError::check(unsafe { ffi::av_write_trailer(self.context) }).map(drop);
        }
        let size = self.written_bytes();
        let taken = |files: &OwnFiles| files.refused().map_or(Ok(()), |(_, error)| Err(error));
        (result.and(self.close_io()).and(self.files.first_error()).and(taken(&self.files)), size)
    }

    /// The files that the muxer opens by itself.
    pub fn own_files(&self) -> OwnFiles {
        self.files.clone()
    }

    /// Closes the file without a trailer.
    pub fn close_io(&mut self) -> Result<(), AvError> {
        if !self.owns_io {
            return Ok(());
        }
        let flushed = self.flush_io();
        self.owns_io = false;
        // SAFETY: the I/O is our own and open.
        let closed = AvError::check(unsafe { ffi::avio_closep(&mut (*self.context).pb) }).map(drop);
        flushed.and(closed)
    }

    /// Where the muxer stands in its file, in bytes; what waits in memory to be written is before that.
    pub fn position(&self) -> Option<i64> {
        // SAFETY: `pb` is null or open; its position is asked, and nothing moves.
        unsafe {
            let io = self.get().pb;
            (!io.is_null() && !self.opens_own_io()).then(|| ffi::avio_seek(io, 0, libc::SEEK_CUR))
        }
    }

    /// Bytes of the file so far, where the format has one; of one that tells no size, what was written.
    pub fn written_bytes(&self) -> Option<i64> {
        // SAFETY: `pb` is null or open.
        unsafe {
            let io = self.get().pb;
            if io.is_null() || self.opens_own_io() {
                return None;
            }
            Some(ffi::avio_size(io)).filter(|size| *size > 0).or_else(|| self.position())
        }
    }

    /// The output's description for receivers (SDP).
    pub fn session_description(&mut self) -> Result<String, AvError> {
        let mut text = vec![0u8; 16 << 10];
        // SAFETY: one context; the buffer is as long as told, and the text ends with a NUL.
        unsafe {
            let size = text.len() as i32;
            AvError::check(ffi::av_sdp_create(&mut self.context, 1, text.as_mut_ptr().cast(), size))?;
            Ok(super::text_of(text.as_ptr().cast()))
        }
    }

    /// Where a stream ends by the muxer's own count, in ticks, before the packet that is under way.
    pub fn stream_end(&self, index: usize) -> Option<i64> {
        // SAFETY: indexes come from `add_stream`.
        unsafe { compat::muxed_end(self.stream(index)) }
    }

    /// Prints the output as ffmpeg does (`av_dump_format`).
    pub fn dump(&self, index: usize) {
        // SAFETY: the context is valid; the URL is a valid string.
        unsafe { ffi::av_dump_format(self.context, index as i32, (*self.context).url, 1) };
    }

    /// Number of streams.
    pub fn stream_count(&self) -> usize {
        self.get().nb_streams as usize
    }

    /// Lets the muxer say a line in its own name, at FFmpeg's `level`.
    pub fn tell(&self, level: i32, text: &str) {
        let text = c_string(text);
        // SAFETY: the context begins with its class; the format takes the one string that is given.
        unsafe { ffi::av_log(self.context.cast(), level, c"%s\n".as_ptr(), text.as_ptr()) };
    }

    /// Bytes of a stream's extradata, for ffmpeg's "global headers" figure.
    pub fn extradata_bytes(&self, index: usize) -> usize {
        // SAFETY: indexes come from `add_stream`.
        usize::try_from(unsafe { (*(*self.stream(index)).codecpar).extradata_size }).unwrap_or(0)
    }

    /// The codec parameters of a stream, for a bitstream filter.
    pub(crate) fn parameters_ptr(&self, index: usize) -> *mut ffi::AVCodecParameters {
        // SAFETY: indexes come from `add_stream`.
        unsafe { (*self.stream(index)).codecpar }
    }

    /// Sets a stream's time base before the header, when a bitstream filter changed it.
    pub fn set_time_base(&mut self, index: usize, base: Rational) {
        // SAFETY: indexes come from `add_stream`.
        unsafe { (*self.stream(index)).time_base = base.into() };
    }
}

/// Samples that an audio packet of `bytes` of an output stream holds, or 0 (`av_get_audio_frame_duration2`).
pub fn packet_samples(muxer: &Muxer, stream: usize, bytes: usize) -> i32 {
    // SAFETY: a declared stream has parameters.
    unsafe {
        let parameters = muxer.parameters_ptr(stream);
        if (*parameters).codec_type != ffi::AVMediaType::AVMEDIA_TYPE_AUDIO {
            return 0;
        }
        ffi::av_get_audio_frame_duration2(parameters, i32::try_from(bytes).unwrap_or(i32::MAX))
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        let _ = self.close_io();
        // SAFETY: owned; the I/O is closed.
        unsafe { ffi::avformat_free_context(self.context) };
    }
}

const _: () = assert!(MICROS_PER_SECOND == ffi::AV_TIME_BASE as i64);
