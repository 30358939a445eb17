//! Keys while a job runs, from a terminal or a pipe.

use super::signals::Outside;
use crate::engine::commands::{Commands, FilterCommand};
use crate::engine::threads::spawn;
use crate::report::{LogSettings, level, say, terminal};
use rustix::fs::FileType;
use rustix::stdio::stdin;
use rustix::termios::{InputModes, LocalModes, OptionalActions, OutputModes, Termios};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The terminal's modes as they were.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// One key is taken in this time, as ffmpeg does: what else reads the same pipe keeps most of it.
const BETWEEN_KEYS: Duration = Duration::from_millis(100);

/// What `+` and `-` change the log level by, as in ffmpeg: two presses may be needed for a step that is seen.
const STEP: i32 = 10;

/// The debug mode behind the last one (`FF_DEBUG_DCT_COEFF`), which libavcodec does not survive.
const NO_DEBUG_MODE: i32 = 0x40;

const KEYS: &str = "\
key    function
?      show this help
+      increase verbosity
-      decrease verbosity
c      Send command to first matching filter supporting it
C      Send/Queue command to all matching filters
D      cycle through available debug modes
h      dump packets/hex press to cycle through the 3 states
q      quit
s      Show QP histogram
";

/// Takes keys until the job has ended.
pub(super) fn watch(outside: &Outside, commands: Commands) -> std::io::Result<()> {
    if !can_give_keys() {
        return Ok(());
    }
    let outside = outside.clone();
    spawn("keys", move || {
        let mut key = [0_u8; 1];
        loop {
            match rustix::io::read(stdin(), &mut key) {
                Ok(1) => press(key[0], &outside, &commands),
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                _ => return,
            }
            if outside.ended.receiver().recv_timeout(BETWEEN_KEYS)
                == Err(crossbeam_channel::RecvTimeoutError::Disconnected)
            {
                return;
            }
        }
    })?;
    Ok(())
}

fn press(key: u8, outside: &Outside, commands: &Commands) {
    let mut settings = terminal::settings();
    match key {
        b'q' => outside.quit(),
        b'?' => terminal::ask(KEYS),
        b'+' | b'-' => {
            settings.level = (settings.level + if key == b'+' { STEP } else { -STEP }).clamp(-8, 56);
            terminal::configure(settings);
        }
        b'c' | b'C' => command(key == b'c', commands),
        b'h' => {
            commands.set_dump(match commands.dump() {
                None => 1,
                Some(false) => 2,
                Some(true) => 0,
            });
            terminal::configure(LogSettings { level: level::DEBUG, ..settings });
        }
        b's' => commands.set_qp_histogram(!commands.qp_histogram()),
        b'D' => set_debug(next_debug_mode(commands.debug()), commands),
        b'd' => {
            let typed = read_shown_line();
            let flags = leading_number(&typed);
            if flags.is_none() {
                terminal::ask("error parsing debug value\n");
            }
            set_debug(flags.unwrap_or(0), commands);
        }
        _ => {}
    }
}

/// Lets decoders and encoders tell what their developers want to know.
fn set_debug(flags: i32, commands: &Commands) {
    commands.set_debug(flags);
    if flags != 0 {
        terminal::configure(LogSettings { level: level::DEBUG, ..terminal::settings() });
    }
    terminal::ask(&format!("debug={flags}\n"));
}

/// One flag at a time, from the lowest on.
fn next_debug_mode(flags: i32) -> i32 {
    let mut next = flags.wrapping_shl(1).max(1);
    while next & NO_DEBUG_MODE != 0 {
        next += next;
    }
    next
}

/// The number that a line begins with, as C's `scanf` reads it.
fn leading_number(line: &str) -> Option<i32> {
    let text = line.trim_start();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let length = text.len() - digits.len() + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    text[..length].parse().ok()
}

/// Asks for a command to filters and sends it.
fn command(first_only: bool, commands: &Commands) {
    terminal::ask("\nEnter command: <target>|all <time>|-1 <command>[ <argument>]\n");
    let line = read_shown_line();
    match parse_command(&line, first_only) {
        Ok(command) if first_only && command.time_s.is_some() => {
            say(level::ERROR, "Queuing commands only on filters supporting the specific command is unsupported");
        }
        Ok(command) => {
            if !commands.send(command) {
                say(level::ERROR, "There have been too many commands.");
            }
        }
        Err(given) => say(
            level::ERROR,
            &format!("Parse error, at least 3 arguments were expected, only {given} given in string '{line}'"),
        ),
    }
}

