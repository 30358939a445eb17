//! Tries values on options: each is really set, on an object that is thrown away, so that FFmpeg's own parsers decide.

use super::idle_filter::IdleFilter;
use super::{c_string, log, trial_encoder};
use super::{devices, text_of};
use crate::catalog::{Expected, FilterArgument, OptionOwner, ValueKind, Verdict};
use ffmpeg_sys_next as ffi;
use std::ffi::{CString, c_int, c_void};
use std::ptr;

/// An option and a value to try.
struct Trial {
    name: CString,
    value: CString,
    /// Whether constants for encoding or for decoding count; 0 for both.
    direction: c_int,
}

/// See [`crate::catalog::Catalog::refusal`].
pub(crate) fn refusal(owner: OptionOwner<'_>, option: &str, value: &str) -> Option<Expected> {
    let direction = match owner {
        OptionOwner::Encoder(_) | OptionOwner::CopiedStream | OptionOwner::Output { .. } => {
            ffi::AV_OPT_FLAG_ENCODING_PARAM
        }
        OptionOwner::Decoder(_) | OptionOwner::Input { .. } => ffi::AV_OPT_FLAG_DECODING_PARAM,
        OptionOwner::Scaler | OptionOwner::Resampler | OptionOwner::Filter(_) => 0,
    };
    let trial = Trial { name: c_string(option), value: c_string(value), direction };
    let mut verdict = Verdict::Unknown;
    // What the libraries say of it is not for the user, who will be told in other words.
    log::captured(|| verdict = trial.on(owner));
    match verdict {
        Verdict::Refused(expected) => Some(expected),
        Verdict::Taken => match owner {
            OptionOwner::Encoder(encoder) => trial_encoder::refusal(encoder, option, value),
            _ => None,
        },
        Verdict::Unknown => None,
    }
}

/// What a filter says to options and values, one after the other.
pub(super) fn on_filter(filter: &IdleFilter, typed: Vec<(String, String)>) -> Vec<FilterArgument> {
    let mut tried = Vec::new();
    log::captured(|| {
        tried.extend(typed.into_iter().map(|(name, value)| {
            let trial = Trial { name: c_string(&name), value: c_string(&value), direction: 0 };
            FilterArgument { verdict: trial.on_filter(filter), name, value }
        }));
    });
    tried
}

/// FFmpeg's number (`AVDiscard`) for a name or a number, as decoders take it for `skip_frame` and ffmpeg for `-discard`.
pub(crate) fn discard(text: &str) -> Option<i32> {
    let (text, mut number) = (c_string(text), 0);
    let evaluate = |context, option| {
        // SAFETY: the option is one of the context; a number is written.
        unsafe { ffi::av_opt_eval_int(context, option, text.as_ptr(), &mut number) }
    };
    with_skip_frame(evaluate).filter(|result| *result >= 0).map(|_| number)
}

/// The names that stand for such numbers.
pub(crate) fn discard_names() -> Vec<String> {
    // SAFETY: the option is one of the context.
    let names = |context, option| unsafe { expected(context, option, ffi::AV_OPT_FLAG_DECODING_PARAM) }.names;
    with_skip_frame(names).unwrap_or_default()
}

/// Asks about the option `skip_frame`, of a codec's context that is thrown away.
fn with_skip_frame<T>(ask: impl FnOnce(*mut c_void, *const ffi::AVOption) -> T) -> Option<T> {
    let mut answer = None;
    log::captured(|| {
        // SAFETY: the context is owned here and not opened; option tables are static.
        unsafe {
            let mut context = ffi::avcodec_alloc_context3(ptr::null());
            let option = ffi::av_opt_find(context.cast(), c"skip_frame".as_ptr(), ptr::null(), 0, 0);
            if !option.is_null() {
                answer = Some(ask(context.cast(), option));
            }
            ffi::avcodec_free_context(&mut context);
        }
    });
    answer
}

