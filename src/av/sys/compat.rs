//! What differs between the FFmpeg versions that weir is built against.

use super::error::AvError;
use super::text_of;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
#[cfg(ffmpeg_7_1)]
use std::ffi::c_void;

/// The duration of a frame in ticks of its packet's time base.
pub(crate) fn frame_duration(frame: &ffi::AVFrame) -> i64 {
    #[cfg(ffmpeg_6_0)]
    return frame.duration;
    #[cfg(not(ffmpeg_6_0))]
    return frame.pkt_duration;
}

/// Sets the duration of a frame.
pub(crate) fn set_frame_duration(frame: &mut ffi::AVFrame, ticks: i64) {
    #[cfg(ffmpeg_6_0)]
    {
        frame.duration = ticks;
    }
    #[cfg(not(ffmpeg_6_0))]
    {
        frame.pkt_duration = ticks;
    }
}

/// True for a key frame.
pub(crate) fn frame_is_key(frame: &ffi::AVFrame) -> bool {
    #[cfg(ffmpeg_6_1)]
    return frame.flags & ffi::AV_FRAME_FLAG_KEY as c_int != 0;
    #[cfg(not(ffmpeg_6_1))]
    return frame.key_frame != 0;
}

/// `Some(top field first)` of an interlaced frame.
pub(crate) fn frame_interlacing(frame: &ffi::AVFrame) -> Option<bool> {
    #[cfg(ffmpeg_6_1)]
    return (frame.flags & ffi::AV_FRAME_FLAG_INTERLACED as c_int != 0)
        .then_some(frame.flags & ffi::AV_FRAME_FLAG_TOP_FIELD_FIRST as c_int != 0);
    #[cfg(not(ffmpeg_6_1))]
    return (frame.interlaced_frame != 0).then_some(frame.top_field_first != 0);
}

/// A sample format by its number.
pub(crate) fn sample_format(number: c_int) -> ffi::AVSampleFormat {
    if (-1..ffi::AVSampleFormat::AV_SAMPLE_FMT_NB as c_int).contains(&number) {
        // SAFETY: a C enum without gaps of the same size, and the number is within it.
        unsafe { std::mem::transmute::<c_int, ffi::AVSampleFormat>(number) }
    } else {
        ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE
    }
}

/// A pixel format by its number.
pub(crate) fn pixel_format(number: c_int) -> ffi::AVPixelFormat {
    // SAFETY: asks for a descriptor; a number that is none gives null. The descriptor's id is a valid value.
    unsafe {
        let wanted = std::mem::transmute::<c_int, ffi::AVPixelFormat>(number);
        if ffi::av_pix_fmt_desc_get(wanted).is_null() { ffi::AVPixelFormat::AV_PIX_FMT_NONE } else { wanted }
    }
}

/// The name of a pixel or sample format.
pub fn format_name(kind: crate::facts::MediaKind, number: c_int) -> Option<String> {
    // SAFETY: table lookups that return static strings or null.
    let name = unsafe {
        if kind == crate::facts::MediaKind::Video {
            text_of(ffi::av_get_pix_fmt_name(pixel_format(number)))
        } else {
            text_of(ffi::av_get_sample_fmt_name(sample_format(number)))
        }
    };
    (!name.is_empty()).then_some(name)
}

/// The name of a channel layout, e.g. `stereo`; empty when it has none.
pub(crate) fn layout_name(layout: &ffi::AVChannelLayout) -> String {
    let mut buffer = [0 as std::ffi::c_char; 256];
    // SAFETY: the buffer is writable for its whole length; the layout is valid.
    unsafe {
        if ffi::av_channel_layout_describe(layout, buffer.as_mut_ptr(), buffer.len()) < 0 {
            return String::new();
        }
        text_of(buffer.as_ptr())
    }
}

/// A list of plain values that ends with a terminator.
///
/// # Safety
/// `list` is null or points to values the last of which is `end`.
unsafe fn until<T: Copy + PartialEq>(mut list: *const T, end: T) -> Vec<T> {
    let mut values = Vec::new();
    if !list.is_null() {
        // SAFETY: the caller's promise.
        unsafe {
            while *list != end {
                values.push(*list);
                list = list.add(1);
            }
        }
    }
    values
}

