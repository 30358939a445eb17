//! A flowchart in Mermaid's language (<https://mermaid.js.org/syntax/flowchart.html>): inputs, decoders, filters, encoders
//! and outputs from left to right, with what passes between them on the edges.

use super::content::{encoder, output_streams};
use super::told::{Known, ToldGraph, ToldOutput, graphs};
use super::tree::escape;
use crate::diagnostic::mask_url;
use crate::facts::{LinkFacts, MediaKind};
use crate::octets::readable;
use crate::plan::{PadSource, PadTarget, StreamSource, Treatment};

/// The colours of lines around what belongs to each kind of media.
const KINDS: [(&str, &str); 3] = [("video", "#2a6fb0"), ("audio", "#3a8a4a"), ("subtitle", "#a0731a")];

/// Characters of a URL that are shown at the most.
const URL_LENGTH: usize = 40;

/// Characters of a graph's description that have room above each of its filters.
const TITLE_LENGTH: usize = 24;

/// The whole chart.
pub fn write(known: &Known) -> String {
    let mut text = String::from("flowchart LR\n");
    let graphs = graphs(known);
    inputs(&mut text, known);
    decoders(&mut text, known);
    for graph in &graphs {
        filters(&mut text, graph);
    }
    for (at, stream) in output_streams(known).filter(|(at, _)| known.plan.encoder_of(*at) == *at) {
        if let Some(name) = encoder(stream) {
            node(&mut text, 1, &encoder_node(at), ('(', &escaped(name), ')'), stream.kind);
        }
    }
    outputs(&mut text, known);
    for graph in &graphs {
        edges_of(&mut text, graph);
    }
    for (at, stream) in output_streams(known) {
        let there = format!("r_out_{}_{}", at.0, at.1);
        match (&stream.treatment, stream.source) {
            (Treatment::Copy(_), StreamSource::Input(input, source)) => {
                edge(&mut text, &format!("r_in_{input}_{source}"), "copy", &there);
            }
            (Treatment::Subtitle { .. }, StreamSource::Input(input, source)) => {
                edge(&mut text, &format!("in_{input}_{source}"), "", &encoder_node(at));
            }
            _ => {}
        }
        if encoder(stream).is_some() {
            edge(&mut text, &encoder_node(known.plan.encoder_of(at)), "", &there);
        }
    }
    for (kind, colour) in KINDS {
        line!(text, "    classDef {kind} stroke:{colour}");
    }
    text
}

fn inputs(text: &mut String, known: &Known) {
    for (index, (input, facts)) in known.plan.inputs.iter().zip(known.inputs).enumerate() {
        let mut file = Some(&facts.url);
        let format = facts.format.split(',').next().unwrap_or_default();
        let streams = input.streams.iter().zip(&facts.streams).enumerate();
        let mut drawn = String::new();
        for (stream, (_, facts)) in streams.filter(|(_, (plan, _))| plan.used || plan.decode.is_some()) {
            let label = lines(file.take(), &format!("#{index}:{stream} {}", facts.codec));
            node(&mut drawn, 2, &format!("r_in_{index}_{stream}"), ('[', &label, ']'), facts.kind);
        }
        group(text, &format!("input_{index}"), &format!("Input #{index}: {format}"), &drawn);
    }
}

/// A box with a title around what is drawn, unless that is nothing. The chart's layout has room for what is in it, and
/// none for its title.
fn group(text: &mut String, id: &str, title: &str, drawn: &str) {
    if !drawn.is_empty() {
        line!(text, "    subgraph {id}[\"{}\"]\n{drawn}    end", escaped(title));
    }
}

/// The label of a stream, below the end of its file's URL where it is the first.
fn lines(url: Option<&String>, stream: &str) -> String {
    let Some(url) = url else { return escaped(stream) };
    let url = readable(&mask_url(url)).into_owned();
    let long = url.chars().count().saturating_sub(URL_LENGTH);
    let end: String = url.chars().skip(if long > 0 { long + 1 } else { 0 }).collect();
    format!("{}{}<br/>{}", if long > 0 { "…" } else { "" }, escaped(&end), escaped(stream))
}

fn decoders(text: &mut String, known: &Known) {
    for (index, (input, facts)) in known.plan.inputs.iter().zip(known.inputs).enumerate() {
        for (stream, (plan, facts)) in input.streams.iter().zip(&facts.streams).enumerate() {
            if let Some(decode) = &plan.decode {
                let id = format!("in_{index}_{stream}");
                node(text, 1, &id, ('(', &escaped(&decode.decoder), ')'), facts.kind);
                edge(text, &format!("r_{id}"), "", &id);
            }
        }
    }
    for (number, looped) in known.plan.decoders.iter().enumerate() {
        let id = decoder_node(PadSource::Decoder(number));
        node(text, 1, &id, ('(', &escaped(&looped.decode.decoder), ')'), looped.kind);
        edge(text, &encoder_node(known.plan.encoder_of(looped.stream)), "", &id);
    }
}

fn outputs(text: &mut String, known: &Known) {
    for (index, output) in known.plan.outputs.iter().enumerate() {
        let mut file = Some(&output.url);
        let mut drawn = String::new();
        for (number, stream) in output.streams.iter().enumerate() {
            let label = lines(file.take(), &format!("#{index}:{number} {}", stream.kind.name()));
            node(&mut drawn, 2, &format!("r_out_{index}_{number}"), ('[', &label, ']'), stream.kind);
        }
        group(text, &format!("output_{index}"), &format!("Output #{index}: {}", output.muxer.name), &drawn);
    }
}

