//! `--explain`: the plan, for people and for programs.

use super::mapping;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Severity, mask_option, mask_text, mask_url};
use crate::facts::{InputFacts, MediaKind, StreamFacts, StreamGroup};
use crate::plan::{
    EncodePlan, HardwareDecode, HardwareMethod, InputPlan, OutputPlan, OutputStreamPlan, PadSource, PadTarget, Plan,
    StreamSource, Treatment,
};
use crate::spec::{FpsMode, KeyframeTime, KeyframesSpec};
use serde_json::{Value, json};
use std::fmt::Write;

/// The plan as text.
pub fn text(plan: &Plan, facts: &[InputFacts], catalog: &dyn Catalog) -> String {
    let mut text = String::new();
    for (index, (input, facts)) in plan.inputs.iter().zip(facts).enumerate() {
        input_text(&mut text, index, input, facts);
    }
    for (index, graph) in plan.graphs.iter().enumerate() {
        let inputs: Vec<String> =
            graph.inputs.iter().map(|pad| format!("{} into {}", pad_source(plan, pad.source), pad.name)).collect();
        let inputs = if inputs.is_empty() { "no input".to_owned() } else { inputs.join(", ") };
        let _ = writeln!(text, "Filtergraph {index}: {} ({inputs})", mask_text(&graph.description));
    }
    for (index, output) in plan.outputs.iter().enumerate() {
        output_text(&mut text, index, output, plan, catalog);
    }
    for (number, decoder) in plan.decoders.iter().enumerate() {
        let (output, stream) = decoder.stream;
        let name = &decoder.decode.decoder;
        let _ = write!(text, "Loopback decoder dec:{number}: output #{output}:{stream}, decoded by {name}");
        let _ = match &decoder.decode.options[..] {
            [] => writeln!(text),
            given => writeln!(text, " ({})", options(given)),
        };
    }
    let mut diagnostics = told(plan).peekable();
    if diagnostics.peek().is_some() {
        text.push_str("Why:\n");
    }
    for diagnostic in diagnostics {
        let _ = writeln!(text, "  {} [{}]: {diagnostic}", severity(diagnostic.severity), diagnostic.code);
    }
    text
}

fn input_text(text: &mut String, index: usize, input: &InputPlan, facts: &InputFacts) {
    let length = facts.duration_us.map_or("unknown length".to_owned(), |us| format!("{} long", seconds(us)));
    let _ = writeln!(text, "Input #{index}: {} ({}, {length})", input.url, facts.format);
    for (key, us) in [("from", input.start_us), ("for", input.duration_us)] {
        let _ = us.map(|us| writeln!(text, "  read {key} {}", seconds(us)));
    }
    if input.stream_loop != 0 {
        let times = if input.stream_loop < 0 { "for ever".into() } else { format!("{} times more", input.stream_loop) };
        let _ = writeln!(text, "  repeated {times}");
    }
    if let Some(rate) = input.read_rate {
        let _ = writeln!(text, "  read at {} times its own speed", rate.rate.as_f64());
    }
    for (stream, plan) in facts.streams.iter().zip(&input.streams) {
        let fate = match (&plan.decode, plan.used) {
            (Some(decode), _) => format!("decoded by {}{}", decode.decoder, hardware(&decode.hardware)),
            (None, true) => "passed on".to_owned(),
            (None, false) => "not used".to_owned(),
        };
        let _ = writeln!(text, "  #{index}:{} {}: {fate}", stream.index, describe(stream));
    }
}

