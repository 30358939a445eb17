//! From a JobSpec to everything that the stages need: open inputs, a plan, outputs with their streams declared.

use super::StopSignal;
use super::clock::{Clock, microseconds};
use super::fault::StageError;
use super::hardware;
use super::journal::{Journal, Subject};
use super::keyframes::ForcedKeyframes;
use super::presets;
use super::session::{PeerSession, SessionContext};
use super::threads;
use crate::av::{
    AvError, BitstreamFilter, ChapterCopy, Demuxer, DemuxerSettings, Dictionary, HardwareDevices, Muxer,
    OutputStreamSettings, is_disposition, library_log,
};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Severity, mask_url};
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::octets::{self, file_path};
use crate::plan::{self, MetadataEdit, OutputPlan, OutputStreamPlan, Plan, Seek, SessionPlan, StreamSource, Treatment};
use crate::spec::{InputSpec, JobSpec, Overwrite};
use std::sync::Arc;
use std::time::Duration;

/// Once the run is stopped, a pipe whose reader takes nothing for so long is left.
const PIPE_PATIENCE: Duration = Duration::from_millis(600);

/// Why a job cannot start.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PrepareError {
    /// The rules refuse; each diagnostic is a full sentence.
    #[error("the job cannot be planned")]
    Refused(Vec<Diagnostic>),
    /// An input or output cannot be opened.
    #[error("{url}: {cause}")]
    Open {
        /// URL with passwords masked.
        url: String,
        /// FFmpeg's reason.
        cause: AvError,
        /// What that means, where more can be said.
        hint: Option<String>,
    },
    /// Something else, as a full sentence.
    #[error("{0}")]
    Failed(String),
}

/// Inputs that are open, probed and sought.
pub struct OpenInputs {
    /// The job.
    pub spec: JobSpec,
    /// What was found in each.
    pub facts: Vec<InputFacts>,
    /// Where each was sought.
    pub seeks: Vec<Seek>,
    pub(super) demuxers: Vec<Demuxer>,
    /// How each was opened.
    pub(super) openings: Vec<DemuxerSettings>,
    /// What opening had to say.
    pub diagnostics: Vec<Diagnostic>,
    pub(super) journal: Journal,
    pub(super) hardware: HardwareDevices,
}

/// Opens all inputs of a job, and prints each as ffmpeg does.
pub fn open_inputs(
    spec: JobSpec,
    catalog: &dyn Catalog,
    stop: &StopSignal,
    journal: &Journal,
) -> Result<OpenInputs, PrepareError> {
    let mut spec = spec;
    plan::check_spec(&spec).map_err(PrepareError::Refused)?;
    read_scripts(&mut spec)?;
    presets::read(&mut spec, catalog)?;
    let mut opened = OpenInputs {
        facts: Vec::new(),
        seeks: Vec::new(),
        demuxers: Vec::new(),
        openings: Vec::new(),
        diagnostics: Vec::new(),
        journal: journal.clone(),
        hardware: hardware::open(&spec.global.seldom)?,
        spec,
    };
    for index in 0..opened.spec.inputs.len() {
        open_input(&mut opened, index, catalog, stop)?;
    }
    align_starts(&mut opened)?;
    for output in &mut opened.spec.outputs {
        plan::expand_target(output, &opened.facts, catalog, &mut opened.diagnostics);
    }
    if opened.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Err(PrepareError::Refused(std::mem::take(&mut opened.diagnostics)));
    }
    Ok(opened)
}

