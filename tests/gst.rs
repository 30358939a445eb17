//! Push and relay against an RTSP stack that is not FFmpeg's: GStreamer's server, over TCP and over UDP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::live::{Gst, Live, Nginx, assert_begins, assert_clean_start, wait_for};
use common::{FileFacts, media};

/// What has arrived when a second or two of the camera has.
const SOME_BYTES: u64 = 150_000;

/// The pictures of a recording.
fn pictures(facts: &FileFacts) -> usize {
    let video = facts.streams.iter().position(|s| s["codec_type"] == "video").unwrap();
    facts.of_stream(video).len()
}

fn pushes(transport: &str) {
    let mut server = Gst::new(&media::path("bcam.mp4"));
    let url = server.record();
    let mut push =
        Live::start(&format!("-re -stream_loop -1 -i {{cam.mp4}} -c copy -rtsp_transport {transport} {url}"));
    let first = server.await_recording(0, SOME_BYTES);
    server.daemon().kill();
    push.await_said("lost: ");
    server.start();
    push.await_said("live again");
    let second = server.await_recording(1, SOME_BYTES);
    push.interrupt();
    for file in [first, second] {
        // The times are those of arrival, as GStreamer tells them: they may be equal.
        let facts = assert_begins(&file);
        assert!(pictures(&facts) > 25, "{} pictures in {}", pictures(&facts), file.display());
    }
}

#[test]
fn a_push_over_tcp_is_taken_by_another_stack_and_goes_on_when_it_was_killed() {
    pushes("tcp");
}

#[test]
fn a_push_over_udp_is_taken_by_another_stack_and_goes_on_when_it_was_killed() {
    pushes("udp");
}

/// A relay of the played file to a server of another protocol, that has begun.
fn relay(source: &Gst, server: &Nginx, options: &str) -> Live {
    let chain = Live::start(&format!("{options} -i {} -c copy -f flv {}", source.play(), server.url("a")));
    server.await_recording(1, SOME_BYTES);
    chain
}

/// A relay from a source that begins at a keyframe, has B-frames, and is killed and back.
fn relays(transport: &str) {
    let mut source = Gst::new(&media::path("bcam.mp4"));
    let server = Nginx::new();
    let mut chain = relay(&source, &server, &format!("-rtsp_transport {transport} -read_deadline 2"));
    source.daemon().kill();
    chain.await_said("lost: ");
    source.start();
    chain.await_said("live again");
    let size = server.newest_size();
    wait_for("more media", || server.newest_size() > size + SOME_BYTES);
    chain.interrupt();
    let [file] = &server.recordings()[..] else { panic!("the output was disturbed") };
    let facts = assert_clean_start(file);
    let video = facts.streams.iter().position(|s| s["codec_type"] == "video").unwrap();
    assert!(facts.of_stream(video).iter().any(|p| p.pts > p.dts), "pictures are reordered");
}

#[test]
fn a_source_of_another_stack_is_relayed_over_tcp_and_met_again_when_it_was_killed() {
    relays("tcp");
}

#[test]
fn a_source_of_another_stack_is_relayed_over_udp_and_met_again_when_it_was_killed() {
    relays("udp");
}

#[test]
fn a_source_of_another_stack_that_freezes_is_lost_after_the_deadline_and_met_again() {
    let mut source = Gst::new(&media::path("bcam.mp4"));
    let server = Nginx::new();
    let mut chain = relay(&source, &server, "-read_deadline 1 -connect_deadline 1");
    source.daemon().freeze();
    chain.await_said("lost: nothing for 1 s");
    source.daemon().thaw();
    chain.await_said("live again");
    chain.interrupt();
    assert_clean_start(&server.recordings()[0]);
}
