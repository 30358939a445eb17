//! `-report` and `FFREPORT`: everything that was told, and more, in a file.

use super::{CalledAs, level, say, terminal};
use crate::av::LocalTime;
use crate::diagnostic::{mask_words, reason, shell_quoted};
use crate::octets;
use std::fs::File;

/// What `FFREPORT` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wish {
    file: Option<String>,
    level: Option<i32>,
}

/// Opens the file when `-report` or `FFREPORT` wants one, and writes its head.
pub fn open(wanted: bool, called: CalledAs, args: &[String]) -> Result<(), String> {
    let environment = std::env::var_os("FFREPORT").map(|text| octets::of_os(&text));
    if !wanted && environment.is_none() {
        return Ok(());
    }
    let wish = Wish::parse(environment.as_deref().unwrap_or_default())?;
    let now = LocalTime::now();
    let name = expanded(wish.file.as_deref().unwrap_or("%p-%t.log"), called.name(), &compact(now));
    let level = wish.level.unwrap_or_else(|| level::DEBUG.max(terminal::settings().level));
    let file = File::create(octets::to_path(&name))
        .map_err(|error| format!("Failed to open report \"{name}\": {}", reason(&error)))?;
    terminal::copy_to(file, level);
    say(level::INFO, &format!("{} started on {}", called.name(), spaced(now)));
    say(level::INFO, &format!("Report written to \"{name}\""));
    say(level::INFO, &format!("Log level: {level}"));
    let words: Vec<String> = mask_words(args).iter().map(|word| shell_quoted(word)).collect();
    terminal::say_to_report(&format!("Command line:\n{} {}", called.name(), words.join(" ")));
    Ok(())
}

impl Wish {
    /// `key=value:key=value`; `\` takes the next sign as it is, `'...'` all of it.
    fn parse(text: &str) -> Result<Self, String> {
        let mut wish = Self::default();
        for (key, value) in pairs(text) {
            match key.as_str() {
                "file" => wish.file = Some(value),
                "level" => {
                    wish.level = Some(value.parse().map_err(|_| {
                        format!("Invalid report file level '{value}' in FFREPORT: a number is wanted, such as 48")
                    })?);
                }
                _ => log::error!("Unknown key '{key}' in FFREPORT: file and level are known"),
            }
        }
        Ok(wish)
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut key, mut word) = (None, String::new());
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => quoted = !quoted,
            '\\' if !quoted => word.extend(chars.next()),
            '=' if !quoted && key.is_none() => key = Some(std::mem::take(&mut word)),
            ':' if !quoted => {
                if let Some(key) = key.take() {
                    found.push((key, std::mem::take(&mut word)));
                }
                word.clear();
            }
            c => word.push(c),
        }
    }
    found.extend(key.map(|key| (key, word)));
    found
}

/// `%p`: the program; `%t`: the time; `%%`: a `%`.
fn expanded(template: &str, program: &str, time: &str) -> String {
    let mut text = String::new();
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '%' { chars.next() } else { None }) {
            ('%', Some('p')) => text.push_str(program),
            ('%', Some('t')) => text.push_str(time),
            ('%', other) => text.extend(other),
            _ => text.push(c),
        }
    }
    text
}

fn compact(at: LocalTime) -> String {
    let ((year, month, day), (hour, minute, second)) = (at.date, at.time);
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
}

fn spaced(at: LocalTime) -> String {
    let ((year, month, day), (hour, minute, second)) = (at.date, at.time);
    format!("{year:04}-{month:02}-{day:02} at {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_environment_is_read_as_ffmpeg_reads_it() {
        let wish = Wish::parse(r"file=a\:b%%-%p-%t.log:level=32").unwrap();
        assert_eq!(wish, Wish { file: Some("a:b%%-%p-%t.log".into()), level: Some(32) });
        assert_eq!(Wish::parse("file='x:y'").unwrap().file.unwrap(), "x:y");
        assert!(Wish::parse("level=loud").is_err());
        assert_eq!(expanded("a%%-%p-%t.log", "weir", "T"), "a%-weir-T.log");
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let at = LocalTime { date: (2000, 2, 29), time: (1, 1, 1) };
        assert_eq!((compact(at).as_str(), spaced(at).as_str()), ("20000229-010101", "2000-02-29 at 01:01:01"));
    }
}
