//! Equal work is done once: an output stream that asks for just what an earlier one asks for takes its packets from the
//! same encoder.

use super::{OutputPlan, OutputStreamPlan, StreamSource, Treatment};

/// Finds the streams whose encoders give the same packets.
pub(super) fn assign(outputs: &mut [OutputPlan]) {
    let places: Vec<(usize, usize)> =
        outputs.iter().enumerate().flat_map(|(o, output)| (0..output.streams.len()).map(move |s| (o, s))).collect();
    for (at, later) in places.iter().enumerate() {
        let leader = places[..at].iter().find(|earlier| {
            earlier.0 != later.0
                && outputs[earlier.0].streams[earlier.1].encoded_by.is_none()
                && same_packets(&outputs[earlier.0], earlier.1, &outputs[later.0], later.1)
        });
        outputs[later.0].streams[later.1].encoded_by = leader.copied();
    }
}

/// Whether two output streams are encoded from the same frames by the same encoder in the same way.
fn same_packets(a: &OutputPlan, a_stream: usize, b: &OutputPlan, b_stream: usize) -> bool {
    let (x, y) = (&a.streams[a_stream], &b.streams[b_stream]);
    let (Treatment::Encode(how), Treatment::Encode(other)) = (&x.treatment, &y.treatment) else { return false };
    // A filtergraph's output has one taker by itself.
    let from_input = matches!(x.source, StreamSource::Input(..));
    let wanted = |o: &OutputPlan, s: &OutputStreamPlan| {
        (s.kind, s.source, s.codec_tag, s.max_frames, o.muxer.global_header, o.start_us, o.duration_us)
    };
    // Keyframes may be forced at the chapters of the output.
    let same_chapters = how.force_key_frames.is_none() || a.chapters_from == b.chapters_from;
    // Who counts frames counts his own.
    let uncounted = !x.stats.is_any() && !y.stats.is_any();
    from_input && uncounted && how == other && same_chapters && wanted(a, x) == wanted(b, y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::MediaKind;
    use crate::plan::EncodePlan;

    fn stream(source: usize, crf: &str) -> OutputStreamPlan {
        let options = vec![("crf".to_owned(), crf.to_owned())];
        let treatment = Treatment::Encode(Box::new(EncodePlan { options, ..EncodePlan::default() }));
        OutputStreamPlan::bare(MediaKind::Video, StreamSource::Input(0, source), treatment)
    }

    fn output(streams: Vec<OutputStreamPlan>) -> OutputPlan {
        OutputPlan { streams, ..OutputPlan::default() }
    }

    fn shared(outputs: &mut [OutputPlan]) -> Vec<Vec<Option<(usize, usize)>>> {
        assign(outputs);
        outputs.iter().map(|o| o.streams.iter().map(|s| s.encoded_by).collect()).collect()
    }

    #[test]
    fn equal_streams_of_other_outputs_share_the_first_one_s_encoder() {
        let mut outputs = [
            output(vec![stream(0, "23"), stream(1, "23")]),
            output(vec![stream(1, "23"), stream(0, "23")]),
            output(vec![stream(0, "23")]),
        ];
        assert_eq!(shared(&mut outputs), [vec![None, None], vec![Some((0, 1)), Some((0, 0))], vec![Some((0, 0))]]);
    }

    #[test]
    fn whatever_differs_is_encoded_apart() {
        let mut header = output(vec![stream(0, "23")]);
        header.muxer.global_header = true;
        let mut cut = output(vec![stream(0, "23")]);
        cut.duration_us = Some(1);
        let mut outputs = [output(vec![stream(0, "23")]), output(vec![stream(0, "24")]), header, cut];
        assert_eq!(shared(&mut outputs), vec![vec![None]; 4]);
    }

    #[test]
    fn two_streams_of_one_output_are_two() {
        let mut outputs = [output(vec![stream(0, "23"), stream(0, "23")])];
        assert_eq!(shared(&mut outputs), [[None, None]]);
    }
}
