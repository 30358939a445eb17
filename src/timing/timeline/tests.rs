//! Laws of the timeline: spacing is kept, jumps leave sound and pictures in step, loops leave no hole.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

const TS: Rational = Rational::new(1, 90_000);
/// 25 frames a second in 1/90000.
const FRAME: i64 = 3600;
/// 1024 samples at 48 kHz in 1/90000.
const SOUND: i64 = 1920;
const VIDEO: usize = 0;
const AUDIO: usize = 1;

fn video(time_base: Rational) -> StreamTiming {
    StreamTiming {
        kind: MediaKind::Video,
        time_base,
        wrap_bits: 33,
        forced_frame_rate: None,
        avg_frame_rate: Rational::new(25, 1),
        video_delay: 0,
        sample_rate_hz: 0,
        frame_samples: 0,
        decoded: false,
        copied: false,
        begins_when_shown: true,
        scale: None,
        starts_at: None,
        stands: false,
        tells_only_display: false,
    }
}

fn audio(time_base: Rational) -> StreamTiming {
    StreamTiming {
        kind: MediaKind::Audio,
        avg_frame_rate: Rational::UNKNOWN,
        sample_rate_hz: 48_000,
        frame_samples: 1024,
        ..video(time_base)
    }
}

fn settings(may_jump: bool) -> TimelineSettings {
    TimelineSettings {
        offset_us: 0,
        start_time_us: None,
        copy_timestamps: false,
        may_jump,
        delta_threshold_us: 10 * MICROS_PER_SECOND,
        error_threshold_us: 30 * 3600 * MICROS_PER_SECOND,
        rebases: false,
        pre_roll: PreRoll::Unknown,
    }
}

fn transport_stream() -> Timeline {
    Timeline::new(settings(true), vec![video(TS), audio(TS)])
}

fn stamp(timeline: &mut Timeline, stream: usize, time: i64, duration: i64) -> Stamped {
    timeline.stamp(stream, PacketTimes { pts: Some(time), dts: Some(time), duration, ..PacketTimes::default() })
}

/// A piece of an input with a clock of its own: both streams begin at `origin`.
#[derive(Clone, Debug)]
struct Segment {
    frames: i64,
    /// From the end of the piece before to the beginning of this one, by the clock.
    jump: i64,
    sound_first: bool,
}

impl Segment {
    /// Stream and time since the piece's beginning of each packet, interleaved by time.
    fn packets(&self) -> Vec<(usize, i64)> {
        let length = self.frames * FRAME;
        let pictures = (0..self.frames).map(|n| (VIDEO, n * FRAME));
        let sound = (0..).map(|n| (AUDIO, n * SOUND)).take_while(|(_, t)| *t < length);
        let mut all: Vec<(usize, i64)> = pictures.chain(sound).collect();
        all.sort_by_key(|(stream, t)| (*t, (*stream == VIDEO) == self.sound_first));
        all
    }
}

/// A packet that went through: its piece, its clock's time and the job's, in ticks.
#[derive(Clone, Copy, Debug)]
struct Passed {
    piece: usize,
    raw: i64,
    out: i64,
}

/// Sends the pieces through a timeline; what passed, by stream, and how many packets of each were left out.
fn pass(segments: &[Segment]) -> ([Vec<Passed>; 2], [usize; 2]) {
    let mut timeline = transport_stream();
    let (mut passed, mut left_out) = ([Vec::new(), Vec::new()], [0, 0]);
    let mut clock = 30_000 * 90_000;
    for (piece, segment) in segments.iter().enumerate() {
        clock += if piece == 0 { 0 } else { segment.jump };
        for (stream, t) in segment.packets() {
            let duration = if stream == VIDEO { FRAME } else { SOUND };
            let stamped = stamp(&mut timeline, stream, clock + t, duration);
            if stamped.overlaps {
                left_out[stream] += 1;
            } else {
                passed[stream].push(Passed { piece, raw: clock + t, out: stamped.dts.unwrap() });
            }
        }
        clock += segment.frames * FRAME;
    }
    (passed, left_out)
}

