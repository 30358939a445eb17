//! Who speaks: version, build, libraries.

use super::{CalledAs, data, level, say};
use crate::av::{library_lines, version_line};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The lines of banner and `-version`; all but the first are indented by `indent`.
fn lines(called: CalledAs, indent: &str) -> Vec<String> {
    let (configuration, libraries) = library_lines();
    let libs = version_line();
    let (first, second) = match called {
        CalledAs::Ffmpeg => (
            format!("ffmpeg version {libs} Copyright (c) 2000-2026 the FFmpeg developers"),
            format!("built with weir {VERSION}"),
        ),
        CalledAs::Weir => (
            format!("weir version {VERSION} Copyright (c) 2026 the weir developers"),
            format!("built on FFmpeg {libs}"),
        ),
    };
    let mut lines =
        vec![first, format!("{indent}{second}"), format!("{indent}configuration: {}", configuration.trim())];
    lines.extend(libraries.iter().map(|library| format!("{indent}{}", library.trim_start())));
    lines
}

/// The banner, to stderr.
pub fn show(called: CalledAs) {
    for line in lines(called, "  ") {
        say(level::INFO, &line);
    }
}

/// `-version`, to stdout.
pub fn version(called: CalledAs) {
    data(&format!("{}\n", lines(called, "").join("\n")));
}

/// `-buildconf`, to stdout: the libraries' configuration, an option a line.
pub fn build_configuration() {
    let (configuration, _) = library_lines();
    let mut text = "\n  configuration:\n".to_owned();
    for (index, word) in configuration.trim().split(" --").enumerate() {
        text.push_str(&format!("    {}{word}\n", if index == 0 { "" } else { "--" }));
    }
    data(&text);
}

/// `-L`, to stdout.
pub fn licence() {
    let (configuration, _) = library_lines();
    let gpl = configuration.contains("--enable-gpl");
    let version3 = configuration.contains("--enable-version3");
    let libraries = match (configuration.contains("--enable-nonfree"), gpl, version3) {
        (true, ..) => "contain parts that must not be passed on",
        (_, true, true) => "are under the GNU General Public License, version 3 or later",
        (_, true, false) => "are under the GNU General Public License, version 2 or later",
        (_, false, true) => "are under the GNU Lesser General Public License, version 3 or later",
        (_, false, false) => "are under the GNU Lesser General Public License, version 2.1 or later",
    };
    data(&format!(
        "weir itself is yours under the MIT licence or the Apache License, version 2.0, as you choose.\n\
         The FFmpeg libraries it runs on here {libraries}.\n"
    ));
}
