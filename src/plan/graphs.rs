//! Complex filtergraphs: which streams and loopback decoders feed them, and which output streams they feed.

use super::{Context, GraphInputPlan, GraphOutputPlan, GraphPlan, PadSource, StreamSource, input};
use crate::catalog::GraphPad;
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::{ComplexGraph, OutputSpec, StreamSpecifier};

/// All complex filtergraphs of a job while its outputs are drafted.
#[derive(Debug, Default)]
pub(super) struct Graphs {
    plans: Vec<GraphPlan>,
    labels: Vec<Vec<Option<String>>>,
}

impl Graphs {
    /// Reads the graphs and connects their inputs.
    pub(super) fn connect(context: &Context) -> Result<Self, Diagnostic> {
        let mut graphs = Self::default();
        let mut used = Vec::new();
        for graph in &context.spec.global.complex_graphs {
            let pads = context.catalog.graph_pads(&graph.text).map_err(|reason| {
                Diagnostic::error("filtergraph", format!("Error initializing complex filters.\n{reason}"))
                    .ffmpeg_says(format!(
                        "Error initializing complex filters.\n{}",
                        reason.rsplit(": ").next().unwrap_or(&reason)
                    ))
                    .at(&graph.origin)
            })?;
            let mut inputs = Vec::new();
            for pad in &pads.inputs {
                let source = source_of(context, graph, pad, &used)?;
                used.push(source);
                let kind = match source {
                    PadSource::Input(input, stream) => context.facts[input].streams[stream].kind,
                    // Whether the decoder gives that is known when the outputs are.
                    PadSource::Decoder(_) => pad.kind,
                };
                inputs.push(GraphInputPlan { source, label: pad.label.clone(), kind, name: pad.name.clone() });
            }
            let outputs =
                pads.outputs.iter().map(|pad| GraphOutputPlan { kind: pad.kind, name: pad.name.clone(), to: None });
            graphs.plans.push(GraphPlan {
                description: graph.text.clone(),
                threads: context.spec.global.filter_complex_threads.clone(),
                auto_conversion: context.spec.global.auto_conversion_filters,
                inputs,
                outputs: outputs.collect(),
            });
            graphs.labels.push(pads.outputs.iter().map(|pad| pad.label.clone()).collect());
        }
        Ok(graphs)
    }

    /// The outputs without a label; they all go to the first output file.
    pub(super) fn unlabelled(&self) -> Vec<StreamSource> {
        self.free().filter(|(_, label)| label.is_none()).map(|(source, _)| source).collect()
    }

    /// The output of that label, unless it is taken.
    pub(super) fn labelled(&self, wanted: &str) -> Option<StreamSource> {
        self.free().find(|(_, label)| *label == Some(wanted)).map(|(source, _)| source)
    }

    fn free(&self) -> impl Iterator<Item = (StreamSource, Option<&str>)> {
        self.plans.iter().zip(&self.labels).enumerate().flat_map(|(g, (plan, labels))| {
            let pads = plan.outputs.iter().zip(labels).enumerate();
            pads.filter(|(_, (pad, _))| pad.to.is_none())
                .map(move |(o, (_, label))| (StreamSource::Graph(g, o), label.as_deref()))
        })
    }

    /// Kind of a source's stream.
    pub(super) fn kind(&self, context: &Context, source: StreamSource) -> MediaKind {
        match source {
            StreamSource::Input(input, stream) => context.facts[input].streams[stream].kind,
            StreamSource::Graph(graph, output) => self.plans[graph].outputs[output].kind,
            StreamSource::File => MediaKind::Attachment,
        }
    }

    /// Notes where a source goes.
    pub(super) fn take(&mut self, source: StreamSource, to: (usize, usize)) {
        if let StreamSource::Graph(graph, output) = source {
            self.plans[graph].outputs[output].to = Some(to);
        }
    }

