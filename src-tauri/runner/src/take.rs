//! What the actor does with each message, and with each effect.

use std::sync::Arc;

use longshore_engine::decide::{self, Admission, DEEPEST, Decision, Effect, Ending, Start};
use longshore_engine::event::{By, Created, Parent, RunEvent, Span, TaskEvent};
use longshore_engine::run::Slot;
use longshore_engine::{Event, Fault, Run, RunId, TaskState};
use serde_json::{Map, Value};

use crate::actor::{Actor, Turn, blocking};
use crate::attempt::{self, Attempt, What, Why};
use crate::board::Cell;
use crate::message::{Act, Message, Reply};
use crate::{NewRun, rooms, vault};

impl Actor {
    /// Takes in a message. An error means that the runner cannot go on; whoever asked for what may not be is told so instead.
    pub(crate) async fn take(&mut self, message: Message, turn: &mut Turn) -> Result<(), Fault> {
        match message {
            Message::Create { new, vars, reply } => self.create(new, vars, reply, turn).await?,
            Message::Act { run, act, by, reply } => self.acted(&run, act, &by, reply, turn).await?,
            Message::Change { run, change, preview, by, reply } => {
                self.change(&run, &change, (!preview).then_some(&by), reply, turn).await?;
            }
            Message::Wake { at, by, reply } => self.wake(&at, &by, reply, turn).await?,
            Message::Holder { flow, value, reply } => {
                drop(reply.send(Ok(self.world.holder(&flow, &value).cloned())));
            }
            Message::Wait { run, reply } => self.wait(run, reply).await,
            Message::Ended { run, slot, attempt, ending } => self.ended(&(run, slot), attempt, ending, turn)?,
            Message::Measured { storage, room, answered } => {
                if answered {
                    self.asked.remove(&storage);
                }
                self.world.rooms.insert(storage, room);
            }
            Message::LookAgain => self.look_again().await,
            Message::Shutdown { reply } => self.say_farewell(reply),
        }
        Ok(())
    }

    async fn create(
        &mut self,
        new: NewRun,
        vars: Map<String, Value>,
        reply: Reply<RunId>,
        turn: &mut Turn,
    ) -> Result<(), Fault> {
        match self.existing(&new).await {
            Ok(Some(id)) => turn.reply(reply, id),
            Ok(None) => match self.begin(new, vars, turn)? {
                Ok(id) => turn.reply(reply, id),
                Err(fault) => drop(reply.send(Err(fault))),
            },
            Err(fault) => drop(reply.send(Err(fault))),
        }
        Ok(())
    }

    /// The run of the same flow and key: one that is at work, or an older one.
    async fn existing(&self, new: &NewRun) -> Result<Option<RunId>, Fault> {
        let Some(key) = new.key.clone() else { return Ok(None) };
        let same = |run: &&Run| run.created.flow == new.flow.id && run.created.key.as_ref() == Some(&key);
        if let Some(run) = self.world.runs.values().find(same) {
            return Ok(Some(run.id.clone()));
        }
        let (journal, flow) = (self.ground.parts.journal.clone(), new.flow.id.clone());
        blocking(move || journal.run_of_key(&flow, &key)).await
    }

    /// The inner fault refuses the run.
    fn begin(&mut self, new: NewRun, vars: Map<String, Value>, turn: &mut Turn) -> Result<Result<RunId, Fault>, Fault> {
        let NewRun { flow, params, key, parent, scheduled, priority } = new;
        let parent = match parent.map(|parent| self.above(parent)).transpose() {
            Ok(parent) => parent,
            Err(fault) => return Ok(Err(fault)),
        };
        let guard = match decide::guard(&flow, &params, &vars) {
            Ok(guard) => guard,
            Err(fault) => return Ok(Err(fault)),
        };
        match self.world.admits(&flow, guard.as_ref()) {
            Admission::Made => {}
            Admission::Same(id) => return Ok(Ok(id)),
            Admission::Refused(fault) => return Ok(Err(*fault)),
        }
        let now = self.now();
        let id = attempt::new_id(&mut self.last_id, now.0);
        let (name, version) = (flow.id.clone(), flow.version.clone());
        let created = Created { flow: name, version, params, vars, key, parent, scheduled, guard, priority };
        let event = Event::run(&id, now, RunEvent::Created(Box::new(created)));
        let run = Run::begin(flow, &event).map_err(|refused| crate::actor::impossible(&refused))?;
        self.world.runs.insert(id.clone(), run);
        turn.events.push(event);
        Ok(Ok(id))
    }

