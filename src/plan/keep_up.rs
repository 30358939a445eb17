//! Which encoders are watched for keeping up with a live source, and what `-keep_up` lets them do about it.

use super::presets::{PRESETS, Preset, figures_of, in_use, option};
use super::{Context, EncodePlan, InputPlan, Plan, StreamSource, Treatment};
use crate::diagnostic::{Diagnostic, mask_url};
use crate::facts::MediaKind;
use crate::unit::{Rational, rescale, tenths};

/// How an encoder keeps up with a live source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeepUpPlan {
    /// `-keep_up`: it acts; else it only tells.
    pub acts: bool,
    /// `-max_lag`, in microseconds.
    pub max_lag_us: i64,
    /// The encoder's presets that are faster than the one in use, the nearest first.
    pub faster_presets: Vec<FasterPreset>,
}

/// A preset that may take the place of a slower one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FasterPreset {
    /// Its name.
    pub name: &'static str,
    /// The time that it takes, in percent of that of the preset in use: an estimate.
    pub cost_percent: i64,
    /// Options of the encoder that it changes.
    pub options: Vec<(String, String)>,
}

/// Unless `-max_lag` says otherwise, in microseconds.
const MAX_LAG_US: i64 = 2_000_000;

/// Where the rate is not known.
const USUAL_RATE: Rational = Rational { num: 25, den: 1 };
/// A look-ahead takes one part in so many of what may be late: it doubles when the frame rate is halved, and each of the
/// encoder's threads has a frame as well.
const LOOK_AHEAD_PART: i64 = 6;
/// Options that hand parameters to an encoder's library.
const OF_LIBRARIES: [&str; 3] = ["x264-params", "x264opts", "x265-params"];
/// x265 wants to look further ahead than it has B-frames.
const LEAST_LOOK_AHEAD: [i64; 2] = [1, 10];

/// Sets the plan of every encoder of pictures that are fed at the speed of time.
pub(super) fn assign(context: &Context<'_>, plan: &mut Plan, diagnostics: &mut Vec<Diagnostic>) {
    let timed: Vec<bool> = plan.inputs.iter().map(InputPlan::is_timed).collect();
    let fed_timed = |graph| plan.origins(StreamSource::Graph(graph, 0)).iter().any(|input| timed[*input]);
    let graphs: Vec<bool> = (0..plan.graphs.len()).map(fed_timed).collect();
    for (output, spec) in plan.outputs.iter_mut().zip(&context.spec.outputs) {
        let mut watched = false;
        for stream in output.streams.iter_mut().filter(|stream| stream.kind == MediaKind::Video) {
            let is_timed = match stream.source {
                StreamSource::Input(input, _) => timed[input],
                StreamSource::Graph(graph, _) => graphs[graph],
                StreamSource::File => false,
            };
            let source = stream.source.input().map(|(i, s)| context.facts[i].streams[s].avg_frame_rate);
            let Treatment::Encode(encode) = &mut stream.treatment else { continue };
            let rate = encode.frame_rate.or(source).filter(|rate| rate.is_valid());
            if is_timed {
                watched = true;
                let (keep_up, ahead) = keeping(encode, (spec.keep_up, spec.max_lag_us), rate);
                let ahead =
                    ahead.or_else(|| looks_far(encode, rate).filter(|_| output.session.is_some() && !spec.keep_up));
                encode.keep_up = Some(keep_up);
                diagnostics.extend(ahead.map(|ahead| ahead.said(&spec.url, &encode.encoder)));
            }
        }
        if spec.keep_up
            && watched
            && output.session.is_some()
            && option(&output.options, "max_interleave_delta").is_none()
        {
            // Sound does not wait for a picture that is late for longer than this.
            let us = spec.max_lag_us.unwrap_or(MAX_LAG_US) / 2;
            output.options.push(("max_interleave_delta".to_owned(), us.max(1).to_string()));
        }
        if spec.keep_up && !watched {
            diagnostics.push(
                Diagnostic::warning(
                    "keep-up",
                    format!(
                        "{}: -keep_up does nothing: no picture is encoded at the speed of time.",
                        mask_url(&spec.url)
                    ),
                )
                .remedy("It is for encoding what comes from a network, or from a file that is read with -re."),
            );
        }
    }
}

