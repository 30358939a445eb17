//! What lies before the beginning of an edit: packets that are read because others refer to them, and whose pictures and sound
//! are not wanted. Their times step back, which is no jump of the clock.

use super::stream::StreamState;
use super::{BACKWARD_TOLERANCE_US, PacketTimes};
use crate::unit::{Rational, rescale};

/// How an input's pre-roll is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreRoll {
    /// Not at all; or packets are copied, and what they bring stays: a step back is a jump.
    #[default]
    Unknown,
    /// The demuxer marks it, as with edit lists.
    Marked,
    /// So it is, and where time steps back a piece of a list begins before its in-point (`inpoint`).
    Listed,
}

impl PreRoll {
    /// True of a packet that keeps its place, however far back it is.
    pub(super) fn keeps(self, packet: &PacketTimes) -> bool {
        self != Self::Unknown && packet.is_discarded()
    }

    /// True of a packet of a listed piece that ends before its in-point. `at` gives the place of its ticks, in microseconds.
    pub(super) fn is_before_in_point(
        self,
        state: &mut StreamState,
        packet: &PacketTimes,
        at: impl Fn(i64) -> i64,
    ) -> bool {
        let (Self::Listed, Some(dts), Some(next)) = (self, packet.dts, state.next_dts_us) else { return false };
        if state.piece_begins_us.is_none() && at(dts).saturating_add(BACKWARD_TOLERANCE_US) < state.dts_us {
            state.piece_begins_us = Some(next);
        }
        let Some(begins) = state.piece_begins_us else { return false };
        let length = rescale(state.packet_ticks(packet.duration), state.timing.time_base, Rational::MICROS);
        let is_before = at(packet.pts.unwrap_or(dts)).saturating_add(length) <= begins;
        if !is_before && at(dts) >= begins {
            state.piece_begins_us = None;
        }
        is_before
    }
}
