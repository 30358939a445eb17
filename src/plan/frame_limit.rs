//! `-filter_buffered_frames`: refused where libavfilter cannot count what waits in its filtergraphs.

use super::Context;
use crate::diagnostic::Diagnostic;

pub(super) fn check(context: &Context) -> Result<(), Diagnostic> {
    if context.spec.global.seldom.filter_buffered_frames == 0 || context.catalog.graphs_limit_frames() {
        return Ok(());
    }
    let message = "-filter_buffered_frames needs FFmpeg 8.1 or newer: the libavfilter that is linked does not count the frames \
                   that wait in a filtergraph.";
    Err(Diagnostic::error("frame-limit-unknown", message)
        .remedy("Leave the option out; `ulimit -v` bounds the memory of the whole run."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::plan::testing::{input, planned, refusal, video};

    #[test]
    fn a_limit_that_nobody_would_keep_is_refused_and_none_is_taken() {
        let facts = [input(vec![video("h264")])];
        assert!(planned("-filter_buffered_frames 0 -i a b.mp4", &facts).is_ok());
        let (code, sentence) = refusal("-filter_buffered_frames 8 -i a b.mp4", &facts);
        assert_eq!(code, "frame-limit-unknown");
        assert!(sentence.contains("8.1"), "{sentence}");
    }
}
