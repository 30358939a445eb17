//! Demuxers: open, probe, seek, read.

use super::{
    c_string, compat, dictionary::Dictionary, dictionary::pairs_of, error::AvError, interrupt::Interrupt, known,
    options, packet::Packet, reassembly::Reassembly, text_of,
};
use crate::facts::{InputFacts, MediaKind, Metadata, ProgramFacts, StreamFacts};
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ptr;
use std::time::Duration;

/// What opening an input needs to know.
#[derive(Clone, Debug, Default)]
pub struct DemuxerSettings {
    /// The URL.
    pub url: String,
    /// The demuxer's name, or let it be probed.
    pub format: Option<String>,
    /// Options for the demuxer and its protocol, in order.
    pub options: Vec<(String, String)>,
    /// Options for the decoders that probing uses, in order.
    pub codec_options: Vec<(String, String)>,
    /// Decoders forced by kind: codec ids.
    pub forced_codecs: Vec<(MediaKind, u32)>,
    /// Read some packets to complete the stream parameters.
    pub find_stream_info: bool,
    /// Do without that where the input tells enough by itself, and hand pictures on as soon as they are whole.
    pub reassemble: bool,
    /// `AVFMT_FLAG_BITEXACT`.
    pub bitexact: bool,
    /// How long connecting and how long probing may take.
    pub limits: Option<(Duration, Duration)>,
}

/// An open input.
pub struct Demuxer {
    context: *mut ffi::AVFormatContext,
    interrupt: Interrupt,
    reassembly: Option<Reassembly>,
}

// SAFETY: the context is used by one owner at a time; libavformat keeps no thread-bound state in it.
unsafe impl Send for Demuxer {}

/// A copy of a stream's codec parameters with what else a decoder or a muxer wants to know.
pub struct StreamParameters {
    parameters: *mut ffi::AVCodecParameters,
    /// The stream's time base.
    pub time_base: Rational,
    /// What `av_guess_frame_rate` says.
    pub frame_rate: Rational,
    /// The container's pixel aspect ratio.
    pub sample_aspect_ratio: Rational,
    /// The stream is a cover picture.
    pub attached_picture: bool,
    /// Input and stream index, for messages.
    pub index: (usize, usize),
    pub(crate) side_data: Vec<(ffi::AVPacketSideDataType, Vec<u8>)>,
}

// SAFETY: owned copy without thread-bound state.
unsafe impl Send for StreamParameters {}

impl StreamParameters {
    pub(crate) fn as_ptr(&self) -> *const ffi::AVCodecParameters {
        self.parameters
    }

    /// Kind of the stream.
    pub fn kind(&self) -> MediaKind {
        // SAFETY: never null.
        kind_of(unsafe { (*self.parameters).codec_type })
    }

    /// What its frames will look like as far as the container tells; for streams that never give one.
    pub fn shape(&self) -> super::frame::FrameShape {
        // SAFETY: never null.
        let par = unsafe { &*self.parameters };
        let sound = par.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_AUDIO;
        super::frame::FrameShape {
            format: par.format,
            width: par.width,
            height: par.height,
            sample_rate_hz: par.sample_rate,
            channel_layout: if sound { compat::layout_name(&par.ch_layout) } else { String::new() },
            sample_aspect_ratio: par.sample_aspect_ratio.into(),
            colours: compat::stream_colours(par),
            display_matrix: None,
        }
    }

    /// The display matrix of the stream, unless it is there but empty.
    pub fn display_matrix(&self) -> Option<[i32; 9]> {
        let (_, bytes) =
            self.side_data.iter().find(|(k, _)| *k == ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX)?;
        let mut matrix = [0; 9];
        for (value, chunk) in matrix.iter_mut().zip(bytes.chunks_exact(4)) {
            *value = i32::from_ne_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        Some(matrix)
    }
}

impl Drop for StreamParameters {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::avcodec_parameters_free(&mut self.parameters) };
    }
}

