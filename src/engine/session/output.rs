//! The session of an output: how its connection is made, each time anew.

use super::{Failure, PeerSession, beside};
use crate::av::{AvError, BitstreamFilter, Descriptors, Dictionary, Interrupt, Muxer, Sockets, library_log};
use crate::engine::clock::microseconds;
use crate::engine::fault::StageError;
use crate::engine::leak::{KeyframeWish, LeakMeter};
use crate::unit::Rational;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Once the run is stopped a peer has this long to take what is left and to hear the goodbye.
const PATIENCE: Duration = Duration::from_millis(700);

/// What an output session is made of, before its streams are known.
pub struct PendingOutput {
    /// The peer.
    pub peer: PeerSession,
    /// Options for muxer and protocol, given to each connection.
    pub options: Vec<(String, String)>,
    /// `-bsf` by stream.
    pub filters: Vec<Option<String>>,
    /// `-muxdelay`, in microseconds.
    pub max_delay_us: i64,
    /// Packets are sent as they come, not sorted over the streams: all of it is live already.
    pub at_once: bool,
    /// Sound goes ahead as far as pictures do that are sent before their time, for others to refer to.
    pub sound_leads: bool,
    /// Told when a keyframe is waited for.
    pub wish: KeyframeWish,
    /// What the link before it left out.
    pub leak: Arc<LeakMeter>,
}

/// A connection that stands: its header is sent.
pub struct Opened {
    /// The muxer.
    pub muxer: Muxer,
    /// Bitstream filters with the time base of what they give, by stream.
    pub filters: Vec<Option<(BitstreamFilter, Rational)>>,
    /// Options that nothing took.
    pub leftover: Dictionary,
    /// What it is sent over.
    pub sockets: Sockets,
}

/// What became of an attempt to connect.
pub enum Attempt {
    /// A connection stands.
    Opened(Opened),
    /// None does.
    Failed(Failure),
    /// The run ended first.
    Over,
}

/// The session of an output whose streams are known.
pub struct OutputSession {
    /// What it is made of.
    pub parts: PendingOutput,
    /// The output with all its streams, never opened.
    template: Muxer,
    /// By stream: time base of the packets that come.
    bases: Vec<Rational>,
}

impl OutputSession {
    /// Takes over a muxer whose streams are filled and that was not opened.
    pub fn new(parts: PendingOutput, template: Muxer, bases: Vec<Rational>) -> Self {
        Self { parts, template, bases }
    }

    /// A muxer that stands for one while there is no connection.
    pub fn closed(&self) -> Result<Muxer, AvError> {
        self.template.another(&Interrupt::new())
    }

    /// True once nothing more comes for it than what waits.
    pub fn has_all(&self) -> bool {
        self.parts.leak.ended.load(Relaxed) >= self.bases.len()
    }

    /// How long a write may take.
    pub fn write_limit(&self) -> Duration {
        microseconds(self.parts.peer.plan.stall_us)
    }

    /// Makes a connection within `limit_us`; fails where that cannot even be tried.
    /// `first_us`: the time of the job that is now, for the clock that RTSP readers are told.
    pub fn open(&mut self, first_us: Option<i64>, limit_us: i64) -> Result<Attempt, StageError> {
        let interrupt = self.parts.peer.stop().output_interrupt.child(PATIENCE, true);
        let fail = |cause: AvError| Ok(Attempt::Failed(cause.into()));
        let mut muxer = match self.template.another(&interrupt) {
            Ok(muxer) => muxer,
            Err(cause) => return fail(cause),
        };
        let mut filters = Vec::new();
        for (index, description) in self.parts.filters.iter().enumerate() {
            let made = description.as_deref().map(|text| {
                let mut filter = BitstreamFilter::parse(text)?;
                let base = filter.start(&mut muxer, index, self.bases[index])?;
                muxer.set_time_base(index, base);
                Ok((filter, base))
            });
            match made.transpose() {
                Ok(filter) => filters.push(filter),
                Err(cause) => return fail(cause),
            }
        }
        if let (Some(first_us), Ok(now)) = (first_us, SystemTime::now().duration_since(UNIX_EPOCH)) {
            muxer.set_start_realtime_us(i64::try_from(now.as_micros()).unwrap_or(0) - first_us);
        }
        let mut options: Dictionary = self.parts.options.iter().map(|(k, v)| (k, v)).collect();
        let (limit, max_delay_us) = (microseconds(limit_us), self.parts.max_delay_us);
        let hushed = self.parts.peer.was_live() || self.parts.peer.plan.wait_us > 0;
        let connect = move || {
            let _hushed = hushed.then(library_log::hush);
            interrupt.begin(Some(limit));
            let before = Descriptors::now();
            let opened = muxer.open_io(&mut options).and_then(|()| {
                muxer.set_max_delay_us(max_delay_us);
                muxer.write_header(&mut options)
            });
            match opened {
                Ok(()) => Ok((muxer, options, Sockets::since(&before))),
                Err(cause) => {
                    let failure = Failure::of(cause, &interrupt);
                    muxer.abandon();
                    Err(failure)
                }
            }
        };
        let peer = &mut self.parts.peer;
        let opened = beside("connect", &peer.stop().drain, || (), connect).map_err(|why| peer.cannot_connect(&why))?;
        Ok(match opened {
            None => Attempt::Over,
            Some(Err(failure)) => Attempt::Failed(failure),
            Some(Ok((muxer, leftover, sockets))) => Attempt::Opened(Opened { muxer, filters, leftover, sockets }),
        })
    }
}
