//! Whatever the input or the output folder: a sentence that names the file, a status that tells, no panic, no hang,
//! and what was written is playable or gone.
//!
//! What weir does better than ffmpeg is asserted for weir alone (see `common::is_weir`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use common::media::{Dice, path};
use common::{LIMIT, Run, assert_none, decoding_complaints, in_parallel, is_weir, probe, run, weir};
use tempfile::TempDir;

/// weir's status for an input that ended early or could not be read in full.
const INCOMPLETE: i32 = 69;

fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs the binary in a folder with arguments split at blanks.
fn weir_in(dir: &Path, line: &str) -> Run {
    let args: Vec<&str> = line.split_whitespace().collect();
    weir_with(dir, &args)
}

fn weir_with(dir: &Path, args: &[&str]) -> Run {
    let mut all = vec!["-nostdin", "-y", "-hide_banner", "-v", "warning"];
    all.extend_from_slice(args);
    run(&weir(), &all, dir, LIMIT)
}

/// The run failed, in good order, and a sentence names the thing.
fn assert_refused(run: &Run, names: &str) {
    assert_eq!(run.misbehaviour(), None);
    assert_ne!(run.code(), Some(0), "status 0 for what cannot work; stderr: {}", run.tail());
    assert!(run.stderr.contains(names), "no line of stderr names `{names}`: {}", run.stderr);
}

/// The file is gone, or a player finds packets in it.
fn absent_or_playable(file: &Path) -> Result<(), String> {
    if !file.exists() {
        return Ok(());
    }
    match probe(file) {
        Ok(facts) if !facts.packets.is_empty() => Ok(()),
        Ok(_) => Err(format!("{} was left without a packet", file.display())),
        Err(error) => Err(format!("a half was left behind: {error}")),
    }
}

/// A decoder reads all of the file without a complaint.
fn decodes(file: &Path) -> Result<(), String> {
    decoding_complaints(file).map_err(|complaints| format!("what was encoded does not decode: {complaints}"))
}

// What is no medium at all.

#[test]
fn a_missing_file_is_named_and_nothing_is_written() {
    let dir = scratch();
    let run = weir_in(dir.path(), "-i nowhere.mp4 out.mkv");
    assert_refused(&run, "nowhere.mp4");
    assert!(run.stderr.contains("No such file or directory"), "{}", run.stderr);
    assert!(!dir.path().join("out.mkv").exists());
}

#[test]
fn a_folder_as_input_is_named_and_nothing_is_written() {
    let dir = scratch();
    fs::create_dir(dir.path().join("folder.mp4")).unwrap();
    let run = weir_in(dir.path(), "-i folder.mp4 out.mkv");
    assert_refused(&run, "folder.mp4");
    assert!(!dir.path().join("out.mkv").exists());
}

#[test]
fn an_empty_file_is_named_and_nothing_is_written() {
    for name in ["empty.mp4", "empty.mkv", "empty.flv", "empty.ts", "empty"] {
        let dir = scratch();
        fs::write(dir.path().join(name), "").unwrap();
        let run = weir_in(dir.path(), &format!("-i {name} out.mkv"));
        assert_refused(&run, name);
        assert!(!dir.path().join("out.mkv").exists(), "{name}");
    }
}

#[test]
fn a_text_file_is_named_and_nothing_is_written() {
    let text = "It was a dark and stormy night; the rain fell in torrents.\n".repeat(200);
    for name in ["story.mp4", "story.txt.mkv"] {
        let dir = scratch();
        fs::write(dir.path().join(name), &text).unwrap();
        let run = weir_in(dir.path(), &format!("-i {name} out.mp4"));
        assert_refused(&run, name);
        assert!(!dir.path().join("out.mp4").exists());
    }
}

#[test]
fn a_picture_without_size_is_refused() {
    let dir = scratch();
    fs::write(dir.path().join("zero.y4m"), b"YUV4MPEG2 W0 H0 F25:1 Ip A1:1 C420jpeg\nFRAME\n").unwrap();
    let mut png = fs::read(path("picture.png")).unwrap();
    png[16..24].fill(0);
    fs::write(dir.path().join("zero.png"), png).unwrap();
    fs::write(dir.path().join("zero.yuv"), [0_u8; 4096]).unwrap();
    for (input, name) in [
        ("-i zero.y4m", "zero.y4m"),
        ("-i zero.png", "zero.png"),
        ("-f rawvideo -video_size 0x0 -pixel_format yuv420p -i zero.yuv", "zero.yuv"),
    ] {
        let run = weir_in(dir.path(), &format!("{input} -c:v libx264 -preset ultrafast out.mp4"));
        assert_refused(&run, name);
        absent_or_playable(&dir.path().join("out.mp4")).unwrap();
    }
}

// Damage.

const COPIED: &str = "-c copy";
const ENCODED: &str = "-c:v libx264 -preset ultrafast -c:a aac";

/// Runs a damaged input through a transcode or a copy and judges what is left of it.
fn judge(bytes: &[u8], extension: &str, codecs: &str) -> Result<(Run, bool), String> {
    let dir = scratch();
    let name = format!("damaged.{extension}");
    fs::write(dir.path().join(&name), bytes).unwrap();
    let run = weir_in(dir.path(), &format!("-i {name} {codecs} out.mkv"));
    if let Some(wrong) = run.misbehaviour() {
        return Err(wrong);
    }
    let out = dir.path().join("out.mkv");
    let written = out.exists();
    if is_weir() || run.code() == Some(0) {
        absent_or_playable(&out)?;
        if written && codecs == ENCODED {
            decodes(&out)?;
        }
    }
    match run.code() {
        Some(0) if !written => return Err("status 0 and no output".into()),
        Some(0) => {}
        // A stream of which nothing is known may be refused by the output's format alone, which names the output.
        _ if !run.stderr.contains(&name) && !run.stderr.contains("out.mkv: Could not write header") => {
            return Err(format!("stderr does not name {name}: {}", run.tail()));
        }
        Some(INCOMPLETE) if !written => return Err("status 69 promises an output, and there is none".into()),
        _ => {}
    }
    Ok((run, written))
}

/// Truncates a medium at each tenth; `promises`: its header tells how long it should be.
fn truncated(medium: &str, promises: bool) {
    truncated_and(medium, promises, &[ENCODED, COPIED]);
}

/// The same with these ways of reading it.
fn truncated_and(medium: &str, promises: bool, ways: &[&str]) {
    let whole = fs::read(path(medium)).unwrap();
    let extension = medium.rsplit('.').next().unwrap();
    let cuts: Vec<(usize, &str)> = (1..10).flat_map(|tenth| ways.iter().map(move |way| (tenth, *way))).collect();
    let complaints = in_parallel(&cuts, |&(tenth, way)| {
        let what = format!("{medium} cut at {tenth}0 % ({way})");
        match judge(&whole[..whole.len() * tenth / 10], extension, way) {
            Err(wrong) => Some(format!("{what}: {wrong}")),
            Ok((run, true)) if is_weir() && promises && run.code() != Some(INCOMPLETE) => {
                Some(format!("{what}: partly read, and the status is {:?}, not 69", run.code()))
            }
            Ok((run, false)) if run.code() == Some(0) => Some(format!("{what}: status 0 without an output")),
            Ok(_) => None,
        }
    });
    assert_none(&complaints, cuts.len());
}

