//! weir beside ffmpeg on the same work: interleaved runs, medians, ratios with their spread, CPU time, peak memory.
//!
//! `make bench`, or `cargo bench --bench compare -- [--quick] [--case NAME]... [--runs N] [--list]`. Prints a Markdown
//! table. It asserts nothing: figures are for people to read (BENCHMARKS.md). `FFMPEG` and `WEIR_BIN` name other binaries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::rtsp::RtspRelay;
use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One row of the table: processes to run one after the other, as one measurement.
struct Case {
    name: &'static str,
    what: &'static str,
    /// [`Bench::commands`] puts the medium in for `{in}` or `{big}`.
    work: Work,
}

enum Work {
    /// One process. `pipe:0` gets the source's raw pictures, what comes out of `pipe:1` is read and thrown away.
    One(&'static str),
    /// One process a clip.
    EachClip(&'static str),
    /// The same process this often.
    Times(usize, &'static str),
    /// So many cameras, pushed by RTSP for [`CAMERA_SECONDS`]: a process each for ffmpeg, one for weir. Processor time and
    /// memory are those of all processes together.
    Cameras(usize, &'static str),
}

const CAMERA_SECONDS: &str = "10";
const CAMERA_SCALED: &str = "-vf scale=iw/2:ih/2 -c:v libx264 -preset ultrafast -tune zerolatency -g 50 -c:a copy";

const HALF: &str = "-i {in} -c:v libx264 -preset ultrafast -vf scale=iw/2:ih/2 -c:a aac out.mp4";

const CASES: &[Case] = &[
    Case { name: "half-ultrafast", what: "1080p to half size, x264 ultrafast", work: Work::One(HALF) },
    Case {
        name: "same-veryfast",
        what: "1080p, same size, x264 veryfast",
        work: Work::One("-i {in} -c:v libx264 -preset veryfast -c:a aac out.mp4"),
    },
    Case {
        name: "same-medium",
        what: "1080p, same size, x264 medium",
        work: Work::One("-i {in} -c:v libx264 -preset medium -c:a aac out.mp4"),
    },
    Case {
        name: "ladder",
        what: "1080p to 1080, 720, 480 and 360 lines at once, x264 veryfast",
        work: Work::One(
            "-i {in} -s 1920x1080 -c:v libx264 -preset veryfast -b:v 5M -c:a aac 1080.mp4 \
             -s 1280x720 -c:v libx264 -preset veryfast -b:v 3M -c:a aac 720.mp4 \
             -s 854x480 -c:v libx264 -preset veryfast -b:v 1.5M -c:a aac 480.mp4 \
             -s 640x360 -c:v libx264 -preset veryfast -b:v 800k -c:a aac 360.mp4",
        ),
    },
    Case { name: "remux", what: "mp4 to mkv, copied", work: Work::One("-i {big} -c copy out.mkv") },
    Case { name: "clips", what: "clips of 2 s to half size, a process each", work: Work::EachClip(HALF) },
    Case { name: "decode", what: "1080p decoded only", work: Work::One("-i {in} -map 0:v -f null -") },
    Case { name: "sound", what: "12 minutes of AAC to PCM", work: Work::One("-i {big} -vn out.wav") },
    Case { name: "sound-flac", what: "12 minutes of AAC to FLAC", work: Work::One("-i {big} -vn out.flac") },
    Case { name: "camera-copy", what: "1 camera, copied", work: Work::Cameras(1, "-c copy") },
    Case { name: "cameras-copy-5", what: "5 cameras, copied", work: Work::Cameras(5, "-c copy") },
    Case { name: "cameras-copy-20", what: "20 cameras, copied", work: Work::Cameras(20, "-c copy") },
    Case { name: "camera", what: "1 camera, 1080p to half size", work: Work::Cameras(1, CAMERA_SCALED) },
    Case { name: "cameras-5", what: "5 equal cameras, 1080p to half size", work: Work::Cameras(5, CAMERA_SCALED) },
    Case {
        name: "raw-out",
        what: "1080p decoded to raw pictures on a pipe",
        work: Work::One("-i {in} -map 0:v -f rawvideo pipe:1"),
    },
    Case {
        name: "raw-in",
        what: "raw 1080p pictures from a pipe, x264 ultrafast",
        work: Work::One("-f rawvideo -s 1920x1080 -r 24 -i pipe:0 -c:v libx264 -preset ultrafast out.mp4"),
    },
    Case {
        name: "raw-through",
        what: "raw 1080p pictures from a pipe to a pipe",
        work: Work::One("-f rawvideo -s 1920x1080 -r 24 -i pipe:0 -f rawvideo pipe:1"),
    },
    Case { name: "start-up", what: "`-version`, 50 times", work: Work::Times(50, "-version") },
];

/// What one measurement used.
#[derive(Clone, Copy, Default)]
struct Usage {
    wall: Duration,
    cpu: Duration,
    peak_kib: i64,
}

struct Bench {
    ffmpeg: PathBuf,
    weir: PathBuf,
    media: PathBuf,
    quick: bool,
    runs: usize,
}

fn main() {
    let mut quick = false;
    let mut runs = None;
    let mut wanted: Vec<String> = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => quick = true,
            "--runs" => runs = args.next().and_then(|count| count.parse().ok()).filter(|count| *count > 0),
            "--case" => wanted.extend(args.next()),
            "--list" => {
                CASES.iter().for_each(|case| println!("{:<16} {}", case.name, case.what));
                return;
            }
            // What cargo itself passes on.
            "--bench" => {}
            other => {
                eprintln!("compare: unknown argument `{other}`; there are --quick, --case NAME, --runs N, --list");
                std::process::exit(2);
            }
        }
    }
    if let Some(unknown) = wanted.iter().find(|name| !CASES.iter().any(|case| case.name == **name)) {
        eprintln!("compare: no case `{unknown}`; --list names them");
        std::process::exit(2);
    }

    let from_env = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let bench = Bench {
        ffmpeg: from_env("FFMPEG").unwrap_or_else(|| "ffmpeg".into()),
        weir: from_env("WEIR_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_weir").into()),
        media: Path::new(env!("CARGO_TARGET_TMPDIR")).join("../bench-media"),
        quick,
        runs: runs.unwrap_or(if quick { 3 } else { 7 }),
    };
    fs::create_dir_all(&bench.media).unwrap();
    bench.header();
    for case in CASES.iter().filter(|case| wanted.is_empty() || wanted.iter().any(|name| name == case.name)) {
        bench.row(case);
    }
}

impl Bench {
    fn header(&self) {
        let version = Command::new(&self.ffmpeg).arg("-version").output();
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "{}; {cores} cores; {} runs each, interleaved",
            version.lines().next().unwrap_or("no ffmpeg"),
            self.runs
        );
        println!();
        println!(
            "| case | ffmpeg s | weir s | wall ratio (pairs from-to) | CPU s | CPU ratio | peak MiB | peak ratio |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    }

    fn row(&self, case: &Case) {
        let relay = matches!(case.work, Work::Cameras(..)).then(RtspRelay::new);
        let mut theirs = Vec::new();
        let mut ours = Vec::new();
        // The first pair warms the caches and does not count.
        for pair in 0..=self.runs {
            eprint!("\r{}: pair {pair} of {}   ", case.name, self.runs);
            // Who goes first changes, so that neither gets the warmer machine.
            let mut both = [(&self.ffmpeg, &mut theirs), (&self.weir, &mut ours)];
            if pair % 2 == 1 {
                both.reverse();
            }
            for (binary, results) in both {
                let commands = match (&case.work, &relay) {
                    (Work::Cameras(count, line), Some(relay)) => {
                        self.cameras(*count, line, relay, binary == &self.weir)
                    }
                    (work, _) => self.commands(work),
                };
                let together = relay.is_some();
                match self.measure(binary, &commands, together) {
                    Ok(usage) if pair > 0 => results.push(usage),
                    Ok(_) => {}
                    Err(error) => {
                        eprintln!();
                        println!("| {} | | | {} fails: {error} | | | | |", case.what, binary.display());
                        return;
                    }
                }
            }
        }
        eprint!("\r{:60}\r", "");
        println!("{}", table_row(case.what, &theirs, &ours));
    }

    /// The command lines of a case, its media made when they are not there yet.
    fn commands(&self, work: &Work) -> Vec<Vec<String>> {
        let fill = |line: &str, name: &str, path: &Path| -> Vec<String> {
            line.split_whitespace()
                .map(|word| if word == name { path.to_str().unwrap() } else { word }.to_string())
                .collect()
        };
        match work {
            Work::One(line) if line.contains("{big}") => vec![fill(line, "{big}", &self.big())],
            Work::One(line) => {
                if line.contains("pipe:0") {
                    self.raw();
                }
                vec![fill(line, "{in}", &self.source())]
            }
            Work::EachClip(line) => self.clips().iter().map(|clip| fill(line, "{in}", clip)).collect(),
            Work::Times(count, line) => vec![fill(line, "", Path::new("")); *count],
            Work::Cameras(..) => Vec::new(),
        }
    }

    /// The command lines of so many cameras: one with all outputs, or one each.
    fn cameras(&self, count: usize, line: &str, relay: &RtspRelay, in_one: bool) -> Vec<Vec<String>> {
        let source = self.source();
        let input = ["-re", "-stream_loop", "-1", "-i", source.to_str().unwrap()];
        let outputs = (0..count).map(|number| {
            let options = format!("-t {CAMERA_SECONDS} {line} -f rtsp -rtsp_transport tcp");
            let url = relay.url(&format!("camera{number}"));
            options.split_whitespace().chain([url.as_str()]).map(str::to_owned).collect::<Vec<_>>()
        });
        let with_input = |output: Vec<String>| input.iter().map(|word| (*word).to_owned()).chain(output).collect();
        if in_one { vec![with_input(outputs.flatten().collect())] } else { outputs.map(with_input).collect() }
    }

    /// Runs the commands one after the other, or all together, in an empty folder.
    fn measure(&self, binary: &Path, commands: &[Vec<String>], together: bool) -> Result<Usage, String> {
        let out = self.media.join("out");
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).map_err(|error| error.to_string())?;
        let mut sum = Usage::default();
        let begin = Instant::now();
        let mut running = Vec::new();
        let end = |sum: &mut Usage, (command, pid): (&Vec<String>, u32)| {
            let (status, usage) = wait(pid)?;
            if status != 0 {
                return Err(format!("status {status} for `{}`", command.join(" ")));
            }
            sum.cpu += usage.cpu;
            sum.peak_kib = if together { sum.peak_kib + usage.peak_kib } else { sum.peak_kib.max(usage.peak_kib) };
            Ok(())
        };
        for command in commands {
            let mut process = Command::new(binary);
            if command[0] != "-version" {
                process.args(["-nostdin", "-y", "-hide_banner", "-v", "error"]);
            }
            let piped = |end: &str| if command.iter().any(|word| word == end) { Stdio::piped() } else { Stdio::null() };
            let mut child = process
                .args(command)
                .current_dir(&out)
                .stdin(piped("pipe:0"))
                .stdout(piped("pipe:1"))
                .stderr(Stdio::null())
                .spawn()
                .map_err(|error| error.to_string())?;
            if let Some(mut pipe) = child.stdin.take() {
                let mut raw = fs::File::open(self.raw()).map_err(|error| error.to_string())?;
                // A process that fails says so by its status.
                std::thread::spawn(move || std::io::copy(&mut raw, &mut pipe));
            }
            if let Some(mut pipe) = child.stdout.take() {
                std::thread::spawn(move || std::io::copy(&mut pipe, &mut std::io::sink()));
            }
            if together {
                running.push((command, child.id()));
            } else {
                end(&mut sum, (command, child.id()))?;
            }
        }
        for one in running {
            end(&mut sum, one)?;
        }
        sum.wall = begin.elapsed();
        let _ = fs::remove_dir_all(&out);
        Ok(sum)
    }

