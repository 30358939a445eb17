//! The one place that writes to stderr, so that status line and log lines never break each other.
//!
//! A stderr that is closed or full is no reason to end: what cannot be written is lost.

use super::level::{self, LogSettings};
use super::log::Colours;
use crate::av::library_log::LibraryLine;
use crate::diagnostic::mask_text;
use crate::octets::to_bytes;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// A library's line that has not ended by then is told as it is, in bytes.
const LONGEST: usize = 16 << 10;
/// The number of threads that have none.
const NOBODY: u64 = 0;

/// A line as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    level: i32,
    prefix: String,
    text: String,
    /// What of it is shown, where parts are for the report alone.
    shown: Option<String>,
}

/// What is drawn below the last log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
    Nothing,
    Status,
    Repeats,
}

struct Terminal {
    out: Box<dyn Write + Send>,
    settings: LogSettings,
    colours: Colours,
    is_terminal: bool,
    report: Option<(File, i32)>,
    /// Lines of libraries whose ends have not come yet, by the thread that speaks: each puts together its own.
    open: BTreeMap<u64, Line>,
    previous: Line,
    repeats: u64,
    drawn: Drawn,
    /// Rows of the status line above the cursor's.
    rows_above: usize,
    columns: usize,
}

static TERMINAL: LazyLock<Mutex<Terminal>> = LazyLock::new(|| {
    let is_terminal = io::stderr().is_terminal();
    Mutex::new(Terminal::new(Box::new(io::stderr()), Colours::of_environment(is_terminal), is_terminal))
});

fn lock() -> MutexGuard<'static, Terminal> {
    TERMINAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread in which libraries speak. What it has left open is written when the thread ends.
struct Speaker {
    number: u64,
    /// It has begun a line and not ended it.
    is_amid: Cell<bool>,
}

thread_local! {
    static SPEAKER: Speaker = {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Speaker { number: NEXT.fetch_add(1, Ordering::Relaxed), is_amid: Cell::new(false) }
    };
}

impl Drop for Speaker {
    fn drop(&mut self) {
        if self.is_amid.get() {
            lock().end_line_of(self.number);
        }
    }
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
    let (shown, wanted) = {
        let terminal = lock();
        let shown = terminal.settings.level;
        (shown, terminal.report.as_ref().map_or(i32::MIN, |(_, level)| *level).max(shown))
    };
    crate::av::library_log::set_levels(shown, wanted);
    log::set_max_level(super::log::filter_of(wanted));
}

/// One text of ours at FFmpeg's level `level`; a line's end is added.
pub fn say(level: i32, text: &str) {
    let mut terminal = lock();
    for line in text.split('\n') {
        terminal.emit(Line { level, prefix: String::new(), text: format!("{line}\n"), shown: None });
    }
}

/// One text of ours from a thread that may hold the terminal already, such as one that panics.
pub fn cry(text: &str) {
    match TERMINAL.try_lock() {
        Ok(mut terminal) => {
            terminal.emit(Line { level: level::ERROR, prefix: String::new(), text: format!("{text}\n"), shown: None });
        }
        Err(_) => {
            let _ = io::stderr().write_all(&to_bytes(&format!("{}\n", mask_text(text))));
        }
    }
}

/// One text of ours for the report file alone.
pub fn say_to_report(text: &str) {
    if let Some((file, _)) = &mut lock().report {
        let _ = file.write_all(&to_bytes(&format!("{}\n", mask_text(text))));
    }
}

/// A library's line, or a part of one.
pub fn say_library(line: LibraryLine) {
    let mut line = Some(line);
    let told = SPEAKER.try_with(|speaker| {
        if let Some(line) = line.take() {
            speaker.is_amid.set(lock().library(speaker.number, line));
        }
    });
    // A thread that is about to end puts no lines together any more.
    if let (Err(_), Some(line)) = (told, line) {
        let mut terminal = lock();
        if terminal.library(NOBODY, line) {
            terminal.end_line_of(NOBODY);
        }
    }
}

/// The status line. `raw`: it is wanted although the log level is too low for it.
pub fn status(line: &str, extra: Option<&str>, last: bool, raw: bool) {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr());
    let mut terminal = lock();
    // Terminals that nobody told their size have none.
    terminal.columns = size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(80);
    terminal.status(line, extra, last, raw);
}

/// Text for stderr whatever the level, such as a question; no line's end is added.
pub fn ask(text: &str) {
    let mut terminal = lock();
    terminal.clear_below();
    terminal.write(text);
}

