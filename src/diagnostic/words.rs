//! Small things of which sentences consist.

/// The operating system's sentence without Rust's number behind it.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// The text with a capital letter and a full stop.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}

/// Why nothing can be written under a name, as ffmpeg says it; `name` without passwords.
pub fn no_output_format(name: &str) -> String {
    format!("Unable to find a suitable output format for '{name}'")
}

/// The lines that ffmpeg's command prints where there is [`no_output_format`].
pub fn no_output_format_in_ffmpeg(name: &str) -> String {
    format!("[NULL @ 0x0] {}\n{name}: Invalid argument", no_output_format(name))
}

/// `a, b or c`.
pub fn enumerated(items: &[String], joint: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} {joint} {last}", most.join(", ")),
    }
}