fn output_text(text: &mut String, index: usize, output: &OutputPlan, plan: &Plan, catalog: &dyn Catalog) {
    let (url, muxer) = (mask_url(&output.url), &output.muxer);
    let _ = writeln!(text, "Output #{index}: {url} ({}, {})", muxer.name, muxer.long_name);
    for (key, us) in [("from", output.start_us), ("for", output.duration_us)] {
        let _ = us.map(|us| writeln!(text, "  written {key} {}", seconds(us)));
    }
    if let Some(bytes) = output.size_limit_bytes {
        let _ = writeln!(text, "  ends at {bytes} bytes");
    }
    if output.shortest {
        let _ = writeln!(text, "  ends with the stream that ends first");
    }
    if !output.options.is_empty() {
        let _ = writeln!(text, "  format options: {}", options(&output.options));
    }
    for (number, stream) in output.streams.iter().enumerate() {
        stream_text(text, (index, number), stream, plan, catalog);
    }
    for (number, group) in output.stream_groups.iter().enumerate() {
        let streams: Vec<String> = group.streams.iter().map(|stream| format!("#{index}:{stream}")).collect();
        let _ = writeln!(text, "  stream group #{index}:{number}: {}", streams.join(", "));
    }
}

/// What weir has to say of the plan.
fn told(plan: &Plan) -> impl Iterator<Item = &Diagnostic> {
    plan.diagnostics.iter().filter(|diagnostic| !diagnostic.message.is_empty())
}

fn stream_text(text: &mut String, at: (usize, usize), stream: &OutputStreamPlan, plan: &Plan, catalog: &dyn Catalog) {
    let from = match stream.source {
        StreamSource::Input(input, source) => format!("#{input}:{source}"),
        StreamSource::Graph(graph, pad) => {
            format!("{} of filtergraph {graph}", plan.graphs[graph].outputs[pad].name)
        }
        StreamSource::File => "a file".to_owned(),
    };
    let how = mapping::treatment(plan, stream, catalog);
    let kind = stream.kind.name();
    let verb = match stream.treatment {
        Treatment::Copy(_) => "copied",
        Treatment::Attach { .. } => "attached",
        _ => "transcoded",
    };
    let _ = write!(text, "  #{}:{} {kind} from {from}: {verb}", at.0, at.1);
    let _ = if how == "copy" { writeln!(text) } else { writeln!(text, ", {how}") };
    match &stream.treatment {
        Treatment::Copy(_) => {}
        Treatment::Attach { file } => {
            let _ = writeln!(text, "      file: {file}");
        }
        Treatment::Encode(encode) => {
            if let Some((output, stream)) = stream.encoded_by {
                let _ = writeln!(text, "      encoded once, with #{output}:{stream}");
            }
            if encode.user_filters {
                let _ = writeln!(text, "      filters: {}", mask_text(&encode.graph));
            }
            for (key, value) in encode_facts(stream.kind, encode) {
                let _ = writeln!(text, "      {key}: {value}");
            }
        }
        Treatment::Subtitle { options: given, .. } => {
            if !given.is_empty() {
                let _ = writeln!(text, "      options: {}", options(given));
            }
        }
    }
    if let Some(filters) = &stream.bitstream_filters {
        let _ = writeln!(text, "      bitstream filters: {filters}");
    }
    if let Some(frames) = stream.max_frames {
        let _ = writeln!(text, "      at most {frames} frames");
    }
}

/// What was decided for an encoder besides its name.
fn encode_facts(kind: MediaKind, encode: &EncodePlan) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some((width, height)) = encode.size {
        facts.push(("size", format!("{width}x{height}")));
    }
    if let Some(rate) = encode.frame_rate {
        facts.push(("frame rate", rate.to_string()));
    }
    if let Some(rate) = encode.max_frame_rate {
        facts.push(("highest frame rate", rate.to_string()));
    }
    if kind == MediaKind::Video {
        facts.push(("frame timing", fps_mode(encode.fps_mode).to_owned()));
    }
    let few = |all: &[String]| all.len() <= 4 && !all.is_empty();
    if few(&encode.formats) {
        facts.push((
            if kind == MediaKind::Video { "pixel format" } else { "sample format" },
            encode.formats.join(" or "),
        ));
    }
    if let [rate] = encode.sample_rates_hz[..] {
        facts.push(("sample rate", format!("{rate} Hz")));
    }
    if few(&encode.channel_layouts) {
        facts.push(("channels", encode.channel_layouts.join(" or ")));
    }
    if let Some(wanted) = &encode.force_key_frames {
        facts.push(("keyframes at", keyframes(wanted)));
    }
    if !encode.options.is_empty() {
        facts.push(("options", options(&encode.options)));
    }
    facts
}

