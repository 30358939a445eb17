//! Removes what an output has written and nobody can use, and tells whether there is anything.

use std::fs;
use std::io;
use std::path::Path;

/// Folders of names that stand for what is open already (`/dev/stdout`).
const OF_THE_SYSTEM: [&str; 2] = ["/dev", "/proc"];

/// True of a file that holds something.
pub fn has_content(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.len() > 0)
}

/// Removes a file. A link stays: what it leads to goes, and is only emptied where its name is the system's.
pub(super) fn discard(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_symlink() {
        return fs::remove_file(path);
    }
    let mut step = path.to_path_buf();
    while fs::symlink_metadata(&step).is_ok_and(|found| found.is_symlink()) {
        let absolute = std::path::absolute(&step)?;
        if OF_THE_SYSTEM.iter().any(|folder| absolute.starts_with(folder)) {
            return fs::OpenOptions::new().write(true).open(path)?.set_len(0);
        }
        let target = fs::read_link(&step)?;
        step = step.parent().unwrap_or(Path::new("")).join(target);
    }
    fs::remove_file(step)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_a_link_leads_to_goes_and_the_link_stays() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("film.mp4"), "x").unwrap();
        symlink("film.mp4", at("one")).unwrap();
        symlink(at("one"), at("two")).unwrap();
        discard(&at("two")).unwrap();
        assert!(!at("film.mp4").exists());
        assert!(fs::symlink_metadata(at("two")).unwrap().is_symlink());
        assert!(discard(&at("film.mp4")).is_err());
    }

    #[test]
    fn what_is_open_under_a_name_of_the_system_is_emptied() {
        let dir = tempfile::tempdir().unwrap();
        let file = fs::File::create(dir.path().join("film.mp4")).unwrap();
        fs::write(dir.path().join("film.mp4"), "x").unwrap();
        let link = dir.path().join("link");
        symlink(format!("/proc/self/fd/{}", file.as_raw_fd()), &link).unwrap();
        discard(&link).unwrap();
        assert_eq!(fs::metadata(dir.path().join("film.mp4")).unwrap().len(), 0);
        assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    }
}
