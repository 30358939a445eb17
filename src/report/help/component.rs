//! `-h encoder=libx264` and its like: one component of the libraries.

use crate::av::listing::components::{self, Coder, Coders, Format};
use crate::av::listing::filters::Pad;

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