    /// How deep a run lies below those that started it. A flow that starts itself comes to an end here.
    fn above(&self, parent: Parent) -> Result<Parent, Fault> {
        let above = self.world.runs.get(&parent.run).and_then(Run::parent);
        let depth = above.map_or(0, |above| above.depth) + 1;
        if depth <= DEEPEST {
            return Ok(Parent { depth, ..parent });
        }
        let why = format!("{DEEPEST} runs lie above it, each started by the one before");
        Err(Fault::permanent("flow.too_deep", format!("{} may start no more runs", parent.task), why)
            .now("See whether the flow starts itself without an end."))
    }

    async fn acted(&mut self, id: &RunId, act: Act, by: &By, reply: Reply<()>, turn: &mut Turn) -> Result<(), Fault> {
        let now = self.now();
        let event = match self.world.runs.get(id) {
            None => Err(self.not_active(id).await),
            Some(run) => match act {
                Act::Cancel | Act::Abandon => decide::cancel(run, now),
                Act::Pause => decide::pause(run, now),
                Act::Resume => decide::resume(run, now),
            },
        };
        match event {
            Err(fault) => drop(reply.send(Err(fault))),
            Ok(event) => {
                if let Some(event) = event {
                    self.happen(turn, event.by(by))?;
                }
                match act {
                    Act::Abandon => self.abandon(id, turn)?,
                    Act::Pause => self.pause(id),
                    Act::Cancel | Act::Resume => {}
                }
                turn.reply(reply, ());
            }
        }
        Ok(())
    }

    /// Stops the attempts of a run that was paused, those whose kind goes on at its last checkpoint. They count as interrupted, which
    /// uses up no retry.
    fn pause(&self, id: &RunId) {
        let Some(run) = self.world.runs.get(id) else { return };
        for ((_, slot), attempt) in self.attempts.iter().filter(|((of, _), _)| of == id) {
            let kind = self.ground.parts.kinds.get(&run.flow.tasks[slot.0].uses);
            if kind.is_some_and(|kind| kind.pauses()) {
                attempt.stop(Why::Pause);
            }
        }
    }

    /// Lets go of the attempts of a run: each is cut off where it next waits, and recorded as cancelled now.
    fn abandon(&mut self, id: &RunId, turn: &mut Turn) -> Result<(), Fault> {
        let of_run = self.attempts.iter().filter(|((run, _), _)| run == id);
        let places: Vec<_> = of_run.map(|(place, attempt)| (place.clone(), attempt.number)).collect();
        for (place, number) in places {
            if let Some(attempt) = self.attempts.get(&place) {
                attempt.stop(Why::Told(decide::Stop::Cancel));
                attempt.cut_off();
            }
            let run = self
                .world
                .runs
                .get(id)
                .filter(|run| run.task_run(place.1).is_some_and(|one| one.state() == TaskState::Running));
            if let Some(run) = run {
                let (task, span) = (&run.flow.tasks[place.1.0].id, Span::one(run.index(place.1)));
                self.happen(turn, Event::task(id, self.now(), task, span, TaskEvent::Cancelling))?;
            }
            self.ended(&place, number, Ending::Stopped(decide::Stop::Cancel), turn)?;
        }
        Ok(())
    }

    /// Why nothing can be done with a run that is not active.
    pub(crate) async fn not_active(&self, id: &RunId) -> Fault {
        let (journal, run) = (self.ground.parts.journal.clone(), id.clone());
        match blocking(move || journal.run_state(&run)).await {
            Err(fault) => fault,
            Ok(state) => {
                let why = format!("it is {}", state.word());
                Fault::permanent("run.ended", "The run has ended", why).now("It can be retried.")
            }
        }
    }

    async fn wait(&mut self, id: RunId, reply: Reply<longshore_engine::RunState>) {
        if self.world.runs.contains_key(&id) {
            return self.waiters.entry(id).or_default().push(reply);
        }
        let journal = self.ground.parts.journal.clone();
        drop(reply.send(blocking(move || journal.run_state(&id)).await));
    }

