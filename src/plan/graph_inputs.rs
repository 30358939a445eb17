//! What feeds the open input pads of complex filtergraphs: streams, loopback decoders, and outputs of other filtergraphs.

use super::graphs::Graphs;
use super::mapping::contents;
use super::{Context, PadSource, PadTarget, input};
use crate::catalog::GraphPad;
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::{ComplexGraph, StreamSpecifier};

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

/// What feeds a pad without label: what another graph has left of its kind, else the first input stream of it that no pad
/// before has (`used`).
pub(super) fn unlabelled(
    context: &Context,
    graphs: &Graphs,
    (number, pad): (usize, &GraphPad),
    used: &[Option<PadSource>],
) -> Result<PadSource, Diagnostic> {
    let left =
        |at: &(usize, usize)| at.0 != number && graphs.target(*at).is_none() && graphs.output(*at).kind == pad.kind;
    if let Some((graph, output)) = graphs.outputs().find(left) {
        return Ok(PadSource::Graph(graph, output));
    }
    let fitting = super::mapping::candidates(context)
        .filter(|(_, s)| s.kind == pad.kind)
        .map(|((input, stream), _)| PadSource::Input(input, stream));
    fitting.into_iter().find(|source| !used.contains(&Some(*source))).ok_or_else(|| {
        let told = "Cannot find a matching stream for unlabeled input pad";
        let (at, filter) = &pad.place;
        let count = super::mapping::candidates(context).filter(|(_, s)| s.kind == pad.kind).count();
        let left = match count {
            0 => "no input has such a stream".to_owned(),
            1 => "the only such stream is taken".to_owned(),
            _ => format!("all {count} such streams are taken"),
        };
        Diagnostic::error("filtergraph", format!("{told} {}", pad.name))
            .ffmpeg_says(format!("{told} {at} on filter {filter}"))
            .remedy(format!(
                "Its input {} wants {}, and {left}: name another file by -i, or a stream by a label such as [0:{}].",
                at + 1,
                pad.kind.name(),
                pad.kind.letter()
            ))
            .at(&context.spec.global.complex_graphs[number].origin)
    })
}

/// The output of another graph that a label names; `None` when it names none that is free. Of several with that label it
/// is the first.
fn graph_of(
    context: &Context,
    graphs: &Graphs,
    (number, pad, label): (usize, &GraphPad, &str),
) -> Option<Result<PadSource, Diagnostic>> {
    let named = |at: &(usize, usize)| graphs.label(*at) == Some(label) && graphs.target(*at).is_none();
    let at = graphs.outputs().find(named)?;
    let output = graphs.output(at);
    if output.kind == pad.kind {
        return Some(Ok(PadSource::Graph(at.0, at.1)));
    }
    let graph = &context.spec.global.complex_graphs[number];
    let (from, to) = (output.kind.name(), pad.kind.name());
    let message = format!(
        "[{label}] in filtergraph description {} is {from} from the filter {}, and {} takes {to}.",
        graph.text, output.name, pad.name
    );
    let diagnostic = Diagnostic::error("filtergraph-kind", message)
        .ffmpeg_says(format!(
            "Tried to connect {from} output to {to} input\nError binding filtergraph input {label}\nError binding filtergraph \
             inputs/outputs: Invalid argument"
        ))
        .at(&graph.origin);
    Some(Err(diagnostic))
}

/// Where an output went that a label names as well, in words.
fn taken(graphs: &Graphs, label: &str) -> Option<String> {
    let at = graphs.outputs().find(|at| graphs.label(*at) == Some(label))?;
    Some(match graphs.target(at)? {
        PadTarget::Output(output, stream) => format!("it goes to output stream #{output}:{stream} already"),
        PadTarget::Graph(graph, _) => format!("filtergraph {graph} takes it already"),
    })
}

