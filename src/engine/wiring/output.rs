//! The stages of an output: from the decoder's far end to the muxer.

use super::settings::{copy_settings, local_file, may_be_joined, needs_trailer};
use super::{Builder, Ends, FRAMES, PACKETS, packet_room};
use crate::av::SubtitleTranscoder;
use crate::diagnostic::mask_url;
use crate::engine::fault::StageError;
use crate::engine::flow::{FrameItem, PacketItem};
use crate::engine::kernel::{Outlet, drive};
use crate::engine::keyframes::ForcedKeyframes;
use crate::engine::link::{Inlet, LinkSender, link};
use crate::engine::meter::StageMeter;
use crate::engine::prepare::{OpenInputs, PrepareError, PreparedOutput};
use crate::engine::run::{Ended, EndedOutput, OutputEnd};
use crate::engine::stages::copy::Copy;
use crate::engine::stages::encode::{EncodeSettings, EncodeStage};
use crate::engine::stages::mux::{MuxSettings, MuxStage, MuxStream};
use crate::engine::stages::subtitle::SubtitleStage;
use crate::facts::MediaKind;
use crate::plan::{EncodePlan, Plan, StreamSource, Treatment};
use crate::spec::FpsMode;
use crate::unit::Rational;
use std::path::PathBuf;
use std::sync::Arc;

/// A muxer that is ready to run, and what becomes of its file.
pub(super) struct MuxEnd {
    stage: MuxStage,
    inlet: Inlet<PacketItem>,
    outlet: Outlet<PacketItem>,
    meter: Arc<StageMeter>,
    index: usize,
    path: Option<PathBuf>,
    needs_trailer: bool,
}

impl MuxEnd {
    /// Runs it by `drive`; after a failure what was begun is salvaged, or removed when no player takes it.
    pub(super) fn run(
        self,
        drive: impl FnOnce(
            MuxStage,
            Inlet<PacketItem>,
            Outlet<PacketItem>,
            &StageMeter,
        ) -> (MuxStage, Result<(), StageError>),
    ) -> Ended {
        let Self { stage, inlet, outlet, meter, index, path, needs_trailer } = self;
        let (mut stage, result) = drive(stage, inlet, outlet, &meter);
        let empty = stage.is_empty();
        let end = match &result {
            Ok(()) | Err(StageError::NoConsumer) => OutputEnd::Complete,
            Err(_) => {
                let playable = stage.salvage() || (stage.has_begun() && !empty && !needs_trailer);
                drop(stage);
                match &path {
                    Some(path) if !playable => {
                        let _ = std::fs::remove_file(path);
                        OutputEnd::Removed
                    }
                    _ => OutputEnd::Salvaged,
                }
            }
        };
        Ended { result, output: Some(EndedOutput { index, end, empty, path }) }
    }
}

