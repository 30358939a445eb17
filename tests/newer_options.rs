//! Options that ffmpeg got after 5.1: with every FFmpeg as far as its libraries go, beside plain commands that do the same, and
//! beside the system's ffmpeg where that knows them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::both::{Both, run_in, scratch};
use common::{Run, is_weir, oracle_version, probe, weir};
use serde_json::Value;

/// The frames that a command line with `-f framemd5 -` gives: what stands behind the times.
fn frames_of(program: &Path, line: &str) -> Vec<String> {
    let dir = scratch();
    let run = run_in(program, dir.path(), &format!("-v error -nostdin {line} -f framemd5 -"));
    assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
    let text = String::from_utf8(run.stdout).unwrap();
    let frames = text.lines().filter(|line| !line.starts_with('#'));
    frames.map(|line| line.rsplit(',').take(2).map(str::trim).collect::<Vec<_>>().join(" ")).collect()
}

fn by_weir(line: &str) -> Vec<String> {
    frames_of(&weir(), line)
}

fn by_ffmpeg(line: &str) -> Vec<String> {
    frames_of(Path::new("ffmpeg"), line)
}

/// A run of weir in a folder that lives as long as what it is given to.
fn weir_in(dir: &Path, line: &str) -> Run {
    run_in(&weir(), dir, &format!("-v warning -nostdin -y {line}"))
}

/// The stream-wide side data of a file's pictures.
fn side_data(file: &Path) -> Value {
    let facts = probe(file).unwrap();
    facts.streams[0].get("side_data_list").cloned().unwrap_or(Value::Array(Vec::new()))
}

#[test]
fn pictures_are_turned_as_the_command_says_and_not_as_the_file_does() {
    for medium in ["{tiny.mp4}", "{rotated.mp4}"] {
        for (told, filters) in [
            ("-display_rotation 90", "transpose=cclock"),
            ("-display_rotation:v:0 -90", "transpose=clock"),
            ("-display_rotation 180", "hflip,vflip"),
            ("-display_hflip", "hflip"),
            ("-display_vflip", "vflip"),
            ("-display_rotation 90 -display_hflip", "transpose=cclock,hflip"),
            ("-display_rotation 0", "null"),
            ("-nodisplay_hflip", "null"),
        ] {
            let ours = by_weir(&format!("{told} -i {medium} -an -frames:v 3"));
            let theirs = by_ffmpeg(&format!("-noautorotate -i {medium} -an -frames:v 3 -vf {filters}"));
            assert_eq!(ours, theirs, "{medium} {told}");
            if oracle_version() >= (6, 0) {
                assert_eq!(ours, by_ffmpeg(&format!("{told} -i {medium} -an -frames:v 3")), "{medium} {told}");
            }
        }
        let other = format!("-display_rotation:a 90 -i {medium} -an -frames:v 3");
        assert_eq!(by_weir(&other), by_ffmpeg(&format!("-i {medium} -an -frames:v 3")));
    }
    // In a complex filtergraph, and not when pictures are to stay as they are.
    let line = |told: &str, filters: &str| format!("{told} -i {{tiny.mp4}} -filter_complex {filters} -an -frames:v 3");
    assert_eq!(by_weir(&line("-display_rotation 90", "null")), by_ffmpeg(&line("-noautorotate", "transpose=cclock")));
    assert_eq!(by_weir(&line("-display_rotation 90 -noautorotate", "null")), by_ffmpeg(&line("", "null")));
}

#[test]
fn copies_carry_the_orientation_that_the_command_says() {
    for (told, rotation) in [
        ("", Some(-90)),
        ("-display_rotation 90", Some(90)),
        ("-display_rotation:a 90", Some(-90)),
        ("-display_hflip", Some(-180)),
        ("-display_rotation 45", Some(45)),
        ("-display_rotation 0", None),
    ] {
        let dir = scratch();
        let line = format!("{told} -i {{rotated.mp4}} -c copy out.mp4");
        assert_eq!(weir_in(dir.path(), &line).code(), Some(0));
        let found = side_data(&dir.path().join("out.mp4"));
        assert_eq!(found[0]["rotation"].as_i64(), rotation, "{told}: {found}");
        if oracle_version() >= (6, 0) {
            let both = Both::run(&format!("-v error -nostdin -y {line}"));
            let [ours, theirs] = [&both.ours, &both.theirs].map(|(dir, _)| side_data(&dir.path().join("out.mp4")));
            assert_eq!(ours, theirs, "{told}");
        }
    }
}

const MASTERING: &str =
    "-mastering_display 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)' -content_light 1000,400";

