//! `-force_key_frames`: where the user wants keyframes.

/// Which pictures an encoder must make keyframes of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyframesSpec {
    /// The first ones that are not before these times.
    Times(Vec<KeyframeTime>),
    /// Where this expression of FFmpeg's is not zero.
    Expression(String),
    /// Where the source has keyframes.
    Source {
        /// And after a keyframe that was dropped, the next one.
        after_dropped: bool,
    },
    /// Where the filter `scdet` finds a new scene, as the command of FFmpeg 8 and newer knows it.
    SceneChanges,
    /// None of these; it is the part that cannot be read.
    Unknown(String),
}

/// A time of the output, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyframeTime {
    /// From its beginning.
    At(i64),
    /// From the beginning of each of its chapters.
    Chapters(i64),
}
