//! The tree of what is told: sections, keys and ids are those of ffmpeg 8 and newer, but for `time_base`, which they call
//! `sample_rate` as well.
//!
//! Loopback decoders are told of behind the others, and an encoder that feeds several outputs once for each.

use super::told::{Known, ToldGraph, graphs, id, open_text};
use super::tree::{Part, Section};
use crate::diagnostic::mask_url;
use crate::facts::{FilterFacts, LinkFacts, MediaKind, StreamFacts};
use crate::octets::readable;
use crate::plan::{OutputStreamPlan, StreamSource, Treatment};

/// All of it.
pub fn tree(known: &Known) -> Section {
    let mut root = Section::new("root");
    root.list("graphs", graphs(known).iter().map(graph).collect());
    // ffmpeg counts files down.
    root.list("inputfiles", (0..known.inputs.len()).rev().map(|index| input_file(known, index)).collect());
    root.list("decoders", decoders(known));
    root.list("encoders", encoders(known));
    root.list("outputfiles", (0..known.plan.outputs.len()).rev().map(|index| output_file(known, index)).collect());
    root.list("streamlinks", stream_links(known));
    root
}

fn graph(graph: &ToldGraph) -> Section {
    let mut section = Section::new("graph");
    let (number, index) = (graph.number, graph.index);
    section.number("graph_index", index);
    section.text("name", format!("Graph {number}.{index}"));
    section.text("id", format!("Graph_{number}_{index}"));
    section.text("description", graph.description.clone());
    let filter = |section: &mut Section, ends: fn(&crate::facts::GraphFacts) -> &[usize], end: usize| {
        if let Some(facts) = graph.facts
            && let Some(place) = ends(facts).get(end)
        {
            section.text("filter_id", filter_id(graph, *place));
            section.text("filter_name", facts.filters[*place].filter.clone());
        }
    };
    let inputs = graph.inputs.iter().enumerate().map(|(number, input)| {
        let mut section = Section::new("graph_input");
        section.number("input_index", number as i64);
        if let Some(label) = &input.label {
            section.text("link_label", open_text(label));
        }
        filter(&mut section, |facts| &facts.sources, number);
        section.text("media_type", input.kind.name());
        section
    });
    let inputs = inputs.collect();
    let outputs = graph.outputs.iter().enumerate().map(|(number, output)| {
        let mut section = Section::new("graph_output");
        section.number("output_index", number as i64);
        section.text("name", output.name());
        filter(&mut section, |facts| &facts.sinks, number);
        section.text("media_type", output.kind.name());
        section
    });
    let outputs = outputs.collect();
    section.list("graph_inputs", inputs);
    section.list("graph_outputs", outputs);
    if let Some(facts) = graph.facts {
        let filters = facts.filters.iter().enumerate().map(|(place, facts)| self::filter(graph, place, facts));
        section.list("filters", filters.collect());
    }
    section
}

fn filter_id(graph: &ToldGraph, place: usize) -> String {
    format!("G{}_{}", graph.number, id(graph.names.get(place).map_or("", String::as_str)))
}

fn filter(graph: &ToldGraph, place: usize, facts: &FilterFacts) -> Section {
    let mut section = Section::new("filter");
    section.text("filter_name", facts.filter.clone());
    section.text("description", facts.description.clone());
    section.number("nb_inputs", facts.inputs.len() as i64);
    section.number("nb_outputs", facts.outputs.len() as i64);
    if let Some(device) = &facts.device {
        section.number("has_hw_device_context", 1);
        section.text("hw_device_type", device.kind.clone());
        if device.extra_frames > 0 {
            section.number("extra_hw_frames", device.extra_frames);
        }
    }
    let ends = |graph_facts: fn(&crate::facts::GraphFacts) -> &[usize], peer: usize| {
        graph.facts.and_then(|facts| graph_facts(facts).iter().position(|end| *end == peer))
    };
    let inputs = facts.inputs.iter().enumerate().map(|(number, link)| {
        let mut section = Section::new("filter_input");
        section.number("input_index", number as i64);
        section.text("pad_name", link.pad.clone());
        let from = ends(|facts| &facts.sources, link.peer).and_then(|end| graph.inputs.get(end));
        let from = match from {
            Some(input) => id(&format!("in_{}", input.label.clone().unwrap_or_else(|| input.name()))),
            None => filter_id(graph, link.peer),
        };
        section.text("source_filter_id", from);
        section.text("source_pad_name", link.peer_pad.clone());
        section.text("filter_id", filter_id(graph, place));
        passing(&mut section, link);
        section
    });
    section.list("filter_inputs", inputs.collect());
    let outputs = facts.outputs.iter().enumerate().map(|(number, link)| {
        let mut section = Section::new("filter_output");
        let to = ends(|facts| &facts.sinks, link.peer).and_then(|end| graph.outputs.get(end));
        let to = to.map_or_else(|| filter_id(graph, link.peer), |output| id(&format!("out_{}", output.name())));
        section.text("dest_filter_id", to);
        section.number("output_index", number as i64);
        section.text("pad_name", link.pad.clone());
        section.text("dest_pad_name", link.peer_pad.clone());
        section.text("filter_id", filter_id(graph, place));
        passing(&mut section, link);
        section
    });
    section.list("filter_outputs", outputs.collect());
    section
}

