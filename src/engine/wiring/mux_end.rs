//! The end of an output: its muxer runs to it, and what was begun by a job that failed is salvaged or removed.

use crate::diagnostic::mask_url;
use crate::engine::AS_WEIR;
use crate::engine::discard::{discard, has_content};
use crate::engine::fault::StageError;
use crate::engine::kernel::Ready;
use crate::engine::run::{Ended, EndedOutput, OutputEnd};
use crate::engine::stages::mux::MuxStage;
use crate::engine::stop::Latch;
use crate::octets::file_path;
use std::path::PathBuf;
use std::time::Duration;

/// How long an output that is no file is ended for, after a failure.
const GOODBYE: Duration = Duration::from_secs(1);

/// Of a muxer in a thread of its own.
pub(super) const NO_FRONT: Option<fn() -> Result<(), StageError>> = None;

/// A muxer that is ready to run, and what becomes of its file.
pub(super) struct MuxEnd {
    pub(super) ready: Ready<MuxStage>,
    pub(super) index: usize,
    pub(super) path: Option<PathBuf>,
    pub(super) needs_trailer: bool,
    /// Tripped when it has ended.
    pub(super) done: Latch,
}

impl MuxEnd {
    /// Runs it, behind `front` where that feeds it in its own thread. After a failure what was begun is salvaged, or removed when
    /// no player takes it.
    pub(super) fn run(self, front: Option<impl FnOnce() -> Result<(), StageError>>) -> Ended {
        let Self { ready, index, path, needs_trailer, done } = self;
        let (stage, result) = match front {
            Some(front) => ready.drive_behind(front),
            None => {
                let (stage, result) = ready.drive();
                (Some(stage), result)
            }
        };
        let Some(mut stage) = stage else { return Ended { result, output: None, kept: Vec::new() } };
        // Nobody tells it of a header that was refused where no stream brings anything.
        let result = stage.refused_early().map_or(result, Err);
        let empty = stage.is_empty();
        let own_files = stage.own_files();
        let discard_pieces = || own_files.take_incomplete().iter().for_each(|name| discard_piece(name));
        let end = match &result {
            Ok(()) | Err(StageError::NoConsumer) => {
                // Those that may fail (`onfail=ignore`).
                discard_pieces();
                OutputEnd::Complete
            }
            Err(_) => {
                // Writing a file ends; a reader or a peer may take nothing any more.
                let limit = if path.is_some() { Duration::MAX } else { GOODBYE };
                let ended = stage.salvage(limit);
                let begun = stage.has_begun() && !empty && !needs_trailer;
                drop(stage);
                discard_pieces();
                let playable = ended || begun && path.as_deref().is_none_or(has_content);
                match &path {
                    Some(path) if !playable => OutputEnd::discarded(path),
                    _ => OutputEnd::Salvaged,
                }
            }
        };
        done.trip();
        Ended { result, output: Some(EndedOutput { index, end, empty, path }), kept: Vec::new() }
    }
}

/// What parts of an output are called of which a beginning can be played: what was recorded is not to be lost.
const PLAYABLE_IN_PART: [&str; 9] = ["ts", "m2ts", "mkv", "webm", "flv", "nut", "aac", "mp3", "vtt"];

/// Removes a part of an output that could not be written whole, unless it can be played. It may have its final name by now.
fn discard_piece(name: &str) {
    let names = [Some(name), name.strip_suffix(".tmp")];
    let Some((name, path)) = names.into_iter().flatten().map(|name| (name, file_path(name))).find(|(_, p)| p.is_file())
    else {
        return;
    };
    let playable = path.extension().is_some_and(|e| PLAYABLE_IN_PART.iter().any(|known| e.eq_ignore_ascii_case(known)));
    let what = if playable && has_content(&path) {
        "what is there has been kept and can be played".to_owned()
    } else {
        match discard(&path) {
            Ok(()) => "it has been removed".to_owned(),
            Err(cause) => format!("it cannot be removed: {cause}"),
        }
    };
    log::error!(target: AS_WEIR, "{}: could not be written whole; {what}.", mask_url(name));
}
