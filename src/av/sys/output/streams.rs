//! Streams of an output before the header: declared, and filled from the input that is copied, from an encoder, or from a
//! file that is attached.

use super::Muxer;
use super::metadata::edit_metadata;
use crate::av::sys::{
    c_string, catalog::media_type, compat, dictionary::Dictionary, display, encoder::EncodedParameters, error::AvError,
    input::Demuxer, input::kind_of,
};
use crate::facts::MediaKind;
use crate::plan::{MetadataEdit, Orientation};
use crate::unit::{Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// What is known of an output stream before its encoder is open.
#[derive(Clone, Debug, Default)]
pub struct OutputStreamSettings {
    /// What becomes of its metadata, in order.
    pub metadata: Vec<MetadataEdit>,
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

impl Muxer {
    /// Adds a stream.
    pub fn add_stream(&mut self, kind: MediaKind, settings: &OutputStreamSettings) -> Result<usize, AvError> {
        // SAFETY: the context is valid; the new stream belongs to it.
        unsafe {
            let stream = ffi::avformat_new_stream(self.context, ptr::null());
            let Some(s) = stream.as_mut() else { return Err(AvError::NO_MEMORY) };
            (*s.codecpar).codec_type = media_type(kind);
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
                // Either may be null here.
                ffi::avcodec_parameters_free(&mut reference);
                ffi::avcodec_free_context(&mut scratch);
                return Err(AvError::NO_MEMORY);
            }
            let filled = AvError::check(ffi::avcodec_parameters_to_context(scratch, from.codecpar)).and_then(|_| {
                let mut options: Dictionary = settings.codec_options.iter().map(|(k, v)| (k, v)).collect();
                AvError::check(ffi::av_opt_set_dict(scratch.cast(), options.as_mut_ptr()))?;
                AvError::check(ffi::avcodec_parameters_from_context(reference, scratch))
            });
            ffi::avcodec_free_context(&mut scratch);
            let tag = match settings.codec_tag {
                0 if filled.is_ok() => copied_tag(format, &*reference),
                typed => typed,
            };
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
                compat::add_stream_side_data(to, kind, &turned_matrix(degrees))?;
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

    /// Gives a stream the header of its codec; an attachment's is its file.
    pub fn set_extradata(&mut self, index: usize, bytes: &[u8]) -> Result<(), AvError> {
        let size = i32::try_from(bytes.len()).map_err(|_| AvError::INVALID)?;
        // SAFETY: the stream's own parameters; the copy has the padding that extradata must have.
        unsafe {
            let par = &mut *self.parameters_ptr(index);
            let copy = ffi::av_mallocz(bytes.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize).cast::<u8>();
            if copy.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len());
            ffi::av_freep((&raw mut par.extradata).cast());
            par.extradata = copy;
            par.extradata_size = size;
        }
        Ok(())
    }
}

/// The source's own tag where the format has it for that codec, or has no tag of its own; else 0: the muxer chooses.
fn copied_tag(format: &ffi::AVOutputFormat, source: &ffi::AVCodecParameters) -> u32 {
    let mut known = 0;
    // SAFETY: the format's tables are null or static.
    let stands = unsafe {
        format.codec_tag.is_null()
            || ffi::av_codec_get_id(format.codec_tag, source.codec_tag) == source.codec_id
            || ffi::av_codec_get_tag2(format.codec_tag, source.codec_id, &mut known) == 0
    };
    if stands { source.codec_tag } else { 0 }
}

fn demuxer_kind(stream: &ffi::AVStream) -> MediaKind {
    // SAFETY: a live stream has parameters.
    kind_of(unsafe { (*stream.codecpar).codec_type })
}

fn identity_matrix() -> Vec<u8> {
    turned_matrix(0.0)
}

/// For pictures that are to be turned counter-clockwise.
fn turned_matrix(degrees: f64) -> Vec<u8> {
    display::matrix(Orientation { degrees, ..Orientation::default() })
}

/// The flags of a disposition by its name, or by their sum as a number; negative when there is no such thing.
fn disposition_flags(text: &str) -> i32 {
    // SAFETY: the string lives during the call.
    text.parse().unwrap_or_else(|_| unsafe { ffi::av_disposition_from_string(c_string(text).as_ptr()) })
}

/// True for what `-disposition` takes.
pub fn is_disposition(text: &str) -> bool {
    disposition_flags(text) >= 0
}
