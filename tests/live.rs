//! Live push and relay against real servers that are killed, frozen and restarted, and a small relay with faults to order.
//!
//! Order and counts are asserted; times only where a promise is a time, with room for a loaded machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::live::{
    LIMIT, Live, Nginx, SOON, Taker, assert_begins, assert_clean_start, assert_rising, await_size, free_port,
    holds_within, listen, serve, take_uploads, wait_for,
};
use common::rtsp::RtspRelay;
use common::{FileFacts, media, probe};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

const CAMERA: &str = "-re -stream_loop -1 -i {cam.mp4} -c copy";
/// What has arrived when a second or so of the camera has.
const SOME_BYTES: u64 = 40_000;

/// A camera that publishes on a path of the relay.
fn camera(relay: &RtspRelay, path: &str) -> Live {
    let camera = Live::start(&format!("{CAMERA} {}", relay.url(path)));
    relay.await_publisher(path);
    camera
}

/// A relay by copy from path `a` of the one to path `a` of the other.
fn relay_of(relay: &RtspRelay, server: &Nginx) -> Live {
    Live::start(&format!("-i {} -c copy -f flv {}", relay.url("a"), server.url("a")))
}

/// A push whose server is killed once some of it has arrived.
fn push_that_loses_its_server(line: &str) -> (Nginx, Live) {
    let mut server = Nginx::new();
    let push = Live::start(&format!("{line} -f flv {}", server.url("a")));
    server.await_recording(1, SOME_BYTES);
    server.kill();
    (server, push)
}

/// The decoding times of a recording's pictures, in milliseconds.
fn times_of_pictures(facts: &FileFacts) -> Vec<i64> {
    let video = facts.streams.iter().position(|s| s["codec_type"] == "video").unwrap();
    facts.of_stream(video).iter().filter_map(|p| p.dts).collect()
}

/// Where the last hole of an outage begins among them.
fn last_gap(times: &[i64]) -> Option<usize> {
    times.windows(2).rposition(|pair| pair[1] - pair[0] > 300)
}

// Push.

#[test]
fn an_rtmp_server_that_was_killed_gets_a_clean_session_when_it_is_back() {
    let mut server = Nginx::new();
    let mut push = Live::start(&format!("{CAMERA} -f flv {}", server.url("a")));
    server.await_recording(1, SOME_BYTES);
    server.kill();
    push.await_said("lost: ");
    server.start();
    let back = Instant::now();
    push.await_said("live again");
    assert!(back.elapsed() < SOON, "{:?} after the server's return", back.elapsed());
    server.await_recording(2, SOME_BYTES);
    push.interrupt();
    let files = server.recordings();
    let (first, second) = (assert_clean_start(&files[0]), assert_clean_start(&files[1]));
    let last = first.packets.iter().filter_map(|p| p.dts).max().unwrap();
    assert!(second.packets.iter().filter_map(|p| p.dts).min().unwrap() > last, "the timeline goes on");
}

#[test]
fn an_encoded_push_begins_again_at_a_keyframe_made_for_it() {
    let mut server = Nginx::new();
    // The encoder's own keyframes are 20 s apart.
    let mut push = Live::start(&format!(
        "-re -stream_loop -1 -i {{cam.mp4}} -c:v libx264 -preset ultrafast -tune zerolatency -g 500 -c:a aac -f flv {}",
        server.url("a")
    ));
    server.await_recording(1, SOME_BYTES);
    server.kill();
    push.await_said("lost: ");
    std::thread::sleep(Duration::from_millis(2500));
    server.start();
    push.await_said("live again");
    server.await_recording(2, SOME_BYTES);
    push.interrupt();
    assert_clean_start(&server.recordings()[1]);
}

#[test]
fn an_rtsp_server_that_was_killed_gets_a_clean_session_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let relay = RtspRelay::new();
    let mut push = camera(&relay, "a");
    push.await_said(": live\n");
    relay.kill();
    push.await_said("lost: ");
    relay.start();
    push.await_said("live again");
    let mut reader = Live::start_in(dir.path(), &format!("-i {} -c copy out.flv", relay.url("a")), Stdio::null());
    await_size(&dir.path().join("out.flv"), SOME_BYTES);
    reader.interrupt();
    assert_clean_start(&dir.path().join("out.flv"));
    push.interrupt();
    assert_eq!(relay.seen("TEARDOWN"), 2, "both said goodbye");
}

#[test]
fn a_peer_that_is_not_there_at_the_start_is_an_error_at_once() {
    let port = common::live::free_port();
    for line in [
        format!("{CAMERA} -f flv rtmp://127.0.0.1:{port}/live/a"),
        format!("{CAMERA} rtsp://127.0.0.1:{port}/a"),
        format!("-i rtsp://127.0.0.1:{port}/a -c copy -f null -"),
    ] {
        let mut job = Live::start(&line);
        let (status, took) = job.wait();
        assert_eq!(status.code(), Some(1), "{}", job.said());
        assert!(took < SOON, "{took:?}");
        assert!(job.said().contains("-wait_for_peer"), "{}", job.said());
    }
}

