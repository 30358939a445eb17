//! Which input streams go to an output: `-map`, or ffmpeg's choice of the best of each kind; and copied or by which
//! encoder.

use super::graphs::{Graphs, taken_kinds};
use super::{Choice, Context, OutputDraft, StreamDraft, StreamSource, input};
use crate::catalog::{Catalog, CodecFacts, MuxerFacts};
use crate::diagnostic::Diagnostic;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::spec::{MapSource, OutputSpec, StreamSpecifier};

/// Drafts an output, or says why it cannot be.
pub(super) fn draft(
    context: &Context,
    index: usize,
    graphs: &mut Graphs,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<OutputDraft> {
    let spec = &context.spec.outputs[index];
    let muxer = match choose_muxer(context, spec) {
        Ok(muxer) => muxer,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return None;
        }
    };
    // What has no label goes to the first output, before all else.
    let mut sources = graphs.unlabelled();
    let rest = taken_kinds(spec, context, graphs, &sources);
    sources.extend(if spec.maps.is_empty() {
        automatic(context, &rest, &muxer)
            .into_iter()
            .map(|(input, stream)| StreamSource::Input(input, stream))
            .collect()
    } else {
        match mapped(context, &rest, graphs) {
            Ok(sources) => sources,
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                return None;
            }
        }
    });
    let mut draft = OutputDraft { muxer, streams_before: 0, streams: Vec::new(), options: Vec::new() };
    for source in sources {
        let kind = graphs.kind(context, source);
        graphs.take(source, (index, draft.streams.len()));
        let place = OutputPlace::next(&draft, kind);
        match choose_codec(context, spec, &draft.muxer, (source, kind), &place) {
            Ok(choice) => {
                draft.streams.push(StreamDraft { kind, source, choice, pixel_format: None, options: Vec::new() })
            }
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                return None;
            }
        }
    }
    draft.streams.extend(spec.seldom.attachments.iter().map(|file| StreamDraft {
        kind: MediaKind::Attachment,
        source: StreamSource::File,
        choice: Choice::Attach { file: file.value.clone() },
        pixel_format: None,
        options: Vec::new(),
    }));
    if draft.streams.is_empty() && draft.muxer.name != "null" && draft.muxer.name != "ffmetadata" {
        diagnostics.push(
            Diagnostic::error(
                "no-streams",
                format!("Output file #{index} ({}) does not contain any stream.", masked(&spec.url)),
            )
            .ffmpeg_says(format!("Output file #{index} does not contain any stream"))
            .remedy(nothing_over(context))
            .at(&spec.origin),
        );
        return None;
    }
    Some(draft)
}

/// What the inputs hold, for an output that got nothing.
fn nothing_over(context: &Context) -> String {
    let held = context.facts.iter().map(|f| {
        let kinds: Vec<&str> = f.streams.iter().map(|s| s.kind.name()).collect();
        let kinds = if kinds.is_empty() { "no stream that could be found".to_owned() } else { kinds.join(", ") };
        format!("{} has {kinds}", f.url)
    });
    format!("{}; none of it fits, or -vn, -an and -map left nothing over.", held.collect::<Vec<_>>().join("; "))
}

/// URLs in messages never show passwords.
pub(super) fn masked(url: &str) -> String {
    crate::diagnostic::mask_url(url)
}

/// An output's streams so far, as stream specifiers see them: the new stream is the last.
pub(super) struct OutputPlace(InputFacts);

impl OutputPlace {
    pub(super) fn next(draft: &OutputDraft, kind: MediaKind) -> Self {
        Self::of(draft.streams.iter().map(|s| s.kind).chain([kind]))
    }

    pub(super) fn of(kinds: impl Iterator<Item = MediaKind>) -> Self {
        let streams = kinds.enumerate().map(|(index, kind)| blank_stream(index, kind)).collect();
        Self(InputFacts { streams, ..InputFacts::default() })
    }

    /// True when the specifier names the last stream.
    pub(super) fn matches(&self, specifier: &StreamSpecifier) -> bool {
        self.0.streams.last().is_some_and(|s| specifier.matches(&self.0, s))
    }
}

