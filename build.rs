//! Checks the linked FFmpeg and tells the code its age.

fn main() {
    let names = [
        ("ffmpeg_6_0", (60, 3)),
        ("ffmpeg_6_1", (60, 31)),
        ("ffmpeg_7_0", (61, 3)),
        ("ffmpeg_7_1", (61, 19)),
        ("ffmpeg_8_0", (62, 11)),
        ("ffmpeg_9_0", (63, 0)),
    ];
    let library = pkg_config::Config::new().cargo_metadata(false).probe("libavcodec").expect("libavcodec");
    let mut parts = library.version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    for (name, least) in names {
        println!("cargo::rustc-check-cfg=cfg({name})");
        if version >= least {
            println!("cargo::rustc-cfg={name}");
        }
    }
}
