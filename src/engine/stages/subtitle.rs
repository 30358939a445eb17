//! Transcodes one subtitle stream.

use crate::av::{Packet, SubtitleFault, SubtitleTranscoder};
use crate::engine::fault::StageError;
use crate::engine::flow::{MediaPacket, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::stages::undecodable::Undecodable;

/// Decoder and encoder of one subtitle stream.
pub struct SubtitleStage {
    transcoder: SubtitleTranscoder,
    undecodable: Undecodable,
    start_us: i64,
    duration_us: Option<i64>,
}

impl SubtitleStage {
    /// `start_us` and `duration_us` are the output's `-ss` and `-t`.
    pub fn new(
        transcoder: SubtitleTranscoder,
        (start_us, duration_us): (i64, Option<i64>),
        undecodable: Undecodable,
    ) -> Self {
        Self { transcoder, undecodable, start_us, duration_us }
    }
}

impl SubtitleStage {
    fn give(&self, packets: Vec<Packet>, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        for packet in packets {
            if self.duration_us.is_some_and(|d| packet.pts().is_some_and(|p| p >= d)) {
                return Ok(Flow::Done);
            }
            out.send(0, PacketItem::Packet(MediaPacket { packet, dts_us: 0 }))?;
        }
        Ok(Flow::Continue)
    }
}

impl Stage for SubtitleStage {
    type In = PacketItem;
    type Out = PacketItem;

    fn start(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        // Subtitles may begin late: the muxer's header does not wait for them.
        let parameters =
            self.transcoder.parameters().map_err(StageError::library("read the subtitle encoder's parameters"))?;
        out.send(0, PacketItem::Ready(Box::new(parameters)))
    }

    fn step(&mut self, _port: usize, item: PacketItem, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        let PacketItem::Packet(mut media) = item else { return Ok(Flow::Continue) };
        match self.transcoder.transcode(&mut media.packet, self.start_us) {
            Ok(packets) => {
                if !packets.is_empty() {
                    self.undecodable.decoded();
                }
                return self.give(packets, out);
            }
            Err(SubtitleFault::Encoding(cause)) => {
                return Err(StageError::Failed(format!("Subtitle encoding failed: {cause}")));
            }
            Err(SubtitleFault::Decoding(cause)) => self.undecodable.met(cause)?,
        }
        Ok(Flow::Continue)
    }

    fn finish(&mut self, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        let last = self.transcoder.finish(self.start_us).map_err(StageError::library("encode the last subtitle"))?;
        self.give(last, out).map(drop)
    }
}