/// Our kind for FFmpeg's media type.
pub(crate) fn kind_of(kind: ffi::AVMediaType) -> MediaKind {
    match kind {
        ffi::AVMediaType::AVMEDIA_TYPE_VIDEO => MediaKind::Video,
        ffi::AVMediaType::AVMEDIA_TYPE_AUDIO => MediaKind::Audio,
        ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE => MediaKind::Subtitle,
        ffi::AVMediaType::AVMEDIA_TYPE_DATA => MediaKind::Data,
        ffi::AVMediaType::AVMEDIA_TYPE_ATTACHMENT => MediaKind::Attachment,
        _ => MediaKind::Unknown,
    }
}

impl Demuxer {
    /// Opens and probes. The second value holds the options that nothing took.
    pub fn open(settings: &DemuxerSettings, interrupt: &Interrupt) -> Result<(Self, Dictionary), AvError> {
        let url = c_string(&settings.url);
        let mut options: Dictionary = settings.options.iter().map(|(k, v)| (k, v)).collect();
        if !settings.options.iter().any(|(k, _)| k == "scan_all_pmts") {
            options.set("scan_all_pmts", "1");
        }
        // SAFETY: the context is allocated here and freed on every way out; strings outlive the calls.
        unsafe {
            let format = match &settings.format {
                Some(name) => {
                    let found = ffi::av_find_input_format(c_string(name).as_ptr());
                    if found.is_null() {
                        return Err(AvError(ffi::AVERROR_DEMUXER_NOT_FOUND));
                    }
                    found
                }
                None => ptr::null(),
            };
            let mut context = ffi::avformat_alloc_context();
            if context.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            (*context).interrupt_callback = interrupt.callback();
            (*context).flags |= ffi::AVFMT_FLAG_NONBLOCK as i32;
            if settings.bitexact {
                (*context).flags |= ffi::AVFMT_FLAG_BITEXACT as i32;
            }
            for (kind, codec) in &settings.forced_codecs {
                let codec = super::catalog::codec_id_of(*codec);
                match kind {
                    MediaKind::Video => (*context).video_codec_id = codec,
                    MediaKind::Audio => (*context).audio_codec_id = codec,
                    MediaKind::Subtitle => (*context).subtitle_codec_id = codec,
                    MediaKind::Data => (*context).data_codec_id = codec,
                    MediaKind::Attachment | MediaKind::Unknown => {}
                }
            }
            if let Some((connect, _)) = settings.limits {
                interrupt.begin(Some(connect));
            }
            // On failure avformat_open_input frees the context.
            AvError::check(ffi::avformat_open_input(
                &mut context,
                url.as_ptr(),
                format.cast_mut().cast(),
                options.as_mut_ptr(),
            ))?;
            let reassembly = if settings.reassemble { Reassembly::begin(context) } else { None };
            let demuxer = Self { context, interrupt: interrupt.clone(), reassembly };
            options.remove("scan_all_pmts");
            if settings.find_stream_info && demuxer.reassembly.is_none() {
                if let Some((_, probe)) = settings.limits {
                    interrupt.begin(Some(probe));
                }
                demuxer.find_stream_info(settings)?;
            }
            if settings.limits.is_some() {
                interrupt.begin(None);
            }
            Ok((demuxer, options))
        }
    }