#[test]
fn a_path_that_somebody_else_publishes_to_is_named_and_met_when_it_is_free() {
    let server = Nginx::new();
    let push = |options: &str| Live::start(&format!("{CAMERA} {options} -f flv {}", server.url("a")));
    let mut first = push("");
    server.await_recording(1, SOME_BYTES);
    let mut second = push("-loglevel warning");
    let (status, _) = second.wait();
    assert_eq!(status.code(), Some(1), "{}", second.said());
    let said = second.said();
    assert!(said.contains("somebody else publishes there (the server says: Already publishing)"), "{said}");
    assert!(!said.contains("log-in"), "{said}");
    let mut patient = push("-wait_for_peer 60");
    patient.await_said("not there yet (somebody else publishes there");
    first.interrupt();
    patient.await_said(": live\n");
    server.await_recording(2, SOME_BYTES);
    patient.interrupt();
    assert_clean_start(&server.recordings()[1]);
}

#[test]
fn a_peer_that_is_to_be_waited_for_is_met_when_it_comes() {
    let relay = RtspRelay::down();
    let mut server = Nginx::down();
    let mut push = Live::start(&format!("{CAMERA} -wait_for_peer 60 {}", relay.url("a")));
    let mut chain = Live::start(&format!(
        "-wait_for_peer 60 -i {} -c copy -wait_for_peer 60 -f flv {}",
        relay.url("a"),
        server.url("a")
    ));
    let mut encoded = Live::start(&format!(
        "-re -stream_loop -1 -i {{cam.mp4}} -preset ultrafast -wait_for_peer 60 -f flv {}",
        server.url("b")
    ));
    push.await_said("not there yet");
    chain.await_said("not there yet");
    encoded.await_said("not there yet");
    relay.start();
    push.await_said(": live\n");
    // More is left out meanwhile than a link holds.
    std::thread::sleep(Duration::from_secs(3));
    server.start();
    server.await_recording(2, SOME_BYTES);
    for job in [&mut encoded, &mut chain, &mut push] {
        job.interrupt();
    }
    for file in server.recordings() {
        assert_clean_start(&file);
    }
}

#[test]
fn a_refused_log_in_is_an_error_at_once_that_says_so_without_the_password() {
    let relay = RtspRelay::new();
    relay.faults().refuses_log_in.store(true, Relaxed);
    let url = relay.url("a").replace("rtsp://", "rtsp://user:geheim@");
    for line in [format!("{CAMERA} -wait_for_peer 60 {url}"), format!("-wait_for_peer 60 -i {url} -c copy -f null -")] {
        let mut job = Live::start(&line);
        let (status, took) = job.wait();
        assert_eq!(status.code(), Some(1));
        assert!(took < SOON, "{took:?}");
        assert!(job.said().contains("log-in was refused"), "{}", job.said());
        assert!(!job.said().contains("geheim"), "{}", job.said());
    }
}

#[test]
fn who_has_nothing_more_to_send_does_not_wait_for_ever_for_a_server_that_is_gone() {
    let (_server, mut push) = push_that_loses_its_server("-re -i {cam.mp4} -c copy -connect_deadline 1");
    push.await_said("lost: ");
    let (status, _) = push.wait();
    assert_eq!(status.code(), Some(1), "{}", push.said());
    assert!(push.said().contains("has ended meanwhile"), "{}", push.said());
}

/// The muxer of HLS only tells of them.
#[test]
fn pieces_that_a_server_never_got_are_told_of() {
    for (port, code) in [(free_port(), 1), (take_uploads(), 0)] {
        let line = format!("-t 2 -i {{cam.mp4}} -c copy -f hls -method PUT http://127.0.0.1:{port}/x.m3u8");
        let mut push = Live::start(&line);
        let (status, _) = push.wait();
        assert_eq!(status.code(), Some(code), "{}", push.said());
        let told = format!("http://127.0.0.1:{port}/x0.ts could not be sent: Connection refused");
        assert_eq!(push.count(&told), code as usize, "{}", push.said());
    }
}

#[test]
fn a_peer_that_leaves_before_it_has_what_was_sorted_last_is_told_of() {
    let peer = Taker::new(&[Some(1_000_000)]);
    let mut push = Live::start(&format!("-i {{tail.mkv}} -c copy -f nut tcp://127.0.0.1:{}", peer.port));
    let (status, _) = push.wait();
    assert_eq!(peer.took()[0].len(), 1_000_000);
    assert_eq!(status.code(), Some(1), "{}", push.said());
    assert!(push.said().contains("its end is missing there"), "{}", push.said());
    // Who takes all of it gets all of it.
    let peer = Taker::new(&[None]);
    let mut push = Live::start(&format!("-i {{tail.mkv}} -c copy -f nut tcp://127.0.0.1:{}", peer.port));
    let (status, _) = push.wait();
    assert_eq!(status.code(), Some(0), "{}", push.said());
    assert!(peer.took()[0].len() > 9 * 25 * 320 * 180 * 3 / 2);
}

#[test]
fn sound_whose_pictures_have_ended_is_sent_on_in_the_next_connection() {
    let inputs = ["-i {short-pictures.mkv}", "-i {short-pictures.mkv} -i {short-pictures.mkv} -map 0:v -map 1:a"];
    for input in inputs {
        let peer = Taker::new(&[Some(5_000_000), None]);
        let mut push = Live::start(&format!("{input} -c copy -f nut tcp://127.0.0.1:{}", peer.port));
        let (status, _) = push.wait();
        assert_eq!(status.code(), Some(0), "{}", push.said());
        assert!(push.said().contains("live again"), "{}", push.said());
        let rest = peer.took()[1].len();
        assert!(rest > 1_000_000, "{rest} bytes");
    }
}