/// Ends the line in which somebody types.
pub fn end_line() {
    let mut terminal = lock();
    if terminal.drawn == Drawn::Nothing || terminal.is_terminal {
        terminal.write("\n");
    }
    terminal.clear_below();
}

/// Writes what is still held back; the terminal is left at a line's begin.
pub fn finish() {
    let mut terminal = lock();
    while let Some(number) = terminal.open.keys().next().copied() {
        terminal.end_line_of(number);
    }
    terminal.tell_repeats();
    terminal.clear_below();
}

/// Data for stdout; `false` when nobody reads it.
pub fn data(text: &str) -> bool {
    let mut out = io::stdout().lock();
    out.write_all(&to_bytes(text)).and_then(|()| out.flush()).is_ok()
}

impl Terminal {
    fn new(out: Box<dyn Write + Send>, colours: Colours, is_terminal: bool) -> Self {
        Self {
            out,
            settings: LogSettings::default(),
            colours,
            is_terminal,
            report: None,
            open: BTreeMap::new(),
            previous: Line::default(),
            repeats: 0,
            drawn: Drawn::Nothing,
            rows_above: 0,
            columns: 80,
        }
    }

    fn write(&mut self, text: &str) {
        let _ = self.out.write_all(&to_bytes(text)).and_then(|()| self.out.flush());
    }

    /// A line, or a part of one, from the thread of that number; true when its end is still to come.
    ///
    /// A line is written whole once it is complete; other threads' lines are written meanwhile.
    fn library(&mut self, thread: u64, line: LibraryLine) -> bool {
        if !self.is_wanted(line.level) {
            return self.open.contains_key(&thread);
        }
        let fresh = Line { level: line.level, prefix: line.prefix, text: String::new(), shown: None };
        let mut whole = match self.open.remove(&thread) {
            // Another library speaks before this one has ended its line.
            Some(mut open) if !fresh.prefix.is_empty() => {
                open.text.push('\n');
                self.emit(open);
                fresh
            }
            Some(open) => open,
            None => fresh,
        };
        let is_shown = line.level <= self.settings.level || whole.level > self.settings.level;
        match &mut whole.shown {
            Some(shown) if is_shown => shown.push_str(&line.text),
            None if !is_shown => whole.shown = Some(whole.text.clone()),
            _ => {}
        }
        whole.text.push_str(&line.text);
        let is_complete = whole.text.ends_with('\n') || whole.text.len() > LONGEST;
        if is_complete {
            self.emit(whole);
        } else {
            self.open.insert(thread, whole);
        }
        !is_complete
    }

    /// Writes the line that a thread has begun, if it has.
    fn end_line_of(&mut self, thread: u64) {
        if let Some(mut open) = self.open.remove(&thread) {
            open.text.push('\n');
            self.emit(open);
        }
    }

    fn status(&mut self, line: &str, extra: Option<&str>, last: bool, raw: bool) {
        let is_information = self.settings.level >= level::INFO;
        // ffmpeg's reports hold what its log tells; at a lower level `-stats` writes past that.
        if is_information || !raw {
            self.report_status(line, last);
        }
        if is_information || raw {
            self.show_status(line, extra, last);
        }
    }

    fn report_status(&mut self, line: &str, last: bool) {
        let mark = self.mark(level::INFO);
        if let Some((file, wanted)) = &mut self.report
            && *wanted >= level::INFO
        {
            let _ = write!(file, "{mark}{line}    {}", if last { '\n' } else { '\r' });
        }
    }

    fn show_status(&mut self, line: &str, extra: Option<&str>, last: bool) {
        let erase = if self.is_terminal { self.erase() } else { String::new() };
        let mark = if self.settings.level >= level::INFO { self.mark(level::INFO) } else { String::new() };
        let mut text = format!("{mark}{line}    ");
        if last {
            text.push('\n');
        } else {
            // A line that ends at the margin leaves the cursor in either row.
            if text.len().is_multiple_of(self.columns) {
                text.push(' ');
            }
            self.rows_above = text.len() / self.columns;
            // The extra stands below; the cursor goes back to the line's begin.
            if let Some(extra) = extra.filter(|extra| self.is_terminal && extra.len() < self.columns) {
                text.push_str(&format!("\n{extra}\x1b[A"));
            }
            text.push('\r');
        }
        text.insert_str(0, &erase);
        self.drawn = if last { Drawn::Nothing } else { Drawn::Status };
        self.write(&text);
    }