impl Builder<'_> {
    pub(super) fn output(
        &mut self,
        plan: &Plan,
        index: usize,
        prepared: PreparedOutput,
        inputs: &OpenInputs,
        ends: &mut Ends,
    ) -> Result<(), PrepareError> {
        let output = &plan.outputs[index];
        let PreparedOutput { muxer, options, bitstream_filters, keyframes } = prepared;
        let joined = may_be_joined(plan, inputs);
        let mut room = packet_room(inputs.spec.outputs[index].thread_queue_size);
        if joined {
            room.items = PACKETS.items.max(4 * output.streams.len());
        }
        let (senders, inlet) = link::<PacketItem>(room, output.streams.len());
        let mut mux_streams = Vec::new();
        let parts = output.streams.iter().zip(senders).zip(bitstream_filters).zip(keyframes).enumerate();
        for (i, (((stream, sender), filter), keyframes)) in parts {
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
                limited: stream.max_frames.is_some(),
                drop_times: false,
                constant_rate: None,
                constant: false,
                lenient_dts: false,
                queue_packets: stream.queue_packets,
                queue_bytes: stream.queue_bytes,
                silent: false,
            };
            let packets = &mut ends.inputs.entry(source.unwrap_or_default()).or_default().packets;
            match &stream.treatment {
                Treatment::Copy(copy) => {
                    mux_stream.lenient_dts = facts.is_some_and(|f| f.codec == "vp9");
                    mux_stream.silent = stream.kind == MediaKind::Attachment;
                    mux_stream.copy = Some(Copy::new(copy_settings(plan, inputs, output, stream, copy)));
                    packets.push(sender);
                }
                Treatment::Attach { .. } => mux_stream.silent = true,
                Treatment::Encode(encode) => {
                    if stream.kind == MediaKind::Video {
                        mux_stream.max_packets = None;
                        mux_stream.constant = !crate::av::frames_have_lengths()
                            && matches!(encode.fps_mode, FpsMode::Cfr | FpsMode::VsCfr);
                        mux_stream.drop_times = encode.fps_mode == FpsMode::Drop;
                    }
                    let encoder = self.encoder(plan, (index, i), encode, inputs, (keyframes, sender))?;
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
                Treatment::Subtitle { encoder, options } => {
                    let link = self.subtitle(plan, (index, i), (encoder, options), inputs, sender)?;
                    packets.push(link);
                }
            }
            mux_streams.push(mux_stream);
        }
        let global = &inputs.spec.global;
        let settings = MuxSettings {
            index,
            url: mask_url(&output.url),
            options,
            size_limit_bytes: output.size_limit_bytes,
            shortest: output.shortest,
            dts_may_repeat: output.muxer.dts_may_repeat,
            no_timestamps: output.muxer.no_timestamps,
            exit_on_error: global.exit_on_error,
            debug_timestamps: global.seldom.debug_timestamps,
            session: self.session.clone().filter(|_| output.muxer.name == "rtp"),
        };
        let name = format!("mux {index}");
        let meter = self.meter.stage(&name);
        let outlet = self.outlet(&meter, Vec::new());
        let stage = MuxStage::new(muxer, settings, mux_streams, Arc::clone(&self.meter.outputs[index]));
        let path = local_file(&output.url, output.muxer.no_file);
        let end = MuxEnd { stage, inlet, outlet, meter, index, path, needs_trailer: needs_trailer(output) };
        if joined {
            self.joined = Some(end);
            return Ok(());
        }
        self.thread(name, move || end.run(drive))
    }

    /// The encode stage of one stream; gives the link that its filtergraph feeds.
    fn encoder(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        encode: &EncodePlan,
        inputs: &OpenInputs,
        (keyframes, sender): (ForcedKeyframes, LinkSender<PacketItem>),
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
            video_stats: None,
        };
        let meter = Arc::clone(&self.meter.outputs[output].streams[index]);
        let settings = EncodeSettings { video_stats: self.video_stats.clone(), ..settings };
        let (mut links, inlet) = link::<FrameItem>(FRAMES, 1);
        self.stage(format!("encode {output}:{index}"), EncodeStage::new(settings, meter), inlet, vec![vec![sender]])?;
        links.pop().ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))
    }

    fn subtitle(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        (encoder, options): (&str, &[(String, String)]),
        inputs: &OpenInputs,
        sender: LinkSender<PacketItem>,
    ) -> Result<LinkSender<PacketItem>, PrepareError> {
        let output_plan = &plan.outputs[output];
        let (input, source) = output_plan.streams[index].source.input().unwrap_or_default();
        let decode = plan.inputs[input].streams[source].decode.clone().unwrap_or_default();
        let fail = |what: &str, cause: crate::av::AvError| {
            PrepareError::Failed(format!("Error while opening {what} for output stream #{output}:{index}: {cause}"))
        };
        let parameters = inputs.demuxers[input].parameters(input, source).map_err(|e| fail("the input", e))?;
        let stream_plan = &plan.inputs[input].streams[source];
        let (mut transcoder, leftover) = SubtitleTranscoder::open(
            &parameters,
            (&decode.decoder, &decode.options),
            (encoder, options),
            (output_plan.muxer.global_header, stream_plan.canvas_size),
        )
        .map_err(|e| fail(&format!("subtitle encoder {encoder}"), e))?;
        for (key, _) in leftover.pairs() {
            log::warn!("output stream #{output}:{index}: {encoder} did not take the option '{key}'");
        }
        if stream_plan.fix_subtitle_duration {
            transcoder.end_with_next();
        }
        let times = (output_plan.start_us.unwrap_or(0), output_plan.duration_us);
        let stage = SubtitleStage::new(transcoder, (input, source), times, Arc::clone(&self.meter.inputs[input]));
        let (mut links, inlet) = link::<PacketItem>(PACKETS, 1);
        self.stage(format!("subtitle {output}:{index}"), stage, inlet, vec![vec![sender]])?;
        links.pop().ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))
    }
}
