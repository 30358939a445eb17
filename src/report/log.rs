//! Our own records and the libraries' lines, on their way to the terminal in ffmpeg's shape and colours.

use super::{CalledAs, level, terminal};
use crate::engine::{AS_FFMPEG, AS_WEIR};
use ::log::{Level, LevelFilter};

/// Sends all records and all library lines to [`terminal`]. To be called once.
///
/// Records for the target [`AS_FFMPEG`] are told by the command of that name only, those for [`AS_WEIR`] by any other.
pub fn install(called: CalledAs) {
    let mut builder = env_logger::Builder::new();
    // Which levels are wanted changes while the program runs; the terminal knows.
    builder.filter_level(LevelFilter::Trace);
    builder.target(env_logger::Target::Pipe(Box::new(std::io::sink())));
    builder.format(move |_, record| {
        match (record.target(), called) {
            (crate::engine::stages::sdp::DATA, _) => drop(terminal::data(&record.args().to_string())),
            (AS_FFMPEG, CalledAs::Weir) | (AS_WEIR, CalledAs::Ffmpeg) => {}
            _ => terminal::say(level_of(record.level()), &record.args().to_string()),
        }
        Ok(())
    });
    let _ = builder.try_init();
    crate::av::library_log::install(terminal::say_library, level::INFO);
    terminal::configure(terminal::settings());
    std::panic::set_hook(Box::new(|panic| terminal::cry(&panic.to_string())));
}

/// FFmpeg's level of a record of ours.
fn level_of(level: Level) -> i32 {
    match level {
        Level::Error => level::ERROR,
        Level::Warn => level::WARNING,
        Level::Info => level::INFO,
        Level::Debug => level::VERBOSE,
        Level::Trace => level::DEBUG,
    }
}

/// The records that are wanted at FFmpeg's level `wanted`.
pub fn filter_of(wanted: i32) -> LevelFilter {
    match wanted {
        level::DEBUG.. => LevelFilter::Trace,
        level::VERBOSE.. => LevelFilter::Debug,
        level::INFO.. => LevelFilter::Info,
        level::WARNING.. => LevelFilter::Warn,
        level::ERROR.. => LevelFilter::Error,
        _ => LevelFilter::Off,
    }
}

/// How lines are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Not at all.
    None,
    /// With a terminal's eight.
    Eight,
    /// With 256.
    Many,
}

impl Colours {
    /// As ffmpeg: `AV_LOG_FORCE_NOCOLOR`, `AV_LOG_FORCE_COLOR` and `AV_LOG_FORCE_256COLOR`, else on a terminal;
    /// `NO_COLOR` counts too.
    pub fn of_environment(is_terminal: bool) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some();
        Self::choose(is_set, is_terminal, &std::env::var("TERM").unwrap_or_default())
    }

    fn choose(is_set: impl Fn(&str) -> bool, is_terminal: bool, term: &str) -> Self {
        let on = if is_set("AV_LOG_FORCE_NOCOLOR") {
            false
        } else if is_set("AV_LOG_FORCE_COLOR") {
            true
        } else {
            is_terminal && !term.is_empty() && !is_set("NO_COLOR")
        };
        match (on, is_set("AV_LOG_FORCE_256COLOR") || term.contains("256color")) {
            (false, _) => Self::None,
            (true, false) => Self::Eight,
            (true, true) => Self::Many,
        }
    }

    /// A text of that level, coloured.
    pub fn text(self, level: i32, text: &str) -> String {
        let (attribute, eight, many, background) = match level.max(0) / 8 {
            0 => (4, 1, 196, 52),
            1 => (4, 1, 208, 0),
            2 => (1, 1, 196, 0),
            3 => (0, 3, 226, 0),
            4 => return text.to_owned(),
            5 => (0, 2, 40, 0),
            6 => (0, 2, 34, 0),
            _ => (0, 7, 34, 0),
        };
        self.paint(text, (attribute, eight), (background, many))
    }

    /// The prefix of a library's line, coloured by the kind of its component.
    pub fn prefix(self, prefix: &str) -> String {
        let name = prefix.rsplit('[').next().unwrap_or_default();
        let (attribute, eight, many) = match name {
            "" => return prefix.to_owned(),
            _ if name.starts_with("lib") => (1, 6, 51),
            _ if ["Parsed_", "graph", "auto_", "format", "in_", "out_"].iter().any(|p| name.starts_with(p)) => {
                (1, 2, 155)
            }
            _ if name.starts_with("sws") => (1, 4, 153),
            _ if name.starts_with("SWR") => (1, 4, 147),
            _ => (0, 5, 207),
        };
        self.paint(prefix, (attribute, eight), (0, many))
    }

    fn paint(self, text: &str, (attribute, eight): (u8, u8), (background, many): (u8, u8)) -> String {
        // The line's end stays plain, so that no colour runs on to the margin.
        let line = text.strip_suffix('\n').unwrap_or(text);
        let end = &text[line.len()..];
        match self {
            Self::None => text.to_owned(),
            Self::Eight => format!("\x1b[{attribute};3{eight}m{line}\x1b[0m{end}"),
            Self::Many => format!("\x1b[48;5;{background}m\x1b[38;5;{many}m{line}\x1b[0m{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_environment() {
        let choose = |set: &[&str], terminal, term| Colours::choose(|name| set.contains(&name), terminal, term);
        assert_eq!(choose(&[], true, "xterm"), Colours::Eight);
        assert_eq!(choose(&[], true, "xterm-256color"), Colours::Many);
        assert_eq!(choose(&[], true, ""), Colours::None);
        assert_eq!(choose(&[], false, "xterm"), Colours::None);
        assert_eq!(choose(&["NO_COLOR"], true, "xterm"), Colours::None);
        assert_eq!(choose(&["AV_LOG_FORCE_COLOR"], false, ""), Colours::Eight);
        assert_eq!(choose(&["AV_LOG_FORCE_COLOR", "AV_LOG_FORCE_NOCOLOR"], true, "xterm"), Colours::None);
    }

    #[test]
    fn information_is_plain_and_errors_are_red() {
        assert_eq!(Colours::Many.text(32, "x"), "x");
        assert_eq!(Colours::Eight.text(16, "x"), "\x1b[1;31mx\x1b[0m");
        assert_eq!(Colours::Eight.prefix("[libx264 @ 0x1] "), "\x1b[1;36m[libx264 @ 0x1] \x1b[0m");
        assert_eq!(Colours::None.text(16, "x"), "x");
    }
}