    /// The source of most cases: the clip in assets, looped, scaled up to 1080p, with some noise.
    fn source(&self) -> PathBuf {
        let seconds = if self.quick { "4" } else { "20" };
        let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/bbb.mp4");
        let line = format!(
            "-stream_loop -1 -i {} -t {seconds} -vf scale=1920:1080:flags=bicubic,noise=alls=6:allf=t -c:v libx264 \
             -preset veryfast -crf 21 -g 50 -c:a aac -ac 2 -b:a 128k",
            clip.display()
        );
        self.made(&format!("source-{seconds}s.mp4"), &line)
    }

    /// Its first pictures, as they are.
    fn raw(&self) -> PathBuf {
        let (name, frames) = if self.quick { ("raw-48.yuv", 48) } else { ("raw-240.yuv", 240) };
        self.made(name, &format!("-i {} -map 0:v -frames:v {frames} -f rawvideo", self.source().display()))
    }

    /// About 1 GB of it (a tenth when quick).
    fn big(&self) -> PathBuf {
        let source = self.source();
        let goal: u64 = if self.quick { 100_000_000 } else { 1_000_000_000 };
        let loops = goal / fs::metadata(&source).unwrap().len();
        let name = if self.quick { "big-100MB.mp4" } else { "big-1GB.mp4" };
        self.made(name, &format!("-stream_loop {loops} -i {} -c copy", source.display()))
    }

