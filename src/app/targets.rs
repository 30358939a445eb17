//! Which local files an output writes, behind whatever names; those that are there, where names have numbers in them.

use super::sequence::Sequence;
use super::sources::local_path;
use crate::octets::to_path;
use crate::plan::{EncodePlan, OutputPlan, Treatment};
use std::fs;
use std::path::{Path, PathBuf};

/// Protocols that write to the URL behind them.
const WRAPPERS: [&str; 2] = ["md5:", "crypto:"];

/// Options of encoders that hold options of a library, of which one may name its log.
const LIBRARY_OPTIONS: [&str; 3] = ["x264-params", "x264opts", "x265-params"];

/// The local files that an output writes.
pub(super) fn written_by(output: &OutputPlan) -> Vec<PathBuf> {
    let named = |name: &str| Some(output.options.iter().rfind(|(option, _)| option == name)?.1.as_str());
    let folder = |name: &str| beside(&output.url, name);
    let (url, muxer) = (output.url.as_str(), output.muxer.name.as_str());
    let is_on = |option: &str| named(option).is_some_and(|value| value != "0");
    // A name may also be whole, or have a time in it.
    let numbers = muxer == "image2" && !is_on("update") && !is_on("strftime");
    let sequence = local_path(url).filter(|_| numbers).and_then(|path| Sequence::read(path.to_str()?));
    let mut names: Vec<String> = match muxer {
        // `[f=mp4:select=v]one.mp4|two.mkv`
        "null" => Vec::new(),
        _ if sequence.is_some() => Vec::new(),
        "tee" => url.split('|').map(|slave| slave.rsplit_once(']').map_or(slave, |(_, url)| url).to_owned()).collect(),
        _ => vec![url.to_owned()],
    };
    match muxer {
        "hls" => {
            let in_mp4 = named("hls_segment_type") == Some("fmp4");
            let one_file = named("hls_flags").is_some_and(|flags| flags.contains("single_file"));
            let stem = url.rsplit_once('.').map_or(url, |(stem, _)| stem);
            let usual = format!("{stem}{}.{}", if one_file { "" } else { "%d" }, if in_mp4 { "m4s" } else { "ts" });
            // Pieces that follow those of a list, or begin elsewhere, are others than those that are there.
            let goes_on = named("hls_flags").is_some_and(|flags| flags.contains("append_list"));
            if !goes_on && named("start_number").is_none() {
                names.push(named("hls_segment_filename").map_or(usual, str::to_owned));
            }
            names.extend(in_mp4.then(|| folder(named("hls_fmp4_init_filename").unwrap_or("init.mp4"))));
            names.extend(named("master_pl_name").map(folder));
        }
        "dash" => {
            let pieces = [
                ("init_seg_name", "init-stream$RepresentationID$.$ext$"),
                ("media_seg_name", "chunk-stream$RepresentationID$-$Number%05d$.$ext$"),
            ];
            names.extend(pieces.map(|(option, usual)| folder(named(option).unwrap_or(usual))));
        }
        "segment" | "stream_segment" | "ssegment" => {
            names.extend(["segment_list", "segment_header_filename"].into_iter().filter_map(named).map(str::to_owned));
        }
        _ => {}
    }
    let encoded = output.streams.iter().filter_map(|stream| match &stream.treatment {
        Treatment::Encode(encode) => log_of(encode),
        _ => None,
    });
    names.extend(encoded);
    let first = named("start_number").and_then(|number| number.parse().ok()).unwrap_or(1);
    let first = if is_on("frame_pts") { i64::MIN } else { first };
    let pictures = sequence.iter().flat_map(Sequence::files).filter(|(number, _)| *number >= first);
    names.iter().flat_map(|name| there(name)).chain(pictures.map(|(_, file)| file)).collect()
}

/// The log that an encoder's first pass writes.
fn log_of(encode: &EncodePlan) -> Option<String> {
    if let Some(pass) = &encode.pass {
        return pass.writes.then(|| pass.log.clone());
    }
    let of_library = |text: &str| text.split(':').find_map(|pair| pair.strip_prefix("stats=").map(str::to_owned));
    let library = encode.options.iter().filter(|(name, _)| LIBRARY_OPTIONS.contains(&name.as_str()));
    let first_pass = |text: &str| text.split(':').any(|pair| matches!(pair, "pass=1" | "pass=3"));
    library.filter(|(_, text)| first_pass(text)).find_map(|(_, text)| of_library(text))
}