/// What a peer got that resets its first connection after `cut` bytes, each of the two connections in a file named by its number.
fn taken_twice(line: &str, cut: u64) -> (tempfile::TempDir, [PathBuf; 2]) {
    let peer = Taker::new(&[Some(cut), None]);
    let mut push = Live::start(&format!("{line} tcp://127.0.0.1:{}", peer.port));
    let (status, _) = push.wait();
    assert_eq!(status.code(), Some(0), "{}", push.said());
    assert!(push.said().contains("live again"), "{}", push.said());
    let dir = tempfile::tempdir().unwrap();
    let [first, second] = [0, 1].map(|number| dir.path().join(number.to_string()));
    for (file, bytes) in [&first, &second].into_iter().zip(peer.took()) {
        std::fs::write(file, bytes).unwrap();
    }
    (dir, [first, second])
}

#[test]
fn each_connection_has_the_programs_that_were_asked_for() {
    let line = "-re -i {cam.mp4} -c copy -program title=Alpha:program_num=7:st=0 -program title=Beta:program_num=9:st=1 \
                -f mpegts";
    let (_dir, files) = taken_twice(line, SOME_BYTES);
    for file in files {
        let programs = programs(&file);
        assert_eq!(programs, [(7, "Alpha".to_owned(), 1), (9, "Beta".to_owned(), 1)], "{}", file.display());
    }
}

/// Number, title and count of streams of each program of a file.
fn programs(file: &Path) -> Vec<(i64, String, usize)> {
    let args = ["-v", "error", "-show_programs", "-of", "json", file.to_str().unwrap()];
    let told = common::run(Path::new("ffprobe"), &args, Path::new("."), LIMIT);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let program = |program: &serde_json::Value| {
        let title = program["tags"]["service_name"].as_str().unwrap_or_default().to_owned();
        (program["program_num"].as_i64().unwrap(), title, program["streams"].as_array().unwrap().len())
    };
    told["programs"].as_array().unwrap().iter().map(program).collect()
}

#[test]
fn subtitles_that_are_transcoded_come_back_with_the_next_connection() {
    // What is sent is not to wait for the first subtitle.
    let line =
        "-re -i {late-captions.mkv} -map 0 -c copy -c:s srt -max_interleave_delta 100000 -cluster_time_limit 100";
    for from in ["", "-ss 1"] {
        let (_dir, [_, second]) = taken_twice(&format!("{line} {from} -f matroska"), 10_000);
        let facts = probe(&second).unwrap();
        let subtitles = facts.streams.iter().position(|stream| stream["codec_type"] == "subtitle").unwrap();
        assert_eq!(facts.of_stream(subtitles).len(), 2, "{from}");
    }
}

#[test]
fn each_connection_has_the_chapters_of_the_input() {
    let line = "-re -i {cam.mp4} -i {chapters.txt} -map 0 -c copy -metadata:c:1 title=changed -f matroska";
    let (_dir, files) = taken_twice(line, SOME_BYTES);
    for file in files {
        let chapters = probe(&file).unwrap().chapters;
        let told = |chapter: &serde_json::Value| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (text(&chapter["start_time"]), text(&chapter["end_time"]), text(&chapter["tags"]["title"]))
        };
        let expected = [("0.000000", "0.800000", "one"), ("0.800000", "2.000000", "changed")];
        let expected = expected.map(|(from, to, title)| (from.to_owned(), to.to_owned(), title.to_owned()));
        assert_eq!(chapters.iter().map(told).collect::<Vec<_>>(), expected, "{}", file.display());
    }
}

#[test]
fn a_server_that_is_gone_for_good_is_given_up_in_good_order() {
    let (_server, mut push) = push_that_loses_its_server(&format!("{CAMERA} -retry_for 1"));
    push.await_said("given up");
    let (status, _) = push.wait();
    assert_eq!(status.code(), Some(1), "{}", push.said());
}

#[test]
fn one_of_two_servers_that_is_given_up_is_told_of_at_once_and_the_other_is_served_on() {
    let (mut gone, stays) = (Nginx::new(), Nginx::new());
    let mut push =
        Live::start(&format!("{CAMERA} -retry_for 1 -f flv {} -c copy -f flv {}", gone.url("a"), stays.url("a")));
    gone.await_recording(1, SOME_BYTES);
    gone.kill();
    push.await_said(&format!("{}: given up", gone.url("a")));
    let before = stays.newest_size();
    wait_for("media at the server that stays", || stays.newest_size() > before + SOME_BYTES);
    push.interrupt();
    assert_clean_start(&stays.recordings()[0]);
}

#[test]
fn who_is_thrown_out_again_and_again_says_so_and_steps_back() {
    let relay = RtspRelay::new();
    relay.faults().throws_out_after_ms.store(300, Relaxed);
    let mut push = Live::start(&format!("{CAMERA} {}", relay.url("a")));
    push.await_said("thrown out again and again");
    let sessions = relay.seen("RECORD");
    assert!((3..8).contains(&sessions), "{sessions} sessions");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(relay.seen("RECORD"), sessions, "it does not fight on");
    push.interrupt();
}

#[test]
fn one_lost_output_does_not_disturb_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Nginx::new();
    let mut push = Live::start_in(
        dir.path(),
        &format!("{CAMERA} -f flv {} -c copy -t 8 whole.mkv", server.url("a")),
        Stdio::null(),
    );
    server.await_recording(1, SOME_BYTES);
    server.kill();
    push.await_said("lost: ");
    std::thread::sleep(Duration::from_secs(2));
    assert!(push.is_running());
    await_size(&dir.path().join("whole.mkv"), 150_000);
    push.interrupt();
    let facts = probe(&dir.path().join("whole.mkv")).unwrap();
    let times: Vec<i64> = facts.of_stream(0).iter().filter_map(|p| p.pts).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 41), "a hole in the file");
}