#[test]
fn copies_and_encoded_streams_carry_the_light_that_the_command_tells() {
    for codec in ["copy", "mpeg4"] {
        let dir = scratch();
        let line = format!("{MASTERING} -i {{tiny.mp4}} -an -c:v {codec} out.mkv");
        assert_eq!(weir_in(dir.path(), &line).code(), Some(0));
        let found = side_data(&dir.path().join("out.mkv"));
        let list = found.as_array().unwrap();
        let of = |key: &str| list.iter().find_map(|data| data.get(key)).cloned();
        for (key, value) in [("red_x", "17/25"), ("white_point_y", "329/1000"), ("max_luminance", "1000/1")] {
            assert_eq!(of(key), Some(value.into()), "{codec}: {found}");
        }
        assert_eq!((of("max_content"), of("max_average")), (Some(1000.into()), Some(400.into())), "{codec}: {found}");
        if oracle_version() >= (9, 0) {
            let both = Both::run(&format!("-v error -nostdin -y {line}"));
            let [ours, theirs] = [&both.ours, &both.theirs].map(|(dir, _)| side_data(&dir.path().join("out.mkv")));
            assert_eq!(ours, theirs, "{codec}");
        }
    }
}

#[test]
fn margins_that_the_codec_names_stay_when_they_are_not_to_be_cut_off() {
    let frames = |program: &dyn Fn(&str) -> Vec<String>, said: &str| program(&format!("{said} -i {{margins.mp4}}"));
    // Their names came with FFmpeg 7.1, and with it cutting to the pixel; before, decoders took a number.
    let named = oracle_version() >= (7, 1);
    for (said, number) in
        [("", 1), ("-apply_cropping none", 0), ("-apply_cropping all", 1), ("-apply_cropping:v codec", 1)]
    {
        let numbered = format!("-apply_cropping {number}");
        let theirs = if named { said } else { &numbered };
        assert_eq!(frames(&by_weir, said), frames(&by_ffmpeg, theirs), "{said}");
        assert_eq!(frames(&by_weir, &numbered), frames(&by_weir, said), "{said}");
    }
    assert_ne!(frames(&by_weir, "-apply_cropping none"), frames(&by_weir, ""));
}

#[test]
fn margins_that_the_container_names_are_cut_off_where_the_libraries_tell_them() {
    if oracle_version() < (7, 1) {
        let dir = scratch();
        let run = weir_in(dir.path(), "-apply_cropping container -i {cropped.mkv} out.mkv");
        assert!(run.code() == Some(1) || !is_weir());
        assert!(run.stderr.contains("needs FFmpeg 7.1 or newer") || !is_weir(), "{}", run.stderr);
        return;
    }
    for (said, filters) in [
        ("", "crop=112:84:16:12"),
        ("-apply_cropping all", "crop=112:84:16:12"),
        ("-apply_cropping container", "crop=112:84:16:12"),
        ("-apply_cropping codec", "null"),
        ("-apply_cropping none", "null"),
        ("-display_rotation 90", "crop=112:84:16:12,transpose=cclock"),
    ] {
        let ours = by_weir(&format!("{said} -i {{cropped.mkv}}"));
        assert_eq!(ours, by_ffmpeg(&format!("-apply_cropping none -i {{cropped.mkv}} -vf {filters}")), "{said}");
        assert_eq!(ours, by_ffmpeg(&format!("{said} -i {{cropped.mkv}}")), "{said}");
    }
    let both = Both::run("-v error -nostdin -y -i {cropped.mkv} -c copy out.mp4");
    let [ours, theirs] = [&both.ours, &both.theirs].map(|(dir, _)| side_data(&dir.path().join("out.mp4")));
    assert_eq!(ours, theirs);
    assert_eq!(ours[0]["crop_left"], 16);
}

#[test]
fn frames_of_another_size_are_left_out_instead_of_rebuilding_the_filters() {
    let line = |options: &str| format!("{options} -i {{resizelittle.m2v}}");
    // Left as they come, frames tell by their bytes of which size they are.
    let mut first = by_ffmpeg(&line("-reinit_filter 0"));
    first.retain(|frame| frame.ends_with(" 4608"));
    assert!((8..=10).contains(&first.len()), "{first:?}");
    assert_eq!(by_weir(&line("-drop_changed 1")), first);
    assert_eq!(by_weir(&line("-drop_changed:v 1 -reinit_filter 0")), first);
    assert_eq!(by_weir(&line("-drop_changed 0")), by_ffmpeg(&line("")));
    assert_eq!(by_weir(&line("-drop_changed:a 1")), by_ffmpeg(&line("")));
    if oracle_version() >= (8, 1) {
        assert_eq!(by_ffmpeg(&line("-drop_changed 1")), first);
    }
    if is_weir() {
        let dir = scratch();
        let run = run_in(&weir(), dir.path(), &format!("-nostdin {} -f null -", line("-drop_changed 1")));
        assert_eq!(run.stderr.matches("changed to 96x64").count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains("frames of stream #0:0 had changed"), "{}", run.stderr);
    }
}

