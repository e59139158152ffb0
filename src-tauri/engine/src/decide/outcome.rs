//! What follows from the end of an attempt, and from the end of a process.

use std::time::Duration;

use serde_json::Value;

use super::Stop;
use crate::event::{Event, Span, TaskEvent};
use crate::flow::{Backoff, Retries};
use crate::run::{Pending, Run, Slot, TaskRun};
use crate::{Class, Fault, Millis, RunId, TaskState};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Done, with this output.
    Done(Value),
    /// There was nothing to do, for this reason.
    Skipped(String),
    /// It gave its slots back, to look again then.
    Deferred(Millis),
    /// It failed.
    Failed(Fault),
    /// It stopped because it was told to.
    Stopped(Stop),
    /// It stopped because its process is to end.
    Interrupted,
}

/// What happens to a task run when an attempt ends. None if the attempt is not its last, or is known to have ended.
pub fn ended(run: &Run, slot: Slot, attempt: u32, ending: Ending, now: Millis) -> Option<Event> {
    let one = run.task_run(slot).filter(|one| one.attempts() == attempt)?;
    if let Some(pending) = one.pending() {
        return Some(marked(run, slot, pending, now));
    }
    let event = match (one.state(), ending) {
        (TaskState::Running | TaskState::Cancelling, Ending::Done(output)) => TaskEvent::Succeeded { output },
        (TaskState::Running, Ending::Skipped(why)) => TaskEvent::Skipped { why },
        (TaskState::Running, Ending::Deferred(until)) => TaskEvent::Deferred { until },
        (TaskState::Cancelling, _) | (TaskState::Running, Ending::Stopped(Stop::Cancel)) => TaskEvent::Cancelled,
        (TaskState::Running, Ending::Interrupted) => TaskEvent::Interrupted,
        (TaskState::Running, Ending::Failed(fault)) => failed(run, slot, one, fault, now),
        (TaskState::Running, Ending::Stopped(Stop::Deadline)) => TaskEvent::Failed { fault: deadline(run, slot) },
        (TaskState::Running, Ending::Stopped(Stop::Timeout)) => failed(run, slot, one, timeout(run, slot), now),
        _ => return None,
    };
    Some(happens(run, slot, event, now))
}

/// What was told to stop so that it can be marked has stopped.
fn marked(run: &Run, slot: Slot, pending: &Pending, now: Millis) -> Event {
    let event = happens(run, slot, TaskEvent::Marked { mark: Box::new(pending.mark.clone()) }, now);
    match &pending.by {
        Some(by) => event.by(by),
        None => event,
    }
}

fn happens(run: &Run, slot: Slot, event: TaskEvent, now: Millis) -> Event {
    Event::task(&run.id, now, &run.flow.tasks[slot.0].id, Span::one(run.index(slot)), event)
}

fn timeout(run: &Run, slot: Slot) -> Fault {
    let task = &run.flow.tasks[slot.0];
    timed_out(&task.id, task.timeout)
}

/// The fault of an attempt that worked for longer than it may.
pub fn timed_out(task: &str, timeout: Option<std::time::Duration>) -> Fault {
    let seconds = timeout.unwrap_or_default().as_secs_f64();
    Fault::transient("task.timeout", format!("{task} took too long"), format!("an attempt may take {seconds} s"))
        .now("Look at what it waited for in its log, or raise `timeout` in the flow file.")
}

/// The fault of a task run that took too long over all its attempts and waits.
pub(super) fn deadline(run: &Run, slot: Slot) -> Fault {
    let task = &run.flow.tasks[slot.0];
    let seconds = task.deadline.unwrap_or_default().as_secs_f64();
    let why = format!("all attempts and waits together may take {seconds} s");
    Fault::permanent("task.deadline", format!("{} took too long", task.id), why)
        .now("Look at what it waited for in its log, or raise `deadline` in the flow file; then retry.")
}

fn failed(run: &Run, slot: Slot, one: &TaskRun, fault: Fault, now: Millis) -> TaskEvent {
    let retries = &run.flow.tasks[slot.0].retries;
    if fault.class != Class::Transient || one.tries() >= retries.max {
        return TaskEvent::Failed { fault };
    }
    let next_at = now + delay(retries, one.tries() + 1, seed(&run.id, slot, one.tries() + 1));
    TaskEvent::Retrying { fault, next_at }
}

/// Delay before a retry (from 1). `seed` varies it, where jitter is wanted.
pub(super) fn delay(retries: &Retries, retry: u32, seed: u64) -> Duration {
    let given = retries.delays.len();
    let last = given.saturating_sub(1).min(retry as usize - 1);
    let base = retries.delays.get(last).copied().unwrap_or_default();
    let beyond = (retry as usize).saturating_sub(given);
    let grown = match retries.backoff {
        Backoff::Fixed => base,
        Backoff::Exponential => {
            base.saturating_mul(1_u32.checked_shl(u32::try_from(beyond).unwrap_or(32)).unwrap_or(u32::MAX))
        }
    };
    let capped = grown.min(retries.cap);
    if !retries.jitter {
        return capped;
    }
    let share = (seed % 10_001) as f64 / 10_000.0;
    capped.mul_f64(0.75 + 0.5 * share).min(retries.cap)
}

/// The same for the same retry of the same task run, on whatever machine (FNV-1a).
fn seed(run: &RunId, slot: Slot, retry: u32) -> u64 {
    let text = format!("{run}/{}/{}/{retry}", slot.0, slot.1);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A run as it was found after its process went away: attempts that were at work are interrupted, those that were being
/// stopped have stopped.
pub fn recovered(run: &Run, now: Millis) -> Vec<Event> {
    let event = |slot: &Slot| {
        let one = run.task_run(*slot)?;
        Some(match (one.state(), one.pending()) {
            (_, Some(pending)) => marked(run, *slot, pending, now),
            (TaskState::Running, None) => happens(run, *slot, TaskEvent::Interrupted, now),
            _ => happens(run, *slot, TaskEvent::Cancelled, now),
        })
    };
    run.active().iter().filter_map(event).collect()
}

/// The fault of a kind that panicked.
pub fn panicked(task: &str, panic: &str) -> Fault {
    Fault::fatal("task.panicked", format!("{task} broke down"), panic.to_owned())
        .now("This is a defect of Longshore. Nothing was lost; report it with the run's log, then retry.")
}
