//! What a file's own bytes say of its end, where libavformat does not tell: it takes a length that the file does not reach
//! for the length that is there, leaves out a page that is not whole, and hands out half a picture.

mod rest;

use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

/// What a file lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// It has fewer bytes than its header promises.
    Bytes {
        /// Up to where the header says that the file goes.
        promised: u64,
        /// How long it is.
        there: u64,
    },
    /// It ends within something that has a length or an end mark of its own.
    Rest {
        /// What that is.
        of: &'static str,
    },
}

/// What a file of this format (libavformat's name) lacks; `None` where it is whole or nothing can be said.
pub(super) fn lack(format: &str, file: &mut (impl Read + Seek)) -> Option<Lack> {
    let there = file.seek(SeekFrom::End(0)).ok()?;
    file.rewind().ok()?;
    let promised = match format {
        "wav" => riff(file),
        "w64" => w64(file),
        "caf" => caf(file),
        "asf" | "asf_o" => asf(file),
        "sox" => sox(file),
        _ => {
            let (is_cut, of) = match format {
                "ogg" => (ogg(file, there), "page"),
                "gif" => (gif(file), "picture"),
                "voc" => (voc(file, there), "block"),
                "dv" => (rest::cuts_dv(file, there), "picture"),
                "mpegts" => (rest::cuts_transport(file, there), "packet"),
                _ => (rest::cuts_sound(file, there, format), "frame"),
            };
            return is_cut.ok()?.then_some(Lack::Rest { of });
        }
    };
    // A header that is not understood promises nothing.
    let promised = promised.ok().flatten()?;
    (promised > there).then_some(Lack::Bytes { promised, there })
}