#[test]
fn a_frozen_server_is_left_behind_and_the_source_is_read_on() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let mut camera = Live::start(&format!("-re -stream_loop -1 -i {{heavy.mp4}} -c copy {}", relay.url("a")));
    relay.await_publisher("a");
    let mut chain = relay_of(&relay, &server);
    server.await_recording(1, 1_000_000);
    server.freeze();
    chain.await_said("left out so far");
    let packets = relay.packets();
    wait_for("the source to be read on", || relay.packets() > packets + 1000);
    assert_eq!(camera.count("lost"), 0);
    server.thaw();
    let size = server.newest_size();
    wait_for("media to flow again", || server.newest_size() > size + 1_000_000);
    assert!(chain.is_running());
    chain.interrupt();
    camera.interrupt();
    for file in server.recordings() {
        assert_clean_start(&file);
    }
}

#[test]
fn a_server_that_takes_nothing_for_the_deadline_is_lost() {
    let mut server = Nginx::new();
    let mut push = Live::start(&format!(
        "-re -stream_loop -1 -i {{heavy.mp4}} -c copy -write_deadline 1 -connect_deadline 1 -f flv {}",
        server.url("a")
    ));
    server.await_recording(1, 1_000_000);
    server.freeze();
    push.await_said("lost: nothing for 1 s");
    server.thaw();
    push.await_said("live again");
    push.interrupt();
    server.kill();
}

// Relay.

#[test]
fn a_relay_goes_on_when_its_source_s_publisher_dies_and_comes_back() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let first = camera(&relay, "a");
    let mut chain = relay_of(&relay, &server);
    server.await_recording(1, SOME_BYTES);
    drop(first);
    chain.await_said("lost: ");
    let mut second = camera(&relay, "a");
    chain.await_said("live again");
    let size = server.newest_size();
    wait_for("more media", || server.newest_size() > size + SOME_BYTES);
    chain.interrupt();
    second.interrupt();
    assert_eq!(server.recordings().len(), 1, "the output was not disturbed");
    let facts = assert_clean_start(&server.recordings()[0]);
    let video = facts.streams.iter().position(|s| s["codec_type"] == "video").unwrap();
    let pictures = facts.of_stream(video);
    let gap = pictures.windows(2).find(|pair| pair[1].dts.unwrap() - pair[0].dts.unwrap() > 300);
    if let Some(pair) = gap {
        assert!(pair[1].flags.contains('K'), "after the gap comes {}", pair[1]);
    }
}

#[test]
fn a_silent_source_is_lost_after_its_deadline_and_met_again() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let _camera = camera(&relay, "a");
    let mut chain = Live::start(&format!(
        "-read_deadline 1 -connect_deadline 1 -i {} -c copy -f flv {}",
        relay.url("a"),
        server.url("a")
    ));
    server.await_recording(1, SOME_BYTES);
    relay.freeze();
    chain.await_said("lost: nothing for 1 s");
    relay.thaw();
    chain.await_said("live again");
    chain.interrupt();
    assert_clean_start(&server.recordings()[0]);
}

#[test]
fn a_source_that_is_lost_for_good_is_a_failure_that_says_why_and_the_output_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let relay = RtspRelay::new();
    let camera = camera(&relay, "a");
    let line = format!("-retry_for 1 -i {} -c copy out.mp4", relay.url("a"));
    let mut chain = Live::start_in(dir.path(), &line, Stdio::null());
    await_size(&dir.path().join("out.mp4"), 30_000);
    drop(camera);
    let (status, _) = chain.wait();
    assert_eq!(status.code(), Some(1), "{}", chain.said());
    assert!(chain.said().contains("lost for 1 s, given up: "), "{}", chain.said());
    assert_clean_start(&dir.path().join("out.mp4"));
}

#[test]
fn a_reader_that_joins_in_mid_group_begins_at_a_keyframe_and_is_told_nothing_else() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let _camera = camera(&relay, "a");
    std::thread::sleep(Duration::from_millis(250));
    let mut chain = relay_of(&relay, &server);
    server.await_recording(1, SOME_BYTES);
    chain.interrupt();
    assert_clean_start(&server.recordings()[0]);
    assert!(!chain.said().contains("[h264"), "{}", chain.said());
    assert!(!chain.said().contains("Non-monotonous"), "{}", chain.said());
}

#[test]
fn a_source_without_parameter_sets_in_its_description_and_with_long_groups_is_probed_to_the_end() {
    let relay = RtspRelay::new();
    relay.faults().no_parameter_sets.store(true, Relaxed);
    let server = Nginx::new();
    // Its keyframes are 4 s apart.
    let _camera = Live::start(&format!("-re -stream_loop -1 -i {{longgop.ts}} -c copy {}", relay.url("a")));
    relay.await_publisher("a");
    std::thread::sleep(Duration::from_millis(300));
    let mut chain = relay_of(&relay, &server);
    server.await_recording(1, SOME_BYTES / 2);
    chain.interrupt();
    assert_clean_start(&server.recordings()[0]);
}

#[test]
fn a_source_with_b_frames_that_begins_at_a_keyframe_is_relayed() {
    let relay = RtspRelay::new();
    relay.faults().start_at_key.store(true, Relaxed);
    let server = Nginx::new();
    let _camera = Live::start(&format!("-re -stream_loop -1 -i {{bcam.mp4}} -c copy {}", relay.url("a")));
    relay.await_publisher("a");
    let mut chain = relay_of(&relay, &server);
    server.await_recording(1, SOME_BYTES);
    chain.interrupt();
    let facts = assert_clean_start(&server.recordings()[0]);
    let video = facts.streams.iter().position(|s| s["codec_type"] == "video").unwrap();
    assert!(facts.of_stream(video).iter().any(|p| p.pts > p.dts), "pictures are reordered");
}