fn jumping() -> impl Strategy<Value = Vec<Segment>> {
    // By seconds: forward beyond the threshold, or backward; the clock stays within its 33 bits.
    let jump =
        prop_oneof![11i64..5000, -2000i64..-1].prop_flat_map(|s| (0i64..90_000).prop_map(move |t| s * 90_000 + t));
    let segment =
        (1i64..60, jump, any::<bool>()).prop_map(|(frames, jump, sound_first)| Segment { frames, jump, sound_first });
    prop::collection::vec(segment, 1..8)
}

proptest! {
    #[test]
    fn without_jumps_every_distance_is_kept(
        start in 0i64..1 << 32, lag in -9000i64..9000, steps in prop::collection::vec(1i64..9 * 90_000, 1..100),
    ) {
        let mut timeline = transport_stream();
        let mut clock = start + 9000;
        for step in steps {
            clock += step;
            prop_assert_eq!(stamp(&mut timeline, VIDEO, clock, 0).dts, Some(clock));
            prop_assert_eq!(stamp(&mut timeline, AUDIO, clock + lag, 0).dts, Some(clock + lag));
        }
        prop_assert_eq!(timeline.jumps(), 0);
    }

    #[test]
    fn after_jumps_no_stream_steps_back_by_more_than_jitter(segments in jumping()) {
        for packets in pass(&segments).0 {
            for pair in packets.windows(2) {
                prop_assert!(pair[1].out - pair[0].out > -9000, "{pair:?}");
            }
        }
    }

    #[test]
    fn within_a_piece_pictures_keep_their_distances_exactly(segments in jumping()) {
        let (passed, left_out) = pass(&segments);
        prop_assert_eq!(left_out[VIDEO], 0);
        for pair in passed[VIDEO].windows(2).filter(|pair| pair[0].piece == pair[1].piece) {
            prop_assert_eq!(pair[1].out - pair[0].out, pair[1].raw - pair[0].raw);
        }
    }

    #[test]
    fn pictures_go_on_at_a_joint_as_if_nothing_had_been(segments in jumping()) {
        for pair in pass(&segments).0[VIDEO].windows(2) {
            let step = pair[1].out - pair[0].out;
            // One packet of sound at the most, where the sound led into the new piece.
            prop_assert!((FRAME - 1..=FRAME + SOUND + 1).contains(&step), "{step} at {pair:?}");
        }
    }

    #[test]
    fn sound_and_pictures_stay_in_step_over_jumps(segments in jumping()) {
        let (passed, _) = pass(&segments);
        for piece in 0..segments.len() {
            let shift = |stream: usize| passed[stream].iter().filter(|p| p.piece == piece).map(|p| p.out - p.raw).next_back();
            if let (Some(v), Some(a)) = (shift(VIDEO), shift(AUDIO)) {
                prop_assert!((v - a).abs() < FRAME, "piece {piece}: pictures moved by {v}, sound by {a}");
            }
        }
    }

    #[test]
    fn at_each_joint_at_most_two_packets_of_sound_are_left_out(segments in jumping()) {
        let (_, left_out) = pass(&segments);
        prop_assert!(left_out[AUDIO] <= 2 * (segments.len() - 1), "{left_out:?} in {} pieces", segments.len());
    }

    #[test]
    fn a_clock_that_wraps_goes_on(frames in 2i64..200, before in 1i64..150, sound_first: bool) {
        let mut timeline = transport_stream();
        let segment = Segment { frames, jump: 0, sound_first };
        let wrap = 1i64 << 33;
        let begin = wrap - before * FRAME / 2;
        let mut last = [None; 2];
        for (stream, t) in segment.packets() {
            let raw = (begin + t) % wrap;
            let duration = if stream == VIDEO { FRAME } else { SOUND };
            let stamped = stamp(&mut timeline, stream, raw, duration);
            prop_assert!(!stamped.overlaps);
            let out = stamped.dts.unwrap();
            if let Some(last) = last[stream].replace(out) {
                prop_assert!((out - last - duration).abs() <= 1, "a step of {} in stream {stream}", out - last);
            }
        }
    }

    #[test]
    fn loops_repeat_the_pictures_without_a_seam(frames in 1i64..100, packets in 1i64..200, passes in 2usize..5) {
        let (video_base, audio_base) = (Rational::new(1, 12_800), Rational::new(1, 48_000));
        let mut timeline = Timeline::new(settings(false), vec![video(video_base), audio(audio_base)]);
        let mut last = None;
        for pass in 0..passes {
            for n in 0..frames {
                let out = stamp(&mut timeline, VIDEO, n * 512, 512).dts.unwrap();
                prop_assert_eq!(out, last.map_or(0, |last: i64| last + 512), "frame {} of pass {}", n, pass);
                last = Some(out);
            }
            for n in 0..packets {
                stamp(&mut timeline, AUDIO, n * 1024, 1024);
            }
            timeline.seam();
        }
    }

    #[test]
    fn loops_trim_sound_that_overlaps_and_tell_of_holes(
        frames in 1i64..100, packets in 1i64..200, passes in 2i64..5, decoded: bool, copied: bool,
    ) {
        let (video_base, audio_base) = (Rational::new(1, 12_800), Rational::new(1, 48_000));
        let sound = StreamTiming { decoded, copied, ..audio(audio_base) };
        let mut timeline = Timeline::new(settings(false), vec![video(video_base), sound]);
        // A decoder alone cuts by itself, and gets the packet before the first one that is heard.
        let most = if decoded && !copied { 2047 } else { 512 };
        let period = frames * 1920;
        let mut end: Option<i64> = None;
        for pass in 0..passes {
            for n in 0..frames {
                stamp(&mut timeline, VIDEO, n * 512, 512);
            }
            for n in 0..packets {
                let stamped = stamp(&mut timeline, AUDIO, n * 1024, 1024);
                let out = stamped.dts.unwrap();
                prop_assert_eq!(out, pass * period + n * 1024);
                let gap = end.map_or(0, |end| out - end);
                prop_assert_eq!(stamped.overlaps, gap < -most, "gap {}", gap);
                if stamped.overlaps {
                    continue;
                }
                prop_assert_eq!(stamped.hole, end.filter(|_| gap > 1024).map(|end| (end, out)));
                end = Some(end.unwrap_or(0).max(out + 1024));
            }
            timeline.seam();
        }
    }
}

