//! Declares the outputs' streams and opens their files.

use super::{OpenInputs, PrepareError, Prepared, PreparedOutput};
use crate::av::{
    AvError, BitstreamFilter, ChapterCopy, Dictionary, Muxer, OutputStreamSettings, encoder_mark,
    encoders_are_named_first, is_disposition,
};
use crate::diagnostic::{Diagnostic, mask_url};
use crate::engine::discard::discard;
use crate::engine::keyframes::ForcedKeyframes;
use crate::engine::{AS_FFMPEG, StopSignal};
use crate::facts::StreamFacts;
use crate::octets::{self, file_path};
use crate::plan::{
    MetadataChange, MetadataEdit, OutputPlan, OutputStreamPlan, Plan, StreamSource, Treatment, has_flag,
};
use std::path::Path;
use std::time::Duration;

/// Once the run is stopped, a pipe whose reader takes nothing for so long is left.
const PIPE_PATIENCE: Duration = Duration::from_millis(600);

impl OpenInputs {
    /// Declares and opens the outputs.
    pub fn open_outputs(mut self, plan: Plan, stop: &StopSignal) -> Result<Prepared, PrepareError> {
        for ((demuxer, input), facts) in self.demuxers.iter_mut().zip(&plan.inputs).zip(&self.facts) {
            for (index, stream) in input.streams.iter().enumerate() {
                // Whether there is anything of a stream that is only announced is seen by reading.
                let announced = facts.streams.get(index).is_some_and(StreamFacts::is_only_announced);
                demuxer.set_discarded(index, !stream.used && !announced, stream.discard);
                if let Some(tag) = stream.codec_tag {
                    demuxer.set_codec_tag(index, tag);
                }
            }
        }
        let mut outputs = Vec::new();
        for output in &plan.outputs {
            match self.open_output(&plan, output, stop) {
                Ok(output) => outputs.push(output),
                Err(error) => {
                    let opened = outputs.len();
                    drop(outputs);
                    plan.outputs[..opened].iter().for_each(remove_if_empty);
                    return Err(error);
                }
            }
        }
        Ok(Prepared { plan, inputs: self, outputs })
    }

