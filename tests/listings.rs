//! Listings and help are those of the system's ffmpeg, line by line: programs read them column by column.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::both::{linked, scratch};
use common::{LIMIT, assert_none, in_parallel, run, weir};
use std::path::Path;

const LISTINGS: &[&str] = &[
    "formats",
    "muxers",
    "demuxers",
    "devices",
    "codecs",
    "decoders",
    "encoders",
    "bsfs",
    "protocols",
    "filters",
    "pix_fmts",
    "layouts",
    "sample_fmts",
    "dispositions",
    "colors",
    "hwaccels",
    "sources",
    "sinks",
];

/// One of every shape: with threads and without, with hardware, rates, layouts, several pads, dynamic ones, no options.
const COMPONENTS: &[&str] = &[
    "encoder=libx264",
    "encoder=mpeg2video",
    "encoder=aac",
    "encoder=mp2",
    "encoder=flac",
    "encoder=h264",
    "encoder=pcm_s16le",
    "encoder=srt",
    "encoder=dvbsub",
    "encoder=hdmv_pgs_subtitle",
    "encoder=bogus",
    "decoder=h264",
    "decoder=hevc",
    "decoder=aac",
    "decoder=ac3",
    "decoder=subrip",
    "decoder=gif",
    "decoder=bogus",
    "muxer=mp4",
    "muxer=flv",
    "muxer=matroska",
    "muxer=mpegts",
    "muxer=null",
    "muxer=rtsp",
    "muxer=hls",
    "muxer=bogus",
    "demuxer=mov",
    "demuxer=flv",
    "demuxer=rtsp",
    "demuxer=concat",
    "demuxer=wav",
    "demuxer=bogus",
    "filter=scale",
    "filter=overlay",
    "filter=amix",
    "filter=split",
    "filter=testsrc",
    "filter=nullsink",
    "filter=concat",
    "filter=anull",
    "filter=movie",
    "filter=loudnorm",
    "filter=bogus",
    "bsf=h264_mp4toannexb",
    "bsf=null",
    "bsf=setts",
    "bsf=h264_metadata",
    "bsf=bogus",
    "protocol=rtmp",
    "protocol=file",
    "protocol=tcp",
    "protocol=bogus",
];

/// stdout and status. Newer versions of ffmpeg say that they end, which says nothing.
fn told(program: &Path, args: &[&str]) -> (String, Option<i32>) {
    let ended = run(program, &[&["-hide_banner"], args].concat(), Path::new("."), LIMIT * 3);
    assert_eq!(ended.misbehaviour(), None, "{args:?}");
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    (text.replace("\n\nExiting with exit code 0\n", "").trim_end().to_owned(), ended.code())
}

/// The first line in which two texts differ.
fn difference(name: &str, ours: &str, theirs: &str) -> Option<String> {
    let (mut a, mut b) = (ours.lines(), theirs.lines());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return None,
            (x, y) if x == y => {}
            (x, y) => return Some(format!("{name}: `{}` instead of `{}`", x.unwrap_or("(end)"), y.unwrap_or("(end)"))),
        }
    }
}

#[test]
fn listings_are_those_of_ffmpeg() {
    let complaints = in_parallel(LISTINGS, |name| {
        let args = [&*format!("-{name}")];
        let ((ours, status), (theirs, _)) = (told(&weir(), &args), told(Path::new("ffmpeg"), &args));
        assert!(!theirs.is_empty(), "{name}");
        if status != Some(0) { Some(format!("{name}: status {status:?}")) } else { difference(name, &ours, &theirs) }
    });
    assert_none(&complaints, LISTINGS.len());
}

#[test]
fn help_on_a_component_is_that_of_ffmpeg() {
    let complaints = in_parallel(COMPONENTS, |name| {
        let args = ["-h", name];
        let ((ours, status), (theirs, theirs_status)) = (told(&weir(), &args), told(Path::new("ffmpeg"), &args));
        if status != theirs_status {
            return Some(format!("{name}: status {status:?} instead of {theirs_status:?}"));
        }
        difference(name, &ours, &theirs)
    });
    assert_none(&complaints, COMPONENTS.len());
}

#[test]
fn the_help_of_the_command_is_that_of_ffmpeg() {
    let dir = scratch();
    let link = linked(dir.path());
    for args in [&["-h"][..], &["-h", "long"], &["-h", "full"]] {
        let ((ours, status), (theirs, _)) = (told(&link, args), told(Path::new("ffmpeg"), args));
        assert_eq!((status, difference(&args.join(" "), &ours, &theirs)), (Some(0), None));
    }
}