fn bytes<const N: usize>(file: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(file: &mut impl Seek, count: u64) -> Result<u64> {
    file.seek(SeekFrom::Current(i64::try_from(count).map_err(Error::other)?))
}

/// The end of the samples of a RIFF, RIFX or RF64 file.
fn riff(file: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    /// Lengths from here on stand for one that was not known when they were written.
    const UNKNOWN: u64 = 0x7fff_0000;
    let magic: [u8; 4] = bytes(file)?;
    let is_64 = matches!(&magic, b"RF64" | b"BW64");
    let number = |bytes| if &magic == b"RIFX" { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    skip(file, 8)?;
    let mut long = None;
    loop {
        let name: [u8; 4] = bytes(file)?;
        let length = u64::from(number(bytes(file)?));
        match &name {
            b"ds64" if is_64 => {
                skip(file, 8)?;
                long = Some(u64::from_le_bytes(bytes(file)?)).filter(|length| (1..1 << 62).contains(length));
                skip(file, length.saturating_sub(16).next_multiple_of(2))?;
            }
            b"data" => {
                let length = if is_64 { long } else { Some(length).filter(|length| (1..UNKNOWN).contains(length)) };
                let start = file.stream_position()?;
                return Ok(length.map(|length| start + length));
            }
            _ => {
                skip(file, length.next_multiple_of(2))?;
            }
        }
    }
}

/// The end of the samples of a Wave64 file, whose chunks have names of 16 bytes and lengths that count those.
fn w64(file: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    skip(file, 40)?;
    loop {
        let name: [u8; 16] = bytes(file)?;
        let length = u64::from_le_bytes(bytes(file)?).checked_sub(24).ok_or(ErrorKind::InvalidData)?;
        if name.starts_with(b"data") {
            let start = file.stream_position()?;
            return Ok(Some(start + length).filter(|_| (1..1 << 62).contains(&length)));
        }
        skip(file, length.next_multiple_of(8))?;
    }
}

/// The end of the samples of a Core Audio file.
fn caf(file: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    skip(file, 8)?;
    loop {
        let name: [u8; 4] = bytes(file)?;
        let length = u64::from_be_bytes(bytes(file)?);
        if &name == b"data" {
            let start = file.stream_position()?;
            // -1: up to the end, wherever that is.
            return Ok(Some(length).filter(|length| *length < 1 << 62).map(|length| start + length));
        }
        skip(file, length)?;
    }
}

/// The end of the samples of a SoX file, 32 bits each.
fn sox(file: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    let is_little = &bytes(file)? == b".SoX";
    let header: [u8; 4] = bytes(file)?;
    let samples: [u8; 8] = bytes(file)?;
    let (header, samples) = if is_little {
        (u32::from_le_bytes(header), u64::from_le_bytes(samples))
    } else {
        (u32::from_be_bytes(header), u64::from_be_bytes(samples))
    };
    // 0: it was not known.
    let samples = Some(samples).filter(|samples| (1..1 << 60).contains(samples));
    Ok(samples.map(|samples| 4 + u64::from(header) + samples * 4))
}

/// True where a Creative Voice file of this length ends within a block.
fn voc(file: &mut (impl Read + Seek), length: u64) -> Result<bool> {
    skip(file, 20)?;
    let header = u16::from_le_bytes(bytes(file)?);
    let mut at = file.seek(SeekFrom::Start(header.into()))?;
    while at < length {
        let [kind] = bytes(file)?;
        if kind == 0 {
            return Ok(false);
        }
        if length - at < 4 {
            return Ok(true);
        }
        let [low, middle, high] = bytes(file)?;
        at = skip(file, u32::from_le_bytes([low, middle, high, 0]).into())?;
    }
    Ok(at > length)
}

/// The length that an ASF file (WMV, WMA) has by its header, unless it was written for a broadcast.
fn asf(file: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    const FILE_PROPERTIES: [u8; 16] =
        [0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11, 0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65];
    skip(file, 24)?;
    let objects = u32::from_le_bytes(bytes(file)?);
    skip(file, 2)?;
    for _ in 0..objects {
        let name: [u8; 16] = bytes(file)?;
        let length = u64::from_le_bytes(bytes(file)?).checked_sub(24).ok_or(ErrorKind::InvalidData)?;
        if name == FILE_PROPERTIES {
            skip(file, 16)?;
            let length = u64::from_le_bytes(bytes(file)?);
            skip(file, 40)?;
            let is_broadcast = u32::from_le_bytes(bytes(file)?) & 1 != 0;
            return Ok(Some(length).filter(|_| !is_broadcast));
        }
        skip(file, length)?;
    }
    Ok(None)
}

/// True where an Ogg file of this length ends within a page.
fn ogg(file: &mut (impl Read + Seek), length: u64) -> Result<bool> {
    const HEADER: usize = 27;
    const LONGEST_PAGE: u64 = (HEADER + 255 + 255 * 255) as u64;
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_PAGE)))?;
    let mut end = Vec::new();
    file.take(LONGEST_PAGE).read_to_end(&mut end)?;
    let Some(page) = end.windows(5).rposition(|start| start == b"OggS\0").map(|at| &end[at..]) else {
        return Ok(false);
    };
    let Some(segments) = page.get(HEADER - 1).map(|count| usize::from(*count)) else {
        return Ok(true);
    };
    let Some(lengths) = page.get(HEADER..HEADER + segments) else {
        return Ok(true);
    };
    let body: usize = lengths.iter().map(|length| usize::from(*length)).sum();
    Ok(page.len() < HEADER + segments + body)
}

/// True where a GIF ends within a picture, an extension or a table of colours.
fn gif(file: &mut (impl Read + Seek)) -> Result<bool> {
    let within = |result: Result<()>| match result {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(true),
        other => other.map(|()| false),
    };
    let mut reader = std::io::BufReader::new(file);
    if within(bytes(&mut reader).and_then(|head: [u8; 13]| gif_colours(&mut reader, head[10])))? {
        return Ok(true);
    }
    loop {
        let mut kind = [0];
        // Some writers leave out the mark of the end.
        if reader.read(&mut kind)? == 0 {
            return Ok(false);
        }
        let block = match kind[0] {
            0x21 => bytes::<1>(&mut reader).and_then(|_| gif_parts(&mut reader)),
            0x2c => bytes(&mut reader)
                .and_then(|place: [u8; 9]| gif_colours(&mut reader, place[8]))
                .and_then(|()| bytes::<1>(&mut reader))
                .and_then(|_| gif_parts(&mut reader)),
            // The mark of the end, or something that is not of GIF.
            _ => return Ok(false),
        };
        if within(block)? {
            return Ok(true);
        }
    }
}

