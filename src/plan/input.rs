//! Inputs: how they are opened and sought, and which of their streams are decoded.

use super::{
    Context, DecodePlan, InputPlan, InputStreamPlan, Plan, SessionPlan, Treatment, codec_options, hardware_decode,
    session,
};
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::spec::{DISCARD_ALL, GlobalSpec, InputGap, InputSpec, JobSpec, OutputSpec, PerStream};
use crate::unit::MICROS_PER_SECOND;

/// `-read_deadline` with `-on_input_gap freeze`, in microseconds.
const FREEZE_AFTER_US: i64 = 3 * MICROS_PER_SECOND;

/// How long an input is probed whose streams may be more than those seen: as long as ffmpeg does.
const PROBE_US: i64 = 5 * MICROS_PER_SECOND;

/// RTSP over UDP without a packet for so long at the start goes on over TCP; in microseconds.
pub const UDP_SILENCE_US: i64 = 2 * MICROS_PER_SECOND;

/// The option for how long an input is probed.
const ANALYSIS: &str = "analyzeduration";

/// The option for how long a protocol waits.
const TIMEOUT: &str = "timeout";

/// The option for what RTSP carries its media by.
const TRANSPORT: &str = "rtsp_transport";

/// What opening an input needs to know: plain data for the demuxer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemuxerSettings {
    /// The URL.
    pub url: String,
    /// The demuxer's name, or let it be probed.
    pub format: Option<String>,
    /// Options for the demuxer and its protocol, in order.
    pub options: Vec<(String, String)>,
    /// Options for the decoders that probing uses, in order.
    pub codec_options: Vec<(String, String)>,
    /// Decoders forced by kind: codec ids.
    pub forced_codecs: Vec<(MediaKind, u32)>,
    /// Read some packets to complete the stream parameters.
    pub find_stream_info: bool,
    /// Do without that where the input tells enough by itself, and hand pictures on as soon as they are whole.
    pub reassemble: bool,
    /// With `reassemble`: the first pictures are read for their rate, as an encoder needs it.
    pub measure_rates: bool,
    /// `AVFMT_FLAG_BITEXACT`.
    pub bitexact: bool,
    /// How long connecting and how long probing may take, in microseconds.
    pub limits_us: Option<(i64, i64)>,
    /// Options that have their values from here and not from the user.
    pub defaults: Vec<&'static str>,
}

impl DemuxerSettings {
    /// The same with all the time that probing may take, for a peer of which that of ffmpeg does not tell enough.
    pub fn patient(&self) -> Option<Self> {
        let longest = self.limits_us.filter(|_| self.defaults.contains(&ANALYSIS))?.1.to_string();
        let mut other = self.clone();
        let (_, value) = other.options.iter_mut().find(|(key, value)| key == ANALYSIS && *value != longest)?;
        *value = longest;
        Some(other)
    }

    /// The same over TCP, for RTSP over UDP that does not get through.
    pub fn over_tcp(&self) -> Option<Self> {
        let over_udp = self.limits_us.is_some()
            && session::is_rtsp_url(&self.url)
            && self.options.iter().any(|(key, value)| key == TRANSPORT && value == "udp");
        over_udp.then(|| {
            let mut other = self.clone();
            let of_udp = self.defaults.contains(&TIMEOUT);
            other.options.retain(|(key, _)| key != TRANSPORT && !(of_udp && key == TIMEOUT));
            other.options.push((TRANSPORT.to_owned(), "tcp".to_owned()));
            other
        })
    }
}

/// How an input is opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenInput {
    /// For its demuxer.
    pub demuxer: DemuxerSettings,
    /// Its session, where the far end is a peer.
    pub session: Option<SessionPlan>,
}

