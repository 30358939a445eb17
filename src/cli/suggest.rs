//! Finds the option that was meant when a name is unknown.

use super::command::is_file;
use super::table::{self, Suffix};
use super::value::number;
use crate::catalog::Catalog;
use crate::diagnostic::tolerance;

/// True when the option's name, without dash and suffix, is known.
pub fn is_known(name: &str, catalog: &dyn Catalog) -> bool {
    is_file(name) || table::find(name).is_some() || (!name.is_empty() && catalog.option_scopes(name).any())
}

/// `-crf20`, `-b:v2M`: the option, and the number that was written without a blank behind it.
pub fn glued_number<'a>(body: &'a str, catalog: &dyn Catalog) -> Option<(&'a str, &'a str)> {
    let digit = body.find(|c: char| c.is_ascii_digit())?;
    let (option, value) = body.split_at(digit);
    let name = option.split(':').next().unwrap_or(option);
    (!option.ends_with([':', '_', '-']) && number(value).is_ok() && is_known(name, catalog)).then_some((option, value))
}

/// The known spelling nearest to `name`, perhaps with a specifier: `cv` gives `c:v`, `prest` gives `preset`.
pub fn nearest(name: &str, catalog: &dyn Catalog) -> Option<String> {
    let bare = name.trim_start_matches('-');
    if bare != name && is_known(bare, catalog) {
        return Some(bare.to_owned());
    }
    missing_colon(bare).or_else(|| by_spelling(bare, catalog)).or_else(|| missing_letter(bare))
}

/// `mp` for `map`: of so short a name nothing but the one option of ffmpeg's own that lacks a letter.
fn missing_letter(name: &str) -> Option<String> {
    let mut letters = name.chars();
    let (first, second, None) = (letters.next()?, letters.next()?, letters.next()) else { return None };
    let fits = |long: &&str| long.len() == 3 && long.starts_with(first) && long[first.len_utf8()..].contains(second);
    let mut found = table::rows().flat_map(|row| row.names.iter().copied()).filter(fits);
    let (only, None) = (found.next()?, found.next()) else { return None };
    Some(only.to_owned())
}

/// `cv` for `c:v`, `filtera` for `filter:a`.
fn missing_colon(name: &str) -> Option<String> {
    let (option, kind) = ["v", "a", "s"].iter().find_map(|kind| Some((name.strip_suffix(kind)?, *kind)))?;
    let row = table::find(option)?;
    (row.suffix == Suffix::Stream).then(|| format!("{option}:{kind}"))
}

fn by_spelling(name: &str, catalog: &dyn Catalog) -> Option<String> {
    let wanted = name.to_lowercase();
    let limit = tolerance(wanted.chars().count());
    let native = table::rows().flat_map(|row| {
        let negated = row.can_be_negated().then(|| format!("no{}", row.name()));
        row.names.iter().map(|name| (*name).to_owned()).chain(negated)
    });
    let known = native.map(|name| (0, name)).chain(catalog.option_names().into_iter().map(|name| (1, name)));
    known
        .filter(|(_, name)| name.len().abs_diff(wanted.len()) <= limit * 2)
        .map(|(source, name)| {
            let distance = strsim::osa_distance(&wanted, &name.to_lowercase());
            let other_start = name.chars().next() != wanted.chars().next();
            (distance, other_start, source, name.len().abs_diff(wanted.len()), name)
        })
        .filter(|(distance, ..)| *distance <= limit)
        .min()
        .map(|(.., name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::FakeCatalog;

    #[test]
    fn slips_of_the_finger_are_understood() {
        let cases = [
            ("prest", Some("preset")),
            ("presset", Some("preset")),
            ("-preset", Some("preset")),
            ("-vf", Some("vf")),
            ("cv", Some("c:v")),
            ("bv", Some("b:v")),
            ("filterv", Some("filter:v")),
            ("SS", Some("ss")),
            ("hide_baner", Some("hide_banner")),
            ("nostat", Some("nostats")),
            ("pixfmt", Some("pix_fmt")),
            ("movflag", Some("movflags")),
            ("mp", Some("map")),
            ("ma", Some("map")),
            ("qz", None),
            ("qqq", None),
            ("xyzzyxyzzy", None),
            ("", None),
            ("é", None),
        ];
        for (typed, meant) in cases {
            assert_eq!(nearest(typed, &FakeCatalog).as_deref(), meant, "{typed}");
        }
    }
}
