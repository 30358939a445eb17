//! `-force_key_frames`: which frames the encoder must make keyframes of.

use crate::av::{Expression, forced_times_are_exact, source_keyframes_outlast_drops};
use crate::spec::{KeyframeTime, KeyframesSpec};
use crate::unit::{Rational, Rounding, rescale, rescale_rounded};

/// The user's wish.
#[derive(Debug, Default)]
pub enum ForcedKeyframes {
    /// None.
    #[default]
    None,
    /// At times of the output.
    Times {
        /// The times.
        wishes: Vec<KeyframeTime>,
        /// By chapter of the output: its start, in ticks of a time base.
        chapters: Vec<(i64, Rational)>,
        /// The first ticks of the encoder that are not before a time, sorted.
        ticks: Vec<i64>,
        /// The next one.
        next: usize,
    },
    /// Where an expression says so.
    Expression {
        /// The expression.
        expression: Expression,
        /// `n`, `n_forced`, `prev_forced_n`, `prev_forced_t`.
        state: [f64; 4],
        /// The tick of the first frame, from which `t` counts.
        first: Option<i64>,
    },
    /// Where the source has them; `true`: or where one was dropped.
    Source(bool),
    /// Where the filter `scdet` has found a new scene, as the command of FFmpeg 8 and newer knows it.
    SceneChanges,
}

/// What is known of a picture that is to be encoded.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// It is the first of those made of one picture.
    pub first: bool,
    /// The picture was a keyframe; where [`source_keyframes_outlast_drops`], of several made of it the first, and each that
    /// repeats one of which none was made before.
    pub source_key: bool,
    /// A new scene begins with it, as far as that was [asked for](ForcedKeyframes::want_scenes).
    pub new_scene: bool,
}

impl ForcedKeyframes {
    /// Makes ready for what the user wants.
    ///
    /// # Errors
    ///
    /// In the words of ffmpeg's command, where FFmpeg cannot read an expression or nobody a time.
    pub fn new(wanted: &KeyframesSpec) -> Result<Self, String> {
        match wanted {
            KeyframesSpec::Times(wishes) => {
                Ok(Self::Times { wishes: wishes.clone(), chapters: Vec::new(), ticks: Vec::new(), next: 0 })
            }
            KeyframesSpec::Expression(text) => {
                let expression = Expression::parse(text, &["n", "n_forced", "prev_forced_n", "prev_forced_t", "t"])
                    .map_err(|_| format!("Invalid force_key_frames expression '{text}'"))?;
                Ok(Self::Expression { expression, state: [0.0, 0.0, f64::NAN, f64::NAN], first: None })
            }
            KeyframesSpec::Source { after_dropped } => Ok(Self::Source(*after_dropped)),
            KeyframesSpec::SceneChanges => Ok(Self::SceneChanges),
            KeyframesSpec::Unknown(part) => Err(format!("Invalid duration specification for force_key_frames: {part}")),
        }
    }

    /// Learns where the output's chapters begin, in ticks of their time bases.
    pub fn know_chapters(&mut self, starts: &[(i64, Rational)]) {
        if let Self::Times { chapters, .. } = self {
            chapters.extend_from_slice(starts);
        }
    }

    /// Learns the encoder's time base.
    pub fn prepare(&mut self, base: Rational) {
        if let Self::Times { wishes, chapters, ticks, .. } = self {
            *ticks = due_ticks(wishes, chapters, base, forced_times_are_exact());
        }
    }

    /// True where beginnings of scenes count.
    pub fn want_scenes(&self) -> bool {
        matches!(self, Self::SceneChanges)
    }

