//! Commas in the text of a filtergraph: those within an expression, which end a filter too early, and those that have no filter
//! between them.

/// The commas that separate filters, with how many parentheses are open there.
fn separators(graph: &str) -> Vec<(usize, i32)> {
    let (mut found, mut open, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in graph.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !quoted => escaped = true,
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => open += 1,
            ')' => open -= 1,
            // No parenthesis reaches into the next chain.
            ';' => open = 0,
            ',' => found.push((at, open)),
            _ => {}
        }
    }
    found
}

/// The graph with the commas within parentheses escaped; `None` where there are none.
pub(super) fn escaped(graph: &str) -> Option<String> {
    let within: Vec<usize> = separators(graph).into_iter().filter(|(_, open)| *open > 0).map(|(at, _)| at).collect();
    let mut text = graph.to_owned();
    within.iter().rev().for_each(|at| text.insert(*at, '\\'));
    (!within.is_empty()).then_some(text)
}

/// The graph without the commas that have no filter before them; `None` where there are none. One at the end is left to
/// libavfilter, which takes it from FFmpeg 7 on.
pub(super) fn without_empty(graph: &str) -> Option<String> {
    let commas: Vec<usize> = separators(graph).into_iter().map(|(at, _)| at).collect();
    let mut text = graph.to_owned();
    for (n, at) in commas.iter().enumerate().rev() {
        let chain = graph[..*at].rfind(';').map_or(0, |end| end + 1);
        let before = n.checked_sub(1).map_or(0, |n| commas[n] + 1).max(chain);
        if graph[before..*at].trim().is_empty() {
            text.remove(*at);
        }
    }
    (text != graph).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn commas_within_an_expression_are_escaped() {
        for (graph, expected) in [
            ("crop=10:20:clip((iw-ow)*0.3,0,iw-ow):0", Some("crop=10:20:clip((iw-ow)*0.3\\,0\\,iw-ow):0")),
            ("scale='min(1,iw)':-2,hflip", None),
            ("select=gt(scene\\,0.4),hflip", None),
            ("select=between(n,1,2),hflip", Some("select=between(n\\,1\\,2),hflip")),
            ("drawtext=text=:(;hflip,vflip", None),
        ] {
            assert_eq!(escaped(graph).as_deref(), expected, "{graph}");
        }
    }

    #[test]
    fn commas_without_a_filter_between_them_are_left_out() {
        for (graph, expected) in [
            ("volume=2,,aecho", Some("volume=2,aecho")),
            (",hflip", Some("hflip")),
            ("hflip, ", None),
            ("[a]hflip; ,vflip", Some("[a]hflip; vflip")),
            ("hflip,,,vflip,", Some("hflip,vflip,")),
            ("hflip,vflip;[x]scale", None),
            ("drawtext=text='a,,b',vflip", None),
        ] {
            assert_eq!(without_empty(graph).as_deref(), expected, "{graph}");
        }
    }

    proptest! {
        #[test]
        fn what_is_mended_needs_no_mending(graph in "[a(,);'\\\\ ]{0,16}") {
            prop_assert!(escaped(&graph).is_none_or(|text| escaped(&text).is_none()));
            prop_assert!(without_empty(&graph).is_none_or(|text| text.len() < graph.len()));
        }
    }
}
