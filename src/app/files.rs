//! Before anything is written: does an output hit an input, another output, or a file that is there?

use super::keyboard;
use super::signals::Outside;
use super::sources::{local_path, read_by};
use super::targets::written_by;
use crate::av::stdout_is_missing;
use crate::catalog::Catalog;
use crate::diagnostic::mask_url;
use crate::engine::{OpenInputs, is_one_file, missing_folder};
use crate::octets;
use crate::plan::{OutputPlan, Plan, read_files, written_files};
use crate::report::{CalledAs, terminal};
use crate::spec::{GlobalSpec, InputSpec, JobSpec, Overwrite};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Refuses what would destroy an input or an output of the same job, and asks before a file is overwritten. The error
/// holds full sentences, one a line.
pub(super) fn check(
    plan: &Plan,
    (inputs, beside): (&[InputSpec], &[ReadBeside]),
    overwrite: Overwrite,
    (outside, called): (Option<&Outside>, CalledAs),
) -> Result<(), String> {
    let formats = plan.inputs.iter().map(|input| input.format.as_str());
    let read = read_by_each(inputs.iter().zip(formats));
    for (index, output) in plan.outputs.iter().enumerate() {
        let url = mask_url(&output.url);
        let written = written_by(output);
        refuse_inputs(&written, &read, (&url, called))?;
        refuse_read_beside(&written, beside, &url)?;
        if output.muxer.name == "null" {
            continue;
        }
        let to_stdout = matches!(output.url.as_str(), "-" | "pipe:" | "pipe:1" | "fd:" | "/dev/stdout");
        if to_stdout && stdout_is_missing() {
            return Err(format!(
                "{url}: Bad file descriptor: standard output is closed, so what is written there would be lost. Name a \
                 file, or lead standard output to a file or a program."
            ));
        }
        let Some(path) = local_path(&output.url) else { continue };
        let found = fs::metadata(&path).ok();
        if found.as_ref().is_some_and(fs::Metadata::is_dir) && !output.muxer.no_file {
            return Err(is_a_folder(&url));
        }
        refuse_twins(plan, index, output)?;
        if found.is_some_and(|found| found.is_file()) && !output.muxer.no_file {
            ask(&url, overwrite, outside)?;
        }
    }
    Ok(())
}

/// Refuses outputs in folders that are not there, as opening them would.
pub(super) fn check_folders(plan: &Plan) -> Result<(), String> {
    for output in plan.outputs.iter().filter(|output| !output.muxer.no_file) {
        let Some(path) = local_path(&output.url) else { continue };
        if let Some(missing) = missing_folder(&path) {
            return Err(format!("{}: No such file or directory\nThe {missing}.", mask_url(&output.url)));
        }
    }
    Ok(())
}

/// Refuses what tells of the job (`-progress`, `-vstats_file` and their like), and the files that filters write of their own,
/// in place of an input.
pub(super) fn check_reports(spec: &JobSpec, catalog: &dyn Catalog, called: CalledAs) -> Result<(), String> {
    let GlobalSpec { progress, events, seldom, .. } = &spec.global;
    let of_job = [progress, events, &seldom.video_stats, &seldom.sdp_file, &seldom.graphs.file].into_iter().flatten();
    let of_outputs = spec.outputs.iter().flat_map(|output| output.seldom.stats.files());
    let of_filters: Vec<String> = graphs(spec).flat_map(|graph| written_files(catalog, graph)).collect();
    let reports: Vec<&String> = of_job.chain(of_outputs).chain(&of_filters).collect();
    if reports.is_empty() {
        return Ok(());
    }
    // What a list names is not known before its format is.
    let read = read_by_each(spec.inputs.iter().map(|input| (input, "")));
    reports
        .into_iter()
        .try_for_each(|report| refuse_inputs(local_path(report).as_slice(), &read, (&mask_url(report), called)))
}

/// Refuses attachments that would be taken out of an input into what the job reads.
pub(super) fn check_attachments<'a>(
    mut names: impl Iterator<Item = &'a str>,
    inputs: &OpenInputs,
    (beside, called): (&[ReadBeside], CalledAs),
) -> Result<(), String> {
    let read = read_by_each(inputs.spec.inputs.iter().zip(inputs.facts.iter().map(|facts| facts.format.as_str())));
    names.try_for_each(|name| {
        let targets = local_path(name);
        refuse_inputs(targets.as_slice(), &read, (name, called))?;
        refuse_read_beside(targets.as_slice(), beside, name)
    })
}

/// Refuses outputs that are folders, where no format is given.
pub(super) fn check_names(spec: &JobSpec) -> Result<(), String> {
    let unnamed = spec.outputs.iter().filter(|output| output.format.is_none());
    match unnamed.map(|output| &output.url).find(|url| local_path(url).is_some_and(|path| path.is_dir())) {
        Some(url) => Err(is_a_folder(&mask_url(url))),
        None => Ok(()),
    }
}