/// What passes through a link.
fn passing(section: &mut Section, link: &LinkFacts) {
    section.text("media_type", link.kind.name());
    if link.kind == MediaKind::Video {
        let format = match &link.pool {
            Some(pool) => format!("{} | {}", pool.format, pool.software_format),
            None if link.format.is_empty() => "?".to_owned(),
            None => link.format.clone(),
        };
        section.text("format", format);
        if link.width > 0 && link.height > 0 {
            section.number("width", link.width);
            section.number("height", link.height);
        }
        section.text("sar", format!("{}:{}", link.sample_aspect_ratio.num, link.sample_aspect_ratio.den));
        for (key, value) in [("color_range", &link.color_range), ("color_space", &link.color_space)] {
            if let Some(value) = value {
                section.text(key, value.clone());
            }
        }
    } else {
        section.text("channel_layout", link.channel_layout.clone());
        section.text("channels", link.channels.to_string());
        section.text("sample_rate", link.sample_rate_hz.to_string());
    }
    section.text("time_base", format!("{}/{}", link.time_base.num, link.time_base.den));
    if let Some(pool) = &link.pool {
        let mut frames = Section::new("hw_frames_context");
        frames.number("has_hw_frames_context", 1);
        frames.text("hw_device_type", pool.device_kind.clone());
        frames.text("hw_pixel_format", pool.format.clone());
        frames.text("sw_pixel_format", pool.software_format.clone());
        frames.number("width", pool.width);
        frames.number("height", pool.height);
        frames.number("initial_pool_size", pool.initial_size);
        section.parts.push(Part::One(frames));
    }
}

/// An encoder's id; the stream behind it has an `r_` before it.
fn encoder_id((output, stream): (usize, usize)) -> String {
    format!("out__{output}_{stream}")
}

fn input_file(known: &Known, index: usize) -> Section {
    let input = &known.inputs[index];
    let mut section = Section::new("inputfile");
    section.text("index", index.to_string());
    section.text("demuxer_name", input.format.clone());
    url(&mut section, &input.url);
    let streams = input.streams.iter().enumerate().map(|(number, stream)| {
        let mut section = Section::new("inputstream");
        section.text("id", format!("r_in_{index}_{number}"));
        let decoder = known.catalog.decoder_for(stream.codec_id);
        section.text("name", codec_name(known, stream, decoder.as_ref().map(|decoder| decoder.name.as_str())));
        section.text("index", stream.index.to_string());
        if decoder.is_some() {
            section.text("media_type", stream.kind.name());
        }
        section
    });
    section.list("inputstreams", streams.collect());
    section
}

fn codec_name(known: &Known, stream: &StreamFacts, decoder: Option<&str>) -> String {
    (known.long_name)(&stream.codec).unwrap_or_else(|| match (decoder, stream.kind) {
        (Some(decoder), _) => decoder.to_uppercase(),
        (None, MediaKind::Attachment) => "Attachment".to_owned(),
        (None, MediaKind::Data) => "Data".to_owned(),
        (None, _) => String::new(),
    })
}

fn decoders(known: &Known) -> Vec<Section> {
    let mut all = Vec::new();
    let decoder = |source: String, id: String, name: &str, kind: MediaKind| {
        let mut section = Section::new("decoder");
        section.text("source_id", source);
        section.text("id", id);
        section.text("name", name);
        section.text("media_type", kind.name());
        section
    };
    for (index, (input, facts)) in known.plan.inputs.iter().zip(known.inputs).enumerate() {
        for (stream, (plan, facts)) in input.streams.iter().zip(&facts.streams).enumerate() {
            if let Some(decode) = &plan.decode {
                let id = format!("in_{index}_{stream}");
                all.push(decoder(format!("r_{id}"), id, &decode.decoder, facts.kind));
            }
        }
    }
    for (number, looped) in known.plan.decoders.iter().enumerate() {
        let source = encoder_id(known.plan.encoder_of(looped.stream));
        all.push(decoder(source, format!("in_dec_{number}"), &looped.decode.decoder, looped.kind));
    }
    all
}

