//! The one table of ffmpeg's own options: a row says how an option is spelled, where it may stand, and what it sets.
//!
//! Options of codecs, formats, scaler and resampler are not here: the [`Catalog`] knows them.

mod both;
mod display;
mod global;
mod hardware;
mod input;
mod live;
mod output;
mod seldom;
mod stats;

use super::Request;
use super::value::BadValue;
use crate::catalog::Catalog;
use crate::diagnostic::Origin;
use crate::spec::{AvOption, DecoderSpec, GlobalSpec, InputSpec, MetadataPlace, OutputSpec, StreamSpecifier};

/// One option of ffmpeg's command.
#[derive(Debug)]
pub struct Row {
    /// Its name without the dash, then its other spellings.
    pub names: &'static [&'static str],
    /// Whether a value follows.
    pub arity: Arity,
    /// What may follow the first colon of its name.
    pub suffix: Suffix,
    /// One line of help.
    pub help: &'static str,
    /// The specifier that counts when none was typed although the option has to do with one kind of stream only.
    pub bare: Option<&'static str>,
    /// What it does; the variant is its scope.
    pub effect: Effect,
    /// What it does before a loopback decoder, where it may stand there too.
    pub decoder: Option<Apply<DecoderSpec>>,
}

/// Whether a value follows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// No value; `-noX` is its negation.
    Flag,
    /// No value, or `0` or `1` as older versions of ffmpeg wanted.
    FlagOrDigit,
    /// No value, or one behind `=` in the same argument.
    FlagOrEquals,
    /// One value; the name it has in help.
    Value(&'static str),
    /// It shows something and ends; the next argument, if any, is its topic.
    Topic,
}

/// What may follow the first colon of an option's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// Nothing.
    None,
    /// A stream specifier.
    Stream,
    /// A metadata place: `g`, `s[:spec]`, `c:N`, `p:N`.
    Place,
}

/// An option as it stands in a command, on its way into a spec.
pub struct Use<'a> {
    /// Its value; empty for flags.
    pub value: &'a str,
    /// False for `-noX`.
    pub on: bool,
    /// Its stream specifier.
    pub specifier: StreamSpecifier,
    /// Its metadata place.
    pub place: MetadataPlace,
    /// Where it stands.
    pub origin: &'a Origin,
    /// What FFmpeg knows.
    pub catalog: &'a dyn Catalog,
    /// A value that FFmpeg reads is left to it, and refused there.
    pub is_literal: bool,
}

impl Use<'_> {
    /// The value as text of its own.
    pub fn text(&self) -> String {
        self.value.to_owned()
    }

    /// This option under a name of FFmpeg's own tables.
    pub fn av_option(&self, name: &str) -> AvOption {
        AvOption {
            name: name.to_owned(),
            specifier: self.specifier.clone(),
            value: self.text(),
            scopes: self.catalog.option_scopes(name),
            origin: self.origin.clone(),
        }
    }
}

/// Sets one thing in a spec.
pub type Apply<T> = fn(&mut T, &Use<'_>) -> Result<(), BadValue>;

/// What an option does.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// It concerns the whole run and may stand anywhere.
    Global(Apply<GlobalSpec>),
    /// It belongs to an input.
    Input(Apply<InputSpec>),
    /// It belongs to an output.
    Output(Apply<OutputSpec>),
    /// It may belong to either.
    Both(Apply<InputSpec>, Apply<OutputSpec>),
    /// Another spelling of the row of that name, with that specifier.
    Alias(&'static str, &'static str),
    /// It shows something and ends; gets the topic.
    Show(fn(Option<&str>) -> Request),
}

/// Where an option may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Anywhere.
    Global,
    /// Before an input.
    Input,
    /// Before an output.
    Output,
    /// Before either.
    Both,
}

impl Row {
    /// A flag.
    pub const fn flag(names: &'static [&'static str], help: &'static str, effect: Effect) -> Self {
        Self { names, arity: Arity::Flag, suffix: Suffix::None, help, bare: None, effect, decoder: None }
    }

    /// An option with one value.
    pub const fn value(
        names: &'static [&'static str],
        metavar: &'static str,
        help: &'static str,
        effect: Effect,
    ) -> Self {
        Self { arity: Arity::Value(metavar), ..Self::flag(names, help, effect) }
    }

    /// An option with one value that may differ from stream to stream.
    pub const fn per_stream(
        names: &'static [&'static str],
        metavar: &'static str,
        help: &'static str,
        effect: Effect,
    ) -> Self {
        Self::value(names, metavar, help, effect).with_suffix(Suffix::Stream)
    }

    /// The same row with another suffix.
    pub const fn with_suffix(self, suffix: Suffix) -> Self {
        Self { suffix, ..self }
    }

    /// The same row with another arity.
    pub const fn with_arity(self, arity: Arity) -> Self {
        Self { arity, ..self }
    }

    /// The same row with a specifier for when none is typed.
    pub const fn with_bare(self, specifier: &'static str) -> Self {
        Self { bare: Some(specifier), ..self }
    }

    /// The same row for an option that may stand before a loopback decoder as well.
    pub const fn also_for_decoder(self, apply: Apply<DecoderSpec>) -> Self {
        Self { decoder: Some(apply), ..self }
    }

    /// Its first name.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// Where it may stand.
    pub fn scope(&self) -> Scope {
        match self.effect {
            Effect::Global(_) | Effect::Show(_) => Scope::Global,
            Effect::Input(_) => Scope::Input,
            Effect::Output(_) => Scope::Output,
            Effect::Both(..) => Scope::Both,
            Effect::Alias(target, _) => find(target).map_or(Scope::Both, Row::scope),
        }
    }

    /// The row itself, or the one it is another spelling of.
    pub fn target(&'static self) -> &'static Row {
        match self.effect {
            Effect::Alias(name, _) => find(name).unwrap_or(self),
            _ => self,
        }
    }

    /// True when `-noX` exists.
    pub fn can_be_negated(&self) -> bool {
        matches!(self.arity, Arity::Flag | Arity::FlagOrDigit)
    }
}

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let often = [global::ROWS, both::ROWS, input::ROWS, output::ROWS];
    let others = [live::ROWS, hardware::ROWS, display::ROWS, stats::ROWS.as_flattened()];
    often.into_iter().chain(seldom::ROWS).chain(others).flatten()
}

/// The row of a name, which is without dash and without specifier.
pub fn find(name: &str) -> Option<&'static Row> {
    rows().find(|row| row.names.contains(&name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_name_stands_once() {
        let mut names: Vec<&str> = rows().flat_map(|row| row.names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn aliases_lead_to_rows_that_take_their_specifier() {
        for row in rows() {
            if let Effect::Alias(target, specifier) = row.effect {
                let target = find(target).unwrap();
                assert!(!matches!(target.effect, Effect::Alias(..)), "{}", row.name());
                assert!(specifier.is_empty() || target.suffix == Suffix::Stream, "{}", row.name());
                assert!(StreamSpecifier::parse(specifier).is_ok());
            }
        }
    }

    #[test]
    fn every_row_is_named_and_explained() {
        for row in rows() {
            assert!(!row.names.is_empty() && !row.help.is_empty(), "{:?}", row.names);
        }
    }
}