#[test]
fn a_truncated_mp4_with_its_index_behind_is_refused() {
    let whole = fs::read(path("tiny.mp4")).unwrap();
    for tenth in 1..10 {
        let dir = scratch();
        fs::write(dir.path().join("cut.mp4"), &whole[..whole.len() * tenth / 10]).unwrap();
        let run = weir_in(dir.path(), "-i cut.mp4 -c copy out.mkv");
        assert_refused(&run, "cut.mp4");
        assert!(!dir.path().join("out.mkv").exists());
    }
}

#[test]
fn a_truncated_mp4_with_its_index_in_front_is_finished_and_told_by_status_69() {
    truncated("tinyfast.mp4", true);
}

#[test]
fn a_truncated_mkv_is_finished_and_told_by_status_69() {
    truncated("tiny.mkv", true);
}

#[test]
fn a_truncated_flv_is_finished_and_told_by_status_69() {
    truncated("tiny.flv", true);
}

#[test]
fn a_truncated_smjpeg_is_finished_and_told_by_status_69() {
    truncated("tiny.smjpeg", true);
}

/// Nothing is missing there, so the file is not called cut off.
#[test]
fn a_seek_behind_the_end_is_told_for_what_it_is() {
    let dir = scratch();
    for name in ["tiny.flv", "s16.wav", "tiny.mp4", "tiny.mkv"] {
        let run = weir_in(dir.path(), &format!("-ss 1:00 -i {} -c copy out.nut", path(name).display()));
        assert_eq!((run.code(), run.misbehaviour()), (Some(0), None), "{name}: {}", run.stderr);
        assert!(!run.stderr.contains("cut off"), "{name}: {}", run.stderr);
        if is_weir() {
            assert!(run.stderr.contains("-ss 60.00 s lies behind its end"), "{name}: {}", run.stderr);
        }
    }
}

/// What an output leaves out says how long the input should be; and streams of AVI have lengths of their own.
#[test]
fn what_is_taken_from_a_truncated_file_alone_is_told_by_status_69() {
    truncated_and("tiny.flv", true, &["-vn -c copy", "-an -c copy"]);
    truncated_and("tiny.avi", true, &["-vn -c copy", "-an -c copy", "-c copy", ENCODED]);
}

/// libavformat takes the length of what is there for that of the whole, leaves out half a page, and makes grey of half a picture.
#[test]
fn what_only_a_file_s_own_bytes_tell_is_told_by_status_69() {
    for sound in ["s16.wav", "s16.w64", "s16.rf64", "s16.caf", "tiny.voc", "tiny.sox", "tone.wma", "tone.ogg"] {
        truncated_and(sound, true, &["-c:a pcm_s16le"]);
    }
    for pictures in ["pal.gif", "picture.jpg"] {
        truncated_and(pictures, true, &["-c:v ffv1"]);
    }
}

/// Formats of packets or blocks with lengths of their own.
const WITHIN_A_PACKET: [&str; 10] = [
    "tiny.aac",
    "tiny.ac3",
    "tiny.eac3",
    "tiny.dts",
    "tiny.mp2",
    "tiny.mp3",
    "tiny.dv",
    "tiny.nut",
    "tiny.ts",
    "tiny.m2ts",
];

/// Formats that promise nothing, cut within a packet.
#[test]
fn a_file_that_ends_within_a_packet_is_told_by_status_69() {
    truncated_and("tiny.y4m", true, &[ENCODED]);
    let whole = fs::read(path("tiny.aac")).unwrap();
    let (run, _) = judge(&whole[..whole.len() - 20], "aac", COPIED).unwrap();
    if is_weir() {
        assert_eq!(run.code(), Some(INCOMPLETE), "{}", run.tail());
    }
    for medium in WITHIN_A_PACKET {
        let whole = fs::read(path(medium)).unwrap();
        for eighth in [3, 5, 8] {
            let cut = whole.len() * eighth / 8 - 77;
            let (run, _) = judge(&whole[..cut], medium.rsplit('.').next().unwrap(), COPIED).unwrap();
            if is_weir() {
                assert_eq!(run.code(), Some(INCOMPLETE), "{medium} cut at {cut}: {}", run.tail());
            }
        }
    }
}

#[test]
fn whole_files_have_status_0_whatever_is_taken_from_them() {
    for (medium, options) in [
        ("late.flv", "-vn -c copy"),
        ("late.flv", "-an -c copy"),
        ("tiny.avi", "-vn -c copy"),
        ("tiny.y4m", "-c:v ffv1"),
        ("s16.wav", "-c:a pcm_s16le"),
        ("s16.w64", "-c:a pcm_s16le"),
        ("s16.rf64", "-c:a pcm_s16le"),
        ("s16.caf", "-c:a pcm_s16le"),
        ("tiny.voc", "-c:a pcm_s16le"),
        ("tiny.sox", "-c:a pcm_s16le"),
        ("tone.wma", "-c:a pcm_s16le"),
        ("tone.ogg", COPIED),
        ("pal.gif", "-c:v ffv1"),
        ("picture.jpg", "-c:v ffv1"),
    ]
    .into_iter()
    .chain(WITHIN_A_PACKET.map(|medium| (medium, COPIED)))
    {
        let dir = scratch();
        let run = weir_in(dir.path(), &format!("-i {} {options} out.mkv", path(medium).display()));
        assert_eq!(run.code(), Some(0), "{medium} {options}: {}", run.tail());
    }
}

/// Demuxers and decoders run ahead, by as much as they happen to.
#[test]
fn what_is_damaged_behind_the_end_of_every_output_is_none_of_their_concern() {
    let dir = scratch();
    let whole = fs::read(path("tinyfast.mp4")).unwrap();
    fs::write(dir.path().join("cut.mp4"), &whole[..whole.len() * 7 / 10]).unwrap();
    for (options, status) in [
        ("-t 0.3 -c:v ffv1 -an o.mkv", 0),
        ("-t 0.3 -c copy o.mkv", 0),
        ("-frames:v 1 o.png", 0),
        ("-t 0.3 -c copy o.mkv -c copy p.mkv", INCOMPLETE),
        ("-t 0.3 -vf setpts=PTS/4 -c:v ffv1 -an o.mkv", INCOMPLETE),
        ("-t 1:00 -c copy o.mkv", INCOMPLETE),
    ] {
        let run = weir_in(dir.path(), &format!("-i cut.mp4 {options}"));
        assert!(!is_weir() || run.code() == Some(status), "{options}: {:?} {}", run.code(), run.stderr);
    }
}

