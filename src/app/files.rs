//! Before anything is written: does an output hit an input, another output, or a file that is there?

use super::keyboard;
use super::signals::Outside;
use crate::diagnostic::mask_url;
use crate::octets::{file_path, to_path};
use crate::plan::{OutputPlan, Plan};
use crate::report::{CalledAs, terminal};
use crate::spec::{InputSpec, Overwrite};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Refuses what would destroy an input or an output of the same job, and asks before a file is overwritten. The error
/// holds full sentences, one a line.
pub(super) fn check(
    plan: &Plan,
    inputs: &[InputSpec],
    overwrite: Overwrite,
    (outside, called): (Option<&Outside>, CalledAs),
) -> Result<(), String> {
    for (index, output) in plan.outputs.iter().enumerate() {
        let Some(path) = local_path(&output.url).filter(|_| output.muxer.name != "null") else { continue };
        let url = mask_url(&output.url);
        let found = fs::metadata(&path).ok();
        if found.as_ref().is_some_and(fs::Metadata::is_dir) && !output.muxer.no_file {
            return Err(format!("{url}: Is a directory. Give the output a file's name, such as {url}/out.mp4"));
        }
        let Some(found) = found.filter(fs::Metadata::is_file) else {
            refuse_twins(plan, index, output)?;
            continue;
        };
        if let Some(input) = inputs.iter().position(|i| local_path(&i.url).is_some_and(|p| is_same(&p, &found))) {
            return Err(format!(
                "Output {url} same as Input #{input} - exiting\n\
                 FFmpeg cannot edit existing files in-place.{}",
                if called == CalledAs::Weir { " Write to another name, then rename it." } else { "" }
            ));
        }
        refuse_twins(plan, index, output)?;
        if !output.muxer.no_file {
            ask(&url, overwrite, outside)?;
        }
    }
    Ok(())
}

/// Refuses two outputs that are one file.
fn refuse_twins(plan: &Plan, index: usize, output: &OutputPlan) -> Result<(), String> {
    let mine = identity(output);
    let twin = plan.outputs[..index].iter().position(|other| mine.is_some() && identity(other) == mine);
    match twin {
        None => Ok(()),
        Some(twin) => Err(format!(
            "Output #{index} {} is the same file as output #{twin}. Give each output a name of its own.",
            mask_url(&output.url)
        )),
    }
}

/// What makes a regular file, there or not yet, one and the same.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    Inode(u64, u64),
    Path(PathBuf),
}

fn identity(output: &OutputPlan) -> Option<Identity> {
    let path = local_path(&output.url).filter(|_| output.muxer.name != "null")?;
    match fs::metadata(&path) {
        Ok(found) if found.is_file() => Some(Identity::Inode(found.dev(), found.ino())),
        Ok(_) => None,
        Err(_) => {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(Identity::Path(fs::canonicalize(folder).ok()?.join(path.file_name()?)))
        }
    }
}

fn is_same(path: &Path, found: &fs::Metadata) -> bool {
    fs::metadata(path).is_ok_and(|other| (other.dev(), other.ino()) == (found.dev(), found.ino()))
}

/// The path behind a URL, unless it is one of another protocol.
fn local_path(url: &str) -> Option<PathBuf> {
    if url.starts_with("file:") {
        return Some(file_path(url));
    }
    let scheme = url.split(':').next().filter(|scheme| scheme.len() < url.len());
    let is_scheme = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    // A file may be called `a:b`; what exists under its full name is a file.
    let is_other = scheme.is_some_and(is_scheme) && !to_path(url).exists();
    (!is_other).then(|| to_path(url))
}

fn ask(url: &str, overwrite: Overwrite, outside: Option<&Outside>) -> Result<(), String> {
    match (overwrite, outside) {
        (Overwrite::Always, _) => Ok(()),
        (Overwrite::Ask, Some(outside)) => {
            terminal::ask(&format!("File '{url}' already exists. Overwrite? [y/N] "));
            outside.set_asking(true);
            let answer = keyboard::read_line();
            outside.set_asking(false);
            if answer.starts_with(['y', 'Y']) { Ok(()) } else { Err("Not overwriting - exiting".to_owned()) }
        }
        _ => Err(format!("File '{url}' already exists. Exiting.")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::MuxerFacts;
    use crate::diagnostic::Origin;

    fn plan(urls: &[&Path]) -> Plan {
        let outputs = urls.iter().map(|url| OutputPlan {
            url: url.to_str().unwrap().to_owned(),
            muxer: MuxerFacts { name: "mp4".to_owned(), ..MuxerFacts::default() },
            ..OutputPlan::default()
        });
        Plan { outputs: outputs.collect(), ..Plan::default() }
    }

    #[test]
    fn protocols_are_no_files() {
        assert_eq!(local_path("rtmp://h/x"), None);
        assert_eq!(local_path("pipe:1"), None);
        assert_eq!(local_path("file:a.mp4"), Some(PathBuf::from("a.mp4")));
        assert_eq!(local_path("a.mp4"), Some(PathBuf::from("a.mp4")));
    }

    #[test]
    fn an_input_is_never_an_output_under_any_name() {
        let dir = tempfile::tempdir().unwrap();
        let (input, hard, soft) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("c"));
        fs::write(&input, "x").unwrap();
        fs::hard_link(&input, &hard).unwrap();
        std::os::unix::fs::symlink(&input, &soft).unwrap();
        let inputs = [InputSpec::new(input.to_str().unwrap(), Origin::default())];
        for output in [&input, &hard, &soft] {
            let told = check(&plan(&[output]), &inputs, Overwrite::Always, (None, CalledAs::Weir)).unwrap_err();
            assert!(told.contains("FFmpeg cannot edit existing files in-place."), "{told}");
        }
    }

    #[test]
    fn two_outputs_are_two_files() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("./one"));
        let refused = |urls: &[&Path]| check(&plan(urls), &[], Overwrite::Always, (None, CalledAs::Weir)).is_err();
        assert!(refused(&[&one, &other]));
        assert!(!refused(&[&one, &dir.path().join("two")]));
        assert!(!refused(&[Path::new("/dev/null"), Path::new("/dev/null")]));
        assert!(!refused(&[Path::new("pipe:1"), Path::new("pipe:1")]));
    }

    #[test]
    fn what_is_there_is_left_alone_unless_told_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let there = dir.path().join("there");
        fs::write(&there, "x").unwrap();
        for overwrite in [Overwrite::Never, Overwrite::Ask] {
            let told = check(&plan(&[&there]), &[], overwrite, (None, CalledAs::Weir)).unwrap_err();
            assert!(told.starts_with("File '") && told.ends_with("' already exists. Exiting."), "{told}");
        }
        assert_eq!(check(&plan(&[&there]), &[], Overwrite::Always, (None, CalledAs::Weir)), Ok(()));
    }
}
