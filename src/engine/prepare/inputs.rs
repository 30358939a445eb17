//! Opens inputs, waits for those that are peers, seeks, and aligns them with each other.

use super::{OpenInputs, PrepareError, hint};
use crate::av::{AvError, Demuxer, Dictionary, library_log};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, mask_url};
use crate::engine::StopSignal;
use crate::engine::clock::Clock;
use crate::engine::fault::StageError;
use crate::engine::hardware;
use crate::engine::journal::{Journal, Subject};
use crate::engine::session::{Failure, PeerSession, SessionContext, connect};
use crate::facts::{InputFacts, MediaKind};
use crate::plan::{self, DemuxerSettings, OpenInput, SessionPlan};
use crate::spec::InputSpec;
use std::sync::Arc;
use std::time::Duration;

/// Opens, probes and seeks one input.
pub(super) fn open_input(
    opened: &mut OpenInputs,
    index: usize,
    catalog: &dyn Catalog,
    stop: &StopSignal,
) -> Result<(), PrepareError> {
    let (mut demuxer, settings) = open_demuxer(opened, index, catalog, stop)?;
    let (spec, global) = (&opened.spec.inputs[index], &opened.spec.global);
    let url = mask_url(&settings.url);
    let mut facts = demuxer.facts(&url);
    if !global.seldom.recast_media {
        refuse_other_decoders(spec, &facts, index, catalog)?;
    }
    opened.diagnostics.extend(overruled_codecs(&demuxer, spec, &facts, &url));
    let recast = global.seldom.recast_media && recast_media(&mut demuxer, spec, &facts, catalog);
    if guess_layouts(&mut demuxer, spec, &facts, index) || recast {
        facts = demuxer.facts(&url);
    }
    let seek = plan::seek(spec, &facts, demuxer.seeks_to_pts(), global, &mut opened.diagnostics)
        .map_err(|d| PrepareError::Refused(vec![d.at(&spec.origin)]))?;
    if let Some(timestamp) = seek.timestamp_us
        && let Err(cause) = demuxer.seek_us(timestamp)
    {
        opened.diagnostics.push(Diagnostic::warning(
            "seek",
            format!("{url}: could not seek to position {:.3}: {cause}", timestamp as f64 / 1e6),
        ));
    }
    for stream in &facts.streams {
        if let Some(told) = plan::display_override(spec, &facts, stream) {
            let fail = |cause: AvError| PrepareError::Failed(format!("{url}: {cause}"));
            demuxer.set_display(stream.index, &told).map_err(fail)?;
        }
    }
    hardware::check(spec, &facts)?;
    demuxer.dump(index);
    opened.facts.push(facts);
    opened.seeks.push(seek);
    opened.demuxers.push(demuxer);
    opened.openings.push(settings);
    Ok(())
}

/// Opens one input as it is planned; gives what it was opened with. What nobody took of its options is refused.
fn open_demuxer(
    opened: &OpenInputs,
    index: usize,
    catalog: &dyn Catalog,
    stop: &StopSignal,
) -> Result<(Demuxer, DemuxerSettings), PrepareError> {
    let spec = &opened.spec.inputs[index];
    let OpenInput { demuxer: mut settings, session } =
        plan::open_input(&opened.spec, index, catalog).map_err(PrepareError::Refused)?;
    let url = mask_url(&settings.url);
    let (demuxer, leftover) = match session {
        Some(session) => open_peer(&mut settings, &url, session, (index, stop, &opened.journal))?,
        None => Demuxer::open(&settings, &stop.input_interrupt).map_err(|cause| PrepareError::Open {
            hint: hint::of(&settings, cause, catalog)
                .or_else(|| hint::whole_name(spec, &opened.spec.global.arguments))
                .or_else(|| hint::near_name(&settings.url, cause)),
            url: url.clone(),
            cause,
        })?,
    };
    refuse_leftover(&leftover, spec, &demuxer, &url)?;
    Ok((demuxer, settings))
}

