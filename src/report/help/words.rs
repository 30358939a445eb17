//! What ffmpeg's help says of each of its options: names, values and words that front ends and scripts read, so they are ffmpeg's own.
//!
//! Source: `ffmpeg -h long` of FFmpeg 5.1, 7.1 and 9.0; releases between them are taken to be as the nearest one before.

/// What is said of an option by some releases.
#[derive(Debug)]
pub(super) struct Words {
    /// Its name without the dash.
    pub name: &'static str,
    /// The name of its value: `None` without a value, and for some whose value ffmpeg does not name; empty for others of those.
    pub value: Option<&'static str>,
    /// What it does.
    pub text: &'static str,
    /// The first release of FFmpeg that says so, and the first that does not any more.
    releases: (u32, u32),
}

const fn always(name: &'static str, value: Option<&'static str>, text: &'static str) -> Words {
    Words { name, value, text, releases: (0, u32::MAX) }
}

const fn before_7(name: &'static str, value: Option<&'static str>, text: &'static str) -> Words {
    Words { releases: (0, 7), ..always(name, value, text) }
}

const fn before_9(name: &'static str, value: Option<&'static str>, text: &'static str) -> Words {
    Words { releases: (0, 9), ..always(name, value, text) }
}

const fn in_7_and_8(name: &'static str, value: Option<&'static str>, text: &'static str) -> Words {
    Words { releases: (7, 9), ..always(name, value, text) }
}

const fn since_7(name: &'static str, value: Option<&'static str>, text: &'static str) -> Words {
    Words { releases: (7, u32::MAX), ..always(name, value, text) }
}

const fn since_8(name: &'static str, value: Option<&'static str>, text: &'static str) -> Words {
    Words { releases: (8, u32::MAX), ..always(name, value, text) }
}

const fn since_9(name: &'static str, value: Option<&'static str>, text: &'static str) -> Words {
    Words { releases: (9, u32::MAX), ..always(name, value, text) }
}

/// Options that take a stream specifier although the help does not say so.
pub(super) const WITHOUT_SPECIFIER: [&str; 3] = ["b", "profile", "qscale"];

/// Options of which the help says that some specifier may follow.
pub(super) const WITH_OTHER_SPECIFIER: [&str; 3] = ["dump_attachment", "program", "stream_group"];

/// What `release` says of an option; `None` when it does not have it.
pub(super) fn of(name: &str, release: u32) -> Option<&'static Words> {
    WORDS.iter().find(|words| words.name == name && (words.releases.0..words.releases.1).contains(&release))
}

