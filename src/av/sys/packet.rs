//! Packets: encoded data with its times.

use super::{error::AvError, frame::FrameOrigin, known, raw};
use crate::unit::{Rational, number::ticks_and_seconds};
use ffmpeg_sys_next as ffi;
use std::fmt;

/// What an encoder tells of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureStats {
    /// Quality, in FFmpeg's lambda units.
    pub quality: i32,
    /// The kind of picture (`I`, `P`, `B` ...); `None` when it is not told.
    pub kind: Option<char>,
    /// Sums of squared errors, by plane; empty when they were not asked for or the encoder has none.
    pub errors: Vec<u64>,
}

impl PictureStats {
    /// Reads `AV_PKT_DATA_QUALITY_STATS`: quality, kind, count of errors, two bytes of nothing, errors.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(8)?;
        let letters = [None, Some('I'), Some('P'), Some('B'), Some('S'), Some('i'), Some('p'), Some('b')];
        let errors = rest.chunks_exact(8).take(usize::from(head[5]));
        Some(Self {
            quality: i32::from_le_bytes([head[0], head[1], head[2], head[3]]),
            kind: letters.get(usize::from(head[4])).copied().flatten(),
            errors: errors.filter_map(|bytes| bytes.try_into().ok().map(u64::from_le_bytes)).collect(),
        })
    }
}

/// An owned, reference-counted `AVPacket`.
pub struct Packet(*mut ffi::AVPacket);

// SAFETY: the packet is owned by one value; its buffers are reference-counted atomically.
unsafe impl Send for Packet {}

impl Packet {
    /// An empty packet.
    pub fn new() -> Result<Self, AvError> {
        // SAFETY: no arguments; null is checked.
        let packet = unsafe { ffi::av_packet_alloc() };
        if packet.is_null() { Err(AvError::NO_MEMORY) } else { Ok(Self(packet)) }
    }

    /// A packet with a copy of `data`.
    pub fn from_bytes(data: &[u8]) -> Result<Self, AvError> {
        let packet = Self::new()?;
        let size = i32::try_from(data.len()).map_err(|_| AvError::INVALID)?;
        // SAFETY: the packet is valid and empty; the new buffer has room for `data`.
        unsafe {
            AvError::check(ffi::av_new_packet(packet.0, size))?;
            if !data.is_empty() {
                std::ptr::copy_nonoverlapping(data.as_ptr(), (*packet.0).data, data.len());
            }
        }
        Ok(packet)
    }

    /// A second reference to the same data, with times of its own.
    pub fn share(&self) -> Result<Self, AvError> {
        // SAFETY: the packet is valid.
        let packet = unsafe { ffi::av_packet_clone(self.0) };
        if packet.is_null() { Err(AvError::NO_MEMORY) } else { Ok(Self(packet)) }
    }

    /// Moves the content into a packet of its own, and leaves this one empty for use again.
    pub fn take(&mut self) -> Result<Self, AvError> {
        let taken = Self::new()?;
        // SAFETY: both packets are valid and distinct.
        unsafe { ffi::av_packet_move_ref(taken.0, self.0) };
        Ok(taken)
    }

    fn get(&self) -> &ffi::AVPacket {
        // SAFETY: never null after construction.
        unsafe { &*self.0 }
    }

    fn get_mut(&mut self) -> &mut ffi::AVPacket {
        // SAFETY: never null after construction, borrowed mutably with `self`.
        unsafe { &mut *self.0 }
    }

    /// Presentation time in ticks of the stream's time base.
    pub fn pts(&self) -> Option<i64> {
        known(self.get().pts)
    }

    /// Decoding time in ticks.
    pub fn dts(&self) -> Option<i64> {
        known(self.get().dts)
    }

    /// Length in ticks; 0 when unknown.
    pub fn duration(&self) -> i64 {
        self.get().duration
    }

    /// Sets the times.
    pub fn set_times(&mut self, pts: Option<i64>, dts: Option<i64>) {
        let packet = self.get_mut();
        packet.pts = raw(pts);
        packet.dts = raw(dts);
    }

    /// Sets the length.
    pub fn set_duration(&mut self, ticks: i64) {
        self.get_mut().duration = ticks;
    }

    /// Converts pts, dts and duration (`av_packet_rescale_ts`).
    pub fn rescale(&mut self, from: Rational, to: Rational) {
        // SAFETY: the packet is valid; the time bases are plain values.
        unsafe { ffi::av_packet_rescale_ts(self.0, from.into(), to.into()) };
    }

    /// Index of its stream.
    pub fn stream(&self) -> usize {
        usize::try_from(self.get().stream_index).unwrap_or(0)
    }

    /// Sets the index of its stream.
    pub fn set_stream(&mut self, index: usize) {
        self.get_mut().stream_index = i32::try_from(index).unwrap_or(i32::MAX);
    }

    /// True for a packet that decoding can start with.
    pub fn is_key(&self) -> bool {
        self.get().flags & ffi::AV_PKT_FLAG_KEY != 0
    }

    /// Marks the packet as made by this process, and not read from anywhere.
    pub fn trust(&mut self) {
        self.get_mut().flags |= ffi::AV_PKT_FLAG_TRUSTED;
    }

    /// Marks a packet that decoding can start with.
    pub(crate) fn set_key(&mut self) {
        self.get_mut().flags |= ffi::AV_PKT_FLAG_KEY;
    }

    /// True when the demuxer found the data damaged.
    pub fn is_corrupt(&self) -> bool {
        self.get().flags & ffi::AV_PKT_FLAG_CORRUPT != 0
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        usize::try_from(self.get().size).unwrap_or(0)
    }

