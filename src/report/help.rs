//! `-h`: the options of the command, and of one component.

use super::CalledAs;
use crate::av::listing::components::{self, Coder, Coders, Format};
use crate::av::listing::filters::Pad;
use crate::av::listing::options;
use crate::cli::table::{Arity, Effect, Row, Scope, rows};

/// The options of one component, `encoder=libx264`; `None` when the topic is of no such kind, an error with ffmpeg's
/// sentence when there is no such component.
pub fn component(topic: &str) -> Option<Result<String, String>> {
    let (kind, name) = topic.split_once('=').map_or((topic, None), |(kind, name)| (kind, Some(name)));
    let missing = |what: &str| Err(format!("No {what} name specified."));
    Some(match (kind, name) {
        ("decoder" | "encoder", None) => missing("codec"),
        ("protocol", None) => missing("protocol"),
        ("filter", None) => missing("filter"),
        ("bsf", None) => missing("bitstream filter"),
        ("muxer" | "demuxer", None) => Err("No format name specified.".to_owned()),
        ("decoder" | "encoder", Some(name)) => coder(name, kind == "encoder"),
        ("muxer", Some(name)) => {
            components::muxer(name).map(|f| format("Muxer", &f)).ok_or_else(|| format!("Unknown format '{name}'."))
        }
        ("demuxer", Some(name)) => {
            components::demuxer(name).map(|f| format("Demuxer", &f)).ok_or_else(|| format!("Unknown format '{name}'."))
        }
        ("filter", Some(name)) => filter(name).ok_or_else(|| format!("Unknown filter '{name}'.")),
        ("bsf", Some(name)) => bitstream_filter(name).ok_or_else(|| format!("Unknown bit stream filter '{name}'.")),
        ("protocol", Some(name)) => components::protocol(name).ok_or_else(|| format!("Unknown protocol '{name}'.")),
        _ => return None,
    })
}

fn coder(name: &str, encoder: bool) -> Result<String, String> {
    match components::coder(name, encoder) {
        Coders::Found(coders) => Ok(coders.iter().map(coder_text).collect()),
        Coders::NotHere => Err(format!(
            "Codec '{name}' is known to FFmpeg, but no {} for it are available. FFmpeg might need to be recompiled with \
             additional external libraries.",
            if encoder { "encoders" } else { "decoders" }
        )),
        Coders::Unknown => Err(format!("Codec '{name}' is not recognized by FFmpeg.")),
    }
}

fn coder_text(coder: &Coder) -> String {
    let mut text = String::new();
    line!(text, "{} {} [{}]:", if coder.encoder { "Encoder" } else { "Decoder" }, coder.name, coder.long_name);
    // Every capability has a blank behind it, but not the word for none of them.
    let capabilities: String = coder
        .capabilities
        .iter()
        .map(|word| if *word == "none" { "none".to_owned() } else { format!("{word} ") })
        .collect();
    line!(text, "    General capabilities: {capabilities}");
    if let Some(threading) = coder.threading {
        line!(text, "    Threading capabilities: {threading}");
    }
    if !coder.hardware.is_empty() {
        line!(text, "    Supported hardware devices: {} ", coder.hardware.join(" "));
    }
    for (what, values) in &coder.supported {
        line!(text, "    Supported {what}: {}", values.join(" "));
    }
    text + &coder.options
}

fn format(head: &str, format: &Format) -> String {
    let mut text = String::new();
    // A long name that is not there is told as C does.
    line!(text, "{head} {} [{}]:", format.name, format.long_name.as_deref().unwrap_or("(null)"));
    if let Some(extensions) = &format.extensions {
        line!(text, "    Common extensions: {extensions}.");
    }
    if let Some(mime_type) = &format.mime_type {
        line!(text, "    Mime type: {mime_type}.");
    }
    for (kind, codec) in &format.default_codecs {
        line!(text, "    Default {kind} codec: {codec}.");
    }
    text + &format.options
}

fn filter(name: &str) -> Option<String> {
    let (filter, options) = components::filter(name)?;
    let mut text = String::new();
    line!(text, "Filter {}", filter.name);
    if !filter.description.is_empty() {
        line!(text, "  {}", filter.description);
    }
    if filter.slice_threads {
        text.push_str("    slice threading supported\n");
    }
    pads(&mut text, ("Inputs", "source"), &filter.inputs, filter.dynamic_inputs);
    pads(&mut text, ("Outputs", "sink"), &filter.outputs, filter.dynamic_outputs);
    text.push_str(&options);
    if filter.timeline {
        text.push_str("This filter has support for timeline through the 'enable' option.\n");
    }
    Some(text)
}

fn pads(text: &mut String, (head, without): (&str, &str), pads: &[Pad], dynamic: bool) {
    line!(text, "    {head}:");
    for (index, pad) in pads.iter().enumerate() {
        line!(text, "       #{index}: {} ({})", pad.name, pad.media_type);
    }
    if dynamic {
        text.push_str("        dynamic (depending on the options)\n");
    } else if pads.is_empty() {
        line!(text, "        none ({without} filter)");
    }
}

