//! What differs between the FFmpeg versions that weir is built against.

use super::error::AvError;
use super::text_of;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
#[cfg(ffmpeg_7_1)]
use std::ffi::c_void;

/// Frames bring their lengths with them all the way to the encoder, as in the command of FFmpeg 6.1 and later: the
/// frame-rate control takes a picture's own length, encoders give it on to their packets, and where sound jumps is
/// told from the frames instead of the packets.
pub const fn frames_have_lengths() -> bool {
    cfg!(ffmpeg_6_1)
}

/// `-r` and `-fpsmax` mean a constant frame rate, as in the command of FFmpeg 6.1 and later.
pub(crate) const fn rate_means_constant() -> bool {
    cfg!(ffmpeg_6_1)
}

/// A rate that the filtergraph does not know stays unknown unless a constant one is wanted, as in the command of
/// FFmpeg 7.0 and later; before, 25 a second were taken. Frames of a filter like `setpts`, which forgets rate and length,
/// then end where the next one begins, and the last one has no length.
pub const fn rates_may_stay_unknown() -> bool {
    cfg!(ffmpeg_7_0)
}

/// True for a stream each packet of which decoding can start with, though the demuxer may not say so: AAC of all kinds
/// but USAC. Since 7.1 libavformat counts AAC among the codecs that have keyframes, and over RTP no packet was called one:
/// a copy never began.
pub(crate) fn begins_anywhere(stream: &ffi::AVCodecParameters) -> bool {
    #[cfg(ffmpeg_7_1)]
    {
        use ffi::AVCodecID::{AV_CODEC_ID_AAC, AV_CODEC_ID_AAC_LATM};
        matches!(stream.codec_id, AV_CODEC_ID_AAC | AV_CODEC_ID_AAC_LATM) && stream.profile != ffi::AV_PROFILE_AAC_USAC
    }
    #[cfg(not(ffmpeg_7_1))]
    {
        let _ = stream;
        false
    }
}

/// Asks an encoder to give the lengths of its frames on to its packets.
pub(crate) fn keep_frame_lengths(encoder: &mut ffi::AVCodecContext) {
    #[cfg(ffmpeg_6_1)]
    {
        encoder.flags |= ffi::AV_CODEC_FLAG_FRAME_DURATION as c_int;
    }
    #[cfg(not(ffmpeg_6_1))]
    let _ = encoder;
}

/// What a filtergraph must know of a picture's colours from FFmpeg 7.0 on: matrix, range, and (9.0) what alpha means.
pub(crate) fn frame_colours(frame: &ffi::AVFrame) -> [c_int; 3] {
    #[cfg(ffmpeg_9_0)]
    let alpha = frame.alpha_mode as c_int;
    #[cfg(not(ffmpeg_9_0))]
    let alpha = 0;
    // Sound has none, and what its frames say of them means nothing.
    if cfg!(ffmpeg_7_0) && frame.width > 0 {
        [frame.colorspace as c_int, frame.color_range as c_int, alpha]
    } else {
        [0; 3]
    }
}

/// The same of a stream.
pub(crate) fn stream_colours(stream: &ffi::AVCodecParameters) -> [c_int; 3] {
    #[cfg(ffmpeg_9_0)]
    let alpha = stream.alpha_mode as c_int;
    #[cfg(not(ffmpeg_9_0))]
    let alpha = 0;
    if cfg!(ffmpeg_7_0) && stream.width > 0 {
        [stream.color_space as c_int, stream.color_range as c_int, alpha]
    } else {
        [0; 3]
    }
}

/// The options of the `buffer` filter for [`frame_colours`].
pub(crate) fn colour_arguments([space, range, alpha]: [c_int; 3]) -> String {
    if cfg!(ffmpeg_9_0) {
        format!(":colorspace={space}:range={range}:alpha_mode={alpha}")
    } else if cfg!(ffmpeg_7_0) {
        format!(":colorspace={space}:range={range}")
    } else {
        String::new()
    }
}

/// What an output of a filtergraph may have as matrix, range and (9.0) kind of alpha, as options of the `format` filter:
/// what was settled before; or what the user's encoder options name; or else what the encoder takes.
#[cfg(not(ffmpeg_7_1))]
pub(crate) fn colour_constraints(_: &str, _: &[(String, String)], _: Option<[c_int; 3]>) -> Vec<String> {
    Vec::new()
}