    fn open_output(&self, plan: &Plan, output: &OutputPlan, stop: &StopSignal) -> Result<PreparedOutput, PrepareError> {
        let masked = mask_url(&output.url);
        let fail = |cause| PrepareError::Open { url: masked.clone(), cause, hint: None };
        let patience = if is_pipe(&output.url) { PIPE_PATIENCE } else { Duration::MAX };
        let interrupt = stop.output_interrupt.child(patience, false);
        let mut muxer = Muxer::new(&output.url, Some(&output.muxer.name), output.bitexact, &interrupt).map_err(fail)?;
        let mut bitstream_filters = Vec::new();
        let mut keyframes = Vec::new();
        for stream in &output.streams {
            if let Some(unknown) = stream.disposition.iter().find(|name| !is_disposition(name)) {
                let message = format!("{masked}: '{unknown}' is no disposition. -dispositions lists them.");
                let diagnostic = Diagnostic::error("disposition", message);
                return Err(PrepareError::Refused(vec![
                    diagnostic.ffmpeg_says("Error setting output stream dispositions"),
                ]));
            }
            let settings = self.stream_settings(plan, output, stream);
            let index = muxer.add_stream(stream.kind, &settings).map_err(fail)?;
            match (&stream.treatment, stream.source) {
                (Treatment::Attach { file }, _) => {
                    let bytes = std::fs::read(file_path(file));
                    let bytes = bytes
                        .ok()
                        .filter(|bytes| !bytes.is_empty())
                        .ok_or_else(|| PrepareError::Failed(format!("Could not open attachment file {file}.")))?;
                    muxer.set_extradata(index, &bytes).map_err(fail)?;
                }
                (_, StreamSource::Graph(..) | StreamSource::File) => {}
                (Treatment::Copy(copy), StreamSource::Input(input, source)) => {
                    muxer.set_copied(index, &self.demuxers[input], source, &settings).map_err(fail)?;
                    if let Some(header) = &copy.header {
                        muxer.set_extradata(index, header).map_err(fail)?;
                    }
                }
                (_, StreamSource::Input(input, source)) => {
                    muxer.note_source(index, &self.demuxers[input], source, settings.upright).map_err(fail)?;
                }
            }
            let filter = stream.bitstream_filters.as_deref().map(BitstreamFilter::parse).transpose();
            bitstream_filters.push(filter.map_err(|cause| {
                let text = stream.bitstream_filters.as_deref().unwrap_or_default();
                let words = format!("Error parsing bitstream filter sequence '{text}': {cause}");
                let diagnostic = Diagnostic::error("bitstream-filter", format!("{words}. -bsfs lists the filters."));
                PrepareError::Refused(vec![diagnostic.ffmpeg_says(words)])
            })?);
            keyframes.push(forced_keyframes(stream)?);
        }
        let mut options: Dictionary = output.options.iter().map(|(k, v)| (k, v)).collect();
        muxer.set_max_delay_us(output.max_delay_us);
        if let Some(duration_us) = output.duration_us {
            muxer.set_duration_us(duration_us);
        }
        if let Some((input, with_metadata)) = output.chapters_from {
            let how = ChapterCopy {
                offset_us: output.start_us.unwrap_or(0) - self.seeks[input].offset_us,
                duration_us: output.duration_us,
                with_metadata,
            };
            muxer.copy_chapters(&self.demuxers[input], how).map_err(fail)?;
        }
        let chapters = muxer.chapter_starts();
        keyframes.iter_mut().for_each(|forced| forced.know_chapters(&chapters));
        for group in &output.stream_groups {
            muxer.add_stream_group(group).map_err(|fault| {
                let diagnostic = Diagnostic::error("stream-group", format!("{masked}: -stream_group: {fault}"));
                PrepareError::Refused(vec![diagnostic.ffmpeg_says(fault.to_string())])
            })?;
        }
        for (number, program) in output.programs.iter().enumerate() {
            let title = program.title.iter().map(|title| MetadataEdit::set("title", title));
            let more = output.program_metadata.iter().filter(|(at, _)| *at == number).map(|(_, edit)| edit.clone());
            let metadata: Vec<_> = title.chain(more).collect();
            muxer.add_program(program.id, &program.streams, &metadata);
        }
        muxer.edit_metadata(&output.metadata);
        for (chapter, edit) in &output.chapter_metadata {
            if !muxer.edit_chapter_metadata(*chapter, std::slice::from_ref(edit)) {
                return Err(PrepareError::Failed(format!(
                    "Invalid chapter index {chapter} in metadata specifier: {masked} has fewer chapters."
                )));
            }
        }
        // What was there is lost from here on. The connection to a peer is made when all streams are known, and may be made again.
        if output.session.is_none() {
            muxer.open_io(&mut options).map_err(|cause| PrepareError::Open {
                url: masked.clone(),
                cause,
                hint: output_hint(&output.url, cause),
            })?;
        }
        Ok(PreparedOutput { muxer, options, bitstream_filters, keyframes })
    }

