//! How patient a session with a peer is, and what its absence means.

/// What the user says of how patient a session with a peer is; `None`: the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveSpec {
    /// `-connect_deadline`, microseconds.
    pub connect_us: Option<i64>,
    /// `-probe_deadline`, microseconds.
    pub probe_us: Option<i64>,
    /// `-read_deadline` of an input, `-write_deadline` of an output, microseconds.
    pub stall_us: Option<i64>,
    /// `-retry_for`, microseconds; 0: a lost peer is not tried again.
    pub retry_us: Option<i64>,
    /// `-wait_for_peer`, microseconds.
    pub wait_us: Option<i64>,
}

/// What outputs get while an input is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputGap {
    /// Nothing.
    #[default]
    Hold,
    /// Where it is decoded: the last picture and silence.
    Freeze,
}
