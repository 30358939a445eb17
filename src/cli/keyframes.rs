//! What `-force_key_frames` takes: times, chapters, words, or an expression.

use super::value::{BadValue, duration_us};
use crate::spec::{KeyframeTime, KeyframesSpec};

/// Reads the option's value.
pub(super) fn keyframes(text: &str) -> KeyframesSpec {
    if let Some(expression) = text.strip_prefix("expr:") {
        return KeyframesSpec::Expression(expression.to_owned());
    }
    if text.starts_with("source") {
        return KeyframesSpec::Source { after_dropped: text.starts_with("source_no_drop") };
    }
    if text == "scd_metadata" {
        return KeyframesSpec::SceneChanges;
    }
    match text.split(',').map(time).collect() {
        Ok(times) => KeyframesSpec::Times(times),
        Err(part) => KeyframesSpec::Unknown(part.to_owned()),
    }
}

/// What is said of a value that is [unknown](KeyframesSpec::Unknown).
pub(super) fn bad_keyframes() -> BadValue {
    let expected =
        "times such as 0,5,10.5, chapters, source, scd_metadata, or an expression such as expr:gte(t,n_forced*2)";
    BadValue::new(expected, "expr:gte(t,n_forced*2)")
}

/// One time of a list; the error is what should have been one.
fn time(part: &str) -> Result<KeyframeTime, &str> {
    match part.strip_prefix("chapters") {
        Some("") => Ok(KeyframeTime::Chapters(0)),
        Some(shift) => duration_us(shift.trim_start_matches('+')).map(KeyframeTime::Chapters).map_err(|_| shift),
        None => duration_us(part).map(KeyframeTime::At).map_err(|_| part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_words_and_expressions_are_told_apart() {
        use KeyframeTime::{At, Chapters};
        for (text, read) in [
            ("1", KeyframesSpec::Times(vec![At(1_000_000)])),
            ("0,5,00:01:07.5", KeyframesSpec::Times(vec![At(0), At(5_000_000), At(67_500_000)])),
            ("chapters,chapters-0.1", KeyframesSpec::Times(vec![Chapters(0), Chapters(-100_000)])),
            ("1.5,chapters+2", KeyframesSpec::Times(vec![At(1_500_000), Chapters(2_000_000)])),
            ("source", KeyframesSpec::Source { after_dropped: false }),
            ("source_no_drop", KeyframesSpec::Source { after_dropped: true }),
            ("scd_metadata", KeyframesSpec::SceneChanges),
            ("expr:gte(t,3)", KeyframesSpec::Expression("gte(t,3)".to_owned())),
            ("", KeyframesSpec::Unknown(String::new())),
            ("1,,2", KeyframesSpec::Unknown(String::new())),
            ("1,x,y", KeyframesSpec::Unknown("x".to_owned())),
            ("chapters+x", KeyframesSpec::Unknown("+x".to_owned())),
        ] {
            assert_eq!(keyframes(text), read, "{text}");
        }
    }
}
