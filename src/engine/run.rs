//! A run under way, and how it ended.

use super::clock::Clock;
use super::commands::Commands;
use super::discard::discard;
use super::fault::{StageError, first_cause};
use super::meter::Meter;
use super::stop::{Latch, StopSignal};
use super::wanted::nobody_wanted;
use crate::av::BlockedThread;
use crate::diagnostic::mask_url;
use crate::plan::Plan;
use crossbeam_channel::{Receiver, RecvTimeoutError, select};
use std::any::Any;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a source that sits in a read is woken while the run drains.
const WAKE_EVERY: Duration = Duration::from_millis(50);

/// How an output ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputEnd {
    /// Whole.
    Complete,
    /// The run failed; what was written up to then is playable.
    Salvaged,
    /// The run failed; what was written was of no use and has been removed.
    Removed,
    /// The run failed; what was written is of no use, and could not be removed.
    Useless,
    /// Whoever wrote it was lost in the middle of it.
    Unfinished,
}

impl OutputEnd {
    /// Removes a file of no use.
    pub(super) fn discarded(path: &Path) -> Self {
        if discard(path).is_ok() { Self::Removed } else { Self::Useless }
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// The first cause of a failure.
    pub failure: Option<StageError>,
    /// It was stopped from outside.
    pub stopped: bool,
    /// By output.
    pub outputs: Vec<OutputEnd>,
    /// Sentences about inputs that were cut off or damaged.
    pub damage: Vec<String>,
    /// Nanoseconds from start to end.
    pub elapsed_ns: i64,
    /// All counts.
    pub meter: Arc<Meter>,
    /// Stages that have ended, in the order in which ffmpeg frees them: filters and encoders have their say then, behind
    /// the closing lines.
    kept: Vec<Kept>,
}

impl Outcome {
    /// Frees what is left of the stages.
    pub fn clear(&mut self) {
        self.kept.drain(..).for_each(drop);
    }
}

/// What a thread gives back.
pub(super) struct Ended {
    pub(super) result: Result<(), StageError>,
    pub(super) output: Option<EndedOutput>,
    /// Its stages, for what FFmpeg's filters and encoders say when they go.
    pub(super) kept: Vec<Kept>,
}

/// A stage that has ended.
#[derive(Debug)]
pub(super) struct Kept {
    /// Which filtergraph it is, complex ones first, if it is one: these go first.
    pub(super) graph: Option<usize>,
    pub(super) _stage: Box<dyn Any + Send>,
}

/// How an output's thread ended.
pub(super) struct EndedOutput {
    pub(super) index: usize,
    pub(super) end: OutputEnd,
    /// No packet was written.
    pub(super) empty: bool,
    /// The file, where it is one.
    pub(super) path: Option<PathBuf>,
}

/// Wakes threads from blocking reads and writes once the run is drained; ends when they have all ended.
pub(super) fn wake_blocked(sources: &[BlockedThread], all_ended: &Receiver<Infallible>, drain: &Latch) {
    select! {
        recv(all_ended) -> _ => return,
        recv(drain.receiver()) -> _ => {}
    }
    // One signal may come just before the read that it should end.
    while matches!(all_ended.recv_timeout(WAKE_EVERY), Err(RecvTimeoutError::Timeout)) {
        sources.iter().for_each(|source| source.wake());
    }
}

/// A run under way.
pub struct Running {
    pub(super) threads: Vec<(String, JoinHandle<Ended>)>,
    /// Ends when all sources have; joined before them.
    pub(super) waker: Option<JoinHandle<()>>,
    pub(super) stop: StopSignal,
    /// All counts, for the report.
    pub meter: Arc<Meter>,
    /// The plan that is carried out.
    pub plan: Arc<Plan>,
    /// What the keyboard asks.
    pub commands: Commands,
    pub(super) clock: Clock,
    pub(super) input_urls: Vec<String>,
    /// An output that stays empty because of a damaged input is a failure.
    pub(super) strict: bool,
}

/// Aborts the run when the thread that holds it panics.
pub(super) struct AbortOnPanic(pub(super) StopSignal);

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abort();
        }
    }
}

