//! Tries values on an option without effect: whether it takes them.

use super::table::{Effect, Row, Use};
use super::value::BadValue;
use crate::catalog::Catalog;
use crate::diagnostic::Origin;
use crate::spec::{GlobalSpec, InputSpec, MetadataPlace, OutputSpec, StreamSpecifier};

/// Whether an option takes a value; where it stands does not matter.
pub fn takes(row: &'static Row, value: &str, catalog: &dyn Catalog) -> Result<(), BadValue> {
    let origin = Origin::default();
    let used = Use {
        value,
        on: true,
        specifier: StreamSpecifier::all(),
        place: MetadataPlace::Global,
        origin: &origin,
        catalog,
        is_literal: false,
    };
    match row.target().effect {
        Effect::Global(apply) => apply(&mut GlobalSpec::default(), &used),
        Effect::Input(apply) => apply(&mut InputSpec::new("", origin.clone()), &used),
        Effect::Output(apply) | Effect::Both(_, apply) => apply(&mut OutputSpec::new("", origin.clone()), &used),
        Effect::Alias(..) | Effect::Show(_) => Ok(()),
    }
}

/// A value that an option takes, where it does not take just any.
pub fn example(row: &'static Row, catalog: &dyn Catalog) -> Option<String> {
    takes(row, "-", catalog).err().map(|bad| bad.example)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::testing::FakeCatalog;
    use crate::cli::table;
    use crate::diagnostic::meant;

    #[test]
    fn what_was_meant_is_found_among_the_likely_spellings() {
        let cases = [
            ("ar", "44100Hz", "44100"),
            ("ar", "44,1k", "44.1k"),
            ("ar", "44.1 kHz", "44.1k"),
            ("ss", "90:00", "01:30:00"),
            ("ss", "1:75", "00:02:15"),
            ("ss", "1,5", "1.5"),
            ("t", "10sec", "10"),
            ("r", "29,97", "29.97"),
            ("r", "25 fps", "25"),
            ("s", "1280 x 720", "1280x720"),
            ("s", "1280px", "640x360"),
            ("b", "800 kbps", "800k"),
            ("aspect", "sixteen", "16:9"),
        ];
        for (name, typed, expected) in cases {
            let row = table::find(name).unwrap();
            let bad = takes(row, typed, &FakeCatalog).unwrap_err();
            let found = meant(typed).into_iter().find(|value| takes(row, value, &FakeCatalog).is_ok());
            assert_eq!(found.unwrap_or(bad.example), expected, "-{name} {typed}");
        }
    }

    #[test]
    fn options_of_free_text_have_no_example() {
        for (name, expected) in [("t", Some("10")), ("map", Some("0:v")), ("c", Some("copy")), ("progress", None)] {
            assert_eq!(example(table::find(name).unwrap(), &FakeCatalog).as_deref(), expected, "{name}");
        }
    }
}
