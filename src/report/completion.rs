//! Completions and manual of ffmpeg's grammar, made of the options' table.

use crate::cli::table::{Arity, Row, Scope, rows};
use std::fmt::Write;

/// The lines for bash that complete options and files. `words` are the subcommands that clap's script completes,
/// `more` the options of FFmpeg's own tables.
pub fn bash(words: &[String], more: Vec<String>) -> String {
    let words_pattern = words.join("|");
    let words_list = words.join(" ");
    let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.?".contains(c));
    let mut options: Vec<String> =
        names().map(|(name, _)| name.to_owned()).chain(more).filter(plain).map(|name| format!("-{name}")).collect();
    options.sort_unstable();
    options.dedup();
    format!(
        r#"
_weir_job() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}"
    if [[ $COMP_CWORD -gt 1 && ${{COMP_WORDS[1]}} == @({words_pattern}) ]]; then
        _weir "$@"
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "{options}" -- "$cur"))
    elif [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "{words_list}" -- "$cur") $(compgen -f -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}}
shopt -s extglob
complete -o filenames -F _weir_job weir
"#,
        options = options.join(" ")
    )
}

/// The lines for fish.
pub fn fish() -> String {
    names().fold(String::new(), |mut text, (name, row)| {
        let value = if matches!(row.arity, Arity::Value(_)) { " -r" } else { "" };
        let _ = writeln!(text, "complete -c weir -o {name}{value} -d '{}'", row.help.replace('\'', "\\'"));
        text
    })
}

/// The sections of the manual that tell of ffmpeg's grammar, in roff.
pub fn manual() -> String {
    let mut text = String::from(
        ".SH SYNOPSIS\n\\fBweir\\fR [global options] {[input options] \\fB\\-i\\fR input}... {[output options] output}... \
         [[decoder options] \\fB\\-dec\\fR output:stream]...\n\
         .SH DESCRIPTION\nweir transcodes, relays and restreams media with FFmpeg's libraries. It takes ffmpeg's own \
         command line; called through a link named \\fBffmpeg\\fR it takes nothing else. Options of encoders, decoders, \
         muxers, demuxers, scalers and resamplers are FFmpeg's own and not listed here.\n\
         .SH EXIT STATUS\n.TP\n0\nThe outputs are complete.\n.TP\n1\nThe job failed.\n.TP\n69\nThe outputs are written, but \
         an input was damaged or ended early (\\fB\\-strict_exit off\\fR: 0).\n.TP\n255\nA signal stopped it; what was \
         written is playable.\n",
    );
    let sections = [
        (Scope::Global, "GLOBAL OPTIONS"),
        (Scope::Input, "INPUT OPTIONS"),
        (Scope::Output, "OUTPUT OPTIONS"),
        (Scope::Both, "OPTIONS OF INPUTS AND OUTPUTS"),
    ];
    for (scope, head) in sections {
        let _ = writeln!(text, ".SH {head}");
        for row in rows().filter(|row| row.scope() == scope) {
            let names: Vec<String> = row.names.iter().map(|name| format!("\\fB\\-{}\\fR", roff(name))).collect();
            let value = match row.arity {
                Arity::Value(name) => format!(" \\fI{}\\fR", roff(name)),
                _ => String::new(),
            };
            let _ = writeln!(text, ".TP\n{}{value}\n{}", names.join(", "), roff(row.help));
        }
    }
    text
}

fn names() -> impl Iterator<Item = (&'static str, &'static Row)> {
    rows().flat_map(|row| row.names.iter().map(move |name| (*name, row)))
}

fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_that_works_is_there() {
        let (bash, fish, manual) = (bash(&["man".to_owned()], vec!["crf".to_owned()]), fish(), manual());
        for name in ["map", "vf", "progress"] {
            assert!(bash.contains(&format!(" -{name} ")), "{name}");
            assert!(fish.contains(&format!(" -o {name} ")), "{name}");
            assert!(manual.contains(&format!("\\fB\\-{name}\\fR")), "{name}");
        }
        assert!(bash.contains(" -crf "));
        assert!(!manual.contains("not carried out yet"));
    }
}
