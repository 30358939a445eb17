//! Names, values and files that hold bytes which are no UTF-8, beside the system's ffmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::both::{linked, scratch};
use common::media::path;
use common::{oracle_major, weir};

/// What a run in a folder of its own said and left behind.
struct Ran {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    files: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The Latin-1 letter `é`, which is no UTF-8.
const LINES: [&[u8]; 12] = [
    b"-i caf\xe9.mkv -c copy -bitexact out\xe9.mkv",
    b"-i file:caf\xe9.mkv -c copy -bitexact file:out\xe9.mkv",
    b"-y -i caf\xe9.mkv -c copy caf\xe9.mkv",
    b"-n -i caf\xe9.mkv -c copy there\xe9.mkv",
    b"-i none\xe9.mkv -c copy out.mkv",
    b"-i caf\xe9.mkv -c copy -metadata title=\xe9\xff -metadata:s:v \xe9=x -bitexact out.mkv",
    b"-i caf\xe9.mkv -an -filter_script:v graph\xe9.txt -c:v mpeg4 -bitexact out.avi",
    b"-i caf\xe9.mkv -filter_complex_script graph\xe9.txt -an -c:v mpeg4 -bitexact out.avi",
    b"-i caf\xe9.mkv -c copy none\xe9/out.mkv",
    b"-i caf\xe9.mkv -c copy -f segment -bitexact part\xe9%d.mkv",
    b"-i caf\xe9.mkv -attach there\xe9.mkv -metadata:s:t mimetype=a/b\xe9 -c copy -bitexact out.mkv",
    b"-i caf\xe9.mkv -an -vstats_file stats\xe9 -c:v mpeg4 -bitexact out.avi",
];

fn ran(program: &Path, dir: &Path, line: &[u8]) -> Ran {
    let name = |bytes: &[u8]| dir.join(OsStr::from_bytes(bytes));
    fs::copy(path("av.mp4"), name(b"av.mp4")).unwrap();
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-nostdin",
            "-y",
            "-i",
            "av.mp4",
            "-t",
            "0.2",
            "-c",
            "copy",
            "-bitexact",
            "-f",
            "matroska",
        ])
        .arg(OsStr::from_bytes(b"caf\xe9.mkv"))
        .current_dir(dir)
        .status();
    assert!(made.unwrap().success());
    fs::copy(name(b"caf\xe9.mkv"), name(b"there\xe9.mkv")).unwrap();
    fs::write(name(b"graph\xe9.txt"), b"scale=32:32,metadata=add:key=k:value=\xe9,metadata=print:file=frames\xe9.txt")
        .unwrap();
    let output = Command::new(program)
        .args(["-hide_banner", "-nostats"])
        .args(line.split(|byte| *byte == b' ').map(OsStr::from_bytes))
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let files = entries
        .filter(|entry| entry.file_name() != "ffmpeg")
        .map(|entry| (entry.file_name().into_vec(), fs::read(entry.path()).unwrap()));
    Ran { code: output.status.code(), stdout: output.stdout, stderr: output.stderr, files: files.collect() }
}

/// The lines that hold such a byte.
fn lines_with_bytes(stderr: &[u8]) -> Vec<Vec<u8>> {
    let lines = stderr.split(|byte| matches!(byte, b'\n' | b'\r'));
    // The libraries' prefixes hold addresses.
    let behind = |line: &[u8]| line.rsplit(|byte| *byte == b']').next().unwrap_or_default().to_vec();
    lines.filter(|line| std::str::from_utf8(line).is_err()).map(behind).collect()
}

#[test]
fn any_bytes_are_taken_where_ffmpeg_takes_them() {
    // ffmpeg 8 has -/filter and -/filter_complex instead.
    let known = |line: &&&[u8]| oracle_major() < 8 || !line.windows(7).any(|w| w == b"_script");
    for line in LINES.iter().filter(known) {
        let shown = line.escape_ascii();
        let (mine, other) = (scratch(), scratch());
        let ours = ran(&linked(mine.path()), mine.path(), line);
        let theirs = ran(Path::new("ffmpeg"), other.path(), line);
        assert!(ours.files.keys().eq(theirs.files.keys()), "other files: {shown}");
        let said = lines_with_bytes(&ours.stderr);
        assert!(!said.is_empty(), "{shown}");
        if oracle_major() < 6 {
            // Newer ones write other words into -vstats and other numbers of exits.
            assert!(ours.files == theirs.files, "files hold something else: {shown}");
            assert_eq!(ours.code, theirs.code, "{shown}");
            assert_eq!(said, lines_with_bytes(&theirs.stderr), "{shown}");
        }
    }
}

#[test]
fn a_file_is_known_by_its_other_name_and_asked_for_by_its_own() {
    let dir = scratch();
    let line = b"-y -i caf\xe9.mkv -c copy link\xe9.mkv";
    std::os::unix::fs::symlink(OsStr::from_bytes(b"caf\xe9.mkv"), dir.path().join(OsStr::from_bytes(b"link\xe9.mkv")))
        .unwrap();
    let run = ran(&weir(), dir.path(), line);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.windows(11).any(|w| w == b"link\xe9.mkv s"), "{}", run.stderr.escape_ascii());
}

#[test]
fn reports_hold_the_bytes_and_programs_read_utf8() {
    let dir = scratch();
    let run = ran(&weir(), dir.path(), b"-report -i caf\xe9.mkv -c copy out\xe9.mkv");
    assert_eq!(run.code, Some(0), "{}", run.stderr.escape_ascii());
    let report = run.files.iter().find(|(name, _)| name.starts_with(b"weir-")).unwrap().1;
    assert!(report.windows(8).any(|w| w == b"caf\xe9.mkv"));
    let run = ran(&weir(), dir.path(), b"--explain=json -i caf\xe9.mkv -c copy out2\xe9.mkv");
    let text = String::from_utf8(run.stdout).unwrap();
    assert!(text.contains("out2\u{fffd}.mkv"), "{text}");
    let named = PathBuf::from(OsStr::from_bytes(b"file=r\xe9.log"));
    let output = Command::new(weir()).arg("-version").env("FFREPORT", named).current_dir(dir.path()).output();
    assert!(output.unwrap().status.success() && dir.path().join(OsStr::from_bytes(b"r\xe9.log")).is_file());
}
