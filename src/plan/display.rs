//! What an input's streams of pictures are told in place of what their file says.

use super::input::value;
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::facts::{InputFacts, MediaKind, StreamFacts};
use crate::spec::{ContentLight, Cropping, InputSpec, MasteringDisplay};

/// How pictures are to be turned before they are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Orientation {
    /// Degrees counter-clockwise.
    pub degrees: f64,
    /// Then mirrored left to right.
    pub hflip: bool,
    /// And upside down.
    pub vflip: bool,
}

/// What a stream is told; `None` leaves what the file says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DisplayOverride {
    /// `-display_rotation`, `-display_hflip` and `-display_vflip`; one of them overrides all that the file says.
    pub orientation: Option<Orientation>,
    /// `-mastering_display`.
    pub mastering: Option<MasteringDisplay>,
    /// `-content_light`.
    pub content_light: Option<ContentLight>,
}

/// What is told of a stream of an input; `None` when nothing is, or when it has no pictures.
pub fn display_override(spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> Option<DisplayOverride> {
    let display = &spec.seldom.display;
    let degrees = value(&display.rotation, facts, stream).copied();
    let [hflip, vflip] = [&display.hflip, &display.vflip].map(|flip| value(flip, facts, stream).copied());
    let turned = degrees.is_some() || hflip.is_some() || vflip.is_some();
    let told = DisplayOverride {
        orientation: turned.then(|| Orientation {
            degrees: degrees.unwrap_or(0.0),
            hflip: hflip.unwrap_or(false),
            vflip: vflip.unwrap_or(false),
        }),
        mastering: value(&display.mastering, facts, stream).copied(),
        content_light: value(&display.content_light, facts, stream).copied(),
    };
    (stream.kind == MediaKind::Video && told != DisplayOverride::default()).then_some(told)
}

/// Who may cut off the margins of a stream's pictures.
pub(super) fn cropping(spec: &InputSpec, facts: &InputFacts, stream: &StreamFacts) -> Cropping {
    value(&spec.seldom.display.cropping, facts, stream).copied().unwrap_or_default()
}

/// Refuses what the container is to tell where the libraries have no word for it.
pub(super) fn check(spec: &InputSpec, catalog: &dyn Catalog) -> Result<(), Diagnostic> {
    let typed = spec.seldom.display.cropping.0.iter().find(|typed| typed.value == Cropping::Container);
    let Some(typed) = typed.filter(|_| !catalog.containers_tell_cropping()) else { return Ok(()) };
    let message = "-apply_cropping container needs FFmpeg 7.1 or newer: the libraries that are linked do not tell what a \
                   container cuts off its pictures.";
    let remedy = "Leave the option out, or take none to cut off nothing and codec to cut off what the codec names.";
    Err(Diagnostic::error("cropping-unknown", message).remedy(remedy).at(&typed.origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::FakeCatalog;
    use crate::plan::testing::{audio, input, spec, video};

    fn told(line: &str) -> Vec<Option<DisplayOverride>> {
        let facts = input(vec![video("h264"), audio("aac"), video("h264")]);
        let spec = spec(line);
        facts.streams.iter().map(|stream| display_override(&spec.inputs[0], &facts, stream)).collect()
    }

    fn turned(degrees: f64, hflip: bool, vflip: bool) -> Option<DisplayOverride> {
        let orientation = Some(Orientation { degrees, hflip, vflip });
        Some(DisplayOverride { orientation, ..DisplayOverride::default() })
    }

    #[test]
    fn any_of_the_three_overrides_the_whole_orientation_of_the_pictures_that_it_names() {
        assert_eq!(told("-i a b"), [None; 3]);
        let right = turned(-90.0, false, false);
        assert_eq!(told("-display_rotation -90 -i a b"), [right, None, right]);
        assert_eq!(told("-display_rotation:a -90 -i a b"), [None; 3]);
        assert_eq!(told("-display_rotation:v:1 -90 -display_hflip:0 -i a b"), [turned(0.0, true, false), None, right]);
        let upright = turned(0.0, false, false);
        assert_eq!(told("-nodisplay_vflip -i a b"), [upright, None, upright]);
        let both = turned(180.0, true, true);
        assert_eq!(told("-display_rotation 180 -display_hflip -display_vflip -i a b"), [both, None, both]);
    }

    #[test]
    fn what_containers_cut_off_is_refused_where_nobody_tells_it() {
        let check = |line: &str| check(&spec(line).inputs[0], &FakeCatalog);
        for said in ["", "-apply_cropping none ", "-apply_cropping 1 ", "-apply_cropping:v codec "] {
            assert_eq!(check(&format!("{said}-i a b")), Ok(()), "{said}");
        }
        for said in ["container", "3"] {
            assert_eq!(check(&format!("-apply_cropping {said} -i a b")).map_err(|d| d.code), Err("cropping-unknown"));
        }
    }

    #[test]
    fn light_is_told_apart_from_orientation() {
        let light = ContentLight { max_content: 1000, max_average: 400 };
        let told = told("-content_light:v:0 1000,400 -i a b");
        assert_eq!(told[0], Some(DisplayOverride { content_light: Some(light), ..DisplayOverride::default() }));
        assert_eq!(told[1..], [None; 2]);
    }
}
