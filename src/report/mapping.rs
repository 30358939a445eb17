//! `Stream mapping:`, as ffmpeg writes it.

use super::{level, say};
use crate::catalog::Catalog;
use crate::plan::{OutputStreamPlan, Plan, Treatment};

/// Tells which stream goes where.
pub fn show(plan: &Plan, catalog: &dyn Catalog) {
    say(level::INFO, "Stream mapping:");
    for line in lines(plan, catalog) {
        say(level::INFO, &line);
    }
}

fn lines(plan: &Plan, catalog: &dyn Catalog) -> Vec<String> {
    let mut lines = Vec::new();
    for (output, output_plan) in plan.outputs.iter().enumerate() {
        for (index, stream) in output_plan.streams.iter().enumerate() {
            let (input, source) = stream.source;
            let how = treatment(plan, stream, catalog);
            lines.push(format!("  Stream #{input}:{source} -> #{output}:{index} ({how})"));
        }
    }
    lines
}

/// `copy`, or `h264 (native) -> h264 (libx264)`.
pub fn treatment(plan: &Plan, stream: &OutputStreamPlan, catalog: &dyn Catalog) -> String {
    let encoder = match &stream.treatment {
        Treatment::Copy(_) => return "copy".to_owned(),
        Treatment::Encode(encode) => &encode.encoder,
        Treatment::Subtitle { encoder, .. } => encoder,
    };
    let (input, source) = stream.source;
    let decoder = plan.inputs[input].streams[source].decode.as_ref().map(|d| d.decoder.as_str()).unwrap_or("?");
    let named = |codec: Option<String>, name: &str| {
        let codec = codec.unwrap_or_else(|| "?".to_owned());
        let name = if codec == name { "native" } else { name };
        format!("{codec} ({name})")
    };
    format!(
        "{} -> {}",
        named(catalog.decoder(decoder).map(|c| c.codec_name), decoder),
        named(catalog.encoder(encoder).map(|c| c.codec_name), encoder)
    )
}
