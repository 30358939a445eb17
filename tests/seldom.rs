//! Options that are typed seldom: what they do, beside the system's ffmpeg where that knows them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::both::{Both, linked, run_in, scratch, whole, without_addresses};
use common::{LIMIT, oracle_major, probe, run, weir, words};

/// The words of the last status line from the quality up to the size.
fn middle_of_last_status(stderr: &str) -> String {
    let line = stderr.split(['\r', '\n']).rfind(|line| line.starts_with("frame=")).unwrap();
    line[line.find("q=").unwrap()..line.find("size=").unwrap()].to_owned()
}

#[test]
fn errors_of_pictures_are_told_as_ffmpeg_tells_them() {
    if oracle_major() >= 7 {
        return; // They have no -psnr any more.
    }
    // One encoder that knows its errors, one that tells nothing of them, one that tells nothing at all.
    for (encoder, output) in [("mpeg4", "out.mp4"), ("libx264 -preset ultrafast", "out.mp4"), ("huffyuv", "out.mkv")] {
        let line = format!(
            "-hide_banner -nostdin -y -i {{av.mp4}} -an -c:v {encoder} -psnr -progress p.txt -vstats_file v.txt {output}"
        );
        let both = Both::run(&line);
        let (ours, theirs) = both.told(middle_of_last_status);
        assert!(theirs.contains("PSNR=Y:"), "{theirs}");
        assert_eq!(ours, theirs, "{encoder}");
        let keys = |text: &str| {
            let last = text.rsplit("progress=continue\n").next().unwrap().to_owned();
            last.lines().filter(|line| line.contains("_psnr_")).map(str::to_owned).collect::<Vec<_>>()
        };
        let (ours, theirs) = both.files("p.txt");
        assert_eq!(keys(&ours), keys(&theirs), "{encoder}");
        assert_eq!(keys(&ours).len(), 4);
        let (ours, theirs) = both.files("v.txt");
        assert_eq!(ours, theirs, "{encoder}");
        assert_eq!(theirs.contains("PSNR="), encoder == "mpeg4");
    }
}

#[test]
fn each_encoded_picture_has_its_line_in_either_version() {
    for version in ["", "-vstats_version 1"] {
        let both = Both::run(&format!(
            "-hide_banner -nostdin -y -i {{av.mp4}} {version} -vstats_file v.txt -c:v libx264 -c:a aac out.mp4"
        ));
        // Later ones write the sum in KiB.
        let (ours, theirs) = both.files("v.txt");
        assert_eq!(ours, theirs.replace("KiB", "kB"));
        assert_eq!(ours.lines().count(), 50);
    }
    let dir = scratch();
    run_in(&weir(), dir.path(), "-hide_banner -nostdin -y -i {av.mp4} -vstats -c:v mpeg4 -an out.mp4");
    let names = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let named: Vec<String> = names.filter(|name| name.starts_with("vstats_")).collect();
    let [name] = named.as_slice() else { panic!("{named:?}") };
    assert!(name.len() == "vstats_HHMMSS.log".len() && name.ends_with(".log"), "{name}");
    assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap().lines().count(), 50);
}

#[test]
fn quantisers_are_counted_in_the_status_line() {
    let dir = scratch();
    let line = "-hide_banner -nostdin -y -qphist -i {av.mp4} -an -c:v mpeg4 -q:v 5 -f null -";
    let told = middle_of_last_status(&run_in(&weir(), dir.path(), line).stderr);
    let digits = told.split('L').nth(1).unwrap();
    assert_eq!(digits.len(), 32, "{told}");
    assert!(digits.chars().all(|c| c.is_ascii_hexdigit()) && digits.as_bytes()[5] != b'0', "{told}");
}

