//! A small RTSP relay with faults to order: what is announced and recorded on a path is described and played from it.
//! RTP is forwarded untouched, inside the RTSP connection.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// Behind the first packet of the keyframe, or behind the last one.
pub const WITHIN_KEY: u64 = 1;
pub const WITH_KEY: u64 = 2;

/// What goes wrong, by order.
#[derive(Debug, Default)]
pub struct Faults {
    /// Takes `sprop-parameter-sets` out of what is described.
    pub no_parameter_sets: AtomicBool,
    /// Keeps sender reports to itself.
    pub no_rtcp: AtomicBool,
    /// A reader gets the first report of the pictures' clock with its first keyframe: [`WITHIN_KEY`] or [`WITH_KEY`].
    pub report_of_pictures: AtomicU64,
    /// A reader gets nothing before a keyframe.
    pub start_at_key: AtomicBool,
    /// Agrees to UDP and sends nothing.
    pub udp_swallowed: AtomicBool,
    /// Wants a log-in and accepts none.
    pub refuses_log_in: AtomicBool,
    /// Throws a publisher out after so many milliseconds; 0 for never.
    pub throws_out_after_ms: AtomicU64,
}

#[derive(Default)]
struct Path {
    sdp: String,
    publisher: Option<u64>,
    readers: Vec<Reader>,
    /// The last sender report of each stream, for readers that join.
    reports: HashMap<u8, Vec<u8>>,
}

struct Reader {
    connection: u64,
    stream: Arc<Mutex<TcpStream>>,
    waits_for_key: bool,
    muted: bool,
    /// It gets the report of the pictures' clock when that is due.
    awaits_report: bool,
}

#[derive(Default)]
struct State {
    paths: Mutex<HashMap<String, Path>>,
    connections: Mutex<HashMap<u64, TcpStream>>,
    frozen: Mutex<bool>,
    thawed: Condvar,
    faults: Faults,
    seen: Mutex<Vec<String>>,
    packets: AtomicU64,
    pictures: Mutex<Pictures>,
    /// A keyframe has begun and is not over.
    in_key: Mutex<bool>,
    /// Channel and time of each media packet.
    times: Mutex<Vec<(u8, u32)>>,
    next: AtomicU64,
    up: AtomicBool,
}

/// What went through of a path's first stream, if that is H.264: whole pictures, as RTP's marker tells.
#[derive(Default)]
struct Pictures {
    count: usize,
    /// The slices of the last one.
    last: Vec<u8>,
    coming: Vec<u8>,
}

impl Pictures {
    fn note(&mut self, rtp: &[u8]) {
        let payload = &rtp[12..];
        match payload[0] & 31 {
            1 | 5 => self.coming.extend(&payload[1..]),
            28 => self.coming.extend(&payload[2..]),
            _ => {}
        }
        if rtp[1] & 0x80 != 0 {
            self.last = std::mem::take(&mut self.coming);
            self.count += 1;
        }
    }
}

/// The relay; it listens until it is dropped.
pub struct RtspRelay {
    pub port: u16,
    state: Arc<State>,
    listener: Mutex<Option<TcpListener>>,
}

impl Default for RtspRelay {
    fn default() -> Self {
        Self::new()
    }
}

impl RtspRelay {
    pub fn new() -> Self {
        let relay = Self { port: super::live::free_port(), state: Arc::default(), listener: Mutex::default() };
        relay.start();
        relay
    }

