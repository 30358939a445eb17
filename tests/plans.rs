//! Golden plans: what `--explain=json` says of a command line, or how the command line is refused.
//!
//! A folder under `tests/plans` is a case. `args` holds the command line, `{name}` stands for a medium of
//! `tests/common/media.rs`. `expected.json` holds the plan; `expected.txt` the status and the sentences of a refusal.
//! `BLESS=1 cargo test --test plans` writes what is expected anew: read the difference before it is committed.
//!
//! What hangs on the machine is replaced: paths of media, their exact length, thread counts, and what versions of FFmpeg
//! differ in: lists of what an encoder takes, the frame timing that a format gets when none is asked for, and where a
//! medium begins (later versions write an encoder's delay into Matroska).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{LIMIT, assert_none, in_parallel, media, run, weir, words};
use serde_json::{Value, json};

/// A list this long is one of all that an encoder takes, and not a choice.
const MANY: usize = 4;

#[derive(Debug)]
enum Answer {
    Plan(Value),
    Refusal(String),
}

/// The cases' folders, in order.
fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// What weir says to a command line.
fn ask(args: &str) -> Result<Answer, String> {
    let dir = tempfile::tempdir().unwrap();
    let run = run(&weir(), &words(&format!("-hide_banner -v error --explain=json {args}")), dir.path(), LIMIT);
    if let Some(wrong) = run.misbehaviour() {
        return Err(wrong);
    }
    if fs::read_dir(dir.path()).unwrap().next().is_some() {
        return Err("something was written although the plan alone was asked for".into());
    }
    if run.code() != Some(0) {
        let status = run.code().map_or_else(|| "none".into(), |code| code.to_string());
        return Ok(Answer::Refusal(without_paths(&format!("status {status}\n{}", run.stderr), args)));
    }
    let text = without_paths(&String::from_utf8(run.stdout).unwrap(), args);
    let mut plan = serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))?;
    forget_machine(&mut plan, args.contains("-fps_mode"));
    forget_beginnings(&mut plan);
    Ok(Answer::Plan(plan))
}

/// Puts `{name}` back for the path of a medium.
fn without_paths(text: &str, args: &str) -> String {
    let names = args.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.fold(text.to_owned(), |text, name| text.replace(media::path(name).to_str().unwrap(), &format!("{{{name}}}")))
}

/// Replaces what is another on another machine or with another FFmpeg.
fn forget_machine(value: &mut Value, timing_asked: bool) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                let many = field.as_array().is_some_and(|list| list.len() > MANY);
                match key.as_str() {
                    "duration_us" if field.is_number() => *field = json!("known"),
                    "decoder_options" if field.get("threads").is_some() => field["threads"] = json!("some"),
                    "formats" | "sample_rates_hz" | "channel_layouts" if many => *field = json!("many"),
                    "fps_mode" if field.is_string() && !timing_asked => *field = json!("by format"),
                    _ => forget_machine(field, timing_asked),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| forget_machine(item, timing_asked)),
        _ => {}
    }
}

/// Takes the inputs' own beginnings, as ffprobe tells them, off the offsets that bring them to zero.
fn forget_beginnings(plan: &mut Value) {
    for input in plan["inputs"].as_array_mut().into_iter().flatten() {
        let name = input["url"].as_str().and_then(|url| url.strip_prefix('{')?.strip_suffix('}')).map(str::to_owned);
        if let (Some(name), Some(offset @ (i64::MIN..=-1 | 1..))) = (name, input["offset_us"].as_i64()) {
            input["offset_us"] = json!(offset + beginning_us(&media::path(&name)));
        }
    }
}

/// Where a medium begins, in microseconds; 0 for one that does not tell.
fn beginning_us(medium: &Path) -> i64 {
    let args = ["-v", "error", "-show_entries", "format=start_time", "-of", "csv=p=0", medium.to_str().unwrap()];
    let told = run(Path::new("ffprobe"), &args, Path::new("."), LIMIT).stdout;
    let seconds: f64 = String::from_utf8_lossy(&told).trim().parse().unwrap_or(0.0);
    (seconds * 1e6).round() as i64
}

/// The first place where two values differ.
fn difference(expected: &Value, got: &Value, at: &str) -> Option<String> {
    match (expected, got) {
        (Value::Object(a), Value::Object(b)) => a
            .keys()
            .chain(b.keys().filter(|key| !a.contains_key(*key)))
            .find_map(|key| difference(&expected[key], &got[key], &format!("{at}/{key}"))),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            (0..a.len()).find_map(|i| difference(&a[i], &b[i], &format!("{at}/{i}")))
        }
        _ => (expected != got).then(|| format!("{at}: expected {expected}, got {got}")),
    }
}

fn judge(case: &Path, bless: bool) -> Result<(), String> {
    let args = fs::read_to_string(case.join("args")).map_err(|error| format!("args: {error}"))?;
    let (plan, refusal) = (case.join("expected.json"), case.join("expected.txt"));
    let answer = ask(args.trim())?;
    if bless {
        let _ = (fs::remove_file(&plan), fs::remove_file(&refusal));
        return match &answer {
            Answer::Plan(value) => fs::write(plan, format!("{value:#}\n")),
            Answer::Refusal(text) => fs::write(refusal, text),
        }
        .map_err(|error| error.to_string());
    }
    match (answer, plan.exists(), refusal.exists()) {
        (Answer::Plan(got), true, false) => {
            let expected = serde_json::from_str(&fs::read_to_string(plan).unwrap()).map_err(|e| e.to_string())?;
            difference(&expected, &got, "").map_or(Ok(()), Err)
        }
        (Answer::Refusal(got), false, true) => {
            let expected = fs::read_to_string(refusal).unwrap();
            if expected == got { Ok(()) } else { Err(format!("expected {expected:?}, got {got:?}")) }
        }
        (answer, ..) => Err(format!("another kind of end than expected: {answer:?}")),
    }
}

#[test]
fn every_command_line_is_planned_or_refused_as_written_down() {
    let cases = cases();
    assert!(cases.len() >= 14, "only {} cases found", cases.len());
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let complaints = in_parallel(&cases, |case| {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        judge(case, bless).err().map(|wrong| format!("{name}: {wrong}"))
    });
    assert_none(&complaints, cases.len());
}

#[test]
fn a_difference_anywhere_in_a_plan_is_seen() {
    let plan = json!({"outputs": [{"streams": [{"encoder": "libx264"}]}]});
    let other = json!({"outputs": [{"streams": [{"encoder": "flv"}]}]});
    assert_eq!(difference(&plan, &plan, ""), None);
    assert_eq!(
        difference(&plan, &other, "").unwrap(),
        "/outputs/0/streams/0/encoder: expected \"libx264\", got \"flv\""
    );
    assert!(difference(&json!({}), &json!({"more": 1}), "").is_some());
    assert!(difference(&json!([]), &json!([1]), "").is_some());
}
