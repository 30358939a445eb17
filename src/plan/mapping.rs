//! Which input streams go to an output: `-map`, or ffmpeg's choice of the best of each kind; and copied or by which
//! encoder.

use super::{Choice, Context, OutputDraft, StreamDraft, input};
use crate::catalog::{Catalog, CodecFacts, MuxerFacts};
use crate::diagnostic::Diagnostic;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::spec::{MapSource, OutputSpec, StreamSpecifier};

/// Drafts an output, or says why it cannot be.
pub(super) fn draft(context: &Context, index: usize, diagnostics: &mut Vec<Diagnostic>) -> Option<OutputDraft> {
    let spec = &context.spec.outputs[index];
    let muxer = match choose_muxer(context, spec) {
        Ok(muxer) => muxer,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return None;
        }
    };
    let sources = if spec.maps.is_empty() {
        automatic(context, spec, &muxer)
    } else {
        match mapped(context, spec) {
            Ok(sources) => sources,
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                return None;
            }
        }
    };
    let mut draft = OutputDraft { muxer, streams: Vec::new() };
    for source in sources {
        let kind = context.facts[source.0].streams[source.1].kind;
        let place = OutputPlace::next(&draft, kind);
        match choose_codec(context, spec, &draft.muxer, source, &place) {
            Ok(choice) => draft.streams.push(StreamDraft { kind, source, choice, pixel_format: None }),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                return None;
            }
        }
    }
    if draft.streams.is_empty() && draft.muxer.name != "null" && draft.muxer.name != "ffmetadata" {
        diagnostics.push(
            Diagnostic::error(
                "no-streams",
                format!("Output file #{index} ({}) does not contain any stream.", masked(&spec.url)),
            )
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
fn candidates<'a>(context: &'a Context) -> impl Iterator<Item = ((usize, usize), &'a StreamFacts)> {
    context.facts.iter().zip(&context.spec.inputs).enumerate().flat_map(|(i, (facts, spec))| {
        facts.streams.iter().filter(move |s| !input::disabled(spec, s)).map(move |s| ((i, s.index), s))
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

fn mapped(context: &Context, spec: &OutputSpec) -> Result<Vec<(usize, usize)>, Diagnostic> {
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for map in &spec.maps {
        let MapSource::Input { input, specifier } = &map.source else {
            return Err(Diagnostic::error(
                "map-label",
                format!("{}: link labels need -filter_complex, which is not there yet.", map.origin.token),
            )
            .at(&map.origin));
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
            chosen.retain(|(i, s)| i != input || !specifier.matches(facts, &facts.streams[*s]));
            continue;
        }
        let found: Vec<&StreamFacts> = facts.streams.iter().filter(|s| specifier.matches(facts, s)).collect();
        let usable: Vec<_> = found.iter().filter(|s| !input::disabled(&context.spec.inputs[*input], s)).collect();
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
            .at(&map.origin));
        }
        for stream in usable {
            chosen.push((*input, stream.index));
        }
    }
    let kind = |(i, s): &(usize, usize)| context.facts[*i].streams[*s].kind;
    chosen.retain(|source| !switched_off(spec, kind(source)));
    if let Some(source) = chosen.iter().find(|s| kind(s) == MediaKind::Unknown) {
        return Err(Diagnostic::error(
            "map-unknown",
            format!("Cannot map stream #{}:{} - unsupported type.", source.0, source.1),
        )
        .remedy(format!("Take it away again with -map -{}:{}.", source.0, source.1)));
    }
    Ok(chosen)
}

fn choose_codec(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    source: (usize, usize),
    place: &OutputPlace,
) -> Result<Choice, Diagnostic> {
    let stream = &context.facts[source.0].streams[source.1];
    let catalog = context.catalog;
    if let Some(assigned) = spec.codec.last_matching(|s| place.matches(s)) {
        let name = assigned.value.as_str();
        if name == "copy" {
            return Ok(Choice::Copy);
        }
        let facts = catalog.encoder(name).or_else(|| catalog.codec_id(name).and_then(|id| catalog.encoder_for(id)));
        return match facts {
            Some(facts) if facts.kind == stream.kind => Ok(Choice::Encoder { facts, named: true }),
            Some(facts) => Err(Diagnostic::error(
                "codec-kind",
                format!(
                    "Invalid encoder type '{name}': it encodes {}, but stream #{}:{} is {}.",
                    facts.kind.name(),
                    source.0,
                    source.1,
                    stream.kind.name()
                ),
            )
            .remedy(format!("Name the kind: -c:{} {name}", kind_letter(facts.kind)))
            .at(&assigned.origin)),
            None => Err(unknown_encoder(catalog, name, stream.kind).at(&assigned.origin)),
        };
    }
    match stream.kind {
        MediaKind::Video | MediaKind::Audio | MediaKind::Subtitle => {
            let codec = catalog.guess_codec(&muxer.name, &spec.url, stream.kind);
            Ok(match catalog.encoder_for(codec).filter(|_| codec != 0) {
                Some(facts) => Choice::Encoder { facts, named: false },
                None => Choice::NoEncoder { codec: catalog.codec_name(codec) },
            })
        }
        MediaKind::Data | MediaKind::Attachment | MediaKind::Unknown => Ok(Choice::Copy),
    }
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
    let message = format!("Unknown encoder '{name}'");
    let diagnostic = Diagnostic::error("unknown-encoder", message);
    if names.is_empty() {
        diagnostic.remedy(": -encoders lists those of the linked FFmpeg.")
    } else if same.is_empty() {
        diagnostic.remedy(format!(": did you mean {}?", names.join(", ")))
    } else {
        diagnostic.remedy(format!(": for {} this FFmpeg has {}.", wanted_codec.unwrap_or_default(), names.join(", ")))
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
