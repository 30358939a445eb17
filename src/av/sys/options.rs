//! FFmpeg's option tables: what a name means, and whom it concerns.

use super::option_values::type_of;
use super::{c_string, devices, text_of};
use crate::facts::MediaKind;
use ffmpeg_sys_next as ffi;
use std::ffi::{CStr, c_void};
use std::ptr;

/// The flag for options of a kind, `AV_OPT_FLAG_VIDEO_PARAM` and so on.
fn kind_flag(kind: MediaKind) -> i32 {
    match kind {
        MediaKind::Video => ffi::AV_OPT_FLAG_VIDEO_PARAM,
        MediaKind::Audio => ffi::AV_OPT_FLAG_AUDIO_PARAM,
        MediaKind::Subtitle => ffi::AV_OPT_FLAG_SUBTITLE_PARAM,
        _ => 0,
    }
}

/// Looks a name up in a class and, if asked, in the classes of its children.
fn find(class: *const ffi::AVClass, name: &str, flags: i32, children: bool) -> Option<&'static ffi::AVOption> {
    let name = c_string(name);
    let mut class = class;
    let search = ffi::AV_OPT_SEARCH_FAKE_OBJ | if children { ffi::AV_OPT_SEARCH_CHILDREN } else { 0 };
    // SAFETY: with AV_OPT_SEARCH_FAKE_OBJ the object is a pointer to a class pointer; option tables are static.
    unsafe { ffi::av_opt_find((&raw mut class).cast(), name.as_ptr(), ptr::null(), flags, search).as_ref() }
}

/// True when a static class has the option itself.
pub(crate) fn class_has(class: *const ffi::AVClass, name: &str) -> bool {
    find(class, name, 0, false).is_some()
}

/// True when an option of that name, of the object itself or of its children, is there and not zero.
///
/// # Safety
///
/// The object is null or begins with its class.
pub(crate) unsafe fn is_switched_on(object: *mut c_void, name: &CStr) -> bool {
    let mut value = 0;
    let search = ffi::AV_OPT_SEARCH_CHILDREN as i32;
    // SAFETY: the caller's object; the name is a C string, the value is a live local.
    !object.is_null()
        && unsafe { ffi::av_opt_get_int(object, name.as_ptr(), search, &raw mut value) } >= 0
        && value != 0
}

/// True when `codec` (null: a stream that is only copied) takes the option, for encoding or for decoding.
pub(crate) fn codec_has_option(codec: *const ffi::AVCodec, kind: MediaKind, name: &str, encoding: bool) -> bool {
    applicable_name(codec, kind, name, encoding).is_some()
}

/// The name under which `codec` takes the option: itself, or without a leading `v`, `a` or `s`.
pub(crate) fn applicable_name(
    codec: *const ffi::AVCodec,
    kind: MediaKind,
    name: &str,
    encoding: bool,
) -> Option<String> {
    let direction = if encoding { ffi::AV_OPT_FLAG_ENCODING_PARAM } else { ffi::AV_OPT_FLAG_DECODING_PARAM };
    let flags = direction | kind_flag(kind);
    // SAFETY: static class; a codec's private class is static too.
    let (generic, private) =
        unsafe { (ffi::avcodec_get_class(), codec.as_ref().map_or(ptr::null(), |c| c.priv_class)) };
    if find(generic, name, flags, false).is_some()
        || codec.is_null()
        || (!private.is_null() && find(private, name, flags, false).is_some())
    {
        return Some(name.to_owned());
    }
    let prefix = match kind {
        MediaKind::Video => 'v',
        MediaKind::Audio => 'a',
        MediaKind::Subtitle => 's',
        _ => return None,
    };
    let rest = name.strip_prefix(prefix)?;
    find(generic, rest, flags, false).map(|_| rest.to_owned())
}

/// [`applicable_name`] by the codec's name; `None` as codec is a copied stream.
pub fn codec_option_applies(codec: Option<&str>, encoding: bool, kind: MediaKind, name: &str) -> Option<String> {
    let codec = codec.map_or(ptr::null(), |codec| {
        let codec = c_string(codec);
        // SAFETY: looks up a static table.
        unsafe {
            if encoding {
                ffi::avcodec_find_encoder_by_name(codec.as_ptr())
            } else {
                ffi::avcodec_find_decoder_by_name(codec.as_ptr())
            }
        }
    });
    applicable_name(codec, kind, name, encoding)
}

/// Whether a codec option is meant for encoding, and its help; `None` when no codec knows it.
pub fn option_is_for_encoding(name: &str) -> Option<(bool, String)> {
    // SAFETY: static class.
    let class = unsafe { ffi::avcodec_get_class() };
    let option = find(class, name, 0, true)?;
    // SAFETY: the help of a static option is null or a static string.
    Some((option.flags & ffi::AV_OPT_FLAG_ENCODING_PARAM != 0, unsafe { text_of(option.help) }))
}

/// True when any table of codecs has an option of that name for encoding streams of that kind.
pub fn encoders_have(kind: MediaKind, name: &str) -> bool {
    // SAFETY: static class.
    let class = unsafe { ffi::avcodec_get_class() };
    find(class, name, ffi::AV_OPT_FLAG_ENCODING_PARAM | kind_flag(kind), true).is_some()
}