    /// `[info] ` before a text of that level, when levels are to be shown.
    fn mark(&self, level: i32) -> String {
        if self.settings.show_level { format!("[{}] ", level::name(level)) } else { String::new() }
    }

    fn is_wanted(&self, level: i32) -> bool {
        level <= self.settings.level || self.report.as_ref().is_some_and(|(_, wanted)| level <= *wanted)
    }

    fn emit(&mut self, line: Line) {
        let text = sanitized(&mask_text(&line.text));
        let prefix = sanitized(&line.prefix);
        let mark = self.mark(line.level);
        if let Some((file, wanted)) = &mut self.report
            && line.level <= *wanted
        {
            let _ = file.write_all(&to_bytes(&format!("{prefix}{mark}{text}")));
        }
        if line.level > self.settings.level {
            return;
        }
        if self.settings.fold && line == self.previous && !line.text.trim().is_empty() {
            self.repeats += 1;
            if self.is_terminal && self.drawn != Drawn::Status {
                self.write(&format!("    Last message repeated {} times\r", self.repeats));
                self.drawn = Drawn::Repeats;
            }
            return;
        }
        self.tell_repeats();
        self.clear_below();
        let shown = line.shown.as_ref().map_or(text, |shown| sanitized(&mask_text(shown)));
        let mut out = self.colours.prefix(&prefix);
        out.push_str(&self.colours.text(line.level, &format!("{mark}{shown}")));
        self.write(&out);
        self.previous = line;
    }

    fn tell_repeats(&mut self) {
        if self.repeats > 0 {
            self.clear_below();
            self.write(&format!("    Last message repeated {} times\n", self.repeats));
            self.repeats = 0;
        }
    }

    /// What takes off a terminal whatever is drawn below the last log line.
    fn erase(&mut self) -> String {
        match (self.drawn, std::mem::take(&mut self.rows_above)) {
            (Drawn::Nothing, _) => String::new(),
            (_, 0) => "\r\x1b[J".to_owned(),
            (_, rows) => format!("\r\x1b[{rows}A\x1b[J"),
        }
    }

    /// Takes the status line off a terminal; elsewhere it is ended, so that what follows begins a line.
    fn clear_below(&mut self) {
        match self.drawn {
            Drawn::Nothing => {}
            _ if self.is_terminal => {
                let erase = self.erase();
                self.write(&erase);
            }
            _ => self.write("\n"),
        }
        self.drawn = Drawn::Nothing;
    }
}

