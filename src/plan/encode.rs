//! What becomes of an output's stream: copied, attached, or encoded with which options, filters, formats and rates.

use super::{
    Choice, Context, CopyPlan, EncodePlan, OutputDraft, StreamDraft, StreamSource, Treatment, codec_options, fps_mode,
    heartbeats, passes, place::OutputPlace, refusal_advice::subtitles_of, typed_names,
};
use crate::catalog::CodecFacts;
use crate::diagnostic::Diagnostic;
use crate::facts::MediaKind;
use crate::spec::{Assigned, OutputSpec, StreamSpecifier};
use crate::unit::LAMBDA_PER_QUALITY;

/// Pixel formats of pictures whose samples have all values, which MJPEG's have.
const FULL_RANGE: [&str; 3] = ["yuvj420p", "yuvj422p", "yuvj444p"];

/// A stream of an output's draft, with what is typed for it.
struct Drafted<'a> {
    context: &'a Context<'a>,
    spec: &'a OutputSpec,
    /// The output, and the stream in it.
    at: (usize, usize),
    draft: &'a OutputDraft,
    stream: &'a StreamDraft,
    place: &'a OutputPlace,
}

/// What becomes of a stream: it is copied, encoded or attached; or why that cannot be.
pub(super) fn treatment(
    context: &Context,
    (index, number): (usize, usize),
    draft: &OutputDraft,
    place: &OutputPlace,
) -> Result<Treatment, Box<Diagnostic>> {
    let (spec, stream) = (&context.spec.outputs[index], &draft.streams[number]);
    fps_mode::check_rates(spec, stream, place)?;
    let drafted = Drafted { context, spec, at: (index, number), draft, stream, place };
    match &stream.choice {
        Choice::Copy => Ok(Treatment::Copy(drafted.copy())),
        Choice::Attach { file } => Ok(Treatment::Attach { file: file.clone() }),
        Choice::NoEncoder { codec } => Err(drafted.no_encoder(codec)),
        Choice::Encoder { facts, .. } if stream.kind == MediaKind::Subtitle => drafted.subtitle(facts),
        Choice::Encoder { facts, .. } => Ok(Treatment::Encode(Box::new(drafted.encode(facts)?))),
    }
}