const WORDS: &[Words] = &[
    always("L", None, "show license"),
    always("h", Some("topic"), "show help"),
    always("?", Some("topic"), "show help"),
    always("help", Some("topic"), "show help"),
    always("-help", Some("topic"), "show help"),
    always("version", None, "show version"),
    always("buildconf", None, "show build configuration"),
    always("formats", None, "show available formats"),
    always("muxers", None, "show available muxers"),
    always("demuxers", None, "show available demuxers"),
    always("devices", None, "show available devices"),
    always("codecs", None, "show available codecs"),
    always("decoders", None, "show available decoders"),
    always("encoders", None, "show available encoders"),
    always("bsfs", None, "show available bit stream filters"),
    always("protocols", None, "show available protocols"),
    always("filters", None, "show available filters"),
    always("pix_fmts", None, "show available pixel formats"),
    always("layouts", None, "show standard channel layouts"),
    always("sample_fmts", None, "show available audio sample formats"),
    always("dispositions", None, "show available stream dispositions"),
    always("colors", None, "show available color names"),
    always("sources", Some("device"), "list sources of the input device"),
    always("sinks", Some("device"), "list sinks of the output device"),
    always("hwaccels", None, "show available HW acceleration methods"),
    always("loglevel", Some("loglevel"), "set logging level"),
    always("v", Some("loglevel"), "set logging level"),
    always("report", None, "generate a report"),
    always("max_alloc", Some("bytes"), "set maximum size of a single allocated block"),
    always("y", None, "overwrite output files"),
    always("n", None, "never overwrite output files"),
    always("ignore_unknown", None, "Ignore unknown stream types"),
    always("filter_threads", None, "number of non-complex filter threads"),
    always("filter_complex_threads", None, "number of threads for -filter_complex"),
    always("stats", None, "print progress report during encoding"),
    always(
        "max_error_rate",
        Some("maximum error rate"),
        "ratio of decoding errors (0.0: no errors, 1.0: 100% errors) above which ffmpeg returns an error instead of success.",
    ),
    before_7("vol", Some("volume"), "change audio volume (256=normal)"),
    always("cpuflags", Some("flags"), "force specific cpu flags"),
    always("cpucount", Some("count"), "force specific cpu count"),
    always("hide_banner", Some("hide_banner"), "do not show program banner"),
    always("copy_unknown", None, "Copy unknown stream types"),
    always("recast_media", None, "allow recasting stream type in order to force a decoder of different media type"),
    always("benchmark", None, "add timings for benchmarking"),
    always("benchmark_all", None, "add timings for each task"),
    always("progress", Some("url"), "write program-readable progress information"),
    always("stdin", None, "enable or disable interaction on standard input"),
    always("timelimit", Some("limit"), "set max runtime in seconds in CPU user time"),
    always("dump", None, "dump each input packet"),
    always("hex", None, "when dumping packets, also dump the payload"),
    before_9("vsync", Some(""), "set video sync method globally; deprecated, use -fps_mode"),
    always("frame_drop_threshold", Some(""), "frame drop threshold"),
    before_7("async", None, "audio sync method"),
    before_7("adrift_threshold", Some("threshold"), "audio drift threshold"),
    in_7_and_8("adrift_threshold", Some("threshold"), "deprecated, does nothing"),
    always("copyts", None, "copy timestamps"),
    always("start_at_zero", None, "shift input timestamps to start at 0 when using copyts"),
    always("copytb", Some("mode"), "copy input stream time base when stream copying"),
    always("dts_delta_threshold", Some("threshold"), "timestamp discontinuity delta threshold"),
    always("dts_error_threshold", Some("threshold"), "timestamp error delta threshold"),
    always("xerror", Some("error"), "exit on error"),
    always("abort_on", Some("flags"), "abort on the specified condition flags"),
    always("filter_complex", Some("graph_description"), "create a complex filtergraph"),
    always("lavfi", Some("graph_description"), "create a complex filtergraph"),
    before_7("filter_complex_script", Some("filename"), "read complex filtergraph description from a file"),
    in_7_and_8("filter_complex_script", Some("filename"), "deprecated, use -/filter_complex instead"),
    always("auto_conversion_filters", None, "enable automatic conversion filters globally"),
    always("stats_period", Some("time"), "set the period at which ffmpeg updates stats and -progress output"),
    always("debug_ts", None, "print timestamp debugging info"),
    before_7("psnr", None, "calculate PSNR of compressed frames"),
    always("vstats", None, "dump video coding statistics to file"),
    always("vstats_file", Some("file"), "dump video coding statistics to file"),
    always("vstats_version", None, "Version of the vstats format to use."),
    before_7("qphist", None, "show QP histogram"),
    in_7_and_8("qphist", None, "deprecated, does nothing"),
    always("sdp_file", Some("file"), "specify a file in which to print sdp information"),
    before_7("vaapi_device", Some("device"), "set VAAPI hardware device (DRM path or X11 display name)"),
    since_7(
        "vaapi_device",
        Some("device"),
        "set VAAPI hardware device (DirectX adapter index, DRM path or X11 display name)",
    ),
    always(
        "qsv_device",
        Some("device"),
        "set QSV hardware device (DirectX adapter index, DRM path or X11 display name)",
    ),
    always("init_hw_device", Some("args"), "initialise hardware device"),
    always("filter_hw_device", Some("device"), "set hardware device used when filtering"),
    before_7("f", Some("fmt"), "force format"),
    since_7("f", Some("fmt"), "force container format (auto-detected otherwise)"),
    before_7("c", Some("codec"), "codec name"),
    since_7("c", Some("codec"), "select encoder/decoder ('copy' to copy stream without reencoding)"),
    before_7("codec", Some("codec"), "codec name"),
    since_7("codec", Some("codec"), "alias for -c (select encoder/decoder)"),
    always("pre", Some("preset"), "preset name"),
    always(
        "map_metadata",
        Some("outfile[,metadata]:infile[,metadata]"),
        "set metadata information of outfile from infile",
    ),
    before_7("t", Some("duration"), "record or transcode \"duration\" seconds of audio/video"),
    since_7("t", Some("duration"), "stop transcoding after specified duration"),
    before_7("to", Some("time_stop"), "record or transcode stop time"),
    since_7("to", Some("time_stop"), "stop transcoding after specified time is reached"),
    always("fs", Some("limit_size"), "set the limit file size in bytes"),
    before_7("ss", Some("time_off"), "set the start time offset"),
    since_7("ss", Some("time_off"), "start transcoding at specified time"),
    always("sseof", Some("time_off"), "set the start time offset relative to EOF"),
    always("seek_timestamp", None, "enable/disable seeking by timestamp with -ss"),
    always("timestamp", Some("time"), "set the recording timestamp ('now' to set the current time)"),
    before_7("metadata", Some("string=string"), "add metadata"),
    since_7("metadata", Some("key=value"), "add metadata"),
    always("program", Some("title=string:st=number..."), "add program with specified streams"),
    always(
        "target",
        Some("type"),
        "specify target file type (\"vcd\", \"svcd\", \"dvd\", \"dv\" or \"dv50\" with optional prefixes \"pal-\", \"ntsc-\" or \"film-\")",
    ),
    always("apad", Some(""), "audio pad"),
    always("frames", Some("number"), "set the number of frames to output"),
    before_7("filter", Some("filter_graph"), "set stream filtergraph"),
    since_7("filter", Some("filter_graph"), "apply specified filters to audio/video"),
    before_7("filter_script", Some("filename"), "read stream filtergraph description from a file"),
    in_7_and_8("filter_script", Some("filename"), "deprecated, use -/filter"),
    always("reinit_filter", Some(""), "reinit filtergraph on input parameter changes"),
    always("discard", Some(""), "discard"),
    always("disposition", Some(""), "disposition"),
    always(
        "map",
        Some("[-]input_file_id[:stream_specifier][,sync_file_id[:stream_specifier]]"),
        "set input stream mapping",
    ),
    before_7(
        "map_channel",
        Some("file.stream.channel[:syncfile.syncstream]"),
        "map an audio channel from one stream to another",
    ),
    always("map_chapters", Some("input_file_index"), "set chapters mapping"),
    always("accurate_seek", None, "enable/disable accurate seeking with -ss"),
    always("isync", Some("sync ref"), "Indicate the input index for sync reference"),
    always("itsoffset", Some("time_off"), "set the input ts offset"),
    always("itsscale", Some("scale"), "set the input ts scale"),
    always("dframes", Some("number"), "set the number of data frames to output"),
    always("re", Some(""), "read input at native frame rate; equivalent to -readrate 1"),
    always("readrate", Some("speed"), "read input at specified rate"),
    always("shortest", None, "finish encoding within shortest input"),
    always("bitexact", None, "bitexact mode"),
    always("copyinkf", None, "copy initial non-keyframes"),
    always("copypriorss", None, "copy or discard frames before start time"),
    always("tag", Some("fourcc/tag"), "force codec tag/fourcc"),
    always("q", Some("q"), "use fixed quality scale (VBR)"),
    always("qscale", Some("q"), "use fixed quality scale (VBR)"),
    always("profile", Some("profile"), "set profile"),
    always("attach", Some("filename"), "add an attachment to the output file"),
    always("dump_attachment", Some("filename"), "extract an attachment into a file"),
    always("stream_loop", Some("loop count"), "set number of times input stream shall be looped"),
    always("thread_queue_size", None, "set the maximum number of queued packets from the demuxer"),
    always("find_stream_info", None, "read and decode the streams to fill missing information with heuristics"),
    always("bits_per_raw_sample", Some("number"), "set the number of bits per raw sample"),
    always("autorotate", None, "automatically insert correct rotate filters"),
    always("autoscale", None, "automatically insert a scale filter at the end of the filter graph"),
    always("muxdelay", Some("seconds"), "set the maximum demux-decode delay"),
    always("muxpreload", Some("seconds"), "set the initial demux-decode delay"),
    always(
        "time_base",
        Some("ratio"),
        "set the desired time base hint for output stream (1:24, 1:48000 or 0.04166, 2.0833e-5)",
    ),
    always(
        "enc_time_base",
        Some("ratio"),
        "set the desired time base for the encoder (1:24, 1:48000 or 0.04166, 2.0833e-5). two special values are defined - 0 = use frame rate (video) or sample rate (audio),-1 = match source time base",
    ),
    always("bsf", Some("bitstream_filters"), "A comma-separated list of bitstream filters"),
    always("fpre", Some("filename"), "set options from indicated preset file"),
    always(
        "max_muxing_queue_size",
        Some("packets"),
        "maximum number of packets that can be buffered while waiting for all streams to initialize",
    ),
    always(
        "muxing_queue_data_threshold",
        Some("bytes"),
        "set the threshold after which max_muxing_queue_size is taken into account",
    ),
    before_7("dcodec", Some("codec"), "force data codec ('copy' to copy stream)"),
    since_7("dcodec", Some("codec"), "alias for -c:d (select encoder/decoder for data streams)"),
    always("vframes", Some("number"), "set the number of video frames to output"),
    before_7("r", Some("rate"), "set frame rate (Hz value, fraction or abbreviation)"),
    since_7(
        "r",
        Some("rate"),
        "override input framerate/convert to given output framerate (Hz value, fraction or abbreviation)",
    ),
    always("fpsmax", Some("rate"), "set max frame rate (Hz value, fraction or abbreviation)"),
    before_7("s", Some("size"), "set frame size (WxH or abbreviation)"),
    always("aspect", Some("aspect"), "set aspect ratio (4:3, 16:9 or 1.3333, 1.7777)"),
    always("vn", None, "disable video"),
    before_7("vcodec", Some("codec"), "force video codec ('copy' to copy stream)"),
    since_7("vcodec", Some("codec"), "alias for -c:v (select encoder/decoder for video streams)"),
    always("timecode", Some("hh:mm:ss[:;.]ff"), "set initial TimeCode value."),
    always("pass", Some("n"), "select the pass number (1 to 3)"),
    before_7("vf", Some("filter_graph"), "set video filters"),
    since_7("vf", Some("filter_graph"), "alias for -filter:v (apply filters to video streams)"),
    before_7("ab", Some("bitrate"), "audio bitrate (please use -b:a)"),
    since_7("ab", Some("bitrate"), "alias for -b:a (select bitrate for audio streams)"),
    always("b", Some("bitrate"), "video bitrate (please use -b:v)"),
    always("dn", None, "disable data"),
    always("pix_fmt", Some("format"), "set pixel format"),
    always("rc_override", Some("override"), "rate control override for specific intervals"),
    always("passlogfile", Some("prefix"), "select two pass log file name prefix"),
    always("intra_matrix", Some("matrix"), "specify intra matrix coeffs"),
    always("inter_matrix", Some("matrix"), "specify inter matrix coeffs"),
    always("chroma_intra_matrix", Some("matrix"), "specify intra matrix coeffs"),
    before_7("top", Some(""), "top=1/bottom=0/auto=-1 field first"),
    in_7_and_8("top", Some(""), "deprecated, use the setfield video filter"),
    always("vtag", Some("fourcc/tag"), "force video tag/fourcc"),
    before_9("fps_mode", None, "set framerate mode for matching video streams; overrides vsync"),
    since_9("fps_mode", None, "set framerate mode for matching video streams"),
    always("force_fps", None, "force the selected framerate, disable the best supported framerate selection"),
    always("streamid", Some("streamIndex:value"), "set the value of an outfile streamid"),
    always("force_key_frames", Some("timestamps"), "force key frames at specified timestamps"),
    always("hwaccel", Some("hwaccel name"), "use HW accelerated decoding"),
    always("hwaccel_device", Some("devicename"), "select a device for HW acceleration"),
    always("hwaccel_output_format", Some("format"), "select output format used with HW accelerated decoding"),
    before_7("vbsf", Some("video bitstream_filters"), "deprecated"),
    always("vpre", Some("preset"), "set the video options to the indicated preset"),
    always("aframes", Some("number"), "set the number of audio frames to output"),
    always("aq", Some("quality"), "set audio quality (codec-specific)"),
    always("ar", Some("rate"), "set audio sampling rate (in Hz)"),
    always("ac", Some("channels"), "set number of audio channels"),
    always("an", None, "disable audio"),
    before_7("acodec", Some("codec"), "force audio codec ('copy' to copy stream)"),
    since_7("acodec", Some("codec"), "alias for -c:a (select encoder/decoder for audio streams)"),
    before_7("af", Some("filter_graph"), "set audio filters"),
    since_7("af", Some("filter_graph"), "alias for -filter:a (apply filters to audio streams)"),
    always("atag", Some("fourcc/tag"), "force audio tag/fourcc"),
    always("sample_fmt", Some("format"), "set sample format"),
    always("channel_layout", Some("layout"), "set channel layout"),
    always("ch_layout", Some("layout"), "set channel layout"),
    always("guess_layout_max", None, "set the maximum number of channels to try to guess the channel layout"),
    before_7("absf", Some("audio bitstream_filters"), "deprecated"),
    always("apre", Some("preset"), "set the audio options to the indicated preset"),
    always("sn", None, "disable subtitle"),
    before_7("scodec", Some("codec"), "force subtitle codec ('copy' to copy stream)"),
    since_7("scodec", Some("codec"), "alias for -c:s (select encoder/decoder for subtitle streams)"),
    always("stag", Some("fourcc/tag"), "force subtitle tag/fourcc"),
    always("fix_sub_duration", None, "fix subtitles duration"),
    always("canvas_size", Some("size"), "set canvas size (WxH or abbreviation)"),
    always("spre", Some("preset"), "set the subtitle options to the indicated preset"),
    since_7(
        "readrate_initial_burst",
        Some("seconds"),
        "The initial amount of input to burst read before imposing any readrate",
    ),
    since_7(
        "stream_group",
        Some("id=number:st=number..."),
        "add stream group with specified streams and group type-specific arguments",
    ),
    since_7("shortest_buf_duration", None, "maximum buffering duration (in seconds) for the -shortest option"),
    since_7("stats_enc_pre", None, "write encoding stats before encoding"),
    since_7("stats_enc_post", None, "write encoding stats after encoding"),
    since_7("stats_mux_pre", None, "write packets stats before muxing"),
    since_7("stats_enc_pre_fmt", None, "format of the stats written with -stats_enc_pre"),
    since_7("stats_enc_post_fmt", None, "format of the stats written with -stats_enc_post"),
    since_7("stats_mux_pre_fmt", None, "format of the stats written with -stats_mux_pre"),
    since_7("display_rotation", Some("angle"), "set pure counter-clockwise rotation in degrees for stream(s)"),
    since_7(
        "display_hflip",
        None,
        "set display horizontal flip for stream(s) (overrides any display rotation if it is not set)",
    ),
    since_7(
        "display_vflip",
        None,
        "set display vertical flip for stream(s) (overrides any display rotation if it is not set)",
    ),
    since_7("apply_cropping", None, "select the cropping to apply"),
    since_7(
        "fix_sub_duration_heartbeat",
        None,
        "set this video output stream to be a heartbeat stream for fix_sub_duration, according to which subtitles should be split at random access points",
    ),
    since_9("license", None, "show license"),
    since_9("filter_buffered_frames", None, "maximum number of buffered frames in a filter graph"),
    since_8(
        "readrate_catchup",
        Some("speed"),
        "Temporary readrate used to catch up if an input lags behind the specified readrate",
    ),
    since_9("drop_changed", Some(""), "drop frame instead of reiniting filtergraph on input parameter changes"),
    since_9("mastering_display", None, "set SMPTE2084 mastering display color volume info"),
    since_9("content_light", None, "set SMPTE2084 Max CLL and Max FALL values"),
    since_8("print_graphs", None, "print execution graph data to stderr"),
    since_8("print_graphs_file", Some("filename"), "write execution graph data to the specified file"),
    since_8(
        "print_graphs_format",
        Some("format"),
        "set the output printing format (available formats are: default, compact, csv, flat, ini, json, xml, mermaid, mermaidhtml)",
    ),
];
