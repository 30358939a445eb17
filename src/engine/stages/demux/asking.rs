//! When a demuxer that has nothing at hand is asked again.

/// So often it is asked at once: some demuxers want several calls for a packet and wait for nothing.
const AT_ONCE: u32 = 16;
/// From then on it is asked after so long, in nanoseconds, as by ffmpeg: a device that does not wait itself is waited for.
const PAUSE_NS: i64 = 10_000_000;

/// Counts the calls in a row that gave nothing.
#[derive(Debug, Default)]
pub(super) struct Asking(u32);

impl Asking {
    /// Something came.
    pub(super) fn answered(&mut self) {
        self.0 = 0;
    }

    /// Nothing was at hand; gives when to ask again, in the clock's nanoseconds, unless at once.
    pub(super) fn refused(&mut self, now_ns: i64) -> Option<i64> {
        self.0 = self.0.saturating_add(1);
        (self.0 > AT_ONCE).then(|| now_ns.saturating_add(PAUSE_NS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_nothing_again_and_again_is_asked_a_hundred_times_a_second() {
        let mut asking = Asking::default();
        for _ in 0..2 {
            assert!((0..AT_ONCE).all(|_| asking.refused(0).is_none()));
            let mut now_ns = 0;
            for _ in 0..100 {
                let due_ns = asking.refused(now_ns);
                assert_eq!(due_ns, Some(now_ns + PAUSE_NS));
                now_ns = due_ns.unwrap_or(0);
            }
            assert_eq!(now_ns, 1_000_000_000);
            asking.answered();
        }
    }
}