#[test]
fn a_picture_is_relayed_when_it_is_whole_and_not_when_the_next_one_begins() {
    for file in ["cam.mp4", "bcam.mp4"] {
        let (source, sink) = (RtspRelay::new(), RtspRelay::new());
        let _camera = Live::start(&format!("-re -stream_loop -1 -i {{{file}}} -map 0:v -c copy {}", source.url("a")));
        source.await_publisher("a");
        let _chain = Live::start(&format!("-i {} -c copy {}", source.url("a"), sink.url("b")));
        wait_for("what a relay learns its source by", || sink.pictures().0 > 100);
        // A picture whose last part is as long as the others is waited for; the next one is not.
        let arrived = (0..3).any(|_| {
            source.freeze();
            let arrived = holds_within(Duration::from_secs(2), || source.pictures().1 == sink.pictures().1);
            source.thaw();
            arrived
        });
        assert!(arrived, "{file}: a picture stays behind while its source is silent");
    }
}

#[test]
fn udp_that_is_refused_or_blocked_is_left_for_tcp() {
    for (blocked, codecs) in [(false, "-c copy"), (true, "-c copy"), (true, "-c:a copy")] {
        let relay = RtspRelay::new();
        relay.faults().udp_swallowed.store(blocked, Relaxed);
        let server = Nginx::new();
        let first = camera(&relay, "a");
        let mut chain =
            Live::start(&format!("-rtsp_transport udp -i {} {codecs} -f flv {}", relay.url("a"), server.url("a")));
        server.await_recording(1, SOME_BYTES);
        drop(first);
        chain.await_said("lost: ");
        let _second = camera(&relay, "a");
        chain.await_said("live again");
        chain.interrupt();
        // What was found out holds for later connections too.
        assert_eq!(chain.count("it goes on over TCP"), 1, "{}", chain.said());
        let cause = if blocked { "nothing came over UDP for 2 s" } else { "the server does not send over UDP" };
        assert_eq!(chain.count(cause), 1, "{}", chain.said());
        assert_eq!(chain.count("Could not find codec parameters"), 0, "{}", chain.said());
    }
}

#[test]
fn what_piled_up_while_a_source_was_probed_begins_at_a_keyframe_with_its_sound() {
    let server = Nginx::new();
    let source = format!("udp://127.0.0.1:{}", free_port());
    let mut camera = Live::start(&format!("{CAMERA} -f mpegts {source}?pkt_size=1316"));
    let relay = RtspRelay::new();
    let mut chain = Live::start(&format!("-i {source} -c copy -f flv {} -c copy {}", server.url("a"), relay.url("a")));
    server.await_recording(1, SOME_BYTES);
    // RTP tells of the sound at once what each of its frames says in MPEG-TS.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("read.mkv");
    let (status, _) = Live::start(&format!("-i {} -t 1 -c copy {}", relay.url("a"), file.display())).wait();
    assert!(status.success());
    chain.interrupt();
    camera.interrupt();
    assert_clean_start(&server.recordings()[0]);
    let read = probe(&file).unwrap();
    let sound = read.streams.iter().find(|s| s["codec_type"] == "audio").unwrap();
    assert_eq!((&sound["codec_name"], &sound["profile"]), (&"aac".into(), &"LC".into()));
}

/// The times of the pictures that `line` makes of a sender over UDP that stops and begins again, in milliseconds, and how long it
/// was silent.
fn after_a_silence(line: &str) -> (Vec<i64>, Duration) {
    let source = format!("udp://127.0.0.1:{}", free_port());
    let send = || Live::start(&format!("{CAMERA} -f mpegts {source}?pkt_size=1316"));
    let dir = tempfile::tempdir().unwrap();
    let mut first = send();
    let line = format!("-read_deadline 2 -f mpegts {} -map 0:v out.mkv", line.replace("{in}", &source));
    let mut chain = Live::start_in(dir.path(), &line, Stdio::null());
    chain.await_said(": live");
    std::thread::sleep(Duration::from_secs(2));
    first.interrupt();
    let began = Instant::now();
    chain.await_said("lost: nothing for 2 s");
    std::thread::sleep(Duration::from_secs(1));
    let silent = began.elapsed();
    let mut second = send();
    chain.await_said("live again");
    std::thread::sleep(Duration::from_secs(2));
    chain.interrupt();
    second.interrupt();
    (times_of_pictures(&assert_begins(&dir.path().join("out.mkv"))), silent)
}

#[test]
fn a_sender_over_udp_that_begins_again_is_heard_again_and_its_silence_has_its_length() {
    let (times, silent) = after_a_silence("-i {in} -c copy");
    let gap = last_gap(&times).expect("a hole where it was silent");
    let length = Duration::from_millis((times[gap + 1] - times[gap]).unsigned_abs());
    // What the read deadline waited for is a part of it.
    assert!(length + Duration::from_secs(1) > silent, "{length:?} for {silent:?} of silence");
    assert!(length < silent + LIMIT, "{length:?} for {silent:?} of silence");
    assert!(times.len() - gap > 15, "{} pictures after the gap", times.len() - gap);
}