/// Formats, rates and layouts that an encoder takes; an empty list means any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supported {
    pub(crate) pixel_formats: Vec<ffi::AVPixelFormat>,
    pub(crate) sample_formats: Vec<ffi::AVSampleFormat>,
    pub(crate) sample_rates_hz: Vec<c_int>,
    pub(crate) frame_rates: Vec<Rational>,
    /// Names and channel counts.
    pub(crate) layouts: Vec<(String, c_int)>,
}

/// What an encoder takes.
///
/// # Safety
/// `codec` is a valid codec.
#[cfg(not(ffmpeg_7_1))]
pub(crate) unsafe fn supported(codec: *const ffi::AVCodec) -> Supported {
    // SAFETY: the lists of a codec are static and end with the terminator that its documentation names.
    unsafe {
        let codec = &*codec;
        let mut found = Supported {
            pixel_formats: until(codec.pix_fmts, ffi::AVPixelFormat::AV_PIX_FMT_NONE),
            sample_formats: until(codec.sample_fmts, ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE),
            sample_rates_hz: until(codec.supported_samplerates, 0),
            ..Supported::default()
        };
        let mut rate = codec.supported_framerates;
        while !rate.is_null() && (*rate).den != 0 {
            found.frame_rates.push((*rate).into());
            rate = rate.add(1);
        }
        let mut layout = codec.ch_layouts;
        while !layout.is_null() && (*layout).nb_channels != 0 {
            found.layouts.push((layout_name(&*layout), (*layout).nb_channels));
            layout = layout.add(1);
        }
        found
    }
}

/// What an encoder takes.
///
/// # Safety
/// `codec` is a valid codec.
#[cfg(ffmpeg_7_1)]
pub(crate) unsafe fn supported(codec: *const ffi::AVCodec) -> Supported {
    use ffi::AVCodecConfig::*;
    // SAFETY: the codec is valid; each list has the element type that its kind documents.
    unsafe {
        let list = |kind| {
            let mut values: *const c_void = std::ptr::null();
            let mut count: c_int = 0;
            ffi::avcodec_get_supported_config(std::ptr::null(), codec, kind, 0, &mut values, &mut count);
            (values, if values.is_null() { 0 } else { usize::try_from(count).unwrap_or(0) })
        };
        let slice = |kind| list(kind);
        let (values, count) = slice(AV_CODEC_CONFIG_PIX_FORMAT);
        let pixel_formats = until_count(values.cast(), count);
        let (values, count) = slice(AV_CODEC_CONFIG_SAMPLE_FORMAT);
        let sample_formats = until_count(values.cast(), count);
        let (values, count) = slice(AV_CODEC_CONFIG_SAMPLE_RATE);
        let sample_rates_hz = until_count(values.cast(), count);
        let (values, count) = slice(AV_CODEC_CONFIG_FRAME_RATE);
        let frame_rates =
            until_count::<ffi::AVRational>(values.cast(), count).into_iter().map(Rational::from).collect();
        let (values, count) = slice(AV_CODEC_CONFIG_CHANNEL_LAYOUT);
        let mut layouts = Vec::new();
        for i in 0..count {
            let layout = &*values.cast::<ffi::AVChannelLayout>().add(i);
            layouts.push((layout_name(layout), layout.nb_channels));
        }
        Supported { pixel_formats, sample_formats, sample_rates_hz, frame_rates, layouts }
    }
}

#[cfg(ffmpeg_7_1)]
unsafe fn until_count<T: Copy>(list: *const T, count: usize) -> Vec<T> {
    if list.is_null() || count == 0 {
        return Vec::new();
    }
    // SAFETY: the caller's list has `count` elements.
    unsafe { std::slice::from_raw_parts(list, count) }.to_vec()
}

/// Copies the stream-wide side data of one stream to another, `skip` left out.
///
/// # Safety
/// Both streams are valid, and nothing else touches them.
pub(crate) unsafe fn copy_stream_side_data(
    from: *const ffi::AVStream,
    to: *mut ffi::AVStream,
    skip: &[ffi::AVPacketSideDataType],
) -> Result<(), AvError> {
    // SAFETY: the caller's promise; every entry holds `size` bytes.
    unsafe {
        for (kind, bytes) in stream_side_data(from) {
            if !skip.contains(&kind) {
                add_stream_side_data(to, kind, &bytes)?;
            }
        }
    }
    Ok(())
}

