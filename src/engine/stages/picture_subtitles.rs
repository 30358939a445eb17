//! Decodes subtitles for a filtergraph, which draws them.

use crate::av::SubtitleDecoder;
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::stages::undecodable::Undecodable;

/// The decoder of one stream of subtitles.
pub struct PictureSubtitles {
    decoder: SubtitleDecoder,
    undecodable: Undecodable,
}

impl PictureSubtitles {
    /// A stage with a decoder that is open.
    pub fn new(decoder: SubtitleDecoder, undecodable: Undecodable) -> Self {
        Self { decoder, undecodable }
    }
}

impl Stage for PictureSubtitles {
    type In = PacketItem;
    type Out = FrameItem;

    fn step(&mut self, _port: usize, item: PacketItem, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        match item {
            PacketItem::Packet(mut media) => match self.decoder.decode(&mut media.packet) {
                Ok(Some(subtitle)) => {
                    self.undecodable.decoded(0);
                    out.send(0, FrameItem::Subtitle(subtitle))?;
                }
                Ok(None) => {}
                Err(cause) => self.undecodable.met(cause, media.dts_us)?,
            },
            PacketItem::Heartbeat(at) => out.send(0, FrameItem::Heartbeat(at))?,
            PacketItem::Seam
            | PacketItem::Away(_)
            | PacketItem::Renew(_)
            | PacketItem::Hole(..)
            | PacketItem::Ready(_) => {}
        }
        Ok(Flow::Continue)
    }

    fn finish(&mut self, _out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        Ok(())
    }
}
