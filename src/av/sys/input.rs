//! Demuxers: read, seek, and what they tell while they are open.

mod display;
mod facts;
mod groups;
mod opening;
mod parameters;

pub use self::parameters::StreamParameters;

use super::{
    compat, error::AvError, extradata_of, interrupt::Interrupt, known, log, options::is_switched_on, packet::Packet,
    reassembly::Reassembly, text_of,
};
use crate::facts::MediaKind;
use crate::plan::DisplayOverride;
use ffmpeg_sys_next as ffi;
use std::ptr;
use std::time::Duration;

/// Demuxers that look through the file for timestamps when they seek.
const SOUGHT_IN_BYTES: [&str; 2] = ["mpegts", "mpeg"];

/// An open input.
pub struct Demuxer {
    context: *mut ffi::AVFormatContext,
    interrupt: Interrupt,
    reassembly: Option<Reassembly>,
    /// A packet that was read to see whether there is any.
    first: Option<Packet>,
    /// Probing has read from it, and what it read is still to come.
    keeps_probed: bool,
    /// What streams were told of how they are to be shown.
    told: Vec<(usize, DisplayOverride)>,
    /// Streams of another codec than the container says, with what it says.
    overruled: Vec<(usize, ffi::AVCodecID)>,
    /// Packets that ended with the bytes of the input before they were whole.
    incomplete: u64,
}

// SAFETY: the context is used by one owner at a time; libavformat keeps no thread-bound state in it.
unsafe impl Send for Demuxer {}

/// Our kind for FFmpeg's media type.
pub(crate) fn kind_of(kind: ffi::AVMediaType) -> MediaKind {
    match kind {
        ffi::AVMediaType::AVMEDIA_TYPE_VIDEO => MediaKind::Video,
        ffi::AVMediaType::AVMEDIA_TYPE_AUDIO => MediaKind::Audio,
        ffi::AVMediaType::AVMEDIA_TYPE_SUBTITLE => MediaKind::Subtitle,
        ffi::AVMediaType::AVMEDIA_TYPE_DATA => MediaKind::Data,
        ffi::AVMediaType::AVMEDIA_TYPE_ATTACHMENT => MediaKind::Attachment,
        _ => MediaKind::Unknown,
    }
}

impl Demuxer {
    fn get(&self) -> &ffi::AVFormatContext {
        // SAFETY: never null while the demuxer lives.
        unsafe { &*self.context }
    }

    /// What ends its blocking I/O.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// The codec's header of a stream, or the bytes of an attachment; empty when it has none.
    pub fn extradata(&self, index: usize) -> &[u8] {
        // SAFETY: a live stream's parameters, which live as long as the demuxer.
        extradata_of(unsafe { &*self.codec_parameters(index) })
    }

    /// Number of streams now; some formats add streams while they are read.
    pub fn stream_count(&self) -> usize {
        self.get().nb_streams as usize
    }

    /// A stream, which is there.
    pub(crate) fn stream(&self, index: usize) -> *mut ffi::AVStream {
        assert!(index < self.stream_count(), "stream {index} of {}", self.stream_count());
        // SAFETY: the index is below the count.
        unsafe { *self.get().streams.add(index) }
    }

    pub(crate) fn context(&self) -> *mut ffi::AVFormatContext {
        self.context
    }

    fn codec_parameters(&self, index: usize) -> *mut ffi::AVCodecParameters {
        // SAFETY: a live stream always has parameters.
        unsafe { (*self.stream(index)).codecpar }
    }

    /// Prints the input as ffmpeg does (`av_dump_format`).
    pub fn dump(&self, index: usize) {
        if self.format().is_some() {
            // SAFETY: the context is open; the URL is a valid string.
            unsafe { ffi::av_dump_format(self.context, index as i32, (*self.context).url, 0) };
        }
    }

