//! Dispositions as stream specifiers name them: `default+forced`.

/// FFmpeg's names of the dispositions and their bits (`AV_DISPOSITION_*`), which every FFmpeg has in common.
const NAMES: [(&str, u32); 19] = [
    ("default", 1),
    ("dub", 1 << 1),
    ("original", 1 << 2),
    ("comment", 1 << 3),
    ("lyrics", 1 << 4),
    ("karaoke", 1 << 5),
    ("forced", 1 << 6),
    ("hearing_impaired", 1 << 7),
    ("visual_impaired", 1 << 8),
    ("clean_effects", 1 << 9),
    ("attached_pic", 1 << 10),
    ("timed_thumbnails", 1 << 11),
    ("non_diegetic", 1 << 12),
    ("captions", 1 << 16),
    ("descriptions", 1 << 17),
    ("metadata", 1 << 18),
    ("dependent", 1 << 19),
    ("still_image", 1 << 20),
    ("multilayer", 1 << 21),
];

/// A set of dispositions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dispositions(u32);

impl Dispositions {
    /// Reads names, or their bits as numbers, with a `+` between them and perhaps one before the first; `none` is the empty
    /// set, `all` has every bit. The error is the part that is none of these.
    pub fn parse(text: &str) -> Result<Self, &str> {
        let mut bits = 0;
        for part in text.strip_prefix('+').unwrap_or(text).split('+') {
            bits |= match NAMES.iter().find(|(name, _)| *name == part) {
                Some((_, bit)) => *bit,
                None => number(part).ok_or(part)?,
            };
        }
        Ok(Self(bits))
    }

    /// The set of these names; unknown ones are left out.
    pub fn of(names: &[String]) -> Self {
        let bits = names.iter().filter_map(|name| NAMES.iter().find(|(known, _)| known == name));
        Self(bits.fold(0, |all, (_, bit)| all | bit))
    }

    /// The names of those whose bits are set in a number, decimal or with `0x`; of no or every name for `none` and `all`; `None`
    /// for what is no number.
    pub fn named_by(number: &str) -> Option<Vec<&'static str>> {
        let bits = self::number(number)?;
        Some(NAMES.iter().filter(|(_, bit)| bits & bit != 0).map(|(name, _)| *name).collect())
    }

    /// True when all of `others` are in the set.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

fn number(text: &str) -> Option<u32> {
    match (text, text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))) {
        ("none", _) => Some(0),
        ("all", _) => Some(u32::MAX),
        (_, Some(hex)) => u32::from_str_radix(hex, 16).ok(),
        (_, None) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_disposition_is_told() {
        for (text, wrong) in
            [("", ""), ("+", ""), ("default+", ""), ("x", "x"), ("default+Forced", "Forced"), ("a-b", "a-b")]
        {
            assert_eq!(Dispositions::parse(text), Err(wrong), "{text}");
        }
        assert_eq!(Dispositions::parse("none"), Ok(Dispositions::default()));
        assert_eq!(Dispositions::parse("0x41"), Dispositions::parse("+forced+default+default"));
        assert!(!Dispositions(u32::MAX >> 1).contains(Dispositions::parse("all").unwrap()));
    }

    proptest! {
        #[test]
        fn a_set_contains_what_is_named_of_it_and_nothing_else(
            held in prop::collection::vec(0usize..NAMES.len(), 0..6), asked in prop::collection::vec(0usize..NAMES.len(), 1..4),
        ) {
            let names: Vec<String> = held.iter().map(|at| NAMES[*at].0.to_owned()).collect();
            let text = asked.iter().map(|at| NAMES[*at].0).collect::<Vec<_>>().join("+");
            let contained = asked.iter().all(|at| held.contains(at));
            prop_assert_eq!(Dispositions::of(&names).contains(Dispositions::parse(&text).unwrap()), contained);
        }

        #[test]
        fn numbers_name_what_they_are_the_bits_of(bits in any::<u32>(), hex in any::<bool>()) {
            let text = if hex { format!("0x{bits:x}") } else { bits.to_string() };
            let names: Vec<String> = Dispositions::named_by(&text).unwrap().into_iter().map(str::to_owned).collect();
            prop_assert!(Dispositions::parse(&text).unwrap().contains(Dispositions::of(&names)));
            prop_assert_eq!(names.len(), NAMES.iter().filter(|(_, bit)| bits & bit != 0).count());
        }
    }
}
