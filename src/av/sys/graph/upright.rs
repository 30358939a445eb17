//! The filters that turn a picture upright.

use ffmpeg_sys_next as ffi;

/// The filters that turn a picture upright, by the nine numbers of its display matrix.
pub(super) fn upright(matrix: &[i32; 9]) -> Vec<(&'static str, Option<String>)> {
    // SAFETY: reads nine numbers.
    let angle = unsafe { ffi::av_display_rotation_get(matrix.as_ptr()) };
    let mut theta = if angle.is_nan() { 0.0 } else { -angle.round() };
    theta -= 360.0 * (theta / 360.0 + 0.9 / 360.0).floor();
    let near = |target: f64| (theta - target).abs() < 1.0;
    let mut filters = Vec::new();
    if near(90.0) {
        let direction = if matrix[3] > 0 { "cclock_flip" } else { "clock" };
        filters.push(("transpose", Some(direction.to_owned())));
    } else if near(180.0) {
        if matrix[0] < 0 {
            filters.push(("hflip", None));
        }
        if matrix[4] < 0 {
            filters.push(("vflip", None));
        }
    } else if near(270.0) {
        let direction = if matrix[3] < 0 { "clock_flip" } else { "cclock" };
        filters.push(("transpose", Some(direction.to_owned())));
    } else if theta.abs() > 1.0 {
        filters.push(("rotate", Some(format!("{theta:.6}*PI/180"))));
    } else if matrix[4] < 0 {
        filters.push(("vflip", None));
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The display matrix of a picture that is to be shown turned clockwise.
    fn turned(degrees: f64) -> [i32; 9] {
        let mut matrix = [0; 9];
        // SAFETY: writes nine numbers.
        unsafe { ffi::av_display_rotation_set(matrix.as_mut_ptr(), degrees) };
        matrix
    }

    fn with(name: &'static str, arguments: &str) -> Vec<(&'static str, Option<String>)> {
        vec![(name, Some(arguments.to_owned()))]
    }

    #[test]
    fn quarter_turns_are_transposed_half_turns_flipped_and_others_rotated() {
        for (degrees, filters) in [
            (0.0, vec![]),
            (90.0, with("transpose", "clock")),
            (-90.0, with("transpose", "cclock")),
            (180.0, vec![("hflip", None), ("vflip", None)]),
            (10.0, with("rotate", "10.000000*PI/180")),
        ] {
            assert_eq!(upright(&turned(degrees)), filters, "{degrees}");
        }
    }

    #[test]
    fn mirrored_pictures_are_flipped_back() {
        const ONE: i32 = 1 << 16;
        let mirrored = |x, y| upright(&[x, 0, 0, 0, y, 0, 0, 0, 1 << 30]);
        assert_eq!(mirrored(ONE, -ONE), [("vflip", None)]);
        assert_eq!(mirrored(-ONE, ONE), [("hflip", None)]);
    }
}
