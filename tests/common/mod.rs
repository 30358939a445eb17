//! What the integration tests share: small media made once, a runner with a time limit, and packet facts.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod both;
pub mod live;
pub mod media;
pub mod rtsp;

use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long one run may take before it counts as hung.
pub const LIMIT: Duration = Duration::from_secs(10);

/// The binary under test; `WEIR_BIN` names another one (the system's ffmpeg, to check the tests themselves).
pub fn weir() -> PathBuf {
    std::env::var_os("WEIR_BIN").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_weir")), PathBuf::from)
}

/// Whether weir itself is under test: what weir does better than ffmpeg can only be asserted then.
pub fn is_weir() -> bool {
    std::env::var_os("WEIR_BIN").is_none()
}

/// How a process ended and what it said.
#[derive(Debug)]
pub struct Run {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub hung: bool,
}

impl Run {
    /// The exit status, or `None` when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Why this end is not one that a program may have, whatever its input: a hang, a signal, a panic.
    pub fn misbehaviour(&self) -> Option<String> {
        if self.hung {
            return Some("did not end within its time".into());
        }
        if let Some(signal) = self.status.signal() {
            return Some(format!("ended by signal {signal}"));
        }
        if self.stderr.contains("panicked") || matches!(self.code(), Some(101 | 134 | 139)) {
            return Some(format!("panicked or crashed, status {:?}: {}", self.code(), self.tail()));
        }
        None
    }

    /// The last lines of stderr.
    pub fn tail(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(6)..].join(" / ")
    }
}

/// Runs a program to its end, or kills it after `limit`. Its stdin is empty.
pub fn run<S: AsRef<OsStr>>(program: &Path, args: &[S], dir: &Path, limit: Duration) -> Run {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let pid = child.id();
    let mut out = child.stdout.take().unwrap();
    let mut err = child.stderr.take().unwrap();
    thread::scope(|scope| {
        let stdout = scope.spawn(move || {
            let mut bytes = Vec::new();
            let _ = out.read_to_end(&mut bytes);
            bytes
        });
        let stderr = scope.spawn(move || {
            let mut bytes = Vec::new();
            let _ = err.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let (ended, end) = mpsc::channel();
        scope.spawn(move || ended.send(child.wait().unwrap()));
        let (status, hung) = match end.recv_timeout(limit) {
            Ok(status) => (status, false),
            Err(_) => {
                let pid = libc::pid_t::try_from(pid).unwrap();
                // SAFETY: plain system call; the process is ours and was not waited for yet.
                unsafe { libc::kill(pid, libc::SIGKILL) };
                (end.recv().unwrap(), true)
            }
        };
        Run { status, hung, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    })
}

/// Splits a command line at blanks, with `'...'` kept together, and puts paths for `{name}`: a medium of
/// [`media`], or `bbb` for the clip in assets.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut some) = (false, false);
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                some = true;
            }
            c if c.is_whitespace() && !quoted => {
                if some {
                    words.push(std::mem::take(&mut word));
                }
                some = false;
            }
            c => {
                word.push(c);
                some = true;
            }
        }
    }
    if some {
        words.push(word);
    }
    words.iter().map(|word| with_media(word)).collect()
}

fn with_media(word: &str) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a closing brace");
        text.push_str(before);
        text.push_str(media::path(name).to_str().unwrap());
        rest = after;
    }
    text + rest
}

/// One packet as ffprobe reads it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketFact {
    pub stream: usize,
    pub pts: Option<i64>,
    pub dts: Option<i64>,
    pub duration: Option<i64>,
    pub flags: String,
    pub size: u64,
    pub hash: String,
}

impl fmt::Display for PacketFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: Option<i64>| value.map_or_else(|| "none".into(), |value| value.to_string());
        write!(
            f,
            "pts {} dts {} duration {} {} {} bytes {}",
            show(self.pts),
            show(self.dts),
            show(self.duration),
            self.flags,
            self.size,
            &self.hash[self.hash.len().saturating_sub(8)..]
        )
    }
}

/// What ffprobe finds in a file.
#[derive(Debug)]
pub struct FileFacts {
    pub packets: Vec<PacketFact>,
    pub streams: Vec<Value>,
    pub format: Value,
    pub chapters: Vec<Value>,
}

