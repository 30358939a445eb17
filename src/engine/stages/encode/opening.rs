//! Opens the encoder for what the filtergraph gives.

use super::EncodeStage;
use crate::av::{Encoder, EncoderSettings, Frame};
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::kernel::Outlet;
use crate::engine::stages::passes::{self, PassLog};
use crate::facts::MediaKind;
use crate::timing::{FrameRate, FrameRateSettings};
use crate::unit::Rational;

impl EncodeStage {
    pub(super) fn encoder_settings(&self, source_bits: i32) -> Result<EncoderSettings, StageError> {
        let plan = &self.settings.plan;
        let pass_log =
            plan.pass.as_ref().filter(|pass| pass.reads && !pass.by_encoder).map(passes::read).transpose()?;
        let matrix = |text: &Option<String>| text.as_deref().map(passes::matrix);
        let [intra, inter, chroma] = &plan.matrices;
        Ok(EncoderSettings {
            bits_per_raw_sample: plan.bits_per_raw_sample,
            pass_log,
            matrices: [matrix(intra), matrix(inter), matrix(chroma)],
            rate_overrides: plan.rate_override.as_deref().map(passes::rate_overrides).transpose()?.unwrap_or_default(),
            top_field_first: plan.top_field_first,
            psnr: plan.psnr,
            devices: self.settings.devices.clone(),
            name: plan.encoder.clone(),
            options: plan.options.clone(),
            global_quality: plan.global_quality,
            bitexact: plan.bitexact,
            global_header: self.settings.global_header,
            source_bits_per_raw_sample: source_bits,
            display_aspect_ratio: plan.display_aspect_ratio,
            codec_tag: self.settings.codec_tag,
            one_frame_length: plan.frame_length.is_one(),
            first_samples: self.shape.as_ref().map_or(0, |shape| shape.first_samples),
        })
    }

    /// Opens the encoder and tells the muxer what it gives; `first` is the first frame, where there is one.
    pub(super) fn open(&mut self, first: Option<&Frame>, out: &mut Outlet<PacketItem>) -> Result<(), StageError> {
        let Some(shape) = &self.shape else {
            return Err(StageError::Failed(format!(
                "{}: it never got a frame, nor what one would look like",
                self.name()
            )));
        };
        let encoder_settings = self.encoder_settings(shape.source_bits)?;
        let opened = if self.settings.kind == MediaKind::Video {
            let rate = self.choose_frame_rate(&shape.output);
            self.frame_rate = rate;
            let mut base = self.asked_time_base(rate.inverse());
            if !base.is_valid() {
                base = shape.output.time_base;
            }
            Encoder::open_video(&encoder_settings, &shape.output, shape.unfiltered, (base, rate), first)
        } else {
            let base = self.asked_time_base(Rational::new(1, shape.output.shape.sample_rate_hz.max(1)));
            Encoder::open_audio(&encoder_settings, &shape.output, shape.unfiltered, base)
        };
        let (encoder, leftover) = opened.map_err(|cause| self.explain_refusal(cause))?;
        for (key, _) in leftover.pairs() {
            log::warn!("{}: the encoder did not take the option '{key}'", self.name());
        }
        if self.settings.kind == MediaKind::Video {
            if encoder.tells_errors() {
                self.meter.errors.begin(encoder.pixels());
            }
            let base = encoder.time_base();
            self.time_base = base;
            self.control = Some(FrameRate::new(FrameRateSettings {
                mode: self.mode_at(self.frame_rate),
                time_base: base,
                start_us: self.settings.start_us,
                max_frames: self.settings.max_frames.unwrap_or(i64::MAX),
                drop_threshold_tenths: self.settings.plan.drop_threshold_tenths,
            }));
            self.settings.keyframes.prepare(base);
        }
        let parameters =
            encoder.parameters().map_err(StageError::about(self.name(), "read the encoder's parameters"))?;
        if let Some(pass) = self.settings.plan.pass.as_ref().filter(|pass| pass.writes && !pass.by_encoder) {
            self.log = Some(PassLog::create(pass)?);
        }
        self.encoder = Some(encoder);
        out.send(0, PacketItem::Ready(Box::new(parameters)))
    }

    /// What `-enc_time_base` asks for, or the usual time base.
    fn asked_time_base(&self, usual: Rational) -> Rational {
        match self.settings.plan.time_base.filter(|b| b.num != 0 && b.den > 0) {
            Some(base) if base.num > 0 => base,
            Some(base) if base.num == -2 => self.shape.as_ref().map_or(usual, |shape| shape.output.time_base),
            Some(_) if self.settings.has_source => self.settings.source_time_base,
            Some(_) => {
                log::warn!(
                    "{}: -enc_time_base asks for the input's time base, but there is no one input: it is {usual}.",
                    self.name()
                );
                usual
            }
            None => usual,
        }
    }
}