    /// One that does not listen yet.
    pub fn down() -> Self {
        Self { port: super::live::free_port(), state: Arc::default(), listener: Mutex::default() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{path}", self.port)
    }

    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// The methods of all requests so far.
    pub fn seen(&self, method: &str) -> usize {
        self.state.seen.lock().unwrap().iter().filter(|seen| *seen == method).count()
    }

    /// RTP packets that came from publishers.
    pub fn packets(&self) -> u64 {
        self.state.packets.load(Ordering::Relaxed)
    }

    /// Channel and time of each media packet that was published, as they came.
    pub fn times(&self) -> Vec<(u8, u32)> {
        self.state.times.lock().unwrap().clone()
    }

    /// Whole pictures that came from publishers so far, and the slices of the last one.
    pub fn pictures(&self) -> (usize, Vec<u8>) {
        let pictures = self.state.pictures.lock().unwrap();
        (pictures.count, pictures.last.clone())
    }

    /// Listens (again).
    pub fn start(&self) {
        let listener = super::live::listen(self.port);
        *self.listener.lock().unwrap() = Some(listener.try_clone().unwrap());
        self.state.up.store(true, Ordering::Release);
        let state = Arc::clone(&self.state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                if !state.up.load(Ordering::Acquire) {
                    return;
                }
                let state = Arc::clone(&state);
                thread::spawn(move || serve(&state, stream));
            }
        });
    }

    /// As if the program was killed: nothing listens, all connections are closed, all paths are gone.
    pub fn kill(&self) {
        self.state.up.store(false, Ordering::Release);
        // What waits in accept is woken by a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.listener.lock().unwrap().take();
        self.cut(false);
        self.thaw();
    }

    /// Ends all connections, in order or by a reset.
    pub fn cut(&self, reset: bool) {
        for (_, stream) in self.state.connections.lock().unwrap().drain() {
            if reset {
                super::live::reset_on_close(&stream);
            }
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.state.paths.lock().unwrap().clear();
    }

    /// Sockets stay open, nothing is read and nothing is sent.
    pub fn freeze(&self) {
        *self.state.frozen.lock().unwrap() = true;
    }

    pub fn thaw(&self) {
        *self.state.frozen.lock().unwrap() = false;
        self.state.thawed.notify_all();
    }

    /// Lets the readers of a path have sender reports: the last ones now, that of the last stream first or last, and all
    /// that come.
    pub fn report(&self, path: &str, last_first: bool) {
        self.state.faults.no_rtcp.store(false, Ordering::Relaxed);
        let paths = self.state.paths.lock().unwrap();
        let Some(path) = paths.get(path) else { return };
        let mut channels: Vec<_> = path.reports.keys().collect();
        channels.sort_unstable();
        if last_first {
            channels.reverse();
        }
        for reader in &path.readers {
            for report in channels.iter().map(|channel| &path.reports[channel]) {
                let _ = reader.stream.lock().unwrap().write_all(report);
            }
        }
    }

    /// Waits until somebody publishes there.
    pub fn await_publisher(&self, path: &str) {
        super::live::wait_for(&format!("a publisher on {path}"), || {
            self.state.paths.lock().unwrap().get(path).is_some_and(|p| p.publisher.is_some())
        });
    }
}

impl Drop for RtspRelay {
    fn drop(&mut self) {
        self.kill();
    }
}

fn await_thaw(state: &State) {
    let mut frozen = state.frozen.lock().unwrap();
    while *frozen {
        frozen = state.thawed.wait(frozen).unwrap();
    }
}

struct Request {
    method: String,
    path: String,
    headers: HashMap<String, String>,
    body: String,
}

enum Arrived {
    Request(Request),
    Data(Vec<u8>),
}

fn serve(state: &State, stream: TcpStream) {
    let connection = state.next.fetch_add(1, Ordering::Relaxed);
    stream.set_nodelay(true).unwrap();
    state.connections.lock().unwrap().insert(connection, stream.try_clone().unwrap());
    let writer = Arc::new(Mutex::new(stream.try_clone().unwrap()));
    let mut input = BufReader::new(stream.try_clone().unwrap());
    let mut publishes: Option<String> = None;
    let mut udp = None;
    while let Some(arrived) = receive(&mut input) {
        await_thaw(state);
        match arrived {
            Arrived::Data(data) => {
                if let Some(path) = &publishes {
                    forward(state, path, &data);
                }
            }
            Arrived::Request(request) => {
                state.seen.lock().unwrap().push(request.method.clone());
                let wants_udp = request.headers.get("transport").map(|wanted| !wanted.contains("interleaved"));
                // One session has one transport, as with MediaMTX.
                let answer = if wants_udp.is_some_and(|wanted| udp.is_some_and(|udp| udp != wanted)) {
                    let cseq = &request.headers["cseq"];
                    format!("RTSP/1.0 400 Bad Request\r\nCSeq: {cseq}\r\n\r\n")
                } else {
                    udp = udp.or(wants_udp);
                    answer(state, (connection, &writer), &request, udp.unwrap_or(false))
                };
                if writer.lock().unwrap().write_all(answer.as_bytes()).is_err() {
                    break;
                }
                match request.method.as_str() {
                    "PLAY" => greet(state, &request.path, &writer),
                    "RECORD" => {
                        publishes = Some(request.path.clone());
                        throw_out_later(state, &stream);
                    }
                    "TEARDOWN" => break,
                    _ => {}
                }
            }
        }
    }
    leave(state, connection);
    let _ = stream.shutdown(Shutdown::Both);
}