impl FileFacts {
    pub fn of_stream(&self, index: usize) -> Vec<&PacketFact> {
        self.packets.iter().filter(|packet| packet.stream == index).collect()
    }

    /// Seconds that a tick of a stream's clock lasts.
    pub fn tick(&self, index: usize) -> f64 {
        let (num, den) = self.streams[index]["time_base"].as_str().unwrap().split_once('/').unwrap();
        num.parse::<f64>().unwrap() / den.parse::<f64>().unwrap()
    }
}

/// Reads a file with ffprobe; its complaint when it cannot.
pub fn probe(file: &Path) -> Result<FileFacts, String> {
    let args: Vec<&OsStr> = [
        "-v",
        "error",
        "-show_packets",
        "-show_streams",
        "-show_format",
        "-show_chapters",
        "-show_data_hash",
        "md5",
        "-of",
        "json",
    ]
    .iter()
    .map(OsStr::new)
    .chain([file.as_os_str()])
    .collect();
    let run = run(Path::new("ffprobe"), &args, Path::new("."), Duration::from_secs(60));
    if run.code() != Some(0) {
        return Err(format!("ffprobe refuses {}: {}", file.display(), run.tail()));
    }
    let mut all: Value = serde_json::from_slice(&run.stdout).map_err(|error| error.to_string())?;
    let list = |value: &mut Value| match value.take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let number = |packet: &Value, key: &str| packet[key].as_i64();
    let packets = list(&mut all["packets"])
        .iter()
        .map(|packet| PacketFact {
            stream: usize::try_from(number(packet, "stream_index").unwrap_or(0)).unwrap(),
            pts: number(packet, "pts"),
            dts: number(packet, "dts"),
            duration: number(packet, "duration"),
            flags: packet["flags"].as_str().unwrap_or("").into(),
            size: packet["size"].as_str().and_then(|size| size.parse().ok()).unwrap_or(0),
            hash: packet["data_hash"].as_str().unwrap_or("").into(),
        })
        .collect();
    Ok(FileFacts {
        packets,
        streams: list(&mut all["streams"]),
        chapters: list(&mut all["chapters"]),
        format: all["format"].take(),
    })
}

/// Lets ffmpeg decode all of a file; what it complained of. Its own muxer may not like how its frame rate rounds times that
/// are uneven: that is no matter of decoding, and left out.
pub fn decoding_complaints(file: &Path) -> Result<(), String> {
    let args = ["-nostdin", "-v", "error", "-i", file.to_str().unwrap(), "-f", "null", "-"];
    let decoded = run(Path::new("ffmpeg"), &args, Path::new("."), Duration::from_secs(60));
    let no_matter = ["non monotonically increasing dts", "Last message repeated"];
    let complaint = decoded.stderr.lines().any(|line| no_matter.iter().all(|text| !line.contains(text)));
    if complaint || decoded.code() != Some(0) { Err(decoded.tail()) } else { Ok(()) }
}

/// Calls `check` on every item from as many threads as there are cores; what it complained of, in the items' order.
pub fn in_parallel<T: Sync>(items: &[T], check: impl Fn(&T) -> Option<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if let Some(complaint) = check(item) {
                        complaints.lock().unwrap().push((index, complaint));
                    }
                }
            });
        }
    });
    let mut complaints = complaints.into_inner().unwrap();
    complaints.sort();
    complaints.into_iter().map(|(_, complaint)| complaint).collect()
}

/// Fails with all complaints at once.
pub fn assert_none(complaints: &[String], of: usize) {
    assert!(complaints.is_empty(), "{} of {of} cases differ:\n  {}\n", complaints.len(), complaints.join("\n  "));
}

/// The major version of the system's ffmpeg; 0 for one that has no number (built from a repository).
pub fn oracle_major() -> u32 {
    oracle_version().0
}

/// The major and the minor version of the system's ffmpeg; zeros for one that has no number.
pub fn oracle_version() -> (u32, u32) {
    static VERSION: std::sync::OnceLock<(u32, u32)> = std::sync::OnceLock::new();
    *VERSION.get_or_init(|| {
        let said = run(Path::new("ffmpeg"), &["-version"], Path::new("."), Duration::from_secs(20));
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let number = said.split_whitespace().nth(2).unwrap_or_default();
        let mut parts = number.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    })
}

/// The files of a folder by name.
pub fn files(folder: &Path) -> std::collections::BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path)).collect()
}