/// What an input's options are for its demuxer and protocol.
fn demuxer_options(spec: &InputSpec, catalog: &dyn Catalog) -> Vec<(String, String)> {
    let mut options = Vec::new();
    if let Some(rate) = last(&spec.sample_rate_hz) {
        options.push(("sample_rate".to_owned(), rate.to_string()));
    }
    if let Some(channels) = last(&spec.channels) {
        options.push(("ch_layout".to_owned(), format!("{channels}C")));
    }
    if let Some(layout) = last(&spec.channel_layout) {
        options.push(("ch_layout".to_owned(), layout.clone()));
    }
    if let Some(rate) = last(&spec.frame_rate) {
        options.push(("framerate".to_owned(), format!("{}/{}", rate.num, rate.den)));
    }
    if let Some(size) = last(&spec.size) {
        options.push(("video_size".to_owned(), size.clone()));
    }
    if let Some(format) = last(&spec.pixel_format) {
        options.push(("pixel_format".to_owned(), format.clone()));
    }
    // Only raw formats know these; what a format that is yet to be found does not know is left over in silence. A frame
    // rate is only for a format that is named: others have one of their own.
    let named = spec.format.as_ref().map(|f| f.value.as_str());
    options.retain(|(name, _)| match named {
        Some(format) => catalog.demuxer_has_option(format, name),
        None => name != "framerate",
    });
    codec_options::merge(&mut options, spec.options.iter().filter(|o| o.scopes.format));
    options
}

/// The session of an input whose far end is a peer; `options` are its demuxer's.
fn session_of(spec: &InputSpec, options: &[(String, String)]) -> Option<SessionPlan> {
    let mut session = session::plan(&spec.url, session::End::Input, options, &spec.live)?;
    if (spec.on_gap, spec.live.stall_us) == (InputGap::Freeze, None) {
        // Outputs are to notice little, and their peers end a session that is silent for long.
        session.stall_us = FREEZE_AFTER_US;
    }
    Some(session)
}

/// True when no output does anything with pictures but copy them.
fn copies_pictures(job: &JobSpec) -> bool {
    let copies = |output: &OutputSpec| {
        let named = output.codec.0.iter().filter(|a| a.specifier.kind.is_none_or(|kind| kind == MediaKind::Video));
        let mut codecs = named.map(|a| a.value.as_str()).peekable();
        output.no_video || codecs.peek().is_some() && codecs.all(|codec| codec == "copy")
    };
    job.global.complex_graphs.is_empty() && job.outputs.iter().all(copies)
}

/// True where each part of a picture gets a time of its own, that at which it came.
fn takes_arrival_for_time(options: &[(String, String)]) -> bool {
    let value = options.iter().rfind(|(key, _)| key == "use_wallclock_as_timestamps").map(|(_, value)| value.as_str());
    value.is_some_and(|value| value != "0" && value != "false")
}

/// Translates the options of a job's input into what the demuxer takes.
pub fn open_input(job: &JobSpec, index: usize, catalog: &dyn Catalog) -> Result<OpenInput, Diagnostic> {
    let spec = &job.inputs[index];
    let mut options = demuxer_options(spec, catalog);
    let mut codec_options = Vec::new();
    codec_options::merge(&mut codec_options, spec.options.iter().filter(|o| o.scopes.codec));
    let mut forced_codecs = Vec::new();
    for assigned in &spec.codec.0 {
        let Some(kind) = assigned.specifier.kind else { continue };
        let Some(decoder) = find_decoder(catalog, &assigned.value) else {
            return Err(unknown_decoder(&assigned.value).at(&assigned.origin));
        };
        forced_codecs.push((kind, decoder.codec_id));
    }
    if let Some(format) = &spec.format
        && !catalog.demuxer_exists(&format.value)
    {
        return Err(
            Diagnostic::error("unknown-format", format!("Unknown input format: '{}'", format.value)).at(&format.origin)
        );
    }
    let session = session_of(spec, &options);
    let copies = copies_pictures(job);
    let defaults = match &session {
        Some(session) => live_defaults(spec, session, copies, &mut options),
        None => Vec::new(),
    };
    let demuxer = DemuxerSettings {
        measure_rates: !copies,
        reassemble: session.is_some() && session::is_rtsp_url(&spec.url) && !takes_arrival_for_time(&options),
        url: spec.url.clone(),
        format: spec.format.as_ref().map(|f| f.value.clone()),
        options,
        codec_options,
        forced_codecs,
        find_stream_info: spec.find_stream_info,
        bitexact: spec.bitexact,
        limits_us: session.map(|session| (session.connect_us, session.probe_us)),
        defaults,
    };
    Ok(OpenInput { demuxer, session })
}