/// An option that is typed for the input must have been taken, unless it may be one of its decoders'.
fn refuse_leftover(leftover: &Dictionary, spec: &InputSpec, demuxer: &Demuxer, url: &str) -> Result<(), PrepareError> {
    for (key, _) in leftover.pairs() {
        let Some(typed) = spec.options.iter().find(|o| o.name == key).filter(|o| !o.scopes.codec) else { continue };
        let message = format!(
            "Option {key} not found: {url} is {}, and neither it nor its protocol takes {}.",
            demuxer.facts(url).format,
            typed.origin.token
        );
        let diagnostic = Diagnostic::error("input-option", message).remedy(instead_of(&key)).at(&typed.origin);
        return Err(PrepareError::Refused(vec![diagnostic]));
    }
    Ok(())
}

/// `-recast_media`: streams become of the kind that the decoder named for them is; `true` where one did.
fn recast_media(demuxer: &mut Demuxer, spec: &InputSpec, facts: &InputFacts, catalog: &dyn Catalog) -> bool {
    let mut any = false;
    for stream in &facts.streams {
        let named = spec.codec.last_matching(|s| s.matches(facts, stream));
        if let Some(decoder) = named.and_then(|name| catalog.decoder(&name.value)).filter(|d| d.kind != stream.kind) {
            demuxer.recast(stream.index, decoder.kind, decoder.codec_id);
            any = true;
        }
    }
    any
}

/// Sound that tells only how many channels it has gets the usual layout; `true` where one was guessed.
fn guess_layouts(demuxer: &mut Demuxer, spec: &InputSpec, facts: &InputFacts, index: usize) -> bool {
    let mut any = false;
    for stream in facts.streams.iter().filter(|s| s.kind == MediaKind::Audio) {
        let most = plan::guess_layout_max(spec, facts, stream);
        if let Some(layout) = demuxer.guess_layout(stream.index, most) {
            any = true;
            log::warn!("Guessed Channel Layout for Input Stream #{index}.{} : {layout}", stream.index);
        }
    }
    any
}

/// Tells of streams that are decoded as something else than their container says.
fn overruled_codecs(demuxer: &Demuxer, spec: &InputSpec, facts: &InputFacts, url: &str) -> Vec<Diagnostic> {
    let warning = |(stream, codec): (usize, String)| {
        let found = facts.streams.get(stream)?;
        let named = spec.codec.last_matching(|s| s.matches(facts, found))?;
        let (token, decoder) = (&named.origin.token, &named.value);
        let message = format!(
            "{url}: its stream {stream} is {codec} by its own account; it is decoded as {decoder}, since {token} {decoder} \
             stands before -i."
        );
        Some(Diagnostic::warning("forced-decoder", message))
    };
    demuxer.overruled().into_iter().filter_map(warning).collect()
}

/// A decoder that is named for a stream must be one of its kind.
fn refuse_other_decoders(
    spec: &InputSpec,
    facts: &InputFacts,
    index: usize,
    catalog: &dyn Catalog,
) -> Result<(), PrepareError> {
    for stream in &facts.streams {
        let Some(named) = spec.codec.last_matching(|s| s.matches(facts, stream)) else { continue };
        let Some(decoder) = catalog.decoder(&named.value).filter(|decoder| decoder.kind != stream.kind) else {
            continue;
        };
        let words = format!("Invalid decoder type '{}'", named.value);
        let message = format!(
            "{words}: it decodes {}, but stream #{index}:{} is {}.",
            decoder.kind.name(),
            stream.index,
            stream.kind.name()
        );
        let diagnostic = Diagnostic::error("decoder-kind", message)
            .remedy("Say for which streams it is, as in -c:v, or let -recast_media make another kind of stream.")
            .ffmpeg_says(words);
        return Err(PrepareError::Refused(vec![diagnostic.at(&named.origin)]));
    }
    Ok(())
}