    /// Clips of 2 s, each from another place.
    fn clips(&self) -> Vec<PathBuf> {
        let source = self.source();
        (0..if self.quick { 20 } else { 200 })
            .map(|index| {
                let start = f64::from(index % 9) * if self.quick { 0.2 } else { 2.0 };
                let line = format!(
                    "-ss {start} -i {} -t 2 -vf scale=640:360 -c:v libx264 -preset veryfast -c:a copy",
                    source.display()
                );
                self.made(&format!("clip-{}{index:03}.mp4", if self.quick { "quick-" } else { "" }), &line)
            })
            .collect()
    }

    fn made(&self, name: &str, line: &str) -> PathBuf {
        let file = self.media.join(name);
        if !file.exists() {
            eprint!("\rmaking {name} ...   ");
            let new = self.media.join(format!("new-{name}"));
            let status = Command::new("ffmpeg")
                .args(["-nostdin", "-y", "-v", "error"])
                .args(line.split_whitespace())
                .arg(&new)
                .status()
                .expect("ffmpeg makes the media: `make test-deps` installs it");
            assert!(status.success(), "ffmpeg cannot make {name}");
            fs::rename(&new, &file).unwrap();
        }
        fs::canonicalize(file).unwrap()
    }
}

/// Waits for a child of ours: its status, and what it used.
fn wait(pid: u32) -> Result<(i32, Usage), String> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let pid = libc::pid_t::try_from(pid).unwrap();
    // SAFETY: both pointers are to live locals; the child is ours and is waited for only here.
    if unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) } != pid {
        return Err(std::io::Error::last_os_error().to_string());
    }
    // SAFETY: all zeroes is a valid rusage, and wait4 has filled it.
    let usage = unsafe { usage.assume_init() };
    let time = |value: libc::timeval| {
        Duration::from_secs(value.tv_sec.unsigned_abs()) + Duration::from_micros(value.tv_usec.unsigned_abs())
    };
    let code = if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) };
    Ok((
        code,
        Usage { wall: Duration::ZERO, cpu: time(usage.ru_utime) + time(usage.ru_stime), peak_kib: usage.ru_maxrss },
    ))
}