/// Output streams with their numbers.
pub fn output_streams<'a>(known: &Known<'a>) -> impl Iterator<Item = ((usize, usize), &'a OutputStreamPlan)> {
    let outputs = known.plan.outputs.iter().enumerate();
    outputs.flat_map(|(o, output)| output.streams.iter().enumerate().map(move |(s, stream)| ((o, s), stream)))
}

/// The encoder of a stream, by name.
pub fn encoder(stream: &OutputStreamPlan) -> Option<&str> {
    stream.treatment.encoder()
}

fn encoders(known: &Known) -> Vec<Section> {
    let section = |(at, stream): ((usize, usize), &OutputStreamPlan)| {
        let name = encoder(stream)?;
        let mut section = Section::new("encoder");
        section.text("id", encoder_id(known.plan.encoder_of(at)));
        section.text("dest_id", format!("r_{}", encoder_id(at)));
        section.text("name", name);
        section.text("media_type", stream.kind.name());
        Some(section)
    };
    output_streams(known).filter_map(section).collect()
}

fn output_file(known: &Known, index: usize) -> Section {
    let output = &known.plan.outputs[index];
    let mut section = Section::new("outputfile");
    section.text("index", index.to_string());
    section.text("muxer_name", output.muxer.name.clone());
    url(&mut section, if output.url == "-" { "pipe:" } else { &output.url });
    let streams = output.streams.iter().enumerate().map(|(number, stream)| {
        let mut section = Section::new("outputstream");
        section.text("id", format!("r_{}", encoder_id((index, number))));
        section.text("name", output_codec(known, stream));
        section.text("index", number.to_string());
        section.text("media_type", stream.kind.name());
        section
    });
    section.list("outputstreams", streams.collect());
    section
}

fn output_codec(known: &Known, stream: &OutputStreamPlan) -> String {
    let codec = match (encoder(stream), stream.source) {
        (Some(encoder), _) => known.catalog.encoder(encoder).map(|encoder| encoder.codec_name),
        (None, StreamSource::Input(input, source)) => Some(known.inputs[input].streams[source].codec.clone()),
        (None, _) => None,
    };
    codec.and_then(|codec| (known.long_name)(&codec)).unwrap_or_else(|| "unknown".to_owned())
}

fn stream_links(known: &Known) -> Vec<Section> {
    let section = |(at, stream): ((usize, usize), &OutputStreamPlan)| {
        let StreamSource::Input(input, source) = stream.source else { return None };
        let (before, operation) = match stream.treatment {
            Treatment::Copy(_) => ("r_", "Stream Copy"),
            Treatment::Subtitle { .. } => ("", "Transcode"),
            Treatment::Encode(_) | Treatment::Attach { .. } => return None,
        };
        let mut section = Section::new("streamlink");
        section.text("dest_stream_id", format!("{before}{}", encoder_id(at)));
        section.text("source_stream_id", format!("{before}in_{input}_{source}"));
        section.text("operation", operation);
        section.text("media_type", stream.kind.name());
        Some(section)
    };
    output_streams(known).filter_map(section).collect()
}

/// A file's URL, passwords masked, behind what its name ends with.
fn url(section: &mut Section, url: &str) {
    let shown = readable(&mask_url(url)).into_owned();
    if let Some(extension) = extension(&shown) {
        section.text("file_extension", extension);
    }
    section.text("url", shown);
}

/// What a URL's last name ends with behind its last dot, parameters left out.
fn extension(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    let name = path.rsplit(['/', '\\']).next()?;
    name.rsplit_once('.').filter(|(stem, end)| !stem.is_empty() && !end.is_empty()).map(|(_, end)| end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_s_end_is_what_stands_behind_its_last_dot() {
        for (url, expected) in [
            ("a.mp4", Some("mp4")),
            ("/x.y/a", None),
            (".hidden", None),
            ("dir/.hidden", None),
            ("http://host/a.m3u8?x=b.ts", Some("m3u8")),
            ("a.tar.gz", Some("gz")),
            ("a.", None),
            ("", None),
        ] {
            assert_eq!(extension(url), expected, "{url}");
        }
    }
}
