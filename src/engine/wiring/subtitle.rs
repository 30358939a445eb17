//! The stages of subtitles that are transcoded, and the pictures whose keyframes split them.

use super::input::decoder_failed;
use super::{Builder, PACKETS};
use crate::av::{SubtitleFault, SubtitleShape, SubtitleTranscoder};
use crate::engine::flow::PacketItem;
use crate::engine::link::{Inlet, LinkSender, link};
use crate::engine::prepare::{OpenInputs, PrepareError};
use crate::engine::stages::subtitle::{Pulse, SubtitleSettings, SubtitleStage};
use crate::plan::{OutputPlan, Plan, Treatment};
use crate::unit::Rational;
use std::collections::BTreeMap;

/// An encoder of subtitles: its name, its options, the size of its pictures, and the streams whose keyframes split them.
pub(super) type SubtitleEncoding<'a> = (&'a str, &'a [(String, String)], Option<(i32, i32)>, &'a [usize]);

/// The links to the subtitle stages, made before what feeds them.
#[derive(Default)]
pub(super) struct SubtitleLinks {
    /// By output and stream of the subtitles: who feeds them, and the receiving end.
    stages: BTreeMap<(usize, usize), (LinkSender<PacketItem>, Inlet<PacketItem>)>,
    /// For the pictures of that output and stream.
    pulses: Vec<((usize, usize), LinkSender<PacketItem>)>,
}

impl SubtitleLinks {
    /// Those of a whole plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut links = Self::default();
        for (index, output) in plan.outputs.iter().enumerate() {
            for (number, stream) in output.streams.iter().enumerate() {
                let Treatment::Subtitle { heartbeats, .. } = &stream.treatment else { continue };
                let (senders, inlet) = link::<PacketItem>(PACKETS, 1 + heartbeats.len());
                let mut senders = senders.into_iter();
                if let Some(sender) = senders.next() {
                    links.stages.insert((index, number), (sender, inlet));
                }
                let pictures = heartbeats.iter().map(|pictures| (index, *pictures));
                links.pulses.extend(pictures.zip(senders.map(LinkSender::that_listens)));
            }
        }
        links
    }

    /// The links to the subtitles that the packets of these pictures split.
    pub(super) fn takers(&mut self, plan: &Plan, leader: (usize, usize)) -> Vec<LinkSender<PacketItem>> {
        let all = std::mem::take(&mut self.pulses);
        let (taken, left): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(pictures, _)| plan.encoder_of(*pictures) == leader);
        self.pulses = left;
        taken.into_iter().map(|(_, sender)| sender).collect()
    }
}

/// The clock of pictures: of a copy its source's, of an encoder one that it tells and that begins with the output.
fn pulse(output: &OutputPlan, pictures: usize, inputs: &OpenInputs) -> Pulse {
    let stream = &output.streams[pictures];
    match (&stream.treatment, stream.source.input()) {
        (Treatment::Copy(_), Some((input, source))) => {
            Pulse { time_base: inputs.facts[input].streams[source].time_base, offset_us: 0 }
        }
        _ => Pulse { time_base: Rational::MICROS, offset_us: output.start_us.unwrap_or(0) },
    }
}

impl Builder<'_> {
    /// The stage of one subtitle stream; gives the link that its input feeds.
    pub(super) fn subtitle(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        (encoder, options, size, heartbeats): SubtitleEncoding<'_>,
        inputs: &OpenInputs,
        senders: Vec<LinkSender<PacketItem>>,
    ) -> Result<LinkSender<PacketItem>, PrepareError> {
        let output_plan = &plan.outputs[output];
        let (input, source) = output_plan.streams[index].source.input().unwrap_or_default();
        let decode = plan.inputs[input].streams[source].decode.clone().unwrap_or_default();
        let fail = |what: &str, cause: crate::av::AvError| {
            PrepareError::Failed(format!("Error while opening {what} for output stream #{output}:{index}: {cause}"))
        };
        let parameters = inputs.demuxers[input].parameters(source).map_err(|e| fail("the input", e))?;
        let stream_plan = &plan.inputs[input].streams[source];
        let shape = SubtitleShape {
            global_header: output_plan.muxer.global_header,
            bitexact: output_plan.bitexact,
            canvas: stream_plan.canvas_size,
            size,
        };
        let (mut transcoder, leftover) = SubtitleTranscoder::open(&parameters, &decode, (encoder, options), &shape)
            .map_err(|fault| match fault {
                SubtitleFault::Decoding(cause) => {
                    let typed = !inputs.spec.inputs[input].codec.is_empty();
                    decoder_failed((&decode.decoder, typed), (input, source), &inputs.facts[input], cause)
                }
                SubtitleFault::Encoding(cause) => fail(&format!("subtitle encoder {encoder}"), cause),
            })?;
        for (key, _) in leftover.pairs() {
            log::warn!("output stream #{output}:{index}: {encoder} did not take the option '{key}'");
        }
        if stream_plan.fix_subtitle_duration {
            transcoder.end_with_next();
        }
        let settings = SubtitleSettings {
            start_us: output_plan.start_us,
            duration_us: output_plan.duration_us,
            time_base: parameters.time_base,
            pulses: heartbeats.iter().map(|pictures| pulse(output_plan, *pictures, inputs)).collect(),
        };
        let undecodable = self.undecodable((input, source), inputs.spec.global.exit_on_error);
        let stage = SubtitleStage::new(transcoder, settings, undecodable);
        let made = self.subtitles.stages.remove(&(output, index));
        let (sender, inlet) = made.ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))?;
        self.stage(format!("subtitle {output}:{index}"), stage, inlet, vec![senders])?;
        Ok(sender)
    }
}
