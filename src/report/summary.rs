//! The closing lines: how much was written, and what was repaired, left out or slow.

use super::{CalledAs, level, say};
use crate::engine::meter::{InputMeter, OutputMeter, StreamMeter};
use crate::engine::{Meter, Outcome};
use crate::facts::MediaKind;
use crate::plan::{InputPlan, OutputPlan, Plan, Treatment};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes written, by kind of stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Video.
    pub video: u64,
    /// Audio.
    pub audio: u64,
    /// Subtitles.
    pub subtitle: u64,
    /// Everything else.
    pub other: u64,
    /// Extradata.
    pub headers: u64,
}

impl Written {
    fn of(plan: &Plan, meter: &Meter) -> Self {
        let mut all = Self::default();
        for (output, counts) in plan.outputs.iter().zip(&meter.outputs) {
            for (stream, counts) in output.streams.iter().zip(&counts.streams) {
                let sum = match stream.kind {
                    MediaKind::Video => &mut all.video,
                    MediaKind::Audio => &mut all.audio,
                    MediaKind::Subtitle => &mut all.subtitle,
                    _ => &mut all.other,
                };
                *sum += counts.bytes.load(Relaxed);
                all.headers += counts.extradata_bytes.load(Relaxed);
            }
        }
        all
    }

    fn media(&self) -> u64 {
        self.video + self.audio + self.subtitle + self.other
    }

    /// ffmpeg's closing line; `file_bytes` is the first output's size.
    pub fn line(&self, file_bytes: Option<i64>) -> String {
        let kilo = |bytes: u64| format!("{:.0}kB", bytes as f64 / 1024.0);
        let data = self.media();
        let total = file_bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
        let overhead = if data > 0 && total >= data {
            // ffmpeg computes this one in single precision.
            format!("{:.6}%", (100.0 * (total - data) as f64 / data as f64) as f32)
        } else {
            "unknown".to_owned()
        };
        format!(
            "video:{} audio:{} subtitle:{} other streams:{} global headers:{} muxing overhead: {overhead}",
            kilo(self.video),
            kilo(self.audio),
            kilo(self.subtitle),
            kilo(self.other),
            kilo(self.headers)
        )
    }
}

/// ffmpeg's closing line, and what it tells in detail at level verbose.
pub fn sizes(plan: &Plan, outcome: &Outcome, called: CalledAs) {
    let meter = &outcome.meter;
    let written = Written::of(plan, meter);
    let file_bytes = meter.outputs.first().map(|o| o.file_bytes.load(Relaxed)).filter(|bytes| *bytes >= 0);
    say(level::INFO, &written.line(file_bytes));
    for (index, (input, counts)) in plan.inputs.iter().zip(&meter.inputs).enumerate() {
        of_input(index, input, counts);
    }
    for (index, (output, counts)) in plan.outputs.iter().zip(&meter.outputs).enumerate() {
        of_output(index, output, counts);
    }
    // ffmpeg does not tell of it where an encoder left a header; of several outputs each has been told of by its name.
    let headers_count = called == CalledAs::Ffmpeg || plan.outputs.len() > 1;
    let counted = written.media() + if headers_count { written.headers } else { 0 };
    if counted == 0 && outcome.failure.is_none() {
        say(level::WARNING, "Output file is empty, nothing was encoded (check -ss / -t / -frames parameters if used)");
    }
}

/// What was read of an input and decoded, stream by stream.
fn of_input(index: usize, input: &InputPlan, counts: &InputMeter) {
    say(level::VERBOSE, &format!("Input file #{index} ({}):", input.url));
    for (number, (stream, counts)) in input.streams.iter().zip(&counts.streams).enumerate() {
        let (packets, bytes) = (counts.packets.load(Relaxed), counts.bytes.load(Relaxed));
        let kind = counts.kind.name();
        let decoded = match stream.decode {
            Some(_) => frames(counts.frames.load(Relaxed), "decoded", counts.kind, counts.samples.load(Relaxed)),
            None => String::new(),
        };
        let read = format!("{packets} packets read ({bytes} bytes); {decoded}");
        say(level::VERBOSE, &format!("  Input stream #{index}:{number} ({kind}): {read}"));
    }
    let (packets, bytes) = (counts.packets.load(Relaxed), counts.bytes.load(Relaxed));
    say(level::VERBOSE, &format!("  Total: {packets} packets ({bytes} bytes) demuxed"));
}