#[test]
fn each_call_of_a_codec_can_be_timed() {
    let kinds = |stderr: &str| {
        let mut kinds: Vec<String> = Vec::new();
        for line in stderr.split(['\r', '\n']).filter(|line| line.starts_with("bench: ") && line.contains(" user ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!((words[2], words[4], words[6], words.len()), ("user", "sys", "real", 9), "{line}");
            assert!([1, 3, 5].iter().all(|at| words[*at].parse::<u64>().is_ok()), "{line}");
            kinds.push(words[7..].join(" "));
        }
        kinds.sort();
        kinds.dedup();
        kinds
    };
    // An encoder that is fed at the speed of time works in a thread of its own.
    for pace in ["", "-re"] {
        let line =
            format!("-hide_banner -nostdin -y -benchmark_all {pace} -i {{av.mp4}} -t 0.2 -c:v mpeg4 -c:a aac out.mkv");
        let (ours, theirs) = Both::run(&line).told(kinds);
        for kind in ["decode_video 0.0", "encode_video 0.0", "flush_video 0.0", "flush_audio 0.1"] {
            assert!(ours.contains(&kind.to_owned()), "{pace}: {kind} is not in {ours:?}");
        }
        if oracle_major() < 7 {
            assert_eq!(ours, theirs, "{pace}");
        }
    }
}

#[test]
fn frames_and_packets_are_told_of_where_they_pass() {
    let dir = scratch();
    let run = run_in(
        &weir(),
        dir.path(),
        "-v error -nostdin -y -i {av.mp4} -t 0.2 -c:v mpeg4 -bf 0 -c:a aac \
         -stats_enc_pre:v pre -stats_enc_pre_fmt:v '<fidx> <sidx> <n> <ni> <tb> <pts> <t> <ti> \\<x\\>' \
         -stats_enc_post:v post -stats_enc_post_fmt:v '<n> <ni> <tb> <pts> <dts> <dt> <size> <br> <abr> <key>' \
         -stats_mux_pre:v mux -stats_mux_pre_fmt:v '<n> <ni> <pts> <t> <size> <abr>' \
         -stats_enc_pre:a sound -stats_enc_pre_fmt:a '<n> <ni> <sn> <samp> <pts> <tb>' out.mkv",
    );
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    let lines = |name: &str| -> Vec<String> {
        fs::read_to_string(dir.path().join(name)).unwrap().lines().map(str::to_owned).collect()
    };
    let before: Vec<String> =
        (0..5).map(|n| format!("0 0 {n} {n} 1/25 {n} {0} {0} {{x}}", f64::from(n) / 25.0)).collect();
    assert_eq!(lines("pre"), before);
    let behind = lines("post");
    assert_eq!(behind.len(), 5);
    let first: Vec<&str> = behind[0].split(' ').collect();
    let size: f64 = first[6].parse().unwrap();
    assert_eq!(first[..6].join(" "), "0 0 1/25 0 0 0");
    assert_eq!((first[7].parse().ok(), first[8], first[9]), (Some(size * 8.0 * 25.0), "-1", "K"), "{}", behind[0]);
    assert!(behind[1].starts_with("1 1 1/25 1 1 0.04 ") && behind[1].ends_with(" N"), "{}", behind[1]);
    let muxed = lines("mux");
    assert_eq!(muxed[1].split(' ').take(4).collect::<Vec<_>>().join(" "), "1 1 40 0.04", "milliseconds");
    let rows: Vec<Vec<i64>> =
        lines("sound").iter().map(|line| line.split(' ').take(5).map(|word| word.parse().unwrap()).collect()).collect();
    let mut samples = 0;
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row[..3], [n as i64, n as i64, samples]);
        samples += row[3];
    }
    assert!(rows.len() > 5);
}

#[test]
fn streams_may_share_a_file_of_statistics_and_copies_have_one_before_the_muxer() {
    let dir = scratch();
    let line = "-v error -nostdin -y -i {av.mp4} -t 0.2 -c copy -stats_enc_pre none -stats_mux_pre all out.mkv";
    assert_eq!(run_in(&weir(), dir.path(), line).code(), Some(0));
    assert!(!dir.path().join("none").exists());
    let all = fs::read_to_string(dir.path().join("all")).unwrap();
    for stream in ["0 0 0 0\n", "0 1 0 "] {
        assert!(all.contains(stream), "{all}");
    }
    let piped = run_in(
        &weir(),
        dir.path(),
        "-v error -nostdin -y -i {av.mp4} -an -frames:v 2 -stats_mux_pre pipe:1 -stats_mux_pre_fmt <n> -c copy out.mkv",
    );
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), "0\n1\n");
    for (form, told) in [
        ("{foo}", "Invalid format directive: foo"),
        ("{n", "Missing closing brace in: {n"),
        ("{dts}", "Format directive 'dts' may only be used post-encoding"),
    ] {
        let mut line = words("-v error -i {av.mp4} -stats_enc_pre x -stats_enc_pre_fmt");
        line.extend([form.to_owned(), "out.mkv".to_owned()]);
        let refused = run(&linked(dir.path()), &line, dir.path(), LIMIT);
        assert_eq!((refused.code(), refused.stderr.trim_end()), (Some(1), told));
    }
    let refused = run_in(&weir(), dir.path(), "-v error -y -i {av.mp4} -stats_enc_pre no/such/file out.mkv");
    assert_eq!(refused.code(), Some(1));
    assert!(refused.stderr.contains("Error opening stats file 'no/such/file': No such file or directory"));
}

