//! The door: what programs and people see, type and send, and the status that the process ends with.
//!
//! The forms are ffmpeg's, as client libraries read them; what weir adds is asserted for weir alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::media::path;
use common::{LIMIT, Run, is_weir, oracle_major, probe, run, weir, words};
use tempfile::TempDir;

fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs the binary in a folder; `{name}` stands for a medium.
fn weir_in(dir: &Path, line: &str) -> Run {
    let run = run(&weir(), &words(line), dir, LIMIT);
    assert_eq!(run.misbehaviour(), None, "{line}");
    run
}

fn make_fifo(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// Runs it with environment variables.
fn weir_with(dir: &Path, environment: &[(&str, &str)], line: &str) -> (Option<i32>, String) {
    let mut command = Command::new(weir());
    command.args(words(line)).current_dir(dir).stdin(Stdio::null()).envs(environment.iter().copied());
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A run under way whose stderr can be waited for.
struct Live {
    child: Child,
    lines: mpsc::Receiver<Vec<u8>>,
    seen: String,
}

impl Live {
    fn start(program: &Path, dir: &Path, line: &str) -> Self {
        Self::start_to(program, dir, line, Stdio::null())
    }

    fn start_to(program: &Path, dir: &Path, line: &str, stdout: Stdio) -> Self {
        Self::start_between(program, dir, line, (Stdio::piped(), stdout))
    }

    fn start_between(program: &Path, dir: &Path, line: &str, (stdin, stdout): (Stdio, Stdio)) -> Self {
        let mut command = Command::new(program);
        command.args(words(line)).current_dir(dir);
        command.stdin(stdin).stdout(stdout).stderr(Stdio::piped());
        // SAFETY: a plain system call between fork and exec. The tests may run under `nohup`, which is inherited.
        unsafe {
            command.pre_exec(|| {
                libc::signal(libc::SIGHUP, libc::SIG_DFL);
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                let _ = sender.send(buffer[..count].to_vec());
            }
        });
        Self { child, lines, seen: String::new() }
    }

    /// Reads stderr until it holds `needle`, or to its end when there is none.
    fn read_until(&mut self, needle: Option<&str>) {
        let deadline = Instant::now() + LIMIT;
        while needle.is_none_or(|needle| !self.seen.contains(needle)) {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(mpsc::RecvTimeoutError::Disconnected) if needle.is_none() => return,
                Err(_) => {
                    let _ = self.child.kill();
                    panic!("waited in vain for {needle:?}: {}", self.seen);
                }
            }
        }
    }

    fn signal(&self, signal: i32) {
        let pid = libc::pid_t::try_from(self.child.id()).unwrap();
        // SAFETY: plain system call; the process is ours and was not waited for yet.
        unsafe { libc::kill(pid, signal) };
    }

    /// The status, and all of stderr.
    fn end(mut self) -> (Option<i32>, String) {
        self.read_until(None);
        (self.child.wait().unwrap().code(), self.seen)
    }
}

const ENDLESS: &str = "-hide_banner -y -re -stream_loop -1 -i {av.mp4} -c copy";

fn last_line(stderr: &str) -> &str {
    stderr.trim_end().rsplit(['\n', '\r']).next().unwrap_or_default()
}

/// The text without the blanks behind equals signs, as readers of status lines take them away.
fn tight(line: &str) -> String {
    let mut line = line.to_owned();
    while line.contains("= ") {
        line = line.replace("= ", "=");
    }
    line
}

// What is told of a run.

#[test]
fn the_status_line_is_words_with_equals_signs_and_the_last_line_ends_it() {
    let dir = scratch();
    let run =
        weir_in(dir.path(), "-hide_banner -nostdin -y -i {av.mp4} -c:v libx264 -preset ultrafast -c:a aac out.mkv");
    assert_eq!(run.code(), Some(0), "{}", run.tail());
    let lines: Vec<&str> = run.stderr.split(['\r', '\n']).filter(|line| line.starts_with("frame=")).collect();
    for line in &lines {
        for word in tight(line).split_whitespace() {
            assert!(word.contains('='), "`{word}` in `{line}`");
        }
    }
    let last = tight(lines.last().unwrap());
    assert!(last.starts_with("frame=50 fps="), "{last}");
    for key in [" q=", " Lsize=", "kB time=00:00:0", " bitrate=", "kbits/s speed="] {
        assert!(last.contains(key), "{key} in {last}");
    }
    let closing = run.stderr.lines().find(|line| line.starts_with("video:")).unwrap();
    assert!(!is_weir() || closing == last_line(&run.stderr), "{}", run.tail());
    assert!(closing.contains("kB subtitle:0kB other streams:0kB global headers:"));
    assert!(closing.ends_with('%') && closing.contains(" muxing overhead: "), "{closing}");
    assert!(run.stderr.contains("x    \nvideo:"), "the last status line ends with a line's end: {}", run.tail());
}

#[test]
fn sound_alone_has_a_status_line_that_begins_with_its_size() {
    let dir = scratch();
    let run = weir_in(dir.path(), "-hide_banner -nostdin -y -i {s16.wav} out.flac");
    let last = run.stderr.lines().rev().nth(1).unwrap().rsplit('\r').next().unwrap();
    assert!(last.starts_with("size="), "{last}");
}

#[test]
fn the_stream_mapping_is_ffmpeg_s() {
    let dir = scratch();
    let run = weir_in(dir.path(), "-hide_banner -y -i {av.mp4} -c:a copy out.mkv");
    let block = "Stream mapping:\n  Stream #0:0 -> #0:0 (h264 (native) -> h264 (libx264))\n  Stream #0:1 -> #0:1 (copy)\n\
                 Press [q] to stop, [?] for help\n";
    assert!(run.stderr.contains(block), "{}", run.stderr);
    let run = weir_in(dir.path(), "-nostdin -hide_banner -y -i {av.mp4} -c:a copy out.mkv");
    assert!(!run.stderr.contains("Press [q]"));
}

#[test]
fn the_status_line_can_be_switched_on_and_off() {
    let dir = scratch();
    let silent = weir_in(dir.path(), "-v error -y -i {av.mp4} -c copy out.mkv");
    assert_eq!(silent.stderr, "");
    let only = weir_in(dir.path(), "-v error -stats -y -i {av.mp4} -c copy out.mkv");
    assert!(only.stderr.starts_with("frame=") && only.stderr.contains(" Lsize="), "{}", only.stderr);
    let none = weir_in(dir.path(), "-hide_banner -nostats -y -i {av.mp4} -c copy out.mkv");
    assert_eq!(none.stderr.matches("frame=").count(), 1, "only the last one: {}", none.stderr);
}

#[test]
fn progress_has_ffmpeg_s_keys_in_order_and_ends() {
    let dir = scratch();
    let run =
        weir_in(dir.path(), "-v error -nostats -y -progress - -i {av.mp4} -c:v libx264 -preset ultrafast out.mkv");
    assert_eq!(run.stderr, "");
    let text = String::from_utf8(run.stdout).unwrap();
    let last = text.rsplit("progress=continue\n").next().unwrap();
    let keys: Vec<&str> = last.lines().map(|line| line.split('=').next().unwrap()).collect();
    let theirs =
        "frame fps stream_0_0_q bitrate total_size out_time_us out_time_ms out_time dup_frames drop_frames speed";
    assert!(keys.join(" ").starts_with(theirs), "{keys:?}");
    assert!(text.ends_with("progress=end\n"));
    if is_weir() {
        assert!(last.contains("\npercent=100.0\neta_us=0\nprogress=end\n"), "{last}");
    }
}

/// The value of a key when it came last.
fn last_value(progress: &str, key: &str) -> i64 {
    let told = progress.lines().rev().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    told.unwrap_or_else(|| panic!("{key} in {progress}")).parse().unwrap()
}

#[test]
fn the_end_is_known_beforehand_wherever_the_media_begins() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let made = weir_in(dir.path(), "-v error -itsoffset 5 -i {av.mp4} -c copy -copyts late.mkv");
    assert_eq!(made.code(), Some(0));
    for line in [
        "-i {av.mp4} -c copy",
        "-itsoffset 3 -i {av.mp4} -c copy",
        "-r 50 -i {av.mp4} -an -preset ultrafast",
        "-i {av.mp4} -frames:v 20 -preset ultrafast",
        "-ss 0.5 -i {av.mp4} -t 1 -preset ultrafast",
        "-i late.mkv -c copy",
    ] {
        let run = weir_in(dir.path(), &format!("-v error -y -progress - {line} out.mkv"));
        let told = String::from_utf8(run.stdout).unwrap();
        let (done, whole) = (last_value(&told, "out_time_us"), last_value(&told, "total_us"));
        // A stream's last packet may end up to two frames away from where the header says.
        assert!((done - whole).abs() <= 80_000, "{line}: {done} of {whole}");
    }
}

