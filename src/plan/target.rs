//! `-target`: all that a kind of disc or tape wants, as options in its place: those that come after it count more.

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Origin};
use crate::facts::{InputFacts, MediaKind};
use crate::spec::{Assigned, AvOption, OutputSpec, PerStream, StreamSpecifier};
use crate::unit::Rational;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Norm {
    Pal,
    Ntsc,
    Film,
}

impl Norm {
    fn rate(self) -> Rational {
        match self {
            Self::Pal => Rational::new(25, 1),
            Self::Ntsc => Rational::new(30_000, 1001),
            Self::Film => Rational::new(24_000, 1001),
        }
    }
}

struct Target {
    format: &'static str,
    codecs: Option<(&'static str, &'static str)>,
    sizes: [&'static str; 2],
    pixel_format: Option<&'static str>,
    rate_hz: i32,
    channels: Option<i32>,
    options: &'static [(&'static str, &'static str, &'static str)],
}

const VCD: Target = Target {
    format: "vcd",
    codecs: Some(("mpeg1video", "mp2")),
    sizes: ["352x288", "352x240"],
    pixel_format: None,
    rate_hz: 44_100,
    channels: Some(2),
    options: &[
        ("b", "v", "1150000"),
        ("maxrate", "v", "1150000"),
        ("minrate", "v", "1150000"),
        ("bufsize", "v", "327680"),
        ("b", "a", "224000"),
        ("packetsize", "", "2324"),
        ("muxrate", "", "1411200"),
    ],
};

const SVCD: Target = Target {
    format: "svcd",
    codecs: Some(("mpeg2video", "mp2")),
    sizes: ["480x576", "480x480"],
    pixel_format: Some("yuv420p"),
    rate_hz: 44_100,
    channels: None,
    options: &[
        ("b", "v", "2040000"),
        ("maxrate", "v", "2516000"),
        ("minrate", "v", "0"),
        ("bufsize", "v", "1835008"),
        ("scan_offset", "", "1"),
        ("b", "a", "224000"),
        ("packetsize", "", "2324"),
    ],
};

const DVD: Target = Target {
    format: "dvd",
    codecs: Some(("mpeg2video", "ac3")),
    sizes: ["720x576", "720x480"],
    pixel_format: Some("yuv420p"),
    rate_hz: 48_000,
    channels: None,
    options: &[
        ("b", "v", "6000000"),
        ("maxrate", "v", "9000000"),
        ("minrate", "v", "0"),
        ("bufsize", "v", "1835008"),
        ("packetsize", "", "2048"),
        ("muxrate", "", "10080000"),
        ("b", "a", "448000"),
    ],
};

const DV: Target = Target {
    format: "dv",
    codecs: None,
    sizes: ["720x576", "720x480"],
    pixel_format: None,
    rate_hz: 48_000,
    channels: Some(2),
    options: &[],
};

/// A VCD's packets begin 0.44 s after the clock: two packs of padding and one of the other stream come first.
const VCD_PRELOAD_US: i64 = 440_000;

/// Puts what the target stands for among the options of the output, where it was typed: of two that contradict each other the
/// later one counts, as in ffmpeg.
pub fn expand_target(
    spec: &mut OutputSpec,
    facts: &[InputFacts],
    catalog: &dyn Catalog,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(asked) = spec.seldom.target.take() else { return };
    let (norm, name) = match asked.value.split_once('-') {
        Some(("pal", rest)) => (Some(Norm::Pal), rest),
        Some(("ntsc", rest)) => (Some(Norm::Ntsc), rest),
        Some(("film", rest)) => (Some(Norm::Film), rest),
        _ => (guessed(facts, diagnostics), asked.value.as_str()),
    };
    let Some(norm) = norm else {
        let message = "Could not determine norm (PAL/NTSC/NTSC-Film) for target.\nPlease prefix target with \"pal-\", \
                       \"ntsc-\" or \"film-\",\nor set a framerate with \"-r xxx\".";
        diagnostics.push(Diagnostic::error("target", message).at(&asked.origin));
        return;
    };
    let target = match name {
        "vcd" => VCD,
        "svcd" => SVCD,
        "dvd" => DVD,
        _ if name.starts_with("dv") => DV,
        _ => {
            diagnostics.push(
                Diagnostic::error("target", format!("Unknown target: {name}"))
                    .remedy("There are vcd, svcd, dvd, dv and dv50.")
                    .at(&asked.origin),
            );
            return;
        }
    };
    let pixel_format = match target.pixel_format {
        None if target.format == "dv" && name.starts_with("dv50") => Some("yuv422p"),
        None if target.format == "dv" => Some(if norm == Norm::Pal { "yuv420p" } else { "yuv411p" }),
        other => other,
    };
    let at = |specifier: &str| StreamSpecifier::parse(specifier).unwrap_or_default();
    let origin = &asked.origin;
    over(&mut spec.format, target.format.to_owned(), &asked);
    if let Some((pictures, sound)) = target.codecs {
        in_place(&mut spec.codec, &at("a"), sound.to_owned(), &asked);
        in_place(&mut spec.codec, &at("v"), pictures.to_owned(), &asked);
    }
    let size = target.sizes[usize::from(norm != Norm::Pal)];
    in_place(&mut spec.size, &at(""), size.to_owned(), &asked);
    in_place(&mut spec.frame_rate, &at(""), norm.rate(), &asked);
    in_place(&mut spec.sample_rate_hz, &at(""), target.rate_hz, &asked);
    if let Some(format) = pixel_format {
        in_place(&mut spec.pixel_format, &at(""), format.to_owned(), &asked);
    }
    if let Some(channels) = target.channels {
        in_place(&mut spec.channels, &at(""), channels, &asked);
    }
    if target.format == "vcd" {
        over(&mut spec.mux_preload_us, VCD_PRELOAD_US, &asked);
    }
    let group = ("g", "", if norm == Norm::Pal { "15" } else { "18" });
    let group = target.codecs.map(|_| group);
    let options = target.options.iter().copied().chain(group).map(|(name, specifier, value)| AvOption {
        name: name.to_owned(),
        specifier: at(specifier),
        value: value.to_owned(),
        scopes: catalog.option_scopes(name),
        origin: origin.clone(),
    });
    // Of encoders' and muxers' own, those that are typed count more wherever they stand.
    spec.options.splice(0..0, options);
}

