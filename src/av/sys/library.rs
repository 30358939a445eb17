//! The linked libraries: made ready, and their versions told.

use super::{devices, text_of};
use ffmpeg_sys_next as ffi;

/// Makes the network known; once, before anything else.
pub fn initialize() {
    #[cfg(not(ffmpeg_9_0))]
    super::checksum::install();
    // SAFETY: may be called at any time before other threads use the libraries.
    unsafe {
        ffi::avformat_network_init();
    }
}

/// The line `ffmpeg -version` begins with, without the program's name: the libraries' version.
pub fn version_line() -> String {
    // SAFETY: returns a static string.
    unsafe { text_of(ffi::av_version_info()) }
}

/// Configuration of the libraries, and a line a library: name, version built against, version at run time.
///
/// That of libavdevice at run time is asked for where the library is loaded, or another one differs from what it was built
/// against: what is installed comes from one source.
pub fn library_lines() -> (String, Vec<String>) {
    // SAFETY: these functions take nothing and return static data.
    let (configuration, versions) = unsafe {
        (
            text_of(ffi::avutil_configuration()),
            [
                (
                    "avutil",
                    [ffi::LIBAVUTIL_VERSION_MAJOR, ffi::LIBAVUTIL_VERSION_MINOR, ffi::LIBAVUTIL_VERSION_MICRO],
                    Some(ffi::avutil_version()),
                ),
                (
                    "avcodec",
                    [ffi::LIBAVCODEC_VERSION_MAJOR, ffi::LIBAVCODEC_VERSION_MINOR, ffi::LIBAVCODEC_VERSION_MICRO],
                    Some(ffi::avcodec_version()),
                ),
                (
                    "avformat",
                    [ffi::LIBAVFORMAT_VERSION_MAJOR, ffi::LIBAVFORMAT_VERSION_MINOR, ffi::LIBAVFORMAT_VERSION_MICRO],
                    Some(ffi::avformat_version()),
                ),
                (
                    "avdevice",
                    [ffi::LIBAVDEVICE_VERSION_MAJOR, ffi::LIBAVDEVICE_VERSION_MINOR, ffi::LIBAVDEVICE_VERSION_MICRO],
                    None,
                ),
                (
                    "avfilter",
                    [ffi::LIBAVFILTER_VERSION_MAJOR, ffi::LIBAVFILTER_VERSION_MINOR, ffi::LIBAVFILTER_VERSION_MICRO],
                    Some(ffi::avfilter_version()),
                ),
                (
                    "swscale",
                    [ffi::LIBSWSCALE_VERSION_MAJOR, ffi::LIBSWSCALE_VERSION_MINOR, ffi::LIBSWSCALE_VERSION_MICRO],
                    Some(ffi::swscale_version()),
                ),
                (
                    "swresample",
                    [
                        ffi::LIBSWRESAMPLE_VERSION_MAJOR,
                        ffi::LIBSWRESAMPLE_VERSION_MINOR,
                        ffi::LIBSWRESAMPLE_VERSION_MICRO,
                    ],
                    Some(ffi::swresample_version()),
                ),
            ],
        )
    };
    let versions =
        versions.map(|(name, built, run)| (name, built.into_iter().fold(0, |all, part| all << 8 | part as u32), run));
    let others_are_as_built = versions.iter().all(|(_, built, run)| run.is_none_or(|run| run == *built));
    let devices = if others_are_as_built { devices::loaded() } else { devices::load() };
    // SAFETY: takes nothing.
    let devices = devices.map(|library| unsafe { (library.avdevice_version)() });
    let lines = versions.iter().map(|(name, built, run)| {
        format!("lib{name:<11} {} / {}", numbers(*built), numbers(run.or(devices).unwrap_or(*built)))
    });
    (configuration, lines.collect())
}

/// A version as FFmpeg's functions give it: `major << 16 | minor << 8 | micro`.
fn numbers(version: u32) -> String {
    format!("{:2}.{:3}.{:3}", version >> 16, (version >> 8) & 0xff, version & 0xff)
}
