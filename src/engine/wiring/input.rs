//! The stages of the inputs: demuxers and the decoders behind them.

use super::settings::{
    balance_groups, copied_streams, direct_use, is_read_at_leisure, pre_roll, start_offset_us, stream_timing,
    timeline_settings,
};
use super::{AT_HAND, BATCH, BEHIND_GRAPH, Builder, Ends, FRAMES, StreamEnds, packet_room};
use crate::av::{AvError, Decoder, DecoderHardware, DecoderSettings, Demuxer, StreamParameters, SubtitleDecoder};
use crate::engine::balance::{Balance, Pace, Place};
use crate::engine::commands::Commands;
use crate::engine::flow::{FrameItem, PacketItem};
use crate::engine::hardware::DecodersHardware;
use crate::engine::journal::Subject;
use crate::engine::link::{Capacity, Inlet, LinkSender, link};
use crate::engine::prepare::{OpenInputs, PrepareError};
use crate::engine::session::PeerSession;
use crate::engine::stages::decode::{DecodeSettings, DecodeStage};
use crate::engine::stages::demux::{DemuxSettings, DemuxStage, LiveInput};
use crate::engine::stages::feed::AHEAD;
use crate::engine::stages::picture_subtitles::PictureSubtitles;
use crate::engine::stages::undecodable::Undecodable;
use crate::facts::{InputFacts, MediaKind};
use crate::plan::{DecodePlan, DecoderThreads, DemuxerSettings, InputPlan, InputStreamPlan, Plan, has_flag};
use crate::spec::{InputGap, InputSpec, JobSpec};
use crate::timing::{Pacer, Timeline};
use std::sync::Arc;

/// An opened input on its way into its stages.
struct OpenedInput<'a> {
    plan: &'a Plan,
    spec: &'a JobSpec,
    index: usize,
    demuxer: Demuxer,
    facts: InputFacts,
    /// How it was opened.
    opening: DemuxerSettings,
    /// See [`is_read_at_leisure`].
    at_leisure: bool,
}

/// The links around a decoder: what it is given, and who takes what it gives.
type DecoderLinks = (Inlet<PacketItem>, Vec<LinkSender<FrameItem>>);

