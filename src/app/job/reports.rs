//! What tells of a job while it runs, besides the terminal: `-events`, `-metrics`, `-progress`.

use super::Stopped;
use crate::engine::Journal;
use crate::report::events::EventSink;
use crate::report::metrics::Figures;
use crate::report::progress::{ProgressError, ProgressSink};
use crate::report::{CalledAs, events, metrics};
use crate::spec::GlobalSpec;
use std::sync::Arc;

/// What is asked for; nothing where the job is only explained.
pub(super) struct Reports {
    pub(super) events: Option<EventSink>,
    pub(super) metrics: Option<Arc<Figures>>,
    pub(super) progress: Option<ProgressSink>,
}

impl Reports {
    /// Opens them, and has the journal's events told of from now on.
    pub(super) fn open(global: &GlobalSpec, journal: &Journal, called: CalledAs) -> Result<Self, Stopped> {
        let runs = global.explain.is_none();
        let target = global.events.as_ref().filter(|_| runs);
        let events = target.map(|target| EventSink::open(target)).transpose().map_err(Stopped::Refused)?;
        let writer = events.as_ref().map(EventSink::writer);
        journal.listen(move |event| {
            events::show(event, called);
            if let Some(write) = &writer {
                write(event);
            }
        });
        let address = global.metrics.as_ref().filter(|_| runs);
        let metrics = address.map(|address| serve_metrics(address, journal)).transpose()?;
        let url = global.progress.as_ref().filter(|_| runs);
        let progress = url.map(|url| ProgressSink::open(url)).transpose();
        let progress = progress.map_err(|error| Stopped::Refused(refused_progress(&error, called)))?;
        Ok(Self { events, metrics, progress })
    }
}

fn refused_progress(error: &ProgressError, called: CalledAs) -> String {
    let ProgressError { url, cause } = error;
    match called {
        CalledAs::Weir => error.to_string(),
        CalledAs::Ffmpeg => format!(
            "{error}\nFailed to set value '{url}' for option 'progress': {cause}\nError parsing global options: {cause}"
        ),
    }
}

/// Answers who asks at this address, from now on: peers may be waited for long.
fn serve_metrics(address: &str, journal: &Journal) -> Result<Arc<Figures>, Stopped> {
    let listener = metrics::listen(address).map_err(Stopped::Refused)?;
    let figures = Arc::new(Figures::new(journal.clone()));
    metrics::serve(listener, Arc::clone(&figures))?;
    Ok(figures)
}
