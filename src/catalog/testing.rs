//! A small catalog for tests: a handful of muxers, codecs and options, with made-up codec numbers.

use crate::catalog::{
    Catalog, CodecFacts, Expected, FilterArgument, FrameLength, GraphPad, GraphPads, MuxerFacts, Named, OptionOwner,
    OptionScopes, ValueKind, Verdict,
};
use crate::facts::MediaKind;
use crate::spec::DISCARD_ALL;
use crate::unit::Rational;

/// Name and kind of each codec; its number is its place, from 1.
const CODECS: [(&str, MediaKind); 15] = [
    ("h264", MediaKind::Video),
    ("aac", MediaKind::Audio),
    ("mpeg4", MediaKind::Video),
    ("mp3", MediaKind::Audio),
    ("flv1", MediaKind::Video),
    ("hevc", MediaKind::Video),
    ("vp9", MediaKind::Video),
    ("opus", MediaKind::Audio),
    ("ac3", MediaKind::Audio),
    ("pcm_s16le", MediaKind::Audio),
    ("subrip", MediaKind::Subtitle),
    ("ass", MediaKind::Subtitle),
    ("mov_text", MediaKind::Subtitle),
    ("hdmv_pgs_subtitle", MediaKind::Subtitle),
    ("dvb_subtitle", MediaKind::Subtitle),
];

/// Encoders by name, with the codec that each makes.
const ENCODERS: [(&str, &str); 13] = [
    ("libx264", "h264"),
    ("h264_nvenc", "h264"),
    ("aac", "aac"),
    ("mpeg4", "mpeg4"),
    ("libmp3lame", "mp3"),
    ("flv", "flv1"),
    ("libx265", "hevc"),
    ("libopus", "opus"),
    ("ac3", "ac3"),
    ("pcm_s16le", "pcm_s16le"),
    ("ass", "ass"),
    ("mov_text", "mov_text"),
    ("dvbsub", "dvb_subtitle"),
];

/// Muxers: name, default codecs of video, audio, subtitles, and whether rates may vary.
const MUXERS: [(&str, &str, &str, &str, bool); 9] = [
    ("mp4", "h264", "aac", "mov_text", true),
    ("flv", "flv1", "mp3", "", true),
    ("matroska", "h264", "aac", "ass", true),
    ("mpegts", "mpeg4", "mp3", "", false),
    ("avi", "mpeg4", "mp3", "", false),
    ("wav", "", "pcm_s16le", "", false),
    ("rtsp", "mpeg4", "aac", "", true),
    ("null", "mpeg4", "pcm_s16le", "", true),
    ("ffmetadata", "", "", "", false),
];

/// Knows a handful of options, formats and codecs.
pub struct FakeCatalog;

/// The made-up number of a codec.
pub fn codec_number(name: &str) -> u32 {
    CODECS.iter().position(|(n, _)| *n == name).map_or(0, |i| i as u32 + 1)
}

fn codec(encoder: &str, codec: &str) -> Option<CodecFacts> {
    let (name, kind) = CODECS.iter().find(|(n, _)| *n == codec)?;
    let bitmap = matches!(*name, "hdmv_pgs_subtitle" | "dvb_subtitle");
    Some(CodecFacts {
        name: encoder.to_owned(),
        codec_id: codec_number(name),
        codec_name: (*name).to_owned(),
        kind: *kind,
        experimental: false,
        text_subtitles: *kind == MediaKind::Subtitle && !bitmap,
        bitmap_subtitles: bitmap,
        lossless: name.starts_with("pcm_"),
    })
}

fn name_of(codec_id: u32) -> Option<&'static str> {
    CODECS.get((codec_id as usize).wrapping_sub(1)).map(|(n, _)| *n)
}

const CODEC: [&str; 13] = [
    "b",
    "g",
    "bf",
    "preset",
    "crf",
    "tune",
    "profile",
    "level",
    "maxrate",
    "bufsize",
    "x264-params",
    "threads",
    "compute_edt",
];
const FORMAT: [&str; 9] = [
    "cookies",
    "headers",
    "movflags",
    "flvflags",
    "avoid_negative_ts",
    "fflags",
    "rtsp_transport",
    "pkt_size",
    "use_wallclock_as_timestamps",
];

type ValuesRow = (&'static str, &'static str, ValueKind, &'static [&'static str], (f64, f64));

/// The encoder's presets.
const PRESETS: &[&str] =
    &["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"];