fn describe(stream: &StreamFacts) -> String {
    let mut text = format!("{} {}", stream.kind.name(), stream.codec);
    if !stream.format.is_empty() {
        let _ = write!(text, " {}", stream.format);
    }
    if stream.width > 0 {
        let _ = write!(text, " {}x{}", stream.width, stream.height);
    }
    if stream.avg_frame_rate.is_valid() {
        let _ = write!(text, " {} fps", crate::unit::number::general(stream.avg_frame_rate.as_f64(), 4));
    }
    if stream.sample_rate_hz > 0 {
        let _ = write!(text, " {} Hz {}", stream.sample_rate_hz, stream.channel_layout);
    }
    text.trim_end().to_owned()
}

/// `5025.678 s`: as many decimals as it takes.
fn seconds(us: i64) -> String {
    let (sign, us) = (if us < 0 { "-" } else { "" }, us.unsigned_abs());
    let exact = format!("{sign}{}.{:06}", us / 1_000_000, us % 1_000_000);
    format!("{} s", exact.trim_end_matches('0').trim_end_matches('.'))
}

/// `0 s, 5 s, chapters +0.1 s`, or by what.
fn keyframes(wanted: &KeyframesSpec) -> String {
    let time = |time: &KeyframeTime| match *time {
        KeyframeTime::At(us) => seconds(us),
        KeyframeTime::Chapters(0) => "chapters".to_owned(),
        KeyframeTime::Chapters(us) => format!("chapters {}{}", if us > 0 { "+" } else { "" }, seconds(us)),
    };
    match wanted {
        KeyframesSpec::Times(times) => times.iter().map(time).collect::<Vec<_>>().join(", "),
        KeyframesSpec::Expression(expression) => format!("expr:{expression}"),
        KeyframesSpec::Source { after_dropped: false } => "the source's".to_owned(),
        KeyframesSpec::Source { after_dropped: true } => "the source's, and after those that are dropped".to_owned(),
        KeyframesSpec::SceneChanges => "new scenes".to_owned(),
        KeyframesSpec::Unknown(part) => part.clone(),
    }
}

/// `key=value key=value`, without secrets.
fn options(options: &[(String, String)]) -> String {
    let all: Vec<String> = options.iter().map(|(k, v)| format!("{k}={}", mask_option(k, v))).collect();
    all.join(" ")
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn fps_mode(mode: FpsMode) -> &'static str {
    match mode {
        FpsMode::Auto => "auto",
        FpsMode::Passthrough => "passthrough",
        FpsMode::Cfr => "cfr",
        FpsMode::VsCfr => "vscfr",
        FpsMode::Vfr => "vfr",
        FpsMode::Drop => "drop",
        FpsMode::Unknown => "unknown",
    }
}

/// What feeds a filtergraph, as its label names it.
fn pad_source(plan: &Plan, source: PadSource) -> String {
    match source {
        PadSource::Input(input, stream) => format!("#{input}:{stream}"),
        PadSource::Decoder(number) => format!("dec:{number}"),
        PadSource::Graph(graph, pad) => format!("{} of filtergraph {graph}", plan.graphs[graph].outputs[pad].name),
    }
}

/// What is told of the hardware that is to decode.
fn hardware(wanted: &HardwareDecode) -> String {
    let device = wanted.device.as_ref().map_or(String::new(), |device| format!(" {device}"));
    match &wanted.method {
        HardwareMethod::None => String::new(),
        HardwareMethod::Auto => format!(" with whatever hardware there is{device}"),
        HardwareMethod::Kind(kind) => format!(" with {kind}{device}"),
    }
}