fn blank_stream(index: usize, kind: MediaKind) -> StreamFacts {
    StreamFacts {
        index,
        id: 0,
        kind,
        codec: String::new(),
        codec_id: 0,
        profile: 0,
        codec_tag: 0,
        time_base: crate::unit::Rational::UNKNOWN,
        avg_frame_rate: crate::unit::Rational::UNKNOWN,
        real_frame_rate: crate::unit::Rational::UNKNOWN,
        start_time: None,
        duration: None,
        video_delay: 0,
        width: 0,
        height: 0,
        format: String::new(),
        bit_depth: 0,
        sample_rate_hz: 0,
        channels: 0,
        channel_layout: String::new(),
        bit_rate_bps: 0,
        has_extradata: false,
        disposition: Vec::new(),
        metadata: Vec::new(),
        saw_packets: true,
        usable: true,
    }
}

fn choose_muxer(context: &Context, spec: &OutputSpec) -> Result<MuxerFacts, Diagnostic> {
    let catalog = context.catalog;
    if let Some(format) = &spec.format {
        return catalog.muxer(&format.value).ok_or_else(|| {
            Diagnostic::error(
                "unknown-format",
                format!(
                    "Requested output format '{}' is not a suitable output format for {}",
                    format.value,
                    masked(&spec.url)
                ),
            )
            .ffmpeg_says(format!(
                "[NULL @ 0x0] Requested output format '{}' is not a suitable output format\n{}: Invalid argument",
                format.value,
                masked(&spec.url)
            ))
            .remedy("-formats lists those that this FFmpeg can write.")
            .at(&format.origin)
        });
    }
    let scheme = spec.url.split("://").next().filter(|s| s.len() < spec.url.len()).unwrap_or("");
    let by_scheme = match scheme.to_ascii_lowercase().as_str() {
        "rtmp" | "rtmps" | "rtmpt" | "rtmpe" | "rtmpte" | "rtmpts" => Some("flv"),
        "rtsp" | "rtsps" => Some("rtsp"),
        "srt" | "udp" => Some("mpegts"),
        _ => None,
    };
    if let Some(muxer) = catalog.guess_muxer(&spec.url).or_else(|| by_scheme.and_then(|name| catalog.muxer(name))) {
        return Ok(muxer);
    }
    let reason = if spec.url.trim().is_empty() {
        "an empty argument was taken for an output file".to_owned()
    } else {
        "the name has no extension that a format is known by".to_owned()
    };
    Err(Diagnostic::error(
        "unknown-format",
        format!("Unable to find a suitable output format for '{}': {reason}.", masked(&spec.url)),
    )
    .ffmpeg_says(format!(
        "[NULL @ 0x0] Unable to find a suitable output format for '{0}'\n{0}: Invalid argument",
        masked(&spec.url)
    ))
    .remedy("Name the format with -f, e.g. -f mp4, or give the file an extension.")
    .at(&spec.origin))
}

fn switched_off(spec: &OutputSpec, kind: MediaKind) -> bool {
    match kind {
        MediaKind::Video => spec.no_video,
        MediaKind::Audio => spec.no_audio,
        MediaKind::Subtitle => spec.no_subtitle,
        MediaKind::Data => spec.no_data,
        MediaKind::Attachment | MediaKind::Unknown => false,
    }
}

/// Every input stream that is not switched off before `-i`.
pub(super) fn candidates<'a>(context: &'a Context) -> impl Iterator<Item = ((usize, usize), &'a StreamFacts)> {
    context.facts.iter().zip(&context.spec.inputs).enumerate().flat_map(|(i, (facts, spec))| {
        facts.streams.iter().filter(move |s| !input::disabled(spec, facts, s)).map(move |s| ((i, s.index), s))
    })
}

