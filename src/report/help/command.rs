//! `-h`, `-h long` and `-h full`: the options of the command, told as the linked version's ffmpeg tells them.

use super::layout::{Section, Shown, has_kinds_of_files, sections};
use super::words::{self, Words};
use crate::av::listing::options;
use crate::av::release;
use crate::cli::table::{Arity, Row, Suffix, find, rows};
use crate::report::{CalledAs, newcomer};

/// How much of the command's own options is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// `-h`: what one needs every day.
    Basic,
    /// `-h long`: all of the command's own.
    Long,
    /// `-h full`: FFmpeg's tables as well.
    Full,
}

/// The command's own options. Called as `weir`, those come first that this ffmpeg does not have.
pub fn options_of_the_command(called: CalledAs, extent: Extent) -> String {
    let mut text = head(called, release());
    if called == CalledAs::Weir && extent > Extent::Basic {
        text += &beyond_ffmpeg(release());
    }
    text += &options_of_ffmpeg(release(), extent);
    text.push('\n');
    if extent == Extent::Full {
        text.push_str(&options::all());
    }
    text
}

fn head(called: CalledAs, release: u32) -> String {
    let specifiers = if has_kinds_of_files(release) {
        "Per-stream options can be followed by :<stream_spec> to apply that option to specific streams only. <stream_spec> can be \
         a stream index, or v/a/s for video/audio/subtitle (see manual for full syntax).\n\n"
    } else {
        ""
    };
    format!(
        "{}\n\
         Getting help:\n    \
         -h      -- print basic options\n    \
         -h long -- print more options\n    \
         -h full -- print all options (including all format and codec specific options, very long)\n    \
         -h type=name -- print all options for the named decoder/encoder/demuxer/muxer/filter/bsf/protocol\n    \
         See man {} for detailed description of the options.\n\n{specifiers}",
        newcomer::synopsis(called),
        called.name()
    )
}

fn options_of_ffmpeg(release: u32, extent: Extent) -> String {
    let mut text = String::new();
    for Section { head, shown, names } in sections(release) {
        if extent == Extent::Basic && *shown == Shown::Long {
            continue;
        }
        let names = if extent == Extent::Basic && *shown == Shown::BlankInShort { &[] } else { *names };
        let lines: String = names.iter().filter_map(|name| option_of_ffmpeg(name, release)).collect();
        if !lines.is_empty() {
            line!(text, "{head}");
        }
        line!(text, "{lines}");
    }
    text
}

/// A line of ffmpeg's help; `None` for what the release or the engine does not have.
fn option_of_ffmpeg(name: &str, release: u32) -> Option<String> {
    let words = words::of(name, release)?;
    Some(line_of(&format!("{name}{}", tail(find(name)?, words, release)), words.text))
}

/// What stands behind a name: what may follow its colon, and its value.
fn tail(row: &Row, words: &Words, release: u32) -> String {
    if !has_kinds_of_files(release) {
        return words.value.map_or_else(String::new, |value| format!(" {value}"));
    }
    let suffix = match row.suffix {
        _ if words::WITHOUT_SPECIFIER.contains(&words.name) => "",
        _ if words::WITH_OTHER_SPECIFIER.contains(&words.name) => "[:<spec>]",
        Suffix::Stream => "[:<stream_spec>]",
        Suffix::Place => "[:<spec>]",
        Suffix::None => "",
    };
    words.value.map_or_else(|| suffix.to_owned(), |value| format!("{suffix} <{value}>"))
}

fn line_of(name: &str, text: &str) -> String {
    format!("-{name:<17}  {text}\n")
}

/// The options that ffmpeg of this release does not have, in weir's own words.
fn beyond_ffmpeg(release: u32) -> String {
    let mut text = format!("Options that the command of FFmpeg {release} does not have:\n");
    for row in rows() {
        let value = match row.arity {
            Arity::Value(value) => format!(" {value}"),
            _ => String::new(),
        };
        for name in row.names.iter().filter(|name| !stands_in_help(name, release)) {
            text += &line_of(&format!("{name}{value}"), row.help);
        }
    }
    text + "\n"
}

fn stands_in_help(name: &str, release: u32) -> bool {
    words::of(name, release).is_some() && sections(release).iter().any(|section| section.names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each age of the help, and those in which it changed.
    const RELEASES: [u32; 5] = [5, 6, 7, 8, 9];

    #[test]
    fn every_option_that_works_stands_in_the_long_help() {
        for release in RELEASES {
            let text = beyond_ffmpeg(release) + &options_of_ffmpeg(release, Extent::Long);
            for name in rows().flat_map(|row| row.names) {
                let stands = text
                    .lines()
                    .filter_map(|line| line.strip_prefix('-'))
                    .any(|line| line.strip_prefix(*name).is_some_and(|rest| rest.starts_with([' ', '['])));
                assert!(stands, "-{name} with FFmpeg {release}");
            }
        }
    }

    #[test]
    fn what_is_told_of_an_option_is_told_of_one_that_works() {
        for name in RELEASES.iter().flat_map(|release| sections(*release)).flat_map(|section| section.names) {
            assert!(find(name).is_some(), "-{name}");
            assert!(RELEASES.iter().any(|release| words::of(name, *release).is_some()), "-{name}");
        }
    }

    #[test]
    fn the_short_help_is_a_part_of_the_long_one() {
        for release in RELEASES {
            let long = options_of_ffmpeg(release, Extent::Long);
            for line in options_of_ffmpeg(release, Extent::Basic).lines() {
                assert!(long.contains(line), "{line}");
            }
        }
    }
}
