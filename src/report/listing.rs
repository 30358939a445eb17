//! The listings of what the linked FFmpeg has, in ffmpeg's layout: programs read them column by column.

use crate::av::listing::codecs::{codecs, decoders_or_encoders};
use crate::av::listing::devices::{Devices, sinks, sources};
use crate::av::listing::filters::{FilterEntry, filters};
use crate::av::listing::formats::{Which, formats, protocols};
use crate::av::listing::{LAYOUT, names};
use std::fmt::Write;

/// A flag's letter, or a dot.
const fn mark(on: bool, letter: char) -> char {
    if on { letter } else { '.' }
}

/// The listing of that name (`encoders`, `formats` ...); `None` when there is none.
pub fn listing(name: &str, topic: Option<&str>) -> Option<String> {
    Some(match name {
        "formats" => format_list(Which::All),
        "muxers" => format_list(Which::Muxers),
        "demuxers" => format_list(Which::Demuxers),
        "devices" => format_list(Which::Devices),
        "codecs" => codec_list(),
        "decoders" => coder_list("Decoders", false),
        "encoders" => coder_list("Encoders", true),
        "bsfs" => format!("Bitstream filters:\n{}\n\n", names::bitstream_filters().join("\n")),
        "protocols" => protocol_list(),
        "filters" => filter_list(),
        "pix_fmts" => pixel_format_list(),
        "layouts" => layout_list(),
        "sample_fmts" => names::sample_formats().iter().map(|line| format!("{line}\n")).collect(),
        "dispositions" => names::dispositions().iter().map(|name| format!("{name}\n")).collect(),
        "colors" => colour_list(),
        "hwaccels" => format!("Hardware acceleration methods:\n{}\n\n", names::hardware_accelerators().join("\n")),
        "sources" => device_list("sources", topic, sources),
        "sinks" => device_list("sinks", topic, sinks),
        _ => return None,
    })
}

fn format_list(which: Which) -> String {
    let devices_told = LAYOUT.formats_tell_devices && which != Which::Devices;
    let mut text = String::from(match (which, devices_told) {
        (Which::Devices, _) => "Devices:\n",
        (_, true) => "Formats:\n",
        (_, false) => "File formats:\n",
    });
    text.push_str(if devices_told {
        " D.. = Demuxing supported\n .E. = Muxing supported\n ..d = Is a device\n ---\n"
    } else {
        " D. = Demuxing supported\n .E = Muxing supported\n"
    });
    if !devices_told {
        text.push_str(if LAYOUT.formats_tell_devices { " ---\n" } else { " --\n" });
    }
    for (name, format) in formats(which) {
        let [reads, writes] = [(format.demuxes, 'D'), (format.muxes, 'E')].map(|(on, c)| if on { c } else { ' ' });
        let device = match (devices_told, format.device) {
            (true, true) => "d",
            (true, false) => " ",
            (false, _) => "",
        };
        line!(text, " {reads}{writes}{device} {name:<15} {}", format.long_name.as_deref().unwrap_or(" "));
    }
    text
}

fn codec_list() -> String {
    let mut text = String::from(
        "Codecs:\n D..... = Decoding supported\n .E.... = Encoding supported\n ..V... = Video codec\n \
         ..A... = Audio codec\n ..S... = Subtitle codec\n ..D... = Data codec\n ..T... = Attachment codec\n \
         ...I.. = Intra frame-only codec\n ....L. = Lossy compression\n .....S = Lossless compression\n -------\n",
    );
    for codec in codecs() {
        let _ = write!(
            text,
            " {}{}{}{}{}{} {:<20} {}",
            mark(!codec.decoders.is_empty(), 'D'),
            mark(!codec.encoders.is_empty(), 'E'),
            codec.kind,
            mark(codec.intra_only, 'I'),
            mark(codec.lossy, 'L'),
            mark(codec.lossless, 'S'),
            codec.name,
            codec.long_name
        );
        // They are named where they are more than one, or have another name than the codec.
        for (what, coders) in [("decoders", &codec.decoders), ("encoders", &codec.encoders)] {
            if coders.iter().any(|name| *name != codec.name) {
                let blank = if LAYOUT.coders_end_with_blank { " " } else { "" };
                let _ = write!(text, " ({what}: {}{blank})", coders.join(" "));
            }
        }
        text.push('\n');
    }
    text
}

fn coder_list(head: &str, encoding: bool) -> String {
    let mut text = format!(
        "{head}:\n V..... = Video\n A..... = Audio\n S..... = Subtitle\n .F.... = Frame-level multithreading\n \
         ..S... = Slice-level multithreading\n ...X.. = Codec is experimental\n ....B. = Supports draw_horiz_band\n \
         .....D = Supports direct rendering method 1\n ------\n"
    );
    for coder in decoders_or_encoders(encoding) {
        let codec = if coder.name == coder.codec { String::new() } else { format!(" (codec {})", coder.codec) };
        line!(
            text,
            " {}{}{}{}{}{} {:<20} {}{codec}",
            coder.kind,
            mark(coder.frame_threads, 'F'),
            mark(coder.slice_threads, 'S'),
            mark(coder.experimental, 'X'),
            mark(coder.horizontal_bands, 'B'),
            mark(coder.direct_rendering, 'D'),
            coder.name,
            coder.long_name
        );
    }
    text
}