    /// The finished graphs; an error when an output goes nowhere.
    pub(super) fn finish(self, spec: &[ComplexGraph]) -> Result<Vec<GraphPlan>, Diagnostic> {
        for (plan, graph) in self.plans.iter().zip(spec) {
            if let Some(pad) = plan.outputs.iter().find(|pad| pad.to.is_none()) {
                return Err(Diagnostic::error("filtergraph", format!("Filter {} has an unconnected output", pad.name))
                    .remedy("Give it a label such as [out] and write it to an output with -map '[out]'.")
                    .at(&graph.origin));
            }
        }
        Ok(self.plans)
    }
}

/// Kinds that an output takes from graphs alone, since an unlabelled pad of that kind goes to it.
pub(super) fn taken_kinds(
    spec: &OutputSpec,
    context: &Context,
    graphs: &Graphs,
    unlabelled: &[StreamSource],
) -> OutputSpec {
    let mut spec = spec.clone();
    for source in unlabelled {
        match graphs.kind(context, *source) {
            MediaKind::Video => spec.no_video = true,
            MediaKind::Audio => spec.no_audio = true,
            _ => {}
        }
    }
    spec
}

/// The loopback decoder that a label names, `dec:0`; `None` when it names something else. A stream specifier behind it
/// names the only stream that there is.
fn decoder_of(context: &Context, graph: &ComplexGraph, label: &str) -> Option<Result<PadSource, Diagnostic>> {
    let text = label.strip_prefix("dec:")?;
    let (number, rest) = text.split_once(':').unwrap_or((text, ""));
    let number = number.parse::<usize>().ok().filter(|_| StreamSpecifier::parse(rest).is_ok());
    let there = context.spec.decoders.len();
    Some(match number {
        Some(number) if number < there => Ok(PadSource::Decoder(number)),
        Some(number) => {
            let message =
                format!("[{label}] in filtergraph description {}: there is no loopback decoder {number}.", graph.text);
            let remedy = match there {
                0 => "-dec OUTPUT:STREAM makes one, e.g. -dec 0:0.".to_owned(),
                _ => format!("There are {there}; the first is [dec:0]."),
            };
            Err(Diagnostic::error("filtergraph", message).remedy(remedy).at(&graph.origin))
        }
        None => {
            let message = format!("[{label}] in filtergraph description {} names no loopback decoder.", graph.text);
            Err(Diagnostic::error("filtergraph", message).remedy("Write [dec:0] for the first.").at(&graph.origin))
        }
    })
}

