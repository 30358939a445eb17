//! Side data about how pictures are to be shown, as the bytes that FFmpeg keeps.

use crate::plan::{DisplayOverride, Orientation};
use crate::spec::{ContentLight, MasteringDisplay};
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;

/// The denominators that SMPTE ST 2086 has for chromaticities and for light.
const CHROMATICITY: i32 = 50_000;
const LUMINANCE: i32 = 10_000;

/// A display matrix: nine numbers.
pub(super) fn matrix(orientation: Orientation) -> Vec<u8> {
    let mut matrix = [0i32; 9];
    // SAFETY: both write nine numbers. The library turns clockwise.
    unsafe {
        ffi::av_display_rotation_set(matrix.as_mut_ptr(), -orientation.degrees);
        ffi::av_display_matrix_flip(
            matrix.as_mut_ptr(),
            c_int::from(orientation.hflip),
            c_int::from(orientation.vflip),
        );
    }
    bytes_of(matrix)
}

/// What is told of a stream, by kinds of side data.
pub(super) fn side_data(told: &DisplayOverride) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    use ffi::AVPacketSideDataType::*;
    let mut all = Vec::new();
    all.extend(told.orientation.map(|turned| (AV_PKT_DATA_DISPLAYMATRIX, matrix(turned))));
    all.extend(told.mastering.map(|display| (AV_PKT_DATA_MASTERING_DISPLAY_METADATA, mastering(display))));
    all.extend(told.content_light.map(|light| (AV_PKT_DATA_CONTENT_LIGHT_LEVEL, content_light(light))));
    all
}

/// `AVMasteringDisplayMetadata`: ratios of red, green, blue, white, of the darkest and the brightest light, then that both
/// are known.
fn mastering(display: MasteringDisplay) -> Vec<u8> {
    let chromaticities = display.primaries.into_iter().chain([display.white_point]).flatten();
    let mut numbers: Vec<i32> = chromaticities.flat_map(|value| [i32::from(value), CHROMATICITY]).collect();
    for light in [display.min_luminance, display.max_luminance] {
        numbers.extend([i32::try_from(light).unwrap_or(i32::MAX), LUMINANCE]);
    }
    numbers.extend([1, 1]);
    bytes_of(numbers)
}

/// `AVContentLightMetadata`: the brightest pixel, the brightest average.
fn content_light(light: ContentLight) -> Vec<u8> {
    bytes_of([i32::from(light.max_content), i32::from(light.max_average)])
}

fn bytes_of(numbers: impl IntoIterator<Item = i32>) -> Vec<u8> {
    numbers.into_iter().flat_map(i32::to_ne_bytes).collect()
}
