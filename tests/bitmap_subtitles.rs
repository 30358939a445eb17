//! Subtitles that are pictures, from one form into another: the same packets as ffmpeg's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::both::{linked, run_in, scratch};
use common::{oracle_major, probe};
use std::fs;
use std::path::Path;

/// Ticks of a Blu-ray's clock in a second.
const CLOCK: f64 = 90_000.0;

/// A segment of a PGS stream (`.sup`): magic, times, kind, length, content.
fn segment(second: f64, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = b"PG".to_vec();
    bytes.extend(((second * CLOCK) as u32).to_be_bytes());
    bytes.extend(0_u32.to_be_bytes());
    bytes.push(kind);
    bytes.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
    bytes.extend(content);
    bytes
}

/// What is shown from a moment on: a box of two colours, or nothing.
fn display(second: f64, number: u8, size: Option<(u8, u8)>) -> Vec<u8> {
    let (width, height) = (720_u16.to_be_bytes(), 576_u16.to_be_bytes());
    let mut composition = [width, height].concat();
    composition.extend([0x10, 0, number, 0x80, 0, 0, u8::from(size.is_some())]);
    if size.is_some() {
        composition.extend([0, 0, 0, 0, 0, 100, 1, 0x90]); // Object 0 in window 0 at 100, 400.
    }
    let mut bytes = segment(second, 0x16, &composition);
    if let Some((wide, high)) = size {
        bytes.extend(segment(second, 0x17, &[1, 0, 0, 100, 1, 0x90, 0, wide, 0, high]));
        // Two colours, luma, red, blue and how opaque.
        bytes.extend(segment(second, 0x14, &[0, 0, 1, 235, 128, 128, 255, 2, 16, 128, 128, 255]));
        let half = wide / 2;
        let line = [0, 0x80 | half, 1, 0, 0x80 | (wide - half), 2, 0, 0];
        let runs = line.repeat(usize::from(high));
        let length = u32::try_from(runs.len() + 4).unwrap().to_be_bytes();
        let head = [0, 0, 0, 0xc0, length[1], length[2], length[3], 0, wide, 0, high];
        bytes.extend(segment(second, 0x15, &[&head[..], &runs].concat()));
    }
    bytes.extend(segment(second, 0x80, &[]));
    bytes
}

/// Two subtitles, each for some time.
fn disc() -> Vec<u8> {
    let sets = [(0.5, Some((32, 8))), (1.5, None), (2.0, Some((48, 12))), (3.25, None)];
    let all = sets.iter().zip(0..);
    all.flat_map(|((second, size), number)| display(*second, number, *size)).collect()
}

/// Times and hashes of what a program makes of `input`.
fn packets(program: &Path, dir: &Path, (input, output): (&str, &str), options: &str) -> Vec<String> {
    let run = run_in(program, dir, &format!("-v error -nostdin -y -i {input} {options} {output}"));
    assert_eq!(run.code(), Some(0), "{}: {}", program.display(), run.stderr);
    probe(&dir.join(output)).unwrap().packets.iter().map(ToString::to_string).collect()
}

#[test]
fn each_form_becomes_each_other_one_as_in_ffmpeg() {
    let dir = scratch();
    fs::write(dir.path().join("disc.sup"), disc()).unwrap();
    let (ours, theirs) = (linked(dir.path()), Path::new("ffmpeg").to_owned());
    let mut seen = 0;
    for (files, options) in [
        (("disc.sup", "dvd.mkv"), "-c:s dvdsub"),
        (("disc.sup", "dvb.ts"), "-c:s dvbsub"),
        (("dvb.ts", "dvd2.mkv"), "-c:s dvdsub -s 720x576"),
        (("disc.sup", "plain.mkv"), "-c:s copy"),
        (("dvd.mkv", "dvb2.mkv"), "-c:s dvbsub"),
        (("dvd.mkv", "sized.mkv"), "-c:s dvbsub -s 720x480"),
    ] {
        // The second one's files stay, so that both read the same in the next row.
        let mine = packets(&ours, dir.path(), files, options);
        let other = packets(&theirs, dir.path(), files, options);
        assert_eq!(mine, other, "{files:?}");
        seen += mine.len();
    }
    assert!(seen >= 12, "{seen} packets are too few to tell");
}