/// What a pad's label names: a loopback decoder, an output of another graph, or an input stream.
pub(super) fn labelled(
    context: &Context,
    graphs: &Graphs,
    (number, pad, label): (usize, &GraphPad, &str),
) -> Result<PadSource, Diagnostic> {
    let graph = &context.spec.global.complex_graphs[number];
    let fail = |message: String| Err(Diagnostic::error("filtergraph", message).at(&graph.origin));
    let made = decoder_of(context, graph, label).or_else(|| graph_of(context, graphs, (number, pad, label)));
    if let Some(made) = made {
        return made;
    }
    let digits = label.len() - label.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = label.split_at(digits);
    let parsed = if number.is_empty() { Some(0) } else { number.parse::<usize>().ok() };
    let Some((index, facts)) = parsed.and_then(|n| Some((n, context.facts.get(n)?))) else {
        let message = format!("Invalid file index {number} in filtergraph description {}.", graph.text);
        return Err(Diagnostic::error("filtergraph", message)
            .remedy(format!("There are {} input(s); the first is 0.", context.facts.len()))
            .at(&graph.origin));
    };
    let text = rest.strip_prefix(':').unwrap_or(rest);
    let nothing = || {
        let message =
            format!("Stream specifier '{rest}' in filtergraph description {} matches no streams.", graph.text);
        let diagnostic = Diagnostic::error("filtergraph", message).at(&graph.origin);
        match taken(graphs, label) {
            Some(where_to) => diagnostic.remedy(format!(
                "[{label}] is made by a filter, but {where_to}; split and asplit make several of one."
            )),
            None if digits == 0 => diagnostic.remedy(format!(
                "[{label}] is neither made by a filter nor the name of an input stream such as [0:v]."
            )),
            None => diagnostic.remedy(format!("{} has: {}.", facts.url, contents(index, facts))),
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
    use crate::facts::{InputFacts, MediaKind};
    use crate::plan::testing::{audio, input, planned, refusal, video};
    use crate::plan::{PadSource, PadTarget, Plan, StreamSource};

    fn facts() -> [InputFacts; 1] {
        [input(vec![video("h264"), audio("aac")])]
    }

    /// By filtergraph, what feeds it.
    fn fed(plan: &Plan) -> Vec<Vec<PadSource>> {
        plan.graphs.iter().map(|graph| graph.inputs.iter().map(|pad| pad.source).collect()).collect()
    }

    #[test]
    fn a_label_names_what_another_graph_gives_wherever_that_stands() {
        let (stream, graph) = (PadSource::Input(0, 0), PadSource::Graph);
        let plan = planned(
            "-i a -filter_complex [0:v]scale[a] -filter_complex [a]hflip[b] -filter_complex [b]scale[c] -map [c] out.mkv",
            &facts(),
        );
        let plan = plan.unwrap();
        assert_eq!(fed(&plan), [vec![stream], vec![graph(0, 0)], vec![graph(1, 0)]]);
        assert_eq!(plan.graphs[0].outputs[0].to, Some(PadTarget::Graph(1, 0)));
        assert_eq!(plan.origins(StreamSource::Graph(2, 0)), [0]);
        assert_eq!(plan.graphs[1].inputs[0].kind, MediaKind::Video);
        let line = "-i a -filter_complex [v]hflip[b] -filter_complex [0:v]scale[v] -map [b] out.mkv";
        assert_eq!(fed(&planned(line, &facts()).unwrap()), [vec![graph(1, 0)], vec![stream]]);
        // What is mapped is taken; then the label names the input's stream.
        let line = "-i a -filter_complex [0:v]scale[v] -filter_complex [v]hflip[b] -map [v] -map [b] out.mkv";
        assert_eq!(fed(&planned(line, &facts()).unwrap()), [vec![stream], vec![stream]]);
    }

    #[test]
    fn what_has_no_label_takes_what_labels_leave_and_then_streams() {
        let plan =
            planned("-i a -filter_complex scale[x] -filter_complex hflip[y] -map [y] out.mkv", &facts()).unwrap();
        assert_eq!(fed(&plan), [vec![PadSource::Input(0, 0)], vec![PadSource::Graph(0, 0)]]);
        let plan =
            planned("-i a -filter_complex scale[x] -filter_complex [x]hflip[y] -map [y] out.mkv", &facts()).unwrap();
        assert_eq!(fed(&plan), [vec![PadSource::Input(0, 0)], vec![PadSource::Graph(0, 0)]]);
    }

    #[test]
    fn what_cannot_be_linked_is_refused() {
        for (line, code, words) in [
            (
                "-i a -filter_complex [0:a]anull[x] -filter_complex [x]hflip[y] -map [y] o.mkv",
                "filtergraph-kind",
                "is audio from",
            ),
            (
                "-i a -filter_complex [0:v]scale[x] -filter_complex [x]hflip[y] -map [x] -map [y] o.mkv",
                "filtergraph",
                "it goes to output stream #0:0 already",
            ),
            (
                "-i a -filter_complex [y]scale[x] -filter_complex [x]hflip[y] -map 0:v o.mkv",
                "filtergraph-cycle",
                "'[y]scale[x]' waits for [y] from '[x]hflip[y]', '[x]hflip[y]' waits for [x] from '[y]scale[x]'",
            ),
            (
                "-i a -filter_complex [z]scale[x] -map [x] o.mkv",
                "filtergraph",
                "neither made by a filter nor the name of an input stream",
            ),
        ] {
            let (got, told) = refusal(line, &facts());
            assert_eq!(got, code, "{line}: {told}");
            assert!(told.contains(words), "{line}: {told}");
        }
    }
}
