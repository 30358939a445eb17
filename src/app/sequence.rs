//! Names of pictures with a number in them, as FFmpeg writes and reads sequences of them.

use crate::octets::to_path;
use std::fs;
use std::path::{Path, PathBuf};

/// A name with a place for a number: `%d`, or `%05d` for at least five digits; `%%` is a percent sign.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    before: String,
    width: usize,
    behind: String,
}

impl Sequence {
    /// None without such a place, or with several.
    pub(super) fn read(pattern: &str) -> Option<Self> {
        let (mut fixed, mut width) = ([String::new(), String::new()], None);
        let mut rest = pattern;
        while let Some((plain, sign)) = rest.split_once('%') {
            let half = &mut fixed[usize::from(width.is_some())];
            half.push_str(plain);
            if let Some(behind) = sign.strip_prefix('%') {
                half.push('%');
                rest = behind;
                continue;
            }
            let digits = sign.bytes().take_while(u8::is_ascii_digit).count();
            let behind = sign[digits..].strip_prefix('d').filter(|_| width.is_none())?;
            width = Some(if digits == 0 { 0 } else { sign[..digits].parse().ok()? });
            rest = behind;
        }
        fixed[usize::from(width.is_some())].push_str(rest);
        let [before, behind] = fixed;
        Some(Self { before, width: width?, behind })
    }

    /// The file of that number.
    pub(super) fn file(&self, number: i64) -> PathBuf {
        let Self { before, width, behind } = self;
        to_path(&format!("{before}{number:0width$}{behind}"))
    }

    /// The files that are there, with their numbers.
    pub(super) fn files(&self) -> Vec<(i64, PathBuf)> {
        let like = self.file(0);
        let folder = like.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let names =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| like.with_file_name(entry.file_name()));
        names.filter_map(|path| Some((self.number(&path)?, path))).collect()
    }

    fn number(&self, path: &Path) -> Option<i64> {
        let digits = path.to_str()?.strip_prefix(&self.before)?.strip_suffix(&self.behind)?;
        digits.parse().ok().filter(|number| self.file(*number) == path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_have_one_place() {
        for (pattern, number, file) in [
            ("a%d.png", 7, Some("a7.png")),
            ("a%03d.png", 7, Some("a007.png")),
            ("a%03d.png", 12345, Some("a12345.png")),
            ("100%%_%2d_%%", 1, Some("100%_01_%")),
            ("a.png", 1, None),
            ("a%%d.png", 1, None),
            ("%d_%d.png", 1, None),
            ("%s.png", 1, None),
            ("a%", 1, None),
        ] {
            assert_eq!(Sequence::read(pattern).map(|s| s.file(number)), file.map(PathBuf::from), "{pattern}");
        }
    }

    #[test]
    fn files_are_those_that_would_be_written() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a1.png", "a02.png", "a12.png", "a123.png", "ab.png", "a.png"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let numbers = |name: &str| {
            let sequence = Sequence::read(dir.path().join(name).to_str().unwrap()).unwrap();
            let mut numbers: Vec<i64> = sequence.files().into_iter().map(|(number, _)| number).collect();
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(numbers("a%d.png"), [1, 12, 123]);
        assert_eq!(numbers("a%02d.png"), [2, 12, 123]);
        assert_eq!(numbers("b%d.png"), [0; 0]);
    }
}