#[test]
fn pictures_that_are_counted_go_on_evenly_while_their_sender_is_silent() {
    let (times, silent) = after_a_silence("-on_input_gap freeze -r 20 -i {in} -c:v libx264 -preset ultrafast");
    let widest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(widest < 500, "{widest} ms without anything");
    let length = Duration::from_millis((times[times.len() - 1] - times[0]).unsigned_abs());
    assert!(length > silent && length < silent + LIMIT, "{length:?} with {silent:?} of silence");
}

/// What makes silence has no pace of its own.
#[test]
fn silence_beside_a_camera_lasts_as_long_as_its_pictures() {
    let source = format!("udp://127.0.0.1:{}", free_port());
    let mut camera = Live::start(&format!("{CAMERA} -f mpegts {source}?pkt_size=1316"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("both.mkv");
    let mut both = Live::start(&format!(
        "-y -i {source} -f lavfi -i anullsrc -map 0:v -map 1:a -c:v copy -c:a aac {}",
        file.display()
    ));
    await_size(&file, SOME_BYTES);
    both.interrupt();
    camera.interrupt();
    let facts = probe(&file).unwrap();
    let end_ms = |stream: usize| facts.of_stream(stream).last().unwrap().pts.unwrap();
    assert!((end_ms(1) - end_ms(0)).abs() < 2000, "pictures {} ms, silence {} ms", end_ms(0), end_ms(1));
}

#[test]
fn a_source_that_comes_back_without_sound_goes_on_and_one_without_pictures_is_waited_for() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let first = camera(&relay, "a");
    let mut chain = relay_of(&relay, &server);
    server.await_recording(1, SOME_BYTES);
    drop(first);
    chain.await_said("lost: ");
    let mut sound = Live::start(&format!("-re -stream_loop -1 -i {{cam.mp4}} -c copy -vn {}", relay.url("a")));
    chain.await_said("came back without its video (stream 0): that is waited for");
    sound.interrupt();
    let mut pictures = Live::start(&format!("-re -stream_loop -1 -i {{cam.mp4}} -c copy -an {}", relay.url("a")));
    chain.await_said("came back without its audio (stream 1): it goes on without");
    chain.await_said("live again");
    std::thread::sleep(Duration::from_secs(2));
    chain.interrupt();
    pictures.interrupt();
    let facts = assert_clean_start(&server.recordings()[0]);
    let times = times_of_pictures(&facts);
    let gap = last_gap(&times).unwrap();
    assert!(times.len() - gap > 15, "{} pictures after the gap", times.len() - gap);
}

#[test]
fn pictures_that_begin_only_in_a_connection_with_fewer_streams_are_taken_from_it() {
    let dir = tempfile::tempdir().unwrap();
    for dumped in ["", "-dump"] {
        let port = serve(&["nokey.ts", "cam-pictures.ts", "cam-pictures.ts"].map(media::path));
        let line = format!("{dumped} -retry_for 1 -i tcp://127.0.0.1:{port} -map 0:v -c copy out.mkv");
        let mut job = Live::start_in(dir.path(), &line, Stdio::null());
        let (status, _) = job.wait();
        assert_eq!(status.code(), Some(1), "{}", job.said());
        assert!(job.said().contains("given up"), "{}", job.said());
        assert_eq!(job.said().contains("keyframe="), !dumped.is_empty(), "{}", job.said());
        assert_eq!(assert_begins(&dir.path().join("out.mkv")).packets.len(), 200);
    }
}

#[test]
fn a_source_that_comes_back_with_another_codec_is_decoded_on_and_a_copy_of_it_ends_with_the_reason() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let first = camera(&relay, "a");
    let mut encoded = Live::start(&format!(
        "-i {} -c:v libx264 -preset ultrafast -tune zerolatency -c:a aac -f flv {}",
        relay.url("a"),
        server.url("encoded")
    ));
    let mut copied = Live::start(&format!("-i {} -c copy -f flv {}", relay.url("a"), server.url("copied")));
    server.await_recording(2, SOME_BYTES);
    drop(first);
    encoded.await_said("lost: ");
    let mut second =
        Live::start(&format!("-re -stream_loop -1 -i {{mpeg4.avi}} -c:v copy -c:a aac {}", relay.url("a")));
    relay.await_publisher("a");
    let (status, _) = copied.wait();
    assert_eq!(status.code(), Some(1), "{}", copied.said());
    assert!(copied.said().contains("came back with mpeg4 where h264 was"), "{}", copied.said());
    encoded.await_said("live again");
    std::thread::sleep(Duration::from_secs(2));
    encoded.interrupt();
    second.interrupt();
    let files = server.recordings();
    let file = files.iter().find(|f| f.to_string_lossy().contains("encoded")).unwrap();
    let facts = assert_clean_start(file);
    let times = times_of_pictures(&facts);
    let gap = last_gap(&times).unwrap_or(0);
    assert!(times.len() - gap > 15, "{} pictures after the gap", times.len() - gap);
}

#[test]
fn a_frozen_picture_and_silence_keep_an_encoded_output_alive_while_the_source_is_away() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let first = camera(&relay, "a");
    let mut chain = Live::start(&format!(
        "-on_input_gap freeze -i {} -c:v libx264 -preset ultrafast -tune zerolatency -c:a aac -f flv {}",
        relay.url("a"),
        server.url("a")
    ));
    server.await_recording(1, SOME_BYTES);
    drop(first);
    chain.await_said("lost: ");
    std::thread::sleep(Duration::from_secs(2));
    let mut second = camera(&relay, "a");
    chain.await_said("live again");
    std::thread::sleep(Duration::from_secs(1));
    chain.interrupt();
    second.interrupt();
    let facts = assert_clean_start(&server.recordings()[0]);
    for stream in 0..facts.streams.len() {
        let times: Vec<i64> = facts.of_stream(stream).iter().filter_map(|p| p.pts).collect();
        let widest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(widest < 500, "stream {stream}: {widest} ms without anything");
    }
}

