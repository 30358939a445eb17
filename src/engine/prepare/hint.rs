//! What to do about an input that cannot be opened, as far as it can be told: libavformat says little more than that it cannot.

use crate::av::AvError;
use crate::catalog::{Catalog, Named};
use crate::diagnostic::{nearest, shell_quoted};
use crate::octets::file_path;
use crate::plan::DemuxerSettings;
use crate::spec::InputSpec;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Words that a file's name is looked for in, behind its first one.
const MOST_WORDS: usize = 8;

/// What files of pictures end with.
const PICTURES: [&str; 8] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "exr"];

/// A list of files says what it is in so many bytes.
const BEGINNING: u64 = 256;

/// What is wrong with what was typed for an input, or with the file that it names.
pub(super) fn of(settings: &DemuxerSettings, cause: AvError, catalog: &dyn Catalog) -> Option<String> {
    let url = settings.url.as_str();
    let typed = |names: &[&str]| settings.options.iter().any(|(name, _)| names.contains(&name.as_str()));
    if let Some(parts) = url.strip_prefix("concat:") {
        let missing = parts.split('|').find(|part| !part.contains("://") && !file_path(part).exists())?;
        return Some(format!("its part {missing} is not there."));
    }
    match settings.format.as_deref() {
        Some("rawvideo") if !typed(&["video_size", "s"]) => {
            return Some(
                "raw pictures do not tell their size: type it before -i, as in -s 1280x720 -pix_fmt yuv420p -r 25."
                    .to_owned(),
            );
        }
        Some("concat") if cause.errno() == Some(libc::EPERM) && !typed(&["safe"]) => {
            return Some(
                "it names a file by its whole path, from another folder, or with signs that not every system has: -safe 0 \
                 before -i allows that."
                    .to_owned(),
            );
        }
        _ => {}
    }
    let path = file_path(url);
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Some("it is a directory; give a file in it.".to_owned()),
        Ok(found) if found.is_file() && found.len() == 0 => Some("the file is empty.".to_owned()),
        Ok(_) if cause != AvError::INVALID_DATA => None,
        Ok(_) if settings.format.is_some() => {
            let format = settings.format.as_deref().unwrap_or_default();
            Some(format!("it is not {format}, or damaged: leave -f {format} out to have its format found."))
        }
        Ok(found) if found.is_file() && is_list(&path) => {
            Some("it is a list of files: type -f concat -safe 0 before its -i.".to_owned())
        }
        Ok(_) => Some("it is no media file that this FFmpeg knows, or its header is damaged or cut off.".to_owned()),
        Err(_) => meant(url, settings.format.is_some(), catalog),
    }
}

/// What a name is that no file has.
fn meant(url: &str, has_format: bool, catalog: &dyn Catalog) -> Option<String> {
    let quotes = ['"', '\''];
    let unquoted = url.trim_matches(quotes);
    if unquoted != url && file_path(unquoted).exists() {
        return Some(format!("the quotes have become a part of the name: {} is there.", shell_quoted(unquoted)));
    }
    if has_format {
        return None;
    }
    let extension = url.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if url.contains(['*', '?']) && PICTURES.contains(&extension.as_str()) {
        return Some("-pattern_type glob before -i takes all pictures whose names fit.".to_owned());
    }
    let name = url.split(['=', ',']).next().unwrap_or(url);
    let is_word = !name.contains(['.', '/', ':']);
    let is_filter = is_word && catalog.names(Named::Filter).iter().any(|filter| filter == name);
    is_filter.then(|| format!("there is a filter {name}: -f lavfi before -i makes it a source."))
}

/// True of a file that begins as lists for the demuxer `concat` do.
fn is_list(path: &Path) -> bool {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    read.is_ok() && lines.next().is_some_and(|line| line.starts_with("file ") || line.starts_with("ffconcat "))
}

