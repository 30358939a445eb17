//! Reads the values that a command line names files for (`-/option FILE`).

use crate::cli;
use crate::diagnostic::reason;
use crate::octets;

/// The command line with what stands in the files. The error is a full sentence.
pub(super) fn read(args: &[String]) -> Result<Vec<String>, String> {
    let files = cli::value_files(args);
    let mut values = Vec::with_capacity(files.len());
    for file in files {
        let (option, name) = (&file.option, &args[file.at + 1]);
        if file.is_flag {
            return Err(format!("Requested to load an argument from file for a bool option '{option}'"));
        }
        let bytes = std::fs::read(octets::to_path(name)).map_err(|error| {
            format!("Error reading the value for option '{option}' from file: {name}: {}", reason(&error))
        })?;
        // A script ends with a line's end, which no value is meant to have.
        let text = octets::to_text(&bytes);
        let value = text.strip_suffix('\n').unwrap_or(&text);
        values.push((file, value.strip_suffix('\r').unwrap_or(value).to_owned()));
    }
    Ok(cli::with_values(args.to_vec(), values))
}
