//! Metadata, chapters and programs of an output.

use super::Muxer;
use crate::av::sys::{c_string, error::AvError, input::Demuxer};
use crate::plan::{MetadataChange, MetadataEdit};
use crate::unit::{Rational, rescale};
use ffmpeg_sys_next as ffi;
use std::ptr;

/// Which chapters are copied, and how they are shifted.
#[derive(Clone, Copy, Debug)]
pub struct ChapterCopy {
    /// What is subtracted from their times, in microseconds.
    pub offset_us: i64,
    /// What lies after this is left out.
    pub duration_us: Option<i64>,
    /// Their metadata comes along.
    pub with_metadata: bool,
}

impl Muxer {
    /// Edits the metadata of the file.
    pub fn edit_metadata(&mut self, edits: &[MetadataEdit]) {
        // SAFETY: the context is valid.
        unsafe { edit_metadata(&mut (*self.context).metadata, edits) };
    }

    /// Edits the metadata of a chapter.
    pub fn edit_chapter_metadata(&mut self, chapter: usize, edits: &[MetadataEdit]) -> bool {
        if chapter >= self.get().nb_chapters as usize {
            return false;
        }
        // SAFETY: the index is checked.
        unsafe { edit_metadata(&mut (**(*self.context).chapters.add(chapter)).metadata, edits) };
        true
    }

    /// Copies chapters from an input.
    pub fn copy_chapters(&mut self, from: &Demuxer, how: ChapterCopy) -> Result<(), AvError> {
        // SAFETY: the chapters of an open input, and the dictionaries of valid chapters.
        unsafe {
            let input = &*from.context();
            for i in 0..input.nb_chapters as usize {
                let chapter = &**input.chapters.add(i);
                let base: Rational = chapter.time_base.into();
                let offset = rescale(how.offset_us, Rational::MICROS, base);
                let length = how.duration_us.map(|d| rescale(d, Rational::MICROS, base));
                if chapter.end < offset {
                    continue;
                }
                if length.is_some_and(|l| chapter.start > l.saturating_add(offset)) {
                    break;
                }
                let (start, end) =
                    ((chapter.start - offset).max(0), (chapter.end - offset).min(length.unwrap_or(i64::MAX)));
                let new = self.add_chapter(chapter.id, chapter.time_base, (start, end))?;
                if how.with_metadata {
                    ffi::av_dict_copy(&mut new.metadata, chapter.metadata, 0);
                }
            }
        }
        Ok(())
    }

    /// Adds a chapter from one time to another, in ticks of `time_base`, and gives it to be filled.
    pub(super) fn add_chapter(
        &mut self,
        id: i64,
        time_base: ffi::AVRational,
        (start, end): (i64, i64),
    ) -> Result<&mut ffi::AVChapter, AvError> {
        // SAFETY: the array and its entries are owned by the output context, which is valid; zeros make a chapter.
        unsafe {
            let made = ffi::av_mallocz(size_of::<ffi::AVChapter>()).cast::<ffi::AVChapter>();
            let new = made.as_mut().ok_or(AvError::NO_MEMORY)?;
            (new.id, new.time_base, new.start, new.end) = (id, time_base, start, end);
            let output = &mut *self.context;
            let mut count = output.nb_chapters as i32;
            ffi::av_dynarray_add((&raw mut output.chapters).cast(), &mut count, made.cast());
            output.nb_chapters = count as u32;
            if count == 0 {
                // The list could not grow, and is gone.
                ffi::av_free(made.cast());
                return Err(AvError::NO_MEMORY);
            }
            Ok(new)
        }
    }

    /// Where the chapters begin, in ticks of their time bases.
    pub fn chapter_starts(&self) -> Vec<(i64, Rational)> {
        // SAFETY: the context is valid and has as many chapters as it says.
        unsafe {
            let context = &*self.context;
            let chapter = |at: usize| &**context.chapters.add(at);
            (0..context.nb_chapters as usize).map(chapter).map(|c| (c.start, c.time_base.into())).collect()
        }
    }

    /// Adds a program of these streams.
    pub fn add_program(&mut self, id: i32, streams: &[usize], metadata: &[MetadataEdit]) {
        // SAFETY: the context is valid; the program belongs to it.
        unsafe {
            let program = ffi::av_new_program(self.context, id);
            if let Some(program) = program.as_mut() {
                edit_metadata(&mut program.metadata, metadata);
            }
            for stream in streams.iter().filter(|stream| **stream < self.stream_count()) {
                ffi::av_program_add_stream_index(self.context, id, *stream as u32);
            }
        }
    }
}

/// Sets, keeps or removes keys of a dictionary.
///
/// # Safety
/// `dictionary` is valid for the call.
pub(super) unsafe fn edit_metadata(dictionary: *mut *mut ffi::AVDictionary, edits: &[MetadataEdit]) {
    for MetadataEdit { key, change } in edits {
        let key = c_string(key);
        let (value, flags) = match change {
            MetadataChange::Set(value) => (Some(c_string(value)), 0),
            MetadataChange::Default(value) => (Some(c_string(value)), ffi::AV_DICT_DONT_OVERWRITE),
            MetadataChange::Remove | MetadataChange::Forget => (None, 0),
        };
        // SAFETY: the strings outlive the call, which copies them.
        unsafe {
            ffi::av_dict_set(dictionary, key.as_ptr(), value.as_ref().map_or(ptr::null(), |v| v.as_ptr()), flags);
        }
    }
}
