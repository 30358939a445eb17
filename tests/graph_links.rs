//! Complex filtergraphs that take what others give, by its label: the frames of the same thing written as one graph, with
//! every FFmpeg; and those of the system's ffmpeg where that knows such links.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::both::{knows_links, linked, mapping, run_in, scratch, unlike_ffmpeg, whole};
use common::{assert_none, in_parallel, weir};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder with sources: pictures that change size and format after the first five, and those that keep no rate.
fn sources() -> TempDir {
    let dir = scratch();
    for line in [
        "-f lavfi -i testsrc2=d=0.2:s=64x64 -start_number 0 %d.png",
        "-f lavfi -i testsrc2=d=0.2:s=128x96 -pix_fmt gray -start_number 5 %d.png",
        "-f lavfi -i testsrc2=d=1:s=64x64:r=30 -vf select=not(mod(n\\,7))+not(mod(n\\,5)) -fps_mode vfr -enc_time_base 1:1000 \
         -c:v ffv1 uneven.mkv",
    ] {
        let run = run_in(&weir(), dir.path(), &format!("-v error -nostdin -y {line}"));
        assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
    }
    dir
}

/// The line with its sources where they are.
fn placed(line: &str, sources: &TempDir) -> String {
    let names = ["%d.png", "0.png", "uneven.mkv"];
    names.iter().fold(line.to_owned(), |line, name| {
        line.replace(&format!("-i {name}"), &format!("-i {}", sources.path().join(name).display()))
    })
}

/// Output and checksum of each frame.
fn frames(framemd5: &str) -> Vec<(&str, &str)> {
    let lines = framemd5.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| (line.split(',').next().unwrap(), line.rsplit(',').next().unwrap().trim())).collect()
}

