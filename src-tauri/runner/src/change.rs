//! What an operator does with task runs: retry, clear, mark, wake.

use longshore_engine::decide;
use longshore_engine::event::By;
use longshore_engine::run::Slot;
use longshore_engine::{Event, Fault, Run, RunId};

use crate::actor::{Actor, Turn, blocking};
use crate::load::{Loaded, load};
use crate::message::{Change, Reply};
use crate::{At, Touched};

/// Task runs named in a preview.
const NAMED: usize = 200;

impl Actor {
    /// Does it, in the name of somebody, or with nobody only says what it would touch. A run that has ended is reopened.
    pub(crate) async fn change(
        &mut self,
        id: &RunId,
        change: &Change,
        by: Option<&By>,
        reply: Reply<Touched>,
        turn: &mut Turn,
    ) -> Result<(), Fault> {
        match self.changed(id, change).await {
            Err(fault) => drop(reply.send(Err(fault))),
            Ok((touched, loaded, events)) => {
                if let Some(by) = by {
                    if let Some(loaded) = loaded {
                        self.adopt(loaded);
                    }
                    for event in events {
                        self.happen(turn, event.by(by))?;
                    }
                }
                turn.reply(reply, touched);
            }
        }
        Ok(())
    }

    /// What it touches, the run if it must be taken into the world for it, and the events that do it.
    async fn changed(&self, id: &RunId, change: &Change) -> Result<(Touched, Option<Loaded>, Vec<Event>), Fault> {
        let loaded = self.loaded(id).await?;
        let run = loaded.as_ref().map(|loaded| &loaded.run).or_else(|| self.world.runs.get(id));
        let run =
            run.ok_or_else(|| Fault::permanent("run.unknown", "There is nothing to do", "there is no such run"))?;
        if let Some(holder) = loaded.as_ref().and_then(|loaded| self.holder(&loaded.run)) {
            return Err(holder);
        }
        let found = change.touches(run)?;
        let (told, events) = (touched(run, &found), found.events(run, self.now()));
        Ok((told, loaded, events))
    }

    /// A run that has left the world, from the journal; none if it is there.
    async fn loaded(&self, id: &RunId) -> Result<Option<Loaded>, Fault> {
        if self.world.runs.contains_key(id) {
            return Ok(None);
        }
        let (parts, id) = (self.ground.parts.clone(), id.clone());
        blocking(move || load(parts.journal.as_ref(), parts.clock.as_ref(), &id)).await.map(Some)
    }

    /// A run that has ended is not taken up again while another one of its kind is active.
    fn holder(&self, run: &Run) -> Option<Fault> {
        let value = run.created.guard.as_ref()?;
        let holder = self.world.holder(&run.flow.id, value)?;
        Some(decide::guarded(&run.flow.id, value, holder))
    }

    /// Lets a task run that waits look at once. One that works is remembered: should it be deferred, it looks again at once.
    pub(crate) async fn wake(
        &mut self,
        at: &At,
        by: &By,
        reply: Option<Reply<bool>>,
        turn: &mut Turn,
    ) -> Result<(), Fault> {
        let slot = match self.place(at).await {
            Ok(slot) => slot,
            Err(fault) => {
                drop(reply.map(|reply| reply.send(Err(fault))));
                return Ok(());
            }
        };
        let event = self.world.runs.get(&at.run).and_then(|run| decide::wake(run, slot, self.now()));
        if let Some(attempt) = self.attempts.get_mut(&(at.run.clone(), slot)) {
            attempt.woken = true;
        }
        let woken = event.is_some();
        if let Some(event) = event {
            self.happen(turn, event.by(by))?;
        }
        if let Some(reply) = reply {
            turn.reply(reply, woken);
        }
        Ok(())
    }

    /// A task run of an active run.
    async fn place(&self, at: &At) -> Result<Slot, Fault> {
        let Some(run) = self.world.runs.get(&at.run) else { return Err(self.not_active(&at.run).await) };
        let why = || format!("the run has no task run {:?}", at.task);
        run.slot(&at.task, at.index).ok_or_else(|| Fault::permanent("task.unknown", "There is nothing to wake", why()))
    }
}

fn touched(run: &Run, touches: &decide::Touched) -> Touched {
    let name = |slot: Slot| (run.flow.tasks[slot.0].id.clone(), run.index(slot));
    Touched {
        touches: touches.slots(run).take(NAMED).map(name).collect(),
        count: touches.count(run),
        leaves: touches.leaves(run),
    }
}
