//! A relay onto the path that it reads from throws out its own source.

use crate::diagnostic::{Diagnostic, StreamId, mask_url};
use crate::plan::session::{is_rtmp, is_rtsp, scheme};
use crate::spec::{InputSpec, JobSpec, OutputSpec};

const CODE: &str = "same-path";

/// Refuses such outputs; known before anything is opened.
pub(in crate::plan) fn check(spec: &JobSpec, diagnostics: &mut Vec<Diagnostic>) {
    if spec.global.allow_same_path {
        return;
    }
    for output in &spec.outputs {
        let Some(to) = place(&output.url) else { continue };
        let own = spec.inputs.iter().filter(|input| place(&input.url).as_ref() == Some(&to));
        diagnostics.extend(own.map(|input| refusal(output, input)));
    }
}

fn refusal(output: &OutputSpec, input: &InputSpec) -> Diagnostic {
    Diagnostic::error(
        CODE,
        format!(
            "{}: this is the path that {} is read from. A server has one publisher a path, and the newest wins: the relay \
             would throw out its own source.",
            mask_url(&output.url),
            mask_url(&input.url)
        ),
    )
    .remedy("Write to another path, or pass -allow_same_path if these are two servers.")
    .at(&output.origin)
}

/// Host and path of an RTSP, RTMP or SRT URL; the port and what follows the path tell no servers apart.
fn place(url: &str) -> Option<(String, String)> {
    let scheme = scheme(url);
    let (_, whole) = url.split_once("://")?;
    let rest = whole.split(['?', '#']).next().unwrap_or(whole);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = if scheme == "srt" {
        stream_of_srt(whole)?
    } else if is_rtmp(&scheme) || is_rtsp(&scheme) {
        path.to_owned()
    } else {
        return None;
    };
    let host = authority.rsplit('@').next().unwrap_or(authority);
    // An address of version 6 stands in brackets, with colons inside.
    let host = match host.rfind(']') {
        Some(end) => &host[..=end],
        None => host.split(':').next().unwrap_or(host),
    };
    let host = if matches!(host, "localhost" | "[::1]") { "127.0.0.1" } else { host };
    Some((host.to_ascii_lowercase(), path.trim_matches('/').to_owned()))
}

/// The resource that an SRT URL names.
fn stream_of_srt(rest: &str) -> Option<String> {
    let (_, query) = rest.split_once('?')?;
    let id = query.split('&').find_map(|pair| pair.strip_prefix("streamid="))?;
    StreamId::read(id).resource
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{CODE, place};
    use crate::diagnostic::Severity;
    use crate::plan::check_spec;
    use crate::plan::testing::{codes, spec};

    #[test]
    fn a_relay_onto_its_own_source_is_refused_with_the_reason() {
        let line = "-i rtsp://h:8554/live/a -c copy -f flv rtmp://h/live/a";
        let told = check_spec(&spec(line)).unwrap_err();
        assert_eq!(codes(&told), [(Severity::Error, CODE)]);
        for fine in [
            &format!("-allow_same_path {line}"),
            "-i rtsp://h/live/a -c copy -f flv rtmp://h/live/b",
            "-i rtsp://h/live/a -c copy -f flv rtmp://i/live/a",
        ] {
            assert!(check_spec(&spec(fine)).is_ok(), "{fine}");
        }
    }

    #[test]
    fn credentials_ports_and_queries_do_not_tell_paths_apart() {
        let expected = Some(("h".to_owned(), "live/a".to_owned()));
        for url in ["rtsp://u:p@H:554/live/a", "rtmp://h/live/a/?user=u", "rtmps://h:443/live/a"] {
            assert_eq!(place(url), expected, "{url}");
        }
        assert_eq!(place("rtsp://[::1]:8554/a"), place("rtmp://localhost/a"));
        for id in
            ["publish:live/a", "read:live/a:me:secret", "#!::m=publish,r=live/a,u=me,s=secret", "publish%3Alive/a"]
        {
            assert_eq!(place(&format!("srt://h:8890?mode=caller&streamid={id}&latency=20")), expected, "{id}");
        }
        for url in ["srt://h:1", "srt://h:1?streamid=a", "srt://h:1?streamid=#!::u=a", "udp://h:1"] {
            assert_eq!(place(url), None, "{url}");
        }
    }
}