impl Drafted<'_> {
    /// Options of FFmpeg's for its codec; `None` where it is copied.
    fn options(&self, codec: Option<&str>) -> Vec<(String, String)> {
        let is_for = |s: &StreamSpecifier| self.place.matches(s);
        codec_options::for_stream(self.context, &self.spec.options, codec, true, self.stream.kind, is_for)
    }

    fn copy(&self) -> CopyPlan {
        let Self { context, spec, stream, place, .. } = *self;
        let is_video = stream.kind == MediaKind::Video;
        CopyPlan {
            codec_options: self.options(None),
            frame_rate: place.value(&spec.frame_rate).copied().filter(|_| is_video),
            display_aspect_ratio: place.value(&spec.aspect).copied(),
            initial_non_keyframes: place.value(&spec.copy_initial_non_keyframes).copied().unwrap_or(false),
            drop_before_start: place.value(&spec.copy_prior_start).is_some_and(|keep| !keep),
            time_base_choice: context.spec.global.seldom.copy_time_base,
            rotation: None,
            header: stream.header.clone(),
        }
    }

    /// The format's own codec has no encoder in this FFmpeg.
    fn no_encoder(&self, codec: &str) -> Box<Diagnostic> {
        let ((index, number), kind, muxer) = (self.at, self.stream.kind, &self.draft.muxer.name);
        let message = format!(
            "Automatic encoder selection failed for output stream #{index}:{number} ({}): the default encoder for \
             format {muxer} (codec {codec}) is not there.",
            kind.name()
        );
        let words = format!(
            "Automatic encoder selection failed for output stream #{index}:{number}. Default encoder for format {muxer} \
             (codec {codec}) is probably disabled. Please choose an encoder manually."
        );
        let remedy = match subtitles_of(muxer).filter(|_| kind == MediaKind::Subtitle) {
            Some(encoder) => format!("-c:s {encoder} encodes subtitles of text for it; -sn leaves them out."),
            None => "Please choose an encoder manually with -c, or leave the stream out with -map.".to_owned(),
        };
        let diagnostic = Diagnostic::error("no-default-encoder", message).ffmpeg_says(words).remedy(remedy);
        Box::new(diagnostic.at(&self.spec.origin))
    }

    fn subtitle(&self, encoder: &CodecFacts) -> Result<Treatment, Box<Diagnostic>> {
        let Self { context, spec, draft, .. } = *self;
        let source = self.stream.source.input().unwrap_or_default();
        self.check_subtitle_kinds(source, encoder)?;
        Ok(Treatment::Subtitle {
            encoder: encoder.name.clone(),
            options: self.options(Some(&encoder.name)),
            size: self.size()?,
            heartbeats: heartbeats::of_subtitles(context, spec, draft, source),
        })
    }

    /// Text is not made of pictures, nor pictures of text.
    fn check_subtitle_kinds(&self, at: (usize, usize), encoder: &CodecFacts) -> Result<(), Box<Diagnostic>> {
        let source = &self.context.facts[at.0].streams[at.1];
        let clash = self.context.catalog.decoder_for(source.codec_id).is_some_and(|decoder| {
            (decoder.text_subtitles && encoder.bitmap_subtitles) || (decoder.bitmap_subtitles && encoder.text_subtitles)
        });
        if !clash {
            return Ok(());
        }
        let message = format!(
            "Subtitle encoding currently only possible from text to text or bitmap to bitmap: stream #{}:{} is {}, the \
             encoder is {}.",
            at.0, at.1, source.codec, encoder.name
        );
        let words = format!(
            "Error initializing output stream {}:{} -- Subtitle encoding currently only possible from text to text or \
             bitmap to bitmap",
            self.at.0, self.at.1
        );
        let diagnostic = Diagnostic::error("subtitle-kinds", message).ffmpeg_says(words);
        Err(Box::new(diagnostic.remedy("Copy it (-c:s copy) or leave it out (-sn).")))
    }

    fn encode(&self, encoder: &CodecFacts) -> Result<EncodePlan, Box<Diagnostic>> {
        let Self { context, spec, at, draft, stream, place } = *self;
        let global = &context.spec.global;
        let mut plan = EncodePlan {
            encoder: encoder.name.clone(),
            codec: encoder.codec_name.clone(),
            options: self.options(Some(&encoder.name)),
            global_quality: place.value(&spec.quality).map(|q| (q * LAMBDA_PER_QUALITY) as i32),
            bitexact: spec.bitexact,
            auto_conversion: global.auto_conversion_filters,
            time_base: place.value(&spec.encoder_time_base).copied(),
            for_live_readers: stream.for_live_readers,
            ..EncodePlan::default()
        };
        codec_options::set_defaults(&mut plan.options, &stream.options);
        let threads = || plan.options.iter().find(|(k, _)| k == "threads").map(|(_, v)| v.clone());
        plan.filter_threads = global.filter_threads.clone().or_else(threads);
        let filters = self.filters()?;
        // Beside a complex filtergraph ffmpeg takes no stream for unfiltered.
        plan.user_filters = filters.is_some() || !global.complex_graphs.is_empty();
        let is_video = stream.kind == MediaKind::Video;
        plan.graph = filters.cloned().unwrap_or_else(|| if is_video { "null" } else { "anull" }.to_owned());
        if is_video {
            fps_mode::check(context, spec, place, at)?;
            self.pictures(encoder, &mut plan)?;
            passes::pictures(context, spec, place, draft.streams_before + at.1, &mut plan);
        } else {
            self.sound(encoder, &mut plan)?;
            passes::sound(context, at, draft, place, &mut plan)?;
        }
        Ok(plan)
    }

    /// The filters that are typed for it, which must not come out of a complex filtergraph.
    fn filters(&self) -> Result<Option<&String>, Box<Diagnostic>> {
        match (self.stream.source, self.place.assigned(&self.spec.filters)) {
            (StreamSource::Graph(..), Some(filters)) => Err(both_graphs(self.at.0, filters)),
            (_, filters) => Ok(filters.map(|filters| &filters.value)),
        }
    }

    /// What encoders of pictures are told besides: size, rates and pixel formats.
    fn pictures(&self, encoder: &CodecFacts, plan: &mut EncodePlan) -> Result<(), Box<Diagnostic>> {
        let Self { context, spec, draft, stream, place, .. } = *self;
        codec_options::merge(
            &mut plan.scaler_options,
            spec.options.iter().filter(|o| o.scopes.scaler && o.name != "flags"),
        );
        plan.psnr = context.spec.global.seldom.psnr;
        plan.any_size = !place.value(&spec.autoscale).copied().unwrap_or(true);
        plan.size = self.size()?.filter(|_| !plan.any_size);
        plan.display_aspect_ratio = place.value(&spec.aspect).copied();
        plan.frame_rate = place.value(&spec.frame_rate).copied();
        plan.max_frame_rate = place.value(&spec.max_frame_rate).copied();
        plan.force_key_frames = place.value(&spec.force_key_frames).cloned();
        plan.supported_frame_rates = context.catalog.encoder_frame_rates(&encoder.name);
        plan.fps_mode = fps_mode::choose(context, spec, &draft.muxer, stream, place, plan)?;
        plan.rate_may_vary = fps_mode::is_custom(context, spec, place);
        self.pixel_formats(encoder, plan)
    }

    /// The pixel format that is typed, or the nearest that the encoder takes; else all of these.
    fn pixel_formats(&self, encoder: &CodecFacts, plan: &mut EncodePlan) -> Result<(), Box<Diagnostic>> {
        let catalog = self.context.catalog;
        let strict = plan.options.iter().find(|(k, _)| k == "strict").map(|(_, v)| v.as_str());
        let is_lax = matches!(strict, Some("-1" | "-2" | "unofficial" | "experimental"));
        let full_range_alone = encoder.name == "mjpeg" && !is_lax;
        let takes = match full_range_alone {
            true => FULL_RANGE.map(str::to_owned).to_vec(),
            false => catalog.encoder_formats(&encoder.name),
        };
        let Some(wanted) = self.place.assigned(&self.spec.pixel_format) else {
            plan.formats = match &self.stream.pixel_format {
                Some(format) if !full_range_alone => vec![format.clone()],
                _ => takes,
            };
            return Ok(());
        };
        let exact = wanted.value.strip_prefix('+');
        plan.keep_format = exact.is_some();
        let name = exact.unwrap_or(&wanted.value);
        if name.is_empty() {
            return Ok(());
        }
        if !catalog.is_pixel_format(name) {
            return Err(Box::new(
                Diagnostic::error("bad-pix-fmt", format!("Unknown pixel format requested: {name}."))
                    .remedy("-pix_fmts lists them; players expect yuv420p.")
                    .at(&wanted.origin),
            ));
        }
        let fitting = if plan.keep_format { None } else { catalog.closest_pixel_format(&takes, name) };
        let format = fitting.unwrap_or_else(|| name.to_owned());
        plan.replaced_format = (format != name).then(|| name.to_owned());
        plan.formats = vec![format];
        Ok(())
    }

    /// `-s`.
    fn size(&self) -> Result<Option<(i32, i32)>, Box<Diagnostic>> {
        let Some(size) = self.place.assigned(&self.spec.size) else { return Ok(None) };
        let parsed = self.context.catalog.picture_size(&size.value).ok_or_else(|| {
            Diagnostic::error("bad-size", format!("Invalid frame size: {}.", size.value))
                .remedy("Write width x height, e.g. -s 640x360, or a name such as hd720.")
                .at(&size.origin)
        })?;
        Ok(Some(parsed))
    }

    /// What encoders of sound are told besides: sample formats, sample rates and channel layouts.
    fn sound(&self, encoder: &CodecFacts, plan: &mut EncodePlan) -> Result<(), Box<Diagnostic>> {
        let Self { context, spec, place, .. } = *self;
        let catalog = context.catalog;
        codec_options::merge(&mut plan.resampler_options, spec.options.iter().filter(|o| o.scopes.resampler));
        if catalog.exact_bits_per_sample(encoder.codec_id) == 24 {
            plan.resampler_options.push(("output_sample_bits".to_owned(), "24".to_owned()));
        }
        plan.formats = match place.assigned(&spec.sample_format) {
            Some(wanted) if catalog.is_sample_format(&wanted.value) => vec![wanted.value.clone()],
            Some(wanted) => {
                return Err(Box::new(
                    Diagnostic::error("bad-sample-fmt", format!("Invalid sample format '{}'", wanted.value))
                        .remedy("-sample_fmts lists them.")
                        .at(&wanted.origin),
                ));
            }
            None => catalog.encoder_formats(&encoder.name),
        };
        plan.sample_rates_hz = match place.value(&spec.sample_rate_hz).filter(|rate| **rate > 0) {
            Some(rate) => vec![*rate],
            None => catalog.encoder_sample_rates_hz(&encoder.name),
        };
        plan.channel_layouts = self.channel_layouts(encoder)?;
        Ok(())
    }

    /// The channel layout that is typed, or one of as many channels; else all that the encoder takes.
    fn channel_layouts(&self, encoder: &CodecFacts) -> Result<Vec<String>, Box<Diagnostic>> {
        let Self { context, spec, place, .. } = *self;
        let catalog = context.catalog;
        if let Some(layout) = place.assigned(&spec.channel_layout) {
            let known = catalog.channel_layout(&layout.value);
            let (name, _) = known.ok_or_else(|| typed_names::unknown_layout(context, layout))?;
            return Ok(vec![name]);
        }
        let supported = catalog.encoder_channel_layouts(&encoder.name);
        Ok(match place.value(&spec.channels).filter(|channels| **channels > 0) {
            Some(channels) => {
                let fitting = supported.into_iter().find(|(_, c)| c == channels).map(|(name, _)| name);
                vec![fitting.unwrap_or_else(|| catalog.default_channel_layout(*channels))]
            }
            None => supported.into_iter().map(|(name, _)| name).collect(),
        })
    }
}

fn both_graphs(output: usize, filters: &Assigned<String>) -> Box<Diagnostic> {
    let message = format!(
        "Filtergraph '{}' was specified through the -vf/-af/-filter option for a stream of output #{output} which is fed \
         from a complex filtergraph.\n-vf/-af/-filter and -filter_complex cannot be used together for the same stream.",
        filters.value
    );
    Box::new(Diagnostic::error("two-graphs", message).remedy("Add it to the complex filtergraph.").at(&filters.origin))
}
