//! Bitstream filters, pixel and sample formats, channel layouts, dispositions, colours, hardware accelerators.

use super::registered;
use crate::av::sys::{compat, text_of};
use ffmpeg_sys_next as ffi;
use std::ffi::{c_char, c_int};

/// A pixel format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixelFormatEntry {
    /// Its name.
    pub name: String,
    /// The scaler reads it.
    pub input: bool,
    /// The scaler writes it.
    pub output: bool,
    /// It stands for memory of some hardware.
    pub hardware: bool,
    /// It has a palette.
    pub palette: bool,
    /// Pixels do not begin at bytes.
    pub bitstream: bool,
    /// Bits a pixel.
    pub bits: i32,
    /// Bits of each component.
    pub depths: Vec<i32>,
}

/// `-bsfs`.
pub fn bitstream_filters() -> Vec<String> {
    // SAFETY: walks a static table of filters with static names.
    unsafe { registered(|state| ffi::av_bsf_iterate(state)).into_iter().map(|f| text_of(f.name)).collect() }
}

/// `-pix_fmts`.
pub fn pixel_formats() -> Vec<PixelFormatEntry> {
    let mut entries = Vec::new();
    let mut descriptor = std::ptr::null();
    // SAFETY: walks a static table that ends with null; each descriptor has the id that is asked about.
    unsafe {
        loop {
            descriptor = ffi::av_pix_fmt_desc_next(descriptor);
            let Some(d) = descriptor.as_ref() else { return entries };
            let id = ffi::av_pix_fmt_desc_get_id(d);
            let has = |flag: u32| d.flags & u64::from(flag) != 0;
            entries.push(PixelFormatEntry {
                name: text_of(d.name),
                input: ffi::sws_isSupportedInput(id) != 0,
                output: ffi::sws_isSupportedOutput(id) != 0,
                hardware: has(ffi::AV_PIX_FMT_FLAG_HWACCEL as u32),
                palette: has(ffi::AV_PIX_FMT_FLAG_PAL as u32),
                bitstream: has(ffi::AV_PIX_FMT_FLAG_BITSTREAM as u32),
                bits: ffi::av_get_bits_per_pixel(d),
                depths: d.comp.iter().take(usize::from(d.nb_components)).map(|c| c.depth).collect(),
            });
        }
    }
}

/// `-sample_fmts`: a head and a line for each, as the library writes them.
pub fn sample_formats() -> Vec<String> {
    // The last plain and planar formats came with FFmpeg 3.2; libavutil writes "" for a number that it does not know.
    (-1..64)
        .map_while(|number| {
            let mut buffer = [0 as c_char; 128];
            let format =
                if number < 0 { ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE } else { compat::sample_format(number) };
            if number >= 0 && format == ffi::AVSampleFormat::AV_SAMPLE_FMT_NONE {
                return None;
            }
            // SAFETY: the buffer is as long as told.
            unsafe { ffi::av_get_sample_fmt_string(buffer.as_mut_ptr(), buffer.len() as c_int, format) };
            // SAFETY: the library ends it.
            Some(unsafe { text_of(buffer.as_ptr()) })
        })
        .collect()
}

/// Channels and layouts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layouts {
    /// Names and descriptions.
    pub channels: Vec<(String, String)>,
    /// The standard layouts with the names of their channels in order.
    pub standard: Vec<(String, Vec<String>)>,
}

/// `-layouts`.
pub fn layouts() -> Layouts {
    let channels = (0..63).map(|number| (number, channel_text(number, ffi::av_channel_name)));
    let channels: Vec<(c_int, String)> = channels.filter(|(_, name)| !name.contains("USR")).collect();
    let described = channels.iter().map(|(n, name)| (name.clone(), channel_text(*n, ffi::av_channel_description)));
    // SAFETY: walks a static table.
    let standard = registered(|state| unsafe { ffi::av_channel_layout_standard(state) });
    let composed = standard.into_iter().map(|layout| {
        let within = channels.iter().filter(|(number, _)| has_channel(layout, *number));
        (compat::layout_name(layout), within.map(|(_, name)| name.clone()).collect())
    });
    Layouts { channels: described.collect(), standard: composed.collect() }
}

/// FFmpeg's functions take an `AVChannel`, which in C is an int and may have values without a name.
type ChannelText = unsafe extern "C" fn(*mut c_char, usize, ffi::AVChannel) -> c_int;

fn channel_text(number: c_int, write: ChannelText) -> String {
    let mut buffer = [0 as c_char; 128];
    // SAFETY: an AVChannel is passed as an int; the buffer is as long as told, and the library ends the text.
    unsafe {
        let write = std::mem::transmute::<ChannelText, unsafe extern "C" fn(*mut c_char, usize, c_int) -> c_int>(write);
        write(buffer.as_mut_ptr(), buffer.len(), number);
        text_of(buffer.as_ptr())
    }
}

fn has_channel(layout: &ffi::AVChannelLayout, number: c_int) -> bool {
    type Index = unsafe extern "C" fn(*const ffi::AVChannelLayout, ffi::AVChannel) -> c_int;
    // SAFETY: as in `channel_text`; the layout is valid.
    unsafe {
        let index = std::mem::transmute::<Index, unsafe extern "C" fn(*const ffi::AVChannelLayout, c_int) -> c_int>(
            ffi::av_channel_layout_index_from_channel,
        );
        index(layout, number) >= 0
    }
}

/// `-dispositions`.
pub fn dispositions() -> Vec<String> {
    let names = (0..32).map(|bit| {
        // SAFETY: gives null or a static string.
        unsafe { text_of(ffi::av_disposition_to_string((1_u32 << bit) as c_int)) }
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// `-colors`: names with red, green and blue.
pub fn colours() -> Vec<(String, [u8; 3])> {
    let mut colours = Vec::new();
    loop {
        let mut rgb = std::ptr::null();
        // SAFETY: gives null behind the last colour, else a static name and three static bytes.
        let name = unsafe { ffi::av_get_known_color_name(colours.len() as c_int, &mut rgb) };
        if name.is_null() {
            return colours;
        }
        // SAFETY: as above.
        colours.push(unsafe { (text_of(name), *rgb.cast::<[u8; 3]>()) });
    }
}

/// `-hwaccels`.
pub fn hardware_accelerators() -> Vec<String> {
    let mut names = Vec::new();
    let mut kind = ffi::AVHWDeviceType::AV_HWDEVICE_TYPE_NONE;
    loop {
        // SAFETY: walks a list that ends with NONE.
        kind = unsafe { ffi::av_hwdevice_iterate_types(kind) };
        if kind == ffi::AVHWDeviceType::AV_HWDEVICE_TYPE_NONE {
            return names;
        }
        // SAFETY: a static string.
        names.push(unsafe { text_of(ffi::av_hwdevice_get_type_name(kind)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Dispositions;

    #[test]
    fn stream_specifiers_know_the_names_and_numbers_of_all_dispositions_that_ffmpeg_has() {
        assert!(!dispositions().is_empty());
        for name in dispositions() {
            let text = std::ffi::CString::new(name.as_str()).unwrap_or_default();
            // SAFETY: looks up a static table.
            let number = unsafe { ffi::av_disposition_from_string(text.as_ptr()) };
            assert_eq!(Dispositions::named_by(&number.to_string()), Some(vec![name.as_str()]));
        }
    }
}