fn hardware_json(wanted: &HardwareDecode) -> Option<Value> {
    let method = match &wanted.method {
        HardwareMethod::None => return None,
        HardwareMethod::Auto => "auto",
        HardwareMethod::Kind(kind) => kind,
    };
    Some(json!({ "method": method, "device": wanted.device, "format": wanted.format }))
}

/// The plan as JSON; times in microseconds.
pub fn json(plan: &Plan, facts: &[InputFacts], catalog: &dyn Catalog) -> Value {
    let inputs = plan.inputs.iter().zip(facts).map(|(input, facts)| {
        let streams = facts.streams.iter().zip(&input.streams).map(|(stream, plan)| {
            let mut value = json!({
                "index": stream.index, "kind": stream.kind.name(), "codec": stream.codec, "format": stream.format,
                "width": stream.width, "height": stream.height,
                "frame_rate": stream.avg_frame_rate.is_valid().then(|| stream.avg_frame_rate.to_string()),
                "sample_rate_hz": stream.sample_rate_hz, "channel_layout": stream.channel_layout,
                "used": plan.used, "decoder": plan.decode.as_ref().map(|d| d.decoder.clone()),
                "decoder_options": plan.decode.as_ref().map(|d| object(&d.options)),
            });
            if let Some(hardware) = plan.decode.as_ref().and_then(|d| hardware_json(&d.hardware)) {
                value["hardware"] = hardware;
            }
            value
        });
        json!({
            "url": input.url, "format": facts.format, "duration_us": facts.duration_us,
            "start_us": input.start_us, "limit_us": input.duration_us, "offset_us": input.offset_us,
            "stream_loop": input.stream_loop, "read_rate": input.read_rate.map(|r| r.rate.to_string()),
            "streams": streams.collect::<Vec<_>>(),
        })
    });
    let outputs = plan.outputs.iter().map(|output| output_json(output, plan, catalog));
    let graphs = plan.graphs.iter().map(|graph| {
        json!({
            "description": mask_text(&graph.description),
            "inputs": graph.inputs.iter().map(|pad| match pad.source {
                PadSource::Input(input, stream) => json!([input, stream]),
                PadSource::Decoder(number) => json!({ "decoder": number }),
                PadSource::Graph(graph, pad) => json!({ "filtergraph": graph, "pad": pad }),
            }).collect::<Vec<_>>(),
            "outputs": graph.outputs.iter().map(|pad| match pad.to {
                Some(PadTarget::Output(output, stream)) => json!([output, stream]),
                Some(PadTarget::Graph(graph, pad)) => json!({ "filtergraph": graph, "pad": pad }),
                None => Value::Null,
            }).collect::<Vec<_>>(),
        })
    });
    let graphs: Vec<Value> = graphs.collect();
    let mut whole = json!({
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "diagnostics": told(plan).map(diagnostic_json).collect::<Vec<_>>(),
    });
    let decoders = plan.decoders.iter().map(|decoder| {
        json!({
            "stream": [decoder.stream.0, decoder.stream.1], "kind": decoder.kind.name(),
            "decoder": decoder.decode.decoder, "decoder_options": object(&decoder.decode.options),
        })
    });
    for (key, values) in [("filtergraphs", graphs), ("loopback_decoders", decoders.collect())] {
        if let (Some(whole), false) = (whole.as_object_mut(), values.is_empty()) {
            whole.insert(key.to_owned(), Value::Array(values));
        }
    }
    whole
}