#[test]
fn progress_goes_to_files_descriptors_and_sockets() {
    let dir = scratch();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    let line = |url: &str| format!("-v error -nostats -y -progress {url} -i {{av.mp4}} -c copy out.mkv");
    assert_eq!(weir_in(dir.path(), &line(&format!("tcp://127.0.0.1:{port}"))).code(), Some(0));
    assert!(reader.join().unwrap().ends_with("progress=end\n"));
    weir_in(dir.path(), &line("progress.txt"));
    assert!(fs::read_to_string(dir.path().join("progress.txt")).unwrap().ends_with("progress=end\n"));
    assert!(weir_in(dir.path(), &line("pipe:2")).stderr.ends_with("progress=end\n"));
    let refused = weir_in(dir.path(), &line("no/such/progress.txt"));
    assert_eq!(refused.code(), Some(1));
    assert!(refused.stderr.contains("no/such/progress.txt") && refused.stderr.contains("No such file"));
}

#[test]
fn log_levels_have_names_numbers_and_forms() {
    let dir = scratch();
    let told = |level: &str| weir_in(dir.path(), &format!("-hide_banner -v {level} -i nowhere.mp4 out.mkv")).stderr;
    assert_eq!(told("error"), "nowhere.mp4: No such file or directory\n");
    assert_eq!(told("16"), told("error"));
    assert_eq!(told("level+error"), "[error] nowhere.mp4: No such file or directory\n");
    assert_eq!(told("repeat+level+error"), "[error] nowhere.mp4: No such file or directory\n");
    assert_eq!(told("quiet"), "");
    let loud = told("loud");
    assert!(loud.starts_with("Invalid loglevel \"loud\"") && loud.contains("verbose"), "{loud}");
    let marked =
        weir_in(dir.path(), "-hide_banner -v level+info -y -i {av.mp4} -c:v libx264 -preset ultrafast out.mkv");
    for line in marked.stderr.lines().filter(|line| line.starts_with("[libx264 @ 0x")) {
        assert!(line.split_once("] ").unwrap().1.starts_with("[info] "), "{line}");
    }
    assert!(marked.stderr.contains("[info] Stream mapping:"));
}

