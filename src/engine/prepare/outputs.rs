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
        let url = mask_url(&output.url);
        let fail = cannot_open(&url);
        let patience = if is_pipe(&output.url) { PIPE_PATIENCE } else { Duration::MAX };
        let interrupt = stop.output_interrupt.child(patience, false);
        let mut muxer = Muxer::new(&output.url, Some(&output.muxer.name), output.bitexact, &interrupt).map_err(fail)?;
        let mut bitstream_filters = Vec::new();
        let mut keyframes = Vec::new();
        for stream in &output.streams {
            check_dispositions(stream, &url)?;
            let settings = self.stream_settings(plan, output, stream);
            let index = muxer.add_stream(stream.kind, &settings).map_err(fail)?;
            self.fill_stream(&mut muxer, (index, stream), &settings, &url)?;
            bitstream_filters.push(bitstream_filter(stream)?);
            keyframes.push(forced_keyframes(stream)?);
        }
        muxer.set_max_delay_us(output.max_delay_us);
        if let Some(duration_us) = output.duration_us {
            muxer.set_duration_us(duration_us);
        }
        self.copy_chapters(&mut muxer, output).map_err(fail)?;
        let chapters = muxer.chapter_starts();
        keyframes.iter_mut().for_each(|forced| forced.know_chapters(&chapters));
        declare_groups(&mut muxer, output, &url)?;
        declare_programs(&mut muxer, output);
        edit_metadata(&mut muxer, output, &url)?;
        let mut options: Dictionary = output.options.iter().map(|(k, v)| (k, v)).collect();
        // What was there is lost from here on. The connection to a peer is made when all streams are known, and may be made again.
        if output.session.is_none() {
            muxer.open_io(&mut options).map_err(|cause| PrepareError::Open {
                url,
                cause,
                hint: output_hint(&output.url, cause),
            })?;
        }
        Ok(PreparedOutput { muxer, options, bitstream_filters, keyframes })
    }

    /// Gives a new stream of the output what its source knows of it.
    fn fill_stream(
        &self,
        muxer: &mut Muxer,
        (index, stream): (usize, &OutputStreamPlan),
        settings: &OutputStreamSettings,
        url: &str,
    ) -> Result<(), PrepareError> {
        let filled = match (&stream.treatment, stream.source) {
            (Treatment::Attach { file }, _) => {
                let bytes = std::fs::read(file_path(file)).ok().filter(|bytes| !bytes.is_empty());
                let unread = || PrepareError::Failed(format!("Could not open attachment file {file}."));
                muxer.set_extradata(index, &bytes.ok_or_else(unread)?)
            }
            (_, StreamSource::Graph(..) | StreamSource::File) => Ok(()),
            (Treatment::Copy(copy), StreamSource::Input(input, source)) => {
                let copied = muxer.set_copied(index, &self.demuxers[input], source, settings);
                copied.and_then(|()| copy.header.iter().try_for_each(|header| muxer.set_extradata(index, header)))
            }
            (_, StreamSource::Input(input, source)) => {
                muxer.note_source(index, &self.demuxers[input], source, settings.upright)
            }
        };
        filled.map_err(cannot_open(url))
    }

    fn copy_chapters(&self, muxer: &mut Muxer, output: &OutputPlan) -> Result<(), AvError> {
        let Some((input, with_metadata)) = output.chapters_from else { return Ok(()) };
        let how = ChapterCopy {
            offset_us: output.start_us.unwrap_or(0) - self.seeks[input].offset_us,
            duration_us: output.duration_us,
            with_metadata,
        };
        muxer.copy_chapters(&self.demuxers[input], how)
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

/// FFmpeg's reason against an output.
fn cannot_open(url: &str) -> impl Fn(AvError) -> PrepareError + Copy {
    move |cause| PrepareError::Open { url: url.to_owned(), cause, hint: None }
}

fn check_dispositions(stream: &OutputStreamPlan, url: &str) -> Result<(), PrepareError> {
    let Some(unknown) = stream.disposition.iter().find(|name| !is_disposition(name)) else { return Ok(()) };
    let message = format!("{url}: '{unknown}' is no disposition. -dispositions lists them.");
    let diagnostic = Diagnostic::error("disposition", message);
    Err(PrepareError::Refused(vec![diagnostic.ffmpeg_says("Error setting output stream dispositions")]))
}

fn bitstream_filter(stream: &OutputStreamPlan) -> Result<Option<BitstreamFilter>, PrepareError> {
    let Some(text) = &stream.bitstream_filters else { return Ok(None) };
    BitstreamFilter::parse(text).map(Some).map_err(|cause| {
        let words = format!("Error parsing bitstream filter sequence '{text}': {cause}");
        let diagnostic = Diagnostic::error("bitstream-filter", format!("{words}. -bsfs lists the filters."));
        PrepareError::Refused(vec![diagnostic.ffmpeg_says(words)])
    })
}

fn forced_keyframes(stream: &OutputStreamPlan) -> Result<ForcedKeyframes, PrepareError> {
    let Treatment::Encode(encode) = &stream.treatment else { return Ok(ForcedKeyframes::None) };
    let Some(wanted) = &encode.force_key_frames else { return Ok(ForcedKeyframes::None) };
    ForcedKeyframes::new(wanted).map_err(PrepareError::Failed)
}

fn declare_groups(muxer: &mut Muxer, output: &OutputPlan, url: &str) -> Result<(), PrepareError> {
    output.stream_groups.iter().try_for_each(|group| {
        muxer.add_stream_group(group).map_err(|fault| {
            let diagnostic = Diagnostic::error("stream-group", format!("{url}: -stream_group: {fault}"));
            PrepareError::Refused(vec![diagnostic.ffmpeg_says(fault.to_string())])
        })
    })
}

fn declare_programs(muxer: &mut Muxer, output: &OutputPlan) {
    for (number, program) in output.programs.iter().enumerate() {
        let title = program.title.iter().map(|title| MetadataEdit::set("title", title));
        let more = output.program_metadata.iter().filter(|(at, _)| *at == number).map(|(_, edit)| edit.clone());
        let metadata: Vec<_> = title.chain(more).collect();
        muxer.add_program(program.id, &program.streams, &metadata);
    }
}

/// The metadata of the output and of its chapters.
fn edit_metadata(muxer: &mut Muxer, output: &OutputPlan, url: &str) -> Result<(), PrepareError> {
    muxer.edit_metadata(&output.metadata);
    for (chapter, edit) in &output.chapter_metadata {
        if !muxer.edit_chapter_metadata(*chapter, std::slice::from_ref(edit)) {
            return Err(PrepareError::Failed(format!(
                "Invalid chapter index {chapter} in metadata specifier: {url} has fewer chapters."
            )));
        }
    }
    Ok(())
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