/// A packet's time and length, and what its decoder cuts off it.
type SoundPacket = (i64, i64, (u32, u32));

/// Passes of sound: where each packet begins to be heard, and where the last one ends.
fn looped_sound(decoded: bool, passes: &[&[SoundPacket]]) -> (Vec<i64>, i64) {
    let base = Rational::new(1, 48_000);
    let mut timeline = Timeline::new(settings(false), vec![StreamTiming { decoded, ..audio(base) }]);
    let (mut heard, mut end) = (Vec::new(), 0);
    for pass in passes {
        for (at, duration, trimmed) in *pass {
            let times = PacketTimes { pts: Some(*at), dts: Some(*at), duration: *duration, trimmed: *trimmed };
            let stamped = timeline.stamp(0, times);
            assert!(!stamped.overlaps && stamped.hole.is_none(), "{stamped:?}");
            heard.push(stamped.pts.unwrap() + i64::from(trimmed.0));
            end = stamped.pts.unwrap() + duration - i64::from(trimmed.1);
        }
        timeline.seam();
    }
    (heard, end)
}

#[test]
fn looped_sound_goes_on_where_it_is_heard_to_end() {
    let mp3: &[SoundPacket] = &[(0, 1024, (1000, 0)), (1024, 1024, (0, 0)), (2048, 1024, (0, 500))];
    let (heard, end) = looped_sound(true, &[mp3, mp3, mp3]);
    assert_eq!(heard, [1000, 1024, 2048, 2572, 2596, 3620, 4144, 4168, 5192]);
    assert_eq!(end, 1000 + 3 * 1572);
    // Sought to its beginning, MP4 leaves out the packet that is for the decoder alone.
    let first: &[SoundPacket] = &[(-1024, 1024, (1024, 0)), (0, 1024, (0, 0)), (1024, 136, (0, 0))];
    let (heard, end) = looped_sound(true, &[first, &first[1..], &first[1..]]);
    assert_eq!(heard, [0, 0, 1024, 1160, 2184, 2320, 3344]);
    assert_eq!(end, 3 * 1160);
    // Its last packet is told to be as long as what is heard of it, by newer ones twice.
    let twice: &[SoundPacket] = &[(0, 1024, (0, 0)), (1024, 136, (0, 888))];
    let (heard, _) = looped_sound(true, &[twice, twice]);
    assert_eq!(heard, [0, 1024, 1160, 2184]);
    // Copied packets are whole.
    let (heard, _) = looped_sound(false, &[first, &first[1..], &first[1..]]);
    assert_eq!(heard, [0, 0, 1024, 2048, 3072, 4096, 5120]);
}

