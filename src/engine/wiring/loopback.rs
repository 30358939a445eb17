//! The stages of loopback decoders, between an encoder and the filtergraphs that take its pictures or sound again.

use super::{Builder, Ends, PACKETS};
use crate::av::DecoderSettings;
use crate::engine::flow::PacketItem;
use crate::engine::link::{Inlet, LinkSender, link};
use crate::engine::prepare::{OpenInputs, PrepareError};
use crate::engine::stages::feed::InputSettings;
use crate::engine::stages::loopback::{LoopbackSettings, LoopbackStage};
use crate::engine::stages::undecodable::Undecodable;
use crate::plan::{LoopbackPlan, Plan};
use std::sync::Arc;

impl Builder<'_> {
    /// Makes the links of all loopback decoders, for the encoders before them are wired first; gives their receiving ends.
    pub(super) fn links_of_decoders(&mut self, plan: &Plan) -> Vec<Inlet<PacketItem>> {
        let links = plan.decoders.iter().map(|_| link::<PacketItem>(PACKETS, 1));
        let (senders, inlets): (Vec<_>, Vec<_>) = links.unzip();
        self.decoders = senders;
        inlets
    }

    /// The links to the loopback decoders of an encoder's packets.
    pub(super) fn loopback_takers(&mut self, plan: &Plan, leader: (usize, usize)) -> Vec<LinkSender<PacketItem>> {
        let decoders = plan.decoders.iter().zip(&mut self.decoders);
        let led = decoders.filter(|(decoder, _)| plan.encoder_of(decoder.stream) == leader);
        led.flat_map(|(_, senders)| senders.drain(..)).collect()
    }

    /// The stages, before the filtergraphs that they feed.
    pub(super) fn loopback_decoders(
        &mut self,
        plan: &Plan,
        inputs: &OpenInputs,
        inlets: Vec<Inlet<PacketItem>>,
        ends: &mut Ends,
    ) -> Result<(), PrepareError> {
        let tells_origins = plan.outputs.iter().flat_map(|o| &o.streams).any(|s| s.stats.is_any());
        for (number, (decoder, inlet)) in plan.decoders.iter().zip(inlets).enumerate() {
            let label = format!("dec:{number}");
            // What an input's packets do not decode to is that input's damage; an encoder's packets have no such input.
            let undecodable = Undecodable::new(decoder.stream, inputs.spec.global.exit_on_error, Arc::default());
            let undecodable = undecodable.of_loopback(label.clone());
            let settings = LoopbackSettings {
                label: label.clone(),
                kind: decoder.kind,
                decoder: DecoderSettings {
                    name: decoder.decode.decoder.clone(),
                    options: decoder.decode.options.clone(),
                    bitexact: decoder.decode.bitexact,
                    ..DecoderSettings::default()
                },
                tells_origins,
            };
            let oversight = self.oversight(decoder.kind, decoder.stream);
            let stage = LoopbackStage::new(settings, undecodable, oversight);
            let frames = ends.decoders.remove(&number).unwrap_or_default();
            self.stage(format!("decode {label}"), stage, inlet, vec![frames])?;
        }
        Ok(())
    }
}

/// What a filtergraph must know of a loopback decoder that feeds it; its clock comes before its frames.
pub(super) fn graph_input(decoder: &LoopbackPlan, name: String) -> InputSettings {
    InputSettings {
        // What an encoder of sound puts before the beginning is not heard.
        trim_start_us: Some(0),
        ..InputSettings::made(decoder.kind, decoder.stream, name)
    }
}
