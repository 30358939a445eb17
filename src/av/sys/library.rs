//! The linked libraries: made ready, and their versions told.

use super::text_of;
use ffmpeg_sys_next as ffi;

/// Makes devices (`-f lavfi` is one) and the network known; once, before anything else.
pub fn initialize() {
    #[cfg(not(ffmpeg_9_0))]
    super::checksum::install();
    // SAFETY: both may be called at any time before other threads use the libraries.
    unsafe {
        ffi::avdevice_register_all();
        ffi::avformat_network_init();
    }
}

/// The line `ffmpeg -version` begins with, without the program's name: the libraries' version.
pub fn version_line() -> String {
    // SAFETY: returns a static string.
    unsafe { text_of(ffi::av_version_info()) }
}

/// Configuration of the libraries, and a line a library: name, version built against, version at run time.
pub fn library_lines() -> (String, Vec<String>) {
    // SAFETY: these functions take nothing and return static data.
    let (configuration, versions) = unsafe {
        (
            text_of(ffi::avutil_configuration()),
            [
                (
                    "avutil",
                    [ffi::LIBAVUTIL_VERSION_MAJOR, ffi::LIBAVUTIL_VERSION_MINOR, ffi::LIBAVUTIL_VERSION_MICRO],
                    ffi::avutil_version(),
                ),
                (
                    "avcodec",
                    [ffi::LIBAVCODEC_VERSION_MAJOR, ffi::LIBAVCODEC_VERSION_MINOR, ffi::LIBAVCODEC_VERSION_MICRO],
                    ffi::avcodec_version(),
                ),
                (
                    "avformat",
                    [ffi::LIBAVFORMAT_VERSION_MAJOR, ffi::LIBAVFORMAT_VERSION_MINOR, ffi::LIBAVFORMAT_VERSION_MICRO],
                    ffi::avformat_version(),
                ),
                (
                    "avdevice",
                    [ffi::LIBAVDEVICE_VERSION_MAJOR, ffi::LIBAVDEVICE_VERSION_MINOR, ffi::LIBAVDEVICE_VERSION_MICRO],
                    ffi::avdevice_version(),
                ),
                (
                    "avfilter",
                    [ffi::LIBAVFILTER_VERSION_MAJOR, ffi::LIBAVFILTER_VERSION_MINOR, ffi::LIBAVFILTER_VERSION_MICRO],
                    ffi::avfilter_version(),
                ),
                (
                    "swscale",
                    [ffi::LIBSWSCALE_VERSION_MAJOR, ffi::LIBSWSCALE_VERSION_MINOR, ffi::LIBSWSCALE_VERSION_MICRO],
                    ffi::swscale_version(),
                ),
                (
                    "swresample",
                    [
                        ffi::LIBSWRESAMPLE_VERSION_MAJOR,
                        ffi::LIBSWRESAMPLE_VERSION_MINOR,
                        ffi::LIBSWRESAMPLE_VERSION_MICRO,
                    ],
                    ffi::swresample_version(),
                ),
            ],
        )
    };
    let lines = versions
        .iter()
        .map(|(name, built, run)| {
            format!(
                "lib{name:<11} {:2}.{:3}.{:3} / {:2}.{:3}.{:3}",
                built[0],
                built[1],
                built[2],
                run >> 16,
                (run >> 8) & 0xff,
                run & 0xff
            )
        })
        .collect();
    (configuration, lines)
}
