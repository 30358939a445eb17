//! The loops that run stages and sources, each in a thread of its own or a stage in that of the one before it.

use super::{Flow, Outlet, Source, Stage};
use crate::engine::fault::{StageError, first_cause};
use crate::engine::link::{Handler, Inlet, Tagged};
use crate::engine::meter::StageMeter;
use crate::engine::stop::Latch;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A stage at work: its outlet, and which of its ports have ended.
struct Worker<S: Stage> {
    stage: S,
    out: Outlet<S::Out>,
    meter: Arc<StageMeter>,
    open: usize,
    ended: Vec<bool>,
}

impl<S: Stage> Worker<S> {
    /// Handles what arrived by `inlet`; done when all ports have ended, or when the stage says so.
    fn handle(&mut self, Tagged { port, item }: Tagged<S::In>, inlet: &Inlet<S::In>) -> Result<Flow, StageError> {
        let flow = match item {
            Some(item) => {
                let began = Instant::now();
                let flow = self.stage.step(port, item, &mut self.out)?;
                self.meter.worked_since(began);
                flow
            }
            None if self.ended[port] => Flow::Continue,
            None => {
                self.ended[port] = true;
                self.open -= 1;
                self.stage.port_ended(port, &mut self.out)?
            }
        };
        for port in self.stage.closed_ports() {
            inlet.close_port(port);
            if !self.ended[port] {
                self.ended[port] = true;
                self.open -= 1;
            }
        }
        Ok(if self.open == 0 { Flow::Done } else { flow })
    }

    /// Waits for items and handles them until nothing more comes or is wanted.
    fn run(&mut self, inlet: &mut Inlet<S::In>) -> Result<(), StageError> {
        let abort = self.out.stop().abort.clone();
        while self.open > 0 {
            if self.is_busy() {
                if let Some(wake) = self.stage.awaits() {
                    self.settle(inlet)?;
                    inlet.await_any(&wake, &abort);
                }
                match self.go_on(inlet, &abort)? {
                    Flow::Continue => continue,
                    Flow::Done => break,
                }
            }
            self.settle(inlet)?;
            let received = inlet.receive(&abort, &self.meter).map_err(|_| StageError::Aborted)?;
            // Whoever ends in good order says so on every port; who just vanishes has failed, and tells the cause itself.
            let tagged = received.ok_or(StageError::Aborted)?;
            if self.handle(tagged, inlet)? == Flow::Done {
                break;
            }
        }
        Ok(())
    }

    /// The stage has more to do, or one that it feeds in this thread.
    fn is_busy(&self) -> bool {
        self.stage.is_busy() || self.out.is_busy()
    }

    /// Lets go of what is held, where the thread is about to wait.
    fn settle(&mut self, inlet: &Inlet<S::In>) -> Result<(), StageError> {
        if !self.out.holds() || inlet.has_arrived() {
            return Ok(());
        }
        let began = Instant::now();
        let flushed = self.out.flush();
        self.meter.stepped_since(began);
        flushed
    }

    /// Handles what came meanwhile, or lets who is busy go on.
    fn go_on(&mut self, inlet: &mut Inlet<S::In>, abort: &Latch) -> Result<Flow, StageError> {
        if abort.is_tripped() {
            return Err(StageError::Aborted);
        }
        match inlet.arrived() {
            Some(tagged) => self.handle(tagged, inlet),
            None => self.go_on_alone(),
        }
    }

    fn go_on_alone(&mut self) -> Result<Flow, StageError> {
        let began = Instant::now();
        let flow = if self.stage.is_busy() { self.stage.go_on(&mut self.out)? } else { Flow::Continue };
        self.out.go_on();
        self.meter.worked_since(began);
        Ok(flow)
    }

    /// Flushes, or abandons.
    fn end(self, result: Result<(), StageError>) -> (S, Result<(), StageError>) {
        let Self { mut stage, mut out, .. } = self;
        let result = result.and_then(|()| stage.finish(&mut out));
        if result.is_err() {
            stage.abandon();
        }
        if matches!(result, Ok(()) | Err(StageError::NoConsumer)) {
            out.end_all();
        }
        (stage, result)
    }
}

/// A stage with its ends, ready to run.
pub struct Ready<S: Stage> {
    /// The stage.
    pub stage: S,
    /// What feeds it.
    pub inlet: Inlet<S::In>,
    /// What it feeds.
    pub out: Outlet<S::Out>,
    /// Where its time is counted.
    pub meter: Arc<StageMeter>,
}

