//! `-print_graphs` and its like: the filtergraphs of a run as they were at the end, and what was before and behind them.

mod compact;
mod content;
mod default;
mod flat;
mod ini;
mod json;
mod mermaid;
mod page;
mod told;
mod tree;
mod xml;

pub use self::told::Known;

use super::{data, level, say};
use crate::av::OutputFile;
use crate::octets::to_bytes;
use crate::spec::{GraphsFormat, GraphsSpec};

/// What is told of a run in one of the formats.
pub fn text(format: GraphsFormat, known: &Known) -> String {
    let tree = || content::tree(known);
    match format {
        GraphsFormat::Default => default::write(&tree()),
        GraphsFormat::Compact => compact::compact(&tree()),
        GraphsFormat::Csv => compact::csv(&tree()),
        GraphsFormat::Flat => flat::write(&tree()),
        GraphsFormat::Ini => ini::write(&tree()),
        GraphsFormat::Json => json::write(&tree()),
        GraphsFormat::Xml => xml::write(&tree()),
        GraphsFormat::Mermaid => mermaid::write(known),
        GraphsFormat::MermaidHtml => page::write(&mermaid::write(known)),
    }
}

/// Writes it to where it is asked for; `false` when that cannot be done, which has been told then.
pub fn show(spec: &GraphsSpec, known: &Known) -> bool {
    if !spec.is_wanted() {
        return true;
    }
    let text = text(spec.format, known);
    let written = match spec.file.as_deref() {
        None => Ok(()),
        Some("-") => {
            data(&text);
            Ok(())
        }
        Some(file) => OutputFile::create(file).and_then(|mut out| out.write(&to_bytes(&text))),
    };
    if let (Err(cause), Some(file)) = (&written, &spec.file) {
        say(level::ERROR, &format!("Failed to open graph output file, \"{file}\": {cause}"));
    }
    if spec.on_stderr {
        say(level::INFO, text.trim_end());
    }
    written.is_ok()
}

#[cfg(test)]
mod tests;
