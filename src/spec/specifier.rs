//! Stream specifiers: `v`, `a:1`, `p:5:v`, `g:0`, `disp:forced`, `#0x100`, `m:language:eng`, `u`, and which streams they name.

use super::disposition::Dispositions;
use crate::facts::{InputFacts, MediaKind, StreamFacts, StreamGroup};
use crate::unit::number::integer;
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
    /// `g:N`, `g:#ID`, `g:i:ID`.
    pub group: Option<GroupChoice>,
    /// `#ID`, `i:ID`.
    pub id: Option<i32>,
    /// `m:KEY[:VALUE]`.
    pub metadata: Option<(String, Option<String>)>,
    /// `disp:NAME[+NAME...]`: all of these are set.
    pub dispositions: Option<Dispositions>,
    /// `u`.
    pub usable: bool,
    /// A number: the stream of that rank among those that match the rest.
    pub index: Option<usize>,
    /// As typed.
    pub text: String,
}

/// Which stream group is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupChoice {
    /// By its number, from 0.
    Number(i64),
    /// By its id in the container; the first one that has it.
    Id(i64),
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

    /// Reads the text after the option's first colon, e.g. `v:0`.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        let mut specifier = Self { text: text.to_owned(), ..Self::default() };
        let mut rest = text;
        while !rest.is_empty() {
            rest = specifier.condition(rest).map_err(|reason| SpecifierError { text: text.to_owned(), reason })?;
        }
        Ok(specifier)
    }

    /// Reads the first condition of `text`; gives what stands behind it. The error is what is wrong with it.
    fn condition<'a>(&mut self, text: &'a str) -> Result<&'a str, String> {
        let (head, tail) = first_part(text);
        match head {
            "v" | "V" | "a" | "s" | "d" | "t" => self.media_kind(head)?,
            "u" if !tail.is_empty() => return Err("nothing may follow 'u'".to_owned()),
            "u" => self.usable = true,
            "p" | "g" if self.program.is_some() || self.group.is_some() => {
                return Err("it can name one program or stream group".to_owned());
            }
            "p" => return self.program(tail),
            "g" => return self.stream_group(tail),
            "disp" => return self.dispositions(tail),
            "i" => {
                self.id = Some(stream_id(tail)?);
                return Ok("");
            }
            "m" => {
                self.metadata = Some(metadata(tail)?);
                return Ok("");
            }
            "" => return Err("an empty part between colons".to_owned()),
            _ => match head.strip_prefix('#') {
                Some(id) if !tail.is_empty() => return Err(format!("nothing may follow the stream id {id}")),
                Some(id) => self.id = Some(stream_id(id)?),
                None => self.index = Some(stream_number(head, tail)?),
            },
        }
        Ok(tail)
    }

    fn media_kind(&mut self, letter: &str) -> Result<(), String> {
        if self.kind.is_some() {
            return Err("it can name one kind of stream".to_owned());
        }
        self.kind = Some(match letter {
            "a" => MediaKind::Audio,
            "s" => MediaKind::Subtitle,
            "d" => MediaKind::Data,
            "t" => MediaKind::Attachment,
            _ => MediaKind::Video,
        });
        self.no_attached_pictures = letter == "V";
        Ok(())
    }

    fn program<'a>(&mut self, text: &'a str) -> Result<&'a str, String> {
        let (id, rest) = first_part(text);
        self.program = Some(parse_number(id).ok_or_else(|| format!("'{id}' is no program number"))?);
        Ok(rest)
    }

    fn stream_group<'a>(&mut self, text: &'a str) -> Result<&'a str, String> {
        let by_id = text.strip_prefix('#').or_else(|| text.strip_prefix("i:"));
        let (number, rest) = first_part(by_id.unwrap_or(text));
        let choice = if by_id.is_some() { GroupChoice::Id } else { GroupChoice::Number };
        let parsed = parse_number(number).ok_or_else(|| format!("'{number}' is no number or id of a stream group"))?;
        self.group = Some(choice(parsed));
        Ok(rest)
    }

    fn dispositions<'a>(&mut self, text: &'a str) -> Result<&'a str, String> {
        if self.dispositions.is_some() {
            return Err("it can name dispositions once; a + stands between them".to_owned());
        }
        let (names, rest) = first_part(text);
        self.dispositions = Some(Dispositions::parse(names).map_err(|name| match name {
            "" => "a disposition is missing after 'disp:' or '+'".to_owned(),
            name => format!("'{name}' is no disposition; -dispositions lists them"),
        })?);
        Ok(rest)
    }

    /// True when the stream is named; `index` counts among the streams of `input`.
    pub fn matches(&self, input: &InputFacts, stream: &StreamFacts) -> bool {
        if !self.matches_alone(input, stream) {
            return false;
        }
        let Some(index) = self.index else { return true };
        let program = self.program.and_then(|id| input.programs.iter().find(|p| p.id == id)).map(|p| &p.streams);
        let group = self.group_in(input).map(|group| &group.streams);
        let in_order = group.or(program).cloned().unwrap_or_else(|| (0..input.streams.len()).collect());
        in_order
            .into_iter()
            .filter_map(|i| input.streams.get(i))
            .filter(|s| self.matches_alone(input, s))
            .nth(index)
            .is_some_and(|s| s.index == stream.index)
    }

    /// The stream group that is named, where there is one and it is there.
    fn group_in<'a>(&self, input: &'a InputFacts) -> Option<&'a StreamGroup> {
        match self.group? {
            GroupChoice::Number(number) => input.stream_groups.get(usize::try_from(number).ok()?),
            GroupChoice::Id(id) => input.stream_groups.iter().find(|group| group.id == id),
        }
    }

    fn matches_alone(&self, input: &InputFacts, stream: &StreamFacts) -> bool {
        let metadata = |(key, value): &(String, Option<String>)| {
            stream.tag(key).is_some_and(|found| value.as_ref().is_none_or(|wanted| wanted == found))
        };
        self.kind.is_none_or(|kind| kind == stream.kind)
            && !(self.no_attached_pictures && stream.is_cover())
            && self.id.is_none_or(|id| id == stream.id)
            && self
                .program
                .is_none_or(|id| input.programs.iter().any(|p| p.id == id && p.streams.contains(&stream.index)))
            && (self.group.is_none() || self.group_in(input).is_some_and(|group| group.streams.contains(&stream.index)))
            && self.dispositions.is_none_or(|wanted| Dispositions::of(&stream.disposition).contains(wanted))
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

/// What stands before the first colon, and what behind it.
fn first_part(text: &str) -> (&str, &str) {
    text.split_once(':').unwrap_or((text, ""))
}

fn stream_id(text: &str) -> Result<i32, String> {
    parse_number(text).ok_or_else(|| format!("'{text}' is no stream id"))
}

/// A stream's number, behind which nothing may follow.
fn stream_number(text: &str, rest: &str) -> Result<usize, String> {
    let number = parse_number(text).filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
    match number {
        Some(number) if rest.is_empty() => Ok(number),
        Some(_) => Err(format!("nothing may follow the stream number {text}")),
        None => Err(format!("'{text}' is none of v V a s d t p g disp i # m u or a number")),
    }
}

/// A key, and the value that it must have, where one is named.
fn metadata(text: &str) -> Result<(String, Option<String>), String> {
    if text.is_empty() {
        return Err("a metadata key is missing after 'm:'".to_owned());
    }
    let (key, value) = text.split_once(':').map_or((text, None), |(key, value)| (key, Some(value)));
    Ok((key.to_owned(), value.map(str::to_owned)))
}

fn parse_number<T: TryFrom<i64>>(text: &str) -> Option<T> {
    T::try_from(integer(text)?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn grouped() -> InputFacts {
        let streams = [MediaKind::Video, MediaKind::Audio, MediaKind::Audio, MediaKind::Audio];
        let group = |id, streams: &[usize]| StreamGroup { id, streams: streams.to_vec(), ..StreamGroup::default() };
        InputFacts {
            streams: streams.iter().enumerate().map(|(index, kind)| StreamFacts::of_kind(index, *kind)).collect(),
            stream_groups: vec![group(42, &[3, 1]), group(42, &[2]), group(7, &[0, 2])],
            ..InputFacts::default()
        }
    }

    /// A picture that is default and forced, one that is default, sound without any, and sound that is dubbed and forced.
    fn disposed() -> InputFacts {
        let sets: [&[&str]; 4] = [&["default", "forced"], &["default"], &[], &["dub", "forced"]];
        let kinds = [MediaKind::Video, MediaKind::Video, MediaKind::Audio, MediaKind::Audio];
        let streams = kinds.iter().zip(sets).enumerate().map(|(index, (kind, set))| {
            let disposition = set.iter().map(|name| (*name).to_owned()).collect();
            StreamFacts { disposition, ..StreamFacts::of_kind(index, *kind) }
        });
        InputFacts { streams: streams.collect(), ..InputFacts::default() }
    }

    fn named(specifier: &str, input: &InputFacts) -> Vec<usize> {
        let specifier = StreamSpecifier::parse(specifier).unwrap();
        input.streams.iter().filter(|s| specifier.matches(input, s)).map(|s| s.index).collect()
    }

    #[test]
    fn dispositions_name_the_streams_that_have_all_of_them() {
        let input = disposed();
        let cases: [(&str, &[usize]); 14] = [
            ("disp:default", &[0, 1]),
            ("disp:default+forced", &[0]),
            ("disp:+forced", &[0, 3]),
            ("v:disp:forced", &[0]),
            ("disp:forced:a", &[3]),
            ("disp:forced:1", &[3]),
            ("disp:forced:2", &[]),
            ("disp:default:v:1", &[1]),
            ("disp:64", &[0, 3]),
            ("disp:none", &[0, 1, 2, 3]),
            ("disp:all", &[]),
            ("disp:default:u", &[0, 1]),
            ("V:disp:default", &[0, 1]),
            ("disp:default:m:language:eng", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(named(text, &input), expected, "{text}");
        }
        for text in ["disp", "disp:", "disp:x", "disp:default+", "disp::v", "disp:dub:disp:forced", "0:disp:default"] {
            assert!(StreamSpecifier::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_kind_is_named_and_nothing_stands_behind_what_picks_by_itself() {
        for text in ["v:a", "a:v", "V:v", "u:a", "i:1:v", "#1:v", "0:v", "v:+0", "v:09", "-1", "v:-1"] {
            assert!(StreamSpecifier::parse(text).is_err(), "{text}");
        }
        for (text, index) in [("0x2", 2), ("v:0x0", 0), ("a:010", 8), ("v:00", 0)] {
            assert_eq!(StreamSpecifier::parse(text).unwrap().index, Some(index), "{text}");
        }
        for text in ["a:u", "v:#0x100", "a:i:1", "p:1:v:0", "p:1:u", "v:m:language:ger:x"] {
            assert!(StreamSpecifier::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn stream_groups_are_named_by_number_or_id_and_counted_in_their_own_order() {
        let input = grouped();
        let cases: [(&str, &[usize]); 10] = [
            ("g:0", &[1, 3]),
            ("g:0:0", &[3]),
            ("g:0:1", &[1]),
            ("g:2:a", &[2]),
            ("g:2:a:0", &[2]),
            ("g:2:a:1", &[]),
            ("g:#42", &[1, 3]),
            ("g:i:0x7:v", &[0]),
            ("g:3", &[]),
            ("a:g:0:0", &[3]),
        ];
        for (text, expected) in cases {
            assert_eq!(named(text, &input), expected, "{text}");
        }
        for text in ["g", "g:", "g:x", "g:#", "g:i:", "g:0:p:1:g:1", "g:0:g:1"] {
            assert!(StreamSpecifier::parse(text).is_err(), "{text}");
        }
    }
}
