//! Looks at the FFmpeg that is linked: refuses one that is too old, names what is missing, and tells the code
//! under `src/av/sys` the library's age (`cfg(ffmpeg_7_0)`: at least 7.0).
//!
//! The bindings' own build script (ffmpeg-sys-next) runs first and may stop with a longer message; `make build`
//! therefore asks pkg-config the same questions before cargo starts.

use std::process::exit;

/// The oldest FFmpeg that is taken, by its libavcodec.
const OLDEST: (u32, u32) = (59, 37);

/// Each cfg and the libavcodec (major, minor) of the release it names.
const RELEASES: [(&str, (u32, u32)); 6] = [
    ("ffmpeg_6_0", (60, 3)),
    ("ffmpeg_6_1", (60, 31)),
    ("ffmpeg_7_0", (61, 3)),
    ("ffmpeg_7_1", (61, 19)),
    ("ffmpeg_8_0", (62, 11)),
    ("ffmpeg_9_0", (63, 0)),
];

const LIBRARIES: [&str; 7] =
    ["libavutil", "libavcodec", "libavformat", "libavfilter", "libavdevice", "libswscale", "libswresample"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (cfg, _) in RELEASES {
        println!("cargo::rustc-check-cfg=cfg({cfg})");
    }

    let mut missing = Vec::new();
    let mut codec = None;
    for name in LIBRARIES {
        // ffmpeg-sys-next emits the link lines; here only the question is asked.
        match pkg_config::Config::new().cargo_metadata(false).probe(name) {
            Ok(library) if name == "libavcodec" => codec = Some(library.version),
            Ok(_) => {}
            Err(pkg_config::Error::Command { .. }) => {
                refuse("pkg-config is missing: `sudo apt-get install pkg-config` (or `make deps`) installs it.")
            }
            Err(_) => missing.push(name),
        }
    }
    if !missing.is_empty() {
        let packages: Vec<String> = missing.iter().map(|name| format!("{name}-dev")).collect();
        refuse(&format!(
            "FFmpeg's {} cannot be found by pkg-config: `sudo apt-get install {}` (or `make deps`) installs it.",
            missing.join(", "),
            packages.join(" ")
        ));
    }

    let text = codec.unwrap_or_default();
    let Some(version) = major_minor(&text) else {
        refuse(&format!("pkg-config gives libavcodec's version as `{text}`, which is no version number."));
    };
    if version < OLDEST {
        refuse(&format!(
            "FFmpeg 5.1 (libavcodec {}.{}) or newer is needed and this is libavcodec {text}: install a newer FFmpeg \
             (Debian 12 has 5.1) or point PKG_CONFIG_PATH at one.",
            OLDEST.0, OLDEST.1
        ));
    }
    for (cfg, since) in RELEASES {
        if version >= since {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}

/// `59.37.100` as (59, 37).
fn major_minor(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Ends the build with one sentence.
fn refuse(sentence: &str) -> ! {
    println!("cargo::error={sentence}");
    exit(1);
}
