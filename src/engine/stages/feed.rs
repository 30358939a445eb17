//! What waits in front of a filtergraph: one queue an input, emptied as the graph asks.

use super::drawing::Drawing;
use crate::av::{
    AvError, Frame, FrameShape, GraphOutput, Margins, Subtitle, linked_graphs_keep_times, linked_graphs_tell_rates,
};
use crate::facts::MediaKind;
use crate::timing::GraphLink;
use crate::unit::{Rational, rescale};
use std::collections::VecDeque;

/// Frames of an input that may wait before the input is held.
pub const AHEAD: usize = 8;

/// Frames that may wait for a graph that goes on without them; what is more is given to it all the same.
const UNASKED: usize = 32;

/// Bytes that may wait for a graph that is ahead of what it is written beside.
const MOST_BYTES: usize = 128 << 20;

/// How often a graph goes on without an input before it is taken to want no more of it.
const PASSED_OVER: u32 = 256;

/// One input of the graph.
pub struct InputSettings {
    /// Pictures or sound; subtitles that are drawn come as pictures.
    pub kind: MediaKind,
    /// Time base of its pictures.
    pub time_base: Rational,
    /// Frame rate of its pictures, or unknown.
    pub frame_rate: Rational,
    /// What its frames look like when none ever comes.
    pub expected: FrameShape,
    /// The stream's own display matrix, for frames without one.
    pub display_matrix: Option<[i32; 9]>,
    /// What the container says is to be cut off, where it is.
    pub crop: Option<Margins>,
    /// Turn pictures upright.
    pub autorotate: bool,
    /// Leave out frames of another format than the first.
    pub drop_changed: bool,
    /// Rebuild the graph when the format changes.
    pub reinit: bool,
    /// Cut before this, in microseconds.
    pub trim_start_us: Option<i64>,
    /// Cut after this length, in microseconds.
    pub trim_duration_us: Option<i64>,
    /// Filters that come before all others: names and parameters.
    pub first_filters: Vec<(String, String)>,
    /// Input and stream, for messages.
    pub index: (usize, usize),
    /// For messages.
    pub name: String,
    /// Draws the subtitles that come instead of frames.
    pub drawing: Option<Drawing>,
}

impl InputSettings {
    /// Those of what the run itself makes, a loopback decoder or another filtergraph; the clock and the shape come before the frames.
    pub fn made(kind: MediaKind, index: (usize, usize), name: String) -> Self {
        Self {
            kind,
            time_base: Rational::UNKNOWN,
            frame_rate: Rational::UNKNOWN,
            expected: FrameShape::unknown(),
            display_matrix: None,
            crop: None,
            autorotate: false,
            drop_changed: false,
            reinit: true,
            trim_start_us: None,
            trim_duration_us: None,
            first_filters: Vec::new(),
            index,
            name,
            drawing: None,
        }
    }
}

/// What an input has for the graph next.
pub(super) enum Next {
    /// A frame.
    Frame(Frame),
    /// Its end.
    End(Option<i64>),
}

/// An input of the graph with what waits for it.
pub(super) struct Input {
    pub(super) settings: InputSettings,
    /// What the graph was built for, or is to be built for.
    pub(super) shape: Option<FrameShape>,
    pub(super) source_bits: i32,
    pub(super) ends_at: Option<i64>,
    pub(super) ended: bool,
    /// The clock, where another filtergraph feeds it.
    link: Option<GraphLink>,
    /// Where the last frame of that ends, in ticks of its clock; `None` when it is not known.
    reaches: Option<i64>,
    /// The graph has been told that it ended.
    closed: bool,
    waiting: VecDeque<Frame>,
    /// How often the graph went on since it asked for it.
    passed_over: u32,
    /// Frames of another shape that were left out.
    pub(super) dropped: u64,
    /// How far the file of drawn subtitles has come.
    reached: Option<i64>,
}

impl Input {
    pub(super) fn new(settings: InputSettings) -> Self {
        Self {
            settings,
            shape: None,
            source_bits: 0,
            ends_at: None,
            ended: false,
            link: None,
            reaches: None,
            closed: false,
            waiting: VecDeque::new(),
            passed_over: 0,
            dropped: 0,
            reached: None,
        }
    }

    /// Another filtergraph feeds it, and this is what comes.
    pub(super) fn linked(&mut self, output: &GraphOutput) {
        if let Some(link) = &mut self.link {
            link.comes_in(output.time_base);
            return;
        }
        let sound = self.settings.kind == MediaKind::Audio;
        let rate = if sound { Rational::new(output.shape.sample_rate_hz, 1) } else { output.frame_rate };
        // Filters get sound by samples, whatever the clock before was.
        let link = GraphLink::new(output.time_base, rate, linked_graphs_keep_times() && !sound);
        self.settings.time_base = link.time_base();
        if linked_graphs_tell_rates() {
            self.settings.frame_rate = output.frame_rate;
        }
        self.settings.expected = output.shape.clone();
        self.link = Some(link);
    }

    /// Brings a frame of another filtergraph to the clock of the link.
    fn cross(&mut self, frame: &mut Frame) {
        let Some(link) = self.link else { return };
        frame.set_pts(frame.pts().map(|pts| link.ticks(pts)));
        frame.set_duration(link.ticks(frame.duration()));
        if linked_graphs_keep_times() {
            let samples = i64::from(frame.samples());
            let rate = Rational::new(1, frame.sample_rate_hz());
            let length = match samples {
                0 => link.usual_length(),
                _ => rescale(samples, rate, link.time_base()),
            };
            self.reaches = frame.pts().filter(|_| length > 0).map(|pts| pts.saturating_add(length));
        }
    }

