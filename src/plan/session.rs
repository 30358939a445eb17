//! Sessions: inputs and outputs whose far end is a peer that may go away and come back.

use crate::spec::LiveSpec;
use crate::unit::MICROS_PER_SECOND;

/// How patient a session is, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPlan {
    /// To connect.
    pub connect_us: i64,
    /// To find out what an input holds.
    pub probe_us: i64,
    /// Without media.
    pub stall_us: i64,
    /// How long a lost peer is tried again.
    pub retry_us: i64,
    /// How long a peer that is not there yet at the start is waited for.
    pub wait_us: i64,
}

/// Whether anything is read from or written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Input,
    Output,
}

/// The scheme of a URL in small letters, or nothing.
pub(super) fn scheme(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, _)) => scheme.to_ascii_lowercase(),
        None => String::new(),
    }
}

/// True for the schemes of RTMP and its tunnels.
pub(super) fn is_rtmp(scheme: &str) -> bool {
    matches!(scheme, "rtmp" | "rtmps" | "rtmpt" | "rtmpe" | "rtmpte" | "rtmpts")
}

/// True for the schemes of RTSP.
pub(super) fn is_rtsp(scheme: &str) -> bool {
    matches!(scheme, "rtsp" | "rtsps")
}

/// True for a URL of RTSP.
pub fn is_rtsp_url(url: &str) -> bool {
    is_rtsp(&scheme(url))
}

/// True where a peer is to come, for which is waited for as long as that takes, and whose leave is the end.
pub(super) fn listens(url: &str, options: &[(String, String)]) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_asked = |pair: &str| match pair.split_once('=').unwrap_or((pair, "1")) {
        ("listen", value) => value != "0",
        (name, value) => name == "mode" && value == "listener",
    };
    (!scheme(url).starts_with("http") && query.split('&').any(is_asked))
        || options.iter().any(|(key, value)| {
            ((key == "listen" || key == "rtmp_listen") && value != "0")
                || (key == "mode" && value == "listener")
                || (key == "rtsp_flags" && value.contains("listen"))
        })
}

/// The session of a URL, if it is one. `options` are those for format and protocol.
pub(super) fn plan(url: &str, end: End, options: &[(String, String)], live: &LiveSpec) -> Option<SessionPlan> {
    let scheme = scheme(url);
    let peer = is_rtmp(&scheme)
        || is_rtsp(&scheme)
        || matches!(scheme.as_str(), "srt" | "udp" | "rtp" | "tcp")
        || (end == End::Output && matches!(scheme.as_str(), "http" | "https"));
    (peer && !listens(url, options)).then(|| SessionPlan {
        connect_us: live.connect_us.unwrap_or(10 * MICROS_PER_SECOND),
        probe_us: live.probe_us.unwrap_or(15 * MICROS_PER_SECOND),
        stall_us: live.stall_us.unwrap_or(10 * MICROS_PER_SECOND),
        retry_us: live.retry_us.unwrap_or(300 * MICROS_PER_SECOND),
        wait_us: live.wait_us.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_session(url: &str, end: End) -> bool {
        plan(url, end, &[], &LiveSpec::default()).is_some()
    }

    #[test]
    fn peers_are_sessions_and_files_pipes_and_listeners_are_not() {
        for url in ["rtsp://h/a", "RTMP://h/a/b", "srt://h:1", "udp://h:1", "rtp://h:1", "tcp://h:1"] {
            assert!(is_session(url, End::Input) && is_session(url, End::Output), "{url}");
        }
        assert!(is_session("http://h/a", End::Output) && !is_session("http://h/a.mp4", End::Input));
        for url in ["a.mp4", "pipe:1", "file:a", "srt://h:1?mode=listener", "tcp://h:1?listen", "a://b"] {
            assert!(!is_session(url, End::Input) && !is_session(url, End::Output), "{url}");
        }
        let listens = [("listen".to_owned(), "1".to_owned())];
        assert_eq!(plan("rtmp://h/a/b", End::Input, &listens, &LiveSpec::default()), None);
    }

    #[test]
    fn what_the_user_says_counts() {
        let live = LiveSpec { retry_us: Some(0), stall_us: Some(5), ..LiveSpec::default() };
        let found = plan("rtmp://h/a/b", End::Output, &[], &live).map(|s| (s.retry_us, s.stall_us, s.wait_us));
        assert_eq!(found, Some((0, 5, 0)));
    }
}