/// What an output of a filtergraph may have as matrix, range and (9.0) kind of alpha, as options of the `format` filter:
/// what was settled before; or what the user's encoder options name; or else what the encoder takes.
#[cfg(ffmpeg_7_1)]
pub(crate) fn colour_constraints(
    encoder: &str,
    options: &[(String, String)],
    settled: Option<[c_int; 3]>,
) -> Vec<String> {
    use ffi::AVCodecConfig::*;
    // The matrix that is not known is number 2; range and alpha begin with it.
    const UNKNOWN: [c_int; 3] = [ffi::AVColorSpace::AVCOL_SPC_UNSPECIFIED as c_int, 0, 0];
    #[cfg(ffmpeg_9_0)]
    const KINDS: [(&str, ffi::AVCodecConfig); 3] = [
        ("color_spaces", AV_CODEC_CONFIG_COLOR_SPACE),
        ("color_ranges", AV_CODEC_CONFIG_COLOR_RANGE),
        ("alpha_modes", AV_CODEC_CONFIG_ALPHA_MODE),
    ];
    #[cfg(not(ffmpeg_9_0))]
    const KINDS: [(&str, ffi::AVCodecConfig); 2] =
        [("color_spaces", AV_CODEC_CONFIG_COLOR_SPACE), ("color_ranges", AV_CODEC_CONFIG_COLOR_RANGE)];

    let mut constraints = Vec::new();
    // SAFETY: the scratch context is freed below; lists have as many numbers as they say, each of an `int`'s size.
    unsafe {
        let codec = ffi::avcodec_find_encoder_by_name(super::c_string(encoder).as_ptr());
        let mut scratch = if codec.is_null() { std::ptr::null_mut() } else { ffi::avcodec_alloc_context3(codec) };
        let mut typed = UNKNOWN;
        if let Some(context) = scratch.as_mut() {
            for (key, value) in options {
                if matches!(key.as_str(), "colorspace" | "color_range" | "alpha_mode" | "strict") {
                    let (key, value) = (super::c_string(key), super::c_string(value));
                    ffi::av_opt_set((context as *mut ffi::AVCodecContext).cast(), key.as_ptr(), value.as_ptr(), 0);
                }
            }
            typed[0] = context.colorspace as c_int;
            typed[1] = context.color_range as c_int;
            #[cfg(ffmpeg_9_0)]
            {
                typed[2] = context.alpha_mode as c_int;
            }
        }
        let wanted = settled.unwrap_or(typed);
        for (i, (option, kind)) in KINDS.iter().enumerate() {
            let numbers = if wanted[i] != UNKNOWN[i] {
                vec![wanted[i]]
            } else if settled.is_some() || scratch.is_null() {
                Vec::new()
            } else {
                let mut values: *const c_void = std::ptr::null();
                let mut count: c_int = 0;
                ffi::avcodec_get_supported_config(scratch, codec, *kind, 0, &mut values, &mut count);
                until_count::<c_int>(values.cast(), usize::try_from(count).unwrap_or(0))
            };
            if !numbers.is_empty() {
                let numbers: Vec<String> = numbers.iter().map(|n| colour_name(i, *n)).collect();
                constraints.push(format!("{option}={}", numbers.join("|")));
            }
        }
        ffi::avcodec_free_context(&mut scratch);
    }
    constraints
}

/// The name of a matrix (0), range (1) or kind of alpha (2).
#[cfg(ffmpeg_7_1)]
fn colour_name(what: usize, number: c_int) -> String {
    // SAFETY: enums of C's `int` whose numbers came from FFmpeg; the names are static or null.
    unsafe {
        match what {
            0 => text_of(ffi::av_color_space_name(std::mem::transmute::<c_int, ffi::AVColorSpace>(number))),
            1 => text_of(ffi::av_color_range_name(std::mem::transmute::<c_int, ffi::AVColorRange>(number))),
            #[cfg(ffmpeg_9_0)]
            _ => text_of(ffi::av_alpha_mode_name(std::mem::transmute::<c_int, ffi::AVAlphaMode>(number))),
            #[cfg(not(ffmpeg_9_0))]
            _ => String::new(),
        }
    }
}

/// [`frame_colours`] of what a configured graph gives.
///
/// # Safety
/// `sink` is a configured sink of pictures.
pub(crate) unsafe fn sink_colours(sink: *const ffi::AVFilterContext) -> [c_int; 3] {
    // SAFETY: the caller's promise.
    #[cfg(ffmpeg_7_0)]
    let (space, range) = unsafe {
        (ffi::av_buffersink_get_colorspace(sink) as c_int, ffi::av_buffersink_get_color_range(sink) as c_int)
    };
    #[cfg(not(ffmpeg_7_0))]
    let (space, range) = {
        let _ = sink;
        (0, 0)
    };
    // SAFETY: the caller's promise.
    #[cfg(ffmpeg_9_0)]
    let alpha = unsafe { ffi::av_buffersink_get_alpha_mode(sink) } as c_int;
    #[cfg(not(ffmpeg_9_0))]
    let alpha = 0;
    [space, range, alpha]
}

