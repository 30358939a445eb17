//! Connects to the far end of an input.

use super::seconds;
use crate::av::{AvError, Demuxer, Dictionary, Interrupt, library_log};
use crate::engine::clock::microseconds;
use crate::facts::MediaKind;
use crate::plan::{DemuxerSettings, UDP_SILENCE_US};
use std::time::Duration;

/// What the goodbye to an input's peer may take.
pub const GOODBYE: Duration = Duration::from_millis(300);

/// Opens and probes an input; once more, to the deadline, where pictures remain unknown.
///
/// `settings` become those of later connections. `url` is what the user is told. The second value holds the options that
/// nothing took.
pub fn connect(
    settings: &mut DemuxerSettings,
    url: &str,
    interrupt: &Interrupt,
) -> Result<(Demuxer, Dictionary), AvError> {
    let (demuxer, rest) = over_what_gets_through(settings, url, interrupt)?;
    let knows_pictures = || demuxer.facts(url).streams.iter().all(|s| s.kind != MediaKind::Video || s.usable);
    let Some(patient) = settings.patient().filter(|_| !knows_pictures() && !interrupt.is_tripped()) else {
        return Ok((demuxer, rest));
    };
    log::warn!(
        "{url}: no keyframe came while it was probed as long as ffmpeg does; it is probed once more, for longer."
    );
    *settings = patient;
    drop(demuxer);
    Demuxer::open(settings, interrupt)
}

/// RTSP over UDP that does not get through goes on over TCP, and `settings` say so from then on.
///
/// libavformat would ask for TCP in the session that began with UDP, which servers refuse: it is a connection of its own.
fn over_what_gets_through(
    settings: &mut DemuxerSettings,
    url: &str,
    interrupt: &Interrupt,
) -> Result<(Demuxer, Dictionary), AvError> {
    let Some(over_tcp) = settings.over_tcp() else { return Demuxer::open(settings, interrupt) };
    // What fails is told below, in a line.
    let hushed = library_log::hush();
    let why = match Demuxer::open(settings, interrupt) {
        Ok((mut demuxer, rest)) => {
            if demuxer.has_begun(microseconds(UDP_SILENCE_US)) {
                return Ok((demuxer, rest));
            }
            interrupt.begin(Some(GOODBYE));
            format!("nothing came over UDP for {}", seconds(UDP_SILENCE_US))
        }
        Err(AvError::NO_SUCH_PROTOCOL) => "the server does not send over UDP".to_owned(),
        Err(cause) => return Err(cause),
    };
    // A goodbye that took all of its time ends nothing else.
    interrupt.begin(None);
    if interrupt.is_tripped() {
        return Err(AvError::EXIT);
    }
    drop(hushed);
    log::warn!("{url}: {why}: it goes on over TCP.");
    *settings = over_tcp;
    Demuxer::open(settings, interrupt)
}
