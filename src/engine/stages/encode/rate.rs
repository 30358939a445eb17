//! The frame rate that an encoder of pictures is opened with.

use super::EncodeStage;
use crate::av::{GraphOutput, rates_may_stay_unknown};
use crate::spec::FpsMode;
use crate::unit::Rational;

impl EncodeStage {
    /// The frame rate of the output, by ffmpeg's order: `-r`, the graph's, 25; capped; snapped to what the encoder has.
    /// Unknown where the linked FFmpeg lets it be so, and 1/0 where pictures have no rate in common and need none.
    pub(super) fn choose_frame_rate(&self, graph: &GraphOutput) -> Rational {
        let plan = &self.settings.plan;
        let mut rate = plan.frame_rate.unwrap_or(graph.frame_rate);
        let guesses = if rates_may_stay_unknown() {
            self.is_constant() && !rate.is_valid()
        } else if rate.num == 0 {
            self.settings.has_source
        } else {
            // 1/0, which filters give for pictures without a rate in common.
            let needs_one = self.is_constant() && !plan.rate_may_vary && plan.supported_frame_rates.is_empty();
            needs_one && !rate.is_valid()
        };
        if guesses && plan.max_frame_rate.is_none() {
            rate = Rational::new(25, 1);
            log::warn!(
                "No information about the input framerate is available. Falling back to a default value of 25fps for \
                 output stream #{}:{}. Use the -r option if you want a different framerate.",
                self.settings.index.0,
                self.settings.index.1
            );
        }
        if let Some(most) = plan.max_frame_rate {
            let above = i64::from(rate.num) * i64::from(most.den) > i64::from(most.num) * i64::from(rate.den);
            if above || !rate.is_valid() {
                rate = most;
            }
        }
        if rates_may_stay_unknown() && !rate.is_valid() {
            return Rational::UNKNOWN;
        }
        if !plan.supported_frame_rates.is_empty() {
            rate = nearest(rate, &plan.supported_frame_rates);
        }
        if plan.codec == "mpeg4" { rate.limited(65_535) } else { rate }
    }

    /// How pictures become frames at that rate: as planned, but that a rate which does not exist cannot be kept.
    pub(super) fn mode_at(&self, rate: Rational) -> FpsMode {
        let planned = self.settings.plan.fps_mode;
        if !self.is_constant() || rate.is_valid() || rates_may_stay_unknown() {
            return planned;
        }
        log::warn!(
            "{}: its pictures come at no constant rate, for the filters give none (setpts, or sources of different rates side \
             by side), so each keeps its own time. -r 25, or fps=25 as the last filter, makes the rate constant.",
            self.name()
        );
        FpsMode::Vfr
    }

    fn is_constant(&self) -> bool {
        matches!(self.settings.plan.fps_mode, FpsMode::Cfr | FpsMode::VsCfr)
    }
}

/// The rate of the list that is nearest; the first of two that are equally near, as in `av_find_nearest_q_idx`. 1/0 is more
/// than any.
fn nearest(rate: Rational, list: &[Rational]) -> Rational {
    if rate.den == 0 {
        let above =
            |a: &Rational, b: &Rational| i64::from(a.num) * i64::from(b.den) > i64::from(b.num) * i64::from(a.den);
        return list.iter().copied().reduce(|a, b| if above(&b, &a) { b } else { a }).unwrap_or(rate);
    }
    let distance = |r: &Rational| {
        let (a, b) = (i128::from(rate.num) * i128::from(r.den), i128::from(r.num) * i128::from(rate.den));
        // |a/b - c/d| over the common denominator; denominators differ, so that it is scaled to 1/2^32.
        ((a - b).abs() << 32) / (i128::from(rate.den) * i128::from(r.den)).max(1)
    };
    list.iter().copied().min_by_key(distance).unwrap_or(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_the_rates_that_an_encoder_has_is_taken() {
        let rates = [Rational::new(24, 1), Rational::new(25, 1), Rational::new(30_000, 1001), Rational::new(30, 1)];
        for (wanted, nearest_to) in [
            (Rational::new(25, 1), Rational::new(25, 1)),
            (Rational::new(24_000, 1001), Rational::new(24, 1)),
            (Rational::new(2997, 100), Rational::new(30_000, 1001)),
            (Rational::new(60, 1), Rational::new(30, 1)),
            // As far from the one as from the other.
            (Rational::new(49, 2), Rational::new(24, 1)),
            (Rational::new(1, 0), Rational::new(30, 1)),
        ] {
            assert_eq!(nearest(wanted, &rates), nearest_to, "{wanted:?}");
        }
        assert_eq!(nearest(Rational::new(7, 1), &[]), Rational::new(7, 1));
    }
}
