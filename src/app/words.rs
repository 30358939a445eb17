//! weir's own subcommands.

use super::Exit;
use crate::av::LinkedCatalog;
use crate::catalog::Catalog;
use crate::report::{CalledAs, completion, data, level, say};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

/// Transcode, relay and restream with FFmpeg's libraries, by ffmpeg's own command line
#[derive(Debug, Parser)]
#[command(name = "weir", version, disable_help_subcommand = true)]
struct Words {
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual, for `man -l -`
    Man,
}

/// Carries out a subcommand, when the first argument is the name of one.
pub(super) fn run(called: CalledAs, args: &[String]) -> Option<Exit> {
    let first = args.first()?;
    if called == CalledAs::Ffmpeg || !names().contains(first) {
        return None;
    }
    let words = match Words::try_parse_from(["weir"].into_iter().chain(args.iter().map(String::as_str))) {
        Ok(words) => words,
        Err(error) if error.use_stderr() => {
            say(level::ERROR, error.to_string().trim_end());
            return Some(Exit::Failed);
        }
        Err(help) => {
            data(&help.to_string());
            return Some(Exit::Done);
        }
    };
    let text = match words.word {
        Word::Completions { shell } => completions(shell),
        Word::Man => manual(),
    };
    Some(match text {
        Ok(text) => {
            data(&text);
            Exit::Done
        }
        Err(error) => {
            say(level::ERROR, &error.to_string());
            Exit::Failed
        }
    })
}

fn names() -> Vec<String> {
    Words::command().get_subcommands().map(|c| c.get_name().to_owned()).collect()
}

fn completions(shell: Shell) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Words::command(), "weir", &mut bytes);
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    match shell {
        Shell::Bash => text.push_str(&completion::bash(&names(), LinkedCatalog.option_names())),
        Shell::Fish => text.push_str(&completion::fish()),
        _ => {}
    }
    Ok(text)
}

fn manual() -> std::io::Result<String> {
    let page = clap_mangen::Man::new(Words::command());
    let mut bytes = Vec::new();
    page.render_title(&mut bytes)?;
    page.render_name_section(&mut bytes)?;
    bytes.extend_from_slice(completion::manual().as_bytes());
    page.render_subcommands_section(&mut bytes)?;
    page.render_version_section(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_argument_chooses_unless_it_is_called_ffmpeg() {
        Words::command().debug_assert();
        assert_eq!(names(), ["completions", "man"]);
        assert_eq!(run(CalledAs::Ffmpeg, &["man".to_owned()]), None);
        assert_eq!(run(CalledAs::Weir, &["-i".to_owned(), "man".to_owned()]), None);
        assert!(manual().unwrap().contains(".SH GLOBAL OPTIONS"));
        assert!(completions(Shell::Bash).unwrap().contains("_weir_job"));
    }
}