/// The stream-wide side data of a stream.
///
/// # Safety
/// The stream is valid.
pub(crate) unsafe fn stream_side_data(from: *const ffi::AVStream) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    // SAFETY: the array has as many entries as the stream says.
    unsafe {
        #[cfg(not(ffmpeg_6_1))]
        let (list, count) = ((*from).side_data, (*from).nb_side_data);
        #[cfg(ffmpeg_6_1)]
        let (list, count) = ((*(*from).codecpar).coded_side_data, (*(*from).codecpar).nb_coded_side_data);
        packet_side_data(list, count)
    }
}

/// # Safety
/// `list` has `count` entries.
unsafe fn packet_side_data(
    list: *const ffi::AVPacketSideData,
    count: c_int,
) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    let mut found = Vec::new();
    for i in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller's promise.
        unsafe {
            let entry = &*list.add(i);
            let bytes = if entry.data.is_null() {
                Vec::new()
            } else {
                std::slice::from_raw_parts(entry.data, entry.size as usize).to_vec()
            };
            found.push((entry.type_, bytes));
        }
    }
    found
}

/// Adds stream-wide side data to an output stream.
///
/// # Safety
/// The stream is valid.
pub(crate) unsafe fn add_stream_side_data(
    to: *mut ffi::AVStream,
    kind: ffi::AVPacketSideDataType,
    bytes: &[u8],
) -> Result<(), AvError> {
    // SAFETY: the stream is valid; the new entry has room for `bytes`.
    unsafe {
        #[cfg(not(ffmpeg_6_1))]
        let data = ffi::av_stream_new_side_data(to, kind, bytes.len());
        #[cfg(ffmpeg_6_1)]
        let data = {
            let par = (*to).codecpar;
            let entry = ffi::av_packet_side_data_new(
                &mut (*par).coded_side_data,
                &mut (*par).nb_coded_side_data,
                kind,
                bytes.len(),
                0,
            );
            entry.as_ref().map_or(std::ptr::null_mut(), |e| e.data)
        };
        if data.is_null() {
            return Err(AvError::NO_MEMORY);
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
    }
    Ok(())
}

/// Copies an encoder's coded side data to its output stream.
///
/// # Safety
/// Both are valid, and nothing else touches them.
pub(crate) unsafe fn coded_side_data(encoder: *const ffi::AVCodecContext) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    // SAFETY: the array has as many entries as the context says.
    unsafe { packet_side_data((*encoder).coded_side_data, (*encoder).nb_coded_side_data) }
}

/// Chooses the time base of a copied stream, as ffmpeg's `-copytb -1` does.
///
/// # Safety
/// `to` is a stream of a muxer of format `muxer`, `from` one of an open demuxer.
pub(crate) unsafe fn transfer_timing(
    muxer: *const ffi::AVOutputFormat,
    to: *mut ffi::AVStream,
    from: *const ffi::AVStream,
    copy_tb: i32,
) -> Result<(), AvError> {
    #[cfg(not(ffmpeg_8_0))]
    // SAFETY: the caller's promise.
    unsafe {
        let choice = match copy_tb {
            0 => ffi::AVTimebaseSource::AVFMT_TBCF_DECODER,
            1 => ffi::AVTimebaseSource::AVFMT_TBCF_DEMUXER,
            2 => ffi::AVTimebaseSource::AVFMT_TBCF_R_FRAMERATE,
            _ => ffi::AVTimebaseSource::AVFMT_TBCF_AUTO,
        };
        AvError::check(ffi::avformat_transfer_internal_stream_timing_info(muxer, to, from, choice))?;
    }
    #[cfg(ffmpeg_8_0)]
    // SAFETY: the caller's promise.
    unsafe {
        // FFmpeg 8 keeps this choice to its own command; the rule: the demuxer's time base, except that AVI and
        // formats with a fixed rate take the frame rate's.
        let _ = copy_tb;
        let name = text_of((*muxer).name);
        let real = Rational::from((*from).r_frame_rate);
        let average = Rational::from((*from).avg_frame_rate);
        let demuxed = Rational::from((*from).time_base);
        let fixed = (*muxer).flags & (ffi::AVFMT_VARIABLE_FPS as c_int) == 0;
        let mut chosen = demuxed;
        if name == "avi" && real.is_valid() && average.is_valid() {
            let rate = if real.as_f64() > average.as_f64() { real } else { average };
            chosen = Rational::new(rate.den, rate.num.saturating_mul(2));
        } else if fixed && !matches!(name.as_str(), "mov" | "mp4" | "3gp" | "3g2" | "psp" | "ipod" | "ismv" | "f4v") {
            if average.is_valid() && demuxed.as_f64() < 1.0 / 500.0 {
                chosen = demuxed;
            }
        }
        let reduced = Rational::reduced(i64::from(chosen.num), i64::from(chosen.den)).unwrap_or(demuxed);
        (*to).time_base = reduced.into();
    }
    Ok(())
}

