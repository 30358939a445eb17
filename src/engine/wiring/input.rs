//! The stages of the inputs: demuxers and the decoders behind them.

use super::settings::{
    balance_groups, copied_streams, direct_use, is_read_at_leisure, pre_roll, start_offset_us, stream_timing,
    timeline_settings,
};
use super::{AT_HAND, BATCH, BEHIND_GRAPH, Builder, Ends, FRAMES, StreamEnds, packet_room};
use crate::av::{AvError, Decoder, DecoderSettings, SubtitleDecoder};
use crate::engine::balance::{Balance, Pace, Place};
use crate::engine::flow::PacketItem;
use crate::engine::hardware::DecodersHardware;
use crate::engine::journal::Subject;
use crate::engine::link::{LinkSender, link};
use crate::engine::prepare::{OpenInputs, PrepareError};
use crate::engine::session::PeerSession;
use crate::engine::stages::decode::{DecodeSettings, DecodeStage};
use crate::engine::stages::demux::{DemuxSettings, DemuxStage, LiveInput};
use crate::engine::stages::feed::AHEAD;
use crate::engine::stages::picture_subtitles::PictureSubtitles;
use crate::facts::{InputFacts, MediaKind};
use crate::plan::{DecoderThreads, Plan, has_flag};
use crate::spec::InputGap;
use crate::timing::{Pacer, Timeline};
use std::sync::Arc;

