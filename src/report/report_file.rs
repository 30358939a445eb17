//! `-report` and `FFREPORT`: everything that was told, and more, in a file.

use super::{CalledAs, level, say, terminal};
use std::fs::File;
use std::time::{SystemTime, UNIX_EPOCH};

/// What `FFREPORT` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wish {
    file: Option<String>,
    level: Option<i32>,
}

/// Opens the file when `-report` or `FFREPORT` wants one, and writes its head.
pub fn open(wanted: bool, called: CalledAs, args: &[String]) -> Result<(), String> {
    let environment = std::env::var("FFREPORT").ok();
    if !wanted && environment.is_none() {
        return Ok(());
    }
    let wish = Wish::parse(environment.as_deref().unwrap_or_default())?;
    let stamp = Stamp::now();
    let name = expanded(wish.file.as_deref().unwrap_or("%p-%t.log"), called.name(), &stamp.compact());
    let level = wish.level.unwrap_or_else(|| level::DEBUG.max(terminal::settings().level));
    let file = File::create(&name).map_err(|error| format!("Failed to open report \"{name}\": {error}"))?;
    terminal::copy_to(file, level);
    say(level::INFO, &format!("{} started on {} UTC", called.name(), stamp.spaced()));
    say(level::INFO, &format!("Report written to \"{name}\""));
    say(level::INFO, &format!("Log level: {level}"));
    let words: Vec<String> = args.iter().map(|arg| crate::cli::shell_quoted(&crate::cli::masked(arg))).collect();
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

/// A moment of the calendar, universal time.
pub(super) struct Stamp([u64; 6]);

impl Stamp {
    pub(super) fn now() -> Self {
        Self::of(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    /// The day by the algorithm of Howard Hinnant's `civil_from_days`.
    fn of(seconds: u64) -> Self {
        let days = seconds / 86400 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self([year, month, day, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60])
    }

    /// The time of day, `01:02:03Z`.
    pub(super) fn clock(&self) -> String {
        let [.., hour, minute, second] = self.0;
        format!("{hour:02}:{minute:02}:{second:02}Z")
    }

    fn compact(&self) -> String {
        let [year, month, day, hour, minute, second] = self.0;
        format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
    }

    fn spaced(&self) -> String {
        let [year, month, day, hour, minute, second] = self.0;
        format!("{year:04}-{month:02}-{day:02} at {hour:02}:{minute:02}:{second:02}")
    }
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
        assert_eq!(Stamp::of(0).compact(), "19700101-000000");
        assert_eq!(Stamp::of(951_782_400 + 3661).spaced(), "2000-02-29 at 01:01:01");
        assert_eq!(Stamp::of(1_767_225_599).compact(), "20251231-235959");
    }
}
