//! In which order, under which heads, ffmpeg's help tells its options.

mod classic;
mod modern;

/// A part of the help.
#[derive(Debug)]
pub(super) struct Section {
    /// Its head; empty for a part without options.
    pub head: &'static str,
    /// In which help it stands.
    pub shown: Shown,
    /// Its options, among them those that only some releases have.
    pub names: &'static [&'static str],
}

/// In which help a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// In all.
    Always,
    /// Not in the short one.
    Long,
    /// In the short one an empty line stands for it.
    BlankInShort,
}

/// The parts in the help of a release of FFmpeg.
pub(super) fn sections(release: u32) -> &'static [Section] {
    if has_kinds_of_files(release) { modern::SECTIONS } else { classic::SECTIONS }
}

/// Whether the help of a release keeps inputs and outputs apart, shows values in angle brackets, and where a specifier may follow.
pub(super) fn has_kinds_of_files(release: u32) -> bool {
    release >= 7
}
