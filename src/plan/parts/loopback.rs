//! What decodes an encoder's packets again, for filtergraphs.

use super::DecodePlan;
use crate::facts::MediaKind;

/// A loopback decoder (`-dec`).
#[derive(Clone, Debug, PartialEq)]
pub struct LoopbackPlan {
    /// The output and stream whose packets it decodes; the encoder may be another stream's that serves this one as well.
    pub stream: (usize, usize),
    /// Pictures or sound.
    pub kind: MediaKind,
    /// How they are decoded.
    pub decode: DecodePlan,
}
