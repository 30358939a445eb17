//! `-print_graphs` and its like: what is told of a run's graphs, in every format, and beside ffmpeg 8 and newer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::Path;

use common::both::{Both, linked, run_in, scratch};
use common::{oracle_major, weir};
use serde_json::Value;

const FORMATS: [&str; 9] = ["default", "compact", "csv", "flat", "ini", "json", "xml", "mermaid", "mermaidhtml"];

const SOURCES: &str = "-hide_banner -nostdin -y -f lavfi -i testsrc2=s=64x48:r=25:d=0.4 -f lavfi -i sine=d=0.4";

/// A complex graph, one of a single stream, and a copy.
const WHOLE: &str = "-filter_complex '[0:v]split[a][b];[b]scale=32:24,hue@grey=s=0[c]' -map [a] -map [c] -map 1:a \
    -af volume=0.5 -c:v ffv1 -c:a pcm_s16le";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().unwrap_or_else(|| panic!("no {key} in {of}"))
}

#[test]
fn filters_are_told_in_order_with_what_passes_between_them() {
    let dir = scratch();
    let line = format!("{SOURCES} -print_graphs_file graphs.json {WHOLE} out.mkv");
    assert_eq!(run_in(&weir(), dir.path(), &line).code(), Some(0));
    let told = json(&fs::read_to_string(dir.path().join("graphs.json")).unwrap());
    let graphs = list(&told, "graphs");
    assert_eq!(graphs.iter().map(|graph| graph["graph_index"].as_i64()).collect::<Vec<_>>(), [Some(0), Some(-1)]);
    let names: Vec<&str> = list(&graphs[0], "filters").iter().filter_map(|f| f["filter_name"].as_str()).collect();
    assert_eq!(names[..4], ["split", "scale", "hue", "buffer"], "{told}");
    let scale = &list(&graphs[0], "filters")[1];
    let size = |end: &Value| (end["format"].clone(), end["width"].as_i64(), end["height"].as_i64());
    let (before, after) = (&list(scale, "filter_inputs")[0], &list(scale, "filter_outputs")[0]);
    assert_eq!((size(before).1, size(before).2), (Some(64), Some(48)), "{scale}");
    assert_eq!((size(after).1, size(after).2), (Some(32), Some(24)), "{scale}");
    assert_eq!(
        (&before["source_filter_id"], &after["dest_filter_id"]),
        (&"G0_Parsed_split_0".into(), &"G0_hue_grey".into())
    );
    assert_eq!(after["time_base"], "1/25");
    let volume = &list(&list(&graphs[1], "filters")[0], "filter_outputs")[0];
    assert_eq!((&volume["sample_rate"], &volume["channel_layout"]), (&"44100".into(), &"mono".into()));
    assert_eq!(list(&told, "decoders").len(), 2);
    let encoders: Vec<&str> = list(&told, "encoders").iter().filter_map(|e| e["name"].as_str()).collect();
    assert_eq!(encoders, ["ffv1", "ffv1", "pcm_s16le"]);
}

#[test]
fn every_format_holds_the_whole() {
    let dir = scratch();
    let program = linked(dir.path());
    for format in FORMATS {
        let line = format!("{SOURCES} -v error -print_graphs_file - -print_graphs_format {format} {WHOLE} out.mkv");
        let run = run_in(&program, dir.path(), &line);
        let text = String::from_utf8(run.stdout.clone()).unwrap();
        assert_eq!((run.code(), run.stderr.as_str()), (Some(0), ""), "{format}");
        for part in ["scale", "hue", "volume", "pcm_s16le", "matroska", "lavfi"] {
            assert!(text.contains(part), "{format} without {part}: {text}");
        }
        match format {
            "json" => drop(json(&text)),
            "xml" => assert_eq!(text.matches("<filter ").count(), text.matches("</filter>").count()),
            "default" => assert_eq!(text.matches("[FILTER]").count(), text.matches("[/FILTER]").count()),
            "mermaid" => assert!(text.starts_with("flowchart LR\n"), "{text}"),
            "mermaidhtml" => {
                assert!(text.contains("<pre class=\"mermaid\">\nflowchart LR\n") && text.ends_with("</html>\n"))
            }
            "csv" | "compact" => {
                assert!(text.lines().all(|l| l.starts_with(|c: char| c.is_ascii_lowercase())), "{text}")
            }
            _ => assert!(text.lines().all(|l| l.is_empty() || l.starts_with(['[', '#']) || l.contains('=')), "{text}"),
        }
    }
}

#[test]
fn they_are_told_once_behind_the_closing_lines_and_not_unless_asked() {
    let dir = scratch();
    let said = |options: &str| {
        let run = run_in(&linked(dir.path()), dir.path(), &format!("{SOURCES} {options} -vf null -c:v ffv1 out.mkv"));
        assert_eq!(run.code(), Some(0), "{}", run.stderr);
        run.stderr
    };
    let stderr = said("-print_graphs -print_graphs_format flat");
    let graph = stderr.find("graphs.graph.0.graph_index=-1\n").expect(&stderr);
    assert!(stderr.find("muxing overhead").is_some_and(|at| at < graph), "{stderr}");
    assert_eq!(stderr.matches("graphs.graph.0.description").count(), 1, "{stderr}");
    assert!(!said("-print_graphs_format flat").contains("graphs.graph"));
}