/// What comes before the graphs, the graphs with a bar between them, and what comes behind; the output is `one.md5`.
const AS_ONE: [(&str, &str, &str); 36] = [
    ("-i {av.mp4}", "[0:v]scale=160:90[a]|[a]hflip[b]", "-map [b]"),
    ("-i {av.mp4}", "[a]hflip[b]|[0:v]scale=160:90[a]", "-map [b]"),
    ("-i {av.mp4}", "[b]vflip[c]|[0:v]scale=160:90[a]|[a]hflip[b]", "-map [c]"),
    ("-i {av.mp4}", "[0:v]split=3[a][b][c]|[a]hflip[d]|[b][d]hstack[e]|[c]pad=2*iw:ih[f]|[f][e]vstack[g]", "-map [g]"),
    ("-i {av.mp4}", "[0:v]split=3[a][b][c]|[a]hflip[d]|[b]vflip[e]|[e][d]hstack[f]", "-map [f] -map [c]"),
    ("-i {av.mp4}", "[0:v]split[a][b]|[b][a]concat[c]", "-map [c]"),
    ("-i {av.mp4}", "[0:v]split[a][b]|[a]reverse[c]|[c][b]hstack[d]", "-map [d]"),
    ("-i {av.mp4}", "[0:v]tpad=stop_duration=1[a]|[a]reverse[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:v]trim=end_frame=9[a]|[a]hflip[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:v]format=yuv444p10[a]|[a]setsar=2[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:v]select=0[a]|[a]hflip[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:a]volume=0.5[a]|[a]aecho[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:a]aformat=s16,atempo=1.5[a]|[a]areverse[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:a]asettb=1/1000000[a]|[a]volume=2[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:a]asplit[a][b]|[a]volume=2[c]|[b][c]amerge[d]", "-map [d]"),
    ("-i {av.mp4}", "[0:v]hflip[v];[0:a]volume=2[a]|[v]negate[w];[a]aphaser[b]", "-map [w] -map [b]"),
    (
        "-i {av.mp4}",
        "[0:a]asplit[a][b]|[a]showwaves=s=320x180:r=25[w]|[0:v][w]overlay=shortest=1[o]",
        "-map [o] -map [b]",
    ),
    ("-ss 0.5 -t 0.4 -i {av.mp4}", "[0:v]hflip[v];[0:a]volume=2[a]|[v]negate[w];[a]volume=2[b]", "-map [w] -map [b]"),
    ("-i {av.mp4}", "[0:v]hflip[v];[0:a]volume=2[a]|[v]negate[w];[a]volume=2[b]", "-map [w] -map [b] -ss 0.5 -t 0.4"),
    ("-i {av.mp4}", "[0:v]hflip[v]|[v]negate[w]", "-map [w] -frames:v 5"),
    ("-i {av.mp4}", "[0:v]trim=end_frame=10[v]|[v]negate[w]", "-map [w] -map 0:a -shortest"),
    ("-readrate 4 -i {av.mp4}", "[0:v]hflip[v]|[v]negate[w]", "-map [w]"),
    ("-i {av.mp4} -i {video.mp4}", "[0:v]hflip[a]|[1:v][a]concat[b]", "-map [b]"),
    ("-i {av.mp4} -i {video.mp4}", "[0:v]hflip[a]|[a][1:v]concat[b]", "-map [b]"),
    ("-i {av.mp4} -i {video.mp4}", "[0:v][1:v]hstack[a]|[1:v][0:v]hstack[b]|[a][b]concat[c]", "-map [c]"),
    ("-i {av.mp4} -i {video.mp4}", "[0:v][1:v]concat[a]|[1:v][0:v]concat[b]|[a][b]vstack[c]", "-map [c]"),
    ("-f lavfi -i testsrc=d=1:s=64x64", "color=s=16x16[c]|[0:v][c]overlay=shortest=1[o]", "-map [o]"),
    ("-f lavfi -i testsrc=d=1:s=64x64", "color=s=16x16[c]|[c]hflip[d]|[0:v][d]overlay=shortest=1[o]", "-map [o]"),
    ("-f lavfi -i testsrc=d=1:s=64x64 -i 0.png", "[1:v]loop=-1:1[c]|[0:v][c]overlay=shortest=1[o]", "-map [o]"),
    ("-f lavfi -i testsrc=d=1:s=64x64", "[0:v]split[x][s]|[x]loop=-1:1[l]|[s][l]hstack=shortest=1[o]", "-map [o]"),
    (
        "-i {av.mp4} -i {video.mp4}",
        "color=s=64x180:r=25,split[c][d]|[1:v][c]hstack=shortest=1[x]|[0:v][d]hstack=shortest=1[y]|[y][x]concat[o]",
        "-map [o]",
    ),
    (
        "-i {av.mp4}",
        "[0:a]asplit=3[a][b][c]|[0:v]hflip[v];[a]atrim=end=0.4[d]|[b]atrim=start=0.3[e];[v]split[w][x]",
        "-map [c] -map [e] -map [d] -map [w] -map [x]",
    ),
    (
        "-i {av.mp4} -f lavfi -i testsrc=s=64x64:r=10",
        "[0:v]split[a][b]|[a][b]concat[c];[0:a]volume=0.5[s]|[s][0:a]amix=duration=shortest[t]|[c]negate[d]",
        "-map [t] -map [d] -frames:v 20",
    ),
    ("", "testsrc=s=64x64[c]|[c]hflip[p]|[p]trim=end_frame=9[o]", "-map [o]"),
    ("", "testsrc=s=64x64[c]|[c]hflip[o]", "-map [o] -t 1"),
    ("-i %d.png", "[0:v]crop=iw/2:ih[a]|[a]crop=16:16:0:0[b]", "-map [b]"),
];

/// The same where later ffmpegs round times to whole frames, or do not hand on where a stream ends.
const AS_ONE_WITH_TIMES: [(&str, &str, &str); 6] = [
    ("-i {av.mp4}", "[0:v]setpts=PTS*0.5[a]|[a]vflip[b]", "-map [b] -fps_mode passthrough -enc_time_base 1:90000"),
    ("-i {av.mp4}", "[0:v]hflip[a]|[a]fps=60[b]", "-map [b]"),
    ("-i {av.mp4}", "[0:v]settb=1/90000,hflip[a]|[a]settb=1/1000[b]", "-map [b]"),
    ("-i uneven.mkv", "[0:v]settb=1/90000[a]|[a]vflip[b]", "-map [b] -fps_mode passthrough -enc_time_base 1:90000"),
    ("-i uneven.mkv", "[0:v]fps=10[a]|[a]hflip[b]", "-map [b] -r 50"),
    ("-i {av.mp4}", "[0:v]hflip[a]|[a]setpts=N/FRAME_RATE/TB[b]", "-map [b]"),
];