impl Trial {
    fn on(&self, owner: OptionOwner<'_>) -> Verdict {
        // SAFETY: static classes.
        let (scaler, resampler) = unsafe { (ffi::sws_get_class(), ffi::swr_get_class()) };
        match owner {
            OptionOwner::Encoder(name) => {
                // SAFETY: looks up a static table.
                self.on_codec(unsafe { ffi::avcodec_find_encoder_by_name(c_string(name).as_ptr()) })
            }
            OptionOwner::Decoder(name) => {
                // SAFETY: looks up a static table.
                self.on_codec(unsafe { ffi::avcodec_find_decoder_by_name(c_string(name).as_ptr()) })
            }
            OptionOwner::CopiedStream => self.on_codec(ptr::null()),
            OptionOwner::Output { muxer, url } => self.on_output(muxer, url),
            OptionOwner::Input { demuxer, url } => self.on_input(demuxer, url),
            OptionOwner::Scaler => self.on_class(scaler),
            OptionOwner::Resampler => self.on_class(resampler),
            OptionOwner::Filter(name) => {
                IdleFilter::new(name).map_or(Verdict::Unknown, |filter| self.on_filter(&filter))
            }
        }
    }

    fn on_filter(&self, filter: &IdleFilter) -> Verdict {
        // SAFETY: the filter begins with its class, and so do its children.
        unsafe { self.set(filter.object(), ffi::AV_OPT_SEARCH_CHILDREN) }
    }

    fn on_codec(&self, codec: *const ffi::AVCodec) -> Verdict {
        // SAFETY: the codec is null or static; the context is owned here and not opened.
        unsafe {
            let mut context = ffi::avcodec_alloc_context3(codec);
            let verdict = self.set(context.cast(), ffi::AV_OPT_SEARCH_CHILDREN);
            ffi::avcodec_free_context(&mut context);
            verdict
        }
    }

    fn on_output(&self, muxer: &str, url: &str) -> Verdict {
        let format = devices::find_muxer(Some(muxer), None);
        // SAFETY: muxers are static.
        let Some(opens_url) = (unsafe { format.as_ref() }).map(|f| f.flags & ffi::AVFMT_NOFILE as c_int == 0) else {
            return Verdict::Unknown;
        };
        // The protocol is opened first, and takes what it knows.
        let verdict = if opens_url { self.on_protocol(url) } else { Verdict::Unknown };
        if !matches!(verdict, Verdict::Unknown) {
            return verdict;
        }
        let mut context = ptr::null_mut();
        // SAFETY: the context is owned here, and nothing is opened; the URL is copied.
        unsafe {
            let url = c_string(url);
            ffi::avformat_alloc_output_context2(&mut context, format.cast_mut().cast(), ptr::null(), url.as_ptr());
            let verdict = self.set(context.cast(), ffi::AV_OPT_SEARCH_CHILDREN);
            ffi::avformat_free_context(context);
            verdict
        }
    }

    fn on_input(&self, demuxer: Option<&str>, url: &str) -> Verdict {
        // SAFETY: the context is owned here, and nothing is opened.
        let verdict = unsafe {
            let context = ffi::avformat_alloc_context();
            let verdict = self.set(context.cast(), 0);
            ffi::avformat_free_context(context);
            verdict
        };
        if !matches!(verdict, Verdict::Unknown) {
            return verdict;
        }
        let verdict = self.on_protocol(url);
        if !matches!(verdict, Verdict::Unknown) {
            return verdict;
        }
        // SAFETY: demuxers are static.
        let named = demuxer.map(devices::find_demuxer);
        let mut refused = Verdict::Unknown;
        let mut state = ptr::null_mut();
        loop {
            // SAFETY: walks a static table.
            let Some(format) = (unsafe { ffi::av_demuxer_iterate(&mut state).as_ref() }) else { return refused };
            if format.priv_class.is_null() || named.is_some_and(|named| !ptr::eq(named.cast(), format)) {
                continue;
            }
            // Which of them reads the input is not known yet: one that takes the value is enough.
            match self.on_class(format.priv_class) {
                Verdict::Unknown => {}
                Verdict::Taken => return Verdict::Taken,
                verdict => refused = verdict,
            }
        }
    }

