//! Packets that wait for the header, because some stream of the output is not known yet (`-max_muxing_queue_size`).

use super::MuxStage;
use crate::engine::fault::StageError;
use crate::engine::flow::MediaPacket;
use crate::unit::{Rational, compare};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// What waits of one stream.
pub(super) struct MuxingQueue {
    packets: VecDeque<MediaPacket>,
    bytes: usize,
    /// So many packets may wait once they exceed `most_bytes`.
    most_packets: usize,
    most_bytes: usize,
}

impl MuxingQueue {
    pub(super) fn new(most_packets: usize, most_bytes: usize) -> Self {
        Self { packets: VecDeque::new(), bytes: 0, most_packets, most_bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    fn is_over_full(&self) -> bool {
        self.packets.len() > self.most_packets && self.bytes > self.most_bytes
    }

    fn push(&mut self, media: MediaPacket) {
        self.bytes += media.packet.size();
        self.packets.push_back(media);
    }

    fn pop(&mut self) -> Option<MediaPacket> {
        let media = self.packets.pop_front()?;
        self.bytes -= media.packet.size();
        Some(media)
    }
}

impl MuxStage {
    /// Takes a packet in; before the header it waits.
    pub(super) fn arrived(&mut self, index: usize, media: MediaPacket) -> Result<(), StageError> {
        if self.header_written {
            return self.shown(index, media);
        }
        let state = &mut self.streams[index];
        state.queue.push(media);
        if state.queue.is_over_full() {
            let silent: Vec<String> =
                self.streams.iter().enumerate().filter(|(_, s)| !s.ready).map(|(i, _)| i.to_string()).collect();
            return Err(StageError::Failed(format!(
                "{}: Too many packets buffered for output stream {}:{index}: stream {} has not begun yet, and the header \
                 waits for it. Raise -max_muxing_queue_size, or leave that stream out with -map.",
                self.settings.url,
                self.settings.index,
                silent.join(", ")
            )));
        }
        Ok(())
    }

    /// Takes the earliest of the packets that wait, with its stream.
    pub(super) fn next_waiting(&mut self) -> Option<(usize, MediaPacket)> {
        let index = earliest(self.streams.iter().enumerate().filter_map(|(i, s)| {
            let packet = &s.queue.packets.front()?.packet;
            Some((i, packet.dts().or(packet.pts()), s.arrival_base()))
        }))?;
        self.streams[index].queue.pop().map(|media| (index, media))
    }
}

/// The stream whose packet is the earliest, by number, time and time base; one without a time goes first.
fn earliest(waiting: impl Iterator<Item = (usize, Option<i64>, Rational)>) -> Option<usize> {
    waiting
        .min_by(|a, b| match (a.1, b.1) {
            (Some(x), Some(y)) => compare(x, a.2, y, b.2).then(a.0.cmp(&b.0)),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (None, None) => a.0.cmp(&b.0),
        })
        .map(|(stream, _, _)| stream)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::av::Packet;

    fn media(bytes: usize) -> MediaPacket {
        MediaPacket { packet: Packet::from_bytes(&vec![0; bytes]).unwrap(), dts_us: 0 }
    }

    #[test]
    fn a_queue_is_over_full_when_it_has_too_many_packets_and_too_many_bytes() {
        let mut queue = MuxingQueue::new(2, 100);
        for (bytes, over_full) in [(1, false), (1, false), (1, false), (100, true)] {
            queue.push(media(bytes));
            assert_eq!(queue.is_over_full(), over_full);
        }
        while queue.pop().is_some() {}
        assert!(queue.is_empty() && !queue.is_over_full());
        queue.push(media(1000));
        assert!(!queue.is_over_full());
    }

    #[test]
    fn the_earliest_packet_is_found_across_time_bases() {
        let (millis, ninety) = (Rational::new(1, 1000), Rational::new(1, 90_000));
        assert_eq!(earliest([(0, Some(2), millis), (1, Some(91), ninety)].into_iter()), Some(1));
        assert_eq!(earliest([(0, Some(1), millis), (1, Some(90), ninety)].into_iter()), Some(0));
        assert_eq!(earliest([(0, Some(-5), millis), (1, None, ninety), (2, None, ninety)].into_iter()), Some(1));
        assert_eq!(earliest(std::iter::empty()), None);
    }
}