/// What a live input gets unless the user says otherwise: RTSP over TCP where the server has it, and probing that goes on
/// until all is known or its deadline passes. Who only copies does not wait for the twenty pictures that a frame rate is
/// measured by. Gives the names of what was set.
fn live_defaults(
    spec: &InputSpec,
    session: &SessionPlan,
    copies: bool,
    options: &mut Vec<(String, String)>,
) -> Vec<&'static str> {
    let is_rtsp = session::is_rtsp_url(&spec.url);
    let transport = options.iter().find(|(key, _)| key == TRANSPORT).map(|(_, value)| value.as_str());
    let (names_transport, over_udp) = (transport.is_some(), transport == Some("udp"));
    let mut set = Vec::new();
    let mut default = |name: &'static str, value: String| {
        if !options.iter().any(|(key, _)| key == name) {
            options.push((name.to_owned(), value));
            set.push(name);
        }
    };
    // RTSP names its streams, and probing ends when all are known; elsewhere it is as long as it may be, for more may come.
    let longest_us = if is_rtsp { session.probe_us } else { PROBE_US.min(session.probe_us) };
    default(ANALYSIS, longest_us.to_string());
    default("probesize", (64 << 20).to_string());
    if copies {
        default("fpsprobesize", "0".to_owned());
    }
    if is_rtsp && over_udp {
        // Probing ends when nothing comes.
        default(TIMEOUT, UDP_SILENCE_US.to_string());
    }
    if is_rtsp && !names_transport {
        codec_options::set(options, "rtsp_flags", "+prefer_tcp");
    }
    set
}

fn last<T>(values: &PerStream<T>) -> Option<&T> {
    values.0.last().map(|a| &a.value)
}

pub(super) fn find_decoder(catalog: &dyn Catalog, name: &str) -> Option<crate::catalog::CodecFacts> {
    catalog.decoder(name).or_else(|| catalog.codec_id(name).and_then(|id| catalog.decoder_for(id)))
}

fn unknown_decoder(name: &str) -> Diagnostic {
    Diagnostic::error("unknown-decoder", format!("Unknown decoder '{name}'"))
}

/// Where an input is to be sought, and what is added to its timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seek {
    /// The timestamp to seek to, in microseconds of the container; `None`: stay at the beginning.
    pub timestamp_us: Option<i64>,
    /// Added to every timestamp, in microseconds.
    pub offset_us: i64,
    /// `-ss`, after `-sseof` was worked out.
    pub start_us: Option<i64>,
    /// `-t`, after `-to` was worked out.
    pub duration_us: Option<i64>,
}