/// Carries out `-isync`: the start of an input is aligned with that of another.
fn align_starts(opened: &mut OpenInputs) -> Result<(), PrepareError> {
    let global = &opened.spec.global;
    for index in 0..opened.spec.inputs.len() {
        let sync_to = |input: usize| opened.spec.inputs.get(input).and_then(|spec| spec.seldom.sync_to);
        let Some(other) = sync_to(index).filter(|other| *other != index) else { continue };
        let fail = |message: String| Err(PrepareError::Failed(message));
        if other >= opened.spec.inputs.len() {
            return fail(format!("-isync for input {index} references non-existent input {other}."));
        }
        if global.copy_timestamps && !global.start_at_zero {
            return fail("Use of -isync requires that start_at_zero be set if copyts is set.".to_owned());
        }
        if sync_to(other).is_some_and(|third| third != other) {
            log::error!("-isync for input {index} references a resynced input {other}. Sync not set.");
            continue;
        }
        let clock = |input: usize| opened.demuxers[input].start_time_realtime_us();
        let first = |input: usize| opened.facts[input].start_time_us;
        let Some((mine, theirs)) = clock(index).zip(clock(other)).or_else(|| first(index).zip(first(other))) else {
            log::info!("Unable to identify start times for Inputs #{index} and {other} both. No sync adjustment made.");
            continue;
        };
        let seek = |input: usize| opened.seeks[input].start_us.unwrap_or(0);
        let sought = if global.copy_timestamps { 0 } else { seek(index) - seek(other) };
        let adjustment = mine - theirs + sought + opened.spec.inputs[other].ts_offset_us;
        opened.seeks[index].offset_us += adjustment;
        log::info!("Adjusted ts offset for Input #{index} by {adjustment} us to sync with Input #{other}.");
    }
    Ok(())
}

/// Carries out `-dump_attachment`.
fn dump_attachments(
    demuxer: &Demuxer,
    index: usize,
    facts: &InputFacts,
    spec: &InputSpec,
    overwrite: Overwrite,
) -> Result<(), PrepareError> {
    for wanted in &spec.seldom.dump_attachment.0 {
        for stream in facts.streams.iter().filter(|s| wanted.specifier.matches(facts, s)) {
            let bytes = demuxer.attachment(stream.index);
            if bytes.is_empty() {
                log::warn!("No extradata to dump in stream #{index}:{}.", stream.index);
                continue;
            }
            let own = stream.tag("filename").unwrap_or_default();
            let name = if wanted.value.is_empty() { own } else { &wanted.value };
            if name.is_empty() {
                return Err(PrepareError::Failed(format!(
                    "No filename specified and no 'filename' tag in stream #{index}:{}.",
                    stream.index
                )));
            }
            if overwrite != Overwrite::Always && octets::to_path(name).exists() {
                return Err(PrepareError::Failed(format!("File '{name}' already exists. Exiting.")));
            }
            std::fs::write(octets::to_path(name), bytes)
                .map_err(|error| PrepareError::Failed(format!("Could not open file {name} for writing: {error}")))?;
        }
    }
    Ok(())
}

/// Puts filtergraphs that stand in files in the place of the files' names.
fn read_scripts(spec: &mut JobSpec) -> Result<(), PrepareError> {
    let read = |path: &str, origin: &crate::diagnostic::Origin| {
        std::fs::read(file_path(path)).map(|bytes| octets::to_text(&bytes)).map_err(|error| {
            PrepareError::Refused(vec![
                Diagnostic::error("filter-script", format!("Error reading the filtergraph from {path}: {error}"))
                    .ffmpeg_says(format!("Error opening file {path}."))
                    .at(origin),
            ])
        })
    };
    for graph in spec.global.complex_graphs.iter_mut().filter(|graph| graph.is_script) {
        graph.text = read(&graph.text, &graph.origin)?;
        graph.is_script = false;
    }
    for output in &mut spec.outputs {
        for script in std::mem::take(&mut output.filter_scripts).0 {
            let text = read(&script.value, &script.origin)?;
            output.filters.push(script.specifier, text, script.origin);
        }
    }
    Ok(())
}