/// Control characters in file names and metadata do nothing to the terminal.
fn sanitized(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\0'..='\x07' | '\x0e'..='\x1f' | '\x7f') { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What stands on stderr after `acts`.
    fn written(is_terminal: bool, acts: impl Fn(&mut Terminal)) -> String {
        let paper = Paper::default();
        let mut terminal = Terminal::new(Box::new(paper.clone()), Colours::None, is_terminal);
        acts(&mut terminal);
        String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
    }

    fn library(level: i32, prefix: &str, text: &str) -> LibraryLine {
        LibraryLine { level, prefix: prefix.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_line_in_parts_is_one_line_and_another_library_begins_its_own() {
        let text = written(false, |t| {
            t.library(1, library(32, "[a @ 0x1] ", "one "));
            t.status("frame=1", None, false, false);
            t.library(1, library(32, "", "two\n"));
            t.library(1, library(32, "[a @ 0x1] ", "cut"));
            t.library(1, library(32, "[b @ 0x2] ", "whole\n"));
            t.library(1, library(40, "[b @ 0x2] ", "not wanted\n"));
        });
        assert_eq!(text, "frame=1    \r\n[a @ 0x1] one two\n[a @ 0x1] cut\n[b @ 0x2] whole\n");
    }

    #[test]
    fn lines_of_two_threads_are_each_put_together_and_written_whole() {
        let text = written(false, |t| {
            assert!(t.library(1, library(32, "[a @ 0x1] ", "M: -20 ")));
            assert!(t.library(2, library(32, "[b @ 0x2] ", "n: 1 ")));
            t.library(1, library(32, "", "S: -21 "));
            assert!(!t.library(3, library(32, "", "whole\n")));
            t.library(2, library(32, "", "pts: 2\n"));
            t.status("frame=1", None, true, false);
            assert!(!t.library(1, library(32, "", "I: -22\n")));
        });
        assert_eq!(text, "whole\n[b @ 0x2] n: 1 pts: 2\nframe=1    \n[a @ 0x1] M: -20 S: -21 I: -22\n");
    }

    #[test]
    fn what_a_thread_leaves_open_is_written_and_disturbs_no_other() {
        let text = written(false, |t| {
            t.library(1, library(32, "[a @ 0x1] ", "cut"));
            t.library(2, library(32, "[b @ 0x2] ", "one "));
            t.end_line_of(1);
            t.end_line_of(1);
            assert!(t.library(2, library(40, "", "not wanted")));
            t.library(2, library(32, "", "two\n"));
        });
        assert_eq!(text, "[a @ 0x1] cut\n[b @ 0x2] one two\n");
        let number = std::thread::spawn(|| {
            say_library(library(32, "[a @ 0x1] ", "a thread's last words"));
            SPEAKER.with(|speaker| speaker.number)
        });
        let number = number.join().unwrap();
        assert!(!lock().open.contains_key(&number));
    }

    #[test]
    fn what_repeats_is_counted_unless_it_is_not_to_be() {
        let three = |t: &mut Terminal| {
            for _ in 0..3 {
                t.library(1, library(24, "[a @ 0x1] ", "again\n"));
            }
            t.library(1, library(24, "", "other\n"));
        };
        assert_eq!(written(false, three), "[a @ 0x1] again\n    Last message repeated 2 times\nother\n");
        let unfolded = written(false, |t| {
            t.settings.fold = false;
            three(t);
        });
        assert_eq!(unfolded.matches("again").count(), 3);
    }

    #[test]
    fn the_level_stands_behind_the_prefix() {
        let text = written(false, |t| {
            t.settings.show_level = true;
            t.library(1, library(16, "[a @ 0x1] ", "bad\n"));
            t.library(1, library(32, "", "good\n"));
            t.status("frame=1", None, true, false);
        });
        assert_eq!(text, "[a @ 0x1] [error] bad\n[info] good\n[info] frame=1    \n");
    }

    #[test]
    fn on_a_terminal_the_status_line_makes_room_and_has_a_line_below() {
        let text = written(true, |t| {
            t.status("frame=1", Some("50 %"), false, false);
            t.library(1, library(32, "", "news\n"));
            t.status("frame=2", None, true, false);
        });
        assert_eq!(text, "frame=1    \n50 %\x1b[A\r\r\x1b[Jnews\nframe=2    \n");
    }

    #[test]
    fn a_status_line_that_is_wider_than_the_terminal_is_taken_off_as_a_whole() {
        let text = written(true, |t| {
            t.columns = 10;
            t.status("frame=1 size=2", None, false, false);
            t.status("frame=2 size=34.", None, false, false);
            t.library(1, library(32, "", "news\n"));
        });
        let expected = "frame=1 size=2    \r\r\x1b[1A\x1b[Jframe=2 size=34.     \r\r\x1b[2A\x1b[Jnews\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_low_level_hides_the_status_line_unless_it_is_asked_for() {
        let told = |raw| {
            written(false, |t| {
                t.settings.level = level::ERROR;
                t.status("frame=1", None, true, raw);
            })
        };
        assert_eq!((told(false).as_str(), told(true).as_str()), ("", "frame=1    \n"));
    }

    #[test]
    fn a_report_holds_the_status_line_when_it_holds_information_and_the_log_tells_it() {
        let reported = |wanted, shown, raw| {
            let file = tempfile::NamedTempFile::new().unwrap();
            written(false, |t| {
                t.settings.level = shown;
                t.report = Some((file.reopen().unwrap(), wanted));
                t.status("frame=1", None, false, raw);
                t.status("frame=2", None, true, raw);
            });
            std::fs::read_to_string(file.path()).unwrap()
        };
        let both = "frame=1    \rframe=2    \n";
        assert_eq!((reported(16, 32, false).as_str(), reported(16, 16, true).as_str()), ("", ""));
        assert_eq!((reported(32, 32, false).as_str(), reported(48, 32, true).as_str()), (both, both));
        assert_eq!((reported(48, 16, false).as_str(), reported(48, 16, true).as_str()), (both, ""));
    }

    #[test]
    fn control_characters_are_left_out() {
        assert_eq!(sanitized("a\x1b[2Jb\tc\n"), "a?[2Jb\tc\n");
    }
}
