//! Builds a filtergraph: the user's description, and around it the filters that ffmpeg's command adds.

use super::FilterGraph;
use super::margins::Margins;
use super::upright::upright;
use crate::av::sys::{
    c_string, compat, error::AvError, frame::FrameShape, hardware::HardwareDevice, hardware::HardwareFrames,
    input::kind_of, pads::End, pads::OpenPads, text_of,
};
use crate::facts::MediaKind;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::{CStr, c_int};
use std::ptr;

/// What a graph's input is fed with.
#[derive(Clone, Debug)]
pub struct GraphInput {
    /// Pictures or sound.
    pub kind: MediaKind,
    /// Format, size, rate, layout of the frames.
    pub shape: FrameShape,
    /// Time base of the frames.
    pub time_base: Rational,
    /// Frame rate of the pictures, or unknown.
    pub frame_rate: Rational,
    /// Cut this off the picture before all else.
    pub crop: Option<Margins>,
    /// Turn the picture upright by this matrix.
    pub rotate_by: Option<[i32; 9]>,
    /// Cut what lies before this, in microseconds.
    pub trim_start_us: Option<i64>,
    /// Cut after this length, in microseconds.
    pub trim_duration_us: Option<i64>,
    /// Filters that come before all others: names and parameters.
    pub first_filters: Vec<(String, String)>,
    /// Name of the source filter, for messages.
    pub name: String,
}

/// What a graph's output must be.
#[derive(Clone, Debug, Default)]
pub struct OutputConstraint {
    /// Name of the sink filter, for messages.
    pub name: String,
    /// Scale to this size.
    pub size: Option<(i32, i32)>,
    /// Pictures may change their size: `size` is not set by the first one.
    pub any_size: bool,
    /// Options of the scaler that `size` asks for.
    pub scaler_options: Vec<(String, String)>,
    /// Pixel or sample formats by name; empty for any.
    pub formats: Vec<String>,
    /// The encoder that takes the pictures and its options: they may bound the colours as well.
    pub encoder: (String, Vec<(String, String)>),
    /// The colours that were settled on before, as [`FrameShape::colours`].
    pub colours: Option<[i32; 3]>,
    /// Take the format as it comes: no conversion is inserted anywhere in the graph (`-pix_fmt +`).
    pub keep_format: bool,
    /// Sample rates; empty for any.
    pub sample_rates_hz: Vec<i32>,
    /// Channel layouts by name; empty for any.
    pub channel_layouts: Vec<String>,
    /// Cut what lies before this, in microseconds.
    pub trim_start_us: Option<i64>,
    /// Cut after this length, in microseconds.
    pub trim_duration_us: Option<i64>,
    /// Samples a frame must have, 0 for any.
    pub frame_samples: i32,
    /// The encoder is told the samples of the first frame before it says how many each must have.
    pub first_frame_counts: bool,
    /// Parameters of a `pan` before the sound's conversion.
    pub pan: Option<String>,
    /// Parameters of an `apad` behind it.
    pub pad: Option<String>,
}

/// Settings of a whole graph.
#[derive(Clone, Debug, Default)]
pub struct GraphSettings {
    /// The description, e.g. `scale=iw/2:ih/2`.
    pub description: String,
    /// Threads, as typed.
    pub threads: Option<String>,
    /// Frames that may wait between filters at the most, where there is such a limit.
    pub most_frames: Option<u32>,
    /// The threads were meant for the encoder, which tells what is wrong with them.
    pub encoder_threads: bool,
    /// Options for scalers that are inserted, e.g. `flags=bicubic`.
    pub scaler_options: Vec<(String, String)>,
    /// Options for resamplers that are inserted.
    pub resampler_options: Vec<(String, String)>,
    /// Insert conversions where formats do not fit.
    pub auto_conversion: bool,
    /// The hardware device of filters that want one.
    pub hardware: Option<HardwareDevice>,
    /// Out of how many devices it is the last, where none was chosen; else 0.
    pub unchosen_devices: usize,
    /// Frames that may be under way behind the graph, for pools of a fixed size.
    pub under_way: i32,
}

/// Frames that filters of hardware keep free for whoever comes behind them when nobody asks for a number.
const USUAL_FRAMES: i32 = 6;

/// The option of graphs that limits the frames that wait in them; since FFmpeg 8.1.
const FRAME_LIMIT: &CStr = c"max_buffered_frames";

/// True when graphs can be told how many frames may wait in them.
pub(crate) fn graphs_limit_frames() -> bool {
    // SAFETY: an empty graph that is freed here; the name is a static string.
    unsafe {
        let mut graph = ffi::avfilter_graph_alloc();
        let limits =
            !graph.is_null() && !ffi::av_opt_find(graph.cast(), FRAME_LIMIT.as_ptr(), ptr::null(), 0, 0).is_null();
        ffi::avfilter_graph_free(&mut graph);
        limits
    }
}

