//! What the user asked of one input.

use super::{Assigned, AvOption, InputGap, LiveSpec, PerStream, SeldomInput};
use crate::diagnostic::Origin;
use crate::unit::Rational;

/// What `-discard` has for all packets of a stream.
pub const DISCARD_ALL: i32 = 48;

/// One input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// The URL; `-` is already `pipe:`.
    pub url: String,
    /// Where the URL stands in the command line.
    pub origin: Origin,
    /// `-f`.
    pub format: Option<Assigned<String>>,
    /// `-ss`, microseconds.
    pub start_us: Option<i64>,
    /// `-sseof`, microseconds, negative or zero.
    pub start_from_end_us: Option<i64>,
    /// `-t`, microseconds.
    pub duration_us: Option<i64>,
    /// `-to`, microseconds.
    pub stop_us: Option<i64>,
    /// `-itsoffset`, microseconds.
    pub ts_offset_us: i64,
    /// `-stream_loop`: repetitions after the first pass; -1 is for ever.
    pub stream_loop: i32,
    /// `-re`, `-readrate`, `-readrate_initial_burst`, `-readrate_catchup`.
    pub read_rate: Option<ReadRate>,
    /// `-accurate_seek`/`-noaccurate_seek`.
    pub accurate_seek: bool,
    /// `-seek_timestamp`.
    pub seek_timestamp: bool,
    /// `-autorotate`/`-noautorotate`.
    pub autorotate: PerStream<bool>,
    /// `-reinit_filter`: rebuild the filtergraph when the format changes.
    pub reinit_filter: PerStream<bool>,
    /// `-c`: decoder by name.
    pub codec: PerStream<String>,
    /// `-r`.
    pub frame_rate: PerStream<Rational>,
    /// `-s`, as typed (`320x240`, `hd720`).
    pub size: PerStream<String>,
    /// `-pix_fmt`.
    pub pixel_format: PerStream<String>,
    /// `-ar`.
    pub sample_rate_hz: PerStream<i32>,
    /// `-ac`.
    pub channels: PerStream<i32>,
    /// `-channel_layout`/`-ch_layout`.
    pub channel_layout: PerStream<String>,
    /// `-sample_fmt`.
    pub sample_format: PerStream<String>,
    /// `-tag`.
    pub tag: PerStream<String>,
    /// `-hwaccel`.
    pub hwaccel: PerStream<String>,
    /// `-guess_layout_max`.
    pub guess_layout_max: PerStream<i32>,
    /// `-vn`.
    pub no_video: bool,
    /// `-an`.
    pub no_audio: bool,
    /// `-sn`.
    pub no_subtitle: bool,
    /// `-dn`.
    pub no_data: bool,
    /// `-bitexact`.
    pub bitexact: bool,
    /// `-thread_queue_size`.
    pub thread_queue_size: Option<usize>,
    /// `-find_stream_info`/`-nofind_stream_info`.
    pub find_stream_info: bool,
    /// How patient its session is.
    pub live: LiveSpec,
    /// `-on_input_gap`.
    pub on_gap: InputGap,
    /// FFmpeg's own options, in order.
    pub options: Vec<AvOption>,
    /// What is typed seldom.
    pub seldom: SeldomInput,
}

impl InputSpec {
    /// Each packet gets the time at which it came.
    pub fn takes_arrival_for_time(&self) -> bool {
        let typed = self.options.iter().rfind(|option| option.name == "use_wallclock_as_timestamps");
        typed.is_some_and(|option| option.value != "0" && option.value != "false")
    }

    /// An input without options.
    pub fn new(url: impl Into<String>, origin: Origin) -> Self {
        Self {
            url: url.into(),
            origin,
            format: None,
            start_us: None,
            start_from_end_us: None,
            duration_us: None,
            stop_us: None,
            ts_offset_us: 0,
            stream_loop: 0,
            read_rate: None,
            accurate_seek: true,
            seek_timestamp: false,
            autorotate: PerStream::default(),
            reinit_filter: PerStream::default(),
            codec: PerStream::default(),
            frame_rate: PerStream::default(),
            size: PerStream::default(),
            pixel_format: PerStream::default(),
            sample_rate_hz: PerStream::default(),
            channels: PerStream::default(),
            channel_layout: PerStream::default(),
            sample_format: PerStream::default(),
            tag: PerStream::default(),
            hwaccel: PerStream::default(),
            guess_layout_max: PerStream::default(),
            no_video: false,
            no_audio: false,
            no_subtitle: false,
            no_data: false,
            bitexact: false,
            thread_queue_size: None,
            find_stream_info: true,
            live: LiveSpec::default(),
            on_gap: InputGap::Hold,
            options: Vec::new(),
            seldom: SeldomInput::default(),
        }
    }
}

/// How fast an input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRate {
    /// Seconds of media per second of time.
    pub rate: Rational,
    /// Media read at once at the start, in microseconds.
    pub initial_burst_us: i64,
    /// The same as `rate` while a delay is caught up; `None`: as fast as it goes.
    pub catch_up: Option<Rational>,
}