    fn find_stream_info(&self, settings: &DemuxerSettings) -> Result<(), AvError> {
        let count = self.stream_count();
        let mut per_stream: Vec<Dictionary> = (0..count)
            .map(|i| {
                let parameters = self.codec_parameters(i);
                // SAFETY: the parameters belong to the open context.
                let (codec, kind) = unsafe { ((*parameters).codec_id, (*parameters).codec_type) };
                // SAFETY: looks up a static table.
                let decoder = unsafe { ffi::avcodec_find_decoder(codec) };
                settings
                    .codec_options
                    .iter()
                    .filter(|(k, _)| options::codec_has_option(decoder, kind_of(kind), k, false))
                    .map(|(k, v)| (k, v))
                    .collect()
            })
            .collect();
        let mut raw: Vec<*mut ffi::AVDictionary> =
            per_stream.iter_mut().map(|d| std::mem::take(d).into_raw()).collect();
        // SAFETY: the array has one entry a stream, as the function demands; they are freed right after.
        let result = unsafe {
            let result = ffi::avformat_find_stream_info(
                self.context,
                if raw.is_empty() { ptr::null_mut() } else { raw.as_mut_ptr() },
            );
            for dictionary in &mut raw {
                ffi::av_dict_free(dictionary);
            }
            result
        };
        if result < 0 && self.stream_count() == 0 {
            return Err(AvError(result));
        }
        Ok(())
    }

    fn get(&self) -> &ffi::AVFormatContext {
        // SAFETY: never null while the demuxer lives.
        unsafe { &*self.context }
    }

    /// What ends its blocking I/O.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// The stream's time base.
    pub fn time_base(&self, index: usize) -> Rational {
        // SAFETY: a live stream.
        unsafe { (*self.stream(index)).time_base }.into()
    }

    /// The codec's header of a stream, empty when it has none.
    pub fn extradata(&self, index: usize) -> &[u8] {
        // SAFETY: a live stream's parameters; the data lives as long as they do.
        unsafe {
            let parameters = &*self.codec_parameters(index);
            if parameters.extradata.is_null() || parameters.extradata_size <= 0 {
                return &[];
            }
            std::slice::from_raw_parts(parameters.extradata, parameters.extradata_size as usize)
        }
    }

    /// Number of streams now; some formats add streams while they are read.
    pub fn stream_count(&self) -> usize {
        self.get().nb_streams as usize
    }

    pub(crate) fn stream(&self, index: usize) -> *mut ffi::AVStream {
        // SAFETY: the index is checked by all callers against the count.
        unsafe { *self.get().streams.add(index) }
    }

    pub(crate) fn context(&self) -> *mut ffi::AVFormatContext {
        self.context
    }

    fn codec_parameters(&self, index: usize) -> *mut ffi::AVCodecParameters {
        // SAFETY: a live stream always has parameters.
        unsafe { (*self.stream(index)).codecpar }
    }

    /// Prints the input as ffmpeg does (`av_dump_format`).
    pub fn dump(&self, index: usize) {
        // SAFETY: the context is open; the URL is a valid string.
        unsafe { ffi::av_dump_format(self.context, index as i32, (*self.context).url, 0) };
    }

    /// Gives a stream of sound of at most `most` channels and no layout the usual layout of that many; tells which.
    pub fn guess_layout(&mut self, index: usize, most: i32) -> Option<String> {
        // SAFETY: a live stream's own parameters.
        unsafe {
            let layout = &mut (*self.codec_parameters(index)).ch_layout;
            let channels = layout.nb_channels;
            if layout.order != ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC || channels == 0 || channels > most {
                return None;
            }
            ffi::av_channel_layout_default(layout, channels);
            (layout.order != ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC).then(|| compat::layout_name(layout))
        }
    }

    /// Wrap-around of a stream's timestamps in bits (33 for MPEG-TS, 64 for none).
    pub fn wrap_bits(&self, index: usize) -> u32 {
        // SAFETY: a live stream.
        u32::try_from(unsafe { (*self.stream(index)).pts_wrap_bits }).unwrap_or(64)
    }

    /// Samples per packet of an audio stream's codec, or 0.
    pub fn frame_samples(&self, index: usize) -> i32 {
        // SAFETY: a live stream.
        unsafe { (*self.codec_parameters(index)).frame_size }
    }

    /// Samples that an audio packet of `bytes` holds, or 0 (`av_get_audio_frame_duration2`).
    pub fn packet_samples(&self, index: usize, bytes: usize) -> i32 {
        // SAFETY: a live stream's parameters.
        unsafe {
            ffi::av_get_audio_frame_duration2(self.codec_parameters(index), i32::try_from(bytes).unwrap_or(i32::MAX))
        }
    }

