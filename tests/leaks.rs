//! No memory is lost or misused, whether a job ends well, is refused, or breaks in the middle: valgrind watches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::media::path;
use common::{in_parallel, is_weir, run, weir};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What valgrind ends with when it found something, and weir never does.
const FOUND: i32 = 99;
const LIMIT: Duration = Duration::from_secs(240);

/// A job's name, its arguments, and its status.
type Job = (&'static str, String, i32);

fn jobs(folder: &Path) -> Vec<Job> {
    let (good, cut) = (path("av.mp4"), folder.join("cut.mkv"));
    fs::write(&cut, fs::read(path("av.mkv")).unwrap().split_at(60_000).0).unwrap();
    let (good, cut) = (good.display(), cut.display());
    let first = format!("-v error -nostdin -i {good} -an -frames:v 5 -c:v mpeg2video -b:v 200k -pass 1 first.mkv");
    assert!(run(&weir(), &first.split(' ').collect::<Vec<_>>(), folder, LIMIT).code() == Some(0));
    vec![
        ("copied", format!("-i {good} -c copy copied.mkv"), 0),
        ("looped", format!("-stream_loop 2 -i {good} -c copy looped.mkv"), 0),
        (
            "encoded",
            format!("-i {good} -vf scale=64:-2 -frames:v 5 -c:v libx264 -preset ultrafast -c:a aac encoded.flv"),
            0,
        ),
        ("in two passes", format!("-i {good} -an -frames:v 5 -c:v mpeg2video -b:v 200k -pass 2 second.mkv"), 0),
        ("cut off", format!("-i {cut} -c:v mpeg4 -c:a mp2 short.mkv"), 69),
        ("not there", "-i nowhere.mp4 out.mp4".to_owned(), 1),
        ("no such encoder", format!("-i {good} -c:v nonesuch out.mp4"), 1),
        ("an encoder that refuses", format!("-i {good} -c:v libx264 -profile:v nonesuch out.mp4"), 1),
        ("a filter that refuses", format!("-i {good} -vf crop=9999:9999 out.mkv"), 1),
    ]
}

#[test]
fn nothing_leaks_and_nothing_reads_what_is_not_its_own() {
    if !is_weir() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs(folder.path());
    let complaints = in_parallel(&jobs, |(name, line, status)| {
        let binary = weir();
        let mut args =
            vec!["-q", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"];
        args.extend(["--error-exitcode=99", binary.to_str().unwrap(), "-nostdin", "-y", "-v", "error"]);
        args.extend(line.split(' '));
        let watched = run(Path::new("valgrind"), &args, folder.path(), LIMIT);
        if let Some(misbehaviour) = watched.misbehaviour() {
            return Some(format!("{name}: {misbehaviour}"));
        }
        match watched.code() {
            Some(FOUND) => Some(format!("{name}: {}", watched.stderr)),
            code if code == Some(*status) => None,
            code => Some(format!("{name}: status {code:?}: {}", watched.tail())),
        }
    });
    common::assert_none(&complaints, jobs.len());
}
