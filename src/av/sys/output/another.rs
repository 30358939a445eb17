//! A second output like one that is prepared: each connection to a peer is made so.

use super::{Muxer, OwnFiles};
use crate::av::sys::{compat, error::AvError, interrupt::Interrupt};
use ffmpeg_sys_next as ffi;
use std::ptr;

impl Muxer {
    /// A second output for the same URL with the same streams, metadata, chapters, programs and stream groups, nothing of it
    /// opened. To be made before the header is written, which changes streams.
    pub fn another(&self, interrupt: &Interrupt) -> Result<Self, AvError> {
        let mut new = self.empty_copy(interrupt)?;
        // SAFETY: both contexts are valid, and nothing else uses them meanwhile.
        unsafe {
            let (from, to) = (self.get(), &mut *new.context);
            AvError::check(ffi::av_dict_copy(&mut to.metadata, from.metadata, 0))?;
            for index in 0..self.stream_count() {
                copy_stream(&*self.stream(index), to)?;
            }
            for index in 0..from.nb_programs as usize {
                copy_program(&**from.programs.add(index), to)?;
            }
        }
        new.take_chapters_of(self)?;
        // They have been made once, by the same libraries.
        self.groups.iter().try_for_each(|group| new.add_stream_group(group)).map_err(|_| AvError::NO_MEMORY)?;
        Ok(new)
    }

    /// A second output for the same URL without anything in it.
    fn empty_copy(&self, interrupt: &Interrupt) -> Result<Self, AvError> {
        let mut context = ptr::null_mut();
        // SAFETY: the URL is this context's own string and is copied; the new context is freed by its owner, before the files
        // that it points to.
        unsafe {
            let from = self.get();
            AvError::check(ffi::avformat_alloc_output_context2(&mut context, from.oformat, ptr::null(), from.url))?;
            (*context).interrupt_callback = interrupt.callback();
            (*context).flags = from.flags;
            (*context).max_delay = from.max_delay;
            (*context).duration = from.duration;
            let files = OwnFiles::default();
            files.watch(&mut *context);
            Ok(Self {
                context,
                owns_io: false,
                header_written: false,
                duration_hints: self.duration_hints.clone(),
                groups: Vec::new(),
                interrupt: interrupt.clone(),
                files,
            })
        }
    }

    fn take_chapters_of(&mut self, other: &Self) -> Result<(), AvError> {
        let from = other.get();
        for index in 0..from.nb_chapters as usize {
            // SAFETY: the other context is valid and has as many chapters as it says.
            let chapter = unsafe { &**from.chapters.add(index) };
            let new = self.add_chapter(chapter.id, chapter.time_base, (chapter.start, chapter.end))?;
            // SAFETY: both dictionaries are those of valid chapters.
            AvError::check(unsafe { ffi::av_dict_copy(&mut new.metadata, chapter.metadata, 0) })?;
        }
        Ok(())
    }
}

/// Adds a stream like this one to an output.
///
/// # Safety
/// Both are valid, and the output has no header yet.
unsafe fn copy_stream(source: &ffi::AVStream, output: &mut ffi::AVFormatContext) -> Result<(), AvError> {
    // SAFETY: the caller's promise; what is copied belongs to the new stream.
    unsafe {
        let to = ffi::avformat_new_stream(output, ptr::null()).as_mut().ok_or(AvError::NO_MEMORY)?;
        AvError::check(ffi::avcodec_parameters_copy(to.codecpar, source.codecpar))?;
        AvError::check(ffi::av_dict_copy(&mut to.metadata, source.metadata, 0))?;
        compat::copy_stream_side_data(source, to)?;
        to.id = source.id;
        to.time_base = source.time_base;
        to.duration = source.duration;
        to.disposition = source.disposition;
        to.avg_frame_rate = source.avg_frame_rate;
        to.r_frame_rate = source.r_frame_rate;
        to.sample_aspect_ratio = source.sample_aspect_ratio;
    }
    Ok(())
}

/// Adds a program like this one to an output that has its streams.
///
/// # Safety
/// Both are valid, and the output has no header yet.
unsafe fn copy_program(source: &ffi::AVProgram, output: &mut ffi::AVFormatContext) -> Result<(), AvError> {
    // SAFETY: the caller's promise; the new program belongs to the output, whose streams the indexes name.
    unsafe {
        let to = ffi::av_new_program(output, source.id).as_mut().ok_or(AvError::NO_MEMORY)?;
        AvError::check(ffi::av_dict_copy(&mut to.metadata, source.metadata, 0))?;
        to.flags = source.flags;
        to.discard = source.discard;
        to.program_num = source.program_num;
        to.pmt_pid = source.pmt_pid;
        to.pcr_pid = source.pcr_pid;
        for at in 0..source.nb_stream_indexes as usize {
            ffi::av_program_add_stream_index(output, source.id, *source.stream_index.add(at));
        }
    }
    Ok(())
}
