//! The stages of an output: from the decoder's far end to the muxer.

use super::mux_end::{MuxEnd, NO_FRONT};
use super::settings::{
    copy_settings, is_fed_at_leisure, is_fed_in_real_time, local_file, may_be_endless, may_be_joined, needs_trailer,
    rhythm, sound_leads,
};
use super::{Builder, Ends, frame_room, packet_room};
use crate::av::{BitstreamFilter, BlockedThread, Dictionary};
use crate::diagnostic::mask_url;
use crate::engine::flow::{FrameItem, PacketItem};
use crate::engine::journal::Subject;
use crate::engine::kernel::Ready;
use crate::engine::keyframes::ForcedKeyframes;
use crate::engine::leak::{KeyframeWish, Leak};
use crate::engine::link::{Inlet, LinkSender, leaky_link, link, link_within};
use crate::engine::prepare::{OpenInputs, PrepareError, PreparedOutput, is_pipe};
use crate::engine::session::{PeerSession, PendingOutput};
use crate::engine::stages::copy::Copy;
use crate::engine::stages::encode::{EncodeSettings, EncodeStage, Keeper};
use crate::engine::stages::frame_stats::FrameStats;
use crate::engine::stages::mux::{MuxSettings, MuxStage, MuxStream};
use crate::engine::stop::Latch;
use crate::facts::{MediaKind, StreamFacts};
use crate::plan::{EncodePlan, OutputPlan, OutputStreamPlan, Plan, SessionPlan, StatsPlan, StreamSource, Treatment};
use crate::spec::FpsMode;
use crate::unit::Rational;
use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;

/// How long media waits for a peer at the most, in microseconds, and how much of it, in bytes.
const LEAK_PATIENCE_US: i64 = 2_000_000;
const LEAK_BYTES: usize = 32 << 20;
/// How the links to the outputs' peers leak.
pub(super) fn leaks(plan: &Plan) -> Vec<Leak> {
    let wishes: Vec<KeyframeWish> = plan.outputs.iter().map(|_| KeyframeWish::default()).collect();
    let leak = |(index, output): (usize, &OutputPlan)| {
        let mut pictures = output.streams.iter().filter(|s| s.kind == MediaKind::Video);
        // Who shares an encoder asks that one for keyframes.
        let encoder = pictures.find_map(|s| s.encoded_by).map_or(index, |(leader, _)| leader);
        Leak {
            pictures: output.streams.iter().map(|s| s.kind == MediaKind::Video).collect(),
            patience_us: LEAK_PATIENCE_US,
            bytes: LEAK_BYTES,
            wish: wishes[encoder].clone(),
            meter: Arc::default(),
        }
    };
    plan.outputs.iter().enumerate().map(leak).collect()
}

/// The output streams that take what an output stream's encoder gives: its own, and those that share it.
fn fed_by(plan: &Plan, leader: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let all =
        plan.outputs.iter().enumerate().flat_map(|(o, output)| {
            output.streams.iter().enumerate().map(move |(s, stream)| ((o, s), stream.encoded_by))
        });
    all.filter(move |(at, by)| *at == leader || *by == Some(leader)).map(|(at, _)| at)
}

/// What an output stream is made from, for messages.
fn source_name(plan: &Plan, stream: &OutputStreamPlan, inputs: &OpenInputs) -> String {
    match stream.source {
        StreamSource::Input(input, source) => format!("{} (stream {input}:{source})", inputs.facts[input].url),
        StreamSource::Graph(graph, pad) => plan.graphs[graph].outputs[pad].name.clone(),
        StreamSource::File => "an attachment".to_owned(),
    }
}

