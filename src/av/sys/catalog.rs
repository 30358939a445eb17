//! The catalog of the linked FFmpeg.

use super::{
    c_string, compat, devices, filter_arguments, graph, input::kind_of, listing, option_values, options, text_of,
};
use crate::catalog::{
    Catalog, CodecFacts, Expected, FilterArgument, FrameLength, GraphPads, MuxerFacts, Named, OptionOwner, OptionScopes,
};
use crate::facts::MediaKind;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ptr;

/// Answers from the FFmpeg that this program is linked with.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkedCatalog;

/// A codec id by its number.
pub(crate) fn codec_id_of(number: u32) -> ffi::AVCodecID {
    let mut state: *const ffi::AVCodecDescriptor = ptr::null();
    loop {
        // SAFETY: walks a static table.
        unsafe {
            state = ffi::avcodec_descriptor_next(state);
            let Some(descriptor) = state.as_ref() else { return ffi::AVCodecID::AV_CODEC_ID_NONE };
            if descriptor.id as u32 == number {
                return descriptor.id;
            }
        }
    }
}

/// FFmpeg's media type for our kind.
pub(crate) fn media_type(kind: MediaKind) -> ffi::AVMediaType {
    match kind {
        MediaKind::Video => ffi::AVMediaType::AVMEDIA_TYPE_VIDEO,
        MediaKind::Audio => ffi::AVMediaType::AVMEDIA_TYPE_AUDIO,
        MediaKind::Subtitle => ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE,
        MediaKind::Data => ffi::AVMediaType::AVMEDIA_TYPE_DATA,
        MediaKind::Attachment => ffi::AVMediaType::AVMEDIA_TYPE_ATTACHMENT,
        MediaKind::Unknown => ffi::AVMediaType::AVMEDIA_TYPE_UNKNOWN,
    }
}

/// # Safety
/// `codec` is null or a static codec.
unsafe fn codec_facts(codec: *const ffi::AVCodec) -> Option<CodecFacts> {
    // SAFETY: the caller's promise; descriptors are static.
    unsafe {
        let codec = codec.as_ref()?;
        let descriptor = ffi::avcodec_descriptor_get(codec.id).as_ref();
        let props = descriptor.map_or(0, |d| d.props);
        Some(CodecFacts {
            name: text_of(codec.name),
            codec_id: codec.id as u32,
            codec_name: text_of(ffi::avcodec_get_name(codec.id)),
            kind: kind_of(codec.type_),
            experimental: codec.capabilities as u32 & ffi::AV_CODEC_CAP_EXPERIMENTAL as u32 != 0,
            text_subtitles: props & ffi::AV_CODEC_PROP_TEXT_SUB as i32 != 0,
            bitmap_subtitles: props & ffi::AV_CODEC_PROP_BITMAP_SUB as i32 != 0,
            lossless: props & (ffi::AV_CODEC_PROP_LOSSLESS | ffi::AV_CODEC_PROP_LOSSY) as i32
                == ffi::AV_CODEC_PROP_LOSSLESS as i32,
        })
    }
}

/// # Safety
/// `format` is null or a static muxer.
unsafe fn muxer_facts(format: *const ffi::AVOutputFormat) -> Option<MuxerFacts> {
    // SAFETY: the caller's promise.
    unsafe {
        let format = format.as_ref()?;
        let has = |flag: i32| format.flags & flag != 0;
        let cover = ffi::avformat_query_codec(format, format.video_codec, 0) == i32::from_le_bytes(*b"APIC");
        Some(MuxerFacts {
            cover_only: cover,
            name: text_of(format.name),
            long_name: text_of(format.long_name),
            video_codec: format.video_codec as u32,
            audio_codec: format.audio_codec as u32,
            subtitle_codec: format.subtitle_codec as u32,
            no_file: has(ffi::AVFMT_NOFILE as i32),
            global_header: has(ffi::AVFMT_GLOBALHEADER as i32),
            variable_fps: has(ffi::AVFMT_VARIABLE_FPS as i32),
            no_timestamps: has(ffi::AVFMT_NOTIMESTAMPS as i32),
            dts_may_repeat: has(ffi::AVFMT_TS_NONSTRICT as i32),
            needs_number: has(ffi::AVFMT_NEEDNUMBER as i32),
            fixed_frame_size: compat::wants_frames_of_one_size(format),
        })
    }
}

fn all_codecs(encoders: bool) -> Vec<CodecFacts> {
    let mut found = Vec::new();
    let mut state = ptr::null_mut();
    loop {
        // SAFETY: walks a static table.
        unsafe {
            let codec = ffi::av_codec_iterate(&mut state);
            if codec.is_null() {
                return found;
            }
            if (ffi::av_codec_is_encoder(codec) != 0) == encoders {
                found.extend(codec_facts(codec));
            }
        }
    }
}