/// Where it is sought, its first frame of sound may lack its beginning.
#[test]
fn a_program_stream_that_is_read_from_a_place_within_is_not_damaged() {
    let dir = scratch();
    let mut told = 0;
    for at in ["0.3", "0.5", "0.7", "0.9"] {
        let run = weir_in(dir.path(), &format!("-ss {at} -i {} -t 0.2 -f null -", path("tiny.mpg").display()));
        assert_eq!(run.code(), Some(0), "{at}: {}", run.stderr);
        told += usize::from(run.stderr.contains("Error while decoding"));
    }
    assert!(told > 0);
    let whole = fs::read(path("tiny.mpg")).unwrap();
    let middle = whole.len() / 2;
    let mut torn = whole.clone();
    torn[middle..middle + 6000].fill(0x55);
    fs::write(dir.path().join("torn.mpg"), torn).unwrap();
    let run = weir_in(dir.path(), "-ss 0.3 -i torn.mpg -f null -");
    assert!(!is_weir() || run.code() == Some(INCOMPLETE), "{}", run.stderr);
}

/// A slideshow as it is written in many a guide, where the last picture is to be named twice.
#[test]
fn a_list_that_says_how_long_its_last_file_is_shown_promises_nothing() {
    let dir = scratch();
    let picture = path("picture.jpg");
    let list = format!("file '{0}'\nduration 0.2\nfile '{0}'\nduration 5\n", picture.display());
    fs::write(dir.path().join("list.txt"), list).unwrap();
    let run = weir_in(dir.path(), "-f concat -safe 0 -i list.txt -c:v ffv1 out.mkv");
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
}

#[test]
fn what_would_go_to_a_closed_standard_output_is_refused() {
    let dir = scratch();
    let line = format!(
        "exec {} -v error -nostdin -i {} -c copy -f mpegts - >&-",
        weir().display(),
        path("tiny.mp4").display()
    );
    let run = run(Path::new("sh"), &["-c".to_owned(), line], dir.path(), LIMIT);
    assert_eq!(run.code(), Some(1), "{}", run.tail());
    assert!(run.stderr.contains("Bad file descriptor"), "{}", run.stderr);
}

/// Threads of a decoder may give away a picture before they know that it is damaged.
#[test]
fn damaged_pictures_are_told_of_in_every_run_alike() {
    let dir = scratch();
    let mut flipped = fs::read(path("tiny.mkv")).unwrap();
    let length = flipped.len();
    (3..9).for_each(|tenth| flipped[length * tenth / 10] ^= 0x55);
    fs::write(dir.path().join("flipped.mkv"), flipped).unwrap();
    let told = || {
        let run = weir_in(dir.path(), "-v warning -i flipped.mkv -map 0:v -f null -");
        if is_weir() {
            assert_eq!(run.code(), Some(INCOMPLETE), "{}", run.tail());
        }
        run.stderr.lines().filter(|line| line.starts_with("Damaged input")).collect::<String>()
    };
    let first = told();
    (0..7).for_each(|_| assert_eq!(told(), first));
}

/// As `ffmpeg -f wav -` writes it, for it cannot go back: its last packet is as short as the rest of the file is.
#[test]
fn sound_of_unknown_length_is_whole_wherever_it_ends() {
    let dir = scratch();
    let mut bytes = fs::read(path("s16.wav")).unwrap();
    let data = bytes.windows(4).position(|four| four == b"data").unwrap();
    for size in [4, data + 4] {
        bytes[size..size + 4].fill(0xff);
    }
    for (cut, expected) in [(0, 0), (4, 0), (1, INCOMPLETE)] {
        fs::write(dir.path().join("endless.wav"), &bytes[..bytes.len() - cut]).unwrap();
        let run = weir_in(dir.path(), "-i endless.wav -c copy out.wav");
        if is_weir() {
            assert_eq!(run.code(), Some(expected), "{cut} bytes short: {}", run.tail());
        }
    }
}

#[test]
fn a_truncated_ts_is_finished() {
    truncated("tiny.ts", false);
}

/// Packets of which the filter `h264_mp4toannexb` cannot read some: a byte in sixty is another, in lengths too.
fn noisy(dir: &Path) {
    fs::copy(path("tiny.mkv"), dir.join("tiny.mkv")).unwrap();
    let made = weir_in(dir, "-i tiny.mkv -map 0:v -c copy -bsf noise=amount=60 noisy.mkv");
    assert_eq!(made.code(), Some(0), "{}", made.tail());
}

#[test]
fn a_packet_that_a_bitstream_filter_cannot_read_is_left_out_and_told_by_status_69() {
    let dir = scratch();
    noisy(dir.path());
    let run = weir_in(dir.path(), "-v error -i noisy.mkv -c copy -bsf h264_mp4toannexb out.mkv");
    assert_eq!(run.misbehaviour(), None);
    assert!(run.stderr.contains("Error applying bitstream filters"), "{}", run.stderr);
    let packets = |name: &str| probe(&dir.path().join(name)).unwrap().packets.len();
    let (before, after) = (packets("noisy.mkv"), packets("out.mkv"));
    assert!(after < before && after > before / 2, "{after} of {before} packets");
    if is_weir() {
        assert_eq!(run.code(), Some(INCOMPLETE), "{}", run.tail());
    }
}

#[test]
fn with_xerror_a_subtitle_that_cannot_be_decoded_ends_the_job() {
    let dir = scratch();
    let entry = |n: usize, text: &[u8]| {
        [format!("{n}\n00:00:0{n},000 --> 00:00:0{n},500\n").as_bytes(), text, b"\n\n"].concat()
    };
    let all = [entry(1, b"first"), entry(2, b"\xff\xfe\xc0"), entry(3, b"third")].concat();
    fs::write(dir.path().join("bad.srt"), all).unwrap();
    let lines = |name: &str| {
        let written = fs::read_to_string(dir.path().join(name)).unwrap_or_default();
        written.lines().filter(|line| line.starts_with("Dialogue")).count()
    };
    let run = weir_in(dir.path(), "-i bad.srt all.ass");
    assert_eq!((run.code(), lines("all.ass")), (Some(if is_weir() { INCOMPLETE } else { 0 }), 2), "{}", run.tail());
    let run = weir_in(dir.path(), "-xerror -i bad.srt cut.ass");
    assert!(run.code() == Some(1) && lines("cut.ass") < 2, "{}", run.tail());
}

#[test]
fn with_xerror_a_packet_that_a_bitstream_filter_cannot_read_ends_the_job() {
    let dir = scratch();
    noisy(dir.path());
    let run = weir_in(dir.path(), "-v error -xerror -i noisy.mkv -c copy -bsf h264_mp4toannexb out.mkv");
    assert_refused(&run, "Error applying bitstream filters");
}

#[test]
fn an_untouched_file_ends_with_status_0_and_all_of_it() {
    let media = [
        ("tiny.mp4", true),
        ("tiny.mkv", false),
        ("tiny.flv", true),
        ("tiny.ts", false),
        ("tiny.smjpeg", true),
        ("tiny.smjpeg", false),
    ];
    for (medium, copy) in media {
        let bytes = fs::read(path(medium)).unwrap();
        let codecs = if copy { COPIED } else { ENCODED };
        let (run, written) = judge(&bytes, medium.rsplit('.').next().unwrap(), codecs).unwrap();
        assert_eq!((run.code(), written), (Some(0), true), "{medium}: {}", run.tail());
    }
}

