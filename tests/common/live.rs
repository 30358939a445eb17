//! What the live tests share: servers that can be killed, frozen and restarted, and a weir that runs beside the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use super::{FileFacts, probe, weir};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take that is waited for; a loaded machine is slow.
pub const LIMIT: Duration = Duration::from_secs(30);
/// What "at once" and "within a second" may take on a loaded machine.
pub const SOON: Duration = Duration::from_millis(2500);

/// A port that nobody listens on, and that no other test is given as long as this process lives: a server may leave it
/// and come back. It lies below those the kernel hands out by itself, and a name in the kernel's abstract namespace keeps
/// it, so two test programs that run at once keep out of each other's way and nothing stays behind.
pub fn free_port() -> u16 {
    static KEPT: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    const PORTS: std::ops::Range<u16> = 10_000..32_000;
    for port in PORTS {
        let name = SocketAddr::from_abstract_name(format!("weir-test-port-{port}")).unwrap();
        let Ok(keeper) = UnixListener::bind_addr(&name) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            KEPT.lock().unwrap().push(keeper);
            return port;
        }
    }
    panic!("no port from {} to {} is free", PORTS.start, PORTS.end)
}

/// Listens on a port, also when connections of a listener before it are still in the kernel's books (the standard
/// library sets SO_REUSEADDR).
pub fn listen(port: u16) -> TcpListener {
    let began = Instant::now();
    loop {
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(listener) => return listener,
            Err(error) if began.elapsed() > LIMIT => panic!("port {port}: {error}"),
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Serves these files over plain TCP, one a connection, and is gone then; its port.
pub fn serve(files: &[PathBuf]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let contents: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    thread::spawn(move || {
        for content in contents {
            let (mut stream, _) = listener.accept().unwrap();
            // Who reads may leave early.
            let _ = stream.write_all(&content);
        }
    });
    port
}

/// An HTTP server that takes whatever is put there, each file in a connection of its own; its port.
pub fn take_uploads() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut taken, mut bytes) = (Vec::new(), [0; 4096]);
            while !taken.ends_with(b"\r\n0\r\n\r\n")
                && let Ok(count @ 1..) = stream.read(&mut bytes)
            {
                taken.extend(&bytes[..count]);
            }
            let _ = stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        }
    });
    port
}

/// A peer that takes so many bytes over plain TCP and then resets the connection, one connection after the other, each with
/// its own number; the last one, `None`, takes all.
pub struct Taker {
    pub port: u16,
    took: thread::JoinHandle<Vec<Vec<u8>>>,
}

impl Taker {
    pub fn new(limits: &[Option<u64>]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, limits) = (listener.local_addr().unwrap().port(), limits.to_vec());
        let take = move |limit: Option<u64>| {
            let (stream, _) = listener.accept().unwrap();
            let mut bytes = Vec::new();
            (&stream).take(limit.unwrap_or(u64::MAX)).read_to_end(&mut bytes).unwrap();
            reset_on_close(&stream);
            bytes
        };
        Self { port, took: thread::spawn(move || limits.into_iter().map(take).collect()) }
    }

    /// What came by each connection, once all have ended.
    pub fn took(self) -> Vec<Vec<u8>> {
        self.took.join().unwrap()
    }
}

/// Lets closing a socket reset its connection.
pub fn reset_on_close(stream: &TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: a plain system call on an open socket; the structure lives during it.
    unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            libc::socklen_t::try_from(size_of::<libc::linger>()).unwrap(),
        );
    }
}

/// What an HTTP server of this machine answers.
pub fn get(port: u16, path: &str) -> String {
    send_request(port, "GET", path)
}

