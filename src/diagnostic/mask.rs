//! Passwords do not show: in sentences, in lines of the libraries, in reports.

use super::StreamId;

/// Keys of a query behind which a secret stands.
const SECRETS: [&str; 5] = ["pass=", "password=", "passphrase=", "token=", "secret="];

const STREAM_ID: &str = "streamid=";

/// A URL without its passwords: `rtsp://user:secret@host` becomes `rtsp://user:***@host`, and so do `pass=`,
/// `password=` and their like in a query, and the log-ins of SRT.
pub fn mask_url(url: &str) -> String {
    mask_stream_id(mask_queries(mask_logins(url)))
}

/// A text, such as a sentence or a command line, with the passwords of all its URLs replaced likewise.
pub fn mask_text(text: &str) -> String {
    let text = mask_logins(text);
    let lower = text.to_ascii_lowercase();
    if !SECRETS.iter().chain([&STREAM_ID]).any(|key| lower.contains(key)) {
        return text;
    }
    let ends = [' ', '\n', '\'', '"'];
    text.split_inclusive(ends)
        .flat_map(|word| {
            let inner = word.trim_end_matches(ends);
            [mask_stream_id(mask_queries(inner.to_owned())), word[inner.len()..].to_owned()]
        })
        .collect()
}

/// Passwords of log-ins, `scheme://user:password@host`.
fn mask_logins(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        masked.push_str(before);
        let authority = &after[..after.find(['/', '?', '#', ' ', '|']).unwrap_or(after.len())];
        rest = after;
        if let Some((login, _)) = authority.rsplit_once('@')
            && let Some((user, _)) = login.split_once(':')
        {
            masked.push_str(user);
            masked.push_str(":***");
            rest = &after[login.len()..];
        }
    }
    masked + rest
}

/// Secrets in queries.
fn mask_queries(mut masked: String) -> String {
    for key in SECRETS {
        let mut from = 0;
        while let Some(found) = masked[from..].to_ascii_lowercase().find(key).map(|i| i + from) {
            let begin = found + key.len();
            // A masked URL in a sentence stays as it is, with what follows it.
            let after = masked[begin..].strip_prefix("***");
            if after.is_some_and(|after| after.is_empty() || after.starts_with([':', '&', ' ', ';', ',', '.', ')'])) {
                from = begin;
                continue;
            }
            let at_key = found == 0 || matches!(masked.as_bytes()[found - 1], b'?' | b'&' | b';' | b',');
            let end = masked[begin..].find(['&', ' ', ';']).map_or(masked.len(), |i| i + begin);
            if at_key {
                masked.replace_range(begin..end, "***");
            }
            from = begin;
        }
    }
    masked
}

/// The passwords of log-ins over SRT.
fn mask_stream_id(mut masked: String) -> String {
    let mut from = 0;
    while let Some(begin) = masked[from..].find(STREAM_ID).map(|i| i + from + STREAM_ID.len()) {
        let end = masked[begin..].find(['&', ' ', ';', '\'', '"']).map_or(masked.len(), |i| i + begin);
        let secret = StreamId::read(&masked[begin..end]).password.map(|at| begin + at.start..begin + at.end);
        // A masked URL in a sentence stays as it is, with what follows it.
        if let Some(secret) = secret.filter(|at| !masked[at.clone()].starts_with("***")) {
            masked.replace_range(secret, "***");
        }
        from = begin;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_never_show() {
        assert_eq!(mask_url("rtsp://u:p@ss@h:8554/a"), "rtsp://u:***@h:8554/a");
        assert_eq!(mask_url("rtmp://h/live/a?user=U&pass=P"), "rtmp://h/live/a?user=U&pass=***");
        assert_eq!(mask_url("srt://h:1?passphrase=xyz&mode=caller"), "srt://h:1?passphrase=***&mode=caller");
        assert_eq!(
            mask_url("srt://h?streamid=publish:a/b:me:xyz&latency=9"),
            "srt://h?streamid=publish:a/b:me:***&latency=9"
        );
        let standard = "srt://h?streamid=#!::m=publish,s=xyz,r=a&latency=9";
        assert_eq!(mask_url(standard), standard.replace("xyz", "***"));
        assert_eq!(mask_url(&mask_url(standard)), standard.replace("xyz", "***"));
        for encoded in
            ["%23!::m=publish,s=xyz,r=a", "%23%21%3A%3Am%3Dpublish%2cs%3Dxyz", "publish%3Aa:me%3Axyz", "a:é:%c3%a9:xyz"]
        {
            let url = format!("srt://h?streamid={encoded}&latency=9");
            assert_eq!(mask_url(&url), url.replace("xyz", "***"));
        }
        assert_eq!(mask_url("srt://h?streamid=a:b:c:%"), "srt://h?streamid=a:b:c:***");
        assert_eq!(mask_url("srt://h?streamid=read:a"), "srt://h?streamid=read:a");
        let masked = mask_url("srt://h?streamid=publish:a:me:xyz");
        assert_eq!(mask_url(&masked), masked);
        assert_eq!(mask_url("rtmp://h/a?pass=***: live"), "rtmp://h/a?pass=***: live");
        assert_eq!(mask_url("dir/a:b@c.mp4"), "dir/a:b@c.mp4");
        assert_eq!(mask_url("http://h/compass=1"), "http://h/compass=1");
    }

    #[test]
    fn log_ins_in_a_text_are_masked() {
        assert_eq!(mask_text("rtsp://me:se:cr@et@host/a?b@c"), "rtsp://me:***@host/a?b@c");
        assert_eq!(mask_text("rtmp://host:1935/live/x@y:z"), "rtmp://host:1935/live/x@y:z");
        assert_eq!(mask_text("http://a:b@c http://d:e@f/"), "http://a:***@c http://d:***@f/");
        assert_eq!(mask_text("a.mp4"), "a.mp4");
    }

    #[test]
    fn sentences_keep_all_but_the_passwords() {
        assert_eq!(mask_text("[rtsp @ 0x1] rtsp://u:p@h/x: refused"), "[rtsp @ 0x1] rtsp://u:***@h/x: refused");
        assert_eq!(mask_text("to 'rtmp://h/a?user=u&pass=p':\n"), "to 'rtmp://h/a?user=u&pass=***':\n");
        assert_eq!(mask_text("a and b://c"), "a and b://c");
        let told = |word: &str| format!("[srt @ 0x1] Connection to srt://h:1?streamid=publish:a:u:{word} failed: x");
        assert_eq!(mask_text(&told("p@s")), told("***"));
        for already in [told("***"), "srt://h:1?streamid=publish:a:u:***: nothing for 1 s.".to_owned()] {
            assert_eq!(mask_text(&already), already);
        }
    }
}