fn bitstream_filter(name: &str) -> Option<String> {
    let filter = components::bitstream_filter(name)?;
    let mut text = format!("Bit stream filter {}\n", filter.name);
    if let Some(codecs) = filter.codecs {
        line!(text, "    Supported codecs: {}", codecs.join(" "));
    }
    Some(text + &filter.options)
}

/// How much of the command's own options is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// `-h`: what one needs every day.
    Basic,
    /// `-h long`: all of the command's own.
    Long,
    /// `-h full`: FFmpeg's tables as well.
    Full,
}

/// The options of `-h` alone.
const BASIC: &[&str] = &[
    "loglevel",
    "v",
    "report",
    "y",
    "n",
    "stats",
    "f",
    "c",
    "codec",
    "map_metadata",
    "t",
    "to",
    "fs",
    "ss",
    "sseof",
    "metadata",
    "target",
    "frames",
    "filter",
    "map",
    "vframes",
    "r",
    "fpsmax",
    "s",
    "aspect",
    "vn",
    "vcodec",
    "pass",
    "vf",
    "ab",
    "b",
    "dn",
    "aframes",
    "aq",
    "ar",
    "ac",
    "an",
    "acodec",
    "af",
    "sn",
    "scodec",
    "re",
    "stream_loop",
    "progress",
    "hide_banner",
];

/// A section of the help: which rows, with their head.
struct Section {
    head: &'static str,
    basic: bool,
    holds: fn(&Row) -> bool,
}

/// The kind of stream that an option has to do with alone.
fn kind_of(row: &Row) -> Option<&'static str> {
    match row.effect {
        Effect::Alias(_, kind) => Some(kind),
        _ => row.bare,
    }
}

fn is_global(row: &Row) -> bool {
    row.scope() == Scope::Global && !matches!(row.effect, Effect::Show(_))
}

fn is_per_file(row: &Row) -> bool {
    row.scope() != Scope::Global && kind_of(row).is_none()
}

fn is_of(row: &Row, kind: &str) -> bool {
    row.scope() != Scope::Global && kind_of(row) == Some(kind)
}

const SECTIONS: &[Section] = &[
    Section {
        head: "Print help / information / capabilities:",
        basic: true,
        holds: |row| matches!(row.effect, Effect::Show(_)),
    },
    Section { head: "Global options (affect whole program instead of just one file):", basic: true, holds: is_global },
    Section { head: "Advanced global options:", basic: false, holds: is_global },
    Section { head: "Per-file main options:", basic: true, holds: is_per_file },
    Section { head: "Advanced per-file options:", basic: false, holds: is_per_file },
    Section { head: "Video options:", basic: true, holds: |row| is_of(row, "v") },
    Section { head: "Advanced Video options:", basic: false, holds: |row| is_of(row, "v") },
    Section { head: "Audio options:", basic: true, holds: |row| is_of(row, "a") },
    Section { head: "Advanced Audio options:", basic: false, holds: |row| is_of(row, "a") },
    Section { head: "Subtitle options:", basic: true, holds: |row| is_of(row, "s") },
    Section { head: "Advanced Subtitle options:", basic: false, holds: |row| is_of(row, "s") },
    Section { head: "Data options:", basic: false, holds: |row| is_of(row, "d") },
];

/// The command's own options.
pub fn options_of_the_command(called: CalledAs, extent: Extent) -> String {
    let name = called.name();
    let mut text = format!(
        "usage: {name} [options] [[infile options] -i infile]... {{[outfile options] outfile}}...\n\n\
         Getting help:\n    \
         -h      -- the options of every day\n    \
         -h long -- all options of the command\n    \
         -h full -- those of all codecs, formats and filters as well (very long)\n    \
         -h type=name -- those of one decoder, encoder, demuxer, muxer, filter, bsf or protocol\n\n"
    );
    for section in SECTIONS.iter().filter(|section| section.basic || extent > Extent::Basic) {
        let shows = matches!(section.head.as_bytes().first(), Some(b'P')) && section.head.starts_with("Print");
        let mut lines = String::new();
        for row in rows().filter(|row| (section.holds)(row)) {
            for option in row.names.iter().filter(|name| shows || BASIC.contains(name) == section.basic) {
                let value = match row.arity {
                    Arity::Value(value) => format!(" {value}"),
                    _ => String::new(),
                };
                line!(lines, "-{:<17}  {}", format!("{option}{value}"), row.help);
            }
        }
        if !lines.is_empty() {
            line!(text, "{}\n{lines}", section.head);
        }
    }
    text.push('\n');
    if extent == Extent::Full {
        text.push_str(&options::all());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_that_works_stands_once_in_the_long_help() {
        let text = options_of_the_command(CalledAs::Ffmpeg, Extent::Long);
        for row in rows() {
            for name in row.names {
                let count = text.lines().filter(|l| l.split_whitespace().next() == Some(&format!("-{name}"))).count();
                // The head's own lines tell of -h.
                assert!(count == 1 || *name == "h", "-{name} stands {count} times");
            }
        }
    }

    #[test]
    fn the_short_help_names_only_options_that_exist() {
        for name in BASIC {
            assert!(crate::cli::table::find(name).is_some(), "{name}");
        }
    }
}