impl Builder<'_> {
    /// Makes the links of all muxers, for an encoder may feed several of them; gives their receiving ends.
    pub(super) fn links_of_muxers(&mut self, plan: &Plan, inputs: &OpenInputs) -> Vec<Inlet<PacketItem>> {
        let joined = may_be_joined(plan, inputs);
        let parts = plan.outputs.iter().zip(&inputs.spec.outputs).zip(&self.leaks);
        let links = parts.map(|((output, spec), leak)| {
            if joined {
                return link_within::<PacketItem>(output.streams.len());
            }
            if output.session.is_some() && is_fed_in_real_time(plan, output) {
                return leaky_link::<PacketItem>(leak.clone(), output.streams.len());
            }
            link::<PacketItem>(packet_room(spec.thread_queue_size), output.streams.len())
        });
        let (senders, inlets): (Vec<_>, Vec<_>) = links.unzip();
        self.muxers = senders.into_iter().map(|senders| senders.into_iter().map(Some).collect()).collect();
        inlets
    }

    /// The links to the muxers, loopback decoders and subtitles that take what an output stream's encoder gives.
    fn takers(&mut self, plan: &Plan, leader: (usize, usize)) -> Vec<LinkSender<PacketItem>> {
        let mut takers = self.loopback_takers(plan, leader);
        takers.extend(self.subtitles.takers(plan, leader));
        takers.extend(fed_by(plan, leader).filter_map(|(output, stream)| self.muxers[output][stream].take()));
        takers
    }

    /// The stages of an output: its muxer, and what feeds that, up to where inputs and complex filtergraphs give something.
    pub(super) fn output(
        &mut self,
        plan: &Plan,
        index: usize,
        (prepared, inlet): (PreparedOutput, Inlet<PacketItem>),
        inputs: &OpenInputs,
        ends: &mut Ends,
    ) -> Result<(), PrepareError> {
        let output = &plan.outputs[index];
        let PreparedOutput { muxer, options, bitstream_filters, keyframes } = prepared;
        let mut streams = Vec::new();
        for (number, (filter, keyframes)) in bitstream_filters.into_iter().zip(keyframes).enumerate() {
            streams.push(self.mux_stream(plan, (index, number), inputs, filter)?);
            // A stream that shares an encoder is fed by that.
            if output.streams[number].encoded_by.is_none() {
                self.feed(plan, (index, number), inputs, keyframes, ends)?;
            }
        }
        let done = Latch::default();
        let settings = self.mux_settings(plan, index, inputs, (options, &done));
        let name = format!("mux {index}");
        let meter = self.meter.stage(&name);
        let outlet = self.outlet(&meter, Vec::new());
        let mut stage = MuxStage::new(muxer, settings, streams, Arc::clone(&self.meter.outputs[index]));
        if let Some(session) = output.session {
            stage = stage.with_session(self.session(plan, index, session));
        } else if !output.url.contains("://") {
            self.refused = stage.begin().or(self.refused.take());
        }
        let path = local_file(&output.url, output.muxer.no_file);
        let ready = Ready { stage, inlet, out: outlet, meter };
        let end = MuxEnd { ready, index, path, needs_trailer: needs_trailer(output), done };
        if may_be_joined(plan, inputs) {
            self.joined = Some(end);
            return Ok(());
        }
        self.run_muxer(name, end, is_pipe(&output.url))
    }

    /// A muxer in a thread of its own; writing to a pipe may block.
    fn run_muxer(&mut self, name: String, end: MuxEnd, may_block: bool) -> Result<(), PrepareError> {
        if !may_block {
            return self.thread(name, move || end.run(NO_FRONT));
        }
        let runs = self.sources_run.clone();
        self.thread(name, move || {
            let ended = end.run(NO_FRONT);
            drop(runs);
            ended
        })?;
        self.may_block.extend(self.threads.last().map(|(_, handle)| BlockedThread::of(handle)));
        Ok(())
    }

    /// What the muxer must know of a stream.
    fn mux_stream(
        &mut self,
        plan: &Plan,
        (index, number): (usize, usize),
        inputs: &OpenInputs,
        bitstream_filter: Option<BitstreamFilter>,
    ) -> Result<MuxStream, PrepareError> {
        let output = &plan.outputs[index];
        let stream = &output.streams[number];
        let facts = stream.source.input().map(|(input, source)| &inputs.facts[input].streams[source]);
        let mut mux_stream = MuxStream {
            kind: stream.kind,
            copy: None,
            source: source_name(plan, stream, inputs),
            source_time_base: facts.map_or(Rational::MICROS, |f| f.time_base),
            sample_rate_hz: facts.map_or(0, |f| f.sample_rate_hz),
            bitstream_filter,
            max_packets: stream.max_frames,
            limits_output: stream.limits_output,
            drop_times: false,
            constant_rate: None,
            constant: false,
            queue_packets: stream.queue_packets,
            queue_bytes: stream.queue_bytes,
            silent: false,
            stands: facts.is_some_and(StreamFacts::is_cover),
            endless: may_be_endless(plan, output, stream),
            rhythm: None,
            stats: self.stats(stream.stats.before_muxer.as_ref(), (index, number))?,
        };
        match &stream.treatment {
            Treatment::Copy(copy) => {
                mux_stream.rhythm = facts.and_then(|f| rhythm(&output.muxer, f));
                mux_stream.silent = stream.kind == MediaKind::Attachment;
                mux_stream.copy = Some(Copy::new(copy_settings(plan, inputs, output, stream, copy)));
            }
            Treatment::Attach { .. } => mux_stream.silent = true,
            Treatment::Encode(encode) if stream.kind == MediaKind::Video => {
                let is_constant = matches!(encode.fps_mode, FpsMode::Cfr | FpsMode::VsCfr);
                mux_stream.max_packets = None;
                mux_stream.constant = is_constant && !crate::av::frames_have_lengths();
                mux_stream.drop_times = encode.fps_mode == FpsMode::Drop;
            }
            Treatment::Encode(_) | Treatment::Subtitle { .. } => {}
        }
        Ok(mux_stream)
    }

    /// Wires what an output stream is made by, if anything, and leaves its end to what it is made from.
    fn feed(
        &mut self,
        plan: &Plan,
        at: (usize, usize),
        inputs: &OpenInputs,
        keyframes: ForcedKeyframes,
        ends: &mut Ends,
    ) -> Result<(), PrepareError> {
        let stream = &plan.outputs[at.0].streams[at.1];
        let takers = self.takers(plan, at);
        let source = stream.source.input().unwrap_or_default();
        match &stream.treatment {
            Treatment::Copy(_) => ends.inputs.entry(source).or_default().packets.extend(takers),
            Treatment::Attach { .. } => {}
            Treatment::Encode(encode) => {
                let wish = self.leaks[at.0].wish.clone();
                let encoder = self.encoder(plan, at, encode, inputs, ((keyframes, wish), takers))?;
                match stream.source {
                    StreamSource::Input(..) => {
                        let frames = self.simple_graph(plan, at, encode, inputs, encoder)?;
                        ends.inputs.entry(source).or_default().frames.push(frames);
                    }
                    StreamSource::Graph(graph, pad) => drop(ends.graphs.insert((graph, pad), encoder)),
                    StreamSource::File => {}
                }
            }
            Treatment::Subtitle { encoder, options, size, heartbeats } => {
                let encoding = (encoder.as_str(), options.as_slice(), *size, heartbeats.as_slice());
                let link = self.subtitle(plan, at, encoding, inputs, takers)?;
                ends.inputs.entry(source).or_default().packets.push(link);
            }
        }
        Ok(())
    }

    /// What a muxer goes by; `done` is tripped when it has ended.
    fn mux_settings(
        &mut self,
        plan: &Plan,
        index: usize,
        inputs: &OpenInputs,
        (options, done): (Dictionary, &Latch),
    ) -> MuxSettings {
        let output = &plan.outputs[index];
        let global = &inputs.spec.global;
        // What several outputs say at their end on stdout comes in their order.
        let speaks = output.url.starts_with("pipe:") || output.url.starts_with("md5:");
        let after = if speaks { self.last_speaker.replace(done.clone()) } else { None };
        MuxSettings {
            index,
            url: mask_url(&output.url),
            options,
            encoders_took: taken_by_encoders(output),
            refusal_advice: output.refusal_advice.clone(),
            refusal_guess: output.refusal_guess.clone(),
            size_limit_bytes: output.size_limit_bytes,
            shortest: output.shortest,
            shortest_buffer_us: output.shortest_buffer_us,
            dts_may_repeat: output.dts_may_repeat(),
            no_timestamps: output.muxer.no_timestamps,
            exit_on_error: global.exit_on_error,
            after,
            debug_timestamps: global.seldom.debug_timestamps,
            at_leisure: output.session.is_none() && is_fed_at_leisure(plan, output, inputs),
            sdp: self.sdp.clone().filter(|_| output.muxer.name == "rtp"),
        }
    }

    /// The session of an output whose far end is a peer.
    fn session(&self, plan: &Plan, index: usize, session: SessionPlan) -> PendingOutput {
        let leak = self.leaks[index].clone();
        let output = &plan.outputs[index];
        // What a peer sends is in order already; a file's streams are sorted.
        let comes_live = output
            .streams
            .iter()
            .filter_map(|s| s.source.input())
            .all(|(input, _)| plan.inputs[input].session.is_some());
        let subject = Subject { is_input: false, index, url: mask_url(&output.url) };
        let meter = Arc::clone(&self.meter.outputs[index].session);
        let copied = output.streams.iter().all(|s| matches!(s.treatment, Treatment::Copy(_)));
        PendingOutput {
            peer: PeerSession::new(session, subject, self.sessions.clone(), meter),
            options: output.options.clone(),
            filters: output.streams.iter().map(|s| s.bitstream_filters.clone()).collect(),
            max_delay_us: output.max_delay_us,
            at_once: copied && comes_live && matches!(output.muxer.name.as_str(), "flv" | "rtsp"),
            sound_leads: sound_leads(plan, output),
            wish: leak.wish,
            leak: leak.meter,
        }
    }

    fn stats(&mut self, plan: Option<&StatsPlan>, place: (usize, usize)) -> Result<Option<FrameStats>, PrepareError> {
        plan.map(|plan| self.frame_stats.open(plan, place)).transpose().map_err(PrepareError::Failed)
    }

    /// The encode stage of one stream; gives the link that its filtergraph feeds.
    fn encoder(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        encode: &EncodePlan,
        inputs: &OpenInputs,
        ((keyframes, wish), senders): ((ForcedKeyframes, KeyframeWish), Vec<LinkSender<PacketItem>>),
    ) -> Result<LinkSender<FrameItem>, PrepareError> {
        let output_plan = &plan.outputs[output];
        let stream = &output_plan.streams[index];
        // ffmpeg takes the one input of a filtergraph for the stream's.
        let source = match stream.source {
            StreamSource::Input(input, source) => Some((input, source)),
            StreamSource::Graph(graph, _) => plan.graphs[graph].only_source(),
            StreamSource::File => None,
        };
        let facts = source.map(|(input, source)| &inputs.facts[input].streams[source]);
        let global = &inputs.spec.global;
        let settings = EncodeSettings {
            index: (output, index),
            kind: stream.kind,
            plan: encode.clone(),
            global_header: output_plan.muxer.global_header,
            codec_tag: stream.codec_tag,
            start_us: output_plan.start_us.unwrap_or(0),
            duration_us: output_plan.duration_us,
            max_frames: stream.max_frames.filter(|_| stream.kind == MediaKind::Video),
            has_source: facts.is_some(),
            source_time_base: facts.map_or(Rational::UNKNOWN, |facts| facts.time_base),
            source_start_known: facts.is_some_and(|facts| facts.start_time.is_some()),
            keyframes,
            most_repeats: global.dts_error_threshold_s.saturating_mul(30),
            wish,
            devices: inputs.hardware.clone(),
            live: fed_by(plan, (output, index)).all(|(taker, _)| plan.outputs[taker].session.is_some()),
            video_stats: self.video_stats.clone(),
            stats_before: self.stats(stream.stats.before_encoder.as_ref(), (output, index))?,
            stats_behind: self.stats(stream.stats.behind_encoder.as_ref(), (output, index))?,
            tells_origins: stream.stats.is_any(),
        };
        let meter = Arc::clone(&self.meter.outputs[output].streams[index].encode);
        let keeper = encode.keep_up.clone().map(|keep_up| {
            let subject = Subject { is_input: false, index: output, url: mask_url(&output_plan.url) };
            Keeper::new(keep_up, (self.clock, self.sessions.journal.clone()), subject)
        });
        let (mut links, inlet) = link::<FrameItem>(frame_room(iter::once(stream.kind)), 1);
        let oversight = self.oversight(stream.kind, (output, index));
        let stage = EncodeStage::new(settings, meter).kept_by(keeper).overseen(oversight);
        self.stage(format!("encode {output}:{index}"), stage, inlet, vec![senders])?;
        links.pop().ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))
    }
}

/// Names of the options that the encoders of an output take.
fn taken_by_encoders(output: &OutputPlan) -> BTreeSet<String> {
    let options = output.streams.iter().filter_map(|stream| match &stream.treatment {
        Treatment::Encode(encode) => Some(&encode.options),
        _ => None,
    });
    options.flatten().map(|(name, _)| name.clone()).collect()
}
