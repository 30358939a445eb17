//! An input that was lost is connected to again: which of its streams goes on as which, and what they need for it.

use super::{Matched, pictures, stand_in};
use crate::av::{AvError, Demuxer, library_log};
use crate::engine::fault::StageError;
use crate::engine::flow::{NewCodec, PacketItem};
use crate::engine::kernel::{Flow, Outlet};
use crate::engine::session::{Failure, Join, beside, connect};
use crate::engine::stages::demux::DemuxStage;
use crate::facts::{InputFacts, MediaKind};
use crate::timing::Settle;
use std::time::Duration;

impl DemuxStage {
    /// Connects until a connection stands, or the session is given up.
    pub(super) fn reconnect(&mut self, mut lost: Failure, out: &mut Outlet<PacketItem>) -> Result<Flow, StageError> {
        self.demuxer.interrupt().trip();
        // What it listens on is to be free for the next connection.
        self.demuxer.close().map_err(StageError::library("close the input that was lost"))?;
        if let Some(live) = &mut self.live {
            live.lost_at_us = Some(self.clock.now_us());
        }
        let began_us = self.clock.now_us();
        loop {
            let Some(live) = &mut self.live else { return Ok(Flow::Done) };
            let at_us = live.peer.lost(&lost)?;
            let used = &self.settings.used;
            let (clock, lead_us) = (self.clock, live.lead_us.filter(|_| live.freezes));
            let place = &self.place;
            let mut stand_in = || stand_in((clock, lead_us), place, used, out);
            if !live.peer.wait_until_and(at_us, &mut stand_in) {
                return Ok(Flow::Done);
            }
            let interrupt = live.peer.stop().input_interrupt.child(Duration::ZERO, true);
            let (mut settings, url) = (live.settings.clone(), self.settings.facts.url.clone());
            let connect = move || {
                let _hushed = library_log::hush();
                let opened = connect(&mut settings, &url, &interrupt);
                opened.map(|(demuxer, _)| (demuxer, settings)).map_err(|cause| Failure::of(cause, &interrupt))
            };
            let drain = live.peer.stop().drain.clone();
            let opened = beside("connect", &drain, stand_in, connect).map_err(|why| live.peer.cannot_connect(&why))?;
            match opened {
                None => {
                    live.peer.over();
                    return Ok(Flow::Done);
                }
                Some(Ok((demuxer, settings))) => {
                    live.settings = settings;
                    if self.adopt(demuxer, began_us, out)? {
                        return Ok(Flow::Continue);
                    }
                    lost = AvError::INVALID_DATA.into();
                }
                Some(Err(failed)) => lost = failed,
            }
        }
    }

    /// Goes on with a new connection; `false` when it lacks what must be there.
    fn adopt(
        &mut self,
        mut demuxer: Demuxer,
        lost_at_us: i64,
        out: &mut Outlet<PacketItem>,
    ) -> Result<bool, StageError> {
        let facts = demuxer.facts(&self.settings.facts.url);
        let streams = self.match_streams(&facts)?;
        let used = self.settings.used.clone();
        let Some(live) = &mut self.live else { return Ok(false) };
        live.told_missing = streams.is_none();
        let Some(streams) = streams else { return Ok(false) };
        for (new, old) in streams.iter().enumerate() {
            if let Some((old, _)) = old {
                let header = demuxer.extradata(new);
                let (_, known) = &mut live.codecs[*old];
                let changed = !header.is_empty() && header != known.as_slice();
                live.extradata[*old] = changed.then(|| header.to_owned());
                if changed {
                    *known = header.to_owned();
                }
            }
        }
        for (new, (old, _)) in streams.iter().enumerate().filter_map(|(new, old)| Some((new, (*old)?))) {
            let told = demuxer.set_display_as(new, &self.demuxer, old);
            told.map_err(StageError::library("tell a stream how it is shown"))?;
        }
        let mut renewed = Vec::new();
        for (new, (old, _)) in streams.iter().enumerate().filter_map(|(new, old)| Some((new, (*old)?))) {
            let (codec, _) = &mut live.codecs[old];
            if facts.streams[new].codec != *codec {
                codec.clone_from(&facts.streams[new].codec);
                live.extradata[old] = None;
                let parameters = demuxer.parameters(new).map_err(StageError::library("read a stream's parameters"))?;
                renewed.push((old, codec.clone(), NewCodec::new(parameters)));
            }
        }
        self.demuxer = demuxer;
        for (index, stream) in streams.iter().enumerate() {
            self.demuxer.set_discarded(index, stream.is_none(), None);
        }
        live.streams = streams;
        live.join = Join::new(pictures(&self.settings.facts, &used));
        live.ends.fill(None);
        live.settle.iter_mut().for_each(|settle| *settle = Settle::default());
        live.lost_at_us = Some(lost_at_us);
        live.waits = false;
        live.peer.connected();
        for (stream, name, codec) in renewed {
            log::info!("{}: came back with {name}", self.settings.facts.url);
            out.send(stream, PacketItem::Renew(codec))?;
        }
        Ok(true)
    }

    /// Which stream of the new connection goes on as which of the first; `None` when one that must be there is missing.
    fn match_streams(&self, new: &InputFacts) -> Result<Option<Matched>, StageError> {
        let Some(live) = &self.live else { return Ok(None) };
        let old = &self.settings.facts;
        let mut found = vec![None; new.streams.len()];
        for stream in old.streams.iter().filter(|s| self.settings.used[s.index]) {
            let place = old.streams[..stream.index].iter().filter(|s| s.kind == stream.kind).count();
            let Some(same) = new.streams.iter().filter(|s| s.kind == stream.kind).nth(place) else {
                // Readers join at a picture: without them nothing could be sent.
                let waits = stream.kind == MediaKind::Video;
                if !(waits && live.told_missing) {
                    let (kind, url) = (stream.kind.name(), &old.url);
                    let then = if waits { "that is waited for" } else { "it goes on without" };
                    log::warn!("{url}: came back without its {kind} (stream {}): {then}.", stream.index);
                }
                if waits {
                    return Ok(None);
                }
                continue;
            };
            let (codec, _) = &live.codecs[stream.index];
            if same.codec != *codec && live.copied[stream.index] {
                return Err(StageError::PeerLost(format!(
                    "{}: came back with {} where {} was. A copied stream cannot go on as another codec: encode it, or start \
                     again.",
                    old.url, same.codec, codec
                )));
            }
            found[same.index] = Some((stream.index, same.time_base));
        }
        Ok(Some(found).filter(|found| found.iter().any(Option::is_some)))
    }
}
