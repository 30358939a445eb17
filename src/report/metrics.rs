//! `-metrics`: counts in the text format of Prometheus, over HTTP.

use crate::diagnostic::{mask_url, reason};
use crate::engine::journal::Begun;
use crate::engine::session::SessionMeter;
use crate::engine::threads::spawn;
use crate::engine::{Journal, Meter};
use crate::octets;
use crate::plan::Plan;
use crate::retry::State;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// A reader that says or takes nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(1);

/// Listens there. The error is a full sentence.
pub fn listen(address: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .map_err(|error| format!("-metrics {address}: {}. Give another address or port.", reason(&error)))
}

/// What is told of: sessions of inputs while they are opened, and all of the run from its beginning on.
pub struct Figures {
    journal: Journal,
    run: OnceLock<(Arc<Plan>, Arc<Meter>, Instant)>,
}

impl Figures {
    /// Of a job whose sessions this journal knows.
    pub fn new(journal: Journal) -> Self {
        Self { journal, run: OnceLock::new() }
    }

    /// The run begins.
    pub fn begin(&self, plan: Arc<Plan>, meter: Arc<Meter>) {
        // There is one.
        let _ = self.run.set((plan, meter, Instant::now()));
    }

    fn text(&self) -> String {
        match self.run.get() {
            Some((plan, meter, began)) => text(plan, meter, began.elapsed()),
            None => early_text(&self.journal.begun()),
        }
    }
}

/// Answers who asks, from a thread of its own that ends with the program.
pub fn serve(listener: TcpListener, figures: Arc<Figures>) -> std::io::Result<()> {
    spawn("metrics", move || {
        for stream in listener.incoming().flatten() {
            // Who does not listen any more need not be told.
            let _ = answer(stream, &octets::readable(&figures.text()));
        }
    })
    .map(drop)
}

/// Bytes of a request that are read at the most.
const LONGEST_REQUEST: usize = 16 << 10;

fn answer(mut stream: TcpStream, body: &str) -> std::io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let begun = Instant::now();
    // All of the request is read: what is left unread when the stream is closed would make the client lose the answer.
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while request.len() < LONGEST_REQUEST && !request.ends_with(b"\r\n\r\n") {
        // One who writes a byte now and then is not to hold up the others.
        let left = PATIENCE.checked_sub(begun.elapsed()).filter(|left| !left.is_zero());
        stream.set_read_timeout(Some(left.ok_or(ErrorKind::TimedOut)?))?;
        match stream.read(&mut part)? {
            0 => break,
            count => request.extend_from_slice(&part[..count]),
        }
    }
    let path = String::from_utf8_lossy(&request);
    let path = path.split_whitespace().nth(1).unwrap_or("/");
    let (status, body) = match path {
        "/" | "/metrics" => ("200 OK", body),
        _ => ("404 Not Found", "/metrics is what there is.\n"),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

/// One family of figures.
struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl<'a> Family<'a> {
    fn new(text: &'a mut String, name: &'static str, kind: &str, help: &str) -> Self {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Self { text, name }
    }

    fn put(&mut self, labels: &str, value: f64) {
        let _ = writeln!(self.text, "{}{{{labels}}} {value}", self.name);
    }
}

/// A value between the quotes of a label.
fn label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The labels of a session. Passwords are masked in `url`.
fn labels(end: &str, index: usize, url: &str) -> String {
    format!("end=\"{end}\",index=\"{index}\",url=\"{}\"", label(url))
}

/// What there is to tell while inputs are opened: nothing has been read for the job yet.
fn early_text<'a>(begun: &'a [Begun]) -> String {
    let told = |(subject, session): &'a Begun| {
        let end = if subject.is_input { "input" } else { "output" };
        (labels(end, subject.index, &subject.url), &**session, 0)
    };
    let sessions: Vec<_> = begun.iter().map(told).collect();
    let mut text = String::new();
    live(&mut text, &sessions);
    text
}

fn text(plan: &Plan, meter: &Meter, elapsed: Duration) -> String {
    let mut text = String::new();
    stages(&mut text, meter, elapsed);
    let inputs = plan.inputs.iter().zip(&meter.inputs).enumerate().filter(|(_, (i, _))| i.session.is_some());
    let mut sessions: Vec<(String, &SessionMeter, u64)> = inputs
        .map(|(index, (input, counts))| {
            (labels("input", index, &input.url), &*counts.session, counts.bytes.load(Relaxed))
        })
        .collect();
    let outputs = plan.outputs.iter().zip(&meter.outputs).enumerate().filter(|(_, (o, _))| o.session.is_some());
    sessions.extend(outputs.map(|(index, (output, counts))| {
        let labels = labels("output", index, &mask_url(&output.url));
        (labels, &*counts.session, counts.streams.iter().map(|s| s.bytes.load(Relaxed)).sum())
    }));
    live(&mut text, &sessions);
    text
}