/// Why a filtergraph cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A call of the library failed.
    #[error("{0}")]
    Library(#[from] AvError),
    /// It has other open pads than there are streams for it.
    #[error("it has {inputs} input(s) and {outputs} output(s)")]
    Ends {
        /// Its open inputs.
        inputs: usize,
        /// Its open outputs.
        outputs: usize,
    },
    /// A filter of one kind is to be fed with another.
    #[error("a filter of {} cannot take {}", .wanted.name(), .given.name())]
    Kind {
        /// What the filter takes.
        wanted: MediaKind,
        /// What there is.
        given: MediaKind,
    },
}

impl GraphError {
    /// The library's reason, or what the libraries call arguments that do not fit.
    pub fn cause(self) -> AvError {
        match self {
            Self::Library(cause) => cause,
            Self::Ends { .. } | Self::Kind { .. } => AvError::INVALID,
        }
    }
}

impl FilterGraph {
    /// Parses and configures a graph. Inputs and outputs are in the order of the description's open pads.
    pub fn configure(
        settings: &GraphSettings,
        inputs: &[GraphInput],
        outputs: &[OutputConstraint],
    ) -> Result<Self, GraphError> {
        // SAFETY: the graph owns every filter made in it and is freed by `Drop` on any way out.
        unsafe {
            let graph = ffi::avfilter_graph_alloc();
            if graph.is_null() {
                return Err(AvError::NO_MEMORY.into());
            }
            let last = (settings.hardware.is_some() && compat::uploads_read_late())
                .then(|| inputs.iter().map(|_| None).collect());
            let mut this = Self { graph, sources: Vec::new(), sinks: Vec::new(), only_passes: true, last };
            if let Some(threads) = &settings.threads {
                let threads = c_string(threads);
                let set = AvError::check(ffi::av_opt_set(graph.cast(), c"threads".as_ptr(), threads.as_ptr(), 0));
                if !settings.encoder_threads {
                    set?;
                }
            }
            if let Some(most) = settings.most_frames {
                AvError::check(ffi::av_opt_set_int(graph.cast(), FRAME_LIMIT.as_ptr(), most.into(), 0))?;
            }
            if !settings.scaler_options.is_empty() {
                (*graph).scale_sws_opts = ffi::av_strdup(c_string(&joined(&settings.scaler_options)).as_ptr());
            }
            let resampler = c_string(&joined(&settings.resampler_options));
            ffi::av_opt_set(graph.cast(), c"aresample_swr_opts".as_ptr(), resampler.as_ptr(), 0);
            let mut open = OpenPads::parse(graph, &settings.description, settings.hardware.as_ref())?;
            let (ins, outs) = open.counts();
            if (ins, outs) != (inputs.len(), outputs.len()) {
                return Err(GraphError::Ends { inputs: ins, outputs: outs });
            }
            for at in 0..(*graph).nb_filters as usize {
                let filter = &mut **(*graph).filters.add(at);
                // Pools of a fixed size have room for what waits behind the graph, besides what is asked for or usual.
                filter.extra_hw_frames =
                    if filter.extra_hw_frames < 0 { USUAL_FRAMES } else { filter.extra_hw_frames } + settings.under_way;
            }
            let (ins, outs) = open.take();
            for (input, end) in inputs.iter().zip(ins) {
                let wanted = kind_of(ffi::avfilter_pad_get_type((*end.filter).input_pads, end.pad as c_int));
                if wanted != input.kind {
                    return Err(GraphError::Kind { wanted, given: input.kind });
                }
                this.add_input(input, end)?;
            }
            for (output, end) in outputs.iter().zip(outs) {
                this.add_output(output, end)?;
            }
            if !settings.auto_conversion || outputs.iter().any(|o| o.keep_format) {
                ffi::avfilter_graph_set_auto_convert(graph, ffi::AVFILTER_AUTO_CONVERT_NONE as u32);
            }
            AvError::check(ffi::avfilter_graph_config(graph, ptr::null_mut()))?;
            for (output, sink) in outputs.iter().zip(&this.sinks) {
                if output.frame_samples > 0 {
                    ffi::av_buffersink_set_frame_size(*sink, output.frame_samples as u32);
                }
            }
            this.only_passes = this.is_metadata_only();
            Ok(this)
        }
    }