#[test]
fn two_hundred_files_with_flipped_bits_end_in_good_order() {
    let variants: Vec<(&str, u64)> = ["tiny.mp4", "tiny.mkv", "tiny.flv", "tiny.ts"]
        .iter()
        .flat_map(|medium| (0..50).map(|seed| (*medium, seed)))
        .collect();
    let complaints = in_parallel(&variants, |&(medium, seed)| {
        let mut bytes = fs::read(path(medium)).unwrap();
        let mut dice = Dice(seed * 4 + medium.len() as u64);
        // From a single bit to one in some hundred bytes, in the whole file or in its first kilobyte.
        let end = if seed % 5 == 0 { bytes.len().min(1024) } else { bytes.len() };
        for _ in 0..=dice.below(1 << (seed % 8)) {
            let at = dice.below(end);
            bytes[at] ^= 1 << dice.below(8);
        }
        let extension = medium.rsplit('.').next().unwrap();
        judge(&bytes, extension, if seed % 2 == 0 { COPIED } else { ENCODED })
            .err()
            .map(|wrong| format!("{medium}, seed {seed}: {wrong}"))
    });
    assert_none(&complaints, variants.len());
}

#[test]
fn an_mp4_whose_header_lies_about_a_length_ends_in_good_order() {
    let whole = fs::read(path("tiny.mp4")).unwrap();
    let fast = fs::read(path("tinyfast.mp4")).unwrap();
    let find = |bytes: &[u8], kind: &[u8; 4]| bytes.windows(4).position(|four| four == kind).unwrap();
    let put = |bytes: &[u8], at: usize, value: u32| {
        let mut bytes = bytes.to_vec();
        bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        bytes
    };
    let lies = [
        ("media box longer than the file", put(&fast, find(&fast, b"mdat") - 4, 0x4000_0000)),
        ("index box longer than the file", put(&whole, find(&whole, b"moov") - 4, 0x4000_0000)),
        ("index box shorter than itself", put(&whole, find(&whole, b"moov") - 4, 0x40)),
        ("a film of hours", put(&fast, find(&fast, b"mvhd") + 4 + 16, 0x7fff_ffff)),
        ("a track of hours", put(&fast, find(&fast, b"mdhd") + 4 + 16, 0x7fff_ffff)),
        ("a thousand million samples", put(&fast, find(&fast, b"stsz") + 4 + 8, 0x4000_0000)),
        ("a thousand million chunks", put(&fast, find(&fast, b"stco") + 4 + 4, 0x4000_0000)),
    ];
    let complaints =
        in_parallel(&lies, |(lie, bytes)| judge(bytes, "mp4", ENCODED).err().map(|wrong| format!("{lie}: {wrong}")));
    assert_none(&complaints, lies.len());
}

#[test]
fn times_at_the_ends_of_what_can_be_counted_do_no_harm() {
    let dir = scratch();
    let medium = path("tiny.mp4");
    let mut media = Vec::new();
    for (number, times) in ["9e18", "-9e18", "if(gt(N,5),9e18,N*3600)", "if(mod(N,2),-9e18,9e18)"].iter().enumerate() {
        for extension in ["nut", "mkv"] {
            let name = format!("{number}.{extension}");
            let made =
                format!("-v quiet -y -i {} -map 0:v -map 0:a -c copy -bsf:v setts=ts='{times}'", medium.display());
            let made = format!("{made} -bsf:a setts=ts='{times}' {name}");
            run(Path::new("ffmpeg"), &made.split(' ').collect::<Vec<_>>(), dir.path(), LIMIT);
            media.push(name);
        }
    }
    let ways = ["-c copy", "-c:v mpeg4 -c:a aac"];
    let cases: Vec<(&String, &str)> = media.iter().flat_map(|name| ways.map(move |way| (name, way))).collect();
    let complaints = in_parallel(&cases, |&(name, way)| {
        let output = format!("{name}.{}.mp4", way.len());
        let wrong = weir_in(dir.path(), &format!("-i {name} {way} {output}")).misbehaviour();
        wrong.map(|wrong| format!("{name} ({way}): {wrong}"))
    });
    assert_none(&complaints, cases.len());
}

#[test]
fn a_pause_of_pictures_that_are_large_is_copied() {
    let dir = scratch();
    // What waits for the pause to be told from a damaged time is more than a link between threads holds.
    let made = "-v error -y -f lavfi -i testsrc=s=960x540:r=25:d=2 -vf setpts='if(gt(N,9),PTS+2/TB,PTS)' -fps_mode passthrough";
    let made = format!("{made} -pix_fmt yuv420p -c:v rawvideo pause.mkv");
    run(Path::new("ffmpeg"), &made.split(' ').collect::<Vec<_>>(), dir.path(), LIMIT);
    let copied = weir_in(dir.path(), "-i pause.mkv -c copy copied.mkv");
    assert_eq!((copied.misbehaviour(), copied.code()), (None, Some(0)), "{}", copied.tail());
    assert_eq!(probe(&dir.path().join("copied.mkv")).unwrap().packets.len(), 50);
}

#[test]
fn of_several_outputs_of_a_file_without_media_none_stays() {
    let dir = scratch();
    let made = format!("-v error -y -i {} -c copy -movflags faststart whole.mp4", path("av.mp4").display());
    run(Path::new("ffmpeg"), &made.split(' ').collect::<Vec<_>>(), dir.path(), LIMIT);
    let whole = fs::read(dir.path().join("whole.mp4")).unwrap();
    let media = whole.windows(4).position(|at| at == b"mdat").unwrap();
    fs::write(dir.path().join("header.mp4"), &whole[..media + 4]).unwrap();
    let read = weir_in(dir.path(), "-i header.mp4 -c copy a.mkv -c copy b.mkv");
    assert_eq!(read.code(), Some(1), "{}", read.stderr);
    for output in ["a.mkv", "b.mkv"] {
        assert!(!dir.path().join(output).exists(), "{output} stays:\n{}", read.stderr);
    }
}

// Outputs that cannot be written.

#[test]
fn a_start_that_fails_leaves_no_empty_files() {
    let dir = scratch();
    let medium = path("tiny.mp4");
    for line in ["-vstats_file nowhere/stats -i {in} a.mp4 b.mp4", "-i {in} a.mp4 -stats_enc_pre nowhere/stats b.mp4"] {
        let refused = weir_in(dir.path(), &line.replace("{in}", &medium.display().to_string()));
        assert_eq!(refused.code(), Some(1), "{}", refused.stderr);
        for output in ["a.mp4", "b.mp4"] {
            assert!(!dir.path().join(output).exists(), "{line}: {output} stays:\n{}", refused.stderr);
        }
    }
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let dir = scratch();
    let run = weir_with(dir.path(), &["-i", path("tiny.mp4").to_str().unwrap(), "-c", "copy", "no/such/out.mkv"]);
    assert_refused(&run, "no/such/out.mkv");
    assert!(!dir.path().join("no").exists());
}

