//! What `-loglevel` says: a level and two switches.

use crate::av::library_log::LEVELS;
use crate::diagnostic::nearest;

/// FFmpeg's numbers of the levels that we use ourselves.
pub const ERROR: i32 = 16;
/// See [`ERROR`].
pub const WARNING: i32 = 24;
/// See [`ERROR`].
pub const INFO: i32 = 32;
/// See [`ERROR`].
pub const VERBOSE: i32 = 40;
/// See [`ERROR`].
pub const DEBUG: i32 = 48;

/// What is told, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The highest number that is told.
    pub level: i32,
    /// Each line shows its level: `[info] ...`.
    pub show_level: bool,
    /// A line that repeats the one before is only counted.
    pub fold: bool,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: INFO, show_level: false, fold: true }
    }
}

impl LogSettings {
    /// Reads `-loglevel`'s value: `[flags+]level`, with `repeat` and `level` as flags, `+` and `-` before them to change
    /// what is in force instead of replacing it.
    pub fn changed_by(self, text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mut settings = self;
        let mut flags = 0;
        while !rest.is_empty() {
            let (sign, word) = match rest.chars().next() {
                Some(sign @ ('+' | '-')) => (Some(sign), &rest[1..]),
                _ => (None, rest),
            };
            if flags == 0 && sign.is_none() {
                (settings.show_level, settings.fold) = (false, true);
            }
            if let Some(after) = word.strip_prefix("repeat") {
                settings.fold = sign == Some('-');
                rest = after;
            } else if let Some(after) = word.strip_prefix("level") {
                settings.show_level = sign != Some('-');
                rest = after;
            } else {
                break;
            }
            flags += 1;
        }
        if rest.is_empty() {
            return Ok(settings);
        }
        if let Some(after) = rest.strip_prefix('+') {
            rest = after;
        } else if flags == 0 {
            (settings.show_level, settings.fold) = (self.show_level, self.fold);
        }
        settings.level = match LEVELS.iter().find(|(name, _)| *name == rest) {
            Some((_, level)) => *level,
            // As strtol does: behind a plus nothing is zero.
            None if rest.is_empty() => 0,
            None => rest.trim_ascii_start().parse().map_err(|_| {
                let names: Vec<String> = LEVELS.iter().map(|(name, _)| format!("\"{name}\"")).collect();
                format!("Invalid loglevel \"{text}\". Possible levels are numbers or:\n{}", names.join("\n"))
            })?,
        };
        Ok(settings)
    }
}

/// What is told of a value that cannot be read, called `weir`; with what was probably meant, where that can be known.
pub fn refusal(option: &str, text: &str) -> (String, Option<String>) {
    let names = LEVELS.map(|(name, _)| name);
    let (flags, typed) = text.rfind('+').map_or(("", text), |at| text.split_at(at + 1));
    let meant = nearest(typed, &names).map(|name| format!("{flags}{name}"));
    let meant = meant.filter(|meant| LogSettings::default().changed_by(meant).is_ok());
    let expected = format!("Invalid loglevel \"{text}\": {option} expects one of {}, or a number.", names.join(", "));
    (expected, meant)
}

/// The name of a level, of the next lower one where it has none.
pub fn name(level: i32) -> &'static str {
    LEVELS.iter().rev().find(|(_, number)| *number <= level).map_or("quiet", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> (i32, bool, bool) {
        let settings = LogSettings::default().changed_by(text).unwrap();
        (settings.level, settings.show_level, settings.fold)
    }

    #[test]
    fn names_numbers_and_flags_are_read() {
        assert_eq!(read("error"), (16, false, true));
        assert_eq!(read("48"), (48, false, true));
        assert_eq!(read("-8"), (-8, false, true));
        assert_eq!(read("level+info"), (32, true, true));
        assert_eq!(read("repeat+verbose"), (40, false, false));
        assert_eq!(read("repeat+level+debug"), (48, true, false));
        assert_eq!(read("repeat"), (32, false, false));
        assert_eq!(read("+level"), (32, true, true));
        assert_eq!(read("level+32"), (32, true, true));
    }

    #[test]
    fn flags_alone_with_a_plus_behind_them_mean_panic() {
        assert_eq!(read("level+"), (0, true, true));
        assert_eq!(read("+"), (0, false, true));
        assert_eq!(read(""), (32, false, true));
    }

    #[test]
    fn the_nearest_level_is_found_behind_flags_too() {
        for (text, meant) in
            [("eror", Some("error")), ("INFO", Some("info")), ("level+warn", Some("level+warning")), ("loud", None)]
        {
            assert_eq!(refusal("-v", text).1.as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn relative_flags_keep_what_is_there() {
        let both = LogSettings { level: 32, show_level: true, fold: false };
        assert_eq!(both.changed_by("-level").unwrap(), LogSettings { show_level: false, ..both });
        assert_eq!(both.changed_by("warning").unwrap(), LogSettings { level: 24, ..both });
    }

    #[test]
    fn nonsense_is_told_with_what_is_possible() {
        let message = LogSettings::default().changed_by("loud").unwrap_err();
        assert!(message.starts_with("Invalid loglevel \"loud\"") && message.contains("verbose"), "{message}");
    }
}
