//! The stages of an output: from the decoder's far end to the muxer.

use super::settings::{copy_settings, input_trim, local_file, may_be_joined, needs_trailer};
use super::{Builder, FRAMES, PACKETS, StreamEnds, packet_room};
use crate::av::{GraphSettings, OutputConstraint, SubtitleTranscoder};
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
use crate::engine::stages::filter::{FilterStage, InputSettings};
use crate::engine::stages::mux::{MuxSettings, MuxStage, MuxStream};
use crate::engine::stages::subtitle::SubtitleStage;
use crate::facts::MediaKind;
use crate::plan::{EncodePlan, Plan, Treatment};
use crate::spec::FpsMode;
use crate::unit::Rational;
use std::collections::BTreeMap;
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
        ends: &mut BTreeMap<(usize, usize), StreamEnds>,
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
            let facts = &inputs.facts[stream.source.0].streams[stream.source.1];
            let mut mux_stream = MuxStream {
                kind: stream.kind,
                copy: None,
                source: format!(
                    "{} (stream {}:{})",
                    inputs.facts[stream.source.0].url, stream.source.0, stream.source.1
                ),
                source_time_base: facts.time_base,
                sample_rate_hz: facts.sample_rate_hz,
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
            let ends = ends.entry(stream.source).or_default();
            match &stream.treatment {
                Treatment::Copy(copy) => {
                    mux_stream.lenient_dts = facts.codec == "vp9";
                    mux_stream.silent = stream.kind == MediaKind::Attachment;
                    mux_stream.copy = Some(Copy::new(copy_settings(plan, inputs, output, stream, copy)));
                    ends.packets.push(sender);
                }
                Treatment::Encode(encode) => {
                    if stream.kind == MediaKind::Video {
                        mux_stream.max_packets = None;
                        mux_stream.constant = !crate::av::frames_have_lengths()
                            && matches!(encode.fps_mode, FpsMode::Cfr | FpsMode::VsCfr);
                        mux_stream.drop_times = encode.fps_mode == FpsMode::Drop;
                    }
                    let frames = self.encode_chain(plan, (index, i), encode, keyframes, inputs, sender)?;
                    ends.frames.push(frames);
                }
                Treatment::Subtitle { encoder, options } => {
                    let link = self.subtitle(plan, (index, i), (encoder, options), inputs, sender)?;
                    ends.packets.push(link);
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

    /// Filter and encode stages of one stream; gives the link that the decoder feeds.
    fn encode_chain(
        &mut self,
        plan: &Plan,
        (output, index): (usize, usize),
        encode: &EncodePlan,
        keyframes: ForcedKeyframes,
        inputs: &OpenInputs,
        sender: LinkSender<PacketItem>,
    ) -> Result<LinkSender<FrameItem>, PrepareError> {
        let output_plan = &plan.outputs[output];
        let stream = &output_plan.streams[index];
        let (input, source) = stream.source;
        let facts = &inputs.facts[input].streams[source];
        let input_plan = &plan.inputs[input];
        let stream_plan = &input_plan.streams[source];
        let global = &inputs.spec.global;

        let (mut encoder_links, encoder_inlet) = link::<FrameItem>(FRAMES, 1);
        let settings = EncodeSettings {
            index: (output, index),
            kind: stream.kind,
            plan: encode.clone(),
            global_header: output_plan.muxer.global_header,
            codec_tag: stream.codec_tag,
            start_us: output_plan.start_us.unwrap_or(0),
            duration_us: output_plan.duration_us,
            max_frames: stream.max_frames.filter(|_| stream.kind == MediaKind::Video),
            source_time_base: facts.time_base,
            source_start_known: facts.start_time.is_some(),
            keyframes,
            most_repeats: global.dts_error_threshold_s.saturating_mul(30),
        };
        let meter = Arc::clone(&self.meter.outputs[output].streams[index]);
        self.stage(format!("encode {output}:{index}"), EncodeStage::new(settings, meter), encoder_inlet, vec![sender])?;

        let mut parameters = inputs.demuxers[input]
            .parameters(input, source)
            .map_err(|cause| PrepareError::Failed(format!("{}: {cause}", inputs.facts[input].url)))?;
        parameters.guess_layout(stream_plan.guess_layout_max);
        let forced = stream_plan.forced_frame_rate;
        let (trim_start_us, trim_duration_us) = input_trim(plan, input, global, &inputs.facts[input]);
        let filter_input = InputSettings {
            kind: stream.kind,
            time_base: forced.map_or(facts.time_base, Rational::inverse),
            frame_rate: forced.unwrap_or(parameters.frame_rate),
            expected: parameters.shape(),
            display_matrix: parameters.display_matrix(),
            autorotate: stream_plan.autorotate,
            reinit: stream_plan.reinit_filter,
            trim_start_us,
            trim_duration_us,
            name: format!("in_{input}_{source}"),
        };
        let constraint = OutputConstraint {
            name: format!("out_{output}_{index}"),
            size: encode.size,
            formats: encode.formats.clone(),
            encoder: (encode.encoder.clone(), encode.options.clone()),
            colours: None,
            keep_format: encode.keep_format,
            sample_rates_hz: encode.sample_rates_hz.clone(),
            channel_layouts: encode.channel_layouts.clone(),
            trim_start_us: output_plan.start_us,
            trim_duration_us: output_plan.duration_us,
            frame_samples: 0,
        };
        let graph = GraphSettings {
            description: encode.graph.clone(),
            threads: encode.filter_threads.clone(),
            scaler_options: encode.scaler_options.clone(),
            resampler_options: encode.resampler_options.clone(),
            auto_conversion: encode.auto_conversion,
        };
        let name = format!("{} stream of {}", stream.kind.name(), mask_url(&output_plan.url));
        let stage = FilterStage::new(name, graph, vec![filter_input], vec![(stream.kind, constraint)]);
        let (mut links, inlet) = link::<FrameItem>(FRAMES, 1);
        self.stage(format!("filter {output}:{index}"), stage, inlet, std::mem::take(&mut encoder_links))?;
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
        let (input, source) = output_plan.streams[index].source;
        let decode = plan.inputs[input].streams[source].decode.clone().unwrap_or_default();
        let fail = |what: &str, cause: crate::av::AvError| {
            PrepareError::Failed(format!("Error while opening {what} for output stream #{output}:{index}: {cause}"))
        };
        let parameters = inputs.demuxers[input].parameters(input, source).map_err(|e| fail("the input", e))?;
        let (transcoder, leftover) = SubtitleTranscoder::open(
            &parameters,
            (&decode.decoder, &decode.options),
            (encoder, options),
            output_plan.muxer.global_header,
        )
        .map_err(|e| fail(&format!("subtitle encoder {encoder}"), e))?;
        for (key, _) in leftover.pairs() {
            log::warn!("output stream #{output}:{index}: {encoder} did not take the option '{key}'");
        }
        let times = (output_plan.start_us.unwrap_or(0), output_plan.duration_us);
        let stage = SubtitleStage::new(transcoder, (input, source), times, Arc::clone(&self.meter.inputs[input]));
        let (mut links, inlet) = link::<PacketItem>(PACKETS, 1);
        self.stage(format!("subtitle {output}:{index}"), stage, inlet, vec![sender])?;
        links.pop().ok_or_else(|| PrepareError::Failed("a link without ends".to_owned()))
    }
}