/// Runs the binary in a mount name space of its own, after the shell lines in `prepare`, with `$out` as the folder to
/// write into. Whatever is there at the end is moved to `$keep`. None when the machine does not let us mount.
fn in_mounts(dir: &Path, prepare: &str, output: &str) -> Option<Run> {
    fs::create_dir_all(dir.join("out")).unwrap();
    fs::create_dir_all(dir.join("keep")).unwrap();
    let script = format!(
        "{prepare} || exit 77; \"$0\" \"$@\" out/{output}; status=$?; \
         [ ! -e out/{output} ] || cp out/{output} keep/; exit $status"
    );
    let binary = weir();
    let medium = path("av.mp4");
    let mut args = vec!["-m", "sh", "-c", script.as_str(), binary.to_str().unwrap()];
    args.extend(["-nostdin", "-y", "-hide_banner", "-v", "warning", "-i", medium.to_str().unwrap()]);
    args.extend(["-c:v", "mjpeg", "-q:v", "1", "-c:a", "aac"]);
    let run = run(Path::new("unshare"), &args, dir, LIMIT);
    let refused = run.code() == Some(77)
        || run.stderr.contains("unshare failed")
        // In a chroot whose root is no mount point.
        || run.stderr.contains("cannot change root filesystem propagation")
        || run.stderr.contains("Operation not permitted");
    (!refused).then_some(run)
}

/// Whether permissions mean nothing to this process.
fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn a_read_only_folder_is_named_and_nothing_is_written() {
    let dir = scratch();
    let locked = dir.path().join("out");
    let (run, name) = if is_root() {
        match in_mounts(dir.path(), "mount --bind out out && mount -o remount,ro,bind out", "film.mkv") {
            Some(run) => (run, "out/film.mkv"),
            // No mounts in this container: a folder in which nobody can make a file.
            None => (
                weir_with(dir.path(), &["-i", path("tiny.mp4").to_str().unwrap(), "-c", "copy", "/proc/film.mkv"]),
                "/proc/film.mkv",
            ),
        }
    } else {
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        (
            weir_with(dir.path(), &["-i", path("tiny.mp4").to_str().unwrap(), "-c", "copy", "out/film.mkv"]),
            "out/film.mkv",
        )
    };
    assert_refused(&run, name);
    assert!(!locked.join("film.mkv").exists());
}

#[test]
fn a_folder_that_fills_up_is_told_and_no_silent_half_is_left() {
    for output in ["film.mkv", "film.mp4", "film.nut"] {
        let dir = scratch();
        let Some(run) = in_mounts(dir.path(), "mount -t tmpfs -o size=256k tmpfs out", output) else {
            eprintln!("skipped: this machine lets nobody mount a small file system");
            return;
        };
        assert_refused(&run, output);
        assert!(run.stderr.contains("No space left on device"), "{}", run.stderr);
        if is_weir() {
            absent_or_playable(&dir.path().join("keep").join(output)).unwrap();
        }
    }
}

#[test]
fn segments_that_could_not_be_written_are_told() {
    for output in ["film.m3u8", "film.mpd"] {
        let dir = scratch();
        let Some(run) = in_mounts(dir.path(), "mount -t tmpfs -o size=64k tmpfs out", output) else {
            eprintln!("skipped: this machine lets nobody mount a small file system");
            return;
        };
        if is_weir() {
            assert_refused(&run, "No space left on device");
            assert!(run.stderr.contains("could not be written whole"), "{}", run.stderr);
            assert!(!dir.path().join("keep").join(output).exists(), "an empty playlist is left");
        }
    }
}