#[test]
fn a_filtergraph_that_hoards_frames_is_ended() {
    let line = |most: usize| {
        format!(
            "-v error -nostdin -y -filter_buffered_frames {most} -i {{tiny.mp4}} -filter_complex \
             '[0:v]split[a][b];[a]trim=start=0.8[c];[c][b]concat' -f null -"
        )
    };
    let dir = scratch();
    if oracle_version() < (8, 1) {
        let run = weir_in(dir.path(), &line(5));
        assert!(
            run.stderr.contains("-filter_buffered_frames needs FFmpeg 8.1 or newer") || !is_weir(),
            "{}",
            run.stderr
        );
        assert_eq!(weir_in(dir.path(), &line(0)).code() == Some(0), is_weir());
        return;
    }
    for most in [0, 5, 100] {
        let both = Both::run(&line(most));
        both.assert_same_end(&line(most));
        assert_eq!(both.ours.1.code() == Some(0), most != 5);
    }
    let run = weir_in(dir.path(), &line(5));
    assert!(run.stderr.contains("more than 5 frames wait") || !is_weir(), "{}", run.stderr);
}

/// Begin and length of a file's subtitles in milliseconds.
fn subtitles(file: &Path) -> Vec<(i64, i64)> {
    let facts = probe(file).unwrap();
    let kind = |index: usize| facts.streams[index]["codec_type"].as_str() == Some("subtitle");
    let packets = facts.packets.iter().filter(|packet| kind(packet.stream));
    packets.map(|packet| (packet.pts.unwrap(), packet.duration.unwrap())).collect()
}

/// Pictures with a keyframe each 0.48 s; subtitles from 0.2 to 0.9 and from 1.0 to 1.8 s.
const CAPTIONED: &str = "-fix_sub_duration -i {captioned.mkv}";

#[test]
fn keyframes_split_subtitles_that_are_still_shown() {
    if !is_weir() {
        return; // ffmpeg's results depend on which thread comes first.
    }
    let split = [(200, 280), (480, 420), (1000, 440), (1440, 360)];
    let x264 = "-c:v libx264 -preset ultrafast -g 12 -sc_threshold 0";
    for (told, expected) in [
        (format!("{CAPTIONED} -map 0 -c:v copy -fix_sub_duration_heartbeat"), &split[..]),
        (format!("{CAPTIONED} -map 0:s -map 0:v -c:v copy -fix_sub_duration_heartbeat:v:0"), &split),
        (format!("{CAPTIONED} -map 0 {x264} -bf 2 -fix_sub_duration_heartbeat"), &split),
        (format!("{CAPTIONED} -i {{cam.mp4}} -map 1:v -map 0:s {x264} -fix_sub_duration_heartbeat"), &split),
        (
            format!(
                "{CAPTIONED} -filter_complex '[0:v]null[v]' -map '[v]' -map 0:s {x264} -fix_sub_duration_heartbeat"
            ),
            &split,
        ),
        (format!("{CAPTIONED} -map 0 -c:v copy"), &[(200, 700), (1000, 800)]),
        (format!("{CAPTIONED} -map 0 -c:v copy -fix_sub_duration_heartbeat:s"), &[(200, 700), (1000, 800)]),
        ("-i {captioned.mkv} -map 0 -c:v copy -fix_sub_duration_heartbeat".to_owned(), &[(200, 700), (1000, 800)]),
        // The first keyframe of the output shows what was on already.
        (
            format!("{CAPTIONED} -ss 0.6 -map 0 {x264} -fix_sub_duration_heartbeat"),
            &[(0, 300), (400, 80), (480, 480), (960, 240)],
        ),
    ] {
        let dir = scratch();
        let run = weir_in(dir.path(), &format!("{told} -c:s ass out.mkv"));
        assert_eq!(run.code(), Some(0), "{told}: {}", run.stderr);
        assert_eq!(subtitles(&dir.path().join("out.mkv")), expected, "{told}");
    }
}

