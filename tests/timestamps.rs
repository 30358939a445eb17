//! Whatever the input's clock does, the output's runs evenly: DTS rises strictly, PTS never lies before DTS, after a jump
//! or a seam there is no hole, no overlap and no burst, and sound and picture stay in step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::media::path;
use common::{FileFacts, LIMIT, assert_none, in_parallel, probe, run, weir, words};

/// A command line and how many seconds of picture and sound must come out of it.
struct Case {
    args: &'static str,
    seconds: f64,
    /// How much longer the sound lasts.
    sound_longer: f64,
}

const fn lasts(seconds: f64, args: &'static str) -> Case {
    Case { args, seconds, sound_longer: 0.0 }
}

const fn apart(seconds: f64, sound_longer: f64, args: &'static str) -> Case {
    Case { args, seconds, sound_longer }
}

const TRANSCODE_TO_MP4: &str = "-c:v libx264 -preset ultrafast -g 25 -c:a aac out.mp4";
const TRANSCODE_TO_FLV: &str = "-c:v libx264 -preset veryfast -bf 2 -c:a aac out.flv";
const COPY_TO_FLV: &str = "-c copy out.flv";
const COPY_TO_TS: &str = "-c copy out.ts";
const COPY_TO_MP4: &str = "-c copy out.mp4";

/// Runs each case with each ending and reports what is wrong in any of them.
fn check(cases: &[Case], endings: &[&str]) {
    let all: Vec<(&Case, &str)> =
        cases.iter().flat_map(|case| endings.iter().map(move |ending| (case, *ending))).collect();
    let complaints = in_parallel(&all, |(case, ending)| {
        let line = format!("{} {ending}", case.args);
        judge(&line, case).err().map(|wrong| format!("{wrong}\n      {line}"))
    });
    assert_none(&complaints, all.len());
}

fn judge(line: &str, case: &Case) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let args = words(&format!("-nostdin -y -hide_banner -v error {line}"));
    let run = run(&weir(), &args, dir.path(), LIMIT);
    if let Some(wrong) = run.misbehaviour() {
        return Err(wrong);
    }
    if run.code() != Some(0) {
        return Err(format!("status {:?}: {}", run.code(), run.tail()));
    }
    even(&probe(&dir.path().join(args.last().unwrap()))?, case.seconds, case.sound_longer)
}

/// Each stream's clock runs evenly, and all streams last as long as they should.
fn even(facts: &FileFacts, seconds: f64, sound_longer: f64) -> Result<(), String> {
    for (index, stream) in facts.streams.iter().enumerate() {
        let tick = facts.tick(index);
        let kind = stream["codec_type"].as_str().unwrap();
        let packets = facts.of_stream(index);
        // The usual distance; a hole is more than one frame on top of it, a burst less than a third of it.
        let mut steps = Vec::new();
        for pair in packets.windows(2) {
            let (Some(before), Some(after)) = (pair[0].dts, pair[1].dts) else {
                return Err(format!("{kind}: a packet without a dts"));
            };
            if after <= before {
                return Err(format!("{kind}: dts {after} after {before}"));
            }
            #[allow(clippy::cast_precision_loss)]
            steps.push(((after - before) as f64 * tick, before));
        }
        if let Some(early) = packets.iter().find(|packet| packet.pts < packet.dts) {
            return Err(format!("{kind}: pts before dts in {early}"));
        }
        let mut sorted: Vec<f64> = steps.iter().map(|(step, _)| *step).collect();
        sorted.sort_by(f64::total_cmp);
        let usual = sorted[sorted.len() / 2];
        if let Some((step, at)) = steps.iter().find(|(step, _)| *step > 2.0 * usual + 2.0 * tick) {
            return Err(format!("{kind}: a hole of {step:.3} s after dts {at}, where {usual:.3} s is usual"));
        }
        let short = steps.iter().filter(|(step, _)| *step < usual / 3.0).count();
        if short > 2 {
            return Err(format!("{kind}: {short} packets crowded, less than a third of {usual:.3} s apart"));
        }
        let span: f64 = sorted.iter().sum::<f64>() + usual;
        let seconds = if kind == "audio" { seconds + sound_longer } else { seconds };
        // A frame a seam, and what an encoder puts in front.
        if (span - seconds).abs() > 0.15 {
            return Err(format!("{kind}: {span:.3} s, where {seconds} s are expected"));
        }
    }
    Ok(())
}

