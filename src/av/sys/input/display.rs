//! What the user says of an input's pictures takes the place of what the file says.

use super::Demuxer;
use crate::av::sys::{compat, display, error::AvError};
use crate::plan::DisplayOverride;

impl Demuxer {
    /// Tells a stream how it is to be shown. Decoders and muxers that are opened from now on learn it.
    pub fn set_display(&mut self, index: usize, told: &DisplayOverride) -> Result<(), AvError> {
        for (kind, bytes) in display::side_data(told) {
            // SAFETY: a live stream, which nothing else uses meanwhile.
            unsafe { compat::add_stream_side_data(self.stream(index), kind, &bytes) }?;
        }
        self.told.retain(|(stream, _)| *stream != index);
        self.told.push((index, *told));
        Ok(())
    }

    /// Tells a stream what the stream of an earlier connection was told.
    pub fn set_display_as(&mut self, index: usize, earlier: &Self, earlier_index: usize) -> Result<(), AvError> {
        let told = earlier.told.iter().find(|(stream, _)| *stream == earlier_index);
        told.map_or(Ok(()), |(_, told)| self.set_display(index, told))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::av::sys::interrupt::Interrupt;
    use crate::plan::{DemuxerSettings, Orientation};

    #[test]
    fn what_a_stream_was_told_goes_over_to_the_next_connection() {
        let settings = DemuxerSettings {
            url: concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bbb.mp4").to_owned(),
            find_stream_info: true,
            ..DemuxerSettings::default()
        };
        let open = || Demuxer::open(&settings, &Interrupt::new()).unwrap().0;
        let [mut first, mut second, mut third] = [open(), open(), open()];
        let matrix = |demuxer: &Demuxer| demuxer.parameters(0).unwrap().display_matrix();
        assert_eq!(matrix(&first), None);
        let orientation = Some(Orientation { degrees: 90.0, hflip: false, vflip: false });
        first.set_display(0, &DisplayOverride { orientation, ..DisplayOverride::default() }).unwrap();
        second.set_display_as(0, &first, 0).unwrap();
        third.set_display_as(0, &second, 0).unwrap();
        third.set_display_as(1, &second, 1).unwrap();
        assert_eq!(matrix(&third), Some([0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30]));
    }
}
