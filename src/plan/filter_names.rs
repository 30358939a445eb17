//! Filtergraphs that cannot be: empty ones, and those with a filter that this FFmpeg does not have.

use super::correction::Findings;
use super::filter_places::{Place, places};
use super::{Choice, Context, OutputDraft, filter_arguments, filter_commas, place::OutputPlace};
use crate::catalog::Named;
use crate::diagnostic::{Diagnostic, Origin, mask_text, nearest};
use crate::facts::MediaKind;

/// Checks the complex filtergraphs.
pub(super) fn of_complex_graphs(context: &Context) -> Result<(), Vec<Diagnostic>> {
    let mut findings = Findings::default();
    if !context.spec.global.is_literal {
        let graphs = &context.spec.global.complex_graphs;
        graphs.iter().for_each(|graph| check(context, &graph.text, &graph.origin, "null", &mut findings));
    }
    let told = findings.finish(context.spec);
    if told.is_empty() { Ok(()) } else { Err(told) }
}

/// Checks the filtergraphs of streams that are encoded.
pub(super) fn of_outputs(context: &Context, drafts: &[OutputDraft], findings: &mut Findings) {
    let mut told: Vec<&Origin> = Vec::new();
    for (spec, draft) in context.spec.outputs.iter().zip(drafts) {
        let place = OutputPlace::all(draft, &[]);
        for (index, stream) in draft.streams.iter().enumerate() {
            if !matches!(stream.choice, Choice::Encoder { .. }) {
                continue;
            }
            let Some(filter) = spec.filters.last_matching(|s| place.names(s, index)) else { continue };
            if told.contains(&&filter.origin) {
                continue;
            }
            told.push(&filter.origin);
            let idle = if stream.kind == MediaKind::Audio { "anull" } else { "null" };
            if let Some(mended) = filter_commas::in_one_chain(&filter.value) {
                let (token, graph) = (&filter.origin.token, mask_text(&filter.value));
                let message =
                    format!("{token} '{graph}' has a semicolon, which begins another chain: a comma joins filters.");
                let diagnostic = Diagnostic::error("filtergraph", message).at(&filter.origin);
                findings.mend(context.spec, diagnostic, &filter.value, Some(&mended));
                continue;
            }
            check(context, &filter.value, &filter.origin, idle, findings);
        }
    }
}

/// Tells of a filtergraph that is empty, names a filter that is not there, or gives one what it does not take; all else is left to
/// libavfilter.
fn check(context: &Context, graph: &str, origin: &Origin, idle: &str, findings: &mut Findings) {
    let (spec, token) = (context.spec, &origin.token);
    let error = |message: String| Diagnostic::error("filtergraph", message).at(origin);
    if graph.trim().is_empty() {
        let remedy = format!("Leave {token} out, or write {idle}, which changes nothing.");
        let diagnostic = error(format!("the filtergraph of {token} is empty.")).remedy(remedy);
        return findings.mend(spec, diagnostic, graph, None);
    }
    if let Some(mended) = graph.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let message = format!("{token} '{}' has the shell's quotes in it.", mask_text(graph));
        return findings.mend(spec, error(message), graph, Some(mended));
    }
    if let Some(mended) = filter_commas::without_empty(graph) {
        let message = format!("No such filter: '' in {token} '{}': a comma has no filter before it.", mask_text(graph));
        return findings.mend(spec, error(message), graph, Some(&mended));
    }
    let no_such = |name: &str| error(format!("No such filter: '{name}' in {token} '{}'.", mask_text(graph)));
    let known = context.catalog.names(Named::Filter);
    let is_unknown = |place: &Place| !known.iter().any(|name| *name == graph[place.name.clone()]);
    if let Some(mended) = filter_commas::escaped(graph)
        && let Some(place) = places(graph).into_iter().find(is_unknown)
    {
        let diagnostic = no_such(&graph[place.name])
            .remedy("A comma within an expression is written \\, or the expression stands between quotes.");
        return findings.mend(spec, diagnostic, graph, Some(&mended));
    }
    let mut mended = graph.to_owned();
    let mut before = String::new();
    for Place { name, arguments } in places(graph) {
        let is_behind_comma = graph[..name.start].trim_end().ends_with(',');
        let name = graph[name].to_owned();
        // What is quoted or escaped is left to libavfilter.
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_plain {
            continue;
        }
        if known.contains(&name) {
            filter_arguments::check(context, (&name, &graph[arguments]), origin, (graph, &mut mended), findings);
            before = name;
            continue;
        }
        let diagnostic = no_such(&name);
        let is_option = is_behind_comma && !arguments.is_empty() && !before.is_empty();
        if is_option && context.catalog.filter_option_names(&before).contains(&name) {
            mended = with_colon(&mended, &name);
            let remedy =
                format!("It is an option of {before}: a colon stands between options, a comma between filters.");
            findings.mend(spec, diagnostic.remedy(remedy), graph, Some(&mended));
            continue;
        }
        match nearest(&name, &known) {
            Some(meant) => {
                mended = with_name(&mended, &name, &meant);
                let diagnostic = diagnostic.remedy(format!("Did you mean {meant}?"));
                findings.mend(spec, diagnostic, graph, Some(&mended));
            }
            None => findings.tell(diagnostic.remedy("-filters lists those of this FFmpeg.")),
        }
    }
}