#[test]
fn what_has_no_end_ends_with_the_copy_beside_it() {
    // All of the copy is there before the encoder's first packet.
    let pictures = [
        lasts(2.0, "-i {av.mp4} -f lavfi -i anullsrc -map 0:v -map 1:a -shortest -c:v copy"),
        lasts(2.0, "-i {av.mp4} -stream_loop -1 -i {av.mp4} -map 0:v -map 1:a -shortest -c:v copy"),
        lasts(2.0, "-i {av.mp4} -map 0:v -map 0:a -af apad -shortest -c:v copy"),
        lasts(2.0, "-i {av.mp4} -i {longaudio.mp4} -map 0:v -map 1:a -shortest -c:v copy"),
        lasts(0.8, "-i {av.mp4} -f lavfi -i anullsrc -map 0:v -map 1:a -frames:v 20 -c:v copy"),
    ];
    check(&pictures, &["-c:a aac out.mp4", "-c:a pcm_s16le out.mov", "-c:a libmp3lame out.ts"]);
    let sound = [lasts(2.0, "-f lavfi -i testsrc2=s=64x48 -i {av.mp4} -map 0:v -map 1:a -shortest -c:a copy")];
    check(&sound, &["-c:v mpeg4 out.mp4", "-c:v libx264 -preset ultrafast out.ts"]);
}

#[test]
fn what_has_no_end_ends_with_what_never_began() {
    let dir = tempfile::tempdir().unwrap();
    for line in [
        "-ss 100 -i {av.mp4} -f lavfi -i anullsrc -map 0:v -map 1:a -c:a pcm_s16le",
        "-i {av.mp4} -f lavfi -i anullsrc -map 0:v -map 1:a -vf select=0 -c:a pcm_s16le",
        "-ss 100 -i {av.mp4} -stream_loop -1 -i {av.mp4} -map 0:v -map 1:a -c:a copy",
    ] {
        let line = format!("-v error {line} -c:v mpeg4 -shortest -y out.mkv");
        let run = run(&weir(), &words(&line), dir.path(), LIMIT);
        assert_eq!(run.code(), Some(0), "{line}: {}", run.tail());
        assert!(std::fs::metadata(dir.path().join("out.mkv")).unwrap().len() < 20_000, "{line}");
    }
}

#[test]
fn a_jump_of_the_clock_leaves_no_hole_in_a_copy() {
    let cases = [lasts(4.0, "-i {backward.ts}"), lasts(4.0, "-i {forward.ts}")];
    check(&cases, &[COPY_TO_FLV, COPY_TO_TS, COPY_TO_MP4]);
}

#[test]
fn a_jump_of_the_clock_leaves_no_hole_in_a_transcode() {
    let cases = [lasts(4.0, "-i {backward.ts}"), lasts(4.0, "-i {forward.ts}")];
    check(&cases, &[TRANSCODE_TO_MP4, TRANSCODE_TO_FLV]);
}

#[test]
fn edits_that_begin_between_keyframes_are_cut_exactly() {
    let cases = [lasts(1.4, "-i {edits.mp4}"), lasts(2.8, "-stream_loop 1 -i {edits.mp4}")];
    check(&cases, &[TRANSCODE_TO_MP4, TRANSCODE_TO_FLV, "-c:v mpeg4 -c:a pcm_s16le out.mkv"]);
}

#[test]
fn pieces_of_a_list_that_begin_between_keyframes_are_cut_exactly() {
    // Of pictures in their order: libavformat ends a piece by decoding times.
    let file = path("cam.mp4");
    let piece = |from: f64, to: f64| format!("file '{}'\ninpoint {from}\noutpoint {to}\n", file.display());
    for (ending, name) in
        [("-c:v libx264 -preset ultrafast -c:a aac", "out.mp4"), ("-c:v ffv1 -c:a pcm_s16le", "out.mkv")]
    {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("l"), [piece(0.0, 0.8), piece(1.2, 1.8), piece(0.6, 1.1)].concat()).unwrap();
        let run = run(&weir(), &words(&format!("-v error -f concat -safe 0 -i l {ending} {name}")), dir.path(), LIMIT);
        assert_eq!(run.code(), Some(0), "{}", run.tail());
        even(&probe(&dir.path().join(name)).unwrap(), 1.9, 0.0).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    }
}

/// Status 0, though libavformat calls packets at the joint corrupt.
#[test]
fn files_joined_end_to_end_are_whole() {
    let cases = [lasts(4.0, "-i concat:{av.ts}|{av.ts}"), lasts(6.0, "-i concat:{av.ts}|{av.ts}|{av.ts}")];
    check(&cases, &[COPY_TO_FLV, COPY_TO_TS, COPY_TO_MP4, TRANSCODE_TO_MP4]);
}