    /// Gives a stream of sound of at most `most` channels and no layout the usual layout of that many; tells which.
    pub fn guess_layout(&mut self, index: usize, most: i32) -> Option<String> {
        // SAFETY: a live stream's own parameters.
        unsafe {
            let layout = &mut (*self.codec_parameters(index)).ch_layout;
            let channels = layout.nb_channels;
            if layout.order != ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC || channels == 0 || channels > most {
                return None;
            }
            ffi::av_channel_layout_default(layout, channels);
            (layout.order != ffi::AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC).then(|| compat::layout_name(layout))
        }
    }

    /// Wrap-around of a stream's timestamps in bits (33 for MPEG-TS, 64 for none).
    pub fn wrap_bits(&self, index: usize) -> u32 {
        // SAFETY: a live stream.
        u32::try_from(unsafe { (*self.stream(index)).pts_wrap_bits }).unwrap_or(64)
    }

    /// Samples per packet of an audio stream's codec, or 0.
    pub fn frame_samples(&self, index: usize) -> i32 {
        // SAFETY: a live stream.
        unsafe { (*self.codec_parameters(index)).frame_size }
    }

    /// Samples that an audio packet of `bytes` holds, or 0 (`av_get_audio_frame_duration2`).
    pub fn packet_samples(&self, index: usize, bytes: usize) -> i32 {
        // SAFETY: a live stream's parameters.
        unsafe {
            ffi::av_get_audio_frame_duration2(self.codec_parameters(index), i32::try_from(bytes).unwrap_or(i32::MAX))
        }
    }

    /// Closes the input, so that the port it listens on and the like are free: it ends and has no streams any more. What they were
    /// told stays.
    pub fn close(&mut self) -> Result<(), AvError> {
        // SAFETY: what is closed is owned, and closes the I/O it opened; a context that was never opened takes its place.
        unsafe {
            let closed = ffi::avformat_alloc_context();
            if closed.is_null() {
                return Err(AvError::NO_MEMORY);
            }
            ffi::avformat_close_input(&mut self.context);
            self.context = closed;
        }
        (self.reassembly, self.first) = (None, None);
        Ok(())
    }

    /// The format, while the input is open.
    fn format(&self) -> Option<&ffi::AVInputFormat> {
        // SAFETY: null, or a static of the library.
        unsafe { self.get().iformat.as_ref() }
    }

    /// Seeks so that reading begins at or before `timestamp_us`.
    pub fn seek_us(&mut self, timestamp_us: i64) -> Result<(), AvError> {
        if self.format().is_none() {
            return Err(AvError::EOF);
        }
        // SAFETY: the context is open.
        AvError::check(unsafe { ffi::avformat_seek_file(self.context, -1, i64::MIN, timestamp_us, timestamp_us, 0) })
            .map(drop)
    }

    /// Goes back to the beginning, which lies at `start_us`. Where timestamps are looked for in the bytes, a keyframe that is shown
    /// later than something else begins would be passed over.
    pub fn rewind(&mut self, start_us: i64) -> Result<(), AvError> {
        let by_bytes = self.format().is_some_and(|format| {
            let no_bytes = format.flags & ffi::AVFMT_NO_BYTE_SEEK as i32 != 0;
            // SAFETY: a format has a name.
            !no_bytes && SOUGHT_IN_BYTES.contains(&unsafe { text_of(format.name) }.as_str())
        });
        // SAFETY: the context is open.
        let to_first_byte =
            || unsafe { ffi::avformat_seek_file(self.context, -1, 0, 0, 0, ffi::AVSEEK_FLAG_BYTE as i32) };
        if by_bytes && to_first_byte() >= 0 { Ok(()) } else { self.seek_us(start_us) }
    }

    /// The format seeks by presentation time, so that no allowance for reordering is needed.
    pub fn seeks_to_pts(&self) -> bool {
        self.format().is_some_and(|format| format.flags & ffi::AVFMT_SEEK_TO_PTS as i32 != 0)
    }

