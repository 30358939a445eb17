//! The lists of the demuxer `concat`, as far as libavformat keeps to itself what stands in them.

use crate::octets::file_path;
use std::fs;
use std::path::Path;

/// A longer list is not looked through, in bytes.
const LONGEST: u64 = 1 << 20;

/// The text of a list that is a local file.
pub fn concat_list(path: &Path) -> Option<String> {
    if !fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= LONGEST) {
        return None;
    }
    fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The rest of each line that begins with this keyword.
pub fn concat_directives<'a>(list: &'a str, keyword: &'a str) -> impl Iterator<Item = &'a str> {
    list.lines().filter_map(move |line| line.trim_start().strip_prefix(keyword)?.strip_prefix([' ', '\t']))
}

/// Some piece of an input's list begins elsewhere than its file does.
pub(in crate::engine) fn has_in_points(url: &str) -> bool {
    concat_list(&file_path(url)).is_some_and(|list| concat_directives(&list, "inpoint").next().is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn in_points_are_found_and_what_looks_like_them_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list.txt");
        for (text, has) in [
            ("file a.mp4\n  inpoint 2.5\n", true),
            ("file a.mp4\ninpoint\t0:02\noutpoint 3\n", true),
            ("file inpoint 2\n# inpoint 2\noutpoint 3\ninpoints 3\n", false),
            ("", false),
        ] {
            fs::write(&list, text).unwrap();
            assert_eq!(has_in_points(list.to_str().unwrap()), has, "{text}");
        }
        assert!(!has_in_points("nowhere.txt") && !has_in_points(dir.path().to_str().unwrap()));
    }
}
