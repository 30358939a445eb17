//! The command line as users type it, from argv to the job.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::catalog::testing::FakeCatalog;
use crate::diagnostic::Severity;
use crate::facts::MediaKind;
use crate::spec::*;
use crate::unit::Rational;
use proptest::prelude::*;

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

/// The corrected command among the remedies.
fn typed(diagnostics: &[Diagnostic]) -> String {
    let remedies = diagnostics.iter().filter_map(|d| d.remedy.as_deref());
    let lines: Vec<&str> = remedies.filter_map(|remedy| Some(remedy.split_once("Type: ")?.1)).collect();
    assert_eq!(lines.len(), 1, "{diagnostics:?}");
    lines[0].to_owned()
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
fn what_stands_behind_the_last_output_is_named_and_put_in_its_place() {
    let told = told("-i a.mp4 -vf scale=320:240,setdar=4:3 b.mp4 -c:a copy -c:v h264 -hide_banner");
    let codes: Vec<&str> = told.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["colon-ratio", "trailing-option", "trailing-option"]);
    assert!(told.iter().all(|d| d.severity == Severity::Warning));
    assert!(told[0].to_string().contains("setdar=4/3"));
    assert!(told[1].message.contains("-c:a copy") && told[2].message.contains("-c:v h264"));
    assert_eq!(typed(&told), "weir -i a.mp4 -vf scale=320:240,setdar=4/3 -c:a copy -c:v h264 b.mp4 -hide_banner");
}

#[test]
fn unknown_options_name_the_nearest_and_the_corrected_command() {
    let cases = [
        ("-i a -prest fast b.mp4", "weir -i a -preset fast b.mp4"),
        ("-i a --preset fast b.mp4", "weir -i a -preset fast b.mp4"),
        ("-i a -crf=23 b.mp4", "weir -i a -crf 23 b.mp4"),
        ("-i a -cv copy b.mp4", "weir -i a -c:v copy b.mp4"),
        ("-i a -codek:v copy b.mp4", "weir -i a -codec:v copy b.mp4"),
        ("-i a -c:v=copy b.mp4", "weir -i a -c:v copy b.mp4"),
        ("-i a -crf20 b.mp4", "weir -i a -crf 20 b.mp4"),
        ("-i a -t1.5 b.mp4", "weir -i a -t 1.5 b.mp4"),
        ("-i a -b:v2M b.mp4", "weir -i a -b:v 2M b.mp4"),
        ("-i a -q:a5 -crf:v23 b.mp4", "weir -i a -q:a 5 -crf:v 23 b.mp4"),
        ("-i a -not 1 b.mp4", "weir -i a b.mp4"),
        ("-i a -xyzzyxyzzy b.mp4", "weir -i a b.mp4"),
        ("-i a -xyzzyxyzzy 5 b.mp4", "weir -i a b.mp4"),
        ("-i a -prest fast -cv copy -xyzzyxyzzy b.mp4", "weir -i a -preset fast -c:v copy b.mp4"),
    ];
    for (line, corrected) in cases {
        let errors = errors(&args(line));
        assert!(errors[0].message.contains("Unrecognized option '"), "{line}");
        assert!(errors[0].message.contains("Error splitting the argument list: Option not found"), "{line}");
        assert_eq!(typed(&errors), corrected);
    }
    assert!(errors(&args("-i a -prest x b"))[0].message.contains("Unrecognized option 'prest'."));
    assert!(errors(&args("-i a -prest x b"))[0].to_string().contains("Did you mean -preset?"));
}

