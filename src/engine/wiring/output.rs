//! The stages of an output: from the decoder's far end to the muxer.

use super::settings::{
    copy_settings, is_fed_at_leisure, is_fed_in_real_time, local_file, may_be_endless, may_be_joined, needs_trailer,
    rhythm, sound_leads,
};
use super::{Builder, Ends, frame_room, packet_room};
use crate::av::BlockedThread;
use crate::diagnostic::mask_url;
use crate::engine::AS_WEIR;
use crate::engine::discard::{discard, has_content};
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, PacketItem};
use crate::engine::journal::Subject;
use crate::engine::kernel::Ready;
use crate::engine::keyframes::ForcedKeyframes;
use crate::engine::leak::{KeyframeWish, Leak};
use crate::engine::link::{Inlet, LinkSender, leaky_link, link, link_within};
use crate::engine::prepare::{OpenInputs, PrepareError, PreparedOutput, is_pipe};
use crate::engine::run::{Ended, EndedOutput, OutputEnd};
use crate::engine::session::{PeerSession, PendingOutput};
use crate::engine::stages::copy::Copy;
use crate::engine::stages::encode::{EncodeSettings, EncodeStage, Keeper};
use crate::engine::stages::frame_stats::FrameStats;
use crate::engine::stages::mux::{MuxSettings, MuxStage, MuxStream};
use crate::engine::stop::Latch;
use crate::facts::{MediaKind, StreamFacts};
use crate::octets::file_path;
use crate::plan::{EncodePlan, OutputPlan, Plan, SessionPlan, StatsPlan, StreamSource, Treatment};
use crate::spec::FpsMode;
use crate::unit::Rational;
use std::iter;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long media waits for a peer at the most, in microseconds, and how much of it, in bytes.
const LEAK_PATIENCE_US: i64 = 2_000_000;
const LEAK_BYTES: usize = 32 << 20;
/// How long an output that is no file is ended for, after a failure.
const GOODBYE: Duration = Duration::from_secs(1);

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

/// Of a muxer in a thread of its own.
const NO_FRONT: Option<fn() -> Result<(), StageError>> = None;

/// A muxer that is ready to run, and what becomes of its file.
pub(super) struct MuxEnd {
    ready: Ready<MuxStage>,
    index: usize,
    path: Option<PathBuf>,
    needs_trailer: bool,
    /// Tripped when it has ended.
    done: Latch,
}

impl MuxEnd {
    /// Runs it, behind `front` where that feeds it in its own thread. After a failure what was begun is salvaged, or removed when
    /// no player takes it.
    pub(super) fn run(self, front: Option<impl FnOnce() -> Result<(), StageError>>) -> Ended {
        let Self { ready, index, path, needs_trailer, done } = self;
        let (stage, result) = match front {
            Some(front) => ready.drive_behind(front),
            None => {
                let (stage, result) = ready.drive();
                (Some(stage), result)
            }
        };
        let Some(mut stage) = stage else { return Ended { result, output: None, kept: Vec::new() } };
        // Nobody tells it of a header that was refused where no stream brings anything.
        let result = stage.refused_early().map_or(result, Err);
        let empty = stage.is_empty();
        let own_files = stage.own_files();
        let discard_pieces = || own_files.take_incomplete().iter().for_each(|name| discard_piece(name));
        let end = match &result {
            Ok(()) | Err(StageError::NoConsumer) => {
                // Those that may fail (`onfail=ignore`).
                discard_pieces();
                OutputEnd::Complete
            }
            Err(_) => {
                // Writing a file ends; a reader or a peer may take nothing any more.
                let limit = if path.is_some() { Duration::MAX } else { GOODBYE };
                let ended = stage.salvage(limit);
                let begun = stage.has_begun() && !empty && !needs_trailer;
                drop(stage);
                discard_pieces();
                let playable = ended || begun && path.as_deref().is_none_or(has_content);
                match &path {
                    Some(path) if !playable => OutputEnd::discarded(path),
                    _ => OutputEnd::Salvaged,
                }
            }
        };
        done.trip();
        Ended { result, output: Some(EndedOutput { index, end, empty, path }), kept: Vec::new() }
    }
}

/// What parts of an output are called of which a beginning can be played: what was recorded is not to be lost.
const PLAYABLE_IN_PART: [&str; 9] = ["ts", "m2ts", "mkv", "webm", "flv", "nut", "aac", "mp3", "vtt"];

/// Removes a part of an output that could not be written whole, unless it can be played. It may have its final name by now.
fn discard_piece(name: &str) {
    let names = [Some(name), name.strip_suffix(".tmp")];
    let Some((name, path)) = names.into_iter().flatten().map(|name| (name, file_path(name))).find(|(_, p)| p.is_file())
    else {
        return;
    };
    let playable = path.extension().is_some_and(|e| PLAYABLE_IN_PART.iter().any(|known| e.eq_ignore_ascii_case(known)));
    let what = if playable && has_content(&path) {
        "what is there has been kept and can be played".to_owned()
    } else {
        match discard(&path) {
            Ok(()) => "it has been removed".to_owned(),
            Err(cause) => format!("it cannot be removed: {cause}"),
        }
    };
    log::error!(target: AS_WEIR, "{}: could not be written whole; {what}.", mask_url(name));
}

