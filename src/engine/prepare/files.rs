//! Files beside the media: scripts of filtergraphs, and attachments that are taken out.

use super::{OpenInputs, PrepareError};
use crate::av::Demuxer;
use crate::diagnostic::{Diagnostic, Origin, reason};
use crate::facts::InputFacts;
use crate::octets::{self, file_path};
use crate::spec::{InputSpec, JobSpec, Overwrite};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// What `-dump_attachment` takes out of an input.
pub struct Attachment {
    /// The file that is to be written.
    pub name: String,
    bytes: Vec<u8>,
}

impl OpenInputs {
    /// What is to be taken out of the inputs, by their order.
    pub fn attachments(&self) -> Result<Vec<Attachment>, PrepareError> {
        let inputs = self.spec.inputs.iter().zip(&self.facts).zip(&self.demuxers).enumerate();
        let of_each = inputs.map(|(index, ((spec, facts), demuxer))| attachments_of(demuxer, index, facts, spec));
        Ok(of_each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

fn attachments_of(
    demuxer: &Demuxer,
    index: usize,
    facts: &InputFacts,
    spec: &InputSpec,
) -> Result<Vec<Attachment>, PrepareError> {
    let mut found = Vec::new();
    for wanted in &spec.seldom.dump_attachment.0 {
        for stream in facts.streams.iter().filter(|s| wanted.specifier.matches(facts, s)) {
            let bytes = demuxer.extradata(stream.index);
            if bytes.is_empty() {
                log::warn!("No extradata to dump in stream #{index}:{}.", stream.index);
                continue;
            }
            // A file may tell any path: only a name in the folder at hand is taken from it.
            let own = stream.tag("filename").unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
            let own = if matches!(own, "." | "..") { "" } else { own };
            let name = if wanted.value.is_empty() { own } else { &wanted.value };
            if name.is_empty() {
                return Err(PrepareError::Failed(format!(
                    "No filename specified and no 'filename' tag in stream #{index}:{}.",
                    stream.index
                )));
            }
            found.push(Attachment { name: name.to_owned(), bytes: bytes.to_vec() });
        }
    }
    Ok(found)
}

impl Attachment {
    /// Writes it.
    pub fn write(&self, overwrite: Overwrite) -> Result<(), PrepareError> {
        let Self { name, bytes } = self;
        if overwrite != Overwrite::Always && octets::to_path(name).exists() {
            return Err(PrepareError::Failed(format!("File '{name}' already exists. Exiting.")));
        }
        std::fs::write(octets::to_path(name), bytes).map_err(|error| {
            PrepareError::Failed(format!("Could not open file {name} for writing: {}", reason(&error)))
        })
    }
}

/// Whether what was found under two names is one file.
pub fn is_one_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Puts filtergraphs that stand in files in the place of the files' names.
pub(super) fn read_scripts(spec: &mut JobSpec) -> Result<(), PrepareError> {
    let read = |path: &str, origin: &Origin| {
        std::fs::read(file_path(path)).map(|bytes| octets::to_text(&bytes)).map_err(|error| {
            PrepareError::Refused(vec![
                Diagnostic::error(
                    "filter-script",
                    format!("Error reading the filtergraph from {path}: {}", reason(&error)),
                )
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