/// A name with blanks that lost its quotes, where the words behind it make the name of a file that is there.
pub(super) fn whole_name(spec: &InputSpec, arguments: &[String]) -> Option<String> {
    let at = (spec.origin.arg..arguments.len()).take(2).find(|at| arguments[*at] == spec.url)?;
    let names = (at + 2..=arguments.len()).map(|end| arguments[at..end].join(" "));
    let whole = names.take(MOST_WORDS).find(|name| file_path(name).is_file())?;
    let quoted = shell_quoted(&whole);
    Some(format!("{quoted} is there: a name with blanks is quoted, as in -i {quoted}."))
}

/// The file of the same folder whose name is nearly the one of which there is none.
pub(super) fn near_name(url: &str, cause: AvError) -> Option<String> {
    if cause.errno() != Some(libc::ENOENT) || url.contains(':') {
        return None;
    }
    let path = file_path(url);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Some(format!("the folder {} is not there.", shell_quoted(&folder.to_string_lossy())));
    }
    let files = fs::read_dir(folder).ok()?.flatten().filter(|entry| entry.path().is_file());
    let names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let near = nearest(path.file_name()?.to_str()?, &names)?;
    Some(format!("there is {}.", shell_quoted(&path.with_file_name(near).to_string_lossy())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::testing::FakeCatalog;
    use std::path::PathBuf;

    fn in_folder(files: &[(&str, &str)]) -> (tempfile::TempDir, impl Fn(&str) -> String) {
        let dir = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| fs::write(dir.path().join(name), text).unwrap());
        let root = PathBuf::from(dir.path());
        (dir, move |name| root.join(name).to_str().unwrap().to_owned())
    }

    #[test]
    fn a_file_is_known_by_what_is_in_it() {
        let (_dir, at) =
            in_folder(&[("list.txt", "# of mine\nfile 'a.mp4'\n"), ("notes.txt", "files\n"), ("none.mp4", "")]);
        let hint = |name: &str, format: Option<&str>, cause| {
            let format = format.map(str::to_owned);
            of(&DemuxerSettings { url: at(name), format, ..DemuxerSettings::default() }, cause, &FakeCatalog)
        };
        for (name, format, cause, expected) in [
            ("list.txt", None, AvError::INVALID_DATA, "-f concat -safe 0"),
            ("list.txt", Some("concat"), AvError(-libc::EPERM), "-safe 0 before -i allows that"),
            ("list.txt", Some("mp4"), AvError::INVALID_DATA, "it is not mp4"),
            ("notes.txt", None, AvError::INVALID_DATA, "no media file"),
            ("none.mp4", None, AvError::INVALID_DATA, "the file is empty"),
            ("", None, AvError(-libc::EISDIR), "it is a directory"),
        ] {
            let told = hint(name, format, cause);
            assert!(told.as_ref().is_some_and(|told| told.contains(expected)), "{name} {format:?}: {told:?}");
        }
    }

    #[test]
    fn a_name_that_no_file_has_is_known_by_its_signs() {
        let (_dir, at) = in_folder(&[("in.mp4", "x")]);
        assert!(meant(&format!("\"{}\"", at("in.mp4")), false, &FakeCatalog).unwrap().contains("quotes"));
        assert!(meant("pics/*.png", false, &FakeCatalog).unwrap().contains("-pattern_type glob"));
        assert_eq!(meant("pics/*.png", true, &FakeCatalog), None);
        assert_eq!(meant("*.mp4", false, &FakeCatalog), None);
        assert!(meant("scale=2:2", false, &FakeCatalog).unwrap().contains("filter scale"));
        assert_eq!(meant("film", false, &FakeCatalog), None);
    }

    #[test]
    fn a_name_that_is_nearly_one_of_the_folder_s_is_told() {
        let (_dir, at) = in_folder(&[("holiday.mp4", "x"), ("other.mkv", "x")]);
        let near = |name: &str| near_name(&at(name), AvError(-libc::ENOENT));
        for name in ["Holiday.MP4", "holyday.mp4", "holiday.mp"] {
            assert_eq!(near(name), Some(format!("there is {}.", at("holiday.mp4"))), "{name}");
        }
        assert_eq!(near("film.mp4"), None);
        assert!(near("nowhere/holiday.mp4").unwrap().ends_with("is not there."));
        assert_eq!(near_name("rtsp://h/x", AvError(-libc::ENOENT)), None);
    }
}
