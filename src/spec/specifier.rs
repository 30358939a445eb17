//! Stream specifiers: `v`, `a:1`, `p:5:v`, `#0x100`, `m:language:eng`, `u`, and which streams they name.

use crate::facts::{InputFacts, MediaKind, StreamFacts};
use std::fmt;

/// A stream specifier: all conditions must hold; `index` then picks one of the streams that are left.
///
/// See "Stream specifiers" in ffmpeg's manual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StreamSpecifier {
    /// `v`, `a`, `s`, `d`, `t`.
    pub kind: Option<MediaKind>,
    /// `V`: video, but no cover art.
    pub no_attached_pictures: bool,
    /// `p:ID`.
    pub program: Option<i32>,
    /// `#ID`, `i:ID`.
    pub id: Option<i32>,
    /// `m:KEY[:VALUE]`.
    pub metadata: Option<(String, Option<String>)>,
    /// `u`.
    pub usable: bool,
    /// A number: the stream of that rank among those that match the rest.
    pub index: Option<usize>,
    /// As typed.
    pub text: String,
}

/// Why a specifier could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid stream specifier '{text}': {reason}")]
pub struct SpecifierError {
    /// The specifier as typed.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl StreamSpecifier {
    /// The specifier that names every stream.
    pub fn all() -> Self {
        Self::default()
    }

    /// All streams of a kind.
    pub fn of_kind(kind: MediaKind) -> Self {
        let text = match kind {
            MediaKind::Video => "v",
            MediaKind::Audio => "a",
            MediaKind::Subtitle => "s",
            MediaKind::Data => "d",
            MediaKind::Attachment => "t",
            MediaKind::Unknown => "",
        };
        Self { kind: Some(kind), text: text.to_owned(), ..Self::default() }
    }

    /// Reads the text after the option's first colon, e.g. `v:0`.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        let mut spec = Self { text: text.to_owned(), ..Self::default() };
        let fail = |reason: String| Err(SpecifierError { text: text.to_owned(), reason });
        let mut rest = text;
        while !rest.is_empty() {
            let (head, tail) = rest.split_once(':').unwrap_or((rest, ""));
            let mut next = tail;
            match head {
                "v" => spec.kind = Some(MediaKind::Video),
                "V" => {
                    spec.kind = Some(MediaKind::Video);
                    spec.no_attached_pictures = true;
                }
                "a" => spec.kind = Some(MediaKind::Audio),
                "s" => spec.kind = Some(MediaKind::Subtitle),
                "d" => spec.kind = Some(MediaKind::Data),
                "t" => spec.kind = Some(MediaKind::Attachment),
                "u" => spec.usable = true,
                "p" => {
                    let (id, after) = tail.split_once(':').unwrap_or((tail, ""));
                    match parse_number(id) {
                        Some(id) => spec.program = Some(id),
                        None => return fail(format!("'{id}' is no program number")),
                    }
                    next = after;
                }
                "i" => {
                    let (id, after) = tail.split_once(':').unwrap_or((tail, ""));
                    match parse_number(id) {
                        Some(id) => spec.id = Some(id),
                        None => return fail(format!("'{id}' is no stream id")),
                    }
                    next = after;
                }
                "m" => {
                    if tail.is_empty() {
                        return fail("a metadata key is missing after 'm:'".to_owned());
                    }
                    spec.metadata = Some(match tail.split_once(':') {
                        Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                        None => (tail.to_owned(), None),
                    });
                    next = "";
                }
                "" => return fail("an empty part between colons".to_owned()),
                _ if head.starts_with('#') => match parse_number(&head[1..]) {
                    Some(id) => spec.id = Some(id),
                    None => return fail(format!("'{}' is no stream id", &head[1..])),
                },
                _ => match head.parse::<usize>() {
                    Ok(index) if tail.is_empty() => spec.index = Some(index),
                    Ok(_) => return fail(format!("nothing may follow the stream number {head}")),
                    Err(_) => return fail(format!("'{head}' is none of v V a s d t p i # m u or a number")),
                },
            }
            rest = next;
        }
        Ok(spec)
    }

    /// True when the stream is named; `index` counts among the streams of `input`.
    pub fn matches(&self, input: &InputFacts, stream: &StreamFacts) -> bool {
        if !self.matches_alone(input, stream) {
            return false;
        }
        let Some(index) = self.index else { return true };
        let in_order: Vec<usize> = match self.program.and_then(|id| input.programs.iter().find(|p| p.id == id)) {
            Some(program) => program.streams.clone(),
            None => (0..input.streams.len()).collect(),
        };
        in_order
            .into_iter()
            .filter_map(|i| input.streams.get(i))
            .filter(|s| self.matches_alone(input, s))
            .nth(index)
            .is_some_and(|s| s.index == stream.index)
    }

    fn matches_alone(&self, input: &InputFacts, stream: &StreamFacts) -> bool {
        let metadata = |(key, value): &(String, Option<String>)| {
            stream.tag(key).is_some_and(|found| value.as_ref().is_none_or(|wanted| wanted == found))
        };
        self.kind.is_none_or(|kind| kind == stream.kind)
            && !(self.no_attached_pictures && stream.has_disposition("attached_pic"))
            && self.id.is_none_or(|id| id == stream.id)
            && self
                .program
                .is_none_or(|id| input.programs.iter().any(|p| p.id == id && p.streams.contains(&stream.index)))
            && self.metadata.as_ref().is_none_or(metadata)
            && (!self.usable || stream.usable)
    }

    /// True when it names every stream.
    pub fn is_all(&self) -> bool {
        self.text.is_empty() && self.kind.is_none()
    }
}

impl fmt::Display for StreamSpecifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse_number(text: &str) -> Option<i32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}
