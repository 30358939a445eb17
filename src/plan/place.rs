//! A stream's place among those of its output, which is what an output's stream specifiers go by.

use super::{OutputDraft, OutputPlan};
use crate::facts::{InputFacts, MediaKind, Metadata, StreamFacts, StreamGroup};
use crate::spec::{Assigned, PerStream, StreamSpecifier};

/// An output's streams so far, as stream specifiers see them: the new stream is the last.
pub(super) struct OutputPlace(InputFacts);

impl OutputPlace {
    /// The place of a stream of that kind that is about to join the draft.
    pub(super) fn next(draft: &OutputDraft, kind: MediaKind) -> Self {
        Self::of(draft.streams.iter().map(|s| s.kind).chain([kind]))
    }

    /// The place of a stream of the draft.
    pub(super) fn in_draft(draft: &OutputDraft, index: usize) -> Self {
        Self::of(draft.streams.iter().map(|s| s.kind).take(index + 1))
    }

    /// The place of a stream of the plan.
    pub(super) fn in_plan(output: &OutputPlan, index: usize) -> Self {
        Self::of(output.streams.iter().map(|s| s.kind).take(index + 1))
    }

    /// The place of the last of these streams.
    fn of(kinds: impl Iterator<Item = MediaKind>) -> Self {
        // Nothing but the kind is known of an output's streams when options are dealt out, so `u` names none.
        let stream = |(index, kind)| StreamFacts { usable: false, ..StreamFacts::of_kind(index, kind) };
        let streams = kinds.enumerate().map(stream).collect();
        Self(InputFacts { streams, ..InputFacts::default() })
    }

    /// All streams of an output, and its stream groups.
    pub(super) fn all(draft: &OutputDraft, groups: &[StreamGroup]) -> Self {
        let Self(facts) = Self::of(draft.streams.iter().map(|s| s.kind));
        Self(InputFacts { stream_groups: groups.to_vec(), ..facts })
    }

    /// The same streams with what their metadata is by now.
    pub(super) fn with_metadata(self, metadata: impl Iterator<Item = Metadata>) -> Self {
        let Self(mut facts) = self;
        for (stream, metadata) in facts.streams.iter_mut().zip(metadata) {
            stream.metadata = metadata;
        }
        Self(facts)
    }

    /// True when the specifier names the stream of that index.
    pub(super) fn names(&self, specifier: &StreamSpecifier, index: usize) -> bool {
        self.0.streams.get(index).is_some_and(|s| specifier.matches(&self.0, s))
    }

    /// True when the specifier names the last stream.
    pub(super) fn matches(&self, specifier: &StreamSpecifier) -> bool {
        self.0.streams.last().is_some_and(|s| specifier.matches(&self.0, s))
    }

    /// The last value that concerns the last stream, and where it stands.
    pub(super) fn assigned<'a, T>(&self, values: &'a PerStream<T>) -> Option<&'a Assigned<T>> {
        values.last_matching(|s| self.matches(s))
    }

    /// The last value that concerns the last stream.
    pub(super) fn value<'a, T>(&self, values: &'a PerStream<T>) -> Option<&'a T> {
        self.assigned(values).map(|assigned| &assigned.value)
    }
}

/// What an output lacks that an option for these kinds of streams (none: all) names.
pub(super) fn lacking(specifier: &StreamSpecifier, kinds: &[MediaKind]) -> String {
    let kind = |name: &str| format!("no {name} stream");
    match (specifier.text.as_str(), specifier.kind, kinds) {
        ("v" | "a" | "s" | "d" | "t", Some(named), _) => kind(named.name()),
        ("", None, [only]) => kind(only.name()),
        ("", ..) => "no such stream".to_owned(),
        (text, ..) => format!("no stream {text}"),
    }
}