#[test]
fn colours_are_for_terminals_unless_forced() {
    let dir = scratch();
    let line = "-hide_banner -i nowhere.mp4 out.mkv";
    assert!(!weir_with(dir.path(), &[("TERM", "xterm")], line).1.contains('\x1b'));
    let forced = weir_with(dir.path(), &[("TERM", "xterm"), ("AV_LOG_FORCE_COLOR", "1")], line).1;
    assert!(forced.contains("\x1b[1;31mnowhere.mp4: No such file or directory"), "{forced:?}");
    let not = [("AV_LOG_FORCE_COLOR", "1"), ("AV_LOG_FORCE_NOCOLOR", "1")];
    assert!(!weir_with(dir.path(), &not, line).1.contains('\x1b'));
}

#[test]
fn passwords_are_never_told() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    for line in [
        "-v trace -i rtsp://me:hunter2@127.0.0.1:1/x -c copy out.mkv",
        "-v trace -y -re -i {av.mp4} -c copy -f flv rtmp://127.0.0.1:1/live/x?user=me&pass=hunter2",
        "--explain -i {av.mp4} -c copy -f flv rtmp://me:hunter2@127.0.0.1:1/live/x",
        "--explain -i {av.mp4} -c copy -f mpegts -passphrase hunter2hunter2 srt://127.0.0.1:1",
        "--explain=json -i {av.mp4} -c copy -f hls -headers 'Authorization: Basic hunter2' http://127.0.0.1:1/x.m3u8",
        "--explain -i {av.mp4} -vf movie=rtsp\\\\://me\\\\:hunter2@h/x[b];[in][b]overlay -f null -",
        "--explain=json -i {av.mp4} -vf movie=rtsp\\\\://me\\\\:hunter2@h/x[b];[in][b]overlay -f null -",
        "-i {av.mp4} -prest fast -passphrase hunter2hunter2 -f mpegts srt://127.0.0.1:1",
        "-i {av.mp4} -passphrase=hunter2hunter2 -f mpegts srt://127.0.0.1:1",
        "-y -decryption_key hunter2 -i {av.mp4} -c copy out.mkv",
        "-y -i {av.mp4} -c copy out.mkv -passphrase hunter2hunter2",
    ] {
        let run = weir_in(dir.path(), line);
        assert!(!run.stderr.contains("hunter2"), "{line}: {}", run.stderr);
        assert!(!String::from_utf8_lossy(&run.stdout).contains("hunter2"), "{line}");
    }
}

#[test]
fn a_stderr_that_nobody_reads_is_no_reason_to_fail() {
    let dir = scratch();
    let shell = |redirection: &str, out: &str| {
        let script = format!("exec \"$0\" -y -nostdin -i \"$1\" -c copy {out} {redirection}");
        let args = ["-c".into(), script, weir().to_str().unwrap().into(), path("av.mp4").to_str().unwrap().to_owned()];
        run(Path::new("sh"), &args, dir.path(), LIMIT)
    };
    for redirection in ["2>&-", "2>/dev/full", "2>&- >&- <&-"] {
        let run = shell(redirection, "out.mkv");
        assert_eq!((run.code(), run.misbehaviour()), (Some(0), None), "{redirection}");
        assert!(!probe(&dir.path().join("out.mkv")).unwrap().packets.is_empty());
    }
}

#[test]
fn a_report_holds_what_was_told_and_the_command() {
    let dir = scratch();
    let (code, stderr) =
        weir_with(dir.path(), &[("FFREPORT", "file=r-%p.log:level=32")], "-v error -y -i {av.mp4} -c copy o.mkv");
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let report =
        fs::read_to_string(dir.path().join(format!("r-{}.log", if is_weir() { "weir" } else { "ffmpeg" }))).unwrap();
    for line in ["Report written to", "Command line:", "Input #0", "Stream mapping:", "muxing overhead"] {
        assert!(report.contains(line), "{line}: {report}");
    }
    assert!(report.contains("\nframe="), "{report}");
    weir_with(dir.path(), &[("FFREPORT", "file=errors.log:level=16")], "-y -i {av.mp4} -c copy o.mkv");
    let errors = fs::read_to_string(dir.path().join("errors.log")).unwrap();
    assert!(errors.starts_with("Command line:") && !errors.contains("frame="), "{errors}");
    weir_in(dir.path(), "-v error -report -y -i {av.mp4} -c copy o.mkv");
    let names: Vec<String> =
        fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|n| n.ends_with(".log") && n.contains("-20")), "{names:?}");
}

#[test]
fn a_benchmark_tells_time_and_memory() {
    let dir = scratch();
    let run = weir_in(dir.path(), "-hide_banner -benchmark -y -i {av.mp4} -c copy o.mkv");
    assert!(run.stderr.contains("bench: utime=") && run.stderr.contains("s rtime="), "{}", run.stderr);
    assert!(run.stderr.contains("bench: maxrss="), "{}", run.stderr);
}

// Stopping.

#[test]
fn a_signal_ends_it_with_status_255_and_a_playable_file() {
    for (signal, number) in [(libc::SIGINT, 2), (libc::SIGTERM, 15), (libc::SIGXCPU, 24)] {
        let dir = scratch();
        let mut live = Live::start(&weir(), dir.path(), &format!("{ENDLESS} out.mp4"));
        live.read_until(Some("frame="));
        live.signal(signal);
        let (code, stderr) = live.end();
        assert_eq!(code, Some(255), "{stderr}");
        assert_eq!(last_line(&stderr), format!("Exiting normally, received signal {number}."));
        assert!(!probe(&dir.path().join("out.mp4")).unwrap().packets.is_empty());
    }
}