/// The graph with a colon in place of the comma before the first filter of that name.
fn with_colon(graph: &str, name: &str) -> String {
    let place = places(graph).into_iter().map(|place| place.name).find(|place| &graph[place.clone()] == name);
    let comma = place.and_then(|place| Some((graph[..place.start].rfind(',')?, place.start)));
    comma.map_or_else(|| graph.to_owned(), |(comma, start)| format!("{}:{}", &graph[..comma], &graph[start..]))
}

/// The graph with the first filter of that name called otherwise.
fn with_name(graph: &str, unknown: &str, name: &str) -> String {
    match places(graph).into_iter().map(|place| place.name).find(|place| &graph[place.clone()] == unknown) {
        Some(place) => format!("{}{name}{}", &graph[..place.start], &graph[place.end..]),
        None => graph.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, planned_job, spec, video};

    #[test]
    fn a_filter_that_is_not_there_is_refused_with_the_nearest_one_and_the_corrected_command() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for (line, message, corrected) in [
            (
                "-i in -vf hflip,scael=2:2 out.mp4",
                "No such filter: 'scael' in -vf 'hflip,scael=2:2'.",
                "Did you mean scale? Type: weir -i in -vf hflip,scale=2:2 out.mp4",
            ),
            (
                "-i in -af volum=2 out.mp4",
                "No such filter: 'volum' in -af 'volum=2'.",
                "Did you mean volume? Type: weir -i in -af volume=2 out.mp4",
            ),
            (
                "-i in -filter_complex [0:v]scael=2:2 out.mp4",
                "No such filter: 'scael' in -filter_complex '[0:v]scael=2:2'.",
                "Did you mean scale? Type: weir -i in -filter_complex '[0:v]scale=2:2' out.mp4",
            ),
            (
                "-i in -vf hflip;vflip out.mp4",
                "-vf 'hflip;vflip' has a semicolon, which begins another chain: a comma joins filters.",
                "Type: weir -i in -vf hflip,vflip out.mp4",
            ),
            (
                "-i in -vf \"hflip\" out.mp4",
                "-vf '\"hflip\"' has the shell's quotes in it.",
                "Type: weir -i in -vf hflip out.mp4",
            ),
            (
                "-i in -vf  out.mp4",
                "the filtergraph of -vf is empty.",
                "Leave -vf out, or write null, which changes nothing. Type: weir -i in out.mp4",
            ),
            (
                "-i in -af  out.mp4",
                "the filtergraph of -af is empty.",
                "Leave -af out, or write anull, which changes nothing. Type: weir -i in out.mp4",
            ),
            (
                "-i in -vf crop=2:2:max(1,2) out.mp4",
                "No such filter: '2)' in -vf 'crop=2:2:max(1,2)'.",
                "A comma within an expression is written \\, or the expression stands between quotes. Type: weir -i in -vf \
                 'crop=2:2:max(1\\,2)' out.mp4",
            ),
            (
                "-i in -af volume=2,,anull out.mp4",
                "No such filter: '' in -af 'volume=2,,anull': a comma has no filter before it.",
                "Type: weir -i in -af volume=2,anull out.mp4",
            ),
            (
                "-i in -vf scael=scael,null,crop out.mp4",
                "No such filter: 'scael' in -vf 'scael=scael,null,crop'.",
                "Did you mean scale? Type: weir -i in -vf scale=scael,null,crop out.mp4",
            ),
        ] {
            let told = planned(line, &facts).unwrap_err();
            assert_eq!((told[0].message.as_str(), told[0].remedy.as_deref()), (message, Some(corrected)), "{line}");
        }
    }

    #[test]
    fn the_last_of_several_shows_the_command_in_which_all_are_mended() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let remedies = |line: &str| -> Vec<String> {
            planned(line, &facts).unwrap_err().into_iter().filter_map(|d| d.remedy).collect()
        };
        let told = remedies("-i in -preset fats -vf scael=2:2,hfilp -af volum=2 -disposition:a defualt out.mp4");
        let all = "Did you mean default? Type: weir -i in -preset fast -vf scale=2:2,hflip -af volume=2 \
                   -disposition:a default out.mp4";
        let expected =
            ["Did you mean fast?", "Did you mean scale?", "Did you mean hflip?", "Did you mean volume?", all];
        assert_eq!(told, expected);
        let told = remedies("-i in -preset fats -vf xyzzyxyzzy out.mp4");
        assert_eq!(told, ["Did you mean fast?", "-filters lists those of this FFmpeg."]);
    }

    #[test]
    fn filters_of_copied_streams_and_of_programs_are_left_alone() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let mut job = spec("-i in -vf scael=2:2 out.mp4");
        job.global.is_literal = true;
        assert!(planned_job(&job, &facts).is_ok());
        assert!(planned("-i in -vf hflip,scale=2:2 -af anull out.mp4", &facts).is_ok());
    }
}
