//! How an input is opened: what its demuxer, its protocol and its session are told before anything is known of it.

use super::{SessionPlan, codec_options, correction, display, option_values, session};
use crate::catalog::{Catalog, Named};
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::{Assigned, InputGap, InputSpec, JobSpec, OutputSpec, PerStream};
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
    /// Decoders forced for all streams of a kind, by name.
    pub forced_decoders: Vec<(MediaKind, String)>,
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
pub(super) fn demuxer_options(spec: &InputSpec, catalog: &dyn Catalog) -> Vec<(String, String)> {
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
pub(super) fn session_of(spec: &InputSpec, options: &[(String, String)]) -> Option<SessionPlan> {
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

/// Translates the options of a job's input into what the demuxer takes.
pub fn open_input(job: &JobSpec, index: usize, catalog: &dyn Catalog) -> Result<OpenInput, Vec<Diagnostic>> {
    let spec = &job.inputs[index];
    display::check(spec, catalog).map_err(|diagnostic| vec![diagnostic])?;
    let mut options = demuxer_options(spec, catalog);
    let mut codec_options = Vec::new();
    codec_options::merge(&mut codec_options, spec.options.iter().filter(|o| o.scopes.codec));
    let mut forced_decoders = Vec::new();
    for assigned in &spec.codec.0 {
        let Some(kind) = assigned.specifier.kind else { continue };
        let Some(decoder) = catalog.find_decoder(&assigned.value) else {
            return Err(vec![unknown_decoder(job, catalog, assigned)]);
        };
        // One of another kind is refused later, unless it recasts the stream.
        if decoder.kind == kind && matches!(assigned.specifier.text.as_str(), "v" | "a" | "s" | "d") {
            forced_decoders.push((kind, decoder.name));
        }
    }
    if let Some(format) = &spec.format
        && !catalog.demuxer_exists(&format.value)
    {
        return Err(vec![unknown_format(job, catalog, format)]);
    }
    let refused = option_values::of_input(job, index, catalog);
    if !refused.is_empty() {
        return Err(refused);
    }
    let session = session_of(spec, &options);
    let copies = copies_pictures(job);
    let defaults = match &session {
        Some(session) => live_defaults(spec, session, copies, &mut options),
        None => Vec::new(),
    };
    let demuxer = DemuxerSettings {
        measure_rates: !copies,
        reassemble: session.is_some() && session::is_rtsp_url(&spec.url) && !spec.takes_arrival_for_time(),
        url: spec.url.clone(),
        format: spec.format.as_ref().map(|f| f.value.clone()),
        options,
        codec_options,
        forced_decoders,
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

fn unknown_format(job: &JobSpec, catalog: &dyn Catalog, format: &Assigned<String>) -> Diagnostic {
    let words = format!("Unknown input format: '{}'", format.value);
    let otherwise = "-demuxers lists those that this FFmpeg can read.";
    let names = catalog.names(Named::Demuxer);
    Diagnostic::error("unknown-format", format!("{words}."))
        .ffmpeg_says(words)
        .remedy(correction::remedy_for_name(job, &format.origin, &format.value, &names, otherwise))
        .at(&format.origin)
}

fn unknown_decoder(job: &JobSpec, catalog: &dyn Catalog, named: &Assigned<String>) -> Diagnostic {
    let words = format!("Unknown decoder '{}'", named.value);
    let otherwise = "-decoders lists those of this FFmpeg.";
    let names = catalog.names(Named::Decoder);
    Diagnostic::error("unknown-decoder", format!("{words}."))
        .ffmpeg_says(words)
        .remedy(correction::remedy_for_name(job, &named.origin, &named.value, &names, otherwise))
        .at(&named.origin)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{DemuxerSettings, open_input};
    use crate::catalog::testing::FakeCatalog;
    use crate::plan::testing::spec;

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
    fn pictures_whose_parts_get_times_of_their_own_are_not_put_together_by_them() {
        let reassembles = |line: &str| open_input(&spec(line), 0, &FakeCatalog).unwrap().demuxer.reassemble;
        assert!(reassembles("-i rtsp://h/a -c copy a.flv") && reassembles("-i rtsp://h/a a.flv"));
        assert!(!reassembles("-use_wallclock_as_timestamps 1 -i rtsp://h/a -c copy a.flv"));
        for line in ["-i rtmp://h/a -c copy a.flv", "-i a.mp4 -c copy a.flv"] {
            assert!(!reassembles(line), "{line}");
        }
    }
}
