//! Who starts next: the heaviest of all that could start; among equals, runs with the fewest attempts at work come first, older
//! before newer, so that none is starved by a large one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

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
    let first = |(id, lines): (&&'_ RunId, &Lines<'_>)| {
        lines.weight().map(|weight| (weight, Reverse((world.runs[*id].active().len(), (*id).clone()))))
    };
    let mut turns: BinaryHeap<_> = lines.iter().filter_map(first).collect();
    while let Some((weight, Reverse((attempts, id)))) = turns.pop() {
        if gate.full() {
            break;
        }
        let Some(lines) = lines.get_mut(&id) else { continue };
        let mut turn = Turn { run: &world.runs[&id], now, gate: &mut gate, decision };
        let started = turn.take(lines, weight);
        turns.extend(lines.weight().map(|next| (next, Reverse((attempts + usize::from(started), id)))));
    }
}

/// What goes first: the heaviest; among equals who has been waiting for several slots of a limit, or it would wait for ever.
type Weight = (i32, bool);

/// The lines of a run's tasks, the heaviest first.
struct Lines<'r>(Vec<(Weight, usize, std::iter::Peekable<std::collections::btree_set::Iter<'r, u32>>)>);

impl<'r> Lines<'r> {
    fn of(run: &'r Run) -> Self {
        let waits = |(task, all): &(usize, &crate::run::TaskRuns)| !all.line().is_empty() && run.lets(*task);
        let weight = |task: usize, all: &crate::run::TaskRuns| {
            let one = &run.flow.tasks[task];
            let several = one.limits.iter().any(|claim| claim.slots > 1);
            let head = all.line().first().and_then(|head| run.task_run((task, *head)));
            let priority = one.priority.saturating_add(run.created.priority.unwrap_or_default());
            (priority, several && head.is_some_and(|head| head.state() == TaskState::Queued))
        };
        let line =
            |(task, all): (usize, &'r crate::run::TaskRuns)| (weight(task, all), task, all.line().iter().peekable());
        let mut lines: Vec<_> = run.tasks().iter().enumerate().filter(waits).map(line).collect();
        lines.sort_by_key(|(weight, _, _)| Reverse(*weight));
        Self(lines)
    }

    /// The weight of the heaviest.
    fn weight(&self) -> Option<Weight> {
        self.0.first().map(|(weight, _, _)| *weight)
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
    /// Starts the first task run of this weight that can start; false if none can. The head of a line that cannot start closes its
    /// line, and so does the end of it.
    fn take(&mut self, lines: &mut Lines<'_>, wanted: Weight) -> bool {
        let (mut started, mut full) = (false, false);
        lines.0.retain_mut(|(weight, task, line)| {
            if started || full || *weight != wanted {
                return true;
            }
            let Some(run) = line.peek().map(|run| **run) else { return false };
            match self.head((*task, run)) {
                Ok(()) => {
                    line.next();
                    started = true;
                    line.peek().is_some()
                }
                Err(Shut::Full) => {
                    full = true;
                    true
                }
                Err(shut) => {
                    self.shut((*task, run), shut);
                    false
                }
            }
        });
        started
    }

    /// Starts a task run, or fails it where an expression of it cannot be evaluated.
    fn head(&mut self, slot: Slot) -> Result<(), Shut> {
        let task = &self.run.flow.tasks[slot.0];
        self.gate.slots_free(self.run, task)?;
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
        match self.gate.pass(self.run, slot, &reserved) {
            Err(Shut::Never(fault)) => self.happens(slot, TaskEvent::Failed { fault }),
            shut => {
                shut?;
                self.started(slot, with, reserved);
            }
        }
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
            Shut::Full | Shut::Never(_) => {}
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
pub(crate) fn reserved(task: &Task, scope: &Scope) -> Result<Vec<Reserved>, Fault> {
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
