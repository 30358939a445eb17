//! Limits that the user sets: what the process may use, and what a job may lack.

use super::Exit;
use crate::av::{limit_cpu_features, set_cpu_count, set_max_alloc};
use crate::engine::Outcome;
use crate::report::CalledAs;
use crate::spec::SeldomGlobal;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::sync::atomic::Ordering::Relaxed;

/// Sets what the process and FFmpeg's libraries may use.
pub(super) fn apply(seldom: &SeldomGlobal) -> Result<(), String> {
    if let Some(flags) = &seldom.cpu_flags {
        limit_cpu_features(flags).map_err(|error| {
            let expected = "Names of features are expected, e.g. sse4.2 or all-avx2, or 0 for none.";
            format!("Failed to set value '{flags}' for option 'cpuflags': {error}. {expected}")
        })?;
    }
    if let Some(count) = seldom.cpu_count {
        set_cpu_count(count);
    }
    if let Some(bytes) = seldom.max_alloc_bytes {
        set_max_alloc(bytes);
    }
    if let Some(seconds) = seldom.cpu_limit_s {
        let limit = Rlimit { current: Some(seconds), maximum: Some(seconds + 1) };
        setrlimit(Resource::Cpu, limit).map_err(|error| format!("setrlimit: {error}"))?;
    }
    Ok(())
}

/// How a job that ended well ends all the same, and why.
pub(super) fn exceeded(outcome: &Outcome, seldom: &SeldomGlobal, called: CalledAs) -> Option<(Exit, String)> {
    let (mut all, mut number) = (0, 0);
    for (index, output) in outcome.meter.outputs.iter().enumerate() {
        for (stream, counts) in output.streams.iter().enumerate() {
            let packets = counts.packets.load(Relaxed);
            all += packets;
            if packets == 0 && seldom.abort_on_empty_stream {
                let place = match called {
                    CalledAs::Ffmpeg => number.to_string(),
                    CalledAs::Weir => format!("{index}:{stream}"),
                };
                return Some((Exit::Failed, format!("Empty output on stream {place}.")));
            }
            number += 1;
        }
    }
    if all == 0 && seldom.abort_on_empty_output {
        return Some((Exit::Failed, "Empty output".to_owned()));
    }
    let inputs = &outcome.meter.inputs;
    let frames: u64 = inputs.iter().map(|i| i.frames.load(Relaxed)).sum();
    let errors: u64 = inputs.iter().map(|i| i.decode_errors.load(Relaxed)).sum();
    let too_many = (frames + errors) as f64 * seldom.max_error_rate < errors as f64;
    too_many.then(|| (Exit::Damaged, format!("{errors} of {} frames could not be decoded", frames + errors)))
}
