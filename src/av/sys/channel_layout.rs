//! A channel layout as a value: compared by what it is, named where a name is asked for.

use super::compat::layout_name;
use ffmpeg_sys_next as ffi;
use std::fmt;

/// Which channels sound has. Every frame is asked for it, and FFmpeg's names take longer to make than short frames to filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChannelLayout {
    /// Pictures have none.
    #[default]
    None,
    /// Channels in FFmpeg's order, as a mask of `AV_CH_`.
    Native(u64),
    /// Any other, by FFmpeg's name for it.
    Named(String),
}

impl ChannelLayout {
    pub(crate) fn of(layout: &ffi::AVChannelLayout) -> Self {
        match layout.order {
            // SAFETY: the mask is what the order says is there.
            ffi::AVChannelOrder::AV_CHANNEL_ORDER_NATIVE => Self::Native(unsafe { layout.u.mask }),
            _ => Self::Named(layout_name(layout)),
        }
    }

    /// The layout's name, e.g. `stereo`; empty for pictures.
    pub fn name(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Named(name) => name.clone(),
            // SAFETY: zeros are a valid layout, and one made of a mask owns nothing.
            Self::Native(mask) => unsafe {
                let mut layout = std::mem::zeroed();
                ffi::av_channel_layout_from_mask(&mut layout, *mask);
                layout_name(&layout)
            },
        }
    }
}

impl fmt::Display for ChannelLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::av::initialize;

    fn layout(name: &str) -> ChannelLayout {
        let name = std::ffi::CString::new(name).unwrap();
        // SAFETY: zeros are a valid layout, the name is a valid string; what the layout owns is released.
        unsafe {
            let mut layout = std::mem::zeroed();
            assert!(ffi::av_channel_layout_from_string(&mut layout, name.as_ptr()) >= 0);
            let found = ChannelLayout::of(&layout);
            ffi::av_channel_layout_uninit(&mut layout);
            found
        }
    }

    #[test]
    fn layouts_keep_their_names_and_differ_where_these_differ() {
        initialize();
        let names = ["mono", "stereo", "5.1", "5.1(side)", "7.1", "3 channels", "ambisonic 1", "2 channels (FR+FL)"];
        for name in names {
            assert_eq!(layout(name).to_string(), name);
            for other in names {
                assert_eq!(layout(name) == layout(other), name == other, "{name}, {other}");
            }
        }
        assert!(matches!(layout("stereo"), ChannelLayout::Native(3)));
        assert_eq!(ChannelLayout::default().name(), "");
    }
}