fn table_row(what: &str, theirs: &[Usage], ours: &[Usage]) -> String {
    let wall = |usage: &Usage| usage.wall.as_secs_f64();
    let cpu = |usage: &Usage| usage.cpu.as_secs_f64();
    #[allow(clippy::cast_precision_loss)]
    let peak = |usage: &Usage| usage.peak_kib as f64 / 1024.0;
    let mid = |usages: &[Usage], of: &dyn Fn(&Usage) -> f64| median(usages.iter().map(of).collect());
    let pairs: Vec<f64> = theirs.iter().zip(ours).map(|(theirs, ours)| wall(ours) / wall(theirs)).collect();
    let (low, high) = pairs.iter().fold((f64::MAX, f64::MIN), |(low, high), pair| (low.min(*pair), high.max(*pair)));
    let (their_cpu, our_cpu) = (mid(theirs, &cpu), mid(ours, &cpu));
    let (their_peak, our_peak) = (mid(theirs, &peak), mid(ours, &peak));
    format!(
        "| {what} | {:.2} | {:.2} | {:.3} ({low:.3}-{high:.3}) | {their_cpu:.2} / {our_cpu:.2} | {:.3} | {their_peak:.0} / {our_peak:.0} | {:.2} |",
        mid(theirs, &wall),
        mid(ours, &wall),
        mid(ours, &wall) / mid(theirs, &wall),
        our_cpu / their_cpu,
        our_peak / their_peak,
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
