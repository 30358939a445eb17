//! Rules: each looks at the facts and may change the draft, and says so.

mod aac_header;
mod copy_conflicts;
mod flv_guard;
mod ignored_input_options;
pub(super) mod live_output;
mod low_bit_rate;
mod repeated_options;
mod rival_rates;
pub(super) mod same_path;
mod unheeded;
mod unmatched_maps;
mod unused_options;

use super::{Context, OutputDraft};
use crate::diagnostic::Diagnostic;

type Rule = fn(&Context, usize, &mut OutputDraft, &mut Vec<Diagnostic>);

/// Every rule, in the order in which they are applied to each output.
const RULES: [Rule; 10] = [
    unmatched_maps::apply,
    repeated_options::apply,
    live_output::apply,
    flv_guard::apply,
    copy_conflicts::apply,
    aac_header::apply,
    unused_options::apply,
    low_bit_rate::apply,
    rival_rates::apply,
    unheeded::apply,
];

/// Applies all rules.
pub(super) fn apply(context: &Context, drafts: &mut [OutputDraft], diagnostics: &mut Vec<Diagnostic>) {
    repeated_options::of_inputs(context, diagnostics);
    for (index, draft) in drafts.iter_mut().enumerate() {
        for rule in RULES {
            rule(context, index, draft, diagnostics);
        }
    }
    ignored_input_options::apply(context, drafts, diagnostics);
    copy_conflicts::filters(context, drafts, diagnostics);
}
