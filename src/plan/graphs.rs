//! Complex filtergraphs: what they are, and which output streams they feed. What feeds them is in `graph_inputs`.

use super::filter_files::{without_files, written_files};
use super::rings::ring;
use super::{Context, GraphInputPlan, GraphOutputPlan, GraphPlan, PadSource, PadTarget, StreamSource, graph_inputs};
use crate::catalog::{Catalog, GraphPads};
use crate::diagnostic::{Diagnostic, mask_text};
use crate::facts::MediaKind;
use crate::spec::{ComplexGraph, OutputSpec};

/// All complex filtergraphs of a job while its outputs are drafted.
#[derive(Debug, Default)]
pub(super) struct Graphs {
    plans: Vec<GraphPlan>,
    pads: Vec<GraphPads>,
}

/// Tries whether the filters of complex graphs can write the files that they do (`psnr=stats_file=...`): those are made, or
/// empty then. Nothing is made while a job is planned.
pub fn try_files(graphs: &[ComplexGraph], catalog: &dyn Catalog) -> Result<(), Diagnostic> {
    for graph in graphs.iter().filter(|graph| !written_files(catalog, &graph.text).is_empty()) {
        catalog.graph_pads(&graph.text).map_err(|reason| unreadable(graph, &reason))?;
    }
    Ok(())
}

fn unreadable(graph: &ComplexGraph, reason: &str) -> Diagnostic {
    const FAILED: &str = "Error initializing complex filters.";
    Diagnostic::error("filtergraph", format!("{FAILED}\nError parsing '{}': {reason}", mask_text(&graph.text)))
        .ffmpeg_says(format!("{FAILED}\n{reason}"))
        .at(&graph.origin)
}

impl Graphs {
    /// Reads the graphs; their inputs are connected when the outputs have what they take.
    pub(super) fn read(context: &Context) -> Result<Self, Diagnostic> {
        let mut graphs = Self::default();
        for graph in &context.spec.global.complex_graphs {
            let looked_at = without_files(context.catalog, &graph.text);
            let pads = context.catalog.graph_pads(&looked_at).map_err(|reason| unreadable(graph, &reason))?;
            let outputs =
                pads.outputs.iter().map(|pad| GraphOutputPlan { kind: pad.kind, name: pad.name.clone(), to: None });
            graphs.plans.push(GraphPlan {
                description: graph.text.clone(),
                threads: context.spec.global.filter_complex_threads.clone(),
                auto_conversion: context.spec.global.auto_conversion_filters,
                inputs: Vec::new(),
                outputs: outputs.collect(),
            });
            graphs.pads.push(pads);
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
        let free = |at: &(usize, usize)| self.target(*at).is_none();
        self.outputs().filter(free).map(|at| (StreamSource::Graph(at.0, at.1), self.label(at)))
    }

    /// Every output, as graph and pad.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.plans.iter().enumerate().flat_map(|(graph, plan)| (0..plan.outputs.len()).map(move |pad| (graph, pad)))
    }

    /// An output's label.
    pub(super) fn label(&self, (graph, pad): (usize, usize)) -> Option<&str> {
        self.pads[graph].outputs[pad].label.as_deref()
    }

    /// An output's kind and its filter's name.
    pub(super) fn output(&self, (graph, pad): (usize, usize)) -> &GraphOutputPlan {
        &self.plans[graph].outputs[pad]
    }

