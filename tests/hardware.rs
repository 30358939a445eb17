//! Decoding by hardware, beside ffmpeg. What this machine's ffmpeg cannot do (no device, or an FFmpeg whose Vulkan decodes
//! nothing without a GPU) is skipped, aloud; Mesa's Vulkan driver for the processor (Debian's mesa-vulkan-drivers) and FFmpeg 8 or
//! newer bring most of it to any machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod common;

use common::both::{linked, run_in, scratch};
use common::live::listen;
use common::{Run, media, oracle_major, weir};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;

/// What ffmpeg makes of a line, its output being `-f framemd5 out`; `None`, aloud, where it cannot do it here.
fn theirs(line: &str) -> Option<String> {
    let dir = scratch();
    let run = run_in(Path::new("ffmpeg"), dir.path(), &format!("-y -nostdin -v error {line} -f framemd5 out"));
    if run.code() == Some(0) {
        return Some(fs::read_to_string(dir.path().join("out")).unwrap());
    }
    eprintln!("skipped: this machine's ffmpeg cannot do it: {line}: {}", run.stderr.lines().next().unwrap_or_default());
    None
}

/// The same with weir, and all that it tells.
fn ours(line: &str) -> (String, Run) {
    let dir = scratch();
    let run = run_in(&weir(), dir.path(), &format!("-y -nostdin -v debug {line} -f framemd5 out"));
    assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
    (fs::read_to_string(dir.path().join("out")).unwrap(), run)
}

/// Compares a line and gives what weir told, unless ffmpeg cannot do it here.
fn same(line: &str) -> Option<String> {
    let theirs = theirs(line)?;
    let (ours, run) = ours(line);
    assert_eq!(ours, theirs, "{line}");
    assert!(ours.lines().any(|line| !line.starts_with('#')), "{line}: no frames");
    Some(run.stderr)
}

const BY_VULKAN: &str = "is decoded by vulkan, device";

/// True when Vulkan decodes a medium here: only then has ffmpeg anything to download.
fn is_by_vulkan(medium: &str) -> bool {
    let (_, format) = [("prores", "yuv422p10le"), ("ffv1ten", "yuv422p10le"), ("ffv1.", "yuv420p")]
        .into_iter()
        .find(|(name, _)| medium.contains(name))
        .unwrap();
    let keep = "-hwaccel vulkan -hwaccel_output_format vulkan";
    theirs(&format!("{keep} -i {medium} -an -vf hwdownload,format={format}")).is_some()
}

#[test]
fn what_hardware_decodes_comes_out_as_in_ffmpeg() {
    let media: Vec<&str> =
        ["{prores.mov}", "{ffv1.mkv}", "{ffv1ten.mkv}"].into_iter().filter(|medium| is_by_vulkan(medium)).collect();
    for line in [
        "-hwaccel vulkan -i {prores.mov} -an",
        "-hwaccel vulkan -i {ffv1.mkv}",
        "-hwaccel vulkan -i {ffv1ten.mkv} -vf format=yuv420p",
        "-hwaccel vulkan -hwaccel_device 0 -i {prores.mov} -an",
        "-init_hw_device vulkan=v -hwaccel vulkan -hwaccel_device v -i {prores.mov} -an",
        "-init_hw_device vulkan=v -init_hw_device vulkan=w -hwaccel vulkan -i {prores.mov} -an",
        "-hwaccel vulkan -hwaccel_output_format yuv422p10le -i {prores.mov} -an",
        "-hwaccel:v:0 vulkan -stream_loop 2 -i {prores.mov} -an",
        "-hwaccel vulkan -ss 0.4 -i {ffv1.mkv} -c:a copy",
    ] {
        let Some(told) = same(line) else { continue };
        let expected = media.iter().any(|medium| line.contains(medium));
        assert_eq!(told.contains(BY_VULKAN), expected, "{line}: {told}");
    }
}