/// A name in the folder of a URL.
fn beside(url: &str, name: &str) -> String {
    url.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}"))
}

/// The file of that name; where the name is a pattern, those that are there.
fn there(name: &str) -> Vec<PathBuf> {
    if let Some(rest) =
        WRAPPERS.iter().find_map(|wrapper| name.strip_prefix(wrapper)).filter(|_| !to_path(name).exists())
    {
        return there(rest);
    }
    let Some(path) = local_path(name) else { return Vec::new() };
    match path.file_name().and_then(|name| name.to_str()).map(Pattern::read) {
        Some(pattern) if !pattern.is_fixed() && !path.exists() => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let there = fs::read_dir(folder).into_iter().flatten().flatten();
            let names = there.map(|entry| entry.file_name());
            names.filter(|name| name.to_str().is_some_and(|n| pattern.is(n))).map(|n| path.with_file_name(n)).collect()
        }
        _ => vec![path],
    }
}

/// A name of which parts are filled in: what begins it, and each place with what is fixed behind it.
#[derive(Debug, PartialEq, Eq)]
struct Pattern<'a> {
    begins: &'a str,
    places: Vec<(Place, &'a str)>,
}

/// What fills a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Digits,
    Words,
}

/// What `strftime` puts in words, and `%v` of HLS, which may have a name.
const WORDS: &str = "aAbBchpvxXZ";