impl Builder<'_> {
    /// The stages of all inputs, behind everything that they feed.
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
        let places = places(plan, balance);
        let at_leisure: Vec<bool> = (0..plan.inputs.len()).map(|i| is_read_at_leisure(plan, &inputs, i)).collect();
        let OpenInputs { spec, facts, demuxers, openings, .. } = inputs;
        let parts = demuxers.into_iter().zip(facts).zip(openings).zip(at_leisure).zip(places).enumerate();
        for (index, ((((demuxer, facts), opening), at_leisure), place)) in parts {
            if plan.inputs[index].streams.iter().any(|s| s.used) {
                let input = OpenedInput { plan, spec: &spec, index, demuxer, facts, opening, at_leisure };
                self.input(input, place, &mut ends, &mut hardware)?;
            }
        }
        Ok(())
    }

    /// The decoders of an input, and the demuxer before them.
    fn input(
        &mut self,
        input: OpenedInput<'_>,
        place: Place,
        ends: &mut Ends,
        hardware: &mut DecodersHardware,
    ) -> Result<(), PrepareError> {
        let mut links: Vec<Vec<LinkSender<PacketItem>>> = Vec::new();
        let mut heartbeats = Vec::new();
        for (stream, stream_plan) in input.plan().streams.iter().enumerate() {
            let at = (input.index, stream);
            let StreamEnds { mut packets, frames } = ends.inputs.remove(&at).unwrap_or_default();
            if let (Some(decode), false) = (&stream_plan.decode, frames.is_empty()) {
                let (senders, inlet) = link::<PacketItem>(input.room_before_decoder(), 1);
                packets.extend(senders);
                if input.facts.streams[stream].kind == MediaKind::Subtitle {
                    self.picture_subtitles(&input, stream, decode, (inlet, frames))?;
                    heartbeats.push(stream);
                } else {
                    let hardware = hardware.remove(&at).unwrap_or_default();
                    let hardware = hardware.with_under_way(under_way(input.plan, at));
                    self.decoder(&input, (stream, decode), hardware, (inlet, frames))?;
                }
            }
            links.push(packets);
        }
        self.demuxer(input, place, links, heartbeats)
    }

    /// A decoder of subtitles that are drawn on pictures.
    fn picture_subtitles(
        &mut self,
        input: &OpenedInput<'_>,
        stream: usize,
        decode: &DecodePlan,
        (inlet, frames): DecoderLinks,
    ) -> Result<(), PrepareError> {
        let fail = |cause| input.decoder_failed(stream, decode, cause);
        let parameters = input.demuxer.parameters(stream).map_err(fail)?;
        let decoder = SubtitleDecoder::open(&parameters, decode).map_err(fail)?;
        let stage = PictureSubtitles::new(decoder, self.undecodable_of(input, stream));
        self.stage(format!("decode {}:{stream}", input.index), stage, inlet, vec![frames])
    }

    /// A decoder of pictures or sound; with the filtergraph behind it where that runs in its thread.
    fn decoder(
        &mut self,
        input: &OpenedInput<'_>,
        (stream, decode): (usize, &DecodePlan),
        hardware: DecoderHardware,
        (inlet, frames): DecoderLinks,
    ) -> Result<(), PrepareError> {
        let at = (input.index, stream);
        let fail = |cause| input.decoder_failed(stream, decode, cause);
        let parameters = input.demuxer.parameters(stream).map_err(fail)?;
        let settings = input.decoder_settings(stream, decode, hardware.clone());
        let (decoder, _) = Decoder::open(&parameters, &settings).map_err(fail)?;
        let settings = input.decode_settings(stream, &parameters, hardware);
        let oversight = self.oversight(settings.kind, at);
        let stage = DecodeStage::new(decoder, settings, self.undecodable_of(input, stream)).overseen(oversight);
        let name = format!("decode {}:{stream}", input.index);
        let staged = self.staged(&name, stage, inlet, vec![frames]);
        match self.guests.remove(&at) {
            Some(guest) => self.run_with_guest(name, staged, guest),
            None => self.run(name, staged),
        }
    }

    /// What becomes of packets of an opened input that cannot be decoded.
    fn undecodable_of(&self, input: &OpenedInput<'_>, stream: usize) -> Undecodable {
        let undecodable = self.undecodable((input.index, stream), input.spec.global.exit_on_error);
        match input.plan().start_us {
            Some(_) => undecodable.behind_a_seek(&input.facts.format),
            None => undecodable,
        }
    }

    /// What reads an input, before its decoders and muxers; `heartbeats` are streams of subtitles that are drawn.
    fn demuxer(
        &mut self,
        input: OpenedInput<'_>,
        place: Place,
        links: Vec<Vec<LinkSender<PacketItem>>>,
        heartbeats: Vec<usize>,
    ) -> Result<(), PrepareError> {
        let name = format!("demux {}", input.index);
        let timeline = input.timeline();
        let live = self.live_input(&input);
        // What is read as fast as it can be may cross in batches; what is paced or arrives live may not. Within a thread
        // there is nobody to wake, and a packet is written while the cache still has it.
        let batch = if input.at_leisure && self.joined.is_none() { BATCH } else { 1 };
        let meter = Arc::clone(&self.meter.inputs[input.index]);
        let (demuxer, settings) = input.into_demux_settings(heartbeats, self.commands.clone());
        let mut source = DemuxStage::new(demuxer, settings, timeline, (self.clock, place), meter);
        if let Some(live) = live {
            source = source.with_session(live);
        }
        self.source(name, source, links, batch)
    }

    /// The session of an input whose far end is a peer.
    fn live_input(&self, input: &OpenedInput<'_>) -> Option<LiveInput> {
        let session = input.plan().session?;
        let subject = Subject { is_input: true, index: input.index, url: input.facts.url.clone() };
        let meter = Arc::clone(&self.meter.inputs[input.index].session);
        let peer = PeerSession::new(session, subject, self.sessions.clone(), meter);
        let freezes = input.plan().on_gap == InputGap::Freeze;
        let copied = copied_streams(input.plan, input.index);
        let opening = (input.opening.clone(), freezes);
        Some(LiveInput::new(peer, opening, (&input.demuxer, &input.facts), &input.used(), copied))
    }
}