#[test]
fn pictures_may_stay_in_the_device_s_memory() {
    let keep = "-hwaccel vulkan -hwaccel_output_format vulkan";
    for line in [
        "-i {prores.mov} -an -vf hwdownload,format=yuv422p10le",
        "-extra_hw_frames 3 -i {ffv1.mkv} -an -vf hwdownload,format=yuv420p",
        // Each pass has a pool of its own, for which the graph is rebuilt.
        "-stream_loop 2 -i {prores.mov} -an -vf hwdownload,format=yuv422p10le",
        "-reinit_filter 0 -stream_loop 2 -i {prores.mov} -an -vf hwdownload,format=yuv422p10le",
        "-i {prores.mov} -an -filter_complex split[a][b];[a]hwdownload,format=yuv422p10le[c];[b]hwdownload,format=yuv422p10le[d] -map [c] -map [d]",
        "-i {prores.mov} -an -c:v prores_ks_vulkan",
        "-stream_loop 1 -i {prores.mov} -an -r 40 -c:v prores_ks_vulkan",
        "-i {ffv1.mkv} -map 0:v -map 0:v -c:v prores_ks_vulkan",
    ] {
        let Some(told) = same(&format!("{keep} {line}")) else { continue };
        assert!(told.contains(BY_VULKAN), "{line}: {told}");
    }
}

#[test]
fn the_last_picture_of_a_source_that_stalls_stays_in_the_device_s_memory_and_decoding_goes_on_there() {
    let line = "-hwaccel vulkan -hwaccel_output_format vulkan -i {prores.mkv} -vf hwdownload,format=yuv422p10le";
    let Some(theirs) = theirs(line) else { return };
    let hashes = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit(", ").next().unwrap().to_owned()).collect()
    };
    let theirs = hashes(&theirs);
    let bytes = fs::read(media::path("prores.mkv")).unwrap();
    let listener = listen(0);
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stalls, _) = listener.accept().unwrap();
        stalls.write_all(&bytes[..bytes.len() / 2]).unwrap();
        let (mut whole, _) = listener.accept().unwrap();
        whole.write_all(&bytes).unwrap();
    });
    let options = "-on_input_gap freeze -read_deadline 1 -f matroska";
    let line = line.replace("-i {prores.mkv}", &format!("{options} -i tcp://127.0.0.1:{port}"));
    let (ours, run) = ours(&line);
    server.join().unwrap();
    let ours = hashes(&ours);
    assert!(run.stderr.contains("live again"), "{}", run.stderr);
    assert!(ours.iter().all(|hash| theirs.contains(hash)), "another picture than ffmpeg's: {ours:?} {theirs:?}");
    assert!(ours.ends_with(&theirs), "{ours:?} {theirs:?}");
    // Those before the stall, and the last of them for the time of the stall: a second at 25 pictures a second.
    assert!(ours.len() > theirs.len() + 12, "{ours:?}");
}

#[test]
fn filters_work_in_a_device_s_memory() {
    for line in [
        "-init_hw_device vulkan=v -filter_hw_device v -i {tiny.mp4} -an -vf format=yuv420p,hwupload,hwdownload,format=yuv420p",
        "-init_hw_device vulkan=v -i {prores.mov} -an -vf hwupload -c:v prores_ks_vulkan",
        // The size changes on the way.
        "-init_hw_device vulkan=v -r 25 -i {resizelittle.m2v} -vf format=yuv422p10le,hwupload -c:v prores_ks_vulkan",
        "-init_hw_device vulkan -i {tiny.mp4} -filter_complex [0:v]format=yuv420p,hwupload[a];[a]hwdownload,format=yuv420p",
    ] {
        same(line);
    }
}

#[test]
fn what_the_device_does_not_decode_is_decoded_in_software() {
    let Some(software) = theirs("-i {tiny.mp4} -an") else { return };
    for options in ["-hwaccel auto", "-hwaccel auto -hwaccel_output_format nv12", "-hwaccel vulkan"] {
        let line = format!("{options} -i {{tiny.mp4}} -an");
        let Some(told) = same(&line) else { continue };
        // With a GPU that does, there is nothing to see here.
        if !told.contains("is decoded by ") {
            assert_eq!(ours(&line).0, software, "{line}");
            let word = told.contains("is decoded in software");
            assert!(word || !line.contains("vulkan"), "{line}: {told}");
        }
    }
}

