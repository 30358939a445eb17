//! Decodes subtitles for a filtergraph, which draws them.

use crate::av::SubtitleDecoder;
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::meter::InputMeter;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// The decoder of one stream of subtitles.
pub struct PictureSubtitles {
    decoder: SubtitleDecoder,
    index: (usize, usize),
    meter: Arc<InputMeter>,
}

impl PictureSubtitles {
    /// `index`: input and stream, for messages.
    pub fn new(decoder: SubtitleDecoder, index: (usize, usize), meter: Arc<InputMeter>) -> Self {
        Self { decoder, index, meter }
    }
}

impl Stage for PictureSubtitles {
    type In = PacketItem;
    type Out = FrameItem;

    fn step(&mut self, _port: usize, item: PacketItem, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        match item {
            PacketItem::Packet(mut media) => match self.decoder.decode(&mut media.packet) {
                Ok(Some(subtitle)) => {
                    self.meter.frames.fetch_add(1, Relaxed);
                    out.send(0, FrameItem::Subtitle(subtitle))?;
                }
                Ok(None) => {}
                Err(error) => {
                    self.meter.decode_errors.fetch_add(1, Relaxed);
                    log::error!("Error while decoding stream #{}:{}: {error}", self.index.0, self.index.1);
                }
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