impl<'a> OpenedInput<'a> {
    fn plan(&self) -> &'a InputPlan {
        &self.plan.inputs[self.index]
    }

    fn spec(&self) -> &'a InputSpec {
        &self.spec.inputs[self.index]
    }

    /// By stream: somebody wants it.
    fn used(&self) -> Vec<bool> {
        self.plan().streams.iter().map(|s| s.used).collect()
    }

    fn decoder_failed(&self, stream: usize, decode: &DecodePlan, cause: AvError) -> PrepareError {
        let typed = !self.spec().codec.is_empty();
        decoder_failed((&decode.decoder, typed), (self.index, stream), &self.facts, cause)
    }

    /// The capacity of the link before a decoder.
    fn room_before_decoder(&self) -> Capacity {
        let waiting = self.spec().thread_queue_size;
        let room = packet_room(waiting);
        let at_hand = !self.plan().is_timed() && waiting.is_none();
        if at_hand { Capacity { bytes: AT_HAND, ..room } } else { room }
    }

    fn decoder_settings(&self, stream: usize, decode: &DecodePlan, hardware: DecoderHardware) -> DecoderSettings {
        let in_software = hardware.wanted().is_none();
        DecoderSettings {
            name: decode.decoder.clone(),
            options: decode.options.clone(),
            bitexact: decode.bitexact,
            threads: if self.at_leisure && in_software { decode.threads } else { DecoderThreads::Usual },
            hardware,
            keeps_margins: !self.plan().streams[stream].cropping.by_codec(),
        }
    }

    fn decode_settings(
        &self,
        stream: usize,
        parameters: &StreamParameters,
        hardware: DecoderHardware,
    ) -> DecodeSettings {
        let (plan, facts) = (&self.plan().streams[stream], &self.facts.streams[stream]);
        DecodeSettings {
            url: self.facts.url.clone(),
            kind: facts.kind,
            time_base: facts.time_base,
            forced_frame_rate: plan.forced_frame_rate,
            frame_rate: parameters.frame_rate,
            sample_aspect_ratio: parameters.sample_aspect_ratio,
            top_field_first: plan.top_field_first,
            counts_sound: self.facts.counts_time && !self.spec().takes_arrival_for_time(),
            tells_origins: self.plan.outputs.iter().flat_map(|o| &o.streams).any(|s| s.stats.is_any()),
            has_seams: self.plan().stream_loop != 0,
            keeps_last: self.plan().session.is_some() && self.plan().on_gap == InputGap::Freeze,
            hardware,
            keeps_margins: !plan.cropping.by_codec(),
        }
    }

    fn timeline(&self) -> Timeline {
        let (plan, facts, global) = (self.plan(), &self.facts, &self.spec.global);
        let offset_us = start_offset_us(plan, facts, global);
        let settings = timeline_settings(offset_us, facts, global, pre_roll(self.plan, self.index, facts));
        let streams = facts.streams.iter().zip(copied_streams(self.plan, self.index));
        let timing = |(stream, copied)| stream_timing(&self.demuxer, (&facts.format, stream), plan, copied);
        Timeline::new(settings, streams.map(timing).collect())
    }

    /// How far it goes says nothing: not all of it is read, or packets have no times.
    fn reads_a_part(&self) -> bool {
        // Packets keep the times that their container tells then, of which many have none.
        let times_stay_unknown = has_flag(&self.opening.options, "fflags", "nofillin");
        let discards = |s: &InputStreamPlan| s.used && s.discard.is_some_and(|what| what > 0);
        times_stay_unknown || self.plan().starts_behind_end || self.plan().streams.iter().any(discards)
    }

    /// The demuxer, and what the stage around it goes by.
    fn into_demux_settings(self, heartbeats: Vec<usize>, commands: Commands) -> (Demuxer, DemuxSettings) {
        let (plan, global) = (self.plan(), &self.spec.global);
        let settings = DemuxSettings {
            used: self.used(),
            heartbeats,
            keep_times: global.copy_timestamps,
            reads_a_part: self.reads_a_part(),
            commands,
            debug_timestamps: global.seldom.debug_timestamps,
            loops: plan.stream_loop,
            pacer: plan.read_rate.map(|r| Pacer::new(r.rate, r.initial_burst_us).catching_up(r.catch_up)),
            restart_us: self.facts.start_time_us.unwrap_or(0),
            times_are_arrivals: self.spec().takes_arrival_for_time(),
            listens: plan.listens,
            exit_on_error: global.exit_on_error,
            facts: self.facts,
        };
        (self.demuxer, settings)
    }
}

/// By input: where it stands among those that it must not run away from.
fn places(plan: &Plan, balance: &Balance) -> Vec<Place> {
    let pace = |input: &InputPlan| match input {
        input if input.session.is_some() => Pace::Live,
        input if input.read_rate.is_some() => Pace::Paced,
        _ => Pace::Free,
    };
    let groups = balance_groups(plan).into_iter().zip(&plan.inputs).enumerate();
    groups.map(|(index, (group, input))| balance.join(group, direct_use(plan, index), pace(input))).collect()
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