#[test]
fn without_codecs_a_live_output_gets_what_every_reader_plays() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let mut push = Live::start(&format!("-re -stream_loop -1 -i {{mpeg4.avi}} {}", relay.url("a")));
    let mut other = Live::start(&format!("-re -stream_loop -1 -i {{mpeg4.avi}} {}", server.url("b")));
    relay.await_publisher("a");
    server.await_recording(1, SOME_BYTES);
    push.interrupt();
    other.interrupt();
    for job in [&push, &other] {
        assert_eq!(job.count("live, encoded for all readers"), 1, "{}", job.said());
    }
    let facts = assert_clean_start(&server.recordings()[0]);
    let codecs: Vec<&str> = facts.streams.iter().filter_map(|s| s["codec_name"].as_str()).collect();
    assert!(codecs.contains(&"h264") && codecs.contains(&"aac"), "{codecs:?}");
}

#[test]
fn the_users_commands_work() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let mut jobs = vec![
        Live::start(&format!(
            "-re -stream_loop -1 -i {{cam.mp4}} -preset ultrafast -vf scale=iw/2:ih/2 -strict -2 -c:a copy -f rtsp {}",
            relay.url("live/test1")
        )),
        Live::start(&format!(
            "-re -stream_loop -1 -i {{cam.mp4}} -vf scale=320:240 -c:a copy -c:v h264 -preset ultrafast -f rtsp {}",
            relay.url("live/test2")
        )),
    ];
    relay.await_publisher("live/test1");
    relay.await_publisher("live/test2");
    jobs.push(Live::start(&format!(
        "-fflags +genpts -rtsp_transport tcp -i {} -c copy -preset ultrafast -f flv {}",
        relay.url("live/test1"),
        server.url("relay1")
    )));
    jobs.push(Live::start(&format!(
        "-rtsp_transport tcp -i {} -r 20 -b:v 600k -preset ultrafast -f flv -flvflags no_duration_filesize {}",
        relay.url("live/test2"),
        server.url("relay2")
    )));
    server.await_recording(2, SOME_BYTES);
    jobs.iter_mut().rev().for_each(Live::interrupt);
    for file in server.recordings() {
        assert_clean_start(&file);
    }
}

#[test]
fn a_relay_onto_the_path_that_it_reads_from_is_refused() {
    let relay = RtspRelay::new();
    let _camera = camera(&relay, "live/a");
    let mut chain = Live::start(&format!("-i {} -c copy -f flv rtmp://localhost/live/a", relay.url("live/a")));
    let (status, _) = chain.wait();
    assert_eq!(status.code(), Some(1));
    assert!(chain.said().contains("-allow_same_path"), "{}", chain.said());
}

#[test]
fn an_rtmp_source_is_relayed_and_met_again() {
    let mut server = Nginx::new();
    let sink = Nginx::new();
    let mut push = Live::start(&format!("{CAMERA} -f flv {}", server.url("a")));
    server.await_recording(1, SOME_BYTES);
    let mut chain = Live::start(&format!("-i {} -c copy -f flv {}", server.url("a"), sink.url("b")));
    sink.await_recording(1, SOME_BYTES);
    server.kill();
    chain.await_said("lost: ");
    server.start();
    push.await_said("live again");
    chain.await_said("live again");
    let size = sink.newest_size();
    wait_for("more media", || sink.newest_size() > size + SOME_BYTES);
    chain.interrupt();
    push.interrupt();
    assert_eq!(sink.recordings().len(), 1);
    assert_clean_start(&sink.recordings()[0]);
}

// What is seen.

#[test]
fn events_and_metrics_tell_of_a_loss_without_passwords() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Nginx::new();
    let port = common::live::free_port();
    let url = server.url("a") + "?user=u&pass=geheim";
    let line = format!("{CAMERA} -events events.json -metrics 127.0.0.1:{port} -progress progress.txt -f flv {url}");
    let mut push = Live::start_in(dir.path(), &line, Stdio::null());
    server.await_recording(1, SOME_BYTES);
    server.kill();
    push.await_said("lost: ");
    server.start();
    push.await_said("live again");
    let metrics = common::live::get(port, "/metrics");
    assert!(metrics.contains("weir_session_reconnects_total{end=\"output\",index=\"0\""), "{metrics}");
    assert!(metrics.contains("state=\"live\"} 1") && metrics.contains("weir_stage_items_total"), "{metrics}");
    // It waits for the clock, and the muxer for the server.
    for stage in ["demux 0", "mux 0"] {
        let name = format!("weir_stage_busy_ratio{{stage=\"{stage}\"}} ");
        let share = metrics.split(&name).nth(1).unwrap().lines().next().unwrap().parse::<f64>().unwrap();
        assert!(share < 0.5, "{stage}: {share}");
    }
    push.interrupt();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    let events = read("events.json");
    let kinds: Vec<String> = events
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].as_str().unwrap().to_owned())
        .collect();
    let first = |kind: &str| kinds.iter().position(|k| k == kind).unwrap_or_else(|| panic!("no {kind} in {kinds:?}"));
    assert!(first("connected") < first("live") && first("live") < first("lost") && first("lost") < first("retry"));
    assert_eq!(kinds.iter().filter(|k| *k == "live").count(), 2, "{kinds:?}");
    assert!(read("progress.txt").contains("live_reconnects=1"));
    for text in [metrics, events, push.said(), read("progress.txt")] {
        assert!(!text.contains("geheim"), "{text}");
    }
}

