//! What an operator may do with a run, and when.

use crate::event::{Event, RunEvent, Span, TaskEvent};
use crate::run::{Run, Slot};
use crate::{Fault, Millis, RunState, TaskState};

fn refused(run: &Run, what: &str) -> Fault {
    let what = format!("The run cannot be {what}");
    Fault::permanent("run.state", what, format!("it is {}", run.state.word()))
        .now("Look at the run again; it may have gone on.")
}

/// Stops a run. One that is being stopped already is left.
pub fn cancel(run: &Run, now: Millis) -> Result<Option<Event>, Fault> {
    match run.state {
        RunState::Queued | RunState::Running | RunState::Paused => {
            Ok(Some(Event::run(&run.id, now, RunEvent::Cancelling)))
        }
        RunState::Cancelling => Ok(None),
        _ => Err(refused(run, "cancelled")),
    }
}

/// Holds a run.
pub fn pause(run: &Run, now: Millis) -> Result<Option<Event>, Fault> {
    match run.state {
        RunState::Queued | RunState::Running => Ok(Some(Event::run(&run.id, now, RunEvent::Paused))),
        RunState::Paused => Ok(None),
        _ => Err(refused(run, "paused")),
    }
}

/// Lets a held run go on.
pub fn resume(run: &Run, now: Millis) -> Result<Option<Event>, Fault> {
    match run.state {
        RunState::Paused => Ok(Some(Event::run(&run.id, now, RunEvent::Resumed { started: run.placed }))),
        RunState::Queued | RunState::Running => Ok(None),
        _ => Err(refused(run, "resumed")),
    }
}

/// Whether a task run in this state waits for a time, so that it can be woken before it.
pub(super) fn sleeps(state: TaskState) -> bool {
    matches!(state, TaskState::Deferred | TaskState::UpForRetry)
}

/// Lets a task run that waits (deferred, or for its next try) look at once. None if it waits for nothing.
pub fn wake(run: &Run, slot: Slot, now: Millis) -> Option<Event> {
    let task = &run.flow.tasks[slot.0].id;
    run.task_run(slot)
        .filter(|one| sleeps(one.state()))
        .map(|_| Event::task(&run.id, now, task, Span::one(run.index(slot)), TaskEvent::Scheduled))
}