#[test]
fn a_signal_ends_it_although_a_source_inside_a_filtergraph_has_no_end_and_an_input_beside_it_is_not_asked_for() {
    let dir = scratch();
    let line = "-hide_banner -y -stream_loop -1 -i {av.mp4} -filter_complex '[0:v]trim=end_frame=5[a];testsrc2=s=64x64[b]' \
                -map [a] -map [b] -f null -";
    let mut live = Live::start(&weir(), dir.path(), line);
    live.read_until(Some("frame="));
    live.signal(libc::SIGINT);
    let (code, stderr) = live.end();
    assert_eq!(code, Some(255), "{stderr}");
}

#[test]
fn a_terminal_that_hangs_up_ends_it_as_it_ends_ffmpeg() {
    use std::os::unix::process::ExitStatusExt;
    for program in [weir(), "ffmpeg".into()] {
        let dir = scratch();
        let mut live = Live::start(&program, dir.path(), &format!("{ENDLESS} out.mp4"));
        live.read_until(Some("frame="));
        live.signal(libc::SIGHUP);
        live.read_until(None);
        assert_eq!(live.child.wait().unwrap().signal(), Some(libc::SIGHUP), "{}: {}", program.display(), live.seen);
    }
}

#[test]
fn a_signal_ends_a_wait_for_a_silent_pipe_with_a_playable_file() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let line = "-hide_banner -y -nostdin -probesize 50000 -analyzeduration 100000 -f mpegts -i - -c copy out.mp4";
    let mut live = Live::start(&weir(), dir.path(), line);
    let mut stdin = live.child.stdin.take().unwrap();
    stdin.write_all(&fs::read(path("av.ts")).unwrap()).unwrap();
    live.read_until(Some("frame="));
    live.signal(libc::SIGINT);
    let (code, stderr) = live.end();
    assert_eq!(code, Some(255), "{stderr}");
    assert!(!probe(&dir.path().join("out.mp4")).unwrap().packets.is_empty());
    drop(stdin);
}

#[test]
fn a_key_q_on_a_pipe_ends_it_with_status_0_and_a_playable_file() {
    let dir = scratch();
    let mut live = Live::start(&weir(), dir.path(), &format!("{ENDLESS} out.mp4"));
    live.read_until(Some("frame="));
    let mut stdin = live.child.stdin.take().unwrap();
    stdin.write_all(b"?").unwrap();
    live.read_until(Some("show this help"));
    stdin.write_all(b"qq").unwrap();
    let (code, stderr) = live.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(last_line(&stderr).starts_with("video:"), "{stderr}");
    assert!(!probe(&dir.path().join("out.mp4")).unwrap().packets.is_empty());
}

#[test]
fn a_key_q_on_a_terminal_that_is_not_the_controlling_one_ends_it() {
    let dir = scratch();
    let (mut near, mut far) = (0, 0);
    let none = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: the descriptors are ours alone once they are open; name, modes and size may be left out.
    let (mut near, far) = unsafe {
        assert_eq!(libc::openpty(&mut near, &mut far, none.cast(), none.cast(), none.cast()), 0);
        (fs::File::from_raw_fd(near), OwnedFd::from_raw_fd(far))
    };
    let line = "-hide_banner -re -stream_loop -1 -i {av.mp4} -c copy -f null -";
    let mut live = Live::start_between(&weir(), dir.path(), line, (far.into(), Stdio::null()));
    live.read_until(Some("frame="));
    near.write_all(b"q").unwrap();
    let (code, stderr) = live.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("[q] command received. Exiting."), "{stderr}");
}

#[test]
fn a_signal_ends_a_wait_for_a_silent_server_at_once() {
    if !is_weir() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/x.mp4", listener.local_addr().unwrap().port());
    let dir = scratch();
    let live = Live::start(&weir(), dir.path(), &format!("-nostdin -i {url} -c copy out.mkv"));
    let server = listener.accept().unwrap();
    let asked = Instant::now();
    live.signal(libc::SIGINT);
    let (code, stderr) = live.end();
    assert_eq!(code, Some(255), "{stderr}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert!(!dir.path().join("out.mkv").exists());
    drop(server);
}

#[test]
fn files_on_stdin_are_left_to_those_who_read_them() {
    let dir = scratch();
    fs::write(dir.path().join("list"), "one\nquite\nthree\n").unwrap();
    let script = "while read name; do \"$0\" -v error -y -i \"$1\" -c copy $name.mkv; done < list; ls *.mkv";
    let (binary, medium) = (weir(), path("av.mp4"));
    let args = ["-c", script, binary.to_str().unwrap(), medium.to_str().unwrap()];
    let run = run(Path::new("sh"), &args, dir.path(), LIMIT);
    if is_weir() {
        assert_eq!(String::from_utf8_lossy(&run.stdout), "one.mkv\nquite.mkv\nthree.mkv\n", "{}", run.stderr);
    }
}

#[test]
fn a_second_signal_ends_it_although_nobody_takes_its_output() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let (reader, writer) = std::io::pipe().unwrap();
    let line = "-hide_banner -nostdin -stream_loop -1 -i {av.mp4} -c copy -f mpegts -";
    let mut live = Live::start_to(&weir(), dir.path(), line, writer.into());
    live.read_until(Some("frame="));
    live.signal(libc::SIGINT);
    live.signal(libc::SIGTERM);
    let asked = Instant::now();
    let (code, stderr) = live.end();
    assert_eq!(code, Some(255), "{stderr}");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    drop(reader);
}