    fn stream_settings(&self, plan: &Plan, output: &OutputPlan, stream: &OutputStreamPlan) -> OutputStreamSettings {
        let mut metadata = stream.metadata.clone();
        let mut settings = OutputStreamSettings {
            disposition: stream.disposition.clone(),
            codec_tag: stream.codec_tag,
            id: stream.id,
            time_base: stream.time_base,
            time_base_choice: -1,
            ..OutputStreamSettings::default()
        };
        match &stream.treatment {
            Treatment::Copy(copy) => {
                let (input, source) = stream.source.input().unwrap_or_default();
                settings.frame_rate = copy.frame_rate.or(plan.inputs[input].streams[source].forced_frame_rate);
                settings.display_aspect_ratio = copy.display_aspect_ratio;
                if copy.display_aspect_ratio.is_some() {
                    log::warn!(
                        target: AS_FFMPEG,
                        "Overriding aspect ratio with stream copy may produce invalid files"
                    );
                }
                settings.time_base_choice = copy.time_base_choice;
                settings.rotation = copy.rotation;
                settings.codec_options.clone_from(&copy.codec_options);
            }
            Treatment::Attach { .. } => {}
            Treatment::Encode(encode) => {
                let upright = |(input, source): (usize, usize)| plan.inputs[input].streams[source].autorotate;
                settings.upright = stream.source.input().is_some_and(upright);
                let exact = is_exact(&output.options, "fflags", output.bitexact)
                    || is_exact(&encode.options, "flags", encode.bitexact);
                name_encoder(&mut metadata, &encode.encoder, exact);
            }
            Treatment::Subtitle { encoder, options, .. } => {
                let exact =
                    is_exact(&output.options, "fflags", output.bitexact) || is_exact(options, "flags", output.bitexact);
                name_encoder(&mut metadata, encoder, exact);
            }
        }
        settings.metadata = metadata;
        settings
    }
}

fn forced_keyframes(stream: &OutputStreamPlan) -> Result<ForcedKeyframes, PrepareError> {
    let Treatment::Encode(encode) = &stream.treatment else { return Ok(ForcedKeyframes::None) };
    let Some(wanted) = &encode.force_key_frames else { return Ok(ForcedKeyframes::None) };
    ForcedKeyframes::new(wanted).map_err(PrepareError::Failed)
}

/// Puts the tag that names a stream's encoder among the others.
fn name_encoder(metadata: &mut Vec<MetadataEdit>, encoder: &str, exact: bool) {
    let mark = encoder_mark(encoder, exact);
    if encoders_are_named_first() {
        // The source's own does not get in.
        metadata.retain(|edit| edit.change != MetadataChange::Forget);
        metadata.insert(0, MetadataEdit::set("encoder", &mark));
    } else {
        metadata.push(MetadataEdit::default("encoder", &mark));
    }
}

/// True where somebody must read what is written, and may not.
pub(in crate::engine) fn is_pipe(url: &str) -> bool {
    if url.starts_with("pipe:") || url.starts_with("fd:") {
        return true;
    }
    use std::os::unix::fs::FileTypeExt;
    let path = file_path(url);
    std::fs::metadata(path).is_ok_and(|m| m.file_type().is_fifo() || m.file_type().is_char_device())
}

/// Takes away a file that was opened for nothing.
pub(in crate::engine) fn remove_if_empty(output: &OutputPlan) {
    let path = file_path(&output.url);
    if !output.muxer.no_file && std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() == 0) {
        // It is empty, so nothing passes for finished if it stays.
        let _ = discard(&path);
    }
}

/// True when an option switches `bitexact` on, or `default` when it says nothing of it.
fn is_exact(options: &[(String, String)], name: &str, default: bool) -> bool {
    has_flag(options, name, "bitexact") || default
}

/// "folder ... does not exist" and how to make it, of a file in a folder that is not there.
pub fn missing_folder(file: &Path) -> Option<String> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())?;
    Some(format!("folder {0} does not exist; make it with: mkdir -p {0}", octets::of_os(folder.as_os_str())))
}

fn output_hint(url: &str, cause: AvError) -> Option<String> {
    let path = file_path(url);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty())?;
    match cause.errno() {
        Some(libc::ENOENT) => missing_folder(&path).map(|missing| format!("the {missing}")),
        Some(libc::EACCES | libc::EROFS) => {
            Some(format!("the folder {} cannot be written to.", octets::of_os(folder.as_os_str())))
        }
        _ => None,
    }
}