fn output_json(output: &OutputPlan, plan: &Plan, catalog: &dyn Catalog) -> Value {
    let streams = output.streams.iter().enumerate().map(|(index, stream)| {
        let source = match stream.source {
            StreamSource::Input(input, source) => json!([input, source]),
            StreamSource::Graph(graph, pad) => json!({ "filtergraph": graph, "pad": pad }),
            StreamSource::File => Value::Null,
        };
        let mut value = json!({
            "index": index, "kind": stream.kind.name(), "source": source,
            "mapping": mapping::treatment(plan, stream, catalog), "bitstream_filters": stream.bitstream_filters,
            "max_frames": stream.max_frames,
        });
        let more = match &stream.treatment {
            Treatment::Copy(copy) => json!({ "treatment": "copy", "options": object(&copy.codec_options) }),
            Treatment::Attach { file } => json!({ "treatment": "attach", "file": file }),
            Treatment::Encode(encode) => json!({
                "treatment": "transcode", "encoder": encode.encoder, "options": object(&encode.options),
                "filters": mask_text(&encode.graph), "filters_given": encode.user_filters,
                "size": encode.size.map(|(w, h)| [w, h]), "formats": encode.formats,
                "frame_rate": encode.frame_rate.map(|r| r.to_string()),
                "fps_mode": (stream.kind == MediaKind::Video).then(|| fps_mode(encode.fps_mode)),
                "sample_rates_hz": encode.sample_rates_hz, "channel_layouts": encode.channel_layouts,
            }),
            Treatment::Subtitle { encoder, options, .. } => {
                json!({ "treatment": "transcode", "encoder": encoder, "options": object(options) })
            }
        };
        if let (Some(all), Value::Object(more)) = (value.as_object_mut(), more) {
            if let Some((output, stream)) = stream.encoded_by {
                all.insert("encoded_by".to_owned(), json!([output, stream]));
            }
            all.extend(more);
        }
        value
    });
    let mut value = json!({
        "url": mask_url(&output.url), "format": output.muxer.name, "options": object(&output.options),
        "start_us": output.start_us, "limit_us": output.duration_us, "size_limit_bytes": output.size_limit_bytes,
        "shortest": output.shortest, "streams": streams.collect::<Vec<_>>(),
    });
    if !output.stream_groups.is_empty() {
        let group = |group: &StreamGroup| json!({ "id": group.id, "type": group.kind, "streams": group.streams, "options": object(&group.options) });
        value["stream_groups"] = output.stream_groups.iter().map(group).collect();
    }
    value
}

/// What a program gets in place of a plan that cannot be made: why.
pub fn refusal_json(diagnostics: &[Diagnostic]) -> Value {
    json!({ "diagnostics": diagnostics.iter().filter(|d| !d.message.is_empty()).map(diagnostic_json).collect::<Vec<_>>() })
}

fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": severity(diagnostic.severity), "code": diagnostic.code, "message": diagnostic.message,
        "remedy": diagnostic.remedy, "argument": diagnostic.origin.as_ref().map(|o| o.arg),
        "token": diagnostic.origin.as_ref().map(|o| o.token.clone()),
    })
}

/// Options by their names, without secrets.
fn object(options: &[(String, String)]) -> Value {
    Value::Object(options.iter().map(|(k, v)| (k.clone(), Value::String(mask_option(k, v)))).collect())
}

#[cfg(test)]
mod tests {
    use super::{object, options, seconds};

    #[test]
    fn options_are_told_without_secrets() {
        let given = [("muxrate", "1k"), ("passphrase", "geheim"), ("headers", "Authorization: Basic geheim")];
        let given = given.map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(options(&given), "muxrate=1k passphrase=*** headers=***");
        assert_eq!(object(&given).to_string(), r#"{"headers":"***","muxrate":"1k","passphrase":"***"}"#);
    }

    #[test]
    fn times_are_told_in_full() {
        for (us, told) in [
            (0, "0 s"),
            (2_016_000, "2.016 s"),
            (-500_000, "-0.5 s"),
            (5_025_678_000, "5025.678 s"),
            (1_234_567_000_001, "1234567.000001 s"),
        ] {
            assert_eq!(seconds(us), told);
        }
    }
}
