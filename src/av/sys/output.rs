//! Muxers: declare streams, write the header, packets and the trailer.

use super::{
    c_string, compat, dictionary::Dictionary, encoder::EncodedParameters, error::AvError, input::Demuxer,
    interrupt::Interrupt, packet::Packet,
};
use crate::facts::MediaKind;
use crate::unit::{MICROS_PER_SECOND, Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// What is known of an output stream before its encoder is open.
#[derive(Clone, Debug, Default)]
pub struct OutputStreamSettings {
    /// Metadata edits in order: key, value (`None` removes), whether an existing value stays.
    pub metadata: Vec<(String, Option<String>, bool)>,
    /// Dispositions by FFmpeg's names.
    pub disposition: Vec<String>,
    /// `-tag`, or 0.
    pub codec_tag: u32,
    /// `-r` of a copied stream, or unknown.
    pub frame_rate: Option<Rational>,
    /// `-aspect` of a copied stream.
    pub display_aspect_ratio: Option<Rational>,
    /// The stream's id in the container (`-streamid`), where wanted.
    pub id: Option<i32>,
    /// `-copytb` of a copied stream: -1 lets libavformat choose.
    pub time_base_choice: i32,
    /// `-time_base`.
    pub time_base: Option<Rational>,
    /// A copied stream's own display matrix: turned by so many degrees.
    pub rotation: Option<f64>,
    /// Codec options for a copied stream (`-c copy -b:v 1M` writes the rate into the header).
    pub codec_options: Vec<(String, String)>,
    /// The picture has been turned upright: the display matrix of the source becomes the identity.
    pub upright: bool,
}

/// Which chapters are copied, and how they are shifted.
#[derive(Clone, Copy, Debug)]
pub struct ChapterCopy {
    /// What is subtracted from their times, in microseconds.
    pub offset_us: i64,
    /// What lies after this is left out.
    pub duration_us: Option<i64>,
    /// Their metadata comes along.
    pub with_metadata: bool,
}

/// An output under construction or being written.
pub struct Muxer {
    context: *mut ffi::AVFormatContext,
    owns_io: bool,
    header_written: bool,
    /// Stream lengths of the inputs, in microseconds: a hint some muxers use.
    duration_hints: Vec<Option<(i64, Rational)>>,
    interrupt: Interrupt,
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
        Ok(Self {
            context,
            owns_io: false,
            header_written: false,
            duration_hints: Vec::new(),
            interrupt: interrupt.clone(),
        })
    }

    /// What ends its blocking I/O.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// A second output for the same URL with the same streams and metadata, nothing of it opened. To be made before the
    /// header is written, which changes streams.
    pub fn another(&self, interrupt: &Interrupt) -> Result<Self, AvError> {
        let mut context = ptr::null_mut();
        // SAFETY: the URL is this context's own string and is copied; both contexts are valid, the new one is freed by
        // its owner on every way out.
        unsafe {
            let from = self.get();
            AvError::check(ffi::avformat_alloc_output_context2(&mut context, from.oformat, ptr::null(), from.url))?;
            (*context).interrupt_callback = interrupt.callback();
            (*context).flags = from.flags;
            (*context).max_delay = from.max_delay;
            let new = Self {
                context,
                owns_io: false,
                header_written: false,
                duration_hints: self.duration_hints.clone(),
                interrupt: interrupt.clone(),
            };
            AvError::check(ffi::av_dict_copy(&mut (*context).metadata, from.metadata, 0))?;
            for index in 0..self.stream_count() {
                let to = ffi::avformat_new_stream(context, ptr::null());
                let (Some(to), source) = (to.as_mut(), &*self.stream(index)) else { return Err(AvError::NO_MEMORY) };
                AvError::check(ffi::avcodec_parameters_copy(to.codecpar, source.codecpar))?;
                AvError::check(ffi::av_dict_copy(&mut to.metadata, source.metadata, 0))?;
                compat::copy_stream_side_data(source, to)?;
                to.id = source.id;
                to.time_base = source.time_base;
                to.duration = source.duration;
                to.disposition = source.disposition;
                to.avg_frame_rate = source.avg_frame_rate;
                to.r_frame_rate = source.r_frame_rate;
                to.sample_aspect_ratio = source.sample_aspect_ratio;
            }
            Ok(new)
        }
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

    /// Adds a stream.
    pub fn add_stream(&mut self, kind: MediaKind, settings: &OutputStreamSettings) -> Result<usize, AvError> {
        // SAFETY: the context is valid; the new stream belongs to it.
        unsafe {
            let stream = ffi::avformat_new_stream(self.context, ptr::null());
            let Some(s) = stream.as_mut() else { return Err(AvError::NO_MEMORY) };
            (*s.codecpar).codec_type = super::catalog::media_type(kind);
            (*s.codecpar).codec_tag = settings.codec_tag;
            if let Some(id) = settings.id {
                s.id = id;
            }
            if let Some(base) = settings.time_base {
                s.time_base = base.into();
            }
            for name in &settings.disposition {
                let flag = disposition_flags(name);
                if flag > 0 {
                    s.disposition |= flag;
                }
            }
            edit_metadata(&mut s.metadata, &settings.metadata);
            self.duration_hints.push(None);
            Ok(s.index as usize)
        }
    }

    /// Takes over what the muxer wants to know of the stream that an encoded one is made from.
    pub fn note_source(
        &mut self,
        index: usize,
        demuxer: &Demuxer,
        source: usize,
        upright: bool,
    ) -> Result<(), AvError> {
        // SAFETY: both streams are live; nothing else uses them during preparation.
        unsafe {
            let from = demuxer.stream(source);
            for (kind, bytes) in compat::stream_side_data(from) {
                if compat::notes_source_side_data(kind) {
                    let matrix = kind == ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX;
                    let bytes = if matrix && upright { identity_matrix() } else { bytes };
                    compat::add_stream_side_data(self.stream(index), kind, &bytes)?;
                }
            }
            if (*from).duration > 0 {
                self.duration_hints[index] = Some(((*from).duration, (*from).time_base.into()));
            }
        }
        Ok(())
    }

    /// Fills a stream from the input stream it is a copy of.
    pub fn set_copied(
        &mut self,
        index: usize,
        demuxer: &Demuxer,
        source: usize,
        settings: &OutputStreamSettings,
    ) -> Result<(), AvError> {
        // SAFETY: both streams are live; nothing else uses them during preparation. The scratch context is freed.
        unsafe {
            let from = &*demuxer.stream(source);
            let to = &mut *self.stream(index);
            let format = &*self.get().oformat;
            let mut reference = ffi::avcodec_parameters_alloc();
            let mut scratch = ffi::avcodec_alloc_context3(ptr::null());
            if reference.is_null() || scratch.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            let filled = AvError::check(ffi::avcodec_parameters_to_context(scratch, from.codecpar)).and_then(|_| {
                let mut options: Dictionary = settings.codec_options.iter().map(|(k, v)| (k, v)).collect();
                AvError::check(ffi::av_opt_set_dict(scratch.cast(), options.as_mut_ptr()))?;
                AvError::check(ffi::avcodec_parameters_from_context(reference, scratch))
            });
            ffi::avcodec_free_context(&mut scratch);
            let mut tag = settings.codec_tag;
            if filled.is_ok() && tag == 0 {
                let source = &*reference;
                let mut known = 0;
                if format.codec_tag.is_null()
                    || ffi::av_codec_get_id(format.codec_tag, source.codec_tag) == source.codec_id
                    || ffi::av_codec_get_tag2(format.codec_tag, source.codec_id, &mut known) == 0
                {
                    tag = source.codec_tag;
                }
            }
            let copied = filled.and_then(|_| AvError::check(ffi::avcodec_parameters_copy(to.codecpar, reference)));
            ffi::avcodec_parameters_free(&mut reference);
            copied?;
            let par = &mut *to.codecpar;
            par.codec_tag = tag;
            let frame_rate = settings.frame_rate.filter(|r| r.is_valid());
            to.avg_frame_rate = frame_rate.map_or(from.avg_frame_rate, Into::into);
            compat::choose_copied_time_base(format, to, from, (frame_rate, settings.time_base_choice))?;
            if to.duration <= 0 && from.duration > 0 {
                to.duration = rescale(from.duration, from.time_base.into(), to.time_base.into());
            }
            compat::copy_stream_side_data(from, to)?;
            if let Some(degrees) = settings.rotation {
                let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX;
                compat::add_stream_side_data(to, kind, &turned_matrix(-degrees))?;
            }
            match demuxer_kind(from) {
                MediaKind::Audio => {
                    let mp3 = par.codec_id == ffi::AVCodecID::AV_CODEC_ID_MP3;
                    if (mp3 && matches!(par.block_align, 1 | 1152 | 576))
                        || par.codec_id == ffi::AVCodecID::AV_CODEC_ID_AC3
                    {
                        par.block_align = 0;
                    }
                }
                MediaKind::Video => {
                    let aspect = match settings.display_aspect_ratio {
                        Some(a) => ffi::av_mul_q(a.into(), ffi::AVRational { num: par.height, den: par.width }),
                        None if from.sample_aspect_ratio.num != 0 => from.sample_aspect_ratio,
                        None => par.sample_aspect_ratio,
                    };
                    to.sample_aspect_ratio = aspect;
                    par.sample_aspect_ratio = aspect;
                    if !compat::copied_rate_stands() {
                        to.avg_frame_rate = from.avg_frame_rate;
                    }
                    to.r_frame_rate = from.r_frame_rate;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Fills a stream from its encoder.
    pub fn set_encoded(&mut self, index: usize, encoded: &EncodedParameters) -> Result<(), AvError> {
        // SAFETY: the stream is live and not written yet.
        unsafe {
            let to = &mut *self.stream(index);
            compat::take_encoded(to, encoded.parameters, &encoded.side_data)?;
            if (*to.codecpar).codec_type == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO {
                to.avg_frame_rate = encoded.frame_rate.into();
                to.sample_aspect_ratio = encoded.sample_aspect_ratio.into();
            }
            if to.time_base.num <= 0 || to.time_base.den <= 0 {
                let base = encoded.time_base;
                to.time_base = Rational::reduced(i64::from(base.num), i64::from(base.den)).unwrap_or(base).into();
            }
            if let Some((duration, base)) = self.duration_hints[index]
                && to.duration <= 0
            {
                to.duration = rescale(duration, base, to.time_base.into());
            }
        }
        Ok(())
    }

    /// Edits the metadata of the file.
    pub fn edit_metadata(&mut self, edits: &[(String, Option<String>, bool)]) {
        // SAFETY: the context is valid.
        unsafe { edit_metadata(&mut (*self.context).metadata, edits) };
    }

    /// Edits the metadata of a chapter.
    pub fn edit_chapter_metadata(&mut self, chapter: usize, edits: &[(String, Option<String>, bool)]) -> bool {
        if chapter >= self.get().nb_chapters as usize {
            return false;
        }
        // SAFETY: the index is checked.
        unsafe { edit_metadata(&mut (**(*self.context).chapters.add(chapter)).metadata, edits) };
        true
    }

    /// Copies chapters from an input.
    pub fn copy_chapters(&mut self, from: &Demuxer, how: ChapterCopy) -> Result<(), AvError> {
        // SAFETY: the chapters of an open input; the new array and its entries are owned by the output context.
        unsafe {
            let input = &*from.context();
            for i in 0..input.nb_chapters as usize {
                let chapter = &**input.chapters.add(i);
                let base: Rational = chapter.time_base.into();
                let offset = rescale(how.offset_us, Rational::MICROS, base);
                let length = how.duration_us.map(|d| rescale(d, Rational::MICROS, base));
                if chapter.end < offset {
                    continue;
                }
                if length.is_some_and(|l| chapter.start > l.saturating_add(offset)) {
                    break;
                }
                let copy = ffi::av_mallocz(size_of::<ffi::AVChapter>()).cast::<ffi::AVChapter>();
                let Some(new) = copy.as_mut() else { return Err(AvError::NO_MEMORY) };
                new.id = chapter.id;
                new.time_base = chapter.time_base;
                new.start = (chapter.start - offset).max(0);
                new.end = (chapter.end - offset).min(length.unwrap_or(i64::MAX));
                if how.with_metadata {
                    ffi::av_dict_copy(&mut new.metadata, chapter.metadata, 0);
                }
                let output = &mut *self.context;
                let mut count = output.nb_chapters as i32;
                ffi::av_dynarray_add((&raw mut output.chapters).cast(), &mut count, copy.cast());
                output.nb_chapters = count as u32;
            }
        }
        Ok(())
    }

    /// Puts a file into an attachment's stream.
    pub fn set_attachment(&mut self, index: usize, bytes: &[u8]) -> Result<(), AvError> {
        let size = i32::try_from(bytes.len()).map_err(|_| AvError::INVALID)?;
        // SAFETY: the stream's own parameters; the copy has the padding that extradata must have.
        unsafe {
            let par = &mut *self.parameters_ptr(index);
            let copy = ffi::av_mallocz(bytes.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize).cast::<u8>();
            if copy.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len());
            par.extradata = copy;
            par.extradata_size = size;
        }
        Ok(())
    }

    /// Adds a program of these streams.
    pub fn add_program(&mut self, id: i32, streams: &[usize], metadata: &[(String, Option<String>, bool)]) {
        // SAFETY: the context is valid; the program belongs to it.
        unsafe {
            let program = ffi::av_new_program(self.context, id);
            if let Some(program) = program.as_mut() {
                edit_metadata(&mut program.metadata, metadata);
            }
            for stream in streams.iter().filter(|stream| **stream < self.stream_count()) {
                ffi::av_program_add_stream_index(self.context, id, *stream as u32);
            }
        }
    }

    /// `AVFormatContext.max_delay`, in microseconds.
    pub fn set_max_delay_us(&mut self, delay_us: i64) {
        // SAFETY: the context is valid.
        unsafe { (*self.context).max_delay = i32::try_from(delay_us).unwrap_or(i32::MAX) };
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
        // SAFETY: the header is written; the packet is reference-counted.
        AvError::check(unsafe { ffi::av_interleaved_write_frame(self.context, packet.as_mut_ptr()) }).map(drop)
    }

    /// Writes a packet as it is, without waiting for those of other streams.
    pub fn write_at_once(&mut self, packet: &mut Packet) -> Result<(), AvError> {
        // SAFETY: the header is written; the packet stays its owner's.
        AvError::check(unsafe { ffi::av_write_frame(self.context, packet.as_mut_ptr()) }).map(drop)
    }

    /// Writes what waits for other streams.
    pub fn flush_interleaving(&mut self) -> Result<(), AvError> {
        // SAFETY: the header is written; a null packet flushes.
        AvError::check(unsafe { ffi::av_interleaved_write_frame(self.context, ptr::null_mut()) }).map(drop)
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
        (result.and(self.close_io()), size)
    }

    /// Closes the file without a trailer.
    pub fn close_io(&mut self) -> Result<(), AvError> {
        if !self.owns_io {
            return Ok(());
        }
        self.owns_io = false;
        // SAFETY: the I/O is our own and open.
        unsafe {
            let context = &mut *self.context;
            ffi::avio_flush(context.pb);
            let error = (*context.pb).error;
            let closed = AvError::check(ffi::avio_closep(&mut context.pb)).map(drop);
            if error < 0 && error != ffi::AVERROR_EOF { Err(AvError(error)) } else { closed }
        }
    }

    /// Bytes written so far, where the format has a file.
    pub fn written_bytes(&self) -> Option<i64> {
        // SAFETY: `pb` is null or open.
        unsafe {
            let io = self.get().pb;
            if io.is_null() || self.opens_own_io() {
                return None;
            }
            let size = ffi::avio_size(io);
            Some(if size > 0 { size } else { ffi::avio_seek(io, 0, libc::SEEK_CUR) })
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

fn demuxer_kind(stream: &ffi::AVStream) -> MediaKind {
    // SAFETY: a live stream has parameters.
    super::input::kind_of(unsafe { (*stream.codecpar).codec_type })
}

/// # Safety
/// `dictionary` is valid for the call.
unsafe fn edit_metadata(dictionary: *mut *mut ffi::AVDictionary, edits: &[(String, Option<String>, bool)]) {
    for (key, value, keep) in edits {
        let key = c_string(key);
        let value = value.as_deref().map(c_string);
        let flags = if *keep { ffi::AV_DICT_DONT_OVERWRITE } else { 0 };
        // SAFETY: the strings outlive the call, which copies them.
        unsafe {
            ffi::av_dict_set(dictionary, key.as_ptr(), value.as_ref().map_or(ptr::null(), |v| v.as_ptr()), flags);
        }
    }
}

fn identity_matrix() -> Vec<u8> {
    turned_matrix(0.0)
}

fn turned_matrix(degrees: f64) -> Vec<u8> {
    let mut matrix = [0i32; 9];
    // SAFETY: writes nine numbers.
    unsafe { ffi::av_display_rotation_set(matrix.as_mut_ptr(), degrees) };
    matrix.iter().flat_map(|v| v.to_ne_bytes()).collect()
}

impl Drop for Muxer {
    fn drop(&mut self) {
        let _ = self.close_io();
        // SAFETY: owned; the I/O is closed.
        unsafe { ffi::avformat_free_context(self.context) };
    }
}

const _: () = assert!(MICROS_PER_SECOND == ffi::AV_TIME_BASE as i64);

/// The flags of a disposition by its name, or by their sum as a number; negative when there is no such thing.
fn disposition_flags(text: &str) -> i32 {
    // SAFETY: the string lives during the call.
    text.parse().unwrap_or_else(|_| unsafe { ffi::av_disposition_from_string(c_string(text).as_ptr()) })
}

/// True for what `-disposition` takes.
pub fn is_disposition(text: &str) -> bool {
    disposition_flags(text) >= 0
}
