//! What the run counts while it goes on: read by the report at any time, without locks.

use super::picture_errors::PictureErrors;
use super::session::SessionMeter;
use crate::facts::{GraphFacts, GraphPlace, MediaKind};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Where a stage's time goes.
#[derive(Debug, Default)]
pub struct StageMeter {
    items: AtomicU64,
    /// Time in steps, waits included.
    stepped_ns: AtomicU64,
    blocked_ns: AtomicU64,
    paused_ns: AtomicU64,
    waiting: AtomicU64,
}

fn since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl StageMeter {
    pub(super) fn worked_since(&self, began: Instant) {
        self.items.fetch_add(1, Ordering::Relaxed);
        self.stepped_since(began);
    }

    pub(super) fn stepped_since(&self, began: Instant) {
        self.stepped_ns.fetch_add(since(began), Ordering::Relaxed);
    }

    pub(super) fn blocked_since(&self, began: Instant) {
        self.blocked_ns.fetch_add(since(began), Ordering::Relaxed);
    }

    pub(super) fn paused_since(&self, began: Instant) {
        self.paused_ns.fetch_add(since(began), Ordering::Relaxed);
    }

    pub(super) fn waiting(&self, items: usize) {
        self.waiting.store(items as u64, Ordering::Relaxed);
    }

    /// Items that waited before the stage when it last looked.
    pub fn queue_depth(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Items handled.
    pub fn items(&self) -> u64 {
        self.items.load(Ordering::Relaxed)
    }

    /// Nanoseconds of work, waits left out.
    pub fn busy_ns(&self) -> u64 {
        let waits = self.blocked_ns.load(Ordering::Relaxed) + self.paused_ns.load(Ordering::Relaxed);
        self.stepped_ns.load(Ordering::Relaxed).saturating_sub(waits)
    }
}

/// Counts of one encoder.
#[derive(Debug)]
pub struct EncodeMeter {
    /// Frames given to the encoder.
    pub frames: AtomicU64,
    /// Samples given to the encoder.
    pub samples: AtomicU64,
    /// The encoder's last quality, lambda; negative when unknown.
    pub quality: AtomicI64,
    /// Frames repeated by frame-rate control.
    pub duplicated: AtomicU64,
    /// Frames dropped by frame-rate control, or to keep up.
    pub dropped: AtomicU64,
    /// Those of them that were left out to keep up with a live source.
    pub left_out: AtomicU64,
    /// The clock when media time zero came, by the picture that came earliest; `i64::MIN` where nobody keeps it in step
    /// with a live source.
    pub origin_us: AtomicI64,
    /// How far its pictures are from what it got, where it was asked.
    pub errors: PictureErrors,
}

impl Default for EncodeMeter {
    fn default() -> Self {
        Self {
            frames: AtomicU64::default(),
            samples: AtomicU64::default(),
            quality: AtomicI64::new(-1),
            duplicated: AtomicU64::default(),
            dropped: AtomicU64::default(),
            left_out: AtomicU64::default(),
            origin_us: AtomicI64::new(i64::MIN),
            errors: PictureErrors::default(),
        }
    }
}

/// Counts of one output stream.
#[derive(Debug, Default)]
pub struct StreamMeter {
    /// Its encoder, which other streams may share.
    pub encode: Arc<EncodeMeter>,
    /// Packets written.
    pub packets: AtomicU64,
    /// Bytes of packets written.
    pub bytes: AtomicU64,
    /// Bytes of extradata.
    pub extradata_bytes: AtomicU64,
    /// End of the last packet, in microseconds; `i64::MIN` before the first.
    pub end_us: AtomicI64,
    /// Where the first written packet begins, in microseconds; the least number before that.
    pub first_us: AtomicI64,
    /// Times repaired by the DTS guard.
    pub repairs: AtomicU64,
    /// Packets that a bitstream filter could not read.
    pub unreadable: AtomicU64,
}

impl StreamMeter {
    fn new(encode: Arc<EncodeMeter>) -> Self {
        Self { encode, end_us: AtomicI64::new(i64::MIN), first_us: AtomicI64::new(i64::MIN), ..Self::default() }
    }
}

/// Counts of one output.
#[derive(Debug, Default)]
pub struct OutputMeter {
    /// Its streams.
    pub streams: Vec<Arc<StreamMeter>>,
    /// Bytes of the file so far; -1 when it has none.
    pub file_bytes: AtomicI64,
    /// Its session, where the far end is a peer.
    pub session: Arc<SessionMeter>,
}

/// Counts of one stream of an input.
#[derive(Debug)]
pub struct InputStreamMeter {
    /// Its kind.
    pub kind: MediaKind,
    /// Packets read.
    pub packets: AtomicU64,
    /// Bytes of packets read.
    pub bytes: AtomicU64,
    /// Frames decoded.
    pub frames: AtomicU64,
    /// Samples decoded.
    pub samples: AtomicU64,
}

/// Counts of one input.
#[derive(Debug, Default)]
pub struct InputMeter {
    /// Its streams, as many as it had when it was opened.
    pub streams: Vec<InputStreamMeter>,
    /// Packets read.
    pub packets: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Packets the demuxer called corrupt.
    pub corrupt_packets: AtomicU64,
    /// Packets that could not be decoded.
    pub decode_errors: AtomicU64,
    /// Frames that the decoder itself calls damaged.
    pub damaged_frames: AtomicU64,
    /// Frames decoded.
    pub frames: AtomicU64,
    /// Where the timeline was re-anchored.
    pub jumps: AtomicU64,
    /// Packets whose time was far from those around it.
    pub astray: AtomicU64,
    /// Loop passes begun after the first.
    pub loops: AtomicU64,
    /// Packets left out at a seam.
    pub seam_drops: AtomicU64,
    /// Its session, where the far end is a peer.
    pub session: Arc<SessionMeter>,
    /// Sentence about how the input broke off, if it did.
    pub broke_off: Mutex<Option<String>>,
    /// The earliest time at which it was found damaged, in microseconds of the job.
    damaged_from_us: Earliest,
}

/// A time that is only ever moved forward, in microseconds; the greatest number where there is none.
#[derive(Debug)]
struct Earliest(AtomicI64);

impl Default for Earliest {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MAX))
    }
}

