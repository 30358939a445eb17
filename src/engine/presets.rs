//! Presets files: options of an encoder by the line, as `-vpre`, `-apre`, `-spre`, `-fpre` and `-pre` name them.

use super::prepare::PrepareError;
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::octets;
use crate::spec::{AvOption, JobSpec, OutputSpec, StreamSpecifier};
use std::path::{Path, PathBuf};

/// Where Debian and most others keep FFmpeg's own.
const SHARED: &str = "/usr/share/ffmpeg";

/// Puts what the files hold before the options of their outputs.
pub(super) fn read(spec: &mut JobSpec, catalog: &dyn Catalog) -> Result<(), PrepareError> {
    for output in &mut spec.outputs {
        for (kind, preset) in std::mem::take(&mut output.seldom.preset_files) {
            let codec = output.codec.last_matching(|s| s.text.starts_with(kind)).map(|c| c.value.clone());
            let found = if kind == 'f' {
                Some(octets::to_path(&preset.value)).filter(|path| path.is_file())
            } else {
                find(&preset.value, codec.as_deref(), "ffpreset", ".ffmpeg")
            };
            let Some(path) = found else {
                let words = format!("File for preset '{}' not found", preset.value);
                let diagnostic = Diagnostic::error("preset-file", format!("{words}."))
                    .remedy(
                        "-vpre and its like name files; what x264 and others have of their own is named by -preset.",
                    )
                    .ffmpeg_says(words)
                    .at(&preset.origin);
                return Err(PrepareError::Refused(vec![diagnostic]));
            };
            // A preset for one kind of stream does not say so in its lines.
            let text = if kind == 'f' { String::new() } else { kind.to_string() };
            let specifier = StreamSpecifier::parse(&text).unwrap_or_default();
            apply(output, &path, &specifier, &preset.origin, catalog)?;
        }
        for preset in std::mem::take(&mut output.seldom.presets).0 {
            let codec = output.codec.0.last().map(|c| c.value.clone());
            let Some(path) = find(&preset.value, codec.as_deref(), "avpreset", ".avconv") else {
                return Err(PrepareError::Failed(format!(
                    "Preset {} specified for output {}, but could not be opened.",
                    preset.value,
                    crate::diagnostic::mask_url(&output.url)
                )));
            };
            apply(output, &path, &preset.specifier, &preset.origin, catalog)?;
        }
    }
    Ok(())
}

/// `NAME.EXTENSION` or `CODEC-NAME.EXTENSION` in the folders that ffmpeg looks through.
fn find(name: &str, codec: Option<&str>, extension: &str, hidden: &str) -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let folders = [
        variable(if extension == "avpreset" { "AVCONV_DATADIR" } else { "FFMPEG_DATADIR" }),
        variable("HOME").map(|home| home.join(hidden)),
        Some(PathBuf::from(SHARED)),
    ];
    let names = [Some(format!("{name}.{extension}")), codec.map(|codec| format!("{codec}-{name}.{extension}"))];
    folders.into_iter().flatten().find_map(|folder| {
        names.iter().flatten().map(|file| folder.join(octets::to_path(file))).find(|path| path.is_file())
    })
}

fn apply(
    output: &mut OutputSpec,
    path: &Path,
    specifier: &StreamSpecifier,
    origin: &crate::diagnostic::Origin,
    catalog: &dyn Catalog,
) -> Result<(), PrepareError> {
    let shown = octets::of_os(path.as_os_str());
    let bytes = std::fs::read(path).map_err(|error| PrepareError::Failed(format!("{shown}: {error}")))?;
    let text = octets::to_text(&bytes);
    let mut options = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((key, value)) = line.split_once('=') else {
            return Err(PrepareError::Failed(format!("{shown}: Invalid syntax: '{line}'")));
        };
        let kind = match key {
            "vcodec" => Some("v"),
            "acodec" => Some("a"),
            "scodec" => Some("s"),
            "dcodec" => Some("d"),
            _ => None,
        };
        if let Some(kind) = kind {
            let specifier = StreamSpecifier::parse(kind).unwrap_or_default();
            output.codec.push(specifier, value.to_owned(), origin.clone());
            continue;
        }
        let scopes = catalog.option_scopes(key);
        if !scopes.any() {
            return Err(PrepareError::Failed(format!(
                "{shown}: Invalid option or argument: '{line}', parsed as '{key}' = '{value}'"
            )));
        }
        let (name, value, specifier) = (key.to_owned(), value.to_owned(), specifier.clone());
        options.push(AvOption { name, specifier, value, scopes, origin: origin.clone() });
    }
    output.options.splice(0..0, options);
    Ok(())
}
