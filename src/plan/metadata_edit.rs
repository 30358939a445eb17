//! Changes of a dictionary of metadata.

/// One change of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataEdit {
    /// The key.
    pub key: String,
    /// What becomes of it.
    pub change: MetadataChange,
}

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataChange {
    /// It has this value.
    Set(String),
    /// It has this value if it had none.
    Default(String),
    /// It is taken away.
    Remove,
    /// What the source had is taken away, but not the mark of this run's encoder.
    Forget,
}

impl MetadataEdit {
    /// `key` has this value.
    pub fn set(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), change: MetadataChange::Set(value.to_owned()) }
    }

    /// `key` has this value if it had none.
    pub fn default(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), change: MetadataChange::Default(value.to_owned()) }
    }

    /// `key` is taken away.
    pub fn remove(key: &str) -> Self {
        Self { key: key.to_owned(), change: MetadataChange::Remove }
    }

    /// What the source had under `key` is taken away.
    pub fn forget(key: &str) -> Self {
        Self { key: key.to_owned(), change: MetadataChange::Forget }
    }

    /// What `-metadata key=value` does: an empty value removes.
    pub fn typed(key: &str, value: &str) -> Self {
        if value.is_empty() { Self::remove(key) } else { Self::set(key, value) }
    }
}