/// The order is that of the file from which the pictures were taken, which does tell it.
#[test]
fn pictures_whose_times_are_missing_are_shown_in_their_order() {
    let outputs = |formats: &'static [&str]| formats.iter();
    let cases: Vec<(&str, &str, &str)> = [
        ("gop.mp4", "gop.avi", outputs(&["mkv", "mp4", "flv", "ts", "mov"])),
        ("gop.mp4", "gop.h264", outputs(&["mkv", "mp4", "flv", "ts"])),
        ("gop5.mp4", "gop.hevc", outputs(&["mkv", "mp4", "ts"])),
        ("gop4.mp4", "gop4.avi", outputs(&["mkv", "mp4", "ts"])),
        ("gop2.mp4", "gop2.m2v", outputs(&["mkv", "mp4", "ts"])),
    ]
    .into_iter()
    .flat_map(|(from, input, formats)| formats.map(move |format| (from, input, *format)))
    .collect();
    let shown = |facts: &FileFacts| {
        let tick = facts.tick(0);
        #[allow(clippy::cast_precision_loss)]
        let times: Vec<f64> =
            facts.of_stream(0).iter().map(|p| p.pts.map_or(f64::NAN, |pts| pts as f64 * tick)).collect();
        times.iter().map(|time| time - times[0]).collect::<Vec<_>>()
    };
    let complaints = in_parallel(&cases, |(from, input, format)| {
        let dir = tempfile::tempdir().unwrap();
        let line = format!("-nostdin -y -v error -i {{{input}}} -c copy out.{format}");
        let run = run(&weir(), &words(&line), dir.path(), LIMIT);
        if run.code() != Some(0) {
            return Some(format!("{line}: status {:?}: {}", run.code(), run.tail()));
        }
        let (told, expected) = (
            shown(&probe(&dir.path().join(format!("out.{format}"))).unwrap()),
            shown(&probe(&common::media::path(from)).unwrap()),
        );
        let differ = told.len() != expected.len()
            || told.iter().zip(&expected).any(|(a, b)| a.is_nan() || (a - b).abs() > 0.002);
        differ.then(|| format!("{line}: {told:?}, where {expected:?} is right"))
    });
    assert_none(&complaints, cases.len());
}

#[test]
fn a_clock_that_starts_over_leaves_decoding_times_even_where_the_container_has_none() {
    let cases = [lasts(4.0, "-i {twice.mkv}")];
    check(&cases, &[COPY_TO_FLV, COPY_TO_TS, COPY_TO_MP4, TRANSCODE_TO_MP4, TRANSCODE_TO_FLV]);
}

#[test]
fn a_clock_that_was_another_for_a_while_leaves_no_hole() {
    check(&[lasts(2.0, "-i {clusterback.mkv}")], &[COPY_TO_FLV, COPY_TO_TS, COPY_TO_MP4, TRANSCODE_TO_MP4]);
}

#[test]
fn one_time_that_is_astray_moves_nothing_else() {
    check(
        &[lasts(2.0, "-i {astray.flv}"), lasts(2.0, "-i {astray.ts}")],
        &[COPY_TO_FLV, COPY_TO_TS, COPY_TO_MP4, TRANSCODE_TO_MP4],
    );
}

#[test]
fn a_clock_that_wraps_runs_on() {
    check(&[lasts(2.0, "-i {wrap.ts}")], &[COPY_TO_FLV, COPY_TO_TS, COPY_TO_MP4, TRANSCODE_TO_MP4, TRANSCODE_TO_FLV]);
}

#[test]
fn the_seams_of_a_loop_are_even_when_sound_and_picture_are_as_long() {
    check(&[lasts(6.0, "-stream_loop 2 -i {av.mp4}")], &[COPY_TO_FLV, COPY_TO_MP4, TRANSCODE_TO_MP4]);
}

#[test]
fn the_seams_of_a_loop_are_even_when_the_sound_is_longer() {
    // The last pass is whole: its sound goes on for the half second that it is longer.
    check(&[apart(6.0, 0.5, "-stream_loop 2 -i {longaudio.mp4}")], &[COPY_TO_FLV, COPY_TO_MP4, TRANSCODE_TO_MP4]);
}

#[test]
fn the_seams_of_a_loop_are_even_when_the_sound_is_shorter() {
    // The last pass ends as it is: its sound is half a second shorter.
    let case = apart(6.0, -0.5, "-stream_loop 2 -i {shortaudio.mp4}");
    check(&[case], &[COPY_TO_FLV, COPY_TO_MP4, TRANSCODE_TO_MP4, TRANSCODE_TO_FLV]);
}