#[test]
fn what_libraries_report_begins_a_line_behind_the_status_line() {
    let dir = scratch();
    let told = |filter: &str| {
        let line = format!("-hide_banner -nostdin -re -t 1 -stats_period 0.1 -i {{av.mp4}} -af {filter} -vn -f null -");
        weir_in(dir.path(), &line).stderr
    };
    let volume = told("volumedetect");
    let is_report = |line: &&str| line.starts_with("[Parsed_volumedetect_0 @ 0x");
    assert!(volume.split('\n').filter(is_report).any(|line| line.contains("] n_samples: ")), "{volume}");
    assert!(volume.split('\n').filter(is_report).any(|line| line.contains("] mean_volume: ")), "{volume}");
    assert!(volume.contains('\r'), "a status line stood before it: {volume}");
    let loudness = told("loudnorm=print_format=json");
    let lines: Vec<&str> = loudness.split('\n').map(str::trim).collect();
    let head = lines.iter().position(|line| line.starts_with("[Parsed_loudnorm_0 @ 0x")).expect(&loudness);
    let end = head + lines[head..].iter().position(|line| *line == "}").unwrap();
    let json: serde_json::Value = serde_json::from_str(&lines[head + 1..=end].join("")).unwrap();
    assert!(json["input_i"].is_string());
}

#[test]
fn a_signal_ends_it_although_nobody_takes_its_last_words() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    make_fifo(&dir.path().join("graphs"));
    let line = "-hide_banner -nostdin -i {av.mp4} -t 0.2 -print_graphs_file graphs -f null -";
    let mut live = Live::start(&weir(), dir.path(), line);
    live.read_until(Some("muxing overhead"));
    let asked = Instant::now();
    live.signal(libc::SIGTERM);
    let (code, stderr) = live.end();
    assert_eq!(code, Some(255), "{stderr}");
    assert_eq!(last_line(&stderr), "Exiting at once, received signal 15.");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
}

/// Makes a pipe with a name, and gives both its ends; nobody reads what it is filled with.
fn full_fifo(path: &Path) -> fs::File {
    make_fifo(path);
    let mut ends = fs::File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap();
    while ends.write(&[b'\n'; 4096]).is_ok() {}
    ends
}

#[test]
fn a_progress_reader_that_does_not_read_holds_nothing_up() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let _ends = full_fifo(&dir.path().join("progress"));
    let done = weir_in(dir.path(), "-hide_banner -y -i {av.mp4} -c copy -progress progress out.mkv");
    assert_eq!(done.code(), Some(0), "{}", done.tail());
    assert!(done.stderr.contains("muxing overhead"), "{}", done.tail());
    let mut live =
        Live::start(&weir(), dir.path(), &format!("{ENDLESS} -progress progress -stats_period 0.002 out.mp4"));
    live.read_until(Some("time=00:00:01"));
    let asked = Instant::now();
    live.signal(libc::SIGTERM);
    let (code, stderr) = live.end();
    assert_eq!(code, Some(255), "{stderr}");
    assert_eq!(last_line(&stderr), "Exiting normally, received signal 15.");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
}

#[test]
fn lines_that_filters_write_in_parts_and_in_two_threads_are_whole() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let line = "-hide_banner -nostdin -stream_loop 19 -i {av.mp4} -vf showinfo -af ebur128=peak=true -f null -";
    let told = weir_in(dir.path(), line).stderr;
    let lines = |part: &str| told.split(['\n', '\r']).filter(|line| line.contains(part)).collect::<Vec<_>>();
    let (loudness, pictures) = (lines("TARGET:"), lines(" pts_time:"));
    assert!(loudness.len() > 300 && pictures.len() == 1000, "{} and {}", loudness.len(), pictures.len());
    for line in loudness {
        assert!(line.starts_with("[Parsed_ebur128_0 @ 0x") && line.trim_end().ends_with("dBFS"), "{line}");
    }
    for line in pictures {
        assert!(line.starts_with("[Parsed_showinfo_0 @ 0x") && !line.contains("dBFS"), "{line}");
    }
}

// Files.

#[test]
fn an_existing_file_is_asked_about() {
    let dir = scratch();
    let out = dir.path().join("out.mkv");
    for (answer, code) in [("n\n", 1), ("\n", 1), ("", 1), ("y\n", 0), ("Yes\n", 0)] {
        fs::write(&out, "there").unwrap();
        let mut live = Live::start(&weir(), dir.path(), "-hide_banner -v error -i {av.mp4} -c copy out.mkv");
        live.child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let (status, stderr) = live.end();
        assert_eq!(status, Some(code), "{answer:?}: {stderr}");
        assert!(stderr.starts_with("File 'out.mkv' already exists. Overwrite? [y/N] "), "{stderr}");
        assert_eq!(stderr.contains("Not overwriting - exiting\n"), code == 1);
        assert_eq!(fs::read(&out).unwrap() == b"there", code == 1);
    }
}

#[test]
fn an_existing_file_stays_without_a_question_when_told_so() {
    let dir = scratch();
    fs::write(dir.path().join("out.mkv"), "there").unwrap();
    for option in ["-n", "-nostdin"] {
        let run = weir_in(dir.path(), &format!("-v error {option} -i {{av.mp4}} -c copy out.mkv"));
        assert_eq!((run.code(), run.stderr.as_str()), (Some(1), "File 'out.mkv' already exists. Exiting.\n"));
        assert_eq!(fs::read(dir.path().join("out.mkv")).unwrap(), b"there");
    }
}

