//! libavutil's checksum with the processor's own instructions.
//!
//! Matroska's muxer counts a CRC-32 over all that it writes, and before FFmpeg 9 libavutil does so with tables: half of the
//! processor time of a copy into that format. Shared libraries look a name up in the program first, so FFmpeg's libraries find
//! [`av_crc`] here; all but the one polynomial goes on to libavutil's own.

use ffmpeg_sys_next as ffi;
use std::ffi::c_void;
use std::sync::OnceLock;

/// [`ffi::av_crc`].
type Crc = unsafe extern "C" fn(*const ffi::AVCRC, u32, *const u8, usize) -> u32;

/// What libavutil has.
struct Original {
    /// `None` when it cannot be found; then a table's rows are gone through byte by byte.
    crc: Option<Crc>,
    /// The table of `AV_CRC_32_IEEE_LE`, which is zlib's and Ethernet's polynomial; others are left alone.
    table: usize,
}

fn original() -> &'static Original {
    static ORIGINAL: OnceLock<Original> = OnceLock::new();
    ORIGINAL.get_or_init(|| {
        // SAFETY: the name is a C string; the libraries behind this program are searched.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, c"av_crc".as_ptr()) };
        Original {
            // SAFETY: a function of that name in a library behind this program is libavutil's, which has that type.
            crc: (!found.is_null()).then(|| unsafe { std::mem::transmute::<*mut c_void, Crc>(found) }),
            // SAFETY: asks for the address of a table that is made once.
            table: unsafe { ffi::av_crc_get_table(ffi::AVCRCId::AV_CRC_32_IEEE_LE) } as usize,
        }
    })
}

/// Goes on counting a checksum over `length` bytes, as libavutil's function of that name.
///
/// # Safety
///
/// `table` is one of libavutil's, `bytes` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn av_crc(table: *const ffi::AVCRC, crc: u32, bytes: *const u8, length: usize) -> u32 {
    let original = original();
    if table as usize == original.table && length > 0 {
        // SAFETY: the caller's promise.
        let bytes = unsafe { std::slice::from_raw_parts(bytes, length) };
        // The crate counts as zlib does, with all bits turned at both ends.
        let mut hasher = crc32fast::Hasher::new_with_initial(!crc);
        hasher.update(bytes);
        return !hasher.finalize();
    }
    match original.crc {
        // SAFETY: the caller's promise.
        Some(original) => unsafe { original(table, crc, bytes, length) },
        // SAFETY: the caller's promise; a table has at least 256 rows.
        None => {
            (0..length).fold(crc, |crc, at| unsafe { *table.add(usize::from(crc as u8 ^ *bytes.add(at))) ^ crc >> 8 })
        }
    }
}

/// Keeps [`av_crc`] in the program, which nothing but FFmpeg's libraries calls.
pub(super) fn install() {
    std::hint::black_box(av_crc as *const c_void);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ffmpegs_libraries_find_it() {
        install();
        // SAFETY: the name is a C string; what the whole program finds first is asked.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"av_crc".as_ptr()) };
        assert_eq!(found as usize, av_crc as *const () as usize);
        assert!(original().crc.is_some_and(|own| own as usize != found as usize));
    }

    proptest! {
        /// Whatever the polynomial, the bytes and what was counted before: libavutil says the same.
        #[test]
        fn it_counts_as_libavutil_does(bytes in prop::collection::vec(any::<u8>(), 0..600), crc: u32, skip in 0usize..9) {
            use ffi::AVCRCId::{AV_CRC_8_ATM, AV_CRC_16_ANSI, AV_CRC_24_IEEE, AV_CRC_32_IEEE, AV_CRC_32_IEEE_LE};
            let Some(own) = original().crc else { return Err(TestCaseError::fail("libavutil has none")) };
            let bytes = bytes.get(skip..).unwrap_or_default();
            for kind in [AV_CRC_8_ATM, AV_CRC_16_ANSI, AV_CRC_24_IEEE, AV_CRC_32_IEEE, AV_CRC_32_IEEE_LE] {
                // SAFETY: the table is libavutil's; the bytes live during the calls.
                let (ours, theirs) = unsafe {
                    let table = ffi::av_crc_get_table(kind);
                    (av_crc(table, crc, bytes.as_ptr(), bytes.len()), own(table, crc, bytes.as_ptr(), bytes.len()))
                };
                prop_assert_eq!(ours, theirs, "{:?}", kind);
            }
        }
    }
}
