//! How many threads decoders and filtergraphs get, where the user does not say.
//!
//! Stages run beside each other already. Slicing a picture for scaling as well costs processor time and wins none while an
//! encoder has the other processors, unlike slices for filters that take long; and decoding several pictures at a time costs a
//! tenth more than one after the other, which pays only where the encoder would wait for them (BENCHMARKS.md). Encoders keep
//! FFmpeg's own choice, since their packets depend on it; what decoders give does not.

use super::{Context, DecoderThreads, EncodePlan, GraphPlan, OutputPlan, Plan, Treatment, filter_places, presets};
use crate::facts::{MediaKind, StreamFacts};
use crate::unit::rescale;

/// Encoders that take next to no time: what feeds them is what takes it.
const LIGHT: [&str; 5] = ["rawvideo", "wrapped_avframe", "v210", "yuv4", "bitpacked"];

/// Filters that take little for each picture, and give the same however many slices it is made in.
const QUICK_FILTERS: [&str; 17] = [
    "copy",
    "crop",
    "format",
    "fps",
    "framestep",
    "hflip",
    "null",
    "pad",
    "scale",
    "setdar",
    "setfield",
    "setpts",
    "setsar",
    "settb",
    "showinfo",
    "trim",
    "vflip",
];

/// Formats, and words in options of `scale` and `format`, whose conversion gives other pictures when it is done in slices.
const CONVERTED_BY_SLICES: [&str; 5] = ["bgr24", "yuv410p", "color_matrix", "color_space", "gamma"];

/// Up to so many frames, decoders have little to do beside each other.
const FEW_FRAMES: i64 = 8;

/// Decoders that take about as long as H.264's for the same pictures, or less.
const QUICK_DECODERS: [&str; 5] = ["h264", "hevc", "mpeg4", "vp8", "vp9"];

/// What an encoder takes that takes as long as a quick decoder for the same pictures, as [`presets::cost`] tells it: on one thread
/// decoding took 7.7 s where x264's medium preset took 82 s, and its veryfast one 32 s.
const COST_OF_DECODING: i64 = 10;

/// Gives a thread count to filtergraphs of pictures that have none.
pub(super) fn of_filtergraphs(context: &Context<'_>, outputs: &mut [OutputPlan], cores: usize) {
    for stream in outputs.iter_mut().flat_map(|o| &mut o.streams).filter(|s| s.kind == MediaKind::Video) {
        let source = stream.source.input().map(|(input, stream)| &context.facts[input].streams[stream]);
        let is_converted = |graph: &str| {
            CONVERTED_BY_SLICES
                .iter()
                .any(|format| source.is_some_and(|s| s.format == *format) || graph.contains(format))
        };
        if let Treatment::Encode(encode) = &mut stream.treatment
            && !LIGHT.contains(&encode.encoder.as_str())
            && filter_places::of(&encode.graph).iter().all(|filter| QUICK_FILTERS.contains(&filter.as_str()))
            && !is_converted(&encode.graph)
        {
            encode.filter_threads.get_or_insert_with(|| (cores / 4).max(1).to_string());
        }
    }
}

/// Chooses the threads of the decoders of inputs' pictures. Equal encoders must have been found.
pub(super) fn of_decoders(context: &Context<'_>, plan: &mut Plan, cores: usize) {
    let Plan { inputs, outputs, graphs, .. } = plan;
    for (i, input) in inputs.iter_mut().enumerate() {
        let sought = context.seeks[i].start_us.is_some();
        for (s, stream) in input.streams.iter_mut().enumerate() {
            let Some(decode) = &mut stream.decode else { continue };
            let facts = &context.facts[i].streams[s];
            let quick = facts.kind == MediaKind::Video && QUICK_DECODERS.contains(&decode.decoder.as_str());
            decode.threads = if takes_few_frames(outputs, graphs, (i, s)) {
                DecoderThreads::Usual
            } else if quick && !sought && is_outweighed(outputs, (i, s), facts, cores) {
                DecoderThreads::One
            } else {
                DecoderThreads::Spare
            };
        }
    }
}

/// True where so few frames of a stream of an input are wanted that decoders have little to do beside each other.
fn takes_few_frames(outputs: &[OutputPlan], graphs: &[GraphPlan], stream: (usize, usize)) -> bool {
    let by_a_graph = || graphs.iter().flat_map(|g| &g.inputs).any(|pad| pad.source.input() == Some(stream));
    let mut takers = outputs.iter().flat_map(|o| &o.streams).filter(|s| s.source.input() == Some(stream));
    takers.all(|s| s.max_frames.is_some_and(|count| count <= FEW_FRAMES)) && !by_a_graph()
}

/// True where encoders take so much longer than one thread that decodes for them that it is never the one they wait for: twice
/// as long as would keep all cores at work, since all of this is estimated.
fn is_outweighed(outputs: &[OutputPlan], stream: (usize, usize), facts: &StreamFacts, cores: usize) -> bool {
    let takers = outputs.iter().filter(|output| output.start_us.unwrap_or(0) <= 0).flat_map(|output| &output.streams);
    let takers = takers.filter(|s| s.source.input() == Some(stream) && s.encoded_by.is_none());
    let costs = takers.filter_map(|taker| match &taker.treatment {
        Treatment::Encode(encode) => cost(encode, facts),
        _ => None,
    });
    let decoding_costs = COST_OF_DECODING.saturating_mul(2).saturating_mul(i64::try_from(cores).unwrap_or(i64::MAX));
    costs.fold(0, i64::saturating_add) >= decoding_costs
}