    /// What it takes in memory with its headers, about; in bytes.
    pub fn footprint(&self) -> usize {
        self.size() + 256
    }

    /// The data.
    pub fn data(&self) -> &[u8] {
        let packet = self.get();
        if packet.data.is_null() || packet.size <= 0 {
            return &[];
        }
        // SAFETY: `data` holds `size` bytes for as long as the packet is not changed.
        unsafe { std::slice::from_raw_parts(packet.data, self.size()) }
    }

    /// Position in the input in bytes, where known.
    pub fn position(&self) -> Option<i64> {
        (self.get().pos >= 0).then_some(self.get().pos)
    }

    /// A packet with the same properties and these bytes before its own.
    pub fn behind(&self, bytes: &[u8]) -> Result<Self, AvError> {
        let whole = Self::from_bytes(&[bytes, self.data()].concat())?;
        // SAFETY: both packets are valid; the properties are copied.
        AvError::check(unsafe { ffi::av_packet_copy_props(whole.0, self.0) })?;
        Ok(whole)
    }

    /// Remembers the decoded frame that it comes from.
    pub fn set_origin(&mut self, origin: FrameOrigin) -> Result<(), AvError> {
        // SAFETY: the packet is valid and owns its field.
        unsafe { origin.put(&mut (*self.0).opaque_ref) }
    }

    /// The decoded frame that it comes from, where that was remembered.
    pub fn origin(&self) -> Option<FrameOrigin> {
        // SAFETY: the packet is valid; nothing else puts buffers into the field.
        unsafe { FrameOrigin::of(self.get().opaque_ref) }
    }

    /// Tells who gets it that the codec's header has changed.
    pub fn announce_extradata(&mut self, extradata: &[u8]) -> Result<(), AvError> {
        // SAFETY: the packet is valid; the new entry has room for the bytes.
        unsafe {
            let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_NEW_EXTRADATA;
            let data = ffi::av_packet_new_side_data(self.0, kind, extradata.len());
            if data.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            std::ptr::copy_nonoverlapping(extradata.as_ptr(), data, extradata.len());
        }
        Ok(())
    }

    /// Samples that a decoder is to leave out at its beginning and at its end.
    pub fn trimmed_samples(&self) -> (u32, u32) {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_SKIP_SAMPLES;
        let mut size = 0;
        // SAFETY: the packet is valid; the data has as many bytes as is said.
        let data = unsafe {
            let data = ffi::av_packet_get_side_data(self.0, kind, &mut size);
            if data.is_null() { &[][..] } else { std::slice::from_raw_parts(data, size) }
        };
        let number = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
        (number(0).unwrap_or(0), number(4).unwrap_or(0))
    }

    /// It is read for its decoder's sake alone: what comes of it is left out.
    pub fn is_discarded(&self) -> bool {
        // SAFETY: a plain field of a valid packet.
        unsafe { (*self.0).flags & ffi::AV_PKT_FLAG_DISCARD as i32 != 0 }
    }

    /// Lets its decoder leave out what comes of it.
    pub fn discard(&mut self) {
        // SAFETY: a plain field of a valid packet.
        unsafe { (*self.0).flags |= ffi::AV_PKT_FLAG_DISCARD as i32 };
    }

    /// Its sender has told how its clock stands to the time of the day.
    pub fn has_producer_time(&self) -> bool {
        let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_PRFT;
        // SAFETY: the packet is valid; only whether there is any is asked.
        unsafe { !ffi::av_packet_get_side_data(self.0, kind, std::ptr::null_mut()).is_null() }
    }

    /// What the encoder tells of the picture, where it does.
    pub fn picture_stats(&self) -> Option<PictureStats> {
        let mut size = 0usize;
        // SAFETY: the packet is valid; the side data has the size reported, and lives as long as the packet.
        let bytes = unsafe {
            let data = ffi::av_packet_get_side_data(
                self.0,
                ffi::AVPacketSideDataType::AV_PKT_DATA_QUALITY_STATS,
                (&raw mut size).cast(),
            );
            if data.is_null() {
                return None;
            }
            std::slice::from_raw_parts(data, size)
        };
        PictureStats::parse(bytes)
    }

    /// Its times as `-debug_ts` shows them.
    pub fn times_text(&self, base: Rational) -> String {
        [("pkt_pts", self.pts()), ("pkt_dts", self.dts()), ("duration", Some(self.duration()))]
            .map(|(name, ticks)| ticks_and_seconds(name, ticks, base))
            .join(" ")
    }

    /// Tells of the packet, as that demuxer gave it, in FFmpeg's form, with its bytes if asked (`-dump`, `-hex`).
    pub fn dump(&self, demuxer: &super::input::Demuxer, bytes: bool) {
        if self.stream() >= demuxer.stream_count() {
            return;
        }
        // SAFETY: the packet is valid, and its stream is there.
        unsafe {
            ffi::av_pkt_dump_log2(
                std::ptr::null_mut(),
                ffi::AV_LOG_INFO as i32,
                self.0,
                i32::from(bytes),
                demuxer.stream(self.stream()),
            );
        }
    }

    pub(crate) fn as_ptr(&self) -> *const ffi::AVPacket {
        self.0
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut ffi::AVPacket {
        self.0
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::av_packet_free(&mut self.0) };
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("stream", &self.stream())
            .field("pts", &self.pts())
            .field("dts", &self.dts())
            .field("duration", &self.duration())
            .field("size", &self.size())
            .field("key", &self.is_key())
            .finish()
    }
}