    /// A frame arrived.
    pub(super) fn arrived(&mut self, mut frame: Frame) {
        self.cross(&mut frame);
        if self.shape.is_none() {
            self.shape = Some(frame.shape());
        }
        self.waiting.push_back(frame);
    }

    /// A subtitle arrived.
    pub(super) fn subtitle(&mut self, subtitle: &Subtitle) -> Result<(), AvError> {
        if let Some(drawing) = &mut self.settings.drawing {
            let shown = drawing.show(subtitle)?;
            // An empty picture that waits for the same time has been overtaken.
            while self.waiting.back().is_some_and(|last| last.pts() >= shown.pts()) {
                self.waiting.pop_back();
            }
            self.waiting.push_back(shown);
        }
        Ok(())
    }

    /// The file that subtitles come from has been read up to `at`.
    pub(super) fn heartbeat(&mut self, at: i64) -> Result<(), AvError> {
        if let Some(drawing) = &mut self.settings.drawing {
            self.waiting.extend(drawing.heartbeat(at, false)?);
            self.reached = Some(at);
        }
        Ok(())
    }

    /// Nothing more arrives.
    pub(super) fn end(&mut self) -> Result<(), AvError> {
        if let (Some(drawing), false) = (&mut self.settings.drawing, self.ended) {
            self.waiting.extend(drawing.end()?);
        }
        self.ended = true;
        self.ends_at = self.ends_at.or(self.reaches);
        Ok(())
    }

    /// What its frames look like is known, or will never be.
    pub(super) fn is_known(&self) -> bool {
        self.shape.is_some() || self.ended || self.settings.drawing.is_some()
    }

    /// True when nobody can tell what its frames look like.
    pub(super) fn is_formless(&self) -> bool {
        self.shape.is_none() && self.settings.expected.format < 0 && self.settings.drawing.is_none()
    }

    /// The shape to build the graph for.
    pub(super) fn configured_shape(&self) -> FrameShape {
        let drawn = self.settings.drawing.as_ref().map(|drawing| drawing.canvas().shape());
        drawn.or_else(|| self.shape.clone()).unwrap_or_else(|| self.settings.expected.clone())
    }

    /// The graph has been built anew: an end must be told again.
    pub(super) fn rebuilt(&mut self) {
        self.closed = false;
    }

    /// Takes away the next frame, and gives its shape, when it is another than the first one's and is not wanted then.
    pub(super) fn drop_changed(&mut self) -> Option<FrameShape> {
        let shape = self.waiting.front().filter(|_| self.settings.drop_changed)?.shape();
        let changed = self.shape.as_ref().is_some_and(|first| first.differs_from(&shape));
        (changed && self.settings.drawing.is_none()).then(|| {
            self.waiting.pop_front();
            self.dropped += 1;
            shape
        })
    }

    /// The shape of the next frame, when the graph must be rebuilt for it.
    pub(super) fn changes(&self) -> Option<FrameShape> {
        let shape = self.waiting.front()?.shape();
        let old = self.shape.as_ref()?;
        let fits = if self.settings.reinit { !old.differs_from(&shape) } else { !old.lies_elsewhere_than(&shape) };
        (!fits && self.settings.drawing.is_none()).then_some(shape)
    }

    /// True when there is something for the graph.
    pub(super) fn has_next(&self) -> bool {
        !self.waiting.is_empty() || (self.ended && !self.closed)
    }

    /// Takes what is there for the graph.
    pub(super) fn next(&mut self) -> Option<Next> {
        if let Some(mut frame) = self.waiting.pop_front() {
            // Pictures in a device's memory are not turned, so they keep the note that says how they lie.
            let turned = self.settings.autorotate && self.shape.as_ref().is_none_or(|shape| shape.hardware.is_none());
            if self.settings.kind == MediaKind::Video && turned {
                frame.drop_display_matrix();
            }
            return Some(Next::Frame(frame));
        }
        if self.ended && !self.closed {
            self.closed = true;
            return Some(Next::End(self.ends_at));
        }
        None
    }

    /// The graph asks and nothing is there: a drawn subtitle is given again for as far as its file has come, unless that has ended.
    pub(super) fn repeat(&mut self) -> Result<(), AvError> {
        if self.ended {
            return Ok(());
        }
        if let (Some(drawing), Some(reached)) = (&mut self.settings.drawing, self.reached) {
            self.waiting.extend(drawing.heartbeat(reached, true)?);
        }
        Ok(())
    }

    /// The graph goes on; `asked`: for this input.
    pub(super) fn goes_on(&mut self, asked: bool) {
        self.passed_over = if asked { 0 } else { self.passed_over.saturating_add(1) };
    }

    /// More waits than need lie here: the graph lets go of it where it wants no more of this input. What the graph must be built
    /// anew for is left.
    pub(super) fn overflows(&self) -> bool {
        self.passed_over > PASSED_OVER
            && self.waiting.len() > UNASKED
            && self.settings.drawing.is_none()
            && self.changes().is_none()
    }

    /// So much waits that the graph had better go on, however far ahead it is.
    pub(super) fn piles_up(&self) -> bool {
        let bytes = self.waiting.front().map_or(0, Frame::bytes).saturating_mul(self.waiting.len());
        !self.ended && self.waiting.len() > UNASKED + AHEAD && bytes > MOST_BYTES
    }

    /// True while the input need not be held, whether or not the graph asks for it.
    pub(super) fn has_room(&self) -> bool {
        !self.ended && self.waiting.len() < AHEAD
    }
}
