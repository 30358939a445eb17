//! Builds a filtergraph: the user's description, and around it what `ends` adds.

use super::FilterGraph;
use super::settings::{GraphError, GraphInput, GraphSettings, OutputConstraint};
use crate::av::sys::{c_string, compat, error::AvError, input::kind_of, pads::OpenPads, text_of};
use ffmpeg_sys_next as ffi;
use std::ffi::{CStr, c_int};
use std::ptr;

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
            let mut this = Self { graph, sources: Vec::new(), sinks: Vec::new(), only_passes: true, last, spare: None };
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