/// Runs both ways of writing it; what is wrong.
fn compare((input, graphs, maps): &(&str, &str, &str), made: &TempDir, times: bool) -> Option<String> {
    let run = |graphs: &[&str]| {
        let dir = scratch();
        let graphs: String = graphs.iter().map(|graph| format!("-filter_complex '{graph}' ")).collect();
        let line = format!("-v error -nostdin -y {input} {graphs} {maps} -bitexact -f framemd5 one.md5");
        let line = placed(&line, made);
        let run = run_in(&weir(), dir.path(), &line);
        assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
        fs::read_to_string(dir.path().join("one.md5")).unwrap()
    };
    let several: Vec<&str> = graphs.split('|').collect();
    let (ours, reference) = (run(&several), run(&[&graphs.replace('|', ";")]));
    let same = if times { whole(&ours) == whole(&reference) } else { frames(&ours) == frames(&reference) };
    let some = graphs.contains("select=0") || !frames(&ours).is_empty();
    let counts = (frames(&ours).len(), frames(&reference).len());
    (!same || !some).then(|| format!("{input} {graphs} {maps}: {counts:?} frames"))
}

#[test]
fn several_graphs_give_what_one_graph_gives() {
    let made = sources();
    assert_none(&in_parallel(&AS_ONE, |row| compare(row, &made, !knows_links())), AS_ONE.len());
}

#[test]
fn times_stay_what_they_are_where_no_ffmpeg_rounds_them() {
    if !knows_links() {
        let made = sources();
        assert_none(&in_parallel(&AS_ONE_WITH_TIMES, |row| compare(row, &made, true)), AS_ONE_WITH_TIMES.len());
    }
}

/// Command lines; `one.md5` and `two.md5` are what is compared.
const AS_FFMPEG: [&str; 29] = [
    "-i {av.mp4} -filter_complex '[0:v]scale=160:90[a]' -filter_complex '[a]hflip[b]' -map [b] -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[a]hflip[b]' -filter_complex '[0:v]scale=160:90[a]' -map [b] -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]split=3[a][b][c]' -filter_complex '[a]hflip[d]' -filter_complex '[b][d]hstack[e]' \
     -map [e] -f framemd5 one.md5 -map [c] -f framemd5 two.md5",
    "-i {av.mp4} -filter_complex '[0:v]split[a][b]' -filter_complex '[a]hflip' -filter_complex '[b]vflip[c]' -map [c] -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:a]volume=0.5[a]' -filter_complex '[a]volume=2[b]' -map [b] -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:a]aresample=44100,asettb=1/1000[a]' -filter_complex '[a]volume=2[b]' -map [b] -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:a]volume=0.5[a]' -filter_complex '[a]volume=2[b]' -map [b] -c:a ac3 -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]settb=1/90000,hflip[a]' -filter_complex '[a]vflip[b]' -map [b] -fps_mode passthrough \
     -enc_time_base 1:90000 -f framemd5 one.md5",
    "-i uneven.mkv -filter_complex '[0:v]settb=1/90000,hflip[a]' -filter_complex '[a]vflip[b]' -map [b] -fps_mode passthrough \
     -enc_time_base 1:90000 -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]setpts=PTS*0.5[a]' -filter_complex '[a]vflip[b]' -map [b] -fps_mode passthrough \
     -enc_time_base 1:90000 -f framemd5 one.md5",
    "-i uneven.mkv -filter_complex '[0:v]setpts=PTS*0.5[a]' -filter_complex '[a]vflip[b]' -map [b] -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]setpts=PTS*0.5[a]' -filter_complex '[a]vflip[b]' -map [b] -fps_mode cfr -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]hflip[a]' -filter_complex '[a]settb=1/1000[b]' -map [b] -c:v mpeg4 -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]hflip[a]' -filter_complex '[a]fps=60[b]' -map [b] -f framemd5 one.md5",
    "-i uneven.mkv -filter_complex '[0:v]fps=10[a]' -filter_complex '[a]hflip[b]' -map [b] -r 50 -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]yadif=1[a]' -filter_complex '[a]null[b]' -map [b] -f framemd5 one.md5",
    "-i uneven.mkv -filter_complex '[0:v]hflip[a]' -filter_complex '[a]null[b]' -map [b] -c:v mpeg4 -bitexact -f avi one.md5",
    "-i {av.mp4} -filter_complex '[0:v]hflip[v];[0:a]volume=2[a]' -filter_complex '[v]negate[w];[a]volume=2[b]' -map [w] -map [b] \
     -ss 0.5 -t 0.4 -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]hflip[v]' -filter_complex '[v]negate[w]' -map [w] -frames:v 5 -f framemd5 one.md5",
    "-copyts -ss 0.5 -i {av.mp4} -filter_complex '[0:v]hflip[v]' -filter_complex '[v]negate[w]' -map [w] -f framemd5 one.md5",
    "-itsoffset 1 -i {av.mp4} -filter_complex '[0:v]hflip[v]' -filter_complex '[v]negate[w]' -map [w] -f framemd5 one.md5",
    "-i %d.png -filter_complex '[0:v]null[a]' -filter_complex '[a]crop=16:16:0:0[b]' -map [b] -f framemd5 one.md5",
    "-i %d.png -filter_complex '[0:v]scale=20:20,format=gray[a]' -filter_complex '[a]crop=iw/2:ih:0:0[b]' -map [b] -pix_fmt gray \
     -f framemd5 one.md5",
    "-filter_complex 'testsrc=s=64x64[c]' -filter_complex '[c]hflip[o]' -map [o] -t 1 -f framemd5 one.md5",
    "-f lavfi -i testsrc=d=1:s=64x64 -filter_complex 'color=s=16x16:d=2[c]' -filter_complex '[0:v][c]overlay=shortest=1[o]' -map [o] \
     -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]hflip[a]' -filter_complex '[0:v]vflip[a]' -filter_complex '[a]negate[b]' -map [b] -map [a] \
     -f framemd5 one.md5",
    "-i {av.mp4} -map 0:v -c:v mpeg4 o.mkv -dec 0:0 -filter_complex '[dec:0]hflip[a]' -filter_complex '[a][0:v]hstack[b]' -map [b] \
     -f framemd5 one.md5",
    "-i {av.mp4} -filter_complex '[0:v]hflip[a]' -filter_complex '[a]split[b][c]' -map [b] -c:v mpeg4 o.mkv -dec 0:0 \
     -filter_complex '[dec:0][c]hstack[d]' -map [d] -f framemd5 one.md5",
    "-i {av.mp4} -map 0:v -filter_complex '[0:v]scale=160:90[v]' -filter_complex '[v]vflip[b]' -map [b] -f framemd5 one.md5",
];