#[test]
fn bad_values_say_what_is_expected() {
    let cases = [
        ("-t abc", "a time such as", "-t 10"),
        ("-t -1:30", "a duration from 0 up", "-t 1:30"),
        ("-fs abc", "a number of bytes", "-fs 10M"),
        ("-frames:v ab", "a whole number", "-frames:v 1"),
        ("-r fast", "a frame rate", "-r 25"),
        ("-s 640", "a size", "-s 640x360"),
        ("-aspect 0", "an aspect ratio", "-aspect 16:9"),
        ("-pix_fmt yuv", "a pixel format", "-pix_fmt yuv420p"),
        ("-sample_fmt s17", "a sample format", "-sample_fmt s16"),
        ("-fps_mode fast", "cfr", "-fps_mode cfr"),
        ("-b:v 1MM", "bits per second", "-b:v 2M"),
        ("-ar -1", "from 0 up", "-ar 48000"),
        ("-map x", "an input's number", "-map 0:v"),
        ("-metadata title", "key=value", "-metadata title=Holiday"),
        ("-q:v high", "a number", "-q:v 1"),
        ("-ar 44100Hz", "from 0 up", "-ar 44100"),
        ("-ss 90:00", "minutes and seconds below 60", "-ss 01:30:00"),
        ("-r 29,97", "a frame rate", "-r 29.97"),
        ("-map_chapters x", "from -1 up", "-map_chapters 0"),
        ("-flv_guard perhaps", "on or off", "-flv_guard on"),
        ("-pix_fmt rgb2", "a pixel format", "-pix_fmt rgb24"),
        ("-sample_fmt fltpp", "a sample format", "-sample_fmt fltp"),
        ("-fps_mode passtrough", "one of auto", "-fps_mode passthrough"),
        ("-force_key_frames 1,x", "times such as", "-force_key_frames 'expr:gte(t,n_forced*2)'"),
    ];
    for (option, expected, corrected) in cases {
        let errors = errors(&args(&format!("-i a {option} b")));
        assert_eq!((errors.len(), errors[0].code), (1, "bad-value"), "{option}");
        assert!(errors[0].message.contains(expected), "{errors:?}");
        assert_eq!(typed(&errors), format!("weir -i a {corrected} b"));
    }
    assert_eq!(errors(&args("-i a -c:x copy b"))[0].code, "bad-specifier");
    assert_eq!(errors(&args("-i a -preset:q copy b"))[0].code, "bad-specifier");
    assert_eq!(errors(&args("-sseof 5 -i a b"))[0].code, "bad-value");
}