    /// Switches a stream off in the demuxer, or on but for what `discard` (FFmpeg's number, or one above it) leaves out.
    pub fn set_discarded(&mut self, index: usize, discarded: bool, discard: Option<i32>) {
        let what = match discard {
            _ if discarded => ffi::AVDiscard::AVDISCARD_ALL,
            None => ffi::AVDiscard::AVDISCARD_DEFAULT,
            Some(48..) => ffi::AVDiscard::AVDISCARD_ALL,
            Some(32..) => ffi::AVDiscard::AVDISCARD_NONKEY,
            Some(24..) => ffi::AVDiscard::AVDISCARD_NONINTRA,
            Some(16..) => ffi::AVDiscard::AVDISCARD_BIDIR,
            Some(8..) => ffi::AVDiscard::AVDISCARD_NONREF,
            Some(0..) => ffi::AVDiscard::AVDISCARD_DEFAULT,
            Some(_) => ffi::AVDiscard::AVDISCARD_NONE,
        };
        // SAFETY: a live stream.
        unsafe { (*self.stream(index)).discard = what };
    }

    /// The streams of which the container says another codec than the decoder that was forced on them, with that codec's name.
    pub fn overruled(&self) -> Vec<(usize, String)> {
        // SAFETY: names of codecs are static strings.
        self.overruled.iter().map(|(index, id)| (*index, unsafe { text_of(ffi::avcodec_get_name(*id)) })).collect()
    }

    /// Takes a stream for one of another kind (`-recast_media`).
    pub fn recast(&mut self, index: usize, kind: MediaKind, codec_id: u32) {
        // SAFETY: a live stream's own parameters.
        unsafe {
            let par = &mut *self.codec_parameters(index);
            par.codec_type = super::catalog::media_type(kind);
            par.codec_id = super::catalog::codec_id_of(codec_id);
        }
    }

    /// The time of day at which the input began, in microseconds, where the container tells.
    pub fn start_time_realtime_us(&self) -> Option<i64> {
        known(self.get().start_time_realtime)
    }

    /// Reads the next packet, or [`AvError::EOF`].
    pub fn read(&mut self) -> Result<Packet, AvError> {
        if let Some(packet) = self.first.take() {
            return Ok(packet);
        }
        let Some(mut reassembly) = self.reassembly.take() else { return self.read_as_it_comes() };
        let packet = self.read_whole(&mut reassembly);
        self.reassembly = Some(reassembly);
        packet
    }

    /// True when anything has come, at the latest within `limit`. What probing waited for is not waited for again.
    pub fn has_begun(&mut self, limit: Duration) -> bool {
        self.interrupt.begin(Some(if self.keeps_probed { Duration::ZERO } else { limit }));
        // What is kept comes even though time is up.
        while self.first.is_none() {
            self.first = match self.read() {
                Err(AvError::AGAIN) if !self.interrupt.is_tripped() => continue,
                Err(_) => break,
                Ok(packet) => Some(packet),
            };
        }
        self.interrupt.begin(None);
        self.first.is_some()
    }