/// Options whose values are known, with what takes them, their kind, their names, and their numbers.
const VALUES: [ValuesRow; 10] = [
    ("libx264", "preset", ValueKind::Text, PRESETS, (0.0, 0.0)),
    ("libx264", "crf", ValueKind::Number, &[], (-1.0, 51.0)),
    ("libx264", "g", ValueKind::Whole, &[], (-1.0, 1000.0)),
    ("output", "movflags", ValueKind::Flags, &["faststart", "frag_keyframe", "empty_moov", "delay_moov"], (0.0, 0.0)),
    ("input", "fflags", ValueKind::Flags, &["genpts", "nobuffer"], (0.0, 0.0)),
    ("input", "rtsp_transport", ValueKind::Flags, &["udp", "tcp", "udp_multicast"], (0.0, 0.0)),
    ("decoder", "compute_edt", ValueKind::Whole, &["very", "normal", "experimental"], (-100.0, 100.0)),
    ("scale", "flags", ValueKind::Flags, &["bicubic", "lanczos"], (0.0, 0.0)),
    ("crop", "keep_aspect", ValueKind::Switch, &[], (0.0, 1.0)),
    ("scaler", "sws_flags", ValueKind::Flags, &["bicubic", "lanczos"], (0.0, 0.0)),
];

fn is_flag_of(names: &[&str], value: &str) -> bool {
    value.split(['+', '-']).all(|word| word.is_empty() || names.contains(&word))
}