#[test]
fn the_seams_of_a_loop_are_even_where_the_first_pass_begins_later() {
    for input in ["-stream_loop 2 -ss 1 -i {gop.mp4}", "-stream_loop 2 -sseof -1 -i {gop.mp4}"] {
        check(&[lasts(5.0, input)], &[TRANSCODE_TO_MP4]);
        // A copy begins with the keyframe before.
        check(&[lasts(5.1, input)], &[COPY_TO_FLV, COPY_TO_MP4]);
    }
}

#[test]
fn the_seams_of_a_loop_are_even_where_timestamps_are_looked_for() {
    check(&[lasts(6.0, "-stream_loop 2 -i {gop.ts}")], &[COPY_TO_FLV, COPY_TO_MP4, TRANSCODE_TO_MP4]);
}

/// Packets end where they end; what is decoded is cut and filled to the sample, so that nothing adds up over the passes.
#[test]
fn decoded_sound_keeps_step_with_its_pictures_over_many_passes() {
    // How many samples the last pass has; MPEG-TS does not tell what is a codec's padding.
    let sources = [
        ("av.mp4", 88_200),
        ("av.mkv", 88_200),
        ("gop.ts", 88 * 1024),
        ("longaudio.mp4", 110_250),
        ("shortaudio.mp4", 66_150),
    ];
    for (source, last) in sources {
        let line = format!("-stream_loop 19 -i {{{source}}} -map 0:v -f null - -map 0:a -c:a pcm_s16le -ac 1 out.wav");
        let facts = made(&line);
        let samples = (facts.packets.iter().map(|packet| packet.size).sum::<u64>() / 2) as i64;
        let expected = 19 * 88_200 + last;
        assert!((samples - expected).abs() <= 1024, "{source}: {samples} samples, not {expected}");
    }
}

/// The codec's padding is cut off the end of each pass but the last one, whose is heard as in ffmpeg.
#[test]
fn looped_sound_alone_has_all_of_its_samples_and_nothing_between_them() {
    let samples = |line: &str| {
        let facts = made(&format!("{line} -c:a pcm_s16le -ac 1 out.wav"));
        let bytes: u64 = facts.packets.iter().map(|packet| packet.size).sum();
        bytes / 2
    };
    let once = samples("-i {audio.m4a}");
    let told = 2 * 44_100;
    // Later FFmpegs cut the padding off by themselves.
    assert!(once >= told, "{once}");
    assert_eq!(samples("-stream_loop 3 -i {audio.m4a}"), 3 * told + once);
}

#[test]
fn an_endless_loop_ends_where_it_is_told_to() {
    check(&[lasts(5.0, "-stream_loop -1 -i {av.mp4} -t 5")], &[COPY_TO_FLV, TRANSCODE_TO_FLV]);
}

#[test]
fn b_frames_in_each_container_have_rising_dts() {
    let cases =
        [lasts(2.0, "-i {av.mp4}"), lasts(2.0, "-i {av.mkv} -sn"), lasts(2.0, "-i {av.ts}"), lasts(2.0, "-i {av.flv}")];
    check(&cases, &[TRANSCODE_TO_FLV, TRANSCODE_TO_MP4]);
}

/// What weir makes of a command line, whose last word is the file.
fn made(line: &str) -> FileFacts {
    let dir = tempfile::tempdir().unwrap();
    let args = words(&format!("-nostdin -y -v error {line}"));
    let run = run(&weir(), &args, dir.path(), LIMIT);
    assert_eq!(run.code(), Some(0), "{}", run.tail());
    probe(&dir.path().join(args.last().unwrap())).unwrap()
}

/// Sources and loops of a filtergraph go on by themselves, as fast as they are let.
#[test]
fn what_a_filtergraph_makes_of_nothing_stays_beside_what_is_read_in_real_time() {
    let lines = [
        "-re -i {av.mp4} -filter_complex anullsrc[a] -map 0:v -map [a] -shortest -c:v copy -c:a aac out.mkv",
        "-re -i {av.mp4} -filter_complex testsrc2=s=64x48[v] -map [v] -map 0:a -shortest -c:v mpeg4 -c:a copy out.mkv",
        "-re -i {av.mp4} -filter_complex [0:v]loop=-1:10[v] -map [v] -map 0:a -shortest -c:v mpeg4 -c:a copy out.mkv",
    ];
    let complaints = in_parallel(&lines, |line| {
        let facts = made(line);
        let ends_ms: Vec<i64> = [0, 1].map(|stream| facts.of_stream(stream).last().unwrap().pts.unwrap()).to_vec();
        ((ends_ms[0] - ends_ms[1]).abs() > 200).then(|| format!("{line}: {ends_ms:?}"))
    });
    assert_none(&complaints, lines.len());
}

