//! One component: what `-h encoder=NAME` and its like tell.

use super::codecs::is_encoder;
use super::filters::{self, FilterEntry};
use super::{coders, options};
use crate::av::sys::{c_string, compat, devices, formats, text_of};
use crate::facts::MediaKind;
use ffmpeg_sys_next as ffi;

/// A decoder or an encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coder {
    /// It encodes.
    pub encoder: bool,
    /// Its name.
    pub name: String,
    /// Its long name, or nothing.
    pub long_name: String,
    /// What it can, in FFmpeg's short words.
    pub capabilities: Vec<&'static str>,
    /// How it uses threads; `None` for subtitles.
    pub threading: Option<&'static str>,
    /// Hardware that it runs on.
    pub hardware: Vec<String>,
    /// What it takes, by kind: `framerates`, `pixel formats` ...
    pub supported: Vec<(&'static str, Vec<String>)>,
    /// Its tables of options.
    pub options: String,
}

/// What was found under a codec's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coders {
    /// These.
    Found(Vec<Coder>),
    /// The codec is known, but nothing here handles it.
    NotHere,
    /// Nobody knows the name.
    Unknown,
}

/// A muxer or a demuxer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// Its name.
    pub name: String,
    /// Its long name, if it has one.
    pub long_name: Option<String>,
    /// File name extensions.
    pub extensions: Option<String>,
    /// Its MIME type (muxers).
    pub mime_type: Option<String>,
    /// Default codecs by kind (muxers).
    pub default_codecs: Vec<(&'static str, String)>,
    /// Its tables of options.
    pub options: String,
}

/// A bitstream filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitstream {
    /// Its name.
    pub name: String,
    /// Codecs that it is for; `None`: all.
    pub codecs: Option<Vec<String>>,
    /// Its tables of options.
    pub options: String,
}

/// The decoder or encoder of that name, or those of the codec of that name.
pub fn coder(name: &str, encoder: bool) -> Coders {
    let c_name = c_string(name);
    // SAFETY: the name is a C string; codecs and descriptors are static.
    unsafe {
        let named = if encoder {
            ffi::avcodec_find_encoder_by_name(c_name.as_ptr())
        } else {
            ffi::avcodec_find_decoder_by_name(c_name.as_ptr())
        };
        if let Some(codec) = named.as_ref() {
            return Coders::Found(vec![described(codec)]);
        }
        let Some(descriptor) = ffi::avcodec_descriptor_get_by_name(c_name.as_ptr()).as_ref() else {
            return Coders::Unknown;
        };
        let all = coders().into_iter().filter(|c| c.id == descriptor.id && is_encoder(c) == encoder);
        let found: Vec<Coder> = all.map(described).collect();
        if found.is_empty() { Coders::NotHere } else { Coders::Found(found) }
    }
}

fn described(codec: &ffi::AVCodec) -> Coder {
    let has = |flag: u32| codec.capabilities as u32 & flag != 0;
    let (frame, slice) = (has(ffi::AV_CODEC_CAP_FRAME_THREADS as u32), has(ffi::AV_CODEC_CAP_SLICE_THREADS as u32));
    let other = has(ffi::AV_CODEC_CAP_OTHER_THREADS as u32);
    let threading = match (frame, slice, other) {
        (true, true, false) => "frame and slice",
        (true, false, false) => "frame",
        (false, true, false) => "slice",
        (false, false, true) => "other",
        _ => "none",
    };
    let moving = matches!(codec.type_, ffi::AVMediaType::AVMEDIA_TYPE_VIDEO | ffi::AVMediaType::AVMEDIA_TYPE_AUDIO);
    let mut capabilities: Vec<&str> =
        compat::CAPABILITIES.iter().filter(|(f, _)| has(*f)).map(|(_, name)| *name).collect();
    if codec.capabilities == 0 {
        capabilities.push("none");
    }
    let hardware = (0..).map_while(|i| {
        // SAFETY: the codec is valid; the list of configurations is static and ends with null.
        unsafe { ffi::avcodec_get_hw_config(codec, i).as_ref() }
    });
    // SAFETY: texts of static codecs are null or static strings.
    let (name, long_name) = unsafe { (text_of(codec.name), text_of(codec.long_name)) };
    Coder {
        encoder: is_encoder(codec),
        name,
        long_name,
        capabilities,
        threading: moving.then_some(threading),
        // SAFETY: gives null or a static string.
        hardware: hardware.map(|h| unsafe { text_of(ffi::av_hwdevice_get_type_name(h.device_type)) }).collect(),
        supported: supported(codec),
        // SAFETY: the class is null or static.
        options: unsafe {
            options::tables(
                codec.priv_class,
                (ffi::AV_OPT_FLAG_ENCODING_PARAM | ffi::AV_OPT_FLAG_DECODING_PARAM) as u32,
            )
        },
    }
}

