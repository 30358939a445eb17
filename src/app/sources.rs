//! Which local files an input reads, behind whatever names.

use super::sequence::Sequence;
use crate::engine::{concat_directives, concat_list};
use crate::octets::{file_path, to_path};
use crate::spec::InputSpec;
use std::path::{Path, PathBuf};

/// Protocols that read from the URL behind them.
const WRAPPERS: [&str; 3] = ["cache:", "async:", "crypto:"];

/// The path behind a URL, unless it is one of another protocol.
pub(super) fn local_path(url: &str) -> Option<PathBuf> {
    if url.starts_with("file:") {
        return Some(file_path(url));
    }
    let scheme = url.split(':').next().filter(|scheme| scheme.len() < url.len());
    let is_scheme = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    // A file may be called `a:b`; what exists under its full name is a file.
    let is_other = scheme.is_some_and(is_scheme) && !to_path(url).exists();
    (!is_other).then(|| to_path(url))
}

/// The local files that an input is read from; `format` is its demuxer, or empty as long as that is not known.
pub(super) fn read_by(input: &InputSpec, format: &str) -> Vec<PathBuf> {
    let mut files = behind(&input.url);
    match (format, files.as_slice()) {
        ("" | "image2", [pattern]) if !pattern.exists() => return pictures(input, pattern),
        ("concat", [list]) => {
            files.extend(listed(list, |text| concat_directives(text, "file").map(unquoted).collect()))
        }
        ("hls", [list]) => files.extend(listed(list, pieces)),
        _ => {}
    }
    files
}

fn behind(url: &str) -> Vec<PathBuf> {
    if !to_path(url).exists() {
        if let Some(parts) = url.strip_prefix("concat:") {
            return parts.split('|').flat_map(behind).collect();
        }
        if let Some(rest) = WRAPPERS.iter().find_map(|wrapper| url.strip_prefix(wrapper)) {
            return behind(rest);
        }
        // `subfile,,start,0,end,9,,:URL`
        if let Some((_, rest)) = url.strip_prefix("subfile,").and_then(|rest| rest.split_once(",,:")) {
            return behind(rest);
        }
    }
    local_path(url).into_iter().collect()
}

/// The pictures of a sequence that are there.
fn pictures(input: &InputSpec, pattern: &Path) -> Vec<PathBuf> {
    let option = |name: &str| Some(input.options.iter().rfind(|option| option.name == name)?.value.as_str());
    let number = |name: &str, usual: i64| option(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let Some(pattern) = pattern.to_str() else { return Vec::new() };
    if option("pattern_type") == Some("glob") {
        return glob::glob(pattern).into_iter().flatten().flatten().collect();
    }
    let Some(sequence) = Sequence::read(pattern) else { return Vec::new() };
    let is_there = |file: &PathBuf| file.exists();
    let first = number("start_number", 0);
    let begins = (first..first.saturating_add(number("start_number_range", 5))).find(|n| is_there(&sequence.file(*n)));
    let files = begins.map(|first| (first..).map(|number| sequence.file(number)).take_while(is_there));
    files.into_iter().flatten().collect()
}

/// The files that a list names.
fn listed(list: &Path, names: impl FnOnce(&str) -> Vec<String>) -> Vec<PathBuf> {
    let text = concat_list(list).unwrap_or_default();
    let folder = list.parent().unwrap_or(Path::new(""));
    names(&text).iter().filter_map(|name| local_path(name)).map(|path| folder.join(path)).collect()
}

/// The pieces and headers that a list of HLS names.
fn pieces(list: &str) -> Vec<String> {
    let lines = list.lines().map(str::trim);
    let headers = lines.clone().filter_map(|line| {
        line.strip_prefix("#EXT-X-MAP:")?.split_once("URI=\"")?.1.split_once('"').map(|(name, _)| name)
    });
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).chain(headers).map(str::to_owned).collect()
}

