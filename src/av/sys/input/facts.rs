//! What was found in an input, in plain data.

use super::{Demuxer, kind_of};
use crate::av::sys::{compat, dictionary::pairs_of, known, text_of};
use crate::facts::{InputFacts, MediaKind, ProgramFacts, StreamFacts};
use ffmpeg_sys_next as ffi;

impl Demuxer {
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
                    ProgramFacts { id: program.id, streams, metadata: pairs_of(program.metadata) }
                })
                .collect();
            InputFacts {
                url: masked_url.to_owned(),
                format: text_of((*context.iformat).name),
                start_time_us: known(context.start_time),
                duration_us: known(context.duration),
                // A list for the demuxer `concat` says how long its files are to be shown; it may say more of the last one.
                length_is_promised: context.duration_estimation_method
                    == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_STREAM
                    && text_of((*context.iformat).name) != "concat",
                timestamps_may_jump: (*context.iformat).flags & ffi::AVFMT_TS_DISCONT as i32 != 0,
                counts_time: (*context.iformat).flags & ffi::AVFMT_NOTIMESTAMPS as i32 != 0,
                streams: (0..self.stream_count()).map(|i| self.stream_facts(i)).collect(),
                programs,
                stream_groups: self.stream_groups(),
                chapters: context.nb_chapters as usize,
                chapter_metadata: (0..context.nb_chapters as usize)
                    .map(|i| pairs_of((**context.chapters.add(i)).metadata))
                    .collect(),
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
                frames: stream.nb_frames,
                video_delay: par.video_delay,
                width: par.width,
                height: par.height,
                format,
                bit_depth,
                sample_rate_hz: par.sample_rate,
                channels: par.ch_layout.nb_channels,
                sample_bytes: {
                    let bits = ffi::av_get_exact_bits_per_sample(par.codec_id) * par.ch_layout.nb_channels;
                    usize::try_from(bits / 8).unwrap_or(0)
                },
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
}

/// FFmpeg's names of the dispositions that are set.
fn disposition_names(disposition: i32) -> Vec<String> {
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