impl<S: Stage> Ready<S> {
    /// Runs it until its input ends, it is done, or the run is aborted.
    pub fn drive(self) -> (S, Result<(), StageError>) {
        let (mut worker, mut inlet) = self.at_work();
        let started = worker.stage.start(&mut worker.out);
        let result = started.and_then(|()| worker.run(&mut inlet));
        drop(inlet);
        worker.end(result)
    }

    /// Runs `front`, which feeds it by a [link within the thread](crate::engine::link::link_within), and the stage with it: where
    /// handing over would cost more than the work. The result is the first cause of both; the stage is gone only where `front`
    /// keeps what feeds it.
    pub fn drive_behind(self, front: impl FnOnce() -> Result<(), StageError>) -> (Option<S>, Result<(), StageError>)
    where
        S: 'static,
    {
        let (mut worker, inlet) = self.at_work();
        if let Err(error) = worker.stage.start(&mut worker.out) {
            let (stage, result) = worker.end(Err(error));
            return (Some(stage), result);
        }
        let seat = inlet.seat();
        // Who feeds it ends every port in good order; where it does not, it has failed, and tells the cause itself.
        let guest = Guest { worker, inlet: Some(inlet), result: Err(StageError::Aborted) };
        let guest = Arc::new(Mutex::new(guest));
        seat.take_place(guest.clone());
        let fed = front();
        seat.leave();
        let Some(guest) = Arc::into_inner(guest) else { return (None, fed) };
        let Guest { worker, inlet, result } = guest.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop(inlet);
        let (stage, result) = worker.end(result);
        // That the stage has enough is no fault of who feeds it.
        let fed = fed.err().filter(|error| *error != StageError::NoConsumer);
        (Some(stage), first_cause(fed.into_iter().chain(result.err())).map_or(Ok(()), Err))
    }

    fn at_work(self) -> (Worker<S>, Inlet<S::In>) {
        let Self { stage, inlet, out, meter } = self;
        let open = inlet.ports();
        (Worker { stage, out, meter, open, ended: vec![false; open] }, inlet)
    }
}

/// A stage that works in the thread of the one that feeds it.
struct Guest<S: Stage> {
    worker: Worker<S>,
    /// Until it wants no more.
    inlet: Option<Inlet<S::In>>,
    result: Result<(), StageError>,
}

impl<S: Stage> Guest<S> {
    /// Lets it work, unless it has ended; what it makes of that may end it.
    fn let_work(&mut self, work: impl FnOnce(&mut Worker<S>, &Inlet<S::In>) -> Result<Flow, StageError>) {
        let Some(inlet) = &self.inlet else { return };
        self.result = match work(&mut self.worker, inlet) {
            Ok(Flow::Continue) => return,
            Ok(Flow::Done) => Ok(()),
            Err(error) => Err(error),
        };
        self.inlet = None;
    }
}

impl<S: Stage> Handler<S::In> for Guest<S> {
    fn take(&mut self, tagged: Tagged<S::In>) {
        self.let_work(|worker, inlet| worker.handle(tagged, inlet));
    }

    fn is_busy(&self) -> bool {
        self.inlet.is_some() && self.worker.is_busy()
    }

    fn go_on(&mut self) {
        self.let_work(|worker, _| worker.go_on_alone());
    }

    fn holds(&self) -> bool {
        self.worker.out.holds()
    }

    fn settle(&mut self) {
        self.let_work(|worker, _| worker.out.flush().map(|()| Flow::Continue));
    }
}

/// Runs a source until it is done, nobody listens, or the run is drained or aborted.
pub fn drive_source<S: Source>(
    mut source: S,
    mut out: Outlet<S::Out>,
    meter: &StageMeter,
) -> (S, Result<(), StageError>) {
    let stop = out.stop().clone();
    let mut result = Ok(());
    while !stop.drain.is_tripped() {
        let began = Instant::now();
        match source.step(&mut out) {
            Ok(Flow::Continue) => meter.worked_since(began),
            Ok(Flow::Done) => break,
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    if stop.abort.is_tripped() {
        return (source, Err(StageError::Aborted));
    }
    let result = result.and_then(|()| source.finish(&mut out));
    // What came from a peer that is lost for good is finished in good order.
    if matches!(result, Ok(()) | Err(StageError::NoConsumer | StageError::PeerLost(_))) {
        out.end_all();
    }
    (source, result)
}