impl<'a> Pattern<'a> {
    /// Places are `%d`, `%03d`, `%v`, `%Y` and the like, and `$Number%05d$`.
    fn read(name: &'a str) -> Self {
        let (mut begins, mut places, mut rest) = (None, Vec::<(Place, &str)>::new(), name);
        let mut fixed = |text: &'a str, places: &mut Vec<(Place, &'a str)>| match places.last_mut() {
            Some((_, behind)) => *behind = text,
            None => begins = Some(text),
        };
        let mut from = 0;
        while let Some(at) = rest[from..].find(['%', '$']).map(|at| from + at) {
            let Some((place, length)) = Self::place(&rest[at..]) else {
                from = at + 1;
                continue;
            };
            fixed(&rest[..at], &mut places);
            match places.last_mut().filter(|_| at == 0) {
                // Next to each other they are one.
                Some((before, _)) if place == Place::Words => *before = place,
                Some(_) => {}
                None => places.push((place, "")),
            }
            (rest, from) = (&rest[at + length..], 0);
        }
        fixed(rest, &mut places);
        Self { begins: begins.unwrap_or_default(), places }
    }

    /// The place that a text begins with, and the length of its sign.
    fn place(text: &str) -> Option<(Place, usize)> {
        if let Some(name) = text.strip_prefix('$') {
            let end = name.find('$')?;
            return Some((if &name[..end] == "ext" { Place::Words } else { Place::Digits }, end + 2));
        }
        let sign = text[1..].trim_start_matches(|sign: char| sign.is_ascii_digit());
        let letter = sign.chars().next().filter(char::is_ascii_alphabetic)?;
        Some((if WORDS.contains(letter) { Place::Words } else { Place::Digits }, text.len() - sign.len() + 1))
    }

    fn is_fixed(&self) -> bool {
        self.places.is_empty()
    }

    /// True of a name in which digits, or letters and digits, fill each place.
    fn is(&self, name: &str) -> bool {
        name.strip_prefix(self.begins).is_some_and(|rest| Self::fill(&self.places, rest))
    }

    fn fill(places: &[(Place, &str)], text: &str) -> bool {
        let [(place, behind), rest @ ..] = places else { return text.is_empty() };
        let fits = |sign: &u8| match place {
            Place::Digits => sign.is_ascii_digit(),
            Place::Words => sign.is_ascii_alphanumeric(),
        };
        let most = text.bytes().take_while(fits).count();
        if rest.is_empty() {
            return text.strip_suffix(behind).is_some_and(|filled| !filled.is_empty() && filled.len() <= most);
        }
        (1..=most).any(|end| text[end..].strip_prefix(behind).is_some_and(|text| Self::fill(rest, text)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::MuxerFacts;
    use crate::facts::MediaKind;
    use crate::plan::{OutputStreamPlan, StreamSource};

    fn output(url: &str, muxer: &str, options: &[(&str, &str)]) -> OutputPlan {
        OutputPlan {
            url: url.to_owned(),
            muxer: MuxerFacts { name: muxer.to_owned(), ..MuxerFacts::default() },
            options: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..OutputPlan::default()
        }
    }

    #[test]
    fn names_with_numbers_stand_for_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["out0.ts", "out17.ts", "out_x.ts", "out.ts"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let url = dir.path().join("out%03d.ts");
        let mut found = written_by(&output(url.to_str().unwrap(), "segment", &[]));
        found.sort();
        assert_eq!(found, [dir.path().join("out0.ts"), dir.path().join("out17.ts")]);
    }

    #[test]
    fn patterns_have_their_places() {
        for (pattern, name, is) in [
            ("a.ts", "a.ts", true),
            ("a%d.ts", "a12.ts", true),
            ("a%d.ts", "a.ts", false),
            ("a%03d_%v.ts", "a001_0.ts", true),
            ("a%03d_%v.ts", "a001.ts", false),
            ("c-$RepresentationID$-$Number%05d$.$ext$", "c-0-00001.m4s", true),
            ("%Y-%m.ts", "2026-11.ts", true),
            ("%Y%m%d%H%M%S.ts", "20261129201500.ts", true),
            ("%Y%m%d.ts", "input.ts", false),
            ("%d_%b.ts", "29_Nov.ts", true),
            ("out%d.ts", "output.ts", false),
            ("out_%03d.mp4", "out_full.mp4", false),
            ("%d.png", "in.png", false),
            ("a%d-%d-%d-%d-%db.ts", &format!("a{}b.ts", "1-".repeat(40)), false),
            ("100%.ts", "100%.ts", true),
            ("5$.ts", "5$.ts", true),
        ] {
            assert_eq!(Pattern::read(pattern).is(name), is, "{pattern} {name}");
        }
    }

    #[test]
    fn outputs_of_several_files_name_each() {
        for (of, files) in [
            (output("[f=mp4:onfail=ignore]a.mp4|b.mkv", "tee", &[]), &["a.mp4", "b.mkv"][..]),
            (output("md5:a.mp4", "mp4", &[]), &["a.mp4"]),
            (output("d/o.m3u8", "hls", &[("hls_flags", "single_file")]), &["d/o.m3u8", "d/o.ts"]),
            (
                output("d/o.m3u8", "hls", &[("hls_segment_filename", "s.ts"), ("master_pl_name", "m.m3u8")]),
                &["d/o.m3u8", "s.ts", "d/m.m3u8"],
            ),
            (
                output("d/o.m3u8", "hls", &[("hls_segment_type", "fmp4"), ("hls_segment_filename", "s.m4s")]),
                &["d/o.m3u8", "s.m4s", "d/init.mp4"],
            ),
            (output("s.ts", "segment", &[("segment_list", "l.csv")]), &["s.ts", "l.csv"]),
            (
                output("d/o.mpd", "dash", &[("init_seg_name", "i.mp4"), ("media_seg_name", "m.m4s")]),
                &["d/o.mpd", "d/i.mp4", "d/m.m4s"],
            ),
            (output("o.m3u8", "hls", &[("start_number", "10")]), &["o.m3u8"]),
        ] {
            assert_eq!(written_by(&of), files.iter().map(PathBuf::from).collect::<Vec<_>>(), "{}", of.url);
        }
    }

    #[test]
    fn logs_of_first_passes_are_written() {
        for (text, log) in [("pass=1:stats=a.log", Some("a.log")), ("pass=2:stats=a.log", None), ("pass=1", None)] {
            let options = vec![("x264-params".to_owned(), text.to_owned())];
            let encode = Treatment::Encode(Box::new(EncodePlan { options, ..EncodePlan::default() }));
            let stream = OutputStreamPlan::bare(MediaKind::Video, StreamSource::Input(0, 0), encode);
            let output = OutputPlan { streams: vec![stream], ..output("a.mp4", "mp4", &[]) };
            assert_eq!(written_by(&output).get(1).map(PathBuf::as_path), log.map(Path::new), "{text}");
        }
    }
}