#[test]
fn jumps_are_counted_once_for_all_streams() {
    let mut timeline = transport_stream();
    for (stream, time) in [(VIDEO, 0), (AUDIO, 0), (VIDEO, 90_000_000), (AUDIO, 90_000_000)] {
        stamp(&mut timeline, stream, time, if stream == VIDEO { FRAME } else { SOUND });
    }
    assert_eq!(timeline.jumps(), 1);
}

#[test]
fn a_gap_below_the_threshold_stays_a_gap() {
    let mut timeline = transport_stream();
    for time in [0, FRAME, 9 * 90_000] {
        assert_eq!(stamp(&mut timeline, VIDEO, time, FRAME).dts, Some(time));
    }
    assert_eq!(timeline.jumps(), 0);
}

#[test]
fn with_copyts_nothing_is_moved() {
    let mut timeline =
        Timeline::new(TimelineSettings { copy_timestamps: true, ..settings(true) }, vec![video(TS), audio(TS)]);
    for time in [0, 90_000_000, 45_000, 1 << 32] {
        assert_eq!(stamp(&mut timeline, VIDEO, time, FRAME).dts, Some(time));
    }
}

#[test]
fn packets_without_dts_get_an_estimate_that_follows_the_stream() {
    let mut timeline = transport_stream();
    stamp(&mut timeline, VIDEO, 90_000, FRAME);
    let none = PacketTimes { pts: None, dts: None, duration: FRAME, ..PacketTimes::default() };
    let us: Vec<i64> = (0..3).map(|_| timeline.stamp(VIDEO, none).dts_us).collect();
    assert_eq!(us, [1_040_000, 1_080_000, 1_120_000]);
}

proptest! {
    /// Matroska behind a seek: pictures with B-frames, the first ones without a decoding time, before the job's zero.
    #[test]
    fn a_guessed_time_is_nothing_to_jump_against(
        start in -200i64..200, without in 1usize..5, delay in 0i32..4, begins_when_shown: bool, may_jump: bool,
    ) {
        let timing = StreamTiming { video_delay: delay, begins_when_shown, ..video(TS) };
        let mut timeline = Timeline::new(settings(may_jump), vec![timing]);
        for n in 0..20 {
            let dts = (start + n as i64) * FRAME;
            let packet = PacketTimes { pts: Some(dts + FRAME), dts: (n >= without).then_some(dts), duration: FRAME, ..PacketTimes::default() };
            let stamped = timeline.stamp(VIDEO, packet);
            prop_assert_eq!((stamped.pts, stamped.dts), (packet.pts, packet.dts));
        }
        prop_assert_eq!(timeline.jumps(), 0);
    }
}

fn live() -> Timeline {
    Timeline::new(TimelineSettings { rebases: true, ..settings(false) }, vec![video(TS), audio(TS)])
}