    fn ended(&mut self, place: &(RunId, Slot), attempt: u32, ending: Ending, turn: &mut Turn) -> Result<(), Fault> {
        if self.attempts.get(place).is_none_or(|known| known.number != attempt) {
            return Ok(());
        }
        let Some(known) = self.attempts.remove(place) else { return Ok(()) };
        if let Some(cells) = self.ground.board.state().cells.get_mut(&place.0) {
            cells.remove(&place.1);
        }
        let ending = match ending {
            Ending::Deferred(_) if known.woken => Ending::Deferred(self.now()),
            ending => ending,
        };
        let written = known.cell.written();
        if written > 0 && !matches!(ending, Ending::Done(_)) {
            self.world.written.insert(place.clone(), written);
        } else {
            self.world.written.remove(place);
        }
        let Some(run) = self.world.runs.get(&place.0) else { return Ok(()) };
        let event = decide::ended(run, place.1, attempt, ending, self.now());
        event.map_or(Ok(()), |event| self.happen(turn, event))
    }

    async fn look_again(&mut self) {
        let journal = self.ground.parts.journal.clone();
        match blocking(move || journal.limits()).await {
            Ok(limits) => self.world.limits = limits,
            Err(fault) => tracing::error!(%fault, "the limits stay as they were"),
        }
        self.world.rooms.values_mut().for_each(|room| room.fresh = false);
    }

    fn say_farewell(&mut self, reply: Reply<()>) {
        let until = self.now() + crate::actor::FAREWELL;
        self.world.capacity = 0;
        self.attempts.values().for_each(|attempt| attempt.stop(Why::Shutdown));
        self.farewell.get_or_insert_with(|| (until, Vec::new())).1.push(reply);
    }

    /// Carries out the effects. True if the world has changed by it, so that it must be decided upon again.
    pub(crate) fn act(&mut self, decision: &Decision) -> bool {
        let mut again = false;
        for effect in &decision.effects {
            match effect {
                Effect::Start(start) => self.start(start.clone()),
                Effect::Stop { run, slot, why } => {
                    if let Some(attempt) = self.attempts.get(&(run.clone(), *slot)) {
                        attempt.stop(Why::Told(*why));
                    }
                }
                Effect::Measure { storage } => again |= self.measure(storage),
            }
        }
        again
    }

    fn start(&mut self, start: Start) {
        let Some(run) = self.world.runs.get(&start.run) else { return };
        let task = &run.flow.tasks[start.slot.0];
        let reserved = run.task_run(start.slot).map(|one| one.reserved().to_vec()).unwrap_or_default();
        let cell = Arc::new(Cell::new(&task.id, run.index(start.slot), reserved));
        let place = (start.run.clone(), start.slot);
        cell.set_written(self.world.written.get(&place).copied().unwrap_or_default());
        self.ground.board.state().cells.entry(place.0.clone()).or_default().insert(place.1, cell.clone());
        let number = start.attempt;
        let attempt = Attempt::new(number, cell);
        let sealed = vault::sealed(&run.flow, &run.created.params);
        let what = What { uses: task.uses.clone(), stall: task.stall_timeout };
        let work = attempt::work(self.ground.clone(), what, sealed, start, &attempt);
        let out = self.outbox.clone();
        let (run, slot) = place.clone();
        let task = tokio::spawn(async move {
            let ending = work.await;
            // Nobody there any more: the next start finds the attempt cut off.
            drop(out.send(Message::Ended { run, slot, attempt: number, ending }).await);
        });
        self.attempts.insert(place, attempt.on(task.abort_handle()));
    }

    /// Asks a storage for its room. One that has not answered the last question is not asked again: what is known stays.
    fn measure(&mut self, storage: &str) -> bool {
        if !self.asked.insert(storage.into()) {
            let now = self.now();
            let silent = self.world.rooms.get_mut(storage).filter(|room| room.problem.is_some());
            return silent.map(|room| (room.at, room.fresh) = (now, true)).is_some();
        }
        // What is written from now on may or may not be in the answer, so it counts as not written.
        for (place, attempt) in self.attempts.iter().filter(|(_, attempt)| !attempt.cell.reserved.is_empty()) {
            self.world.written.insert(place.clone(), attempt.cell.written());
        }
        let there = |cell: &Cell| cell.reserved.iter().any(|one| one.storage == storage);
        let written =
            self.attempts.values().filter(|attempt| there(&attempt.cell)).map(|attempt| attempt.cell.written());
        let measure = rooms::measure(self.ground.parts.clone(), storage.into(), written.sum(), self.outbox.clone());
        tokio::spawn(measure);
        false
    }
}
