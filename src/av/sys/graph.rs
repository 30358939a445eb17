//! Filtergraphs by libavfilter at work: frames in, frames out, commands.

mod building;
mod ends;
mod facts;
mod margins;
mod settings;
mod upright;

pub(crate) use self::building::graphs_limit_frames;
pub use self::margins::Margins;
pub use self::settings::{GraphError, GraphInput, GraphSettings, OutputConstraint};

use super::{
    c_string, channel_layout::ChannelLayout, compat, error::AvError, frame::Frame, frame::FrameShape,
    hardware::HardwareFrames, text_of,
};
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;

/// What comes out of a graph's output.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOutput {
    /// Format, size, rate, layout.
    pub shape: FrameShape,
    /// Time base of the frames.
    pub time_base: Rational,
    /// Frame rate, or unknown.
    pub frame_rate: Rational,
    /// Channels.
    pub channels: i32,
}

/// What asking a graph for a frame gave.
#[derive(Debug)]
pub enum Pull {
    /// A frame.
    Frame(Frame),
    /// It needs more input.
    NeedsInput,
    /// Nothing will come any more.
    Finished,
}

/// A configured filtergraph.
pub struct FilterGraph {
    graph: *mut ffi::AVFilterGraph,
    sources: Vec<*mut ffi::AVFilterContext>,
    sinks: Vec<*mut ffi::AVFilterContext>,
    only_passes: bool,
    /// By input the last frame, where an upload may read it when the graph has let go of it.
    last: Option<Vec<Option<Frame>>>,
    /// Empty, for the next frame: outputs are asked more often than they have one.
    spare: Option<Frame>,
}

// SAFETY: a graph is used by one owner at a time; its worker threads are libavfilter's business.
unsafe impl Send for FilterGraph {}

impl FilterGraph {
    /// Gives a frame to an input.
    pub fn push(&mut self, input: usize, mut frame: Frame) -> Result<(), AvError> {
        let Some(source) = self.sources.get(input) else { return Err(AvError::INVALID) };
        if let Some(last) = self.last.as_mut().and_then(|last| last.get_mut(input)) {
            *last = Some(frame.share()?);
        }
        // SAFETY: the source belongs to the graph; the frame's content is taken over.
        let result = unsafe {
            ffi::av_buffersrc_add_frame_flags(*source, frame.as_mut_ptr(), ffi::AV_BUFFERSRC_FLAG_PUSH as c_int)
        };
        AvError::check(result).map(drop)
    }

    /// Tells an input that nothing follows after `pts`.
    pub fn close_input(&mut self, input: usize, pts: Option<i64>) -> Result<(), AvError> {
        let Some(source) = self.sources.get(input) else { return Err(AvError::INVALID) };
        // SAFETY: the source belongs to the graph.
        let result = unsafe { ffi::av_buffersrc_close(*source, super::raw(pts), ffi::AV_BUFFERSRC_FLAG_PUSH as u32) };
        AvError::check(result).map(drop)
    }

    /// Takes a frame that an output has ready; never makes the graph work for more.
    pub fn pull(&mut self, output: usize) -> Result<Pull, AvError> {
        let Some(sink) = self.sinks.get(output) else { return Err(AvError::INVALID) };
        let mut frame = self.spare.take().map_or_else(Frame::new, Ok)?;
        // SAFETY: the sink belongs to the graph; the frame is empty.
        let result = unsafe {
            ffi::av_buffersink_get_frame_flags(*sink, frame.as_mut_ptr(), ffi::AV_BUFFERSINK_FLAG_NO_REQUEST as c_int)
        };
        let pulled = AvError::check(result);
        if pulled.is_ok() {
            return Ok(Pull::Frame(frame));
        }
        self.spare = Some(frame);
        match pulled {
            Ok(_) | Err(AvError::AGAIN) => Ok(Pull::NeedsInput),
            Err(AvError::EOF) => Ok(Pull::Finished),
            Err(error) => Err(error),
        }
    }

