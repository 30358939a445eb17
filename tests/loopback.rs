//! Loopback decoders (`-dec`): what an output's packets decode to, in a filtergraph of the same run. The reference is made
//! by two plain commands, which encode and then decode the file; and by the system's ffmpeg where that has `-dec`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::both::{knows_links, linked, run_in, scratch, unlike_ffmpeg};
use common::{assert_none, in_parallel, is_weir, weir};
use std::fs;
use std::path::Path;

/// Checksums of the frames in the order of the file.
fn frames(framemd5: &str) -> Vec<String> {
    let lines = framemd5.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit(',').next().unwrap().trim().to_owned()).collect()
}

/// What is encoded, and a filtergraph of the source and of that, which is called `DEC`.
const AS_FILES: [(&str, &str); 11] = [
    ("-map 0:v -c:v libx264 -preset veryfast -crf 45 -threads 1", "[0:v]DEChstack[s]"),
    ("-map 0:v -c:v libx264 -preset ultrafast -rc-lookahead 60 -bf 3 -threads 1", "DEC[0:v]vstack[s]"),
    ("-map 0:v -c:v mpeg4 -bf 2 -g 7 -q:v 9", "[0:v]DECblend=all_mode=difference[s]"),
    ("-map 0:v -c:v mpeg2video -b:v 90k -bf 2", "[0:v]split[a][b];[a]DECpsnr=stats_file=psnr.log[c];[c][b]hstack[s]"),
    ("-map 0:v -c:v ffvhuff", "DECsplit[a][b];[a]hflip[c];[b][c][0:v]hstack=3[s]"),
    ("-map 0:v -c:v ffv1", "[0:v]DECssim=ssim.log[s]"),
    ("-map 0:v -vf scale=160:90,hflip -c:v mpeg4 -q:v 5", "DECscale=320:180[a];[0:v][a]hstack[s]"),
    ("-map 0:v -r 5 -c:v mpeg4 -q:v 5", "[0:v]DEChstack[s]"),
    ("-map 0:v -t 0.8 -c:v mpeg4 -q:v 5", "[0:v]DEChstack[s]"),
    ("-map 0:a -c:a flac", "[0:a]DECamerge[s]"),
    ("-map 0:v -frames:v 9 -c:v libx264 -preset ultrafast -threads 1", "[0:v]DEChstack=shortest=1[s]"),
];

#[test]
fn a_filtergraph_gets_the_frames_that_the_file_holds() {
    if !is_weir() && !knows_links() {
        return;
    }
    let check = |&(encode, graph): &(&str, &str)| {
        let dir = scratch();
        let stack = |dec: &str| graph.replace("DEC", dec);
        let at_once = format!(
            "-v error -nostdin -y -i {{av.mp4}} {encode} at_once.mkv -dec 0:0 -filter_complex '{}' -map [s] -f framemd5 \
             at_once.md5",
            stack("[dec:0]")
        );
        let run = run_in(&weir(), dir.path(), &at_once);
        if run.code() != Some(0) {
            return Some(format!("{at_once}: {}", run.stderr));
        }
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        let log = ["psnr.log", "ssim.log"].into_iter().find(|log| dir.path().join(log).exists());
        let told = log.map(read);
        for line in [
            format!("-v error -nostdin -y -i {{av.mp4}} {encode} first.mkv"),
            format!(
                "-v error -nostdin -y -i {{av.mp4}} -i first.mkv -filter_complex '{}' -map [s] -f framemd5 then.md5",
                stack("[1:0]")
            ),
        ] {
            assert_eq!(run_in(&weir(), dir.path(), &line).code(), Some(0), "{line}");
        }
        if told != log.map(read) {
            return Some(format!("{at_once}: {} differs", log.unwrap_or_default()));
        }
        let (ours, reference) = (frames(&read("at_once.md5")), frames(&read("then.md5")));
        let same = !ours.is_empty() && ours == reference;
        (!same).then(|| format!("{at_once}: {} frames, of the file {}", ours.len(), reference.len()))
    };
    assert_none(&in_parallel(&AS_FILES, check), AS_FILES.len());
}