#[test]
fn devices_and_pipes_are_never_asked_about() {
    let dir = scratch();
    assert_eq!(weir_in(dir.path(), "-n -v error -i {av.mp4} -f null -").code(), Some(0));
    if is_weir() {
        assert_eq!(weir_in(dir.path(), "-n -v error -i {av.mp4} -c copy -f mpegts /dev/null").code(), Some(0));
    }
    let run = weir_in(dir.path(), "-n -v error -i {av.mp4} -c copy -f mpegts -");
    assert!(run.stdout.len() > 1000);
}

#[test]
fn an_output_that_is_an_input_or_another_output_is_refused() {
    let dir = scratch();
    fs::copy(path("av.mkv"), dir.path().join("film.mkv")).unwrap();
    symlink("film.mkv", dir.path().join("link.mkv")).unwrap();
    let before = fs::read(dir.path().join("film.mkv")).unwrap();
    for output in ["film.mkv", "./film.mkv", "file:film.mkv", "link.mkv"] {
        if !is_weir() && output != "film.mkv" {
            continue;
        }
        let run = weir_in(dir.path(), &format!("-y -v warning -i film.mkv -c copy {output}"));
        assert_eq!(run.code(), Some(1), "{output}");
        assert!(run.stderr.contains("FFmpeg cannot edit existing files in-place."), "{}", run.stderr);
        assert!(fs::read(dir.path().join("film.mkv")).unwrap() == before);
    }
    if is_weir() {
        let run = weir_in(dir.path(), "-y -v error -i film.mkv -c copy a.mkv -c copy ./a.mkv");
        assert_eq!(run.code(), Some(1), "{}", run.stderr);
        assert!(!dir.path().join("a.mkv").exists());
    }
}

// Statuses and sentences.

#[test]
fn a_damaged_input_is_status_69_and_a_warning_unless_switched_off() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let whole = fs::read(path("faststart.mp4")).unwrap();
    fs::write(dir.path().join("cut.mp4"), &whole[..whole.len() * 7 / 10]).unwrap();
    let link = dir.path().join("ffmpeg");
    symlink(weir(), &link).unwrap();
    let line = "-v warning -y -i cut.mp4 -c copy out.mkv";
    let told = weir_in(dir.path(), line);
    assert_eq!(told.code(), Some(69), "{}", told.stderr);
    assert!(told.stderr.contains("cut.mp4"), "{}", told.stderr);
    assert_eq!(weir_in(dir.path(), &format!("-strict_exit off {line}")).code(), Some(0));
    let as_ffmpeg = run(&link, &words(line), dir.path(), LIMIT);
    assert_eq!(as_ffmpeg.code(), Some(0), "{}", as_ffmpeg.stderr);
    assert!(as_ffmpeg.stderr.contains("Damaged input"), "{}", as_ffmpeg.stderr);
    let strict = run(&link, &words(&format!("-strict_exit on {line}")), dir.path(), LIMIT);
    assert_eq!(strict.code(), Some(69), "{}", strict.stderr);
}

/// Frames that are decoded with damage are no undecodable packets: only those count for `-max_error_rate`.
#[test]
fn the_share_of_errors_is_counted_as_ffmpeg_does() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let link = dir.path().join("ffmpeg");
    symlink(weir(), &link).unwrap();
    let noisy = "-v error -y -i {tiny.mkv} -map 0:v -c copy -bsf noise=amount=60 noisy.mkv";
    assert_eq!(weir_in(dir.path(), noisy).code(), Some(0));
    let whole = fs::read(path("tiny.mkv")).unwrap();
    for tenth in 2..10 {
        let mut flipped = whole.clone();
        flipped[whole.len() * tenth / 10] ^= 0x55;
        fs::write(dir.path().join(format!("flipped{tenth}.mkv")), flipped).unwrap();
    }
    let (mut concealed, mut refused) = (0, 0);
    for name in (2..10).map(|tenth| format!("flipped{tenth}.mkv")).chain(["noisy.mkv".to_owned()]) {
        let line = words(&format!("-v warning -max_error_rate 0 -i {name} -map 0:v -f null -"));
        let theirs = run(Path::new("ffmpeg"), &line, dir.path(), LIMIT);
        let ours = run(&link, &line, dir.path(), LIMIT);
        // FFmpeg 7 divides whole numbers: only where nothing at all was decoded does it find a share.
        let whole_numbers = oracle_major() == 7 && theirs.stderr.contains("Error submitting packet to decoder");
        let expected = if whole_numbers { Some(69) } else { theirs.code() };
        assert_eq!(ours.code(), expected, "{name}: {}\n{}", ours.stderr, theirs.stderr);
        concealed += usize::from(ours.code() == Some(0) && ours.stderr.contains("corrupt decoded frame"));
        refused += usize::from(ours.code() == Some(69));
    }
    assert!(
        concealed > 0 && refused > 0,
        "{concealed} with damage only, {refused} with packets that cannot be decoded"
    );
}

#[test]
fn a_failed_run_says_so_last() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let run = weir_in(dir.path(), "-v error -y -i {av.mp4} -c copy -f mpegts /dev/full");
    assert_eq!(run.code(), Some(1), "{}", run.stderr);
    assert_eq!(last_line(&run.stderr), "Conversion failed!");
}

