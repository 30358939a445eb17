//! What a container says is to be cut off the pictures of a stream.

/// Pixels at the edges of a decoded picture that are not to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margins {
    /// At the top.
    pub top: u32,
    /// At the bottom.
    pub bottom: u32,
    /// At the left.
    pub left: u32,
    /// At the right.
    pub right: u32,
}

impl Margins {
    /// From side data of the kind `AV_PKT_DATA_FRAME_CROPPING`: four numbers of 32 bits, least byte first. `None` when nothing
    /// is to be cut off, or bytes are missing.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(4 * at..4 * at + 4)?.try_into().ok()?));
        let read = Self { top: number(0)?, bottom: number(1)?, left: number(2)?, right: number(3)? };
        [read.top, read.bottom, read.left, read.right].iter().any(|pixels| *pixels > 0).then_some(read)
    }

    /// The arguments of the filter `crop` that cuts them off.
    pub(super) fn arguments(self) -> String {
        let Self { top, bottom, left, right } = self;
        format!("w=iw-{left}-{right}:h=ih-{top}-{bottom}:x={left}:y={top}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn four_numbers_are_read_and_less_is_nothing(numbers in any::<[u32; 4]>(), length in 0usize..16) {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            let [top, bottom, left, right] = numbers;
            prop_assume!(numbers != [0; 4]);
            prop_assert_eq!(Margins::read(&bytes), Some(Margins { top, bottom, left, right }));
            prop_assert_eq!(Margins::read(&bytes[..length]), None);
        }
    }

    #[test]
    fn nothing_to_cut_off_needs_no_filter() {
        assert_eq!(Margins::read(&[0; 16]), None);
        let margins = Margins { top: 1, bottom: 2, left: 3, right: 4 };
        assert_eq!(margins.arguments(), "w=iw-3-4:h=ih-1-2:x=3:y=1");
    }
}