impl Catalog for LinkedCatalog {
    fn rate_means_constant(&self) -> bool {
        compat::rate_means_constant()
    }

    fn sound_limits_outputs(&self) -> bool {
        compat::sound_limits_outputs()
    }

    fn containers_tell_cropping(&self) -> bool {
        compat::CONTAINER_CROPPING.is_some()
    }

    fn graphs_limit_frames(&self) -> bool {
        graph::graphs_limit_frames()
    }

    fn stream_group_kinds(&self) -> Vec<(&'static str, i32)> {
        compat::STREAM_GROUP_KINDS.to_vec()
    }

    fn frame_length(&self, encoder: &str, must_be_one: bool) -> FrameLength {
        // SAFETY: codecs are static.
        let codec = unsafe { ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr()).as_ref() };
        compat::frame_length(codec, must_be_one)
    }

    fn option_scopes(&self, name: &str) -> OptionScopes {
        options::scopes(name)
    }

    fn option_names(&self) -> Vec<String> {
        options::all_names()
    }

    fn refusal(&self, owner: OptionOwner<'_>, option: &str, value: &str) -> Option<Expected> {
        option_values::refusal(owner, option, value)
    }

    fn filter_arguments(&self, filter: &str, arguments: &str) -> Option<Vec<FilterArgument>> {
        filter_arguments::tried(filter, arguments)
    }

    fn simple_filter_kind(&self, filter: &str) -> Option<MediaKind> {
        listing::filters::simple_filter_kind(filter)
    }

    fn filter_option_names(&self, filter: &str) -> Vec<String> {
        filter_arguments::names(filter)
    }

    fn option_takes_flags(&self, option: &str) -> bool {
        options::takes_flags(option)
    }

    fn names(&self, of: Named) -> Vec<String> {
        listing::names(of)
    }

    fn demuxer_has_option(&self, demuxer: &str, option: &str) -> bool {
        // SAFETY: demuxers are static.
        unsafe {
            let format = devices::find_demuxer(demuxer);
            format.as_ref().is_some_and(|f| !f.priv_class.is_null() && options::class_has(f.priv_class, option))
        }
    }

    fn muxer_has_option(&self, muxer: &str, option: &str) -> bool {
        // SAFETY: muxers are static.
        unsafe {
            let format = devices::find_muxer(Some(muxer), None);
            format.as_ref().is_some_and(|f| !f.priv_class.is_null() && options::class_has(f.priv_class, option))
        }
    }

    fn demuxer_exists(&self, name: &str) -> bool {
        !devices::find_demuxer(name).is_null()
    }

    fn muxer(&self, name: &str) -> Option<MuxerFacts> {
        // SAFETY: the muxer is static.
        unsafe { muxer_facts(devices::find_muxer(Some(name), None)) }
    }

    fn guess_muxer(&self, url: &str) -> Option<MuxerFacts> {
        // SAFETY: the muxer is static.
        unsafe { muxer_facts(devices::find_muxer(None, Some(url))) }
    }

    fn guess_codec(&self, muxer: &MuxerFacts, url: &str, kind: MediaKind) -> u32 {
        // Two muxers have one name where a container has an extension for sound alone (`.mka`).
        let by_name = devices::find_muxer(Some(&muxer.name), None);
        let format = [devices::find_muxer(None, Some(url)), by_name]
            .into_iter()
            // SAFETY: muxers are static.
            .find(|format| unsafe { muxer_facts(*format) }.as_ref() == Some(muxer))
            .unwrap_or(by_name);
        if format.is_null() {
            return 0;
        }
        let url = c_string(url);
        // SAFETY: the muxer is static; the string outlives the call.
        unsafe { ffi::av_guess_codec(format, ptr::null(), url.as_ptr(), ptr::null(), media_type(kind)) as u32 }
    }

    fn encoder(&self, name: &str) -> Option<CodecFacts> {
        // SAFETY: codecs are static.
        unsafe { codec_facts(ffi::avcodec_find_encoder_by_name(c_string(name).as_ptr())) }
    }

    fn encoder_for(&self, codec_id: u32) -> Option<CodecFacts> {
        // SAFETY: codecs are static.
        unsafe { codec_facts(ffi::avcodec_find_encoder(codec_id_of(codec_id))) }
    }

    fn decoder(&self, name: &str) -> Option<CodecFacts> {
        // SAFETY: codecs are static.
        unsafe { codec_facts(ffi::avcodec_find_decoder_by_name(c_string(name).as_ptr())) }
    }

    fn decoder_for(&self, codec_id: u32) -> Option<CodecFacts> {
        // SAFETY: codecs are static.
        unsafe { codec_facts(ffi::avcodec_find_decoder(codec_id_of(codec_id))) }
    }

    fn encoders(&self, kind: MediaKind) -> Vec<CodecFacts> {
        all_codecs(true).into_iter().filter(|c| c.kind == kind).collect()
    }

    fn codec_id(&self, name: &str) -> Option<u32> {
        // SAFETY: descriptors are static.
        unsafe { ffi::avcodec_descriptor_get_by_name(c_string(name).as_ptr()).as_ref().map(|d| d.id as u32) }
    }

    fn codec_name(&self, codec_id: u32) -> String {
        // SAFETY: returns a static string.
        unsafe { text_of(ffi::avcodec_get_name(codec_id_of(codec_id))) }
    }

    fn encoder_formats(&self, encoder: &str) -> Vec<String> {
        // SAFETY: codecs are static; names are static strings.
        unsafe {
            let codec = ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr());
            if codec.is_null() {
                return Vec::new();
            }
            let supported = compat::supported(codec);
            let pixels = supported.pixel_formats.iter().map(|f| text_of(ffi::av_get_pix_fmt_name(*f)));
            let samples = supported.sample_formats.iter().map(|f| text_of(ffi::av_get_sample_fmt_name(*f)));
            pixels.chain(samples).collect()
        }
    }

    fn encoder_frame_rates(&self, encoder: &str) -> Vec<Rational> {
        // SAFETY: codecs are static.
        unsafe {
            let codec = ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr());
            if codec.is_null() { Vec::new() } else { compat::supported(codec).frame_rates }
        }
    }

    fn encoder_sample_rates_hz(&self, encoder: &str) -> Vec<i32> {
        // SAFETY: codecs are static.
        unsafe {
            let codec = ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr());
            if codec.is_null() { Vec::new() } else { compat::supported(codec).sample_rates_hz }
        }
    }

    fn encoder_channel_layouts(&self, encoder: &str) -> Vec<(String, i32)> {
        // SAFETY: codecs are static.
        unsafe {
            let codec = ffi::avcodec_find_encoder_by_name(c_string(encoder).as_ptr());
            if codec.is_null() { Vec::new() } else { compat::supported(codec).layouts }
        }
    }

    fn default_channel_layout(&self, channels: i32) -> String {
        // SAFETY: the layout is a plain value that is released again.
        unsafe {
            let mut layout: ffi::AVChannelLayout = std::mem::zeroed();
            ffi::av_channel_layout_default(&mut layout, channels);
            let name = compat::layout_name(&layout);
            ffi::av_channel_layout_uninit(&mut layout);
            name
        }
    }

    fn channel_layout(&self, text: &str) -> Option<(String, i32)> {
        let text = c_string(text);
        // SAFETY: the layout is a plain value that is released again.
        unsafe {
            let mut layout: ffi::AVChannelLayout = std::mem::zeroed();
            if ffi::av_channel_layout_from_string(&mut layout, text.as_ptr()) < 0 {
                return None;
            }
            let found = (compat::layout_name(&layout), layout.nb_channels);
            ffi::av_channel_layout_uninit(&mut layout);
            Some(found)
        }
    }

    fn picture_size(&self, text: &str) -> Option<(i32, i32)> {
        let text = c_string(text);
        let (mut width, mut height) = (0, 0);
        // SAFETY: writes two numbers.
        (unsafe { ffi::av_parse_video_size(&mut width, &mut height, text.as_ptr()) } >= 0).then_some((width, height))
    }

    fn frame_rate(&self, text: &str) -> Option<Rational> {
        let text = c_string(text);
        let mut rate = ffi::AVRational { num: 0, den: 1 };
        // SAFETY: writes one fraction.
        (unsafe { ffi::av_parse_video_rate(&mut rate, text.as_ptr()) } >= 0).then(|| rate.into())
    }

    fn discard(&self, text: &str) -> Option<i32> {
        option_values::discard(text)
    }

    fn exact_bits_per_sample(&self, codec_id: u32) -> i32 {
        // SAFETY: a table lookup.
        unsafe { ffi::av_get_exact_bits_per_sample(codec_id_of(codec_id)) }
    }

    fn closest_pixel_format(&self, formats: &[String], wanted: &str) -> Option<String> {
        // SAFETY: names are static; the list ends with the terminator.
        unsafe {
            let wanted = ffi::av_get_pix_fmt(c_string(wanted).as_ptr());
            if wanted == ffi::AVPixelFormat::AV_PIX_FMT_NONE {
                return None;
            }
            let mut formats: Vec<_> = formats.iter().map(|name| ffi::av_get_pix_fmt(c_string(name).as_ptr())).collect();
            if formats.is_empty() || formats.contains(&wanted) {
                return Some(text_of(ffi::av_get_pix_fmt_name(wanted)));
            }
            formats.push(ffi::AVPixelFormat::AV_PIX_FMT_NONE);
            let descriptor = ffi::av_pix_fmt_desc_get(wanted).as_ref()?;
            let alpha = i32::from(descriptor.nb_components % 2 == 0);
            let best = ffi::avcodec_find_best_pix_fmt_of_list(formats.as_ptr(), wanted, alpha, ptr::null_mut());
            Some(text_of(ffi::av_get_pix_fmt_name(best)))
        }
    }

    fn graph_pads(&self, description: &str) -> Result<GraphPads, String> {
        super::pads::describe(description).map_err(|error| error.to_string())
    }

    fn date(&self, text: &str) -> Option<String> {
        let mut us = 0;
        // SAFETY: the string lives during the call; the broken-down time is plain numbers.
        unsafe {
            if ffi::av_parse_time(&mut us, c_string(text).as_ptr(), 0) < 0 {
                return None;
            }
            let seconds: libc::time_t = us.div_euclid(crate::unit::MICROS_PER_SECOND);
            let mut tm: libc::tm = std::mem::zeroed();
            if libc::gmtime_r(&seconds, &mut tm).is_null() {
                return None;
            }
            Some(format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+0000",
                tm.tm_year + 1900,
                tm.tm_mon + 1,
                tm.tm_mday,
                tm.tm_hour,
                tm.tm_min,
                tm.tm_sec
            ))
        }
    }

    fn is_pixel_format(&self, name: &str) -> bool {
        // SAFETY: a table lookup.
        unsafe { ffi::av_get_pix_fmt(c_string(name).as_ptr()) != ffi::AVPixelFormat::AV_PIX_FMT_NONE }
    }

    fn is_sample_format(&self, name: &str) -> bool {
        // SAFETY: a table lookup.
        unsafe { ffi::av_get_sample_fmt(c_string(name).as_ptr()) != ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE }
    }

    fn option_applies(&self, codec: Option<&str>, encoding: bool, kind: MediaKind, option: &str) -> Option<String> {
        options::codec_option_applies(codec, encoding, kind, option)
    }

    fn codec_option(&self, option: &str) -> Option<(bool, String)> {
        options::option_is_for_encoding(option)
    }

    fn muxer_takes(&self, muxer: &str, codec_id: u32) -> Option<bool> {
        let muxer = devices::find_muxer(Some(muxer), None);
        if muxer.is_null() {
            return None;
        }
        // SAFETY: the muxer is static.
        let told = unsafe { ffi::avformat_query_codec(muxer, codec_id_of(codec_id), 0) };
        (told >= 0).then_some(told != 0)
    }

    fn encoding_kinds(&self, option: &str) -> Vec<MediaKind> {
        let kinds = [MediaKind::Video, MediaKind::Audio, MediaKind::Subtitle];
        kinds.into_iter().filter(|kind| options::encoders_have(*kind, option)).collect()
    }

    fn option_is_for_decoding(&self, option: &str) -> bool {
        options::option_is_for_decoding(option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_rates_are_what_ffmpeg_reads_as_such() {
        for (text, size) in
            [("640x360", (640, 360)), ("640:360", (640, 360)), ("hd720", (1280, 720)), ("pal", (720, 576))]
        {
            assert_eq!(LinkedCatalog.picture_size(text), Some(size), "{text}");
        }
        for text in ["640", "0x0", "640x", "x640", "640x360x", "HD720", ""] {
            assert_eq!(LinkedCatalog.picture_size(text), None, "{text}");
        }
        for (text, num, den) in [
            ("25", 25, 1),
            ("29.97", 2997, 100),
            ("29.97002997", 30_000, 1001),
            ("25*2", 50, 1),
            ("60000/2002", 30_000, 1001),
            ("30000:1001", 30_000, 1001),
            ("ntsc", 30_000, 1001),
            ("film", 24, 1),
            ("ntsc-film", 24_000, 1001),
        ] {
            assert_eq!(LinkedCatalog.frame_rate(text), Some(Rational::new(num, den)), "{text}");
        }
        for text in ["", "0", "-25", "25/0", "25:0", "x", "1/2/", "25fps", "29,97", "in.mp4", "NTSC"] {
            assert_eq!(LinkedCatalog.frame_rate(text), None, "{text}");
        }
    }
}
