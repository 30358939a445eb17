//! Pictures that are handed on as soon as they are whole, where libavformat would wait until the next one begins.

use super::{error::AvError, extradata_of, packet::Packet};
use crate::h264::{DisplayOrder, Picture, PictureAssembler, SequenceHeader};
use crate::timing::{FirstClock, RateProbe, ReorderWindow, Shown};
use crate::unit::{Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::collections::VecDeque;
use std::ffi::c_int;
use std::time::Instant;

/// Times that are further apart than this lie on other sides of a jump, in seconds.
const JUMP_SECONDS: i64 = 2;
/// The object type of AAC-LC in the first five bits of its header (ISO/IEC 14496-3).
const AAC_LC: u8 = 2;
/// In that header: a frame has 960 samples; what tells of an extension begins; it is in use.
const AAC_SHORT: u8 = 0x04;
const AAC_EXTENSION: [u8; 2] = [0x56, 0xe0];
const AAC_EXTENDED: u8 = 0x80;
/// A colour property that nothing tells (ITU-T H.273).
const UNSPECIFIED: u8 = 2;
/// The rate of Opus's clock, whatever was encoded.
const OPUS_HZ: i32 = 48_000;
/// From one picture to the next in the order on the screen: a frame counts as two fields (ITU-T H.264, 8.2.1).
const PLACES: i64 = 2;
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

struct Pictures {
    assembler: PictureAssembler,
    reorder: ReorderWindow,
    time_base: Rational,
    /// The sequence parameter set in force; empty while it is that of the description.
    sequence: Vec<u8>,
    /// The rate that the sequence parameter set tells, and the one that holds: the same until it is measured.
    told_rate: Option<Rational>,
    rate: Option<Rational>,
    /// Until the rate is measured, where it is to be.
    probe: Option<RateProbe>,
    /// How pictures tell their order, which is otherwise that of decoding; and where the last one was.
    order: Option<DisplayOrder>,
    place: i64,
    /// Until the sender's clock is known, where there are others beside it.
    first_clock: Option<FirstClock<Picture>>,
    begun: Instant,
    /// The last part came by a clock that its sender had told.
    told: bool,
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
                pictures.probe = Some(RateProbe::new(pictures.time_base, pictures.rate));
            }
        }
    }

    /// By stream: the rate of its pictures; `None` while one is still measured.
    pub(super) fn rates(&self) -> Option<Vec<Option<Rational>>> {
        let rate = |stream: &Taken| match stream {
            Taken::Pictures(pictures) if pictures.probe.is_some() => None,
            Taken::Pictures(pictures) => Some(pictures.rate),
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

impl Pictures {
    fn begin(stream: &mut ffi::AVStream, header: &SequenceHeader, is_alone: bool) -> Self {
        let base = Rational::from(stream.time_base);
        if let Some(rate) = header.frame_rate {
            stream.avg_frame_rate = rate.into();
            stream.r_frame_rate = rate.into();
        }
        if let Some(aspect) = header.sample_aspect_ratio {
            stream.sample_aspect_ratio = aspect.into();
        }
        // SAFETY: a live stream has parameters.
        fill_pictures(unsafe { &mut *stream.codecpar }, header);
        let jump = rescale(JUMP_SECONDS, Rational::new(1, 1), base);
        Self {
            assembler: PictureAssembler::default(),
            reorder: ReorderWindow::new(header.reorder, jump),
            time_base: base,
            sequence: Vec::new(),
            told_rate: header.frame_rate,
            rate: header.frame_rate,
            probe: None,
            order: header.order.filter(|_| header.reorder > 0),
            place: 0,
            first_clock: (!is_alone && (header.reorder == 0 || header.order.is_some()))
                .then(|| FirstClock::new(header.frame_rate.map(|rate| (rescale(1, rate.inverse(), base), PLACES)))),
            begun: Instant::now(),
            told: false,
        }
    }

    /// Takes the next part; gives the pictures that are over now.
    fn take(&mut self, part: &Packet) -> Vec<Picture> {
        let (pictures, pts) = (self.assembler.push(part.data(), part.pts()), part.pts());
        let told_before = std::mem::replace(&mut self.told, self.first_clock.is_some() && part.has_producer_time());
        let told = |picture: &Picture| if picture.pts == pts { self.told } else { told_before };
        let pictures: Vec<_> = pictures.into_iter().map(|picture| (told(&picture), picture)).collect();
        pictures.into_iter().flat_map(|(told, picture)| self.in_one_clock(picture, told)).collect()
    }

    /// What is left at the end.
    fn rest(&mut self) -> Vec<Picture> {
        let last = self.assembler.finish();
        let mut pictures: Vec<_> = last.into_iter().flat_map(|picture| self.in_one_clock(picture, self.told)).collect();
        pictures.extend(self.held());
        pictures
    }

    /// The pictures that have waited for their clock for too long.
    fn overdue(&mut self) -> Vec<Picture> {
        let Some(clock) = &mut self.first_clock else { return Vec::new() };
        let given = clock.pass_time(microseconds(self.begun));
        if clock.is_over() {
            self.first_clock = None;
        }
        given.into_iter().map(|(picture, _)| picture).collect()
    }

    /// The pictures that wait for their clock, which is no longer waited for.
    fn held(&mut self) -> Vec<Picture> {
        let held = self.first_clock.take().map(|mut clock| clock.finish()).unwrap_or_default();
        held.into_iter().map(|(picture, _)| picture).collect()
    }

    /// Lets a picture wait for the clock that holds for it.
    fn in_one_clock(&mut self, picture: Picture, told: bool) -> Vec<Picture> {
        let order = match self.order {
            Some(order) if self.first_clock.is_some() => order.read(&picture.data),
            _ => Some(self.place + PLACES),
        };
        let (Some(clock), Some(pts), Some(place)) = (&mut self.first_clock, picture.pts, order) else {
            return self.held().into_iter().chain([picture]).collect();
        };
        self.place = place;
        let shown = Shown { pts, order: place, key: picture.key, told };
        let distance = |from, to| self.order.map_or(to - from, |order| order.distance(from, to));
        let given = clock.push(picture, shown, microseconds(self.begun), distance);
        let is_over = clock.is_over();
        if let Some((_, first)) = given.first().filter(|(first, pts)| first.pts != Some(*pts) || (is_over && shown.key))
        {
            // What came before went by another clock.
            self.reorder.restart(*first);
        }
        if is_over {
            self.first_clock = None;
        }
        given.into_iter().map(|(picture, pts)| Picture { pts: Some(pts), ..picture }).collect()
    }

    /// Descriptions may be out of date, and senders change in mid-stream: what comes with the pictures holds.
    fn follow(&mut self, sequence: &[u8]) {
        if self.sequence == sequence {
            return;
        }
        sequence.clone_into(&mut self.sequence);
        if let Some(header) = SequenceHeader::of_set(sequence) {
            self.reorder.set_depth(header.reorder);
            self.order = header.order.filter(|_| header.reorder > 0);
            if self.told_rate != header.frame_rate {
                (self.told_rate, self.rate) = (header.frame_rate, header.frame_rate);
            }
        }
    }

    fn packet(&mut self, picture: &Picture, stream: usize) -> Result<Packet, AvError> {
        if let Some(sequence) = &picture.sequence {
            self.follow(sequence);
        }
        if let Some(probe) = &mut self.probe
            && let Some(rate) = picture.pts.and_then(|pts| probe.push(pts))
        {
            self.rate = Some(rate);
            self.probe = None;
        }
        let mut packet = Packet::from_bytes(&picture.data)?;
        packet.set_stream(stream);
        packet.set_times(picture.pts, picture.pts.and_then(|pts| self.reorder.dts(pts)));
        packet.set_duration(self.rate.map_or(0, |rate| rescale(1, rate.inverse(), self.time_base)));
        if picture.key {
            packet.set_key();
        }
        Ok(packet)
    }
}

/// How long ago that was, in microseconds.
fn microseconds(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX)
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

fn fill_pictures(par: &mut ffi::AVCodecParameters, header: &SequenceHeader) {
    par.width = i32::try_from(header.width).unwrap_or(0);
    par.height = i32::try_from(header.height).unwrap_or(0);
    par.profile = header.profile;
    par.level = header.level.into();
    par.video_delay = i32::try_from(header.reorder).unwrap_or(0);
    par.sample_aspect_ratio = header.sample_aspect_ratio.unwrap_or(Rational::UNKNOWN).into();
    par.field_order = ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE;
    // libavcodec's H.264 decoder marks the full range in the format too.
    par.format = match header.full_range {
        Some(true) => ffi::AVPixelFormat::AV_PIX_FMT_YUVJ420P,
        _ => ffi::AVPixelFormat::AV_PIX_FMT_YUV420P,
    } as i32;
    par.color_range = match header.full_range {
        Some(true) => ffi::AVColorRange::AVCOL_RANGE_JPEG,
        Some(false) => ffi::AVColorRange::AVCOL_RANGE_MPEG,
        None => ffi::AVColorRange::AVCOL_RANGE_UNSPECIFIED,
    };
    let [primaries, transfer, matrix] = header.colours.unwrap_or([UNSPECIFIED; 3]);
    let known = |number, most: u8| if number != 3 && number <= most { number } else { UNSPECIFIED };
    let told = |number| if number == 0 { UNSPECIFIED } else { number };
    // SAFETY: C enums without a gap but at 3 up to the greatest number let through, of the same size.
    unsafe {
        (&raw mut par.color_primaries).cast::<c_int>().write(known(told(primaries), 12).into());
        (&raw mut par.color_trc).cast::<c_int>().write(known(told(transfer), 18).into());
        (&raw mut par.color_space).cast::<c_int>().write(known(matrix, 14).into());
        // FFmpeg counts from 1, for what is not told.
        let location = c_int::try_from(header.chroma_location.min(5)).unwrap_or(0) + 1;
        (&raw mut par.chroma_location).cast::<c_int>().write(location);
    }
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

    /// 1920x1080, two pictures out of order, 25 a second.
    const REORDERED: [u8; 30] = [
        0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x5a, 0x80, 0x80, 0x80, 0xa0, 0x00,
        0x00, 0x03, 0x00, 0x20, 0x00, 0x00, 0x06, 0x41, 0xe3, 0x06, 0x32, 0xc0,
    ];

    #[test]
    fn what_comes_with_the_pictures_holds_and_not_what_the_description_said() {
        let mut pictures = Pictures {
            assembler: PictureAssembler::default(),
            reorder: ReorderWindow::new(0, 180_000),
            time_base: Rational::new(1, 90_000),
            sequence: Vec::new(),
            told_rate: None,
            rate: None,
            probe: None,
            order: None,
            place: 0,
            first_clock: None,
            begun: Instant::now(),
            told: false,
        };
        let mut packet = |pts: i64, sequence: Option<&[u8]>| {
            let sequence = sequence.map(<[u8]>::to_vec);
            pictures.packet(&Picture { data: vec![0], pts: Some(pts), key: sequence.is_some(), sequence }, 0)
        };
        // I P B b b, at 25 a second.
        let order = [0, 4, 2, 1, 3].map(|n: i64| (n * 3600, (n == 0).then_some(&REORDERED[..])));
        let times: Vec<_> = order.into_iter().filter_map(|(pts, set)| packet(pts, set).ok()).collect();
        let dts: Vec<_> = times.iter().map(Packet::dts).collect();
        assert_eq!(dts, [None, None, Some(0), Some(3600), Some(7200)]);
        assert!(times.iter().all(|packet| packet.duration() == 3600));
    }

    #[test]
    fn a_packet_of_opus_tells_its_length() {
        // 20 ms of CELT; 60 ms of SILK; two frames of 10 ms, hybrid; three of 2.5 ms; nothing.
        let packets = [&[0xfc, 0][..], &[0x18], &[0x61], &[0x83, 3], &[0x83], &[]];
        assert_eq!(packets.map(opus_samples), [960, 2880, 960, 360, 0, 0]);
    }
}
