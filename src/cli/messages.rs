//! The sentences about options. Those that programs look for in ffmpeg's output are kept word for word.

use super::command::{GroupKind, Typed};
use super::table::{Row, Scope};
use super::value::BadValue;
use crate::diagnostic::{
    Diagnostic, Origin, mask_option, mask_text, no_output_format, no_output_format_in_ffmpeg, shell_quoted,
};
use crate::spec::Assigned;
use crate::unit::Rational;

/// An option that no table knows.
pub fn unknown(body: &str, meant: Option<&str>, origin: &Origin) -> Diagnostic {
    let message =
        format!("Unrecognized option '{}'. Error splitting the argument list: Option not found.", mask_text(body));
    let remedy = match meant {
        Some(meant) => format!("Did you mean {meant}?"),
        None => "No option has a similar name.".to_owned(),
    };
    let words =
        format!("Unrecognized option '{}'.\nError splitting the argument list: Option not found", mask_text(body));
    Diagnostic::error("unknown-option", message).remedy(remedy).ffmpeg_says(words).at(origin)
}

/// `-crf=23`.
pub fn unknown_with_equals(body: &str, option: &str, value: &str, origin: &Origin) -> Diagnostic {
    let remedy = format!("The value is a word of its own: {option} {}.", shell_quoted(&mask_option(option, value)));
    unknown(body, None, origin).remedy(remedy)
}

/// The command line ends before an option's value.
pub fn value_missing(body: &str, metavar: &str, is_library: bool, origin: &Origin) -> Diagnostic {
    let message = format!("Missing argument for option '{body}'.");
    // Options of the libraries are known to it only together with a value.
    let words = if is_library {
        format!("Unrecognized option '{body}'.\nError splitting the argument list: Option not found")
    } else {
        format!("{message}\nError splitting the argument list: Invalid argument")
    };
    Diagnostic::error("missing-value", message)
        .remedy(format!("-{body} is followed by: {metavar}."))
        .ffmpeg_says(words)
        .at(origin)
}

/// A value that cannot be read.
pub fn bad_value(name: &str, value: &str, bad: &BadValue, origin: &Origin) -> Diagnostic {
    let message = format!("option -{name} expects {}, but found: '{}'.", bad.expected, mask_option(name, value));
    let words = bad.words.as_deref().map_or_else(|| bad_value_in_ffmpeg(name, &mask_option(name, value)), mask_text);
    Diagnostic::error("bad-value", message).ffmpeg_says(words).at(origin)
}

/// What ffmpeg says to a bad value.
fn bad_value_in_ffmpeg(name: &str, value: &str) -> String {
    match name.split(':').next().unwrap_or(name) {
        "ss" | "t" | "to" | "sseof" | "itsoffset" => format!("Invalid duration specification for {name}: {value}"),
        "r" => format!("Invalid framerate value: {value}"),
        "s" => format!("Invalid frame size: {value}."),
        "pix_fmt" => format!("Unknown pixel format requested: {value}."),
        "sample_fmt" => format!("Invalid sample format '{value}'"),
        "enc_time_base" => format!("Invalid time base: {value}"),
        "aspect" => format!("Invalid aspect ratio: {value}"),
        "map" => {
            let map = value.trim_start_matches('-');
            format!("Stream map '{map}' matches no streams.\nTo ignore this, add a trailing '?' to the map.")
        }
        // A letter that names no place.
        "map_metadata" => {
            let place = value.split_once(':').map_or(value, |(_, place)| place);
            format!("Invalid metadata type {}.", place.chars().next().unwrap_or(' '))
        }
        "metadata" => format!("No '=' character in metadata string {value}."),
        _ => format!("Expected number for {name} but found: {value}"),
    }
}

/// A specifier that cannot be read.
pub fn bad_suffix(name: &str, reason: &str, origin: &Origin) -> Diagnostic {
    Diagnostic::error("bad-specifier", format!("option -{name}: {reason}.")).at(origin)
}

/// A suffix that the option does not have.
pub fn suffix_ignored(name: &str, suffix: &str, origin: &Origin) -> Diagnostic {
    let message = format!("-{name} takes no stream specifier: ':{suffix}' is ignored.");
    Diagnostic::warning("specifier-ignored", message).at(origin)
}