    /// Reads as many pictures as tell their rate, and keeps them. What cannot be told for now stays as it is.
    fn measure_rates(&mut self) {
        let Some(mut reassembly) = self.reassembly.take() else { return };
        reassembly.measure_rates();
        while reassembly.rates().is_none() && !self.interrupt.is_tripped() {
            match self.read_as_it_comes().map(|packet| reassembly.push(packet)) {
                Ok(Ok(())) | Err(AvError::AGAIN) => {}
                // The next read meets it again.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        for (index, rate) in reassembly.rates().into_iter().flatten().enumerate() {
            let Some(rate) = rate else { continue };
            // SAFETY: a live stream.
            let stream = unsafe { &mut *self.stream(index) };
            (stream.avg_frame_rate, stream.r_frame_rate) = (rate.into(), rate.into());
        }
        self.reassembly = Some(reassembly);
    }

    fn read_whole(&mut self, reassembly: &mut Reassembly) -> Result<Packet, AvError> {
        loop {
            if let Some(packet) = reassembly.next() {
                return Ok(packet);
            }
            match self.read_as_it_comes() {
                Ok(packet) => reassembly.push(packet)?,
                Err(AvError::EOF) if reassembly.finish()? => {}
                Err(cause) => return Err(cause),
            }
        }
    }

    fn read_as_it_comes(&mut self) -> Result<Packet, AvError> {
        if self.format().is_none() {
            return Err(AvError::EOF);
        }
        let mut packet = Packet::new()?;
        let before = log::incomplete_packets();
        // SAFETY: the context is open; the packet is empty.
        let read = AvError::check(unsafe { ffi::av_read_frame(self.context, packet.as_mut_ptr()) });
        self.incomplete += log::incomplete_packets() - before;
        read?;
        let index = packet.stream();
        // SAFETY: a packet's stream is one of the context's, which has parameters.
        if index < self.stream_count() && compat::begins_anywhere(unsafe { &*self.codec_parameters(index) }) {
            packet.set_key();
        }
        Ok(packet)
    }

    /// Copies the side data of a stream, by this demuxer's count, to a packet. A stream that is not there has none.
    pub fn attach_stream_side_data(&self, index: usize, packet: &mut Packet) -> Result<(), AvError> {
        if index >= self.stream_count() {
            return Ok(());
        }
        // SAFETY: the stream is there and the packet valid; each entry has room for its bytes.
        unsafe {
            for (kind, bytes) in compat::stream_side_data(self.stream(index)) {
                if kind == ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX
                    || !ffi::av_packet_get_side_data(packet.as_ptr(), kind, ptr::null_mut()).is_null()
                {
                    continue;
                }
                let data = ffi::av_packet_new_side_data(packet.as_mut_ptr(), kind, bytes.len());
                if data.is_null() {
                    return Err(AvError::NO_MEMORY);
                }
                ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
            }
        }
        Ok(())
    }

    /// True when the I/O under the demuxer met an error other than the end of the file.
    pub fn io_error(&self) -> Option<AvError> {
        // SAFETY: `pb` is null or the open context's own.
        unsafe {
            let io = self.get().pb;
            let error = io.as_ref()?.error;
            (error < 0 && error != ffi::AVERROR_EOF).then_some(AvError(error))
        }
    }

    /// All bytes have been read, without an error of the I/O.
    pub fn is_at_end(&self) -> bool {
        // SAFETY: `pb` is null or the open context's own.
        unsafe { self.get().pb.as_ref() }.is_some_and(|io| io.eof_reached != 0 && io.error == 0)
    }

    /// How many packets ended with the input's bytes before they were whole, as far as libavformat tells.
    pub fn incomplete_packets(&self) -> u64 {
        self.incomplete
    }

    /// Where in the file the demuxer is, in bytes.
    pub fn position(&self) -> Option<i64> {
        // SAFETY: `pb` is null or the open context's own.
        unsafe { self.get().pb.as_mut().map(|io| ffi::avio_seek(io, 0, libc::SEEK_CUR)) }
    }

    /// The header's length is not to be believed (`-ignore_length`).
    pub fn ignores_length(&self) -> bool {
        // SAFETY: the open context, which begins with its class.
        unsafe { is_switched_on(self.context.cast(), c"ignore_length") }
    }

    /// Forces a stream's four-character code before the decoder is opened (`-tag` of an input).
    pub fn set_codec_tag(&mut self, index: usize, tag: u32) {
        // SAFETY: a live stream's own parameters.
        unsafe { (*self.codec_parameters(index)).codec_tag = tag };
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: owned; closes the I/O it opened.
        unsafe { ffi::avformat_close_input(&mut self.context) };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plan::DemuxerSettings;

    #[test]
    fn what_probing_has_read_has_begun_and_so_has_what_comes_after_probing_that_keeps_nothing() {
        for flags in ["autobsf", "nobuffer"] {
            let settings = DemuxerSettings {
                url: concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bbb.mp4").to_owned(),
                options: vec![("fflags".to_owned(), flags.to_owned())],
                find_stream_info: true,
                ..DemuxerSettings::default()
            };
            let (mut demuxer, _) = Demuxer::open(&settings, &Interrupt::new()).unwrap();
            assert!(demuxer.has_begun(Duration::from_secs(10)), "{flags:?}");
            assert!(demuxer.read().is_ok());
        }
    }
}