/// How an encoder keeps up, `-keep_up` and `-max_lag` being given; and what is to be said of how far it looks ahead.
fn keeping(
    encode: &mut EncodePlan,
    (acts, max_lag_us): (bool, Option<i64>),
    rate: Option<Rational>,
) -> (KeepUpPlan, Option<Ahead>) {
    let max_lag_us = max_lag_us.unwrap_or(MAX_LAG_US);
    let mut faster_presets = faster(&encode.encoder, &encode.options);
    let limited = acts || encode.for_live_readers;
    let ahead = if limited { look_no_further(encode, max_lag_us, rate, &mut faster_presets) } else { None };
    // What was chosen for live readers has been told.
    (KeepUpPlan { acts, max_lag_us, faster_presets }, ahead.filter(|_| acts))
}

/// What is to be said of how far an encoder looks ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    /// It is held to so many frames.
    Held(i64),
    /// The user wants so many frames, and it shall not be later than so many microseconds.
    TooFar(i64, i64),
    /// Its preset wants so many frames, which take so many microseconds.
    Far(i64, i64),
}

impl Ahead {
    fn said(self, url: &str, encoder: &str) -> Diagnostic {
        let url = mask_url(url);
        match self {
            Self::Held(frames) => {
                let text =
                    format!("{url}: {encoder} looks {frames} frames ahead and no further, for -max_lag to hold.");
                let chooses = if encoder == "libx265" { "-x265-params rc-lookahead=N" } else { "-rc-lookahead" };
                Diagnostic::note("keep-up", text).remedy(format!("{chooses} chooses otherwise."))
            }
            Self::TooFar(frames, max_lag_us) => {
                let text = format!(
                    "{url}: {encoder} is to look {frames} frames ahead: no picture is out within -max_lag ({}).",
                    tenths(max_lag_us)
                );
                Diagnostic::warning("keep-up", text).remedy("Name fewer frames, or none, or a larger -max_lag.")
            }
            Self::Far(frames, takes_us) => {
                let text = format!(
                    "{url}: {encoder} looks {frames} frames ahead by its preset: pictures leave {} late, and later where this \
                     machine is too slow for it.",
                    tenths(takes_us)
                );
                Diagnostic::warning("looks-far-ahead", text)
                    .remedy("A faster -preset or -tune zerolatency is earlier; -keep_up holds -max_lag.")
            }
        }
    }
}

/// An encoder whose preset alone makes pictures too late for a peer.
fn looks_far(encode: &EncodePlan, rate: Option<Rational>) -> Option<Ahead> {
    let (figures, at) = (figures_of(&encode.encoder)?, in_use(&encode.options)?);
    let frames = PRESETS[at].look_ahead[figures];
    let takes_us = rescale(frames, rate.unwrap_or(USUAL_RATE).inverse(), Rational::MICROS);
    (!says_how_far(&encode.options) && takes_us >= MAX_LAG_US).then_some(Ahead::Far(frames, takes_us))
}

/// The user has a say in how far an encoder looks ahead.
fn says_how_far(options: &[(String, String)]) -> bool {
    options.iter().any(|(key, value)| {
        key == "rc-lookahead"
            || (key == "tune" && value.contains("zerolatency"))
            || (OF_LIBRARIES.contains(&key.as_str()) && value.contains("lookahead"))
    })
}

fn faster(encoder: &str, options: &[(String, String)]) -> Vec<FasterPreset> {
    let (Some(figures), Some(at)) = (figures_of(encoder), in_use(options)) else { return Vec::new() };
    let cost = PRESETS[at].cost[figures];
    let faster = |preset: &Preset| FasterPreset {
        name: preset.name,
        cost_percent: (preset.cost[figures] * 100 / cost).max(1),
        options: vec![("preset".to_owned(), preset.name.to_owned())],
    };
    PRESETS[..at].iter().rev().map(faster).collect()
}

/// How many frames the user wants the encoder to look ahead.
fn named_look_ahead(options: &[(String, String)]) -> Option<i64> {
    let of_library = |(key, value): &(String, String)| {
        let parameter = |text: &str| {
            let (name, value) = text.split_once('=')?;
            ["rc-lookahead", "rc_lookahead"].contains(&name.trim()).then(|| value.trim().parse().ok())?
        };
        OF_LIBRARIES.contains(&key.as_str()).then(|| value.split(':').filter_map(parameter).next_back())?
    };
    let own = option(options, "rc-lookahead").and_then(|value| value.parse().ok());
    options.iter().filter_map(of_library).next_back().or(own)
}

