//! Commas in the text of a filtergraph: those within an expression, which end a filter too early, and those that have no filter
//! between them.

use super::filter_places::skip;

/// The commas and semicolons that separate filters, with how many parentheses are open there.
fn separators(graph: &str) -> Vec<(usize, u8, i32)> {
    let (mut found, mut open, mut from) = (Vec::new(), 0, 0);
    loop {
        let at = skip(graph, from, b"(),;");
        from = at + 1;
        match graph.as_bytes().get(at) {
            Some(b'(') => open += 1,
            Some(b')') => open -= 1,
            Some(separator) => {
                // No parenthesis reaches into the next chain.
                open = if *separator == b';' { 0 } else { open };
                found.push((at, *separator, open));
            }
            None => return found,
        }
    }
}

/// The graph with the commas within parentheses escaped; `None` where there are none.
pub(super) fn escaped(graph: &str) -> Option<String> {
    let within = separators(graph).into_iter().filter(|(_, _, open)| *open > 0);
    let mut text = graph.to_owned();
    within.rev().for_each(|(at, ..)| text.insert(at, '\\'));
    (text != graph).then_some(text)
}

/// The graph without the commas that have no filter before them; `None` where there are none. One at the end alone is left
/// to libavfilter, which takes it from FFmpeg 7 on.
pub(super) fn without_empty(graph: &str) -> Option<String> {
    let mut text = graph.to_owned();
    let found = separators(graph);
    for (n, (at, separator, _)) in found.iter().enumerate().rev() {
        let begins = n.checked_sub(1).map_or(0, |before| found[before].0 + 1);
        if *separator == b',' && graph[begins..*at].trim().is_empty() {
            text.remove(*at);
        }
    }
    if text == graph {
        return None;
    }
    let ends = text.trim_end().len();
    if separators(&text).last().is_some_and(|(at, separator, _)| *separator == b',' && at + 1 == ends) {
        text.truncate(ends - 1);
    }
    Some(text)
}

/// The graph of one stream with commas for its semicolons; `None` where it has none, or labels, which join what they separate.
pub(super) fn in_one_chain(graph: &str) -> Option<String> {
    let mut text = graph.to_owned();
    let is_last = |at: usize| graph[at + 1..].trim().is_empty();
    let semicolons = separators(graph).into_iter().filter(|(at, separator, _)| *separator == b';' && !is_last(*at));
    semicolons.for_each(|(at, ..)| text.replace_range(at..=at, ","));
    (text != graph && skip(graph, 0, b"[") == graph.len() && !graph.trim_start().starts_with("sws_flags="))
        .then_some(text)
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
    fn semicolons_without_labels_become_commas() {
        for (graph, expected) in [
            ("hflip;vflip", Some("hflip,vflip")),
            ("hflip,vflip", None),
            ("hflip;\n", None),
            ("split[a][b];[a][b]hstack", None),
            ("drawtext=text=a\\;b", None),
            ("sws_flags=bilinear;scale=2:2", None),
        ] {
            assert_eq!(in_one_chain(graph).as_deref(), expected, "{graph}");
        }
    }

    #[test]
    fn commas_without_a_filter_between_them_are_left_out() {
        for (graph, expected) in [
            ("volume=2,,aecho", Some("volume=2,aecho")),
            (",hflip", Some("hflip")),
            ("hflip, ", None),
            ("[a]hflip; ,vflip", Some("[a]hflip; vflip")),
            ("hflip,,,vflip,", Some("hflip,vflip")),
            ("hflip,,", Some("hflip")),
            ("drawtext=text=a\\,,", None),
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
