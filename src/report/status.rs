//! The status line and the blocks of `-progress`, in the forms that programs parse.

use super::snapshot::{LiveNow, QuantiserCounts, Snapshot, VideoNow};
use crate::unit::number::{clock, fixed, general, short_time};
use std::fmt::Write;

/// The line as FFmpeg 5.1 writes it, without its line's end.
pub fn line(now: &Snapshot, last: bool) -> String {
    let mut text = String::new();
    for (index, video) in now.videos.iter().enumerate() {
        let q = video.quality;
        let _ = if index == 0 {
            let fps = now.frames_per_second();
            let decimals = usize::from(fps < 9.95);
            write!(text, "frame={:5} fps={fps:3.decimals$} q={q:3.1} ", video.frames)
        } else {
            write!(text, "q={q:2.1} ")
        };
        if index == 0 {
            text.push_str(if last { "L" } else { "" });
            text.push_str(&now.quantisers.as_ref().map_or(String::new(), QuantiserCounts::digits));
            if let Some(ratios) = ratios(video, last) {
                text.push_str("PSNR=");
                for (name, ratio) in ["Y", "U", "V", "*"].iter().zip(ratios) {
                    let _ = write!(text, "{name}:{} ", fixed(ratio, 2));
                }
            }
        }
    }
    let _ = match now.size_bytes {
        Some(bytes) => write!(text, "size={:8.0}kB time=", bytes as f64 / 1024.0),
        None => write!(text, "size=N/A time="),
    };
    text.push_str(&now.out_us.map_or("N/A".to_owned(), |us| clock(us, 2)));
    let _ = match now.kilobits_per_second() {
        Some(rate) => write!(text, " bitrate={rate:6.1}kbits/s"),
        None => write!(text, " bitrate=N/A"),
    };
    if now.duplicated > 0 || now.dropped > 0 {
        let _ = write!(text, " dup={} drop={}", now.duplicated, now.dropped);
    }
    let _ = match now.speed() {
        Some(speed) => write!(text, " speed={:>4}x", general(speed, 3)),
        None => write!(text, " speed=N/A"),
    };
    text
}

/// The signal-to-noise ratios that are told: of the last picture, or in the end of all.
fn ratios(video: &VideoNow, last: bool) -> Option<[f64; 4]> {
    if last { video.ratios.overall } else { video.ratios.latest }
}

/// A block of `-progress`: ffmpeg's keys in ffmpeg's order, then ours, then `progress=`.
pub fn block(now: &Snapshot, last: bool, own_keys: bool) -> String {
    let mut text = String::new();
    let mut put = |key: &str, value: Option<String>| {
        let _ = writeln!(text, "{key}={}", value.as_deref().unwrap_or("N/A"));
    };
    for (index, video) in now.videos.iter().enumerate() {
        if index == 0 {
            put("frame", Some(video.frames.to_string()));
            put("fps", Some(format!("{:.2}", now.frames_per_second())));
        }
        put(&format!("stream_{}_{}_q", video.output, video.stream), Some(format!("{:.1}", video.quality)));
        let ratios = ratios(video, last).filter(|_| index == 0);
        for (plane, ratio) in ["y", "u", "v", "all"].iter().zip(ratios.iter().flatten()) {
            put(&format!("stream_{}_{}_psnr_{plane}", video.output, video.stream), Some(fixed(*ratio, 2)));
        }
    }
    put("bitrate", now.kilobits_per_second().map(|rate| format!("{rate:6.1}kbits/s")));
    put("total_size", now.size_bytes.map(|bytes| bytes.to_string()));
    // ffmpeg's "ms" are microseconds too.
    put("out_time_us", now.out_us.map(|us| us.to_string()));
    put("out_time_ms", now.out_us.map(|us| us.to_string()));
    put("out_time", now.out_us.map(|us| clock(us, 6)));
    put("dup_frames", Some(now.duplicated.to_string()));
    put("drop_frames", Some(now.dropped.to_string()));
    put("speed", now.speed().map(|speed| format!("{:>4}x", general(speed, 3))));
    if own_keys {
        own(now, &mut put);
    }
    put("progress", Some(if last { "end" } else { "continue" }.to_owned()));
    text
}

/// What ffmpeg does not tell.
fn own(now: &Snapshot, put: &mut impl FnMut(&str, Option<String>)) {
    put("total_us", now.span.map(|span| span.ends_us.to_string()));
    put("percent", now.percent().map(|percent| format!("{percent:.1}")));
    put("eta_us", now.eta_us().map(|us| us.to_string()));
    if let Some(live) = &now.live {
        put("live_state", Some(live.state.name().to_owned()));
        put("live_reconnects", Some(live.reconnects.to_string()));
        put("live_dropped_packets", Some(live.dropped_packets.to_string()));
        put("live_lag_us", Some(live.lag_us.to_string()));
    }
}