/// What a pad's label names, or the first input stream of its kind that no graph has yet.
fn source_of(
    context: &Context,
    graph: &ComplexGraph,
    pad: &GraphPad,
    used: &[PadSource],
) -> Result<PadSource, Diagnostic> {
    let fail = |message: String| Err(Diagnostic::error("filtergraph", message).at(&graph.origin));
    let Some(label) = &pad.label else {
        let mut fitting = super::mapping::candidates(context)
            .filter(|(_, s)| s.kind == pad.kind)
            .map(|((input, stream), _)| PadSource::Input(input, stream));
        return match fitting.find(|source| !used.contains(source)) {
            Some(source) => Ok(source),
            None => {
                let told = "Cannot find a matching stream for unlabeled input pad";
                let (number, filter) = &pad.place;
                fail(format!("{told} {}", pad.name))
                    .map_err(|d| d.ffmpeg_says(format!("{told} {number} on filter {filter}")))
            }
        };
    };
    if let Some(decoder) = decoder_of(context, graph, label) {
        return decoder;
    }
    let digits = label.len() - label.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = label.split_at(digits);
    let parsed = if number.is_empty() { Some(0) } else { number.parse::<usize>().ok() };
    let Some((index, facts)) = parsed.and_then(|n| Some((n, context.facts.get(n)?))) else {
        return fail(format!("Invalid file index {number} in filtergraph description {}.", graph.text));
    };
    let text = rest.strip_prefix(':').unwrap_or(rest);
    let nothing = || {
        let message =
            format!("Stream specifier '{rest}' in filtergraph description {} matches no streams.", graph.text);
        let diagnostic = Diagnostic::error("filtergraph", message).at(&graph.origin);
        if digits == 0 {
            diagnostic
                .remedy(format!("[{label}] is neither made by a filter nor the name of an input stream such as [0:v]."))
        } else {
            diagnostic
        }
    };
    let Ok(specifier) = StreamSpecifier::parse(text) else { return Err(nothing()) };
    let fits = |kind| kind == pad.kind || (kind == MediaKind::Subtitle && pad.kind == MediaKind::Video);
    let Some(stream) = facts.streams.iter().find(|s| fits(s.kind) && specifier.matches(facts, s)) else {
        return Err(nothing());
    };
    if input::disabled(&context.spec.inputs[index], facts, stream) {
        return fail(format!(
            "Stream specifier '{rest}' in filtergraph description {} matches a disabled input stream.",
            graph.text
        ));
    }
    Ok(PadSource::Input(index, stream.index))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::facts::MediaKind;
    use crate::plan::StreamSource::{Graph, Input};
    use crate::plan::testing::{audio, input, planned, refusal, sources, stream, video};

    #[test]
    fn labels_name_input_streams_and_outputs_that_are_mapped() {
        let facts = [input(vec![video("h264"), audio("aac")]), input(vec![video("vp9")])];
        let plan = planned("-i a -i b -filter_complex [0:v][1:v]overlay[o] -map [o] -map 0:a out.mkv", &facts).unwrap();
        let fed: Vec<_> = plan.graphs[0].inputs.iter().filter_map(|i| i.source.input()).collect();
        assert_eq!(fed, [(0, 0), (1, 0)]);
        assert_eq!(plan.graphs[0].outputs[0].to, Some((0, 0)));
        assert_eq!(sources(&plan), [vec![Graph(0, 0), Input(0, 1)]]);
    }

    #[test]
    fn an_unlabelled_output_goes_to_the_first_file_instead_of_its_kind_s_best_stream() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let plan = planned("-i a -filter_complex scale one.mkv two.mkv", &facts).unwrap();
        assert_eq!(sources(&plan), [vec![Graph(0, 0), Input(0, 1)], vec![Input(0, 0), Input(0, 1)]]);
    }

    #[test]
    fn unlabelled_inputs_take_the_first_streams_that_no_graph_has() {
        let facts = [input(vec![video("h264")]), input(vec![audio("aac"), video("vp9")])];
        let plan = planned("-i a -i b -filter_complex overlay out.mkv", &facts).unwrap();
        let fed: Vec<_> = plan.graphs[0].inputs.iter().filter_map(|i| i.source.input()).collect();
        assert_eq!(fed, [(0, 0), (1, 1)]);
    }

    #[test]
    fn subtitles_may_feed_a_filter_of_pictures() {
        let facts = [input(vec![video("h264"), stream(MediaKind::Subtitle, "hdmv_pgs_subtitle")])];
        let plan = planned("-i a -filter_complex [0:v][0:s]overlay[o] -map [o] out.mkv", &facts).unwrap();
        assert_eq!(plan.graphs[0].inputs[1].kind, MediaKind::Subtitle);
        assert!(plan.inputs[0].streams[1].decode.is_some());
    }

    #[test]
    fn what_leads_nowhere_is_refused_in_ffmpeg_s_words() {
        let facts = [input(vec![video("h264")])];
        for (line, words) in [
            ("-i a -filter_complex [1:v]scale out.mkv", "Invalid file index 1"),
            ("-i a -filter_complex [0:v:3]scale out.mkv", "matches no streams"),
            ("-vn -i a -filter_complex [0:v]scale out.mkv", "matches a disabled input stream"),
            ("-i a -filter_complex [0:v]scale[x] out.mkv", "Filter scale has an unconnected output"),
            ("-i a -filter_complex [0:v]scale[x] -map [y] out.mkv", "Output with label 'y' does not exist"),
            ("-i a -filter_complex overlay out.mkv", "Cannot find a matching stream for unlabeled input pad"),
            ("-i a -filter_complex [0:v]scale[x] -map [x] -c copy out.mkv", "Filtering and streamcopy cannot be used"),
            (
                "-i a -filter_complex [0:v]scale[x] -map [x] -vf hflip out.mkv",
                "cannot be used together for the same stream",
            ),
        ] {
            let (_, told) = refusal(line, &facts);
            assert!(told.contains(words), "{line}: {told}");
        }
    }
}