/// Tells an encoder of pictures what its first frame says about all that follow, beyond the colours.
///
/// # Safety
/// The frame is valid, the encoder is not open yet.
pub(crate) unsafe fn describe_to_encoder(
    encoder: &mut ffi::AVCodecContext,
    frame: &ffi::AVFrame,
) -> Result<(), AvError> {
    #[cfg(ffmpeg_9_0)]
    {
        encoder.alpha_mode = frame.alpha_mode;
    }
    #[cfg(ffmpeg_7_1)]
    for i in 0..usize::try_from(frame.nb_side_data).unwrap_or(0) {
        // SAFETY: the array has as many entries as the frame says; the clone belongs to the encoder.
        unsafe {
            let entry = *frame.side_data.add(i);
            let whole = ffi::av_frame_side_data_desc((*entry).type_)
                .as_ref()
                .is_some_and(|d| d.props & ffi::AVSideDataProps::AV_SIDE_DATA_PROP_GLOBAL as u32 != 0);
            if whole {
                AvError::check(ffi::av_frame_side_data_clone(
                    &mut encoder.decoded_side_data,
                    &mut encoder.nb_decoded_side_data,
                    entry,
                    ffi::AV_FRAME_SIDE_DATA_FLAG_UNIQUE as u32,
                ))?;
            }
        }
    }
    #[cfg(not(ffmpeg_7_1))]
    let _ = (encoder, frame);
    Ok(())
}

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
pub(crate) fn set_frame_top_field_first(frame: &mut ffi::AVFrame, top: bool) {
    #[cfg(ffmpeg_6_1)]
    if top {
        frame.flags |= ffi::AV_FRAME_FLAG_TOP_FIELD_FIRST as c_int;
    } else {
        frame.flags &= !(ffi::AV_FRAME_FLAG_TOP_FIELD_FIRST as c_int);
    }
    #[cfg(not(ffmpeg_6_1))]
    {
        frame.top_field_first = c_int::from(top);
    }
}

/// Of an interlaced picture, whether its top field comes first.
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

/// Capabilities of codecs with the short words that help has for them, in its order.
pub(crate) const CAPABILITIES: &[(u32, &str)] = &[
    (ffi::AV_CODEC_CAP_DRAW_HORIZ_BAND as u32, "horizband"),
    (ffi::AV_CODEC_CAP_DR1 as u32, "dr1"),
    (ffi::AV_CODEC_CAP_DELAY as u32, "delay"),
    (ffi::AV_CODEC_CAP_SMALL_LAST_FRAME as u32, "small"),
    #[cfg(not(ffmpeg_8_0))]
    (ffi::AV_CODEC_CAP_SUBFRAMES as u32, "subframes"),
    (ffi::AV_CODEC_CAP_EXPERIMENTAL as u32, "exp"),
    (ffi::AV_CODEC_CAP_CHANNEL_CONF as u32, "chconf"),
    (ffi::AV_CODEC_CAP_PARAM_CHANGE as u32, "paramchange"),
    (ffi::AV_CODEC_CAP_VARIABLE_FRAME_SIZE as u32, "variable"),
    (
        (ffi::AV_CODEC_CAP_FRAME_THREADS | ffi::AV_CODEC_CAP_SLICE_THREADS | ffi::AV_CODEC_CAP_OTHER_THREADS) as u32,
        "threads",
    ),
    (ffi::AV_CODEC_CAP_AVOID_PROBING as u32, "avoidprobe"),
    (ffi::AV_CODEC_CAP_HARDWARE as u32, "hardware"),
    (ffi::AV_CODEC_CAP_HYBRID as u32, "hybrid"),
    #[cfg(ffmpeg_8_0)]
    (ffi::AV_CODEC_CAP_ENCODER_REORDERED_OPAQUE as u32, "reorderedopaque"),
    #[cfg(ffmpeg_8_0)]
    (ffi::AV_CODEC_CAP_ENCODER_FLUSH as u32, "flush"),
    #[cfg(ffmpeg_8_0)]
    (ffi::AV_CODEC_CAP_ENCODER_RECON_FRAME as u32, "reconframe"),
];

/// A list of plain values that ends with a terminator.
///
/// # Safety
/// `list` is null or points to values the last of which is `end`.
#[cfg(not(ffmpeg_7_1))]
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