/// Lets an encoder look ahead no further than goes with what may be late, unless the user has a say in that.
fn look_no_further(
    encode: &mut EncodePlan,
    max_lag_us: i64,
    rate: Option<Rational>,
    faster: &mut [FasterPreset],
) -> Option<Ahead> {
    let (figures, at) = (figures_of(&encode.encoder)?, in_use(&encode.options)?);
    let rate = rate.unwrap_or(USUAL_RATE);
    if let Some(frames) = named_look_ahead(&encode.options) {
        let takes_us = rescale(frames, rate.inverse(), Rational::MICROS);
        return (takes_us >= max_lag_us).then_some(Ahead::TooFar(frames, max_lag_us));
    }
    let frames = rescale(max_lag_us / LOOK_AHEAD_PART, Rational::MICROS, rate.inverse()).max(LEAST_LOOK_AHEAD[figures]);
    if says_how_far(&encode.options) || PRESETS[at].look_ahead[figures] <= frames {
        return None;
    }
    if figures == 1 {
        add_parameter(&mut encode.options, "x265-params", &format!("rc-lookahead={frames}"));
        return Some(Ahead::Held(frames));
    }
    let reorders = option(&encode.options, "bf") != Some("0");
    if reorders {
        // The look-ahead's own thread would have as many frames again as there are B-frames.
        add_parameter(&mut encode.options, "x264-params", "sync-lookahead=0");
    }
    let mut ahead = PRESETS[at].ahead(frames);
    ahead.retain(|(key, _)| option(&encode.options, key).is_none() && (reorders || key != "b_strategy"));
    for preset in faster {
        let own = PRESETS.iter().find(|own| own.name == preset.name).map_or_else(Vec::new, |own| own.ahead(frames));
        preset.options.extend(own.into_iter().filter(|(key, _)| ahead.iter().any(|(ours, _)| ours == key)));
    }
    encode.options.extend(ahead);
    Some(Ahead::Held(frames))
}

impl Preset {
    /// What lets x264 look ahead so many frames at the most. The best search for B-frames would look four times as far ahead as
    /// there may be B-frames in a row.
    fn ahead(&self, frames: i64) -> Vec<(String, String)> {
        let options = [
            ("rc-lookahead", self.look_ahead[0].min(frames)),
            ("bf", self.b_frames.min(frames)),
            ("b_strategy", self.b_frames.min(1)),
        ];
        options.map(|(key, value)| (key.to_owned(), value.to_string())).to_vec()
    }
}

