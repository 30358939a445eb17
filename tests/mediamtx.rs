//! The live promises against a real MediaMTX, where one is given: `make test-mediamtx MEDIAMTX=/path/to/mediamtx`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use common::live::{Daemon, Live, SOON, assert_clean_start, free_port, get, send_request, wait_for};
use common::{FileFacts, probe};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CAMERA: &str = "-re -stream_loop -1 -i {cam.mp4} -c copy";

/// A MediaMTX with ports of its own.
struct Server {
    program: PathBuf,
    dir: TempDir,
    rtsp: u16,
    rtmp: u16,
    srt: u16,
    api: u16,
    daemon: Daemon,
}

impl Server {
    /// `None`, said once, when no MediaMTX is given.
    fn given() -> Option<Self> {
        let Some(program) = std::env::var_os("MEDIAMTX").filter(|path| !path.is_empty()) else {
            println!("no MEDIAMTX: make test-mediamtx MEDIAMTX=/path/to/mediamtx runs this");
            return None;
        };
        let mut server = Self {
            program: program.into(),
            dir: tempfile::tempdir().unwrap(),
            rtsp: free_port(),
            rtmp: free_port(),
            srt: free_port(),
            api: free_port(),
            daemon: Daemon::default(),
        };
        server.start("");
        Some(server)
    }