/// What encoding takes, as [`presets::cost`] tells it for pictures as many and as large as the source's; `None` where it cannot
/// be told how many come through, and how large they are.
fn cost(encode: &EncodePlan, source: &StreamFacts) -> Option<i64> {
    if encode.user_filters || encode.max_frame_rate.is_some() {
        return None;
    }
    let cost = presets::cost(&encode.encoder, &encode.options)?;
    let area = |(width, height): (i32, i32)| i64::from(width.max(1)) * i64::from(height.max(1));
    let at_size = encode.size.map_or(cost, |size| cost * area(size) / area((source.width, source.height)));
    let by_rate = |rate| rescale(at_size, rate, source.avg_frame_rate).min(at_size);
    Some(encode.frame_rate.map_or(at_size, by_rate))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plan::testing::{input, planned, spec, video};
    use crate::plan::{GraphInputPlan, OutputStreamPlan, PadSource, Seek, StreamSource, plan};
    use crate::unit::Rational;

    fn taking(frames: Option<i64>) -> OutputPlan {
        let source = StreamSource::Input(0, 1);
        let stream = OutputStreamPlan::bare(MediaKind::Video, source, Treatment::Encode(Box::default()));
        OutputPlan { streams: vec![OutputStreamPlan { max_frames: frames, ..stream }], ..OutputPlan::default() }
    }

    #[test]
    fn few_frames_are_taken_only_where_nobody_takes_many() {
        let outputs = [taking(Some(1)), taking(Some(8))];
        assert!(takes_few_frames(&outputs, &[], (0, 1)));
        let (source, kind) = (PadSource::Input(0, 1), MediaKind::Video);
        let pad = GraphInputPlan { source, label: None, kind, name: "null".to_owned() };
        assert!(!takes_few_frames(&outputs, &[GraphPlan { inputs: vec![pad], ..GraphPlan::default() }], (0, 1)));
        for many in [None, Some(9)] {
            assert!(!takes_few_frames(&[taking(Some(1)), taking(many)], &[], (0, 1)), "{many:?}");
        }
    }

    #[test]
    fn quick_filtergraphs_leave_processors_to_encoders_unless_their_pictures_depend_on_it() {
        let threads_of = |line: &str, format: &str| {
            let film = StreamFacts { format: format.to_owned(), ..video("h264") };
            let plan = planned(line, &[input(vec![film])]).unwrap();
            let Treatment::Encode(encode) = &plan.outputs[0].streams[0].treatment else { return None };
            encode.filter_threads.clone()
        };
        let threads = |line: &str| threads_of(line, "yuv420p");
        assert_eq!(threads("-i a -vf hflip -c:v libx264 o.mp4").as_deref(), Some("2"));
        assert_eq!(threads("-i a -vf hflip,zscale -c:v libx264 o.mp4"), None);
        assert_eq!(threads_of("-i a -vf hflip -c:v libx264 o.mp4", "bgr24"), None);
        assert_eq!(threads("-filter_threads 3 -i a -vf zscale -c:v libx264 o.mp4").as_deref(), Some("3"));
    }

    /// The threads of the only decoder, on so many cores.
    fn threads(line: &str, cores: usize) -> DecoderThreads {
        let film = StreamFacts { width: 1920, height: 1080, avg_frame_rate: Rational::new(50, 1), ..video("h264") };
        let start_us = line.starts_with("-ss").then_some(1_000_000);
        let seek = Seek { start_us, ..Seek::default() };
        let catalog = crate::catalog::testing::FakeCatalog;
        let plan = plan(&spec(line), &[input(vec![film])], &[seek], &catalog, cores).unwrap();
        plan.inputs[0].streams[0].decode.as_ref().unwrap().threads
    }

    #[test]
    fn a_decoder_has_one_thread_where_what_follows_takes_far_longer() {
        use DecoderThreads::{One, Spare, Usual};
        for (line, expected) in [
            ("-i a -c:v libx264 o.mp4", [One, One, Spare]),
            ("-i a -c:v libx264 -preset veryslow o.mp4", [One, One, One]),
            ("-i a -c:v libx264 -preset veryfast o.mp4", [One, Spare, Spare]),
            ("-i a -c:v libx264 -preset superfast o.mp4", [Spare, Spare, Spare]),
            ("-i a -c:v libx264 -s 960x540 o.mp4", [Spare, Spare, Spare]),
            ("-i a -c:v libx264 -r 10 o.mp4", [Spare, Spare, Spare]),
            ("-i a -c:v libx264 -r 100 o.mp4", [One, One, Spare]),
            ("-i a -c:v libx264 -s 960x540 o.mp4 -c:v libx264 -s 1280x720 p.mp4", [One, Spare, Spare]),
            ("-i a -c:v libx264 -preset veryfast o.mp4 -c:v libx264 -preset veryfast p.mkv", [One, Spare, Spare]),
            ("-i a -vf hflip -c:v libx264 o.mp4", [Spare, Spare, Spare]),
            ("-i a -ss 10 -c:v libx264 o.mp4", [Spare, Spare, Spare]),
            ("-ss 1 -i a -c:v libx264 o.mp4", [Spare, Spare, Spare]),
            ("-i a -c:v mpeg4 o.mp4", [Spare, Spare, Spare]),
            ("-i a -frames:v 8 -c:v libx264 o.mp4", [Usual, Usual, Usual]),
        ] {
            assert_eq!([2, 4, 8].map(|cores| threads(line, cores)), expected, "{line}");
        }
    }
}