/// What is said to keys that are typed on a pipe, one by one.
fn keys(program: &Path, dir: &Path, keys: &[&str]) -> String {
    let mut child = Command::new(program)
        .args(words("-hide_banner -y -re -i {av.mp4} -t 1.8 -c:v mpeg4 -an -f null -"))
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for key in keys {
        let _ = stdin.write_all(key.as_bytes());
    }
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn keys_show_help_quantisers_and_what_codecs_tell_their_developers() {
    let dir = scratch();
    let programs = [linked(dir.path()), PathBuf::from("ffmpeg")];
    for program in &programs[..if oracle_major() < 6 { 2 } else { 1 }] {
        let told = keys(program, dir.path(), &["?", "s", "D", "D"]);
        let help = "key    function\n?      show this help\n+      increase verbosity\n-      decrease verbosity\n\
                    c      Send command to first matching filter supporting it\n\
                    C      Send/Queue command to all matching filters\nD      cycle through available debug modes\n\
                    h      dump packets/hex press to cycle through the 3 states\nq      quit\ns      Show QP histogram\n";
        assert!(told.contains(help), "{told}");
        assert_eq!(middle_of_last_status(&told).split('L').nth(1).unwrap().len(), 32, "{told}");
        let (first, second) = (told.find("debug=1\n"), told.find("debug=2\n"));
        assert!(first.is_some() && first < second, "{told}");
        let told = keys(program, dir.path(), &["d", "x\n", "d", "1\n"]);
        let (bad, good) = (told.find("error parsing debug value\ndebug=0\n"), told.find("debug=1\n"));
        assert!(bad.is_some() && bad < good, "{told}");
    }
}

#[test]
fn a_value_can_stand_in_a_file() {
    let dir = scratch();
    fs::write(dir.path().join("graph"), "scale=64:36,\nhflip\n").unwrap();
    fs::write(dir.path().join("complex"), "[0:v]scale=32:18[small]\n").unwrap();
    let size = |line: &str| {
        let run = run_in(&weir(), dir.path(), &format!("-v error -y -i {{av.mp4}} -frames:v 1 {line} -f rawvideo -"));
        assert_eq!(run.code(), Some(0), "{}", run.stderr);
        run.stdout.len()
    };
    assert_eq!(size("-/filter:v graph"), 64 * 36 * 3 / 2);
    assert_eq!(size("-/vf graph -an"), 64 * 36 * 3 / 2);
    assert_eq!(size("-/filter_complex complex -map '[small]'"), 32 * 18 * 3 / 2);
    let refused = |line: &str| {
        let run = run_in(&linked(dir.path()), dir.path(), &format!("-v error -i {{av.mp4}} {line} out.mkv"));
        assert_eq!(run.code(), Some(1));
        run.stderr
    };
    let told = refused("-/vf no/such/file");
    assert!(told.starts_with("Error reading the value for option 'vf' from file: no/such/file"), "{told}");
    assert!(refused("-/y x").starts_with("Requested to load an argument from file for a bool option 'y'"));
    assert!(refused("-/nonsense x").starts_with("Unrecognized option '/nonsense'."));
}

#[test]
fn hardware_that_is_not_there_is_told_in_ffmpeg_s_words() {
    for option in ["-init_hw_device nonsense", "-init_hw_device drm@nobody", "-filter_hw_device x", "-hwaccel nonsense"]
    {
        if oracle_major() < 7 {
            let line = format!("-v error -y -nostdin {option} -i {{av.mp4}} -t 0.1 -an -c:v mpeg4 out.mp4");
            Both::run(&line).assert_same(&line);
        }
    }
    let both = Both::run("-hide_banner -init_hw_device list");
    assert_eq!(both.ours.1.stdout, both.theirs.1.stdout);
    assert!(String::from_utf8_lossy(&both.ours.1.stdout).starts_with("Supported hardware device types:\n"));
    let dir = scratch();
    for (option, code) in [
        ("-hwaccel none", 0),
        ("-hwaccel_device x -hwaccel_output_format yuv420p", 0),
        ("-hwaccel:v:7 nonsense -hwaccel:a nonsense", 0),
        ("-hwaccel vaapi -hwaccel_device /no/such/device", 1),
        ("-hwaccel nvdec -hwaccel_device 99", 1),
        ("-init_hw_device vaapi=a:/no/such/device", 1),
    ] {
        let line = format!("-v error -y -nostdin {option} -i {{av.mp4}} -t 0.1 -an -c:v mpeg4 out.mp4");
        let run = run_in(&linked(dir.path()), dir.path(), &line);
        assert_eq!(run.code(), Some(code), "{option}: {}", run.stderr);
        assert_eq!(run.stderr.contains("Device creation failed: "), code == 1, "{option}: {}", run.stderr);
    }
}

#[test]
fn an_option_given_twice_for_a_stream_is_told_as_ffmpeg_tells_it() {
    if oracle_major() >= 7 {
        return; // They say it in other words.
    }
    for line in [
        "-i {av.mp4} -t 0.1 -c copy -c:v mpeg4 out.mkv",
        "-i {av.mp4} -t 0.1 -c:v libx264 -vcodec mpeg4 -c:a ac3 -acodec aac out.mkv",
        "-i {av.mp4} -t 0.1 -r 20 -r 10 -filter:v null -vf hflip -c:v mpeg4 -c:a aac out.mkv",
    ] {
        let line = format!("-v warning -nostdin -y {line}");
        let both = Both::run(&line);
        both.assert_same(&line);
        assert!(both.ours.1.stderr.starts_with("Multiple -"), "{}", both.ours.1.stderr);
    }
}

#[test]
fn a_copy_s_header_that_is_refused_is_the_last_word_but_the_mapping() {
    if oracle_major() >= 7 {
        return; // They open outputs in another order.
    }
    for rest in ["-f webm out.webm", "-an -bsf:v aac_adtstoasc out.mkv"] {
        let both = Both::run(&format!("-hide_banner -y -i {{av.mp4}} -c copy {rest}"));
        assert_eq!(both.ours.1.code(), both.theirs.1.code());
        let (ours, theirs) = both.told(|stderr| {
            let mut lines = without_addresses(stderr);
            // ffmpeg repeats the last line of the mapping in its way.
            lines.retain(|line| !line.contains("Last message repeated"));
            lines
        });
        assert_eq!(ours, theirs, "{rest}");
        assert!(!ours.iter().any(|line| line.contains("Conversion failed!")));
    }
}

#[test]
fn aac_of_mpeg_ts_is_copied_to_mp4_that_begins_with_its_header() {
    let dir = scratch();
    let sound = |flags: &str| {
        let line = format!("-v error -nostdin -y -i {{av.ts}} -map 0:a -c copy {flags} out.mp4");
        let run = run(&weir(), &words(&line), dir.path(), LIMIT);
        assert_eq!((run.code(), run.stderr.as_str()), (Some(0), ""), "{flags}");
        let facts = probe(&dir.path().join("out.mp4")).unwrap();
        facts.packets.into_iter().map(|packet| (packet.hash, packet.pts)).collect::<Vec<_>>()
    };
    assert_eq!(sound("-movflags +frag_keyframe+empty_moov"), sound("-movflags +frag_keyframe"));
}

#[test]
fn the_report_s_clock_is_the_one_on_the_wall() {
    let dir = scratch();
    let head = |zone: &str| {
        let status = Command::new(weir())
            .args(words("-v quiet -y -i {av.mp4} -c copy -t 0.1 out.mkv"))
            .current_dir(dir.path())
            .envs([("FFREPORT", "file=report"), ("TZ", zone)])
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(0));
        let text = fs::read_to_string(dir.path().join("report")).unwrap();
        text.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    // Nine hours apart all year round, whatever the time is now.
    let hour = |clock: String| clock.split(':').next().unwrap().parse::<u32>().unwrap();
    let (here, there) = (hour(head("UTC0")), hour(head("JST-9")));
    assert!([9, 10].contains(&((there + 24 - here) % 24)), "{here} {there}");
}

#[test]
fn through_the_link_each_sign_of_an_argument_is_meant() {
    let dir = scratch();
    for name in [" leading blank.mkv", "it's [a] ^ “file” – so.mkv"] {
        let medium = common::media::path("av.mp4");
        let args = ["-v", "error", "-y", "-i", medium.to_str().unwrap(), "-c", "copy", name];
        let run = run(&linked(dir.path()), &args, dir.path(), LIMIT);
        assert_eq!((run.code(), run.stderr.as_str()), (Some(0), ""), "{name}");
        assert!(dir.path().join(name).exists(), "{name}");
    }
}

#[test]
fn what_is_refused_is_told_in_ffmpeg_s_words_and_the_first_error_is_the_last_word() {
    if oracle_major() >= 6 {
        return; // They say some of it in other words, or earlier.
    }
    for line in [
        "-hide_banner",
        "-v error -y -c:v ac3 -i {av.mp4} out.mkv",
        "-v error -y -i {av.mp4} -bsf:v nonsense -c copy out.mkv",
        "-v error -y -i {av.mp4} -ss 1 -to 0.5 -c copy out.mkv",
        "-v error -y -i {av.mp4} -filter_complex '[5:v]null[a]' -map '[a]' out.mkv",
        "-v error -i {av.mp4} -c",
        "-v error -i",
    ] {
        Both::run(line).assert_same(line);
    }
    // The libraries speak before it.
    let both = Both::run("-v error -y -i {av.mp4} -disposition:a:0 nonsense -c copy out.mkv");
    let (ours, theirs) = both.told(|stderr| stderr.lines().last().unwrap_or_default().to_owned());
    assert_eq!((ours.as_str(), both.ours.1.code()), (theirs.as_str(), both.theirs.1.code()));
    let line = "-v warning -nostdin -y -i {av.mp4} -c copy -flags:v +bitexact -preset fast -crf 20 out.mkv";
    Both::run(line).assert_same(line);
}

#[test]
fn odd_limits_and_levels_are_taken_as_ffmpeg_takes_them() {
    let dir = scratch();
    let link = linked(dir.path());
    let medium = common::media::path("av.mp4");
    let medium = medium.to_str().unwrap();
    for (options, level) in
        [(["-frames:v", "-1"], "error"), (["-t", "0.1"], ""), (["-t", "0.1"], "level+"), (["-t", "0.1"], "+")]
    {
        let args = ["-nostdin", "-y", "-hide_banner", "-v", level, "-i", medium, options[0], options[1], "o.mkv"];
        for program in [link.as_path(), Path::new("ffmpeg")] {
            let run = run(program, &args, dir.path(), LIMIT);
            assert_eq!(run.code(), Some(0), "{program:?} {options:?} {level}: {}", run.stderr);
        }
    }
}

#[test]
fn packets_that_are_read_are_dumped_with_their_bytes() {
    for option in ["-dump", "-hex", "-dump -hex"] {
        let both = Both::run(&format!(
            "-hide_banner -nostdin -y {option} -i {{av.mp4}} -map 0:v -frames:v 2 -c copy -f null -"
        ));
        let (ours, theirs) = both.told(|stderr| {
            let lines = stderr.split(['\r', '\n']).skip_while(|line| *line != "stream #0:");
            lines.take_while(|line| !line.starts_with("stream #1:")).take(40).map(str::to_owned).collect::<Vec<_>>()
        });
        if option == "-hex" {
            assert_eq!((ours.len(), theirs.len()), (0, 0), "{ours:?}");
            continue;
        }
        assert!(ours.len() >= 5 && ours[1] == "  keyframe=1", "{option}: {ours:?}");
        assert_eq!(ours[..5], theirs[..5], "{option}");
        let bytes = |lines: &[String]| lines.iter().filter(|line| line.starts_with("000000")).count() > 10;
        assert_eq!((bytes(&ours), bytes(&theirs)), (option != "-dump", option != "-dump"), "{option}");
    }
}

/// Lines about timestamps, sorted, for the order of threads is their own; without what ffmpeg knows of a decoder when it
/// demuxes, and without the end of the filters, which it tells more than once.
fn told_times(stderr: &str) -> Vec<String> {
    let kinds = ["demuxer", "decoder", "filter", "encoder", "muxer"];
    let is_told = |line: &&str| kinds.iter().any(|kind| line.starts_with(kind)) && !line.contains("pts:NULL");
    let without_next =
        |line: &str| line.split(' ').filter(|word| !word.starts_with("next_")).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = stderr.split(['\r', '\n']).filter(is_told).map(without_next).collect();
    lines.sort();
    lines
}

/// Without each second line about a packet that leaves its encoder: it shows ticks of the muxer's clock as if they were the
/// encoder's, and weir leaves it out.
fn once_an_encoder(stderr: &str) -> String {
    let mut seen = std::collections::BTreeMap::new();
    let is_second = |line: &&str| {
        let Some(rest) = line.strip_prefix("encoder -> type:") else { return true };
        let times: &mut usize = seen.entry(rest.split(' ').next().unwrap().to_owned()).or_default();
        *times += 1;
        *times % 2 == 1
    };
    stderr.split(['\r', '\n']).filter(is_second).collect::<Vec<_>>().join("\n")
}

#[test]
fn timestamps_are_told_on_their_way() {
    if oracle_major() >= 6 {
        return; // They tell of them otherwise.
    }
    for line in [
        "-threads 1 -i {av.mp4} -threads 1 -c:v mpeg4 -c:a ac3 out.mkv",
        "-threads 1 -ss 0.1 -itsoffset 1 -i {av.mp4} -r 50 -threads 1 -c:v mpeg4 -bf 1 -c:a pcm_s16le out.mkv",
        "-threads 1 -i {av.mp4} -ss 0.1 -threads 1 -c:v libx264 -c:a copy out.mkv",
    ] {
        let both = Both::run(&format!("-hide_banner -nostdin -y -nostats -loglevel repeat+info -debug_ts {line}"));
        let ours = told_times(&both.ours.1.stderr);
        let theirs = told_times(&once_an_encoder(&both.theirs.1.stderr));
        for kind in [
            "demuxer -> ",
            "demuxer+ffmpeg -> ",
            "decoder -> ",
            "filter -> ",
            "encoder <- ",
            "encoder -> ",
            "muxer <- ",
        ] {
            assert!(ours.iter().any(|line| line.starts_with(kind)), "{line}: {kind}");
        }
        assert_eq!(ours, theirs, "{line}");
    }
}

#[test]
fn limits_of_time_and_memory_hold() {
    let line = "-hide_banner -nostdin -y -timelimit 1 -f lavfi -i testsrc2=s=1280x720 -c:v mpeg4 -f null -";
    for (run, who) in [Both::run(line)].iter().flat_map(|both| [(&both.ours.1, "ours"), (&both.theirs.1, "theirs")]) {
        assert_eq!(run.code(), Some(255), "{who}: {}", run.stderr);
        assert!(run.stderr.trim_end().ends_with("Exiting normally, received signal 24."), "{who}: {}", run.tail());
    }
    let line = "-v error -nostdin -y -max_alloc 100 -i {av.mp4} -f null -";
    let both = Both::run(line);
    assert_eq!((both.ours.1.code(), both.ours.1.stderr.contains("Cannot allocate memory")), (Some(1), true));
    assert_ne!(both.theirs.1.code(), Some(0));
}

/// Later ones take the time base of any input.
#[test]
fn a_graph_of_several_inputs_has_no_input_s_time_base() {
    let line = "-v error -nostdin -y -i {av.mp4} -i {av.mp4} -filter_complex [0:v][1:v]hstack -enc_time_base -1 -c:v ffv1 \
                -an -f framecrc -";
    let both = Both::run(line);
    assert_eq!(both.ours.1.code(), Some(0), "{}", both.ours.1.stderr);
    if oracle_major() < 6 {
        assert_eq!(String::from_utf8_lossy(&both.ours.1.stdout), String::from_utf8_lossy(&both.theirs.1.stdout));
    }
}

#[test]
fn filters_that_measure_tell_what_they_have_seen_once() {
    for (filter, word) in [
        ("-vn -af volumedetect", "n_samples"),
        ("-vn -af ebur128", "Summary"),
        ("-vn -af replaygain", "track_gain"),
        ("-an -vf idet", "Multi frame detection"),
        ("-filter_complex [0:a]volumedetect[a] -map [a]", "n_samples"),
    ] {
        let both = Both::run(&format!("-hide_banner -nostdin -nostats -i {{av.mp4}} {filter} -f null -"));
        let [ours, theirs] = [&both.ours.1, &both.theirs.1].map(|run| run.stderr.matches(word).count());
        // Newer commands make a graph once more to look at it, whose filters tell that they have seen nothing.
        let is_told = ours == theirs || (oracle_major() > 5 && ours == 1);
        assert!(ours > 0 && is_told, "{filter}: {ours} times for {theirs}:\n{}", both.ours.1.stderr);
    }
}

#[test]
fn an_output_that_stays_empty_is_a_failure_where_that_is_asked_for() {
    for flags in ["empty_output", "empty_output_stream", "empty_output+empty_output_stream"] {
        let line = format!("-v error -nostdin -y -abort_on {flags} -ss 10 -i {{av.mp4}} -map 0:v -f null -");
        let both = Both::run(&line);
        both.assert_same_end(&line);
        assert_eq!(both.ours.1.code(), Some(1));
        if oracle_major() < 6 {
            both.assert_same(&line);
        }
    }
    let taken_back =
        "-v error -nostdin -y -abort_on empty_output+empty_output_stream-empty_output-empty_output_stream -ss 10";
    let none = Both::run(&format!("{taken_back} -i {{av.mp4}} -map 0:v -f null -"));
    assert_eq!((none.ours.1.code(), none.theirs.1.code()), (Some(0), Some(0)));
    let fine = Both::run("-v error -nostdin -y -abort_on empty_output+empty_output_stream -i {av.mp4} -f null -");
    assert_eq!((fine.ours.1.code(), fine.theirs.1.code()), (Some(0), Some(0)));
}

#[test]
fn a_decoder_of_another_kind_makes_another_kind_of_stream_only_when_that_is_wanted() {
    let kind = |line: &str| {
        let both =
            Both::run(&format!("-hide_banner -nostdin -y {line} -c:v ac3 -i {{av.mp4}} -map 0:0 -c copy out.nut"));
        let kinds = both.told(|stderr| {
            let stream = stderr.lines().find(|line| line.starts_with("  Stream #0:0")).unwrap_or_default();
            ["Video: h264", "Audio: ac3"].into_iter().find(|kind| stream.contains(kind))
        });
        assert_eq!(kinds.0, kinds.1, "{line}: {}", both.ours.1.stderr);
        both.assert_same_end(line);
        kinds.0
    };
    assert_eq!(kind("-recast_media"), Some("Audio: ac3"));
    assert_eq!(kind(""), None, "refused before the input is told of");
}

#[test]
fn the_session_description_of_rtp_goes_to_a_file() {
    let line = "-v error -nostdin -y -i {av.mp4} -map 0:v -c:v mpeg4 -t 0.2 -f rtp rtp://127.0.0.1:41000 \
                -map 0:a -c:a aac -t 0.2 -f rtp rtp://127.0.0.1:41002 -sdp_file session.sdp";
    let both = Both::run(line);
    assert_eq!((both.ours.1.code(), both.theirs.1.code()), (Some(0), Some(0)), "{}", both.ours.1.stderr);
    let (ours, theirs) = both.files("session.sdp");
    let lines = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.starts_with("a=tool:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&ours), lines(&theirs));
    assert!(ours.contains("m=video 41000 RTP/AVP") && ours.contains("m=audio 41002 RTP/AVP"), "{ours}");
}

#[test]
fn what_is_wrong_with_an_output_is_told_behind_its_inputs_in_ffmpegs_words() {
    if oracle_major() >= 6 {
        return; // They have other words.
    }
    for line in [
        "-i {av.mp4} -r abc out.mp4",
        "-i {av.mp4} -s abc out.mp4",
        "-i {av.mp4} -t abc out.mp4",
        "-i {av.mp4} -pix_fmt nix out.mp4",
        "-i {av.mp4} -map 9 out.mp4",
        "-i {av.mp4} -metadata x out.mp4",
        "-i {av.mp4} -metadata:x title=a out.mp4",
        "-i {av.mp4} -map_metadata 3 out.mp4",
        "-i {av.mp4} -map_metadata 0:q out.mp4",
        "-i {av.mp4} -map_chapters 3 out.mp4",
        "-i {av.mp4} -timestamp abc out.mp4",
        "-i {av.mp4} -streamid abc out.ts",
        "-i {av.mp4} -map -0:v -map 0 out.mp4",
        "-vn -i {av.mp4} -map 0:v out.mp4",
        "-i {av.mp4} -fps_mode nix out.mp4",
        "-i {av.mp4} -vsync nix out.mp4",
        "-i {av.mp4} -an -vf scale=abc -f null -",
        "-i {av.mp4} -an -sws_flags area -vf scale=abc -f null -",
        "-i {av.mp4} -an -vf split -f null -",
        "-i {av.mp4} -an -vf nullsink -f null -",
        "-i {av.mp4} -an -vf testsrc -f null -",
        "-i {av.mp4} -an -vf overlay -f null -",
        "-i {av.mp4} -an -vf aresample -f null -",
        "-i {av.mp4} -vn -af scale -f null -",
        "-i {av.mp4} -an -b:v abc -f null -",
        "-i {av.mp4} -an -threads abc -f null -",
        "-i {av.mp4} -an -filter_threads abc -f null -",
        "-i {av.mp4} -an -pix_fmt +rgb24 -c:v libx264 -f null -",
        "-r abc -i {av.mp4} -f null -",
        "-i {av.mp4} -filter_complex '' -f null -",
        "-i {av.mp4} -preset",
        "-i {av.mp4} -b:v",
        "-i tcp://127.0.0.1:1 -f null -",
        "-i rtsp://127.0.0.1:1/a -f null -",
        "-i {av.mp4} -filter_complex overlay out.mp4",
        "-i {av.mp4} -filter_complex nix out.mp4",
        "-y -n -i {av.mp4} out.mp4",
        "-stats_period 0 -i {av.mp4} out.mp4",
        "-v nix -i {av.mp4} out.mp4",
        "-progress /none/x -i {av.mp4} out.mp4",
        "-y -report -i {av.mp4} -c copy out.mkv",
    ] {
        let line = format!("-hide_banner -nostdin -nostats {line}");
        let both = Both::run(&line);
        assert_eq!(both.ours.1.code(), both.theirs.1.code(), "{line}: {}", both.ours.1.stderr);
        let plain = |stderr: &str| {
            let lines = without_addresses(stderr);
            lines
                .into_iter()
                .filter(|line| !line.contains(" started on ") && !line.contains("eport "))
                .collect::<Vec<_>>()
        };
        let (ours, theirs) = both.told(plain);
        assert_eq!(ours, theirs, "{line}");
    }
    // What ffmpeg's libraries add is theirs; the rest is the same.
    let both = Both::run("-hide_banner -nostdin -i {av.mp4} -map 0:x out.mp4");
    let told = |stderr: &str| {
        stderr.lines().filter(|line| !line.starts_with(['[', ' '])).map(str::to_owned).collect::<Vec<_>>()
    };
    let (ours, theirs) = both.told(told);
    assert_eq!(ours, theirs);
    let both = Both::run("-hide_banner -nostdin -y -i {av.mp4} -f rawvideo /dev/full");
    let (ours, theirs) = both.told(|stderr| {
        let sentence = "av_interleaved_write_frame(): No space left on device";
        stderr.split(['\r', '\n']).any(|line| line == sentence)
    });
    assert!(ours && theirs, "{}", both.ours.1.stderr);
}

#[test]
fn what_is_odd_with_an_output_is_no_reason_to_fail_where_it_is_none_for_ffmpeg() {
    if oracle_major() >= 6 {
        return; // They have other words.
    }
    for (line, counted) in [
        ("-an -vf scale= -c:v mpeg4 out.avi", ""),
        ("-an -pass 4 -c:v mpeg4 out.avi", ""),
        ("-an -c:v libx264 -pix_fmt rgb24 -f null -", "Incompatible pixel format "),
        ("-an -c:v mjpeg -pix_fmt yuv420p out.avi", "Incompatible pixel format "),
        ("-vn -c copy -bsf:a setts=dts=10:pts=10 -t 0.1 out.mp4", "] Non-monotonous DTS in output stream "),
        ("-an -c copy -bsf:v setts=dts=PTS+100 -t 0.2 out.mp4", "] Invalid DTS: "),
    ] {
        let both = Both::run(&format!("-hide_banner -nostdin -nostats -loglevel repeat+info -y -i {{av.mp4}} {line}"));
        assert_eq!((both.ours.1.code(), both.theirs.1.code()), (Some(0), Some(0)), "{line}: {}", both.ours.1.stderr);
        let (ours, theirs) = both.told(|stderr| {
            let lines = without_addresses(stderr).into_iter();
            lines.filter(|line| !counted.is_empty() && line.contains(counted)).collect::<Vec<_>>()
        });
        assert_eq!(ours, theirs, "{line}");
        assert_eq!(ours.is_empty(), counted.is_empty(), "{line}");
    }
}

#[test]
fn a_size_limit_counts_what_is_not_in_the_file_yet() {
    let dir = scratch();
    for (limit, name) in
        [(5_000, "out.mp4"), (40_000, "out.mp4"), (40_000, "out.ts"), (40_000, "out.nut"), (1, "no.ts")]
    {
        let line = format!("-nostdin -y -v error -i {{gop.mp4}} -fs {limit} -c copy {name}");
        run_in(&weir(), dir.path(), &line);
        let ours = fs::metadata(dir.path().join(name)).unwrap().len();
        // One packet more, and the trailer.
        assert!((limit..limit + 12_000).contains(&ours) || limit == 1 && ours < 5_000, "{line}: {ours} bytes");
        if oracle_major() < 6 {
            run_in(Path::new("ffmpeg"), dir.path(), &line);
            assert_eq!(ours, fs::metadata(dir.path().join(name)).unwrap().len(), "{line}");
        }
    }
}

/// An encoder that looks ahead is behind the sound: neither is more in the file than the other.
#[test]
fn a_size_limit_cuts_all_streams_at_the_same_time() {
    for (codecs, name) in
        [("-c:v libx264 -c:a aac", "out.mp4"), ("-c:v mpeg4 -c:a mp2", "out.ts"), ("-c:v copy -c:a mp2", "out.mkv")]
    {
        let dir = scratch();
        run_in(&weir(), dir.path(), &format!("-nostdin -y -v error -i {{sync.mp4}} {codecs} -fs 200k {name}"));
        let facts = common::probe(&dir.path().join(name)).unwrap();
        let size = fs::metadata(dir.path().join(name)).unwrap().len();
        let ends: Vec<f64> = (0..2)
            .map(|stream| {
                let tick = facts.tick(stream);
                #[allow(clippy::cast_precision_loss)]
                facts.of_stream(stream).iter().filter_map(|p| p.pts).max().map_or(0.0, |pts| pts as f64 * tick)
            })
            .collect();
        assert!((ends[0] - ends[1]).abs() < 0.5 && ends[0] > 0.5, "{codecs}: {ends:?}");
        assert!((190_000..300_000).contains(&size), "{codecs}: {size} bytes");
    }
}

#[test]
fn a_song_is_looped_whole_beside_its_cover() {
    let seconds = |line: &str| {
        let dir = scratch();
        run_in(&weir(), dir.path(), &format!("-nostdin -y -v error {line} -c copy out.mp3"));
        let facts = common::probe(&dir.path().join("out.mp3")).unwrap();
        let covers = facts.streams.iter().filter(|s| s["codec_type"] == "video").count();
        assert_eq!(covers, 1, "{line}");
        facts.format["duration"].as_str().unwrap().parse::<f64>().unwrap()
    };
    let once = seconds("-i {cover.mp3}");
    let thrice = seconds("-stream_loop 2 -i {cover.mp3}");
    assert!((thrice - 3.0 * once).abs() < 0.2, "{thrice} s by {once} s");
    let endless = seconds("-stream_loop -1 -i {cover.mp3} -t 5");
    assert!((endless - 5.0).abs() < 0.1, "{endless} s");
}

#[test]
fn a_cover_and_a_stream_without_packets_cut_nothing_off() {
    for (line, name) in [
        ("-i {cover.mp3} -map 0 -c copy -shortest out.mp3", "out.mp3"),
        ("-i {cover.mp3} -map 0 -c copy -frames:v 1 out.mp3", "out.mp3"),
        ("-i {av.mp4} -f lavfi -t 0 -i anullsrc -map 0 -map 1 -c:v copy -c:a pcm_s16le -shortest out.mov", "out.mov"),
    ] {
        let dir = scratch();
        run_in(&weir(), dir.path(), &format!("-nostdin -y -v error {line}"));
        let facts = common::probe(&dir.path().join(name)).unwrap();
        let seconds: f64 = facts.format["duration"].as_str().unwrap().parse().unwrap();
        assert!(seconds > 1.4, "{line}: {seconds} s");
    }
}

#[test]
fn the_last_picture_is_not_repeated_for_ever_at_a_jump_s_end() {
    // Five pictures, the last one of them a minute behind the others.
    let line = "-nostdin -y -v error -dts_error_threshold 1 -f lavfi -i testsrc2=size=64x48:rate=25:duration=0.2 \
                -vf setpts='if(eq(N\\,4)\\,60/TB\\,PTS)' -r 100 -fps_mode cfr -c:v rawvideo out.nut";
    let dir = scratch();
    run_in(&weir(), dir.path(), line);
    let frames = common::probe(&dir.path().join("out.nut")).unwrap().packets.len();
    run_in(Path::new("ffmpeg"), dir.path(), line);
    let theirs = common::probe(&dir.path().join("out.nut")).unwrap().packets.len();
    assert!(frames <= theirs + 2 && frames < 60, "{frames} frames, {theirs} of ffmpeg's");
}

#[test]
fn libavdevice_is_loaded_only_where_a_device_may_be_meant() {
    let dir = scratch();
    let version = run(&weir(), &["-version"], dir.path(), LIMIT).stdout;
    let version = String::from_utf8(version).unwrap();
    let major: u32 = version.split("libavdevice").nth(1).unwrap().split('.').next().unwrap().trim().parse().unwrap();
    fs::write(dir.path().join(format!("libavdevice.so.{major}")), "").unwrap();
    // With a libavdevice that cannot be loaded only what needs one fails, and says so.
    let job = |line: &str| {
        let line = format!("LD_LIBRARY_PATH={} {} -nostdin {line}", dir.path().display(), weir().display());
        run_in(Path::new("env"), dir.path(), &line)
    };
    let without =
        job("-y -i {av.mp4} -t 0.2 -vf format=yuv420p,scale=64:-2 -c:v mpeg4 -b:v 100k -ar 44100 -f mp4 out.mp4");
    assert_eq!(without.code(), Some(0), "{}", without.stderr);
    assert!(!without.stderr.contains("cannot be loaded"), "{}", without.stderr);
    for line in [
        "-f lavfi -i testsrc -f null -",
        "-i {av.mp4} -f sdl -",
        "-devices",
        "-i {av.mp4} -grab_x 3 -f null -",
        "-filter_complex movie=testsrc:f=lavfi -t 0.1 -f null -",
        "-i {av.mp4} -t 0.1 -c copy -f tee -map 0 [f=null]-",
    ] {
        let with = job(line);
        assert_eq!(with.stderr.matches("libavdevice cannot be loaded").count(), 1, "{line}: {}", with.stderr);
    }
    // Where it can be loaded, graphs find its devices as well.
    let both = Both::run("-hide_banner -y -filter_complex movie=testsrc:f=lavfi,trim=end_frame=3 -f framemd5 out.md5");
    let (ours, theirs) = both.files("out.md5");
    assert_eq!(whole(&ours), whole(&theirs));
}

/// Later FFmpegs count more of it.
#[test]
fn what_was_read_and_written_of_each_stream_is_told_at_level_verbose() {
    if oracle_major() > 5 {
        return;
    }
    let counts = |stderr: &str| -> Vec<String> {
        let begins = ["  Input stream", "  Output stream", "  Total:", "Input file #", "Output file #"];
        let lines = stderr.lines().filter(|line| begins.iter().any(|start| line.starts_with(start)));
        lines.map(str::to_owned).collect()
    };
    for line in ["-map 0 -c:v copy -c:a aac out.mkv", "-map 0:a -c copy out.mp4", "-an -c:v mpeg4 -r 10 out.mkv"] {
        let (ours, theirs) =
            Both::run(&format!("-hide_banner -nostdin -y -v verbose -i {{av.mp4}} {line}")).told(counts);
        assert!(ours.len() >= 6, "{line}: {ours:?}");
        assert_eq!(ours, theirs, "{line}");
    }
}
