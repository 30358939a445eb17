//! Options that write a line for each frame or packet on its way out.

use super::{Effect, Row};
use crate::cli::value::BadValue;
use crate::spec::{DEFAULT_STATS_LINE, StatsPlace, stats_line};

/// The two options of a place: the file, and the form of its lines.
macro_rules! stats {
    ($field:ident, $place:ident, $file:literal, $form:literal, $help:literal) => {
        [
            Row::per_stream(
                &[$file],
                "file",
                $help,
                Effect::Output(|spec, u| {
                    spec.seldom.stats.$field.file.push(u.specifier.clone(), u.text(), u.origin.clone());
                    Ok(())
                }),
            ),
            Row::per_stream(
                &[$form],
                "format",
                concat!("form of the lines of -", $file),
                Effect::Output(|spec, u| {
                    let line = stats_line(u.value, StatsPlace::$place).map_err(|sentence| bad_stats_line(&sentence))?;
                    spec.seldom.stats.$field.line.push(u.specifier.clone(), line, u.origin.clone());
                    Ok(())
                }),
            ),
        ]
    };
}

fn bad_stats_line(sentence: &str) -> BadValue {
    BadValue::new("text with directives such as {n} and {t}", DEFAULT_STATS_LINE).in_words(sentence)
}

pub(super) const ROWS: [[Row; 2]; 3] = [
    stats!(
        before_encoder,
        BeforeEncoder,
        "stats_enc_pre",
        "stats_enc_pre_fmt",
        "write a line for each frame that an encoder gets"
    ),
    stats!(
        behind_encoder,
        BehindEncoder,
        "stats_enc_post",
        "stats_enc_post_fmt",
        "write a line for each packet that an encoder gives"
    ),
    stats!(
        before_muxer,
        BeforeMuxer,
        "stats_mux_pre",
        "stats_mux_pre_fmt",
        "write a line for each packet that the muxer gets"
    ),
];
