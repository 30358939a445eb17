//! Why a connection is gone, or was never made.

use crate::av::{AvError, Interrupt, library_log};

/// Why a connection is gone, or was never made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the libraries say.
    pub cause: AvError,
    /// A deadline passed.
    pub silent: bool,
    /// What the peer gave as its reason.
    pub said: Option<String>,
}

impl Failure {
    /// What went wrong just now in this thread, under this interrupt.
    pub fn of(cause: AvError, interrupt: &Interrupt) -> Self {
        Self { silent: interrupt.has_expired(), said: library_log::take_refusal(), ..Self::from(cause) }
    }

    /// True for the ways in which peers refuse a log-in.
    pub fn refuses_log_in(&self) -> bool {
        matches!(self.cause, AvError::UNAUTHORIZED | AvError::FORBIDDEN)
            || self.says_one_of(&["auth", "denied", "password", "credential", "login", "permission"])
    }

    /// True where the peer says that somebody else publishes there.
    pub fn is_taken(&self) -> bool {
        self.says_one_of(&["already publish", "badname", "bad name", "busy"])
    }

    /// The peer's reason holds one of these, in small letters or large.
    fn says_one_of(&self, words: &[&str]) -> bool {
        let said = self.said.as_deref().map(str::to_lowercase);
        said.is_some_and(|said| words.iter().any(|word| said.contains(word)))
    }

    /// The reason in words.
    pub fn words(&self) -> String {
        match &self.said {
            Some(said) if self.is_taken() => format!("somebody else publishes there (the server says: {said})"),
            Some(said) => format!("the server says: {said}"),
            None if self.cause == AvError::EOF => "the peer ended it".to_owned(),
            None => self.cause.to_string(),
        }
    }
}

impl From<AvError> for Failure {
    fn from(cause: AvError) -> Self {
        Self { cause, silent: false, said: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Failure {
        Failure { said: Some(text.to_owned()), ..Failure::from(AvError::INVALID_DATA) }
    }

    #[test]
    fn what_a_server_says_tells_a_log_in_from_a_path_that_is_taken() {
        for text in ["[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ", "Access denied!"] {
            assert!(said(text).refuses_log_in() && !said(text).is_taken(), "{text}");
        }
        for text in ["Already publishing", "NetStream.Publish.BadName", "Stream busy"] {
            assert!(said(text).is_taken() && !said(text).refuses_log_in(), "{text}");
        }
        let other = said("No such stream");
        assert!(!other.is_taken() && !other.refuses_log_in());
        assert_eq!(other.words(), "the server says: No such stream");
        assert!(Failure::from(AvError::UNAUTHORIZED).refuses_log_in());
        assert_eq!(Failure::from(AvError::EOF).words(), "the peer ended it");
    }
}
