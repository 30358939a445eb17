//! Files of packets or frames that follow one another up to the end, each of a length that is known: is the last one whole?

use std::io::{Read, Result, Seek, SeekFrom};

/// What begins at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// A frame of so many bytes.
    Of(usize),
    /// What may be a frame whose header is not all there.
    Begun,
    /// Something else.
    Other,
}

/// So many in a row are no chance.
const ROW: usize = 4;

/// More than a row of the longest frames.
const WINDOW: u64 = 128 << 10;

/// The last bytes of a file of this length.
fn end(file: &mut (impl Read + Seek), length: u64) -> Result<Vec<u8>> {
    file.seek(SeekFrom::Start(length.saturating_sub(WINDOW)))?;
    let mut end = Vec::new();
    file.take(WINDOW).read_to_end(&mut end)?;
    Ok(end)
}

/// True where a transport stream of this length ends within a packet.
pub(super) fn cuts_transport(file: &mut (impl Read + Seek), length: u64) -> Result<bool> {
    const SYNC: u8 = 0x47;
    /// The distance from packet to packet, and from a packet's mark to the end of what belongs to it: plain, with a time before
    /// each, with a checksum behind each.
    const SHAPES: [(usize, usize); 3] = [(188, 188), (192, 188), (204, 204)];
    let end = end(file, length)?;
    // The mark of the last packet is so far from the end.
    let stands = |distance: usize, apart: usize| {
        (0..ROW * 2).all(|n| end.len().checked_sub(distance + n * apart).is_some_and(|at| end[at] == SYNC))
    };
    if SHAPES.into_iter().any(|(apart, whole)| stands(whole, apart)) {
        return Ok(false);
    }
    Ok(SHAPES.into_iter().any(|(apart, _)| (1..apart).any(|distance| stands(distance, apart))))
}

/// True where a file of DV of this length ends within a picture.
pub(super) fn cuts_dv(file: &mut (impl Read + Seek), length: u64) -> Result<bool> {
    let head: [u8; 4] = super::bytes(file)?;
    // The header block of a sequence; its flag tells 50 pictures a second from 60, so 12 sequences from 10.
    let sequences = if head[3] & 0x80 != 0 { 12 } else { 10 };
    Ok(head[..3] == [0x1f, 0x07, 0x00] && !length.is_multiple_of(sequences * 150 * 80))
}

/// True where a file of frames of sound of this length ends within one of them.
pub(super) fn cuts_sound(file: &mut (impl Read + Seek), length: u64, format: &str) -> Result<bool> {
    let frame = match format {
        "ac3" | "eac3" => dolby,
        "mp3" => mpeg,
        "aac" => adts,
        "dts" => dts,
        _ => return Ok(false),
    };
    let end = end(file, length)?;
    let row = |from: usize| {
        let mut at = from;
        for _ in 0..ROW {
            let Frame::Of(bytes) = frame(end.get(at..)?) else { return None };
            at += bytes;
        }
        Some(from)
    };
    let Some(mut at) = (0..end.len()).find_map(row) else { return Ok(false) };
    while let Some(rest) = end.get(at..).filter(|rest| !rest.is_empty()) {
        match frame(rest) {
            Frame::Of(bytes) => at += bytes,
            Frame::Begun => return Ok(true),
            // What follows the sound, such as tags.
            Frame::Other => return Ok(false),
        }
    }
    Ok(at > end.len())
}

/// A frame of AC-3 (ATSC A/52, 5.4) or E-AC-3 (annex E).
fn dolby(bytes: &[u8]) -> Frame {
    const KBITS: [usize; 19] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
    let &[0x0b, 0x77, _, _, sizes, id, ..] = bytes else {
        return begun(bytes, &[0x0b, 0x77], 6);
    };
    if (11..=16).contains(&(id >> 3)) {
        return Frame::Of(2 * (usize::from(bytes[2] & 7) << 8 | usize::from(bytes[3])) + 2);
    }
    let code = usize::from(sizes & 0x3f);
    let Some(kbits) = KBITS.get(code / 2).filter(|_| id >> 3 <= 10) else { return Frame::Other };
    match sizes >> 6 {
        0 => Frame::Of(kbits * 4),
        1 => Frame::Of((kbits * 320 / 147 + code % 2) * 2),
        2 => Frame::Of(kbits * 6),
        _ => Frame::Other,
    }
}

/// A frame of MPEG audio (ISO/IEC 11172-3 and 13818-3, 2.4.2.3) that tells its rate.
fn mpeg(bytes: &[u8]) -> Frame {
    /// By version (1; 2 and 2.5) and layer (1, 2, 3).
    const KBITS: [[[usize; 15]; 3]; 2] = [
        [
            [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        ],
        [
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ],
    ];
    let &[0xff, kind, rates, ..] = bytes else { return begun(bytes, &[0xff], 3) };
    let (version, layer) = (kind >> 3 & 3, 4 - usize::from(kind >> 1 & 3));
    let halvings = match version {
        3 => 0,
        2 => 1,
        0 => 2,
        _ => return Frame::Other,
    };
    if kind >> 5 != 7 || layer > 3 {
        return Frame::Other;
    }
    let Some(hz) = [44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3)).map(|hz| hz >> halvings) else {
        return Frame::Other;
    };
    let Some(kbits) = KBITS[halvings.min(1)][layer - 1].get(usize::from(rates >> 4)).filter(|kbits| **kbits > 0) else {
        return Frame::Other;
    };
    let padding = usize::from(rates >> 1 & 1);
    Frame::Of(match layer {
        1 => (kbits * 12_000 / hz + padding) * 4,
        3 if halvings > 0 => kbits * 72_000 / hz + padding,
        _ => kbits * 144_000 / hz + padding,
    })
}

