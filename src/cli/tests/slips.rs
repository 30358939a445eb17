//! What people get wrong in the grammar, and the command that is shown for it.

use super::*;

/// The corrected command among the remedies.
fn typed(diagnostics: &[Diagnostic]) -> String {
    let remedies = diagnostics.iter().filter_map(|d| d.remedy.as_deref());
    let lines: Vec<&str> = remedies.filter_map(|remedy| Some(remedy.split_once("Type: ")?.1)).collect();
    assert_eq!(lines.len(), 1, "{diagnostics:?}");
    lines[0].to_owned()
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
fn a_missing_value_is_named() {
    let found = errors(&args("-i a.mp4 b.mp4 -crf"));
    assert!(found.iter().any(|d| d.message.contains("Missing argument for option 'crf'.")), "{found:?}");
    assert!(!format!("{found:?}").contains("Type:"), "no value can be known: {found:?}");
    assert_eq!(typed(&errors(&args("-i a.mp4 b.mp4 -t"))), "weir -i a.mp4 -t 10 b.mp4");
    let found = errors(&args("-i"));
    assert!(found[0].message.contains("Missing argument for option 'i'."));
    assert_eq!(errors(&args("-i a.mp4 b.mp4 -t")).len(), 1);
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
        ("-i a.mp4 -vf null -hflip b.mp4", "weir -i a.mp4 -vf null,hflip b.mp4"),
        ("-i a.mp4 -scale 640:360 -hflip b.mp4", "weir -i a.mp4 -vf scale=640:360,hflip b.mp4"),
        ("-i a.mp4 --map 0 -mp 0:a b.mp4", "weir -i a.mp4 -map 0 -map 0:a b.mp4"),
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
        ("-i a.mp4 -an -autorotate 0 b.mp4", "autorotate", "weir -autorotate 0 -i a.mp4 -an b.mp4"),
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
fn words_that_lack_their_quotes_are_put_together() {
    for (line, corrected) in [
        ("-i a.mp4 -metadata title=My Movie -c copy b.mp4", "weir -i a.mp4 -metadata 'title=My Movie' -c copy b.mp4"),
        ("-i a.mp4 -metadata title=My big Movie b.mp4", "weir -i a.mp4 -metadata 'title=My big Movie' b.mp4"),
        (
            "-i a.mp4 -metadata title=How to cook -c copy b.mp4",
            "weir -i a.mp4 -metadata 'title=How to cook' -c copy b.mp4",
        ),
        ("-i a.mp4 -metadata title=foo y b.mp4", "weir -i a.mp4 -metadata 'title=foo y' b.mp4"),
        ("-i a.mp4 -vf scale=320:240 , hflip b.mp4", "weir -i a.mp4 -vf 'scale=320:240 , hflip' b.mp4"),
        (
            "-i a.mp4 -filter_complex [0:v] hflip [v] -map [v] b.mp4",
            "weir -i a.mp4 -filter_complex '[0:v] hflip [v]' -map '[v]' b.mp4",
        ),
        (
            "-i a.mp4 -filter complex [0:v]hflip[v] -map [v] b.mp4",
            "weir -i a.mp4 -filter_complex '[0:v]hflip[v]' -map '[v]' b.mp4",
        ),
        ("-i a.mp4 -metadata title Holiday b.mp4", "weir -i a.mp4 -metadata title=Holiday b.mp4"),
        ("-i a.mp4 my b.mp4", "weir -i a.mp4 'my b.mp4'"),
        ("-i a.mp4 my big b.mp4", "weir -i a.mp4 'my big b.mp4'"),
        ("-i a.mp4 -c:v libx264-preset fast b.mp4", "weir -i a.mp4 -c:v libx264 -preset fast b.mp4"),
        ("-i a.mp4 -c:v libx264-b:v 2M b.mp4", "weir -i a.mp4 -c:v libx264 -b:v 2M b.mp4"),
        ("-i a.mp4 -preset fast 2 b.mp4", "weir -i a.mp4 -preset fast b.mp4"),
        ("-i a.mp4 -vf hflip copy b.mp4", "weir -i a.mp4 -vf hflip -c copy b.mp4"),
    ] {
        let errors = errors(&args(line));
        assert_eq!(typed(&errors), corrected);
        assert_eq!(errors.len(), 1, "{line}: {errors:?}");
    }
}