/// HLS's muxer minds all of its files but those that it opens last.
#[test]
fn a_playlist_or_its_last_segment_that_cannot_be_opened_is_told() {
    let dir = scratch();
    for options in [
        "-hls_time 100 -hls_segment_filename none/%d.ts o.m3u8",
        "-hls_time 100 -master_pl_name none/all.m3u8 o.m3u8",
        "-f tee [f=hls:hls_time=100:hls_segment_filename=none/%d.ts]o.m3u8",
    ] {
        let run = weir_in(dir.path(), &format!("-i {} -map 0 -c copy {options}", path("tiny.mp4").display()));
        if is_weir() {
            assert_refused(&run, "No such file or directory");
            assert!(!run.stderr.contains("can be played"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_file_that_may_not_grow_any_more_is_told_and_no_silent_half_is_left() {
    let dir = scratch();
    let line = format!(
        "ulimit -f 40; exec {} -nostdin -v error -i {} -c:v ffv1 -an film.mkv",
        weir().display(),
        path("av.mp4").display()
    );
    let run = run(Path::new("bash"), &["-c".to_owned(), line], dir.path(), LIMIT);
    if is_weir() {
        assert_refused(&run, "File too large");
        absent_or_playable(&dir.path().join("film.mkv")).unwrap();
    }
}

#[test]
fn an_output_of_tee_that_may_fail_lets_the_others_go_on() {
    for (option, status) in [(":onfail=ignore", 0), ("", 1)] {
        let dir = scratch();
        let medium = path("av.mp4");
        let run = weir_in(
            dir.path(),
            &format!("-i {} -map 0 -c copy -f tee [f=mpegts{option}]/dev/full|film.ts", medium.display()),
        );
        if is_weir() {
            assert_eq!(run.code(), Some(status), "{}", run.stderr);
            assert!(status != 0 || decodes(&dir.path().join("film.ts")).is_ok());
        }
    }
}

#[test]
fn a_device_that_is_full_is_told() {
    let dir = scratch();
    let run =
        weir_with(dir.path(), &["-i", path("tiny.mp4").to_str().unwrap(), "-c", "copy", "-f", "mpegts", "/dev/full"]);
    assert_refused(&run, "/dev/full");
    assert!(run.stderr.contains("No space left on device"), "{}", run.stderr);
}

#[test]
fn what_was_written_before_a_failure_elsewhere_can_be_played() {
    // A packet of pictures that its sender calls damaged, behind the middle.
    let mut stream = fs::read(path("gop.ts")).unwrap();
    let half = stream.len() / 188 / 2;
    let of_pictures = |packet: &[u8]| packet[1] & 0x1f == 1 && packet[2] == 0;
    let damaged = (half..).find(|at| of_pictures(&stream[at * 188..])).unwrap();
    stream[damaged * 188 + 1] |= 0x80;
    for output in ["film.mp4", "film.mov", "film.mkv", "film.ts", "film.flv"] {
        let dir = scratch();
        fs::write(dir.path().join("damaged.ts"), &stream).unwrap();
        let run = weir_in(dir.path(), &format!("-xerror -i damaged.ts -c copy {output}"));
        assert_refused(&run, "damaged.ts");
        if is_weir() {
            assert!(run.stderr.contains("has been kept and can be played"), "{}", run.stderr);
            let packets = probe(&dir.path().join(output)).unwrap().packets.len();
            assert!(packets > 40, "{output}: {packets} packets");
        }
    }
}

#[test]
fn a_link_to_an_output_of_no_use_stays() {
    let dir = scratch();
    symlink("film.mp4", dir.path().join("link.mp4")).unwrap();
    let medium = path("tiny.mp4");
    let args = ["-i", medium.to_str().unwrap(), "-vf", "scale=99999:99999", "link.mp4"];
    let run = weir_with(dir.path(), &args);
    assert_eq!(run.misbehaviour(), None);
    assert_ne!(run.code(), Some(0));
    assert!(fs::symlink_metadata(dir.path().join("link.mp4")).unwrap().is_symlink());
    if is_weir() {
        assert!(!dir.path().join("film.mp4").exists(), "{}", run.stderr);
    }
}

/// Runs with the input's own bytes as the output's target, under the name that `alias` makes.
fn over_itself(alias: impl Fn(&Path, &Path)) {
    let dir = scratch();
    let input = dir.path().join("film.mkv");
    fs::copy(path("tiny.mkv"), &input).unwrap();
    let output = dir.path().join("same.mkv");
    alias(&input, &output);
    let name = if output.exists() { "same.mkv" } else { "film.mkv" };
    let before = fs::read(&input).unwrap();
    let run = weir_in(dir.path(), &format!("-i film.mkv -c copy {name}"));
    assert_refused(&run, name);
    assert!(fs::read(&input).unwrap() == before, "the input was changed");
}

#[test]
fn an_output_that_is_the_input_is_refused() {
    over_itself(|_, _| {});
}

#[test]
fn an_output_that_is_a_hard_link_to_the_input_is_refused() {
    over_itself(|input, output| fs::hard_link(input, output).unwrap());
}

#[test]
fn an_output_that_is_a_symbolic_link_to_the_input_is_refused() {
    over_itself(|input, output| symlink(input, output).unwrap());
}

#[test]
fn what_tells_of_a_job_is_refused_in_the_place_of_an_input() {
    let dir = scratch();
    let input = dir.path().join("film.mkv");
    fs::copy(path("tiny.mkv"), &input).unwrap();
    let before = fs::read(&input).unwrap();
    for option in [
        "-progress",
        "-events",
        "-vstats_file",
        "-sdp_file",
        "-print_graphs_file",
        "-stats_enc_pre",
        "-stats_enc_post:v",
        "-stats_mux_pre",
    ] {
        let run = weir_in(dir.path(), &format!("-y -i film.mkv {option} film.mkv -c:v mpeg4 -an out.mkv"));
        assert_refused(&run, "film.mkv same as Input #0");
        assert!(fs::read(&input).unwrap() == before, "{option} changed the input");
    }
    for graph in ["-vf psnr=film.mkv", "-filter_complex [0:v]metadata=print:file=film.mkv"] {
        let run = weir_in(dir.path(), &format!("-y -i film.mkv {graph} -c:v mpeg4 -an out.mkv"));
        assert_refused(&run, "film.mkv same as Input #0");
        assert!(fs::read(&input).unwrap() == before, "{graph} changed the input");
    }
}

#[test]
fn what_outputs_write_beside_their_own_file_is_refused_in_the_place_of_what_is_read() {
    let dir = scratch();
    let there = |name: &str| dir.path().join(name);
    for (medium, names) in [("tiny.ts", ["o0.ts", "seg_000.ts"]), ("tiny.mp4", ["in.mp4", "logo.mp4"])] {
        for name in names {
            fs::copy(path(medium), there(name)).unwrap();
        }
    }
    fs::write(there("s.srt"), "1\n00:00:00,000 --> 00:00:01,000\nOne\n").unwrap();
    for (line, kept) in [
        ("-i o0.ts -c copy o.m3u8", "o0.ts"),
        ("-i seg_000.ts -c copy -hls_segment_filename seg_%03d.ts o.m3u8", "seg_000.ts"),
        ("-i in.mp4 -c copy -hls_segment_type fmp4 -hls_fmp4_init_filename in.mp4 o.m3u8", "in.mp4"),
        ("-i in.mp4 -c copy -master_pl_name in.mp4 o.m3u8", "in.mp4"),
        ("-i in.mp4 -c copy -f segment -segment_list in.mp4 s%d.ts", "in.mp4"),
        ("-i in.mp4 -an -c:v libx264 -x264-params pass=1:stats=in.mp4 -f null -", "in.mp4"),
        ("-i in.mp4 -c copy -f mp4 md5:in.mp4", "in.mp4"),
        ("-i in.mp4 -vf movie=logo.mp4[l];[in][l]overlay -an logo.mp4", "logo.mp4"),
        ("-f lavfi -i movie=in.mp4 -c:v mpeg4 in.mp4", "in.mp4"),
        ("-i in.mp4 -vf subtitles=f=s.srt -an -f matroska s.srt", "s.srt"),
        ("-i in.mp4 -vf movie=logo.mp4[l];[in][l]overlay -an -f mp4 md5:logo.mp4", "logo.mp4"),
        ("-i in.mp4 -attach s.srt -metadata:s:t mimetype=text/plain -c copy -f matroska s.srt", "s.srt"),
    ] {
        let before = fs::read(there(kept)).unwrap();
        assert_refused(&weir_in(dir.path(), line), kept);
        assert!(fs::read(there(kept)).unwrap() == before, "{line}: {kept} was changed");
    }
    fs::copy(path("tiny.ts"), there("output.ts")).unwrap();
    for line in [
        "-i o0.ts -c copy o0.m3u8",
        "-i output.ts -c copy out.m3u8",
        "-i o0.ts -c copy -start_number 10 o.m3u8",
        "-i in.mp4 -c copy -f segment %03d.mp4",
        "-i in.mp4 -vf movie=logo.mp4[l];[in][l]overlay -an -f null logo.mp4",
    ] {
        let fine = weir_in(dir.path(), line);
        assert_eq!(fine.code(), Some(0), "{line}: {}", fine.stderr);
    }
}

/// Filters open such files as soon as they are made.
#[test]
fn files_of_filters_are_tried_before_an_output_and_left_alone_by_a_job_that_is_only_planned() {
    let dir = scratch();
    let tiny = path("tiny.mp4");
    let job = |file: &str, rest: &str| {
        format!("-y -i {} -filter_complex [0:v]metadata=print:file={file} -an {rest}", tiny.display())
    };
    let told = weir_in(dir.path(), &format!("--explain {}", job("told.txt", "out.mkv")));
    assert_eq!(told.code(), Some(0), "{}", told.tail());
    assert_refused(&weir_in(dir.path(), &job("told.txt", "-c:v libx265q out.mkv")), "libx265q");
    assert!(!dir.path().join("told.txt").exists());
    fs::write(dir.path().join("out.mkv"), "kept").unwrap();
    assert_refused(&weir_in(dir.path(), &job("no/such.txt", "out.mkv")), "no/such.txt");
    assert_eq!(fs::read(dir.path().join("out.mkv")).unwrap(), b"kept");
    let run = weir_in(dir.path(), &job("told.txt", "-c:v mpeg4 out.mkv"));
    assert_eq!(run.code(), Some(0), "{}", run.tail());
    assert!(dir.path().join("told.txt").exists());
}

/// What a file calls its attachments is its own affair: it does not lead out of the folder, nor to the file itself.
#[test]
fn an_attachment_is_written_beside_the_job_and_not_over_its_input() {
    let dir = scratch();
    let within = dir.path().join("within");
    fs::create_dir(&within).unwrap();
    fs::write(within.join("notes.txt"), "notes").unwrap();
    for told in ["../out.txt", "/tmp/../../out.txt", "in.mkv"] {
        let options = "-attach notes.txt -metadata:s:t mimetype=text/plain";
        let tiny = path("tiny.mp4");
        let made = weir_in(
            &within,
            &format!("-y -i {} -c copy {options} -metadata:s:t filename={told} in.mkv", tiny.display()),
        );
        assert_eq!(made.code(), Some(0), "{}", made.tail());
        let before = fs::read(within.join("in.mkv")).unwrap();
        let run = weir_with(&within, &["-dump_attachment:t", "", "-i", "in.mkv"]);
        assert_eq!(run.misbehaviour(), None);
        assert!(!dir.path().join("out.txt").exists());
        assert_eq!(within.join("out.txt").exists(), told.ends_with("out.txt"), "{told}: {}", run.tail());
        assert!(fs::read(within.join("in.mkv")).unwrap() == before, "{told}");
        let _ = fs::remove_file(within.join("out.txt"));
    }
}

/// What was there stays until nothing more is to be refused.
#[test]
fn an_output_that_is_refused_does_not_destroy_what_was_there() {
    let dir = scratch();
    let tiny = path("tiny.mp4");
    fs::copy(&tiny, dir.path().join("out.mp4")).unwrap();
    for options in ["-metadata:c:99 title=x", "-map_metadata 9", "-disposition:v nonsense", "-bsf:v nonsense"] {
        let run = weir_in(dir.path(), &format!("-y -i {} -c copy {options} out.mp4", tiny.display()));
        assert_eq!(run.code(), Some(1), "{options}: {}", run.stderr);
        assert!(fs::read(dir.path().join("out.mp4")).unwrap() == fs::read(&tiny).unwrap(), "{options}");
    }
}

#[test]
fn pictures_are_not_written_over_those_that_are_read() {
    let dir = scratch();
    let made = weir_in(dir.path(), "-y -f lavfi -i testsrc=s=32x32:r=5:d=1 im%d.png");
    assert_eq!(made.code(), Some(0), "{}", made.tail());
    let second = fs::read(dir.path().join("im2.png")).unwrap();
    for line in [
        "-y -i im%d.png -frames:v 1 -vf negate im2.png",
        "-y -pattern_type glob -i im*.png -frames:v 1 -vf negate im2.png",
        "-y -start_number 2 -i im%d.png -vf negate im%01d.png",
        "-y -start_number 3 -i im%d.png -vf metadata=print:file=im3.png -f null -",
    ] {
        assert_refused(&weir_in(dir.path(), line), "Input #0");
        assert!(fs::read(dir.path().join("im2.png")).unwrap() == second, "{line}");
    }
    // Others are, beside them too.
    for line in [
        "-y -i im%d.png im%03d.png",
        "-y -i im%d.png -start_number 6 im%d.png",
        "-y -i im%d.png -frames:v 1 -update 1 im20.png",
        "-y -start_number 3 -i im%d.png -frames:v 1 -update 1 im1.png",
    ] {
        let run = weir_in(dir.path(), line);
        assert_eq!(run.code(), Some(0), "{line}: {}", run.tail());
    }
}

/// A file that names another one of the job.
#[test]
fn an_attachment_is_not_written_over_what_the_job_reads_nor_by_an_explanation() {
    let dir = scratch();
    let tiny = path("tiny.mp4");
    fs::copy(&tiny, dir.path().join("other.mp4")).unwrap();
    fs::write(dir.path().join("notes.txt"), "notes").unwrap();
    let options = "-attach notes.txt -metadata:s:t mimetype=text/plain -metadata:s:t filename=other.mp4";
    let made = weir_in(dir.path(), &format!("-y -i {} -c copy {options} in.mkv", tiny.display()));
    assert_eq!(made.code(), Some(0), "{}", made.tail());
    let whole =
        |when: &str| assert!(fs::read(dir.path().join("other.mp4")).unwrap() == fs::read(&tiny).unwrap(), "{when}");
    let dump = ["-y", "-dump_attachment:t", "", "-i", "in.mkv"];
    let run = weir_with(dir.path(), &[&dump[..], &["-i", "other.mp4", "-map", "1", "-c", "copy", "out.mkv"]].concat());
    assert_eq!(run.code(), Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("other.mp4 same as Input #1"), "{}", run.stderr);
    whole("as a second input");
    let run = weir_with(dir.path(), &[&dump[..], &["-vf", "movie=other.mp4", "-c:v", "ffv1", "out.mkv"]].concat());
    assert_eq!(run.code(), Some(1), "{}", run.stderr);
    whole("read by a filter");
    let run = weir_with(dir.path(), &[&["--explain"], &dump[..], &["-c", "copy", "out.mkv"]].concat());
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    whole("explained");
    assert!(!dir.path().join("out.mkv").exists());
    let run = weir_with(dir.path(), &[&dump[..], &["-c", "copy", "out.mkv"]].concat());
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    assert_eq!(fs::read(dir.path().join("other.mp4")).unwrap(), b"notes");
}

/// libavformat goes on with what was forced; where it had another decoder open meanwhile it crashed.
#[test]
fn a_decoder_of_another_codec_fails_with_what_the_stream_holds() {
    let dir = scratch();
    for (options, medium, others, told) in [
        ("-c:v h264", "tiny.avi", "-vn", "its stream 0 is mpeg4 by its own account; it is decoded as h264"),
        ("-c:v mpeg4", "tiny.mp4", "-vn", "its stream 0 is h264 by its own account; it is decoded as mpeg4"),
        ("-c:a aac", "tiny.avi", "-an", "its stream 1 is mp3 by its own account; it is decoded as aac"),
        ("-c:v:0 h264", "tiny.avi", "-vn", "It holds mpeg4"),
    ] {
        let line = |rest: &str| format!("{options} -i {} {rest}", path(medium).display());
        let run = weir_in(dir.path(), &line("out.mkv"));
        assert_eq!(run.misbehaviour(), None, "{options}");
        assert_eq!(run.code(), Some(1), "{options}: {}", run.tail());
        assert!(run.stderr.contains(told), "{options}: {}", run.stderr);
        // Who decodes other streams is not disturbed.
        let run = weir_in(dir.path(), &line(&format!("{others} -f null -")));
        assert_eq!((run.misbehaviour(), run.code()), (None, Some(0)), "{options} {others}: {}", run.tail());
    }
}

// Words that cannot be carried out.

/// Runs `-i tiny.mp4 ARGS out.mp4`; nothing may be written.
fn refused_words(args: &[&str]) -> Run {
    let dir = scratch();
    let medium: PathBuf = path("tiny.mp4");
    let mut all = vec!["-i", medium.to_str().unwrap()];
    all.extend_from_slice(args);
    all.push("out.mp4");
    let run = weir_with(dir.path(), &all);
    assert_eq!(run.misbehaviour(), None);
    assert_ne!(run.code(), Some(0), "{args:?} was taken: {}", run.tail());
    assert!(!dir.path().join("out.mp4").exists(), "{args:?} left a file behind");
    run
}

/// stderr holds each of the words.
fn assert_says(run: &Run, needles: &[&str]) {
    for needle in needles {
        assert!(run.stderr.contains(needle), "stderr says nothing of `{needle}`: {}", run.stderr);
    }
}

#[test]
fn an_unknown_encoder_is_named_with_those_that_are_there() {
    assert_says(&refused_words(&["-c:v", "libx246"]), &["libx246", "libx264"]);
    assert_says(&refused_words(&["-c:v", "h264_bogus"]), &["h264_bogus", "libx264"]);
    assert_says(&refused_words(&["-c:a", "libmp4lame"]), &["libmp4lame", "libmp3lame"]);
}

#[test]
fn an_encoder_that_refuses_the_size_is_quoted() {
    let run = refused_words(&["-c:v", "libx264", "-vf", "scale=319:241", "-pix_fmt", "yuv420p"]);
    assert_says(&run, &["not divisible by 2", "319x241", "libx264"]);
    if is_weir() {
        assert_says(&run, &["yuv420p wants an even width and height", "scale=-2:480"]);
    }
}

#[test]
fn one_picture_for_many_is_told_with_both_ways_out() {
    if !is_weir() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let medium = common::media::path("av.mp4");
    let run = weir_with(dir.path(), &["-v", "error", "-nostdin", "-y", "-i", medium.to_str().unwrap(), "out.png"]);
    assert_eq!(run.code(), Some(1));
    assert_says(&run, &["-frames:v 1", "out-%03d.png"]);
}

#[test]
fn a_second_pass_without_a_first_is_told() {
    if !is_weir() {
        return;
    }
    assert_says(
        &refused_words(&["-c:v", "libx264", "-b:v", "200k", "-pass", "2"]),
        &["no log of a first pass", "-pass 1"],
    );
}

#[test]
fn an_encoder_that_refuses_a_value_is_quoted_and_the_option_named() {
    assert_says(&refused_words(&["-c:v", "libx264", "-preset", "turbo"]), &["turbo", "preset"]);
    assert_says(&refused_words(&["-c:v", "libx264", "-profile:v", "grand"]), &["grand", "profile"]);
    assert_says(&refused_words(&["-c:v", "libx264", "-crf", "good"]), &["good", "crf"]);
}

/// A word that is wrong is told in one line before anything is written, without a word of the libraries.
#[test]
fn a_misspelt_value_is_told_in_one_sentence_with_what_was_meant() {
    if !is_weir() {
        return;
    }
    for (args, needles) in [
        (&["-preset", "veryfats"][..], &["-preset", "'veryfats'", "ultrafast", "Did you mean veryfast?"][..]),
        (&["-tune", "flim"], &["-tune", "'flim'", "zerolatency", "Did you mean film?"]),
        (&["-movflags", "faststat"], &["-movflags", "the format mp4", "Did you mean faststart?"]),
        (&["-crf", "foo"], &["-crf", "'foo'", "a number from -1 up", "Without -crf"]),
        (&["-g", "99999999999"], &["-g", "a whole number from -2147483648 to 2147483647"]),
        (&["-strict", "exprimental"], &["-strict", "Did you mean experimental?"]),
        (&["-avoid_negative_ts", "foo"], &["-avoid_negative_ts", "make_zero"]),
        (&["-vf", "scael=2:2"], &["No such filter: 'scael'", "Did you mean scale?"]),
        (&["-vf", ""], &["the filtergraph of -vf is empty", "write null"]),
        (&["-af", ""], &["the filtergraph of -af is empty", "write anull"]),
        (&["-disposition", "defualt"], &["'defualt' is no disposition", "Did you mean default?"]),
        (&["-bsf:v", "h264_metadataa"], &["'h264_metadataa'", "Did you mean h264_metadata?"]),
        (&["-force_key_frames", ""], &["-force_key_frames", "times such as"]),
        (&["-ch_layout", "stero"], &["Unknown channel layout: stero.", "Did you mean stereo?"]),
    ] {
        let run = refused_words(args);
        assert_says(&run, needles);
        assert_says(&run, &["Type: weir -nostdin"]);
        assert_eq!(run.stderr.lines().count(), 1, "{args:?}: {}", run.stderr);
    }
}

#[test]
fn an_unknown_option_is_named_with_the_nearest_one() {
    assert_says(&refused_words(&["-crff", "23"]), &["crff", "-crf"]);
    assert_says(&refused_words(&["-metdata", "title=x"]), &["metdata", "-metadata"]);
}

#[test]
fn an_empty_argument_is_named_as_such() {
    assert_says(&refused_words(&[""]), &["empty"]);
}

#[test]
fn a_dash_that_follows_a_blank_from_a_web_page_is_named_as_such() {
    assert_says(&refused_words(&["\u{a0}-c:v", "copy"]), &["-c:v"]);
    assert_says(&refused_words(&[" -an"]), &["-an"]);
}

#[test]
fn a_broken_filter_is_named() {
    assert_says(&refused_words(&["-vf", "scal=160:90"]), &["scal"]);
    assert_says(&refused_words(&["-vf", "scale=160:90["]), &["scale=160:90["]);
}

#[test]
fn a_map_that_finds_no_stream_is_named() {
    assert_says(&refused_words(&["-map", "0:s"]), &["0:s", "?"]);
    assert_says(&refused_words(&["-map", "3:v"]), &["3:v"]);
}

#[test]
fn an_output_without_a_known_format_is_named() {
    let dir = scratch();
    let run = weir_with(dir.path(), &["-i", path("tiny.mp4").to_str().unwrap(), "-c", "copy", "film.nosuch"]);
    assert_refused(&run, "film.nosuch");
    assert!(!dir.path().join("film.nosuch").exists());
}

#[test]
fn a_codec_that_the_container_cannot_hold_is_refused_without_a_file() {
    let dir = scratch();
    let run = weir_with(dir.path(), &["-i", path("vp9.mkv").to_str().unwrap(), "-c", "copy", "film.mp3"]);
    assert_refused(&run, "film.mp3");
    if is_weir() {
        absent_or_playable(&dir.path().join("film.mp3")).unwrap();
    }
}