#[test]
fn a_splice_goes_on_where_it_is_told_and_keeps_streams_in_step() {
    let mut timeline = live();
    for n in 0..10 {
        stamp(&mut timeline, VIDEO, 9_000_000 + n * FRAME, FRAME);
        stamp(&mut timeline, AUDIO, 9_000_000 + n * SOUND, SOUND);
    }
    timeline.splice(60_000_000, Some(0));
    let second = |t: i64| t * 90_000;
    assert_eq!(stamp(&mut timeline, VIDEO, 500, FRAME).dts, Some(second(60)));
    assert_eq!(stamp(&mut timeline, AUDIO, 400, SOUND).dts, Some(second(60) - 100));
    assert_eq!(stamp(&mut timeline, VIDEO, 500 + FRAME, FRAME).dts, Some(second(60) + FRAME));
}

#[test]
fn sound_that_overlaps_a_splice_is_left_out() {
    let mut timeline = live();
    stamp(&mut timeline, VIDEO, 0, FRAME);
    stamp(&mut timeline, AUDIO, 0, 5 * SOUND);
    timeline.splice(FRAME * 100 / 9, None);
    assert!(!stamp(&mut timeline, VIDEO, 0, FRAME).overlaps);
    assert!(stamp(&mut timeline, AUDIO, 0, SOUND).overlaps);
    let later = stamp(&mut timeline, AUDIO, 5 * SOUND, SOUND);
    assert!(!later.overlaps && later.hole.is_none());
}

#[test]
fn sound_set_back_by_a_sender_report_gives_way_without_a_step_back() {
    let mut timeline = live();
    let mut last = -1;
    for n in 0..100 {
        stamp(&mut timeline, VIDEO, n * FRAME, FRAME);
        // From the tenth packet on the sound is 0.3 s earlier.
        let time = n * SOUND - if n >= 10 { 27_000 } else { 0 };
        let stamped = stamp(&mut timeline, AUDIO, time, SOUND);
        if !stamped.overlaps {
            assert!(stamped.dts.unwrap() > last && stamped.dts == Some(time));
            last = stamped.dts.unwrap();
        }
    }
    assert_eq!(last, 99 * SOUND - 27_000);
    assert_eq!(timeline.jumps(), 0);
}

#[test]
fn pictures_set_back_go_on_and_sound_is_set_forward() {
    let mut timeline = live();
    for n in 0..50 {
        // From the tenth picture on the pictures are 0.3 s earlier.
        let set_back = if n >= 10 { 27_000 } else { 0 };
        assert_eq!(stamp(&mut timeline, VIDEO, n * FRAME - set_back, FRAME).dts, Some(n * FRAME));
        let sound = stamp(&mut timeline, AUDIO, n * FRAME, SOUND).dts;
        assert_eq!(sound, Some(n * FRAME + set_back));
    }
}

/// The times of so many packets of a stream, from a time on.
fn run(timeline: &mut Timeline, stream: usize, first: i64, packets: i64, length: i64) -> Vec<i64> {
    (0..packets).map(|n| stamp(timeline, stream, first + n * length, length).pts.unwrap()).collect()
}

#[test]
fn a_pass_that_begins_later_than_those_behind_it_is_followed_without_overlap() {
    let sought = StreamTiming { starts_at: Some(0), ..video(TS) };
    let mut timeline = Timeline::new(settings(false), vec![sought]);
    let mut times = run(&mut timeline, 0, 25 * FRAME, 25, FRAME);
    for _ in 0..2 {
        timeline.seam();
        times.extend(run(&mut timeline, 0, 0, 50, FRAME));
    }
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == FRAME), "{times:?}");
}

#[test]
fn a_cover_does_not_tell_how_long_a_pass_is() {
    let cover = StreamTiming { stands: true, ..video(TS) };
    let mut timeline = Timeline::new(settings(false), vec![cover, audio(TS)]);
    let mut times = Vec::new();
    for _ in 0..3 {
        stamp(&mut timeline, VIDEO, 0, FRAME);
        times.extend(run(&mut timeline, AUDIO, 0, 40, SOUND));
        timeline.seam();
    }
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == SOUND), "{times:?}");
}