/// Gives a copied stream the stream-wide side data of its source.
///
/// # Safety
/// Both streams are valid, nothing else touches them, and the source's codec parameters have been copied.
pub(crate) unsafe fn copy_stream_side_data(from: *const ffi::AVStream, to: *mut ffi::AVStream) -> Result<(), AvError> {
    // From 6.1 on it is a part of the codec parameters, and came with them.
    if cfg!(not(ffmpeg_6_1)) {
        // SAFETY: the caller's promise.
        for (kind, bytes) in unsafe { stream_side_data(from) } {
            // SAFETY: the caller's promise.
            unsafe { add_stream_side_data(to, kind, &bytes) }?;
        }
    }
    Ok(())
}

/// True when side data of an input stream is to be noted for the stream that is encoded from it, because it cannot come
/// through the encoder. From FFmpeg 7.1 on it does: decoders put it on their frames, filters drop what they make
/// untrue, and [`describe_to_encoder`] hands it over; encoders of sound are opened before their first frame.
pub(crate) fn notes_source_side_data(kind: ffi::AVPacketSideDataType) -> bool {
    use ffi::AVPacketSideDataType::*;
    if cfg!(ffmpeg_7_1) {
        matches!(kind, AV_PKT_DATA_REPLAYGAIN | AV_PKT_DATA_AUDIO_SERVICE_TYPE)
    } else {
        kind != AV_PKT_DATA_CPB_PROPERTIES
    }
}

/// Fills an output stream from its encoder: parameters, and side data beside what was noted of the source.
///
/// # Safety
/// The stream is valid; the parameters are.
pub(crate) unsafe fn take_encoded(
    to: *mut ffi::AVStream,
    parameters: *const ffi::AVCodecParameters,
    coded: &[(ffi::AVPacketSideDataType, Vec<u8>)],
) -> Result<(), AvError> {
    // SAFETY: the caller's promise.
    unsafe {
        // From 6.1 on the copy replaces the side data as well, by what is in `coded`.
        let noted = if cfg!(ffmpeg_6_1) { stream_side_data(to) } else { Vec::new() };
        AvError::check(ffi::avcodec_parameters_copy((*to).codecpar, parameters))?;
        for (kind, bytes) in noted {
            if coded.iter().all(|(k, _)| *k != kind) {
                add_stream_side_data(to, kind, &bytes)?;
            }
        }
        if cfg!(not(ffmpeg_6_1)) {
            for (kind, bytes) in coded {
                add_stream_side_data(to, *kind, bytes)?;
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
                std::slice::from_raw_parts(entry.data, entry.size).to_vec()
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

/// The side data that an encoder made for its whole stream.
///
/// # Safety
/// The context is valid, and nothing else touches it.
pub(crate) unsafe fn coded_side_data(encoder: *const ffi::AVCodecContext) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    // SAFETY: the array has as many entries as the context says.
    unsafe { packet_side_data((*encoder).coded_side_data, (*encoder).nb_coded_side_data) }
}

/// Chooses the time base that a copied stream asks its muxer for, as ffmpeg's command does. `frame_rate` is `-r`.
///
/// Up to 7.0 libavformat has a say (`-copytb -1`): AVI and formats of one fixed rate get a clock made of the frame
/// rate. Since 7.1 the demuxer's clock is taken as it is, and muxers that want another choose it by themselves.
///
/// # Safety
/// `to` is a stream of a muxer of format `muxer`, `from` one of an open demuxer.
pub(crate) unsafe fn choose_copied_time_base(
    muxer: *const ffi::AVOutputFormat,
    to: *mut ffi::AVStream,
    from: *const ffi::AVStream,
    (frame_rate, choice): (Option<Rational>, i32),
) -> Result<(), AvError> {
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(not(ffmpeg_7_1))]
        AvError::check(ffi::avformat_transfer_internal_stream_timing_info(
            muxer,
            to,
            from,
            match choice {
                0 => ffi::AVTimebaseSource::AVFMT_TBCF_DECODER,
                1 => ffi::AVTimebaseSource::AVFMT_TBCF_DEMUXER,
                _ => ffi::AVTimebaseSource::AVFMT_TBCF_AUTO,
            },
        ))?;
        #[cfg(ffmpeg_7_1)]
        let _ = (muxer, choice);
        if (*to).time_base.num > 0 && (*to).time_base.den > 0 {
            return Ok(());
        }
        #[cfg(not(ffmpeg_7_1))]
        let base = Rational::from(ffi::av_stream_get_codec_timebase(to));
        #[cfg(ffmpeg_7_1)]
        let base = Rational::from((*from).time_base);
        let base = frame_rate
            .map(Rational::inverse)
            .or_else(|| Rational::reduced(i64::from(base.num), i64::from(base.den)))
            .unwrap_or(base);
        (*to).time_base = base.into();
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
