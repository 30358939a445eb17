//! Bitstream filters between encoder (or demuxer) and muxer.

use super::{c_string, error::AvError, output::Muxer, packet::Packet, text_of};
use crate::unit::Rational;
use ffmpeg_sys_next as ffi;
use std::ptr;

/// A chain of bitstream filters.
pub struct BitstreamFilter(*mut ffi::AVBSFContext);

// SAFETY: used by one owner at a time; no thread-bound state.
unsafe impl Send for BitstreamFilter {}

impl BitstreamFilter {
    /// Parses `name[=opt=val:...],name2...`.
    pub fn parse(description: &str) -> Result<Self, AvError> {
        let description = c_string(description);
        let mut context = ptr::null_mut();
        // SAFETY: the string outlives the call.
        AvError::check(unsafe { ffi::av_bsf_list_parse_str(description.as_ptr(), &mut context) })?;
        Ok(Self(context))
    }

    /// The filter's name; a chain has one of its own.
    pub fn name(&self) -> String {
        // SAFETY: the context is live, its filter and the name are static.
        unsafe { text_of((*(*self.0).filter).name) }
    }

    /// Starts it with a muxer stream's parameters, which it may change; gives the time base of what comes out.
    pub fn start(&mut self, muxer: &mut Muxer, stream: usize, time_base: Rational) -> Result<Rational, AvError> {
        // SAFETY: both contexts are live; the parameters belong to the muxer's stream.
        unsafe {
            let parameters = muxer.parameters_ptr(stream);
            let c = &mut *self.0;
            AvError::check(ffi::avcodec_parameters_copy(c.par_in, parameters))?;
            c.time_base_in = time_base.into();
            AvError::check(ffi::av_bsf_init(self.0))?;
            AvError::check(ffi::avcodec_parameters_copy(parameters, (*self.0).par_out))?;
            Ok((*self.0).time_base_out.into())
        }
    }

    /// Gives a packet, or `None` at the end.
    pub fn send(&mut self, packet: Option<&mut Packet>) -> Result<(), AvError> {
        let packet = packet.map_or(ptr::null_mut(), Packet::as_mut_ptr);
        // SAFETY: the filter is started; the packet's content is taken over.
        AvError::check(unsafe { ffi::av_bsf_send_packet(self.0, packet) }).map(drop)
    }

    /// Takes a packet, if one is ready.
    pub fn receive(&mut self) -> Result<Option<Packet>, AvError> {
        let mut packet = Packet::new()?;
        // SAFETY: the filter is started; the packet is empty.
        match AvError::check(unsafe { ffi::av_bsf_receive_packet(self.0, packet.as_mut_ptr()) }) {
            Ok(_) => Ok(Some(packet)),
            Err(AvError::AGAIN | AvError::EOF) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for BitstreamFilter {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { ffi::av_bsf_free(&mut self.0) };
    }
}