#[test]
fn a_hole_that_is_no_seam_s_is_not_filled() {
    for (minutes, filled) in [(1, true), (2, false)] {
        let mut timeline = Timeline::new(settings(false), vec![video(TS), audio(TS)]);
        run(&mut timeline, VIDEO, 0, minutes * 60 * 25, FRAME);
        run(&mut timeline, AUDIO, 0, 40, SOUND);
        timeline.seam();
        assert_eq!(stamp(&mut timeline, AUDIO, 0, SOUND).hole.is_some(), filled, "{minutes} min");
    }
}

#[test]
fn a_clock_that_returns_leaves_no_hole() {
    let mut timeline = Timeline::new(settings(false), vec![video(TS), audio(TS)]);
    let mut out = [Vec::new(), Vec::new()];
    // Frames 50 to 99 tell times as if they were the first fifty.
    for frame in 0..200 {
        let at = if (50..100).contains(&frame) { frame - 50 } else { frame };
        for stream in [VIDEO, AUDIO] {
            out[stream].push(stamp(&mut timeline, stream, at * FRAME, FRAME).dts.unwrap());
        }
    }
    for stream in out {
        assert_eq!(stream, (0..200).map(|frame| frame * FRAME).collect::<Vec<_>>());
    }
}

/// Files of two seconds, one behind the other by the clock, of which one stream is a third of a second longer.
#[test]
fn of_joined_files_whose_streams_differ_in_length_neither_runs_away() {
    for longer in [VIDEO, AUDIO] {
        let mut timeline = transport_stream();
        let mut ends = [0, 0];
        for piece in 0..12 {
            let packets = |stream: usize, length: i64| {
                let ticks = if stream == longer { 210_000 } else { 180_000 };
                (0..ticks / length).map(move |n| (n * length, stream, length))
            };
            let mut all: Vec<_> = packets(VIDEO, FRAME).chain(packets(AUDIO, SOUND)).collect();
            all.sort_unstable();
            for (at, stream, length) in all {
                let told = stamp(&mut timeline, stream, piece * 180_000 + at, length).dts.unwrap();
                assert!(told >= ends[stream] - 1, "stream {stream} steps back");
                ends[stream] = told + length;
            }
        }
        let apart = (ends[VIDEO] - ends[AUDIO]).abs();
        assert!(apart < 40_000, "{apart} ticks apart where stream {longer} is longer");
    }
}

#[test]
fn a_time_far_ahead_may_be_astray() {
    for (may_jump, in_real_time, far) in [(false, false, 3), (true, false, 3), (false, true, 62)] {
        let mut timeline = Timeline::new(settings(may_jump), vec![video(TS)]);
        let at = |seconds: i64| PacketTimes {
            pts: None,
            dts: Some(seconds * 90_000),
            duration: FRAME,
            ..PacketTimes::default()
        };
        assert!(!timeline.may_be_astray(VIDEO, at(500), in_real_time), "the first one may be anywhere");
        timeline.stamp(VIDEO, at(1));
        assert!(!timeline.may_be_astray(VIDEO, at(far - 1), in_real_time));
        assert!(timeline.may_be_astray(VIDEO, at(far), in_real_time));
        assert_eq!(timeline.may_be_astray(VIDEO, at(500), in_real_time), !may_jump, "a jump");
    }
}

/// A time as a damaged file may tell it.
fn any_time() -> impl Strategy<Value = Option<i64>> {
    let ends = prop::sample::select(vec![i64::MIN + 1, i64::MIN / 2, i64::MAX / 2, i64::MAX]);
    prop_oneof![Just(None), (-100_000i64..100_000).prop_map(Some), any::<i64>().prop_map(Some), ends.prop_map(Some)]
}