    /// A copy of what a decoder needs.
    pub fn parameters(&self, input: usize, index: usize) -> Result<StreamParameters, AvError> {
        let stream = self.stream(index);
        // SAFETY: a live stream; the copy is freed by its owner.
        unsafe {
            let parameters = ffi::avcodec_parameters_alloc();
            if parameters.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            let copy = StreamParameters {
                parameters,
                time_base: (*stream).time_base.into(),
                frame_rate: ffi::av_guess_frame_rate(self.context, stream, ptr::null_mut()).into(),
                sample_aspect_ratio: (*stream).sample_aspect_ratio.into(),
                attached_picture: (*stream).disposition & ffi::AV_DISPOSITION_ATTACHED_PIC != 0,
                index: (input, index),
                side_data: compat::stream_side_data(stream),
            };
            AvError::check(ffi::avcodec_parameters_copy(parameters, (*stream).codecpar))?;
            Ok(copy)
        }
    }

    /// Seeks so that reading begins at or before `timestamp_us`.
    pub fn seek_us(&mut self, timestamp_us: i64) -> Result<(), AvError> {
        // SAFETY: the context is open.
        AvError::check(unsafe { ffi::avformat_seek_file(self.context, -1, i64::MIN, timestamp_us, timestamp_us, 0) })
            .map(drop)
    }

    /// The format seeks by presentation time, so that no allowance for reordering is needed.
    pub fn seeks_to_pts(&self) -> bool {
        // SAFETY: an open input has a format.
        unsafe { (*self.get().iformat).flags & ffi::AVFMT_SEEK_TO_PTS as i32 != 0 }
    }

    /// Switches a stream off in the demuxer, or on but for what `discard` (FFmpeg's number) leaves out.
    pub fn set_discarded(&mut self, index: usize, discarded: bool, discard: Option<i32>) {
        let what = match discard {
            _ if discarded => ffi::AVDiscard::AVDISCARD_ALL,
            Some(-16) => ffi::AVDiscard::AVDISCARD_NONE,
            Some(8) => ffi::AVDiscard::AVDISCARD_NONREF,
            Some(16) => ffi::AVDiscard::AVDISCARD_BIDIR,
            Some(24) => ffi::AVDiscard::AVDISCARD_NONINTRA,
            Some(32) => ffi::AVDiscard::AVDISCARD_NONKEY,
            Some(48) => ffi::AVDiscard::AVDISCARD_ALL,
            _ => ffi::AVDiscard::AVDISCARD_DEFAULT,
        };
        // SAFETY: a live stream.
        unsafe { (*self.stream(index)).discard = what };
    }

    /// Takes a stream for one of another kind (`-recast_media`).
    pub fn recast(&mut self, index: usize, kind: MediaKind, codec_id: u32) {
        // SAFETY: a live stream's own parameters.
        unsafe {
            let par = &mut *self.codec_parameters(index);
            par.codec_type = super::catalog::media_type(kind);
            par.codec_id = super::catalog::codec_id_of(codec_id);
        }
    }

    /// The bytes of an attachment.
    pub fn attachment(&self, index: usize) -> Vec<u8> {
        // SAFETY: a live stream's extradata has as many bytes as it says.
        unsafe {
            let par = &*self.codec_parameters(index);
            match usize::try_from(par.extradata_size) {
                Ok(size) if size > 0 && !par.extradata.is_null() => {
                    std::slice::from_raw_parts(par.extradata, size).to_vec()
                }
                _ => Vec::new(),
            }
        }
    }

    /// The time of day at which the input began, in microseconds, where the container tells.
    pub fn start_time_realtime_us(&self) -> Option<i64> {
        known(self.get().start_time_realtime)
    }