/// The lines about devices that ffmpeg itself utters, without who says it; the same one in a row once, for newer ones configure a
/// filtergraph twice.
fn about_devices(stderr: &str) -> Vec<String> {
    let words = ["hardware devices. device ", "Device creation failed: ", "uto hwaccel ", "WARNING: defaulting "];
    let lines = stderr.lines().filter(|line| words.iter().any(|words| line.contains(words)));
    let mut lines: Vec<_> = lines.map(|line| line.rsplit("] ").next().unwrap_or(line).to_owned()).collect();
    lines.dedup();
    lines
}

#[test]
fn devices_that_are_tried_or_picked_are_told_of_as_ffmpeg_does() {
    let several = "-init_hw_device vulkan=a -init_hw_device vulkan=b";
    for (options, filters) in [
        ("-hwaccel auto", ""),
        ("-v error -hwaccel auto -hwaccel_device /no/such/device", ""),
        ("-hwaccel cuvid -hwaccel_device 99", ""),
        (several, "-vf hflip"),
        (&format!("-v error {several}"), "-vf hflip"),
        (&format!("{several} -filter_hw_device a"), "-vf hflip"),
        (several, "-c:v copy"),
    ] {
        let line = format!("-hide_banner -nostdin {options} -i {{tiny.mp4}} -an {filters} -f null -");
        let dir = scratch();
        let theirs = run_in(Path::new("ffmpeg"), dir.path(), &line);
        if options.contains("vulkan") && theirs.code() != Some(0) {
            eprintln!("skipped: this machine's ffmpeg cannot do it: {line}");
            continue;
        }
        let ours = run_in(&linked(dir.path()), dir.path(), &line);
        assert_eq!(about_devices(&ours.stderr), about_devices(&theirs.stderr), "{line}");
    }
    // Called by its own name it speaks of what it does, and not of what it tried.
    let line = "-hide_banner -nostdin -hwaccel auto -i {tiny.mp4} -an -f null -";
    assert!(about_devices(&run_in(&weir(), scratch().path(), line).stderr).is_empty());
}

#[test]
fn a_device_that_cannot_be_had_is_told_in_one_sentence() {
    let dir = scratch();
    let told = |options: &str| {
        let line = format!("-v error -y -nostdin {options} -i {{tiny.mp4}} -an -c:v mpeg4 out.mp4");
        let run = run_in(&weir(), dir.path(), &line);
        assert_eq!(run.code(), Some(1), "{options}: {}", run.stderr);
        assert!(!dir.path().join("out.mp4").exists(), "{options}");
        run.stderr
    };
    let missing = told("-hwaccel vaapi -hwaccel_device /no/such/device");
    assert!(
        missing.contains("-hwaccel vaapi: no device can be opened to decode input stream #0:0 (h264): "),
        "{missing}"
    );
    if theirs("-init_hw_device vulkan=v -i {tiny.mp4} -an").is_none() {
        return;
    }
    for options in ["-hwaccel vaapi", ""] {
        let options = format!("-init_hw_device vulkan=v {options} -hwaccel_device v");
        let said = told(&options);
        assert!(said.contains("the device v is not of the type that is to decode input stream #0:0 (h264)"), "{said}");
        if oracle_major() < 7 {
            let line = format!("-v error -y -nostdin {options} -i {{tiny.mp4}} -an -c:v mpeg4 out.mp4");
            let ours = run_in(&linked(dir.path()), dir.path(), &line);
            let theirs = run_in(Path::new("ffmpeg"), dir.path(), &line);
            assert_eq!(ours.code(), theirs.code());
            // ffmpeg says which decoder it is talking of before that.
            let first = theirs.stderr.split_once("] ").map_or(theirs.stderr.as_str(), |(_, rest)| rest);
            assert_eq!(ours.stderr, first, "{options}");
        }
    }
}
