//! `-vstats`: a line in a file for each picture that is encoded.

use crate::av::{Encoder, Packet, PictureStats};
use crate::engine::fault::StageError;
use crate::engine::picture_errors::luma_ratio;
use crate::unit::{LAMBDA_PER_QUALITY, Rational};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// The file, shared by all encoders of pictures.
#[derive(Clone, Debug)]
pub struct VideoStats {
    file: Arc<Mutex<File>>,
    name: String,
    version: i32,
}

/// What one encoder counts.
#[derive(Debug, Default)]
pub(super) struct Counted {
    packets: u64,
    bytes: u64,
}

/// What the figures of an encoder's pictures count in.
pub(super) struct Scale {
    /// The time base of frames and packets.
    pub(super) time_base: Rational,
    /// Pixels of a picture, where the encoder tells their errors.
    pixels: Option<u64>,
}

impl Scale {
    /// That of an open encoder.
    pub(super) fn of(encoder: &Encoder) -> Self {
        Self { time_base: encoder.time_base(), pixels: encoder.tells_errors().then(|| encoder.pixels()) }
    }
}

impl VideoStats {
    /// Begins the file.
    pub fn create(name: &str, version: i32) -> std::io::Result<Self> {
        Ok(Self {
            file: Arc::new(Mutex::new(File::create(crate::octets::to_path(name))?)),
            name: name.to_owned(),
            version,
        })
    }

    /// Adds the line of a packet.
    pub(super) fn add(
        &self,
        (output, stream): (usize, usize),
        (packet, stats): (&Packet, Option<&PictureStats>),
        scale: &Scale,
        counted: &mut Counted,
    ) -> Result<(), StageError> {
        // As in ffmpeg, frame number and sums are those before this one.
        let Counted { packets, bytes } = *counted;
        counted.packets += 1;
        counted.bytes += packet.size() as u64;
        let quality = stats.map_or(-1, |stats| stats.quality);
        let kind = stats.and_then(|stats| stats.kind).unwrap_or('?');
        let ratio = stats.zip(scale.pixels).and_then(|(stats, pixels)| luma_ratio(stats, pixels));
        let ratio = ratio.map_or_else(String::new, |ratio| format!("PSNR= {ratio:6.2} "));
        let mut line = if self.version <= 1 { String::new() } else { format!("out= {output:2} st= {stream:2} ") };
        let (bytes, base) = (bytes as f64, scale.time_base.as_f64());
        let time = (packet.dts().unwrap_or(0) as f64 * base).max(0.01);
        line += &format!(
            "frame= {:5} q= {:2.1} {ratio}f_size= {:6} s_size= {:8.0}kB time= {time:.3} br= {:7.1}kbits/s avg_br= {:7.1}kbits/s \
             type= {kind}\n",
            packets,
            f64::from(quality) / LAMBDA_PER_QUALITY,
            packet.size(),
            bytes / 1024.0,
            packet.size() as f64 * 8.0 / base / 1000.0,
            bytes * 8.0 / time / 1000.0,
        );
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).map_err(|error| StageError::Failed(format!("{}: {error}", self.name)))
    }
}