#[test]
fn pictures_are_not_encoded_on_for_the_sake_of_subtitles() {
    // The pictures have no end; the sound ends them.
    let dir = scratch();
    let line = "-f lavfi -i testsrc2=size=64x48:rate=25 -fix_sub_duration -i {sub.srt} -f lavfi -i sine=duration=1 \
                -map 0 -map 1 -map 2 -shortest -c:v mpeg4 -c:s ass -fix_sub_duration_heartbeat out.mkv";
    let run = weir_in(dir.path(), line);
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    let last = probe(&dir.path().join("out.mkv")).unwrap().packets.iter().filter_map(|packet| packet.pts).max();
    assert!(last.is_some_and(|ms| ms <= 1000), "{last:?}");
}

#[test]
fn how_much_the_search_for_the_shortest_stream_holds_back_is_the_users_choice() {
    let both = |options: &str| {
        let line = format!(
            "-v error -nostdin -y -i {{av.mp4}} -i {{shortaudio.mp4}} -map 0:v -map 1:a -c copy {options} out.mkv"
        );
        let dir = scratch();
        assert_eq!(weir_in(dir.path(), &line).code(), Some(0), "{options}");
        probe(&dir.path().join("out.mkv")).unwrap().packets
    };
    assert_eq!(both("-shortest -shortest_buf_duration 30"), both("-shortest"));
    let dir = scratch();
    for bad in ["x", "-1", "1:00"] {
        let run = weir_in(dir.path(), &format!("-i {{av.mp4}} -shortest -shortest_buf_duration {bad} out.mkv"));
        assert_eq!(run.code() == Some(0), !is_weir() && bad == "-1", "{bad}");
    }
}

#[test]
fn the_licence_has_two_spellings() {
    let dir = scratch();
    let said = |option: &str| run_in(&weir(), dir.path(), option).stdout;
    assert_eq!(said("-license"), said("-L"));
    assert!(!said("-L").is_empty());
}

#[test]
fn keyframes_come_where_a_filter_finds_new_scenes() {
    let scenes = "testsrc=s=64x64:r=25:d=0.4[a];smptebars=s=64x64:r=25:d=0.6[b];[a][b]concat,scdet";
    let line =
        format!("-f lavfi -i {scenes} -c:v mpeg4 -g 300 -sc_threshold 1000000000 -force_key_frames scd_metadata");
    let dir = scratch();
    let run = weir_in(dir.path(), &format!("{line} ours.mkv"));
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    let keys = |file: &str| -> Vec<Option<i64>> {
        let packets = probe(&dir.path().join(file)).unwrap().packets;
        packets.iter().filter(|packet| packet.flags.contains('K')).map(|packet| packet.pts).collect()
    };
    assert_eq!(keys("ours.mkv"), [Some(0), Some(400)]);
    if oracle_version() >= (8, 0) {
        let run = run_in(Path::new("ffmpeg"), dir.path(), &format!("-v error -nostdin -y {line} theirs.mkv"));
        assert_eq!(run.code(), Some(0), "{}", run.stderr);
        assert_eq!(keys("ours.mkv"), keys("theirs.mkv"));
    }
}

#[test]
fn an_input_with_a_rate_of_its_own_ends_with_its_last_picture() {
    let count = |line: &str| by_weir(line).len();
    let pictures = count("-i {av.mp4} -an -fps_mode passthrough");
    for rate in [10, 24, 25] {
        let line = format!("-r 12 -i {{av.mp4}} -an -vf fps={rate}");
        assert_eq!(count(&line), (pictures * rate + 6) / 12, "{line}");
        if oracle_version() >= (7, 0) {
            assert_eq!(by_weir(&line), by_ffmpeg(&line), "{line}");
        }
    }
}

#[test]
fn as_many_packets_of_sound_as_are_wanted_end_the_pictures_where_they_do_in_ffmpeg() {
    let pictures = |program: &Path, limit: &str| {
        let dir = scratch();
        let run = run_in(program, dir.path(), &format!("-v error -nostdin -y -i {{av.mp4}} {limit} -c copy out.mkv"));
        assert_eq!(run.code(), Some(0), "{limit}: {}", run.stderr);
        let facts = probe(&dir.path().join("out.mkv")).unwrap();
        [0, 1].map(|stream| facts.of_stream(stream).len())
    };
    let [whole, _] = pictures(&weir(), "");
    let [ours, sound] = pictures(&weir(), "-frames:a 20");
    let [theirs, _] = pictures(Path::new("ffmpeg"), "-frames:a 20");
    assert_eq!((sound, ours == whole), (20, theirs == whole), "{ours} and {theirs} of {whole} pictures");
}
