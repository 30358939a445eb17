//! What feeds the open input pads of complex filtergraphs: streams, loopback decoders, and outputs of other filtergraphs.

use super::graphs::Graphs;
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
        Diagnostic::error("filtergraph", format!("{told} {}", pad.name))
            .ffmpeg_says(format!("{told} {at} on filter {filter}"))
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
        return fail(format!("Invalid file index {number} in filtergraph description {}.", graph.text));
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
            None => diagnostic,
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
