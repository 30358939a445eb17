//! The command line as users type it, from argv to the job.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::catalog::testing::FakeCatalog;
use crate::diagnostic::Severity;
use crate::facts::MediaKind;
use crate::spec::*;
use crate::unit::Rational;
use proptest::prelude::*;

mod slips;

/// Splits at blanks; `_` in a word stands for itself.
fn args(line: &str) -> Vec<String> {
    line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn parse_words(words: &[String]) -> Result<(JobSpec, Vec<Diagnostic>), Vec<Diagnostic>> {
    match parse(words, &FakeCatalog, Reading::Typed)? {
        (Parsed::Job(job), told) => Ok((*job, told)),
        (Parsed::Show(request), _) => panic!("{request:?}"),
    }
}

fn job(line: &str) -> JobSpec {
    let (job, told) = parse_words(&args(line)).unwrap();
    assert!(told.is_empty(), "{line}: {told:?}");
    job
}

fn told(line: &str) -> Vec<Diagnostic> {
    parse_words(&args(line)).unwrap().1
}

fn errors(words: &[String]) -> Vec<Diagnostic> {
    parse_words(words).unwrap_err()
}

#[test]
fn headers_end_with_the_line_breaks_that_http_wants() {
    let headers = "Authorization: Basic x\r\nX-Key: y\r\n";
    for option in ["-headers", "-cookies"] {
        let (job, told) = parse_words(&owned(&[option, headers, "-i", "http://h/a.mp4", "b.mkv"])).unwrap();
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(job.inputs[0].options[0].value, headers);
    }
}

#[test]
fn an_everyday_command_becomes_a_job() {
    let job =
        job("-y -hide_banner -v warning -ss 1:00 -i a.mp4 -i b.wav -map 0:v -map 1:a? -c:v libx264 -preset fast \
         -crf 23 -b:a 128k -vf scale=320:240 -r 30000/1001 -t 10.5 -movflags +faststart out.mp4");
    assert_eq!(job.global.overwrite, Overwrite::Always);
    assert!(job.global.hide_banner);
    assert_eq!(job.global.log_level.as_deref(), Some("warning"));
    assert_eq!((job.inputs.len(), job.outputs.len()), (2, 1));
    assert_eq!(job.inputs[0].start_us, Some(60_000_000));
    assert_eq!(job.inputs[1].start_us, None);
    let out = &job.outputs[0];
    assert_eq!(out.maps.len(), 2);
    assert!(out.maps[1].optional);
    assert_eq!(out.codec.0[0].value, "libx264");
    assert_eq!(out.codec.0[0].specifier.kind, Some(MediaKind::Video));
    assert_eq!(out.codec.0[0].origin.token, "-c:v");
    assert_eq!(out.filters.0[0].specifier.kind, Some(MediaKind::Video));
    assert_eq!(out.frame_rate.0[0].value, Rational::new(30000, 1001));
    assert_eq!(out.duration_us, Some(10_500_000));
    let names: Vec<&str> = out.options.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(names, ["preset", "crf", "b", "movflags"]);
    assert_eq!(out.options[2].specifier.kind, Some(MediaKind::Audio));
    assert!(out.options[3].scopes.format && !out.options[3].scopes.codec);
    assert_eq!(out.origin, crate::diagnostic::Origin::new(30, "out.mp4"));
}

#[test]
fn older_spellings_say_the_same() {
    let pairs = [
        ("-vcodec copy", "-c:v copy"),
        ("-codec:a aac", "-c:a aac"),
        ("-acodec aac", "-c:a aac"),
        ("-scodec copy", "-c:s copy"),
        ("-dcodec copy", "-c:d copy"),
        ("-vf null", "-filter:v null"),
        ("-af anull", "-filter:a anull"),
        ("-vframes 5", "-frames:v 5"),
        ("-aframes 5", "-frames:a 5"),
        ("-dframes 5", "-frames:d 5"),
        ("-aq 2", "-q:a 2"),
        ("-qscale:v 3", "-q:v 3"),
        ("-vtag hvc1", "-tag:v hvc1"),
        ("-atag mp4a", "-tag:a mp4a"),
        ("-stag mov_", "-tag:s mov_"),
        ("-vbsf x", "-bsf:v x"),
        ("-absf x", "-bsf:a x"),
        ("-ab 96k", "-b:a 96k"),
        ("-vb 1M", "-b:v 1M"),
        ("-ch_layout mono", "-channel_layout mono"),
        ("-vprofile high", "-profile:v high"),
        ("-copyinkf:v -shortest", "-copyinkf:v -noshortest -shortest"),
    ];
    // Tokens and places differ; everything else is equal.
    let strip = |mut job: JobSpec| {
        job.global.arguments.clear();
        let out = &mut job.outputs[0];
        out.origin.arg = 0;
        let at = crate::diagnostic::Origin::default();
        for list in
            [&mut out.codec, &mut out.filters, &mut out.tag, &mut out.bitstream_filters, &mut out.channel_layout]
        {
            list.0.iter_mut().for_each(|a| a.origin = at.clone());
        }
        out.max_frames.0.iter_mut().for_each(|a| a.origin = at.clone());
        out.quality.0.iter_mut().for_each(|a| a.origin = at.clone());
        out.options.iter_mut().for_each(|o| {
            o.origin = at.clone();
            o.scopes = Default::default();
        });
        job
    };
    for (old, new) in pairs {
        let [old_job, new_job] = [old, new].map(|text| strip(job(&format!("-i a {text} b.mp4"))));
        assert_eq!(old_job, new_job, "{old}");
    }
}

#[test]
fn the_last_of_several_counts() {
    let job = job("-i a -t 1 -t 2 -c:v x -c:v y -an -noan -f flv -f mp4 -y -noy b");
    let out = &job.outputs[0];
    assert_eq!(out.duration_us, Some(2_000_000));
    assert_eq!(out.codec.last_matching(|_| true).unwrap().value, "y");
    assert!(!out.no_audio);
    assert_eq!(out.format.as_ref().unwrap().value, "mp4");
    assert_eq!(job.global.overwrite, Overwrite::Ask);
}

#[test]
fn options_belong_to_the_file_behind_them() {
    let job = job(
        "-f lavfi -r 25 -s hd720 -pix_fmt rgb24 -ar 44100 -ac 1 -sample_fmt s16 -ch_layout mono -i x -f flv one -an two",
    );
    let input = &job.inputs[0];
    assert_eq!(input.format.as_ref().unwrap().value, "lavfi");
    assert_eq!(input.frame_rate.0[0].value, Rational::new(25, 1));
    assert_eq!(input.size.0[0].value, "hd720");
    assert_eq!((input.sample_rate_hz.0[0].value, input.channels.0[0].value), (44100, 1));
    assert_eq!(job.outputs[0].format.as_ref().unwrap().value, "flv");
    assert!(job.outputs[1].format.is_none() && job.outputs[1].no_audio && !job.outputs[0].no_audio);
}

#[test]
fn standard_streams_and_odd_names() {
    let job = job("-i - -f null - -- -- -odd.mp4 --");
    assert_eq!(job.inputs[0].url, "pipe:");
    assert_eq!(job.outputs[0].url, "pipe:");
    assert_eq!(job.outputs[1].url, "-odd.mp4");
}

#[test]
fn reading_speed() {
    let rate = |line: &str| job(&format!("{line} -i a b")).inputs[0].read_rate;
    let burst =
        |num, den, initial_burst_us| Some(ReadRate { rate: Rational::new(num, den), initial_burst_us, catch_up: None });
    assert_eq!(rate("-re"), burst(1, 1, 0));
    assert_eq!(rate("-readrate 1.5"), burst(3, 2, 0));
    assert_eq!(rate("-readrate 2 -re"), burst(2, 1, 0));
    assert_eq!(rate("-readrate_initial_burst 3 -re"), burst(1, 1, 3_000_000));
    assert_eq!(rate("-re -readrate_initial_burst 0.5"), burst(1, 1, 500_000));
    assert_eq!(rate("-re -nore"), None);
    assert_eq!(rate("-readrate 0"), None);
    let told = told("-readrate_initial_burst 3 -i a b");
    assert_eq!(told[0].code, "unused-option");
}

#[test]
fn switches_of_weir_itself() {
    let job = job("-i a b -flv_guard off -strict_exit on --explain=json");
    assert!(!job.global.flv_guard);
    assert_eq!(job.global.strict_exit, Some(true));
    assert_eq!(job.global.explain, Some(ExplainFormat::Json));
    assert_eq!(self::job("--explain -i a b").global.explain, Some(ExplainFormat::Text));
    assert_eq!(errors(&args("--explain=xml -i a b"))[0].code, "bad-value");
}

#[test]
fn flags_that_took_a_digit_in_older_versions() {
    for (text, on) in
        [("-autorotate", true), ("-autorotate 0", false), ("-autorotate:v 1", true), ("-noautorotate", false)]
    {
        assert_eq!(job(&format!("{text} -i a b")).inputs[0].autorotate.0[0].value, on, "{text}");
    }
}

#[test]
fn metadata_and_its_places() {
    let job = job("-i a -metadata title=x=y -metadata:s:a:0 language=eng -map_metadata:c:1 0:s:v -map_chapters -1 b");
    let out = &job.outputs[0];
    assert_eq!((out.metadata[0].key.as_str(), out.metadata[0].value.as_str()), ("title", "x=y"));
    assert!(matches!(&out.metadata[1].place, MetadataPlace::Streams(s) if s.text == "a:0"));
    assert_eq!(out.map_metadata[0].to, MetadataPlace::Chapter(1));
    assert_eq!(out.map_chapters, Some(-1));
}

#[test]
fn requests_end_the_reading() {
    let show = |line: &str| match parse(&args(line), &FakeCatalog, Reading::Typed).unwrap().0 {
        Parsed::Show(request) => request,
        Parsed::Job(_) => panic!("{line}"),
    };
    assert_eq!(show(""), Request::Help { topic: None });
    assert_eq!(show("-version"), Request::Version);
    assert_eq!(show("-hide_banner -h encoder=libx264"), Request::Help { topic: Some("encoder=libx264".into()) });
    assert_eq!(show("--help"), Request::Help { topic: None });
    assert_eq!(show("-i a -encoders"), Request::Listing { name: "encoders", topic: None });
    assert_eq!(show("-L"), Request::License);
    assert_eq!(errors(&args("-xyzzyxy -version"))[0].code, "unknown-option");
}

#[test]
fn key_frames_are_forced_by_times_and_words() {
    for value in
        ["1", "0,5,00:00:07.5", "chapters", "chapters-0.1", "1,chapters+2", "source", "source_no_drop", "expr:x"]
    {
        let typed = &job(&format!("-i a -force_key_frames {value} b")).outputs[0].force_key_frames.0[0].value;
        assert_eq!(*typed, super::keyframes::keyframes(value));
        assert!(!matches!(typed, KeyframesSpec::Unknown(_)), "{value}");
    }
}

#[test]
fn ffmpeg_takes_limits_below_zero_and_no_level() {
    let literal = |line: &str| parse(&args(line), &FakeCatalog, Reading::Literal);
    assert!(literal("-i a -frames:v -1 b").is_ok() && parse_words(&args("-i a -frames:v -1 b")).is_err());
    let empty = |reading| parse(&["-v", "", "-i", "a", "b"].map(str::to_owned), &FakeCatalog, reading);
    assert!(empty(Reading::Literal).is_ok() && empty(Reading::Typed).is_err());
}

#[test]
fn passwords_do_not_reach_a_message() {
    let found = errors(&args("-i rtsp://me:secret@h/x -re -prest fast rtmp://me:secret@h/y"));
    assert!(!format!("{found:?}").contains("secret"), "{found:?}");
    let job = job("-i rtsp://me:secret@h/x b");
    assert_eq!(job.inputs[0].url, "rtsp://me:secret@h/x");
    assert!(!job.inputs[0].origin.token.contains("secret"));
}

#[test]
fn a_delay_is_caught_up_no_slower_than_the_input_is_read() {
    let catch_up = |line: &str| job(&format!("{line} -i a b")).inputs[0].read_rate.and_then(|r| r.catch_up);
    assert_eq!(catch_up("-re -readrate_catchup 1.5"), Some(Rational::new(3, 2)));
    assert_eq!(catch_up("-readrate_catchup 4 -readrate 2"), Some(Rational::new(4, 1)));
    assert_eq!(errors(&args("-readrate 2 -readrate_catchup 1.5 -i a b"))[0].code, "slow-catch-up");
    assert_eq!(errors(&args("-re -readrate_catchup 0 -i a b"))[0].code, "bad-value");
    assert_eq!(told("-readrate_catchup 2 -i a b")[0].code, "unused-option");
}

#[test]
fn what_does_not_fit_is_told() {
    assert_eq!(told("-i a -ss:v 1 b")[0].code, "specifier-ignored");
    assert!(told("-i a -b 1M b")[0].message.contains("Please use -b:a or -b:v, -b is ambiguous"));
    let told_of_filters = told("-i a -vf null -filter:v hflip -af anull b");
    assert_eq!(told_of_filters.len(), 1);
    assert!(told_of_filters[0].to_string().contains("-filter:v null,hflip"));
    assert!(told("-i a -b:v 2*500k b").is_empty());
    assert_eq!(told("-vsync 0 -i a b")[0].severity, Severity::Note);
}

#[test]
fn what_governs_the_log_is_found_in_a_wrong_line() {
    let found = early_globals(&args("-xyz -hide_banner -i -report -metadata -v -v error -report"));
    let expected =
        EarlyGlobals { hide_banner: true, log_level: Some("error".to_owned()), report: true, explains_as_json: false };
    assert_eq!(found, expected);
    assert!(early_globals(&args("-i a --explain=json b")).explains_as_json);
}

fn any_word() -> impl Strategy<Value = String> {
    let known = table::rows().flat_map(|row| row.names).map(|name| format!("-{name}")).collect::<Vec<_>>();
    prop_oneof![
        3 => proptest::sample::select(known),
        2 => proptest::sample::select(vec!["-i", "-", "--", "", " ", "a.mp4", "1", "-1", "0:v", "-noan", "-crf", "-crf:v=1",
            "--preset", "–y", "\u{a0}-c:v\u{a0}x", "“", "-:", "-:v", "-no", "-noi", "-=", "-a=b", "-vé", "-c:", "- ", "-v-"]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => "-[a-z:=]{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_command_line_is_answered(words in proptest::collection::vec(any_word(), 0..10)) {
        let told = match parse(&words, &FakeCatalog, Reading::Typed) {
            Ok((_, told)) => {
                prop_assert!(told.iter().all(|d| d.severity != Severity::Error));
                told
            }
            Err(told) => {
                prop_assert!(told.iter().any(|d| d.severity == Severity::Error));
                told
            }
        };
        prop_assert!(told.iter().all(|d| d.origin.as_ref().is_none_or(|o| o.arg < words.len())));
        let corrected = told.iter().find_map(|d| d.remedy.as_deref()?.split_once("Type: weir ").map(|(_, line)| line.to_owned()));
        if let Some(line) = corrected.filter(|line| !line.contains('\'')) {
            let again = parse(&args(&line), &FakeCatalog, Reading::Typed);
            prop_assert!(again.is_ok(), "{line}: {again:?}");
        }
        early_globals(&words);
    }

    #[test]
    fn the_last_flag_wins(flags in proptest::collection::vec(any::<bool>(), 1..8)) {
        let text: Vec<&str> = flags.iter().map(|on| if *on { "-an" } else { "-noan" }).collect();
        let job = job(&format!("-i a {} b", text.join(" ")));
        prop_assert_eq!(Some(job.outputs[0].no_audio), flags.last().copied());
    }

    #[test]
    fn the_last_value_wins_and_all_are_kept(values in proptest::collection::vec(1i64..1000, 1..8)) {
        let text: Vec<String> = values.iter().map(|n| format!("-frames:v {n} -t {n}ms")).collect();
        let job = job(&format!("-i a {} b", text.join(" ")));
        let kept: Vec<i64> = job.outputs[0].max_frames.0.iter().map(|a| a.value).collect();
        prop_assert_eq!(job.outputs[0].duration_us, values.last().map(|n| n * 1000));
        prop_assert_eq!(kept, values);
    }

    #[test]
    fn a_global_option_may_stand_anywhere(place in 0usize..5) {
        let mut words = args("-i a -an b");
        words.insert([0, 2, 3, 4, 4][place], "-y".to_owned());
        let (job, told) = parse_words(&words).unwrap();
        prop_assert!(told.is_empty());
        prop_assert_eq!(job.global.overwrite, Overwrite::Always);
    }
}