/// Works out `-ss`, `-sseof`, `-t`, `-to` and `-itsoffset`.
pub fn seek(
    spec: &InputSpec,
    facts: &InputFacts,
    seeks_to_pts: bool,
    global: &GlobalSpec,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Seek, Diagnostic> {
    let mut start_us = spec.start_us;
    let file_start = facts.start_time_us.unwrap_or(0);
    if let Some(before_end) = spec.start_from_end_us {
        match facts.duration_us {
            Some(duration) if duration + before_end >= 0 => start_us = Some(duration + before_end),
            Some(_) => {
                diagnostics.push(Diagnostic::warning(
                    "seek-from-end",
                    format!("{}: -sseof lies before the beginning of the input; it starts at 0.", facts.url),
                ));
                start_us = Some(0);
            }
            None => diagnostics.push(Diagnostic::warning(
                "seek-from-end",
                format!("{}: -sseof is ignored, since the length of the input is not known.", facts.url),
            )),
        }
    }
    let duration_us = recording_time(start_us, spec.duration_us, spec.stop_us, &facts.url, diagnostics)?;
    let wanted = start_us.unwrap_or(0) + if spec.seek_timestamp { 0 } else { file_start };
    let timestamp_us = start_us.map(|_| {
        let reordered = facts.streams.iter().any(|s| s.video_delay > 0);
        if !seeks_to_pts && reordered { wanted - 3 * MICROS_PER_SECOND / 23 } else { wanted }
    });
    let offset_us = spec.ts_offset_us
        - if global.copy_timestamps { if global.start_at_zero { file_start } else { 0 } } else { wanted };
    Ok(Seek { timestamp_us, offset_us, start_us, duration_us })
}

/// `-t`, or `-to` minus `-ss`.
pub(super) fn recording_time(
    start_us: Option<i64>,
    duration_us: Option<i64>,
    stop_us: Option<i64>,
    url: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<i64>, Diagnostic> {
    match (duration_us, stop_us) {
        (Some(duration), Some(_)) => {
            diagnostics.push(
                Diagnostic::warning("t-and-to", format!("{url}: -t and -to cannot be used together; using -t."))
                    .ffmpeg_says("-t and -to cannot be used together; using -t."),
            );
            Ok(Some(duration))
        }
        (None, Some(stop)) => {
            let start = start_us.unwrap_or(0);
            if stop <= start {
                Err(Diagnostic::error("t-and-to", format!("{url}: -to value smaller than -ss; aborting."))
                    .ffmpeg_says("-to value smaller than -ss; aborting.")
                    .remedy("Give -to a time after -ss, or use -t for a length."))
            } else {
                Ok(Some(stop - start))
            }
        }
        (duration, None) => Ok(duration),
    }
}

/// The last value for a stream of an input.
pub(super) fn value<'a, T>(values: &'a PerStream<T>, input: &InputFacts, stream: &StreamFacts) -> Option<&'a T> {
    values.last_matching(|s| s.matches(input, stream)).map(|a| &a.value)
}