/// Clips of 25 and of 30 pictures a second, side by side and one behind the other; in MP4 ffmpeg 5.1 makes a million a second of
/// them.
#[test]
fn pictures_that_have_no_rate_in_common_are_not_repeated() {
    let sources = "-f lavfi -i testsrc=s=64x48:d=1:r=25 -f lavfi -i testsrc=s=64x48:d=1:r=30 -c:v libx264";
    for (joint, pictures, seconds) in [("[0:v][1:v]hstack", 50, 1), ("[0:v][1:v]concat", 55, 2)] {
        let made = |rest: &str| made(&format!("{sources} -filter_complex {joint} {rest} out.mp4")).packets.len();
        assert_eq!(made(""), pictures, "{joint}");
        for (rate, rest) in [(30, "-r 30"), (25, "-fps_mode cfr")] {
            assert!(made(rest).abs_diff(rate * seconds) <= 3, "{joint} {rest}");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let line = format!("-v warning -nostdin -y {sources} -filter_complex [0:v][1:v]concat -c:v mpeg4 out.avi");
    let refused = run(&weir(), &words(&line), dir.path(), LIMIT);
    assert_eq!(refused.code(), Some(1));
    assert!(refused.stderr.contains("-r 25, or fps=25 as the last filter"), "{}", refused.stderr);
}

/// ffmpeg 7 and newer leave them where they were in the source.
#[test]
fn a_seek_behind_the_input_moves_encoded_subtitles_with_their_pictures() {
    let [whole, cut] = ["", "-ss 0.52"].map(|seek| {
        let facts = made(&format!("-i {{av.mkv}} -c:v ffv1 -an {seek} out.mkv"));
        facts.of_stream(1).last().unwrap().pts.unwrap()
    });
    assert_eq!(whole - cut, 520);
}

/// libavformat alone would write half a minute of sound first.
#[test]
fn sound_lies_beside_its_pictures_in_the_file_although_their_encoder_looks_ahead() {
    for line in ["-i {slides.mp4} -c:v libx264 -c:a copy out.mkv", "-i {slides.mp4} -c:v libx264 -c:a aac out.mp4"] {
        let facts = made(line);
        let sound = |packet: &common::PacketFact| packet.stream == 1;
        let longest = facts.packets.chunk_by(|a, b| sound(a) == sound(b)).filter(|run| sound(&run[0])).map(<[_]>::len);
        // 47 packets are a second; B-frames are three pictures apart.
        assert!(longest.max().unwrap() < 47 * 6, "{line}");
        assert_eq!(facts.packets.iter().filter(|packet| !sound(packet)).count(), 90, "{line}");
    }
}

/// Where libavformat waits less for a stream than its encoder looks ahead, the order is not that of threads.
#[test]
fn streams_lie_alike_in_each_run_however_little_the_muxer_waits() {
    let line = "-i {av.mp4} -c:v libx264 -preset medium -c:a aac -bitexact -max_interleave_delta 100000 out.mkv";
    let order = || made(line).packets.iter().map(|packet| (packet.stream, packet.dts)).collect::<Vec<_>>();
    let first = order();
    (0..5).for_each(|_| assert_eq!(order(), first));
}

#[test]
fn the_judgement_sees_a_hole_a_burst_and_a_step_back() {
    let facts = |dts: &[i64]| FileFacts {
        packets: dts
            .iter()
            .map(|dts| common::PacketFact {
                stream: 0,
                pts: Some(*dts),
                dts: Some(*dts),
                duration: None,
                flags: String::new(),
                size: 1,
                hash: String::new(),
            })
            .collect(),
        streams: vec![serde_json::json!({"time_base": "1/1000", "codec_type": "video"})],
        format: serde_json::Value::Null,
        chapters: Vec::new(),
    };
    let good = [0, 40, 80, 120, 160, 200];
    assert_eq!(even(&facts(&good), 0.24, 0.0), Ok(()));
    assert!(even(&facts(&good), 1.0, 0.0).unwrap_err().contains("expected"));
    assert!(even(&facts(&[0, 40, 80, 160, 160]), 0.2, 0.0).unwrap_err().contains("dts 160 after 160"));
    assert!(even(&facts(&[0, 40, 80, 120, 160, 300]), 0.34, 0.0).unwrap_err().contains("hole"));
    assert!(
        even(&facts(&[0, 40, 80, 120, 160, 200, 240, 280, 281, 282, 283]), 0.32, 0.0).unwrap_err().contains("crowded")
    );
}
