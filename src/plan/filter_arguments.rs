//! What is typed for filters: each argument is tried on its filter, and refused before anything is opened.

use super::Context;
use super::correction::Findings;
use super::option_values::candidates;
use crate::catalog::{FilterArgument, OptionOwner, Verdict};
use crate::diagnostic::{Diagnostic, Origin, mask_text, nearest};

/// Tells of the first argument that the filter does not have or does not take. `mended` is the graph with all that was wrong so
/// far put right.
pub(super) fn check(
    context: &Context,
    (filter, arguments): (&str, &str),
    origin: &Origin,
    (graph, mended): (&str, &mut String),
    findings: &mut Findings,
) {
    let catalog = context.catalog;
    let Some(typed) = catalog.filter_arguments(filter, arguments) else { return };
    for FilterArgument { name, value, verdict } in typed {
        let (message, meant) = match verdict {
            Verdict::Taken => continue,
            Verdict::Unknown => {
                let known = catalog.filter_option_names(filter);
                // It is of what the filter uses, and makes only when it is initialised.
                if known.contains(&name) {
                    continue;
                }
                let message = format!("the filter {filter} has no option '{name}'");
                (message, nearest(&name, &known).map(|meant| (meant, value.clone())))
            }
            Verdict::Refused(expected) => {
                let refused = |value: &str| catalog.refusal(OptionOwner::Filter(filter), &name, value).is_some();
                let likely = candidates(&value, &expected).into_iter().find(|value| !refused(value));
                let (words, found) = (expected.words(), mask_text(&value));
                let message = format!("option {name} of the filter {filter} expects {words}, but found: '{found}'");
                (message, likely.map(|meant| (name.clone(), meant)))
            }
        };
        let message = format!("{message}, in {} '{}'.", origin.token, mask_text(graph));
        let diagnostic = Diagnostic::error("filter-argument", message).at(origin);
        let Some((right_name, right_value)) = meant else {
            let remedy = format!("`-h filter={filter}` lists what it takes.");
            return findings.tell(diagnostic.remedy(remedy));
        };
        let word = if right_name == name { &right_value } else { &right_name };
        let diagnostic = diagnostic.remedy(format!("Did you mean {}?", mask_text(word)));
        return match with_argument(mended, (filter, arguments), (&name, &value), (&right_name, &right_value)) {
            Some(graph_now) => {
                *mended = graph_now;
                findings.mend(context.spec, diagnostic, graph, Some(mended));
            }
            None => findings.tell(diagnostic),
        };
    }
}

/// The graph with another argument in the place of this one; `None` where that is not written plainly.
fn with_argument(
    graph: &str,
    (filter, arguments): (&str, &str),
    (name, value): (&str, &str),
    (right_name, right_value): (&str, &str),
) -> Option<String> {
    let whole = format!("{filter}={arguments}");
    let begins = graph.find(&whole)? + filter.len() + 1;
    let right = format!("{right_name}={right_value}");
    let mut parts: Vec<&str> = arguments.split(':').collect();
    let named = format!("{name}={value}");
    let at = parts.iter().position(|part| part.trim() == named);
    match at {
        Some(at) => parts[at] = &right,
        // A value alone.
        None => {
            let at = parts.iter().position(|part| part.trim() == value)?;
            parts[at] = right_value;
        }
    }
    Some(format!("{}{}{}", &graph[..begins], parts.join(":"), &graph[begins + arguments.len()..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{audio, input, planned, planned_job, spec, video};

    #[test]
    fn arguments_that_a_filter_does_not_take_are_told_with_the_corrected_command() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for (line, message, corrected) in [
            (
                "-i in -vf hflip,scale=widht=100:h=20 out.mp4",
                "the filter scale has no option 'widht', in -vf 'hflip,scale=widht=100:h=20'.",
                "Did you mean width? Type: weir -i in -vf hflip,scale=width=100:h=20 out.mp4",
            ),
            (
                "-i in -vf scale=100:20:flags=bicubc out.mp4",
                "option flags of the filter scale expects flags out of bicubic and lanczos, joined by +, but found: \
                 'bicubc', in -vf 'scale=100:20:flags=bicubc'.",
                "Did you mean bicubic? Type: weir -i in -vf scale=100:20:flags=bicubic out.mp4",
            ),
            (
                "-i in -vf scale=100:20:bicubc out.mp4",
                "option flags of the filter scale expects flags out of bicubic and lanczos, joined by +, but found: \
                 'bicubc', in -vf 'scale=100:20:bicubc'.",
                "Did you mean bicubic? Type: weir -i in -vf scale=100:20:bicubic out.mp4",
            ),
            (
                "-i in -vf crop=2:2:keep_aspect=perhaps out.mp4",
                "option keep_aspect of the filter crop expects true or false, but found: 'perhaps', in -vf \
                 'crop=2:2:keep_aspect=perhaps'.",
                "`-h filter=crop` lists what it takes.",
            ),
            (
                "-i in -filter_complex [0:v]scale=2:2:flgs=bicubic out.mp4",
                "the filter scale has no option 'flgs', in -filter_complex '[0:v]scale=2:2:flgs=bicubic'.",
                "Did you mean flags? Type: weir -i in -filter_complex '[0:v]scale=2:2:flags=bicubic' out.mp4",
            ),
        ] {
            let told = planned(line, &facts).unwrap_err();
            assert_eq!((told[0].message.as_str(), told[0].remedy.as_deref()), (message, Some(corrected)), "{line}");
        }
    }

    #[test]
    fn several_in_one_graph_are_mended_together() {
        let facts = [input(vec![video("h264")])];
        let told = planned("-i in -vf scale=2:2:flgs=bicubic,scael=2:2,scale=widht=2 out.mp4", &facts).unwrap_err();
        let corrected = "Type: weir -i in -vf scale=2:2:flags=bicubic,scale=2:2,scale=width=2 out.mp4";
        assert!(told.last().unwrap().remedy.as_ref().unwrap().ends_with(corrected), "{told:?}");
    }

    #[test]
    fn what_is_right_and_what_a_program_wrote_is_left_alone() {
        let facts = [input(vec![video("h264")])];
        assert!(planned("-i in -vf scale=w=2:h=2:flags=bicubic,crop=2:2 out.mp4", &facts).is_ok());
        let mut job = spec("-i in -vf scale=ww=2 out.mp4");
        job.global.is_literal = true;
        assert!(planned_job(&job, &facts).is_ok());
    }
}