/// Without `-map`: the best stream of each kind that the muxer has a default codec for.
fn automatic(context: &Context, spec: &OutputSpec, muxer: &MuxerFacts) -> Vec<(usize, usize)> {
    let mut chosen = Vec::new();
    let default = |kind| context.catalog.guess_codec(&muxer.name, &spec.url, kind);
    let ranked = |score: i64, s: &StreamFacts| {
        score + if s.saw_packets { 100_000_000 } else { 0 } + if s.has_disposition("default") { 5_000_000 } else { 0 }
    };
    if !spec.no_video && default(MediaKind::Video) != 0 {
        let mut best = (0, None);
        for (source, s) in candidates(context).filter(|(_, s)| s.kind == MediaKind::Video) {
            let cover = s.has_disposition("attached_pic");
            let score =
                if cover && !muxer.cover_only { 1 } else { ranked(i64::from(s.width) * i64::from(s.height), s) };
            if score > best.0 && (cover || !muxer.cover_only) {
                best = (score, Some(source));
            }
        }
        chosen.extend(best.1);
    }
    if !spec.no_audio && default(MediaKind::Audio) != 0 {
        let mut best = (0, None);
        for (source, s) in candidates(context).filter(|(_, s)| s.kind == MediaKind::Audio) {
            let score = ranked(i64::from(s.channels), s);
            if score > best.0 {
                best = (score, Some(source));
            }
        }
        chosen.extend(best.1);
    }
    let named = spec.codec.last_matching(|s| s.kind == Some(MediaKind::Subtitle)).is_some();
    let encoder = context.catalog.encoder_for(muxer.subtitle_codec).filter(|_| muxer.subtitle_codec != 0);
    if !spec.no_subtitle && (encoder.is_some() || named) {
        let fits = |s: &StreamFacts| {
            let (Some(from), Some(to)) = (context.catalog.decoder_for(s.codec_id), &encoder) else { return named };
            named
                || (from.text_subtitles && to.text_subtitles)
                || (from.bitmap_subtitles && to.bitmap_subtitles)
                || !(from.text_subtitles || from.bitmap_subtitles)
                || !(to.text_subtitles || to.bitmap_subtitles)
        };
        chosen.extend(
            candidates(context).find(|(_, s)| s.kind == MediaKind::Subtitle && fits(s)).map(|(source, _)| source),
        );
    }
    let data = default(MediaKind::Data);
    if !spec.no_data && data != 0 {
        chosen.extend(
            candidates(context)
                .filter(|(_, s)| s.kind == MediaKind::Data && s.codec_id == data)
                .map(|(source, _)| source),
        );
    }
    chosen
}

fn mapped(context: &Context, spec: &OutputSpec, graphs: &Graphs) -> Result<Vec<StreamSource>, Diagnostic> {
    let mut chosen: Vec<StreamSource> = Vec::new();
    for map in &spec.maps {
        let (input, specifier) = match &map.source {
            MapSource::Input { input, specifier } => (input, specifier),
            MapSource::Label(label) => {
                let source = graphs.labelled(label).filter(|source| !chosen.contains(source));
                chosen.push(source.ok_or_else(|| {
                    let message = format!(
                        "Output with label '{label}' does not exist in any defined filter graph, or was already used \
                         elsewhere."
                    );
                    let remedy = "A label can be mapped once; split makes several of one.";
                    Diagnostic::error("map-label", message).remedy(remedy).at(&map.origin)
                })?);
                continue;
            }
        };
        let Some(facts) = context.facts.get(*input) else {
            return Err(Diagnostic::error(
                "map-input",
                format!("Invalid input file index: {input} (in -map {input}:{specifier})."),
            )
            .remedy(format!("There are {} input(s); the first is 0.", context.facts.len()))
            .at(&map.origin));
        };
        if map.negative {
            chosen.retain(|source| match source {
                StreamSource::Input(i, s) => i != input || !specifier.matches(facts, &facts.streams[*s]),
                StreamSource::Graph(..) | StreamSource::File => true,
            });
            continue;
        }
        let found: Vec<&StreamFacts> = facts.streams.iter().filter(|s| specifier.matches(facts, s)).collect();
        let usable: Vec<_> =
            found.iter().filter(|s| !input::disabled(&context.spec.inputs[*input], facts, s)).collect();
        if usable.is_empty() {
            if map.optional {
                continue;
            }
            let what = if found.is_empty() { "matches no streams" } else { "matches disabled streams only" };
            let here: Vec<String> = facts
                .streams
                .iter()
                .map(|s| format!("{}:{} {} ({})", input, s.index, s.kind.name(), s.codec))
                .collect();
            let typed = if specifier.text.is_empty() { input.to_string() } else { format!("{input}:{specifier}") };
            return Err(Diagnostic::error(
                "map-nothing",
                format!(
                    "Stream map '{typed}' {what}.\nTo ignore this, add a trailing '?' to the map.\n{} has: {}",
                    facts.url,
                    here.join(", ")
                ),
            )
            .ffmpeg_says(format!("Stream map '{typed}' {what}.\nTo ignore this, add a trailing '?' to the map."))
            .at(&map.origin));
        }
        for stream in usable {
            chosen.push(StreamSource::Input(*input, stream.index));
        }
    }
    let kind = |source: &StreamSource| graphs.kind(context, *source);
    chosen.retain(|source| source.input().is_none() || !switched_off(spec, kind(source)));
    let unknown = chosen.iter().find(|s| kind(s) == MediaKind::Unknown).and_then(|s| s.input());
    let seldom = &context.spec.global.seldom;
    if seldom.ignore_unknown && !seldom.copy_unknown {
        chosen.retain(|source| kind(source) != MediaKind::Unknown);
    } else if let Some(source) = unknown.filter(|_| !seldom.copy_unknown) {
        return Err(Diagnostic::error(
            "map-unknown",
            format!("Cannot map stream #{}:{} - unsupported type.", source.0, source.1),
        )
        .remedy(format!(
            "If you want unsupported types ignored instead of failing, please use the -ignore_unknown option\nIf you want \
             them copied, please use -copy_unknown. Or take it away again with -map -{}:{}.",
            source.0, source.1
        )));
    }
    Ok(chosen)
}