impl Catalog for FakeCatalog {
    fn refusal(&self, owner: OptionOwner<'_>, option: &str, value: &str) -> Option<Expected> {
        let owner = match owner {
            OptionOwner::Encoder(name) => name,
            OptionOwner::Decoder(_) => "decoder",
            OptionOwner::CopiedStream => "copy",
            OptionOwner::Output { .. } => "output",
            OptionOwner::Input { .. } => "input",
            OptionOwner::Scaler => "scaler",
            OptionOwner::Resampler => "resampler",
            OptionOwner::Filter(name) => name,
        };
        let (.., kind, names, range) = VALUES.into_iter().find(|row| (row.0, row.1) == (owner, option))?;
        let is_number = value.parse::<f64>().is_ok_and(|number| number >= range.0 && number <= range.1);
        let takes = match kind {
            ValueKind::Flags => is_flag_of(names, value),
            ValueKind::Text => names.contains(&value),
            _ => is_number || names.contains(&value),
        };
        (!takes).then(|| Expected { kind, names: names.iter().map(|name| (*name).to_owned()).collect(), range })
    }
    fn filter_arguments(&self, filter: &str, arguments: &str) -> Option<Vec<FilterArgument>> {
        let known = self.filter_option_names(filter);
        let mut unnamed = known.iter();
        let arguments = arguments.split(':').filter(|argument| !argument.is_empty());
        let told = |argument: &str| {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => (unnamed.next()?.clone(), argument.to_owned()),
            };
            let verdict = match self.refusal(OptionOwner::Filter(filter), &name, &value) {
                Some(expected) => Verdict::Refused(expected),
                None if known.contains(&name) => Verdict::Taken,
                None => Verdict::Unknown,
            };
            Some(FilterArgument { name, value, verdict })
        };
        arguments.map(told).collect()
    }
    /// As [`Catalog::graph_pads`] has it.
    fn simple_filter_kind(&self, filter: &str) -> Option<MediaKind> {
        let is_known = filter != "overlay" && self.names(Named::Filter).iter().any(|name| name == filter);
        is_known.then(|| if filter.starts_with('a') { MediaKind::Audio } else { MediaKind::Video })
    }
    fn filter_option_names(&self, filter: &str) -> Vec<String> {
        let names: &[&str] = match filter {
            "scale" => &["w", "h", "flags", "width"],
            "crop" => &["w", "h", "x", "y", "keep_aspect"],
            "psnr" => &["stats_file", "f"],
            _ => &[],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
    fn option_takes_flags(&self, option: &str) -> bool {
        matches!(option, "flags" | "fflags" | "movflags" | "flvflags" | "sws_flags")
    }
    fn names(&self, of: Named) -> Vec<String> {
        let names: &[&str] = match of {
            Named::Filter => &[
                "null", "anull", "scale", "zscale", "hflip", "vflip", "overlay", "volume", "avolume", "aecho", "split",
                "crop",
            ],
            Named::BitstreamFilter => &["h264_mp4toannexb", "aac_adtstoasc", "null"],
            Named::Muxer => &["mp4", "mov", "flv", "matroska", "mpegts"],
            Named::Demuxer => &["mov", "mp4", "flv", "matroska", "rawvideo"],
            Named::Decoder => &["h264", "aac"],
            Named::PixelFormat => &["yuv420p", "rgb24"],
            Named::SampleFormat => &["s16", "fltp"],
            Named::ChannelLayout => &["mono", "stereo", "5.1"],
            Named::Disposition => &["default", "forced", "dub"],
            Named::Discard => &["none", "default", "all"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
    fn rate_means_constant(&self) -> bool {
        false
    }
    fn sound_limits_outputs(&self) -> bool {
        false
    }
    fn stream_group_kinds(&self) -> Vec<(&'static str, i32)> {
        vec![("iamf_audio_element", 1), ("iamf_mix_presentation", 2)]
    }
    fn frame_length(&self, encoder: &str, must_be_one: bool) -> FrameLength {
        match must_be_one {
            true if encoder.starts_with("pcm_") => FrameLength::OneAsFirst,
            true => FrameLength::One,
            false if encoder == "flac" => FrameLength::AsFirst,
            false => FrameLength::Free,
        }
    }
    fn option_scopes(&self, name: &str) -> OptionScopes {
        OptionScopes {
            codec: CODEC.contains(&name) || name == "flags" || name == "strict",
            format: FORMAT.contains(&name) || name == "strict",
            scaler: name == "sws_flags",
            resampler: name == "resampler",
        }
    }
    fn option_names(&self) -> Vec<String> {
        CODEC.iter().chain(&FORMAT).map(|name| (*name).to_owned()).collect()
    }
    fn demuxer_exists(&self, _: &str) -> bool {
        true
    }
    fn demuxer_has_option(&self, demuxer: &str, option: &str) -> bool {
        demuxer == "rawvideo" && matches!(option, "video_size" | "pixel_format" | "framerate")
    }
    fn muxer_has_option(&self, _: &str, _: &str) -> bool {
        false
    }
    fn muxer(&self, name: &str) -> Option<MuxerFacts> {
        let (name, video, audio, subtitle, variable_fps) = MUXERS.iter().find(|m| m.0 == name)?;
        Some(MuxerFacts {
            name: (*name).to_owned(),
            video_codec: codec_number(video),
            audio_codec: codec_number(audio),
            subtitle_codec: codec_number(subtitle),
            variable_fps: *variable_fps,
            ..MuxerFacts::default()
        })
    }
    fn guess_muxer(&self, url: &str) -> Option<MuxerFacts> {
        let extension = url.rsplit('.').next()?;
        self.muxer(match extension {
            "mkv" => "matroska",
            "ts" => "mpegts",
            other => other,
        })
    }
    fn guess_codec(&self, muxer: &MuxerFacts, _: &str, kind: MediaKind) -> u32 {
        match kind {
            MediaKind::Video => muxer.video_codec,
            MediaKind::Audio => muxer.audio_codec,
            MediaKind::Subtitle => muxer.subtitle_codec,
            _ => 0,
        }
    }
    fn encoder(&self, name: &str) -> Option<CodecFacts> {
        ENCODERS.iter().find(|(n, _)| *n == name).and_then(|(n, c)| codec(n, c))
    }
    fn encoder_for(&self, codec_id: u32) -> Option<CodecFacts> {
        let wanted = name_of(codec_id)?;
        ENCODERS.iter().find(|(_, c)| *c == wanted).and_then(|(n, c)| codec(n, c))
    }
    fn decoder(&self, name: &str) -> Option<CodecFacts> {
        codec(name, name)
    }
    fn decoder_for(&self, codec_id: u32) -> Option<CodecFacts> {
        let name = name_of(codec_id)?;
        codec(name, name)
    }
    fn encoders(&self, kind: MediaKind) -> Vec<CodecFacts> {
        ENCODERS.iter().filter_map(|(n, c)| codec(n, c)).filter(|c| c.kind == kind).collect()
    }
    fn codec_id(&self, name: &str) -> Option<u32> {
        Some(codec_number(name)).filter(|id| *id != 0)
    }
    fn codec_name(&self, codec_id: u32) -> String {
        name_of(codec_id).unwrap_or("none").to_owned()
    }
    fn encoder_formats(&self, encoder: &str) -> Vec<String> {
        match encoder {
            "libx264" => vec!["yuv420p".to_owned(), "yuv422p".to_owned(), "yuv420p10le".to_owned()],
            "aac" => vec!["fltp".to_owned()],
            _ => Vec::new(),
        }
    }
    fn encoder_frame_rates(&self, _: &str) -> Vec<Rational> {
        Vec::new()
    }
    fn encoder_sample_rates_hz(&self, _: &str) -> Vec<i32> {
        Vec::new()
    }
    fn encoder_channel_layouts(&self, _: &str) -> Vec<(String, i32)> {
        Vec::new()
    }
    fn default_channel_layout(&self, channels: i32) -> String {
        match channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            n => format!("{n} channels"),
        }
    }
    fn channel_layout(&self, text: &str) -> Option<(String, i32)> {
        match text {
            "mono" => Some((text.to_owned(), 1)),
            "stereo" => Some((text.to_owned(), 2)),
            "5.1" => Some((text.to_owned(), 6)),
            _ => None,
        }
    }
    fn picture_size(&self, text: &str) -> Option<(i32, i32)> {
        if text == "hd720" {
            return Some((1280, 720));
        }
        let (width, height) = text.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    }
    /// A name, or a number or a fraction with parts of three decimals at most.
    fn frame_rate(&self, text: &str) -> Option<Rational> {
        if text == "ntsc" {
            return Some(Rational::new(30_000, 1001));
        }
        let thousandths = |part: &str| part.parse::<f64>().ok().map(|value| (value * 1000.0).round() as i64);
        let (num, den) = text.split_once(['/', ':']).unwrap_or((text, "1"));
        Rational::reduced(thousandths(num)?, thousandths(den)?).filter(|rate| rate.is_valid())
    }
    fn discard(&self, text: &str) -> Option<i32> {
        match text {
            "none" => Some(-16),
            "default" => Some(0),
            "all" => Some(DISCARD_ALL),
            _ => None,
        }
    }
    fn exact_bits_per_sample(&self, _: u32) -> i32 {
        0
    }
    fn closest_pixel_format(&self, _: &[String], wanted: &str) -> Option<String> {
        Some(wanted.to_owned())
    }
    fn option_applies(&self, codec: Option<&str>, encoding: bool, kind: MediaKind, option: &str) -> Option<String> {
        let private = ["preset", "crf", "tune", "x264-params"].contains(&option);
        let video = private || ["g", "bf"].contains(&option);
        let fits = CODEC.contains(&option)
            && encoding == (option != "compute_edt")
            && (!video || kind == MediaKind::Video)
            && (!private || codec.is_none_or(|c| c == "libx264"));
        fits.then(|| option.to_owned())
    }
    fn containers_tell_cropping(&self) -> bool {
        false
    }
    fn graphs_limit_frames(&self) -> bool {
        false
    }
    fn codec_option(&self, option: &str) -> Option<(bool, String)> {
        CODEC.contains(&option).then(|| (true, format!("about {option}")))
    }
    fn muxer_takes(&self, muxer: &str, codec_id: u32) -> Option<bool> {
        match muxer {
            "wav" => (codec_id == codec_number("pcm_s16le")).then_some(true),
            _ => Some(muxer != "flv" || codec_id != codec_number("ac3")),
        }
    }
    fn encoding_kinds(&self, option: &str) -> Vec<MediaKind> {
        match option {
            "preset" | "crf" | "tune" | "x264-params" | "g" | "bf" => vec![MediaKind::Video],
            _ => vec![MediaKind::Video, MediaKind::Audio],
        }
    }
    fn option_is_for_decoding(&self, option: &str) -> bool {
        matches!(option, "compute_edt" | "threads" | "flags" | "strict")
    }
    /// One filter with labels around it; `overlay` has two inputs, whatever begins with `a` takes and gives sound.
    fn graph_pads(&self, description: &str) -> Result<GraphPads, String> {
        let name = description.split(['[', ']']).step_by(2).find(|word| !word.is_empty()).unwrap_or_default();
        let filter = name.split('=').next().unwrap_or_default();
        let (before, after) = description.split_once(name).ok_or("no filter")?;
        let kind = if filter.starts_with('a') { MediaKind::Audio } else { MediaKind::Video };
        let pads = |labels: &str, count: usize| {
            let mut labels = labels.split(['[', ']']).filter(|label| !label.is_empty());
            (0..count)
                .map(|_| GraphPad {
                    label: labels.next().map(str::to_owned),
                    kind,
                    name: filter.to_owned(),
                    place: (0, filter.to_owned()),
                })
                .collect()
        };
        Ok(GraphPads { inputs: pads(before, if filter == "overlay" { 2 } else { 1 }), outputs: pads(after, 1) })
    }
    fn date(&self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }
    fn is_pixel_format(&self, name: &str) -> bool {
        matches!(name, "yuv420p" | "rgb24")
    }
    fn is_sample_format(&self, name: &str) -> bool {
        matches!(name, "s16" | "fltp")
    }
}