    unsafe fn create(
        &mut self,
        filter: &str,
        name: &str,
        arguments: Option<&str>,
    ) -> Result<*mut ffi::AVFilterContext, AvError> {
        let (filter, name) = (c_string(filter), c_string(name));
        let arguments = arguments.map(c_string);
        let mut context = ptr::null_mut();
        // SAFETY: the strings outlive the call; the new filter belongs to the graph.
        unsafe {
            let found = ffi::avfilter_get_by_name(filter.as_ptr());
            if found.is_null() {
                return Err(AvError(ffi::AVERROR_FILTER_NOT_FOUND));
            }
            AvError::check(ffi::avfilter_graph_create_filter(
                &mut context,
                found,
                name.as_ptr(),
                arguments.as_ref().map_or(ptr::null(), |a| a.as_ptr()),
                ptr::null_mut(),
                self.graph,
            ))?;
        }
        Ok(context)
    }

    /// A source of pictures that lie in a device's memory. It must know the pool before anything else.
    unsafe fn source_on_device(
        &mut self,
        name: &str,
        arguments: &str,
        frames: &HardwareFrames,
    ) -> Result<*mut ffi::AVFilterContext, AvError> {
        let (name, arguments) = (c_string(name), c_string(arguments));
        // SAFETY: the strings outlive the calls; the new filter belongs to the graph; the parameters are freed here, and
        // the filter takes a reference of its own to the pool.
        unsafe {
            let filter = ffi::avfilter_get_by_name(c"buffer".as_ptr());
            let source = ffi::avfilter_graph_alloc_filter(self.graph, filter, name.as_ptr());
            let parameters = ffi::av_buffersrc_parameters_alloc();
            if source.is_null() || parameters.is_null() {
                ffi::av_free(parameters.cast());
                return Err(AvError::NO_MEMORY);
            }
            (*parameters).hw_frames_ctx = frames.as_ptr();
            let set = ffi::av_buffersrc_parameters_set(source, parameters);
            ffi::av_free(parameters.cast());
            AvError::check(set)?;
            AvError::check(ffi::avfilter_init_str(source, arguments.as_ptr()))?;
            Ok(source)
        }
    }

    unsafe fn chain(&mut self, from: End, filter: &str, name: &str, arguments: Option<&str>) -> Result<End, AvError> {
        // SAFETY: both filters belong to this graph.
        unsafe {
            let next = self.create(filter, name, arguments)?;
            AvError::check(ffi::avfilter_link(from.filter, from.pad, next, 0))?;
            Ok(End { filter: next, pad: 0 })
        }
    }

    unsafe fn trim(
        &mut self,
        from: End,
        kind: MediaKind,
        start_us: Option<i64>,
        duration_us: Option<i64>,
        name: &str,
    ) -> Result<End, AvError> {
        let mut arguments = Vec::new();
        if let Some(duration) = duration_us {
            arguments.push(format!("durationi={duration}us"));
        }
        if let Some(start) = start_us {
            arguments.push(format!("starti={start}us"));
        }
        if arguments.is_empty() {
            return Ok(from);
        }
        let filter = if kind == MediaKind::Video { "trim" } else { "atrim" };
        // SAFETY: as for `chain`.
        unsafe { self.chain(from, filter, name, Some(&arguments.join(":"))) }
    }

    unsafe fn add_input(&mut self, input: &GraphInput, to: End) -> Result<(), AvError> {
        let shape = &input.shape;
        // SAFETY: all filters belong to this graph.
        unsafe {
            let source = match input.kind {
                MediaKind::Video => {
                    let aspect = shape.sample_aspect_ratio;
                    let aspect = if aspect.den == 0 { Rational::UNKNOWN } else { aspect };
                    let mut arguments = format!(
                        "video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}",
                        shape.width,
                        shape.height,
                        shape.format,
                        input.time_base.num,
                        input.time_base.den,
                        aspect.num,
                        aspect.den
                    );
                    arguments += &compat::colour_arguments(shape.colours);
                    if input.frame_rate.is_valid() {
                        arguments += &format!(":frame_rate={}/{}", input.frame_rate.num, input.frame_rate.den);
                    }
                    match &shape.hardware {
                        Some(frames) => self.source_on_device(&input.name, &arguments, frames)?,
                        None => self.create("buffer", &input.name, Some(&arguments))?,
                    }
                }
                _ => {
                    let format = text_of(ffi::av_get_sample_fmt_name(compat::sample_format(shape.format)));
                    let layout = match shape.channel_layout.strip_suffix(" channels") {
                        Some(count) => format!("channels={count}"),
                        None => format!("channel_layout={}", shape.channel_layout),
                    };
                    let arguments = format!(
                        "time_base=1/{rate}:sample_rate={rate}:sample_fmt={format}:{layout}",
                        rate = shape.sample_rate_hz
                    );
                    self.create("abuffer", &input.name, Some(&arguments))?
                }
            };
            self.sources.push(source);
            let mut end = End { filter: source, pad: 0 };
            if let Some(margins) = input.crop {
                end = self.chain(end, "crop", &format!("crop_{}", input.name), Some(&margins.arguments()))?;
            }
            if let Some(matrix) = &input.rotate_by {
                for (filter, arguments) in upright(matrix) {
                    end = self.chain(end, filter, &format!("{filter}_{}", input.name), arguments.as_deref())?;
                }
            }
            for (filter, arguments) in &input.first_filters {
                end = self.chain(end, filter, &format!("{filter}_{}", input.name), Some(arguments))?;
            }
            let name = format!("trim_{}", input.name);
            end = self.trim(end, input.kind, input.trim_start_us, input.trim_duration_us, &name)?;
            AvError::check(ffi::avfilter_link(end.filter, end.pad, to.filter, to.pad))?;
        }
        Ok(())
    }

