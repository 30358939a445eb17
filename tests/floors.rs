//! The house's floors, kept by reading the sources: who may import whom, and what is named in one place only.
//!
//! ARCHITECTURE.md tells why. Code behind `#[cfg(test)]` is exempt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate's root and its floor. A new module gets its row here.
const FLOORS: [(&str, u8); 17] = [
    ("unit", 0),
    ("spec", 0),
    ("facts", 0),
    ("catalog", 0),
    ("diagnostic", 0),
    ("octets", 0),
    ("cli", 1),
    ("plan", 1),
    ("timing", 1),
    ("h264", 1),
    ("retry", 1),
    ("av", 2),
    ("engine", 3),
    ("report", 5),
    ("app", 6),
    ("main", 6),
    ("lib", 6),
];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// One source file: where it is, and its code without comments, literals and tests.
struct Source {
    /// As in `src/engine/link.rs`.
    path: String,
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), code: without_tests(&code_only(text)) }
    }

    /// The names from the crate's root to this file's module: `["engine", "link"]`.
    fn module(&self) -> Vec<String> {
        let inner = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut names: Vec<String> = inner.split('/').map(Into::into).collect();
        if names.last().is_some_and(|name| name == "mod") {
            names.pop();
        }
        names
    }

    fn root_module(&self) -> String {
        self.module().first().cloned().unwrap_or_default()
    }

    /// Every path in the code, groups spelled out, with its line: `crate::plan::Plan`, `std::thread`.
    fn paths(&self) -> Vec<(usize, Vec<String>)> {
        paths(&tokens(&self.code))
    }

    /// The modules of this crate that the code names, with the line.
    fn imports(&self) -> Vec<(usize, String)> {
        let module = self.module();
        let mut found = Vec::new();
        for (line, path) in self.paths() {
            let target = match path.first().map(String::as_str) {
                // The binary names the library by the crate's name.
                Some("crate" | "weir") => path.get(1).cloned(),
                Some("super") => {
                    let ups = path.iter().take_while(|part| *part == "super").count();
                    // `super` that stays inside the module is its own matter.
                    if ups >= module.len() { path.get(ups).cloned() } else { None }
                }
                _ => None,
            };
            if let Some(name) = target
                && name.starts_with(|c: char| c.is_ascii_lowercase())
                && name != "self"
            {
                found.push((line, name));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// Lines where one of the words stands alone.
    fn lines_with(&self, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        tokens(&self.code).into_iter().filter(|token| wanted(&token.text)).map(|token| token.line).collect()
    }

    /// Lines where a macro of this name is called.
    fn macro_calls(&self, names: &[&str]) -> Vec<usize> {
        let all = tokens(&self.code);
        all.windows(2)
            .filter(|pair| names.contains(&pair[0].text.as_str()) && pair[1].text == "!")
            .map(|pair| pair[0].line)
            .collect()
    }

    /// Lines where a function of one of these names is called (not defined).
    fn calls(&self, names: &[&str]) -> Vec<usize> {
        let all = tokens(&self.code);
        (0..all.len())
            .filter(|&at| names.contains(&all[at].text.as_str()))
            .filter(|&at| at == 0 || (all[at - 1].text != "fn" && all[at - 1].text != "."))
            .filter(|&at| {
                let next = all.get(at + 1).map_or("", |token| token.text.as_str());
                let after = all.get(at + 2).map_or("", |token| token.text.as_str());
                next == "(" || (next == "::" && after == "<")
            })
            .map(|at| all[at].line)
            .collect()
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// Blanks out comments, strings and characters; lines stay where they are.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    let blank = |from: usize, to: usize, out: &mut String| {
        out.extend(chars[from..to.min(chars.len())].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
    };
    while at < chars.len() {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        let before = if at == 0 { ' ' } else { chars[at - 1] };
        let word_before = before.is_alphanumeric() || before == '_';
        let end = match chars[at] {
            '/' if next == '/' => (at..chars.len()).find(|&i| chars[i] == '\n').unwrap_or(chars.len()),
            '/' if next == '*' => {
                let (mut depth, mut i) = (0, at);
                loop {
                    match (chars.get(i), chars.get(i + 1)) {
                        (Some('/'), Some('*')) => (depth, i) = (depth + 1, i + 2),
                        (Some('*'), Some('/')) => (depth, i) = (depth - 1, i + 2),
                        (None, _) => break,
                        _ => i += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
                i
            }
            'r' if !word_before && raw_string(&chars, at).is_some() => raw_string(&chars, at).unwrap(),
            'r' if before == 'b' && raw_string(&chars, at).is_some() => raw_string(&chars, at).unwrap(),
            '"' => {
                let mut i = at + 1;
                while i < chars.len() && chars[i] != '"' {
                    i += if chars[i] == '\\' { 2 } else { 1 };
                }
                i + 1
            }
            // A character, not a lifetime.
            '\'' if next == '\\' => (at + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |i| i + 1),
            '\'' if chars.get(at + 2) == Some(&'\'') => at + 3,
            _ => {
                out.push(chars[at]);
                at += 1;
                continue;
            }
        };
        blank(at, end, &mut out);
        at = end;
    }
    out
}

/// The end of `r"..."` or `r#"..."#` that begins here.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return None;
    }
    let mut i = at + 2 + hashes;
    while i < chars.len() {
        if chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return Some(i + 1 + hashes);
        }
        i += 1;
    }
    Some(chars.len())
}

/// Blanks out each item behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_string();
    while let Some(start) = out.find("#[cfg(test)]") {
        let (mut depth, mut end) = (0_i32, out.len());
        for (at, c) in out[start + "#[cfg(test)]".len()..].char_indices() {
            match c {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(c, ';' | '}') {
                end = start + "#[cfg(test)]".len() + at + 1;
                break;
            }
        }
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

#[derive(Debug)]
struct Token {
    line: usize,
    text: String,
}

/// Words, `::`, and single signs.
fn tokens(code: &str) -> Vec<Token> {
    let chars: Vec<char> = code.chars().collect();
    let (mut found, mut line, mut at) = (Vec::new(), 1, 0);
    while at < chars.len() {
        let c = chars[at];
        let length = if c.is_alphanumeric() || c == '_' {
            chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()
        } else if c == ':' && chars.get(at + 1) == Some(&':') {
            2
        } else {
            1
        };
        if c == '\n' {
            line += 1;
        } else if !c.is_whitespace() {
            found.push(Token { line, text: chars[at..at + length].iter().collect() });
        }
        at += length;
    }
    found
}

fn is_word(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// All paths, with `{...}` of a `use` spelled out.
fn paths(all: &[Token]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let starts = is_word(&all[at]) && (at == 0 || all[at - 1].text != "::");
        at = if starts { tree(all, at, &[], &mut found) } else { at + 1 };
    }
    found
}

/// Reads one path (or branch of a group) and returns the place behind it.
fn tree(all: &[Token], mut at: usize, stem: &[String], found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let mut path = stem.to_vec();
    let line = all[at].line;
    loop {
        path.push(all[at].text.clone());
        at += 1;
        let joined = all.get(at).is_some_and(|token| token.text == "::");
        match all.get(at + 1) {
            Some(next) if joined && is_word(next) => at += 1,
            Some(next) if joined && next.text == "{" => {
                at += 2;
                while at < all.len() && all[at].text != "}" {
                    at = if is_word(&all[at]) { tree(all, at, &path, found) } else { at + 1 };
                }
                return at + 1;
            }
            _ => break,
        }
    }
    found.push((line, path));
    at
}

// The rules. Each gives its complaints, so that it can be shown to see a breach.

fn upward_imports(source: &Source) -> Vec<String> {
    let here = source.root_module();
    let Some(mine) = floor(&here) else {
        return vec![source.at(1, &format!("module `{here}` has no floor: give it a row in tests/floors.rs"))];
    };
    let mut wrong = Vec::new();
    for (line, name) in source.imports() {
        let Some(theirs) = floor(&name) else { continue };
        let sideways = theirs == mine && name != here && mine != 0 && mine != 6;
        if theirs > mine || sideways {
            wrong.push(source.at(line, &format!("`{here}` (floor {mine}) names `{name}` (floor {theirs})")));
        }
    }
    wrong
}

fn unsafe_outside_sys(source: &Source) -> Vec<String> {
    if in_sys(source) {
        return Vec::new();
    }
    let is_version = |text: &str| {
        let digits = text.strip_prefix("ffmpeg_").unwrap_or("");
        digits.starts_with(|c: char| c.is_ascii_digit())
    };
    let mut wrong: Vec<String> = source
        .lines_with(|text| text == "unsafe")
        .iter()
        .map(|line| source.at(*line, "`unsafe` outside src/av/sys"))
        .collect();
    wrong.extend(
        source
            .lines_with(is_version)
            .iter()
            .map(|line| source.at(*line, "a cfg of FFmpeg's version outside src/av/sys")),
    );
    wrong
}

fn in_sys(source: &Source) -> bool {
    source.path.starts_with("src/av/sys/") || source.path == "src/av/sys.rs"
}

fn bindings_outside_av(source: &Source) -> Vec<String> {
    if source.root_module() == "av" {
        return Vec::new();
    }
    let names = ["ffmpeg_next", "ffmpeg_sys_next"];
    source
        .lines_with(|text| names.contains(&text))
        .iter()
        .map(|line| source.at(*line, "FFmpeg's bindings outside src/av"))
        .collect()
}

fn impure_low_floors(source: &Source) -> Vec<String> {
    if floor(&source.root_module()).is_none_or(|floor| floor > 1) {
        return Vec::new();
    }
    const WORDS: [&str; 4] = ["Instant", "SystemTime", "crossbeam_channel", "crossbeam"];
    const MODULES: [&str; 5] = ["thread", "fs", "env", "net", "process"];
    let mut wrong = Vec::new();
    for (line, path) in source.paths() {
        let of_std = path.len() > 1 && path[0] == "std" && MODULES.contains(&path[1].as_str());
        if of_std || path.iter().any(|part| WORDS.contains(&part.as_str())) {
            wrong.push(source.at(line, &format!("`{}` on a floor of pure decisions", path.join("::"))));
        }
    }
    wrong
}

fn printing(source: &Source) -> Vec<String> {
    if matches!(source.root_module().as_str(), "report" | "main") {
        return Vec::new();
    }
    let names = ["print", "println", "eprint", "eprintln", "dbg"];
    source.macro_calls(&names).iter().map(|line| source.at(*line, "printing outside report and main")).collect()
}

fn open_ends(source: &Source) -> Vec<String> {
    let names = ["todo", "unimplemented"];
    source.macro_calls(&names).iter().map(|line| source.at(*line, "left open")).collect()
}

fn makes_channels(source: &Source) -> Vec<usize> {
    source.calls(&["bounded", "unbounded", "channel", "sync_channel"])
}

fn starts_threads(source: &Source) -> Vec<usize> {
    named(source, &[&["thread", "spawn"], &["thread", "Builder"], &["thread", "scope"]])
}

fn sleeps(source: &Source) -> Vec<usize> {
    named(source, &[&["thread", "sleep"], &["thread", "park_timeout"]])
}

fn named(source: &Source, endings: &[&[&str]]) -> Vec<usize> {
    source
        .paths()
        .into_iter()
        .filter(|(_, path)| endings.iter().any(|ending| path.windows(ending.len()).any(|part| part == *ending)))
        .map(|(line, _)| line)
        .collect()
}

// The sources.

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                // `#[cfg(test)] mod tests;` in a file of its own.
                && path.file_stem().is_some_and(|stem| stem != "tests")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(root).unwrap().to_str().unwrap();
            Source::new(name, &fs::read_to_string(file).unwrap())
        })
        .collect()
}

fn holds(rule: impl Fn(&Source) -> Vec<String>) {
    let wrong: Vec<String> = sources().iter().flat_map(rule).collect();
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

/// The rule's lines stand in these files alone.
fn only_in(allowed: &[&str], what: &str, rule: impl Fn(&Source) -> Vec<usize>) {
    holds(|source| {
        if allowed.contains(&source.path.as_str()) {
            return Vec::new();
        }
        rule(source).iter().map(|line| source.at(*line, &format!("{what} outside {}", allowed.join(", ")))).collect()
    });
}

#[test]
fn imports_go_downward_only_and_never_sideways() {
    holds(upward_imports);
}

#[test]
fn unsafe_code_and_version_cfgs_stand_under_av_sys_only() {
    holds(unsafe_outside_sys);
}

#[test]
fn the_bindings_are_named_in_av_only() {
    holds(bindings_outside_av);
}

#[test]
fn floors_0_and_1_know_no_thread_clock_file_or_environment() {
    holds(impure_low_floors);
}

#[test]
fn printing_happens_in_report_and_main_only() {
    holds(printing);
}

#[test]
fn nothing_is_left_open() {
    holds(open_ends);
}

#[test]
fn channels_are_made_in_one_file() {
    only_in(&["src/engine/link.rs", "src/engine/stop.rs"], "a channel is made", makes_channels);
}

#[test]
fn threads_are_started_in_one_file() {
    only_in(&["src/engine/threads.rs"], "a thread is started", starts_threads);
}

#[test]
fn sleeping_happens_in_one_file_at_most() {
    let files: BTreeSet<String> =
        sources().iter().filter(|source| !sleeps(source).is_empty()).map(|source| source.path.clone()).collect();
    assert!(files.len() <= 1, "sleeping in {files:?}");
}

#[test]
fn every_module_of_the_crate_has_a_floor() {
    for source in sources() {
        assert!(
            floor(&source.root_module()).is_some(),
            "{} has no floor: give it a row in tests/floors.rs",
            source.path
        );
    }
}

// That the rules see what they are for.

fn complaints(path: &str, text: &str, rule: impl Fn(&Source) -> Vec<String>) -> usize {
    rule(&Source::new(path, text)).len()
}

#[test]
fn an_upward_or_sideways_import_is_seen_in_each_spelling() {
    for (path, text) in [
        ("src/plan/mod.rs", "use crate::engine::Engine;"),
        ("src/plan/rules/flv.rs", "use crate::{unit::Ticks, cli::Command};"),
        ("src/plan/mod.rs", "use super::av;"),
        ("src/plan/rules/flv.rs", "use super::super::super::av::Input;"),
        ("src/plan/mod.rs", "fn f() -> crate::av::Input { todo() }"),
        ("src/av/input.rs", "pub use crate::{\n  facts::{Facts, Kind},\n  report::{self, Line},\n};"),
        ("src/timing/mod.rs", "use crate::retry::Session;"),
        ("src/novel/mod.rs", ""),
    ] {
        assert_eq!(complaints(path, text, upward_imports), 1, "{path}: {text}");
    }
}

#[test]
fn a_downward_import_and_one_of_a_test_are_fine() {
    for (path, text) in [
        ("src/engine/run.rs", "use crate::{av::Input, timing::Clock}; use super::link::Link;"),
        ("src/unit.rs", "use crate::spec::Spec;"),
        ("src/main.rs", "use weir::app; fn main() { weir::app::run() }"),
        ("src/plan/mod.rs", "// use crate::engine::Engine;\nconst S: &str = \"crate::av\"; /* crate::app */"),
        ("src/plan/mod.rs", "#[cfg(test)]\nmod tests { use crate::engine::Engine; fn f() { let _ = [1]; } }"),
        ("src/plan/mod.rs", "use crate::unit::Ticks; mod rules; use self::rules::Rule;"),
    ] {
        assert_eq!(complaints(path, text, upward_imports), 0, "{path}: {text}");
    }
}

#[test]
fn code_behind_a_test_item_is_read_again() {
    let text = "#[cfg(test)]\nmod tests;\nuse crate::engine::Engine;\n#[cfg(test)]\nuse crate::av::Input;\n";
    assert_eq!(complaints("src/plan/mod.rs", text, upward_imports), 1);
}

#[test]
fn unsafe_code_printing_and_impure_words_are_seen() {
    assert_eq!(complaints("src/engine/a.rs", "fn f() { unsafe { g() } }", unsafe_outside_sys), 1);
    assert_eq!(complaints("src/av/input.rs", "#[cfg(ffmpeg_7_1)] fn f() {}", unsafe_outside_sys), 1);
    assert_eq!(complaints("src/av/sys/input.rs", "unsafe fn f() {}", unsafe_outside_sys), 0);
    assert_eq!(complaints("src/engine/a.rs", "use ffmpeg_sys_next::AVPacket;", bindings_outside_av), 1);
    assert_eq!(complaints("src/engine/a.rs", "fn f() { println!(\"x\"); }", printing), 1);
    assert_eq!(complaints("src/report/text.rs", "fn f() { println!(\"x\"); }", printing), 0);
    for text in
        ["use std::time::Instant;", "use std::{fs, fmt};", "fn f() { std::env::var(\"X\"); }", "use std::thread;"]
    {
        assert_eq!(complaints("src/timing/mod.rs", text, impure_low_floors), 1, "{text}");
    }
    assert_eq!(complaints("src/timing/mod.rs", "use std::time::Duration; // Instant", impure_low_floors), 0);
    assert_eq!(complaints("src/engine/a.rs", "fn f() { todo!() }", open_ends), 1);
}

#[test]
fn channels_threads_and_sleeps_are_seen() {
    let text = "use std::thread::{self, sleep};\nfn f() { let (a, b) = bounded::<u8>(3); thread::spawn(|| ()); x.bounded(1); }";
    let source = Source::new("src/engine/a.rs", text);
    assert_eq!(makes_channels(&source), [2]);
    assert_eq!(starts_threads(&source), [2]);
    assert_eq!(sleeps(&source), [1]);
    let other =
        Source::new("src/engine/b.rs", "fn bounded(n: usize) {} fn f<'a>(c: &'a str) { let q = '\"'; unbounded() }");
    assert_eq!(makes_channels(&other), [1]);
}