/// The output streams that take what an output stream's encoder gives: its own, and those that share it.
fn fed_by(plan: &Plan, leader: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let all =
        plan.outputs.iter().enumerate().flat_map(|(o, output)| {
            output.streams.iter().enumerate().map(move |(s, stream)| ((o, s), stream.encoded_by))
        });
    all.filter(move |(at, by)| *at == leader || *by == Some(leader)).map(|(at, _)| at)
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
        let leak = self.leaks[index].clone();
        let wish = leak.wish.clone();
        let mut mux_streams = Vec::new();
        let parts = output.streams.iter().zip(bitstream_filters).zip(keyframes).enumerate();
        for (i, ((stream, filter), keyframes)) in parts {
            // A stream that shares an encoder is fed by that.
            let senders = if stream.encoded_by.is_none() { self.takers(plan, (index, i)) } else { Vec::new() };
            let source = stream.source.input();
            let facts = source.map(|(input, source)| &inputs.facts[input].streams[source]);
            let mut mux_stream = MuxStream {
                kind: stream.kind,
                copy: None,
                source: match stream.source {
                    StreamSource::Input(input, source) => {
                        format!("{} (stream {input}:{source})", inputs.facts[input].url)
                    }
                    StreamSource::Graph(graph, pad) => plan.graphs[graph].outputs[pad].name.clone(),
                    StreamSource::File => "an attachment".to_owned(),
                },
                source_time_base: facts.map_or(Rational::MICROS, |f| f.time_base),
                sample_rate_hz: facts.map_or(0, |f| f.sample_rate_hz),
                bitstream_filter: filter,
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
                stats: self.stats(stream.stats.before_muxer.as_ref(), (index, i))?,
            };
            let packets = &mut ends.inputs.entry(source.unwrap_or_default()).or_default().packets;
            match &stream.treatment {
                Treatment::Copy(copy) => {
                    mux_stream.rhythm = facts.and_then(|f| rhythm(&output.muxer, f));
                    mux_stream.silent = stream.kind == MediaKind::Attachment;
                    mux_stream.copy = Some(Copy::new(copy_settings(plan, inputs, output, stream, copy)));
                    packets.extend(senders);
                }
                Treatment::Attach { .. } => mux_stream.silent = true,
                Treatment::Encode(encode) => {
                    if stream.kind == MediaKind::Video {
                        mux_stream.max_packets = None;
                        mux_stream.constant = !crate::av::frames_have_lengths()
                            && matches!(encode.fps_mode, FpsMode::Cfr | FpsMode::VsCfr);
                        mux_stream.drop_times = encode.fps_mode == FpsMode::Drop;
                    }
                    if stream.encoded_by.is_some() {
                        mux_streams.push(mux_stream);
                        continue;
                    }
                    let encoder =
                        self.encoder(plan, (index, i), encode, inputs, ((keyframes, wish.clone()), senders))?;
                    match stream.source {
                        StreamSource::Input(input, source) => {
                            let frames = self.simple_graph(plan, (index, i), encode, inputs, encoder)?;
                            ends.inputs.entry((input, source)).or_default().frames.push(frames);
                        }
                        StreamSource::Graph(graph, pad) => {
                            ends.graphs.insert((graph, pad), encoder);
                        }
                        StreamSource::File => {}
                    }
                }
                Treatment::Subtitle { encoder, options, size, heartbeats } => {
                    let encoding = (encoder.as_str(), options.as_slice(), *size, heartbeats.as_slice());
                    let link = self.subtitle(plan, (index, i), encoding, inputs, senders)?;
                    packets.push(link);
                }
            }
            mux_streams.push(mux_stream);
        }
        let global = &inputs.spec.global;
        let done = Latch::default();
        // What several outputs say at their end on stdout comes in their order.
        let speaks = output.url.starts_with("pipe:") || output.url.starts_with("md5:");
        let after = if speaks { self.last_speaker.replace(done.clone()) } else { None };
        let settings = MuxSettings {
            index,
            url: mask_url(&output.url),
            options,
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
        };
        let name = format!("mux {index}");
        let meter = self.meter.stage(&name);
        let outlet = self.outlet(&meter, Vec::new());
        let mut stage = MuxStage::new(muxer, settings, mux_streams, Arc::clone(&self.meter.outputs[index]));
        if let Some(session) = output.session {
            stage = stage.with_session(self.session(plan, index, session, leak));
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
        if !is_pipe(&output.url) {
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

    fn session(&self, plan: &Plan, index: usize, session: SessionPlan, leak: Leak) -> PendingOutput {
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