    fn on_protocol(&self, url: &str) -> Verdict {
        // SAFETY: names and classes are static.
        self.on_class(unsafe {
            let name = ffi::avio_find_protocol_name(c_string(url).as_ptr());
            if name.is_null() { ptr::null() } else { ffi::avio_protocol_get_class(name) }
        })
    }

    /// On a made-up object of a class that only its component makes.
    fn on_class(&self, class: *const ffi::AVClass) -> Verdict {
        // SAFETY: the class is null or static; with it alone an object can be asked for its options.
        unsafe {
            let mut fake = class;
            let found = !class.is_null()
                && !ffi::av_opt_find(
                    (&raw mut fake).cast(),
                    self.name.as_ptr(),
                    ptr::null(),
                    0,
                    ffi::AV_OPT_SEARCH_FAKE_OBJ,
                )
                .is_null();
            if !found {
                return Verdict::Unknown;
            }
            let mut object = zeroed_object(class);
            let verdict = self.set(object.as_mut_ptr().cast(), 0);
            ffi::av_opt_free(object.as_mut_ptr().cast());
            verdict
        }
    }

    /// # Safety
    /// The object is null or begins with its class and has the fields of its options.
    unsafe fn set(&self, object: *mut c_void, search: impl TryInto<c_int>) -> Verdict {
        if object.is_null() {
            return Verdict::Unknown;
        }
        let search = search.try_into().unwrap_or(0);
        let mut target = ptr::null_mut();
        // SAFETY: the caller's promise; the strings live during the calls, which copy them.
        unsafe {
            let option = ffi::av_opt_find2(object, self.name.as_ptr(), ptr::null(), 0, search, &mut target);
            if option.is_null() || target.is_null() {
                return Verdict::Unknown;
            }
            match ffi::av_opt_set(target, self.name.as_ptr(), self.value.as_ptr(), 0) {
                0.. => Verdict::Taken,
                _ => Verdict::Refused(expected(target, option, self.direction)),
            }
        }
    }
}

/// What an option of an object expects.
///
/// # Safety
/// The object begins with its class, and the option is one of that class.
unsafe fn expected(object: *mut c_void, option: *const ffi::AVOption, direction: c_int) -> Expected {
    use ffi::AVOptionType as T;
    // SAFETY: the caller's promise; option tables are static.
    unsafe {
        let wanted = &*option;
        let mut names = Vec::new();
        let mut entry: *const ffi::AVOption = ptr::null();
        while !wanted.unit.is_null() {
            entry = ffi::av_opt_next(object, entry);
            let Some(constant) = entry.as_ref() else { break };
            let either = (ffi::AV_OPT_FLAG_ENCODING_PARAM | ffi::AV_OPT_FLAG_DECODING_PARAM) as c_int;
            let other_way = direction != 0 && constant.flags & either != 0 && constant.flags & direction == 0;
            if type_of(entry) == T::AV_OPT_TYPE_CONST as u32
                && !other_way
                && text_of(constant.unit) == text_of(wanted.unit)
            {
                names.push(text_of(constant.name));
            }
        }
        let kinds = [
            (T::AV_OPT_TYPE_FLAGS, ValueKind::Flags),
            (T::AV_OPT_TYPE_INT, ValueKind::Whole),
            (T::AV_OPT_TYPE_INT64, ValueKind::Whole),
            (T::AV_OPT_TYPE_UINT64, ValueKind::Whole),
            (T::AV_OPT_TYPE_DOUBLE, ValueKind::Number),
            (T::AV_OPT_TYPE_FLOAT, ValueKind::Number),
            (T::AV_OPT_TYPE_BOOL, ValueKind::Switch),
            (T::AV_OPT_TYPE_DURATION, ValueKind::Duration),
            (T::AV_OPT_TYPE_IMAGE_SIZE, ValueKind::Size),
            (T::AV_OPT_TYPE_VIDEO_RATE, ValueKind::FrameRate),
            (T::AV_OPT_TYPE_RATIONAL, ValueKind::Ratio),
            (T::AV_OPT_TYPE_COLOR, ValueKind::Colour),
            (T::AV_OPT_TYPE_PIXEL_FMT, ValueKind::PixelFormat),
            (T::AV_OPT_TYPE_SAMPLE_FMT, ValueKind::SampleFormat),
            (T::AV_OPT_TYPE_CHLAYOUT, ValueKind::ChannelLayout),
            (T::AV_OPT_TYPE_DICT, ValueKind::Pairs),
            (T::AV_OPT_TYPE_BINARY, ValueKind::Bytes),
        ];
        let found = type_of(option);
        let kind = kinds.iter().find(|(number, _)| *number as u32 == found).map_or(ValueKind::Text, |(_, kind)| *kind);
        Expected { kind, names, range: (wanted.min, wanted.max) }
    }
}