/// What was encoded for an output and written, stream by stream.
fn of_output(index: usize, output: &OutputPlan, counts: &OutputMeter) {
    say(level::VERBOSE, &format!("Output file #{index} ({}):", output.url));
    let mut total = (0, 0);
    for (number, (stream, counts)) in output.streams.iter().zip(&counts.streams).enumerate() {
        let (packets, bytes) = (counts.packets.load(Relaxed), counts.bytes.load(Relaxed));
        total = (total.0 + packets, total.1 + bytes);
        let kind = stream.kind.name();
        let encoded = match stream.treatment {
            Treatment::Encode(_) => {
                let (count, samples) = (counts.encode.frames.load(Relaxed), counts.encode.samples.load(Relaxed));
                frames(count, "encoded", stream.kind, samples)
            }
            _ => String::new(),
        };
        let muxed = format!("{encoded}{packets} packets muxed ({bytes} bytes); ");
        say(level::VERBOSE, &format!("  Output stream #{index}:{number} ({kind}): {muxed}"));
    }
    say(level::VERBOSE, &format!("  Total: {} packets ({} bytes) muxed", total.0, total.1));
}

/// `45 frames decoded (46080 samples); `
fn frames(count: u64, done: &str, kind: MediaKind, samples: u64) -> String {
    let of_sound = if kind == MediaKind::Audio { format!(" ({samples} samples)") } else { String::new() };
    format!("{count} frames {done}{of_sound}; ")
}

/// One line a kind of what was repaired or left out; empty when nothing was.
pub fn repairs(meter: &Meter) -> Vec<String> {
    let of_streams = |count: fn(&StreamMeter) -> &AtomicU64| {
        let streams = meter.outputs.iter().flat_map(|o| &o.streams);
        streams.map(|s| count(s).load(Relaxed)).sum::<u64>()
    };
    let of_inputs =
        |count: fn(&InputMeter) -> &AtomicU64| meter.inputs.iter().map(|i| count(i).load(Relaxed)).sum::<u64>();
    let left_out = of_streams(|s| &s.encode.left_out);
    let kinds = [
        (of_streams(|s| &s.repairs), "time", "that did not rise or lay before decoding", "repaired"),
        (of_inputs(|i| &i.astray), "packet", "far from those around them", "put in place"),
        (of_inputs(|i| &i.jumps), "jump", "of the inputs' clocks", "joined without a gap"),
        (of_streams(|s| &s.encode.duplicated), "frame", "", "repeated to keep the frame rate"),
        (of_streams(|s| &s.encode.dropped).saturating_sub(left_out), "frame", "", "dropped to keep the frame rate"),
        (left_out, "frame", "", "left out to keep up with a live source"),
        (of_inputs(|i| &i.seam_drops), "packet", "at loop seams", "left out"),
    ];
    kinds
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, which, what)| {
            let plural = if count == 1 { "" } else { "s" };
            let which = if which.is_empty() { String::new() } else { format!(" {which}") };
            format!("{what}: {count} {noun}{plural}{which}")
        })
        .collect()
}

/// Which stage the others waited for; `None` when none was busy for half of the time.
pub fn limited_by(plan: &Plan, outcome: &Outcome) -> Option<String> {
    if plan.inputs.iter().any(|input| input.read_rate.is_some()) {
        return Some("limited by: the speed asked for with -re or -readrate".to_owned());
    }
    let stages = outcome.meter.stage_list();
    let (name, busy) = stages.iter().map(|(name, meter)| (name, meter.busy_ns())).max_by_key(|(_, busy)| *busy)?;
    let elapsed = u64::try_from(outcome.elapsed_ns).ok().filter(|ns| *ns > 0)?;
    let percent = busy.saturating_mul(100) / elapsed;
    (percent >= 50).then(|| format!("limited by: {name} (busy {} %)", percent.min(100)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_is_ffmpeg_s() {
        let written = Written { video: 11_000, audio: 2_100, headers: 40, ..Written::default() };
        assert_eq!(
            written.line(Some(13_200)),
            "video:11kB audio:2kB subtitle:0kB other streams:0kB global headers:0kB muxing overhead: 0.763359%"
        );
        assert!(written.line(None).ends_with("muxing overhead: unknown"));
        assert!(written.line(Some(5)).ends_with("muxing overhead: unknown"));
    }

    #[test]
    fn each_kind_of_repair_has_a_line_and_nothing_has_none() {
        let meter = Meter::new(&[Vec::new()], &[vec![None]]);
        assert!(repairs(&meter).is_empty());
        meter.outputs[0].streams[0].encode.duplicated.store(3, Relaxed);
        meter.inputs[0].jumps.store(1, Relaxed);
        assert_eq!(
            repairs(&meter),
            ["joined without a gap: 1 jump of the inputs' clocks", "repeated to keep the frame rate: 3 frames"]
        );
    }
}
