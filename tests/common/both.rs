//! The same command line with weir, through a link named `ffmpeg`, and with the system's ffmpeg.

use super::{LIMIT, Run, oracle_major, run, weir, words};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that goes away by itself.
pub fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// weir through a link named `ffmpeg`, so that it speaks as ffmpeg does.
pub fn linked(dir: &Path) -> PathBuf {
    let link = dir.join("ffmpeg");
    if !link.exists() {
        symlink(weir(), &link).unwrap();
    }
    link
}

/// Runs a command line with a program in a folder of its own; `<n>` stands for `{n}`.
pub fn run_in(program: &Path, dir: &Path, line: &str) -> Run {
    let args: Vec<String> = words(line).iter().map(|word| word.replace('<', "{").replace('>', "}")).collect();
    let run = run(program, &args, dir, LIMIT);
    assert_eq!(run.misbehaviour(), None, "{line}");
    run
}

/// The same command line with weir and with the system's ffmpeg, each in a folder of its own.
pub struct Both {
    pub ours: (TempDir, Run),
    pub theirs: (TempDir, Run),
}

impl Both {
    /// Runs it with both.
    pub fn run(line: &str) -> Self {
        let (mine, other) = (scratch(), scratch());
        let ours = run_in(&linked(mine.path()), mine.path(), line);
        let theirs = run_in(Path::new("ffmpeg"), other.path(), line);
        Self { ours: (mine, ours), theirs: (other, theirs) }
    }

    /// What a file holds on both sides.
    pub fn files(&self, name: &str) -> (String, String) {
        let read = |dir: &TempDir| String::from_utf8_lossy(&fs::read(dir.path().join(name)).unwrap()).into_owned();
        (read(&self.ours.0), read(&self.theirs.0))
    }

    /// What `find` makes of stderr on both sides.
    pub fn told<T>(&self, find: impl Fn(&str) -> T) -> (T, T) {
        (find(&self.ours.1.stderr), find(&self.theirs.1.stderr))
    }

    /// Both end with the same status; from ffmpeg 6 on its failures have numbers of their own, and weir's stay 1.
    pub fn assert_same_end(&self, line: &str) {
        let (ours, theirs) = (self.ours.1.code(), self.theirs.1.code());
        let same = if oracle_major() < 6 { ours == theirs } else { (ours == Some(0)) == (theirs == Some(0)) };
        assert!(same, "{line}: {ours:?} {theirs:?}: {}", self.ours.1.stderr);
    }

    /// Both end alike and say the same, but for addresses.
    pub fn assert_same(&self, line: &str) {
        assert_eq!(self.ours.1.code(), self.theirs.1.code(), "{line}: {}", self.ours.1.stderr);
        let (ours, theirs) = self.told(without_addresses);
        assert_eq!(ours, theirs, "{line}");
    }
}

/// The lines without what differs from run to run.
pub fn without_addresses(stderr: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in stderr.split(['\r', '\n']).filter(|line| !line.starts_with("frame=") && !line.is_empty()) {
        let mut text = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("0x") {
            text.push_str(before);
            rest = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        }
        lines.push(text + rest);
    }
    lines
}

/// The system's ffmpeg knows loopback decoders, and filtergraphs that take another one's output.
pub fn knows_links() -> bool {
    matches!(oracle_major(), 0 | 7..)
}

/// All of a `framemd5` but the version of the library.
pub fn whole(framemd5: &str) -> Vec<&str> {
    framemd5.lines().filter(|line| !line.starts_with("#software")).collect()
}

/// The lines of the stream mapping.
pub fn mapping(stderr: &str) -> Vec<String> {
    let lines = stderr.lines().skip_while(|line| *line != "Stream mapping:").skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(str::to_owned).collect()
}

/// What is not as with the system's ffmpeg in a job that is to succeed: its end, its stream mapping, and the frames in
/// `one.md5` and `two.md5`, where it writes them.
pub fn unlike_ffmpeg(line: &str) -> Option<String> {
    let both = Both::run(line);
    both.assert_same_end(line);
    if both.ours.1.code() != Some(0) {
        return Some(format!("{line}: {}", both.ours.1.stderr));
    }
    let (ours, theirs) = both.told(mapping);
    if ours != theirs {
        return Some(format!("{line}: {ours:?}, ffmpeg: {theirs:?}"));
    }
    for name in ["one.md5", "two.md5"].into_iter().filter(|name| line.contains(name)) {
        let (ours, theirs) = both.files(name);
        let same = if line.contains("avi") { ours == theirs } else { whole(&ours) == whole(&theirs) };
        if !same {
            let differ = whole(&ours).into_iter().zip(whole(&theirs)).find(|(a, b)| a != b);
            return Some(format!("{line}: {name} differs: {differ:?}"));
        }
    }
    None
}
