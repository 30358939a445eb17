//! `-map` of streams that may be missing, where all of them are.

use crate::diagnostic::{Diagnostic, mask_url};
use crate::plan::{Context, OutputDraft};

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, diagnostics: &mut Vec<Diagnostic>) {
    let spec = &context.spec.outputs[index];
    let Some(map) = spec.maps.last().filter(|_| !draft.is_mapped) else { return };
    let message = format!(
        "{}: no -map matches a stream: streams are chosen as if there were no -map, which is what ffmpeg does.",
        mask_url(&spec.url)
    );
    diagnostics.push(
        Diagnostic::warning("maps-take-nothing", message)
            .remedy("Without the '?', a stream that is missing is an error.")
            .ffmpeg_says("")
            .at(&map.origin),
    );
}
