//! Stream specifiers beside the system's ffmpeg: which are taken; and those that name dispositions (`disp:forced`): the
//! streams that they say, with every FFmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::both::{Both, run_in, scratch};
use common::{assert_none, in_parallel, oracle_major, weir};
use std::fs;
use std::path::Path;

/// Two pictures and two sounds: default, default and forced, none, dubbed and forced.
const SOURCE: &str = "-v error -nostdin -y -f lavfi -i testsrc=d=0.4:s=64x64 -f lavfi -i testsrc2=d=0.4:s=64x64 \
    -f lavfi -i sine=d=0.4 -f lavfi -i sine=300:d=0.4 -map 0 -map 1 -map 2 -map 3 -c:v mpeg4 -c:a aac \
    -disposition:0 default -disposition:1 default+forced -disposition:2 0 -disposition:3 dub+forced -bitexact in.mkv";

/// Options after the input, and how many packets each stream of the output has; 10 are pictures, more are sound.
const NAMED: [(&str, &str); 15] = [
    ("-map 0:disp:default -c copy", "VV"),
    ("-map 0:disp:default+forced -c copy", "V"),
    ("-map 0:v:disp:forced -c copy", "V"),
    ("-map 0:disp:forced:a -c copy", "A"),
    ("-map 0:disp:forced:1 -map 0:disp:forced:v:0 -c copy", "AV"),
    ("-map 0:disp:dub? -map 0:disp:karaoke? -c copy", "A"),
    ("-map 0:V:disp:default:1 -c copy", "V"),
    ("-map 0:disp:none -c copy", "VVAA"),
    ("-map 0:disp:0x40:u -c copy", "VA"),
    ("-map 0 -map -0:disp:forced -c copy", "VA"),
    ("-map 0 -map -0:disp:attached_pic? -c copy", "VVAA"),
    ("-filter_complex [0:disp:forced:v]hflip[a];[0:disp:forced:a]volume=2[b] -map [a] -map [b] -c:a pcm_s16le", "VA"),
    // An output's streams have none while its options are read.
    ("-map 0 -c copy -c:disp:default ffv1", "VVAA"),
    ("-map 0 -c:v copy -c:a copy -disposition:disp:none forced -metadata:s:disp:forced title=no", "VVAA"),
    ("-map 0 -c copy -map_metadata:s:1 0:s:disp:dub", "VVAA"),
];

#[test]
fn dispositions_name_streams() {
    let dir = scratch();
    assert_eq!(run_in(&weir(), dir.path(), SOURCE).code(), Some(0));
    let input = dir.path().join("in.mkv");
    let check = |&(options, expected): &(&str, &str)| {
        let line =
            format!("-v error -nostdin -y -i {} {options} -flags +bitexact -f framecrc out.txt", input.display());
        let crc = if matches!(oracle_major(), 0 | 7..) {
            let both = Both::run(&line);
            both.assert_same_end(&line);
            let (ours, theirs) = both.files("out.txt");
            if ours != theirs {
                return Some(format!("{options}: {ours}\n{theirs}"));
            }
            ours
        } else {
            let dir = scratch();
            let run = run_in(&weir(), dir.path(), &line);
            if run.code() != Some(0) {
                return Some(format!("{options}: {}", run.stderr));
            }
            fs::read_to_string(dir.path().join("out.txt")).unwrap()
        };
        let kinds = crc.lines().filter_map(|line| line.strip_prefix("#media_type ")?.split_once(": "));
        let kinds: String = kinds.map(|(_, kind)| if kind == "video" { 'V' } else { 'A' }).collect();
        (kinds != expected).then(|| format!("{options}: {kinds}"))
    };
    assert_none(&in_parallel(&NAMED, check), NAMED.len());
}

#[test]
fn what_is_no_disposition_is_refused_before_anything_is_written() {
    for (specifier, reason) in [
        ("disp", "missing after 'disp:'"),
        ("disp:", "missing after 'disp:'"),
        ("disp:loud", "'loud' is no disposition"),
        ("disp:default:disp:dub", "dispositions once"),
    ] {
        let dir = scratch();
        let run = run_in(&weir(), dir.path(), &format!("-nostdin -i {{av.mp4}} -map 0:{specifier} -c copy out.mkv"));
        assert_eq!(run.code(), Some(1), "{specifier}");
        assert!(run.stderr.contains(reason), "{specifier}: {}", run.stderr);
        assert!(!dir.path().join("out.mkv").exists());
    }
}

/// Options after the input, and whether ffmpeg takes them.
const TAKEN: [(&str, bool); 12] = [
    ("-map 0:v:a -c copy", false),
    ("-map 0:a:v -c copy", false),
    ("-map 0:u:a -c copy", false),
    ("-map 0:i:1:v -c copy", false),
    ("-map 0:v:0x0 -c copy", true),
    ("-map 0x0 -c copy", true),
    ("-map 0:v?:0 -c copy", true),
    ("-map_metadata:g -1 -c copy", true),
    ("-map_metadata:c 0:g -c copy", false),
    ("-metadata:gx title=a -c copy", true),
    ("-ss +0.1 -c copy", true),
    ("-fs -1 -c copy", true),
];

#[test]
fn what_ffmpeg_takes_is_taken_and_what_it_refuses_is_refused() {
    let dir = scratch();
    assert_eq!(run_in(&weir(), dir.path(), SOURCE).code(), Some(0));
    for (options, is_taken) in TAKEN {
        let line = format!("-v error -nostdin -y -i in.mkv {options} out.mkv");
        let expected = Some(i32::from(!is_taken));
        assert_eq!(run_in(&weir(), dir.path(), &line).code(), expected, "{options}");
        if oracle_major() < 6 {
            assert_eq!(run_in(Path::new("ffmpeg"), dir.path(), &line).code(), expected, "ffmpeg: {options}");
        }
    }
}
