//! A corpus of commands as people and programs type them, side by side with the system's ffmpeg: the same end, the same
//! files, and in them the same streams, codecs, sizes, rates, lengths, metadata, dispositions, chapters and packets.
//!
//! `CORPUS=text cargo test --test corpus` runs only the commands that hold the text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use common::{FileFacts, assert_none, files, in_parallel, oracle_major, probe, run, weir, words};
use serde_json::Value;

const RECIPES: &str = include_str!("corpus/recipes.txt");

/// How far lengths and rates may be apart where packets are not compared.
const NEAR: f64 = 0.05;

/// What the encoders may choose for themselves, and what names the program.
const LEFT_OUT: [&str; 3] = ["encoder", "bit_rate", "creation_time"];

/// One command.
struct Recipe {
    line: &'static str,
    packets: bool,
    refused: bool,
}

fn recipes() -> Vec<Recipe> {
    let only = std::env::var("CORPUS").unwrap_or_default();
    let lines = RECIPES.lines().filter(|line| !line.is_empty() && !line.starts_with('#') && line.contains(&only));
    let lines = lines.filter_map(|line| match line.strip_prefix('<').and_then(|rest| rest.split_once(' ')) {
        Some((major, line)) => (oracle_major() < major.parse().unwrap()).then_some(line),
        None => Some(line),
    });
    lines
        .map(|line| Recipe {
            line: line.trim_start_matches(['~', '!']),
            packets: !line.starts_with('~'),
            refused: line.starts_with('!'),
        })
        .collect()
}

fn compare(recipe: &Recipe, program: &Path) -> Result<(), String> {
    let args = words(&format!("-nostdin -y -hide_banner {}", recipe.line));
    let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let limit = Duration::from_secs(60);
    let oracle = run(Path::new("ffmpeg"), &args, theirs.path(), limit);
    // What ffmpeg has given up since 5.1 weir still takes; there is nothing to compare it with.
    if oracle.code() != Some(0) && !recipe.refused && oracle_major() > 5 {
        return run(program, &args, ours.path(), limit).misbehaviour().map_or(Ok(()), Err);
    }
    if (oracle.code() != Some(0)) != recipe.refused {
        return Err(format!("the oracle ends with {:?}: {}", oracle.code(), oracle.tail()));
    }
    let subject = run(program, &args, ours.path(), limit);
    if let Some(wrong) = subject.misbehaviour() {
        return Err(wrong);
    }
    // Later versions tell the error's number by the status.
    let same_end = subject.code() == oracle.code()
        || (oracle_major() > 5 && (subject.code() == Some(0)) == (oracle.code() == Some(0)));
    if !same_end {
        return Err(format!("status {:?}: {}", subject.code(), subject.tail()));
    }
    if recipe.refused {
        return Ok(());
    }
    if oracle.stdout != subject.stdout {
        return Err("stdout differs".to_owned());
    }
    let (theirs, ours) = (files(theirs.path()), files(ours.path()));
    if theirs.keys().ne(ours.keys()) {
        return Err(format!("files {:?} expected, got {:?}", theirs.keys(), ours.keys()));
    }
    for (name, file) in &theirs {
        if fs::read(file).unwrap() == fs::read(&ours[name]).unwrap() {
            continue;
        }
        let Ok(expected) = probe(file) else {
            if recipe.packets {
                return Err(format!("{name}: its bytes differ"));
            }
            continue;
        };
        let got = probe(&ours[name])?;
        compare_files(&expected, &got, recipe.packets).map_err(|what| format!("{name}: {what}"))?;
    }
    Ok(())
}

fn compare_files(expected: &FileFacts, got: &FileFacts, packets: bool) -> Result<(), String> {
    if expected.streams.len() != got.streams.len() {
        return Err(format!("{} streams expected, got {}", expected.streams.len(), got.streams.len()));
    }
    for (index, (a, b)) in expected.streams.iter().zip(&got.streams).enumerate() {
        compare_values(a, b, &format!("stream {index}"), packets)?;
        let (a, b) = (expected.of_stream(index), got.of_stream(index));
        if packets {
            if let Some((a, b)) = a.iter().zip(&b).find(|(a, b)| a != b) {
                return Err(format!("stream {index}: packet {a} expected, got {b}"));
            }
            if a.len() != b.len() {
                return Err(format!("stream {index}: {} packets expected, got {}", a.len(), b.len()));
            }
        } else if a.len() != b.len() {
            return Err(format!("stream {index}: {} packets expected, got {}", a.len(), b.len()));
        }
    }
    compare_values(&Value::Array(expected.chapters.clone()), &Value::Array(got.chapters.clone()), "chapters", packets)?;
    for key in ["format_name", "nb_programs", "start_time", "duration", "tags"] {
        compare_values(&expected.format[key], &got.format[key], key, packets)?;
    }
    Ok(())
}

fn compare_values(a: &Value, b: &Value, at: &str, exact: bool) -> Result<(), String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for key in keys {
                let coding = !exact
                    && matches!(
                        key.as_str(),
                        "extradata_size"
                            | "extradata_hash"
                            | "max_bit_rate"
                            | "has_b_frames"
                            | "nb_frames"
                            | "duration_ts"
                            | "start_pts"
                    );
                if LEFT_OUT.contains(&key.as_str()) || coding {
                    continue;
                }
                let none = Value::Null;
                let (x, y) = (x.get(key).unwrap_or(&none), y.get(key).unwrap_or(&none));
                compare_values(x, y, &format!("{at}, {key}"), exact)?;
            }
            Ok(())
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).try_for_each(|(x, y)| compare_values(x, y, at, exact))
        }
        _ if a == b => Ok(()),
        _ => {
            let number = |v: &Value| v.as_str().and_then(|text| text.parse::<f64>().ok());
            let near = number(a).zip(number(b)).is_some_and(|(a, b)| (a - b).abs() <= NEAR);
            if near && !exact { Ok(()) } else { Err(format!("{at}: {a} expected, got {b}")) }
        }
    }
}

#[test]
fn what_people_type_does_what_ffmpeg_does() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ffmpeg");
    symlink(fs::canonicalize(weir()).unwrap(), &program).unwrap();
    let recipes = recipes();
    let complaints = in_parallel(&recipes, |recipe| {
        let complaint = compare(recipe, &program).err()?;
        // x264 and its like give now and then another packet for the same input.
        let again = !recipe.packets && compare(recipe, &program).is_ok();
        (!again).then(|| format!("{complaint}\n      {}", recipe.line))
    });
    assert_none(&complaints, recipes.len());
}

#[test]
fn the_corpus_is_large() {
    if std::env::var_os("CORPUS").is_none() {
        assert!(recipes().len() >= 150, "{}", recipes().len());
    }
}
