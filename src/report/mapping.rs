//! `Stream mapping:`, as ffmpeg writes it.

use super::{level, say};
use crate::av::counts_simple_graphs;
use crate::catalog::Catalog;
use crate::plan::{OutputStreamPlan, Plan, StreamSource, Treatment};

/// Tells which stream goes where.
pub fn show(plan: &Plan, catalog: &dyn Catalog) {
    say(level::INFO, "Stream mapping:");
    for line in lines(plan, catalog) {
        say(level::INFO, &line);
    }
}

fn lines(plan: &Plan, catalog: &dyn Catalog) -> Vec<String> {
    let mut lines = Vec::new();
    let streams = plan.outputs.iter().flat_map(|o| &o.streams);
    let simple =
        streams.filter(|s| matches!((&s.treatment, s.source), (Treatment::Encode(_), StreamSource::Input(..))));
    let graphs = plan.graphs.len() + if counts_simple_graphs() { simple.count() } else { 0 };
    let number = |graph: usize| if graphs > 1 { format!(" (graph {graph})") } else { String::new() };
    for (input, input_plan) in plan.inputs.iter().enumerate() {
        for (stream, stream_plan) in input_plan.streams.iter().enumerate() {
            let decoder = stream_plan.decode.as_ref().map_or("?", |d| d.decoder.as_str());
            for (graph, graph_plan) in plan.graphs.iter().enumerate() {
                for pad in graph_plan.inputs.iter().filter(|pad| pad.source.input() == Some((input, stream))) {
                    lines.push(format!("  Stream #{input}:{stream} ({decoder}) -> {}{}", pad.name, number(graph)));
                }
            }
        }
    }
    for (output, output_plan) in plan.outputs.iter().enumerate() {
        for (index, stream) in output_plan.streams.iter().enumerate() {
            let (input, source) = match stream.source {
                StreamSource::Input(input, source) => (input, source),
                StreamSource::Graph(graph, pad) => {
                    let (name, encoder) = (&plan.graphs[graph].outputs[pad].name, encoder(stream).unwrap_or("?"));
                    lines.push(format!("  {name}{} -> Stream #{output}:{index} ({encoder})", number(graph)));
                    continue;
                }
                StreamSource::File => {
                    if let Treatment::Attach { file } = &stream.treatment {
                        lines.push(format!("  File {file} -> Stream #{output}:{index}"));
                    }
                    continue;
                }
            };
            let how = treatment(plan, stream, catalog);
            lines.push(format!("  Stream #{input}:{source} -> #{output}:{index} ({how})"));
        }
    }
    lines
}

/// `copy`, or `h264 (native) -> h264 (libx264)`.
pub fn treatment(plan: &Plan, stream: &OutputStreamPlan, catalog: &dyn Catalog) -> String {
    let Some(encoder) = encoder(stream) else { return "copy".to_owned() };
    let named = |codec: Option<String>, name: &str| {
        let codec = codec.unwrap_or_else(|| "?".to_owned());
        let name = if codec == name { "native" } else { name };
        format!("{codec} ({name})")
    };
    let to = named(catalog.encoder(encoder).map(|c| c.codec_name), encoder);
    let Some((input, source)) = stream.source.input() else { return to };
    let decoder = plan.inputs[input].streams[source].decode.as_ref().map_or("?", |d| d.decoder.as_str());
    format!("{} -> {to}", named(catalog.decoder(decoder).map(|c| c.codec_name), decoder))
}

fn encoder(stream: &OutputStreamPlan) -> Option<&str> {
    stream.treatment.encoder()
}
