//! Stream groups: the same files as ffmpeg's where the libraries have such groups, one clear sentence where they do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod common;

use std::fs;

use common::both::{Both, run_in, scratch, without_addresses};
use common::{oracle_major, weir};

/// Sound of six channels, one file a stream: front, side, centre and the low one.
const SOUND: &str = "-hide_banner -nostdin -y -f lavfi -i \
    'aevalsrc=0.3*sin(700*t)|0.3*sin(900*t)|0.2*sin(500*t)|0.2*sin(80*t)|0.1*sin(1100*t)|0.1*sin(1300*t):c=5.1(side):\
    s=48000:d=0.5' -filter_complex '[0:a]asplit=4[a][b][c][d];[a]channelmap=0|1:stereo[front];\
    [b]channelmap=4|5:stereo[side];[c]channelmap=2:mono[centre];[d]channelmap=3:mono[low]'";

const MAPS: &str =
    "-map [front] -map [side] -map [centre] -map [low] -streamid 0:0 -streamid 1:1 -streamid 2:2 -streamid 3:3";

/// An audio element of two layers and a mix of it. FFmpeg 9 calls a layout of the standard by its right name.
fn groups() -> String {
    let surround = if oracle_major() >= 9 { "5.1(side)" } else { "5.1" };
    format!(
        "-stream_group 'type=iamf_audio_element:id=1:st=0:st=1:st=2:st=3:default_w=10,\
         demixing=dmixp_mode=1:parameter_id=998,recon_gain=parameter_id=101,layer=ch_layout=stereo,\
         layer=ch_layout={surround}' -stream_group 'type=iamf_mix_presentation:id=2:stg=0:annotations=en-us=A_Mix,\
         submix=parameter_id=100:parameter_rate=48000|element=stg=0:parameter_id=100:annotations=en-us=Submix|\
         layout=sound_system=stereo:integrated_loudness=1.0|layout=sound_system={surround}'"
    )
}

/// Tells why a test does nothing.
fn lacks_groups() -> bool {
    let lacks = oracle_major() < 7;
    if lacks {
        eprintln!("skipped: FFmpeg has stream groups since 7.0");
    }
    lacks
}

/// Both write the same bytes.
fn assert_same_file(both: &Both, name: &str) {
    let read = |(dir, run): &(tempfile::TempDir, common::Run)| {
        fs::read(dir.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}: {}", run.stderr))
    };
    let (ours, theirs) = (read(&both.ours), read(&both.theirs));
    assert!(ours == theirs, "{name}: {} and {} bytes: {}", ours.len(), theirs.len(), both.ours.1.stderr);
    assert!(ours.len() > 1000, "{name}");
}

#[test]
fn iamf_is_written_and_copied_byte_by_byte_as_ffmpeg_does() {
    if lacks_groups() {
        return;
    }
    for (codec, forms) in [("flac", &["iamf", "mp4"][..]), ("pcm_s16le", &["iamf"]), ("libopus", &["iamf", "mp4"])] {
        for form in forms {
            let line = format!("{SOUND} {} {MAPS} -c:a {codec} -bitexact out.{form}", groups());
            let both = Both::run(&line);
            assert_same_file(&both, &format!("out.{form}"));
            if *form == "iamf" && codec.starts_with("pcm") && oracle_major() < 9 {
                continue; // These libraries cannot read what they wrote.
            }
            let input = both.theirs.0.path().join(format!("out.{form}"));
            let line = format!(
                "-hide_banner -nostdin -y -i {} -map 0 -c copy -stream_group map=0=0:st=0:st=1:st=2:st=3 \
                 -stream_group map=0=1:stg=0 -streamid 0:0 -streamid 1:1 -streamid 2:2 -streamid 3:3 -bitexact copy.iamf",
                input.display()
            );
            assert_same_file(&Both::run(&line), "copy.iamf");
        }
    }
}

#[test]
fn streams_are_named_by_their_group() {
    if lacks_groups() {
        return;
    }
    let dir = scratch();
    run_in(&weir(), dir.path(), &format!("{SOUND} {} {MAPS} -c:a flac -bitexact in.iamf", groups()));
    let input = dir.path().join("in.iamf");
    for options in [
        "-map 0:g:0 -c copy",
        "-map 0:g:#1:2 -c copy",
        "-map 0:g:i:2:a:1 -map 0:g:1:0 -c copy",
        "-map 0 -c:a pcm_s16le -c:g:0 copy",
        "-map 0:g:0:0 -map 0:g:0:3 -c:a pcm_s16le",
    ] {
        let line = format!(
            "-hide_banner -nostdin -y -i {} {options} -metadata:s:g:0 title=no -flags +bitexact -f framecrc out.txt",
            input.display()
        );
        let both = Both::run(&line);
        both.assert_same_end(&line);
        let (ours, theirs) = both.files("out.txt");
        assert_eq!(ours, theirs, "{options}");
    }
    // The metadata of a stream that is named by its group is seen where groups are made, not while streams are.
    let line = format!("{SOUND} {} {MAPS} -c:a flac -metadata:s:g:0:1 title=side -bitexact out.mkv", groups());
    assert_same_file(&Both::run(&line), "out.mkv");
}

#[test]
fn groups_are_told_with_inputs_and_outputs() {
    if lacks_groups() {
        return;
    }
    let told = |stderr: &str| {
        let lines = without_addresses(stderr).into_iter();
        lines.skip_while(|line| !line.contains("Stream group")).take(12).collect::<Vec<_>>()
    };
    let (ours, theirs) = Both::run(&format!("{SOUND} {} {MAPS} -c:a flac out.iamf", groups())).told(told);
    assert!(theirs.iter().any(|line| line.contains("IAMF Mix Presentation")), "{theirs:?}");
    assert_eq!(ours[..8], theirs[..8]);
}

#[test]
fn what_is_wrong_with_a_group_is_said_in_ffmpeg_s_words() {
    if lacks_groups() {
        return;
    }
    let element = "type=iamf_audio_element:id=1:st=0";
    for (groups, words) in [
        ("st=0".to_owned(), "No type specified for Stream Group in \"st=0\""),
        (format!("{element}:st=9,layer=ch_layout=stereo"), "Invalid stream index 9"),
        (format!("{element},layer=ch_layout=none"), "Unknown layer key ch_layout."),
        (format!("{element}:colour=red,layer=ch_layout=stereo"), "Unknown group key colour."),
        ("map=0=3:st=0".to_owned(), "Invalid input stream group index: 3."),
    ] {
        let line = format!("-hide_banner -nostdin -y -i {{av.mp4}} -vn -c:a flac -stream_group {groups} out.iamf");
        let both = Both::run(&line);
        both.assert_same_end(&line);
        let (ours, theirs) = both.told(|stderr| stderr.contains(words));
        assert!(ours && theirs, "{words}: {}", both.ours.1.stderr);
    }
}

#[test]
fn a_group_is_refused_where_the_libraries_have_none() {
    if oracle_major() >= 7 {
        eprintln!("skipped: these libraries have stream groups");
        return;
    }
    let dir = scratch();
    let run = run_in(&weir(), dir.path(), "-hide_banner -nostdin -y -i {av.mp4} -stream_group type=x:st=0 out.mkv");
    assert_eq!(run.code(), Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("-stream_group needs FFmpeg 7.0 or newer"), "{}", run.stderr);
    assert!(!dir.path().join("out.mkv").exists());
}
