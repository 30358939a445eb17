//! Pictures that are handed on as soon as they are whole, where libavformat would wait until the next one begins.

mod pictures;

use self::pictures::Pictures;
use super::{error::AvError, extradata_of, packet::Packet};
use crate::h264::SequenceHeader;
use crate::unit::{Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::collections::VecDeque;

/// The object type of AAC-LC in the first five bits of its header (ISO/IEC 14496-3).
const AAC_LC: u8 = 2;
/// In that header: a frame has 960 samples; what tells of an extension begins; it is in use.
const AAC_SHORT: u8 = 0x04;
const AAC_EXTENSION: [u8; 2] = [0x56, 0xe0];
const AAC_EXTENDED: u8 = 0x80;
/// The rate of Opus's clock, whatever was encoded.
const OPUS_HZ: i32 = 48_000;
/// Samples of a frame of AAC.
const AAC_FRAME: i32 = 1024;

/// Puts the pictures of an input together from the parts in which RTP carries them.
///
/// libavformat parses H.264 to find where a picture ends, which it knows once the next one has begun: a frame later. It also
/// decodes seven pictures at the start, to see how many are out of order. Where the description of a session tells all of
/// that, neither is needed (`AVFMT_FLAG_NOPARSE`).
pub(super) struct Reassembly {
    streams: Vec<Taken>,
    ready: VecDeque<Packet>,
}

/// What becomes of a stream's packets.
enum Taken {
    Pictures(Box<Pictures>),
    /// They are told how long they are, in this time base.
    Opus(Rational),
    AsTheyCome,
}

impl Reassembly {
    /// Switches an open input over, before anything was read from it, and fills in what probing would have found.
    ///
    /// `None`, and nothing is changed, where some stream needs to be probed.
    ///
    /// # Safety
    ///
    /// The context is open and used by nobody else.
    pub(super) unsafe fn begin(context: *mut ffi::AVFormatContext) -> Option<Self> {
        // SAFETY: by contract; as many streams as the context says, each with parameters.
        let streams = unsafe {
            let count = (*context).nb_streams as usize;
            (0..count).map(|index| *(*context).streams.add(index)).collect::<Vec<_>>()
        };
        // SAFETY: streams of the open context.
        let headers = streams.iter().map(|stream| unsafe { Known::of(&**stream) }).collect::<Option<Vec<_>>>()?;
        if !headers.iter().any(|known| matches!(known, Known::Pictures(_))) {
            return None;
        }
        // A stream alone keeps its own clock.
        let is_alone = streams.len() < 2;
        let mut taken = Vec::new();
        for (stream, known) in streams.into_iter().zip(headers) {
            // SAFETY: as above; one stream at a time is borrowed.
            let stream = unsafe { &mut *stream };
            taken.push(match known {
                Known::Pictures(header) => Taken::Pictures(Box::new(Pictures::begin(stream, &header, is_alone))),
                Known::Sound => fill_sound(stream),
                Known::Other => Taken::AsTheyCome,
            });
        }
        // SAFETY: by contract.
        unsafe { (*context).flags |= ffi::AVFMT_FLAG_NOPARSE as i32 };
        Some(Self { streams: taken, ready: VecDeque::new() })
    }

    /// From now on the rates of pictures are measured.
    pub(super) fn measure_rates(&mut self) {
        for stream in &mut self.streams {
            if let Taken::Pictures(pictures) = stream {
                pictures.measure_rate();
            }
        }
    }

    /// By stream: the rate of its pictures; `None` while one is still measured.
    pub(super) fn rates(&self) -> Option<Vec<Option<Rational>>> {
        let rate = |stream: &Taken| match stream {
            Taken::Pictures(pictures) => pictures.rate(),
            Taken::Opus(_) | Taken::AsTheyCome => Some(None),
        };
        self.streams.iter().map(rate).collect()
    }

    /// A packet that is ready.
    pub(super) fn next(&mut self) -> Option<Packet> {
        self.ready.pop_front()
    }

    /// Takes what the demuxer read.
    pub(super) fn push(&mut self, mut packet: Packet) -> Result<(), AvError> {
        let stream = packet.stream();
        self.release(stream)?;
        match self.streams.get_mut(stream) {
            Some(Taken::Pictures(pictures)) => {
                for picture in pictures.take(&packet) {
                    self.ready.push_back(pictures.packet(&picture, stream)?);
                }
                return Ok(());
            }
            Some(Taken::Opus(base)) if packet.duration() == 0 => {
                packet.set_duration(rescale(opus_samples(packet.data()), Rational::new(1, OPUS_HZ), *base));
            }
            Some(Taken::Opus(_) | Taken::AsTheyCome) | None => {}
        }
        self.ready.push_back(packet);
        Ok(())
    }

    /// Something came of `stream`: pictures of others that wait too long go on.
    fn release(&mut self, stream: usize) -> Result<(), AvError> {
        for (index, taken) in self.streams.iter_mut().enumerate().filter(|(index, _)| *index != stream) {
            let Taken::Pictures(pictures) = taken else { continue };
            for picture in pictures.overdue() {
                self.ready.push_back(pictures.packet(&picture, index)?);
            }
        }
        Ok(())
    }

    /// The input is over: what is at hand is whole. Tells whether there is any.
    pub(super) fn finish(&mut self) -> Result<bool, AvError> {
        for (stream, pictures) in self.streams.iter_mut().enumerate() {
            let Taken::Pictures(pictures) = pictures else { continue };
            for picture in pictures.rest() {
                self.ready.push_back(pictures.packet(&picture, stream)?);
            }
        }
        Ok(!self.ready.is_empty())
    }
}

/// What is known of a stream without reading from it.
enum Known {
    Pictures(SequenceHeader),
    Sound,
    /// Nothing needs to be known.
    Other,
}

impl Known {
    fn of(stream: &ffi::AVStream) -> Option<Self> {
        // SAFETY: a live stream has parameters.
        let par = unsafe { &*stream.codecpar };
        let extradata = extradata_of(par);
        let sounds = par.sample_rate > 0 && par.ch_layout.nb_channels > 0;
        match par.codec_id {
            ffi::AVCodecID::AV_CODEC_ID_H264 => SequenceHeader::read(extradata).map(Self::Pictures),
            ffi::AVCodecID::AV_CODEC_ID_AAC => (sounds && is_plain_aac(extradata)).then_some(Self::Sound),
            ffi::AVCodecID::AV_CODEC_ID_OPUS
            | ffi::AVCodecID::AV_CODEC_ID_PCM_MULAW
            | ffi::AVCodecID::AV_CODEC_ID_PCM_ALAW => sounds.then_some(Self::Sound),
            _ => (par.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_DATA).then_some(Self::Other),
        }
    }
}

/// True for a header of AAC-LC with frames of 1024 samples and without spectral band replication.
fn is_plain_aac(header: &[u8]) -> bool {
    let &[first, second, ref rest @ ..] = header else { return false };
    // Rates that have no number take more bits, which nobody sends.
    let rate_is_numbered = (first & 7, second >> 7) != (7, 1);
    let extended = match rest {
        [a, b, c, ..] => [*a, b & 0xe0] == AAC_EXTENSION && c & AAC_EXTENDED != 0,
        _ => false,
    };
    first >> 3 == AAC_LC && rate_is_numbered && second & AAC_SHORT == 0 && !extended
}

/// Samples of a packet of Opus at 48 kHz (RFC 6716, section 3.1); 0 for what is none.
fn opus_samples(packet: &[u8]) -> i64 {
    let Some(first) = packet.first() else { return 0 };
    let config = first >> 3;
    let frame = match config {
        0..12 => [480, 960, 1920, 2880][usize::from(config % 4)],
        12..16 => [480, 960][usize::from(config % 2)],
        _ => 120 << (config % 4),
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(0, |count| i64::from(count & 63)),
    };
    frame * frames
}

fn fill_sound(stream: &mut ffi::AVStream) -> Taken {
    let base = stream.time_base.into();
    // SAFETY: a live stream has parameters.
    let par = unsafe { &mut *stream.codecpar };
    let planar = ffi::AVSampleFormat::AV_SAMPLE_FMT_FLTP;
    match par.codec_id {
        ffi::AVCodecID::AV_CODEC_ID_AAC => {
            par.format = planar as i32;
            par.frame_size = AAC_FRAME;
            par.profile = i32::from(AAC_LC) - 1;
        }
        ffi::AVCodecID::AV_CODEC_ID_OPUS => {
            par.format = planar as i32;
            return Taken::Opus(base);
        }
        _ => par.format = ffi::AVSampleFormat::AV_SAMPLE_FMT_S16 as i32,
    }
    Taken::AsTheyCome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_aac_needs_no_probing() {
        // Twice what FFmpeg's encoder writes, the short form first; then what is in it.
        for plain in [&[0x11, 0x90][..], &[0x11, 0x90, 0x56, 0xe5, 0x00], &[0x15, 0x88]] {
            assert!(is_plain_aac(plain), "{plain:x?}");
        }
        // Frames of 960 samples; HE-AAC, told behind the header and in it; a rate without a number; nothing.
        let others =
            [&[0x11, 0x94][..], &[0x13, 0x10, 0x56, 0xe5, 0x9d, 0x48], &[0x2b, 0x92, 0x08, 0x00], &[0x17, 0x80], &[]];
        assert!(others.iter().all(|other| !is_plain_aac(other)));
    }

    #[test]
    fn a_packet_of_opus_tells_its_length() {
        // 20 ms of CELT; 60 ms of SILK; two frames of 10 ms, hybrid; three of 2.5 ms; nothing.
        let packets = [&[0xfc, 0][..], &[0x18], &[0x61], &[0x83, 3], &[0x83], &[]];
        assert_eq!(packets.map(opus_samples), [960, 2880, 960, 360, 0, 0]);
    }
}