fn open_input(
    opened: &mut OpenInputs,
    index: usize,
    catalog: &dyn Catalog,
    stop: &StopSignal,
) -> Result<(), PrepareError> {
    let spec = &opened.spec.inputs[index];
    let plan = plan::open_input(&opened.spec, index, catalog).map_err(|d| PrepareError::Refused(vec![d]))?;
    let masked = mask_url(&plan.url);
    let settings = DemuxerSettings {
        url: plan.url,
        format: plan.format,
        options: plan.options,
        codec_options: plan.codec_options,
        forced_codecs: plan.forced_codecs,
        find_stream_info: plan.find_stream_info,
        reassemble: plan.reassemble,
        bitexact: plan.bitexact,
        limits: plan.session.map(|s| (microseconds(s.connect_us), microseconds(s.probe_us))),
    };
    let (mut demuxer, leftover) = match plan.session {
        Some(session) => open_peer(&settings, &masked, session, (index, stop, &opened.journal))?,
        None => Demuxer::open(&settings, &stop.input_interrupt).map_err(|cause| PrepareError::Open {
            hint: open_hint(&settings.url, cause),
            url: masked.clone(),
            cause,
        })?,
    };
    for (key, _) in leftover.pairs() {
        let typed = spec.options.iter().find(|o| o.name == key);
        if typed.is_some_and(|o| o.scopes.codec) {
            continue;
        }
        let Some(typed) = typed else { continue };
        return Err(PrepareError::Refused(vec![
            Diagnostic::error(
                "input-option",
                format!(
                    "Option {key} not found: {masked} is {}, and neither it nor its protocol takes {}.",
                    demuxer.facts(&masked).format,
                    typed.origin.token
                ),
            )
            .remedy("If it is for the output, put it after -i.")
            .at(&typed.origin),
        ]));
    }
    let mut facts = demuxer.facts(&masked);
    if !opened.spec.global.seldom.recast_media {
        refuse_other_decoders(spec, &facts, index, catalog)?;
    }
    let mut guessed = false;
    for stream in facts.streams.iter().filter(|_| opened.spec.global.seldom.recast_media) {
        let named = spec.codec.last_matching(|s| s.matches(&facts, stream));
        if let Some(decoder) = named.and_then(|name| catalog.decoder(&name.value)).filter(|d| d.kind != stream.kind) {
            demuxer.recast(stream.index, decoder.kind, decoder.codec_id);
            guessed = true;
        }
    }
    for stream in facts.streams.iter().filter(|s| s.kind == MediaKind::Audio) {
        let most = plan::guess_layout_max(spec, &facts, stream);
        if let Some(layout) = demuxer.guess_layout(stream.index, most) {
            guessed = true;
            log::warn!("Guessed Channel Layout for Input Stream #{index}.{} : {layout}", stream.index);
        }
    }
    if guessed {
        facts = demuxer.facts(&masked);
    }
    let seek = plan::seek(spec, &facts, demuxer.seeks_to_pts(), &opened.spec.global, &mut opened.diagnostics)
        .map_err(|d| PrepareError::Refused(vec![d.at(&spec.origin)]))?;
    if let Some(timestamp) = seek.timestamp_us
        && let Err(cause) = demuxer.seek_us(timestamp)
    {
        opened.diagnostics.push(Diagnostic::warning(
            "seek",
            format!("{masked}: could not seek to position {:.3}: {cause}", timestamp as f64 / 1e6),
        ));
    }
    hardware::check(spec)?;
    demuxer.dump(index);
    dump_attachments(&demuxer, index, &facts, spec, opened.spec.global.overwrite)?;
    opened.facts.push(facts);
    opened.seeks.push(seek);
    opened.demuxers.push(demuxer);
    opened.openings.push(settings);
    Ok(())
}

/// A decoder that is named for a stream must be one of its kind.
fn refuse_other_decoders(
    spec: &InputSpec,
    facts: &InputFacts,
    index: usize,
    catalog: &dyn Catalog,
) -> Result<(), PrepareError> {
    for stream in &facts.streams {
        let Some(named) = spec.codec.last_matching(|s| s.matches(facts, stream)) else { continue };
        let Some(decoder) = catalog.decoder(&named.value).filter(|decoder| decoder.kind != stream.kind) else {
            continue;
        };
        let words = format!("Invalid decoder type '{}'", named.value);
        let message = format!(
            "{words}: it decodes {}, but stream #{index}:{} is {}.",
            decoder.kind.name(),
            stream.index,
            stream.kind.name()
        );
        let diagnostic = Diagnostic::error("decoder-kind", message)
            .remedy("Say for which streams it is, as in -c:v, or let -recast_media make another kind of stream.")
            .ffmpeg_says(words);
        return Err(PrepareError::Refused(vec![diagnostic.at(&named.origin)]));
    }
    Ok(())
}