impl Builder<'_> {
    pub(super) fn inputs(
        &mut self,
        plan: &Plan,
        inputs: OpenInputs,
        balance: &Balance,
        (mut ends, mut hardware): (Ends, DecodersHardware),
    ) -> Result<(), PrepareError> {
        let seldom = &inputs.spec.global.seldom;
        self.commands.set_qp_histogram(seldom.qp_histogram);
        self.commands.set_dump(if seldom.dump_packets { 1 + u8::from(seldom.dump_bytes) } else { 0 });
        let tells_origins = plan.outputs.iter().flat_map(|o| &o.streams).any(|s| s.stats.is_any());
        let groups = balance_groups(plan);
        let direct = |input| direct_use(plan, input);
        let pace = |input: usize| match &plan.inputs[input] {
            input if input.session.is_some() => Pace::Live,
            input if input.read_rate.is_some() => Pace::Paced,
            _ => Pace::Free,
        };
        let places: Vec<Place> =
            groups.iter().enumerate().map(|(input, group)| balance.join(*group, direct(input), pace(input))).collect();
        let at_leisure: Vec<bool> = (0..plan.inputs.len()).map(|i| is_read_at_leisure(plan, &inputs, i)).collect();
        let OpenInputs { spec, facts, demuxers, openings, .. } = inputs;
        let parts = demuxers.into_iter().zip(facts).zip(places).zip(openings).enumerate();
        for (index, (((demuxer, facts), place), opening)) in parts {
            let input = &plan.inputs[index];
            if !input.streams.iter().any(|s| s.used) {
                continue;
            }
            let mut links: Vec<Vec<LinkSender<PacketItem>>> = Vec::new();
            let mut heartbeats = Vec::new();
            for (stream, stream_plan) in input.streams.iter().enumerate() {
                let StreamEnds { mut packets, frames } = ends.inputs.remove(&(index, stream)).unwrap_or_default();
                if let (Some(decode), false) = (&stream_plan.decode, frames.is_empty()) {
                    let typed = !spec.inputs[index].codec.is_empty();
                    let fail = |cause| decoder_failed((&decode.decoder, typed), (index, stream), &facts, cause);
                    let parameters = demuxer.parameters(stream).map_err(fail)?;
                    let waiting = spec.inputs[index].thread_queue_size;
                    let mut room = packet_room(waiting);
                    if !input.is_timed() && waiting.is_none() {
                        room.bytes = AT_HAND;
                    }
                    let (senders, inlet) = link::<PacketItem>(room, 1);
                    packets.extend(senders);
                    let mut undecodable = self.undecodable((index, stream), spec.global.exit_on_error);
                    if input.start_us.is_some() {
                        undecodable = undecodable.behind_a_seek(&facts.format);
                    }
                    if facts.streams[stream].kind == MediaKind::Subtitle {
                        let decoder = SubtitleDecoder::open(&parameters, decode).map_err(fail)?;
                        let stage = PictureSubtitles::new(decoder, undecodable);
                        self.stage(format!("decode {index}:{stream}"), stage, inlet, vec![frames])?;
                        heartbeats.push(stream);
                        links.push(packets);
                        continue;
                    }
                    let hardware = hardware.remove(&(index, stream)).unwrap_or_default();
                    let hardware = hardware.with_under_way(under_way(plan, (index, stream)));
                    let keeps_margins = !stream_plan.cropping.by_codec();
                    let settings = DecoderSettings {
                        name: decode.decoder.clone(),
                        options: decode.options.clone(),
                        bitexact: decode.bitexact,
                        threads: if at_leisure[index] && hardware.wanted().is_none() {
                            decode.threads
                        } else {
                            DecoderThreads::Usual
                        },
                        hardware: hardware.clone(),
                        keeps_margins,
                    };
                    let (decoder, _) = Decoder::open(&parameters, &settings).map_err(fail)?;
                    let settings = DecodeSettings {
                        url: facts.url.clone(),
                        kind: facts.streams[stream].kind,
                        time_base: facts.streams[stream].time_base,
                        forced_frame_rate: stream_plan.forced_frame_rate,
                        frame_rate: parameters.frame_rate,
                        sample_aspect_ratio: parameters.sample_aspect_ratio,
                        top_field_first: stream_plan.top_field_first,
                        counts_sound: facts.counts_time && !spec.inputs[index].takes_arrival_for_time(),
                        tells_origins,
                        keeps_last: input.session.is_some() && input.on_gap == InputGap::Freeze,
                        hardware,
                        keeps_margins,
                    };
                    let oversight = self.oversight(settings.kind, (index, stream));
                    let stage = DecodeStage::new(decoder, settings, undecodable);
                    let stage = stage.overseen(oversight);
                    let name = format!("decode {index}:{stream}");
                    let staged = self.staged(&name, stage, inlet, vec![frames]);
                    match self.guests.remove(&(index, stream)) {
                        Some(guest) => self.run_with_guest(name, staged, guest)?,
                        None => self.run(name, staged)?,
                    }
                }
                links.push(packets);
            }
            let offset_us = start_offset_us(input, &facts, &spec.global);
            let timeline = Timeline::new(
                timeline_settings(offset_us, &facts, &spec.global, pre_roll(plan, index, &facts)),
                facts
                    .streams
                    .iter()
                    .zip(copied_streams(plan, index))
                    .map(|(stream, copied)| stream_timing(&demuxer, (&facts.format, stream), input, copied))
                    .collect(),
            );
            let used: Vec<bool> = input.streams.iter().map(|s| s.used).collect();
            // Packets keep the times that their container tells then, of which many have none.
            let times_stay_unknown = has_flag(&opening.options, "fflags", "nofillin");
            let live = input.session.map(|session| {
                let subject = Subject { is_input: true, index, url: facts.url.clone() };
                let meter = Arc::clone(&self.meter.inputs[index].session);
                let peer = PeerSession::new(session, subject, self.sessions.clone(), meter);
                let freezes = input.on_gap == InputGap::Freeze;
                LiveInput::new(peer, (opening, freezes), (&demuxer, &facts), &used, copied_streams(plan, index))
            });
            let settings = DemuxSettings {
                used,
                heartbeats,
                keep_times: spec.global.copy_timestamps,
                reads_a_part: times_stay_unknown
                    || input.starts_behind_end
                    || input.streams.iter().any(|s| s.used && s.discard.is_some_and(|what| what > 0)),
                commands: self.commands.clone(),
                debug_timestamps: spec.global.seldom.debug_timestamps,
                loops: input.stream_loop,
                pacer: input.read_rate.map(|r| Pacer::new(r.rate, r.initial_burst_us).catching_up(r.catch_up)),
                restart_us: facts.start_time_us.unwrap_or(0),
                times_are_arrivals: spec.inputs[index].takes_arrival_for_time(),
                listens: input.listens,
                exit_on_error: spec.global.exit_on_error,
                facts,
            };
            // What is read as fast as it can be may cross in batches; what is paced or arrives live may not. Within a thread
            // there is nobody to wake, and a packet is written while the cache still has it.
            let batch = if at_leisure[index] && self.joined.is_none() { BATCH } else { 1 };
            let meter = Arc::clone(&self.meter.inputs[index]);
            let mut source = DemuxStage::new(demuxer, settings, timeline, (self.clock, place), meter);
            if let Some(live) = live {
                source = source.with_session(live);
            }
            self.source(format!("demux {index}"), source, links, batch)?;
        }
        Ok(())
    }
}

/// How many decoded pictures may be under way to the encoders and filters that take them: in links, queues and hands.
fn under_way(plan: &Plan, source: (usize, usize)) -> usize {
    let queued = plan.graphs.iter().any(|graph| graph.inputs.iter().any(|pad| pad.source.input() == Some(source)));
    let ahead = if queued { AHEAD } else { 0 };
    // One in the filtergraph's hands, and the one that may stand for an input that is away.
    FRAMES.items + ahead + BEHIND_GRAPH + 2
}

/// Why a decoder does not open; where one was typed for a stream of another codec, with what to do about that.
pub(super) fn decoder_failed(
    (decoder, typed): (&str, bool),
    (input, stream): (usize, usize),
    facts: &InputFacts,
    cause: AvError,
) -> PrepareError {
    let codec = &facts.streams[stream].codec;
    let mut message = format!(
        "Error while opening decoder {decoder} for input stream #{input}:{stream} ({codec}) of {}: {cause}",
        facts.url
    );
    if typed && codec != decoder && cause == AvError::INVALID {
        message.push_str(&format!(". It holds {codec}: name no decoder before -i, and one is found."));
    }
    PrepareError::Failed(message)
}
