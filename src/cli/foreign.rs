//! Words that are typed as options but are none: names that ffmpeg has given up or never had, filters, codecs and formats.

use crate::catalog::Catalog;
use crate::facts::MediaKind;

/// What such a word stands for.
#[derive(Debug, PartialEq, Eq)]
pub struct Meant {
    /// What is typed in its place, with its value where it has one; nothing, where it is to be left out.
    pub words: Vec<String>,
    /// The next word is its value.
    pub takes_value: bool,
    /// The sentence.
    pub why: String,
}

struct Row {
    names: &'static [&'static str],
    /// `{}` is the value; without one the word takes none.
    instead: &'static [&'static str],
    why: &'static str,
}

const ROWS: &[Row] = &[
    row(&["o", "output", "out"], &["{}"], "An output is named without an option before it."),
    row(&["input", "in"], &["-i", "{}"], "An input is named by -i."),
    row(&["duration", "length", "dur"], &["-t", "{}"], "How long is told by -t."),
    row(&["start", "from"], &["-ss", "{}"], "Where to begin is told by -ss."),
    row(&["end"], &["-to", "{}"], "Where to end is told by -to."),
    row(&["size", "resolution"], &["-s", "{}"], "The size is told by -s."),
    row(&["fps", "framerate", "frame_rate"], &["-r", "{}"], "The frame rate of an output is told by -r."),
    row(&["bitrate"], &["-b:v", "{}"], "The bit rate is told by -b:v, and by -b:a for sound."),
    row(&["codec_video", "video_codec"], &["-c:v", "{}"], "The encoder of pictures is told by -c:v."),
    row(&["codec_audio", "audio_codec"], &["-c:a", "{}"], "The encoder of sound is told by -c:a."),
    row(&["copy"], &["-c", "copy"], "What is not to be encoded is told by -c copy."),
    row(&["speed"], &["-vf", "setpts=PTS/({})", "-af", "atempo={}"], "Speed is what setpts and atempo change."),
    row(&["rotate"], &["-vf", "rotate={}*PI/180"], "Turning is what the filter rotate does, by radians."),
    row(&["mute", "noaudio", "no-audio"], &["-an"], "Sound is left out by -an."),
    row(&["novideo", "no-video"], &["-vn"], "Pictures are left out by -vn."),
    row(&["overwrite", "force", "yes"], &["-y"], "Outputs are written over with -y."),
    row(&["quiet", "silent"], &["-loglevel", "error"], "How much is told is set by -loglevel."),
    row(&["verbose"], &["-loglevel", "verbose"], "How much is told is set by -loglevel."),
    row(&["sameq", "same_quant"], &[], "It never kept the quality, and ffmpeg has it no more: -crf or -q:v sets one."),
    row(&["hq"], &[], "ffmpeg has it no more: -preset slow is what is near to it."),
    row(
        &["newaudio", "newvideo", "newsubtitle"],
        &[],
        "ffmpeg has it no more: each -map makes a stream of the output.",
    ),
    row(&["deinterlace"], &["-vf", "yadif"], "ffmpeg has it no more: the filter yadif does that."),
    row(&["loop_input"], &["-loop", "1"], "ffmpeg has it no more: a still is repeated by -loop 1 before its -i."),
    row(&["loop_output"], &["-loop", "{}"], "ffmpeg has it no more: -loop says how often a GIF is played."),
    row(&["intra"], &["-g", "1"], "ffmpeg has it no more: -g 1 makes every picture a keyframe."),
    row(&["alang"], &["-metadata:s:a", "language={}"], "ffmpeg has it no more: a language is metadata of the stream."),
    row(&["slang"], &["-metadata:s:s", "language={}"], "ffmpeg has it no more: a language is metadata of the stream."),
];

const fn row(names: &'static [&'static str], instead: &'static [&'static str], why: &'static str) -> Row {
    Row { names, instead, why }
}

/// What the word `name`, without its dashes, stands for; `value` is the word behind it, where that may be its value, and `last`
/// that the line ends with it.
pub fn meant(name: &str, (value, last): (Option<&str>, bool), catalog: &dyn Catalog) -> Option<Meant> {
    let name = name.trim_start_matches('-');
    let of_table = ROWS.iter().find(|row| row.names.contains(&name)).and_then(|row| of_row(row, value));
    of_table.or_else(|| filter(name, value.filter(|_| !last), catalog)).or_else(|| codec_or_format(name, catalog))
}

fn of_row(row: &Row, value: Option<&str>) -> Option<Meant> {
    let takes_value = row.instead.iter().any(|word| word.contains("{}"));
    if takes_value && value.is_none() {
        return None;
    }
    let words = row.instead.iter().map(|word| word.replace("{}", value.unwrap_or_default())).collect();
    Some(Meant { words, takes_value, why: row.why.to_owned() })
}

/// `-scale 640:360`, `-hflip`.
fn filter(name: &str, value: Option<&str>, catalog: &dyn Catalog) -> Option<Meant> {
    let option = match catalog.simple_filter_kind(name)? {
        MediaKind::Audio => "-af",
        _ => "-vf",
    };
    let text = value.map_or_else(|| name.to_owned(), |value| format!("{name}={value}"));
    let why = format!("{name} is a filter: {option} {text}.");
    Some(Meant { words: vec![option.to_owned(), text], takes_value: value.is_some(), why })
}

/// `-libx264`, `-h264`, `-flv`.
pub fn codec_or_format(name: &str, catalog: &dyn Catalog) -> Option<Meant> {
    let of_codec = catalog.codec_id(name).and_then(|id| catalog.encoder_for(id));
    let encoder = of_codec.or_else(|| catalog.encoder(name).filter(|_| catalog.muxer(name).is_none()));
    let (option, what) = match encoder {
        Some(facts) => (format!("-c:{}", facts.kind.letter()), "what encodes"),
        None => (catalog.muxer(name).map(|_| "-f".to_owned())?, "a format"),
    };
    let why = format!("{name} is {what}: {option} {name}.");
    Some(Meant { words: vec![option, name.to_owned()], takes_value: false, why })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::testing::FakeCatalog;

    fn words(name: &str, value: Option<&str>, last: bool) -> Option<String> {
        meant(name, (value, last), &FakeCatalog).map(|meant| meant.words.join(" "))
    }

    #[test]
    fn words_from_elsewhere_become_options_of_ffmpeg() {
        for (name, value, last, expected) in [
            ("o", Some("out.mp4"), true, Some("out.mp4")),
            ("-output", Some("out.mp4"), true, Some("out.mp4")),
            ("o", None, true, None),
            ("duration", Some("10"), false, Some("-t 10")),
            ("sameq", Some("out.mp4"), true, Some("")),
            ("speed", Some("2"), false, Some("-vf setpts=PTS/(2) -af atempo=2")),
            ("scale", Some("640:360"), false, Some("-vf scale=640:360")),
            ("hflip", Some("out.mp4"), true, Some("-vf hflip")),
            ("aecho", Some("0.8"), false, Some("-af aecho=0.8")),
            ("overlay", Some("2"), false, None),
            ("libx264", None, false, Some("-c:v libx264")),
            ("h264", None, false, Some("-c:v h264")),
            ("aac", None, false, Some("-c:a aac")),
            ("flv", None, false, Some("-f flv")),
            ("xyzzy", Some("2"), false, None),
        ] {
            assert_eq!(words(name, value, last).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn no_name_stands_twice_and_none_is_an_option_of_its_own() {
        let names: Vec<&str> = ROWS.iter().flat_map(|row| row.names).copied().collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{name}");
            assert!(crate::cli::table::find(name).is_none(), "{name}");
        }
    }
}