/// A decoded input whose pre-roll is known like this, with a second of pictures and sound behind it.
fn after_a_second(pre_roll: PreRoll) -> Timeline {
    let mut timeline = Timeline::new(TimelineSettings { pre_roll, ..settings(false) }, vec![video(TS), audio(TS)]);
    for (stream, step) in [(VIDEO, FRAME), (AUDIO, SOUND)] {
        for n in 0..90_000 / step {
            stamp(&mut timeline, stream, n * step, step);
        }
    }
    timeline
}

#[test]
fn what_an_edit_is_decoded_from_keeps_its_place_before_the_edit() {
    for (stream, step) in [(VIDEO, FRAME), (AUDIO, SOUND)] {
        let mut timeline = after_a_second(PreRoll::Marked);
        let mut read = |time: i64, trimmed| {
            timeline.stamp(stream, PacketTimes { pts: Some(time), dts: Some(time), duration: step, trimmed })
        };
        let end = 90_000 / step * step;
        for n in -20..0 {
            let stamped = read(end + n * step, PacketTimes::ALL_TRIMMED);
            assert_eq!((stamped.pts, stamped.pre_roll), (Some(end + n * step), true));
        }
        for n in 0..20 {
            let stamped = read(end + n * step, (0, 0));
            assert_eq!((stamped.pts, stamped.pre_roll, stamped.overlaps), (Some(end + n * step), false, false));
        }
        assert_eq!(timeline.jumps(), 0);
    }
}

#[test]
fn a_piece_of_a_list_is_cut_at_its_in_point() {
    for (stream, step) in [(VIDEO, FRAME), (AUDIO, SOUND)] {
        let mut timeline = after_a_second(PreRoll::Listed);
        let end = 90_000 / step * step;
        // Half a packet off the grid, as pieces of other files are.
        let places: Vec<i64> = (-20..20).map(|n| end + n * step + step / 2).collect();
        for at in places {
            let stamped = stamp(&mut timeline, stream, at, step);
            assert_eq!((stamped.pts, stamped.pre_roll), (Some(at), at + step <= end), "{at}");
        }
        assert_eq!(timeline.jumps(), 0);
        // The next piece has none.
        let stamped = stamp(&mut timeline, stream, end + 20 * step, step);
        assert!(!stamped.pre_roll);
    }
}

#[test]
fn a_step_back_is_a_jump_where_no_edit_is_known() {
    for pre_roll in [PreRoll::Unknown, PreRoll::Marked] {
        let mut timeline = after_a_second(pre_roll);
        let stamped = stamp(&mut timeline, VIDEO, 0, FRAME);
        assert_eq!((stamped.pts, stamped.pre_roll, timeline.jumps()), (Some(90_000), false, 1));
    }
}

proptest! {
    #[test]
    fn no_time_is_too_much(
        packets in prop::collection::vec((0usize..4, any_time(), any_time(), any_time(), 0u32..9), 0..60),
        (may_jump, copy_timestamps, rebases) in any::<(bool, bool, bool)>(), start_time_us in any_time(), offset_us in any_time(),
    ) {
        let settings = TimelineSettings {
            copy_timestamps, rebases, start_time_us, offset_us: offset_us.unwrap_or(0), ..settings(may_jump)
        };
        let reordered = StreamTiming { video_delay: 2, tells_only_display: true, ..video(TS) };
        let scaled = StreamTiming { scale: Some(Rational::new(2, 1)), wrap_bits: 0, decoded: true, begins_when_shown: false, ..audio(TS) };
        let mut timeline = Timeline::new(settings, vec![video(TS), audio(TS), reordered, scaled]);
        for (stream, pts, dts, duration, event) in packets {
            match event {
                0 => timeline.seam(),
                1 => timeline.splice(timeline.end_us().unwrap_or(0), start_time_us),
                _ => {}
            }
            let times = PacketTimes { pts, dts, duration: duration.unwrap_or(0).max(0), trimmed: (event, event) };
            let _ = timeline.may_be_astray(stream, times, rebases);
            prop_assert_eq!(timeline.stamp(stream, times).pts.is_some(), pts.is_some());
        }
    }
}