    unsafe fn add_output(&mut self, output: &OutputConstraint, from: End) -> Result<(), AvError> {
        // SAFETY: all filters belong to this graph; the pad belongs to the filter.
        unsafe {
            let pad_kind = ffi::avfilter_pad_get_type((*from.filter).output_pads, from.pad as c_int);
            let video = pad_kind == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO;
            let kind = if video { MediaKind::Video } else { MediaKind::Audio };
            let sink = self.create(if video { "buffersink" } else { "abuffersink" }, &output.name, None)?;
            let mut end = from;
            if video {
                if let Some((width, height)) = output.size {
                    let mut arguments = format!("{width}:{height}");
                    for (key, value) in &output.scaler_options {
                        arguments += &format!(":{key}={value}");
                    }
                    end = self.chain(end, "scale", &format!("scaler_{}", output.name), Some(&arguments))?;
                }
                let (encoder, options) = &output.encoder;
                let mut arguments = compat::colour_constraints(encoder, options, output.colours);
                if !output.formats.is_empty() {
                    arguments.insert(0, format!("pix_fmts={}", output.formats.join("|")));
                }
                if !arguments.is_empty() {
                    end = self.chain(end, "format", "format", Some(&arguments.join(":")))?;
                }
            } else {
                // Any number of channels, with or without a layout, is fine unless the encoder says otherwise.
                ffi::av_opt_set_int(
                    sink.cast(),
                    c"all_channel_counts".as_ptr(),
                    1,
                    ffi::AV_OPT_SEARCH_CHILDREN as c_int,
                );
                if let Some(pan) = &output.pan {
                    end = self.chain(end, "pan", "pan", Some(pan))?;
                }
                let mut arguments = Vec::new();
                if !output.formats.is_empty() {
                    arguments.push(format!("sample_fmts={}", output.formats.join("|")));
                }
                if !output.sample_rates_hz.is_empty() {
                    let rates: Vec<String> = output.sample_rates_hz.iter().map(i32::to_string).collect();
                    arguments.push(format!("sample_rates={}", rates.join("|")));
                }
                if !output.channel_layouts.is_empty() {
                    arguments.push(format!("channel_layouts={}", output.channel_layouts.join("|")));
                }
                if !arguments.is_empty() {
                    let name = format!("format_{}", output.name);
                    end = self.chain(end, "aformat", &name, Some(&arguments.join(":")))?;
                }
                if let Some(pad) = &output.pad {
                    end = self.chain(end, "apad", "apad", Some(pad))?;
                }
            }
            let name = format!("trim_{}", output.name);
            end = self.trim(end, kind, output.trim_start_us, output.trim_duration_us, &name)?;
            AvError::check(ffi::avfilter_link(end.filter, end.pad, sink, 0))?;
            self.sinks.push(sink);
        }
        Ok(())
    }

    fn is_metadata_only(&self) -> bool {
        // SAFETY: the filters belong to the configured graph.
        unsafe {
            let graph = &*self.graph;
            (0..graph.nb_filters as usize).all(|i| {
                let filter = *graph.filters.add(i);
                let flags = (*(*filter).filter).flags;
                let source = (*filter).nb_inputs == 0 || (*filter).nb_outputs == 0;
                source || is_metadata_filter(flags, &text_of((*(*filter).filter).name))
            })
        }
    }
}

fn is_metadata_filter(flags: c_int, name: &str) -> bool {
    // AVFILTER_FLAG_METADATA_ONLY
    let metadata_only = flags & (1 << 3) != 0;
    metadata_only || matches!(name, "buffer" | "abuffer" | "buffersink" | "abuffersink")
}

fn joined(options: &[(String, String)]) -> String {
    options.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(":")
}
