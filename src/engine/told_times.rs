//! `-debug_ts`: lines about each timestamp on its way, in ffmpeg's form.

use crate::av::{Frame, Packet};
use crate::facts::MediaKind;
use crate::unit::number::{self, ticks_and_seconds as shown};
use crate::unit::{Rational, rescale};

/// What ffmpeg takes for the time of no frame.
const NO_TIME: f64 = i64::MIN as f64;

/// Two to this power is one over what ffmpeg adds to a time before it is rounded.
const NUDGE_BITS: i32 = 17;

/// A packet as it was read, and where the next one of its stream was expected, in microseconds. How far the decoder is, the
/// demuxer does not know.
pub(super) fn read(
    (stream, kind): (usize, MediaKind),
    (packet, base): (&Packet, Rational),
    next_us: Option<i64>,
    offset_us: i64,
) {
    let (kind, times) = (kind.name(), packet.times_text(base));
    let next = shown("next_dts", next_us, Rational::MICROS);
    let offset = shown("off", Some(offset_us), Rational::MICROS);
    log::info!("demuxer -> ist_index:{stream} type:{kind} {next} {times} {offset}");
}

/// A packet with its times in the job.
pub(super) fn stamped((stream, kind): (usize, MediaKind), (packet, base): (&Packet, Rational), offset_us: i64) {
    let (kind, times) = (kind.name(), packet.times_text(base));
    let offset = shown("off", Some(offset_us), Rational::MICROS);
    log::info!("demuxer+ffmpeg -> ist_index:{stream} type:{kind} {times} {offset}");
}

/// A picture from its decoder; of sound ffmpeg does not tell.
pub(super) fn decoded(stream: usize, frame: &Frame, base: Rational) {
    let (pts, best) = (shown("frame_pts", frame.pts(), base), frame.pts());
    let best_time = shown("best_effort_ts", best, base);
    log::info!(
        "decoder -> ist_index:{stream} type:video {pts} {best_time} keyframe:{} frame_type:{} time_base:{}/{}",
        i32::from(frame.is_key()),
        frame.picture_type(),
        base.num,
        base.den
    );
}

/// A frame from the filters, or their end, on its way to an encoder of that time base; the output begins at `start_us`.
pub(super) fn filtered(frame: Option<&Frame>, filter_base: Rational, start_us: i64, base: Rational) {
    let moved = |base: Rational| {
        let pts = frame.and_then(Frame::pts)?;
        Some(rescale(pts, filter_base, base).saturating_sub(rescale(start_us, Rational::MICROS, base)))
    };
    let extra_bits = base.den.max(1).leading_zeros().saturating_sub(2).min(16);
    let fine = Rational::new(base.num, base.den << extra_bits);
    let exact = moved(fine).map_or(NO_TIME, |ticks| {
        let exact = ticks as f64 / f64::from(1 << extra_bits);
        exact + if exact > 0.0 { 1.0 } else { -1.0 } / f64::from(1 << NUDGE_BITS)
    });
    let times = match frame {
        Some(_) => shown("pts", moved(base), base),
        None => "pts:NULL pts_time:NULL".to_owned(),
    };
    log::info!("filter -> {times} exact:{} time_base:{}/{}", number::fixed(exact, 6), base.num, base.den);
}

/// A frame that an encoder is given.
pub(super) fn to_encoder(kind: MediaKind, frame: &Frame, base: Rational) {
    let times = shown("frame_pts", frame.pts(), base);
    log::info!("encoder <- type:{} {times} time_base:{}/{}", kind.name(), base.num, base.den);
}

/// A packet from an encoder.
pub(super) fn from_encoder(kind: MediaKind, packet: &Packet, base: Rational) {
    log::info!("encoder -> type:{} {}", kind.name(), packet.times_text(base));
}