fn stages(text: &mut String, meter: &Meter, elapsed: Duration) {
    let all = meter.stage_list();
    let mut items = Family::new(text, "weir_stage_items_total", "counter", "Items handled by a stage.");
    for (name, stage) in &all {
        items.put(&format!("stage=\"{}\"", label(name)), stage.items() as f64);
    }
    let mut depth = Family::new(text, "weir_stage_queue_depth", "gauge", "Items that wait before a stage.");
    for (name, stage) in &all {
        depth.put(&format!("stage=\"{}\"", label(name)), stage.queue_depth() as f64);
    }
    let mut busy =
        Family::new(text, "weir_stage_busy_ratio", "gauge", "Share of the time since the start that a stage worked.");
    for (name, stage) in &all {
        let share = stage.busy_ns() as f64 / 1e9 / elapsed.as_secs_f64().max(1e-9);
        busy.put(&format!("stage=\"{}\"", label(name)), (share * 1e4).round() / 1e4);
    }
}

type Figure = fn(&SessionMeter, u64) -> f64;

fn live(text: &mut String, sessions: &[(String, &SessionMeter, u64)]) {
    let mut state = Family::new(text, "weir_session_state", "gauge", "1 for the state that a session is in.");
    for (labels, session, _) in sessions {
        for one in State::ALL {
            state.put(&format!("{labels},state=\"{}\"", one.name()), f64::from(u8::from(session.state() == one)));
        }
    }
    let figures: [(&str, &str, &str, Figure); 4] = [
        ("weir_session_reconnects_total", "counter", "How often media flowed again after a loss.", |s, _| {
            s.reconnects.load(Relaxed) as f64
        }),
        ("weir_session_bytes_total", "counter", "Bytes of media read or written.", |_, bytes| bytes as f64),
        ("weir_session_dropped_packets_total", "counter", "Packets left out for a peer.", |s, _| {
            s.dropped_packets.load(Relaxed) as f64
        }),
        ("weir_session_lag_seconds", "gauge", "How far the media lies behind the clock.", |s, _| {
            s.lag_us.load(Relaxed) as f64 / 1e6
        }),
    ];
    for (name, kind, help, figure) in figures {
        let mut family = Family::new(text, name, kind, help);
        for (labels, session, bytes) in sessions {
            family.put(labels, figure(session, *bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::journal::Subject;
    use crate::plan::{OutputPlan, SessionPlan};

    #[test]
    fn sessions_and_stages_have_their_lines_and_no_password_shows() {
        let session = SessionPlan { connect_us: 1, probe_us: 1, stall_us: 1, retry_us: 1, wait_us: 0 };
        let output =
            OutputPlan { url: "rtmp://u:secret@h/a\"b".to_owned(), session: Some(session), ..Default::default() };
        let plan = Plan { outputs: vec![output, OutputPlan::default()], ..Plan::default() };
        let meter = Meter::new(&[], &[vec![None], vec![None]]);
        meter.outputs[0].streams[0].bytes.store(42, Relaxed);
        meter.outputs[0].session.lag_us.store(1_500_000, Relaxed);
        meter.stage("mux 0");
        let text = text(&plan, &meter, Duration::from_secs(2));
        let labels = "end=\"output\",index=\"0\",url=\"rtmp://u:***@h/a\\\"b\"";
        for line in [
            "weir_stage_items_total{stage=\"mux 0\"} 0".to_owned(),
            format!("weir_session_bytes_total{{{labels}}} 42"),
            format!("weir_session_lag_seconds{{{labels}}} 1.5"),
            format!("weir_session_state{{{labels},state=\"connecting\"}} 1"),
            format!("weir_session_state{{{labels},state=\"live\"}} 0"),
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in:\n{text}");
        }
        assert!(!text.contains("secret") && !text.contains("index=\"1\""));
    }

    #[test]
    fn who_asks_over_http_is_answered() {
        let listener = listen("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(listen(&address.to_string()).unwrap_err().contains("another address"));
        let get = |path: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let journal = Journal::default();
        let figures = Arc::new(Figures::new(journal.clone()));
        serve(listener, Arc::clone(&figures)).unwrap();
        for (path, expected) in [("/metrics", "200 OK"), ("/x", "404 Not Found")] {
            assert!(get(path).contains(expected), "{}", get(path));
        }
        let subject = Subject { is_input: true, index: 1, url: "rtsp://u:***@h/a".to_owned() };
        journal.begins(&subject, &Arc::default());
        let state = "weir_session_state{end=\"input\",index=\"1\",url=\"rtsp://u:***@h/a\",state=\"connecting\"} 1";
        assert!(get("/metrics").contains(state), "{}", get("/metrics"));
        let meter = Meter::new(&[], &[]);
        meter.stage("mux 0");
        figures.begin(Arc::default(), Arc::new(meter));
        let running = get("/metrics");
        assert!(running.contains("{stage=\"mux 0\"} 0") && !running.contains(state), "{running}");
    }
}