    /// Reads the next packet, or [`AvError::EOF`].
    pub fn read(&mut self) -> Result<Packet, AvError> {
        let Some(mut reassembly) = self.reassembly.take() else { return self.read_as_it_comes() };
        let packet = self.read_whole(&mut reassembly);
        self.reassembly = Some(reassembly);
        packet
    }

    fn read_whole(&mut self, reassembly: &mut Reassembly) -> Result<Packet, AvError> {
        loop {
            if let Some(packet) = reassembly.next() {
                return Ok(packet);
            }
            match self.read_as_it_comes() {
                Ok(packet) => reassembly.push(packet)?,
                Err(AvError::EOF) if reassembly.finish()? => {}
                Err(cause) => return Err(cause),
            }
        }
    }

    fn read_as_it_comes(&mut self) -> Result<Packet, AvError> {
        let mut packet = Packet::new()?;
        // SAFETY: the context is open; the packet is empty.
        AvError::check(unsafe { ffi::av_read_frame(self.context, packet.as_mut_ptr()) })?;
        let index = packet.stream();
        // SAFETY: a packet's stream is one of the context's, which has parameters.
        if index < self.stream_count() && compat::begins_anywhere(unsafe { &*self.codec_parameters(index) }) {
            packet.set_key();
        }
        Ok(packet)
    }

    /// Copies the stream-wide side data to a packet, as ffmpeg's command does for the first of each stream.
    pub fn attach_stream_side_data(&self, packet: &mut Packet) -> Result<(), AvError> {
        let index = packet.stream();
        // SAFETY: stream and packet are valid; each entry has room for its bytes.
        unsafe {
            for (kind, bytes) in compat::stream_side_data(self.stream(index)) {
                if kind == ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX
                    || !ffi::av_packet_get_side_data(packet.as_ptr(), kind, ptr::null_mut()).is_null()
                {
                    continue;
                }
                let data = ffi::av_packet_new_side_data(packet.as_mut_ptr(), kind, bytes.len());
                if data.is_null() {
                    return Err(AvError::NO_MEMORY);
                }
                ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
            }
        }
        Ok(())
    }

    /// True when the I/O under the demuxer met an error other than the end of the file.
    pub fn io_error(&self) -> Option<AvError> {
        // SAFETY: `pb` is null or the open context's own.
        unsafe {
            let io = self.get().pb;
            let error = io.as_ref()?.error;
            (error < 0 && error != ffi::AVERROR_EOF).then_some(AvError(error))
        }
    }

    /// All bytes have been read, without an error of the I/O.
    pub fn is_at_end(&self) -> bool {
        // SAFETY: `pb` is null or the open context's own.
        unsafe { self.get().pb.as_ref() }.is_some_and(|io| io.eof_reached != 0 && io.error == 0)
    }

    /// The length comes from the container's header, not from an estimate.
    pub fn length_is_promised(&self) -> bool {
        self.get().duration_estimation_method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM
    }

    /// What the rules may know.
    pub fn facts(&self, masked_url: &str) -> InputFacts {
        let context = self.get();
        // SAFETY: everything read belongs to the open context.
        unsafe {
            let programs = (0..context.nb_programs as usize)
                .map(|i| {
                    let program = &**context.programs.add(i);
                    let streams = (0..program.nb_stream_indexes as usize)
                        .map(|k| *program.stream_index.add(k) as usize)
                        .collect();
                    ProgramFacts { id: program.id, streams }
                })
                .collect();
            InputFacts {
                url: masked_url.to_owned(),
                format: text_of((*context.iformat).name),
                start_time_us: known(context.start_time),
                duration_us: known(context.duration),
                timestamps_may_jump: (*context.iformat).flags & ffi::AVFMT_TS_DISCONT as i32 != 0,
                streams: (0..self.stream_count()).map(|i| self.stream_facts(i)).collect(),
                programs,
                chapters: context.nb_chapters as usize,
                metadata: pairs_of(context.metadata),
            }
        }
    }