/// The box of a graph with its filters.
fn filters(text: &mut String, graph: &ToldGraph) {
    let number = graph.number;
    let mut drawn = String::new();
    match graph.facts {
        Some(facts) => {
            for (place, filter) in facts.filters.iter().enumerate() {
                if facts.sources.contains(&place) || facts.sinks.contains(&place) {
                    continue;
                }
                let kind = filter.outputs.iter().chain(&filter.inputs).map(|link| link.kind).next();
                let name = graph.names.get(place).filter(|name| name.contains('@')).unwrap_or(&filter.filter);
                let shape = ('[', &escaped(name)[..], ']');
                node(&mut drawn, 2, &filter_node(graph, place), shape, kind.unwrap_or(MediaKind::Unknown));
            }
        }
        None => {
            let id = format!("unknown_{number}");
            node(&mut drawn, 2, &id, ('[', "never configured", ']'), MediaKind::Unknown);
        }
    }
    let room = drawn.lines().count() * TITLE_LENGTH;
    let mut title = format!("Graph {number}: {}", graph.description);
    if title.chars().count() > room {
        title = title.chars().take(room - 1).chain(['…']).collect();
    }
    group(text, &format!("graph_{number}"), &title, &drawn);
    for output in &graph.outputs {
        if let PadTarget::Graph(next, _) = output.to {
            node(text, 1, &taker_node(graph, output), ('(', &format!("to graph {next}"), ')'), output.kind);
        }
    }
}

fn edges_of(text: &mut String, graph: &ToldGraph) {
    match graph.facts {
        Some(facts) => {
            for (place, filter) in facts.filters.iter().enumerate() {
                for link in &filter.outputs {
                    edge(text, &filter_node(graph, place), &passing(link), &filter_node(graph, link.peer));
                }
            }
        }
        None => {
            let id = format!("unknown_{}", graph.number);
            for input in &graph.inputs {
                edge(text, &decoder_node(input.source), "", &id);
            }
            for output in &graph.outputs {
                edge(text, &id, "", &taker_node(graph, output));
            }
        }
    }
}

/// Where a filter is drawn: what feeds a graph is its decoder, where it ends is its encoder.
fn filter_node(graph: &ToldGraph, place: usize) -> String {
    let end = |ends: &[usize]| ends.iter().position(|end| *end == place);
    let facts = graph.facts;
    let input = facts.and_then(|facts| graph.inputs.get(end(&facts.sources)?));
    let output = facts.and_then(|facts| graph.outputs.get(end(&facts.sinks)?));
    match (input, output) {
        (Some(input), _) => decoder_node(input.source),
        (None, Some(output)) => taker_node(graph, output),
        (None, None) => format!("filter_{}_{place}", graph.number),
    }
}

fn decoder_node(source: PadSource) -> String {
    match source {
        PadSource::Input(input, stream) => format!("in_{input}_{stream}"),
        PadSource::Decoder(number) => format!("in_dec_{number}"),
        PadSource::Graph(graph, pad) => link_node(graph, pad),
    }
}

/// What stands between a graph and the one that takes what it gives by that pad.
fn link_node(graph: usize, pad: usize) -> String {
    format!("link_{graph}_{pad}")
}

fn taker_node(graph: &ToldGraph, output: &ToldOutput) -> String {
    match output.to {
        PadTarget::Output(output, stream) => encoder_node((output, stream)),
        PadTarget::Graph(..) => link_node(usize::try_from(graph.index).unwrap_or_default(), output.pad),
    }
}

fn encoder_node((output, stream): (usize, usize)) -> String {
    format!("out_{output}_{stream}")
}

/// `yuv420p 320x240`, or `fltp 44100 Hz mono`.
fn passing(link: &LinkFacts) -> String {
    if link.kind == MediaKind::Video {
        format!("{} {}x{}", link.format, link.width, link.height)
    } else {
        format!("{} {} Hz {}", link.format, link.sample_rate_hz, link.channel_layout)
    }
}

/// A box; its label is escaped already.
fn node(text: &mut String, depth: usize, id: &str, (open, label, close): (char, &str, char), kind: MediaKind) {
    let class =
        if KINDS.iter().any(|(name, _)| *name == kind.name()) { format!(":::{}", kind.name()) } else { String::new() };
    line!(text, "{}{id}{open}\"{label}\"{close}{class}", "    ".repeat(depth));
}

fn edge(text: &mut String, from: &str, label: &str, to: &str) {
    if label.is_empty() {
        line!(text, "    {from} --> {to}");
    } else {
        line!(text, "    {from} -->|\"{}\"| {to}", escaped(label));
    }
}

/// Text between double quotes: whatever might mean something there is written by its number.
fn escaped(text: &str) -> String {
    escape(text, |c| match c {
        ' ' | '.' | ',' | ':' | '_' | '-' | '/' | '(' | ')' | '=' | '…' => None,
        c if c.is_alphanumeric() => None,
        c if c.is_control() => Some(" ".to_owned()),
        c => Some(format!("#{};", u32::from(c))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graphs::tree::testing::any_text;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_leaves_its_quotes(text in any_text()) {
            let escaped = escaped(&text);
            let numbered = |c: char| c.is_alphanumeric() || " .,:_-/()=#;…".contains(c);
            prop_assert!(escaped.chars().all(numbered), "{}", escaped);
        }
    }
}