/// A reader that joins learns how the streams' clocks stand to each other, as from any good server.
fn greet(state: &State, path: &str, writer: &Mutex<TcpStream>) {
    let late = state.faults.report_of_pictures.load(Ordering::Relaxed) != 0;
    let reports: Vec<Vec<u8>> = match state.paths.lock().unwrap().get(path) {
        Some(path) if !state.faults.no_rtcp.load(Ordering::Relaxed) => path
            .reports
            .iter()
            .filter(|(channel, _)| !late || **channel != 1)
            .map(|(_, report)| report.clone())
            .collect(),
        _ => Vec::new(),
    };
    for report in reports {
        let _ = writer.lock().unwrap().write_all(&report);
    }
}

fn throw_out_later(state: &State, stream: &TcpStream) {
    let ms = state.faults.throws_out_after_ms.load(Ordering::Relaxed);
    if ms > 0 {
        let stream = stream.try_clone().unwrap();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(ms));
            let _ = stream.shutdown(Shutdown::Both);
        });
    }
}

/// Takes a connection off its paths; readers go with their publisher.
fn leave(state: &State, connection: u64) {
    state.connections.lock().unwrap().remove(&connection);
    let mut paths = state.paths.lock().unwrap();
    for path in paths.values_mut() {
        path.readers.retain(|reader| reader.connection != connection);
        if path.publisher == Some(connection) {
            path.publisher = None;
            for reader in path.readers.drain(..) {
                if let Some(stream) = state.connections.lock().unwrap().get(&reader.connection) {
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        }
    }
    paths.retain(|_, path| path.publisher.is_some());
}

fn receive(input: &mut BufReader<TcpStream>) -> Option<Arrived> {
    let first = *input.fill_buf().ok()?.first()?;
    if first == b'$' {
        let mut head = [0; 4];
        input.read_exact(&mut head).ok()?;
        let mut data = head.to_vec();
        data.resize(4 + usize::from(u16::from_be_bytes([head[2], head[3]])), 0);
        input.read_exact(&mut data[4..]).ok()?;
        return Some(Arrived::Data(data));
    }
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let method = words.next()?.to_owned();
    let url = words.next().unwrap_or("").to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0)];
    input.read_exact(&mut body).ok()?;
    let path = url.splitn(4, '/').nth(3).unwrap_or("").split("/streamid=").next().unwrap_or("");
    let path = path.split("/trackID=").next().unwrap_or("").trim_end_matches('/').to_owned();
    Some(Arrived::Request(Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() }))
}