fn choose_codec(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    (source, kind): (StreamSource, MediaKind),
    place: &OutputPlace,
) -> Result<Choice, Diagnostic> {
    let catalog = context.catalog;
    if let Some(assigned) = spec.codec.last_matching(|s| place.matches(s)) {
        let name = assigned.value.as_str();
        if name == "copy" {
            return match source {
                StreamSource::Input(..) => Ok(Choice::Copy),
                StreamSource::Graph(..) | StreamSource::File => Err(copy_of_graph(assigned.origin.clone())),
            };
        }
        let facts = catalog.encoder(name).or_else(|| catalog.codec_id(name).and_then(|id| catalog.encoder_for(id)));
        return match facts {
            Some(facts) if facts.kind == kind => Ok(Choice::Encoder { facts, named: true }),
            Some(facts) => Err(Diagnostic::error(
                "codec-kind",
                format!(
                    "Invalid encoder type '{name}': it encodes {}, but {} is {}.",
                    facts.kind.name(),
                    match source {
                        StreamSource::Input(input, stream) => format!("stream #{input}:{stream}"),
                        StreamSource::Graph(..) | StreamSource::File => "the filtergraph's output".to_owned(),
                    },
                    kind.name()
                ),
            )
            .ffmpeg_says(format!("Invalid encoder type '{name}'"))
            .remedy(format!("Name the kind: -c:{} {name}", kind_letter(facts.kind)))
            .at(&assigned.origin)),
            None => Err(unknown_encoder(catalog, name, kind).at(&assigned.origin)),
        };
    }
    match kind {
        MediaKind::Video | MediaKind::Audio | MediaKind::Subtitle => {
            let codec = catalog.guess_codec(&muxer.name, &spec.url, kind);
            Ok(match catalog.encoder_for(codec).filter(|_| codec != 0) {
                Some(facts) => Choice::Encoder { facts, named: false },
                None => Choice::NoEncoder { codec: catalog.codec_name(codec) },
            })
        }
        MediaKind::Data | MediaKind::Attachment | MediaKind::Unknown => Ok(Choice::Copy),
    }
}

fn copy_of_graph(origin: crate::diagnostic::Origin) -> Diagnostic {
    let message = "Streamcopy requested for an output stream which is fed from a complex filtergraph. Filtering and \
                   streamcopy cannot be used together.";
    Diagnostic::error("filter-on-copy", message).remedy("Name an encoder for it, e.g. -c:v libx264.").at(&origin)
}

fn kind_letter(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Video => "v",
        MediaKind::Audio => "a",
        MediaKind::Subtitle => "s",
        _ => "d",
    }
}