/// Opens an input whose far end is a peer; waits for it where that is wanted.
fn open_peer(
    settings: &mut DemuxerSettings,
    url: &str,
    session: SessionPlan,
    (index, stop, journal): (usize, &StopSignal, &Journal),
) -> Result<(Demuxer, Dictionary), PrepareError> {
    let context = SessionContext { clock: Clock::start(), stop: stop.clone(), journal: journal.clone() };
    let subject = Subject { is_input: true, index, url: url.to_owned() };
    let meter = Arc::default();
    journal.begins(&subject, &meter);
    let mut peer = PeerSession::new(session, subject, context, meter);
    // Attempts after the first fail as it did, for all that the libraries have to tell.
    let mut hushed = None;
    loop {
        let interrupt = stop.input_interrupt.child(Duration::ZERO, true);
        let opened = {
            // A source that is joined in the middle lacks what its first pictures refer to.
            let _quiet = library_log::quiet_decoders();
            connect(settings, url, &interrupt)
        };
        let cause = match opened {
            Ok(opened) => return Ok(opened),
            Err(cause) => cause,
        };
        hushed.get_or_insert_with(library_log::hush);
        let interrupted = || PrepareError::Open { url: url.to_owned(), cause: AvError::EXIT, hint: None };
        if stop.drain.is_tripped() {
            return Err(interrupted());
        }
        let at_us = peer.lost(&Failure::of(cause, &interrupt)).map_err(given_up)?;
        if !peer.wait_until(at_us) {
            return Err(interrupted());
        }
    }
}

/// Carries out `-isync`: the start of an input is aligned with that of another.
pub(super) fn align_starts(opened: &mut OpenInputs) -> Result<(), PrepareError> {
    let global = &opened.spec.global;
    for index in 0..opened.spec.inputs.len() {
        let sync_to = |input: usize| opened.spec.inputs.get(input).and_then(|spec| spec.seldom.sync_to);
        let Some(other) = sync_to(index).filter(|other| *other != index) else { continue };
        let fail = |message: String| Err(PrepareError::Failed(message));
        if other >= opened.spec.inputs.len() {
            return fail(format!("-isync for input {index} references non-existent input {other}."));
        }
        if global.copy_timestamps && !global.start_at_zero {
            return fail("Use of -isync requires that start_at_zero be set if copyts is set.".to_owned());
        }
        if sync_to(other).is_some_and(|third| third != other) {
            log::error!("-isync for input {index} references a resynced input {other}. Sync not set.");
            continue;
        }
        let clock = |input: usize| opened.demuxers[input].start_time_realtime_us();
        let first = |input: usize| opened.facts[input].start_time_us;
        let Some((mine, theirs)) = clock(index).zip(clock(other)).or_else(|| first(index).zip(first(other))) else {
            log::info!("Unable to identify start times for Inputs #{index} and {other} both. No sync adjustment made.");
            continue;
        };
        let seek = |input: usize| opened.seeks[input].start_us.unwrap_or(0);
        let sought = if global.copy_timestamps { 0 } else { seek(index) - seek(other) };
        let adjustment = mine - theirs + sought + opened.spec.inputs[other].ts_offset_us;
        opened.seeks[index].offset_us += adjustment;
        log::info!("Adjusted ts offset for Input #{index} by {adjustment} us to sync with Input #{other}.");
    }
    Ok(())
}

/// A peer that is given up before anything was read of it.
fn given_up(error: StageError) -> PrepareError {
    match error {
        StageError::Told { text, ffmpeg } => {
            PrepareError::Refused(vec![Diagnostic::error("peer", text).ffmpeg_says(ffmpeg)])
        }
        other => PrepareError::Failed(other.to_string()),
    }
}

/// What to do about a demuxer's option that the one at hand does not have.
fn instead_of(option: &str) -> &'static str {
    match option {
        "loop" => "It repeats stills; a file of any other kind is repeated by -stream_loop -1 before its -i.",
        "pattern_type" => "A pattern has to be quoted, or the shell puts names of files in its place: -i '*.png'.",
        _ => "If it is for the output, put it after -i.",
    }
}