#[test]
fn metrics_tell_of_a_peer_that_is_waited_for_before_anything_is_read() {
    let (port, absent) = (free_port(), free_port());
    let line =
        format!("-wait_for_peer 30 -metrics 127.0.0.1:{port} -i rtmp://u:geheim@127.0.0.1:{absent}/live/x -f null -");
    let mut job = Live::start(&line);
    job.await_said("not there yet");
    let waits = "weir_session_state{end=\"input\",index=\"0\",url=\"rtmp://u:***@127.0.0.1";
    wait_for("the state of the peer", || {
        let metrics = common::live::get(port, "/metrics");
        assert!(metrics.contains(waits) && !metrics.contains("geheim"), "{metrics}");
        metrics.lines().any(|line| line.starts_with(waits) && line.ends_with("state=\"backoff\"} 1"))
    });
    job.interrupt();
}

#[test]
fn repaired_times_are_told_to_who_listens() {
    let dir = tempfile::tempdir().unwrap();
    let server = Nginx::new();
    let line = format!(
        "{CAMERA} -bsf:v setts=dts=if(eq(mod(N\\,10)\\,9)\\,DTS-1024\\,DTS) -events events.json -f flv {}",
        server.url("a")
    );
    let mut push = Live::start_in(dir.path(), &line, Stdio::null());
    server.await_recording(1, SOME_BYTES);
    push.interrupt();
    let events = std::fs::read_to_string(dir.path().join("events.json")).unwrap();
    let repair = events.lines().find(|line| line.contains("\"repair\"")).unwrap_or_else(|| panic!("{events}"));
    let repair: serde_json::Value = serde_json::from_str(repair).unwrap();
    assert_eq!((&repair["stream"], &repair["repairs"]), (&0.into(), &1.into()), "{repair}");
    assert_clean_start(&server.recordings()[0]);
}

// Stopping.

#[test]
fn one_ctrl_c_ends_it_while_it_connects_to_a_peer_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    for line in [
        format!("{CAMERA} -f flv rtmp://127.0.0.1:{port}/live/a"),
        format!("{CAMERA} rtsp://127.0.0.1:{port}/a"),
        format!("-i rtsp://127.0.0.1:{port}/a -c copy -f null -"),
    ] {
        let mut job = Live::start(&line);
        let _connection = silent.accept().unwrap();
        std::thread::sleep(Duration::from_millis(200));
        job.interrupt();
    }
}

#[test]
fn one_ctrl_c_ends_it_while_the_next_attempt_is_waited_for() {
    let (_server, mut push) = push_that_loses_its_server(CAMERA);
    push.await_said("lost: ");
    std::thread::sleep(Duration::from_secs(1));
    push.interrupt();
}

#[test]
fn one_ctrl_c_ends_it_while_source_and_server_are_frozen() {
    let relay = RtspRelay::new();
    let server = Nginx::new();
    let _camera = camera(&relay, "a");
    let mut chain = relay_of(&relay, &server);
    server.await_recording(1, SOME_BYTES);
    relay.freeze();
    server.freeze();
    chain.interrupt();
}

#[test]
fn one_ctrl_c_ends_it_while_the_server_takes_nothing() {
    let server = Nginx::new();
    let mut push = Live::start(&format!("-re -stream_loop -1 -i {{heavy.mp4}} -c copy -f flv {}", server.url("a")));
    server.await_recording(1, 1_000_000);
    server.freeze();
    push.await_said("left out so far");
    push.interrupt();
}

#[test]
fn one_ctrl_c_ends_it_while_an_encoder_is_far_behind() {
    let server = Nginx::new();
    let line = "-re -stream_loop -1 -i {cam.mp4} -vf scale=1920:1080 -c:v libx264 -preset veryslow -c:a copy -f flv";
    let mut push = Live::start(&format!("{line} {}", server.url("a")));
    push.await_said("limited by the encoder");
    push.interrupt();
}

#[test]
fn one_ctrl_c_ends_it_while_an_srt_peer_is_waited_for() {
    let port = common::live::free_port();
    let mut push = Live::start(&format!("{CAMERA} -f mpegts srt://127.0.0.1:{port}?streamid=publish:a:me:geheim"));
    std::thread::sleep(Duration::from_millis(1000));
    push.interrupt();
    assert!(!push.said().contains("geheim"), "{}", push.said());
}

#[test]
fn one_sigterm_ends_it_while_the_reader_of_its_pipe_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for line in ["-i {heavy.mp4} -c copy -f flv -", "-i {heavy.mp4} -c:v libx264 -preset ultrafast -f mpegts pipe:1"] {
        let mut job = Live::start_in(dir.path(), line, Stdio::piped());
        std::thread::sleep(Duration::from_millis(700));
        assert!(job.is_running(), "{}", job.said());
        job.signal(libc::SIGTERM);
        let (status, took) = job.wait();
        assert!(took < SOON, "{took:?}");
        assert_eq!(status.code(), Some(255), "{}", job.said());
    }
}

#[test]
fn the_suite_s_helpers_do_what_they_say() {
    let port = common::live::free_port();
    drop(listen(port));
    assert!(LIMIT > SOON);
    let facts = probe(&media::path("cam.mp4")).unwrap();
    assert_rising(&facts);
}