/// Opens an input whose far end is a peer; waits for it where that is wanted.
fn open_peer(
    settings: &DemuxerSettings,
    url: &str,
    session: SessionPlan,
    (index, stop, journal): (usize, &StopSignal, &Journal),
) -> Result<(Demuxer, Dictionary), PrepareError> {
    let context = SessionContext { clock: Clock::start(), stop: stop.clone(), journal: journal.clone() };
    let subject = Subject { is_input: true, index, url: url.to_owned() };
    let mut peer = PeerSession::new(session, subject, context, Arc::default());
    loop {
        let interrupt = stop.input_interrupt.child(Duration::ZERO, true);
        let opened = {
            // A source that is joined in the middle lacks what its first pictures refer to.
            let _quiet = library_log::quiet_decoders();
            Demuxer::open(settings, &interrupt)
        };
        let cause = match opened {
            Ok(opened) => return Ok(opened),
            Err(cause) => cause,
        };
        let interrupted = || PrepareError::Open { url: url.to_owned(), cause: AvError::EXIT, hint: None };
        if stop.drain.is_tripped() {
            return Err(interrupted());
        }
        let at_us = peer.lost(cause, interrupt.has_expired()).map_err(given_up)?;
        if !peer.wait_until(at_us) {
            return Err(interrupted());
        }
    }
}

fn open_hint(url: &str, cause: AvError) -> Option<String> {
    let path = file_path(url);
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Some("it is a directory; give a file in it.".to_owned()),
        Ok(found) if found.len() == 0 => Some("the file is empty.".to_owned()),
        Ok(_) if cause == AvError::INVALID_DATA => {
            Some("it is no media file that this FFmpeg knows, or its header is damaged or cut off.".to_owned())
        }
        _ => None,
    }
}

/// A job that is ready to run.
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    pub(super) inputs: OpenInputs,
    pub(super) outputs: Vec<PreparedOutput>,
}

/// An output with its streams declared and its file open.
pub(super) struct PreparedOutput {
    pub(super) muxer: Muxer,
    pub(super) options: Dictionary,
    pub(super) bitstream_filters: Vec<Option<BitstreamFilter>>,
    pub(super) keyframes: Vec<ForcedKeyframes>,
}