/// An option of inputs at an output, or the other way round; or of either at a loopback decoder.
pub fn misplaced(row: &Row, typed: &str, (kind, url): (GroupKind, &str), origin: &Origin) -> Diagnostic {
    let (here, file, opening, there) = match kind {
        GroupKind::Input => ("input url", "input", "opening input files", "an output"),
        GroupKind::Output => ("output url", "output", "opening output files", "an input"),
        GroupKind::Decoder => {
            let there = match row.scope() {
                Scope::Input => "an input",
                Scope::Output => "an output",
                Scope::Both | Scope::Global => "an input or an output",
            };
            ("loopback decoder", "decoder", "creating loopback decoders", there)
        }
    };
    let message = format!(
        "Option {typed} ({}) cannot be applied to {here} {}: it belongs before {there}.",
        row.help,
        mask_text(url)
    );
    // With help of our own, since the rest is what programs look for.
    let words = format!(
        "Option {typed} ({}) cannot be applied to {here} {url} -- you are trying to apply an input option to an output \
         file or vice versa. Move this option before the file it belongs to.\nError parsing options for {file} file \
         {url}.\nError {opening}: Invalid argument",
        row.help,
        url = mask_text(url)
    );
    Diagnostic::error("misplaced-option", message).ffmpeg_says(words).at(origin)
}

/// An encoder's option before an input.
pub fn not_for_decoding((origin, name): (&Origin, &str), help: &str, (number, url): (usize, &str)) -> Diagnostic {
    let url = mask_text(url);
    let what = if help.is_empty() { String::new() } else { format!(" ({help})") };
    let message = format!("{}{what} is for encoding, so it cannot stand before the input {url}.", origin.token);
    let words =
        format!("Codec AVOption {name} ({help}) specified for input file #{number} ({url}) is not a decoding option.");
    Diagnostic::error("misplaced-option", message)
        .remedy("Options of encoders stand before the output that they are for.")
        .ffmpeg_says(words)
        .at(origin)
}

/// `-c copy` or `-c:v libx264` before an input.
pub fn encoder_before_input(name: &str, url: &str, origin: &Origin) -> Diagnostic {
    let what = if name == "copy" { "no decoder" } else { "an encoder" };
    let message = format!(
        "Unknown decoder '{name}': {} before the input {} names what decodes it, and {name} is {what}.",
        origin.token,
        mask_text(url)
    );
    Diagnostic::error("misplaced-option", message)
        .remedy("What is to become of the streams stands before the output.")
        .ffmpeg_says(format!("Unknown decoder '{name}'"))
        .at(origin)
}

/// An option that took the output's name for its value.
pub fn taken_for_a_value(typed: &Typed) -> String {
    let value = shell_quoted(&mask_option(&typed.name, &typed.value));
    format!("{} is followed by its value, so {value} was taken for that.", typed.origin.token)
}

/// A word behind an option that takes no value, which would be an output without a format.
pub fn value_of_flag(option: &Origin, word: &str, place: &Origin) -> Diagnostic {
    let word = mask_text(word);
    let message = format!("{} takes no value, so '{word}' behind it would be an output file.", option.token);
    Diagnostic::error("value-of-flag", message).ffmpeg_says(no_output_format_in_ffmpeg(&word)).at(place)
}

/// A word that would be an output.
pub fn stray(word: &str, reason: &str, place: &Origin) -> Diagnostic {
    let word = mask_text(word);
    let message = format!("{}: {reason}.", no_output_format(&word));
    Diagnostic::error("stray-word", message).ffmpeg_says(no_output_format_in_ffmpeg(&word)).at(place)
}

/// An option that took the next option for its value.
pub fn value_forgotten(origin: &Origin, next: &str, expected: &str) -> Diagnostic {
    let message = format!(
        "Missing argument for option '{}': the next word, {}, is an option and cannot be its value.",
        origin.token.trim_start_matches('-'),
        mask_text(next)
    );
    Diagnostic::error("missing-value", message).remedy(format!("{} expects {expected}.", origin.token)).at(origin)
}

/// An option that takes any text, and would take the next option for it.
pub fn text_forgotten(origin: &Origin, next: &str) -> Diagnostic {
    let remedy = format!("{0} stands before its value; without {0} the usual one counts.", origin.token);
    value_forgotten(origin, next, "").remedy(remedy)
}

/// `-not`, where `-t` has no negation.
pub fn no_negation(body: &str, option: &str, origin: &Origin) -> Diagnostic {
    unknown(body, None, origin).remedy(format!("-{option} is no switch, so it has no negation: leave it out."))
}