impl Running {
    /// Waits for the end.
    pub fn join(mut self) -> Outcome {
        if let Some(waker) = self.waker.take() {
            // It knows the sources' threads, so it must be gone before they are joined.
            let _ = waker.join();
        }
        let (mut errors, mut ended_outputs, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for (name, thread) in std::mem::take(&mut self.threads) {
            match thread.join() {
                Ok(ended) => {
                    errors.extend(ended.result.err());
                    ended_outputs.extend(ended.output);
                    kept.extend(ended.kept);
                }
                Err(_) => errors.push(StageError::Panicked(name)),
            }
        }
        kept.sort_by_key(|kept| kept.graph.unwrap_or(usize::MAX));
        let damage = self.damage();
        let mut failure = first_cause(errors).filter(StageError::is_failure);
        let failed = failure.is_some();
        let mut outputs = vec![OutputEnd::Unfinished; self.plan.outputs.len()];
        for EndedOutput { index, end, empty, path } in ended_outputs {
            outputs[index] = end;
            if empty
                && !failed
                && let Some(error) = self.judge_empty(index, &damage)
            {
                // A header around nothing would pass for a finished file.
                if let Some(path) = path {
                    outputs[index] = OutputEnd::discarded(&path);
                }
                failure.get_or_insert(error);
            }
        }
        Outcome {
            failure,
            stopped: self.stop.drain.is_tripped() && !self.stop.abort.is_tripped(),
            outputs,
            damage,
            elapsed_ns: self.clock.now_ns(),
            meter: self.meter,
            kept,
        }
    }

    /// Sentences about inputs that somebody wanted and that were damaged or broke off.
    fn damage(&self) -> Vec<String> {
        let mut damage = Vec::new();
        for (index, (url, meter)) in self.input_urls.iter().zip(&self.meter.inputs).enumerate() {
            if nobody_wanted(&self.plan, &self.meter, index) {
                continue;
            }
            damage.extend(meter.broken());
            let corrupt = meter.corrupt_packets.load(Relaxed);
            let undecoded = meter.decode_errors.load(Relaxed) + meter.damaged_frames.load(Relaxed);
            if corrupt + undecoded > 0 {
                damage.push(format!(
                    "{url}: {corrupt} packets were damaged, {undecoded} packets or frames could not be decoded cleanly"
                ));
            }
        }
        damage.extend(unreadable(&self.plan, &self.meter, &self.input_urls));
        damage
    }

    /// An output without a packet: a failure where damaged inputs may be the reason.
    fn judge_empty(&self, index: usize, damage: &[String]) -> Option<StageError> {
        let url = mask_url(&self.plan.outputs[index].url);
        if self.strict && !damage.is_empty() {
            return Some(StageError::Failed(format!("{url}: nothing could be read for it: {}", damage.join("; "))));
        }
        // Of a single output the closing lines say it.
        if self.plan.outputs.len() > 1 {
            log::warn!(
                "{url}: Output file is empty, nothing was encoded (check -ss / -t / -frames parameters if used)"
            );
        }
        None
    }
}

/// Sentences about packets on their way from an input to an output that a bitstream filter could not read.
fn unreadable(plan: &Plan, meter: &Meter, input_urls: &[String]) -> Vec<String> {
    let streams = plan.outputs.iter().zip(&meter.outputs).flat_map(|(output, meter)| {
        let url = mask_url(&output.url);
        output.streams.iter().zip(&meter.streams).map(move |(stream, meter)| (stream, meter, url.clone()))
    });
    streams
        .filter_map(|(stream, meter, output)| {
            let packets = meter.unreadable.load(Relaxed);
            let (input, index) = stream.source.input().filter(|_| packets > 0)?;
            let input_url = input_urls.get(input)?;
            Some(format!(
                "{input_url}: {packets} packets of stream #{input}:{index} could not be read by the bitstream filter \
                 of {output} and were left out"
            ))
        })
        .collect()
}
