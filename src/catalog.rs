//! The catalog: what the linked FFmpeg can do, asked through one trait so that rules need no FFmpeg.

mod values;

pub use self::values::{Expected, Named, OptionOwner, ValueKind, Verdict};

use crate::facts::MediaKind;
use crate::unit::Rational;

/// In which of FFmpeg's option tables a name was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionScopes {
    /// `AVCodecContext` or the private options of a codec.
    pub codec: bool,
    /// `AVFormatContext` or the private options of a muxer, demuxer or protocol.
    pub format: bool,
    /// libswscale.
    pub scaler: bool,
    /// libswresample.
    pub resampler: bool,
}

impl OptionScopes {
    /// True when the name was found anywhere.
    pub const fn any(self) -> bool {
        self.codec || self.format || self.scaler || self.resampler
    }
}

/// What the catalog knows of a muxer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MuxerFacts {
    /// Its name, e.g. `flv`.
    pub name: String,
    /// Its long name.
    pub long_name: String,
    /// Default codec ids; 0 is none.
    pub video_codec: u32,
    /// See `video_codec`.
    pub audio_codec: u32,
    /// See `video_codec`.
    pub subtitle_codec: u32,
    /// `AVFMT_NOFILE`: it opens no output by itself.
    pub no_file: bool,
    /// `AVFMT_GLOBALHEADER`: encoders must give extradata instead of in-band headers.
    pub global_header: bool,
    /// `AVFMT_VARIABLE_FPS`.
    pub variable_fps: bool,
    /// `AVFMT_NOTIMESTAMPS`.
    pub no_timestamps: bool,
    /// `AVFMT_TS_NONSTRICT`: equal DTS are allowed.
    pub dts_may_repeat: bool,
    /// It takes pictures only as covers of sound (`mp3`).
    pub cover_only: bool,
    /// `AVFMT_NEEDNUMBER`: the file name holds a `%d`.
    pub needs_number: bool,
    /// `AVFMT_FIXED_FRAMESIZE`: all frames of a stream of sound have one length.
    pub fixed_frame_size: bool,
}

/// What the catalog knows of an encoder or a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct CodecFacts {
    /// Its name, e.g. `libx264`.
    pub name: String,
    /// The codec it speaks.
    pub codec_id: u32,
    /// That codec's name, e.g. `h264`.
    pub codec_name: String,
    /// Kind of stream.
    pub kind: MediaKind,
    /// `AV_CODEC_CAP_EXPERIMENTAL`.
    pub experimental: bool,
    /// Subtitles: it deals in text rather than in pictures.
    pub text_subtitles: bool,
    /// Subtitles: it deals in pictures.
    pub bitmap_subtitles: bool,
    /// Nothing can be lost in it (`AV_CODEC_PROP_LOSSLESS` alone).
    pub lossless: bool,
}

/// An open pad of a filtergraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphPad {
    /// Its label, without brackets.
    pub label: Option<String>,
    /// Pictures or sound.
    pub kind: MediaKind,
    /// The filter, and the pad's name where the filter has several: `overlay:main`.
    pub name: String,
    /// Which pad of its filter it is, and what that is called in its graph: `1`, `Parsed_overlay_0`.
    pub place: (usize, String),
}

/// The open pads of a filtergraph, in FFmpeg's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphPads {
    /// What it takes.
    pub inputs: Vec<GraphPad>,
    /// What it gives.
    pub outputs: Vec<GraphPad>,
}

/// What is typed for an option of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterArgument {
    /// The option.
    pub name: String,
    /// The value, without quotes.
    pub value: String,
    /// What the filter says to it.
    pub verdict: Verdict,
}

/// How long the frames are that an encoder of sound is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameLength {
    /// As the encoder likes; the last one may be shorter.
    #[default]
    Free,
    /// As the first one is, for the encoder adapts to it; the last one may be shorter.
    AsFirst,
    /// As the encoder says; the last one is padded.
    One,
    /// As the first one is, for the encoder adapts to it; the last one is padded.
    OneAsFirst,
}