    /// Makes the graph work for its oldest output; `true` when that brought something, so that pulling pays.
    pub fn work(&mut self) -> Result<bool, AvError> {
        // SAFETY: the graph is configured.
        match AvError::check(unsafe { ffi::avfilter_graph_request_oldest(self.graph) }) {
            Ok(_) => Ok(true),
            Err(AvError::AGAIN | AvError::EOF) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a command to filters at once, or for a time of their frames in seconds; gives FFmpeg's result and the answer.
    pub fn command(
        &mut self,
        (target, command, argument): (&str, &str, &str),
        time_s: Option<f64>,
        first_only: bool,
    ) -> (i32, String) {
        let (target, command, argument) = (c_string(target), c_string(command), c_string(argument));
        let mut answer = vec![0u8; 4096];
        // SAFETY: the graph is configured; the strings live during the call, the answer has the length told and ends
        // with a NUL.
        unsafe {
            let result = match time_s {
                Some(time) => ffi::avfilter_graph_queue_command(
                    self.graph,
                    target.as_ptr(),
                    command.as_ptr(),
                    argument.as_ptr(),
                    0,
                    time,
                ),
                None => ffi::avfilter_graph_send_command(
                    self.graph,
                    target.as_ptr(),
                    command.as_ptr(),
                    argument.as_ptr(),
                    answer.as_mut_ptr().cast(),
                    answer.len() as c_int,
                    if first_only { ffi::AVFILTER_CMD_FLAG_ONE as c_int } else { 0 },
                ),
            };
            (result, text_of(answer.as_ptr().cast()))
        }
    }

    /// How often the graph asked an input for a frame in vain since it last got one.
    pub fn unmet_requests(&self, input: usize) -> u32 {
        // SAFETY: the source belongs to the graph.
        self.sources.get(input).map_or(0, |source| unsafe { ffi::av_buffersrc_get_nb_failed_requests(*source) })
    }

    /// What an output gives.
    pub fn output(&self, index: usize) -> Option<GraphOutput> {
        let sink = *self.sinks.get(index)?;
        // SAFETY: the sink is configured.
        unsafe {
            let mut layout: ffi::AVChannelLayout = std::mem::zeroed();
            let sound = ffi::av_buffersink_get_type(sink) == ffi::AVMediaType::AVMEDIA_TYPE_AUDIO;
            if sound {
                ffi::av_buffersink_get_ch_layout(sink, &mut layout);
            }
            let found = GraphOutput {
                shape: FrameShape {
                    format: ffi::av_buffersink_get_format(sink),
                    width: ffi::av_buffersink_get_w(sink),
                    height: ffi::av_buffersink_get_h(sink),
                    sample_rate_hz: ffi::av_buffersink_get_sample_rate(sink),
                    channel_layout: if sound { ChannelLayout::of(&layout) } else { ChannelLayout::None },
                    sample_aspect_ratio: ffi::av_buffersink_get_sample_aspect_ratio(sink).into(),
                    colours: if sound { [0; 3] } else { compat::sink_colours(sink) },
                    display_matrix: None,
                    hardware: HardwareFrames::of(ffi::av_buffersink_get_hw_frames_ctx(sink)),
                },
                time_base: ffi::av_buffersink_get_time_base(sink).into(),
                frame_rate: ffi::av_buffersink_get_frame_rate(sink).into(),
                channels: layout.nb_channels,
            };
            ffi::av_channel_layout_uninit(&mut layout);
            Some(found)
        }
    }

    /// True when no filter of the graph changes the samples or pixels.
    pub fn only_passes(&self) -> bool {
        self.only_passes
    }

    /// Sets how many samples each frame of an output must have.
    pub fn set_frame_samples(&mut self, output: usize, samples: i32) {
        if let Some(sink) = self.sinks.get(output) {
            // SAFETY: the sink is configured and gives sound.
            unsafe { ffi::av_buffersink_set_frame_size(*sink, samples.max(0) as u32) };
        }
    }
}

impl Drop for FilterGraph {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::avfilter_graph_free(&mut self.graph) };
    }
}
