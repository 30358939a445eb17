//! Push and relay against servers that are killed, frozen and thawed at random, for as long as wanted.
//!
//! `SOAK_SECONDS` (20 unless given; `make soak` takes an hour) and `SOAK_SEED` say how long and in which order. Ends with
//! a table; nothing of what must stay flat may grow, and no session may hold a step back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use common::live::{Live, Nginx, assert_clean_start, wait_for};
use common::rtsp::RtspRelay;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

const CAMERA: &str = "-re -stream_loop -1 -i {cam.mp4} -c copy";

/// Numbers that follow from a seed (xorshift).
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + self.0 % (high - low + 1)
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What is measured of a process from time to time.
#[derive(Default)]
struct Samples(Vec<(Duration, u64, usize, usize)>);

impl Samples {
    fn take(&mut self, at: Duration, job: &Live) {
        let (threads, files) = job.resources();
        self.0.push((at, job.resident_kib(), threads, files));
    }

    /// The least of the first and of the last third, by one of the figures: what comes and goes does not count.
    fn first_and_last(&self, figure: impl Fn(&(Duration, u64, usize, usize)) -> u64) -> (u64, u64) {
        let third = (self.0.len() / 3).max(1);
        let least = |part: &[(Duration, u64, usize, usize)]| part.iter().map(&figure).min().unwrap_or(0);
        (least(&self.0[..third]), least(&self.0[self.0.len() - third..]))
    }
}

fn camera(relay: &RtspRelay) -> Live {
    let camera = Live::start(&format!("-v warning {CAMERA} {}", relay.url("cam")));
    relay.await_publisher("cam");
    camera
}

/// One trouble of some kind; gives its name and how long it kept the server of the push away.
fn trouble(
    dice: &mut Dice,
    server: &mut Nginx,
    relay: &RtspRelay,
    source: &mut Live,
    longest_s: u64,
) -> (&'static str, Duration) {
    let away = Duration::from_millis(dice.between(500, longest_s * 1000));
    match dice.between(0, 3) {
        0 => {
            server.kill();
            sleep(away);
            server.start();
            ("the RTMP server was killed", away)
        }
        1 => {
            server.freeze();
            sleep(away);
            server.thaw();
            ("the RTMP server was frozen", Duration::ZERO)
        }
        2 => {
            relay.freeze();
            sleep(away);
            relay.thaw();
            ("the RTSP server was frozen", Duration::ZERO)
        }
        _ => {
            relay.cut(dice.between(0, 1) == 1);
            sleep(away);
            // The camera heals by itself; another one would be thrown out.
            wait_for("the camera", || source.is_running());
            ("all RTSP connections were cut", Duration::ZERO)
        }
    }
}

/// Seconds of media in a recording.
fn media_s(file: &Path) -> f64 {
    let facts = assert_clean_start(file);
    let times: Vec<i64> = facts.packets.iter().filter_map(|p| p.pts).collect();
    (times.iter().max().unwrap() - times.iter().min().unwrap()) as f64 / 1000.0
}

#[test]
fn push_and_relay_outlive_servers_that_come_and_go() {
    let length = Duration::from_secs(setting("SOAK_SECONDS", 20));
    let mut dice = Dice(setting("SOAK_SEED", 1) | 1);
    let short = length < Duration::from_secs(600);
    let (pause_s, longest_s) = if short { ((3, 6), 3) } else { ((20, 60), 15) };
    let dir = tempfile::tempdir().unwrap();
    let mut server = Nginx::new();
    let relay = RtspRelay::new();
    let mut source = camera(&relay);
    let deadlines = "-read_deadline 5 -connect_deadline 5";
    let mut jobs = [
        Live::start_in(
            dir.path(),
            &format!("-v warning -events push.json {CAMERA} -write_deadline 5 -f flv {}", server.url("push")),
            Stdio::null(),
        ),
        Live::start_in(
            dir.path(),
            &format!(
                "-v warning -events relay.json {deadlines} -i {} -c copy -write_deadline 5 -f flv {}",
                relay.url("cam"),
                server.url("relay")
            ),
            Stdio::null(),
        ),
    ];
    server.await_recording(2, 10_000);
    let began = Instant::now();
    let mut samples = [Samples::default(), Samples::default()];
    let mut away = Duration::ZERO;
    let mut troubles = 0;
    while began.elapsed() < length {
        let calm = Instant::now() + Duration::from_secs(dice.between(pause_s.0, pause_s.1));
        while Instant::now() < calm {
            sleep(Duration::from_secs(1));
            for (job, samples) in jobs.iter().zip(&mut samples) {
                samples.take(began.elapsed(), job);
            }
        }
        let (what, outage) = trouble(&mut dice, &mut server, &relay, &mut source, longest_s);
        println!("{:7.1} s: {what}", began.elapsed().as_secs_f64());
        away += outage;
        troubles += 1;
        assert!(jobs.iter_mut().all(Live::is_running), "{}\n{}", jobs[0].said(), jobs[1].said());
    }
    // All is well again.
    sleep(Duration::from_secs(if short { 6 } else { 30 }));
    let lived = began.elapsed();
    jobs.iter_mut().for_each(Live::interrupt);
    source.interrupt();
    let (mut pushed, mut relayed) = (0.0, 0.0);
    let files = server.recordings();
    for file in &files {
        let seconds = media_s(file);
        if file.file_name().unwrap().to_string_lossy().starts_with("push") {
            pushed += seconds
        } else {
            relayed += seconds
        }
    }
    let count = |name: &str, kind: &str| {
        let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
        text.matches(&format!("\"event\":\"{kind}\"")).count()
    };
    let expected = (lived - away).as_secs_f64();
    println!("\n{:34}{:>12}{:>12}", format!("{:.0} s, {troubles} troubles", lived.as_secs_f64()), "push", "relay");
    println!("{:34}{:>12}{:>12}", "reconnects", count("push.json", "live") - 1, count("relay.json", "live") - 2);
    println!("{:34}{:>12.1}{:>12.1}", "seconds of media", pushed, relayed);
    println!("{:34}{:>12.1}{:>12}", "lost beyond the outages, seconds", (expected - pushed).max(0.0), "");
    println!("{:34}{:>12}{:>12}", "times that step back", 0, 0);
    let mut grown = Vec::new();
    for (name, figure, slack) in [("resident KiB, first and last", 0, 20_000), ("threads", 1, 1), ("open files", 2, 1)]
    {
        let pairs: Vec<(u64, u64)> = samples
            .iter()
            .map(|s| s.first_and_last(|sample| [sample.1, sample.2 as u64, sample.3 as u64][figure]))
            .collect();
        let show = |pair: &(u64, u64)| format!("{} {}", pair.0, pair.1);
        println!("{name:34}{:>12}{:>12}", show(&pairs[0]), show(&pairs[1]));
        grown.extend(pairs.iter().filter(|(first, last)| last.saturating_sub(*first) > slack).map(|p| (name, *p)));
    }
    assert!(grown.is_empty(), "not flat: {grown:?}");
    assert!(pushed > expected * 0.6, "{pushed} s of {expected} s arrived");
    assert!(relayed > 0.0);
}