fn protocol_list() -> String {
    let mut text = String::from("Supported file protocols:\n");
    for (head, output) in [("Input", false), ("Output", true)] {
        line!(text, "{head}:");
        for name in protocols(output) {
            line!(text, "  {name}");
        }
    }
    text
}

/// `AA->V`, `|->A`, `N->V` ...
fn pads(filter: &FilterEntry) -> String {
    let side = |pads: &[crate::av::listing::filters::Pad], dynamic: bool| match (pads.is_empty(), dynamic) {
        (true, true) => "N".to_owned(),
        (true, false) => "|".to_owned(),
        (false, _) => pads.iter().map(|pad| pad.letter).collect(),
    };
    format!("{}->{}", side(&filter.inputs, filter.dynamic_inputs), side(&filter.outputs, filter.dynamic_outputs))
}

fn filter_list() -> String {
    let with_commands = LAYOUT.filters_tell_commands;
    let mut text = String::from("Filters:\n  T.. = Timeline support\n  .S. = Slice threading\n");
    if with_commands {
        text.push_str("  ..C = Command support\n");
    }
    text.push_str(
        "  A = Audio input/output\n  V = Video input/output\n  N = Dynamic number and/or type of input/output\n  \
         | = Source or sink filter\n",
    );
    if !with_commands {
        text.push_str("  ------\n");
    }
    for filter in filters() {
        let command = if with_commands { mark(filter.commands, 'C').to_string() } else { String::new() };
        line!(
            text,
            " {}{}{command} {:<17} {:<10} {}",
            mark(filter.timeline, 'T'),
            mark(filter.slice_threads, 'S'),
            filter.name,
            pads(&filter),
            filter.description
        );
    }
    text
}

fn pixel_format_list() -> String {
    let mut text = String::from(
        "Pixel formats:\nI.... = Supported Input  format for conversion\n.O... = Supported Output format for \
         conversion\n..H.. = Hardware accelerated format\n...P. = Paletted format\n....B = Bitstream format\n\
         FLAGS NAME            NB_COMPONENTS BITS_PER_PIXEL BIT_DEPTHS\n-----\n",
    );
    for format in names::pixel_formats() {
        let depths: Vec<String> = format.depths.iter().map(ToString::to_string).collect();
        // A format without components has one depth, 0.
        let depths = if depths.is_empty() { "0".to_owned() } else { depths.join("-") };
        line!(
            text,
            "{}{}{}{}{} {:<16}       {}            {:>3}      {depths}",
            mark(format.input, 'I'),
            mark(format.output, 'O'),
            mark(format.hardware, 'H'),
            mark(format.palette, 'P'),
            mark(format.bitstream, 'B'),
            format.name,
            format.depths.len(),
            format.bits
        );
    }
    text
}

fn layout_list() -> String {
    let names::Layouts { channels, standard } = names::layouts();
    let mut text = String::from("Individual channels:\nNAME           DESCRIPTION\n");
    for (name, description) in channels {
        line!(text, "{name:<14} {description}");
    }
    text.push_str("\nStandard channel layouts:\nNAME           DECOMPOSITION\n");
    for (name, channels) in standard {
        line!(text, "{name:<14} {}", channels.join("+"));
    }
    text
}

fn colour_list() -> String {
    let mut text = format!("{:<32} #RRGGBB\n", "name");
    for (name, [red, green, blue]) in names::colours() {
        line!(text, "{name:<32} #{red:02x}{green:02x}{blue:02x}");
    }
    text
}

/// What devices tell; the topic is `NAME[,key=value[:key=value...]]`.
fn device_list(
    what: &str,
    topic: Option<&str>,
    ask: impl Fn(Option<&str>, &[(String, String)]) -> Vec<Devices>,
) -> String {
    let mut text = String::new();
    let (only, options) = match topic.map(|topic| topic.split_once(',').unwrap_or((topic, ""))) {
        Some((name, options)) => (Some(name), options),
        None => {
            text.push_str(
                "\nDevice name is not provided.\nYou can pass devicename[,opt1=val1[,opt2=val2...]] as an argument.\n\n",
            );
            (None, "")
        }
    };
    let options: Vec<(String, String)> = options
        .split(':')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    for (device, found) in ask(only, &options) {
        line!(text, "Auto-detected {what} for {device}:");
        match found {
            Err(error) => {
                line!(text, "Cannot list {what}: {error}");
            }
            Ok(entries) => {
                for entry in entries {
                    let types =
                        if entry.media_types.is_empty() { "none".to_owned() } else { entry.media_types.join(", ") };
                    let star = if entry.default { '*' } else { ' ' };
                    line!(text, "{star} {} [{}] ({types})", entry.name, entry.description);
                }
            }
        }
    }
    text
}