#[test]
fn it_is_all_as_with_an_ffmpeg_that_knows_it() {
    if !knows_links() {
        return;
    }
    let made = sources();
    let check = |line: &&str| unlike_ffmpeg(&placed(&format!("-hide_banner -nostdin -y {line}"), &made));
    assert_none(&in_parallel(&AS_FFMPEG, check), AS_FFMPEG.len());
}

/// What a job needed of memory at the most, in KiB.
fn peak_kib(line: &str) -> u64 {
    let dir = scratch();
    let run = run_in(&weir(), dir.path(), &format!("-hide_banner -nostdin -benchmark -y {line}"));
    assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
    let (_, told) = run.stderr.rsplit_once("maxrss=").expect("the peak is told");
    told.trim_start().split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[test]
fn what_nobody_wants_any_more_does_not_pile_up() {
    const LARGE: &str = "-f lavfi -i testsrc2=s=640x360";
    for line in [
        // The encoder, or the filtergraph, that took one output has ended; who takes the other one has enough.
        "-filter_complex 'testsrc2=s=640x360,split[x][y]' -filter_complex '[0:v][y]concat[z]' -map [x] -frames:v 5 -f null - \
         -map [z] -t 60 -f null -",
        "-filter_complex 'testsrc2=s=640x360,split[x][y]' -filter_complex '[x]trim=end_frame=5[p]' \
         -filter_complex '[0:v][y]concat[z]' -map [p] -f null - -map [z] -t 60 -f null -",
        // The filtergraph goes on, but without that input.
        "-f lavfi -i testsrc2=s=640x360 -filter_complex '[0:v]split[a][b]' \
         -filter_complex '[a]trim=end_frame=5[p];[1:v][p]overlay[o]' -map [o] -t 60 -f null - -map [b] -t 60 -f null -",
    ] {
        let peak = peak_kib(&format!("{LARGE} {line}"));
        assert!(peak < 300 << 10, "{peak} KiB: {line}");
    }
}

#[test]
fn a_long_row_of_graphs_with_two_ways_between_them_is_no_harder_than_its_length() {
    const LENGTH: usize = 30;
    let (dir, made) = (scratch(), sources());
    let pair = |at: usize| {
        let from = if at == 0 { "0:v".to_owned() } else { format!("c{at}") };
        let next = at + 1;
        format!("-filter_complex '[{from}]split[a{at}][b{at}]' -filter_complex '[a{at}][b{at}]overlay[c{next}]' ")
    };
    let graphs: String = (0..LENGTH).map(pair).collect();
    let line = format!("-v error -nostdin -y -i 0.png {graphs} -map [c{LENGTH}] -f framemd5 one.md5");
    let run = run_in(&weir(), dir.path(), &placed(&line, &made));
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    assert_eq!(frames(&fs::read_to_string(dir.path().join("one.md5")).unwrap()).len(), 1);
}

#[test]
fn what_has_no_label_takes_what_others_have_left_before_it_takes_a_stream() {
    for (graphs, maps) in [
        ("-filter_complex '[0:v]hflip[x]' -filter_complex 'vflip[y]'", "-map [y]"),
        ("-filter_complex 'vflip[y]' -filter_complex '[0:v]hflip[x]'", "-map [y]"),
        ("-filter_complex 'vflip[y]' -filter_complex 'hflip[x]'", "-map [y]"),
    ] {
        let mut told = Vec::new();
        for graphs in [graphs, "-filter_complex '[0:v]hflip,vflip[y]'"] {
            let dir = scratch();
            let line = format!("-v error -nostdin -y -i {{av.mp4}} {graphs} {maps} -f framemd5 one.md5");
            let run = run_in(&weir(), dir.path(), &line);
            assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
            told.push(fs::read_to_string(dir.path().join("one.md5")).unwrap());
        }
        assert_eq!(frames(&told[0]), frames(&told[1]), "{graphs}");
    }
}

#[test]
fn what_leads_nowhere_or_in_a_ring_is_refused_before_anything_is_written() {
    for (graphs, words) in [
        (
            "-filter_complex '[b]scale=64:64[a]' -filter_complex '[a]hflip[b]' -map 0:v",
            "wait for one another in a ring",
        ),
        (
            "-filter_complex '[0:v][b]overlay[a]' -filter_complex '[a]split[b][c]' -map [c]",
            "waits for [b] from '[a]split[b][c]'",
        ),
        (
            "-filter_complex '[0:v]scale=64:64[a]' -filter_complex '[a]hflip[b]' -map [b] -map [a]",
            "goes to output stream #0:1",
        ),
        (
            "-filter_complex '[0:v]null[a]' -filter_complex '[a]hflip[b]' -filter_complex '[a]vflip[c]' -map [b] -map [c]",
            "filtergraph 1 takes it already",
        ),
        (
            "-filter_complex '[0:a]volume=2[a]' -filter_complex '[a]hflip[b]' -map [b]",
            "is audio from the filter volume",
        ),
        ("-filter_complex '[0:v]hflip[a]' -filter_complex '[a]volume=2[b]' -map [b]", "takes audio"),
        ("-filter_complex '[0:v]hflip[a]' -filter_complex '[x]hflip[b]' -map [b]", "[x] is neither made by a filter"),
        ("-filter_complex '[0:v]hflip[a]' -filter_complex '[a]hflip[b]'", "has an unconnected output"),
    ] {
        let dir = scratch();
        let line = format!("-v error -nostdin -y -i {{av.mp4}} {graphs} out.mkv");
        let run = run_in(&weir(), dir.path(), &line);
        assert_eq!(run.code(), Some(1), "{line}");
        assert!(run.stderr.contains(words), "{line}: {}", run.stderr);
        assert!(!dir.path().join("out.mkv").exists(), "{line}");
        if knows_links() && !words.contains("[x]") {
            let theirs = run_in(Path::new("ffmpeg"), dir.path(), &line);
            assert!(theirs.code() != Some(0), "{line}");
        }
    }
}

#[test]
fn the_plan_and_the_mapping_tell_which_graph_takes_what() {
    let dir = scratch();
    let graphs =
        "-i {av.mp4} -filter_complex '[0:v]scale=64:64[a]' -filter_complex '[a]hflip[b]' -map [b] -c:v mpeg4 out.mkv";
    let told = run_in(&weir(), dir.path(), &format!("-nostdin -hide_banner --explain {graphs}"));
    let text = String::from_utf8_lossy(&told.stdout).into_owned() + &told.stderr;
    assert!(text.contains("Filtergraph 1: [a]hflip[b] (scale:default of filtergraph 0 into hflip:default)"), "{text}");
    let run = run_in(&linked(dir.path()), dir.path(), &format!("-nostdin -hide_banner -y {graphs}"));
    let lines = ["  Stream #0:0 (h264) -> scale:default (graph 0)", "  hflip:default (graph 1) -> Stream #0:0 (mpeg4)"];
    assert_eq!(mapping(&run.stderr), lines);
}