    /// True when the frame at `tick` must be a keyframe.
    pub fn forces(&mut self, tick: i64, base: Rational, picture: Candidate, dropped_key: &mut bool) -> bool {
        let Candidate { first, source_key, new_scene } = picture;
        match self {
            Self::None => false,
            Self::SceneChanges => new_scene,
            Self::Times { ticks, next, .. } => {
                let due = ticks.get(*next).is_some_and(|t| tick >= *t);
                *next += usize::from(due);
                due
            }
            Self::Expression { expression, state, first: first_tick } => {
                let [n, forced, previous_n, previous_t] = *state;
                let time = tick.saturating_sub(*first_tick.get_or_insert(tick)) as f64 * base.as_f64();
                let due = expression.evaluate(&[n, forced, previous_n, previous_t, time]) != 0.0;
                if due {
                    *state = [n, forced + 1.0, n, time];
                }
                state[0] += 1.0;
                due
            }
            Self::Source(_) if source_keyframes_outlast_drops() => source_key | std::mem::take(dropped_key),
            Self::Source(false) => source_key && first,
            Self::Source(true) => {
                let due = first && (source_key || *dropped_key);
                if first {
                    *dropped_key = false;
                }
                due
            }
        }
    }
}

/// The first ticks that are not before the times. `exact`: before none of them; otherwise each time goes to the nearest tick.
fn due_ticks(wishes: &[KeyframeTime], chapters: &[(i64, Rational)], base: Rational, exact: bool) -> Vec<i64> {
    let tick = |us: i64| {
        let rounding = if exact { Rounding::Up } else { Rounding::Nearest };
        rescale_rounded(us, Rational::MICROS, base, rounding)
    };
    let mut ticks: Vec<i64> = Vec::new();
    for wish in wishes {
        match *wish {
            KeyframeTime::At(us) => ticks.push(tick(us)),
            KeyframeTime::Chapters(shift_us) => ticks.extend(chapters.iter().map(|(start, own)| match exact {
                true => tick(rescale(*start, *own, Rational::MICROS).saturating_add(shift_us)),
                false => rescale(*start, *own, base).saturating_add(tick(shift_us)),
            })),
        }
    }
    ticks.sort_unstable();
    ticks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FILM: Rational = Rational { num: 1, den: 25 };
    const PLAIN: Candidate = Candidate { first: true, source_key: false, new_scene: false };

    #[test]
    fn times_are_those_of_ffmpeg_s_command_by_its_age() {
        let wishes = [KeyframeTime::At(1_030_000), KeyframeTime::At(410_000), KeyframeTime::At(400_000)];
        assert_eq!(due_ticks(&wishes, &[], FILM, false), [10, 10, 26]);
        assert_eq!(due_ticks(&wishes, &[], FILM, true), [10, 11, 26]);
        // Ticks are rounded one by one, or the sum is.
        let chapters = [(0, Rational::MICROS), (1_010, Rational { num: 1, den: 1000 })];
        assert_eq!(due_ticks(&[KeyframeTime::Chapters(10_000)], &chapters, FILM, false), [0, 25]);
        assert_eq!(due_ticks(&[KeyframeTime::Chapters(10_000)], &chapters, FILM, true), [1, 26]);
    }

    #[test]
    fn chapters_are_known_before_the_encoder_begins() {
        use KeyframeTime::{At, Chapters};
        let times = vec![At(1_500_000), Chapters(100_000), Chapters(0), Chapters(-100_000)];
        let mut wanted = ForcedKeyframes::new(&KeyframesSpec::Times(times)).unwrap();
        wanted.know_chapters(&[(2, Rational { num: 1, den: 1 })]);
        wanted.prepare(Rational { num: 1, den: 1000 });
        let ForcedKeyframes::Times { ticks, .. } = wanted else { unreachable!("times were wanted") };
        assert_eq!(ticks, [1500, 1900, 2000, 2100]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for wanted in [KeyframesSpec::Expression("gte(t".to_owned()), KeyframesSpec::Unknown("gte(t".to_owned())] {
            assert!(ForcedKeyframes::new(&wanted).unwrap_err().contains("gte(t"), "{wanted:?}");
        }
    }

    #[test]
    fn an_expression_s_time_counts_from_the_first_frame() {
        let mut every = ForcedKeyframes::new(&KeyframesSpec::Expression("gte(t,n_forced*0.1)".to_owned())).unwrap();
        let keys: Vec<i64> = (13..23).filter(|tick| every.forces(*tick, FILM, PLAIN, &mut false)).collect();
        assert_eq!(keys, [13, 16, 18, 21]);
    }
}