/// A word as FFmpeg's lists quote it: `'...'` as it is, a backslash before a single character.
fn unquoted(word: &str) -> String {
    let (mut plain, mut quoted) = (String::new(), false);
    let mut signs = word.trim().chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\'' => quoted = !quoted,
            '\\' if !quoted => plain.extend(signs.next()),
            ' ' | '\t' if !quoted => break,
            sign => plain.push(sign),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::OptionScopes;
    use crate::diagnostic::Origin;
    use crate::spec::{AvOption, StreamSpecifier};
    use std::fs;

    fn named(url: &str) -> InputSpec {
        InputSpec::new(url, Origin::default())
    }

    #[test]
    fn protocols_are_no_files() {
        assert_eq!(local_path("rtmp://h/x"), None);
        assert_eq!(local_path("pipe:1"), None);
        assert_eq!(local_path("file:a.mp4"), Some(PathBuf::from("a.mp4")));
        assert_eq!(local_path("a.mp4"), Some(PathBuf::from("a.mp4")));
    }

    #[test]
    fn files_are_found_behind_protocols() {
        for (url, files) in [
            ("concat:a.ts|file:b.ts", &["a.ts", "b.ts"][..]),
            ("cache:a.mp4", &["a.mp4"]),
            ("async:cache:file:a.mp4", &["a.mp4"]),
            ("subfile,,start,0,end,99,,:a.mp4", &["a.mp4"]),
            ("cache:http://h/a.mp4", &[]),
        ] {
            assert_eq!(read_by(&named(url), "mpegts"), files.iter().map(PathBuf::from).collect::<Vec<_>>(), "{url}");
        }
    }

    #[test]
    fn a_sequence_is_what_follows_its_first_picture() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["a02.png", "a03.png", "a04.png", "a06.png", "a100.png", "b.png"] {
            fs::write(at(name), "x").unwrap();
        }
        let files = |pattern: &str, options: &[(&str, &str)]| {
            let option = |(name, value): &(&str, &str)| AvOption {
                name: (*name).to_owned(),
                specifier: StreamSpecifier::default(),
                value: (*value).to_owned(),
                scopes: OptionScopes::default(),
                origin: Origin::default(),
            };
            let options = options.iter().map(option).collect();
            read_by(&InputSpec { options, ..named(at(pattern).to_str().unwrap()) }, "image2")
        };
        assert_eq!(files("a%02d.png", &[]), [at("a02.png"), at("a03.png"), at("a04.png")]);
        assert_eq!(files("a%02d.png", &[("start_number", "5")]), [at("a06.png")]);
        assert_eq!(files("a%02d.png", &[("start_number", "7")]), [""; 0].map(PathBuf::from));
        assert_eq!(files("a%d.png", &[("start_number", "99")]), [at("a100.png")]);
        assert_eq!(files("a0?.png", &[("pattern_type", "glob")]).len(), 4);
        assert_eq!(files("b.png", &[]), [at("b.png")]);
    }

    #[test]
    fn a_list_of_hls_names_its_pieces_from_its_own_folder() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list.m3u8");
        fs::write(&list, "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\na.m4s\n\n#EXTINF:2,\nhttp://h/b.m4s\n")
            .unwrap();
        let names: Vec<PathBuf> = ["a.m4s", "init.mp4"].iter().map(|name| dir.path().join(name)).collect();
        assert_eq!(read_by(&named(list.to_str().unwrap()), "hls")[1..], names);
    }

    #[test]
    fn a_list_names_its_files_from_its_own_folder() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list.txt");
        fs::write(
            &list,
            "ffconcat version 1.0\n# file no.mp4\nfile a.mp4\nduration 3\n  file 'b c.mp4'\nfile d\\'e.mp4\n",
        )
        .unwrap();
        let names: Vec<PathBuf> = ["a.mp4", "b c.mp4", "d'e.mp4"].iter().map(|name| dir.path().join(name)).collect();
        assert_eq!(read_by(&named(list.to_str().unwrap()), "concat")[1..], names);
    }
}
