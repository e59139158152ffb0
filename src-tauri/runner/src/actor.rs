//! The actor: the one task that owns the state of all active runs.
//!
//! It takes in what has come, decides until nothing more follows, appends all events in one transaction, and only then starts
//! and stops attempts, answers whoever asked, and tells whoever listens.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use longshore_engine::decide::{self, Decision, World};
use longshore_engine::event::{RunEvent, TaskEvent, What};
use longshore_engine::run::{Refused, Slot};
use longshore_engine::{Event, Fault, Millis, RunId, RunState};
use tokio::sync::mpsc;

use crate::Note;
use crate::attempt::{Attempt, Ground, Why};
use crate::board::Waiting;
use crate::load::{Loaded, load};
use crate::message::{Message, Reply};
use crate::vault;

/// Messages taken in before a decision.
const BATCH: usize = 512;
/// How long attempts may take to stop when the process is to end.
pub(crate) const FAREWELL: Duration = Duration::from_secs(20);

pub(crate) struct Actor {
    pub(crate) ground: Ground,
    pub(crate) inbox: mpsc::Receiver<Message>,
    pub(crate) outbox: mpsc::Sender<Message>,
    pub(crate) world: World,
    pub(crate) attempts: HashMap<(RunId, Slot), Attempt>,
    pub(crate) waiters: HashMap<RunId, Vec<Reply<RunState>>>,
    /// Storages that were asked for their room and have not answered.
    pub(crate) asked: HashSet<String>,
    pub(crate) last_id: ulid::Ulid,
    pub(crate) farewell: Option<(Millis, Vec<Reply<()>>)>,
}

/// Tells whoever asked what became of it.
type Answer = Box<dyn FnOnce(Result<(), Fault>) + Send>;

/// What has come in and is not in the journal yet.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) events: Vec<Event>,
    /// Told once the events are in the journal, or that they are not.
    pub(crate) replies: Vec<Answer>,
}

impl Turn {
    /// Answers once the events are in the journal.
    pub(crate) fn reply<T: Send + 'static>(&mut self, reply: Reply<T>, value: T) {
        // Nobody waits for the answer any more: what was asked for is done all the same.
        self.replies.push(Box::new(move |written| drop(reply.send(written.map(|()| value)))));
    }
}

impl Actor {
    /// Takes up what the journal holds. What was cut off is marked so before this returns.
    pub(crate) async fn recover(&mut self) -> Result<(), Fault> {
        let parts = self.ground.parts.clone();
        let read = move || {
            let ids = parts.journal.unfinished()?;
            let limits = parts.journal.limits()?;
            let load = |id: &RunId| (id.clone(), load(parts.journal.as_ref(), parts.clock.as_ref(), id));
            Ok::<_, Fault>((limits, ids.iter().map(load).collect::<Vec<_>>()))
        };
        let (limits, loaded) = blocking(read).await?;
        self.world.limits = limits;
        for (id, loaded) in loaded {
            match loaded {
                Ok(loaded) => self.adopt(loaded),
                Err(fault) => tracing::error!(run = %id, %fault, "a run is left as it is"),
            }
        }
        let now = self.now();
        let events: Vec<Event> = self.world.runs.values().flat_map(|run| decide::recovered(run, now)).collect();
        let mut turn = Turn::default();
        for event in events {
            self.happen(&mut turn, event)?;
        }
        self.write(turn.events).await?;
        self.show(&Decision::default());
        Ok(())
    }

    pub(crate) fn adopt(&mut self, loaded: Loaded) {
        let id = loaded.run.id.clone();
        self.last_id = self.last_id.max(id.as_str().parse().unwrap_or_default());
        self.world.written.extend(loaded.written.into_iter().map(|(slot, written)| ((id.clone(), slot), written)));
        self.world.runs.insert(id, loaded.run);
    }

    pub(crate) fn now(&self) -> Millis {
        self.ground.parts.clock.now()
    }

    /// Works until it is shut down, or the journal cannot be written.
    pub(crate) async fn serve(mut self) {
        let mut wake = Some(self.now());
        loop {
            let mut turn = Turn::default();
            let heard = self.hear(wake, &mut turn).await;
            let done = match heard {
                Ok(()) => self.turn(turn).await,
                Err(fault) => self.fail(turn, fault),
            };
            match done {
                Ok(next) => wake = next,
                Err(fault) => return self.broken(&fault),
            }
            if self.may_leave() {
                break;
            }
        }
        self.leave().await;
    }

