//! The one place that writes to stderr, so that status line and log lines never break each other.
//!
//! A stderr that is closed or full is no reason to end: what cannot be written is lost.

use super::level::{self, LogSettings};
use super::log::Colours;
use crate::av::library_log::LibraryLine;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// A line as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    level: i32,
    prefix: String,
    text: String,
}

/// What is drawn below the last log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
    Nothing,
    Status,
    Repeats,
}

struct Terminal {
    settings: LogSettings,
    colours: Colours,
    is_terminal: bool,
    report: Option<(File, i32)>,
    /// A library's line whose end has not come yet.
    open: Option<Line>,
    previous: Line,
    repeats: u64,
    drawn: Drawn,
}

static TERMINAL: LazyLock<Mutex<Terminal>> = LazyLock::new(|| {
    let is_terminal = io::stderr().is_terminal();
    Mutex::new(Terminal {
        settings: LogSettings::default(),
        colours: Colours::of_environment(is_terminal),
        is_terminal,
        report: None,
        open: None,
        previous: Line::default(),
        repeats: 0,
        drawn: Drawn::Nothing,
    })
});

fn lock() -> MutexGuard<'static, Terminal> {
    TERMINAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets what is told.
pub fn configure(settings: LogSettings) {
    lock().settings = settings;
    set_wanted();
}

/// What is told now.
pub fn settings() -> LogSettings {
    lock().settings
}

/// True when stderr is a terminal.
pub fn is_terminal() -> bool {
    lock().is_terminal
}

/// Copies everything up to `level` to a file from now on.
pub fn copy_to(file: File, level: i32) {
    lock().report = Some((file, level));
    set_wanted();
}

/// Tells the libraries and our own records which levels anybody reads.
fn set_wanted() {
    let wanted = {
        let terminal = lock();
        terminal.report.as_ref().map_or(i32::MIN, |(_, level)| *level).max(terminal.settings.level)
    };
    crate::av::library_log::set_level(wanted);
    log::set_max_level(super::log::filter_of(wanted));
}

/// One text of ours at FFmpeg's level `level`; a line's end is added.
pub fn say(level: i32, text: &str) {
    let mut terminal = lock();
    for line in text.split('\n') {
        terminal.emit(Line { level, prefix: String::new(), text: format!("{line}\n") });
    }
}

/// One text of ours from a thread that may hold the terminal already, such as one that panics.
pub fn cry(text: &str) {
    match TERMINAL.try_lock() {
        Ok(mut terminal) => {
            terminal.emit(Line { level: level::ERROR, prefix: String::new(), text: format!("{text}\n") });
        }
        Err(_) => write_stderr(&format!("{}\n", masked(text))),
    }
}

/// One text of ours for the report file alone.
pub fn say_to_report(text: &str) {
    if let Some((file, _)) = &mut lock().report {
        let _ = writeln!(file, "{}", masked(text));
    }
}

/// A library's line, or a part of one.
pub fn say_library(line: LibraryLine) {
    let mut terminal = lock();
    if !terminal.is_wanted(line.level) {
        return;
    }
    let mut whole = match terminal.open.take() {
        // Another library speaks before this one has ended its line.
        Some(mut open) if !line.prefix.is_empty() => {
            open.text.push('\n');
            terminal.emit(open);
            Line { level: line.level, prefix: line.prefix, text: String::new() }
        }
        Some(open) => open,
        None => Line { level: line.level, prefix: line.prefix, text: String::new() },
    };
    whole.text.push_str(&line.text);
    if whole.text.ends_with('\n') || whole.text.len() > 16 << 10 {
        terminal.emit(whole);
    } else {
        terminal.open = Some(whole);
    }
}

/// The status line. `raw`: it is wanted although the log level is too low for it.
pub fn status(line: &str, extra: Option<&str>, last: bool, raw: bool) {
    let mut terminal = lock();
    let settings = terminal.settings;
    if settings.level < level::INFO && !raw {
        return;
    }
    let mut text = String::new();
    if terminal.is_terminal && terminal.drawn != Drawn::Nothing {
        text.push_str("\r\x1b[J");
    }
    if settings.show_level && settings.level >= level::INFO {
        text.push_str("[info] ");
    }
    text.push_str(line);
    text.push_str("    ");
    if last {
        text.push('\n');
    } else {
        // The extra stands below, where there is room; the cursor goes back to the line's begin.
        if let Some(extra) = extra.filter(|_| terminal.is_terminal && text.len() < columns()) {
            text.push_str(&format!("\n{extra}\x1b[A"));
        }
        text.push('\r');
    }
    terminal.drawn = if last { Drawn::Nothing } else { Drawn::Status };
    write_stderr(&text);
    if let Some((file, _)) = &mut terminal.report {
        let _ = write!(file, "{line}    {}", if last { '\n' } else { '\r' });
    }
}