#[test]
fn a_value_that_was_meant_is_asked_for() {
    for (option, meant) in [("-fps_mode cfrr", "cfr"), ("-pix_fmt yuv420", "yuv420p"), ("-ar 44100Hz", "44100")] {
        let remedy = errors(&args(&format!("-i a {option} b")))[0].remedy.clone().unwrap();
        assert!(remedy.starts_with(&format!("Did you mean {meant}? Type: weir ")), "{remedy}");
    }
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
fn an_option_of_the_libraries_does_not_swallow_the_next_option() {
    for (line, corrected) in [
        ("-i a -preset -c copy o.mkv", "weir -i a -c copy o.mkv"),
        ("-i a -c:v libx264 -preset -c:a copy o.mkv", "weir -i a -c:v libx264 -c:a copy o.mkv"),
        ("-rtsp_transport -i rtsp://h/a o.mkv", "weir -i rtsp://h/a o.mkv"),
    ] {
        let errors = errors(&args(line));
        assert!(errors[0].message.starts_with("Missing argument for option '"), "{errors:?}");
        assert_eq!(typed(&errors), corrected);
    }
    for line in
        ["-i a -flags -bitexact o.mkv", "-i a -b:v -1 o.mkv", "-i a -x264-params -c o.mkv", "-i a -tune -y o.mkv"]
    {
        assert!(parse_words(&args(line)).is_ok(), "{line}");
    }
    let literal = parse(&args("-i a -preset -c copy o.mkv"), &FakeCatalog, Reading::Literal);
    assert!(literal.is_ok(), "{literal:?}");
}

#[test]
fn ffmpeg_takes_limits_below_zero_and_no_level() {
    let literal = |line: &str| parse(&args(line), &FakeCatalog, Reading::Literal);
    assert!(literal("-i a -frames:v -1 b").is_ok() && parse_words(&args("-i a -frames:v -1 b")).is_err());
    let empty = |reading| parse(&["-v", "", "-i", "a", "b"].map(str::to_owned), &FakeCatalog, reading);
    assert!(empty(Reading::Literal).is_ok() && empty(Reading::Typed).is_err());
}

#[test]
fn a_missing_value_is_named() {
    let found = errors(&args("-i a.mp4 b.mp4 -crf"));
    assert!(found.iter().any(|d| d.message.contains("Missing argument for option 'crf'.")), "{found:?}");
    assert!(!format!("{found:?}").contains("Type:"), "no value can be known: {found:?}");
    assert_eq!(typed(&errors(&args("-i a.mp4 b.mp4 -t"))), "weir -i a.mp4 -t 10 b.mp4");
    let found = errors(&args("-i"));
    assert!(found[0].message.contains("Missing argument for option 'i'."));
    assert!(errors(&args("-i a b -loglevel"))[0].message.contains("Missing argument for option 'loglevel'."));
}

#[test]
fn an_option_that_would_take_the_next_one_for_its_text_is_left_out() {
    for (line, corrected) in [
        ("-hwaccel -hwaccel vaapi -i a.mp4 b.mp4", "weir -hwaccel vaapi -i a.mp4 b.mp4"),
        ("-i a.mp4 -vf -bf 0 b.mp4", "weir -i a.mp4 -bf 0 b.mp4"),
        ("-i a.mp4 -filter_complex -map 0 b.mp4", "weir -i a.mp4 -map 0 b.mp4"),
    ] {
        let found = errors(&args(line));
        assert!(found[0].message.contains("is an option and cannot be its value"), "{line}: {found:?}");
        assert_eq!(typed(&found), corrected);
    }
}

#[test]
fn words_that_are_no_options_of_ffmpeg_become_what_is() {
    for (line, corrected) in [
        ("-i a.mp4 -o b.mp4", "weir -i a.mp4 b.mp4"),
        ("--input a.mp4 --output b.mp4", "weir -i a.mp4 b.mp4"),
        ("-i a.mp4 -sameq -duration 5 b.mp4", "weir -i a.mp4 -t 5 b.mp4"),
        ("-i a.mp4 -scale 640:360 b.mp4", "weir -i a.mp4 -vf scale=640:360 b.mp4"),
        ("-i a.mp4 -hflip b.mp4", "weir -i a.mp4 -vf hflip b.mp4"),
        ("-i a.mp4 -libx264 b.mp4", "weir -i a.mp4 -c:v libx264 b.mp4"),
    ] {
        let found = errors(&args(line));
        assert!(found.iter().all(|told| told.message.contains("Unrecognized option")), "{line}: {found:?}");
        assert_eq!(typed(&found), corrected);
    }
}

#[test]
fn stray_words_are_told_with_what_was_meant() {
    for (line, corrected) in [
        ("ffmpeg -i a.mp4 b.mp4", "weir -i a.mp4 b.mp4"),
        ("-i a.mp4 vcodec libx264 b.mp4", "weir -i a.mp4 -vcodec libx264 b.mp4"),
        ("-i a.mp4 -strict experimental 2 -an b.mp4", "weir -i a.mp4 -strict experimental -an b.mp4"),
        ("-i a.mp4 /dev/null", "weir -i a.mp4 -f null -"),
    ] {
        let found = errors(&args(line));
        assert!(found[0].message.contains("Unable to find a suitable output format for"), "{line}: {found:?}");
        assert_eq!(typed(&found), corrected);
    }
    assert!(parse_words(&args("-i a.mp4 -f null /dev/null")).is_ok());
}

#[test]
fn misplaced_options_are_put_in_their_place() {
    let cases = [
        ("-i a.mp4 -re -f flv rtmp://h/x", "re", "weir -re -i a.mp4 -f flv rtmp://h/x"),
        ("-i a.mp4 -stream_loop -1 b.mp4", "stream_loop", "weir -stream_loop -1 -i a.mp4 b.mp4"),
        ("-shortest -i a.mp4 b.mp4", "shortest", "weir -i a.mp4 -shortest b.mp4"),
        ("-map 0:v -vf null -i a -i b c", "vf", "weir -i a -i b -map 0:v -vf null c"),
    ];
    for (line, option, corrected) in cases {
        let errors = errors(&args(line));
        assert!(
            errors.iter().any(
                |d| d.message.contains(&format!("Option {option} (")) && d.message.contains("cannot be applied to")
            )
        );
        assert_eq!(typed(&errors), corrected);
    }
}

#[test]
fn what_encoders_take_does_not_stand_before_an_input() {
    let cases = [
        ("-preset fast -i a.mp4 b.mp4", "weir -i a.mp4 -preset fast b.mp4"),
        ("-g 12 -bf 2 -i a.mp4 -crf 20 b.mp4", "weir -i a.mp4 -crf 20 -g 12 -bf 2 b.mp4"),
        ("-c copy -i a.mp4 -c copy b.mp4", "weir -i a.mp4 -c copy b.mp4"),
        ("-c copy -i a.mp4 b.mp4", "weir -i a.mp4 -c copy b.mp4"),
        ("-c:v libx264 -preset fast -b:v 1M -i a b.mp4", "weir -i a -preset fast -b:v 1M -c:v libx264 b.mp4"),
        ("-vcodec libx264 -i a -i b c.mp4", "weir -i a -i b -vcodec libx264 c.mp4"),
    ];
    for (line, corrected) in cases {
        let errors = errors(&args(line));
        assert!(errors.iter().all(|d| d.code == "misplaced-option"), "{errors:?}");
        assert_eq!(typed(&errors), corrected, "{line}");
    }
    let words = |line: &str| errors(&args(line))[0].ffmpeg.clone().unwrap().to_string();
    assert!(words("-preset fast -i a b").contains("is not a decoding option."));
    assert_eq!(words("-c copy -i a b"), "Unknown decoder 'copy'");
    // Decoders, options of theirs, and names that no stream need be decoded by.
    for fine in ["-c:v h264 -threads 1 -i a b", "-c copy -c h264 -i a b", "-c:v:3 copy -i a b", "-flags x -i a b"] {
        job(fine);
    }
}

#[test]
fn a_value_that_was_forgotten_is_missed() {
    let cases = [
        ("-i a -t -c copy b.mp4", "weir -i a -t 10 -c copy b.mp4"),
        ("-i a -b:v -c:a copy b.mp4", "weir -i a -b:v 2M -c:a copy b.mp4"),
        ("-i a -map -c copy b.mp4", "weir -i a -map 0:v -c copy b.mp4"),
        ("-i a -ss -t 1 b.mp4", "weir -i a -ss 10 -t 1 b.mp4"),
        ("-i a -c:v -an b.mp4", "weir -i a -c:v copy -an b.mp4"),
    ];
    for (line, corrected) in cases {
        let errors = errors(&args(line));
        assert_eq!((errors.len(), errors[0].code), (1, "missing-value"), "{line}");
        assert_eq!(typed(&errors), corrected);
    }
    for fine in ["-i a -movflags -faststart b", "-i a -map -0:v b", "-i a -metadata t=-c b", "-itsoffset -1 -i a b"] {
        job(fine);
    }
}

#[test]
fn a_value_behind_an_option_that_takes_none_is_no_output() {
    let cases = [
        ("-i a -shortest 1 b.mp4", "weir -i a -shortest b.mp4"),
        ("-i a -shortest 0 b.mp4", "weir -i a -noshortest b.mp4"),
        ("-re true -i a b.mp4", "weir -re -i a b.mp4"),
        ("-y 1 -i a b.mp4", "weir -y -i a b.mp4"),
    ];
    for (line, corrected) in cases {
        let found = errors(&args(line));
        assert_eq!((found.len(), found[0].code), (1, "value-of-flag"), "{line}: {found:?}");
        assert_eq!(typed(&found), corrected, "{line}");
    }
    for fine in ["-i a -shortest -f null 1", "-i a -an b.mp3", "-i a -shortest one"] {
        job(fine);
    }
}

#[test]
fn an_output_that_was_taken_for_a_value_is_found() {
    let cases = [
        ("-f", Some("-f mp4")),
        ("-ss", Some("-ss 10")),
        ("-c:v", Some("-c:v copy")),
        ("-map", Some("-map 0:v")),
        ("-b:v", Some("-b:v 2M")),
        ("-crf", None),
        ("-vf", None),
    ];
    for (option, meant) in cases {
        let found = errors(&args(&format!("-i a {option} b.mp4")));
        assert_eq!((found.len(), found[0].code), (1, "no-output"), "{option}");
        assert!(found[0].to_string().contains("so b.mp4 was taken for that."), "{found:?}");
        match meant {
            Some(meant) => assert_eq!(typed(&found), format!("weir -i a {meant} b.mp4")),
            None => assert!(!found[0].to_string().contains("Type:"), "{found:?}"),
        }
    }
    assert_eq!(typed(&errors(&args("-i a -t 10"))), "weir -i a -t 10 output.mp4");
    assert_eq!(typed(&errors(&args("-re -i a -re"))), "weir -re -i a output.mp4");
}

#[test]
fn inputs_and_outputs_must_be_there() {
    let found = errors(&args("-i a.mp4 -c copy"));
    assert_eq!(found[0].message, "At least one output file must be specified.");
    assert_eq!(typed(&found), "weir -i a.mp4 -c copy output.mp4");
    assert_eq!(typed(&errors(&args("-y"))), "weir -y -i input.mp4 output.mp4");
    let found = errors(&args("a.mp4 b.mp4"));
    assert_eq!(found[0].code, "no-input");
    assert_eq!(typed(&found), "weir -i a.mp4 b.mp4");
    assert_eq!(typed(&errors(&args("-c copy b.mp4"))), "weir -i input.mp4 -c copy b.mp4");
    for (line, corrected) in [
        ("-i a -map 1:v -prest fast b", "weir -i a -map 0:v -preset fast b"),
        ("-i a -i b -map 0 -map -2:a? c", "weir -i a -i b -map 0 -map '-1:a?' c"),
        ("-i a -map_metadata 10:s:0 b", "weir -i a -map_metadata 0:s:0 b"),
    ] {
        assert_eq!(typed(&errors(&args(line))), corrected);
    }
    let found = errors(&args("-i a -map_chapters 3 -prest fast b"));
    assert!(found.iter().any(|d| d.code == "no-such-input"));
    assert!(!format!("{found:?}").contains("Type:"), "a command that is wrong elsewhere is not shown: {found:?}");
    assert_eq!(errors(&args("-y -n -i a b"))[0].code, "conflicting-options");
}

#[test]
fn what_was_pasted_from_a_page_is_named_and_mended() {
    let cases: [(&[&str], &str); 11] = [
        (&["-i", "a", "", "b"], "weir -i a b"),
        (&["-i", "a", " -c", "copy", "b"], "weir -i a -c copy b"),
        (&["\u{a0}-y", "-i", "a", "b"], "weir -y -i a b"),
        (&["-i", "a", "–c:v", "copy", "b"], "weir -i a -c:v copy b"),
        (&["-i", "a", "-c:v\u{a0}copy", "b"], "weir -i a -c:v copy b"),
        (&["-i", "a", "-vf", "“null”", "“b.mp4”"], "weir -i a -vf null b.mp4"),
        (&["-i", "a", "-vf", "\u{a0}null", "b"], "weir -i a -vf null b"),
        (&["-i", "a", "-c", "copy\u{a0}", "b"], "weir -i a -c copy b"),
        (&["-i", "a", "-c", "copy", "b.mp4\r"], "weir -i a -c copy b.mp4"),
        (&["-i", "a", "-y\u{a0}", "b.mp4"], "weir -i a -y b.mp4"),
        (&["-i", "a", "\u{a0}", "–prest", "fast", "b"], "weir -i a -preset fast b"),
    ];
    for (words, corrected) in cases {
        assert_eq!(typed(&errors(&owned(words))), corrected, "{words:?}");
    }
    let (job, told) = parse_words(&owned(&["-i", " a", "-metadata", "title=“x”", "b"])).unwrap();
    assert_eq!(job.inputs[0].url, " a");
    assert_eq!(told[0].code, "input-name");
    assert_eq!(errors(&owned(&["-i", "", "b"]))[0].code, "empty-argument");
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
