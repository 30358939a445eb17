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