    fn start(&mut self, more: &str) {
        let local = "127.0.0.1";
        let conf = format!(
            "logLevel: warn\nrtspTransports: [tcp]\nrtspAddress: {local}:{}\nrtmpAddress: {local}:{}\nsrtAddress: {local}:{}\n\
             api: yes\napiAddress: {local}:{}\nhls: no\nwebrtc: no\nmoq: no\n{more}\npaths:\n  all_others:\n",
            self.rtsp, self.rtmp, self.srt, self.api
        );
        let file = self.dir.path().join("mediamtx.yml");
        fs::write(&file, conf).unwrap();
        self.daemon = Daemon::spawn(Command::new(&self.program).arg(file));
        let port = self.rtmp;
        wait_for("MediaMTX", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    fn kill(&mut self) {
        self.daemon.kill();
    }

    fn rtsp(&self, path: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{path}", self.rtsp)
    }

    fn rtmp(&self, path: &str) -> String {
        format!("rtmp://127.0.0.1:{}/{path}", self.rtmp)
    }

    /// Items of one of the API's lists.
    fn list(&self, what: &str) -> Vec<serde_json::Value> {
        let answer = get(self.api, &format!("/v3/{what}/list"));
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or("");
        let from = body.find('{').map_or("", |at| &body[at..]);
        let until = from.rfind('}').map_or("", |at| &from[..=at]);
        let value: serde_json::Value = serde_json::from_str(until).unwrap_or_default();
        value["items"].as_array().cloned().unwrap_or_default()
    }

    fn await_path(&self, path: &str) {
        wait_for(path, || self.list("paths").iter().any(|p| p["name"] == path && p["ready"] == true));
    }

    fn kick_publisher(&self) {
        let sessions = self.list("rtspsessions");
        let id = sessions.iter().find(|s| s["state"] == "publish").and_then(|s| s["id"].as_str()).expect("a publisher");
        send_request(self.api, "POST", &format!("/v3/rtspsessions/kick/{id}"));
    }

    /// What the system's ffmpeg, as a reader, gets of a path within some seconds.
    fn read(&self, url: &str, seconds: u32) -> FileFacts {
        let file = self.dir.path().join(format!("read-{}.flv", free_port()));
        let transport: &[&str] = if url.starts_with("rtsp") { &["-rtsp_transport", "tcp"] } else { &[] };
        let status = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-y"])
            .args(transport)
            .args(["-i", url, "-t", &seconds.to_string(), "-c", "copy"])
            .arg(&file)
            .status()
            .unwrap();
        assert!(status.success(), "{url} cannot be read");
        probe(&file).unwrap()
    }
}

fn codecs(facts: &FileFacts) -> Vec<String> {
    let mut names: Vec<String> =
        facts.streams.iter().filter_map(|s| s["codec_name"].as_str()).map(str::to_owned).collect();
    names.sort();
    names
}

fn await_size(file: &Path, bytes: u64) {
    wait_for(&format!("{} to grow", file.display()), || file.metadata().is_ok_and(|m| m.len() >= bytes));
}

#[test]
fn a_push_and_a_relay_are_readable_over_every_protocol() {
    let Some(server) = Server::given() else { return };
    let mut push =
        Live::start(&format!("-re -stream_loop -1 -i {{mpeg4.avi}} -preset ultrafast {}", server.rtsp("cam")));
    server.await_path("cam");
    let mut relay = Live::start(&format!("-i {} -c copy -f flv {}", server.rtsp("cam"), server.rtmp("relay")));
    server.await_path("relay");
    let srt = format!("srt://127.0.0.1:{}?streamid=publish:srt", server.srt);
    let mut third = Live::start(&format!("{CAMERA} {srt}"));
    server.await_path("srt");
    for url in [server.rtsp("cam"), server.rtmp("cam"), server.rtsp("relay"), server.rtmp("relay"), server.rtsp("srt")]
    {
        assert_eq!(codecs(&server.read(&url, 2)), ["aac", "h264"], "{url}");
    }
    third.interrupt();
    relay.interrupt();
    push.interrupt();
    wait_for("no session to be left", || server.list("rtspsessions").is_empty() && server.list("rtmpconns").is_empty());
}

#[test]
fn a_publisher_that_is_kicked_comes_back() {
    let Some(server) = Server::given() else { return };
    let mut push = Live::start(&format!("{CAMERA} {}", server.rtsp("cam")));
    server.await_path("cam");
    server.kick_publisher();
    push.await_said("live again");
    server.await_path("cam");
    server.read(&server.rtsp("cam"), 1);
    push.interrupt();
}

#[test]
fn two_publishers_on_one_path_do_not_fight_for_ever() {
    let Some(server) = Server::given() else { return };
    let mut one = Live::start(&format!("{CAMERA} {}", server.rtsp("cam")));
    server.await_path("cam");
    let mut two = Live::start(&format!("{CAMERA} {}", server.rtsp("cam")));
    wait_for("one to step back", || {
        one.count("thrown out again and again") + two.count("thrown out again and again") > 0
    });
    one.interrupt();
    two.interrupt();
}

#[test]
fn a_server_that_was_killed_gets_push_and_relay_back() {
    let Some(mut server) = Server::given() else { return };
    let mut push = Live::start(&format!("{CAMERA} {}", server.rtsp("cam")));
    server.await_path("cam");
    let mut relay = Live::start(&format!("-i {} -c copy -f flv {}", server.rtsp("cam"), server.rtmp("relay")));
    server.await_path("relay");
    server.kill();
    push.await_said("lost: ");
    relay.await_said("lost: ");
    server.start("");
    let back = Instant::now();
    push.await_said("live again");
    assert!(back.elapsed() < SOON, "{:?} after the server's return", back.elapsed());
    server.await_path("relay");
    server.read(&server.rtmp("relay"), 2);
    relay.interrupt();
    push.interrupt();
}

#[test]
fn a_relay_to_a_file_goes_on_over_a_new_publisher_on_one_timeline() {
    let Some(server) = Server::given() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut first = Live::start(&format!("{CAMERA} {}", server.rtsp("cam")));
    server.await_path("cam");
    let mut relay = Live::start_in(dir.path(), &format!("-i {} -c copy out.flv", server.rtsp("cam")), Stdio::null());
    let file = dir.path().join("out.flv");
    await_size(&file, 60_000);
    first.interrupt();
    relay.await_said("lost: ");
    let mut second = Live::start(&format!("{CAMERA} {}", server.rtsp("cam")));
    relay.await_said("live again");
    let size = file.metadata().unwrap().len();
    await_size(&file, size + 60_000);
    relay.interrupt();
    second.interrupt();
    assert_clean_start(&file);
}

#[test]
fn a_log_in_that_is_refused_is_said_at_once() {
    let Some(mut server) = Server::given() else { return };
    server.kill();
    server.start(
        "authInternalUsers:\n- user: u\n  pass: p\n  permissions:\n  - action: publish\n  - action: read\n- user: any\n  \
         permissions:\n  - action: api\n",
    );
    for (url, right) in [
        (server.rtsp("cam").replace("://", "://u:falsch@"), server.rtsp("cam").replace("://", "://u:p@")),
        (server.rtmp("cam") + "?user=u&pass=falsch", server.rtmp("cam") + "?user=u&pass=p"),
    ] {
        let mut push =
            Live::start(&format!("{CAMERA} -f {} {url}", if url.starts_with("rtsp") { "rtsp" } else { "flv" }));
        let (status, took) = push.wait();
        assert_eq!(status.code(), Some(1), "{}", push.said());
        assert!(took < SOON * 2, "{took:?}");
        assert!(push.said().contains("log-in was refused"), "{}", push.said());
        assert!(!push.said().contains("falsch"), "{}", push.said());
        let mut push =
            Live::start(&format!("{CAMERA} -f {} {right}", if url.starts_with("rtsp") { "rtsp" } else { "flv" }));
        push.await_said(": live\n");
        push.interrupt();
        std::thread::sleep(Duration::from_millis(200));
    }
}