#[test]
fn a_run_that_fails_tells_them_too() {
    let dir = scratch();
    let line = format!("{SOURCES} -print_graphs_file - -filter_complex '[0:v]scale=foo[v]' -map [v] -c:v ffv1 out.mkv");
    let run = run_in(&weir(), dir.path(), &line);
    assert_eq!(run.code(), Some(1));
    let line = format!("{SOURCES} -print_graphs_file - -vf scale=32:24,scale=-3:1,crop=500:500 -c:v ffv1 out.mkv");
    let run = run_in(&weir(), dir.path(), &line);
    assert_eq!(run.code(), Some(1), "{}", run.stderr);
    let told = json(&String::from_utf8(run.stdout).unwrap());
    let graph = &list(&told, "graphs")[0];
    assert_eq!((&graph["description"], graph.get("filters")), (&"scale=32:24,scale=-3:1,crop=500:500".into(), None));
}

#[test]
fn a_graph_that_was_rebuilt_is_told_as_it_was_last() {
    let dir = scratch();
    let mut both = Vec::new();
    for size in ["64x48", "32x32"] {
        let line = format!("-nostdin -y -f lavfi -i testsrc2=s={size}:r=25:d=0.4 -c:v mpeg2video part.ts");
        assert_eq!(run_in(&weir(), dir.path(), &line).code(), Some(0));
        both.extend(fs::read(dir.path().join("part.ts")).unwrap());
    }
    fs::write(dir.path().join("both.ts"), both).unwrap();
    let run = run_in(&weir(), dir.path(), "-nostdin -y -i both.ts -print_graphs_file - -vf negate -c:v ffv1 out.mkv");
    let told = json(&String::from_utf8(run.stdout).unwrap());
    let graphs = list(&told, "graphs");
    let negate = &list(&graphs[0], "filters")[0];
    assert_eq!((graphs.len(), &list(negate, "filter_inputs")[0]["width"]), (1, &32.into()), "{told}");
}

#[test]
fn formats_that_do_not_exist_are_refused_before_anything_is_written() {
    let dir = scratch();
    let line = format!("{SOURCES} -print_graphs -print_graphs_format yaml out.mkv");
    let run = run_in(&weir(), dir.path(), &line);
    assert_eq!(run.code(), Some(1));
    assert!(run.stderr.contains("yaml") && run.stderr.contains("mermaidhtml"), "{}", run.stderr);
    assert!(!dir.path().join("out.mkv").exists());
}

#[test]
fn a_file_that_cannot_be_written_is_told_in_one_sentence() {
    let dir = scratch();
    for (program, status) in [(weir(), 1), (linked(dir.path()), 0)] {
        let run = run_in(&program, dir.path(), &format!("{SOURCES} -v error -print_graphs_file no/where.json out.mkv"));
        assert_eq!(run.code(), Some(status), "{}", run.stderr);
        let expected = "Failed to open graph output file, \"no/where.json\": No such file or directory";
        assert_eq!(run.stderr.trim(), expected);
    }
}

#[test]
fn passwords_are_masked() {
    let dir = scratch();
    let line = format!("{SOURCES} -print_graphs_file - -c:v ffv1 -f null rtsp://me:secret@host/x");
    let run = run_in(&weir(), dir.path(), &line);
    let stdout = String::from_utf8(run.stdout).unwrap();
    assert!(stdout.contains("me:***@host"), "{stdout}{}", run.stderr);
    assert!(!stdout.contains("secret"), "{stdout}");
}

/// ffmpeg numbers graphs as they happen to be configured, and calls the time base `sample_rate`.
fn alike(text: &str) -> Value {
    let mut lines = Vec::new();
    for line in text.lines() {
        let base = line.contains("\"sample_rate\": \"") && line.contains('/');
        let mut line = if base { line.replace("sample_rate", "time_base") } else { line.to_owned() };
        for number in 0..8 {
            for (from, to) in [("\"G", "_"), ("\"Graph_", "_"), ("\"Graph ", ".")] {
                line = line.replace(&format!("{from}{number}{to}"), &format!("{from}N{to}"));
            }
        }
        lines.push(line);
    }
    json(&lines.join("\n"))
}

#[test]
fn json_says_what_ffmpeg_s_says() {
    if oracle_major() < 8 {
        eprintln!("skipped: ffmpeg has -print_graphs since 8.0");
        return;
    }
    let made = scratch();
    let input = made.path().join("in.mp4");
    let line = format!("{SOURCES} -c:v mpeg4 -c:a aac {}", input.display());
    assert_eq!(run_in(Path::new("ffmpeg"), made.path(), &line).code(), Some(0));
    let of_file = format!("-hide_banner -nostdin -y -i {}", input.display());
    for line in [
        format!("{SOURCES} -print_graphs_file g {WHOLE} out.mkv"),
        format!("{of_file} -print_graphs_file g -vf scale=32:24 -c:v ffv1 -c:a copy out.mkv"),
        format!("{of_file} -print_graphs_file g -ss 0.1 -t 0.2 -s 32x24 -c:v ffv1 -c:a pcm_s16le -ac 2 out.mkv"),
        format!("-ss 0.1 -t 0.2 {of_file} -print_graphs_file g -c:v ffv1 -c:a pcm_s16le out.mkv"),
        format!("-display_rotation 90 {of_file} -print_graphs_file g -c:v ffv1 -an out.mkv"),
        format!("{of_file} {of_file} -print_graphs_file g -map 0 -c copy a.mkv -map 1:a -c copy b.mp4"),
        "-nostdin -print_graphs_file g -filter_complex color=s=32x32:d=0.2[v];sine=d=0.2[a] -map [v] -map [a] -f null -"
            .to_owned(),
        format!("{of_file} {of_file} -print_graphs_file g -filter_complex overlay -an -c:v ffv1 out.mkv"),
    ] {
        let both = Both::run(&line);
        let (ours, theirs) = both.files("g");
        let (ours, theirs) = (alike(&ours), alike(&theirs));
        assert_eq!(ours, theirs, "{line}\n{ours:#}\n{theirs:#}");
    }
}