/// Adds to the parameters that are handed to an encoder's library.
fn add_parameter(options: &mut Vec<(String, String)>, name: &str, parameter: &str) {
    match options.iter_mut().rfind(|(key, _)| key == name) {
        Some((_, value)) => *value = format!("{value}:{parameter}"),
        None => options.push((name.to_owned(), parameter.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{input, planned, video};

    fn options(typed: &[(&str, &str)]) -> Vec<(String, String)> {
        typed.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn faster_presets_begin_with_the_nearest() {
        let names = |encoder, typed: &[(&str, &str)]| -> Vec<&str> {
            faster(encoder, &options(typed)).iter().map(|preset| preset.name).collect()
        };
        assert_eq!(names("libx264", &[("preset", "veryfast")]), ["superfast", "ultrafast"]);
        assert_eq!(names("libx265", &[])[0], "fast");
        assert_eq!(names("libx264", &[("preset", "ultrafast")]), [""; 0]);
        assert_eq!(names("mpeg4", &[("preset", "veryfast")]), [""; 0]);
    }

    #[test]
    fn a_faster_preset_takes_a_part_of_the_time() {
        let from_slow = faster("libx264", &options(&[("preset", "slow")]));
        assert_eq!(from_slow.iter().map(|p| p.cost_percent).collect::<Vec<_>>(), [70, 64, 50, 28, 19, 9]);
    }

    fn looks(line: &str) -> (Vec<(String, String)>, Vec<FasterPreset>) {
        let plan = planned(&format!("-re -i in {line} out.flv"), &[input(vec![video("h264")])]).unwrap_or_default();
        let Some(Treatment::Encode(encode)) = plan.outputs.first().map(|o| o.streams[0].treatment.clone()) else {
            return Default::default();
        };
        (encode.options, encode.keep_up.unwrap_or_default().faster_presets)
    }

    #[test]
    fn who_keeps_up_looks_ahead_no_further_than_goes_with_the_lag() {
        let (options, faster) = looks("-r 25 -c:v libx264 -preset veryslow -keep_up");
        assert_eq!(option(&options, "rc-lookahead"), Some("8"));
        assert_eq!(option(&options, "x264-params"), Some("sync-lookahead=0"));
        let of_faster: Vec<_> = faster.iter().map(|p| option(&p.options, "rc-lookahead")).collect();
        assert_eq!(of_faster.last(), Some(&Some("0")));
        assert_eq!(option(&faster[2].options, "bf"), Some("3"));
        let (options_of_placebo, _) = looks("-r 25 -c:v libx264 -preset placebo -bf 2 -keep_up");
        assert_eq!(option(&options_of_placebo, "bf"), Some("2"));
        assert_eq!(option(&options_of_placebo, "b_strategy"), Some("1"));
        assert_eq!(of_faster[0], Some("8"));
        assert_eq!(option(&looks("-r 50 -c:v libx264 -keep_up -max_lag 4").0, "rc-lookahead"), Some("33"));
    }

    #[test]
    fn what_is_chosen_for_live_readers_looks_no_further_either_and_what_the_user_names_does() {
        let facts = [input(vec![video("h264")])];
        let look_ahead = |line: &str| {
            let plan = planned(&format!("-re -i in{line} -f rtsp rtsp://h/a"), &facts).unwrap_or_default();
            let Some(Treatment::Encode(encode)) = plan.outputs.first().map(|o| &o.streams[0].treatment) else {
                return None;
            };
            assert_eq!(
                option(&encode.options, "x264-params"),
                None,
                "without B-frames the look-ahead keeps its thread"
            );
            option(&encode.options, "rc-lookahead").map(str::to_owned)
        };
        assert_eq!(look_ahead("").as_deref(), Some("8"));
        assert_eq!(look_ahead(" -preset slow").as_deref(), Some("8"));
        for left_alone in [" -preset ultrafast", " -tune zerolatency", " -c:v libx264"] {
            assert_eq!(look_ahead(left_alone), None, "{left_alone}");
        }
    }

    #[test]
    fn what_the_user_says_of_looking_ahead_holds() {
        for line in [" -tune zerolatency -keep_up", " -x264-params rc-lookahead=30 -keep_up", ""] {
            let (options, _) = looks(&format!("-r 25 -c:v libx264{line}"));
            assert!(!options.iter().any(|(_, value)| value == "8"), "{line}: {options:?}");
        }
        let (options, _) = looks("-r 25 -c:v libx264 -x264-params keyint=50 -keep_up");
        assert_eq!(option(&options, "x264-params"), Some("keyint=50:sync-lookahead=0"));
    }

    #[test]
    fn a_peer_that_gets_pictures_late_by_the_preset_alone_is_warned_of() {
        let told = |line: &str| {
            let plan = planned(&format!("-re -i in -r 25 {line}"), &[input(vec![video("h264")])]).unwrap_or_default();
            plan.diagnostics.iter().any(|d| d.code == "looks-far-ahead")
        };
        assert!(told("-c:v libx264 -preset veryslow -f rtsp rtsp://h/a"));
        for line in [
            "-c:v libx264 -f rtsp rtsp://h/a",
            "-c:v libx264 -preset veryslow -tune zerolatency -f rtsp rtsp://h/a",
            "-c:v libx264 -preset veryslow -keep_up -f rtsp rtsp://h/a",
            "-preset veryslow -f rtsp rtsp://h/a",
            "-c:v libx264 -preset veryslow out.flv",
        ] {
            assert!(!told(line), "{line}");
        }
    }

    #[test]
    fn a_look_ahead_that_takes_longer_than_the_lag_is_warned_of() {
        let warned = |line: &str| {
            let line = format!("-re -i in -r 25 {line} out.flv");
            let plan = planned(&line, &[input(vec![video("h264")])]).unwrap_or_default();
            plan.diagnostics.iter().any(|d| d.to_string().contains("frames ahead: no picture"))
        };
        for line in ["-x264-params keyint=50:rc-lookahead=50", "-x264-params rc-lookahead=30 -max_lag 1"] {
            assert!(warned(&format!("-c:v libx264 {line} -keep_up")), "{line}");
            assert!(!warned(&format!("-c:v libx264 {line}")), "{line}");
        }
        for line in ["-x264-params rc-lookahead=20", "-preset veryslow", "-tune zerolatency"] {
            assert!(!warned(&format!("-c:v libx264 {line} -keep_up")), "{line}");
        }
        assert_eq!(named_look_ahead(&options(&[("rc-lookahead", "60")])), Some(60));
    }
}
