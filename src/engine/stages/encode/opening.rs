//! Opens the encoder for what the filtergraph gives, or explains why it refused.

use super::EncodeStage;
use crate::av::{AvError, Encoder, EncoderSettings, Frame, colour_shifts, format_name};
use crate::engine::fault::StageError;
use crate::engine::flow::PacketItem;
use crate::engine::kernel::Outlet;
use crate::engine::stages::passes::{self, PassLog};
use crate::facts::MediaKind;
use crate::octets;
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

    /// What to do where an encoder that keeps its own log of a first pass has none.
    fn missing_log(&self) -> Option<String> {
        let told = |name: &str| self.settings.plan.options.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let log = told("stats").filter(|_| told("flags").is_some_and(|flags| flags.contains("pass2")))?;
        let is_missing = !octets::to_path(log).exists();
        is_missing.then(|| {
            format!("there is no log of a first pass, {log}: run the same command with -pass 1 before this one")
        })
    }

    fn explain_refusal(&self, cause: AvError) -> StageError {
        let plan = &self.settings.plan;
        if cause == AvError::EXPERIMENTAL {
            return StageError::Failed(format!(
                "The encoder '{}' is experimental but experimental codecs are not enabled, add '-strict -2' if you want to use it.",
                plan.encoder
            ));
        }
        let shape = self.shape.as_ref().map(|s| &s.output.shape);
        let what = match shape {
            Some(s) if s.width > 0 => {
                format!("{}x{} {}", s.width, s.height, format_name(MediaKind::Video, s.format).unwrap_or_default())
            }
            Some(s) => format!(
                "{} Hz, {}, {}",
                s.sample_rate_hz,
                s.channel_layout,
                format_name(MediaKind::Audio, s.format).unwrap_or_default()
            ),
            None => String::new(),
        };
        let options: Vec<String> = plan.options.iter().map(|(k, v)| format!("-{k} {v}")).collect();
        let options = if options.is_empty() { String::new() } else { format!(", options {}", options.join(" ")) };
        let (output, stream) = self.settings.index;
        let uneven = shape.filter(|s| s.width > 0).and_then(|s| {
            let format = format_name(MediaKind::Video, s.format)?;
            even_size(&plan.encoder, &format, colour_shifts(s.format), (s.width, s.height))
        });
        let rateless = (self.settings.kind == MediaKind::Video && !self.frame_rate.is_valid()).then(|| {
            "its pictures come at no constant rate, and -r 25, or fps=25 as the last filter, gives them one".to_owned()
        });
        let advice = uneven.or(rateless).or_else(|| self.missing_log()).unwrap_or_else(|| {
            "maybe incorrect parameters such as bit_rate, rate, width or height: the encoder's own message above names the \
             one it refuses"
                .to_owned()
        });
        let text = format!(
            "Error while opening encoder for {}: {cause}. It was given {what}{options}; {advice}.",
            self.name()
        );
        let ffmpeg = format!(
            "Error initializing output stream {output}:{stream} -- Error while opening encoder for output stream \
             #{output}:{stream} - maybe incorrect parameters such as bit_rate, rate, width or height"
        );
        StageError::Told { text, ffmpeg }
    }
}

/// Encoders that refuse pictures whose colours cannot be halved evenly; others round.
const EVEN_SIZES: [&str; 5] = ["libx26", "libopenh264", "libsvt", "h264_", "hevc_"];

/// What to do about pictures whose colours are halved (`shifts`: how often, across and down) while their size cannot be.
fn even_size(encoder: &str, format: &str, shifts: (u32, u32), (width, height): (i32, i32)) -> Option<String> {
    let is_uneven = |size: i32, shift: u32| shift > 0 && size % 2 != 0;
    let what = match (is_uneven(width, shifts.0), is_uneven(height, shifts.1)) {
        (false, false) => return None,
        (true, false) => "width",
        (false, true) => "height",
        (true, true) => "width and height",
    };
    EVEN_SIZES.iter().any(|start| encoder.starts_with(start)).then(|| {
        format!(
            "{format} wants an even {what}: -2 in the place of -1 (scale=-2:480) rounds to one, and \
             -vf 'scale=trunc(iw/2)*2:trunc(ih/2)*2' makes one of any"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uneven_sizes_are_told_where_they_are_the_reason() {
        let wants = |encoder, format, shifts, size| {
            even_size(encoder, format, shifts, size).map(|text| text.split(':').next().map(str::to_owned))
        };
        let told = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(wants("libx264", "yuv420p", (1, 1), (853, 480)), told("yuv420p wants an even width"));
        assert_eq!(wants("libx265", "yuv420p10le", (1, 1), (294, 323)), told("yuv420p10le wants an even height"));
        assert_eq!(wants("libx264", "nv12", (1, 1), (3, 5)), told("nv12 wants an even width and height"));
        assert_eq!(wants("libx264", "yuv422p", (1, 0), (294, 323)), None);
        assert_eq!(wants("libx264", "yuv444p", (0, 0), (853, 481)), None);
        assert_eq!(wants("libx264", "yuv420p", (1, 1), (640, 360)), None);
        assert_eq!(wants("mpeg4", "yuv420p", (1, 1), (853, 480)), None);
    }
}
