//! How far encoded pictures are from what they were made of, as encoders tell it when they are asked (`-psnr`).

use crate::av::PictureStats;
use std::sync::{Mutex, PoisonError};

/// Squared errors of Y, U and V; shared by the encoder and the report.
#[derive(Debug, Default)]
pub struct PictureErrors(Mutex<Option<Known>>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    pixels: f64,
    /// Of the last picture; negative where the encoder did not tell.
    latest: Option<[f64; 3]>,
    sums: [f64; 3],
}

impl PictureErrors {
    /// The encoder was asked; its pictures have so many pixels.
    pub(super) fn begin(&self, pixels: u64) {
        *self.lock() = Some(Known { pixels: pixels as f64, ..Known::default() });
    }

    /// Counts a picture.
    pub(super) fn add(&self, stats: Option<&PictureStats>) {
        let mut known = self.lock();
        let Some(known) = known.as_mut() else { return };
        let told = |plane: usize| stats.and_then(|stats| stats.errors.get(plane)).map(|error| *error as f64);
        known.latest =
            stats.is_some_and(|stats| stats.kind.is_some()).then(|| [0, 1, 2].map(|plane| told(plane).unwrap_or(-1.0)));
        for (plane, sum) in known.sums.iter_mut().enumerate() {
            *sum += told(plane).unwrap_or(0.0);
        }
    }

    /// Peak signal-to-noise ratios of the last picture in dB: Y, U, V, all. Not a number where the encoder did not tell
    /// the error; `None` when it was not asked, or gave no picture of a known kind yet.
    pub fn latest(&self) -> Option<[f64; 4]> {
        let known = (*self.lock())?;
        known.latest.map(|errors| ratios(errors, known.pixels))
    }

    /// The same of all pictures so far, which are `frames`.
    pub fn overall(&self, frames: u64) -> Option<[f64; 4]> {
        let known = (*self.lock())?;
        Some(ratios(known.sums, known.pixels * frames as f64))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ratio of a picture's luma alone, in dB; `None` when the encoder did not tell.
pub(super) fn luma_ratio(stats: &PictureStats, pixels: u64) -> Option<f64> {
    let error = *stats.errors.first()? as f64;
    Some(decibel(error / (pixels as f64 * PEAK)))
}

/// The square of the highest value of 8 bits.
const PEAK: f64 = 255.0 * 255.0;

fn decibel(share: f64) -> f64 {
    -10.0 * share.log10()
}

/// Chroma counts as a quarter of luma, as if all pictures were 4:2:0.
fn ratios(errors: [f64; 3], pixels: f64) -> [f64; 4] {
    let full = pixels * PEAK;
    let scales = [full, full / 4.0, full / 4.0];
    let [y, u, v] = [0, 1, 2].map(|plane| decibel(errors[plane] / scales[plane]));
    [y, u, v, decibel(errors.iter().sum::<f64>() / scales.iter().sum::<f64>())]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stats(errors: &[u64]) -> PictureStats {
        PictureStats { quality: 118, kind: Some('P'), errors: errors.to_vec() }
    }

    #[test]
    fn an_error_of_a_hundredth_of_the_peak_is_twenty_decibel() {
        let errors = PictureErrors::default();
        assert_eq!((errors.latest(), errors.overall(1)), (None, None));
        errors.begin(100);
        errors.add(Some(&stats(&[65_025, 65_025 / 4, 65_025 / 4])));
        let [y, u, _, all] = errors.latest().unwrap();
        assert!((y - 20.0).abs() < 0.01 && (u - 20.0).abs() < 0.01 && (all - 20.0).abs() < 0.01, "{y} {u} {all}");
        errors.add(Some(&stats(&[0, 0, 0])));
        assert!(errors.latest().unwrap()[0].is_infinite());
        assert!((errors.overall(2).unwrap()[0] - 23.01).abs() < 0.01);
    }

    #[test]
    fn what_an_encoder_does_not_tell_is_no_number_now_and_no_error_in_the_end() {
        let errors = PictureErrors::default();
        errors.begin(100);
        errors.add(Some(&stats(&[])));
        assert!(errors.latest().unwrap().iter().all(|ratio| ratio.is_nan()));
        assert!(errors.overall(1).unwrap().iter().all(|ratio| ratio.is_infinite()));
        errors.add(None);
        assert_eq!(errors.latest(), None);
    }
}