#[test]
fn inputs_alone_are_told_about_and_status_1() {
    let dir = scratch();
    let run = weir_in(dir.path(), "-hide_banner -i {av.mp4}");
    assert_eq!(run.code(), Some(1));
    assert!(run.stderr.starts_with("Input #0, mov,mp4,"), "{}", run.stderr);
    assert!(last_line(&run.stderr).starts_with("At least one output file must be specified"), "{}", run.stderr);
    let run = weir_in(dir.path(), "-v error -i nowhere.mp4");
    assert_eq!(run.stderr, "nowhere.mp4: No such file or directory\n");
}

#[test]
fn an_output_that_nothing_came_for_is_told_of() {
    let dir = scratch();
    let run = weir_in(dir.path(), "-v warning -y -ss 100 -i {av.mp4} -c:v libx264 -c:a libvorbis out.mkv");
    assert_eq!(run.code(), Some(0), "{}", run.stderr);
    // ffmpeg takes the headers of encoders for something.
    let told = run.stderr.contains("Output file is empty, nothing was encoded");
    assert_eq!(told, is_weir(), "{}", run.stderr);
}

#[test]
fn explain_prints_the_plan_and_touches_nothing() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    fs::write(dir.path().join("out.flv"), "there").unwrap();
    let run = weir_in(dir.path(), "-v quiet --explain=json -i {av.mp4} -vf scale=160:90 -c:a copy out.flv");
    assert_eq!(run.code(), Some(0));
    let plan: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let streams = &plan["outputs"][0]["streams"];
    assert_eq!(plan["outputs"][0]["format"], "flv");
    assert_eq!(streams[0]["encoder"], "libx264");
    assert_eq!(streams[0]["filters"], "scale=160:90");
    assert_eq!(streams[1]["treatment"], "copy");
    assert_eq!(fs::read(dir.path().join("out.flv")).unwrap(), b"there");
    let run = weir_in(dir.path(), "-v quiet --explain -i {av.mp4} -vf scale=160:90 -c:a copy out.flv");
    let text = String::from_utf8(run.stdout).unwrap();
    for needle in ["Input #0", "decoded by h264", "Output #0: out.flv (flv", "libx264", "scale=160:90", "copied"] {
        assert!(text.contains(needle), "{needle}: {text}");
    }
}

#[test]
fn the_version_is_on_stdout_in_ffmpeg_s_lines() {
    let dir = scratch();
    let run = weir_in(dir.path(), "-version");
    let text = String::from_utf8_lossy(&run.stdout);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((run.code(), run.stderr.as_str()), (Some(0), ""));
    assert!(lines[0].contains(" version ") && lines[0].contains(" Copyright "), "{}", lines[0]);
    assert!(lines[1].starts_with("built "), "{}", lines[1]);
    assert!(lines[2].starts_with("configuration: "), "{}", lines[2]);
    assert!(lines[3].starts_with("libavutil ") && lines[3].contains(" / "), "{}", lines[3]);
}

#[test]
fn a_link_named_ffmpeg_speaks_as_ffmpeg() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let link = dir.path().join("ffmpeg");
    symlink(weir(), &link).unwrap();
    let as_ffmpeg = |line: &str| run(&link, &words(line), dir.path(), LIMIT);
    let version = String::from_utf8(as_ffmpeg("-version").stdout).unwrap();
    assert!(version.starts_with("ffmpeg version ") && version.contains("\nbuilt with weir "), "{version}");
    let number = version.split_whitespace().nth(2).unwrap().trim_start_matches('n');
    assert!(number.starts_with(|c: char| c.is_ascii_digit()), "{number}");
    let nothing = as_ffmpeg("");
    assert_eq!(nothing.code(), Some(1));
    assert_eq!(last_line(&nothing.stderr), "Use -h to get full help or, even better, run 'man ffmpeg'");
    let banner = as_ffmpeg("-i nowhere.mp4 out.mkv").stderr;
    assert!(banner.starts_with("ffmpeg version ") && banner.contains("\n  built with weir "), "{banner}");
    // A subcommand's name is a file's name here.
    assert_eq!(as_ffmpeg("-y -v error -i {av.mp4} -c copy -f nut man").code(), Some(0));
    assert!(as_ffmpeg("man").stdout.is_empty());
}

#[test]
fn a_newcomer_finds_a_screen_with_commands() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let screen = weir_in(dir.path(), "").stdout;
    let text = String::from_utf8(screen.clone()).unwrap();
    assert!(text.lines().count() <= 32, "one screen: {}", text.lines().count());
    assert_eq!(text.matches("\n    weir -").count(), 5, "five commands: {text}");
    for help in ["-h", "--help"] {
        let run = weir_in(dir.path(), help);
        assert_eq!((run.code(), &run.stdout), (Some(0), &screen), "{help}");
    }
}

#[test]
fn completions_and_manual_know_the_options() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    for (line, needle) in [
        ("completions bash", " -filter_threads "),
        ("completions fish", "-o filter_threads"),
        ("completions zsh", "#compdef weir"),
        ("man", "filter_threads"),
    ] {
        let run = weir_in(dir.path(), line);
        assert_eq!(run.code(), Some(0), "{line}: {}", run.stderr);
        assert!(String::from_utf8_lossy(&run.stdout).contains(needle), "{line}");
    }
    assert_eq!(weir_in(dir.path(), "completions klingon").code(), Some(1));
    let script = "source <(\"$0\" completions bash) && COMP_WORDS=(weir -stream_lo) COMP_CWORD=1 && _weir_job weir -stream_lo weir && echo ${COMPREPLY[0]}";
    let run = run(Path::new("bash"), &["-c", script, weir().to_str().unwrap()], dir.path(), LIMIT);
    assert_eq!(String::from_utf8_lossy(&run.stdout), "-stream_loop\n", "{}", run.stderr);
}