/// True when any table of codecs has an option of that name for decoding.
pub fn option_is_for_decoding(name: &str) -> bool {
    // SAFETY: static class.
    let class = unsafe { ffi::avcodec_get_class() };
    find(class, name, ffi::AV_OPT_FLAG_DECODING_PARAM, true).is_some()
}

/// True when a table has an option of that name whose values are flags.
pub(crate) fn takes_flags(name: &str) -> bool {
    // SAFETY: static classes.
    let classes =
        unsafe { [ffi::avcodec_get_class(), ffi::avformat_get_class(), ffi::sws_get_class(), ffi::swr_get_class()] };
    classes.into_iter().any(|class| {
        find(class, name, 0, true).is_some_and(|option| option.type_ == ffi::AVOptionType::AV_OPT_TYPE_FLAGS)
    })
}

/// Options of devices (libcdio, kmsgrab) that codecs have too and no other format has: that a table has the name does not
/// tell whether devices have it.
const ALSO_OF_DEVICES: [&str; 2] = ["speed", "format"];

/// In which tables a name stands; that of devices is looked into when no other has it.
pub(crate) fn scopes(name: &str) -> crate::catalog::OptionScopes {
    let found = scopes_so_far(name);
    let may_be_of_a_device = match found.any() {
        true => ALSO_OF_DEVICES.contains(&name),
        // `-map -0:1` asks as well whether an option is forgotten there.
        false => name.starts_with(|c: char| c.is_ascii_alphabetic()),
    };
    if may_be_of_a_device && devices::load().is_some() { scopes_so_far(name) } else { found }
}

/// [`scopes`] in the tables that are there.
fn scopes_so_far(name: &str) -> crate::catalog::OptionScopes {
    // SAFETY: static classes.
    unsafe {
        let codec = ffi::avcodec_get_class();
        let found_in_codec = find(codec, name, 0, true).is_some()
            || name
                .strip_prefix(['v', 'a', 's'])
                .is_some_and(|rest| !rest.is_empty() && find(codec, rest, 0, false).is_some());
        let format = find(ffi::avformat_get_class(), name, 0, true).is_some();
        // Each table is asked only when those before it do not know the name: `-flags` is no business of a resampler.
        let scaler = !found_in_codec && !format && find(ffi::sws_get_class(), name, 0, false).is_some();
        let resampler = !found_in_codec && !format && !scaler && find(ffi::swr_get_class(), name, 0, false).is_some();
        crate::catalog::OptionScopes { codec: found_in_codec, format, scaler, resampler }
    }
}

/// All names in the tables of codecs, formats, scaler and resampler, and of what these use.
pub(crate) fn all_names() -> Vec<String> {
    devices::load();
    // SAFETY: static classes.
    unsafe {
        let classes = [ffi::avcodec_get_class(), ffi::avformat_get_class(), ffi::sws_get_class(), ffi::swr_get_class()];
        classes.into_iter().flat_map(|class| names_of(class)).collect()
    }
}

/// The options of a class and of all below it: of its children, of theirs, and so on, as `av_opt_find` searches them.
///
/// # Safety
/// The class is null or static.
pub(super) unsafe fn names_of(class: *const ffi::AVClass) -> Vec<String> {
    let mut names = Vec::new();
    let mut classes = vec![class];
    while let Some(class) = classes.pop() {
        if class.is_null() {
            continue;
        }
        // SAFETY: the caller's promise; the children of a static class are static.
        names.extend(unsafe { own_names(class) });
        let mut state = ptr::null_mut();
        loop {
            // SAFETY: as above.
            let child = unsafe { ffi::av_opt_child_class_iterate(class, &mut state) };
            if child.is_null() {
                break;
            }
            classes.push(child);
        }
    }
    names
}

/// The options of a class alone.
///
/// # Safety
/// The class is static.
pub(super) unsafe fn own_names(mut class: *const ffi::AVClass) -> Vec<String> {
    // SAFETY: with a class pointer alone an object can be asked for its options; option tables are static.
    unsafe { options_of((&raw mut class).cast()).into_iter().map(|option| text_of(option.name)).collect() }
}

/// An object's options, without the names of values.
///
/// # Safety
/// The object begins with its class.
pub(super) unsafe fn options_of(object: *mut c_void) -> Vec<&'static ffi::AVOption> {
    let mut found = Vec::new();
    let mut option: *const ffi::AVOption = ptr::null();
    loop {
        // SAFETY: the caller's promise; option tables are static.
        option = unsafe { ffi::av_opt_next(object, option) };
        // SAFETY: null or an entry of that table.
        let Some(entry) = (unsafe { option.as_ref() }) else { return found };
        // SAFETY: the entry is valid.
        if unsafe { type_of(option) } != ffi::AVOptionType::AV_OPT_TYPE_CONST as u32 {
            found.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_meant_are_known_those_of_protocols_among_them() {
        let names = all_names();
        for name in ["preset", "movflags", "sws_dither", "resampler", "rtsp_transport", "user_agent"] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
        let unknown: Vec<&String> = names.iter().filter(|name| !scopes(name).any()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