/// Text for stderr whatever the level, such as a question; no line's end is added.
pub fn ask(text: &str) {
    let mut terminal = lock();
    terminal.clear_below();
    write_stderr(text);
}

/// Writes what is still held back; the terminal is left at a line's begin.
pub fn finish() {
    let mut terminal = lock();
    if let Some(mut open) = terminal.open.take() {
        open.text.push('\n');
        terminal.emit(open);
    }
    terminal.tell_repeats();
    terminal.clear_below();
}

/// Data for stdout; `false` when nobody reads it.
pub fn data(text: &str) -> bool {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

impl Terminal {
    fn is_wanted(&self, level: i32) -> bool {
        level <= self.settings.level || self.report.as_ref().is_some_and(|(_, wanted)| level <= *wanted)
    }

    fn emit(&mut self, line: Line) {
        let text = sanitized(&masked(&line.text));
        let prefix = sanitized(&line.prefix);
        let mark = if self.settings.show_level { format!("[{}] ", level::name(line.level)) } else { String::new() };
        if let Some((file, wanted)) = &mut self.report
            && line.level <= *wanted
        {
            let _ = file.write_all(format!("{prefix}{mark}{text}").as_bytes());
        }
        if line.level > self.settings.level {
            return;
        }
        if self.settings.fold && line == self.previous && !line.text.trim().is_empty() {
            self.repeats += 1;
            if self.is_terminal && self.drawn != Drawn::Status {
                write_stderr(&format!("    Last message repeated {} times\r", self.repeats));
                self.drawn = Drawn::Repeats;
            }
            return;
        }
        self.tell_repeats();
        self.clear_below();
        let mut out = self.colours.prefix(&prefix);
        out.push_str(&self.colours.text(line.level, &format!("{mark}{text}")));
        write_stderr(&out);
        self.previous = line;
    }

    fn tell_repeats(&mut self) {
        if self.repeats > 0 {
            self.clear_below();
            write_stderr(&format!("    Last message repeated {} times\n", self.repeats));
            self.repeats = 0;
        }
    }

    /// Takes the status line off a terminal; elsewhere it is ended, so that what follows begins a line.
    fn clear_below(&mut self) {
        match self.drawn {
            Drawn::Nothing => {}
            _ if self.is_terminal => write_stderr("\r\x1b[J"),
            _ => write_stderr("\n"),
        }
        self.drawn = Drawn::Nothing;
    }
}

fn write_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn columns() -> usize {
    rustix::termios::tcgetwinsize(rustix::stdio::stderr()).map_or(80, |size| usize::from(size.ws_col))
}

/// Without passwords.
fn masked(text: &str) -> String {
    let text = crate::cli::masked(text);
    let lower = text.to_ascii_lowercase();
    if !["pass", "token=", "secret="].iter().any(|key| lower.contains(key)) {
        return text;
    }
    let ends = [' ', '\n', '\'', '"'];
    text.split_inclusive(ends)
        .flat_map(|word| {
            let inner = word.trim_end_matches(ends);
            [crate::diagnostic::mask_url(inner), word[inner.len()..].to_owned()]
        })
        .collect()
}

/// Control characters in file names and metadata do nothing to the terminal.
fn sanitized(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\0'..='\x07' | '\x0e'..='\x1f' | '\x7f') { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_control_characters_are_left_out() {
        assert_eq!(masked("[rtsp @ 0x1] rtsp://u:p@h/x: refused"), "[rtsp @ 0x1] rtsp://u:***@h/x: refused");
        assert_eq!(masked("to 'rtmp://h/a?user=u&pass=p':\n"), "to 'rtmp://h/a?user=u&pass=***':\n");
        assert_eq!(masked("a and b://c"), "a and b://c");
        assert_eq!(sanitized("a\x1b[2Jb\tc\n"), "a?[2Jb\tc\n");
    }
}
