//! Decodes what an encoder gives: the decoder is opened when the encoder has told what it makes.

use super::decode::{DecodeSettings, DecodeStage};
use super::undecodable::Undecodable;
use crate::av::{
    Decoder, DecoderHardware, DecoderSettings, EncodedParameters, StreamParameters, rates_may_stay_unknown,
};
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, PacketItem};
use crate::engine::kernel::{Flow, Outlet, Stage};
use crate::engine::oversight::Oversight;
use crate::facts::MediaKind;
use crate::unit::Rational;

/// What the stage must know before the encoder is there.
pub struct LoopbackSettings {
    /// What filtergraphs call it: `dec:0`.
    pub label: String,
    /// Pictures or sound.
    pub kind: MediaKind,
    /// Which decoder it is, and its options.
    pub decoder: DecoderSettings,
    /// Frames remember which they are, for lines about what is made of them.
    pub tells_origins: bool,
}

/// A loopback decoder.
pub struct LoopbackStage {
    settings: LoopbackSettings,
    /// What the decoder gets when it is opened.
    equipment: Option<(Undecodable, Oversight)>,
    decode: Option<DecodeStage>,
}

impl LoopbackStage {
    /// Prepares a decoder; it is opened when the encoder has told what it makes.
    pub fn new(settings: LoopbackSettings, undecodable: Undecodable, oversight: Oversight) -> Self {
        Self { settings, equipment: Some((undecodable, oversight)), decode: None }
    }

    /// Opens the decoder. An encoder that is opened once more makes what this one can decode.
    fn open(&mut self, encoded: &EncodedParameters, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        let Some((undecodable, oversight)) = self.equipment.take() else { return Ok(()) };
        let LoopbackSettings { label, kind, decoder, tells_origins } = &self.settings;
        let subject = format!("Error while opening decoder {} for {label}", decoder.name);
        let parameters =
            StreamParameters::of_encoder(encoded).map_err(StageError::library("copy the encoder's parameters"))?;
        let (opened, _) = Decoder::open(&parameters, decoder).map_err(StageError::library(subject))?;
        let settings = DecodeSettings {
            url: label.clone(),
            kind: *kind,
            time_base: encoded.time_base,
            forced_frame_rate: None,
            frame_rate: encoded.frame_rate,
            sample_aspect_ratio: Rational::UNKNOWN,
            top_field_first: None,
            tells_origins: *tells_origins,
            has_seams: false,
            keeps_last: false,
            counts_sound: false,
            hardware: DecoderHardware::default(),
            keeps_margins: false,
        };
        self.decode = Some(DecodeStage::new(opened, settings, undecodable).overseen(oversight));
        // Later ffmpegs tell filtergraphs no rate. Where one must be known, what fills the gaps of a constant rate would go
        // by the time base instead.
        let rate = if rates_may_stay_unknown() { Rational::UNKNOWN } else { encoded.frame_rate };
        out.send(0, FrameItem::Clock(encoded.time_base, rate))
    }
}

impl Stage for LoopbackStage {
    type In = PacketItem;
    type Out = FrameItem;

    fn step(&mut self, port: usize, item: PacketItem, out: &mut Outlet<FrameItem>) -> Result<Flow, StageError> {
        match (item, &mut self.decode) {
            (PacketItem::Ready(encoded), _) => self.open(&encoded, out).map(|()| Flow::Continue),
            (PacketItem::Packet(mut media), Some(decode)) => {
                // Some decoders take only what this process made, such as pictures that lie in packets as they are.
                media.packet.trust();
                decode.step(port, PacketItem::Packet(media), out)
            }
            (item, Some(decode)) => decode.step(port, item, out),
            (_, None) => Ok(Flow::Continue),
        }
    }

    fn finish(&mut self, out: &mut Outlet<FrameItem>) -> Result<(), StageError> {
        self.decode.as_mut().map_or(Ok(()), |decode| decode.finish(out))
    }
}
