//! `-force_key_frames`: which frames the encoder must make keyframes of.

use crate::av::Expression;
use crate::unit::{Rational, rescale};

/// The user's wish.
#[derive(Debug, Default)]
pub enum ForcedKeyframes {
    /// None.
    #[default]
    None,
    /// At these times, in microseconds of the output, sorted.
    Times {
        /// The times.
        times_us: Vec<i64>,
        /// The same in encoder ticks.
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
    },
    /// Where the source has them; `true`: or where one was dropped.
    Source(bool),
}

impl ForcedKeyframes {
    /// Reads the option's value; `chapters` are the starts of the output's chapters in microseconds.
    pub fn parse(text: &str, chapters: &[i64], time: impl Fn(&str) -> Option<i64>) -> Result<Self, String> {
        if let Some(expression) = text.strip_prefix("expr:") {
            let expression = Expression::parse(expression, &["n", "n_forced", "prev_forced_n", "prev_forced_t", "t"])
                .map_err(|_| format!("Invalid force_key_frames expression '{expression}'"))?;
            return Ok(Self::Expression { expression, state: [0.0, 0.0, f64::NAN, f64::NAN] });
        }
        if text.starts_with("source") {
            return Ok(Self::Source(text.starts_with("source_no_drop")));
        }
        let mut times_us = Vec::new();
        for part in text.split(',') {
            if let Some(rest) = part.strip_prefix("chapters") {
                let shift = if rest.is_empty() { Some(0) } else { time(rest.trim_start_matches('+')) };
                let shift = shift.ok_or_else(|| format!("-force_key_frames: '{part}' holds no valid time"))?;
                times_us.extend(chapters.iter().map(|c| c + shift));
            } else {
                times_us.push(
                    time(part).ok_or_else(|| format!("Invalid duration specification for force_key_frames: {part}"))?,
                );
            }
        }
        times_us.sort_unstable();
        Ok(Self::Times { times_us, ticks: Vec::new(), next: 0 })
    }

    /// Learns the encoder's time base.
    pub fn prepare(&mut self, base: Rational) {
        if let Self::Times { times_us, ticks, .. } = self {
            *ticks = times_us.iter().map(|t| rescale(*t, Rational::MICROS, base)).collect();
        }
    }

    /// True when the frame at `tick` must be a keyframe. `first` of those made of one picture; `source_key`: the picture
    /// was one.
    pub fn forces(&mut self, tick: i64, base: Rational, source_key: bool, first: bool, dropped_key: &mut bool) -> bool {
        match self {
            Self::None => false,
            Self::Times { ticks, next, .. } => {
                let due = ticks.get(*next).is_some_and(|t| tick >= *t);
                *next += usize::from(due);
                due
            }
            Self::Expression { expression, state } => {
                let [n, forced, previous_n, previous_t] = *state;
                let time = tick as f64 * base.as_f64();
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
