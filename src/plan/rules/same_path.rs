//! A relay onto the path that it reads from throws out its own source.

use crate::diagnostic::Diagnostic;
use crate::plan::mapping::masked;
use crate::plan::session::{is_rtmp, is_rtsp, scheme};
use crate::plan::{Context, OutputDraft};

const CODE: &str = "same-path";

pub(super) fn apply(context: &Context, index: usize, _draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    if context.spec.global.allow_same_path {
        return;
    }
    let spec = &context.spec.outputs[index];
    let Some(to) = place(&spec.url) else { return };
    for input in context.spec.inputs.iter().filter(|input| place(&input.url).as_ref() == Some(&to)) {
        diagnostics.push(
            Diagnostic::error(
                CODE,
                format!(
                    "{}: this is the path that {} is read from. A server has one publisher a path, and the newest wins: \
                     the relay would throw out its own source.",
                    masked(&spec.url),
                    masked(&input.url)
                ),
            )
            .remedy("Write to another path, or pass -allow_same_path if these are two servers.")
            .at(&spec.origin),
        );
    }
}

/// Host and path of an RTSP or RTMP URL; the port and what follows the path tell no servers apart.
fn place(url: &str) -> Option<(String, String)> {
    let scheme = scheme(url);
    if !is_rtmp(&scheme) && !is_rtsp(&scheme) {
        return None;
    }
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    // An address of version 6 stands in brackets, with colons inside.
    let host = match host.rfind(']') {
        Some(end) => &host[..=end],
        None => host.split(':').next().unwrap_or(host),
    };
    let host = if matches!(host, "localhost" | "[::1]") { "127.0.0.1" } else { host };
    Some((host.to_ascii_lowercase(), path.trim_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{CODE, place};
    use crate::diagnostic::Severity;
    use crate::plan::testing::{codes, input, planned, video};

    #[test]
    fn a_relay_onto_its_own_source_is_refused_with_the_reason() {
        let facts = [input(vec![video("h264")])];
        let line = "-i rtsp://h:8554/live/a -c copy -f flv rtmp://h/live/a";
        let told = planned(line, &facts).unwrap_err();
        assert_eq!(codes(&told), [(Severity::Error, CODE)]);
        assert!(planned(&format!("-allow_same_path {line}"), &facts).is_ok());
        assert!(planned("-i rtsp://h/live/a -c copy -f flv rtmp://h/live/b", &facts).is_ok());
        assert!(planned("-i rtsp://h/live/a -c copy -f flv rtmp://i/live/a", &facts).is_ok());
    }

    #[test]
    fn credentials_ports_and_queries_do_not_tell_paths_apart() {
        let expected = Some(("h".to_owned(), "live/a".to_owned()));
        for url in ["rtsp://u:p@H:554/live/a", "rtmp://h/live/a/?user=u", "rtmps://h:443/live/a"] {
            assert_eq!(place(url), expected, "{url}");
        }
        assert_eq!(place("rtsp://[::1]:8554/a"), place("rtmp://localhost/a"));
        assert_eq!(place("srt://h:1"), None);
    }
}
