//! What ffmpeg's command puts around the user's description: the sources with what comes behind them, and the sinks with what
//! comes before them.

use super::FilterGraph;
use super::settings::{GraphInput, OutputConstraint};
use super::upright::upright;
use crate::av::sys::{c_string, compat, error::AvError, hardware::HardwareFrames, pads::End, text_of};
use crate::facts::MediaKind;
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ffi::c_int;
use std::ptr;

impl FilterGraph {
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

    pub(super) unsafe fn add_input(&mut self, input: &GraphInput, to: End) -> Result<(), AvError> {
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
                    let layout = match shape.channel_layout.name().strip_suffix(" channels") {
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

    pub(super) unsafe fn add_output(&mut self, output: &OutputConstraint, from: End) -> Result<(), AvError> {
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
}
