//! Options of inputs that few command lines have; one of them is for outputs as well.

use super::ANY;
use crate::catalog::{Catalog, Named};
use crate::cli::table::{Effect, Row, Suffix};
use crate::cli::value::{BadValue, integer_within, ratio, size};
use crate::diagnostic::enumerated;
use crate::spec::InputSpec;

macro_rules! input {
    ($field:ident, |$used:ident| $value:expr) => {
        Effect::Input(|spec, $used| {
            let value = $value;
            spec.seldom.$field.push($used.specifier.clone(), value, $used.origin.clone());
            Ok(())
        })
    };
}

pub(super) const ROWS: &[Row] = &[
    Row::per_stream(
        &["itsscale"],
        "factor",
        "multiply the input's timestamps",
        input!(timestamp_scale, |u| {
            let factor = ratio(u.value, 1_000_000).filter(|r| r.den > 0);
            factor.ok_or_else(|| BadValue::new("a factor such as 0.5 or 2", "2"))?
        }),
    ),
    Row::value(
        &["isync"],
        "input",
        "align the start with that input's",
        Effect::Input(|spec: &mut InputSpec, u| {
            spec.seldom.sync_to = usize::try_from(integer_within(u.value, -1, ANY)?).ok();
            Ok(())
        }),
    ),
    Row::per_stream(
        &["discard"],
        "what",
        "let the demuxer leave out: none, default, noref, bidir, nointra, nokey or all",
        input!(discard, |u| discard(u.value, u.catalog)?),
    ),
    Row::per_stream(
        &["dump_attachment"],
        "file",
        "write an attachment to a file; empty for its own name",
        input!(dump_attachment, |u| u.text()),
    ),
    Row::flag(&["fix_sub_duration"], "a subtitle ends where the next begins", input!(fix_subtitle_duration, |u| u.on))
        .with_suffix(Suffix::Stream),
    Row::per_stream(
        &["drop_changed"],
        "0|1",
        "leave out frames of another format than the first, instead of rebuilding the filtergraph",
        input!(drop_changed, |u| integer_within(u.value, -ANY, ANY)? != 0),
    ),
    Row::per_stream(
        &["canvas_size"],
        "size",
        "size of the canvas of subtitles",
        input!(canvas_size, |u| size(u.value, u.catalog)?),
    ),
    Row::per_stream(
        &["top"],
        "-1|0|1",
        "top field first (1), bottom first (0), as told (-1)",
        Effect::Both(
            |spec, u| {
                let top = integer_within(u.value, -1, 1)? as i32;
                spec.seldom.top_field_first.push(u.specifier.clone(), top, u.origin.clone());
                Ok(())
            },
            |spec, u| {
                let top = integer_within(u.value, -1, 1)? as i32;
                spec.seldom.top_field_first.push(u.specifier.clone(), top, u.origin.clone());
                Ok(())
            },
        ),
    ),
];

/// FFmpeg's number (`AVDiscard`) of what is left out.
fn discard(text: &str, catalog: &dyn Catalog) -> Result<i32, BadValue> {
    catalog.discard(text).ok_or_else(|| {
        let names = catalog.names(Named::Discard);
        BadValue::new(enumerated(&names, "or"), "nokey").among(names)
    })
}