fn supported(codec: &ffi::AVCodec) -> Vec<(&'static str, Vec<String>)> {
    // SAFETY: the codec is valid.
    let found = unsafe { compat::supported(codec) };
    let named = |kind, number: i32| formats::format_name(kind, number).unwrap_or_default();
    let lists = [
        ("framerates", found.frame_rates.iter().map(|r| format!("{}/{}", r.num, r.den)).collect::<Vec<_>>()),
        ("pixel formats", found.pixel_formats.iter().map(|f| named(MediaKind::Video, *f as i32)).collect()),
        ("sample rates", found.sample_rates_hz.iter().map(ToString::to_string).collect()),
        ("sample formats", found.sample_formats.iter().map(|f| named(MediaKind::Audio, *f as i32)).collect()),
        ("channel layouts", found.layouts.iter().map(|(name, _)| name.clone()).collect()),
    ];
    lists.into_iter().filter(|(_, list)| !list.is_empty()).collect()
}

/// The muxer of that name.
pub fn muxer(name: &str) -> Option<Format> {
    // SAFETY: formats and descriptors are static, their texts null or static strings.
    unsafe {
        let f = devices::find_muxer(Some(name), None).as_ref()?;
        let codec = |id| Some(text_of(ffi::avcodec_descriptor_get(id).as_ref()?.name));
        let defaults =
            [("video", codec(f.video_codec)), ("audio", codec(f.audio_codec)), ("subtitle", codec(f.subtitle_codec))];
        Some(Format {
            name: text_of(f.name),
            long_name: (!f.long_name.is_null()).then(|| text_of(f.long_name)),
            extensions: (!f.extensions.is_null()).then(|| text_of(f.extensions)),
            mime_type: (!f.mime_type.is_null()).then(|| text_of(f.mime_type)),
            default_codecs: defaults.into_iter().filter_map(|(kind, name)| Some((kind, name?))).collect(),
            options: options::tables(f.priv_class, ffi::AV_OPT_FLAG_ENCODING_PARAM as u32),
        })
    }
}

/// The demuxer of that name.
pub fn demuxer(name: &str) -> Option<Format> {
    // SAFETY: as for muxers.
    unsafe {
        let f = devices::find_demuxer(name).as_ref()?;
        Some(Format {
            name: text_of(f.name),
            long_name: (!f.long_name.is_null()).then(|| text_of(f.long_name)),
            extensions: (!f.extensions.is_null()).then(|| text_of(f.extensions)),
            options: options::tables(f.priv_class, ffi::AV_OPT_FLAG_DECODING_PARAM as u32),
            ..Format::default()
        })
    }
}

/// The filter of that name, with its tables of options.
pub fn filter(name: &str) -> Option<(FilterEntry, String)> {
    let name = c_string(name);
    // SAFETY: the name is a C string; filters and their classes are static.
    unsafe {
        let f = ffi::avfilter_get_by_name(name.as_ptr()).as_ref()?;
        Some((filters::entry(f), options::tables(f.priv_class, options::filtering())))
    }
}

/// The bitstream filter of that name.
pub fn bitstream_filter(name: &str) -> Option<Bitstream> {
    let name = c_string(name);
    // SAFETY: the name is a C string; filters are static, the list of codecs ends with NONE.
    unsafe {
        let f = ffi::av_bsf_get_by_name(name.as_ptr()).as_ref()?;
        let codecs = (!f.codec_ids.is_null()).then(|| {
            let ids = (0..).map(|i| *f.codec_ids.add(i)).take_while(|id| *id != ffi::AVCodecID::AV_CODEC_ID_NONE);
            ids.map(|id| text_of(ffi::avcodec_get_name(id))).collect()
        });
        Some(Bitstream {
            name: text_of(f.name),
            codecs,
            options: options::tables(f.priv_class, ffi::AV_OPT_FLAG_BSF_PARAM as u32),
        })
    }
}

/// The tables of options of a protocol; `None` when it has none or nobody knows it.
pub fn protocol(name: &str) -> Option<String> {
    let name = c_string(name);
    let both = (ffi::AV_OPT_FLAG_DECODING_PARAM | ffi::AV_OPT_FLAG_ENCODING_PARAM) as u32;
    // SAFETY: the name is a C string; classes are static.
    unsafe {
        let class = ffi::avio_protocol_get_class(name.as_ptr());
        (!class.is_null()).then(|| options::tables(class, both))
    }
}