impl FrameLength {
    /// All frames have one length.
    pub fn is_one(self) -> bool {
        matches!(self, Self::One | Self::OneAsFirst)
    }

    /// The first frame decides.
    pub fn is_as_first(self) -> bool {
        matches!(self, Self::AsFirst | Self::OneAsFirst)
    }
}

/// Questions about the linked FFmpeg. All are cheap and have no side effects.
pub trait Catalog {
    /// In which option tables `name` stands (without its stream specifier).
    fn option_scopes(&self, name: &str) -> OptionScopes;
    /// Every option name of those tables, for spelling suggestions; unsorted, may repeat.
    fn option_names(&self) -> Vec<String>;
    /// What `owner` expects instead, where it has the option and refuses the value; FFmpeg's own parsers decide.
    fn refusal(&self, owner: OptionOwner<'_>, option: &str, value: &str) -> Option<Expected>;
    /// What stands behind a filter's name in a filtergraph, and what the filter says to it; `None` where it cannot be taken apart.
    fn filter_arguments(&self, filter: &str, arguments: &str) -> Option<Vec<FilterArgument>>;
    /// What a filter with one input and one output takes and gives, where that is of one kind; `None` for other filters.
    fn simple_filter_kind(&self, filter: &str) -> Option<MediaKind>;
    /// The options that a filter takes, those of all filters and of what it uses included.
    fn filter_option_names(&self, filter: &str) -> Vec<String>;
    /// True when an option of that name has flags as its values, which may be taken away as in `-flags -bitexact`.
    fn option_takes_flags(&self, option: &str) -> bool;
    /// All names of that kind, for spelling suggestions.
    fn names(&self, of: Named) -> Vec<String>;
    /// True when a demuxer has this option of its own.
    fn demuxer_has_option(&self, demuxer: &str, option: &str) -> bool;
    /// True when a muxer has this option of its own.
    fn muxer_has_option(&self, muxer: &str, option: &str) -> bool;
    /// True for a demuxer's name.
    fn demuxer_exists(&self, name: &str) -> bool;
    /// The muxer of that name.
    fn muxer(&self, name: &str) -> Option<MuxerFacts>;
    /// The muxer that fits a URL's extension or scheme.
    fn guess_muxer(&self, url: &str) -> Option<MuxerFacts>;
    /// The codec that `av_guess_codec` gives for this muxer and URL, or 0.
    fn guess_codec(&self, muxer: &MuxerFacts, url: &str, kind: MediaKind) -> u32;
    /// The encoder of that name.
    fn encoder(&self, name: &str) -> Option<CodecFacts>;
    /// The first encoder of a codec.
    fn encoder_for(&self, codec_id: u32) -> Option<CodecFacts>;
    /// The decoder of that name.
    fn decoder(&self, name: &str) -> Option<CodecFacts>;
    /// The first decoder of a codec.
    fn decoder_for(&self, codec_id: u32) -> Option<CodecFacts>;
    /// The decoder of that name, or the first one of the codec of that name.
    fn find_decoder(&self, name: &str) -> Option<CodecFacts> {
        self.decoder(name).or_else(|| self.codec_id(name).and_then(|id| self.decoder_for(id)))
    }
    /// All encoders of a kind, for suggestions.
    fn encoders(&self, kind: MediaKind) -> Vec<CodecFacts>;
    /// A codec's number by its name (`h264`), whether or not it can be encoded.
    fn codec_id(&self, name: &str) -> Option<u32>;
    /// A codec's name by its number.
    fn codec_name(&self, codec_id: u32) -> String;
    /// Pixel or sample formats that the encoder takes, by name; empty when it does not tell.
    fn encoder_formats(&self, encoder: &str) -> Vec<String>;
    /// The open pads of a filtergraph, or why it cannot be read.
    fn graph_pads(&self, description: &str) -> Result<GraphPads, String>;
    /// A date as FFmpeg reads it (`now`, `2026-01-31T12:00:00`), in the form that `creation_time` has.
    fn date(&self, text: &str) -> Option<String>;
    /// True for a pixel format's name.
    fn is_pixel_format(&self, name: &str) -> bool;
    /// True for a sample format's name.
    fn is_sample_format(&self, name: &str) -> bool;
    /// Frame rates that the encoder is limited to; empty for any.
    fn encoder_frame_rates(&self, encoder: &str) -> Vec<Rational>;
    /// Sample rates that the encoder takes; empty for any.
    fn encoder_sample_rates_hz(&self, encoder: &str) -> Vec<i32>;
    /// Channel layouts by name, with their number of channels, that the encoder takes; empty for any.
    fn encoder_channel_layouts(&self, encoder: &str) -> Vec<(String, i32)>;
    /// The layout that a number of channels usually means.
    fn default_channel_layout(&self, channels: i32) -> String;
    /// A channel layout by its name or mask: its canonical name and number of channels.
    fn channel_layout(&self, text: &str) -> Option<(String, i32)>;
    /// A picture size, `320x240` or `hd720`.
    fn picture_size(&self, text: &str) -> Option<(i32, i32)>;
    /// A frame rate, `25`, `30000/1001` or `ntsc`.
    fn frame_rate(&self, text: &str) -> Option<Rational>;
    /// FFmpeg's number (`AVDiscard`) of what a demuxer is to leave out, by name or number.
    fn discard(&self, text: &str) -> Option<i32>;
    /// Bits per sample of a PCM-like codec, or 0.
    fn exact_bits_per_sample(&self, codec_id: u32) -> i32;
    /// `wanted`, or the format out of `formats` that loses least; none of them is any.
    fn closest_pixel_format(&self, formats: &[String], wanted: &str) -> Option<String>;
    /// The name under which a codec takes an option (`vprofile` is `profile` for a video codec); `None` as codec is
    /// a stream that is copied.
    fn option_applies(&self, codec: Option<&str>, encoding: bool, kind: MediaKind, option: &str) -> Option<String>;
    /// Of a codec option: whether it is one for encoding, and FFmpeg's line about it.
    fn codec_option(&self, option: &str) -> Option<(bool, String)>;
    /// Whether a muxer takes a codec; `None` where it does not tell.
    fn muxer_takes(&self, muxer: &str, codec_id: u32) -> Option<bool>;
    /// The kinds of streams whose encoders have an option of that name.
    fn encoding_kinds(&self, option: &str) -> Vec<MediaKind>;
    /// True when a codec option of that name is one for decoding, in whichever table.
    fn option_is_for_decoding(&self, option: &str) -> bool;
    /// Types of stream groups that `-stream_group` names, with FFmpeg's numbers; empty where there are no stream groups.
    fn stream_group_kinds(&self) -> Vec<(&'static str, i32)>;
    /// What an encoder of sound does where all frames must have one length, or need not.
    fn frame_length(&self, encoder: &str, must_be_one: bool) -> FrameLength;
    /// True when demuxers tell what their containers cut off pictures.
    fn containers_tell_cropping(&self) -> bool;
    /// True when filtergraphs can be told how many frames may wait in them.
    fn graphs_limit_frames(&self) -> bool;
    /// True when `-r` and `-fpsmax` mean a constant frame rate in every format unless `-fps_mode` says otherwise, as in
    /// newer ffmpegs; in older ones the format alone decides.
    fn rate_means_constant(&self) -> bool;
    /// True when as many packets of sound as `-frames` wants end the output's other streams too, as in newer ffmpegs; in older
    /// ones only pictures do.
    fn sound_limits_outputs(&self) -> bool;
}

#[cfg(test)]
pub mod testing;
