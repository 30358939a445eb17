//! RTP, and MP4 that begins with its header, say once of AAC what each frame says in MPEG-TS (ADTS): copied from there, it gets the
//! header that it lacks.

use crate::diagnostic::Diagnostic;
use crate::facts::StreamFacts;
use crate::plan::{Choice, Context, OutputDraft, codec_options};
use crate::spec::OutputSpec;

/// Takes the header off each frame.
const FILTER: &str = "aac_adtstoasc";

/// FFmpeg's numbers of the profiles that the header tells apart (one less than the standard's object types).
const LOW_COMPLEXITY: i32 = 1;
const HIGH_EFFICIENCY: i32 = 4;
const HIGH_EFFICIENCY_2: i32 = 28;

/// Sample rates by their number (ISO/IEC 14496-3, table 1.18).
const RATES_HZ: [i32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

pub(super) fn apply(context: &Context, index: usize, draft: &mut OutputDraft, _diagnostics: &mut Vec<Diagnostic>) {
    let wants_header = match draft.muxer.name.as_str() {
        "rtsp" | "rtp" => true,
        "mp4" | "mov" | "ipod" | "f4v" | "ismv" => begins_with_header(&context.spec.outputs[index]),
        _ => false,
    };
    if !wants_header {
        return;
    }
    for stream in &mut draft.streams {
        let Some(source) = stream.source.input().map(|(input, stream)| &context.facts[input].streams[stream]) else {
            continue;
        };
        if matches!(stream.choice, Choice::Copy) && source.codec == "aac" && !source.has_extradata {
            stream.header = header(source);
            stream.bitstream_filters = stream.header.is_some().then(|| FILTER.to_owned());
        }
    }
}

/// `-movflags empty_moov`: the header is written before the first packet.
fn begins_with_header(spec: &OutputSpec) -> bool {
    let mut options = Vec::new();
    codec_options::merge(&mut options, spec.options.iter().filter(|option| option.name == "movflags"));
    let has = |flag: &str| options.iter().any(|(_, flags)| flags.split(['+', '|']).any(|part| part == flag));
    has("empty_moov") && !has("delay_moov")
}

/// The AudioSpecificConfig (ISO/IEC 14496-3, section 1.6) of such a stream, where two bytes can tell it.
fn header(source: &StreamFacts) -> Option<Vec<u8>> {
    // What spectral band replication and parametric stereo add is found in the frames.
    let (object, rate_hz, channels) = match source.profile {
        HIGH_EFFICIENCY => (LOW_COMPLEXITY + 1, source.sample_rate_hz / 2, source.channels),
        HIGH_EFFICIENCY_2 => (LOW_COMPLEXITY + 1, source.sample_rate_hz / 2, 1),
        profile @ 0..=3 => (profile + 1, source.sample_rate_hz, source.channels),
        profile if profile < 0 => (LOW_COMPLEXITY + 1, source.sample_rate_hz, source.channels),
        _ => return None,
    };
    let rate = RATES_HZ.iter().position(|hz| *hz == rate_hz)?;
    let layout = match channels {
        1..=6 => channels,
        8 => 7,
        _ => return None,
    };
    let bits = u16::try_from(object << 11 | i32::try_from(rate).ok()? << 7 | layout << 3).ok()?;
    Some(bits.to_be_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::facts::InputFacts;
    use crate::plan::Treatment;
    use crate::plan::testing::{audio, input, planned, video};

    fn ts() -> [InputFacts; 1] {
        let mut sound = audio("aac");
        (sound.has_extradata, sound.profile) = (false, LOW_COMPLEXITY);
        [input(vec![video("h264"), sound])]
    }

    fn of_sound(line: &str, facts: &[InputFacts]) -> (Option<Vec<u8>>, Option<String>) {
        let plan = planned(line, facts).unwrap();
        let stream = &plan.outputs[0].streams[1];
        let Treatment::Copy(copy) = &stream.treatment else { return (None, None) };
        (copy.header.clone(), stream.bitstream_filters.clone())
    }

    #[test]
    fn frames_with_headers_are_sent_by_rtp_with_one_for_all() {
        let made = of_sound("-i a -c copy -f rtsp rtsp://h/a", &ts());
        assert_eq!(made, (Some(vec![0x11, 0x90]), Some(FILTER.to_owned())));
        let own = of_sound("-i a -c copy -bsf:a null -f rtsp rtsp://h/a", &ts());
        assert_eq!(own.1.as_deref(), Some("null"), "the user's filter stays");
    }

    #[test]
    fn so_are_they_in_a_file_that_begins_with_its_header() {
        let made = of_sound("-i a -c copy -movflags frag_keyframe+empty_moov a.mp4", &ts());
        assert_eq!(made, (Some(vec![0x11, 0x90]), Some(FILTER.to_owned())));
        let apart = of_sound("-i a -c copy -movflags empty_moov -movflags +frag_keyframe a.mp4", &ts());
        assert_eq!(apart, made);
        let late = of_sound("-i a -c copy -movflags +frag_keyframe+empty_moov+delay_moov a.mp4", &ts());
        assert_eq!((late, of_sound("-i a -c copy a.mp4", &ts())), ((None, None), (None, None)));
    }

    #[test]
    fn nothing_is_made_where_it_is_there_or_not_needed() {
        let with_header = [input(vec![video("h264"), audio("aac")])];
        assert_eq!(of_sound("-i a -c copy -f rtsp rtsp://h/a", &with_header), (None, None));
        assert_eq!(of_sound("-i a -c copy a.mkv", &ts()), (None, None));
        assert_eq!(of_sound("-i a -c:v copy -c:a aac -f rtsp rtsp://h/a", &ts()), (None, None));
    }

    #[test]
    fn rates_profiles_and_channels_are_in_it() {
        let of = |profile, sample_rate_hz, channels| {
            header(&StreamFacts { profile, sample_rate_hz, channels, ..audio("aac") })
        };
        assert_eq!(of(LOW_COMPLEXITY, 44_100, 1), Some(vec![0x12, 0x08]));
        assert_eq!(of(-99, 48_000, 6), Some(vec![0x11, 0xb0]));
        assert_eq!(of(HIGH_EFFICIENCY, 48_000, 2), Some(vec![0x13, 0x10]));
        assert_eq!(of(HIGH_EFFICIENCY_2, 44_100, 2), Some(vec![0x13, 0x88]));
        assert_eq!(
            (of(LOW_COMPLEXITY, 50_000, 2), of(LOW_COMPLEXITY, 48_000, 7), of(38, 48_000, 2)),
            (None, None, None)
        );
    }
}
