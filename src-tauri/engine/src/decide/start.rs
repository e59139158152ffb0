//! Who starts next. Runs with the fewest attempts at work come first, older before newer, so that none is starved by a large one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use serde_json::Value;

use super::expand::fault;
use super::gate::{Gate, Shut, TRUST};
use super::{Decision, Effect, Start, Wait, World};
use crate::event::{Event, Reserved, Span, TaskEvent};
use crate::expression::Scope;
use crate::flow::{Task, size};
use crate::run::{Run, Slot};
use crate::{Fault, Millis, RunId, TaskState};

/// Starts what can start, and says what the others wait for.
pub(super) fn start(world: &World, now: Millis, decision: &mut Decision) {
    let mut gate = Gate::of(world, now);
    let mut lines: BTreeMap<&RunId, Lines<'_>> = world.runs.iter().map(|(id, run)| (id, Lines::of(run))).collect();
    lines.retain(|_, lines| !lines.0.is_empty());
    let mut turns: BinaryHeap<_> = lines.keys().map(|id| Reverse((world.runs[*id].active().len(), *id))).collect();
    while let Some(Reverse((attempts, id))) = turns.pop() {
        if gate.full() {
            break;
        }
        let Some(lines) = lines.get_mut(id) else { continue };
        let mut turn = Turn { run: &world.runs[id], now, gate: &mut gate, decision };
        if turn.take(lines) {
            turns.push(Reverse((attempts + 1, id)));
        }
    }
}

/// The lines of a run's tasks.
struct Lines<'r>(Vec<(usize, std::iter::Peekable<std::collections::btree_set::Iter<'r, u32>>)>);

impl<'r> Lines<'r> {
    fn of(run: &'r Run) -> Self {
        let waits = |(task, all): &(usize, &crate::run::TaskRuns)| {
            !all.line().is_empty() && run.lets(run.flow.tasks[*task].role)
        };
        let line = |(task, all): (usize, &'r crate::run::TaskRuns)| (task, all.line().iter().peekable());
        Self(run.tasks().iter().enumerate().filter(waits).map(line).collect())
    }
}

/// One run's turn.
struct Turn<'a, 'w, 'd> {
    run: &'w Run,
    now: Millis,
    gate: &'a mut Gate<'w>,
    decision: &'d mut Decision,
}

impl Turn<'_, '_, '_> {
    /// Starts the first task run that can start; false if none can. The head of a line that cannot start closes its line.
    fn take(&mut self, lines: &mut Lines<'_>) -> bool {
        let mut closed = BTreeSet::new();
        let mut started = false;
        for (i, (task, line)) in lines.0.iter_mut().enumerate() {
            let Some(run) = line.peek().map(|run| **run) else { continue };
            match self.head((*task, run)) {
                Ok(()) => {
                    line.next();
                    started = true;
                    break;
                }
                Err(Shut::Full) => break,
                Err(shut) => {
                    self.shut((*task, run), shut);
                    closed.insert(i);
                }
            }
        }
        let mut i = 0;
        lines.0.retain(|_| {
            i += 1;
            !closed.contains(&(i - 1))
        });
        started
    }

    /// Starts a task run, or fails it where an expression of it cannot be evaluated.
    fn head(&mut self, slot: Slot) -> Result<(), Shut> {
        let task = &self.run.flow.tasks[slot.0];
        self.gate.slots_free(task)?;
        let scope = self.run.scope_of(slot);
        let rendered = reserved(task, &scope).and_then(|reserved| {
            let with = task.with.render(&scope).map_err(|error| fault(&task.id, "with", &error))?;
            Ok((with, reserved))
        });
        let (with, reserved) = match rendered {
            Ok(rendered) => rendered,
            Err(fault) => {
                self.happens(slot, TaskEvent::Failed { fault });
                return Ok(());
            }
        };
        self.gate.pass(self.run, slot, &reserved)?;
        self.started(slot, with, reserved);
        Ok(())
    }

    fn started(&mut self, slot: Slot, with: Value, reserved: Vec<Reserved>) {
        let (before, resumes) = self.run.task_run(slot).map_or((0, false), |one| (one.attempts(), one.resumes()));
        let attempt = if resumes { before } else { before + 1 };
        let kept = if resumes { Value::Null } else { with.clone() };
        self.happens(slot, TaskEvent::Started { attempt, with: kept, resumes, reserved });
        self.decision.effects.push(Effect::Start(Start { run: self.run.id.clone(), slot, attempt, resumes, with }));
    }

    fn happens(&mut self, slot: Slot, event: TaskEvent) {
        let task = &self.run.flow.tasks[slot.0].id;
        let span = Span::one(self.run.index(slot));
        self.decision.events.push(Event::task(&self.run.id, self.now, task, span, event));
    }

    /// The head of a line does not start.
    fn shut(&mut self, slot: Slot, shut: Shut) {
        match shut {
            Shut::Full => {}
            Shut::Unknown(storage) => self.decision.effects.push(Effect::Measure { storage }),
            Shut::Waits { text, room } => {
                let queued = self.run.task_run(slot).is_some_and(|one| one.state() == TaskState::Queued);
                if !queued {
                    self.happens(slot, TaskEvent::Queued { waits: text.clone() });
                }
                if room.is_some() {
                    self.decision.wake_at(self.now + TRUST);
                }
                self.decision.waits.push(Wait { run: self.run.id.clone(), slot: Some(slot), text, room });
            }
        }
    }
}

/// Room that a task run asks for.
fn reserved(task: &Task, scope: &Scope) -> Result<Vec<Reserved>, Fault> {
    let one = |reserve: &crate::flow::Reserve| {
        let read = |template: &crate::expression::Template| {
            template.render(scope).map_err(|error| fault(&task.id, "reserve", &error))
        };
        let (storage, bytes) = (read(&reserve.storage)?, read(&reserve.bytes)?);
        let wrong = |value: &Value| {
            let what = format!("The reservation of {} is wrong", task.id);
            Fault::permanent("flow.reserve", what, format!("{value} is not what is wanted there"))
        };
        let number = bytes.as_u64().or_else(|| bytes.as_str().and_then(size)).ok_or_else(|| wrong(&bytes))?;
        Ok(Reserved { storage: storage.as_str().ok_or_else(|| wrong(&storage))?.into(), bytes: number })
    };
    task.reserve.iter().map(one).collect()
}