impl InputMeter {
    fn new(kinds: &[MediaKind]) -> Self {
        let stream = |kind: &MediaKind| InputStreamMeter {
            kind: *kind,
            packets: AtomicU64::default(),
            bytes: AtomicU64::default(),
            frames: AtomicU64::default(),
            samples: AtomicU64::default(),
        };
        Self { streams: kinds.iter().map(stream).collect(), ..Self::default() }
    }

    /// A packet of that stream was read.
    pub(super) fn read(&self, stream: usize, bytes: u64) {
        self.packets.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Some(stream) = self.streams.get(stream) {
            stream.packets.fetch_add(1, Ordering::Relaxed);
            stream.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// A frame of that stream was decoded; `samples` of sound are in it.
    pub(super) fn decoded(&self, stream: usize, samples: u64) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        if let Some(stream) = self.streams.get(stream) {
            stream.frames.fetch_add(1, Ordering::Relaxed);
            stream.samples.fetch_add(samples, Ordering::Relaxed);
        }
    }

    /// Something of the input was found damaged, at this time of the job in microseconds.
    pub(super) fn damaged_at(&self, time_us: i64) {
        self.damaged_from_us.0.fetch_min(time_us, Ordering::Relaxed);
    }

    /// The earliest time at which it was found damaged; the greatest number where it was not.
    pub(super) fn damaged_from_us(&self) -> i64 {
        self.damaged_from_us.0.load(Ordering::Relaxed)
    }

    /// The input broke off at that time of the job.
    pub(super) fn set_broken(&self, sentence: String, time_us: i64) {
        self.damaged_at(time_us);
        self.broke_off.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(sentence);
    }

    /// The sentence about how the input broke off.
    pub fn broken(&self) -> Option<String> {
        self.broke_off.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// All counts of a run.
#[derive(Debug, Default)]
pub struct Meter {
    /// By input.
    pub inputs: Vec<Arc<InputMeter>>,
    /// By output.
    pub outputs: Vec<Arc<OutputMeter>>,
    /// By stage, with its name.
    pub stages: Mutex<Vec<(String, Arc<StageMeter>)>>,
    graphs: Mutex<BTreeMap<GraphPlace, GraphFacts>>,
}

impl Meter {
    /// Counts for inputs with streams of these kinds, and for outputs with streams that have an encoder of their own or share one.
    pub fn new(inputs: &[Vec<MediaKind>], outputs: &[Vec<Option<(usize, usize)>>]) -> Self {
        let mut meters: Vec<Arc<OutputMeter>> = Vec::new();
        for streams in outputs {
            let encoder = |shared: &Option<(usize, usize)>| {
                shared.and_then(|(o, s)| Some(Arc::clone(&meters.get(o)?.streams.get(s)?.encode))).unwrap_or_default()
            };
            let streams = streams.iter().map(|shared| Arc::new(StreamMeter::new(encoder(shared)))).collect();
            meters.push(Arc::new(OutputMeter { streams, file_bytes: AtomicI64::new(-1), session: Arc::default() }));
        }
        Self {
            inputs: inputs.iter().map(|kinds| Arc::new(InputMeter::new(kinds))).collect(),
            outputs: meters,
            stages: Mutex::default(),
            graphs: Mutex::default(),
        }
    }

    /// A meter for a new stage.
    pub fn stage(&self, name: &str) -> Arc<StageMeter> {
        let meter = Arc::new(StageMeter::default());
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), Arc::clone(&meter)));
        meter
    }

    pub(super) fn configured(&self, place: GraphPlace, graph: GraphFacts) {
        self.graphs.lock().unwrap_or_else(PoisonError::into_inner).insert(place, graph);
    }

    /// The filtergraphs as they were when they were configured last; none unless they are to be told of.
    pub fn graphs(&self) -> BTreeMap<GraphPlace, GraphFacts> {
        self.graphs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Name and counts of every stage.
    pub fn stage_list(&self) -> Vec<(String, Arc<StageMeter>)> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn waits_for_room_for_the_clock_and_for_peers_are_no_work() {
        let meter = StageMeter::default();
        let Some(began) = Instant::now().checked_sub(Duration::from_secs(10)) else { return };
        meter.worked_since(began);
        meter.paused_since(began + Duration::from_secs(2));
        meter.blocked_since(began + Duration::from_secs(9));
        let busy = meter.busy_ns();
        assert!((900_000_000..=1_100_000_000).contains(&busy), "{busy}");
    }
}