/// Goes past a table of as many colours as the flags before it tell.
fn gif_colours(reader: &mut impl Read, flags: u8) -> Result<()> {
    if flags & 0x80 != 0 {
        let mut colours = [0; 3 << 8];
        reader.read_exact(&mut colours[..3 << ((flags & 7) + 1)])?;
    }
    Ok(())
}

/// Goes past parts that each begin with their length, up to an empty one.
fn gif_parts(reader: &mut impl Read) -> Result<()> {
    loop {
        let [length] = bytes(reader)?;
        if length == 0 {
            return Ok(());
        }
        let mut part = [0; 255];
        reader.read_exact(&mut part[..usize::from(length)])?;
    }
}

/// True where a JPEG picture lacks its end.
pub(super) fn is_cut_jpeg(picture: &[u8]) -> bool {
    const SCAN: u8 = 0xda;
    const END: u8 = 0xd9;
    if !picture.starts_with(&[0xff, 0xd8]) {
        return false;
    }
    let mut at = 2;
    // A thumbnail among what stands before the scans has an end of its own.
    loop {
        match picture.get(at..at + 2) {
            Some([0xff, 0xff]) => at += 1,
            Some([0xff, END]) => return false,
            Some([0xff, SCAN]) => break,
            Some([0xff, 0x01 | 0xd0..=0xd8]) => at += 2,
            Some([0xff, _]) => match picture.get(at + 2..at + 4) {
                Some(length) => at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => return true,
            },
            // Not understood, which is for the decoder to tell.
            Some(_) => return false,
            None => return true,
        }
    }
    !picture[at..].windows(2).rev().any(|two| two == [0xff, END])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn lacks(format: &str, bytes: &[u8]) -> Option<Lack> {
        lack(format, &mut Cursor::new(bytes))
    }

    fn wav(data_length: u32, samples: usize) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        file.extend([0; 16]);
        // A chunk of odd length is padded.
        file.extend(b"LIST\x03\0\0\0abc\0data");
        file.extend(data_length.to_le_bytes());
        file.extend(vec![1; samples]);
        file
    }

    #[test]
    fn a_riff_lacks_what_its_data_chunk_promises_unless_the_length_was_not_known() {
        let header = wav(0, 0).len() as u64;
        assert_eq!(lacks("wav", &wav(100, 100)), None);
        assert_eq!(lacks("wav", &wav(100, 60)), Some(Lack::Bytes { promised: header + 100, there: header + 60 }));
        for unknown in [0, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            assert_eq!(lacks("wav", &wav(unknown, 60)), None);
        }
        assert_eq!(lacks("wav", &wav(100, 60)[..30]), None);
        assert_eq!(lacks("flac", &wav(100, 60)), None);
    }

    #[test]
    fn a_sox_file_counts_its_samples_in_either_order_of_bytes() {
        let little = [&b".SoX"[..], &[28, 0, 0, 0], &[10, 0, 0, 0, 0, 0, 0, 0], &[0; 16], &[1; 40]].concat();
        let big = [&b"XoS."[..], &[0, 0, 0, 28], &[0, 0, 0, 0, 0, 0, 0, 10], &[0; 16], &[1; 40]].concat();
        for file in [little, big] {
            assert_eq!(lacks("sox", &file), None);
            assert_eq!(lacks("sox", &file[..50]), Some(Lack::Bytes { promised: 72, there: 50 }));
        }
    }

    #[test]
    fn a_voice_file_has_all_of_its_blocks() {
        let mut file = [&b"Creative Voice File\x1a"[..], &[26, 0, 10, 1, 41, 17]].concat();
        file.extend([8, 4, 0, 0, 1, 1, 1, 1, 1, 20, 0, 0]);
        file.extend([2; 20]);
        assert_eq!(lacks("voc", &file), None);
        for cut in [3, 6, 20, 23] {
            assert_eq!(lacks("voc", &file[..file.len() - cut]), Some(Lack::Rest { of: "block" }), "{cut}");
        }
        file.extend([0, 1, 9, 9, 9]);
        assert_eq!(lacks("voc", &file), None);
    }

    #[test]
    fn a_broadcast_promises_no_length() {
        let asf = |flags: u32| {
            let mut file = vec![0; 24];
            file.extend([1, 0, 0, 0, 0, 0]);
            file.extend([
                0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11, 0x8e, 0xe4, 0x00, 0xc0, 0x0c, 0x20, 0x53, 0x65,
            ]);
            file.extend(104u64.to_le_bytes());
            file.extend([0; 16]);
            file.extend(5000u64.to_le_bytes());
            file.extend([0; 40]);
            file.extend(flags.to_le_bytes());
            file.extend([0; 12]);
            file
        };
        let there = asf(0).len() as u64;
        assert_eq!(lacks("asf", &asf(2)), Some(Lack::Bytes { promised: 5000, there }));
        assert_eq!(lacks("asf", &asf(3)), None);
    }

    #[test]
    fn an_ogg_ends_with_a_whole_page_or_with_what_is_no_page() {
        let mut page = b"OggS\0\x04".to_vec();
        page.extend([0; 20]);
        page.extend([2, 200, 30]);
        page.extend(vec![7; 230]);
        let twice = [page.clone(), page.clone()].concat();
        assert_eq!(lacks("ogg", &twice), None);
        assert_eq!(lacks("ogg", &[twice.clone(), b"TAG of something else".to_vec()].concat()), None);
        for cut in 5..page.len() {
            assert_eq!(lacks("ogg", &twice[..page.len() + cut]), Some(Lack::Rest { of: "page" }), "{cut}");
        }
    }

    #[test]
    fn a_gif_ends_behind_a_picture_with_or_without_its_mark() {
        let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0".to_vec();
        gif.extend([0; 6]);
        gif.extend([0x21, 0xf9, 4, 0, 0, 0, 0, 0]);
        let picture = gif.len();
        gif.extend([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0]);
        assert_eq!(lacks("gif", &gif), None);
        for cut in (14..19).chain(picture + 1..gif.len()) {
            assert_eq!(lacks("gif", &gif[..cut]), Some(Lack::Rest { of: "picture" }), "{cut}");
        }
        gif.push(0x3b);
        assert_eq!(lacks("gif", &gif), None);
        gif.extend(b"!what follows");
        assert_eq!(lacks("gif", &gif), None);
    }

    #[test]
    fn the_end_of_a_thumbnail_is_not_that_of_its_picture() {
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1, 0, 8, 0xff, 0xd8, 1, 2, 0xff, 0xd9];
        assert!(is_cut_jpeg(&jpeg));
        jpeg.extend([0xff, 0xda, 0, 3, 1, 9, 9, 0xff, 0, 9]);
        assert!(is_cut_jpeg(&jpeg));
        jpeg.extend([0xff, 0xd9]);
        assert!(!is_cut_jpeg(&jpeg));
        jpeg.extend(b"what follows");
        assert!(!is_cut_jpeg(&jpeg));
        assert!(!is_cut_jpeg(b"no JPEG at all"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            format in proptest::sample::select(vec!["wav", "w64", "caf", "asf", "ogg", "gif", "sox", "voc", "dv", "mpegts", "ac3", "mp3", "aac", "dts"]),
            begins in proptest::sample::select(vec![&b""[..], b"RIFF....WAVE", b"RF64....WAVEds64", b"OggS\0", b"GIF89a", b"caff....data"]),
        ) {
            let file = [begins, &bytes[..]].concat();
            let _ = (lacks(format, &file), is_cut_jpeg(&[&[0xff, 0xd8], &file[..]].concat()));
        }
    }
}
