//! An encoder that no machine lets hold real time: it is said, and `-keep_up` holds real time all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Run, decoding_complaints, is_weir, probe, run, weir};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One encoder at a time: what each can do is what the test is about.
static ALONE: Mutex<()> = Mutex::new(());

/// Pictures at 50 a second for x264's slowest preset: with 1080 lines a tenth of real time on a fast machine.
fn push(dir: &Path, (size, seconds): (&str, u32), options: &str, output: &str) -> Run {
    let line = format!(
        "-hide_banner -nostdin -nostats -y -re -f lavfi -i testsrc2=s={size}:r=50:d={seconds} \
         -c:v libx264 -preset placebo -tune zerolatency -g 100 {options} {output}"
    );
    let args: Vec<&str> = line.split_whitespace().collect();
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    run(&weir(), &args, dir, Duration::from_secs(120))
}

#[test]
fn an_encoder_that_is_too_slow_is_told_with_a_remedy() {
    if !is_weir() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Three seconds of media are enough for it to be said, whatever time they take.
    let pushed = push(dir.path(), ("640x360", 3), "", "out.flv");
    assert_eq!((pushed.misbehaviour(), pushed.code()), (None, Some(0)), "{}", pushed.tail());
    let said: Vec<&str> = pushed.stderr.lines().filter(|line| line.contains("of real time")).collect();
    assert!(
        !said.is_empty() && said[0].contains("-preset veryslow") && said[0].contains("-keep_up"),
        "{}",
        pushed.stderr
    );
    assert_eq!(probe(&dir.path().join("out.flv")).unwrap().packets.len(), 150, "who only watches leaves nothing out");
}

#[test]
fn keeping_up_goes_step_by_step_and_every_step_can_be_decoded() {
    if !is_weir() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for output in ["out.flv", "out.ts"] {
        let colours = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv";
        let pushed = push(dir.path(), ("1920x1080", 9), &format!("-vf {colours} -keep_up"), output);
        assert_eq!((pushed.misbehaviour(), pushed.code()), (None, Some(0)), "{}", pushed.tail());
        let steps = ["left out, evenly", "every second frame", "goes on with -preset veryslow"];
        let at: Vec<usize> = steps.iter().filter_map(|step| pushed.stderr.find(step)).collect();
        assert!(at.len() == steps.len() && at.is_sorted(), "{}", pushed.stderr);
        let file = dir.path().join(output);
        let facts = probe(&file).unwrap();
        let dts: Vec<i64> = facts.packets.iter().filter_map(|packet| packet.dts).collect();
        assert!(dts.windows(2).all(|pair| pair[0] < pair[1]), "{output}: DTS that do not rise");
        assert!(facts.packets.len() < 300, "{output}: {} of 450 frames were encoded", facts.packets.len());
        assert_eq!(decoding_complaints(&file), Ok(()), "{output}");
        // A decoder goes on with the colours that it was told last; each header has to tell them.
        let traced =
            ["-nostdin", "-i", output, "-map", "0:v", "-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"];
        let traced = run(Path::new("ffmpeg"), &traced, dir.path(), Duration::from_secs(60)).stderr;
        let told = ["Sequence Parameter Set", "colour_primaries"].map(|what| traced.matches(what).count());
        assert!(told[0] > 0 && told[0] == told[1], "{output}: {told:?}: headers without colours");
    }
}

#[test]
fn keeping_up_with_nothing_live_is_said_to_do_nothing() {
    if !is_weir() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let args = "-hide_banner -nostdin -f lavfi -i testsrc2=s=64x64:d=1 -c:v libx264 -keep_up out.mp4";
    let args: Vec<&str> = args.split_whitespace().collect();
    let ended = run(&weir(), &args, dir.path(), Duration::from_secs(30));
    assert_eq!(ended.code(), Some(0), "{}", ended.tail());
    assert!(ended.stderr.contains("-keep_up does nothing"), "{}", ended.stderr);
}