/// Where an output stream ends by libavformat's own count, in ticks; newer versions do not tell.
///
/// # Safety
/// The stream is valid.
pub(crate) unsafe fn muxed_end(stream: *const ffi::AVStream) -> Option<i64> {
    #[cfg(not(ffmpeg_7_0))]
    // SAFETY: the caller's promise.
    return super::known(unsafe { ffi::av_stream_get_end_pts(stream) });
    #[cfg(ffmpeg_7_0)]
    {
        let _ = stream;
        None
    }
}

/// The time base that [`transfer_timing`] left to the codec, where the muxer stream has none yet.
///
/// # Safety
/// The stream is valid.
pub(crate) unsafe fn codec_time_base(stream: *const ffi::AVStream) -> Rational {
    #[cfg(not(ffmpeg_8_0))]
    // SAFETY: the caller's promise.
    return unsafe { ffi::av_stream_get_codec_timebase(stream) }.into();
    #[cfg(ffmpeg_8_0)]
    // SAFETY: the caller's promise.
    return unsafe { (*stream).time_base }.into();
}

/// Makes devices (`-f lavfi` is one) and the network known; once, before anything else.
pub fn initialize() {
    // SAFETY: both may be called at any time before other threads use the libraries.
    unsafe {
        ffi::avdevice_register_all();
        ffi::avformat_network_init();
    }
}

/// The line `ffmpeg -version` begins with, without the program's name: the libraries' version.
pub fn version_line() -> String {
    // SAFETY: returns a static string.
    unsafe { text_of(ffi::av_version_info()) }
}

/// Configuration of the libraries, and a line a library: name, version built against, version at run time.
pub fn library_lines() -> (String, Vec<String>) {
    // SAFETY: these functions take nothing and return static data.
    let (configuration, versions) = unsafe {
        (
            text_of(ffi::avutil_configuration()),
            [
                (
                    "avutil",
                    [ffi::LIBAVUTIL_VERSION_MAJOR, ffi::LIBAVUTIL_VERSION_MINOR, ffi::LIBAVUTIL_VERSION_MICRO],
                    ffi::avutil_version(),
                ),
                (
                    "avcodec",
                    [ffi::LIBAVCODEC_VERSION_MAJOR, ffi::LIBAVCODEC_VERSION_MINOR, ffi::LIBAVCODEC_VERSION_MICRO],
                    ffi::avcodec_version(),
                ),
                (
                    "avformat",
                    [ffi::LIBAVFORMAT_VERSION_MAJOR, ffi::LIBAVFORMAT_VERSION_MINOR, ffi::LIBAVFORMAT_VERSION_MICRO],
                    ffi::avformat_version(),
                ),
                (
                    "avdevice",
                    [ffi::LIBAVDEVICE_VERSION_MAJOR, ffi::LIBAVDEVICE_VERSION_MINOR, ffi::LIBAVDEVICE_VERSION_MICRO],
                    ffi::avdevice_version(),
                ),
                (
                    "avfilter",
                    [ffi::LIBAVFILTER_VERSION_MAJOR, ffi::LIBAVFILTER_VERSION_MINOR, ffi::LIBAVFILTER_VERSION_MICRO],
                    ffi::avfilter_version(),
                ),
                (
                    "swscale",
                    [ffi::LIBSWSCALE_VERSION_MAJOR, ffi::LIBSWSCALE_VERSION_MINOR, ffi::LIBSWSCALE_VERSION_MICRO],
                    ffi::swscale_version(),
                ),
                (
                    "swresample",
                    [
                        ffi::LIBSWRESAMPLE_VERSION_MAJOR,
                        ffi::LIBSWRESAMPLE_VERSION_MINOR,
                        ffi::LIBSWRESAMPLE_VERSION_MICRO,
                    ],
                    ffi::swresample_version(),
                ),
            ],
        )
    };
    let lines = versions
        .iter()
        .map(|(name, built, run)| {
            format!(
                "lib{name:<11} {:2}.{:3}.{:3} / {:2}.{:3}.{:3}",
                built[0],
                built[1],
                built[2],
                run >> 16,
                (run >> 8) & 0xff,
                run & 0xff
            )
        })
        .collect();
    (configuration, lines)
}