    /// What an output feeds so far.
    pub(super) fn target(&self, at: (usize, usize)) -> Option<PadTarget> {
        self.output(at).to
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
            self.plans[graph].outputs[output].to = Some(PadTarget::Output(to.0, to.1));
        }
    }

    /// Connects the inputs to streams, loopback decoders and what outputs have left of other graphs. Labels come first; what
    /// has none takes what is left. Gives the finished graphs; an error when an output goes nowhere, or in a ring.
    pub(super) fn connect(mut self, context: &Context) -> Result<Vec<GraphPlan>, Diagnostic> {
        let spec = &context.spec.global.complex_graphs;
        let all: Vec<(usize, usize)> =
            self.pads.iter().enumerate().flat_map(|(g, pads)| (0..pads.inputs.len()).map(move |i| (g, i))).collect();
        let mut sources = vec![None; all.len()];
        for labelled in [true, false] {
            for (at, (graph, input)) in all.iter().copied().enumerate() {
                let pad = &self.pads[graph].inputs[input];
                if pad.label.is_some() != labelled {
                    continue;
                }
                let source = match &pad.label {
                    Some(label) => graph_inputs::labelled(context, &self, (graph, pad, label))?,
                    None => graph_inputs::unlabelled(context, &self, (graph, pad), &sources[..at])?,
                };
                if let PadSource::Graph(from, output) = source {
                    self.plans[from].outputs[output].to = Some(PadTarget::Graph(graph, input));
                }
                sources[at] = Some(source);
            }
        }
        for ((graph, input), source) in all.into_iter().zip(sources) {
            let Some(source) = source else { continue };
            let pad = &self.pads[graph].inputs[input];
            let kind = match source {
                PadSource::Input(input, stream) => context.facts[input].streams[stream].kind,
                // Whether a decoder gives that is known when the outputs are.
                PadSource::Decoder(_) | PadSource::Graph(..) => pad.kind,
            };
            self.plans[graph].inputs.push(GraphInputPlan {
                source,
                label: pad.label.clone(),
                kind,
                name: pad.name.clone(),
            });
        }
        for (plan, graph) in self.plans.iter().zip(spec) {
            if let Some(pad) = plan.outputs.iter().find(|pad| pad.to.is_none()) {
                let told = format!("Filter {} has an unconnected output", pad.name);
                return Err(Diagnostic::error("filtergraph", format!("{told}."))
                    .ffmpeg_says(told)
                    .remedy(
                        "Give it a label such as [out] and write it to an output with -map '[out]', or name the label as an \
                         input of another -filter_complex.",
                    )
                    .at(&graph.origin));
            }
        }
        match self.ring(spec) {
            Some(refused) => Err(refused),
            None => Ok(self.plans),
        }
    }

    /// Why graphs that feed one another in a ring are refused, if there are such.
    fn ring(&self, spec: &[ComplexGraph]) -> Option<Diagnostic> {
        let links = |graph: &GraphPlan| -> Vec<(usize, usize)> {
            let link = |pad: &GraphInputPlan| match pad.source {
                PadSource::Graph(from, output) => Some((from, output)),
                PadSource::Input(..) | PadSource::Decoder(_) => None,
            };
            graph.inputs.iter().filter_map(link).collect()
        };
        let before: Vec<Vec<usize>> =
            self.plans.iter().map(|graph| links(graph).into_iter().map(|(from, _)| from).collect()).collect();
        let ring = ring(&before);
        let first = *ring.first()?;
        let link = |at: usize| {
            let (to, from) = (ring[at], ring[(at + 1) % ring.len()]);
            let output = links(&self.plans[to]).into_iter().find(|(graph, _)| *graph == from)?;
            let label = self.label(output).map_or(self.output(output).name.clone(), |label| format!("[{label}]"));
            Some(format!("'{}' waits for {label} from '{}'", spec[to].text, spec[from].text))
        };
        let links: Vec<String> = (0..ring.len()).filter_map(link).collect();
        let message = format!("The filtergraphs wait for one another in a ring: {}.", links.join(", "));
        Some(
            Diagnostic::error("filtergraph-cycle", message)
                .remedy("One of them must take an input stream such as [0:v] instead.")
                .ffmpeg_says("Transcoding graph has a cycle\nConversion failed!")
                .at(&spec[first].origin),
        )
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::facts::MediaKind;
    use crate::plan::PadTarget;
    use crate::plan::StreamSource::{Graph, Input};
    use crate::plan::testing::{audio, input, planned, refusal, sources, stream, video};

    #[test]
    fn labels_name_input_streams_and_outputs_that_are_mapped() {
        let facts = [input(vec![video("h264"), audio("aac")]), input(vec![video("vp9")])];
        let plan = planned("-i a -i b -filter_complex [0:v][1:v]overlay[o] -map [o] -map 0:a out.mkv", &facts).unwrap();
        let fed: Vec<_> = plan.graphs[0].inputs.iter().filter_map(|i| i.source.input()).collect();
        assert_eq!(fed, [(0, 0), (1, 0)]);
        assert_eq!(plan.graphs[0].outputs[0].to, Some(PadTarget::Output(0, 0)));
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

    #[test]
    fn a_copy_of_what_filters_give_shows_the_command_that_encodes_it() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let graph = "-i a -filter_complex [0:v]scale[x] -map [x]";
        for (rest, corrected) in [
            ("-c copy o.mkv", "o.mkv"),
            ("-map 0:a -c copy o.mkv", "-map 0:a -c copy -c:v libx264 o.mkv"),
            ("-map 0:a -c copy o.flv", "-map 0:a -c copy -c:v libx264 o.flv"),
        ] {
            let (_, told) = refusal(&format!("{graph} {rest}"), &facts);
            let graph = graph.replace("[0:v]scale[x]", "'[0:v]scale[x]'").replace("map [x]", "map '[x]'");
            assert!(told.ends_with(&format!("Type: weir {graph} {corrected}")), "{told}");
        }
    }
}
