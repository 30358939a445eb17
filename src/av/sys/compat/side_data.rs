//! Stream-wide side data: a part of the stream until FFmpeg 6.0, of its codec parameters from 6.1 on.

use crate::av::sys::error::AvError;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;

/// Gives a copied stream the stream-wide side data of its source.
///
/// # Safety
/// Both streams are valid, nothing else touches them, and the source's codec parameters have been copied.
pub(crate) unsafe fn copy_stream_side_data(from: *const ffi::AVStream, to: *mut ffi::AVStream) -> Result<(), AvError> {
    // From 6.1 on it is a part of the codec parameters, and came with them.
    if cfg!(not(ffmpeg_6_1)) {
        // SAFETY: the caller's promise.
        for (kind, bytes) in unsafe { stream_side_data(from) } {
            // SAFETY: the caller's promise.
            unsafe { add_stream_side_data(to, kind, &bytes) }?;
        }
    }
    Ok(())
}

/// True when side data of an input stream is to be noted for the stream that is encoded from it, because it cannot come
/// through the encoder. From FFmpeg 7.1 on it does: decoders put it on their frames, filters drop what they make
/// untrue, and [`describe_to_encoder`] hands it over; encoders of sound are opened before their first frame.
pub(crate) fn notes_source_side_data(kind: ffi::AVPacketSideDataType) -> bool {
    use ffi::AVPacketSideDataType::*;
    if cfg!(ffmpeg_7_1) {
        matches!(kind, AV_PKT_DATA_REPLAYGAIN | AV_PKT_DATA_AUDIO_SERVICE_TYPE)
    } else {
        kind != AV_PKT_DATA_CPB_PROPERTIES
    }
}

/// What a container says is to be cut off its pictures, where the libraries have a word for it.
pub(crate) const CONTAINER_CROPPING: Option<ffi::AVPacketSideDataType> = {
    #[cfg(ffmpeg_7_1)]
    {
        Some(ffi::AVPacketSideDataType::AV_PKT_DATA_FRAME_CROPPING)
    }
    #[cfg(not(ffmpeg_7_1))]
    {
        None
    }
};

/// Fills an output stream from its encoder: parameters, and side data beside what was noted of the source.
///
/// # Safety
/// The stream is valid; the parameters are.
pub(crate) unsafe fn take_encoded(
    to: *mut ffi::AVStream,
    parameters: *const ffi::AVCodecParameters,
    coded: &[(ffi::AVPacketSideDataType, Vec<u8>)],
) -> Result<(), AvError> {
    // SAFETY: the caller's promise.
    unsafe {
        // From 6.1 on the copy replaces the side data as well, by what is in `coded`.
        let noted = if cfg!(ffmpeg_6_1) { stream_side_data(to) } else { Vec::new() };
        AvError::check(ffi::avcodec_parameters_copy((*to).codecpar, parameters))?;
        for (kind, bytes) in noted {
            if coded.iter().all(|(k, _)| *k != kind) {
                add_stream_side_data(to, kind, &bytes)?;
            }
        }
        if cfg!(not(ffmpeg_6_1)) {
            for (kind, bytes) in coded {
                add_stream_side_data(to, *kind, bytes)?;
            }
        }
    }
    Ok(())
}

/// The stream-wide side data of a stream.
///
/// # Safety
/// The stream is valid.
pub(crate) unsafe fn stream_side_data(from: *const ffi::AVStream) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    // SAFETY: the array has as many entries as the stream says.
    unsafe {
        #[cfg(not(ffmpeg_6_1))]
        let (list, count) = ((*from).side_data, (*from).nb_side_data);
        #[cfg(ffmpeg_6_1)]
        let (list, count) = ((*(*from).codecpar).coded_side_data, (*(*from).codecpar).nb_coded_side_data);
        packet_side_data(list, count)
    }
}

/// Adds stream-wide side data to an output stream.
///
/// # Safety
/// The stream is valid.
pub(crate) unsafe fn add_stream_side_data(
    to: *mut ffi::AVStream,
    kind: ffi::AVPacketSideDataType,
    bytes: &[u8],
) -> Result<(), AvError> {
    // SAFETY: the stream is valid; the new entry has room for `bytes`.
    unsafe {
        #[cfg(not(ffmpeg_6_1))]
        let data = ffi::av_stream_new_side_data(to, kind, bytes.len());
        #[cfg(ffmpeg_6_1)]
        let data = {
            let par = (*to).codecpar;
            let entry = ffi::av_packet_side_data_new(
                &mut (*par).coded_side_data,
                &mut (*par).nb_coded_side_data,
                kind,
                bytes.len(),
                0,
            );
            entry.as_ref().map_or(std::ptr::null_mut(), |e| e.data)
        };
        if data.is_null() {
            return Err(AvError::NO_MEMORY);
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
    }
    Ok(())
}

/// The side data that an encoder made for its whole stream.
///
/// # Safety
/// The context is valid, and nothing else touches it.
pub(crate) unsafe fn coded_side_data(encoder: *const ffi::AVCodecContext) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    // SAFETY: the array has as many entries as the context says.
    unsafe { packet_side_data((*encoder).coded_side_data, (*encoder).nb_coded_side_data) }
}

/// # Safety
/// `list` has `count` entries.
unsafe fn packet_side_data(
    list: *const ffi::AVPacketSideData,
    count: c_int,
) -> Vec<(ffi::AVPacketSideDataType, Vec<u8>)> {
    let mut found = Vec::new();
    for i in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the caller's promise.
        unsafe {
            let entry = &*list.add(i);
            let bytes = if entry.data.is_null() {
                Vec::new()
            } else {
                std::slice::from_raw_parts(entry.data, entry.size).to_vec()
            };
            found.push((entry.type_, bytes));
        }
    }
    found
}
