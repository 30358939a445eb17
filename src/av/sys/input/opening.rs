//! Opens and probes an input.

use super::{Demuxer, kind_of};
use crate::av::sys::devices;
use crate::av::sys::{
    c_string, dictionary::Dictionary, error::AvError, interrupt::Interrupt, log, options, reassembly::Reassembly,
};
use crate::facts::MediaKind;
use crate::plan::DemuxerSettings;
use ffmpeg_sys_next as ffi;
use std::ptr;
use std::time::Duration;

impl Demuxer {
    /// Opens and probes. The second value holds the options that nothing took.
    pub fn open(settings: &DemuxerSettings, interrupt: &Interrupt) -> Result<(Self, Dictionary), AvError> {
        let url = c_string(&settings.url);
        let incomplete_before = log::incomplete_packets();
        let mut options: Dictionary = settings.options.iter().map(|(k, v)| (k, v)).collect();
        // As ffmpeg does for files. What comes from a peer is known once each of its programs has told its streams; looking
        // out for more would take as long as probing may take at the most.
        if settings.limits_us.is_none() && !settings.options.iter().any(|(k, _)| k == "scan_all_pmts") {
            options.set("scan_all_pmts", "1");
        }
        // SAFETY: the context is allocated here and freed on every way out; strings outlive the calls.
        unsafe {
            let format = match &settings.format {
                Some(name) => {
                    let found = devices::find_demuxer(name);
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
            for (kind, decoder) in &settings.forced_decoders {
                force_decoder(&mut *context, *kind, decoder);
            }
            if let Some((connect, _)) = settings.limits_us {
                interrupt.begin(Some(microseconds(connect)));
            }
            // On failure avformat_open_input frees the context.
            AvError::check(ffi::avformat_open_input(
                &mut context,
                url.as_ptr(),
                format.cast_mut().cast(),
                options.as_mut_ptr(),
            ))?;
            let overruled = settle_codecs(&*context);
            let reassembly = if settings.reassemble { Reassembly::begin(context) } else { None };
            let probed = settings.find_stream_info && reassembly.is_none();
            let keeps_probed = probed && (*context).flags & ffi::AVFMT_FLAG_NOBUFFER as i32 == 0;
            let interrupt_of_all = interrupt.clone();
            let mut demuxer = Self {
                context,
                interrupt: interrupt_of_all,
                reassembly,
                first: None,
                keeps_probed,
                told: Vec::new(),
                overruled,
                incomplete: 0,
            };
            options.remove("scan_all_pmts");
            if let Some((_, probe)) = settings.limits_us {
                interrupt.begin(Some(microseconds(probe)));
            }
            if probed {
                demuxer.find_stream_info(settings)?;
                demuxer.incomplete = log::incomplete_packets() - incomplete_before;
            } else if settings.measure_rates {
                demuxer.measure_rates();
            }
            if settings.limits_us.is_some() {
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
}

fn microseconds(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

/// Gives the streams that are there already the codecs that are forced, before a decoder looks into them. Those of which the
/// container says something else, with what it says.
///
/// # Safety
/// The context is open.
unsafe fn settle_codecs(context: &ffi::AVFormatContext) -> Vec<(usize, ffi::AVCodecID)> {
    const NONE: ffi::AVCodecID = ffi::AVCodecID::AV_CODEC_ID_NONE;
    use ffi::AVMediaType::{AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_DATA, AVMEDIA_TYPE_SUBTITLE, AVMEDIA_TYPE_VIDEO};
    let mut overruled = Vec::new();
    // SAFETY: the caller's promise: as many streams as it says, each with parameters of its own.
    unsafe {
        for index in 0..context.nb_streams as usize {
            let parameters = &mut *(**context.streams.add(index)).codecpar;
            let forced = match parameters.codec_type {
                AVMEDIA_TYPE_VIDEO => context.video_codec_id,
                AVMEDIA_TYPE_AUDIO => context.audio_codec_id,
                AVMEDIA_TYPE_SUBTITLE => context.subtitle_codec_id,
                AVMEDIA_TYPE_DATA => context.data_codec_id,
                _ => NONE,
            };
            if forced == NONE {
                continue;
            }
            let own = std::mem::replace(&mut parameters.codec_id, forced);
            if own != NONE && own != forced {
                overruled.push((index, own));
            }
        }
    }
    overruled
}

/// Takes all streams of a kind for what this decoder decodes. Both fields: the demuxer takes packets apart with the decoder that
/// it probed with, and must not meet another codec there.
fn force_decoder(context: &mut ffi::AVFormatContext, kind: MediaKind, name: &str) {
    // SAFETY: the string lives during the call; descriptions of decoders are static.
    let Some(decoder) = (unsafe { ffi::avcodec_find_decoder_by_name(c_string(name).as_ptr()).as_ref() }) else {
        return;
    };
    match kind {
        MediaKind::Video => (context.video_codec, context.video_codec_id) = (decoder, decoder.id),
        MediaKind::Audio => (context.audio_codec, context.audio_codec_id) = (decoder, decoder.id),
        MediaKind::Subtitle => (context.subtitle_codec, context.subtitle_codec_id) = (decoder, decoder.id),
        MediaKind::Data => (context.data_codec, context.data_codec_id) = (decoder, decoder.id),
        MediaKind::Attachment | MediaKind::Unknown => {}
    }
}