/// A frame of AAC in ADTS (ISO/IEC 14496-3, 1.A.3.2).
fn adts(bytes: &[u8]) -> Frame {
    let &[0xff, kind, _, high, middle, low, ..] = bytes else { return begun(bytes, &[0xff], 6) };
    let size = usize::from(high & 3) << 11 | usize::from(middle) << 3 | usize::from(low >> 5);
    if kind & 0xf6 != 0xf0 || size < 7 { Frame::Other } else { Frame::Of(size) }
}

/// A frame of DTS (ETSI TS 102 114, 5.3) in words of 16 bits, the higher byte first.
fn dts(bytes: &[u8]) -> Frame {
    let &[0x7f, 0xfe, 0x80, 0x01, _, high, middle, low, ..] = bytes else {
        return begun(bytes, &[0x7f, 0xfe, 0x80, 0x01], 8);
    };
    let size = usize::from(high & 3) << 12 | usize::from(middle) << 4 | usize::from(low >> 4);
    if size < 95 { Frame::Other } else { Frame::Of(size + 1) }
}

/// What there is of a header of so many bytes that begins with this mark.
fn begun(bytes: &[u8], mark: &[u8], header: usize) -> Frame {
    let agrees = bytes.iter().zip(mark).all(|(byte, marked)| byte == marked);
    if bytes.len() < header && agrees { Frame::Begun } else { Frame::Other }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Cursor;

    /// Five frames of each kind, by their headers.
    fn sounds() -> Vec<(&'static str, usize, Vec<u8>)> {
        let heads: [(&str, usize, &[u8]); 9] = [
            // 448 kbit/s at 48 kHz; 192 kbit/s at 44.1 kHz, the longer kind; E-AC-3.
            ("ac3", 1792, &[0x0b, 0x77, 0, 0, 30, 0x40]),
            ("ac3", 836, &[0x0b, 0x77, 0, 0, 0x40 | 21, 0x40]),
            ("eac3", 768, &[0x0b, 0x77, 1, 0x7f, 0, 0x80]),
            // Layer 2 at 384 kbit/s and 48 kHz; layer 3 at 128 kbit/s and 44.1 kHz, padded; at 64 kbit/s and 22.05 kHz; layer 1.
            ("mp3", 1152, &[0xff, 0xfd, 0xe4]),
            ("mp3", 418, &[0xff, 0xfb, 0x92]),
            ("mp3", 208, &[0xff, 0xf3, 0x80]),
            ("mp3", 384, &[0xff, 0xff, 0xc4]),
            ("aac", 371, &[0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]),
            ("dts", 1006, &[0x7f, 0xfe, 0x80, 0x01, 0, 0, 0x3e, 0xd0]),
        ];
        let file = |(name, length, head): (_, usize, &[u8])| {
            let mut frame = head.to_vec();
            frame.resize(length, 1);
            (name, length, frame.repeat(5))
        };
        heads.into_iter().map(file).collect()
    }

    fn cut(format: &str, file: &[u8]) -> bool {
        cuts_sound(&mut Cursor::new(file), file.len() as u64, format).unwrap()
    }

    #[test]
    fn a_file_of_sound_ends_with_a_whole_frame_or_with_what_is_no_frame() {
        for (format, length, file) in sounds() {
            assert!(!cut(format, &file), "{format} {length}");
            assert!(!cut(format, &[&file, &b"TAG of something"[..]].concat()), "{format} {length}");
            assert!(!cut(format, &[&b"ID3 of something"[..], &file].concat()), "{format} {length}");
            for left in [1, 2, 5, 9, length / 2, length - 1] {
                assert!(cut(format, &file[..4 * length + left]), "{format} {length} {left}");
            }
        }
        assert!(!cut("ac3", b"no frames at all"));
    }

    #[test]
    fn a_transport_stream_ends_with_a_whole_packet() {
        let cut = |file: &[u8]| cuts_transport(&mut Cursor::new(file), file.len() as u64).unwrap();
        for (before, behind) in [(0, 0), (4, 0), (0, 16)] {
            let packet = [vec![1; before], vec![0x47], vec![1; 187 + behind]].concat();
            let file = [vec![1; 50], packet.repeat(10)].concat();
            assert!(!cut(&file), "{before} {behind}");
            for left in [before + 1, 100, 187] {
                assert!(cut(&[&file, &packet[..left]].concat()), "{before} {behind} {left}");
            }
            assert!(!cut(&[&file, &vec![0; 3 * packet.len()][..]].concat()), "{before} {behind}");
        }
    }

    #[test]
    fn dv_ends_with_a_whole_picture() {
        for (flags, picture) in [(0x3f, 120_000), (0xbf, 144_000)] {
            let mut file = vec![0; picture * 2];
            file[..4].copy_from_slice(&[0x1f, 0x07, 0x00, flags]);
            let cut = |length: u64| cuts_dv(&mut Cursor::new(&file), length).unwrap();
            assert!(!cut(picture as u64 * 2) && cut(picture as u64 * 2 - 80), "{picture}");
        }
        assert!(!cuts_dv(&mut Cursor::new([0; 99]), 99).unwrap());
    }
}
