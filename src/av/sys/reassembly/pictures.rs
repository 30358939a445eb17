//! The pictures of one stream: put together, timed and measured.

use crate::av::sys::{error::AvError, packet::Packet};
use crate::h264::{DisplayOrder, Picture, PictureAssembler, SequenceHeader};
use crate::timing::{FirstClock, RateProbe, ReorderWindow, Shown};
use crate::unit::{Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
use std::time::Instant;

/// Times that are further apart than this lie on other sides of a jump, in seconds.
const JUMP_SECONDS: i64 = 2;
/// A colour property that nothing tells (ITU-T H.273).
const UNSPECIFIED: u8 = 2;
/// From one picture to the next in the order on the screen: a frame counts as two fields (ITU-T H.264, 8.2.1).
const PLACES: i64 = 2;

/// What becomes of the parts that RTP carries.
pub(super) struct Pictures {
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

impl Pictures {
    /// Those of a stream with this header, which is filled in.
    pub(super) fn begin(stream: &mut ffi::AVStream, header: &SequenceHeader, is_alone: bool) -> Self {
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

    /// From now on the rate is measured.
    pub(super) fn measure_rate(&mut self) {
        self.probe = Some(RateProbe::new(self.time_base, self.rate));
    }

    /// The rate, where there is one; `None` while it is still measured.
    pub(super) fn rate(&self) -> Option<Option<Rational>> {
        self.probe.is_none().then_some(self.rate)
    }

    /// Takes the next part; gives the pictures that are over now.
    pub(super) fn take(&mut self, part: &Packet) -> Vec<Picture> {
        let (pictures, pts) = (self.assembler.push(part.data(), part.pts()), part.pts());
        let told_before = std::mem::replace(&mut self.told, self.first_clock.is_some() && part.has_producer_time());
        let told = |picture: &Picture| if picture.pts == pts { self.told } else { told_before };
        let pictures: Vec<_> = pictures.into_iter().map(|picture| (told(&picture), picture)).collect();
        pictures.into_iter().flat_map(|(told, picture)| self.in_one_clock(picture, told)).collect()
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> Vec<Picture> {
        let last = self.assembler.finish();
        let mut pictures: Vec<_> = last.into_iter().flat_map(|picture| self.in_one_clock(picture, self.told)).collect();
        pictures.extend(self.held());
        pictures
    }

    /// The pictures that have waited for their clock for too long.
    pub(super) fn overdue(&mut self) -> Vec<Picture> {
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

    /// The packet of a picture, with its decoding time and length.
    pub(super) fn packet(&mut self, picture: &Picture, stream: usize) -> Result<Packet, AvError> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
