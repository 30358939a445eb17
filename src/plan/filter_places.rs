//! Where the filters stand in the text of a filtergraph.

use std::ops::Range;

/// The names of the filters in a graph, in order.
pub fn of(graph: &str) -> Vec<String> {
    places(graph).into_iter().map(|place| graph[place.name].to_owned()).collect()
}

/// Where a filter stands in a graph.
pub(super) struct Place {
    /// Its name.
    pub(super) name: Range<usize>,
    /// What is behind the name's `=`, quoted and escaped as it is.
    pub(super) arguments: Range<usize>,
}

/// Where the filters stand in a graph: `[in]name@id=arguments[out],name;...`.
pub(super) fn places(graph: &str) -> Vec<Place> {
    let mut found = Vec::new();
    let bytes = graph.as_bytes();
    let mut at = 0;
    // Options of the scaler may stand in front of all.
    if graph.trim_start().starts_with("sws_flags=") {
        at = graph.find(';').map_or(bytes.len(), |end| end + 1);
    }
    while at < bytes.len() {
        match bytes[at] {
            b'[' => at = skip(graph, at + 1, b"]"),
            b']' | b',' | b';' => at += 1,
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => {
                let end =
                    graph[at..].find(['=', '@', ',', ';', '[', ' ', '\n', '\t', '\r']).map_or(bytes.len(), |n| at + n);
                let behind = skip(graph, end, b"[,;");
                let begins = graph[end..behind].find('=').map_or(behind, |n| end + n + 1);
                if end > at {
                    found.push(Place { name: at..end, arguments: begins..behind });
                }
                at = behind;
            }
        }
    }
    found
}

/// The next of the characters that is neither quoted nor escaped, or the end.
pub(super) fn skip(graph: &str, from: usize, ends: &[u8]) -> usize {
    let bytes = graph.as_bytes();
    let (mut at, mut quoted) = (from, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' => quoted = !quoted,
            b'\\' if !quoted => at += 1,
            byte if !quoted && ends.contains(&byte) => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_are_found_and_arguments_are_not_taken_for_them() {
        let cases: [(&str, &[&str]); 9] = [
            ("scale=2:2,hflip", &["scale", "hflip"]),
            ("[0:v][1:v]overlay=x=1[a];[a]null@me[b]", &["overlay", "null"]),
            ("drawtext=text='a,b;[c]':x=1,crop", &["drawtext", "crop"]),
            (r"drawtext=text=a\,b,crop", &["drawtext", "crop"]),
            ("sws_flags=bicubic;scale=2:2", &["scale"]),
            (" split [a][b] ; [a] vflip , [b] overlay ", &["split", "vflip", "overlay"]),
            ("select='eq(n,1)',null", &["select", "null"]),
            ("", &[]),
            ("é=1,null", &["é", "null"]),
        ];
        for (graph, names) in cases {
            assert_eq!(of(graph), names, "{graph}");
        }
    }
}