/// Command lines after the input; `one.md5` and `two.md5` are what is compared.
const AS_FFMPEG: [&str; 22] = [
    "-map 0:v -c:v libx264 -crf 45 -threads 1 o.mp4 -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -c:v ffv1 \
     -threads:v 1 -f framemd5 one.md5",
    "-map 0:v -c:v libx264 -threads 1 o.mp4 -threads 2 -dec 0:0 -filter_complex '[dec:0][0:v]psnr[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 -bf 2 o.mkv -dec 0:0 -filter_complex '[dec:0]null[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -enc_time_base 1:1000 -c:v mpeg4 o.mkv -dec 0:0 -filter_complex '[dec:0]null[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 o.mp4 -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -c:v mpeg4 -f avi one.md5",
    "-map 0:v -r 10 -c:v mpeg4 o.mp4 -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -frames:v 10 -c:v mpeg4 o.mp4 -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -ss 0.5 -t 1 -c:v mpeg4 o.mp4 -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 o.mp4 -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -frames:v 7 -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 o.mp4 -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -r 50 -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 -q:v 4 o.mp4 -map 0:v -c:v mjpeg o.mkv -dec 0:0 -dec 1:0 \
     -filter_complex '[0:v][dec:0][dec:1]hstack=3[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 o.mp4 -map 0:v -c:v mpeg4 o.mkv -dec 1:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] \
     -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 o.mp4 -dec 0:0 -dec 0:0 -filter_complex '[dec:0][dec:0][dec:1]hstack=3[s]' -map [s] -f framemd5 one.md5",
    "-dec 0:0 -filter_complex '[0:v]hflip,split[a][b]' -map [a] -c:v mpeg4 o.mp4 -filter_complex '[dec:0][0:v]hstack[s]' \
     -map [b] -f framemd5 one.md5 -map [s] -f framemd5 two.md5",
    "-map 0:v -c:v mpeg4 o.mp4 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -c:v mpeg4 -q:v 3 o.mkv -dec 0:0 -dec 1:0 \
     -filter_complex '[dec:1]hflip[t]' -map [t] -f framemd5 one.md5",
    "-map 0:a -c:a pcm_s16le o.mkv -dec 0:0 -filter_complex '[0:a][dec:0]amerge[s]' -map [s] -f framemd5 one.md5",
    "-map 0:a -c:a aac o.mp4 -dec 0:0 -filter_complex '[dec:0]anull[s]' -map [s] -f framemd5 one.md5",
    "-map 0:a -c:a ac3 o.mkv -dec 0:0 -filter_complex '[dec:0]atrim=start=0.1[s]' -map [s] -f framemd5 one.md5",
    "-map 0 -c:v mpeg4 -c:a pcm_s16le o.mkv -dec 0:1 -dec 0:0 -filter_complex '[0:v][dec:1]hstack[s];[dec:0]volume=0.5[t]' \
     -map [s] -map [t] -f framemd5 one.md5",
    "-map 0:v -f null - -dec 0:0 -filter_complex '[0:v][dec:0]hstack[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -c:v rawvideo o.mkv -dec 0:0 -filter_complex '[0:v][dec:0]blend=all_mode=difference[s]' -map [s] -f framemd5 one.md5",
    "-map 0:v -c:v mpeg4 o.mp4 -skip_frame nokey -c:v mpeg4 -dec 0:0 -filter_complex '[dec:0]null[s]' -map [s] -f framemd5 one.md5",
];

#[test]
fn it_is_all_as_with_an_ffmpeg_that_knows_it() {
    if !knows_links() {
        return;
    }
    let check = |line: &&str| unlike_ffmpeg(&format!("-hide_banner -nostdin -y -i {{av.mp4}} {line}"));
    assert_none(&in_parallel(&AS_FFMPEG, check), AS_FFMPEG.len());
}

#[test]
fn an_encoder_that_looks_far_ahead_holds_nobody_up() {
    if !is_weir() && !knows_links() {
        return;
    }
    // Two hundred frames wait for the first of what was encoded; the graph itself is slow, or an encoder behind it.
    for (encoder, graph) in [
        ("libx264 -preset ultrafast -x264-params mbtree=1:rc-lookahead=200:bframes=8", "[0:v][dec:0]hstack[s]"),
        ("mpeg4", "[0:v][dec:0]hstack,avgblur=20,avgblur=20[s]"),
    ] {
        let dir = scratch();
        let line = format!(
            "-v error -nostdin -y -i {{bcam.mp4}} -map 0:v -c:v {encoder} o.mkv -dec 0:0 -filter_complex '{graph}' -map [s] \
             -f framemd5 s.md5"
        );
        let run = run_in(&weir(), dir.path(), &line);
        assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
        let stacked = fs::read_to_string(dir.path().join("s.md5")).unwrap();
        assert_eq!(frames(&stacked).len(), 400, "{line}");
    }
}

#[test]
fn what_cannot_be_decoded_again_fails_as_in_ffmpeg() {
    const STACK: &str = "-filter_complex '[0:v][dec:0]hstack[s]' -map [s] -f null -";
    for (line, words) in [
        (format!("-map 0:v -c copy o.mp4 -dec 0:0 {STACK}"), "not encoded"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 -dec 0:1 {STACK}"), "output 0 has no stream 1"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 -dec 5:0 {STACK}"), "there is no output 5"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 -dec -1:0 {STACK}"), "dec but found: -1:0"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 {STACK}"), "there is no loopback decoder 0"),
        ("-map 0:v -c:v mpeg4 o.mp4 -dec 0:0".to_owned(), "Nothing takes what -dec 0:0 decodes"),
        (format!("-map 0:a -c:a flac o.mkv -dec 0:0 {STACK}"), "gives audio"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 -c:v nope -dec 0:0 {STACK}"), "'nope'"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 -c:v h264 -dec 0:0 {STACK}"), "h264 decodes h264"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 -crf 20 -dec 0:0 {STACK}"), "-crf is no option of the decoder mpeg4"),
        (format!("-map 0:v -c:v mpeg4 o.mp4 -t 1 -dec 0:0 {STACK}"), "cannot be applied to loopback decoder"),
        (
            "-filter_complex '[0:v]split[a][b];[b][dec:0]hstack[s]' -map [a] -c:v mpeg4 o.mp4 -dec 0:0 -map [s] -f null -"
                .to_owned(),
            "waits for itself",
        ),
    ] {
        let line = format!("-v error -hide_banner -nostdin -y -i {{av.mp4}} {line}");
        let dir = scratch();
        if is_weir() {
            let run = run_in(&linked(dir.path()), dir.path(), &line);
            assert_eq!(run.code(), Some(1), "{line}");
            assert!(run.stderr.contains(words), "{line}: {}", run.stderr);
        }
        if knows_links() {
            let theirs = run_in(Path::new("ffmpeg"), dir.path(), &line);
            assert_ne!(theirs.code(), Some(0), "{line}");
        }
    }
}