/// "Unknown encoder", with those that are there for that codec, or the nearest names.
fn unknown_encoder(catalog: &dyn Catalog, name: &str, kind: MediaKind) -> Diagnostic {
    let encoders = catalog.encoders(kind);
    let lower = name.to_ascii_lowercase();
    let stem = |n: &str| n.trim_start_matches("lib").to_ascii_lowercase();
    let wanted_codec = match catalog.codec_id(&lower) {
        Some(id) => Some(catalog.codec_name(id)),
        None => well_known_codec(&lower).map(str::to_owned),
    };
    let same: Vec<&CodecFacts> =
        encoders.iter().filter(|e| wanted_codec.as_deref() == Some(e.codec_name.as_str())).collect();
    let names: Vec<String> = if same.is_empty() {
        let mut near: Vec<(usize, &str)> = encoders
            .iter()
            .map(|e| (strsim::damerau_levenshtein(&stem(&e.name), &stem(&lower)), e.name.as_str()))
            .collect();
        near.sort();
        near.iter().filter(|(d, _)| *d <= 3).take(3).map(|(_, n)| (*n).to_owned()).collect()
    } else {
        same.iter().map(|e| e.name.clone()).collect()
    };
    let diagnostic = Diagnostic::error("unknown-encoder", format!("Unknown encoder '{name}'."))
        .ffmpeg_says(format!("Unknown encoder '{name}'"));
    if names.is_empty() {
        diagnostic.remedy("weir -encoders lists those of the linked FFmpeg.")
    } else if same.is_empty() {
        diagnostic.remedy(format!("Did you mean {}?", names.join(", ")))
    } else {
        diagnostic.remedy(format!("For {} this FFmpeg has {}.", wanted_codec.unwrap_or_default(), names.join(", ")))
    }
}

