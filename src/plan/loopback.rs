//! Loopback decoders: by what decoder each decodes which encoder's packets, and that no filtergraph waits for itself.

use super::{
    Context, DecodePlan, GraphInputPlan, GraphPlan, LoopbackPlan, OutputPlan, PadSource, StreamSource, Treatment,
    codec_options, place::OutputPlace, rings::ring,
};
use crate::catalog::CodecFacts;
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::DecoderSpec;

/// Plans all loopback decoders of a job whose outputs and filtergraphs are planned; refuses those that cannot be.
pub(super) fn plan(
    context: &Context,
    outputs: &[OutputPlan],
    graphs: &[GraphPlan],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<LoopbackPlan>, Diagnostic> {
    let specs = &context.spec.decoders;
    let mut decoders = Vec::new();
    for spec in specs {
        decoders.push(decoder(context, spec, outputs, diagnostics)?);
    }
    for (graph, spec) in graphs.iter().zip(&context.spec.global.complex_graphs) {
        for pad in &graph.inputs {
            let PadSource::Decoder(number) = pad.source else { continue };
            let kind = decoders[number].kind;
            if kind != pad.kind {
                let message = format!(
                    "[dec:{number}] in filtergraph description {} gives {}, and {} takes {}.",
                    spec.text,
                    kind.name(),
                    pad.name,
                    pad.kind.name()
                );
                return Err(Diagnostic::error("loopback-kind", message).at(&spec.origin));
            }
        }
    }
    let fed =
        |number| graphs.iter().flat_map(|graph| &graph.inputs).any(|pad| pad.source == PadSource::Decoder(number));
    if let Some((number, spec)) = specs.iter().enumerate().find(|(number, _)| !fed(*number)) {
        return Err(Diagnostic::error("loopback-unused", format!("Nothing takes what -dec {} decodes.", token(spec)))
            .remedy(format!("Name it in a filtergraph: -filter_complex '[dec:{number}]...'."))
            .at(&spec.origin));
    }
    if let Some(&graph) = ring(&graphs_before(graphs, &decoders, outputs)).first() {
        let spec = &context.spec.global.complex_graphs[graph];
        let message = format!(
            "The filtergraph {} waits for itself: what one of its loopback decoders decodes is made from what it gives.",
            spec.text
        );
        let remedy = "Encode what comes from an input, or from a filtergraph of its own. An output pad without a label goes to \
                      the first output: [out] and -map '[out]' send it elsewhere.";
        return Err(Diagnostic::error("loopback-cycle", message).remedy(remedy).at(&spec.origin));
    }
    Ok(decoders)
}

fn token(spec: &DecoderSpec) -> String {
    format!("{}:{}", spec.stream.0, spec.stream.1)
}

fn decoder(
    context: &Context,
    spec: &DecoderSpec,
    outputs: &[OutputPlan],
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<LoopbackPlan, Diagnostic> {
    let (output_number, stream_number) = spec.stream;
    let wrong =
        |what: String| Diagnostic::error("loopback-stream", format!("-dec {}: {what}", token(spec))).at(&spec.origin);
    let Some(output) = outputs.get(output_number) else {
        return Err(wrong(format!("there is no output {output_number}."))
            .remedy(format!("There are {}; the first is 0.", outputs.len())));
    };
    let Some(stream) = output.streams.get(stream_number) else {
        return Err(wrong(format!("output {output_number} has no stream {stream_number}."))
            .remedy(format!("It has {}; the first is 0.", output.streams.len())));
    };
    let encoder = match &stream.treatment {
        Treatment::Encode(encode) => context.catalog.encoder(&encode.encoder),
        Treatment::Subtitle { .. } => {
            return Err(wrong("subtitles are not decoded again: no filtergraph takes them.".to_owned()));
        }
        Treatment::Copy(_) | Treatment::Attach { .. } => {
            return Err(wrong(
                "that stream is not encoded, so there is no encoder whose packets could be decoded.".to_owned(),
            )
            .remedy("Take the stream that it is copied from, as in [0:v], or name an encoder for it with -c."));
        }
    };
    let decoder = match &spec.codec {
        Some(named) => context.catalog.find_decoder(&named.value).ok_or_else(|| {
            Diagnostic::error(
                "unknown-decoder",
                format!("-dec {}: there is no decoder '{}'.", token(spec), named.value),
            )
            .remedy("-decoders lists those of the linked FFmpeg.")
            .at(&named.origin)
        })?,
        None => {
            encoder.as_ref().and_then(|encoder| context.catalog.decoder_for(encoder.codec_id)).ok_or_else(|| {
                let codec = encoder.as_ref().map_or("?", |encoder| encoder.codec_name.as_str());
                wrong(format!("the linked FFmpeg has an encoder of {codec}, but no decoder."))
            })?
        }
    };
    if let (Some(encoder), Some(named)) = (&encoder, &spec.codec)
        && encoder.codec_id != decoder.codec_id
    {
        let message = format!(
            "-dec {}: {} decodes {}, and the stream is encoded to {}.",
            token(spec),
            decoder.name,
            decoder.codec_name,
            encoder.codec_name
        );
        return Err(Diagnostic::error("loopback-decoder", message).at(&named.origin));
    }
    let place = OutputPlace::in_plan(output, stream_number);
    let options = options(context, spec, &decoder, (stream.kind, &place), diagnostics)?;
    let decode = DecodePlan { options, decoder: decoder.name, ..DecodePlan::default() };
    Ok(LoopbackPlan { stream: spec.stream, kind: stream.kind, decode })
}

/// The options that the decoder takes; one for codecs that it does not know is an error, as in ffmpeg, and one for
/// formats and scalers has no effect.
fn options(
    context: &Context,
    spec: &DecoderSpec,
    decoder: &CodecFacts,
    (kind, place): (MediaKind, &OutputPlace),
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<(String, String)>, Diagnostic> {
    for option in &spec.options {
        let origin = &option.origin;
        let taken = context.catalog.option_applies(Some(&decoder.name), false, kind, &option.name).is_some();
        if option.scopes.codec && !taken {
            let message =
                format!("{} is no option of the decoder {} of -dec {}.", origin.token, decoder.name, token(spec));
            return Err(Diagnostic::error("not-a-decoding-option", message)
                .remedy("If it is for an output, it stands before that.")
                .at(origin));
        }
        if !option.scopes.codec || !place.matches(&option.specifier) {
            let message = format!("{} has no effect on -dec {}.", origin.token, token(spec));
            diagnostics.push(Diagnostic::warning("unused-option", message).ffmpeg_says("").at(origin));
        }
    }
    let matches = |specifier: &_| place.matches(specifier);
    Ok(codec_options::for_stream(context, &spec.options, Some(&decoder.name), false, kind, matches))
}

/// By filtergraph, those that what feeds it is made by, also through an encoder and a loopback decoder.
fn graphs_before(graphs: &[GraphPlan], decoders: &[LoopbackPlan], outputs: &[OutputPlan]) -> Vec<Vec<usize>> {
    let made_by = |pad: &GraphInputPlan| {
        let (output, stream) = match pad.source {
            PadSource::Decoder(number) => decoders[number].stream,
            PadSource::Graph(graph, _) => return Some(graph),
            PadSource::Input(..) => return None,
        };
        match outputs[output].streams[stream].source {
            StreamSource::Graph(graph, _) => Some(graph),
            StreamSource::Input(..) | StreamSource::File => None,
        }
    };
    graphs.iter().map(|graph| graph.inputs.iter().filter_map(made_by).collect()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::facts::{InputFacts, MediaKind};
    use crate::plan::testing::{audio, codes, input, planned, refusal, stream, video};
    use crate::plan::{PadSource, StreamSource};

    const STACK: &str = "-filter_complex [0:v][dec:0]overlay[s] -map [s] stack.mkv";

    fn facts() -> [InputFacts; 1] {
        [input(vec![video("h264"), audio("aac"), stream(MediaKind::Subtitle, "subrip")])]
    }

    #[test]
    fn a_filtergraph_takes_what_an_output_s_packets_are_decoded_to() {
        for line in [
            format!("-i a -map 0:a -map 0:v a.mkv -dec 0:1 {STACK}"),
            format!("-dec 0:1 -i a -map 0:a -map 0:v a.mkv {STACK}"),
            format!("-i a -map 0:a -map 0:v a.mkv {STACK} -dec 0:1"),
        ] {
            let plan = planned(&line, &facts()).unwrap();
            let fed: Vec<_> = plan.graphs[0].inputs.iter().map(|pad| pad.source).collect();
            assert_eq!(fed, [PadSource::Input(0, 0), PadSource::Decoder(0)], "{line}");
            let [decoder] = &plan.decoders[..] else { unreachable!() };
            assert_eq!((decoder.stream, decoder.kind), ((0, 1), MediaKind::Video));
            assert_eq!(decoder.decode.decoder, "h264");
            assert_eq!(plan.origins(StreamSource::Graph(0, 0)), [0]);
            assert_eq!(plan.diagnostics, []);
        }
    }

    #[test]
    fn options_are_the_decoder_s_and_what_is_for_others_has_no_effect() {
        let options = |typed: &str| {
            let plan = planned(&format!("-i a -map 0:v a.mkv {typed} -dec 0:0 {STACK}"), &facts()).unwrap();
            (plan.decoders[0].decode.options.clone(), codes(&plan.diagnostics).len())
        };
        let told = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(options("-compute_edt 1"), (told("compute_edt", "1"), 0));
        assert_eq!(options("-compute_edt:v 1"), (told("compute_edt", "1"), 0));
        assert_eq!(options("-compute_edt:a 1"), (Vec::new(), 1));
        assert_eq!(options("-fflags nobuffer"), (Vec::new(), 1));
    }

    #[test]
    fn inputs_behind_a_loopback_decoder_are_its_graph_s_too() {
        let facts = [input(vec![video("h264")]), input(vec![video("h264")])];
        let line = "-i a -i b -map 0:v a.mkv -dec 0:0 -filter_complex [1:v][dec:0]overlay[s] -map [s] b.mkv";
        let plan = planned(line, &facts).unwrap();
        assert_eq!(plan.origins(StreamSource::Graph(0, 0)), [0, 1]);
        assert_eq!(plan.pad_origins(PadSource::Decoder(0)), [0]);
    }

    #[test]
    fn what_cannot_be_decoded_again_is_refused() {
        for (line, code, words) in [
            (format!("-i a -c copy a.mkv -dec 0:0 {STACK}"), "loopback-stream", "is not encoded"),
            (format!("-i a a.mkv -dec 0:7 {STACK}"), "loopback-stream", "output 0 has no stream 7"),
            (format!("-i a a.mkv -dec 5:0 {STACK}"), "loopback-stream", "there is no output 5"),
            (format!("-i a -map 0:s -c:s ass a.mkv -dec 0:0 {STACK}"), "loopback-stream", "subtitles"),
            (format!("-i a a.mkv {STACK}"), "filtergraph", "there is no loopback decoder 0"),
            ("-i a a.mkv -dec 0:0".to_owned(), "loopback-unused", "Nothing takes"),
            (format!("-i a a.mkv -dec 0:0 -dec 0:1 {STACK}"), "loopback-unused", "-dec 0:1"),
            (format!("-i a a.mkv -dec 0:1 {STACK}"), "loopback-kind", "gives audio, and overlay takes video"),
            (format!("-i a a.mkv -c nope -dec 0:0 {STACK}"), "unknown-decoder", "'nope'"),
            (format!("-i a a.mkv -c aac -dec 0:0 {STACK}"), "loopback-decoder", "aac decodes aac"),
            (format!("-i a a.mkv -crf 20 -dec 0:0 {STACK}"), "not-a-decoding-option", "-crf"),
            (
                "-i a -filter_complex [0:v][dec:0]overlay[s] -map [s] a.mkv -dec 0:0".to_owned(),
                "loopback-cycle",
                "waits for itself",
            ),
        ] {
            let (got, told) = refusal(&line, &facts());
            assert_eq!(got, code, "{line}: {told}");
            assert!(told.contains(words), "{line}: {told}");
        }
    }

    #[test]
    fn graphs_that_wait_for_one_another_in_a_ring_are_refused() {
        let line = "-i a -filter_complex [0:v][dec:1]overlay[s] -filter_complex [0:v][dec:0]overlay[t] \
                    -map [s] a.mkv -map [t] b.mkv -dec 0:0 -dec 1:0";
        let line: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(refusal(&line.join(" "), &facts()).0, "loopback-cycle");
        let chain = "-i a -map 0:v a.mkv -dec 0:0 -filter_complex [0:v][dec:0]overlay[s] -map [s] b.mkv \
                     -dec 1:0 -filter_complex [0:v][dec:1]overlay[t] -map [t] c.mkv";
        let chain: Vec<&str> = chain.split_whitespace().collect();
        assert_eq!(planned(&chain.join(" "), &facts()).unwrap().origins(StreamSource::Graph(1, 0)), [0]);
    }
}
