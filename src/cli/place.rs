//! Reads what names inputs, streams and metadata: `-map`, `-map_metadata`, `-dec`, and the places of `-metadata`.

use super::value::BadValue;
use crate::diagnostic::Origin;
use crate::spec::{MapMetadataSpec, MapSource, MapSpec, MetadataPlace, SpecifierError, StreamSpecifier};

/// The value of `-map`: `[-][input][:][specifier][?]` or `[label]`, without a number of input 0; a sync stream behind a comma is let go, as ffmpeg does now.
pub fn map(text: &str, origin: &Origin) -> Result<MapSpec, BadValue> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    if let Some(label) = body.strip_prefix('[') {
        let label = label.strip_suffix(']').filter(|label| !label.is_empty());
        let label = label.ok_or_else(|| BadValue::new("a link label in brackets such as [out]", "[out]"))?;
        return Ok(MapSpec {
            negative,
            source: MapSource::Label(label.to_owned()),
            optional: false,
            origin: origin.clone(),
        });
    }
    let body = body.split(',').next().unwrap_or(body).trim_ascii_start();
    // As in ffmpeg, what follows the question mark does not count.
    let (body, optional) = match body.split_once('?') {
        Some((body, _)) => (body, true),
        None => (body, false),
    };
    let bad =
        |reason: &str| BadValue::new(format!("an input's number and streams such as 0, 0:v or 1:a:0{reason}"), "0:v");
    let (input, specifier) = match number(body) {
        Some((input, behind)) => (input, behind),
        None if body.is_empty() && !optional => return Err(bad("")),
        None => (0, body),
    };
    let specifier = specifier.strip_prefix(':').unwrap_or(specifier);
    let specifier = StreamSpecifier::parse(specifier).map_err(|e| bad(&format!(" ({})", e.reason)))?;
    Ok(MapSpec { negative, source: MapSource::Input { input, specifier }, optional, origin: origin.clone() })
}

/// The number that a text begins with, decimal or behind `0x`, and what follows it.
fn number(text: &str) -> Option<(usize, &str)> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let hex = hex.filter(|digits| digits.starts_with(|c: char| c.is_ascii_hexdigit()));
    let (digits, radix) = hex.map_or((text, 10), |digits| (digits, 16));
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    Some((usize::from_str_radix(&digits[..end], radix).ok()?, &digits[end..]))
}

/// The value of `-map_metadata`: `input[:place]`, or `-1`; nothing is input 0, as in ffmpeg.
pub fn map_metadata(text: &str, to: MetadataPlace, origin: &Origin) -> Result<MapMetadataSpec, BadValue> {
    let (input, place_text) = text.split_once(':').unwrap_or((text, ""));
    let bad = || BadValue::new("an input's number and place such as 0, 0:s:1 or -1", "0");
    let input = match if text.is_empty() { Ok(0) } else { input.parse::<i32>() } {
        Ok(-1) => None,
        Ok(number) => Some(usize::try_from(number).map_err(|_| bad())?),
        Err(_) => return Err(bad()),
    };
    let from = place(place_text).map_err(|_| bad())?;
    let names_file = to == MetadataPlace::Global && origin.token.contains(':');
    Ok(MapMetadataSpec { to, names_file, input, from, origin: origin.clone() })
}

/// The value of `-dec`: an output and its stream by number.
pub fn output_stream(text: &str) -> Result<(usize, usize), BadValue> {
    let numbers = text.split_once(':').and_then(|(output, stream)| Some((output.parse().ok()?, stream.parse().ok()?)));
    numbers.ok_or_else(|| BadValue::new("the numbers of an output and of its stream such as 0:0", "0:0"))
}

/// A metadata place: nothing or `g`, `s[:specifier]`, `c[:index]`, `p[:index]`.
pub fn place(text: &str) -> Result<MetadataPlace, SpecifierError> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    let index = || match rest {
        "" => Ok(0),
        _ => {
            rest.parse().map_err(|_| SpecifierError { text: text.to_owned(), reason: format!("'{rest}' is no number") })
        }
    };
    match kind {
        // ffmpeg looks at no more than the letter.
        _ if kind.is_empty() || kind.starts_with('g') => Ok(MetadataPlace::Global),
        "s" => StreamSpecifier::parse(rest).map(MetadataPlace::Streams),
        "c" => index().map(MetadataPlace::Chapter),
        "p" => index().map(MetadataPlace::Program),
        _ => Err(SpecifierError {
            text: text.to_owned(),
            reason: "metadata has the places g, s, s:STREAM, c:CHAPTER and p:PROGRAM".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::facts::MediaKind;

    fn at() -> Origin {
        Origin::new(0, "-map")
    }

    #[test]
    fn maps_are_read() {
        let spec = map("-1:a:0?", &at()).unwrap();
        assert!(spec.negative && spec.optional);
        let MapSource::Input { input, specifier } = spec.source else { unreachable!() };
        assert_eq!((input, specifier.kind, specifier.index), (1, Some(MediaKind::Audio), Some(0)));
        assert_eq!(map("[v]", &at()).unwrap().source, MapSource::Label("v".to_owned()));
        let read = |text: &str| map(text, &at()).unwrap();
        let MapSource::Input { input, specifier } = read(" 0x1:v?:0").source else { unreachable!() };
        assert_eq!((input, specifier.text.as_str(), read("0:v?:0").optional), (1, "v", true));
        for (text, input, specifier) in [
            ("v", 0, "v"),
            (":v", 0, "v"),
            ("0v", 0, "v"),
            ("a:1", 0, "a:1"),
            ("p:1:v", 0, "p:1:v"),
            ("#0x100", 0, "#0x100"),
            ("?", 0, ""),
            ("2", 2, ""),
        ] {
            let MapSource::Input { input: found, specifier: streams } = read(text).source else { unreachable!() };
            assert_eq!((found, streams.text.as_str()), (input, specifier), "{text}");
        }
        for text in ["", "0:x", "x", "[", "[]", "-", "-1-", "0x", "0:v:a", "0:u:a"] {
            assert!(map(text, &at()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_output_s_stream_is_named_by_two_numbers() {
        assert_eq!(output_stream("0:0").unwrap(), (0, 0));
        assert_eq!(output_stream("12:3").unwrap(), (12, 3));
        for text in ["", "0", "0:", ":0", "0:v", "v:0", "-1:0", "0:-1", "0:0:0", "0:0 "] {
            assert!(output_stream(text).is_err(), "{text}");
        }
    }

    #[test]
    fn metadata_places_are_read() {
        assert_eq!(place("").unwrap(), MetadataPlace::Global);
        assert_eq!(place("c:2").unwrap(), MetadataPlace::Chapter(2));
        assert_eq!(place("p:1").unwrap(), MetadataPlace::Program(1));
        let MetadataPlace::Streams(specifier) = place("s:a:0").unwrap() else { unreachable!() };
        assert_eq!(specifier.text, "a:0");
        assert!(place("x").is_err() && place("c:x").is_err() && place("s:9:9").is_err());
        assert_eq!(map_metadata("-1", MetadataPlace::Global, &at()).unwrap().input, None);
        assert_eq!(map_metadata("", MetadataPlace::Global, &at()).unwrap().input, Some(0));
        assert_eq!(place("gx").unwrap(), MetadataPlace::Global);
        assert_eq!(map_metadata("1:s:0", MetadataPlace::Global, &at()).unwrap().input, Some(1));
        assert!(map_metadata("-2", MetadataPlace::Global, &at()).is_err());
    }
}