/// Where the two dates of each of a DVD's subtitles lie in a file: one control sequence shows it; the other, which is its own next,
/// takes it away.
fn dates(file: &[u8]) -> Vec<[usize; 2]> {
    let word = |at: usize| file.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
    let pair = |at: usize| {
        let (size, first) = (word(at)?, word(at + 2)?);
        let second = word(at + first + 2)?;
        let fits = first < second && second < size && word(at + first)? == 0 && word(at + second + 2)? == second;
        (fits && word(at + second + 4)? == 0x02ff).then_some([at + first, at + second])
    };
    (0..file.len()).filter_map(pair).collect()
}

#[test]
fn what_is_shown_with_a_delay_is_taken_away_after_it_was_shown() {
    let dir = scratch();
    fs::write(dir.path().join("disc.sup"), disc()).unwrap();
    packets(&linked(dir.path()), dir.path(), ("disc.sup", "dvd.mkv"), "-c:s dvdsub");
    let mut file = fs::read(dir.path().join("dvd.mkv")).unwrap();
    let places = dates(&file);
    assert_eq!(places.len(), 2);
    // Shown after half a second, taken away after one, in units of 1024 ticks.
    for [shown, gone] in places {
        file[shown..shown + 2].copy_from_slice(&[0, 44]);
        file[gone..gone + 2].copy_from_slice(&[0, 88]);
    }
    fs::write(dir.path().join("late.mkv"), file).unwrap();
    // Times, lengths and data of each packet; before FFmpeg 6 its own command takes each away in DVB before it is shown.
    for output in ["dvd2.mkv", "dvb.mkv"] {
        let encoder = if output.starts_with("dvb") { "dvbsub" } else { "dvdsub" };
        let [ours, theirs] = [linked(dir.path()), Path::new("ffmpeg").to_owned()].map(|program| {
            let found = packets(&program, dir.path(), ("late.mkv", output), &format!("-c:s {encoder}"));
            assert!(found.len() >= 2, "{}", program.display());
            found
        });
        if encoder == "dvdsub" || oracle_major() >= 6 {
            assert_eq!(ours, theirs, "{output}");
        }
    }
    let theirs = (oracle_major() >= 6).then(|| Path::new("ffmpeg").to_owned());
    for program in [linked(dir.path())].into_iter().chain(theirs) {
        packets(&program, dir.path(), ("late.mkv", "dvb.mkv"), "-c:s dvbsub");
        let times: Vec<_> = probe(&dir.path().join("dvb.mkv")).unwrap().packets.iter().map(|p| p.pts).collect();
        assert_eq!(times, [500, 1001, 2000, 2501].map(Some), "{}", program.display());
    }
}

#[test]
fn a_canvas_has_the_size_that_is_asked_for() {
    let dir = scratch();
    fs::write(dir.path().join("disc.sup"), disc()).unwrap();
    let size = |program: &Path, options: &str| {
        let line =
            format!("-v error -nostdin -y {options} -i disc.sup -filter_complex '[0:s]null[v]' -map '[v]' -frames:v 2");
        let run = run_in(program, dir.path(), &format!("{line} -f rawvideo -pix_fmt gray -"));
        assert_eq!(run.code(), Some(0), "{}", run.stderr);
        run.stdout.len()
    };
    for program in [linked(dir.path()), "ffmpeg".into()] {
        assert_eq!(size(&program, "-canvas_size 640x360"), 2 * 640 * 360, "{}", program.display());
        assert_eq!(size(&program, ""), 2 * 720 * 576, "{}", program.display());
    }
}

#[test]
fn a_subtitle_that_its_encoder_does_not_take_ends_the_job() {
    let dir = scratch();
    fs::write(dir.path().join("disc.sup"), disc()).unwrap();
    for program in [linked(dir.path()), "ffmpeg".into()] {
        let run = run_in(&program, dir.path(), "-v error -nostdin -y -i disc.sup -c:s dvdsub -s 64x48 out.mkv");
        assert!(run.code().is_some_and(|code| code != 0), "{}: {}", program.display(), run.stderr);
        assert!(run.stderr.contains("Subtitle encoding failed"), "{}: {}", program.display(), run.stderr);
    }
}
