//! An encoder that no machine lets hold real time: it is said, and `-keep_up` holds real time all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Run, decoding_complaints, is_weir, probe, run, weir};
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// One encoder at a time: what each can do is what the test is about.
static ALONE: Mutex<()> = Mutex::new(());

/// Pictures at 50 a second for x264's slowest preset: with 1080 lines a tenth of real time on a fast machine.
fn push(dir: &Path, (size, seconds): (&str, u32), options: &str, output: &str) -> Run {
    let line = format!(
        "-hide_banner -nostdin -nostats -y -re -f lavfi -i testsrc2=s={size}:r=50:d={seconds} \
         -c:v libx264 -preset placebo -g 100 {options} {output}"
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
    let pushed = push(dir.path(), ("640x360", 3), "-tune zerolatency", "out.flv");
    assert_eq!((pushed.misbehaviour(), pushed.code()), (None, Some(0)), "{}", pushed.tail());
    let said: Vec<&str> = pushed.stderr.lines().filter(|line| line.contains(" real time, ")).collect();
    assert!(
        !said.is_empty() && said[0].contains("; try -preset ") && said[0].contains("-keep_up"),
        "{}",
        pushed.stderr
    );
    assert_eq!(probe(&dir.path().join("out.flv")).unwrap().packets.len(), 150, "who only watches leaves nothing out");
}

/// How many frames weir says that it left out.
fn left_out(pushed: &Run) -> usize {
    let line = pushed.stderr.lines().find_map(|line| line.split("left out to keep up with a live source: ").nth(1));
    line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn keeping_up_goes_on_with_a_faster_encoder_and_every_step_can_be_decoded() {
    if !is_weir() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (output, tune) in [("out.flv", ""), ("out.ts", "-tune zerolatency")] {
        let colours = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv";
        let pushed = push(dir.path(), ("1920x1080", 9), &format!("{tune} -vf {colours} -keep_up"), output);
        assert_eq!((pushed.misbehaviour(), pushed.code()), (None, Some(0)), "{}", pushed.tail());
        // So much is missing that leaving frames out would not do.
        let steps = ["every second frame is left out", "the encoder goes on with -preset "];
        let at: Vec<usize> = steps.iter().filter_map(|step| pushed.stderr.find(step)).collect();
        assert!(at.len() == steps.len() && at.is_sorted(), "{}", pushed.stderr);
        let file = dir.path().join(output);
        let facts = probe(&file).unwrap();
        let dts: Vec<i64> = facts.packets.iter().filter_map(|packet| packet.dts).collect();
        assert!(dts.windows(2).all(|pair| pair[0] < pair[1]), "{output}: DTS that do not rise");
        let (encoded, left_out) = (facts.packets.len(), left_out(&pushed));
        assert!(encoded > 0 && encoded < 300, "{output}: {encoded} of 450 frames were encoded");
        assert_eq!(encoded + left_out, 450, "{output}: each frame is encoded or counted as left out");
        assert_eq!(decoding_complaints(&file), Ok(()), "{output}");
        // A decoder goes on with the colours that it was told last; each header has to tell them.
        let traced =
            ["-nostdin", "-i", output, "-map", "0:v", "-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"];
        let traced = run(Path::new("ffmpeg"), &traced, dir.path(), Duration::from_secs(60)).stderr;
        let told = ["Sequence Parameter Set", "colour_primaries"].map(|what| traced.matches(what).count());
        assert!(told[0] > 0 && told[0] == told[1], "{output}: {told:?}: headers without colours");
    }
}

/// A peer that takes all there is.
fn taker() -> (String, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    let took = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap_or(0)
    });
    (url, took)
}

#[test]
fn a_peer_gets_pictures_in_time_although_the_preset_looks_far_ahead_and_is_much_too_slow() {
    if !is_weir() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (url, took) = taker();
    let options = "-keep_up -progress progress.txt -stats_period 0.1 -f mpegts";
    let pushed = push(dir.path(), ("1920x1080", 9), options, &url);
    assert_eq!((pushed.misbehaviour(), pushed.code()), (None, Some(0)), "{}", pushed.tail());
    assert!(took.join().unwrap() > 0);
    let progress = std::fs::read_to_string(dir.path().join("progress.txt")).unwrap();
    let lags: Vec<i64> = progress.lines().filter_map(|line| line.strip_prefix("live_lag_us=")?.parse().ok()).collect();
    let worst = lags.iter().max().copied().unwrap_or(0);
    // The limit is 2 s; a machine that is busy with other things may hold up what nobody can leave out.
    assert!(worst > 0 && worst < 4_000_000, "{worst} us late\n{}", pushed.stderr);
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
