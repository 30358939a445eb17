//! Which input streams go to an output: `-map`, or ffmpeg's choice of the best of each kind.

use super::graphs::Graphs;
use super::{Context, StreamSource, input};
use crate::catalog::MuxerFacts;
use crate::diagnostic::{Diagnostic, shell_quoted};
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::spec::{MapSource, MapSpec, OutputSpec, StreamSpecifier};
use std::collections::BTreeMap;

/// What an output is made from, in its order, and whether its maps had a say in it.
pub(super) fn sources(
    context: &Context,
    spec: &OutputSpec,
    muxer: &MuxerFacts,
    graphs: &Graphs,
) -> Result<(Vec<StreamSource>, bool), Diagnostic> {
    if let Some(chosen) = mapped(context, spec, graphs)? {
        return Ok((chosen, true));
    }
    let chosen = automatic(context, spec, muxer).into_iter();
    Ok((chosen.map(|(input, stream)| StreamSource::Input(input, stream)).collect(), false))
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

/// How much speaks for a stream.
#[derive(Clone, Copy)]
struct Merit {
    /// Of any file.
    score: i64,
    /// More, against the streams of its own file.
    within_file: i64,
}

impl Merit {
    /// Better than nothing.
    const LAST: Self = Self { score: 1, within_file: 0 };

    fn of(size: i64, s: &StreamFacts) -> Self {
        let score = size + if s.saw_packets { 100_000_000 } else { 0 };
        Self { score, within_file: if s.has_disposition("default") { 5_000_000 } else { 0 } }
    }
}

/// The best stream of the best file; the first of equals. That it is its file's default says nothing against other files.
fn best(context: &Context, kind: MediaKind, merit: impl Fn(&StreamFacts) -> Option<Merit>) -> Option<(usize, usize)> {
    let mut files: BTreeMap<usize, (i64, i64, (usize, usize))> = BTreeMap::new();
    for (source, s) in candidates(context).filter(|(_, s)| s.kind == kind) {
        let Some(merit) = merit(s) else { continue };
        let here = merit.score + merit.within_file;
        let best = files.entry(source.0).or_insert((0, 0, source));
        if here > best.0 {
            *best = (here, merit.score, source);
        }
    }
    files.into_values().fold((0, None), |best, (_, score, at)| if score > best.0 { (score, Some(at)) } else { best }).1
}

/// Without `-map`: the best stream of each kind that the muxer has a default codec for.
fn automatic(context: &Context, spec: &OutputSpec, muxer: &MuxerFacts) -> Vec<(usize, usize)> {
    let mut chosen = Vec::new();
    let default = |kind| context.catalog.guess_codec(muxer, &spec.url, kind);
    if !spec.no_video && default(MediaKind::Video) != 0 {
        chosen.extend(best(context, MediaKind::Video, |s| {
            let cover = s.is_cover();
            match (cover, muxer.cover_only) {
                (false, true) => None,
                (true, false) => Some(Merit::LAST),
                _ => Some(Merit::of(i64::from(s.width) * i64::from(s.height), s)),
            }
        }));
    }
    if !spec.no_audio && default(MediaKind::Audio) != 0 {
        chosen.extend(best(context, MediaKind::Audio, |s| Some(Merit::of(i64::from(s.channels), s))));
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

/// With `-map`: what it names, without what is switched off; `None` where all that is mapped may be missing, and is, for
/// streams are then chosen as without `-map`.
fn mapped(context: &Context, spec: &OutputSpec, graphs: &Graphs) -> Result<Option<Vec<StreamSource>>, Diagnostic> {
    let mut maps = Maps { context, spec, graphs, chosen: Vec::new(), taken: 0 };
    for map in &spec.maps {
        match &map.source {
            MapSource::Label(label) => maps.take_label(label, map)?,
            MapSource::Input { input, specifier } => maps.apply(&InputMap::new(context, (*input, specifier), map)?)?,
        }
    }
    if maps.taken == 0 {
        return Ok(None);
    }
    maps.finish().map(Some)
}

/// The streams of one input that a `-map` names.
struct InputMap<'a> {
    map: &'a MapSpec,
    input: usize,
    specifier: &'a StreamSpecifier,
    facts: &'a InputFacts,
    /// As it is typed, without what leads and trails.
    typed: String,
}

impl<'a> InputMap<'a> {
    fn new(
        context: &Context<'a>,
        (input, specifier): (usize, &'a StreamSpecifier),
        map: &'a MapSpec,
    ) -> Result<Self, Diagnostic> {
        let Some(facts) = context.facts.get(input) else {
            let message = format!("Invalid input file index: {input} (in -map {input}:{specifier}).");
            return Err(Diagnostic::error("map-input", message)
                .remedy(format!("There are {} input(s); the first is 0.", context.facts.len()))
                .at(&map.origin));
        };
        let typed = if specifier.text.is_empty() { input.to_string() } else { format!("{input}:{specifier}") };
        Ok(Self { map, input, specifier, facts, typed })
    }

    fn names(&self, stream: &StreamFacts) -> bool {
        self.specifier.matches(self.facts, stream)
    }

    /// It takes streams away, and none have been taken yet.
    fn takes_from_nothing(&self) -> Diagnostic {
        let Self { input, typed, .. } = self;
        Diagnostic::error(
            "map-takes-from-nothing",
            format!("-map -{typed} takes streams away where none have been taken yet."),
        )
        .remedy(format!("It stands behind those that take, as in -map {input} -map -{typed}."))
        .ffmpeg_says(format!("Stream map '{typed}' matches no streams.\n{IGNORABLE}"))
        .at(&self.map.origin)
    }

    /// It names no stream, or none that is not switched off.
    fn names_nothing(&self) -> Diagnostic {
        let is_disabled = self.facts.streams.iter().any(|stream| self.names(stream));
        let what = if is_disabled { "matches disabled streams" } else { "matches no streams" };
        let words = format!("Stream map '{}' {what}.\n{IGNORABLE}", self.typed);
        let there = contents(self.input, self.facts);
        Diagnostic::error("map-nothing", format!("{words}\n{} has: {there}", self.facts.url))
            .ffmpeg_says(words)
            .at(&self.map.origin)
    }
}

/// What ffmpeg says of a map that need not match.
const IGNORABLE: &str = "To ignore this, add a trailing '?' to the map.";

/// The maps of an output, read one after the other.
struct Maps<'a> {
    context: &'a Context<'a>,
    spec: &'a OutputSpec,
    graphs: &'a Graphs,
    chosen: Vec<StreamSource>,
    /// How many were taken, those included that were taken away again.
    taken: usize,
}

impl Maps<'_> {
    /// Takes what a complex filtergraph gives.
    fn take_label(&mut self, label: &str, map: &MapSpec) -> Result<(), Diagnostic> {
        let source = self.graphs.labelled(label).filter(|source| !self.chosen.contains(source));
        self.chosen.push(source.ok_or_else(|| self.no_label(label, map))?);
        self.taken += 1;
        Ok(())
    }

    fn no_label(&self, label: &str, map: &MapSpec) -> Diagnostic {
        let text = format!("[{label}]");
        let remedy = match self.spec.filters.0.iter().find(|filter| filter.value.contains(&text)) {
            Some(filter) => format!(
                "{text} stands in {}, a filter of one stream, which has no labels to be mapped. -filter_complex has: \
                 -filter_complex {}",
                filter.origin.token,
                shell_quoted(&filter.value)
            ),
            None => "A label can be mapped once; split makes several of one.".to_owned(),
        };
        let message = format!(
            "Output with label '{label}' does not exist in any defined filter graph, or was already used elsewhere."
        );
        Diagnostic::error("map-label", message).remedy(remedy).at(&map.origin)
    }

    /// Takes streams of an input, or takes them away again.
    fn apply(&mut self, of: &InputMap<'_>) -> Result<(), Diagnostic> {
        if of.map.negative {
            if self.taken == 0 && !of.map.optional {
                return Err(of.takes_from_nothing());
            }
            self.chosen.retain(|source| match source {
                StreamSource::Input(input, stream) => *input != of.input || !of.names(&of.facts.streams[*stream]),
                StreamSource::Graph(..) | StreamSource::File => true,
            });
            return Ok(());
        }
        let is_usable = |s: &&StreamFacts| !input::disabled(&self.context.spec.inputs[of.input], of.facts, s);
        let usable: Vec<_> = of.facts.streams.iter().filter(|s| of.names(s)).filter(is_usable).collect();
        if usable.is_empty() && !of.map.optional {
            return Err(of.names_nothing());
        }
        self.taken += usable.len();
        self.chosen.extend(usable.into_iter().map(|stream| StreamSource::Input(of.input, stream.index)));
        Ok(())
    }

    /// What was chosen, without kinds that are switched off; streams of unknown kinds are refused unless they are provided for.
    fn finish(self) -> Result<Vec<StreamSource>, Diagnostic> {
        let Self { context, spec, graphs, mut chosen, .. } = self;
        let kind = |source: &StreamSource| graphs.kind(context, *source);
        chosen.retain(|source| source.input().is_none() || !switched_off(spec, kind(source)));
        let seldom = &context.spec.global.seldom;
        if seldom.copy_unknown {
            return Ok(chosen);
        }
        if seldom.ignore_unknown {
            chosen.retain(|source| kind(source) != MediaKind::Unknown);
            return Ok(chosen);
        }
        match chosen.iter().find(|source| kind(source) == MediaKind::Unknown).and_then(|source| source.input()) {
            Some(source) => Err(unknown_kind(source)),
            None => Ok(chosen),
        }
    }
}

fn unknown_kind((input, stream): (usize, usize)) -> Diagnostic {
    let message = format!("Cannot map stream #{input}:{stream} - unsupported type.");
    Diagnostic::error("map-unknown", message).remedy(format!(
        "If you want unsupported types ignored instead of failing, please use the -ignore_unknown option\nIf you want \
         them copied, please use -copy_unknown. Or take it away again with -map -{input}:{stream}."
    ))
}

/// What an input holds: `0:0 video (h264), 0:1 audio (aac)`.
pub(super) fn contents(input: usize, facts: &InputFacts) -> String {
    let stream = |s: &StreamFacts| format!("{input}:{} {} ({})", s.index, s.kind.name(), s.codec);
    facts.streams.iter().map(stream).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::diagnostic::Severity;
    use crate::facts::{MediaKind, StreamFacts};
    use crate::plan::testing::{audio, codes, input, planned, refusal, stream, treatments, video};

    fn sources(line: &str, facts: &[crate::facts::InputFacts]) -> Vec<(usize, usize)> {
        let plan = planned(line, facts).unwrap();
        treatments(&plan).swap_remove(0).into_iter().map(|(source, _)| source).collect()
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
    fn a_default_stream_wins_within_its_file_only() {
        let default = |s: StreamFacts| StreamFacts { disposition: vec!["default".to_owned()], ..s };
        let large = || StreamFacts { width: 1280, height: 720, ..video("h264") };
        let facts = [
            input(vec![default(video("h264")), large(), default(audio("aac"))]),
            input(vec![large(), StreamFacts { channels: 6, ..audio("aac") }]),
        ];
        assert_eq!(sources("-i a out.mp4", &facts[..1]), [(0, 0), (0, 2)]);
        assert_eq!(sources("-i a -i b out.mp4", &facts), [(1, 0), (1, 1)]);
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
        assert_eq!(sources("-i a -i b -map -0:v? -map 0:v out.mkv", &facts), [(0, 0)]);
        assert_eq!(refusal("-i a -i b -map -0:v -map 0 out.mkv", &facts).0, "map-takes-from-nothing");
        assert_eq!(sources("-i a -i b -map 0:v -map 0:s? out.mkv", &facts), [(0, 0)]);
        assert_eq!(sources("-i a -i b -map 0 -an out.mkv", &facts), [(0, 0)]);
    }

    #[test]
    fn maps_that_may_be_missing_and_are_leave_the_choice_as_it_is() {
        let facts = [input(vec![video("h264"), audio("aac")])];
        for maps in ["-map 0:s?", "-map 0:s? -map 0:d?", "-map -0:v?"] {
            let line = format!("-i a {maps} out.mkv");
            assert_eq!(sources(&line, &facts), [(0, 0), (0, 1)], "{maps}");
            let plan = planned(&line, &facts).unwrap();
            assert_eq!(codes(&plan.diagnostics), [(Severity::Warning, "maps-take-nothing")], "{maps}");
        }
        assert_eq!(refusal("-i a -map 0 -map -0 out.mkv", &facts).0, "no-streams");
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
}
