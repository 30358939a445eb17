//! Passwords do not show: in sentences, in lines of the libraries, in reports.

use super::StreamId;

/// Keys of a query, or of a list of options, behind which a secret stands.
const SECRETS: [&str; 10] = [
    PASS,
    "password=",
    "passphrase=",
    "token=",
    "secret=",
    "headers=",
    "cookies=",
    "cryptokey=",
    "decryption_key=",
    "encryption_key=",
];

/// A password in a query, and the number of a pass among the parameters of x264.
const PASS: &str = "pass=";

/// Headers of HTTP and RTSP that hold secrets; libraries write their requests into the log.
const HEADERS: [&str; 3] = ["authorization: ", "proxy-authorization: ", "cookie: "];

const STREAM_ID: &str = "streamid=";

/// Options of FFmpeg's whose values are secrets or may hold one.
const SECRET_OPTIONS: [&str; 22] = [
    "aa_fixed_key",
    "activation_bytes",
    "audible_iv",
    "audible_key",
    "authorization",
    "cenc_decryption_key",
    "cenc_decryption_keys",
    "cookies",
    "cryptokey",
    "decryption_key",
    "decryption_keys",
    "encryption_key",
    "ftp-password",
    "headers",
    "hls_enc_key",
    "key",
    "key_pem",
    "passphrase",
    "password",
    "secret",
    "srtp_in_params",
    "srtp_out_params",
];

/// The value of an option, typed with or without its dash and specifier, as it is shown: nothing of a secret, and no passwords
/// in URLs.
pub fn mask_option(option: &str, value: &str) -> String {
    let name = option.trim_start_matches('-');
    let name = name.split(':').next().unwrap_or(name).to_ascii_lowercase();
    match name.as_str() {
        _ if value.is_empty() => String::new(),
        name if SECRET_OPTIONS.contains(&name) => "***".to_owned(),
        "streamid" | "srt_streamid" => mask_stream_id(format!("{STREAM_ID}{value}")).split_off(STREAM_ID.len()),
        _ => mask_text(&mask_url(value)),
    }
}

/// The words of a command as they are shown, each masked by itself and by the option before it.
pub fn mask_words<S: AsRef<str>>(words: &[S]) -> Vec<String> {
    let before = |at: usize| at.checked_sub(1).map_or("", |at| words[at].as_ref());
    let shown = |(at, word): (usize, &S)| {
        let option = Some(before(at)).filter(|before| before.starts_with('-')).unwrap_or_default();
        mask_option(option, word.as_ref())
    };
    words.iter().enumerate().map(shown).collect()
}

/// A URL without its passwords: `rtsp://user:secret@host` becomes `rtsp://user:***@host`, and so do `pass=`,
/// `password=` and their like in a query, and the log-ins of SRT.
pub fn mask_url(url: &str) -> String {
    mask_stream_id(mask_queries(mask_logins(url)))
}

