//! Runs that a task run of another run waits for: cancelled with it, and it looks again when they end.

use super::{Decision, World, command};
use crate::event::{Event, RunEvent};
use crate::run::{Run, TaskRun};
use crate::{Millis, RunState, TaskState};

/// Runs may start runs that start runs this many times.
pub const DEEPEST: u32 = 16;

/// What follows between a run and the task run that waits for it.
pub(super) fn family(world: &World, run: &Run, now: Millis, decision: &mut Decision) {
    let Some(parent) = run.parent().filter(|parent| parent.waits) else { return };
    let Some(above) = world.runs.get(&parent.run) else { return };
    let Some(slot) = above.slot(&parent.task, parent.index) else { return };
    let Some(one) = above.task_run(slot) else { return };
    if run.state.is_final() {
        let deferred = one.state() == TaskState::Deferred;
        decision.events.extend(command::wake(above, slot, now).filter(|_| deferred));
    } else if run.state != RunState::Cancelling && given_up(one, run) {
        decision.events.push(Event::run(&run.id, now, RunEvent::Cancelling));
    }
}

/// Nobody waits for the run any more. One that an operator has taken up again since goes on.
fn given_up(one: &TaskRun, run: &Run) -> bool {
    match one.state() {
        TaskState::Cancelling => true,
        TaskState::Cancelled | TaskState::Failed | TaskState::Skipped => one.since() >= run.begun_at,
        _ => false,
    }
}