/// How its sessions are.
fn live_line(now: &Snapshot, live: &LiveNow) -> String {
    let seconds = now.elapsed_us.max(1) as f64 / 1e6;
    format!(
        "{} {}, {:.0} fps, {:.0} kbits/s out, {:.1} s behind, {} packets left out, {} reconnects",
        live.state.name(),
        short_time(now.elapsed_us),
        now.frames_per_second(),
        live.sent_bytes as f64 * 8.0 / 1000.0 / seconds,
        live.lag_us as f64 / 1e6,
        live.dropped_packets,
        live.reconnects
    )
}

/// How far it is and how long it will take, or how its sessions are, for the terminal; `None` when neither is known.
pub fn extra(now: &Snapshot) -> Option<String> {
    if let Some(live) = &now.live {
        return Some(live_line(now, live));
    }
    let percent = now.percent()?;
    let total = short_time(now.span?.ends_us);
    Some(match now.eta_us() {
        Some(eta) => format!("{percent:5.1} % of {total}, {} to go", short_time(eta)),
        None => format!("{percent:5.1} % of {total}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::expected::Span;
    use crate::report::snapshot::Ratios;

    fn now() -> Snapshot {
        Snapshot {
            elapsed_us: 4_100_000,
            videos: vec![VideoNow { output: 0, stream: 0, frames: 123, quality: 28.0, ratios: Ratios::default() }],
            size_bytes: Some(262_144),
            out_us: Some(4_920_000),
            first_us: Some(0),
            quantisers: None,
            duplicated: 0,
            dropped: 0,
            span: Some(Span { begins_us: 0, ends_us: 9_840_000 }),
            complete: false,
            live: None,
        }
    }

    #[test]
    fn a_line_is_ffmpeg_s() {
        assert_eq!(
            line(&now(), false),
            "frame=  123 fps= 30 q=28.0 size=     256kB time=00:00:04.92 bitrate= 426.3kbits/s speed= 1.2x"
        );
        assert!(line(&now(), true).contains(" q=28.0 Lsize=     256kB time="));
    }

    #[test]
    fn ratios_and_quantisers_stand_behind_the_first_quality() {
        let mut now = now();
        let mut counts = QuantiserCounts::default();
        for quality in [28.0, 27.6, 28.4, 3.0, -1.0, 99.0] {
            counts.count(quality);
        }
        now.quantisers = Some(counts);
        let ratios = Ratios { latest: Some([f64::NAN; 4]), overall: Some([40.0, f64::INFINITY, 38.125, 39.0]) };
        now.videos[0].ratios = ratios;
        let digits = "00010000000000000000000000002000";
        assert!(line(&now, false).contains(&format!(" q=28.0 {digits}PSNR=Y:nan U:nan V:nan *:nan size=")));
        assert!(line(&now, true).contains(&format!(" q=28.0 L{digits}PSNR=Y:40.00 U:inf V:38.12 *:39.00 size=")));
        let keys = "_q=28.0\nstream_0_0_psnr_y=40.00\nstream_0_0_psnr_u=inf\nstream_0_0_psnr_v=38.12\n\
                    stream_0_0_psnr_all=39.00\nbitrate=";
        assert!(block(&now, true, true).contains(keys), "{}", block(&now, true, true));
    }

    #[test]
    fn sound_alone_begins_with_its_size() {
        let now = Snapshot { videos: Vec::new(), duplicated: 3, ..now() };
        assert_eq!(line(&now, true), "size=     256kB time=00:00:04.92 bitrate= 426.3kbits/s dup=3 drop=0 speed= 1.2x");
    }

    #[test]
    fn what_is_unknown_is_not_available() {
        let now = Snapshot { size_bytes: None, out_us: None, span: None, elapsed_us: 0, ..now() };
        assert_eq!(line(&now, false), "frame=  123 fps=0.0 q=28.0 size=N/A time=N/A bitrate=N/A speed=N/A");
        for key in ["bitrate", "total_size", "out_time_us", "out_time_ms", "out_time", "speed", "total_us", "eta_us"] {
            assert!(block(&now, false, true).contains(&format!("\n{key}=N/A\n")), "{key}");
        }
        assert_eq!(extra(&now), None);
    }

    #[test]
    fn keys_come_in_ffmpeg_s_order_and_ours_before_the_last() {
        let keys: Vec<String> =
            block(&now(), true, true).lines().map(|l| l.split('=').next().unwrap_or_default().to_owned()).collect();
        assert_eq!(
            keys.join(" "),
            "frame fps stream_0_0_q bitrate total_size out_time_us out_time_ms out_time dup_frames drop_frames speed \
             total_us percent eta_us progress"
        );
        let done = Snapshot { complete: true, ..now() };
        assert!(block(&done, true, true).ends_with("\npercent=100.0\neta_us=0\nprogress=end\n"));
        assert!(block(&now(), false, true).ends_with("\npercent=50.0\neta_us=4100000\nprogress=continue\n"));
        assert!(!block(&now(), false, false).contains("percent="));
    }

    #[test]
    fn every_word_of_the_line_holds_an_equals_sign_once_blanks_behind_it_are_gone() {
        let mut text = line(&now(), true);
        while text.contains("= ") {
            text = text.replace("= ", "=");
        }
        assert!(text.split_whitespace().all(|word| word.contains('=')), "{text}");
    }
}