impl OpenInputs {
    /// Plans the job.
    pub fn plan(&mut self, catalog: &dyn Catalog) -> Result<Plan, PrepareError> {
        let mut plan = plan::plan(&self.spec, &self.facts, &self.seeks, catalog, threads::processors()).map_err(
            |diagnostics| {
                let mut all = std::mem::take(&mut self.diagnostics);
                all.extend(diagnostics);
                PrepareError::Refused(all)
            },
        )?;
        plan.diagnostics.splice(0..0, std::mem::take(&mut self.diagnostics));
        Ok(plan)
    }

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
        let interrupt = if is_pipe(&output.url) {
            stop.output_interrupt.child(PIPE_PATIENCE, false)
        } else {
            stop.output_interrupt.clone()
        };
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
                    muxer.set_attachment(index, &bytes).map_err(fail)?;
                }
                (_, StreamSource::Graph(..) | StreamSource::File) => {}
                (Treatment::Copy(_), StreamSource::Input(input, source)) => {
                    muxer.set_copied(index, &self.demuxers[input], source, &settings).map_err(fail)?;
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
            keyframes.push(self.keyframes(output, stream)?);
        }
        let mut options: Dictionary = output.options.iter().map(|(k, v)| (k, v)).collect();
        // The connection to a peer is made when all streams are known, and may be made again.
        if output.session.is_none() {
            muxer.open_io(&mut options).map_err(|cause| PrepareError::Open {
                url: masked.clone(),
                cause,
                hint: output_hint(&output.url, cause),
            })?;
        }
        muxer.set_max_delay_us(output.max_delay_us);
        if let Some((input, with_metadata)) = output.chapters_from {
            let how = ChapterCopy {
                offset_us: output.start_us.unwrap_or(0) - self.seeks[input].offset_us,
                duration_us: output.duration_us,
                with_metadata,
            };
            muxer.copy_chapters(&self.demuxers[input], how).map_err(fail)?;
        }
        for (number, program) in output.programs.iter().enumerate() {
            let title = program.title.iter().map(|title| ("title".to_owned(), Some(title.clone()), false));
            let more = output.program_metadata.iter().filter(|(at, _)| *at == number).map(|(_, edit)| edit.clone());
            let metadata: Vec<_> = title.chain(edits(&more.collect::<Vec<_>>())).collect();
            muxer.add_program(program.id, &program.streams, &metadata);
        }
        muxer.edit_metadata(&edits(&output.metadata));
        for (chapter, edit) in &output.chapter_metadata {
            if !muxer.edit_chapter_metadata(*chapter, &edits(std::slice::from_ref(edit))) {
                return Err(PrepareError::Failed(format!(
                    "Invalid chapter index {chapter} in metadata specifier: {masked} has fewer chapters."
                )));
            }
        }
        Ok(PreparedOutput { muxer, options, bitstream_filters, keyframes })
    }

    fn stream_settings(&self, plan: &Plan, output: &OutputPlan, stream: &OutputStreamPlan) -> OutputStreamSettings {
        let mut metadata = edits(&stream.metadata);
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
                metadata.push(("encoder".to_owned(), Some(crate::av::encoder_mark(&encode.encoder, exact)), true));
            }
            Treatment::Subtitle { encoder, options, .. } => {
                let exact =
                    is_exact(&output.options, "fflags", output.bitexact) || is_exact(options, "flags", output.bitexact);
                metadata.push(("encoder".to_owned(), Some(crate::av::encoder_mark(encoder, exact)), true));
            }
        }
        settings.metadata = metadata;
        settings
    }

    fn keyframes(&self, output: &OutputPlan, stream: &OutputStreamPlan) -> Result<ForcedKeyframes, PrepareError> {
        let Treatment::Encode(encode) = &stream.treatment else { return Ok(ForcedKeyframes::None) };
        let Some(text) = &encode.force_key_frames else { return Ok(ForcedKeyframes::None) };
        let chapters = output.chapters_from.map_or(Vec::new(), |(input, _)| self.demuxers[input].chapter_starts_us());
        ForcedKeyframes::parse(text, &chapters, |t| crate::cli::value::duration_us(t).ok())
            .map_err(PrepareError::Failed)
    }
}

/// A peer that is given up before anything was read of it.
fn given_up(error: StageError) -> PrepareError {
    match error {
        StageError::Told { text, ffmpeg } => {
            PrepareError::Refused(vec![Diagnostic::error("peer", text).ffmpeg_says(ffmpeg)])
        }
        other => PrepareError::Failed(other.to_string()),
    }
}

/// True where somebody must read what is written, and may not.
pub(super) fn is_pipe(url: &str) -> bool {
    if url.starts_with("pipe:") || url.starts_with("fd:") {
        return true;
    }
    use std::os::unix::fs::FileTypeExt;
    let path = file_path(url);
    std::fs::metadata(path).is_ok_and(|m| m.file_type().is_fifo() || m.file_type().is_char_device())
}

/// Takes away a file that was opened for nothing.
fn remove_if_empty(output: &OutputPlan) {
    let path = file_path(&output.url);
    if !output.muxer.no_file && std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() == 0) {
        let _ = std::fs::remove_file(path);
    }
}

/// True when an option switches `bitexact` on, or `default` when it says nothing of it.
fn is_exact(options: &[(String, String)], name: &str, default: bool) -> bool {
    options.iter().any(|(k, v)| k == name && v.contains("bitexact") && !v.contains("-bitexact")) || default
}

fn edits(edits: &[MetadataEdit]) -> Vec<(String, Option<String>, bool)> {
    edits.iter().map(|e| (e.key.clone(), e.value.clone(), e.keep_existing)).collect()
}

fn output_hint(url: &str, cause: AvError) -> Option<String> {
    let path = file_path(url);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty())?;
    match cause.errno() {
        Some(libc::ENOENT) if !folder.exists() => Some(format!(
            "the folder {0} does not exist; make it with: mkdir -p {0}",
            octets::of_os(folder.as_os_str())
        )),
        Some(libc::EACCES | libc::EROFS) => {
            Some(format!("{} cannot be written to.", octets::of_os(folder.as_os_str())))
        }
        _ => None,
    }
}
