//! Sound and pictures stay together: behind servers that tell late, or wrongly, how their clocks stand to each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::live::{Live, assert_clean_start, await_size};
use common::rtsp::{RtspRelay, WITH_KEY, WITHIN_KEY};
use common::{FileFacts, PacketFact, media, probe};
use std::collections::HashMap;
use std::process::Stdio;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// What has arrived when a second or so has.
const SOME_BYTES: u64 = 40_000;

/// By kind, how much later than in the source each packet of a copy is, in milliseconds; the source's packets are all
/// different.
fn shifts(copy: &FileFacts, source: &FileFacts, kind: &str) -> Vec<i64> {
    let stream = |facts: &FileFacts| facts.streams.iter().position(|s| s["codec_type"] == kind).unwrap();
    let times = |facts: &FileFacts| {
        let (num, den) = facts.streams[stream(facts)]["time_base"].as_str().unwrap().split_once('/').unwrap();
        let (num, den) = (num.parse::<i64>().unwrap(), den.parse::<i64>().unwrap());
        let time = |p: &&PacketFact| (p.hash.clone(), p.pts.unwrap() * num * 1000 / den);
        facts.of_stream(stream(facts)).iter().map(time).collect::<Vec<_>>()
    };
    let known: HashMap<String, i64> = times(source).into_iter().collect();
    times(copy).into_iter().filter_map(|(hash, ms)| Some(ms - known.get(&hash)?)).collect()
}

/// How far the packets of a copy are apart from each other, compared with the source, in milliseconds.
fn apart(shifts: &[&[i64]]) -> i64 {
    let all = || shifts.iter().copied().flatten();
    all().max().unwrap() - all().min().unwrap()
}

#[test]
fn a_sender_report_after_the_join_moves_no_time_back_and_keeps_lips_in_step() {
    let source = probe(&media::path("sync.mp4")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (name, options, sound_first) in
        [("copied.flv", "", false), ("sound.flv", "", true), ("probed.flv", "-fpsprobesize 20", false)]
    {
        let relay = RtspRelay::new();
        relay.faults().no_rtcp.store(true, Relaxed);
        let _camera = Live::start(&format!("-re -i {{sync.mp4}} -c copy {}", relay.url("a")));
        relay.await_publisher("a");
        std::thread::sleep(Duration::from_millis(330));
        let line = format!("{options} -i {} -c copy -flush_packets 1 {name}", relay.url("a"));
        let mut chain = Live::start_in(dir.path(), &line, Stdio::null());
        let file = dir.path().join(name);
        await_size(&file, SOME_BYTES);
        relay.report("a", sound_first);
        await_size(&file, 5 * SOME_BYTES);
        chain.interrupt();
        let facts = assert_clean_start(&file);
        let (pictures, sound) = (shifts(&facts, &source, "video"), shifts(&facts, &source, "audio"));
        assert!(pictures.len() > 25 && sound.len() > 25, "{} pictures, {} of sound", pictures.len(), sound.len());
        // Before the report nobody knows better than by what came first.
        let before = apart(&[&pictures, &sound]);
        assert!(before <= 100, "{name}: {before} ms apart: {pictures:?} {sound:?}");
        let after = apart(&[&pictures[pictures.len() / 2..], &sound[sound.len() / 2..]]);
        assert!(after <= 40, "{name}: {after} ms apart after the report: {pictures:?} {sound:?}");
    }
}

#[test]
fn where_the_report_comes_with_the_first_keyframe_all_pictures_and_sound_are_in_step() {
    let source = probe(&media::path("sync-b.mp4")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    // As MediaMTX does for its first reader: behind the first packet of the keyframe, or behind all of them.
    for (name, comes) in [("within.flv", WITHIN_KEY), ("behind.flv", WITH_KEY)] {
        let relay = RtspRelay::new();
        relay.faults().report_of_pictures.store(comes, Relaxed);
        let _camera = Live::start(&format!("-re -i {{sync-b.mp4}} -c copy {}", relay.url("a")));
        relay.await_publisher("a");
        std::thread::sleep(Duration::from_millis(330));
        let mut chain = Live::start_in(dir.path(), &format!("-i {} -c copy {name}", relay.url("a")), Stdio::null());
        let file = dir.path().join(name);
        await_size(&file, 5 * SOME_BYTES);
        chain.interrupt();
        let facts = assert_clean_start(&file);
        let (pictures, sound) = (shifts(&facts, &source, "video"), shifts(&facts, &source, "audio"));
        assert!(pictures.len() > 25 && sound.len() > 25, "{} pictures, {} of sound", pictures.len(), sound.len());
        assert!(apart(&[&pictures]) <= 1, "{name}: the pictures' clock was set: {pictures:?}");
        let apart = apart(&[&pictures, &sound]);
        assert!(apart <= 40, "{name}: {apart} ms apart: {pictures:?} {sound:?}");
    }
}

#[test]
fn sound_goes_out_as_early_as_pictures_that_others_refer_to() {
    let relay = RtspRelay::new();
    let mut camera = Live::start(&format!("-re -t 4 -i {{sync-b.mp4}} -c copy {}", relay.url("a")));
    let (status, _) = camera.wait();
    assert!(status.success(), "{}", camera.said());
    // A server that goes by when packets come takes the earliest of each stream for being in time.
    let (mut begun, mut sound_ms, mut behind) = (HashMap::new(), 0, Vec::new());
    for (channel, time) in relay.times() {
        let first = *begun.entry(channel).or_insert(time);
        let since = i64::from(time.wrapping_sub(first).cast_signed());
        match channel {
            0 => behind.push(since / 90 - sound_ms),
            _ => sound_ms = since / 48,
        }
    }
    // Pictures go 200 ms ahead. The first of them shows how far, and at the end there is no more sound.
    let steady = &behind[behind.len() / 4..behind.len() * 3 / 4];
    let worst = *steady.iter().max().unwrap();
    assert!((-60..=60).contains(&worst), "sound is {worst} ms behind the pictures: {behind:?}");
}