fn is_a_folder(url: &str) -> String {
    format!("{url}: Is a directory. Give the output a file's name, such as {}/out.mp4", url.trim_end_matches('/'))
}

/// A file that is read beside the inputs, and by what.
pub(super) type ReadBeside = (fs::Metadata, &'static str);

/// What is read beside the inputs: by filters (`movie`, `subtitles`), also in the graphs that lavfi reads, and as attachments.
pub(super) fn read_beside(spec: &JobSpec, catalog: &dyn Catalog) -> Vec<ReadBeside> {
    let is_graph = |input: &&InputSpec| input.format.as_ref().is_some_and(|format| format.value == "lavfi");
    let of_inputs = spec.inputs.iter().filter(is_graph).map(|input| &input.url);
    let by_filters = graphs(spec).chain(of_inputs).flat_map(|graph| read_files(catalog, graph));
    let by_filters = by_filters.map(|file| (file, "a filter reads"));
    let attached = spec.outputs.iter().flat_map(|output| &output.seldom.attachments);
    let attached = attached.map(|file| (file.value.clone(), "is to be attached"));
    let found = |(file, by): (String, &'static str)| Some((fs::metadata(local_path(&file)?).ok()?, by));
    by_filters.chain(attached).filter_map(found).filter(|(found, _)| found.is_file()).collect()
}

/// Refuses what is to be written under that URL when one of the files is such a one.
fn refuse_read_beside(targets: &[PathBuf], read: &[ReadBeside], url: &str) -> Result<(), String> {
    for path in targets {
        let Ok(found) = fs::metadata(path) else { continue };
        if let Some((_, by)) = read.iter().find(|(file, _)| is_one_file(file, &found)) {
            return Err(format!(
                "Output {url} would write {}, the file that {by}; it would be lost. Write to another name, then rename it.",
                octets::of_os(path.as_os_str())
            ));
        }
    }
    Ok(())
}

/// The texts of all filtergraphs.
fn graphs(spec: &JobSpec) -> impl Iterator<Item = &String> {
    let simple = spec.outputs.iter().flat_map(|output| output.filters.0.iter().map(|filter| &filter.value));
    spec.global.complex_graphs.iter().map(|graph| &graph.text).chain(simple)
}

/// The files that each input is read from; with the name of its format, where that is known.
fn read_by_each<'a>(inputs: impl Iterator<Item = (&'a InputSpec, &'a str)>) -> Vec<Vec<fs::Metadata>> {
    inputs
        .map(|(input, format)| read_by(input, format).iter().filter_map(|path| fs::metadata(path).ok()).collect())
        .collect()
}

/// Refuses what is to be written under that URL when one of the files is an input's.
fn refuse_inputs(
    targets: &[PathBuf],
    read: &[Vec<fs::Metadata>],
    (url, called): (&str, CalledAs),
) -> Result<(), String> {
    let input_of = |path: &PathBuf| {
        let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        read.iter().position(|files| files.iter().any(|file| is_one_file(file, &found)))
    };
    let Some((path, input)) = targets.iter().find_map(|path| Some((path, input_of(path)?))) else {
        return Ok(());
    };
    if local_path(url).is_none_or(|own| own != *path) {
        let piece = octets::of_os(path.as_os_str());
        return Err(format!(
            "Output {url} would also write {piece}, which is Input #{input}. Give other names, or rename the input first."
        ));
    }
    let remedy = if called == CalledAs::Weir { " Write to another name, then rename it." } else { "" };
    Err(format!("Output {url} same as Input #{input} - exiting\nFFmpeg cannot edit existing files in-place.{remedy}"))
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
    use crate::plan::InputPlan;

    fn plan(urls: &[&Path]) -> Plan {
        let outputs = urls.iter().map(|url| OutputPlan {
            url: url.to_str().unwrap().to_owned(),
            muxer: MuxerFacts { name: "mp4".to_owned(), ..MuxerFacts::default() },
            ..OutputPlan::default()
        });
        Plan { inputs: vec![InputPlan::default()], outputs: outputs.collect(), ..Plan::default() }
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
            let told = check(&plan(&[output]), (&inputs, &[]), Overwrite::Always, (None, CalledAs::Weir)).unwrap_err();
            assert!(told.contains("FFmpeg cannot edit existing files in-place."), "{told}");
        }
    }

    #[test]
    fn two_outputs_are_two_files() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("./one"));
        let refused =
            |urls: &[&Path]| check(&plan(urls), (&[], &[]), Overwrite::Always, (None, CalledAs::Weir)).is_err();
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
            let told = check(&plan(&[&there]), (&[], &[]), overwrite, (None, CalledAs::Weir)).unwrap_err();
            assert!(told.starts_with("File '") && told.ends_with("' already exists. Exiting."), "{told}");
        }
        assert_eq!(check(&plan(&[&there]), (&[], &[]), Overwrite::Always, (None, CalledAs::Weir)), Ok(()));
    }
}
