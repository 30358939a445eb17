//! Options that say of an input's pictures how they are to be shown, and what of them.

use super::{Effect, Row, Suffix};
use crate::cli::value::{BadValue, number};
use crate::spec::{ContentLight, Cropping, MasteringDisplay};

macro_rules! assign {
    ($field:ident, |$used:ident| $value:expr) => {
        Effect::Input(|spec, $used| {
            let value = $value;
            spec.seldom.display.$field.push($used.specifier.clone(), value, $used.origin.clone());
            Ok(())
        })
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::per_stream(
        &["display_rotation"],
        "degrees",
        "show pictures turned counter-clockwise, whatever the file says",
        assign!(rotation, |u| {
            number(u.value).map_err(|_| BadValue::new("degrees counter-clockwise such as 90, -90 or 180", "90"))?
        }),
    ),
    Row::flag(&["display_hflip"], "show pictures mirrored left to right, after the rotation", assign!(hflip, |u| u.on))
        .with_suffix(Suffix::Stream),
    Row::flag(&["display_vflip"], "show pictures upside down, after the rotation", assign!(vflip, |u| u.on))
        .with_suffix(Suffix::Stream),
    Row::per_stream(
        &["mastering_display"],
        "G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)",
        "colours and light of the display that the pictures were mastered on",
        assign!(mastering, |u| mastering_display(u.value).ok_or_else(|| {
            BadValue::new(
                "G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min), in units of 0.00002 and 0.0001 cd/m2",
                "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
            )
            .in_words("Failed to parse mastering display option")
        })?),
    ),
    Row::per_stream(
        &["content_light"],
        "max,average",
        "brightest pixel and brightest average of a picture, in cd/m2",
        assign!(content_light, |u| content_light(u.value).ok_or_else(|| {
            BadValue::new("the brightest pixel and the brightest average up to 65535, such as 1000,400", "1000,400")
                .in_words("Failed to parse content light option")
        })?),
    ),
    Row::per_stream(
        &["apply_cropping"],
        "none|all|codec|container",
        "cut off the margins that codec or container name",
        assign!(cropping, |u| cropping(u.value)?),
    ),
];

fn cropping(text: &str) -> Result<Cropping, BadValue> {
    Ok(match text {
        "none" | "0" => Cropping::None,
        "all" | "1" => Cropping::All,
        "codec" | "2" => Cropping::Codec,
        "container" | "3" => Cropping::Container,
        _ => return Err(BadValue::new("none, all, codec or container", "all")),
    })
}

/// Two numbers with a comma between them; blanks may stand before each.
fn pair<T: std::str::FromStr>(text: &str) -> Option<[T; 2]> {
    let (first, second) = text.split_once(',')?;
    let digits = |text: &str| {
        let text = text.trim_start();
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    Some([digits(first)?, digits(second)?])
}

/// The pair in `NAME(first,second)` at the beginning of `text`, which goes on behind it.
fn named<T: std::str::FromStr>(text: &mut &str, name: &str) -> Option<[T; 2]> {
    let (inner, rest) = text.strip_prefix(name)?.strip_prefix('(')?.split_once(')')?;
    *text = rest;
    pair(inner)
}

fn mastering_display(mut text: &str) -> Option<MasteringDisplay> {
    let rest = &mut text;
    let (green, blue, red) = (named(rest, "G")?, named(rest, "B")?, named(rest, "R")?);
    let white_point = named(rest, "WP")?;
    let [max_luminance, min_luminance] = named::<u32>(rest, "L")?;
    let sound = rest.is_empty() && min_luminance <= max_luminance && i32::try_from(max_luminance).is_ok();
    sound.then_some(MasteringDisplay { primaries: [red, green, blue], white_point, max_luminance, min_luminance })
}

fn content_light(text: &str) -> Option<ContentLight> {
    let [max_content, max_average] = pair(text)?;
    Some(ContentLight { max_content, max_average })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mastering_display_is_told_green_first() {
        let text = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)";
        let told = MasteringDisplay {
            primaries: [[34000, 16000], [13250, 34500], [7500, 3000]],
            white_point: [15635, 16450],
            max_luminance: 10_000_000,
            min_luminance: 1,
        };
        assert_eq!(mastering_display(text), Some(told));
        assert_eq!(mastering_display(&text.replace("(13250,", "( 13250, ")), Some(told), "as scanf takes it");
        for (from, to) in [
            ("G(", "R("),
            (")B", ") B"),
            ("L(10000000,1)", "L(1,2)"),
            ("34500", "65536"),
            ("10000000", "2147483648"),
            ("7500", "-1"),
            ("7500", "+1"),
            ("7500", ""),
            (",1)", ",1)x"),
        ] {
            assert_eq!(mastering_display(&text.replace(from, to)), None, "{from} {to}");
        }
    }

    proptest! {
        #[test]
        fn two_numbers_of_sixteen_bits_are_a_content_light(max in any::<u32>(), average in any::<u32>()) {
            let told = content_light(&format!("{max},{average}"));
            let fits = max.max(average) <= 65535;
            prop_assert_eq!(told.is_some(), fits);
            if let Some(told) = told {
                prop_assert_eq!((u32::from(told.max_content), u32::from(told.max_average)), (max, average));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[GBRWPL(),0-9 ]{0,80}") {
            let _ = (mastering_display(&text), content_light(&text));
        }
    }
}