fn in_place<T>(values: &mut PerStream<T>, specifier: &StreamSpecifier, value: T, asked: &Assigned<String>) {
    let at = values.0.partition_point(|typed| is_before(&typed.origin, &asked.origin));
    values.0.insert(at, Assigned { specifier: specifier.clone(), value, origin: asked.origin.clone() });
}

/// The same of an option that is for the whole output.
fn over<T>(slot: &mut Option<Assigned<T>>, value: T, asked: &Assigned<String>) {
    if slot.as_ref().is_none_or(|typed| is_before(&typed.origin, &asked.origin)) {
        *slot = Some(Assigned { specifier: StreamSpecifier::all(), value, origin: asked.origin.clone() });
    }
}

fn is_before(typed: &Origin, other: &Origin) -> bool {
    typed.arg < other.arg
}

/// PAL or NTSC by the first time base of pictures that is one of theirs.
fn guessed(facts: &[InputFacts], diagnostics: &mut Vec<Diagnostic>) -> Option<Norm> {
    let pictures = facts.iter().flat_map(|f| &f.streams).filter(|s| s.kind == MediaKind::Video);
    let rates = pictures.map(|s| i64::from(s.time_base.den) * 1000 / i64::from(s.time_base.num.max(1)));
    let norm = rates
        .filter_map(|rate| match rate {
            25_000 => Some(Norm::Pal),
            29_970 | 23_976 => Some(Norm::Ntsc),
            _ => None,
        })
        .next()?;
    let name = if norm == Norm::Pal { "PAL" } else { "NTSC" };
    let message = format!("Assuming {name} for target.");
    diagnostics.push(Diagnostic::note("target", message));
    Some(norm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::FakeCatalog;

    /// `-target` at place 3, `-s 64x64` at the place given.
    fn expanded(target: &str, size_at: usize) -> (OutputSpec, Vec<Diagnostic>) {
        let mut spec = OutputSpec::new("out.mpg", Origin::new(9, "out.mpg"));
        let origin = Origin::new(3, "-target");
        spec.size.push(StreamSpecifier::all(), "64x64".to_owned(), Origin::new(size_at, "-s"));
        spec.seldom.target = Some(Assigned { specifier: StreamSpecifier::all(), value: target.to_owned(), origin });
        let mut told = Vec::new();
        expand_target(&mut spec, &[], &FakeCatalog, &mut told);
        (spec, told)
    }

    #[test]
    fn a_disc_brings_its_format_codecs_and_rates_and_what_is_typed_later_counts_more() {
        for (size_at, sizes) in [(1, ["64x64", "720x480"]), (5, ["720x480", "64x64"])] {
            let (spec, told) = expanded("ntsc-dvd", size_at);
            assert!(told.is_empty());
            assert_eq!(spec.format.map(|f| f.value), Some("dvd".to_owned()));
            assert_eq!(spec.codec.0.iter().map(|c| c.value.as_str()).collect::<Vec<_>>(), ["mpeg2video", "ac3"]);
            assert_eq!(spec.frame_rate.0[0].value, Rational::new(30_000, 1001));
            assert_eq!(spec.size.0.iter().map(|c| c.value.as_str()).collect::<Vec<_>>(), sizes);
        }
    }

    #[test]
    fn a_target_without_norm_needs_an_input_that_tells() {
        assert_eq!(expanded("dvd", 5).1[0].code, "target");
        assert_eq!(expanded("pal-nosuch", 5).1[0].code, "target");
    }
}