/// `target time command argument`; how many words there are when they are too few.
fn parse_command(line: &str, first_only: bool) -> Result<FilterCommand, usize> {
    let mut rest = line.trim();
    let mut word = || {
        let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = behind.trim_start();
        Some(word).filter(|word| !word.is_empty())
    };
    let words = [word(), word(), word()];
    let [Some(target), Some(time), Some(command)] = words else { return Err(words.iter().flatten().count()) };
    let time: f64 = time.parse().map_err(|_| 1usize)?;
    Ok(FilterCommand {
        target: target.to_owned(),
        time_s: Some(time).filter(|time| *time >= 0.0),
        command: command.to_owned(),
        argument: rest.to_owned(),
        first_only,
    })
}

/// True for a terminal that is ours, a pipe and a socket. Files are left alone: a shell's loop may be reading them.
fn can_give_keys() -> bool {
    if rustix::termios::isatty(stdin()) {
        return is_foreground() && make_raw();
    }
    rustix::fs::fstat(stdin())
        .is_ok_and(|stat| matches!(FileType::from_raw_mode(stat.st_mode), FileType::Fifo | FileType::Socket))
}

/// A job in the background would be stopped when it touches the terminal. One that is not ours to be controlled by, as programs
/// make them for their children, knows no background.
fn is_foreground() -> bool {
    match rustix::termios::tcgetpgrp(stdin()) {
        Ok(group) => group == rustix::process::getpgrp(),
        Err(error) => error == rustix::io::Errno::NOTTY,
    }
}

/// Keys come one by one and are not echoed; Ctrl-C and its like stay signals.
fn make_raw() -> bool {
    let Ok(before) = rustix::termios::tcgetattr(stdin()) else { return false };
    let mut raw = before.clone();
    raw.input_modes.remove(
        InputModes::IGNBRK
            | InputModes::BRKINT
            | InputModes::PARMRK
            | InputModes::ISTRIP
            | InputModes::INLCR
            | InputModes::IGNCR
            | InputModes::ICRNL
            | InputModes::IXON,
    );
    raw.output_modes.insert(OutputModes::OPOST);
    raw.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::IEXTEN);
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    rustix::termios::tcsetattr(stdin(), OptionalActions::Now, &raw).is_ok()
}

/// Gives the terminal back as it was.
pub(super) fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take()
        && is_foreground()
    {
        let _ = rustix::termios::tcsetattr(stdin(), OptionalActions::Now, &before);
    }
}

/// Reads a line that is seen while it is typed.
fn read_shown_line() -> String {
    let echo = |on: bool| {
        let Ok(mut modes) = rustix::termios::tcgetattr(stdin()) else { return };
        modes.local_modes.set(LocalModes::ECHO, on);
        let _ = rustix::termios::tcsetattr(stdin(), OptionalActions::Now, &modes);
    };
    echo(true);
    let line = read_line();
    echo(false);
    terminal::end_line();
    line
}

/// Reads a line from stdin a byte at a time, so that nothing behind it is taken.
pub(super) fn read_line() -> String {
    let (mut line, mut byte) = (Vec::new(), [0_u8; 1]);
    while matches!(rustix::io::read(stdin(), &mut byte), Ok(1)) && !matches!(byte[0], b'\n' | b'\r') {
        line.push(byte[0]);
    }
    crate::octets::to_text(&line)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn debug_modes_follow_each_other_without_the_one_that_crashes() {
        let modes: Vec<i32> = std::iter::successors(Some(0), |mode| Some(next_debug_mode(*mode))).take(8).collect();
        assert_eq!(modes, [0, 1, 2, 4, 8, 16, 32, 128]);
        assert_eq!(leading_number(" 12x"), Some(12));
        assert_eq!((leading_number("-3"), leading_number("x"), leading_number("")), (Some(-3), None, None));
    }

    #[test]
    fn a_command_has_a_target_a_time_and_may_have_an_argument() {
        let read = parse_command("volume -1 volume 0.5 x\n", true).unwrap();
        assert_eq!((read.target.as_str(), read.time_s, read.argument.as_str()), ("volume", None, "0.5 x"));
        assert_eq!(parse_command("all 1.5 ping", false).unwrap().time_s, Some(1.5));
        assert_eq!(parse_command("volume  -1  volume  0.5 x\n", true), Ok(read));
        assert_eq!((parse_command("all 1.5", false), parse_command("", false)), (Err(2), Err(0)));
    }
}
