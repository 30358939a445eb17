//! What goes wrong, ranked, so that the first cause is told and not its consequences.

use crate::av::AvError;

/// Why a stage ended before its time.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StageError {
    /// Nobody wants what it makes any more; no fault.
    #[error("nobody takes what it makes")]
    NoConsumer,
    /// The run was aborted elsewhere.
    #[error("aborted")]
    Aborted,
    /// The thread died.
    #[error("{0} died: this is a bug in weir")]
    Panicked(String),
    /// A library call failed.
    #[error("{subject}{operation}: {cause}")]
    Library {
        /// The file, URL or stream it is about, with `: ` behind it; empty where the operation says it all.
        subject: String,
        /// What was tried.
        operation: String,
        /// FFmpeg's reason.
        cause: AvError,
        /// What ffmpeg calls it, where programs wait for that.
        ffmpeg: Option<String>,
    },
    /// A peer was lost for good, as a full sentence: the job fails, but what does not need that peer goes on.
    #[error("{0}")]
    PeerLost(String),
    /// Something else that ends the job, as a full sentence.
    #[error("{0}")]
    Failed(String),
    /// The same, where programs wait for ffmpeg's own words.
    #[error("{text}")]
    Told {
        /// The sentence.
        text: String,
        /// What ffmpeg says instead.
        ffmpeg: String,
    },
}

impl StageError {
    /// Wraps a library's error, for `map_err`.
    pub fn library(operation: impl Into<String>) -> impl FnOnce(AvError) -> StageError {
        let operation = operation.into();
        move |cause| StageError::Library { subject: String::new(), operation, cause, ffmpeg: None }
    }

    /// Wraps a library's error about a file, URL or stream.
    pub fn about(subject: impl Into<String>, operation: impl Into<String>) -> impl FnOnce(AvError) -> StageError {
        let (subject, operation) = (format!("{}: ", subject.into()), operation.into());
        move |cause| StageError::Library { subject, operation, cause, ffmpeg: None }
    }

    /// Adds what ffmpeg calls the failed operation of a library.
    #[must_use]
    pub fn called_by_ffmpeg(mut self, words: impl Into<String>) -> Self {
        if let Self::Library { ffmpeg, .. } = &mut self {
            *ffmpeg = Some(words.into());
        }
        self
    }

    /// Higher ranks tell more of the cause.
    pub fn rank(&self) -> u8 {
        match self {
            Self::NoConsumer => 0,
            Self::Aborted => 1,
            Self::Panicked(_) => 2,
            Self::Library { .. } | Self::PeerLost(_) | Self::Failed(_) | Self::Told { .. } => 3,
        }
    }

    /// True when the others cannot go on either.
    pub fn ends_all(&self) -> bool {
        self.is_failure() && !matches!(self, Self::PeerLost(_))
    }

    /// True when it makes the job fail.
    pub fn is_failure(&self) -> bool {
        self.rank() >= 2
    }
}

/// The error that tells most; of equals the first.
pub fn first_cause(errors: impl IntoIterator<Item = StageError>) -> Option<StageError> {
    let mut cause: Option<StageError> = None;
    for error in errors {
        if cause.as_ref().is_none_or(|c| error.rank() > c.rank()) {
            cause = Some(error);
        }
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cause_is_told_and_not_what_follows_from_it() {
        let failed = |text: &str| StageError::Failed(text.to_owned());
        let died = || StageError::Panicked("mux 0".to_owned());
        let all =
            [StageError::NoConsumer, StageError::Aborted, died(), failed("one"), StageError::Aborted, failed("two")];
        assert_eq!(first_cause(all), Some(failed("one")));
        assert_eq!(first_cause([StageError::Aborted, StageError::NoConsumer, died()]), Some(died()));
        assert_eq!(first_cause([StageError::NoConsumer, StageError::Aborted]), Some(StageError::Aborted));
        assert_eq!(first_cause([]), None);
    }
}