/// `-guess_layout_max`: how many channels without a layout are guessed at.
pub fn guess_layout_max(spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> i32 {
    value(&spec.guess_layout_max, facts, stream).copied().unwrap_or(i32::MAX)
}

pub(super) fn plan(context: &Context) -> Vec<InputPlan> {
    context
        .spec
        .inputs
        .iter()
        .zip(context.facts)
        .zip(context.seeks)
        .map(|((spec, facts), seek)| InputPlan {
            offset_us: seek.offset_us,
            start_us: seek.start_us,
            duration_us: seek.duration_us,
            url: facts.url.clone(),
            format: facts.format.clone(),
            stream_loop: spec.stream_loop,
            read_rate: spec.read_rate,
            session: session_of(spec, &demuxer_options(spec, context.catalog)),
            on_gap: spec.on_gap,
            accurate_seek: spec.accurate_seek,
            streams: facts.streams.iter().map(|s| stream_plan(context, spec, facts, s)).collect(),
        })
        .collect()
}

/// The filters that `-async` and `-vol` stand for.
fn sound_filters(context: &Context) -> Vec<(String, String)> {
    let seldom = &context.spec.global.seldom;
    let mut filters = Vec::new();
    if seldom.audio_sync > 0 {
        let mut parameters = format!("async={}", seldom.audio_sync);
        if let Some(drift) = &seldom.audio_drift_threshold {
            parameters += &format!(":min_hard_comp={drift}");
        }
        filters.push(("aresample".to_owned(), parameters + ":first_pts=0"));
    }
    if seldom.volume != 256 {
        filters.push(("volume".to_owned(), format!("{:.6}", f64::from(seldom.volume) / 256.0)));
    }
    filters
}

fn stream_plan(context: &Context, spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> InputStreamPlan {
    InputStreamPlan {
        forced_frame_rate: (stream.kind == MediaKind::Video)
            .then(|| value(&spec.frame_rate, facts, stream).copied())
            .flatten(),
        autorotate: value(&spec.autorotate, facts, stream).copied().unwrap_or(true),
        reinit_filter: value(&spec.reinit_filter, facts, stream).copied().unwrap_or(true),
        codec_tag: value(&spec.tag, facts, stream).map(|t| codec_options::four_cc(t)),
        timestamp_scale: value(&spec.seldom.timestamp_scale, facts, stream).copied(),
        discard: value(&spec.seldom.discard, facts, stream).copied(),
        fix_subtitle_duration: value(&spec.seldom.fix_subtitle_duration, facts, stream).copied().unwrap_or(false),
        canvas_size: value(&spec.seldom.canvas_size, facts, stream).and_then(|size| context.catalog.picture_size(size)),
        top_field_first: value(&spec.seldom.top_field_first, facts, stream)
            .filter(|top| **top >= 0)
            .map(|top| *top > 0),
        first_filters: if stream.kind == MediaKind::Audio { sound_filters(context) } else { Vec::new() },
        ..InputStreamPlan::default()
    }
}

/// True when an input's `-vn`, `-an`, `-sn` or `-dn` switches the stream off.
pub(super) fn disabled(spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> bool {
    if value(&spec.seldom.discard, facts, stream) == Some(&DISCARD_ALL) {
        return true;
    }
    match stream.kind {
        MediaKind::Video => spec.no_video,
        MediaKind::Audio => spec.no_audio,
        MediaKind::Subtitle => spec.no_subtitle,
        MediaKind::Data => spec.no_data,
        MediaKind::Attachment | MediaKind::Unknown => false,
    }
}

/// Marks the streams that outputs take, and plans their decoders.
pub(super) fn mark_used(context: &Context, plan: &mut Plan, diagnostics: &mut Vec<Diagnostic>) {
    let streams = plan.outputs.iter().flat_map(|output| &output.streams);
    let direct = streams.filter_map(|s| Some((s.source.input()?, !matches!(s.treatment, Treatment::Copy(_)), true)));
    let pads = plan.graphs.iter().flat_map(|graph| &graph.inputs);
    let filtered = pads.filter_map(|pad| Some((pad.source.input()?, true, false)));
    let wanted: Vec<_> = direct.chain(filtered).collect();
    for ((i, s), decoded, for_output) in wanted {
        let (spec, facts) = (&context.spec.inputs[i], &context.facts[i]);
        let source = &facts.streams[s];
        let entry = &mut plan.inputs[i].streams[s];
        entry.used = true;
        if !decoded || entry.decode.is_some() {
            continue;
        }
        let decoder = match value(&spec.codec, facts, source) {
            Some(name) => find_decoder(context.catalog, name),
            None => context.catalog.decoder_for(source.codec_id),
        };
        let Some(decoder) = decoder else {
            diagnostics.push(
                Diagnostic::error(
                    "no-decoder",
                    format!(
                        "Decoder (codec {}) not found for input stream #{i}:{s} of {}: the linked FFmpeg cannot \
                         decode it.",
                        source.codec, facts.url
                    ),
                )
                .remedy("Copy it (-c copy) or leave it out with -map."),
            );
            continue;
        };
        let mut options = codec_options::for_decoder(context, i, s, &decoder);
        if for_output && source.codec == "dvb_subtitle" && !options.iter().any(|(name, _)| name == "compute_edt") {
            // As in ffmpeg: the next subtitle tells how long one is shown, not the page's time-out.
            options.push(("compute_edt".to_owned(), "1".to_owned()));
        }
        entry.decode = Some(DecodePlan {
            options,
            decoder: decoder.name,
            bitexact: spec.bitexact,
            hardware: hardware_decode(spec, facts, source),
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{DemuxerSettings, open_input};
    use crate::catalog::testing::FakeCatalog;
    use crate::facts::MediaKind;
    use crate::plan::testing::{input, planned, spec, stream, video};

    #[test]
    fn who_only_copies_pictures_of_a_peer_does_not_wait_for_their_rate() {
        let waits = |line: &str| {
            let opened = open_input(&spec(line), 0, &FakeCatalog).unwrap();
            !opened.demuxer.options.iter().any(|(key, value)| key == "fpsprobesize" && value == "0")
        };
        for copied in ["-c copy a.flv", "-c:v copy -c:a aac a.flv", "-vn a.flv", "-c copy a.flv -c copy b.ts"] {
            assert!(!waits(&format!("-i rtsp://h/a {copied}")), "{copied}");
        }
        for encoded in ["a.flv", "-c copy -c:v libx264 a.flv", "-c copy a.flv b.ts", "-c:a copy a.flv"] {
            assert!(waits(&format!("-i rtsp://h/a {encoded}")), "{encoded}");
        }
        assert!(waits("-i a.mp4 -c copy a.flv"), "a file");
    }

    #[test]
    fn a_source_over_udp_may_go_on_over_tcp_with_the_user_s_own_time_out_only() {
        let opened = |line: &str| open_input(&spec(line), 0, &FakeCatalog).unwrap().demuxer;
        let over_tcp = |line: &str| opened(line).over_tcp();
        let has = |settings: &DemuxerSettings, name: &str, value: &str| {
            settings.options.iter().any(|(key, at)| (key.as_str(), at.as_str()) == (name, value))
        };
        let mut udp = opened("-rtsp_transport udp -i rtsp://h/a -c copy a.flv");
        assert!(has(&udp, "timeout", "2000000"));
        let tcp = udp.over_tcp().unwrap();
        assert!(has(&tcp, "rtsp_transport", "tcp") && !has(&tcp, "timeout", "2000000"));
        assert_eq!(tcp.over_tcp(), None);
        udp.options = vec![("timeout".to_owned(), "7".to_owned()), ("rtsp_transport".to_owned(), "udp".to_owned())];
        udp.defaults.clear();
        assert!(udp.over_tcp().is_some_and(|tcp| has(&tcp, "timeout", "7")));
        for other in ["-i rtsp://h/a", "-rtsp_transport udp_multicast -i rtsp://h/a", "-rtsp_transport udp -i a.sdp"] {
            assert_eq!(over_tcp(&format!("{other} -c copy a.flv")), None, "{other}");
        }
    }

    #[test]
    fn a_peer_that_tells_too_little_may_be_probed_to_the_deadline_unless_the_user_said_how_long() {
        let patient = |line: &str| open_input(&spec(line), 0, &FakeCatalog).unwrap().demuxer.patient();
        let udp = patient("-i udp://h:1 -c copy a.flv").unwrap();
        assert!(udp.options.contains(&("analyzeduration".to_owned(), "15000000".to_owned())));
        assert_eq!(udp.patient(), None);
        for other in ["-probe_deadline 3 -i udp://h:1", "-i rtsp://h/a", "-i a.ts"] {
            assert_eq!(patient(&format!("{other} -c copy a.flv")), None, "{other}");
        }
        let mut typed = open_input(&spec("-i udp://h:1 -c copy a.flv"), 0, &FakeCatalog).unwrap().demuxer;
        typed.defaults.clear();
        assert_eq!(typed.patient(), None, "the user's own five seconds");
    }

    #[test]
    fn dvb_subtitles_that_are_encoded_end_with_the_next_one_unless_the_user_says_otherwise() {
        let facts = [input(vec![video("h264"), stream(MediaKind::Subtitle, "dvb_subtitle")])];
        let options = |line: &str| {
            let plan = planned(line, &facts).unwrap();
            plan.inputs[0].streams[1].decode.as_ref().map(|decode| decode.options.clone())
        };
        let told = |value: &str| Some(vec![("compute_edt".to_owned(), value.to_owned())]);
        assert_eq!(options("-i a -map 0:s -c:s dvbsub a.mkv"), told("1"));
        assert_eq!(options("-compute_edt 0 -i a -map 0:s -c:s dvbsub a.mkv"), told("0"));
        assert_eq!(options("-i a -map 0:s -c:s copy a.mkv"), None);
        assert_eq!(options("-i a -filter_complex [0:v][0:s]overlay -c:v libx264 a.mkv"), Some(Vec::new()));
    }

    #[test]
    fn pictures_whose_parts_get_times_of_their_own_are_not_put_together_by_them() {
        let reassembles = |line: &str| open_input(&spec(line), 0, &FakeCatalog).unwrap().demuxer.reassemble;
        assert!(reassembles("-i rtsp://h/a -c copy a.flv") && reassembles("-i rtsp://h/a a.flv"));
        assert!(!reassembles("-use_wallclock_as_timestamps 1 -i rtsp://h/a -c copy a.flv"));
        for line in ["-i rtmp://h/a -c copy a.flv", "-i a.mp4 -c copy a.flv"] {
            assert!(!reassembles(line), "{line}");
        }
    }
}
