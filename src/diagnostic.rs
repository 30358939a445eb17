//! What the program tells its user: one sentence that names what, where and why, and a remedy.

mod stream_id;

pub use self::stream_id::StreamId;

use std::fmt;

/// How grave a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A decision worth a line; the output is what was asked for.
    Note,
    /// The output differs from what was asked.
    Warning,
    /// The job cannot be done as asked.
    Error,
}

/// A place in the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Index of the token in argv, the program's name not counted.
    pub arg: usize,
    /// The token as typed, e.g. `-preset` or `-b:v`.
    pub token: String,
}

impl Origin {
    /// The token at `arg`.
    pub fn new(arg: usize, token: impl Into<String>) -> Self {
        Self { arg, token: token.into() }
    }
}

/// One thing to tell, with the way out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// The rule or check that speaks, in kebab-case, e.g. `flv-guard`; stable, for `--explain=json`.
    pub code: &'static str,
    /// The sentence: what, where, why; empty when only ffmpeg has something to say.
    pub message: String,
    /// What to do about it, if something can be done: a corrected command or option.
    pub remedy: Option<String>,
    /// The token of the command line that it is about.
    pub origin: Option<Origin>,
    /// What ffmpeg says instead, where programs wait for it; empty when ffmpeg says nothing.
    pub ffmpeg: Option<Box<str>>,
}

impl Diagnostic {
    /// A diagnostic of the given severity without remedy or place.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), remedy: None, origin: None, ffmpeg: None }
    }

    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// A warning that ffmpeg utters and weir does not.
    pub fn for_ffmpeg(code: &'static str, words: impl Into<String>) -> Self {
        Self::warning(code, "").ffmpeg_says(words)
    }

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds what ffmpeg says instead; nothing when empty.
    #[must_use]
    pub fn ffmpeg_says(mut self, words: impl Into<String>) -> Self {
        self.ffmpeg = Some(words.into().into_boxed_str());
        self
    }

    /// Adds the token that it is about.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(remedy) = &self.remedy {
            write!(f, " {remedy}")?;
        }
        Ok(())
    }
}

/// A URL without its passwords: `rtsp://user:secret@host` becomes `rtsp://user:***@host`, and so do `pass=`,
/// `password=` and their like in a query.
pub fn mask_url(url: &str) -> String {
    let mut masked = url.to_owned();
    if let Some(start) = masked.find("://").map(|i| i + 3) {
        let end = masked[start..].find(['/', '?', '#']).map_or(masked.len(), |i| i + start);
        if let Some(at) = masked[start..end].rfind('@').map(|i| i + start)
            && let Some(colon) = masked[start..at].find(':').map(|i| i + start)
        {
            masked.replace_range(colon + 1..at, "***");
        }
    }
    for key in ["pass=", "password=", "passphrase=", "token=", "secret="] {
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
    mask_stream_id(masked)
}

/// The passwords of log-ins over SRT.
fn mask_stream_id(mut masked: String) -> String {
    let key = "streamid=";
    let mut from = 0;
    while let Some(begin) = masked[from..].find(key).map(|i| i + from + key.len()) {
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
}