/// An option's type as a number, which may be a newer one than the bindings know.
///
/// # Safety
/// The option is valid.
pub(super) unsafe fn type_of(option: *const ffi::AVOption) -> u32 {
    // SAFETY: the caller's promise; an enum of C is as long as an int.
    unsafe { (&raw const (*option).type_).cast::<u32>().read() }
}

/// Room for an object of a class: its class, then zeros for all its options.
///
/// # Safety
/// The class is static.
unsafe fn zeroed_object(class: *const ffi::AVClass) -> Vec<*const ffi::AVClass> {
    /// More than any field takes that an option sets.
    const LONGEST_FIELD: usize = 256;
    let mut fake = class;
    let mut length = size_of::<*const ffi::AVClass>();
    let mut option: *const ffi::AVOption = ptr::null();
    loop {
        // SAFETY: av_opt_next walks a static table from a class pointer's address.
        option = unsafe { ffi::av_opt_next((&raw mut fake).cast(), option) };
        // SAFETY: null or an entry of that table.
        let Some(found) = (unsafe { option.as_ref() }) else { break };
        length = length.max(usize::try_from(found.offset).unwrap_or(0));
    }
    let mut object = vec![ptr::null(); (length + LONGEST_FIELD).div_ceil(size_of::<*const ffi::AVClass>())];
    object[0] = class;
    object
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::DISCARD_ALL;

    const X264: OptionOwner<'_> = OptionOwner::Encoder("libx264");
    const MPEG4: OptionOwner<'_> = OptionOwner::Encoder("mpeg4");
    const MP4: OptionOwner<'_> = OptionOwner::Output { muxer: "mp4", url: "o.mp4" };
    const FILE: OptionOwner<'_> = OptionOwner::Input { demuxer: None, url: "a.mp4" };
    const RTSP: OptionOwner<'_> = OptionOwner::Input { demuxer: None, url: "rtsp://h/a" };

    #[test]
    fn whatever_ffmpeg_s_parsers_take_is_taken() {
        for (owner, option, values) in [
            (MPEG4, "b", "1M|1M*2|0.5M+100k|default|max|0x1000|2Mi"),
            (MPEG4, "flags", "+low_delay-cgop|-bitexact|0|default|all|none|cgop+bitexact"),
            (MPEG4, "strict", "-2|experimental|unofficial+0"),
            (MPEG4, "threads", "auto|2|0"),
            (MPEG4, "color_trc", "smpte170m|iec61966-2-1|2"),
            (MPEG4, "nosuchoption", "anything"),
            (MP4, "movflags", "faststart|+frag_keyframe+empty_moov|0x2|+faststart-dash"),
            (MP4, "avoid_negative_ts", "make_zero|-1|1"),
            (MP4, "truncate", "0|1"),
            (MP4, "brand", "mp42"),
            (FILE, "fflags", "+genpts+igndts|nobuffer|-genpts"),
            (FILE, "probesize", "32|5M"),
            (FILE, "ignore_editlist", "1|true|off"),
            (FILE, "framerate", "ntsc|25|30000/1001"),
            (FILE, "seekable", "0"),
            (RTSP, "rtsp_transport", "tcp|udp+tcp|http"),
            (OptionOwner::Decoder("h264"), "thread_type", "slice+frame|frame"),
            (OptionOwner::Decoder("h264"), "skip_frame", "nokey|48"),
            (OptionOwner::CopiedStream, "flags", "+global_header"),
            (OptionOwner::Scaler, "sws_flags", "bicubic+accurate_rnd|+full_chroma_int|4"),
            (OptionOwner::Resampler, "resampler", "swr"),
        ] {
            for value in values.split('|') {
                assert_eq!(refusal(owner, option, value), None, "{option} {value}");
            }
        }
    }

    #[test]
    fn what_is_refused_is_told_with_the_names_and_numbers_of_ffmpeg_s_tables() {
        let rows: [(OptionOwner<'_>, &str, &str, ValueKind, &str); 11] = [
            (MPEG4, "b", "foo", ValueKind::Whole, ""),
            (MPEG4, "g", "99999999999", ValueKind::Whole, ""),
            (MPEG4, "flags", "foo", ValueKind::Flags, "low_delay"),
            (MPEG4, "strict", "foo", ValueKind::Whole, "experimental"),
            (MP4, "movflags", "faststat", ValueKind::Flags, "faststart"),
            (MP4, "avoid_negative_ts", "foo", ValueKind::Whole, "make_zero"),
            (FILE, "fflags", "genptss", ValueKind::Flags, "genpts"),
            (FILE, "err_detect", "foo", ValueKind::Flags, "explode"),
            (RTSP, "rtsp_transport", "tpc", ValueKind::Flags, "tcp"),
            (OptionOwner::Decoder("h264"), "threads", "foo", ValueKind::Whole, "auto"),
            (OptionOwner::Scaler, "sws_flags", "bicubc", ValueKind::Flags, "bicubic"),
        ];
        for (owner, option, value, kind, name) in rows {
            let expected = refusal(owner, option, value).unwrap();
            assert_eq!(expected.kind, kind, "{option}");
            assert!(name.is_empty() || expected.names.iter().any(|known| known == name), "{option}: {expected:?}");
        }
    }

    #[test]
    fn what_demuxers_leave_out_has_names_and_numbers() {
        for (text, number) in [("none", -16), ("default", 0), ("nokey", 32), ("all", DISCARD_ALL), ("8", 8)] {
            assert_eq!(discard(text), Some(number), "{text}");
        }
        for text in ["", "nokeys", "-", "o.mp4"] {
            assert_eq!(discard(text), None, "{text}");
        }
        assert!(["noref", "bidir", "nointra"].iter().all(|name| discard_names().iter().any(|known| known == name)));
    }

    #[test]
    fn x264_tells_its_own_names() {
        // SAFETY: looks up a static table.
        if unsafe { ffi::avcodec_find_encoder_by_name(c"libx264".as_ptr()) }.is_null() {
            return;
        }
        // Their lines are caught only behind our callback.
        log::install(|_| {}, log::level());
        for (option, taken, refused, name) in [
            ("preset", "fast|3|FAST|", "veryfats", "veryfast"),
            ("tune", "film|film,fastdecode|", "flim", "film"),
            ("profile", "high|HIGH|high10|high444", "hihg", "high"),
        ] {
            let values = taken.split('|').filter(|value| option != "profile" || !value.is_empty());
            values.for_each(|value| assert_eq!(refusal(X264, option, value), None, "{option} {value}"));
            let names = refusal(X264, option, refused).unwrap().names;
            assert!(names.iter().any(|known| known == name), "{names:?}");
        }
    }
}