/// Codecs behind encoder names that other builds of FFmpeg have.
fn well_known_codec(encoder: &str) -> Option<&'static str> {
    let rows: [(&[&str], &str); 7] = [
        (&["264", "avc"], "h264"),
        (&["265", "hevc"], "hevc"),
        (&["av1"], "av1"),
        (&["vp9"], "vp9"),
        (&["aac"], "aac"),
        (&["mp3"], "mp3"),
        (&["opus"], "opus"),
    ];
    rows.iter().find(|(parts, _)| parts.iter().any(|p| encoder.contains(p))).map(|(_, codec)| *codec)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::facts::{MediaKind, StreamFacts};
    use crate::plan::testing::{audio, encoders, input, planned, stream, treatments, video};

    fn sources(line: &str, facts: &[crate::facts::InputFacts]) -> Vec<(usize, usize)> {
        let plan = planned(line, facts).unwrap();
        treatments(&plan).swap_remove(0).into_iter().map(|(source, _)| source).collect()
    }

    fn refusal(line: &str, facts: &[crate::facts::InputFacts]) -> (&'static str, String) {
        let mut told = planned(line, facts).unwrap_err();
        let last = told.pop().unwrap();
        (last.code, last.to_string())
    }

    #[test]
    fn without_map_the_largest_picture_and_the_most_channels_are_taken() {
        let large = StreamFacts { width: 1280, height: 720, ..video("h264") };
        let surround = StreamFacts { channels: 6, ..audio("aac") };
        let facts = [input(vec![video("h264"), audio("aac")]), input(vec![surround, large])];
        assert_eq!(sources("-i a -i b out.mp4", &facts), [(1, 1), (1, 0)]);
    }

    #[test]
    fn without_map_a_default_stream_wins_and_a_cover_or_an_empty_stream_loses() {
        let default = StreamFacts { disposition: vec!["default".to_owned()], ..video("h264") };
        let cover =
            StreamFacts { disposition: vec!["attached_pic".to_owned()], width: 4000, height: 4000, ..video("h264") };
        let empty = StreamFacts { width: 4000, height: 4000, saw_packets: false, ..video("h264") };
        let larger = StreamFacts { width: 640, height: 360, ..video("h264") };
        assert_eq!(sources("-i a out.mp4", &[input(vec![larger.clone(), default])]), [(0, 1)]);
        assert_eq!(sources("-i a out.mp4", &[input(vec![cover, larger.clone()])]), [(0, 1)]);
        assert_eq!(sources("-i a out.mp4", &[input(vec![empty, larger])]), [(0, 1)]);
    }

    #[test]
    fn without_map_kinds_that_are_switched_off_or_have_no_codec_in_the_format_are_left_out() {
        let facts = [input(vec![video("h264"), audio("aac"), stream(MediaKind::Subtitle, "subrip")])];
        assert_eq!(sources("-i a out.mkv", &facts), [(0, 0), (0, 1), (0, 2)]);
        assert_eq!(sources("-i a -an -sn out.mkv", &facts), [(0, 0)]);
        assert_eq!(sources("-vn -i a out.mkv", &facts), [(0, 1), (0, 2)]);
        assert_eq!(sources("-i a out.wav", &facts), [(0, 1)]);
    }

    #[test]
    fn pictures_of_subtitles_do_not_go_into_a_format_of_text() {
        let facts = [input(vec![video("h264"), stream(MediaKind::Subtitle, "hdmv_pgs_subtitle")])];
        assert_eq!(sources("-i a out.mkv", &facts), [(0, 0)]);
    }

    #[test]
    fn map_takes_streams_in_the_order_typed_and_takes_away_again() {
        let facts = [input(vec![video("h264"), audio("aac"), audio("ac3")]), input(vec![audio("mp3")])];
        assert_eq!(sources("-i a -i b -map 0:a -map 1 -map 0:v out.mkv", &facts), [(0, 1), (0, 2), (1, 0), (0, 0)]);
        assert_eq!(sources("-i a -i b -map 0 -map -0:a:0 out.mkv", &facts), [(0, 0), (0, 2)]);
        assert_eq!(sources("-i a -i b -map 0:v -map 0:s? out.mkv", &facts), [(0, 0)]);
        assert_eq!(sources("-i a -i b -map 0 -an out.mkv", &facts), [(0, 0)]);
    }

    #[test]
    fn a_map_of_nothing_names_what_is_there() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let (code, text) = refusal("-i a -map 0:s out.mkv", &facts);
        assert_eq!(code, "map-nothing");
        assert!(text.contains("0:0 video (h264), 0:1 audio (aac)"), "{text}");
        assert_eq!(refusal("-an -i a -map 0:a out.mkv", &facts).0, "map-nothing");
        assert_eq!(refusal("-i a -vn -an out.mkv", &facts).0, "no-streams");
    }

    #[test]
    fn the_last_codec_that_fits_a_stream_counts() {
        let facts = [input(vec![video("h264"), audio("aac"), audio("ac3")])];
        let plan = planned("-i a -map 0 -c copy -c:a libopus -c:a:1 ac3 out.mkv", &facts).unwrap();
        assert_eq!(encoders(&plan), ["copy", "libopus", "ac3"]);
        let plan = planned("-i a -map 0 -c:a libopus -c copy out.mkv", &facts).unwrap();
        assert_eq!(encoders(&plan), ["copy", "copy", "copy"]);
    }

    #[test]
    fn a_codec_s_name_stands_for_its_first_encoder() {
        let plan = planned("-i a -c:v h264 -c:a mp3 out.mkv", &[input(vec![video("vp9"), audio("aac")])]).unwrap();
        assert_eq!(encoders(&plan), ["libx264", "libmp3lame"]);
    }

    #[test]
    fn an_unknown_encoder_is_refused_with_those_for_that_codec_or_near_by() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        let (code, text) = refusal("-i a -c:v libopenh264 out.mkv", &facts);
        assert_eq!(code, "unknown-encoder");
        assert!(text.contains("libx264, h264_nvenc"), "{text}");
        let (_, text) = refusal("-i a -c:v mpeg5 out.mkv", &facts);
        assert!(text.contains("Did you mean mpeg4?"), "{text}");
        assert_eq!(refusal("-i a -c libx264 out.mkv", &facts).0, "codec-kind");
    }

    #[test]
    fn the_url_tells_the_format_unless_f_does() {
        let facts = [input(vec![video("h264")])];
        for (line, muxer) in [
            ("-i a out.mkv", "matroska"),
            ("-i a -f flv out.mkv", "flv"),
            ("-i a rtmp://h/live/a", "flv"),
            ("-i a rtsp://h:8554/a", "rtsp"),
            ("-i a srt://h:9000", "mpegts"),
            ("-i a UDP://h:9000", "mpegts"),
        ] {
            assert_eq!(planned(line, &facts).unwrap().outputs[0].muxer.name, muxer, "{line}");
        }
        assert_eq!(refusal("-i a out", &facts).0, "unknown-format");
        assert_eq!(refusal("-i a -f nosuch out.mp4", &facts).0, "unknown-format");
    }

    #[test]
    fn passwords_do_not_show_in_refusals() {
        let (_, text) = refusal("-i a http://user:secret@h/x", &[input(vec![video("h264")])]);
        assert!(!text.contains("secret") && text.contains("user:***@h"), "{text}");
    }
}