/// The commands that a message shows, without the program's name.
fn shown_commands(stderr: &str) -> Vec<String> {
    let lines = stderr.lines().filter_map(|line| line.split_once(": weir ").map(|(_, command)| command.to_owned()));
    lines.collect()
}

#[test]
fn corrected_commands_work_when_they_are_pasted() {
    if !is_weir() {
        return;
    }
    let lines = [
        "-preset fast -i {av.mp4} -t 0.2 o.mkv",
        "-c copy -i {av.mp4} -c copy o.mkv",
        "-c:v libx264 -preset ultrafast -b:v 100k -i {av.mp4} -t 0.2 o.mkv",
        "-i {av.mp4} -t 0.2 -vf scale=64:64 -af volume=2 -c copy o.mkv",
        "-i {av.mp4} -t 0.2 -filter scale=64:64 -c copy o.mkv",
        "-i {av.mp4} -t 0.2 -vf hflip -c copy a.mkv -t 0.2 -vf hflip -c:v copy b.ts",
        "-i {av.mp4} -t 0.2 -vf hflip -an -c:v copy o.webm",
        "-i {av.mp4} -t -c copy o.mkv",
        "-i {av.mp4} -t 0.2 -map -c copy o.mkv",
        "-i {av.mp4} -ss o.mkv",
        "-i {av.mp4} -f o.mkv",
        "-i {av.mp4} -t 0.2 -c:v=libx264 o.mkv",
        "-i {av.mp4} -t 0.2 -crf20 o.mkv",
        "-re -i {av.mp4} -t 0.2 -re",
        "-i {av.mp4} -t 0.2 -map_chapters x o.mkv",
        "-i {av.mp4} -t 0.2 -preset veryfats o.mkv",
        "-i {av.mp4} -t 0.2 -tune flim -profile:v hihg o.mkv",
        "-i {av.mp4} -t 0.2 -crf good -movflags +faststat -flags low_dely o.mp4",
        "-i {av.mp4} -t 0.2 -maxrate 800kbps -bufsize 2M o.mkv",
        "-i {av.mp4} -t 0.2 -s 64x64 -sws_flags bicubc o.mkv",
        "-fflags genptss -err_detect explod -i {av.mp4} -t 0.2 o.mkv",
        "-threads many -i {av.mp4} -t 0.2 o.mkv",
        "-i {av.mp4} -t 0.2 -vf hflip,scael=64:64 -af volum=2 o.mkv",
        "-i {av.mp4} -t 0.2 -filter_complex [0:v]scael=64:64 o.mkv",
        "-i {av.mp4} -t 0.2 -f movv o.mov",
        "-f mp44 -i {av.mp4} -t 0.2 o.mkv",
        "-i {av.mp4} -t 0.2 -disposition:v defualt o.mkv",
        "-i {av.mp4} -t 0.2 -v eror o.mkv",
        "-i {av.mp4} -t 0.2 -c:v libx246 o.mkv",
        "-i {av.mp4} -t 0.2 -c copy -bsf:v h264_mp4toannexbb o.ts",
        "-i {av.mp4} -t 0.2 -pix_fmt yuv420 -fps_mode cfrr o.mkv",
        "-i {av.mp4} -t 0.2 -preset -c copy o.mkv",
        "-i {av.mp4} -t 0.2 -b:v2M o.mkv",
    ];
    for line in lines {
        let dir = scratch();
        let refused = weir_in(dir.path(), &format!("-hide_banner -y {line}"));
        assert_eq!(refused.status.code(), Some(1), "{line}: {}", refused.stderr);
        let commands = shown_commands(&refused.stderr);
        assert!(!commands.is_empty(), "{line}: {}", refused.stderr);
        for command in commands {
            let pasted = weir_in(dir.path(), &command);
            assert_eq!(pasted.status.code(), Some(0), "{line}: {command}: {}", pasted.stderr);
        }
    }
}

#[test]
fn a_plan_that_is_refused_is_told_to_programs_as_json() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    let refused = weir_in(dir.path(), "-hide_banner --explain=json -i {av.mp4} -vf hflip -c copy o.mkv");
    let told: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(told["diagnostics"][0]["code"], "filter-on-copy");
}

#[test]
fn what_ends_before_there_is_a_plan_is_told_to_programs_as_json_too() {
    if !is_weir() {
        return;
    }
    let dir = scratch();
    for (line, words) in [
        ("--explain=json -i {av.mp4} -prest fast o.mkv", "Unrecognized option 'prest'"),
        ("--explain=json -i nowhere.mp4 o.mkv", "nowhere.mp4"),
        ("--explain=json -i {av.mp4} -c copy no/such/o.mkv", "no/such"),
        ("--explain=json -i {av.mp4} -preset veryfats o.mkv", "veryfats"),
    ] {
        let refused = weir_in(dir.path(), &format!("-hide_banner {line}"));
        let told: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{line}");
        assert!(told["diagnostics"][0]["message"].as_str().unwrap().contains(words), "{line}: {told}");
    }
    let text = weir_in(dir.path(), "-hide_banner --explain -i {av.mp4} -c copy no/such/o.mkv");
    assert!(text.status.code() == Some(1) && text.stderr.contains("mkdir -p no/such"), "{}", text.stderr);
}
