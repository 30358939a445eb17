//! What was probably meant by a word that nobody knows, and by a value that cannot be read.

/// How names of the other order of bytes end.
const FOREIGN_ORDER: &str = if cfg!(target_endian = "little") { "be" } else { "le" };

/// How far a spelling may be off, by the length of the word.
pub const fn tolerance(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=4 => 1,
        5..=8 => 2,
        _ => 3,
    }
}

/// The name nearest to a word that is none of them; else the shortest that begins with it.
pub fn nearest<S: AsRef<str>>(typed: &str, names: &[S]) -> Option<String> {
    let wanted = typed.to_lowercase();
    let limit = tolerance(wanted.chars().count());
    let near = names.iter().map(AsRef::as_ref).map(|name| {
        let lower = name.to_lowercase();
        let other_start = lower.chars().next() != wanted.chars().next();
        let is_longer_or_shorter = lower.starts_with(&wanted) || wanted.starts_with(&lower);
        let less_alike = (other_start, !is_longer_or_shorter, name.len().abs_diff(wanted.len()));
        (strsim::osa_distance(&wanted, &lower), less_alike, name)
    });
    let near = near.filter(|(distance, ..)| *distance <= limit).min().map(|(.., name)| name);
    let longer = || {
        let fits = |name: &&str| wanted.len() > 2 && name.to_lowercase().starts_with(&wanted);
        names.iter().map(AsRef::as_ref).filter(fits).min_by_key(|name| (name.len(), name.ends_with(FOREIGN_ORDER)))
    };
    near.or_else(longer).map(str::to_owned)
}

/// Flags such as `+faststat-dash` with each word that is none of the names replaced by the nearest one.
pub fn nearest_flags<S: AsRef<str>>(typed: &str, names: &[S]) -> Option<String> {
    let mut mended = String::new();
    let mut rest = typed;
    while !rest.is_empty() {
        let start = rest.find(|c: char| !matches!(c, '+' | '-' | '|' | ',' | ' ')).unwrap_or(rest.len());
        mended.push_str(&rest[..start].replace(['|', ',', ' '], "+"));
        rest = &rest[start..];
        let end = rest.find(['+', '-', '|', ',', ' ']).unwrap_or(rest.len());
        let word = &rest[..end];
        match names.iter().any(|name| name.as_ref() == word) || word.is_empty() {
            true => mended.push_str(word),
            false => mended.push_str(&nearest(word, names)?),
        }
        rest = &rest[end..];
    }
    Some(mended)
}

/// Units that people write behind numbers and that ffmpeg does not read.
const UNITS: [&str; 12] = ["kbit/s", "kbps", "kb/s", "khz", "fps", "sec", "hz", "px", "bps", "kb", "mb", "%"];

/// What a value that cannot be read may have been meant for, the likeliest first.
pub fn meant(value: &str) -> Vec<String> {
    let mut tidy: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    let lower = tidy.to_ascii_lowercase();
    let mut candidates = Vec::new();
    if let Some(unit) = UNITS.iter().find(|unit| lower.ends_with(**unit)) {
        let number = &tidy[..tidy.len() - unit.len()];
        let factor = match unit.as_bytes() {
            [b'k', ..] => "k",
            [b'm', ..] => "M",
            _ => "",
        };
        tidy = format!("{number}{factor}");
    }
    candidates.extend(clock(&tidy));
    candidates.push(tidy.replace(',', "."));
    candidates.push(tidy.replace(['×', '*', 'X', ':', ','], "x"));
    candidates.push(tidy);
    candidates.retain(|candidate| candidate != value && !candidate.is_empty());
    candidates
}

/// `90:00`, which counts more than 59 minutes, with hours.
fn clock(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once(['.', ',']).map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let parts: Vec<u64> = whole.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let seconds = match parts[..] {
        [minutes, seconds] => minutes.checked_mul(60)?.checked_add(seconds)?,
        [hours, minutes, seconds] => {
            hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?
        }
        _ => return None,
    };
    let fraction = fraction.map_or(String::new(), |digits| format!(".{digits}"));
    Some(format!("{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_nothing_is_guessed_at_random() {
        let presets = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"];
        for (typed, meant) in [
            ("veryfats", Some("veryfast")),
            ("Fast", Some("fast")),
            ("fats", Some("fast")),
            ("ultra", Some("ultrafast")),
            ("turbo", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, &presets).as_deref(), meant, "{typed}");
        }
        assert_eq!(nearest("s166", &["s16p", "s16"]).as_deref(), Some("s16"));
        assert_eq!(nearest("tpc", &["udp", "tcp"]).as_deref(), Some("tcp"));
    }

    #[test]
    fn each_word_of_flags_is_mended_on_its_own() {
        let names = ["faststart", "frag_keyframe", "dash", "empty_moov"];
        for (typed, meant) in [
            ("faststat", Some("faststart")),
            ("+faststat", Some("+faststart")),
            ("+faststart+frag_keyfram-dsah", Some("+faststart+frag_keyframe-dash")),
            ("faststart|dash", Some("faststart+dash")),
            ("faststart,dash", Some("faststart+dash")),
            ("+dash+zzz", None),
        ] {
            assert_eq!(nearest_flags(typed, &names).as_deref(), meant, "{typed}");
        }
    }
}
