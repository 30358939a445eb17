//! `-force_key_frames`: which frames the encoder must make keyframes of.

use crate::av::{Expression, forced_times_are_exact};
use crate::unit::{Rational, Rounding, rescale, rescale_rounded};

/// The user's wish.
#[derive(Debug, Default)]
pub enum ForcedKeyframes {
    /// None.
    #[default]
    None,
    /// At times of the output.
    Times {
        /// The times, as they are typed.
        wishes: Vec<Wish>,
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
    /// The picture was a keyframe.
    pub source_key: bool,
    /// A new scene begins with it, as far as that was [asked for](ForcedKeyframes::want_scenes).
    pub new_scene: bool,
}

/// When a keyframe is wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Then, in microseconds.
    At(i64),
    /// So many microseconds after each chapter's start.
    Chapters(i64),
}

impl ForcedKeyframes {
    /// Reads the option's value.
    pub fn parse(text: &str, time: impl Fn(&str) -> Option<i64>) -> Result<Self, String> {
        if let Some(expression) = text.strip_prefix("expr:") {
            let expression = Expression::parse(expression, &["n", "n_forced", "prev_forced_n", "prev_forced_t", "t"])
                .map_err(|_| format!("Invalid force_key_frames expression '{expression}'"))?;
            return Ok(Self::Expression { expression, state: [0.0, 0.0, f64::NAN, f64::NAN], first: None });
        }
        if text.starts_with("source") {
            return Ok(Self::Source(text.starts_with("source_no_drop")));
        }
        if text == "scd_metadata" {
            return Ok(Self::SceneChanges);
        }
        let wish = |part: &str| match part.strip_prefix("chapters") {
            Some("") => Ok(Wish::Chapters(0)),
            Some(rest) => time(rest.trim_start_matches('+'))
                .map(Wish::Chapters)
                .ok_or_else(|| format!("-force_key_frames: '{part}' holds no valid time")),
            None => time(part)
                .map(Wish::At)
                .ok_or_else(|| format!("Invalid duration specification for force_key_frames: {part}")),
        };
        let wishes = text.split(',').map(wish).collect::<Result<_, _>>()?;
        Ok(Self::Times { wishes, chapters: Vec::new(), ticks: Vec::new(), next: 0 })
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
fn due_ticks(wishes: &[Wish], chapters: &[(i64, Rational)], base: Rational, exact: bool) -> Vec<i64> {
    let tick = |us: i64| {
        let rounding = if exact { Rounding::Up } else { Rounding::Nearest };
        rescale_rounded(us, Rational::MICROS, base, rounding)
    };
    let mut ticks: Vec<i64> = Vec::new();
    for wish in wishes {
        match *wish {
            Wish::At(us) => ticks.push(tick(us)),
            Wish::Chapters(shift_us) => ticks.extend(chapters.iter().map(|(start, own)| match exact {
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

    fn seconds(text: &str) -> Option<i64> {
        text.parse::<f64>().ok().map(|seconds| (seconds * 1e6) as i64)
    }

    #[test]
    fn times_are_those_of_ffmpeg_s_command_by_its_age() {
        let wishes = [Wish::At(1_030_000), Wish::At(410_000), Wish::At(400_000)];
        assert_eq!(due_ticks(&wishes, &[], FILM, false), [10, 10, 26]);
        assert_eq!(due_ticks(&wishes, &[], FILM, true), [10, 11, 26]);
        // Ticks are rounded one by one, or the sum is.
        let chapters = [(0, Rational::MICROS), (1_010, Rational { num: 1, den: 1000 })];
        assert_eq!(due_ticks(&[Wish::Chapters(10_000)], &chapters, FILM, false), [0, 25]);
        assert_eq!(due_ticks(&[Wish::Chapters(10_000)], &chapters, FILM, true), [1, 26]);
    }

    #[test]
    fn what_is_typed_is_read_or_refused() {
        let mut read = ForcedKeyframes::parse("1.5,chapters+0.1,chapters,chapters-0.1", seconds).unwrap();
        read.know_chapters(&[(2, Rational { num: 1, den: 1 })]);
        read.prepare(Rational { num: 1, den: 1000 });
        let ForcedKeyframes::Times { ticks, .. } = read else { unreachable!("times were typed") };
        assert_eq!(ticks, [1500, 1900, 2000, 2100]);
        for wrong in ["", "x", "1,,2", "chapters+x", "expr:gte(t"] {
            assert!(ForcedKeyframes::parse(wrong, seconds).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_expression_s_time_counts_from_the_first_frame() {
        let mut every = ForcedKeyframes::parse("expr:gte(t,n_forced*0.1)", seconds).unwrap();
        let keys: Vec<i64> = (13..23).filter(|tick| every.forces(*tick, FILM, PLAIN, &mut false)).collect();
        assert_eq!(keys, [13, 16, 18, 21]);
    }
}