/// The same for any method.
pub fn send_request(port: u16, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Waits until something holds.
pub fn wait_for(what: &str, holds: impl FnMut() -> bool) {
    assert!(holds_within(LIMIT, holds), "waited in vain for {what}");
}

/// Waits until something holds; `false` when it does not in time.
pub fn holds_within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while !holds() {
        if began.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

fn send(child: &Child, signal: i32) {
    let pid = libc::pid_t::try_from(child.id()).unwrap();
    // SAFETY: a plain system call; the process is ours and was not waited for.
    unsafe { libc::kill(pid, signal) };
}

/// A server's process; killed when dropped.
#[derive(Default)]
pub struct Daemon(Option<Child>);

impl Daemon {
    /// Starts it, with what it prints thrown away.
    pub fn spawn(command: &mut Command) -> Self {
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let name = command.get_program().display().to_string();
        Self(Some(spawned.unwrap_or_else(|error| panic!("{name}: {error}; scripts/deps test installs what is needed"))))
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn freeze(&self) {
        send(self.0.as_ref().unwrap(), libc::SIGSTOP);
    }

    pub fn thaw(&self) {
        send(self.0.as_ref().unwrap(), libc::SIGCONT);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Files of a folder with more than a header in them, oldest first.
fn recorded(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.metadata().unwrap().len() > 100)
        .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
        .collect();
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}

/// Waits until so many connections have been recorded, the last of them with so many bytes.
fn await_recorded(dir: &Path, count: usize, bytes: u64) {
    wait_for(&format!("recording {count}"), || {
        let files = recorded(dir);
        files.len() >= count && fs::metadata(&files[count - 1]).unwrap().len() >= bytes
    });
}

/// GStreamer's RTSP server: an RTSP stack that is not FFmpeg's.
pub struct Gst {
    port: u16,
    file: PathBuf,
    dir: TempDir,
    daemon: Daemon,
}

impl Gst {
    /// One whose readers get `file`.
    pub fn new(file: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut server = Self { port: free_port(), file: file.to_owned(), dir, daemon: Daemon::default() };
        server.start();
        server
    }

    pub fn start(&mut self) {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/gst_rtsp.py");
        // Debian's own Python has Debian's bindings.
        let mut command = Command::new("/usr/bin/python3");
        // A life of the server has a folder of its own.
        let lives = fs::read_dir(self.dir.path()).unwrap().count();
        let folder = self.dir.path().join(format!("{lives:02}"));
        fs::create_dir(&folder).unwrap();
        command.arg(program).arg(self.port.to_string()).arg(&self.file).arg(folder);
        self.daemon = Daemon::spawn(&mut command);
        let port = self.port;
        wait_for("GStreamer's server", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    pub fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// Where the file is played.
    pub fn play(&self) -> String {
        format!("rtsp://127.0.0.1:{}/play", self.port)
    }

    /// Where it is published to.
    pub fn record(&self) -> String {
        format!("rtsp://127.0.0.1:{}/record", self.port)
    }

    /// Waits until the server's `life`, the first is 0, has recorded so many bytes of its first session; the file.
    pub fn await_recording(&self, life: usize, bytes: u64) -> PathBuf {
        let folder = self.dir.path().join(format!("{life:02}"));
        await_recorded(&folder, 1, bytes);
        recorded(&folder).swap_remove(0)
    }
}

/// nginx with its RTMP module; all that is published on `live` is recorded.
pub struct Nginx {
    pub port: u16,
    dir: TempDir,
    daemon: Daemon,
    /// How often it was started: recordings of two lives never share a name.
    starts: u32,
}

impl Nginx {
    pub fn new() -> Self {
        let mut server = Self::down();
        server.start();
        server
    }

    /// One that does not run yet.
    pub fn down() -> Self {
        Self { port: free_port(), dir: tempfile::tempdir().unwrap(), daemon: Daemon::default(), starts: 0 }
    }

    pub fn url(&self, name: &str) -> String {
        format!("rtmp://127.0.0.1:{}/live/{name}", self.port)
    }

    pub fn start(&mut self) {
        self.starts += 1;
        let dir = self.dir.path();
        fs::create_dir_all(dir.join("rec")).unwrap();
        let module = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
        let conf = format!(
            "daemon off; master_process off; pid {0}/pid; error_log {0}/error.log; load_module {module};\n\
             events {{ worker_connections 64; }}\n\
             rtmp {{ server {{ listen 127.0.0.1:{1}; application live {{ live on; record all; record_path {0}/rec; \
             record_suffix -{2}.flv; record_unique on; }} }} }}\n",
            dir.display(),
            self.port,
            self.starts
        );
        fs::write(dir.join("nginx.conf"), conf).unwrap();
        let mut command = Command::new("nginx");
        self.daemon = Daemon::spawn(command.arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf")));
        let port = self.port;
        wait_for("nginx", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    pub fn kill(&mut self) {
        self.daemon.kill();
    }

    pub fn freeze(&self) {
        self.daemon.freeze();
    }

    pub fn thaw(&self) {
        self.daemon.thaw();
    }

    /// What was published, a file a connection, oldest first.
    pub fn recordings(&self) -> Vec<PathBuf> {
        recorded(&self.dir.path().join("rec"))
    }

    /// Bytes of the newest recording.
    pub fn newest_size(&self) -> u64 {
        self.recordings().last().map_or(0, |path| fs::metadata(path).unwrap().len())
    }

    /// Waits until so many connections have been recorded, the last of them with so many bytes.
    pub fn await_recording(&self, count: usize, bytes: u64) {
        await_recorded(&self.dir.path().join("rec"), count, bytes);
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if thread::panicking() {
            println!(
                "--- recorded: {:?}",
                self.recordings().iter().map(|f| (f, f.metadata().unwrap().len())).collect::<Vec<_>>()
            );
        }
    }
}

/// A weir that runs beside the test; killed when dropped.
pub struct Live {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Live {
    /// Starts `weir -hide_banner -nostats LINE`; `{name}` stands for a medium.
    pub fn start(line: &str) -> Self {
        Self::start_in(Path::new("."), line, Stdio::null())
    }

    pub fn start_in(dir: &Path, line: &str, stdout: Stdio) -> Self {
        let mut child = Command::new(weir())
            .args(["-hide_banner", "-nostdin", "-nostats", "-y"])
            .args(super::words(line))
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut bytes) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, said }
    }

    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// How often a text was said.
    pub fn count(&self, text: &str) -> usize {
        self.said().matches(text).count()
    }

    pub fn await_said(&mut self, text: &str) {
        self.await_said_times(text, 1);
    }

    pub fn await_said_times(&mut self, text: &str, times: usize) {
        let began = Instant::now();
        while self.count(text) < times {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < LIMIT, "'{text}' not said ({ended:?}):\n{}", self.said());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn signal(&self, signal: i32) {
        send(&self.child, signal);
    }

    /// Waits for the end; how long it took.
    pub fn wait(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What was said last may still be on its way.
                thread::sleep(Duration::from_millis(50));
                return (status, began.elapsed());
            }
            assert!(began.elapsed() < LIMIT, "does not end:\n{}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// One Ctrl-C: it must end soon, with status 255.
    pub fn interrupt(&mut self) {
        self.signal(libc::SIGINT);
        let (status, took) = self.wait();
        assert!(took < SOON, "ended after {took:?}:\n{}", self.said());
        assert_eq!(status.code(), Some(255), "{}", self.said());
        assert!(!self.said().contains("that its format does not take"), "{}", self.said());
    }

    /// Threads and open files.
    pub fn resources(&self) -> (usize, usize) {
        let count = |what: &str| fs::read_dir(format!("/proc/{}/{what}", self.child.id())).map_or(0, Iterator::count);
        (count("task"), count("fd"))
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("");
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("--- weir said:\n{}", self.said());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a reader of a session needs: it begins at a keyframe with its sound, and no time steps back.
pub fn assert_clean_start(file: &Path) -> FileFacts {
    let facts = assert_begins(file);
    assert_rising(&facts);
    facts
}

/// It begins at a keyframe with its sound.
pub fn assert_begins(file: &Path) -> FileFacts {
    let facts = probe(file).unwrap_or_else(|error| panic!("{error}"));
    let kind = |index: usize| facts.streams[index]["codec_type"].as_str().unwrap_or("").to_owned();
    let video = (0..facts.streams.len()).find(|i| kind(*i) == "video").expect("pictures");
    let pictures = facts.of_stream(video);
    assert!(pictures.first().expect("a picture").flags.contains('K'), "{} begins with no keyframe", file.display());
    if let Some(audio) = (0..facts.streams.len()).find(|i| kind(*i) == "audio") {
        let begin = |index: usize| {
            let (num, den) = facts.streams[index]["time_base"].as_str().unwrap().split_once('/').unwrap();
            let (num, den): (i64, i64) = (num.parse().unwrap(), den.parse().unwrap());
            facts.of_stream(index).first().and_then(|p| p.pts).expect("a time") * num * 1000 / den
        };
        let apart = begin(video) - begin(audio);
        assert!(apart.abs() <= 100, "{}: sound and pictures begin {apart} ms apart", file.display());
    }
    facts
}

/// No time of any stream steps back, and no packet lacks one.
pub fn assert_rising(facts: &FileFacts) {
    for index in 0..facts.streams.len() {
        let mut last = i64::MIN;
        for packet in facts.of_stream(index) {
            let dts = packet.dts.unwrap_or_else(|| panic!("a packet without DTS: {packet}"));
            assert!(packet.pts.is_some(), "a packet without PTS: {packet}");
            assert!(dts > last, "stream {index}: DTS {dts} after {last}");
            last = dts;
        }
    }
}

/// Waits until a file has so many bytes.
pub fn await_size(file: &Path, bytes: u64) {
    wait_for(&format!("{} to grow", file.display()), || file.metadata().is_ok_and(|m| m.len() >= bytes));
}