fn answer(state: &State, (connection, writer): (u64, &Arc<Mutex<TcpStream>>), request: &Request, udp: bool) -> String {
    let cseq = request.headers.get("cseq").cloned().unwrap_or_default();
    let reply =
        |status: &str, more: &str| format!("RTSP/1.0 {status}\r\nCSeq: {cseq}\r\nSession: {connection}\r\n{more}\r\n");
    if request.method != "OPTIONS" && state.faults.refuses_log_in.load(Ordering::Relaxed) {
        return reply("401 Unauthorized", "WWW-Authenticate: Basic realm=\"relay\"\r\n");
    }
    let mut paths = state.paths.lock().unwrap();
    match request.method.as_str() {
        "OPTIONS" => reply("200 OK", "Public: DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, TEARDOWN\r\n"),
        "ANNOUNCE" => {
            if paths.get(&request.path).is_some_and(|p| p.publisher.is_some_and(|p| p != connection)) {
                return reply("403 Forbidden", "");
            }
            let path = paths.entry(request.path.clone()).or_default();
            path.sdp.clone_from(&request.body);
            path.publisher = Some(connection);
            reply("200 OK", "")
        }
        "DESCRIBE" => match paths.get(&request.path) {
            Some(path) => {
                let mut sdp = path.sdp.clone();
                if state.faults.no_parameter_sets.load(Ordering::Relaxed) {
                    sdp = without_parameter_sets(&sdp);
                }
                format!(
                    "{}{sdp}",
                    reply("200 OK", &format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n", sdp.len()))
                )
            }
            None => reply("404 Not Found", ""),
        },
        "SETUP" => {
            let wanted = request.headers.get("transport").cloned().unwrap_or_default();
            if udp && !state.faults.udp_swallowed.load(Ordering::Relaxed) {
                return reply("461 Unsupported Transport", "");
            }
            let ports = if udp { ";server_port=9-10" } else { "" };
            reply("200 OK", &format!("Transport: {wanted}{ports}\r\n"))
        }
        "PLAY" => {
            if let Some(path) = paths.get_mut(&request.path) {
                path.readers.retain(|reader| reader.connection != connection);
                path.readers.push(Reader {
                    connection,
                    stream: Arc::clone(writer),
                    waits_for_key: state.faults.start_at_key.load(Ordering::Relaxed),
                    muted: udp,
                    awaits_report: true,
                });
            }
            reply("200 OK", "")
        }
        _ => reply("200 OK", ""),
    }
}

fn without_parameter_sets(sdp: &str) -> String {
    let strip = |line: &str| match line.find("sprop-parameter-sets=") {
        Some(at) => {
            let end = line[at..].find(';').map_or(line.len(), |end| at + end + 1);
            format!("{}{}", &line[..at], &line[end..])
        }
        None => line.to_owned(),
    };
    sdp.lines().map(|line| strip(line) + "\r\n").collect()
}

fn forward(state: &State, path: &str, data: &[u8]) {
    let channel = data[1];
    if !channel.is_multiple_of(2)
        && let Some(path) = state.paths.lock().unwrap().get_mut(path)
    {
        path.reports.insert(channel, data.to_vec());
    }
    if channel.is_multiple_of(2) {
        state.packets.fetch_add(1, Ordering::Relaxed);
        let time = u32::from_be_bytes([data[8], data[9], data[10], data[11]]);
        state.times.lock().unwrap().push((channel, time));
    } else if state.faults.no_rtcp.load(Ordering::Relaxed) {
        return;
    }
    let key = channel == 0 && is_key(&data[4..]);
    if channel == 0 {
        state.pictures.lock().unwrap().note(&data[4..]);
    }
    let comes = state.faults.report_of_pictures.load(Ordering::Relaxed);
    if channel == 1 && comes != 0 {
        return;
    }
    let is_due = (comes == WITHIN_KEY && key) || (comes == WITH_KEY && channel == 0 && ends_key(state, &data[4..]));
    let report =
        if is_due { state.paths.lock().unwrap().get(path).and_then(|p| p.reports.get(&1).cloned()) } else { None };
    let readers: Vec<(Arc<Mutex<TcpStream>>, bool)> = {
        let mut paths = state.paths.lock().unwrap();
        let Some(path) = paths.get_mut(path) else { return };
        for reader in &mut path.readers {
            reader.waits_for_key &= !key;
        }
        let wanted = path.readers.iter_mut().filter(|r| !r.muted && !r.waits_for_key);
        let told = |reader: &mut Reader| report.is_some() && std::mem::take(&mut reader.awaits_report);
        wanted.map(|reader| (Arc::clone(&reader.stream), told(reader))).collect()
    };
    for (reader, told) in readers {
        let mut stream = reader.lock().unwrap();
        // A reader that is gone takes itself off.
        let _ = stream.write_all(data);
        if let (true, Some(report)) = (told, &report) {
            let _ = stream.write_all(report);
        }
    }
}

/// True when an H.264 packet is the last one of a keyframe.
fn ends_key(state: &State, rtp: &[u8]) -> bool {
    let kind = if rtp[12] & 31 == 28 { rtp[13] & 31 } else { rtp[12] & 31 };
    let mut in_key = state.in_key.lock().unwrap();
    *in_key |= kind == 5;
    let ends = *in_key && rtp[1] & 0x80 != 0;
    *in_key &= !ends;
    ends
}

/// True when an H.264 packet begins a keyframe (its parameter sets, or an IDR slice).
fn is_key(rtp: &[u8]) -> bool {
    let Some(payload) = rtp.get(12..).filter(|p| p.len() > 3) else { return false };
    match payload[0] & 31 {
        5 | 7 => true,
        24 => matches!(payload[3] & 31, 5 | 7),
        28 => payload[1] & 0x80 != 0 && payload[1] & 31 == 5,
        _ => false,
    }
}