    fn stream_facts(&self, index: usize) -> StreamFacts {
        // SAFETY: a live stream and its parameters.
        unsafe {
            let stream = &*self.stream(index);
            let par = &*stream.codecpar;
            let kind = kind_of(par.codec_type);
            let (format, bit_depth) = match kind {
                MediaKind::Video => {
                    let format = compat::pixel_format(par.format);
                    format.map_or((String::new(), 0), |d| (text_of(d.name), d.comp[0].depth))
                }
                MediaKind::Audio => (text_of(ffi::av_get_sample_fmt_name(compat::sample_format(par.format))), 0),
                _ => (String::new(), 0),
            };
            let usable = par.codec_id != ffi::AVCodecID::AV_CODEC_ID_NONE
                && match kind {
                    MediaKind::Audio => par.sample_rate > 0 && par.ch_layout.nb_channels > 0 && par.format >= 0,
                    MediaKind::Video => par.width > 0 && par.height > 0 && par.format >= 0,
                    MediaKind::Unknown => false,
                    _ => true,
                };
            StreamFacts {
                index,
                id: stream.id,
                kind,
                codec: text_of(ffi::avcodec_get_name(par.codec_id)),
                codec_id: par.codec_id as u32,
                profile: par.profile,
                codec_tag: par.codec_tag,
                time_base: stream.time_base.into(),
                avg_frame_rate: stream.avg_frame_rate.into(),
                real_frame_rate: stream.r_frame_rate.into(),
                start_time: known(stream.start_time),
                duration: known(stream.duration),
                video_delay: par.video_delay,
                width: par.width,
                height: par.height,
                format,
                bit_depth,
                sample_rate_hz: par.sample_rate,
                channels: par.ch_layout.nb_channels,
                channel_layout: if kind == MediaKind::Audio {
                    compat::layout_name(&par.ch_layout)
                } else {
                    String::new()
                },
                bit_rate_bps: par.bit_rate,
                has_extradata: par.extradata_size > 0,
                disposition: disposition_names(stream.disposition),
                metadata: pairs_of(stream.metadata),
                saw_packets: stream.event_flags & ffi::AVSTREAM_EVENT_FLAG_NEW_PACKETS as i32 != 0,
                usable,
            }
        }
    }

    /// Starts of the chapters, in microseconds.
    pub fn chapter_starts_us(&self) -> Vec<i64> {
        let context = self.get();
        (0..context.nb_chapters as usize)
            .map(|i| {
                // SAFETY: as many chapters as the context says.
                let chapter = unsafe { &**context.chapters.add(i) };
                crate::unit::rescale(chapter.start, chapter.time_base.into(), Rational::MICROS)
            })
            .collect()
    }

    /// The metadata of the file.
    pub fn metadata(&self) -> Metadata {
        // SAFETY: belongs to the open context.
        unsafe { pairs_of(self.get().metadata) }
    }

    /// Lets the pts of the container pass where it has a start; for `AVFormatContext.start_time` after a seek.
    pub fn start_time_us(&self) -> Option<i64> {
        known(self.get().start_time)
    }

    /// Forces a stream's four-character code before the decoder is opened (`-tag` of an input).
    pub fn set_codec_tag(&mut self, index: usize, tag: u32) {
        // SAFETY: a live stream's own parameters.
        unsafe { (*self.codec_parameters(index)).codec_tag = tag };
    }
}

/// FFmpeg's names of the dispositions that are set.
pub(crate) fn disposition_names(disposition: i32) -> Vec<String> {
    (0..31)
        .map(|bit| 1i32 << bit)
        .filter(|flag| disposition & flag != 0)
        .map(|flag| {
            // SAFETY: returns a static string or null.
            unsafe { text_of(ffi::av_disposition_to_string(flag)) }
        })
        .filter(|name| !name.is_empty())
        .collect()
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: owned; closes the I/O it opened.
        unsafe { ffi::avformat_close_input(&mut self.context) };
    }
}