/// A text, such as a sentence or a command line, with the passwords of all its URLs replaced likewise.
pub fn mask_text(text: &str) -> String {
    let mut text = mask_logins(text);
    let lower = text.to_ascii_lowercase();
    if HEADERS.iter().any(|header| lower.contains(header)) {
        text = mask_headers(&text);
    }
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

/// The values of headers that begin a line.
fn mask_headers(text: &str) -> String {
    let masked = |line: &str| {
        let inner = line.trim_end_matches(['\r', '\n']);
        let begins = |header: &&&str| inner.get(..header.len()).is_some_and(|key| key.eq_ignore_ascii_case(header));
        match HEADERS.iter().find(begins) {
            Some(header) => format!("{}***{}", &inner[..header.len()], &line[inner.len()..]),
            None => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(masked).collect()
}

/// Passwords of log-ins, `scheme://user:password@host`.
fn mask_logins(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        masked.push_str(before);
        let authority = &after[..after.find(['/', '?', '#', ' ', '|', '\n']).unwrap_or(after.len())];
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

/// Secrets in queries, and in lists of options.
fn mask_queries(mut masked: String) -> String {
    for key in SECRETS {
        let mut from = 0;
        while let Some(found) = masked[from..].to_ascii_lowercase().find(key).map(|i| i + from) {
            from = found + key.len();
            // A masked URL in a sentence stays as it is, with what follows it.
            let after = masked[from..].strip_prefix("***");
            let ends = [':', '&', ' ', ';', ',', '.', ')', ']'];
            if after.is_some_and(|after| after.is_empty() || after.starts_with(ends)) {
                continue;
            }
            if let Some(length) = secret_length(&masked[..found], key, &masked[from..]) {
                masked.replace_range(from..from + length, "***");
            }
        }
    }
    masked
}

/// How long the secret behind a key is; `None` where that is no key, but the end of a longer word, or no secret.
fn secret_length(before: &str, key: &str, after: &str) -> Option<usize> {
    let length_to = |ends: &[char]| after.find(ends).unwrap_or(after.len());
    match before.as_bytes() {
        [] if key == PASS && is_number_of_pass(after) => None,
        // `-key=value` is a word of its own.
        [] | [b'-'] | [.., b'?' | b'&' | b';' | b','] => Some(length_to(&['&', ' ', ';'])),
        // `[f=mpegts:passphrase=...]srt://...`: blanks and escaped colons may be a part of it.
        [.., b':' | b'['] if key != PASS => Some(length_to(&[']'])),
        _ => None,
    }
}

/// `1` or `2:stats=...`.
fn is_number_of_pass(value: &str) -> bool {
    let behind = value.strip_prefix(['1', '2', '3']);
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(':'))
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
    fn values_of_options_are_masked_by_their_names() {
        for (option, value, shown) in [
            ("passphrase", "geheim 12345", "***"),
            ("-Headers", "Authorization: Basic geheim", "***"),
            ("-cryptokey:v:0", "00ff", "***"),
            ("srt_streamid", "publish:a:u:geheim", "publish:a:u:***"),
            ("-streamid", "0:256", "0:256"),
            ("-http_proxy", "http://u:geheim@h:1", "http://u:***@h:1"),
            ("-pass", "1", "1"),
            ("x264-params", "pass=2:stats=a.log", "pass=2:stats=a.log"),
            ("key_frame", "1", "1"),
            ("passphrase", "", ""),
        ] {
            assert_eq!(mask_option(option, value), shown, "{option}");
        }
        let words = ["-i", "a", "-passphrase", "geheim", "-password=geheim", "-f", "tee", "srt://h?passphrase=geheim"];
        let shown = ["-i", "a", "-passphrase", "***", "-password=***", "-f", "tee", "srt://h?passphrase=***"];
        assert_eq!(mask_words(&words), shown);
    }

    #[test]
    fn secrets_in_lists_of_options_and_in_graphs_are_masked() {
        let tee = "[f=hls:headers=Authorization: Basic geheim]http://h|[passphrase=geheim\\:x:f=mpegts]srt://h:1";
        let shown = "[f=hls:headers=***]http://h|[passphrase=***]srt://h:1";
        assert_eq!(mask_option("", tee), shown);
        assert_eq!(mask_option("", shown), shown);
        let graph = r"movie=rtsp\://u\:geheim@h/x[b];[in][b]overlay";
        assert_eq!(mask_text(graph), graph.replace("geheim", "***"));
        assert_eq!(mask_text("b=1000:pass=1:stats=a"), "b=1000:pass=1:stats=a");
        assert_eq!(mask_text("rtsp://host\nto a:b@c"), "rtsp://host\nto a:b@c");
    }

    #[test]
    fn requests_in_the_log_keep_their_log_ins_to_themselves() {
        let request = "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dTpw\r\ncookie: id=1; b=2\r\n\r\n";
        let shown = "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: ***\r\ncookie: ***\r\n\r\n";
        assert_eq!(mask_text(request), shown);
        assert_eq!(mask_text("no authorization: none"), "no authorization: none");
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