/// An option behind the last output.
pub fn trailing(token: &str, value: Option<&str>, origin: &Origin) -> Diagnostic {
    let shown = value.map_or(token.to_owned(), |value| format!("{token} {}", shell_quoted(&mask_option(token, value))));
    let message = format!("{shown} stands behind the last output and applies to nothing; it is ignored.");
    Diagnostic::warning("trailing-option", message)
        .remedy("An option stands before the file it is for.")
        .ffmpeg_says("Trailing option(s) found in the command: may be ignored.")
        .at(origin)
}

/// An option with a bare name where the kind of stream should be said.
pub fn ambiguous(name: &str, kind: &str, origin: &Origin) -> Diagnostic {
    let short = if name == "qscale" { "q" } else { name };
    let message =
        format!("Please use -{short}:a or -{short}:v, -{name} is ambiguous; it is taken for -{short}:{kind}.");
    let words = format!("Please use -{short}:a or -{short}:v, -{name} is ambiguous");
    Diagnostic::note("ambiguous-option", message).ffmpeg_says(words).at(origin)
}

/// No output was named.
pub fn no_output() -> Diagnostic {
    Diagnostic::error("no-output", "At least one output file must be specified.")
        .ffmpeg_says("At least one output file must be specified")
}

/// No input was named.
pub fn no_input(origin: &Origin) -> Diagnostic {
    let message = format!("no input is named: '{}' would be written, not read.", origin.token);
    Diagnostic::error("no-input", message).remedy("-i stands before what is read.").at(origin)
}

/// `-i ''`.
pub fn empty_input(origin: &Origin) -> Diagnostic {
    Diagnostic::error("empty-argument", "the name of the input after -i is empty.").at(origin)
}

/// `-i -y`.
pub fn input_looks_like_option(url: &str, origin: &Origin) -> Diagnostic {
    let message = format!("-i is followed by '{url}', which is taken for the input's name although it is an option.");
    Diagnostic::warning("input-name", message).remedy("Was the name of the input left out?").at(origin)
}

/// An input's number that is too high.
pub fn no_such_input(token: &str, number: usize, count: usize, origin: &Origin) -> Diagnostic {
    let inputs = match count {
        0 => "there is no input".to_owned(),
        1 => "the only input is number 0".to_owned(),
        _ => format!("inputs are numbered 0 to {}", count - 1),
    };
    Diagnostic::error("no-such-input", format!("{token}: Invalid input file index: {number}; {inputs}."))
        .ffmpeg_says(match token.split([' ', ':']).next().unwrap_or(token) {
            "-map_metadata" => format!("Invalid input file index {number} while processing metadata maps"),
            "-map_chapters" => format!("Invalid input file index {number} in chapter mapping."),
            _ => format!("Invalid input file index: {number}."),
        })
        .at(origin)
}

/// `-readrate_catchup` below `-readrate`.
pub fn slow_catch_up(rate: Rational, catch_up: Rational, origin: &Origin) -> Diagnostic {
    let message = format!(
        "-readrate_catchup {} is below the rate of {} that the input is read at: a delay would never be caught up.",
        catch_up.as_f64(),
        rate.as_f64()
    );
    Diagnostic::error("slow-catch-up", message).at(origin)
}

/// `-y` with `-n`.
pub fn both_overwrites(origin: &Origin) -> Diagnostic {
    Diagnostic::error("conflicting-options", "-y and -n contradict each other.")
        .remedy("Keep one: -y overwrites, -n never does.")
        .ffmpeg_says("Error, both -y and -n supplied. Exiting.")
        .at(origin)
}

/// Two filtergraphs for the same streams.
pub fn repeated_filter(filter: &Assigned<String>, later: &Assigned<String>) -> Diagnostic {
    let message = format!(
        "{} {} is ignored: the later {} takes its place.",
        filter.origin.token,
        shell_quoted(&mask_text(&filter.value)),
        later.origin.token
    );
    let joined = shell_quoted(&mask_text(&format!("{},{}", filter.value, later.value)));
    Diagnostic::warning("repeated-filter", message)
        .ffmpeg_says("")
        .remedy(format!("To run both, join them with a comma: {} {joined}.", later.origin.token))
        .at(&filter.origin)
}

/// `setdar=4:3`.
pub fn colon_ratio(typed: &str, meant: &str, origin: &Origin) -> Diagnostic {
    let name = typed.split(['=', '@']).next().unwrap_or(typed);
    let message = format!(
        "'{typed}' is not a ratio: a colon separates the arguments of {name}, so the second number becomes its 'max'."
    );
    Diagnostic::warning("colon-ratio", message).remedy(format!("Write {meant}.")).at(origin)
}