    /// Waits for a message or the time, and takes in all that has come.
    async fn hear(&mut self, wake: Option<Millis>, turn: &mut Turn) -> Result<(), Fault> {
        let clock = self.ground.parts.clock.clone();
        let sleep = async {
            match wake {
                Some(at) => clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let first = tokio::select! {
            message = self.inbox.recv() => message,
            () = sleep => None,
        };
        let mut next = first;
        for _ in 0..BATCH {
            let Some(message) = next.or_else(|| self.inbox.try_recv().ok()) else { break };
            self.take(message, turn).await?;
            next = None;
        }
        Ok(())
    }

    /// Decides, writes, acts. Gives the time of the next turn, if one is due by itself.
    async fn turn(&mut self, mut turn: Turn) -> Result<Option<Millis>, Fault> {
        let now = self.now();
        let decision = match self.world.settle(now).map_err(|refused| impossible(&refused)) {
            Ok(decision) => decision,
            Err(fault) => return self.fail(turn, fault),
        };
        turn.events.extend(decision.events.iter().cloned());
        let told = match self.write(std::mem::take(&mut turn.events)).await {
            Ok(told) => told,
            Err(fault) => return self.fail(turn, fault),
        };
        let ended = self.bury();
        let again = self.act(&decision);
        // The board first: whoever is told of something finds it there.
        self.show(&decision);
        self.tell(told);
        turn.replies.into_iter().for_each(|reply| reply(Ok(())));
        for (waiter, state) in ended {
            drop(waiter.send(Ok(state)));
        }
        let farewell = self.farewell.as_ref().map(|(at, _)| *at);
        let again = again.then_some(now);
        Ok([decision.wake, farewell, again].into_iter().flatten().min())
    }

    fn fail<T>(&self, turn: Turn, fault: Fault) -> Result<T, Fault> {
        self.ground.board.state().broken = Some(fault.clone());
        turn.replies.into_iter().for_each(|reply| reply(Err(fault.clone())));
        Err(fault)
    }

    /// Applies an event that is to be written with this turn.
    pub(crate) fn happen(&mut self, turn: &mut Turn, event: Event) -> Result<(), Fault> {
        self.world.apply(&event).map_err(|refused| impossible(&refused))?;
        turn.events.push(event);
        Ok(())
    }

    /// Appends to the journal. Gives what is to be told to whoever listens.
    async fn write(&self, events: Vec<Event>) -> Result<Vec<Event>, Fault> {
        if events.is_empty() {
            return Ok(events);
        }
        let told = events.iter().map(brief).collect();
        self.ground.parts.journal.append(events).await?;
        Ok(told)
    }

    fn tell(&self, events: Vec<Event>) {
        if !events.is_empty() {
            self.ground.board.tell(Note::Events(events.into()));
        }
    }

    /// Runs that have ended leave the world. Gives who waits for them, to be told how they ended.
    fn bury(&mut self) -> Vec<(Reply<RunState>, RunState)> {
        let ended: Vec<RunId> =
            self.world.runs.values().filter(|run| run.state.is_final()).map(|run| run.id.clone()).collect();
        let mut waiters = Vec::new();
        for id in ended {
            let Some(run) = self.world.runs.remove(&id) else { continue };
            self.tell_parent(&run);
            let waiting = self.waiters.remove(&id).unwrap_or_default();
            waiters.extend(waiting.into_iter().map(|waiter| (waiter, run.state)));
            self.ground.board.state().cells.remove(&id);
            self.ground.runner.temporary.forget(id.as_str());
            // One that did not succeed may be retried.
            if run.state == RunState::Success {
                self.ground.runner.vault.forget(&vault::sealed(&run.flow, &run.created.params));
            }
            self.world.written.retain(|(run, _), _| *run != id);
        }
        waiters
    }

    /// A task run that looks at a run while that ends looks again at once.
    fn tell_parent(&mut self, run: &longshore_engine::Run) {
        let Some(parent) = run.parent().filter(|parent| parent.waits) else { return };
        let above = self.world.runs.get(&parent.run);
        let slot = above.and_then(|above| above.slot(&parent.task, parent.index));
        let attempt = slot.and_then(|slot| self.attempts.get_mut(&(parent.run.clone(), slot)));
        if let Some(attempt) = attempt {
            attempt.woken = true;
        }
    }

    /// Puts on the board what is active and what waits.
    fn show(&self, decision: &Decision) {
        let name = |wait: &decide::Wait| {
            let run = self.world.runs.get(&wait.run)?;
            let task = wait.slot.map(|slot| (run.flow.tasks[slot.0].id.clone(), run.index(slot)));
            Some(Waiting { run: wait.run.clone(), task, text: wait.text.clone(), room: wait.room.clone() })
        };
        let mut state = self.ground.board.state();
        state.active = self.world.runs.keys().cloned().collect();
        state.waits = decision.waits.iter().filter_map(name).collect();
        state.pools = self.world.rooms.iter().map(|(storage, room)| (storage.clone(), room.pool.clone())).collect();
    }

    fn may_leave(&self) -> bool {
        let late = |(at, _): &(Millis, _)| *at <= self.now();
        self.farewell.as_ref().is_some_and(|farewell| self.attempts.is_empty() || late(farewell))
    }

    /// The end that was asked for. Attempts that would not stop are recorded as what they are: cut off.
    async fn leave(mut self) {
        let now = self.now();
        let events = self.world.runs.values().flat_map(|run| decide::recovered(run, now)).collect();
        let written = self.write(events).await.map(|told| self.tell(told));
        self.ground.logs.flush().await;
        let replies = self.farewell.take().map(|(_, replies)| replies).unwrap_or_default();
        self.ground.board.state().broken = Some(stopped());
        for reply in replies {
            drop(reply.send(written.clone()));
        }
    }

    /// The journal cannot be written: nothing goes on unrecorded.
    fn broken(mut self, fault: &Fault) {
        tracing::error!(%fault, "the runner stops");
        for attempt in self.attempts.values() {
            attempt.stop(Why::Shutdown);
        }
        for waiter in self.waiters.drain().flat_map(|(_, waiters)| waiters) {
            drop(waiter.send(Err(fault.clone())));
        }
        for reply in self.farewell.take().map(|(_, replies)| replies).unwrap_or_default() {
            drop(reply.send(Err(fault.clone())));
        }
        self.ground.board.tell(Note::Broken(Arc::new(fault.clone())));
    }
}

/// The runner was shut down.
pub(crate) fn stopped() -> Fault {
    Fault::fatal("runner.stopped", "The runs are not carried on here any more", "the runner was shut down")
        .now("Start again; everything is taken up where it was left.")
}

pub(crate) fn impossible(refused: &Refused) -> Fault {
    Fault::fatal("engine.illegal", "The engine decided what may not be", refused.to_string())
        .now("This is a defect of Longshore. Nothing was lost; start again, and report it with the run's journal.")
}

/// An event for listeners: without the values that may be large, which are in the journal for whoever wants them.
fn brief(event: &Event) -> Event {
    let what = match &event.what {
        What::Expanded { task, .. } => What::Expanded { task: task.clone(), items: Vec::new() },
        What::Task { task, span, event: TaskEvent::Succeeded { .. } } => {
            let event = TaskEvent::Succeeded { output: serde_json::Value::Null };
            What::Task { task: task.clone(), span: *span, event }
        }
        What::Task { task, span, event: TaskEvent::Started { attempt, resumes, reserved, .. } } => {
            let (attempt, resumes, reserved) = (*attempt, *resumes, reserved.clone());
            let event = TaskEvent::Started { attempt, with: serde_json::Value::Null, resumes, reserved };
            What::Task { task: task.clone(), span: *span, event }
        }
        What::Run { event: RunEvent::Created(created) } => {
            let mut created = created.clone();
            created.vars.clear();
            What::Run { event: RunEvent::Created(created) }
        }
        other => other.clone(),
    };
    Event { run: event.run.clone(), at: event.at, what, by: event.by.clone() }
}

/// Does blocking work where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let broke = |error: tokio::task::JoinError| Fault::fatal("runner.broken", "A query broke off", error.to_string());
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(broke(error)))
}
